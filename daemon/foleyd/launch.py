"""Finding the daemon of this user and starting one: the endpoint file, the detached child, its log.

The daemon writes the endpoint file once it is ready to answer and holds the lock file while it
runs. When several clients start daemons at once, that lock decides; the losers leave with
:data:`ALREADY_RUNNING` and their clients find the winner's endpoint.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path
from urllib.parse import quote

import msgspec

from foleyd.config import Folders, Settings, make_private

STARTED_BY_VARIABLE = "FOLEYD_STARTED_BY"
ALREADY_RUNNING = 75
"""Exit status of a daemon that found the lock taken (EX_TEMPFAIL of sysexits.h)."""

_LOG_TAIL_BYTES = 8192
_LOG_DEFECT_BYTES = 1024 * 1024
_LOG_ENTRY = re.compile(r"\d{4}-\d\d-\d\d ")
_REFERENCE = re.compile(r"\blog has it as (\w+)")


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
    lines = _log_lines(folders, _LOG_TAIL_BYTES)
    return next((line.strip() for line in reversed(lines) if line.strip()), "")


def logged_defect(folders: Folders, message: str) -> str:
    """The traceback that the log has of the defect whose reference is in MESSAGE, or ""."""
    reference = _REFERENCE.search(message)
    if reference is None:
        return ""
    lines = _log_lines(folders, _LOG_DEFECT_BYTES)
    starts = [number for number, line in enumerate(lines) if line.endswith(f"defect {reference[1]}")]
    if not starts:
        return ""
    trace = takewhile(lambda line: not _LOG_ENTRY.match(line), lines[starts[-1] + 1 :])
    return "\n".join(trace)


def _log_lines(folders: Folders, tail: int) -> list[str]:
    try:
        with open(folders.log, "rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(0, log.tell() - tail))
            return log.read().decode(errors="replace").splitlines()
    except OSError:
        return []


def _detached_flags() -> int:
    if sys.platform != "win32":
        return 0
    return subprocess.DETACHED_PROCESS | subprocess.CREATE_NEW_PROCESS_GROUP
