"""Markers of an OpenTimelineIO edit, as record frames."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

import opentimelineio as otio

from foleyd.cue import FrameRange
from foleyd.timeline.clock import Clock, read_clock
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.numbers import bounded
from foleyd.timeline.tree import Node, TreeMarker, read_tree
from foleyd.timeline.view import Seen, look


class Unseen(Enum):
    """Why a marker is on no frame that is seen; the values are what editors read."""

    BEFORE = "before the start of the timeline"
    AFTER = "at or beyond the end of the timeline"
    CUT_AWAY = "outside of what is seen of their clip or track"
    OFF = "on what is switched off"


@dataclass(frozen=True, slots=True)
class Marker:
    """A marker on the record timeline; RECORD is empty for a marker that is a point.

    COLOUR is the upper-case OTIO name. OWNER tells which item it sits on ("" for the timeline
    itself), OWNER_RANGE where that item is seen. UNSEEN: why it is on no frame that is seen; RECORD is then
    the point where it would be, or where its item begins.
    """

    name: str
    colour: str
    record: FrameRange
    owner: str
    owner_range: FrameRange
    note: str = ""
    unseen: Unseen | None = None


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


def unseen_markers(root: Node, clock: Clock) -> tuple[Marker, ...]:
    """The markers of a tree that :func:`markers_of` leaves out, or has at the very end of their item."""
    found: list[Marker] = []
    for seen in look(root, picture_only=False, disabled=True):
        where = FrameRange(clock.frame(seen.view.start), clock.frame(seen.view.end))
        for marker in seen.node.markers:
            record = _record(seen, marker, clock)
            if not all(node.enabled for node in (*seen.parents, seen.node)):
                at, why = where.start if record is None else record.start, Unseen.OFF
            elif record is not None and record.start < where.end:
                continue
            elif seen.parents:
                of_track = seen.node.kind == "track"
                at = clock.frame(_place(seen, marker.start)) if of_track else where.start
                why = Unseen.CUT_AWAY
            else:
                place = _place(seen, marker.start)
                at, why = clock.frame(place), Unseen.BEFORE if place < seen.view.start else Unseen.AFTER
            found.append(Marker(marker.name, marker.colour, FrameRange(at, at), "", where, marker.note, why))
    return tuple(found)


def _place(seen: Seen, local: Fraction) -> Fraction:
    """Record seconds at which own time LOCAL would be, were it seen."""
    view = seen.view
    return view.start + bounded((local - view.local) / view.speed) if view.speed else view.end


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
