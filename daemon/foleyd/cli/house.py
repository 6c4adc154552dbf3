"""Commands about the daemon and its house: serve, status, stop, load, unload, cache, probe, doctor."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foleyd import __version__
from foleyd.cli import options as o
from foleyd.cli.exits import DONE, OTHER, WRONG, InputError, exit_code
from foleyd.cli.link import daemon as open_daemon
from foleyd.config import find_folders, load_settings

if TYPE_CHECKING:
    from foleyd.v1 import foleyd_pb2 as pb

_MEBIBYTE = 1024 * 1024
_SECONDS_PER_DAY = 86_400
_STOP_SECONDS = 15.0

EngineName = Annotated[str, typer.Argument(metavar="ENGINE", help="An engine's name.")]


def serve(
    tcp: Annotated[
        int | None,
        typer.Option(
            "--tcp", metavar="[PORT]", min=0, max=65535, help="Loopback TCP with a token; no PORT: any free."
        ),
    ] = None,
    idle_seconds: Annotated[
        float | None, typer.Option("--idle-seconds", min=0, help="Leave after this long without a request.")
    ] = None,
) -> int:
    """Runs the daemon in the foreground."""
    from foleyd.launch import ALREADY_RUNNING
    from foleyd.server.main import main as serve_until_stopped

    load_settings(find_folders())  # wrong ones are the command's to refuse
    arguments: list[str] = []
    if tcp is not None:
        arguments += ["--tcp", str(tcp)]
    if idle_seconds is not None:
        arguments += ["--idle-seconds", f"{idle_seconds:g}"]
    code = serve_until_stopped(arguments)
    return WRONG if code == ALREADY_RUNNING else code


def status(as_json: o.Json = False) -> int:
    """Says what the daemon is doing.

    Starts nothing; exit code 1 when none runs.
    """
    from foleyd.cli.call import message_json
    from foleyd.cli.show import print_lines
    from foleyd.client import DaemonUnavailable

    try:
        with open_daemon(start=False) as daemon:
            info = daemon.server_info()
    except DaemonUnavailable as error:
        if as_json:
            print(json.dumps({"running": False, "why": str(error)}))
        else:
            print(f"{error}; commands that need one start it")
        return OTHER
    if as_json:
        print(json.dumps({"running": True, **message_json(info)}))
    else:
        print_lines(_status_lines(info))
    return DONE


def stop(
    grace: Annotated[
        float, typer.Option("--grace", min=0, max=86_400, help="Seconds that running work may take to end.")
    ] = 0.0,
) -> int:
    """Stops the daemon.

    Its jobs go on when it runs again.
    """
    from foleyd.client import DaemonUnavailable, wait_until_gone
    from foleyd.launch import read_endpoint

    folders = find_folders()
    if read_endpoint(folders) is None:
        print("no daemon is running")
        return DONE
    try:
        with open_daemon(start=False) as daemon:
            daemon.stop(grace)
            endpoint = daemon.endpoint
    except DaemonUnavailable as error:
        print(error)
        return DONE if "no daemon is running" in str(error) else OTHER
    wait_until_gone(endpoint, folders, grace + _STOP_SECONDS)
    print("stopped")
    return DONE


def load(
    engine: EngineName,
    device: Annotated[str, typer.Option("--device", help="auto, cpu, cuda:0.")] = "",
    profile: Annotated[str, typer.Option("--profile", help="Memory profile of the engine.")] = "",
) -> int:
    """Loads an engine and warms it up."""
    from foleyd.v1 import foleyd_pb2 as pb

    request = pb.LoadEngineRequest(name=engine, device=device, profile=profile)
    with open_daemon() as daemon:
        for answer in daemon.answers("LoadEngine", request, streams=True):
            assert isinstance(answer, pb.LoadEngineEvent)
            if answer.message:
                print(f"{answer.fraction:4.0%}  {answer.message}", file=sys.stderr)
            if answer.HasField("engine"):
                print(_engine_line(answer.engine))
    return DONE


def unload(engine: EngineName) -> int:
    """Unloads an engine and gives its memory back."""
    from foleyd.v1 import foleyd_pb2 as pb

    with open_daemon() as daemon:
        daemon.ask("UnloadEngine", pb.UnloadEngineRequest(name=engine), pb.UnloadEngineResponse)
    print(f"{engine} unloaded")
    return DONE


def cache(
    *,
    purge: Annotated[bool, typer.Option("--purge", help="Drop what the filters name.")] = False,
    older_than: Annotated[
        float | None,
        typer.Option("--older-than", metavar="DAYS", min=0, max=36_500, help="Unused so long."),
    ] = None,
    larger_than: Annotated[
        float | None, typer.Option("--larger-than", metavar="MIB", min=0, max=1e9, help="At least so large.")
    ] = None,
    engine: Annotated[str, typer.Option("--engine", metavar="NAME", help="Of this engine.")] = "",
    as_json: o.Json = False,
) -> int:
    """Shows the cache's figures, or purges it."""
    from foleyd.cli.call import message_json
    from foleyd.cli.show import print_lines, size_text
    from foleyd.v1 import foleyd_pb2 as pb

    if not purge and (older_than is not None or larger_than is not None or engine):
        raise InputError("--older-than, --larger-than and --engine choose what to purge; add --purge")
    with open_daemon() as daemon:
        if purge:
            request = pb.PurgeCacheRequest(
                larger_than_bytes=round((larger_than or 0) * _MEBIBYTE), engine=engine
            )
            if older_than is not None:
                request.older_than.FromSeconds(round(older_than * _SECONDS_PER_DAY))
            purged = daemon.ask("PurgeCache", request, pb.PurgeCacheResponse)
            lines = [f"purged {purged.entries} entries, {size_text(purged.bytes)}"]
            message: Any = purged
        else:
            message = info = daemon.ask("GetCacheInfo", pb.GetCacheInfoRequest(), pb.CacheInfo)
            lines = _cache_lines(info)
    if as_json:
        print(json.dumps(message_json(message)))
    else:
        print_lines(lines)
    return DONE


def probe(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Media files.")],
    as_json: o.Json = False,
) -> int:
    """Says what is in media files."""
    from foleyd.cli.call import message_json
    from foleyd.cli.requests import absolute
    from foleyd.refused import RequestRefused

    with open_daemon() as daemon:
        media = daemon.probe([str(absolute(file)) for file in files])
    failed = [RequestRefused(item.error).failure for item in media if item.HasField("error")]
    if as_json:
        print(json.dumps({"media": [message_json(item) for item in media]}))
    else:
        for item in media:
            print(_media_line(item))
    return max((exit_code(failure.code) for failure in failed), default=DONE, key=lambda code: code == WRONG)


def doctor(
    *,
    davinci: Annotated[
        bool, typer.Option("--davinci", help="Only what the plugin for DaVinci Resolve needs.")
    ] = False,
    as_json: o.Json = False,
) -> int:
    """Finds out what is wrong, and what to do.

    Checks what is installed, reachable and writable. Exit code 1 when the main job, or with --davinci the
    plugin, cannot work.
    """
    from foleyd.cli.doctor import BAD, examine, lines_of
    from foleyd.cli.doctor_davinci import examine_davinci

    checks = list(examine_davinci(find_folders()) if davinci else examine(find_folders()))
    healthy = all(check.state != BAD for check in checks)
    if as_json:
        print(json.dumps({"ok": healthy, "checks": [check.as_json() for check in checks]}))
    else:
        for line in lines_of(checks):
            print(line)
    return DONE if healthy else OTHER


def version() -> int:
    """Prints the version."""
    print(f"foleyd {__version__}")
    return DONE


def _status_lines(info: pb.ServerInfo) -> list[str]:
    from foleyd.cli.show import engine_text, size_text

    lines = [
        f"foleyd {info.version}, process {info.pid}, at {info.address}",
        engine_text(info.auto_engine) if info.HasField("auto_engine") else "engine: none is ready",
        f"jobs: {info.running_jobs} running, {info.queued_jobs} queued",
        f"memory: {size_text(info.memory_bytes)}",
        *_cache_lines(info.cache),
    ]
    lines += [_engine_line(engine) for engine in info.engines]
    lines += [
        f"slot {slot.device}: {slot.engine or 'idle'}, {slot.queued} queued"
        + (f", at work on {', '.join(slot.job_ids)}" if slot.job_ids else "")
        for slot in info.slots
    ]
    if info.HasField("idle_timeout"):
        lines.append(f"leaves after {info.idle_timeout.seconds} s without a request")
    return lines


def _engine_line(engine: pb.EngineInfo) -> str:
    state = "loaded" if engine.loaded else "ready" if engine.ready else f"not ready: {engine.why_not}"
    text = f"engine {engine.name} {engine.version}: {state}"
    text += f" on {engine.device}" if engine.loaded and engine.device else ""
    return f"{text}. {engine.summary}" if engine.summary else text


def _cache_lines(info: pb.CacheInfo) -> list[str]:
    from foleyd.cli.show import size_text

    return [
        f"cache: {size_text(info.bytes)} of {size_text(info.budget_bytes)} in {info.folder}",
        f"cache: {info.entries} entries; {info.hits} found, {info.misses} not, {info.evictions} dropped",
    ]


def _media_line(media: pb.MediaInfo) -> str:
    from foleyd.ranges import fraction, start_label

    if media.HasField("error"):
        return f"{media.path}: {media.error.message}"
    rate, seconds = fraction(media.rate), fraction(media.duration)
    parts = []
    if rate:
        start = f"from {start_label(rate, media.timecode)}" if media.HasField("timecode") else "no timecode"
        kind = " (variable)" if media.variable_rate else ""
        parts.append(f"{media.width}x{media.height}, {float(rate):.6g} frames/s{kind}, {start}")
        parts.append(f"{media.frames} frames" if media.frames else "frames not counted")
    parts.append(f"{float(seconds):.3f} s")
    parts += [f"{stream.kind} {stream.codec}".strip() for stream in media.streams]
    return f"{media.path}: {', '.join(parts)}"
