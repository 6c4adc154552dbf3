"""A worker process: does the studio's work so that the daemon stays quick and survives bad media.

The first worker has the studio and a bench for engines; that of a device has a bench alone.

Messages over one pipe, both ways, between our own two processes:
``("call", id, lane, method, arguments, urgent)``, ``("cancel", id, index)`` and ``("stop",)`` in;
``("event", id, event)``, ``("stands by", id, None)`` when others go first, ``("waited", id, seconds)`` when
it begins or goes on, ``("result", id, value)`` and ``("failure", id, Failure)`` out.
Each lane is one thread, in which urgent calls go first. The worker leaves when the pipe closes.
"""

from __future__ import annotations

import logging
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

import psutil

from foleyd.config import Folders, Settings
from foleyd.errors import FoleyError, failure_or_defect
from foleyd.jobs.lanes import Lane

if TYPE_CHECKING:
    from foleyd.bench import Bench
    from foleyd.studio import Studio

_NICENESS = 5

STUDIO_LANES = ("front", "desk")
"""Quick questions; work of jobs around the engine."""
BENCH_LANES = ("engines", "slot")
"""Questions about engines, loading and unloading; engines at work."""


class PipeWatch:
    """What a piece of work sees of the daemon: it reports events, asks whether to go on, and gives way."""

    def __init__(self, send: Any, call: int, lane: Lane) -> None:
        self._send = send
        self._call = call
        self._lane = lane
        self._cancelled: set[int] = set()

    def event(self, event: object) -> None:
        """Sends EVENT to whoever called."""
        self._send(("event", self._call, event))

    def cancelled(self, index: int = 0) -> bool:
        """Whether item INDEX of the call was cancelled."""
        return index in self._cancelled

    def give_way(self) -> None:
        """Lets urgent calls go first; returns when they are done."""
        if self._lane.must_give_way():
            self._send(("stands by", self._call, None))
            self._send(("waited", self._call, self._lane.give_way()))

    def cancel(self, index: int) -> None:
        """Cancels item INDEX."""
        self._cancelled.add(index)


class Worker:
    """Runs calls in its lanes until the pipe closes.

    OPEN_STUDIO is asked until it gives a studio: what it raises is every call's answer until then.
    """

    def __init__(self, pipe: Connection, bench: Bench, open_studio: Callable[[], Studio]) -> None:
        self._pipe = pipe
        self._bench = bench
        self._open_studio = open_studio
        self._opening = threading.Lock()
        self._opened: Studio | None = None
        self._sending = threading.Lock()
        self._watches: dict[int, PipeWatch] = {}
        lanes = (*STUDIO_LANES, *BENCH_LANES)
        self._lanes = {lane: Lane(lane) for lane in lanes}

    def studio(self) -> Studio:
        """The studio, opened. Raises CacheUnusable."""
        with self._opening:
            if self._opened is None:
                self._opened = self._open_studio()
            return self._opened

    def serve(self) -> None:
        """Takes messages until the daemon is gone; then ends the process, whatever still runs."""
        while True:
            try:
                message = self._pipe.recv()
            except (EOFError, OSError):
                os._exit(0)
            if message[0] == "call":
                self._take(*message[1:])
            elif message[0] == "stop":
                os._exit(0)
            elif message[0] == "cancel" and (watch := self._watches.get(message[1])):
                watch.cancel(message[2])

    def _take(self, call: int, lane: str, method: str, arguments: tuple[Any, ...], urgent: bool) -> None:
        self._watches[call] = PipeWatch(self._send, call, self._lanes[lane])
        came = time.perf_counter()

        def run() -> None:
            self._send(("waited", call, time.perf_counter() - came))
            self._run(call, lane, method, arguments)

        self._lanes[lane].run(run, urgent=urgent)

    def _run(self, call: int, lane: str, method: str, arguments: tuple[Any, ...]) -> None:
        try:
            room = self._bench if lane in BENCH_LANES else self.studio()
            self._send(("result", call, getattr(room, method)(*arguments, watch=self._watches[call])))
        except Exception as error:  # whatever it is, the caller hears of it and the worker lives on
            self._send(("failure", call, failure_or_defect(error)))
        finally:
            self._watches.pop(call, None)

    def _send(self, message: tuple[Any, ...]) -> None:
        with self._sending:
            try:
                self._pipe.send(message)
            except (BrokenPipeError, OSError):
                os._exit(0)


def _step_back() -> None:
    """Lets the editor's own programs and the daemon go first: this process can take all cores."""
    process = psutil.Process()
    process.nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", _NICENESS))


def run_worker(pipe: Connection, folders: Folders, settings: Settings, has_studio: bool) -> None:
    """A worker's main function. Signals are the daemon's to handle."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "SIGTERM"):
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    _step_back()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s worker %(levelname)s %(name)s: %(message)s")
    from foleyd.bench import Bench
    from foleyd.studio import Studio

    worker = Worker(pipe, Bench(folders), lambda: Studio(folders, settings))
    if has_studio:
        with suppress(FoleyError):  # whoever calls will hear of it
            worker.studio()
    worker.serve()
