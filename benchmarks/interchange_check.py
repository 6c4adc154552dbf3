"""What is in a timeline that foleyd wrote, by readers that are not its own: json, OpenTimelineIO, otiotool,
soundfile, wavinfo."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import opentimelineio as otio
import soundfile
from wavinfo import WavInfoReader

from benchmarks.interchange_melt import Samples, local_path
from benchmarks.interchange_scene import Picture, exact, sample

OURS = "_foley_"
"""In the names of all takes made here."""

LEVEL = 0.2
"""A mark is 0.5; nothing else sounds."""


@dataclass
class Found:
    """What was checked; errors are in samples at 48 kHz, the worst. WRONG are sentences, NOTES are what is
    allowed and worth telling."""

    clips: int = 0
    marks: int = 0
    picture: int = 0
    summed: int = 0
    melt: int = 0
    wrong: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, expected: object) -> None:
        if found != expected:
            self.wrong.append(f"{what}: {found!r} instead of {expected!r}"[:600])


@dataclass(frozen=True)
class Ours:
    """A clip of ours as OpenTimelineIO reads it: record frames, frames into its file, the file."""

    begin: int
    end: int
    into: int
    held: int
    path: Path
    first: int
    enabled: bool


def our_tracks(timeline: Any) -> list[str]:
    return [track.name for track in timeline.tracks if track.name.startswith("Foley: ")]


def read_ours(found: Found, timeline: Any, folder: Path, scene: Picture, written: float | None) -> list[Ours]:
    """Our clips on TIMELINE by OpenTimelineIO's own range functions; every time must be a whole frame, in the
    very rate WRITTEN where that is given, and what is used must lie in what is held."""
    clips = []
    for track in timeline.tracks:
        if not track.name.startswith("Foley: "):
            continue
        for clip in track.find_clips():
            place = clip.transformed_time_range(clip.trimmed_range(), timeline.tracks)
            used, held = clip.source_range, clip.media_reference.available_range
            spans = (place, used, held)
            times = [time for span in spans for time in (span.start_time, span.duration)]
            rates = {time.rate for time in times}
            for time in times:
                if time.value != round(time.value):
                    found.wrong.append(f"{clip.name}: {time} is no whole frame")
            if written is not None:
                found.expect(f"{clip.name} rate", rates, {written})
            found.expect(f"{clip.name} exact rate", {exact(rate) for rate in rates}, {scene.rate})
            if used.start_time < held.start_time or used.end_time_exclusive() > held.end_time_exclusive():
                found.wrong.append(f"{clip.name}: {used} outside {held}")
            first, into = (round(time.value) for time in (held.start_time, used.start_time - held.start_time))
            begin, length = round(place.start_time.value), round(place.duration.value)
            path = local_path(clip.media_reference.target_url, folder)
            enabled = clip.enabled and track.enabled
            clips.append(Ours(begin, begin + length, into, round(held.duration.value), path, first, enabled))
    found.clips = len(clips)
    return clips


def check_places(
    found: Found, clips: Sequence[Ours], cues: Sequence[tuple[int, int]], scene: Picture
) -> None:
    """Every cue has its clip; each clip's file is as long as it says and begins where its timecode says."""
    found.expect("places", sorted((clip.begin, clip.end) for clip in clips if clip.enabled), sorted(cues))
    for clip in clips:
        name, zero = f"clip at {clip.begin}", scene.start + clip.begin - clip.into
        begins = sample(zero, scene.rate)
        day = round(scene.rate) * 86_400
        info, bext = soundfile.info(clip.path), WavInfoReader(str(clip.path)).bext
        found.expect(f"{name} length", info.frames, sample(zero + clip.held, scene.rate) - begins)
        if bext is not None and zero < day:
            found.expect(f"{name} TimeReference", bext.time_reference, begins)


# ------------------------------------------------------------------------------------------- sound


def onsets(sound: Samples) -> list[int]:
    """First samples of marks, which are 48 long; what a cut leaves of one, less than 8, is none."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], np.abs(sound) > LEVEL, [0]]).astype(np.int8)))
    return [int(first) for first, last in edges.reshape(-1, 2) if last - first >= 8]


def marks_of_files(clips: Sequence[Ours], scene: Picture) -> list[int]:
    """Where the marks in the files must be heard, from the timeline's first sample, if each file lies where
    its own timecode says and is cut at its clip's frames."""
    zero, found = sample(scene.start, scene.rate), []
    for clip in (clip for clip in clips if clip.enabled):
        begin, end = (sample(scene.start + frame, scene.rate) - zero for frame in (clip.begin, clip.end))
        first = sample(scene.start + clip.begin - clip.into, scene.rate) - zero
        read, _ = soundfile.read(clip.path, dtype="float32", always_2d=True)
        cut = read[begin - first : end - first, 0]
        found += [begin + at for at in onsets(cut)]
    return sorted(found)


def laid(clips: Sequence[Ours], scene: Picture, *, from_timecode: bool) -> Iterator[tuple[int, Samples]]:
    """The sound by OpenTimelineIO's ranges and soundfile alone: where each clip that is on begins, and its
    samples. Record frames are counted from timecode zero; an offset into a file along its timecode, or from
    zero."""
    zero = sample(scene.start, scene.rate)
    for clip in (clip for clip in clips if clip.enabled):
        begin, end = (sample(scene.start + frame, scene.rate) - zero for frame in (clip.begin, clip.end))
        first = clip.first if from_timecode else 0
        into = sample(first + clip.into, scene.rate) - sample(first, scene.rate)
        read, _ = soundfile.read(clip.path, dtype="float32", always_2d=True)
        yield begin, read[into : into + end - begin, 0]


def summed(pieces: Sequence[tuple[int, Samples]]) -> Samples:
    """All PIECES at once."""
    mix = np.zeros(max((begin + len(piece) for begin, piece in pieces), default=0), np.float32)
    for begin, piece in pieces:
        mix[begin : begin + len(piece)] += piece
    return mix


def wanted_marks(cues: Sequence[tuple[int, int]], clips: Sequence[Ours], scene: Picture) -> list[int]:
    """Samples at which the picture turns within a cue, from the timeline's first frame."""
    into = {(clip.begin, clip.end): clip.into for clip in clips if clip.enabled}
    zero = sample(scene.start, scene.rate)
    frames = [
        frame for begin, end in cues for frame in scene.flips(begin, end, begin - into.get((begin, end), 0))
    ]
    return [sample(scene.start + frame, scene.rate) - zero for frame in frames]


def stamp(clips: Sequence[Ours], scene: Picture) -> list[int]:
    """For takes without a picture: writes marks into their files at every seventh frame of their cue, and
    returns where they must be heard. The files' other chunks are lost, their timecode among them."""
    zero, marks = sample(scene.start, scene.rate), []
    for clip in clips:
        first = scene.start + clip.begin - clip.into
        begins = sample(first, scene.rate)
        length = soundfile.info(clip.path).frames
        sound = np.zeros(length, np.float32)
        for frame in range(scene.start + clip.begin, scene.start + clip.end, 7):
            at = sample(frame, scene.rate)
            sound[at - begins : at - begins + 48] = 0.5
            marks.append(at - zero)
        clip.path.chmod(0o644)
        soundfile.write(clip.path, sound, 48_000, subtype="PCM_24")
    return marks


def nearest(found: Found, heard: Sequence[int], expected: Sequence[int], reach: int) -> int:
    """The largest distance, in samples, from EXPECTED marks to the nearest HEARD; none within REACH is wrong.
    A reader that is that far off may cut marks away at the edges of clips: one in ten may be."""
    near = [min((abs(at - one) for one in heard), default=reach + 1) for at in expected]
    close = [apart for apart in near if apart <= reach]
    if len(close) < 0.9 * len(near):
        found.wrong.append(f"melt, to the files: {len(close)} of {len(near)} marks within a frame")
    return max(close, default=0)


def worst(found: Found, what: str, heard: Sequence[int], expected: Sequence[int], allowed: int) -> int:
    """The largest difference between marks HEARD and EXPECTED, in samples; more than ALLOWED is wrong."""
    if len(heard) != len(expected):
        odd = sorted(set(heard) ^ set(expected))[:6]
        found.wrong.append(f"{what}: {len(heard)} marks instead of {len(expected)}, about {odd}")
        return 0
    apart = max((abs(a - b) for a, b in zip(heard, expected, strict=True)), default=0)
    if apart > allowed:
        found.wrong.append(f"{what}: a mark lies {apart} samples off, {allowed} allowed")
    return apart


# ---------------------------------------------------------------------------------------- document


def check_rest(found: Found, before: Path, after: Path) -> None:
    """All that was in BEFORE is in AFTER as it was: as plain JSON, and as OpenTimelineIO reads both."""
    old, new = json.loads(before.read_text("utf-8")), json.loads(after.read_text("utf-8"))
    inner = new
    if str(old["OTIO_SCHEMA"]).startswith("Clip."):
        inner = new["tracks"]["children"][0]["children"][0]
    else:
        count = len(old["tracks"]["children"])
        added = inner["tracks"]["children"][count:]
        inner["tracks"]["children"] = inner["tracks"]["children"][:count]
        if not added or any(track["kind"] != "Audio" for track in added):
            found.wrong.append("no track of sound was added at the end")
    lost = list(_lost(old, inner))
    rebased = [one for one in lost if one[0].endswith("/target_url") and before.parent != after.parent]
    found.notes += [f"rebased: {was} -> {now}" for _, was, now in rebased]
    changed = [one for one in lost if one not in rebased]
    found.wrong += [f"{where}: {was!r} became {now!r}"[:400] for where, was, now in changed]
    theirs = otio.adapters.read_from_file(str(before))
    ours = otio.adapters.read_from_file(str(after))
    if isinstance(theirs, otio.schema.Clip):
        pairs = [(theirs, ours.tracks[0][0])]
    else:
        pairs = list(zip(theirs.tracks, ours.tracks, strict=False))
    for number, (was, now) in enumerate(pairs, 1):
        if not rebased and not was.is_equivalent_to(now):
            found.wrong.append(f"track {number} is not equivalent for OpenTimelineIO")


def _lost(old: Any, new: Any, where: str = "") -> Any:
    """(place, before, after) of what NEW lacks or changes. A reader may fill in optional keys, and reads
    Clip.1 and Marker.1 as what 0.18 writes."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key, value in old.items():
            if key == "OTIO_SCHEMA" and str(value).split(".")[0] == str(new.get(key)).split(".")[0]:
                continue
            if key == "media_reference" and "media_references" in new:
                yield from _lost(value, new["media_references"]["DEFAULT_MEDIA"], f"{where}/{key}")
            elif key not in new:
                yield f"{where}/{key}", value, None
            else:
                yield from _lost(value, new[key], f"{where}/{key}")
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for number, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from _lost(was, now, f"{where}[{number}]")
    elif old != new or isinstance(old, bool) != isinstance(new, bool):
        yield where, old, new


def check_ranges(found: Found, before: Path, after: Path, count: int) -> None:
    """``otiotool --verify-ranges`` finds our COUNT clips in bounds, and nothing out of bounds in AFTER that
    it did not find in BEFORE (of which it says nothing where that is a bare clip)."""
    said = _verify(after)
    new = said - (_verify(before) if _is_timeline(before) else Counter())
    bad = [line for line in new if not line.startswith("TIMELINE") and not line.endswith(" IN BOUNDS")]
    ours = sum(number for line, number in new.items() if OURS in line and line.endswith(" IN BOUNDS"))
    if bad or ours != count:
        found.wrong.append(f"otiotool finds {ours} of {count} clips of ours in bounds, and {bad}"[:600])


def _is_timeline(path: Path) -> bool:
    return str(json.loads(path.read_text("utf-8"))["OTIO_SCHEMA"]).startswith("Timeline.")


def _verify(path: Path) -> Counter[str]:
    command = [sys.executable, "-m", "opentimelineio.console.otiotool", "-i", str(path), "--verify-ranges"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return Counter(line.rstrip() for line in done.stdout.splitlines() if line.strip())


def is_whole(rate: Fraction) -> bool:
    """Whether frames of RATE are whole samples, so that nobody has anything to round."""
    return (Fraction(48_000) / rate).denominator == 1
