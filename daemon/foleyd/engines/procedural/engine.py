"""The embedded engine: no weights, no GPU; a synthetic sketch placed on what the picture shows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

import numpy as np

from foleyd.cue import SoundEvent
from foleyd.engines.engine import (
    Audio,
    Cancelled,
    Capabilities,
    Features,
    Frame,
    Item,
    LoadReport,
    Progress,
    Window,
)
from foleyd.engines.procedural.options import OPTIONS, Settings, read_options
from foleyd.engines.procedural.play import Stopped, generator, hops, play
from foleyd.engines.procedural.prompt import Reading, read, unknown_warning
from foleyd.engines.procedural.room import ROOMS, Reverb
from foleyd.engines.procedural.score import Score, compose
from foleyd.engines.procedural.see import look
from foleyd.engines.procedural.sight import Sight, joined
from foleyd.engines.procedural.sounds.family import RATE
from foleyd.engines.procedural.sounds.names import name_of

VERSION = "3"
"""Changes whenever the same request would sound or be seen otherwise."""

SUMMARY = "A synthetic sketch: sounds computed from the picture's events, not recorded and not learned."

CAPABILITIES = Capabilities(
    name="procedural",
    version=VERSION,
    sample_rate=RATE,
    channels=2,
    best_window=Fraction(10),
    longest_window=None,
    shortest_window=Fraction(0),
    needs_gpu=False,
    licence="Apache-2.0",
    summary=SUMMARY,
    options=OPTIONS,
    between=True,
    pauses=True,
)


class ProceduralEngine:
    """Sees events, reads the prompt into sound models, synthesises them at the right samples."""

    def __init__(self) -> None:
        self._report: LoadReport | None = None

    @property
    def capabilities(self) -> Capabilities:
        """Stereo 48 kHz, windows of any length."""
        return CAPABILITIES

    def ready(self) -> str:
        """Always ready."""
        return ""

    def caution(self) -> str:
        """None: it works everywhere."""
        return ""

    def load(self, device: str, profile: str, on_progress: Progress) -> LoadReport:
        """Nothing to fetch: makes the rooms' responses so that the first take is as quick as others."""
        begun = time.monotonic()
        for space in ROOMS:
            Reverb(space)
        on_progress(1.0, "ready")
        self._report = LoadReport("cpu", "float32", time.monotonic() - begun, SUMMARY)
        return self._report

    def report(self) -> LoadReport | None:
        """How it stands."""
        return self._report

    def unload(self) -> None:
        """Nothing is held."""
        self._report = None

    def check(self, prompt: str, negative_prompt: str, options: Mapping[str, str]) -> tuple[str, ...]:
        """Warnings for unknown words. Raises PromptError or OptionError."""
        read_options(options)
        return _warnings(read(prompt, negative_prompt))

    def encode(self, frames: Iterable[Frame], window: Window, options: Mapping[str, str]) -> Features:
        """What is seen in a window; see :func:`foleyd.engines.procedural.see.look`."""
        return look(frames, Fraction(window.duration, RATE)).to_features()

    def generate(
        self,
        items: Sequence[Item],
        on_step: Callable[[int, int], None],
        cancelled: Callable[[int], bool],
    ) -> list[Audio | Cancelled]:
        """One item after another, a step for each quarter of a second of sound."""
        total = sum(hops(item.duration_samples) for item in items)
        made: list[Audio | Cancelled] = []
        done = 0
        for index, item in enumerate(items):
            made.append(_take(item, _stepping(index, done, total, on_step, cancelled)))
            done += hops(item.duration_samples)
        return made


def _stepping(
    index: int, done: int, total: int, on_step: Callable[[int, int], None], cancelled: Callable[[int], bool]
) -> Callable[[int], bool]:
    def stepped(hop: int) -> bool:
        on_step(done + hop, total)
        return not cancelled(index)

    return stepped


def _take(item: Item, on_hop: Callable[[int], bool]) -> Audio | Cancelled:
    if not on_hop(0):
        return Cancelled()
    settings = read_options(item.options)
    reading = read(item.prompt, item.negative_prompt)
    sight = joined([(window.start, _seen(window, features)) for window, features in item.windows])
    score = _score(reading, sight, settings, item.duration_samples, item.seed)
    try:
        samples = play(score, sight, item.seed, item.duration_samples, width=settings.width, on_hop=on_hop)
    except Stopped:
        return Cancelled()
    return Audio(samples, _heard(score, settings), (*_warnings(reading), *score.warnings))


def _seen(window: Window, features: Features) -> Sight:
    """What FEATURES hold of WINDOW; a request of text only has features with nothing in them."""
    if not features.arrays and not features.meta:
        return Sight.blank(window.duration / RATE)
    return Sight.from_features(features)


def _score(reading: Reading, sight: Sight, settings: Settings, samples: int, seed: int) -> Score:
    character = int(generator(seed, 0).integers(0, 2**31))
    return compose(reading, sight, settings, samples, character)


def _heard(score: Score, settings: Settings) -> tuple[SoundEvent, ...]:
    return tuple(
        SoundEvent(
            time=Fraction(note.at, RATE),
            kind=name_of(score.voices[note.voice]),
            strength=round(note.strength, 4),
            pan=round(float(np.clip(note.pan * settings.width, -1.0, 1.0)), 4),
        )
        for note in score.notes
    )


def _warnings(reading: Reading) -> tuple[str, ...]:
    unknown = (unknown_warning(reading.unknown),) if reading.unknown else ()
    return (*unknown, *reading.warnings)
