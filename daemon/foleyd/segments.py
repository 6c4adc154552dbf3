"""Windows: the stretches in which an engine takes a long item.

Windows begin and end on whole record frames. They meet with a hard edge at a cut, where the sound
may change as the picture does, and overlap inside a shot, where an engine crossfades.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from foleyd.engines.engine import Window
from foleyd.errors import RequestError
from foleyd.timebase import SAMPLE_RATE, frame_to_sample

OVERLAP = Fraction(1)
"""Seconds that neighbouring windows share inside a shot, unless that is above a fifth of a window."""

_LARGEST_SHARE = Fraction(1, 5)
# What a break costs, in hundredths of the square of the best length: a break inside a shot is worth
# a window that is 45 % off the best length, a break at a cut one that is 22 % off.
_SOFT_BREAK, _HARD_BREAK = 20, 5
# Sections without a break at a cut are not tried beyond so many longest windows.
_FARTHEST = 8


class SegmentError(RequestError):
    """An item cannot be divided into windows that the engine takes."""

    reason = "RANGE_INDIVISIBLE"


@dataclass(frozen=True, slots=True)
class _Lengths:
    """Limits in whole frames."""

    best: int
    longest: int
    shortest: int
    overlap: int

    @property
    def smallest_part(self) -> int:
        """Below this, windows inside a shot would be too short or three of them would overlap."""
        return max(self.shortest, 2 * self.overlap)

    @property
    def divisible(self) -> bool:
        """Whether whatever is longer than the longest window divides into parts that are not too small.

        The tightest case is two windows over one frame more than the longest.
        """
        return self.longest > self.overlap and (self.longest + self.overlap + 1) // 2 >= self.smallest_part


def plan_windows(
    frames: int,
    rate: Fraction,
    *,
    first_frame: int = 0,
    cuts: Sequence[int] = (),
    best: Fraction,
    longest: Fraction | None,
    shortest: Fraction,
    overlap: Fraction = OVERLAP,
    sample_rate: int = SAMPLE_RATE,
) -> list[Window]:
    """The windows of an item of FRAMES record frames at RATE, in order, covering it exactly.

    FIRST_FRAME is the item's first frame counted from timecode zero (samples are rounded from
    there). CUTS are frames counted from the item's start. BEST, LONGEST, SHORTEST and OVERLAP are
    seconds; LONGEST None means one window. No window is longer than LONGEST, and none shorter than
    SHORTEST unless the item is. Lengths come near BEST and are even between two breaks at cuts.

    Raises SegmentError when LONGEST leaves no room for windows of whole frames and at least SHORTEST.
    """
    if frames < 1:
        raise SegmentError(f"an item of {frames} frames has no windows; choose a longer range")
    if longest is None:
        spans = [(0, frames)]
    else:
        lengths = _lengths(rate, best, longest, shortest, overlap)
        if frames > lengths.longest and not lengths.divisible:
            raise SegmentError(
                f"an item of {float(frames / rate):.1f} s cannot be divided into windows of "
                f"{float(shortest):g} to {float(longest):g} s; choose a shorter range or another engine"
            )
        spans = _spans(frames, cuts, lengths)

    def sample(frame: int) -> int:
        return frame_to_sample(first_frame + frame, rate, sample_rate)

    shared = [sample(end) - sample(start) for (_, end), (start, _) in pairwise(spans)]
    return [
        Window(start / rate, sample(end) - sample(start), common)
        for (start, end), common in zip(spans, [*shared, 0], strict=True)
    ]


def window_offsets(windows: Sequence[Window]) -> list[int]:
    """The sample, counted from the item's start, at which each window begins.

    Rounding a window's START again could be one sample off where the item does not begin on an
    exact sample; this is what durations and overlaps add up to.
    """
    offsets = [0]
    for window in windows[:-1]:
        offsets.append(offsets[-1] + window.duration - window.overlap)
    return offsets[: len(windows)]


def _lengths(
    rate: Fraction, best: Fraction, longest: Fraction, shortest: Fraction, overlap: Fraction
) -> _Lengths:
    most = math.floor(longest * rate)
    least = max(1, math.ceil(shortest * rate))
    near = min(max(round(best * rate), least), most)
    common = max(1, round(min(overlap, min(best, longest) * _LARGEST_SHARE) * rate)) if overlap else 0
    return _Lengths(near, most, least, common)


def _spans(frames: int, cuts: Sequence[int], lengths: _Lengths) -> list[tuple[int, int]]:
    """First and last-plus-one frame of each window: the cheapest breaks at cuts, the rest divided evenly.

    A shortest path over the cuts: ``paths[i]`` is the cost of coming from the start to edge i and
    the edge before it.
    """
    edges = [0, *sorted({cut for cut in cuts if 0 < cut < frames}), frames]
    paths: list[tuple[float, int]] = [(0, 0)]
    for i in range(1, len(edges)):
        paths.append(_best_way_to(i, edges, paths, lengths))
    sections: list[tuple[int, int]] = []
    i = len(edges) - 1
    while i:
        before = paths[i][1]
        sections.append((edges[before], edges[i]))
        i = before
    return [span for section in reversed(sections) for span in _divide(*section, lengths)]


def _best_way_to(
    i: int, edges: Sequence[int], paths: Sequence[tuple[float, int]], lengths: _Lengths
) -> tuple[float, int]:
    cost, before = math.inf, 0
    for j in range(i - 1, -1, -1):
        length = edges[i] - edges[j]
        if length > _FARTHEST * lengths.longest and cost < math.inf:
            break
        hard = _HARD_BREAK * lengths.best**2 if j else 0
        if length >= lengths.shortest or length == edges[-1]:
            way = paths[j][0] + hard + _division(length, lengths)[0]
            if way < cost:
                cost, before = way, j
    return cost, before


def _division(length: int, lengths: _Lengths) -> tuple[float, int]:
    """Cost and number of the even windows that LENGTH frames between two hard edges are best cut into."""
    step, most = lengths.best - lengths.overlap, lengths.longest - lengths.overlap
    fewest = 1 if length <= lengths.longest else -(-(length - lengths.overlap) // most)
    near = max(1, (length - lengths.overlap) // max(step, 1))
    costs = []
    for count in {fewest, max(fewest, near), max(fewest, near + 1)}:
        total = length + (count - 1) * lengths.overlap
        size, longer = divmod(total, count)
        if count == 1 or size >= lengths.smallest_part:
            off = (count - longer) * (size - lengths.best) ** 2 + longer * (size + 1 - lengths.best) ** 2
            costs.append((100 * off + _SOFT_BREAK * lengths.best**2 * (count - 1), count))
    return min(costs, default=(math.inf, fewest))


def _divide(start: int, end: int, lengths: _Lengths) -> list[tuple[int, int]]:
    """Even windows over START to END that overlap by just the overlap."""
    count = _division(end - start, lengths)[1]
    total = end - start + (count - 1) * lengths.overlap
    bounds = [start + i * total // count for i in range(count + 1)]
    return [
        (low - i * lengths.overlap, high - i * lengths.overlap)
        for i, (low, high) in enumerate(pairwise(bounds))
    ]
