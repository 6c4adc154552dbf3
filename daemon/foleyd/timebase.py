"""Exact time: frame rates, timecode, and the one place where a frame becomes a sample.

Seconds are :class:`fractions.Fraction`. Frames are integers counted from a zero that the
caller names (timecode zero or the timeline's first frame). Nothing here accumulates.

Sources: SMPTE ST 12-1 (timecode, drop frame); DESIGN.md "Time" (rounding rule).
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from fractions import Fraction

SAMPLE_RATE = 48_000
SECONDS_PER_DAY = 86_400

_NTSC = tuple(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 72, 96, 120, 240))
_WHOLE = tuple(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 72, 96, 100, 120, 240))
STANDARD_RATES: tuple[Fraction, ...] = tuple(sorted(_NTSC + _WHOLE))
"""Frame rates in common use, frames per second, ascending."""

_SNAP_TOLERANCE = Fraction(1, 1000)
_MIN_RATE = Fraction(1, 1000)
_MAX_RATE = 1000
_DENOMINATOR_LIMIT = 1_000_000
_TIMECODE = re.compile(r"^(\d{1,2}):(\d{2}):(\d{2})([:;.,])(\d{2,3})$")
_SECONDS = re.compile(r"^\d{1,9}(\.\d{1,12})?$")
# Fraction takes "1e9999999999" at its word, and years.
_NUMBER = re.compile(r"[-+]?\d{1,20}(\.\d{0,20})?(e[-+]?\d{1,2})?(/\d{1,20})?", re.ASCII | re.IGNORECASE)


class TimeError(ValueError):
    """A rate, timecode or time that cannot be used; the message says which and why."""


def exact(value: float | int | str | Fraction) -> Fraction:
    """VALUE as a fraction; raises TimeError for NaN, infinities and text that is no number of usual size."""
    if isinstance(value, str) and not _NUMBER.fullmatch(value.strip()):
        raise TimeError(f"{value[:40]!r} is not a number that can be used")
    try:
        return Fraction(value)
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        raise TimeError(f"{value!r} is not a finite number") from error


def snap_rate(rate: float | int | str | Fraction) -> Fraction:
    """The exact frame rate meant by RATE, in frames per second.

    23.976, 23.98, 23.976023976 and 24000/1001 are all 24000/1001. The nearest standard rate within
    0.1 % is taken (the nearest, since 23.976 and 24 are themselves 0.1 % apart); an odd
    rate (179/6, 15, 12.5) stays itself. Raises TimeError for rates below
    0.001 or above 1000.
    """
    value = exact(rate)
    if not _MIN_RATE <= value <= _MAX_RATE:
        raise TimeError(f"frame rate {rate} is not between {float(_MIN_RATE)} and {_MAX_RATE}")
    nearest = min(STANDARD_RATES, key=lambda standard: abs(standard - value))
    if abs(nearest - value) < nearest * _SNAP_TOLERANCE:
        return nearest
    return value.limit_denominator(_DENOMINATOR_LIMIT)


def round_half_up(value: Fraction) -> int:
    """The nearest integer, halves upward: monotonic and the same on both sides of zero."""
    return math.floor(value + Fraction(1, 2))


def frame_to_seconds(frame: int, rate: Fraction) -> Fraction:
    """The start of FRAME in seconds from frame zero."""
    return frame / rate


def frame_to_sample(frame: int, rate: Fraction, sample_rate: int = SAMPLE_RATE) -> int:
    """The first sample of FRAME, both counted from timecode zero: round(frame / rate x 48000).

    Lengths are differences of two such samples, so neighbouring cues tile exactly.
    """
    return round_half_up(frame * sample_rate / rate)


def seconds_to_frame(seconds: Fraction, rate: Fraction) -> int:
    """The frame whose start is nearest to SECONDS."""
    return round_half_up(seconds * rate)


def nominal_rate(rate: Fraction) -> int:
    """Frames counted per timecode second: 24 for 24000/1001, 30 for 179/6."""
    return max(1, round_half_up(rate))


def rate_text(rate: Fraction) -> str:
    """RATE as editors write it: 25, 23.976, 29.97."""
    return f"{float(rate):.3f}".rstrip("0").rstrip(".")


def has_drop_frame(rate: Fraction) -> bool:
    """Whether drop-frame timecode exists at RATE (29.97 and its multiples)."""
    return rate.denominator == 1001 and (rate.numerator // 1000) % 30 == 0


@dataclass(frozen=True, slots=True)
class Timecode:
    """A label of a frame: FRAME counted from 00:00:00:00 at RATE, shown drop frame or not."""

    frame: int
    rate: Fraction
    drop: bool = False

    def __post_init__(self) -> None:
        if self.drop and not has_drop_frame(self.rate):
            raise TimeError(f"there is no drop-frame timecode at {self.rate} frames a second")

    def __str__(self) -> str:
        """hh:mm:ss:ff, with ``;`` before the frames when drop frame; wraps after 24 hours."""
        nominal = nominal_rate(self.rate)
        number = self.frame % frames_per_day(self.rate, self.drop)
        if self.drop:
            number = _add_dropped_labels(number, nominal)
        digits = max(2, len(str(nominal - 1)))
        seconds, frames = divmod(number, nominal)
        minutes, seconds = divmod(seconds, 60)
        hours, minutes = divmod(minutes, 60)
        separator = ";" if self.drop else ":"
        return f"{hours:02d}:{minutes:02d}:{seconds:02d}{separator}{frames:0{digits}d}"

    @property
    def seconds(self) -> Fraction:
        """Exact seconds since timecode zero."""
        return self.frame / self.rate


def frames_per_day(rate: Fraction, drop: bool) -> int:
    """Labels in 24 hours of timecode."""
    nominal = nominal_rate(rate)
    total = nominal * SECONDS_PER_DAY
    return total - (_dropped_per_minute(nominal) * 54 * 24 if drop else 0)


def parse_timecode(text: str, rate: Fraction) -> Timecode:
    """Reads ``hh:mm:ss:ff``; ``;`` (or ``,``) before the frames means drop frame.

    Raises TimeError for text that is not timecode, for fields out of range, for ``;`` at a
    rate without drop frame, and for labels that drop frame skips.
    """
    match = _TIMECODE.match(text.strip())
    if match is None:
        raise TimeError(f"{text[:40]!r} is not timecode (hh:mm:ss:ff)")
    hours, minutes, seconds, frames = (int(match.group(i)) for i in (1, 2, 3, 5))
    drop = match.group(4) in ";,"
    nominal = nominal_rate(rate)
    if hours > 23 or minutes > 59 or seconds > 59 or frames >= nominal:
        raise TimeError(f"timecode {text} is out of range at {nominal} frames a second")
    if drop and not has_drop_frame(rate):
        raise TimeError(f"timecode {text} is drop frame, which {rate} frames a second does not have")
    number = ((hours * 60 + minutes) * 60 + seconds) * nominal + frames
    if drop:
        number = _remove_dropped_labels(number, nominal, text)
    return Timecode(number, rate, drop)


def parse_time(text: str, start: Timecode, duration: int = 0) -> int:
    """The frame, counted from the timeline's own zero, that TIME means.

    TIME is timecode as the viewer shows it (START included) or plain seconds from the first
    frame, which snap to the nearest frame. Labels begin anew at midnight: one below START is the next
    day's where DURATION frames reach so far. Raises TimeError for anything else, and for a
    timecode before START.
    """
    text = text.strip()
    if _SECONDS.match(text):
        return seconds_to_frame(Fraction(text), start.rate)
    label = parse_timecode(text, start.rate)
    frame = label.frame - start.frame
    if frame < 0:
        frame += frames_per_day(label.rate, label.drop)
        if frame > duration:
            raise TimeError(f"timecode {text} lies before the start, {start}")
    return frame


def _dropped_per_minute(nominal: int) -> int:
    return nominal // 15


def _add_dropped_labels(number: int, nominal: int) -> int:
    """Frame count -> label count: the first labels of each minute but every tenth are skipped."""
    dropped = _dropped_per_minute(nominal)
    per_minute = nominal * 60 - dropped
    per_ten = per_minute * 10 + dropped
    tens, rest = divmod(number, per_ten)
    skipped_minutes = max(0, (rest - dropped) // per_minute)
    return number + dropped * (9 * tens + skipped_minutes)


def _remove_dropped_labels(number: int, nominal: int, text: str) -> int:
    dropped = _dropped_per_minute(nominal)
    minutes, rest = divmod(number, nominal * 60)
    if rest < dropped and minutes % 10:
        raise TimeError(f"timecode {text} does not exist in drop frame")
    return number - dropped * (minutes - minutes // 10)
