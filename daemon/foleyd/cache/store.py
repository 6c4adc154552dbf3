"""A content-addressed store of files under a byte budget; the least recently used go first.

One daemon owns a cache folder. Its threads share one :class:`Store`; worker processes (spawned, for
SQLite does not survive a fork) never open it, they read the path of a :class:`Pin` and write to the
path of a :class:`Draft` that the daemon hands them.

A file becomes visible in this order: written as a draft, fsynced, renamed, entered in the index.
Death at any point leaves a draft or a file without a row, and both are swept at the next opening.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from foleyd.cache.errors import CacheUnusable, NotCached
from foleyd.cache.files import Draft, Pin, checksum, fsync, fsync_folder, unlink
from foleyd.cache.index import MOST_PICTURES, Entry, Index

logger = logging.getLogger(__name__)

_KEY = re.compile(r"[0-9a-f]{16,128}")
_OURS = re.compile(r"([0-9a-f]{16,128}-)?[0-9a-f]{16}")
_INDEX = "foleyd-cache.sqlite"


@dataclass(frozen=True, slots=True)
class CacheFigures:
    """How full the cache is (BYTES, ENTRIES, BUDGET in bytes) and what it did since it was opened."""

    bytes: int
    entries: int
    budget: int
    hits: int
    misses: int
    evictions: int


@dataclass(frozen=True, slots=True)
class Purged:
    """What a purge removed; IN_USE entries matched too but were pinned and stay."""

    entries: int
    bytes: int
    in_use: int


class Store:
    """The files of one cache folder. Safe for use from several threads."""

    def __init__(
        self, folder: Path, budget: int, *, wait: float = 5.0, clock: Callable[[], float] = time.time
    ) -> None:
        """Opens or makes FOLDER with room for BUDGET bytes, and mends what a killed owner left.

        WAIT is how many seconds another owner has to leave. Raises CacheInUse or CacheUnusable.
        """
        self.folder = folder
        self.budget = budget
        self._clock = clock
        self._lock = threading.Lock()
        self._pins: Counter[str] = Counter()
        self._checked: dict[str, int] = {}
        self._hits = self._misses = self._evictions = 0
        self._entries_folder = folder / "entries"
        self._drafts_folder = folder / "drafts"
        _make_private(folder)
        self.index = Index(folder / _INDEX, wait)
        try:
            self._bytes, self._entries = self._mend()
            self._trim()
        except (OSError, sqlite3.Error) as error:
            self.index.close()
            raise CacheUnusable(
                f"the cache folder {folder} cannot be read ({error}); mend it or choose another"
            ) from error

    def close(self) -> None:
        """Gives the folder free for another daemon."""
        self.index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def pin(self, key: str) -> Pin | None:
        """The entry of KEY, held until released; None when there is none.

        An entry whose size or checksum is wrong is dropped and is none. The checksum is computed
        at the first use after opening and whenever the file's time has changed.
        """
        pin = self._hold(key)
        with self._lock:
            if pin is None:
                self._misses += 1
            else:
                self._hits += 1
        return pin

    def draft(self) -> Draft:
        """A new file to write an entry to, in this folder. Raises NotCached."""
        path = self._drafts_folder / secrets.token_hex(8)
        try:
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        except OSError as error:
            raise _not_cached(error) from error
        return Draft(path)

    def publish(self, key: str, draft: Draft, engine: str) -> Pin:
        """Makes DRAFT's file the entry of KEY, made by ENGINE (its name), and holds it.

        If another job was first, its entry is kept and this file removed. Raises NotCached when
        the disk will not have it or it is larger than the whole budget.
        """
        if _KEY.fullmatch(key) is None:
            raise ValueError(f"{key!r} is no cache key")
        pin = self._hold(key)
        if pin is not None:
            unlink(draft.path)
            return pin
        entry = self._install(key, draft, engine)
        pin = self._enter(entry)
        if pin is None:
            unlink(self._path(entry))
            pin = self._hold(key)
        if pin is None:
            raise NotCached(f"cache entry {key} was removed as it was made; the job goes on without")
        self._trim()
        return pin

    def add(self, key: str, engine: str, write: Callable[[Path], object]) -> NotCached | None:
        """Keeps under KEY the file that WRITE writes; returns why not when it could not be kept.

        An OSError of WRITE counts as a disk that will not have it; other errors pass through.
        """
        try:
            with self.draft() as draft:
                try:
                    write(draft.path)
                except OSError as error:
                    raise _not_cached(error) from error
                self.publish(key, draft, engine).release()
        except NotCached as reason:
            logger.warning("%s", reason)
            return reason
        return None

    def drop(self, key: str) -> None:
        """Removes the entry of KEY, whose content proved to be of no use."""
        try:
            entry = self.index.find(key)
        except sqlite3.Error as error:
            logger.warning("cache entry %s could not be dropped: %s", key, error)
            return
        if entry is not None:
            self._forget(entry)

    def purge(
        self,
        older_than: float | None = None,
        larger_than: int | None = None,
        engine: str | None = None,
    ) -> Purged:
        """Removes the entries that fit all conditions given; none given means everything.

        OLDER_THAN is seconds since the last use, LARGER_THAN bytes, ENGINE an engine's name.
        Entries in use stay. Purging everything also forgets which file showed which picture.
        Raises CacheUnusable when the index cannot be written.
        """
        now = self._clock()
        everything = older_than is None and larger_than is None and engine is None
        try:
            with self._lock:
                matching = [
                    entry
                    for entry in self.index.entries()
                    if (older_than is None or now - entry.used > older_than)
                    and (larger_than is None or entry.size > larger_than)
                    and (engine is None or entry.engine == engine)
                ]
                gone = self._remove_rows(entry for entry in matching if not self._pins.get(entry.file))
                if everything:
                    self.index.forget_pictures()
        except sqlite3.Error as error:
            raise CacheUnusable(f"the cache in {self.folder} cannot be purged ({error})") from error
        for entry in gone:
            unlink(self._path(entry))
        return Purged(len(gone), sum(entry.size for entry in gone), len(matching) - len(gone))

    def figures(self) -> CacheFigures:
        """Counts, without waiting for anything."""
        return CacheFigures(
            self._bytes, self._entries, self.budget, self._hits, self._misses, self._evictions
        )

    def _path(self, entry: Entry) -> Path:
        return self._entries_folder / entry.file

    def _pin_of(self, entry: Entry) -> Pin:
        return Pin(self._path(entry), entry.size, lambda: self._release(entry.file))

    def _hold(self, key: str) -> Pin | None:
        """Pins the entry of KEY if it is sound, drops it if not."""
        try:
            with self._lock:
                entry = self.index.find(key)
                if entry is None:
                    return None
                self._pins[entry.file] += 1
        except sqlite3.Error as error:
            logger.warning("the cache index cannot be read, going on without: %s", error)
            return None
        pin = self._pin_of(entry)
        if not self._sound(entry):
            self._forget(entry)
            pin.release()
            return None
        try:
            self.index.touch(key, int(self._clock()))
        except sqlite3.Error as error:
            logger.warning("the use of a cache entry could not be noted: %s", error)
        return pin

    def _sound(self, entry: Entry) -> bool:
        path = self._path(entry)
        try:
            stat = path.stat()
            if stat.st_size == entry.size and self._checked.get(entry.file) == stat.st_mtime_ns:
                return True
            if stat.st_size == entry.size and checksum(path) == entry.checksum:
                self._checked[entry.file] = stat.st_mtime_ns
                return True
        except OSError as error:
            logger.warning("cache file %s cannot be read and is dropped: %s", path, error)
            return False
        logger.warning("cache file %s is damaged and is dropped", path)
        return False

    def _install(self, key: str, draft: Draft, engine: str) -> Entry:
        """Fsyncs the draft and renames it; nobody sees it before it is in the index."""
        try:
            size = draft.path.stat().st_size
            if size > self.budget:
                raise NotCached(
                    f"{size / 1e6:.0f} MB do not fit into the cache of {self.budget / 1e6:.0f} MB, so they "
                    "are not kept; give the cache more room"
                )
            entry = Entry(
                key=key,
                file=f"{key}-{draft.path.name}",
                size=size,
                checksum=checksum(draft.path),
                engine=engine,
                turn=self.index.next_turn(),
                used=int(self._clock()),
            )
            fsync(draft.path)
            os.replace(draft.path, self._path(entry))
            fsync_folder(self._entries_folder)
        except OSError as error:
            raise _not_cached(error) from error
        return entry

    def _enter(self, entry: Entry) -> Pin | None:
        """Makes ENTRY visible and pins it; None when its key has an entry already."""
        try:
            with self._lock:
                self.index.insert(entry)
                self._pins[entry.file] += 1
                self._bytes += entry.size
                self._entries += 1
        except sqlite3.IntegrityError:
            return None
        except sqlite3.Error as error:
            unlink(self._path(entry))
            raise _not_cached(error) from error
        return self._pin_of(entry)

    def _release(self, file: str) -> None:
        with self._lock:
            self._pins[file] -= 1
            if self._pins[file] <= 0:
                del self._pins[file]
        self._trim()

    def _trim(self) -> None:
        """Evicts the least recently used entries that nobody holds until the budget is kept."""
        if self._bytes <= self.budget:
            return
        try:
            with self._lock:
                excess = self._bytes - self.budget
                victims: list[Entry] = []
                for entry in self.index.entries():
                    if excess <= 0:
                        break
                    if not self._pins.get(entry.file):
                        victims.append(entry)
                        excess -= entry.size
                gone = self._remove_rows(victims)
                self._evictions += len(gone)
        except sqlite3.Error as error:
            logger.warning("the cache could not be trimmed: %s", error)
            return
        for entry in gone:
            unlink(self._path(entry))

    def _forget(self, entry: Entry) -> None:
        """Removes an entry of no use, even while it is held."""
        try:
            with self._lock:
                self._remove_rows([entry])
        except sqlite3.Error as error:
            logger.warning("a damaged cache entry could not be removed: %s", error)
            return
        unlink(self._path(entry))

    def _remove_rows(self, entries: Iterable[Entry]) -> list[Entry]:
        """Forgets ENTRIES and returns those that were there; their files are to be removed next.

        Rows go before files, so that no row is ever without its file. The caller holds the lock.
        """
        entries = list(entries)
        files = self.index.delete(entry.file for entry in entries)
        gone = [entry for entry in entries if entry.file in files]
        for entry in gone:
            self._bytes -= entry.size
            self._entries -= 1
            self._checked.pop(entry.file, None)
        return gone

    def _mend(self) -> tuple[int, int]:
        """Sweeps drafts, files without rows and rows without files; returns bytes and entries."""
        for folder in (self._entries_folder, self._drafts_folder):
            folder.mkdir(mode=0o700, exist_ok=True)
        for draft in _ours(self._drafts_folder):
            unlink(self._drafts_folder / draft)
        sizes = _ours(self._entries_folder)
        entries = self.index.entries()
        sound = {entry.file for entry in entries if sizes.get(entry.file) == entry.size}
        self.index.delete(entry.file for entry in entries if entry.file not in sound)
        for name in sizes.keys() - sound:
            unlink(self._entries_folder / name)
        self.index.forget_pictures(keep=MOST_PICTURES)
        return sum(sizes[name] for name in sound), len(sound)


def _not_cached(error: Exception) -> NotCached:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return NotCached(f"the result could not be kept in the cache ({reason}); the job goes on without")


def _make_private(folder: Path) -> None:
    """Makes FOLDER, for this user alone: what is in it tells what a film looks and sounds like."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        names = set(os.listdir(folder)) - {"entries", "drafts"}
        if _INDEX not in names and not all(name.startswith((_INDEX, ".")) for name in names):
            raise CacheUnusable(f"the folder {folder} holds other things; choose an empty one for the cache")
        if os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as error:
        raise CacheUnusable(
            f"the cache folder {folder} cannot be made private to you ({error.strerror}); choose another"
        ) from error


def _ours(folder: Path) -> dict[str, int]:
    """Names and sizes of the files in FOLDER that a store made."""
    with os.scandir(folder) as items:
        return {item.name: item.stat().st_size for item in items if _OURS.fullmatch(item.name)}
