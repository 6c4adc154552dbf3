"""An OpenTimelineIO edit as a small exact tree: what is where, at which speed, in fractions.

Everything that reads picture or markers works on this tree; OpenTimelineIO's own doubles and
range calls (which add up in mixed rates) end here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import opentimelineio as otio

from foleyd.timeline.errors import TimelineError
from foleyd.timeline.numbers import MAX_SPEED, bounded, exact_rate, seconds, tidy

METADATA_KEY = "foleyd"
_OFFLINE = (
    "the timeline itself says it is offline; relink it in its program, or render it there to a file, and "
    "export the timeline again"
)
_SPEED_DENOMINATOR = 10**6
_OPAQUE_KINDS = ("black", "solid", "bars")
_BLACK_NAMES = frozenset({"black", "black video", "slug"})


@dataclass(frozen=True, slots=True)
class Footage:
    """What a clip's reference says. URL is empty where PROBLEM says why there is no file to open.

    ORIGIN is the media time of the file's first frame and HELD the seconds the file holds, both
    None where the document is silent.
    """

    url: str
    name: str
    origin: Fraction | None
    held: Fraction | None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class TreeMarker:
    """A marker in its owner's own time, exact seconds."""

    name: str
    colour: str
    start: Fraction
    duration: Fraction
    note: str = ""


@dataclass(frozen=True, slots=True)
class Transition:
    """A transition and the place of its cut in the track's own time."""

    name: str
    at: Fraction


@dataclass(frozen=True, slots=True)
class Node:
    """An item of the edit; times in exact seconds of its own time.

    KIND is ``clip``, ``generator``, ``black``, ``gap``, ``track`` or ``stack``. START is where
    the used range begins, DURATION its length on the record side (retimes do not change it),
    SPEED what its effects make of it, FRAME the length of one of its own frames. PICTURE is False
    for tracks of another kind; TRACK_KIND is a track's kind as written, in lower case. REMARKS are
    clauses on what could not be evaluated, OURS is what foleyd has written under its own name in
    the item's metadata.
    """

    kind: str
    name: str
    enabled: bool
    start: Fraction
    duration: Fraction
    speed: Fraction = Fraction(1)
    frame: Fraction = Fraction(0)
    picture: bool = True
    track_kind: str = ""
    footage: Footage | None = None
    children: tuple[Node, ...] = ()
    markers: tuple[TreeMarker, ...] = ()
    transitions: tuple[Transition, ...] = ()
    remarks: tuple[str, ...] = ()
    ours: Mapping[str, Any] | None = None


LengthOf = Callable[[Footage], Fraction | None]
"""Asked for the length of a file, in seconds, where the document says nothing about it."""


def read_tree(timeline: otio.schema.Timeline, length_of: LengthOf) -> Node:
    """The tree of TIMELINE's root stack. Raises TimelineError for items without a length."""
    return _node(timeline.tracks, length_of)


def is_picture(track: otio.schema.Track) -> bool:
    """Whether TRACK is a video track; kinds are written in any case."""
    return str(track.kind).strip().lower() == "video"


def _node(item: Any, length_of: LengthOf) -> Node:
    schema = otio.schema
    speed, remarks = _speed(item.effects)
    node = Node(
        kind="gap",
        name=item.name or "",
        enabled=bool(item.enabled),
        start=Fraction(0),
        duration=Fraction(0),
        speed=speed,
        markers=tuple(_markers(item.markers)),
        remarks=tuple(remarks),
        ours=_ours(item.metadata),
    )
    if isinstance(item, schema.Track):
        return _track(node, item, length_of)
    if isinstance(item, schema.Stack):
        children = tuple(_node(child, length_of) for child in _children(item))
        full = max((child.duration for child in children), default=Fraction(0))
        return _trimmed(replace(node, kind="stack", children=children), item, full)
    if isinstance(item, schema.Clip):
        return _clip(node, item, length_of)
    if isinstance(item, schema.Gap):
        return _trimmed(node, item, Fraction(0))
    raise TimelineError(
        f"the timeline holds a {item.schema_name()} {item.name!r}, which is neither clip, gap, track nor "
        "stack: remove it there"
    )


def _ours(metadata: Any) -> dict[str, Any] | None:
    found = metadata.get(METADATA_KEY)
    return _plain(found) if hasattr(found, "keys") else None


def _plain(value: Any) -> Any:
    """OpenTimelineIO's containers as dicts and lists, its objects as text: values that travel."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if hasattr(value, "items"):
        return {str(key): _plain(item) for key, item in value.items()}
    if hasattr(value, "__iter__"):
        return [_plain(item) for item in value]
    return str(value)


def _children(composition: Any) -> list[Any]:
    return [child for child in composition if isinstance(child, otio.core.Item)]


def _track(node: Node, track: otio.schema.Track, length_of: LengthOf) -> Node:
    position = Fraction(0)
    children: list[Node] = []
    transitions: list[Transition] = []
    for child in track:
        if isinstance(child, otio.schema.Transition):
            transitions.append(Transition(child.name or child.transition_type or "", position))
        elif isinstance(child, otio.core.Item):
            children.append(_node(child, length_of))
            position = bounded(position + children[-1].duration)
    node = replace(
        node,
        kind="track",
        picture=is_picture(track),
        track_kind=str(track.kind).strip().lower(),
        children=tuple(children),
        transitions=tuple(transitions),
    )
    return _trimmed(node, track, position)


def _trimmed(node: Node, item: Any, full: Fraction) -> Node:
    used = item.source_range
    if used is None:
        return replace(node, duration=full)
    return replace(node, start=seconds(used.start_time), duration=_duration(used))


def _duration(used: Any) -> Fraction:
    length = seconds(used.duration)
    if length < 0:
        raise TimelineError("a range in the timeline has a negative duration: export the timeline again")
    return length


def _clip(node: Node, clip: otio.schema.Clip, length_of: LengthOf) -> Node:
    footage, kind = _footage(clip)
    used = clip.source_range
    if used is not None:
        start, duration, rate = seconds(used.start_time), _duration(used), used.duration.rate
    else:
        held = footage.held if footage.held is not None else length_of(footage)
        if held is None:
            raise TimelineError(
                f"clip {node.name or footage.name!r} has neither a used nor an available range and its file "
                "cannot be asked: put the file in place or export the timeline again"
            )
        start, duration, rate = footage.origin or Fraction(0), held, 0.0
    available = clip.media_reference.available_range if clip.media_reference else None
    media_rate = available.duration.rate if available is not None else 0.0
    frame_rate = media_rate if media_rate > 0 else rate
    return replace(
        node,
        kind=kind,
        name=node.name or footage.name,
        footage=footage,
        start=start,
        duration=duration,
        frame=1 / exact_rate(frame_rate) if frame_rate > 0 else Fraction(0),
    )


def _footage(clip: otio.schema.Clip) -> tuple[Footage, str]:
    """What CLIP refers to and its kind."""
    schema = otio.schema
    reference = clip.media_reference
    origin = held = None
    available = reference.available_range if reference is not None else None
    if available is not None and available.start_time.rate > 0 and available.duration.rate > 0:
        origin, held = seconds(available.start_time), _duration(available)
    name = (reference.name if reference is not None else "") or clip.name or ""
    if isinstance(reference, schema.ExternalReference):
        url = reference.target_url or ""
        return Footage(url, name, origin, held, "" if url else "the timeline names no file"), "clip"
    if isinstance(reference, schema.GeneratorReference):
        kind = "black" if _is_black(reference) else "generator"
        return Footage("", name, origin, held), kind
    if isinstance(reference, schema.ImageSequenceReference):
        problem = "image sequences are not read; render it to a movie and relink it"
        return Footage("", name, origin, held, problem), "clip"
    url = _offline_url(reference)
    return Footage(url, name, origin, held, "" if url else _OFFLINE), "clip"


def _is_black(reference: otio.schema.GeneratorReference) -> bool:
    """Whether it hides what lies below. Premiere's XML calls titles Slug too, so that says nothing."""
    kind, name = (str(words or "").strip().lower() for words in (reference.generator_kind, reference.name))
    return name in _BLACK_NAMES or any(word in kind for word in _OPAQUE_KINDS)


def _offline_url(reference: Any) -> str:
    """Resolve keeps the path of offline media in metadata; the file may well be here."""
    resolve: Any = reference.metadata.get("Resolve_OTIO") if reference is not None else None
    url = resolve.get("Media Url") if hasattr(resolve, "get") else None
    return url if isinstance(url, str) else ""


def _markers(markers: Iterable[otio.schema.Marker]) -> Iterable[TreeMarker]:
    for marker in markers:
        marked = marker.marked_range
        yield TreeMarker(
            marker.name or "",
            str(marker.color or "").upper(),
            seconds(marked.start_time),
            _duration(marked),
            _note(marker),
        )


def _note(marker: otio.schema.Marker) -> str:
    """The marker's comment; Resolve keeps it as Note in its metadata."""
    if marker.comment:
        return str(marker.comment)
    resolve: Any = marker.metadata.get("Resolve_OTIO")
    note = resolve.get("Note") if hasattr(resolve, "get") else None
    return note if isinstance(note, str) else ""


def _speed(effects: Iterable[Any]) -> tuple[Fraction, list[str]]:
    """The constant speed that EFFECTS amount to, and remarks on those that are not constant."""
    speed = Fraction(1)
    remarks: list[str] = []
    for effect in effects:
        if not getattr(effect, "enabled", True):
            continue
        if isinstance(effect, otio.schema.LinearTimeWarp):
            speed *= tidy_speed(effect.time_scalar)
        elif isinstance(effect, otio.schema.TimeEffect):
            average, constant = _average_speed(effect)
            speed *= average
            if not constant:
                remarks.append(f"the variable speed {effect.name or effect.effect_name or 'effect'!r}")
    return checked_speed(bounded(speed)), remarks


def checked_speed(speed: Fraction) -> Fraction:
    """SPEED, once it can be played. Raises TimelineError."""
    if abs(speed) > MAX_SPEED:
        raise TimelineError(f"a clip plays at {float(speed):g} times its speed: render it first")
    return speed


def tidy_speed(scalar: float) -> Fraction:
    """A speed as written, as the nearest simple fraction (0.3333333 is 1/3, 1.04166667 is 25/24)."""
    if not math.isfinite(scalar):
        raise TimelineError(f"a clip has the speed {scalar}: export the timeline again")
    return Fraction(scalar).limit_denominator(_SPEED_DENOMINATOR)


def _average_speed(effect: Any) -> tuple[Fraction, bool]:
    """(average speed, whether that is all it does) of a time effect that only its writer can evaluate.

    Nuke's TimeWarp keeps a ``lookup`` of offsets, one for each frame: frame i shows i + lookup[i].
    Other tools' keys have no public meaning and count as speed 1.
    """
    lookup = effect.metadata.get("lookup")
    offsets = [float(v) for v in lookup if isinstance(v, int | float)] if _is_list(lookup) else []
    if len(offsets) < 2 or not all(math.isfinite(offset) for offset in offsets):
        return Fraction(1), False
    drift = tidy(offsets[-1]) - tidy(offsets[0])
    return 1 + drift / (len(offsets) - 1), not any(offsets)


def _is_list(value: Any) -> bool:
    return hasattr(value, "__iter__") and not isinstance(value, str | bytes) and not hasattr(value, "keys")
