"""Rain: drops on a surface near by, and the wash of all the others.

Drop sizes follow Marshall and Palmer ("The distribution of raindrops with size", Journal of
Meteorology 5, 1948): N(D) = 8000 exp(-4.1 R^-0.21 D) per cubic metre and millimetre, R in
mm/h; they fall at 9.65 - 10.3 exp(-0.6 D) m/s (Atlas, Srivastava and Sekhon, Reviews of
Geophysics 11, 1973). INTENSITY runs from 0.5 mm/h (drizzle) to 60 mm/h (cloudburst). A drop's
blow lasts about D / v and its energy goes with D^3 v^2, so large drops are dull and loud, small ones
bright and faint. What rings is the surface: a tin sheet's modes, a canvas, leaves, a puddle's
entrapped bubbles (drops above 2.2 mm trap bubbles of 1 to 10 kHz: Medwin, Nystuen et al., JASA
92, 1992). Drops are strewn over the ground, 1 / r each; the far ones merge into the wash.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from foleyd.engines.procedural.dsp import (
    Array,
    blend,
    blend_log,
    butter,
    contact_pulse,
    filtered,
    mono32,
    ring,
    samples,
)
from foleyd.engines.procedural.sounds.bubbles import bubble, tick
from foleyd.engines.procedural.sounds.family import Activity, Family, Samples, Sound, Voice
from foleyd.engines.procedural.sounds.layers import PINK, Drift, Grains, Noise, scattered, swell, warmed
from foleyd.engines.procedural.sounds.loudness import Floats, bed_gain, intensity_db, mix_gains


@dataclass(frozen=True, slots=True)
class _Surface:
    """What rain falls on. MODES in Hz with the first one's T60 in seconds (0: no ring); CLICK the band of the
    dry blow and its share; WASH the band of the far drops; BUBBLES how many drops trap air, once wet;
    DROPS and DRIP in dB: near drops against the wash, and large late drops (from eaves, twigs)."""

    modes: tuple[float, ...]
    t60: float
    click: tuple[float, float]
    click_share: float
    wash: tuple[float, float]
    bubbles: float = 0.0
    drops_db: float = -3.0
    drip_db: float = -60.0


_SURFACES = {
    "ground": _Surface((), 0.0, (900, 9000), 1.0, (500, 9000), 0.10, -5.0),
    "concrete": _Surface((), 0.0, (1200, 11000), 1.0, (700, 10000), 0.15, -4.0),
    "water": _Surface((), 0.0, (2500, 12000), 0.25, (900, 12000), 0.8, -2.0),
    "leaves": _Surface((620, 1150, 1900), 0.014, (700, 6500), 0.6, (600, 8000), 0.02, -2.0, -7.0),
    "roof": _Surface((260, 480, 760, 1250, 2100), 0.035, (500, 5000), 0.5, (250, 5000), 0.04, -2.0, -10.0),
    "metal": _Surface(
        (310, 520, 830, 1240, 1720, 2330, 3110, 4200, 5600),
        0.085,
        (1500, 9000),
        0.2,
        (350, 6000),
        0.0,
        1.0,
        -12.0,
    ),
    "glass": _Surface(
        (820, 1430, 2250, 3300, 4700, 6400), 0.03, (1500, 9000), 0.4, (700, 7000), 0.05, -2.0, -12.0
    ),
    "wood": _Surface((240, 430, 720, 1100, 1750), 0.04, (500, 5500), 0.5, (300, 6000), 0.04, -2.0),
    "plastic": _Surface((330, 610, 980, 1500, 2300), 0.05, (700, 7000), 0.4, (400, 7000), 0.03, -1.0, -14.0),
    "cloth": _Surface((170, 290, 430, 620), 0.045, (350, 3800), 0.55, (200, 2600), 0.0, -1.0, -16.0),
    "sand": _Surface((), 0.0, (500, 4500), 1.0, (350, 6000), 0.0, -7.0),
}
_KIN = {
    "": "ground",
    "stone": "concrete",
    "ceramic": "concrete",
    "tile": "concrete",
    "gravel": "concrete",
    "ice": "concrete",
    "dirt": "sand",
    "mud": "water",
    "snow": "sand",
    "grass": "leaves",
    "cardboard": "wood",
    "rubber": "cloth",
    "carpet": "cloth",
    "nylon": "cloth",
    "cotton": "cloth",
    "silk": "cloth",
    "leather": "cloth",
}
"""Materials that sound much like another."""


_DROPS = (260.0, 1500.0)
"""Drops a second near enough to be heard singly, in drizzle and in a cloudburst. So many that even light rain
patters (peaks 15 to 18 dB over its level, as recorded) rather than ticks."""
_DRIPS = (1.5, 9.0)
"""Large late drops a second."""


def rain_rate(intensity: float) -> float:
    """Millimetres an hour."""
    return blend_log(0.5, 60.0, intensity)


def drop_sizes(rng: np.random.Generator, count: int, rate: float, smallest: float = 0.9) -> Floats:
    """COUNT diameters in mm, SMALLEST up to 5.5, as they arrive on the ground at RATE mm/h: the
    Marshall-Palmer density times the speed of fall."""
    grid = np.linspace(smallest, 5.5, 200)
    arrivals = np.exp(-4.1 * rate**-0.21 * grid) * (9.65 - 10.3 * np.exp(-0.6 * grid))
    total = np.cumsum(arrivals)
    return np.asarray(np.interp(rng.random(count), total / total[-1], grid))


def _drop(rng: np.random.Generator, surface: _Surface, diameter: float, wetness: float) -> Samples:
    """One drop of DIAMETER mm close by; amplitude goes with diameter and speed."""
    speed = 9.65 - 10.3 * np.exp(-0.6 * diameter)
    contact = max(1.2e-4, 1e-3 * diameter / speed)
    low, high = surface.click
    bright = np.sqrt(2.0 / diameter)
    blow = tick(rng, rng.uniform(0.005, 0.010) * diameter / 2, (low / bright**0.5, min(high * bright, 18000)))
    out = np.zeros(samples(max(0.05, 1.3 * surface.t60)))
    peak = max(float(np.max(np.abs(blow))), 1e-9)
    out[: len(blow)] += blow[: len(out)] * (surface.click_share / peak)
    if surface.modes:
        out += _rung(rng, surface, contact, len(out)) * (1 - surface.click_share)
    if diameter > 1.6 and rng.random() < surface.bubbles * (0.6 + 0.6 * wetness):
        trapped = bubble(rng, blend_log(0.00012, 0.0010, rng.random()) * diameter, rng.uniform(0.0, 0.08))
        late = samples(rng.uniform(0.008, 0.02))
        end = min(len(out), late + len(trapped))
        out[late:end] += trapped[: end - late] * rng.uniform(0.3, 1.0)
    return mono32(out * (diameter * speed / 20.0))


def _rung(rng: np.random.Generator, surface: _Surface, contact: float, n: int) -> Floats:
    """The surface's modes after a blow somewhere on it: each mode louder or fainter with the place."""
    detune = 2 ** rng.normal(0.0, 0.28)
    modes = [f * detune * 2 ** rng.normal(0.0, 0.08) for f in surface.modes]
    t60s = [surface.t60 * (modes[0] / f) ** 0.6 * rng.uniform(0.7, 1.3) for f in modes]
    gains = [float(abs(np.sin(np.pi * rng.random()))) * (modes[0] / f) ** 0.25 for f in modes]
    body = filtered(ring(contact_pulse(contact), n, modes, t60s, gains), "highpass", 80, order=1)
    return np.asarray(body / max(float(np.max(np.abs(body))), 1e-9))


def _rain(voice: Voice, _activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    surface = (
        _SURFACES[_KIN.get(voice.material, voice.material)] if _known(voice.material) else _SURFACES["ground"]
    )
    rate = rain_rate(voice.intensity)
    pool_rng, drop_rng, drip_rng, slow_rng = rng.spawn(4)
    wetness = max(voice.wetness, voice.intensity)
    pool = [_drop(pool_rng, surface, d, wetness) for d in drop_sizes(pool_rng, 96, rate)]
    drops = Grains(
        drop_rng,
        pool,
        blend_log(_DROPS[0], _DROPS[1], voice.intensity),
        scattered(blend(3.0, 4.5, voice.distance)),
        spread=0.95,
    )
    large = [_drop(pool_rng, surface, d, 1.0) for d in pool_rng.uniform(3.5, 5.5, 24)]
    often = blend_log(_DRIPS[0], _DRIPS[1], voice.intensity)
    drips = Grains(drip_rng, large, often, scattered(2.5), spread=0.7)
    # A drip is as loud when drips are rare: their power goes with their number.
    rare = 10 * np.log10(often / _DRIPS[1])
    low, high = surface.wash
    high = high * blend(1.0, 0.55, voice.distance)
    wash = Noise(slow_rng, PINK, butter("highpass", low, order=1), butter("lowpass", high, order=1))
    hiss = Noise(slow_rng, butter("bandpass", 0.5 * high, 1.4 * high, order=1))
    body = Noise(slow_rng, PINK, butter("bandpass", 110, low * 1.3))
    slow = [Drift(child, (0.7, 3.0, 12.0)) for child in rng.spawn(2)]
    # Under a roof or by a window what rings is near: the open air's wash is outside.
    density = blend(-2.0, 3.0, voice.intensity) - (5.0 if surface.t60 > 0.02 else 0.0)
    gains = mix_gains(
        surface.drops_db - 6 * voice.distance - 4 * (1 - voice.intensity),
        surface.drip_db + rare - 4 * (1 - voice.intensity),
        density,
        density - 7,
        density - blend(16, 6, voice.intensity),
    )
    level = bed_gain(intensity_db(voice.intensity, 7.0))

    def hops() -> Iterator[Array]:
        while True:
            gust = slow[0].steps()
            near = drops(swell(gust, 1.0)) * gains[0] + drips() * gains[1]
            far = (wash() * gains[2] + hiss() * gains[3]) * swell(slow[0].smooth(gust), 0.8)
            yield (near + far + body() * (swell(slow[1](), 1.2) * gains[4])) * level

    return warmed(hops())


def _known(material: str) -> bool:
    return material in _SURFACES or material in _KIN


FAMILY = Family(
    name="rain",
    summary="drizzle to cloudburst, on ground, roof, metal, leaves, glass, canvas or water",
    sounds=(Sound("rain", level=-33.0, bed=_rain, materials=frozenset({*_SURFACES, *_KIN})),),
)
"""Rain, at INTENSITY's rate on the voice's MATERIAL (empty: open ground)."""
