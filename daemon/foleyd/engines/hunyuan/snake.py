"""The autoencoder's activation as one kernel, for NVIDIA cards: half of what decoding took was this."""

from __future__ import annotations

import triton
import triton.language as tl
from torch import Tensor

_BLOCK = 1024


def fused_snake(x: Tensor, alpha: Tensor) -> Tensor:
    """As :func:`.autoencoder.snake`: X (B, C, time), ALPHA (1, C, 1)."""
    batch, channels, time = x.shape
    out = x.new_empty(x.shape)
    grid = (batch * channels, triton.cdiv(time, _BLOCK))
    _snake[grid](x, alpha, out, channels, time, BLOCK=_BLOCK, num_warps=4)
    return out


@triton.jit
def _snake(x, alpha, out, channels, time, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    """A stretch of one channel."""
    row = tl.program_id(0)
    at = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = at < time
    rate = tl.load(alpha + row % channels).to(tl.float32)
    place = row.to(tl.int64) * time + at
    value = tl.load(x + place, mask=inside, other=0.0).to(tl.float32)
    wave = tl.sin(rate * value)
    tl.store(out + place, (value + wave * wave / (rate + 1e-9)).to(out.dtype.element_ty), mask=inside)
