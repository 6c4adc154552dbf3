"""The diffusion transformer of HunyuanVideo-Foley, eager and to be read: model-spec.md 5.

Latents of sound, 50 a second, are denoised beside what the picture shows (``clip``, 8 a second), what happens
in it when (``sync``, 8 for each half-overlapping 0.64 s) and what the prompt says (``text``). *Triple* blocks
let sound and picture attend to each other and both to the text; *single* blocks go on with the sound alone,
modulated per token by the sync features. Jobs are served by :mod:`.step`, which runs the same parameters on
packed rows; this module holds them and is what the step is compared with.

Parameters are stored the way the step multiplies with them: gate and up projections as one matrix, the three
taps of a convolution as one matrix, the modulation of all single blocks as one matrix. :mod:`.checkpoint`
brings the published names and layouts here.
"""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

NORM_EPS = 1e-6
"""Of LayerNorms in triple blocks and the output, and of q and k norms in triple blocks."""
SINGLE_NORM_EPS = 1e-5
SINGLE_HEAD_EPS = float(torch.finfo(torch.float32).eps)
SYNC_PERIOD = 8
"""Sync tokens of a segment; their position embedding repeats with it."""
TIME_FEATURES = 256


class HeadNorm(nn.Module):
    """RMS norm over a head's D features, computed in float32, then weighted."""

    def __init__(self, features: int, eps: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(features))
        self.eps = eps

    def forward(self, x: Tensor) -> Tensor:
        """X (..., D)."""
        wide = x.float()
        return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + self.eps)).to(x.dtype) * self.weight


class TwoLayers(nn.Module):
    """Linear, SiLU, linear."""

    def __init__(self, features: int, hidden: int) -> None:
        super().__init__()
        self.linear_1 = nn.Linear(features, hidden)
        self.linear_2 = nn.Linear(hidden, hidden)

    def forward(self, x: Tensor) -> Tensor:
        """X (..., features) -> (..., hidden)."""
        y: Tensor = self.linear_2(F.silu(self.linear_1(x)))
        return y


class Gated(nn.Module):
    """``down(silu(gate x) * (up x))`` without biases; GATE_UP holds both matrices, gate first."""

    def __init__(self, features: int, inner: int, hidden: int) -> None:
        super().__init__()
        self.gate_up = nn.Linear(features, 2 * inner, bias=False)
        self.down = nn.Linear(inner, hidden, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        """X (..., features) -> (..., hidden)."""
        gate, up = self.gate_up(x).chunk(2, dim=-1)
        y: Tensor = self.down(F.silu(gate) * up)
        return y


class SyncEmbedder(nn.Module):
    """``sync_in``: linear, SiLU, gated."""

    def __init__(self, features: int, inner: int, hidden: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, hidden)
        self.mlp = Gated(hidden, inner, hidden)

    def forward(self, x: Tensor) -> Tensor:
        """X (..., features) -> (..., hidden)."""
        y: Tensor = self.mlp(F.silu(self.linear(x)))
        return y


class Stream(nn.Module):
    """What one stream (sound or picture) owns in a triple block."""

    def __init__(self, hidden: int, head: int, mlp_ratio: int) -> None:
        super().__init__()
        self.modulation = nn.Linear(hidden, 9 * hidden)
        self.self_qkv = nn.Linear(hidden, 3 * hidden)
        self.self_q_norm = HeadNorm(head, NORM_EPS)
        self.self_k_norm = HeadNorm(head, NORM_EPS)
        self.self_out = nn.Linear(hidden, hidden)
        self.cross_q = nn.Linear(hidden, hidden)
        self.cross_q_norm = HeadNorm(head, NORM_EPS)
        self.cross_out = nn.Linear(hidden, hidden)
        self.mlp_in = nn.Linear(hidden, mlp_ratio * hidden)
        self.mlp_out = nn.Linear(mlp_ratio * hidden, hidden)

    def mlp(self, x: Tensor) -> Tensor:
        """X (..., h) -> (..., h)."""
        y: Tensor = self.mlp_out(F.gelu(self.mlp_in(x), approximate="tanh"))
        return y


class TripleBlock(nn.Module):
    """Self-attention over sound and picture, cross-attention of both to the text, an MLP each: 5.5."""

    def __init__(self, hidden: int, heads: int, mlp_ratio: int) -> None:
        super().__init__()
        self.heads = heads
        self.audio = Stream(hidden, hidden // heads, mlp_ratio)
        self.visual = Stream(hidden, hidden // heads, mlp_ratio)
        self.text_kv = nn.Linear(hidden, 2 * hidden)
        self.text_k_norm = HeadNorm(hidden // heads, NORM_EPS)

    def forward(
        self, audio: Tensor, visual: Tensor, text: Tensor, vec: Tensor, theta: float = 10000.0
    ) -> tuple[Tensor, Tensor]:
        """AUDIO (B, L, h), VISUAL (B, V, h), TEXT (B, N, h), VEC (B, h) -> AUDIO, VISUAL."""
        length = audio.shape[1]
        streams = (self.visual, self.audio)
        x = [visual, audio]
        mods = [stream.modulation(F.silu(vec))[:, None].chunk(9, dim=-1) for stream in streams]
        # self-attention: sound sits at even positions, picture at the odd ones between
        at = (2 * nearest_exact(length, visual.shape[1], vec.device) + 1, 2 * arange(length, vec.device))
        qkv = []
        for stream, tokens, (shift, scale, *_), positions in zip(streams, x, mods, at, strict=True):
            packed = stream.self_qkv(modulate(layer_norm(tokens), shift, scale))
            q, k, v = packed.unflatten(-1, (3, self.heads, -1)).unbind(2)
            q = rotate(stream.self_q_norm(q), positions, theta)
            qkv.append((q, rotate(stream.self_k_norm(k), positions, theta), v))
        mixed = attend(*(torch.cat(parts, dim=1) for parts in zip(*qkv, strict=True)))
        parted = mixed.split([visual.shape[1], length], dim=1)
        for n, stream in enumerate(streams):
            x[n] = x[n] + mods[n][2] * stream.self_out(parted[n])
        # cross-attention to the text, positions plain
        k, v = self.text_kv(text).unflatten(-1, (2, self.heads, -1)).unbind(2)
        k = rotate(self.text_k_norm(k), arange(text.shape[1], vec.device), theta)
        for n, stream in enumerate(streams):
            q = stream.cross_q(modulate(layer_norm(x[n]), mods[n][3], mods[n][4]))
            q = stream.cross_q_norm(q.unflatten(-1, (self.heads, -1)))
            mixed = attend(rotate(q, arange(q.shape[1], vec.device), theta), k, v)
            x[n] = x[n] + mods[n][5] * stream.cross_out(mixed)
            x[n] = x[n] + mods[n][8] * stream.mlp(modulate(layer_norm(x[n]), mods[n][6], mods[n][7]))
        return x[1], x[0]


class Taps(nn.Module):
    """Convolution of three taps over time, zeros beyond the ends: y(t) = A x(t-1) + B x(t) + C x(t+1) + bias.

    WEIGHT (3 * out, in) holds A, B and C one after the other.
    """

    def __init__(self, features: int, out: int, bias: bool) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(3 * out, features))
        self.bias = nn.Parameter(torch.zeros(out)) if bias else None

    def forward(self, x: Tensor) -> Tensor:
        """X (B, n, features) -> (B, n, out)."""
        before, own, after = F.linear(x, self.weight).chunk(3, dim=-1)
        y = F.pad(before, (0, 0, 1, 0))[:, :-1] + own + F.pad(after, (0, 0, 0, 1))[:, 1:]
        return y if self.bias is None else y + self.bias


class SingleBlock(nn.Module):
    """Self-attention and a gated MLP over the sound, both with neighbours: 5.6."""

    def __init__(self, hidden: int, heads: int, inner: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(hidden, 3 * hidden)
        self.q_norm = HeadNorm(hidden // heads, SINGLE_HEAD_EPS)
        self.k_norm = HeadNorm(hidden // heads, SINGLE_HEAD_EPS)
        self.out = Taps(hidden, hidden, bias=True)
        self.mlp_in = nn.Linear(3 * hidden, 2 * inner, bias=False)
        self.mlp_out = Taps(inner, hidden, bias=False)

    def forward(self, x: Tensor, modulation: Tensor, theta: float = 10000.0) -> Tensor:
        """X (B, L, h), MODULATION (B, L, 6h) -> (B, L, h)."""
        shift, scale, gate, mlp_shift, mlp_scale, mlp_gate = modulation.chunk(6, dim=-1)
        at = arange(x.shape[1], x.device)
        packed = self.qkv(modulate(layer_norm(x, SINGLE_NORM_EPS), shift, scale))
        q, k, v = packed.unflatten(-1, (3, self.heads, -1)).unbind(2)
        mixed = attend(rotate(self.q_norm(q), at, theta), rotate(self.k_norm(k), at, theta), v)
        x = x + gate * self.out(mixed)
        y = modulate(layer_norm(x, SINGLE_NORM_EPS), mlp_shift, mlp_scale)
        gated, up = self.mlp_in(neighbours(y)).chunk(2, dim=-1)
        return x + mlp_gate * self.mlp_out(F.silu(gated) * up)


class FoleyTransformer(ModelMixin, ConfigMixin):
    """Velocity of the latents at a time, given the conditions.

    CONV_INNER is the inner width of the gated MLPs (5.2). The defaults are XXL.
    """

    _no_split_modules: ClassVar[list[str]] = ["TripleBlock", "SingleBlock"]
    _repeated_blocks: ClassVar[list[str]] = ["TripleBlock", "SingleBlock"]

    @register_to_config
    def __init__(
        self,
        triple_depth: int = 18,
        single_depth: int = 36,
        hidden_size: int = 1536,
        heads: int = 12,
        mlp_ratio: int = 4,
        conv_inner: int = 4096,
        latent_channels: int = 128,
        condition_width: int = 768,
        rope_theta: float = 10000.0,
    ) -> None:
        super().__init__()
        hidden = hidden_size
        self.sync_position = nn.Parameter(torch.zeros(SYNC_PERIOD, condition_width))
        self.empty_clip = nn.Parameter(torch.zeros(condition_width))
        self.empty_sync = nn.Parameter(torch.zeros(condition_width))
        self.time_in = TwoLayers(TIME_FEATURES, hidden)
        self.audio_in = nn.Linear(latent_channels, hidden)
        self.visual_in = Gated(condition_width, hidden, hidden)
        self.text_in = TwoLayers(condition_width, hidden)
        self.sync_in = SyncEmbedder(condition_width, conv_inner, hidden)
        self.triple_blocks = nn.ModuleList(TripleBlock(hidden, heads, mlp_ratio) for _ in range(triple_depth))
        self.single_modulation = nn.Linear(hidden, single_depth * 6 * hidden)
        self.single_blocks = nn.ModuleList(
            SingleBlock(hidden, heads, conv_inner) for _ in range(single_depth)
        )
        self.out = nn.Linear(hidden, latent_channels)

    def forward(self, x: Tensor, t: Tensor, clip: Tensor, text: Tensor, sync: Tensor) -> Tensor:
        """Velocity (B, 128, L) of latents X (B, 128, L) at times T (B,), 0..1000.

        CLIP (B, V, 768), TEXT (B, N, 768), SYNC (B, S, 768) with S a multiple of 8.
        """
        theta = float(self.config.rope_theta)
        vec = self.time_in(time_features(t).to(self.dtype))
        tokens, visual, text = self.audio_in(x.mT), self.visual_in(clip), self.text_in(text)
        moments = self.sync_in(self.with_positions(sync))
        moments = moments[:, nearest_exact(sync.shape[1], x.shape[2], x.device)]
        tokens = tokens + moments
        for block in self.triple_blocks:
            tokens, visual = block(tokens, visual, text, vec, theta)
        modulations = self.single_modulation(F.silu(moments + vec[:, None]))
        for block, modulation in zip(
            self.single_blocks, modulations.chunk(len(self.single_blocks), dim=-1), strict=True
        ):
            tokens = block(tokens, modulation, theta)
        velocity: Tensor = self.out(layer_norm(tokens)).mT
        return velocity

    def with_positions(self, sync: Tensor) -> Tensor:
        """SYNC (..., S, 768) plus the position of each token in its segment."""
        return (sync.unflatten(-2, (-1, SYNC_PERIOD)) + self.sync_position).flatten(-3, -2)


def conv_width(hidden: int) -> int:
    """Inner width of the gated MLPs: int(2 * 4h / 3), rounded up to a multiple of 256 (5.2)."""
    return -(-int(2 * (4 * hidden) / 3) // 256) * 256


def config_of(published: dict[str, Any]) -> dict[str, Any]:
    """Our configuration from the published ``model_kwargs`` (the yaml's names)."""
    hidden = int(published["hidden_size"])
    return {
        "triple_depth": int(published["depth_triple_blocks"]),
        "single_depth": int(published["depth_single_blocks"]),
        "hidden_size": hidden,
        "heads": int(published["num_heads"]),
        "mlp_ratio": int(published["mlp_ratio"]),
        "conv_inner": conv_width(hidden),
        "latent_channels": int(published["audio_vae_latent_dim"]),
        "condition_width": int(published["condition_dim"]),
        "rope_theta": float(published["rope_theta"]),
    }


def time_features(t: Tensor) -> Tensor:
    """T (B,) in 0..1000 -> (B, 256) float32, cosines first (5.2).

    On the CPU, with frequencies rounded from float64: float32's exp differs from machine to machine in the
    last bit, which a time of 1000 makes a thousand times larger.
    """
    half = TIME_FEATURES // 2
    powers = -math.log(10000) * torch.arange(half, dtype=torch.float32) / half
    angles = t.float().cpu()[:, None] * powers.double().exp().float()
    return torch.cat([angles.cos(), angles.sin()], dim=-1).to(t.device)


def nearest_exact(n_in: int, n_out: int, device: torch.device | str = "cpu") -> Tensor:
    """Source index (n_out,) of each of N_OUT places among N_IN, in float32 as PyTorch's CPU does it (5.2)."""
    scale = torch.tensor(n_in, dtype=torch.float32) / torch.tensor(n_out, dtype=torch.float32)
    places = (torch.arange(n_out, dtype=torch.float32) + 0.5) * scale
    return places.floor().long().clamp_(max=n_in - 1).to(device)


def rope_table(positions: Tensor, features: int, theta: float) -> tuple[Tensor, Tensor]:
    """Cosines and sines (n, features/2) float32 of POSITIONS (n,): position * theta^(-2j/D) (5.4).

    Computed as :func:`time_features` are, and for the same reason.
    """
    powers = torch.arange(0, features, 2, dtype=torch.float32) / features
    angles = positions.float().cpu()[:, None] * (1.0 / (theta ** powers.double()).float())
    return angles.cos().to(positions.device), angles.sin().to(positions.device)


def rotate(x: Tensor, positions: Tensor, theta: float) -> Tensor:
    """X (B, n, H, D) with adjacent pairs turned by their POSITIONS (n,), computed in float32 (5.4)."""
    cos, sin = (part[:, None] for part in rope_table(positions, x.shape[-1], theta))
    even, odd = x.float().unflatten(-1, (-1, 2)).unbind(-1)
    turned = torch.stack([even * cos - odd * sin, odd * cos + even * sin], dim=-1)
    return turned.flatten(-2).to(x.dtype)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Full attention: Q (B, n, H, D), K and V (B, m, H, D) -> (B, n, H*D), heads in order."""
    mixed = F.scaled_dot_product_attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2))
    return mixed.transpose(1, 2).flatten(2)


def layer_norm(x: Tensor, eps: float = NORM_EPS) -> Tensor:
    """LayerNorm over the last axis, in float32, without parameters."""
    return F.layer_norm(x.float(), (x.shape[-1],), eps=eps)


def modulate(x: Tensor, shift: Tensor, scale: Tensor) -> Tensor:
    """``x * (1 + scale) + shift``, in the dtype of SHIFT."""
    return (x * (1 + scale.float()) + shift.float()).to(shift.dtype)


def neighbours(x: Tensor) -> Tensor:
    """X (B, n, c) -> (B, n, 3c): each row between the one before it and the one after, zeros at the ends."""
    return torch.cat([F.pad(x, (0, 0, 1, 0))[:, :-1], x, F.pad(x, (0, 0, 0, 1))[:, 1:]], dim=-1)


def arange(n: int, device: torch.device) -> Tensor:
    """0 .. n-1."""
    return torch.arange(n, device=device)
