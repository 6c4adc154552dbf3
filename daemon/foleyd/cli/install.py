"""``foley install`` and ``foley uninstall``: the plugins of editing programs."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foleyd.cli import options as o
from foleyd.cli.exits import DONE, InputError, printable
from foleyd.config import HOME_VARIABLE, find_folders

if TYPE_CHECKING:
    from foleyd.plugins.blender import Installed, Removed
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


def _places(version: str, path: Path | None) -> list[Place]:
    from foleyd.plugins.places import places_for

    if version and path is not None:
        raise InputError("--version and --path both say where; leave out one of them")
    return places_for(version, path)


def _place_json(place: Place, version: str) -> dict[str, Any]:
    return {"path": str(place.extension), "blender": place.version or None, "version": version}


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
