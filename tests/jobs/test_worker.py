from __future__ import annotations

import threading
from multiprocessing import Pipe
from typing import Any

from foleyd.jobs.lanes import Lane
from foleyd.jobs.worker import PipeWatch, Worker


class Bench:
    """Engines' side of a worker that answers with what no pipe can carry."""

    def unsendable(self, watch: Any) -> object:
        return threading.Lock()

    def sendable(self, watch: Any) -> str:
        return "here"


def test_an_answer_that_cannot_be_sent_is_a_failure_and_the_worker_lives_on() -> None:
    ours, theirs = Pipe()
    worker: Any = Worker(theirs, Bench(), lambda: None)  # type: ignore[arg-type, return-value]
    for number, method in (
        (1, "unsendable"),
        (2, "sendable"),
    ):  # serve() would end this process with its pipe
        worker._watches[number] = PipeWatch(worker._send, number, Lane("engines"))
        worker._run(number, "engines", method, ())
    kind, number, failure = ours.recv()
    assert (kind, number, failure.code) == ("failure", 1, "INTERNAL")
    assert ours.recv() == ("result", 2, "here")
