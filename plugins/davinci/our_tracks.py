# SPDX-License-Identifier: Apache-2.0
"""Which empty audio tracks are a job's own: Resolve gives tracks no ids, and the editor may move them.

What was written down when they were added decides: how many tracks there were before and what they were
called. What that leaves open is not ours. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from .placed import PLACED, PLACING, Added, plain_name
from .resolve_calls import maybe
from .resolve_host import SOUND, Host


class Empty(NamedTuple):
    """Empty tracks by number and name: those of a job, and those of which it cannot be known."""

    ours: list[tuple[int, str]]
    unsure: list[tuple[int, str]]


def empty_tracks(host: Host, added: Added, held: set[int]) -> Empty:
    """The empty tracks that ADDED has, HELD being those that had its items.

    One of ours lies where it was added, below what lay there then. Where the editor has put tracks above it
    or taken some away, it is the only empty one of its name, and there are more of that name than before; it
    had our items, or the run that added it did not come to its end.
    """
    names = {index: _name(host, index) for index in range(1, host.track_count(SOUND) + 1)}
    found: set[int] = set()
    unsure: set[int] = set()
    for number in range(len(added.tracks)):
        wanted = {added.tracks[number], plain_name(added.tracks[number])}
        alike = [index for index, name in names.items() if name in wanted]
        empty = [index for index in alike if not host.items(SOUND, index)]
        place = added.first_track + 1 + number
        more = len(alike) - sum(name in wanted for name in added.names)
        late = added.state != PLACED and empty[:1] > [added.first_track]
        ours: list[int] = []
        if more > 1 and len(empty) > 1:
            pass  # the editor has made one that looks like ours
        elif _lies_there(names, added, number):
            ours = [place] if not host.items(SOUND, place) else []
        elif more > 0 and len(empty) == 1 and (empty[0] in held or late):
            ours = empty
        found.update(ours)
        if number + 1 == added.made and added.state == PLACING and more <= 0 and not ours:
            # Ours has no name yet, as others came in between; it lies below what lay there before.
            unsure.update(
                index for index in names if index > added.first_track and _unnamed(host, names, index)
            )
        if not ours or held & set(empty):
            unsure.update(empty if more > 0 else held & set(empty))
    return Empty(*(sorted((index, names[index]) for index in some) for some in (found, unsure - found)))


def _lies_there(names: dict[int, str], added: Added, number: int) -> bool:
    """Whether our track NUMBER, from 0, is where it was added: all above it is as it was then."""
    first = added.first_track
    if added.names and [names.get(index) for index in range(1, first + 1)] != added.names:
        return False
    above = [names.get(first + 1 + each, "") for each in range(number + 1)]
    named = [name in (wanted, plain_name(wanted)) for name, wanted in zip(above, added.tracks)]
    if all(named):
        return True
    # The last one, added but not named when Resolve gave no answer any more: "Audio 3" is its name.
    last = number + 1 == added.made and len(names) == first + added.made
    return last and all(named[:-1]) and _is_number(above[-1], first + 1 + number)


def _unnamed(host: Host, names: dict[int, str], index: int) -> bool:
    """Whether the track INDEX is an empty one that was never named, as "Audio 3" is."""
    return _is_number(names[index], index) and not host.items(SOUND, index)


def _is_number(name: str, index: int) -> bool:
    return re.search(rf"\D{index}$", name) is not None


def _name(host: Host, index: int) -> str:
    said = maybe(host.timeline, "GetTrackName", SOUND, index)
    return str(said or maybe(host.timeline, "GetTrackName", SOUND, index) or "")
