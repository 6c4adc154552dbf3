# SPDX-License-Identifier: Apache-2.0
"""Whether foleyd sees the same edit as Resolve: the edges of its shots against those of Resolve's items.

The picture comes from Resolve's OTIO export, the ranges from its API. A frame of difference between the two
would be a frame out of sync, so it stops the work. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

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
    theirs = edges([(begin, clock.absolute(end)) for begin, end in shots], spans)
    ours = edges(flatten(items), spans)
    if theirs == ours:
        return ""
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
        kept = []
        for old_start, old_end in pieces:
            if old_start < min(start, old_end):
                kept.append((old_start, min(start, old_end)))
            if max(end, old_start) < old_end:
                kept.append((max(end, old_start), old_end))
        pieces = sorted([*kept, (start, end)])
    return pieces


def edges(pieces: Iterable[tuple[int, int]], spans: Sequence[Span]) -> set[int]:
    """The frames within SPANS, their own ends among them, where a piece begins or ends."""
    found = {edge for piece in pieces for edge in piece}
    if not spans:
        return found
    return {edge for edge in found if any(span.start <= edge <= span.end for span in spans)}


def _listed(what: str, frames: set[int], clock: Clock) -> str:
    if not frames:
        return ""
    shown = ", ".join(clock.label(frame) for frame in sorted(frames)[:_SHOWN])
    more = f" and {len(frames) - _SHOWN} more" if len(frames) > _SHOWN else ""
    return f"{what} {shown}{more}"
