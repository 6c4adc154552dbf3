# SPDX-License-Identifier: Apache-2.0
"""Which parts of the timeline sound may be made for: the selection, the marks, the clip under the playhead…

The first that there is was meant; the editor may choose another. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Sequence

from .frames import Clock, Span
from .resolve_host import Host, HostProblem, Item, Mark
from .windows import MARKERS, MARKS, PLAYHEAD, SELECTION, TIMELINE

LAST = "last"
_LINES = 40
_NAME = 40


@dataclass
class Source:
    """A part of the timeline; SPANS are absolute frames, CUES those that markers ask for."""

    key: str
    label: str
    lines: list[str]
    spans: list[Span]
    cues: list[tuple[int, int, str]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """For a question."""
        return {"key": self.key, "label": self.label, "lines": self.lines}


def find_sources(host: Host, first: str = "") -> list[Source]:
    """What sound may be made for on the open timeline, what was meant first; FIRST is that where it is there.

    Raises HostProblem where there is nothing, or FIRST is not there.
    """
    if host.length <= 0:
        raise HostProblem(f"the timeline {host.name} is empty; put a clip on it")
    marks = host.marks()
    found = [_selection(host), _marks(host, marks), _playhead(host), _timeline(host)]
    sources = [source for source in found if source is not None]
    markers = _markers(host, marks)
    sources += [markers] if markers is not None else []
    if first and all(source.key != first for source in sources):
        where = " between the marks" if marks else ""
        raise HostProblem(
            f"there is no named marker on the timeline{where}: "
            "press M, and name the marker after what should be heard"
        )
    return sorted(sources, key=lambda source: source.key != first)


def _selection(host: Host) -> Source | None:
    items = host.selected() or []
    spans = list(dict.fromkeys(item.span for item in items if item.span.length > 0))
    if not spans:
        return None
    names = {item.span: item.name for item in reversed(items)}
    label = "1 selected clip" if len(spans) == 1 else f"{len(spans)} selected clips"
    return Source(SELECTION, label, _lines(host.clock, [(span, names[span]) for span in spans]), spans)


def _marks(host: Host, span: Span | None) -> Source | None:
    if span is None:
        return None
    return Source(MARKS, "between the marks in and out", _lines(host.clock, [(span, "")]), [span])


def _playhead(host: Host) -> Source | None:
    item = host.under_playhead()
    if item is None or item.span.length <= 0:
        return None
    return Source(PLAYHEAD, "the clip under the playhead", _lines(host.clock, [_named(item)]), [item.span])


def _timeline(host: Host) -> Source:
    span = Span(host.clock.start, host.clock.start + host.length)
    return Source(TIMELINE, "the whole timeline", _lines(host.clock, [(span, host.name)]), [span])


def _markers(host: Host, marks: Span | None) -> Source | None:
    whole = Span(host.clock.start, host.clock.start + host.length)
    cues = marker_cues(host.markers(), marks or whole)
    if not cues:
        return None
    label = "{} marker{}{}".format(len(cues), "s" * (len(cues) > 1), " between the marks" if marks else "")
    lines = _lines(host.clock, [(Span(start, end), text) for start, end, text in cues])
    return Source(MARKERS, label, lines, [Span(start, end) for start, end, _ in cues], cues)


def marker_cues(markers: Sequence[Mark], within: Span) -> list[tuple[int, int, str]]:
    """The cues of MARKERS that begin WITHIN: start, end, text. A point lasts to the next, or to the end."""
    inside = sorted(
        (mark for mark in markers if within.start <= mark.span.start < within.end),
        key=lambda mark: mark.span.start,
    )
    cues = []
    for number, mark in enumerate(inside):
        later = [other.span.start for other in inside[number + 1 :] if other.span.start > mark.span.start]
        end = mark.span.end if mark.span.length > 1 else min([*later, within.end])
        cues.append((mark.span.start, min(end, within.end), mark.text))
    return cues


def _named(item: Item) -> tuple[Span, str]:
    return item.span, item.name


def _lines(clock: Clock, parts: Sequence[tuple[Span, str]]) -> list[str]:
    lines = []
    for span, name in parts[:_LINES]:
        short = name if len(name) <= _NAME else name[: _NAME - 1] + "…"
        lines.append(f"{clock.label(span.start)} – {clock.label(span.end)}  {short}".rstrip())
    if len(parts) > _LINES:
        lines.append(f"and {len(parts) - _LINES} more")
    return lines
