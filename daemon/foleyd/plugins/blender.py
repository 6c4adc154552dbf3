"""The extension in Blender's folders: put there, looked at, taken away. Only what is ours is touched."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from foleyd.config import Folders
from foleyd.files import TEMPORARY_PREFIX, output_error
from foleyd.plugins.application import ask_application, install_with_application
from foleyd.plugins.build import MANIFEST, blender_files, blender_manifest, build_blender, read_manifest
from foleyd.plugins.errors import PluginForeign, PluginUnusable, ProgramUnusable
from foleyd.plugins.places import Place, found_places
from foleyd.plugins.record import forget, read_record, record_path, remember

PLUGIN = "blender"
ABSENT, OURS, FOREIGN = "absent", "ours", "foreign"


@dataclass(frozen=True, slots=True)
class State:
    """What lies where the extension belongs: KIND, its VERSION, and whether it is CURRENT, file for file."""

    kind: str
    version: str = ""
    current: bool = False


@dataclass(frozen=True, slots=True)
class Installed:
    """One installation made: BEFORE is the version that it replaced, "" where there was none."""

    place: Place
    version: str
    before: str
    enabled: bool


@dataclass(frozen=True, slots=True)
class Removed:
    """One installation taken away."""

    place: Place
    version: str


def state_of(place: Place) -> State:
    """What lies at PLACE."""
    folder = place.extension
    if not os.path.lexists(folder):
        return State(ABSENT)
    try:
        text = (folder / MANIFEST).read_bytes()
    except OSError:
        return State(FOREIGN)
    manifest = read_manifest(text)
    if folder.is_symlink() or manifest is None or not manifest.same_plugin(blender_manifest()):
        return State(FOREIGN)
    return State(OURS, manifest.version, _same_files(folder))


def known_places(folders: Folders) -> list[Place]:
    """The places of every Blender that is found, and those that the record has besides."""
    places = found_places()
    record = read_record(folders)
    known = {place.extension for place in places}
    listed = [Path(path) for path in record.installed.get(PLUGIN, [])] if record else []
    return places + [Place(path.parent) for path in listed if path not in known]


def install(folders: Folders, places: Sequence[Place]) -> list[Installed]:
    """Puts the extension to PLACES, where an older one is replaced, and records where ``foley`` is.

    All of PLACES are looked at before the first is written to. Raises PluginForeign, PluginUnusable,
    ProgramUnusable and OutputError.
    """
    places = [_asked(place) for place in places]
    states = [state_of(place) for place in places]
    for place, state in zip(places, states, strict=True):
        if state.kind == FOREIGN:
            raise _foreign(place)
    done = []
    for place, state in zip(places, states, strict=True):
        enabled = False
        if place.application:
            enabled = _install_by_application(place, place.application)
        else:
            _install_files(place)
        with _explained(record_path(folders)):
            remember(folders, PLUGIN, place.extension)
        done.append(Installed(place, blender_manifest().version, state.version, enabled))
    return done


def uninstall(folders: Folders, places: Sequence[Place], *, strict: bool) -> tuple[list[Removed], bool]:
    """Takes the extension from PLACES; what was removed, and whether the record was, too.

    What is not ours is left alone, and refused when STRICT. Raises as :func:`install`.
    """
    places = [_asked(place) for place in places]
    removed = []
    for place in places:
        state = state_of(place)
        if state.kind == FOREIGN and strict:
            raise _foreign(place)
        if state.kind != OURS:
            continue
        with _explained(place.extension):
            _discard(place.extension)
        removed.append(Removed(place, state.version))
    gone = [place.extension for place in places]
    left = any(state_of(place).kind == OURS for place in known_places(folders))
    with _explained(record_path(folders)):
        return removed, forget(folders, PLUGIN, gone, others=left)


def _install_files(place: Place) -> None:
    """The new folder is whole before it gets its name, and the old one comes back if that fails."""
    folder = place.extension
    new = _beside(folder)
    with _explained(folder):
        place.repository.mkdir(parents=True, exist_ok=True)
        try:
            build_blender(new)
            old = _beside(folder) if folder.exists() else None
            if old:
                os.rename(folder, old)
            try:
                os.rename(new, folder)
            except OSError:
                if old:
                    os.rename(old, folder)
                raise
            if old:
                shutil.rmtree(old, ignore_errors=True)
        finally:
            shutil.rmtree(new, ignore_errors=True)


def _asked(place: Place) -> Place:
    return ask_application(place.application)[0] if place.application else place


def _install_by_application(place: Place, program: Path) -> bool:
    """Whether it is enabled, too; where that cannot be learnt, the user is told how to do it."""
    with tempfile.TemporaryDirectory(prefix="foleyd-") as scratch:
        archive = build_blender(Path(scratch) / f"foley-{blender_manifest().version}.zip")
        words = install_with_application(program, archive)
    if not state_of(place).current:
        raise ProgramUnusable(
            f"{program} put no extension into {place.repository}{words}; name that folder with --path"
        )
    try:
        return ask_application(program)[1]
    except ProgramUnusable:
        return False


def _discard(folder: Path) -> None:
    """Gone at once for whoever looks, then deleted."""
    aside = _beside(folder)
    os.rename(folder, aside)
    shutil.rmtree(aside)


def _beside(folder: Path) -> Path:
    """A name of ours that Blender does not read: it skips those that begin with a dot."""
    return folder.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}")


def _same_files(folder: Path) -> bool:
    expected = blender_files()
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    try:
        return found.keys() == expected.keys() and all(
            path.read_bytes() == expected[name] for name, path in found.items()
        )
    except OSError:
        return False


def _foreign(place: Place) -> PluginForeign:
    return PluginForeign(
        f"{place.extension} is not foleyd's and was left alone; move it away, then try again",
        where=str(place.extension),
    )


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise PluginUnusable(
            f"{error.filename or path} cannot be changed; close Blender and check who may write there",
            where=str(path),
        ) from error
    except OSError as error:
        known = output_error(path, error)
        raise known or PluginUnusable(
            f"{error.filename or path}: {error.strerror or error}; mend that and try again", where=str(path)
        ) from error
