"""The first job loads the engine: that is seen, counted, and no reason to wait for who has cancelled."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from foleyd.v1 import foleyd_pb2 as pb
from house import House, finish, request, wait_for


@pytest.fixture
def slow_house(house: House, monkeypatch: pytest.MonkeyPatch) -> House:
    """A house whose engine takes its time to load."""
    monkeypatch.setenv("FAKE_ENGINE_LOADS", "1.6")
    return house


@pytest.mark.slow
def test_the_first_job_shows_how_far_the_engine_is(slow_house: House, flashes: Path, tmp_path: Path) -> None:
    with slow_house.start() as daemon:
        events = finish(daemon, request(flashes, 50, folder=tmp_path / "a"))
        told = [event.stage.words for event in events if event.stage.name == "load"]
        assert told == ["starting fake", *(f"fetching part {n}" for n in range(1, 5)), "ready"]
        seconds = events[-1].done.stage_seconds
        assert seconds["load"] == pytest.approx(1.6, abs=0.4)
        assert seconds["see"] < 1
        fractions = [event.stage.fraction for event in events if event.HasField("stage")]
        assert fractions == sorted(fractions)
        again = finish(daemon, request(flashes, 50, folder=tmp_path / "b", prompt="more clicks"))[-1]
        assert "load" not in again.done.stage_seconds


@pytest.mark.slow
def test_the_command_shows_it_too(slow_house: House, flashes: Path, tmp_path: Path) -> None:
    slow_house.start().close()
    words = ("generate", str(flashes), "-o", str(tmp_path / "out"), "--prompt", "clicks", "--engine", "fake")
    done = subprocess.run(
        [sys.executable, "-m", "foleyd", *words], capture_output=True, text=True, check=True
    )
    assert "\nfetching part 2: " in done.stderr


@pytest.mark.slow
def test_a_job_cancelled_meanwhile_ends_at_once_and_the_load_goes_on(
    slow_house: House, flashes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAKE_ENGINE_LOADS", "8")  # two seconds between what it tells
    with slow_house.start() as daemon:
        for event in daemon.generate(request(flashes, 50, folder=tmp_path / "out")):
            if event.stage.words == "fetching part 1":
                daemon.cancel(event.job_id)
        assert event.WhichOneof("event") == "cancelled"
        assert not any(engine.loaded for engine in daemon.server_info().engines), "it waited for the load"
        assert not (tmp_path / "out").exists()
        assert daemon.job(event.job_id).state == pb.JOB_STATE_CANCELLED
        wait_for(lambda: any(engine.loaded for engine in daemon.server_info().engines), 15)
