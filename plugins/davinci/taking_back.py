# SPDX-License-Identifier: Apache-2.0
"""Taking back what a job has added; the WAV files stay, and what the editor made of it since.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Sequence

from .placed import BIN, LEFT, PLACED, REMOVED, Added, clips_by_path, is_any, same_file, sub_folder
from .resolve_host import SOUND, Host, HostProblem, call, maybe


def take_back(host: Host, added: Added, *, at_once: bool = False) -> list[str]:
    """Takes away what ADDED has; the WAV files stay. Returns what could not be taken, in words; never raises.

    AT_ONCE: the same run has just added it. Whatever the editor has made of it since is left: tracks with
    other items, clips used elsewhere.
    """
    left: list[str] = []
    with suppress(HostProblem), host.edit_page():
        for step in (_take_items, _take_markers, _take_clips):
            try:
                left += step(host, added, at_once)
            except HostProblem as problem:
                left.append(str(problem))
    if maybe(host.timeline, "GetName") != host.name:
        left.append("Resolve gives no answer")
    added.state = LEFT if left else REMOVED
    return list(dict.fromkeys(left))


def _take_items(host: Host, added: Added, at_once: bool) -> list[str]:
    ours = [(index, item) for index, item in host.all_items(SOUND) if is_any(item, added.items)]
    if ours:
        maybe(host.timeline, "DeleteClips", [item.handle for _, item in ours], False)
    items = host.all_items(SOUND)
    for _, item in items:
        if not item.enabled and is_any(item, added.silenced):
            maybe(item.handle, "SetClipEnabled", True)
    left = [item for _, item in items if is_any(item, added.items)]
    return [
        *(f"{item.name} at {host.clock.label(item.start)}" for item in left),
        *_delete_tracks(host, added, {index for index, _ in ours}, at_once),
    ]


def _delete_tracks(host: Host, added: Added, held: set[int], at_once: bool) -> list[str]:
    """Deletes those tracks of ours that are empty; what could not be deleted.

    Ours have a name that we gave and HELD our items, or were added by a run that did not come to its end. A
    track that was never named can be told only AT_ONCE, by being new.
    """
    left = []
    for index in range(host.track_count(SOUND), 0, -1):
        name = maybe(host.timeline, "GetTrackName", SOUND, index)
        named = name in added.tracks and (index in held or added.state != PLACED)
        new = at_once and added.first_track < index <= added.first_track + len(added.tracks)
        if not (named or new) or not name or host.items(SOUND, index):
            continue
        maybe(host.timeline, "DeleteTrack", SOUND, index)
        if maybe(host.timeline, "GetTrackName", SOUND, index) == name:
            left.append(f"the empty track {name}")
    return left


def _take_markers(host: Host, added: Added, _: bool) -> list[str]:
    for custom in added.markers:
        maybe(host.timeline, "DeleteMarkerByCustomData", custom)
    there = call(host.timeline, "GetMarkers") or {}
    found = {str(marker.get("customData")): frame for frame, marker in there.items()}
    return [
        f"the marker at {host.clock.label(host.clock.absolute(found[custom]))}"
        for custom in added.markers
        if custom in found
    ]


def _take_clips(host: Host, added: Added, _: bool) -> list[str]:
    """Takes our clips out of the media pool where nothing uses them, and the bins we made if empty then."""
    outer = sub_folder(call(host.pool, "GetRootFolder"), BIN)
    inner = sub_folder(outer, host.name) if outer is not None else None
    ours = _clips_of(inner, added)
    unused = [clip for clip in ours if str(maybe(clip, "GetClipProperty", "Usage") or "0") == "0"]
    if unused:
        maybe(host.pool, "DeleteClips", unused)
    kept = len(_clips_of(inner, added)) - (len(ours) - len(unused))
    left = [f"{kept} sound file{'s' * (kept > 1)} in the bin {BIN}/{host.name}"] if kept > 0 else []
    for path, folder in ((f"{BIN}/{host.name}", inner), (BIN, outer)):
        if path in added.bins and folder is not None and not _holds(folder):
            maybe(host.pool, "DeleteFolders", [folder])
    return left


def _clips_of(folder: Any, added: Added) -> list[Any]:
    wanted = {same_file(path) for path in added.pool}
    clips = clips_by_path(call(folder, "GetClipList")) if folder is not None else {}
    return [clip for path, clip in clips.items() if path in wanted]


def _holds(folder: Any) -> bool:
    return bool(call(folder, "GetClipList") or call(folder, "GetSubFolderList"))


def taken_back(left: Sequence[str]) -> str:
    """A sentence on LEFT, what :func:`take_back` could not take."""
    if left:
        return (
            "Not all of it could be taken back ({}); close Resolve's dialogs and run Foley - Remove last"
        ).format("; ".join(left))
    return "What was added has been taken back; the timeline is as it was"
