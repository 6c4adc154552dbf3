"""Footsteps: a shoe on a ground, heel then ball, every step another.

The step's force has two humps, heel strike and push-off (ground reaction force; A. Farnell,
"Designing Sound", 2010, ch. "Footsteps"). On solid ground each hump excites modes (F. Fontana
and R. Bresin, "Physics-based sound synthesis and control: crushing, walking and running by
crumpling sounds", 2003; R. Nordahl, S. Serafin, L. Turchet, "Sound synthesis and evaluation of
interactive footsteps", VR 2010). On loose ground the force crushes it: PhISEM collisions whose
density follows the force, through the ground's resonances (P. R. Cook, "Modeling Bill's gait", AES
22nd Conf., 2002).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from foleyd.engines.procedural import dsp
from foleyd.engines.procedural.levels import calibrated
from foleyd.engines.procedural.sounds.family import RATE, Family, Sound, Strike, Trigger, Voice
from foleyd.engines.procedural.sounds.grounds import MATERIALS, SHOES, SPLASH, Grains, Ground, Shoe, ground_of

Mono = npt.NDArray[np.float64]


_ROLL = 0.7
"""Force of the roll from heel to ball against the heel's."""


@lru_cache(maxsize=64)
def _detune(character: int, modes: int) -> npt.NDArray[np.float64]:
    """Factors by which this place's modes differ from the book's."""
    return np.asarray(2.0 ** (np.random.default_rng([character, 7]).normal(0.0, 120.0, modes) / 1200.0))


def _force(n: int, ball_at: int, heel: float, ball: float, spread: float) -> Mono:
    """The foot's force on loose ground: two humps, N samples, about 0..1.

    Between them the foot rolls over: the ground never bears less than some two thirds of it.
    """
    time = np.arange(n) / RATE
    force = heel * _hump(time, 0.003, 0.035 * spread**0.5)
    force += _ROLL * heel * _hump(time, 0.5 * ball_at / RATE, 0.5 * ball_at / RATE)
    force[ball_at:] += ball * _hump(time[: n - ball_at], 0.012, 0.045 * spread**0.5)
    return force


def _hump(time: Mono, rise: float, fall: float) -> Mono:
    """A pulse that rises and falls exponentially with these time constants (s), height about 1."""
    return np.asarray((1.0 - np.exp(-time / rise)) * np.exp(-time / fall) * (1.0 + rise / fall))


def _step(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    ground = ground_of(voice.material)
    shoe = SHOES.get(voice.tool, SHOES["shoes"])
    effort = 0.5 * strength + 0.5 * voice.intensity
    gap = dsp.blend_log(0.11, 0.045, voice.speed) * float(np.exp(rng.normal(0.0, 0.12)))
    spread = max((grains.spread for grains in ground.grains), default=1.0)
    n = dsp.samples(gap + 0.22 + 0.10 * spread + (0.35 if voice.material == "metal" else 0.0))
    ball_at = dsp.samples(gap)
    heel = 1.0 * float(np.exp(rng.normal(0.0, 0.12)))
    ball = shoe.ball * dsp.blend(0.8, 1.3, voice.speed) * float(np.exp(rng.normal(0.0, 0.2)))
    out = np.zeros(n)
    for at, share, tilt in ((0, heel, 1.0), (ball_at, ball, 1.7)):
        contact = _contact(ground, shoe, effort) * tilt * float(np.exp(rng.normal(0.0, 0.15)))
        dsp.overlay(out, share * _knock(ground, shoe, contact, n - at, rng=rng, voice=voice), at)
    force = _force(n, ball_at, heel, ball, spread)
    out += _loose(ground, voice, effort, force, rng)
    out += shoe.scuff * dsp.blend(1.0, 0.5, effort) * _scuff(ground, force, rng)
    if ground.suction:
        dsp.overlay(out, 0.35 * ground.suction * _suck(rng, dsp.samples(0.2)), ball_at + dsp.samples(0.02))
    out *= dsp.from_db(10.0 * (voice.intensity - 0.5))
    return Strike(dsp.faded(dsp.mono32(dsp.filtered(out, "highpass", 30.0, order=1)), 0, n // 4))


def _contact(ground: Ground, shoe: Shoe, effort: float) -> float:
    """Seconds that the sole takes to land: shorter for hard soles, hard ground and harder steps."""
    softening = dsp.blend_log(3.0, 1.0, ground.hardness)
    return shoe.contact * softening * dsp.blend_log(1.6, 0.7, effort)


def _knock(
    ground: Ground, shoe: Shoe, contact: float, n: int, *, rng: np.random.Generator, voice: Voice
) -> Mono:
    """One hump of the step on the ground's solid part: its modes, the thud, the sole's click."""
    detune = _detune(voice.character, len(ground.modes)) * 2.0 ** (rng.normal(0.0, 25.0) / 1200.0)
    place = rng.uniform(0.6, 1.3, len(ground.modes))
    weight = 0.55 * shoe.weight * dsp.blend(0.7, 1.3, voice.size)
    modes = [
        (hz * detune[i], t60, gain * place[i] * (weight if hz < 200 else 1.0))
        for i, (hz, t60, gain) in enumerate(ground.modes)
    ]
    out = dsp.ring(dsp.contact_pulse(contact), n, *(list(column) for column in zip(*modes, strict=True)))
    length = min(n, dsp.samples(0.04))
    burst = dsp.white(rng, length) * dsp.decay(length, 0.018 + 3 * contact)
    rise = min(length, max(4, dsp.samples(contact / 2)))
    burst[:rise] *= np.linspace(0.0, 1.0, rise, dtype=np.float32)
    edge = min(
        14_000.0, dsp.vary(rng, shoe.hz * dsp.blend(0.35, 1.0, ground.hardness), 150.0) * 0.0015 / contact
    )
    out[:length] += shoe.click * dsp.blend(0.12, 0.38, ground.hardness) * dsp.filtered(burst, "lowpass", edge)
    return out


def _loose(ground: Ground, voice: Voice, effort: float, force: Mono, rng: np.random.Generator) -> Mono:
    """The ground's grains crushed by FORCE, wetter ones duller and with water in them."""
    out = np.zeros(len(force))
    dry = 1.0 - 0.35 * voice.wetness
    for grains in ground.grains:
        energy = np.clip(force, 0.0, None) ** (2.0 / grains.spread) * dsp.blend(0.6, 1.2, effort)
        out += dry * _crushed(
            grains, energy, dsp.blend(0.85, 1.2, effort) * (1.0 - 0.25 * voice.wetness), rng
        )
    if voice.wetness > 0.0:
        out += voice.wetness * _crushed(SPLASH, np.clip(force, 0.0, None), 1.0, rng)
    return out


def _crushed(grains: Grains, energy: Mono, bright: float, rng: np.random.Generator) -> Mono:
    """Grains under ENERGY: late ones are fewer but above all weaker, so that a step stays one event."""
    impulses = dsp.collisions(rng, np.sqrt(energy), grains.rate, grains.sharpness) * energy**0.6
    bursts = dsp.sparks(impulses, rng, grains.t60)
    band = dsp.filtered(bursts, "bandpass", grains.low * bright, min(grains.high * bright, 18_000.0), order=1)
    return np.asarray(1.6 * grains.gain * band)


def _scuff(ground: Ground, force: Mono, rng: np.random.Generator) -> Mono:
    """The sole dragging: noise that follows the force, darker on soft ground."""
    noise = dsp.white(rng, len(force)) * np.sqrt(np.clip(force, 0.0, None)) * 0.12
    high = dsp.blend(2500.0, 7000.0, ground.hardness)
    return np.asarray(dsp.filtered(noise, "bandpass", 700.0, high, order=1))


def _suck(rng: np.random.Generator, n: int) -> Mono:
    """Mud letting go of the foot: a narrow band of noise whose pitch rises as the hole fills."""
    time = np.linspace(0.0, 1.0, n)
    low, high = dsp.vary(rng, 280.0, 200.0), dsp.vary(rng, 900.0, 200.0)
    phase = 2 * np.pi * np.cumsum(low * (high / low) ** time) / RATE
    rough = dsp.filtered(dsp.white(rng, n), "lowpass", 180.0, order=1)
    rough /= max(float(np.std(rough)), 1e-9)
    return np.asarray(0.35 * np.sin(phase) * rough * np.sin(np.pi * time) ** 2)


def step(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    """One step of the voice's shoe (tool) on its ground (material); mono, the heel at sample 0."""
    return calibrated(_step, voice, strength, rng, offset=ground_of(voice.material).offset)


FAMILY = Family(
    "footsteps",
    "footsteps (boots, heels, shoes, sneakers, slippers, barefoot, hooves) on gravel, concrete, wood, grass, "
    "snow, sand, mud, leaves, metal, tile, stone, ice, carpet, dirt or water",
    (Sound("step", level=-25.0, strike=step, on=Trigger.CONTACT, materials=MATERIALS),),
)
