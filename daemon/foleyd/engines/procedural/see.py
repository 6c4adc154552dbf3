"""How the procedural engine sees: frames in, a :class:`Sight` out, in one pass with flat memory.

Every frame is shrunk at once; a few small pictures are held at a time. What is kept of a pair of frames is
some 500 bytes. Once the frames are over, each shot's series is searched for impacts and footfalls.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from foleyd.engines.engine import Frame
from foleyd.engines.procedural.camera import Move, camera_move
from foleyd.engines.procedural.contacts import Row, camera_rows, energy_rows
from foleyd.engines.procedural.impacts import Jump, Series, impacts
from foleyd.engines.procedural.motion import Change, change
from foleyd.engines.procedural.picture import Plane, Small, shrunk, smoothed
from foleyd.engines.procedural.sight import CONTACT, IMPACT, Impacts, Sight

Floats = npt.NDArray[np.float64]

_PAIR_S = 0.025
_MEMORY = 8
_NOISE_LEARNING = 0.1
_FLASH_S = 0.12
_HELD = 2.2
_BUSY_ENERGY = 0.005
_MIDDLING_JUMP = 0.015
_CLEAR_IMPACT = 3.0
_FAINTEST_THING, _FAINTEST_BODY = 0.00005, 0.0003
_COHERENT = 0.14
_SPREAD = 0.25


@dataclass(frozen=True, slots=True)
class _Picture:
    time: float
    small: Small
    luma: Plane


@dataclass(frozen=True, slots=True)
class _Pair:
    """A frame at TIME against the one SPAN seconds and LAG frames before; MOVE leads to the earlier one."""

    time: float
    span: float
    lag: int
    change: Change
    move: Move
    shape: tuple[int, int]


@dataclass(frozen=True, slots=True)
class _Event:
    time: float
    strength: float
    pan: float
    size: float
    speed: float
    kind: int


def look(frames: Iterable[Frame], duration: Fraction) -> Sight:
    """What is to be seen in FRAMES, which last DURATION seconds from time 0.

    Frames come in time order, of any size, each once, with the time of its first display. No frames: nothing
    seen.
    """
    times: list[float] = []
    brightness: list[float] = []
    pairs: list[_Pair] = []
    for pair, picture in _paired(_pictures(frames)):
        times.append(picture.time)
        brightness.append(float(picture.luma.mean()))
        pairs.append(pair)
    if not times:
        return Sight.blank(float(duration))
    cuts = _cuts(pairs)
    events = [event for shot in _shots(pairs) for event in _events(shot)]
    return Sight(
        duration=float(duration),
        frame_times=np.array(times),
        brightness=np.array(brightness),
        cuts=np.array(cuts),
        impacts=_impacts(sorted(events, key=lambda event: event.time)),
        **_per_frame(pairs),
    )


def _pictures(frames: Iterable[Frame]) -> Iterator[_Picture]:
    for frame in frames:
        small = smoothed(shrunk(frame.rgb))
        yield _Picture(float(frame.time), small, small.mean(axis=2))


def _paired(pictures: Iterable[_Picture]) -> Iterator[tuple[_Pair, _Picture]]:
    """Each picture with its pair; the first one's, and any across a change of size, is lost."""
    recent: deque[_Picture] = deque(maxlen=_MEMORY)
    move, noise = Move(), 0.0
    for here in pictures:
        there, lag = _partner(recent, here)
        if there is None:
            recent.clear()
            pair = _Pair(here.time, 0.0, 1, Change.none(lost=True), Move(), here.luma.shape[:2])
            move, noise = Move(), 0.0
        else:
            move = camera_move(here.luma, there.luma, move, max(noise, 0.002))
            seen = change(here.small, there.small, move, noise)
            noise += _NOISE_LEARNING * (seen.noise - noise)
            pair = _Pair(here.time, here.time - there.time, lag, seen, move, here.luma.shape[:2])
        recent.append(here)
        yield pair, here


def _partner(recent: deque[_Picture], here: _Picture) -> tuple[_Picture | None, int]:
    """The latest earlier picture at least 25 ms away (or the oldest there is), and how many frames back."""
    if not recent or recent[-1].small.shape != here.small.shape:
        return None, 1
    for back in range(1, len(recent) + 1):
        if here.time - recent[-back].time >= _PAIR_S:
            return recent[-back], back
    return recent[0], len(recent)


def _cuts(pairs: list[_Pair]) -> list[float]:
    """Times of the first frames of new shots; a flash, which comes back to the same picture, is none."""
    starts = [pair.time for former, pair in pairwise(pairs) if pair.change.lost and not former.change.lost]
    close = {t for a, b in pairwise(starts) if b - a < _FLASH_S for t in (a, b)}
    return [time for time in starts if time not in close]


def _shots(pairs: list[_Pair]) -> list[list[_Pair]]:
    """Runs of comparable pairs, in order."""
    shots: list[list[_Pair]] = [[]]
    for pair in pairs:
        if pair.change.lost:
            shots.append([])
        else:
            shots[-1].append(pair)
    return [shot for shot in shots if len(shot) > 3]


def _events(shot: list[_Pair]) -> list[_Event]:
    """Impacts and footfalls of one shot; a row of footfalls explains the weaker jumps within it."""
    shot = _with_stillness(shot)
    middle = np.array([pair.time - pair.span / 2 for pair in shot])
    span = np.array([pair.span for pair in shot])
    jumps = impacts(_series(shot, middle, span))
    steps: list[Row] = []
    for row in _seen_walking(shot, middle) or _walked(shot, middle, span):
        within = [jump for jump in jumps if row.times[0] - row.step < jump.time < row.times[-1] + row.step]
        clear = [jump for jump in within if jump.clear > _CLEAR_IMPACT]
        if len(clear) < 0.5 * len(row.times):
            steps.append(row)
            jumps = [jump for jump in jumps if jump not in within]
    return [_impact(jump, shot) for jump in jumps] + [
        _contact(float(time), float(depth), shot, middle)
        for row in steps
        for time, depth in zip(row.times, row.depth, strict=True)
    ]


def _series(shot: list[_Pair], middle: Floats, span: Floats) -> Series:
    imbalance = np.array([pair.change.imbalance for pair in shot])
    trust = np.clip(1.6 - 1.6 * imbalance, 0, 1)
    momentum = np.array([pair.change.momentum for pair in shot], np.float64) * (trust / span)[:, None]
    one = np.array([_is_one_thing(pair.change, _FAINTEST_THING) for pair in shot])
    return Series(middle, span, momentum, one, int(np.median([pair.lag for pair in shot])))


def _is_one_thing(seen: Change, faintest: float) -> bool:
    """Whether something compact moves as one, rather than water, leaves, grain or the whole picture."""
    return seen.energy > faintest and seen.coherence > _COHERENT and seen.spread < _SPREAD


def _seen_walking(shot: list[_Pair], middle: Floats) -> list[Row]:
    """Rows of footfalls of somebody in the picture."""
    rows = energy_rows(middle, np.array([pair.change.energy for pair in shot]))
    body = np.array([_is_one_thing(pair.change, _FAINTEST_BODY) for pair in shot])
    return [row for row in rows if float(body[_between(middle, row)].mean()) > 0.5]


def _between(middle: Floats, row: Row) -> npt.NDArray[np.bool_]:
    return np.asarray((middle >= row.times[0]) & (middle <= row.times[-1]))


def _with_stillness(shot: list[_Pair]) -> list[_Pair]:
    """SHOT with a pair of no motion before each frame that came long after the one before (a held frame)."""
    usual = float(np.median([pair.span for pair in shot]))
    filled: list[_Pair] = []
    for pair in shot:
        if pair.span > _HELD * usual:
            filled.append(_Pair(pair.time - usual, usual, pair.lag, Change.none(), Move(), pair.shape))
            filled.append(_Pair(pair.time, usual, pair.lag, pair.change, pair.move, pair.shape))
        else:
            filled.append(pair)
    return filled


def _walked(shot: list[_Pair], middle: Floats, span: Floats) -> list[Row]:
    """Rows of footfalls that the camera itself makes."""
    down = np.array([-pair.move.dy / pair.shape[1] for pair in shot]) / span
    forward = np.array([-pair.move.grow for pair in shot]) / span
    return camera_rows(middle, down, forward)


def _impact(jump: Jump, shot: list[_Pair]) -> _Event:
    before = shot[max(0, jump.index - shot[jump.index].lag)]
    at = shot[jump.index] if shot[jump.index].change.energy > before.change.energy else before
    strength = 1 / (1 + (_MIDDLING_JUMP / jump.jump) ** 0.7)
    return _Event(jump.time, strength, 2 * at.change.x - 1, at.change.size, _speed(before), IMPACT)


def _contact(time: float, depth: float, shot: list[_Pair], middle: Floats) -> _Event:
    at = shot[int(np.argmin(np.abs(middle - time)))]
    strength = float(np.clip(0.35 + 0.25 * depth, 0.3, 0.7))
    return _Event(time, strength, 2 * at.change.x - 1, at.change.size, _speed(at), CONTACT)


def _impacts(events: list[_Event]) -> Impacts:
    columns = {
        name: np.array([getattr(event, name) for event in events], np.float64)
        for name in ("time", "strength", "pan", "size", "speed")
    }
    return Impacts(**columns, kind=np.array([event.kind for event in events], np.int8))


def _speed(pair: _Pair) -> float:
    """Picture widths a second of what moves in PAIR."""
    seen = pair.change
    if seen.mass <= 0 or pair.span <= 0:
        return 0.0
    return 2 * float(np.linalg.norm(seen.momentum)) / seen.mass / pair.span


def _per_frame(pairs: list[_Pair]) -> dict[str, Floats]:
    """The arrays of a Sight that tell of motion."""
    rate = np.array([1 / pair.span if pair.span > 0 else 0.0 for pair in pairs])
    energy = np.array([pair.change.energy for pair in pairs]) * rate / 30
    camera = np.array([pair.move.typical(pair.shape) / pair.shape[1] for pair in pairs]) * rate
    lost = np.array([pair.change.lost for pair in pairs])
    return {
        "motion": energy / (energy + _BUSY_ENERGY),
        "motion_x": np.array([2 * pair.change.x - 1 for pair in pairs]),
        "motion_size": np.array([pair.change.size for pair in pairs]),
        "motion_speed": np.array([_speed(pair) for pair in pairs]),
        "camera": np.where(lost, 0.0, camera),
    }
