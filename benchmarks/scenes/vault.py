"""Walkers to tune on, drawn by the hand that draws the held-out scenes: they vault over a stiff leg.

The swinging foot follows a Bezier curve and lands with some speed left; both feet then stand for a while.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np

from benchmarks.scenes.held_out import SECONDS, Body, Colour, Play, scenes_of
from benchmarks.scenes.scene import Scene


def vaulter(rng: np.random.Generator, paint: Callable[[], Colour], wide: float) -> tuple[Play, list[float]]:
    """Vaults over a stiff leg; the other swings along a cubic Bezier and lands at the strike."""
    pace = rng.uniform(0.46, 0.64)
    stride = min(rng.uniform(0.2, 0.32), 0.6 * wide * pace / SECONDS)
    leg, floor = stride * rng.uniform(1.15, 1.5), rng.uniform(0.86, 0.94)
    lift = rng.uniform(0.1, 0.2) * leg
    both = rng.uniform(0.08, 0.2)
    first = rng.uniform(0.1, 0.45)
    way = float(rng.choice([-1, 1]))
    strikes = [first + k * pace for k in range(int(SECONDS / pace) + 2)]
    start = wide / 2 - way * stride * (SECONDS - first) / pace / 2
    colours = [paint() for _ in range(4)]

    def foot(step: float, side: int) -> tuple[float, float]:
        """Along and up; feet of SIDE strike at steps of that parity."""
        last = 2 * math.floor((step - side) / 2) + side
        phase = (step - last - 1 - both) / (1 - both)
        if phase <= 0:
            return last * stride, 0.0
        s, r = phase, 1 - phase
        along = 3 * r * r * s * 0.1 + 3 * r * s * s * 0.85 + s**3
        up = (3 * r * r * s * 1.1 + 3 * r * s * s * 0.9) * lift
        return (last + 2 * stride / stride * along) * stride, up

    def play(t: float) -> list[Body]:
        step = (t - first) / pace
        swing = step - math.floor(step) - 0.5
        hip = (start + way * (step - 0.5) * stride, floor - math.sqrt(leg**2 - (swing * stride) ** 2 * 0.9))
        chest = (hip[0] + way * 0.02, hip[1] - 0.75 * leg)
        bodies = [
            Body(((-1.0, floor + 1.02), (wide + 1, floor + 1.02)), (1.0, 1.0), np.array([0.3, 0.3, 0.33]))
        ]
        for side in (1, 0):
            along, up = foot(step, side)
            ankle = (start + way * along, floor - up - 0.02)
            bend = math.sqrt(max(0.0, leg**2 - (ankle[0] - hip[0]) ** 2 - (ankle[1] - hip[1]) ** 2)) * 0.5
            knee = ((hip[0] + ankle[0]) / 2 + way * bend, (hip[1] + ankle[1]) / 2)
            tone = colours[0] * (0.8 if side else 1.0)
            reach = 0.4 * math.sin(math.pi * (step - side + 0.5)) * way
            bodies += [
                Body((hip, knee), (0.13 * leg, 0.1 * leg), tone),
                Body((knee, ankle), (0.1 * leg, 0.06 * leg), tone),
                Body(
                    (ankle, (ankle[0] + way * 0.16 * leg, ankle[1] + 0.005)),
                    (0.05 * leg, 0.045 * leg),
                    colours[1],
                ),
                Body(
                    (chest, (chest[0] + reach * 0.6 * leg, chest[1] + 0.6 * leg)),
                    (0.07 * leg, 0.05 * leg),
                    colours[2],
                ),
            ]
        head = (chest[0] + way * 0.01, chest[1] - 0.32 * leg)
        bodies += [
            Body((hip, chest), (0.17 * leg, 0.2 * leg), colours[3]),
            Body((head, head), (0.16 * leg,) * 2, colours[2]),
        ]
        return bodies

    return play, strikes


def vaulting_scenes(count: int = 9, first_seed: int = 99) -> Iterator[Scene]:
    """COUNT scenes of the walker, at every rate and camera move in turn."""
    return scenes_of({"walker": vaulter}, count, first_seed)
