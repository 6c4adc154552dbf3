"""The way from a command to the daemon. Imports the client only when a command asks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from foleyd.config import find_folders, load_settings

if TYPE_CHECKING:
    from foleyd.client import Daemon


@contextmanager
def daemon(*, start: bool = True) -> Iterator[Daemon]:
    """A connection for one command; starts a daemon where START allows it.

    On a terminal it says what it waits for; otherwise it is silent, so that the first line
    of a job is its own. Raises what :func:`foleyd.client.connect` raises.
    """
    from foleyd.client import connect

    folders = find_folders()
    settings = load_settings(folders)
    with _waiting() as say:
        connection = connect(folders, start=start, settings=settings, on_status=say)
    with connection:
        yield connection


class _Line:
    """A line on the terminal that is taken away again."""

    def __init__(self) -> None:
        self._shown = False

    def __call__(self, text: str) -> None:
        if sys.stderr.isatty():
            self._shown = True
            sys.stderr.write(f"\r\x1b[K{text}…")
            sys.stderr.flush()

    def clear(self) -> None:
        if self._shown:
            sys.stderr.write("\r\x1b[K")
            sys.stderr.flush()


@contextmanager
def _waiting() -> Iterator[_Line]:
    line = _Line()
    try:
        yield line
    finally:
        line.clear()
