"""The words of the house on the wire: events, results, jobs, engines."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any

from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration
from google.protobuf.struct_pb2 import Struct
from google.protobuf.timestamp_pb2 import Timestamp

from foleyd.brief import EngineCard, Notice
from foleyd.cue import Cue, FrameRange, Loudness, Placement, Program, Shot, SoundEvent, Take
from foleyd.jobs import events as e
from foleyd.jobs.records import Priority, Record, State
from foleyd.refreshed import Outcome, Refreshed
from foleyd.request import Document
from foleyd.server.status import status_of
from foleyd.timebase import SAMPLE_RATE, Timecode
from foleyd.v1 import foleyd_pb2 as pb

STATES = {
    State.QUEUED: pb.JOB_STATE_QUEUED,
    State.RUNNING: pb.JOB_STATE_RUNNING,
    State.DONE: pb.JOB_STATE_DONE,
    State.FAILED: pb.JOB_STATE_FAILED,
    State.CANCELLED: pb.JOB_STATE_CANCELLED,
}
_OUTCOMES = {
    Outcome.KEPT: pb.RefreshedTake.OUTCOME_KEPT,
    Outcome.MOVED: pb.RefreshedTake.OUTCOME_MOVED,
    Outcome.RECUT: pb.RefreshedTake.OUTCOME_RECUT,
    Outcome.REMADE: pb.RefreshedTake.OUTCOME_REMADE,
    Outcome.DROPPED: pb.RefreshedTake.OUTCOME_DROPPED,
    Outcome.LEFT: pb.RefreshedTake.OUTCOME_LEFT,
    Outcome.FAILED: pb.RefreshedTake.OUTCOME_FAILED,
}
_EXACT_NUMBER = 2**53
_DEEPEST = 16
PRIORITIES = {
    Priority.INTERACTIVE: pb.PRIORITY_INTERACTIVE,
    Priority.BATCH: pb.PRIORITY_BATCH,
}


def rational(value: Fraction) -> pb.Rational:
    """An exact fraction."""
    return pb.Rational(num=value.numerator, den=value.denominator)


def frame_range(value: FrameRange) -> pb.FrameRange:
    """Record frames."""
    return pb.FrameRange(start_frame=value.start, end_frame=value.end)


def start_timecode(value: Timecode) -> pb.StartTimecode:
    """A label."""
    return pb.StartTimecode(frames=value.frame, drop_frame=value.drop)


def timestamp(seconds: float | None) -> Timestamp | None:
    """Seconds since the epoch; None stays absent."""
    if seconds is None:
        return None
    stamp = Timestamp()
    stamp.FromNanoseconds(int(seconds * 1e9))
    return stamp


def duration(seconds: float | None) -> Duration | None:
    """A length of work, not of media; None stays absent."""
    if seconds is None:
        return None
    value = Duration()
    value.FromNanoseconds(int(seconds * 1e9))
    return value


def cue(value: Cue) -> pb.Cue:
    """One spot to fill."""
    return pb.Cue(
        id=value.id,
        range=frame_range(value.record),
        prompt=value.prompt,
        negative_prompt=value.negative_prompt,
        layer=value.layer,
        seeds=value.seeds,
        handles_frames=value.handles,
        engine=value.engine,
    )


def program(value: Program, name: str) -> pb.Program:
    """The flattened picture; source positions count from each file's first frame."""
    return pb.Program(
        rate=rational(value.rate),
        start_timecode=start_timecode(value.start),
        shots=[shot(item) for item in value.shots],
        name=name,
        duration_frames=value.duration,
    )


def shot(value: Shot) -> pb.Shot:
    """One piece of media on the record timeline."""
    media = None
    if value.media is not None:
        path = str(value.media.path) if value.media.path else None
        media = pb.Media(path=path, name=value.media.name)
    return pb.Shot(
        id=value.id,
        name=value.name,
        media=media,
        source_start=rational(value.source_start),
        record_start_frame=value.record.start,
        duration_frames=value.record.duration,
        speed=rational(value.speed),
    )


def warning(value: Notice) -> pb.Warning:
    """Something the editor should know."""
    return pb.Warning(what=value.what, where=value.where, fix=value.fix)


def sound_events(values: Iterable[SoundEvent]) -> list[pb.SoundEvent]:
    """Sounds placed on the picture, from the cue's start."""
    return [
        pb.SoundEvent(time=rational(value.time), kind=value.kind, strength=value.strength, pan=value.pan)
        for value in values
    ]


def loudness(value: Loudness) -> pb.Loudness:
    """Measured values; what could not be measured is absent."""
    return pb.Loudness(integrated_lufs=value.integrated, true_peak_dbtp=value.true_peak, range_lu=value.range)


def document(value: Document) -> pb.OtioDocument:
    """An OTIO document."""
    return pb.OtioDocument(json=value.json, base_folder=str(value.base_folder), name=value.name)


def struct(value: Mapping[str, Any]) -> Struct:
    """A mapping of plain values; what a Struct cannot hold without loss becomes text."""
    message = Struct()
    json_format.Parse(json.dumps(_sayable(value), default=str), message)
    return message


def _sayable(value: Any, depth: int = 0) -> Any:
    """VALUE as a Struct can hold it without loss: long integers, odd numbers and deep nests as text."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > _EXACT_NUMBER:
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping | list):
        if depth == _DEEPEST:
            return json.dumps(value, default=str)
        if isinstance(value, list):
            return [_sayable(item, depth + 1) for item in value]
        return {str(key): _sayable(item, depth + 1) for key, item in value.items()}
    return value


def take(value: Take, exports: Iterable[str]) -> pb.Take:
    """A take as a file."""
    cut = value.cut
    return pb.Take(
        id=value.id,
        cue_id=value.cue.id,
        path=str(value.path),
        seed=value.seed,
        samples=cut.samples,
        source_in_samples=cut.source_in,
        cue_samples=cut.cue_samples,
        sample_rate=value.sample_rate,
        channels=value.channels,
        events=sound_events(value.events),
        provenance=struct(value.provenance),
        loudness=loudness(value.loudness),
        time_reference_samples=cut.time_reference,
        export_paths=list(exports),
        file_range=pb.FrameRange(start_frame=cut.first_frame, end_frame=cut.first_frame + cut.frames),
    )


def placement(value: Placement) -> pb.Placement:
    """Where a take sits."""
    return pb.Placement(
        cue_id=value.take.cue.id,
        take_id=value.take.id,
        track_name=value.track_name,
        layer=value.take.cue.layer,
        range=frame_range(value.record),
        source_in_samples=value.source_in,
        enabled=value.enabled,
        path=str(value.take.path),
    )


def engine_chosen(value: e.EngineChosen) -> pb.EngineChosen:
    """Which engine, and why."""
    return pb.EngineChosen(name=value.name, version=value.version, reason=value.reason, summary=value.summary)


def engine_info(card: EngineCard) -> pb.EngineInfo:
    """What an engine is and whether it can be used."""
    can, report = card.capabilities, card.report
    return pb.EngineInfo(
        name=can.name,
        version=can.version,
        sample_rate=can.sample_rate,
        channels=can.channels,
        needs_gpu=can.needs_gpu,
        licence=can.licence,
        summary=can.summary,
        loaded=report is not None,
        ready=not card.why_not,
        why_not=card.why_not,
        options=[
            pb.EngineOption(name=name, default_value=o.default, choices=o.choices, help=o.help)
            for name, o in can.options.items()
        ],
        best_window_seconds=rational(can.best_window),
        longest_window_seconds=None if can.longest_window is None else rational(can.longest_window),
        shortest_window_seconds=rational(can.shortest_window),
        device=report.device if report else "",
        profile=report.profile if report else "",
        note=report.note if report else card.caution,
    )


def result(done: e.Done) -> pb.Result:
    """All that a job delivered."""
    names, delivery = done.names, done.delivery
    exports = done.conformed.exports
    written = (*done.conformed.takes, *done.conformed.recuts.values())
    return pb.Result(
        otio=document(delivery.document),
        placements=[placement(item) for item in delivery.placements],
        takes=[take(item, map(str, exports.get(item.id, ()))) for item in written],
        stage_seconds=done.stage_seconds,
        peak_memory_bytes=done.peak_memory,
        peak_device_memory_bytes=done.device_peak,
        cached=done.cached,
        otio_path=str(names.otio or ""),
        preview_path=str(delivery.preview or ""),
        picture_path=str(names.picture or ""),
        audition_path=str(names.mix or ""),
        cue_sheet_path=str(names.cue_sheet or ""),
        cue_page_path=str(names.cue_page or ""),
        preview_note=delivery.preview_note,
        failed_cues=[cue_failed(item) for item in done.failed],
        warnings=[warning(item) for item in done.notices],
        engine=engine_chosen(done.engine),
        cues=[cue(found) for found in _found(done)],
        rate=rational(done.brief.program.rate),
        start_timecode=start_timecode(done.brief.program.start),
        gain_db=done.conformed.gain_db,
        loudness_target=done.conformed.loudness_target,
        missing_media=[warning(item) for item in done.brief.missing],
        refreshed=[refreshed(item) for item in delivery.refreshed],
    )


def refreshed(value: Refreshed) -> pb.RefreshedTake:
    """What has become of a take on a timeline that came back."""
    made = value.made
    return pb.RefreshedTake(
        job_id=value.job,
        cue_id=value.cue_id,
        take_id=value.take_id,
        layer=value.layer,
        prompt=value.prompt,
        seed=value.seed,
        number=value.number,
        outcome=_OUTCOMES[value.outcome],
        why=value.words,
        made_range=frame_range(made.record) if made else None,
        made_rate=rational(made.start.rate) if made else None,
        made_start_timecode=start_timecode(made.start) if made else None,
        found_range=frame_range(value.lies),
        range=frame_range(value.record) if value.record is not None else None,
        track_name=value.track_name,
        enabled=value.enabled,
        path=str(value.file.path) if value.file else "",
        new_cue_id=value.new_cue,
    )


def _found(done: e.Done) -> list[Cue]:
    """All cues of a job, those that failed too, in record order."""
    cues = {found.id: found for found in (plan.cue for plan in done.brief.plans)}
    cues.update((failed.cue.id, failed.cue) for failed in done.failed)
    return sorted(cues.values(), key=lambda found: found.record)


def cue_failed(value: e.CueFailed) -> pb.CueFailed:
    """A cue that could not be done."""
    return pb.CueFailed(cue_id=value.cue.id, status=status_of(value.failure))


def stage(value: e.Progressed) -> pb.Stage:
    """Progress of the whole job."""
    return pb.Stage(
        name=value.stage,
        fraction=value.fraction,
        step=value.step,
        steps=value.steps,
        eta=duration(value.eta),
        words=value.words,
    )


def take_ready(value: e.TakeHeard) -> pb.TakeReady:
    """A take that was heard; its file comes later."""
    heard = pb.Take(
        id=value.take_id,
        cue_id=value.cue.id,
        seed=value.seed,
        samples=value.samples,
        source_in_samples=value.source_in,
        cue_samples=value.cue_samples,
        sample_rate=SAMPLE_RATE,
        channels=value.channels,
        events=sound_events(value.events),
    )
    return pb.TakeReady(cue_id=value.cue.id, take=heard, cached=value.cached)


def event(job: str, value: e.Event) -> pb.JobEvent:
    """One event of a job, without its sequence number."""
    message = pb.JobEvent(job_id=job)
    message.time.GetCurrentTime()
    match value:
        case e.Queued(position):
            message.queued.position = position
        case e.EngineChosen():
            message.engine_chosen.CopyFrom(engine_chosen(value))
        case e.Progressed():
            message.stage.CopyFrom(stage(value))
        case e.CueFound(found):
            message.cue_found.cue.CopyFrom(cue(found))
        case e.TakeHeard():
            message.take_ready.CopyFrom(take_ready(value))
        case e.Warned(notice):
            message.MergeFrom(pb.JobEvent(warning=warning(notice)))
        case e.CueFailed():
            message.cue_failed.CopyFrom(cue_failed(value))
        case e.Done():
            message.done.CopyFrom(result(value))
        case e.Failed(failure):
            message.failed.CopyFrom(status_of(failure))
        case e.CancelledJob(reason):
            message.cancelled.reason = reason
    return message


def job(record: Record, last: tuple[int, pb.JobEvent] | None, progress: pb.Stage | None) -> pb.Job:
    """A job's record; with its result where LAST is its done event."""
    if record.state is State.DONE:
        progress = pb.Stage(name=progress.name if progress else "", fraction=1.0)
    return pb.Job(
        id=record.id,
        request_id=record.request_id,
        state=STATES[record.state],
        priority=PRIORITIES[record.priority],
        created=timestamp(record.created),
        started=timestamp(record.started),
        finished=timestamp(record.finished),
        stage=progress,
        stage_seconds=record.stage_seconds,
        queue_wait_seconds=max(0.0, record.started - record.created) if record.started else 0.0,
        peak_memory_bytes=record.peak_memory,
        peak_device_memory_bytes=record.device_peak,
        cache_hits=record.hits,
        cache_misses=record.misses,
        title=record.title,
        engine=record.engine,
        client=record.client,
        error=status_of(record.failure) if record.failure else None,
        last_sequence=last[0] if last else 0,
        attempts=record.attempts,
        result=last[1].done if last and last[1].HasField("done") else None,
    )
