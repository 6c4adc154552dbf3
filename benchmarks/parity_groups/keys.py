"""Lists of published names and shapes: all map onto our models, the counts are met. No weights are made."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import torch

from benchmarks.parity_groups.case import Case, Manifest, same
from foleyd.engines.hunyuan.checkpoint import SYNCHFORMER, plan_for
from foleyd.engines.hunyuan.errors import CheckpointError
from foleyd.engines.hunyuan.plan import kind_of
from foleyd.engines.hunyuan.tensor_files import TensorFile

FOLDER = "keys"
NEEDS = {"lists of names": (f"{FOLDER}/*.json",)}


def cases(folder: Path, manifest: Manifest, device: torch.device) -> Iterator[Case]:
    """Every list in the folder's ``keys``, whatever it is called; on no device."""
    for file in sorted((folder / FOLDER).glob("*.json")):
        yield from _list(file.stem, json.loads(file.read_text()))


def _list(name: str, listed: Mapping[str, Any]) -> Iterator[Case]:
    shapes = {key: tuple(entry["shape"]) for key, entry in listed["keys"].items()}
    kind = kind_of(shapes)
    if not kind:
        yield same(f"{name} kind", "unknown", "a model of ours")
        return
    file = TensorFile(Path(str(listed["checkpoint_file"])), shapes, listed.get("kwargs", {}))
    try:
        plan = plan_for(file, kind)
    except CheckpointError as error:
        yield same(f"{name} maps", str(error), "every parameter of ours found")
        return
    yield same(f"{name} names that nobody knows", list(plan.unknown), [])
    used = {source for step in plan.steps for source in step.sources}
    yield same(f"{name} names, used and set aside", len(used) + len(plan.unused), listed["total_keys"])
    yield same(f"{name} parameters", _count(shapes, shapes), listed["total_parameters"])
    if "decode_only_parameters" in listed:
        yield same(f"{name} parameters to decode", _count(shapes, used), listed["decode_only_parameters"])
    if kind == SYNCHFORMER:
        aside = [key for key in plan.unused if key in listed["visual_branch_unused_keys"]]
        yield same(
            f"{name} set aside in the visual branch",
            sorted(aside),
            sorted(listed["visual_branch_unused_keys"]),
        )
        visual = _count(shapes, [*used, *aside])
        yield same(f"{name} parameters of the visual branch", visual, listed["visual_branch_parameters"])
    if "config" in listed:
        stated = listed["config"]["model_config"]["model_kwargs"]
        ours = [plan.config[key] for key in ("triple_depth", "single_depth", "hidden_size", "heads")]
        keys = ("depth_triple_blocks", "depth_single_blocks", "hidden_size", "num_heads")
        yield same(f"{name} sizes", ours, [stated[key] for key in keys])
        yield same(f"{name} parameters of ours", plan.parameters, _count(shapes, used))


def _count(shapes: Mapping[str, tuple[int, ...]], names: Any) -> int:
    return sum(math.prod(shapes[name]) for name in names)
