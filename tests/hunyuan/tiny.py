"""A tiny transformer with the weights of the golden data, and random windows for it."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.parity_groups.dit_tiny import transformer
from foleyd.engines.hunyuan.ops import PlainOps
from foleyd.engines.hunyuan.step import Batch, Conditions, Velocity
from foleyd.engines.hunyuan.transformer import SYNC_PERIOD, FoleyTransformer

GOLDEN = Path(__file__).parents[1] / "data" / "golden"
WIDTH, CHANNELS = 768, 128


@cache
def tiny() -> FoleyTransformer:
    return transformer(GOLDEN, torch.device("cpu"))


@cache
def velocity() -> Velocity:
    return Velocity(tiny(), PlainOps())


def window(
    latents: int, *, visual: int = 7, segments: int = 2, text: int = 5, negative: int = 4, seed: int = 0
) -> Conditions:
    """Random conditions."""
    generator = torch.Generator().manual_seed(1000 * seed + latents)
    rows = (text, negative, visual, SYNC_PERIOD * segments)
    return Conditions(latents, *(torch.randn(n, WIDTH, generator=generator) for n in rows))


def latents(count: int, seed: int = 0) -> Tensor:
    return torch.randn(count, CHANNELS, generator=torch.Generator().manual_seed(seed))


@torch.inference_mode()
def stepped(
    windows: list[Conditions],
    noisy: list[Tensor],
    *,
    guidance: float = 4.5,
    t: float = 700.0,
    exact: bool = False,
    idle: float = 0.0,
) -> list[Tensor]:
    """Velocity (L, 128) of every window's NOISY latents; rows of nobody hold IDLE."""
    served = velocity()
    batch = served.batch(windows, guided=guidance > 1, exact=exact)
    times = served.times(torch.tensor([t]))
    rows = packed(batch, noisy, idle)
    moved = served(batch, rows, times.vec[0], times.triple[0], guidance)
    return [moved[span.start : span.start + span.count] for span in batch.layout.latents]


def packed(batch: Batch, noisy: list[Tensor], idle: float) -> Tensor:
    rows = torch.full((batch.layout.sizes.noisy, CHANNELS), idle)
    for span, part in zip(batch.layout.latents, noisy, strict=True):
        rows[span.start : span.start + span.count] = part
    return rows
