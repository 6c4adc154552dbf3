"""The files of finished jobs: where they are now, and how they go."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from foleyd.errors import FoleyError
from foleyd.jobs.ledger import Ledger
from foleyd.jobs.records import FileStamp, Record, unchanged


class JobUnfinished(FoleyError):
    """The job is still under way."""

    code = "FAILED_PRECONDITION"
    reason = "JOB_UNFINISHED"


class NotOfJob(FoleyError):
    """A file is none of the job's."""

    code = "INVALID_ARGUMENT"
    reason = "FILE_NOT_OF_JOB"


@dataclass(slots=True)
class Removed:
    """What became of a job's files. KEPT have changed since, or cannot be deleted."""

    deleted: list[Path] = field(default_factory=list)
    kept: list[Path] = field(default_factory=list)
    missing: list[Path] = field(default_factory=list)


def move(ledger: Ledger, job: str, paths: Sequence[Path]) -> None:
    """Writes down that the files of JOB are PATHS now.

    Each must lie in or below a folder that has one of the job's files unchanged: what a client says is
    deleted one day. Raises JobUnknown, JobUnfinished, NotOfJob.
    """
    _check_finished(ledger.get(job), "wait until it is done")
    stamps = []
    for path in paths:
        try:
            stamps.append(FileStamp.of(path))
        except OSError as error:
            raise _none(path, job, f"it cannot be looked at ({error.strerror})") from error
    known = {_traits(stamp) for _, stamp in ledger.files(job) if stamp is not None}
    homes = {stamp.path.parent for stamp in stamps if _traits(stamp) in known}
    for path in paths:
        if path.is_symlink() or not path.is_file():
            raise _none(path, job, "it is no plain file")
        if not homes.intersection(path.parents):
            raise _none(path, job, "nothing that the job wrote lies beside it")
    ledger.move_files(job, stamps)


def remove(ledger: Ledger, job: str, *, delete_files: bool) -> Removed:
    """Forgets a finished JOB and, where asked, deletes its files that did not change since.

    Folders that its files were moved to go with the last of them. Raises JobUnknown, JobUnfinished.
    """
    record, removed = ledger.get(job), Removed()
    _check_finished(record, "cancel it first", f"foley cancel {job}")
    for path, stamp in ledger.files(job) if delete_files else []:
        if stamp is not None and unchanged(stamp) and _unlink(path):
            removed.deleted.append(path)
        elif path.exists():
            removed.kept.append(path)
        elif stamp is not None:
            removed.missing.append(path)
    if record.moved:
        _drop_empty({path.parent for path in removed.deleted})
    ledger.remove(job)
    return removed


def _check_finished(record: Record, advice: str, fix: str = "") -> None:
    if not record.state.final:
        raise JobUnfinished(f"job {record.id} is still under way; {advice}", fix=fix)


def _traits(stamp: FileStamp) -> tuple[str, int, int]:
    """What a file keeps when it is moved."""
    return stamp.path.name, stamp.size, stamp.mtime_ns


def _none(path: Path, job: str, why: str) -> NotOfJob:
    return NotOfJob(f"{path} is none of the files of job {job}: {why}", field="paths", where=str(path))


def _unlink(path: Path) -> bool:
    try:
        path.unlink()
    except OSError:
        return False
    return True


def _drop_empty(folders: Iterable[Path]) -> None:
    """Removes FOLDERS, the deepest first, as far as they are empty."""
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        with suppress(OSError):
            folder.rmdir()
