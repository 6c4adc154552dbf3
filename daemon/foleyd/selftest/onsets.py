"""Onsets in a sound, and how they meet moments that are known."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

STEP_S = 0.01
"""How finely onsets are told, seconds."""


def onsets(samples: npt.NDArray[np.float32], sample_rate: int = 48_000) -> list[float]:
    """Onset times in seconds of SAMPLES (channels, n), to 10 ms.

    A 10 ms step that rises more than 9 dB over the lowest of the 80 ms before it and lies within 22 dB of the
    loudest; onsets less than 120 ms apart count once. A take below -80 dBFS throughout has none.
    """
    size = sample_rate // 100
    mono = samples.mean(axis=0, dtype=np.float64)
    steps = mono[: len(mono) // size * size].reshape(-1, size)
    level = 10 * np.log10((steps**2).mean(axis=1) + 1e-18)
    if not len(level) or level.max() < -80:
        return []
    found: list[int] = []
    for k, now in enumerate(level):
        floor = level[max(0, k - 8) : k].min() if k else -120.0
        if now > level.max() - 22 and now - floor > 9 and (not found or k - found[-1] > 12):
            found.append(k)
    return [k / 100 for k in found]


def pairs(truth: Sequence[float], found: Iterable[float], tolerance: float) -> list[tuple[float, float]]:
    """Each true time takes the nearest time found that is still free, if it lies within TOLERANCE seconds."""
    left, met = list(found), []
    for time in truth:
        nearest = min(left, key=lambda other: abs(other - time), default=None)
        if nearest is not None and abs(nearest - time) <= tolerance:
            met.append((time, nearest))
            left.remove(nearest)
    return met
