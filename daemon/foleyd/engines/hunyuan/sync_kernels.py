"""The operations of :mod:`.sync_ops` as one kernel each, for NVIDIA cards.

Each reads what a product left where it left it, once, and writes what the next product takes: the sync
encoder's time beside its products is the bytes that pass through here. Arithmetic is float32; tensors are
read and written in their own dtypes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import triton
import triton.language as tl
from torch import Tensor

from foleyd.engines.hunyuan.kernels import fold

_LOG2_E = math.log2(math.e)


@dataclass(frozen=True, slots=True)
class Launches:
    """How much of the work one program does, and with how many warps; nothing else changes with it."""

    norm_warps: int = 4
    time_rows: int = 64
    time_warps: int = 8
    place_queries: int = 64
    place_keys: int = 64
    place_warps: int = 4
    place_stages: int = 3
    lead_keys: int = 64
    lead_warps: int = 4
    lead_stages: int = 3


class KernelSyncOps:
    """:class:`foleyd.engines.hunyuan.sync_ops.SyncOps` by Triton."""

    def __init__(self, launches: Launches | None = None) -> None:
        self._launches = launches or Launches()

    def norm(self, x: Tensor, y: Tensor | None, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        """See :class:`.sync_ops.SyncOps`."""
        n, tokens, width = x.shape
        out = weight.new_empty(n * tokens, width)
        _norm[(tokens, n)](
            x,
            y if y is not None else x,
            weight,
            bias,
            out,
            x.stride(0),
            y.stride(0) if y is not None else 0,
            tokens,
            eps,
            ADDS=y is not None,
            FEATURES=width,
            WIDTH=triton.next_power_of_2(width),
            num_warps=self._launches.norm_warps,
        )
        return out

    def over_times(self, own: Tensor, grid: Tensor, out: Tensor) -> None:
        """See :class:`.sync_ops.SyncOps`."""
        n, times, places, _, heads, features = grid.shape
        together = triton.next_power_of_2(times)
        beside = max(1, self._launches.time_rows // together)
        _over_times[(heads, triton.cdiv(places, beside), n)](
            own,
            grid,
            out,
            own.stride(0),
            *grid.stride()[:4],
            *out.stride()[:3],
            features**-0.5 * _LOG2_E,
            TIMES=times,
            TIMES_UP=together,
            PLACES=places,
            BESIDE=beside,
            FEATURES=features,
            WIDTH=_wide(features),
            PRECISION=_precision(grid),
            num_warps=self._launches.time_warps,
        )

    def over_places(self, own: Tensor, grid: Tensor, out: Tensor) -> None:
        """See :class:`.sync_ops.SyncOps`."""
        n, times, places, _, heads, features = grid.shape
        exact = grid.dtype == torch.float32
        queries, keys = self._launches.place_queries, 32 if exact else self._launches.place_keys
        _over_places[(heads, triton.cdiv(places, queries), n * times)](
            own,
            grid,
            out,
            own.stride(0),
            *grid.stride()[:4],
            *out.stride()[:3],
            features**-0.5 * _LOG2_E,
            TIMES=times,
            PLACES=places,
            QUERIES=queries,
            KEYS=keys,
            REST=max(16, triton.next_power_of_2(places % keys)),
            FEATURES=features,
            WIDTH=_wide(features),
            PRECISION=_precision(grid),
            num_warps=self._launches.place_warps,
            num_stages=1 if exact else self._launches.place_stages,
        )

    def lead(self, own: Tensor, k: Tensor, v: Tensor, out: Tensor) -> None:
        """See :class:`.sync_ops.SyncOps`."""
        groups, members, heads, features = k.shape
        _lead[(heads, groups)](
            own,
            k,
            v,
            out,
            *own.stride()[:2],
            *k.stride()[:2],
            *v.stride()[:2],
            out.stride(0),
            members,
            features**-0.5 * _LOG2_E,
            FEATURES=features,
            WIDTH=_wide(features),
            KEYS=self._launches.lead_keys,
            STAGES=self._launches.lead_stages,
            num_warps=self._launches.lead_warps,
        )


def _wide(features: int) -> int:
    """Features of a head as a tile has them: a power of two, and what a product of tiles takes."""
    return max(16, int(triton.next_power_of_2(features)))


def _precision(x: Tensor) -> Any:
    return "ieee" if x.dtype == torch.float32 else "tf32"


@triton.jit
def _norm(  # type: ignore[no-untyped-def]
    x,
    y,
    weight,
    bias,
    out,
    x_stride,
    y_stride,
    tokens,
    eps,
    ADDS: tl.constexpr,
    FEATURES: tl.constexpr,
    WIDTH: tl.constexpr,
):
    """One token: x += y, then LayerNorm."""
    token = tl.program_id(0)
    segment = tl.program_id(1).to(tl.int64)
    column = tl.arange(0, WIDTH)
    inside = column < FEATURES
    at = x + segment * x_stride + token * FEATURES + column
    value = tl.load(at, mask=inside, other=0.0).to(tl.float32)
    if ADDS:
        added = tl.load(y + segment * y_stride + token * FEATURES + column, mask=inside, other=0.0)
        value += added.to(tl.float32)
        tl.store(at, value, mask=inside)
    centred = tl.where(inside, value - tl.sum(value, axis=0) / FEATURES, 0.0)
    normed = centred * tl.rsqrt(tl.sum(centred * centred, axis=0) / FEATURES + eps)
    normed = normed * tl.load(weight + column, mask=inside, other=0.0).to(tl.float32)
    normed += tl.load(bias + column, mask=inside, other=0.0).to(tl.float32)
    row = segment * tokens + token
    tl.store(out + row * FEATURES + column, normed.to(out.dtype.element_ty), mask=inside)


@triton.jit
def _class_token(own, part_stride, FEATURES: tl.constexpr, WIDTH: tl.constexpr):  # type: ignore[no-untyped-def]
    """Key and value of the class token whose query is at OWN, float32."""
    feature = tl.arange(0, WIDTH)
    inside = feature < FEATURES
    key = tl.load(own + part_stride + feature, mask=inside, other=0.0).to(tl.float32)
    value = tl.load(own + 2 * part_stride + feature, mask=inside, other=0.0).to(tl.float32)
    return key, value


@triton.jit
def _over_times(  # type: ignore[no-untyped-def]
    own,
    grid,
    out,
    own_stride,
    segment_stride,
    time_stride,
    place_stride,
    part_stride,
    out_segment,
    out_time,
    out_place,
    scale,
    TIMES: tl.constexpr,
    TIMES_UP: tl.constexpr,
    PLACES: tl.constexpr,
    BESIDE: tl.constexpr,
    FEATURES: tl.constexpr,
    WIDTH: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """All times of BESIDE places, one head: one product of all with all, of which a place keeps its own.

    A place's own 8 are too few for a product of tiles; what is computed in vain costs less than reading.
    """
    column = tl.program_id(0) * FEATURES
    segment = tl.program_id(2).to(tl.int64)
    row = tl.arange(0, TIMES_UP * BESIDE)
    feature = tl.arange(0, WIDTH)
    time = row // BESIDE
    place = tl.program_id(1) * BESIDE + row % BESIDE
    there = (time < TIMES) & (place < PLACES)
    inside = there[:, None] & (feature < FEATURES)[None, :]
    rows = (time * time_stride + place * place_stride)[:, None] + feature[None, :]
    at = grid + segment * segment_stride + column + rows
    q = tl.load(at, mask=inside, other=0.0)
    k = tl.load(at + part_stride, mask=inside, other=0.0)
    v = tl.load(at + 2 * part_stride, mask=inside, other=0.0)
    own_k, own_v = _class_token(own + segment * own_stride + column, part_stride, FEATURES, WIDTH)
    own_score = tl.sum(q.to(tl.float32) * own_k[None, :], axis=1) * scale
    score = tl.dot(q, tl.trans(k), input_precision=PRECISION) * scale
    score = tl.where((place[:, None] == place[None, :]) & there[None, :], score, float("-inf"))
    highest = tl.maximum(own_score, tl.max(score, axis=1))
    weight = tl.exp2(score - highest[:, None])
    own_weight = tl.exp2(own_score - highest)
    sums = tl.dot(weight.to(v.dtype), v, own_weight[:, None] * own_v[None, :], input_precision=PRECISION)
    mixed = sums / (own_weight + tl.sum(weight, axis=1))[:, None]
    out_rows = (time * out_time + place * out_place)[:, None] + feature[None, :]
    tl.store(out + segment * out_segment + column + out_rows, mixed.to(out.dtype.element_ty), mask=inside)


@triton.jit
def _look(  # type: ignore[no-untyped-def]
    sums,
    highest,
    total,
    q,
    k,
    part_stride,
    stride,
    first,
    count,
    scale,
    FEATURES: tl.constexpr,
    WIDTH: tl.constexpr,
    KEYS: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """Goes on with the softmax of Q over keys FIRST to COUNT, KEYS at most."""
    feature = tl.arange(0, WIDTH)
    key = first + tl.arange(0, KEYS)
    there = key < count
    inside = there[:, None] & (feature < FEATURES)[None, :]
    at = k + key[:, None] * stride + feature[None, :]
    keys = tl.load(at, mask=inside, other=0.0)
    values = tl.load(at + part_stride, mask=inside, other=0.0)
    score = tl.dot(q, tl.trans(keys), input_precision=PRECISION) * scale
    score = tl.where(there[None, :], score, float("-inf"))
    return fold(sums, highest, total, score, values, PRECISION)


@triton.jit
def _over_places(  # type: ignore[no-untyped-def]
    own,
    grid,
    out,
    own_stride,
    segment_stride,
    time_stride,
    place_stride,
    part_stride,
    out_segment,
    out_time,
    out_place,
    scale,
    TIMES: tl.constexpr,
    PLACES: tl.constexpr,
    QUERIES: tl.constexpr,
    KEYS: tl.constexpr,
    REST: tl.constexpr,
    FEATURES: tl.constexpr,
    WIDTH: tl.constexpr,
    PRECISION: tl.constexpr,
):
    """A tile of queries of one time and head, at the class token and all places of that time."""
    column = tl.program_id(0) * FEATURES
    segment = (tl.program_id(2) // TIMES).to(tl.int64)
    time = tl.program_id(2) % TIMES
    place = tl.program_id(1) * QUERIES + tl.arange(0, QUERIES)
    feature = tl.arange(0, WIDTH)
    inside = (place < PLACES)[:, None] & (feature < FEATURES)[None, :]
    at = grid + segment * segment_stride + time * time_stride + column
    q = tl.load(at + place[:, None] * place_stride + feature[None, :], mask=inside, other=0.0)
    own_k, own_v = _class_token(own + segment * own_stride + column, part_stride, FEATURES, WIDTH)
    highest = tl.sum(q.to(tl.float32) * own_k[None, :], axis=1) * scale
    total = tl.full((QUERIES,), 1.0, tl.float32)
    sums = tl.zeros((QUERIES, WIDTH), tl.float32) + own_v[None, :]
    at += part_stride
    for first in range(0, PLACES // KEYS * KEYS, KEYS):
        sums, highest, total = _look(
            sums, highest, total, q, at, part_stride, place_stride, first, PLACES,
            scale, FEATURES, WIDTH, KEYS, PRECISION,
        )  # fmt: skip
    if PLACES % KEYS != 0:
        sums, highest, total = _look(
            sums, highest, total, q, at, part_stride, place_stride, PLACES // KEYS * KEYS, PLACES,
            scale, FEATURES, WIDTH, REST, PRECISION,
        )  # fmt: skip
    mixed = (sums / total[:, None]).to(out.dtype.element_ty)
    to = out + segment * out_segment + time * out_time + column
    tl.store(to + place[:, None] * out_place + feature[None, :], mixed, mask=inside)


@triton.jit
def _lead(  # type: ignore[no-untyped-def]
    own,
    k,
    v,
    out,
    own_stride,
    part_stride,
    k_group,
    k_stride,
    v_group,
    v_stride,
    out_stride,
    members,
    scale,
    FEATURES: tl.constexpr,
    WIDTH: tl.constexpr,
    KEYS: tl.constexpr,
    STAGES: tl.constexpr,
):
    """One group and head: KEYS softmaxes side by side, over every KEYS-th key each, joined at the end.

    The class token's own key begins the first of them; the others begin with its score and nothing summed.
    """
    column = tl.program_id(0) * FEATURES
    group = tl.program_id(1).to(tl.int64)
    feature = tl.arange(0, WIDTH)
    inside = feature < FEATURES
    lane = tl.arange(0, KEYS)
    own += group * own_stride + column
    q = tl.load(own + feature, mask=inside, other=0.0).to(tl.float32)
    own_k, own_v = _class_token(own, part_stride, FEATURES, WIDTH)
    highest = tl.zeros((KEYS,), tl.float32) + tl.sum(q * own_k, axis=0) * scale
    total = tl.where(lane == 0, 1.0, 0.0)
    sums = total[:, None] * own_v[None, :]
    k += group * k_group + column
    v += group * v_group + column
    for first in tl.range(0, members, KEYS, num_stages=STAGES):
        key = first + lane
        there = key < members
        mask = there[:, None] & inside[None, :]
        keys = tl.load(k + key[:, None] * k_stride + feature[None, :], mask=mask, other=0.0)
        values = tl.load(v + key[:, None] * v_stride + feature[None, :], mask=mask, other=0.0)
        score = tl.sum(q[None, :] * keys.to(tl.float32), axis=1) * scale
        score = tl.where(there, score, float("-inf"))
        higher = tl.maximum(highest, score)
        weight = tl.exp2(score - higher)
        fade = tl.exp2(highest - higher)
        total = total * fade + weight
        sums = sums * fade[:, None] + weight[:, None] * values.to(tl.float32)
        highest = higher
    fade = tl.exp2(highest - tl.max(highest, axis=0))
    mixed = tl.sum(sums * fade[:, None], axis=0) / tl.sum(total * fade, axis=0)
    tl.store(out + group * out_stride + column + feature, mixed.to(out.dtype.element_ty), mask=inside)
