"""Exact time: rates, timecode against OpenTimelineIO's own, samples against integer arithmetic."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import opentimelineio.opentime as otio_time
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edits import RATES
from foleyd.timebase import (
    Timecode,
    TimeError,
    exact,
    frame_to_sample,
    frames_per_day,
    has_drop_frame,
    parse_time,
    parse_timecode,
    round_half_up,
    seconds_to_frame,
    snap_rate,
)

rates = st.sampled_from(sorted(RATES))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (23.976, Fraction(24000, 1001)),
        (23.98, Fraction(24000, 1001)),
        (23.976023976023978, Fraction(24000, 1001)),
        (23.976024627685547, Fraction(24000, 1001)),
        ("24000/1001", Fraction(24000, 1001)),
        (24, Fraction(24)),
        (24.0001, Fraction(24)),
        (29.97, Fraction(30000, 1001)),
        (30.0, Fraction(30)),
        (59.94, Fraction(60000, 1001)),
        (119.88, Fraction(120000, 1001)),
        (12.5, Fraction(25, 2)),
        (15, Fraction(15)),
        (Fraction(179, 6), Fraction(179, 6)),
        (29.833333333333332, Fraction(179, 6)),
        (1, Fraction(1)),
    ],
)
def test_rates_snap_to_the_exact_one_that_is_meant(written: float | str, meant: Fraction) -> None:
    assert snap_rate(written) == meant


@pytest.mark.parametrize("rate", [0, -24, 1e-7, float("nan"), float("inf"), 48_000, "a", "1/0"])
def test_what_is_no_frame_rate_is_refused(rate: float | str) -> None:
    with pytest.raises(TimeError):
        snap_rate(rate)


def test_every_standard_rate_snaps_to_itself_through_a_double_and_through_single_precision() -> None:
    for base in (24, 30, 48, 60, 72, 96, 120, 240):
        ntsc = Fraction(base * 1000, 1001)
        assert snap_rate(float(ntsc)) == ntsc
        assert snap_rate(round(float(ntsc), 2)) == ntsc
        assert snap_rate(base) == base


@given(
    frame=st.integers(0, 30 * 3600 * 60),
    name=rates,
)
@settings(max_examples=300)
def test_labels_are_those_of_opentimelineio(frame: int, name: str) -> None:
    rate, drop = RATES[name]
    frame %= frames_per_day(rate, drop)
    stored = otio_time.RationalTime(frame, float(rate))
    assert str(Timecode(frame, rate, drop)) == otio_time.to_timecode(stored, float(rate), drop)


@given(frame=st.integers(0, 24 * 3600 * 60), name=rates)
@settings(max_examples=300)
def test_reading_a_label_gives_the_frame_that_opentimelineio_reads(frame: int, name: str) -> None:
    rate, drop = RATES[name]
    frame %= frames_per_day(rate, drop)
    label = str(Timecode(frame, rate, drop))
    assert parse_timecode(label, rate) == Timecode(frame, rate, drop)
    assert otio_time.from_timecode(label, float(rate)).value == frame


@pytest.mark.parametrize(
    ("label", "rate", "frame"),
    [
        # Worked by hand: 60 x 60 x 30 - 2 x (60 - 6) = 107 892.
        ("01:00:00;00", Fraction(30000, 1001), 107_892),
        ("01:00:00:00", Fraction(30000, 1001), 108_000),
        ("00:00:59;29", Fraction(30000, 1001), 1_799),
        ("00:01:00;02", Fraction(30000, 1001), 1_800),
        ("00:09:59;29", Fraction(30000, 1001), 17_981),
        ("00:10:00;00", Fraction(30000, 1001), 17_982),
        ("05:00:00;00", Fraction(30000, 1001), 539_460),
        ("00:01:00;04", Fraction(60000, 1001), 3_600),
        ("01:00:00;00", Fraction(60000, 1001), 215_784),
        ("01:00:00:00", Fraction(24000, 1001), 86_400),
        ("00:00:01:05", Fraction(25), 30),
    ],
)
def test_hand_worked_labels(label: str, rate: Fraction, frame: int) -> None:
    assert parse_timecode(label, rate).frame == frame
    assert str(parse_timecode(label, rate)) == label


def test_labels_wrap_after_a_day() -> None:
    assert str(Timecode(frames_per_day(Fraction(25), False), Fraction(25))) == "00:00:00:00"
    assert str(Timecode(2_589_408, Fraction(30000, 1001), True)) == "00:00:00;00"
    assert str(Timecode(-1, Fraction(24))) == "23:59:59:23"


@pytest.mark.parametrize(
    ("label", "rate"),
    [
        ("00:01:00;00", Fraction(30000, 1001)),
        ("00:01:00;01", Fraction(30000, 1001)),
        ("00:11:00;03", Fraction(60000, 1001)),
        ("00:00:00;00", Fraction(25)),
        ("00:00:00;00", Fraction(24000, 1001)),
        ("24:00:00:00", Fraction(25)),
        ("00:60:00:00", Fraction(25)),
        ("00:00:00:25", Fraction(25)),
        ("1:2:3", Fraction(25)),
        ("", Fraction(25)),
        ("-00:00:01:00", Fraction(25)),
        ("9" * 5000, Fraction(25)),
    ],
)
def test_labels_that_do_not_exist_are_refused_in_a_short_sentence(label: str, rate: Fraction) -> None:
    with pytest.raises(TimeError) as refused:
        parse_timecode(label, rate)
    assert len(str(refused.value)) < 160


def test_drop_frame_exists_at_29_97_and_its_multiples_only() -> None:
    assert [name for name, (rate, _) in RATES.items() if has_drop_frame(rate)] == [
        "29.97 DF",
        "29.97 NDF",
        "59.94 DF",
        "59.94 NDF",
    ]
    with pytest.raises(TimeError):
        Timecode(0, Fraction(25), True)


def test_a_time_is_a_label_with_the_start_in_it_or_seconds_from_the_first_frame() -> None:
    start = parse_timecode("01:00:00:00", Fraction(24000, 1001))
    assert parse_time("01:00:02:10", start) == 58
    assert parse_time(" 01:00:00:00 ", start) == 0
    assert parse_time("2.5", start) == 60  # 59.94 frames
    assert parse_time("0", start) == 0
    for wrong in ("00:59:59:23", "abc", "-1", "1e3", "9" * 5000, "nan"):
        with pytest.raises(TimeError):
            parse_time(wrong, start)


def test_drop_frame_start_takes_labels_of_both_kinds() -> None:
    start = parse_timecode("01:00:00;00", Fraction(30000, 1001))
    assert parse_time("01:00:10;00", start) == 300
    assert parse_time("01:00:00:00", start) == 108


@given(frame=st.integers(-(10**7), 10**9), name=rates)
@settings(max_examples=300)
def test_a_frames_sample_is_the_nearest_by_integer_arithmetic(frame: int, name: str) -> None:
    rate, _ = RATES[name]
    top, bottom = 48_000 * frame * rate.denominator, rate.numerator
    assert frame_to_sample(frame, rate) == (2 * top + bottom) // (2 * bottom)


@given(frames=st.lists(st.integers(0, 10**7), min_size=2, max_size=20), name=rates)
def test_neighbouring_lengths_add_up_to_the_whole(frames: list[int], name: str) -> None:
    rate, _ = RATES[name]
    edges = [frame_to_sample(frame, rate) for frame in sorted(frames)]
    lengths = [end - start for start, end in pairwise(edges)]
    assert sum(lengths) == edges[-1] - edges[0]
    assert min(lengths) >= 0


@given(frame=st.integers(0, 10**7), name=rates)
def test_seconds_find_their_frame_again(frame: int, name: str) -> None:
    rate, _ = RATES[name]
    assert seconds_to_frame(Fraction(frame) / rate, rate) == frame


def test_halves_round_upward_on_both_sides_of_zero() -> None:
    assert [round_half_up(Fraction(n, 2)) for n in (-3, -1, 1, 3)] == [-1, 0, 1, 2]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "x", "1/0"])
def test_what_is_no_number_is_refused(value: float | str) -> None:
    with pytest.raises(TimeError):
        exact(value)
