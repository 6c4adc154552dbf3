"""Small moving pictures whose events are known: a disc on a patterned wall, filmed at 160 x 90."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from foleyd.engines.engine import Frame

RATE = Fraction(25)
WIDTH, HEIGHT = 160, 90

Path = Callable[[float], tuple[float, float]]
"""Centre of the disc in pixels, x right and y down, at a time in seconds."""


def wall(seed: int = 1, width: int = 400, height: int = 240) -> npt.NDArray[np.float64]:
    """A soft pattern (height, width, 3), 0..1."""
    noise = np.random.default_rng(seed).standard_normal((height, width, 3))
    soft = ndimage.gaussian_filter(noise, (4, 4, 0))
    return np.asarray(0.45 + 0.06 * soft / soft.std())


def filmed(
    path: Path | None = None,
    seconds: float = 2.0,
    rate: Fraction = RATE,
    *,
    pan: float = 0.0,
    grain: float = 0.004,
    backdrop: npt.NDArray[np.float64] | None = None,
) -> Iterator[Frame]:
    """A dark red disc on PATH before a wall that slides PAN pixels a second, with GRAIN."""
    picture = wall() if backdrop is None else backdrop
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
    rng = np.random.default_rng(5)
    for index in range(round(seconds * rate)):
        time = float(index / rate)
        at = [rows + 60, columns + 100 + pan * time]
        shown = np.stack([ndimage.map_coordinates(picture[..., k], at, order=1) for k in range(3)], -1)
        if path is not None:
            x, y = path(time)
            cover = np.clip(8.5 - np.hypot(columns - x, rows - y), 0, 1)[..., None]
            shown = shown * (1 - cover) + cover * np.array([0.6, 0.08, 0.05])
        shown += rng.normal(0, grain, shown.shape)
        yield Frame(index / rate, np.rint(np.clip(shown, 0, 1) * 255).astype(np.uint8))


def bouncing(
    x: float = 80.0, first: float = 0.5, high: float = 50.0, gravity: float = 400.0
) -> tuple[Path, list[float]]:
    """A disc that falls from HIGH pixels over the floor and keeps 0.75 of its speed; its contact times."""
    speed = (2 * gravity * high) ** 0.5
    contacts, leaving = [first], [0.75 * speed]
    while contacts[-1] + 2 * leaving[-1] / gravity < 2.0:
        contacts.append(contacts[-1] + 2 * leaving[-1] / gravity)
        leaving.append(0.75 * leaving[-1])

    def path(time: float) -> tuple[float, float]:
        if time < first:
            before = min(first - time, speed / gravity)
            return x, 75 - (speed * before - gravity * before**2 / 2)
        index = int(np.searchsorted(contacts, time, side="right")) - 1
        since = time - contacts[index]
        return x, 75 - (leaving[index] * since - gravity * since**2 / 2)

    return path, contacts
