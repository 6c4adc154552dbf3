"""A virtual screen for the dialog, so that no window opens in front of whoever runs the tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"
SIZE = "1400x1100x24"


def _make_package() -> None:
    """The plugin for Resolve, which is what speaks to the dialog, as it is installed."""
    package = ModuleType("foley_davinci")
    package.__path__ = [str(PLUGINS / "davinci"), str(PLUGINS / "shared")]
    sys.modules.setdefault("foley_davinci", package)


_make_package()


def _own_screen() -> tuple[subprocess.Popen[bytes] | None, str]:
    """An X server of ours and its display; without one, why not is said by the display's absence."""
    server = shutil.which("Xvfb")
    if server is None:
        return None, ""
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [
            server,
            "-displayfd",
            str(writing),
            "-screen",
            "0",
            SIZE,
            "-dpi",
            "96",
            "-nolisten",
            "tcp",
            "-noreset",
        ],
        pass_fds=[writing],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as number:
        return process, f":{number.readline().strip()}"


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """A display on which windows may open; skips where there is none."""
    pytest.importorskip("tkinter", reason="this Python has no tkinter")
    process, name = _own_screen()
    if name in ("", ":"):
        name = os.environ.get("DISPLAY", "")
    if not name:
        pytest.skip("there is no Xvfb and no DISPLAY; tools/virtual_screen.sh gets one")
    yield name
    if process is not None:
        process.kill()
        process.wait()


@pytest.fixture
def screen(display: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The display, as the one that windows of this process and its children open on."""
    monkeypatch.setenv("DISPLAY", display)
    return display


@pytest.fixture
def keys(screen: str) -> str:
    """The screen, with somebody at its keyboard and mouse."""
    if shutil.which("xdotool") is None:
        pytest.skip("there is no xdotool; tools/virtual_screen.sh gets it")
    # Where every view is under it: without a window manager, a pointer that leaves takes the keys with it.
    subprocess.run(["xdotool", "mousemove", "100", "8"], check=True)
    return screen


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Settings, among them the lock on the dialog, in a folder of the test's own."""
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
