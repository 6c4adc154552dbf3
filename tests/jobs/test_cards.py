from __future__ import annotations

import asyncio
from fractions import Fraction
from types import SimpleNamespace
from typing import Any, cast

import pytest

from foleyd.brief import EngineCard
from foleyd.engines.engine import Capabilities, LoadReport
from foleyd.jobs import cards as module
from foleyd.jobs.cards import Cards
from foleyd.jobs.devices import Devices

FAKE = Capabilities("fake", "1", 48_000, 1, Fraction(8), None, Fraction(1), False, "none", "Clicks.")


class Workers:
    """The studio that introduces engines, and the devices that have them; counts how often they are asked."""

    def __init__(self) -> None:
        self.asked = 0
        self.at_work = True
        self.reports = {"fake": LoadReport("cpu", "plain", 0.0)}
        devices = cast(Devices, SimpleNamespace(loaded=self.loaded))
        self.cards = Cards(self, devices, lambda: self.at_work)

    async def call(self, lane: str, method: str, *arguments: Any, **more: Any) -> list[EngineCard]:
        assert (lane, method) == ("front", "introduce")
        self.asked += 1
        return [EngineCard(FAKE, "")]

    async def loaded(self) -> dict[str, LoadReport]:
        return self.reports


def test_while_jobs_are_under_way_workers_are_asked_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(module.time, "monotonic", lambda: clock[0])
    workers = Workers()

    async def scene() -> None:
        first = await workers.cards.recent()
        assert first["fake"].report is workers.reports["fake"]
        workers.reports = {}
        clock[0] += 4.9
        assert await workers.cards.recent() == first  # nobody was asked
        assert workers.asked == 1
        clock[0] += 0.2
        assert (await workers.cards.recent())["fake"].report is None
        assert workers.asked == 2

    asyncio.run(scene())


def test_an_idle_daemon_always_says_how_engines_are_now() -> None:
    workers = Workers()
    workers.at_work = False

    async def scene() -> None:
        await workers.cards.recent()
        await workers.cards.recent()
        assert workers.asked == 2

    asyncio.run(scene())


def test_what_is_known_not_to_be_true_any_more_is_not_told_again() -> None:
    workers = Workers()

    async def scene() -> None:
        await workers.cards.recent()
        workers.cards.forget()
        await workers.cards.recent()
        assert workers.asked == 2

    asyncio.run(scene())
