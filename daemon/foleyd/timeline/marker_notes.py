"""What a marker's note asks for: ``takes=3 seed=7 handles=24 frames=50 engine=hunyuan``, ``negative: music``.

All other words in a note are just a note; of a marker that nobody named they are its prompt.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from foleyd.request import AUTO_ENGINE, MAX_TAKES
from foleyd.timeline.errors import SpottingError

MAX_HANDLES = 3_600
MAX_FRAMES = 10_000_000
MAX_SEED = 2**63 - 1
_NEGATIVE = re.compile(r"(?:^|(?<=\s))negative:[ \t]*(?P<text>[^\r\n]*)", re.IGNORECASE)
_WORD = re.compile(
    r"(?:^|(?<=[\s,;]))(?P<key>takes|seed|handles|frames|engine)=(?P<value>[^\s,;]*)", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Wishes:
    """Parameters that a note gives; None for what it does not say. FRAMES is how long the cue of a marker
    without length lasts."""

    takes: int | None = None
    seed: int | None = None
    handles: int | None = None
    frames: int | None = None
    engine: str | None = None
    negative: str | None = None


def read_note(note: str, marker: str) -> Wishes:
    """What NOTE, of a marker called MARKER, asks for. Raises SpottingError for a value that cannot be."""
    found = _NEGATIVE.search(note)
    rest = _NEGATIVE.sub(" ", note)
    said: dict[str, str] = {}
    for word in _WORD.finditer(rest):
        key = word["key"].lower()
        if said.setdefault(key, word["value"]) != word["value"]:
            raise SpottingError(f"the note of marker {marker[:60]!r} says {key} twice: say it once")
    takes = _number(said, "takes", 1, MAX_TAKES, marker)
    most = MAX_SEED - MAX_TAKES
    engine = said.get("engine", "").lower()
    return Wishes(
        takes=takes,
        seed=_number(said, "seed", 0, most, marker),
        handles=_number(said, "handles", 0, MAX_HANDLES, marker),
        frames=_number(said, "frames", 1, MAX_FRAMES, marker),
        engine=engine if engine and engine != AUTO_ENGINE else None,
        negative=found["text"] if found else None,
    )


def free_text(note: str) -> str:
    """What NOTE says beside its parameters."""
    return " ".join(_WORD.sub(" ", _NEGATIVE.sub(" ", note)).split()).strip(" ,;")


def _number(said: dict[str, str], key: str, least: int, most: int, marker: str) -> int | None:
    if key not in said:
        return None
    text = said[key]
    if not (text.isascii() and text.isdigit() and len(text) < 20 and least <= int(text) <= most):
        raise SpottingError(
            f"the note of marker {marker[:60]!r} says {key}={text[:20]}: give a whole number from {least} to "
            f"{most}"
        )
    return int(text)
