"""Frame rates and timecodes, with arithmetic of their own: nothing is shared with foleyd.

Rates are exact fractions. Section 9: 23.976, 29.97, 47.952, 59.94 and 119.88 stand for n * 1000/1001.
"""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

FRACTIONAL = {
    "23.976": Fraction(24000, 1001),
    "23.98": Fraction(24000, 1001),
    "29.97": Fraction(30000, 1001),
    "47.952": Fraction(48000, 1001),
    "59.94": Fraction(60000, 1001),
    "119.88": Fraction(120000, 1001),
}


def parse_rate(value: Any) -> tuple[Fraction, bool]:
    """The exact rate and whether the text asks for drop frame ("29.97 DF"). Section 9."""
    if isinstance(value, Fraction):
        return value, False
    text = str(value).strip()
    drop = text.endswith("DF")
    text = text[:-2].strip() if drop else text
    if text in FRACTIONAL:
        return FRACTIONAL[text], drop
    rate = Fraction(text)
    for exact in FRACTIONAL.values():
        if abs(float(rate) - float(exact)) < 1e-3:
            return exact, drop
    return rate, drop


def short(rate: Fraction) -> float:
    """The rate as Resolve's settings say it: 23.976, 29.97, 24.0."""
    return round(float(rate), 3)


def words(rate: Fraction) -> str:
    """The rate as a text: "24", "23.976"."""
    value = short(rate)
    return str(int(value)) if value == int(value) else str(value)


def nominal(rate: Fraction) -> int:
    """How many frames timecode counts to a second."""
    return math.ceil(rate)


def to_timecode(frames: int, rate: Fraction, drop: bool) -> str:
    """The label of a frame counted from timecode zero; `;` before the frames when drop frame is on."""
    base = nominal(rate)
    if drop:
        lost = base // 15  # 2 at 29.97, 4 at 59.94
        per_ten = base * 600 - lost * 9
        per_minute = base * 60 - lost
        tens, rest = divmod(frames, per_ten)
        frames += lost * 9 * tens
        if rest >= lost:
            frames += lost * ((rest - lost) // per_minute)
    seconds, frame = divmod(frames, base)
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    return "{:02d}:{:02d}:{:02d}{}{:02d}".format(hours % 24, minute, second, ";" if drop else ":", frame)


def from_timecode(label: str, rate: Fraction, drop: bool) -> int:
    """The frame of a label, counted from timecode zero. ValueError when it is no label of this rate."""
    parts = label.replace(";", ":").replace(".", ":").split(":")
    if len(parts) != 4:
        raise ValueError(label)
    hour, minute, second, frame = (int(part) for part in parts)
    base = nominal(rate)
    if not (0 <= minute < 60 and 0 <= second < 60 and 0 <= frame < base and hour >= 0):
        raise ValueError(label)
    count = ((hour * 60 + minute) * 60 + second) * base + frame
    if drop:
        lost = base // 15
        if second == 0 and frame < lost and minute % 10:
            raise ValueError(label)
        minutes = hour * 60 + minute
        count -= lost * (minutes - minutes // 10)
    return count


def half_up(value: Fraction) -> int:
    """The nearest whole number, halves upwards."""
    return math.floor(value + Fraction(1, 2))
