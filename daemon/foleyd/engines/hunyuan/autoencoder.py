"""Latents to sound and back: the autoencoder, in DAC's shape but with continuous latents. model-spec.md 7.

Fifty latents a second of 128 values become 48 kHz mono: five blocks, each a transposed convolution and
three residual units. Parameters have the published names; the published pairs ``weight_g``, ``weight_v``
are folded into one ``weight`` by :func:`fold_weight_norm` when a checkpoint is read.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from importlib.util import find_spec

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

_LOGVAR = (-30.0, 20.0)
_DILATIONS = (1, 3, 9)


class FoleyAutoencoder(ModelMixin, ConfigMixin):
    """Mono sound of -1..1 to latents and back, ``hop`` samples each. Defaults are the published sizes.

    WITH_ENCODER False leaves the encoder out: four fifths of the 372 million parameters, and not needed to
    generate.
    """

    _keys_to_ignore_on_load_unexpected = (r"^encoder\.", r"^quant_conv\.")

    @register_to_config
    def __init__(
        self,
        *,
        encoder_dim: int = 128,
        encoder_rates: Sequence[int] = (2, 3, 4, 5, 8),
        latent_dim: int = 128,
        decoder_dim: int = 2048,
        decoder_rates: Sequence[int] = (8, 5, 4, 3, 2),
        sample_rate: int = 48_000,
        with_encoder: bool = False,
    ) -> None:
        super().__init__()
        self.hop = math.prod(decoder_rates)
        self.sample_rate = sample_rate
        self.latent_dim = latent_dim
        if with_encoder:
            self.encoder = Encoder(encoder_dim, encoder_rates, latent_dim)
            self.quant_conv = nn.Conv1d(latent_dim, 2 * latent_dim, 1)
        self.post_quant_conv = nn.Conv1d(latent_dim, latent_dim, 1)
        self.decoder = Decoder(latent_dim, decoder_dim, decoder_rates)

    def decode(self, latents: Tensor, chunk: int | None = None) -> Tensor:
        """LATENTS (B, 128, L) to sound (B, 1, 960 L), values in (-1, 1).

        CHUNK is how many latents become sound at a time, None for all: memory then no longer grows with L
        but for the sound itself. Chunks are decoded with all that reaches into them, so they join as if
        there were none.
        """
        length = latents.shape[-1]
        if chunk is None or chunk >= length:
            return self._decode(latents)
        sound = latents.new_empty(len(latents), 1, length * self.hop)
        for start in range(0, length, chunk):
            end = min(start + chunk, length)
            first, last = self.decoder.latents_of(start * self.hop, end * self.hop)
            first, last = max(first, 0), min(last, length)
            part = self._decode(latents[..., first:last])
            skip = (start - first) * self.hop
            sound[..., start * self.hop : end * self.hop] = part[..., skip : skip + (end - start) * self.hop]
        return sound

    def encode(self, sound: Tensor) -> tuple[Tensor, Tensor]:
        """SOUND (B, 1, samples) to mean and log variance, each (B, 128, ceil(samples / 960)).

        Silence is added at the end to fill the last latent. Raises ValueError for a model without an encoder.
        """
        if not self.config.with_encoder:
            raise ValueError(
                "this autoencoder was loaded without its encoder; load it with with_encoder=True"
            )
        sound = F.pad(sound, (0, -sound.shape[-1] % self.hop))
        mean, logvar = self.quant_conv(self.encoder(sound)).chunk(2, dim=1)
        return mean, logvar.clamp(*_LOGVAR)

    def _decode(self, latents: Tensor) -> Tensor:
        sound: Tensor = self.decoder(self.post_quant_conv(latents))
        return sound


def fold_weight_norm(v: Tensor, g: Tensor) -> Tensor:
    """The weight that ``weight_v`` V and ``weight_g`` G (first axis as V's, else 1) stand for.

    The norm is over all axes but the first, in transposed convolutions too, where that is the input channel.
    """
    norm = v.flatten(1).norm(dim=1).view(-1, *[1] * (v.ndim - 1))
    return v * (g / norm)


class Snake(nn.Module):
    """``x + sin(alpha x)^2 / alpha``, an ALPHA for each channel."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.ones(1, channels, 1))

    def forward(self, x: Tensor) -> Tensor:
        """X (B, channels, time)."""
        return snake(x, self.alpha)


def snake(x: Tensor, alpha: Tensor) -> Tensor:
    """X (B, C, time), ALPHA (1, C, 1): x + sin(alpha x)^2 / (alpha + 1e-9)."""
    if x.is_cuda and find_spec("triton") is not None:
        from foleyd.engines.hunyuan.snake import fused_snake

        return fused_snake(x.contiguous(), alpha)
    wave = torch.sin(alpha * x)
    return torch.addcmul(x, wave, wave * (alpha + 1e-9).reciprocal())


class ResidualUnit(nn.Module):
    """Two convolutions, of 7 taps with gaps of DILATION and of 1, added to what came in."""

    def __init__(self, channels: int, dilation: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            Snake(channels),
            nn.Conv1d(channels, channels, 7, dilation=dilation, padding=3 * dilation),
            Snake(channels),
            nn.Conv1d(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """X (B, channels, time)."""
        y: Tensor = x + self.block(x)
        return y


class EncoderBlock(nn.Module):
    """Residual units, then twice the channels at a STRIDE-th of the rate."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.block = nn.Sequential(
            *(ResidualUnit(channels, dilation) for dilation in _DILATIONS),
            Snake(channels),
            nn.Conv1d(channels, 2 * channels, 2 * stride, stride, math.ceil(stride / 2)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """X (B, channels, time) to (B, 2 channels, time / stride)."""
        y: Tensor = self.block(x)
        return y


class Encoder(nn.Module):
    """Sound (B, 1, 960 L) to (B, 128, L)."""

    def __init__(self, channels: int, rates: Sequence[int], latent_dim: int) -> None:
        super().__init__()
        last = channels * 2 ** len(rates)
        self.block = nn.Sequential(
            nn.Conv1d(1, channels, 7, padding=3),
            *(EncoderBlock(channels * 2**k, rate) for k, rate in enumerate(rates)),
            Snake(last),
            nn.Conv1d(last, latent_dim, 3, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        y: Tensor = self.block(x)
        return y


class DecoderBlock(nn.Module):
    """Half the channels at STRIDE times the rate, then residual units."""

    def __init__(self, channels: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.padding = math.ceil(stride / 2)
        half = channels // 2
        self.block = nn.Sequential(
            Snake(channels),
            nn.ConvTranspose1d(
                channels, half, 2 * stride, stride, padding=self.padding, output_padding=stride % 2
            ),
            *(ResidualUnit(half, dilation) for dilation in _DILATIONS),
        )

    def forward(self, x: Tensor) -> Tensor:
        """X (B, channels, time) to (B, channels / 2, stride * time)."""
        y: Tensor = self.block(x)
        return y

    def inputs_of(self, first: int, last: int) -> tuple[int, int]:
        """The range of inputs that outputs FIRST to LAST (exclusive) are made of."""
        reach = 3 * sum(_DILATIONS)
        # Input i adds to outputs i * stride - padding and the 2 * stride - 1 after it.
        first = -(-(first - reach + self.padding - 2 * self.stride + 1) // self.stride)
        last = (last - 1 + reach + self.padding) // self.stride + 1
        return first, last


class Decoder(nn.Module):
    """(B, 128, L) to sound (B, 1, 960 L)."""

    def __init__(self, latent_dim: int, channels: int, rates: Sequence[int]) -> None:
        super().__init__()
        last = channels // 2 ** len(rates)
        self.blocks = len(rates)
        self.model = nn.Sequential(
            nn.Conv1d(latent_dim, channels, 7, padding=3),
            *(DecoderBlock(channels // 2**k, rate) for k, rate in enumerate(rates)),
            Snake(last),
            nn.Conv1d(last, 1, 7, padding=3),
            nn.Tanh(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """See the class."""
        y: Tensor = self.model(x)
        return y

    def latents_of(self, first: int, last: int) -> tuple[int, int]:
        """The range of latents that samples FIRST to LAST (exclusive) are made of; it may pass the ends."""
        first, last = first - 3, last + 3
        for block in reversed(self.model[1 : 1 + self.blocks]):
            first, last = block.inputs_of(first, last)
        return first - 3, last + 3
