"""What an engine is: windows of picture and a prompt in, audio out.

Engines know nothing of gRPC, timelines or files. Times are exact seconds from an item's start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import numpy.typing as npt

from foleyd.cue import SoundEvent
from foleyd.errors import FoleyError

Progress = Callable[[float, str], None]
"""Called with a fraction 0..1 and a few words on what is being done."""

ENTRY_POINT_GROUP = "foleyd.engines"


class EngineError(FoleyError):
    """An engine could not do its work; the message is a sentence for an editor."""

    reason = "ENGINE_FAILED"


class PromptError(EngineError, ValueError):
    """The prompt cannot be turned into sound; says what to change."""

    code = "INVALID_ARGUMENT"
    reason = "PROMPT_INVALID"


OPTIONS_FIELD = "engine.options"
"""The field of a request that holds an engine's options by name."""


class OptionError(EngineError, ValueError):
    """An option is unknown or its value is wrong; names the option and what it takes."""

    code = "INVALID_ARGUMENT"
    reason = "OPTION_INVALID"

    @classmethod
    def of(cls, option: str, message: str) -> Self:
        """The error for OPTION, whose field is that of the request's options by name."""
        return cls(message, field=f"{OPTIONS_FIELD}.{option}")


class EngineUnknown(EngineError):
    """There is no engine of that name."""

    code = "NOT_FOUND"
    reason = "ENGINE_UNKNOWN"


class EngineNotReady(EngineError):
    """Weights, licence or device are missing; FIX is the command that mends it."""

    code = "FAILED_PRECONDITION"
    reason = "ENGINE_NOT_READY"


class EngineLoaded(EngineError):
    """The engine is loaded already, but not as asked for."""

    code = "FAILED_PRECONDITION"
    reason = "ENGINE_LOADED"


@dataclass(frozen=True, slots=True)
class Frame:
    """A picture as displayed: TIME of first display in seconds, RGB uint8 (height, width, 3), upright.

    INSTANT is the moment that it shows, on the clock of TIME and not after it: where media and timeline
    differ in rate, pictures are displayed up to a frame late, and unevenly. None: the same as TIME.
    Not SHOWN: the timeline passes over it (see :attr:`Capabilities.between`), TIME is its instant.
    """

    time: Fraction
    rgb: npt.NDArray[np.uint8]
    instant: Fraction | None = None
    shown: bool = True


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch of an item that is taken in one go.

    START is seconds from the item's start, DURATION in samples of the engine's rate, OVERLAP the
    samples shared with the next window (0 for the last, and for a hard edge at a cut).
    """

    start: Fraction
    duration: int
    overlap: int = 0


@dataclass(frozen=True, slots=True)
class Features:
    """What an engine keeps of a window's picture; cacheable.

    ARRAYS and META must survive safetensors (numeric arrays; text to text). WARNINGS are
    sentences about the picture for the editor (action outside the crop, say).
    """

    arrays: Mapping[str, npt.NDArray[Any]]
    meta: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One take to generate: its windows with their features, in order, and what to make of them.

    The item covers the cue and its handles. SEED is any non-negative 63-bit integer.
    """

    windows: Sequence[tuple[Window, Features]]
    prompt: str
    negative_prompt: str
    seed: int
    duration_samples: int
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Audio:
    """SAMPLES float32 (channels, n), n >= the item's duration; EVENTS from the item's start.

    SAMPLES may be a memory map. WARNINGS are sentences for the editor (an unknown word, say). PROVENANCE
    is what whoever finds the file should know of how it was made, beside the request itself (which
    weights, at which precision): it is written into the file.
    """

    samples: npt.NDArray[np.float32]
    events: tuple[SoundEvent, ...] = ()
    warnings: tuple[str, ...] = ()
    provenance: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cancelled:
    """The item was cancelled at a step; nothing of it is kept."""


@dataclass(frozen=True, slots=True)
class Option:
    """One ``--option KEY=VALUE``: its default, the values it takes (empty: any), what it does.

    SEES: it changes what :meth:`Engine.encode` makes of a picture, not only what is made of that.
    """

    default: str
    help: str
    choices: tuple[str, ...] = ()
    sees: bool = False


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine is and takes. Window lengths in seconds; LONGEST None means any length.

    LICENCE is that of what it makes or of its weights. SUMMARY is one honest sentence for an editor.
    Engines made for a GPU (NEEDS_GPU) have a worker process of their own. BETWEEN: it gets the pictures,
    too, that a timeline passes over unevenly (of 30 a second those that 24 leave out). PAUSES: within
    ``on_step`` of :meth:`Engine.generate` all its methods may be called, since what is urgent is done there.
    """

    name: str
    version: str
    sample_rate: int
    channels: int
    best_window: Fraction
    longest_window: Fraction | None
    shortest_window: Fraction
    needs_gpu: bool
    licence: str
    summary: str
    options: Mapping[str, Option] = field(default_factory=dict)
    batch_size: int = 1
    between: bool = False
    pauses: bool = False


@dataclass(frozen=True, slots=True)
class LoadReport:
    """How a loaded engine stands: device and profile in use, seconds it took to load, a sentence for the
    status, and the most memory of a card that it held in its last batch (0 without a card).
    """

    device: str
    profile: str
    seconds: float
    note: str = ""
    peak_bytes: int = 0


@runtime_checkable
class Engine(Protocol):
    """The protocol every engine fulfils; found through the entry point group above."""

    @property
    def capabilities(self) -> Capabilities:
        """Known before :meth:`load`."""
        ...

    def ready(self) -> str:
        """Empty when :meth:`load` can work, else a sentence on what is missing and the fix."""
        ...

    def caution(self) -> str:
        """Empty, or a sentence on why it should only be used when it is named (no card for it, say)."""
        ...

    def load(self, device: str, profile: str, on_progress: Progress) -> LoadReport:
        """Gets ready to work. Raises EngineNotReady."""
        ...

    def unload(self) -> None:
        """Gives back memory; :meth:`load` may follow."""
        ...

    def report(self) -> LoadReport | None:
        """How it stands since :meth:`load`; None when it is not loaded. Asked while it works."""
        ...

    def check(self, prompt: str, negative_prompt: str, options: Mapping[str, str]) -> tuple[str, ...]:
        """Warnings about a request before any work, loaded or not. Raises PromptError or OptionError.

        The field of a PromptError is ``prompt``, which need not be said, or ``negative_prompt``.
        """
        ...

    def encode(self, frames: Iterable[Frame], window: Window, options: Mapping[str, str]) -> Features:
        """Looks at a window once. Frame times count from the window's start.

        While FRAMES gives the next one, all methods may be called: what is urgent is done there.
        """
        ...

    def generate(
        self,
        items: Sequence[Item],
        on_step: Callable[[int, int], None],
        cancelled: Callable[[int], bool],
    ) -> list[Audio | Cancelled]:
        """Makes the items' audio. ``on_step(done, total)``; ``cancelled(i)`` asked at every step."""
        ...
