"""What beds are built of: noise, grains, long sounds laid in, and slow processes that move them.

A bed is a few layers: noise through filters, and populations of grains (bubbles, drops, snaps).
Each layer comes out at unit loudness, known beforehand from its filters or its grains, so a
family says only how loud layers are against each other. Each keeps its state, so hops have no
seams, and its memory never grows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt
from scipy import signal

from foleyd.engines.procedural.dsp import Array, Filter, from_db, mono32, resonator, samples
from foleyd.engines.procedural.sounds.family import HOP, RATE, Samples
from foleyd.engines.procedural.sounds.loudness import Floats, Sections, k_weighted, noise_power, soft

Amplitudes = Callable[[np.random.Generator, int], Floats]

STEP = 480
"""Samples between the points at which slow processes are computed (10 ms)."""

STEPS = HOP // STEP

# Slow processes


class Drift:
    """A smooth random walk, standard deviation 1: Gauss-Markov processes of several time SCALES
    in seconds, summed by WEIGHTS. Equal weights over scales some octaves apart give a spectrum near 1/f."""

    def __init__(
        self, rng: np.random.Generator, scales: Sequence[float], weights: Sequence[float] | None = None
    ) -> None:
        self._rng = rng
        weight = np.ones(len(scales)) if weights is None else np.asarray(weights, dtype=float)
        self._weights = weight / np.sqrt(np.sum(weight**2))
        self._poles = [float(np.exp(-STEP / RATE / scale)) for scale in scales]
        self._values = rng.standard_normal(len(scales))
        self._last = float(self._weights @ self._values)

    def steps(self) -> Floats:
        """The next hop at its STEPS points (each the value at the end of its 10 ms)."""
        total = np.zeros(STEPS)
        for index, (pole, weight) in enumerate(zip(self._poles, self._weights, strict=True)):
            kicks = self._rng.normal(0.0, np.sqrt(1 - pole * pole), STEPS)
            walk, _ = signal.lfilter([1.0], [1.0, -pole], kicks, zi=[pole * self._values[index]])
            self._values[index] = walk[-1]
            total += weight * walk
        return total

    def __call__(self) -> Floats:
        """The next hop, (HOP,), straight between the points."""
        return self.smooth(self.steps())

    def smooth(self, points: Floats) -> Floats:
        """POINTS of a hop (of this or a value derived from it alone) as samples, from the last hop's end."""
        track = between(self._last, points)
        self._last = float(points[-1])
        return track


def between(last: float, points: Floats) -> Floats:
    """LAST and a hop's POINTS joined by straight lines, (HOP,)."""
    grid = np.arange(len(points) + 1) * (HOP / len(points))
    return np.asarray(np.interp(np.arange(1, HOP + 1), grid, np.concatenate(([last], points))))


def swell(drift: Array, db: float) -> Floats:
    """A gain from a DRIFT of standard deviation 1 that wanders by DB decibels and keeps the mean power."""
    nepers = db * np.log(10) / 20
    return np.asarray(np.exp(drift * nepers - nepers * nepers))


# Layers


def resonance(frequency: float, t60: float) -> Sections:
    """One two-pole resonance as a section."""
    b, a = resonator(frequency, t60)
    return np.array([[b[0], b[1], 0.0, a[0], a[1], a[2]]])


PINK: Sections = signal.tf2sos(
    [0.049922035, -0.095993537, 0.050612699, -0.004408786], [1.0, -2.494956002, 2.017265875, -0.522189400]
)
"""White to pink, -3 dB an octave (J. O. Smith, Spectral Audio Signal Processing)."""


class Noise:
    """Gaussian noise through filter SECTIONS (in series), at unit loudness, in stereo.

    WIDTH 0 is mono, 1 two independent channels (between: correlation 1 - WIDTH).
    """

    def __init__(self, rng: np.random.Generator, *sections: Sections, width: float = 1.0) -> None:
        self._rng = rng
        stacked = np.vstack(sections)
        self._filter = Filter(stacked, 2)
        turn = 0.5 * np.arcsin(np.clip(1.0 - width, 0.0, 1.0))
        scale = 1 / np.sqrt(2 * noise_power(stacked))
        ahead, across = scale * np.cos(turn), scale * np.sin(turn)
        self._matrix = np.array([[ahead, across], [across, ahead]], dtype=np.float32)

    def __call__(self) -> Array:
        """The next hop, (2, HOP)."""
        return self._filter(self._matrix @ self._rng.standard_normal((2, HOP), dtype=np.float32))


class NarrowNoise:
    """A whistle made of noise: a band of BANDWIDTH Hz (below 400) whose centre moves freely, at unit power.

    Noise of the band's shape, made at a low rate, is turned up to the centre by a running phase, so a
    sweep is exact and costs no filter design. WIDTH as in Noise. Not K weighted: the centre moves.
    """

    _EVERY = 24

    def __init__(self, rng: np.random.Generator, bandwidth: float, width: float = 0.5) -> None:
        self._rng = rng
        pole = np.exp(-np.pi * bandwidth * self._EVERY / RATE)
        section = np.array([[1 - pole, 0.0, 0.0, 1.0, -pole, 0.0]])
        self._filter = Filter(np.vstack((section, section)), 4)
        impulse = np.zeros(4000)
        impulse[0] = 1.0
        shape = signal.sosfilt(self._filter.sections, impulse)
        self._gain = 1 / np.sqrt(2 * np.sum(shape**2))
        self._phase = 0.0
        self._shared = np.sqrt(np.clip(1 - width, 0.0, 1.0))
        self._own = np.sqrt(1 - self._shared**2)
        for _ in range(4):
            self._last = self._filter(rng.standard_normal((4, HOP // self._EVERY)))[:, -1]

    def __call__(self, centre: Array) -> Floats:
        """The next hop, (2, HOP), with its CENTRE in Hz, (HOP,)."""
        slow = self._filter(self._rng.standard_normal((4, HOP // self._EVERY)))
        real, imaginary, own_real, own_imaginary = (
            between(float(last), row) for last, row in zip(self._last, slow, strict=True)
        )
        self._last = slow[:, -1]
        phase = self._phase + np.cumsum(centre) * (2 * np.pi / RATE)
        self._phase = float(phase[-1] % (2 * np.pi))
        cosine, sine = np.cos(phase), np.sin(phase)
        left = real * cosine - imaginary * sine
        right = self._shared * left + self._own * (own_real * cosine - own_imaginary * sine)
        return np.asarray(np.stack((left, right)) * self._gain)


def scattered(reach: float) -> Amplitudes:
    """Amplitudes of sources strewn evenly over the ground from 1 to REACH (times the nearest distance):
    1 / r with density proportional to r. Few near ones, many far."""

    def draw(rng: np.random.Generator, count: int) -> Floats:
        return np.asarray(1 / np.sqrt(1 + rng.random(count) * (reach * reach - 1)))

    return draw


def power_law(exponent: float, span_db: float) -> Amplitudes:
    """Amplitudes with density a^-EXPONENT (above 1) over SPAN_DB decibels up to 1: many small, few large."""
    low = from_db(-span_db)
    k = 1 - exponent

    def draw(rng: np.random.Generator, count: int) -> Floats:
        return np.asarray((low**k + rng.random(count) * (1 - low**k)) ** (1 / k))

    return draw


class Grains:
    """A Poisson population of short sounds from a POOL of mono grains, at unit loudness.

    RATE a second, strewn over SPREAD of the stereo width (0..1), their AMPLITUDES drawn anew each time.
    CLUSTER above 0: every grain sets off so many more on average (below 1) within CLUSTER_SECONDS.
    """

    def __init__(
        self,
        rng: np.random.Generator,
        pool: Sequence[Samples],
        rate: float,
        amplitudes: Amplitudes,
        *,
        spread: float = 0.8,
        cluster: float = 0.0,
        cluster_seconds: float = 0.05,
    ) -> None:
        self._rng, self._pool, self._amplitudes, self._spread = rng, list(pool), amplitudes, spread
        self._cluster, self._reach = cluster, max(1, samples(cluster_seconds))
        self._rate = rate * (1 - cluster)
        longest = max(len(grain) for grain in pool)
        self._ahead = np.zeros((2, HOP + longest + (8 * self._reach if cluster else 0)), dtype=np.float32)
        probe = amplitudes(np.random.default_rng(0), 4096)
        power = rate / RATE * float(np.mean(probe**2)) * _mean_energy(self._pool)
        self._gain = 1 / np.sqrt(max(power, 1e-20))

    def __call__(self, density: Array | None = None) -> Array:
        """The next hop, (2, HOP). DENSITY, (STEPS,), multiplies the rate in each 10 ms."""
        shape = np.ones(STEPS) if density is None else density
        counts = self._rng.poisson(self._rate * STEP / RATE * shape)
        starts = np.repeat(np.arange(STEPS) * STEP, counts) + self._rng.integers(0, STEP, int(counts.sum()))
        if self._cluster:
            starts = self._with_children(starts)
        self._place(starts)
        out = self._ahead[:, :HOP].copy()
        self._ahead[:, :-HOP] = self._ahead[:, HOP:]
        self._ahead[:, -HOP:] = 0.0
        return out

    def _with_children(self, parents: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        generations = [parents]
        for _ in range(3):
            parents = np.repeat(parents, self._rng.poisson(self._cluster, len(parents)))
            delay = self._rng.exponential(self._reach / 3, len(parents))
            parents = parents + np.minimum(delay, self._reach * 2).astype(np.int64)
            generations.append(parents)
        return np.concatenate(generations)

    def _place(self, starts: npt.NDArray[np.int64]) -> None:
        count = len(starts)
        which = self._rng.integers(0, len(self._pool), count)
        amplitude = self._amplitudes(self._rng, count) * self._gain
        angle = (1 + self._spread * self._rng.uniform(-1, 1, count)) * (np.pi / 4)
        left = (amplitude * np.cos(angle)).astype(np.float32)
        right = (amplitude * np.sin(angle)).astype(np.float32)
        row_l, row_r = self._ahead
        for start, index, gain_l, gain_r in zip(starts.tolist(), which.tolist(), left, right, strict=True):
            grain = self._pool[index]
            end = start + len(grain)
            row_l[start:end] += gain_l * grain
            row_r[start:end] += gain_r * grain


def _mean_energy(pool: Sequence[Samples]) -> float:
    gap = np.zeros(samples(0.02))
    line = np.concatenate([part for grain in pool for part in (grain, gap)])
    return float(np.sum(k_weighted(line) ** 2)) / len(pool)


class Scene:
    """Long sounds laid into a bed now and then: MAKE gives the next one and the seconds until the one
    after it starts. FIRST is the second at which the first starts."""

    def __init__(self, make: Callable[[], tuple[Samples, float]], first: float) -> None:
        self._make, self._wait = make, samples(first)
        self._ahead = np.zeros((2, HOP), dtype=np.float32)

    def __call__(self) -> Samples:
        """The next hop, (2, HOP)."""
        while self._wait < HOP:
            piece, gap = self._make()
            self._lay(piece, self._wait)
            self._wait += samples(gap)
        self._wait -= HOP
        out = self._ahead[:, :HOP].copy()
        rest = self._ahead[:, HOP:]
        self._ahead = rest.copy() if rest.shape[1] >= HOP else np.zeros((2, HOP), dtype=np.float32)
        if 0 < rest.shape[1] < HOP:
            self._ahead[:, : rest.shape[1]] = rest
        return out

    def _lay(self, piece: Samples, at: int) -> None:
        end = at + piece.shape[-1]
        if end > self._ahead.shape[1]:
            longer = np.zeros((2, end), dtype=np.float32)
            longer[:, : self._ahead.shape[1]] = self._ahead
            self._ahead = longer
        self._ahead[:, at:end] += piece


def warmed(bed: Iterator[Array], hops: int = 1) -> Iterator[Samples]:
    """BED without its first HOPS (filters filling, tails missing), softly limited, float32."""
    for _ in range(hops):
        next(bed)
    for hop in bed:
        yield mono32(soft(hop))
