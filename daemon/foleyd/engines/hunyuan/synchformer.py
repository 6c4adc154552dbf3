"""The sync encoder: what happens in the picture, and when. The visual branch of Synchformer, model-spec.md 4.

A segment of 16 pictures becomes tubes of 2 x 16 x 16 pixels, 8 x 196 tokens; each attends to its own place
at all times, then to all places at its own time (*divided* attention), and the class token to everything.
What remains of a time is one vector: 8 to a segment, and segments overlap by half.

Parameters have the published names below ``vfeat_extractor.``. A segment's class token is its first row, its
patch tokens follow by time, then place; products take all rows alike, and attention reads what they leave
through views (:mod:`.sync_ops`). Residual sums are float32 whatever the weights are; what is to be added to
them goes on to the next norm, which does both in one pass.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

from foleyd.engines.hunyuan.sync_ops import SyncOps, sync_ops

NORM_EPS = 1e-6


class SynchformerVision(ModelMixin, ConfigMixin):
    """Pictures in, ``segment_frames / tube_frames`` vectors of ``width`` per segment out.

    Defaults are the published sizes (122 million parameters). CHUNK is how many segments run at a time.
    """

    @register_to_config
    def __init__(
        self,
        *,
        width: int = 768,
        depth: int = 12,
        heads: int = 12,
        mlp_ratio: int = 4,
        image_size: int = 224,
        patch_size: int = 16,
        tube_frames: int = 2,
        segment_frames: int = 16,
        segment_step: int = 8,
    ) -> None:
        super().__init__()
        places = (image_size // patch_size) ** 2
        times = segment_frames // tube_frames
        self.tube_frames = tube_frames
        self.segment_tubes, self.step_tubes = times, segment_step // tube_frames
        self.patch_embed_3d = TubeEmbedding(width, tube_frames, patch_size)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + places, width))
        self.temp_embed = nn.Parameter(torch.zeros(1, times, width))
        self.blocks = nn.ModuleList(Block(width, heads, mlp_ratio * width, times) for _ in range(depth))
        self.norm = Norm(width, eps=NORM_EPS)
        self.spatial_attn_agg = PlacesToOne(width, heads, mlp_ratio * width)

    def forward(self, pictures: Tensor, chunk: int = 32) -> Tensor:
        """PICTURES (B, T, 3, height, width) of -1..1, T >= one segment, to float32 (B, tokens, width).

        Pictures after the last whole segment are dropped. CHUNK segments run at a time.
        """
        pictures = pictures[:, : pictures.shape[1] // self.tube_frames * self.tube_frames]
        tubes = self.tubes(pictures.flatten(0, 1)).unflatten(0, (len(pictures), -1))
        return torch.stack([self.encode(clip, chunk) for clip in tubes])

    def tubes(self, pictures: Tensor) -> Tensor:
        """PICTURES (n, 3, height, width), n even, to their tubes' embeddings (n / 2, places, width).

        Once per tube: each is in two segments.
        """
        embedded: Tensor = self.patch_embed_3d(pictures.unflatten(0, (-1, self.tube_frames)))
        return embedded

    def encode(self, tubes: Tensor, chunk: int = 32) -> Tensor:
        """A clip's TUBES (n, places, width) to its sync features, float32 (tokens, width)."""
        segments = tubes.unfold(0, self.segment_tubes, self.step_tubes).permute(0, 3, 1, 2)
        done = [self._segments(part) for part in segments.split(chunk)]
        return torch.cat(done).flatten(0, 1)

    @torch.no_grad()
    def _segments(self, tubes: Tensor) -> Tensor:
        """Segments (n, times, places, width) to float32 (n, times, width)."""
        n, times, places, width = tubes.shape
        ops = sync_ops(tubes.device)
        x = tubes.new_empty(n, 1 + times * places, width, dtype=torch.float32)
        x[:, :1] = self.cls_token.float() + self.pos_embed[:, :1]
        positions = self.pos_embed[:, None, 1:].float() + self.temp_embed[:, :, None]
        torch.add(tubes, positions, out=x[:, 1:].unflatten(1, (times, places)))
        y: Tensor | None = None
        last = len(self.blocks) - 1
        for index, block in enumerate(self.blocks):
            y = block(x, y, ops, ask_summary=index < last)
        patches = self.norm(x[:, 1:], None if y is None else y[:, 1:], ops)
        out: Tensor = self.spatial_attn_agg(patches.view(n * times, places, width), ops)
        return out.unflatten(0, (n, times))


class Norm(nn.LayerNorm):
    """LayerNorm in float32, its result in the weights' type."""

    def forward(self, x: Tensor, y: Tensor | None, ops: SyncOps) -> Tensor:
        """X (n, tokens, width) plus Y, which X becomes; to rows (n * tokens, width)."""
        return ops.norm(x, y, self.weight, self.bias, self.eps)


class TubeEmbedding(nn.Module):
    """A convolution whose kernel is its stride: a product with flattened tubes."""

    def __init__(self, width: int, frames: int, patch: int) -> None:
        super().__init__()
        kernel = (frames, patch, patch)
        self.proj = nn.Conv3d(3, width, kernel, stride=kernel)
        self.patch = patch

    def forward(self, x: Tensor) -> Tensor:
        """X (n, frames, 3, height, width) to (n, places, width); places by row, then column."""
        n, frames, channels, height, width = x.shape
        rows, columns, p = height // self.patch, width // self.patch, self.patch
        x = x.reshape(n, frames, channels, rows, p, columns, p).permute(0, 3, 5, 2, 1, 4, 6)
        return F.linear(x.reshape(n, rows * columns, -1), self.proj.weight.flatten(1), self.proj.bias)


class Block(nn.Module):
    """Attention over times, over places, then the MLP, each before a norm of its own."""

    def __init__(self, width: int, heads: int, inner: int, times: int) -> None:
        super().__init__()
        self.norm3, self.timeattn = Norm(width, eps=NORM_EPS), DividedAttention(width, heads, times)
        self.norm1, self.attn = Norm(width, eps=NORM_EPS), DividedAttention(width, heads, times)
        self.norm2, self.mlp = Norm(width, eps=NORM_EPS), Mlp(width, inner)

    def forward(self, x: Tensor, y: Tensor | None, ops: SyncOps, ask_summary: bool = True) -> Tensor:
        """X (n, 1 + times * places, width) float32, changed in place, and Y, still to be added to it.

        To what is still to be added then. Without ASK_SUMMARY the class token is at last only what others
        attend to, and its row means nothing: nobody reads what the last block makes of it.
        """
        y = self.timeattn(self.norm3(x, y, ops), len(x), ops, ops.over_times).view_as(x)
        y = self.attn(self.norm1(x, y, ops), len(x), ops, ops.over_places, ask_summary).view_as(x)
        out: Tensor = self.mlp(self.norm2(x, y, ops)).view_as(x)
        return out


class DividedAttention(nn.Module):
    """Tokens attend to their own group and the class token; the class token to all."""

    def __init__(self, width: int, heads: int, times: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.heads, self.times = heads, times

    def forward(
        self,
        x: Tensor,
        segments: int,
        ops: SyncOps,
        over: Callable[[Tensor, Tensor, Tensor], None],
        ask_summary: bool = True,
    ) -> Tensor:
        """X (n * tokens, width) of n SEGMENTS; OVER, one of OPS, says what a group is.

        To what is to be added to X's rows; without ASK_SUMMARY those of class tokens mean nothing.
        """
        qkv = self.qkv(x).view(segments, -1, 3, self.heads, x.shape[1] // self.heads)
        own, patches = qkv[:, 0], qkv[:, 1:]
        attended = qkv.new_empty(qkv[:, :, 0].shape)
        grid = (1, (self.times, -1))
        over(own, patches.unflatten(*grid), attended[:, 1:].unflatten(*grid))
        if ask_summary:
            ops.lead(own, patches[:, :, 1], patches[:, :, 2], attended[:, 0])
        else:
            attended[:, 0] = 0
        out: Tensor = self.proj(attended.view_as(x))
        return out


class Mlp(nn.Module):
    """Linear, exact GELU, linear."""

    def __init__(self, width: int, inner: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, inner)
        self.fc2 = nn.Linear(inner, width)

    def forward(self, x: Tensor) -> Tensor:
        """X (..., width)."""
        y: Tensor = self.fc2(F.gelu(self.fc1(x)))
        return y


class PlacesToOne(nn.Module):
    """The places of a time summed up by a class token of its own: a pre-norm encoder layer of which only that
    token's row is read, so only that row is computed.
    """

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.norm1 = Norm(width, eps=NORM_EPS)
        self.self_attn = PackedAttention(width, heads)
        self.norm2 = Norm(width, eps=NORM_EPS)
        self.linear1 = nn.Linear(width, inner)
        self.linear2 = nn.Linear(inner, width)

    def forward(self, x: Tensor, ops: SyncOps) -> Tensor:
        """X (groups, places, width) to float32 (groups, width)."""
        groups = len(x)
        token = self.cls_token.float()
        attended = self.self_attn(self.norm1(token, None, ops), self.norm1(x, None, ops), groups, ops)
        tokens = token + attended
        inner = F.gelu(self.linear1(self.norm2(tokens, None, ops)))
        return (tokens + self.linear2(inner))[0]


class PackedAttention(nn.Module):
    """A token attends to a group and itself; ``in_proj_*`` are query, key and value in that order."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        self.heads = heads
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, token: Tensor, x: Tensor, groups: int, ops: SyncOps) -> Tensor:
        """TOKEN (1, width), the same for all GROUPS of X (groups * members, width); to (groups, width)."""
        width = x.shape[1]
        heads = (self.heads, width // self.heads)
        weight, bias = self.in_proj_weight, self.in_proj_bias
        own = F.linear(token, weight, bias).view(1, 3, *heads).expand(groups, -1, -1, -1)
        kv = F.linear(x, weight[width:], bias[width:]).view(groups, -1, 2, *heads)
        attended = kv.new_empty(groups, *heads)
        ops.lead(own, kv[:, :, 0], kv[:, :, 1], attended)
        y: Tensor = self.out_proj(attended.flatten(1))
        return y
