"""Values that stand apart on the command line, joined for a parser that knows only one to an option."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from typer.core import TyperCommand

from foleyd.cli.exits import InputError

_PAIR = "\0"
"""Joins the two values of a pair; no argument of a process can contain it."""


class SpacedCommand(TyperCommand):
    """A command whose ``--range`` takes two values, and whose ``--tcp`` takes one or none.

    Such values are joined into one before the parser, which knows only one each, sees them.
    """

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """As the parser's own, with the values joined."""
        names = {name for parameter in self.params for name in parameter.opts}
        if "--range" in names:
            args = list(join_pairs(args, "--range"))
        if "--tcp" in names:
            args = list(_fill_in(args, "--tcp", "0"))
        return super().parse_args(ctx, args)


def split_pair(value: str) -> tuple[str, str]:
    """The two values of a ``--range``. Raises InputError where there is one."""
    first, joined, second = value.partition(_PAIR)
    if not joined:
        raise InputError(f"--range {value} needs two values: START END")
    return first, second


def join_pairs(args: Sequence[str], option: str) -> Iterator[str]:
    """ARGS with the two values behind each OPTION made one."""
    position = 0
    while position < len(args):
        values = args[position + 1 : position + 3]
        if args[position] == option and len(values) == 2 and not any(v.startswith("--") for v in values):
            yield from (option, _PAIR.join(values))
            position += 3
        else:
            yield args[position]
            position += 1


def _fill_in(args: Sequence[str], option: str, value: str) -> Iterator[str]:
    for word, following in pairwise([*args, ""]):
        yield word
        if word == option and not following.isdigit():
            yield value
