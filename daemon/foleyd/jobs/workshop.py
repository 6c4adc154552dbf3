"""The daemon's end of a worker process: calls, cancels, and starts it again when it dies."""

from __future__ import annotations

import asyncio
import itertools
import logging
import multiprocessing
import os
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any

from foleyd.config import Folders, Settings
from foleyd.errors import FailedWork, FoleyError
from foleyd.jobs.worker import run_worker

logger = logging.getLogger(__name__)

_TRIES = 2
"""A call whose worker died is tried once more in a new one."""
_MOST_TRIES = 6
"""Of a call that only stood by each time: it was not what killed the worker."""
_DIED = "the worker process ended unexpectedly; a damaged file may have crashed its decoder"
_BENCH_DIED = "the worker process of the engine ended unexpectedly; it may have run out of memory"
_STOPPING = "the daemon is stopping; ask again in a moment"


class WorkerDied(FoleyError):
    """The worker process ended while it worked on a call."""

    code = "INTERNAL"
    reason = "WORKER_DIED"


class Stopping(FoleyError):
    """The daemon is stopping; the next one goes on with its jobs."""

    code = "UNAVAILABLE"
    reason = "STOPPING"


@dataclass(slots=True)
class _Call:
    lane: str
    method: str
    arguments: tuple[Any, ...]
    on_event: Callable[[Any], None] | None
    on_start: Callable[[Callable[[int], None]], None] | None
    on_wait: Callable[[float], None] | None
    urgent: bool
    stands_by: bool = True
    future: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass(slots=True)
class _Child:
    process: SpawnProcess
    pipe: Connection
    calls: dict[int, _Call] = field(default_factory=dict)
    outbox: queue.SimpleQueue[tuple[Any, ...] | None] = field(default_factory=queue.SimpleQueue)


class Workshop:
    """One worker process at a time, with a studio in it or for engines alone.

    All methods belong to the event loop.
    """

    def __init__(self, folders: Folders, settings: Settings, *, has_studio: bool = True) -> None:
        self._folders = folders
        self._settings = settings
        self._has_studio = has_studio
        self._numbers = itertools.count(1)
        self._child: _Child | None = None
        self._closing = False
        self._changing = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Process id of the worker, when there is one."""
        return self._child.process.pid if self._child else None

    async def start(self) -> None:
        """Starts the worker, so that the first job finds it warm."""
        await self._living_child()

    async def call(
        self,
        lane: str,
        method: str,
        *arguments: Any,
        on_event: Callable[[Any], None] | None = None,
        on_start: Callable[[Callable[[int], None]], None] | None = None,
        on_wait: Callable[[float], None] | None = None,
        urgent: bool = False,
    ) -> Any:
        """Runs METHOD of the studio or the bench, whichever has LANE, and returns what it returns.

        ON_START gets a function that cancels item N of the call. What is URGENT goes first, in pauses of what
        is at work; ON_WAIT is told the seconds for which the call stood by. Raises FailedWork for a failure
        over there, WorkerDied when the worker died twice over it, Stopping when the workshop closes.
        """
        deaths = stood_by = 0
        while True:
            made = _Call(lane, method, arguments, on_event, on_start, on_wait, urgent)
            try:
                return await self._try_call(made)
            except WorkerDied:
                deaths += 1
                stood_by += made.stands_by
                logger.warning("the worker died during %s (attempt %d)", method, deaths)
                if deaths - stood_by == _TRIES or deaths == _MOST_TRIES:
                    raise

    async def _try_call(self, call: _Call) -> Any:
        child = await self._living_child()
        number = next(self._numbers)
        child.calls[number] = call
        child.outbox.put(("call", number, call.lane, call.method, call.arguments, call.urgent))
        if call.on_start:
            call.on_start(lambda index: child.outbox.put(("cancel", number, index)))
        try:
            return await call.future
        except asyncio.CancelledError:
            child.outbox.put(("cancel", number, 0))
            raise
        finally:
            child.calls.pop(number, None)

    async def _living_child(self) -> _Child:
        while True:
            # Whoever asks may be cancelled; a start goes on, or nobody would listen to the child.
            child = await asyncio.shield(self._found_or_started())
            if child is self._child:  # else it died before its turn came
                return child

    async def _found_or_started(self) -> _Child:
        async with self._changing:  # two at a time would share the device's memory
            if self._closing:
                raise Stopping(_STOPPING)
            if self._child is None:
                self._child = await self._started()
            return self._child

    async def _started(self) -> _Child:
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=run_worker,
            args=(theirs, self._folders, self._settings, self._has_studio),
            name="foleyd-worker",
            daemon=True,
        )
        child = _Child(process, ours)
        _bound_heaps()
        await asyncio.to_thread(process.start)
        theirs.close()
        loop = asyncio.get_running_loop()
        threading.Thread(target=self._listen, args=(child, loop), daemon=True, name="from-worker").start()
        threading.Thread(target=_speak, args=(child,), daemon=True, name="to-worker").start()
        return child

    def _listen(self, child: _Child, loop: asyncio.AbstractEventLoop) -> None:
        """Runs in a thread of its own: hands the worker's messages to the loop until the pipe closes."""
        try:
            while True:
                loop.call_soon_threadsafe(self._take, child, child.pipe.recv())
        except (EOFError, OSError):
            pass
        except RuntimeError:  # the loop is closed: the daemon has stopped
            return
        try:
            loop.call_soon_threadsafe(self._bury, child)
        except RuntimeError:
            return

    def _take(self, child: _Child, message: tuple[Any, ...]) -> None:
        kind, number, value = message
        call = child.calls.get(number)
        if call is None or call.future.done():
            return
        if kind == "event" and call.on_event:
            call.on_event(value)
        elif kind in ("stands by", "waited"):
            call.stands_by = kind == "stands by"
            if call.on_wait and value:
                call.on_wait(value)
        elif kind == "result":
            call.future.set_result(value)
        elif kind == "failure":
            call.future.set_exception(FailedWork(value))

    def _bury(self, child: _Child) -> None:
        """Tells everybody who waits for CHILD that it is dead."""
        if self._child is child:
            self._child = None
        child.outbox.put(None)
        died = _DIED if self._has_studio else _BENCH_DIED
        why = Stopping(_STOPPING) if self._closing else WorkerDied(died)
        for call in child.calls.values():
            if not call.future.done():
                call.future.set_exception(why)

    async def close(self) -> None:
        """Ends the worker for good; calls that wait get Stopping."""
        self._closing = True
        await self.end()

    async def end(self) -> None:
        """Ends the worker and returns when it is gone, its memory with it; the next call starts a new one.

        Calls that wait are tried again there.
        """
        async with self._changing:
            child = self._child
            if child is None:
                return
            child.outbox.put(("stop",))
            self._bury(child)
            await asyncio.to_thread(child.process.join, 2)
            if child.process.is_alive():
                child.process.kill()
                await asyncio.to_thread(child.process.join, 2)


def _bound_heaps() -> None:
    """glibc gives every thread a heap of its own; two serve as well and hold 70 MB less in the worker."""
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")


def _speak(child: _Child) -> None:
    """Runs in a thread of its own, since a full pipe would hold up the loop."""
    while (message := child.outbox.get()) is not None:
        try:
            child.pipe.send(message)
        except (BrokenPipeError, OSError):  # it died; the listening thread notices and buries it
            return
