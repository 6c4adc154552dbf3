"""A program plays as an editor cut it: speeds, reverses, freezes, gaps, holds, neighbours."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from clipmaker import make_clip, numbered, read_number
from foleyd.cue import FrameRange, Media, Program, Shot
from foleyd.media import reader
from foleyd.media.picture import BLACK_SIZE, program_frames
from foleyd.timebase import Timecode
from screen import BLACK, on_screen, played, program, shot

RATE = Fraction(25)


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=100, gop=20)


def at(frame: int) -> Fraction:
    """Media time of FRAME."""
    return frame / RATE


def test_double_speed_skips_every_other_frame(clip: Path) -> None:
    assert on_screen(program(RATE, shot(clip, 0, 10, at(5), 2))) == list(range(5, 25, 2))


def test_half_speed_holds_every_frame_twice_and_yields_it_once(clip: Path) -> None:
    assert played(program(RATE, shot(clip, 0, 6, at(5), Fraction(1, 2)))) == [(0, 5), (2, 6), (4, 7)]


def test_reverse_begins_with_the_source_start_and_goes_back(clip: Path) -> None:
    assert on_screen(program(RATE, shot(clip, 0, 60, at(79), -1))) == list(range(79, 19, -1))


def test_reverse_at_other_speeds(clip: Path) -> None:
    assert on_screen(program(RATE, shot(clip, 0, 20, at(90), -4))) == list(range(90, 10, -4))
    assert on_screen(program(RATE, shot(clip, 0, 6, at(50), Fraction(-1, 2)))) == [50, 49, 49, 48, 48, 47]


def test_reverse_with_little_memory_decodes_in_parts_and_shows_the_same(
    clip: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BACKWARD_BUFFER_BYTES", 5 * 192 * 64 * 3 // 2)
    assert on_screen(program(RATE, shot(clip, 0, 60, at(79), -1))) == list(range(79, 19, -1))


def test_a_freeze_is_one_frame(clip: Path) -> None:
    assert played(program(RATE, shot(clip, 0, 50, at(33), 0))) == [(0, 33)]


def test_beyond_its_ends_a_file_holds_its_first_and_last_frame(clip: Path) -> None:
    assert on_screen(program(RATE, shot(clip, 0, 6, at(-3)))) == [0, 0, 0, 0, 1, 2]
    assert on_screen(program(RATE, shot(clip, 0, 6, at(97)))) == [97, 98, 99, 99, 99, 99]
    assert on_screen(program(RATE, shot(clip, 0, 4, at(5000)))) == [99] * 4
    assert on_screen(program(RATE, shot(clip, 0, 4, at(2), -1))) == [2, 1, 0, 0]
    assert on_screen(program(RATE, shot(clip, 0, 4, at(101), -1))) == [99, 99, 99, 98]
    assert on_screen(program(RATE, shot(clip, 0, 3, at(-100), 0))) == [0, 0, 0]


def test_a_one_frame_file_is_held_for_ever(tmp_path: Path) -> None:
    still = make_clip(tmp_path / "one.mp4", frames=1, first_number=7)
    for speed in (1, -1, 0):
        assert played(program(RATE, shot(still, 0, 9, 0, speed))) == [(0, 7)]


def test_a_shot_may_begin_anywhere_on_the_record_timeline(clip: Path) -> None:
    shown = on_screen(program(RATE, shot(clip, 3, 5, at(10)), shot(clip, 7, 9, at(2)), duration=11))
    assert shown == [BLACK] * 3 + [10, 11] + [BLACK] * 2 + [2, 3] + [BLACK] * 2


def test_gaps_come_once_in_the_programs_size(clip: Path) -> None:
    frames = list(program_frames(program(RATE, shot(clip, 5, 6), duration=20)))
    assert [frame.time for frame in frames] == [0, at(5), at(6)]
    assert [frame.rgb.shape for frame in frames] == [(64, 192, 3)] * 3
    assert not frames[0].rgb.any()
    assert not frames[2].rgb.any()


def test_missing_media_and_black_are_black(clip: Path) -> None:
    black = Shot("b", "black", None, Fraction(0), FrameRange(4, 6))
    shown = played(program(RATE, shot(clip, 0, 2), shot(None, 2, 4), black, shot(clip, 6, 7, at(9))))
    assert shown == [(0, 0), (1, 1), (2, BLACK), (6, 9)]


def test_a_program_without_any_picture_is_black_of_a_usual_size() -> None:
    frames = list(program_frames(program(RATE, shot(None, 0, 9))))
    assert [frame.time for frame in frames] == [0]
    assert frames[0].rgb.shape == (BLACK_SIZE[1], BLACK_SIZE[0], 3)


def test_an_empty_program_has_no_frames() -> None:
    assert list(program_frames(Program(Timecode(0, RATE), (), 0))) == []


def test_a_frame_held_across_a_cut_comes_once(clip: Path) -> None:
    fifty = Fraction(50)
    parts = (shot(clip, 0, 3, at(10)), shot(clip, 3, 6, at(10) + 3 / fifty))
    assert played(program(fifty, *parts)) == [(0, 10), (2, 11), (4, 12)]


def test_the_same_number_in_another_file_is_another_frame(clip: Path, tmp_path: Path) -> None:
    other = make_clip(tmp_path / "other.mp4")
    assert played(program(RATE, shot(clip, 0, 1, at(4)), shot(other, 1, 2, at(4)))) == [(0, 4), (1, 4)]


def test_each_frame_keeps_its_files_size(clip: Path, tmp_path: Path) -> None:
    small = make_clip(tmp_path / "small.mp4", size=(96, 48))
    frames = list(program_frames(program(RATE, shot(clip, 0, 1), shot(small, 1, 2), shot(clip, 2, 3, at(1)))))
    assert [frame.rgb.shape for frame in frames] == [(64, 192, 3), (48, 96, 3), (64, 192, 3)]


NINETY = Fraction(1, 90_000)


def joined(path: Path, *parts: Path) -> Path:
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    return path


def test_a_size_that_changes_within_the_file_is_followed(tmp_path: Path) -> None:
    parts = [
        make_clip(
            tmp_path / f"{width}.ts",
            size=(width, 64),
            first_number=first,
            b_frames=0,
            time_base=NINETY,
            stamps=[3600 * (first + n) for n in range(25)],
        )
        for first, width in ((0, 192), (25, 384))
    ]
    frames = list(program_frames(program(RATE, shot(joined(tmp_path / "j.ts", *parts), 0, 50))))
    shown = {int(frame.time * RATE): (read_number(frame.rgb), frame.rgb.shape[1]) for frame in frames}
    assert all(record == number for record, (number, _) in shown.items())
    assert {record: width for record, (_, width) in shown.items()} == {
        record: 192 if record < 25 else 384 for record in shown
    }
    assert set(shown) >= {*range(25), *range(30, 50)}  # the seam itself counts as damage in MPEG-TS


def test_frames_whose_times_go_back_are_not_shown(tmp_path: Path) -> None:
    parts = [
        make_clip(tmp_path / f"{first}.ts", frames=25, first_number=first, time_base=NINETY)
        for first in (0, 1000)
    ]
    shown = on_screen(program(RATE, shot(joined(tmp_path / "j.ts", *parts), 0, 40)))
    assert shown == [*range(25), *[24] * 15]


def test_frames_are_contiguous_uint8_and_the_callers_own(clip: Path) -> None:
    frames = list(program_frames(program(RATE, shot(clip, 0, 5))))
    for frame in frames:
        assert frame.rgb.dtype == np.uint8
        assert frame.rgb.flags.c_contiguous
        assert frame.rgb.flags.writeable
        frame.rgb[:] = 0 if read_number(frame.rgb) % 2 else numbered(3)
    assert [int(frame.rgb.max()) for frame in frames] == [255, 0, 255, 0, 255]


def test_two_files_cut_against_each_other_play_on(clip: Path, tmp_path: Path) -> None:
    other = make_clip(tmp_path / "other.mp4", frames=100, first_number=1000)
    cuts = [shot((clip, other)[n % 2], 5 * n, 5 * n + 5, at(5 * n)) for n in range(12)]
    expected = [record + 1000 * (record // 5 % 2) for record in range(60)]
    assert on_screen(program(RATE, *cuts)) == expected


def test_media_names_may_hold_any_character(clip: Path, tmp_path: Path) -> None:
    for name in ("a b#c%d.mp4", "пример 例.mp4", "concat:x|y.mp4", "%03d.mp4", "-i.mp4", "file:z.mp4"):
        path = tmp_path / name
        path.write_bytes(clip.read_bytes())
        media = Shot("n", name, Media(path), Fraction(0), FrameRange(0, 2))
        assert played(program(RATE, media)) == [(0, 0), (1, 1)]


@pytest.mark.parametrize(
    ("rate", "speed", "shown"),
    [
        (Fraction(24), Fraction(1), [0, 1, 2, 3, 4, 5, 6, 7]),
        (Fraction(20), Fraction(1), [0, 1, 2, 3, 5, 6, 7, 8]),
        (Fraction(25), Fraction(3, 2), [0, 1, 3, 4, 6, 7, 9, 10]),
    ],
)
def test_what_a_timeline_passes_over_unevenly_comes_too_where_asked_for(
    clip: Path, rate: Fraction, speed: Fraction, shown: list[int]
) -> None:
    edit = program(rate, shot(clip, 10, 18, at(4), speed))
    frames = [frame for frame in program_frames(edit, between=True) if frame.time >= 10 / rate]
    assert [read_number(frame.rgb) - 4 for frame in frames] == list(range(shown[-1] + 1))
    assert [read_number(frame.rgb) - 4 for frame in frames if frame.shown] == shown
    for number, frame in enumerate(frames):
        assert frame.instant is not None
        assert abs(frame.instant - (10 / rate + at(number) / speed)) <= Fraction(1, 1000)
        assert frame.time >= frame.instant if frame.shown else frame.time == frame.instant
    asked_nothing = [frame for frame in program_frames(edit) if frame.time >= 10 / rate]
    assert [frame.time for frame in asked_nothing] == [frame.time for frame in frames if frame.shown]
    assert all(frame.shown for frame in asked_nothing)


@pytest.mark.parametrize(("rate", "speed"), [(25, 1), (25, 2), (50, 1), (25, -1), (8, 1)])
def test_what_is_even_or_backward_or_quick_is_as_displayed(clip: Path, rate: int, speed: int) -> None:
    edit = program(Fraction(rate), shot(clip, 0, 8, at(40), speed))
    frames = list(program_frames(edit, between=True))
    assert all(frame.shown for frame in frames)
    if rate != 8:
        assert all(frame.instant == frame.time for frame in frames)
