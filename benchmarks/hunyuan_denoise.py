"""How long denoising takes on this machine's card, beside the floor: its matrix products alone.

Run ``python -m benchmarks.hunyuan_denoise [--size xxl|xl] [--dtype float16] [--weights full|8bit|offload]
[--lengths "5 10 15 10,10,10,10"] [--profile FILE] [--json FILE]``. Weights are random, at full size. *Floor*
is every matrix product of one step at its real shape, replayed as a CUDA graph in the same run, times the
steps: no attention, no norms. *Reference floor* has the modulation of single blocks for every token.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from foleyd.engines.hunyuan.denoise import Piece, Take, denoise, noise
from foleyd.engines.hunyuan.kernels import KernelOps
from foleyd.engines.hunyuan.layout import plan_layout
from foleyd.engines.hunyuan.record import Recorder
from foleyd.engines.hunyuan.step import Conditions, Velocity
from foleyd.engines.hunyuan.storage import EightBits, Offloaded, store
from foleyd.engines.hunyuan.transformer import FoleyTransformer

SIZES: dict[str, dict[str, Any]] = {
    "xxl": {},
    "xl": {"triple_depth": 12, "single_depth": 24, "hidden_size": 1408, "heads": 11, "conv_inner": 3840},
}
GUIDANCE = 4.5
TEXT = 20


STORED = {"8bit": EightBits, "offload": Offloaded}


def random_model(size: str, dtype: torch.dtype) -> FoleyTransformer:
    """Full size, random, built on the card."""
    with torch.device("meta"):
        model = FoleyTransformer(**SIZES[size])
    model = model.to(dtype).to_empty(device="cuda").eval().requires_grad_(False)
    generator = torch.Generator("cuda").manual_seed(0)
    for name, parameter in model.named_parameters():
        if name.endswith("norm.weight"):
            parameter.fill_(1)
        else:
            parameter.normal_(0, 0.02 if parameter.ndim > 1 else 0.01, generator=generator)
    return model


def window(seconds: float) -> Conditions:
    """SECONDS of random conditions: 8 visual tokens a second, 8 sync tokens a segment."""
    segments = int((seconds * 25 - 16) // 8 + 1)

    def random(rows: int) -> Tensor:
        return torch.randn(rows, 768, device="cuda")

    return Conditions(
        round(seconds * 50), random(TEXT), random(TEXT), random(round(seconds * 8)), random(8 * segments)
    )


def takes_of(lengths: Sequence[float]) -> list[Take]:
    return [
        Take((Piece(0, window(seconds)),), noise(number, round(seconds * 50)))
        for number, seconds in enumerate(lengths)
    ]


def median_seconds(work: Callable[[], Any], runs: int) -> float:
    times = []
    for _ in range(runs):
        torch.cuda.synchronize()
        began = time.perf_counter()
        work()
        torch.cuda.synchronize()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def products(model: FoleyTransformer, lengths: Sequence[float], distinct: bool) -> list[tuple[int, int, int]]:
    """(rows, inner, outer) of every matrix product of a guided step."""
    layout = plan_layout([window(seconds).lengths for seconds in lengths], guided=True, exact=True)
    config, sizes = model.config, layout.sizes
    h, k, audio, visual = config.hidden_size, config.conv_inner, sizes.audio, 2 * sizes.visual
    stream = [(h, 3 * h), (h, h), (h, h), (h, h), (h, 4 * h), (4 * h, h)]
    shapes = []
    for block in range(config.triple_depth):
        shapes += [(audio, *shape) for shape in stream]
        last = block + 1 == config.triple_depth
        shapes += [(visual, *shape) for shape in (stream[:1] if last and distinct else stream)]
    moments = sizes.moments if distinct else audio
    for _ in range(config.single_depth):
        shapes += [
            (moments, h, 6 * h), (audio, h, 3 * h), (audio, 3 * h, h), (audio, 3 * h, 2 * k),
            (audio, 3 * k, h),
        ]  # fmt: skip
    return [*shapes, (audio, 128, h), (audio, h, 128)]


def floor_seconds(model: FoleyTransformer, lengths: Sequence[float], distinct: bool, steps: int) -> float:
    """The products of STEPS steps, weights as far apart in memory as the model's."""
    shapes = products(model, lengths, distinct)
    dtype = model.dtype
    left = {(rows, inner): torch.randn(rows, inner, device="cuda", dtype=dtype) for rows, inner, _ in shapes}
    right = [torch.randn(inner, outer, device="cuda", dtype=dtype) for _, inner, outer in shapes]
    out = {(rows, outer): torch.empty(rows, outer, device="cuda", dtype=dtype) for rows, _, outer in shapes}

    def work() -> None:
        for (rows, inner, outer), weight in zip(shapes, right, strict=True):
            torch.mm(left[rows, inner], weight, out=out[rows, outer])

    work()
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        work()

    def replay() -> None:
        for _ in range(steps):
            graph.replay()

    return median_seconds(replay, 3)


def measured(
    velocity: Velocity, lengths: Sequence[float], steps: int, runs: int, with_floor: bool
) -> dict[str, Any]:
    recorder = Recorder(velocity)
    takes = takes_of(lengths)

    def work() -> None:
        done = denoise(velocity, takes, steps, GUIDANCE, lambda a, b: None, lambda i: False, recorder)
        assert all(take.latents is not None for take in done)

    torch.cuda.reset_peak_memory_stats()
    first = median_seconds(work, 1)
    row: dict[str, Any] = {"seconds_of_audio": list(lengths), "first": first}
    row["denoise"] = median_seconds(work, runs)
    row["peak_gib"] = torch.cuda.max_memory_allocated() / 2**30
    row["note"] = recorder.note
    if with_floor:
        row["floor"] = floor_seconds(velocity.model, lengths, True, steps)
        row["reference_floor"] = floor_seconds(velocity.model, lengths, False, steps)
    return row


def profiled(velocity: Velocity, path: Path) -> None:
    """Where a replayed step of 10 s goes, kernel by kernel, into PATH."""
    recorder = Recorder(velocity)
    takes = takes_of([10.0])

    def work() -> None:
        denoise(velocity, takes, 5, GUIDANCE, lambda a, b: None, lambda i: False, recorder)

    work()
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CUDA]) as profile:
        work()
    table = profile.key_averages().table(sort_by="cuda_time_total", row_limit=40, max_name_column_width=90)
    path.write_text(table)


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, default="xxl")
    parser.add_argument("--dtype", default="float16")
    parser.add_argument("--weights", choices=["full", *STORED], default="full")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--lengths", default="5 10 15 10,10,10,10 5,10,15")
    parser.add_argument("--no-floor", action="store_true")
    parser.add_argument("--profile", type=Path)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    with torch.inference_mode():
        began = time.perf_counter()
        dtype, kind = getattr(torch, arguments.dtype), STORED.get(arguments.weights)
        model = random_model(arguments.size, dtype)
        if kind is not None:
            store(model.cpu(), kind, torch.device("cuda"))
            torch.cuda.empty_cache()
        velocity = Velocity(model, KernelOps())
        torch.cuda.synchronize()
        print(f"{torch.cuda.get_device_name()}, {arguments.size} {arguments.dtype}, {arguments.steps} steps, "
              f"model made in {time.perf_counter() - began:.1f} s")  # fmt: skip
        rows = []
        for text in arguments.lengths.split():
            lengths = [float(part) for part in text.split(",")]
            rows.append(measured(velocity, lengths, arguments.steps, arguments.runs, not arguments.no_floor))
            row = rows[-1]
            floors = "".join(
                f"  {key} {row[key]:.3f} s" for key in ("floor", "reference_floor") if key in row
            )
            print(f"{text:>14} s of audio: first {row['first']:.2f}  denoise {row['denoise']:.3f} s{floors}"
                  f"  peak {row['peak_gib']:.2f} GiB  {row['note']}", flush=True)  # fmt: skip
        if arguments.profile:
            profiled(velocity, arguments.profile)
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1) + "\n")


if __name__ == "__main__":
    main()
