"""Writes safetensors files whose tensors need not be in memory together.

The format is a length, a JSON header, then the tensors' bytes. All but the bytes is known from shapes and
types, so the header goes first and each tensor after it, piece by piece, hashed as it goes.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from foleyd.engines.hunyuan.store import FileRecord

LIMIT = 4 * 1024**3
"""Bytes of a shard, unless a single tensor is larger."""

_NAMES = {torch.float16: "F16", torch.bfloat16: "BF16", torch.float32: "F32", torch.int64: "I64"}
_ALIGNMENT = 8


@dataclass(frozen=True, slots=True)
class Entry:
    """A tensor to be written. ROWS gives its rows, in order, whenever it is called."""

    name: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    rows: Callable[[], Iterable[Tensor]]

    @property
    def bytes(self) -> int:
        """Its size in the file."""
        return math.prod(self.shape) * int(self.dtype.itemsize)


def write_shards(
    folder: Path, stem: str, entries: Sequence[Entry], on_bytes: Callable[[int], None], limit: int = LIMIT
) -> dict[str, FileRecord]:
    """Writes ENTRIES into FOLDER as one file STEM.safetensors or as several with their index; synced.

    ON_BYTES hears of every piece how large it was. Returns the files by name.
    """
    parts = _parted(entries, limit)
    if len(parts) == 1:
        return {f"{stem}.safetensors": _write(folder / f"{stem}.safetensors", parts[0], on_bytes)}
    written: dict[str, FileRecord] = {}
    where: dict[str, str] = {}
    for number, part in enumerate(parts, 1):
        name = f"{stem}-{number:05d}-of-{len(parts):05d}.safetensors"
        written[name] = _write(folder / name, part, on_bytes)
        where |= {entry.name: name for entry in part}
    total = sum(entry.bytes for entry in entries)
    index = json.dumps({"metadata": {"total_size": total}, "weight_map": where}, indent=2).encode()
    written[f"{stem}.safetensors.index.json"] = write_synced(folder / f"{stem}.safetensors.index.json", index)
    return written


def write_synced(path: Path, content: bytes) -> FileRecord:
    """Writes CONTENT to PATH and onto the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return FileRecord(len(content), hashlib.sha256(content).hexdigest())


def _parted(entries: Sequence[Entry], limit: int) -> list[list[Entry]]:
    parts: list[list[Entry]] = [[]]
    size = 0
    for entry in entries:
        if parts[-1] and size + entry.bytes > limit:
            parts.append([])
            size = 0
        parts[-1].append(entry)
        size += entry.bytes
    return parts


def _write(path: Path, entries: Sequence[Entry], on_bytes: Callable[[int], None]) -> FileRecord:
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for entry in entries:
        begin, end = end, end + entry.bytes
        header[entry.name] = {
            "dtype": _NAMES[entry.dtype],
            "shape": entry.shape,
            "data_offsets": [begin, end],
        }
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    digest, written = hashlib.sha256(), 0
    with path.open("wb") as file:
        for content in (struct.pack("<Q", len(text)), text):
            written += file.write(content)
            digest.update(content)
        for entry in entries:
            begun = written
            for rows in entry.rows():
                data = rows.to(entry.dtype).contiguous().reshape(-1).view(torch.uint8).numpy()
                written += file.write(data)
                digest.update(data)
                on_bytes(data.nbytes)
            # A shape and its numbers disagreeing would shift all that follows.
            assert written - begun == entry.bytes, entry.name
        file.flush()
        os.fsync(file.fileno())
    return FileRecord(written, digest.hexdigest())
