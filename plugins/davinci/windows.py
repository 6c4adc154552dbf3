# SPDX-License-Identifier: Apache-2.0
"""What every window of the plugin can do, and the question that it asks.

There are three of them: Resolve's own (``ui_manager``), one of a child process (``dialog_window``), and
none at all (``no_window``). All behave alike, so that what is built on them need not know which it has.
Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Mapping, Sequence

SELECTION = "selection"
MARKS = "marks"
PLAYHEAD = "playhead"
TIMELINE = "timeline"
MARKERS = "markers"

EACH = "each"
WHOLE = "whole"

MOST_TAKES = 32
MOST_HANDLES = 240

BETWEEN_SHOWN = 0.2
"""Seconds between two views of quick progress."""

BUSY = "a window of Foley is open already: go on there, or close it and start again"

GOOD = "OK"
BAD = "NOT OK"
"""The first cell of a row of a receipt, which the windows show as a coloured mark."""

WORDS: dict[str, dict[str, str]] = {
    "source": {"label": "Sound for", "tip": "The part of the timeline that gets sound"},
    "prompt": {
        "label": "What should be heard",
        "tip": 'What should be heard: "slow footsteps on gravel, a coat rustling". '
        "A list with commas is one mix",
        "hint": "slow footsteps on gravel, a coat rustling",
    },
    "earlier": {"label": "Earlier prompts", "tip": "Take one of the last prompts"},
    "negative": {
        "label": "Leave out",
        "tip": 'What should not be heard: "music, voices"',
        "hint": "music, voices",
    },
    "layer": {"label": "Layer", "tip": "The stem it belongs to: each layer has tracks of its own"},
    "takes": {
        "label": "Takes",
        "tip": "How many to choose from: the first is heard, the others lie on disabled tracks",
    },
    "seed": {
        "label": "Seed",
        "tip": "The number that a take grows from: the same question and seed give the same sound. "
        "Left empty, one is chosen",
        "hint": "made from the prompt",
    },
    "engine": {"label": "Engine", "tip": "What makes the sound"},
    "handles": {
        "label": "Handles",
        "tip": "Frames of sound before and after, hidden under the clip's ends: for fades and trims",
        "unit": "frames",
    },
    "spread": {"label": "Make", "tip": "A sound for each clip, or one across the cuts"},
    EACH: {"label": "One for each clip", "tip": "Each clip gets a sound of its own, cut where it is cut"},
    WHOLE: {
        "label": "One over all",
        "tip": "One sound from the first frame to the last, across the cuts",
    },
    "markers": {
        "label": "A marker over each sound",
        "tip": "Its note says what was asked: prompt, seed and job",
    },
    "folder": {"label": "Sound goes to", "tip": "The folder that the sound files are written into"},
    "generate": {"label": "Generate", "tip": ""},
    "cancel": {"label": "Cancel", "tip": ""},
    "close": {"label": "Close", "tip": ""},
}
"""What the windows call each field and button, and what they say of it; the same in all of them."""

DEFAULTS: dict[str, Any] = {
    "source": "",
    "prompt": "",
    "negative": "",
    "layer": "foley",
    "takes": 1,
    "seed": "",
    "engine": "auto",
    "handles": 12,
    "spread": EACH,
    "markers": False,
    "folder": "",
}
"""The fields of an answer, and what is in them where nothing else is known."""


class WindowLost(Exception):
    """The window is gone and cannot be had again; the text is a sentence that says why."""


class WindowBusy(Exception):
    """A window of another run is open and has been brought to the front; the text is a sentence."""


class Cancelled(Exception):
    """The editor wants no more of it, and nothing has been done that must be told."""


@dataclass
class Question:
    """What is asked before sound is made, and everything that is shown with it.

    ``sources`` are the parts of the timeline that may be taken, each with ``key``, ``label`` and
    ``lines``; the first is what was taken. ``values`` are what is in the fields at first. ``problem``
    says why the last answer was refused, or is "".
    """

    title: str
    sources: list[dict[str, Any]]
    values: dict[str, Any]
    layers: list[str]
    engines: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    problem: str = ""
    with_prompt: bool = True
    earlier: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        given = dict(DEFAULTS, **self.values)
        if not given["source"] and self.sources:
            given["source"] = self.sources[0]["key"]
        self.values = {name: given[name] for name in DEFAULTS}

    def as_json(self) -> dict[str, Any]:
        """The question for the dialog of a child process, with the words that it shows."""
        return {
            "title": self.title,
            "sources": self.sources,
            "notes": self.notes,
            "problem": self.problem,
            "values": self.values,
            "layers": self.layers,
            "engines": self.engines,
            "with_prompt": self.with_prompt,
            "earlier": self.earlier,
            "words": WORDS,
        }

    def source(self, key: str) -> dict[str, Any]:
        """The source named KEY, else the first one."""
        return next((source for source in self.sources if source["key"] == key), self.sources[0])

    def answer(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """GIVEN as an answer: exactly the fields of ``values``, each of its type and in its range.

        Raises ValueError with a sentence where a field cannot be used; the windows show it and ask again.
        """
        values = {name: given.get(name, self.values[name]) for name in self.values}
        for name in ("source", "prompt", "negative", "layer", "seed", "engine", "spread", "folder"):
            values[name] = str(values[name]).strip()
        values["takes"] = whole_number(values["takes"], "takes", 1, MOST_TAKES)
        values["handles"] = whole_number(values["handles"], "handles", 0, MOST_HANDLES)
        values["markers"] = bool(values["markers"])
        if values["spread"] not in (EACH, WHOLE):
            raise ValueError("Make is neither one sound for each clip nor one over all")
        if self.wants_prompt(values["source"]) and not values["prompt"]:
            raise ValueError("The prompt is empty: say in a few words what should be heard")
        why_not = self.why_not(values["engine"])
        if why_not:
            raise ValueError("The engine {} cannot be used: {}".format(values["engine"], why_not))
        return values

    def wants_prompt(self, source: str) -> bool:
        """Whether a prompt is asked for the source named SOURCE; markers bring theirs."""
        return source != MARKERS and (self.with_prompt or source != self.values["source"])

    def why_not(self, engine: str) -> str:
        """Why the engine named ENGINE cannot be used now, or ""."""
        known = next((known for known in self.engines if known["name"] == engine), None)
        if known is None or known["ready"]:
            return ""
        return str(known["why_not"] or "it is not ready")


def whole_number(text: Any, name: str, least: int, most: int) -> int:
    """TEXT as a number from LEAST to MOST; raises ValueError with a sentence that names the field NAME."""
    try:
        number = int(str(text).strip())
    except ValueError:
        number = least - 1
    if not least <= number <= most:
        raise ValueError("{} must be a whole number from {} to {}".format(WORDS[name]["label"], least, most))
    return number


def row(*cells: str) -> str:
    """CELLS as a line that a window shows as a row of a table."""
    return "\t".join(cells)


def progress_words(words: str, fraction: float | None, eta: float | None) -> str:
    """“drawing sound · 42 % · about 12 s left”, with what is known."""
    parts = [words] if words else []
    if fraction is not None:
        parts.append(f"{100 * min(max(fraction, 0.0), 1.0):.0f} %")
    if eta is not None and eta >= 1:
        left = f"{eta:.0f} s" if eta < 90 else f"{eta / 60:.0f} min"
        parts.append(f"about {left} left")
    return " · ".join(parts)


def wants_spread(source: Mapping[str, Any]) -> bool:
    """Whether SOURCE leaves a choice between a sound for each clip and one over all."""
    return source["key"] == SELECTION and len(source["lines"]) > 1


class Window:
    """A window of the plugin; it opens with the first thing that it shows.

    Every method may raise WindowLost; the first that is called, WindowBusy.
    """

    def claim(self) -> None:
        """Makes sure, before anything is done, that no other run has a window open; shows nothing."""

    def ask(self, question: Question) -> dict[str, Any] | None:
        """Shows QUESTION and waits; the values, or None where the editor closed or cancelled it."""
        raise NotImplementedError

    def progress(self, title: str, words: str, fraction: float | None, eta: float | None) -> bool:
        """Shows or updates the progress view, and lets the window live for a moment (0.1 s at most).

        FRACTION is 0 to 1, ETA is in seconds; None where it is not known. True once the editor wants
        to cancel, by the button or by closing the window.
        """
        raise NotImplementedError

    def tell(self, title: str, lines: Sequence[str], problem: bool = False) -> None:
        """Shows LINES (a receipt, or a problem) until the editor closes them.

        A line with tabs is a row of a table; one that begins with GOOD or BAD has that as its mark.
        """
        raise NotImplementedError

    def choose(self, title: str, lines: Sequence[str], choices: Sequence[str]) -> str | None:
        """Asks one thing with a button for each of CHOICES; None where it was closed."""
        raise NotImplementedError

    def close(self) -> None:
        """Takes the window away; it may be closed more than once."""
        raise NotImplementedError


class Pace:
    """Progress in WINDOW under TITLE while much is done: shown now and then, as showing takes its time."""

    def __init__(self, window: Window, title: str) -> None:
        self._window = window
        self._title = title
        self._shown = 0.0

    def wants_cancel(self, words: str, fraction: float | None = None) -> bool:
        """Shows WORDS if it is time to; True once the editor wants to cancel."""
        now = time.monotonic()
        if now - self._shown < BETWEEN_SHOWN:
            return False
        self._shown = now
        return self._window.progress(self._title, words, fraction, None)
