"""Reports in words, for whoever opens the folder: what was asked, what came of it, how to try again."""

from __future__ import annotations

import os
import shlex
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from foleyd.brief import Costs
from foleyd.errors import Failure
from foleyd.ranges import fraction, label, start_label
from foleyd.refused import RequestRefused
from foleyd.timebase import Timecode
from foleyd.v1 import foleyd_pb2 as pb
from foleyd.watch.kinds import SETTINGS_FILE, SHEET_SUFFIX, SIDECAR_SUFFIX

BY_MARKERS = "the markers of "
"""How the words begin that say so."""
_WIDTH = 100
_RETRY = "foley watch --retry"


@dataclass(frozen=True, slots=True)
class Story:
    """What a report tells of. NAME is the file's, FOLDER the watch folder; FILES pairs of a name and what it
    is; EARLIER the folder with earlier results; HIDDEN where these were made, which nobody is to look for;
    LINES where in a sheet a cue stands, by its id."""

    name: str
    folder: Path
    where: str = ""
    notes: Sequence[str] = ()
    files: Sequence[tuple[str, str]] = ()
    earlier: str = ""
    attempt: int = 1
    job: str = ""
    watched: bool = True
    hidden: str = ""
    lines: Mapping[str, str] = field(default_factory=dict)


def success(story: Story, result: pb.Result, seconds: float) -> str:
    """The report beside results. SECONDS are from the moment it was asked to the moment it was done."""
    failed = {one.cue_id: one for one in result.failed_cues}
    start = start_label(fraction(result.rate), result.start_timecode)
    lines = [*_title(f"Foley for {story.name}"), _summary(result, seconds), ""]
    lines += _part("What was asked", [_asked(story), *_engine(result.engine)])
    lines += _part("Cues and takes", _cues(result, failed, start, story.lines))
    lines += _part("To know", _warnings(story, result))
    lines += _part("Files here", [f"{name}: {what}" for name, what in story.files])
    lines += _part("Time taken", _seconds(result, seconds))
    lines += _part("How to try again", _again(story, bool(failed)))
    return "\n".join(lines)


def failure(story: Story, error: Failure) -> str:
    """The report on a file that no sound was made for."""
    why = error.message if error.message.endswith((".", "!", "?")) else f"{error.message}."
    reasons = [why, *([f"Try: {error.fix}"] if error.fix else [])]
    lines = [*_title(f"No Foley for {story.name}"), *_part("Why", [*reasons, f"(reason: {error.reason})"])]
    if story.where:
        lines += _part("What was asked", [_asked(story)])
    lines += _part("To know", story.notes)
    lines += _part("How to try again", _retry(story))
    lines += _part("Untouched", [f"{story.name} was not changed, and nothing half-done was left behind."])
    return "\n".join(lines)


def _title(text: str) -> list[str]:
    return [text, "=" * len(text), ""]


def _part(title: str, lines: Iterable[str]) -> list[str]:
    said = [piece for line in lines for piece in _wrapped(line)]
    return [title, *said, ""] if said else []


def _wrapped(line: str) -> list[str]:
    """LINE in the report's width, deeper from its second piece on; a command stays whole, to be copied."""
    text = line.lstrip()
    indent = " " * (2 + len(line) - len(text))
    if _RETRY in text:
        return [indent + text]
    return textwrap.wrap(
        text,
        _WIDTH,
        initial_indent=indent,
        subsequent_indent=indent + "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def _summary(result: pb.Result, seconds: float) -> str:
    takes, cues = len(result.takes), len({take.cue_id for take in result.takes})
    text = f"{_count(takes, 'take')} for {_count(cues, 'cue')} by {result.engine.name}, in {seconds:.1f} s"
    if result.failed_cues:
        text += f"; {_count(len(result.failed_cues), 'cue')} could not be done"
    if result.missing_media:
        text += "; media of some shots are missing"
    return f"{text}."


def _asked(story: Story) -> str:
    return f"By {story.where}." if story.where else "By foley.toml."


def _engine(engine: pb.EngineChosen) -> list[str]:
    lines = [f"Engine: {engine.name} {engine.version}".rstrip()]
    if engine.reason:
        lines.append(f"  {engine.reason}")
    if engine.summary:
        lines.append(f"  {engine.summary}")
    return lines


def _cues(
    result: pb.Result, failed: Mapping[str, pb.CueFailed], start: Timecode, places: Mapping[str, str]
) -> Iterator[str]:
    for cue in result.cues:
        first, last = cue.range.start_frame, cue.range.end_frame
        span = f"{label(start, first)} to {label(start, last)} ({_count(last - first, 'frame')})"
        yield f"{cue.id}  {span}  {cue.layer or 'foley'}: {' '.join(cue.prompt.split())}"
        if cue.negative_prompt:
            yield f"    not: {' '.join(cue.negative_prompt.split())}"
        if cue.id in failed:
            where = f" ({places[cue.id]})" if cue.id in places else ""
            yield f"    FAILED{where}: {RequestRefused(failed[cue.id].status).failure.message}"
        takes = [take for take in result.takes if take.cue_id == cue.id]
        for number, take in enumerate(takes, 1):
            alternate = ", disabled on a track of its own" if number > 1 else ""
            yield f"    take {number}: {Path(take.path).name}, seed {take.seed}{alternate}"
            yield f"            {_figures(take)}"


def _figures(take: pb.Take) -> str:
    loudness = take.loudness
    said = []
    if loudness.HasField("integrated_lufs"):
        said.append(f"{loudness.integrated_lufs:.1f} LUFS")
    if loudness.HasField("true_peak_dbtp"):
        said.append(f"peak {loudness.true_peak_dbtp:.1f} dBTP")
    else:
        said.append("silent")
    seconds = Fraction(take.cue_samples, take.sample_rate or 48_000)
    said.append(f"{float(seconds):.3f} s in the cut")
    said.append(_count(len(take.events), "event"))
    return ", ".join(said)


def _warnings(story: Story, result: pb.Result) -> Iterator[str]:
    yield from story.notes
    told = [(each.what, each.where, each.fix) for each in (*result.warnings, *result.missing_media)]
    for what, where, fix in dict.fromkeys(told):
        text = what.rstrip(".") + (f" ({where})" if where else "")
        text = f"{text}; {fix}" if fix else text
        yield text.replace(f"{story.hidden}{os.sep}", "") if story.hidden else text


def _seconds(result: pb.Result, seconds: float) -> list[str]:
    costs = Costs(result.stage_seconds, result.peak_memory_bytes, result.peak_device_memory_bytes)
    spent, memory = costs.words(), costs.memory_words()
    cached = ["Nothing had to be made: the takes were known."] if result.cached else []
    return [
        f"{seconds:.1f} s from asking to done: {spent}" if spent else f"{seconds:.1f} s",
        *([f"Memory of the daemon: {memory}."] if memory else []),
        *cached,
    ]


def _again(story: Story, failed: bool) -> list[str]:
    side = f"{Path(story.name).stem}{SIDECAR_SUFFIX}"
    if not story.watched:
        failing = ["What failed, again: give the same command with --again."] if failed else []
        return [
            *failing,
            f"Change {story.where} and give the same command again; what is done is not done again, and new "
            "results come into a folder of their own beside this one.",
            *([f"More on this job: foley jobs {story.job}"] if story.job else []),
        ]
    # A sidecar's prompt would put a cue sheet aside, and its takes and seed give way to the sheet's.
    change = (
        f"change {story.where}, its columns Takes, Seed or Prompt"
        if story.where.endswith(SHEET_SUFFIX)
        else f"write takes = 3, a seed or another prompt into {side} beside {story.name}, or change it"
    )
    lines = [
        f"Other takes: {change}; new results come into a folder of their own beside this one, which stays as "
        "it is.",
    ]
    if failed:
        lines.append(f"What failed, again: {retry_command(story.name, story.folder)}")
    if story.earlier:
        lines.append(f"Earlier results for {story.name} are in {story.earlier}.")
    if story.job:
        lines.append(f"More on this job: foley jobs {story.job}")
    return lines


def _retry(story: Story) -> list[str]:
    side = f"{Path(story.name).stem}{SIDECAR_SUFFIX}"
    if not story.watched:
        return ["Mend what is said above and give the same command again."]
    return [
        "Mend what is said above. Then do one of these:",
        f"- {retry_command(story.name, story.folder)}",
        "- delete this report",
        f"- put {story.name} into the folder again",
        _other_words(story.where, side),
    ]


def _other_words(where: str, side: str) -> str:
    """What to change of what was asked, by WHERE it was said; SIDE is the sidecar's name."""
    if where.startswith(BY_MARKERS):
        return f"- write a prompt into {side}: it goes before the markers"
    if where.endswith((SIDECAR_SUFFIX, SHEET_SUFFIX)):
        return f"- change {where}"
    return f"- change {side}, or for a missing prompt {SETTINGS_FILE}"


def retry_command(name: str, folder: Path) -> str:
    """What has the file called NAME in the watch folder FOLDER tried again."""
    return f"{_RETRY} {shlex.quote(name)} {shlex.quote(str(folder))}"


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'s' * (number != 1)}"
