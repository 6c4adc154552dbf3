"""Published files become the layout that loads fastest: packed, in shards, in 16-bit floats.

Nothing is read before it is known that everything is there and fits. Then one tensor is in memory at a time
(:mod:`.shards`). All parts are written beside their places, synced, and put there when all are whole.
Transformer, sync encoder and SigLIP2 become float16; the autoencoder and CLAP stay float32, as they run.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from foleyd.engines.hunyuan.checkpoint import FAMILIES, plan_for
from foleyd.engines.hunyuan.errors import CheckpointError, TooLarge
from foleyd.engines.hunyuan.found import Found, encoder_weights, read_config
from foleyd.engines.hunyuan.plan import AUTOENCODER, SYNCHFORMER, TRANSFORMER, Plan, narrowed, pieces
from foleyd.engines.hunyuan.shards import LIMIT, Entry, write_shards, write_synced
from foleyd.engines.hunyuan.store import PARTS, FileRecord, Progress, explained, record_of
from foleyd.engines.hunyuan.tensor_files import AGAIN, TensorFile, first_line, read_tensors
from foleyd.engines.hunyuan.text_limit import TOKENIZER
from foleyd.files import TEMPORARY_PREFIX, DiskFull

PRECISION = "float16"

_STEM = "diffusion_pytorch_model"
_DTYPES = {AUTOENCODER: torch.float32, "clap": torch.float32}
_TOKENIZER = (
    TOKENIZER,
    "vocab.json",
    "merges.txt",
    "tokenizer_config.json",
    "special_tokens_map.json",
)
_EXTRA = {"siglip2": ("preprocessor_config.json",), "clap": _TOKENIZER}
_EXTRA_LIMIT = 32 * 1024**2
_MARGIN = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class Converted:
    """What was made: FILES by their path in the model's folder, and what they were MADE_FROM."""

    files: dict[str, FileRecord]
    made_from: dict[str, FileRecord]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part about to be written. ENTRIES(wide): its tensors, those named in WIDE in float32."""

    name: str
    stem: str
    entries: Callable[[frozenset[str]], list[Entry]]
    finish: Callable[[Path], None]
    warnings: tuple[str, ...] = ()


def convert(found: Found, home: Path, on_progress: Progress, limit: int = LIMIT) -> Converted:
    """Makes the parts of a model in HOME from the published files FOUND, in place of what is there.

    Raises CheckpointError (HOME stays as it was) and OutputError. LIMIT is the size of a shard in bytes.
    """
    parts = [*_own_parts(found), _siglip_part(found.siglip2), _clap_part(found.clap)]
    sizes = {part.name: sum(entry.bytes for entry in part.entries(frozenset())) for part in parts}
    remove_leftovers(home)
    _check_space(home, sum(sizes.values()))
    work = home / f"{TEMPORARY_PREFIX}{secrets.token_hex(6)}"
    progress = _Written(sum(sizes.values()), on_progress)
    files: dict[str, FileRecord] = {}
    warnings = [sentence for part in parts for sentence in part.warnings]
    try:
        for part in parts:
            progress.words = f"converting {part.name}"
            with explained(work / part.name):
                (work / part.name).mkdir(parents=True)
                made, wide = _write_part(part, work / part.name, progress, limit)
            files |= {f"{part.name}/{name}": entry for name, entry in made.items()}
            if wide:
                warnings.append(
                    f"{part.name}: kept in float32, beyond the range of float16: {', '.join(wide)}"
                )
        progress.words = "hashing what it was made from"
        origins = {f"{part}/{path.name}": record_of(path) for part, path in found.files().items()}
        with explained(home):
            _put_in_place(home, work)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    on_progress(1.0, "converted")
    return Converted(files, origins, tuple(warnings))


def remove_leftovers(home: Path) -> None:
    """Removes what killed runs left in HOME, which nobody else is at work on."""
    for leftover in home.glob(f"{TEMPORARY_PREFIX}*"):
        shutil.rmtree(leftover, ignore_errors=True)
        if leftover.is_file():
            leftover.unlink(missing_ok=True)


class _Written:
    """Counts bytes and tells the progress."""

    def __init__(self, total: int, on_progress: Progress) -> None:
        self._total, self._done, self._on_progress = max(1, total), 0, on_progress
        self.words = ""

    def __call__(self, count: int) -> None:
        self._done += count
        self._on_progress(min(1.0, self._done / self._total), self.words)


def _write_part(
    part: _Part, folder: Path, progress: _Written, limit: int
) -> tuple[dict[str, FileRecord], tuple[str, ...]]:
    """Writes a part; again with one tensor more in float32 for each that float16 cannot hold."""
    wide: tuple[str, ...] = ()
    while True:
        try:
            made = write_shards(folder, part.stem, part.entries(frozenset(wide)), progress, limit)
            break
        except TooLarge as error:
            wide = (*wide, error.target)
            for unfinished in folder.iterdir():
                unfinished.unlink()
    part.finish(folder)
    rest = {path.name: record_of(path) for path in sorted(folder.iterdir()) if path.name not in made}
    return {**made, **rest}, wide


def _put_in_place(home: Path, work: Path) -> None:
    """Moves the parts from WORK to HOME; those that were there go to WORK, to be deleted with it."""
    for name in PARTS:
        if os.path.lexists(home / name):
            os.rename(home / name, work / f"old-{name}")
        os.rename(work / name, home / name)


def _check_space(home: Path, needed: int) -> None:
    free = shutil.disk_usage(home).free
    if needed + _MARGIN > free:
        gib = 1024**3
        raise DiskFull(
            f"the disk of {home} has {free / gib:.1f} GiB free and converting needs"
            f" {(needed + _MARGIN) / gib:.1f} GiB; free some space there, or set FOLEYD_MODELS to a folder on"
            " another disk",
            home,
        )


# ------------------------------------------------------------------------- the models of our own code


def _own_parts(found: Found) -> Iterator[_Part]:
    for kind, path in (
        (TRANSFORMER, found.transformer),
        (AUTOENCODER, found.autoencoder),
        (SYNCHFORMER, found.synchformer),
    ):
        file = read_tensors(path)
        plan = plan_for(file, kind, found.model.config if kind == TRANSFORMER else None)
        dtype = _DTYPES.get(kind, torch.float16)
        yield _Part(
            kind, _STEM, partial(_own_entries, plan, file, dtype), partial(_save_config, plan), plan.warnings
        )


def _own_entries(plan: Plan, file: TensorFile, dtype: torch.dtype, wide: frozenset[str]) -> list[Entry]:
    entries = []
    for step in plan.steps:
        kept = torch.float32 if step.target in wide else dtype
        entries.append(Entry(step.target, plan.shapes[step.target], kept, partial(pieces, step, file, kept)))
    return entries


def _save_config(plan: Plan, folder: Path) -> None:
    with torch.device("meta"):
        module: Any = FAMILIES[plan.kind].module(plan.config)
    write_synced(folder / "config.json", module.to_json_string().encode())


# --------------------------------------------------------------------------------------- the encoders


def _siglip_part(folder: Path) -> _Part:
    from transformers import SiglipVisionConfig, SiglipVisionModel

    return _encoder_part("siglip2", folder, SiglipVisionConfig, SiglipVisionModel, "vision_model.")


def _clap_part(folder: Path) -> _Part:
    from transformers import ClapTextConfig, ClapTextModelWithProjection

    return _encoder_part(
        "clap", folder, ClapTextConfig, ClapTextModelWithProjection, "text_model.", "text_projection."
    )


def _encoder_part(name: str, folder: Path, config_class: Any, module_class: Any, *needed: str) -> _Part:
    """A tower of a published model with two: its tensors keep their names, the others stay behind."""
    stated = read_config(folder)
    file = read_tensors(encoder_weights(folder))
    try:
        with torch.device("meta"):
            module: nn.Module = module_class(config_class.from_pretrained(folder))
    except Exception as error:
        # A configuration from outside may make the library raise anything at all.
        raise CheckpointError(
            f"{folder / 'config.json'} describes no {name} ({first_line(error)}); {AGAIN}"
        ) from error
    names = [tensor for tensor in file.shapes if tensor.startswith(needed)]
    _check_encoder(file, module, needed[0])
    entries = partial(_encoder_entries, name, file, names)
    return _Part(name, "model", entries, partial(_finish_encoder, name, folder, stated))


def _check_encoder(file: TensorFile, module: nn.Module, prefix: str) -> None:
    """Every parameter of MODULE is in FILE under its name or below PREFIX, in its shape."""
    for name, parameter in module.named_parameters():
        stored = name if name in file.shapes else prefix + name
        if stored not in file.shapes:
            raise CheckpointError(f"{file.path} is not whole or another model's: it lacks {stored}; {AGAIN}")
        if file.shapes[stored] != tuple(parameter.shape):
            raise CheckpointError(
                f"{file.path}: {stored} {file.shapes[stored]} does not fit its config.json; {AGAIN}"
            )


def _encoder_entries(name: str, file: TensorFile, names: Iterable[str], wide: frozenset[str]) -> list[Entry]:
    return [_encoder_entry(tensor, file, _DTYPES.get(name, torch.float16), wide) for tensor in names]


def _encoder_entry(name: str, file: TensorFile, dtype: torch.dtype, wide: frozenset[str]) -> Entry:
    if name.endswith(("position_ids", "token_type_ids")):
        kept = torch.int64
    else:
        kept = torch.float32 if name in wide else dtype

    def rows() -> Iterator[Tensor]:
        yield narrowed(file.read(name), kept, name, f"{file.path}: {name}")

    return Entry(name, file.shapes[name], kept, rows)


def _finish_encoder(name: str, folder: Path, stated: Mapping[str, Any], target: Path) -> None:
    """Its configuration, without what would name code of its own, and its tokenizer."""
    config = {key: value for key, value in stated.items() if key not in ("auto_map", "torch_dtype", "dtype")}
    dtype = str(_DTYPES.get(name, torch.float16)).removeprefix("torch.")
    write_synced(target / "config.json", json.dumps({**config, "dtype": dtype}, indent=2).encode())
    copied = [extra for extra in _EXTRA[name] if (folder / extra).is_file()]
    if name == "clap" and TOKENIZER not in copied and not {"vocab.json", "merges.txt"} <= set(copied):
        raise CheckpointError(f"{folder} has no {TOKENIZER}; copy the whole repository there")
    for extra in copied:
        content = (folder / extra).read_bytes() if (folder / extra).stat().st_size <= _EXTRA_LIMIT else b""
        try:
            if extra.endswith(".json") and not isinstance(json.loads(content), dict):
                raise ValueError("it holds no table")
        except (ValueError, RecursionError) as error:
            raise CheckpointError(
                f"{folder / extra} cannot be read ({first_line(error)}); {AGAIN}"
            ) from error
        write_synced(target / extra, content)
    if name == "clap" and TOKENIZER not in copied:
        _write_tokenizer(folder, target)


def _write_tokenizer(folder: Path, target: Path) -> None:
    """Makes one file of the tokenizer that was copied from FOLDER to TARGET in several."""
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(target).backend_tokenizer
        stated = json.loads((target / "vocab.json").read_bytes())
        if not stated.items() <= tokenizer.get_vocab().items():
            raise ValueError("vocab.json holds no vocabulary")
    except Exception as error:
        # Files from outside may make the library raise anything at all.
        raise CheckpointError(
            f"the tokenizer in {folder} cannot be read ({first_line(error)}); {AGAIN}"
        ) from error
    write_synced(target / TOKENIZER, tokenizer.to_str().encode())
