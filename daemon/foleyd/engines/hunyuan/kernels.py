"""The operations of :mod:`.ops` as one kernel each, for NVIDIA cards.

Between two matrix products of a step lie additions, norms, rotations and copies of a few megabytes, each far
shorter than starting it takes; so what lies between two products is one kernel here. Arithmetic is float32;
tensors are read and written in their own dtypes.
"""

from __future__ import annotations

import math
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from foleyd.engines.hunyuan.layout import TILE
from foleyd.engines.hunyuan.ops import Attention, Chunk, PlainOps, Rotation

_LOG2_E = math.log2(math.e)


class KernelOps(PlainOps):
    """:class:`foleyd.engines.hunyuan.ops.Ops` by Triton."""

    def norm(self, x: Tensor, shift: Chunk, eps: float) -> Tensor:
        """See :class:`.ops.Ops`."""
        out = x.new_empty(x.shape, dtype=shift.table.dtype)
        _launch_norm(x, out, eps, shift=shift)
        return out

    def plain_norm(self, x: Tensor, eps: float, dtype: torch.dtype) -> Tensor:
        """See :class:`.ops.Ops`."""
        out = x.new_empty(x.shape, dtype=dtype)
        _launch_norm(x, out, eps)
        return out

    def add(self, x: Tensor, y: Tensor, gate: Chunk, edges: Tensor) -> None:
        """See :class:`.ops.Ops`."""
        _launch_norm(x, None, 0.0, y=y, gate=gate, edges=edges)

    def add_norm(
        self,
        x: Tensor,
        y: Tensor,
        gate: Chunk,
        shift: Chunk,
        eps: float,
        edges: Tensor,
        *,
        spread: bool = False,
    ) -> Tensor:
        """See :class:`.ops.Ops`."""
        out = x.new_empty((len(x), x.shape[1] * (3 if spread else 1)), dtype=shift.table.dtype)
        _launch_norm(x, out, eps, y=y, gate=gate, shift=shift, edges=edges)
        return out

    def heads(self, x: Tensor, weights: Tensor, streams: Tensor, rotation: Rotation, eps: float) -> None:
        """See :class:`.ops.Ops`."""
        rows, parts, heads, features = x.shape
        _heads[(rows, parts)](
            x,
            weights,
            streams,
            rotation.cos,
            rotation.sin,
            rotation.positions,
            x.stride(0),
            x.stride(1),
            eps,
            PARTS=parts,
            HEADS=heads,
            HEADS_UP=triton.next_power_of_2(heads),
            HALF=features // 2,
        )

    def attend(self, q: Tensor, k: Tensor, v: Tensor, attention: Attention) -> Tensor:
        """See :class:`.ops.Ops`."""
        rows, heads, features = q.shape
        out = q.new_empty(rows, heads * features)
        exact = q.dtype == torch.float32
        _attend[(len(attention.tiles), heads)](
            q,
            k,
            v,
            out,
            attention.tiles,
            q.stride(0),
            k.stride(0),
            v.stride(0),
            out.stride(0),
            features**-0.5 * _LOG2_E,
            FEATURES=features,
            QUERIES=TILE,
            KEYS=32 if exact else 64,
            PRECISION="ieee" if exact else "tf32",
            num_warps=8,
            num_stages=2 if exact else 3,
        )
        return out

    def glu(self, x: Tensor) -> Tensor:
        """See :class:`.ops.Ops`."""
        rows, width = x.shape
        out = x.new_empty(rows, width // 2)
        block = min(1024, triton.next_power_of_2(width // 2))
        _glu[(rows, triton.cdiv(width // 2, block))](x, out, FEATURES=width // 2, BLOCK=block, num_warps=4)
        return out

    def gelu_linear(self, x: Tensor, weight: Tensor, bias: Tensor, out: Tensor) -> None:
        """See :class:`.ops.Ops`. The GELU is the product's epilogue."""
        torch._addmm_activation(bias, x, weight.T, use_gelu=True, out=out)


def scaled(codes: Tensor, scale: Tensor) -> Tensor:
    """CODES (n, m) int8 times SCALE (n, 1), in the dtype of SCALE."""
    rows, columns = codes.shape
    out = scale.new_empty(rows, columns)
    block = min(2048, triton.next_power_of_2(columns))
    _scale[(rows, triton.cdiv(columns, block))](codes, scale, out, COLUMNS=columns, BLOCK=block, num_warps=4)
    return out


def _launch_norm(
    x: Tensor,
    out: Tensor | None,
    eps: float,
    *,
    y: Tensor | None = None,
    gate: Chunk | None = None,
    shift: Chunk | None = None,
    edges: Tensor | None = None,
) -> None:
    rows, features = x.shape
    _norm[(rows,)](
        x,
        y if y is not None else x,
        *_from(gate, features),
        out if out is not None else x,
        *_from(shift, features),
        edges if edges is not None else x,
        eps,
        ADDS=y is not None,
        GATHERS=y is not None and y.shape[1] > features,
        NORMS=out is not None,
        MODULATES=shift is not None,
        SPREADS=out is not None and out.shape[1] > features,
        FEATURES=features,
        WIDTH=triton.next_power_of_2(features),
        num_warps=4,
    )


def _from(chunk: Chunk | None, features: int) -> tuple[Any, Any, int]:
    """The table from CHUNK on, the rows, and the table's stride."""
    if chunk is None:
        return 0, 0, 0
    return chunk.table[:, chunk.number * features :], chunk.rows, chunk.table.stride(0)


@triton.jit
def _norm(  # type: ignore[no-untyped-def]
    x,
    y,
    gate,
    gate_rows,
    gate_stride,
    out,
    shift,
    shift_rows,
    shift_stride,
    edges,
    eps,
    ADDS: tl.constexpr,
    GATHERS: tl.constexpr,
    NORMS: tl.constexpr,
    MODULATES: tl.constexpr,
    SPREADS: tl.constexpr,
    FEATURES: tl.constexpr,
    WIDTH: tl.constexpr,
):
    """One row: x += gate * y, then LayerNorm, modulation and spreading, each where asked for."""
    row = tl.program_id(0)
    columns = tl.arange(0, WIDTH)
    inside = columns < FEATURES
    value = tl.load(x + row * FEATURES + columns, mask=inside, other=0.0)
    if GATHERS or SPREADS:
        edge = tl.load(edges + row)
        first = (edge & 1) != 0
        last = (edge & 2) != 0
    if ADDS:
        gates = gate + tl.load(gate_rows + row) * gate_stride + columns
        if GATHERS:
            own = y + row * 3 * FEATURES + columns
            added = tl.load(own + FEATURES, mask=inside, other=0.0).to(tl.float32)
            added += tl.load(own - 3 * FEATURES, mask=inside & (not first), other=0.0).to(tl.float32)
            added += tl.load(own + 5 * FEATURES, mask=inside & (not last), other=0.0).to(tl.float32)
        else:
            added = tl.load(y + row * FEATURES + columns, mask=inside, other=0.0).to(tl.float32)
        value += tl.load(gates, mask=inside, other=0.0).to(tl.float32) * added
        tl.store(x + row * FEATURES + columns, value, mask=inside)
    if NORMS:
        centred = tl.where(inside, value - tl.sum(value, axis=0) / FEATURES, 0.0)
        normed = centred * tl.rsqrt(tl.sum(centred * centred, axis=0) / FEATURES + eps)
        if MODULATES:
            shifts = shift + tl.load(shift_rows + row) * shift_stride + columns
            scale = tl.load(shifts + FEATURES, mask=inside, other=0.0).to(tl.float32)
            normed = normed * (1 + scale) + tl.load(shifts, mask=inside, other=0.0).to(tl.float32)
        normed = normed.to(out.dtype.element_ty)
        if SPREADS:
            # into the middle of its own row and beside its neighbours' middles; where there is no neighbour,
            # the zero in its place is this row's own to write
            own = out + row * 3 * FEATURES + columns
            zero = tl.zeros_like(normed)
            tl.store(own + FEATURES, normed, mask=inside)
            tl.store(tl.where(first, own, own - FEATURES), tl.where(first, zero, normed), mask=inside)
            tl.store(own + tl.where(last, 2, 3) * FEATURES, tl.where(last, zero, normed), mask=inside)
        else:
            tl.store(out + row * FEATURES + columns, normed, mask=inside)


@triton.jit
def _scale(codes, scale, out, COLUMNS: tl.constexpr, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    """A block of one row: code * scale."""
    row = tl.program_id(0).to(tl.int64)
    columns = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = columns < COLUMNS
    value = tl.load(codes + row * COLUMNS + columns, mask=inside, other=0).to(tl.float32)
    value *= tl.load(scale + row).to(tl.float32)
    tl.store(out + row * COLUMNS + columns, value.to(out.dtype.element_ty), mask=inside)


@triton.jit
def _glu(x, out, FEATURES: tl.constexpr, BLOCK: tl.constexpr):  # type: ignore[no-untyped-def]
    """A block of one row: silu(gate) * up."""
    row = tl.program_id(0)
    columns = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    inside = columns < FEATURES
    gate = tl.load(x + row * 2 * FEATURES + columns, mask=inside, other=0.0).to(tl.float32)
    up = tl.load(x + (row * 2 + 1) * FEATURES + columns, mask=inside, other=0.0).to(tl.float32)
    tl.store(
        out + row * FEATURES + columns, (gate * tl.sigmoid(gate) * up).to(out.dtype.element_ty), mask=inside
    )


@triton.jit
def _heads(  # type: ignore[no-untyped-def]
    x,
    weights,
    streams,
    cos,
    sin,
    positions,
    row_stride,
    part_stride,
    eps,
    PARTS: tl.constexpr,
    HEADS: tl.constexpr,
    HEADS_UP: tl.constexpr,
    HALF: tl.constexpr,
):
    """All heads of one part (q or k) of one row: RMS norm, weight, rotation of adjacent pairs."""
    row = tl.program_id(0)
    part = tl.program_id(1)
    head = tl.arange(0, HEADS_UP)[:, None]
    feature = tl.arange(0, 2 * HALF)
    at = x + row * row_stride + part * part_stride + head * 2 * HALF + feature[None, :]
    inside = head < HEADS
    value = tl.load(at, mask=inside, other=0.0).to(tl.float32)
    value = value * tl.rsqrt(tl.sum(value * value, axis=1) / (2 * HALF) + eps)[:, None]
    value = value.to(x.dtype.element_ty).to(tl.float32)
    weight = tl.load(weights + (tl.load(streams + row) * PARTS + part) * 2 * HALF + feature).to(tl.float32)
    value = (value * weight[None, :]).to(x.dtype.element_ty).to(tl.float32)
    even, odd = tl.split(tl.reshape(value, (HEADS_UP, HALF, 2)))
    angle = tl.load(positions + row) * HALF + tl.arange(0, HALF)
    c = tl.load(cos + angle)[None, :]
    s = tl.load(sin + angle)[None, :]
    turned = tl.join(even * c - odd * s, odd * c + even * s)
    tl.store(at, tl.reshape(turned, (HEADS_UP, 2 * HALF)).to(x.dtype.element_ty), mask=inside)


@triton.jit
def fold(sums, highest, total, score, values, PRECISION: tl.constexpr):  # type: ignore[no-untyped-def]
    """Takes the keys with SCORE (queries, keys), in log2, and VALUES (keys, features) into a softmax under
    way (Dao, FlashAttention, 2022).

    SUMS (queries, features) are the weighted values, HIGHEST (queries) the highest score so far, TOTAL
    (queries) the sum of weights; all three float32, and returned as they are then.
    """
    higher = tl.maximum(highest, tl.max(score, axis=1))
    weight = tl.exp2(score - higher[:, None])
    fade = tl.exp2(highest - higher)
    total = total * fade + tl.sum(weight, axis=1)
    sums = tl.dot(weight.to(values.dtype), values, sums * fade[:, None], input_precision=PRECISION)
    return sums, higher, total


@triton.jit
def _look(  # type: ignore[no-untyped-def]
    sums,
    highest,
    total,
    q,
    k,
    v,
    k_stride,
    v_stride,
    first,
    count,
    scale,
    FEATURES: tl.constexpr,
    KEYS: tl.constexpr,
    PRECISION: tl.constexpr,
    WHOLE: tl.constexpr,
):
    """Goes on with the softmax of Q over KEYS keys from row FIRST on.

    WHOLE: all of them are there; otherwise COUNT are.
    """
    feature = tl.arange(0, FEATURES)
    key = tl.arange(0, KEYS)
    rows = first + key
    at_keys = k + rows[None, :] * k_stride + feature[:, None]
    at_values = v + rows[:, None] * v_stride + feature[None, :]
    if WHOLE:
        score = tl.dot(q, tl.load(at_keys), input_precision=PRECISION) * scale
        values = tl.load(at_values)
    else:
        there = key < count
        keys = tl.load(at_keys, mask=there[None, :], other=0.0)
        score = tl.dot(q, keys, input_precision=PRECISION) * scale
        score = tl.where(there[None, :], score, float("-inf"))
        values = tl.load(at_values, mask=there[:, None], other=0.0)
    return fold(sums, highest, total, score, values, PRECISION)


@triton.jit
def _attend(  # type: ignore[no-untyped-def]
    q,
    k,
    v,
    out,
    tiles,
    q_stride,
    k_stride,
    v_stride,
    out_stride,
    scale,
    FEATURES: tl.constexpr,
    QUERIES: tl.constexpr,
    KEYS: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """One tile of queries of one head, at its two stretches of keys."""
    tile = tiles + tl.program_id(0) * 6
    count = tl.load(tile + 1)
    if count == 0:
        return
    column = tl.program_id(1) * FEATURES
    feature = tl.arange(0, FEATURES)
    row = tl.arange(0, QUERIES)
    there = (row < count)[:, None]
    rows = (tl.load(tile) + row)[:, None]
    queries = tl.load(q + rows * q_stride + column + feature[None, :], mask=there, other=0.0)
    highest = tl.full((QUERIES,), float("-inf"), tl.float32)
    total = tl.zeros((QUERIES,), tl.float32)
    sums = tl.zeros((QUERIES, FEATURES), tl.float32)
    k += column
    v += column
    for stretch in tl.static_range(2):
        first = tl.load(tile + 2 + 2 * stretch)
        keys = tl.load(tile + 3 + 2 * stretch)
        whole = keys // KEYS * KEYS
        for begin in range(0, whole, KEYS):
            sums, highest, total = _look(
                sums, highest, total, queries, k, v, k_stride, v_stride, first + begin, KEYS,
                scale, FEATURES, KEYS, PRECISION, True,
            )  # fmt: skip
        if whole < keys:
            sums, highest, total = _look(
                sums, highest, total, queries, k, v, k_stride, v_stride, first + whole, keys - whole,
                scale, FEATURES, KEYS, PRECISION, False,
            )  # fmt: skip
    mixed = (sums / total[:, None]).to(out.dtype.element_ty)
    tl.store(out + rows * out_stride + column + feature[None, :], mixed, mask=there)
