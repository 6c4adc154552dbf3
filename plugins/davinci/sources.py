# SPDX-License-Identifier: Apache-2.0
"""Which parts of the timeline sound may be made for: the selection, the marks, the clip under the playhead…

The first that there is was meant; the editor may choose another. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Iterable, Sequence

from .frames import Clock, Span
from .resolve_calls import HostProblem
from .resolve_host import SOUND, Host, Item, Mark
from .windows import MARKERS, MARKS, PLAYHEAD, SELECTION, TIMELINE

LAST = "last"
_LINES = 40
_NAME = 40
_NAMED = 4


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


@dataclass
class Found:
    """What sound may be made for, what was meant first. PROBLEM says why what the editor has chosen cannot be
    taken, NOTES what of it was left out; a choice further down is not made for the editor then.
    """

    sources: list[Source]
    problem: str = ""
    notes: list[str] = field(default_factory=list)


def find_sources(host: Host, first: str = "") -> Found:
    """What sound may be made for on the open timeline; FIRST is what was meant where it is there.

    Raises HostProblem where there is nothing, or FIRST is not there.
    """
    if host.length <= 0:
        raise HostProblem(f"the timeline {host.name} is empty; put a clip on it")
    found = Found([])
    marks = host.marks()
    every = [_selection(host, found), _marks(host, marks)]
    under = _playhead(host, found, meant=not found.problem and every == [None, None])
    sources = [source for source in (*every, under, _timeline(host)) if source is not None]
    markers = _markers(host, marks)
    sources += [markers] if markers is not None else []
    if first and all(source.key != first for source in sources):
        where = " between the marks" if marks else ""
        raise HostProblem(
            f"there is no named marker on the timeline{where}: "
            "press M, and name the marker after what should be heard"
        )
    if first:  # what is selected was not meant
        found = Found([])
    found.sources = sorted(sources, key=lambda source: source.key != first)
    return found


def _selection(host: Host, found: Found) -> Source | None:
    items = [item for item in host.selected() or [] if item.span.length > 0]
    if not items or items[0].place[0] == SOUND:
        return _selected(host, items, "selected clip")
    clips = [item for item in items if item.pooled and host.is_seen(item)]
    off = [item for item in items if not host.is_seen(item)]
    titles = [item for item in items if item not in clips and item not in off]
    if off and (clips or titles):
        found.notes.append(f"Left out, as it is switched off: {_and(named(host, off))}.")
    if clips:
        if titles:
            found.notes.append(f"Left out, as it is no picture: {_and(named(host, titles))}.")
        return _selected(host, clips, "selected clip")
    if not titles:
        found.problem = _switched_off(off, host, "The selected clip")
        return None
    below = [item for item in host.picture() if any(_overlap(item, title) for title in titles)]
    what = f"{_and(named(host, titles))}: a title, a generator or a transition, which is no picture"
    if below:
        found.notes.append(f"Selected is {what}. What lies below it was taken.")
    else:
        found.problem = f"Selected is {what}, and there is none below it; select a clip with picture"
    return _selected(host, below, "clip below what is selected", "clips below what is selected")


def _selected(host: Host, items: Sequence[Item], one: str, more: str = "") -> Source | None:
    spans = list(dict.fromkeys(item.span for item in items))
    if not spans:
        return None
    names = {item.span: item.name for item in reversed(items)}
    label = f"1 {one}" if len(spans) == 1 else f"{len(spans)} {more or one + 's'}"
    return Source(SELECTION, label, _lines(host.clock, [(span, names[span]) for span in spans]), spans)


def _marks(host: Host, span: Span | None) -> Source | None:
    if span is None:
        return None
    return Source(MARKS, "between the marks in and out", _lines(host.clock, [(span, "")]), [span])


def _playhead(host: Host, found: Found, *, meant: bool) -> Source | None:
    """The topmost picture under the playhead; why there is none is a problem only where it is MEANT."""
    top, item = host.under_playhead()
    if item is not None and item.span.length > 0:
        lines = _lines(host.clock, [(item.span, item.name)])
        return Source(PLAYHEAD, "the clip under the playhead", lines, [item.span])
    if top is not None and meant:
        if top.pooled:
            found.problem = _switched_off([top], host, "The clip under the playhead")
        else:
            found.problem = (
                f"Under the playhead is {named(host, [top])[0]}: a title, a generator or a transition, "
                "which is no picture, and there is none below it; move the playhead over a clip"
            )
    return None


def named(host: Host, items: Iterable[Item]) -> list[str]:
    """ITEMS by name and place, as an editor finds them; those beyond the first few only counted."""
    every = list(items)
    shown = [f"{_short(item.name)} at {host.clock.label(item.start)}" for item in every[:_NAMED]]
    return shown + ([f"{len(every) - _NAMED} more"] if len(every) > _NAMED else [])


def _switched_off(items: Sequence[Item], host: Host, what: str) -> str:
    """Why ITEMS, which are WHAT, show nothing, and what mends it."""
    where, many = _and(named(host, items)), len(items) > 1
    if not any(item.enabled for item in items):
        mend = "are disabled; enable them (D)" if many else "is disabled; enable it (D)"
    else:
        mend = "lie{} on {} that {} switched off; switch {} on".format(
            *(("", "clips or tracks", "are", "them") if many else ("s", "a track", "is", "it"))
        )
    return f"{what}{'s' * many} {where} {mend}, or choose another clip"


def _and(names: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _overlap(one: Item, other: Item) -> bool:
    return one.start < other.end and other.start < one.end


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


def _short(name: str) -> str:
    return name if len(name) <= _NAME else name[: _NAME - 1] + "…"


def _lines(clock: Clock, parts: Sequence[tuple[Span, str]]) -> list[str]:
    lines = []
    for span, name in parts[:_LINES]:
        lines.append(f"{clock.label(span.start)} – {clock.label(span.end)}  {_short(name)}".rstrip())
    if len(parts) > _LINES:
        lines.append(f"and {len(parts) - _LINES} more")
    return lines
