"""``foley doctor --davinci``: what the plugin for DaVinci Resolve needs, and what to do about what is not."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from foleyd import __version__
from foleyd.cli.doctor import BAD, NOTE, OK, Check, record_check
from foleyd.config import Folders

if TYPE_CHECKING:
    from foleyd.plugins.davinci import Found
    from foleyd.plugins.davinci_places import ScriptsPlace, System

_INSTALL = "foley install davinci"
_PREFERENCE = (
    "Studio: start it, and set Preferences > System > General > External scripting using to Local (the menu "
    "entries work without that); the free edition answers nobody outside"
)
_NO_PYTHON = (
    "the free edition from 21.1 on and the App Store's build list no Python entries, whatever is installed"
)


def examine_davinci(folders: Folders) -> Iterator[Check]:
    """Every check of the plugin, in the order a person would mend them. Starts nothing but short children."""
    from foleyd.plugins.davinci_places import this_system

    system = this_system()
    yield from _application(system)
    found = _found(folders, system)
    yield from _places(system, found)
    yield from _commands(folders, found)
    yield from _watched(found)
    yield _python(system, found)
    yield _window(system)


def installed_davinci(folders: Folders) -> Iterator[Check]:
    """How each installation stands, for who asks of everything: none where there is none, and none is bad."""
    from foleyd.plugins.davinci_places import this_system
    from foleyd.plugins.laying import ABSENT

    for place, state in _found(folders, this_system()):
        if state.kind != ABSENT:
            check = _place(place, state)
            yield replace(check, state=NOTE) if check.state == BAD else check


def _found(folders: Folders, system: System) -> list[tuple[ScriptsPlace, Found]]:
    """This user's places, those of the record, and all users' that have something of ours."""
    from foleyd.plugins.davinci import known_places, state_of
    from foleyd.plugins.davinci_places import EVERYBODY, known_variants
    from foleyd.plugins.laying import ABSENT

    own = [(place, state_of(place)) for place in known_places(folders, system)]
    known = {place.scripts for place, _ in own}
    shared = [place for place in known_variants(system, (EVERYBODY,)) if place.scripts not in known]
    return own + [(place, state) for place in shared if (state := state_of(place)).kind != ABSENT]


def _application(system: System) -> Iterator[Check]:
    """Whether Resolve is installed where it usually is, and which one it is if it can be asked."""
    from foleyd.plugins.davinci_places import STORE, applications, known_variants, library

    there = [path for path in applications(system) if path.is_dir()]
    if not there:
        looked = ", ".join(map(str, applications(system)))
        store = any(known_variants(system, (STORE,)))
        detail = (
            "the App Store's build has been started here" if store else f"not found (looked for {looked})"
        )
        fix = "" if store else "install it, if it is not somewhere else"
        yield Check("application", OK if store else NOTE, detail, fix)
    for path in there:
        yield Check("application", OK, str(path))
    asked = next((path for path in there if library(system, path).is_file()), None)
    if asked is not None:
        yield _edition(system, asked)


def _edition(system: System, application: Path) -> Check:
    from foleyd.plugins.davinci_edition import ask_edition

    answer, name = ask_edition(system, application), "edition"
    if answer.product:
        return Check(name, OK, f"{answer.product} {answer.version}, running and reachable")
    if answer.why:
        return Check(name, NOTE, f"could not be asked: {answer.why}", _PREFERENCE)
    return Check(name, NOTE, "not known: no DaVinci Resolve can be reached from outside", _PREFERENCE)


def _places(system: System, found: list[tuple[ScriptsPlace, Found]]) -> Iterator[Check]:
    from foleyd.plugins.davinci_places import EVERYBODY, USER, variants
    from foleyd.plugins.laying import ABSENT, OURS

    if not found:
        looked = ", ".join(str(place.scripts.parent) for place in variants(system))
        fix = f"start DaVinci Resolve once, then {_INSTALL}; or {_INSTALL} --path SCRIPTS_FOLDER"
        yield Check("scripts", BAD, f"no folder of DaVinci Resolve's is here (looked for {looked})", fix)
        return
    for place, state in found:
        yield _place(place, state)
    kinds = {place.kind for place, state in found if state.kind == OURS}
    if {EVERYBODY, USER} <= kinds:
        detail = "installed for you and for all users: the menu lists every entry twice"
        yield Check("scripts", NOTE, detail, "foley uninstall davinci")
    if all(state.kind == ABSENT for _, state in found):
        yield Check("plugin", BAD, "it is installed nowhere", _INSTALL)


def _place(place: ScriptsPlace, state: Found) -> Check:
    from foleyd.plugins.davinci_places import EVERYBODY, NAMED
    from foleyd.plugins.laying import ABSENT

    option = {EVERYBODY: " --for-all-users", NAMED: f" --path {place.scripts}"}.get(place.kind, "")
    name, fix, where = place.name.lower(), f"{_INSTALL}{option}", place.scripts
    if state.kind == ABSENT:
        return Check(name, NOTE, f"Foley is not installed in {where}", fix)
    if state.blocked is not None:
        return Check(name, BAD, f"{state.blocked} is not foleyd's", f"move it away, then {fix}")
    if not state.current:
        detail = (
            f"plugin {state.version or 'of an unknown version'} differs from this foleyd's ({__version__})"
        )
        return Check(name, NOTE, f"{detail}, in {where}", fix)
    return Check(name, OK, f"plugin {state.version} in {where}")


def _commands(folders: Folders, found: list[tuple[ScriptsPlace, Found]]) -> Iterator[Check]:
    """The record, and what all users' installation has in its place: whether their commands run."""
    from foleyd.plugins.davinci import INSTALLED
    from foleyd.plugins.record import Record, read_record, record_path

    ours = [(place, state.installation) for place, state in found if state.installation is not None]
    record = read_record(folders)
    if record is not None or any(not place.for_all_users for place, _ in ours):
        yield record_check(record, record_path(folders), _INSTALL)
    for place, said in ours:
        if place.for_all_users:
            shared = Record(said.command, said.version)
            yield record_check(shared, place.package / INSTALLED, f"{_INSTALL} --for-all-users")


def _watched(found: list[tuple[ScriptsPlace, Found]]) -> Iterator[Check]:
    name = "watch folder"
    watched = dict.fromkeys(state.watch_folder for _, state in found if state.watch_folder)
    for folder in watched:
        fix = f"make it, or {_INSTALL} --watch-folder PATH with another"
        if not os.path.isdir(folder):
            yield Check(name, BAD, f"{folder}, to which the Lua entry sends timelines, is not there", fix)
        elif not os.access(folder, os.W_OK):
            yield Check(name, BAD, f"{folder}, to which the Lua entry sends timelines, is not writable", fix)
        else:
            yield Check(name, OK, f"the Lua entry sends timelines to {folder}")
    if not watched:
        detail = f"there is no Lua entry; {_NO_PYTHON}"
        yield Check(name, NOTE, detail, f"{_INSTALL} --watch-folder PATH (only for those)")


def _python(system: System, found: list[tuple[ScriptsPlace, Found]]) -> Check:
    from foleyd.plugins.davinci_places import STORE
    from foleyd.plugins.davinci_python import seen_python

    seen, name = seen_python(system), "python for resolve"
    if seen.usable:
        store_only = bool(found) and all(place.kind == STORE for place, _ in found)
        if store_only:
            return Check(name, NOTE, f"{seen.detail}; {_NO_PYTHON}", f"{_INSTALL} --watch-folder PATH")
        return Check(name, OK, seen.detail)
    return Check(name, NOTE, f"{seen.detail}; Studio from 21.1 on has its own, others need one", seen.fix)


def _window(system: System) -> Check:
    from foleyd.dialog.available import without_display, without_tkinter

    name, use = "foley dialog", "the window of the free edition from 19.1 on"
    problem = without_tkinter(system.platform)
    if not problem and system.platform not in ("darwin", "win32") and not system.environment.get("DISPLAY"):
        problem = without_display("DISPLAY is not set", system.platform)
    if problem:
        sentence, _, fix = problem.partition("; ")
        return Check(name, NOTE, f"{use} cannot open: {sentence}", fix)
    return Check(name, OK, f"{use} can open ({sys.executable} has tkinter)")
