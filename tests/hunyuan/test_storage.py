"""Weights that take less memory: the same layers to the step, within what rounding costs."""

from __future__ import annotations

import pytest
import torch

from foleyd.engines.hunyuan import storage
from foleyd.engines.hunyuan.denoise import Piece, Take, denoise, noise
from foleyd.engines.hunyuan.ops import PlainOps
from foleyd.engines.hunyuan.step import Conditions, Velocity
from foleyd.engines.hunyuan.storage import EightBits, Offloaded, Stored, rows_of, store
from foleyd.engines.hunyuan.transformer import FoleyTransformer

CPU = torch.device("cpu")


def tiny() -> FoleyTransformer:
    torch.manual_seed(5)
    model = FoleyTransformer(
        triple_depth=1, single_depth=2, hidden_size=64, heads=2, conv_inner=256, condition_width=32
    )
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    return model.eval().requires_grad_(False)


def latents_of(model: FoleyTransformer) -> torch.Tensor:
    torch.manual_seed(6)
    text = torch.randn(5, 32)
    piece = Piece(0, Conditions(40, text, text * 0.5, torch.randn(6, 32), torch.randn(16, 32)))
    take = Take((piece,), noise(1, 40))
    (made,) = denoise(Velocity(model, PlainOps()), [take], 4, 4.5, lambda a, b: None, lambda i: False)
    assert made.latents is not None
    return made.latents


@pytest.fixture(autouse=True)
def every_layer_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "_LARGE", 1)


def test_offloaded_weights_compute_the_same_to_the_bit() -> None:
    plain = latents_of(tiny())
    model = store(tiny(), Offloaded, CPU)
    assert torch.equal(latents_of(model), plain)
    assert not [name for name, p in model.named_parameters() if name.endswith("qkv.weight")]


def test_eight_bits_stay_close() -> None:
    plain, stored = latents_of(tiny()), latents_of(store(tiny(), EightBits, CPU))
    snr = 10 * torch.log10(plain.square().mean() / (plain - stored).square().mean())
    assert snr > 30
    assert not torch.equal(plain, stored)


def test_every_row_keeps_its_own_scale_and_its_largest_value() -> None:
    layer = torch.nn.Linear(8, 3)
    with torch.no_grad():
        layer.weight.copy_(torch.randn(3, 8) * torch.tensor([[1e-6], [1.0], [100.0]]))
    stored = EightBits(layer, CPU)
    error = (stored.weight - layer.weight).abs().amax(dim=1)
    assert (error <= layer.weight.abs().amax(dim=1) / 253).all()
    assert torch.equal(rows_of(stored, 1, 3), stored.weight[1:3])
    assert torch.equal(rows_of(layer, 1, 3), layer.weight[1:3])


def test_a_row_of_zeros_stays_zero() -> None:
    layer = torch.nn.Linear(4, 2, bias=False)
    torch.nn.init.zeros_(layer.weight)
    stored: Stored = EightBits(layer, CPU)
    assert stored.weight.eq(0).all()
    assert stored.bias is None


@pytest.mark.parametrize("kind", [EightBits, Offloaded])
def test_stored_weights_follow_a_change_of_precision(kind: type[Stored]) -> None:
    model = store(tiny(), kind, CPU).to(torch.bfloat16)
    stored = [module for module in model.modules() if isinstance(module, Stored)]
    assert stored
    assert {module.weight.dtype for module in stored} == {torch.bfloat16}
