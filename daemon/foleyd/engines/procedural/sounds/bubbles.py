"""Bubbles: what water sounds with.

A bubble of radius r metres rings at f = 3 / r Hz (Minnaert, Phil. Mag. 16, 1933) and decays as
exp(-d t) with d = 0.13 / r + 0.0072 r^-1.5; on its way to the surface the pitch rises as
f (1 + xi d t). Source: K. van den Doel, "Physically based models for liquid sounds", ACM
Transactions on Applied Perception 2(4), 2005. A 3 mm bubble: 1 kHz, 60 dB down in 80 ms.
"""

from __future__ import annotations

import numpy as np

from foleyd.engines.procedural.dsp import filtered, mono32, samples
from foleyd.engines.procedural.sounds.bursts import grid
from foleyd.engines.procedural.sounds.family import RATE, Samples

Radii = tuple[float, float]
"""Smallest and largest radius in metres."""


def bubble(rng: np.random.Generator, radius: float, rise: float) -> Samples:
    """One bubble of RADIUS metres, (n,), amplitude about 1; RISE is xi: 0 steady, 0.1 rising."""
    damping = 0.13 / radius + 0.0072 * radius**-1.5
    n = samples(min(0.35, 7.0 / damping))
    time = np.arange(n) / RATE
    frequency = min(3.0 / radius, 0.45 * RATE)
    slope = min(rise * damping, 6.0)
    phase = 2 * np.pi * frequency * (time + 0.5 * slope * time**2)
    attack = 1 - np.exp(-time * frequency * 2.0)
    tail = np.minimum(1.0, (n - np.arange(n)) / max(1, n // 8))
    return mono32(np.sin(phase + rng.uniform(0, 0.5)) * attack * np.exp(-damping * time) * tail)


def radii(rng: np.random.Generator, count: int, size: Radii, exponent: float) -> list[float]:
    """COUNT radii with density r^-EXPONENT between the two SIZEs (not 1)."""
    low, high = size
    k = 1 - exponent
    return [float(r) for r in (low**k + rng.random(count) * (high**k - low**k)) ** (1 / k)]


def bubble_pool(
    rng: np.random.Generator,
    count: int,
    size: Radii,
    exponent: float,
    *,
    rising: float = 0.3,
    growth: float = 1.0,
) -> list[Samples]:
    """COUNT different bubbles; a share RISING of them rises in pitch; loudness grows as radius^GROWTH."""
    pool = []
    for radius in radii(rng, count, size, exponent):
        rise = rng.uniform(0.03, 0.12) if rng.random() < rising else rng.uniform(0.0, 0.01)
        pool.append(bubble(rng, radius, rise) * np.float32((radius / size[1]) ** growth))
    return pool


def spray(
    rng: np.random.Generator, seconds: float, droplets: int, size: Radii, *, peak: float, t60: float
) -> Samples:
    """DROPLETS falling back as small bubbles and ticks over SECONDS, densest at PEAK seconds, thinning by
    60 dB in T60. Stereo, (2, n)."""
    n = samples(seconds)
    out = np.zeros((2, n), dtype=np.float32)
    pool = bubble_pool(rng, 24, size, 2.2, rising=0.25)
    shape = max(1.2, 6.9 * peak / t60 + 1.2)
    when = rng.gamma(shape, t60 / 6.9, droplets)
    for time in when:
        grain = pool[int(rng.integers(len(pool)))]
        at = int(time * RATE)
        if at >= n:
            continue
        end = min(n, at + len(grain))
        gain = rng.random() ** 1.5 * np.exp(-1.5 * time / t60)
        side = rng.uniform(0.15, 0.85)
        out[0, at:end] += np.float32(gain * np.sqrt(1 - side)) * grain[: end - at]
        out[1, at:end] += np.float32(gain * np.sqrt(side)) * grain[: end - at]
    return out


def tick(rng: np.random.Generator, seconds: float, band: Radii) -> Samples:
    """The dry click of water meeting something: noise in a BAND of Hz that dies in SECONDS."""
    n = samples(seconds * 1.2)
    noise = rng.standard_normal(n) * np.exp(-6.9 * np.arange(n) / (seconds * RATE))
    return mono32(filtered(noise, "bandpass", *(grid(edge) for edge in band)) * np.hanning(2 * n)[n:])
