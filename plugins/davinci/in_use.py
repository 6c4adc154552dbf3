# SPDX-License-Identifier: Apache-2.0
"""Which clips of the media pool something uses still: to delete one of those would take the sound from it.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from collections import Counter
from typing import Any, Mapping, NamedTuple, Sequence

from .placed import same_file
from .resolve_calls import call, listed, maybe, number
from .resolve_host import SOUND, Host, Item
from .tracks import tracks_of


class InUse(NamedTuple):
    """Clips by :func:`same_file` of their file."""

    lying: set[str]
    """Those that lie on a timeline."""
    counted: set[str]
    """Those that do not, but that Resolve says are used: in a compound clip, it may be."""


class Uses:
    """What Resolve said of the clips of ITEMS before those were deleted."""

    def __init__(self, items: Sequence[Item]) -> None:
        self._items = Counter(same_file(item.path) for item in items)
        self._counts = {same_file(item.path): item.uses for item in items}
        self.deleted: Mapping[str, int] = {}

    def without(self, items: Sequence[Item]) -> None:
        """ITEMS are those of them that are there still."""
        self.deleted = self._items - Counter(same_file(item.path) for item in items)

    def others(self, path: str, count: str) -> int:
        """How many other uses the clip at PATH has, of which Resolve says COUNT now.

        Nobody says when Resolve counts anew: where it says what it said before, that is the old number.
        """
        if not count.isdigit():
            return 0
        old = count == self._counts.get(path)
        return int(count) - (self.deleted.get(path, 0) if old else 0)


def in_use(host: Host, clips: Mapping[str, Any], uses: Uses, *, here_only: bool) -> InUse:
    """Those of CLIPS that something uses. HERE_ONLY: only HOST's timeline is looked through, where Resolve
    counts; there has been no time for another to use them. Raises HostProblem where it cannot be known."""
    counts = {path: str(maybe(clip, "GetClipProperty", "Usage") or "") for path, clip in clips.items()}
    timelines = [host.timeline]
    if clips and not (here_only and all(count.isdigit() for count in counts.values())):
        every = number(host.project, "GetTimelineCount")
        timelines += [call(host.project, "GetTimelineByIndex", index + 1) for index in range(every)]
    lying: set[str] = set()
    for timeline in timelines:
        for index in range(1, tracks_of(timeline, SOUND) + 1):
            for handle in listed(maybe(timeline, "GetItemListInTrack", SOUND, index)):
                path = maybe(maybe(handle, "GetMediaPoolItem"), "GetClipProperty", "File Path")
                lying |= {same_file(str(path or ""))} & set(clips)
    counted = {path for path, count in counts.items() if uses.others(path, count) > 0}
    return InUse(lying, counted - lying)
