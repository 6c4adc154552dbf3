"""The entries of DaVinci Resolve's menu Workspace > Scripts, made from their templates."""

from __future__ import annotations

import os
import string
from pathlib import Path, PurePath, PureWindowsPath

from foleyd.plugins.build import davinci_template

PYTHON_ENTRIES = {
    "Foley - Generate.py": "generate",
    "Foley - Generate from markers.py": "markers",
    "Foley - Redo last.py": "redo",
    "Foley - Remove last.py": "remove",
}
"""What each entry asks of the plugin, by the name of its file: without the suffix, the menu's text."""

WATCH_ENTRY = "Foley - Send timeline to watch folder.lua"
"""What is left to do where no Python runs."""

MARK = b"foleyd-menu-entry: davinci"
"""In the first line of every entry of ours."""

_PLAIN = frozenset(string.ascii_letters + string.digits + string.punctuation + " ") - frozenset('"\\')


def entries(package: Path, watch_folder: str = "") -> dict[str, bytes]:
    """Every entry's file by its name, for the plugin in PACKAGE; WATCH_FOLDER's only where there is one."""
    template = davinci_template("entry.py")
    made = {
        name: template.replace("@FOLDER@", ascii(str(package.parent))).replace("@ENTRY@", ascii(entry))
        for name, entry in PYTHON_ENTRIES.items()
    }
    if watch_folder:
        made[WATCH_ENTRY] = watch_entry(Path(watch_folder))
    return {name: text.encode() for name, text in made.items()}


def watch_entry(folder: PurePath) -> str:
    """The Lua entry that sends the timeline to FOLDER."""
    separator = "\\" if isinstance(folder, PureWindowsPath) else "/"
    text = str(folder)
    text = text if text.endswith(separator) else text + separator
    return davinci_template(WATCH_ENTRY).replace("@FOLDER@", lua_string(text))


def lua_string(text: str) -> str:
    """TEXT as a literal of Lua's, in ASCII: other letters are the bytes of their UTF-8."""
    return '"' + "".join(_lua_character(character) for character in text) + '"'


def is_entry(path: Path) -> bool:
    """Whether PATH is an entry of ours, of whatever version."""
    if path.is_symlink() or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return MARK in file.readline(1000)
    except OSError:
        return False


def _lua_character(character: str) -> str:
    if character in _PLAIN:
        return character
    return "".join(f"\\{byte:03d}" for byte in os.fsencode(character))
