"""The sampling clock: drift and all, and how far a window's picture has to reach."""

from __future__ import annotations

from fractions import Fraction

import pytest

from foleyd.engines.hunyuan.frame_clock import (
    SAMPLES_PER_LATENT,
    FrameClock,
    latent_length,
    sampled,
    segments,
    sight_ticks,
    ticks_to_cover,
)


def test_the_clock_drifts_as_doubles_do() -> None:
    times = [Fraction(k, 25) for k in range(200)]
    shown = sampled(times, 25)
    assert len(shown) == 199
    assert shown[:9] == [0, 1, 2, 3, 4, 5, 7, 7, 8]


def test_a_tick_shows_the_first_frame_at_or_after_it() -> None:
    assert sampled([Fraction(1, 2), Fraction(3, 5)], 8) == [0, 0, 0, 0, 0]
    assert sampled([0, Fraction(1, 8), Fraction(1, 5)], 8) == [0, 1]


def test_frames_before_zero_and_beyond_the_limit_are_not_shown() -> None:
    assert sampled([-1, 0, 14, Fraction(151, 10)], 8) == [1] + [2] * 112
    assert sampled([0, 1, 2, 3], 8, limit=2.0) == [0] + [1] * 8 + [2] * 8
    clock = FrameClock(25)
    assert clock.offer(15) == 376
    assert clock.full


def test_a_sound_has_two_latents_a_tick_or_one_less_where_doubles_truncate() -> None:
    short = {29, 57, 58, 113, 114, 115, 116, 201, 203, 205, 207, 226, 228, 230, 232, 251, 253, 255}
    assert {n for n in range(16, 377) if latent_length(n) != 2 * n} == short
    assert all(latent_length(n) == 2 * n - 1 for n in short)


def test_segments_overlap_by_half_and_the_rest_is_dropped() -> None:
    assert [segments(ticks) for ticks in (0, 15, 16, 23, 24, 37, 376)] == [0, 0, 1, 1, 2, 3, 46]


@pytest.mark.parametrize("samples", [1, 960, 30_720, 30_721, 55_680, 480_000, 481_000, 720_000])
def test_the_fewest_ticks_cover_a_window(samples: int) -> None:
    ticks = ticks_to_cover(samples)
    assert latent_length(ticks) * SAMPLES_PER_LATENT >= samples
    assert ticks >= 16
    assert ticks == 16 or latent_length(ticks - 1) * SAMPLES_PER_LATENT < samples


def test_the_slow_clock_keeps_step_with_the_fast_one() -> None:
    assert [sight_ticks(ticks) for ticks in (16, 25, 86, 200, 250, 376)] == [5, 8, 28, 64, 80, 121]
