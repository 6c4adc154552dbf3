"""``foley install blender`` and ``foley uninstall blender``, and what ``foley doctor`` says of it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from cli.fake_daemon import FakeDaemon
from foleyd import __version__
from foleyd.cli.main import run
from foleyd.config import Folders, find_folders
from foleyd.plugins import blender, build
from foleyd.plugins.places import Place, blender_root

Capsys = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's home in which Blender 4.2 and 4.5 were started; returns the folder of both."""
    for name in ("XDG_CONFIG_HOME", "BLENDER_USER_RESOURCES", "BLENDER_USER_EXTENSIONS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "foleyd"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "roaming"))
    root = blender_root(os.environ, tmp_path)
    for version in ("4.2", "4.5"):
        (root / version / "config").mkdir(parents=True)
    return root


@pytest.fixture
def folders() -> Folders:
    return find_folders()


def extension(home: Path, version: str = "4.5") -> Path:
    return home / version / "extensions" / "user_default" / "foley"


def asked(capsys: Capsys, *words: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert run([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_it_is_installed_whole_into_every_blender(home: Path, capsys: Capsys) -> None:
    answer = asked(capsys, "install", "blender")
    assert [(one["blender"], one["path"]) for one in answer["installed"]] == [
        (version, str(extension(home, version))) for version in ("4.2", "4.5")
    ]
    for version in ("4.2", "4.5"):
        assert contents(extension(home, version)) == dict(build.blender_files())
        assert os.listdir(extension(home, version).parent) == ["foley"]


def test_the_words_say_where_and_what_is_left_to_do(home: Path, capsys: Capsys) -> None:
    assert run(["install", "blender", "--version", "5.0"]) == 0
    said = capsys.readouterr().out
    assert f"Foley {__version__} is installed in Blender 5.0: {extension(home, '5.0')}\n" in said
    assert "Edit > Preferences > Add-ons, search for Foley and tick it" in said
    assert "FOLEYD_HOME is set" in said
    assert not extension(home).exists()


def test_without_a_home_of_its_own_no_word_is_lost_on_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Capsys
) -> None:
    monkeypatch.delenv("FOLEYD_HOME")
    assert run(["install", "blender"]) == 0
    said = capsys.readouterr().out
    assert "FOLEYD_HOME" not in said
    record = find_folders().config / "plugins.json"
    assert record.is_relative_to(tmp_path)
    assert f"The extension finds foley by {record}." in said


def test_an_older_one_is_replaced_with_nothing_of_it_left(home: Path, capsys: Capsys) -> None:
    run(["install", "blender"])
    manifest = extension(home) / build.MANIFEST
    manifest.write_text(manifest.read_text().replace(f'"{__version__}"', '"0.0.1"'))
    (extension(home) / "gone_since.py").write_text("old = True")
    answer = asked(capsys, "install", "blender", "--version", "4.5")
    assert [one["replaced"] for one in answer["installed"]] == ["0.0.1"]
    assert contents(extension(home)) == dict(build.blender_files())
    assert os.listdir(extension(home).parent) == ["foley"]


def foreign_manifest(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / build.MANIFEST).write_text('id = "foley"\nversion = "9.0.0"\nmaintainer = "Somebody else"\n')


def foreign_folder(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "notes.txt").write_text("mine")


def foreign_file(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.write_text("mine")


def developers_link(folder: Path) -> None:
    folder.parent.mkdir(parents=True)
    folder.symlink_to(build.sources() / "blender")


@pytest.mark.parametrize("lay", [foreign_manifest, foreign_folder, foreign_file, developers_link])
def test_what_is_not_ours_is_refused_and_left_alone(
    lay: Any, home: Path, folders: Folders, capsys: Capsys
) -> None:
    lay(extension(home))
    before = contents(extension(home)) if extension(home).is_dir() else extension(home).read_bytes()
    for words in (("install", "blender"), ("uninstall", "blender", "--version", "4.5")):
        error = asked(capsys, *words, code=2)["error"]
        assert error["reason"] == "PLUGIN_FOREIGN"
        assert str(extension(home)) in error["message"]
    assert asked(capsys, "uninstall", "blender")["removed"] == []
    after = contents(extension(home)) if extension(home).is_dir() else extension(home).read_bytes()
    assert after == before
    # Nor was anything written for the other Blender before it was noticed.
    assert not (home / "4.2" / "extensions").exists()
    assert not (folders.config / "plugins.json").exists()


def test_a_failed_replacement_leaves_the_old_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    run(["install", "blender"])
    before, real = contents(extension(home)), os.rename

    def rename(source: Any, target: Any) -> None:
        # The new folder gets its name only when the old one has gone aside.
        if Path(target) == extension(home) and "old" not in rename.__dict__:
            rename.__dict__["old"] = True
            raise OSError(28, "No space left on device", str(target))
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    error = asked(capsys, "install", "blender", "--version", "4.5", code=2)["error"]
    assert error["reason"] == "DISK_FULL"
    assert contents(extension(home)) == before
    assert os.listdir(extension(home).parent) == ["foley"]


def test_a_folder_that_may_not_be_written_to_is_one_sentence(
    home: Path, monkeypatch: Any, capsys: Capsys
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(13, "Permission denied", str(extension(home).parent))

    monkeypatch.setattr(blender, "build_blender", refuse)
    error = asked(capsys, "install", "blender", "--version", "4.5", code=2)["error"]
    assert error["reason"] == "PLUGIN_UNUSABLE"
    assert error["message"].startswith(f"{extension(home).parent} cannot be changed")
    assert os.listdir(extension(home).parent) == []


def test_uninstall_takes_one_or_all_and_the_record_with_the_last(
    home: Path, folders: Folders, tmp_path: Path, capsys: Capsys
) -> None:
    apart = tmp_path / "apart"
    apart.mkdir()
    run(["install", "blender"])
    run(["install", "blender", "--path", str(apart)])
    record = folders.config / "plugins.json"
    answer = asked(capsys, "uninstall", "blender", "--version", "4.2")
    assert ([one["blender"] for one in answer["removed"]], answer["record_removed"]) == (["4.2"], False)
    assert os.listdir(extension(home, "4.2").parent) == []
    assert record.exists()
    # The record knows of the one that no search would find.
    answer = asked(capsys, "uninstall", "blender")
    assert [one["path"] for one in answer["removed"]] == [
        str(extension(home)),
        str(apart / "extensions" / "user_default" / "foley"),
    ]
    assert answer["record_removed"]
    assert not record.exists()
    assert asked(capsys, "uninstall", "blender") == {
        "plugin": "blender",
        "removed": [],
        "record_removed": False,
    }


def test_the_record_stays_while_another_plugin_uses_it(
    home: Path, folders: Folders, tmp_path: Path, capsys: Capsys
) -> None:
    run(["install", "blender"])
    record = folders.config / "plugins.json"
    said = json.loads(record.read_bytes())
    said["installed"]["resolve"] = [str(tmp_path)]
    record.write_text(json.dumps(said))
    assert not asked(capsys, "uninstall", "blender")["record_removed"]
    left = json.loads(record.read_bytes())
    assert left["installed"] == {"blender": [], "resolve": [str(tmp_path)]}
    assert left["command"] == said["command"]


def test_the_recorded_command_is_this_environments_and_runs_anywhere(
    home: Path, folders: Folders, tmp_path: Path
) -> None:
    run(["install", "blender"])
    command = json.loads((folders.config / "plugins.json").read_bytes())["command"]
    # A folder of that name where it is run must not be taken for the package.
    (tmp_path / "foleyd" / "cli").mkdir(parents=True)
    (tmp_path / "foleyd" / "__init__.py").write_text("raise SystemExit('the wrong one')")
    said = subprocess.run(
        [*command, "version"],
        env={"HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert said.stdout == f"foleyd {__version__}\n"
    assert command[0] == sys.executable


def test_version_and_path_together_are_refused(tmp_path: Path, capsys: Capsys) -> None:
    words = ("install", "blender", "--version", "4.5", "--path", str(tmp_path))
    assert asked(capsys, *words, code=2)["error"]["reason"] == "INPUT_INVALID"


def checks(capsys: Capsys) -> dict[str, tuple[str, str, str]]:
    """State, detail and fix of what the doctor says about plugins."""
    found = asked(capsys, "doctor")["checks"]
    return {
        check["name"]: (check["state"], check["detail"], check["fix"])
        for check in found
        if check["name"].startswith(("blender", "plugins"))
    }


@pytest.fixture
def daemon(folders: Folders) -> Any:
    fake = FakeDaemon(folders)
    yield fake
    fake.close()


def test_the_doctor_sees_each_blender(daemon: FakeDaemon, home: Path, capsys: Capsys) -> None:
    lacking = {
        f"blender {version}": (
            "note",
            "the Foley extension is not installed",
            f"foley install blender --version {version} (only if you want it)",
        )
        for version in ("4.2", "4.5")
    }
    assert checks(capsys) == lacking
    run(["install", "blender", "--version", "4.5"])
    found = checks(capsys)
    assert found["blender 4.2"] == lacking["blender 4.2"]
    assert found["blender 4.5"] == ("ok", f"extension {__version__} in {extension(home)}", "")
    assert found["plugins' record"][0] == "ok"


def test_the_doctor_sees_an_extension_that_differs_and_one_that_is_not_ours(
    daemon: FakeDaemon, home: Path, capsys: Capsys
) -> None:
    run(["install", "blender", "--version", "4.5"])
    (extension(home) / "__init__.py").write_text("# changed")
    foreign_manifest(extension(home, "4.2"))
    found = checks(capsys)
    state, detail, fix = found["blender 4.5"]
    assert (state, fix) == ("note", "foley install blender --version 4.5")
    assert detail.startswith(f"extension {__version__} differs from this foleyd's ({__version__})")
    assert found["blender 4.2"][:2] == ("note", f"{extension(home, '4.2')} is not foleyd's")


def test_the_doctor_runs_the_recorded_command(
    daemon: FakeDaemon, folders: Folders, tmp_path: Path, capsys: Capsys
) -> None:
    run(["install", "blender", "--version", "4.5"])
    path = folders.config / "plugins.json"
    record = json.loads(path.read_bytes())
    other = tmp_path / "other-foley"
    other.write_text("#!/bin/sh\necho foleyd 0.0.1\n")
    other.chmod(0o755)
    for command, words in (
        ([str(other)], f"{path} leads to foleyd 0.0.1, this is foleyd {__version__}"),
        ([str(tmp_path / "gone")], f"{path} names a command that does not work: No such file or directory"),
        (["/bin/false"], f"{path} names a command that does not work: exit code 1"),
        ([], f"{path} names a command that does not work: "),
    ):
        path.write_text(json.dumps({**record, "command": command}))
        state, detail, fix = checks(capsys)["plugins' record"]
        assert (state, fix) == ("note", "foley install blender")
        assert detail.startswith(words)
    for text in ("{", '{"command": "foley"}'):
        path.write_text(text)
        assert checks(capsys)["plugins' record"][1].startswith(f"{path} is missing or cannot be read")


def test_a_place_with_blender_4_2s_index_is_a_repository(tmp_path: Path) -> None:
    (tmp_path / ".blender_ext").mkdir()
    run(["install", "blender", "--path", str(tmp_path)])
    assert blender.state_of(Place(tmp_path)).current
