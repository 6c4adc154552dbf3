"""A log of every call a script makes: names, arguments, results, threads; and of names that are not there."""

from __future__ import annotations

import threading
from typing import Any


class Call:
    """One call. ARGS and RESULT are plain data; an API object is {"object", "id", "name"}."""

    def __init__(self, number: int, name: str, target: Any, args: list[Any], writes: bool) -> None:
        self.number = number
        self.name = name
        self.target = target
        self.args = args
        self.writes = writes
        self.result: Any = None
        self.raised = ""
        self.note = ""  # "modal", "upsell" or the fault that befell it
        self.on_main_thread = threading.current_thread() is threading.main_thread()

    def __repr__(self) -> str:
        return f"{self.name}{tuple(self.args)} -> {self.raised or self.result}"

    def as_data(self) -> dict:
        """For JSON."""
        return dict(vars(self))


class Journal:
    """All calls, in order."""

    def __init__(self) -> None:
        self.entries: list[Call] = []
        self.unknown: list[tuple[str, str]] = []  # (class, name) asked of an object that lacks it
        self.studio_only: list[str] = []  # Studio's calls, made on the free edition

    def begin(self, name: str, target: Any, args: Any, writes: bool) -> Call:
        """A new entry."""
        call = Call(len(self.entries), name, plain(target), [plain(arg) for arg in args], writes)
        self.entries.append(call)
        return call

    def calls(self, *names: str) -> list[Call]:
        """Those of these names ("Timeline.AddTrack"), or all."""
        return [call for call in self.entries if not names or call.name in names]

    def changes(self) -> list[Call]:
        """Those that could change something."""
        return [call for call in self.entries if call.writes]

    def off_main_thread(self) -> list[Call]:
        """Section 13: thread safety is not documented; a plugin should have none of these."""
        return [call for call in self.entries if not call.on_main_thread]

    def as_data(self) -> dict:
        """For JSON."""
        return {
            "entries": [call.as_data() for call in self.entries],
            "unknown": [list(pair) for pair in self.unknown],
            "studio_only": list(self.studio_only),
        }


def plain(value: Any) -> Any:
    """VALUE without API objects: each becomes {"object", "id", "name"}."""
    described = getattr(type(value), "_describe", None)
    if described is not None:
        return described(value)
    if isinstance(value, dict):
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(one) for one in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)
