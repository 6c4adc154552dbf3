# SPDX-License-Identifier: Apache-2.0
"""What a job becomes on a timeline, and what of it was added: plain values, as they are kept between runs.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import asdict, dataclass, field
from typing import Any, Mapping, NamedTuple, Sequence

from .frames import Span
from .resolve_calls import HostProblem, listed, maybe
from .resolve_host import Host, Item

BIN = "Foley"
"""The outer bin; the inner one is named as the timeline is."""
PLACING, PLACED, LEFT, REMOVED = "placing", "placed", "left", "removed"
"""How far a job is: LEFT is what could not be taken back whole."""
COPIED = "copied"
"""A job that was removed, but what was copied from it, a whole timeline maybe, is there still."""


@dataclass
class Piece:
    """One take and where it goes; SPAN is absolute frames, BEFORE timeline frames of its file left out."""

    path: str
    track: str
    channels: int
    span: Span
    before: int
    heard: bool
    cue: str
    seed: int
    prompt: str


@dataclass
class Added:
    """What a job has added to a project: plain values, as they are kept between runs."""

    job: str
    project: str
    timeline: str
    ask: dict[str, Any] = field(default_factory=dict)
    tracks: list[str] = field(default_factory=list)
    """The names that the new tracks are given, in order; each may have its plain form instead."""
    first_track: int = 0
    """How many audio tracks there were before."""
    names: list[str] = field(default_factory=list)
    """What those were called."""
    made: int = 0
    """How many of the new tracks Resolve has added, as far as is known."""
    items: list[dict[str, Any]] = field(default_factory=list)
    """id, path, start and track of each."""
    pool: list[str] = field(default_factory=list)
    bin: str = ""
    """The bin that the clips were put into."""
    strays: list[str] = field(default_factory=list)
    """Other bins that Resolve put clips into, as that one was gone when it imported them."""
    bins: list[str] = field(default_factory=list)
    """Bins that were made, the outer one first."""
    markers: list[str] = field(default_factory=list)
    """Custom data of each."""
    silenced: list[dict[str, Any]] = field(default_factory=list)
    """Items of an earlier job that were disabled for this one."""
    came_with_copy: bool = False
    """Whether it was made for another timeline, of which this one is a copy."""
    state: str = PLACING

    def as_json(self) -> dict[str, Any]:
        """For the file that keeps it."""
        return asdict(self)


class Row(NamedTuple):
    """One take in the receipt."""

    good: bool
    track: str
    span: Span
    words: str
    path: str


class PlacingFailed(HostProblem):
    """The takes were not placed; the text says why and what was taken back."""


class PlacingCancelled(PlacingFailed):
    """The editor did not want them any more; the text says that they were taken back."""


def pieces_of(result: Mapping[str, Any], host: Host) -> list[Piece]:
    """The placements of a foleyd.v1.Result, in the order of its tracks."""
    takes = {take["id"]: take for take in result.get("takes", ())}
    cues = {cue["id"]: cue for cue in result.get("cues", ())}
    pieces = []
    for placement in result.get("placements", ()):
        take, record = takes[placement["take_id"]], placement["range"]
        pieces.append(
            Piece(
                path=placement["path"],
                track=placement["track_name"],
                channels=take["channels"],
                span=Span(*(host.clock.absolute(record[edge]) for edge in ("start_frame", "end_frame"))),
                before=record["start_frame"] - take["file_range"]["start_frame"],
                heard=placement["enabled"],
                cue=placement["cue_id"],
                seed=take["seed"],
                prompt=cues.get(placement["cue_id"], {}).get("prompt", ""),
            )
        )
    return pieces


def ours_of(
    items: Sequence[tuple[int, Item]], entries: Sequence[Mapping[str, Any]]
) -> list[tuple[int, Item]]:
    """Those of ITEMS, each with its track's number, that were written down in ENTRIES.

    By the name that Resolve gave them; an entry whose name is not there (it had none yet, or Resolve gives
    others after a restart) by place and file, which is that of one job alone.
    """
    names = {entry["id"] for entry in entries if entry["id"]}
    named = {item.id: item for _, item in items if item.id in names}
    places = {(entry["start"], same_file(entry["path"])) for entry in entries if entry["id"] not in named}
    starts = {start for start, _ in places}
    return [
        (index, item)
        for index, item in items
        if item.id in named or (item.start in starts and (item.start, same_file(item.path)) in places)
    ]


def plain_name(track: str) -> str:
    """What TRACK is called where Resolve refuses a colon or a slash: "Foley foley 2"."""
    return " ".join(re.sub(r"[:/]+", " ", track).split())


def colon_name(track: str) -> str:
    """What foley calls a track that has the plain form TRACK."""
    return re.sub(rf"^{BIN} (?=\S)", f"{BIN}: ", track)


def clips_by_path(clips: Any) -> dict[str, Any]:
    """CLIPS of the media pool by :func:`same_file` of their file."""
    found = {}
    for clip in listed(clips):
        path = maybe(clip, "GetClipProperty", "File Path")
        if path:
            found[same_file(str(path))] = clip
    return found


def sub_folder(folder: Any, name: str) -> Any:
    """The bin called NAME in FOLDER; None without one."""
    inner = listed(maybe(folder, "GetSubFolderList"))
    return next((each for each in inner if maybe(each, "GetName") == name), None)


def same_file(path: str) -> str:
    """PATH in a form that two names of one file share; macOS may spell an accent as a letter of its own."""
    return os.path.normcase(os.path.normpath(unicodedata.normalize("NFC", path)))
