"""Settings: where things live and how large they may grow. Read once, passed down.

A TOML file (``foley doctor`` prints its path) may set any field of :class:`Settings`. The
environment variable ``FOLEYD_HOME`` puts everything below one folder; ``FOLEYD_MODELS`` names the folder of
engines' weights.
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
import tomllib
import warnings
from pathlib import Path
from typing import Annotated

import msgspec
import platformdirs

from foleyd.cue import DEFAULT_HANDLES, LAYERS
from foleyd.errors import FoleyError, PathRefused

HOME_VARIABLE = "FOLEYD_HOME"
MODELS_VARIABLE = "FOLEYD_MODELS"
CONFIG_FILE = "foleyd.toml"
NEVER = -1.0
"""As a length of time: it does not end."""
_LONGEST_IDLE = 10**8
_LONGEST_HISTORY = 36_500
_SOCKET_PATH_LIMIT = 100
"""Bytes; the kernel takes 107 and the lock file's name must fit too."""


class ConfigError(FoleyError):
    """The settings file or a folder cannot be used; the message says which and what to do."""

    code = "FAILED_PRECONDITION"
    reason = "CONFIG_UNUSABLE"


class Folders(msgspec.Struct, frozen=True):
    """Where foleyd keeps what it keeps. None of them is needed to exist."""

    config: Path
    state: Path
    cache: Path
    runtime: Path
    models: Path
    """Weights of engines: large, fetched once, and kept until they are removed."""

    @property
    def socket(self) -> Path:
        """The Unix socket of the daemon."""
        return self.runtime / "foleyd.sock"

    @property
    def endpoint(self) -> Path:
        """JSON that tells clients where the daemon listens; readable by its user alone."""
        return self.runtime / "endpoint.json"

    @property
    def lock(self) -> Path:
        """Held by the running daemon."""
        return self.runtime / "foleyd.lock"

    @property
    def ledger(self) -> Path:
        """The jobs, in SQLite."""
        return self.state / "jobs.sqlite"

    @property
    def takes(self) -> Path:
        """Takes of jobs that named no folder."""
        return self.state / "takes"

    @property
    def log(self) -> Path:
        """What the daemon wrote; rotated."""
        return self.state / "foleyd.log"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a user may set. Times in seconds, sizes in bytes."""

    engine: str = "auto"
    layers: Annotated[tuple[str, ...], msgspec.Meta(min_length=1)] = LAYERS
    handles: Annotated[int, msgspec.Meta(ge=0, le=3600)] = DEFAULT_HANDLES
    cache_bytes: Annotated[int, msgspec.Meta(ge=0)] = 20 * 1024**3
    idle_seconds: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_IDLE)] = 30 * 60
    keep_alive: Annotated[float, msgspec.Meta(ge=NEVER, le=_LONGEST_IDLE)] = 30 * 60
    """How long an engine keeps a card's memory after its last job: 0 gives it back at once, -1 never."""
    queue_limit: Annotated[int, msgspec.Meta(ge=1)] = 1000
    roots: tuple[Path, ...] = ()
    """Folders that requests may read and write; empty means all that the user may."""
    history_days: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST_HISTORY)] = 90
    """How long finished jobs are remembered."""


def find_folders() -> Folders:
    """The folders of this user, by the platform's custom or below ``FOLEYD_HOME``."""
    home, apart = os.environ.get(HOME_VARIABLE), os.environ.get(MODELS_VARIABLE)
    models = Path(apart).expanduser().absolute() if apart else None
    if home:
        base = Path(home).expanduser().absolute()
        runtime = _short(base / "run")
        return Folders(base / "config", base / "state", base / "cache", runtime, models or base / "models")
    names = platformdirs.PlatformDirs("foleyd", appauthor=False)
    with warnings.catch_warnings():
        # Without XDG_RUNTIME_DIR a stand-in is used and warned about; make_private checks it.
        warnings.simplefilter("ignore")
        runtime = Path(names.user_runtime_dir)
    return Folders(
        Path(names.user_config_dir),
        Path(names.user_state_dir),
        Path(names.user_cache_dir),
        _short(runtime),
        models or Path(names.user_data_dir) / "models",
    )


def load_settings(folders: Folders) -> Settings:
    """Settings from the TOML file in the config folder; defaults where there is none.

    Raises ConfigError naming the file and the field when it cannot be read.
    """
    path = folders.config / CONFIG_FILE
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return Settings()
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror}); mend its permissions") from error
    try:
        return msgspec.convert(tomllib.loads(text.decode()), Settings, dec_hook=_read_path)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise ConfigError(f"{path}: {error}; correct it or remove the file") from error


def make_private(folder: Path) -> Path:
    """Makes FOLDER readable by its user alone and returns it.

    Raises ConfigError when it belongs to somebody else or cannot be made.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.name == "posix":
            status = folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.getuid():
                raise ConfigError(f"{folder} belongs to somebody else; remove it or set {HOME_VARIABLE}")
            folder.chmod(0o700)
    except OSError as error:
        raise ConfigError(
            f"cannot make the folder {folder} ({error.strerror}); set {HOME_VARIABLE}"
        ) from error
    return folder


def _read_path(kind: type, value: object) -> Path:
    if kind is not Path or not isinstance(value, str) or not Path(value).expanduser().is_absolute():
        raise ValueError(f"{value!r} is not an absolute path")
    return Path(value).expanduser()


def _short(runtime: Path) -> Path:
    """RUNTIME, or a short stand-in of this user's in the temporary folder: socket paths have a limit."""
    if sys.platform == "win32" or len(os.fsencode(runtime / "foleyd.sock")) <= _SOCKET_PATH_LIMIT:
        return runtime

    name = hashlib.blake2b(os.fsencode(runtime), digest_size=6).hexdigest()
    return Path("/tmp") / f"foleyd-{os.getuid()}-{name}"


def check_path(settings: Settings, path: Path) -> Path:
    """PATH, if requests may use it: within the allowed roots after links are followed.

    Raises PathRefused.
    """
    if not settings.roots:
        return path
    real = Path(os.path.realpath(path))
    if any(real.is_relative_to(os.path.realpath(root)) for root in settings.roots):
        return path
    raise PathRefused(
        f"{path} lies outside the folders that foleyd may use; add its folder to roots in {CONFIG_FILE}",
        where=str(path),
    )
