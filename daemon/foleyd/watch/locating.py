"""What the daemon refuses, and where it was asked for: file, line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from foleyd.cuesheet.read import place_in
from foleyd.errors import FailedWork, FoleyError, failure_of
from foleyd.watch.report import BY_MARKERS

_KEYS = {
    "rule.prompts": "prompt",
    "rule.negative_prompt": "negative",
    "rule.layer": "layer",
    "rule.takes": "takes",
    "rule.seed": "seed",
    "engine.name": "engine",
    "engine.preset": "preset",
    "engine.steps": "steps",
    "engine.guidance_scale": "guidance",
    "output.handles_frames": "handles",
    "output.naming": "naming",
    "output.loudness": "loudness",
}
"""Keys of sheets by fields of requests."""
_OPTIONS = "engine.options."
_MARKERS = "selection.otio.json"
"""Where markers are said that are the prompts; what is wrong with the document itself is found before."""
_CUE = re.compile(r"cues\.cues\[(\d+)\]\.")


def located(error: FoleyError, sheets: Iterable[Path], origin: str, lines: Sequence[str] = ()) -> FoleyError:
    """ERROR with its place, where one of SHEETS (TOML, the nearest to the file first) says what it is about.

    ORIGIN is the name of what said the prompts, LINES where in a sheet the cues stand.
    """
    failure = failure_of(error)
    cue = _CUE.match(failure.field)
    if cue is not None and int(cue[1]) < len(lines):
        return FailedWork(replace(failure, message=f"{lines[int(cue[1])]}: {failure.message}"))
    if failure.field == _MARKERS and origin.startswith(BY_MARKERS):
        return FailedWork(replace(failure, message=f"{origin}: {failure.message}"))
    keys = _keys(failure.field)
    for path in sheets if keys else ():
        if keys == ("prompt",) and (path.name != origin or place_in(path, "cues") is not None):
            continue
        place = place_in(path, *keys)
        if place is not None:
            return FailedWork(replace(failure, message=f"{path.name}, {place}: {failure.message}"))
    return error


def _keys(field: str) -> tuple[str, ...]:
    """Under which keys of a sheet stands what FIELD of a request has; none where that is not known."""
    if field.startswith(_OPTIONS):
        return "options", field.removeprefix(_OPTIONS)
    key = _KEYS.get(re.sub(r"\[\d+\]$", "", field), "")
    return (key,) if key else ()
