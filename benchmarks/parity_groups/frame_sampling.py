"""Which frames are sampled, how many latents and segments that gives, and nearest-exact resampling."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from benchmarks.parity_groups.case import Case, Manifest, has, same
from foleyd.engines.hunyuan.frame_clock import SAMPLES_PER_LATENT, latent_length, sampled, segments

NEEDS = {
    "frame_sampling": ("preprocess/frame_sampling.json",),
    "latent_length": ("preprocess/latent_length.json",),
    "nearest_exact": ("preprocess/nearest_exact.json",),
}


def cases(folder: Path, manifest: Manifest, device: torch.device) -> Iterator[Case]:
    """Counting is done on the processor whatever DEVICE is; nearest-exact indices on both."""
    if has(folder, NEEDS["frame_sampling"]):
        for name, stream in _read(folder, "frame_sampling").items():
            if "source_times" in stream:
                yield _stream(name, stream)
            else:
                yield same(name, _counts(len(stream["counts"])), stream["counts"])
    if has(folder, NEEDS["latent_length"]):
        table = _read(folder, "latent_length")
        yield same("latent lengths", [latent_length(n) for n in table["n"]], table["latent_len"])
    if has(folder, NEEDS["nearest_exact"]):
        yield from _nearest(_read(folder, "nearest_exact"), device)


def _read(folder: Path, part: str) -> dict[str, Any]:
    return dict(json.loads((folder / NEEDS[part][0]).read_text()))


def _nearest(table: dict[str, Any], device: torch.device) -> Iterator[Case]:
    from foleyd.engines.hunyuan.transformer import nearest_exact

    ties = table["tie_pairs"]
    ours, expected = [], []
    for pair in ties:
        found = nearest_exact(pair["n_in"], pair["n_out"], device).tolist()
        ours += [found[at["i"]] for at in pair["positions"]]
        expected += [at["float32_index"] for at in pair["positions"]]
    yield same(f"nearest-exact, ties of {len(ties)} pairs", ours, expected)
    for pair in table["full_tables"]:
        n_in, n_out = pair["n_in"], pair["n_out"]
        yield same(
            f"nearest-exact {n_in} to {n_out}", nearest_exact(n_in, n_out, device).tolist(), pair["indices"]
        )


def _stream(name: str, stream: dict[str, Any]) -> Case:
    slow, fast = (sampled(stream["source_times"], rate) for rate in (8, 25))
    ticks, latents = len(fast), latent_length(len(fast))
    ours = [segments(ticks), latents, latents * SAMPLES_PER_LATENT, *slow, *fast]
    expected = [
        *(stream[key] for key in ("synchformer_segments", "audio_latent_len", "audio_samples")),
        *stream["indices_8fps"],
        *stream["indices_25fps"],
    ]
    return same(name, ours, expected)


def _counts(most: int) -> list[int]:
    """25-fps ticks that the first 1, 2, ... MOST frames of a 25-fps file are shown on."""
    shown = sampled([k / 25 for k in range(most)], 25)
    return [sum(index <= last for index in shown) for last in range(most)]
