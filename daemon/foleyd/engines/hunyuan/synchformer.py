"""The sync encoder: what happens in the picture, and when. The visual branch of Synchformer, model-spec.md 4.

A segment of 16 pictures becomes tubes of 2 x 16 x 16 pixels, 8 x 196 tokens; each attends to its own place
at all times, then to all places at its own time (*divided* attention), and the class token to everything.
What remains of a time is one vector: 8 to a segment, and segments overlap by half.

Parameters have the published names below ``vfeat_extractor.``. The class token lives beside the patch
tokens rather than in front of them, so that neither has to be cut out of the other. Residual sums are
float32 whatever the weights are.
"""

from __future__ import annotations

import torch
from diffusers.configuration_utils import ConfigMixin, register_to_config
from diffusers.models.modeling_utils import ModelMixin
from torch import Tensor, nn
from torch.nn import functional as F

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
        self.blocks = nn.ModuleList(Block(width, heads, mlp_ratio * width) for _ in range(depth))
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

    def _segments(self, tubes: Tensor) -> Tensor:
        """Segments (n, times, places, width) to float32 (n, times, width)."""
        x = tubes.float() + self.pos_embed[:, None, 1:] + self.temp_embed[:, :, None]
        summary = (self.cls_token + self.pos_embed[:, :1]).float().expand(len(x), -1, -1)
        last = len(self.blocks) - 1
        for index, block in enumerate(self.blocks):
            x, summary = block(x, summary, update_summary=index < last)
        out: Tensor = self.spatial_attn_agg(self.norm(x))
        return out.float()


class Norm(nn.LayerNorm):
    """LayerNorm in float32, its result in the weights' type."""

    def forward(self, x: Tensor) -> Tensor:
        """X (..., width)."""
        normed = F.layer_norm(
            x.float(), self.normalized_shape, self.weight.float(), self.bias.float(), self.eps
        )
        return normed.to(self.weight.dtype)


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

    def __init__(self, width: int, heads: int, inner: int) -> None:
        super().__init__()
        self.norm3, self.timeattn = Norm(width, eps=NORM_EPS), DividedAttention(width, heads)
        self.norm1, self.attn = Norm(width, eps=NORM_EPS), DividedAttention(width, heads)
        self.norm2, self.mlp = Norm(width, eps=NORM_EPS), Mlp(width, inner)

    def forward(self, x: Tensor, summary: Tensor, update_summary: bool = True) -> tuple[Tensor, Tensor]:
        """X (n, times, places, width), SUMMARY (the class token) (n, 1, width), both float32.

        Without UPDATE_SUMMARY the class token is only what others attend to: nobody reads what the last block
        makes of it.
        """
        # in memory too: a product with rows that lie apart is done a few rows at a time
        by_place = self.norm3(x).transpose(1, 2).contiguous()
        over_time, summary_out = self.timeattn(by_place, self.norm3(summary))
        x = x + over_time.transpose(1, 2)
        summary = summary + summary_out
        over_space, summary_out = self.attn(self.norm1(x), self.norm1(summary), ask_summary=update_summary)
        x = x + over_space
        x = x + self.mlp(self.norm2(x))
        if summary_out is not None:
            summary = summary + summary_out
            summary = summary + self.mlp(self.norm2(summary))
        return x, summary


class DividedAttention(nn.Module):
    """Tokens attend to their own group and the class token; the class token to all."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)
        self.heads = heads

    def forward(self, x: Tensor, summary: Tensor, ask_summary: bool = True) -> tuple[Tensor, Tensor | None]:
        """X (n, groups, members, width), SUMMARY (n, 1, width): what is to be added to each.

        ASK_SUMMARY False leaves the second one out.
        """
        q, k, v = self._heads(x)
        summary_q, summary_k, summary_v = self._heads(summary)
        k, v = _led_by(summary_k, k), _led_by(summary_v, v)
        attended = _attention(q.flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1))
        out: Tensor = self.proj(attended.flatten(2).view_as(x))
        if not ask_summary:
            return out, None
        # The class token's own key is there once per group; it must count once.
        counted = torch.ones(k.shape[1], k.shape[2], dtype=torch.bool, device=x.device)
        counted[1:, 0] = False
        attended = _attention(
            summary_q, k.flatten(1, 2), v.flatten(1, 2), counted.flatten()[None, None, None]
        )
        return out, self.proj(attended.flatten(2))

    def _heads(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values (..., heads, width / heads)."""
        q, k, v = self.qkv(x).unflatten(-1, (3, self.heads, -1)).unbind(-3)
        return q, k, v


def _led_by(first: Tensor, groups: Tensor) -> Tensor:
    """FIRST (n, 1, heads, d) in front of each group of GROUPS (n, groups, members, heads, d)."""
    return torch.cat([first[:, None].expand(-1, groups.shape[1], -1, -1, -1), groups], dim=2)


def _attention(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None = None) -> Tensor:
    """Of tensors (n, tokens, heads, d)."""
    q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
    return F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2)


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

    def forward(self, x: Tensor) -> Tensor:
        """X (n, times, places, width) to (n, times, width)."""
        n, times = x.shape[:2]
        token = self.cls_token.float().expand(n * times, -1, -1)
        tokens = torch.cat([self.norm1(token), self.norm1(x.flatten(0, 1))], dim=1)
        token = token + self.self_attn(tokens)
        token = token + self.linear2(F.gelu(self.linear1(self.norm2(token))))
        return token.view(n, times, -1)


class PackedAttention(nn.Module):
    """The first token attends to all, itself too; ``in_proj_*`` are query, key and value in that order."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        self.heads = heads
        nn.init.xavier_uniform_(self.in_proj_weight)

    def forward(self, x: Tensor) -> Tensor:
        """X (n, tokens, width) to (n, 1, width)."""
        width = x.shape[-1]
        weight, bias = self.in_proj_weight, self.in_proj_bias
        q = F.linear(x[:, :1], weight[:width], bias[:width]).unflatten(-1, (self.heads, -1))
        kv = F.linear(x, weight[width:], bias[width:]).unflatten(-1, (2, self.heads, -1))
        y: Tensor = self.out_proj(_attention(q, kv[:, :, 0], kv[:, :, 1]).flatten(2))
        return y
