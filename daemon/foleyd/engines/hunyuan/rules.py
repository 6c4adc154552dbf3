"""How a parameter of ours is made of published tensors: rules, and the steps that they come to.

Every change is one of layout: the same numbers, squeezed, reordered or stacked (``model-spec.md`` 5).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

from torch import Tensor

Change = Callable[..., Tensor]


def same(tensor: Tensor) -> Tensor:
    """TENSOR itself."""
    return tensor


@dataclass(frozen=True, slots=True)
class Rule:
    """TARGET, our parameter, is the rows of SOURCES one after the other, each changed by CHANGE.

    ``{i}`` in a name stands for a block's number. STACKED takes the source of every block in order.
    TOGETHER gives all sources to one call of CHANGE.
    """

    target: str
    sources: tuple[str, ...]
    change: Change = same
    blocks: str = ""
    stacked: bool = False
    together: bool = False


@dataclass(frozen=True, slots=True)
class Step:
    """One parameter of ours: the rows of CHANGE(*group) for each of GROUPS, names of published tensors."""

    target: str
    groups: tuple[tuple[str, ...], ...]
    change: Change

    @property
    def sources(self) -> tuple[str, ...]:
        """All published tensors that it is made of."""
        return tuple(name for group in self.groups for name in group)


def flat(tensor: Tensor) -> Tensor:
    """A convolution of kernel 1, (out, in, 1) -> the matrix (out, in)."""
    return tensor.squeeze(-1) if tensor.dim() == 3 and tensor.shape[-1] == 1 else tensor


def taps(tensor: Tensor) -> Tensor:
    """A convolution (out, in, taps) -> (out, taps * in), the earliest tap first (5.6)."""
    return tensor.permute(0, 2, 1).reshape(tensor.shape[0], -1)


def tap_rows(tensor: Tensor) -> Tensor:
    """A convolution (out, in, taps) -> (taps * out, in), the earliest tap first (5.6)."""
    return tensor.permute(2, 0, 1).flatten(0, 1)


def regroup(tensor: Tensor) -> Tensor:
    """Rows (head, D, q|k|v) -> (q|k|v, head, D); a matrix or a bias (5.6)."""
    return tensor.unflatten(0, (-1, 3)).transpose(0, 1).flatten(0, 1)


def row(tensor: Tensor) -> Tensor:
    """(1, n) -> (n,)."""
    return tensor.squeeze(0)


def plane(tensor: Tensor) -> Tensor:
    """(1, 1, n, m) -> (n, m)."""
    return tensor.squeeze(0).squeeze(0)


def _steps_of(rule: Rule, blocks: Mapping[str, int]) -> Iterator[Step]:
    numbers = range(blocks[rule.blocks]) if rule.blocks else range(1)
    named = [tuple(name.replace("{i}", str(i)) for name in rule.sources) for i in numbers]
    if rule.stacked:
        yield Step(rule.target, tuple((name,) for names in named for name in names), rule.change)
        return
    for i, names in zip(numbers, named, strict=True):
        groups = (names,) if rule.together else tuple((name,) for name in names)
        yield Step(rule.target.replace("{i}", str(i)), groups, rule.change)


def steps_of(rules: Iterable[Rule], blocks: Mapping[str, int]) -> list[Step]:
    """RULES written out for a model that has so many BLOCKS of each name."""
    return [step for rule in rules for step in _steps_of(rule, blocks)]


def count_blocks(names: Iterable[str], blocks: str) -> int:
    """How many blocks called BLOCKS the NAMES speak of: the highest number and one."""
    pattern = re.compile(rf"(?:^|\.){re.escape(blocks)}\.(\d{{1,4}})\.")
    return max((int(found[1]) + 1 for name in names if (found := pattern.search(name))), default=0)
