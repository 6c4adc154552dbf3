"""An engine for the tests, found by its entry point when this folder is on the path.

It hears a click whenever the picture's brightness jumps, and can be told to be slow, to crash or to
write down its batches. FAKE_ENGINE_LOADS in the environment: seconds that it takes to load.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from foleyd.cue import SoundEvent
from foleyd.engines.engine import (
    Audio,
    Cancelled,
    Capabilities,
    EngineError,
    Features,
    Frame,
    Item,
    LoadReport,
    Option,
    OptionError,
    Progress,
    PromptError,
    Window,
)

RATE = 48_000
STEPS = 10


class FakeEngine:
    capabilities = Capabilities(
        name="fake",
        version="1",
        sample_rate=RATE,
        channels=1,
        best_window=Fraction(8),
        longest_window=Fraction(10),
        shortest_window=Fraction(1, 2),
        needs_gpu=False,
        licence="none",
        summary="Clicks, for tests.",
        options={
            "delay": Option("0", "Seconds for each of ten steps."),
            "gaze": Option("0", "Seconds for each picture that it looks at."),
            "log": Option("", "File to write the batches to."),
            "blind": Option("", "Fails at a picture as bright as this, 0 to 255."),
            "crash": Option("", "What to do badly.", ("", "die", "raise", "defect", "nan")),
        },
        batch_size=4,
    )

    def ready(self) -> str:
        return ""

    def caution(self) -> str:
        return ""

    def load(self, device: str, profile: str, on_progress: Progress) -> LoadReport:
        seconds = float(os.environ.get("FAKE_ENGINE_LOADS", "0"))
        for part in range(4 if seconds else 0):
            on_progress(part / 4, f"fetching part {part + 1}")
            time.sleep(seconds / 4)
        on_progress(1.0, "ready")
        return LoadReport("cpu", "plain", 0.0)

    def report(self) -> LoadReport | None:
        return LoadReport("cpu", "plain", 0.0)

    def unload(self) -> None:
        return None

    def check(self, prompt: str, negative_prompt: str, options: Mapping[str, str]) -> tuple[str, ...]:
        for name in options:
            if name not in self.capabilities.options:
                raise OptionError.of(name, f"the fake engine has no option {name!r}")
        if "unplayable" in prompt:
            raise PromptError("the fake engine cannot play this; ask for clicks")
        if "unplayable" in negative_prompt:
            raise PromptError("the fake engine cannot leave this out", field="negative_prompt")
        return ()

    def encode(self, frames: Iterable[Frame], window: Window, options: Mapping[str, str]) -> Features:
        seen = []
        for frame in frames:
            time.sleep(float(options.get("gaze", "0")))
            seen.append((float(frame.time), float(frame.rgb.mean())))
        if options.get("blind") and max(mean for _, mean in seen) >= float(options["blind"]):
            raise EngineError("the fake engine is dazzled; show it something darker")
        return Features({"seen": np.array(seen, np.float64).reshape(-1, 2)})

    def generate(
        self,
        items: Sequence[Item],
        on_step: Callable[[int, int], None],
        cancelled: Callable[[int], bool],
    ) -> list[Audio | Cancelled]:
        options = items[0].options
        if options.get("log"):
            with Path(options["log"]).open("a") as log:
                log.write(" | ".join(f"{item.prompt}#{item.seed}" for item in items) + "\n")
        for step in range(STEPS):
            time.sleep(float(options.get("delay", "0")))
            on_step(step + 1, STEPS)
        _misbehave(options.get("crash", ""))
        bad = options.get("crash") == "nan"
        return [Cancelled() if cancelled(i) else _clicks(item, bad) for i, item in enumerate(items)]


class UnreadyEngine(FakeEngine):
    capabilities = Capabilities(
        **{name: getattr(FakeEngine.capabilities, name) for name in Capabilities.__slots__ if name != "name"},
        name="unready",
    )

    def ready(self) -> str:
        return "its weights are missing; run foley fetch unready"


def _misbehave(how: str) -> None:
    if how == "die":
        os._exit(139)
    if how == "raise":
        raise EngineError("the fake engine was told to fail; tell it not to")
    if how == "defect":
        raise ZeroDivisionError("a defect")


def _clicks(item: Item, bad: bool) -> Audio:
    samples = np.zeros((1, item.duration_samples), np.float32)
    events = []
    for window, features in item.windows:
        seen = features.arrays.get("seen", np.zeros((0, 2)))
        jumps = np.flatnonzero(np.abs(np.diff(seen[:, 1])) > 30) + 1
        for moment in seen[jumps, 0]:
            at = round((float(window.start) + moment) * RATE)
            if at < item.duration_samples:
                samples[0, at : at + 48] = 0.5
                events.append(SoundEvent(Fraction(at, RATE), "click", 0.5))
    samples[0, 0] = np.nan if bad else 0.0
    return Audio(samples, tuple(dict.fromkeys(events)))
