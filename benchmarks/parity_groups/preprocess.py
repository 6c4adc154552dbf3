"""Pictures made small for both image encoders."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.parity_groups.case import EXACT, Case, Manifest, Tolerance, compared, same
from foleyd.engines.hunyuan.preprocess import (
    centre,
    cropped,
    sight_input,
    sight_picture,
    sync_input,
    sync_picture,
)

FACTS, STORED = "preprocess/images.json", "preprocess/images.safetensors"
NEEDS = {"images": (FACTS, STORED)}
_FLOATS = ("siglip_expected", "sync_expected")


def cases(folder: Path, manifest: Manifest, device: torch.device) -> Iterator[Case]:
    """Pictures shrink on the processor; what the encoders take is made of them on DEVICE."""
    stored = load_file(folder / STORED)
    floats = Tolerance(float(manifest["files"][STORED]["tolerance"]["float"]["atol"]))
    for name, facts in json.loads((folder / FACTS).read_text())["cases"].items():
        rgb = stored[f"{name}.frame"].numpy()
        sight, whole = sight_picture(rgb), sync_picture(rgb)
        top_left = centre(*whole.shape[1:])
        sizes = [*facts["sync_resized_hw"], *facts["sync_crop_top_left"]]
        yield same(f"{name} size and crop", [*whole.shape[1:], *top_left], sizes)
        sync = cropped(whole, *top_left)
        ours = {
            "siglip_resized_uint8": sight.permute(2, 0, 1),
            "sync_cropped_uint8": sync,
            "siglip_expected": sight_input(sight[None].to(device))[0],
            "sync_expected": sync_input(sync[None].to(device))[0],
        }
        for key, value in ours.items():
            within = floats if key in _FLOATS else EXACT
            if f"{name}.{key}" in stored:
                yield compared(f"{name} {key}", value, _planes(stored[f"{name}.{key}"]), within)
            if f"{name}.{key}_rows" in stored:
                expected = _planes(stored[f"{name}.{key}_rows"])
                every = value.shape[1] // expected.shape[1]
                yield compared(f"{name} {key}, some rows", value[:, ::every], expected, within)


def _planes(stored: Tensor) -> Tensor:
    """Colours first."""
    return stored if stored.shape[0] == 3 else stored.permute(2, 0, 1)
