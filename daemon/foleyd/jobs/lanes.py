"""Lanes of a worker: one thread each, in which what is urgent goes first, in pauses of what is at work."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor


class Lane:
    """Runs one thing at a time, in order; what is urgent before what is not.

    What is at work may :meth:`give_way` wherever it stands well: all that is urgent is then done at once, in
    the midst of it.
    """

    def __init__(self, name: str) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix=name)
        self._urgent: deque[Callable[[], None]] = deque()
        self._at_work = threading.local()

    def run(self, work: Callable[[], None], *, urgent: bool) -> None:
        """Runs WORK, which raises nothing, as soon as it may."""
        if urgent:
            self._urgent.append(work)
            self._thread.submit(self._run_urgent)
        else:
            self._thread.submit(self._run_ordinary, work)

    def must_give_way(self) -> bool:
        """Whether the caller is ordinary work of this lane, and something urgent waits."""
        return bool(self._urgent) and getattr(self._at_work, "ordinary", False)

    def give_way(self) -> float:
        """Does what is urgent, if the caller is what this lane does and is not urgent itself.

        Returns the seconds that took. Quick where there is nothing.
        """
        if not self.must_give_way():
            return 0.0
        began = time.perf_counter()
        self._at_work.ordinary = False
        try:
            self._run_urgent()
        finally:
            self._at_work.ordinary = True
        return time.perf_counter() - began

    def _run_ordinary(self, work: Callable[[], None]) -> None:
        self._run_urgent()
        self._at_work.ordinary = True
        try:
            work()
        finally:
            self._at_work.ordinary = False

    def _run_urgent(self) -> None:
        while self._urgent:  # only this thread takes any out
            self._urgent.popleft()()
