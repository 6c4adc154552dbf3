"""What the daemon refuses, and where it was asked for: file, line and column."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from foleyd.cuesheet.read import place_in
from foleyd.errors import FailedWork, Failure, FoleyError, failure_of

_KEYS = {
    "rule.prompts": "prompt",
    "rule.negative_prompt": "negative",
    "rule.layer": "layer",
    "rule.takes": "takes",
    "rule.seed": "seed",
    "engine.name": "engine",
    "output.handles_frames": "handles",
    "output.naming": "naming",
    "output.loudness": "loudness",
}
"""Keys of sheets by fields of requests."""
_OPTION, _PROMPT = "OPTION_INVALID", "PROMPT_INVALID"
_OPTIONS = {"preset": "preset", "steps": "steps", "guidance_scale": "guidance"}
_NAMED = re.compile(r"(?i:option) (?:(\w+) is|'([^']+)')")


def located(error: FoleyError, sheets: Iterable[Path], origin: str, lines: Sequence[str] = ()) -> FoleyError:
    """ERROR with its place, where one of SHEETS (TOML, the nearest to the file first) says what it is about.

    ORIGIN is the name of what said the prompts, LINES where in a sheet the cues stand.
    """
    failure = failure_of(error)
    if len(lines) == 1 and failure.reason == _PROMPT:
        return FailedWork(replace(failure, message=f"{lines[0]}: {failure.message}"))
    ways = _ways(failure)
    for path in sheets if ways else ():
        if ways == [("prompt",)] and (path.name != origin or place_in(path, "cues") is not None):
            continue
        place = next((place for way in ways if (place := place_in(path, *way)) is not None), None)
        if place is not None:
            return FailedWork(replace(failure, message=f"{path.name}, {place}: {failure.message}"))
    return error


def _ways(failure: Failure) -> list[tuple[str, ...]]:
    """Under which keys of a sheet may stand what FAILURE is about; none where that is not known."""
    if failure.reason == _OPTION:
        found = _NAMED.search(failure.message)
        name = (found[1] or found[2]) if found else ""
        return [*([(_OPTIONS[name],)] if name in _OPTIONS else []), ("options", name)]
    key = _KEYS.get(re.sub(r"\[\d+\]$", "", failure.field), "")
    return [(key,)] if key else []
