"""At every record frame stands the media frame that an editor's viewer would show there."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clipmaker import Clip, make_clip, remux
from foleyd.media.probe import probe
from screen import on_screen, played, program, shot

RATES = [Fraction(n, d) for n, d in ((24000, 1001), (24, 1), (25, 1), (30000, 1001), (30, 1), (50, 1))]
RATES += [Fraction(60000, 1001), Fraction(60), Fraction(15), Fraction(179, 6)]
MILLISECOND, NINETY = Fraction(1, 1000), Fraction(1, 90_000)


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[Fraction, Fraction], Path]:
    """Each rate in a container of 1 ms ticks and in one of 1/90000 s ticks that starts at 6.4 s."""
    folder = tmp_path_factory.mktemp("rates")
    made = {}
    for i, rate in enumerate(RATES):
        made[rate, MILLISECOND] = make_clip(folder / f"{i}.mkv", rate=rate, time_base=MILLISECOND)
        stamps = [576_000 + round(n / rate / NINETY) for n in range(50)]
        made[rate, NINETY] = make_clip(folder / f"{i}.ts", rate=rate, time_base=NINETY, stamps=stamps)
    return made


@pytest.mark.parametrize("tick", [MILLISECOND, NINETY])
@pytest.mark.parametrize("record_rate", RATES, ids=str)
@pytest.mark.parametrize("rate", RATES, ids=str)
def test_every_record_frame_shows_the_media_frame_of_its_exact_time(
    clips: dict[tuple[Fraction, Fraction], Path], rate: Fraction, record_rate: Fraction, tick: Fraction
) -> None:
    duration = int(40 / rate * record_rate)
    screen = on_screen(program(record_rate, shot(clips[rate, tick], 0, duration)))
    assert screen == [int(record / record_rate * rate) for record in range(duration)]


@pytest.mark.parametrize(
    ("rate", "record_rate", "expected"),
    [
        (24, 25, [0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]),
        (25, 24, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]),
        (15, 25, [0, 0, 1, 1, 2, 3, 3, 4, 4, 5, 6, 6, 7]),
        (50, 25, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24]),
    ],
)
def test_hand_worked_cadences(
    clips: dict[tuple[Fraction, Fraction], Path], rate: int, record_rate: int, expected: list[int]
) -> None:
    path = clips[Fraction(rate), MILLISECOND]
    assert on_screen(program(Fraction(record_rate), shot(path, 0, 13))) == expected


def test_a_held_frame_comes_once(clips: dict[tuple[Fraction, Fraction], Path]) -> None:
    path = clips[Fraction(15), NINETY]
    assert played(program(Fraction(30), shot(path, 0, 6))) == [(0, 0), (2, 1), (4, 2)]


def test_variable_frame_times_are_followed(tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "vfr.mp4", stamps=[0, 40, 80, 200, 240, 360, 400, 880, 920], time_base=MILLISECOND
    )
    assert probe(path).variable
    assert played(program(Fraction(25), shot(path, 0, 30))) == [
        (0, 0), (1, 1), (2, 2), (5, 3), (6, 4), (9, 5), (10, 6), (22, 7), (23, 8),
    ]  # fmt: skip


def test_a_rate_that_changes_within_the_file_is_followed(tmp_path: Path) -> None:
    stamps = [*range(0, 1000, 40), *range(1000, 2000, 100)]
    path = make_clip(tmp_path / "change.mkv", stamps=stamps, time_base=MILLISECOND)
    assert on_screen(program(Fraction(25), shot(path, 0, 35))) == [
        *range(25), 25, 25, 25, 26, 26, 27, 27, 27, 28, 28,
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["b.mp4", "b.mov", "b.mkv", "b.avi", "b.ts", "b.mpg", "b.mxf", "b.nut"])
def test_reordered_frames_come_in_display_order_in_every_container(tmp_path: Path, name: str) -> None:
    old = name in ("b.mpg", "b.mxf")
    codec = "mpeg2video" if old else "mpeg4" if name in ("b.avi", "b.nut") else "libx264"
    path = make_clip(tmp_path / name, codec=codec, b_frames=2 if old else 1)
    assert on_screen(program(Fraction(25), shot(path, 0, 50))) == list(range(50))


def test_an_edit_list_hides_the_frames_before_it(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mp4")
    trimmed = remux(whole, tmp_path / "trimmed.mp4", shift=-7 * 512)
    info = probe(trimmed)
    assert (info.frames, info.duration) == (43, Fraction(43, 25))
    assert on_screen(program(Fraction(25), shot(trimmed, 0, 45))) == [*range(7, 50), 49, 49]


def test_a_late_start_is_not_counted(tmp_path: Path) -> None:
    late = remux(make_clip(tmp_path / "whole.mp4"), tmp_path / "late.mp4", shift=10 * 512)
    assert probe(late).start == Fraction(10, 25)
    assert on_screen(program(Fraction(25), shot(late, 0, 5))) == [0, 1, 2, 3, 4]


def test_open_groups_of_pictures_are_entered_from_the_one_before(tmp_path: Path) -> None:
    options = {"x264-params": "open-gop=1:bframes=3", "crf": "10", "preset": "ultrafast"}
    path = make_clip(tmp_path / "open.ts", frames=150, gop=25, b_frames=3, time_base=NINETY, options=options)
    for first in (24, 48, 49, 50, 73, 74, 120):
        assert on_screen(program(Fraction(25), shot(path, 0, 2, Fraction(first, 25)))) == [first, first + 1]


def test_source_times_short_by_a_float_show_the_frame_meant(tmp_path: Path) -> None:
    rate = Fraction(30_000, 1001)
    path = make_clip(tmp_path / "float.mp4", rate=rate)
    for frame in range(1, 50):
        near = Fraction(float(frame / rate)) - Fraction(1, 10**7)
        assert on_screen(program(rate, shot(path, 0, 1, near))) == [frame]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_cut_list_shows_the_frames_of_its_exact_times(
    clips: dict[tuple[Fraction, Fraction], Path], data: st.DataObject
) -> None:
    record_rate = data.draw(st.sampled_from(RATES))
    shots, expected, edge = [], [], 0
    for _ in range(data.draw(st.integers(1, 4))):
        rate, tick = data.draw(st.sampled_from(RATES)), data.draw(st.sampled_from([MILLISECOND, NINETY]))
        length = data.draw(st.integers(1, 12))
        source = Fraction(data.draw(st.integers(-5, 60))) / rate
        speed = data.draw(
            st.sampled_from([Fraction(n, d) for n, d in ((1, 1), (2, 1), (1, 2), (-1, 1), (0, 1))])
        )
        shots.append(shot(clips[rate, tick], edge, edge + length, source, speed))
        times = [source + n / record_rate * speed for n in range(length)]
        expected += [min(max(int(time * rate // 1), 0), 49) for time in times]
        edge += length
    assert on_screen(program(record_rate, *shots)) == expected


def test_the_clip_maker_reads_back_what_it_wrote(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "n.mp4", Clip(frames=40, first_number=2030))
    assert on_screen(program(Fraction(25), shot(path, 0, 40))) == list(range(2030, 2070))
