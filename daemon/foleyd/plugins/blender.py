"""The extension in Blender's folders: put there, looked at, taken away. Only what is ours is touched."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from foleyd.config import Folders
from foleyd.plugins.application import ask_application, install_with_application
from foleyd.plugins.build import MANIFEST, blender_files, blender_manifest, build_blender, read_manifest
from foleyd.plugins.errors import ProgramUnusable
from foleyd.plugins.laying import (
    ABSENT,
    FOREIGN,
    OURS,
    State,
    discard,
    explained,
    foreign,
    put_folder,
    same_files,
)
from foleyd.plugins.places import Place, found_places
from foleyd.plugins.record import forget, read_record, record_path, remember

PLUGIN = "blender"


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
    return State(OURS, manifest.version, same_files(folder, blender_files()))


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
            raise foreign(place.extension)
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
            raise foreign(place.extension)
        if state.kind != OURS:
            continue
        with _explained(place.extension):
            discard(place.extension)
        removed.append(Removed(place, state.version))
    gone = [place.extension for place in places]
    left = any(state_of(place).kind == OURS for place in known_places(folders))
    with _explained(record_path(folders)):
        return removed, forget(folders, PLUGIN, gone, others=left)


def _install_files(place: Place) -> None:
    with _explained(place.extension):
        put_folder(place.extension, build_blender)


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


def _explained(path: Path) -> AbstractContextManager[None]:
    return explained(path, "close Blender and check who may write there")
