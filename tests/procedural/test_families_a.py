"""Footsteps, cloth, hits, breaks: finite, at the reference, each hit another, qualities heard."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.sounds import decay_s, loudness, stereo
from foleyd.engines.procedural.sounds.breaks import BREAKS
from foleyd.engines.procedural.sounds.catalogue import FAMILIES
from foleyd.engines.procedural.sounds.cloth import WEAVES, rustle
from foleyd.engines.procedural.sounds.family import HOP, RATE, REFERENCE, Sound, Strike, Voice
from foleyd.engines.procedural.sounds.grounds import GROUNDS, SHOES
from foleyd.engines.procedural.sounds.solids import SOLIDS

STRIKES: list[tuple[str, str, dict[str, Any]]] = [
    *(("footsteps", "step", {"material": material}) for material in GROUNDS),
    *(("footsteps", "step", {"material": "wood", "tool": shoe}) for shoe in SHOES),
    ("footsteps", "step", {"material": "gravel", "wetness": 0.9, "tool": "boots"}),
    *(("hits", "hit", {"material": material}) for material in SOLIDS),
    ("hits", "hit", {"material": "wood", "tool": "glass"}),
    *(("breaks", "shatter", {"material": material}) for material in BREAKS),
    *(("breaks", "debris", {"material": material}) for material in ("stone", "glass", "wood")),
]


def strike(family: str, name: str, hit: int = 0, strength: float = 1.0, **qualities: Any) -> Strike:
    sound = FAMILIES[family].sound(name)
    assert sound.strike is not None
    voice = Voice(family, name, **{"character": 3, **qualities})
    return sound.strike(voice, strength, np.random.default_rng(hit))


def power_db(x: np.ndarray) -> float:
    return float(10 * np.log10((x.astype(np.float64) ** 2).sum()))


def band_db(x: np.ndarray, low: float, high: float) -> float:
    """Energy of mono X between LOW and HIGH Hz against the whole, dB."""
    power = np.abs(np.fft.rfft(x)) ** 2
    hz = np.fft.rfftfreq(len(x), 1 / RATE)
    return float(10 * np.log10(power[(hz >= low) & (hz < high)].sum() / power.sum()))


@pytest.mark.parametrize(("family", "name", "qualities"), STRIKES)
def test_a_strike_is_finite_starts_at_once_and_ends_in_silence(
    family: str, name: str, qualities: dict[str, Any]
) -> None:
    for hit in range(3):
        made = strike(family, name, hit, **qualities)
        x = stereo(made.samples)
        assert made.samples.dtype == np.float32
        assert np.isfinite(x).all()
        peak = np.abs(x).max()
        assert 0.02 < peak < 1.0
        first = int(np.argmax(np.abs(x).max(axis=0) > 0.01 * peak))
        assert abs(first - made.onset) <= 96
        assert np.abs(x[:, -1]).max() < 1e-3 * peak
        assert abs(x.mean()) < 0.01 * peak


@pytest.mark.parametrize(("family", "name", "qualities"), STRIKES)
def test_strikes_come_at_the_reference_level(family: str, name: str, qualities: dict[str, Any]) -> None:
    pad = ((0, 0), (RATE // 2, RATE // 2))
    pieces = [np.pad(stereo(strike(family, name, hit, **qualities).samples), pad) for hit in range(5)]
    level = np.mean([loudness(piece, momentary=True) for piece in pieces])
    soft = {"carpet": 4.0, "sand": 3.0, "dirt": 2.0, "grass": 2.0}.get(qualities.get("material", ""), 0.0)
    assert REFERENCE - 4.0 - soft <= level <= REFERENCE + 3.0


@pytest.mark.parametrize(("family", "name", "qualities"), STRIKES)
def test_every_hit_is_another_but_of_the_same_thing(
    family: str, name: str, qualities: dict[str, Any]
) -> None:
    one, again, other = (strike(family, name, hit, **qualities).samples for hit in (1, 1, 2))
    assert np.array_equal(one, again)
    n = min(one.shape[-1], other.shape[-1])
    assert not np.allclose(one[..., :n], other[..., :n], atol=1e-4)
    assert abs(power_db(one) - power_db(other)) < 8.0


def test_another_take_has_another_thing() -> None:
    one, other = (strike("hits", "hit", material="metal", character=c).samples for c in (1, 2))
    tops = [int(np.argmax(np.abs(np.fft.rfft(x, 65_536)))) for x in (one, other)]
    assert tops[0] != tops[1]


def test_materials_ring_as_long_as_materials_do() -> None:
    t60 = {
        material: np.median(
            [
                decay_s(strike("hits", "hit", hit, material=material).samples.astype(np.float64))
                for hit in range(5)
            ]
        )
        for material in ("metal", "glass", "wood", "rubber")
    }
    assert t60["metal"] > 0.5
    assert t60["metal"] > t60["glass"] > t60["wood"] > t60["rubber"]
    assert 0.05 < t60["wood"] < 0.35


def test_a_small_thing_rings_higher_than_a_large_one() -> None:
    small, large = (
        np.fft.rfftfreq(65_536, 1 / RATE)[
            np.argmax(np.abs(np.fft.rfft(strike("hits", "hit", material="metal", size=size).samples, 65_536)))
        ]
        for size in (0.1, 0.9)
    )
    assert small > 2 * large


def test_heels_click_and_boots_thud() -> None:
    heels, boots = (
        np.mean([band_db(strike("footsteps", "step", h, material="wood", tool=t).samples, 2000, 16_000)
                 for h in range(6)])
        for t in ("heels", "boots")
    )  # fmt: skip
    assert heels > boots + 6


@pytest.mark.parametrize("material", ["gravel", "leaves", "snow", "sand", "grass"])
def test_loose_ground_crunches_where_concrete_knocks(material: str) -> None:
    loose, hard = (
        np.mean([band_db(strike("footsteps", "step", h, material=m).samples, 1000, 16_000) for h in range(6)])
        for m in (material, "concrete")
    )
    assert loose > hard + 3


def test_snow_is_darker_than_leaves() -> None:
    snow, leaves = (
        np.mean([band_db(strike("footsteps", "step", h, material=m).samples, 4000, 16_000) for h in range(6)])
        for m in ("snow", "leaves")
    )
    assert snow < leaves - 3


def two_humps(speed: float) -> float:
    """Seconds from the heel to the ball of a step on stone, by its envelope's second rise."""
    found = []
    for hit in range(9):
        x = np.abs(strike("footsteps", "step", hit, material="stone", speed=speed).samples)
        env = np.convolve(x, np.full(240, 1 / 240), "same")
        start = round(0.025 * RATE)
        found.append((start + int(np.argmax(np.diff(env[start : start + RATE // 3], n=1)))) / RATE)
    return float(np.median(found))


def test_a_fast_step_rolls_over_sooner() -> None:
    assert 0.06 < two_humps(0.5) < 0.14
    assert two_humps(0.9) < two_humps(0.5) < two_humps(0.1)


def test_wet_ground_hisses_with_water() -> None:
    dry, wet = (
        np.mean([band_db(strike("footsteps", "step", h, material="concrete", wetness=w).samples, 2000, 9000)
                 for h in range(6)])
        for w in (0.0, 0.9)
    )  # fmt: skip
    assert wet > dry + 3


@pytest.mark.parametrize(("family", "name"), [("footsteps", "step"), ("hits", "hit"), ("breaks", "shatter")])
def test_heavy_is_louder_than_light(family: str, name: str) -> None:
    light, heavy = (
        np.mean([power_db(strike(family, name, hit, intensity=i).samples) for hit in range(5)])
        for i in (0.2, 0.9)
    )
    assert heavy > light + 3


def test_a_break_scatters_between_the_ears_and_lasts() -> None:
    x = strike("breaks", "shatter", material="glass").samples
    assert x.shape[0] == 2
    assert np.asarray(np.corrcoef(x))[0, 1] < 0.9
    late = x[:, round(0.4 * RATE) : round(1.0 * RATE)]
    assert power_db(x) - power_db(late) < 25


def bed(material: str, level: float, hops: int, seed: int = 1) -> np.ndarray:
    stream = rustle(
        Voice("cloth", "rustle", material=material),
        lambda _: np.full(HOP, level, np.float32),
        np.random.default_rng(seed),
    )
    return np.concatenate([next(stream) for _ in range(hops)], axis=1)


@pytest.mark.parametrize("material", sorted(WEAVES))
def test_cloth_is_at_the_reference_and_has_no_seams(material: str) -> None:
    x = bed(material, 1.0, 32)
    assert np.isfinite(x).all()
    assert abs(loudness(x, momentary=False) - REFERENCE) < 3.0
    steps = np.abs(np.diff(x, axis=1))
    assert steps[:, HOP - 1 :: HOP].max() < 1.5 * np.quantile(steps, 0.9999)
    assert np.array_equal(x, bed(material, 1.0, 32))
    assert not np.array_equal(x, bed(material, 1.0, 32, seed=2))


def test_cloth_is_silent_when_nothing_moves_and_louder_with_more() -> None:
    assert not np.any(bed("cotton", 0.0, 4))
    assert power_db(bed("cotton", 1.0, 8)) > power_db(bed("cotton", 0.3, 8)) + 6


def test_every_sound_has_a_level_a_mixer_would_set() -> None:
    sounds: list[Sound] = [sound for family in FAMILIES.values() for sound in family.sounds]
    assert all(-60.0 <= sound.level <= -20.0 for sound in sounds)
    assert all(family.summary for family in FAMILIES.values())
