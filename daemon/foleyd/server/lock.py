"""One daemon for each user."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from foleyd.errors import FoleyError
from foleyd.locks import lock_file


class AlreadyRunning(FoleyError):
    """Another daemon of this user runs."""

    code = "ALREADY_EXISTS"
    reason = "DAEMON_RUNNING"


@contextmanager
def hold_lock(path: Path) -> Iterator[None]:
    """Holds PATH for as long as the block lasts. Raises AlreadyRunning."""
    with lock_file(path) as ours:
        if not ours:
            raise AlreadyRunning(
                f"a daemon of this user runs already ({path} is held); foley status shows it",
                fix="foley status",
            )
        yield
