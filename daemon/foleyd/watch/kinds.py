"""Which files in a folder are for us, and whether one of them is all there."""

from __future__ import annotations

import errno
import os
import unicodedata
import zipfile
from pathlib import Path
from typing import BinaryIO

from foleyd.interchange.kinds import ADAPTERS, BUNDLE_SUFFIX

SETTINGS_FILE = "foley.toml"
SIDECAR_SUFFIX = ".foley.toml"
SHEET_SUFFIX = ".csv"

TIMELINE_SUFFIXES = frozenset({".otio", BUNDLE_SUFFIX, *ADAPTERS})
"""Not ``.json``: too much else is called so."""
VIDEO_SUFFIXES = frozenset(
    {
        *(".mp4", ".m4v", ".mov", ".qt", ".mkv", ".webm", ".avi", ".mxf", ".mpg", ".mpeg", ".m2v", ".ts"),
        *(".mts", ".m2ts", ".wmv", ".asf", ".flv", ".ogv", ".3gp", ".3g2", ".dv", ".gxf", ".vob", ".y4m"),
    }
)

_TEMPORARY_SUFFIXES = (".part", ".partial", ".crdownload", ".download", ".filepart", ".tmp", ".temp", ".!ut")
_TEMPORARY_PREFIXES = (".", "~")
_TAIL = 4096
_HEAD = 4096
_MARKED = b"<xmeml"
_MOST_HOLES = 10_000
_WHOLE = 0.9


def is_temporary(name: str) -> bool:
    """Whether NAME is one that programs give to what they are still writing, or that is hidden."""
    small = name.casefold()
    return small.startswith(_TEMPORARY_PREFIXES) or small.endswith((*_TEMPORARY_SUFFIXES, "~"))


def is_timeline(name: str) -> bool:
    """Whether NAME is a timeline's."""
    return os.path.splitext(name)[1].casefold() in TIMELINE_SUFFIXES  # thousands are asked about at each look


def is_video(name: str) -> bool:
    """Whether NAME is a video file's."""
    return os.path.splitext(name)[1].casefold() in VIDEO_SUFFIXES


def is_wanted(name: str) -> bool:
    """Whether a file called NAME is to get sound: a video or a timeline, not a temporary name."""
    return not is_temporary(name) and (is_timeline(name) or is_video(name))


def is_side(name: str) -> bool:
    """Whether NAME is that of a sidecar or a cue sheet, which speak of the file that is called so."""
    return name.casefold().endswith((SIDECAR_SUFFIX, SHEET_SUFFIX))


def base_of(side: str) -> str:
    """What the file is called, whole or without its suffix, that SIDE speaks of; "" for unusual ends."""
    return next((side.removesuffix(end) for end in (SIDECAR_SUFFIX, SHEET_SUFFIX) if side.endswith(end)), "")


def alike(name: str) -> str:
    """What is the same of all names that people take for NAME: letters composed or not, small or not."""
    return unicodedata.normalize("NFC", name).casefold()


def is_foreign(path: Path) -> bool:
    """Whether PATH is an ``.xml`` of another kind than FCP7's: cameras write such beside each clip."""
    if path.suffix.casefold() != ".xml":
        return False
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError:
        return False
    # UTF-16 has a zero in each pair.
    return bool(head.strip()) and _MARKED not in head.replace(b"\0", b"").lower()


def is_hollow(path: Path) -> bool:
    """Whether much of the file at PATH is holes: a copy has made room for it and is not done. Cheap."""
    try:
        with path.open("rb") as file:
            return _is_hollow(file.fileno())
    except OSError:
        return False


def ends_well(path: Path) -> bool:
    """Whether the file at PATH ends as its kind does; True where that cannot be told. Cheap."""
    suffix = path.suffix.casefold()
    try:
        with path.open("rb") as file:
            if suffix == ".otio":
                return _tail(file).rstrip(b"\0 \t\r\n").endswith(b"}")
            if suffix == ".xml":
                return b"</xmeml>" in _tail(file).replace(b"\0", b"").lower()
        return suffix != BUNDLE_SUFFIX or zipfile.is_zipfile(path)
    except OSError:
        return True


def _tail(file: BinaryIO) -> bytes:
    file.seek(0, os.SEEK_END)
    file.seek(max(0, file.tell() - _TAIL))
    return file.read()


def _is_hollow(handle: int) -> bool:
    """Whether much of the file is holes: room made in advance by a copy that is not done."""
    if not hasattr(os, "SEEK_HOLE"):
        return False
    size = os.fstat(handle).st_size
    held = position = 0
    try:
        for _ in range(_MOST_HOLES):
            if position >= size:
                break
            data = os.lseek(handle, position, os.SEEK_DATA)
            position = os.lseek(handle, data, os.SEEK_HOLE)
            held += position - data
        else:
            return False
    except OSError as error:
        if error.errno != errno.ENXIO:  # no data follows
            return False
    finally:
        os.lseek(handle, 0, os.SEEK_SET)
    return held < size * _WHOLE
