"""Makes the plugin for DaVinci Resolve importable as the package ``foley_davinci``, as it is installed;
a daemon with the engine for the tests behind it.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from foleyd.launch import read_endpoint
from house import FAKE_ENGINE, House

if TYPE_CHECKING:
    from davinci.stage import Stage

FOLEY = Path(sys.executable).parent / "foley"
PLUGINS = Path(__file__).parents[2] / "plugins"


def _make_package() -> None:
    package = ModuleType("foley_davinci")
    package.__path__ = [str(PLUGINS / "davinci"), str(PLUGINS / "shared")]
    sys.modules.setdefault("foley_davinci", package)


_make_package()


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, and what the plugin remembers, in a folder of the test's own."""
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """One daemon for all tests of a module; whoever asks first starts it."""
    folder = tmp_path_factory.mktemp("home")
    yield folder
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOLEYD_HOME", str(folder))
        endpoint = read_endpoint(House(folder).folders)
        if endpoint is not None and psutil.pid_exists(endpoint.pid):
            subprocess.run([str(FOLEY), "stop"], check=False, capture_output=True)


@pytest.fixture
def answer(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Any]]:
    """Answers that name the engine for the tests and a folder of the test's own."""
    wrapper = tmp_path / "foley"
    wrapper.write_text(f'#!/bin/sh\nPYTHONPATH={FAKE_ENGINE} exec {FOLEY} "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("FOLEYD_COMMAND", str(wrapper))
    monkeypatch.setenv("FOLEYD_HOME", str(home))

    def answering(**changes: Any) -> dict[str, Any]:
        return {"prompt": "clicks", "engine": "fake", "folder": str(tmp_path / "sound"), **changes}

    return answering


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch, home: Path) -> Callable[..., Stage]:
    """Makes a Stage for a project, version, edition and switches."""
    from davinci.stage import Stage

    def stage(spec: dict[str, Any], *build: str, **quirks: Any) -> Stage:
        return Stage(monkeypatch, spec, *build, **quirks)

    return stage
