"""One job on its way down: spot, look up, see, hear, conform, place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from foleyd.brief import (
    Advance,
    Brief,
    Commission,
    Conformed,
    Costs,
    CuePlan,
    Delivery,
    EngineCard,
    Found,
    Heard,
    Made,
    Names,
    Notice,
    Order,
    Seen,
    Spent,
    Viewing,
)
from foleyd.cue import Cue, from_cue_start
from foleyd.errors import FailedWork, Failure, FoleyError, failure_of
from foleyd.jobs.cancellation import Cancellation
from foleyd.jobs.events import (
    CueFailed,
    CueFound,
    Done,
    EngineChosen,
    Event,
    Progressed,
    TakeHeard,
    Warned,
)
from foleyd.jobs.ledger import Ledger
from foleyd.jobs.progress import Meter
from foleyd.jobs.records import FileStamp, Priority
from foleyd.jobs.slots import Slot, Work
from foleyd.request import Request

NOTHING_DELIVERABLE = "NOTHING_DELIVERABLE"


@dataclass(slots=True)
class Places:
    """Where work is done: the desk for what surrounds the engine, and the engine's slot.

    NAMING is held from the choice of a job's file names until they are written down: two jobs must not
    find the same name free.
    """

    desk: Slot
    slot: Slot
    naming: asyncio.Lock


@dataclass(slots=True)
class Tally:
    """Cache hits and misses of a job."""

    hits: int = 0
    misses: int = 0


@dataclass(slots=True)
class Job:
    """A running job. TELL writes an event into the ledger and wakes those who follow."""

    id: str
    created: datetime
    request: Request
    priority: Priority
    card: EngineCard
    engine: EngineChosen
    ledger: Ledger
    places: Places
    cancellation: Cancellation
    tell: Callable[[Event], None]
    peak_memory: Callable[[], int]
    told_fraction: float = 0.0
    meter: Meter = field(init=False)
    tally: Tally = field(default_factory=Tally)
    device_peak: int = 0
    notices: list[Notice] = field(default_factory=list)
    failed: list[CueFailed] = field(default_factory=list)

    def __post_init__(self) -> None:
        costs = self.ledger.costs(f"{self.engine.name} {self.engine.version}")
        self.meter = Meter(costs, self._report, self.told_fraction)

    async def perform(self) -> Done:
        """The whole way. Raises FoleyError when nothing can be delivered, CancelledWork when cancelled."""
        self.tell(self.engine)
        await self._withdraw_earlier()
        brief = await self._spot()
        heard = await self._fill(brief)
        self._check_deliverable(brief, heard)
        names = await self._claim_names(brief, heard)
        order = Commission(self.id, self.created, brief, heard, self.request.output, names)
        conformed: Conformed = await self._desk("conform", "conform", order)
        self._warn(*conformed.notices)
        self.meter.complete("conform")
        order = replace(order, failed=self._reasons(), costs=self._costs())
        delivery: Delivery = await self._desk("place", "place", order, conformed)
        self._warn(*delivery.notices)
        self.ledger.stamp_files(self.id, [FileStamp.of(path) for path in delivery.written])
        self.ledger.disclaim(self.id, set(names.claims()) - set(delivery.written))
        return Done(
            brief=brief,
            names=names,
            conformed=conformed,
            delivery=delivery,
            engine=self.engine,
            stage_seconds=self.meter.seconds,
            peak_memory=self.peak_memory(),
            device_peak=self.device_peak,
            cached=self.tally.misses == 0,
            failed=tuple(self.failed),
            notices=tuple(self.notices),
        )

    # --------------------------------------------------------------------------------- the stages

    async def _withdraw_earlier(self) -> None:
        """Takes away what an earlier, killed attempt of this very job wrote: it would be in its own way."""
        earlier = [path for path, _ in self.ledger.files(self.id)]
        if earlier:
            await self._desk("spot", "withdraw", earlier, self.id)
            self.ledger.disclaim(self.id, earlier)

    async def _spot(self) -> Brief:
        brief: Brief = await self._desk("spot", "spot", self.request, self.card.capabilities)
        self.ledger.stamp_sources(self.id, _stamps(brief))
        self._warn(*brief.notices)
        for plan in brief.plans:
            self.tell(CueFound(plan.cue))
        for cue, failure in brief.failed:
            self._fail_cue(cue, failure)
        self.meter.complete("spot")
        return brief

    async def _fill(self, brief: Brief) -> dict[str, tuple[Heard, ...]]:
        """Every cue's takes, by cue id; cues that fail are told of and left out.

        A cue whose earlier take is still right has none.
        """
        total = sum(plan.samples for plan in brief.plans) or 1
        results = await asyncio.gather(
            *(self._fill_cue(plan, plan.samples / total) for plan in brief.plans), return_exceptions=True
        )
        self.cancellation.check()
        heard: dict[str, tuple[Heard, ...]] = {}
        for plan, result in zip(brief.plans, results, strict=True):
            if isinstance(result, FoleyError):
                self._fail_cue(plan.cue, failure_of(result))
            elif isinstance(result, BaseException):
                raise result
            else:
                heard[plan.cue.id] = result
        return heard

    async def _fill_cue(self, plan: CuePlan, share: float) -> tuple[Heard, ...]:
        found: Found = await self._desk("look_up", "look_up", plan, self.id)
        self.meter.advance(Advance("look_up", 1.0), plan.cue.id, share)
        if found.lacks_sight(plan):
            seen: Seen = await self._slot("see", Viewing(self.id, plan), plan.cue.id, share)
            found = await self._desk("see", "keep_sight", plan, seen, self.id)
        self.meter.advance(Advance("see", 1.0), plan.cue.id, share)
        if plan.unless and found.fingerprint == plan.unless:
            self.meter.advance(Advance("hear", 1.0), plan.cue.id, share)
            return ()
        return tuple(
            await asyncio.gather(
                *(self._take(plan, found, seed, share / len(plan.cue.seeds)) for seed in plan.cue.seeds)
            )
        )

    async def _take(self, plan: CuePlan, found: Found, seed: int, share: float) -> Heard:
        if seed in found.heard:
            self.tally.hits += 1
            heard = found.heard[seed]
        else:
            self.tally.misses += 1
            order = Order(self.id, plan, found.fingerprint or "", seed, found.sight or ())
            made: Made = await self._slot("hear", order, (plan.cue.id, seed), share)
            self.device_peak = max(self.device_peak, made.device_bytes)
            heard = await self._desk("hear", "keep_take", order, made)
        self.meter.advance(Advance("hear", 1.0), (plan.cue.id, seed), share)
        self._warn(*(Notice(text, where=plan.cue.prompt) for text in heard.warnings))
        self.tell(_take_heard(plan, heard))
        return heard

    async def _claim_names(self, brief: Brief, heard: dict[str, tuple[Heard, ...]]) -> Names:
        """Chooses free names and writes them down before anything is written under them."""
        async with self.places.naming:
            others = self.ledger.claimed_by_others(self.id)
            # All who come to their names wait for this, editors too.
            names: Names = await self._desk(
                "conform",
                "choose_names",
                *(brief, heard, self.request.output, self.id, others),
                priority=Priority.INTERACTIVE,
            )
            self.ledger.claim(self.id, names.claims())
        return names

    def _check_deliverable(self, brief: Brief, heard: dict[str, tuple[Heard, ...]]) -> None:
        if heard or brief.refreshed:
            return
        if len({failed.failure for failed in self.failed}) == 1:  # of one cue, or of what all have in common
            raise FailedWork(self.failed[0].failure)
        what = "; ".join(dict.fromkeys(failed.failure.message for failed in self.failed))
        first = self.failed[0].failure if self.failed else None
        raise FailedWork(
            Failure(
                first.code if first else "INVALID_ARGUMENT",
                NOTHING_DELIVERABLE,
                f"none of the {len(self.failed)} cues of {brief.name} could be done: {what}"
                if self.failed
                else f"there is nothing to fill in {brief.name}; select a range or markers",
            )
        )

    # -------------------------------------------------------------------------------- small things

    async def _desk(self, stage: str, method: str, *arguments: Any, priority: Priority | None = None) -> Any:
        own = self.priority if priority is None else priority
        work = Work(self.id, own, method, arguments, self.cancellation, self.meter.advance)
        try:
            return await self.places.desk.do(work)
        finally:
            self.meter.spend(stage, work.seconds)

    async def _slot(self, stage: str, argument: Viewing | Order, part: Hashable, share: float) -> Any:
        plan, elsewhere = argument.plan, 0.0

        def hear_of(event: Advance | Spent) -> None:
            nonlocal elsewhere
            if isinstance(event, Spent):
                elsewhere += event.seconds
                self.meter.spend(event.stage, event.seconds)
            elif event.stage == stage:
                self.meter.advance(event, part, share)
            else:  # what the whole job waits for
                self.meter.advance(event)

        work = Work(
            self.id,
            self.priority,
            stage,
            (argument,),
            self.cancellation,
            hear_of,
            batched=True,
            key=(plan.engine.name, tuple(sorted(plan.options.items()))),
            limit=plan.engine.batch_size if stage == "hear" else 1,
        )
        try:
            return await self.places.slot.do(work)
        finally:
            self.meter.spend(stage, max(0.0, work.seconds - elsewhere))

    def _reasons(self) -> dict[str, Failure]:
        return {failed.cue.id: failed.failure for failed in self.failed}

    def _costs(self) -> Costs:
        return Costs(dict(self.meter.seconds), self.peak_memory(), self.device_peak)

    def _report(self, progressed: Progressed) -> None:
        self.tell(progressed)

    def _warn(self, *notices: Notice) -> None:
        for notice in notices:
            if notice not in self.notices:
                self.notices.append(notice)
                self.tell(Warned(notice))

    def _fail_cue(self, cue: Cue, failure: Failure) -> None:
        event = CueFailed(cue, failure)
        self.failed.append(event)
        self.tell(event)


def _stamps(brief: Brief) -> list[FileStamp]:
    stamps = []
    for path in brief.sources:
        try:
            stamps.append(FileStamp.of(path))
        except OSError:  # it has vanished; looking at it will say so
            continue
    return stamps


def _take_heard(plan: CuePlan, heard: Heard) -> TakeHeard:
    cut = plan.cut
    return TakeHeard(
        cue=plan.cue,
        take_id=f"{plan.cue.id}:{heard.seed}",
        seed=heard.seed,
        events=from_cue_start(heard.events, cut.source_in, plan.engine.sample_rate),
        cached=heard.cached,
        cue_samples=cut.cue_samples,
        samples=cut.samples,
        source_in=cut.source_in,
        sample_rate=48_000,
        channels=plan.engine.channels,
    )
