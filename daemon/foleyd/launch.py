"""Finding the daemon of this user and starting one: the endpoint file, the detached child, its log.

The daemon writes the endpoint file once it is ready to answer and holds the lock file while it
runs. When several clients start daemons at once, that lock decides; the losers leave with
:data:`ALREADY_RUNNING` and their clients find the winner's endpoint.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import msgspec

from foleyd.config import Folders, Settings, make_private

STARTED_BY_VARIABLE = "FOLEYD_STARTED_BY"
ALREADY_RUNNING = 75
"""Exit status of a daemon that found the lock taken (EX_TEMPFAIL of sysexits.h)."""

_LOG_TAIL_BYTES = 8192


class Endpoint(msgspec.Struct, frozen=True):
    """Where a daemon listens. ADDRESS is ``unix:/path`` or ``127.0.0.1:port``; TOKEN "" for none."""

    address: str
    token: str = ""
    pid: int = 0
    version: str = ""


def read_endpoint(folders: Folders) -> Endpoint | None:
    """What the last daemon wrote about itself, or None. It may have died since."""
    try:
        return msgspec.json.decode(folders.endpoint.read_bytes(), type=Endpoint)
    except (OSError, msgspec.DecodeError):
        return None


def unix_address(socket: Path) -> str:
    """The address of SOCKET as gRPC reads it: a URI, so odd letters of the path are escaped."""
    return f"unix:{quote(str(socket))}"


def daemon_command(settings: Settings) -> list[str]:
    """The command of a daemon that leaves when nobody has asked for anything for a while."""
    return [sys.executable, "-m", "foleyd.server", "--idle-seconds", f"{settings.idle_seconds:g}"]


def start_detached(command: Sequence[str], folders: Folders) -> subprocess.Popen[bytes]:
    """Starts COMMAND so that it outlives this process and its terminal; output goes to the log.

    Raises ConfigError when the folders cannot be made, OSError when the command cannot run.
    """
    make_private(folders.runtime)
    make_private(folders.state)
    environment = {**os.environ, STARTED_BY_VARIABLE: "client"}
    with open(folders.log, "ab") as log:
        # The state folder as working directory: "-m" must not find a stray folder named foleyd,
        # and the daemon must not keep the editor's disk from being unmounted.
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=folders.state,
            env=environment,
            start_new_session=True,
            creationflags=_detached_flags(),
        )


def last_log_line(folders: Folders) -> str:
    """The last line of the log that says something, or ""."""
    try:
        with open(folders.log, "rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - _LOG_TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def _detached_flags() -> int:
    if sys.platform != "win32":
        return 0
    return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
