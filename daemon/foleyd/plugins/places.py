"""Where Blender keeps its extensions, on Linux, macOS and Windows."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from foleyd.plugins.errors import ProgramNotFound, ProgramUnusable

OLDEST = (4, 2)
"""The first Blender that has extensions."""

REPOSITORY = "user_default"
"""Blender's repository for extensions that come from files."""

RESOURCES, EXTENSIONS = "BLENDER_USER_RESOURCES", "BLENDER_USER_EXTENSIONS"
"""Variables by which Blender's users move its folders."""

_VERSION = re.compile(r"^(\d+)\.(\d+)(?:\.\d+)?$")
_MARKS = ("config", "scripts", "extensions", "datafiles")
"""Folders of which a folder of user resources has one at least, unless it is empty."""


@dataclass(frozen=True, slots=True)
class Place:
    """One Blender's repository of extensions; VERSION is "4.5", or "" where its folder does not tell."""

    repository: Path
    version: str = ""
    application: Path | None = None

    @property
    def extension(self) -> Path:
        """Where the extension belongs."""
        return self.repository / "foley"

    @property
    def name(self) -> str:
        """For sentences."""
        return f"Blender {self.version}" if self.version else "Blender"


def blender_root(environment: Mapping[str, str], home: Path, platform: str = sys.platform) -> Path:
    """The folder in which Blender makes one for each of its versions."""
    if platform == "darwin":
        return home / "Library" / "Application Support" / "Blender"
    if platform == "win32":
        roaming = environment.get("APPDATA")
        base = Path(roaming) if roaming else home / "AppData" / "Roaming"
        return base / "Blender Foundation" / "Blender"
    config = environment.get("XDG_CONFIG_HOME")
    return (Path(config) if config else home / ".config") / "blender"


def found_places(
    environment: Mapping[str, str] = os.environ, home: Path | None = None, platform: str = sys.platform
) -> list[Place]:
    """The repositories of every Blender that has been started here, oldest first; too old ones left out."""
    moved = _moved(environment)
    if moved is not None:
        return [moved]
    root = blender_root(environment, home or Path.home(), platform)
    try:
        names = [entry.name for entry in root.iterdir() if entry.is_dir()]
    except OSError:
        return []
    versions = sorted(pair for name in names if (pair := _pair(name)) and name == _text(pair))
    return [_place(root, pair) for pair in versions if pair >= OLDEST]


def places_for(
    version: str = "",
    path: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    home: Path | None = None,
    platform: str = sys.platform,
) -> list[Place]:
    """The places that a command means: those of VERSION, of PATH, or all that are found.

    A VERSION's need not exist yet. Raises ProgramNotFound and ProgramUnusable.
    """
    if path is not None:
        return [place_at(path)]
    root = blender_root(environment, home or Path.home(), platform)
    if not version:
        places = found_places(environment, home, platform)
        if not places:
            raise ProgramNotFound(
                f"no Blender {_text(OLDEST)} or later was started here (its folders would be in {root}); "
                "start it once, or say which with --version or --path",
                fix="foley install blender --version 4.5",
            )
        return places
    pair = _pair(version)
    if pair is None:
        raise ProgramNotFound(f'"{version}" is no version of Blender; give one such as 4.5')
    if pair < OLDEST:
        raise ProgramUnusable(
            f"Blender {_text(pair)} has no extensions; {_text(OLDEST)} is the first that has"
        )
    moved = _moved(environment)
    if moved is not None:
        variable = EXTENSIONS if environment.get(EXTENSIONS) else RESOURCES
        raise ProgramUnusable(
            f"{variable} is set, so every Blender uses {moved.repository}; leave out --version"
        )
    return [_place(root, pair)]


def place_at(path: Path) -> Place:
    """The place that PATH means: an application, a folder of user resources, or one of extensions.

    Raises ProgramNotFound.
    """
    path = path.expanduser().absolute()
    application = _application(path)
    if application is not None:
        return Place(path, application=application)
    if not path.is_dir():
        raise ProgramNotFound(f"there is no {path}; --path takes Blender itself or one of its user folders")
    pair = _pair(path.name)
    if path.name == REPOSITORY or path.parent.name == "extensions" or (path / ".blender_ext").is_dir():
        return Place(path)
    if path.name == "extensions":
        return Place(path / REPOSITORY)
    if pair is not None or any((path / mark).is_dir() for mark in _MARKS) or not any(path.iterdir()):
        return Place(path / "extensions" / REPOSITORY, _text(pair) if pair else "")
    raise ProgramNotFound(
        f"{path} is neither Blender nor one of its user folders; those have {', '.join(_MARKS[:3])} in them"
    )


def _application(path: Path) -> Path | None:
    """The program that PATH is or holds: Blender.app, the unpacked folder, the file itself."""
    if path.is_dir():
        inside = (path / "Contents" / "MacOS" / "Blender", path / "blender", path / "blender.exe")
        return next((file for file in inside if file.is_file()), None)
    if not path.is_file():
        return None
    if path.name == "blender-launcher.exe":
        # It leaves before Blender does.
        return path.with_name("blender.exe")
    return path if os.access(path, os.X_OK) else None


def _moved(environment: Mapping[str, str]) -> Place | None:
    if extensions := environment.get(EXTENSIONS):
        return Place(Path(extensions).absolute() / REPOSITORY)
    if resources := environment.get(RESOURCES):
        return Place(Path(resources).absolute() / "extensions" / REPOSITORY)
    return None


def _place(root: Path, pair: tuple[int, int]) -> Place:
    return Place(root / _text(pair) / "extensions" / REPOSITORY, _text(pair))


def _pair(text: str) -> tuple[int, int] | None:
    found = _VERSION.match(text)
    return (int(found[1]), int(found[2])) if found else None


def _text(pair: tuple[int, int]) -> str:
    return f"{pair[0]}.{pair[1]}"
