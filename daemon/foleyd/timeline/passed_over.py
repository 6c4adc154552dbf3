"""What is said of markers that no cue is made for, though one seems to be asked for: which, where and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from foleyd.brief import Notice
from foleyd.cue import FrameRange, Program
from foleyd.request import CueRule
from foleyd.timeline.marker_names import is_by_program
from foleyd.timeline.markers import Marker, Unseen
from foleyd.timeline.spotting import words_of

_NAMED = 5
_NAME_THEM = "name them by what should be heard"
_FIXES = {
    Unseen.AFTER: "move them to before the end",
    Unseen.BEFORE: "move them to behind the start",
    Unseen.CUT_AWAY: "move them to what is seen of it, or put them on the timeline",
    Unseen.OFF: "switch that on, or put them on the timeline",
}


def passed_over(
    program: Program, ranges: Sequence[FrameRange], rule: CueRule, markers: Iterable[Marker]
) -> tuple[Notice, ...]:
    """What there is to say of MARKERS of PROGRAM, those that are not seen among them, which RULE makes no cue
    for or knows no name of.

    Nothing is said of what was not asked for: other colours, and all that lies outside of RANGES (none:
    everything).
    """
    colours = {colour.strip().upper() for colour in rule.marker_colours}
    wanted = [marker for marker in markers if not colours or marker.colour in colours]
    seen = [marker for marker in wanted if marker.unseen is None and _lies_in(ranges, marker.record.start)]
    said = list(_without_name(program, seen, rule))
    for why in Unseen if not ranges else ():
        # Those without a name would be no cue where they are seen, either.
        hidden = [m for m in wanted if m.unseen is why and (words_of(m, rule) or rule.prompts)]
        if hidden:
            said.append(_notice(program, hidden, f"markers {why.value} are passed over", _FIXES[why]))
    return tuple(said)


def _lies_in(ranges: Sequence[FrameRange], frame: int) -> bool:
    return not ranges or any(spot.start <= frame < spot.end for spot in ranges)


def _without_name(program: Program, markers: Sequence[Marker], rule: CueRule) -> Iterator[Notice]:
    """Of those of MARKERS that nobody named."""
    silent = [marker for marker in markers if not words_of(marker, rule)]
    called = [marker for marker in silent if is_by_program(marker.name)]
    if called:
        then = "get the prompt that was given" if rule.prompts else "are passed over"
        yield _notice(program, called, f"markers named by the program, not by you, {then}", _NAME_THEM)
    bare = [marker for marker in silent if not marker.name.strip()]
    if bare and not rule.prompts:
        yield _notice(
            program, bare, "markers without a name are passed over", f"{_NAME_THEM}, or give a prompt"
        )


def _notice(program: Program, markers: Sequence[Marker], words: str, fix: str) -> Notice:
    """WORDS on MARKERS, and the first few of them by name and timecode."""
    # The same marker on picture and sound is one.
    places = sorted({(marker.record.start, marker.name.strip()) for marker in markers})
    names = [f"{name!r} ({program.label(at)})" if name else str(program.label(at)) for at, name in places]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return Notice(f"{words}: {', '.join(names[:_NAMED])}{more}", fix=fix)
