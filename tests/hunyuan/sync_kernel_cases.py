"""Compares the sync encoder's kernels with plain PyTorch: ``python sync_kernel_cases.py [cpu|cuda]``.

On the CPU the kernels run in Triton's interpreter, which has to be chosen before Triton is imported; so the
test runs this in a process of its own.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

import torch
from torch import Tensor

from foleyd.engines.hunyuan import synchformer
from foleyd.engines.hunyuan.sync_kernels import KernelSyncOps
from foleyd.engines.hunyuan.sync_ops import PlainSyncOps, SyncOps
from foleyd.engines.hunyuan.synchformer import SynchformerVision

KERNELS, PLAIN = KernelSyncOps(), PlainSyncOps()
EPS = 1e-6
TOLERANCE = {torch.float32: 1e-5, torch.float16: 3e-3, torch.bfloat16: 2e-2}
"""Relative to the largest value: a rounding or two of the dtype."""


@dataclass(frozen=True)
class Shape:
    """Segments of times x places, and heads of d features."""

    segments: int
    times: int
    places: int
    heads: int
    features: int


SMALL = (Shape(1, 8, 37, 3, 12), Shape(2, 8, 4, 2, 16), Shape(2, 3, 1, 1, 24), Shape(1, 2, 68, 1, 64))
LARGE = (*SMALL, Shape(3, 8, 196, 12, 64), Shape(1, 8, 196, 12, 64), Shape(2, 8, 128, 5, 32))


class Comparison:
    """One shape in one dtype; queries, keys and values come the way the model has them."""

    def __init__(self, shape: Shape, dtype: torch.dtype, device: str) -> None:
        self.shape, self.dtype, self.device = shape, dtype, device
        self.generator = torch.Generator(device).manual_seed(shape.places)

    def random(self, *shape: int) -> Tensor:
        return torch.randn(*shape, device=self.device, generator=self.generator)

    def same(self, name: str, ours: Tensor, expected: Tensor) -> None:
        """OURS is EXPECTED, up to rounding."""
        apart = float((ours.float() - expected.float()).abs().max())
        limit = TOLERANCE[self.dtype] * max(1.0, float(expected.float().abs().max()))
        assert ours.dtype == expected.dtype, name
        assert apart <= limit, f"{name} {self.shape} {self.dtype}: {apart} above {limit}"

    def norms(self) -> None:
        """With and without something to add, and of all rows or all but a segment's first."""
        n, tokens, width = (
            self.shape.segments,
            self.shape.times * self.shape.places + 1,
            self.shape.heads * 12,
        )
        weight, bias = (1 + self.random(width)).to(self.dtype), self.random(width).to(self.dtype)
        x, y = self.random(n, tokens, width) * 3 + 1, self.random(n, tokens, width).to(self.dtype)
        for first in (0, 1):
            for added in (y, None):
                ours, expected = x.clone(), x.clone()
                normed = [
                    ops.norm(z[:, first:], None if added is None else added[:, first:], weight, bias, EPS)
                    for ops, z in ((KERNELS, ours), (PLAIN, expected))
                ]
                self.same("norm", *normed)
                assert torch.equal(ours, expected), "the sum"
        self.same("norm of halves", *(ops.norm(y, None, weight, bias, EPS) for ops in (KERNELS, PLAIN)))

    def attention(self) -> None:
        one = self.shape
        n, tokens = one.segments, 1 + one.times * one.places
        qkv = (self.random(n, tokens, 3, one.heads, one.features) * 1.5).to(self.dtype)
        self.same(
            "attention", self._attended(KERNELS, qkv), self._attended(PLAIN, qkv.float()).to(self.dtype)
        )
        # a class token that is the same for all groups
        kv = qkv[:, 1:, :2].flatten(0, 1).unflatten(0, (n * one.times, -1))
        own = qkv[:1, 0].expand(len(kv), -1, -1, -1)
        ours, expected = (torch.empty_like(kv[:, 0, 0]) for _ in range(2))
        KERNELS.lead(own, kv[:, :, 0], kv[:, :, 1], ours)
        PLAIN.lead(own, kv[:, :, 0], kv[:, :, 1], expected)
        self.same("one for all", ours, expected)

    def _attended(self, ops: SyncOps, qkv: Tensor) -> Tensor:
        own, patches = qkv[:, 0], qkv[:, 1:]
        grid = (1, (self.shape.times, self.shape.places))
        both = []
        for over in (ops.over_times, ops.over_places):
            out = torch.full_like(qkv[:, :, 0], float("nan"))
            over(own, patches.unflatten(*grid), out[:, 1:].unflatten(*grid))
            assert out[:, 0].isnan().all(), "the class token's row is another's"
            ops.lead(own, patches[:, :, 1], patches[:, :, 2], out[:, 0])
            both.append(out)
        return torch.stack(both)


def whole_model(device: str, dtype: torch.dtype, *, full: bool) -> None:
    """The model with both, on the same pictures."""
    torch.manual_seed(3)
    size, sizes = (224, {}) if full else (48, {"width": 36, "depth": 2, "heads": 3, "image_size": 48})
    model = SynchformerVision(**sizes).requires_grad_(False)
    for name, parameter in model.named_parameters():
        if "norm" in name and name.endswith("weight"):
            parameter.uniform_(0.7, 1.3)
        elif parameter.ndim == 1 or "embed" in name.rpartition(".")[2] or "token" in name:
            parameter.normal_(std=0.2)
    model = model.to(device, dtype).eval()
    clip = (torch.rand(1, 37, 3, size, size) * 2 - 1).to(device, dtype)
    found = []
    for ops in (KERNELS, PLAIN):
        synchformer.sync_ops = lambda device, ops=ops: ops  # type: ignore[assignment]
        found.append(model(clip))
    ours, expected = found
    apart = float((ours - expected).norm() / expected.norm())
    assert apart < (2e-5 if dtype == torch.float32 else 1e-2), f"model {dtype}: {apart}"


def main(device: str) -> None:
    torch.backends.cuda.matmul.allow_tf32 = False
    card = device == "cuda"
    dtypes = list(TOLERANCE) if card else [torch.float32, torch.float16]
    for dtype in dtypes:
        for shape in LARGE if card else SMALL:
            one = Comparison(shape, dtype, device)
            one.norms()
            one.attention()
        whole_model(device, dtype, full=card)
    print("the same")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cpu")
