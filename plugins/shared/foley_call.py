# SPDX-License-Identifier: Apache-2.0
"""Calls the ``foley`` command from a host's Python: JSON in, JSON lines out.

Standard library only, Python 3.8 syntax, no threads: a host's timer polls. A call never waits for its child;
:func:`ask` does, for tests and for hosts without a window.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from contextlib import suppress
from typing import Any, Callable, Mapping, Sequence

if sys.platform != "win32":
    import fcntl

from .foley_answers import Refused, lost, refusal, with_ints
from .foley_find import INSTALL, FoleyMissing, environment, find_foley, too_old, window_flags

__all__ = ["Call", "FoleyMissing", "PrivateFolder", "Refused", "ask", "environment", "find_foley", "sweep"]

JOB_METHODS = frozenset({"Generate", "WatchJob"})
TERMINAL_EVENTS = ("done", "failed", "cancelled")

DISK_FULL = "DISK_FULL"

_FULL_SENTENCE = "the disk of {} is full; free some space there and run it again"
_FULL_BYTES = 64 * 1024
POLL_SECONDS = 0.002
"""What reading events may take in a poll, but for one that is long by itself."""
_READ_BYTES = 1024 * 1024
_TAIL_BYTES = 4096
_KILL_SECONDS = 2.0
_GRACE_SECONDS = 5.0
"""A child that has said its last word is given this long to leave."""
_PREFIX = "foley-plugin-"
_MARK = "in-use"


# ------------------------------------------------------------------------------------ private folder


class PrivateFolder:
    """A temporary folder of this process, readable by its user alone; takes away those of dead ones.

    A lock on a file in it tells that its process lives. Raises Refused where none can be made.
    """

    def __init__(self, parent: str = "") -> None:
        parent = parent or tempfile.gettempdir()
        sweep(parent)
        try:
            self.path = tempfile.mkdtemp(prefix=_PREFIX, dir=parent)
            self._mark = _held(self.path)
        except OSError as error:
            raise _unwritable(parent, error) from None

    def close(self) -> None:
        """Removes the folder and all that is in it."""
        self._mark.close()
        shutil.rmtree(self.path, ignore_errors=True)


def _held(folder: str) -> Any:
    """The mark of FOLDER, open and locked before it has its name, so that nobody takes it for left behind."""
    mark = os.path.join(folder, _MARK)
    if sys.platform == "win32":
        return open(mark, "w")
    file = open(mark + ".new", "w")  # noqa: SIM115 - held while the process lives
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    os.rename(mark + ".new", mark)
    return file


def sweep(parent: str = "") -> None:
    """Removes private folders in PARENT whose process is gone."""
    parent = parent or tempfile.gettempdir()
    try:
        entries = [entry for entry in os.scandir(parent) if entry.name.startswith(_PREFIX)]
    except OSError:
        return
    for entry in entries:
        if entry.is_dir(follow_symlinks=False) and _left_behind(entry.path):
            shutil.rmtree(entry.path, ignore_errors=True)


def _left_behind(folder: str) -> bool:
    """Whether FOLDER is ours and its process is gone (one being made at this moment is not)."""
    mark = os.path.join(folder, _MARK)
    try:
        if sys.platform == "win32":
            os.remove(mark)  # Windows refuses while somebody has it open
            return True
        if os.stat(folder).st_uid != os.getuid():
            return False
        with open(mark) as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return True
    except OSError:
        return False


def _unwritable(folder: str, error: OSError) -> Refused:
    if _is_full(folder):
        return Refused(_FULL_SENTENCE.format(folder), "RESOURCE_EXHAUSTED", DISK_FULL, detail=str(error))
    message = f"the temporary folder {folder} cannot be written ({error.strerror}); mend its permissions"
    return Refused(message, "FAILED_PRECONDITION", "FOLDER_UNWRITABLE", detail=str(error))


def _is_full(folder: str) -> bool:
    try:
        return shutil.disk_usage(folder).free < _FULL_BYTES
    except OSError:
        return False


# -------------------------------------------------------------------------------------------- a call


class Call:
    """One ``foley call METHOD`` as a child of its own, with its files in a new folder below FOLDER.

    The child is told to cancel when this process ends, however it ends. Raises FoleyMissing where
    the command cannot be started, Refused where FOLDER cannot be written.
    """

    def __init__(self, command: Sequence[str], method: str, request: Mapping[str, Any], folder: str) -> None:
        self.method = method
        self.done = False
        self.exit_code: int | None = None
        self.error: Refused | None = None
        self._lines: deque[bytes] = deque()
        self._half: list[bytes] = []
        self._position = 0
        self._broken = ""
        self._last_word: float | None = None
        try:
            self._folder = tempfile.mkdtemp(prefix="call-", dir=folder)
        except OSError as error:
            raise _unwritable(folder, error) from None
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._start(command, request)
        except BaseException:
            self._remove()
            raise

    @property
    def pid(self) -> int:
        """Process id of the child."""
        return self._process.pid if self._process is not None else 0

    def _start(self, command: Sequence[str], request: Mapping[str, Any]) -> None:
        try:
            with open(self._file("request"), "w", encoding="utf-8") as file:
                file.write(json.dumps(request))
            out, err = (open(self._file(name), "wb") for name in ("out", "err"))  # noqa: SIM115 - closed below
        except OSError as error:
            raise _unwritable(os.path.dirname(self._folder), error) from None
        words = ["call", self.method, "--request", self._file("request"), "--events", self._file("events")]
        words += ["--cancel-file", self._file("cancel"), "--cancel-on-eof"]
        with out, err:
            try:
                self._process = subprocess.Popen(
                    list(command) + words,
                    stdin=subprocess.PIPE,
                    stdout=out,
                    stderr=err,
                    cwd=self._folder,
                    env=environment(),
                    start_new_session=True,
                    creationflags=window_flags(),
                )
            except OSError as error:
                raise FoleyMissing(_not_started(command[0], error)) from None

    def _file(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def poll(self, seconds: float = POLL_SECONDS) -> list[dict[str, Any]]:
        """The events that have come since the last poll, int64 as ints; never waits.

        Sets ``done``, ``exit_code`` and ``error`` once the child has ended and all was read. After SECONDS
        no further event is read: what is more comes with the next poll.
        """
        if self.done or self._process is None:
            return []
        code = self._process.poll()  # before the file is read: what it wrote last must not be missed
        drained = self._read()
        events = self._parse(seconds)
        if code is not None and drained and not self._lines:
            self._end(code)
        elif self._last_word is not None and time.monotonic() - self._last_word > _GRACE_SECONDS:
            self._process.kill()
        return events

    def cancel(self) -> None:
        """Asks for the job to be cancelled; its end comes with a later poll."""
        try:
            with open(self._file("cancel"), "w"):
                pass
        except OSError:
            self._let_go()  # the end of its input cancels too

    def close(self) -> None:
        """Ends the child if it still runs (the daemon then cancels its job), and removes its files."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_KILL_SECONDS)
        self.done = True
        self._remove()

    def _remove(self) -> None:
        self._let_go()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _let_go(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            self._process.stdin.close()

    def _read(self) -> bool:
        """Takes complete lines from the file once those before are done; whether nothing more is there."""
        if self._lines:
            return False
        try:
            with open(self._file("events"), "rb") as file:
                file.seek(self._position)
                piece = file.read(_READ_BYTES)
        except OSError:
            return True
        self._position += len(piece)
        if not piece:
            return True
        first, *others = piece.split(b"\n")
        self._half.append(first)
        for rest in others:
            self._lines.append(b"".join(self._half))
            self._half = [rest]
        return len(piece) < _READ_BYTES

    def _parse(self, seconds: float) -> list[dict[str, Any]]:
        events: list[dict[str, Any]] = []
        end = time.perf_counter() + seconds
        while self._lines and (not events or time.perf_counter() < end):
            event = self._event(self._lines.popleft())
            if event is not None:
                events.append(event)
        return events

    def _event(self, line: bytes) -> dict[str, Any] | None:
        try:
            event = json.loads(line.decode("utf-8"))
            if not isinstance(event, dict):
                raise ValueError("it is no object")
            event = with_ints(event)
        except (ValueError, RecursionError) as error:
            self._broken = self._broken or f"a line could not be read ({error}): {line[:200]!r}"
            return None
        last = "error" in event or (
            self.method in JOB_METHODS and any(kind in event for kind in TERMINAL_EVENTS)
        )
        if last:
            self._last_word = time.monotonic()
        if "error" in event or "failed" in event:
            self.error = refusal(event.get("error") or event["failed"])
        return None if "error" in event else event

    def _end(self, code: int) -> None:
        self.done, self.exit_code = True, code
        ended_well = self._last_word is not None if self.method in JOB_METHODS else code == 0
        if self.error is None and not ended_well:
            self.error = self._unexpected(code)
        elif self.error is not None:
            self.error.detail = self.error.detail or self._tail("err")
        self._let_go()

    def _unexpected(self, code: int) -> Refused:
        """Why the child ended without an end of the work."""
        half = "the last line is not whole" if any(self._half) else ""
        detail = "; ".join(filter(None, [self._tail("err"), self._broken, half, f"exit code {code}"]))
        if _is_full(self._folder):
            folder = os.path.dirname(self._folder)
            return Refused(_FULL_SENTENCE.format(folder), "RESOURCE_EXHAUSTED", DISK_FULL, detail=detail)
        for line in reversed(self._tail("out").splitlines()):
            try:
                told = refusal(json.loads(line)["error"])
            except (ValueError, KeyError, TypeError):
                continue
            if told.reason == "USAGE":  # our own words to it are not known there
                told = Refused(too_old(""), "FAILED_PRECONDITION", "TOO_OLD")
            told.detail = detail
            return told
        if code > 0 and not os.path.exists(self._file("events")):
            said = self._tail("err").splitlines()
            why = f" ({said[-1]})" if said else ""
            return Refused(
                f"foley did not start{why}; install it again",
                "FAILED_PRECONDITION",
                "NOT_STARTED",
                detail=detail,
            )
        return lost(detail)

    def _tail(self, name: str) -> str:
        try:
            with open(self._file(name), "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
                return file.read().decode("utf-8", "replace").strip()
        except OSError:
            return ""


def ask(
    command: Sequence[str],
    method: str,
    request: Mapping[str, Any],
    timeout: float = 10.0,
    cancelled: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """The last answer of METHOD, waiting for it at most TIMEOUT seconds, or until CANCELLED says so, which is
    called in between. Raises Refused, FoleyMissing.
    """
    folder = PrivateFolder()
    try:
        call = Call(command, method, request, folder.path)
        try:
            answer: dict[str, Any] = {}
            end = time.monotonic() + timeout
            while not call.done:
                for event in call.poll():
                    answer = event
                if cancelled():
                    raise Refused("cancelled before foley had answered", "CANCELLED")
                if time.monotonic() > end:
                    message = f"foley did not answer within {timeout:g} seconds; try again"
                    raise Refused(message, "DEADLINE_EXCEEDED", fix="foley doctor")
                time.sleep(0.01)
            if call.error is not None:
                raise call.error
            return answer
        finally:
            call.close()
    finally:
        folder.close()


def _not_started(path: str, error: OSError) -> str:
    if isinstance(error, PermissionError):
        why = "you may not run it; mend its permissions"
    elif not os.path.exists(path):
        why = f"it is not there; run {INSTALL} again"
    elif isinstance(error, FileNotFoundError):  # of the interpreter that its first line names
        why = "the Python that it belongs to is gone; install foley again"
    else:
        why = f"{error.strerror}; install foley again"
    return f"the foley command {path} cannot be started: {why}"
