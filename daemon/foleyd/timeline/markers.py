"""Markers of an OpenTimelineIO edit, as record frames."""

from __future__ import annotations

from dataclasses import dataclass

import opentimelineio as otio

from foleyd.cue import FrameRange
from foleyd.timeline.clock import Clock, read_clock
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.tree import Node, TreeMarker, read_tree
from foleyd.timeline.view import Seen, look


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker on the record timeline; RECORD is empty for a marker that is a point.

    COLOUR is the upper-case OTIO name. OWNER tells which item it sits on ("" for the timeline
    itself), OWNER_RANGE where that item is seen.
    """

    name: str
    colour: str
    record: FrameRange
    owner: str
    owner_range: FrameRange
    note: str = ""


def read_markers(timeline: otio.schema.Timeline) -> tuple[Marker, ...]:
    """TIMELINE's markers in record order: on the stack, on tracks and on clips (media time).

    A marker of up to one frame is a point: that is how Resolve and Avid write one. Markers
    outside what is seen of their item, and on disabled items, are left out. Needs no media.
    Raises TimelineError.
    """
    return markers_of(_tree(timeline), read_clock(timeline))


def markers_of(root: Node, clock: Clock, *, disabled: bool = False) -> tuple[Marker, ...]:
    """The markers of a tree that has been read; with DISABLED also those on disabled items."""
    found: list[Marker] = []
    for seen in look(root, picture_only=False, disabled=disabled):
        view = seen.view
        where = FrameRange(clock.frame(view.start), clock.frame(view.end))
        owner = f"{len(seen.parents)} {seen.node.kind} {seen.node.name} {where.start}" if seen.parents else ""
        for marker in seen.node.markers:
            record = _record(seen, marker, clock)
            if record is not None:
                found.append(Marker(marker.name, marker.colour, record, owner, where, marker.note))
    return tuple(sorted(found, key=lambda marker: (marker.record, marker.owner, marker.name)))


def _record(seen: Seen, marker: TreeMarker, clock: Clock) -> FrameRange | None:
    if marker.duration * clock.rate <= 1:
        # Backwards, the frame that begins at the marker is seen before the marker's instant is.
        ahead = (seen.node.frame or 1 / clock.rate) if seen.view.speed < 0 else 0
        at = seen.view.record_of(marker.start + ahead)
        return None if at is None else FrameRange(clock.frame(at), clock.frame(at))
    part = seen.view.part(marker.start, marker.start + marker.duration)
    return None if part is None else FrameRange(clock.frame(part.start), clock.frame(part.end))


def _tree(timeline: otio.schema.Timeline) -> Node:
    try:
        return read_tree(timeline, lambda _: None)
    except TimelineError as error:
        raise TimelineError(f"the markers cannot be placed: {error}") from error
