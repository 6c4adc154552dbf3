"""What every typed error of foleyd has in common: a sentence for an editor and a stable word.

Each room raises types of its own; this base lets the daemon, a worker process and the wire
speak of all of them in the same way.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import ClassVar

logger = logging.getLogger(__name__)


class FoleyError(Exception):
    """A failure that has been understood. The message says what, where and what to do.

    CODE is the name of a gRPC status; REASON a stable upper-case word (docs/errors.md lists them);
    FIX a command that mends it, where there is one; FIELD the request's field that is at fault.
    """

    code: ClassVar[str] = "INTERNAL"
    reason: ClassVar[str] = "INTERNAL"

    def __init__(self, message: str, *, fix: str = "", field: str = "", where: str = "") -> None:
        super().__init__(message)
        self.fix = fix
        self.field = field
        self.where = where


class RequestError(FoleyError, ValueError):
    """The request itself is wrong; FIELD names the part."""

    code = "INVALID_ARGUMENT"
    reason = "REQUEST_INVALID"


class PathRefused(FoleyError):
    """A path lies outside the folders that requests may use."""

    code = "PERMISSION_DENIED"
    reason = "PATH_OUTSIDE_ROOTS"


class CancelledWork(FoleyError):
    """The work was cancelled; nothing of it is kept."""

    code = "CANCELLED"
    reason = "CANCELLED"


@contextmanager
def at_field(field: str) -> Iterator[None]:
    """Names FIELD of the request as the one at fault in errors of the block that name none themselves."""
    try:
        yield
    except FoleyError as error:
        error.field = error.field or field
        raise


@dataclass(frozen=True, slots=True)
class Failure:
    """An error as data: it travels between processes, into the ledger and onto the wire."""

    code: str
    reason: str
    message: str
    fix: str = ""
    field: str = ""
    where: str = ""


class FailedWork(FoleyError):
    """A failure that happened in another process, raised again on this side."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.message, fix=failure.fix, field=failure.field, where=failure.where)
        self.failure = failure


def failure_of(error: FoleyError) -> Failure:
    """ERROR as data."""
    if isinstance(error, FailedWork):
        return error.failure
    return Failure(error.code, error.reason, str(error), error.fix, error.field, error.where)


def failure_or_defect(error: BaseException) -> Failure:
    """ERROR as data; one that is not ours is a defect: it is logged, and its sentence says where."""
    if isinstance(error, FoleyError):
        return failure_of(error)
    reference = uuid.uuid4().hex[:8]
    logger.error("defect %s", reference, exc_info=error)
    return Failure(
        "INTERNAL", "DEFECT", f"foleyd made a mistake ({type(error).__name__}); its log has it as {reference}"
    )
