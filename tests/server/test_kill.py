from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.kill import run


@pytest.mark.slow
def test_nothing_is_lost_when_the_daemon_is_killed_again_and_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    outcome = run(kills=10, seed=2, folder=tmp_path)
    assert outcome.accepted == outcome.done == 30
    assert outcome.lost == []
    assert outcome.wrong == []
    assert outcome.resumed > 5
