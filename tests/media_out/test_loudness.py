"""Loudness against EBU Tech 3341's and 3342's signals, and targets as people type them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foleyd.media.loudness import PRESETS, LoudnessError, measure, parse_target, target_of
from media_out.signals import Samples, Signal, sine


def sections(*parts: tuple[float, float]) -> Samples:
    """Stereo 1 kHz at (decibels, seconds) one after the other."""
    return np.concatenate([sine(decibels, seconds) for decibels, seconds in parts], axis=1)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        # EBU Tech 3341, table 1: cases 1 to 5
        (sections((-23, 20)), -23.0),
        (sections((-33, 20)), -33.0),
        (sections((-36, 10), (-23, 60), (-36, 10)), -23.0),
        (sections((-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)), -23.0),
        (sections((-26, 20), (-20, 20.1), (-26, 20)), -23.0),
    ],
)
def test_integrated_loudness_of_ebu_tech_3341(samples: Samples, expected: float) -> None:
    measured = measure(Signal(samples), 2)
    assert measured.integrated == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        # EBU Tech 3342, table 1: cases 1 to 4
        (sections((-20, 20), (-30, 20)), 10),
        (sections((-20, 20), (-15, 20)), 5),
        (sections((-40, 20), (-20, 20)), 20),
        (sections((-50, 20), (-35, 20), (-20, 20), (-35, 20), (-50, 20)), 15),
    ],
)
def test_loudness_range_of_ebu_tech_3342(samples: Samples, expected: float) -> None:
    assert measure(Signal(samples), 2).range == pytest.approx(expected, abs=1.0)


def test_one_channel_reads_3_lu_below_two() -> None:
    assert measure(Signal(sine(-23, 5, channels=1)), 1).integrated == pytest.approx(-26.0, abs=0.1)


def test_true_peak_sees_between_the_samples() -> None:
    """EBU Tech 3341 case 16: a quarter of the rate, 45 degrees: samples at -9.0 dB, the wave at -6.0."""
    wave = 0.5 * np.sin(np.pi / 2 * np.arange(48_000) + np.pi / 4)
    wave *= np.minimum(1.0, np.minimum(np.arange(48_000), np.arange(48_000)[::-1]) / 4800)
    measured = measure(Signal(np.tile(wave.astype(np.float32), (2, 1))), 2)
    assert measured.true_peak == pytest.approx(-6.0, abs=0.2)
    assert 20 * np.log10(np.abs(wave).max()) == pytest.approx(-9.0, abs=0.1)


@pytest.mark.parametrize("decibels", [-0.5, -20, -45, -60, -90])
def test_true_peak_is_fine_at_any_level(decibels: float) -> None:
    assert measure(Signal(sine(decibels, 1, hertz=997)), 2).true_peak == pytest.approx(decibels, abs=0.1)


def test_a_peak_on_the_last_sample_counts() -> None:
    samples = sine(-40, 1.2345)
    samples[0, -1] = 0.9
    assert measure(Signal(samples), 2).true_peak == pytest.approx(20 * np.log10(0.9), abs=0.1)


def test_silence_has_no_loudness_and_no_peak() -> None:
    measured = measure(Signal(np.zeros((2, 96_000), np.float32)), 2)
    assert (measured.integrated, measured.true_peak, measured.range) == (None, None, None)


def test_less_than_four_tenths_of_a_second_has_a_peak_only() -> None:
    short, enough = measure(Signal(sine(-20, 0.399)), 2), measure(Signal(sine(-20, 0.4)), 2)
    assert short.integrated is None
    assert enough.integrated == pytest.approx(-20.0, abs=0.1)
    assert short.true_peak == pytest.approx(-20.0, abs=0.1)
    assert enough.range is None


def test_no_sound_at_all_is_silence() -> None:
    assert measure([], 2).integrated is None


@settings(max_examples=10, deadline=None)
@given(block=st.integers(1, 30_000))
def test_the_figures_do_not_depend_on_the_blocks(block: int) -> None:
    samples = sections((-30, 0.4), (-20, 0.5))
    block = max(block, 200)
    assert measure(Signal(samples, block), 2) == measure(Signal(samples, samples.shape[1]), 2)


@pytest.mark.parametrize(
    ("text", "integrated", "ceiling"),
    [
        ("r128", -23, -1),
        ("R128", -23, -1),
        ("atsc-a85", -24, -2),
        ("netflix", -27, -2),
        ("streaming", -14, -1),
        ("broadcast-ebu", -23, -1),
        ("film", -27, -2),
        ("-23", -23, -1),
        ("-18.5", -18.5, -1),
        (" -16 LUFS ", -16, -1),
        ("−23", -23, -1),
        ("0", 0, -1),
    ],
)
def test_targets_as_typed(text: str, integrated: float, ceiling: float) -> None:
    target = parse_target(text)
    assert (target.integrated, target.ceiling) == (integrated, ceiling)


@pytest.mark.parametrize(
    "text", ["", "loud", "nan", "inf", "-inf", "-23 dB", "-61", "1", "1e3", "--23", "r 128"]
)
def test_other_targets_are_refused_by_name(text: str) -> None:
    with pytest.raises(LoudnessError) as caught:
        parse_target(text)
    assert text.removeprefix("-") in str(caught.value)


@pytest.mark.parametrize("text", ["", " ", "as-is", " As-Is "])
def test_as_is_is_no_target(text: str) -> None:
    assert target_of(text) is None


def test_a_target_says_its_values() -> None:
    words = str(target_of("broadcast-ebu"))
    assert words == "broadcast-ebu: -23 LUFS, at most -1 dBTP (EBU R 128: European broadcast)"
    assert str(target_of("-18.5")) == "-18.5 LUFS, at most -1 dBTP"


def test_every_preset_names_its_source() -> None:
    assert all(target.source and target.name == name for name, target in PRESETS.items())
