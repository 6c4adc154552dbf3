"""A Sight: kept, fetched and put together."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import load, save

from foleyd.engines.engine import Features
from foleyd.engines.procedural.sight import CONTACT, IMPACT, PER_FRAME, Impacts, Sight, SightError, joined


def sight(duration: float, times: list[float]) -> Sight:
    """Frames at 25 a second whose motion is their time; impacts at TIMES, the later the stronger."""
    frames = np.arange(round(duration * 25)) / 25
    seen = {
        name: frames if name in {"frame_times", "motion"} else np.zeros(len(frames)) for name in PER_FRAME
    }
    at = np.array(times)
    kind = np.array([CONTACT if k % 2 else IMPACT for k in range(len(at))], np.int8)
    impacts = Impacts(at, at / 100, at * 0, at * 0, at * 0, kind)
    return Sight(duration=duration, cuts=np.array([duration / 2]), impacts=impacts, **seen)


def test_a_sight_comes_back_from_safetensors_unchanged() -> None:
    before = sight(2.0, [0.25, 1.5])
    features = before.to_features()
    after = Sight.from_features(Features(load(save(dict(features.arrays))), features.meta))
    assert after.duration == before.duration
    for name in (*PER_FRAME, "cuts"):
        assert np.array_equal(getattr(after, name), getattr(before, name))
    assert after.impacts.kind_names() == ["impact", "contact"]
    assert after.impacts.time.tolist() == [0.25, 1.5]


def test_features_of_another_make_are_refused() -> None:
    with pytest.raises(SightError, match="another version"):
        Sight.from_features(Features({}))
    damaged = sight(1.0, []).to_features()
    with pytest.raises(SightError, match="damaged"):
        Sight.from_features(Features({"cuts": np.zeros(1)}, damaged.meta))


def test_windows_that_overlap_meet_in_the_middle() -> None:
    both = joined([(0, sight(2.0, [0.5, 1.7])), (Fraction(3, 2), sight(2.0, [0.21, 1.0]))])
    assert both.duration == 3.5
    assert np.all(np.diff(both.frame_times) > 0)
    assert np.diff(both.frame_times).max() < 0.08
    assert both.impacts.time.tolist() == pytest.approx([0.5, 1.7, 2.5])


def test_windows_that_abut_keep_everything() -> None:
    both = joined([(2, sight(1.0, [0.5])), (0, sight(2.0, [1.0]))])
    assert both.impacts.time.tolist() == [1.0, 2.5]
    assert both.cuts.tolist() == [1.0, 2.5]
    assert len(both.frame_times) == 75


def test_no_windows_are_nothing_seen() -> None:
    assert joined([]).duration == 0
    assert len(joined([(1, Sight.blank(2.0))]).impacts) == 0


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.floats(0.2, 4.0), min_size=1, max_size=5),
    st.lists(st.floats(0.0, 0.19), min_size=5, max_size=5),
    st.lists(st.floats(0.01, 0.99), max_size=6),
)
def test_joining_never_loses_order_nor_leaves_its_span(
    lengths: list[float], overlaps: list[float], shares: list[float]
) -> None:
    parts, offset = [], 0.0
    for length, overlap in zip(lengths, overlaps, strict=False):
        parts.append((offset, sight(length, sorted(share * length for share in shares))))
        offset += length - overlap
    whole = joined(parts)
    assert np.all(np.diff(whole.frame_times) >= 0)
    assert np.all(np.diff(whole.impacts.time) >= 0)
    assert whole.duration == pytest.approx(max(start + part.duration for start, part in parts))
    assert np.all((whole.impacts.time >= 0) & (whole.impacts.time <= whole.duration))


def test_motion_is_read_between_frames() -> None:
    seen = sight(1.0, [])
    assert seen.sampled("motion", np.array([0.1, 0.11])).tolist() == pytest.approx([0.1, 0.11])
    assert Sight.blank(1.0).sampled("motion", np.array([0.5])).tolist() == [0.0]


def test_arrays_of_one_sight_must_agree_in_length() -> None:
    seen = sight(1.0, [])
    with pytest.raises(ValueError, match="differ in length"):
        replace(seen, motion=np.zeros(3))
    with pytest.raises(ValueError, match="differ in length"):
        replace(sight(1.0, [0.5]).impacts, pan=np.zeros(2))
