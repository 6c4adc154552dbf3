"""The gRPC service: each method reads the message, asks the room that knows, writes the answer."""

from __future__ import annotations

import asyncio
import functools
import os
import platform
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import grpc
from google.protobuf.message import Message
from grpc_status import rpc_status

from foleyd import __version__
from foleyd.brief import EngineCard, Spotted
from foleyd.config import Folders, Settings
from foleyd.errors import FoleyError, RequestError, failure_of, failure_or_defect
from foleyd.jobs.belongings import move
from foleyd.jobs.devices import choose_engine
from foleyd.jobs.events import EngineChosen
from foleyd.jobs.jobs import Jobs
from foleyd.jobs.ledger import Ledger
from foleyd.jobs.records import NewJob, Priority
from foleyd.server import answers, timelines
from foleyd.server.codec import digest_of
from foleyd.server.requests import read_document, read_path, read_request, read_selection, read_spotting
from foleyd.server.status import status_of
from foleyd.v1 import foleyd_pb2 as pb
from foleyd.v1 import foleyd_pb2_grpc

Context: TypeAlias = grpc.aio.ServicerContext
Request = TypeVar("Request", bound=Message)
Answer = TypeVar("Answer", bound=Message)

_WIRE_STATES = {wire: state for state, wire in answers.STATES.items()}
_MAX_PAGE = 500
_DEFAULT_PAGE = 50
_MAX_PATHS = 1000
_MAX_MOVED = 100_000
_MAX_GRACE = 3600.0
_LOOK_BACK = 40
"""Events among which the latest progress is looked for."""


def unary(
    method: Callable[[Any, Request], Awaitable[Answer]],
) -> Callable[[Any, Request, Context], Awaitable[Answer]]:
    """Lets METHOD raise; the caller gets a status. A daemon that is asked is not idle."""

    @functools.wraps(method)
    async def wrapped(self: Any, request: Request, context: Context) -> Answer:
        with self._jobs.asked():
            try:
                return await method(self, request)
            except Exception as error:  # a defect too must reach the caller as a sentence
                await refuse(context, error)
                raise

    return wrapped


async def refuse(context: Context, error: Exception) -> None:
    """Ends the call with ERROR's status and details."""
    status = rpc_status.to_status(status_of(failure_or_defect(error)))
    await context.abort(status.code, status.details, status.trailing_metadata)


class FoleyServicer(foleyd_pb2_grpc.FoleyServicer):
    """Implements foleyd.v1.Foley. STOP is called when a client asks the daemon to stop."""

    def __init__(
        self,
        jobs: Jobs,
        ledger: Ledger,
        folders: Folders,
        settings: Settings,
        address: str,
        stop: Callable[[float], None],
        idle_seconds: float | None,
    ) -> None:
        self._jobs = jobs
        self._ledger = ledger
        self._folders = folders
        self._settings = settings
        self._address = address
        self._stop = stop
        self._idle_seconds = idle_seconds
        self._started = time.time()

    # --------------------------------------------------------------------------------------- jobs

    async def Generate(self, request: pb.GenerateRequest, context: Context) -> AsyncIterator[pb.JobEvent]:
        """Accepts a job and follows it."""
        try:
            read_request(request, self._settings)
            record = self._jobs.accept(_new_job(request))
        except FoleyError as error:
            await refuse(context, error)
            return
        cancels = request.on_disconnect == pb.ON_DISCONNECT_CANCEL
        try:
            async for event in self._follow(record.id, 0, context):
                yield event
        finally:
            if cancels and not self._jobs.closing:
                late = (context.time_remaining() or 1) <= 0
                self._jobs.cancel(record.id, "deadline" if late else "disconnect")

    async def WatchJob(self, request: pb.WatchJobRequest, context: Context) -> AsyncIterator[pb.JobEvent]:
        """Follows a job from any event on."""
        async for event in self._follow(request.job_id, request.after_sequence, context):
            yield event

    async def _follow(self, job: str, after: int, context: Context) -> AsyncIterator[pb.JobEvent]:
        try:
            async for sequence, body in self._jobs.follow(job, after):
                event = pb.JobEvent.FromString(body)
                event.sequence = sequence
                yield event
        except FoleyError as error:
            await refuse(context, error)

    @unary
    async def Spot(self, request: pb.SpotRequest) -> pb.SpotResponse:
        """Spotting alone."""
        selection = read_selection(request.selection, self._settings)
        spotting = read_spotting(request, self._settings)
        spotted: Spotted = await self._ask("spot_cues", selection, spotting)
        return pb.SpotResponse(
            cues=[answers.cue(cue) for cue in spotted.cues],
            program=answers.program(spotted.program, spotted.name),
            warnings=[answers.warning(notice) for notice in spotted.notices],
            refreshed=[answers.refreshed(one) for one in spotted.refreshed],
        )

    @unary
    async def GetJob(self, request: pb.GetJobRequest) -> pb.Job:
        """One job's record."""
        return self._job(request.job_id, whole=True)

    @unary
    async def ListJobs(self, request: pb.ListJobsRequest) -> pb.ListJobsResponse:
        """Jobs, newest first."""
        if not 0 <= request.page_size <= _MAX_PAGE:
            raise RequestError(f"a page has 1 to {_MAX_PAGE} jobs", field="page_size")
        if not all(state in _WIRE_STATES for state in request.states):
            raise RequestError("a state of the list is not known; take JobState's names", field="states")
        states = [_WIRE_STATES[state] for state in request.states]
        records, token = self._ledger.page(states, request.page_size or _DEFAULT_PAGE, request.page_token)
        return pb.ListJobsResponse(
            jobs=[self._job(record.id, whole=False) for record in records], next_page_token=token
        )

    @unary
    async def CancelJob(self, request: pb.CancelJobRequest) -> pb.Job:
        """Cancels within one engine step."""
        self._jobs.cancel(request.job_id, "request")
        return self._job(request.job_id, whole=False)

    @unary
    async def RemoveJob(self, request: pb.RemoveJobRequest) -> pb.RemoveJobResponse:
        """Forgets a finished job."""
        removed = await asyncio.to_thread(self._jobs.remove, request.job_id, request.delete_files)
        return pb.RemoveJobResponse(
            deleted_paths=map(str, removed.deleted),
            kept_paths=map(str, removed.kept),
            missing_paths=map(str, removed.missing),
        )

    @unary
    async def MoveJobFiles(self, request: pb.MoveJobFilesRequest) -> pb.Job:
        """Where a finished job's files are now."""
        if not 0 < len(request.paths) <= _MAX_MOVED:
            raise RequestError(f"a job has 1 to {_MAX_MOVED:,} files", field="paths")
        paths = [read_path(text, self._settings, "paths") for text in request.paths]
        await asyncio.to_thread(move, self._ledger, request.job_id, paths)
        return self._job(request.job_id, whole=False)

    def _job(self, job: str, whole: bool) -> pb.Job:
        record = self._ledger.get(job)
        newest = [
            (number, pb.JobEvent.FromString(body)) for number, body in self._ledger.newest(job, _LOOK_BACK)
        ]
        stage = next((event.stage for _, event in newest if event.HasField("stage")), None)
        message = answers.job(record, newest[0] if newest else None, stage)
        message.paths.extend(str(path) for path, _ in self._ledger.files(job))
        if not whole:
            message.ClearField("result")
        return message

    # ------------------------------------------------------------------------------------- server

    @unary
    async def GetServerInfo(self, request: pb.GetServerInfoRequest) -> pb.ServerInfo:
        """What the daemon is, holds and is doing."""
        cards = await self._jobs.cards.recent()
        if self._jobs.cache_figures is None:  # afterwards every job that ends tells them
            self._jobs.cache_figures = await self._ask("cache_figures")
        queued, running = self._jobs.counts
        return pb.ServerInfo(
            version=__version__,
            pid=os.getpid(),
            started=answers.timestamp(self._started),
            address=self._address,
            engines=[answers.engine_info(card) for card in cards.values()],
            slots=[
                pb.SlotInfo(device=slot.device, queued=slot.queued, job_ids=slot.jobs)
                for slot in (device.slot for device in self._jobs.devices)
            ],
            queued_jobs=queued,
            running_jobs=running,
            cache=self._cache_info(),
            memory_bytes=self._jobs.memory(),
            idle_timeout=answers.duration(self._idle_seconds),
            auto_engine=self._auto(cards),
            layers=self._settings.layers,
            roots=map(str, self._settings.roots),
            python_version=platform.python_version(),
        )

    def _auto(self, cards: Mapping[str, EngineCard]) -> pb.EngineChosen | None:
        try:
            choice = choose_engine(self._settings.engine, cards)
        except FoleyError:
            return None
        can = cards[choice.name].capabilities
        return answers.engine_chosen(EngineChosen(choice.name, can.version, choice.reason, can.summary))

    @unary
    async def StopServer(self, request: pb.StopServerRequest) -> pb.StopServerResponse:
        """Stops after this answer has gone out."""
        asyncio.get_running_loop().call_later(
            0.05, self._stop, min(max(0.0, request.grace_seconds), _MAX_GRACE)
        )
        return pb.StopServerResponse()

    async def LoadEngine(
        self, request: pb.LoadEngineRequest, context: Context
    ) -> AsyncIterator[pb.LoadEngineEvent]:
        """Loads an engine, with progress."""
        events: asyncio.Queue[pb.LoadEngineEvent | None] = asyncio.Queue()

        def progress(value: tuple[float, str]) -> None:
            events.put_nowait(pb.LoadEngineEvent(fraction=value[0], message=value[1]))

        async def load() -> None:
            device = await self._jobs.cards.device_of(request.name)
            await device.load(request.name, request.device or "auto", request.profile or "auto", progress)

        task = asyncio.ensure_future(load())
        task.add_done_callback(lambda _: events.put_nowait(None))
        while (event := await events.get()) is not None:
            yield event
        try:
            await task
            card = (await self._jobs.cards.now())[request.name]
        except FoleyError as error:
            await refuse(context, error)
            return
        note = card.report.note if card.report else ""
        yield pb.LoadEngineEvent(fraction=1.0, message=note, engine=answers.engine_info(card))

    @unary
    async def UnloadEngine(self, request: pb.UnloadEngineRequest) -> pb.UnloadEngineResponse:
        """Gives an engine's memory back."""
        device = await self._jobs.cards.device_of(request.name)
        await device.unload(request.name)
        self._jobs.cards.forget()
        return pb.UnloadEngineResponse()

    @unary
    async def GetCacheInfo(self, request: pb.GetCacheInfoRequest) -> pb.CacheInfo:
        """Figures of the cache."""
        self._jobs.cache_figures = await self._ask("cache_figures")
        return self._cache_info()

    @unary
    async def PurgeCache(self, request: pb.PurgeCacheRequest) -> pb.PurgeCacheResponse:
        """Drops what the filters name and is not in use."""
        older = request.older_than.ToNanoseconds() / 1e9 if request.HasField("older_than") else None
        if older is not None and older < 0:
            raise RequestError("an age must be 0 or more", field="older_than")
        if request.larger_than_bytes < 0:
            raise RequestError("a size must be 0 bytes or more", field="larger_than_bytes")
        purged = await self._ask("purge", older, request.larger_than_bytes or None, request.engine or None)
        self._jobs.cache_figures = await self._ask("cache_figures")
        return pb.PurgeCacheResponse(entries=purged.entries, bytes=purged.bytes)

    def _cache_info(self) -> pb.CacheInfo:
        figures = self._jobs.cache_figures
        if figures is None:
            return pb.CacheInfo(folder=str(self._folders.cache), budget_bytes=self._settings.cache_bytes)
        return pb.CacheInfo(
            folder=str(self._folders.cache),
            bytes=figures.bytes,
            budget_bytes=figures.budget,
            entries=figures.entries,
            hits=figures.hits,
            misses=figures.misses,
            evictions=figures.evictions,
        )

    # -------------------------------------------------------------------------- media and timelines

    @unary
    async def ProbeMedia(self, request: pb.ProbeMediaRequest) -> pb.ProbeMediaResponse:
        """What is in media files, each answered by itself."""
        if len(request.paths) > _MAX_PATHS:
            raise RequestError(f"at most {_MAX_PATHS} files at once", field="paths")
        return pb.ProbeMediaResponse(media=[await self._probe(path) for path in request.paths])

    async def _probe(self, text: str) -> pb.MediaInfo:
        try:
            path = read_path(text, self._settings, "paths")
            return timelines.media_info(await self._ask("probe", path))
        except FoleyError as error:
            return pb.MediaInfo(path=text, error=status_of(failure_of(error)))

    @unary
    async def ReadTimeline(self, request: pb.ReadTimelineRequest) -> pb.ReadTimelineResponse:
        """An OTIO document for hosts without OTIO."""
        document = read_document(request.otio, self._settings, "otio")
        return timelines.read_answer(await self._ask("read_timeline", document))

    @unary
    async def WriteTimeline(self, request: pb.WriteTimelineRequest) -> pb.WriteTimelineResponse:
        """A host's timeline as an OTIO document."""
        timeline, target = timelines.read_wire_timeline(request, self._settings)
        document = await self._ask("write_timeline", timeline, target)
        return pb.WriteTimelineResponse(otio=answers.document(document))

    async def _ask(self, method: str, *arguments: Any) -> Any:
        return await self._jobs.workshop.call("front", method, *arguments)


def _new_job(request: pb.GenerateRequest) -> NewJob:
    batch = request.priority == pb.PRIORITY_BATCH
    return NewJob(
        request=request.SerializeToString(deterministic=True),
        digest=digest_of(request),
        request_id=request.request_id,
        priority=Priority.BATCH if batch else Priority.INTERACTIVE,
        client=request.client,
        title=_title(request),
    )


def _title(request: pb.GenerateRequest) -> str:
    prompts = [*request.rule.prompts, *(cue.prompt for cue in request.cues.cues)]
    return (prompts[0] if prompts else "from markers")[:80]
