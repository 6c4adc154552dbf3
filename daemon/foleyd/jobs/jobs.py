"""All jobs of the daemon: accepts them, lets them run, tells those who follow, resumes after a death."""

from __future__ import annotations

import asyncio
import logging
import os
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from foleyd.brief import EngineCard
from foleyd.cache.drafts import Drafts
from foleyd.cache.store import CacheFigures
from foleyd.config import Folders, Settings
from foleyd.errors import FoleyError, failure_or_defect
from foleyd.jobs.belongings import Removed, remove
from foleyd.jobs.cancellation import Cancellation
from foleyd.jobs.cards import Cards
from foleyd.jobs.devices import Devices, choose_engine
from foleyd.jobs.events import CancelledJob, Codec, EngineChosen, Event, Failed, Queued
from foleyd.jobs.job import Job, Places
from foleyd.jobs.ledger import Ledger
from foleyd.jobs.memory import Peaks, resident_bytes
from foleyd.jobs.records import Figures, NewJob, Priority, Record, State, unchanged
from foleyd.jobs.slots import Slot, Work
from foleyd.jobs.workshop import Stopping, Workshop
from foleyd.refreshed import Refresh
from foleyd.request import AUTO_ENGINE, Request

logger = logging.getLogger(__name__)

_ACTIVE = {Priority.INTERACTIVE: 8, Priority.BATCH: 4}
"""Jobs of each priority that are under way at once, so that their takes can share batches."""


class QueueFull(FoleyError):
    """Too many jobs wait."""

    code = "RESOURCE_EXHAUSTED"
    reason = "QUEUE_FULL"


class Jobs:
    """Belongs to the event loop."""

    def __init__(self, folders: Folders, settings: Settings, ledger: Ledger, codec: Codec) -> None:
        self._settings = settings
        self._own_takes = folders.takes
        self._ledger = ledger
        self._codec = codec
        self.workshop = Workshop(folders, settings)
        self.desk = Slot("desk", "desk", self.workshop)
        self.devices = Devices(folders, settings, self.workshop)
        self.cards = Cards(self.workshop, self.devices, lambda: bool(self._running))
        self._drafts = Drafts(folders.cache)
        self._waiting: dict[str, Record] = {}
        self._running: dict[str, asyncio.Task[None]] = {}
        self._naming = asyncio.Lock()
        self._priorities: dict[str, Priority] = {}
        self._cancellations: dict[str, Cancellation] = defaultdict(Cancellation)
        self._bells: dict[str, set[asyncio.Event]] = defaultdict(set)
        self._tasks: list[asyncio.Task[None]] = []
        self._peaks = Peaks(lambda: resident_bytes(self._pids()))
        self._questions = 0
        self._closing = False
        self.cache_figures: CacheFigures | None = None
        self.last_busy = time.monotonic()

    # ------------------------------------------------------------------------------ life and death

    async def start(self) -> None:
        """Starts the worker and the slots, and takes up every job that was not finished."""
        self._ledger.prune(self._settings.history_days)
        await asyncio.to_thread(self._drafts.sweep)
        loops = [
            self.desk.run(),
            *(device.slot.run() for device in self.devices),
            self._peaks.run(),
            self.workshop.start(),
        ]
        self._tasks = [asyncio.ensure_future(loop) for loop in loops]
        for record in self._ledger.unfinished():
            self._waiting[record.id] = record
            if record.cancel_reason:
                self._cancellations[record.id].request(record.cancel_reason)
        self._pump()

    async def close(self, grace: float = 0.0) -> None:
        """Lets running jobs end for GRACE seconds, then stops; the next daemon resumes the rest."""
        self._closing = True
        if self._running and grace > 0:
            await asyncio.wait(self._running.values(), timeout=grace)
        for task in [*self._running.values(), *self._tasks]:
            task.cancel()
        await asyncio.gather(*self._running.values(), *self._tasks, return_exceptions=True)
        await asyncio.gather(*(device.close() for device in self.devices))
        self._ring_all()

    @property
    def busy(self) -> bool:
        """Whether any job runs or waits, or a question waits for its answer."""
        return bool(self._running or self._waiting or self._questions)

    @contextmanager
    def asked(self) -> Iterator[None]:
        """While somebody waits for an answer: a daemon that is asked is not idle."""
        self._questions += 1
        try:
            yield
        finally:
            self._questions -= 1
            self.touch()

    def touch(self) -> None:
        """Somebody is here: the idle time begins anew."""
        self.last_busy = time.monotonic()

    @property
    def closing(self) -> bool:
        """Whether the daemon is stopping."""
        return self._closing

    @property
    def counts(self) -> tuple[int, int]:
        """Jobs that wait, and jobs that run."""
        return len(self._waiting), len(self._running)

    def memory(self) -> int:
        """Bytes that the daemon and its workers hold now."""
        return self._peaks.now()

    def _pids(self) -> list[int | None]:
        return [os.getpid(), *(device.workshop.pid for device in self.devices)]

    @property
    def keeps_warm(self) -> bool:
        """Whether an engine is kept in a card's memory for jobs to come."""
        return any(device.warm for device in self.devices)

    # -------------------------------------------------------------------------- what others ask of it

    def accept(self, new: NewJob) -> Record:
        """Writes a job into the ledger and lets it run in its turn.

        Raises QueueFull, RequestIdTaken, Stopping.
        """
        if self._closing:
            raise Stopping("the daemon is stopping; ask again in a moment")
        if len(self._waiting) >= self._settings.queue_limit:
            raise QueueFull(f"{len(self._waiting)} jobs wait already; try again when some are done")
        record, is_new = self._ledger.accept(new)
        if is_new:
            others = [self._priorities[job] for job in self._running]
            others += [other.priority for other in self._waiting.values()]
            ahead = sum(priority <= new.priority for priority in others)
            self._waiting[record.id] = record
            self._tell(record.id, Queued(ahead))
            self._pump()
        return record

    async def follow(self, job: str, after: int = 0) -> AsyncIterator[tuple[int, bytes]]:
        """Events of JOB after sequence AFTER, as they come; ends with the terminal one.

        Raises JobUnknown, and Stopping when the daemon stops before the job ends.
        """
        bell = asyncio.Event()
        self._bells[job].add(bell)
        try:
            while True:
                bell.clear()
                final = self._ledger.get(job).state.final
                for sequence, body in self._ledger.events(job, after):
                    yield sequence, body
                    after = sequence
                if final:
                    return
                if self._closing:
                    raise Stopping("the daemon is stopping; the next one goes on with the job")
                await bell.wait()
        finally:
            self._bells[job].discard(bell)
            if not self._bells[job]:
                del self._bells[job]

    def cancel(self, job: str, reason: str) -> Record:
        """Cancels JOB within one engine step; a finished one stays as it is. Raises JobUnknown."""
        record = self._ledger.get(job)
        if not record.state.final:
            self._ledger.ask_cancel(job, reason)
            self._cancellations[job].request(reason)
        return self._ledger.get(job)

    def remove(self, job: str, delete_files: bool) -> Removed:
        """Forgets a finished JOB; returns what became of its files. Raises JobUnknown, JobUnfinished.

        The one method that may be called in a thread: it touches the ledger and files alone.
        """
        removed = remove(self._ledger, job, delete_files=delete_files)
        with suppress(OSError):
            (self._own_takes / job).rmdir()
        return removed

    # ----------------------------------------------------------------------------------- running them

    def _pump(self) -> None:
        """Starts as many waiting jobs as may be under way, interactive ones first."""
        for record in sorted(self._waiting.values(), key=lambda r: (r.priority, r.created)):
            active = sum(1 for job in self._running if self._priorities[job] == record.priority)
            if self._closing or active >= _ACTIVE[record.priority]:
                continue
            del self._waiting[record.id]
            self._priorities[record.id] = record.priority
            self._running[record.id] = asyncio.ensure_future(self._run(record))

    async def _run(self, record: Record) -> None:
        job = record.id
        self._peaks.begin(job)
        try:
            await self._attempt(record)
        finally:
            self._peaks.end(job)
            del self._running[job], self._priorities[job]
            self._cancellations.pop(job, None)
            self.touch()
            self._ring(job)
            self._pump()

    async def _attempt(self, record: Record) -> None:
        """One attempt at a job: ends it, unless the daemon is stopped."""
        cancellation = self._cancellations[record.id]
        try:
            cancellation.check()
            request = self._codec.request(record.request)
            attempt = self._ledger.begin(record.id)
            engine, card = await self._choose(request)
            self._ledger.set_engine(record.id, f"{engine.name} {engine.version}")
            if self._repeat(record, f"{engine.name} {engine.version}"):
                return
            job = self._job(record, request, engine, card, attempt)
            with self.devices.of(card.capabilities).used():
                done = await job.perform()
            self.cards.forget()  # it may have loaded the engine; who hears that it is over may ask
            cancellation.check()
        except asyncio.CancelledError:
            raise
        except Exception as error:
            await self._fail(record, cancellation, error)
        else:
            figures = Figures(
                dict(done.stage_seconds),
                done.peak_memory,
                job.tally.hits,
                job.tally.misses,
                done.device_peak,
            )
            self._ledger.finish(record.id, State.DONE, self._codec.event(record.id, done), figures)
        finally:
            await self._release(record.id)

    def _job(
        self, record: Record, request: Request, engine: EngineChosen, card: EngineCard, attempt: int
    ) -> Job:
        bodies = [body for _, body in self._ledger.events(record.id)] if attempt > 1 else []
        told = {self._codec.essence(body) for body in bodies}
        return Job(
            id=record.id,
            created=datetime.fromtimestamp(record.created, UTC),
            request=request,
            priority=record.priority,
            card=card,
            engine=engine,
            ledger=self._ledger,
            places=Places(self.desk, self.devices.of(card.capabilities).slot, self._naming),
            cancellation=self._cancellations[record.id],
            tell=lambda event: self._tell(record.id, event, told),
            peak_memory=lambda: self._peaks.peak(record.id),
            told_fraction=max(map(self._codec.fraction, bodies), default=0.0),
        )

    async def _choose(self, request: Request) -> tuple[EngineChosen, EngineCard]:
        cards = await self.cards.introduced()
        wanted = request.engine.name
        needed = ""
        if wanted in ("", AUTO_ENGINE):
            needed = await self._needed(request, cards)
            wanted = needed or self._settings.engine
        choice = choose_engine(wanted, cards)
        reason = f"{needed}, which made the takes that change" if needed else choice.reason
        card = cards[choice.name]
        chosen = EngineChosen(choice.name, card.capabilities.version, reason, card.capabilities.summary)
        return chosen, card

    async def _needed(self, request: Request, cards: Mapping[str, EngineCard]) -> str:
        """The engine that made what a refresh makes anew, where it can be used; empty for any."""
        if not isinstance(request.spotting, Refresh):
            return ""
        name: str = await self.workshop.call("front", "engine_needed", request.selection)
        return name if name in cards and not cards[name].why_not else ""

    def _repeat(self, record: Record, engine: str) -> bool:
        """Answers a repeat of a finished request whose media and files are all as they were."""
        began = time.perf_counter()
        before = self._ledger.same_request(record.digest)
        if before is None or before.engine != engine:
            return False
        last = self._ledger.newest(before.id)
        files = [stamp for _, stamp in self._ledger.files(before.id)]
        if not last or not files or not self._codec.delivered(last[0][1]):
            return False
        sources = self._ledger.sources(before.id)
        if not all(stamp is not None and unchanged(stamp) for stamp in (*files, *sources)):
            return False
        self._ledger.stamp_sources(record.id, sources)
        self._ledger.stamp_files(record.id, [stamp for stamp in files if stamp is not None])
        figures = Figures({"look_up": time.perf_counter() - began}, self._peaks.peak(record.id), hits=1)
        body = self._codec.repeated(record.id, last[0][1], figures.stage_seconds)
        self._ledger.finish(record.id, State.DONE, body, figures)
        return True

    async def _fail(self, record: Record, cancellation: Cancellation, error: Exception) -> None:
        """Takes away what the job had written, then ends it as failed or cancelled."""
        await self._withdraw(record)
        self.cards.forget()
        if cancellation.reason:
            event = self._codec.event(record.id, CancelledJob(cancellation.reason))
            self._ledger.finish(record.id, State.CANCELLED, event)
            return
        failure = failure_or_defect(error)
        body = self._codec.event(record.id, Failed(failure))
        self._ledger.finish(record.id, State.FAILED, body, failure=failure)

    async def _withdraw(self, record: Record) -> None:
        paths = [path for path, _ in self._ledger.files(record.id)]
        if not paths:
            return
        work = Work(
            record.id, record.priority, "withdraw", (paths, record.id), Cancellation(), lambda _: None
        )
        try:
            await self.desk.do(work)
            self._ledger.disclaim(record.id, paths)
        except FoleyError as error:
            logger.warning("files of job %s could not be taken away: %s", record.id, error)

    async def _release(self, job: str) -> None:
        if self._closing:
            return
        try:
            self.cache_figures = await self.workshop.call("front", "release", job)
        except FoleyError as error:
            logger.warning("the cache could not be told that job %s is over: %s", job, error)

    # ---------------------------------------------------------------------------------------- telling

    def _tell(self, job: str, event: Event, told: set[bytes] | None = None) -> None:
        """Writes EVENT down and wakes who follows; after a death, nothing is told twice."""
        body = self._codec.event(job, event)
        if told is not None and self._codec.essence(body) in told:
            return
        self._ledger.append(job, body)
        self._ring(job)

    def _ring(self, job: str) -> None:
        for bell in self._bells.get(job, ()):
            bell.set()

    def _ring_all(self) -> None:
        for job in list(self._bells):
            self._ring(job)
