"""Impacts: where the momentum of the picture jumps against itself.

Free flight, swinging and easing change a thing's momentum smoothly; a strike changes it within a frame,
against the way it went, by no less than half of the change (a rebound is never faster than the approach).
The jump's share before and after a frame gives the moment between frames: with the velocity B before and A
after, a frame pair that shows ``f B + (1 - f) A`` holds the strike at its fraction f.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import ndimage

Floats = npt.NDArray[np.float64]

T = TypeVar("T")

SHORTEST_GAP_S = 0.1
_OPPOSING = 0.5
_SHARP = 0.6
_FAINTEST, _FAINTEST_USUAL, _FAINTEST_ALONE = 4e-4, 1e-4, 2e-3
_STANDS_OUT, _FOLLOWS = 2.5, 1.2
_NEIGHBOURHOOD_S = 0.7
_RECENT_S = 0.15
_EXPOSURE = 0.1
"""Frames by which a picture lies after its time: half an exposure of a little under half a frame."""
_SIGNATURE_S = 0.5
_FLIGHT_S = 1.2
_SHADOW_S = 0.7
_BEFORE_LOUDER_S, _BEFORE_LOUDER = 1.2, 0.5
_AFTER_LOUDER_S, _AFTER_LOUDER = 1.5, 0.2


@dataclass(frozen=True, slots=True)
class Series:
    """One shot's pairs of pictures in order: MIDDLE times, SPANs in s (n,), MOMENTUM a second (n, 2, k).

    ONE (n,) tells whether a single thing moves, not water, leaves or the whole picture. Neighbouring pairs
    overlap when LAG, the frames that a pair spans, is more than one.
    """

    middle: Floats
    span: Floats
    momentum: Floats
    one: npt.NDArray[np.bool_]
    lag: int


@dataclass(frozen=True, slots=True)
class Jump:
    """A jump of momentum: TIME in seconds, JUMP (momentum per second), the INDEX of its pair.

    SHARP is the jump over the greatest momentum just before, OPPOSING the share of the jump that undid
    motion, CLEAR the jump over the usual changes around it; BEFORE and AFTER are the momenta (2,).
    """

    time: float
    jump: float
    sharp: float
    opposing: float
    clear: float
    index: int
    before: Floats
    after: Floats


def impacts(series: Series) -> list[Jump]:
    """The impacts of one thing in one shot, in time order, none closer than SHORTEST_GAP_S."""
    found = [jump for jump in jumps(series) if jump.opposing > _OPPOSING and jump.sharp > _SHARP]
    chosen = [jump for jump in found if jump.clear > _STANDS_OUT and jump.jump > _FAINTEST_ALONE]
    for jump in found:
        if not any(jump is other for other in chosen) and jump.clear > _FOLLOWS and _follows(jump, chosen):
            chosen.append(jump)
    return sorted(chosen, key=lambda jump: jump.time)


def prominent(found: Sequence[tuple[Jump, T]]) -> list[tuple[Jump, T]]:
    """Of jumps and whose they are, those that no greater jump close by outdoes, in time order."""
    everyone = [jump for jump, _ in found]
    kept = [(jump, whose) for jump, whose in found if not _overshadowed(jump, everyone)]
    return sorted(kept, key=lambda pair: pair[0].time)


def jumps(series: Series) -> list[Jump]:
    """Every place where momentum changes faster than around it, in time order."""
    n, lag = len(series.middle), series.lag
    if n < 4 * lag:
        return []
    step = float(np.median(series.span)) / lag
    signature = signatures(series.momentum, max(3, round(_SIGNATURE_S / step)))
    at = {shift: seen_as(series.momentum, signature, shift * lag) for shift in (-3, -1, 0, 1, 3)}
    delta, earlier, later = at[1] - at[-1], at[-1] - at[-3], at[3] - at[1]
    before, after, now = at[-1], at[1], at[0]
    size = np.linalg.norm(delta, axis=1) + 1e-12
    way = delta / size[:, None]
    smooth = np.maximum((earlier * way).sum(1), (later * way).sum(1))
    excess = size - np.maximum(smooth, 0)
    opposing = -(before * way).sum(1) / size
    fraction = -((now - after) * way).sum(1) / size
    sharp = excess / _recent_peak(np.linalg.norm(now, axis=1), max(1, round(_RECENT_S / step)))
    clear = excess / _usual(size, max(3, round(_NEIGHBOURHOOD_S / step)))
    time = series.middle + (np.clip(fraction, -0.5, 1.5) - 0.5) * series.span + _EXPOSURE * step
    single = np.pad(series.one, (lag, 0))[:n] & series.one
    moving = np.linalg.norm(now, axis=1) > 0
    single &= np.pad(moving, (2 * lag, 0))[:n] | np.pad(moving, (lag, 0))[:n] & (np.arange(n) < 2 * lag)
    possible = (
        single
        & (excess > _FAINTEST)
        & (fraction > -0.4)
        & (fraction < 1.4)
        & (opposing > 0.45)
        & (sharp > 0.3)
    )
    found: list[Jump] = []
    for i in np.argsort(-excess):
        if possible[i] and all(abs(time[i] - other.time) > SHORTEST_GAP_S for other in found):
            time_, jump_, sharp_, opposing_, clear_ = (
                float(values[i]) for values in (time, excess, sharp, opposing, clear)
            )
            found.append(Jump(time_, jump_, sharp_, opposing_, clear_, int(i), before[i], after[i]))
    return sorted(found, key=lambda jump: jump.time)


def signatures(momentum: Floats, reach: int) -> Floats:
    """What the moving thing looks like around each pair: a unit vector over light levels, (n, levels).

    The main axis of the momenta within REACH. The way of motion, and its reversal, leave it unchanged; what
    the thing hides and uncovers varies and averages out.
    """
    spans = np.concatenate(
        [[np.zeros((momentum.shape[2],) * 2)], np.einsum("nvl,nvm->nlm", momentum, momentum).cumsum(0)]
    )
    index = np.arange(len(momentum))
    near = spans[np.minimum(index + reach + 1, len(momentum))] - spans[np.maximum(index - reach, 0)]
    axes = np.linalg.eigh(near)[1][:, :, -1]
    turned = np.cumprod(np.where((axes[1:] * axes[:-1]).sum(1) < 0, -1.0, 1.0))
    axes[1:] *= turned[:, None]
    return np.asarray(axes)


def seen_as(momentum: Floats, signature: Floats, shift: int) -> Floats:
    """The momenta (n, 2) SHIFT pairs on, of what has the SIGNATURE of each pair; edges repeat."""
    index = np.clip(np.arange(len(momentum)) + shift, 0, len(momentum) - 1)
    return np.asarray(np.einsum("nvl,nl->nv", momentum[index], signature))


def _recent_peak(size: Floats, reach: int) -> Floats:
    """The greatest of SIZE at each place and up to REACH before it."""
    padded = np.pad(size, (reach, 0), mode="edge")
    return np.asarray(np.lib.stride_tricks.sliding_window_view(padded, reach + 1).max(axis=1) + 1e-12)


def _usual(size: Floats, reach: int) -> Floats:
    """The median of SIZE within REACH of each place."""
    return np.asarray(ndimage.median_filter(size, size=2 * reach + 1, mode="nearest") + _FAINTEST_USUAL)


def _follows(jump: Jump, others: list[Jump]) -> bool:
    """Whether this ends the flight that another impact began: as fast as it left, the other way."""
    return any(
        0 < jump.time - other.time < _FLIGHT_S and _one_flight(other.after, jump.before) for other in others
    )


def _one_flight(left: Floats, arrived: Floats) -> bool:
    speed_left, speed_arrived = float(np.linalg.norm(left)), float(np.linalg.norm(arrived))
    if min(speed_left, speed_arrived) < 0.5 * max(speed_left, speed_arrived):
        return False
    return float(left @ arrived) < -0.5 * speed_left * speed_arrived


def _overshadowed(jump: Jump, others: list[Jump]) -> bool:
    """Whether a far greater jump close by makes this one its wind-up or its tail."""
    weight = jump.jump * min(1.0, jump.sharp)
    for other in others:
        apart = other.time - jump.time
        if other is not jump and abs(apart) < SHORTEST_GAP_S and other.jump > jump.jump:
            return True
        louder = other.jump * min(1.0, other.sharp)
        fade = np.exp(-max(0.0, apart - 0.6) / _SHADOW_S) if apart > 0 else np.exp(apart / _SHADOW_S)
        if 0 < apart < _BEFORE_LOUDER_S and weight < _BEFORE_LOUDER * louder * fade:
            return True
        if -_AFTER_LOUDER_S < apart < 0 and weight < _AFTER_LOUDER * louder * fade:
            return True
    return False
