"""The record is where the plugins look for it, and says what they read in it."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
from platformdirs.macos import MacOS

from foleyd.config import find_folders
from foleyd.plugins.build import sources
from foleyd.plugins.record import own_command, record_path, remember


@pytest.fixture(scope="module")
def finder() -> Any:
    """What a plugin uses to find foley."""
    specification = importlib.util.spec_from_file_location("finder", sources() / "shared" / "foley_find.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules["finder"] = module
    specification.loader.exec_module(module)
    yield module
    del sys.modules["finder"]


@pytest.mark.parametrize(
    "environment",
    [{}, {"FOLEYD_HOME": "~/else where"}, {"FOLEYD_HOME": "relative"}, {"XDG_CONFIG_HOME": "/some/config"}],
)
def test_plugins_look_where_it_is_written(
    environment: dict[str, str], finder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FOLEYD_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert finder.record_path() == str(record_path(find_folders()))


def test_plugins_look_where_it_is_written_on_macos(
    finder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FOLEYD_HOME", raising=False)
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    folder = MacOS("foleyd", appauthor=False).user_config_dir
    assert finder.record_path("darwin") == str(Path(folder) / "plugins.json")


def test_plugins_read_the_command_that_was_recorded(
    finder: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path))
    monkeypatch.delenv("FOLEYD_COMMAND", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    remember(find_folders(), "blender", tmp_path / "foley")
    assert finder.find_foley() == own_command()
