"""Faults: any named call may fail, raise, hang or lie (sections 8 and 11 tell of calls that do).

`host.faults.add("Timeline.AddTrack", "false", nth=2)`; actions:

- false, none, empty: nothing is done, False / None / [] comes back
- raises: RuntimeError, nothing is done
- hangs: waits SECONDS, or until `host.faults.release()`, then goes on as usual
- does_nothing: success is returned, all is as before ("may return True and do nothing", section 11)
- denies: it is done, but failure comes back
- off_by_one: arguments are a frame later (see SHIFTED), or a number that comes back is one more
- one_short: AppendToTimeline's endFrame is one less
- modal: a box opens; from this call on everything returns False until `host.dismiss()`
- vanish_on_save: AppendToTimeline's items are gone after SaveProject (section 8, MCP M: "a chunk that
  errored"); errors: the same, and the answer tells, being None (how it shows is our guess)
- disk_full: Export leaves half a file and returns False; truncates: the same, but True is returned
- change: CHANGE(args) gives the arguments that are used
- before: CHANGE(args) is run first (an editor who does something meanwhile), its result is ignored
"""

from __future__ import annotations

import threading
from typing import Any, Callable

ACTIONS = [
    "false",
    "none",
    "empty",
    "raises",
    "hangs",
    "does_nothing",
    "denies",
    "off_by_one",
    "one_short",
    "modal",
    "vanish_on_save",
    "errors",
    "disk_full",
    "truncates",
    "change",
    "before",
]

# Faults of one call only.
OF_ONE = {
    "one_short": "MediaPool.AppendToTimeline",
    "vanish_on_save": "MediaPool.AppendToTimeline",
    "errors": "MediaPool.AppendToTimeline",
    "disk_full": "Timeline.Export",
    "truncates": "Timeline.Export",
}

# The position of the frame argument that off_by_one moves.
SHIFTED = {
    "Timeline.AddMarker": 0,
    "Timeline.SetMarkInOut": 0,
    "TimelineItem.AddMarker": 0,
    "MediaPoolItem.AddMarker": 0,
    "Timeline.DeleteMarkerAtFrame": 0,
}


class Fault:
    """One switch."""

    def __init__(
        self,
        name: str,
        action: str,
        nth: int | None = None,
        seconds: float | None = None,
        change: Callable[[list[Any]], Any] | None = None,
    ) -> None:
        if action not in ACTIONS:
            raise ValueError(action)
        if action in OF_ONE and name != OF_ONE[action]:
            raise ValueError(f"{action} is a fault of {OF_ONE[action]}")
        self.name = name
        self.action = action
        self.nth = nth
        self.seconds = seconds
        self.change = change
        self.seen = 0
        self.struck = 0


class Faults:
    """All switches of a host."""

    def __init__(self) -> None:
        self.all: list[Fault] = []
        self.hanging = threading.Event()  # set while a call hangs: a test may wait for it
        self._released = threading.Event()

    def add(self, name: str, action: str, **options: Any) -> Fault:
        """A fault at the NTH call of NAME counted from now (None: every call)."""
        fault = Fault(name, action, **options)
        self.all.append(fault)
        return fault

    def clear(self) -> None:
        """No faults any more."""
        self.all = []

    def due(self, name: str) -> Fault | None:
        """The fault that befalls this call, if any; counts the call."""
        found = None
        for fault in self.all:
            if fault.name == name:
                fault.seen += 1
                if found is None and fault.nth in (None, fault.seen):
                    found = fault
        if found is not None:
            found.struck += 1
        return found

    def hang(self, seconds: float | None) -> None:
        """Blocks for SECONDS, or until released."""
        self.hanging.set()
        self._released.wait(seconds)
        self.hanging.clear()

    def release(self) -> None:
        """Lets go of what hangs, now and later."""
        self._released.set()


def shifted(name: str, args: list[Any]) -> list[Any]:
    """The arguments a frame later, where NAME has a frame argument."""
    if name == "MediaPool.AppendToTimeline" and args and isinstance(args[0], list):
        return [[_later(info) for info in args[0]], *args[1:]]
    if name in SHIFTED and len(args) > SHIFTED[name]:
        place = SHIFTED[name]
        return [*args[:place], args[place] + 1, *args[place + 1 :]]
    return args


def _later(info: Any) -> Any:
    if isinstance(info, dict) and "recordFrame" in info:
        return dict(info, recordFrame=info["recordFrame"] + 1)
    return info


def one_short(args: list[Any]) -> list[Any]:
    """AppendToTimeline's arguments, each clip a frame shorter."""
    return [
        [
            dict(i, endFrame=i["endFrame"] - 1) if isinstance(i, dict) and "endFrame" in i else i
            for i in args[0]
        ],
        *args[1:],
    ]
