"""What lies where, read off files by others' readers: libsndfile, wavinfo and OpenTimelineIO."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import opentimelineio as otio
import soundfile
from wavinfo import WavInfoReader

from benchmarks.placement_edit import SAMPLES_PER_SECOND, Edit, Rate


@dataclass
class Found:
    """What was checked and the worst that was found, in samples; WRONG are sentences."""

    cues: int = 0
    cuts: int = 0
    clicks: int = 0
    worst_cut: int = 0
    worst_tile: int = 0
    worst_click: int = 0
    wrong: list[str] = field(default_factory=list)

    def expect(self, what: str, found: object, expected: object) -> None:
        """Notes a difference."""
        if found != expected:
            self.wrong.append(f"{what}: {found!r} instead of {expected!r}")

    def cut(self, what: str, found: int, expected: int) -> None:
        """Notes a position or a length in samples."""
        self.cuts += 1
        self.worst_cut = max(self.worst_cut, abs(found - expected))
        self.expect(what, found, expected)


@dataclass(frozen=True)
class Wanted:
    """A cue's file: record frames BEGIN up to END, FIRST up to LAST with handles, what is SEEN in each."""

    begin: int
    end: int
    first: int
    last: int
    seen: Sequence[bool]


def wanted(start: int, handles: int, begin: int, end: int) -> tuple[int, int]:
    """First frame of the file and the one after its last: no handles before timecode zero, one frame more."""
    return max(begin - handles, -start), end + max(handles, 1)


def check_take(found: Found, rate: Rate, start: int, cue: dict[str, Any], want: Wanted) -> tuple[int, int]:
    """One WAV; returns where its cue begins and ends, by TimeReference, counted in samples of the day."""
    take, name = cue["takes"][0], f"{rate.name} frame {want.begin}"
    info, bext = soundfile.info(take["path"]), WavInfoReader(take["path"]).bext
    zero = rate.sample(start + want.first)
    source_in = rate.sample(start + want.begin) - zero
    length = rate.sample(start + want.end) - rate.sample(start + want.begin)
    found.cues += 1
    found.expect(f"{name} format", (info.samplerate, info.subtype), (SAMPLES_PER_SECOND, "PCM_24"))
    found.cut(f"{name} file length", info.frames, rate.sample(start + want.last) - zero)
    found.cut(f"{name} TimeReference", bext.time_reference, zero % rate.sample(rate.day))
    found.cut(f"{name} source in", take["source_in_samples"], source_in)
    found.cut(f"{name} cue length", take["cue_samples"], length)
    found.expect(f"{name} samples", take["samples"], info.frames)
    found.expect(
        f"{name} record start",
        (cue["record_start"]["value"], cue["record_start"]["rate_exact"]),
        (start + want.begin, f"{rate.num}/{rate.den}"),
    )
    found.expect(f"{name} duration", cue["duration"]["value"], want.end - want.begin)
    _check_clicks(found, rate, start, take, want)
    begins = bext.time_reference + take["source_in_samples"]
    return begins, begins + take["cue_samples"]


def _check_clicks(found: Found, rate: Rate, start: int, take: dict[str, Any], want: Wanted) -> None:
    flips = [want.first + i for i, pair in enumerate(pairwise(want.seen), 1) if pair[0] != pair[1]]
    zero = rate.sample(start + want.first)
    expected = np.array([rate.sample(start + frame) - zero for frame in flips])
    sound = np.abs(soundfile.read(take["path"])[0]) > 0
    heard = np.flatnonzero(sound & ~np.concatenate([[False], sound[:-1]]))
    name = f"{rate.name} frame {want.begin}"
    found.expect(f"{name} clicks", len(heard), len(expected))
    found.expect(f"{name} events", len(take["events_s"]), len(expected))
    if len(heard) == len(expected) and len(heard):
        found.clicks += len(heard)
        worst = int(np.abs(heard - expected).max())
        found.worst_click = max(found.worst_click, worst)
        # An engine counts from its item's start and rounds there: half a sample on top of half a sample.
        whole = (SAMPLES_PER_SECOND * rate.den) % rate.num == 0
        if worst > (0 if whole else 1):
            found.wrong.append(f"{name}: a click lies {worst} samples off")
        told = (
            np.round(np.array(take["events_s"]) * SAMPLES_PER_SECOND).astype(int) + take["source_in_samples"]
        )
        found.expect(f"{name} events in the answer", told.tolist(), heard.tolist())


def check_tiles(found: Found, rate: Rate, places: Sequence[tuple[int, int]]) -> None:
    """The end of each is the start of the next, a day of timecode taken off at midnight."""
    for (_, end), (begin, _) in pairwise(places):
        apart = (end - begin) % rate.sample(rate.day)
        found.worst_tile = max(found.worst_tile, apart)
        found.expect(f"{rate.name} samples between neighbours at {end}", apart, 0)


def check_document(found: Found, edit: Edit, out: Path, cues: list[dict[str, Any]], handles: int) -> None:
    """Our track in OUT: whole frames, the document's very rate, the right place; the rest as it was."""
    before, after = json.loads(edit.path.read_bytes()), json.loads(out.read_bytes())
    ours = after["tracks"]["children"][len(before["tracks"]["children"]) :]
    after["tracks"]["children"] = after["tracks"]["children"][: len(before["tracks"]["children"])]
    found.expect(f"{edit.rate.name} rest of the document", _normal(after), _normal(before))
    for time in _times(ours):
        if time["rate"] != edit.stored or time["value"] != int(time["value"]):
            found.wrong.append(f"{edit.rate.name}: {time} on our track of a timeline at {edit.stored!r}")
    timeline = otio.adapters.read_from_file(str(out))
    tracks = list(timeline.tracks)[-len(ours) :]
    found.expect(f"{edit.rate.name} tracks", [track.name for track in tracks], ["Foley: foley"])
    clips = [item for item in tracks[0] if isinstance(item, otio.schema.Clip)]
    found.expect(f"{edit.rate.name} clips", len(clips), len(edit.cues))
    for clip, (begin, end), cue in zip(clips, edit.cues, cues, strict=True):
        first, last = wanted(edit.start, handles, begin, end)
        place, held, used = clip.range_in_parent(), clip.available_range(), clip.source_range
        name = f"{edit.rate.name} clip at {begin}"
        found.expect(f"{name} place", (place.start_time.value, place.duration.value), (begin, end - begin))
        expected = (edit.start + first, last - first, edit.start + begin, end - begin)
        ranges = (held.start_time.value, held.duration.value, used.start_time.value, used.duration.value)
        found.expect(f"{name} ranges", ranges, expected)
        url = urlsplit(clip.media_reference.target_url)
        found.expect(f"{name} file", unquote(url.path), cue["takes"][0]["path"])
    _verify_ranges(found, out)


def _verify_ranges(found: Found, path: Path) -> None:
    command = [sys.executable, "-m", "opentimelineio.console.otiotool", "-i", str(path), "--verify-ranges"]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    ours = [line for line in said.stdout.splitlines() if line.rstrip().endswith(("BOUNDS", ".wav"))]
    if said.returncode or not ours or not all(line.endswith(" IN BOUNDS") for line in ours):
        found.wrong.append(f"otiotool: {said.stdout} {said.stderr}")


def _normal(tree: Any) -> str:
    return json.dumps(tree, sort_keys=True)


def _times(tree: Any) -> list[dict[str, Any]]:
    if isinstance(tree, list):
        return [time for item in tree for time in _times(item)]
    if not isinstance(tree, dict):
        return []
    own = [tree] if str(tree.get("OTIO_SCHEMA", "")).startswith("RationalTime") else []
    return own + [time for value in tree.values() for time in _times(value)]
