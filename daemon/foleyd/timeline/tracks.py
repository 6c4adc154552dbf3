"""A timeline track by track, for hosts that do not speak OpenTimelineIO: the words, and writing them.

Where a program is what the viewer sees, these are all the tracks as an editor has them: picture from
bottom to top, then sound in display order. :mod:`foleyd.timeline.track_reader` reads them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio

from foleyd.cue import Shot
from foleyd.timeline.build import label_notes, media_clip
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.numbers import picture_rate
from foleyd.timeline.placement import frame_range, gap
from foleyd.timeline.program import AskFile, unknown
from foleyd.timeline.targets import Target, target_named
from foleyd.timeline.tree import METADATA_KEY
from foleyd.tracks import ORIGIN_KEY, Timeline, TimelineMarker, Track, TrackShot

SILENCE = "silence"
BLACK = "black"
_CHANNELS = 2


def write_tracks(
    value: Timeline,
    *,
    target: str = "generic",
    origin_of: AskFile = unknown,
    duration_of: AskFile = unknown,
    channels_of: Callable[[Path], int | None] = lambda _: None,
) -> otio.schema.Timeline:
    """VALUE as an OpenTimelineIO timeline in the shape of TARGET.

    Files are asked for their own start timecode, length and channels where VALUE does not say them
    (``origin_of(path)``, ``duration_of(path)`` in seconds, ``channels_of(path)``); a sound file that
    cannot be asked counts as stereo. Positions keep a millionth of a frame, speeds become the nearest
    fraction below a million. Raises TimelineError for a rate that no editor has, a relative path and an
    unknown target.
    """
    shape = target_named(target)
    rate = value.rate
    known = picture_rate(float(rate), 0)
    if known is None or known[0] != rate:
        raise TimelineError(
            f"a timeline of {rate} frames a second cannot be written: choose a rate of editors"
        )
    timeline = otio.schema.Timeline(value.name)
    timeline.global_start_time = otio.opentime.RationalTime(value.start.frame, float(rate))
    timeline.metadata.update(shape.timeline or {})
    timeline.metadata.update(label_notes(value.start))
    timeline.tracks.metadata.update(shape.stack(float(rate)))
    writer = _Writer(rate, shape, origin_of, duration_of, channels_of)
    reached = any(track.end == value.duration for track in value.tracks)
    for number, track in enumerate(value.tracks):
        padded = shape.padded or (number == 0 and not reached)
        timeline.tracks.append(writer.track(track, value.duration if padded else track.end))
    if not value.tracks and value.duration:
        timeline.tracks.source_range = frame_range(0, value.duration, float(rate))
    timeline.tracks.markers.extend(_marker(marker, float(rate)) for marker in value.markers)
    return timeline


@dataclass(frozen=True, slots=True)
class _Writer:
    """What all tracks of one timeline have in common."""

    rate: Fraction
    target: Target
    origin_of: AskFile
    duration_of: AskFile
    channels_of: Callable[[Path], int | None]

    def track(self, track: Track, end: int) -> otio.schema.Track:
        """TRACK, filled up to record frame END."""
        kind = otio.schema.TrackKind.Video if track.picture else otio.schema.TrackKind.Audio
        made = otio.schema.Track(track.name, kind=kind)
        made.enabled = track.enabled
        if track.picture:
            made.metadata.update(self.target.picture_track or {})
        else:
            widest = max((self._channels(item) for item in track.shots), default=_CHANNELS)
            made.metadata.update(self.target.sound_track(widest))
        edge = 0
        for item in track.shots:
            record = item.shot.record
            if record.start > edge:
                made.append(gap(record.start - edge, float(self.rate)))
            made.append(self._clip(item, track.picture, track.name))
            edge = record.end
        if end > edge:
            made.append(gap(end - edge, float(self.rate)))
        return made

    def _clip(self, item: TrackShot, picture: bool, track: str) -> otio.schema.Clip:
        clip = self._filled(item) if item.shot.media is not None else self._empty(item.shot, picture)
        clip.enabled = item.enabled
        if not picture:
            identity = f"{item.shot.id} {item.shot.name} {item.shot.record.start} {track}"
            clip.metadata.update(self.target.clip_words(self._channels(item), identity))
        notes = dict(item.metadata)
        if item.origin and clip.media_reference.available_range is None:
            notes[ORIGIN_KEY] = str(item.origin)
        if notes:
            clip.metadata[METADATA_KEY] = notes
        return clip

    def _filled(self, item: TrackShot) -> otio.schema.Clip:
        path = item.shot.media.path if item.shot.media is not None else None
        origin, held = item.origin, item.held
        if path is not None:
            origin = origin or self.origin_of(path) or Fraction(0)
            held = self.duration_of(path) if held is None else held
        clip = media_clip(item.shot, self.rate, origin, held, self.target)
        if path is None and item.url:
            found = otio.schema.ExternalReference(item.url, clip.media_reference.available_range)
            found.name = clip.media_reference.name
            clip.media_reference = found
        return clip

    def _empty(self, shot: Shot, picture: bool) -> otio.schema.Clip:
        """Black or silence that somebody put there: a gap would let what lies below be seen."""
        kind = BLACK if picture else SILENCE
        generator = otio.schema.GeneratorReference(name=kind, generator_kind=kind)
        used = frame_range(0, shot.record.duration, float(self.rate))
        return otio.schema.Clip(name=shot.name, media_reference=generator, source_range=used)

    def _channels(self, item: TrackShot) -> int:
        """Channels of a shot's sound; files are asked only for targets that write them down."""
        path = item.shot.media.path if item.shot.media is not None else None
        if path is None or not self.target.sound_track(1):
            return _CHANNELS
        return self.channels_of(path) or _CHANNELS


def _marker(marker: TimelineMarker, rate: float) -> otio.schema.Marker:
    """A marker of the whole timeline; one that is a point takes a frame, as editors write it."""
    return otio.schema.Marker(
        name=marker.name,
        marked_range=frame_range(marker.record.start, max(1, marker.record.duration), rate),
        color=marker.colour,
        comment=marker.note,
    )
