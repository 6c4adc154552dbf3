"""Numbers at full size on this machine's card: how large values grow, and what company does to a take.

Run ``python -m benchmarks.hunyuan_numbers [--size xxl|xl] [--steps 50] [--json FILE]``. Weights are random,
so the figures are of the arithmetic, not of trained weights; the same command measures those with
``--folder MODEL`` (``foley models path``).

*Largest*: the magnitude of each kind of tensor that the transformer keeps in the dtype of its weights, over
all blocks and steps, and how often it could be doubled before it left FP16 (65504).
*Company*: final latents of 10 s made alone and beside windows of 7.3, 4 and 10 s, and made at several
precisions, as a ratio of signal to difference.
"""

from __future__ import annotations

import argparse
import json
import math
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from benchmarks.hunyuan_denoise import GUIDANCE, SIZES, random_model, takes_of
from foleyd.engines.hunyuan.denoise import Step, Take, denoise
from foleyd.engines.hunyuan.kernels import KernelOps
from foleyd.engines.hunyuan.loading import load_module
from foleyd.engines.hunyuan.record import Recorder
from foleyd.engines.hunyuan.step import Velocity
from foleyd.engines.hunyuan.transformer import FoleyTransformer

HIGHEST = 65504.0
"""The largest finite FP16 number."""
COMPANY = (7.3, 4.0, 10.0)


def snr_db(reference: Tensor, other: Tensor) -> float:
    """The power of REFERENCE over that of what OTHER differs by, in dB."""
    error = (other.double() - reference.double()).square().sum()
    return float(10 * torch.log10(reference.double().square().sum() / error)) if error else math.inf


class Largest(TorchDispatchMode):
    """Follows the largest magnitude of what goes into and comes out of every product with MODEL's weights."""

    def __init__(self, model: FoleyTransformer) -> None:
        super().__init__()
        self._kinds = {
            parameter.untyped_storage().data_ptr(): re.sub(r"\.\d+\.", ".", name).removesuffix(".weight")
            for name, parameter in model.named_parameters()
            if name.endswith("weight") and parameter.ndim > 1
        }
        self._found: dict[str, Tensor] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """See the class."""
        result = func(*args, **(kwargs or {}))
        wide = [arg for arg in args if isinstance(arg, Tensor) and arg.ndim > 1]
        kinds = [self._kinds.get(arg.untyped_storage().data_ptr(), "") for arg in wide]
        if any(kinds) and ("mm" in func.__name__ or "linear" in func.__name__):
            kind = next(filter(None, kinds))
            for arg, own in zip(wide, kinds, strict=True):
                if not own:
                    self._note(f"{kind}, in", arg)
            self._note(f"{kind}, out", result)
        return result

    def _note(self, kind: str, value: Tensor) -> None:
        top = value.abs().amax().float()
        self._found[kind] = torch.maximum(self._found[kind], top) if kind in self._found else top

    @property
    def magnitudes(self) -> dict[str, float]:
        """By kind of tensor, blocks taken together."""
        return {kind: float(value) for kind, value in self._found.items()}


def largest(model: FoleyTransformer, take: Take, steps: int) -> dict[str, float]:
    """The largest magnitude of every kind of tensor while TAKE is made."""
    watch = Largest(model)
    with watch:
        denoise(
            Velocity(model, KernelOps()), [take], steps, GUIDANCE, lambda done, total: None, lambda n: False
        )
    return watch.magnitudes


def made(step: Step, velocity: Velocity, takes: Sequence[Take], steps: int) -> Tensor:
    """Final latents of the first of TAKES."""
    first = denoise(velocity, takes, steps, GUIDANCE, lambda done, total: None, lambda n: False, step)[0]
    assert first.latents is not None
    return first.latents.clone()


def company(model: FoleyTransformer, takes: Sequence[Take], steps: int) -> dict[str, Tensor]:
    """The first take alone, alone once more, and beside the others, by the recorded step that serves jobs."""
    velocity = Velocity(model, KernelOps())
    step = Recorder(velocity)
    return {
        "alone": made(step, velocity, takes[:1], steps),
        "alone again": made(step, velocity, takes[:1], steps),
        "in company": made(step, velocity, takes, steps),
    }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, default="xxl")
    parser.add_argument("--folder", type=Path, help="of a model's weights; else they are random")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with torch.inference_mode():
        found = measure(arguments.size, arguments.folder, arguments.steps)
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


def measure(size: str, folder: Path | None, steps: int) -> dict[str, Any]:
    torch.manual_seed(0)
    takes = takes_of([10.0, *COMPANY])
    results: dict[str, dict[str, Tensor]] = {}
    tops: dict[str, float] = {}
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        model = _model(size, folder, dtype)
        name = str(dtype).removeprefix("torch.")
        results[name] = company(model, takes, steps)
        if dtype == torch.float16:
            tops = largest(model, takes[0], steps)
        del model
        torch.cuda.empty_cache()
    exact = results["float32"]["alone"]
    rows = []
    for name, one in results.items():
        row = {
            "dtype": name,
            "against float32": snr_db(exact, one["alone"]),
            "again": "the same to the bit" if torch.equal(one["alone"], one["alone again"]) else "differs",
            "in company": snr_db(one["alone"], one["in company"]),
            "in company, largest difference": float((one["alone"] - one["in company"]).abs().max()),
        }
        rows.append(row)
        print("  ".join(f"{key} {_shown(value)}" for key, value in row.items()), flush=True)
    print(f"\n{'kind of tensor, FP16':<48}{'largest':>12}{'doublings left':>16}")
    for kind, top in sorted(tops.items(), key=lambda item: -item[1]):
        print(f"{kind:<48}{top:12.4g}{math.log2(HIGHEST / top) if top else math.inf:16.1f}")
    return {"card": torch.cuda.get_device_name(), "steps": steps, "company": rows, "largest": tops}


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _model(size: str, folder: Path | None, dtype: torch.dtype) -> FoleyTransformer:
    if folder is None:
        return random_model(size, dtype)
    return load_module(FoleyTransformer, folder / "transformer", dtype, torch.device("cuda"))


if __name__ == "__main__":
    main()
