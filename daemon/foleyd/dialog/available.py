"""Whether this Python can show a window at all, and how to get it where it cannot."""

from __future__ import annotations

import importlib.util
import os
import sys

from foleyd.errors import FoleyError

_NO_TKINTER = {
    "linux": (
        "install it with your system's packages: python3-tk on Debian and Ubuntu,"
        " python3-tkinter on Fedora and Rocky, tk on Arch"
    ),
    "darwin": (
        "install it: brew install python-tk@{version} for Homebrew's Python,"
        " else take Python from python.org and install foleyd with that"
    ),
    "win32": (
        "start Python's installer again, choose Modify and tick tcl/tk and IDLE,"
        " or take Python from python.org and install foleyd with that"
    ),
}
_NO_DISPLAY = {
    "linux": "start it in a desktop session; over SSH or in a container, set DISPLAY",
    "darwin": "start it as the user who is logged in at the screen",
    "win32": "start it as the user who is logged in at the screen",
}


class DialogUnavailable(FoleyError):
    """No window can be shown: this Python has no tkinter, or there is no display."""

    code = "FAILED_PRECONDITION"
    reason = "DIALOG_UNAVAILABLE"


def without_tkinter(platform: str = sys.platform) -> str:
    """Why there can be no window here, as far as this Python is concerned, with the fix; else "".

    Imports nothing of it, and opens nothing.
    """
    if importlib.util.find_spec("tkinter") is not None and importlib.util.find_spec("_tkinter") is not None:
        return ""
    return f"this Python ({sys.executable}) has no tkinter, which the dialog is made with; {_fix(platform)}"


def _fix(platform: str) -> str:
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    return _NO_TKINTER.get(platform, _NO_TKINTER["linux"]).format(version=version)


def without_display(detail: str, platform: str = sys.platform) -> str:
    """A sentence for a window that could not be opened because of DETAIL, as Tk says it."""
    detail = detail.strip().partition("\n")[0].rstrip(":. ")
    if "usable" in detail:  # "Can't find a usable init.tcl in the following directories:"
        return f"this Python ({sys.executable}) has a tkinter without its files ({detail}); {_fix(platform)}"
    known = platform if platform in _NO_DISPLAY else "linux"
    if known == "linux" and not os.environ.get("DISPLAY"):
        detail = "DISPLAY is not set"
    return f"there is no screen for the dialog ({detail}); {_NO_DISPLAY[known]}"
