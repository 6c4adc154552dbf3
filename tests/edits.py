"""Small edits for tests: OpenTimelineIO objects in one line each, and takes without sound."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from foleyd.cue import Cue, FrameRange, Loudness, Program, Take, file_cut

SAMPLES = Path(__file__).parent / "data" / "otio"

RATES: dict[str, tuple[Fraction, bool]] = {
    "23.976": (Fraction(24000, 1001), False),
    "24": (Fraction(24), False),
    "25": (Fraction(25), False),
    "29.97 DF": (Fraction(30000, 1001), True),
    "29.97 NDF": (Fraction(30000, 1001), False),
    "30": (Fraction(30), False),
    "50": (Fraction(50), False),
    "59.94 DF": (Fraction(60000, 1001), True),
    "59.94 NDF": (Fraction(60000, 1001), False),
    "60": (Fraction(60), False),
}


def time(value: float, rate: float = 24) -> otio.opentime.RationalTime:
    return otio.opentime.RationalTime(value, rate)


def span(start: float, duration: float, rate: float = 24) -> otio.opentime.TimeRange:
    return otio.opentime.TimeRange(time(start, rate), time(duration, rate))


def clip(
    name: str,
    used: otio.opentime.TimeRange | None,
    available: otio.opentime.TimeRange | None = None,
    *,
    url: str | None = None,
    speed: float | None = None,
    effects: Sequence[Any] = (),
    enabled: bool = True,
) -> otio.schema.Clip:
    reference = otio.schema.ExternalReference(url or f"/media/{name}.mov", available)
    made = otio.schema.Clip(name, reference, used)
    made.enabled = enabled
    if speed is not None:
        made.effects.append(otio.schema.LinearTimeWarp(time_scalar=speed))
    made.effects.extend(effects)
    return made


def gap(frames: float, rate: float = 24) -> otio.schema.Gap:
    return otio.schema.Gap(source_range=span(0, frames, rate))


def track(*items: Any, kind: str = "Video", name: str = "", used: Any = None) -> otio.schema.Track:
    made = otio.schema.Track(name, kind=kind, source_range=used)
    made.extend(items)
    return made


def stack(*items: Any, used: Any = None) -> otio.schema.Stack:
    made = otio.schema.Stack("nested", source_range=used)
    made.extend(items)
    return made


def timeline(*tracks: Any, start: Any = None, name: str = "edit") -> otio.schema.Timeline:
    made = otio.schema.Timeline(name, global_start_time=start)
    made.tracks.extend(tracks)
    return made


def take(
    program: Program,
    cue: Cue,
    *,
    number: int = 1,
    channels: int = 1,
    handles: int = 12,
    folder: str = "/takes",
) -> Take:
    return Take(
        id=f"{cue.id}-t{number}",
        cue=cue,
        path=Path(folder) / f"{cue.id} t{number}.wav",
        seed=cue.seeds[number - 1] if number <= len(cue.seeds) else number,
        cut=file_cut(program.start, cue.record, handles),
        sample_rate=48_000,
        channels=channels,
        events=(),
        loudness=Loudness(-30.0, -6.0),
        provenance={
            "engine": "procedural",
            "engine_version": "1",
            "handles": handles,
            "picture_fingerprint": "0123abcd",
            "machine_generated": True,
        },
    )


def cue(number: int, start: int, end: int, *, layer: str = "foley", seeds: tuple[int, ...] = (7,)) -> Cue:
    return Cue(f"cue-{number}", FrameRange(start, end), f"prompt {number}", "music", layer, seeds)
