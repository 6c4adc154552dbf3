"""Doors: slam, open, creak, knock, latch.

- *knock*: a knuckle's contact of 1 to 3 ms on a thin panel, whose bending modes follow
  f ~ h / (a b)-scaled (m^2 + n^2) sums (Fletcher and Rossing, "The Physics of Musical Instruments", ch. 3);
  damped to some 50 to 150 ms by the frame; each knuckle elsewhere, so the modes' mix changes.
- *slam*: latch and stop strike the frame (broadband, panel modes), the room's air gives a low thump of 20 to
  80 ms at 40 to 90 Hz, the leaf rattles (A. Farnell, "Designing Sound", 2010). Onset: the bang.
- *creak*: stick-slip. The hinge sticks until the leaf's torque tears it loose; slips come at some
  10 to 200 a second and excite the leaf's modes (S. Serafin, "The sound of friction", PhD thesis, Stanford
  2004; Farnell ch. 32). Irregular slips groan, regular ones sing at slip rate and harmonics.
- *latch*: spring bolt and plate, pairs of clicks 15 to 90 ms apart through small metal modes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from foleyd.engines.procedural.dsp import (
    blend,
    blend_log,
    contact_pulse,
    filtered,
    mono32,
    overlay,
    ring,
    samples,
)
from foleyd.engines.procedural.sounds.bursts import burst, from_first_sound, grid
from foleyd.engines.procedural.sounds.family import RATE, Family, Samples, Sound, Strike, Trigger, Voice
from foleyd.engines.procedural.sounds.loudness import Floats, at_reference, intensity_db


@dataclass(frozen=True, slots=True)
class _Leaf:
    """A door leaf: LOWEST mode in Hz for a middling door, its T60 in seconds, HARD 0..1 surface,
    DAMPED how much faster high modes die, RATTLE loose parts 0..1."""

    lowest: float
    t60: float
    hard: float
    damped: float
    rattle: float


_LEAVES = {
    "wood": _Leaf(92.0, 0.16, 0.55, 0.75, 0.25),
    "metal": _Leaf(74.0, 0.85, 0.95, 0.35, 0.45),
    "glass": _Leaf(150.0, 0.28, 0.85, 0.5, 0.3),
    "plastic": _Leaf(130.0, 0.10, 0.4, 0.8, 0.3),
    "cardboard": _Leaf(120.0, 0.06, 0.2, 0.9, 0.0),
    "stone": _Leaf(60.0, 0.08, 0.9, 0.6, 0.0),
}


_MATERIALS = frozenset(_LEAVES)


def _leaf(voice: Voice) -> _Leaf:
    return _LEAVES.get(voice.material, _LEAVES["wood"])


def panel_modes(lowest: float, aspect: float, count: int) -> Floats:
    """COUNT bending modes of a supported plate in Hz, ascending: f ~ m^2 + (n ASPECT)^2, first at LOWEST."""
    m, n = np.meshgrid(np.arange(1, 13), np.arange(1, 13))
    shape = np.sort((m**2 + (n * aspect) ** 2).ravel())[:count]
    return np.asarray(lowest * shape / shape[0])


def _detune(voice: Voice, count: int, octaves: float) -> Floats:
    """This very door's deviations from the model, as factors: one for all parts, one for each."""
    own = np.random.default_rng([voice.character, 51])
    return np.asarray(2 ** (own.normal(0, octaves) + own.normal(0, octaves / 2, count)))


def _struck(rng: np.random.Generator, voice: Voice, contact: float, n: int, softness: float = 0.0) -> Floats:
    """The leaf hit somewhere for CONTACT seconds, (n,), peak 1."""
    leaf = _leaf(voice)
    lowest = leaf.lowest * blend_log(2.2, 0.6, voice.size)
    modes = panel_modes(lowest, 0.45, 44) * _detune(voice, 44, 0.05) * 2 ** rng.normal(0, 0.006, 44)
    spot = rng.uniform(0.15, 0.85, 44)
    # A panel radiates its low modes badly: hence the rise, and the high pass below.
    gains = np.abs(np.sin(np.pi * spot)) * (modes / lowest) ** (0.9 - softness)
    t60s = leaf.t60 * (modes / lowest) ** -leaf.damped * rng.uniform(0.8, 1.25, 44)
    body = ring(contact_pulse(contact), n, modes.tolist(), t60s.tolist(), gains.tolist())
    heard = filtered(body, "highpass", 2.2 * lowest, order=1)
    return np.asarray(heard / max(float(np.max(np.abs(heard))), 1e-9))


def _click(rng: np.random.Generator, first: float, t60: float, hard: float) -> Floats:
    """A small metal part hitting another, some 60 ms, peak 1."""
    ratios = (1.0, 1.52, 2.31, 3.4, 4.75)
    modes = [first * ratio * 2 ** rng.normal(0, 0.05) for ratio in ratios]
    gains = [rng.uniform(0.3, 1.0) * ratio ** (hard - 0.8) for ratio in ratios]
    n = samples(max(0.03, 1.3 * t60))
    body = ring(contact_pulse(blend_log(6e-4, 1.2e-4, hard)), n, modes, [t60 / r**0.5 for r in ratios], gains)
    heard = filtered(body, "highpass", 200) + 0.12 * burst(rng, n, 2e-4, 0.012, (2500, 13000)) * hard
    return np.asarray(heard / max(float(np.max(np.abs(heard))), 1e-9))


def _knock(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    leaf = _leaf(voice)
    contact = blend_log(0.0034, 0.0010, 0.35 * strength + 0.4 * leaf.hard + 0.25 * voice.intensity)
    n = samples(max(0.18, 1.4 * leaf.t60))
    out = _struck(rng, voice, contact * rng.uniform(0.9, 1.1), n, softness=0.15)
    edges = blend_log(600, 1200, leaf.hard), blend_log(2500, 9000, strength)
    tap = burst(rng, samples(0.014), 3e-4, 0.012, edges)
    out[: len(tap)] += tap * blend(0.35, 0.8, leaf.hard)
    return Strike(at_reference(out, rng, intensity_db(voice.intensity, 5.0)))


def _latch(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    return Strike(at_reference(_latched(voice, strength, rng), rng, intensity_db(voice.intensity, 4.0)))


def _latched(voice: Voice, strength: float, rng: np.random.Generator) -> Floats:
    n = samples(0.32)
    out = np.zeros(n)
    gap = blend_log(0.085, 0.022, 0.5 * (voice.speed + strength)) * rng.uniform(0.8, 1.25)
    first = blend_log(2600, 1100, voice.size) * float(_detune(voice, 1, 0.2)[0])

    overlay(out, _click(rng, first * 1.15, 0.045, 0.6 + 0.3 * strength) * 0.7, 0)
    overlay(out, _click(rng, first, 0.07, 0.7 + 0.3 * strength), samples(gap))
    overlay(out, _click(rng, first * 0.55, 0.05, 0.4) * 0.5, samples(gap + rng.uniform(0.003, 0.009)))
    thump = _struck(rng, voice, 0.004, samples(0.2), softness=0.5)
    overlay(out, thump * 0.28, samples(gap))
    slide = burst(rng, samples(gap), gap * 0.4, gap * 2.0, (1800, 6500))
    overlay(out, slide * 0.08, samples(0.004))
    return out


def _slam(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    leaf = _leaf(voice)
    force = 0.5 * (strength + voice.intensity)
    seconds = max(0.8, 1.3 * leaf.t60)
    n = samples(seconds)
    out = np.zeros((2, n))
    bang = _struck(rng, voice, blend_log(0.006, 0.0016, force), n, softness=0.3)
    knock = burst(rng, samples(0.09), 4e-4, 0.07, (grid(180), grid(blend_log(2200, 8000, force))))
    middle = np.array([[0.75], [0.75]])
    overlay(out, bang * middle, 0)
    overlay(out, knock * middle * blend(0.6, 1.0, leaf.hard) * blend(0.35, 1.6, force), 0)
    overlay(out, _thump(rng, voice, n) * middle * 0.35, 0)
    for place, late, level in ((0.35, rng.uniform(0.004, 0.011), 0.5), (0.65, rng.uniform(0.012, 0.03), 0.3)):
        again = _struck(rng, voice, 0.0025, samples(0.3), softness=0.2)
        overlay(out, again * np.array([[1 - place], [place]]) * level * 1.4, samples(late))
    latch = _latched(voice, strength, rng)
    overlay(out, latch * middle * 0.1, 0)
    _rattle(rng, out, voice, leaf.rattle * (0.3 + force))
    return Strike(at_reference(_faded_end(out), rng, intensity_db(voice.intensity, 6.0)))


def _thump(rng: np.random.Generator, voice: Voice, n: int) -> Floats:
    """The room's air, pushed: a short low swing that falls in pitch."""
    time = np.arange(n) / RATE
    start = blend_log(95, 52, voice.size) * rng.uniform(0.92, 1.08)
    phase = 2 * np.pi * start * (time - 0.9 * time**2 * (time < 0.5) / 2)
    swing = (
        np.sin(phase) * np.minimum(1, time / 0.006) * np.exp(-time * 6.9 / blend_log(0.12, 0.3, voice.size))
    )
    puff = (
        filtered(rng.standard_normal(n), "lowpass", 220)
        * np.exp(-time * 6.9 / 0.25)
        * np.minimum(1, time / 0.01)
    )
    return np.asarray(swing + puff)


def _rattle(rng: np.random.Generator, out: Floats, voice: Voice, amount: float) -> None:
    """Handle and hinges shake after the blow, ever fainter and faster."""
    late, gap = 0.03, rng.uniform(0.028, 0.05)
    level = 0.35 * amount
    while level > 0.01 and late < 0.5:
        side = rng.uniform(0.3, 0.7)
        grain = _click(rng, blend_log(2400, 1200, voice.size) * rng.uniform(0.85, 1.15), 0.03, 0.5)
        overlay(out, grain * np.array([[1 - side], [side]]) * level, samples(late))
        late += gap * rng.uniform(0.6, 1.3)
        gap *= 0.88
        level *= 0.66


def _faded_end(x: Floats) -> Samples:
    n = x.shape[-1]
    return mono32(x * np.minimum(1.0, np.arange(n, 0, -1) / samples(0.05)))


def _creak(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    seconds = blend_log(2.2, 0.5, 0.6 * voice.speed + 0.4 * strength) * rng.uniform(0.85, 1.15)
    out = from_first_sound(_friction(voice, rng, seconds, strength))
    return Strike(at_reference(out, rng, intensity_db(voice.intensity, 4.0)))


def _friction(voice: Voice, rng: np.random.Generator, seconds: float, strength: float) -> Samples:
    """Stick-slip at a hinge for so long: slips follow the leaf's speed, each rings the leaf and the pin."""
    n = samples(seconds)
    # The hand does not push evenly: the slips race, slow down, and where it lets go the hinge is still.
    corners = 4 + int(5 * seconds)
    push = np.interp(np.linspace(0, 1, n), np.linspace(0, 1, corners), rng.random(corners))
    edge = np.sin(np.pi * np.arange(n) / n) ** 0.4 * np.clip((push - 0.18) / 0.15, 0, 1)
    rate = blend_log(18, 70, voice.speed) * blend_log(1.6, 0.6, voice.size) * 2 ** (2.8 * (push - 0.5))
    times, at = [], 0.0
    uneven = blend(0.05, 0.14, voice.size)
    while at < n - 1:
        times.append(at)
        at += RATE / rate[int(at)] * float(np.clip(rng.normal(1.0, uneven), 0.35, 1.9))
    drive = np.zeros(n)
    where = np.array(times, dtype=int)
    grip = edge[where] * (0.4 + 0.6 * push[where]) / np.sqrt(rate[where] / 40)
    drive[where] = grip * rng.uniform(0.65, 1.0, len(where))
    drive = np.convolve(drive, contact_pulse(blend_log(0.0011, 0.00045, strength)))[:n]
    leaf = _leaf(voice)
    lowest = blend_log(520, 210, voice.size)
    own = np.random.default_rng([voice.character, 52])
    modes = np.concatenate((panel_modes(lowest, 0.7, 10), own.uniform(1700, 4800, 4)))
    modes = modes * _detune(voice, 14, 0.15) * 2 ** rng.normal(0, 0.02, 14)
    t60s = 0.05 * (modes / lowest) ** -0.4 * blend(0.7, 1.6, leaf.hard)
    gains = rng.uniform(0.25, 1.0, 14) * (modes / lowest) ** 0.2
    rung = filtered(ring(drive, n, modes.tolist(), t60s.tolist(), gains.tolist()), "highpass", 110)
    scrape = filtered(rng.standard_normal(n), "bandpass", 1500, 6000, order=1) * edge * push
    mixed = rung / max(float(np.std(rung)), 1e-9) + 0.05 * scrape / max(float(np.std(scrape)), 1e-9)
    ends = np.minimum(np.arange(n) / samples(0.004), np.arange(n, 0, -1) / samples(0.05))
    return mono32(mixed * np.minimum(1.0, ends))


def _open(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    """Handle, then the leaf swings: hinges and air."""
    latch = _latched(voice, strength, rng)
    swing = _friction(voice, rng, blend_log(1.3, 0.45, voice.speed) * rng.uniform(0.85, 1.15), 0.4 * strength)
    start = samples(0.16)
    out = np.zeros((2, start + len(swing)))
    middle = np.array([[0.7], [0.7]])
    overlay(out, latch * middle / max(float(np.max(np.abs(latch))), 1e-9), 0)
    creaky = blend(0.05, 0.2, voice.size) * (1 - 0.5 * voice.speed)
    overlay(out, swing * middle * creaky / max(float(np.std(swing)), 1e-9) * 0.3, start)
    n = len(swing)
    air = filtered(rng.standard_normal((2, n)), "bandpass", 120, 900, order=1)
    overlay(out, air / np.std(air) * np.sin(np.pi * np.arange(n) / n) ** 2 * 0.02 * (1 + voice.size), start)
    return Strike(at_reference(_faded_end(out), rng, intensity_db(voice.intensity, 4.0)))


FAMILY = Family(
    name="doors",
    summary="slams, knocks, latches, creaks, doors opening; drawers and hatches when small",
    sounds=(
        Sound("slam", level=-22.0, strike=_slam, on=Trigger.IMPACT, materials=_MATERIALS),
        Sound("open", level=-30.0, strike=_open, on=Trigger.IMPACT, materials=_MATERIALS),
        Sound("creak", level=-32.0, strike=_creak, on=Trigger.IMPACT, materials=_MATERIALS),
        Sound("knock", level=-26.0, strike=_knock, on=Trigger.IMPACT, materials=_MATERIALS),
        Sound("latch", level=-34.0, strike=_latch, on=Trigger.IMPACT, materials=_MATERIALS),
    ),
)
"""Doors of wood, metal, glass; SIZE from a drawer to a gate."""
