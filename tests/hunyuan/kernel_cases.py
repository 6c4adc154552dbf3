"""Compares the kernels with plain PyTorch on random layouts: ``python kernel_cases.py [cpu|cuda]``.

On the CPU the kernels run in Triton's interpreter, which has to be chosen before Triton is imported; so the
test runs this in a process of its own.
"""

from __future__ import annotations

import sys
from collections.abc import Callable

import torch
from torch import Tensor

from foleyd.engines.hunyuan.kernels import KernelOps
from foleyd.engines.hunyuan.layout import Layout, Lengths, plan_layout
from foleyd.engines.hunyuan.ops import Attention, Modulation, Ops, PlainOps, Rotation

KERNELS, PLAIN = KernelOps(), PlainOps()
EPS = 1e-6
TOLERANCE = {torch.float32: 3e-5, torch.float16: 6e-3, torch.bfloat16: 5e-2}
"""Relative to the largest value: a rounding or two of the dtype."""

LAYOUTS = (
    ([Lengths(37, 8, 16, 9, 7), Lengths(20, 5, 8, 4, 9)], True),
    ([Lengths(1, 1, 8, 1, 1)], True),
    ([Lengths(131, 9, 24, 65, 33), Lengths(2, 3, 8, 7, 1)], False),
)


class Comparison:
    """One layout in one dtype, with H heads of D features."""

    def __init__(self, layout: Layout, dtype: torch.dtype, heads: int, features: int, device: str) -> None:
        self.layout, self.dtype, self.heads, self.features = layout, dtype, heads, features
        self.hidden = heads * features
        self.maps = layout.maps.to(torch.device(device))
        self.device = device
        self.generator = torch.Generator(device).manual_seed(layout.sizes.tokens)
        self.sound = _owned(layout)[: layout.sizes.audio].to(device)
        self.rows = _owned(layout).to(device)

    def random(self, *shape: int) -> Tensor:
        return torch.randn(*shape, device=self.device, generator=self.generator)

    def half(self, *shape: int) -> Tensor:
        return self.random(*shape).to(self.dtype)

    def same(self, name: str, ours: Tensor, expected: Tensor) -> None:
        """OURS is EXPECTED, up to rounding."""
        apart = (ours.float() - expected.float()).abs().max()
        limit = TOLERANCE[self.dtype] * max(1.0, float(expected.float().abs().max()))
        assert ours.dtype == expected.dtype, name
        assert float(apart) <= limit, f"{name} {self.dtype}: {float(apart)} above {limit}"

    def both(self, name: str, run: Callable[[Ops, Tensor], Tensor | None], x: Tensor) -> None:
        """RUN with both, on copies of X; results and X afterwards are the same."""
        ours, expected = x.clone(), x.clone()
        found, wanted = run(KERNELS, ours), run(PLAIN, expected)
        self.same(f"{name} in place", ours, expected)
        if found is not None and wanted is not None:
            self.same(name, found, wanted)

    def norms(self) -> None:
        maps, sizes, h = self.maps, self.layout.sizes, self.hidden
        x, y = self.random(sizes.tokens, h), self.half(sizes.tokens, h)
        mod = Modulation(self.half(2, 9 * h), maps.stream)
        self.both("norm", lambda ops, x: ops.norm(x, mod[3], EPS), x)
        self.both("plain norm", lambda ops, x: ops.plain_norm(x, EPS, self.dtype), x)
        self.both("add", lambda ops, x: ops.add(x, y, mod[2], maps.edges), x)
        self.both("add and norm", lambda ops, x: ops.add_norm(x, y, mod[2], mod[3], EPS, maps.edges), x)

    def convolutions(self) -> None:
        """The modulation is a part of a wider table there, as in the step."""
        maps, sizes, h = self.maps, self.layout.sizes, self.hidden
        x = self.random(sizes.audio, h)
        mod = Modulation(self.half(sizes.moments, 18 * h)[:, 6 * h : 12 * h], maps.moment)
        for y in (self.half(sizes.audio, h), self.half(sizes.audio, 3 * h)):
            self.both("add taps", lambda ops, x, y=y: ops.add(x, y, mod[2], maps.edges), x)
            for spread in (False, True):
                self.both(
                    f"add and norm, spread {spread}",
                    lambda ops, x, y=y, spread=spread: ops.add_norm(
                        x, y, mod[2], mod[3], EPS, maps.edges, spread=spread
                    ),
                    x,
                )

    def heads_and_attention(self) -> None:
        maps, layout, tokens, audio = (
            self.maps,
            self.layout,
            self.layout.sizes.tokens,
            self.layout.sizes.audio,
        )
        qkv = self.half(tokens, 3, self.heads, self.features)
        angles = self.random(2048, self.features // 2)
        rotation = Rotation(angles.cos(), angles.sin(), maps.joint)
        weights = self.half(2, 2, self.features)

        def turn(ops: Ops, x: Tensor) -> None:
            ops.heads(x[:, :2], weights, maps.stream, rotation, EPS)

        self.both("heads", turn, qkv)
        q, k, v = qkv.unbind(1)
        text = self.half(layout.sizes.text, 2, self.heads, self.features)
        for name, queries, keys, values, attention in (
            ("self", q, k, v, Attention(maps.self_tiles, layout.self_looks)),
            ("text", q, *text.unbind(1), Attention(maps.text_tiles, layout.text_looks)),
            ("sound", q[:audio], k[:audio], v[:audio], Attention(maps.audio_tiles, layout.audio_looks)),
        ):
            rows = self.rows[: len(queries)]
            ours = KERNELS.attend(queries, keys, values, attention)[rows]
            self.same(f"attention, {name}", ours, PLAIN.attend(queries, keys, values, attention)[rows])

    def products(self) -> None:
        audio, h = self.layout.sizes.audio, self.hidden
        self.same("glu", KERNELS.glu(x := self.half(audio, 5 * h)[:, : 4 * h].contiguous()), PLAIN.glu(x))
        if self.device != "cuda":
            return  # the product of PyTorch with its own epilogue is the card's alone
        x, weight, bias = self.half(audio, h), self.half(4 * h, h) / h**0.5, self.half(4 * h)
        ours, expected = self.half(audio, 4 * h), self.half(audio, 4 * h)
        KERNELS.gelu_linear(x, weight, bias, ours)
        PLAIN.gelu_linear(x, weight, bias, expected)
        self.same("gelu", ours, expected)


def _owned(layout: Layout) -> Tensor:
    """Which rows of sound and picture are some window's."""
    owned = torch.zeros(layout.sizes.tokens, dtype=torch.bool)
    for look in layout.self_looks:
        owned[look.query.start : look.query.start + look.query.count] = True
    return owned


def main(device: str) -> None:
    torch.backends.cuda.matmul.allow_tf32 = False
    card = device == "cuda"
    shapes = [(2, 32), (3, 64), (11, 128), (12, 128)] if card else [(3, 32)]
    for number, (windows, guided) in enumerate(LAYOUTS):
        layout = plan_layout(windows, guided, exact=not card)
        for heads, features in shapes:
            # the interpreter is slow
            for dtype in TOLERANCE if card else [torch.float16 if number else torch.float32]:
                one = Comparison(layout, dtype, heads, features, device)
                one.norms()
                one.convolutions()
                one.heads_and_attention()
                one.products()
    print("the same")


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "cpu")
