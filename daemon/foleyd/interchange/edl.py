"""CMX 3600 EDL in, through its adapter, with what that leaves out put right or named.

An EDL has no frame rate and a list of record times instead of positions; its locators count record time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from foleyd.brief import Notice
from foleyd.interchange.edl_speed import TIMECODE, with_speeds
from foleyd.interchange.errors import InterchangeError
from foleyd.timebase import TimeError, has_drop_frame, snap_rate
from foleyd.timeline.clock import DROP_KEY
from foleyd.timeline.tree import METADATA_KEY

MAX_LINES = 200_000
_OVERLAP = re.compile(r"Overlapping record in value: (\S+)")
_DROP = Fraction(30000, 1001)
_FILE_NAME = re.compile(r"^[^*\s][^*]*\.[A-Za-z0-9]{2,5}$")
_SOURCE_FILE = re.compile(r"^\W*(?:SOURCE FILE|CLIP NAME|MEDIA FILE)(?: NAME)?\s*:\s*(.+)$", re.IGNORECASE)


def read_edl(path: Path, rate: Fraction | None) -> tuple[bytes, list[Notice]]:
    """The EDL at PATH as OpenTimelineIO JSON, at RATE frames a second (None: guessed, and said).

    Raises InterchangeError, and what the adapter raises.
    """
    text = _text(path)
    drop = _is_drop(text, path.name)
    notices: list[Notice] = []
    if rate is None:
        rate = _guess(text, drop)
        notices.append(
            Notice(
                f"{path.name} does not say its frame rate; it is taken as {float(rate):.6g}",
                fix="say it with --edl-rate",
            )
        )
    rate = _checked(rate, text, drop, path.name)
    text, said = with_speeds(text, rate, drop=drop)
    notices += said
    try:
        timeline = otio.adapters.read_from_string(_spelled(text, drop), "cmx_3600", rate=float(rate))
    except otio.exceptions.OTIOError as error:
        overlap = _OVERLAP.search(str(error))
        if overlap is None:
            raise
        raise InterchangeError(
            f"{path.name} has an event at {overlap[1]} that begins before the one above it ends; export one "
            "track of picture, in the order of the record (A mode)"
        ) from error
    if not list(timeline.find_clips()):
        raise InterchangeError(f"{path.name} has no events; export the EDL again")
    start = _place(timeline, float(rate))
    timeline.global_start_time = otio.opentime.RationalTime(start, float(rate))
    if has_drop_frame(rate):
        timeline.metadata[METADATA_KEY] = {DROP_KEY: drop}
    for track in timeline.tracks:
        for clip in (item for item in track if isinstance(item, otio.schema.Clip)):
            _name_media(clip)
            _move_markers(clip, track, start)
    return otio.adapters.write_to_string(timeline, "otio_json").encode("utf-8"), notices


def _text(path: Path) -> str:
    content = path.read_bytes()
    if b"\0" in content:
        raise InterchangeError(f"{path.name} is no text, so it is no EDL; export it again")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = content.decode("latin-1")
    lines = text.count("\n")
    if lines > MAX_LINES:
        raise InterchangeError(f"{path.name} has {lines:,} lines; export a shorter timeline")
    # The adapter takes lines of other kinds for faults; they come before the first event, or are comments.
    kept = []
    begun = False
    for line in text.splitlines():
        begun = begun or line.lstrip()[:1].isdigit()
        if begun or line.startswith(("TITLE:", "FCM")):
            kept.append(line)
    return "\n".join(kept)


def _is_drop(text: str, name: str) -> bool:
    """Whether the EDL counts in drop frame: its FCM lines say so, or its timecodes have a semicolon."""
    said = {
        "NON" not in line.upper() for line in text.splitlines() if line.startswith("FCM") and "DROP" in line
    }
    if len(said) > 1:
        raise InterchangeError(
            f"{name} mixes drop frame and non-drop frame; export it from one timeline of one kind"
        )
    return said.pop() if said else any(found[4] in ";," for found in TIMECODE.finditer(text))


def _frames(text: str) -> int:
    """The highest number of a frame in any timecode."""
    return max((int(found[5]) for found in TIMECODE.finditer(text)), default=0)


def _guess(text: str, drop: bool) -> Fraction:
    """The slowest common rate that has the frames that are counted."""
    highest = _frames(text)
    if drop:
        return _DROP if highest < 30 else 2 * _DROP
    return next((Fraction(rate) for rate in (24, 25, 30, 50, 60) if highest < rate), Fraction(60))


def _checked(rate: Fraction, text: str, drop: bool, name: str) -> Fraction:
    try:
        rate = snap_rate(rate)
    except TimeError as error:
        raise InterchangeError(f"the EDL's rate cannot be used: {error}; correct --edl-rate") from error
    if drop and not has_drop_frame(rate):
        raise InterchangeError(
            f"{name} counts in drop frame, which {float(rate):.6g} frames a second do not have; "
            "say --edl-rate 29.97 or 59.94"
        )
    if _frames(text) >= rate:
        raise InterchangeError(
            f"{name} counts up to frame {_frames(text)} within a second, more than its rate of "
            f"{float(rate):.6g} has; correct --edl-rate"
        )
    return rate


def _spelled(text: str, drop: bool) -> str:
    """TEXT with the last separator of each event's timecodes as OpenTimelineIO reads it."""
    mark = ";" if drop else ":"
    return "\n".join(
        TIMECODE.sub(lambda found: ":".join(found.group(1, 2, 3)) + mark + found[5], line)
        if line.lstrip()[:1].isdigit()
        else line
        for line in text.splitlines()
    )


def _place(timeline: otio.schema.Timeline, rate: float) -> int:
    """Puts each track's clips where their record times are; returns the first of these, in frames.

    The adapter writes a track's first record time as its negative start, which hides all of it.
    """
    moment = otio.opentime.RationalTime
    starts = {
        number: round(-track.source_range.start_time.rescaled_to(rate).value) if track.source_range else 0
        for number, track in enumerate(timeline.tracks)
    }
    first = min(starts.values())
    for number, track in enumerate(timeline.tracks):
        track.source_range = None
        lead = starts[number] - first
        if lead:
            span = otio.opentime.TimeRange(moment(0, rate), moment(lead, rate))
            track.insert(0, otio.schema.Gap(source_range=span))
    return first


def _name_media(clip: otio.schema.Clip) -> None:
    """A clip without a file gets the name that its comments or its own name give one."""
    if not isinstance(clip.media_reference, otio.schema.MissingReference):
        return
    found = next((name for name in _names(clip) if _FILE_NAME.match(name)), "")
    if found:
        clip.media_reference = otio.schema.ExternalReference(target_url=found)
        clip.media_reference.name = found


def _names(clip: otio.schema.Clip) -> Iterator[str]:
    notes: Any = clip.metadata.get("cmx_3600")
    comments = notes.get("comments") if hasattr(notes, "get") else None
    for comment in comments or ():
        said = _SOURCE_FILE.match(str(comment))
        if said:
            yield said[1].strip()
    yield clip.name or ""
    reel = notes.get("reel") if hasattr(notes, "get") else None
    yield str(reel or "")


def _move_markers(clip: otio.schema.Clip, track: otio.schema.Track, start: int) -> None:
    """Locators count record time; OpenTimelineIO's markers count their clip's own time."""
    used, rate = clip.source_range, clip.source_range.start_time.rate
    place = clip.range_in_parent()
    record = start + place.start_time.rescaled_to(rate).value
    speed = next((e.time_scalar for e in clip.effects if isinstance(e, otio.schema.LinearTimeWarp)), 1.0)
    for marker in clip.markers:
        at = marker.marked_range.start_time.rescaled_to(rate).value - record
        if 0 <= at < place.duration.rescaled_to(rate).value:
            moment = otio.opentime.RationalTime(used.start_time.value + at * speed, rate)
            marker.marked_range = otio.opentime.TimeRange(moment, otio.opentime.RationalTime(0, rate))
