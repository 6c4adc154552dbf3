# SPDX-License-Identifier: Apache-2.0
"""Taking back what a job has added; the WAV files stay, and what the editor made of it since.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

from .bins import bin_at, bin_name, clips_of, every_bin
from .in_use import Uses, in_use
from .our_tracks import empty_tracks
from .placed import BIN, LEFT, REMOVED, Added, ours_of, same_file
from .resolve_calls import HostProblem, call, maybe
from .resolve_host import SOUND, Host

LOCKED = " on a locked track"
CLOSED = "another timeline is open than "


@dataclass
class Taken:
    """What is still there, in words."""

    left: list[str] = field(default_factory=list)
    """What could not be taken back."""
    stays: list[str] = field(default_factory=list)
    """What was left because the editor has made it theirs."""
    used: bool = False
    """Whether something on a timeline uses the clips still."""
    uses: Uses = field(default_factory=lambda: Uses([]))
    """What Resolve said of the clips before the items were deleted."""


def take_back(host: Host, added: Added, *, at_once: bool = False) -> Taken:
    """Takes away what ADDED has; the WAV files stay. Never raises.

    AT_ONCE: the same run has just added it. Whatever the editor has made of it since is left: tracks with
    other items or that may be theirs, clips used elsewhere or put into another bin.
    """
    taken = Taken()
    with suppress(HostProblem), host.edit_page():
        for step in (_count_anew, _take_items, _take_markers, _take_clips):
            try:
                step(host, added, taken, at_once)
            except HostProblem as problem:
                taken.left.append(str(problem))
    if maybe(host.timeline, "GetUniqueId") != host.id:
        taken.left.append("Resolve gives no answer")
    if (taken.left and host.other_open()) or host.other_project():
        taken.left.insert(0, f"{CLOSED}{host.name}")
    added.state = LEFT if taken.left else REMOVED
    taken.left, taken.stays = list(dict.fromkeys(taken.left)), list(dict.fromkeys(taken.stays))
    return taken


def _count_anew(host: Host, added: Added, _taken: Taken, _at_once: bool) -> None:
    if added.tracks:
        host.count_anew()


def _take_items(host: Host, added: Added, taken: Taken, _at_once: bool) -> None:
    ours = ours_of(host.all_items(SOUND), added.items)
    held = {index for index, _ in ours}
    locked = {index for index in held if maybe(host.timeline, "GetIsTrackLocked", SOUND, index) is True}
    free = [item.handle for index, item in ours if index not in locked]
    taken.uses = Uses([item for _, item in ours])
    if free:
        maybe(host.timeline, "DeleteClips", free, False)
    items = host.all_items(SOUND)
    for _, item in ours_of(items, added.silenced):
        if not item.enabled:
            maybe(item.handle, "SetClipEnabled", True)
    remaining = ours_of(items, added.items)
    taken.uses.without([item for _, item in remaining])
    for index, item in remaining:
        where = LOCKED if index in locked else ""
        taken.left.append(f"{item.name} at {host.clock.label(item.start)}{where}")
    _delete_tracks(host, added, held, taken)


def _delete_tracks(host: Host, added: Added, held: set[int], taken: Taken) -> None:
    """Deletes those tracks of ours that are empty. HELD are those that had items of ours."""
    tracks = empty_tracks(host, added, held)
    taken.stays.extend(f"The empty audio track {name} stays: it may be yours" for _, name in tracks.unsure)
    for index, name in sorted(tracks.ours, reverse=True):
        count = host.track_count(SOUND)
        if count == 1:
            continue  # Resolve keeps the last one
        maybe(host.timeline, "DeleteTrack", SOUND, index)
        host.count_anew()
        if host.track_count(SOUND) == count:
            taken.left.append(f"the empty track {name}")


def _take_markers(host: Host, added: Added, taken: Taken, _at_once: bool) -> None:
    for custom in added.markers:
        maybe(host.timeline, "DeleteMarkerByCustomData", custom)
    there = call(host.timeline, "GetMarkers") or {}
    found = {str(marker.get("customData")): frame for frame, marker in there.items()}
    taken.left.extend(
        f"the marker at {host.clock.label(host.clock.absolute(found[custom]))}"
        for custom in added.markers
        if custom in found
    )


def _take_clips(host: Host, added: Added, taken: Taken, at_once: bool) -> None:
    """Takes our clips out of the media pool where nothing uses them, and the bins we made if empty then.

    A clip that lies in another bin than it was imported into was put there by the editor, unless AT_ONCE.
    """
    home = added.bin or f"{BIN}/{host.name}"
    homes = [home, *added.strays]
    root = call(host.pool, "GetRootFolder")
    ours = clips_of(bin_at(root, home), added)
    if len(ours) < len({same_file(path) for path in added.pool}):
        for place, folder in every_bin(root):
            found = {path: clip for path, clip in clips_of(folder, added).items() if path not in ours}
            if place in homes or at_once:
                ours.update(found)
            elif found:
                taken.stays.append(_stay(found, place, "where you put {}", "it", "them"))
    used = in_use(host, ours, taken.uses, here_only=at_once)
    taken.used = bool(used.lying)
    if used.counted:
        still = {path: ours[path] for path in used.counted}
        taken.stays.append(_stay(still, home, "as Resolve says that {} used", "it is", "they are"))
    unused = [clip for path, clip in ours.items() if path not in used.lying | used.counted]
    if unused:
        maybe(host.pool, "DeleteClips", unused)
    there = [place for place, folder in every_bin(root) if place in homes for _ in clips_of(folder, added)]
    kept = len(there) - (len(ours) - len(unused))
    if kept > 0:
        taken.left.append(f"{kept} sound file{'s' * (kept > 1)} in the bin {bin_name(there[0])}")
    for path in (home, BIN):
        folder = bin_at(root, path)
        if path in added.bins and folder is not None and not _holds(folder):
            maybe(host.pool, "DeleteFolders", [folder])


def _stay(clips: Mapping[str, Any], place: str, why: str, one: str, many: str) -> str:
    """That CLIPS stay in the bin at PLACE, and WHY."""
    names = [os.path.basename(path) for path in clips]
    what = f"{names[0]} stays" if len(names) == 1 else f"{len(names)} sound files stay"
    return f"{what} in the bin {bin_name(place)}, {why.format(one if len(names) == 1 else many)}"


def _holds(folder: Any) -> bool:
    return bool(call(folder, "GetClipList") or call(folder, "GetSubFolderList"))


def taken_back(taken: Taken) -> str:
    """What :func:`take_back` came to, for the editor."""
    if not (taken.left or taken.stays):
        return "What was added has been taken back; the timeline is as it was"
    first = _not_taken(taken.left) if taken.left else "What was added has been taken back"
    return ". ".join([first, *taken.stays])


def _not_taken(left: Sequence[str]) -> str:
    mend = "close Resolve's dialogs"
    if left[0].startswith(CLOSED):
        mend = f"open the timeline {left[0][len(CLOSED) :]}"
    elif any(LOCKED in each for each in left):
        mend = "unlock the track"
    return f"Not all of it could be taken back ({'; '.join(left)}); {mend} and run Foley - Remove last"
