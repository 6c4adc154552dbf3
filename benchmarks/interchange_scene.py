"""What a timeline of any tool shows at each record frame, and synthetic media that can be told apart in it.

Nothing here comes from foleyd. Times are fractions; frame rates within 0.02 % of an NTSC rate are that rate.
Every media frame is bright or dark as :func:`benchmarks.placement_edit.bright` has it, stills by their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path, PureWindowsPath
from typing import Any, Protocol
from urllib.parse import unquote, urlsplit

import numpy as np
import opentimelineio as otio
from PIL import Image

from benchmarks.placement_edit import BRIGHT, DARK, SAMPLES_PER_SECOND, SIZE, Edit, bright, drawn, make_clip

NTSC = tuple(Fraction(1000 * nominal, 1001) for nominal in (24, 30, 60))
MARGIN = 120
"""Frames of media made beyond what is shown: handles play on."""


def exact(rate: float) -> Fraction:
    """The rate that a stored one means."""
    close = [known for known in NTSC if abs(rate / float(known) - 1) < 2e-4]
    return close[0] if close else Fraction(rate).limit_denominator(1001)


def seconds(time: Any) -> Fraction:
    return Fraction(time.value).limit_denominator(10**6) / exact(time.rate) if time.rate > 0 else Fraction(0)


def sample(frame: int, rate: Fraction) -> int:
    """round(frame / rate x 48000), halves upward, in whole numbers."""
    num, den = rate.numerator, rate.denominator
    return (2 * frame * SAMPLES_PER_SECOND * den + num) // (2 * num)


class Picture(Protocol):
    """Of a timeline: its exact rate, its first frame counted from timecode zero, its length."""

    @property
    def rate(self) -> Fraction: ...
    @property
    def start(self) -> int: ...
    @property
    def frames(self) -> int: ...
    def flips(self, begin: int, end: int, first: int) -> list[int]:
        """Record frames of the cue BEGIN up to END at which the picture turns, where FIRST is the first frame
        of its file: media play on before their edit, so a turn may fall on BEGIN itself."""
        ...


@dataclass(frozen=True)
class EditPicture:
    """The picture of an edit of :mod:`benchmarks.placement_edit`."""

    edit: Edit

    @property
    def rate(self) -> Fraction:
        return self.edit.rate.exact

    @property
    def start(self) -> int:
        return self.edit.start

    @property
    def frames(self) -> int:
        return self.edit.frames

    def flips(self, begin: int, end: int, first: int) -> list[int]:
        seen = self.edit.seen(begin, end, first, end)
        turned = [first + i for i, (was, now) in enumerate(pairwise(seen), 1) if was != now]
        return [frame for frame in turned if frame >= begin]


@dataclass(frozen=True)
class Shown:
    """A piece of picture: record frames BEGIN up to END; FIRST is the media time at BEGIN, in seconds."""

    begin: int
    end: int
    clip: Any
    name: str = ""
    first: Fraction = Fraction(0)
    speed: Fraction = Fraction(1)


@dataclass(frozen=True)
class Media:
    """A file that stands in for one of a document: FRAMES at RATE; a STILL is bright or dark as it says."""

    name: str
    rate: Fraction
    frames: int
    still: bool | None = None

    def is_bright(self, at: Fraction) -> bool:
        """What is seen AT seconds into it; its edge frames are held."""
        if self.still is not None:
            return self.still
        frame = (at * self.rate + Fraction(1, 10**3)) // 1
        return bright(min(max(int(frame), 0), self.frames - 1))


@dataclass(frozen=True)
class Scene:
    """A document's picture: its exact and stored rate, its start, how much of it is looked at."""

    rate: Fraction
    stored: float
    start: int
    frames: int
    pieces: tuple[Shown, ...]
    media: dict[str, Media]

    def is_bright(self, piece: Shown, frame: int) -> bool:
        """What PIECE shows at record FRAME, which may lie beyond its edges."""
        found = self.media.get(piece.name)
        at = piece.first + piece.speed * Fraction(frame - piece.begin) / self.rate
        return found is not None and found.is_bright(at)

    def flips(self, begin: int, end: int, first: int) -> list[int]:
        seen = [self._seen(max(frame, begin), frame) for frame in range(max(first, begin - 1), end)]
        zero = max(first, begin - 1)
        return [zero + i for i in range(1, len(seen)) if seen[i] != seen[i - 1] and zero + i >= begin]

    def _seen(self, inside: int, frame: int) -> bool:
        piece = next((one for one in self.pieces if one.begin <= inside < one.end), None)
        return piece is not None and self.is_bright(piece, frame)


def read_scene(timeline: Any, limit: int) -> Scene:
    """The picture of TIMELINE (or of a bare clip), its first LIMIT frames."""
    timeline = whole(timeline)
    stored = _stored_rate(timeline)
    rate = exact(stored)
    start = timeline.global_start_time
    zero = round(seconds(start) * rate) if start is not None and start.value else 0
    length = min(limit, int(seconds(timeline.tracks.duration()) * rate + Fraction(1, 2)))
    pieces: list[Shown] = []
    for frame in range(length):
        # The middle of a frame: edges that lie between two frames go to the nearest.
        found = _top(timeline.tracks, (frame + Fraction(1, 2)) / rate)
        clip, name, at, speed, edge = found or (None, "", Fraction(0), Fraction(1), Fraction(0))
        last = pieces[-1] if pieces else None
        if last is not None and last.clip is clip and last.end == frame:
            pieces[-1] = Shown(last.begin, frame + 1, clip, last.name, last.first, last.speed)
        else:
            # Where a clip begins between two frames its first whole frame shows its first media frame.
            begun = max(Fraction(0), Fraction(frame) / rate - edge)
            begun = Fraction(0) if begun * rate < 1 else begun
            pieces.append(Shown(frame, frame + 1, clip, name, at + speed * begun, speed))
    return Scene(rate, stored, zero, length, tuple(pieces), _media(timeline, pieces, rate))


def whole(document: Any) -> Any:
    """DOCUMENT, or a timeline of it where it is a bare clip."""
    if isinstance(document, otio.schema.Timeline):
        return document
    alone = otio.schema.Timeline()
    alone.tracks.append(otio.schema.Track(kind="Video"))
    alone.tracks[0].append(document.clone())
    return alone


def stored_rate(source: Path) -> float:
    """The very number that SOURCE has for its rate, as OpenTimelineIO reads it."""
    return _stored_rate(whole(otio.adapters.read_from_file(str(source))))


def _stored_rate(timeline: Any) -> float:
    start = timeline.global_start_time
    if start is not None and start.rate > 1:
        return float(start.rate)
    clips = [clip for track in timeline.tracks if track.kind == "Video" for clip in track.find_clips()]
    clip = next(iter(clips), None) or next(iter(timeline.find_clips()))
    return float(clip.trimmed_range().duration.rate)


Found = tuple[Any, str, Fraction, Fraction, Fraction]


def _top(stack: Any, at: Fraction, record: Fraction | None = None) -> Found | None:
    """The topmost clip of STACK at AT seconds of its own time: itself, its file's name, where in the file its
    edit begins (seconds), its speed, and where on the record it begins."""
    record = at if record is None else record
    if stack.source_range is not None:
        at += seconds(stack.source_range.start_time)
    for track in reversed(list(stack)):
        if track.kind == "Video" and track.enabled:
            found = _on_track(track, at, record)
            if found is not None:
                return found
    return None


def _on_track(track: Any, at: Fraction, record: Fraction) -> Found | None:
    if track.source_range is not None:
        at += seconds(track.source_range.start_time)
    edge = Fraction(0)
    for item in track:
        if isinstance(item, otio.schema.Transition):
            continue
        length = seconds(item.trimmed_range().duration)
        if edge <= at < edge + length:
            if isinstance(item, otio.schema.Gap) or not item.enabled:
                return None
            if isinstance(item, otio.schema.Stack):
                return _top(item, at - edge, record)
            return _of_clip(item, record - (at - edge))
        edge += length
    return None


def _of_clip(clip: Any, edge: Fraction) -> Found | None:
    reference, used = clip.media_reference, clip.trimmed_range()
    if isinstance(reference, otio.schema.GeneratorReference):
        return None
    held = reference.available_range
    origin = seconds(held.start_time) if held is not None else Fraction(0)
    speed = Fraction(1)
    for effect in clip.effects:
        if isinstance(effect, otio.schema.LinearTimeWarp):
            speed *= Fraction(effect.time_scalar)
    return clip, file_name(reference), seconds(used.start_time) - origin, speed, edge


def file_name(reference: Any) -> str:
    """The file's name, of whichever system; empty where there is no file to stand in for."""
    url = getattr(reference, "target_url", "")
    if isinstance(reference, otio.schema.MissingReference):
        url = dict(reference.metadata.get("Resolve_OTIO", {})).get("Media Url", "")
    if not url or isinstance(reference, otio.schema.ImageSequenceReference):
        return ""
    path = unquote(urlsplit(url).path) if url.startswith("file:") else url
    return PureWindowsPath(path).name if re.match(r"^[A-Za-z]:[\\/]", path) else Path(path).name


def _media(timeline: Any, pieces: list[Shown], rate: Fraction) -> dict[str, Media]:
    """What must be made, as long as it is shown and a little longer, at most as long as the document says."""
    needed: dict[str, tuple[Fraction, Fraction]] = {}
    for piece in pieces:
        last = piece.first + piece.speed * (piece.end - piece.begin) / rate
        held = piece.clip.media_reference.available_range if piece.name else None
        own = exact(held.duration.rate) if held is not None and held.duration.rate > 0 else rate
        reach = max(last, piece.first) * own + MARGIN
        whole = held is not None and held.duration.rate > 0
        frames = min(reach, Fraction(held.duration.value)) if whole else reach
        if piece.name:
            needed[piece.name] = (own, max(frames, needed.get(piece.name, (own, Fraction(0)))[1]))
    return {
        name: Media(name, own, max(1, int(frames)), number % 2 == 0 if name.endswith(".png") else None)
        for number, (name, (own, frames)) in enumerate(needed.items())
    }


def make_media(folder: Path, scene: Scene) -> Iterator[Path]:
    """Writes what SCENE shows into FOLDER."""
    folder.mkdir(parents=True, exist_ok=True)
    for media in scene.media.values():
        path = folder / media.name
        if media.still is not None:
            level = BRIGHT if media.still else DARK
            Image.fromarray(np.full((SIZE[1], SIZE[0], 3), level, np.uint8)).save(path)
        else:
            make_clip(path, rate=media.rate, frames=media.frames, size=SIZE, draw=drawn)
        yield path
