"""OpenTimelineIO -> tracks: every track with its shots in whole frames, nothing flattened but nests.

Nothing here opens media: files are looked for and asked through callables.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import opentimelineio as otio

from foleyd.brief import Notice
from foleyd.cue import FrameRange, Shot
from foleyd.timebase import Timecode
from foleyd.timeline.clock import Clock, read_clock
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.markers import markers_of
from foleyd.timeline.media_url import Resolved, is_relative, resolve_media
from foleyd.timeline.numbers import bounded
from foleyd.timeline.program import (
    AskFile,
    References,
    Resolve,
    cut_point,
    lengths,
    origin_in,
    paint,
    seen_shot,
    unknown,
)
from foleyd.timeline.tracks import SILENCE
from foleyd.timeline.tree import Footage, Node, read_tree
from foleyd.timeline.view import Seen, look
from foleyd.tracks import ORIGIN_KEY, ReadTracks, Timeline, TimelineMarker, Track, TrackShot

_MAX_LANES = 64
_NAMED = 3
_FRACTION = re.compile(r"-?[0-9]{1,18}(/[1-9][0-9]{0,11})?\Z")


def read_tracks(
    timeline: otio.schema.Timeline,
    *,
    base_folder: Path | None,
    origin_of: AskFile = unknown,
    duration_of: AskFile = unknown,
    resolve: Resolve | None = None,
) -> ReadTracks:
    """All tracks of TIMELINE, markers and disabled items included; arguments as ``read_program``'s.

    A nest on a picture track becomes the shots that are seen of it, one on a sound track the shots
    that are heard of it (on further tracks of that name where they sound together). Transitions are cut
    at the cut point. What cannot be said is a warning that names it: generators, tracks of other
    kinds, media that cannot be found (their shots keep name and reference). Raises TimelineError.
    """
    find = resolve or partial(resolve_media, base_folder=base_folder)
    clock = read_clock(timeline)
    root = read_tree(timeline, lengths(find, duration_of))
    reader = _Reader(clock, References(find), origin_of, base_folder)
    tracks = _with_ids(reader.tracks(root))
    markers = tuple(
        TimelineMarker(marker.record, marker.name, marker.colour, marker.note)
        for marker in markers_of(root, clock, disabled=True)
    )
    duration = max([clock.frame(root.duration), *(track.end for track in tracks)])
    value = Timeline(timeline.name, clock.start, tracks, _within(markers, duration), duration)
    return ReadTracks(value, tuple(reader.warnings(clock)))


def _with_ids(tracks: Iterable[Track]) -> tuple[Track, ...]:
    """TRACKS, picture first, with a handle for each shot."""
    ordered = sorted(tracks, key=lambda track: not track.picture)
    return tuple(
        replace(
            track,
            shots=tuple(
                replace(item, shot=replace(item.shot, id=f"track-{lane}-shot-{number}"))
                for number, item in enumerate(track.shots, 1)
            ),
        )
        for lane, track in enumerate(ordered, 1)
    )


def _within(markers: Iterable[TimelineMarker], duration: int) -> tuple[TimelineMarker, ...]:
    """MARKERS on frames that the timeline has: rounding may bring one to its very end."""
    return tuple(
        marker for marker in markers if 0 <= marker.record.start < duration and marker.record.end <= duration
    )


@dataclass(slots=True)
class _Saying:
    """How to say something once, however often it happens; the first clips stand for NAMES."""

    words: str
    fix: str = ""
    at: list[tuple[int, str]] = field(default_factory=list)

    def notice(self, clock: Clock) -> Notice:
        names = list(dict.fromkeys(repr(name) for _, name in sorted(self.at)))
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        what = self.words.replace("NAMES", ", ".join(names[:_NAMED]) + more, 1)
        return Notice(what, str(_label(clock, min(self.at)[0])), self.fix)


def _label(clock: Clock, frame: int) -> Timecode:
    return replace(clock.start, frame=clock.start.frame + frame)


class _Reader:
    """Collects the tracks and the warnings of one timeline."""

    def __init__(
        self, clock: Clock, references: References, origin_of: AskFile, base_folder: Path | None
    ) -> None:
        self.clock = clock
        self.references = references
        self.origin_of = origin_of
        self.base_folder = base_folder
        render = "render it to a clip if its picture matters"
        self.transitions = _Saying("transitions are taken as cuts: NAMES", render)
        self.generators = _Saying("generators have no file and are left out: NAMES", render)
        self.short = _Saying("clips shorter than a frame are left out: NAMES")
        self.hidden = _Saying("clips disabled inside a nested clip are left out: NAMES")
        self.foreign = _Saying("tracks of neither picture nor sound are left out: NAMES")
        self.unheard = _Saying(
            "nested clips on a picture track are read without their sound: NAMES",
            "put their sound on a sound track",
        )
        self.together = _Saying(
            "nested sounds that play together are put on tracks of their own: NAMES",
            "mix them down if one track is needed",
        )
        self.retimed = _Saying(
            "variable speeds cannot be evaluated and become their constant average: NAMES",
            "render the clip with its speed change for exact sync",
        )
        self.missing: dict[str, dict[tuple[str, str], _Saying]] = {}
        """By kind of reason, then by media and reason."""

    # ------------------------------------------------------------------------------------- tracks

    def tracks(self, root: Node) -> list[Track]:
        """The tracks of ROOT in its own order."""
        seen_in: dict[int, list[Seen]] = {}
        for seen in look(root, picture_only=False, disabled=True):
            if seen.parents:
                seen_in.setdefault(id(_chain(seen)[1]), []).append(seen)
        made: list[Track] = []
        for layer in root.children:
            seen_of = seen_in.get(id(layer), [])
            if layer.kind == "track" and not (layer.picture or layer.track_kind == "audio"):
                at = self._record(seen_of[0]).start if seen_of else 0
                self.foreign.at.append((at, f"{layer.name} ({layer.track_kind})"))
                continue
            for seen in seen_of:
                self._remark(seen)
            made.extend(self._tracks_of(layer, seen_of, root.enabled))
        return made

    def _tracks_of(self, layer: Node, seen_of: list[Seen], enabled: bool) -> list[Track]:
        """LAYER as a track, and further ones where nested sound overlaps."""
        depth = 2 if layer.kind == "track" else 1
        lanes: list[list[TrackShot]] = [[]]
        inside = (seen for seen in seen_of if len(_chain(seen)) > depth)
        groups = itertools.groupby(inside, key=lambda seen: id(_chain(seen)[depth]))
        items = [item for _, group in groups for item in self._item(list(group), depth, layer.picture)]
        for item in sorted(items, key=lambda item: item.shot.record):
            self._lay(item, lanes)
        return [Track(layer.name, layer.picture, tuple(lane), enabled and layer.enabled) for lane in lanes]

    def _lay(self, item: TrackShot, lanes: list[list[TrackShot]]) -> None:
        record = item.shot.record
        for number, lane in enumerate(lanes):
            if not lane or lane[-1].shot.record.end <= record.start:
                lane.append(item)
                if number:
                    self.together.at.append((record.start, item.shot.name))
                return
        if len(lanes) == _MAX_LANES:
            raise TimelineError(
                f"more than {_MAX_LANES} nested sounds play together at {_label(self.clock, record.start)}: "
                "mix them down before the timeline is exported"
            )
        lanes.append([item])
        self.together.at.append((record.start, item.shot.name))

    def _item(self, seen_of: list[Seen], depth: int, picture: bool) -> list[TrackShot]:
        """What lies at one place of a track: a clip, or a nest, which comes first in SEEN_OF."""
        item = seen_of[0].node
        leaves = [seen for seen in seen_of if seen.node.kind in {"clip", "black", "generator"}]
        if item.children:
            leaves = list(self._open(item, leaves, depth, picture))
        shots = [shot for shot in (self._shot(seen, picture) for seen in leaves) if shot is not None]
        shots = [replace(shot, enabled=item.enabled) for shot in shots]
        return self._painted(shots) if item.children and picture else shots

    def _open(self, nest: Node, leaves: Sequence[Seen], depth: int, picture: bool) -> Iterator[Seen]:
        """Those of LEAVES that are seen or heard through NEST."""
        for seen in leaves:
            below = _chain(seen)[depth + 1 :]
            at = self._record(seen).start
            tracks = [node for node in below if node.kind == "track"]
            if picture and not all(node.picture for node in tracks):
                if all(node.enabled for node in below):
                    self.unheard.at.append((at, nest.name))
            elif not picture and not all(node.track_kind == "audio" for node in tracks):
                continue
            elif all(node.enabled for node in below):
                yield seen
            else:
                self.hidden.at.append((at, seen.node.name))

    def _painted(self, shots: list[TrackShot]) -> list[TrackShot]:
        """SHOTS, bottom first, as they are seen."""
        named = {str(number): shot for number, shot in enumerate(shots)}
        canvas: list[Shot] = []
        for name, shot in named.items():
            paint(canvas, replace(shot.shot, id=name), self.clock.rate)
        return [replace(named[piece.id], shot=piece) for piece in canvas]

    # -------------------------------------------------------------------------------------- shots

    def _shot(self, seen: Seen, picture: bool) -> TrackShot | None:
        node, record = seen.node, self._record(seen)
        footage = node.footage
        if not record.duration:
            self.short.at.append((record.start, node.name))
            return None
        metadata = dict(node.ours or {})
        said = metadata.pop(ORIGIN_KEY, None)
        if footage is None or node.kind == "black" or _is_silence(node, picture):
            return TrackShot(Shot("", node.name, None, Fraction(0), record), metadata=metadata)
        if node.kind == "generator":
            self.generators.at.append((record.start, node.name))
            return None
        if footage.origin is None:
            footage = replace(footage, origin=_fraction(said))
        found = self.references.find(footage)
        origin = origin_in(node, footage, found.path, self.origin_of)
        shot = seen_shot("", seen, record, found=found, origin=origin, clock=self.clock)
        if not picture:
            shot = _in_sync(shot, seen, self.clock)
        if found.path is None:
            self._miss(shot, found)
        return TrackShot(
            shot=shot,
            origin=bounded(origin),
            held=None if footage.held is None else bounded(footage.held),
            url="" if found.path is not None else self._absolute(footage.url),
            metadata=metadata,
        )

    def _record(self, seen: Seen) -> FrameRange:
        return FrameRange(self.clock.frame(seen.view.start), self.clock.frame(seen.view.end))

    def _absolute(self, url: str) -> str:
        """URL without the folder it started from: it goes where there is no such folder."""
        if is_relative(url) and self.base_folder is not None:
            return (self.base_folder / url).as_posix()
        return url

    # ----------------------------------------------------------------------------------- warnings

    def _remark(self, seen: Seen) -> None:
        node = seen.node
        for transition in node.transitions:
            at = cut_point(seen, transition.at)
            if at is not None:
                self.transitions.at.append((self.clock.frame(at), transition.name))
        if node.remarks:
            self.retimed.at.append((self._record(seen).start, node.name))

    def _miss(self, shot: Shot, found: Resolved) -> None:
        name = shot.media.name if shot.media is not None else shot.name
        saying = self.missing.setdefault(found.kind, {}).setdefault(
            (name, found.reason), _Saying(f"the media of NAMES cannot be had: {found.reason}")
        )
        saying.at.append((shot.record.start, shot.name))

    def _missing(self) -> Iterator[_Saying]:
        """What is said of missing media: of each that of a few, of many once what is the same for all."""
        for alike in self.missing.values():
            if len(alike) <= _NAMED:
                yield from alike.values()
                continue
            reason = min(alike.items(), key=lambda item: min(item[1].at))[0][1]
            what, stop, fix = reason.partition("; ")
            others = " (and so on)" if len({reason for _, reason in alike}) > 1 else ""
            words = f"{len(alike)} media cannot be had, those of NAMES: {what}{others}{stop}{fix}"
            yield _Saying(words, at=[at for one in alike.values() for at in one.at])

    def warnings(self, clock: Clock) -> Iterator[Notice]:
        """What had to be said, the gravest first."""
        sayings = [
            *self._missing(),
            self.retimed,
            self.generators,
            self.foreign,
            self.hidden,
            self.unheard,
            self.together,
            self.short,
            self.transitions,
        ]
        return (saying.notice(clock) for saying in sayings if saying.at)


def _chain(seen: Seen) -> tuple[Node, ...]:
    """The root, the track, the item on it, and on down to what is SEEN."""
    return (*seen.parents, seen.node)


def _in_sync(shot: Shot, seen: Seen, clock: Clock) -> Shot:
    """SHOT with its source moved as far as rounding to frames moved its start: a frame is long for sound.

    Not where that would be before the file begins.
    """
    moved = shot.record.start / clock.rate - seen.view.start
    source = bounded(shot.source_start + moved * shot.speed)
    return replace(shot, source_start=source) if source >= 0 else shot


def _is_silence(node: Node, picture: bool) -> bool:
    footage: Footage | None = node.footage
    return not picture and node.kind == "generator" and footage is not None and footage.name == SILENCE


def _fraction(said: Any) -> Fraction | None:
    """An origin as it was written beside a clip; None for anything else."""
    return Fraction(said) if isinstance(said, str) and _FRACTION.match(said) else None
