"""The kernels compute what plain PyTorch does: in Triton's interpreter, and on a card."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

CASES = ("kernel_cases.py", "sync_kernel_cases.py")
HAS_TRITON = importlib.util.find_spec("triton") is not None

pytestmark = pytest.mark.skipif(
    not HAS_TRITON, reason="triton is not installed; it comes with PyTorch's builds for NVIDIA cards"
)


def compare(cases: str, device: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name(cases)), device],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done.stdout


@pytest.mark.parametrize("cases", CASES)
def test_kernels_compute_what_pytorch_does_in_the_interpreter(cases: str) -> None:
    assert "the same" in compare(cases, "cpu", TRITON_INTERPRET="1", CUDA_VISIBLE_DEVICES="")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA card")
@pytest.mark.parametrize("cases", CASES)
def test_kernels_compute_what_pytorch_does_on_the_card(cases: str) -> None:
    assert "the same" in compare(cases, "cuda")
