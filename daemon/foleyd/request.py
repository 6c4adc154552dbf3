"""A request in the words of the house: what to fill, with what, by which engine, to where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal, get_args

from foleyd.cue import DEFAULT_HANDLES, DEFAULT_LAYER, Cue, FrameRange, Program
from foleyd.refreshed import Refresh

AUTO_ENGINE = "auto"
AS_IS = "as-is"
"""A loudness in words: levels are left alone, as they are where none is asked for."""
MAX_TAKES = 32
Target = Literal["generic", "resolve", "premiere", "kdenlive"]
TARGETS: tuple[Target, ...] = get_args(Target)
FORMATS = ("flac", "mp3", "aac")
TIMELINE_SUFFIXES = ("otio", "otioz", "xml", "edl", "aaf")


class Spread(Enum):
    """How prompts meet the selection."""

    EACH_RANGE = "each range"
    WHOLE_SELECTION = "whole selection"
    MARKERS = "markers"


@dataclass(frozen=True, slots=True)
class Document:
    """An OpenTimelineIO document: UTF-8 JSON, the folder relative references start from, a name.

    MEDIA_ROOTS are folders to look for media in that are not at their place; RELINKS, tried before that
    place, pairs of what references begin with and what stands there instead.
    """

    json: bytes
    base_folder: Path
    name: str
    media_roots: tuple[Path, ...] = ()
    relinks: tuple[tuple[str, Path], ...] = ()

    @property
    def title(self) -> str:
        """The name as new files and tracks bear it: without the suffix of a timeline."""
        stem, dot, suffix = self.name.rpartition(".")
        return stem if dot and suffix.lower() in TIMELINE_SUFFIXES and stem else self.name


@dataclass(frozen=True, slots=True)
class TypedProgram:
    """A program that a host described itself."""

    program: Program
    name: str


@dataclass(frozen=True, slots=True)
class Selection:
    """What to make sound for. RANGES empty means everything."""

    source: Document | TypedProgram
    ranges: tuple[FrameRange, ...] = ()


@dataclass(frozen=True, slots=True)
class CueRule:
    """How the cues are found. SEED None: made from prompt and range, so that a repeat is the same."""

    spread: Spread = Spread.EACH_RANGE
    prompts: tuple[str, ...] = ()
    negative_prompt: str = ""
    layer: str = DEFAULT_LAYER
    takes: int = 1
    seed: int | None = None
    marker_colours: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Which engine, and its settings. 0 and "" mean the engine's own default."""

    name: str = AUTO_ENGINE
    preset: str = ""
    steps: int = 0
    guidance_scale: float = 0.0
    options: Mapping[str, str] = field(default_factory=dict)

    def all_options(self) -> dict[str, str]:
        """One mapping for the engine: its options with preset, steps and guidance among them."""
        return {**self.options, **self._named()}

    def field_of(self, option: str) -> str:
        """The field of a request in which OPTION of :meth:`all_options` is said."""
        return f"engine.{option}" if option in self._named() else f"engine.options.{option}"

    def _named(self) -> dict[str, str]:
        """Options that have a field of their own, which is called as they are."""
        named = {
            "preset": self.preset,
            "steps": str(self.steps or ""),
            "guidance_scale": repr(self.guidance_scale) if self.guidance_scale else "",
        }
        return {key: value for key, value in named.items() if value}


@dataclass(frozen=True, slots=True)
class Output:
    """What is delivered, and where. FOLDER None: the daemon's own. TARGET empty: generic, for a refresh that
    of most of its takes."""

    folder: Path | None = None
    handles: int = DEFAULT_HANDLES
    loudness: str = ""
    formats: tuple[str, ...] = ()
    naming: str = ""
    target: str = ""
    otio_path: Path | None = None
    preview: bool = False
    picture: bool = False
    audition_mix: bool = False
    cue_sheet: bool = False


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that a job is to do. Cues are given, found by a rule, or a returned timeline's own."""

    selection: Selection
    spotting: tuple[Cue, ...] | CueRule | Refresh
    engine: EngineChoice
    output: Output
    text_only: bool = False
