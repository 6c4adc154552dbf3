"""Whether there is a card to work on, found out without torch and without touching the card's memory."""

from __future__ import annotations

import ctypes
import os
import re
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path

_NVML = "nvml.dll" if sys.platform == "win32" else "libnvidia-ml.so.1"
_VISIBLE = "CUDA_VISIBLE_DEVICES"
_CUDA = re.compile(r"^cuda\s*(?::[^=]*)?=\s*['\"]", re.MULTILINE)

SLOW = "on the processor a take would need hours"


@cache
def caution() -> str:
    """Empty when there is an NVIDIA card that PyTorch can use, else why it would be slow here."""
    if os.environ.get(_VISIBLE, "0").strip() in ("", "-1"):
        return f"{_VISIBLE} hides all cards; {SLOW}"
    if count_cards() == 0:
        return f"there is no NVIDIA card; {SLOW}"
    if not torch_has_cuda():
        return f"this PyTorch is built without CUDA; {SLOW}"
    return ""


def count_cards() -> int:
    """NVIDIA cards that the driver knows; 0 without a driver. No context is made on any of them."""
    try:
        nvml = ctypes.CDLL(_NVML)
    except OSError:
        return 0
    if nvml.nvmlInit_v2() != 0:
        return 0
    try:
        count = ctypes.c_uint(0)
        return count.value if nvml.nvmlDeviceGetCount_v2(ctypes.byref(count)) == 0 else 0
    finally:
        nvml.nvmlShutdown()


def torch_has_cuda() -> bool:
    """Whether the PyTorch that is installed was built with CUDA, read off its files."""
    spec = find_spec("torch")
    if spec is None or spec.origin is None:
        return False
    try:
        text = Path(spec.origin).with_name("version.py").read_text(encoding="utf-8")
    except OSError:
        return True  # a build that does not say; loading will
    return _CUDA.search(text) is not None
