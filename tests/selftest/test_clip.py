"""The clip's moments are where they are said to be: read off its pictures, not off the formula."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from foleyd.selftest.clip import CONTACTS, FRAMES, MOMENTS, NAME, RATE, SIDE, frames, write_clip


def orange(rgb: np.ndarray) -> np.ndarray:
    """Where the ball is."""
    red, _, blue = (rgb[..., k].astype(int) for k in range(3))
    return red - blue > 90


@pytest.fixture(scope="module")
def balls() -> list[np.ndarray]:
    return [orange(frame.rgb) for frame in frames()]


def lowest(ball: np.ndarray) -> int:
    """The row that the ball reaches down to; -1 without a ball."""
    rows = np.flatnonzero(ball.sum(axis=1) > 5)  # what an encoder leaves behind is smaller
    return int(rows[-1]) if len(rows) else -1


def test_the_ball_is_on_the_floor_in_the_listed_frames_and_in_no_other(balls: list[np.ndarray]) -> None:
    depths = [lowest(ball) for ball in balls]
    assert len(depths) == FRAMES
    deepest = max(depths)
    assert tuple(frame for frame, depth in enumerate(depths) if depth >= deepest - 1) == CONTACTS


def test_every_bounce_is_seen_whole_enough_in_a_square_picture(balls: list[np.ndarray]) -> None:
    for contact in CONTACTS:
        rows, columns = np.nonzero(balls[contact])
        assert len(rows) > 900
        assert 20 < columns.mean() < SIDE - 20


def test_moments_are_frames_in_seconds_and_no_even_beat() -> None:
    assert [Fraction(time).limit_denominator(25) * RATE for time in MOMENTS] == list(CONTACTS)
    gaps = np.diff(CONTACTS)
    assert gaps.min() >= 15
    assert len(set(gaps.tolist())) >= 6


def test_a_mark_makes_another_picture_and_leaves_the_ball_alone() -> None:
    plain, marked = (next(frames(mark)).rgb for mark in (0, 0x80000001))
    assert np.argwhere((plain != marked).any(axis=2)).max() < 128
    assert not np.array_equal(plain, marked)


def test_the_file_has_every_frame_at_its_time(tmp_path: Path) -> None:
    path = write_clip(tmp_path, 7)
    assert path == tmp_path / NAME
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        shown = [(frame.time, orange(frame.to_ndarray(format="rgb24"))) for frame in file.decode(stream)]
        assert stream.average_rate == RATE
    assert [round(time * 25) for time, _ in shown if time is not None] == list(range(FRAMES))
    depths = [lowest(ball) for _, ball in shown]
    # A frame away the ball is 16 pixels higher or more; the encoder costs up to 4.
    assert tuple(frame for frame, depth in enumerate(depths) if depth >= max(depths) - 10) == CONTACTS
