"""A sound's outline for drawing: per column the extremes and the RMS of each channel."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foleyd.media.loudness import Block


@dataclass(frozen=True, slots=True)
class Waveform:
    """LOW, HIGH and RMS as factors of full scale, float32 (channels, columns), columns of equal time."""

    low: npt.NDArray[np.float32]
    high: npt.NDArray[np.float32]
    rms: npt.NDArray[np.float32]

    @property
    def columns(self) -> int:
        """How many columns."""
        return int(self.low.shape[1])

    @property
    def peak(self) -> float:
        """The largest factor of all."""
        return float(max(self.high.max(initial=0.0), -self.low.min(initial=0.0)))


def waveform(blocks: Iterable[Block], samples: int, channels: int, columns: int) -> Waveform:
    """The outline of BLOCKS, float32 (CHANNELS, n) with SAMPLES in all, read once.

    At most COLUMNS wide, and never more than a column for each sample; column c holds samples
    c x SAMPLES / COLUMNS and on.
    """
    columns = max(1, min(columns, samples))
    low = np.zeros((channels, columns), np.float32)
    high = np.zeros((channels, columns), np.float32)
    power = np.zeros((channels, columns), np.float64)
    count = np.zeros(columns, np.int64)
    position = 0
    for whole in blocks:
        block = whole[:, : samples - position]
        if block.shape[1] == 0:
            continue
        where = np.arange(position, position + block.shape[1]) * columns // samples
        present, first = np.unique(where, return_index=True)
        low[:, present] = np.minimum(low[:, present], np.minimum.reduceat(block, first, axis=1))
        high[:, present] = np.maximum(high[:, present], np.maximum.reduceat(block, first, axis=1))
        power[:, present] += np.add.reduceat(np.square(block, dtype=np.float64), first, axis=1)
        count[present] += np.diff(np.append(first, block.shape[1]))
        position += block.shape[1]
    return Waveform(low, high, np.sqrt(power / np.maximum(count, 1)).astype(np.float32))
