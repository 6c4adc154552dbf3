"""From a file's tensors to the steps that make a model of them, checked before a single weight is read.

What is particular to a kind of model is a :class:`Family`; :mod:`.checkpoint` has one for each.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from foleyd.engines.hunyuan.errors import CheckpointError, TooLarge
from foleyd.engines.hunyuan.rules import Step
from foleyd.engines.hunyuan.tensor_files import AGAIN, TensorFile

TRANSFORMER, AUTOENCODER, SYNCHFORMER = "transformer", "autoencoder", "synchformer"

_MARKS = {
    TRANSFORMER: ("triple_blocks.", "single_blocks."),
    AUTOENCODER: ("decoder.model.", "post_quant_conv."),
    SYNCHFORMER: ("vfeat_extractor.",),
    "SigLIP2": ("vision_model.",),
    "CLAP": ("text_model.", "text_projection."),
}
_LARGEST = 100_000
"""No size of a model of these kinds is beyond this, whatever the shapes of a file say."""
_SHOWN = 4
"""Names listed in a sentence; the rest is counted."""

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Family:
    """What is particular to one kind of model.

    CONFIG reads our class's arguments off a file's shapes and metadata; STEPS writes the table out for
    them; MODULE makes the model. Published names that begin with one of UNUSED are known and not needed.
    """

    config: Callable[[Shapes, Mapping[str, Any]], dict[str, Any]]
    steps: Callable[[Mapping[str, Any], Shapes, Iterable[str]], list[Step]]
    module: Callable[[Mapping[str, Any]], nn.Module]
    unused: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """How a file becomes a model: CONFIG of our class, STEPS in the order of its parameters.

    SHAPES are those of our parameters. UNUSED are published tensors that are known and not needed, UNKNOWN
    those that no published file has; neither is read.
    """

    path: Path
    kind: str
    config: Mapping[str, Any]
    steps: tuple[Step, ...]
    shapes: Mapping[str, tuple[int, ...]]
    unused: tuple[str, ...]
    unknown: tuple[str, ...]

    @property
    def parameters(self) -> int:
        """How many numbers our model has."""
        return sum(math.prod(shape) for shape in self.shapes.values())

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence on tensors that are not known, if there are any."""
        if not self.unknown:
            return ()
        return (
            f"{self.path.name} holds tensors that foleyd does not know and leaves out: {_some(self.unknown)}",
        )


def kind_of(names: Iterable[str]) -> str:
    """Which model tensors of such NAMES belong to; "" when to none that foleyd knows."""
    found = list(names)
    for kind, marks in _MARKS.items():
        if any(name.startswith(marks) for name in found):
            return kind
    return ""


def make_plan(
    file: TensorFile, kind: str, family: Family, wanted: Mapping[str, Any] | None = None, **options: Any
) -> Plan:
    """How FILE becomes a model of KIND; nothing but shapes has been looked at.

    FAMILY is what is particular to KIND. WANTED is the configuration that it must have, where that is known.
    OPTIONS are further arguments of our class (``with_encoder=True`` for the whole autoencoder). Raises
    CheckpointError when FILE
    holds another model, or lacks tensors, or has them in shapes that do not fit together.
    """
    _check_kind(file, kind)
    config = {**_config_of(file, kind, family), **options}
    if wanted is not None:
        _check_size(file, kind, config, wanted)
    # On the meta device a model costs nothing but its names and shapes.
    with torch.device("meta"):
        module = family.module(config)
    shapes = {name: tuple(parameter.shape) for name, parameter in module.named_parameters()}
    steps = {step.target: step for step in family.steps(config, file.shapes, shapes)}
    _check_tensors(file, [steps[target] for target in shapes], shapes)
    used = {name for step in steps.values() for name in step.sources}
    left = [name for name in file.shapes if name not in used]
    unused = tuple(name for name in left if name.startswith(family.unused))
    unknown = tuple(name for name in left if not name.startswith(family.unused))
    return Plan(file.path, kind, config, tuple(steps[target] for target in shapes), shapes, unused, unknown)


def pieces(step: Step, file: TensorFile, dtype: torch.dtype) -> Iterator[Tensor]:
    """The rows of a parameter, source by source, in DTYPE; one source is in memory at a time.

    Raises CheckpointError for values that are no numbers, TooLarge where DTYPE cannot hold one.
    """
    for group in step.groups:
        tensor = step.change(*(file.read(name) for name in group))
        yield narrowed(tensor, dtype, step.target, f"{file.path}: {group[-1]}").contiguous()


def narrowed(tensor: Tensor, dtype: torch.dtype, target: str, where: str) -> Tensor:
    """TENSOR in DTYPE. Raises TooLarge for TARGET, or CheckpointError naming WHERE, as pieces() does."""
    narrow = tensor.to(dtype)
    # The largest magnitude is infinite or no number as soon as one value is.
    if narrow.is_floating_point() and narrow.numel() and not math.isfinite(narrow.abs().max().item()):
        if math.isfinite(tensor.abs().max().item()):
            raise TooLarge(target)
        raise CheckpointError(f"{where} holds values that are no numbers; {AGAIN}")
    return narrow


def _check_kind(file: TensorFile, kind: str) -> None:
    found = kind_of(file.shapes)
    if found == kind:
        return
    what = (
        f"the weights of the {found}, not of the {kind}: were two files swapped"
        if found
        else (
            f"no weights of the {kind} but tensors called {_some(tuple(file.shapes))}: is it the right file"
        )
    )
    raise CheckpointError(f"{file.path} holds {what}?")


def _config_of(file: TensorFile, kind: str, family: Family) -> dict[str, Any]:
    try:
        config = family.config(file.shapes, file.kwargs)
    except KeyError as error:
        raise CheckpointError(f"{file.path} is not whole: it lacks {error.args[0]}; {AGAIN}") from error
    except (IndexError, ZeroDivisionError, TypeError, ValueError) as error:
        raise CheckpointError(f"{file.path}: the shapes of its tensors fit no {kind}; {AGAIN}") from error
    sizes = [
        size for value in config.values() for size in (value if isinstance(value, list | tuple) else [value])
    ]
    if not all(
        0 < size <= _LARGEST for size in sizes if isinstance(size, int) and not isinstance(size, bool)
    ):
        raise CheckpointError(f"{file.path}: its sizes fit no {kind} that foleyd knows; {AGAIN}")
    return config


def _check_size(file: TensorFile, kind: str, config: Mapping[str, Any], wanted: Mapping[str, Any]) -> None:
    differ = [
        f"{key} {config.get(key)} instead of {value}"
        for key, value in wanted.items()
        if config.get(key) != value
    ]
    if differ:
        raise CheckpointError(
            f"{file.path} is a {kind} of another size, or not whole ({', '.join(differ)}); name the model"
            " that it is, or fetch it again"
        )


def _check_tensors(file: TensorFile, steps: Iterable[Step], shapes: Shapes) -> None:
    """Every source is there, and the changes of all of them together come to our SHAPES."""
    wrong: list[str] = []
    missing: list[str] = []
    for step in steps:
        lacking = [name for name in step.sources if name not in file.shapes]
        missing += lacking
        if not lacking and _shape_after(step, file.shapes) != shapes[step.target]:
            wrong += [f"{name} {file.shapes[name]}" for name in step.sources]
    if missing:
        raise CheckpointError(f"{file.path} is not whole: it lacks {_some(missing)}; {AGAIN}")
    if wrong:
        raise CheckpointError(f"{file.path}: tensors have shapes that do not fit: {_some(wrong)}; {AGAIN}")


def _shape_after(step: Step, shapes: Shapes) -> tuple[int, ...] | None:
    try:
        rows = [
            step.change(*(torch.empty(shapes[name], device="meta") for name in group))
            for group in step.groups
        ]
        return tuple((torch.cat(rows) if len(rows) > 1 else rows[0]).shape)
    except (RuntimeError, IndexError, ValueError):
        # What a change says of a shape that it was not made for.
        return None


def _some(names: Iterable[str]) -> str:
    found = list(names)
    shown = ", ".join(found[:_SHOWN])
    return f"{shown} and {len(found) - _SHOWN} more" if len(found) > _SHOWN else shown
