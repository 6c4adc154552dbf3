"""A connection to a daemon that runs: asks it, and follows jobs.

Synchronous, for commands and scripts. A job's stream survives a daemon that is killed: the next one is asked
for the same job from the event that was seen last.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from foleyd.errors import CancelledWork, FoleyError
from foleyd.launch import Endpoint
from foleyd.refused import RequestRefused
from foleyd.v1 import foleyd_pb2 as pb
from foleyd.v1 import foleyd_pb2_grpc as pb_grpc

TERMINAL_EVENTS = frozenset({"done", "failed", "cancelled"})
STOPPING = "STOPPING"
"""ErrorInfo.reason of a daemon that was told to stop, as opposed to one that died."""

_CALL_SECONDS = 120.0
_MAX_MESSAGE_BYTES = 80 * 1024 * 1024
_MAX_RECONNECTS = 5

M = TypeVar("M", bound=Message)


class DaemonUnavailable(FoleyError):
    """No daemon answers and none could be started, or it went away."""

    code = "UNAVAILABLE"
    reason = "DAEMON_UNAVAILABLE"


class Daemon:
    """A connection to an answering daemon. A context manager; closing it ends its streams.

    Calls raise RequestRefused, or DaemonUnavailable when the daemon went away and (if the
    connection may start one) could not be replaced. Made by :func:`foleyd.client.connect`.
    """

    def __init__(self, endpoint: Endpoint, reconnect: Callable[[], Daemon] | None = None) -> None:
        self.endpoint = endpoint
        self._reconnect = reconnect
        self._channel = _open_channel(endpoint)
        self.stub = pb_grpc.FoleyStub(self._channel)  # type: ignore[no-untyped-call]
        self._metadata = [("authorization", f"Bearer {endpoint.token}")] if endpoint.token else []
        self._current: Any = None

    def __enter__(self) -> Daemon:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends the connection and whatever runs on it."""
        self._channel.close()

    # ------------------------------------------------------------------------------- asking

    def serves(self, timeout: float) -> bool:
        """Whether the daemon takes requests; False while it stops. TIMEOUT in seconds."""
        check = health_pb2_grpc.HealthStub(self._channel).Check
        try:
            health = check(health_pb2.HealthCheckRequest(), timeout=timeout, metadata=self._metadata)
        except grpc.RpcError as error:
            raise RequestRefused.from_rpc(error) from error
        return bool(health.status == health_pb2.HealthCheckResponse.SERVING)

    def ask(self, method: str, request: Message, response: type[M], timeout: float = _CALL_SECONDS) -> M:
        """One answer of type RESPONSE to REQUEST. TIMEOUT in seconds."""
        for attempt in (1, 2):
            try:
                answer = getattr(self.stub, method)(request, timeout=timeout, metadata=self._metadata)
            except grpc.RpcError as error:
                refused = RequestRefused.from_rpc(error)
                if refused.failure.code != "UNAVAILABLE" or attempt == 2:
                    raise refused from error
                self._connect_again(refused)
            except ValueError as error:
                raise DaemonUnavailable("the connection to the daemon is closed") from error
            else:
                assert isinstance(answer, response)
                return answer
        raise AssertionError("unreachable")

    def probe(self, paths: Sequence[str]) -> list[pb.MediaInfo]:
        """What is in the files at absolute PATHS; a bad one carries its error."""
        answer = self.ask("ProbeMedia", pb.ProbeMediaRequest(paths=paths), pb.ProbeMediaResponse)
        return list(answer.media)

    def spot(self, request: pb.SpotRequest) -> pb.SpotResponse:
        """The cues that a request would fill, and the picture flattened."""
        return self.ask("Spot", request, pb.SpotResponse)

    def read_timeline(self, document: pb.OtioDocument) -> pb.ReadTimelineResponse:
        """A document as tracks and shots."""
        return self.ask("ReadTimeline", pb.ReadTimelineRequest(otio=document), pb.ReadTimelineResponse)

    def job(self, job_id: str) -> pb.Job:
        """The record of one job."""
        return self.ask("GetJob", pb.GetJobRequest(job_id=job_id), pb.Job)

    def cancel(self, job_id: str) -> pb.Job:
        """Cancels a job; a finished one is returned as it is."""
        return self.ask("CancelJob", pb.CancelJobRequest(job_id=job_id), pb.Job)

    def move_job_files(self, job_id: str, paths: Sequence[str]) -> pb.Job:
        """Says that the files of a finished job lie at PATHS now."""
        return self.ask("MoveJobFiles", pb.MoveJobFilesRequest(job_id=job_id, paths=paths), pb.Job)

    def server_info(self) -> pb.ServerInfo:
        """What the daemon is, holds and is doing now."""
        return self.ask("GetServerInfo", pb.GetServerInfoRequest(), pb.ServerInfo)

    def stop(self, grace: float = 0.0) -> None:
        """Tells the daemon to stop; running work may take GRACE seconds to end by itself."""
        request = pb.StopServerRequest(grace_seconds=grace)
        try:
            self.stub.StopServer(request, timeout=_CALL_SECONDS, metadata=self._metadata)
        except grpc.RpcError as error:
            refused = RequestRefused.from_rpc(error)
            # It may leave before its answer does.
            if refused.failure.code != "UNAVAILABLE":
                raise refused from error

    # ---------------------------------------------------------------------------- following

    def generate(self, request: pb.GenerateRequest) -> Iterator[pb.JobEvent]:
        """The events of a job, to its terminal event, also across a killed daemon."""
        own = pb.GenerateRequest()
        own.CopyFrom(request)
        own.request_id = request.request_id or uuid.uuid4().hex
        return self._follow("Generate", own, "", 0)

    def watch(self, job_id: str, after_sequence: int = 0) -> Iterator[pb.JobEvent]:
        """The events of a job after the one numbered AFTER_SEQUENCE, to its terminal event."""
        request = pb.WatchJobRequest(job_id=job_id, after_sequence=after_sequence)
        return self._follow("WatchJob", request, job_id, after_sequence)

    def answers(self, method: str, request: Message, *, streams: bool) -> Iterator[Message]:
        """The answers of any METHOD as they are, one if it does not stream; :meth:`abandon` ends it."""
        with self._open(method, request, streams=streams) as call:
            try:
                if streams:
                    yield from call
                else:
                    yield call.result()
            except grpc.FutureCancelledError:
                raise CancelledWork(f"{method} was cancelled") from None
            except grpc.RpcError as error:
                raise RequestRefused.from_rpc(error) from error

    def abandon(self) -> None:
        """Ends the call being waited for, from any thread; its reader gets CANCELLED."""
        if self._current is not None:
            self._current.cancel()

    def _open(self, method: str, request: Message, *, streams: bool = True) -> _Call:
        begin = getattr(self.stub, method)
        begin = begin if streams else begin.future
        self._current = begin(request, metadata=self._metadata)
        return _Call(self._current)

    def _follow(self, method: str, request: Message, job_id: str, last: int) -> Iterator[pb.JobEvent]:
        lost = 0
        while True:
            refused = None
            with self._open(method, request) as call:
                try:
                    for event in call:
                        # After a reconnection a daemon may repeat what was seen.
                        if event.sequence <= last:
                            continue
                        lost, job_id, last = 0, event.job_id, event.sequence
                        yield event
                        if event.WhichOneof("event") in TERMINAL_EVENTS:
                            return
                except grpc.RpcError as error:
                    refused = RequestRefused.from_rpc(error)
                    if not _may_go_on(refused, job_id):
                        raise refused from error
            lost += 1
            if lost > _MAX_RECONNECTS:
                raise _gone(f"the daemon went away {lost} times in the middle of the job", job_id)
            self._connect_again(refused)
            if job_id:
                method = "WatchJob"
                request = pb.WatchJobRequest(job_id=job_id, after_sequence=last)

    def _connect_again(self, cause: RequestRefused | None) -> None:
        if self._reconnect is None:
            raise _gone("the daemon went away", "") from cause
        fresh = self._reconnect()
        self._channel.close()
        self.endpoint = fresh.endpoint
        self._channel, self.stub, self._metadata = fresh._channel, fresh.stub, fresh._metadata


class _Call:
    """A call that is cancelled when its reader leaves."""

    def __init__(self, call: Any) -> None:
        self._call = call

    def __enter__(self) -> Any:
        return self._call

    def __exit__(self, *_: object) -> None:
        self._call.cancel()


def _may_go_on(refused: RequestRefused, job_id: str) -> bool:
    """Whether a broken stream is to be taken up again: the daemon died, or stopped before it took
    the job. One that was told to stop with our job at hand is left stopped."""
    if refused.failure.code != "UNAVAILABLE":
        return False
    return refused.failure.reason != STOPPING or not job_id


def _gone(message: str, job_id: str) -> DaemonUnavailable:
    fix = f"foley jobs {job_id}" if job_id else "foley doctor"
    return DaemonUnavailable(f"{message}; accepted jobs go on when it runs again", fix=fix)


def _open_channel(endpoint: Endpoint) -> Any:
    return grpc.insecure_channel(
        endpoint.address,
        options=[
            ("grpc.max_receive_message_length", _MAX_MESSAGE_BYTES),
            # A proxy of the environment has no business on this machine's own wire.
            ("grpc.enable_http_proxy", 0),
        ],
    )
