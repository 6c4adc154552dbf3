from __future__ import annotations

import random
from fractions import Fraction
from typing import Any

from foley_davinci.frames import Clock, Span
from foley_davinci.shots import disagreement, edges, flatten

CLOCK = Clock(Fraction(24000, 1001), False, 86_400)


def program(
    *shots: tuple[int, int], num: int = 24000, den: int = 1001, start: int = 86_400
) -> dict[str, Any]:
    """A foleyd.v1.Program with shots over these record frames, as ``foley call`` gives it."""
    return {
        "rate": {"num": num, "den": den},
        "start_timecode": {"frames": start},
        "shots": [{"record_start_frame": a, "duration_frames": b - a} for a, b in shots],
    }


def test_what_lies_above_covers_what_lies_below() -> None:
    assert flatten([(0, 100), (20, 40)]) == [(0, 20), (20, 40), (40, 100)]
    assert flatten([(0, 50), (50, 60), (10, 55)]) == [(0, 10), (10, 55), (55, 60)]
    assert flatten([(5, 5), (0, 10), (0, 10)]) == [(0, 10)]


def test_edges_count_within_the_spans_their_ends_among_them() -> None:
    assert edges([(0, 10), (10, 20)], [Span(10, 15)]) == {10}
    assert edges([(0, 10), (12, 20)], [Span(0, 11)]) == {0, 10}
    assert edges([(0, 10)], []) == {0, 10}


def test_later_pieces_are_laid_over_earlier_ones_as_frame_by_frame() -> None:
    chance = random.Random(5)
    for _ in range(200):
        items = [(start, start + chance.randrange(12)) for start in chance.choices(range(40), k=6)]
        seen = [max((n for n, (a, b) in enumerate(items) if a <= at < b), default=-1) for at in range(60)]
        for start, end in flatten(items):
            assert len(set(seen[start:end])) == 1, items
            assert seen[start] >= 0
        assert sum(end - start for start, end in flatten(items)) == sum(number >= 0 for number in seen)


def test_picture_where_the_other_side_sees_none_is_a_difference() -> None:
    inside = [Span(86_410, 86_420)]
    said = disagreement([(86_400, 86_448)], program((48, 60)), inside, CLOCK)
    assert "do not both show picture at 01:00:00:10" in said


def test_the_same_cuts_agree() -> None:
    items = [(86_400, 86_448), (86_448, 86_500), (86_410, 86_420)]
    shots = program((0, 10), (10, 20), (20, 48), (48, 100))
    assert disagreement(items, shots, [], CLOCK) == ""


def test_a_frame_of_difference_is_said_with_its_timecode() -> None:
    said = disagreement([(86_400, 86_448), (86_448, 86_500)], program((0, 47), (47, 100)), [], CLOCK)
    assert "only on the timeline 01:00:02:00" in said
    assert "only in the export 01:00:01:23" in said


def test_a_difference_outside_what_is_selected_does_not_matter() -> None:
    items = [(86_400, 86_448), (86_448, 86_500)]
    assert disagreement(items, program((0, 48), (48, 90)), [Span(86_400, 86_440)], CLOCK) == ""
    assert disagreement(items, program((0, 48), (48, 90)), [Span(86_400, 86_490)], CLOCK) != ""
    moved = program((1, 48), (48, 100))
    assert "01:00:00:01" in disagreement(items, moved, [Span(86_400, 86_440)], CLOCK)


def test_another_rate_or_start_is_a_difference() -> None:
    items = [(86_400, 86_448)]
    assert "24000/1001" in disagreement(items, program((0, 48), num=24, den=1), [], CLOCK)
    assert "frame 0" in disagreement(items, program((0, 48), start=0), [], CLOCK)
