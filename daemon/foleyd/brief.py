"""The papers that travel with a job from room to room. All of them are plain, picklable values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from foleyd.cue import Cue, FileCut, Placement, Program, SoundEvent, Take
from foleyd.engines.engine import Capabilities, LoadReport, Window
from foleyd.errors import Failure
from foleyd.refreshed import Recipe, Refreshed
from foleyd.request import Document, Output

_MIB = 2**20
STAGES = ("spot", "look_up", "load", "see", "hear", "conform", "place")
"""The way down, in order; "load" only where the engine was not in memory."""
STAGE_WORDS = {
    **{"spot": "finding the cues", "look_up": "looking up", "load": "loading the engine", "see": "looking"},
    **{"hear": "making the sound", "conform": "cutting", "place": "placing"},
}
"""What each of them does, for reports."""


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning for the editor: WHAT is the matter, WHERE, and the FIX if there is one."""

    what: str
    where: str = ""
    fix: str = ""


@dataclass(frozen=True, slots=True)
class Advance:
    """How far a stage has come with what it was given: FRACTION 0..1, and the engine's own steps.

    WORDS say what is being done, where the stage's name does not say it all.
    """

    stage: str
    fraction: float
    step: int = 0
    steps: int = 0
    words: str = ""


@dataclass(frozen=True, slots=True)
class Spent:
    """SECONDS of a piece of work that belong to another STAGE than its own."""

    stage: str
    seconds: float


@dataclass(frozen=True, slots=True)
class EngineCard:
    """An engine as the daemon knows it without importing it.

    WHY_NOT is empty when it can be used, CAUTION when it may be used unasked. REPORT is how it stands
    when it is loaded.
    """

    capabilities: Capabilities
    why_not: str
    caution: str = ""
    report: LoadReport | None = None


@dataclass(frozen=True, slots=True)
class CuePlan:
    """A cue, ready to be worked on.

    PICTURE is the cue's own little program, handles included; WINDOWS are counted from its start.
    OPTIONS are the engine's. TEXT_ONLY: the picture is not looked at. GAIN_DB is what its takes' level is
    changed by. UNLESS is the fingerprint of a picture for which nothing needs to be heard.
    """

    cue: Cue
    cut: FileCut
    picture: Program
    windows: tuple[Window, ...]
    engine: Capabilities
    options: Mapping[str, str]
    text_only: bool = False
    gain_db: float = 0.0
    unless: str = ""

    @property
    def samples(self) -> int:
        """Length of the file at the engine's rate."""
        last = self.windows[-1]
        return int(last.start * self.engine.sample_rate + last.duration)


@dataclass(frozen=True, slots=True)
class Spotted:
    """The program that a selection shows and the cues found in it.

    MISSING says of shots, by id, why their media cannot be had. REFRESHED are our clips on a timeline that
    came back; some of CUES make them anew, by RECIPES (by cue id).
    """

    name: str
    program: Program
    cues: tuple[Cue, ...]
    notices: tuple[Notice, ...] = ()
    missing: Mapping[str, str] = field(default_factory=dict)
    refreshed: tuple[Refreshed, ...] = ()
    recipes: Mapping[str, Recipe] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Brief:
    """What spotting made of a request.

    DOCUMENT is the timeline that came, if one did. FAILED are cues that cannot be done, SOURCES
    the media that the plans look at, MISSING those that they cannot. REFRESHED as in :class:`Spotted`.
    """

    name: str
    program: Program
    document: Document | None
    plans: tuple[CuePlan, ...]
    notices: tuple[Notice, ...] = ()
    failed: tuple[tuple[Cue, Failure], ...] = ()
    sources: tuple[Path, ...] = ()
    missing: tuple[Notice, ...] = ()
    refreshed: tuple[Refreshed, ...] = ()


@dataclass(frozen=True, slots=True)
class Found:
    """What the cache has of a cue: FINGERPRINT None when the picture must be looked at first.

    HEARD are the takes it has, by seed. SIGHT are files of the features of each window, to make the others
    from; none for text only, None when they are not there.
    """

    fingerprint: str | None
    heard: Mapping[int, Heard] = field(default_factory=dict)
    sight: tuple[Path, ...] | None = None

    def lacks_sight(self, plan: CuePlan) -> bool:
        """Whether the picture of PLAN must be looked at."""
        return self.fingerprint is None or (self.sight is None and len(self.heard) < len(plan.cue.seeds))


@dataclass(frozen=True, slots=True)
class Viewing:
    """A picture to be looked at."""

    job: str
    plan: CuePlan


@dataclass(frozen=True, slots=True)
class Seen:
    """A picture's fingerprint, and drafts: features of each of its windows, and its filmstrip."""

    fingerprint: str
    features: tuple[Path, ...]
    filmstrip: Path


@dataclass(frozen=True, slots=True)
class Order:
    """One take to be heard of the picture of FINGERPRINT. SIGHT as in :class:`Found`."""

    job: str
    plan: CuePlan
    fingerprint: str
    seed: int
    sight: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Made:
    """One take as the engine made it: a draft, events and all; and the card's memory that its batch took."""

    path: Path
    device_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Heard:
    """One take of the picture of FINGERPRINT; its samples wait under KEY.

    EVENTS count from the file's start, as the engine gave them. PROVENANCE is what the engine says of how
    it was made.
    """

    seed: int
    key: str
    fingerprint: str
    events: tuple[SoundEvent, ...]
    warnings: tuple[str, ...]
    cached: bool
    provenance: Mapping[str, str] = field(default_factory=dict)


PREVIEW_SUFFIXES = (".mp4", ".mov", ".webm", ".mkv")
"""What a preview may end in; the picture's codec decides."""


@dataclass(frozen=True, slots=True)
class Names:
    """The files a job is going to write; None for what was not asked for.

    TAKES by cue id and seed, RECUTS by the place of the clip that is cut anew (:class:`Refreshed`), EXPORTS
    by take's path; PREVIEW is a name still without its suffix; MADE are folders that were made for them.
    """

    takes: Mapping[tuple[str, int], Path]
    exports: Mapping[Path, tuple[Path, ...]]
    otio: Path | None = None
    preview: Path | None = None
    picture: Path | None = None
    mix: Path | None = None
    cue_sheet: Path | None = None
    cue_page: Path | None = None
    made: tuple[Path, ...] = ()
    recuts: Mapping[tuple[int, int], Path] = field(default_factory=dict)

    def claims(self) -> tuple[Path, ...]:
        """Every path that may be written."""
        stem = self.preview
        previews = [stem.with_name(stem.name + end) for end in PREVIEW_SUFFIXES] if stem else []
        asked = (self.otio, self.picture, self.mix, self.cue_sheet, self.cue_page)
        single = [path for path in asked if path is not None]
        exports = [path for paths in self.exports.values() for path in paths]
        return (*self.takes.values(), *self.recuts.values(), *exports, *single, *previews, *self.made)


@dataclass(frozen=True, slots=True)
class Costs:
    """Seconds of work by stage, and the most memory that it took: of processes and of a card, in bytes."""

    stage_seconds: Mapping[str, float] = field(default_factory=dict)
    peak_memory: int = 0
    device_peak: int = 0

    def including(self, stage: str, seconds: float) -> Costs:
        """These and SECONDS of STAGE."""
        return replace(self, stage_seconds={**self.stage_seconds, stage: seconds})

    def words(self) -> str:
        """The seconds, stage by stage, as reports say them."""
        spent = self.stage_seconds
        return ", ".join(f"{STAGE_WORDS[stage]} {spent[stage]:.1f} s" for stage in STAGES if stage in spent)

    def memory_words(self) -> str:
        """The memory, as reports say it; "" where it is not known."""
        if not self.peak_memory:
            return ""
        card = f", {self.device_peak / _MIB:,.0f} MiB of the card" if self.device_peak else ""
        return f"{self.peak_memory / _MIB:,.0f} MiB at most{card}"


@dataclass(frozen=True, slots=True)
class Commission:
    """What is to be delivered: everything that conform and place need to know of a job.

    HEARD are the takes by cue id, CREATED is when the job was accepted (the date inside the files). FAILED
    says of cues, by id, why they were not heard; COSTS is what the job has cost so far.
    """

    job: str
    created: datetime
    brief: Brief
    heard: Mapping[str, tuple[Heard, ...]]
    output: Output
    names: Names
    failed: Mapping[str, Failure] = field(default_factory=dict)
    costs: Costs = Costs()


@dataclass(frozen=True, slots=True)
class Conformed:
    """The takes as files, and the one gain that was given to all of them. EXPORTS by take id.

    RECUTS are earlier takes that were cut anew, by the place of their clip. LOUDNESS_TARGET says in words
    what the gain was for.
    """

    takes: tuple[Take, ...]
    gain_db: float
    exports: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    notices: tuple[Notice, ...] = ()
    recuts: Mapping[tuple[int, int], Take] = field(default_factory=dict)
    loudness_target: str = ""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a job delivers beside its takes. WRITTEN are all files, the takes' among them.

    REFRESHED is what has become of our clips on a timeline that came back.
    """

    placements: tuple[Placement, ...]
    document: Document
    written: tuple[Path, ...]
    preview: Path | None = None
    preview_note: str = ""
    notices: tuple[Notice, ...] = ()
    refreshed: tuple[Refreshed, ...] = ()
