"""Calls to the worker process, when it goes."""

from __future__ import annotations

import asyncio
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
