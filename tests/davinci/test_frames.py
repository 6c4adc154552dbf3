from __future__ import annotations

import math
from fractions import Fraction

import opentimelineio as otio
import pytest
from foley_davinci.frames import (
    Clock,
    CutInexact,
    Span,
    TimeWrong,
    cut_of,
    decimal,
    exact_handles,
    read_rate,
)
from hypothesis import given
from hypothesis import strategies as st

NTSC = [Fraction(n * 1000, 1001) for n in (24, 30, 48, 60)]
RATES = [Fraction(n) for n in (24, 25, 30, 48, 50, 60)] + NTSC
DROPS = [Fraction(30000, 1001), Fraction(60000, 1001)]
rates = st.sampled_from(RATES)


@st.composite
def clocks(draw: st.DrawFn) -> Clock:
    rate = draw(rates)
    drop = rate in DROPS and draw(st.booleans())
    return Clock(rate, drop, draw(st.integers(0, 23 * 3600 * 24)))


@pytest.mark.parametrize(
    ("said", "rate", "drop"),
    [
        (23.976, Fraction(24000, 1001), False),
        ("23.976", Fraction(24000, 1001), False),
        ("23.98", Fraction(24000, 1001), False),
        (24, Fraction(24), False),
        ("24.0", Fraction(24), False),
        (25.0, Fraction(25), False),
        ("29.97 DF", Fraction(30000, 1001), True),
        ("29.97DF", Fraction(30000, 1001), True),
        ("29.97", Fraction(30000, 1001), False),
        (29.97002997, Fraction(30000, 1001), False),
        ("47.952", Fraction(48000, 1001), False),
        ("59.94 DF", Fraction(60000, 1001), True),
        ("119.88", Fraction(120000, 1001), False),
        ("25 DF", Fraction(25), False),
        ("16", Fraction(16), False),
        ("12.5", Fraction(25, 2), False),
    ],
)
def test_rates_are_read_as_any_version_writes_them(said: object, rate: Fraction, drop: bool) -> None:
    assert read_rate(said) == (rate, drop)


@pytest.mark.parametrize("said", ["", None, "0", "-24", "fast", "nan", "inf", False, 0])
def test_what_is_no_rate_is_refused(said: object) -> None:
    with pytest.raises(TimeWrong, match="which is none"):
        read_rate(said)


@given(clocks(), st.integers(0, 24 * 3600 * 24 - 1))
def test_absolute_and_relative_frames_undo_each_other(clock: Clock, frame: int) -> None:
    assert clock.relative(clock.absolute(frame)) == frame
    assert clock.absolute(float(frame)) == clock.start + frame


@given(clocks(), st.integers(0, 24 * 3600 * 24 - 1))
def test_a_label_names_its_frame_as_opentimelineio_reads_it(clock: Clock, frame: int) -> None:
    label = clock.label(frame)
    assert clock.frame(label) == frame
    assert (";" in label) == clock.drop
    stored = float(clock.rate) if clock.rate.denominator > 1 else int(clock.rate)
    if clock.rate not in (Fraction(48000, 1001),):  # which the library's labels do not know
        assert otio.opentime.from_timecode(label, stored).to_frames() == frame


def test_labels_that_drop_frame_leaves_out_mean_the_frame_after_them() -> None:
    clock = Clock(Fraction(30000, 1001), True, 0)
    assert clock.frame("00:01:00;00") == clock.frame("00:01:00;02") == 1800
    assert clock.frame("00:10:00;00") == 17982
    assert clock.label(1799) == "00:00:59;29"
    assert clock.label(1800) == "00:01:00;02"
    sixty = Clock(Fraction(60000, 1001), True, 0)
    assert sixty.label(3600) == "00:01:00;04"
    assert Clock(Fraction(30000, 1001), True, 107892).frame("01:00:00;00") == 107892


@pytest.mark.parametrize("said", ["", "1:2:3", "00:60:00:00", "00:00:60:00", "00:00:00:24", "x"])
def test_what_is_no_timecode_is_refused(said: str) -> None:
    with pytest.raises(TimeWrong, match="is no timecode"):
        Clock(Fraction(24), False, 0).frame(said)


@given(clocks(), st.integers(0, 5000), st.integers(0, 5000))
def test_marks_are_relative_and_their_last_frame_is_among_them(clock: Clock, first: int, more: int) -> None:
    span = clock.marks(first, first + more, 20_000)
    assert span == Span(clock.start + first, clock.start + first + more + 1)
    assert span.length == more + 1
    assert clock.marks(None, first, 20_000).start == clock.start
    assert clock.marks(first, None, 20_000).end == clock.start + 20_000


@given(rates, st.integers(0, 500), st.integers(1, 100_000))
def test_at_one_rate_a_cut_is_the_frames_themselves(rate: Fraction, before: int, length: int) -> None:
    assert cut_of(before, length, rate, rate) == (before, before + length, length)


@given(rates, rates, st.integers(1, 100_000))
def test_at_two_rates_a_cut_is_the_longest_that_is_not_too_long(
    rate: Fraction, file_rate: Fraction, length: int
) -> None:
    cut = cut_of(0, length, rate, file_rate)
    seen = [math.floor(Fraction(frames) * rate / file_rate) for frames in (cut.end, cut.end + 1)]
    assert seen[0] == cut.length, "what the host makes of it: the duration in timeline frames, floored"
    assert cut.length <= length < seen[1] or cut.length == length
    assert length - cut.length <= math.ceil(rate / file_rate) - (rate <= file_rate)


@given(rates, rates, st.integers(0, 300))
def test_handles_can_be_made_whole_frames_at_both_rates(rate: Fraction, other: Fraction, wanted: int) -> None:
    handles = exact_handles(wanted, rate, other)
    assert 0 <= handles <= wanted
    assert cut_of(handles, 10, rate, other).start == handles * other / rate
    if rate == other:
        assert handles == wanted


def test_a_cut_that_begins_between_frames_is_refused() -> None:
    with pytest.raises(CutInexact, match="12 frames at 25 are no whole frames at 24"):
        cut_of(12, 50, Fraction(25), Fraction(24))


def test_rates_are_written_as_editors_write_them() -> None:
    assert [decimal(rate) for rate in (Fraction(24000, 1001), Fraction(25), Fraction(60000, 1001))] == [
        "23.976",
        "25",
        "59.94",
    ]
