# SPDX-License-Identifier: Apache-2.0
"""What a dialog holds, and the request that it becomes: foleyd.v1.GenerateRequest as JSON.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, Sequence

EACH, WHOLE = "each", "whole"
DEFAULT_LAYER = "foley"
LAYERS = (DEFAULT_LAYER, "fx", "ambience")
MAX_PROMPT = 2_000
MAX_TAKES = 32
MAX_SEED = 2**63 - 1 - 2 * MAX_TAKES
_DRAWN_SEED_BITS = 31

_SPREADS = {EACH: "SPREAD_EACH_RANGE", WHOLE: "SPREAD_WHOLE_SELECTION"}


class AskWrong(ValueError):
    """Something in the dialog must be corrected first; the text is a sentence with the fix."""


class Shown(Protocol):
    """What a request needs of a picture."""

    @property
    def zero(self) -> int:
        """The host's frame of record frame 0."""

    def selection(self) -> dict[str, Any]:
        """A foleyd.v1.Selection without ranges, new each time."""


@dataclass
class Ask:
    """What the dialog holds. Ranges and cues are frames as the host counts them, their ends exclusive."""

    prompt: str = ""
    """Each line makes cues of its own; "layer: text" names a layer that the daemon knows."""
    negative: str = ""
    layer: str = DEFAULT_LAYER
    takes: int = 1
    seed: int | None = None
    """Of the first take, further ones count up; None: made from prompt and range."""
    engine: str = "auto"
    options: dict[str, str] = field(default_factory=dict)
    """Of the engine, by the names that it has in GetServerInfo."""
    handles: int = 12
    """Frames of sound before and after."""
    spread: str = EACH
    """EACH range gets a cue, or one cue lies over the WHOLE."""
    text_only: bool = False
    ranges: Sequence[tuple[int, int]] = ()
    """Empty: everything that the program shows."""
    cues: Sequence[tuple[int, int, str]] = ()
    """From markers: range and what the marker says. Where there are any, prompt and ranges are not used."""
    layers: Sequence[str] = LAYERS
    """Those that a marker's text may begin with."""
    folder: str = ""
    """Absolute folder of the WAV files."""
    client: str = ""
    """Who asks, for the daemon's record: "blender 5.0.1"."""


class _Said(NamedTuple):
    """What a marker asks for."""

    layer: str
    prompt: str
    negative: str


def check_ask(ask: Ask) -> None:
    """Raises AskWrong for what can be seen to be wrong before anything is started."""
    if not ask.folder:
        raise AskWrong("there is no folder for the sound; name one")
    if not os.path.isabs(ask.folder):
        raise AskWrong(f"the folder {ask.folder} is not absolute; choose another")
    if not 1 <= ask.takes <= MAX_TAKES:
        raise AskWrong(f"{ask.takes} takes cannot be made; ask for 1 to {MAX_TAKES}")
    if ask.handles < 0:
        raise AskWrong("handles cannot be negative; 0 makes none")
    if ask.seed is not None and not 0 <= ask.seed <= MAX_SEED:
        raise AskWrong("a seed is a whole number from 0 on, below 2^63; correct it or leave it empty")
    if ask.spread not in _SPREADS:
        raise AskWrong(f"{ask.spread!r} is no way to spread a prompt; choose {EACH} or {WHOLE}")
    _check_words(ask.negative, "negative prompt")
    for start, end in [*ask.ranges, *((start, end) for start, end, _ in ask.cues)]:
        if end <= start:
            raise AskWrong(f"the range from frame {start} to {end} is empty; its end must come later")
    if ask.cues:
        _check_markers(ask)
        return
    if not _lines(ask.prompt):
        raise AskWrong("the prompt is empty; say what should be heard")
    for line in _lines(ask.prompt):
        _check_words(line, "prompt")


def _check_markers(ask: Ask) -> None:
    for start, _, text in ask.cues:
        if not _read_marker(text, ask).prompt:
            raise AskWrong(f"the marker at frame {start} has no prompt; name it after what should be heard")
        _check_words(text, f"prompt of the marker at frame {start}")


def seed_of(text: str) -> int | None:
    """The seed that was typed; None where it was left empty or 0. Raises AskWrong."""
    text = text.strip()
    if not text or text == "0":
        return None
    if not re.fullmatch(r"\d{1,19}", text) or int(text) > MAX_SEED:
        raise AskWrong(f"“{text}” is no seed: type a whole number, or leave it empty")
    return int(text)


def generate_request(ask: Ask, program: Shown) -> dict[str, Any]:
    """GenerateRequest for ASK over PROGRAM, under a new request id. Raises AskWrong."""
    return {
        "request_id": str(uuid.uuid4()),
        **spot_request(ask, program),
        "engine": {"name": ask.engine, "options": dict(ask.options)},
        "output": {"folder": ask.folder, "handles_frames": ask.handles},
        "priority": "PRIORITY_INTERACTIVE",
        "on_disconnect": "ON_DISCONNECT_CANCEL",
        "text_only": ask.text_only,
        "client": ask.client,
    }


def spot_request(ask: Ask, program: Shown) -> dict[str, Any]:
    """SpotRequest for ASK over PROGRAM: what would be filled. Raises AskWrong."""
    check_ask(ask)
    selection = program.selection()
    if ask.cues:
        cues = dict.fromkeys((start, end, _read_marker(text, ask)) for start, end, text in ask.cues)
        found = [_cue(ask, _range(start, end, program.zero), said) for start, end, said in cues]
        return {"selection": selection, "cues": {"cues": found}}
    selection["ranges"] = [_range(start, end, program.zero) for start, end in ask.ranges]
    return {"selection": selection, "rule": _rule(ask)}


def _rule(ask: Ask) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "spread": _SPREADS[ask.spread],
        "prompts": _lines(ask.prompt),
        "negative_prompt": _one_line(ask.negative),
        "layer": ask.layer,
        "takes": ask.takes,
    }
    if ask.seed is not None:
        rule["seed"] = ask.seed
    return rule


def _cue(ask: Ask, record: dict[str, int], said: _Said) -> dict[str, Any]:
    first = _drawn_seed(record, said) if ask.seed is None else ask.seed
    return {
        "range": record,
        "prompt": said.prompt,
        "negative_prompt": said.negative,
        "layer": said.layer,
        "seeds": list(range(first, first + ask.takes)),
    }


def _range(start: int, end: int, zero: int) -> dict[str, int]:
    return {"start_frame": start - zero, "end_frame": end - zero}


def _read_marker(text: str, ask: Ask) -> _Said:
    """What a marker says: "layer: prompt | negative" only where that layer is known, else all is prompt."""
    head, colon, rest = text.partition(":")
    layer = head.strip().lower()
    if not (colon and layer in ask.layers):
        return _Said(ask.layer, _one_line(text), _one_line(ask.negative))
    prompt, bar, negative = rest.partition("|")
    return _Said(layer, _one_line(prompt), _one_line(negative if bar else ask.negative))


def _drawn_seed(record: dict[str, int], said: _Said) -> int:
    """The daemon's own rule: the same question always has the same seed, so its cache knows it again."""
    text = f"{record['start_frame']} {record['end_frame']} {said.layer} {said.prompt}"
    digest = hashlib.blake2b(text.encode("utf-8"), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> (64 - _DRAWN_SEED_BITS)


def _check_words(text: str, what: str) -> None:
    if len(text) > MAX_PROMPT:
        raise AskWrong(f"the {what} has {len(text):,} characters, more than {MAX_PROMPT:,}; shorten it")


def _lines(text: str) -> list[str]:
    return list(dict.fromkeys(filter(None, map(_one_line, text.splitlines()))))


def _one_line(text: str) -> str:
    return " ".join(text.split())
