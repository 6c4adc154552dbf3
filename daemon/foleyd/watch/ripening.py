"""When a file is there to be begun: its writer has closed it, or it has rested. By our own clock alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from foleyd.watch.kinds import ends_well, is_foreign, is_hollow, is_timeline
from foleyd.watch.records import Stamp

PATIENCE = 30.0
"""Seconds that a timeline may rest without its end, and a file that its writer holds open."""


@dataclass(slots=True)
class _Seen:
    """A file since when it looks as it does, and whether its writer closed it since. RIPE is the moment."""

    stamp: Stamp
    since: float
    closed: bool = False
    ripe: float | None = None
    why: str = ""
    foreign: bool = False


class Ripening:
    """Follows files until they are ripe. REST and PATIENCE are in seconds."""

    def __init__(
        self, folder: Path, rest: float, is_open: Callable[[str], bool], patience: float = PATIENCE
    ) -> None:
        self._folder, self._rest, self._is_open, self._patience = folder, rest, is_open, patience
        self._seen: dict[str, _Seen] = {}

    def look(
        self, listed: Mapping[str, Stamp], closed: Iterable[str], wanted: Iterable[str], now: float
    ) -> None:
        """A new look at the folder, at the moment NOW: only WANTED files of those LISTED are followed."""
        shut = set(closed)
        following = set(wanted)
        for gone in self._seen.keys() - following:
            del self._seen[gone]
        for name in following:
            seen = self._seen.get(name)
            if seen is None or seen.stamp != listed[name]:
                seen = self._seen[name] = _Seen(listed[name], now)
            seen.closed |= name in shut
            if seen.ripe is None and not seen.foreign:
                seen.why = self._why_not(name, seen, now)
                if not seen.why and not seen.foreign:
                    seen.ripe = now

    def forget(self, name: str) -> None:
        """NAME begins to rest anew."""
        self._seen.pop(name, None)

    def ripe_since(self, name: str) -> float | None:
        """The moment at which NAME was ripe; None where it is not."""
        seen = self._seen.get(name)
        return seen.ripe if seen is not None else None

    def why_not(self, name: str) -> str:
        """Why NAME is not ripe, in a clause; "" for what is, or is none of ours."""
        seen = self._seen.get(name)
        return seen.why if seen is not None and not seen.foreign else ""

    def is_foreign(self, name: str) -> bool:
        """Whether NAME turned out to be of another kind than its suffix says."""
        seen = self._seen.get(name)
        return seen is not None and seen.foreign

    def _why_not(self, name: str, seen: _Seen, now: float) -> str:
        rested = now - seen.since
        if seen.stamp.size == 0:
            return "it is empty so far"
        if not seen.closed and rested < (self._patience if self._is_open(name) else self._rest):
            return "it is still being copied"
        path = self._folder / name
        if is_hollow(path):
            return "much of it is not there yet"
        if is_timeline(name):
            seen.foreign = is_foreign(path)
            if not seen.foreign and rested < self._patience and not ends_well(path):
                return "its end is not there yet"
        return ""
