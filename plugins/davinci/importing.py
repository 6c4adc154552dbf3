# SPDX-License-Identifier: Apache-2.0
"""A job's sound files into the media pool, in a bin of their own, and what Resolve makes of them.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any, Callable, Dict, Mapping, Sequence, Tuple

from .bins import clips_of, every_bin
from .frames import Cut, CutInexact, TimeWrong, cut_of, decimal, read_rate
from .placed import BIN, Added, Piece, clips_by_path, plain_name, same_file, sub_folder
from .resolve_calls import HostProblem, call, listed, maybe
from .resolve_host import Host

AT_A_TIME = 40
"""Files or clips that Resolve is handed with one call: each call takes its time, and between them the window
lives and the editor may cancel."""

Note = Callable[[Added], None]
"""Writes down what has been added so far."""
Step = Callable[[str, int], None]
"""Told what is being done and with how many it is done; raises to stop."""
Imported = Dict[str, Tuple[Any, Cut]]
"""By path: a clip of the media pool, and its cut in the frames that Resolve gave it."""


def import_takes(host: Host, added: Added, note: Note, pieces: Sequence[Piece], step: Step) -> Imported:
    """Imports the files of PIECES into the bin "Foley/<timeline>". Raises HostProblem."""
    pool = host.pool
    kept = call(pool, "GetCurrentFolder")
    paths = list(dict.fromkeys(piece.path for piece in pieces))
    for path in paths:
        if not os.path.isfile(path):
            raise HostProblem(f"the sound file {path} is not there")
    _check_rate(host)
    clips: dict[str, Any] = {}
    astray = False
    try:
        folder = _bin(host, added, note, pool)
        added.pool = paths
        note(added)
        for first in range(0, len(paths), AT_A_TIME):
            step("importing", first)
            _open_bin(pool, folder, added.bin)
            held = _held(folder)
            some = clips_by_path(call(pool, "ImportMedia", paths[first : first + AT_A_TIME]))
            clips.update(some)
            astray = astray or _held(folder) < held + len(some)
    finally:
        if kept is not None:
            maybe(pool, "SetCurrentFolder", kept)
    added.pool = _as_resolve_has_them(pieces, clips)
    if astray:
        places = every_bin(call(pool, "GetRootFolder"))
        added.strays = [place for place, inner in places if place != added.bin and clips_of(inner, added)]
    note(added)
    found = {}
    for piece in pieces:
        clip = clips.get(same_file(piece.path))
        if clip is None:
            raise HostProblem(f"Resolve did not import {os.path.basename(piece.path)}")
        found[piece.path] = clip, _cut(host, piece, clip)
    return found


def _as_resolve_has_them(pieces: Sequence[Piece], clips: Mapping[str, Any]) -> list[str]:
    """The files of PIECES as Resolve spells them in CLIPS, which PIECES have from then on: it may name a
    folder that is a link by what that points to."""
    by_name = {os.path.basename(path): clip for path, clip in clips.items()}
    for piece in pieces:
        known = same_file(piece.path)
        clip = None if known in clips else by_name.get(os.path.basename(known))
        other = str(maybe(clip, "GetClipProperty", "File Path") or "")
        with suppress(OSError):
            if other and os.path.samefile(other, piece.path):
                piece.path = other
    return list(dict.fromkeys(piece.path for piece in pieces))


def _check_rate(host: Host) -> None:
    """Raises HostProblem where the project has another rate now than the editor was told of: a file that is
    imported keeps the project's rate for good."""
    try:
        rate = read_rate(maybe(host.project, "GetSetting", "timelineFrameRate"))[0]
    except TimeWrong:
        raise HostProblem(
            "Resolve does not say which frame rate the project has; nothing was imported"
        ) from None
    if rate != host.import_rate:
        raise HostProblem(
            f"the project's frame rate was {decimal(host.import_rate)} and is {decimal(rate)} now, in which "
            "Resolve would count the sound; nothing was imported: ask again"
        )


def _open_bin(pool: Any, folder: Any, place: str) -> None:
    """Makes FOLDER, the bin at PLACE, the one that imports go to: there is no other way to say where."""
    said = call(pool, "SetCurrentFolder", folder)
    now, name = maybe(maybe(pool, "GetCurrentFolder"), "GetName"), maybe(folder, "GetName")
    if said is False or (isinstance(now, str) and now != name):
        raise HostProblem(f"the bin {place} could not be opened")


def _held(folder: Any) -> int:
    """How many clips FOLDER has; none where it is gone."""
    return len(listed(maybe(folder, "GetClipList")))


def _cut(host: Host, piece: Piece, clip: Any) -> Cut:
    said, rate = call(clip, "GetClipProperty", "FPS"), host.clock.rate
    name = os.path.basename(piece.path)
    try:
        file_rate = read_rate(said)[0]
    except TimeWrong:
        raise HostProblem(f"Resolve does not say in which rate it counts {name}") from None
    if file_rate not in (rate, host.import_rate):  # the editor was told of no other
        raise HostProblem(
            f"Resolve counts {name} in {decimal(file_rate)} frames a second, its project had "
            f"{decimal(host.import_rate)}; see to the project's frame rate and ask again"
        )
    try:
        return cut_of(piece.before, piece.span.length, rate, file_rate)
    except CutInexact as inexact:
        raise HostProblem(
            f"Resolve counts {name} in {said} frames a second, the timeline has "
            f"{decimal(rate)}: {inexact}; ask again without handles"
        ) from None


def _bin(host: Host, added: Added, note: Note, pool: Any) -> Any:
    """The bin "Foley/<timeline>", made where it is missing; without a colon or slash if refused."""
    folder, place = call(pool, "GetRootFolder"), ""
    for wanted in (BIN, host.name):
        names = list(dict.fromkeys((wanted, plain_name(wanted))))
        there = [(name, inner) for name in names for inner in [sub_folder(folder, name)] if inner is not None]
        for name in [] if there else names:
            added.bin = place + name
            added.bins.append(added.bin)
            note(added)
            inner = call(pool, "AddSubFolder", folder, name)
            if inner is not None:
                there = [(name, inner)]
                break
        if not there:
            raise HostProblem(f"the bin {place}{wanted} could not be made in the media pool")
        (name, folder), *_ = there
        place += f"{name}/"
    added.bin = place[:-1]
    return folder
