"""The motion effects of an EDL (M2), put so that its adapter reads each of them.

The adapter reads an effect only where source and record differ in length; many programs write both equally
long, as CMX machines did, and say the speed in the effect alone. It takes no semicolon in an effect's
timecode, no comma in its speed, and no effect without a timecode.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from foleyd.brief import Notice
from foleyd.timebase import TimeError, nominal_rate, parse_timecode

TIMECODE = re.compile(r"\b(\d\d)[:;.](\d\d)[:;.](\d\d)([:;.,])(\d\d)\b")
"""A timecode with any of the separators in use; the fourth group is that before the frames."""

_EFFECT = re.compile(
    r"M2\s+(?:(?P<reel>.*?)\s+)?(?P<speed>[+-]?\d+(?:[.,]\d*)?)"
    r"\s*(?P<at>\d\d[:;.]\d\d[:;.]\d\d[:;.,]\d\d)?\s*\Z"
)


@dataclass(slots=True)
class _Event:
    """An event's line, in words, and the frames of its source and record."""

    line: int
    words: list[str]
    source: tuple[int, int]
    record: tuple[int, int]

    @property
    def lengths(self) -> tuple[int, int]:
        """Frames of source (below 0: it runs backwards) and record."""
        return self.source[1] - self.source[0], self.record[1] - self.record[0]


def with_speeds(text: str, rate: Fraction, *, drop: bool) -> tuple[str, list[Notice]]:
    """TEXT, an EDL at RATE frames a second whose labels may DROP frames, in which each motion effect is read;
    and what was assumed of some."""
    lines = text.splitlines()
    notices: list[Notice] = []
    event: _Event | None = None
    for at, line in enumerate(lines):
        found = _EFFECT.match(line.strip())
        if line.lstrip()[:1].isdigit():
            event = _event(line, at, rate, drop)
        elif found is not None and event is not None:
            speed = _speed(Fraction(found["speed"].replace(",", ".")), event, rate)
            place = (found["at"] or "00:00:00:00").translate(str.maketrans(";.,", ":::"))
            lines[at] = f"M2   {found['reel'] or 'AX'}   {float(speed * rate):.15f}   {place}"
            notices += _lengths_set(event, speed)
            lines[event.line] = " ".join(event.words)
    return "\n".join(lines), notices


def _lengths_set(event: _Event, speed: Fraction) -> list[Notice]:
    """Makes the adapter read SPEED from its effect, by an EVENT without source; what that assumes."""
    source, record = event.lengths
    if speed < 0 and source < 0:
        # Played from its later end down: what is used of the source begins at the earlier one.
        event.words[-4] = event.words[-3]
        return []
    if speed == 1 or source != record:
        return []
    said = f"the speed {float(speed * 100):.4g} % of event {event.words[0]}"
    if speed < 0:
        what = f"{said} is not read: its source and record are equally long"
        fix = "export the timeline as .otio, or render the clip with its speed change"
    else:
        what = f"{said} is that of its motion effect: its source and record are equally long"
        fix = "look whether the take fits the picture"
        event.words[-3] = event.words[-4]
    return [Notice(what, where=event.words[-2], fix=fix)]


def _speed(frames: Fraction, event: _Event, rate: Fraction) -> Fraction:
    """The speed of FRAMES a second. At 29.97 some programs write 60 for 200 % and some 59.9: what fits the
    EVENT's lengths is meant, else what is nearer to a whole percentage."""
    source, record = event.lengths

    def misfit(speed: Fraction) -> tuple[int, Fraction]:
        off = abs(abs(speed) * record - abs(source)) if source not in (0, record) else Fraction(0)
        return round(off), abs(speed * 100 - round(speed * 100))

    return min((frames / nominal_rate(rate), frames / rate), key=misfit)


def _event(line: str, at: int, rate: Fraction, drop: bool) -> _Event | None:
    words = line.split()
    if len(words) < 8:
        return None
    first, second, third, last = (_count(word, rate, drop) for word in words[-4:])
    return _Event(at, words, (first, second), (third, last))


def _count(timecode: str, rate: Fraction, drop: bool) -> int:
    """Frames of TIMECODE; one that RATE has not, or that is a number of frames, as it is spelled."""
    found = TIMECODE.fullmatch(timecode)
    if found is None:
        return int(timecode) if timecode.isdigit() else 0
    try:
        return parse_timecode(":".join(found.group(1, 2, 3)) + (";" if drop else ":") + found[5], rate).frame
    except TimeError:
        hours, minutes, seconds, frames = (int(found[number]) for number in (1, 2, 3, 5))
        return (hours * 3600 + minutes * 60 + seconds) * round(rate) + frames
