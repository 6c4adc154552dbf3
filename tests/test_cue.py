"""The words of the house: ranges, programs, and where a cue lies in its file."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edits import RATES
from foleyd.cue import FrameRange, Media, Program, Shot, file_cut
from foleyd.timebase import Timecode, frames_per_day

rates = st.sampled_from(sorted(RATES))


def nearest_sample(frame: int, rate: Fraction) -> int:
    """Independent of timebase: integers only."""
    return (2 * 48_000 * frame * rate.denominator + rate.numerator) // (2 * rate.numerator)


def shot(start: int, end: int, **changes: object) -> Shot:
    values: dict[str, object] = {"source_start": Fraction(1), "speed": Fraction(1), **changes}
    return Shot("s", "s", Media(Path("/a.mov")), record=FrameRange(start, end), **values)  # type: ignore[arg-type]


@given(
    name=rates,
    start=st.integers(0, 6_000_000),
    cuts=st.lists(st.integers(1, 4000), min_size=1, max_size=12),
    handles=st.integers(0, 40),
)
@settings(max_examples=200)
def test_every_cut_is_on_the_exact_sample_and_neighbours_tile(
    name: str, start: int, cuts: list[int], handles: int
) -> None:
    rate, drop = RATES[name]
    label = Timecode(start % frames_per_day(rate, drop), rate, drop)
    edge, end_of_last = 0, None
    for length in cuts:
        record = FrameRange(edge, edge + length)
        cut = file_cut(label, record, handles)
        begins = cut.time_reference + cut.source_in
        assert begins == nearest_sample(label.frame + record.start, rate)
        assert begins + cut.cue_samples == nearest_sample(label.frame + record.end, rate)
        assert end_of_last is None or begins == end_of_last
        end_of_last, edge = begins + cut.cue_samples, record.end


@given(
    name=rates,
    start=st.integers(0, 100_000),
    first=st.integers(0, 5000),
    length=st.integers(1, 5000),
    handles=st.integers(0, 40),
)
@settings(max_examples=200)
def test_the_file_begins_on_a_whole_frame_and_outlasts_the_cue_by_one(
    name: str, start: int, first: int, length: int, handles: int
) -> None:
    rate, drop = RATES[name]
    record = FrameRange(first, first + length)
    cut = file_cut(Timecode(start, rate, drop), record, handles)
    assert start + cut.first_frame >= 0
    assert cut.first_frame == max(first - handles, -start)
    assert cut.time_reference == nearest_sample(start + cut.first_frame, rate)
    assert cut.first_frame + cut.frames == record.end + max(handles, 1)
    assert cut.samples == nearest_sample(start + cut.first_frame + cut.frames, rate) - cut.time_reference
    # A host that floors the file's length to whole frames still finds the whole cue in it.
    whole_frames = cut.samples * rate.numerator // (48_000 * rate.denominator)
    assert whole_frames >= record.end - cut.first_frame


def test_a_hand_worked_cut_at_29_97() -> None:
    # One frame is 1601.6 samples; from 01:00:00:00 non-drop, frame 108 000.
    cut = file_cut(Timecode(108_000, Fraction(30000, 1001)), FrameRange(1, 4), 0)
    assert cut.time_reference == 172_974_402  # 108 001 x 1601.6 = 172 974 401.6
    assert cut.cue_samples == 4804  # to 108 004: 172 979 206.4 -> 172 979 206
    assert (cut.source_in, cut.frames, cut.samples) == (0, 4, 172_980_808 - 172_974_402 + 0)


def test_no_handles_before_timecode_zero() -> None:
    cut = file_cut(Timecode(0, Fraction(24)), FrameRange(5, 10), 12)
    assert (cut.first_frame, cut.time_reference, cut.source_in) == (0, 0, 10_000)
    assert cut.frames == 22
    labelled = file_cut(Timecode(5, Fraction(24)), FrameRange(0, 10), 12)
    assert labelled.first_frame == -5


def test_negative_handles_are_refused() -> None:
    with pytest.raises(ValueError, match="handles"):
        file_cut(Timecode(0, Fraction(24)), FrameRange(0, 1), -1)


def test_ranges_are_half_open_and_know_their_common_part() -> None:
    assert FrameRange(0, 5).intersect(FrameRange(5, 9)) is None
    assert FrameRange(0, 5).intersect(FrameRange(3, 9)) == FrameRange(3, 5)
    assert FrameRange(4, 4).duration == 0
    with pytest.raises(ValueError, match="ends"):
        FrameRange(5, 4)


def test_media_time_of_a_shot_goes_on_beyond_its_edges() -> None:
    rate = Fraction(24)
    assert shot(24, 48).source_at(12, rate) == Fraction(1, 2)
    assert shot(24, 48, speed=Fraction(-2)).source_at(36, rate) == 0
    assert shot(24, 48, speed=Fraction(0)).source_at(1000, rate) == 1


def test_programs_refuse_overlap_and_shots_beyond_the_end() -> None:
    start = Timecode(0, Fraction(24))
    with pytest.raises(ValueError, match="overlaps"):
        Program(start, (shot(0, 10), shot(9, 12)), 20)
    with pytest.raises(ValueError, match="after the program"):
        Program(start, (shot(0, 21),), 20)


def test_cuts_are_inner_edges_of_shots_and_gaps() -> None:
    program = Program(Timecode(0, Fraction(24)), (shot(0, 10), shot(10, 15), shot(18, 20)), 20)
    assert program.cuts() == (10, 15, 18)


def test_labels_and_samples_count_from_timecode_zero() -> None:
    program = Program(Timecode(107_892, Fraction(30000, 1001), True), (), 2000)
    assert str(program.label(1800)) == "01:01:00;02"
    assert program.sample(0) == nearest_sample(107_892, Fraction(30000, 1001))
