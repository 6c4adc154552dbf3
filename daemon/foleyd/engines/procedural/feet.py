"""Landings: where a foot that swings ahead of the body comes to rest on the ground.

Somebody who walks moves nothing near the ground ahead of the body but the foot that is about to land; from
the moment it lands to the moment the other foot has come past, nothing moves there at all. How much changes
in that place, the lowest tenth of the figure on the side that it walks to, therefore swells with every swing
and breaks off with every footfall, and the legs, arms and body above do not disturb it. Feet that slide tell
nothing.
Sources: M. W. Whittle, "Gait Analysis" (2007) (swing ends at initial contact, and the foot that landed stays
put until the other has passed); A. Bobick, J. Davis, "The recognition of human movement using temporal
templates", IEEE PAMI 23 (2001) (that a picture changes, and where, as the sign of a movement).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal

from foleyd.engines.procedural.motion import Underside
from foleyd.engines.procedural.rows import Row, chained, steadied

Floats = npt.NDArray[np.float64]

_FEWEST_STEPS = 4
_UNEVEN = 0.1
_AROUND_S = 0.7
_WAY_S = 1.2
_TRAVELS = 0.03
_GROUND, _HEAD = 85, 25
_UPRIGHT = 0.8
_SOLES = 0.12
_BELOW = 0.04
_AHEAD, _FARTHEST = 0.3, 0.8
_USUAL_S = 1.5
_BEFORE_S, _AFTER_S = 0.08, 0.1
_FAINT = 0.08
_BREAKS_OFF = 0.5
_LANDED = 0.25
_APART_S = 0.15
_FALL, _SLIDES = 0.25, 0.068


@dataclass(frozen=True, slots=True)
class Figure:
    """A moving figure in one shot, pair by pair, lengths in picture widths.

    MIDDLE times in s (n,); X the centre, TOP and BOTTOM of what moves (n,), NaN at rest; CAMERA (n,) the way
    of the picture to the right a second, as the camera moves it the other way; UNDERSIDES what moves lowest;
    WIDTH of the small picture in pixels.
    """

    middle: Floats
    x: Floats
    top: Floats
    bottom: Floats
    camera: Floats
    undersides: Sequence[Underside | None]
    width: int


def landing_rows(figure: Figure) -> list[Row]:
    """Rows of footfalls of a figure that walks across the picture; their depth is that of each break-off."""
    if int(np.isfinite(figure.x).sum()) < 8:
        return []
    step = float(np.median(np.diff(figure.middle)))
    moved = _ahead(figure, step)
    times, depth = _breaks(figure.middle, moved, step)
    if len(times) < _FEWEST_STEPS:
        return []
    chains = chained(times, 0.5 * depth / float(np.median(depth)), _FEWEST_STEPS, _UNEVEN)
    rows = [Row(steadied(times[chain]), 0.5 * depth[chain]) for chain in chains]
    return [row for row in rows if _stops(row, figure.middle, moved, step) < _SLIDES]


def _stops(row: Row, middle: Floats, moved: Floats, step: float) -> float:
    """How long the feet take to stop, from three quarters to one of what MOVED, in steps (median).

    Feet that slide, as those of a cheap animation do, slow over much of the step and come to rest when they
    happen to go as fast backward as the body forward: that is no landing.
    """
    taken = []
    for time in row.times:
        grid = np.linspace(time - _FALL * row.step, time + 0.06 * row.step, 80)
        level = np.interp(grid, middle, moved)
        level = level[int(np.argmax(level)) :]
        if np.ptp(level) <= 0:
            continue
        share = (level - level.min()) / np.ptp(level)
        begin = int(np.flatnonzero(share >= 0.75)[-1])
        after = np.flatnonzero(share[begin:] <= 0.25)
        if len(after):
            taken.append(int(after[0]) * float(grid[1] - grid[0]))
    return (float(np.median(taken)) - step / 2) / row.step if taken else np.inf


def _ahead(figure: Figure, step: float) -> Floats:
    """How much changes near the ground ahead of the figure, pair by pair; 0 while it does not travel.

    Somebody who walks is as tall in every pair of pictures; a ball is small, and its bounces are high.
    """
    x, top, bottom = (_filled(values) for values in (figure.x, figure.top, figure.bottom))
    around = 2 * max(1, round(_AROUND_S / step)) + 1
    ground = ndimage.percentile_filter(bottom, _GROUND, around, mode="nearest")
    height = np.maximum(ground - ndimage.percentile_filter(top, _HEAD, around, mode="nearest"), 1e-3)
    reach = min(2 * max(1, round(_WAY_S / step / 2)) + 1, (len(x) - 1) // 2 * 2 + 1)
    centre = signal.savgol_filter(x, reach, 1)
    speed = signal.savgol_filter(x + np.cumsum(figure.camera) * step, reach, 1, deriv=1, delta=step)
    if float(np.median((bottom - top) / height)) < _UPRIGHT:
        return np.zeros(len(x))
    way = np.where(np.abs(speed) > _TRAVELS, np.sign(speed), 0.0)
    moved = np.zeros(len(x))
    for index, under in enumerate(figure.undersides):
        if under is None or way[index] == 0 or np.isnan(figure.x[index]):
            continue
        column = (under.left + 0.5 + np.arange(len(under.rows))) / figure.width
        low = (under.rows + 1) / figure.width - ground[index]
        out = (column - centre[index]) * way[index] / height[index]
        near = (low > -_SOLES * height[index]) & (low < _BELOW) & (out < _FARTHEST)
        moved[index] = float((under.energy * near) @ np.clip(out / _AHEAD, 0, 1))
    return moved


def _filled(values: Floats) -> Floats:
    """VALUES with what is missing (NaN) drawn straight between what is there."""
    known = np.flatnonzero(np.isfinite(values))
    return np.interp(np.arange(len(values)), known, values[known])


def _breaks(middle: Floats, moved: Floats, step: float) -> tuple[Floats, Floats]:
    """When MOVED breaks off, and how far (natural log): times between pairs, in order."""
    usual = ndimage.percentile_filter(moved, 90, 2 * max(1, round(_USUAL_S / step)) + 1, mode="nearest")
    floor = _FAINT * np.maximum(usual, 0.2 * float(usual.max())) + 1e-9
    level = np.log(moved + floor) - np.log(floor)
    total = np.concatenate([[0.0], np.cumsum(level)])
    now, last = np.arange(len(level)), len(level)
    before, after = max(1, round(_BEFORE_S / step)), max(1, round(_AFTER_S / step))
    begin, end = np.maximum(now - before, 0), np.minimum(now + after, last)
    drop = (total[now] - total[begin]) / np.maximum(now - begin, 1) - (total[end] - total[now]) / (end - now)
    drop[0] = 0
    at, _ = signal.find_peaks(np.pad(drop, 1), height=_BREAKS_OFF, distance=max(1, round(_APART_S / step)))
    found = [(_landed(middle, moved, begin[k], k, end[k]), drop[k]) for k in at - 1]
    found = sorted((time, depth) for time, depth in found if time is not None)
    return np.array([time for time, _ in found]), np.array([depth for _, depth in found])


def _landed(middle: Floats, moved: Floats, begin: int, at: int, end: int) -> float | None:
    """When MOVED has fallen to a quarter between pairs BEGIN and END, around AT; None if it does not.

    A foot slows before it lands, more in some gaits than in others: the last of its motion, not half of it,
    ends where the foot does.
    """
    peak = max(0, begin - 1) + int(np.argmax(moved[max(0, begin - 1) : at + 1]))
    least = float(moved[at:end].min())
    wanted = least + _LANDED * (float(moved[peak]) - least)
    below = np.flatnonzero(moved[peak + 1 :] <= wanted)
    if not len(below) or moved[peak] <= wanted:
        return None
    k = peak + int(below[0])
    share = (moved[k] - wanted) / max(moved[k] - moved[k + 1], 1e-12)
    return float(middle[k] + share * (middle[k + 1] - middle[k]))
