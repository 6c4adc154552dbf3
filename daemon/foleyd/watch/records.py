"""What a watch folder remembers of each file, one small file for each in ``foley/.state``.

Files rather than a database: they move with the folder, need no locks that a network share may not have, and
one that is damaged costs one entry. Each is written beside itself and renamed.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from enum import StrEnum
from pathlib import Path

import msgspec

from foleyd.files import TEMPORARY_PREFIX, remove_leftovers, replace_file
from foleyd.v1 import foleyd_pb2 as pb

_SUFFIX = ".json"
_REQUEST = ".request"
_BOOK = "book"


class Stamp(msgspec.Struct, frozen=True):
    """A file as a glance sees it: SIZE in bytes, MTIME in nanoseconds, INODE."""

    size: int
    mtime: int
    inode: int

    @classmethod
    def of(cls, facts: os.stat_result) -> Stamp:
        """From what the system says."""
        return cls(facts.st_size, facts.st_mtime_ns, facts.st_ino)

    @property
    def plain(self) -> tuple[int, int]:
        """Size and date alone."""
        return self.size, self.mtime


class State(StrEnum):
    """How a file stands."""

    WORKING = "working"
    PLACING = "placing"
    DONE = "done"
    PARTLY = "partly done"
    FAILED = "failed"

    @property
    def finished(self) -> bool:
        """Whether nothing more is to be done of itself."""
        return self not in (State.WORKING, State.PLACING)

    @property
    def good(self) -> bool:
        """Whether there are results."""
        return self in (State.DONE, State.PARTLY)


class Entry(msgspec.Struct, kw_only=True):
    """One dropped file. NAME is its name in the folder; CONTENT its hash, ASKED that of what lies beside it.

    TOKEN names the work at hand, RESULTS the folder of what was made. FOLDER is the hash of what was asked of
    the whole folder when it failed. USES are names in the folder that a timeline refers to, LACKING those of
    them that were not there. SEEN are stamps of its sidecars, LINES where in a sheet its cues stand.
    """

    name: str
    content: str
    stamp: Stamp
    asked: str = ""
    folder: str = ""
    seen: tuple[Stamp, ...] = ()
    state: State = State.WORKING
    attempt: int = 1
    token: str = ""
    job: str = ""
    results: str = ""
    archived: str = ""
    uses: tuple[str, ...] = ()
    lacking: tuple[str, ...] = ()
    reason: str = ""
    message: str = ""
    reported: bool = False
    when: float = 0.0
    notes: tuple[str, ...] = ()
    origin: str = ""
    lines: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class Book:
    """All entries of one folder. Thread-safe; entries are shared and changed only with :meth:`save`.

    What cannot be written (a full disk) stays in memory, and the work goes on.
    """

    def __init__(self, folder: Path) -> None:
        """Opens the book in FOLDER, which is there; it is read, not written, until something is saved."""
        self._folder = folder
        self._lock = threading.RLock()
        self._entries: dict[str, Entry] = {}
        self.identity = ""
        for path in sorted(folder.glob(f"*{_SUFFIX}")):
            if path.name.startswith(TEMPORARY_PREFIX):  # what a killed watch was writing
                continue
            with suppress(OSError, msgspec.DecodeError):
                text = path.read_bytes()
                if path.stem == _BOOK:
                    self.identity = msgspec.json.decode(text, type=str)
                    continue
                entry = msgspec.json.decode(text, type=Entry)
                self._entries[entry.name] = entry

    def open(self) -> None:
        """Gives the book an identity that tells its jobs from those of a book that was thrown away."""
        remove_leftovers(self._folder)
        if not self.identity:
            self.identity = secrets.token_hex(8)
            self._write(self._folder / f"{_BOOK}{_SUFFIX}", msgspec.json.encode(self.identity))

    def __iter__(self) -> Iterator[Entry]:
        with self._lock:
            return iter(list(self._entries.values()))

    def get(self, name: str) -> Entry | None:
        """The entry of the file called NAME."""
        with self._lock:
            return self._entries.get(name)

    def of_content(self, content: str) -> list[Entry]:
        """Entries of files with CONTENT."""
        with self._lock:
            return [entry for entry in self._entries.values() if entry.content == content]

    def save(self, entry: Entry) -> None:
        """Writes ENTRY down."""
        with self._lock:
            entry.when = time.time()
            self._entries[entry.name] = entry
            self._write(self._path(entry.name, _SUFFIX), msgspec.json.encode(entry))

    def rename(self, entry: Entry, name: str) -> None:
        """ENTRY's file is called NAME now."""
        with self._lock:
            old = entry.name
            request = self.request(entry)
            entry.name = name
            self._entries.pop(old, None)
            self.save(entry)
            if request is not None:
                self.keep_request(entry, request)
            for suffix in (_SUFFIX, _REQUEST):
                with suppress(OSError):
                    self._path(old, suffix).unlink()

    def request(self, entry: Entry) -> pb.GenerateRequest | None:
        """What was asked of the daemon for ENTRY, exactly."""
        try:
            return pb.GenerateRequest.FromString(self._path(entry.name, _REQUEST).read_bytes())
        except Exception:  # not there, or damaged
            return None

    def keep_request(self, entry: Entry, request: pb.GenerateRequest) -> None:
        """Writes down what is about to be asked, so that it can be asked again to the letter."""
        with self._lock:
            self._write(self._path(entry.name, _REQUEST), request.SerializeToString(deterministic=True))

    def drop_request(self, entry: Entry) -> None:
        """The work is over."""
        with suppress(OSError):
            self._path(entry.name, _REQUEST).unlink()

    def _path(self, name: str, suffix: str) -> Path:
        digest = hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        return self._folder / f"{digest}{suffix}"

    def _write(self, path: Path, text: bytes) -> bool:
        try:
            replace_file(path, text)
        except OSError:
            return False
        return True
