"""Engines and passing cars: motors from their firings (see :mod:`.motors`), passes with tyres and Doppler.

A pass is a source on a straight line: it is heard at t + r / c, so pitch bends by itself; pressure goes
with 1 / r; the road's reflection runs 2 h h' / r longer and combs the tone; it pans with its bearing.
Tyres outshout the engine from about 40 km/h, in a broad hump round 1 kHz, level with 30 to 35 log v
(U. Sandberg and J. Ejsmont, "Tyre/road noise reference book", 2002); wet roads hiss above 2 kHz.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from foleyd.engines.procedural.dsp import Array, blend, blend_log, butter, filtered, mono32, samples
from foleyd.engines.procedural.sounds.bursts import grid
from foleyd.engines.procedural.sounds.family import (
    HOP,
    RATE,
    Activity,
    Family,
    Samples,
    Sound,
    Strike,
    Trigger,
    Voice,
)
from foleyd.engines.procedural.sounds.layers import PINK, Drift, Noise, Scene, swell, warmed
from foleyd.engines.procedural.sounds.loudness import (
    Floats,
    at_reference,
    bed_gain,
    intensity_db,
    mix_gains,
    soft,
)
from foleyd.engines.procedural.sounds.motors import CAR, SINGLE, TRUCK, TWIN, Motor, Running

_SOUND = 343.0
_TAPS = ((0.0031, 0.0079, 0.0127), (0.0043, 0.0097, 0.0151))
"""Seconds after which the ground and walls answer, left and right."""


def _motor(voice: Voice) -> Motor:
    kind = voice.tool or voice.sound
    if kind == "truck" or (kind == "pass" and voice.size > 0.75):
        return TRUCK
    if kind == "motorcycle":
        return TWIN if voice.size > 0.35 else SINGLE
    return CAR


def _running(voice: Voice, _activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    motor = _motor(voice)
    load = 0.5 * (voice.intensity + voice.speed)
    rpm = motor.rpm(voice.speed) * blend_log(1.15, 0.87, voice.size)
    engine = Running(rng, motor, rpm, load=load, unsteady=0.006 + 0.05 * max(0.0, voice.speed - 0.4))
    space = _Around()
    air = Noise(rng, PINK, butter("bandpass", 200, 5000, order=1))
    roll = Drift(rng.spawn(1)[0], (0.3, 2.0))
    gains = mix_gains(0.0, blend(-16.0, -9.0, voice.speed))
    level = bed_gain(intensity_db(voice.intensity, 5.0) + 1.0)

    def hops() -> Iterator[Array]:
        while True:
            yield (space(engine()) * gains[0] + air() * (swell(roll(), 1.0) * gains[1])) * level

    return warmed(hops(), 2)


class _Around:
    """A mono source with its nearest reflections, (2, HOP): wide enough to sit in a place, the same power."""

    def __init__(self) -> None:
        self._memory = np.zeros(samples(0.02))

    def __call__(self, mono: Floats) -> Floats:
        line = np.concatenate((self._memory, mono))
        self._memory = line[-len(self._memory) :]
        rows = []
        for taps in _TAPS:
            row = mono * 0.82
            for seconds, gain in zip(taps, (0.42, 0.32, 0.24), strict=True):
                start = len(self._memory) - samples(seconds)
                row = row + gain * line[start : start + HOP]
            rows.append(row)
        return np.stack(rows)


def _pass(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    speed = blend_log(6.0, 34.0, voice.speed) * 2 ** rng.normal(0, 0.08)
    near = blend_log(3.0, 25.0, voice.distance) * 2 ** rng.normal(0, 0.1)
    before = float(np.clip(7 * near / speed, 1.2, 3.0))
    after = float(np.clip(9 * near / speed, 1.5, 3.8))
    lead = before + 40 * near / _SOUND / 8
    emitted = np.arange(-samples(lead), samples(after)) / RATE
    place = speed * emitted
    reach = np.sqrt(near * near + place * place)
    heard = emitted + (reach - near) / _SOUND
    clock = np.arange(-samples(before), samples(after) - samples(0.3)) / RATE
    when = np.interp(clock, heard, emitted)
    source = _emission(voice, strength, rng, speed, len(emitted))
    far = np.interp(when, emitted, reach)
    at = (when + lead) * RATE
    echo = at - (2 * 0.45 * 1.5 / far) / _SOUND * RATE
    bright = np.exp(-(far - near) / 60.0)
    wave = _at(source, at) + 0.55 * _at(source, echo)
    shade = filtered(wave, "lowpass", 1400, order=1)
    mono = (shade + (wave - shade) * bright) * (near / far)
    direction = rng.choice((-1.0, 1.0))
    angle = (1 + 0.8 * direction * speed * when / far) * np.pi / 4
    out = np.stack((mono * np.cos(angle), mono * np.sin(angle)))
    left_over = np.arange(len(clock), 0, -1)
    fade = np.minimum(1.0, np.minimum(np.arange(len(clock)) / samples(0.6), left_over / samples(0.8)))
    out *= np.sin(fade * np.pi / 2) ** 2
    return Strike(at_reference(out, rng, intensity_db(voice.intensity, 4.0)), samples(before))


def _at(line: Array, place: Array) -> Floats:
    """LINE read between its samples by four-point Hermite interpolation."""
    index = np.clip(place.astype(np.int64), 1, len(line) - 3)
    t = place - index
    y0, y1, y2, y3 = (line[index + k] for k in (-1, 0, 1, 2))
    c1, c2, c3 = 0.5 * (y2 - y0), y0 - 2.5 * y1 + 2 * y2 - 0.5 * y3, 0.5 * (y3 - y0) + 1.5 * (y1 - y2)
    return np.asarray(((c3 * t + c2) * t + c1) * t + y1, dtype=np.float64)


def _emission(voice: Voice, strength: float, rng: np.random.Generator, speed: float, n: int) -> Floats:
    """What the vehicle sends out, mono, (n,): engine and tyres."""
    motor = _motor(voice)
    gear = {CAR: 95.0, TRUCK: 70.0, TWIN: 150.0, SINGLE: 280.0}[motor]
    rpm = float(np.clip(speed * gear, motor.idle * 1.5, motor.top * 0.9))
    engine = Running(rng, motor, rpm, load=0.5 + 0.5 * strength, unsteady=0.004)
    tone = np.concatenate([engine() for _ in range(-(-n // HOP))])[:n]
    hump = filtered(rng.standard_normal(n), "bandpass", 480, 1900, order=1)
    low = filtered(rng.standard_normal(n), "bandpass", 70, 350, order=1)
    tyres = hump / np.std(hump) + 0.5 * low / np.std(low)
    hiss = filtered(rng.standard_normal(n), "bandpass", 2500, 9000, order=1)
    wheels = 20 * np.log10(speed / 11.0) * 1.0 + {CAR: 2.0, TRUCK: 0.0, TWIN: -12.0, SINGLE: -12.0}[motor]
    parts = (tone, tyres * 0.6, hiss / np.std(hiss) * 0.6)
    gains = mix_gains(0.0, wheels, wheels - 14 + 17 * voice.wetness)
    return np.asarray(sum((part * gain for part, gain in zip(parts, gains, strict=True)), start=np.zeros(n)))


def _passes(voice: Voice, _activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    pass_rng, first_rng, noise_rng = rng.spawn(3)
    pause = blend_log(8.0, 3.0, voice.intensity)

    def vehicle() -> tuple[Samples, float]:
        other = replace(voice, speed=float(np.clip(voice.speed + pass_rng.normal(0, 0.06), 0, 1)))
        heard = _pass(other, float(pass_rng.uniform(0.3, 1)), pass_rng).samples
        return heard, float(pause * pass_rng.uniform(0.6, 1.6))

    road = Scene(vehicle, float(first_rng.uniform(0.0, 0.3)))
    wash = Noise(noise_rng, PINK, butter("bandpass", 60, grid(900), order=1))
    drift = Drift(noise_rng, (1.0, 4.0))
    floor = bed_gain(-19.0)
    trim = np.float32(10 ** ((blend(7.0, 3.5, voice.intensity) - 3 * voice.distance) / 20))
    while True:
        yield mono32(soft(road() * trim + wash() * (swell(drift(), 2.0) * floor)))


FAMILY = Family(
    name="engines",
    summary="cars, trucks and motorcycles, idling, running, passing",
    sounds=(
        Sound("car", level=-32.0, bed=_running),
        Sound("truck", level=-30.0, bed=_running),
        Sound("motorcycle", level=-30.0, bed=_running),
        Sound("pass", level=-26.0, strike=_pass, on=Trigger.SWEEP, bed=_passes, sparse=True),
    ),
)
"""Engines: SPEED from idle to full revs (a pass: 20 to 120 km/h), SIZE large runs slower and lower. A pass's
TOOL may be "truck" or "motorcycle"; its onset is the moment it is nearest."""
