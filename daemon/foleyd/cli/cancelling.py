"""Cancelling from wherever the wish comes: a signal, a line on stdin, a file, the end of stdin.

A wish only puts a token in a queue (safe in a signal handler); one thread carries it out. A job
is cancelled by asking the daemon, so that its stream still ends with its terminal event;
anything else by ending the call.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import TYPE_CHECKING, Any

from foleyd.errors import CancelledWork, FoleyError

if TYPE_CHECKING:
    from foleyd.client import Daemon

CANCEL_LINE = b"cancel"
_POLL_SECONDS = 0.1
_ACCEPTANCE_SECONDS = 5.0
_READ_BYTES = 65536


class Cancelling:
    """Carries out one wish to cancel. A context manager: signals are ours while it is open.

    A second signal interrupts the program at once (KeyboardInterrupt).
    """

    def __init__(self) -> None:
        self._wishes: SimpleQueue[None] = SimpleQueue()
        self._wished = False
        self._closed = threading.Event()
        self._accepted = threading.Event()
        self._job_id = ""
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Cancelling:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._handlers[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        for number, handler in self._handlers.items():
            signal.signal(number, handler)

    def wish(self) -> None:
        """Asks for the work to be cancelled; from any thread or signal handler."""
        self._wished = True
        self._wishes.put(None)

    def check(self) -> None:
        """Raises CancelledWork when cancelling was wished before anything was sent."""
        if self._wished:
            raise CancelledWork("cancelled before the request was sent")

    def accepted(self, job_id: str) -> None:
        """Tells which job is at work."""
        self._job_id = job_id
        self._accepted.set()

    def carry_out(self, daemon: Daemon, *, job: bool) -> None:
        """From now on a wish ends what DAEMON is asked: the JOB by its id, else the call."""
        threading.Thread(target=self._carry_out, args=(daemon, job), daemon=True).start()

    def watch_file(self, path: Path) -> None:
        """A wish is made when PATH appears."""
        threading.Thread(target=self._watch_file, args=(path,), daemon=True).start()

    def watch_lines(self, lines: Iterator[bytes], *, on_eof: bool) -> None:
        """A wish is made by the line "cancel", and by the end of LINES where ON_EOF says so."""
        if hasattr(signal, "SIGTTIN"):
            # In a background job of a shell a read of the terminal would stop the process.
            signal.signal(signal.SIGTTIN, signal.SIG_IGN)
        threading.Thread(target=self._watch_lines, args=(lines, on_eof), daemon=True).start()

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self._wished:
            raise KeyboardInterrupt
        self.wish()

    def _carry_out(self, daemon: Daemon, job: bool) -> None:
        self._wishes.get()
        if job and self._accepted.wait(_ACCEPTANCE_SECONDS):
            try:
                daemon.cancel(self._job_id)
            except FoleyError:
                # The daemon does not know it or is gone: what is left is to stop listening.
                pass
            else:
                return
        while not self._closed.wait(_POLL_SECONDS):
            daemon.abandon()

    def _watch_file(self, path: Path) -> None:
        while not os.path.lexists(path):
            if self._closed.wait(_POLL_SECONDS):
                return
        self.wish()

    def _watch_lines(self, lines: Iterator[bytes], on_eof: bool) -> None:
        for line in lines:
            if line.strip() == CANCEL_LINE:
                self.wish()
                return
        if on_eof:
            self.wish()


def stdin_lines(read: Callable[[int, int], bytes] = os.read) -> Iterator[bytes]:
    """Lines of stdin without their ends, as they come; the last may have had no end.

    Reads the descriptor itself: a thread that waits in ``sys.stdin`` would hold its lock, on
    which the interpreter aborts when it leaves.
    """
    if sys.stdin is None:
        return
    try:
        descriptor = sys.stdin.fileno()
    except (OSError, ValueError):
        return
    pending: list[bytes] = []
    while piece := _read(read, descriptor):
        *ends, rest = piece.split(b"\n")
        for end in ends:
            yield b"".join([*pending, end]).rstrip(b"\r")
            pending.clear()
        pending.append(rest)
    if any(pending):
        yield b"".join(pending)


def _read(read: Callable[[int, int], bytes], descriptor: int) -> bytes:
    try:
        return read(descriptor, _READ_BYTES)
    except OSError:
        return b""
