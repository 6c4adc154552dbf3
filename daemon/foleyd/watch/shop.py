"""What all work of one watch folder has in common."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from foleyd.client import Daemon, connect
from foleyd.config import Folders, Settings
from foleyd.cuesheet.schema import Sidecar
from foleyd.watch.asking import Rules, Sides, sides_of
from foleyd.watch.kinds import SETTINGS_FILE, alike, base_of, is_side, is_video, is_wanted
from foleyd.watch.places import Places
from foleyd.watch.records import Book, Entry, Stamp


@dataclass(frozen=True, slots=True)
class News:
    """Something that happened. KIND is a word for programs, NAME the file, TEXT a line for people.

    FRACTION is how far a job is; RESULTS and JOB where they are known.
    """

    kind: str
    name: str = ""
    text: str = ""
    fraction: float = 0.0
    folder: str = ""
    job: str = ""
    results: str = ""
    seconds: float = 0.0


Tell = Callable[[News], None]


@dataclass(slots=True)
class Shop:
    """One watch folder at work. LISTED are the files in it, by name, as of the last look, SIDES the sidecars
    and sheets among them whose names are to the letter no file's there, by what is alike; GIVEN are sheets
    for files that something else than a sidecar speaks of; SOURCES say where files of other folders lie.

    STOP is set when the work is to be left to the daemon.
    """

    places: Places
    book: Book
    folders: Folders
    settings: Settings
    rules: Rules
    tell: Tell
    archive: bool = False
    once: bool = False
    watched: bool = True
    stop: threading.Event = field(default_factory=threading.Event)
    listed: dict[str, Stamp] = field(default_factory=dict)
    sides: dict[str, str] = field(default_factory=dict)
    _videos: dict[str, str] | None = None
    given: dict[str, tuple[Sidecar, str]] = field(default_factory=dict)
    sources: dict[str, Path] = field(default_factory=dict)
    _claimed: set[int] = field(default_factory=set)
    _connections: set[Daemon] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, listed: dict[str, Stamp]) -> None:
        """Takes note of the files in the folder."""
        self.listed, self._videos = listed, None
        sides = [name for name in listed if is_side(name)]
        called = (
            {base for name in listed if is_wanted(name) for base in (name, Path(name).stem)} if sides else ()
        )
        self.sides = {alike(side): side for side in sides if base_of(side) not in called}

    def video(self, media: str) -> str:
        """The video in the folder that a timeline calls MEDIA, or, as a reel, by its stem; "" for none."""
        if media in self.listed:
            return media
        if self._videos is None:
            names = [name for name in self.listed if is_video(name)]
            self._videos = {alike(Path(name).stem): name for name in names}
            self._videos |= {alike(name): name for name in names}
        return self._videos.get(alike(media), "")

    def path(self, name: str) -> Path:
        """Where the file called NAME lies."""
        return self.sources.get(name, self.places.source / name)

    def claim(self, entry: Entry) -> bool:
        """Takes ENTRY to work on; False where somebody has it, under whatever name."""
        with self._lock:
            if id(entry) in self._claimed:
                return False
            self._claimed.add(id(entry))
            return True

    def is_claimed(self, name: str) -> bool:
        """Whether somebody works on the file called NAME, whatever it was called when that began."""
        entry = self.book.get(name)
        with self._lock:
            return entry is not None and id(entry) in self._claimed

    def release(self, entry: Entry) -> None:
        """Gives ENTRY back."""
        with self._lock:
            self._claimed.discard(id(entry))

    def connect(self) -> Daemon:
        """A connection to the daemon, which is started where none answers."""
        daemon = connect(self.folders, settings=self.settings)
        with self._lock:
            self._connections.add(daemon)
        return daemon

    def disconnect(self, daemon: Daemon) -> None:
        """Ends a connection; its jobs go on."""
        with self._lock:
            self._connections.discard(daemon)
        daemon.close()

    @contextmanager
    def connection(self) -> Iterator[Daemon]:
        """A connection for as long as it is needed."""
        daemon = self.connect()
        try:
            yield daemon
        finally:
            self.disconnect(daemon)

    def leave(self) -> None:
        """Ends every stream that is being followed; the jobs go on."""
        self.stop.set()
        with self._lock:
            for daemon in self._connections:
                with suppress(Exception):  # it may be ending by itself
                    daemon.abandon()


def look(folder: Path, unspeakable: set[str] | None = None) -> dict[str, Stamp]:
    """The files in FOLDER that matter, by name. Raises OSError.

    Links that lead out of the folder, folders, devices and what is hidden are left out; so are names that
    are no UTF-8, as other systems' archives leave them behind, which go to UNSPEAKABLE.
    """
    found: dict[str, Stamp] = {}
    with os.scandir(folder) as entries:
        for entry in entries:
            name = entry.name
            if not (name == SETTINGS_FILE or is_side(name) or is_wanted(name)):
                continue
            stamp = stamp_at(folder / name)
            if stamp is None:
                continue
            if _is_text(name):
                found[name] = stamp
            elif unspeakable is not None:
                unspeakable.add(name)
    return found


def sides_at(shop: Shop, name: str) -> Sides:
    """What lies beside the file called NAME at this moment."""
    folder = shop.places.source
    if name in shop.given:
        return Sides(None, None)
    return sides_of(folder, name, lambda side: stamp_at(folder / side), shop.sides)


def stamp_at(path: Path) -> Stamp | None:
    """The file at PATH at a glance; None where there is none, or a link leads out of its folder."""
    try:
        facts = os.lstat(path)
        if stat.S_ISLNK(facts.st_mode):
            real = os.path.realpath(path)
            if not real.startswith(os.path.realpath(path.parent) + os.sep):
                return None
            facts = os.stat(real)
    except OSError:
        return None
    return Stamp.of(facts) if stat.S_ISREG(facts.st_mode) else None


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:  # the wire takes UTF-8 alone
        return False
    return True
