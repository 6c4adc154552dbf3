"""Cues as a table for spreadsheets, which ``foleyd.cuesheet.read`` reads back to the same cues."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from foleyd.cue import Cue
from foleyd.cuesheet.csv_rows import guarded
from foleyd.timebase import Timecode

COLUMNS = (
    *("Cue", "In", "Out", "Duration", "Layer", "Prompt", "Negative", "Takes", "Seed", "Handles", "Engine"),
    "Notes",
)
RESULT_COLUMNS = (*COLUMNS, "Files", "LUFS", "dBTP", "Events", "Job")
_MARK = "\ufeff"
"""Tells Excel that the table is UTF-8."""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of a cue, for the table: FILES are its takes', beside the table; figures of the first."""

    files: Sequence[str] = ()
    integrated: float | None = None
    true_peak: float | None = None
    events: int | None = 0
    note: str = ""


def cues_csv(cues: Sequence[Cue], start: Timecode) -> str:
    """CUES, counted from the frame that START labels, as CSV with labels of that timeline."""
    return _table(COLUMNS, [_cells(cue, start) for cue in cues])


def result_csv(cues: Sequence[Cue], made: Sequence[Made], start: Timecode, job: str = "") -> str:
    """As :func:`cues_csv`, with what was MADE of each by JOB."""
    rows = []
    for cue, one in zip(cues, made, strict=True):
        cells = _cells(cue, start)
        cells[-1] = guarded(one.note)
        events = "" if one.events is None else str(one.events)
        figures = ["" if value is None else f"{value:.1f}" for value in (one.integrated, one.true_peak)]
        rows.append([*cells, guarded("; ".join(one.files)), *figures, events, job])
    return _table(RESULT_COLUMNS, rows)


def seeds_text(seeds: Sequence[int]) -> str:
    """The first of SEEDS where they count up, else all of them."""
    if all(second == first + 1 for first, second in pairwise(seeds)):
        return str(seeds[0]) if seeds else ""
    return " ".join(str(seed) for seed in seeds)


def _cells(cue: Cue, start: Timecode) -> list[str]:
    def label(frame: int) -> str:
        return str(Timecode(frame, start.rate, start.drop))

    return [
        guarded(cue.id),
        label(start.frame + cue.record.start),
        label(start.frame + cue.record.end),
        label(cue.record.duration),
        guarded(cue.layer),
        guarded(cue.prompt),
        guarded(cue.negative_prompt),
        str(len(cue.seeds) or ""),
        seeds_text(cue.seeds),
        "" if cue.handles is None else str(cue.handles),
        cue.engine,
        "",
    ]


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return _MARK + text.getvalue()
