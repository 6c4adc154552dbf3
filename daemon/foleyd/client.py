"""The client of the daemon: finds it, starts it when none answers, and connects to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from enum import Enum, auto
from typing import Any

from foleyd import __version__
from foleyd.config import Folders, Settings
from foleyd.connection import Daemon, DaemonUnavailable
from foleyd.errors import FoleyError
from foleyd.launch import (
    ALREADY_RUNNING,
    Endpoint,
    daemon_command,
    last_log_line,
    read_endpoint,
    start_detached,
)
from foleyd.refused import RequestRefused
from foleyd.server.lock import AlreadyRunning, hold_lock

__all__ = ["Daemon", "DaemonBusy", "DaemonUnavailable", "connect", "wait_until_gone"]

START_SECONDS = 15.0

_HEALTH_SECONDS = 2.0
_POLL_SECONDS = 0.05
_RESTART_SECONDS = 2.0
_MAX_RESTARTS = 3

OnStatus = Callable[[str], None]


class DaemonBusy(FoleyError):
    """A daemon of another version is at work and cannot be replaced now."""

    code = "FAILED_PRECONDITION"
    reason = "DAEMON_BUSY"


class _State(Enum):
    ABSENT = auto()
    SILENT = auto()
    STOPPING = auto()


def connect(
    folders: Folders,
    *,
    start: bool = True,
    on_status: OnStatus = lambda _: None,
    settings: Settings | None = None,
    command: Sequence[str] | None = None,
) -> Daemon:
    """A connection to this user's daemon.

    START allows to start one when none answers and to replace an idle one of another version;
    without it whichever answers is used. ON_STATUS is told in a few words what is being waited
    for. COMMAND stands in for the daemon's own. Raises DaemonUnavailable (with the log's last
    line), DaemonBusy, and ConfigError when the folders cannot be used.
    """
    command = command or daemon_command(settings or Settings())
    deadline = time.monotonic() + START_SECONDS
    child, begun, restarts = None, 0.0, 0
    again = (lambda: connect(folders, on_status=on_status, command=command)) if start else None
    while True:
        found = _find(folders, again)
        if isinstance(found, Daemon):
            if not start or found.endpoint.version == __version__:
                return found
            restarts += 1
            _retire(found, folders, on_status, last=restarts > _MAX_RESTARTS)
            deadline = time.monotonic() + START_SECONDS
            continue
        if not start:
            raise _not_there(found, folders)
        if found is _State.ABSENT and _needs_start(child, begun, folders):
            on_status("starting the daemon")
            child, begun = _start(command, folders), time.monotonic()
        if time.monotonic() > deadline:
            raise _late(found, folders)
        time.sleep(_POLL_SECONDS)


def _find(folders: Folders, reconnect: Callable[[], Daemon] | None) -> Daemon | _State:
    endpoint = read_endpoint(folders)
    if endpoint is None:
        return _State.ABSENT
    daemon = Daemon(endpoint, reconnect)
    try:
        serves = daemon.serves(_HEALTH_SECONDS)
    except RequestRefused as refused:
        daemon.close()
        if refused.failure.code == "UNAVAILABLE":
            return _State.ABSENT
        if refused.failure.code == "DEADLINE_EXCEEDED":
            return _State.SILENT
        raise
    if serves and read_endpoint(folders) == endpoint:
        return daemon
    daemon.close()
    # Another has come meanwhile, to the same socket, and it was that which answered.
    return _find(folders, reconnect) if serves else _State.STOPPING


def _start(command: Sequence[str], folders: Folders) -> Any:
    try:
        return start_detached(command, folders)
    except OSError as error:
        raise DaemonUnavailable(
            f"the daemon could not be started ({error.strerror or error})", fix="foley doctor"
        ) from error


def _needs_start(child: Any, begun: float, folders: Folders) -> bool:
    """Whether to start a daemon: nobody did, or ours lost to one that has left since."""
    if child is None:
        return True
    status = child.poll()
    if status is None:
        return False
    if status in (0, ALREADY_RUNNING):
        # The winner gets the time to come up.
        return time.monotonic() > begun + _RESTART_SECONDS
    raise DaemonUnavailable(
        f"the daemon could not be started: {last_log_line(folders) or f'it left with status {status}'}"
        f" (log: {folders.log})",
        fix="foley doctor",
    )


def _retire(daemon: Daemon, folders: Folders, on_status: OnStatus, last: bool) -> None:
    """Stops an idle DAEMON of another version and waits until it is gone.

    Raises DaemonBusy where it has jobs, or at LAST, when others of its version kept coming.
    """
    old = daemon.endpoint
    with daemon:
        if last:
            raise DaemonBusy(
                f"the daemon was restarted {_MAX_RESTARTS} times and is version {old.version} again, this is "
                f"{__version__}; use one of the two installations, or give each its own FOLEYD_HOME"
            )
        info = daemon.server_info()
        jobs = info.queued_jobs + info.running_jobs
        if jobs:
            raise DaemonBusy(
                f"the running daemon is version {old.version}, this is {__version__}, and it has {jobs} "
                f"job{'s' if jobs > 1 else ''} to finish; wait for it or stop it",
                fix="foley stop",
            )
        on_status(f"restarting the daemon: it is version {old.version}, this is {__version__}")
        daemon.stop()
    wait_until_gone(old, folders)


def wait_until_gone(old: Endpoint, folders: Folders, seconds: float = START_SECONDS) -> None:
    """Returns once the daemon of OLD has let go of its lock, or another has taken its place.

    Raises DaemonUnavailable after SECONDS.
    """
    deadline = time.monotonic() + seconds
    while True:
        with suppress(AlreadyRunning), hold_lock(folders.lock):
            return
        if read_endpoint(folders) not in (old, None):
            return
        if time.monotonic() > deadline:
            raise DaemonUnavailable(f"the daemon (process {old.pid}) does not stop; end that process")
        time.sleep(_POLL_SECONDS)


def _not_there(state: _State, folders: Folders) -> DaemonUnavailable:
    endpoint = read_endpoint(folders)
    if state is _State.ABSENT or endpoint is None:
        return DaemonUnavailable("no daemon is running", fix="foley serve")
    doing = "is stopping" if state is _State.STOPPING else "does not answer"
    return DaemonUnavailable(
        f"the daemon (process {endpoint.pid}) {doing}; wait a moment, or end it and try again"
    )


def _late(state: _State, folders: Folders) -> DaemonUnavailable:
    if state is not _State.ABSENT:
        return _not_there(state, folders)
    line = last_log_line(folders)
    return DaemonUnavailable(
        f"the daemon was started but is not ready after {START_SECONDS:g} s"
        + (f"; its log ({folders.log}) ends with: {line}" if line else f"; see its log, {folders.log}"),
        fix="foley doctor",
    )
