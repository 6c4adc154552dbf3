"""What engines have made and the cache has not yet taken in: files in a folder for each job.

Any worker process may write them; only the owner of the cache publishes them.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from foleyd.cache.files import unlink
from foleyd.config import make_private
from foleyd.errors import FoleyError
from foleyd.files import output_error

_JOB = re.compile(r"[0-9a-f]{32}")


class Drafts:
    """Drafts beside the cache in CACHE; where its disk takes no more, in the system's temporary folder."""

    def __init__(self, cache: Path) -> None:
        digest = hashlib.blake2b(os.fsencode(cache), digest_size=8).hexdigest()
        self._folders = (cache / "drafts", Path(tempfile.gettempdir()) / f"foleyd-drafts-{digest}")

    def write(self, job: str, write: Callable[[Path], object]) -> Path:
        """Lets WRITE write a new file of JOB and returns its path. Raises OutputError."""
        complaint: OSError | FoleyError | None = None
        for folder in self._folders:
            path = folder / job / secrets.token_hex(8)
            try:
                make_private(folder)
                path.parent.mkdir(mode=0o700, exist_ok=True)
                write(path)
            except (OSError, FoleyError) as error:
                unlink(path)
                complaint = complaint or error
            else:
                return path
        assert complaint is not None
        raise output_error(path, complaint) or complaint

    def drop(self, job: str) -> None:
        """Removes what is left of JOB."""
        for folder in self._folders:
            shutil.rmtree(folder / job, ignore_errors=True)

    def sweep(self) -> None:
        """Removes what jobs of a daemon that was killed left behind; no job may be at work."""
        for folder in self._folders:
            with suppress(OSError):
                for path in folder.iterdir():
                    if _JOB.fullmatch(path.name):
                        shutil.rmtree(path, ignore_errors=True)
