# SPDX-License-Identifier: Apache-2.0
"""Sound of ours that came onto a timeline as that was duplicated from another one, on which foley put it.

A copy has tracks and items of its own, under other names of Resolve's; what they share is what can be seen:
names of tracks, files, frames. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Mapping, Sequence

from .kept import Kept
from .placed import PLACED, Added, plain_name, same_file
from .resolve_calls import maybe
from .resolve_host import SOUND, Host, Item

_Lying = Mapping[str, Sequence[Item]]
"""By the name of their track: what lies there."""


def copied(host: Host, kept: Kept) -> Added | None:
    """The newest job of another timeline that lies on the open one, as if it was of this one; None without.

    What has been taken off this timeline already is not found again, whatever the editor has kept of it.
    """
    jobs = kept.jobs(host.project_id)
    done = {job.job for job in jobs if job.timeline == host.id}
    others = [job for job in jobs if job.job not in done]
    lying = _lying(host) if others else {}
    for job in reversed(others):
        items = _here(host, job, job.items, lying)
        if items:
            silenced = _here(host, job, job.silenced, lying)
            return replace(
                job, timeline=host.id, items=items, silenced=silenced, state=PLACED, came_with_copy=True
            )
    return None


def _lying(host: Host) -> dict[str, list[Item]]:
    found: dict[str, list[Item]] = {}
    for index in range(1, host.track_count(SOUND) + 1):
        name = str(maybe(host.timeline, "GetTrackName", SOUND, index) or "")
        found.setdefault(name, []).extend(host.items(SOUND, index))
    return found


def _here(
    host: Host, job: Added, entries: Sequence[Mapping[str, Any]], lying: _Lying
) -> list[dict[str, Any]]:
    """Those of ENTRIES of JOB that are on this timeline, with the names that Resolve has for them here.

    One of ours is on a track of the name that ours had, and at its frame; or it is the only one there of its
    file, and was moved.
    """
    moved = host.clock.start - job.ask.get("start", host.clock.start)  # the copy's start was set anew
    found = []
    for entry in entries:
        file, name = same_file(entry["path"]), _track_of(job, entry)
        alike = [
            item
            for each in (name, plain_name(name))
            for item in lying.get(each, ())
            if same_file(item.path) == file
        ]
        there = [item for item in alike if item.start == entry["start"] + moved] or alike
        if len(there) == 1:
            found.append({**entry, "id": there[0].id})
    return found


def _track_of(job: Added, entry: Mapping[str, Any]) -> str:
    """What the track was called that ENTRY of JOB was put on, or lay on before."""
    names = [*job.names, *job.tracks] if len(job.names) == job.first_track else []
    number = int(entry["track"])
    return str(names[number - 1]) if 0 < number <= len(names) else ""
