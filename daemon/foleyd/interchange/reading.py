"""Reading a timeline of any kind as an OpenTimelineIO document."""

from __future__ import annotations

import stat
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from foleyd.brief import Notice
from foleyd.interchange.bundle import open_bundle
from foleyd.interchange.child import convert
from foleyd.interchange.errors import InterchangeError
from foleyd.interchange.kinds import ADAPTERS, BUNDLE_SUFFIX
from foleyd.request import Document

MAX_BYTES = 64 * 1024 * 1024
MAX_AAF_BYTES = 2 * 1024**3
"""An AAF may hold its media; only its edit is read."""


@dataclass(frozen=True, slots=True)
class ReadDocument:
    """A timeline as an OpenTimelineIO document, with what its reader lost or assumed.

    UNPACKED are files that were made for the media in a bundle, then the folders made for them.
    """

    document: Document
    notices: tuple[Notice, ...] = ()
    unpacked: tuple[Path, ...] = ()


def read_any(
    path: Path, *, rate: Fraction | None = None, unpack_to: Path | None = None, names_only: bool = False
) -> ReadDocument:
    """The timeline in the file at absolute PATH; its suffix says of which kind it is.

    RATE is the frame rate of an EDL, which does not say it (None: guessed, with a notice). The media in
    a bundle are unpacked into UNPACK_TO, an absolute folder that is made when missing (with NAMES_ONLY as
    empty files, to see which there are); with None they stay inside and cannot be had. An OpenTimelineIO
    text comes back as it is, unread.
    Raises InterchangeError, OutputError (while unpacking).
    """
    suffix = path.suffix.lower()
    _check_file(path, MAX_AAF_BYTES if suffix == ".aaf" else None if suffix == BUNDLE_SUFFIX else MAX_BYTES)
    if suffix == BUNDLE_SUFFIX:
        text, unpacked = open_bundle(path, unpack_to, names_only=names_only)
        return ReadDocument(Document(text, unpack_to or path.parent, path.name), (), unpacked)
    if suffix in ADAPTERS:
        text, notices = convert(f"read-{ADAPTERS[suffix]}", path, rate=rate)
        return ReadDocument(Document(text, path.parent, path.name), notices)
    try:
        return ReadDocument(Document(path.read_bytes(), path.parent, path.name))
    except OSError as error:
        raise _unreadable(path, error) from error


def _check_file(path: Path, limit: int | None) -> None:
    try:
        facts = path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(facts.st_mode):
        what = "a folder" if stat.S_ISDIR(facts.st_mode) else "no file"
        raise InterchangeError(f"{path} is {what}; name a timeline")
    if not facts.st_size:
        raise InterchangeError(f"{path.name} is empty; export the timeline again")
    if limit is not None and facts.st_size > limit:
        raise InterchangeError(f"{path} is larger than {limit >> 20} MiB; export a shorter timeline")


def _unreadable(path: Path, error: OSError) -> InterchangeError:
    return InterchangeError(f"{path} cannot be read ({error.strerror}); correct its name or permissions")
