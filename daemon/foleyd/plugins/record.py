"""Where the ``foley`` command is, for plugins: ``plugins.json`` in foleyd's config folder.

``plugins/shared/foley_call.py`` reads it, from inside programs that know nothing of this environment.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import msgspec

from foleyd import __version__
from foleyd.config import Folders
from foleyd.plugins.laying import put_file

RECORD_FILE = "plugins.json"
_SECONDS = 30.0


class Record(msgspec.Struct):
    """COMMAND runs ``foley`` of one environment from anywhere; INSTALLED has each plugin's folders."""

    command: list[str]
    version: str
    installed: dict[str, list[str]] = msgspec.field(default_factory=dict)


def own_command() -> list[str]:
    """The arguments that run the ``foley`` of this very environment.

    They need neither PATH nor an activated environment; ``-P`` keeps a folder called foleyd in the
    caller's working folder from being taken for the package.
    """
    return [os.path.abspath(sys.executable), "-P", "-m", "foleyd"]


def record_path(folders: Folders) -> Path:
    """The record's file."""
    return folders.config / RECORD_FILE


def read_record(folders: Folders) -> Record | None:
    """The record; None where there is none, or none that can be read."""
    try:
        return msgspec.json.decode(record_path(folders).read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError):
        return None


def remember(folders: Folders, plugin: str, place: Path) -> None:
    """Records this environment's command, and that PLUGIN was put to PLACE. Raises OSError."""
    record = read_record(folders) or Record([], "")
    record.command, record.version = own_command(), __version__
    record.installed[plugin] = sorted({*record.installed.get(plugin, []), str(place)})
    _write(folders, record)


def forget(folders: Folders, plugin: str, places: list[Path], *, others: bool) -> bool:
    """Takes PLACES off the record; whether that removed it, as nothing uses it any more.

    OTHERS: there are installations that the record does not list. Raises OSError.
    """
    record = read_record(folders)
    if record is None:
        if others:
            return False
        existed = record_path(folders).exists()
        record_path(folders).unlink(missing_ok=True)
        return existed
    gone = set(map(str, places))
    kept = [path for path in record.installed.get(plugin, []) if path not in gone and Path(path).exists()]
    record.installed[plugin] = kept
    if others or any(record.installed.values()):
        _write(folders, record)
        return False
    record_path(folders).unlink(missing_ok=True)
    return True


def try_command(record: Record) -> tuple[str, bool]:
    """Runs ``version`` with RECORD's command: what it said, or why it did not run; and whether it worked."""
    try:
        said = subprocess.run(
            [*record.command, "version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
            cwd=os.path.abspath(os.sep),
        )
    except (OSError, ValueError, IndexError) as error:
        return str(getattr(error, "strerror", None) or error), False
    except subprocess.TimeoutExpired:
        return f"no answer in {_SECONDS:.0f} s", False
    lines = (said.stdout if said.returncode == 0 else said.stderr).strip().splitlines()
    return lines[-1].strip() if lines else f"exit code {said.returncode}", said.returncode == 0


def _write(folders: Folders, record: Record) -> None:
    """Whole or not at all: plugins read it at any time."""
    put_file(record_path(folders), msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n")
