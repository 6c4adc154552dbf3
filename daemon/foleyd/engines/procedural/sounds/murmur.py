"""A crowd that says nothing: babble of many talkers, no words.

A talker is a pulse train at the voice's pitch through the resonances of a vocal tract (source and filter:
G. Fant, "Acoustic theory of speech production", 1960; formants after Peterson and Barney, JASA 24, 1952)
that glide from one random vowel to the next, at four to six syllables a second (English talks at 6.2:
Pellegrino et al., Language 87, 2011), in phrases with pauses. Syllables come at random, so nothing is
understood; the room blurs the rest. Long-term speech falls some 9 dB an octave above 500 Hz (Byrne
et al., JASA 96, 1994).
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from foleyd.engines.procedural.dsp import blend_log, filtered, mono32, resonator, samples
from foleyd.engines.procedural.sounds.family import HOP, RATE, Samples
from foleyd.engines.procedural.sounds.loudness import Floats, k_weighted

_VOWELS = np.array(
    [[270, 2290, 3010], [390, 1990, 2550], [530, 1840, 2480], [660, 1720, 2410], [730, 1090, 2440],
     [570, 840, 2410], [440, 1020, 2240], [300, 870, 2240], [640, 1190, 2390], [490, 1350, 1690]],
    dtype=float,
)  # fmt: skip
"""First three formants of men's vowels in Hz (Peterson and Barney)."""

_BLOCK = 480


def syllable(rng: np.random.Generator, pitch: float, tract: float) -> Samples:
    """One syllable at PITCH Hz, (n,), unit energy; TRACT scales the formants (1 a man, 1.17 a woman)."""
    n = samples(rng.uniform(0.13, 0.30))
    time = np.arange(n) / RATE
    glide = pitch * 2 ** (np.linspace(0, rng.normal(-0.1, 0.12), n) + 0.01 * np.sin(2 * np.pi * 5 * time))
    phase = np.cumsum(glide) / RATE
    pulses = np.diff(np.floor(phase), prepend=0.0)
    source = signal.lfilter([1.0], [1.0, -0.94], pulses) + rng.standard_normal(n) * 0.004
    vowel, target = _VOWELS[rng.integers(0, len(_VOWELS), 2)] * tract
    shape = np.sin(np.pi * np.minimum(1.0, (np.arange(n) + 1) / n)) ** rng.uniform(0.5, 1.0)
    voiced = np.asarray(source * shape)
    out = np.zeros(n)
    for share, formants in ((np.linspace(1, 0, n), vowel), (np.linspace(0, 1, n), target)):
        for formant, width, gain in zip(formants, (80, 110, 160), (1.0, 0.45, 0.22), strict=True):
            b, a = resonator(formant, 2.2 / width)
            out += signal.lfilter(b * gain, a, voiced * share)
    if rng.random() < 0.45:
        out += _consonant(rng, n) * float(np.std(out)) * 1.2
    heard = filtered(out, "highpass", 90, order=1) * np.minimum(1.0, np.arange(n, 0, -1) / 240)
    return mono32(heard / np.sqrt(max(float(np.sum(k_weighted(heard) ** 2)), 1e-12)))


def _consonant(rng: np.random.Generator, n: int) -> Floats:
    length = min(n, samples(rng.uniform(0.03, 0.09)))
    out = np.zeros(n)
    low = float(rng.choice((1800.0, 2700.0, 3800.0)))
    noise = filtered(rng.standard_normal(length), "bandpass", low, low * 2.2, order=1)
    out[:length] = noise * np.hanning(length)
    return out


class Talker:
    """Somebody in the crowd: speaks in phrases, pauses, speaks again; one grain list, one place."""

    def __init__(self, rng: np.random.Generator, pace: float) -> None:
        self._rng = rng
        woman = rng.random() < 0.5
        pitch = float(rng.normal(205, 22) if woman else rng.normal(118, 16))
        tract = float(rng.normal(1.17, 0.04) if woman else rng.normal(1.0, 0.04))
        steps = np.linspace(0.85, 1.25, 10)
        self.syllables = [syllable(rng, pitch * step, tract) for step in steps]
        self._pace = pace
        self._next = float(rng.uniform(0, 2.5)) * RATE
        self._left = int(rng.integers(2, 12))

    def due(self) -> list[tuple[int, Samples, float]]:
        """The syllables that begin in the next hop: (sample in it, grain, gain)."""
        said = []
        while self._next < HOP:
            grain = self.syllables[int(self._rng.integers(len(self.syllables)))]
            said.append((int(self._next), grain, float(self._rng.uniform(0.5, 1.0))))
            self._next += RATE / self._pace * float(self._rng.uniform(0.75, 1.4))
            self._left -= 1
            if self._left <= 0:
                self._next += RATE * float(self._rng.exponential(1.1) + 0.25)
                self._left = int(self._rng.integers(3, 14))
        self._next -= HOP
        return said


class Blur:
    """The room round a crowd: eight combs, (2, HOP) in and out, wet only.

    Delays are longer than _BLOCK, so each comb runs block by block (M. R. Schroeder, "Natural sounding
    artificial reverberation", JAES 10, 1962).
    """

    _DELAYS = ((1481, 1777, 2053, 2339), (1559, 1831, 2111, 2437))

    def __init__(self, t60: float, cutoff: float) -> None:
        self._lines = [[np.zeros(delay) for delay in row] for row in self._DELAYS]
        self._gains = [[10 ** (-3 * delay / RATE / t60) for delay in row] for row in self._DELAYS]
        pole = float(np.exp(-2 * np.pi * cutoff / RATE))
        self._b, self._a = [1 - pole], [1.0, -pole]
        self._states = [[np.zeros(1) for _ in row] for row in self._DELAYS]

    def __call__(self, x: Floats) -> Floats:
        """X with only its echoes left."""
        out = np.zeros_like(x)
        for side, row in enumerate(x):
            for index, line in enumerate(self._lines[side]):
                for start in range(0, HOP, _BLOCK):
                    late = line[:_BLOCK].copy()
                    out[side, start : start + _BLOCK] += late
                    dark, self._states[side][index] = signal.lfilter(
                        self._b, self._a, late, zi=self._states[side][index]
                    )
                    line[:-_BLOCK] = line[_BLOCK:]
                    line[-_BLOCK:] = row[start : start + _BLOCK] + self._gains[side][index] * dark
        return out * 0.5


def crowd(rng: np.random.Generator, people: int, speed: float) -> list[Talker]:
    """PEOPLE talkers, at SPEED 0..1 a slow to a hectic pace."""
    return [Talker(child, blend_log(3.6, 6.0, speed)) for child in rng.spawn(people)]
