"""A piston engine heard from its exhaust: one pressure pulse for each firing.

A four-stroke fires each cylinder once in two turns, so the tone is rpm / 120 x cylinders; uneven
angles and uneven cylinders add the half orders that make it growl. Pulses pass a pipe's quarter-wave
resonances and a muffler; flow noise rides on them; valves and injectors tick. Source: S. Baldan,
H. Lachambre, S. Delle Monache, P. Boussard, "Physically informed car engine sound synthesis for virtual
and augmented environments", IEEE SIVE 2015; A. Farnell, "Designing Sound", ch. 45 (2010).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from foleyd.engines.procedural.dsp import Filter, Recursion, blend, butter, resonator
from foleyd.engines.procedural.sounds.bursts import grid
from foleyd.engines.procedural.sounds.family import HOP, RATE
from foleyd.engines.procedural.sounds.layers import Drift
from foleyd.engines.procedural.sounds.loudness import Floats, k_weighted, mix_gains

_TABLE = 2048
_VARIANTS = 12
_ORDER = 251


@dataclass(frozen=True, slots=True)
class Motor:
    """FIRINGS as shares of the two-turn cycle; IDLE and TOP in rpm; PIPE in metres; MUFFLER in Hz; WIDTH of a
    pulse as a share of the cycle; ROUGH is the spread from firing to firing; FLOW and TICKS in dB against the
    pulses; TICK the band of the valve gear in Hz."""

    firings: tuple[float, ...]
    idle: float
    top: float
    pipe: float
    muffler: float
    width: float
    rough: float
    flow: float
    ticks: float
    tick: tuple[float, float]

    def rpm(self, speed: float) -> float:
        """Turns a minute at SPEED 0 (idle) .. 1 (full)."""
        return float(self.idle * (self.top / self.idle) ** (speed**1.4))


CAR = Motor((0.0, 0.25, 0.5, 0.75), 780, 4600, 3.1, 850, 0.012, 0.10, -10.0, -16.0, (1800, 6000))
_SIX = (0.0, 1 / 6, 2 / 6, 3 / 6, 4 / 6, 5 / 6)
TRUCK = Motor(_SIX, 560, 2100, 4.5, 800, 0.009, 0.14, -8.0, -6.0, (900, 3800))
TWIN = Motor((0.0, 0.4375), 950, 5200, 1.6, 1200, 0.013, 0.16, -9.0, -14.0, (2000, 7000))
SINGLE = Motor((0.0, 0.5), 1500, 7800, 0.9, 1700, 0.03, 0.14, -7.0, -11.0, (2200, 8000))
"""SINGLE is a small two-stroke: one firing a turn."""


class Running:
    """A motor that runs: (HOP,) mono at unit loudness each call.

    LOAD 0..1 opens the throttle's colour, UNSTEADY is the slow wander of RPM as a share of it.
    """

    def __init__(
        self, rng: np.random.Generator, motor: Motor, rpm: float, *, load: float, unsteady: float
    ) -> None:
        tables_rng, self._noise, drift_rng, slow_rng = rng.spawn(4)
        self._rpm = rpm
        self._pulses = _pulse_tables(tables_rng, motor, blend(1.25, 0.75, load))
        self._ticks = _tick_tables(tables_rng, motor)
        self._variants = tables_rng.integers(0, _VARIANTS, _ORDER)
        self._cycle = 0.0
        self._flutter = Drift(drift_rng, (0.04, 0.2), (0.6, 1.0))
        self._wander = Drift(slow_rng, (2.0, 7.0))
        self._unsteady = unsteady
        self._pipes = []
        for order, frequency in enumerate(_pipe_modes(motor.pipe, 5)):
            b, a = resonator(frequency, 3.0 / frequency + 0.01)
            self._pipes.append(Recursion(b * (0.9 / (order + 1)), a, 0))
        self._muffler = Filter(butter("lowpass", motor.muffler * blend(0.8, 2.2, load), order=1), 0)
        # An open end radiates the change of its flow: 6 dB an octave more for the higher orders.
        self._mouth = Filter(np.vstack((butter("highpass", 28), butter("highpass", 300, order=1))), 0)
        self._flow = Filter(butter("bandpass", 260, grid(blend(1600, 4200, load)), order=1), 0)
        self._clatter = Filter(butter("bandpass", *motor.tick), 0)
        self._gains = self._measured(mix_gains(0.0, motor.flow + 3 * load, motor.ticks))

    def _measured(self, wanted: tuple[float, ...]) -> tuple[float, ...]:
        """Gains that bring the parts to the WANTED loudness, from three hops' running."""
        parts = [self._parts() for _ in range(4)][1:]
        powers = (np.mean(k_weighted(np.concatenate(part)) ** 2) for part in zip(*parts, strict=True))
        return tuple(
            gain / max(float(np.sqrt(2 * power)), 1e-9) for gain, power in zip(wanted, powers, strict=True)
        )

    def __call__(self) -> Floats:
        """The next hop."""
        pulse, flow, ticks = self._parts()
        return pulse * self._gains[0] + flow * self._gains[1] + ticks * self._gains[2]

    def _parts(self) -> tuple[Floats, Floats, Floats]:
        speed = self._rpm * (1 + 0.006 * self._flutter() + self._unsteady * self._wander())
        cycle = self._cycle + np.cumsum(speed) / (120 * RATE)
        self._cycle = float(cycle[-1] % _ORDER)
        turn = np.floor(cycle).astype(np.int64)
        pulse = self._pulse(turn, cycle - turn)
        rung = sum((pipe(pulse) for pipe in self._pipes), start=np.zeros(HOP))
        exhaust = self._mouth(self._muffler(pulse * 0.5 + rung * 0.05))
        noise = self._noise.standard_normal((2, HOP))
        ticking = self._ticks[self._variants[turn % _ORDER], ((cycle - turn) * _TABLE).astype(np.int64)]
        flow = self._flow(noise[0] * (np.clip(pulse, 0, None) + 0.15))
        ticks = self._clatter(noise[1] * ticking)
        return np.asarray(exhaust, float), np.asarray(flow, float), np.asarray(ticks, float)

    def _pulse(self, turn: npt.NDArray[np.int64], phase: Floats) -> Floats:
        """Pressure at PHASE of cycle TURN; each cycle glides from one variant to the next: no seams."""
        place = phase * _TABLE
        index = place.astype(np.int64)
        part = place - index
        now, then = self._variants[turn % _ORDER], self._variants[(turn + 1) % _ORDER]
        a = self._pulses[now, index] * (1 - part) + self._pulses[now, index + 1] * part
        b = self._pulses[then, index] * (1 - part) + self._pulses[then, index + 1] * part
        return np.asarray(a + (b - a) * phase)


def _pipe_modes(metres: float, count: int) -> list[float]:
    """Quarter-wave resonances of a pipe of hot gas (470 m/s), closed at the valves."""
    return [(2 * n + 1) * 470.0 / (4 * metres) for n in range(count)]


def _pulse_tables(rng: np.random.Generator, motor: Motor, softer: float) -> Floats:
    """(variants, _TABLE + 1): a cycle of blow-down pulses; cylinders differ, and so do firings."""
    bias = rng.normal(1.0, 0.6 * motor.rough, len(motor.firings))
    phase = np.arange(_TABLE) / _TABLE
    width = motor.width * softer
    tables = np.zeros((_VARIANTS, _TABLE + 1))
    for row in tables:
        for angle, level in zip(motor.firings, bias, strict=True):
            late = ((phase - angle - rng.normal(0.0, 0.003)) % 1.0) / width
            suction = (late / 3) ** 2 * np.exp(2 - 2 * late / 3)
            row[:-1] += (late * np.exp(1 - late) - 0.28 * suction) * level * rng.normal(1.0, motor.rough)
        row[:-1] -= row[:-1].mean()
        row[-1] = row[0]
    return tables


def _tick_tables(rng: np.random.Generator, motor: Motor) -> Floats:
    """(variants, _TABLE + 1): how loud valves and injectors clatter over a cycle."""
    phase = np.arange(_TABLE) / _TABLE
    events = [(angle + shift) % 1.0 for angle in motor.firings for shift in (0.01, 0.13)]
    bias = rng.uniform(0.4, 1.0, len(events))
    tables = np.full((_VARIANTS, _TABLE + 1), 0.08)
    for row in tables:
        for angle, level in zip(events, bias, strict=True):
            late = (phase - angle) % 1.0
            row[:-1] += level * rng.uniform(0.6, 1.2) * np.minimum(1, late / 0.003) * np.exp(-late / 0.018)
        row[-1] = row[0]
    return tables
