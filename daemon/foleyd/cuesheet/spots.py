"""From a cue sheet to cues on a timeline: TIMEs become frames exactly as ``--range`` reads them."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from foleyd.cue import DEFAULT_LAYER, LAYERS, FrameRange
from foleyd.cuesheet.errors import SheetError
from foleyd.cuesheet.schema import MAX_SEED, SheetCue, Sidecar
from foleyd.errors import FoleyError
from foleyd.ranges import check_range, parse_frame
from foleyd.request import AUTO_ENGINE
from foleyd.timebase import Timecode
from foleyd.v1 import foleyd_pb2 as pb

_DURATION_SLACK = 1
"""Frames by which a table's Duration may differ from its Out: both are rounded."""


@dataclass(frozen=True, slots=True)
class Record:
    """What a sheet's TIMEs mean on: START labels frame zero, DURATION is in frames, NAME is for messages."""

    start: Timecode
    duration: int
    name: str


def cue_list(
    sheet: Sidecar, start: Timecode, duration: int, name: str, layers: Collection[str] = LAYERS
) -> pb.CueList:
    """The cues of SHEET on something called NAME, DURATION frames long from START, in record order.

    What a cue does not say it takes from the sheet. Seeds are all given; a cue without any has the one that
    is made from its prompt and range. Raises SheetError, with the place, for what cannot be.
    """
    return pb.CueList(cues=[cue for cue, _ in placed_cues(sheet, start, duration, name, layers)])


def placed_cues(
    sheet: Sidecar, start: Timecode, duration: int, name: str, layers: Collection[str] = LAYERS
) -> list[tuple[pb.Cue, str]]:
    """As :func:`cue_list`, each cue with the line of the sheet that asks for it: ``reel.csv, line 7``."""
    path = sheet.source or Path("cue sheet")
    if not sheet.cues:
        raise SheetError(path, "there is no cue in it; add one under a line [[cues]]")
    record = Record(start, duration, name)
    starts = [_frame(cue, "start", record, path) for cue in sheet.cues]
    later = sorted(starts)
    found: list[tuple[int, pb.Cue, str]] = []
    for first, cue in zip(starts, sheet.cues, strict=True):
        span = _span(cue, first, later, record, path)
        line = f"{path.name}, line {cue.places[''].line}" if "" in cue.places else path.name
        found += [(first, each, line) for each in _cues(cue, sheet, span, layers, path)]
    return [(cue, line) for _, cue, line in sorted(found, key=lambda item: item[0])]


def engine_of(sheet: Sidecar) -> str:
    """The engine that SHEET asks for: its own, else the one that all its cues name; else none."""
    if sheet.engine:
        return sheet.engine
    asked = {cue.engine.lower() for cue in sheet.cues if cue.engine}
    return asked.pop() if len(asked) == 1 else ""


def _frame(cue: SheetCue, key: str, record: Record, path: Path) -> int:
    try:
        return parse_frame(getattr(cue, key), record.start, record.duration, key)
    except FoleyError as error:
        raise _at(cue, key, path, str(error)) from error


def _span(cue: SheetCue, first: int, starts: Sequence[int], record: Record, path: Path) -> pb.FrameRange:
    """Where CUE, which begins at frame FIRST, is heard. STARTS are those of all cues, ascending."""
    length = _length(cue, record, path)
    if cue.end is not None:
        last = _frame(cue, "end", record, path)
        if length is not None and abs(last - first - length) > _DURATION_SLACK:
            raise _at(
                cue,
                "duration",
                path,
                f"the duration is {length} frames, and start to end {last - first}; mend one",
            )
    elif length is not None:
        last = first + length
    else:
        following = bisect_right(starts, first)
        last = starts[following] if following < len(starts) else max(record.duration, first + 1)
    try:
        return check_range(first, last, record.start, record.duration, record.name)
    except FoleyError as error:
        raise _at(cue, "end" if cue.end is not None else "start", path, str(error)) from error


def _length(cue: SheetCue, record: Record, path: Path) -> int | None:
    """CUE's duration in frames, where it has one: a TIME counted from zero."""
    if cue.duration is None:
        return None
    zero = Record(Timecode(0, record.start.rate, record.start.drop), record.duration, record.name)
    return _frame(cue, "duration", zero, path)


def _cues(
    cue: SheetCue, sheet: Sidecar, span: pb.FrameRange, layers: Collection[str], path: Path
) -> list[pb.Cue]:
    """CUE over SPAN, once for each of its prompts."""
    from foleyd.timeline.spotting import check_layer, drawn_seed, split_layer

    prompts = (cue.prompt,) if cue.prompt else sheet.prompts
    if not prompts:
        raise _at(cue, "prompt", path, "this cue has no prompt; say what should be heard")
    own = (cue.layer or "").casefold()
    default = own or (sheet.layer or DEFAULT_LAYER).casefold()
    made = []
    for number, prompt in enumerate(prompts, 1):
        try:
            layer, text = (own, prompt) if own else split_layer(prompt, default, layers)
            check_layer(layer, layers)
        except FoleyError as error:
            key = "layer" if cue.layer else "prompt"
            raise _at(cue, key, path, str(error)) from error
        drawn = drawn_seed(FrameRange(span.start_frame, span.end_frame), " ".join(text.split()), layer)
        made.append(
            pb.Cue(
                id=_id(cue, number if len(prompts) > 1 else 0),
                range=span,
                prompt=text,
                negative_prompt=(sheet.negative or "") if cue.negative is None else cue.negative,
                layer=layer,
                seeds=_seeds(cue, sheet, drawn, path),
                handles_frames=cue.handles,
                engine=_engine(cue),
            )
        )
    return made


def _seeds(cue: SheetCue, sheet: Sidecar, drawn: int, path: Path) -> Sequence[int]:
    if cue.seeds is not None:
        return cue.seeds
    asked = sheet.seed if cue.seed is None else cue.seed
    first = drawn if asked is None else asked
    takes = cue.takes or sheet.takes or 1
    if first + takes - 1 > MAX_SEED:
        raise _at(
            cue, "seed", path, f"the seeds of {takes} takes count up beyond 2^63; choose a smaller seed"
        )
    return range(first, first + takes)


def _engine(cue: SheetCue) -> str:
    name = (cue.engine or "").lower()
    return "" if name == AUTO_ENGINE else name


def _id(cue: SheetCue, number: int) -> str:
    if cue.id is None:
        return ""
    return f"{cue.id}-{number}" if number else cue.id


def _at(cue: SheetCue, key: str, path: Path, what: str) -> SheetError:
    return SheetError(path, what, cue.places.get(key) or cue.places.get(""))
