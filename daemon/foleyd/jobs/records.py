"""The values of the ledger: what a job is accepted with, what is known of it, its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum
from pathlib import Path

from foleyd.errors import Failure, FoleyError


class LedgerError(FoleyError):
    """The ledger cannot be opened; the message says which file and what to do."""

    code = "FAILED_PRECONDITION"
    reason = "LEDGER_UNUSABLE"


class RequestIdTaken(FoleyError):
    """The request id was used for another request."""

    code = "ALREADY_EXISTS"
    reason = "REQUEST_ID_TAKEN"


class JobUnknown(FoleyError):
    """There is no such job."""

    code = "NOT_FOUND"
    reason = "JOB_UNKNOWN"


class State(StrEnum):
    """Where a job is on its way."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """No further event will come."""
        return self in (State.DONE, State.FAILED, State.CANCELLED)


class Priority(IntEnum):
    """Lower goes first."""

    INTERACTIVE = 0
    BATCH = 1


@dataclass(frozen=True, slots=True)
class Record:
    """A job as the ledger knows it. Times are seconds since the epoch. MOVED: its files were, by a client."""

    id: str
    request_id: str
    digest: str
    request: bytes
    state: State
    priority: Priority
    client: str
    title: str
    engine: str
    created: float
    started: float | None
    finished: float | None
    attempts: int
    cancel_reason: str
    stage_seconds: Mapping[str, float]
    peak_memory: int
    hits: int
    misses: int
    failure: Failure | None
    device_peak: int = 0
    moved: bool = False


@dataclass(frozen=True, slots=True)
class NewJob:
    """What a job is accepted with. DIGEST is of the request without what names or ranks it."""

    request: bytes
    digest: str
    request_id: str = ""
    priority: Priority = Priority.INTERACTIVE
    client: str = ""
    title: str = ""


@dataclass(frozen=True, slots=True)
class FileStamp:
    """A file as it was: enough to notice that somebody changed it."""

    path: Path
    size: int
    mtime_ns: int
    inode: int = 0

    @classmethod
    def of(cls, path: Path) -> FileStamp:
        """The file's stamp now. Raises OSError."""
        status = path.stat()
        return cls(path, status.st_size, status.st_mtime_ns, status.st_ino)


def unchanged(stamp: FileStamp) -> bool:
    """Whether the file still is what it was when STAMP was taken."""
    try:
        now = FileStamp.of(stamp.path)
    except OSError:
        return False
    same = (now.size, now.mtime_ns) == (stamp.size, stamp.mtime_ns)
    return same and stamp.inode in (0, now.inode)


@dataclass(slots=True)
class Figures:
    """What a job has cost so far. PEAK_MEMORY is of processes, DEVICE_PEAK of a card, both in bytes."""

    stage_seconds: dict[str, float] = field(default_factory=dict)
    peak_memory: int = 0
    hits: int = 0
    misses: int = 0
    device_peak: int = 0
