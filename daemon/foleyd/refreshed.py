"""What has become of a take of ours on a timeline that came back, and what is to be done with it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from fractions import Fraction
from pathlib import Path
from typing import Any

from foleyd.cue import FileCut, FrameRange, Program
from foleyd.timebase import SAMPLE_RATE, Timecode, round_half_up

ROUNDING = 1
"""Samples by which the same frames may be longer in another place."""


@dataclass(frozen=True, slots=True)
class Refresh:
    """Instead of cues: our takes on the timeline that came are brought up to date with its picture."""


class Outcome(Enum):
    """What is done with a clip of ours; the values are what editors read."""

    KEPT = "kept"
    MOVED = "moved"
    RECUT = "re-cut"
    REMADE = "re-made"
    DROPPED = "dropped"
    LEFT = "left as edited"
    FAILED = "failed"


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
    channels: int = 1


@dataclass(frozen=True, slots=True)
class Recipe:
    """How the take that a cue of this job replaces was made, as far as the cue itself does not say.

    OPTIONS are the engine's, GAIN_DB what its level was changed by. UNLESS is the picture's fingerprint with
    which the old take is kept after all; empty: it is made anew in any case.
    """

    options: Mapping[str, str] = field(default_factory=dict)
    text_only: bool = False
    gain_db: float = 0.0
    unless: str = ""


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A clip of ours, OUTCOME and WHY.

    AT are the numbers, from 0, of its track and of its place among the track's items; None inside a compound
    clip. JOB, CUE_ID, TAKE_ID, LAYER, PROMPT, SEED and NUMBER (of the take in its cue, from 1) are as it was
    made; MADE is where, None where its metadata do not say. LIES is where it lies on the timeline that came,
    RECORD where it will lie (None: nowhere). ZERO is the record time, in seconds from the timeline's zero,
    at which the cue that its file was made for begins now (None where an editor retimed it). FILE is its file
    where that was found; NEW_FILE: it is to be cut anew from it. NEW_CUE is the cue of this job that makes it
    anew; UNLESS is the picture's fingerprint with which it is kept all the same. NOTES are its metadata.
    FADED: whether a transition lies at its start and at its end where it was found; FADE_LOST: one of them
    goes, with it or with what lies on the other side.
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
    faded: tuple[bool, bool] = (False, False)
    fade_lost: bool = False

    @property
    def words(self) -> str:
        """WHY, and what else an editor loses by it: a transition does not go with an edge that leaves."""
        return f"{self.why}; the crossfade at its edge is lost" if self.fade_lost else self.why

    @property
    def stays(self) -> tuple[bool, bool]:
        """Whether its start and its end stay where they were found."""
        if self.record is None:
            return False, False
        return self.record.start == self.lies.start, self.record.end == self.lies.end


def with_lost_fades(answers: Sequence[Refreshed], left: Collection[int] = ()) -> tuple[Refreshed, ...]:
    """ANSWERS, each of which says whether a crossfade of it goes. LEFT: the numbers of those that leave their
    track."""
    stays = [(False, False) if number in left else one.stays for number, one in enumerate(answers)]
    beside = {one.at: stay for one, stay in zip(answers, stays, strict=True) if one.at is not None}

    def is_lost(one: Refreshed, stay: tuple[bool, bool]) -> bool:
        if one.at is None:
            return False
        track, place = one.at
        _, before = beside.get((track, place - 1), (True, True))
        after, _ = beside.get((track, place + 1), (True, True))
        start, end = one.faded
        return (start and not (stay[0] and before)) or (end and not (stay[1] and after))

    return tuple(replace(one, fade_lost=is_lost(one, stay)) for one, stay in zip(answers, stays, strict=True))


def zero_sample(program: Program, zero: Fraction) -> int:
    """The sample, counted from timecode zero, of record time ZERO (seconds from PROGRAM's zero)."""
    return round_half_up((program.start.frame / program.rate + zero) * SAMPLE_RATE)


def cut_from(program: Program, record: FrameRange, zero: Fraction, file: TakeFile, handles: int) -> FileCut:
    """The file that carries RECORD of PROGRAM with HANDLES, as far as FILE holds them, whose cue is at ZERO.

    As :func:`foleyd.cue.file_cut`; the one frame after the cue that every file has may lie beyond FILE.
    """
    begins = zero_sample(program, zero) - file.lead
    ends = begins + file.samples
    first, last = record.start, record.end + 1
    earliest = max(record.start - handles, -program.start.frame)
    while first > earliest and program.sample(first - 1) >= begins - ROUNDING:
        first -= 1
    while last < record.end + handles and program.sample(last + 1) <= ends + ROUNDING:
        last += 1
    begin, start, end, stop = (program.sample(frame) for frame in (first, record.start, record.end, last))
    return FileCut(
        first_frame=first,
        frames=last - first,
        samples=stop - begin,
        source_in=start - begin,
        cue_samples=end - start,
        time_reference=begin,
    )
