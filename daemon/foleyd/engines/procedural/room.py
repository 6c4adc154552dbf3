"""The space sounds are heard in: a stereo impulse response made of noise, and its convolution.

The response is exponentially decaying noise, a different one for each ear, whose highs die sooner,
after a few early reflections (J. A. Moorer, "About this reverberation business", Computer Music
Journal 3(2), 1979). It is convolved in equal partitions (overlap-add), so that memory stays flat.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy import fft

from foleyd.engines.procedural import dsp
from foleyd.engines.procedural.sounds.family import HOP, Samples


@dataclass(frozen=True, slots=True)
class Room:
    """T60 seconds at low and at high frequencies, PREDELAY seconds, EARLY reflections spread over
    SPREAD seconds, SEND the share of sound that it gives back (amplitude)."""

    low_t60: float
    high_t60: float
    predelay: float
    early: int
    spread: float
    send: float


ROOMS: dict[str, Room] = {
    "small": Room(0.42, 0.28, 0.004, 7, 0.025, 0.16),
    "large": Room(1.9, 0.9, 0.018, 9, 0.080, 0.26),
    "outdoors": Room(0.9, 0.25, 0.045, 4, 0.120, 0.05),
}
"""Spaces by name; "dry" is none of them. T60s after M. Barron, "Auditorium Acoustics" (living room 0.4 s,
hall 1.9 s); outdoors a few far reflections and a faint diffuse tail."""


@lru_cache(maxsize=4)
def response(space: str) -> Samples:
    """The impulse response of SPACE, (2, n) float32, energy 1 in each ear; the same every time."""
    room = ROOMS[space]
    rng = np.random.default_rng([11, len(space), ord(space[0])])
    n = dsp.samples(room.predelay + room.low_t60)
    tail = np.zeros((2, n), dtype=np.float32)
    start = dsp.samples(room.predelay)
    length = n - start
    low = dsp.filtered(dsp.white(rng, 2, length), "lowpass", 1800.0, order=1)
    high = dsp.filtered(dsp.white(rng, 2, length), "highpass", 1800.0, order=1)
    tail[:, start:] = low * dsp.decay(length, room.low_t60) + high * dsp.decay(length, room.high_t60)
    tail[:, start:] *= np.minimum(1.0, np.arange(length) / dsp.samples(room.spread))
    tail /= np.sqrt(np.sum(tail**2, axis=1, keepdims=True))
    for ear in range(2):
        at = start + np.sort(rng.integers(0, dsp.samples(room.spread), room.early))
        tail[ear, at] += rng.choice((-1.0, 1.0), room.early) * np.linspace(0.5, 0.2, room.early)
    tail = dsp.mono32(dsp.filtered(tail, "highpass", 110.0, order=1))
    return dsp.mono32(dsp.faded(tail / np.sqrt(np.sum(tail**2, axis=1, keepdims=True)), 0, n // 8))


@lru_cache(maxsize=4)
def _partitions(space: str) -> npt.NDArray[np.complex64]:
    """Spectra of the response in pieces of HOP samples: (pieces, 2, HOP + 1)."""
    ir = response(space)
    pieces = -(-ir.shape[1] // HOP)
    padded = np.zeros((2, pieces * HOP), dtype=np.float32)
    padded[:, : ir.shape[1]] = ir
    split = padded.reshape(2, pieces, HOP).transpose(1, 0, 2)
    return np.asarray(fft.rfft(split, 2 * HOP, axis=-1), dtype=np.complex64)


class Reverb:
    """Streams mono sends of HOP samples through a space; call it once for every hop."""

    def __init__(self, space: str) -> None:
        self._spectra = _partitions(space)
        self._past = np.zeros((len(self._spectra), HOP + 1), dtype=np.complex64)
        self._rest = np.zeros((2, HOP), dtype=np.float32)
        self._hot = 0

    def __call__(self, send: Samples) -> Samples:
        """The space's answer, (2, HOP), to SEND (HOP,) and all that came before."""
        pieces = len(self._spectra)
        self._past = np.roll(self._past, 1, axis=0)
        if np.any(send):
            self._past[0] = fft.rfft(send, 2 * HOP)
            self._hot = pieces + 1
        else:
            self._past[0] = 0.0
            self._hot = max(0, self._hot - 1)
        if not self._hot:
            return np.zeros((2, HOP), dtype=np.float32)
        mixed = np.einsum("pf,pcf->cf", self._past, self._spectra)
        wet = fft.irfft(mixed, 2 * HOP, axis=-1).astype(np.float32)
        out = wet[:, :HOP] + self._rest
        self._rest = wet[:, HOP:]
        return np.asarray(out)
