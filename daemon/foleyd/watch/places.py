"""Where everything of a watch folder lies."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from foleyd.files import output_error
from foleyd.watch.errors import FolderUnusable

OWN = "foley"
REPORT = "report.txt"
STATE = ".state"
_AGAIN = "again"
RESERVED = frozenset({"failed", "archive"})
_LONGEST_NAME = 255
"""Bytes, on most disks."""
_MAKING = re.compile(r"\.making-[0-9a-f]{16}")


@dataclass(frozen=True, slots=True)
class Places:
    """The folder SOURCE that things are dropped into, and OWN, where ours go: never watched itself."""

    source: Path
    own: Path

    @classmethod
    def of(cls, folder: Path) -> Places:
        """Those of the watch folder at absolute FOLDER."""
        return cls(folder, folder / OWN)

    @property
    def failed(self) -> Path:
        """Reports on what failed, each in a folder of the file's name."""
        return self.own / "failed"

    @property
    def archive(self) -> Path:
        """What was dropped and is done, where that was asked for."""
        return self.own / "archive"

    @property
    def state(self) -> Path:
        """What is remembered. It lies in the folder so that it moves with it."""
        return self.own / STATE

    def making(self, token: str) -> Path:
        """Where results lie until they are whole; as deep as their place, so that relative names hold."""
        return self.own / f".making-{token}"

    def failure(self, name: str) -> Path:
        """The report on NAME, where it failed."""
        return self.failed / name / REPORT

    def ask_again(self, name: str) -> Path:
        """Lies there once somebody wants NAME tried again."""
        digest = hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=12).hexdigest()
        return self.state / _AGAIN / digest

    def want_again(self, name: str) -> None:
        """Writes down that somebody wants NAME tried again. Raises FolderUnusable."""
        mark = self.ask_again(name)
        try:
            mark.parent.mkdir(exist_ok=True)
            mark.touch()
        except OSError as error:
            raise FolderUnusable(f"{self.state} cannot be written to ({error.strerror})") from error

    def asked_again(self) -> set[str]:
        """Names of all such marks."""
        try:
            return set(os.listdir(self.state / _AGAIN))
        except OSError:
            return set()

    def make(self) -> None:
        """Makes what must be there. Raises FolderUnusable."""
        if not self.source.is_dir():
            raise FolderUnusable(f"{self.source} is no folder that is there; make it, or correct its name")
        try:
            self.state.mkdir(parents=True, exist_ok=True)
            if not os.access(self.own, os.W_OK | os.X_OK):
                raise PermissionError(13, "Permission denied", str(self.own))
        except (FileExistsError, NotADirectoryError) as error:
            raise FolderUnusable(
                f"{self.own} is a file, and foleyd's folder must be there; move it"
            ) from error
        except OSError as error:
            words = output_error(self.own / REPORT, error)
            raise FolderUnusable(str(words or f"{self.own} cannot be made ({error.strerror})")) from error

    def free(self, name: str, within: Path | None = None) -> Path:
        """NAME among our own (or WITHIN another folder), or the first of ``NAME (2)`` … that is not taken."""
        within = within or self.own
        number = 1
        while True:
            candidate = within / (name if number == 1 else _numbered(name, number))
            reserved = within == self.own and candidate.name.casefold() in RESERVED
            if not reserved and not os.path.lexists(candidate):
                return candidate
            number += 1

    def sweep(self, tokens: Iterable[str]) -> None:
        """Removes what was being made and belongs to none of TOKENS."""
        kept = {self.making(token).name for token in tokens}
        with suppress(OSError):
            for entry in os.scandir(self.own):
                if _MAKING.fullmatch(entry.name) and entry.name not in kept:
                    shutil.rmtree(entry.path, ignore_errors=True)

    def discard(self, token: str) -> None:
        """Removes what was being made under TOKEN."""
        shutil.rmtree(self.making(token), ignore_errors=True)


def _numbered(name: str, number: int) -> str:
    """NAME with NUMBER behind it; cut where the two together are too long for a file's name."""
    end = f" ({number})"
    room = _LONGEST_NAME - len(end)
    return name.encode("utf-8", "surrogateescape")[:room].decode("utf-8", "ignore") + end


def is_ours(folder: Path) -> bool:
    """Whether absolute FOLDER is, or lies in, where a watch folder's results go."""
    ways = (folder, *folder.parents)
    return any(way.name == OWN and (way / STATE).is_dir() for way in ways)
