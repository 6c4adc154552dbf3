# SPDX-License-Identifier: Apache-2.0
"""How many tracks a timeline has: Resolve's count may be old. Standard library only, Python 3.8 syntax."""

from __future__ import annotations

from typing import Any

from .resolve_calls import maybe, number

_NO_TRACK = 10_000
"""No timeline has a track of this number."""


def tracks_of(timeline: Any, kind: str) -> int:
    """How many tracks of KIND TIMELINE has; the count that Resolve gives may be an old one, not so names.

    Those of tracks that are not there are empty, or none; where they are not, the count is all there is, and
    :meth:`Host.count_anew` makes it a new one. Raises HostProblem where there is no count.
    """
    known = count = number(timeline, "GetTrackCount", kind)
    while maybe(timeline, "GetTrackName", kind, count + 1):
        if names_any(timeline, kind):
            return known
        count += 1
    while count and _no_track(timeline, kind, count):
        count -= 1
    return count or known


def names_any(timeline: Any, kind: str) -> bool:
    """Whether Resolve has a name ("Audio 9") for tracks, too, that are not there."""
    return bool(maybe(timeline, "GetTrackName", kind, _NO_TRACK))


def _no_track(timeline: Any, kind: str, index: int) -> bool:
    for _ in range(2):  # None is also what a call gives that fails for once
        said = maybe(timeline, "GetTrackName", kind, index)
        if said is not None:
            return bool(said == "")
    return True
