"""The autoencoder: chunks that join without a seam, and folded weights. Numbers: against the golden data."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
import torch
from torch import nn

from foleyd.engines.hunyuan.autoencoder import FoleyAutoencoder, fold_weight_norm


@pytest.fixture(scope="module")
def model() -> FoleyAutoencoder:
    torch.manual_seed(5)
    made = FoleyAutoencoder(encoder_dim=2, latent_dim=4, decoder_dim=64, with_encoder=True).double()
    for layer in made.modules():
        if isinstance(layer, nn.Conv1d | nn.ConvTranspose1d):
            nn.init.normal_(layer.weight, std=0.6 / math.sqrt(layer.weight[0].numel()))
    return made.eval().requires_grad_(False)


def latents(length: int, batch: int = 1) -> torch.Tensor:
    generator = torch.Generator().manual_seed(length)
    return torch.randn(batch, 4, length, dtype=torch.float64, generator=generator) * 3


@pytest.mark.parametrize("chunk", [1, 7, 20, 59, 60, 61])
def test_chunks_join_without_a_seam(model: FoleyAutoencoder, chunk: int) -> None:
    whole = model.decode(latents(60))
    assert whole.std() > 0.01
    assert torch.allclose(model.decode(latents(60), chunk=chunk), whole, rtol=0, atol=1e-12)


def test_what_reaches_into_a_sample_is_just_what_is_decoded_for_it(model: FoleyAutoencoder) -> None:
    """A latent at the edge of the range changes the sound there, one beyond it does not."""
    x = latents(60)
    sound = model.decode(x)
    first, last = model.decoder.latents_of(30 * 960, 31 * 960)
    assert 0 < first < 30 < last < 60
    for place, reaches in ((first - 1, False), (first, True), (last - 1, True), (last, False)):
        other = x.clone()
        other[..., place] += 100
        stretch = slice(30 * 960, 31 * 960)
        assert bool((model.decode(other) - sound)[..., stretch].abs().max() > 0) is reaches


@pytest.mark.parametrize("length", [1, 2, 13])
def test_every_latent_becomes_960_samples_in_range(model: FoleyAutoencoder, length: int) -> None:
    sound = model.decode(latents(length, batch=2))
    assert sound.shape == (2, 1, 960 * length)
    assert sound.abs().max() < 1


def test_sound_is_filled_up_with_silence_before_it_is_encoded(model: FoleyAutoencoder) -> None:
    sound = model.decode(latents(3))[..., :2_500]
    mean, logvar = model.encode(sound)
    assert mean.shape == logvar.shape == (1, 4, 3)
    filled = torch.cat([sound, torch.zeros(1, 1, 380, dtype=torch.float64)], -1)
    assert torch.equal(model.encode(filled)[0], mean)


def test_without_its_encoder_it_loads_quietly_and_says_so(
    model: FoleyAutoencoder, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    model.save_pretrained(tmp_path)
    half = FoleyAutoencoder.from_pretrained(tmp_path, with_encoder=False, torch_dtype=torch.float64)
    assert not caplog.records
    assert torch.equal(half.decode(latents(2)), model.decode(latents(2)))
    with pytest.raises(ValueError, match="without its encoder"):
        half.encode(torch.zeros(1, 1, 960))


@pytest.mark.parametrize("layer", [nn.Conv1d(6, 4, 3), nn.ConvTranspose1d(6, 4, 4)])
def test_weight_norm_is_folded_as_torch_has_it(layer: nn.Module) -> None:
    normed = nn.utils.parametrizations.weight_norm(layer)
    g, v = normed.parametrizations.weight.original0, normed.parametrizations.weight.original1
    with torch.no_grad():
        g *= torch.rand_like(g) + 0.5
        assert torch.allclose(fold_weight_norm(v, g), normed.weight, atol=1e-7)


def test_the_published_size() -> None:
    with torch.device("meta"):
        whole, half = FoleyAutoencoder(with_encoder=True), FoleyAutoencoder()
    assert [published_count(model) for model in (whole, half)] == [371_589_058, 75_498_690]


def published_count(model: FoleyAutoencoder) -> int:
    """Parameters before folding: one gain more for each entry of the first axis of a weight-normed weight."""
    normed = (
        layer
        for name, layer in model.named_modules()
        if isinstance(layer, nn.Conv1d | nn.ConvTranspose1d) and "quant_conv" not in name
    )
    return sum(p.numel() for p in model.parameters()) + sum(layer.weight.shape[0] for layer in normed)
