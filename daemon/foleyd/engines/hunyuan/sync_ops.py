"""What lies between the matrix products of the sync encoder, in plain PyTorch.

:mod:`.sync_kernels` has the same operations as one kernel each for NVIDIA cards; this is what they are
compared with, and what runs everywhere else. n segments, d features of a head; queries, keys and values come
packed as a product leaves them (..., 3, heads, d), and results go where OUT says, so nothing is copied.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional as F


class SyncOps(Protocol):
    """The operations of the sync encoder."""

    def norm(self, x: Tensor, y: Tensor | None, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        """X (n, tokens, width) += Y in place, if there is one; then LayerNorm, in float32.

        To (n * tokens, width) in the type of WEIGHT.
        """
        ...

    def over_times(self, own: Tensor, grid: Tensor, out: Tensor) -> None:
        """Tokens attend to their own place at all times, and to the class token.

        GRID (n, times, places, 3, heads, d), OWN (n, 3, heads, d) is the class token's, OUT (n, times,
        places, heads, d).
        """
        ...

    def over_places(self, own: Tensor, grid: Tensor, out: Tensor) -> None:
        """Tokens attend to all places at their own time, and to the class token; as :meth:`over_times`."""
        ...

    def lead(self, own: Tensor, k: Tensor, v: Tensor, out: Tensor) -> None:
        """A group's class token attends to itself and to its group.

        OWN (groups, 3, heads, d), K and V (groups, members, heads, d), OUT (groups, heads, d).
        """
        ...


class PlainSyncOps:
    """:class:`SyncOps` in PyTorch."""

    def norm(self, x: Tensor, y: Tensor | None, weight: Tensor, bias: Tensor, eps: float) -> Tensor:
        """See :class:`SyncOps`."""
        if y is not None:
            x.add_(y)
        normed = F.layer_norm(x.float(), weight.shape, weight.float(), bias.float(), eps)
        return normed.to(weight.dtype).flatten(0, 1)

    def over_times(self, own: Tensor, grid: Tensor, out: Tensor) -> None:
        """See :class:`SyncOps`."""
        self.over_places(own, grid.transpose(1, 2), out.transpose(1, 2))

    def over_places(self, own: Tensor, grid: Tensor, out: Tensor) -> None:
        """See :class:`SyncOps`."""
        q, k, v = grid.unbind(3)
        k, v = _led_by(own[:, 1], k), _led_by(own[:, 2], v)
        attended = _attention(q.flatten(0, 1), k.flatten(0, 1), v.flatten(0, 1))
        out.copy_(attended.unflatten(0, out.shape[:2]))

    def lead(self, own: Tensor, k: Tensor, v: Tensor, out: Tensor) -> None:
        """See :class:`SyncOps`."""
        keys = torch.cat([own[:, 1:2], k], dim=1)
        values = torch.cat([own[:, 2:3], v], dim=1)
        out.copy_(_attention(own[:, :1], keys, values)[:, 0])


def sync_ops(device: torch.device) -> SyncOps:
    """The operations that serve on DEVICE."""
    if device.type == "cuda" and find_spec("triton") is not None:
        from foleyd.engines.hunyuan.sync_kernels import KernelSyncOps

        return KernelSyncOps()
    return PlainSyncOps()


def _led_by(first: Tensor, groups: Tensor) -> Tensor:
    """FIRST (n, heads, d) in front of each group of GROUPS (n, groups, members, heads, d)."""
    return torch.cat([first[:, None, None].expand(-1, groups.shape[1], -1, -1, -1), groups], dim=2)


def _attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Of tensors (n, tokens, heads, d)."""
    q, k, v = q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)
    return F.scaled_dot_product_attention(q, k, v).transpose(1, 2)
