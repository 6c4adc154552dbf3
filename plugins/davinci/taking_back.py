# SPDX-License-Identifier: Apache-2.0
"""Taking back what a job has added; the WAV files stay, and what the editor made of it since.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Mapping, Sequence

from .placed import BIN, LEFT, PLACED, REMOVED, Added, clips_by_path, ours_of, same_file, sub_folder
from .resolve_host import SOUND, Host, HostProblem, call, listed, maybe

LOCKED = " on a locked track"


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
    ours = ours_of(host.all_items(SOUND), added.items)
    held = {index for index, _ in ours}
    locked = {index for index in held if maybe(host.timeline, "GetIsTrackLocked", SOUND, index) is True}
    free = [item.handle for index, item in ours if index not in locked]
    if free:
        maybe(host.timeline, "DeleteClips", free, False)
    items = host.all_items(SOUND)
    for _, item in ours_of(items, added.silenced):
        if not item.enabled:
            maybe(item.handle, "SetClipEnabled", True)
    return [
        *(
            f"{item.name} at {host.clock.label(item.start)}" + (LOCKED if index in locked else "")
            for index, item in ours_of(items, added.items)
        ),
        *_delete_tracks(host, added, held, at_once),
    ]


def _delete_tracks(host: Host, added: Added, held: set[int], at_once: bool) -> list[str]:
    """Deletes those tracks of ours that are empty; what could not be deleted.

    Ours have a name that we gave and HELD our items, or lie where we added them, or behind all others after a
    run that did not come to its end. A track that was never named can be told only AT_ONCE, by being new.
    """
    left = []
    for index in range(host.track_count(SOUND), 0, -1):
        name = maybe(host.timeline, "GetTrackName", SOUND, index)
        named = name in added.tracks and (
            index in held
            or index == added.first_track + 1 + added.tracks.index(name)
            or (added.state != PLACED and index > added.first_track)
        )
        new = at_once and added.first_track < index <= added.first_track + len(added.tracks)
        if not (named or new) or not name or host.items(SOUND, index):
            continue
        count = host.track_count(SOUND)
        if count == 1:
            continue  # Resolve keeps the last one
        maybe(host.timeline, "DeleteTrack", SOUND, index)
        if host.track_count(SOUND) == count:
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
    used = _used(host, ours)
    unused = [clip for path, clip in ours.items() if path not in used]
    if unused:
        maybe(host.pool, "DeleteClips", unused)
    kept = len(_clips_of(inner, added)) - (len(ours) - len(unused))
    left = [f"{kept} sound file{'s' * (kept > 1)} in the bin {BIN}/{host.name}"] if kept > 0 else []
    for path, folder in ((f"{BIN}/{host.name}", inner), (BIN, outer)):
        if path in added.bins and folder is not None and not _holds(folder):
            maybe(host.pool, "DeleteFolders", [folder])
    return left


def _used(host: Host, clips: Mapping[str, Any]) -> set[str]:
    """Those of CLIPS that lie on a timeline still: the editor has copied them, or the timeline.

    Resolve counts the uses of a clip; where its answer is no number, all timelines are looked through.
    """
    counts = {path: str(maybe(clip, "GetClipProperty", "Usage") or "") for path, clip in clips.items()}
    used = {path for path, count in counts.items() if count.isdigit() and int(count)}
    timelines = [host.timeline]
    if not all(count.isdigit() for count in counts.values()):
        number = int(maybe(host.project, "GetTimelineCount") or 0)
        timelines += [maybe(host.project, "GetTimelineByIndex", index + 1) for index in range(number)]
    for timeline in timelines:
        for index in range(1, int(maybe(timeline, "GetTrackCount", SOUND) or 0) + 1):
            for handle in listed(maybe(timeline, "GetItemListInTrack", SOUND, index)):
                path = maybe(maybe(handle, "GetMediaPoolItem"), "GetClipProperty", "File Path")
                used |= {same_file(str(path or ""))} & set(clips)
    return used


def _clips_of(folder: Any, added: Added) -> dict[str, Any]:
    """Our clips in FOLDER, by :func:`same_file` of their file."""
    wanted = {same_file(path) for path in added.pool}
    clips = clips_by_path(call(folder, "GetClipList")) if folder is not None else {}
    return {path: clip for path, clip in clips.items() if path in wanted}


def _holds(folder: Any) -> bool:
    return bool(call(folder, "GetClipList") or call(folder, "GetSubFolderList"))


def taken_back(left: Sequence[str]) -> str:
    """A sentence on LEFT, what :func:`take_back` could not take."""
    if left:
        return ("Not all of it could be taken back ({}); {} and run Foley - Remove last").format(
            "; ".join(left),
            "unlock the track" if any(LOCKED in each for each in left) else "close Resolve's dialogs",
        )
    return "What was added has been taken back; the timeline is as it was"
