# SPDX-License-Identifier: Apache-2.0
"""Taking back what a job has added; the WAV files stay, and what the editor made of it since.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from typing import Any, Sequence

from .placed import BIN, Added, clips_by_path, is_any, same_file, sub_folder
from .resolve_host import SOUND, Host, call, maybe


def take_back(host: Host, added: Added, *, at_once: bool = False) -> list[str]:
    """Takes away what ADDED has; the WAV files stay. Returns what could not be taken, in words.

    AT_ONCE: the same run has just added it. Whatever the editor has made of it since is left: tracks with
    other items, clips used elsewhere.
    """
    with host.edit_page():
        ours = [(index, item) for index, item in host.all_items(SOUND) if is_any(item, added.items)]
        if ours:
            maybe(host.timeline, "DeleteClips", [item.handle for _, item in ours], False)
        remaining = [item for _, item in host.all_items(SOUND) if is_any(item, added.items)]
        left = [f"{item.name} at {host.clock.label(item.start)}" for item in remaining]
        left += _delete_tracks(host, added, {index for index, _ in ours}, at_once)
        for custom in added.markers:
            maybe(host.timeline, "DeleteMarkerByCustomData", custom)
        for _, item in host.all_items(SOUND) if added.silenced else ():
            if is_any(item, added.silenced):
                maybe(item.handle, "SetClipEnabled", True)
        _clear_pool(host, added)
    added.state = "left" if left else "removed"
    return left


def _delete_tracks(host: Host, added: Added, held: set[int], at_once: bool) -> list[str]:
    """Deletes those tracks of ours that are empty; what could not be deleted.

    Ours have a name that we gave and HELD our items, or were added by a run that did not come to its end. A
    track that was never named can be told only AT_ONCE, by being new.
    """
    left = []
    unfinished = added.state == "placing"
    for index in range(host.track_count(SOUND), 0, -1):
        name = maybe(host.timeline, "GetTrackName", SOUND, index)
        named = name in added.tracks and (index in held or unfinished)
        new = at_once and added.first_track < index <= added.first_track + len(added.tracks)
        if not (named or new) or not name or host.items(SOUND, index):
            continue
        maybe(host.timeline, "DeleteTrack", SOUND, index)
        if maybe(host.timeline, "GetTrackName", SOUND, index) == name:
            left.append(f"the empty track {name}")
        else:
            host.sound_tracks = min(host.sound_tracks, index - 1)
    return left


def _clear_pool(host: Host, added: Added) -> None:
    """Takes our clips out of the media pool where nothing uses them, and the bins we made if empty then."""
    pool = host.pool
    folder: Any = call(pool, "GetRootFolder")
    folders = []
    for name in (BIN, host.name):
        folder = sub_folder(folder, name) if folder is not None else None
        folders.append(folder)
    if folder is None:
        return
    wanted = {same_file(path) for path in added.pool}
    unused = [
        clip
        for path, clip in clips_by_path(maybe(folder, "GetClipList")).items()
        if path in wanted and str(maybe(clip, "GetClipProperty", "Usage") or "0") == "0"
    ]
    if unused:
        maybe(pool, "DeleteClips", unused)
    for path in reversed(added.bins):
        made = folders[path.count("/")] if path.count("/") < len(folders) else None
        if made is not None and not (maybe(made, "GetClipList") or maybe(made, "GetSubFolderList")):
            maybe(pool, "DeleteFolders", [made])


def taken_back(left: Sequence[str]) -> str:
    """A sentence on LEFT, what :func:`take_back` could not take."""
    if left:
        return "These could not be taken back, please delete them: {}".format("; ".join(left))
    return "What was added has been taken back; the timeline is as it was"
