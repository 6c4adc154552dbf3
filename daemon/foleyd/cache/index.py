"""The cache's SQLite index: which entry lies in which file, and which picture was seen in which files.

The owner holds the database in SQLite's exclusive locking mode, so one daemon owns one cache
folder, the lock ends with the process however it ends, and no shared memory file is needed.
Nothing else in the process may open the database file: closing any descriptor of it would drop
the POSIX lock.
"""

from __future__ import annotations

import logging
import sqlite3
import threading
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path
from typing import Any

from foleyd.cache.errors import CacheInUse, CacheUnusable

logger = logging.getLogger(__name__)

_VERSION = 1
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS entries (
    key TEXT PRIMARY KEY, file TEXT NOT NULL UNIQUE, size INTEGER NOT NULL, checksum TEXT NOT NULL,
    engine TEXT NOT NULL, turn INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_by_turn ON entries (turn);
CREATE TABLE IF NOT EXISTS pictures (
    stat_key TEXT PRIMARY KEY, fingerprint TEXT NOT NULL, turn INTEGER NOT NULL) WITHOUT ROWID;
PRAGMA user_version = {_VERSION};
"""
_COLUMNS = "key, file, size, checksum, engine, turn, used"
MOST_PICTURES = 50_000
"""Fingerprints remembered; the least recently used go first (about 200 bytes each)."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One file of the cache.

    SIZE in bytes, CHECKSUM xxh3_128 in hexadecimal, ENGINE the name of the engine that made it,
    TURN grows with every use (the order of eviction), USED is the last use in Unix seconds.
    """

    key: str
    file: str
    size: int
    checksum: str
    engine: str
    turn: int
    used: int


class Index:
    """The rows of the cache. Safe for use from several threads of the owning process."""

    def __init__(self, path: Path, wait: float = 5.0) -> None:
        """Opens or makes the index at PATH, waiting up to WAIT seconds for another owner to go.

        A damaged or foreign index is replaced by an empty one: the cache only loses time.
        Raises CacheInUse or CacheUnusable.
        """
        self._lock = threading.RLock()
        try:
            self._db = _open(path, wait)
        except sqlite3.DatabaseError as error:
            _raise_unless_damaged(error, path)
            logger.warning("cache index %s is damaged (%s); starting an empty one", path, error)
            _remove(path)
            try:
                self._db = _open(path, wait)
            except sqlite3.DatabaseError as again:
                raise _unusable(path, again) from again
        self._turn = int(self._one("SELECT coalesce(max(turn), 0) FROM entries")[0])
        pictures = int(self._one("SELECT coalesce(max(turn), 0) FROM pictures")[0])
        self._turn = max(self._turn, pictures)

    def close(self) -> None:
        """Gives the cache folder free for another daemon."""
        with self._lock:
            self._db.close()

    def next_turn(self) -> int:
        """A number above every turn given before, also by earlier owners."""
        with self._lock:
            self._turn += 1
            return self._turn

    def entries(self) -> list[Entry]:
        """All entries, least recently used first."""
        with self._lock:
            return [Entry(*row) for row in self._db.execute(f"SELECT {_COLUMNS} FROM entries ORDER BY turn")]

    def find(self, key: str) -> Entry | None:
        """The entry of KEY."""
        row = self._one(f"SELECT {_COLUMNS} FROM entries WHERE key = ?", key)
        return Entry(*row) if row else None

    def insert(self, entry: Entry) -> None:
        """Adds ENTRY. Raises sqlite3.IntegrityError if its key is there already."""
        self._do(f"INSERT INTO entries ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)", *astuple(entry))

    def touch(self, key: str, used: int) -> None:
        """KEY was used now; it is the last to be evicted."""
        self._do("UPDATE entries SET turn = ?, used = ? WHERE key = ?", self.next_turn(), used, key)

    def delete(self, files: Iterable[str]) -> set[str]:
        """Forgets the entries that lie in FILES, all or none; returns which of them there were."""
        gone: set[str] = set()
        with self._lock:
            self._db.execute("BEGIN")
            try:
                for file in files:
                    rows = self._db.execute("DELETE FROM entries WHERE file = ? RETURNING file", (file,))
                    gone.update(str(row[0]) for row in rows.fetchall())
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
        return gone

    def fingerprint(self, stat_key: str) -> str | None:
        """The picture's fingerprint last seen behind STAT_KEY."""
        with self._lock:
            row = self._one("SELECT fingerprint FROM pictures WHERE stat_key = ?", stat_key)
            if row is None:
                return None
            self._do("UPDATE pictures SET turn = ? WHERE stat_key = ?", self.next_turn(), stat_key)
            return str(row[0])

    def remember(self, stat_key: str, fingerprint: str) -> None:
        """STAT_KEY shows the picture of FINGERPRINT from now on."""
        self._do("INSERT OR REPLACE INTO pictures VALUES (?, ?, ?)", stat_key, fingerprint, self.next_turn())

    def forget_pictures(self, keep: int = 0) -> None:
        """Forgets all but the KEEP most recently used fingerprints."""
        self._do(
            "DELETE FROM pictures WHERE stat_key NOT IN "
            "(SELECT stat_key FROM pictures ORDER BY turn DESC LIMIT ?)",
            keep,
        )

    def _one(self, sql: str, *values: object) -> Any:
        with self._lock:
            return self._db.execute(sql, values).fetchone()

    def _do(self, sql: str, *values: object) -> None:
        with self._lock:
            self._db.execute(sql, values)


def _open(path: Path, wait: float) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=wait, isolation_level=None, check_same_thread=False)
    try:
        # Exclusive mode must be set before the first access for WAL to do without shared memory.
        database.execute("PRAGMA locking_mode = EXCLUSIVE")
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        database.execute("BEGIN EXCLUSIVE")
        database.execute("COMMIT")
        _check(database)
        database.executescript(_SCHEMA)
    except BaseException:
        database.close()
        raise
    return database


def _check(database: sqlite3.Connection) -> None:
    version = database.execute("PRAGMA user_version").fetchone()[0]
    if version not in (0, _VERSION):
        raise sqlite3.DatabaseError(f"schema {version} is not {_VERSION}")
    answer = database.execute("PRAGMA quick_check(1)").fetchone()[0]
    if answer != "ok":
        raise sqlite3.DatabaseError(answer)


def _raise_unless_damaged(error: sqlite3.DatabaseError, path: Path) -> None:
    """Damage comes as plain DatabaseError, being locked out or out of disk as OperationalError."""
    if not isinstance(error, sqlite3.OperationalError):
        return
    if error.sqlite_errorcode & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        raise CacheInUse(
            f"the cache folder {path.parent} is in use by another foleyd; stop it or choose another folder"
        ) from error
    raise _unusable(path, error) from error


def _unusable(path: Path, error: Exception) -> CacheUnusable:
    return CacheUnusable(
        f"the cache folder {path.parent} cannot be used ({error}); make it writable or choose another"
    )


def _remove(path: Path) -> None:
    try:
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm", f"{path.name}-journal"):
            path.with_name(name).unlink(missing_ok=True)
    except OSError as error:
        raise _unusable(path, error) from error
