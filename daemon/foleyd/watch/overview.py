"""A watch folder from outside: how its files stand, and having one tried again. Works while it is watched."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foleyd.locks import lock_file
from foleyd.watch.errors import FolderUnusable, NotThere
from foleyd.watch.kinds import alike, is_foreign, is_hollow, is_wanted
from foleyd.watch.places import Places
from foleyd.watch.placing import withdraw_failure
from foleyd.watch.pointing import belongs
from foleyd.watch.records import Book, Entry, Stamp, State
from foleyd.watch.shop import look


@dataclass(frozen=True, slots=True)
class Overview:
    """ENTRIES of files that were begun, by name; WAITING are others that lie there, and why."""

    entries: list[Entry]
    waiting: dict[str, str]
    watched: bool


def overview(folder: Path) -> Overview:
    """How the watch folder at FOLDER stands. Raises FolderUnusable."""
    places = Places.of(folder)
    try:
        listed = look(folder)
    except OSError as error:
        raise FolderUnusable(f"{folder} cannot be looked at ({error.strerror}); correct its name") from error
    book = Book(places.state)
    entries = sorted(book, key=lambda entry: entry.name.casefold())
    uses = {alike(use) for entry in entries for use in entry.uses}
    waiting = {
        name: _why(folder / name, stamp)
        for name, stamp in sorted(listed.items())
        if is_wanted(name)
        and book.get(name) is None
        and not belongs(name, uses)
        and not is_foreign(folder / name)
    }
    return Overview(entries, waiting, _is_watched(places))


def retry(folder: Path, name: str) -> None:
    """Has the file called NAME, which failed, is partly done or has lost its results, tried again: by whoever
    watches FOLDER.

    Raises NotThere, FolderUnusable.
    """
    places = Places.of(folder)
    entry = Book(places.state).get(name) if places.state.is_dir() else None
    if entry is None or not _may_be_tried_again(entry, places):
        raise NotThere(
            f"nothing called {name} has failed in {folder}, or has lost its results",
            fix="foley watch --status FOLDER",
        )
    if entry.state is State.FAILED and entry.reported:
        withdraw_failure(places, name)
        return
    places.want_again(name)


def _may_be_tried_again(entry: Entry, places: Places) -> bool:
    if entry.state is State.DONE:
        return not (places.own / entry.results).is_dir()
    return entry.state.finished


def _why(path: Path, stamp: Stamp) -> str:
    """Why the file at PATH, which was not begun, waits: as far as a glance tells."""
    if stamp.size == 0:
        return "it is empty so far"
    return "much of it is not there yet" if is_hollow(path) else "not begun yet"


def _is_watched(places: Places) -> bool:
    try:
        with lock_file(places.state / "lock") as free:
            return not free
    except OSError:
        return False
