"""What has become of a take of ours on a timeline that came back, and what is to be done with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

from foleyd.cue import FrameRange
from foleyd.timebase import Timecode


class Outcome(Enum):
    """What is done with a clip of ours; the values are what editors read."""

    KEPT = "kept"
    MOVED = "moved"
    RECUT = "re-cut"
    REMADE = "re-made"
    DROPPED = "dropped"
    LEFT = "left as edited"


@dataclass(frozen=True, slots=True)
class MadeFor:
    """Where a take was made for: its cue's record range, and the label of that timeline's frame zero."""

    record: FrameRange
    start: Timecode

    @property
    def at(self) -> Fraction:
        """Seconds from that timeline's zero."""
        return self.record.start / self.start.rate

    def label(self, frame: int) -> Timecode:
        """What that timeline's viewer showed at record FRAME."""
        return Timecode(self.start.frame + frame, self.start.rate, self.start.drop)


@dataclass(frozen=True, slots=True)
class TakeFile:
    """A take's file as it is found: LEAD samples of its SAMPLES lie before its cue."""

    path: Path
    lead: int
    samples: int


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A clip of ours, OUTCOME and WHY.

    AT are the numbers, from 0, of its track and of its place among the track's items; None inside a compound
    clip. JOB, CUE_ID, TAKE_ID, LAYER, PROMPT, SEED and NUMBER (of the take in its cue, from 1) are as it was
    made; MADE is where, None where its metadata do not say. LIES is where it lies on the timeline that came,
    RECORD where it will lie (None: nowhere). ZERO is the record time, in seconds from the timeline's zero,
    at which the cue that its file was made for begins now. FILE is its file where that was found; NEW_FILE:
    it is to be cut anew from it. NEW_CUE is the cue of this job that makes it anew; UNLESS is the picture's
    fingerprint with which it is kept all the same. NOTES are its metadata.
    """

    at: tuple[int, int] | None
    job: str
    cue_id: str
    take_id: str
    layer: str
    prompt: str
    seed: int
    number: int
    enabled: bool
    track_name: str
    outcome: Outcome
    why: str
    made: MadeFor | None
    lies: FrameRange
    record: FrameRange | None
    zero: Fraction | None = None
    file: TakeFile | None = None
    new_file: bool = False
    new_cue: str = ""
    unless: str = ""
    notes: Mapping[str, Any] = field(default_factory=dict)
