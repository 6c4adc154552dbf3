"""Files of ours in an editing program's folders: put there whole, looked at, taken away.

What every plugin's installation shares. Nothing is ever written over that is not ours.
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from foleyd.files import TEMPORARY_PREFIX, output_error, replace_file
from foleyd.plugins.errors import PluginForeign, PluginUnusable

ABSENT, OURS, FOREIGN = "absent", "ours", "foreign"


@dataclass(frozen=True, slots=True)
class State:
    """What lies where a plugin belongs: KIND, its VERSION, and whether it is CURRENT, file for file."""

    kind: str
    version: str = ""
    current: bool = False


def put_folder(folder: Path, make: Callable[[Path], object]) -> None:
    """Has MAKE fill a new folder, which then takes FOLDER's name and place.

    It is whole before it gets its name, and the old one comes back if that fails. Raises OSError.
    """
    new = beside(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        make(new)
        old = beside(folder) if folder.exists() else None
        if old:
            os.rename(folder, old)
        try:
            os.rename(new, folder)
        except OSError:
            if old:
                os.rename(old, folder)
            raise
        if old:
            shutil.rmtree(old, ignore_errors=True)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def put_file(path: Path, content: bytes) -> None:
    """CONTENT as PATH, whole or not at all, in place of what is there. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, content)


def discard(folder: Path) -> None:
    """Takes FOLDER away: gone at once for whoever looks, then deleted. Raises OSError."""
    aside = beside(folder)
    os.rename(folder, aside)
    shutil.rmtree(aside)


def beside(path: Path) -> Path:
    """A name of ours beside PATH that programs do not read: they skip those that begin with a dot."""
    return path.with_name(f"{TEMPORARY_PREFIX}{secrets.token_hex(8)}")


def same_files(folder: Path, expected: Mapping[str, bytes], besides: frozenset[str] = frozenset()) -> bool:
    """Whether FOLDER holds EXPECTED ("/" between folders), and nothing but it, BESIDES and compiled files."""
    found = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    try:
        return found.keys() - besides == expected.keys() and all(
            found[name].read_bytes() == content for name, content in expected.items()
        )
    except OSError:
        return False


def foreign(path: Path) -> PluginForeign:
    """The refusal to touch PATH."""
    return PluginForeign(
        f"{path} is not foleyd's and was left alone; move it away, then try again", where=str(path)
    )


@contextmanager
def explained(path: Path, who: str) -> Iterator[None]:
    """Turns the operating system's complaints about PATH into sentences; WHO says what gives permission.

    Raises PluginUnusable and OutputError.
    """
    try:
        yield
    except PermissionError as error:
        raise PluginUnusable(f"{error.filename or path} cannot be changed; {who}", where=str(path)) from error
    except OSError as error:
        known = output_error(path, error)
        raise known or PluginUnusable(
            f"{error.filename or path}: {error.strerror or error}; mend that and try again", where=str(path)
        ) from error
