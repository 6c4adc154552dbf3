"""Walkers of many gaits to tune on: feet that are thrown, glide or ease to rest, lifted early or late.

Each foot is planted between its swings, or, as animators cheat, both swing like pendulums and slide; how it
swings, how long both feet stand, how the hips rise and fall and how large the figure is differ from scene to
scene. A contact is the end of a swing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from benchmarks.scenes.scene import Scene
from benchmarks.scenes.tune import CAMERAS, RATES, Look, Shapes, Stroke, filmed, jointed

Profile = Callable[[float], float]

SWINGS: tuple[Profile | None, ...] = (
    lambda s: s,
    lambda s: 1 - (1 - s) ** 1.7,
    lambda s: s * s * (3 - 2 * s),
    lambda s: s**3 * (10 - 15 * s + 6 * s * s),
    lambda s: float(1 - np.cos(np.pi * s)) / 2,
    lambda s: s**1.4,
    None,
)
"""How far a foot has come in its swing, both 0..1: even, slowing, eased (three ways), hurrying; None: both
feet are pendulums."""


def strider(rng: np.random.Generator, seconds: float, swing: Profile | None) -> tuple[Shapes, list[float]]:
    """Walks with the feet swung by SWING."""
    step_time = rng.uniform(0.38, 0.66)
    leg = rng.uniform(0.14, 0.3)
    stride = min(leg * rng.uniform(0.6, 0.85), 0.7 * step_time / seconds)
    floor, lift = rng.uniform(0.44, 0.5), leg * rng.uniform(0.04, 0.2)
    late, double = rng.uniform(0.7, 1.4), rng.uniform(0.0, 0.25)
    bob, thick = leg * rng.uniform(0.01, 0.06), leg * rng.uniform(0.07, 0.12)
    forward = float(rng.choice([-1.0, 1.0]))
    phase = rng.uniform(0.2, 0.2 + step_time)
    colours = [tuple(float(c) for c in rng.uniform(0.0, 0.95, 3)) for _ in range(4)]
    start = 0.5 - forward * stride * (seconds / 2 - phase) / step_time

    def foot(step: float, side: int) -> npt.NDArray[np.float64]:
        if swing is None:
            turn = np.pi * (step - side)
            along = step + 0.5 + 0.5 * np.cos(turn)
            up = lift * max(0.0, float(-np.sin(turn)))
            return np.array([start + forward * stride * along, floor - 0.012 - up])
        last = 2 * np.floor((step - side) / 2) + side
        s = float(np.clip((step - last - 1 - double) / (1 - double), 0, 1))
        up = lift * np.sin(np.pi * s**late)
        return np.array([start + forward * stride * (last + 2 * swing(s)), floor - 0.012 - up])

    def shapes(now: float) -> list[Stroke]:
        step = (now - phase) / step_time
        hip = np.array(
            [
                start + forward * stride * (step + 0.5),
                floor - 0.95 * leg + bob * np.cos(2 * np.pi * step) - bob,
            ]
        )
        chest, head = hip - np.array([0, 0.75 * leg]), hip - np.array([0, 1.05 * leg])
        strokes = [Stroke((-0.5, floor + 0.2), (1.5, floor + 0.2), 0.198, (0.35, 0.33, 0.3))]
        for side in (1, 0):
            ankle = foot(step, side)
            knee = jointed(hip, ankle, leg / 2, forward)
            tone = tuple(c * (0.75 if side else 1.0) for c in colours[0])
            toe = ankle + np.array([forward * 0.16 * leg, 0])
            swung = 0.5 * np.sin(np.pi * (step + side + 0.5))
            hand = chest + 0.7 * leg * np.array([forward * np.sin(swung), np.cos(swung)])
            for a, b, wide, colour in (
                (hip, knee, thick, tone),
                (knee, ankle, 0.75 * thick, tone),
                (ankle, toe, 0.012, colours[1]),
                (chest, hand, 0.6 * thick, colours[2]),
            ):
                strokes.append(Stroke(_at(a), _at(b), wide, colour))
        strokes.append(Stroke(_at(hip), _at(chest), 1.6 * thick, colours[3]))
        strokes.append(Stroke(_at(head), _at(head), 0.16 * leg, (0.8, 0.6, 0.5)))
        return strokes

    return shapes, [phase + k * step_time for k in range(-1, int(seconds / step_time) + 2)]


def _at(point: npt.NDArray[np.float64]) -> tuple[float, float]:
    return float(point[0]), float(point[1])


def strides(count: int = 21, first_seed: int = 7100) -> Iterator[Scene]:
    """COUNT scenes; swings, rates, cameras and sizes vary in turn."""
    for k in range(count):
        seed = first_seed + 13 * k
        rng = np.random.default_rng(seed)
        seconds = Fraction(3)
        camera = CAMERAS[(k + k // 4) % len(CAMERAS)]
        act = strider(rng, float(seconds), SWINGS[k % len(SWINGS)])
        look = Look(camera, float(rng.choice([0.0, 0.5, 0.9])), float(rng.uniform(0.0, 0.012)), 4)
        size = ((320, 180), (240, 180), (400, 224))[int(rng.integers(3))]
        name = f"walker/{camera}/{seed}"
        scene = filmed(name, (RATES[(3 * k) % len(RATES)], seconds), size, act, look=look, seed=seed)
        yield scene
