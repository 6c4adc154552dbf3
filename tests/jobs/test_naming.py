"""Jobs come to their files' names one after another, and none of them holds the others up."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from foleyd.brief import EngineCard, Names
from foleyd.errors import FoleyError
from foleyd.jobs.cancellation import Cancellation
from foleyd.jobs.events import EngineChosen
from foleyd.jobs.job import Job, Places
from foleyd.jobs.ledger import Ledger
from foleyd.jobs.records import NewJob, Priority
from foleyd.jobs.slots import Slot, Work
from foleyd.timeline.errors import SpottingError


class Desk:
    """A worker's desk: what is not urgent takes until OVER, what is urgent is done in its midst."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.asked: list[tuple[str, Any]] = []

    async def call(self, lane: str, method: str, *arguments: Any, urgent: bool = False, **more: Any) -> Any:
        self.asked.append((method, arguments[0] if arguments else None))
        if method == "spot":
            raise SpottingError("no more than this is wanted here")
        if not urgent:
            await self.over.wait()
        return Names({}, {})


def a_job(ledger: Ledger, slot: Slot, priority: Priority) -> Job:
    """A job that has just been accepted."""
    return Job(
        id=ledger.accept(NewJob(b"", ""))[0].id,
        created=datetime.now(UTC),
        request=cast(Any, SimpleNamespace(output=None)),
        priority=priority,
        card=cast(EngineCard, SimpleNamespace(capabilities=None)),
        engine=EngineChosen("fake", "1", "", ""),
        ledger=ledger,
        places=Places(slot, slot, asyncio.Lock()),
        cancellation=Cancellation(),
        tell=lambda event: None,
        peak_memory=lambda: 0,
    )


def test_a_batch_job_that_chooses_its_names_does_not_wait_for_another_ones_film(tmp_path: Path) -> None:
    """It holds the lock that editors' jobs need."""

    async def scene() -> None:
        ledger, desk = Ledger(tmp_path / "jobs.sqlite"), Desk()
        slot = Slot("desk", "desk", desk)
        running = asyncio.create_task(slot.run())
        film = Work("film", Priority.BATCH, "place", (), Cancellation(), lambda event: None)
        placing = asyncio.create_task(slot.do(film))
        await asyncio.sleep(0.01)
        job = a_job(ledger, slot, Priority.BATCH)
        names = await asyncio.wait_for(job._claim_names(cast(Any, None), {}), 5)
        assert names == Names({}, {})
        assert not placing.done()
        desk.over.set()
        await placing
        running.cancel()

    asyncio.run(scene())


def test_what_a_killed_attempt_wrote_is_taken_away_before_anything_looks_for_it(tmp_path: Path) -> None:
    """A timeline that is there already is refused, also where it is the job's own."""

    async def scene() -> None:
        ledger, desk = Ledger(tmp_path / "jobs.sqlite"), Desk()
        slot = Slot("desk", "desk", desk)
        running = asyncio.create_task(slot.run())
        job = a_job(ledger, slot, Priority.INTERACTIVE)
        written = tmp_path / "cut.otio"
        ledger.claim(job.id, [written])
        with pytest.raises(FoleyError, match="no more than this"):
            await job.perform()
        assert desk.asked == [("withdraw", [written]), ("spot", job.request)]
        assert ledger.files(job.id) == []
        running.cancel()

    asyncio.run(scene())
