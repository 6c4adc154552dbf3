"""One step of denoising, as it serves jobs: the transformer on packed rows.

:class:`Velocity` computes what :class:`.transformer.FoleyTransformer` does, with the same parameters, for any
windows side by side, and does no work twice that a step does not change (model-spec.md 10):

* what depends on the time alone (the modulation of triple blocks) is a table over the steps, :class:`Times`;
* what depends on the conditions alone (embedded picture, text keys and values) is in the :class:`Batch`;
* the modulation of single blocks is computed for distinct sync features only, all blocks at once;
* after the last triple block, the picture is not carried on.

The residual stream, norms, modulation and guidance are float32 at any precision.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from foleyd.engines.hunyuan.layout import Layout, Lengths, Maps, plan_layout
from foleyd.engines.hunyuan.ops import Attention, Chunk, Modulation, Ops, Rotation
from foleyd.engines.hunyuan.storage import rows_of
from foleyd.engines.hunyuan.transformer import (
    NORM_EPS,
    SINGLE_HEAD_EPS,
    SINGLE_NORM_EPS,
    SYNC_PERIOD,
    FoleyTransformer,
    SingleBlock,
    TripleBlock,
    rope_table,
    time_features,
)

T = TypeVar("T")

LONGEST = 2048
"""Positions that the rotation tables cover: twice the latents of the longest window, and more."""

_BLOCKS_AT_ONCE = 6
"""Single blocks whose modulation is computed as one product: few enough that it stays in the card's cache."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What one window is to sound like, on the model's device: CLIP (V, 768), SYNC (S, 768), TEXT (N, 768).

    NEGATIVE (M, 768) is the text of the unconditional half, LATENTS the window's length. CLIP and SYNC None:
    there is no picture, and the learned empty features stand in for VISUAL and MOMENTS of them.
    """

    latents: int
    text: Tensor
    negative: Tensor
    clip: Tensor | None = None
    sync: Tensor | None = None
    visual: int = 0
    moments: int = 0

    @property
    def lengths(self) -> Lengths:
        """Its tokens."""
        return Lengths(
            self.latents,
            self.visual if self.clip is None else len(self.clip),
            self.moments if self.sync is None else len(self.sync),
            len(self.text),
            len(self.negative),
        )


@dataclass(frozen=True, slots=True)
class Times:
    """What the steps of a schedule have of their times alone.

    VEC (steps, h) float32; TRIPLE (steps, blocks, 2, 9h), sound first.
    """

    vec: Tensor
    triple: Tensor


@dataclass(frozen=True, slots=True)
class Batch:
    """Windows side by side, ready to be stepped: :attr:`layout`, and what the steps do not change.

    MOMENTS (R, h) and VISUAL (rows of picture, h) float32, TEXT_KV (blocks, rows of text, 2, H, D).
    """

    layout: Layout
    maps: Maps
    moments: Tensor
    visual: Tensor
    text_kv: Tensor

    def to(self, device: torch.device) -> Batch:
        """The same on DEVICE."""
        kept = (part.to(device) for part in (self.moments, self.visual, self.text_kv))
        return Batch(self.layout, self.maps.to(device), *kept)

    def waiting(self) -> Batch:
        """The same in host memory, from where a card can take it without anybody waiting."""
        host = self.to(torch.device("cpu"))
        return host.each(Tensor.pin_memory) if self.moments.is_cuda else host

    def clone(self) -> Batch:
        """A copy with tensors of its own."""
        return self.each(Tensor.clone)

    def each(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """A batch of every tensor CHANGEd."""
        parts = (change(part) for part in (self.moments, self.visual, self.text_kv))
        return Batch(self.layout, self.maps.each(change), *parts)

    def copy_(self, other: Batch) -> None:
        """Takes the values of OTHER, of the same sizes."""
        self.maps.copy_(other.maps)
        for own, its in (
            (self.moments, other.moments),
            (self.visual, other.visual),
            (self.text_kv, other.text_kv),
        ):
            own.copy_(its, non_blocking=True)


class Velocity:
    """The velocity of noisy latents. DTYPE is that of the model's parameters and of the products."""

    def __init__(self, model: FoleyTransformer, ops: Ops) -> None:
        self.model = model
        self.ops = ops
        self.device: torch.device = model.device
        self.dtype: torch.dtype = model.dtype
        self.hidden = int(model.config.hidden_size)
        self.heads = int(model.config.heads)
        head = self.hidden // self.heads
        table = rope_table(torch.arange(LONGEST), head, model.config.rope_theta)
        self._table = (table[0].to(self.device), table[1].to(self.device))
        self._norms = [_HeadNorms.of(block) for block in model.triple_blocks]
        self._single_norms = [
            torch.stack([block.q_norm.weight, block.k_norm.weight])[None] for block in model.single_blocks
        ]
        self._out_bias = [F.pad(block.out.bias, (self.hidden, self.hidden)) for block in model.single_blocks]

    # ------------------------------------------------------------------ what the steps do not change

    def times(self, t: Tensor) -> Times:
        """For steps at times T (steps,), 0..1000."""
        vec = self.model.time_in(time_features(t.to(self.device)).to(self.dtype))
        return Times(vec.float(), self.triple_modulations(vec))

    def triple_modulations(self, vec: Tensor) -> Tensor:
        """VEC (steps, h) -> (steps, blocks, 2, 9h), sound first."""
        active = F.silu(vec)
        triple = [
            torch.stack([block.audio.modulation(active), block.visual.modulation(active)], dim=1)
            for block in self.model.triple_blocks
        ]
        return torch.stack(triple, dim=1)

    def batch(self, windows: Sequence[Conditions], guided: bool, exact: bool = False) -> Batch:
        """WINDOWS side by side; GUIDED adds their unconditional halves. EXACT: sizes are not rounded up.

        Raises ValueError for a window or a text beyond the rotation tables.
        """
        for window in windows:
            _check_length(window.lengths)
        layout = plan_layout([window.lengths for window in windows], guided, exact)
        sizes, maps = layout.sizes, layout.maps.to(self.device)
        moments = [self._moments(window) for window in windows]
        if guided:
            empty = self.model.empty_sync.expand(SYNC_PERIOD, -1)
            moments.insert(0, self.model.sync_in(self.model.with_positions(empty)))
        clips = [self.model.visual_in(self._clip(window)) for window in windows]
        halves = [clips]
        if guided:
            empty = self.model.visual_in(self.model.empty_clip[None])
            halves.insert(0, [empty.expand(window.lengths.visual, -1) for window in windows])
        visual = torch.cat([_padded(torch.cat(half), sizes.visual) for half in halves])
        texts = [window.negative for window in windows] if guided else []
        text = torch.cat([*texts, *(window.text for window in windows)]).to(self.device, self.dtype)
        return Batch(
            layout,
            maps,
            _padded(torch.cat(moments), sizes.moments).float(),
            visual.float(),
            self.text_kv(_padded(self.model.text_in(text), sizes.text), maps),
        )

    def _moments(self, window: Conditions) -> Tensor:
        if window.sync is None:
            sync = self.model.empty_sync.expand(window.moments, -1)
        else:
            sync = window.sync.to(self.device, self.dtype)
        moments: Tensor = self.model.sync_in(self.model.with_positions(sync))
        return moments

    def _clip(self, window: Conditions) -> Tensor:
        if window.clip is None:
            return self.model.empty_clip.expand(window.visual, -1)
        return window.clip.to(self.device, self.dtype)

    def text_kv(self, text: Tensor, maps: Maps) -> Tensor:
        """Keys, normed and rotated, and values of embedded TEXT (rows of text, h) for every triple block."""
        rotation = Rotation(*self._table, maps.text_position)
        streams = torch.zeros_like(maps.text_position)
        packed = []
        for block in self.model.triple_blocks:
            kv = block.text_kv(text).unflatten(-1, (2, self.heads, -1))
            self.ops.heads(kv[:, :1], block.text_k_norm.weight[None, None], streams, rotation, NORM_EPS)
            packed.append(kv)
        return torch.stack(packed)

    # --------------------------------------------------------------------------------------- the step

    def __call__(
        self, batch: Batch, noisy: Tensor, vec: Tensor, triple: Tensor, guidance: float | Tensor
    ) -> Tensor:
        """The velocity (noisy rows, 128) float32 of NOISY (noisy rows, 128) float32.

        VEC (h) and TRIPLE (blocks, 2, 9h) are one step's of :class:`Times`; GUIDANCE is used where the batch
        is guided: v = v_u + g (v_c - v_u) (5.8). A BATCH that waits in host memory is fetched.
        """
        batch = batch.to(noisy.device)
        x = self.begin(batch, noisy)
        singles = SingleModulations(self.model.single_modulation, batch, vec, self.dtype)
        y, x = _last(self.triple_blocks(batch, x, triple, singles[0]))
        y = _last(self.single_blocks(batch, x, y, singles))
        velocity: Tensor = self.model.out(y).float()
        if batch.layout.sizes.halves == 1:
            return velocity
        unconditional, conditional = velocity.chunk(2)
        return unconditional + guidance * (conditional - unconditional)

    def begin(self, batch: Batch, noisy: Tensor) -> Tensor:
        """The residual stream (tokens, h) float32: embedded sound with its moments, then picture."""
        sound = self.model.audio_in(noisy.to(self.dtype)).float().repeat(batch.layout.sizes.halves, 1)
        return torch.cat([sound + batch.moments[batch.maps.moment], batch.visual])

    def triple_blocks(
        self, batch: Batch, x: Tensor, triple: Tensor, after: Modulation
    ) -> Iterator[tuple[Tensor, Tensor]]:
        """Runs X (tokens, h), in place, through the triple blocks, one at a time.

        Yields what the next block multiplies with, normed for it (after the last one by AFTER), and X, after
        the last block the sound's alone.
        """
        blocks = self.model.triple_blocks
        streams = batch.maps.stream
        mods = [Modulation(triple[number], streams) for number in range(len(blocks))]
        y = self.ops.norm(x, mods[0][0], NORM_EPS)
        for number, block in enumerate(blocks):
            last = number + 1 == len(blocks)
            following = (after[0], SINGLE_NORM_EPS) if last else (mods[number + 1][0], NORM_EPS)
            y, x = self._triple_block(batch, number, block, x, y, mods[number], last, *following)
            yield y, x

    def _triple_block(
        self,
        batch: Batch,
        number: int,
        block: TripleBlock,
        x: Tensor,
        y: Tensor,
        mod: Modulation,
        last: bool,
        after: Chunk,
        eps: float,
    ) -> tuple[Tensor, Tensor]:
        """Block NUMBER on X, whose normed and modulated rows are Y; the LAST goes on with the sound alone."""
        ops, maps, audio = self.ops, batch.maps, batch.layout.sizes.audio
        sound, picture, norms = block.audio, block.visual, self._norms[number]

        qkv = self._both(y, sound.self_qkv, picture.self_qkv, audio).unflatten(-1, (3, self.heads, -1))
        ops.heads(qkv[:, :2], norms.own, maps.stream, Rotation(*self._table, maps.joint), NORM_EPS)
        looks, tiles = batch.layout.self_looks, maps.self_tiles
        text_looks, text_tiles = batch.layout.text_looks, maps.text_tiles
        if last:
            x, mod = x[:audio], Modulation(mod.table, maps.stream[:audio])
            looks, text_looks = looks[: len(looks) // 2], text_looks[: len(text_looks) // 2]
            tiles, text_tiles = (t[: batch.layout.sizes.audio_tiles] for t in (tiles, text_tiles))
        q, k, v = qkv.unbind(1)
        mixed = ops.attend(q[: len(x)], k, v, Attention(tiles, looks))
        y = self._both(mixed, sound.self_out, picture.self_out, audio)
        y = ops.add_norm(x, y, mod[2], mod[3], NORM_EPS, maps.edges)

        q = self._both(y, sound.cross_q, picture.cross_q, audio).unflatten(-1, (1, self.heads, -1))
        rotation = Rotation(*self._table, maps.plain[: len(x)])
        ops.heads(q, norms.cross, maps.stream[: len(x)], rotation, NORM_EPS)
        k, v = batch.text_kv[number].unbind(1)
        mixed = ops.attend(q[:, 0], k, v, Attention(text_tiles, text_looks))
        y = self._both(mixed, sound.cross_out, picture.cross_out, audio)
        y = ops.add_norm(x, y, mod[5], mod[6], NORM_EPS, maps.edges)

        inner = y.new_empty(len(y), sound.mlp_in.out_features)
        ops.gelu_linear(y[:audio], sound.mlp_in.weight, sound.mlp_in.bias, inner[:audio])
        if not last:
            ops.gelu_linear(y[audio:], picture.mlp_in.weight, picture.mlp_in.bias, inner[audio:])
        y = self._both(inner, sound.mlp_out, picture.mlp_out, audio)
        return ops.add_norm(x, y, mod[8], after, eps, maps.edges), x

    def _both(self, y: Tensor, sound: nn.Linear, picture: nn.Linear, audio: int) -> Tensor:
        """The first AUDIO rows of Y through SOUND, the others, if any, through PICTURE."""
        out = y.new_empty(len(y), sound.out_features)
        torch.addmm(sound.bias, y[:audio], sound.weight.T, out=out[:audio])
        if len(y) > audio:
            torch.addmm(picture.bias, y[audio:], picture.weight.T, out=out[audio:])
        return out

    def single_blocks(self, batch: Batch, x: Tensor, y: Tensor, mods: SingleModulations) -> Iterator[Tensor]:
        """Runs the sound X (A, h), in place and normed for the first block as Y, through the single blocks.

        Yields it after each block, normed for the next one, or for the output.
        """
        blocks, edges = self.model.single_blocks, batch.maps.edges
        for number, block in enumerate(blocks):
            mod = mods[number]
            y = self._single_block(batch, number, block, x, y, mod)
            if number + 1 < len(blocks):
                y = self.ops.add_norm(x, y, mod[5], mods[number + 1][0], SINGLE_NORM_EPS, edges)
            else:
                self.ops.add(x, y, mod[5], edges)
                y = self.ops.plain_norm(x, NORM_EPS, self.dtype)
            yield y

    def _single_block(
        self, batch: Batch, number: int, block: SingleBlock, x: Tensor, y: Tensor, mod: Modulation
    ) -> Tensor:
        """Block NUMBER up to its last product, whose taps the caller adds together with the next norm."""
        ops, maps, audio = self.ops, batch.maps, batch.layout.sizes.audio
        qkv = block.qkv(y).unflatten(-1, (3, self.heads, -1))
        rotation = Rotation(*self._table, maps.plain[:audio])
        ops.heads(qkv[:, :2], self._single_norms[number], maps.stream[:audio], rotation, SINGLE_HEAD_EPS)
        q, k, v = qkv.unbind(1)
        mixed = ops.attend(q, k, v, Attention(maps.audio_tiles, batch.layout.audio_looks))
        y = F.linear(mixed, block.out.weight, self._out_bias[number])
        y = ops.add_norm(x, y, mod[2], mod[3], SINGLE_NORM_EPS, maps.edges, spread=True)
        return F.linear(ops.glu(block.mlp_in(y)), block.mlp_out.weight)


class SingleModulations:
    """The modulation of the single blocks in one step, for distinct sync features, some blocks at a time."""

    def __init__(self, linear: nn.Linear, batch: Batch, vec: Tensor, dtype: torch.dtype) -> None:
        self._linear = linear
        self._rows = batch.maps.moment
        self._active = F.silu(batch.moments + vec).to(dtype)
        self._width = 6 * linear.in_features
        self._first = 0
        self._tables: tuple[Tensor, ...] = ()

    def __getitem__(self, number: int) -> Modulation:
        """That of block NUMBER; blocks are asked for in order."""
        if not self._first <= number < self._first + len(self._tables):
            first, last = number * self._width, (number + _BLOCKS_AT_ONCE) * self._width
            packed = F.linear(self._active, rows_of(self._linear, first, last), self._linear.bias[first:last])
            self._first, self._tables = number, packed.split(self._width, dim=1)
        return Modulation(self._tables[number - self._first], self._rows)


@dataclass(frozen=True, slots=True)
class _HeadNorms:
    """Weights of a triple block's q and k norms, sound first: OWN (2, 2, D), CROSS (2, 1, D)."""

    own: Tensor
    cross: Tensor

    @classmethod
    def of(cls, block: TripleBlock) -> _HeadNorms:
        streams = (block.audio, block.visual)
        own = [torch.stack([s.self_q_norm.weight, s.self_k_norm.weight]) for s in streams]
        return cls(torch.stack(own), torch.stack([s.cross_q_norm.weight[None] for s in streams]))


def _last(blocks: Iterator[T]) -> T:
    return deque(blocks, maxlen=1).pop()


def _padded(rows: Tensor, count: int) -> Tensor:
    """ROWS (n, c) followed by zeros up to COUNT rows."""
    return F.pad(rows, (0, 0, 0, count - len(rows)))


def _check_length(window: Lengths) -> None:
    """Raises ValueError where a position of WINDOW is not in the rotation tables."""
    longest = max(2 * window.latents, window.visual, window.text, window.negative)
    if longest > LONGEST:
        raise ValueError(f"a window has {longest} positions, the transformer's tables {LONGEST}")
