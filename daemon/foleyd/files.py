"""Files that appear whole or not at all; those of the user's job never over one that is there.

A file is written under a temporary name beside its place, synced, and then given its name: by
:func:`new_file` with an operation that fails if the name is taken, by :func:`replace_file`, for
foleyd's own records, in place of the older one. Whatever goes wrong, the temporary file is removed.
"""

from __future__ import annotations

import errno
import hashlib
import os
import platform
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from foleyd.errors import FoleyError

TEMPORARY_PREFIX = ".foleyd-"
"""How the temporary files of :func:`new_file` begin: hidden, and recognisably ours."""

_TEMPORARY_NAME = re.compile(re.escape(TEMPORARY_PREFIX) + r"([0-9a-f]{8})-([0-9a-f]{1,8})-")

OUTPUT_FIELD = "output.folder"
"""The request's field that says where files go."""

_NO_SPACE = {errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC)}
_READ_ONLY = {errno.EROFS, errno.EACCES, errno.EPERM}
_NO_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK, errno.EINVAL}


class OutputError(FoleyError):
    """A file could not be written. PATH is the file; the message says why and what to do."""

    code = "FAILED_PRECONDITION"
    reason = "OUTPUT_NOT_WRITABLE"

    def __init__(self, message: str, path: Path, field: str = OUTPUT_FIELD) -> None:
        super().__init__(message, field=field, where=str(path))
        self.path = path


class OutputExists(OutputError):
    """The name is taken; nothing was changed."""

    code = "ALREADY_EXISTS"
    reason = "OUTPUT_EXISTS"


class DiskFull(OutputError):
    """No room is left for the file."""

    reason = "DISK_FULL"


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """Yields a temporary name in PATH's folder to write to; PATH appears when the block ends well.

    The temporary name keeps PATH's suffix. If the block raises, nothing is left behind, and an
    operating system's complaint about the output becomes an OutputError. Raises OutputExists
    before and after the work when PATH is there already, whatever it is.
    """
    if os.path.lexists(path):
        raise _exists(path)
    temporary = _temporary(path)
    try:
        yield temporary
        _sync(temporary)
        _name_without_replacing(temporary, path)
        _sync_folder(path.parent)
    except Exception as error:
        explained = output_error(path, error)
        if explained is None:
            raise
        raise explained from error
    finally:
        with suppress(OSError):
            temporary.unlink()


def replace_file(path: Path, content: bytes, mode: int = 0o666) -> None:
    """CONTENT as the file at PATH, one of ours, whole or not at all, in place of what is there.

    MODE: its permissions, less what the process masks. PATH's folder exists. Raises OSError;
    nothing is left behind then.
    """
    temporary = _temporary(path)
    try:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        with suppress(OSError):
            temporary.unlink()


def free_path(path: Path) -> Path:
    """PATH, or the first of ``name-2``, ``name-3`` … that is not taken at this moment."""
    candidate, number = path, 1
    while os.path.lexists(candidate):
        number += 1
        candidate = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return candidate


def remove_leftovers(folder: Path, older_than: float = 3600.0) -> int:
    """Removes temporary files of killed runs from FOLDER; returns how many.

    Those of processes of this machine that are no more; of others, which may be at work there, only
    what was not written to for OLDER_THAN seconds.
    """
    removed = 0
    with suppress(OSError):
        for leftover in folder.glob(f"{TEMPORARY_PREFIX}*"):
            with suppress(OSError):
                if _orphaned(leftover.name) or time.time() - leftover.stat().st_mtime >= older_than:
                    leftover.unlink()
                    removed += 1
    return removed


def _temporary(path: Path) -> Path:
    """A new hidden name beside PATH, with its suffix, that says which process of which machine has it."""
    name = f"{TEMPORARY_PREFIX}{_host()}-{os.getpid():x}-{secrets.token_hex(4)}{path.suffix[:16]}"
    return path.with_name(name)


def _orphaned(name: str) -> bool:
    """Whether the temporary file called NAME was written by a process of this machine that is gone."""
    found = _TEMPORARY_NAME.match(name)
    return found is not None and found[1] == _host() and not _runs(int(found[2], 16))


def _runs(process: int) -> bool:
    try:
        # Where nobody reaps orphans, a dead process keeps its number.
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.Error:
        return True


def _host() -> str:
    """A short mark of this machine: a folder may be shared with others."""
    return hashlib.blake2b(platform.node().encode(), digest_size=4).hexdigest()


def output_error(path: Path, error: BaseException) -> OutputError | None:
    """The sentence for an editor behind ERROR met while writing PATH.

    None for what is no complaint of the operating system about PATH or its folder; such an
    error speaks for itself.
    """
    if isinstance(error, OutputError):
        return None
    number = getattr(error, "errno", None)
    if not isinstance(number, int):
        return None
    folder = path.parent
    if number in _NO_SPACE:
        return DiskFull(
            f"the disk of {folder} is full: {path.name} does not fit; free some space there", path
        )
    if number == errno.EFBIG:
        text = f"{path.name} is too large for the disk of {folder}; choose a folder on another disk"
    elif number in _READ_ONLY and _concerns(path, error):
        text = f"{folder} cannot be written to; choose another folder or change its permissions"
    elif number in (errno.ENOENT, errno.ENOTDIR) and not folder.is_dir():
        text = f"the folder {folder} does not exist; make it or choose another"
    elif number == errno.ENAMETOOLONG:
        text = f"the name {path.name[:60]}… is too long for the disk of {folder}; choose a shorter one"
    elif number == errno.EIO:
        text = f"the disk of {folder} failed while writing {path.name}; check it or choose another folder"
    else:
        return None
    return OutputError(text, path)


def _concerns(path: Path, error: BaseException) -> bool:
    """Whether ERROR is about PATH's folder, rather than a source elsewhere or a library's refusal."""
    named = getattr(error, "filename", None)
    inside = isinstance(named, str | os.PathLike) and Path(named).parent == path.parent
    return inside or not os.access(path.parent, os.W_OK)


def _exists(path: Path) -> OutputExists:
    return OutputExists(f"{path} exists already and is never overwritten; choose another name", path)


def _sync(path: Path) -> None:
    # Windows syncs only handles open for writing.
    with open(path, "r+b") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        # Some network file systems cannot sync a folder; the file itself is safe.
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(handle)


def _name_without_replacing(temporary: Path, path: Path) -> None:
    try:
        if os.name == "nt":
            os.rename(temporary, path)
        else:
            os.link(temporary, path)
    except FileExistsError:
        raise _exists(path) from None
    except OSError as error:
        if os.name == "nt" or error.errno not in _NO_LINKS:
            raise
        # No hard links here (exFAT, some shares): what is left is to look first.
        if os.path.lexists(path):
            raise _exists(path) from None
        os.rename(temporary, path)
