"""Thunder, from the lightning channel: N waves summed over a crooked path.

The channel is a random walk of short segments, turning 16 degrees on average (Hill, JGR 73, 1968).
Each segment sends an N wave, strongest square to its axis, that arrives after r / c with 1 / r
(A. A. Few, "Power spectrum of thunder", JGR 74, 1969; H. S. Ribner and D. Roy, "Acoustics of
thunder: a quasilinear model for tortuous lightning", JASA 72, 1982). Near: a crack of many waves at
once, then claps as bends turn side-on. Far: air takes the highs, waves lengthen, echoes smear:
a roll. Few's peak frequency is 0.63 c (p0 / E)^1/2, some 40 to 90 Hz for ground strokes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import signal

from foleyd.engines.procedural.dsp import blend_log, filtered, mono32, overlay, samples
from foleyd.engines.procedural.sounds.bursts import from_first_sound, grid
from foleyd.engines.procedural.sounds.family import RATE, Samples
from foleyd.engines.procedural.sounds.loudness import Floats

_SOUND = 340.0
_ZONES = 8
_LONGEST = 18.0
"""Seconds after which a stroke has rolled away."""
_EARS = 1.2
"""Metres between the two listening points, left and right."""


def lightning(rng: np.random.Generator, height: float, reach: float) -> Floats:
    """Ends of segments, (n, 3) metres, of a channel from the ground to HEIGHT, then REACH far
    inside the cloud."""
    count = int((height + reach) / 9.0)
    turn = np.cumsum(rng.normal(0.0, np.radians(16.0), (2, count)), axis=1)
    bend, _ = signal.lfilter(
        [1.0], [1.0, -0.9], rng.normal(0.0, np.radians(16.0), (2, count)), zi=np.zeros((2, 1))
    )
    lean = bend + 0.05 * turn
    share = np.arange(count) * 9.0 / height
    flat = np.clip((share - 0.9) * 6, 0, 1) * np.pi / 2.2
    heading = rng.uniform(0, 2 * np.pi)
    step = np.stack(
        (
            np.sin(lean[0] + flat * np.cos(heading)),
            np.sin(lean[1] + flat * np.sin(heading)),
            np.maximum(0.05, np.cos(lean[0]) * np.cos(lean[1]) * np.cos(flat)),
        ),
        axis=1,
    )
    step *= rng.uniform(5.0, 13.0, (count, 1)) / np.linalg.norm(step, axis=1, keepdims=True)
    return np.asarray(np.cumsum(step, axis=0))


@dataclass(frozen=True, slots=True)
class _Arrivals:
    """Segments as an ear gets them: WHEN in samples from the first, LEVEL, and ZONE of distance."""

    when: Floats
    level: Floats
    zone: npt.NDArray[np.int64]

    @property
    def samples(self) -> int:
        """From the first to the last."""
        return int(self.when.max()) + 2

    def impulses(self, zone: int) -> tuple[int, Samples]:
        """The impulses of one ZONE and the sample at which they begin; may be empty."""
        mine = self.zone == zone
        if not np.any(mine):
            return 0, np.zeros(0, dtype=np.float32)
        whole = self.when[mine].astype(np.int64)
        part, level = self.when[mine] - whole, self.level[mine]
        first = int(whole.min())
        row = np.zeros(int(whole.max()) - first + 2)
        np.add.at(row, whole - first, level * (1 - part))
        np.add.at(row, whole - first + 1, level * part)
        return first, mono32(row)


def thunder(rng: np.random.Generator, distance: float, energy: float, roll: float) -> Samples:
    """A stroke from first arrival to the last roll, (2, n), loudness not set.

    DISTANCE 0..1 is 0.15 to 7 km, ENERGY 0..1 a weak or a strong channel (lower and longer waves), ROLL
    0..1 how far it runs inside the cloud and how long the land echoes.
    """
    metres = blend_log(150.0, 7000.0, distance)
    ends = lightning(rng, rng.uniform(1800, 3200), blend_log(1500, 9000, roll))
    bearing = rng.uniform(-0.7, 0.7)
    foot = np.array([metres * np.sin(bearing), metres * np.cos(bearing), 0.0])
    width = blend_log(0.007, 0.014, energy) * (1 + 0.5 * distance)
    places = [np.array([side * _EARS / 2, 0.0, 1.6]) for side in (-1, 1)]
    ears = [_arrivals(child, ends + foot, place) for child, place in zip(rng.spawn(2), places, strict=True)]
    length = max(ear.samples for ear in ears) + samples(blend_log(2.5, 6.0, roll))
    length = min(length, samples(_LONGEST))
    ending = np.cos(np.clip((np.arange(length) / length - 0.45) / 0.55, 0, 1) * np.pi / 2) ** 2
    out = np.zeros((2, length), dtype=np.float32)
    for row, ear, child in zip(out, ears, rng.spawn(2), strict=True):
        direct = _heard(child, ear, length, width, metres)
        heard = direct + _echoes(child, direct, roll, distance)
        row[:] = filtered(heard, "highpass", 22, order=2) * ending
    return from_first_sound(out / max(float(np.max(np.abs(out))), 1e-12))


def _arrivals(rng: np.random.Generator, points: Floats, ear: Floats) -> _Arrivals:
    axis = np.diff(points, axis=0)
    middle = points[:-1] + 0.5 * axis - ear
    far = np.linalg.norm(middle, axis=1)
    cosine = np.abs(np.sum(axis * middle, axis=1)) / (np.linalg.norm(axis, axis=1) * far)
    beam = np.exp(-((cosine / 0.42) ** 2)) + 0.06
    level = beam * far.min() / far * rng.uniform(0.5, 1.0, len(far))
    place = (far - far.min()) / (np.ptp(far) + 1e-9) * _ZONES + rng.normal(0.0, 0.3, len(far))
    zone = np.clip(place.astype(np.int64), 0, _ZONES - 1)
    return _Arrivals((far - far.min()) / _SOUND * RATE, level, zone)


def _heard(rng: np.random.Generator, ear: _Arrivals, length: int, width: float, metres: float) -> Samples:
    """Every zone's impulses as N waves through that much air, summed, (length,)."""
    out = np.zeros(length, dtype=np.float32)
    span = ear.samples / RATE * _SOUND
    for zone in range(_ZONES):
        path = metres + span * (zone + 0.5) / _ZONES
        wave = np.pad(n_wave(width * rng.uniform(0.7, 1.4) * (path / 1000.0) ** 0.15), (0, 400))
        # Branches and kinks below a segment's length carry less energy: shorter waves, the crackle.
        for shrink, gain in ((4.0, 0.5), (16.0, 0.5)):
            small = n_wave(width * rng.uniform(0.6, 1.6) / shrink)
            at = int(rng.integers(0, len(wave) - 400))
            wave[at : at + len(small)] += gain * small
        smooth = filtered(wave, "lowpass", grid(air_cutoff(path)), order=1)
        first, impulses = ear.impulses(zone)
        if len(impulses):
            overlay(out, signal.oaconvolve(impulses, mono32(smooth)), first)
    return out


def n_wave(seconds: float) -> Floats:
    """A pressure jump, a straight fall through zero, a jump back; jumps of 0.04 ms."""
    n = samples(seconds)
    ramp = np.linspace(1.0, -1.0, n)
    rise = min(max(1, samples(0.00004)), n // 4)
    edge = np.hanning(2 * rise + 1)
    return np.asarray(
        np.convolve(np.concatenate((np.zeros(rise), ramp, np.zeros(rise))), edge / edge.sum(), "same")
    )


def air_cutoff(metres: float) -> float:
    """Hz at which METRES of air (20 degrees, 60 % humid) take 3 dB, roughly: absorption grows as f^1.6, about
    5 dB a km at 1 kHz (ISO 9613-1)."""
    return float(np.clip(1000.0 * (3.0 / (5.0 * metres / 1000.0)) ** (1 / 1.6), 120.0, 16000.0))


def _echoes(rng: np.random.Generator, direct: Samples, roll: float, distance: float) -> Samples:
    """Land and cloud base answer: sparse echoes, thinning and darkening."""
    seconds = blend_log(2.5, 6.0, roll)
    n = samples(seconds)
    tail = np.zeros(n)
    count = int(120 + 500 * roll)
    when = np.sort(rng.random(count) ** 1.3 * n).astype(int)
    np.add.at(tail, when, rng.choice((-1.0, 1.0), count) * np.exp(-4.5 * when / n) * rng.random(count))
    dark = filtered(tail, "lowpass", grid(blend_log(1400, 350, distance)), order=1)
    share = blend_log(0.05, 0.35, distance) / max(float(np.sqrt(np.sum(dark**2))), 1e-12)
    return np.asarray(signal.oaconvolve(direct, mono32(dark * share))[: len(direct)])


def tamed(x: Samples) -> Samples:
    """Thunder as a recordist keeps it: slow level differences cut by a third, cracks softly limited."""
    power = np.mean(np.asarray(x, dtype=np.float64) ** 2, axis=0)
    pole = np.exp(-1 / (0.25 * RATE))
    slow = signal.lfilter([1 - pole], [1, -pole], power)
    slow = signal.lfilter([1 - pole], [1, -pole], slow[::-1])[::-1]
    top = float(slow.max())
    even = x * (slow / top + 0.004) ** -0.17
    knee = 3.2 * np.sqrt(top)
    return mono32(knee * np.tanh(even / knee))
