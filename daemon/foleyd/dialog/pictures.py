"""Small pictures with smooth edges, painted when the dialog opens: no files, and right at every scale."""

from __future__ import annotations

import math
import tkinter as tk
from collections.abc import Callable, Sequence
from itertools import pairwise

Paint = Callable[[float, float], str | None]
"""The colour at a point of the unit square, or None for the ground."""

_SAMPLES = 4


def picture(height: int, width: int, ground: str, paint: Paint) -> tk.PhotoImage:
    """A square of HEIGHT with smooth edges, painted by PAINT, at the left of a GROUND of WIDTH."""
    made = tk.PhotoImage(width=width, height=height)
    steps = [(step + 0.5) / _SAMPLES for step in range(_SAMPLES)]
    rows = []
    for y in range(height):
        row = []
        for x in range(width):
            points = [((x + i) / height, (y + j) / height) for i in steps for j in steps]
            row.append(_mean([(paint(*point) or ground) if point[0] < 1 else ground for point in points]))
        rows.append("{" + " ".join(row) + "}")
    made.put(" ".join(rows))
    return made


def _mean(colours: list[str]) -> str:
    if len(set(colours)) == 1:
        return colours[0]
    parts = [[int(colour[at : at + 2], 16) for colour in colours] for at in (1, 3, 5)]
    return "#" + "".join(f"{round(sum(part) / len(part)):02x}" for part in parts)


def box(fill: str, edge: str, tick: str | None) -> Paint:
    """A rounded box, ticked where TICK is a colour."""

    def paint(x: float, y: float) -> str | None:
        if tick is not None and _near(x, y, ((0.24, 0.52), (0.43, 0.71), (0.77, 0.31)), 0.07):
            return tick
        across, down = (max(abs(value - 0.5) - 0.3, 0.0) for value in (x, y))
        outside = math.hypot(across, down) - 0.2
        if outside > 0:
            return None
        return edge if outside > -0.07 else fill

    return paint


def dot(fill: str, edge: str, mark: str | None) -> Paint:
    """A disc, with a smaller one in it where MARK is a colour."""

    def paint(x: float, y: float) -> str | None:
        away = math.hypot(x - 0.5, y - 0.5)
        if mark is not None and away < 0.2:
            return mark
        if away > 0.5:
            return None
        return edge if away > 0.43 else fill

    return paint


def _near(x: float, y: float, corners: Sequence[tuple[float, float]], width: float) -> bool:
    """Whether a point lies within WIDTH of the lines between CORNERS."""
    for (ax, ay), (bx, by) in pairwise(corners):
        length = (bx - ax) ** 2 + (by - ay) ** 2
        along = min(max(((x - ax) * (bx - ax) + (y - ay) * (by - ay)) / length, 0.0), 1.0)
        if math.hypot(x - ax - along * (bx - ax), y - ay - along * (by - ay)) < width:
            return True
    return False
