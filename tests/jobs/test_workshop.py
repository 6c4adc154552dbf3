"""Calls to the worker process, when it goes."""

from __future__ import annotations

import asyncio
import multiprocessing
from contextlib import suppress
from pathlib import Path

import pytest

from foleyd.config import Settings, find_folders
from foleyd.jobs.workshop import Stopping, Workshop


def test_what_a_stopping_daemon_leaves_unanswered_can_be_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path))

    async def ask_and_close() -> None:
        workshop = Workshop(find_folders(), Settings())
        waiting = asyncio.ensure_future(workshop.call("front", "introduce"))
        await workshop.start()
        await asyncio.sleep(0)
        await workshop.close()
        for call in (waiting, workshop.call("front", "introduce")):
            with pytest.raises(Stopping, match="ask again"):
                await call

    asyncio.run(ask_and_close())


def test_a_worker_that_is_being_started_can_be_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path))

    async def close_at_once() -> None:
        workshop = Workshop(find_folders(), Settings())
        starting = asyncio.ensure_future(workshop.start())
        while not workshop._changing.locked():
            await asyncio.sleep(0)
        await workshop.close()
        with suppress(Stopping):
            await starting
        assert workshop.pid is None
        assert not multiprocessing.active_children()

    asyncio.run(close_at_once())


def test_a_call_cancelled_while_the_worker_starts_costs_the_next_one_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path))

    async def cancel_and_ask() -> None:
        workshop = Workshop(find_folders(), Settings())
        first = asyncio.ensure_future(workshop.call("front", "introduce"))
        while not workshop._changing.locked():
            await asyncio.sleep(0)
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        assert await asyncio.wait_for(workshop.call("front", "introduce"), 20)
        await workshop.close()

    asyncio.run(cancel_and_ask())
