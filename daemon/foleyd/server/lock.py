"""One daemon for each user: an operating system's lock that ends with the process."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foleyd.errors import FoleyError


class AlreadyRunning(FoleyError):
    """Another daemon of this user runs."""

    code = "ALREADY_EXISTS"
    reason = "DAEMON_RUNNING"


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Holds PATH for as long as the block lasts. Raises AlreadyRunning."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _lock(handle, path)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, path: Path) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise AlreadyRunning(
            f"a daemon of this user runs already ({path} is held); foley status shows it", fix="foley status"
        ) from error
