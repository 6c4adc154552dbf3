"""The plugin's windows with an editor in front of them, who does what a plan says: one act for each view.

An act is ("generate", fields), ("cancel",), ("close",), ("choose", text), ("cancel at", number of progress)
or ("close window between",), which is when an answer was given and nothing else is shown yet.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from foley_davinci.dialog_window import DialogWindow
from foley_davinci.ui_manager import UiManagerWindow
from foley_davinci.windows import WORDS, Question

from resolve_emulator import Host
from resolve_emulator.resolve_app import Bmd

STAND_IN = Path(__file__).parent / "stand_in_dialog.py"

TITLE = "Foley - Generate"
SOURCES = [
    {
        "key": "selection",
        "label": "2 selected clips",
        "lines": ["01:00:02:00 – 01:00:04:12  shot_010", "01:00:04:12 – 01:00:07:19  shot_020"],
    },
    {"key": "marks", "label": "In to out", "lines": ["01:00:00:00 – 01:00:12:14"]},
    {"key": "markers", "label": "6 markers", "lines": ["01:00:01:00  door", "01:00:03:00  steps"]},
]
ENGINES = [
    {"name": "auto", "ready": True, "why_not": ""},
    {"name": "hunyuan", "ready": False, "why_not": "its weights are not here; run foley models fetch"},
    {"name": "procedural", "ready": True, "why_not": ""},
]


def question(**changed: Any) -> Question:
    values = {"prompt": "slow footsteps on gravel", "takes": 3, "folder": "/films/Foley", "markers": True}
    values.update(changed.pop("values", {}))
    given: dict[str, Any] = {
        "title": TITLE,
        "sources": SOURCES,
        "values": values,
        "layers": ["foley", "ambience"],
        "engines": ENGINES,
    }
    return Question(**dict(given, **changed))


class WithDialog:
    """The dialog's window, with the stand-in as its child."""

    def __init__(self, folder: Path, acts: list[Any], trouble: str = "", ready_seconds: float = 30.0) -> None:
        self.plan = folder / "plan.json"
        self.plan.write_text(json.dumps({"acts": acts, "trouble": trouble}))
        command = [sys.executable, str(STAND_IN), str(self.plan)]
        self.window = DialogWindow(command, ready_seconds)

    def heard(self) -> list[dict[str, Any]]:
        """All that the child has heard."""
        path = Path(f"{self.plan}.heard")
        return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []

    def problems(self) -> list[str]:
        """The problems that were shown."""
        asked = [said["question"]["problem"] for said in self.heard() if said.get("show") == "ask"]
        return [problem for problem in asked if problem]


class WithUiManager:
    """Resolve's own window, in the emulator."""

    FIELDS = ("negative", "seed", "folder", "takes", "handles", "prompt")

    def __init__(self, _folder: Path, acts: list[Any], **quirks: Any) -> None:
        self.host = Host("20.3", "studio", **quirks)
        self.acts = list(acts)
        self.window = UiManagerWindow(self.host.fusion(), Bmd(self.host))
        self.host.ui.user = self.act
        self._progress = 0
        self._waits = 0

    def problems(self) -> list[str]:
        """The problems that were shown."""
        return [
            text for name, what, text in self.host.ui.history if (name, what) == ("Problem", "Text") and text
        ]

    def act(self, screen: Any) -> None:
        shown = [window for window in screen.windows() if window.startswith("Foley")]
        if not shown or not self.acts:
            return
        act, window = self.acts[0], shown[-1]
        self._progress = self._progress + 1 if window.startswith("FoleyProgress") else 0
        if self._waits and act[0] != "close window between":  # a hand is not that fast
            self._waits -= 1
        elif self.is_time_for(act, screen, window):
            self.acts.pop(0)
            self._waits = 1
            self.do(screen, window, act)

    def is_time_for(self, act: list[Any], screen: Any, window: str) -> bool:
        if self._progress:
            return act[0] == "cancel at" and self._progress >= act[1]
        answered = window.startswith("FoleyAsk") and not screen.enabled("Go")
        return act[0] != "cancel at" and answered == (act[0] == "close window between")

    def do(self, screen: Any, window: str, act: list[Any]) -> None:
        if act[0] in ("close", "close window between"):
            screen.close(window)
        elif act[0] == "choose":
            screen.press(next(f"Choice{n}" for n in (1, 2, 3) if screen.value(f"Choice{n}") == act[1]))
        elif act[0] in ("cancel", "cancel at"):
            screen.press("Cancel" if screen.shows("Cancel") else "Choice1")
        else:
            self.fill(screen, act[1] if len(act) > 1 else {})
            screen.press("Go")

    def fill(self, screen: Any, fields: dict[str, Any]) -> None:
        for name, value in fields.items():
            item = name.capitalize()
            if name in self.FIELDS:
                screen.type(item, value)
            elif name == "markers":
                screen.check(item, value)
            elif name == "source":
                screen.choose(item, [source["key"] for source in SOURCES].index(value))
            elif name == "engine":
                screen.choose(item, [engine["name"] for engine in ENGINES].index(value))
            elif name == "spread":
                screen.choose(item, WORDS[value]["label"])
            else:
                screen.choose(item, value)


BOTH = [WithDialog, WithUiManager]
