"""Memory maps that do not fill memory: ten minutes of stereo are 230 MB that need not be resident."""

from __future__ import annotations

import mmap
from typing import Any

import numpy as np
import numpy.typing as npt

_FORGET = getattr(mmap, "MADV_DONTNEED", None)
_SHARED = ("r", "r+")


def forget_pages(array: npt.NDArray[Any]) -> None:
    """Gives back the memory of a file's pages that were read through ARRAY, a view of a numpy.memmap.

    They come again from the file when asked for. Nothing happens to other arrays, to maps whose
    changes are private, and where the system has no such call (Windows).
    """
    mapped: Any = array
    while mapped is not None and not isinstance(mapped, np.memmap):
        mapped = getattr(mapped, "base", None)  # what lends an array its memory may be anything
    while mapped is not None and isinstance(mapped.base, np.memmap):
        mapped = mapped.base
    if _FORGET is not None and mapped is not None and mapped.mode in _SHARED:
        mapped._mmap.madvise(_FORGET)


def is_mapped(array: npt.NDArray[Any]) -> bool:
    """Whether ARRAY is a memory map or a view of one."""
    mapped: Any = array
    while mapped is not None and not isinstance(mapped, np.memmap):
        mapped = getattr(mapped, "base", None)
    return mapped is not None
