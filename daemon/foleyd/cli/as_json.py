"""Results as the JSON objects that scripts read (``--json``). Times are frames with their rate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from foleyd.ranges import fraction
from foleyd.v1 import foleyd_pb2 as pb


def frames_json(value: int, rate: Fraction) -> dict[str, Any]:
    """A number of frames: ``value`` is an int, ``rate`` a number, ``rate_exact`` "24000/1001"."""
    number = rate.numerator if rate.denominator == 1 else float(rate)
    return {"value": value, "rate": number, "rate_exact": f"{rate.numerator}/{rate.denominator}"}


def result_json(job_id: str, result: pb.Result) -> dict[str, Any]:
    """What ``foley generate`` and ``foley timeline`` print. ``record_start`` counts from timecode zero;
    ``events_s`` are seconds from the cue's start; a cue that failed has no takes."""
    rate, origin = fraction(result.rate), result.start_timecode.frames
    takes: defaultdict[str, list[pb.Take]] = defaultdict(list)
    for take in result.takes:
        takes[take.cue_id].append(take)
    return {
        "job": job_id,
        "engine": result.engine.name,
        "cached": result.cached,
        "seconds": dict(result.stage_seconds),
        "otio": result.otio_path or None,
        "preview": result.preview_path or None,
        "picture": result.picture_path or None,
        "mix": result.audition_path or None,
        "cue_sheet": result.cue_sheet_path or None,
        "cue_page": result.cue_page_path or None,
        "cues": [
            {**_cue_json(cue, rate, origin), "takes": [_take_json(take) for take in takes[cue.id]]}
            for cue in result.cues
        ],
        "warnings": warnings_json([*result.warnings, *result.missing_media]),
    }


def spotting_json(spotting: pb.SpotResponse, notices: Iterable[Any] = ()) -> dict[str, Any]:
    """What ``foley cues`` prints; NOTICES are what was said while the timeline was read."""
    program = spotting.program
    rate, origin = fraction(program.rate), program.start_timecode.frames
    return {
        "start": frames_json(origin, rate),
        "duration": frames_json(program.duration_frames, rate),
        "cues": [
            {
                **_cue_json(cue, rate, origin),
                "negative_prompt": cue.negative_prompt,
                "seeds": list(cue.seeds),
            }
            for cue in spotting.cues
        ],
        "warnings": warnings_json([*notices, *spotting.warnings]),
    }


def warnings_json(warnings: Iterable[Any]) -> list[dict[str, str]]:
    """Warnings as they came."""
    return [{"what": w.what, "where": w.where, "fix": w.fix} for w in warnings]


def _cue_json(cue: pb.Cue, rate: Fraction, origin: int) -> dict[str, Any]:
    return {
        "id": cue.id,
        "layer": cue.layer,
        "prompt": cue.prompt,
        "record_start": frames_json(origin + cue.range.start_frame, rate),
        "duration": frames_json(cue.range.end_frame - cue.range.start_frame, rate),
    }


def _take_json(take: pb.Take) -> dict[str, Any]:
    return {
        "path": take.path,
        "seed": take.seed,
        "samples": take.samples,
        "source_in_samples": take.source_in_samples,
        "cue_samples": take.cue_samples,
        "sample_rate": take.sample_rate,
        "channels": take.channels,
        "events_s": [float(fraction(event.time)) for event in take.events],
    }
