"""Short ways to say a program and to read back what it showed."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

from clipmaker import read_number
from foleyd.cue import FrameRange, Media, Program, Shot
from foleyd.media.picture import program_frames
from foleyd.timebase import Timecode

BLACK = -1


def shot(
    path: Path | None,
    start: int,
    end: int,
    source: Fraction | int = 0,
    speed: Fraction | int = 1,
) -> Shot:
    return Shot(
        f"{start}", f"shot {start}", Media(path), Fraction(source), FrameRange(start, end), Fraction(speed)
    )


def program(rate: Fraction, *shots: Shot, duration: int | None = None) -> Program:
    return Program(Timecode(0, rate), shots, duration if duration is not None else shots[-1].record.end)


def played(program: Program) -> list[tuple[int, int]]:
    """(record frame of first display, number shown or BLACK) of each frame that comes."""
    seen = []
    for frame in program_frames(program):
        record = frame.time * program.rate
        assert record.denominator == 1
        seen.append((int(record), read_number(frame.rgb) if frame.rgb.any() else BLACK))
    return seen


def on_screen(program: Program) -> list[int]:
    """The number (or BLACK) that stands on the screen at each record frame."""
    seen = dict(played(program))
    screen: list[int] = []
    for record in range(program.duration):
        screen.append(seen.get(record, screen[-1] if screen else BLACK))
    return screen
