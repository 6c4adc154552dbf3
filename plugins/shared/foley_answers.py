# SPDX-License-Identifier: Apache-2.0
"""Answers of ``foley call`` as a host wants them: whole numbers as ints, errors as one exception.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from typing import Any

INT64_FIELDS = frozenset(
    [
        "after_sequence",
        "budget_bytes",
        "bytes",
        "cue_samples",
        "den",
        "duration_frames",
        "end_frame",
        "entries",
        "evictions",
        "frames",
        "hits",
        "larger_than_bytes",
        "last_sequence",
        "memory_bytes",
        "misses",
        "num",
        "peak_device_memory_bytes",
        "peak_memory_bytes",
        "record_start_frame",
        "samples",
        "seed",
        "seeds",
        "sequence",
        "source_in_samples",
        "start_frame",
        "time_reference_samples",
    ]
)
"""Fields of the proto that are int64: JSON has them as text."""
FREE_FIELDS = frozenset({"metadata", "provenance", "options"})
"""Fields whose keys are somebody's own words: nothing in them is turned into numbers."""
_CODES = [
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
]


class Refused(Exception):
    """A call that did not end well.

    MESSAGE is a sentence, CODE the name of a gRPC status, REASON a stable upper-case word, FIX a
    command that mends it or "", DETAIL what the child said beside it (for a log, not for a panel).
    """

    def __init__(self, message: str, code: str, reason: str = "", fix: str = "", detail: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.reason = reason or code
        self.fix = fix
        self.detail = detail

    @property
    def sentence(self) -> str:
        """The message, and the fix where the message does not have it."""
        if not self.fix or self.fix in self.message:
            return self.message
        return "{}; run {} in a terminal".format(self.message.rstrip("."), self.fix)


def with_ints(answer: dict[str, Any]) -> dict[str, Any]:
    """ANSWER, in which texts of int64 fields have become ints, all the way down. Changes it in place.

    Raises ValueError where such a text is no whole number.
    """
    todo: list[Any] = [answer]
    while todo:  # a loop, since the result of a long job has tens of thousands of fields
        value = todo.pop()
        if isinstance(value, list):
            todo.extend(item for item in value if isinstance(item, (dict, list)))
            continue
        for name, item in value.items():
            if isinstance(item, str):
                if name in INT64_FIELDS:
                    value[name] = int(item)
            elif isinstance(item, list) and name in INT64_FIELDS:
                value[name] = [int(each) for each in item]
            elif isinstance(item, (dict, list)) and name not in FREE_FIELDS:
                todo.append(item)
    return answer


def refusal(status: Any) -> Refused:
    """An error line's or a google.rpc.Status's JSON as Refused."""
    status = status if isinstance(status, dict) else {}
    code = status.get("code", "UNKNOWN")
    if isinstance(code, int):
        code = _CODES[code] if 0 <= code < len(_CODES) else "UNKNOWN"
    message, reason, fix = status.get("message", ""), status.get("reason", ""), ""
    for detail in status.get("details", ()):
        kind = detail.get("@type", "").rpartition(".")[2]
        if kind == "ErrorInfo" or ("reason" in detail and "domain" in detail):
            reason, fix = detail.get("reason", reason), detail.get("metadata", {}).get("fix", "")
        elif "field_violations" in detail and not message:
            message = "; ".join(item.get("description", "") for item in detail["field_violations"])
        elif "links" in detail and not fix:
            fix = "; ".join(link.get("description", "") for link in detail["links"])
    return Refused(message or "foley gave no reason; see foley doctor", code, reason, fix)


def lost(detail: str = "") -> Refused:
    """The end of a call that has no end."""
    message = (
        "the connection to the foley daemon was lost before the work was done;"
        " run it again: what was made is kept"
    )
    return Refused(message, "UNAVAILABLE", "CONNECTION_LOST", detail=detail)
