"""What was seen in a stretch of picture: motion frame by frame, cuts, and impacts.

A :class:`Sight` is small (some 28 bytes a frame), immutable and cacheable; :func:`joined` puts the sights
of an item's windows together. Everything is measured in the picture's own terms, so that a clip reads the
same at any size: widths of the picture, fractions of its area, seconds from the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from foleyd.engines.engine import EngineError, Features

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int8]

IMPACT = 0
"""Code of a single strike: something stops or rebounds."""
CONTACT = 1
"""Code of a footfall-like strike: one of a periodic row of gentle ones."""
KIND_NAMES = ("impact", "contact")

SIGHT_SCHEMA = "1"
_SAME_IMPACT_S = 0.06


class SightError(EngineError, ValueError):
    """Stored features are not a sight of this version."""


@dataclass(frozen=True, slots=True)
class Impacts:
    """Impacts in time order; arrays of one length (m,).

    ``time`` seconds; ``strength`` 0..1; ``pan`` -1 (left edge) .. 1 (right edge); ``size`` fraction of the
    picture that moved; ``speed`` picture widths a second just before; ``kind`` IMPACT or CONTACT.
    """

    time: Floats
    strength: Floats
    pan: Floats
    size: Floats
    speed: Floats
    kind: Codes

    def __post_init__(self) -> None:
        _same_length([getattr(self, f.name) for f in fields(self)])

    def __len__(self) -> int:
        return len(self.time)

    @classmethod
    def none(cls) -> Impacts:
        """No impacts."""
        empty = np.zeros(0)
        return cls(empty, empty, empty, empty, empty, np.zeros(0, np.int8))

    def where(self, chosen: npt.NDArray[Any]) -> Impacts:
        """The impacts that CHOSEN (a mask or indices) picks."""
        return Impacts(**{f.name: getattr(self, f.name)[chosen] for f in fields(self)})

    def of_kind(self, kind: int) -> Impacts:
        """Only impacts of KIND (:data:`IMPACT` or :data:`CONTACT`)."""
        return self.where(self.kind == kind)

    def kind_names(self) -> list[str]:
        """The word for each: "impact" or "contact"."""
        return [KIND_NAMES[code] for code in self.kind]


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen. The per-frame arrays have one length (n,), frames in time order.

    ``duration`` seconds; ``frame_times`` seconds of first display; ``motion`` 0..1, energy of moving
    things once the camera's own motion is taken out; ``motion_x`` -1 left .. 1 right, where they are;
    ``motion_size`` fraction of the picture that moves; ``motion_speed`` picture widths a second;
    ``camera`` speed of the whole picture, widths a second; ``brightness`` mean luma 0..1; ``cuts`` seconds
    of the first frame of each new shot. A frame's motion is the motion from the frame before up to it, 0 at
    the first and at cuts.
    """

    duration: float
    frame_times: Floats
    motion: Floats
    motion_x: Floats
    motion_size: Floats
    motion_speed: Floats
    camera: Floats
    brightness: Floats
    cuts: Floats
    impacts: Impacts

    def __post_init__(self) -> None:
        _same_length([getattr(self, name) for name in PER_FRAME])

    @classmethod
    def blank(cls, duration: float) -> Sight:
        """Nothing seen for DURATION seconds."""
        nothing = {name: np.zeros(0) for name in (*PER_FRAME, "cuts")}
        return cls(duration=duration, impacts=Impacts.none(), **nothing)

    def sampled(self, name: str, times: Floats) -> Floats:
        """A per-frame array (by NAME) at TIMES in seconds, linearly between frames; 0 if no frames."""
        if not len(self.frame_times):
            return np.zeros(np.shape(times))
        return np.asarray(np.interp(times, self.frame_times, getattr(self, name)))

    def to_features(self, warnings: tuple[str, ...] = ()) -> Features:
        """As arrays and text that survive safetensors. Inverse: :meth:`from_features`."""
        arrays: dict[str, npt.NDArray[Any]] = {name: getattr(self, name) for name in (*PER_FRAME, "cuts")}
        arrays |= {f"impacts.{f.name}": getattr(self.impacts, f.name) for f in fields(Impacts)}
        contiguous = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
        return Features(contiguous, {"sight": SIGHT_SCHEMA, "duration": repr(self.duration)}, warnings)

    @classmethod
    def from_features(cls, features: Features) -> Sight:
        """Raises SightError when FEATURES were not made by :meth:`to_features` of this version."""
        if features.meta.get("sight") != SIGHT_SCHEMA:
            raise SightError(
                "features of another version of the procedural engine cannot be used; make them anew"
            )
        try:
            found = {f.name: np.asarray(features.arrays[f"impacts.{f.name}"]) for f in fields(Impacts)}
            seen = {name: np.asarray(features.arrays[name]) for name in (*PER_FRAME, "cuts")}
            return cls(duration=float(features.meta["duration"]), impacts=Impacts(**found), **seen)
        except (KeyError, ValueError) as error:
            raise SightError(f"stored features are damaged ({error}); make them anew") from error


PER_FRAME = ("frame_times", "motion", "motion_x", "motion_size", "motion_speed", "camera", "brightness")
"""Names of the arrays of a Sight that have one value for each frame."""


def joined(parts: Sequence[tuple[Fraction | float, Sight]]) -> Sight:
    """One sight of windows PARTS (offset in seconds from the item's start, sight), in time order.

    Where windows overlap, each is believed up to the middle of the overlap; an impact that both sides of
    such a seam saw is kept once, the stronger.
    """
    if not parts:
        return Sight.blank(0.0)
    ordered = sorted(((float(offset), sight) for offset, sight in parts), key=lambda part: part[0])
    edges = [(offset, offset + sight.duration) for offset, sight in ordered]
    seams = [(before[1] + after[0]) / 2 for before, after in pairwise(edges)]
    bounds = [-np.inf, *seams, np.inf]
    pieces = [
        _between(_shifted(sight, offset), low, high)
        for (offset, sight), (low, high) in zip(ordered, pairwise(bounds), strict=True)
    ]
    return Sight(
        duration=max(end for _, end in edges),
        impacts=_without_twins(_concatenated([piece.impacts for piece in pieces]), seams),
        **{name: np.concatenate([getattr(p, name) for p in pieces]) for name in (*PER_FRAME, "cuts")},
    )


def _shifted(sight: Sight, by: float) -> Sight:
    impacts = replace(sight.impacts, time=sight.impacts.time + by)
    return replace(sight, frame_times=sight.frame_times + by, cuts=sight.cuts + by, impacts=impacts)


def _between(sight: Sight, low: float, high: float) -> Sight:
    """Only what happens at LOW <= time < HIGH."""
    frames = (sight.frame_times >= low) & (sight.frame_times < high)
    return replace(
        sight,
        cuts=sight.cuts[(sight.cuts >= low) & (sight.cuts < high)],
        impacts=sight.impacts.where((sight.impacts.time >= low) & (sight.impacts.time < high)),
        **{name: getattr(sight, name)[frames] for name in PER_FRAME},
    )


def _concatenated(parts: Sequence[Impacts]) -> Impacts:
    return Impacts(**{f.name: np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(Impacts)})


def _without_twins(impacts: Impacts, seams: Sequence[float]) -> Impacts:
    keep = np.ones(len(impacts), bool)
    for seam in seams:
        after = int(np.searchsorted(impacts.time, seam))
        twins = 0 < after < len(impacts) and impacts.time[after] - impacts.time[after - 1] < _SAME_IMPACT_S
        if twins:
            keep[after if impacts.strength[after] <= impacts.strength[after - 1] else after - 1] = False
    return impacts.where(keep)


def _same_length(arrays: Sequence[npt.NDArray[Any]]) -> None:
    if len({array.shape for array in arrays}) > 1 or any(array.ndim != 1 for array in arrays):
        raise ValueError("arrays of one sight differ in length")
