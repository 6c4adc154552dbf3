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


def status_of(failure: Failure) -> status_pb2.Status:
    """FAILURE for the wire."""
    code: grpc.StatusCode = grpc.StatusCode[failure.code]
    metadata = {key: value for key, value in (("fix", failure.fix), ("where", failure.where)) if value}
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=failure.reason, domain=DOMAIN, metadata=metadata)
    ]
    if failure.field:
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=failure.field, description=failure.message
        )
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if failure.code == "RESOURCE_EXHAUSTED":
        details.append(error_details_pb2.RetryInfo(retry_delay=Duration(seconds=_RETRY_SECONDS)))
    return status_pb2.Status(
        code=code.value[0], message=failure.message, details=[_packed(detail) for detail in details]
    )


def _packed(detail: Message) -> Any:
    packed = Any()
    packed.Pack(detail)
    return packed
