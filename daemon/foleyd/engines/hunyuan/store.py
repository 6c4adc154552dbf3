"""The models folder: which models there are, what lies in each, whether it is whole. Needs no torch.

A model's folder holds its parts in the layout that loads fastest, what they were made from if it was fetched
(``published/``), and a record (``model.json``) of where everything came from, with the hash of every file::

    hunyuan-xxl/model.json
    hunyuan-xxl/{transformer,autoencoder,synchformer}/   config.json, safetensors: diffusers' layout, packed
    hunyuan-xxl/{siglip2,clap}/                          the same with a tokenizer: transformers' layout
    hunyuan-xxl/published/                               as fetched; may be removed once converted
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Any

import msgspec

from foleyd.config import Folders
from foleyd.engines.hunyuan.errors import ModelBusy, ModelMissing, ModelUnknown
from foleyd.engines.hunyuan.licence import RECORD, Acceptance
from foleyd.files import output_error, replace_file
from foleyd.locks import lock_file

PARTS = ("transformer", "autoencoder", "synchformer", "siglip2", "clap")
PUBLISHED = "published"

_CHUNK = 8 * 1024**2

Progress = Callable[[float, str], None]
"""Called with a fraction 0..1 and a few words."""


@dataclass(frozen=True, slots=True)
class Model:
    """A model that can be had: its published transformer file and what its configuration must be."""

    name: str
    size: str
    file: str
    config: Mapping[str, int]
    summary: str


MODELS: Mapping[str, Model] = {
    "hunyuan-xxl": Model(
        "hunyuan-xxl",
        "xxl",
        "hunyuanvideo_foley.pth",
        {"triple_depth": 18, "single_depth": 36, "hidden_size": 1536, "heads": 12, "conv_inner": 4096},
        "5.1 billion parameters, the best",
    ),
    "hunyuan-xl": Model(
        "hunyuan-xl",
        "xl",
        "hunyuanvideo_foley_xl.pth",
        {"triple_depth": 12, "single_depth": 24, "hidden_size": 1408, "heads": 11, "conv_inner": 3840},
        "2.9 billion parameters, for cards with less memory",
    ),
}


class FileRecord(msgspec.Struct, frozen=True):
    """A file as it was when it came or was made. ORIGIN is ``repository@revision`` for a fetched one."""

    bytes: int
    sha256: str
    origin: str = ""


class Record(msgspec.Struct, kw_only=True):
    """What is known of a model. Paths are relative, with ``/``; times UTC, ISO 8601.

    REVISIONS are the commits that its repositories were first fetched at. FILES is empty until everything
    has been converted.
    """

    model: str
    size: str
    source: str
    revisions: dict[str, str] = {}
    acceptance: Acceptance | None = None
    converted: str = ""
    precision: str = ""
    files: dict[str, FileRecord] = {}
    published: dict[str, FileRecord] = {}
    made_from: dict[str, FileRecord] = {}
    warnings: list[str] = []


@dataclass(frozen=True, slots=True)
class State:
    """How a model stands. PROBLEM is "" when it can be loaded, else a sentence; FIX a command."""

    model: Model
    folder: Path
    record: Record | None
    bytes: int
    problem: str
    fix: str

    @property
    def ready(self) -> bool:
        """Whether it can be loaded."""
        return not self.problem


def find_model(name: str) -> Model:
    """The model called NAME. Raises ModelUnknown."""
    try:
        return MODELS[name]
    except KeyError:
        raise ModelUnknown(f"there is no model {name!r}; foleyd knows {', '.join(MODELS)}") from None


def home_of(folders: Folders, name: str) -> Path:
    """The folder of the model NAME, which need not exist. Raises ModelUnknown."""
    return folders.models / find_model(name).name


def read_record(home: Path) -> Record | None:
    """The record in HOME; None when there is none. Raises ModelMissing when it cannot be read."""
    try:
        return msgspec.json.decode((home / RECORD).read_bytes(), type=Record)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, msgspec.DecodeError) as error:
        fix = f"foley models pull {home.name}"
        raise ModelMissing(
            f"{home / RECORD} cannot be read ({error}); fetch the model again", fix=fix
        ) from error


def write_record(home: Path, record: Record) -> None:
    """Puts RECORD into HOME, whole or not at all. Raises OutputError."""
    text = msgspec.json.format(msgspec.json.encode(record), indent=2) + b"\n"
    path = home / RECORD
    with explained(path):
        replace_file(path, text)


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turns the operating system's complaints about PATH into an OutputError (a full disk, say)."""
    try:
        yield
    except OSError as error:
        sentence = output_error(path, error)
        if sentence is None:
            raise
        raise sentence from error


def state_of(folders: Folders, name: str) -> State:
    """How the model NAME stands, by names and sizes; :func:`verify` reads every byte."""
    model = find_model(name)
    home = folders.models / name
    fix = f"foley models pull {name}"
    try:
        record = read_record(home)
    except ModelMissing as error:
        return State(model, home, None, 0, str(error), error.fix)
    if record is None:
        return State(model, home, None, 0, f"{name} is not in {folders.models}", fix)
    size = sum(entry.bytes for entry in (*record.files.values(), *record.published.values()))
    if not record.files:
        if record.published:
            return State(model, home, record, size, f"{name} has not been fetched and converted whole", fix)
        return State(model, home, record, size, f"{name} has not been fetched", fix)
    lacking = [path for path, entry in record.files.items() if _size(home / path) != entry.bytes]
    if lacking:
        fix = _mend(record, name)
        how = "missing" if _size(home / lacking[0]) is None else "cut off or changed"
        what = f"{home / lacking[0]} is {how}"
        return State(model, home, record, size, what, fix)
    return State(model, home, record, size, "", "")


def all_states(folders: Folders) -> list[State]:
    """How every model stands, whether it is there or not."""
    return [state_of(folders, name) for name in MODELS]


def ready_home(folders: Folders, name: str) -> Path:
    """The folder of a model that can be loaded. Raises ModelUnknown, or ModelMissing with what mends it."""
    state = state_of(folders, name)
    if not state.ready:
        raise ModelMissing(state.problem, fix=state.fix)
    return state.folder


def verify(
    folders: Folders,
    name: str,
    on_progress: Progress = lambda _fraction, _words: None,
    parts: Sequence[str] = (*PARTS, PUBLISHED),
) -> list[str]:
    """Reads every file of the model NAME and compares it with its record; a sentence for each that differs.

    Hashes of fetched files are the hub's own. PARTS limits it to some of its folders. Raises ModelMissing
    when there is nothing to compare with.
    """
    home = home_of(folders, name)
    record = read_record(home)
    if record is None or not (record.files or record.published):
        raise ModelMissing(f"{name} is not in {folders.models}", fix=f"foley models pull {name}")
    listed = {**record.files, **{f"{PUBLISHED}/{path}": entry for path, entry in record.published.items()}}
    listed = {path: entry for path, entry in listed.items() if path.partition("/")[0] in parts}
    total, done, wrong = max(1, sum(entry.bytes for entry in listed.values())), 0, []
    for path, entry in listed.items():
        on_progress(done / total, f"checking {path}")
        found = _size(home / path)
        if found is None:
            wrong.append(f"{home / path} is missing")
        elif found != entry.bytes:
            wrong.append(f"{home / path} has {found} bytes instead of {entry.bytes}")
        else:
            heard = partial(_part_of, on_progress, done, total, f"checking {path}")
            if file_hash(home / path, heard) != entry.sha256:
                wrong.append(f"{home / path} has changed: its hash is not the recorded one")
        done += entry.bytes
    return wrong


def _part_of(on_progress: Progress, before: int, total: int, words: str, count: int) -> None:
    on_progress((before + count) / total, words)


def mend_command(folders: Folders, name: str) -> str:
    """The command that brings a damaged model back."""
    record = read_record(home_of(folders, name))
    return _mend(record, name) if record else f"foley models pull {name}"


def remove(folders: Folders, name: str) -> int:
    """Deletes the model NAME with all that was fetched for it; returns the bytes its record spoke of.

    Raises ModelMissing when there is none.
    """
    home = home_of(folders, name)
    if not os.path.lexists(home):
        raise ModelMissing(f"{name} is not in {folders.models}; there is nothing to remove")
    size = state_of(folders, name).bytes
    with hold(folders, name):
        # The record goes first: half a model must not look whole.
        with suppress(FileNotFoundError):
            (home / RECORD).unlink()
        with explained(home):
            if home.is_symlink():
                home.unlink()
            else:
                shutil.rmtree(home)
    return size


def file_hash(path: Path, on_bytes: Callable[[int], object] = lambda count: None) -> str:
    """SHA-256 of the file PATH, in hexadecimal; ON_BYTES hears how many bytes have been read."""
    digest, read = hashlib.sha256(), 0
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            digest.update(chunk)
            read += len(chunk)
            on_bytes(read)
    return digest.hexdigest()


def record_of(path: Path, origin: str = "") -> FileRecord:
    """The file PATH as it is now."""
    return FileRecord(path.stat().st_size, file_hash(path), origin)


def record_files(folder: Path, below: str = "") -> dict[str, FileRecord]:
    """What lies in FOLDER, all of it, with hashes; paths begin with BELOW."""
    return {
        str(PurePosixPath(below, *path.relative_to(folder).parts)): record_of(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def state_json(state: State) -> dict[str, Any]:
    """STATE for scripts."""
    record = state.record
    return {
        "name": state.model.name,
        "size": state.model.size,
        "ready": state.ready,
        "problem": state.problem or None,
        "fix": state.fix or None,
        "path": str(state.folder),
        "bytes": state.bytes,
        "source": record.source if record else None,
        "revisions": record.revisions if record else {},
        "converted": (record.converted or None) if record else None,
        "precision": (record.precision or None) if record else None,
        "acceptance": msgspec.to_builtins(record.acceptance) if record and record.acceptance else None,
        "warnings": record.warnings if record else [],
    }


@contextmanager
def hold(folders: Folders, name: str) -> Iterator[Path]:
    """The folder of the model NAME, made if need be, for one command at a time. Raises ModelBusy."""
    home = home_of(folders, name)
    with ExitStack() as held:
        with explained(home / RECORD):
            folders.models.mkdir(parents=True, exist_ok=True)
            ours = held.enter_context(lock_file(folders.models / f".{name}.lock"))
        if not ours:
            raise ModelBusy(f"another command is at work on {name}; wait until it is done")
        with explained(home / RECORD):
            home.mkdir(exist_ok=True)
        yield home


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size if path.is_file() else None
    except OSError:
        return None


def _mend(record: Record, name: str) -> str:
    if record.source.startswith("import"):
        return f"foley models import {shlex.quote(record.source.removeprefix('import '))}"
    return f"foley models pull {name}"
