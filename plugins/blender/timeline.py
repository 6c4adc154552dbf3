# SPDX-License-Identifier: GPL-3.0-or-later
"""All tracks of an edit as plain values, and as the daemon's messages say them (``foleyd.v1.Timeline``).

The daemon reads and writes OpenTimelineIO; here are the questions put to it and its answers. Record frames
are whole frames from the timeline's own zero. Media times are exact seconds from a file's first frame.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

SCENE_KEY = "blender_scene"
"""In the metadata of a track's first shot: where the timeline lay in the scene it came from."""
URL_KEY = "media_url"
"""In the daemon's metadata of a shot: the reference as the document writes it, where no file was found."""

PICTURE, SOUND = "KIND_PICTURE", "KIND_SOUND"


@dataclass(frozen=True)
class Media:
    """What a shot shows; PATH is empty where there is no such file on this machine."""

    path: str = ""
    name: str = ""
    url: str = ""
    """The reference as the document writes it, where no file was found."""
    origin: Fraction = Fraction(0)
    """The media time of the file's first frame, in seconds."""
    held: Fraction | None = None
    """Length of the file in seconds, None where it is not known."""


@dataclass(frozen=True)
class TrackShot:
    """A piece of media on a track; without MEDIA it is black, on a sound track silence."""

    name: str
    start: int
    """First record frame."""
    duration: int
    """Record frames, 1 or more."""
    media: Media | None = None
    source_start: Fraction = Fraction(0)
    """Seconds from the file's first frame to the frame that is shown first."""
    speed: Fraction = Fraction(1)
    """Media seconds for each record second: negative reverses, 0 holds a frame."""
    muted: bool = False
    metadata: Mapping[str, Any] = field(default_factory=dict)

    @property
    def end(self) -> int:
        """The record frame after the last one."""
        return self.start + self.duration


@dataclass(frozen=True)
class Track:
    """Shots in record order that do not overlap."""

    name: str
    picture: bool
    shots: tuple[TrackShot, ...]
    muted: bool = False


@dataclass(frozen=True)
class Marker:
    """A marker; END is START for a point."""

    start: int
    end: int
    name: str = ""
    colour: str = ""
    note: str = ""


@dataclass(frozen=True)
class Timeline:
    """All tracks: picture from bottom to top, then sound. LABEL is the timecode of record frame 0."""

    name: str
    rate: Fraction
    tracks: tuple[Track, ...]
    markers: tuple[Marker, ...] = ()
    label: int = 0
    drop: bool = False
    duration: int = 0
    """Record frames; 0 is up to the last shot's end."""

    @property
    def scene(self) -> Mapping[str, Any]:
        """What the scene that this timeline was written from said of itself; empty for other tools'."""
        for track in self.tracks:
            for shot in track.shots:
                words = shot.metadata.get(SCENE_KEY)
                if isinstance(words, Mapping):
                    return words
        return {}


# --------------------------------------------------------------------------------- tracks of channels


def lanes(shots: Iterable[TrackShot]) -> list[tuple[TrackShot, ...]]:
    """SHOTS as rows without overlaps: one, where nothing overlaps."""
    rows: list[list[TrackShot]] = []
    for shot in sorted(shots, key=lambda shot: (shot.start, shot.end)):
        row = next((row for row in rows if row[-1].end <= shot.start), None)
        if row is None:
            rows.append([shot])
        else:
            row.append(shot)
    return [tuple(row) for row in rows]


def with_scene(tracks: Sequence[Track], words: Mapping[str, Any]) -> tuple[Track, ...]:
    """TRACKS whose first shots say where the timeline lay in its scene."""
    found = []
    for track in tracks:
        shots = list(track.shots)
        if shots:
            shots[0] = replace(shots[0], metadata={**shots[0].metadata, SCENE_KEY: dict(words)})
        found.append(replace(track, shots=tuple(shots)))
    return tuple(found)


def at_rate(timeline: Timeline, rate: Fraction) -> Timeline:
    """TIMELINE with its cuts on the nearest frames of another RATE; what is shown keeps its speed."""
    if rate == timeline.rate:
        return timeline
    factor = rate / timeline.rate

    def frame(record: int) -> int:
        return round(record * factor)

    def moved(shot: TrackShot) -> TrackShot:
        start = frame(shot.start)
        return replace(shot, start=start, duration=max(1, frame(shot.end) - start))

    tracks = []
    for track in timeline.tracks:
        shots: list[TrackShot] = []
        for shot in map(moved, track.shots):
            if not shots or shots[-1].end <= shot.start:  # of frames that melt into one the first stays
                shots.append(shot)
        tracks.append(replace(track, shots=tuple(shots)))
    markers = tuple(replace(m, start=frame(m.start), end=frame(m.end)) for m in timeline.markers)
    label, duration = frame(timeline.label), frame(timeline.duration)
    return replace(
        timeline, rate=rate, tracks=tuple(tracks), markers=markers, label=label, duration=duration, drop=False
    )


# ------------------------------------------------------------------------------------------ requests


def read_request(text: bytes, folder: str, name: str) -> dict[str, Any]:
    """ReadTimelineRequest for the document TEXT; relative references start from FOLDER."""
    document = {"json": base64.b64encode(text).decode("ascii"), "base_folder": folder, "name": name}
    return {"otio": document}


def write_request(timeline: Timeline) -> dict[str, Any]:
    """WriteTimelineRequest for TIMELINE."""
    return {"timeline": timeline_json(timeline), "target": "OTIO_TARGET_GENERIC"}


def document_of(answer: Mapping[str, Any]) -> bytes:
    """The document in a WriteTimelineResponse."""
    return base64.b64decode(answer["otio"]["json"])


def warnings_of(answer: Mapping[str, Any]) -> list[str]:
    """The daemon's warnings as sentences."""
    found = []
    for warning in answer.get("warnings", ()):
        where, fix = warning.get("where", ""), warning.get("fix", "")
        at = f" (at {where})" if where else ""
        found.append(f"{warning['what']}{at}" + (f"; {fix}" if fix else ""))
    return found


# ------------------------------------------------------------------------------------------ messages


def timeline_json(timeline: Timeline) -> dict[str, Any]:
    """TIMELINE as the proto's JSON."""
    end = max((shot.end for track in timeline.tracks for shot in track.shots), default=0)
    reach = max((max(marker.start + 1, marker.end) for marker in timeline.markers), default=0)
    return {
        "rate": _rational(timeline.rate),
        "start_timecode": {"frames": str(timeline.label), "drop_frame": timeline.drop},
        "tracks": [_track_json(track) for track in timeline.tracks],
        "markers": [_marker_json(marker) for marker in timeline.markers],
        "name": timeline.name,
        "duration_frames": str(max(end, reach, timeline.duration)),
    }


def _track_json(track: Track) -> dict[str, Any]:
    return {
        "name": track.name,
        "kind": PICTURE if track.picture else SOUND,
        "shots": [_shot_json(shot) for shot in track.shots],
        "disabled": track.muted,
    }


def _shot_json(shot: TrackShot) -> dict[str, Any]:
    words = dict(shot.metadata)
    found: dict[str, Any] = {
        "name": shot.name,
        "record_start_frame": str(shot.start),
        "duration_frames": str(shot.duration),
        "disabled": shot.muted,
    }
    if shot.media is not None:
        media: dict[str, Any] = {"name": shot.media.name}
        if shot.media.path:
            media["path"] = shot.media.path
        elif shot.media.url:
            words[URL_KEY] = shot.media.url
        if shot.media.origin:
            media["origin"] = _rational(shot.media.origin)
        if shot.media.held:
            media["duration"] = _rational(shot.media.held)
        found["media"] = media
        found["source_start"] = _rational(shot.source_start + shot.media.origin)
        found["speed"] = _rational(shot.speed)
    if words:
        found["metadata"] = words
    return found


def _marker_json(marker: Marker) -> dict[str, Any]:
    marked = {"start_frame": str(marker.start), "end_frame": str(marker.end)}
    return {"range": marked, "name": marker.name, "colour": marker.colour, "note": marker.note}


def timeline_from(message: Mapping[str, Any]) -> Timeline:
    """The proto's JSON as a Timeline; whole numbers may be texts, fields that say nothing may be absent."""
    start = message.get("start_timecode") or {}
    return Timeline(
        name=message.get("name", ""),
        rate=_fraction(message["rate"]),
        tracks=tuple(_track_from(track) for track in message.get("tracks", ())),
        markers=tuple(_marker_from(marker) for marker in message.get("markers", ())),
        label=int(start.get("frames", 0)),
        drop=bool(start.get("drop_frame", False)),
        duration=int(message.get("duration_frames", 0)),
    )


def _track_from(message: Mapping[str, Any]) -> Track:
    return Track(
        name=message.get("name", ""),
        picture=message["kind"] == PICTURE,
        shots=tuple(_shot_from(shot) for shot in message.get("shots", ())),
        muted=bool(message.get("disabled", False)),
    )


def _shot_from(message: Mapping[str, Any]) -> TrackShot:
    words = {key: _whole(value) for key, value in (message.get("metadata") or {}).items()}
    url = words.pop(URL_KEY, "")
    media = _media_from(message["media"], url) if "media" in message else None
    source = _fraction(message["source_start"]) if "source_start" in message else Fraction(0)
    return TrackShot(
        name=message.get("name", ""),
        start=int(message.get("record_start_frame", 0)),
        duration=int(message["duration_frames"]),
        media=media,
        source_start=source - (media.origin if media is not None else 0),
        speed=_fraction(message["speed"]) if "speed" in message else Fraction(1),
        muted=bool(message.get("disabled", False)),
        metadata=words,
    )


def _media_from(message: Mapping[str, Any], url: str) -> Media:
    return Media(
        path=message.get("path", ""),
        name=message.get("name", ""),
        url=url,
        origin=_fraction(message["origin"]) if "origin" in message else Fraction(0),
        held=_fraction(message["duration"]) if "duration" in message else None,
    )


def _marker_from(message: Mapping[str, Any]) -> Marker:
    marked = message.get("range") or {}
    start = int(marked.get("start_frame", 0))
    return Marker(
        start,
        int(marked.get("end_frame", start)),
        message.get("name", ""),
        message.get("colour", ""),
        message.get("note", ""),
    )


def _whole(value: Any) -> Any:
    """VALUE with whole numbers as ints: metadata knows floating point alone."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value


def _rational(value: Fraction) -> dict[str, str]:
    return {"num": str(value.numerator), "den": str(value.denominator)}


def _fraction(message: Mapping[str, Any]) -> Fraction:
    return Fraction(int(message.get("num", 0)), int(message["den"]))
