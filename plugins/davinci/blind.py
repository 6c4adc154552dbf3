# SPDX-License-Identifier: Apache-2.0
"""Clips of the picture that stand for no file: compound, multicam and Fusion clips, nested timelines.

Resolve gives them no path, so foley cannot look at them, unless Resolve's export shows what is inside. They
are named before anything is made. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from typing import Any, Iterable, Sequence

from .frames import Clock, Span
from .resolve_host import Item
from .shots import flatten

ADVICE = "render it in place (right-click it in Resolve), or choose another clip"
_NAMED = 4
_OFFLINE = "the timeline itself says it is offline"


def blind_parts(
    items: Sequence[Item], spans: Sequence[Span], program: dict[str, Any], clock: Clock
) -> list[tuple[Item, list[Span]]]:
    """Those of ITEMS (the lowest track first) without a file, each with what is seen of it within SPANS and
    not shown with a file by the foleyd.v1.Program either."""
    shown = flatten(_with_file(program, clock))
    found = []
    for number, item in enumerate(items):
        seen = [part for span in spans for part in [_common(item.span, span)] if part.length > 0]
        if not seen or not item.without_file:
            continue
        for above in (*(other.span for other in items[number + 1 :]), *(Span(*piece) for piece in shown)):
            seen = [rest for part in seen for rest in _without(part, above)]
        if seen:
            found.append((item, seen))
    return found


def all_blind(program: dict[str, Any], spans: Sequence[Span], clock: Clock) -> bool:
    """Whether the PROGRAM shows no file at all within SPANS."""
    shown = [Span(*piece) for piece in _with_file(program, clock)]
    return not any(_common(piece, span).length > 0 for piece in shown for span in spans)


def blind_words(parts: Sequence[tuple[Item, list[Span]]], clock: Clock) -> str:
    """Which clips PARTS are, and what to do: a sentence without its full stop."""
    names = [f"{item.name} at {clock.label(item.start)} ({item.without_file})" for item, _ in parts[:_NAMED]]
    names += [f"{len(parts) - _NAMED} more"] if len(parts) > _NAMED else []
    have = "has no file of its own" if len(parts) == 1 else "have no files of their own"
    return f"{', '.join(names)} {have} that foley could look at: {ADVICE}"


def without_blind(warnings: Iterable[str], parts: Sequence[tuple[Item, list[Span]]]) -> list[str]:
    """WARNINGS but for foley's own on PARTS, whose media it takes to be offline."""
    names = [item.name for item, _ in parts]
    return [each for each in warnings if _OFFLINE not in each or not any(name in each for name in names)]


def _with_file(program: dict[str, Any], clock: Clock) -> list[tuple[int, int]]:
    """What the PROGRAM shows that it has a file for, absolute."""
    shots = [shot for shot in program.get("shots", ()) if (shot.get("media") or {}).get("path")]
    starts = [clock.absolute(shot["record_start_frame"]) for shot in shots]
    return [(start, start + shot["duration_frames"]) for start, shot in zip(starts, shots)]


def _common(one: Span, other: Span) -> Span:
    return Span(max(one.start, other.start), min(one.end, other.end))


def _without(part: Span, above: Span) -> list[Span]:
    """What of PART does not lie under ABOVE."""
    if _common(part, above).length <= 0:
        return [part]
    rest = [Span(part.start, above.start), Span(above.end, part.end)]
    return [each for each in rest if each.length > 0]
