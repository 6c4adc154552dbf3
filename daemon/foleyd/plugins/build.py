"""The Blender extension, assembled from ``plugins/blender`` and ``plugins/shared``."""

from __future__ import annotations

import tomllib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from foleyd.files import new_file
from foleyd.plugins.errors import PluginUnusable

MANIFEST = "blender_manifest.toml"
_PACKAGE = Path(__file__).parents[1]
_KEPT = {".py", ".toml", ".md", ".png", ".svg", ""}
"""Suffixes of what belongs to a plugin; the empty one is its licence's."""

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
    root = sources()
    found: dict[str, bytes] = {}
    for part in ("blender", "shared"):
        for path in sorted((root / part).rglob("*")):
            name = path.relative_to(root / part)
            hidden = any(word.startswith((".", "__pycache__")) for word in name.parts)
            if hidden or not path.is_file() or path.suffix not in _KEPT:
                continue
            if found.setdefault(name.as_posix(), path.read_bytes()) != path.read_bytes():
                raise PluginUnusable(f"two files of the extension are called {name}; rename one of them")
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
    target.mkdir(parents=True)
    for name, content in blender_files().items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return target
