"""Published parameter names and layouts, brought to ours in one place.

A table of rules for each of the three models whose code is ours: what a parameter of ours is called, which
published tensors it is made of, and how (``model-spec.md`` sections 4, 5, 7). A plan is checked against the
model's own shapes before a single weight is read; weights are then mapped one parameter at a time, so there
are never two copies of a model. :mod:`.tensor_files` reads, :mod:`.convert` writes.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from foleyd.engines.hunyuan.plan import (
    AUTOENCODER,
    SYNCHFORMER,
    TRANSFORMER,
    Family,
    Plan,
    Shapes,
    make_plan,
    pieces,
)
from foleyd.engines.hunyuan.rules import (
    Change,
    Rule,
    Step,
    count_blocks,
    flat,
    plane,
    regroup,
    row,
    same,
    steps_of,
    tap_rows,
    taps,
)
from foleyd.engines.hunyuan.tensor_files import TensorFile, read_tensors

KINDS = (TRANSFORMER, AUTOENCODER, SYNCHFORMER)


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
    yield from _affine(f"{block}out", f"{block}linear1", tap_rows, blocks=_SINGLE)
    gate_up = (f"{block}linear2.w1.weight", f"{block}linear2.w3.weight")
    yield Rule(f"{block}mlp_in.weight", gate_up, taps, _SINGLE)
    yield Rule(f"{block}mlp_out.weight", (f"{block}linear2.w2.weight",), tap_rows, _SINGLE)


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


# ---------------------------------------------------------------------------- the sync encoder

_VISUAL = "vfeat_extractor."
_HEAD = 64


def _synchformer_config(shapes: Shapes, _kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The sizes of the visual branch; heads are 64 wide (4)."""
    width, _, frames, patch, _ = shapes[f"{_VISUAL}patch_embed_3d.proj.weight"]
    return {
        "width": width,
        "depth": count_blocks((name for name in shapes if name.startswith(_VISUAL)), "blocks"),
        "heads": max(1, width // _HEAD),
        "mlp_ratio": shapes[f"{_VISUAL}blocks.0.mlp.fc1.weight"][0] // width,
        "image_size": patch * math.isqrt(shapes[f"{_VISUAL}pos_embed"][1] - 1),
        "patch_size": patch,
        "tube_frames": frames,
        "segment_frames": frames * shapes[f"{_VISUAL}temp_embed"][1],
    }


def _synchformer_steps(_config: Mapping[str, Any], _shapes: Shapes, ours: Iterable[str]) -> list[Step]:
    """Our names are the published ones without their prefix."""
    return [Step(name, ((_VISUAL + name,),), same) for name in ours]


def _synchformer_module(config: Mapping[str, Any]) -> nn.Module:
    from foleyd.engines.hunyuan.synchformer import SynchformerVision

    return SynchformerVision(**config)


# ---------------------------------------------------------------------------------- the autoencoder

_NORMED = (
    ("weight_v", "weight_g"),
    ("parametrizations.weight.original1", "parametrizations.weight.original0"),
)
"""What stands for a weight: direction and length, as two releases of PyTorch call them."""
_SAMPLE_RATE = 48_000
_MOST_RATES = 16


def _autoencoder_config(shapes: Shapes, kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The sizes of the autoencoder: what the file's metadata says, else read off its tensors (7)."""
    stride = {name: shapes[name][-1] // 2 for name in shapes if name.endswith((".weight", "_v", "original1"))}
    read: dict[str, Any] = {"latent_dim": shapes["post_quant_conv.weight"][0], "sample_rate": _SAMPLE_RATE}
    for side, first, rest in (
        ("decoder", "decoder.model.0", "decoder.model.{i}.block.1"),
        ("encoder", "encoder.block.0", "encoder.block.{i}.block.4"),
    ):
        if f"{first}.bias" in shapes:
            named = [rest.replace("{i}", str(i)) for i in range(1, _MOST_RATES)]
            layers = [stride[found] for name in named if (found := _weight_of(name, shapes))]
            read |= {f"{side}_dim": shapes[f"{first}.bias"][0], f"{side}_rates": layers}
    stated = {
        key: kwargs[key] for key in (*read, "encoder_dim", "encoder_rates") if _is_size(kwargs.get(key))
    }
    return {**read, **stated, "with_encoder": False}


def _weight_of(layer: str, shapes: Shapes) -> str:
    """The name of LAYER's weight, or of its direction; "" when it has none."""
    return next(
        (f"{layer}.{v}" for v in ("weight", *(v for v, _ in _NORMED)) if f"{layer}.{v}" in shapes), ""
    )


def _is_size(value: object) -> bool:
    sizes = value if isinstance(value, list | tuple) else [value]
    return all(isinstance(size, int) and not isinstance(size, bool) for size in sizes)


def _autoencoder_steps(_config: Mapping[str, Any], shapes: Shapes, ours: Iterable[str]) -> list[Step]:
    """Our names are the published ones; where a weight was published as two tensors, they are folded."""
    steps = []
    for name in ours:
        layer = name.removesuffix("weight")
        pairs = [
            (layer + v, layer + g) for v, g in _NORMED if name.endswith("weight") and layer + v in shapes
        ]
        steps.append(Step(name, (pairs[0],), folded) if pairs else Step(name, ((name,),), same))
    return steps


def folded(v: Tensor, g: Tensor) -> Tensor:
    """One weight from its direction V and length G, in float32 (7)."""
    from foleyd.engines.hunyuan.autoencoder import fold_weight_norm

    return fold_weight_norm(v.float(), g.float())


def _autoencoder_module(config: Mapping[str, Any]) -> nn.Module:
    from foleyd.engines.hunyuan.autoencoder import FoleyAutoencoder

    return FoleyAutoencoder(**config)


# ------------------------------------------------------------------------------------------- all models


FAMILIES: Mapping[str, Family] = {
    TRANSFORMER: Family(
        _transformer_config, _transformer_steps, _transformer_module, ("final_layer.adaLN_modulation.1.",)
    ),
    AUTOENCODER: Family(
        _autoencoder_config, _autoencoder_steps, _autoencoder_module, ("encoder.", "quant_conv.")
    ),
    SYNCHFORMER: Family(
        _synchformer_config,
        _synchformer_steps,
        _synchformer_module,
        (f"{_VISUAL}patch_embed.", "afeat_extractor.", "vproj.", "aproj.", "transformer."),
    ),
}


def plan_for(file: TensorFile, kind: str, wanted: Mapping[str, Any] | None = None, **options: Any) -> Plan:
    """How FILE becomes a model of KIND; see :func:`.plan.make_plan`. Raises CheckpointError."""
    return make_plan(file, kind, FAMILIES[kind], wanted, **options)


def load_published(
    path: Path, kind: str, dtype: torch.dtype = torch.float16, **options: Any
) -> tuple[nn.Module, Plan]:
    """The model of KIND straight from a published file, on the CPU in DTYPE, and how it was mapped.

    OPTIONS are as in :func:`plan_for`. The model is made on the meta device and given its parameters one by
    one. Raises CheckpointError.
    """
    file = read_tensors(path)
    plan = plan_for(file, kind, **options)
    with torch.device("meta"):
        module = FAMILIES[kind].module(plan.config)
    for step in plan.steps:
        owner, _, name = step.target.rpartition(".")
        rows = list(pieces(step, file, dtype))
        parameter = nn.Parameter(torch.cat(rows) if len(rows) > 1 else rows[0], requires_grad=False)
        setattr(module.get_submodule(owner), name, parameter)
    return module.eval(), plan
