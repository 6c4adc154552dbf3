from fractions import Fraction
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foleyd.engines.engine import Window
from foleyd.segments import SegmentError, plan_windows, window_offsets

FILM = Fraction(24000, 1001)
plan = partial(plan_windows, best=Fraction(8), longest=Fraction(10), shortest=Fraction(1))
RATES = [
    Fraction(12),
    FILM,
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(179, 6),
    Fraction(50),
    Fraction(60000, 1001),
]


def sample(frame: int, rate: Fraction) -> int:
    """First sample of a frame in whole numbers, halves up."""
    return (2 * frame * 48000 * rate.denominator + rate.numerator) // (2 * rate.numerator)


def frames_of(windows: list[Window], rate: Fraction, first: int) -> list[tuple[int, int]]:
    """Frames of each window, its end found by counting samples."""
    spans = []
    for window in windows:
        start = window.start * rate
        assert start.denominator == 1
        begin = first + int(start)
        end = begin + max(1, int(window.duration * rate / 48000) - 1)
        while sample(end, rate) - sample(begin, rate) < window.duration:
            end += 1
        assert sample(end, rate) - sample(begin, rate) == window.duration
        spans.append((begin - first, end - first))
    return spans


def test_no_longest_window_means_one_window() -> None:
    windows = plan_windows(
        24 * 600, FILM, cuts=[100, 900], best=Fraction(30), longest=None, shortest=Fraction(0)
    )
    assert windows == [Window(Fraction(0), 600 * 48048, 0)]


def test_an_item_near_the_best_length_is_one_window_even_across_a_cut() -> None:
    assert plan(8 * 25, Fraction(25), cuts=[90]) == [Window(Fraction(0), 8 * 48000)]


def test_inside_a_shot_windows_are_even_and_share_a_second() -> None:
    windows = plan(22 * 25, Fraction(25))
    assert windows == [
        Window(Fraction(0), 8 * 48000, 48000),
        Window(Fraction(7), 8 * 48000, 48000),
        Window(Fraction(14), 8 * 48000, 0),
    ]


def test_a_cut_is_preferred_to_a_break_inside_a_shot_and_has_a_hard_edge() -> None:
    windows = plan(15 * 24, Fraction(24), cuts=[6 * 24])
    assert windows == [Window(Fraction(0), 6 * 48000, 0), Window(Fraction(6), 9 * 48000, 0)]


def test_a_long_shot_after_a_cut_is_divided_by_itself() -> None:
    windows = plan(20 * 25, Fraction(25), cuts=[5 * 25])
    assert windows == [
        Window(Fraction(0), 5 * 48000, 0),
        Window(Fraction(5), 8 * 48000, 48000),
        Window(Fraction(12), 8 * 48000, 0),
    ]


def test_a_cut_too_near_the_end_is_not_used() -> None:
    windows = plan(12 * 25, Fraction(25), cuts=[12 * 25 - 10])
    assert [window.overlap for window in windows] == [48000, 0]


def test_fast_cutting_does_not_make_short_windows() -> None:
    windows = plan(40 * 25, Fraction(25), cuts=range(12, 1000, 12))
    assert all(6 * 48000 <= window.duration <= 10 * 48000 for window in windows)
    assert all(window.overlap == 0 for window in windows)


def test_an_item_below_the_shortest_window_is_one_short_window() -> None:
    assert plan(1, Fraction(25), cuts=[0, 1, 7]) == [Window(Fraction(0), 1920)]


def test_a_programme_of_three_hours_is_planned_at_once() -> None:
    cuts = range(37, 3 * 3600 * 25, 87)
    windows = plan(3 * 3600 * 25, Fraction(25), cuts=cuts)
    assert sum(window.duration - window.overlap for window in windows) == 3 * 3600 * 48000


def test_the_overlap_is_at_most_a_fifth_of_a_window() -> None:
    windows = plan_windows(250, Fraction(25), best=Fraction(2), longest=Fraction(3), shortest=Fraction(1, 2))
    assert {window.overlap for window in windows[:-1]} == {Fraction(2, 5) * 48000}


@pytest.mark.parametrize(
    ("best", "longest", "shortest"),
    [(Fraction(8), Fraction(8), Fraction(8)), (Fraction(1, 100), Fraction(1, 100), Fraction(0))],
)
def test_limits_that_leave_no_room_are_refused(best: Fraction, longest: Fraction, shortest: Fraction) -> None:
    with pytest.raises(SegmentError, match="shorter range or another engine"):
        plan_windows(1000, Fraction(25), best=best, longest=longest, shortest=shortest)


def test_an_item_without_frames_is_refused() -> None:
    with pytest.raises(SegmentError, match="longer range"):
        plan(0, Fraction(25))


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    longest = draw(st.fractions(min_value=2, max_value=30, max_denominator=8))
    frames = draw(st.integers(1, 4000))
    return {
        "frames": frames,
        "rate": draw(st.sampled_from(RATES)),
        "first_frame": draw(st.integers(0, 10**7)),
        "cuts": draw(st.lists(st.integers(-5, frames + 5), max_size=60)),
        "longest": longest,
        "best": draw(st.fractions(min_value=1, max_value=40, max_denominator=8)),
        "shortest": longest * draw(st.fractions(0, Fraction(9, 20), max_denominator=20)),
    }


@settings(max_examples=300, deadline=None)
@given(items())
def test_windows_cover_the_item_exactly_within_their_limits(item: dict[str, Any]) -> None:
    windows = plan_windows(**item)
    frames, rate, first = item["frames"], item["rate"], item["first_frame"]
    spans = frames_of(windows, rate, first)
    assert spans[0][0] == 0
    assert spans[-1][1] == frames
    assert windows[-1].overlap == 0
    for (start, end), (after, later), window in zip(spans, spans[1:], windows, strict=False):
        assert start < after <= end < later
        assert (window.overlap == 0) == (after == end)
        if after == end:
            assert after in item["cuts"]
    for (_, end), (start, _) in zip(spans, spans[2:], strict=False):
        assert end <= start
    for start, end in spans:
        assert (end - start) / rate <= item["longest"]
        assert (end - start) / rate >= item["shortest"] or len(spans) == 1


@settings(max_examples=100, deadline=None)
@given(items())
def test_offsets_lead_from_window_to_window_and_to_the_items_last_sample(item: dict[str, Any]) -> None:
    windows = plan_windows(**item)
    offsets = window_offsets(windows)
    rate, first = item["rate"], item["first_frame"]
    total = sample(first + item["frames"], rate) - sample(first, rate)
    assert offsets[-1] + windows[-1].duration == total
    for (window, offset), (_, after) in pairwise(zip(windows, offsets, strict=True)):
        assert after == offset + window.duration - window.overlap
    for window, offset in zip(windows, offsets, strict=True):
        assert offset == sample(first + int(window.start * rate), rate) - sample(first, rate)


def test_nothing_has_no_offsets() -> None:
    assert window_offsets([]) == []
