"""The engines' cards: what they say of themselves, and how those that are loaded stand."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from foleyd.brief import EngineCard
from foleyd.engines.registry import check_installed
from foleyd.jobs.devices import Device, Devices
from foleyd.jobs.slots import Caller

LASTS = 5.0
"""Seconds for which what engines said of themselves is told again while jobs are under way."""


class Cards:
    """Belongs to the event loop. WORKSHOP introduces engines; AT_WORK tells whether jobs are under way."""

    def __init__(self, workshop: Caller, devices: Devices, at_work: Callable[[], bool]) -> None:
        self._workshop = workshop
        self._devices = devices
        self._at_work = at_work
        self._told: dict[str, EngineCard] = {}
        self._told_at = 0.0

    async def introduced(self) -> dict[str, EngineCard]:
        """The engines by name, whether loaded or not; weights may have come or gone since they were asked."""
        cards: list[EngineCard] = await self._workshop.call("front", "introduce")
        return {card.capabilities.name: card for card in cards}

    async def now(self) -> dict[str, EngineCard]:
        """The engines as they are now, by name."""
        loaded = await self._devices.loaded()
        cards = await self.introduced()
        self._told = {name: replace(card, report=loaded.get(name)) for name, card in cards.items()}
        self._told_at = time.monotonic()
        return self._told

    async def recent(self) -> dict[str, EngineCard]:
        """The engines as they were lately: workers at work are slow to say."""
        fresh = time.monotonic() - self._told_at < LASTS
        return self._told if self._at_work() and self._told and fresh else await self.now()

    def forget(self) -> None:
        """What engines said of themselves is not true any more."""
        self._told = {}

    async def device_of(self, engine: str) -> Device:
        """Where ENGINE works. Raises EngineUnknown."""
        check_installed(engine)
        cards = await self.introduced()
        return self._devices.of(cards[engine].capabilities) if engine in cards else self._devices.processor
