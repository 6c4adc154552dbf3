# SPDX-License-Identifier: Apache-2.0
"""What was placed, read back from the timeline and compared with what was meant.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import os
from typing import Any, Callable, Mapping, Sequence

from .frames import Cut, Span
from .placed import Piece, Row, same_file
from .resolve_calls import AT_A_TIME, Step, maybe
from .resolve_host import PICTURE, SOUND, Host, Item
from .windows import BAD, GOOD, row


def receipt(
    host: Host,
    pieces: Sequence[Piece],
    cuts: Mapping[str, Cut],
    tracks: Mapping[str, int],
    *,
    step: Callable[[int], None],
) -> list[Row]:
    """Each of PIECES as it really lies on the timeline, good or not. STEP is told how many are read."""
    rows = []
    on_track = {index: host.items(SOUND, index) for index in tracks.values()}
    by_file: dict[tuple[int, str], list[Item]] = {}
    for index, items in on_track.items():
        for item in items:
            by_file.setdefault((index, same_file(item.path)), []).append(item)
    for number, piece in enumerate(pieces):
        step(number)
        cut, index = cuts[piece.path], tracks[piece.track]
        wanted = Span(piece.span.start, piece.span.start + cut.length)
        found = by_file.get((index, same_file(piece.path)), [])
        rows.append(Row(*_compared(host, piece, cut, wanted, found)))
    for name, index in tracks.items():
        if len(on_track[index]) != sum(piece.track == name for piece in pieces):
            span = Span(host.clock.start, host.clock.start)
            rows.append(Row(False, name, span, f"it holds {len(on_track[index])} items", ""))
    return rows


def _compared(
    host: Host, piece: Piece, cut: Cut, wanted: Span, found: Sequence[Item]
) -> tuple[bool, str, Span, str, str]:
    if len(found) != 1:
        return False, piece.track, wanted, f"it lies there {len(found)} times", piece.path
    item = found[0]
    offset = maybe(item.handle, "GetLeftOffset")
    problem = ""
    if item.span != wanted:
        problem = "it lies at {} – {}, not {} – {}".format(
            *map(host.clock.label, (item.start, item.end, wanted.start, wanted.end))
        )
    elif offset is not None and int(offset) != piece.before:
        problem = f"it leaves out {offset} frames of its file, not {piece.before}"
    elif item.enabled != piece.heard:
        problem = "it is {}".format("enabled" if item.enabled else "disabled")
    words = "{} frames{}".format(item.span.length, "" if piece.heard else ", disabled")
    if cut.length < piece.span.length:
        words += ", a frame short"
    return not problem, piece.track, item.span, problem or words, piece.path


def receipt_lines(host: Host, rows: Sequence[Row]) -> list[str]:
    """ROWS for a window."""
    return [
        row(
            GOOD if entry.good else BAD,
            entry.track,
            f"{host.clock.label(entry.span.start)} – {host.clock.label(entry.span.end)}",
            entry.words,
            os.path.basename(entry.path),
        )
        for entry in rows
    ]


def users_items(host: Host, step: Step, without: Sequence[int] | set[int] = ()) -> dict[int, Any]:
    """What lies on each track but those sound tracks in WITHOUT; picture tracks have numbers below zero.

    STEP is called now and then.
    """
    found: dict[int, Any] = {}
    for kind, sign in ((PICTURE, -1), (SOUND, 1)):
        for index in range(1, host.track_count(kind) + 1):
            if kind == PICTURE or index not in without:
                items = found.setdefault(sign * index, [])
                for number, item in enumerate(host.items(kind, index)):
                    if number % AT_A_TIME == 0:
                        step()
                    items.append((item.id, item.start, item.end, item.enabled))
    return found
