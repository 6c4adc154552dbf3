"""What a job tells those who follow it. How an event is written down is the codec's business."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from foleyd.brief import Brief, Conformed, Delivery, Names, Notice
from foleyd.cue import Cue, SoundEvent
from foleyd.errors import Failure
from foleyd.request import Request


@dataclass(frozen=True, slots=True)
class Queued:
    """Accepted; POSITION jobs are ahead."""

    position: int


@dataclass(frozen=True, slots=True)
class EngineChosen:
    """Which engine works on the job, and why."""

    name: str
    version: str
    reason: str
    summary: str


@dataclass(frozen=True, slots=True)
class Progressed:
    """FRACTION of the whole job; STAGE it is in, and what is done, in WORDS; ETA in seconds once known."""

    stage: str
    fraction: float
    step: int = 0
    steps: int = 0
    eta: float | None = None
    words: str = ""


@dataclass(frozen=True, slots=True)
class CueFound:
    """A cue that will be filled."""

    cue: Cue


@dataclass(frozen=True, slots=True)
class TakeHeard:
    """A take was heard; EVENTS count from the cue's start."""

    cue: Cue
    take_id: str
    seed: int
    events: tuple[SoundEvent, ...]
    cached: bool
    cue_samples: int
    samples: int
    source_in: int
    sample_rate: int
    channels: int


@dataclass(frozen=True, slots=True)
class Warned:
    """A warning for the editor."""

    notice: Notice


@dataclass(frozen=True, slots=True)
class CueFailed:
    """A cue that could not be done; the others go on."""

    cue: Cue
    failure: Failure


@dataclass(frozen=True, slots=True)
class Done:
    """Terminal: everything that could be delivered was."""

    brief: Brief
    names: Names
    conformed: Conformed
    delivery: Delivery
    engine: EngineChosen
    stage_seconds: Mapping[str, float]
    peak_memory: int
    cached: bool
    device_peak: int = 0
    failed: tuple[CueFailed, ...] = ()
    notices: tuple[Notice, ...] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True)
class Failed:
    """Terminal: nothing was delivered, and nothing is left behind."""

    failure: Failure


@dataclass(frozen=True, slots=True)
class CancelledJob:
    """Terminal: cancelled; nothing is left behind."""

    reason: str


Event = (
    Queued
    | EngineChosen
    | Progressed
    | CueFound
    | TakeHeard
    | Warned
    | CueFailed
    | Done
    | Failed
    | CancelledJob
)


class Codec(Protocol):
    """How requests and events are written into the ledger; the server's wire format does it."""

    def request(self, body: bytes) -> Request:
        """The request in BODY."""
        ...

    def event(self, job: str, event: Event) -> bytes:
        """EVENT, ready for the ledger."""
        ...

    def repeated(self, job: str, body: bytes, stage_seconds: Mapping[str, float]) -> bytes:
        """The done event in BODY as the answer of JOB, which asked for the same."""
        ...

    def essence(self, body: bytes) -> bytes:
        """BODY without its time: equal for an event that is told again after a death."""
        ...

    def fraction(self, body: bytes) -> float:
        """How far BODY says the job has come, 0 for events that do not say."""
        ...

    def delivered(self, body: bytes) -> bool:
        """Whether BODY is a done event in which no cue failed and no media were missing."""
        ...
