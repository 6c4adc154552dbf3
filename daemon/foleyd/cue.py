"""The words of the house as types: media, shot, program, cue, take, placement.

Record positions are whole frames of one timeline rate, counted from the timeline's own zero.
The start timecode is a label kept beside them. Source positions are exact seconds of media time.
Everything is immutable; a change is a new value (:func:`dataclasses.replace`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from foleyd.timebase import Timecode, frame_to_sample

DEFAULT_LAYER = "foley"
LAYERS = ("foley", "fx", "ambience")
DEFAULT_HANDLES = 12
MAX_PROMPT_LENGTH = 2_000


@dataclass(frozen=True, slots=True, order=True)
class FrameRange:
    """Record frames START up to but not including END. May be empty."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"range ends ({self.end}) before it starts ({self.start})")

    @property
    def duration(self) -> int:
        """Length in frames."""
        return self.end - self.start

    def intersect(self, other: FrameRange) -> FrameRange | None:
        """The frames in both, or None."""
        start, end = max(self.start, other.start), min(self.end, other.end)
        return FrameRange(start, end) if start < end else None


@dataclass(frozen=True, slots=True)
class Media:
    """A picture file. PATH None means the document names media that cannot be found here."""

    path: Path | None
    name: str = ""


@dataclass(frozen=True, slots=True)
class Shot:
    """One piece of media on the record timeline.

    SOURCE_START is the media time, in exact seconds from the file's first displayed frame, of the
    frame shown first (also when reversed). SPEED is media seconds for each record second: 1
    plays, -1 reverses, 0 freezes. MEDIA None is black that somebody put there.
    """

    id: str
    name: str
    media: Media | None
    source_start: Fraction
    record: FrameRange
    speed: Fraction = Fraction(1)

    def source_at(self, frame: int, rate: Fraction) -> Fraction:
        """Media time shown at record FRAME; frames outside the shot extend it (handles)."""
        return self.source_start + (frame - self.record.start) / rate * self.speed


@dataclass(frozen=True, slots=True)
class Program:
    """The picture as the viewer sees it: shots in record order, never overlapping.

    Frames that no shot covers are black. START is the label of record frame zero.
    """

    start: Timecode
    shots: tuple[Shot, ...]
    duration: int

    def __post_init__(self) -> None:
        edge = 0
        for shot in self.shots:
            if shot.record.start < edge:
                raise ValueError(f"shot {shot.name!r} overlaps the one before it")
            edge = shot.record.end
        if edge > self.duration:
            raise ValueError(f"shots end at frame {edge}, after the program ({self.duration})")

    @property
    def rate(self) -> Fraction:
        """Frames per second of the record timeline."""
        return self.start.rate

    @property
    def range(self) -> FrameRange:
        """The whole program."""
        return FrameRange(0, self.duration)

    def sample(self, frame: int) -> int:
        """First sample of record FRAME, counted from timecode zero."""
        return frame_to_sample(self.start.frame + frame, self.rate)

    def label(self, frame: int) -> Timecode:
        """Timecode that the viewer shows at record FRAME."""
        return Timecode(self.start.frame + frame, self.rate, self.start.drop)

    def cuts(self) -> tuple[int, ...]:
        """Record frames where the picture changes from one shot (or black) to another."""
        edges = {edge for shot in self.shots for edge in (shot.record.start, shot.record.end)}
        return tuple(sorted(edge for edge in edges if 0 < edge < self.duration))


@dataclass(frozen=True, slots=True)
class Cue:
    """One spot to fill: record range, what should be heard, and a seed for each take.

    HANDLES None are those of the output; ENGINE "" is any.
    """

    id: str
    record: FrameRange
    prompt: str
    negative_prompt: str = ""
    layer: str = DEFAULT_LAYER
    seeds: tuple[int, ...] = (0,)
    handles: int | None = None
    engine: str = ""


@dataclass(frozen=True, slots=True)
class SoundEvent:
    """A sound that an engine placed. TIME is exact seconds; who holds it says from where.

    STRENGTH is 0..1, PAN is -1 (left) .. 1 (right), KIND is the engine's word for the sound.
    """

    time: Fraction
    kind: str = ""
    strength: float = 1.0
    pan: float = 0.0


def from_cue_start(
    events: tuple[SoundEvent, ...], source_in: int, sample_rate: int
) -> tuple[SoundEvent, ...]:
    """EVENTS counted from a file's start, counted from the cue's start instead, SOURCE_IN samples later."""
    shift = Fraction(source_in, sample_rate)
    return tuple(replace(event, time=event.time - shift) for event in events)


@dataclass(frozen=True, slots=True)
class FileCut:
    """Where a cue lies in its file ("The file and the cut" of DESIGN.md).

    FIRST_FRAME and FRAMES are whole record frames that the file covers; SAMPLES is the file's
    length, SOURCE_IN the sample at which the cue begins in it, CUE_SAMPLES the cue's length,
    TIME_REFERENCE the first sample counted from timecode zero.
    """

    first_frame: int
    frames: int
    samples: int
    source_in: int
    cue_samples: int
    time_reference: int


@dataclass(frozen=True, slots=True)
class Loudness:
    """Measured by EBU R 128: integrated LUFS (None when silent or too short), true peak dBTP."""

    integrated: float | None
    true_peak: float | None
    range: float | None = None

    @property
    def words(self) -> str:
        """The values as people read them."""
        if self.true_peak is None:
            return "silent"
        peak = f"peak {self.true_peak:.1f} dBTP"
        return peak if self.integrated is None else f"{self.integrated:.1f} LUFS, {peak}"


@dataclass(frozen=True, slots=True)
class Take:
    """One generated audio for a cue, from one seed, as a file."""

    id: str
    cue: Cue
    path: Path
    seed: int
    cut: FileCut
    sample_rate: int
    channels: int
    events: tuple[SoundEvent, ...]
    loudness: Loudness
    provenance: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where a take sits on the timeline. SOURCE_IN is in samples of its file."""

    take: Take
    track_name: str
    record: FrameRange
    source_in: int
    enabled: bool


def file_cut(program_start: Timecode, record: FrameRange, handles: int) -> FileCut:
    """The file that carries a cue over RECORD with HANDLES frames before and after.

    It begins on a whole frame, never before timecode zero, and ends at least one whole frame
    after the cue, since hosts floor lengths. Raises ValueError for negative handles.
    """
    if handles < 0:
        raise ValueError(f"handles must not be negative, got {handles}")
    origin, rate = program_start.frame, program_start.rate
    first = max(record.start - handles, -origin)
    last = record.end + max(handles, 1)
    begin, start, end, stop = (
        frame_to_sample(origin + frame, rate) for frame in (first, record.start, record.end, last)
    )
    return FileCut(
        first_frame=first,
        frames=last - first,
        samples=stop - begin,
        source_in=start - begin,
        cue_samples=end - start,
        time_reference=begin,
    )
