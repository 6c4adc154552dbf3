"""Clips and tracks of a timeline by name or number, as ranges; and the list that numbers them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foleyd.cli.as_json import frames_json
from foleyd.cli.exits import InputError, InputNotFound
from foleyd.cli.show import table
from foleyd.ranges import fraction, label, start_label
from foleyd.v1 import foleyd_pb2 as pb

MEDIA_URL = "media_url"
"""In a shot's metadata: its reference, where no file was found for it."""

_SHOWN = 5


@dataclass(frozen=True, slots=True)
class PictureClip:
    """A clip on a picture track. INDEX counts from 1, tracks from bottom to top, each in record order."""

    index: int
    name: str
    track: int
    track_name: str
    start: int
    end: int
    media: str
    missing: bool


def picture_clips(timeline: pb.Timeline) -> list[PictureClip]:
    """The clips on TIMELINE's picture tracks that are on; black and what is disabled are left out."""
    found: list[PictureClip] = []
    tracks = [track for track in timeline.tracks if track.kind == pb.Track.KIND_PICTURE]
    for number, track in enumerate(tracks, 1):
        for shot in track.shots:
            if track.disabled or shot.disabled or not shot.HasField("media"):
                continue
            start = shot.record_start_frame
            end = start + shot.duration_frames
            missing = not shot.media.path
            reference = dict(shot.metadata).get(MEDIA_URL) if missing else shot.media.path
            media = str(reference or shot.media.name)
            name = shot.name or shot.media.name
            found.append(PictureClip(len(found) + 1, name, number, track.name, start, end, media, missing))
    return found


def ranges_of_clips(
    timeline: pb.Timeline,
    name: str,
    clips: Sequence[str],
    tracks: Sequence[str],
    ranges: Iterable[pb.FrameRange],
) -> list[pb.FrameRange]:
    """Where the CLIPS on the TRACKS (none of either: all) of TIMELINE, called NAME, lie within RANGES
    (none: anywhere), in record order. Raises InputNotFound, InputError."""
    listed = picture_clips(timeline)
    if not listed:
        raise InputError(f"{name} has no clips of picture that are on; switch one on, or select with --range")
    if tracks:
        numbers = {number for text in tracks for number in _tracks_named(timeline, text, name)}
        listed = [clip for clip in listed if clip.track in numbers]
    if clips:
        chosen = {clip.index for text in clips for clip in _clips_named(listed, text, name)}
        listed = [clip for clip in listed if clip.index in chosen]
    within = list(ranges)
    spans = {(clip.start, clip.end) for clip in listed}
    if within:
        cut = {(max(a, r.start_frame), min(b, r.end_frame)) for a, b in spans for r in within}
        spans = {(a, b) for a, b in cut if a < b}
    if not spans:
        raise InputError(
            f"none of the clips chosen in {name} lies where --range and --track say; choose others"
        )
    return [pb.FrameRange(start_frame=a, end_frame=b) for a, b in sorted(spans)]


def _clips_named(listed: Sequence[PictureClip], text: str, name: str) -> list[PictureClip]:
    """All clips called TEXT; where none is, the one whose number it is."""
    found = [clip for clip in listed if clip.name == text]
    found = found or [clip for clip in listed if clip.name.casefold() == text.casefold()]
    if not found and text.isascii() and text.isdigit():
        found = [clip for clip in listed if str(clip.index) == text.lstrip("0")]
    if not found:
        names = ", ".join(repr(each) for each in list(dict.fromkeys(c.name for c in listed))[:_SHOWN])
        raise InputNotFound(
            f"{name} has no clip of picture {text!r} that is on{f'; there are {names}' if names else ''}; "
            "`foley clips` lists them all"
        )
    return found


def _tracks_named(timeline: pb.Timeline, text: str, name: str) -> list[int]:
    """Numbers of all picture tracks called TEXT; where none is, the one whose number it is (V2 or 2)."""
    tracks = [track for track in timeline.tracks if track.kind == pb.Track.KIND_PICTURE]
    wanted = text.casefold()
    found = [number for number, track in enumerate(tracks, 1) if track.name.casefold() == wanted]
    digits = wanted.removeprefix("v")
    if not found and digits.isascii() and digits.isdigit() and 1 <= int(digits) <= len(tracks):
        found = [int(digits)]
    if not found:
        raise InputNotFound(
            f"{name} has no track of picture {text!r}; it has {len(tracks)}: 1, the lowest, "
            f"to {len(tracks)}" + "".join(f", {track.name!r}" for track in tracks[:_SHOWN] if track.name)
        )
    return found


def clip_table(timeline: pb.Timeline, bundle: Path | None = None) -> list[str]:
    """Number, timecode in and out, frames, track, name and media of each clip; those below BUNDLE as they are
    called inside it."""
    start = start_label(fraction(timeline.rate), timeline.start_timecode)
    rows = [["clip", "in", "out", "frames", "track", "name", "media"]]
    for clip in picture_clips(timeline):
        times = [label(start, clip.start), label(start, clip.end)]
        track = f"{clip.track} {clip.track_name}".rstrip()
        media = f"missing: {clip.media}" if clip.missing else _inside(clip.media, bundle)
        rows.append([str(clip.index), *times, str(clip.end - clip.start), track, clip.name, media])
    return table(rows) if len(rows) > 1 else ["there are no clips of picture that are on"]


def _inside(media: str, bundle: Path | None) -> str:
    path = Path(media)
    inside = bundle is not None and path.is_relative_to(bundle)
    return path.relative_to(bundle).as_posix() if bundle is not None and inside else media


def clips_json(timeline: pb.Timeline, bundle: Path | None = None) -> dict[str, Any]:
    """What ``foley clips --json`` prints. ``record_start`` counts from timecode zero; BUNDLE as above."""
    rate, origin = fraction(timeline.rate), timeline.start_timecode.frames
    return {
        "start": frames_json(origin, rate),
        "duration": frames_json(timeline.duration_frames, rate),
        "clips": [
            {
                "index": clip.index,
                "name": clip.name,
                "track": clip.track,
                "track_name": clip.track_name,
                "record_start": frames_json(origin + clip.start, rate),
                "duration": frames_json(clip.end - clip.start, rate),
                "media": _inside(clip.media, bundle),
                "missing": clip.missing,
            }
            for clip in picture_clips(timeline)
        ],
    }
