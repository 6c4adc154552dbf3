# SPDX-License-Identifier: Apache-2.0
"""A job's takes onto tracks of their own in Resolve, whole or not at all.

Ours only adds: tracks, items on them, a bin, markers where asked for. What is added is written down before it
is made, so that it can be taken back even when Resolve is gone half-way. Standard library only, Python 3.8
syntax.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, Callable, Dict, Mapping, Sequence, Tuple

from .frames import Cut, CutInexact, cut_of, decimal, read_rate
from .placed import (
    BIN,
    PLACED,
    Added,
    Piece,
    PlacingFailed,
    Row,
    clips_by_path,
    ours_of,
    same_file,
    sub_folder,
)
from .receipt import receipt, users_items
from .resolve_host import OURS, SOUND, Host, HostProblem, call, maybe
from .taking_back import take_back, taken_back

MARKER_COLOUR = "Mint"
_TYPES = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}
_NOTE_LENGTH = 900

Note = Callable[[Added], None]
"""Writes down what has been added so far."""
Imported = Dict[str, Tuple[Any, Cut]]
"""By path: a clip of the media pool, and its cut in the frames that Resolve gave it."""


class Placing:
    """One job's takes on their way onto the open timeline of HOST; ADDED is kept true, and told to NOTE."""

    def __init__(self, host: Host, added: Added, note: Note) -> None:
        self.host = host
        self.added = added
        self.note = note
        self.still_heard: list[str] = []
        """Sentences on earlier takes that could not be disabled, as on a locked track."""

    def place(
        self, pieces: Sequence[Piece], *, markers: bool, instead_of: Sequence[Mapping[str, Any]]
    ) -> list[Row]:
        """Lays PIECES onto new tracks and reads them back; the receipt.

        MARKERS: one over each cue. INSTEAD_OF: items of an earlier job, which are disabled once all is well.
        Raises PlacingFailed with everything taken back.
        """
        host = self.host
        with host.edit_page():
            before = users_items(host)
            try:
                imported = self._import(pieces)
                tracks = self._add_tracks(pieces)
                for name, track in tracks.items():
                    self._append([piece for piece in pieces if piece.track == name], imported, track)
                if markers:
                    self._add_markers(pieces)
                rows = receipt(host, pieces, {path: cut for path, (_, cut) in imported.items()}, tracks)
                _check(rows, before, users_items(host, set(tracks.values())))
                self._disable(instead_of)
                self.added.state = PLACED
                self.note(self.added)
            except BaseException as problem:  # whatever it was, what was added must go
                left = take_back(host, self.added, at_once=True)
                with suppress(HostProblem):
                    self.note(self.added)
                if not isinstance(problem, Exception):  # Resolve ends the script
                    raise
                why = str(problem) or type(problem).__name__
                raise PlacingFailed(f"{why.rstrip('.')}. {taken_back(left)}") from problem
            return rows

    # ----------------------------------------------------------------------------------- media pool

    def _import(self, pieces: Sequence[Piece]) -> Imported:
        pool = self.host.pool
        kept = call(pool, "GetCurrentFolder")
        paths = list(dict.fromkeys(piece.path for piece in pieces))
        for path in paths:
            if not os.path.isfile(path):
                raise HostProblem(f"the sound file {path} is not there")
        try:
            folder = self._bin(pool)
            self.added.pool = paths
            self.note(self.added)
            if call(pool, "SetCurrentFolder", folder) is False:
                raise HostProblem(f"the bin {BIN}/{self.host.name} could not be opened")
            clips = clips_by_path(call(pool, "ImportMedia", paths))
        finally:
            if kept is not None:
                maybe(pool, "SetCurrentFolder", kept)
        found = {}
        for piece in pieces:
            clip = clips.get(same_file(piece.path))
            if clip is None:
                raise HostProblem(f"Resolve did not import {os.path.basename(piece.path)}")
            found[piece.path] = clip, self._cut(piece, clip)
        return found

    def _cut(self, piece: Piece, clip: Any) -> Cut:
        said, rate = call(clip, "GetClipProperty", "FPS"), self.host.clock.rate
        name, file_rate = os.path.basename(piece.path), read_rate(said)[0]
        if file_rate not in (rate, self.host.import_rate):  # the editor was told of no other
            raise HostProblem(
                f"Resolve counts {name} in {decimal(file_rate)} frames a second, its project had "
                f"{decimal(self.host.import_rate)}; see to the project's frame rate and ask again"
            )
        try:
            return cut_of(piece.before, piece.span.length, rate, file_rate)
        except CutInexact as inexact:
            raise HostProblem(
                f"Resolve counts {name} in {said} frames a second, the timeline has "
                f"{decimal(rate)}: {inexact}; ask again without handles"
            ) from None

    def _bin(self, pool: Any) -> Any:
        """The bin "Foley/<timeline>", made where it is missing."""
        folder, path = call(pool, "GetRootFolder"), ""
        for name in (BIN, self.host.name):
            path = f"{path}/{name}" if path else name
            inner = sub_folder(folder, name)
            if inner is None:
                self.added.bins.append(path)
                self.note(self.added)
                inner = call(pool, "AddSubFolder", folder, name)
                if inner is None:
                    raise HostProblem(f"the bin {path} could not be made in the media pool")
            folder = inner
        return folder

    # ------------------------------------------------------------------------------------- timeline

    def _add_tracks(self, pieces: Sequence[Piece]) -> dict[str, int]:
        """By name: the number of each new track."""
        host = self.host
        made: dict[str, int] = {}
        count = self.added.first_track = host.track_count(SOUND)
        edge = [maybe(host.timeline, "GetTrackName", SOUND, index) for index in (count, count + 1)]
        if (count and not edge[0]) or edge[1]:  # to name a track by a wrong number would rename one of yours
            raise HostProblem(
                f"Resolve says that there are {count} audio tracks, which is not so; "
                "open another page and try again"
            )
        for piece in pieces:
            if piece.track not in made:
                self.added.tracks.append(piece.track)
                self.note(self.added)
                made[piece.track] = self._add_track(piece, self.added.first_track + len(made) + 1)
        return made

    def _add_track(self, piece: Piece, index: int) -> int:
        timeline, kind = self.host.timeline, _TYPES.get(piece.channels, f"adaptive{piece.channels}")
        said = call(timeline, "AddTrack", SOUND, kind)
        maybe(timeline, "SetTrackName", SOUND, index, piece.track)
        # The count of tracks may be an old one; the name that comes back is what proves the track.
        if maybe(timeline, "GetTrackName", SOUND, index) != piece.track:
            what = "named" if said else "added"
            raise HostProblem(f"a new audio track could not be {what}; close Resolve's dialogs and try again")
        real = maybe(timeline, "GetTrackSubType", SOUND, index)
        if real and str(real).lower() != kind:
            raise HostProblem(f"the new audio track is {real} where {kind} is needed")
        if self.host.items(SOUND, index):
            raise HostProblem(f"the new audio track {index} is not empty")
        return index

    def _append(self, pieces: Sequence[Piece], imported: Imported, track: int) -> None:
        """Lays PIECES onto the new TRACK, all with one call: each call, and each note, takes its time."""
        host = self.host
        entries: list[dict[str, Any]] = [
            {"id": "", "path": piece.path, "start": piece.span.start, "track": track} for piece in pieces
        ]
        self.added.items += entries
        self.note(self.added)
        call(host.pool, "AppendToTimeline", [_wish(piece, *imported[piece.path], track) for piece in pieces])
        # What it returns proves nothing; the items are what lies there now.
        laid = {same_file(item.path): item for item in host.items(SOUND, track)}
        for entry in entries:
            if same_file(entry["path"]) in laid:
                entry["id"] = laid[same_file(entry["path"])].id
        self.note(self.added)
        for piece in pieces:
            if same_file(piece.path) not in laid:
                raise HostProblem(f"Resolve did not place {os.path.basename(piece.path)} on {piece.track}")
            if not piece.heard:
                call(laid[same_file(piece.path)].handle, "SetClipEnabled", False)

    def _add_markers(self, pieces: Sequence[Piece]) -> None:
        """A marker over each cue that is heard, on its first frame that has none yet."""
        host = self.host
        taken = {int(frame) for frame in call(host.timeline, "GetMarkers") or {}}
        self.added.markers = [f"{OURS}{self.added.job}:{piece.cue}" for piece in pieces if piece.heard]
        self.note(self.added)
        for piece in pieces:
            first = host.clock.relative(piece.span.start)
            frames = range(first, first + piece.span.length)
            free = next((frame for frame in frames if frame not in taken), None)
            if not piece.heard or free is None:
                continue
            custom = f"{OURS}{self.added.job}:{piece.cue}"
            text = f"{piece.prompt[:_NOTE_LENGTH]}\nseed {piece.seed}\njob {self.added.job}"
            length = piece.span.length - (free - first)
            said = call(host.timeline, "AddMarker", free, MARKER_COLOUR, piece.track, text, length, custom)
            if not said:
                raise HostProblem(f"the marker at {host.clock.label(piece.span.start)} could not be set")
            taken.add(free)

    def _disable(self, entries: Sequence[Mapping[str, Any]]) -> None:
        """Disables those of ENTRIES that lie where they were put and are heard."""
        there = self.host.all_items(SOUND) if entries else []
        found = [(index, item) for index, item in ours_of(there, entries) if item.enabled]
        if found:
            self.added.silenced = [
                {"id": item.id, "path": item.path, "start": item.start, "track": index}
                for index, item in found
            ]
            self.note(self.added)
        for index, item in found:
            maybe(item.handle, "SetClipEnabled", False)
            if maybe(item.handle, "GetClipEnabled") is True:
                track = maybe(self.host.timeline, "GetTrackName", SOUND, index)
                self.still_heard.append(f"the earlier take on {track} is still heard; disable it (D)")


def _wish(piece: Piece, clip: Any, cut: Cut, track: int) -> dict[str, Any]:
    """PIECE for AppendToTimeline."""
    return {
        "mediaPoolItem": clip,
        "startFrame": cut.start,
        "endFrame": cut.end,
        "mediaType": 2,
        "trackIndex": track,
        "recordFrame": piece.span.start,
    }


def _check(rows: Sequence[Row], before: Mapping[int, Any], after: Mapping[int, Any]) -> None:
    wrong = [entry for entry in rows if not entry.good]
    if wrong:
        raise HostProblem(
            f"Resolve did not place the sound as it was asked to ({wrong[0].track}: {wrong[0].words})"
        )
    for index, items in before.items():
        if after.get(index) != items:
            track = f"picture track {-index}" if index < 0 else f"audio track {index}"
            raise HostProblem(f"something of yours on {track} changed meanwhile")
