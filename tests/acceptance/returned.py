"""Edits that come back, built, changed and checked without a line of foleyd's own: OTIO as plain JSON,
WAVs by soundfile, positions by counting."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import numpy as np
import soundfile
from wavinfo import WavInfoReader

from clipmaker import make_clip

RATE = 25
START = 90_000
MEDIA_FRAMES = 700
SAMPLES = 48_000

Json = dict[str, Any]


def turns(number: int) -> list[int]:
    """Frames of clip NUMBER at which its brightness jumps."""
    draw = random.Random(number)
    at, found = 5, []
    while at < MEDIA_FRAMES:
        found.append(at)
        at += draw.randint(7, 15)
    return found


def make_media(folder: Path, count: int) -> list[Path]:
    """COUNT clips that turn from dark to bright and back."""
    return [_clip(folder / f"clip{number}.mp4", number) for number in range(count)]


def _clip(path: Path, number: int) -> Path:
    jumps = turns(number)

    def draw(frame: int) -> np.ndarray:
        bright = sum(jump <= frame for jump in jumps) % 2
        return np.full((64, 96, 3), 200 if bright else 20, np.uint8)

    return make_clip(path, frames=MEDIA_FRAMES, size=(96, 64), draw=draw, options={"preset": "ultrafast"})


# ------------------------------------------------------------------------------------------ building


def time(value: float, rate: float = RATE) -> Json:
    return {"OTIO_SCHEMA": "RationalTime.1", "rate": float(rate), "value": float(value)}


def span(start: float, length: float, rate: float = RATE) -> Json:
    return {
        "OTIO_SCHEMA": "TimeRange.1",
        "start_time": time(start, rate),
        "duration": time(length, rate),
    }


def gap(length: float, rate: float = RATE) -> Json:
    return {
        "OTIO_SCHEMA": "Gap.1",
        "metadata": {},
        "name": "",
        "source_range": span(0, length, rate),
        "effects": [],
        "markers": [],
        "enabled": True,
        "color": None,
    }


def shot(media: Path, source: int, length: int, *, speed: float = 1.0, enabled: bool = True) -> Json:
    warp = {
        "OTIO_SCHEMA": "LinearTimeWarp.1",
        "metadata": {},
        "name": "",
        "effect_name": "LinearTimeWarp",
        "enabled": True,
    }
    return {
        "OTIO_SCHEMA": "Clip.2",
        "metadata": {"Editor": {"note": 0.1}},
        "name": f"{media.stem} {source}",
        "source_range": span(source, length),
        "effects": [] if speed == 1 else [{**warp, "time_scalar": speed}],
        "markers": [],
        "enabled": enabled,
        "color": None,
        "media_references": {
            "DEFAULT_MEDIA": {
                "OTIO_SCHEMA": "ExternalReference.1",
                "metadata": {},
                "name": media.name,
                "available_range": span(0, MEDIA_FRAMES),
                "available_image_bounds": None,
                "target_url": str(media),
            }
        },
        "active_media_reference_key": "DEFAULT_MEDIA",
    }


def timeline(shots: Sequence[Json], sound: Sequence[Json] = ()) -> Json:
    def track(name: str, kind: str, children: Sequence[Json]) -> Json:
        return {
            "OTIO_SCHEMA": "Track.1",
            "metadata": {},
            "name": name,
            "source_range": None,
            "effects": [],
            "markers": [],
            "enabled": True,
            "color": None,
            "children": list(children),
            "kind": kind,
        }

    return {
        "OTIO_SCHEMA": "Timeline.1",
        "metadata": {"Editor": {"big": 2**62, "odd": 0.30000000000000004}},
        "name": "forty",
        "global_start_time": time(START),
        "tracks": {
            "OTIO_SCHEMA": "Stack.1",
            "metadata": {},
            "name": "tracks",
            "source_range": None,
            "effects": [],
            "markers": [],
            "enabled": True,
            "children": [track("V1", "Video", shots), track("A1", "Audio", sound)],
        },
    }


def write(path: Path, document: Json) -> Path:
    path.write_text(json.dumps(document))
    return path


def read(path: Path) -> Json:
    found: Json = json.loads(path.read_text())
    return found


# ------------------------------------------------------------------------------------------- reading


@dataclass
class Lying:
    """An item on a track and the record frames where it lies."""

    item: Json
    start: int
    end: int


def lying(document: Json, name: str) -> list[Lying]:
    """The clips of the track called NAME, with gaps counted."""
    tracks: list[Json] = document["tracks"]["children"]
    (children,) = [track["children"] for track in tracks if track["name"] == name]
    at, found = 0.0, []
    for item in children:
        length = item["source_range"]["duration"]["value"]
        if item["OTIO_SCHEMA"] == "Clip.2":
            found.append(Lying(item, round(at), round(at + length)))
        at += length
    return found


def foley_tracks(document: Json) -> list[str]:
    return [track["name"] for track in document["tracks"]["children"] if track["name"].startswith("Foley")]


def file_of(item: Json) -> Path:
    url = item["media_references"]["DEFAULT_MEDIA"]["target_url"]
    return Path(unquote(urlsplit(url).path))


@dataclass
class Checked:
    """What was found wrong, and how many clicks were right."""

    wrong: list[str] = field(default_factory=list)
    clicks: int = 0
    clips: int = 0


def check_sound(document: Json, rate: Fraction = Fraction(RATE), ignored: Sequence[str] = ()) -> Checked:
    """Holds every enabled clip of ours against the picture beneath it, click by click, to the sample.

    IGNORED are names of files whose picture plays at another speed.
    """
    checked = Checked()
    start = round(document["global_start_time"]["value"])
    wanted = clicks_of_picture(lying(document, "V1"), start, rate)
    for name in foley_tracks(document):
        for one in lying(document, name):
            path = file_of(one.item)
            if not one.item["enabled"] or path.name in ignored:
                continue
            checked.clips += 1
            first, last = (_sample(start + frame, rate) for frame in (one.start, one.end))
            expected = {at for at in wanted if first <= at < last}
            heard = {at for at in _clicks_of_clip(one, path, start, rate, checked) if first <= at < last}
            checked.clicks += len(expected & heard)
            for at in sorted(expected ^ heard):
                what = "missing" if at in expected else "too many"
                checked.wrong.append(f"{path.name} at {one.start}: click at sample {at - first} {what}")
    return checked


def clicks_of_picture(shots: Sequence[Lying], start: int, rate: Fraction) -> set[int]:
    """Samples, from timecode zero, at which the brightness of the picture jumps inside a shot."""
    found = set()
    for one in shots:
        if not one.item["enabled"] or one.item["effects"]:
            continue
        number = int(file_of(one.item).stem.removeprefix("clip"))
        source = one.item["source_range"]["start_time"]["value"]
        for jump in turns(number):
            frame = one.start + jump - source
            if one.start <= frame < one.end:
                found.add(_sample(start + round(frame), rate))
    return found


def _clicks_of_clip(one: Lying, path: Path, start: int, rate: Fraction, checked: Checked) -> list[int]:
    """Samples, from timecode zero, at which clicks of a clip of ours begin where it lies."""
    samples, found_rate = soundfile.read(path, dtype="float32")
    reference = one.item["media_references"]["DEFAULT_MEDIA"]["available_range"]
    before = one.item["source_range"]["start_time"]["value"] - reference["start_time"]["value"]
    first_frame = start + one.start - before
    where = f"{path.name} at {one.start}"
    if found_rate != SAMPLES or first_frame != round(first_frame):
        checked.wrong.append(f"{where}: not on a whole frame")
    first = _sample(round(first_frame), rate)
    stamp = WavInfoReader(str(path)).bext.time_reference
    if stamp != first:
        checked.wrong.append(f"{where}: TimeReference {stamp} instead of {first}")
    frames = reference["duration"]["value"]
    if len(samples) != _sample(round(first_frame + frames), rate) - first:
        checked.wrong.append(f"{where}: {len(samples)} samples are not {frames} frames")
    return [first + at for at in _clicks(samples)]


def clicks_of_file(path: Path) -> tuple[list[int], int]:
    """Samples, from timecode zero, at which clicks of a WAV begin by its own timecode; and its length."""
    samples, _ = soundfile.read(path, dtype="float32")
    first = WavInfoReader(str(path)).bext.time_reference
    return [first + at for at in _clicks(samples)], len(samples)


def _clicks(samples: np.ndarray) -> list[int]:
    loud = samples > 0.3
    return [int(at) + 1 for at in np.flatnonzero(loud[1:] & ~loud[:-1])]


def _sample(frame: int, rate: Fraction) -> int:
    """The sample nearest to FRAME, halves upward."""
    return int((2 * frame * SAMPLES * rate.denominator + rate.numerator) // (2 * rate.numerator))
