"""New timelines for programs that did not come from one: read back, they are the same program."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edits import RATES
from foleyd.cue import FrameRange, Media, Program, Shot
from foleyd.request import TARGETS
from foleyd.timebase import Timecode
from foleyd.timeline.build import new_timeline
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.media_url import Resolved
from foleyd.timeline.program import read_program

CLIP = Path("/footage/a b#1.mov")


def whole_clip(rate: Fraction = Fraction(30000, 1001), start: int = 107_892, frames: int = 300) -> Program:
    shot = Shot("shot-1", CLIP.name, Media(CLIP, CLIP.name), Fraction(0), FrameRange(0, frames))
    return Program(Timecode(start, rate, True), (shot,), frames)


def build(program: Program, target: str = "generic") -> otio.schema.Timeline:
    rate = program.rate
    return new_timeline(
        program,
        "a b",
        origin_of=lambda _: program.start.frame / rate,
        duration_of=lambda _: 300 / rate,
        target=target,
    )


def test_a_video_becomes_one_clip_on_one_track_from_its_own_timecode() -> None:
    made = build(whole_clip())
    rate = 30000 / 1001
    assert made.global_start_time == otio.opentime.RationalTime(107_892, rate)
    (track,) = made.tracks
    (clip,) = track
    assert (track.name, track.kind, clip.name) == ("Video 1", "Video", "a b#1.mov")
    assert clip.media_reference.target_url == "file:///footage/a%20b%231.mov"
    for found in (clip.source_range, clip.media_reference.available_range):
        assert (found.start_time.value, found.duration.value, found.duration.rate) == (107_892, 300, rate)


@pytest.mark.parametrize("target", TARGETS)
def test_every_target_reads_back_as_the_same_program(target: str) -> None:
    program = whole_clip()
    made = read_document(write_document(build(program, target)), "x")
    found = read_program(made, base_folder=None, resolve=lambda _: _here())
    assert found.program == program
    assert not found.warnings
    assert not found.missing


def _here() -> Resolved:
    return Resolved(CLIP, CLIP.name)


def test_resolve_and_premiere_get_their_own_words() -> None:
    assert "Resolve_OTIO" in build(whole_clip(), "resolve").metadata
    assert "PremierePro_OTIO" in build(whole_clip(), "premiere").metadata
    assert not build(whole_clip()).metadata


def test_missing_files_stay_missing_and_black_is_a_gap() -> None:
    shots = (
        Shot("a", "gone.mov", Media(None, "gone.mov"), Fraction(1), FrameRange(0, 10)),
        Shot("b", "black", None, Fraction(0), FrameRange(10, 20)),
    )
    made = new_timeline(Program(Timecode(0, Fraction(24)), shots, 30), "x")
    (track,) = made.tracks
    assert [type(item).__name__ for item in track] == ["Clip", "Gap", "Gap"]
    (missing,) = read_program(made, base_folder=None).missing
    assert missing.clip == "gone.mov"


@given(
    name=st.sampled_from(sorted(RATES)),
    start=st.integers(0, 2_000_000),
    edges=st.lists(st.integers(0, 500), min_size=2, max_size=8, unique=True),
    data=st.data(),
)
@settings(max_examples=80, deadline=None)
def test_typed_programs_read_back_exactly_at_every_rate_and_speed(
    name: str, start: int, edges: list[int], data: Any
) -> None:
    rate, drop = RATES[name]
    edges.sort()
    speeds = st.sampled_from(
        [Fraction(n, d) for n, d in ((1, 1), (2, 1), (-1, 1), (-3, 1), (0, 1), (1, 2), (-1, 2))]
    )
    shots = tuple(
        Shot(
            f"shot-{number}",
            CLIP.name,
            Media(CLIP, CLIP.name),
            data.draw(st.integers(1500, 3000)) / rate,
            FrameRange(first, last),
            data.draw(speeds),
        )
        for number, (first, last) in enumerate(list(pairwise(edges))[::2], 1)
    )
    program = Program(Timecode(start, rate, drop), shots, edges[-1] + 7)
    made = new_timeline(program, "x", origin_of=lambda _: 86_400 / rate, duration_of=lambda _: 5000 / rate)
    document = write_document(made)
    found = read_program(read_document(document, "x"), base_folder=None, resolve=lambda _: _here(), drop=drop)
    assert found.program == program
