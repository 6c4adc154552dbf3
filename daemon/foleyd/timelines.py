"""Timelines for hosts without OpenTimelineIO: documents become tracks, tracks become documents."""

from __future__ import annotations

from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from foleyd.config import Settings
from foleyd.errors import FoleyError
from foleyd.media.sound_file import SoundFile, read_sound_file
from foleyd.request import Document
from foleyd.spot import duration_of, origin_of, resolver
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.track_reader import read_tracks
from foleyd.timeline.tracks import write_tracks
from foleyd.tracks import ReadTracks, Timeline


def read_timeline(document: Document, settings: Settings) -> ReadTracks:
    """All tracks of DOCUMENT; media need not be there. Raises TimelineError."""
    return read_tracks(
        read_document(document.json, document.name),
        base_folder=document.base_folder,
        origin_of=_origin_of,
        duration_of=_duration_of,
        resolve=resolver(document, settings),
    )


def write_timeline(timeline: Timeline, target: str) -> Document:
    """TIMELINE as a document in the shape of TARGET; all its references are absolute.

    Raises TimelineError.
    """
    written = write_tracks(
        timeline,
        target=target,
        origin_of=_origin_of,
        duration_of=_duration_of,
        channels_of=_channels_of,
    )
    return Document(write_document(written), Path("/"), timeline.name or "timeline")


def _origin_of(path: Path) -> Fraction | None:
    """The start timecode of a file of picture or of sound alone, in seconds."""
    picture = origin_of(path)
    if picture is not None or duration_of(path) is not None:
        return picture
    sound = _sound(path)
    return sound.origin if sound is not None else None


def _duration_of(path: Path) -> Fraction | None:
    picture = duration_of(path)
    if picture is not None:
        return picture
    sound = _sound(path)
    return sound.duration if sound is not None else None


def _channels_of(path: Path) -> int | None:
    sound = _sound(path)
    return sound.channels if sound is not None else None


def _sound(path: Path) -> SoundFile | None:
    try:
        return _read_sound(path, path.stat().st_mtime_ns)
    except (FoleyError, OSError):  # a file that cannot be read answers nothing; who plays it will say why
        return None


@lru_cache(maxsize=1024)
def _read_sound(path: Path, _: int) -> SoundFile:
    return read_sound_file(path)
