# SPDX-License-Identifier: GPL-3.0-or-later
"""How a shot becomes a strip: where its content and its ends lie, and how fast it is played.

The other way round from :mod:`timing`. Blender shows the whole frame nearest to a position and rounds the
length of a retimed strip to whole frames, so what is retimed is at most half a frame of the file off.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

_HALF = Fraction(1, 2)
_NEAR = Fraction(1, 1000)
"""Frames; nearer than this to a whole frame is that frame (documents keep a millionth)."""
SLOWEST_SPAN = 200_000
"""Frames that a retimed strip may last, hidden ends included; Blender's timeline has about a million."""


@dataclass(frozen=True)
class Fit:
    """A strip for a shot; scene frames."""

    content: int
    """Where its content begins, hidden under the left end or not."""
    span: int = 0
    """Frames between its two retiming keys; 0 for none: a frame of the file for each frame of the scene."""
    percent: float = 100.0
    """The speed that gives this span, as Blender's retiming takes it."""
    reverse: bool = False
    hold: int = -1
    """Frame of the file that is held; -1 for none."""
    offset: Fraction = Fraction(0)
    """Seconds that sound is moved later within the strip."""


class CannotFit(Exception):
    """No strip can play a shot so; the text says why."""


def frame_at(seconds: Fraction, rate: Fraction) -> Fraction:
    """The position in frames of a file of RATE, on the whole frame where it is one."""
    position = seconds * rate
    return Fraction(round(position)) if abs(position - round(position)) < _NEAR else position


def fit_picture(
    *,
    at: int,
    source_start: Fraction,
    speed: Fraction,
    scene_rate: Fraction,
    rate: Fraction,
    frames: int,
    last_key_shows_end: bool,
) -> Fit:
    """A movie's strip that shows, at scene frame AT, the frame of the file at SOURCE_START seconds.

    FRAMES and RATE are the file's; LAST_KEY_SHOWS_END as in :class:`timing.Played`. Raises CannotFit.
    """
    position = frame_at(source_start, rate)
    if speed == 0:
        return Fit(content=at, hold=min(max(math.floor(position), 0), frames - 1))
    step = abs(speed) * rate / scene_rate
    if abs(step - 1) < Fraction(1, 10**7):
        whole = math.floor(position)
        content = at + whole - (frames - 1) if speed < 0 else at - whole
        return Fit(content, reverse=speed < 0)
    played = frames if last_key_shows_end else frames - 1
    span = round(played / step)
    if not 1 <= span <= SLOWEST_SPAN:
        raise CannotFit(f"a speed of {float(abs(speed)) * 100:.6g} % is beyond what a strip can play")
    real = Fraction(played, span)
    if real.denominator != 1 or position.denominator != 1:
        position -= _HALF  # Blender shows the nearest frame, media time names the one that lasts
    hidden = round(position / real)
    last = span - 1 if last_key_shows_end else span
    content = at + hidden - last if speed < 0 else at - hidden
    return Fit(content, span, float(100 * real), reverse=speed < 0)


def fit_sound(
    *,
    at: int,
    source_start: Fraction,
    speed: Fraction,
    scene_rate: Fraction,
    frames: int,
    last_key_shows_end: bool,
) -> Fit:
    """A sound's strip that is at SOURCE_START seconds of its file when scene frame AT begins.

    FRAMES is its length as Blender counts it. Whole frames, and what is left as ``offset``. Raises CannotFit.
    """
    if speed <= 0:
        raise CannotFit("Blender plays sound forward only")
    if speed == 1:
        hidden = round(frame_at(source_start, scene_rate))
        return Fit(at - hidden, offset=hidden / scene_rate - source_start)
    played = frames if last_key_shows_end else frames - 1
    span = round(played / speed)
    if not 1 <= span <= SLOWEST_SPAN:
        raise CannotFit(f"a speed of {float(speed) * 100:.6g} % is beyond what a strip can play")
    real = Fraction(played, span)
    return Fit(at - round(source_start * scene_rate / real), span, float(100 * real))


def speed_meant(played: int, span: int, factor: Fraction) -> Fraction:
    """The speed that somebody asked for where Blender made SPAN frames of PLAYED ones.

    Blender rounds a retimed strip to whole frames. Of the speeds that give this length a multiple of 25 % is
    meant, else the nearest whole percentage, else the speed as played. FACTOR is scene rate / file rate.
    """
    low, high = (100 * played * factor / (span + part) for part in (_HALF, -_HALF))
    percents = range(math.ceil(low), math.floor(high) + 1)
    if not percents or len(percents) > 10_000:
        return played * factor / span
    exact = played * factor / span
    return Fraction(min(percents, key=lambda p: (p % 25 != 0, abs(p - 100 * exact))), 100)
