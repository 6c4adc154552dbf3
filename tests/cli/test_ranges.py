"""TIMEs of the command line on timelines that cross midnight."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foleyd.ranges import TimeRangeError, parse_frame
from foleyd.timebase import TimeError, parse_timecode, snap_rate

NTSC = Fraction(30000, 1001)


@pytest.mark.parametrize(
    ("start", "rate", "text", "frame"),
    [
        ("23:59:50:00", Fraction(25), "00:00:00:00", 250),
        ("23:59:50:00", Fraction(25), "00:00:01:10", 285),
        ("23:59:50;00", NTSC, "00:00:00;00", 300),
        ("23:59:50:00", NTSC, "00:00:00:00", 300),
        ("23:59:50:00", Fraction(25), "23:59:51:00", 25),
    ],
)
def test_labels_after_midnight_are_the_next_days(start: str, rate: Fraction, text: str, frame: int) -> None:
    assert parse_frame(text, parse_timecode(start, rate), 20 * 30, "--range") == frame


def test_labels_before_the_start_are_refused_where_the_timeline_does_not_reach_midnight() -> None:
    start = parse_timecode("01:00:00:00", Fraction(25))
    with pytest.raises(TimeRangeError, match="--in: timecode 00:59:59:24 lies before the start, 01:00:00:00"):
        parse_frame("00:59:59:24", start, 500, "--in")


def test_numbers_without_end_are_refused_at_once() -> None:
    for text in ("301e9990010101", "1e-9999999999", "9" * 5000, "1_0", "٣", "inf"):
        with pytest.raises(TimeError, match="not a number"):
            snap_rate(text)
    assert snap_rate(" 30000/1001 ") == snap_rate("29.97") == snap_rate("2.997e1") == NTSC
