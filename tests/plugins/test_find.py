from __future__ import annotations

import json
import os
import stat
from pathlib import Path

import platformdirs.macos
import platformdirs.unix
import platformdirs.windows
import pytest
from foley import foley_find
from foley.foley_find import FoleyMissing, environment, find_foley, record_path, too_old

from foleyd import __version__
from foleyd.config import find_folders
from foleyd.plugins.record import own_command, remember


@pytest.fixture(autouse=True)
def _nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.delenv("FOLEYD_COMMAND", raising=False)


def command_at(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


def record(content: object) -> Path:
    path = Path(record_path())
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def sentence(explicit: str = "") -> str:
    with pytest.raises(FoleyMissing) as missing:
        find_foley(explicit)
    return str(missing.value)


def test_the_record_lies_beside_the_daemons_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert record_path() == str(find_folders().config / "plugins.json")
    monkeypatch.delenv("FOLEYD_HOME")
    for chosen in (str(tmp_path / "xdg"), ""):
        monkeypatch.setenv("XDG_CONFIG_HOME", chosen)
        assert record_path() == str(find_folders().config / "plugins.json")
        mac = platformdirs.macos.MacOS("foleyd", appauthor=False).user_config_dir
        assert record_path("darwin") == os.path.join(mac, "plugins.json")


def test_the_record_on_windows_lies_in_the_local_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FOLEYD_HOME")
    local = "C:\\Users\\me\\AppData\\Local"
    monkeypatch.setenv("LOCALAPPDATA", local)
    assert record_path("win32") == os.path.join(local, "foleyd", "plugins.json")


def test_the_order_is_explicit_environment_record_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "pip install foleyd" in sentence()
    on_path = command_at(tmp_path / "bin" / "foley")
    assert find_foley() == [str(on_path)]
    recorded = command_at(tmp_path / "venv" / "foley")
    record({"command": [str(recorded), "--flag"], "version": "0.1.0"})
    assert find_foley() == [str(recorded), "--flag"]
    named = command_at(tmp_path / "named")
    monkeypatch.setenv("FOLEYD_COMMAND", str(named))
    assert find_foley() == [str(named)]
    explicit = command_at(tmp_path / "explicit")
    assert find_foley(str(explicit)) == [str(explicit)]


def test_what_foley_install_records_is_found(tmp_path: Path) -> None:
    remember(find_folders(), "blender", tmp_path)
    assert find_foley() == own_command()


def test_a_recorded_command_that_is_gone_is_named_with_its_fix(tmp_path: Path) -> None:
    record({"command": [str(tmp_path / "gone" / "foley")], "version": "0.1.0"})
    assert sentence() == (
        f"the foley command {tmp_path}/gone/foley, named by the installation, is not there;"
        " run foley install blender again"
    )
    on_path = command_at(tmp_path / "bin" / "foley")
    assert find_foley() == [str(on_path)]


def test_a_command_named_by_hand_is_never_replaced_by_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command_at(tmp_path / "bin" / "foley")
    assert "correct or clear it there" in sentence(str(tmp_path / "gone"))
    monkeypatch.setenv("FOLEYD_COMMAND", str(tmp_path / "gone"))
    assert "FOLEYD_COMMAND" in sentence()


def test_a_command_without_permission_is_told_from_one_that_is_gone(tmp_path: Path) -> None:
    plain = command_at(tmp_path / "plain")
    plain.chmod(stat.S_IRUSR)
    assert "may not be run by you" in sentence(str(plain))


@pytest.mark.parametrize(
    "content", ["", "[", "[]", '{"command": []}', '{"command": "foley"}', '{"command": [1]}']
)
def test_a_broken_record_is_named_with_its_fix(content: str) -> None:
    path = record(content)
    assert str(path) in sentence()
    assert "run foley install blender again" in sentence()


@pytest.mark.parametrize(
    ("version", "old"),
    [
        ("0.1.0", False),
        ("0.1.0.dev3", False),
        ("0.10.0", False),
        ("1.0", False),
        ("0.0.9", True),
        ("0.0", True),
        ("", True),
    ],
)
def test_versions_are_compared_as_numbers(version: str, old: bool) -> None:
    assert bool(too_old(version)) == old


def test_this_foleyd_is_new_enough_for_its_own_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    assert not too_old(__version__)
    monkeypatch.setattr(foley_find, "MINIMUM", "99.0")
    assert too_old("0.1.0") == (
        "foley 0.1.0 is too old for this plugin, which needs 99.0; run pip install --upgrade foleyd"
    )


def test_children_do_not_inherit_the_hosts_python_and_libraries(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH"):
        monkeypatch.setenv(name, "/opt/host")
    monkeypatch.setenv("FOLEYD_MODELS", "/models")
    kept = environment()
    assert not [name for name, value in kept.items() if value == "/opt/host"]
    assert kept["FOLEYD_MODELS"] == "/models"
    assert kept["HOME"] == os.environ["HOME"]
