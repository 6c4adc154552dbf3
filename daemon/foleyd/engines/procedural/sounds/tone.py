"""Tone: what a place sounds like when nothing happens. Room tone, hum, moving air, murmur, traffic.

- *room*: noise falling some 5 dB an octave, as room criterion curves do (ANSI S12.2), through the axial modes
  c / 2 L of a room of SIZE, with a trace of mains hum.
- *hum*: mains harmonics, the even ones strongest (magnetostriction twice a cycle), levels breathing slowly;
  50 Hz, or 60 with MATERIAL "60"; SPEED brightens it into the buzz of a rectifier.
- *air*: ducts and fans: broad noise with a hump at the blades' passing rate (rpm / 60 x blades) and its
  double, a slow beat between two fans.
- *murmur*: a crowd without words (see :mod:`.murmur`); SIZE and INTENSITY are how many.
- *traffic*: far vehicles merging into a wash round 60 to 1000 Hz, each a swell that wanders across.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from foleyd.engines.procedural.dsp import Array, blend, blend_log, butter
from foleyd.engines.procedural.sounds.bursts import grid
from foleyd.engines.procedural.sounds.family import HOP, RATE, Activity, Family, Samples, Sound, Voice
from foleyd.engines.procedural.sounds.layers import (
    PINK,
    STEPS,
    Drift,
    NarrowNoise,
    Noise,
    between,
    resonance,
    swell,
    warmed,
)
from foleyd.engines.procedural.sounds.loudness import Floats, bed_gain, intensity_db, mix_gains
from foleyd.engines.procedural.sounds.murmur import Blur, crowd


class _Hum:
    """Harmonics of a mains FREQUENCY, (2, HOP) at unit loudness; BRIGHT 0..1 from a hum to a buzz."""

    def __init__(self, rng: np.random.Generator, frequency: float, bright: float) -> None:
        self._frequency = frequency * (1 + rng.normal(0, 2e-4))
        orders = np.arange(1, 41)
        even = np.where(orders % 2 == 0, 1.0, 0.35)
        self._levels = even * orders ** -blend(1.9, 0.75, bright) * 2 ** rng.normal(0, 0.5, len(orders))
        # K weighting: a second-order high pass near 38 Hz and a shelf of 4 dB above 1.5 kHz.
        f = orders * frequency
        heard = (f**2 / (f**2 + 38.0**2)) ** 2 * (1 + 1.5 / (1 + (1500.0 / f) ** 2))
        self._levels /= np.sqrt(np.sum(self._levels**2 * heard))
        self._phases = rng.uniform(0, 2 * np.pi, (2, len(orders))) * np.array([[1.0], [0.0]])
        self._phases[1] = self._phases[0] + rng.normal(0, 0.35, len(orders))
        self._drifts = [Drift(child, (2.0, 9.0)) for child in rng.spawn(4)]
        self._time = 0.0

    def __call__(self) -> Floats:
        t = self._time + np.arange(1, HOP + 1) / RATE
        # The period of every harmonic divides the fundamental's: time is kept within one.
        self._time = float(t[-1] % (1 / self._frequency))
        breath = [swell(drift(), 1.2) for drift in self._drifts]
        base = np.exp(2j * np.pi * self._frequency * t)
        out = np.zeros((2, HOP))
        turning = np.ones(HOP, dtype=complex)
        for index in range(len(self._levels)):
            turning = turning * base
            if self._levels[index] < 1e-3:
                continue
            part = turning * (self._levels[index] * breath[index % len(breath)])
            out += np.real(part[None] * np.exp(1j * self._phases[:, index, None]))
        return out


def _mains(voice: Voice) -> float:
    return 60.0 if "60" in voice.material else 50.0


def _room(voice: Voice, _activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    length = blend_log(2.2, 16.0, voice.size)
    slope = butter("lowpass", 250, order=1)
    floor = Noise(rng, PINK, butter("highpass", 25), slope, width=0.75)
    air = Noise(rng, PINK, butter("bandpass", 300, 7000, order=1), width=0.95)
    sides = length * np.array([1.0, rng.uniform(0.6, 0.85), rng.uniform(0.3, 0.5)])
    lines = [_mode(343 / (2 * side)) for side in sides]
    modes = [Noise(child, *line, width=0.5) for child, line in zip(rng.spawn(3), lines, strict=True)]
    hum = _Hum(rng.spawn(1)[0], _mains(voice), 0.1)
    drift = Drift(rng.spawn(1)[0], (1.5, 6.0, 20.0))
    gains = mix_gains(-1.0, -5.0, -9.0, -11.0, -12.0, -19.0)
    level = bed_gain(intensity_db(voice.intensity, 5.0))

    def hops() -> Iterator[Array]:
        while True:
            rung = sum(
                (mode() * gain for mode, gain in zip(modes, gains[2:5], strict=True)),
                start=np.zeros((2, HOP)),
            )
            yield (
                floor() * swell(drift(), 0.6) * gains[0] + air() * gains[1] + rung + hum() * gains[5]
            ) * level

    return warmed(hops(), 2)


def _mode(frequency: float) -> tuple[Floats, ...]:
    return resonance(frequency, 0.9), butter("highpass", 25), butter("lowpass", 400, order=1)


def _humming(voice: Voice, _activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    hum = _Hum(rng.spawn(1)[0], _mains(voice), voice.speed)
    casing = Noise(rng, butter("bandpass", 180, blend_log(900, 3500, voice.speed), order=1), width=0.4)
    gains = mix_gains(0.0, blend(-22.0, -16.0, voice.size))
    level = bed_gain(intensity_db(voice.intensity, 5.0))

    def hops() -> Iterator[Array]:
        while True:
            yield (hum() * gains[0] + casing() * gains[1]) * level

    return warmed(hops())


def _air(voice: Voice, _activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    blades = 7 * blend_log(700, 2600, voice.speed) / 60 * blend_log(2.0, 0.6, voice.size)
    low, high = grid(blend_log(500, 220, voice.size)), grid(blend_log(1800, 6000, voice.speed))
    duct = Noise(rng, PINK, butter("bandpass", 45, low, order=1), width=0.8)
    grille = Noise(rng, PINK, butter("bandpass", 250, high, order=1), width=0.95)
    fans = [NarrowNoise(child, 2.0 + 1.5 * index, width=0.3) for index, child in enumerate(rng.spawn(3))]
    rates = (blades, blades * 1.013, blades * 2.003)
    drifts = [Drift(child, (0.8, 4.0)) for child in rng.spawn(2)]
    gains = mix_gains(0.0, -3.0, blend(-16.0, -9.0, voice.speed))
    shares = (0.75, 0.5, 0.4)
    level = bed_gain(intensity_db(voice.intensity, 5.0))

    def hops() -> Iterator[Array]:
        while True:
            bend = 1 + 0.002 * drifts[0]()
            tone = sum(
                (fan(rate * bend) * share for fan, rate, share in zip(fans, rates, shares, strict=True)),
                start=np.zeros((2, HOP)),
            )
            flow = duct() * gains[0] + grille() * gains[1]
            yield (flow * swell(drifts[1](), 0.7) + tone * gains[2]) * level

    return warmed(hops(), 2)


def _murmur(voice: Voice, _activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    people = round(blend_log(5, 26, 0.5 * (voice.size + voice.intensity)))
    talkers = crowd(rng.spawn(1)[0], people, voice.speed)
    near = rng.uniform(0.35, 1.0, people)
    places = (1 + rng.uniform(-0.85, 0.85, people)) * np.pi / 4
    sides = np.stack((np.cos(places), np.sin(places))).astype(np.float32)
    blur = Blur(blend(0.7, 1.5, voice.size), 3200)
    hush = Noise(rng, PINK, butter("bandpass", 200, 2500, order=1))
    ahead = np.zeros((2, HOP + RATE // 2), dtype=np.float32)
    # Each talker says some 2.6 syllables a second of unit energy at a mean power gain of 0.58.
    power = float(np.sum(near**2)) * 2.6 * 0.58 / RATE
    dry = blend(0.55, 0.15, voice.distance)
    gains = mix_gains(0.0, -16.0)
    level = bed_gain(intensity_db(voice.intensity, 4.0))

    def hops() -> Iterator[Array]:
        nonlocal ahead
        while True:
            for index, talker in enumerate(talkers):
                for start, grain, gain in talker.due():
                    end = start + len(grain)
                    ahead[:, start:end] += (near[index] * gain) * sides[:, index : index + 1] * grain
            spoken = ahead[:, :HOP] / np.sqrt(power)
            ahead = np.concatenate((ahead[:, HOP:], np.zeros((2, HOP), dtype=np.float32)), axis=1)
            yield ((spoken * dry + blur(spoken) * 0.62) * gains[0] + hush() * gains[1]) * level

    return warmed(hops(), 5)


def _traffic(voice: Voice, _activity: Activity, rng: np.random.Generator) -> Iterator[Samples]:
    near = 1 - voice.distance
    children = rng.spawn(4)
    layers = [Noise(child, butter("bandpass", *band)) for child, band in zip(children, _ROAD, strict=True)]
    tilt = mix_gains(-2.0, 0.0, -1.5 - 2 * voice.distance, -9.0 - 9 * voice.distance)
    cars = _Swells(rng.spawn(1)[0], blend_log(5.5, 1.0, voice.intensity), blend(0.55, 1.0, near))
    drifts = [Drift(child, (0.1, 0.8, 5.0)) for child in rng.spawn(4)]
    last = np.zeros((2, 2))
    level = bed_gain(intensity_db(voice.intensity, 5.0))

    def hops() -> Iterator[Array]:
        nonlocal last
        while True:
            points = cars()
            envelope = np.stack([between(float(last[side, -1]), points[side]) for side in (0, 1)])
            last = points[:, -2:]
            mixed = np.zeros((2, HOP))
            for index, (layer, drift) in enumerate(zip(layers, drifts, strict=True)):
                follow = envelope if index else 0.5 * (1 + envelope)
                mixed += layer() * follow * swell(drift(), 0.7) * tilt[index]
            yield mixed * level

    return warmed(hops())


_ROAD = ((40, 130), (130, 420), (420, 1100), (1100, 3200))
"""Bands of far traffic in Hz."""


class _Swells:
    """Vehicles going by far off: a level each, (2, STEPS) for every hop, about 1 on average."""

    def __init__(self, rng: np.random.Generator, pause: float, contrast: float) -> None:
        self._rng, self._pause, self._contrast = rng, pause, contrast
        self._now = 0.0
        self._next = -12.0
        self._cars: list[tuple[float, float, float, float]] = []

    def __call__(self) -> Floats:
        time = self._now + (np.arange(STEPS) + 1) * (HOP / RATE / STEPS)
        while self._next < self._now + 12:
            side = float(self._rng.choice((-1.0, 1.0)))
            width, force = float(self._rng.uniform(0.6, 2.0)), float(self._rng.uniform(0.3, 1.0))
            self._cars.append((self._next, width, force, side))
            self._next += self._pause * float(self._rng.exponential())
        self._cars = [car for car in self._cars if car[0] + 8 * car[1] > self._now]
        power = np.full((2, STEPS), 0.12)
        for peak, width, force, side in self._cars:
            late = (time - peak) / width
            loud = force / (1 + late**2)
            angle = (1 + 0.8 * side * late / np.sqrt(1 + late**2)) * np.pi / 4
            power += np.stack((np.cos(angle) ** 2, np.sin(angle) ** 2)) * loud
        self._now += HOP / RATE
        mean = 0.12 + 0.5 * 0.65 * np.pi * 1.3 / self._pause
        return np.asarray(np.sqrt(1 + self._contrast * (power / mean - 1)))


FAMILY = Family(
    name="tone",
    summary="room tone, mains hum, ventilation, crowd murmur, far traffic",
    sounds=(
        Sound("room", level=-48.0, bed=_room),
        Sound("hum", level=-42.0, bed=_humming),
        Sound("air", level=-42.0, bed=_air),
        Sound("murmur", level=-38.0, bed=_murmur),
        Sound("traffic", level=-38.0, bed=_traffic),
    ),
)
"""Tones to lie under everything else."""
