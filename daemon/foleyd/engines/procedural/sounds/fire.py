"""Fire: roar, hiss, crackle (A. Farnell, "Designing Sound", ch. 34, 2010).

- *roar*: turbulent combustion, noise that falls some 8 dB an octave above 100 Hz (Rajaram and Lieuwen, JFM
  637, 2009: f^-2.5 beyond the peak), flickering at the puffing rate 1.5 / sqrt(D) Hz for a fire D metres
  across (Cetegen and Ahmed, Combustion and Flame 93, 1993).
- *hiss*: gas and steam leaving the wood, high noise that comes and goes steeply.
- *crackle*: cells bursting; clicks of 1 to 20 ms through the wood's resonances, sizes by a power law, in
  showers: every snap may set off others within some hundredths of a second.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from foleyd.engines.procedural.dsp import (
    Array,
    blend,
    blend_log,
    butter,
    filtered,
    mono32,
    overlay,
    ring,
    samples,
)
from foleyd.engines.procedural.sounds.bubbles import tick
from foleyd.engines.procedural.sounds.bursts import burst, from_first_sound, grid
from foleyd.engines.procedural.sounds.family import (
    RATE,
    Activity,
    Family,
    Samples,
    Sound,
    Strike,
    Trigger,
    Voice,
)
from foleyd.engines.procedural.sounds.layers import PINK, Drift, Grains, Noise, power_law, swell, warmed
from foleyd.engines.procedural.sounds.loudness import Floats, at_reference, bed_gain, intensity_db, mix_gains


def puffing(metres: float) -> float:
    """Hz at which a flame METRES across sheds puffs."""
    return float(1.5 / np.sqrt(metres))


def _snap(rng: np.random.Generator) -> Samples:
    """A cell bursts near the surface: a millisecond of bright noise."""
    low = blend_log(1500, 4500, rng.random())
    return tick(rng, blend_log(0.002, 0.012, rng.random()), (low, min(17000.0, low * 5)))


def _crack(rng: np.random.Generator) -> Samples:
    """A fibre parts deeper in: the log rings for some 15 ms."""
    first = blend_log(450, 1600, rng.random())
    ratios = (1.0, 1.7, 2.9, 4.3)
    modes = [first * ratio * 2 ** rng.normal(0, 0.06) for ratio in ratios]
    blow = tick(rng, blend_log(0.002, 0.008, rng.random()), (first, 12000))
    t60 = rng.uniform(0.012, 0.035)
    n = samples(1.4 * t60 + 0.006)
    body = filtered(ring(blow, n, modes, [t60 / k**0.5 for k in ratios], [1, 0.7, 0.5, 0.3]), "highpass", 120)
    out = mono32(body / max(float(np.max(np.abs(body))), 1e-9))
    overlay(out, blow * np.float32(0.8 / max(float(np.max(np.abs(blow))), 1e-9)), 0)
    return out


def _spit(rng: np.random.Generator) -> Samples:
    """Sap or steam let go: a short hiss with a snap on its front."""
    seconds = rng.uniform(0.03, 0.14)
    out = mono32(burst(rng, samples(seconds), 0.002, seconds * 1.3, (3000, 12000)) * 0.35)
    overlay(out, _snap(rng), 0)
    return out


def _crackles(rng: np.random.Generator, count: int, deep: float) -> list[Samples]:
    pool = []
    for _ in range(count):
        kind = rng.random()
        grain = _crack(rng) if kind < 0.2 + 0.35 * deep else _spit(rng) if kind > 0.94 else _snap(rng)
        pool.append(grain / max(float(np.max(np.abs(grain))), 1e-9))
    return [mono32(grain) for grain in pool]


def _fire(voice: Voice, _activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    across = blend_log(0.08, 4.0, voice.size)
    pool_rng, snap_rng, big_rng, noise_rng = rng.spawn(4)
    dry = 1 - voice.wetness
    snaps = Grains(
        snap_rng,
        _crackles(pool_rng, 96, voice.size),
        blend_log(16, 100, voice.intensity),
        power_law(2.0, 22),
        spread=0.6,
        cluster=0.55,
    )
    often = blend_log(0.8, 4, voice.intensity)
    cracks = Grains(big_rng, _crackles(pool_rng, 32, 1.0), often, power_law(2.0, 14), spread=0.5)
    peak = blend_log(190, 80, voice.size)
    slope = [butter("lowpass", edge, order=1) for edge in (peak, peak * 2.2)]
    roar = Noise(noise_rng, butter("highpass", 45), *slope)
    breath = Noise(noise_rng, PINK, butter("bandpass", 250, 2200, order=1), width=0.8)
    hiss = Noise(noise_rng, butter("bandpass", 2500, 11000, order=1))
    beat = 1 / (2 * np.pi * puffing(across))
    flicker = Drift(rng.spawn(1)[0], (beat * 0.5, beat, 1.0), (1.0, 1.0, 0.5))
    vent = Drift(rng.spawn(1)[0], (0.25, 1.2, 4.0))
    large = 0.5 * (voice.size + voice.intensity)
    gains = mix_gains(
        blend(-2.0, -8.0, large) - 5 * voice.distance,
        blend(-9.0, -13.0, large) - 5 * voice.distance,
        blend(-12.0, 0.0, large),
        blend(-9.0, -4.0, large),
        blend(-18.0, -13.0, voice.wetness) - 4 * (1 - dry) * voice.distance,
    )
    level = bed_gain(intensity_db(voice.intensity, 5.0))

    def hops() -> Iterator[Array]:
        while True:
            lap = swell(flicker(), 2.8)
            steam = swell(vent(), 4.5)
            burning = roar() * (lap * gains[2]) + breath() * (lap * gains[3]) + hiss() * (steam * gains[4])
            yield (snaps() * gains[0] + cracks() * gains[1] + burning) * level

    return warmed(hops())


def _ignite(voice: Voice, strength: float, rng: np.random.Generator) -> Strike:
    """A flare-up: a match's rasp or gas's whoomp, then the flame settling."""
    seconds = blend_log(0.7, 2.0, voice.size)
    n = samples(seconds)
    time = np.arange(n) / RATE
    rise = blend_log(0.012, 0.09, voice.size)
    flare = np.minimum(1.0, (time + 1e-5) / rise) ** 1.5 * np.exp(-np.maximum(0, time - rise) * 4.2 / seconds)
    bright = np.exp(-time * blend_log(16, 6, voice.size)) * (0.5 + strength)
    low = _band(rng, n, blend_log(160, 50, voice.size), blend_log(900, 350, voice.size))
    low *= blend(0.4, 1.3, voice.size)
    beat = 2 * np.pi * puffing(blend_log(0.05, 1.5, voice.size))
    rows = []
    for child in rng.spawn(2):
        puffs = 1 + 0.35 * np.sin(beat * time + child.uniform(0, 6.28))
        flame = low + 0.5 * _band(child, n, 500, 3500) + bright * _band(child, n, 2500, 12000)
        rows.append(flare * puffs * flame)
    out = mono32(np.stack(rows))
    for grain in _crackles(rng, 6, voice.size):
        overlay(out, grain * np.float32(rng.uniform(0.3, 1.5)), samples(rng.uniform(rise, seconds * 0.7)))
    out *= mono32(np.minimum(1.0, np.arange(n, 0, -1) / samples(0.1)))
    return Strike(at_reference(from_first_sound(out), rng, intensity_db(voice.intensity, 4.0)))


def _band(rng: np.random.Generator, n: int, low: float, high: float) -> Floats:
    noise = filtered(rng.standard_normal(n), "bandpass", grid(low), grid(high), order=1)
    return np.asarray(noise / np.std(noise))


FAMILY = Family(
    name="fire",
    summary="embers, hearth, campfire, blaze; a flame lit",
    sounds=(
        Sound("fire", level=-34.0, bed=_fire),
        Sound("ignite", level=-28.0, strike=_ignite, on=Trigger.IMPACT),
    ),
)
"""Fire: SIZE from a candle to a house, INTENSITY how fiercely it burns, WETNESS green wood's hiss."""
