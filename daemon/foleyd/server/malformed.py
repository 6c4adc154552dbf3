"""Requests whose bytes are no message: refused as any other wrong request, not as a fault of the server's."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf.message import DecodeError
from grpc_status import rpc_status

from foleyd.errors import RequestError, failure_of
from foleyd.server.status import status_of


class MalformedRequest(RequestError):
    """The request's bytes cannot be read as its message."""

    reason = "REQUEST_MALFORMED"


@dataclass(frozen=True, slots=True)
class _Malformed:
    why: str


class MalformedInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Answers INVALID_ARGUMENT to what gRPC itself would answer with UNKNOWN and a traceback in the log."""

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        """The handler, asked only when its request could be read. Streams of requests are left alone."""
        handler = await continuation(details)
        if handler is None or handler.request_streaming or handler.request_deserializer is None:
            return handler
        name = str(details.method).rpartition("/")[2]
        read = _reading(handler.request_deserializer, name)
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                _streaming(handler.unary_stream), read, handler.response_serializer
            )
        return grpc.unary_unary_rpc_method_handler(
            _single(handler.unary_unary), read, handler.response_serializer
        )


def _reading(deserialize: Callable[[bytes], Any], name: str) -> Callable[[bytes], Any]:
    def read(body: bytes) -> Any:
        try:
            return deserialize(body)
        except DecodeError:
            return _Malformed(f"the request of {name} is not a message of this contract; check the client")

    return read


def _single(behaviour: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
    async def ask(request: Any, context: grpc.aio.ServicerContext) -> Any:
        await _refuse_malformed(request, context)
        return await behaviour(request, context)

    return ask


def _streaming(behaviour: Callable[..., AsyncIterator[Any]]) -> Callable[..., AsyncIterator[Any]]:
    async def follow(request: Any, context: grpc.aio.ServicerContext) -> AsyncIterator[Any]:
        await _refuse_malformed(request, context)
        async for answer in behaviour(request, context):
            yield answer

    return follow


async def _refuse_malformed(request: Any, context: grpc.aio.ServicerContext) -> None:
    if isinstance(request, _Malformed):
        status = rpc_status.to_status(status_of(failure_of(MalformedRequest(request.why))))
        await context.abort(status.code, status.details, status.trailing_metadata)
