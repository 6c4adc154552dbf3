"""Finds the published files in a folder: by their names, else by what they hold."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foleyd.engines.hunyuan.checkpoint import plan_for
from foleyd.engines.hunyuan.errors import CheckpointError
from foleyd.engines.hunyuan.plan import AUTOENCODER, SYNCHFORMER, TRANSFORMER, kind_of
from foleyd.engines.hunyuan.store import MODELS, Model
from foleyd.engines.hunyuan.tensor_files import INDEX, PICKLED, read_tensors

_USUAL = {AUTOENCODER: ("vae_128d_48k.pth",), SYNCHFORMER: ("synchformer_state_dict.pth",)}
_TYPES = {"siglip2": ("siglip", "siglip_vision_model"), "clap": ("clap", "clap_text_model")}
_WEIGHTS = ("model.safetensors", f"model{INDEX}", "pytorch_model.bin")
_CONFIG_LIMIT = 1024**2
_MOST_FILES = 200


@dataclass(frozen=True, slots=True)
class Found:
    """A folder's files: of the three models whose code is ours, and the folders of the two encoders."""

    model: Model
    transformer: Path
    autoencoder: Path
    synchformer: Path
    siglip2: Path
    clap: Path

    def files(self) -> dict[str, Path]:
        """Every file of weights, by the part that it becomes."""
        return {
            TRANSFORMER: self.transformer,
            AUTOENCODER: self.autoencoder,
            SYNCHFORMER: self.synchformer,
            "siglip2": encoder_weights(self.siglip2),
            "clap": encoder_weights(self.clap),
        }


def find_published(folder: Path, model: Model | None = None) -> Found:
    """What FOLDER has of MODEL, or of whichever model it has.

    Raises CheckpointError that says what is missing, its expected name and where it is published.
    """
    if not folder.is_dir():
        raise CheckpointError(f"{folder} is no folder; name the one that the weights were put in")
    holding = _holding(folder)
    names = [model.file] if model else [known.file for known in MODELS.values()]
    transformer = holding.only(TRANSFORMER, names)
    chosen = model or _recognised(transformer)
    return Found(
        chosen,
        transformer,
        holding.only(AUTOENCODER, _USUAL[AUTOENCODER]),
        holding.only(SYNCHFORMER, _USUAL[SYNCHFORMER]),
        _encoder(folder, "siglip2", "google/siglip2-base-patch16-512"),
        _encoder(folder, "clap", "laion/larger_clap_general"),
    )


def encoder_weights(folder: Path) -> Path:
    """The file of weights in an encoder's FOLDER. Raises CheckpointError."""
    found = next((folder / name for name in _WEIGHTS if (folder / name).is_file()), None)
    if found is None:
        raise CheckpointError(
            f"{folder} has no {' or '.join(_WEIGHTS[::2])}; copy the whole repository there"
        )
    return found


def read_config(folder: Path) -> Mapping[str, Any]:
    """The ``config.json`` of an encoder's FOLDER. Raises CheckpointError."""
    path = folder / "config.json"
    try:
        if path.stat().st_size > _CONFIG_LIMIT:
            raise ValueError("it is too large")
        config = json.loads(path.read_bytes())
        if not isinstance(config, dict):
            raise ValueError("it holds no table")
    except (OSError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} cannot be read ({error}); fetch or copy it again") from error
    return config


def _candidates(folder: Path) -> Iterator[Path]:
    """Files of weights in FOLDER; those that an index speaks of are left to it."""
    names = sorted(path for path in folder.iterdir() if path.is_file())[:_MOST_FILES]
    indices = [path for path in names if path.name.endswith(INDEX)]
    stems = tuple(path.name.removesuffix(INDEX) + "-" for path in indices)
    yield from indices
    for path in names:
        if path.suffix.lower() in (*PICKLED, ".safetensors") and not path.name.startswith((".", *stems)):
            yield path


@dataclass(frozen=True, slots=True)
class _Holding:
    """A folder's files of weights by the model that they hold, and what is wrong with the others."""

    folder: Path
    by_kind: Mapping[str, list[Path]]
    errors: Mapping[str, CheckpointError]

    def only(self, kind: str, usual: Sequence[str]) -> Path:
        """The file that holds KIND: the one of a USUAL name, else the only one. Raises CheckpointError."""
        found = self.by_kind.get(kind, [])
        named = [path for path in found if path.name in usual] or found
        if len(named) == 1:
            return named[0]
        if named:
            several = ", ".join(path.name for path in named)
            raise CheckpointError(
                f"{self.folder} has several files of the {kind} ({several}); leave one there"
            )
        for name in (*usual, *self.errors):
            if name in self.errors:
                raise self.errors[name]
            if (self.folder / name).is_file():
                # It holds something else, and the plan says what.
                plan_for(read_tensors(self.folder / name), kind)
        raise CheckpointError(
            f"{self.folder} has no {kind}; expected is {' or '.join(usual)} from tencent/HunyuanVideo-Foley,"
            " or a .safetensors file with the same tensors"
        )


def _holding(folder: Path) -> _Holding:
    found: dict[str, list[Path]] = {}
    errors: dict[str, CheckpointError] = {}
    for path in _candidates(folder):
        try:
            found.setdefault(kind_of(read_tensors(path).shapes), []).append(path)
        except CheckpointError as error:
            errors[path.name] = error
    return _Holding(folder, found, errors)


def _recognised(transformer: Path) -> Model:
    plan = plan_for(read_tensors(transformer), TRANSFORMER)
    for model in MODELS.values():
        if all(plan.config.get(key) == value for key, value in model.config.items()):
            return model
    sizes = ", ".join(f"{key} {plan.config[key]}" for key in ("triple_depth", "single_depth", "hidden_size"))
    raise CheckpointError(f"{transformer} is neither {' nor '.join(MODELS)}, or not whole ({sizes})")


def _encoder(folder: Path, name: str, repository: str) -> Path:
    for path in _folders_first(folder, (name, repository.rpartition("/")[2])):
        if (path / "config.json").is_file() and read_config(path).get("model_type") in _TYPES[name]:
            return path
    raise CheckpointError(f"{folder} has no folder {name} with the files of {repository}; copy them there")


def _folders_first(folder: Path, names: Iterable[str]) -> Iterator[Path]:
    usual = [folder / name for name in names]
    yield from (path for path in usual if path.is_dir())
    yield from sorted(path for path in folder.iterdir() if path.is_dir() and path not in usual)[:_MOST_FILES]
