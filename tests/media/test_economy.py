"""A long file costs what is shown of it, and frames are let go as they pass."""

from __future__ import annotations

import gc
import itertools
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest

from clipmaker import Clip, make_clip, read_number
from foleyd.media import picture, reader
from foleyd.media.picture import program_frames
from foleyd.media.probe import probe
from foleyd.media.reader import PictureReader
from screen import on_screen, program, shot

RATE = Fraction(25)


@pytest.fixture(scope="module")
def three_hours(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Three hours at 1/3 frame a second, a keyframe every 36 s, in a container with and one without index."""
    folder = tmp_path_factory.mktemp("long")
    clip = Clip(rate=Fraction(1, 3), frames=3600, gop=12, b_frames=0, size=(96, 32))
    return {
        "mp4": make_clip(folder / "long.mp4", clip),
        "ts": make_clip(folder / "long.ts", replace(clip, time_base=Fraction(1, 90_000))),
    }


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["mp4", "ts"])
def test_five_seconds_of_three_hours_decode_only_their_part(three_hours: dict[str, Path], kind: str) -> None:
    source = PictureReader(three_hours[kind])
    assert source.info.duration == 10_800
    shown = source.at(Fraction(9000))
    assert read_number(source.rgb(shown)) == 3000
    assert read_number(source.rgb(source.at(Fraction(9005)))) == 3001
    assert source.frames_decoded <= 40
    source.close()


def test_probing_three_hours_reads_head_and_tail(three_hours: dict[str, Path]) -> None:
    info = probe(three_hours["mp4"])
    assert (info.frames, info.duration, info.rate) == (3600, Fraction(10_800), Fraction(1, 3))


class Counting(PictureReader):
    made: list[Counting]

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.made.append(self)


@pytest.fixture
def readers(monkeypatch: pytest.MonkeyPatch) -> list[Counting]:
    made: list[Counting] = []
    monkeypatch.setattr(Counting, "made", made, raising=False)
    monkeypatch.setattr(picture, "PictureReader", Counting)
    return made


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", frames=250, gop=50)


def test_shots_that_play_on_share_one_pass(clip: Path, readers: list[Counting]) -> None:
    cuts = [shot(clip, n, n + 10, n / RATE) for n in range(0, 240, 10)]
    assert on_screen(program(RATE, *cuts)) == list(range(240))
    assert len(readers) == 1
    assert readers[0].frames_decoded <= 250


def test_files_cut_against_each_other_are_each_read_once(
    clip: Path, tmp_path: Path, readers: list[Counting]
) -> None:
    other = make_clip(tmp_path / "other.mp4", frames=250)
    list(program_frames(program(RATE, *(shot((clip, other)[n % 2], n, n + 1, n / RATE) for n in range(200)))))
    assert len(readers) == 2
    assert all(each.frames_decoded <= 250 for each in readers)


def test_slow_pictures_of_keyframes_only_are_read_on_not_sought(
    tmp_path: Path, readers: list[Counting]
) -> None:
    slow = make_clip(tmp_path / "slow.mp4", rate=Fraction(1), frames=60, gop=1, b_frames=0)
    assert on_screen(program(RATE, shot(slow, 0, 1500)))[::25] == list(range(60))
    assert readers[0].frames_decoded == 60


def test_holding_the_last_frame_reads_nothing_again(clip: Path, readers: list[Counting]) -> None:
    assert on_screen(program(RATE, shot(clip, 0, 500, Fraction(240, 25))))[-1] == 249
    assert readers[0].frames_decoded <= 60


def test_holding_the_first_frame_reads_nothing_again(clip: Path, readers: list[Counting]) -> None:
    assert on_screen(program(RATE, shot(clip, 0, 500, -20))) == [0] * 500
    assert readers[0].frames_decoded <= 5


def test_many_files_are_not_all_kept_open(tmp_path: Path, readers: list[Counting]) -> None:
    paths = [make_clip(tmp_path / f"{n}.mp4", frames=3) for n in range(6)]
    most = 0
    for _ in program_frames(program(RATE, *(shot(path, n, n + 1) for n, path in enumerate(paths)))):
        most = max(most, sum(each.is_open for each in readers))
    assert most == picture.OPEN_FILES
    assert not any(each.is_open for each in readers)


def test_reverse_decodes_each_group_of_pictures_once(clip: Path, readers: list[Counting]) -> None:
    list(program_frames(program(RATE, shot(clip, 0, 250, Fraction(249, 25), -1))))
    assert readers[0].frames_decoded <= 250 + 5 * 8


def test_reverse_holds_no_more_than_its_budget(
    clip: Path, readers: list[Counting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BACKWARD_BUFFER_BYTES", 10 * 192 * 64 * 3 // 2)
    list(program_frames(program(RATE, shot(clip, 0, 50, Fraction(49, 25), -1))))
    assert 100 < readers[0].frames_decoded < 400


def test_fast_reverse_holds_only_what_is_shown(
    clip: Path, readers: list[Counting], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BACKWARD_BUFFER_BYTES", 12 * 192 * 64 * 3 // 2)
    shown = on_screen(program(RATE, shot(clip, 0, 10, Fraction(49, 25), -5)))
    assert shown == list(range(49, 0, -5))
    assert readers[0].frames_decoded <= 70


def test_frames_are_freed_without_the_garbage_collector(clip: Path) -> None:
    frames = program_frames(program(RATE, shot(clip, 0, 250)))
    next(frames)
    gc.collect()
    gc.disable()
    try:
        for _ in itertools.islice(frames, 200):
            pass
        assert gc.collect() < 20
    finally:
        gc.enable()
