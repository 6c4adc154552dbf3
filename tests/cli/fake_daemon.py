"""A daemon that only pretends to work: scripted jobs over the real wire, in this process or another.

The prompt chooses what a job does (see ``script``). The job's id names its script, so that a second
fake daemon can go on with a job that the first one left.
"""

# ruff: noqa: N802 (the names are those of the service)

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import ExitStack
from typing import Any

import grpc
from google.protobuf.any_pb2 import Any as AnyMessage
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from foleyd import __version__
from foleyd.config import Folders, find_folders, make_private
from foleyd.launch import ALREADY_RUNNING, unix_address
from foleyd.server.lock import AlreadyRunning, hold_lock
from foleyd.v1 import foleyd_pb2 as pb
from foleyd.v1 import foleyd_pb2_grpc as pb_grpc

RATE = pb.Rational(num=24000, den=1001)
HOUR_FRAMES = 24 * 3600


def status_of(code: str, reason: str, message: str, *, fix: str = "", field: str = "") -> status_pb2.Status:
    details: list[Any] = [
        error_details_pb2.ErrorInfo(reason=reason, domain="foleyd", metadata={"fix": fix} if fix else {})
    ]
    if field:
        violation = error_details_pb2.BadRequest.FieldViolation(field=field, description=message)
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    packed = []
    for detail in details:
        holder = AnyMessage()
        holder.Pack(detail)
        packed.append(holder)
    return status_pb2.Status(code=code_pb2.Code.Value(code), message=message, details=packed)


def abort(context: grpc.ServicerContext, status: status_pb2.Status) -> None:
    context.abort_with_status(rpc_status.to_status(status))


def result(request: pb.GenerateRequest, *, failed: bool = False) -> pb.Result:
    span = pb.FrameRange(start_frame=24, end_frame=72)
    prompts = list(request.rule.prompts) or ["rain"]
    cue = pb.Cue(id="1", range=span, prompt=prompts[0], layer="foley", seeds=[7])
    take = pb.Take(
        id="t1", cue_id="1", path=f"{request.output.folder}/t1.wav", seed=7, samples=144_144,
        source_in_samples=24_024, cue_samples=96_096, sample_rate=48_000, channels=2,
        events=[pb.SoundEvent(time=pb.Rational(num=1, den=4), kind="step", strength=1)],
    )  # fmt: skip
    lost = pb.CueFailed(cue_id="2", status=status_of("NOT_FOUND", "MEDIA_MISSING", "b.mov is not there"))
    return pb.Result(
        takes=[take],
        cues=[cue, pb.Cue(id="2", range=span, prompt="wind", layer="ambience")] if failed else [cue],
        failed_cues=[lost] if failed else [],
        stage_seconds={"see": 0.5, "hear": 0.25},
        otio_path=request.output.otio_path,
        preview_path=f"{request.output.folder}/preview.mp4",
        preview_note="picture copied",
        engine=pb.EngineChosen(name="procedural", version="1", reason="no weights"),
        rate=RATE,
        start_timecode=pb.StartTimecode(frames=HOUR_FRAMES),
    )


def script(prompt: str, request: pb.GenerateRequest) -> list[pb.JobEvent]:
    """The events of a job that ends: done, "partly" done, "fail CODE" or "stopped"; ids come later."""
    opening = [
        pb.JobEvent(queued=pb.Queued(position=0)),
        pb.JobEvent(
            engine_chosen=pb.EngineChosen(
                name="procedural", version="1", reason="no weights", summary="A synthetic sketch."
            )
        ),
        pb.JobEvent(stage=pb.Stage(name="see", fraction=0.25)),
        pb.JobEvent(warning=pb.Warning(what="unknown word", where="blorp", fix="use another")),
        pb.JobEvent(stage=pb.Stage(name="hear", fraction=0.75, step=3, steps=4)),
    ]
    word, _, code = prompt.partition(" ")
    if word == "partly":
        return [*opening, pb.JobEvent(done=result(request, failed=True))]
    if word == "fail":
        return [*opening, pb.JobEvent(failed=status_of(code, "BROKEN", "it broke", fix="mend it"))]
    if word == "stopped":
        return [*opening, pb.JobEvent(cancelled=pb.CancelledEvent(reason="deadline"))]
    return [*opening, pb.JobEvent(done=result(request))]


class FakeFoley(pb_grpc.FoleyServicer):
    """Remembers what it was asked in ``requests`` and ``calls``."""

    def __init__(self, address: str = "", version: str = __version__) -> None:
        self.info = pb.ServerInfo(version=version, pid=os.getpid(), address=address)
        self.info.engines.add(name="procedural", version="1", ready=True, summary="A synthetic sketch.")
        self.info.auto_engine.CopyFrom(pb.EngineChosen(name="procedural", version="1", reason="no weights"))
        self.requests: list[pb.GenerateRequest] = []
        self.calls: list[tuple[str, Any]] = []
        self.metadata: list[dict[str, str]] = []
        self.media = pb.MediaInfo(
            rate=RATE, duration=pb.Rational(num=10 * 1001, den=1000), frames=240, width=64, height=36
        )
        self.timeline = pb.Timeline(
            rate=RATE, start_timecode=pb.StartTimecode(frames=HOUR_FRAMES), duration_frames=240
        )
        self.asked_engine = ""
        self.stopping = threading.Event()
        self.break_after = 0
        self.breaks_left = 0
        self.break_reason = ""
        self.hang_after = 0
        self.deaf = False
        self._cancelled: dict[str, threading.Event] = {}

    # ---------------------------------------------------------------------------------- jobs

    def Generate(self, request: pb.GenerateRequest, context: Any) -> Iterator[pb.JobEvent]:
        self.requests.append(request)
        self.metadata.append(dict(context.invocation_metadata()))
        prompts = list(request.rule.prompts) or [cue.prompt for cue in request.cues.cues] or ["markers"]
        word, _, code = prompts[0].partition(" ")
        if word == "refuse":
            abort(context, status_of(code, "NO", "it is refused", fix="foley doctor", field="rule.prompts"))
        yield from self._play(f"job-{prompts[0]}", request, 0, context)

    def WatchJob(self, request: pb.WatchJobRequest, context: Any) -> Iterator[pb.JobEvent]:
        self.calls.append(("WatchJob", request))
        original = self.requests[-1] if self.requests else pb.GenerateRequest()
        yield from self._play(request.job_id, original, request.after_sequence, context)

    def _play(self, job: str, request: pb.GenerateRequest, after: int, context: Any) -> Iterator[pb.JobEvent]:
        prompt = job.removeprefix("job-")
        sent = 0
        for sequence, event in enumerate(self._events(job, prompt, request), start=1):
            if sequence <= after:
                continue
            if self.hang_after and sent == self.hang_after:
                self.stopping.wait()
            if self.breaks_left and sent == self.break_after:
                self.breaks_left -= 1
                abort(context, status_of("UNAVAILABLE", self.break_reason, "Socket closed"))
            event.job_id, event.sequence = job, sequence
            yield event
            sent += 1

    def _events(self, job: str, prompt: str, request: pb.GenerateRequest) -> Iterator[pb.JobEvent]:
        if prompt != "slow":
            yield from script(prompt, request)
            return
        cancelled = self._cancelled.setdefault(job, threading.Event())
        yield script("", request)[1]
        for step in range(1, 1000):
            if cancelled.wait(0.02):
                yield pb.JobEvent(cancelled=pb.CancelledEvent(reason="request"))
                return
            yield pb.JobEvent(stage=pb.Stage(name="hear", fraction=step / 1000))

    def CancelJob(self, request: pb.CancelJobRequest, context: Any) -> pb.Job:
        self.calls.append(("CancelJob", request))
        if not self.deaf:
            self._cancelled.setdefault(request.job_id, threading.Event()).set()
        return pb.Job(id=request.job_id, state=pb.JOB_STATE_CANCELLED)

    def GetJob(self, request: pb.GetJobRequest, context: Any) -> pb.Job:
        if request.job_id == "none":
            abort(context, status_of("NOT_FOUND", "JOB_NOT_FOUND", "there is no job none"))
        return pb.Job(
            id=request.job_id, state=pb.JOB_STATE_DONE, title="rain on tin", engine="procedural",
            stage_seconds={"see": 1.5}, queue_wait_seconds=0.25, peak_memory_bytes=2**21, cache_hits=3,
            last_sequence=9, attempts=1,
        )  # fmt: skip

    def ListJobs(self, request: pb.ListJobsRequest, context: Any) -> pb.ListJobsResponse:
        self.calls.append(("ListJobs", request))
        return pb.ListJobsResponse(jobs=[self.GetJob(pb.GetJobRequest(job_id="a1"), context)])

    def RemoveJob(self, request: pb.RemoveJobRequest, context: Any) -> pb.RemoveJobResponse:
        self.calls.append(("RemoveJob", request))
        return pb.RemoveJobResponse(
            deleted_paths=["/x/a.wav"], kept_paths=["/x/b.wav"], missing_paths=["/x/c.wav"]
        )

    def MoveJobFiles(self, request: pb.MoveJobFilesRequest, context: Any) -> pb.Job:
        self.calls.append(("MoveJobFiles", request))
        return self.GetJob(pb.GetJobRequest(job_id=request.job_id or "a1"), context)

    # ---------------------------------------------------------------------- media, timelines

    def ProbeMedia(self, request: pb.ProbeMediaRequest, context: Any) -> pb.ProbeMediaResponse:
        answer = pb.ProbeMediaResponse()
        for path in request.paths:
            media = answer.media.add()
            media.CopyFrom(self.media)
            media.path = path
            if "missing" in path:
                error = status_of("NOT_FOUND", "MEDIA_MISSING", f"{path} does not exist")
                media.CopyFrom(pb.MediaInfo(path=path, error=error))
        return answer

    def Spot(self, request: pb.SpotRequest, context: Any) -> pb.SpotResponse:
        self.calls.append(("Spot", request))
        span = pb.FrameRange(start_frame=24, end_frame=72)
        prompt = [*request.rule.prompts, "markers"][0]
        cue = pb.Cue(id="1", range=span, prompt=prompt, layer="foley", seeds=[7], engine=self.asked_engine)
        program = pb.Program(
            rate=RATE, start_timecode=pb.StartTimecode(frames=HOUR_FRAMES), duration_frames=240
        )
        return pb.SpotResponse(cues=[cue], program=program, warnings=[pb.Warning(what="a gap")])

    def ReadTimeline(self, request: pb.ReadTimelineRequest, context: Any) -> pb.ReadTimelineResponse:
        self.calls.append(("ReadTimeline", request))
        return pb.ReadTimelineResponse(timeline=self.timeline)

    # ------------------------------------------------------------------------------- server

    def GetServerInfo(self, request: pb.GetServerInfoRequest, context: Any) -> pb.ServerInfo:
        return self.info

    def StopServer(self, request: pb.StopServerRequest, context: Any) -> pb.StopServerResponse:
        self.calls.append(("StopServer", request))
        self.stopping.set()
        return pb.StopServerResponse()

    def LoadEngine(self, request: pb.LoadEngineRequest, context: Any) -> Iterator[pb.LoadEngineEvent]:
        if request.name == "slow":
            while context.is_active():
                yield pb.LoadEngineEvent(fraction=0.1, message="warming up")
                time.sleep(0.02)
            return
        yield pb.LoadEngineEvent(fraction=0.5, message="warming up")
        engine = pb.EngineInfo(name=request.name, version="1", loaded=True, device="cpu")
        yield pb.LoadEngineEvent(fraction=1.0, engine=engine)

    def UnloadEngine(self, request: pb.UnloadEngineRequest, context: Any) -> pb.UnloadEngineResponse:
        return pb.UnloadEngineResponse()

    def GetCacheInfo(self, request: pb.GetCacheInfoRequest, context: Any) -> pb.CacheInfo:
        return pb.CacheInfo(folder="/cache", bytes=2**20, budget_bytes=2**30, entries=5)

    def PurgeCache(self, request: pb.PurgeCacheRequest, context: Any) -> pb.PurgeCacheResponse:
        self.calls.append(("PurgeCache", request))
        return pb.PurgeCacheResponse(entries=4, bytes=2**20)


class _Health(health_pb2_grpc.HealthServicer):
    def Check(self, request: Any, context: Any) -> Any:
        return health_pb2.HealthCheckResponse(status=health_pb2.HealthCheckResponse.SERVING)


class FakeDaemon:
    """Serves a FakeFoley on the user's socket, with the endpoint file, until closed or stopped."""

    def __init__(self, folders: Folders, version: str = __version__) -> None:
        self.folders = folders
        self.closed = False
        make_private(folders.runtime)
        make_private(folders.state)
        self._lock = ExitStack()
        self._lock.enter_context(hold_lock(folders.lock))
        folders.endpoint.unlink(missing_ok=True)
        folders.socket.unlink(missing_ok=True)
        self.address = unix_address(folders.socket)
        self.foley = FakeFoley(self.address, version)
        self.server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        pb_grpc.add_FoleyServicer_to_server(self.foley, self.server)
        health_pb2_grpc.add_HealthServicer_to_server(_Health(), self.server)
        self.server.add_insecure_port(self.address)
        self.server.start()
        endpoint = {"address": self.address, "token": "", "pid": os.getpid(), "version": version}
        folders.endpoint.write_text(json.dumps(endpoint))

    def stop_when_told(self) -> None:
        """Leaves as a daemon does, once StopServer was called."""

        def wait() -> None:
            self.foley.stopping.wait()
            time.sleep(0.05)
            self.close()

        threading.Thread(target=wait, daemon=True).start()

    def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        self.folders.endpoint.unlink(missing_ok=True)
        self.server.stop(0).wait()
        self._lock.close()


def main() -> int:
    """As a process: exit status 75 when the lock is taken; each start is noted in state/starts."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--version", default=__version__)
    parser.add_argument("--broken", action="store_true")
    parser.add_argument("--hang-first-after", type=int, default=0)
    options = parser.parse_args()
    if options.broken:
        print("the ledger is damaged; move it away", flush=True)
        return 1
    folders = find_folders()
    try:
        daemon = FakeDaemon(folders, options.version)
    except AlreadyRunning:
        return ALREADY_RUNNING
    starts = folders.state / "starts"
    first = not starts.exists()
    with open(starts, "a") as notes:
        notes.write(f"{os.getpid()} {os.environ.get('FOLEYD_STARTED_BY')}\n")
    daemon.foley.hang_after = options.hang_first_after if first else 0
    daemon.foley.stopping.wait(timeout=30)
    time.sleep(0.05)
    daemon.close()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
