"""A refusal of the daemon as it comes over the wire: google.rpc.Status with its details, as our error."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import grpc
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

from foleyd.errors import FailedWork, Failure

_CODE_NAMES = {code.value[0]: code.name for code in grpc.StatusCode}


class RequestRefused(FailedWork):
    """The daemon refused a request or a job failed.

    ``failure`` has the gRPC code's name, the stable reason, the message and the fix; STATUS is
    what came over the wire; VIOLATIONS are pairs of field and description.
    """

    def __init__(self, status: status_pb2.Status) -> None:
        self.status = status
        self.violations: tuple[tuple[str, str], ...] = ()
        reason, notes = "", {}
        for detail in status.details:
            info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                reason, notes = info.reason, dict(info.metadata)
            elif detail.Unpack(bad):
                self.violations = tuple((v.field, v.description) for v in bad.field_violations)
        field = self.violations[0][0] if self.violations else notes.get("field", "")
        super().__init__(
            Failure(
                code=_CODE_NAMES.get(status.code, "UNKNOWN"),
                reason=reason or _CODE_NAMES.get(status.code, "UNKNOWN"),
                message=status.message,
                fix=notes.get("fix", ""),
                field=field,
                where=notes.get("where", ""),
            )
        )

    @classmethod
    def from_rpc(cls, error: Any) -> RequestRefused:
        """From the exception of a call."""
        status = None
        with suppress(ValueError):
            status = rpc_status.from_call(error)
        if status is None:
            status = status_pb2.Status(code=error.code().value[0], message=error.details() or "")
        return cls(status)
