"""Files of the cache in use: pinned entries, drafts, and the few calls that make them last."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

import xxhash

_BLOCK = 1 << 20


class Pin:
    """Holds one entry so that it is not evicted; PATH must only be read.

    Release it once, or use it as a context manager; a second release does nothing.
    """

    def __init__(self, path: Path, size: int, release: Callable[[], None]) -> None:
        self.path = path
        self.size = size
        self._release: Callable[[], None] | None = release
        self._lock = threading.Lock()

    def release(self) -> None:
        """Lets the entry be evicted again. A memory map made of it stays valid."""
        with self._lock:
            release, self._release = self._release, None
        if release is not None:
            release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class Draft:
    """An empty file to write to. Leaving the context removes it unless it was published."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        unlink(self.path)


def checksum(path: Path) -> str:
    """xxh3_128 of a file's bytes in hexadecimal. Raises OSError."""
    hasher = xxhash.xxh3_128()
    buffer = memoryview(bytearray(_BLOCK))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            hasher.update(buffer[:count])
    return hasher.hexdigest()


def fsync(path: Path) -> None:
    """Returns when the content of PATH is on the disk. Raises OSError."""
    # Windows flushes only what is open for writing.
    descriptor = os.open(path, os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_folder(folder: Path) -> None:
    """Returns when the names in FOLDER are on the disk (POSIX; Windows has no such call). Raises OSError."""
    if os.name != "posix":
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def unlink(path: Path) -> None:
    """Removes PATH if it can be; what stays (Windows: still mapped) is swept at the next opening."""
    with contextlib.suppress(OSError):
        path.unlink()
