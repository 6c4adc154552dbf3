"""The plugin in DaVinci Resolve's folders of scripts: put there, looked at, taken away. Only what is ours is
touched."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import msgspec

from foleyd import __version__
from foleyd.config import Folders
from foleyd.errors import FoleyError
from foleyd.plugins.build import davinci_files, write_files
from foleyd.plugins.davinci_entries import PYTHON_ENTRIES, WATCH_ENTRY, entries, is_entry
from foleyd.plugins.davinci_places import STORE, ScriptsPlace, System, known_variants, place_of
from foleyd.plugins.errors import PluginUnusable
from foleyd.plugins.laying import (
    ABSENT,
    FOREIGN,
    OURS,
    State,
    discard,
    explained,
    foreign,
    put_file,
    put_folder,
    same_files,
)
from foleyd.plugins.record import forget, own_command, read_record, record_path, remember

PLUGIN = "davinci"
INSTALLED = "installed.json"
"""In the package: what put it there, and the command by which any user's Resolve starts ``foley``."""


class Installation(msgspec.Struct):
    """What INSTALLED says."""

    plugin: str
    version: str
    command: list[str]
    watch_folder: str = ""


@dataclass(frozen=True, slots=True)
class Found(State):
    """What lies at a place; BLOCKED by a file that is not ours, where KIND is foreign."""

    blocked: Path | None = None
    installation: Installation | None = None

    @property
    def watch_folder(self) -> str:
        """The folder of its Lua entry, "" where it has none."""
        return self.installation.watch_folder if self.installation else ""


@dataclass(frozen=True, slots=True)
class Installed:
    """One installation made: BEFORE is the version that it replaced, "" where there was none."""

    place: ScriptsPlace
    version: str
    before: str
    watch_folder: str


@dataclass(frozen=True, slots=True)
class Removed:
    """One installation taken away."""

    place: ScriptsPlace
    version: str


def state_of(place: ScriptsPlace) -> Found:
    """What lies at PLACE."""
    installation = _installation(place)
    there = [path for path in _parts(place) if os.path.lexists(path)]
    blocked = next((path for path in there if not _is_ours(place, path)), None)
    version = installation.version if installation else ""
    if blocked is not None:
        return Found(FOREIGN, version, blocked=blocked, installation=installation)
    if not there:
        return Found(ABSENT)
    return Found(OURS, version, _is_current(place, installation), installation=installation)


def known_places(folders: Folders, system: System) -> list[ScriptsPlace]:
    """The places of every Resolve of this user's that is found, and those that the record has besides."""
    places = known_variants(system)
    record = read_record(folders)
    known = {place.package for place in places}
    listed = [Path(path) for path in record.installed.get(PLUGIN, [])] if record else []
    return places + [place_of(system, path) for path in listed if path not in known]


def install(folders: Folders, places: Sequence[ScriptsPlace], watch_folder: str = "") -> list[Installed]:
    """Puts the plugin to PLACES, where an older one is replaced, and records where ``foley`` is.

    Without WATCH_FOLDER, the one that is known from before stays. All of PLACES are looked at before the
    first is written to. Raises PluginForeign, PluginUnusable and OutputError.
    """
    states = [state_of(place) for place in places]
    for state in states:
        if state.blocked is not None:
            raise foreign(state.blocked)
    before = next((state.watch_folder for state in states if state.watch_folder), "")
    done: list[Installed] = []
    for place, state in zip(places, states, strict=True):
        watched = watch_folder or state.watch_folder or before
        with _said_with(done), _explained(place, place.package), _readable(place):
            _put(place, watched)
        if not place.for_all_users:
            # What an administrator installs for all is found by what lies beside it; a record of theirs, too,
            # would be read by nobody, and would lie in another's home where sudo keeps that.
            with explained(record_path(folders), "check who may write there"):
                remember(folders, PLUGIN, place.package)
        done.append(Installed(place, __version__, state.version, watched))
    return done


def uninstall(
    folders: Folders, system: System, places: Sequence[ScriptsPlace], *, strict: bool
) -> tuple[list[Removed], bool]:
    """Takes the plugin from PLACES; what was removed, and whether the record was, too.

    What is not ours is left alone, and refused when STRICT. Raises as :func:`install`.
    """
    states = [state_of(place) for place in places]
    for state in states:
        if strict and state.blocked is not None:
            raise foreign(state.blocked)
    removed = []
    for place, state in zip(places, states, strict=True):
        with _explained(place, place.package):
            if _remove(place):
                removed.append(Removed(place, state.version))
    gone = [place.package for place in places]
    left = any(state_of(place).kind == OURS for place in known_places(folders, system))
    with explained(record_path(folders), "check who may write there"):
        return removed, forget(folders, PLUGIN, gone, others=left)


def _put(place: ScriptsPlace, watch_folder: str) -> None:
    """The package first: an entry never leads to nothing."""
    said = Installation(PLUGIN, __version__, own_command(), watch_folder)
    files = {**davinci_files(), INSTALLED: msgspec.json.format(msgspec.json.encode(said), indent=2) + b"\n"}
    put_folder(place.package, lambda folder: write_files(folder, files))
    for name, content in entries(place.package, watch_folder).items():
        put_file(place.entries / name, content)


def _remove(place: ScriptsPlace) -> bool:
    """Takes away what is ours, entries first; whether there was anything."""
    found = [path for path in _parts(place) if os.path.lexists(path) and _is_ours(place, path)]
    for path in reversed(found):
        if path == place.package:
            discard(path)
        else:
            path.unlink()
    with suppress(OSError):
        place.package.parent.rmdir()
    return bool(found)


def _parts(place: ScriptsPlace) -> list[Path]:
    """Everything that may be ours: the package, then the entries."""
    return [place.package, *(place.entries / name for name in (*PYTHON_ENTRIES, WATCH_ENTRY))]


def _is_ours(place: ScriptsPlace, path: Path) -> bool:
    return _installation(place) is not None if path == place.package else is_entry(path)


def _installation(place: ScriptsPlace) -> Installation | None:
    if place.package.is_symlink():
        return None
    try:
        said = msgspec.json.decode((place.package / INSTALLED).read_bytes(), type=Installation)
    except (OSError, msgspec.DecodeError):
        return None
    return said if said.plugin == PLUGIN else None


def _is_current(place: ScriptsPlace, installation: Installation | None) -> bool:
    if installation is None or installation.version != __version__:
        return False
    expected = entries(place.package, installation.watch_folder)
    try:
        found = {
            name: path.read_bytes()
            for name in (*PYTHON_ENTRIES, WATCH_ENTRY)
            if (path := place.entries / name).exists()
        }
    except OSError:
        return False
    return found == expected and same_files(place.package, davinci_files(), frozenset({INSTALLED}))


@contextmanager
def _readable(place: ScriptsPlace) -> Iterator[None]:
    """What is for all users can be read by them, whatever an administrator's new files are otherwise."""
    if not place.for_all_users:
        yield
        return
    before = os.umask(0o022)
    try:
        yield
    finally:
        os.umask(before)


@contextmanager
def _said_with(done: Sequence[Installed]) -> Iterator[None]:
    """An error at a later place says that the earlier ones, DONE, are well: one of them may be the one that
    is used. The App Store's folders are closed to most programs."""
    try:
        yield
    except FoleyError as error:
        if not done:
            raise
        where = " and ".join(str(one.place.entries) for one in done)
        raise PluginUnusable(
            f"{error}; it is installed in {where}, and works there", where=error.where
        ) from error


def _explained(place: ScriptsPlace, path: Path) -> AbstractContextManager[None]:
    if place.for_all_users and sys.platform == "win32":
        who = "run the same command in a terminal that was opened as administrator"
    elif place.for_all_users:
        who = f"run the same command as an administrator: sudo {shlex.join(own_command())} …"
    elif place.kind == STORE:
        who = (
            "close DaVinci Resolve, and give the terminal Full Disk Access in System Settings > Privacy & "
            "Security"
        )
    else:
        who = "close DaVinci Resolve and check who may write there"
    return explained(path, who)
