"""The engines that are in memory: each is loaded once, in a thread, while any number wait for it.

Who waits hears how far it is and can go at any time: what was begun goes on, for whoever comes next.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field

from foleyd.engines.engine import Engine, LoadReport, Progress
from foleyd.engines.registry import make_engine
from foleyd.errors import CancelledWork

logger = logging.getLogger(__name__)

_GLANCE = 0.05
"""Seconds between two looks of who waits: at what was told, and at whether to wait on."""


@dataclass(slots=True)
class _Load:
    """A load under way. MARKS are what it has told so far."""

    marks: list[tuple[float, str]] = field(default_factory=list)
    future: Future[Engine] = field(default_factory=Future)


class LoadedEngines:
    """Engines by name. May be asked by several threads at once."""

    def __init__(self) -> None:
        self._engines: dict[str, Engine] = {}
        self._versions: dict[str, str] = {}
        self._loads: dict[str, _Load] = {}
        self._changing = threading.Lock()
        self._one_at_a_time = threading.Lock()

    def get(
        self,
        name: str,
        version: str,
        on_progress: Progress,
        cancelled: Callable[[], bool],
        *,
        device: str = "auto",
        profile: str = "auto",
    ) -> Engine:
        """The engine of NAME, loaded; again where its weights have changed and it is of another VERSION.

        One that has no report was not able to go on (a card's memory ran out) and is loaded anew as well.
        DEVICE and PROFILE are for a load that begins here. Raises what loading raises, and CancelledWork as
        soon as nobody wants to wait any more.
        """
        while True:
            with self._changing:
                load = self._loads.get(name)
                ours = load is None
                if load is None:
                    engine = self._engines.get(name)
                    known = version in ("", self._versions.get(name))
                    if engine is not None and known and engine.report() is not None:
                        return engine
                    load = self._begin(name, device, profile)
            engine = _wait(load, on_progress, cancelled)
            if ours:
                return engine

    def reports(self) -> dict[str, LoadReport]:
        """How those that are loaded stand, by name."""
        reports = {name: engine.report() for name, engine in list(self._engines.items())}
        return {name: report for name, report in reports.items() if report is not None}

    def unload(self, name: str) -> None:
        """Gives an engine's memory back, once it is loaded if that is under way."""
        with self._changing:
            load = self._loads.get(name)
        if load is not None:
            wait([load.future])
        with self._changing:
            engine = self._engines.pop(name, None)
        if engine is not None:
            engine.unload()

    def _begin(self, name: str, device: str, profile: str) -> _Load:
        """Begins to load NAME. The lock is held."""
        load = self._loads[name] = _Load()
        load.marks.append((0.0, f"starting {name}"))
        earlier = self._engines.pop(name, None)

        def run() -> None:
            try:
                load.future.set_result(self._load(name, device, profile, earlier, load))
            except BaseException as error:  # whatever it is, those who wait hear of it
                load.future.set_exception(error)

        # A thread that ends gives its handles of a card's libraries to those that use the engine.
        threading.Thread(target=run, name=f"load-{name}", daemon=True).start()
        return load

    def _load(self, name: str, device: str, profile: str, earlier: Engine | None, load: _Load) -> Engine:
        try:
            with self._one_at_a_time:
                began = time.perf_counter()
                if earlier is not None:
                    earlier.unload()
                engine = make_engine(name)
                version = engine.capabilities.version
                engine.load(device, profile, lambda fraction, words: load.marks.append((fraction, words)))
                logger.info("engine %s loaded in %.2f s", name, time.perf_counter() - began)
            with self._changing:
                self._engines[name], self._versions[name] = engine, version
            return engine
        finally:
            with self._changing:
                del self._loads[name]


def _wait(load: _Load, on_progress: Progress, cancelled: Callable[[], bool]) -> Engine:
    """The engine, once it is loaded. Everything that was told is told again, in order."""
    told = 0
    while True:
        done = wait([load.future], _GLANCE).done
        for fraction, words in load.marks[told:]:
            told += 1
            on_progress(fraction, words)
        if done:
            return load.future.result()
        if cancelled():
            raise CancelledWork("cancelled while the engine was loaded")
