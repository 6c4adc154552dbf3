"""Breaks and debris: something shatters, its pieces scatter, fall and come to rest.

A break is a crack (a short broadband burst and the whole's own modes, cut off as it falls apart),
then its shards: many small modal bodies, their sizes by a power law, that ring as they part and
again as they hit the ground. Their collisions thin out exponentially, as in PhISEM. Sources:
P. R. Cook, "Physically informed sonic modeling", Computer Music Journal 21(3), 1997; C. Zheng and
D. L. James, "Rigid-body fracture sound with precomputed soundbanks", SIGGRAPH 2010.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from foleyd.engines.procedural import dsp
from foleyd.engines.procedural.levels import calibrated
from foleyd.engines.procedural.sounds.family import (
    RATE,
    Family,
    Samples,
    Sound,
    Strike,
    Trigger,
    Voice,
)
from foleyd.engines.procedural.sounds.solids import body, solid, struck

_POOL = 28


@dataclass(frozen=True, slots=True)
class Break:
    """How a material falls apart: SHARDS of a middling break, SMALLEST and LARGEST size (0..1 of the
    solid's own), FALL seconds until they land, TAIL seconds (T60) of the scatter, CRACK level, RUMBLE
    level of heavy pieces."""

    shards: int
    smallest: float
    largest: float
    fall: float
    tail: float
    crack: float
    rumble: float


BREAKS: dict[str, Break] = {
    "glass": Break(90, -0.55, 0.45, 0.34, 1.3, 0.9, 0.0),
    "ceramic": Break(55, -0.35, 0.5, 0.30, 1.0, 0.9, 0.05),
    "wood": Break(26, -0.3, 0.7, 0.22, 0.7, 1.4, 0.15),
    "stone": Break(45, -0.2, 0.9, 0.30, 1.5, 0.8, 0.7),
    "plastic": Break(28, -0.3, 0.6, 0.25, 0.8, 1.1, 0.0),
    "metal": Break(16, 0.0, 0.8, 0.30, 1.4, 0.5, 0.2),
}
_NEAREST = {"": "glass", "ice": "glass", "concrete": "stone", "tile": "ceramic", "gravel": "stone"}
_MATERIALS = frozenset(BREAKS) | frozenset(_NEAREST)


def _break_of(material: str, default: str) -> tuple[str, Break]:
    name = material if material in BREAKS else _NEAREST.get(material, default) if material else default
    return name, BREAKS[name]


@lru_cache(maxsize=16)
def _shards(material: str, size: float, character: int) -> tuple[Samples, ...]:
    """The pieces of one thing, each as it sounds when it hits something: short rings."""
    kind, rng = solid(material), np.random.default_rng([character, 31, len(material)])
    made = BREAKS[material]
    pieces = []
    for share in np.linspace(0.0, 1.0, _POOL) ** 0.6:
        piece_size = made.smallest + (made.largest - made.smallest) * (1 - share) * dsp.blend(0.7, 1.1, size)
        piece = body(kind, float(piece_size), rng)
        n = dsp.samples(min(0.5, 0.02 + float(piece.t60s.max())))
        sound = struck(piece, 0.00012 * kind.softness * dsp.blend(1.0, 2.0, 1 - share), n, rng)
        sound /= max(float(np.abs(sound).max()), 1e-9)
        pieces.append(dsp.faded(dsp.mono32(sound * dsp.blend(1.0, 0.4, float(share))), 4, n // 4))
    return tuple(pieces)


def _scatter(
    out: Samples,
    pool: tuple[Samples, ...],
    times: npt.NDArray[np.float64],
    force: npt.NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    """Adds a shard at each of TIMES (s) with its FORCE, anywhere between the ears."""
    chosen = rng.integers(0, len(pool), len(times))
    for index, time, level, side in zip(
        chosen, times, force, rng.uniform(-0.8, 0.8, len(times)), strict=True
    ):
        left, right = dsp.pan_gains(float(side))
        piece = pool[index] * np.float32(level)
        at = dsp.samples(float(time))
        dsp.overlay(out[0], piece * np.float32(left), at)
        dsp.overlay(out[1], piece * np.float32(right), at)


def _forces(rng: np.random.Generator, times: npt.NDArray[np.float64], t60: float) -> npt.NDArray[np.float64]:
    """Collision forces: log-normal, dying out with T60 seconds."""
    return np.asarray(np.exp(rng.normal(-0.6, 0.6, len(times))) * 10.0 ** (-3.0 * times / (2 * t60)))


def _shatter(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    material, made = _break_of(voice.material, "glass")
    effort = 0.5 * strength + 0.5 * voice.intensity
    count = max(4, round(made.shards * dsp.blend_log(0.4, 2.0, voice.size) * dsp.blend(0.6, 1.3, effort)))
    tail = made.tail * dsp.blend_log(0.6, 1.5, voice.size)
    out = np.zeros((2, dsp.samples(made.fall + 1.1 * tail + 0.3)), dtype=np.float32)
    pool = _shards(material, voice.size, voice.character)
    parting = rng.exponential(0.035, count)
    _scatter(out, pool, parting, 0.8 * _forces(rng, parting, 0.4), rng)
    landing = made.fall * rng.normal(1.0, 0.12) + rng.exponential(tail / 4.5, round(0.8 * count))
    _scatter(out, pool, landing, 0.5 * _forces(rng, landing, tail), rng)
    out += _crack(material, effort, out.shape[1], rng, size=voice.size)
    out *= np.float32(dsp.from_db(8.0 * (voice.intensity - 0.5)))
    return Strike(dsp.faded(out, 0, out.shape[1] // 4))


def _crack(material: str, effort: float, n: int, rng: np.random.Generator, *, size: float) -> Samples:
    """The moment of breaking: a burst, the whole's modes cut short, in wood a few more snaps."""
    made = BREAKS[material]
    length = min(n, dsp.samples(0.12))
    burst = dsp.white(rng, 2, length) * dsp.decay(length, dsp.blend(0.03, 0.06, effort))
    whole = struck(body(solid(material), 0.5 + 0.4 * size, rng), 0.0006, length, rng)
    whole *= dsp.decay(length, 0.09) / max(float(np.abs(whole).max()), 1e-9)
    crack = dsp.filtered(burst, "bandpass", 500.0, 11_000.0, order=1) + 0.8 * whole
    thud = dsp.ring(dsp.contact_pulse(0.004), length, [75.0, 130.0], [0.15, 0.1], [1.0, 0.6])
    out = np.zeros((2, n), dtype=np.float32)
    out[:, :length] = made.crack * crack + made.rumble * 2.0 * thud
    if material == "wood":
        snaps = np.sort(rng.exponential(0.05, 9))
        impulses = np.zeros(length)
        impulses[np.minimum((snaps * RATE).astype(int), length - 1)] = rng.uniform(0.3, 1.0, 9)
        out[:, :length] += dsp.filtered(dsp.sparks(impulses, rng, 0.012), "bandpass", 600.0, 7000.0, order=1)
    return out


def _debris(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    material, made = _break_of(voice.material, "stone")
    effort = 0.5 * strength + 0.5 * voice.intensity
    pieces = 1.6 * made.shards * dsp.blend_log(0.4, 2.5, voice.size)
    count = max(8, round(pieces * dsp.blend(0.6, 1.3, effort)))
    tail = 1.3 * made.tail * dsp.blend_log(0.6, 1.6, voice.size)
    out = np.zeros((2, dsp.samples(1.3 * tail + 0.4)), dtype=np.float32)
    times = rng.gamma(1.6, tail / 7.0, count)
    times -= times.min()
    _scatter(out, _shards(material, voice.size, voice.character), times, _forces(rng, times, 1.2 * tail), rng)
    n = out.shape[1]
    dust = dsp.white(rng, 2, n) * np.asarray(_swell(n, 0.12, tail)) * np.float32(0.10)
    out += dsp.filtered(dust, "bandpass", 300.0, 5000.0, order=1)
    if made.rumble:
        impulses = dsp.collisions(rng, _swell(n, 0.08, tail), 60.0, 1.5)
        low = dsp.ring(impulses, n, [58.0, 91.0, 140.0], [0.15, 0.12, 0.1], [1.0, 0.8, 0.6])
        out += dsp.mono32(made.rumble * 0.5 * low)
    out *= np.float32(dsp.from_db(8.0 * (voice.intensity - 0.5)))
    return Strike(dsp.faded(out, 0, n // 3))


def _swell(n: int, rise: float, t60: float) -> Samples:
    """A quick rise over RISE seconds, then a fall of 60 dB in T60."""
    return dsp.decay(n, t60) * np.minimum(1.0, np.arange(1, n + 1, dtype=np.float32) / dsp.samples(rise))


def shatter(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    """The voice's thing breaks; stereo, the crack at sample 0."""
    return calibrated(_shatter, voice, strength, rng)


def debris(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    """Pieces come down and settle; stereo, the first one at sample 0 or 1."""
    return calibrated(_debris, voice, strength, rng)


FAMILY = Family(
    "breaks",
    "breaking glass, ceramic, wood, stone, plastic or metal, and falling debris",
    (
        Sound("shatter", level=-23.0, strike=shatter, on=Trigger.IMPACT, materials=_MATERIALS),
        Sound("debris", level=-26.0, strike=debris, on=Trigger.IMPACT, materials=_MATERIALS),
    ),
)
