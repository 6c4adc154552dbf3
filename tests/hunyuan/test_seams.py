"""The measurement of seams finds those that are there, and no others; the command runs."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from benchmarks.hunyuan_seams import (
    HALF_SECOND,
    RATE,
    Sound,
    figures_at,
    joins_of,
    main,
    places_elsewhere,
    spans_of,
    summary,
)

JOINS = [4 * RATE, 8 * RATE]


def rain() -> Sound:
    noise = np.random.default_rng(5).normal(0, 0.05, 12 * RATE)
    return np.convolve(noise, np.ones(8) / 8, "same")


def shares(sound: Sound) -> dict[str, float]:
    """How often each figure is larger at a join than elsewhere."""
    elsewhere = [figures_at(sound, place) for place in places_elsewhere(len(sound), JOINS)]
    found = summary([figures_at(sound, join) for join in JOINS], elsewhere)["figures"]
    return {name: one["p"] for name, one in found.items()}


def test_a_sound_without_seams_has_none() -> None:
    assert all(0.1 < share < 0.9 for share in shares(rain()).values())


@pytest.mark.parametrize("figure", ["level", "spectrum", "click"])
def test_seams_are_found(figure: str) -> None:
    sound = rain()
    for join in JOINS:
        if figure == "click":
            sound[join] += 0.5
        elif figure == "level":
            sound[join : join + HALF_SECOND] *= 1.5
        else:
            stretch = slice(join, join + HALF_SECOND)
            sound[stretch] = np.convolve(sound[stretch], np.ones(16) / 4, "same")
    assert shares(sound)[figure] == 1


@pytest.mark.parametrize("overlap", [0, 50])
@pytest.mark.parametrize("latents", [500, 1501, 3000])
def test_windows_cover_a_take_and_share_what_was_asked(latents: int, overlap: int) -> None:
    spans = spans_of(latents, overlap)
    assert spans[0][0] == 0
    assert spans[-1][1] == latents
    assert all(before[1] - after[0] == overlap for before, after in pairwise(spans))
    assert max(last - first for first, last in spans) <= 402
    assert len(joins_of(spans)) == len(spans) - 1


def test_the_command_runs_on_random_weights(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "seams.json"
    few = ["--seconds", "10", "--takes", "1", "--steps", "1", "--device", "cpu"]
    assert main(["--random", *few, "--json", str(table)]) == 0
    assert "says that the command runs" in capsys.readouterr().out
    report = json.loads(table.read_text())
    assert report["random_weights"]
    assert set(report["overlapping"]["figures"]) == {"level", "spectrum", "click"}
    with pytest.raises(SystemExit):
        main([])
