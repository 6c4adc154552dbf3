"""What happens in a shot: the impacts of every moving thing, and footfalls, from pairs of pictures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from foleyd.engines.procedural.camera import Move
from foleyd.engines.procedural.contacts import camera_rows, travels, walked_rows
from foleyd.engines.procedural.feet import Figure, landing_rows
from foleyd.engines.procedural.impacts import Jump, Series, impacts, prominent, seen_as, signatures
from foleyd.engines.procedural.motion import Change, Patch
from foleyd.engines.procedural.rows import Row
from foleyd.engines.procedural.sight import CONTACT, IMPACT, Impacts
from foleyd.engines.procedural.things import Thing, things

Floats = npt.NDArray[np.float64]

_HELD = 2.2
_MIDDLING_JUMP = 0.015
_CLEAR_IMPACT = 9.0
_FAINTEST_THING, _FAINTEST_BODY = 0.00005, 0.0003
_COHERENT, _LOOSE = 0.14, 0.08
_SPREAD = 0.25
_TRAVELS = 0.03
_GOES = 0.75


@dataclass(frozen=True, slots=True)
class Pair:
    """A frame of the instant TIME against the one SPAN seconds and LAG frames before.

    CHANGE is what moved, MOVE the camera's way to the earlier one, WIDTH that of the small picture and
    TALL its height in widths. RETURNED: after a loss, the picture from before it is back.
    """

    time: float
    span: float
    lag: int
    change: Change
    move: Move
    width: int
    tall: float
    returned: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One impact or footfall, in the terms of :class:`~foleyd.engines.procedural.sight.Impacts`."""

    time: float
    strength: float
    pan: float
    size: float
    speed: float
    kind: int


def events(shot: Sequence[Pair]) -> list[Event]:
    """The events of one SHOT (pairs in order, none lost); a row of footfalls explains the jumps within it."""
    pairs = _with_stillness(shot)
    middle = np.array([pair.time - pair.span / 2 for pair in pairs])
    span = np.array([pair.span for pair in pairs])
    lag = int(np.median([pair.lag for pair in pairs]))
    known = things([pair.change.patches for pair in pairs])
    jumps = prominent(
        [(jump, one) for one in known for jump in _jumps(one, middle, span, lag) if not _goes(one, jump)]
    )
    rows: list[tuple[Row, Thing | None]] = [
        (row, thing) for thing in known for row in _footfalls(thing, pairs, middle)
    ]
    steps: list[Event] = []
    for row, thing in rows or [(row, None) for row in _walked(pairs, middle, span)]:
        low, high = row.times[0] - row.step, row.times[-1] + row.step
        within = [(j, t) for j, t in jumps if low < j.time < high and (thing is None or t is thing)]
        if sum(jump.clear > _CLEAR_IMPACT for jump, _ in within) < 0.3 * len(row.times):
            steps += _contacts(row, thing, pairs, middle)
            jumps = [jump for jump in jumps if jump not in within]
    found = [_impact(jump, thing, pairs) for jump, thing in jumps] + steps
    return sorted(found, key=lambda event: event.time)


def as_impacts(found: Sequence[Event]) -> Impacts:
    """Events as the arrays of a Sight."""
    columns = {
        name: np.array([getattr(event, name) for event in found], np.float64)
        for name in ("time", "strength", "pan", "size", "speed")
    }
    return Impacts(**columns, kind=np.array([event.kind for event in found], np.int8))


def speed(patch: Patch | None, span: float) -> float:
    """Picture widths a second of a PATCH that took SPAN seconds; rather too fast for slow things."""
    if patch is None or patch.mass <= 0 or span <= 0:
        return 0.0
    return 2 * float(np.linalg.norm(patch.momentum)) / patch.mass / span


def _with_stillness(shot: Sequence[Pair]) -> list[Pair]:
    """SHOT with a pair of no motion before each frame that came long after the one before (a held frame)."""
    usual = float(np.median([pair.span for pair in shot]))
    filled: list[Pair] = []
    for pair in shot:
        if pair.span > _HELD * usual:
            still = Change((), 0.0, False)
            filled.append(replace(pair, time=pair.time - usual, span=usual, change=still, move=Move()))
            filled.append(replace(pair, span=usual))
        else:
            filled.append(pair)
    return filled


def _jumps(thing: Thing, middle: Floats, span: Floats, lag: int) -> list[Jump]:
    first = thing.first
    momentum = _momentum(thing, span[first:])
    for index, patch in enumerate(thing.patches):
        if patch is not None:
            momentum[index] *= np.clip(1.6 - 1.6 * patch.imbalance, 0, 1)
    one = np.array([_is_one_thing(patch) for patch in thing.patches])
    found = impacts(Series(middle[first:], span[first:], momentum, one, lag))
    return [replace(jump, index=jump.index + first) for jump in found]


def _goes(thing: Thing, jump: Jump) -> bool:
    """Whether THING came into sight or went out of it at JUMP, and did not strike.

    What strikes is still there: light leaves one place for another. What leaves the picture, or comes from
    behind something, takes its light along.
    """
    at = jump.index - thing.first
    around = [patch for patch in thing.patches[max(0, at - 2) : at + 6] if patch is not None]
    most = max(patch.mass for patch in around)
    net = np.sum([patch.net for patch in around], axis=0)
    return float(np.linalg.norm(net)) > _GOES * most


def _momentum(thing: Thing, span: Floats) -> Floats:
    """Its momentum a second in each pair, (n, 2, light levels); 0 while it rests."""
    levels = next(patch.momentum.shape[1] for patch in thing.patches if patch is not None)
    still = np.zeros((2, levels))
    return np.array(
        [still if p is None else p.momentum / s for p, s in zip(thing.patches, span, strict=True)]
    )


def _is_one_thing(patch: Patch | None) -> bool:
    """Whether something compact moves as one, rather than water, leaves, grain or the whole picture."""
    if patch is None:
        return False
    return patch.energy > _FAINTEST_THING and patch.coherence > _COHERENT and patch.spread < _SPREAD


def _is_body(patch: Patch | None) -> bool:
    """Whether it is plain, compact and no mere shimmer; crossing limbs move less as one than a thing does."""
    if patch is None:
        return False
    return patch.energy > _FAINTEST_BODY and patch.coherence > _LOOSE and patch.spread < _SPREAD


def _footfalls(thing: Thing, pairs: Sequence[Pair], middle: Floats) -> list[Row]:
    """Rows of footfalls of somebody in the picture."""
    energy = np.array([patch.energy if patch is not None else 0.0 for patch in thing.patches])
    body = np.array([_is_body(patch) for patch in thing.patches])
    times = middle[thing.first :]
    rows = [row for row in landing_rows(_figure(thing, pairs, middle)) if travels(row, times, energy)]
    rows = rows or walked_rows(times, energy, _downward(thing, pairs[thing.first :]))
    return [row for row in rows if body[(times >= row.times[0]) & (times <= row.times[-1])].mean() > 0.5]


def _figure(thing: Thing, pairs: Sequence[Pair], middle: Floats) -> Figure:
    own = pairs[thing.first :]
    boxes = np.array([(np.nan,) * 4 if patch is None else patch.box for patch in thing.patches])
    return Figure(
        middle=middle[thing.first :],
        x=np.array([np.nan if patch is None else patch.x for patch in thing.patches]),
        top=boxes[:, 1],
        bottom=boxes[:, 3],
        camera=np.array([pair.move.dx / pair.width / pair.span for pair in own]),
        undersides=[pair.change.underside for pair in own],
        width=pairs[0].width,
    )


def _downward(thing: Thing, pairs: Sequence[Pair]) -> Floats | None:
    """The thing's momentum downward a second, in its own unit; None unless it travels.

    Light momentum alone does not tell a bright thing that moves up from a dark one that moves down; where the
    thing is seen to go does.
    """
    moved = [(pair, patch) for pair, patch in zip(pairs, thing.patches, strict=True) if patch is not None]
    if len(moved) < 8:
        return None
    times = np.array([pair.time for pair, _ in moved])
    way = float(np.polyfit(times, [patch.x for _, patch in moved], 1)[0])
    way += float(np.median([pair.move.dx / pair.width / pair.span for pair, _ in moved]))
    if abs(way) < _TRAVELS:
        return None
    momentum = _momentum(thing, np.array([pair.span for pair in pairs]))
    across, down = seen_as(momentum, signatures(momentum, len(momentum)), 0).T
    return np.asarray(down * np.sign(way * np.median(across)))


def _walked(pairs: Sequence[Pair], middle: Floats, span: Floats) -> list[Row]:
    """Rows of footfalls that the camera itself makes."""
    down = np.array([-pair.move.dy / pair.width for pair in pairs]) / span
    forward = np.array([-pair.move.grow for pair in pairs]) / span
    return camera_rows(middle, down, forward)


def _impact(jump: Jump, thing: Thing, pairs: Sequence[Pair]) -> Event:
    before = thing.patches[max(0, jump.index - thing.first - pairs[jump.index].lag)]
    patch = thing.patches[jump.index - thing.first] or before
    strength = 1 / (1 + (_MIDDLING_JUMP / jump.jump) ** 0.7)
    pan, size = (2 * patch.x - 1, patch.size) if patch is not None else (0.0, 0.0)
    return Event(jump.time, strength, pan, size, speed(before, pairs[jump.index].span), IMPACT)


def _contacts(row: Row, thing: Thing | None, pairs: Sequence[Pair], middle: Floats) -> list[Event]:
    found = []
    for time, depth in zip(row.times, row.depth, strict=True):
        index = int(np.argmin(np.abs(middle - time)))
        patch = thing.patches[index - thing.first] if thing is not None else None
        strength = float(np.clip(0.35 + 0.25 * depth, 0.3, 0.7))
        pan, size = (2 * patch.x - 1, patch.size) if patch is not None else (0.0, 0.0)
        found.append(Event(float(time), strength, pan, size, speed(patch, pairs[index].span), CONTACT))
    return found
