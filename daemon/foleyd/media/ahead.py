"""Decodes ahead in a thread of its own, while whoever asked is busy with the frame before."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import TypeVar

Item = TypeVar("Item")

FRAMES_AHEAD = 3
"""Full-size frames that may wait; a 1080p frame is 6 MB."""

_LOOK_AGAIN = 0.1


class _End:
    """The last thing in the queue: nothing more comes, or ERROR."""

    def __init__(self, error: BaseException | None = None) -> None:
        self.error = error


def read_ahead(items: Iterator[Item], count: int = FRAMES_AHEAD) -> Iterator[Item]:
    """ITEMS, made up to COUNT ahead in another thread; decoders let go of the interpreter.

    Whatever ITEMS raises is raised here, in its place. Closing this iterator closes ITEMS, in the
    thread that read it, before it returns.
    """
    ready: queue.Queue[Item | _End] = queue.Queue(count)
    leaving = threading.Event()
    reader = threading.Thread(target=_read, args=(items, ready, leaving), name="read-ahead", daemon=True)
    reader.start()
    try:
        while not isinstance(item := ready.get(), _End):
            yield item
        if item.error is not None:
            raise item.error
    finally:
        leaving.set()
        reader.join()


def _read(items: Iterator[Item], ready: queue.Queue[Item | _End], leaving: threading.Event) -> None:
    end = _End()
    try:
        for item in items:
            if not _put(ready, item, leaving):
                break
    except BaseException as error:  # it belongs to whoever reads, whatever it is
        end = _End(error)
    finally:
        close = getattr(items, "close", None)
        if close is not None:
            close()
    _put(ready, end, leaving)


def _put(ready: queue.Queue[Item | _End], item: Item | _End, leaving: threading.Event) -> bool:
    """Waits for room; False when nobody reads any more."""
    while not leaving.is_set():
        with suppress(queue.Full):
            ready.put(item, timeout=_LOOK_AGAIN)
            return True
    return False
