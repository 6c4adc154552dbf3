"""The autoencoder: latents to sound, whole and in chunks, and sound to latents."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file

from benchmarks.parity_groups.case import Case, Manifest, compared, tolerance
from foleyd.engines.hunyuan.autoencoder import FoleyAutoencoder
from foleyd.engines.hunyuan.checkpoint import load_published
from foleyd.engines.hunyuan.plan import AUTOENCODER

CONFIG, WEIGHTS, STORED = (
    f"dac_vae_tiny/{name}" for name in ("config.json", "weights.safetensors", "cases.safetensors")
)
NEEDS = {"dac_vae_tiny": (CONFIG, WEIGHTS, STORED)}

_OURS = ("encoder_dim", "encoder_rates", "latent_dim", "decoder_dim", "decoder_rates", "sample_rate")
_CHUNK = 5


@torch.no_grad()
def _decoded(model: Any, latents: torch.Tensor, chunk: int | None) -> torch.Tensor:
    sound: torch.Tensor = model.decode(latents, chunk)
    return sound


def autoencoder(folder: Path, device: torch.device, with_encoder: bool = False) -> FoleyAutoencoder:
    """FOLDER's model by way of the loader."""
    config = {key: value for key, value in json.loads((folder / CONFIG).read_text()).items() if key in _OURS}
    loaded, _ = load_published(
        folder / WEIGHTS, AUTOENCODER, torch.float32, **config, with_encoder=with_encoder
    )
    assert isinstance(loaded, FoleyAutoencoder)
    model: FoleyAutoencoder = loaded.to(device)
    return model


def cases(folder: Path, manifest: Manifest, device: torch.device) -> Iterator[Case]:
    """Folded weights by way of the loader; the encoder only where the folder has cases for it."""
    stored = {name: value.to(device) for name, value in load_file(folder / STORED).items()}
    model: Any = autoencoder(folder, device, with_encoder=any(name.endswith(".mean") for name in stored))
    within = {part: tolerance(manifest, STORED, part) for part in ("decode", "encode")}
    for name in sorted({key.rpartition(".")[0] for key in stored}):
        sound = stored[f"{name}.audio"]
        if f"{name}.latents" in stored:
            latents = stored[f"{name}.latents"]
            yield compared(name, _decoded(model, latents, None), sound, within["decode"])
            if latents.shape[-1] > _CHUNK:
                chunked = _decoded(model, latents, _CHUNK)
                yield compared(f"{name}, {_CHUNK} latents at a time", chunked, sound, within["decode"])
        else:
            with torch.no_grad():
                mean, logvar = model.encode(sound)
            yield compared(f"{name} mean", mean, stored[f"{name}.mean"], within["encode"])
            yield compared(f"{name} logvar", logvar, stored[f"{name}.logvar"], within["encode"])
