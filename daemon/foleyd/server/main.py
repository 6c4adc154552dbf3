"""``foley serve``: one daemon for each user, from its lock to its last breath."""

from __future__ import annotations

import argparse
import asyncio
import logging
import logging.handlers
import os
import secrets
import signal
import stat
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import msgspec
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from foleyd import __version__
from foleyd.config import Folders, Settings, find_folders, load_settings, make_private
from foleyd.errors import FoleyError
from foleyd.files import replace_file
from foleyd.jobs.jobs import Jobs
from foleyd.jobs.ledger import Ledger
from foleyd.launch import ALREADY_RUNNING, Endpoint, unix_address
from foleyd.server.auth import TokenInterceptor
from foleyd.server.codec import WireCodec
from foleyd.server.lock import AlreadyRunning, hold_lock
from foleyd.server.malformed import MalformedInterceptor
from foleyd.server.requests import MAX_DOCUMENT_BYTES
from foleyd.server.servicer import FoleyServicer
from foleyd.v1 import foleyd_pb2, foleyd_pb2_grpc

logger = logging.getLogger(__name__)

GRACE_SECONDS = 5.0
_MESSAGE_BYTES = MAX_DOCUMENT_BYTES + 1024**2
_LOG_BYTES = 5 * 1024**2
_IDLE_CHECK = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """TCP None: the Unix socket (loopback TCP on Windows); 0 any free port. IDLE None: stays for ever."""

    tcp: int | None = None
    idle: float | None = None
    to_log: bool = False


def serve(options: Options) -> int:
    """Runs a daemon until it is stopped; returns the exit code."""
    folders = find_folders()
    try:
        settings = load_settings(folders)
        for folder in (folders.runtime, folders.state, folders.cache):
            make_private(folder)
        with hold_lock(folders.lock), ExitStack() as stack:
            stack.enter_context(_logging(folders, options.to_log))
            asyncio.run(_serve(folders, settings, options))
    except AlreadyRunning as error:
        print(error, file=sys.stderr)
        return ALREADY_RUNNING
    except FoleyError as error:
        print(f"foleyd cannot start: {error}", file=sys.stderr)
        return 1
    return 0


async def _serve(folders: Folders, settings: Settings, options: Options) -> None:
    stopping: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    def stop(grace: float) -> None:
        if not stopping.done():
            stopping.set_result(grace)

    _handle_signals(stop)  # before anybody can know of this daemon: from then on it leaves nothing behind
    ledger = Ledger(folders.ledger)
    jobs = Jobs(folders, settings, ledger, WireCodec(settings))
    token = secrets.token_urlsafe(32) if _over_tcp(options) else ""
    server = grpc.aio.server(
        interceptors=[*([TokenInterceptor(token)] if token else []), MalformedInterceptor()],
        options=[
            ("grpc.so_reuseport", 0),
            ("grpc.max_receive_message_length", _MESSAGE_BYTES),
            ("grpc.max_send_message_length", _MESSAGE_BYTES),
        ],
    )
    # That of a daemon that was killed: a client must not take this one, once it answers, for that.
    folders.endpoint.unlink(missing_ok=True)
    address = _bind(server, folders, options)
    servicer = FoleyServicer(jobs, ledger, folders, settings, address, stop, options.idle)
    foleyd_pb2_grpc.add_FoleyServicer_to_server(servicer, server)  # type: ignore[no-untyped-call]
    healths = await _add_standard_services(server)
    await server.start()
    await jobs.start()
    _write_endpoint(folders, Endpoint(address, token, os.getpid(), __version__))
    idle = asyncio.ensure_future(_leave_when_idle(jobs, options.idle, stop))
    logger.info("foleyd %s listens on %s", __version__, address)
    try:
        grace = await stopping
    finally:
        idle.cancel()
    logger.info("stopping, %g s of grace", grace)
    folders.endpoint.unlink(missing_ok=True)
    await healths.enter_graceful_shutdown()
    await jobs.close(grace)
    await server.stop(1.0)
    ledger.close()
    if not _over_tcp(options):
        folders.socket.unlink(missing_ok=True)


def _over_tcp(options: Options) -> bool:
    return options.tcp is not None or sys.platform == "win32"


def _bind(server: grpc.aio.Server, folders: Folders, options: Options) -> str:
    """Binds to the socket, or to loopback; never beyond the machine. The lock is held: stale sockets go."""
    if _over_tcp(options):
        port = server.add_insecure_port(f"127.0.0.1:{options.tcp or 0}")
        return f"127.0.0.1:{port}"
    _remove_stale(folders.socket)
    address = unix_address(folders.socket)
    server.add_insecure_port(address)
    return address


def _remove_stale(socket: Path) -> None:
    try:
        if stat.S_ISSOCK(socket.lstat().st_mode):
            socket.unlink()
    except FileNotFoundError:
        return


async def _add_standard_services(server: grpc.aio.Server) -> health.aio.HealthServicer:
    healths = health.aio.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(healths, server)
    name = foleyd_pb2.DESCRIPTOR.services_by_name["Foley"].full_name
    reflection.enable_server_reflection((name, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
    await healths.set(name, health_pb2.HealthCheckResponse.SERVING)
    return healths


def _write_endpoint(folders: Folders, endpoint: Endpoint) -> None:
    replace_file(folders.endpoint, msgspec.json.encode(endpoint), mode=0o600)


def _handle_signals(stop: Callable[[float], None]) -> None:
    loop = asyncio.get_running_loop()
    for name in ("SIGTERM", "SIGINT"):
        number = getattr(signal, name)
        try:
            loop.add_signal_handler(number, stop, GRACE_SECONDS)
        except NotImplementedError:  # Windows has no loop handlers; the plain one wakes the loop
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(stop, GRACE_SECONDS))


async def _leave_when_idle(jobs: Jobs, idle: float | None, stop: Callable[[float], None]) -> None:
    while idle is not None:
        await asyncio.sleep(min(_IDLE_CHECK, idle))
        if not jobs.busy and not jobs.keeps_warm and time.monotonic() - jobs.last_busy >= idle:
            logger.info("idle for %g s, leaving", idle)
            stop(0.0)
            return


@contextmanager
def _logging(folders: Folders, to_log: bool) -> Iterator[None]:
    """The log file, and standard error too when somebody is there to read it."""
    handlers: list[logging.Handler] = [
        logging.handlers.RotatingFileHandler(
            folders.log, maxBytes=_LOG_BYTES, backupCount=2, encoding="utf-8"
        )
    ]
    if not to_log:
        handlers.append(logging.StreamHandler())
    logging.basicConfig(
        level=logging.INFO,
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        handlers=handlers,
        force=True,
    )
    yield
    logging.shutdown()


def main(arguments: list[str] | None = None) -> int:
    """``python -m foleyd.server``."""
    parser = argparse.ArgumentParser(prog="foley serve", description="The foleyd daemon.")
    parser.add_argument(
        "--tcp", nargs="?", type=int, const=0, metavar="PORT", help="loopback TCP with a token"
    )
    parser.add_argument("--idle-seconds", type=float, metavar="N", help="leave after N idle seconds")
    parser.add_argument("--to-log", action="store_true", help="write to the log file alone")
    given = parser.parse_args(arguments)
    return serve(Options(given.tcp, given.idle_seconds, given.to_log or not sys.stderr.isatty()))
