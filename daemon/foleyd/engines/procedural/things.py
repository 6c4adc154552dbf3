"""Moving things followed through a shot: which patches of change, pair after pair, are the same thing.

A thing takes every patch that lies near where it was; what it leaves founds things of their own. A thing
that stops is remembered where it stopped, for as long as the shot lasts.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from foleyd.engines.procedural.motion import Patch, together

Box = tuple[float, float, float, float]

_NEAR = 0.1
_STRIDE = 0.12
_MEMORY = 5
_MOST_THINGS = 8


@dataclass(slots=True)
class Thing:
    """A moving thing: from pair FIRST of its shot on, one entry a pair, None while it is at rest."""

    first: int
    patches: list[Patch | None] = field(default_factory=list)
    cores: list[Box] = field(default_factory=list)

    @property
    def energy(self) -> float:
        """All the change of light that it made."""
        return sum(patch.energy for patch in self.patches if patch is not None)

    @property
    def box(self) -> Box:
        """Where it was of late: around its strongest patches, so that shimmer nearby does not swell it."""
        return _around(self.cores[-_MEMORY:])

    def add(self, own: Sequence[Patch]) -> None:
        """Puts down the next pair: the patches that are its OWN, none when it rests."""
        self.patches.append(together(own) if own else None)
        if own:
            self.cores.append(max(own, key=self._likeness).box)

    def _likeness(self, patch: Patch) -> float:
        """How likely PATCH is the heart of this thing: strong, and near where it was."""
        if not self.cores:
            return patch.energy
        left, top, right, bottom = self.cores[-1]
        apart = math.hypot(patch.x - (left + right) / 2, patch.y - (top + bottom) / 2)
        return patch.energy * math.exp(-((apart / _STRIDE) ** 2))


def things(pairs: Sequence[Sequence[Patch]]) -> list[Thing]:
    """The things that moved in a shot, given each pair's patches in order; the busiest first."""
    known: list[Thing] = []
    for index, patches in enumerate(pairs):
        left = list(patches)
        for thing in sorted(known, key=_recent_energy, reverse=True):
            own = _taken(thing.box, left)
            thing.add(own)
            left = [patch for patch in left if patch not in own]
        while left and len(known) < _MOST_THINGS:
            own = _taken(left[0].box, left)
            known.append(Thing(index))
            known[-1].add(own)
            left = [patch for patch in left if patch not in own]
        if left:
            _forget_least(known)
    return sorted(known, key=lambda thing: -thing.energy)


def _recent_energy(thing: Thing) -> float:
    return sum(patch.energy for patch in thing.patches[-4 * _MEMORY :] if patch is not None)


def _forget_least(known: list[Thing]) -> None:
    """Drops the thing that has moved least, to make room for the next."""
    known.remove(min(known, key=lambda thing: thing.energy))


def _taken(box: Box, patches: list[Patch]) -> list[Patch]:
    """The PATCHES within reach of BOX, those that touch them included."""
    own: list[Patch] = []
    reach = _grown(box, _NEAR)
    for patch in patches:
        if _meet(reach, patch.box):
            own.append(patch)
    return own


def _meet(a: Box, b: Box) -> bool:
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _grown(box: Box, by: float) -> Box:
    return box[0] - by, box[1] - by, box[2] + by, box[3] + by


def _around(boxes: Sequence[Box]) -> Box:
    return (
        min(box[0] for box in boxes),
        min(box[1] for box in boxes),
        max(box[2] for box in boxes),
        max(box[3] for box in boxes),
    )
