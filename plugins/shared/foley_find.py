# SPDX-License-Identifier: Apache-2.0
"""Finds the ``foley`` command for a plugin, and says what is wrong where it cannot be used.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys

MINIMUM = "0.1.0"
"""The oldest foley that these plugins can talk to."""
COMMAND_VARIABLE = "FOLEYD_COMMAND"
HOME_VARIABLE = "FOLEYD_HOME"
RECORD = "plugins.json"
INSTALLED = "installed.json"
"""Beside these modules where the installer put it: the same command, for all users of a computer."""
_DAVINCI = (__package__ or "").split(".")[-1] == "foley_davinci"
INSTALL = "foley install " + ("davinci" if _DAVINCI else "blender")
"""What puts this plugin to where it is."""
_HOST_VARIABLES = ("PYTHON", "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_", "VIRTUAL_ENV", "__PYVENV_LAUNCHER__")


class FoleyMissing(Exception):
    """There is no ``foley`` to call; the text is a sentence with the fix."""


def record_path(platform: str = sys.platform) -> str:
    """Where ``foley install`` writes which command to call: beside the daemon's own settings."""
    home = os.environ.get(HOME_VARIABLE)
    if home:
        return os.path.join(os.path.abspath(os.path.expanduser(home)), "config", RECORD)
    chosen = os.environ.get("XDG_CONFIG_HOME", "").strip()
    if platform == "win32":
        folder = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~\\AppData\\Local")
    elif os.path.isabs(chosen):
        folder = chosen
    elif platform == "darwin":
        folder = os.path.expanduser("~/Library/Application Support")
    else:
        folder = os.path.expanduser("~/.config")
    return os.path.join(folder, "foleyd", RECORD)


def find_foley(explicit: str = "") -> list[str]:
    """The command to call: EXPLICIT, else FOLEYD_COMMAND, else the user's record, else what the installer
    wrote beside these modules, else PATH's.

    Raises FoleyMissing.
    """
    if explicit:
        return [
            _usable(os.path.expanduser(explicit), "named in the preferences", "correct or clear it there")
        ]
    named = os.environ.get(COMMAND_VARIABLE)
    if named:
        return [_usable(named, "named by " + COMMAND_VARIABLE, "correct or clear that variable")]
    problem = None
    for path in (record_path(), os.path.join(os.path.dirname(os.path.abspath(__file__)), INSTALLED)):
        try:
            recorded = _recorded(path)
        except FoleyMissing as missing:
            problem = problem or missing
        else:
            if recorded:
                return recorded
    on_path = shutil.which("foley")
    if on_path is not None:
        return [on_path]
    raise problem or FoleyMissing(
        "foley is not installed: run pip install foleyd, then "
        + INSTALL
        + ("" if _DAVINCI else ", or name the command in the preferences")
    )


def _recorded(path: str) -> list[str]:
    """The command in the file PATH; empty where there is no such file. Raises FoleyMissing."""
    try:
        with open(path, encoding="utf-8") as file:
            command = json.load(file)["command"]
        if not (command and isinstance(command, list) and all(isinstance(word, str) for word in command)):
            raise ValueError("no command")
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FoleyMissing(f"{path} cannot be read ({error}); run {INSTALL} again") from None
    return [_usable(command[0], "named by the installation", f"run {INSTALL} again"), *command[1:]]


def _usable(path: str, who: str, fix: str) -> str:
    found = shutil.which(path)
    if found is not None:
        return os.path.abspath(found)
    if not os.path.isfile(path):
        raise FoleyMissing(f"the foley command {path}, {who}, is not there; {fix}")
    raise FoleyMissing(f"the foley command {path}, {who}, may not be run by you; {fix}")


def too_old(version: str) -> str:
    """A sentence where foley VERSION ("": it does not say) is older than these plugins need, else ""."""
    if _numbers(version) >= _numbers(MINIMUM):
        return ""
    return "foley {} is too old for this plugin, which needs {}; run pip install --upgrade foleyd".format(
        version or "of this installation", MINIMUM
    )


def _numbers(version: str) -> list[int]:
    found = re.match(r"\d+(?:\.\d+)*", version)
    return [int(part) for part in found.group().split(".")] if found else []


def environment() -> dict[str, str]:
    """This process's environment without what the host's own Python and libraries need."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_HOST_VARIABLES)}


def window_flags() -> int:
    """Flags for a child without a console window (Windows)."""
    return getattr(subprocess, "CREATE_NO_WINDOW", 0)
