"""Takes that come without pictures are given some of what the timeline shows there."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest

from clipmaker import make_clip, read_number
from foleyd.contact_sheet import Thumbnail
from foleyd.cue import Cue, FrameRange, Media, Program, Shot
from foleyd.errors import CancelledWork
from foleyd.glimpses import with_glimpses
from foleyd.shown import Shown, ShownTake
from foleyd.timebase import Timecode

RATE = Fraction(25)


class Asked:
    """Who asked, and may have cancelled."""

    def __init__(self, *, cancelled: bool = False) -> None:
        self._cancelled = cancelled

    def event(self, event: object) -> None:
        """Nothing is told."""

    def cancelled(self, index: int = 0) -> bool:
        return self._cancelled

    def give_way(self) -> None:
        """Nobody is in a hurry."""


WATCH = Asked()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Program:
    """Black to 10, frames 5 to 45 of a clip to 50, one whose file is not there to 70, black to 80."""
    clip = make_clip(tmp_path_factory.mktemp("clips") / "numbers.mp4", frames=60)
    shots = (
        Shot("1", "numbers", Media(clip), Fraction(5, 25), FrameRange(10, 50)),
        Shot("2", "gone", Media(clip.with_name("gone.mp4")), Fraction(0), FrameRange(50, 70)),
    )
    return Program(Timecode(90_000, RATE), shots, 80)


def take(start: int, end: int, number: int = 1) -> ShownTake:
    return ShownTake(
        cue=Cue(f"cue-{start}", FrameRange(start, end), "steps"),
        number=number,
        part=cast(Any, None),
        path=Path("take.wav"),
        seed=number,
        known=None,
        engine="fake 1",
        handles=0,
        audible=True,
    )


def pictures(take: ShownTake) -> list[tuple[int, int]]:
    return [(each.frame, read_number(each.rgb)) for each in take.thumbnails]


def test_each_cue_has_what_is_shown_there(program: Program) -> None:
    takes = (take(10, 50), take(10, 50, 2), take(33, 35))
    shown = with_glimpses(Shown(takes), program, WATCH)
    assert pictures(shown.takes[0]) == [(10, 5), (20, 15), (30, 25), (40, 35)]
    assert pictures(shown.takes[1]) == pictures(shown.takes[0])
    assert pictures(shown.takes[2]) == [(33, 28), (34, 29)]


def test_what_has_pictures_keeps_them(program: Program) -> None:
    own = Thumbnail(12, np.zeros((9, 16, 3), np.uint8))
    beside = replace(own, frame=9)
    takes = (replace(take(10, 50), thumbnails=(own,)), replace(take(30, 50), thumbnails=(beside,)))
    shown = with_glimpses(Shown(takes), program, WATCH)
    assert shown.takes[0].thumbnails == (own,)
    assert pictures(shown.takes[1]) == [(30, 25), (35, 30), (40, 35), (45, 40)]


def test_where_nothing_is_to_be_seen_there_are_none(program: Program) -> None:
    """Black, a file that is not there, past the timeline's end; a part of it all is seen all the same."""
    takes = (take(0, 10), take(50, 70), take(70, 100), take(0, 20))
    shown = with_glimpses(Shown(takes), program, WATCH)
    assert [pictures(each) for each in shown.takes] == [[], [], [], [(10, 5), (15, 10)]]


def test_a_still_is_one_picture(program: Program) -> None:
    still = replace(program, shots=(replace(program.shots[0], speed=Fraction(0)),))
    assert pictures(with_glimpses(Shown((take(10, 50),)), still, WATCH).takes[0]) == [(10, 5)]


def test_many_cues_have_a_picture_each(program: Program) -> None:
    cues = [(start, end) for start in range(10, 21) for end in range(39, 51)]
    shown = with_glimpses(Shown(tuple(take(*cue) for cue in cues)), program, WATCH)
    assert [pictures(each) for each in shown.takes] == [[(start, start - 5)] for start, _ in cues]


def test_it_can_be_cancelled(program: Program) -> None:
    with pytest.raises(CancelledWork):
        with_glimpses(Shown((take(10, 50),)), program, Asked(cancelled=True))
