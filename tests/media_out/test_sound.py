"""Conform and mix: exact lengths, faded ends, one gain for all, and the same whatever the blocks."""

from __future__ import annotations

import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from foleyd.cue import FileCut, FrameRange, file_cut
from foleyd.media import sound as conform
from foleyd.media.errors import SoundError
from foleyd.media.loudness import LoudnessTarget, measure
from foleyd.media.sound import (
    ATTACK_FADE,
    EDGE_FADE,
    ArraySound,
    Conformed,
    Mix,
    MixPart,
    ResampledSound,
    as_sound,
    edge_gains,
    file_fades,
    mix_gain,
)
from foleyd.timebase import STANDARD_RATES, Timecode
from media_out.signals import Samples, sine

R25 = Fraction(25)
ZERO = Timecode(0, R25)
TARGET = LoudnessTarget("test", -23.0, -1.0, "")


def ones(samples: int, channels: int = 1, value: float = 1.0) -> Samples:
    return np.full((channels, samples), value, np.float32)


def whole(blocks: Conformed | Mix) -> Samples:
    return np.concatenate(list(blocks), axis=1)


@settings(max_examples=80, deadline=None)
@given(
    start=st.builds(Timecode, st.integers(0, 3_000_000), st.sampled_from(STANDARD_RATES)),
    first=st.integers(0, 1000),
    frames=st.integers(1, 40),
    handles=st.integers(0, 12),
    surplus=st.integers(0, 500),
)
def test_the_file_is_exactly_as_long_as_its_cut(
    start: Timecode, first: int, frames: int, handles: int, surplus: int
) -> None:
    cut = file_cut(start, FrameRange(first, first + frames), handles)
    take = Conformed(ArraySound(ones(cut.samples + surplus, 2, 0.5)), cut)
    assert whole(take).shape == (2, cut.samples)
    fade_in, fade_out = file_fades(cut)
    assert fade_in + fade_out <= cut.samples
    assert fade_in <= max(cut.source_in, ATTACK_FADE)


def test_fades_are_at_the_two_ends_and_nowhere_else() -> None:
    cut = file_cut(ZERO, FrameRange(50, 100), 12)
    take = whole(Conformed(ArraySound(ones(cut.samples)), cut))[0]
    assert (take[EDGE_FADE:-EDGE_FADE] == 1.0).all()
    assert (np.diff(take[:EDGE_FADE]) > 0).all()
    assert (np.diff(take[-EDGE_FADE:]) < 0).all()
    assert take[0] < 1e-4
    assert take[-1] < 1e-4
    assert np.abs(np.diff(take)).max() < 0.01


def test_without_handles_an_attack_on_the_first_frame_keeps_its_bite() -> None:
    cut = file_cut(ZERO, FrameRange(0, 100), 0)
    take = whole(Conformed(ArraySound(ones(cut.samples)), cut))[0]
    assert (take[ATTACK_FADE:-EDGE_FADE] == 1.0).all()
    assert take[ATTACK_FADE // 2] == pytest.approx(0.5, abs=0.02)
    assert cut.source_in + cut.cue_samples <= cut.samples - EDGE_FADE


def test_the_cue_itself_is_never_faded_but_for_an_attack_without_handles() -> None:
    for rate in STANDARD_RATES:
        for handles in (0, 1, 12):
            cut = file_cut(Timecode(1000, rate), FrameRange(0, 50), handles)
            take = whole(Conformed(ArraySound(ones(cut.samples)), cut))[0]
            cue = take[cut.source_in : cut.source_in + cut.cue_samples]
            assert (cue[ATTACK_FADE:] == 1.0).all()
            assert handles == 0 or cut.source_in < EDGE_FADE or (cue == 1.0).all()


def test_the_blocks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    cut = file_cut(ZERO, FrameRange(50, 60), 2)
    noise = np.random.default_rng(0).uniform(-1, 1, (2, cut.samples)).astype(np.float32)
    at_once = whole(Conformed(ArraySound(noise), cut, -3.0))
    for size in (7, 100, 239, 241, 4800):
        monkeypatch.setattr(conform, "BLOCK_SAMPLES", size)
        assert (whole(Conformed(ArraySound(noise), cut, -3.0)) == at_once).all()


def test_gain_is_in_decibels() -> None:
    cut = file_cut(ZERO, FrameRange(0, 10), 0)
    take = whole(Conformed(ArraySound(ones(cut.samples)), cut, -6.0206))
    assert take[0, 1000] == pytest.approx(0.5, abs=1e-5)


def test_what_passes_full_scale_is_held_counted_and_said() -> None:
    cut = file_cut(ZERO, FrameRange(0, 10), 0)
    samples = ones(cut.samples, 2, 0.25)
    samples[0, 1000:1010] = 2.0
    samples[1, 2000] = -4.0
    take = Conformed(ArraySound(samples), cut)
    heard = whole(take)
    assert take.clipped == 11
    assert take.peak == pytest.approx(4.0)
    assert "11 samples" in take.warning()
    assert "12.0 dB" in take.warning()
    assert (heard.min(), heard.max()) == (-1.0, 1.0)
    whole(take)
    assert take.clipped == 11


def test_a_clean_take_has_no_warning() -> None:
    cut = file_cut(ZERO, FrameRange(0, 10), 0)
    take = Conformed(ArraySound(ones(cut.samples)), cut)
    whole(take)
    assert (take.clipped, take.warning()) == (0, "")


def test_an_engine_that_gave_too_little_is_named() -> None:
    cut = file_cut(ZERO, FrameRange(0, 10), 0)
    with pytest.raises(SoundError, match=f"gave {cut.samples - 1} samples where {cut.samples} are needed"):
        Conformed(ArraySound(ones(cut.samples - 1)), cut)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused_with_their_place(value: float) -> None:
    cut = file_cut(ZERO, FrameRange(0, 100), 0)
    samples = ones(cut.samples, 2, 0.1)
    samples[1, 96_000] = value
    with pytest.raises(SoundError, match=r"no numbers at 2\.000 s"):
        whole(Conformed(ArraySound(samples), cut))


@pytest.mark.parametrize(
    "samples", [np.zeros(10, np.float32), np.zeros((0, 10), np.float32), np.zeros((1, 10), np.float64)]
)
def test_sound_of_another_shape_is_refused(samples: Samples) -> None:
    with pytest.raises(SoundError, match="instead of float32"):
        as_sound(samples)


def test_the_engines_samples_are_not_changed() -> None:
    cut = file_cut(ZERO, FrameRange(0, 10), 0)
    samples = ones(cut.samples, 1, 3.0)
    samples.setflags(write=False)
    whole(Conformed(ArraySound(samples), cut, 6.0))
    assert (samples == 3.0).all()


def test_memory_stays_flat_over_a_memory_map(tmp_path: Path) -> None:
    cut = file_cut(ZERO, FrameRange(0, 25 * 300), 0)
    mapped = np.lib.format.open_memmap(
        tmp_path / "long.npy", mode="w+", dtype=np.float32, shape=(2, cut.samples)
    )
    tracemalloc.start()
    samples = sum(block.shape[1] for block in Conformed(ArraySound(mapped), cut))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert samples == cut.samples
    assert peak < 8 << 20 < mapped.nbytes


@pytest.mark.parametrize("rate", [44_100, 16_000, 22_050, 96_000])
def test_another_rate_keeps_pitch_level_and_place(rate: int) -> None:
    seconds = 2.5
    sound = ResampledSound(sine(-6, seconds, 1, 440, rate), rate)
    expected = sine(-6, seconds, 1, 440)[0]
    got = sound.read(0, sound.samples)[0]
    assert abs(sound.samples - expected.size) <= 1
    middle = slice(1000, min(got.size, expected.size) - 1000)
    assert np.abs(got[middle] - expected[middle]).max() < 1e-5


def test_resampled_sound_reads_the_same_in_any_order() -> None:
    noise = np.random.default_rng(0).uniform(-1, 1, (2, 200_000)).astype(np.float32)
    sound = ResampledSound(noise, 44_100)
    at_once = sound.read(0, sound.samples)
    for start, stop in [
        (0, 10),
        (10, 70_000),
        (150_000, 150_001),
        (5, 5_000),
        (sound.samples - 3, sound.samples),
    ]:
        assert (sound.read(start, stop) == at_once[:, start:stop]).all()


def part(cut: FileCut, value: float = 1.0, channels: int = 1) -> MixPart:
    return MixPart(ArraySound(ones(cut.samples, channels, value)), cut)


def test_takes_lie_in_the_mix_at_their_exact_samples() -> None:
    start = Timecode(90_000, Fraction(30000, 1001))
    cuts = [file_cut(start, FrameRange(first, first + 7), 12) for first in (3, 50)]
    begin = 90_000 * 1001 * 48_000 // 30_000
    heard = whole(Mix([part(cut) for cut in cuts], begin, begin + 200_000))[0]
    for first in (3, 50):
        # frames x 1601.6 samples, from the mix's start, by hand
        here = int(np.floor(first * 1601.6 + 0.5))
        end = int(np.floor((first + 7) * 1601.6 + 0.5))
        assert (heard[here:end] == 1.0).all()
        assert heard[here - EDGE_FADE - 1] == heard[end + EDGE_FADE] == 0.0
        assert 0 < heard[here - 1] < 1.0 or heard[here - 1] == pytest.approx(1.0, abs=1e-4)


def test_neighbours_cross_within_their_handles() -> None:
    left, right = (file_cut(ZERO, FrameRange(a, b), 12) for a, b in ((12, 50), (50, 90)))
    heard = whole(Mix([part(left, 0.5), part(right, 0.5)], 0, 100 * 1920))[0]
    inside = heard[12 * 1920 : 90 * 1920]
    assert inside.min() == 0.5
    assert inside.max() <= 1.0


@pytest.mark.parametrize("samples", [1, 2, 50, 38 * 1920])
def test_a_mix_that_ends_with_its_cue_does_not_click(samples: int) -> None:
    cut = file_cut(ZERO, FrameRange(12, 50), 12)
    heard = whole(Mix([part(cut)], 12 * 1920, 12 * 1920 + samples))[0]
    assert heard.shape == (samples,)
    if samples > 2 * ATTACK_FADE:
        assert abs(heard[[0, -1]]).max() < 1e-3
        assert (heard[ATTACK_FADE:-ATTACK_FADE] == 1.0).all()


def test_mono_sits_in_the_centre_of_a_stereo_mix_3_db_down() -> None:
    cut = file_cut(ZERO, FrameRange(12, 50), 12)
    heard = whole(Mix([part(cut, 0.5, 1), part(cut, 0.0, 2)], 0, 60 * 1920))
    assert heard.shape[0] == 2
    assert heard[:, 30 * 1920] == pytest.approx([0.5 * 0.5**0.5] * 2)


def test_a_mix_of_mono_takes_is_mono_and_unchanged() -> None:
    cut = file_cut(ZERO, FrameRange(12, 50), 12)
    mix = Mix([part(cut, 0.5)], 0, 60 * 1920)
    assert whole(mix)[:, 30 * 1920] == pytest.approx([0.5])


def test_a_mix_without_takes_is_silence_of_its_length() -> None:
    assert not whole(Mix([], 0, 100_000)).any()
    assert whole(Mix([], 0, 100_000)).shape == (1, 100_000)


def steady(decibels: float, spike: float = 0.0) -> Mix:
    cut = file_cut(ZERO, FrameRange(0, 250), 0)
    samples = sine(decibels, cut.samples / 48_000)
    if spike:
        samples[:, 100_000] = spike
    return Mix([MixPart(ArraySound(samples), cut)], 0, 250 * 1920)


def test_one_gain_brings_the_mix_to_its_target() -> None:
    mix = steady(-31.0)
    gain = mix_gain(mix, TARGET)
    assert gain.gain_db == pytest.approx(8.0, abs=0.1)
    assert gain.warning == ""
    raised = Mix(mix.parts, 0, mix.samples, gain.gain_db)
    assert measure(raised, 2).integrated == pytest.approx(-23.0, abs=0.1)


def test_a_loud_mix_is_brought_down() -> None:
    assert mix_gain(steady(-10.0), TARGET).gain_db == pytest.approx(-13.0, abs=0.1)


def test_the_true_peak_ceiling_wins_over_the_target_and_is_said() -> None:
    mix = steady(-40.0, spike=0.5)
    gain = mix_gain(mix, TARGET)
    raised = measure(Mix(mix.parts, 0, mix.samples, gain.gain_db), 2)
    assert raised.true_peak == pytest.approx(-1.0, abs=0.1)
    assert raised.integrated is not None
    assert raised.integrated < -23.5
    assert f"{raised.integrated:.1f} LUFS instead of -23" in gain.warning


def test_no_take_passes_the_ceiling_though_the_mix_would_not() -> None:
    mix = steady(-31.0)
    cut = file_cut(ZERO, FrameRange(0, 100), 12)
    samples = sine(-31.0, cut.samples / 48_000)
    samples[:, 300] = 0.7
    louder = Conformed(ArraySound(samples), cut)
    gain = mix_gain(mix, TARGET, [Conformed(mix.parts[0].sound, mix.parts[0].cut), louder])
    raised = Conformed(ArraySound(samples), cut, gain.gain_db)
    assert measure(raised, 2).true_peak == pytest.approx(-1.0, abs=0.1)
    assert raised.clipped == 0
    assert "the true peak of a take would pass -1 dBTP" in gain.warning
    assert mix_gain(mix, TARGET, [Conformed(mix.parts[0].sound, mix.parts[0].cut)]) == mix_gain(mix, TARGET)


def test_a_silent_mix_keeps_its_level_and_says_so() -> None:
    gain = mix_gain(Mix([], 0, 96_000), TARGET)
    assert gain.gain_db == 0.0
    assert "silent" in gain.warning


@settings(max_examples=60)
@given(
    samples=st.integers(1, 300),
    fades=st.tuples(st.integers(0, 100), st.integers(0, 100)),
    cut=st.floats(0, 1),
)
def test_edge_gains_are_the_same_in_pieces(samples: int, fades: tuple[int, int], cut: float) -> None:
    fade_in, fade_out = (min(fade, samples) for fade in fades)
    middle = int(samples * cut)
    at_once = edge_gains(0, samples, samples, fade_in, fade_out)
    pieces = [edge_gains(a, b, samples, fade_in, fade_out) for a, b in ((0, middle), (middle, samples))]
    assert (np.concatenate(pieces) == at_once).all()
    assert at_once.min() >= 0
    assert at_once.max() <= 1
