from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from foleyd import loading
from foleyd.engines.engine import Engine, EngineError, LoadReport, Progress
from foleyd.errors import CancelledWork
from foleyd.loading import LoadedEngines


class Slow:
    """An engine that goes on loading when it is let."""

    def __init__(self, version: str = "1") -> None:
        self.capabilities = SimpleNamespace(version=version)
        self.begun, self.gate = threading.Event(), threading.Event()
        self.failure: Exception | None = None
        self.unloaded = False

    def load(self, device: str, profile: str, on_progress: Progress) -> LoadReport:
        on_progress(0.25, "fetching")
        self.begun.set()
        assert self.gate.wait(10)
        if self.failure:
            raise self.failure
        on_progress(1.0, "ready")
        return LoadReport(device, profile, 0.0)

    def report(self) -> LoadReport | None:
        return None if self.unloaded else LoadReport("cpu", "plain", 0.0)

    def unload(self) -> None:
        self.unloaded = True


def never() -> bool:
    return False


def get(engines: LoadedEngines, version: str = "1", cancelled: Any = never) -> tuple[Engine, list[str]]:
    """The engine, and what was told meanwhile."""
    told: list[str] = []
    return engines.get("slow", version, lambda fraction, words: told.append(words), cancelled), told


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Slow]:
    """Engines that will be made, in this order."""
    engines = [Slow(), Slow("2"), Slow("2")]
    coming = iter(engines)
    monkeypatch.setattr(loading, "make_engine", lambda name: next(coming))
    return engines


def test_all_who_wait_hear_everything_and_get_the_same_engine(made: list[Slow]) -> None:
    engines = LoadedEngines()
    waits = threading.Barrier(3, timeout=5)

    def wait() -> tuple[Engine, list[str]]:
        told: list[str] = []

        def tell(fraction: float, words: str) -> None:
            told.append(words)
            if words == "fetching":
                waits.wait()

        return engines.get("slow", "1", tell, never), told

    with ThreadPoolExecutor(2) as pool:
        waiting = [pool.submit(wait) for _ in range(2)]
        waits.wait()  # both have been told that it is under way
        assert engines.reports() == {}
        made[0].gate.set()
        for one in waiting:
            engine, told = one.result(5)
            assert engine is made[0]
            assert told == ["starting slow", "fetching", "ready"]
    assert get(engines) == (made[0], [])
    assert list(engines.reports()) == ["slow"]


def test_who_cancels_goes_at_once_and_the_load_goes_on(made: list[Slow]) -> None:
    engines = LoadedEngines()
    with pytest.raises(CancelledWork):
        get(engines, cancelled=made[0].begun.is_set)
    assert engines.reports() == {}, "it waited for the load"
    made[0].gate.set()
    assert get(engines)[0] is made[0]


def test_a_load_that_fails_is_told_and_tried_anew(made: list[Slow]) -> None:
    engines = LoadedEngines()
    made[0].failure = EngineError("no")
    for engine in made:
        engine.gate.set()
    with pytest.raises(EngineError, match="no"):
        get(engines)
    assert get(engines)[0] is made[1]


def test_an_engine_whose_weights_have_changed_is_loaded_again(made: list[Slow]) -> None:
    engines = LoadedEngines()
    for engine in made:
        engine.gate.set()
    assert get(engines)[0] is made[0]
    engine, told = get(engines, version="2")
    assert engine is made[1]
    assert made[0].unloaded
    assert told[-1] == "ready"
    assert get(engines, version="")[0] is made[1]


def test_an_engine_that_lost_its_weights_is_loaded_again(made: list[Slow]) -> None:
    engines = LoadedEngines()
    for engine in made:
        engine.gate.set()
    get(engines)[0].unload()
    assert engines.reports() == {}
    assert get(engines)[0] is made[1]


def test_unloading_waits_for_a_load_under_way(made: list[Slow]) -> None:
    engines = LoadedEngines()
    with pytest.raises(CancelledWork):
        get(engines, cancelled=made[0].begun.is_set)
    with ThreadPoolExecutor(1) as pool:
        unloading = pool.submit(engines.unload, "slow")
        time.sleep(0.1)
        assert not made[0].unloaded
        made[0].gate.set()
        unloading.result(5)
    assert made[0].unloaded
    assert engines.reports() == {}
