"""How far 16-bit precisions take the final latents of the sampler's cases from float32: signal to noise.

Not compared with anything recorded but with our own float32, so these rows say something about a precision
rather than about parity. FP16 has to come as near as BF16; in other company it has to come within 40 dB of
what it makes alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.parity_groups.case import Case, Manifest
from benchmarks.parity_groups.dit_tiny import stranger, transformer
from benchmarks.parity_groups.sampler import NEEDS as SAMPLER_NEEDS
from benchmarks.parity_groups.sampler import denoised, read_cases, takes_of
from foleyd.engines.hunyuan.denoise import Piece, Take, noise
from foleyd.engines.hunyuan.pipeline import served
from foleyd.engines.hunyuan.step import Conditions

NEEDS = {"final latents": SAMPLER_NEEDS["latents"]}

COMPANY_DB = 40.0
_HALVES = {"float16": torch.float16, "bfloat16": torch.bfloat16}


def cases(folder: Path, manifest: Manifest, device: torch.device) -> Iterator[Case]:
    """A row for each case and precision, and one for FP16 beside a longer and a shorter take."""
    exact = served(transformer(folder, device))
    halves = {words: served(transformer(folder, device, dtype)) for words, dtype in _HALVES.items()}
    for name, facts, stored in read_cases(folder):
        wide = denoised(*exact, facts, stored)
        made = {words: denoised(*served_by, facts, stored) for words, served_by in halves.items()}
        least = {"float16": snr(wide, made["bfloat16"]), "bfloat16": 0.0}
        for words, latents in made.items():
            yield _row(f"{name} {words}", wide, latents, least[words], "float32")
        alone = made["float16"]
        window = takes_of(stored)[0].pieces[0].conditions
        company = tuple(_take(stranger(window, longer), alone.shape[1]) for longer in (61, -20))
        mixed = denoised(*halves["float16"], facts, stored, company)
        yield _row(f"{name} float16 beside others", alone, mixed, COMPANY_DB, "alone")


def _take(window: Conditions, channels: int) -> Take:
    return Take((Piece(0, window),), noise(0, window.latents, channels))


def _row(name: str, wanted: Tensor, made: Tensor, least: float, what: str) -> Case:
    found = snr(wanted, made)
    apart = float((wanted.double() - made.double()).abs().max())
    words = f"{found:.1f} dB of {what}"
    return Case(f"{name}: {words}", apart, f">= {least:.1f} dB" if least else "information", least - found)


def snr(wanted: Tensor, made: Tensor) -> float:
    """Decibels of WANTED over the difference of MADE from it."""
    apart = (made.double() - wanted.double()).square().sum()
    if not bool(torch.isfinite(apart)):
        return float("-inf")
    if not apart:
        return 200.0
    return float(10 * torch.log10(wanted.double().square().sum() / apart))
