"""What has become of our takes on a timeline that came back: as a table, and as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from foleyd.cli.as_json import frames_json
from foleyd.cli.exits import InputError
from foleyd.cli.options import How, Spots, Wanted
from foleyd.cli.show import table
from foleyd.ranges import fraction, label, start_label
from foleyd.refreshed import Outcome
from foleyd.timebase import Timecode
from foleyd.v1 import foleyd_pb2 as pb

_OUTCOMES = {
    pb.RefreshedTake.OUTCOME_KEPT: Outcome.KEPT,
    pb.RefreshedTake.OUTCOME_MOVED: Outcome.MOVED,
    pb.RefreshedTake.OUTCOME_RECUT: Outcome.RECUT,
    pb.RefreshedTake.OUTCOME_REMADE: Outcome.REMADE,
    pb.RefreshedTake.OUTCOME_DROPPED: Outcome.DROPPED,
    pb.RefreshedTake.OUTCOME_LEFT: Outcome.LEFT,
    pb.RefreshedTake.OUTCOME_FAILED: Outcome.FAILED,
}


def check_alone(wanted: Wanted, spots: Spots, how: How | None = None, *, text_only: bool = False) -> None:
    """Raises InputError where ``--refresh`` is given with what says how to make new cues."""
    given = (
        ("--prompt", wanted.prompts),
        ("--negative", wanted.negative),
        ("--layer", wanted.layer),
        ("--takes", wanted.takes != 1),
        ("--seed", wanted.seed is not None),
        ("--range", spots.ranges),
        ("--clip", spots.clips),
        ("--track", spots.tracks),
        ("--markers", spots.markers),
        ("--whole", spots.whole),
        ("--handles", how is not None and how.handles is not None),
        ("--loudness", how is not None and how.loudness),
        ("--text-only", text_only),
    )
    for option, value in given:
        if value:
            raise InputError(
                f"--refresh takes everything from the takes on the timeline; leave {option} out, or make new "
                "cues without --refresh first"
            )


def refresh_lines(
    refreshed: Sequence[pb.RefreshedTake], rate: pb.Rational, start: pb.StartTimecode
) -> list[str]:
    """The table, take by take, and how many there are of each kind. RATE and START are the timeline's."""
    now = start_label(fraction(rate), start)
    rows = [["cue", "layer", "what", "from", "to", "why"]]
    for one in refreshed:
        name = f"{one.cue_id} (take {one.number})" if one.number > 1 else one.cue_id
        made, found = _made(one), _span(now, one.found_range)
        to = _span(now, one.range) if one.HasField("range") else "-"
        came = _span(made, one.made_range) if made is not None else found
        rows.append([name, one.layer, outcome_of(one).value, came, to, one.why])
    return [*table(rows), "", counts_line(refreshed)]


def counts_line(refreshed: Sequence[pb.RefreshedTake]) -> str:
    """``40 takes: 31 kept, 5 moved …``"""
    counts = Counter(outcome_of(one) for one in refreshed)
    said = ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])
    return f"{len(refreshed)} take{'s' * (len(refreshed) != 1)}: {said}"


def refreshed_json(
    refreshed: Sequence[pb.RefreshedTake], rate: pb.Rational, start: pb.StartTimecode
) -> list[dict[str, Any]]:
    """The table for scripts; starts count from timecode zero."""
    now = start_label(fraction(rate), start)
    return [
        {
            "job": one.job_id,
            "cue": one.cue_id,
            "take": one.take_id,
            "number": one.number,
            "layer": one.layer,
            "prompt": one.prompt,
            "seed": one.seed,
            "outcome": outcome_of(one).value,
            "why": one.why,
            "from": _span_json(made, one.made_range) if (made := _made(one)) is not None else None,
            "found": _span_json(now, one.found_range),
            "to": _span_json(now, one.range) if one.HasField("range") else None,
            "track": one.track_name,
            "enabled": one.enabled,
            "path": one.path or None,
            "new_cue": one.new_cue_id or None,
        }
        for one in refreshed
    ]


def outcome_of(one: pb.RefreshedTake) -> Outcome:
    """What was done, in the words of the house."""
    return _OUTCOMES[one.outcome]


def _made(one: pb.RefreshedTake) -> Timecode | None:
    """The label of frame zero of the timeline that it was made for."""
    rate = fraction(one.made_rate)
    return start_label(rate, one.made_start_timecode) if rate else None


def _span(start: Timecode, span: pb.FrameRange) -> str:
    return f"{label(start, span.start_frame)}-{label(start, span.end_frame)}"


def _span_json(start: Timecode, span: pb.FrameRange) -> dict[str, Any]:
    rate: Fraction = start.rate
    return {
        "record_start": frames_json(start.frame + span.start_frame, rate),
        "duration": frames_json(span.end_frame - span.start_frame, rate),
    }
