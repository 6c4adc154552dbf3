"""Loudness of short sounds, and the gain that brings a strike to the reference.

Source: ITU-R BS.1770-4 (K-weighting at 48 kHz, momentary loudness over 400 ms).
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import signal

from foleyd.engines.procedural.dsp import from_db
from foleyd.engines.procedural.sounds.family import RATE, REFERENCE, StrikeMaker, Voice

_K_WEIGHTING = np.array(
    [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)
_MOMENT = RATE * 2 // 5
_STEP = RATE // 100
_TRIALS = 4
SILENT = -120.0
"""LUFS said of what is silent."""


def momentary(x: npt.NDArray[Any]) -> float:
    """The loudest 400 ms of X, (n,) mono heard from both channels or (2, n), in LUFS."""
    channels = np.stack((x, x)) if x.ndim == 1 else x
    pad = ((0, 0), (_MOMENT, _MOMENT))
    weighted = signal.sosfilt(_K_WEIGHTING, np.pad(channels, pad), axis=-1)
    energy = np.concatenate(([0.0], np.cumsum(np.sum(weighted**2, axis=0))))
    moments = (energy[_MOMENT:] - energy[:-_MOMENT])[::_STEP] / _MOMENT
    loudest = float(moments.max(initial=0.0))
    return -0.691 + 10 * float(np.log10(loudest)) if loudest > 1e-12 else SILENT


@lru_cache(maxsize=128)
def _gain(make: StrikeMaker, voice: Voice) -> float:
    rng = np.random.default_rng(0)
    powers = [10.0 ** (momentary(make(voice, 1.0, rng).samples) / 10) for _ in range(_TRIALS)]
    return from_db(REFERENCE - 10 * float(np.log10(max(sum(powers) / _TRIALS, 1e-12))))


def reference_gain(make: StrikeMaker, voice: Voice) -> float:
    """Factor that brings hits of MAKE to ``REFERENCE`` LUFS at strength 1.

    Measured once on four hits of VOICE at middling intensity, so intensity keeps its say in level.
    """
    return _gain(make, replace(voice, intensity=0.5, distance=0.2, words=""))
