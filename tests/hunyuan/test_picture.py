"""A window's frames as the model sees them: two clocks, one pass, nothing held at full size."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np
import pytest
import torch

from foleyd.engines.engine import EngineError, Frame, Window
from foleyd.engines.hunyuan.frame_clock import latent_length, sampled
from foleyd.engines.hunyuan.picture import SmallPictures, small_pictures

TEN = Window(Fraction(0), 480_000)


def grey(level: int, height: int = 36, width: int = 64) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def frames(times: Sequence[Fraction | float]) -> Iterator[Frame]:
    """Frame k is grey of level k."""
    for level, time in enumerate(times):
        yield Frame(Fraction(time), grey(level % 256))


def shown(small: SmallPictures) -> tuple[list[int], list[int]]:
    """The grey level on each tick of the slow and of the fast clock."""
    return small.sight[small.sight_index, 0, 0, 0].tolist(), small.sync[small.sync_index, 0, 0, 0].tolist()


def test_both_clocks_are_fed_in_one_pass_and_each_picture_is_made_once() -> None:
    times = [Fraction(k, 24) for k in range(240)]
    small = small_pictures(frames(times), TEN)
    sight, sync = shown(small)
    assert sync[:-1] == sampled(times, 25)[:249]
    assert sight == sampled(times, 8)
    assert (len(sight), len(sync)) == (80, 250)
    assert small.sight.shape == (len(set(sight)), 512, 512, 3)
    assert small.sync.shape == (len(set(sync)), 3, 224, 224)
    assert latent_length(len(sync)) * 960 == TEN.duration


def test_the_last_frame_is_held_until_the_window_is_covered() -> None:
    small = small_pictures(frames([Fraction(k, 25) for k in range(200)]), Window(Fraction(0), 384_000))
    assert small.sync_index.shape == (200,)
    assert shown(small)[1][-2:] == [199, 199]


@pytest.mark.parametrize("samples", [480, 9_600, 30_720, 30_721])
def test_a_still_covers_a_window_of_any_length(samples: int) -> None:
    small = small_pictures([Frame(Fraction(0), grey(7))], Window(Fraction(3), samples))
    assert len(small.sight) == len(small.sync) == 1
    assert len(small.sync_index) == (16 if samples <= 30_720 else 17)
    assert len(small.sight_index) == (5 if samples <= 30_720 else 6)
    assert shown(small)[1] == [7] * len(small.sync_index)
    assert small.outside == 0


def test_a_held_picture_stays_until_the_next_one_comes() -> None:
    small = small_pictures(frames([0, 2, 4]), Window(Fraction(0), 288_000))
    sight, sync = shown(small)
    assert sight == [0] * 16 + [1] * 16 + [2] * 16
    # 25-fps ticks lie a hair beside their grid, so one may go either way.
    assert [sync.count(level) for level in range(3)] in ([50, 50, 50], [49, 50, 51], [50, 49, 51])


def test_a_late_first_frame_is_shown_from_the_start() -> None:
    small = small_pictures(frames([Fraction(1, 2)]), Window(Fraction(0), 48_000))
    assert set(shown(small)[1]) == {0}


def test_frames_are_read_no_farther_than_needed() -> None:
    read = 0

    def counted() -> Iterator[Frame]:
        nonlocal read
        for frame in frames([Fraction(k, 25) for k in range(2_000)]):
            read += 1
            yield frame

    small_pictures(counted(), Window(Fraction(0), 48_000))
    assert read <= 27


def test_few_frames_are_held_at_full_size() -> None:
    alive: list[weakref.ref[np.ndarray]] = []
    most = 0

    def watched() -> Iterator[Frame]:
        nonlocal most
        for k in range(150):
            rgb = grey(k, 270, 480).copy()
            alive.append(weakref.ref(rgb))
            yield Frame(Fraction(k, 25), rgb)
            del rgb
            gc.collect(0)
            most = max(most, sum(ref() is not None for ref in alive))

    small_pictures(watched(), Window(Fraction(0), 288_000), threads=2)
    assert most <= 12


def test_pictures_of_several_sizes_go_together() -> None:
    mixed = [Frame(Fraction(k, 25), grey(k, *((36, 64), (64, 36), (50, 50))[k // 5 % 3])) for k in range(25)]
    for crop in ("centre", "motion", "letterbox"):
        small = small_pictures(mixed, Window(Fraction(0), 48_000), crop=crop)
        assert small.sync.shape[1:] == (3, 224, 224)


def test_no_frame_at_all_is_said() -> None:
    with pytest.raises(EngineError, match="no picture"):
        small_pictures([], TEN)


def beside_the_middle() -> Iterator[Frame]:
    for k in range(30):
        rgb = grey(90, 108, 192)
        rgb[10 + 3 * k : 22 + 3 * k, 4:16] = 240
        yield Frame(Fraction(k, 25), rgb)


def test_action_outside_the_middle_is_warned_of_and_followed() -> None:
    second = Window(Fraction(0), 48_000)
    missed = small_pictures(beside_the_middle(), second)
    assert missed.outside > 0.95
    assert "outside the middle square" in missed.warnings[0]
    assert "sync_crop=motion" in missed.warnings[0]
    assert torch.all(missed.sync == 90)
    followed = small_pictures(beside_the_middle(), second, crop="motion")
    assert followed.outside < 0.05
    assert not followed.warnings
    assert followed.sync.max() > 230
    whole = small_pictures(beside_the_middle(), second, crop="letterbox")
    assert not whole.warnings
    assert whole.sync.max() > 230
    assert torch.all(whole.sync[:, :, :40] == 0)
