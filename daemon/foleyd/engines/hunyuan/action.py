"""Where in the picture the action is: the sync encoder sees a square of 224 only.

Measured on the small pictures that are made anyway, along their longer side. What the whole picture does at
once (a pan, a flash, grain, a cut) says nothing about where to look and is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from torch import Tensor

from foleyd.engines.hunyuan.preprocess import SYNC_SIZE, centre

Thumb = npt.NDArray[np.uint8]
Profile = npt.NDArray[np.float64]

_STEP = 2
_GRAIN = 8
"""Levels that a pixel may change by without anything having moved."""
_CUT = 30.0
"""Levels that the median line changes by at a cut, when nothing is known of what moved."""
_STILL = 2.0
"""Below this sum of levels over a pair's lines nothing moved to speak of: a corner's worth."""


def thumb(picture: Tensor) -> Thumb:
    """What is kept of a PICTURE (3, height, width), uint8: its green at half the size."""
    return np.ascontiguousarray(picture[1, ::_STEP, ::_STEP].numpy())


class Action:
    """How much moves on each line across the longer side, over pictures of one size.

    SIZE is the pictures' height and width; THUMBS are theirs, in order.
    """

    def __init__(self, size: tuple[int, int], thumbs: Sequence[Thumb]) -> None:
        self._size = size
        self._wide = size[1] >= size[0]
        lines = thumbs[0].shape[1 if self._wide else 0]
        self._lines: Profile = np.zeros(lines)
        for before, after in pairwise(thumbs):
            self._lines += self._moved(before, after)
        still = self._lines.sum() < _STILL * max(1, len(thumbs) - 1)
        if still:
            self._lines[:] = 0

    def _moved(self, before: Thumb, after: Thumb) -> Profile:
        change = np.abs(after.astype(np.int16) - before)
        change[change < _GRAIN] = 0
        lines: Profile = change.mean(axis=0 if self._wide else 1)
        whole = float(np.median(lines))
        return np.maximum(lines - whole, 0) if whole < _CUT else np.zeros_like(lines)

    @property
    def total(self) -> float:
        """All that moved; 0 for a still."""
        return float(self._lines.sum())

    def inside(self, top: int, left: int) -> float:
        """How much of :attr:`total` is inside the square of 224 that begins at TOP, LEFT."""
        first = (left if self._wide else top) / _STEP
        return float(self._lines[round(first) : round(first + SYNC_SIZE / _STEP)].sum())

    def square(self) -> tuple[int, int]:
        """Top and left of the square of 224 that holds the most action, the nearest the middle if several."""
        middle = centre(*self._size)
        longest = max(self._size) - SYNC_SIZE
        if not self.total or longest <= 0:
            return middle
        # A hundredth of all action is worth going from the middle to the edge.
        best, at = -np.inf, max(middle)
        for offset in range(0, longest + 1, _STEP):
            found = self.inside(*self._at(offset)) / self.total
            found -= 0.01 * abs(offset - max(middle)) / longest
            if found > best:
                best, at = found, offset
        return self._at(at)

    def _at(self, offset: int) -> tuple[int, int]:
        return (0, offset) if self._wide else (offset, 0)
