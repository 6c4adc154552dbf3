"""How every sound comes to the reference level: loudness by ITU-R BS.1770-4, gains, a soft ceiling."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import signal

from foleyd.engines.procedural.dsp import Array, from_db, mono32, samples
from foleyd.engines.procedural.sounds.family import RATE, REFERENCE, Samples

Sections = npt.NDArray[np.float64]
Floats = npt.NDArray[np.float64]

_OFFSET = 0.691
"""LUFS = -0.691 + 10 log10(power), ITU-R BS.1770-4."""

_K = np.array(
    [
        [1.53512485958697, -2.69169618940638, 1.19839281085285, 1.0, -1.69065929318241, 0.73248077421585],
        [1.0, -2.0, 1.0, 1.0, -1.99004745483398, 0.99007225036621],
    ]
)
"""K weighting at 48 kHz, ITU-R BS.1770-4 tables 1 and 2."""


def k_weighted(x: Array) -> Floats:
    """X through the K weighting of ITU-R BS.1770-4."""
    return np.asarray(signal.sosfilt(_K, x, axis=-1))


def momentary(x: Array) -> float:
    """LUFS of the loudest 400 ms of X, (n,) heard in both channels or (2, n); -200 for silence."""
    power = k_weighted(x) ** 2
    power = power.sum(axis=0) if power.ndim == 2 else power * 2
    total = np.concatenate(([0.0], np.cumsum(power)))
    window = samples(0.4)
    loudest = total[-1] if len(power) <= window else np.max(total[window:] - total[:-window])
    return float(10 * np.log10(max(loudest / window, 1e-20)) - _OFFSET)


def at_reference(x: Array, rng: np.random.Generator, db: float = 0.0, spread: float = 0.8) -> Samples:
    """A strike X brought to REFERENCE + DB, give or take SPREAD dB from hit to hit.

    Peaks that would reach full scale are bent (:func:`soft`), so the hit stays as loud as it should.
    """
    gain = from_db(REFERENCE + db + float(np.clip(rng.normal(0.0, spread), -2.0, 2.0)) - momentary(x))
    loud = x * gain
    return mono32(soft(loud) if float(np.max(np.abs(loud))) > 0.94 else loud)


def intensity_db(intensity: float, span: float) -> float:
    """Level against the reference: -SPAN dB at intensity 0, +SPAN at 1."""
    return (intensity - 0.5) * 2 * span


def bed_gain(db: float = 0.0) -> float:
    """Amplitude factor from unit loudness to REFERENCE + DB."""
    return from_db(REFERENCE + _OFFSET + db)


def mix_gains(*levels: float) -> tuple[float, ...]:
    """Factors for layers of unit loudness, LEVELS in dB against one another, that sum to unit loudness."""
    powers = [10 ** (level / 10) for level in levels]
    total = sum(powers)
    return tuple(float(np.sqrt(power / total)) for power in powers)


def soft(x: Array) -> Array:
    """X as it is up to 0.5, then bent smoothly to stay under 0.95 (for rare peaks of beds)."""
    size = np.abs(x)
    if float(size.max()) <= 0.5:
        return x
    return np.where(size <= 0.5, x, np.sign(x) * (0.5 + 0.45 * np.tanh((size - 0.5) / 0.45)))


@lru_cache(maxsize=256)
def _noise_power(flat: tuple[float, ...]) -> float:
    sections = np.array(flat).reshape(-1, 6)
    impulse = np.zeros(RATE // 2)
    impulse[0] = 1.0
    return float(np.sum(k_weighted(signal.sosfilt(sections, impulse)) ** 2))


def noise_power(sections: Sections) -> float:
    """K-weighted power of white noise of unit variance through SECTIONS."""
    return _noise_power(tuple(float(value) for value in sections.ravel()))
