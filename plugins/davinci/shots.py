# SPDX-License-Identifier: Apache-2.0
"""Whether foleyd sees the same edit as Resolve: the edges of its shots against those of Resolve's items.

The picture comes from Resolve's OTIO export, the ranges from its API. A frame of difference between the two
would be a frame out of sync, so it stops the work. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import Any, Iterable, Sequence

from .frames import Clock, Span

_SHOWN = 6


def disagreement(
    items: Iterable[tuple[int, int]], program: dict[str, Any], spans: Sequence[Span], clock: Clock
) -> str:
    """A sentence where the edges of a foleyd.v1.Program differ from those of ITEMS within SPANS, else "".

    ITEMS are absolute frames, end exclusive, of the picture that can be seen, the lowest track first; no
    SPANS mean everything.
    """
    rate = program["rate"]
    if rate["num"] * clock.rate.denominator != rate["den"] * clock.rate.numerator:
        return "Resolve's export of the timeline has {}/{} frames a second, its settings say {}".format(
            rate["num"], rate["den"], clock.rate
        )
    start = program.get("start_timecode") or {}
    if int(start.get("frames", 0)) != clock.start:
        return "Resolve's export of the timeline starts at frame {}, its settings say {}".format(
            start.get("frames", 0), clock.start
        )
    shots = [
        (clock.absolute(shot["record_start_frame"]), shot["record_start_frame"] + shot["duration_frames"])
        for shot in program.get("shots", ())
    ]
    exported, shown = [(begin, clock.absolute(end)) for begin, end in shots], flatten(items)
    theirs, ours = edges(exported, spans), edges(shown, spans)
    if theirs == ours:
        # A span without an edge in it is all picture or all black.
        other = next((span for span in spans if _seen(exported, span) != _seen(shown, span)), None)
        return (
            ""
            if other is None
            else f"Resolve's export and its timeline do not both show picture at {clock.label(other.start)}"
        )
    return "Resolve's export and its timeline do not show the same cuts: {}".format(
        "; ".join(
            filter(
                None,
                [
                    _listed("only on the timeline", ours - theirs, clock),
                    _listed("only in the export", theirs - ours, clock),
                ],
            )
        )
    )


def flatten(items: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is seen of ITEMS, later ones lying over earlier ones, as pieces in order."""
    pieces: list[tuple[int, int]] = []
    for start, end in items:
        if end <= start:
            continue
        first = bisect_left(pieces, (start,))
        if first and pieces[first - 1][1] > start:
            first -= 1
        last = bisect_left(pieces, (end,), first)
        covered = pieces[first:last]
        before = [(old, start) for old, _ in covered[:1] if old < start]
        after = [(end, old) for _, old in covered[-1:] if end < old]
        pieces[first:last] = [*before, (start, end), *after]
    return pieces


def edges(pieces: Iterable[tuple[int, int]], spans: Sequence[Span]) -> set[int]:
    """The frames within SPANS, their own ends among them, where a piece begins or ends."""
    found = {edge for piece in pieces for edge in piece}
    if not spans:
        return found
    return {edge for edge in found if any(span.start <= edge <= span.end for span in spans)}


def _seen(pieces: Iterable[tuple[int, int]], span: Span) -> int:
    """Frames of SPAN that PIECES cover."""
    return sum(max(0, min(end, span.end) - max(start, span.start)) for start, end in pieces)


def _listed(what: str, frames: set[int], clock: Clock) -> str:
    if not frames:
        return ""
    shown = ", ".join(clock.label(frame) for frame in sorted(frames)[:_SHOWN])
    more = f" and {len(frames) - _SHOWN} more" if len(frames) > _SHOWN else ""
    return f"{what} {shown}{more}"
