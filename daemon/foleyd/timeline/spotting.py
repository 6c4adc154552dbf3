"""Spotting: from what is selected or marked to cues.

Three rules: every prompt on each selected range, every prompt once over the whole selection, or
cues found from the timeline's markers. One cue is one layer; several prompts over one range make
several cues. Nothing here asks an engine; an engine may refuse a prompt that passes here.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from foleyd.brief import Notice
from foleyd.cue import LAYERS, MAX_PROMPT_LENGTH, Cue, FrameRange, Program
from foleyd.errors import at_field
from foleyd.request import MAX_TAKES, CueRule, Spread
from foleyd.timeline.errors import SpottingError
from foleyd.timeline.marker_names import given_name
from foleyd.timeline.marker_notes import free_text, read_note
from foleyd.timeline.markers import Marker

MAX_SEED = 2**63 - 1
MAX_CUES = 5_000
_DRAWN_SEED_BITS = 31
_SPACES = re.compile(r"[ \t\r\n]+")


def find_cues(
    program: Program,
    ranges: Sequence[FrameRange],
    rule: CueRule,
    *,
    markers: Iterable[Marker] = (),
    layers: Collection[str] = LAYERS,
    passed: Sequence[Notice] = (),
) -> tuple[Cue, ...]:
    """The cues that RULE finds in RANGES of PROGRAM (none: everything), in record order.

    MARKERS are the timeline's; LAYERS the known ones. PASSED is what there is to say of markers that are no
    cue, where none is. Raises SpottingError.
    """
    if rule.spread is Spread.MARKERS:
        return cues_for_markers(program, ranges, rule, markers, layers, passed=passed)
    return cues_for_ranges(program, ranges, rule, layers)


def cues_for_ranges(
    program: Program, ranges: Sequence[FrameRange], rule: CueRule, layers: Collection[str] = LAYERS
) -> tuple[Cue, ...]:
    """A cue for each prompt on each of RANGES, or one over all of them, by RULE's spread.

    A prompt may begin with ``layer:`` where that layer is known. Raises SpottingError.
    """
    negative = _check_rule(rule, layers)
    if not rule.prompts:
        raise SpottingError("there is no prompt: say what should be heard", field="rule.prompts")
    with at_field("rule.prompts"):
        texts = [split_layer(prompt, rule.layer, layers) for prompt in rule.prompts]
    spots = _spots(program, ranges)
    if rule.spread is Spread.WHOLE_SELECTION:
        spots = [FrameRange(min(spot.start for spot in spots), max(spot.end for spot in spots))]
    _check_count(len(spots) * len(texts))
    return _numbered(_cue(spot, text, negative, layer, rule) for spot in spots for layer, text in texts)


def cues_for_markers(
    program: Program,
    ranges: Sequence[FrameRange],
    rule: CueRule,
    markers: Iterable[Marker],
    layers: Collection[str] = LAYERS,
    *,
    passed: Sequence[Notice] = (),
) -> tuple[Cue, ...]:
    """A cue for each marker of RULE's colours (none: any) that begins in RANGES (none: everything).

    A marker's name is the prompt: ``layer: prompt | negative`` where the layer is known, else all
    of it is prompt; RULE's prompts serve markers without a name, and those that their program named. Where
    RULE has none, the words of their note do, and what has none is left out. A marker's note may give takes,
    seed, handles, engine and a negative prompt of its own. A point marker lasts as many frames as its note
    says, else to the next cue marker of the same owner, else to the end of what is selected, on a clip not
    beyond that clip. The same marker on picture and sound counts once. PASSED is said where nothing is found.
    Raises SpottingError for a name that is no prompt, and when nothing is found.
    """
    negative = _check_rule(rule, layers)
    spots = _spots(program, ranges)
    colours = {colour.strip().upper() for colour in rule.marker_colours}
    cueing = [
        marker
        for marker in markers
        if (not colours or marker.colour in colours) and (words_of(marker, rule) or rule.prompts)
    ]
    _check_count(len(cueing) * max(1, len(rule.prompts)))
    starts: dict[str, list[int]] = {}
    for marker in sorted(cueing, key=lambda marker: marker.record.start):
        starts.setdefault(marker.owner, []).append(marker.record.start)
    found: dict[tuple[FrameRange, str], list[Cue]] = {}
    for marker in cueing:
        record = _marked(marker, starts[marker.owner], spots)
        words = words_of(marker, rule)
        if record is not None and (record, words) not in found:
            with at_field("selection.otio.json" if words else "rule.prompts"):
                found[record, words] = _marker_cues(marker, record, rule, negative, layers)
    if not found:
        kind = f"{'/'.join(sorted(colours))} marker" if colours else "marker"
        seen = f" ({'; '.join(notice.what for notice in passed)})" if passed else ""
        raise SpottingError(
            f"no {kind} with a name lies in what is selected: name one with a prompt, or give a prompt{seen}",
            field="rule.marker_colours" if colours else "selection.ranges",
        )
    return _numbered(cue for cues in found.values() for cue in cues)


def words_of(marker: Marker, rule: CueRule) -> str:
    """What MARKER itself says should be heard; "" where RULE's prompts serve, or nothing does."""
    return given_name(marker.name) or ("" if rule.prompts else free_text(marker.note))


def given_cues(program: Program, cues: Sequence[Cue], *, layers: Collection[str] = LAYERS) -> tuple[Cue, ...]:
    """CUES that a caller has found, checked; empty ids and missing seeds are filled in.

    Raises SpottingError for ranges, prompts, layers, seeds or ids that cannot be.
    """
    if not cues:
        raise SpottingError("there is no cue: say where something should be heard", field="cues.cues")
    _check_count(len(cues))
    uses = Counter(cue.id for cue in cues if cue.id)
    taken = set(uses)
    for doubled in (cue_id for cue_id, count in uses.items() if count > 1):
        raise SpottingError(f"two cues have the id {doubled!r}: give each its own", field="cues.cues")
    checked: list[Cue] = []
    for number, cue in enumerate(cues, 1):
        field = f"cues.cues[{number - 1}]"
        with at_field(f"{field}.range"):
            check_range(program, cue.record)
        with at_field(f"{field}.layer"):
            check_layer(cue.layer, layers)
        with at_field(f"{field}.prompt"):
            prompt = check_prompt(cue.prompt)
        with at_field(f"{field}.negative_prompt"):
            negative = check_prompt(cue.negative_prompt, "negative prompt", may_be_empty=True)
        seeds = cue.seeds or (drawn_seed(cue.record, prompt, cue.layer),)
        in_range = all(0 <= seed <= MAX_SEED for seed in seeds)
        if not in_range or len(seeds) > MAX_TAKES or len(set(seeds)) < len(seeds):
            raise SpottingError(
                f"the seeds of cue {cue.id or number} are not 1 to {MAX_TAKES} different numbers from 0 on",
                field=f"{field}.seeds",
            )
        cue_id = cue.id or _free_id(taken, number)
        taken.add(cue_id)
        checked.append(replace(cue, id=cue_id, prompt=prompt, negative_prompt=negative, seeds=seeds))
    return tuple(checked)


def split_layer(prompt: str, default: str, layers: Collection[str] = LAYERS) -> tuple[str, str]:
    """(layer, text) of a prompt: ``layer: text`` only where that layer is known, else DEFAULT.

    Raises SpottingError where the text is no prompt.
    """
    head, colon, rest = prompt.partition(":")
    layer = head.strip().lower()
    if colon and layer in layers:
        return layer, check_prompt(rest)
    return default, check_prompt(prompt)


def check_prompt(text: str, what: str = "prompt", *, may_be_empty: bool = False) -> str:
    """TEXT without needless space, once it can go to any engine. Raises SpottingError.

    Refused: nothing, more than MAX_PROMPT_LENGTH characters, control characters, halves of
    surrogate pairs. Line breaks and tabs count as spaces; emoji and any script are fine.
    """
    if len(text) > MAX_PROMPT_LENGTH:
        raise SpottingError(
            f"the {what} has {len(text):,} characters, more than {MAX_PROMPT_LENGTH:,}: shorten it"
        )
    clean = _SPACES.sub(" ", text).strip(" ")
    if not clean.strip() and not may_be_empty:
        raise SpottingError(f"the {what} is empty: say what should be heard")
    for character in clean:
        if unicodedata.category(character) in {"Cc", "Cs"}:
            raise SpottingError(f"the {what} holds the control character U+{ord(character):04X}: remove it")
    return clean


def check_layer(layer: str, layers: Collection[str] = LAYERS) -> str:
    """LAYER, once it is a known one. Raises SpottingError."""
    if layer not in layers:
        raise SpottingError(f"there is no layer {layer!r}: choose one of {', '.join(layers)}")
    return layer


def check_range(program: Program, record: FrameRange) -> FrameRange:
    """RECORD, once it is a stretch of PROGRAM with at least one frame. Raises SpottingError."""
    first, last = program.label(record.start), program.label(record.end)
    if record.duration == 0:
        raise SpottingError(f"the range at {first} is empty: its end must come later")
    if record.start < 0 or record.end > program.duration:
        raise SpottingError(
            f"the range {first} to {last} leaves the timeline, which runs from {program.label(0)} to "
            f"{program.label(program.duration)}: choose one inside it"
        )
    return record


def drawn_seed(record: FrameRange, prompt: str, layer: str) -> int:
    """The seed of a cue that came without one: the same cue always has the same, so the cache
    knows it again."""
    text = f"{record.start} {record.end} {layer} {prompt}"
    digest = hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - _DRAWN_SEED_BITS)


def _check_rule(rule: CueRule, layers: Collection[str]) -> str:
    """RULE's negative prompt, once the rest of RULE is sound."""
    if not 1 <= rule.takes <= MAX_TAKES:
        raise SpottingError(f"{rule.takes} takes are asked for: ask for 1 to {MAX_TAKES}", field="rule.takes")
    if rule.seed is not None and not 0 <= rule.seed <= MAX_SEED - rule.takes:
        raise SpottingError(
            f"seed {rule.seed} is not between 0 and {MAX_SEED - rule.takes}: choose one that is",
            field="rule.seed",
        )
    with at_field("rule.layer"):
        check_layer(rule.layer, layers)
    with at_field("rule.negative_prompt"):
        return check_prompt(rule.negative_prompt, "negative prompt", may_be_empty=True)


def _check_count(cues: int) -> None:
    if cues > MAX_CUES:
        raise SpottingError(
            f"{cues:,} cues are asked for, more than {MAX_CUES:,}: select less", field="selection.ranges"
        )


def _spots(program: Program, ranges: Sequence[FrameRange]) -> list[FrameRange]:
    if not program.duration:
        raise SpottingError("the timeline is empty: put a clip on it", field="selection")
    with at_field("selection.ranges"):
        return [check_range(program, record) for record in dict.fromkeys(ranges)] or [program.range]


def _cue(record: FrameRange, prompt: str, negative: str, layer: str, rule: CueRule) -> Cue:
    first = rule.seed if rule.seed is not None else drawn_seed(record, prompt, layer)
    return Cue("", record, prompt, negative, layer, tuple(range(first, first + rule.takes)))


def _numbered(cues: Iterable[Cue]) -> tuple[Cue, ...]:
    ordered = sorted(cues, key=lambda cue: cue.record.start)
    return tuple(replace(cue, id=f"cue-{number}") for number, cue in enumerate(ordered, 1))


def _free_id(taken: Collection[str], number: int) -> str:
    while f"cue-{number}" in taken:
        number += 1
    return f"cue-{number}"


def _marker_cues(
    marker: Marker, record: FrameRange, rule: CueRule, negative: str, layers: Collection[str]
) -> list[Cue]:
    """What MARKER asks for over RECORD; its note goes before RULE."""
    wishes = read_note(marker.note, marker.name)
    if wishes.negative is not None:
        negative = check_prompt(wishes.negative, "negative prompt", may_be_empty=True)
    seed = rule.seed if wishes.seed is None else wishes.seed
    own = replace(rule, takes=wishes.takes or rule.takes, seed=seed)
    return [
        replace(_cue(record, text, unwanted, layer, own), handles=wishes.handles, engine=wishes.engine or "")
        for layer, text, unwanted in _marker_texts(marker, rule, negative, layers)
    ]


def _marker_texts(
    marker: Marker, rule: CueRule, negative: str, layers: Collection[str]
) -> list[tuple[str, str, str]]:
    """(layer, prompt, negative prompt) of what MARKER asks for."""
    words = words_of(marker, rule)
    if not words:
        return [(*split_layer(prompt, rule.layer, layers), negative) for prompt in rule.prompts]
    head, colon, rest = words.partition(":")
    layer = head.strip().lower()
    if not (colon and layer in layers):
        return [(rule.layer, check_prompt(words), negative)]
    prompt, bar, unwanted = rest.partition("|")
    if bar:
        negative = check_prompt(unwanted, "negative prompt", may_be_empty=True)
    return [(layer, check_prompt(prompt), negative)]


def _marked(marker: Marker, starts: Sequence[int], spots: Sequence[FrameRange]) -> FrameRange | None:
    """The frames that MARKER's cue fills, or None where it does not begin in what is selected.

    STARTS are those of its owner's cue markers, ascending.
    """
    start = marker.record.start
    spot = next((spot for spot in spots if spot.start <= start < spot.end), None)
    if spot is None:
        return None
    if marker.record.duration:
        return marker.record.intersect(spot)
    with at_field("selection.otio.json"):
        frames = read_note(marker.note, marker.name).frames
    following = bisect_right(starts, start)
    later = [start + frames] if frames is not None else starts[following : following + 1]
    end = min(spot.end, marker.owner_range.end, *later)
    return FrameRange(start, end) if end > start else None
