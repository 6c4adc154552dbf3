"""A new OpenTimelineIO timeline for a program that did not come from one."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from foleyd.cue import Program, Shot
from foleyd.timebase import Timecode, frames_per_day, has_drop_frame
from foleyd.timeline.clock import DROP_KEY
from foleyd.timeline.placement import gap
from foleyd.timeline.program import AskFile, unknown
from foleyd.timeline.targets import Target, target_named
from foleyd.timeline.tree import METADATA_KEY


def new_timeline(
    program: Program,
    name: str,
    *,
    origin_of: AskFile = unknown,
    duration_of: AskFile = unknown,
    target: str = "generic",
) -> otio.schema.Timeline:
    """PROGRAM as a timeline with one picture track, "Video 1"; its start label and rate kept.

    ``origin_of(path)`` is a file's own start timecode and ``duration_of(path)`` its length, both
    in seconds; media times are written from that origin, and ``available_range`` where the length
    is known. Black is a gap; a file that is missing, a missing reference. Read back by
    :func:`foleyd.timeline.program.read_program` it is the same program. Raises TimelineError.
    """
    shape = target_named(target)
    rate = float(program.rate)
    timeline = otio.schema.Timeline(name)
    timeline.global_start_time = otio.opentime.RationalTime(program.start.frame, rate)
    timeline.metadata.update(shape.timeline or {})
    timeline.metadata.update(label_notes(program.start))
    timeline.tracks.metadata.update(shape.stack(rate))
    track = otio.schema.Track("Video 1", kind=otio.schema.TrackKind.Video)
    track.metadata.update(shape.picture_track or {})
    edge = 0
    for shot in program.shots:
        if shot.record.start > edge:
            track.append(gap(shot.record.start - edge, rate))
        black = shot.media is None
        track.append(
            gap(shot.record.duration, rate)
            if black
            else _clip(shot, program.rate, origin_of, duration_of, shape)
        )
        edge = shot.record.end
    if program.duration > edge:
        track.append(gap(program.duration - edge, rate))
    timeline.tracks.append(track)
    return timeline


def label_notes(start: Timecode) -> dict[str, Any]:
    """Metadata that says whether labels drop frames, where a reader would guess otherwise."""
    guessed = has_drop_frame(start.rate) and start.frame < frames_per_day(start.rate, drop=True)
    return {} if start.drop == guessed else {METADATA_KEY: {DROP_KEY: start.drop}}


def _clip(
    shot: Shot, rate: Fraction, origin_of: AskFile, duration_of: AskFile, target: Target
) -> otio.schema.Clip:
    path = shot.media.path if shot.media is not None else None
    origin = (origin_of(path) if path is not None else None) or Fraction(0)
    held = duration_of(path) if path is not None else None
    return media_clip(shot, rate, origin, held, target)


def media_clip(
    shot: Shot, rate: Fraction, origin: Fraction, held: Fraction | None, target: Target
) -> otio.schema.Clip:
    """SHOT as a clip. ORIGIN is the media time of its file's first frame, HELD the file's length, None
    where it is not known; seconds."""
    path = shot.media.path if shot.media is not None else None
    clip = otio.schema.Clip(
        name=shot.name or (shot.media.name if shot.media is not None else ""),
        media_reference=_reference(shot, path, target),
        source_range=_range(origin + _used_from(shot, rate), shot.record.duration / rate, rate),
    )
    if held is not None:
        clip.media_reference.available_range = _range(origin, held, rate)
    if shot.speed == 0:
        clip.effects.append(otio.schema.FreezeFrame())
    elif shot.speed != 1:
        clip.effects.append(otio.schema.LinearTimeWarp(name="Speed", time_scalar=float(shot.speed)))
    return clip


def _used_from(shot: Shot, rate: Fraction) -> Fraction:
    """Where the used range begins in the file: for reverse, the end of what is played."""
    if shot.speed >= 0:
        return shot.source_start
    first_shown = min(1 / rate, -shot.speed / rate)
    return shot.source_start + first_shown + shot.speed * shot.record.duration / rate


def _reference(shot: Shot, path: Path | None, target: Target) -> otio.core.MediaReference:
    if path is None:
        missing = otio.schema.MissingReference()
        missing.name = shot.media.name if shot.media is not None else shot.name
        return missing
    reference = otio.schema.ExternalReference(target_url=target.url(path))
    reference.name = path.name
    return reference


def _range(start: Fraction, duration: Fraction, rate: Fraction) -> otio.opentime.TimeRange:
    moment = otio.opentime.RationalTime
    return otio.opentime.TimeRange(
        moment(float(start * rate), float(rate)), moment(float(duration * rate), float(rate))
    )
