"""The verdict can fail: sounds made by hand, each wrong in one way."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile

from foleyd.selftest.clip import MOMENTS, SECONDS, TAKE_SAMPLES
from foleyd.selftest.measure import FAILED, LOOK, OK, Check, Expected, Sound, Timing, check, follows, listen

RATE = 48_000
EXPECTED = Expected(RATE, 1, TAKE_SAMPLES, SECONDS)


def clicks(times: list[float], samples: int = TAKE_SAMPLES) -> np.ndarray:
    """Short decaying bursts at TIMES over very quiet noise."""
    rng = np.random.default_rng(3)
    sound = rng.normal(0, 1e-4, samples)
    burst = rng.uniform(-0.5, 0.5, 2400) * np.exp(-np.arange(2400) / 400)
    for time in times:
        at = round(time * RATE)
        sound[at : at + 2400] += burst[: max(0, samples - at)]
    return sound.astype(np.float32)


def examined(
    path: Path, sound: np.ndarray, rate: int = RATE, subtype: str = "FLOAT"
) -> tuple[Sound, Timing, dict[str, Check]]:
    soundfile.write(path, sound, rate, subtype=subtype)
    heard, timing = listen(path, MOMENTS, SECONDS)
    return heard, timing, {one.name: one for one in check(heard, timing, EXPECTED)}


def failed(checks: dict[str, Check]) -> list[str]:
    return [name for name, one in checks.items() if one.state == FAILED]


@pytest.fixture
def wav(tmp_path: Path) -> Path:
    return tmp_path / "take.wav"


def test_a_sound_on_every_moment_is_well(wav: Path) -> None:
    heard, timing, checks = examined(wav, clicks(list(MOMENTS)), subtype="PCM_24")
    assert {one.state for one in checks.values()} == {OK}
    assert (len(timing.met), timing.missed, timing.extra) == (len(MOMENTS), 0, 0)
    assert heard.form == "WAV PCM_24"
    assert heard.peak_dbfs == pytest.approx(-6, abs=1)
    assert "9 of 9" in checks["onsets"].detail


def test_values_that_are_no_numbers_fail(wav: Path) -> None:
    sound = clicks(list(MOMENTS))
    sound[[100, 5000]] = np.nan, np.inf
    heard, timing, checks = examined(wav, sound)
    assert failed(checks) == ["numbers"]
    assert heard.not_numbers == 2
    assert len(timing.met) == len(MOMENTS)  # the rest is measured all the same


@pytest.mark.parametrize("level", [0.0, 1e-5])
def test_silence_fails(wav: Path, level: float) -> None:
    _, timing, checks = examined(wav, np.full(TAKE_SAMPLES, level, np.float32))
    assert failed(checks) == ["level"]
    assert timing.found == ()
    assert "nothing in it begins" in checks["onsets"].hint


@pytest.mark.parametrize(("by", "words"), [(-1, "1 too few"), (1, "1 too many"), (-1920, "1920 too few")])
def test_one_sample_too_many_or_too_few_fails(wav: Path, by: int, words: str) -> None:
    _, _, checks = examined(wav, clicks(list(MOMENTS), TAKE_SAMPLES + by))
    assert failed(checks) == ["length"]
    assert words in checks["length"].detail


def test_another_rate_or_channel_fails(wav: Path) -> None:
    assert failed(examined(wav, clicks(list(MOMENTS)), rate=44_100)[2]) == ["file"]
    assert failed(examined(wav, np.stack([clicks(list(MOMENTS))] * 2, 1))[2]) == ["file"]


def test_what_is_no_sound_fails_and_is_no_accident(wav: Path) -> None:
    wav.write_bytes(b"no sound at all")
    heard, timing = listen(wav, MOMENTS, SECONDS)
    assert heard.form == "cannot be read"
    checks = {one.name: one for one in check(heard, timing, EXPECTED)}
    assert failed(checks) == ["file", "length", "level"]


def test_clipping_offset_and_standstill_are_to_be_looked_at(wav: Path) -> None:
    clean = clicks(list(MOMENTS))
    for sound, words in (
        (np.clip(clean * 40, -1, 1), "it clips"),
        (clean + np.float32(0.02), "off centre"),
        (np.where(np.arange(TAKE_SAMPLES) > 5 * RATE, np.float32(0), clean), "stands still"),
    ):
        _, _, checks = examined(wav, sound)
        assert failed(checks) == []
        assert checks["clean"].state == LOOK
        assert words in checks["clean"].hint


def test_offsets_are_told_with_their_sign(wav: Path) -> None:
    offsets = [0.03, 0.03, 0.03, 0.03, 0.03, 0.03, -0.05, 0.03, 0.03]
    _, timing, checks = examined(wav, clicks([time + by for time, by in zip(MOMENTS, offsets, strict=True)]))
    assert checks["onsets"].state == OK
    assert timing.median_ms == pytest.approx(30, abs=10)
    assert timing.worst_ms == pytest.approx(-50, abs=10)


def test_what_is_missed_and_what_is_more_is_counted(wav: Path) -> None:
    times = [*MOMENTS[:4], MOMENTS[4] + 0.2, MOMENTS[8] + 0.3]
    _, timing, checks = examined(wav, clicks(times))
    assert (len(timing.met), timing.missed, timing.extra) == (4, 5, 2)
    assert checks["onsets"].state == LOOK
    assert failed(checks) == []  # onsets are a judgement


@pytest.mark.parametrize("by", [0.25, -0.3])
def test_a_sound_that_is_late_or_early_as_a_whole_is_told_apart_from_one_that_is_elsewhere(
    wav: Path, by: float
) -> None:
    _, timing, checks = examined(wav, clicks([time + by for time in MOMENTS]))
    assert timing.shift == pytest.approx(by, abs=0.05)
    assert timing.shifted_met == len(MOMENTS)
    assert ("late" if by > 0 else "early") in checks["onsets"].hint


def test_sounds_strewn_over_everything_do_not_pass_for_aligned_ones(wav: Path) -> None:
    _, timing, checks = examined(wav, clicks([0.17 * k for k in range(1, 46)]))
    assert len(timing.met) >= 6
    assert timing.chance > 4
    assert not follows(timing)
    assert checks["onsets"].state == LOOK


def test_what_sounds_from_the_first_sample_on_has_no_onset(wav: Path) -> None:
    rng = np.random.default_rng(4)
    _, timing, _ = examined(wav, rng.normal(0, 0.05, TAKE_SAMPLES).astype(np.float32))
    assert timing.found == ()
