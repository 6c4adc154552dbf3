"""What moved between two small pictures once the camera's motion is out: how much, where, which way.

The direction comes from *picture momentum*: the change of light between two pictures, weighted by position,
adds up to (contrast x area x displacement) of whatever moved. That is linear in the picture, so motion blur
does not bend it, it needs no search, and it holds for displacements far beyond a thing's own size, where
optical flow fails. Taken for several light levels of each colour apart, a dark thing and a bright one that
move together add up instead of cancelling. It is the first-moment form of the conservation of brightness:
B. Horn, B. Schunck, "Determining optical flow", Artificial Intelligence 17 (1981), summed over the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from foleyd.engines.procedural.camera import Move
from foleyd.engines.procedural.picture import Plane, Small

LEVELS = 5
MOMENTUM_PARTS = 2 * 3 * LEVELS
"""Length of a momentum: x then y, for each level of red, green, blue."""

_LEAST_NOISE = 0.002
_NOISE_MARGIN = 4.5
_STILL_TOLERANCE, _MOVING_TOLERANCE = 0.15, 0.2
_CELL = 6
_DENSE = 0.12
_LOST_CHANGE = 0.04
_LOST_LIKENESS = 0.6


@dataclass(frozen=True, slots=True)
class Change:
    """What changed from one picture to the next; lengths in picture widths, y down.

    ``energy`` mean change of light 0..1; ``momentum`` (MOMENTUM_PARTS,) contrast x area x displacement;
    ``mass`` the change summed without regard to direction; ``imbalance`` 0 where light only moved .. 1 where
    it only came or went; ``x``, ``y`` centre of the change as fractions of width and height; ``spread`` its
    standard radius; ``size`` fraction of the picture that changed; ``noise`` of this pair; ``lost`` whether
    the two pictures have too little in common to compare (a cut, a flash).
    """

    energy: float
    momentum: npt.NDArray[np.float32]
    mass: float
    imbalance: float
    x: float
    y: float
    spread: float
    size: float
    noise: float
    lost: bool

    @property
    def coherence(self) -> float:
        """How much it moves as one: about 0.1 for water, leaves and grain, from 0.25 to 1 for a thing."""
        length = self.mass * self.spread
        return float(np.linalg.norm(self.momentum)) / length if length > 0 else 0.0

    @classmethod
    def none(cls, noise: float = 0.0, lost: bool = False) -> Change:
        """Nothing moved, or (LOST) nothing can be said."""
        momentum = np.zeros(MOMENTUM_PARTS, np.float32)
        return cls(0.0, momentum, 0.0, 0.0, 0.5, 0.5, 0.0, 0.0, noise, lost)


def change(here: Small, there: Small, move: Move, noise: float) -> Change:
    """The :class:`Change` from THERE to HERE, smoothed small pictures of one shape, MOVE apart.

    NOISE is the running estimate of the grain (standard deviation of a difference).
    """
    rows, columns = here.shape[:2]
    before = move.laid(there)
    difference = here - before
    size = np.abs(difference).max(axis=2)
    grain = 1.48 * float(np.median(size)) * 0.6
    lost = _lost(here, before, size)
    quiet = _NOISE_MARGIN * max(noise, grain, _LEAST_NOISE)
    tolerance = _STILL_TOLERANCE + _MOVING_TOLERANCE * min(move.reach((rows, columns)), 1.0)
    above = np.maximum(size - quiet - tolerance * _steepness(here), 0)
    active = np.flatnonzero(above * _dense(above))
    if lost or not len(active):
        return Change.none(grain, lost)
    weight = above.ravel()[active]
    y, x = (part.astype(np.float32) / columns for part in np.divmod(active, columns))
    total = float(weight.sum())
    cx, cy = float(weight @ x) / total, float(weight @ y) / total
    spread = float(weight @ ((x - cx) ** 2 + (y - cy) ** 2) / total) ** 0.5
    moved = _levels(here.reshape(-1, 3)[active]) - _levels(before.reshape(-1, 3)[active])
    moved *= (weight / size.ravel()[active])[:, None]
    area = np.float32(1 / size.size)
    momentum = np.concatenate([(x - cx) @ moved, (y - cy) @ moved]) * area
    mass = float(np.linalg.norm(np.abs(moved).sum(axis=0))) * float(area)
    imbalance = float(np.linalg.norm(moved.sum(axis=0))) * float(area) / mass
    return Change(
        energy=total * float(area),
        momentum=momentum,
        mass=mass,
        imbalance=imbalance,
        x=cx + 0.5 / columns,
        y=(cy * columns + 0.5) / rows,
        spread=spread,
        size=len(active) / size.size,
        noise=grain,
        lost=lost,
    )


def _levels(light: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Colours (n, 3) as shares of LEVELS light levels, (n, 3 x LEVELS): overlapping tents that sum to one."""
    scaled = np.clip(light, 0, 1) * np.float32(LEVELS - 1)
    tents = np.maximum(0, 1 - np.abs(scaled[:, :, None] - np.arange(LEVELS, dtype=np.float32)))
    return np.asarray(tents.reshape(len(light), -1))


def _steepness(picture: Small) -> Plane:
    """How fast the luma changes from pixel to pixel: what a misplaced picture would show."""
    luma: Plane = picture.mean(axis=2)
    steep = np.zeros_like(luma)
    steep[1:-1, 1:-1] = np.hypot(luma[2:, 1:-1] - luma[:-2, 1:-1], luma[1:-1, 2:] - luma[1:-1, :-2]) / 2
    return np.asarray(steep)


def _dense(above: Plane) -> npt.NDArray[np.bool_]:
    """Where change is dense, as on a moving thing; edges of the background that shimmer lie thin."""
    rows, columns = above.shape
    tall, wide = -(-rows // _CELL), -(-columns // _CELL)
    padded = np.zeros((tall * _CELL, wide * _CELL), np.float32)
    padded[:rows, :columns] = above
    cells = padded.reshape(tall, _CELL, wide, _CELL).sum(axis=(1, 3))
    cells = ndimage.uniform_filter(cells, 3, mode="constant")
    dense = cells > _DENSE * cells.max()
    return np.asarray(np.repeat(np.repeat(dense, _CELL, 0), _CELL, 1)[:rows, :columns])


def _lost(here: Small, before: Small, size: Plane) -> bool:
    """Whether most of the picture is another, and not merely brighter or grainier."""
    if float(np.median(size)) < _LOST_CHANGE:
        return False
    a, b = here.mean(axis=2).ravel(), before.mean(axis=2).ravel()
    a, b = a - a.mean(), b - b.mean()
    likeness = float(a @ b) / (float(np.linalg.norm(a) * np.linalg.norm(b)) + 1e-9)
    return likeness < _LOST_LIKENESS
