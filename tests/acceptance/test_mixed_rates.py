"""The bundled clip of 30 frames a second on timelines of other rates: bottles sound as they are put down."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from acceptance.command import Foley

CLIP = Path(__file__).parents[2] / "demo" / "bottles.mp4"
PUT_DOWN = (16.13, 17.50, 22.66)
"""Seconds of the clip, to a frame of it, looked up in its pictures."""
IN, OUT = 14, 25


@pytest.mark.slow
@pytest.mark.parametrize("rate", ["24000/1001", "24", "25", "50"])
def test_bottles_are_heard_where_they_are_put_down(foley: Foley, tmp_path: Path, rate: str) -> None:
    exact = Fraction(rate)
    at = otio.opentime.RationalTime
    span = otio.opentime.TimeRange(
        at(round(IN * exact), float(exact)), at(round((OUT - IN) * exact), float(exact))
    )
    track = otio.schema.Track("V1", kind="Video")
    track.append(otio.schema.Clip("bottles", otio.schema.ExternalReference(CLIP.as_uri()), span))
    timeline = otio.schema.Timeline("cut", global_start_time=at(0, float(exact)))
    timeline.tracks.append(track)
    otio.adapters.write_to_file(timeline, str(tmp_path / "cut.otio"))
    answer = foley.run(
        *("timeline", tmp_path / "cut.otio", "-o", tmp_path / "out.otio", "--engine", "procedural", "--json"),
        *("--prompt", "plastic bottles put down on a table", "--no-preview", "--no-picture"),
    )
    assert answer.code == 0, answer.err
    (cue,) = answer.json["cues"]
    heard = [IN + time for time in cue["takes"][0]["events_s"]]
    assert heard == pytest.approx(PUT_DOWN, abs=1 / 24)
