"""Whooshes: something swung or thrown through air.

A thing d metres thick at U m/s sheds vortices at f = 0.2 U / d (Strouhal), a band of noise whose centre
and width follow the speed, its pressure growing as U^3 (R. Selfridge, D. Moffat and J. Reiss, "Sound
synthesis of objects swinging through air using physical models", Applied Sciences 7, 2017). A swung stick
is a row of such sources, slower and lower towards the hand; the speed rises and falls over the stroke;
the band pans with the path. SIZE runs from a wire to a coat, SPEED from lazy to a sword's 50 m/s.
"""

from __future__ import annotations

import numpy as np

from foleyd.engines.procedural.dsp import blend, blend_log, filtered, mono32, samples
from foleyd.engines.procedural.sounds.bursts import grid, swept_noise
from foleyd.engines.procedural.sounds.family import Family, Sound, Strike, Trigger, Voice
from foleyd.engines.procedural.sounds.loudness import Floats, at_reference, intensity_db


def stroke(n: int, peak: int, sharp: float) -> Floats:
    """Speed over a stroke, (n,), 0 to 1 at PEAK and back: raised cosines to a power SHARP."""
    at = np.arange(n)
    side = np.where(at < peak, at / max(1, peak), (n - at) / max(1, n - peak))
    return np.asarray((0.5 - 0.5 * np.cos(np.pi * np.clip(side, 0, 1))) ** sharp)


def _whoosh(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    pace = float(np.clip(0.65 * voice.speed + 0.35 * strength + rng.normal(0, 0.04), 0, 1))
    fastest = blend_log(8.0, 50.0, pace)
    own = 2 ** np.random.default_rng([voice.character, 71]).normal(0.0, 0.2)
    thick = blend_log(0.003, 0.05, voice.size) * float(own) * 2 ** rng.normal(0, 0.08)
    seconds = blend_log(1.1, 0.28, pace) * blend_log(0.75, 1.35, voice.size)
    n = samples(seconds)
    peak = int(n * rng.uniform(0.5, 0.62))
    speed = np.maximum(stroke(n, peak, rng.uniform(0.9, 1.3)), 0.02)
    hand = blend(0.35, 0.7, voice.size)
    sources = 4
    gone = np.cumsum(speed)
    path = (2 * gone / gone[-1] - 1) * rng.uniform(0.45, 0.8) * rng.choice((-1.0, 1.0))
    angle = (1 + path) * np.pi / 4
    body = np.zeros((2, n))
    for reach in np.linspace(hand, 1.0, sources):
        moving = fastest * speed * reach
        centre = np.clip(0.2 * moving / (thick * rng.uniform(0.85, 1.2)), 25, 9000)
        width = np.clip(centre * blend(0.22, 0.7, voice.size), 25, 4000)
        near = angle + rng.uniform(-0.08, 0.08)
        band = swept_noise(rng, centre, width) * (speed * reach) ** 3
        body += band * np.stack((np.cos(near), np.sin(near)))
    wake = _wake(rng, speed, float(0.2 * fastest / thick)) * np.stack((np.cos(angle), np.sin(angle)))
    out = body / np.sqrt(sources) + wake * blend(0.3, 0.7, voice.size)
    out = filtered(out, "highpass", 35, order=1) * np.minimum(1.0, np.arange(n, 0, -1) / samples(0.03))
    return Strike(at_reference(mono32(out), rng, intensity_db(voice.intensity, 4.0)), peak)


def _wake(rng: np.random.Generator, speed: Floats, shedding: float) -> Floats:
    """Turbulence behind the thing, (2, n): bands from its SHEDDING frequency (at full speed) up, the higher
    the more they need speed."""
    wake = np.zeros((2, len(speed)))
    for ratio, power, level in ((0.8, 3.5, 1.0), (2.0, 5.0, 0.6), (5.0, 8.0, 0.4)):
        low = float(np.clip(shedding * ratio, 60, 6000))
        band = filtered(rng.standard_normal((2, len(speed))), "bandpass", grid(low), grid(2.2 * low))
        wake += band * (speed**power * (level / max(float(np.std(band)), 1e-9)))
    return wake


FAMILY = Family(
    name="whooshes",
    summary="swings, swishes and fast passes",
    sounds=(Sound("whoosh", level=-28.0, strike=_whoosh, on=Trigger.SWEEP),),
)
"""Whooshes; the onset is the fastest moment."""
