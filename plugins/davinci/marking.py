# SPDX-License-Identifier: Apache-2.0
"""Markers over what was placed. The takes are the work and a marker is an extra: one that cannot be set is
named, and costs no take. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence, Tuple

from .importing import Note
from .placed import Added, Piece, plain_name
from .resolve_calls import maybe
from .resolve_host import OURS, Host

MARKER_COLOUR = "Mint"
_NOTE_LENGTH = 900
_NAMED = 4

Step = Callable[[int], None]
"""Told how many are set; raises to stop."""
Texts = Callable[[Piece, Added], Tuple[str, str]]
"""A marker's name and note."""


def add_markers(host: Host, added: Added, note: Note, pieces: Sequence[Piece], step: Step) -> list[str]:
    """A marker over each cue of PIECES that is heard, on its first frame that has none yet; sentences on
    those that could not be set.

    Resolve may refuse a text, or say that it set a marker and do nothing: they are read back, and those
    that are not there are tried again in plainer words.
    """
    left = {f"{OURS}{added.job}:{piece.cue}": piece for piece in pieces if piece.heard}
    full: dict[str, Piece] = {}
    added.markers = list(left)
    note(added)
    for texts in (_full, _plain_titled, _plain):
        full.update(_set(host, added, left, texts, step))
        there = {str(marker.get("customData")) for marker in _there(host).values()}
        left = {custom: piece for custom, piece in left.items() if custom not in there and custom not in full}
        if not left:
            break
    return [
        *_without(host, list(left.values()), "Resolve did not take it"),
        *_without(host, list(full.values()), "each of its frames has one already"),
    ]


def _set(host: Host, added: Added, wanted: Mapping[str, Piece], texts: Texts, step: Step) -> dict[str, Piece]:
    """Sets the markers WANTED, by custom data; those without a frame for it."""
    taken = {int(frame) for frame in _there(host)}
    full = {}
    for number, (custom, piece) in enumerate(wanted.items()):
        step(number)
        first = host.clock.relative(piece.span.start)
        end = first + piece.span.length
        free = next((frame for frame in range(first, end) if frame not in taken), None)
        if free is None:
            full[custom] = piece
            continue
        name, text = texts(piece, added)
        maybe(host.timeline, "AddMarker", free, MARKER_COLOUR, name, text, end - free, custom)
        taken.add(free)
    return full


def _full(piece: Piece, added: Added) -> tuple[str, str]:
    return piece.track, f"{piece.prompt[:_NOTE_LENGTH]}\nseed {piece.seed}\njob {added.job}"


def _plain_titled(piece: Piece, added: Added) -> tuple[str, str]:
    return plain_name(piece.track), _full(piece, added)[1]


def _plain(piece: Piece, added: Added) -> tuple[str, str]:
    """Nothing that could be refused: no prompt, no line's end."""
    return "Foley", f"seed {piece.seed}, job {added.job}"


def _there(host: Host) -> dict[Any, Any]:
    said = maybe(host.timeline, "GetMarkers")
    return said if isinstance(said, dict) else {}


def _without(host: Host, pieces: Sequence[Piece], why: str) -> list[str]:
    if not pieces:
        return []
    places = [host.clock.label(piece.span.start) for piece in pieces[:_NAMED]]
    places += [f"{len(pieces) - _NAMED} more"] if len(pieces) > _NAMED else []
    what = "marker is" if len(pieces) == 1 else "markers are"
    return [f"No {what} over the sound at {', '.join(places)}: {why}. The sound lies there all the same"]
