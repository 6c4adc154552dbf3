"""Whether DaVinci Resolve finds a Python for its menu, by the rules that it has on each system."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from foleyd.plugins.davinci_places import System

OLDEST = (3, 8)
_SECONDS = 10.0
_ADVICE = "install Python 3.12 (3.10 to 3.12 suit it best)"
_VERSION = "import sys; print('%d.%d' % sys.version_info[:2])"

Run = Callable[[Sequence[str]], str]
"""Runs a command; what it printed, "" where it failed."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Whether Resolve finds a USABLE Python; DETAIL says which or why not, FIX what to do."""

    usable: bool
    detail: str
    fix: str = ""


def run_quietly(command: Sequence[str]) -> str:
    """What COMMAND prints within some seconds; "" where it fails or does not end."""
    try:
        said = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return said.stdout.strip() if said.returncode == 0 else ""


def seen_python(system: System, run: Run = run_quietly, registered: Sequence[Path] | None = None) -> Seen:
    """What the Resolve of SYSTEM finds; REGISTERED has Windows' Pythons, else its registry is read."""
    if system.platform == "darwin":
        return _on_macos(system, run)
    if system.platform == "win32":
        return _on_windows(system, run, _registered() if registered is None else registered)
    return _on_linux(system, run)


def _on_macos(system: System, run: Run) -> Seen:
    # A program that the Dock starts has these variables, not a shell's.
    home = run(["launchctl", "getenv", "PYTHON3HOME"])
    fix = (
        f"{_ADVICE} from python.org, which puts it there; or, for another Python, launchctl setenv "
        "PYTHON3HOME FOLDER (until the Mac restarts), FOLDER being the one whose bin has its python3; then "
        "restart DaVinci Resolve"
    )
    if home:
        return _judged(Path(home) / "bin" / "python3", f"PYTHON3HOME is {home}", fix, run)
    path = system.root / "usr" / "local" / "bin" / "python3"
    return _judged(path, "PYTHON3HOME is not set, and DaVinci Resolve looks nowhere else", fix, run)


def _on_windows(system: System, run: Run, registered: Sequence[Path]) -> Seen:
    fix = (
        'setx FUSION_PYTHON3_HOME "FOLDER", FOLDER being the one that has python.exe of Python 3.10 to 3.12; '
        "then restart DaVinci Resolve"
    )
    if home := system.environment.get("FUSION_PYTHON3_HOME"):
        return _judged(Path(home) / "python.exe", f"FUSION_PYTHON3_HOME is {home}", fix, run)
    if not registered:
        return Seen(False, "no Python is registered in Windows", f"{_ADVICE} from python.org; or {fix}")
    if len(registered) > 1:
        listed = ", ".join(map(str, registered))
        return Seen(
            False,
            f"{len(registered)} Pythons are registered ({listed}), and DaVinci Resolve may take a wrong one, "
            "which ends it",
            fix,
        )
    return _judged(registered[0] / "python.exe", "the only one that is registered in Windows", fix, run)


def _on_linux(system: System, run: Run) -> Seen:
    # Not the environment that this very command may have put first: a desktop's programs do not have it.
    own = os.path.join(sys.prefix, "bin") if sys.prefix != sys.base_prefix else ""
    folders = system.environment.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(folder for folder in folders if os.path.normpath(folder or ".") != own)
    found = shutil.which("python3", path=path)
    fix = f"{_ADVICE} with your system's packages (python3), then restart DaVinci Resolve"
    if found is None:
        return Seen(False, "there is no python3 on the PATH", fix)
    return _judged(Path(found), "the first on the PATH of this terminal", fix, run)


def _judged(python: Path, why: str, fix: str, run: Run) -> Seen:
    """What is to be said of PYTHON, which Resolve takes for the reason WHY."""
    if not python.is_file():
        return Seen(False, f"there is no {python} ({why})", fix)
    text = run([str(python), "-I", "-c", _VERSION])
    try:
        version = tuple(int(part) for part in text.split("."))
    except ValueError:
        return Seen(False, f"{python} does not run ({why})", fix)
    if version < OLDEST:
        return Seen(False, f"{python} is Python {text}, too old: 3.8 is the first ({why})", fix)
    return Seen(True, f"Python {text} at {python} ({why})")


def _registered() -> list[Path]:
    """The folders of the 64-bit Pythons in Windows' registry."""
    found: list[Path] = []
    if sys.platform == "win32":
        import winreg

        for root in (winreg.HKEY_CURRENT_USER, winreg.HKEY_LOCAL_MACHINE):
            for name in _keys(root, r"SOFTWARE\Python\PythonCore"):
                try:
                    place = winreg.QueryValue(root, rf"SOFTWARE\Python\PythonCore\{name}\InstallPath")
                except OSError:
                    continue
                if place and not name.endswith("-32") and Path(place) not in found:
                    found.append(Path(place))
    return found


def _keys(root: int, path: str) -> list[str]:
    names: list[str] = []
    if sys.platform == "win32":
        import winreg

        try:
            with winreg.OpenKey(root, path) as key:
                names = [winreg.EnumKey(key, index) for index in range(winreg.QueryInfoKey(key)[0])]
        except OSError:
            return []
    return names
