"""Which of an item's own time is seen when: one affine map per visible stretch.

Retimes follow contract.md: a scalar s consumes |s| x duration from the used range's start; reverse
plays it backwards and ends at that start; 0 holds the first frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from foleyd.timeline.numbers import bounded
from foleyd.timeline.tree import Node, checked_speed


@dataclass(frozen=True, slots=True)
class View:
    """Record seconds START up to END show own time LOCAL + (t - START) x SPEED.

    Backwards (SPEED below 0) LOCAL is the end, not included, of what is shown first.
    """

    start: Fraction
    end: Fraction
    local: Fraction
    speed: Fraction

    def part(self, low: Fraction, high: Fraction) -> View | None:
        """Where own time LOW up to HIGH is seen, with LOW as the new zero; None where it is not."""
        if self.speed == 0:
            shown = low <= self.local < high
            return View(self.start, self.end, self.local - low, self.speed) if shown else None
        at_low = self.start + bounded((low - self.local) / self.speed)
        at_high = self.start + bounded((high - self.local) / self.speed)
        start, end = max(self.start, min(at_low, at_high)), min(self.end, max(at_low, at_high))
        if start >= end:
            return None
        local = bounded(self.local + (start - self.start) * self.speed - low)
        return View(start, end, local, self.speed)

    def through(self, node: Node) -> View:
        """The view of NODE's own time, when this is the view of its place in the parent."""
        own = node.speed
        used = self.local - node.duration if own < 0 else self.local
        local = node.start + used * own
        return View(self.start, self.end, bounded(local), checked_speed(bounded(self.speed * own)))

    def record_of(self, local: Fraction) -> Fraction | None:
        """Record seconds at which own time LOCAL is first seen; None when it is not."""
        if self.speed == 0:
            return self.start if local == self.local else None
        at = self.start + (local - self.local) / self.speed
        return at if self.start <= at < self.end else None


@dataclass(frozen=True, slots=True)
class Seen:
    """NODE as it is seen through VIEW (of its own time), under PARENTS."""

    node: Node
    view: View
    parents: tuple[Node, ...]


def look(root: Node, *, picture_only: bool = True, disabled: bool = False) -> Iterator[Seen]:
    """Every item of ROOT that has a place on the record timeline, parents first, bottom layers first.

    With PICTURE_ONLY items on tracks of other kinds are left out, without DISABLED those that are.
    """
    place = View(Fraction(0), root.duration, Fraction(0), Fraction(1))
    yield from _look(root, place, (), (picture_only, disabled))


def _look(node: Node, place: View, parents: tuple[Node, ...], wanted: tuple[bool, bool]) -> Iterator[Seen]:
    picture_only, disabled = wanted
    if (picture_only and not node.picture) or not (node.enabled or disabled):
        return
    view = place.through(node)
    yield Seen(node, view, parents)
    position = Fraction(0)
    for child in node.children:
        slot = view.part(position, position + child.duration)
        if node.kind == "track":
            position = bounded(position + child.duration)
        if slot is not None:
            yield from _look(child, slot, (*parents, node), wanted)
