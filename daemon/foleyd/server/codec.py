"""Requests and events as the ledger keeps them: the wire's own messages."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from foleyd.config import Settings
from foleyd.jobs.events import Event
from foleyd.request import Request
from foleyd.server import answers
from foleyd.server.requests import read_request
from foleyd.v1 import foleyd_pb2 as pb


class WireCodec:
    """Implements :class:`foleyd.jobs.events.Codec`."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def request(self, body: bytes) -> Request:
        """The request in BODY. Raises RequestError, PathRefused."""
        return read_request(pb.GenerateRequest.FromString(body), self._settings)

    def event(self, job: str, event: Event) -> bytes:
        """EVENT, ready for the ledger; its sequence number is the ledger's."""
        return answers.event(job, event).SerializeToString(deterministic=True)

    def essence(self, body: bytes) -> bytes:
        """BODY without its time."""
        message = pb.JobEvent.FromString(body)
        message.ClearField("time")
        return message.SerializeToString(deterministic=True)

    def repeated(self, job: str, body: bytes, stage_seconds: Mapping[str, float]) -> bytes:
        """The done event in BODY as the answer of JOB, which asked for the same."""
        message = pb.JobEvent.FromString(body)
        message.job_id = job
        message.time.GetCurrentTime()
        message.done.cached = True
        message.done.stage_seconds.clear()
        message.done.stage_seconds.update(stage_seconds)
        return message.SerializeToString(deterministic=True)

    def fraction(self, body: bytes) -> float:
        """How far BODY says the job has come, 0 for events that do not say."""
        return pb.JobEvent.FromString(body).stage.fraction

    def delivered(self, body: bytes) -> bool:
        """Whether BODY is a done event in which no cue failed and no media were missing."""
        message = pb.JobEvent.FromString(body)
        partly = message.done.failed_cues or message.done.missing_media
        return message.HasField("done") and not partly


def digest_of(message: pb.GenerateRequest) -> str:
    """What the request asks for, without what names or ranks it; equal digests ask for the same."""
    essence = pb.GenerateRequest()
    essence.CopyFrom(message)
    for field in ("request_id", "priority", "on_disconnect", "client"):
        essence.ClearField(field)
    return hashlib.blake2b(essence.SerializeToString(deterministic=True), digest_size=20).hexdigest()
