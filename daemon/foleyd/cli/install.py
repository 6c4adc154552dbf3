"""``foley install`` and ``foley uninstall``: the plugins of editing programs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foleyd.cli import options as o
from foleyd.cli.exits import DONE, InputError, InputNotFound, plain_text, printable
from foleyd.config import HOME_VARIABLE, find_folders

if TYPE_CHECKING:
    from foleyd.plugins import davinci
    from foleyd.plugins.blender import Installed, Removed
    from foleyd.plugins.davinci_places import ScriptsPlace, System
    from foleyd.plugins.places import Place

_STYLE: Any = {"add_completion": False, "rich_markup_mode": None, "no_args_is_help": True}
install_app = typer.Typer(name="install", help="Puts a plugin into an editing program.", **_STYLE)
uninstall_app = typer.Typer(name="uninstall", help="Takes a plugin out of an editing program.", **_STYLE)

Version = Annotated[
    str,
    typer.Option("--version", metavar="X.Y", help="This version of Blender, such as 4.5; else all found."),
]
PathOption = Annotated[
    Path | None,
    typer.Option("--path", metavar="PATH", help="Blender itself, or one of its user folders."),
]
ForAllUsers = Annotated[
    bool, typer.Option("--for-all-users", help="The folders that all users of this computer share.")
]
ScriptsOption = Annotated[
    Path | None,
    typer.Option("--path", metavar="SCRIPTS_FOLDER", help="A folder Scripts of DaVinci Resolve's."),
]
WatchOption = Annotated[
    Path | None,
    typer.Option(
        "--watch-folder",
        metavar="PATH",
        help="Adds a menu entry in Lua that sends the timeline to this folder, for where no Python runs.",
    ),
]

_TO_ENABLE = (
    "What is left to do: in Blender, Edit > Preferences > Add-ons, search for Foley and tick it.",
    "A Blender that is running lists it after a restart.",
)


@install_app.callback()
def _install() -> None:
    """Puts a plugin into an editing program."""


@uninstall_app.callback()
def _uninstall() -> None:
    """Takes a plugin out of an editing program."""


@install_app.command("blender")
def install_blender(version: Version = "", path: PathOption = None, as_json: o.Json = False) -> int:
    """Installs the extension for Blender's video sequencer.

    Into every Blender 4.2 or later that was started here, unless one is named. Given Blender itself
    with --path, Blender installs and enables it.
    """
    from foleyd.plugins.blender import install
    from foleyd.plugins.record import own_command, record_path

    folders = find_folders()
    done = install(folders, _places(version, path))
    record = record_path(folders)
    if as_json:
        installed = [
            {**_place_json(one.place, one.version), "replaced": one.before or None, "enabled": one.enabled}
            for one in done
        ]
        answer = {
            "plugin": "blender",
            "installed": installed,
            "record": str(record),
            "command": own_command(),
        }
        print(json.dumps(answer))
    else:
        _print([*_installed_lines(done), f"The extension finds foley by {record}."])
        if os.environ.get(HOME_VARIABLE):
            _print([f"{HOME_VARIABLE} is set: it looks there only when Blender is started with it, too."])
    return DONE


@uninstall_app.command("blender")
def uninstall_blender(version: Version = "", path: PathOption = None, as_json: o.Json = False) -> int:
    """Removes the extension from Blender.

    From every Blender it is found in, unless one is named. Sound that was made stays where it is.
    """
    from foleyd.plugins.blender import known_places, uninstall

    folders = find_folders()
    named = bool(version or path)
    places = _places(version, path) if named else known_places(folders)
    removed, record_removed = uninstall(folders, places, strict=named)
    if as_json:
        gone = [_place_json(one.place, one.version) for one in removed]
        print(json.dumps({"plugin": "blender", "removed": gone, "record_removed": record_removed}))
    else:
        _print(_removed_lines(removed))
    return DONE


@install_app.command("davinci")
def install_davinci(
    *,
    for_all_users: ForAllUsers = False,
    watch_folder: WatchOption = None,
    path: ScriptsOption = None,
    as_json: o.Json = False,
) -> int:
    """Installs the menu entries for DaVinci Resolve.

    Into every folder of scripts of yours that a Resolve here reads, unless another is named.
    """
    from foleyd.plugins.davinci import install
    from foleyd.plugins.davinci_places import this_system
    from foleyd.plugins.record import own_command, record_path

    folders, system = find_folders(), this_system()
    watched = _watch_folder(watch_folder)
    done = install(folders, _scripts_places(system, for_all_users, path), watched)
    recorded = any(not one.place.for_all_users for one in done)
    record = record_path(folders) if recorded else None
    if as_json:
        answer = {
            "plugin": "davinci",
            "installed": [
                {
                    **_scripts_json(one.place, one.version),
                    "replaced": one.before or None,
                    "watch_folder": one.watch_folder or None,
                }
                for one in done
            ],
            "record": str(record) if record else None,
            "command": own_command(),
        }
        print(json.dumps(answer))
    else:
        _print(_davinci_lines(done, system))
        if os.environ.get(HOME_VARIABLE):
            _print(
                [f"{HOME_VARIABLE} is set: start DaVinci Resolve with it, too, or it uses another daemon."]
            )
    return DONE


@uninstall_app.command("davinci")
def uninstall_davinci(
    *, for_all_users: ForAllUsers = False, path: ScriptsOption = None, as_json: o.Json = False
) -> int:
    """Removes the menu entries from DaVinci Resolve.

    From every folder of scripts of yours that has them, unless another is named. Sound that was made stays
    where it is.
    """
    from foleyd.plugins.davinci import known_places, state_of, uninstall
    from foleyd.plugins.davinci_places import EVERYBODY, known_variants, this_system
    from foleyd.plugins.laying import OURS

    folders, system = find_folders(), this_system()
    named = for_all_users or path is not None
    places = _scripts_places(system, for_all_users, path) if named else known_places(folders, system)
    removed, record_removed = uninstall(folders, system, places, strict=named)
    if as_json:
        gone = [_scripts_json(one.place, one.version) for one in removed]
        print(json.dumps({"plugin": "davinci", "removed": gone, "record_removed": record_removed}))
        return DONE
    lines = [f"Foley {one.version} is removed from {one.place.name}: {one.place.scripts}" for one in removed]
    left = [place for place in known_variants(system, (EVERYBODY,)) if state_of(place).kind == OURS]
    lines = lines or ["There was no Foley in DaVinci Resolve's folders to remove."]
    for place in left:
        lines.append(f"It is in {place.scripts} for all users, too; --for-all-users removes that.")
    _print(lines)
    return DONE


def _places(version: str, path: Path | None) -> list[Place]:
    from foleyd.plugins.places import places_for

    if version and path is not None:
        raise InputError("--version and --path both say where; leave out one of them")
    return places_for(version, path)


def _place_json(place: Place, version: str) -> dict[str, Any]:
    return {"path": str(place.extension), "blender": place.version or None, "version": version}


def _scripts_places(system: System, for_all_users: bool, path: Path | None) -> list[ScriptsPlace]:
    from foleyd.plugins.davinci_places import places_for

    if for_all_users and path is not None:
        raise InputError("--for-all-users and --path both say where; leave out one of them")
    return places_for(system, for_all_users=for_all_users, path=path)


def _watch_folder(path: Path | None) -> str:
    """PATH as the entry has it, "" for none; it is there already, as its maker is who may write to it."""
    if path is None:
        return ""
    folder = Path(os.path.abspath(path.expanduser()))
    if not folder.is_dir():
        raise InputNotFound(f"there is no folder {folder} to watch; make it first, or name another")
    return plain_text(str(folder), "the watch folder")


def _scripts_json(place: ScriptsPlace, version: str) -> dict[str, Any]:
    return {
        "path": str(place.package),
        "scripts": str(place.scripts),
        "for_all_users": place.for_all_users,
        "version": version,
    }


def _davinci_lines(done: list[davinci.Installed], system: System) -> list[str]:
    """What was put where, and what to do next."""
    from foleyd.plugins.davinci_entries import WATCH_ENTRY
    from foleyd.plugins.davinci_places import STORE
    from foleyd.plugins.davinci_python import seen_python
    from foleyd.plugins.record import own_command

    lines = []
    for one in done:
        text = f"Foley {one.version} is installed in {one.place.name}: {one.place.entries}"
        lines.append(f"{text} (in place of {one.before})" if one.before else text)
        lines.append(f"  its modules are in {one.place.package}")
    lines.append(
        "In DaVinci Resolve: Workspace > Scripts > Foley - Generate. One that runs may need a restart."
    )
    watch = WATCH_ENTRY.removesuffix(".lua")
    watched = next((one.watch_folder for one in done if one.watch_folder), "")
    without = "The free edition from 21.1 on and the App Store's build run no Python and list none of these"
    if watched:
        lines.append(f"{without} but one: {watch}. It exports the open timeline into {watched}.")
    else:
        lines.append(f"{without}. For them, add an entry in Lua: foley install davinci --watch-folder PATH")
    if any(one.place.kind == STORE for one in done) and watched:
        lines.append("The App Store's build may not be allowed to write there; the one from the website is.")
    python = seen_python(system)
    if not python.usable:
        lines.append(f"DaVinci Resolve may find no Python here: {python.detail}. What to do: {python.fix}.")
    if any(one.place.for_all_users for one in done):
        lines.append(f"All users start foley by {own_command()[0]}: they have to be allowed to run that.")
    return [*lines, "foley doctor --davinci says how things stand."]


def _installed_lines(done: list[Installed]) -> list[str]:
    lines = []
    for one in done:
        text = f"Foley {one.version} is installed in {one.place.name}: {one.place.extension}"
        lines.append(f"{text} (in place of {one.before})" if one.before else text)
    if all(one.enabled for one in done):
        return [*lines, "It is enabled. A Blender that is running shows it after a restart."]
    return [*lines, *_TO_ENABLE]


def _removed_lines(removed: list[Removed]) -> list[str]:
    if not removed:
        return ["There was no Foley extension to remove."]
    lines = [
        f"Foley {one.version} is removed from {one.place.name}: {one.place.extension}" for one in removed
    ]
    return [*lines, "A Blender that is running has it until it is closed."]


def _print(lines: list[str]) -> None:
    for line in lines:
        print(printable(line))
