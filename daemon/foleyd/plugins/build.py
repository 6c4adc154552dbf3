"""The plugins, assembled each from a folder of its own and ``plugins/shared``: a Blender extension, a package
for DaVinci Resolve."""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Mapping, Set
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from foleyd.files import new_file
from foleyd.plugins.errors import PluginUnusable

MANIFEST = "blender_manifest.toml"
_PACKAGE = Path(__file__).parents[1]
_BLENDER_KEPT = frozenset({".py", ".toml", ".md", ".png", ".svg", ""})
"""Suffixes of what belongs to the extension; the empty one is its licence's."""

MENU = "menu"
"""The folder of the templates of what Resolve lists; they are no part of the package."""
_TEMPLATE = ".in"

_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The first moment that a zip can name: all its files have it, so that equal sources make equal zips."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What tells one extension from another."""

    id: str
    version: str
    maintainer: str

    def same_plugin(self, other: Manifest) -> bool:
        """Whether both are the same extension, in whatever version."""
        return (self.id, self.maintainer) == (other.id, other.maintainer)


def sources() -> Path:
    """The folder that holds ``blender`` and ``shared``: in the package, or in the repository it runs from.

    Raises PluginUnusable where neither has them.
    """
    for folder in (_PACKAGE / "_data" / "plugins", _PACKAGE.parents[1] / "plugins"):
        if (folder / "blender" / MANIFEST).is_file():
            return folder
    raise PluginUnusable(
        f"the plugins' sources are not in {_PACKAGE}; install foleyd again",
        fix="pip install --force-reinstall foleyd",
    )


@cache
def blender_files() -> Mapping[str, bytes]:
    """The extension's files by their names in it ("/" between folders), in order."""
    return _plugin_files("blender", _BLENDER_KEPT)


@cache
def davinci_files() -> Mapping[str, bytes]:
    """The files of the package for DaVinci Resolve, as :func:`blender_files`: modules only."""
    return _plugin_files("davinci", frozenset({".py"}))


def davinci_template(name: str) -> str:
    """The template of the menu entry called NAME, as it is in the sources."""
    path = sources() / "davinci" / MENU / f"{name}{_TEMPLATE}"
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise PluginUnusable(f"{path} cannot be read ({error.strerror}); install foleyd again") from error


def _plugin_files(plugin: str, kept: Set[str]) -> dict[str, bytes]:
    root = sources()
    found: dict[str, bytes] = {}
    for part in (plugin, "shared"):
        for path in sorted((root / part).rglob("*")):
            name = path.relative_to(root / part)
            hidden = any(word.startswith((".", "__pycache__")) for word in name.parts)
            if hidden or name.parts[0] == MENU or not path.is_file() or path.suffix not in kept:
                continue
            if found.setdefault(name.as_posix(), path.read_bytes()) != path.read_bytes():
                raise PluginUnusable(f"two files of the plugin are called {name}; rename one of them")
    return dict(sorted(found.items()))


def read_manifest(text: bytes) -> Manifest | None:
    """What the TOML of an extension says; None where that cannot be read."""
    try:
        said = tomllib.loads(text.decode())
    except (UnicodeDecodeError, tomllib.TOMLDecodeError):
        return None
    words = [said.get(name) for name in ("id", "version", "maintainer")]
    return Manifest(*map(str, words)) if all(isinstance(word, str) for word in words) else None


def blender_manifest() -> Manifest:
    """The manifest of the extension that :func:`build_blender` makes."""
    manifest = read_manifest(blender_files()[MANIFEST])
    if manifest is None:
        raise PluginUnusable(f"{sources() / 'blender' / MANIFEST} cannot be read; install foleyd again")
    return manifest


def build_blender(target: Path) -> Path:
    """Writes the extension to TARGET, which must not exist: a zip if its name ends so, else a folder.

    Equal sources make equal zips, byte for byte. Returns TARGET; raises OutputError.
    """
    if target.suffix == ".zip":
        with new_file(target) as temporary, zipfile.ZipFile(temporary, "w") as archive:
            for name, content in blender_files().items():
                entry = zipfile.ZipInfo(name, _EARLIEST)
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.create_system = 3  # the attributes below are Unix's, wherever this runs
                entry.external_attr = 0o100644 << 16
                archive.writestr(entry, content)
        return target
    write_files(target, blender_files())
    return target


def write_files(target: Path, files: Mapping[str, bytes]) -> None:
    """FILES ("/" between folders) as the new folder TARGET. Raises OSError."""
    target.mkdir(parents=True)
    for name, content in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
