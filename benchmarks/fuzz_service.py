"""Bytes and messages to a real daemon over raw gRPC, by a client that knows nothing of politeness."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

import grpc
from google.protobuf import message_factory
from google.rpc import error_details_pb2
from grpc_status import rpc_status

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from benchmarks import fuzz_mutate as mutate
from clipmaker import make_clip
from foleyd.launch import read_endpoint
from foleyd.v1 import foleyd_pb2 as pb
from house import House, request

LONGEST = 5.0
"""Seconds without an answer that count as a hang."""

_OURS = frozenset({"StopServer"})
_GOING = frozenset({pb.JOB_STATE_QUEUED, pb.JOB_STATE_RUNNING})
_DEFECTS = frozenset({"DEFECT", "WORKER_DIED", "INTERNAL"})


class Refused(Exception):
    """The daemon refused in its own words."""


class Wrong(Exception):
    """The daemon answered as it never should."""


class Quiet(Exception):
    """The daemon did not answer in time."""


class Service:
    """A daemon below FOLDER, which is all that requests may touch."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.house = House(folder / "home")
        self.house.start(settings=f'roots = ["{folder}"]\n').close()
        assert self.house.process is not None
        self.pid = self.house.process.pid
        endpoint = read_endpoint(self.house.folders)
        assert endpoint is not None
        self._channel = grpc.insecure_channel(endpoint.address)
        self._methods = pb.DESCRIPTOR.services_by_name["Foley"].methods_by_name
        self._names = [name for name in self._methods if name not in _OURS]
        self.clip = make_clip(folder / "clip.mp4", frames=30)
        # A job before the first case: starting the worker takes longer than an answer may.
        list(self._stream("Generate", self._sound_request(Random(0), whole=True).SerializeToString(), 60))

    def case(self, random: Random) -> None:
        """One request. Raises Refused, Wrong, Quiet."""
        name = random.choice([*self._names, "Generate", "Generate", "Spot"])
        body = self._body(random, name)
        self._send(name, body)
        if random.random() < 0.02:
            self.check_health()

    def check_health(self) -> None:
        """The daemon is the one that was started, and answers."""
        info = pb.ServerInfo.FromString(self._ask("GetServerInfo", b""))
        if info.pid != self.pid or (self.house.process and self.house.process.poll() is not None):
            raise Wrong("the daemon is another one or gone")

    def close(self) -> None:
        """Stops the daemon."""
        self._channel.close()
        if self.house.stop():
            raise Wrong("the daemon did not stop as asked")
        for line in self.house.log.splitlines():
            if "Traceback" in line or "defect" in line:
                raise Wrong(f"its log holds: {line[:300]}")

    def _body(self, random: Random, name: str) -> bytes:
        kind = random.random()
        if kind < 0.15:
            return random.randbytes(random.randint(0, 60))
        message = message_factory.GetMessageClass(self._methods[name].input_type)()
        if name == "Generate" and kind < 0.6:
            message = self._sound_request(random)
        else:
            mutate.fill(random, message)
        body = bytes(message.SerializeToString())
        return mutate.damaged(random, body, 3) if kind > 0.85 else body

    def _sound_request(self, random: Random, *, whole: bool = False) -> pb.GenerateRequest:
        """A request that is taken, with one of its parts filled at random unless it is to stay WHOLE."""
        made = request(self.clip, 30, folder=self.folder / "out", rate=Fraction(25), ranges=[(0, 20)])
        made.on_disconnect = pb.ON_DISCONNECT_CANCEL
        parts: list[Any] = [
            made.selection.program.shots[0],
            made.selection.program.rate,
            made.selection.program.start_timecode,
            made.selection.ranges[0],
            made.selection,
            made.rule,
            made.output,
            made.engine,
            made,
        ]
        if not whole and random.random() < 0.9:
            mutate.fill(random, random.choice(parts), 2)
        return made

    def _send(self, name: str, body: bytes) -> None:
        if self._methods[name].server_streaming:
            for _ in self._stream(name, body, LONGEST):
                pass
        else:
            self._ask(name, body)

    def _ask(self, name: str, body: bytes) -> bytes:
        try:
            return bytes(self._channel.unary_unary(f"/foleyd.v1.Foley/{name}")(body, timeout=LONGEST))
        except grpc.RpcError as error:
            _judge(name, error)
            raise

    def _stream(self, name: str, body: bytes, seconds: float) -> Iterator[pb.JobEvent]:
        """The events that come within SECONDS. A job that takes longer must end soon after it is left."""
        event = pb.JobEvent()
        call = self._channel.unary_stream(f"/foleyd.v1.Foley/{name}")(body, timeout=seconds)
        try:
            for answer in call:
                if name != "LoadEngine":
                    event = pb.JobEvent.FromString(answer)
                    _check_event(event)
                    yield event
        except grpc.RpcError as error:
            if error.code() == grpc.StatusCode.DEADLINE_EXCEEDED and event.job_id:
                self._await_end(event.job_id)
            else:
                _judge(name, error)
                raise
        finally:
            call.cancel()

    def _await_end(self, job: str) -> None:
        self._ask("CancelJob", pb.CancelJobRequest(job_id=job).SerializeToString())
        body = pb.GetJobRequest(job_id=job).SerializeToString()
        end = time.monotonic() + LONGEST
        while pb.Job.FromString(self._ask("GetJob", body)).state in _GOING:
            if time.monotonic() > end:
                raise Quiet(f"job {job} goes on after it was cancelled")
            time.sleep(0.05)


def _check_event(event: pb.JobEvent) -> None:
    """A job may fail, but not by a mistake of ours."""
    if event.HasField("failed"):
        for detail in event.failed.details:
            info = error_details_pb2.ErrorInfo()
            if detail.Unpack(info) and info.reason in _DEFECTS:
                raise Wrong(f"job failed: {event.failed.message}")


def _judge(name: str, error: Any) -> None:
    """What a refusal amounts to."""
    code = error.code()
    if code == grpc.StatusCode.DEADLINE_EXCEEDED:
        raise Quiet(f"{name} gave no last answer in {LONGEST:g} s") from error
    status = rpc_status.from_call(error)
    reasons = []
    for detail in status.details if status is not None else ():
        info = error_details_pb2.ErrorInfo()
        if detail.Unpack(info):
            reasons.append(info.reason)
    if not reasons or _DEFECTS.intersection(reasons):
        raise Wrong(f"{name}: {code.name} {error.details()}") from error
    raise Refused(f"{code.name} {reasons[0]}") from error


@lru_cache
def _service(folder: Path, _: int) -> Service:
    return Service(folder)


def service(random: Random, folder: Path) -> None:
    """One request to the daemon of this process."""
    _service(folder, os.getpid()).case(random)


def start_service(folder: Path) -> None:
    """Starts the daemon of this process, below FOLDER."""
    _service(folder, os.getpid())


def close_service(folder: Path) -> None:
    """Stops the daemon; raises Wrong when it has anything to hide."""
    _service(folder, os.getpid()).close()
