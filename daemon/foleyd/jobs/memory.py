"""Memory of the daemon and its worker while jobs run."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable

import psutil

_INTERVAL = 0.2


def resident_bytes(pids: Iterable[int | None]) -> int:
    """Resident memory of the processes, in bytes; those that have gone count nothing."""
    total = 0
    for pid in pids:
        if pid is None:
            continue
        try:
            total += psutil.Process(pid).memory_info().rss
        except psutil.Error:
            continue
    return total


class Peaks:
    """The highest memory seen while each job ran."""

    def __init__(self, measure: Callable[[], int]) -> None:
        self._measure = measure
        self._peaks: dict[str, int] = {}
        self._latest: tuple[float, int] = (-1.0, 0)

    def now(self) -> int:
        """Bytes held, measured at most five times a second: asking costs the daemon a millisecond."""
        moment = time.monotonic()
        if moment - self._latest[0] > _INTERVAL:
            self._latest = (moment, self._measure())
        return self._latest[1]

    def begin(self, job: str) -> None:
        """Starts to watch for JOB."""
        self._peaks[job] = self.now()

    def end(self, job: str) -> int:
        """Stops and returns the peak in bytes."""
        self.sample()
        return self._peaks.pop(job, 0)

    def peak(self, job: str) -> int:
        """The peak so far."""
        self.sample()
        return self._peaks.get(job, 0)

    def sample(self) -> None:
        """Measures once, for all jobs that are watched."""
        if self._peaks:
            now = self.now()
            self._peaks = {job: max(peak, now) for job, peak in self._peaks.items()}

    async def run(self) -> None:
        """Measures five times a second while there is a job."""
        while True:
            await asyncio.sleep(_INTERVAL)
            self.sample()
