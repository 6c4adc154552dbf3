"""Takes as the engine made them: float samples that can be mapped, and the events heard.

A take is one file: a NumPy ``.npy`` array (float32, channels x samples), then JSON with shape, events,
warnings and provenance, then the JSON's length (8 bytes, little endian) and a mark. ``numpy.load`` reads the
front; here the front is compared with what it must be, since NumPy evaluates such headers as Python.
"""

from __future__ import annotations

import io
import logging
import math
import os
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

import msgspec
import numpy as np
import numpy.typing as npt

from foleyd.cache.errors import Damaged, NotCached
from foleyd.cache.files import Draft, Pin
from foleyd.cache.store import Store
from foleyd.cue import SoundEvent
from foleyd.engines.engine import Audio
from foleyd.mapped import forget_pages

logger = logging.getLogger(__name__)

_MARK = b"foleytk1"
_TAIL = 8 + len(_MARK)
_BLOCK = 1 << 18


class CachedTake:
    """A take found in the cache: AUDIO's samples are a read-only memory map of a pinned file.

    Release it when done, or use it as a context manager; the samples stay valid, but the room they
    take is no longer guarded.
    """

    def __init__(self, audio: Audio, pin: Pin) -> None:
        self.audio = audio
        self._pin = pin

    def release(self) -> None:
        """Lets the cache evict the take again."""
        self._pin.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


class TakeStore:
    """Takes by :func:`foleyd.cache.fingerprint.take_key`."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def load(self, key: str) -> CachedTake | None:
        """The take of KEY, held until released; None when there is none (or it is damaged)."""
        pin = self._store.pin(key)
        if pin is None:
            return None
        try:
            return CachedTake(read_take(pin.path), pin)
        except Damaged as error:
            logger.warning("%s", error)
        self._store.drop(key)
        pin.release()
        return None

    def save(self, key: str, audio: Audio, engine: str) -> NotCached | None:
        """Keeps AUDIO, made by ENGINE (its name); returns why not when it could not be kept."""
        return self._store.add(key, engine, lambda path: write_take(path, audio))

    def publish(self, key: str, draft: Draft, engine: str) -> CachedTake:
        """Keeps the take that a worker process wrote to DRAFT with :func:`write_take`, and holds it.

        Raises NotCached when it could not be kept (the draft may still be read with
        :func:`read_take`), and Damaged when it is no take.
        """
        pin = self._store.publish(key, draft, engine)
        try:
            return CachedTake(read_take(pin.path), pin)
        except BaseException:
            self._store.drop(key)
            pin.release()
            raise


def write_take(path: Path, audio: Audio) -> None:
    """Writes AUDIO to PATH in blocks, so a memory map is never drawn into memory as a whole.

    Raises OSError, and ValueError for samples that are not float32 (channels, samples).
    """
    samples = audio.samples
    if samples.ndim != 2 or samples.dtype != np.float32 or samples.size == 0:
        raise ValueError(f"a take is float32 (channels, samples), not {samples.dtype} {samples.shape}")
    heard = _Heard(samples.shape, audio.events, audio.warnings, dict(audio.provenance))
    text = msgspec.json.encode(heard, enc_hook=_to_json)
    with path.open("wb") as file:
        file.write(_front(*samples.shape))
        for channel in samples:
            _write_blocks(file, channel)
        file.write(text)
        file.write(len(text).to_bytes(8, "little") + _MARK)


def read_take(path: Path) -> Audio:
    """Maps what :func:`write_take` wrote; nothing but the events is read. Raises Damaged."""
    try:
        with path.open("rb") as file:
            end = file.seek(-_TAIL, os.SEEK_END)
            tail = file.read(_TAIL)
            start = end - int.from_bytes(tail[:8], "little")
            if tail[8:] != _MARK or start < 0:
                raise Damaged(f"cache file {path} holds no take that this version reads")
            file.seek(start)
            heard = msgspec.json.decode(file.read(end - start), type=_Heard, dec_hook=_from_json)
            front = _front(*heard.shape)
            file.seek(0)
            if file.read(len(front)) != front or len(front) + 4 * math.prod(heard.shape) != start:
                raise Damaged(f"cache file {path} does not hold the samples that it says")
        samples = np.memmap(path, "<f4", "r", len(front), heard.shape)
    except (OSError, ValueError, ArithmeticError, msgspec.MsgspecError) as error:
        raise Damaged(f"cache file {path} does not hold a readable take ({error})") from error
    return Audio(samples, heard.events, heard.warnings, heard.provenance)


class _Heard(msgspec.Struct, frozen=True):
    shape: tuple[int, int]
    events: tuple[SoundEvent, ...]
    warnings: tuple[str, ...]
    provenance: dict[str, str] = {}


def _front(channels: int, samples: int) -> bytes:
    front = io.BytesIO()
    header = {"descr": "<f4", "fortran_order": False, "shape": (channels, samples)}
    np.lib.format.write_array_header_1_0(front, header)
    return front.getvalue()


def _write_blocks(file: BinaryIO, channel: npt.NDArray[np.float32]) -> None:
    for start in range(0, channel.shape[0], _BLOCK):
        block = np.ascontiguousarray(channel[start : start + _BLOCK], dtype="<f4")
        file.write(block.data)
        forget_pages(channel)


def _to_json(value: Any) -> str | float:
    if isinstance(value, Fraction):
        return f"{value.numerator}/{value.denominator}"
    if isinstance(value, np.floating):
        return float(value)
    raise NotImplementedError(f"{type(value).__name__} has no place in a take")


def _from_json(kind: type, value: Any) -> Any:
    if kind is Fraction:
        return Fraction(value)
    raise NotImplementedError(f"{kind.__name__} has no place in a take")
