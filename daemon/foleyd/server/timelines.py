"""Probed media and timelines on the wire."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from google.protobuf import json_format
from google.protobuf.struct_pb2 import Struct

from foleyd.config import Settings
from foleyd.cue import FrameRange, Media, Shot
from foleyd.errors import RequestError
from foleyd.server import answers
from foleyd.server.requests import (
    MAX_HOURS,
    MAX_SHOTS,
    read_rational,
    read_shot,
    read_start,
    read_target,
)
from foleyd.timeline.numbers import MAX_DURATION
from foleyd.tracks import ORIGIN_KEY, ReadTracks, Timeline, TimelineMarker, Track, TrackShot
from foleyd.v1 import foleyd_pb2 as pb

if TYPE_CHECKING:
    from foleyd.media.probe import MediaInfo

MAX_TRACKS = 1_000
MAX_MARKERS = 100_000
URL_KEY = "media_url"
"""In a shot's metadata: the reference as the document wrote it, where no file was found for it."""

_EXACT_NUMBER = 2**53
_SCHEMA_KEY = "OTIO_SCHEMA"
_KINDS = {pb.Track.KIND_PICTURE: True, pb.Track.KIND_SOUND: False}


# ------------------------------------------------------------------------------------------ answers


def media_info(value: MediaInfo) -> pb.MediaInfo:
    """What is in a media file."""
    return pb.MediaInfo(
        path=str(value.path),
        duration=answers.rational(value.duration),
        rate=answers.rational(value.rate),
        frames=value.frames or 0,
        width=value.width,
        height=value.height,
        variable_rate=value.variable,
        timecode=answers.start_timecode(value.timecode) if value.timecode is not None else None,
        streams=[
            pb.StreamInfo(
                kind=stream.kind, codec=stream.codec, sample_rate=stream.sample_rate, channels=stream.channels
            )
            for stream in value.streams
        ],
    )


def read_answer(value: ReadTracks) -> pb.ReadTimelineResponse:
    """A document's tracks, and what had to be said while it was read."""
    return pb.ReadTimelineResponse(
        timeline=timeline(value.timeline), warnings=[answers.warning(notice) for notice in value.warnings]
    )


def timeline(value: Timeline) -> pb.Timeline:
    """All tracks of an edit."""
    return pb.Timeline(
        rate=answers.rational(value.rate),
        start_timecode=answers.start_timecode(value.start),
        tracks=[_track(track) for track in value.tracks],
        markers=[_marker(marker) for marker in value.markers],
        name=value.name,
        duration_frames=value.duration,
    )


def _track(value: Track) -> pb.Track:
    kind = pb.Track.KIND_PICTURE if value.picture else pb.Track.KIND_SOUND
    shots = [_track_shot(item) for item in value.shots]
    return pb.Track(name=value.name, kind=kind, shots=shots, disabled=not value.enabled)


def _track_shot(value: TrackShot) -> pb.Shot:
    message = answers.shot(value.shot)
    if value.shot.media is not None:
        message.source_start.CopyFrom(answers.rational(value.shot.source_start + value.origin))
        if value.origin:
            message.media.origin.CopyFrom(answers.rational(value.origin))
        if value.held is not None:
            message.media.duration.CopyFrom(answers.rational(value.held))
    message.disabled = not value.enabled
    words = {**value.metadata, **({URL_KEY: value.url} if value.url else {})}
    if words:
        message.metadata.CopyFrom(answers.struct(words))
    return message


def _marker(value: TimelineMarker) -> pb.Marker:
    return pb.Marker(
        range=answers.frame_range(value.record), name=value.name, colour=value.colour, note=value.note
    )


# ----------------------------------------------------------------------------------------- requests


def read_wire_timeline(message: pb.WriteTimelineRequest, settings: Settings) -> tuple[Timeline, str]:
    """The timeline to write and the name of the target.

    Picture tracks come before sound tracks, whatever their order in the message. A marker of one frame
    is a point, as editors write them. Raises RequestError naming the field, or PathRefused.
    """
    field, given = "timeline", message.timeline
    start = read_start(given, field)
    _check_counts(given)
    tracks = [_read_track(track, settings, f"{field}.tracks[{i}]") for i, track in enumerate(given.tracks)]
    tracks.sort(key=lambda track: not track.picture)
    duration = _duration(given, tracks, start.rate)
    markers = tuple(
        _read_marker(marker, duration, f"{field}.markers[{i}]") for i, marker in enumerate(given.markers)
    )
    name = _text(given.name, f"{field}.name")
    target = read_target(message.target, "target")
    return Timeline(name, start, tuple(tracks), markers, duration), target


def _check_counts(message: pb.Timeline) -> None:
    shots = sum(len(track.shots) for track in message.tracks)
    counts = (
        ("tracks", len(message.tracks), MAX_TRACKS, "tracks"),
        ("shots", shots, MAX_SHOTS, "tracks"),
        ("markers", len(message.markers), MAX_MARKERS, "markers"),
    )
    for words, count, limit, part in counts:
        if count > limit:
            raise RequestError(
                f"the timeline has {count} {words}, more than the {limit} that are taken",
                field=f"timeline.{part}",
            )


def _duration(message: pb.Timeline, tracks: list[Track], rate: Fraction) -> int:
    end = max((track.end for track in tracks), default=0)
    duration = message.duration_frames or end
    if not end <= duration <= MAX_HOURS * 3600 * rate:
        raise RequestError(
            f"the timeline lasts {duration} frames; it must reach its last shot's end ({end}) and not "
            f"{MAX_HOURS} hours",
            field="timeline.duration_frames",
        )
    return duration


def _read_track(message: pb.Track, settings: Settings, field: str) -> Track:
    if message.kind not in _KINDS:
        raise RequestError("a track is of picture or of sound; say which", field=f"{field}.kind")
    shots = [
        _read_track_shot(shot, i, settings, f"{field}.shots[{i}]") for i, shot in enumerate(message.shots)
    ]
    shots.sort(key=lambda item: item.shot.record)
    name = _text(message.name, f"{field}.name")
    try:
        return Track(name, _KINDS[message.kind], tuple(shots), not message.disabled)
    except ValueError as error:
        raise RequestError(f"the track cannot be used: {error}", field=f"{field}.shots") from error


def _read_track_shot(message: pb.Shot, index: int, settings: Settings, field: str) -> TrackShot:
    shot = read_shot(message, index, settings, field)
    _text(shot.name, f"{field}.name")
    metadata = _read_metadata(message.metadata, f"{field}.metadata")
    url = metadata.pop(URL_KEY, "")
    if ORIGIN_KEY in metadata or not isinstance(url, str):
        raise RequestError(
            f"{URL_KEY} is a text, and {ORIGIN_KEY} is said in media.origin", field=f"{field}.metadata"
        )
    if shot.media is None:
        black = Shot(shot.id, shot.name, None, Fraction(0), shot.record)
        return TrackShot(black, enabled=not message.disabled, metadata=metadata)
    offline = shot.media.path is None
    return TrackShot(
        shot=_named(shot, shot.media),
        enabled=not message.disabled,
        origin=read_rational(message.media.origin, field)
        if message.media.HasField("origin")
        else Fraction(0),
        held=_held(message.media, field),
        url=url if offline else "",
        metadata=metadata,
    )


def _named(shot: Shot, media: Media) -> Shot:
    """SHOT with its media called as their file is, or as the shot where nothing is said."""
    name = media.path.name if media.path is not None else media.name or shot.name
    return Shot(shot.id, shot.name, Media(media.path, name), shot.source_start, shot.record, shot.speed)


def _held(message: pb.Media, field: str) -> Fraction | None:
    if not message.HasField("duration"):
        return None
    held = read_rational(message.duration, f"{field}.media.duration")
    if not 0 < held <= MAX_DURATION:
        raise RequestError(
            f"media of {float(held):g} seconds do not exist; leave out a length that is not known",
            field=f"{field}.media.duration",
        )
    return held


def _read_marker(message: pb.Marker, duration: int, field: str) -> TimelineMarker:
    start, end = message.range.start_frame, message.range.end_frame
    if not 0 <= start <= end <= duration or start == duration:
        raise RequestError(
            f"the marker from frame {start} to {end} does not lie on the timeline of {duration} frames",
            field=f"{field}.range",
        )
    return TimelineMarker(
        FrameRange(start, start if end == start + 1 else end),
        _text(message.name, f"{field}.name"),
        _text(message.colour, f"{field}.colour").upper(),
        _text(message.note, f"{field}.note"),
    )


def _text(text: str, field: str) -> str:
    """TEXT; OpenTimelineIO ends a text at a zero byte."""
    if "\0" in text:
        raise RequestError("a text must not hold a zero byte", field=field)
    return text


def _read_metadata(message: Struct, field: str) -> dict[str, Any]:
    try:
        words = json_format.MessageToDict(message)
    except ValueError as error:
        raise RequestError("metadata must hold finite numbers", field=field) from error
    _check_words(words, field)
    return {key: _whole(value) for key, value in words.items()}


def _check_words(value: Any, field: str) -> None:
    if isinstance(value, str):
        _text(value, field)
    elif isinstance(value, list):
        for item in value:
            _check_words(item, field)
    elif isinstance(value, dict):
        if _SCHEMA_KEY in value:
            raise RequestError(f"metadata must not have a key {_SCHEMA_KEY}", field=field)
        for key, item in value.items():
            _text(key, field)
            _check_words(item, field)


def _whole(value: Any) -> Any:
    """VALUE with whole numbers as integers: a Struct knows floating point alone."""
    if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT_NUMBER:
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value
