"""Wind and thunder.

Wind makes no sound by itself: edges do. A wire or edge of d metres sheds vortices at
f = 0.2 U / d (Strouhal, 1878), a whistle whose pitch follows the gusts; big obstacles give broad
low noise; dipoles radiate with U^6 (Curle, Proc. R. Soc. A 231, 1955), so gusts of 20 % are 5 dB.
The speed U wanders on scales from 0.4 to 25 s with nearly equal power (gust spectra fall slowly up
to the shear scale: Kaimal et al., QJRMS 98, 1972). Leaves are grains: small slaps whose rate follows U
with a lag (O. Fegeant, "Wind-induced vegetation noise", Acustica 85, 1999). Layers as in A. Farnell,
"Designing Sound", ch. 41 (2010).

*wind* on MATERIAL "" open land, "leaves" or "grass" foliage, "metal" wires, "wood" or "glass" a house; SPEED
above a half brings the howl. *thunder*: strokes now and then (see :mod:`.thunder`) over a far roll.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from foleyd.engines.procedural.dsp import Array, blend, blend_log, butter, mono32
from foleyd.engines.procedural.sounds.bubbles import tick
from foleyd.engines.procedural.sounds.family import Activity, Family, Samples, Sound, Voice
from foleyd.engines.procedural.sounds.layers import (
    PINK,
    Drift,
    Grains,
    NarrowNoise,
    Noise,
    Scene,
    power_law,
    swell,
    warmed,
)
from foleyd.engines.procedural.sounds.loudness import (
    Floats,
    at_reference,
    bed_gain,
    intensity_db,
    mix_gains,
    soft,
)
from foleyd.engines.procedural.sounds.thunder import tamed, thunder

_FOLIAGE = {"leaves": 1.0, "grass": 0.8, "cloth": 0.5, "paper": 0.8}
"""Share of rustle for what the wind moves."""
_WHISTLES = {
    "metal": (0.0030, 0.0044, 0.0068),
    "wood": (0.0040, 0.0062, 0.0088),
    "glass": (0.0030, 0.0043, 0.0062),
    "": (0.0032, 0.0054),
}
"""Sizes in metres of the edges and gaps that sing."""
_OPEN = {"sand", "snow", "ice", "water", "dirt", "mud", "gravel", "stone", "concrete", "roof"}
"""What wind sweeps over as over open land."""
_MATERIALS = frozenset(_FOLIAGE) | frozenset(_WHISTLES) | _OPEN


def wind_speed(intensity: float) -> float:
    """Mean speed in m/s: a breeze to a gale."""
    return blend_log(3.0, 20.0, intensity)


def _wind(voice: Voice, _activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    mean = wind_speed(voice.intensity)
    gusts = Drift(rng.spawn(1)[0], (0.4, 1.6, 6.0, 25.0), (0.7, 1.0, 0.9, 0.45))
    turbulence = blend(0.13, 0.2, voice.intensity)
    foliage = _FOLIAGE.get(voice.material, 0.0)
    rumble = Noise(rng, butter("bandpass", 35, 160), width=0.7)
    rush = Noise(rng, PINK, butter("bandpass", 150, blend_log(700, 1400, voice.intensity), order=1))
    air = Noise(rng, butter("bandpass", 700, blend_log(2500, 5000, voice.intensity), order=1))
    house = 0.35 if voice.material in {"metal", "wood", "glass"} else 0.0
    howl = float(np.clip(2 * (voice.speed - 0.5) + house, 0, 1))
    edges = _edges(voice) if howl > 0.01 else []
    whistles = [_Whistle(child, size, voice) for child, size in zip(rng.spawn(3), edges, strict=False)]
    leaves = _Leaves(rng.spawn(1)[0], voice) if foliage else None
    gains = mix_gains(
        -3.0 - 4 * foliage,
        -7 * foliage,
        -9.0 - 4 * voice.distance,
        -30.0 + 33 * howl**0.5,
        -60 + 62 * foliage**0.3,
    )
    level = bed_gain(intensity_db(voice.intensity, 6.0) - 1.0)

    def hops() -> Iterator[Array]:
        while True:
            points = np.clip(1 + turbulence * gusts.steps(), 0.4, 1.9)
            speed = gusts.smooth(points)
            loud = speed**3
            mixed = (
                rumble() * (speed**2 * gains[0])
                + rush() * (loud * gains[1])
                + air() * (loud * speed * gains[2])
            )
            for whistle in whistles:
                mixed = mixed + whistle(mean, speed) * (gains[3] / len(whistles) ** 0.5)
            if leaves is not None:
                mixed = mixed + leaves(points, speed) * gains[4]
            yield mixed * level

    return warmed(hops())


def _edges(voice: Voice) -> list[float]:
    sizes = _WHISTLES.get(voice.material, _WHISTLES[""])
    return [size * blend_log(0.6, 1.7, voice.size) for size in sizes]


class _Whistle:
    """An edge that sings where the speed suits it: pitch 0.2 U / d, its level coming and going."""

    def __init__(self, rng: np.random.Generator, size: float, voice: Voice) -> None:
        self._size = size
        near = 0.2 * wind_speed(voice.intensity) / size
        self._noise = NarrowNoise(rng, min(300.0, max(8.0, near * 0.05)), width=0.6)
        self._drift = Drift(rng, (0.7, 3.0))
        # K weighting lifts what lies above 1.5 kHz by 4 dB.
        self._trim = 1.0 if near < 1200 else 0.7

    def __call__(self, mean: float, speed: Array) -> Floats:
        pitch = 0.2 * mean * speed / self._size
        come = swell(self._drift(), 4.0) * np.clip(speed - 0.55, 0, None) ** 2 * 3.6
        return np.asarray(self._noise(pitch) * (come * self._trim))


class _Leaves:
    """Leaves slapping leaves: a granular hiss that swells a moment after the gust."""

    def __init__(self, rng: np.random.Generator, voice: Voice) -> None:
        dry = 1 - voice.wetness
        band = (blend_log(900, 2200, dry), blend_log(6000, 12000, dry))
        pool = [
            tick(rng, rng.uniform(0.004, 0.02), (band[0] * rng.uniform(0.7, 1.3), band[1])) for _ in range(64)
        ]
        self._slaps = Grains(rng, pool, 420, power_law(1.7, 24), spread=1.0)
        self._hiss = Noise(rng, butter("bandpass", *band, order=1))
        self._mass = Noise(rng, PINK, butter("bandpass", 400, 2500, order=1))
        self._flutter = Drift(rng, (0.04, 0.15, 0.6))
        self._lagged = 1.0
        self._gains = mix_gains(-2.0, -1.0, -5.0)

    def __call__(self, points: Array, speed: Array) -> Floats:
        follow = np.clip(points, 0, None) ** 3
        self._lagged += 0.5 * (float(np.mean(follow)) - self._lagged)
        slaps, hiss, mass = self._gains
        noise = self._hiss() * hiss + self._mass() * mass
        return np.asarray(self._slaps(follow) * slaps + noise * (speed**3 * swell(self._flutter(), 1.8)))


def _stroke(voice: Voice, rng: np.random.Generator) -> Samples:
    far = float(np.clip(voice.distance + rng.normal(0, 0.05), 0, 1))
    stroke = thunder(rng, far, voice.size, float(np.clip(0.3 + 0.5 * voice.size + rng.normal(0, 0.15), 0, 1)))
    return at_reference(
        tamed(stroke), rng, intensity_db(voice.intensity, 5.0) + blend(7.5, 4.2, far), spread=1.2
    )


def _thunder(voice: Voice, _activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    pause = blend_log(22.0, 7.0, 0.5 * (voice.intensity + voice.speed))
    strokes_rng, first_rng, slow_rng = rng.spawn(3)

    def stroke() -> tuple[Samples, float]:
        return _stroke(voice, strokes_rng), float(pause * strokes_rng.uniform(0.6, 1.5))

    strokes = Scene(stroke, float(first_rng.uniform(0.15, 0.6)))
    roll = Noise(slow_rng, butter("bandpass", 35, 140), width=0.8)
    drift = Drift(slow_rng, (0.15, 0.6, 2.5, 9.0))
    floor = bed_gain(intensity_db(voice.intensity, 4.0) - 20.0)
    while True:
        yield mono32(soft(strokes() + roll() * (swell(drift(), 5.0) * floor)))


FAMILY = Family(
    name="wind",
    summary="breeze to gale over land, through trees, round houses; thunder near and far",
    sounds=(
        Sound("wind", level=-34.0, bed=_wind, materials=_MATERIALS),
        Sound("thunder", level=-26.0, bed=_thunder, sparse=True),
    ),
)
"""Wind, and thunder as sporadic strokes; a cue that asks for thunder hears one within its first second."""
