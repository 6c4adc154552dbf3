"""A device slot: a queue of work for one engine at a time, batched over jobs.

At every batch the interactive work goes first; then whatever was asked for first. Compatible takes
of different jobs share a batch. Interactive work does not even wait for the end of a batch that has none:
it is done in the batch's pauses.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from foleyd.errors import CancelledWork, FailedWork, Failure
from foleyd.jobs.cancellation import Cancellation
from foleyd.jobs.records import Priority


class Caller(Protocol):
    """What carries out the work of a slot: a worker process, or a thread for engines of the daemon's own."""

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
        """As :meth:`foleyd.jobs.workshop.Workshop.call`."""
        ...


@dataclass(slots=True)
class Work:
    """One thing to do in a slot.

    ``METHOD(*ARGUMENTS)`` has one answer and reports plain events. When BATCHED, METHOD takes a list
    with the one argument of each work and returns a list of answers (a Failure fails that work
    alone), and its events name the item they are about, or None for all; works of equal KEY then
    share a call, up to LIMIT of them. SECONDS is how long it was worked on.
    """

    job: str
    priority: Priority
    method: str
    arguments: tuple[Any, ...]
    cancellation: Cancellation
    on_event: Callable[[Any], None]
    batched: bool = False
    key: Hashable = None
    limit: int = 1
    order: int = 0
    seconds: float = 0.0
    answer: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    @property
    def rank(self) -> tuple[int, int]:
        """Who goes first: lower."""
        return (self.priority, self.order)

    @property
    def urgent(self) -> bool:
        """Whether somebody sits and waits for it."""
        return self.priority is Priority.INTERACTIVE


class Slot:
    """A device and its queue. Belongs to the event loop."""

    def __init__(self, device: str, lane: str, caller: Caller) -> None:
        self.device = device
        self._lane = lane
        self._caller = caller
        self._orders = itertools.count()
        self._waiting: list[Work] = []
        self._batch: list[Work] = []
        self._between: list[Work] = []
        self._arrived = asyncio.Event()
        self._urgent = asyncio.Event()

    @property
    def queued(self) -> int:
        """Works that wait."""
        return len(self._waiting)

    @property
    def jobs(self) -> tuple[str, ...]:
        """Jobs being worked on."""
        return tuple(dict.fromkeys(work.job for work in (*self._between, *self._batch)))

    async def do(self, work: Work) -> Any:
        """Queues WORK and returns its answer. Raises FailedWork, CancelledWork when its job is cancelled."""
        work.cancellation.check()
        work.order = next(self._orders)
        self._waiting.append(work)
        self._arrived.set()
        if work.urgent:
            self._urgent.set()
        stop = work.cancellation.listen(lambda: self._drop(work))
        try:
            return await work.answer
        finally:
            stop()

    def _drop(self, work: Work) -> None:
        """Takes a cancelled WORK out of the queue; one that is being worked on is stopped by the call.

        Alone it answers once it has stopped; in company it is let go at once.
        """
        if work in self._waiting:
            self._waiting.remove(work)
            if not work.answer.done():
                work.answer.set_exception(CancelledWork("cancelled before it began"))

    async def run(self) -> None:
        """Works until cancelled."""
        await asyncio.gather(self._work_in_order(), self._work_in_pauses())

    async def _work_in_order(self) -> None:
        while True:
            await self._arrived.wait()
            if not self._waiting:
                self._arrived.clear()
                continue
            self._batch = self._next_batch(self._waiting)
            try:
                await self._perform(self._batch)
            finally:
                self._batch = []

    async def _work_in_pauses(self) -> None:
        """What is urgent, while something else is under way."""
        while True:
            await self._urgent.wait()
            urgent = [work for work in self._waiting if work.urgent]
            if not urgent or not self._batch or self._batch[0].urgent:
                self._urgent.clear()
                continue
            self._between = self._next_batch(urgent)
            try:
                await self._perform(self._between)
            finally:
                self._between = []

    def _next_batch(self, waiting: Sequence[Work]) -> list[Work]:
        first = min(waiting, key=lambda work: work.rank)
        alike = [work for work in waiting if (work.method, work.key) == (first.method, first.key)]
        batch = sorted(alike, key=lambda work: work.rank)[: max(1, first.limit)]
        self._waiting = [work for work in self._waiting if work not in batch]
        return batch

    async def _perform(self, batch: list[Work]) -> None:
        stops: list[Callable[[], None]] = []

        def started(cancel: Callable[[int], None]) -> None:
            def drop(index: int) -> None:
                cancel(index)
                if len(batch) > 1:  # the answer comes when the others are through
                    _settle(batch[index].answer, CancelledWork("cancelled while others went on"))

            stops.extend(w.cancellation.listen(partial(drop, index)) for index, w in enumerate(batch))

        began, waited = time.perf_counter(), 0.0

        def wait(seconds: float) -> None:
            nonlocal waited
            waited += seconds

        try:
            answers = await self._call(batch, started, wait)
        except Exception as error:
            answers = [error] * len(batch)
        finally:
            for stop in stops:
                stop()
        for work, answer in zip(batch, answers, strict=True):
            work.seconds = max(0.0, time.perf_counter() - began - waited) / len(batch)
            _settle(work.answer, answer)

    async def _call(
        self,
        batch: list[Work],
        started: Callable[[Callable[[int], None]], None],
        wait: Callable[[float], None],
    ) -> Sequence[Any]:
        first = batch[0]
        if not first.batched:
            answer = await self._caller.call(
                self._lane,
                first.method,
                *first.arguments,
                on_event=first.on_event,
                on_start=started,
                on_wait=wait,
                urgent=first.urgent,
            )
            return [answer]

        def event(value: tuple[int | None, Any]) -> None:
            index, what = value
            for work in batch if index is None else [batch[index]]:
                work.on_event(what)

        answers: list[Any] = await self._caller.call(
            self._lane,
            first.method,
            [work.arguments[0] for work in batch],
            on_event=event,
            on_start=started,
            on_wait=wait,
            urgent=first.urgent,
        )
        return answers


def _settle(future: asyncio.Future[Any], answer: Any) -> None:
    if future.done():
        return
    if isinstance(answer, Failure):
        future.set_exception(FailedWork(answer))
    elif isinstance(answer, BaseException):
        future.set_exception(answer)
    else:
        future.set_result(answer)
