"""The small operations between the matrix products of a step, in plain PyTorch.

:mod:`.kernels` has the same operations as one kernel each for NVIDIA cards; this is what they are compared
with, and what runs everywhere else. Rows are packed as :mod:`.layout` says. T rows, A of them sound, h
features.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F

from foleyd.engines.hunyuan.layout import Looks


@dataclass(frozen=True, slots=True)
class Chunk:
    """Chunk NUMBER, of h features, of the rows of TABLE: row n of a batch has that of ``rows[n]``."""

    table: Tensor
    rows: Tensor
    number: int

    def values(self, features: int) -> Tensor:
        """The chunk for every row of the batch, float32."""
        return self.table[:, self.number * features : (self.number + 1) * features].float()[self.rows]

    @property
    def next(self) -> Chunk:
        """The chunk after it."""
        return Chunk(self.table, self.rows, self.number + 1)


@dataclass(frozen=True, slots=True)
class Modulation:
    """Shifts, scales and gates: row n of a batch uses ``table[rows[n]]``, in chunks of h features."""

    table: Tensor
    rows: Tensor

    def __getitem__(self, number: int) -> Chunk:
        """Chunk NUMBER."""
        return Chunk(self.table, self.rows, number)


@dataclass(frozen=True, slots=True)
class Rotation:
    """Cosines and sines (positions, D/2) float32, and the position of each row (T,) int32."""

    cos: Tensor
    sin: Tensor
    positions: Tensor


@dataclass(frozen=True, slots=True)
class Attention:
    """Who looks at whom: TILES (n, 6) for the kernel, LOOKS for PyTorch (see :class:`.layout.Maps`)."""

    tiles: Tensor
    looks: Sequence[Looks]


class Ops(Protocol):
    """The operations of a step."""

    def norm(self, x: Tensor, shift: Chunk, eps: float) -> Tensor:
        """LayerNorm of X (n, h) float32, times 1 + the chunk after SHIFT, plus SHIFT."""
        ...

    def plain_norm(self, x: Tensor, eps: float, dtype: torch.dtype) -> Tensor:
        """LayerNorm of X (n, h) float32, in DTYPE."""
        ...

    def add(self, x: Tensor, y: Tensor, gate: Chunk, edges: Tensor) -> None:
        """X (n, h) float32 += GATE * Y, in place.

        Y is (n, h), or (n, 3h) for the taps of a convolution: row n then takes the first of the row before
        it, its own second, and the third of the row after it, where EDGES say that there are such rows.
        """
        ...

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
        """:meth:`add`, then :meth:`norm`. SPREAD: -> (n, 3h), each row between its neighbours."""
        ...

    def heads(self, x: Tensor, weights: Tensor, streams: Tensor, rotation: Rotation, eps: float) -> None:
        """RMS norm and rotation of every head of X (n, parts, H, D), in place.

        WEIGHTS (streams, parts, D) of the norms; row n uses those of STREAMS[n].
        """
        ...

    def attend(self, q: Tensor, k: Tensor, v: Tensor, attention: Attention) -> Tensor:
        """Q (n, H, D) at K and V (m, H, D) -> (n, H*D)."""
        ...

    def glu(self, x: Tensor) -> Tensor:
        """X (n, 2c), gates and ups -> silu(gate) * up, (n, c)."""
        ...

    def gelu_linear(self, x: Tensor, weight: Tensor, bias: Tensor, out: Tensor) -> None:
        """OUT = tanh-GELU(X WEIGHT^T + BIAS)."""
        ...


class PlainOps:
    """:class:`Ops` in PyTorch."""

    def norm(self, x: Tensor, shift: Chunk, eps: float) -> Tensor:
        """See :class:`Ops`."""
        h = x.shape[-1]
        y = F.layer_norm(x, (h,), eps=eps) * (1 + shift.next.values(h)) + shift.values(h)
        return y.to(shift.table.dtype)

    def plain_norm(self, x: Tensor, eps: float, dtype: torch.dtype) -> Tensor:
        """See :class:`Ops`."""
        return F.layer_norm(x, (x.shape[-1],), eps=eps).to(dtype)

    def add(self, x: Tensor, y: Tensor, gate: Chunk, edges: Tensor) -> None:
        """See :class:`Ops`."""
        if y.shape[1] > x.shape[1]:
            before, own, after = y.float().chunk(3, dim=-1)
            y = _shifted(before, edges, 1) + own + _shifted(after, edges, -1)
        x.add_(gate.values(x.shape[-1]) * y.float())

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
        """See :class:`Ops`."""
        self.add(x, y, gate, edges)
        z = self.norm(x, shift, eps)
        return torch.cat([_shifted(z, edges, 1), z, _shifted(z, edges, -1)], dim=-1) if spread else z

    def heads(self, x: Tensor, weights: Tensor, streams: Tensor, rotation: Rotation, eps: float) -> None:
        """See :class:`Ops`."""
        wide = x.float()
        wide = wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + eps)
        wide = wide.to(x.dtype).float() * weights[streams].float()[:, :, None]
        cos, sin = rotation.cos[rotation.positions], rotation.sin[rotation.positions]
        even, odd = wide.to(x.dtype).float().unflatten(-1, (-1, 2)).unbind(-1)
        cos, sin = cos[:, None, None], sin[:, None, None]
        x.copy_(torch.stack([even * cos - odd * sin, odd * cos + even * sin], dim=-1).flatten(-2))

    def attend(self, q: Tensor, k: Tensor, v: Tensor, attention: Attention) -> Tensor:
        """See :class:`Ops`."""
        out = q.new_zeros(q.shape[0], q.shape[1] * q.shape[2])
        for look in attention.looks:
            keys, values = (
                torch.cat([part[s.start : s.start + s.count] for s in (look.first, look.second)])
                for part in (k, v)
            )
            rows = slice(look.query.start, look.query.start + look.query.count)
            mixed = F.scaled_dot_product_attention(
                *(part.transpose(0, 1)[None] for part in (q[rows], keys, values))
            )
            out[rows] = mixed[0].transpose(0, 1).flatten(1)
        return out

    def glu(self, x: Tensor) -> Tensor:
        """See :class:`Ops`."""
        gate, up = x.float().chunk(2, dim=-1)
        return (F.silu(gate) * up).to(x.dtype)

    def gelu_linear(self, x: Tensor, weight: Tensor, bias: Tensor, out: Tensor) -> None:
        """See :class:`Ops`."""
        out.copy_(F.gelu(F.linear(x, weight, bias), approximate="tanh"))


def _shifted(x: Tensor, edges: Tensor, by: int) -> Tensor:
    """The row before (BY 1) or after (BY -1) each row of X, zeros where EDGES say there is none."""
    alone = (edges & (1 if by > 0 else 2)).bool()[:, None]
    return torch.roll(x, by, dims=0).masked_fill(alone, 0)
