# SPDX-License-Identifier: Apache-2.0
"""Whether foley is there and ready: asked in a child of its own when somebody wants to know.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import math
import time
from typing import Any, Callable

from .foley_call import Call, FoleyMissing, PrivateFolder, Refused
from .foley_find import too_old

_SECONDS = 40.0
"""Longest that an answer may take; a daemon has 15 s to start."""


class ServerWatch:
    """What the daemon last said of itself. FIND gives the command, PARENT is as for Jobs."""

    def __init__(self, find: Callable[[], list[str]], parent: str = "") -> None:
        self._find = find
        self._parent = parent
        self._folder: PrivateFolder | None = None
        self._call: Call | None = None
        self._begun = 0.0
        self._answered = -math.inf
        self._info: dict[str, Any] = {}
        self.text = ""
        """"ready: …", or the problem; "" before the first answer."""
        self.problem = ""
        """A sentence with the fix; "" where all is well."""
        self.version = ""
        self.engines: list[str] = []
        self.layers: list[str] = []

    @property
    def busy(self) -> bool:
        """Whether it is being asked now."""
        return self._call is not None

    @property
    def age(self) -> float:
        """Seconds since the last answer; infinite before the first."""
        return time.monotonic() - self._answered

    def ask(self) -> None:
        """Asks, unless it is being asked already; the answer comes with a later poll."""
        if self._call is not None:
            return
        try:
            command = self._find()
            if self._folder is None:
                self._folder = PrivateFolder(self._parent)
            self._call = Call(command, "GetServerInfo", {}, self._folder.path)
            self._begun = time.monotonic()
        except FoleyMissing as missing:
            self._settle(str(missing))
        except Refused as refused:
            self._settle(refused.sentence)

    def poll(self) -> bool:
        """Whether an answer has come."""
        if self._call is None:
            return False
        for answer in self._call.poll():
            self._info = answer
        if not self._call.done and time.monotonic() - self._begun < _SECONDS:
            return False
        error, late = self._call.error, not self._call.done
        self._call.close()
        self._call = None
        if late:
            self._settle(
                f"foley did not answer within {_SECONDS:.0f} seconds; run foley doctor in a terminal"
            )
        elif error is not None:
            self._settle(error.sentence)
        else:
            self._hear(self._info)
        return True

    def why_not(self, engine: str) -> str:
        """Why ENGINE cannot be used, in a sentence; "" where it can, or nothing is known of it."""
        for info in self._info.get("engines", ()):
            if info["name"] == engine:
                return "" if info["ready"] else str(info["why_not"])
        return ""

    def close(self) -> None:
        """Ends the child and removes its files."""
        if self._call is not None:
            self._call.close()
            self._call = None
        if self._folder is not None:
            self._folder.close()
            self._folder = None

    def _hear(self, info: dict[str, Any]) -> None:
        self.version = info["version"]
        self.engines = [engine["name"] for engine in info["engines"]]
        self.layers = list(info["layers"])
        if too_old(self.version):
            self._settle(too_old(self.version))
        elif "auto_engine" not in info:
            reasons = "; ".join(engine["why_not"] for engine in info["engines"] if engine["why_not"])
            self._settle(f"no engine is ready: {reasons}")
        else:
            self._settle("", _ready(info))

    def _settle(self, problem: str, text: str = "") -> None:
        self.problem, self.text = problem, problem or text
        self._answered = time.monotonic()


def _ready(info: dict[str, Any]) -> str:
    jobs = info["queued_jobs"] + info["running_jobs"]
    busy = f", at work on {jobs} job{'s' * (jobs > 1)}" if jobs else ""
    chosen = info["auto_engine"]
    why = f" ({chosen['reason']})" if chosen["reason"] else ""
    return f"ready: {chosen['name']}{busy}{why}"
