"""What a person sees: progress and warnings on stderr, what was written on stdout."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from foleyd.cli.exits import printable
from foleyd.ranges import fraction, label, start_label
from foleyd.timebase import Timecode
from foleyd.v1 import foleyd_pb2 as pb

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

_PLAIN_STEP = 0.1
_PROMPT_WIDTH = 48
_MEBIBYTE = 1024 * 1024


class Display(Protocol):
    """Shows how far a job is and lets lines pass by."""

    def line(self, text: str) -> None:
        """A line that stays."""

    def stage(self, stage: pb.Stage) -> None:
        """The latest progress."""

    def close(self) -> None:
        """No more progress."""


class PlainDisplay:
    """Lines on stderr: whatever is begun, and each tenth of the way."""

    def __init__(self) -> None:
        self._doing = ("", "")
        self._shown = 0.0

    def line(self, text: str) -> None:
        """A line on stderr."""
        print(printable(text), file=sys.stderr, flush=True)

    def stage(self, stage: pb.Stage) -> None:
        """A line when there is something new to say."""
        doing = (stage.name, stage.words)
        if doing == self._doing and stage.fraction < self._shown + _PLAIN_STEP:
            return
        self._doing, self._shown = doing, stage.fraction
        left = eta_text(stage)
        self.line(f"{stage_text(stage)}: {stage.fraction:4.0%}{left and ', '}{left}")

    def close(self) -> None:
        """Nothing to close."""


class BarDisplay:
    """A progress bar on the terminal, with the lines above it."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bar: Bar = Progress(
            TextColumn("{task.description:<10}", markup=False),
            BarColumn(),
            TextColumn("{task.percentage:3.0f} %", markup=False),
            TextColumn("{task.fields[left]}", markup=False),
            console=Console(stderr=True, highlight=False),
            transient=True,
        )
        self._task = self._bar.add_task("", total=1.0, left="")
        self._bar.start()

    def line(self, text: str) -> None:
        """A line above the bar."""
        self._bar.console.print(printable(text), markup=False, soft_wrap=True)

    def stage(self, stage: pb.Stage) -> None:
        """Moves the bar."""
        self._bar.update(
            self._task, completed=stage.fraction, description=stage_text(stage), left=eta_text(stage)
        )

    def close(self) -> None:
        """Takes the bar away."""
        self._bar.stop()


def open_display() -> Display:
    """A bar on a terminal, plain lines otherwise."""
    return BarDisplay() if sys.stderr.isatty() else PlainDisplay()


def show_event(event: pb.JobEvent, display: Display) -> None:
    """Shows one event of a job. Terminal events are left to the caller."""
    match event.WhichOneof("event"):
        case "engine_chosen":
            display.line(engine_text(event.engine_chosen))
        case "queued" if event.queued.position > 0:
            jobs = "1 job" if event.queued.position == 1 else f"{event.queued.position} jobs"
            display.line(f"waiting for {jobs} ahead")
        case "stage":
            display.stage(event.stage)
        case "take_ready":
            take = event.take_ready
            kept = " (from the cache)" if take.cached else ""
            display.line(f"heard {take.cue_id}, seed {take.take.seed}{kept}")
        case "warning":
            display.line(warning_text(event.warning))
        case "cue_failed":
            display.line(failed_text(event.cue_failed))


def engine_text(engine: pb.EngineChosen) -> str:
    """Which engine and why, in one line."""
    text = f"engine: {engine.name} {engine.version}".rstrip()
    text += f" ({engine.reason.rstrip('.')})" if engine.reason else ""
    return f"{text}. {engine.summary}" if engine.summary else text


def warning_text(warning: Any) -> str:
    """``warning: what (where); fix``."""
    text = f"warning: {warning.what.rstrip('.')}"
    text += f" ({warning.where})" if warning.where else ""
    return f"{text}; {warning.fix}" if warning.fix else text


def failed_text(failed: pb.CueFailed) -> str:
    """Which cue failed and why."""
    return f"failed: {failed.cue_id}: {failed.status.message}"


def stage_text(stage: pb.Stage) -> str:
    """What is being done: the stage's name, or better words; with its step where it has steps."""
    name = stage.words or stage.name.replace("_", " ")
    return f"{name} {stage.step}/{stage.steps}" if stage.steps > 1 else name


def eta_text(stage: pb.Stage) -> str:
    """The time left, or "" when it is not known or nearly over."""
    seconds = stage.eta.seconds + stage.eta.nanos / 1e9
    return f"{duration_text(seconds)} left" if seconds >= 1 else ""


def duration_text(seconds: float) -> str:
    """12 s, 3:05, 1:02:03."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def size_text(size: int) -> str:
    """A number of bytes for people."""
    return f"{size / _MEBIBYTE:.1f} MiB" if size < 1024 * _MEBIBYTE else f"{size / _MEBIBYTE / 1024:.1f} GiB"


def result_lines(result: pb.Result) -> list[str]:
    """What was written, cue by cue."""
    start = start_label(fraction(result.rate), result.start_timecode)
    cues = {cue.id: cue for cue in result.cues}
    placed = {placement.take_id: placement for placement in result.placements}
    lines = []
    for take in result.takes:
        cue = cues.get(take.cue_id)
        where = cue if cue is not None else placed.get(take.id)
        shown = f"{span_text(start, where.range)}  {where.layer}  " if where is not None else ""
        prompt = f'"{_shortened(cue.prompt)}"  ' if cue else ""
        lines += [f"take      {take.path}", f"          {shown}{prompt}seed {take.seed}"]
        lines += [f"          {path}" for path in take.export_paths]
    written = (
        ("timeline", result.otio_path, ""),
        ("preview", result.preview_path, result.preview_note),
        ("picture", result.picture_path, ""),
        ("mix", result.audition_path, ""),
        ("cue sheet", result.cue_sheet_path, ""),
        ("cue page", result.cue_page_path, ""),
    )
    lines += [f"{name:<9} {path}{f' ({note})' if note else ''}" for name, path, note in written if path]
    return lines


def next_lines(result: pb.Result, timeline: str = "") -> list[str]:
    """What to try next; TIMELINE is the file to open, where it is not the result's own."""
    lines = ["", "what to try next:"]
    if result.preview_path:
        lines.append(f"  look and listen: {result.preview_path}")
    elif result.picture_path:
        lines.append(f"  look: {result.picture_path}")
    if timeline or result.otio_path:
        name = Path(timeline or result.otio_path).name
        lines.append(f"  open {name} in your editor: the sound lies on tracks of its own")
    if result.takes:
        seed = max(take.seed for take in result.takes) + 1
        elsewhere = " and another -o" if timeline else ""
        lines.append(f"  hear alternates: the same command with --takes 3 --seed {seed}{elsewhere}")
    return lines


def cue_table(spotting: pb.SpotResponse) -> list[str]:
    """The cue sheet: number, timecode in and out, frames, layer, prompt."""
    program = spotting.program
    start = start_label(fraction(program.rate), program.start_timecode)
    rows = [["cue", "in", "out", "frames", "layer", "prompt"]]
    for cue in spotting.cues:
        frames = cue.range.end_frame - cue.range.start_frame
        times = [label(start, cue.range.start_frame), label(start, cue.range.end_frame)]
        rows.append([cue.id, *times, str(frames), cue.layer or "foley", cue.prompt])
    return table(rows)


def table(rows: Sequence[Sequence[str]]) -> list[str]:
    """ROWS with their columns aligned; the last column runs free."""
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    ]


def print_lines(lines: Iterable[str]) -> None:
    """LINES on stdout."""
    for line in lines:
        print(printable(line))


def span_text(start: Timecode, span: pb.FrameRange) -> str:
    """A range as its labels; the end is exclusive."""
    return f"{label(start, span.start_frame)} to {label(start, span.end_frame)}"


def _shortened(prompt: str) -> str:
    flat = " ".join(prompt.split())
    return flat if len(flat) <= _PROMPT_WIDTH else flat[: _PROMPT_WIDTH - 1] + "…"
