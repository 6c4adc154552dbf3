"""Cloth: clothes that rub and crumple as somebody moves.

Two layers, as S. An, D. James and S. Marschner part them ("Motion-driven concatenative synthesis of
cloth sounds", SIGGRAPH 2012): friction, noise shaped by the weave whose level follows the sliding
speed, and crumpling, sparse clicks of folds that buckle (crumpling noise has a power law of
energies: E. Kramer and A. Lobkovsky, "Universal power law in the noise from a crumpled elastic
sheet", Phys. Rev. E 53, 1996). Both follow the picture's motion; a still is silent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foleyd.engines.procedural import dsp
from foleyd.engines.procedural.sounds.family import HOP, RATE, Activity, Family, Samples, Sound, Voice


@dataclass(frozen=True, slots=True)
class Weave:
    """A material: friction noise between LOW and HIGH Hz, its share FRICTION; CLICKS a second at full
    activity, each T60 seconds long between CLICK_LOW and CLICK_HIGH Hz, their share CRUMPLE; SWAY,
    how unevenly it rubs, 0..1; GAIN that brings it to the reference level at full activity."""

    low: float
    high: float
    friction: float
    clicks: float
    t60: float
    click_low: float
    click_high: float
    crumple: float
    sway: float
    gain: float


WEAVES: dict[str, Weave] = {
    "cotton": Weave(500, 3800, 1.0, 60, 0.006, 700, 3500, 0.5, 0.8, 0.0977),
    "silk": Weave(1800, 9000, 1.0, 50, 0.003, 2500, 9000, 0.35, 0.7, 0.0631),
    "nylon": Weave(2200, 10000, 0.8, 220, 0.003, 2500, 11000, 1.0, 0.9, 0.0804),
    "leather": Weave(250, 2200, 0.7, 70, 0.010, 350, 2600, 1.0, 0.8, 0.1778),
    "paper": Weave(1500, 9000, 0.5, 160, 0.005, 1200, 9000, 1.4, 1.0, 0.1216),
}
"""By material; cotton when none is named or it is not known here."""

_BLOCK = 240


def rustle(voice: Voice, activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    """Cloth of the voice's material moving with ACTIVITY; (2, HOP) hops, silent where nothing moves."""
    weave = WEAVES.get(voice.material, WEAVES["cotton"])
    rub = dsp.Filter(dsp.butter("bandpass", weave.low, weave.high, order=1))
    crackle = dsp.Filter(dsp.butter("bandpass", weave.click_low, weave.click_high, order=1))
    ring = dsp.Recursion(np.array([1.0]), np.array([1.0, -np.exp(-np.log(1000.0) / (weave.t60 * RATE))]))
    sway = _Sway(rng, dsp.blend_log(2.5, 9.0, voice.speed))
    gain = weave.gain * dsp.from_db(12.0 * (voice.intensity - 0.5))
    number = 0
    while True:
        moving = activity(number)
        level = moving * (1.0 - weave.sway + weave.sway * sway.hop())
        friction = rub(dsp.white(rng, 2, HOP)) * (weave.friction * level)
        folds = ring(_folds(rng, level * (weave.clicks / RATE))) * dsp.white(rng, 2, HOP)
        yield dsp.mono32((friction + weave.crumple * crackle(folds)) * gain)
        number += 1


def _folds(rng: np.random.Generator, chance: dsp.Array) -> npt.NDArray[np.float64]:
    """Impulses in either ear, with energies by a power law (exponent -1.5, cut at 24 dB)."""
    out = np.zeros((2, HOP))
    where = np.flatnonzero(rng.random(HOP, dtype=np.float32) < chance)
    force = np.minimum(0.18 * (1.0 - rng.random(len(where))) ** -1.0, 3.0)
    side = rng.uniform(0.2, 0.8, len(where)) * np.pi / 2
    out[0, where], out[1, where] = force * np.cos(side), force * np.sin(side)
    return out


class _Sway:
    """Uneven rubbing: a slow random level, mean about 0.5, of RATE_HZ bandwidth, one for both ears."""

    def __init__(self, rng: np.random.Generator, rate_hz: float) -> None:
        self._rng = np.random.default_rng(rng.integers(0, 2**63))
        self._filter = dsp.Recursion(*_smoothing(rate_hz), channels=1)
        self._last = 0.5

    def hop(self) -> Samples:
        steps = HOP // _BLOCK
        walk = self._filter(self._rng.standard_normal((1, steps)))[0]
        levels = np.concatenate(([self._last], np.clip(0.5 + 0.45 * walk, 0.0, 1.4) ** 1.5))
        self._last = float(levels[-1])
        return np.interp(np.arange(HOP) / _BLOCK, np.arange(steps + 1), levels).astype(np.float32)


def _smoothing(rate_hz: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """One pole at RATE_HZ for steps of _BLOCK samples, keeping standard deviation 1."""
    pole = float(np.exp(-2 * np.pi * rate_hz * _BLOCK / RATE))
    return np.array([np.sqrt(1 - pole * pole)]), np.array([1.0, -pole])


FAMILY = Family(
    "cloth",
    "cloth (cotton, silk, nylon, leather, paper) that rustles with the motion",
    (Sound("rustle", level=-38.0, bed=rustle, moved=True, materials=frozenset({*WEAVES, "cloth"})),),
)
