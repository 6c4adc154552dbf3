"""What ``foley.toml``, ``NAME.foley.toml`` and cue sheets can say.

Every setting is optional; None is what a file does not say. docs/cue-sheets.md has it all for people.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta

from foleyd.cuesheet.errors import Place
from foleyd.request import MAX_TAKES, Target

MAX_SEED = 2**63 - 1
MAX_HANDLES = 3_600
MAX_STEPS = 10_000
MAX_GUIDANCE = 1_000

Takes = Annotated[int, Meta(ge=1, le=MAX_TAKES)]
FirstSeed = Annotated[int, Meta(ge=0, le=MAX_SEED)]
Seeds = Annotated[
    tuple[Annotated[int, Meta(ge=0, le=MAX_SEED)], ...], Meta(min_length=1, max_length=MAX_TAKES)
]
Handles = Annotated[int, Meta(ge=0, le=MAX_HANDLES)]
Word = Annotated[str, Meta(min_length=1, max_length=200)]
Sheet = TypeVar("Sheet", bound="FolderSettings")


class FolderSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What to make of everything in a folder (``foley.toml``)."""

    prompt: str | tuple[str, ...] | None = None
    """What should be heard; several make several cues on the same picture."""
    negative: str | None = None
    layer: Word | None = None
    takes: Takes | None = None
    seed: FirstSeed | None = None
    engine: Word | None = None
    preset: Word | None = None
    steps: Annotated[int, Meta(ge=0, le=MAX_STEPS)] | None = None
    guidance: Annotated[float, Meta(ge=0, le=MAX_GUIDANCE)] | None = None
    options: dict[str, str] | None = None
    """Of the engine, by its own names."""
    handles: Handles | None = None
    target: Target | None = None
    naming: str | None = None
    loudness: str | None = None
    """LUFS or a preset's name; "as-is" leaves levels alone."""

    @property
    def prompts(self) -> tuple[str, ...]:
        """PROMPT as none, one or several."""
        if self.prompt is None:
            return ()
        return (self.prompt,) if isinstance(self.prompt, str) else self.prompt


class SheetCue(msgspec.Struct, frozen=True, kw_only=True):
    """One spot to fill. START, END and DURATION are TIMEs as ``--range`` takes them.

    Without END and DURATION it lasts to the next later start in the sheet, else to the end. Without PROMPT it
    takes the sheet's.
    """

    id: Word | None = None
    start: str
    end: str | None = None
    duration: str | None = None
    prompt: str | None = None
    negative: str | None = None
    layer: Word | None = None
    takes: Takes | None = None
    seed: FirstSeed | None = None
    seeds: Seeds | None = None
    handles: Handles | None = None
    engine: Word | None = None
    file: str | None = None
    """The file that the cue is for, in a sheet for several (``foley batch``)."""
    notes: str | None = None
    """For people; nothing is made of it."""
    places: dict[str, Place] = {}
    """Where the file says it, by field; "" is the cue itself. Not a key of files."""


class Sidecar(FolderSettings, frozen=True, kw_only=True):
    """A cue sheet, or what lies beside one file: settings of its own, and cues where it has any."""

    cues: tuple[SheetCue, ...] = ()
    source: Path | None = None
    """The file that it was read from. Not a key of files."""


SETTINGS = FolderSettings.__struct_fields__
"""Names of the settings that a folder and a sheet share."""


def settled(sheet: Sheet, below: FolderSettings | None) -> Sheet:
    """SHEET with what it does not say taken from BELOW: a sidecar's words go before its folder's."""
    if below is None:
        return sheet
    unsaid = [name for name in SETTINGS if getattr(sheet, name) is None]
    return msgspec.structs.replace(sheet, **{name: getattr(below, name) for name in unsaid})
