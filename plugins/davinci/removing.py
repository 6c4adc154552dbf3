# SPDX-License-Identifier: Apache-2.0
"""The last job's sound off the timeline again, and what the editor reads of it.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import os
from typing import Sequence

from .asking import asked_words
from .copies import copied
from .kept import Kept
from .placed import COPIED, PLACED, REMOVED, Added, ours_of, same_file
from .resolve_calls import HostProblem
from .resolve_host import SOUND, Host, Item
from .taking_back import take_back, taken_back
from .windows import Window

_REMOVE, _KEEP = "Remove them", "Keep them"


def last_of(host: Host, kept: Kept) -> Added:
    """The newest job whose sound is on the open timeline. Raises HostProblem where there is none."""
    last = kept.last(host.project_id, host.id) or copied(host, kept)
    if last is None:
        aside = kept.set_aside
        unread = f", as far as is known: what it had written down cannot be read ({aside})" if aside else ""
        raise HostProblem(f"foley has put no sound on the timeline {host.name} that is still there{unread}")
    return last


def remove(host: Host, window: Window, title: str, kept: Kept) -> None:
    """Takes the last job's sound off the timeline; its WAV files stay. Raises HostProblem."""
    last = last_of(host, kept)
    ours = [item for _, item in ours_of(host.all_items(SOUND), last.items)]
    doubts = _doubts(host, last, ours)
    if doubts:
        lines = [f"The last sound: {asked_words(last.ask)}", *doubts]
        if window.choose(title, lines, [_REMOVE, _KEEP]) != _REMOVE:
            return
    if last.came_with_copy:  # of it nothing is written down yet, and without its items nothing tells of it
        kept.note(last)
    taken = take_back(host, last)
    if last.state == REMOVED and (taken.used or taken.stays or last.came_with_copy):
        last.state = COPIED
    kept.note(last)
    if taken.left:
        raise HostProblem(taken_back(taken))
    copies = _copies(host, last) if taken.used else 0
    window.tell(title, [_summary(last, len(ours), copies), *taken.stays, *files_stay(last.pool)])


def _doubts(host: Host, last: Added, ours: Sequence[Item]) -> list[str]:
    """Why the editor is to be asked whether OURS, which LAST has put there, are to go."""
    found = []
    if last.came_with_copy:
        found.append(f"It was made for another timeline, of which {host.name} has a copy.")
    worked_on = _worked_on(host, last, ours)
    if worked_on:
        what = f"{worked_on} of its {len(ours)} takes" if len(ours) > 1 else "its take"
        found.append(
            f"You have moved or trimmed {what} since. That goes, too; Resolve may not be able to undo it."
        )
    return found


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
