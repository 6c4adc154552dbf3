"""Exit codes of the commands, and errors that a command finds by itself before the daemon is asked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from foleyd.errors import FoleyError

if TYPE_CHECKING:
    from foleyd.v1 import foleyd_pb2 as pb

DONE = 0
OTHER = 1
WRONG = 2
CANCELLED = 3
PARTLY = 4

_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters, line separators, and marks that turn the direction of writing."""

_WRONG_CODES = frozenset(
    {
        "INVALID_ARGUMENT",
        "NOT_FOUND",
        "FAILED_PRECONDITION",
        "PERMISSION_DENIED",
        "ALREADY_EXISTS",
        "OUT_OF_RANGE",
    }
)


class InputError(FoleyError):
    """Something on the command line or in a file it names is wrong."""

    code = "INVALID_ARGUMENT"
    reason = "INPUT_INVALID"


class InputNotFound(InputError):
    """A file that the command line names is not there."""

    code = "NOT_FOUND"
    reason = "INPUT_NOT_FOUND"


class OutputIsInput(InputError):
    """The output would be written over the input."""

    reason = "OUTPUT_IS_INPUT"


class OutputTaken(InputError):
    """The output exists."""

    code = "ALREADY_EXISTS"
    reason = "OUTPUT_EXISTS"


def exit_code(code: str) -> int:
    """The exit code for the gRPC status named CODE."""
    if code == "OK":
        return DONE
    if code == "CANCELLED":
        return CANCELLED
    return WRONG if code in _WRONG_CODES else OTHER


def done_code(result: pb.Result) -> int:
    """The exit code for a job that ended with RESULT."""
    return PARTLY if result.failed_cues or result.missing_media else DONE


def error_json(
    code: str, reason: str, message: str, details: Iterable[Mapping[str, Any]] | None = None
) -> dict[str, Any]:
    """The JSON object that scripts get for an error."""
    error: dict[str, Any] = {"message": message, "code": code, "reason": reason}
    if details is not None:
        error["details"] = list(details)
    return {"error": error}


def printable(text: str) -> str:
    """TEXT on one line: names of files may hold line ends, and what makes a terminal do things."""
    return _UNPRINTABLE.sub(lambda found: found.group().encode("unicode_escape").decode(), text)


def plain_text(value: str, what: str) -> str:
    """VALUE, refused when the shell handed over bytes that are no text: the wire takes UTF-8 alone."""
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InputError(f"{what} {value!r} is not valid UTF-8; rename or retype it") from None
    return value
