# SPDX-License-Identifier: Apache-2.0
"""That foley's dialog is shown by one run at a time, whichever process each click runs in.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import Any

from .foley_find import record_path
from .windows import BUSY, WindowBusy

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

FILE = "davinci-dialog.lock"
TO_FRONT = "to-front"
"""A file of this name in the folder of a dialog asks that dialog to come to the front."""
_BEYOND = 1 << 30
"""On Windows a locked byte cannot be read by others, so it is one that the file does not have."""


class OneDialog:
    """The right to show foley's dialog: a lock of the system's, which goes with the process that has it,
    however that ends; that the file is there means nothing."""

    def __init__(self, path: str = "") -> None:
        self._path = path or os.path.join(os.path.dirname(record_path()), FILE)
        self._file: Any = None

    def take(self) -> None:
        """Takes the right. Raises WindowBusy where another run has it, whose dialog comes to the front.

        Where the file cannot be had at all, as on a full disk, there is no such right, and two may be shown.
        """
        if self._file is not None:
            return
        try:
            os.makedirs(os.path.dirname(self._path), exist_ok=True)
            file = open(self._path, "a+b", buffering=0)  # noqa: SIM115 - held while the window lives
        except OSError:
            return
        if not _locked(file):
            _to_front(file)
            file.close()
            raise WindowBusy(BUSY)
        self._file = file
        self.shown_in("")

    def shown_in(self, folder: str) -> None:
        """Says that the dialog has FOLDER, for who wants it at the front."""
        if self._file is not None:
            with suppress(OSError):
                self._file.truncate(0)
                self._file.write(os.fsencode(folder))

    def release(self) -> None:
        """Gives the right back."""
        if self._file is not None:
            self._file.close()
            self._file = None


def _locked(file: Any) -> bool:
    """Whether the lock on FILE is had now; also where the file system has no locks."""
    try:
        if sys.platform == "win32":
            file.seek(_BEYOND)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def _to_front(file: Any) -> None:
    """Asks the dialog whose folder FILE names to come to the front."""
    with suppress(OSError):
        file.seek(0)
        folder = os.fsdecode(file.read())
        if folder:
            with open(os.path.join(folder, TO_FRONT), "wb"):
                pass
