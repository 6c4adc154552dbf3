"""Failures as google.rpc.Status: code, sentence, and details a program can use.

Details: ErrorInfo with the stable reason, BadRequest where a field is at fault, Help-like ``fix`` and
``where`` in ErrorInfo's metadata, RetryInfo when trying again later helps.
"""

from __future__ import annotations

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from foleyd.errors import Failure

DOMAIN = "foleyd"
_RETRY_SECONDS = 5
_LONGEST_MESSAGE, _LONGEST_DETAIL = 900, 300
"""Bytes: a status travels in headers, which may hold 8 KiB, three times over and encoded."""


def status_of(failure: Failure) -> status_pb2.Status:
    """FAILURE for the wire."""
    code: grpc.StatusCode = grpc.StatusCode[failure.code]
    message = shortened(failure.message, _LONGEST_MESSAGE)
    words = (("fix", failure.fix), ("where", failure.where))
    metadata = {key: shortened(value, _LONGEST_DETAIL) for key, value in words if value}
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=failure.reason, domain=DOMAIN, metadata=metadata)
    ]
    if failure.field:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=shortened(failure.field, _LONGEST_DETAIL), description=message
        )
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if failure.code == "RESOURCE_EXHAUSTED":
        details.append(error_details_pb2.RetryInfo(retry_delay=Duration(seconds=_RETRY_SECONDS)))
    return status_pb2.Status(
        code=code.value[0], message=message, details=[_packed(detail) for detail in details]
    )


def shortened(text: str, longest: int) -> str:
    """TEXT in at most LONGEST bytes of UTF-8; what is left out is in the middle: sentences end in advice."""
    body = text.encode("utf-8", "replace")
    if len(body) <= longest:
        return body.decode()
    room = longest - len("…".encode())
    head, tail = body[: room * 2 // 3], body[-(room - room * 2 // 3) :]
    return f"{head.decode(errors='ignore')}…{tail.decode(errors='ignore')}"


def _packed(detail: Message) -> Any:
    packed = Any()
    packed.Pack(detail)
    return packed
