"""Where DaVinci Resolve keeps its scripts and itself, on Linux, macOS and Windows.

All of it follows from a :class:`System`, so that each can be looked at from any other.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from foleyd.plugins.errors import ProgramNotFound

SCRIPTS = "Scripts"
FOLEY = "Foley"
"""Our folder beside Scripts: Resolve does not list what is in it."""
PACKAGE = "foley_davinci"

USER, EVERYBODY, STORE, NAMED = "user", "everybody", "store", "named"

STORE_APP = "com.blackmagic-design.DaVinciResolveLite"
"""The Mac App Store's build, which sees nothing but its own container."""

_VENDOR = ("Blackmagic Design", "DaVinci Resolve")


@dataclass(frozen=True, slots=True)
class System:
    """A computer, as far as it decides where things are; ROOT is that of its file system."""

    environment: Mapping[str, str] = field(default_factory=lambda: os.environ)
    home: Path = field(default_factory=Path.home)
    platform: str = sys.platform
    root: Path = Path("/")

    def variable(self, name: str, default: str) -> Path:
        """The folder that the variable NAME has, else DEFAULT."""
        return Path(self.environment.get(name) or default)


def this_system() -> System:
    """The computer that this runs on."""
    return System()


@dataclass(frozen=True, slots=True)
class ScriptsPlace:
    """One of Resolve's folders of scripts; it is in use where one of MARKS is there."""

    scripts: Path
    kind: str = NAMED
    marks: tuple[Path, ...] = ()

    @property
    def entries(self) -> Path:
        """Where menu entries for all of Resolve's pages belong."""
        return self.scripts / "Utility"

    @property
    def package(self) -> Path:
        """Where the plugin's package belongs."""
        return self.scripts.parent / FOLEY / PACKAGE

    @property
    def for_all_users(self) -> bool:
        """Whether an administrator has to install there."""
        return self.kind == EVERYBODY

    @property
    def present(self) -> bool:
        """Whether Resolve has been here."""
        return any(os.path.isdir(mark) for mark in self.marks)

    @property
    def name(self) -> str:
        """For sentences."""
        return {
            USER: "DaVinci Resolve",
            EVERYBODY: "DaVinci Resolve (all users)",
            STORE: "DaVinci Resolve (App Store)",
        }.get(self.kind, "DaVinci Resolve")


def variants(system: System) -> list[ScriptsPlace]:
    """Every folder of scripts that a Resolve of SYSTEM may read, the user's first."""
    if system.platform == "darwin":
        return _macos(system)
    if system.platform == "win32":
        user = system.variable("APPDATA", str(system.home / "AppData" / "Roaming")).joinpath(*_VENDOR)
        everybody = system.variable("PROGRAMDATA", "C:\\ProgramData").joinpath(*_VENDOR)
        return [
            _place(user / "Support" / "Fusion", USER, user),
            _place(everybody / "Fusion", EVERYBODY, everybody),
        ]
    user = system.home / ".local" / "share" / "DaVinciResolve"
    return [
        _place(user / "Fusion", USER, user),
        *(
            # A folder of that name alone may be the home of somebody called Resolve.
            _place(folder / "Fusion", EVERYBODY, folder / "Fusion", folder / "libs")
            for folder in _linux_applications(system)
        ),
    ]


def known_variants(system: System, kinds: tuple[str, ...] = (USER, STORE)) -> list[ScriptsPlace]:
    """Those of :func:`variants` of KINDS in which Resolve has been."""
    return [place for place in variants(system) if place.kind in kinds and place.present]


def places_for(
    system: System, *, for_all_users: bool = False, path: Path | None = None
) -> list[ScriptsPlace]:
    """The places that a command means: that of PATH, else every variant of this user or of all users.

    Raises ProgramNotFound.
    """
    if path is not None:
        return [place_at(system, path)]
    kinds = (EVERYBODY,) if for_all_users else (USER, STORE)
    places = known_variants(system, kinds)
    if places:
        return places
    looked = ", ".join(str(mark) for place in variants(system) if place.kind in kinds for mark in place.marks)
    if for_all_users:
        advice = "install DaVinci Resolve, or name its folder of scripts with --path"
    else:
        advice = "start DaVinci Resolve once, or name its folder of scripts with --path"
    raise ProgramNotFound(
        f"there is no folder of DaVinci Resolve's here (looked for {looked}); {advice}",
        fix="foley install davinci --path SCRIPTS_FOLDER",
    )


def place_at(system: System, path: Path) -> ScriptsPlace:
    """The place that PATH means: a folder Scripts, or the folder Fusion that it belongs in.

    Raises ProgramNotFound.
    """
    path = path.expanduser().absolute()
    if path.name == SCRIPTS and path.parent.is_dir():
        return _known(system, path)
    if path.name == "Fusion" and path.is_dir():
        return _known(system, path / SCRIPTS)
    raise ProgramNotFound(
        f"{path} is no folder of scripts of DaVinci Resolve's: that is called {SCRIPTS}, in a folder Fusion"
    )


def place_of(system: System, package: Path) -> ScriptsPlace:
    """The place whose package is PACKAGE."""
    return _known(system, package.parents[1] / SCRIPTS)


def applications(system: System) -> list[Path]:
    """Where Resolve itself is put by its installer; the first that is there is the one to ask."""
    if system.platform == "darwin":
        folder = system.root / "Applications"
        return [folder / "DaVinci Resolve" / "DaVinci Resolve.app", folder / "DaVinci Resolve.app"]
    if system.platform == "win32":
        return [system.variable("ProgramFiles", "C:\\Program Files").joinpath(*_VENDOR)]
    return _linux_applications(system)


def library(system: System, application: Path) -> Path:
    """The library by which the Resolve at APPLICATION is asked from outside."""
    if named := system.environment.get("RESOLVE_SCRIPT_LIB"):
        return Path(named)
    if system.platform == "darwin":
        return application / "Contents" / "Libraries" / "Fusion" / "fusionscript.so"
    if system.platform == "win32":
        return application / "fusionscript.dll"
    return application / "libs" / "Fusion" / "fusionscript.so"


def scripting(system: System, application: Path) -> Path:
    """The folder whose Modules has ``DaVinciResolveScript``, of the Resolve at APPLICATION."""
    if named := system.environment.get("RESOLVE_SCRIPT_API"):
        return Path(named)
    if system.platform == "darwin":
        base = system.root.joinpath("Library", "Application Support", *_VENDOR)
    elif system.platform == "win32":
        base = system.variable("PROGRAMDATA", "C:\\ProgramData").joinpath(*_VENDOR) / "Support"
    else:
        base = application
    return base / "Developer" / "Scripting"


def _macos(system: System) -> list[ScriptsPlace]:
    support = Path("Library") / "Application Support"
    user = (system.home / support).joinpath(*_VENDOR)
    everybody = (system.root / support).joinpath(*_VENDOR)
    container = system.home / "Library" / "Containers" / STORE_APP
    inside = container / "Data" / support
    return [
        _place(user / "Fusion", USER, user),
        # Which of these two that build reads is not the same on every Mac.
        _place(inside.joinpath(*_VENDOR) / "Fusion", STORE, container),
        _place(inside / "Fusion", STORE, container),
        _place(everybody / "Fusion", EVERYBODY, everybody),
    ]


def _known(system: System, scripts: Path) -> ScriptsPlace:
    return next((place for place in variants(system) if place.scripts == scripts), ScriptsPlace(scripts))


def _place(fusion: Path, kind: str, *marks: Path) -> ScriptsPlace:
    return ScriptsPlace(fusion / SCRIPTS, kind, marks)


def _linux_applications(system: System) -> list[Path]:
    return [system.root / "opt" / "resolve", system.root / "home" / "resolve"]
