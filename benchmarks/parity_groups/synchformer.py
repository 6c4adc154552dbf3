"""The sync encoder, tiny (weights stored) and full (weights rebuilt by the rule that the folder states)."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from benchmarks.parity_groups.case import Case, Manifest, Tolerance, compared, has, tolerance
from foleyd.engines.hunyuan.checkpoint import SYNCHFORMER, load_published
from foleyd.engines.hunyuan.encoders import SyncEncoder
from foleyd.engines.hunyuan.synchformer import SynchformerVision

CONFIG, WEIGHTS = "synchformer/tiny_config.json", "synchformer/tiny_weights.safetensors"
TINY = "synchformer/tiny_cases.safetensors"
RULE, FULL = "synchformer/full_cases.json", "synchformer/full_cases.safetensors"
NEEDS = {"tiny": (CONFIG, WEIGHTS, TINY), "full": (RULE, FULL)}

_PREFIX = "vfeat_extractor."
_SPOT = Tolerance(atol=1e-7)


def cases(folder: Path, manifest: Manifest, device: torch.device) -> Iterator[Case]:
    """Weights come by way of the loader, pictures through the encoder that serves jobs."""
    if has(folder, NEEDS["tiny"]):
        config = json.loads((folder / CONFIG).read_text())
        model, _ = load_published(folder / WEIGHTS, SYNCHFORMER, torch.float32, heads=config["NUM_HEADS"])
        yield from _encoded("tiny", model.to(device), folder / TINY, tolerance(manifest, TINY))
    if has(folder, NEEDS["full"]):
        stated = json.loads((folder / RULE).read_text())["spot_checks_first_three_values"]
        with torch.device("meta"):
            full = SynchformerVision()
        weights = {name: _by_rule(_PREFIX + name, tuple(p.shape)) for name, p in full.named_parameters()}
        yield from _spot_checks(weights, stated)
        full.load_state_dict(weights, assign=True)
        yield from _encoded("full", full.to(device), folder / FULL, tolerance(manifest, FULL))


def _encoded(size: str, model: nn.Module, file: Path, within: Tolerance) -> Iterator[Case]:
    stored = load_file(file)
    encoder = SyncEncoder(model)
    for name in sorted({key.rpartition(".")[0] for key in stored}):
        pictures = next(value for key, value in stored.items() if key.startswith(f"{name}.video_"))
        enlarged = model.config.image_size // pictures.shape[-1]
        pictures = pictures.repeat_interleave(enlarged, 2).repeat_interleave(enlarged, 3)
        features = encoder(pictures, torch.arange(len(pictures)))
        yield compared(f"{size} {name}", features[None], stored[f"{name}.expected"], within)


def _spot_checks(weights: Mapping[str, Tensor], stated: Mapping[str, Sequence[float]]) -> Iterator[Case]:
    for name, values in stated.items():
        ours = weights[name.removeprefix(_PREFIX)].flatten()[: len(values)]
        yield compared(f"rule {name.removeprefix(_PREFIX)}", ours, torch.tensor(values), _SPOT)


def _by_rule(name: str, shape: tuple[int, ...]) -> Tensor:
    """The parameter of that full published NAME, as full_cases.json has it."""
    random: Any = np.random.RandomState(zlib.crc32(name.encode()))
    u = (2 * random.random_sample(int(np.prod(shape))) - 1).reshape(shape)
    last = name.rpartition(".")[2]
    if last == "weight" and len(shape) == 1:
        value = 1 + 0.3 * u
    elif last in ("bias", "in_proj_bias"):
        value = 0.1 * u
    elif last in ("cls_token", "pos_embed", "temp_embed"):
        value = 0.5 * u
    else:
        value = np.sqrt(3 / np.prod(shape[1:])) * u
    return torch.from_numpy(value.astype(np.float32))
