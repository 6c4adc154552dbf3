"""Noise for strikes: bursts in a band, and bands that sweep."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import signal

from foleyd.engines.procedural.dsp import Array, filtered, mono32, samples
from foleyd.engines.procedural.sounds.family import RATE, Samples

Floats = npt.NDArray[np.float64]


def grid(frequency: float) -> float:
    """FREQUENCY moved to the nearest quarter tone, so that filters made for varied hits are designed once."""
    return float(2 ** (round(24 * np.log2(frequency)) / 24))


def from_first_sound(x: Array) -> Samples:
    """X, (n,) or (2, n), from where it first reaches 1 % of its peak, a hair before."""
    size = np.abs(x) if x.ndim == 1 else np.max(np.abs(x), axis=0)
    first = int(np.argmax(size > 0.01 * size.max()))
    return mono32(x[..., max(0, first - 8) :])


def swept_noise(rng: np.random.Generator, centre: Array, bandwidth: Array) -> Floats:
    """Noise, (n,), in a band round a moving CENTRE in Hz, unit power.

    BANDWIDTH in Hz, (n,), moves by blending its narrowest and its widest. Noise of the band's shape is
    turned up to the centre by a running phase, so a sweep is exact.
    """
    narrow, wide = float(bandwidth.min()), float(bandwidth.max()) * 1.01
    share = np.log(bandwidth / narrow) / np.log(wide / narrow)
    phase = np.cumsum(centre) * (2 * np.pi / RATE)
    turn = np.stack((np.cos(phase), -np.sin(phase)))
    out = np.zeros(len(centre))
    for width, weight in ((narrow, np.sqrt(1 - share)), (wide, np.sqrt(share))):
        out += weight * np.sum(_low_noise(rng, len(centre), width) * turn, axis=0)
    return out


def _low_noise(rng: np.random.Generator, n: int, width: float) -> Floats:
    """Two channels of noise below WIDTH Hz, unit variance, (2, n): two equal poles in series."""
    pole = float(np.exp(-np.pi * width / RATE))
    lead = samples(min(0.25, 3 / width))
    section = [1.0, 0.0, 0.0, 1.0, -pole, 0.0]
    raw = signal.sosfilt(np.array([section, section]), rng.standard_normal((2, n + lead)))
    power = (1 + pole**2) / (1 - pole**2) ** 3
    return np.asarray(raw[:, lead:] / np.sqrt(power))


def burst(rng: np.random.Generator, n: int, attack: float, t60: float, band: tuple[float, float]) -> Floats:
    """Noise in a BAND of Hz, (n,), that rises in ATTACK seconds and falls by 60 dB in T60; peak about 1."""
    time = np.arange(n) / RATE
    shape = np.minimum(1.0, (time + 0.5 / RATE) / max(attack, 1e-5)) * np.exp(
        -np.log(1000) * np.maximum(0, time - attack) / t60
    )
    noise = filtered(rng.standard_normal(n), "bandpass", *(grid(edge) for edge in band))
    return np.asarray(noise / max(float(np.std(noise)), 1e-9) * 0.4 * shape)
