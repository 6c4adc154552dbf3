"""What moved between two small pictures once the camera's motion is out: how much, where, which way.

The direction comes from *picture momentum*: the change of light between two pictures, weighted by position,
adds up to (contrast x area x displacement) of whatever moved. That is linear in the picture, so motion blur
does not bend it, it needs no search, and it holds for displacements far beyond a thing's own size, where
optical flow fails. Taken for several light levels of each colour apart, a dark thing and a bright one that
move together add up instead of cancelling. It is the first-moment form of the conservation of brightness:
B. Horn, B. Schunck, "Determining optical flow", Artificial Intelligence 17 (1981), summed over a patch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from foleyd.engines.procedural.camera import Move
from foleyd.engines.procedural.picture import Plane, Small, greatest, luma

Levels = npt.NDArray[np.float32]

LEVELS = 5
"""Light levels told apart in each of red, green and blue."""

_LEAST_NOISE = 0.002
_NOISE_MARGIN = 4.5
_STILL_TOLERANCE, _MOVING_TOLERANCE = 0.15, 0.2
_LOST_CHANGE = 0.04
_LOST_LIKENESS = 0.6
_CELL = 6
_CELL_CHANGE = 0.2
_FAINTEST_SHARE = 0.03
_MOST_PATCHES = 6
_SOLE = 4
"""Rows of pixels that a column's underside is summed over: about the height of a foot."""


@dataclass(frozen=True, slots=True)
class Patch:
    """A connected patch of change. Positions and lengths in picture widths, x right, y down.

    ``energy`` change of light 0..1 as a mean over the picture; ``momentum`` (2, 3 x LEVELS) contrast x area x
    displacement; ``net`` (3 x LEVELS) light that came (or went, negative); ``mass`` the change summed
    without regard to direction; ``x``, ``y`` its centre; ``spread`` its standard radius; ``size`` fraction of
    the picture; ``box`` left, top, right, bottom.
    """

    energy: float
    momentum: Levels
    net: Levels
    mass: float
    x: float
    y: float
    spread: float
    size: float
    box: tuple[float, float, float, float]

    @property
    def coherence(self) -> float:
        """How much it moves as one: about 0.1 for water, leaves and grain, from 0.2 to 1 for a thing."""
        length = self.mass * self.spread
        return float(np.linalg.norm(self.momentum)) / length if length > 0 else 0.0

    @property
    def imbalance(self) -> float:
        """0 where light only moved, 1 where it only came or only went."""
        return float(np.linalg.norm(self.net)) / self.mass if self.mass > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Underside:
    """What moves lowest: from column LEFT on, the lowest ROW of change (-1: none) and how much it is there.

    ``rows`` and ``energy`` (n,) by column of pixels; energy is the change of light summed over the lowest
    four rows of change.
    """

    left: int
    rows: npt.NDArray[np.int16]
    energy: npt.NDArray[np.float16]


@dataclass(frozen=True, slots=True)
class Change:
    """What changed from one picture to the next.

    ``patches`` the strongest first; ``noise`` standard deviation of this pair's grain; ``lost`` whether the
    two pictures have too little in common to compare (a cut, a flash); ``underside`` what moved lowest.
    """

    patches: tuple[Patch, ...]
    noise: float
    lost: bool
    underside: Underside | None = None

    @property
    def whole(self) -> Patch | None:
        """All patches as one, None where nothing moved."""
        return together(self.patches) if self.patches else None


def change(here: Small, there: Small, move: Move, noise: float) -> Change:
    """The :class:`Change` from THERE to HERE, smoothed small pictures of one shape, MOVE apart.

    NOISE is the running estimate of the grain (standard deviation of a difference).
    """
    rows, columns = here.shape[:2]
    before = move.laid(there)
    size = greatest(np.abs(here - before))
    grain = 0.9 * float(np.median(size))
    if _lost(here, before, size):
        return Change((), grain, True)
    quiet = _NOISE_MARGIN * max(noise, grain, _LEAST_NOISE)
    tolerance = _STILL_TOLERANCE + _MOVING_TOLERANCE * min(move.reach((rows, columns)), 1.0)
    above = _inside(np.maximum(size - quiet - tolerance * _steepness(here), 0), move)
    regions, count = _regions(above)
    if not count:
        return Change((), grain, False)
    active = np.flatnonzero((above > 0) & (regions > 0))
    weight = above.ravel()[active]
    region = regions.ravel()[active]
    moved = _levels(here.reshape(-1, 3)[active]) - _levels(before.reshape(-1, 3)[active])
    moved *= (weight / size.ravel()[active])[:, None]
    y, x = (part.astype(np.float32) / columns for part in np.divmod(active, columns))
    energies = np.bincount(region, weight, count + 1)
    strongest = np.argsort(-energies)[:_MOST_PATCHES]
    patches = [
        _patch((x[own], y[own]), weight[own], moved[own], (rows, columns))
        for own in (region == k for k in strongest if energies[k] > _FAINTEST_SHARE * energies[strongest[0]])
    ]
    return Change(tuple(patches), grain, False, _underside(above))


def together(patches: Sequence[Patch]) -> Patch:
    """PATCHES (one or more) as one: their momenta, and that of light which left one and came to another."""
    if len(patches) == 1:
        return patches[0]
    energy = sum(patch.energy for patch in patches)
    x = sum(patch.energy * patch.x for patch in patches) / energy
    y = sum(patch.energy * patch.y for patch in patches) / energy
    apart = [np.array([patch.x - x, patch.y - y], np.float32) for patch in patches]
    momentum = sum(
        (patch.momentum + np.outer(gap, patch.net) for patch, gap in zip(patches, apart, strict=True)),
        np.zeros_like(patches[0].momentum),
    )
    variance = sum(
        patch.energy * (patch.spread**2 + float(gap @ gap)) for patch, gap in zip(patches, apart, strict=True)
    )
    boxes = np.array([patch.box for patch in patches])
    left, top = boxes[:, :2].min(axis=0)
    right, bottom = boxes[:, 2:].max(axis=0)
    return Patch(
        energy=energy,
        momentum=momentum,
        net=sum((patch.net for patch in patches), np.zeros_like(patches[0].net)),
        mass=sum(patch.mass for patch in patches),
        x=x,
        y=y,
        spread=(variance / energy) ** 0.5,
        size=sum(patch.size for patch in patches),
        box=(float(left), float(top), float(right), float(bottom)),
    )


def _patch(at: tuple[Levels, Levels], weight: Levels, moved: Levels, shape: tuple[int, int]) -> Patch:
    (x, y), pixels, columns = at, shape[0] * shape[1], shape[1]
    total = float(weight.sum())
    cx, cy = float(weight @ x) / total, float(weight @ y) / total
    apart = np.stack([x - np.float32(cx), y - np.float32(cy)])
    half = 0.5 / columns
    return Patch(
        energy=total / pixels,
        momentum=apart @ moved / np.float32(pixels),
        net=moved.sum(axis=0) / np.float32(pixels),
        mass=float(np.linalg.norm(np.abs(moved).sum(axis=0))) / pixels,
        x=cx + half,
        y=cy + half,
        spread=float(weight @ (apart**2).sum(axis=0) / total) ** 0.5,
        size=len(x) / pixels,
        box=(float(x.min()), float(y.min()), float(x.max()) + 2 * half, float(y.max()) + 2 * half),
    )


def _underside(above: Plane) -> Underside:
    """The :class:`Underside` of the change ABOVE the noise, of which there is some."""
    columns = np.flatnonzero(above.any(axis=0))
    left, right = int(columns[0]), int(columns[-1]) + 1
    part = above[:, left:right]
    changed = part > 0
    lowest = len(part) - 1 - changed[::-1].argmax(axis=0)
    sole = np.maximum(lowest - np.arange(_SOLE)[:, None], 0)
    energy = np.take_along_axis(part, sole, 0).sum(axis=0)
    rows = np.where(changed.any(axis=0), lowest, -1)
    return Underside(left, rows.astype(np.int16), energy.astype(np.float16))


def _regions(above: Plane) -> tuple[npt.NDArray[np.int32], int]:
    """Number of the connected region of change that each pixel lies in (0: none), and how many there are."""
    rows, columns = above.shape
    tall, wide = -(-rows // _CELL), -(-columns // _CELL)
    padded = np.zeros((tall * _CELL, wide * _CELL), np.float32)
    padded[:rows, :columns] = above
    cells = padded.reshape(tall, _CELL, wide, _CELL).sum(axis=(1, 3))
    labels, count = ndimage.label(cells > _CELL_CHANGE, np.ones((3, 3)))
    return np.repeat(np.repeat(labels, _CELL, 0), _CELL, 1)[:rows, :columns], int(count)


def _inside(above: Plane, move: Move) -> Plane:
    """ABOVE without the rim that the other picture, MOVE away, does not show."""
    rim = 1 + int(np.ceil(min(move.reach(above.shape), min(above.shape) / 4)))
    above[:rim] = above[-rim:] = 0
    above[:, :rim] = above[:, -rim:] = 0
    return above


def _levels(light: npt.NDArray[np.float32]) -> Levels:
    """Colours (n, 3) as shares of LEVELS light levels, (n, 3 x LEVELS): overlapping tents that sum to one."""
    scaled = np.clip(light, 0, 1) * np.float32(LEVELS - 1)
    tents = np.maximum(0, 1 - np.abs(scaled[:, :, None] - np.arange(LEVELS, dtype=np.float32)))
    return np.asarray(tents.reshape(len(light), -1))


def _steepness(picture: Small) -> Plane:
    """How fast the luma changes from pixel to pixel: what a misplaced picture would show."""
    light = luma(picture)
    steep = np.zeros_like(light)
    steep[1:-1, 1:-1] = np.hypot(light[2:, 1:-1] - light[:-2, 1:-1], light[1:-1, 2:] - light[1:-1, :-2]) / 2
    return np.asarray(steep)


def _lost(here: Small, before: Small, size: Plane) -> bool:
    """Whether most of the picture is another, and not merely brighter or grainier."""
    if float(np.median(size)) < _LOST_CHANGE:
        return False
    a, b = luma(here).ravel(), luma(before).ravel()
    a, b = a - a.mean(), b - b.mean()
    likeness = float(a @ b) / (float(np.linalg.norm(a) * np.linalg.norm(b)) + 1e-9)
    return likeness < _LOST_LIKENESS
