from __future__ import annotations

import threading
from multiprocessing import Pipe
from typing import Any

from foleyd.jobs.worker import Worker


class Bench:
    """Engines' side of a worker that answers with what no pipe can carry."""

    def unsendable(self, watch: Any) -> object:
        return threading.Lock()

    def sendable(self, watch: Any) -> str:
        return "here"


def test_an_answer_that_cannot_be_sent_is_a_failure_and_the_worker_lives_on() -> None:
    ours, theirs = Pipe()
    worker: Any = Worker(theirs, Bench(), lambda: None)  # type: ignore[arg-type, return-value]
    threading.Thread(target=worker.serve, daemon=True).start()
    ours.send(("call", 1, "engines", "unsendable", ()))
    assert ours.poll(10)
    kind, number, failure = ours.recv()
    assert (kind, number) == ("failure", 1)
    assert failure.code == "INTERNAL"
    ours.send(("call", 2, "engines", "sendable", ()))
    assert ours.poll(10)
    assert ours.recv() == ("result", 2, "here")
