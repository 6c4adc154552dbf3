# SPDX-License-Identifier: Apache-2.0
"""A job's takes onto tracks of their own in Resolve, whole or not at all.

Ours only adds: tracks, items on them, a bin, markers where asked for. What is added is written down before it
is made, so that it can be taken back even when Resolve is gone half-way. Standard library only, Python 3.8
syntax.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, Callable, Mapping, Sequence

from .bins import bin_name
from .frames import Cut
from .importing import AT_A_TIME, Imported, Note, import_takes
from .marking import add_markers
from .placed import (
    PLACED,
    Added,
    Piece,
    PlacingCancelled,
    PlacingFailed,
    Row,
    ours_of,
    plain_name,
    same_file,
)
from .receipt import receipt, users_items
from .resolve_calls import HostProblem, call, listed, maybe
from .resolve_host import EDIT_PAGE, SOUND, Host
from .taking_back import take_back, taken_back
from .tracks import names_any

_TYPES = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}

_TRACKS_ADDED = "audio tracks were added while sound was placed"

Progress = Callable[[str, int, int], bool]
"""Shows what is being done, and with how many of how many; True once the editor wants to cancel."""


class _Cancelled(HostProblem):
    """The editor wants it no more."""


class Placing:
    """One job's takes on their way onto the open timeline of HOST; ADDED is kept true, and told to NOTE."""

    def __init__(self, host: Host, added: Added, note: Note, progress: Progress | None = None) -> None:
        self.host = host
        self.added = added
        self.note = note
        self.progress = progress
        self.number = self.done = 0
        self.still_heard: list[str] = []
        """Sentences on earlier takes that could not be disabled, as on a locked track."""
        self.unmarked: list[str] = []
        """Sentences on markers that could not be set."""
        self.doubtful = 0
        """How many takes were in calls that Resolve did not answer as it does when all are placed."""

    def place(
        self, pieces: Sequence[Piece], *, markers: bool, instead_of: Sequence[Mapping[str, Any]]
    ) -> list[Row]:
        """Lays PIECES onto new tracks and reads them back; the receipt.

        MARKERS: one over each cue, as far as they can be set. INSTEAD_OF: items of an earlier job, which are
        disabled once all is well.
        Raises PlacingFailed, and PlacingCancelled, with everything taken back.
        """
        host, self.number = self.host, len(pieces)
        with host.edit_page():
            try:
                host.count_anew()
                before = users_items(host, self._reading)
                imported = import_takes(host, self.added, self.note, pieces, self._go_on)
                tracks = self._add_tracks(pieces)
                for name, track in tracks.items():
                    self._append([piece for piece in pieces if piece.track == name], imported, track)
                if markers:
                    self.unmarked = add_markers(host, self.added, self.note, pieces, self._marking)
                cuts = {path: cut for path, (_, cut) in imported.items()}
                rows = receipt(host, pieces, cuts, tracks, step=self._read_back)
                _check(rows, before, users_items(host, self._reading, set(tracks.values())))
                self._disable(instead_of)
                self.added.state = PLACED
                self.note(self.added)
            except BaseException as problem:  # whatever it was, what was added must go
                taken = take_back(host, self.added, at_once=True)
                with suppress(HostProblem):
                    self.note(self.added)
                if not isinstance(problem, Exception):  # Resolve ends the script
                    raise
                if isinstance(problem, _Cancelled):
                    raise PlacingCancelled(f"Cancelled. {taken_back(taken)}") from None
                why = str(problem) or type(problem).__name__
                raise PlacingFailed(f"{why.rstrip('.')}. {taken_back(taken)}") from problem
            return rows

    @property
    def remarks(self) -> list[str]:
        """What the receipt has to say beside its rows."""
        doubts = (
            f"Resolve did not confirm {self.doubtful} of these, though they lie there: save the project, "
            "and see that they stay"
        )
        return [*self.still_heard, *self.unmarked, *([doubts] if self.doubtful else []), *self._strays()]

    def _strays(self) -> list[str]:
        return [
            f"Resolve put sound files into the bin {bin_name(place)} instead of {self.added.bin}; "
            "Foley - Remove last takes them from there"
            for place in self.added.strays
        ]

    def _go_on(self, words: str, done: int) -> None:
        """Shows WORDS, and that DONE are done. Raises _Cancelled where the editor wants no more of it."""
        if self.progress is not None and self.progress(words, done, self.number):
            raise _Cancelled

    def _now_and_then(self, words: str, number: int, done: int) -> None:
        if number % AT_A_TIME == 0:
            self._go_on(words, done)

    def _read_back(self, number: int) -> None:
        self._now_and_then("reading back", number, number)

    def _reading(self) -> None:
        if self.progress is not None and self.progress("reading the tracks", 0, 0):
            raise _Cancelled

    def _add_tracks(self, pieces: Sequence[Piece]) -> dict[str, int]:
        """By name: the number of each new track. PIECES are told what theirs is called."""
        host = self.host
        made: dict[str, int] = {}
        count = self.added.first_track = host.track_count(SOUND)
        names = [maybe(host.timeline, "GetTrackName", SOUND, index + 1) for index in range(count)]
        if not all(names) or self._is_there(count + 1):  # by a wrong number one of yours would be renamed
            raise HostProblem(
                f"Resolve says that there are {count} audio tracks, which is not so; "
                "open another page and try again"
            )
        self.added.names = [str(name) for name in names]
        for wanted in list(dict.fromkeys(piece.track for piece in pieces)):
            self._go_on("placing", 0)
            self._need_timeline()
            self.added.tracks.append(wanted)
            self.note(self.added)
            own = [piece for piece in pieces if piece.track == wanted]
            index = count + len(made) + 1
            name = self._add_track(wanted, own[0].channels, index)
            made[name] = index
            for piece in own:
                piece.track = name
        return made

    def _add_track(self, wanted: str, channels: int, index: int) -> str:
        """Adds a track, which comes to be number INDEX; its name: WANTED, else the plain form of that."""
        timeline, kind = self.host.timeline, _TYPES.get(channels, f"adaptive{channels}")
        if self._is_there(index):
            raise HostProblem(_TRACKS_ADDED)
        said = call(timeline, "AddTrack", SOUND, kind)
        before, self.added.made = self.added.made, self.added.made + bool(said)
        self.host.count_anew()
        there = maybe(timeline, "GetTrackName", SOUND, index)
        made = self._is_there(index) or (said and there is None)  # "" is what one has that is not there
        self.added.made = before + bool(made)
        if made:
            self.note(self.added)
        if self._is_there(index + 1) or self.host.items(SOUND, index):
            raise HostProblem(_TRACKS_ADDED)  # INDEX is one of yours now, whose name is not to be changed
        for name in (wanted, wanted, plain_name(wanted)):
            maybe(timeline, "SetTrackName", SOUND, index, name)
            # The count of tracks may be an old one; the name that comes back is what proves the track.
            if maybe(timeline, "GetTrackName", SOUND, index) == name:
                break
        else:
            what = "named" if said else "added"
            raise HostProblem(f"a new audio track could not be {what}; close Resolve's dialogs and try again")
        real = maybe(timeline, "GetTrackSubType", SOUND, index)
        if real and str(real).lower() != kind:
            raise HostProblem(f"the new audio track is {real} where {kind} is needed")
        return name

    def _is_there(self, index: int) -> bool:
        """Whether there is a sound track INDEX: by its name if that tells, as the count may be an old one."""
        timeline = self.host.timeline
        if names_any(timeline, SOUND):
            return index <= self.host.track_count(SOUND)
        return bool(maybe(timeline, "GetTrackName", SOUND, index))

    def _need_timeline(self) -> None:
        """Raises HostProblem where another timeline is open, which Resolve would lay everything onto."""
        if not self.host.still_open():
            raise HostProblem(f"the timeline {self.host.name} was closed while sound was placed")

    def _append(self, pieces: Sequence[Piece], imported: Imported, track: int) -> None:
        """Lays PIECES onto the new TRACK, many with one call: each call, and each note, takes its time."""
        host = self.host
        entries: list[dict[str, Any]] = [
            {
                "id": "",
                "path": piece.path,
                "start": piece.span.start,
                "length": imported[piece.path][1].length,
                "track": track,
            }
            for piece in pieces
        ]
        self.added.items += entries
        self.note(self.added)
        for first in range(0, len(pieces), AT_A_TIME):
            self._go_on("placing", self.done)
            self._need_timeline()
            if maybe(host.timeline, "GetTrackName", SOUND, track) != pieces[0].track:
                raise HostProblem("the audio tracks were changed while sound was placed")
            if (
                maybe(host.resolve, "GetCurrentPage") != EDIT_PAGE
            ):  # the editor has looked at another meanwhile
                host.to_edit_page()
            some = pieces[first : first + AT_A_TIME]
            wishes = [_wish(piece, *imported[piece.path], track) for piece in some]
            said = listed(call(host.pool, "AppendToTimeline", wishes))
            if len(said) < len(some):
                self.doubtful += len(some)
            self.done += len(some)
        # What it returns proves nothing; the items are what lies there now.
        laid = {}
        for number, item in enumerate(host.items(SOUND, track)):
            self._now_and_then("placing", number, self.done)
            laid[same_file(item.path)] = item
        for entry in entries:
            if same_file(entry["path"]) in laid:
                entry["id"] = laid[same_file(entry["path"])].id
        self.note(self.added)
        for number, piece in enumerate(pieces):
            self._now_and_then("placing", number, self.done)
            if same_file(piece.path) not in laid:
                raise HostProblem(f"Resolve did not place {os.path.basename(piece.path)} on {piece.track}")
            if not piece.heard:
                call(laid[same_file(piece.path)].handle, "SetClipEnabled", False)

    def _marking(self, number: int) -> None:
        self._now_and_then("setting markers", number, number)

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
                locked = maybe(self.host.timeline, "GetIsTrackLocked", SOUND, index) is True
                mend = "unlock that track and disable it (D)" if locked else "disable it (D)"
                still = f"The earlier sound on {track} is still heard; {mend}"
                self.still_heard += [] if still in self.still_heard else [still]


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
