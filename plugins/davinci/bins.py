# SPDX-License-Identifier: Apache-2.0
"""The bins of the media pool, and which of our clips lie where. Standard library only, Python 3.8 syntax."""

from __future__ import annotations

from typing import Any, Iterator

from .placed import Added, clips_by_path, same_file, sub_folder
from .resolve_calls import call, listed, maybe


def bin_at(root: Any, place: str) -> Any:
    """The bin at PLACE, "Foley/<timeline>", below ROOT; None where there is none."""
    folder = root
    for name in place.split("/", 1):
        folder = sub_folder(folder, name) if folder is not None else None
    return folder


def every_bin(root: Any) -> Iterator[tuple[str, Any]]:
    """Every bin of the pool, with its place; ROOT's is ""."""
    todo = [("", root)]
    while todo:
        place, folder = todo.pop()
        yield place, folder
        for inner in listed(maybe(folder, "GetSubFolderList")):
            name = str(maybe(inner, "GetName") or "")
            todo.append((f"{place}/{name}" if place else name, inner))


def bin_name(place: str) -> str:
    """What the editor calls the bin at PLACE."""
    return place or "Master"


def clips_of(folder: Any, added: Added) -> dict[str, Any]:
    """Clips that ADDED has in FOLDER, by :func:`same_file` of their file."""
    wanted = {same_file(path) for path in added.pool}
    clips = clips_by_path(call(folder, "GetClipList")) if folder is not None else {}
    return {path: clip for path, clip in clips.items() if path in wanted}
