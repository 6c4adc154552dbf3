"""Damaged input, for a while: nothing crashes, hangs, or fails in words that are not ours."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.fuzz import HANG_SECONDS, TARGETS, Tally, run, run_all


@pytest.mark.slow
def test_damaged_input_is_read_or_refused_in_our_words() -> None:
    results = run_all(10, seed=20)
    assert {name: tally.bad for name, tally in results.items() if tally.failures} == {}
    assert set(results) == set(TARGETS)
    assert all(tally.typed > 0 for name, tally in results.items() if name != "urls"), "nothing was refused"
    assert all(tally.successes > 0 for tally in results.values()), "nothing was taken"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("what", "count"),
    [
        ("crash", "crashes"),
        ("hang", "hangs"),
        ("mistake", "untyped"),
        ("fine", "successes"),
        ("own", "typed"),
    ],
)
def test_the_counter_counts(what: str, count: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a run without failures would prove nothing."""
    monkeypatch.setattr("benchmarks.fuzz._ANSWER_SECONDS", 1.0)
    tally: Tally = run(f"test-{what}", 60, 1, tmp_path / "cases", only=3)
    assert (tally.runs, getattr(tally, count)) == (1, 1)
    assert tally.failures == (what in {"crash", "hang", "mistake"})
    assert all("case 3 of seed 1" in sentence for sentence in tally.bad)
    assert HANG_SECONDS == 5
