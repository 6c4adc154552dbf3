"""What lies under the folders that a request names for its media: files by their names."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path, PurePath

MAX_FILES = 200_000


class MediaRoots:
    """Every file under ROOTS by name, listed once, when it is first asked for.

    Links to folders are not followed, and hidden folders not entered.
    """

    def __init__(self, roots: Sequence[Path], limit: int = MAX_FILES) -> None:
        self.roots = tuple(roots)
        self._limit = limit

    def named(self, name: str) -> tuple[Path, ...]:
        """The files called NAME: as it is written, else without regard to case; a NAME without a suffix
        (a reel's) also means files with any. Raises LookupError with a clause for the editor when there are
        more files than are listed."""
        if self._listed is None:
            folders = ", ".join(str(root) for root in self.roots)
            raise LookupError(
                f"{folders} holds more than {self._limit:,} files, too many to look through; "
                "name a folder nearer to the media with --media-root"
            )
        plain = unicodedata.normalize("NFC", name)
        found = self._listed.get(plain.casefold(), ())
        if not found and not PurePath(plain).suffix:
            found = self._stems.get(plain.casefold(), ())
        exact = [path for path in found if unicodedata.normalize("NFC", path.name) == plain]
        return tuple(exact or found)

    @cached_property
    def _listed(self) -> dict[str, list[Path]] | None:
        listed: dict[str, list[Path]] = {}
        for number, path in enumerate(_files(self.roots)):
            if number >= self._limit:
                return None
            listed.setdefault(unicodedata.normalize("NFC", path.name).casefold(), []).append(path)
        return listed

    @cached_property
    def _stems(self) -> dict[str, list[Path]]:
        stems: dict[str, list[Path]] = {}
        for name, paths in (self._listed or {}).items():
            stems.setdefault(PurePath(name).stem, []).extend(paths)
        return stems


def _files(roots: Sequence[Path]) -> Iterator[Path]:
    """Each file once, also where roots lie in one another."""
    seen: set[str] = set()
    for root in roots:
        for folder, folders, names in os.walk(root):
            real = os.path.realpath(folder)
            if real in seen:
                folders.clear()
                continue
            seen.add(real)
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            yield from (Path(folder, name) for name in sorted(names))
