"""Placing takes: which track, where, and the tracks themselves in an OpenTimelineIO timeline.

Ours only adds. Tracks come last, named by layer; nothing that was there is changed, except that
relative media references are written anew when the document moves to another folder.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, count
from pathlib import Path
from typing import Any

import opentimelineio as otio

from foleyd.cue import LAYERS, FrameRange, Placement, Program, Take
from foleyd.timeline.clock import Clock, read_clock
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.media_url import rebase_url
from foleyd.timeline.notes import STARTS_AT, SizeOf, notes_of
from foleyd.timeline.numbers import seconds
from foleyd.timeline.targets import Target, target_named
from foleyd.timeline.tree import METADATA_KEY, Node, read_tree
from foleyd.timeline.view import Seen, look

TRACK_PREFIX = "Foley: "


@dataclass(frozen=True, slots=True)
class FoundPlacement:
    """A take of ours as it lies on a timeline that came back.

    RECORD is where it lies now, ENABLED whether it and everything around it is, URL its file as
    the document writes it, METADATA all that was written on the clip. AT are the numbers, from 0, of its
    track and of its place among the track's items; None where it lies deeper or is retimed from outside.
    LOCAL is where its used range begins, in seconds as the document counts; OFFSET the seconds of its file
    that lie before RECORD (None: the document does not say what the file holds). SPEED is 1 unless somebody
    retimed it. FADED: whether a transition lies at its start and at its end.
    """

    job: str
    cue_id: str
    take_id: str
    layer: str
    track_name: str
    record: FrameRange
    enabled: bool
    url: str
    metadata: Mapping[str, Any]
    at: tuple[int, int] | None = None
    local: Fraction | None = None
    offset: Fraction | None = None
    speed: Fraction = Fraction(1)
    faded: tuple[bool, bool] = (False, False)


def track_name(layer: str, lane: int = 1, take: int = 1) -> str:
    """``Foley: <layer>``, ``… 2`` for the second LANE of overlapping cues, ``… (take 2)``."""
    name = f"{TRACK_PREFIX}{layer}" + (f" {lane}" if lane > 1 else "")
    return name + (f" (take {take})" if take > 1 else "")


def place_takes(takes: Sequence[Take], taken: Collection[str] = ()) -> tuple[Placement, ...]:
    """Where TAKES go. A cue's first take is heard, the others are alternates, disabled.

    Cues of a layer that overlap take further lanes, as few as can be; takes with other channels
    never share a track. Lanes begin where no track's name is among those TAKEN. Order is that of the
    tracks: layers (the known ones first), takes, lanes, then record order.
    """
    by_cue: dict[str, list[Take]] = {}
    for take in takes:
        by_cue.setdefault(take.cue.id, []).append(take)
    lanes = _lanes([alternates[0] for alternates in by_cue.values()])
    lanes = _free_lanes(by_cue, lanes, taken)
    placed = [
        (_layer_order(take.cue.layer), number, lanes[take.cue.id], take)
        for alternates in by_cue.values()
        for number, take in enumerate(alternates, 1)
    ]
    placed.sort(key=lambda entry: (*entry[:3], entry[3].cue.record))
    return tuple(
        Placement(
            take=take,
            track_name=track_name(take.cue.layer, lane, number),
            record=take.cue.record,
            source_in=take.cut.source_in,
            enabled=number == 1,
        )
        for _, number, lane, take in placed
    )


def append_tracks(
    timeline: otio.schema.Timeline,
    placements: Iterable[Placement],
    program: Program,
    *,
    job: str,
    target: str = "generic",
    size_of: SizeOf = lambda _: None,
) -> None:
    """Adds PLACEMENTS to TIMELINE, whose picture is PROGRAM, as audio tracks at the end.

    Ranges are whole frames in the very rate that the timeline stores. ``available_range`` is the
    whole file, from its first frame's timecode (from zero for targets that count so), and
    ``source_range`` the cut. ``metadata["foleyd"]`` is :func:`foleyd.timeline.notes.notes_of`, for which
    SIZE_OF tells the size of media files. A disabled placement is a disabled clip; tracks stay enabled.
    Raises TimelineError, before anything is added, for placements that overlap on one track, for
    relative file paths, for an unknown target and for a timeline that is retimed as a whole.
    """
    adding = adding_to(timeline, program, job=job, target=target, size_of=size_of)
    tracks: dict[str, list[Placement]] = {}
    for placement in placements:
        tracks.setdefault(placement.track_name, []).append(placement)
    made = [adding.track(name, placed) for name, placed in tracks.items()]
    for track in made:
        timeline.tracks.append(track)


def adding_to(
    timeline: otio.schema.Timeline, program: Program, *, job: str, target: str, size_of: SizeOf
) -> Adding:
    """How clips are made for TIMELINE, whose picture is PROGRAM. Raises TimelineError."""
    shape = target_named(target)
    clock = read_clock(timeline, drop=program.start.drop)
    return Adding(program, clock.stored_rate, shape, job, _lead(timeline, clock), size_of)


def rebase_references(timeline: otio.schema.Timeline, old_folder: Path, new_folder: Path) -> None:
    """Makes TIMELINE's relative media references, written for OLD_FOLDER, hold in NEW_FOLDER.

    All others stay letter for letter.
    """
    for clip in timeline.find_clips():
        references = clip.media_references()
        for reference in references.values():
            if isinstance(reference, otio.schema.ExternalReference) and reference.target_url:
                reference.target_url = rebase_url(reference.target_url, old_folder, new_folder)
            elif isinstance(reference, otio.schema.ImageSequenceReference) and reference.target_url_base:
                reference.target_url_base = rebase_url(reference.target_url_base, old_folder, new_folder)


def read_placements(
    timeline: otio.schema.Timeline, known: Callable[[str], Mapping[str, Any] | None] = lambda _: None
) -> tuple[FoundPlacement, ...]:
    """Takes of ours that lie on TIMELINE, in track order, recognised by their metadata.

    Tools may drop those: KNOWN is asked what the file of a sound's reference says of itself, if anything.
    Raises TimelineError.
    """
    clock = read_clock(timeline)
    found: list[FoundPlacement] = []
    # A clip without any range lies on a track of somebody else: its length moves nothing of ours.
    root = read_tree(timeline, lambda _: Fraction(0))
    orders = _Orders()
    for seen in look(root, picture_only=False, disabled=True):
        ours, footage = seen.node.ours, seen.node.footage
        if ours is None and footage is not None and footage.url and not _on_picture(seen):
            ours = known(footage.url)
        if ours is None or footage is None:
            continue
        found.append(
            FoundPlacement(
                job=str(ours.get("job", "")),
                cue_id=str(ours.get("cue", "")),
                take_id=str(ours.get("take", "")),
                layer=str(ours.get("layer", "")),
                track_name=seen.parents[-1].name,
                record=FrameRange(clock.frame(seen.view.start), clock.frame(seen.view.end)),
                enabled=all(node.enabled for node in (*seen.parents, seen.node)),
                url=footage.url,
                metadata=ours,
                at=orders.place(seen),
                local=seen.view.local,
                offset=seen.view.local - footage.origin if footage.origin is not None else None,
                speed=seen.view.speed,
                faded=orders.of(seen.parents[-1]).faded(seen.node),
            )
        )
    return tuple(found)


def _on_picture(seen: Seen) -> bool:
    return any(node.kind == "track" and node.picture for node in seen.parents)


class _Order:
    """The items of one parent by their numbers, from 0, and where transitions lie at their edges."""

    def __init__(self, parent: Node) -> None:
        self.parent = parent  # so that what it holds keeps its identity
        self._numbers = {id(child): number for number, child in enumerate(parent.children)}
        fades = {fade.at for fade in parent.transitions}
        ends = accumulate(child.duration for child in parent.children) if fades else ()
        self._faded: list[tuple[bool, bool]] = []
        start = Fraction(0)
        for end in ends:
            self._faded.append((start in fades, end in fades))
            start = end

    def number(self, child: Node) -> int:
        return self._numbers[id(child)]

    def faded(self, child: Node) -> tuple[bool, bool]:
        return self._faded[self.number(child)] if self._faded else (False, False)


class _Orders:
    """The orders of a tree's parents; each is made once, since a track may have thousands of items."""

    def __init__(self) -> None:
        self._known: dict[int, _Order] = {}

    def of(self, parent: Node) -> _Order:
        if id(parent) not in self._known:
            self._known[id(parent)] = _Order(parent)
        return self._known[id(parent)]

    def place(self, seen: Seen) -> tuple[int, int] | None:
        """Numbers of the track of what is SEEN and of its place there; None where it lies otherwise."""
        if len(seen.parents) != 2 or any(node.speed != 1 for node in seen.parents):
            return None
        root, track = seen.parents
        return self.of(root).number(track), self.of(track).number(seen.node)


def _free_lanes(
    by_cue: Mapping[str, Sequence[Take]], lanes: Mapping[str, int], taken: Collection[str]
) -> dict[str, int]:
    """LANES, each layer's moved on as a whole to where its tracks have names that are not TAKEN."""
    wanted: dict[str, set[tuple[int, int]]] = {}
    for cue_id, takes in by_cue.items():
        tracks = {(lanes[cue_id], number) for number in range(1, len(takes) + 1)}
        wanted.setdefault(takes[0].cue.layer, set()).update(tracks)

    def is_free(layer: str, by: int) -> bool:
        return not any(track_name(layer, lane + by, take) in taken for lane, take in wanted[layer])

    moved = {layer: next(by for by in count() if is_free(layer, by)) for layer in wanted}
    return {cue_id: lanes[cue_id] + moved[takes[0].cue.layer] for cue_id, takes in by_cue.items()}


def _lanes(takes: Iterable[Take]) -> dict[str, int]:
    """A lane number, from 1, for each take's cue within its layer."""
    lanes: dict[str, list[tuple[int, int]]] = {}
    chosen: dict[str, int] = {}
    for take in sorted(takes, key=lambda take: (take.cue.record.start, take.cue.record.end, take.cue.id)):
        ends = lanes.setdefault(take.cue.layer, [])
        free = (
            number
            for number, (end, channels) in enumerate(ends)
            if channels == take.channels and end <= take.cue.record.start
        )
        number = next(free, len(ends))
        ends[number : number + 1] = [(take.cue.record.end, take.channels)]
        chosen[take.cue.id] = number + 1
    return chosen


def _layer_order(layer: str) -> tuple[int, str]:
    return (LAYERS.index(layer) if layer in LAYERS else len(LAYERS), layer)


def _lead(timeline: otio.schema.Timeline, clock: Clock) -> int:
    """Frames of the root stack before record frame zero (it may be trimmed itself)."""
    root = timeline.tracks
    if any(isinstance(effect, otio.schema.TimeEffect) for effect in root.effects):
        raise TimelineError("the timeline is retimed as a whole: apply the speed to its clips instead")
    return clock.frame(seconds(root.source_range.start_time)) if root.source_range is not None else 0


def gap(frames: int, rate: float) -> otio.schema.Gap:
    """FRAMES of nothing."""
    return otio.schema.Gap(source_range=frame_range(0, frames, rate))


def frame_range(start: int, duration: int, rate: float) -> otio.opentime.TimeRange:
    """Whole frames at a stored rate."""
    moment = otio.opentime.RationalTime
    return otio.opentime.TimeRange(moment(start, rate), moment(duration, rate))


@dataclass(frozen=True, slots=True)
class Adding:
    """What all tracks of one job have in common; LEAD frames of the root stack come before zero."""

    program: Program
    rate: float
    target: Target
    job: str
    lead: int
    size_of: SizeOf

    def track(self, name: str, placed: list[Placement]) -> otio.schema.Track:
        """A new track called NAME with what is PLACED on it. Raises TimelineError where that overlaps."""
        placed = sorted(placed, key=lambda placement: placement.record)
        first = placed[0].take
        track = otio.schema.Track(name, kind=otio.schema.TrackKind.Audio)
        track.metadata.update(self.target.sound_track(first.channels))
        track.metadata[METADATA_KEY] = {"job": self.job, "layer": first.cue.layer}
        edge = -self.lead
        for placement in placed:
            if placement.record.start < edge:
                raise TimelineError(f"two takes overlap on track {name!r} at {self.program.label(edge)}")
            if placement.record.start > edge:
                track.append(gap(placement.record.start - edge, self.rate))
            track.append(self.clip(placement))
            edge = placement.record.end
        if self.target.padded and self.program.duration > edge:
            track.append(gap(self.program.duration - edge, self.rate))
        return track

    def clip(self, placement: Placement) -> otio.schema.Clip:
        """A new clip, without a place as yet."""
        take, record = placement.take, placement.record
        before = record.start - take.cut.first_frame
        first = self.program.start.frame + take.cut.first_frame if self.target.from_timecode else 0
        reference = otio.schema.ExternalReference(
            target_url=self.target.url(take.path),
            available_range=frame_range(first, take.cut.frames, self.rate),
        )
        reference.name = take.path.name
        clip = otio.schema.Clip(
            name=take.path.name,
            media_reference=reference,
            source_range=frame_range(first + before, record.duration, self.rate),
        )
        clip.enabled = placement.enabled
        clip.metadata.update(self.target.clip_words(take.channels, f"{self.job} {take.id} {record.start}"))
        seeds = take.cue.seeds
        notes = notes_of(
            take,
            self.program,
            job=self.job,
            number=seeds.index(take.seed) + 1 if take.seed in seeds else 1,
            enabled=placement.enabled,
            size_of=self.size_of,
        )
        clip.metadata[METADATA_KEY] = {**notes, "file": {**notes["file"], STARTS_AT: first}}
        return clip
