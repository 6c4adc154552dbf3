# SPDX-License-Identifier: GPL-3.0-or-later
"""How long Blender waits for us: the longest run of each of our callbacks, kept on demand.

The environment variable ``FOLEY_BLENDER_TIMES`` names the file it is written to, as JSON. Without it
nothing is measured.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator

FILE = os.environ.get("FOLEY_BLENDER_TIMES", "")

_longest: dict[str, float] = {}
_calls: dict[str, int] = {}


@contextlib.contextmanager
def measured(name: str) -> Iterator[None]:
    """The time that its block takes counts for the callback NAME."""
    if not FILE:
        yield
        return
    began = time.perf_counter()
    try:
        yield
    finally:
        seconds = time.perf_counter() - began
        _calls[name] = _calls.get(name, 0) + 1
        _longest[name] = max(_longest.get(name, 0.0), seconds)


def write() -> None:
    """Writes what was measured: milliseconds of the longest run and number of runs, by callback."""
    if FILE and _calls:
        rows = {
            name: {"longest_ms": round(_longest[name] * 1000, 2), "calls": _calls[name]}
            for name in sorted(_longest, key=lambda name: -_longest[name])
        }
        with open(FILE, "w", encoding="utf-8") as out:
            json.dump(rows, out, indent=1)
