"""A timeline that came back, with our clips where they belong now.

The document's own JSON is changed, item by item: what is not ours stays letter for letter, and every other
item keeps its place, since what is taken away leaves a gap of its length.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import chain
from typing import Any

import opentimelineio as otio

from foleyd.cue import FrameRange, Placement, Take
from foleyd.refreshed import Outcome, Refreshed
from foleyd.timebase import round_half_up
from foleyd.timeline.notes import place_notes
from foleyd.timeline.placement import TRACK_PREFIX, Adding, gap, track_name
from foleyd.timeline.tree import METADATA_KEY, Node

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """What is done with one clip of ours. TAKE is its new file, None where it keeps the one it has."""

    refreshed: Refreshed
    take: Take | None = None


def rewrite(tree: Json, root: Node, changes: Sequence[Change], adding: Adding) -> dict[int, str]:
    """Changes TREE, the JSON of a timeline whose root stack is ROOT. Returns on which track each of CHANGES
    lies afterwards, by its number.

    A clip stays on its track where its new place is free there, else it goes to another of ours, of its layer
    and channels, else to a new one. Tracks of ours that nothing lies on any more are removed.
    """
    rewriting = _Rewriting(tree, root, adding)
    rewriting.change(changes)
    return rewriting.tracks_of


@dataclass(slots=True)
class _Item:
    """An item of a track's JSON and the record seconds where it lies. A transition has no length."""

    json: Json
    start: Fraction
    end: Fraction
    take: Refreshed | None = None
    kind: str = field(init=False)

    def __post_init__(self) -> None:
        self.kind = _schema(self.json)

    @property
    def is_free(self) -> bool:
        """Nothing but emptiness: a gap that nobody has written anything on."""
        return self.kind == "Gap" and not any(self.json.get(key) for key in ("markers", "effects"))

    @property
    def is_ours(self) -> bool:
        """Whether it is a take of ours, by its own word or by its file's."""
        return self.take is not None or _ours(self.json) is not None


@dataclass(slots=True)
class _Strip:
    """A track being changed. LIMIT is where what is seen of it ends, in record seconds."""

    json: Json
    items: list[_Item]
    begin: Fraction
    rate: float
    frames: Fraction
    limit: Fraction | None = None
    changed: bool = False
    channels: set[int] = field(default_factory=set)

    @property
    def is_ours(self) -> bool:
        """We have made it, and nobody has put anything else on it."""
        if _ours(self.json) is None and not str(self.json.get("name") or "").startswith(TRACK_PREFIX):
            return False
        return all(item.kind in {"Gap", "Transition"} or item.is_ours for item in self.items)

    @property
    def layers(self) -> set[str]:
        """Layers of the takes that lie here, and the one that it was made for."""
        said = (_ours(self.json) or {}).get("layer")
        return {item.take.layer for item in self.items if item.take} | ({str(said)} if said else set())

    @property
    def numbers(self) -> set[int]:
        """Which takes of their cues lie here: 1 is heard, the others are alternates."""
        return {item.take.number for item in self.items if item.take}

    def take_out(self, item: _Item, stays: tuple[bool, bool]) -> None:
        """Leaves a gap of ITEM's length, without the transitions at those of its edges that do not STAY."""
        index = next(index for index, other in enumerate(self.items) if other is item)
        empty = _json(gap(0, self.rate))
        length = empty["source_range"]["duration"]
        used = item.json.get("source_range")
        length.update(used["duration"] if used else {"value": float((item.end - item.start) * self.frames)})
        empty["source_range"]["start_time"]["rate"] = length["rate"]
        self.items[index] = _Item(empty, item.start, item.end)
        start, end = stays
        for beside, kept in ((index + 1, end), (index - 1, start)):
            if not kept and 0 <= beside < len(self.items) and self.items[beside].kind == "Transition":
                del self.items[beside]
        self.changed = True

    def drop_fades(self, item: _Item) -> None:
        """Takes out the transitions that were kept at the edges of ITEM, which has found no place here."""
        edges = (item.start, item.end)
        self.items = [one for one in self.items if one.kind != "Transition" or one.start not in edges]

    def put(self, clip: Json, take: Refreshed, record: FrameRange) -> bool:
        """Puts CLIP, which is TAKE, over RECORD where that is free; returns whether it is."""
        start, end = record.start / self.frames, record.end / self.frames
        for first, last in self._free():
            begin = self.items[first].start if first < len(self.items) else self._end
            closed = last < len(self.items)
            stop = self.items[last - 1].end if closed else None
            if begin <= start and (stop is None or end <= stop) and self._reaches(end):
                before, after = self._gap(begin, start), self._gap(end, stop if stop is not None else end)
                if before is None or after is None:
                    return False
                self.items[first:last] = [*before, _Item(clip, start, end, take), *after]
                self.changed = True
                return True
        return False

    def _free(self) -> Iterator[tuple[int, int]]:
        """Stretches of free items, as slices; the last one goes on for ever."""
        first = 0
        for index, item in enumerate(self.items):
            if not item.is_free:
                if first < index:
                    yield first, index
                first = index + 1
        yield first, len(self.items)

    @property
    def _end(self) -> Fraction:
        return self.items[-1].end if self.items else self.begin

    def _gap(self, start: Fraction, end: Fraction) -> list[_Item] | None:
        """Emptiness of whole frames; None where that cannot be."""
        frames = (end - start) * self.frames
        if frames.denominator != 1:
            return None
        return [_Item(_json(gap(int(frames), self.rate)), start, end)] if frames else []

    def _reaches(self, end: Fraction) -> bool:
        """Whether what lies up to END is seen; our own tracks are made longer for it."""
        if self.limit is None or end <= self.limit:
            return True
        frames = (end - self.begin) * self.frames
        if not self.is_ours or frames.denominator != 1:
            return False
        used = self.json["source_range"]
        used["duration"] = {**used["duration"], "rate": self.rate, "value": float(frames)}
        self.limit = end
        return True

    def tidy(self, pad_to: Fraction | None) -> None:
        """Takes the emptiness off its end, and puts back what an importer wants there."""
        while self.items and self.items[-1].is_free:
            self.items.pop()
        if pad_to is not None and self.items and self._end < pad_to:
            self.items += self._gap(self._end, pad_to) or []

    def write(self) -> None:
        """Into the document."""
        self.json["children"] = [item.json for item in self.items]


class _Rewriting:
    def __init__(self, tree: Json, root: Node, adding: Adding) -> None:
        self.tree = tree
        self.root = root
        self.adding = adding
        self.frames = adding.program.rate
        self.tracks_of: dict[int, str] = {}
        self.strips = [
            self._strip(track, node)
            for track, node in zip(tree["tracks"]["children"], root.children, strict=True)
        ]

    def _strip(self, track: Json, node: Node) -> _Strip:
        """A track, or whatever else lies in the root stack, as a strip."""
        begin = -self.root.start - node.start
        strip = _Strip(track, [], begin, self.adding.rate, self.frames)
        if node.kind != "track":
            return strip
        if track.get("source_range") is not None:
            strip.limit = node.duration - self.root.start
        lengths = iter(node.children)
        at = begin
        for child in track["children"]:
            length = Fraction(0) if _schema(child) == "Transition" else next(lengths).duration
            strip.items.append(_Item(child, at, at + length))
            at += length
        return strip

    def change(self, changes: Sequence[Change]) -> None:
        """Everything that leaves its place leaves first: then there is room for the rest."""
        clips: dict[int, tuple[_Strip, _Item]] = {}
        items = [[item for item in strip.items if item.kind != "Transition"] for strip in self.strips]
        for number, change in enumerate(changes):
            if change.refreshed.at is not None:
                track, place = change.refreshed.at
                strip, item = self.strips[track], items[track][place]
                clips[number] = strip, item
                item.take = change.refreshed
                strip.channels |= {change.refreshed.file.channels} if change.refreshed.file else set()
                self.tracks_of[number] = str(strip.json.get("name") or "")
        leaving = [number for number, (_, item) in clips.items() if self._leaves(item, changes[number])]
        for number, (strip, item) in clips.items():
            if number in leaving or changes[number].refreshed.outcome is Outcome.DROPPED:
                strip.take_out(item, changes[number].refreshed.stays)
            elif changes[number].take is not None:
                item.json.update(self._clip(item.json, changes[number]))
                strip.changed = True
        for number in leaving:
            strip, item = clips[number]
            self.tracks_of[number] = self._place(item, changes[number], strip)
        self._finish()

    def _leaves(self, item: _Item, change: Change) -> bool:
        """Whether what CHANGE makes of ITEM lies elsewhere; also where ITEM reaches beyond what is seen of
        its track, so that it would be another length in its place."""
        record = change.refreshed.record
        if record is None or (record == change.refreshed.lies and change.take is None):
            return False
        whole = (round_half_up(item.start * self.frames), round_half_up(item.end * self.frames))
        return record != change.refreshed.lies or whole != (record.start, record.end)

    def _place(self, old: _Item, change: Change, home: _Strip) -> str:
        """Puts what OLD was at HOME on the first track that has room for it; returns the track's name."""
        clip = self._clip(old.json, change)
        refreshed, take = change.refreshed, change.take
        record = refreshed.record
        assert record is not None
        channels = take.channels if take is not None else refreshed.file.channels if refreshed.file else 1
        others = (
            strip
            for strip in self.strips
            if strip is not home
            and strip.is_ours
            and strip.layers == {refreshed.layer}
            and strip.numbers <= {refreshed.number}
            and strip.channels <= {channels}
        )
        same = not home.channels or channels in home.channels
        for strip in chain([home] if same else [], others):
            if strip.put(clip, refreshed, record):
                strip.channels.add(channels)
                if strip is not home:
                    home.drop_fades(old)
                return str(strip.json.get("name") or "")
        home.drop_fades(old)
        strip = self._new_track(refreshed, channels)
        strip.put(clip, refreshed, record)
        return str(strip.json["name"])

    def _new_track(self, refreshed: Refreshed, channels: int) -> _Strip:
        names = {str(strip.json.get("name") or "") for strip in self.strips}
        lane = 1
        while (name := track_name(refreshed.layer, lane, refreshed.number)) in names:
            lane += 1
        track = otio.schema.Track(name, kind=otio.schema.TrackKind.Audio)
        track.metadata.update(self.adding.target.sound_track(channels))
        track.metadata[METADATA_KEY] = {"job": self.adding.job, "layer": refreshed.layer}
        strip = _Strip(_json(track), [], -self.root.start, self.adding.rate, self.frames, changed=True)
        strip.channels.add(channels)
        self.strips.append(strip)
        self.tree["tracks"]["children"].append(strip.json)
        return strip

    def _clip(self, old: Json, change: Change) -> Json:
        """OLD with its new cut, file and notes; what others have written on it stays."""
        refreshed, take = change.refreshed, change.take
        record = refreshed.record if refreshed.record is not None else refreshed.lies
        program, size_of = self.adding.program, self.adding.size_of
        if take is None:
            return _noted(
                old,
                {**refreshed.notes, **place_notes(program, record, size_of), "refreshed_by": self.adding.job},
            )
        placement = Placement(take, refreshed.track_name, record, take.cut.source_in, refreshed.enabled)
        new = _json(self.adding.clip(placement))
        notes = {**new["metadata"][METADATA_KEY], "number": refreshed.number}
        if refreshed.outcome is not Outcome.REMADE:
            kept = _ours(old) or refreshed.notes
            notes = {
                **kept,
                **place_notes(program, record, size_of),
                "file": notes["file"],
                "handles": notes.get("handles", kept.get("handles", 0)),
                "target": self.adding.target.name,
                "refreshed_by": self.adding.job,
            }
        key = old.get("active_media_reference_key") or "DEFAULT_MEDIA"
        references = dict(old.get("media_references") or {})
        before = references.get(key) or {}
        references[key] = new["media_references"]["DEFAULT_MEDIA"]
        named = str(old.get("name") or "")
        file = refreshed.file.path if refreshed.file is not None else None
        plain = {"", str(before.get("name") or ""), *((file.name, file.stem) if file is not None else ())}
        plain.add(str(before.get("target_url") or "").replace("\\", "/").rsplit("/", 1)[-1])
        changed = {
            **old,
            "name": new["name"] if named in plain else named,
            "source_range": new["source_range"],
            "media_references": references,
            "active_media_reference_key": key,
            "metadata": {**(old.get("metadata") or {}), **self.adding.target.sound_clip(take.channels)},
        }
        return _noted(changed, notes, whole=True)

    def _finish(self) -> None:
        padded = self.adding.target.padded
        end = self.adding.program.duration / self.frames if padded else None
        kept = []
        for strip in self.strips:
            empty = strip.is_ours and not any(item.is_ours for item in strip.items)
            if empty and not strip.json.get("markers") and not strip.json.get("effects"):
                continue
            if strip.changed:
                if strip.is_ours:
                    strip.tidy(end)
                strip.write()
            kept.append(strip.json)
        self.tree["tracks"]["children"][:] = kept


def _noted(clip: Json, notes: Mapping[str, Any], *, whole: bool = False) -> Json:
    """CLIP with NOTES as all that we say of it, or among it."""
    metadata = dict(clip.get("metadata") or {})
    metadata[METADATA_KEY] = dict(notes) if whole else {**(metadata.get(METADATA_KEY) or {}), **notes}
    return {**clip, "metadata": metadata}


def _ours(node: Mapping[str, Any]) -> Mapping[str, Any] | None:
    metadata = node.get("metadata")
    found = metadata.get(METADATA_KEY) if isinstance(metadata, Mapping) else None
    return found if isinstance(found, Mapping) else None


def _schema(node: Mapping[str, Any]) -> str:
    return str(node.get("OTIO_SCHEMA", "")).split(".", maxsplit=1)[0]


def _json(item: Any) -> Json:
    """An OpenTimelineIO object as plain JSON."""
    tree: Json = json.loads(item.to_json_string())
    return tree
