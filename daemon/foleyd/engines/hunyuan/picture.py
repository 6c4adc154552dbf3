"""A window's picture on its way in: frames at full size become small pictures as they go by.

One pass feeds both clocks of the model. Every frame that a clock shows is made small once per encoder, in a
few threads; no more than a few are held at full size.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import groupby
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

from foleyd.engines.engine import EngineError, Frame, Window
from foleyd.engines.hunyuan.action import Action, Thumb, thumb
from foleyd.engines.hunyuan.frame_clock import (
    LONGEST_S,
    SIGHT_RATE,
    SYNC_RATE,
    FrameClock,
    sight_ticks,
    ticks_to_cover,
)
from foleyd.engines.hunyuan.options import Crop
from foleyd.engines.hunyuan.preprocess import (
    SYNC_SIZE,
    Rgb,
    centre,
    cropped,
    sight_picture,
    sync_letterboxed,
    sync_picture,
)

HELD_S = Fraction(1, SIGHT_RATE)
"""A frame on display for longer is being held (a still, black, a freeze), not just filmed slowly."""

_MOSTLY = 0.5
_THREADS = 8


@dataclass(frozen=True, slots=True)
class SmallPictures:
    """A window's picture as the encoders take it: distinct pictures, and the one that each tick shows.

    SIGHT is uint8 (m, 512, 512, 3) with SIGHT_INDEX int64 (V,) at 8 a second; SYNC uint8 (n, 3, 224, 224)
    with SYNC_INDEX int64 (T,) at 25 a second. T is enough for the sound to be as long as the window, and at
    least 16. OUTSIDE is the share of the movement that SYNC does not show, 0 to 1. WARNINGS are for the
    editor.
    """

    sight: Tensor
    sight_index: Tensor
    sync: Tensor
    sync_index: Tensor
    outside: float
    warnings: tuple[str, ...] = ()


def small_pictures(
    frames: Iterable[Frame],
    window: Window,
    *,
    crop: Crop = "centre",
    limit: float = LONGEST_S,
    threads: int = 0,
) -> SmallPictures:
    """FRAMES of WINDOW as the model samples them: model-spec.md 2, and on past their end.

    The last frame is held until the window is covered. A frame that stays for longer than :data:`HELD_S`
    counts as shown anew until one 25th before the next comes, as in a rendered file: by the rule for files
    alone its ticks would show the picture that *follows*, for a tick takes the first frame not before it.

    Frames are read only as far as they are needed; those later than LIMIT seconds are ignored. THREADS 0
    takes one for each processor, at most 8. Raises EngineError when there is no frame.
    """
    sync_ticks = ticks_to_cover(window.duration)
    workers = threads or min(_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(workers, "shrink") as pool:
        queue = _Queue(pool, 2 * workers)
        sight = _Ticks(FrameClock(SIGHT_RATE, limit), sight_ticks(sync_ticks), queue, sight_picture)
        sync = _Ticks(FrameClock(SYNC_RATE, limit), sync_ticks, queue, _SYNC[crop])
        last: Frame | None = None
        for time, frame in _as_rendered(frames):
            last = frame
            sight.offer(time, frame)
            sync.offer(time, frame)
            if sight.full and sync.full:
                break
        if last is None:
            raise EngineError("the window has no picture: there is no frame to look at")
        sight.hold(last)
        sync.hold(last)
        sync_pictures, outside = _framed([made.result() for made in sync.made], crop)
        return SmallPictures(
            torch.stack([made.result() for made in sight.made]),
            torch.tensor(sight.index),
            torch.stack(sync_pictures),
            torch.tensor(sync.index),
            outside,
            _warnings(outside, crop),
        )


def _as_rendered(frames: Iterable[Frame]) -> Iterator[tuple[Fraction, Frame]]:
    """FRAMES with their times; one that is held comes again just before the next one."""
    held: Frame | None = None
    for frame in frames:
        if held is not None and frame.time - held.time > HELD_S:
            yield frame.time - Fraction(1, SYNC_RATE), held
        yield frame.time, frame
        held = frame


T = TypeVar("T")


class _Queue:
    """Work for a pool, never more than MOST pieces waiting: each holds a frame at full size."""

    def __init__(self, pool: ThreadPoolExecutor, most: int) -> None:
        self._pool = pool
        self._most = most
        self._waiting: deque[Future[Any]] = deque()

    def submit(self, make: Callable[[Rgb], T], rgb: Rgb) -> Future[T]:
        while len(self._waiting) >= self._most:
            self._waiting.popleft().result()
        future = self._pool.submit(make, rgb)
        self._waiting.append(future)
        return future


class _Ticks(Generic[T]):
    """One clock's ticks, WANTED in all, and what MAKE made of the distinct frames that they show."""

    def __init__(self, clock: FrameClock, wanted: int, queue: _Queue, make: Callable[[Rgb], T]) -> None:
        self._clock = clock
        self._wanted = wanted
        self._queue = queue
        self._make = make
        self._shown: Frame | None = None
        self.made: list[Future[T]] = []
        self.index: list[int] = []

    @property
    def full(self) -> bool:
        return len(self.index) == self._wanted

    def offer(self, time: Fraction, frame: Frame) -> None:
        self._show(frame, min(self._clock.offer(time), self._wanted - len(self.index)))

    def hold(self, frame: Frame) -> None:
        """Shows FRAME on all ticks that are left."""
        self._show(frame, self._wanted - len(self.index))

    def _show(self, frame: Frame, ticks: int) -> None:
        if ticks <= 0:
            return
        if frame is not self._shown:
            self._shown = frame
            self.made.append(self._queue.submit(self._make, frame.rgb))
        self.index += [len(self.made) - 1] * ticks


@dataclass(frozen=True, slots=True)
class _Seen:
    """A picture for the sync encoder, still whole where the crop follows the action. SIZE: of the whole."""

    picture: Tensor
    size: tuple[int, int] = (SYNC_SIZE, SYNC_SIZE)
    thumb: Thumb | None = None


def _seen_whole(rgb: Rgb) -> _Seen:
    picture = sync_picture(rgb)
    return _Seen(picture, (picture.shape[1], picture.shape[2]), thumb(picture))


def _seen_centre(rgb: Rgb) -> _Seen:
    whole = _seen_whole(rgb)
    return _Seen(cropped(whole.picture, *centre(*whole.size)).clone(), whole.size, whole.thumb)


def _seen_boxed(rgb: Rgb) -> _Seen:
    return _Seen(sync_letterboxed(rgb))


_SYNC: Mapping[Crop, Callable[[Rgb], _Seen]] = {
    "centre": _seen_centre,
    "motion": _seen_whole,
    "letterbox": _seen_boxed,
}


def _framed(seen: Sequence[_Seen], crop: Crop) -> tuple[list[Tensor], float]:
    """The squares that the sync encoder sees, and the share of the movement that is outside them.

    The square stands still for as long as the size of the pictures does not change: one that moved would
    itself look like movement.
    """
    if crop == "letterbox":
        return [one.picture for one in seen], 0.0
    squares: list[Tensor] = []
    total = inside = 0.0
    for size, group in groupby(seen, key=lambda one: one.size):
        shot = list(group)
        action = Action(size, [one.thumb for one in shot if one.thumb is not None])
        square = action.square() if crop == "motion" else centre(*size)
        total += action.total
        inside += action.inside(*square)
        squares += [cropped(one.picture, *square) if crop == "motion" else one.picture for one in shot]
    return squares, 1 - inside / total if total else 0.0


def _warnings(outside: float, crop: Crop) -> tuple[str, ...]:
    if outside <= _MOSTLY:
        return ()
    follow = "sync_crop=motion follows the action and " if crop == "centre" else ""
    square = "the middle square" if crop == "centre" else "the best square"
    return (
        f"{outside:.0%} of the movement is outside {square} of the picture, which is all that the model "
        f"times sound by; {follow}sync_crop=letterbox shows it the whole picture, smaller",
    )
