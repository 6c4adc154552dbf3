"""One token for each job: asks everything that works for it to stop."""

from __future__ import annotations

from collections.abc import Callable

from foleyd.errors import CancelledWork


class Cancellation:
    """Set once, on the event loop; REASON says by whom."""

    def __init__(self) -> None:
        self.reason = ""
        self._listeners: list[Callable[[], None]] = []

    def request(self, reason: str) -> None:
        """Cancels; a second call changes nothing."""
        if self.reason:
            return
        self.reason = reason
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Calls LISTENER when cancelled, at once if it already is; returns how to stop listening."""
        if self.reason:
            listener()
            return lambda: None
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def check(self) -> None:
        """Raises CancelledWork when cancelled."""
        if self.reason:
            raise CancelledWork(f"cancelled ({self.reason})")
