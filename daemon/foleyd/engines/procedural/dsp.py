"""Signal helpers shared by the sound families: levels, noise, filters with memory, modes, grains.

Arrays are float32 or float64 at 48 kHz, time on the last axis. Filters and noises that are used
in beds keep their state, so that a bed cut into hops has no seams.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from scipy import signal

from foleyd.engines.procedural.sounds.family import RATE, Samples

Array = npt.NDArray[np.floating[Any]]
Band = Literal["lowpass", "highpass", "bandpass"]


def from_db(db: float) -> float:
    """Amplitude factor of DB decibels."""
    return float(10.0 ** (db / 20.0))


def to_db(amplitude: float) -> float:
    """Decibels of an amplitude factor; -inf is cut at -200."""
    return float(20.0 * np.log10(max(abs(amplitude), 1e-10)))


def blend(low: float, high: float, amount: float) -> float:
    """LOW at 0, HIGH at 1, straight between."""
    return low + (high - low) * amount


def blend_log(low: float, high: float, amount: float) -> float:
    """LOW at 0, HIGH at 1, even steps for the ear between (frequencies, times); both above 0."""
    return float(low * (high / low) ** amount)


def vary(rng: np.random.Generator, value: float, cents: float) -> float:
    """VALUE detuned at random, CENTS standard deviation."""
    return float(value * 2.0 ** (rng.normal(0.0, cents) / 1200.0))


def samples(seconds: float) -> int:
    """A length in samples, at least 1."""
    return max(1, round(seconds * RATE))


# Filters


@lru_cache(maxsize=512)
def _butter(kind: Band, edges: tuple[float, ...], order: int) -> npt.NDArray[np.float64]:
    nyquist = RATE / 2
    wanted = [min(max(edge, 5.0), nyquist * 0.98) for edge in edges]
    sections = signal.butter(order, wanted if len(wanted) > 1 else wanted[0], kind, fs=RATE, output="sos")
    return np.asarray(sections, dtype=np.float64)


def butter(kind: Band, *edges: float, order: int = 2) -> npt.NDArray[np.float64]:
    """Butterworth sections: one edge in Hz for low and high pass, two for band pass."""
    return _butter(kind, tuple(float(edge) for edge in edges), order)


def filtered(x: Array, kind: Band, *edges: float, order: int = 2) -> Array:
    """X through a Butterworth filter, from rest (for strikes; a bed needs :class:`Filter`)."""
    return np.asarray(signal.sosfilt(butter(kind, *edges, order=order), x, axis=-1))


def resonator(frequency: float, t60: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """(b, a) of a two-pole resonance at FREQUENCY Hz that falls by 60 dB in T60 seconds.

    Its response to a unit impulse is a sine of amplitude 1 with that decay.
    """
    radius = np.exp(-np.log(1000.0) / (max(t60, 1e-4) * RATE))
    angle = 2 * np.pi * min(frequency, 0.49 * RATE) / RATE
    b = np.array([0.0, np.sin(angle)])
    a = np.array([1.0, -2 * radius * np.cos(angle), radius * radius])
    return b * radius, a


def peak_gain(b: npt.NDArray[np.float64], a: npt.NDArray[np.float64], frequency: float) -> float:
    """Gain of a filter at FREQUENCY Hz."""
    _, response = signal.freqz(b, a, worN=[frequency], fs=RATE)
    return float(np.abs(response[0]))


class Filter:
    """A filter in second-order sections that remembers its state over calls; CHANNELS rows."""

    def __init__(self, sections: npt.NDArray[np.float64], channels: int = 2) -> None:
        self.sections = sections
        shape = (len(sections), channels, 2) if channels else (len(sections), 2)
        self.state: npt.NDArray[np.float64] = np.zeros(shape)

    def __call__(self, x: Array) -> Array:
        """X, (channels, n), filtered on from the last call."""
        y, self.state = signal.sosfilt(self.sections, x, axis=-1, zi=self.state)
        return np.asarray(y)


class Recursion:
    """A filter given as (b, a) that remembers its state over calls; CHANNELS rows."""

    def __init__(self, b: npt.NDArray[np.float64], a: npt.NDArray[np.float64], channels: int = 2) -> None:
        self.b, self.a = b, a
        order = max(len(a), len(b)) - 1
        self.state: npt.NDArray[np.float64] = np.zeros((channels, order) if channels else (order,))

    def __call__(self, x: Array) -> Array:
        """X, (channels, n), filtered on from the last call."""
        y, self.state = signal.lfilter(self.b, self.a, x, axis=-1, zi=self.state)
        return np.asarray(y)


# Noise


def white(rng: np.random.Generator, *shape: int) -> Samples:
    """Gaussian noise, standard deviation 1, float32."""
    return rng.standard_normal(shape, dtype=np.float32)


_PINK_B = np.array([0.049922035, -0.095993537, 0.050612699, -0.004408786])
_PINK_A = np.array([1.0, -2.494956002, 2.017265875, -0.522189400])
_PINK_SCALE = 11.3


def pink_filter(channels: int = 2) -> Recursion:
    """White to pink, -3 dB an octave; standard deviation about 1 for white noise of 1.

    Coefficients: J. O. Smith, "Spectral Audio Signal Processing", 1/f noise.
    """
    return Recursion(_PINK_B * _PINK_SCALE, _PINK_A, channels)


def wander(
    rng: np.random.Generator, count: int, correlation: float, start: float = 0.0
) -> npt.NDArray[np.float64]:
    """A first-order Gauss-Markov walk of COUNT steps, standard deviation 1; CORRELATION of
    neighbouring steps, 0..1. For slow drift of level, pitch, place."""
    spread = np.sqrt(1.0 - correlation * correlation)
    steps = rng.normal(0.0, spread, count)
    y, _ = signal.lfilter([1.0], [1.0, -correlation], steps, zi=[start * correlation])
    return np.asarray(y)


# Shapes


def decay(n: int, t60: float) -> Samples:
    """1 falling by 60 dB in T60 seconds, N samples."""
    slope = np.float32(-np.log(1000.0) / (max(t60, 1e-4) * RATE))
    return np.asarray(np.exp(np.arange(n, dtype=np.float32) * slope), dtype=np.float32)


def faded(x: Samples, fade_in: int, fade_out: int) -> Samples:
    """A copy of X with raised-cosine fades of so many samples at its ends."""
    y = np.array(x, dtype=np.float32)
    n = y.shape[-1]
    rise, fall = min(fade_in, n), min(fade_out, n)
    if rise:
        y[..., :rise] *= 0.5 - 0.5 * np.cos(np.pi * (np.arange(rise) + 0.5) / rise)
    if fall:
        y[..., n - fall :] *= 0.5 + 0.5 * np.cos(np.pi * (np.arange(fall) + 0.5) / fall)
    return y


def contact_pulse(duration: float, area: float = 1.0) -> npt.NDArray[np.float64]:
    """The force of a hit: a half-sine of DURATION seconds whose samples sum to AREA.

    A shorter contact excites higher modes: the hard mallet's brightness (van den Doel and Pai,
    "The sounds of physical shapes", Presence 7(4), 1998).
    """
    n = max(2, round(duration * RATE))
    pulse = np.sin(np.pi * (np.arange(n) + 0.5) / n)
    return np.asarray(pulse * (area / pulse.sum()))


# Synthesis


def ring(
    excitation: Array, n: int, frequencies: Sequence[float], t60s: Sequence[float], gains: Sequence[float]
) -> npt.NDArray[np.float64]:
    """Modal synthesis: a bank of two-pole resonances driven by EXCITATION, N samples.

    Each mode: FREQUENCIES in Hz, T60S in seconds, GAINS as the amplitude of its ring after a unit
    impulse. Source: J.-M. Adrien, "The missing link: modal synthesis", 1991; van den Doel and
    Pai 1998. A mode is computed until 90 dB down.
    """
    out = np.zeros(n)
    drive = np.zeros(n)
    length = min(n, len(excitation))
    drive[:length] = excitation[:length]
    for frequency, t60, gain in zip(frequencies, t60s, gains, strict=True):
        if frequency >= 0.48 * RATE:
            continue
        b, a = resonator(frequency, t60)
        end = min(n, length + samples(1.5 * t60))
        out[:end] += signal.lfilter(b * gain, a, drive[:end])
    return out


def collisions(
    rng: np.random.Generator, energy: Array, rate: float, sharpness: float = 1.0
) -> npt.NDArray[np.float64]:
    """PhISEM's sparse collisions: impulses at random, their density and force following ENERGY.

    ENERGY is (n,) >= 0; RATE the impulses a second where energy is 1; SHARPNESS above 1 makes
    strong ones rarer. Source: P. R. Cook, "Physically informed sonic modeling (PhISM):
    synthesis of percussive sounds", Computer Music Journal 21(3), 1997.
    """
    n = energy.shape[-1]
    hit = rng.random(n, dtype=np.float32) < energy * (rate / RATE)
    out = np.zeros(n)
    where = np.flatnonzero(hit)
    force = rng.random(len(where)) ** sharpness * rng.choice((-1.0, 1.0), len(where))
    out[where] = force * np.sqrt(energy[where])
    return out


def sparks(impulses: Array, rng: np.random.Generator, t60: float) -> npt.NDArray[np.float64]:
    """Every impulse becomes a burst of noise that decays in T60 seconds (PhISEM's sound level)."""
    pole = np.exp(-np.log(1000.0) / (max(t60, 1e-4) * RATE))
    level = signal.lfilter([1.0], [1.0, -pole], np.abs(impulses))
    return np.asarray(level * rng.standard_normal(impulses.shape[-1], dtype=np.float32))


def overlay(target: Array, piece: Array, at: int) -> None:
    """Adds PIECE into TARGET from sample AT on; what hangs over either end is dropped."""
    begin, end = max(at, 0), min(at + piece.shape[-1], target.shape[-1])
    if begin < end:
        target[..., begin:end] += piece[..., begin - at : end - at]


# Space


def pan_gains(position: float) -> tuple[float, float]:
    """(left, right) of constant power for POSITION -1..1; both about 0.707 in the middle."""
    angle = (min(max(position, -1.0), 1.0) + 1.0) * np.pi / 4
    return float(np.cos(angle)), float(np.sin(angle))


def panned(x: Samples, position: float) -> Samples:
    """Mono (n,) placed, or stereo (2, n) balanced, at POSITION -1..1: (2, n), power kept."""
    left, right = pan_gains(position)
    if x.ndim == 1:
        return np.stack((x * np.float32(left), x * np.float32(right)))
    scale = np.array([[left], [right]], dtype=np.float32) * np.float32(np.sqrt(2.0))
    return np.asarray(x * scale, dtype=np.float32)


def mono32(x: Array) -> Samples:
    """X as float32, contiguous."""
    return np.ascontiguousarray(x, dtype=np.float32)
