"""``foley jobs``, ``foley cancel`` and ``foley remove``."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foleyd.cli import options as o
from foleyd.cli.exits import DONE
from foleyd.cli.link import daemon as open_daemon

if TYPE_CHECKING:
    from foleyd.v1 import foleyd_pb2 as pb

JobId = Annotated[str, typer.Argument(metavar="JOB", help="A job's id, as printed by foley jobs.")]


def jobs(
    job_id: Annotated[str | None, typer.Argument(metavar="JOB", help="One job, in full.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=500, help="How many, newest first.")] = 20,
    as_json: o.Json = False,
) -> int:
    """Lists jobs, or shows one.

    Shows seconds by stage, queue wait, peak memory and cache hits.
    """
    from foleyd.cli.show import print_lines
    from foleyd.v1 import foleyd_pb2 as pb

    with open_daemon() as daemon:
        if job_id:
            found = [daemon.job(job_id)]
        else:
            request = pb.ListJobsRequest(page_size=limit)
            found = list(daemon.ask("ListJobs", request, pb.ListJobsResponse).jobs)
    if as_json:
        listed = [job_json(job) for job in found]
        print(json.dumps(listed[0] if job_id else {"jobs": listed}))
    elif job_id:
        print_lines(_full_lines(found[0]))
    else:
        print_lines(_table_lines(found) if found else ["no jobs"])
    return DONE


def cancel(job_id: JobId) -> int:
    """Cancels a job."""
    with open_daemon() as daemon:
        job = daemon.cancel(job_id)
    print(f"job {job.id}: {_state(job)}")
    return DONE


def remove(
    job_id: JobId,
    delete_files: Annotated[
        bool, typer.Option("--delete-files", help="Also delete what it wrote, unless changed since.")
    ] = False,
) -> int:
    """Forgets a finished job."""
    from foleyd.v1 import foleyd_pb2 as pb

    with open_daemon() as daemon:
        request = pb.RemoveJobRequest(job_id=job_id, delete_files=delete_files)
        answer = daemon.ask("RemoveJob", request, pb.RemoveJobResponse)
    for path in answer.deleted_paths:
        print(f"deleted {path}")
    for path in answer.kept_paths:
        print(f"kept {path} (changed since, or it could not be deleted)")
    for path in answer.missing_paths:
        print(f"not found {path} (moved or deleted since)")
    print(f"job {job_id} removed")
    return DONE


def job_json(job: pb.Job) -> dict[str, Any]:
    """A job's record for scripts; seconds are of work, not of media."""
    return {
        "id": job.id,
        "state": _state(job),
        "title": job.title,
        "engine": job.engine,
        "client": job.client,
        "created": job.created.ToJsonString() if job.HasField("created") else None,
        "finished": job.finished.ToJsonString() if job.HasField("finished") else None,
        "fraction": job.stage.fraction,
        "stage": job.stage.name,
        "seconds": dict(job.stage_seconds),
        "queue_wait_seconds": job.queue_wait_seconds,
        "peak_memory_bytes": job.peak_memory_bytes,
        "peak_device_memory_bytes": job.peak_device_memory_bytes,
        "cache_hits": job.cache_hits,
        "cache_misses": job.cache_misses,
        "attempts": job.attempts,
        "paths": list(job.paths),
        "error": job.error.message if job.HasField("error") else None,
    }


def _state(job: pb.Job) -> str:
    from foleyd.v1 import foleyd_pb2 as pb

    return pb.JobState.Name(job.state).removeprefix("JOB_STATE_").lower()


def _table_lines(found: list[pb.Job]) -> list[str]:
    from foleyd.cli.show import table

    rows = [["job", "state", "done", "engine", "created", "what"]]
    for job in found:
        created = f"{job.created.ToDatetime():%Y-%m-%d %H:%M:%S}" if job.HasField("created") else ""
        title = " ".join(job.title.split())
        rows.append([job.id, _state(job), f"{job.stage.fraction:.0%}", job.engine, created, title])
    return table(rows)


def _on_card(peak: int) -> str:
    from foleyd.cli.show import size_text

    return f", {size_text(peak)} of the card" if peak else ""


def _full_lines(job: pb.Job) -> list[str]:
    from foleyd.cli.show import duration_text, size_text, stage_text

    lines = [f"job       {job.id}", f"state     {_state(job)}", f"what      {' '.join(job.title.split())}"]
    if job.HasField("error"):
        lines.append(f"error     {job.error.message}")
    if job.HasField("stage"):
        lines.append(f"progress  {job.stage.fraction:.0%} ({stage_text(job.stage)})")
    lines += [
        f"engine    {job.engine or 'not chosen yet'}",
        f"client    {job.client or 'unknown'}",
        f"waited    {duration_text(job.queue_wait_seconds)}",
        f"memory    {size_text(job.peak_memory_bytes)} at most{_on_card(job.peak_device_memory_bytes)}",
        f"cache     {job.cache_hits} found, {job.cache_misses} made",
        f"attempts  {job.attempts}",
    ]
    lines += [f"seconds   {seconds:8.3f}  {name}" for name, seconds in sorted(job.stage_seconds.items())]
    lines += [f"file      {path}" for path in job.paths]
    return lines
