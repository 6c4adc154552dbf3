"""Scenes in which nothing strikes anything: whatever is heard in them is wrong.

The picture is a collage of soft noise, hard-edged rectangles and lines, so that a camera move or a change of
light has plenty to upset.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction

import numpy as np
from scipy import ndimage

from benchmarks.scenes.codec import recoded
from benchmarks.scenes.scene import Picture, Scene, to_frame
from foleyd.engines.engine import Frame

Shown = Callable[[float, np.random.Generator], Picture]

SIZE = (320, 180)


def collage(rng: np.random.Generator, size: tuple[int, int] = (560, 400)) -> Picture:
    """A still picture (height, width, 3) with soft and hard detail."""
    width, height = size
    soft = ndimage.gaussian_filter(rng.standard_normal((height, width, 3)), (6, 6, 0))
    picture = 0.5 + 0.12 * soft / soft.std()
    for _ in range(40):
        x, y = rng.integers(0, width - 60), rng.integers(0, height - 60)
        w, h = rng.integers(6, 60, 2)
        picture[y : y + h, x : x + w] = rng.uniform(0.05, 0.95, 3)
    return np.asarray(ndimage.gaussian_filter(picture, (0.7, 0.7, 0)), np.float32)


def viewed(picture: Picture, x: float, y: float, zoom: float) -> Picture:
    """A window of SIZE of PICTURE, centred on X, Y (pixels)."""
    width, height = SIZE
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    at = [(rows - height / 2) / zoom + y, (columns - width / 2) / zoom + x]
    return np.stack(
        [ndimage.map_coordinates(picture[..., k], at, order=1, mode="mirror") for k in range(3)], -1
    )


def quiet_scenes(
    seed: int = 7, seconds: Fraction = Fraction(4), rate: Fraction = Fraction(25)
) -> Iterator[Scene]:
    """Each kind of stillness once."""
    length = float(seconds)
    one, two = (collage(np.random.default_rng([seed, k])) for k in (1, 2))
    still = viewed(one, 280, 200, 1.0)
    other = viewed(two, 280, 200, 1.0)
    steps = np.random.default_rng([seed, 3]).standard_normal((10_000, 2)).cumsum(0)
    unsteady = ndimage.gaussian_filter1d(steps, 6, axis=0)
    kinds: dict[str, Shown] = {
        "still": lambda t, rng: still,
        "black": lambda t, rng: np.zeros_like(still),
        "grain": lambda t, rng: still + rng.normal(0, 0.03, still.shape).astype(np.float32),
        "heavy grain": lambda t, rng: 0.4 * still + rng.normal(0, 0.06, still.shape).astype(np.float32),
        "black with grain": lambda t, rng: np.abs(rng.normal(0, 0.02, still.shape)).astype(np.float32),
        "slow pan": lambda t, rng: viewed(one, 240 + 20 * t, 200, 1.0),
        "pan with grain": lambda t, rng: (
            viewed(one, 230 + 30 * t, 200, 1.0) + rng.normal(0, 0.015, still.shape).astype(np.float32)
        ),
        "tilt": lambda t, rng: viewed(one, 280, 170 + 15 * t, 1.0),
        "pan that starts and stops": lambda t, rng: viewed(
            one,
            240 + 60 * float(np.clip((t - 1) / 2, 0, 1)) ** 2 * (3 - 2 * float(np.clip((t - 1) / 2, 0, 1))),
            200,
            1,
        ),
        "slow zoom": lambda t, rng: viewed(one, 280, 200, 1.0 + 0.04 * t),
        "hand-held": lambda t, rng: viewed(
            one, 280 + 3 * unsteady[int(t * 25), 0], 200 + 3 * unsteady[int(t * 25), 1], 1
        ),
        "flicker": lambda t, rng: still * np.float32(1 + 0.06 * np.sin(2 * np.pi * 6.3 * t)),
        "exposure": lambda t, rng: still * np.float32(0.5 + 0.2 * t),
        "exposure that jumps": lambda t, rng: still * np.float32(0.6 if t < length / 2 else 1.0),
        "fade in and out": lambda t, rng: still * np.float32(np.clip(min(t, length - t) / 1.2, 0, 1)),
        "dissolve": lambda t, rng: still + (other - still) * np.float32(np.clip(t - 1.5, 0, 1)),
        "cuts": lambda t, rng: still if int(t / 0.9) % 2 == 0 else other,
        "flashes": lambda t, rng: np.ones_like(still) if 0 <= (t % 1.3) - 0.6 < 0.04 else still,
        "one light goes on": lambda t, rng: still + _glow(still.shape, 0.3 if t > length / 2 else 0.0),
    }
    for number, (name, shown) in enumerate(kinds.items()):
        yield _scene(name, shown, number, (rate, seconds))
    for number, name in enumerate(("grain", "slow pan", "pan with grain", "hand-held", "slow zoom")):
        yield _recoded(_scene(name, kinds[name], number, (rate, seconds)))


def _glow(shape: tuple[int, ...], much: float) -> Picture:
    y, x = np.mgrid[0 : shape[0], 0 : shape[1]]
    light = much * np.exp(-((x - 220) ** 2 + (y - 70) ** 2) / 2 / 40**2)
    return np.asarray(light[..., None] * np.ones(3), np.float32)


def _scene(name: str, shown: Shown, number: int, length: tuple[Fraction, Fraction]) -> Scene:
    rate, seconds = length

    def render() -> Iterator[Frame]:
        rng = np.random.default_rng([number, 99])
        return (to_frame(k, rate, shown(float(k / rate), rng)) for k in range(int(seconds * rate)))

    return Scene(f"quiet/{name}", rate, SIZE, seconds, (), render)


def _recoded(scene: Scene) -> Scene:
    """SCENE as a frugal encoder leaves it."""
    return replace(
        scene, name=f"{scene.name} (H.264)", render=lambda: recoded(scene.render(), scene.rate, quality=36)
    )
