"""Published parameter names and layouts, brought to ours in one place.

A table of rules for each of the three models whose code is ours: what a parameter of ours is called, which
published tensors it is made of, and how (``model-spec.md`` sections 4, 5, 7). A plan is checked against the
model's own shapes before a single weight is read; weights are then mapped one parameter at a time, so there
are never two copies of a model. :mod:`.tensor_files` reads, :mod:`.convert` writes.
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
from foleyd.engines.hunyuan.rules import (
    Change,
    Rule,
    Step,
    count_blocks,
    flat,
    plane,
    regroup,
    row,
    steps_of,
    taps,
)
from foleyd.engines.hunyuan.tensor_files import AGAIN, TensorFile, read_tensors

TRANSFORMER, AUTOENCODER, SYNCHFORMER = "transformer", "autoencoder", "synchformer"
KINDS = (TRANSFORMER, AUTOENCODER, SYNCHFORMER)

_MARKS = {
    TRANSFORMER: ("triple_blocks.", "single_blocks."),
    AUTOENCODER: ("decoder.model.", "post_quant_conv."),
    SYNCHFORMER: ("vfeat_extractor.",),
    "SigLIP2": ("vision_model.",),
    "CLAP": ("text_model.", "text_projection."),
}
_WIDEST = 8192
"""No size of a model of these kinds is beyond this, whatever the shapes of a file say."""
_SHOWN = 4
"""Names listed in a sentence; the rest is counted."""

Shapes = Mapping[str, tuple[int, ...]]

_STREAMS = {
    "audio": {
        "modulation": "audio_mod.linear",
        "self_qkv": "audio_self_attn_qkv",
        "self_out": "audio_self_proj",
        "cross_q": "audio_cross_q",
        "cross_out": "audio_cross_proj",
        "mlp_in": "audio_mlp.fc1",
        "mlp_out": "audio_mlp.fc2",
        "self_q_norm": "audio_self_q_norm",
        "self_k_norm": "audio_self_k_norm",
        "cross_q_norm": "audio_cross_q_norm",
    },
    "visual": {
        "modulation": "v_cond_mod.linear",
        "self_qkv": "v_cond_attn_qkv",
        "self_out": "v_cond_self_proj",
        "cross_q": "v_cond_cross_q",
        "cross_out": "v_cond_cross_proj",
        "mlp_in": "v_cond_mlp.fc1",
        "mlp_out": "v_cond_mlp.fc2",
        "self_q_norm": "v_cond_attn_q_norm",
        "self_k_norm": "v_cond_attn_k_norm",
        "cross_q_norm": "v_cond_cross_q_norm",
    },
}
_TRIPLE, _SINGLE = "triple_blocks", "single_blocks"


def _affine(target: str, source: str, change: Change = flat, *, blocks: str = "") -> list[Rule]:
    """A layer with weight and bias."""
    weight = Rule(f"{target}.weight", (f"{source}.weight",), change, blocks)
    return [weight, Rule(f"{target}.bias", (f"{source}.bias",), blocks=blocks)]


def _gated(target: str, source: str) -> list[Rule]:
    """Gate and up projection as one matrix, and the way down, without biases."""
    return [
        Rule(f"{target}.gate_up.weight", (f"{source}.w1.weight", f"{source}.w3.weight"), flat),
        Rule(f"{target}.down.weight", (f"{source}.w2.weight",), flat),
    ]


def _triple_rules() -> Iterator[Rule]:
    theirs, ours = "triple_blocks.{i}.", "triple_blocks.{i}."
    for stream, names in _STREAMS.items():
        for target, source in names.items():
            if target.endswith("norm"):
                yield Rule(f"{ours}{stream}.{target}.weight", (f"{theirs}{source}.weight",), blocks=_TRIPLE)
            else:
                yield from _affine(f"{ours}{stream}.{target}", f"{theirs}{source}", blocks=_TRIPLE)
    yield from _affine(f"{ours}text_kv", f"{theirs}text_cross_kv", blocks=_TRIPLE)
    yield Rule(f"{ours}text_k_norm.weight", (f"{theirs}text_cross_k_norm.weight",), blocks=_TRIPLE)


def _single_rules() -> Iterator[Rule]:
    block = "single_blocks.{i}."
    for part in ("weight", "bias"):
        source = (f"{block}modulation.linear.{part}",)
        yield Rule(f"single_modulation.{part}", source, blocks=_SINGLE, stacked=True)
        yield Rule(f"{block}qkv.{part}", (f"{block}linear_qkv.{part}",), regroup, _SINGLE)
    for norm in ("q_norm", "k_norm"):
        yield Rule(f"{block}{norm}.weight", (f"{block}{norm}.weight",), blocks=_SINGLE)
    yield from _affine(f"{block}out", f"{block}linear1", taps, blocks=_SINGLE)
    gate_up = (f"{block}linear2.w1.weight", f"{block}linear2.w3.weight")
    yield Rule(f"{block}mlp_in.weight", gate_up, taps, _SINGLE)
    yield Rule(f"{block}mlp_out.weight", (f"{block}linear2.w2.weight",), taps, _SINGLE)


TRANSFORMER_RULES: tuple[Rule, ...] = (
    Rule("sync_position", ("sync_pos_emb",), plane),
    Rule("empty_clip", ("empty_clip_feat",), row),
    Rule("empty_sync", ("empty_sync_feat",), row),
    *_affine("time_in.linear_1", "time_in.mlp.0"),
    *_affine("time_in.linear_2", "time_in.mlp.2"),
    *_affine("audio_in", "audio_embedder.proj"),
    *_gated("visual_in", "visual_proj"),
    *_affine("text_in.linear_1", "cond_in.linear_1"),
    *_affine("text_in.linear_2", "cond_in.linear_2"),
    *_affine("sync_in.linear", "sync_in.0"),
    *_gated("sync_in.mlp", "sync_in.2"),
    *_triple_rules(),
    *_single_rules(),
    *_affine("out", "final_layer.linear"),
)


def _transformer_config(shapes: Shapes, _kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The sizes of a transformer, read off its tensors: the file states none."""
    hidden = shapes["time_in.mlp.0.weight"][0]
    return {
        "triple_depth": count_blocks(shapes, _TRIPLE),
        "single_depth": count_blocks(shapes, _SINGLE),
        "hidden_size": hidden,
        "heads": hidden // shapes["single_blocks.0.q_norm.weight"][0],
        "mlp_ratio": shapes["triple_blocks.0.audio_mlp.fc1.weight"][0] // hidden,
        "conv_inner": shapes["sync_in.2.w1.weight"][0],
        "latent_channels": shapes["audio_embedder.proj.weight"][1],
        "condition_width": shapes["sync_pos_emb"][-1],
    }


def _transformer_steps(config: Mapping[str, Any], _shapes: Shapes, _ours: Iterable[str]) -> list[Step]:
    return steps_of(TRANSFORMER_RULES, {_TRIPLE: config["triple_depth"], _SINGLE: config["single_depth"]})


def _transformer_module(config: Mapping[str, Any]) -> nn.Module:
    from foleyd.engines.hunyuan.transformer import FoleyTransformer

    return FoleyTransformer(**config)


# ------------------------------------------------------------------------------------------- all models


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


FAMILIES: Mapping[str, Family] = {
    TRANSFORMER: Family(
        _transformer_config, _transformer_steps, _transformer_module, ("final_layer.adaLN_modulation.1.",)
    ),
}


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


def plan_for(file: TensorFile, kind: str, wanted: Mapping[str, Any] | None = None) -> Plan:
    """How FILE becomes a model of KIND; nothing but shapes has been looked at.

    WANTED is the configuration that it must have, where that is known. Raises CheckpointError when FILE
    holds another model, or lacks tensors, or has them in shapes that do not fit together.
    """
    family = FAMILIES[kind]
    _check_kind(file, kind)
    config = _config_of(file, kind, family)
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
        narrow = tensor.to(dtype)
        # The largest magnitude is infinite or no number as soon as one value is.
        if narrow.numel() and not math.isfinite(narrow.abs().max().item()):
            if math.isfinite(tensor.abs().max().item()):
                raise TooLarge(step.target)
            raise CheckpointError(f"{file.path}: {group[-1]} holds values that are no numbers; {AGAIN}")
        yield narrow.contiguous()


def load_published(path: Path, kind: str, dtype: torch.dtype = torch.float16) -> tuple[nn.Module, Plan]:
    """The model of KIND straight from a published file, on the CPU in DTYPE, and how it was mapped.

    The model is made on the meta device and given its parameters one by one. Raises CheckpointError.
    """
    file = read_tensors(path)
    plan = plan_for(file, kind)
    with torch.device("meta"):
        module = FAMILIES[kind].module(plan.config)
    for step in plan.steps:
        owner, _, name = step.target.rpartition(".")
        rows = list(pieces(step, file, dtype))
        parameter = nn.Parameter(torch.cat(rows) if len(rows) > 1 else rows[0], requires_grad=False)
        setattr(module.get_submodule(owner), name, parameter)
    return module.eval(), plan


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
    if not all(0 < size <= _WIDEST for size in sizes if isinstance(size, int) and not isinstance(size, bool)):
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
