"""How the procedural engine sees: frames in, a :class:`Sight` out, in one pass with flat memory.

Every frame is shrunk at once; a few small pictures are held at a time. What is kept of a pair of frames is
a kilobyte or less. Once the frames are over, each shot is searched for impacts and footfalls.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from math import inf

import numpy as np
import numpy.typing as npt

from foleyd.engines.engine import Frame
from foleyd.engines.procedural.camera import Move, camera_move
from foleyd.engines.procedural.events import Pair, as_impacts, events, speed
from foleyd.engines.procedural.motion import Change, change
from foleyd.engines.procedural.picture import Plane, Small, luma, shrunk, smoothed
from foleyd.engines.procedural.sight import Sight

Floats = npt.NDArray[np.float64]

_PAIR_S = 0.025
_MEMORY = 8
_NOISE_LEARNING = 0.1
_FLASH_S = 0.12
_BUSY_ENERGY = 0.005
_SHORTEST_SHOT = 4


@dataclass(frozen=True, slots=True)
class Picture:
    """A small picture (h, w, 3) and its luma (h, w), first displayed at TIME, of what is at INSTANT (s)."""

    time: float
    instant: float
    small: Small
    luma: Plane


def look(frames: Iterable[Frame], duration: Fraction) -> Sight:
    """What is to be seen in FRAMES, which last DURATION seconds from time 0.

    Frames come in time order, of any size, each once, with the time of its first display. No frames: nothing
    seen.
    """
    times: list[float] = []
    brightness: list[float] = []
    pairs: list[Pair] = []
    for pair, picture in paired(pictures(frames)):
        times.append(picture.time)
        brightness.append(float(picture.luma.mean()))
        pairs.append(pair)
    if not times:
        return Sight.blank(float(duration))
    return Sight(
        duration=float(duration),
        frame_times=np.array(times),
        brightness=np.array(brightness),
        cuts=np.array(_cuts(pairs, times)),
        impacts=as_impacts([event for shot in shots(pairs) for event in events(shot)]),
        **_per_frame(pairs),
    )


def pictures(frames: Iterable[Frame]) -> Iterator[Picture]:
    """FRAMES made small, one at a time, their instants in order."""
    last = -inf
    for frame in frames:
        small = smoothed(shrunk(frame.rgb))
        instant = frame.time if frame.instant is None else frame.instant
        # A shot may begin with a picture that it would have shown long before, in slow motion.
        last = float(instant) if instant > last else float(frame.time)
        yield Picture(float(frame.time), last, small, luma(small))


def paired(small: Iterable[Picture]) -> Iterator[tuple[Pair, Picture]]:
    """Each picture with its pair; the first one's, and any across a change of size, is lost."""
    recent: deque[Picture] = deque(maxlen=_MEMORY)
    move, noise = Move(), 0.0
    before: Picture | None = None
    for here in small:
        there, lag = _partner(recent, here)
        rows, columns = here.luma.shape
        if there is None:
            recent.clear()
            move, noise = Move(), 0.0
            pair = Pair(here.instant, 0.0, 1, Change((), 0.0, True), move, columns, rows / columns)
        else:
            move = camera_move(here.luma, there.luma, move, max(noise, 0.002))
            seen = change(here.small, there.small, move, noise)
            noise += _NOISE_LEARNING * (seen.noise - noise)
            before = (before or there) if seen.lost else None
            back = before is not None and not change(here.small, before.small, Move(), noise).lost
            span = here.instant - there.instant
            pair = Pair(here.instant, span, lag, seen, move, columns, rows / columns, back)
        recent.append(here)
        yield pair, here


def shots(pairs: Iterable[Pair]) -> list[list[Pair]]:
    """Runs of comparable pairs, in order, without those too short to say anything."""
    runs: list[list[Pair]] = [[]]
    for pair in pairs:
        if pair.change.lost:
            runs.append([])
        else:
            runs[-1].append(pair)
    return [run for run in runs if len(run) >= _SHORTEST_SHOT]


def _partner(recent: deque[Picture], here: Picture) -> tuple[Picture | None, int]:
    """The latest earlier picture at least 25 ms away (or the oldest there is), and how many frames back."""
    if not recent or recent[-1].small.shape != here.small.shape:
        return None, 1
    for back in range(1, len(recent) + 1):
        if here.instant - recent[-back].instant >= _PAIR_S:
            return recent[-back], back
    return recent[0], len(recent)


def _cuts(pairs: list[Pair], times: list[float]) -> list[float]:
    """TIMES of the first frames of new shots; a flash, which comes back to the same picture, is none."""
    starts: list[float] = []
    for (former, pair), time in zip(pairwise(pairs), times[1:], strict=True):
        if pair.change.lost and not former.change.lost:
            starts.append(time)
        if starts and pair.returned and time - starts[-1] < _FLASH_S:
            starts.pop()
    close = {t for a, b in pairwise(starts) if b - a < _FLASH_S for t in (a, b)}
    return [time for time in starts if time not in close]


def _per_frame(pairs: list[Pair]) -> dict[str, Floats]:
    """The arrays of a Sight that tell of motion."""
    whole = [pair.change.whole for pair in pairs]
    rate = np.array([1 / pair.span if pair.span > 0 else 0.0 for pair in pairs])
    energy = np.array([patch.energy if patch else 0.0 for patch in whole]) * rate / 30
    camera = np.array(
        [pair.move.typical((round(pair.tall * pair.width), pair.width)) / pair.width for pair in pairs]
    )
    lost = np.array([pair.change.lost for pair in pairs])
    return {
        "motion": energy / (energy + _BUSY_ENERGY),
        "motion_x": np.array([2 * patch.x - 1 if patch else 0.0 for patch in whole]),
        "motion_size": np.array([patch.size if patch else 0.0 for patch in whole]),
        "motion_speed": np.array([speed(p, pair.span) for p, pair in zip(whole, pairs, strict=True)]),
        "camera": np.where(lost, 0.0, camera * rate),
    }
