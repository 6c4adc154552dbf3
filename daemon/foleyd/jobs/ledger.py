"""The ledger: every accepted job, its events and its files, in SQLite (WAL).

A job that is written here survives the daemon. Requests and events are opaque bytes to the
ledger. One connection serves all threads behind a lock; every method is one short transaction.
"""

from __future__ import annotations

import json
import re
import sqlite3
import threading
import time
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from foleyd.errors import Failure, RequestError
from foleyd.jobs.records import (
    Figures,
    FileStamp,
    JobUnknown,
    LedgerError,
    NewJob,
    Priority,
    Record,
    RequestIdTaken,
    State,
)

_LAST_ROW = 2**62
_TOKEN = re.compile(r"[0-9]{1,18}", re.ASCII)

_SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
    id TEXT PRIMARY KEY, request_id TEXT UNIQUE, digest TEXT NOT NULL, request BLOB NOT NULL,
    state TEXT NOT NULL, priority INTEGER NOT NULL, client TEXT NOT NULL, title TEXT NOT NULL,
    engine TEXT NOT NULL DEFAULT '', created REAL NOT NULL, started REAL, finished REAL,
    attempts INTEGER NOT NULL DEFAULT 0, cancel_reason TEXT NOT NULL DEFAULT '',
    stage_seconds TEXT NOT NULL DEFAULT '{}', peak_memory INTEGER NOT NULL DEFAULT 0,
    hits INTEGER NOT NULL DEFAULT 0, misses INTEGER NOT NULL DEFAULT 0, failure TEXT
);
CREATE INDEX IF NOT EXISTS jobs_by_state ON jobs (state, priority, created);
CREATE INDEX IF NOT EXISTS jobs_by_digest ON jobs (digest, finished);
CREATE TABLE IF NOT EXISTS events (
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, sequence INTEGER NOT NULL,
    body BLOB NOT NULL, PRIMARY KEY (job, sequence)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS files (
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, path TEXT NOT NULL,
    size INTEGER, mtime_ns INTEGER, PRIMARY KEY (job, path)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sources (
    job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE, path TEXT NOT NULL,
    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL, PRIMARY KEY (job, path)
) WITHOUT ROWID;
"""
_LATER = {"device_peak": "INTEGER NOT NULL DEFAULT 0", "moved": "INTEGER NOT NULL DEFAULT 0"}
"""Columns of jobs that came later. Versions that do not know them leave them alone."""
_VERSION = 1


class Ledger:
    """The jobs of one daemon. Thread-safe."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the ledger at PATH. Raises LedgerError."""
        self._lock = threading.RLock()
        try:
            self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
            self._db.row_factory = sqlite3.Row
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=NORMAL")
            self._db.execute("PRAGMA foreign_keys=ON")
            version = self._db.execute("PRAGMA user_version").fetchone()[0]
            if version > _VERSION:
                raise LedgerError(f"{path} was written by a newer foleyd; update foleyd or move it away")
            self._db.executescript(_SCHEMA)
            known = {row["name"] for row in self._db.execute("PRAGMA table_info(jobs)")}
            for column in _LATER.keys() - known:
                self._db.execute(f"ALTER TABLE jobs ADD COLUMN {column} {_LATER[column]}")
            self._db.execute(f"PRAGMA user_version={_VERSION}")
        except sqlite3.Error as error:
            raise LedgerError(f"the job ledger {path} cannot be opened ({error}); move it away") from error

    def close(self) -> None:
        """Closes the file; nothing may follow."""
        with self._lock:
            self._db.close()

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def _rows(self, query: str, arguments: Sequence[Any] = ()) -> list[sqlite3.Row]:
        with self._lock:
            return self._db.execute(query, arguments).fetchall()

    # ------------------------------------------------------------------------- accepting, reading

    def accept(self, new: NewJob) -> tuple[Record, bool]:
        """Writes a job down. Returns it, and whether it is new: a repeated request id is the same job.

        Raises RequestIdTaken when the id came with another request before.
        """
        with self._transaction() as db:
            if new.request_id:
                row = db.execute("SELECT * FROM jobs WHERE request_id = ?", (new.request_id,)).fetchone()
                if row is not None:
                    if row["digest"] != new.digest:
                        raise RequestIdTaken(
                            f"the request id {new.request_id!r} belongs to another request; choose a new one",
                            field="request_id",
                        )
                    return _record(row), False
            identity = uuid.uuid4().hex
            db.execute(
                "INSERT INTO jobs (id, request_id, digest, request, state, priority, client, title, created)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    identity, new.request_id or None, new.digest, new.request, State.QUEUED, new.priority,
                    new.client, new.title, time.time(),
                ),
            )  # fmt: skip
        return self.get(identity), True

    def get(self, job: str) -> Record:
        """The record of JOB. Raises JobUnknown."""
        rows = self._rows("SELECT * FROM jobs WHERE id = ?", (job,))
        if not rows:
            raise JobUnknown(f"there is no job {job!r}; foley jobs lists them", field="job_id")
        return _record(rows[0])

    def unfinished(self) -> list[Record]:
        """Jobs that were queued or running, in the order in which they are to go on."""
        return [
            _record(row)
            for row in self._rows(
                "SELECT * FROM jobs WHERE state IN ('queued', 'running') ORDER BY priority, created, rowid"
            )
        ]

    def page(self, states: Iterable[State], size: int, token: str) -> tuple[list[Record], str]:
        """SIZE jobs, newest first, after TOKEN ("" from the top); and the token of the next page.

        Raises RequestError for a TOKEN that was never given out.
        """
        wanted = tuple(states) or tuple(State)
        edge = _page_edge(token) if token else _LAST_ROW
        marks = ",".join("?" * len(wanted))
        rows = self._rows(
            f"SELECT rowid AS row, * FROM jobs WHERE state IN ({marks}) AND rowid < ?"
            " ORDER BY rowid DESC LIMIT ?",
            (*wanted, edge, size + 1),
        )
        following = str(rows[size - 1]["row"]) if len(rows) > size else ""
        return [_record(row) for row in rows[:size]], following

    def same_request(self, digest: str) -> Record | None:
        """The newest finished job that did exactly this, if any, and whose files are where they were."""
        rows = self._rows(
            "SELECT * FROM jobs WHERE digest = ? AND state = 'done' AND moved = 0"
            " ORDER BY finished DESC LIMIT 1",
            (digest,),
        )
        return _record(rows[0]) if rows else None

    def costs(self, engine: str, jobs: int = 20) -> dict[str, float]:
        """Mean seconds by stage of the last JOBS that ENGINE really worked on (weights of progress).

        Of loading it is the mean of those that had to wait for it.
        """
        rows = self._rows(
            "SELECT stage_seconds FROM jobs WHERE engine = ? AND state = 'done' AND misses > 0"
            " ORDER BY finished DESC LIMIT ?",
            (engine, jobs),
        )
        spent: list[dict[str, float]] = [json.loads(row["stage_seconds"]) for row in rows]
        loads = sum("load" in seconds for seconds in spent)
        costs: dict[str, float] = {}
        for stage, seconds in (item for one in spent for item in one.items()):
            costs[stage] = costs.get(stage, 0.0) + seconds / (loads if stage == "load" else len(rows))
        return costs

    # ------------------------------------------------------------------------------------ changing

    def begin(self, job: str) -> int:
        """Marks JOB as running and returns which attempt this is."""
        with self._transaction() as db:
            db.execute(
                "UPDATE jobs SET state = 'running', attempts = attempts + 1,"
                " started = COALESCE(started, ?) WHERE id = ?",
                (time.time(), job),
            )
            return int(db.execute("SELECT attempts FROM jobs WHERE id = ?", (job,)).fetchone()[0])

    def set_engine(self, job: str, engine: str) -> None:
        """Writes down which engine was chosen."""
        with self._transaction() as db:
            db.execute("UPDATE jobs SET engine = ? WHERE id = ?", (engine, job))

    def ask_cancel(self, job: str, reason: str) -> None:
        """Remembers that JOB is to be cancelled, so that a killed daemon does not resume it."""
        with self._transaction() as db:
            db.execute(
                "UPDATE jobs SET cancel_reason = ? WHERE id = ? AND cancel_reason = '' AND finished IS NULL",
                (reason, job),
            )

    def finish(
        self,
        job: str,
        state: State,
        event: bytes,
        figures: Figures | None = None,
        failure: Failure | None = None,
    ) -> bool:
        """Ends JOB with its terminal EVENT, in one transaction; False when it had already ended."""
        figures = figures or Figures()
        with self._transaction() as db:
            row = db.execute("SELECT state FROM jobs WHERE id = ?", (job,)).fetchone()
            if row is None or State(row["state"]).final:
                return False
            _append(db, job, event)
            db.execute(
                "UPDATE jobs SET state = ?, finished = ?, stage_seconds = ?, peak_memory = ?, hits = ?,"
                " misses = ?, device_peak = ?, failure = ? WHERE id = ?",
                (
                    state, time.time(), json.dumps(figures.stage_seconds), figures.peak_memory, figures.hits,
                    figures.misses, figures.device_peak,
                    json.dumps(_failure_fields(failure)) if failure else None, job,
                ),
            )  # fmt: skip
        return True

    def remove(self, job: str) -> None:
        """Forgets JOB. Its files stay."""
        with self._transaction() as db:
            db.execute("DELETE FROM jobs WHERE id = ?", (job,))

    def prune(self, days: float) -> list[str]:
        """Forgets jobs that finished more than DAYS ago and returns their ids."""
        edge = time.time() - days * 86_400
        with self._transaction() as db:
            rows = db.execute("SELECT id FROM jobs WHERE finished < ?", (edge,)).fetchall()
            db.execute("DELETE FROM jobs WHERE finished < ?", (edge,))
        return [row["id"] for row in rows]

    # -------------------------------------------------------------------------------------- events

    def append(self, job: str, event: bytes) -> int:
        """Adds an event to an unfinished JOB and returns its sequence number, from 1; 0 if it has ended."""
        with self._transaction() as db:
            row = db.execute("SELECT state FROM jobs WHERE id = ?", (job,)).fetchone()
            if row is None or State(row["state"]).final:
                return 0
            return _append(db, job, event)

    def events(self, job: str, after: int = 0) -> list[tuple[int, bytes]]:
        """Events of JOB after sequence AFTER, in order."""
        rows = self._rows(
            "SELECT sequence, body FROM events WHERE job = ? AND sequence > ? ORDER BY sequence", (job, after)
        )
        return [(row["sequence"], row["body"]) for row in rows]

    def newest(self, job: str, count: int = 1) -> list[tuple[int, bytes]]:
        """The last COUNT events of JOB, newest first."""
        rows = self._rows(
            "SELECT sequence, body FROM events WHERE job = ? ORDER BY sequence DESC LIMIT ?", (job, count)
        )
        return [(row["sequence"], row["body"]) for row in rows]

    # --------------------------------------------------------------------------------------- files

    def claim(self, job: str, paths: Iterable[Path]) -> None:
        """Writes down which files JOB is about to write, before it does."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR IGNORE INTO files (job, path) VALUES (?, ?)", [(job, str(path)) for path in paths]
            )

    def stamp_files(self, job: str, stamps: Iterable[FileStamp]) -> None:
        """Writes down what the files of JOB were when it had written them."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO files (job, path, size, mtime_ns) VALUES (?, ?, ?, ?)",
                [(job, str(stamp.path), stamp.size, stamp.mtime_ns) for stamp in stamps],
            )

    def move_files(self, job: str, stamps: Iterable[FileStamp]) -> None:
        """Writes down that the files of JOB are those of STAMPS now, and no others."""
        with self._transaction() as db:
            db.execute("DELETE FROM files WHERE job = ?", (job,))
            db.executemany(
                "INSERT OR REPLACE INTO files (job, path, size, mtime_ns) VALUES (?, ?, ?, ?)",
                [(job, str(stamp.path), stamp.size, stamp.mtime_ns) for stamp in stamps],
            )
            db.execute("UPDATE jobs SET moved = 1 WHERE id = ?", (job,))

    def files(self, job: str) -> list[tuple[Path, FileStamp | None]]:
        """Files that JOB claimed, each with its stamp when it was written."""
        return [
            (
                Path(row["path"]),
                None if row["size"] is None else FileStamp(Path(row["path"]), row["size"], row["mtime_ns"]),
            )
            for row in self._rows("SELECT * FROM files WHERE job = ? ORDER BY path", (job,))
        ]

    def claimed_by_others(self, job: str) -> list[Path]:
        """Files that jobs other than JOB are about to write."""
        rows = self._rows("SELECT path FROM files WHERE job != ? AND size IS NULL", (job,))
        return [Path(row["path"]) for row in rows]

    def disclaim(self, job: str, paths: Iterable[Path]) -> None:
        """Forgets claims on files that are not there."""
        with self._transaction() as db:
            db.executemany("DELETE FROM files WHERE job = ? AND path = ?", [(job, str(p)) for p in paths])

    def stamp_sources(self, job: str, stamps: Iterable[FileStamp]) -> None:
        """Writes down what the media were that JOB looked at."""
        with self._transaction() as db:
            db.executemany(
                "INSERT OR REPLACE INTO sources (job, path, size, mtime_ns, inode) VALUES (?, ?, ?, ?, ?)",
                [(job, str(stamp.path), stamp.size, stamp.mtime_ns, stamp.inode) for stamp in stamps],
            )

    def sources(self, job: str) -> list[FileStamp]:
        """The media that JOB looked at, as they were."""
        return [
            FileStamp(Path(row["path"]), row["size"], row["mtime_ns"], row["inode"])
            for row in self._rows("SELECT * FROM sources WHERE job = ?", (job,))
        ]


def _append(db: sqlite3.Connection, job: str, event: bytes) -> int:
    sequence = db.execute(
        "SELECT COALESCE(MAX(sequence), 0) + 1 FROM events WHERE job = ?", (job,)
    ).fetchone()[0]
    db.execute("INSERT INTO events (job, sequence, body) VALUES (?, ?, ?)", (job, sequence, event))
    return int(sequence)


def _failure_fields(failure: Failure) -> dict[str, str]:
    return {name: getattr(failure, name) for name in Failure.__slots__}


def _page_edge(token: str) -> int:
    if not _TOKEN.fullmatch(token) or int(token) > _LAST_ROW:
        raise RequestError("the page token is not one of ours; begin with an empty one", field="page_token")
    return int(token)


def _record(row: sqlite3.Row) -> Record:
    return Record(
        id=row["id"],
        request_id=row["request_id"] or "",
        digest=row["digest"],
        request=row["request"],
        state=State(row["state"]),
        priority=Priority(row["priority"]),
        client=row["client"],
        title=row["title"],
        engine=row["engine"],
        created=row["created"],
        started=row["started"],
        finished=row["finished"],
        attempts=row["attempts"],
        cancel_reason=row["cancel_reason"],
        stage_seconds=json.loads(row["stage_seconds"]),
        peak_memory=row["peak_memory"],
        device_peak=row["device_peak"],
        moved=bool(row["moved"]),
        hits=row["hits"],
        misses=row["misses"],
        failure=Failure(**json.loads(row["failure"])) if row["failure"] else None,
    )
