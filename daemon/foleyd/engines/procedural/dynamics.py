"""Dynamics of the mix: a limiter for everything, and a hold on beds that lie under spot effects.

Both stream hop by hop and keep their state, so that nothing depends on where hops fall.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.ndimage import minimum_filter1d, uniform_filter1d

from foleyd.engines.procedural import dsp
from foleyd.engines.procedural.sounds.family import RATE, Samples

CEILING = dsp.from_db(-3.0)
"""No sample of a mix is larger than this."""

LOOK_AHEAD = 240
"""Samples (5 ms) by which the limiter's gain moves before a peak."""

_BLOCK = 48
_WINDOW = 2
_LATE = (2 + _WINDOW // 2) * _BLOCK
_OVER = 10.0 ** (3.0 / 10.0)
_FORGETS = 0.3
_QUIETEST = 1e-9
_FROM_HZ = 300.0


class Limiter:
    """A stereo-linked look-ahead limiter: gain falls over 5 ms before a peak and recovers over 5 ms.

    Every hop given comes back, the first one shorter by the look-ahead; one hop of silence at the
    end brings the rest. Where nothing exceeds CEILING nothing is changed.
    """

    def __init__(self) -> None:
        self._tail = np.zeros((2, 2 * LOOK_AHEAD), dtype=np.float32)

    def __call__(self, x: Samples) -> Samples:
        """The next samples, (2, about n)."""
        joined = np.concatenate((self._tail, x), axis=1)
        self._tail = joined[:, -4 * LOOK_AHEAD :]
        ready = slice(2 * LOOK_AHEAD, joined.shape[1] - 2 * LOOK_AHEAD)
        peaks = np.abs(joined).max(axis=0)
        if peaks.max() <= CEILING:
            return joined[:, ready]
        wanted = CEILING / np.maximum(peaks, CEILING)
        lowest = minimum_filter1d(wanted, 2 * LOOK_AHEAD + 1, mode="nearest")
        gain = uniform_filter1d(lowest.astype(np.float64), 2 * LOOK_AHEAD + 1, mode="nearest")
        return np.asarray(joined[:, ready] * gain[ready], dtype=np.float32)


def held(bed: Iterator[Samples]) -> Iterator[Samples]:
    """BED, hops of (2, n), from its second on, its bursts held to 3 dB over what it has been of late.

    A crackle, a drop or a bubble of a bed under spot effects would be taken for one of them. Power above
    300 Hz over 2 ms is compared with its mean over the last 0.3 s (of what was let through), so that a
    single tick keeps its edge. Slower swells pass, and so does a bed without bursts, unchanged.
    """
    high = dsp.Filter(dsp.butter("highpass", _FROM_HZ, order=1))
    first = next(bed)
    last, power = first[:, -_LATE:], _block_power(high(first))
    mean = max(float(power.mean()), _QUIETEST)
    gains: dsp.Array = np.ones(3)
    for hop in bed:
        power = np.concatenate((power[1 - _WINDOW :], _block_power(high(hop))))
        wanted, mean = _held_gains(sliding_window_view(power, _WINDOW).mean(axis=1), mean)
        gains = np.concatenate((gains[-3:], wanted))
        edges = np.minimum(gains[:-1], gains[1:])
        line = np.interp(np.arange(hop.shape[1]), np.arange(len(edges)) * _BLOCK, edges)
        yield dsp.mono32(np.concatenate((last, hop[:, :-_LATE]), axis=1) * line)
        last = hop[:, -_LATE:]


def _block_power(x: dsp.Array) -> dsp.Array:
    """Power of X, (2, n), in each millisecond."""
    return np.asarray((x**2).mean(axis=0).reshape(-1, _BLOCK).mean(axis=1))


def _held_gains(power: dsp.Array, mean: float) -> tuple[dsp.Array, float]:
    """The gain for each millisecond of this POWER after a MEAN, and the mean after them."""
    keep = float(np.exp(-_BLOCK / RATE / _FORGETS))
    gains = np.ones(len(power))
    for index, now in enumerate(power.tolist()):
        most = _OVER * mean
        if now > most:
            gains[index] = (most / now) ** 0.5
        mean = max(keep * mean + (1.0 - keep) * min(now, most), _QUIETEST)
    return gains, mean
