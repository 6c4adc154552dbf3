"""Weights of the transformer that take less of the card's memory than they are used in.

A stored layer looks to the step like the layer it stands for: its ``weight`` is made whenever it is asked
for, and is gone again after the product. In 8 bits a weight is a whole number from -127 to 127 times a scale
for its row; *offloaded* it lies in host memory and is copied over for each step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import torch
from torch import Tensor, nn

from foleyd.engines.hunyuan.transformer import FoleyTransformer, Taps

_LARGE = 1 << 20
"""Weights smaller than this stay as they are: together they are a few megabytes."""


class Stored(nn.Module):
    """A layer whose WEIGHT (out, in) is made when asked for, and whose BIAS is there."""

    def __init__(self, layer: nn.Linear | Taps) -> None:
        super().__init__()
        self.bias = layer.bias
        self.out_features, self.in_features = layer.weight.shape

    @property
    def weight(self) -> Tensor:
        """The weight in the precision that it is used in."""
        return self.rows(0, self.out_features)

    def rows(self, first: int, last: int) -> Tensor:
        """Rows FIRST to LAST of the weight."""
        raise NotImplementedError

    def forward(self, x: Tensor) -> Tensor:
        """X (..., in) -> (..., out)."""
        return nn.functional.linear(x, self.weight, self.bias)


class EightBits(Stored):
    """Whole numbers and a scale for each row: half the memory, symmetric, rounded to nearest."""

    def __init__(self, layer: nn.Linear | Taps, device: torch.device) -> None:
        super().__init__(layer)
        weight = layer.weight.detach().to(device)
        scale = weight.abs().amax(dim=1, keepdim=True).float().clamp(min=1e-12) / 127
        self.register_buffer("codes", (weight.float() / scale).round().to(torch.int8), persistent=False)
        self.register_buffer("scale", scale.to(weight.dtype), persistent=False)
        self.codes: Tensor
        self.scale: Tensor

    def rows(self, first: int, last: int) -> Tensor:
        """See :class:`Stored`."""
        codes, scale = self.codes[first:last], self.scale[first:last]
        if codes.is_cuda:
            from foleyd.engines.hunyuan.kernels import scaled

            return scaled(codes, scale)
        return codes.to(scale.dtype) * scale


class Offloaded(Stored):
    """In host memory, page-locked where there is a card; copied over on demand."""

    def __init__(self, layer: nn.Linear | Taps, device: torch.device) -> None:
        super().__init__(layer)
        host = layer.weight.detach().cpu()
        self._host = host.pin_memory() if device.type == "cuda" else host
        self._device = device

    def rows(self, first: int, last: int) -> Tensor:
        """See :class:`Stored`."""
        return self._host[first:last].to(self._device, non_blocking=True)

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Offloaded:
        """Follows changes of precision; the weight itself stays where it is."""
        dtype = fn(self._host[:0]).dtype
        if dtype != self._host.dtype:
            pinned = self._host.is_pinned()
            self._host = self._host.to(dtype)
            self._host = self._host.pin_memory() if pinned else self._host
        super()._apply(fn, recurse)
        return self


def store(
    model: FoleyTransformer, kind: Callable[[nn.Linear | Taps, torch.device], Stored], device: torch.device
) -> FoleyTransformer:
    """MODEL, built on the CPU, with its large layers stored as KIND and all else on DEVICE. In place.

    One layer after the other, so that the card never holds them whole.
    """
    for parent, name, layer in list(_large_layers(model)):
        stored = kind(layer, device)
        stored.bias = None if layer.bias is None else nn.Parameter(layer.bias.to(device), requires_grad=False)
        setattr(parent, name, stored)
    model.to(device)
    return model


def _large_layers(model: nn.Module) -> Iterator[tuple[nn.Module, str, nn.Linear | Taps]]:
    for parent in model.modules():
        for name, layer in parent.named_children():
            if isinstance(layer, nn.Linear | Taps) and layer.weight.numel() >= _LARGE:
                yield parent, name, layer


def rows_of(layer: nn.Module, first: int, last: int) -> Tensor:
    """Rows FIRST to LAST of the weight of LAYER, stored or not."""
    if isinstance(layer, Stored):
        return layer.rows(first, last)
    weight: Tensor = layer.weight
    return weight[first:last]
