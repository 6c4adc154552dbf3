"""Reading and writing OpenTimelineIO documents, safely.

OpenTimelineIO 0.18 hangs on 20,000 nested levels, crashes on 100,000, on old schemas with new fields
and on objects under one name twice, raises KeyError and ValueError for wrong content and takes NaN for
a time. So size, depth, names, numbers and old schemas are checked before its reader sees a document,
and everything that is wrong becomes one TimelineError.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import opentimelineio as otio

from foleyd.timeline.errors import TimelineError
from foleyd.timeline.numbers import MAX_DURATION, MAX_RATE, MAX_SECONDS, MAX_SPEED, MIN_RATE
from foleyd.timeline.preserve import in_collection, restored

MAX_BYTES = 64 * 1024 * 1024
MAX_DEPTH = 256
MAX_VALUES = 4_000_000
_CHUNK = 2**20

# The closing quote is optional, so that an unterminated string costs one pass and not one per quote.
_STRING_OR_INF = re.compile(r'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|\bInf\b', re.DOTALL)
_NAMED = re.compile(r"object named '([^']*)'")
_KEY = re.compile(r"under key '([^']*)'")
_QUOTE = ord('"')
_STEP = np.zeros(256, dtype=np.int8)
_STEP[[ord("["), ord("{")]] = 1
_STEP[[ord("]"), ord("}")]] = -1
_ADDED_IN_SECOND = {"Clip": ("media_references", "active_media_reference_key"), "Marker": ("marked_range",)}
_VALUE_SCHEMAS = frozenset({"RationalTime", "TimeRange", "TimeTransform", "Color", "Box2d", "V2d"})


def read_document(document: bytes, name: str) -> otio.schema.Timeline:
    """The timeline in DOCUMENT, an OpenTimelineIO JSON text; NAME is what messages call it.

    A bare clip, stack or track is read as a timeline of that, a collection as the one timeline in
    it. Unknown metadata and schemas inside metadata survive. Raises TimelineError.
    """
    text = _checked_text(document, name)
    tree = _parse(text, name)
    _check_objects(tree, name)
    try:
        root = otio.core.deserialize_json_from_string(text)
    except Exception as error:
        raise TimelineError(_refusal(tree, name, error)) from error
    return _as_timeline(root, name)


def write_document(
    timeline: otio.schema.Timeline,
    original: bytes | None = None,
    change: Callable[[dict[str, Any]], None] = lambda _: None,
    moved: Callable[[str], str] = lambda url: url,
) -> bytes:
    """TIMELINE as OpenTimelineIO JSON (UTF-8, Clip.2 and Marker.2). Raises TimelineError.

    With ORIGINAL, the document that TIMELINE was read from, everything in it comes back to the
    last bit, and CHANGE may change the timeline's JSON; without, it is as exact as OpenTimelineIO's reader
    took it. A collection comes back whole; MOVED says how the references of its other members are written.
    """
    try:
        text: str = timeline.to_json_string(indent=4)
    except Exception as error:
        raise TimelineError(f"the timeline cannot be written: {error}") from error
    if original is not None:
        before = _parse(_checked_text(original, "the timeline"), "the timeline")
        tree = restored(before, json.loads(text, strict=False), change)
        text = json.dumps(in_collection(before, tree, moved), indent=4, ensure_ascii=False)
    return text.encode("utf-8") + b"\n"


def _checked_text(document: bytes, name: str) -> str:
    if len(document) > MAX_BYTES:
        size = len(document) / 2**20
        raise TimelineError(
            f"{name} has {size:.0f} MiB, more than the {MAX_BYTES // 2**20} that are read: "
            "export the part of the timeline that needs sound"
        )
    if document.count(b",") > MAX_VALUES:
        raise TimelineError(
            f"{name} holds more than {MAX_VALUES:,} values: export the part of the timeline that needs sound"
        )
    if not document.strip():
        raise TimelineError(f"{name} is empty: export the timeline again")
    depth = _depth(document)
    if depth > MAX_DEPTH:
        raise TimelineError(
            f"{name} is nested {depth} levels deep, more than the {MAX_DEPTH} that are read: "
            "flatten its compound clips"
        )
    try:
        return document.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TimelineError(
            f"{name} is not UTF-8 text, so it is no OpenTimelineIO document: export the timeline again"
        ) from error


def _depth(document: bytes) -> int:
    """Deepest nesting of brackets outside strings; linear and without recursion."""
    plain = document.replace(b"\\\\", b"").replace(b'\\"', b"")
    depth = deepest = quotes = 0
    for start in range(0, len(plain), _CHUNK):
        codes = np.frombuffer(plain[start : start + _CHUNK], dtype=np.uint8)
        passed = quotes + np.cumsum(codes == _QUOTE, dtype=np.int64)
        depths = depth + np.cumsum(np.where(passed % 2, 0, _STEP[codes]), dtype=np.int64)
        depth, deepest, quotes = int(depths[-1]), max(deepest, int(depths.max())), int(passed[-1])
    return deepest


def _parse(text: str, name: str) -> Any:
    """Plain JSON values; NaN and infinities as the otio reader takes them (``Inf`` included)."""
    if "Inf" in text:
        text = _STRING_OR_INF.sub(lambda m: "Infinity" if m.group() == "Inf" else m.group(), text)
    try:
        tree = json.loads(text, strict=False, object_pairs_hook=_entries)
    except _TwiceNamed as error:
        raise TimelineError(
            f"{name} has two entries {error} in one object: export the timeline again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise TimelineError(
            f"{name} is not an OpenTimelineIO document ({error}): export the timeline again"
        ) from error
    if not isinstance(tree, dict) or "OTIO_SCHEMA" not in tree:
        raise TimelineError(
            f"{name} is JSON, but not an OpenTimelineIO document: export the timeline as .otio"
        )
    return tree


class _TwiceNamed(ValueError):
    """An object of the document has two entries of one name."""


def _entries(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """PAIRS as a dictionary; the otio reader crashes on objects that come twice."""
    entries = dict(pairs)
    if len(entries) < len(pairs):
        names = [key for key, _ in pairs]
        raise _TwiceNamed(repr(next(key for key in names if names.count(key) > 1)[:40]))
    return entries


def _walk(tree: Any) -> Iterator[tuple[dict[str, Any], str, bool, bool]]:
    """Every object with its owner's words, and whether it is in metadata or says what media hold."""
    pending: list[tuple[Any, str, bool, bool]] = [(tree, "the timeline", False, False)]
    while pending:
        node, owner, in_metadata, in_media = pending.pop()
        if isinstance(node, list):
            pending.extend((item, owner, in_metadata, in_media) for item in node)
        elif isinstance(node, dict):
            label = node.get("name")
            if isinstance(label, str) and label and not in_metadata:
                owner = f"{schema_name(node).lower() or 'item'} {label!r}"
            yield node, owner, in_metadata, in_media
            for key, value in node.items():
                if isinstance(value, dict | list):
                    media = in_media or key == "available_range"
                    pending.append((value, owner, in_metadata or key == "metadata", media))


def schema_name(node: dict[str, Any]) -> str:
    """``Clip`` of an object whose OTIO_SCHEMA is ``Clip.2``; empty where there is none."""
    schema = node.get("OTIO_SCHEMA")
    return schema.rsplit(".", 1)[0] if isinstance(schema, str) else ""


def _check_objects(tree: Any, name: str) -> None:
    """Refuses what the reader does not survive, and times no editor has.

    Metadata may hold any number; a still's own rate may be 0.
    """
    for node, owner, in_metadata, in_media in _walk(tree):
        schema = schema_name(node)
        if schema == "SerializableObjectRef":
            raise TimelineError(f"{name} refers to an object twice at {owner}: export the timeline again")
        if _mixes_versions(node, schema):
            written = node["OTIO_SCHEMA"]
            raise TimelineError(
                f"{name} has a {written} with newer fields at {owner}: export the timeline again"
            )
        if in_metadata:
            continue
        if schema == "RationalTime":
            complaint = _time_complaint(node, still=in_media)
        elif schema == "TimeRange":
            complaint = _range_complaint(node)
        elif "time_scalar" in node:
            complaint = _speed_complaint(node["time_scalar"])
        else:
            complaint = ""
        if complaint:
            raise TimelineError(f"{name}: {complaint} at {owner}: mend it there or export the timeline again")
    start = tree.get("global_start_time")
    if isinstance(start, dict) and (_number(start.get("value")) or 0) < 0:
        raise TimelineError(f"{name} starts before timecode zero: set its start to 00:00:00:00 or later")


def _mixes_versions(node: dict[str, Any], schema: str) -> bool:
    """Whether an object of a first schema has a field of the second: its upgrade would crash."""
    fields = _ADDED_IN_SECOND.get(schema, ())
    version = str(node.get("OTIO_SCHEMA", "")).rpartition(".")[2]
    return any(field in node for field in fields) and not (version.isdecimal() and int(version) >= 2)


def _time_complaint(node: dict[str, Any], *, still: bool) -> str:
    value, rate = _number(node.get("value")), _number(node.get("rate"))
    if value is None or rate is None:
        return "a time is not a finite number"
    if rate == 0 and still:
        return ""
    if not MIN_RATE <= rate <= MAX_RATE:
        return f"a time has the rate {rate:g}"
    if abs(value) > MAX_SECONDS * rate:
        return f"a time of {value / rate:g} seconds is out of all range"
    return ""


def _range_complaint(node: dict[str, Any]) -> str:
    duration = node.get("duration")
    if not isinstance(duration, dict):
        return ""
    value, rate = _number(duration.get("value")), _number(duration.get("rate"))
    if value is not None and value < 0:
        return f"a range has the negative duration {value:g}"
    if value and rate and rate > 0 and value > MAX_DURATION * rate:
        return f"a range of {value / rate:g} seconds is out of all range"
    return ""


def _speed_complaint(scalar: Any) -> str:
    speed = _number(scalar)
    if speed is None or abs(speed) > MAX_SPEED:
        return f"a speed of {scalar} cannot be played"
    return ""


def _number(value: Any) -> float | None:
    """VALUE when it is a finite number; integers too long for a double are none."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _refusal(tree: Any, name: str, error: Exception) -> str:
    """A sentence for what the otio reader would not take, with the schema at fault if one is."""
    known = otio.core.type_version_map()
    newer: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for node, owner, in_metadata, _ in _walk(tree):
        schema = node.get("OTIO_SCHEMA")
        kind, _, version = schema.rpartition(".") if isinstance(schema, str) else ("", "", "")
        if kind in known and version.isdecimal() and int(version) > known[kind]:
            newer[str(schema)] = None
        elif kind and kind not in known and kind not in _VALUE_SCHEMAS and not in_metadata:
            unknown[f"{schema} at {owner}"] = None
    if newer:
        return (
            f"{name} was written by a newer OpenTimelineIO ({', '.join(newer)}): "
            f"export it again as OpenTimelineIO {_family()} or older"
        )
    if unknown:
        what = next(iter(unknown))
        return f"{name} holds what OpenTimelineIO {_family()} does not know ({what}): remove it there"
    return f"{name} is not a sound OpenTimelineIO document ({_complaint(error)}): export the timeline again"


def _family() -> str:
    return ".".join(otio.__version__.split(".")[:2])


def _complaint(error: Exception) -> str:
    """What the otio reader found wrong, and where: it speaks of C++ types, which help nobody."""
    text = str(error.args[0]) if error.args else ""
    names = [name for name in _NAMED.findall(text) if name != "<unknown>"]
    where = f" of {names[-1][:60]!r}" if names else ""
    key = _KEY.search(text)
    if key is not None:
        return f"{key.group(1)[:60]}{where} is of the wrong kind"
    return f"a part{where} is missing or of the wrong kind"


def _as_timeline(root: Any, name: str) -> otio.schema.Timeline:
    schema = otio.schema
    if isinstance(root, schema.SerializableCollection):
        timelines = [child for child in root if isinstance(child, schema.Timeline)]
        if len(timelines) != 1:
            found = f"{len(timelines)} timelines" if timelines else "no timeline"
            raise TimelineError(f"{name} is a collection with {found}: export the one timeline that is meant")
        root = timelines[0]
    if isinstance(root, schema.Timeline):
        if not isinstance(root.tracks, schema.Stack):
            raise TimelineError(f"{name} has no tracks: export the timeline again")
        return root
    if isinstance(root, schema.Clip | schema.Gap):
        track = schema.Track("Video 1", kind=schema.TrackKind.Video)
        track.append(root)
        return _timeline_of(track, root.name)
    if isinstance(root, schema.Track):
        return _timeline_of(root, root.name)
    if isinstance(root, schema.Stack):
        timeline = schema.Timeline(root.name)
        timeline.tracks = root
        return timeline
    kind = getattr(root, "schema_name", lambda: "value")()
    raise TimelineError(f"{name} holds a {kind}, not a timeline: export the timeline again")


def _timeline_of(track: otio.schema.Track, name: str) -> otio.schema.Timeline:
    timeline = otio.schema.Timeline(name)
    timeline.tracks.append(track)
    return timeline
