from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from foleyd.errors import CancelledWork, FailedWork, Failure
from foleyd.jobs.cancellation import Cancellation
from foleyd.jobs.records import Priority
from foleyd.jobs.slots import Slot, Work


class Caller:
    """Notes its calls; answers when let go."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.urgent: list[bool] = []
        self.waits: dict[str, float] = {}
        self.cancelled: list[int] = []
        self.gate = asyncio.Event()

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
        self.calls.append((method, arguments[0] if len(arguments) == 1 else arguments))
        self.urgent.append(urgent)
        assert on_start is not None
        assert on_event is not None
        on_start(self.cancelled.append)
        await self.gate.wait()
        assert on_wait is not None
        on_wait(self.waits.get(arguments[0][0], 0.0))
        if method == "hear":
            on_event((None, "all"))
            on_event((0, "first"))
            return [
                Failure("NOT_FOUND", "X", item) if item == "bad" else item.upper() for item in arguments[0]
            ]
        return arguments


def hear(name: str, priority: Priority = Priority.BATCH, key: str = "k", **more: Any) -> Work:
    cancellation = more.pop("cancellation", None) or Cancellation()
    heard = more.pop("heard", [])
    return Work(name, priority, "hear", (name,), cancellation, heard.append, batched=True, key=key, limit=3)


async def started(caller: Caller, *works: Work) -> tuple[Slot, asyncio.Task[None], list[asyncio.Task[Any]]]:
    slot = Slot("device", "lane", caller)
    task = asyncio.create_task(slot.run())
    answers = [asyncio.create_task(slot.do(work)) for work in works]
    await asyncio.sleep(0.01)
    return slot, task, answers


def test_interactive_work_goes_first_and_alike_work_shares_a_call() -> None:
    async def scene() -> None:
        caller = Caller()
        slot, task, answers = await started(caller, hear("a", Priority.INTERACTIVE))
        more = [hear("b"), hear("c", key="other"), hear("d"), hear("i", Priority.INTERACTIVE), hear("e")]
        answers += [asyncio.create_task(slot.do(work)) for work in more]
        await asyncio.sleep(0.01)
        assert slot.queued == 5
        caller.gate.set()
        assert await asyncio.gather(*answers) == ["A", "B", "C", "D", "I", "E"]
        assert caller.calls == [("hear", ["a"]), ("hear", ["i", "b", "d"]), ("hear", ["c"]), ("hear", ["e"])]
        task.cancel()

    asyncio.run(scene())


def test_interactive_work_does_not_wait_for_the_end_of_other_work() -> None:
    async def scene() -> None:
        caller = Caller()
        slot, task, answers = await started(caller, hear("a"))
        more = [hear("b"), hear("i", Priority.INTERACTIVE), hear("j", Priority.INTERACTIVE, key="other")]
        answers += [asyncio.create_task(slot.do(work)) for work in more]
        await asyncio.sleep(0.01)
        assert caller.calls == [("hear", ["a"]), ("hear", ["i"])]
        assert slot.jobs == ("i", "a")
        caller.gate.set()
        assert await asyncio.gather(*answers) == ["A", "B", "I", "J"]
        assert dict(zip([names[0] for _, names in caller.calls], caller.urgent, strict=True)) == {
            "a": False,
            "b": False,
            "i": True,
            "j": True,
        }
        task.cancel()

    asyncio.run(scene())


def test_time_for_which_work_stood_by_is_not_counted() -> None:
    async def scene() -> None:
        caller = Caller()
        work, other = hear("a"), hear("b", key="other")
        caller.waits = {"a": 1000.0}
        _, task, answers = await started(caller, work, other)
        caller.gate.set()
        await asyncio.gather(*answers)
        assert work.seconds == 0.0
        assert other.seconds > 0.0
        task.cancel()

    asyncio.run(scene())


def test_one_bad_item_fails_alone() -> None:
    async def scene() -> None:
        caller = Caller()
        caller.gate.set()
        _, task, answers = await started(caller, hear("bad"), hear("good"))
        results = await asyncio.gather(*answers, return_exceptions=True)
        assert isinstance(results[0], FailedWork)
        assert results[1] == "GOOD"
        task.cancel()

    asyncio.run(scene())


def test_events_reach_those_they_are_about() -> None:
    async def scene() -> None:
        caller, first, second = Caller(), [], []
        works = [hear("x", heard=first), hear("y", heard=second)]
        _, task, answers = await started(caller, *works)
        caller.gate.set()
        await asyncio.gather(*answers)
        assert (first, second) == (["all", "first"], ["all"])
        task.cancel()

    asyncio.run(scene())


def test_waiting_work_is_dropped_and_running_work_is_told_to_stop() -> None:
    async def scene() -> None:
        caller, running, waiting = Caller(), Cancellation(), Cancellation()
        slot, task, answers = await started(
            caller, hear("a", cancellation=running), hear("b", key="other", cancellation=waiting)
        )
        waiting.request("request")
        with pytest.raises(CancelledWork):
            await answers[1]
        assert slot.queued == 0
        running.request("request")
        assert caller.cancelled == [0]
        caller.gate.set()
        await answers[0]
        task.cancel()

    asyncio.run(scene())


def test_one_of_a_batch_is_let_go_at_once_and_the_others_go_on() -> None:
    async def scene() -> None:
        caller, cancellation = Caller(), Cancellation()
        _, task, answers = await started(caller, hear("a", cancellation=cancellation), hear("b"))
        assert caller.calls == [("hear", ["a", "b"])]
        cancellation.request("request")
        with pytest.raises(CancelledWork):
            await asyncio.wait_for(answers[0], 1)
        assert caller.cancelled == [0]
        assert not answers[1].done()
        caller.gate.set()
        assert await answers[1] == "B"
        task.cancel()

    asyncio.run(scene())


def test_work_of_a_cancelled_job_does_not_begin() -> None:
    async def scene() -> None:
        cancellation = Cancellation()
        cancellation.request("request")
        with pytest.raises(CancelledWork):
            await Slot("device", "lane", Caller()).do(hear("a", cancellation=cancellation))

    asyncio.run(scene())
