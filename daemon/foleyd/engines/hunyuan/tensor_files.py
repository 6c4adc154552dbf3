"""Files of tensors from outside, opened so that nothing in them can run: ``.pth`` and ``.safetensors``.

Both are mapped: a tensor costs memory when it is read, not when its file is opened. A ``.pth`` goes through
PyTorch's restricted unpickler alone. Tensors of 8 bits come back widened, times their scale where the file
has one: ``X.weight_scale`` or ``X.scale_weight`` beside ``X.weight``, one number or one for each row, the
layouts that ComfyUI and its users write. Without a scale the number is taken as it stands.
"""

from __future__ import annotations

import json
import pickle
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from foleyd.engines.hunyuan.errors import CheckpointError

AGAIN = "fetch or copy it again (foley models pull fetches what is missing or damaged)"
PICKLED = (".pth", ".pt", ".bin", ".ckpt")
INDEX = ".safetensors.index.json"

_WRAPPERS = ("state_dict", "model_state_dict", "model", "module")
_PREFIXES = ("model.diffusion_model.", "diffusion_model.", "model.", "module.")
_LFS = b"version https://git-lfs"
_INDEX_LIMIT = 16 * 1024**2
_PICKLE_LIMIT = 64 * 1024**2
_QUANTISED = tuple(
    getattr(torch, name)
    for name in ("float8_e4m3fn", "float8_e5m2", "float8_e4m3fnuz", "float8_e5m2fnuz")
    if hasattr(torch, name)
)
_PLAIN = (torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.int64)
"""Whole numbers are buffers of the encoders."""
_BESIDE = re.compile(r"(^|\.)(scaled_fp8|comfy_quant|input_scale|scale_input|weight_scale|scale_weight)$")
"""What stands beside 8-bit weights and is no parameter of the model."""
_REFUSED = re.compile(r"GLOBAL ([A-Za-z_][\w.]*)")
"""What PyTorch's restricted unpickler says of a name that is not on its list."""


@dataclass(frozen=True, slots=True)
class TensorFile:
    """Tensors by name, as their file has them. KWARGS is what its metadata says of the model's arguments."""

    path: Path
    shapes: Mapping[str, tuple[int, ...]]
    kwargs: Mapping[str, Any] = field(default_factory=dict)
    _stored: Callable[[str], Tensor] = field(repr=False, default=lambda name: torch.empty(0))
    _scales: Mapping[str, str] = field(repr=False, default_factory=dict)
    _prefix: str = ""

    def read(self, name: str) -> Tensor:
        """The tensor NAME: as stored, or float32 where it was stored in 8 bits. Raises CheckpointError."""
        try:
            tensor = self._stored(self._prefix + name)
        except (SafetensorError, RuntimeError, OSError) as error:
            raise CheckpointError(
                f"{self.path}: {name} cannot be read ({first_line(error)}); {AGAIN}"
            ) from error
        if tensor.dtype in _QUANTISED:
            return self._widened(name, tensor)
        if tensor.dtype not in _PLAIN:
            raise CheckpointError(
                f"{self.path}: {name} is stored as {str(tensor.dtype).removeprefix('torch.')}, which foleyd"
                " does not read; take a file in 16 bits, or in 8 bits as e4m3 or e5m2"
            )
        return tensor

    def _widened(self, name: str, tensor: Tensor) -> Tensor:
        wide = tensor.float()
        beside = self._scales.get(name)
        if beside is None:
            return wide
        scale = self._stored(self._prefix + beside)
        if scale.dtype not in (*_PLAIN, *_QUANTISED) or scale.numel() not in (1, tensor.shape[0]):
            raise CheckpointError(
                f"{self.path}: the scales of {name} come in blocks {tuple(scale.shape)}; foleyd reads one"
                " scale for a tensor or for each of its rows: take such a file, or one in 16 bits"
            )
        scale = scale.float().reshape(-1, *[1] * (tensor.dim() - 1))
        if not bool(torch.isfinite(scale).all()):
            raise CheckpointError(f"{self.path}: a scale of {name} is no number; {AGAIN}")
        return wide * (scale if tensor.dim() else scale.reshape(()))


def read_tensors(path: Path) -> TensorFile:
    """Opens PATH: a ``.pth`` file, a ``.safetensors`` file, or the index of several.

    A dictionary of tensors may lie one level down (``state_dict`` with ``metadata``, as the autoencoder's
    does), and names may have a prefix such as ``model.``; both are seen through. Raises CheckpointError with
    a sentence for whatever is no such file, is cut off, or asks for code to be run.
    """
    _look(path)
    if path.name.endswith(INDEX):
        return _read_index(path)
    if path.suffix.lower() in PICKLED:
        return _read_pickled(path)
    if path.suffix.lower() == ".safetensors":
        return _read_safe(path)
    raise CheckpointError(f"{path} is no file of weights that foleyd knows; it reads .pth and .safetensors")


def first_line(error: BaseException) -> str:
    """What ERROR says, shortened to its first line."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def _look(path: Path) -> None:
    """Refuses what a glance shows to be something else."""
    try:
        with path.open("rb") as file:
            head = file.read(64)
    except FileNotFoundError:
        raise CheckpointError(f"{path} is not there; {AGAIN}") from None
    except OSError as error:
        raise CheckpointError(
            f"{path} cannot be read ({error.strerror}); mend that or name another"
        ) from error
    if not head:
        raise CheckpointError(f"{path} is empty; {AGAIN}")
    if head.startswith(_LFS):
        raise CheckpointError(
            f"{path} is a Git LFS pointer, a note that stands for the file and not the file;"
            " run git lfs pull there, or foley models pull"
        )
    if head.lstrip().lower().startswith((b"<!doctype", b"<html")):
        raise CheckpointError(f"{path} is a web page and no weights: the download failed; {AGAIN}")


@contextmanager
def _explained(path: Path) -> Iterator[None]:
    """Turns what a reader says of a file that it cannot read into a sentence."""
    try:
        yield
    except CheckpointError:
        raise
    except pickle.UnpicklingError as error:
        raise _not_only_weights(path, error) from error
    except Exception as error:
        # A file from outside may make its reader raise anything at all.
        raise CheckpointError(f"{path} is damaged or cut off ({first_line(error)}); {AGAIN}") from error


def _not_only_weights(path: Path, error: pickle.UnpicklingError) -> CheckpointError:
    found = _REFUSED.search(str(error))
    if found is None:
        return CheckpointError(f"{path} is damaged or cut off, or no file of weights; {AGAIN}")
    return CheckpointError(
        f"{path} holds more than weights ({found[1]}), which could run as code; nothing of it was run."
        " Do not use it: fetch the file from where it was published"
    )


def _look_inside(path: Path) -> None:
    """Refuses an archive that would grow when opened: PyTorch stores its tensors as they are."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
        if any(entry.compress_type != zipfile.ZIP_STORED for entry in entries):
            raise CheckpointError(f"{path} is a compressed archive and no file of PyTorch's; {AGAIN}")
        if any(entry.filename.endswith(".pkl") and entry.file_size > _PICKLE_LIMIT for entry in entries):
            raise CheckpointError(f"{path} lists more than a file of weights has; {AGAIN}")


def _read_pickled(path: Path) -> TensorFile:
    with _explained(path):
        _look_inside(path)
        try:
            loaded = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        except RuntimeError as error:
            if "mmap can only be used" not in str(error):
                raise
            # The layout of PyTorch before 1.6 cannot be mapped.
            loaded = torch.load(path, map_location="cpu", weights_only=True)
    if not isinstance(loaded, dict):
        raise CheckpointError(f"{path} holds a {type(loaded).__name__} and no table of weights; {AGAIN}")
    inner = next((loaded[key] for key in _WRAPPERS if isinstance(loaded.get(key), dict)), loaded)
    tensors = {
        name: value for name, value in inner.items() if isinstance(name, str) and isinstance(value, Tensor)
    }
    metadata = loaded.get("metadata")
    kwargs = metadata.get("kwargs") if isinstance(metadata, dict) else None
    return _named(path, {name: tuple(t.shape) for name, t in tensors.items()}, tensors.__getitem__, kwargs)


def _read_safe(path: Path) -> TensorFile:
    with _explained(path):
        file = _open_safe(path)
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata() or {}
    return _named(path, shapes, file.get_tensor, _parsed(metadata.get("kwargs")))


def _open_safe(path: Path) -> Any:
    """The reader has no types."""
    return safe_open(path, framework="pt", device="cpu")


def _read_index(path: Path) -> TensorFile:
    try:
        if path.stat().st_size > _INDEX_LIMIT:
            raise ValueError("it is too large")
        where = {str(name): str(part) for name, part in json.loads(path.read_bytes())["weight_map"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise CheckpointError(f"{path} is no index of weights ({first_line(error)}); {AGAIN}") from error
    for part in set(where.values()):
        if part != Path(part).name or not part.endswith(".safetensors") or "\\" in part:
            raise CheckpointError(f"{path} names {part!r}, which is no file beside it; {AGAIN}")
    parts: dict[str, Any] = {}
    shapes: dict[str, tuple[int, ...]] = {}
    for part in sorted(set(where.values())):
        _look(path.parent / part)
        with _explained(path.parent / part):
            parts[part] = file = _open_safe(path.parent / part)
            shapes |= {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    missing = sorted(set(where) - set(shapes))
    if missing:
        raise CheckpointError(f"{path} promises {missing[0]}, which its parts lack; {AGAIN}")
    return _named(
        path, {name: shapes[name] for name in where}, lambda name: parts[where[name]].get_tensor(name), None
    )


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except (ValueError, RecursionError):
        return None


def _named(
    path: Path, shapes: dict[str, tuple[int, ...]], stored: Callable[[str], Tensor], kwargs: Any
) -> TensorFile:
    """The file's tensors, less a prefix that all names share and what stands beside 8-bit weights."""
    named = [name for name in shapes if not _BESIDE.search(name)]
    prefix = next((p for p in _PREFIXES if named and all(name.startswith(p) for name in named)), "")
    bare = {name.removeprefix(prefix): shape for name, shape in shapes.items() if name.startswith(prefix)}
    scales: dict[str, str] = {}
    for name in bare:
        if name.endswith("weight"):
            beside = (f"{name}_scale", f"{name.removesuffix('weight')}scale_weight")
            scales.update((name, scale) for scale in beside if scale in bare)
    parameters = {name: shape for name, shape in bare.items() if not _BESIDE.search(name)}
    if not parameters:
        raise CheckpointError(f"{path} holds no tensors; {AGAIN}")
    return TensorFile(path, parameters, kwargs if isinstance(kwargs, dict) else {}, stored, scales, prefix)
