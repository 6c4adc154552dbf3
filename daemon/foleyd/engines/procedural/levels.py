"""The gain that brings the strikes of a voice to the reference level."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

import numpy as np

from foleyd.engines.procedural.dsp import from_db
from foleyd.engines.procedural.sounds.family import REFERENCE, Strike, StrikeMaker, Voice
from foleyd.engines.procedural.sounds.loudness import momentary

_TRIALS = 4
_HEADROOM = from_db(-2.0)
_TOP = from_db(-0.5)


@lru_cache(maxsize=128)
def _gain(make: StrikeMaker, voice: Voice) -> float:
    rng = np.random.default_rng(0)
    hits = [make(voice, 1.0, rng).samples for _ in range(_TRIALS)]
    power = sum(10.0 ** (momentary(hit) / 10) for hit in hits) / _TRIALS
    peak = max(float(np.abs(hit).max()) for hit in hits)
    return min(from_db(REFERENCE - 10 * float(np.log10(max(power, 1e-12)))), _HEADROOM / max(peak, 1e-9))


def reference_gain(make: StrikeMaker, voice: Voice) -> float:
    """Factor that brings hits of MAKE to ``REFERENCE`` LUFS at strength 1, or their peaks to -2 dBFS if
    that is less (clicks are short: their loudness would ask for peaks beyond full scale).

    Measured once on four hits of VOICE at middling intensity, so intensity keeps its say in level.
    """
    return _gain(make, replace(voice, intensity=0.5, distance=0.2, words=""))


def calibrated(
    make: StrikeMaker, voice: Voice, strength: float, rng: np.random.Generator, *, offset: float = 0.0
) -> Strike:
    """A hit of MAKE at the reference level and OFFSET dB, its peak never above -0.5 dBFS."""
    strike = make(voice, strength, rng)
    peak = max(float(np.abs(strike.samples).max()), 1e-9)
    gain = min(reference_gain(make, voice) * from_db(offset), _TOP / peak)
    return Strike(strike.samples * np.float32(gain), strike.onset)
