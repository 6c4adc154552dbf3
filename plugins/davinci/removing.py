# SPDX-License-Identifier: Apache-2.0
"""The last job's sound off the timeline again, and what the editor reads of it.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import os
from typing import Sequence

from .asking import asked_words
from .kept import Kept
from .placed import PLACED, Added, ours_of, same_file
from .resolve_calls import HostProblem
from .resolve_host import SOUND, Host, Item
from .taking_back import take_back, taken_back
from .windows import Window

_REMOVE, _KEEP = "Remove them", "Keep them"


def last_of(host: Host, kept: Kept) -> Added:
    """The newest job whose sound is on the open timeline. Raises HostProblem where there is none."""
    last = kept.last(host.project_id, host.id)
    if last is None and _copied(host, kept):
        raise HostProblem(
            f"the sound on {host.name} came with a copy of another timeline, on which foley has put it; "
            "delete its tracks by hand, or use Foley - Generate for more of it"
        )
    if last is None:
        aside = kept.set_aside
        unread = f", as far as is known: what it had written down cannot be read ({aside})" if aside else ""
        raise HostProblem(f"foley has put no sound on the timeline {host.name} that is still there{unread}")
    return last


def _copied(host: Host, kept: Kept) -> bool:
    """Whether something of another timeline's jobs lies on the open one."""
    there = host.all_items(SOUND)
    return any(ours_of(there, job.items) for job in kept.jobs(host.project_id))


def remove(host: Host, window: Window, title: str, kept: Kept) -> None:
    """Takes the last job's sound off the timeline; its WAV files stay. Raises HostProblem."""
    last = last_of(host, kept)
    ours = [item for _, item in ours_of(host.all_items(SOUND), last.items)]
    worked_on = _worked_on(host, last, ours)
    if worked_on:
        what = f"{worked_on} of its {len(ours)} takes" if len(ours) > 1 else "its take"
        lines = [
            f"The last sound: {asked_words(last.ask)}",
            f"You have moved or trimmed {what} since. That goes, too; Resolve may not be able to undo it.",
        ]
        if window.choose(title, lines, [_REMOVE, _KEEP]) != _REMOVE:
            return
    taken = take_back(host, last)
    kept.note(last)
    if taken.left:
        raise HostProblem(taken_back(taken))
    copies = _copies(host, last) if taken.used else 0
    window.tell(title, [_summary(last, len(ours), copies), *taken.stays, *files_stay(last.pool)])


def _copies(host: Host, last: Added) -> int:
    """How many items on the timeline have the sound of LAST still."""
    files = {same_file(path) for path in last.pool}
    return sum(same_file(item.path) in files for _, item in host.all_items(SOUND))


def _summary(last: Added, number: int, copies: int) -> str:
    asked = asked_words(last.ask)
    what = "{} take{} removed{}".format(number, "s" * (number != 1), f": {asked}" if asked else "")
    if number < len(last.items):
        what += f" ({len(last.items) - number} had gone already)"
    if copies:
        what += "; {} that {} copied or cut off from {} since {}".format(
            *((copies, "were", "them", "stay") if copies > 1 else ("one", "was", "them", "stays"))
        )
    return what


def files_stay(paths: Sequence[str]) -> list[str]:
    """A line on where the sound files at PATHS are; none where there are none."""
    return [f"The sound files stay in {os.path.dirname(paths[0])}"] if paths else []


def _worked_on(host: Host, last: Added, ours: Sequence[Item]) -> int:
    """How many of OURS have another place or length than the takes were given."""
    if last.state != PLACED:  # nobody has had the time
        return 0
    moved = host.clock.start - last.ask.get("start", host.clock.start)  # the timeline's start was set anew
    known = {entry["id"]: entry for entry in last.items if entry["id"]}
    return sum(
        (item.start, item.span.length)
        != (known[item.id]["start"] + moved, known[item.id].get("length", item.span.length))
        for item in ours
        if item.id in known
    )
