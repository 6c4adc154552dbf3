# SPDX-License-Identifier: Apache-2.0
"""Every conversion of frames, timecode and rates that the plugin makes; each in one place.

Resolve counts frames in three ways. *Absolute*: from timecode zero, the timeline's start included (items,
``recordFrame``). *Relative*: from the timeline's first frame (marks, markers, and foleyd's record frames).
*Source*: from a file's first frame, in the file's own rate (``startFrame``, ``endFrame``). Ends are
exclusive here; Resolve's marks are inclusive. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, NamedTuple

DAY_SECONDS = 24 * 3600
_NEAR = Fraction(1, 2000)
"""Rates nearer than this part of themselves are one: 23.98 and 23.976, but not 23.976 and 24."""
_WHOLE = (24, 25, 30, 48, 50, 60, 90, 96, 100, 120, 15, 16, 18, 72)
_NTSC = (24, 30, 48, 60, 96, 120)
DROPS = (Fraction(30000, 1001), Fraction(60000, 1001), Fraction(120000, 1001))
"""The rates that may count in drop frame."""
_TIMECODE = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2})([:;.,])(\d{2,3})$")


class TimeWrong(ValueError):
    """A rate or timecode of the host that cannot be read; the text is a sentence."""


def read_rate(value: Any) -> tuple[Fraction, bool]:
    """(exact rate, drop frame by its suffix) of a rate as any version gives it: 23.976, "29.97 DF", "24",
    "23,976" where a text of Resolve's is in the system's language.

    Raises TimeWrong.
    """
    text = str(value).strip()
    drop = text.upper().endswith("DF")
    number = text[:-2].strip() if drop else text
    try:
        said = Fraction(number.replace(",", "."))
    except (ValueError, ZeroDivisionError):
        said = Fraction(0)
    if said <= 0:
        raise TimeWrong(f"Resolve says that the rate is {value!r}, which is none")
    exact = snapped(said)
    return exact, drop and exact in DROPS


def snapped(rate: Fraction) -> Fraction:
    """RATE as the exact one that it stands for, the nearest within 0.05 %; an odd one stays itself."""
    known = [Fraction(whole) for whole in _WHOLE] + [Fraction(whole * 1000, 1001) for whole in _NTSC]
    best = min(known, key=lambda exact: abs(exact - rate))
    return best if abs(best - rate) < _NEAR * best else rate


class Span(NamedTuple):
    """Frames from START up to but not including END."""

    start: int
    end: int

    @property
    def length(self) -> int:
        """Frames in it."""
        return self.end - self.start


@dataclass(frozen=True)
class Clock:
    """How a timeline counts: its exact rate, drop frame or not, and the absolute frame that it starts at."""

    rate: Fraction
    drop: bool
    start: int

    @property
    def nominal(self) -> int:
        """Frames that a second of timecode has."""
        return math.ceil(self.rate)

    def relative(self, absolute: float) -> int:
        """An absolute frame counted from the timeline's first."""
        return int(absolute) - self.start

    def absolute(self, relative: float) -> int:
        """A frame counted from the timeline's first (a marker's, which may be a float), absolute."""
        return int(relative) + self.start

    def marks(self, first: int | None, last: int | None, length: int) -> Span:
        """Marks in and out (relative; out is inclusive; None: not set) of LENGTH frames, absolute."""
        start = 0 if first is None else int(first)
        end = length if last is None else int(last) + 1
        return Span(self.absolute(start), self.absolute(end))

    def label(self, absolute: int) -> str:
        """The timecode of an absolute frame; after midnight it begins again."""
        number = absolute
        if self.drop:
            number += self._dropped_before(absolute)
        number %= DAY_SECONDS * self.nominal
        seconds, frames = divmod(number, self.nominal)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        digits = max(2, len(str(self.nominal - 1)))
        return "{:02d}:{:02d}:{:02d}{}{:0{}d}".format(
            hours, minutes, seconds, ";" if self.drop else ":", frames, digits
        )

    def frame(self, timecode: str) -> int:
        """The absolute frame that TIMECODE names on this timeline. Raises TimeWrong.

        Labels that drop frame leaves out mean the frame after them.
        """
        found = _TIMECODE.match(str(timecode).strip())
        if found is None:
            raise TimeWrong(f"{timecode!r} is no timecode")
        hours, minutes, seconds, frames = (int(found.group(group)) for group in (1, 2, 3, 5))
        if minutes > 59 or seconds > 59 or frames >= self.nominal:
            raise TimeWrong(f"{timecode} is no timecode at {self.nominal} frames a second")
        number = ((hours * 60 + minutes) * 60 + seconds) * self.nominal + frames
        if not self.drop:
            return number
        skip = self._skip
        if minutes % 10 and seconds == 0 and frames < skip:
            number += skip - frames
        whole = hours * 60 + minutes
        return number - skip * (whole - whole // 10)

    @property
    def _skip(self) -> int:
        """Labels left out at each minute but every tenth (SMPTE ST 12-1)."""
        return self.nominal // 15

    def _dropped_before(self, frame: int) -> int:
        """Labels left out before the frame numbered FRAME."""
        skip = self._skip
        minute = self.nominal * 60 - skip
        ten = minute * 10 + skip
        tens, rest = divmod(frame, ten)
        return tens * 9 * skip + (skip * ((rest - skip) // minute) if rest >= skip else 0)


class Cut(NamedTuple):
    """Which of a sound file's frames are used, and how long that is on the timeline.

    START and END (exclusive) are source frames for ``AppendToTimeline``; LENGTH is timeline frames.
    """

    start: int
    end: int
    length: int


class CutInexact(ValueError):
    """Where a cut begins is no whole frame of the file, as the host counts its frames."""


def cut_of(before: int, length: int, rate: Fraction, file_rate: Fraction) -> Cut:
    """The cut that leaves out BEFORE timeline frames of a file and lasts LENGTH of them, at RATE.

    FILE_RATE is the rate in which the host counts the file's frames. Where it is not RATE, the host floors
    lengths to timeline frames: the longest that is not too long is taken, which is LENGTH or a frame less.
    Raises CutInexact where it cannot begin exactly.
    """
    ratio = file_rate / rate
    start = before * ratio
    if start.denominator != 1:
        raise CutInexact(f"{before} frames at {decimal(rate)} are no whole frames at {decimal(file_rate)}")
    frames = math.ceil(length * ratio)
    if math.floor(frames / ratio) > length:
        frames -= 1
    return Cut(int(start), int(start) + frames, math.floor(frames / ratio))


def handle_step(rate: Fraction, file_rate: Fraction) -> int:
    """How many timeline frames at RATE are the fewest that are whole frames of a file at FILE_RATE."""
    return (file_rate / rate).denominator


def exact_handles(wanted: int, rate: Fraction, file_rate: Fraction) -> int:
    """The most handles up to WANTED (timeline frames) that are whole frames of a file at FILE_RATE."""
    step = handle_step(rate, file_rate)
    return wanted // step * step


def decimal(rate: Fraction) -> str:
    """RATE as editors write it: 23.976, 25, 59.94."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")
