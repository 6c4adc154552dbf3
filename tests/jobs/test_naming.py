"""Jobs come to their files' names one after another, and none of them holds the others up."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from foleyd.brief import EngineCard, Names
from foleyd.jobs.cancellation import Cancellation
from foleyd.jobs.events import EngineChosen
from foleyd.jobs.job import Job, Places
from foleyd.jobs.ledger import Ledger
from foleyd.jobs.records import NewJob, Priority
from foleyd.jobs.slots import Slot, Work


class Desk:
    """A worker's desk: what is not urgent takes until OVER, what is urgent is done in its midst."""

    def __init__(self) -> None:
        self.over = asyncio.Event()

    async def call(self, lane: str, method: str, *arguments: Any, urgent: bool = False, **more: Any) -> Any:
        if not urgent:
            await self.over.wait()
        return Names({}, {})


def test_a_batch_job_that_chooses_its_names_does_not_wait_for_another_ones_film(tmp_path: Path) -> None:
    """It holds the lock that editors' jobs need."""

    async def scene() -> None:
        ledger, desk = Ledger(tmp_path / "jobs.sqlite"), Desk()
        slot = Slot("desk", "desk", desk)
        running = asyncio.create_task(slot.run())
        film = Work("film", Priority.BATCH, "place", (), Cancellation(), lambda event: None)
        placing = asyncio.create_task(slot.do(film))
        await asyncio.sleep(0.01)
        job = Job(
            id=ledger.accept(NewJob(b"", ""))[0].id,
            created=datetime.now(UTC),
            request=cast(Any, SimpleNamespace(output=None)),
            priority=Priority.BATCH,
            card=cast(EngineCard, None),
            engine=EngineChosen("fake", "1", "", ""),
            ledger=ledger,
            places=Places(slot, slot, asyncio.Lock()),
            cancellation=Cancellation(),
            tell=lambda event: None,
            peak_memory=lambda: 0,
        )
        names = await asyncio.wait_for(job._claim_names(cast(Any, None), {}), 5)
        assert names == Names({}, {})
        assert not placing.done()
        desk.over.set()
        await placing
        running.cancel()

    asyncio.run(scene())
