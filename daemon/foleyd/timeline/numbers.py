"""OpenTimelineIO's doubles as exact time: the only place where they are turned into fractions.

A frame value keeps its number and its rate is snapped to the exact one (23.976 -> 24000/1001);
values are never rescaled at the inexact rate, which is 14 frames off after one hour at "23.98".
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import Protocol

from foleyd.timebase import TimeError, exact, snap_rate
from foleyd.timeline.errors import TimelineError

MAX_RATE = 10**9
MIN_RATE = 1e-3
MAX_SECONDS = 10**10
MAX_DURATION = 10**7
MAX_SPEED = 10_000

_VALUE_GRID = 10**6
_WHOLE_TOLERANCE = Fraction(1, 1000)
_DENOMINATOR_LIMIT = 10**12
_SLOWEST_PICTURE = 2
_FASTEST_PICTURE = 400
_NTSC_TIMESCALES = (24_000, 30_000, 60_000, 120_000)


class OtioTime(Protocol):
    """What is read of an OpenTimelineIO RationalTime."""

    value: float
    rate: float


def tidy(value: float) -> Fraction:
    """A frame value as written: whole within 0.001 frame, else on a grid of a millionth.

    Raises TimelineError for NaN and infinities.
    """
    if not math.isfinite(value):
        raise TimelineError(f"a time in the timeline has the value {value}: export the timeline again")
    number = Fraction(value)
    whole = round(number)
    if abs(number - whole) < _WHOLE_TOLERANCE:
        return Fraction(whole)
    return Fraction(round(number * _VALUE_GRID), _VALUE_GRID)


def bounded(value: Fraction) -> Fraction:
    """VALUE, or the nearest 10^-12 (10^-6 from a million on) where it outgrows an int64 fraction.

    Frame times of real rates never get there; a sum over many odd rates would grow without end.
    """
    limit = _DENOMINATOR_LIMIT if abs(value) < _VALUE_GRID else _VALUE_GRID
    return value if value.denominator <= limit else Fraction(round(value * limit), limit)


@lru_cache(maxsize=1024)
def exact_rate(rate: float) -> Fraction:
    """The exact rate meant by a stored one: frame rates snapped, clocks such as 48000 as they are.

    Raises TimelineError for rates that are not above zero.
    """
    if not MIN_RATE <= rate <= MAX_RATE:
        raise TimelineError(f"a time in the timeline has the rate {rate}: export the timeline again")
    try:
        return snap_rate(rate) if rate <= _FASTEST_PICTURE else exact(rate)
    except TimeError as error:
        raise TimelineError(str(error)) from error


def seconds(time: OtioTime) -> Fraction:
    """TIME in exact seconds. Raises TimelineError for what is no time."""
    return tidy(time.value) / exact_rate(time.rate)


def picture_rate(rate: float, *values: float) -> tuple[Fraction, float] | None:
    """The frame rate that a stored RATE stands for and the double to store for it, or None.

    None for clocks (48000, a bare 1). A timescale such as 24000 whose VALUES are multiples of
    1001 is the frame rate 24000/1001, as AVFoundation writers have it.
    """
    if _SLOWEST_PICTURE <= rate <= _FASTEST_PICTURE:
        return exact_rate(rate), rate
    counted = [value for value in values if value]
    if rate in _NTSC_TIMESCALES and counted and all(value % 1001 == 0 for value in counted):
        return Fraction(int(rate), 1001), rate / 1001
    return None
