"""OpenTimelineIO -> Program: the picture as the viewer sees it, flattened, in whole frames.

Nothing here opens media: files are looked for and asked for their timecode through callables.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path

import opentimelineio as otio

from foleyd.brief import Notice
from foleyd.cue import FileCut, FrameRange, Media, Program, Shot
from foleyd.timeline.clock import Clock, read_clock
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.markers import Marker, markers_of, unseen_markers
from foleyd.timeline.media_url import Resolved, resolve_media
from foleyd.timeline.numbers import bounded
from foleyd.timeline.tree import Footage, LengthOf, Node, read_tree
from foleyd.timeline.view import Seen, look

Resolve = Callable[[str], Resolved]
AskFile = Callable[[Path], Fraction | None]


@dataclass(frozen=True, slots=True)
class MissingMedia:
    """A shot whose picture cannot be had here: the shot, its clip and reference, and why."""

    shot_id: str
    clip: str
    url: str
    record: FrameRange
    reason: str


@dataclass(frozen=True, slots=True)
class ReadProgram:
    """A program with what had to be said while it was read, and the timeline's markers; UNSEEN are those that
    are on no frame of it."""

    program: Program
    warnings: tuple[Notice, ...]
    missing: tuple[MissingMedia, ...]
    markers: tuple[Marker, ...]
    unseen: tuple[Marker, ...] = ()


def unknown(_: Path) -> Fraction | None:
    """An answer for files that cannot or shall not be asked."""
    return None


def read_program(
    timeline: otio.schema.Timeline,
    *,
    base_folder: Path | None,
    origin_of: AskFile = unknown,
    duration_of: AskFile = unknown,
    resolve: Resolve | None = None,
    drop: bool | None = None,
) -> ReadProgram:
    """The picture of TIMELINE, flattened.

    ``origin_of(path)`` answers a file's own start timecode in seconds and is asked where the
    document does not say what the file holds; a used range that begins before that origin counts
    from zero. ``duration_of(path)`` answers a file's length where the document has no range at
    all. RESOLVE turns a reference into a path (default: :func:`resolve_media` against
    BASE_FOLDER). DROP chooses drop-frame labels (default: where the rate has them).
    Raises TimelineError.
    """
    find = resolve or partial(resolve_media, base_folder=base_folder)
    clock = read_clock(timeline, drop=drop)
    root = read_tree(timeline, lengths(find, duration_of))
    reader = _Reader(clock, find, origin_of)
    for seen in look(root):
        reader.see(seen)
    read = reader.result(clock.frame(root.duration), markers_of(root, clock))
    return replace(read, unseen=unseen_markers(root, clock))


def lengths(find: Resolve, duration_of: AskFile) -> LengthOf:
    """How to ask for the length of what a clip refers to."""

    def length_of(footage: Footage) -> Fraction | None:
        path = find(footage.url).path if footage.url else None
        return duration_of(path) if path is not None else None

    return length_of


@dataclass(frozen=True, slots=True)
class _Kind:
    """How to say something once, however often it happens."""

    one: str
    many: str
    fix: str

    def sentence(self, places: list[tuple[int, str]]) -> str:
        if len(places) == 1:
            return self.one.format(repr(places[0][1]))
        return self.many.format(len(places))


_OVERLAP = _Kind(
    "{} lies over other picture",
    "{} stretches of picture lie over others, here first",
    "the topmost enabled clip is used",
)
_TRANSITION = _Kind(
    "the transition {} is taken as a cut",
    "{} transitions are taken as cuts, here first",
    "render it to a clip if its picture matters",
)
_GENERATOR = _Kind(
    "the generator {} has no file and is looked through",
    "{} generators have no file and are looked through, here first",
    "render it to a clip if its picture matters",
)


class _Reader:
    """Collects shots, warnings and missing media of one timeline."""

    def __init__(self, clock: Clock, find: Resolve, origin_of: AskFile) -> None:
        self.clock = clock
        self.references = References(find)
        self.origin_of = origin_of
        self.shots: list[Shot] = []
        self.overlaps: list[tuple[int, str]] = []
        self.transitions: list[tuple[int, str]] = []
        self.generators: list[tuple[int, str]] = []
        self.retimed: dict[tuple[str, str, int], None] = {}
        self.problems: dict[str, tuple[str, str]] = {}

    def see(self, seen: Seen) -> None:
        node, view = seen.node, seen.view
        record = FrameRange(self.clock.frame(view.start), self.clock.frame(view.end))
        for transition in node.transitions:
            at = cut_point(seen, transition.at)
            if at is not None:
                self.transitions.append((self.clock.frame(at), transition.name))
        for remark in node.remarks:
            self.retimed[(node.name, remark, record.start)] = None
        if node.kind == "generator":
            self.generators.append((record.start, node.name))
        elif node.kind in {"clip", "black"} and record.duration:
            self._paint(self._shot(node, seen, record))

    def _shot(self, node: Node, seen: Seen, record: FrameRange) -> Shot:
        footage = node.footage
        if footage is None or node.kind == "black":
            return Shot("", node.name, None, Fraction(0), record)
        found = self.references.find(footage)
        origin = origin_in(node, footage, found.path, self.origin_of)
        shot_id = f"{len(self.problems)}:{node.name}"
        self.problems[shot_id] = (footage.url or footage.name, "" if found.path else found.reason)
        return seen_shot(shot_id, seen, record, found, origin=origin, clock=self.clock)

    def _paint(self, shot: Shot) -> None:
        covered = paint(self.shots, shot, self.clock.rate)
        if covered is not None:
            self.overlaps.append((covered, shot.name))

    def result(self, duration: int, markers: tuple[Marker, ...]) -> ReadProgram:
        shots: list[Shot] = []
        missing: list[MissingMedia] = []
        for number, shot in enumerate(self.shots, 1):
            url, reason = self.problems.get(shot.id, ("", ""))
            named = replace(shot, id=f"shot-{number}")
            shots.append(named)
            if reason:
                missing.append(MissingMedia(named.id, named.name, url, named.record, reason))
        program = Program(self.clock.start, tuple(shots), max(duration, shots[-1].record.end if shots else 0))
        return ReadProgram(program, tuple(self._warnings(program)), tuple(missing), markers)

    def _warnings(self, program: Program) -> list[Notice]:
        said = [
            Notice(kind.sentence(places), str(program.label(min(places)[0])), kind.fix)
            for kind, places in (
                (_OVERLAP, self.overlaps),
                (_TRANSITION, self.transitions),
                (_GENERATOR, self.generators),
            )
            if places
        ]
        said.extend(
            Notice(
                f"{remark} of {name!r} cannot be evaluated and is played at constant average speed",
                str(program.label(at)),
                "render the clip with its speed change for exact sync",
            )
            for name, remark, at in self.retimed
        )
        return said


class References:
    """The files that a document's references mean; each reference is looked for once."""

    def __init__(self, find: Resolve) -> None:
        self._find = find
        self._found: dict[str, Resolved] = {}

    def find(self, footage: Footage) -> Resolved:
        """The file of FOOTAGE, or why there is none."""
        if footage.problem:
            return Resolved(None, footage.name, footage.problem)
        if footage.url not in self._found:
            self._found[footage.url] = self._find(footage.url)
        return self._found[footage.url]


def origin_in(node: Node, footage: Footage, path: Path | None, origin_of: AskFile) -> Fraction:
    """Media time of the first frame of NODE's file, as NODE counts: what the document says, else the
    file's own start timecode unless NODE begins before it, else 0."""
    if footage.origin is not None:
        return footage.origin
    asked = origin_of(path) if path is not None else None
    return asked if asked is not None and node.start >= asked else Fraction(0)


def seen_shot(
    shot_id: str, seen: Seen, record: FrameRange, found: Resolved, *, origin: Fraction, clock: Clock
) -> Shot:
    """What is SEEN of a clip over RECORD, as a shot; ORIGIN is the media time of its file's first frame."""
    node, view = seen.node, seen.view
    local = view.local - origin
    if view.speed < 0:
        local -= min(node.frame or 1 / clock.rate, -view.speed / clock.rate)
    name = found.name or (node.footage.name if node.footage is not None else "") or node.name
    return Shot(shot_id, node.name, Media(found.path, name), bounded(local), record, view.speed)


def paint(shots: list[Shot], shot: Shot, rate: Fraction) -> int | None:
    """Lays SHOT over SHOTS, which are in record order; what it covers is cut away, to the frame.

    Returns the first frame at which anything was covered, else None. Changes SHOTS.
    """
    first = bisect_right(shots, shot.record.start, key=lambda s: s.record.end)
    last = bisect_left(shots, shot.record.end, key=lambda s: s.record.start)
    covered = shots[first:last]
    kept = [piece for old in covered for piece in _around(old, shot.record, rate)]
    before = [piece for piece in kept if piece.record.end <= shot.record.start]
    after = [piece for piece in kept if piece.record.start >= shot.record.end]
    shots[first:last] = [*before, shot, *after]
    return max(shot.record.start, covered[0].record.start) if covered else None


def cut_point(seen: Seen, at: Fraction) -> Fraction | None:
    """Record seconds of a transition; one at the very end of what is seen counts as seen."""
    view = seen.view
    if view.speed == 0:
        return None
    record = view.start + (at - view.local) / view.speed
    return record if view.start <= record <= view.end else None


def _around(shot: Shot, hole: FrameRange, rate: Fraction) -> list[Shot]:
    """What of SHOT lies before and after HOLE."""
    old = shot.record
    edges = ((old.start, min(old.end, hole.start)), (max(old.start, hole.end), old.end))
    return [cut_shot(shot, FrameRange(start, end), rate) for start, end in edges if start < end]


def cut_shot(shot: Shot, record: FrameRange, rate: Fraction, shift: int = 0) -> Shot:
    """SHOT over RECORD (which may reach beyond it, along its own media), moved by SHIFT frames."""
    moved = FrameRange(record.start + shift, record.end + shift)
    return replace(shot, source_start=bounded(shot.source_at(record.start, rate)), record=moved)


def trim(program: Program, record: FrameRange) -> Program:
    """PROGRAM's frames in RECORD as a program of their own, labels kept.

    Raises TimelineError for a range that is empty or not inside the program.
    """
    _check_inside(program, record)
    return _cut(program, record, record)


def with_handles(program: Program, record: FrameRange, cut: FileCut) -> Program:
    """The little program of the cue over RECORD: ``cut.first_frame`` on, ``cut.frames`` long.

    Inside the cue the shots are cut to it; the first and the last are extended into the handles
    along their own media, never the neighbour; black at an edge extends as black.
    Raises TimelineError for a range that is empty or not inside the program.
    """
    _check_inside(program, record)
    return _cut(program, record, FrameRange(cut.first_frame, cut.first_frame + cut.frames))


def _check_inside(program: Program, record: FrameRange) -> None:
    if not 0 <= record.start < record.end <= program.duration:
        raise TimelineError(
            f"frames {record.start} to {record.end} are not a stretch of the timeline, which has "
            f"{program.duration} frames"
        )


def _cut(program: Program, record: FrameRange, whole: FrameRange) -> Program:
    shots: list[Shot] = []
    for shot in program.shots:
        inside = shot.record.intersect(record)
        if inside is None:
            continue
        start = whole.start if inside.start == record.start else inside.start
        end = whole.end if inside.end == record.end else inside.end
        shots.append(cut_shot(shot, FrameRange(start, end), program.rate, -whole.start))
    return Program(program.label(whole.start), tuple(shots), whole.duration)
