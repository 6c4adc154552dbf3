"""A timeline track by track, for hosts that do not speak OpenTimelineIO: the words.

Where a program is what the viewer sees, these are all the tracks as an editor has them: picture from
bottom to top, then sound in display order. ``timeline/`` reads and writes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from foleyd.brief import Notice
from foleyd.cue import FrameRange, Shot
from foleyd.timebase import Timecode

ORIGIN_KEY = "media_origin"


@dataclass(frozen=True, slots=True)
class TrackShot:
    """A shot as it lies on its track; without media it is black, on a sound track silence.

    Its media time counts from ORIGIN, the media time of the file's first frame. HELD is the file's
    length in seconds, None where nobody said. URL is the reference as the document writes it, kept
    where no file was found for it. METADATA is what lies under ``metadata["foleyd"]``. The shot's id
    is a handle of this value alone; documents do not keep it.
    """

    shot: Shot
    enabled: bool = True
    origin: Fraction = Fraction(0)
    held: Fraction | None = None
    url: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Track:
    """A track of picture or (PICTURE False) of sound; shots in record order, never overlapping."""

    name: str
    picture: bool
    shots: tuple[TrackShot, ...]
    enabled: bool = True

    def __post_init__(self) -> None:
        edge = 0
        for item in self.shots:
            if item.shot.record.start < edge:
                raise ValueError(f"shot {item.shot.name!r} overlaps the one before it on {self.name!r}")
            edge = item.shot.record.end

    @property
    def end(self) -> int:
        """The record frame after the last shot's."""
        return self.shots[-1].shot.record.end if self.shots else 0


@dataclass(frozen=True, slots=True)
class TimelineMarker:
    """A marker in record frames; RECORD is empty for a point. COLOUR is OTIO's name, upper case."""

    record: FrameRange
    name: str = ""
    colour: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Timeline:
    """All tracks of an edit: picture bottom to top, then sound in display order.

    START is the label of record frame zero; DURATION is in frames.
    """

    name: str
    start: Timecode
    tracks: tuple[Track, ...]
    markers: tuple[TimelineMarker, ...]
    duration: int

    def __post_init__(self) -> None:
        kinds = [track.picture for track in self.tracks]
        if kinds != sorted(kinds, reverse=True):
            raise ValueError("a sound track lies before a picture track")
        if any(track.end > self.duration for track in self.tracks):
            raise ValueError(f"shots end after the timeline ({self.duration} frames)")
        if any(not _inside(marker.record, self.duration) for marker in self.markers):
            raise ValueError(f"a marker lies outside the timeline ({self.duration} frames)")

    @property
    def rate(self) -> Fraction:
        """Frames per second of the record timeline."""
        return self.start.rate


@dataclass(frozen=True, slots=True)
class ReadTracks:
    """A timeline's tracks with what had to be said while they were read."""

    timeline: Timeline
    warnings: tuple[Notice, ...]


def _inside(record: FrameRange, duration: int) -> bool:
    return 0 <= record.start < duration and record.end <= duration
