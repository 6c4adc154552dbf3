"""The devices that engines work on: each has a queue, a worker process, and rules for when that may go."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from foleyd.brief import EngineCard
from foleyd.config import NEVER, Folders, Settings
from foleyd.engines.engine import Capabilities, LoadReport
from foleyd.engines.registry import Choice, choose
from foleyd.errors import FoleyError
from foleyd.jobs.slots import Slot
from foleyd.jobs.workshop import Workshop

logger = logging.getLogger(__name__)


class EngineBusy(FoleyError):
    """The engine is at work."""

    code = "FAILED_PRECONDITION"
    reason = "ENGINE_BUSY"


class Device:
    """Belongs to the event loop.

    A device that SHARES the first worker stays with it. Any other has a worker that is started when it is
    first needed and ended KEEP_ALIVE seconds after it was last used (NEVER: it stays): that gives back all
    memory of the card, the driver's context too.
    """

    def __init__(self, name: str, workshop: Workshop, *, shares: bool, keep_alive: float = NEVER) -> None:
        self.workshop = workshop
        self.slot = Slot(name, "slot", workshop)
        self._shares = shares
        self._keep_alive = keep_alive
        self._users = 0
        self._timer: asyncio.TimerHandle | None = None
        self._ending: asyncio.Task[None] | None = None

    @property
    def warm(self) -> bool:
        """Whether it has a worker of its own now."""
        return not self._shares and self.workshop.pid is not None

    @contextmanager
    def used(self) -> Iterator[None]:
        """While it is, its worker is kept; afterwards for as long as the settings say."""
        self._users += 1
        self._stop_clock()
        try:
            yield
        finally:
            self._users -= 1
            if not self._users and not self._shares and self._keep_alive != NEVER:
                self._timer = asyncio.get_running_loop().call_later(self._keep_alive, self._expire)

    def _stop_clock(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self) -> None:
        if self._users or not self.warm:
            return
        logger.info("%s was not used for %g s: its engines go", self.slot.device, self._keep_alive)
        self._ending = asyncio.ensure_future(self.workshop.end())

    async def loaded(self) -> Mapping[str, LoadReport]:
        """The engines that are in memory, by name."""
        if self.workshop.pid is None:
            return {}
        reports: Mapping[str, LoadReport] = await self.workshop.call("engines", "loaded")
        return reports

    async def load(
        self, name: str, device: str, profile: str, on_progress: Callable[[tuple[float, str]], None]
    ) -> None:
        """Loads and warms an engine up."""
        with self.used():
            await self.workshop.call("engines", "load_engine", name, device, profile, on_event=on_progress)

    async def unload(self, name: str) -> None:
        """Gives an engine's memory back. Raises EngineBusy while something works here."""
        if self.slot.jobs:
            raise EngineBusy(f"the engine {name} is at work; try again when its jobs are done")
        if self._shares:
            await self.workshop.call("engines", "unload_engine", name)
        else:
            self._stop_clock()
            await self.workshop.end()

    async def close(self) -> None:
        """Ends its worker for good."""
        self._stop_clock()
        await self.workshop.close()


class Devices:
    """All of them: the processor, which the first worker has, and the card, for engines made for one."""

    def __init__(self, folders: Folders, settings: Settings, first: Workshop) -> None:
        self.processor = Device("cpu-worker", first, shares=True)
        card = Workshop(folders, settings, has_studio=False)
        self.card = Device("gpu-worker", card, shares=False, keep_alive=settings.keep_alive)

    def __iter__(self) -> Iterator[Device]:
        return iter((self.processor, self.card))

    def of(self, engine: Capabilities) -> Device:
        """Where ENGINE works."""
        return self.card if engine.needs_gpu else self.processor

    async def loaded(self) -> dict[str, LoadReport]:
        """The engines that are in memory, by name."""
        reports: dict[str, Any] = {}
        for device in self:
            reports |= await device.loaded()
        return reports


def choose_engine(wanted: str, cards: Mapping[str, EngineCard]) -> Choice:
    """The engine that WANTED means. Raises EngineUnknown, EngineNotReady."""
    readiness = {name: card.why_not for name, card in cards.items()}
    return choose(wanted, readiness, {name: card.caution for name, card in cards.items()})
