"""FCP7 XML in, through its adapter, with what that leaves behind put right or named.

The adapter (otio-fcp-adapter 1.0) leaves in metadata: that clips and tracks are disabled, tracks' names as
Premiere has them, speed changes, the words and colours of markers, and whether labels drop frames.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

import opentimelineio as otio

from foleyd.brief import Notice
from foleyd.interchange.errors import InterchangeError
from foleyd.interchange.fcp7_speed import Spans, media_start, notes_of, number, put_right_speed
from foleyd.timeline.clock import DROP_KEY
from foleyd.timeline.tree import METADATA_KEY

TRACK_NAME = "@MZ.TrackName"
"""The attribute in which Premiere keeps a track's name, as the adapter calls it."""

NOTE_MARK = "foleyd "
"""How a clip's log note begins that holds foleyd's own notes as JSON: the format keeps no other words."""

MAX_DEPTH = 256
MAX_ELEMENTS = 2_000_000

COLOURS = {
    "RED": (255, 0, 0),
    "ORANGE": (255, 128, 0),
    "YELLOW": (255, 255, 0),
    "GREEN": (0, 255, 0),
    "CYAN": (0, 255, 255),
    "BLUE": (0, 0, 255),
    "PURPLE": (128, 0, 255),
    "MAGENTA": (255, 0, 255),
    "PINK": (255, 128, 192),
    "WHITE": (255, 255, 255),
    "BLACK": (0, 0, 0),
}


def read_fcp7(path: Path) -> tuple[bytes, list[Notice]]:
    """The FCP7 XML at PATH as OpenTimelineIO JSON. Raises InterchangeError, and what the adapter raises."""
    text = path.read_bytes()
    check_xml(text, path.name)
    tree = ElementTree.fromstring(text)
    check_references(tree, path.name)
    spans = _spans(tree)
    root = otio.adapters.read_from_string(text, adapter_name="fcp_xml")
    notices: list[Notice] = []
    timelines = [root] if isinstance(root, otio.schema.Timeline) else list(root)
    for timeline in timelines:
        if not len(timeline.tracks):
            raise InterchangeError(f"{path.name} has a sequence without tracks; export the timeline again")
        notices += _put_right(timeline, spans)
    return otio.adapters.write_to_string(root, "otio_json").encode("utf-8"), list(dict.fromkeys(notices))


def check_xml(text: bytes, name: str) -> None:
    """Refuses XML that is no sequence of FCP7's, or made to harm. Raises InterchangeError."""
    depth = elements = 0

    def begin(tag: str, _: dict[str, str]) -> None:
        nonlocal depth, elements
        depth, elements = depth + 1, elements + 1
        if elements == 1 and tag != "xmeml":
            raise InterchangeError(
                f"{name} is XML of another kind ({tag[:40]}), not FCP7 XML (xmeml); "
                "export it as Final Cut Pro 7 XML or as .otio"
            )
        if depth > MAX_DEPTH or elements > MAX_ELEMENTS:
            raise InterchangeError(
                f"{name} is nested or long beyond all measure; export a shorter timeline, or as .otio"
            )

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    def entity(*_: object) -> None:
        raise InterchangeError(
            f"{name} declares entities of its own, which editors do not do and which can be made to "
            "harm; export the timeline again"
        )

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.EntityDeclHandler = entity
    try:
        parser.Parse(text, True)
    except expat.ExpatError as error:
        raise InterchangeError(
            f"{name} is not whole XML ({expat.ErrorString(error.code)}, line {error.lineno}, column "
            f"{error.offset + 1}); export the timeline again"
        ) from error


def check_references(root: ElementTree.Element, name: str) -> None:
    """Refuses XML whose parts refer to parts of it in circles, or that grow beyond all measure when each
    reference is what it refers to, as the adapter takes it."""
    first: dict[str, ElementTree.Element] = {}
    for element in root.iter():
        if "id" in element.attrib:
            first.setdefault(element.attrib["id"], element)
    sizes: dict[ElementTree.Element, int] = {}
    refused = InterchangeError(
        f"{name} repeats parts within themselves beyond all measure; export a shorter timeline, or as .otio"
    )

    def size(element: ElementTree.Element) -> int:
        if element not in sizes:
            sizes[element] = MAX_ELEMENTS  # until it is known: whatever refers to itself is too large
            sizes[element] = 1 + sum(size(first.get(child.attrib.get("id", ""), child)) for child in element)
        if sizes[element] >= MAX_ELEMENTS:
            raise refused
        return sizes[element]

    try:
        size(root)
    except RecursionError:
        raise refused from None


def _put_right(timeline: otio.schema.Timeline, spans: Spans) -> list[Notice]:
    dropped = _displays_drop(timeline)
    if dropped is not None:
        timeline.metadata[METADATA_KEY] = {DROP_KEY: dropped}
    for item in (timeline.tracks, *timeline.tracks.find_children()):
        if not isinstance(item, otio.core.Item):
            continue
        if str(notes_of(item).get("enabled", "")).strip().upper() == "FALSE":
            item.enabled = False
        shown = notes_of(item).get(TRACK_NAME)
        if isinstance(item, otio.schema.Track) and not item.name and isinstance(shown, str):
            item.name = shown
        _put_right_notes(item)
        origin = media_start(item, 1.0) if isinstance(item, otio.schema.Clip) else None
        for marker in item.markers:
            _put_right_marker(marker, origin)
    return [notice for item in _clips(timeline) for notice in put_right_speed(item, spans)]


def _clips(timeline: otio.schema.Timeline) -> Iterator[Any]:
    for item in timeline.tracks.find_children():
        if isinstance(item, otio.schema.Clip | otio.schema.Stack):
            yield item


def _displays_drop(timeline: otio.schema.Timeline) -> bool | None:
    timecode: Any = notes_of(timeline).get("timecode")
    shown = timecode.get("displayformat") if hasattr(timecode, "get") else None
    return {"DF": True, "NDF": False}.get(str(shown).strip().upper())


def _put_right_notes(item: Any) -> None:
    """Our own notes, where the writer has put them."""
    logged: Any = notes_of(item).get("logginginfo")
    note = logged.get("lognote") if hasattr(logged, "get") else None
    if isinstance(note, str) and note.startswith(NOTE_MARK):
        with suppress(ValueError):
            ours = json.loads(note.removeprefix(NOTE_MARK))
            if isinstance(ours, dict):
                item.metadata[METADATA_KEY] = ours


def _put_right_marker(marker: otio.schema.Marker, origin: Any) -> None:
    """Words and colour, and its place: XML counts a clip's markers from the start of its media."""
    marked = marker.marked_range
    if origin is not None and marked.start_time.rate > 0:
        start = marked.start_time + origin.rescaled_to(marked.start_time.rate)
        marker.marked_range = otio.opentime.TimeRange(start, marked.duration)
    notes = notes_of(marker)
    comment: Any = notes.get("comment")
    colour: Any = notes.get("color")
    if isinstance(comment, str) and not marker.comment:
        marker.comment = comment
    if hasattr(colour, "get"):
        parts = [number(colour.get(part)) for part in ("red", "green", "blue")]
        rgb = [part for part in parts if part is not None]
        if len(rgb) == 3:
            marker.color = min(COLOURS, key=lambda name: math.dist(COLOURS[name], rgb))


def _spans(root: ElementTree.Element) -> Spans:
    """How each clip item is counted."""
    found: Spans = {}
    for element in root.iter("clipitem"):
        values = [number(element.findtext(name)) for name in ("in", "out", "start", "end")]
        numbers = [value for value in values if value is not None]
        if len(numbers) == len(values) and "id" in element.attrib:
            begin, end, start, stop = numbers
            found.setdefault(element.attrib["id"], (begin, end, start, stop))
    return found
