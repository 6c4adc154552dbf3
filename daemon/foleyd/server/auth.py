"""Who may call: over loopback TCP, whoever has this start's token; over the Unix socket, its user."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable

import grpc
from grpc_status import rpc_status

from foleyd.errors import FoleyError, failure_of
from foleyd.server.status import status_of

HEADER = "authorization"


class TokenRefused(FoleyError):
    """The caller has not this start's token."""

    code = "UNAUTHENTICATED"
    reason = "TOKEN_INVALID"


class TokenInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[misc]
    """Refuses calls without the bearer token."""

    def __init__(self, token: str) -> None:
        self._expected = f"Bearer {token}".encode()

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler]],
        details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler:
        """Lets the call through or ends it with UNAUTHENTICATED."""
        handler = await continuation(details)
        given = dict(details.invocation_metadata or ()).get(HEADER, "")
        text = given if isinstance(given, bytes) else str(given).encode()
        if handler is None or hmac.compare_digest(text, self._expected):
            return handler
        return _refusing(handler)


def _refusing(handler: grpc.RpcMethodHandler) -> grpc.RpcMethodHandler:
    """A handler of the same shape that refuses."""

    async def refuse(_: object, context: grpc.aio.ServicerContext) -> None:
        refusal = TokenRefused("the token is missing or wrong; read it from endpoint.json")
        status = rpc_status.to_status(status_of(failure_of(refusal)))
        await context.abort(status.code, status.details, status.trailing_metadata)

    async def refuse_stream(request: object, context: grpc.aio.ServicerContext):  # type: ignore[no-untyped-def]
        await refuse(request, context)
        yield

    makers = {
        (False, False): (grpc.unary_unary_rpc_method_handler, refuse),
        (False, True): (grpc.unary_stream_rpc_method_handler, refuse_stream),
        (True, False): (grpc.stream_unary_rpc_method_handler, refuse),
        (True, True): (grpc.stream_stream_rpc_method_handler, refuse_stream),
    }
    make, behaviour = makers[handler.request_streaming, handler.response_streaming]
    return make(behaviour, handler.request_deserializer, handler.response_serializer)
