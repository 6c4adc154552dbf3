"""A computer on which DaVinci Resolve has been started."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from foleyd.config import Folders, find_folders
from foleyd.plugins import davinci_places
from foleyd.plugins.davinci_places import System


@pytest.fixture
def folders() -> Folders:
    return find_folders()


@pytest.fixture
def computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], System]:
    """Makes the computer that the commands see: of a platform, with nothing on it."""
    for name in ("XDG_CONFIG_HOME", "DISPLAY", "PYTHON3HOME", "RESOLVE_SCRIPT_API", "RESOLVE_SCRIPT_LIB"):
        monkeypatch.delenv(name, raising=False)
    home = tmp_path / "home" / "me"
    home.mkdir(parents=True)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "foleyd"))

    def make(platform: str) -> System:
        environment = {
            "PATH": os.environ["PATH"],
            "PROGRAMDATA": str(tmp_path / "ProgramData"),
            "ProgramFiles": str(tmp_path / "Program Files"),
        }
        system = System(environment, home, platform, tmp_path)
        monkeypatch.setattr(davinci_places, "this_system", lambda: system)
        return system

    return make


@pytest.fixture
def linux(computer: Callable[[str], System]) -> System:
    """Linux, with a Resolve for all in /opt that this user has started."""
    system = computer("linux")
    (system.root / "opt" / "resolve" / "libs").mkdir(parents=True)
    (system.home / ".local" / "share" / "DaVinciResolve").mkdir(parents=True)
    return system
