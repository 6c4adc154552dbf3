# SPDX-License-Identifier: GPL-3.0-or-later
"""Exact time of scenes, files and strips: rates, timecode, and which frame of its file a strip shows.

Blender speaks in floats: ``fps_base`` and ``MovieStrip.fps`` are 32 bits wide. What comes out of here is
exact. Frames are whole scene frames, end exclusive; indices count the frames of a file from 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

_NTSC = tuple(Fraction(n * 1000, 1001) for n in (24, 30, 48, 60, 72, 96, 120, 240))
_WHOLE = tuple(Fraction(n) for n in (24, 25, 30, 48, 50, 60, 72, 96, 100, 120, 240))
_HALF = Fraction(1, 2)


def rate_of(fps: int, fps_base: float) -> Fraction:
    """Frames per second of a scene with these render settings: 24 and 1.001 are 24000/1001.

    23.976 and 59.94, however they were typed, are the NTSC rates that are meant; 23.98 is its own rate,
    since Blender plays it so.
    """
    value = fps / fps_base
    for whole in (round(value), round(value * 1.001) * Fraction(1000, 1001)):
        if whole > 0 and abs(value - whole) < whole * 3e-6:
            return Fraction(whole)
    return Fraction(value).limit_denominator(100_000)


def file_rate(fps: float) -> Fraction:
    """Frames per second of a file for which Blender says FPS: the nearest rate in common use within 0.1 %.

    Container headers are less careful than scenes (2997/100, averages); an odd rate stays itself.
    """
    nearest = min(_NTSC + _WHOLE, key=lambda rate: abs(rate - fps))
    if abs(nearest - fps) < nearest / 1000:
        return nearest
    return rate_of(1, 1 / fps)


def timecode(frame: int, rate: Fraction) -> str:
    """The label of a scene's FRAME, as Blender's own timeline counts: 86400 is 01:00:00:00 at 23.976 and 24.

    Never drop frame. Rates are counted by the next whole one; a frame before 0 has a minus sign.
    """
    nominal = max(1, round(rate))
    seconds, left = divmod(abs(frame), nominal)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    width = len(str(nominal - 1))
    sign = "-" if frame < 0 else ""
    return f"{sign}{hour:02}:{minute:02}:{second:02}:{left:0{max(2, width)}}"


@dataclass(frozen=True)
class Played:
    """How a strip of a movie lies in its scene."""

    left: int
    """First scene frame."""
    right: int
    """Scene frame after the last one."""
    content: Fraction
    """Scene frame at which its content begins, hidden under the left handle or not."""
    length: Fraction
    """Scene frames that its content lasts, hidden ends included."""
    frames: int
    """Frames of content: those of the file less those trimmed off its ends."""
    rate: Fraction
    """Frames per second of the file."""
    trimmed: int = 0
    """Frames of the file before its content."""
    keys: tuple[Fraction, ...] = ()
    """Scene frames of its retiming keys; none or two."""
    reverse: bool = False
    """It is played backward."""
    last_key_shows_end: bool = True
    """Its second retiming key lies after its last frame (Blender 5.0 up), not on it (before)."""


@dataclass(frozen=True)
class Stretch:
    """A part of a strip that is played at one speed."""

    start: int
    """First scene frame."""
    end: int
    """Scene frame after the last one."""
    source_start: Fraction
    """Seconds in the file, inside of the frame that is shown first."""
    speed: Fraction
    """Seconds in the file for each second of the scene; 0 holds a frame."""


def in_real_time(strip: Played, scene_rate: Fraction) -> bool:
    """Whether the file keeps its own speed in a scene of another rate, told by its length.

    Strips added by hand do; strips added by scripts show one frame of the file for each of the scene.
    """
    own_speed = strip.frames * scene_rate / strip.rate
    return abs(strip.length - own_speed) < abs(strip.length - strip.frames)


def source_step(strip: Played, scene_rate: Fraction) -> Fraction:
    """Frames of the file for each frame of the scene, above zero."""
    if len(strip.keys) == 2:
        first, last = strip.keys
        frames = strip.frames if strip.last_key_shows_end else strip.frames - 1
        return Fraction(max(frames, 0)) / (last - first)
    return strip.rate / scene_rate if in_real_time(strip, scene_rate) else Fraction(1)


def source_frame(strip: Played, frame: int, scene_rate: Fraction) -> Fraction:
    """Where scene FRAME lies in the content, in frames of the file; the nearest whole one is shown.

    Below 0 and beyond the last frame the first and last one are held.
    """
    step = source_step(strip, scene_rate)
    if strip.reverse:
        return (strip.content + strip.length - 1 - frame) * step
    return (frame - strip.content) * step


def stretches(strip: Played, scene_rate: Fraction) -> Iterator[Stretch]:
    """STRIP in scene order: what it plays, and what it holds where it is longer than its content."""
    step = source_step(strip, scene_rate)
    last = strip.frames - 1
    slope = -step if strip.reverse else step
    # Frames at which the content's position is within 0 and LAST.
    at_zero = strip.content + strip.length - 1 if strip.reverse else strip.content
    at_last = at_zero + (last / slope if slope else 0)
    begin, end = sorted((at_zero, at_last))
    plays_from = min(max(strip.left, math.ceil(begin)), strip.right)
    plays_to = max(min(strip.right, math.floor(end) + 1), plays_from)
    before, after = (last, 0) if strip.reverse else (0, last)
    if plays_from > strip.left:
        yield _held(strip, strip.left, plays_from, before)
    if plays_to > plays_from:
        position = strip.trimmed + source_frame(strip, plays_from, scene_rate)
        # Blender shows the nearest frame, the daemon the one that lasts at a time: half a frame apart.
        if position.denominator != 1 or step.denominator != 1:
            position += _HALF
        speed = slope * scene_rate / strip.rate
        yield Stretch(plays_from, plays_to, position / strip.rate, speed)
    if strip.right > plays_to:
        yield _held(strip, plays_to, strip.right, after)


def _held(strip: Played, start: int, end: int, index: int) -> Stretch:
    return Stretch(start, end, (strip.trimmed + index) / strip.rate, Fraction(0))
