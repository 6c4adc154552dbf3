"""The transformer: the step that serves jobs, its values block by block, and single blocks by themselves.

Every element of every case goes through the step by itself, in a batch of its exact size, padded to the sizes
that are recorded, and between a longer and a shorter window. The eager transformer is one more reference; it
alone has what the step leaves out (the picture after the last triple block).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.parity_groups.case import Case, Manifest, Tolerance, compared, has, same, tolerance
from foleyd.engines.hunyuan.checkpoint import load_published
from foleyd.engines.hunyuan.denoise import Step
from foleyd.engines.hunyuan.layout import Lengths, plan_layout
from foleyd.engines.hunyuan.ops import Modulation
from foleyd.engines.hunyuan.pipeline import served
from foleyd.engines.hunyuan.plan import TRANSFORMER
from foleyd.engines.hunyuan.step import Batch, Conditions, SingleModulations, Velocity
from foleyd.engines.hunyuan.transformer import (
    NORM_EPS,
    SINGLE_NORM_EPS,
    SYNC_PERIOD,
    FoleyTransformer,
    config_of,
    rope_table,
)

CONFIG, WEIGHTS = "dit_tiny/config.json", "dit_tiny/weights.safetensors"
STORED = "dit_tiny/cases.safetensors"
BLOCKS_FACTS, BLOCKS = "dit_tiny/blocks.json", "dit_tiny/blocks.safetensors"
NEEDS = {
    "cases": (CONFIG, WEIGHTS, STORED),
    "blocks": (CONFIG, WEIGHTS, STORED, BLOCKS_FACTS, BLOCKS),
}

Stored = dict[str, Tensor]


def transformer(folder: Path, device: torch.device, dtype: torch.dtype = torch.float32) -> FoleyTransformer:
    """FOLDER's model by way of the loader, which is told the sizes that no tensor shows."""
    config = config_of(json.loads((folder / CONFIG).read_text())["model_config"]["model_kwargs"])
    model, _ = load_published(folder / WEIGHTS, TRANSFORMER, dtype, **config)
    assert isinstance(model, FoleyTransformer)
    moved: FoleyTransformer = model.to(device)
    return moved


def cases(folder: Path, manifest: Manifest, device: torch.device) -> Iterator[Case]:
    """Velocities, then the values on the way."""
    model = transformer(folder, device)
    velocity, step = served(model)
    stored = load_file(folder / STORED)
    within = tolerance(manifest, STORED)
    for name in sorted({key.partition(".")[0] for key in stored}):
        case = {key.partition(".")[2]: value for key, value in stored.items() if key.startswith(f"{name}.")}
        yield from _velocities(name, case, velocity, step, within)
    if device.type == "cuda":
        yield same("steps were replayed from recordings", getattr(step, "note", "no recorder"), "")
    if has(folder, NEEDS["blocks"]):
        blocks = load_file(folder / BLOCKS)
        within = tolerance(manifest, BLOCKS)
        facts = json.loads((folder / BLOCKS_FACTS).read_text())
        of_case = facts.get("intermediates", {}).get("of_case", "")
        if f"{of_case}.x" in stored:
            case = {key: stored[f"{of_case}.{key}"] for key in ("x", "t", "clip_feat", "cond", "sync_feat")}
            with torch.inference_mode():
                yield from _on_the_way(blocks, _values(velocity, case), within)
        yield from _probes(blocks, velocity, within)


# ------------------------------------------------------------------------------------------ velocities


def _velocities(name: str, case: Stored, velocity: Velocity, step: Step, within: Tolerance) -> Iterator[Case]:
    with torch.inference_mode():
        given = (case[key].to(velocity.device) for key in ("x", "t", "clip_feat", "cond", "sync_feat"))
        yield compared(f"{name}, eager", velocity.model(*given), case["expected"], within)
    for element in range(len(case["x"])):
        window = conditions_of(case, element)
        longer, shorter = stranger(window, 61), stranger(window, -20)
        numbered = f"{name} {element}" if len(case["x"]) > 1 else name
        for company, windows, place, exact in (
            ("exact size", [window], 0, True),
            ("padded", [window], 0, False),
            ("beside others", [longer, window, shorter], 1, False),
        ):
            ours = stepped(velocity, step, windows, place, case["x"][element], case["t"][element], exact)
            yield compared(f"{numbered}, {company}", ours, case["expected"][element], within)


def conditions_of(case: Stored, element: int) -> Conditions:
    """Of one ELEMENT of a batch."""
    text = case["cond"][element]
    return Conditions(
        case["x"].shape[2], text, text[:0], case["clip_feat"][element], case["sync_feat"][element]
    )


def stranger(window: Conditions, longer: int) -> Conditions:
    """A random window that is LONGER than WINDOW by that many latents, with the rest in proportion."""
    latents = max(8, window.latents + longer)
    generator = torch.Generator().manual_seed(latents)
    visual = max(1, latents * 8 // 50)
    sync = SYNC_PERIOD * max(1, latents // 16)
    width = window.text.shape[1]
    parts = [torch.randn(rows, width, generator=generator) for rows in (9, 5, visual, sync)]
    return Conditions(latents, *parts)


@torch.inference_mode()
def stepped(  # noqa: PLR0917
    velocity: Velocity,
    step: Step,
    windows: Sequence[Conditions],
    place: int,
    x: Tensor,
    t: Tensor,
    exact: bool,
) -> Tensor:
    """Velocity (128, L) of X (128, L) at time T, as window PLACE among WINDOWS."""
    batch = velocity.batch(windows, guided=False, exact=exact)
    noisy = torch.randn(batch.layout.sizes.noisy, len(x), generator=torch.Generator().manual_seed(1))
    span = batch.layout.latents[place]
    rows = slice(span.start, span.start + span.count)
    noisy[rows] = x.T
    times = velocity.times(t[None])
    return step(batch, noisy.to(velocity.device), times.vec[0], times.triple[0], 1.0)[rows].T


# ------------------------------------------------------------------------------------ values on the way


def _on_the_way(blocks: Stored, ours: Stored, within: Tolerance) -> Iterator[Case]:
    """Every recorded value; one that nothing computes any more is a miss."""
    for key, expected in sorted(blocks.items()):
        part, _, name = key.partition(".")
        if part == "intermediates":
            if name in ours:
                yield compared(key, ours[name], expected, within)
            else:
                yield Case(key, float("inf"), str(within), note="not among the values of the step")


def _values(velocity: Velocity, case: Stored) -> Stored:
    """What the step computes for CASE, a batch of one, by the names that blocks.safetensors has."""
    window, model = conditions_of(case, 0), velocity.model
    batch = velocity.batch([window], guided=False, exact=True)
    times = velocity.times(case["t"])
    length, noisy = window.latents, case["x"][0].T.to(velocity.device)
    assert window.sync is not None
    angles = rope_table(torch.arange(length), velocity.hidden // velocity.heads, model.config.rope_theta)
    x = velocity.begin(batch, noisy)
    values = {
        "vec": times.vec,
        "sync_with_pos_emb": model.with_positions(window.sync.to(velocity.device)),
        "sync_embedded": batch.moments,
        "text_embedded": model.text_in(window.text.to(velocity.device)),
        "audio_embedded": model.audio_in(noisy),
        "visual_embedded": batch.visual,
        "audio_into_block0": x[:length].clone(),
        "single_cond": batch.moments[batch.maps.moment] + times.vec,
    }
    singles = SingleModulations(model.single_modulation, batch, times.vec[0], velocity.dtype)
    for number, after in enumerate(velocity.triple_blocks(batch, x, times.triple[0], singles[0])):
        y, x = after
        values[f"triple{number}.audio"] = x[:length].clone()
        values[f"triple{number}.visual"] = x[length:].clone()
    values[f"triple{len(model.triple_blocks) - 1}.visual"] = _last_picture(model, case)[0]
    for number, normed in enumerate(velocity.single_blocks(batch, x, y, singles)):
        values[f"single{number}.x"] = x.clone()
        y = normed
    values["final_layer"] = model.out(y)
    batched = {name: value if name == "vec" else value[None] for name, value in values.items()}
    rope = {f"single_rope_{name}": angles[n].repeat_interleave(2, 1) for n, name in enumerate(("cos", "sin"))}
    return batched | rope


def _last_picture(model: FoleyTransformer, case: Stored) -> Tensor:
    """The picture after the last triple block, which nothing reads: by the eager transformer."""
    seen: list[Tensor] = []
    hook = model.triple_blocks[-1].register_forward_hook(lambda block, given, made: seen.append(made[1]))
    try:
        model(*(case[key].to(model.device) for key in ("x", "t", "clip_feat", "cond", "sync_feat")))
    finally:
        hook.remove()
    return seen[0]


# ------------------------------------------------------------------------------------------------ probes


def _probes(blocks: Stored, velocity: Velocity, within: Tolerance) -> Iterator[Case]:
    """Blocks by themselves, on rows so small that the epsilons of their norms matter."""
    for part, run, expected in (
        ("probe_triple", _triple, ("expected_audio", "expected_visual")),
        ("probe_single", _single, ("expected",)),
        ("probe_final", _final, ("expected",)),
    ):
        probe = {key.partition(".")[2]: value for key, value in blocks.items() if key.startswith(f"{part}.")}
        for element in range(len(probe.get("expected", probe.get("expected_audio", ())))):
            given = {
                key: value[element].to(velocity.device) for key, value in probe.items() if "rope" not in key
            }
            with torch.inference_mode():
                made = run(velocity, given)
            for name, value in zip(expected, made, strict=True):
                yield compared(f"{part}.{name} {element}", value, probe[name][element], within)


def _triple(velocity: Velocity, probe: Stored) -> tuple[Tensor, Tensor]:
    """Sound and picture after the first triple block. Needs a second one: the last has no picture."""
    audio, visual, text = probe["audio"], probe["visual"], probe["text"]
    batch = _batch(velocity, Lengths(len(audio), len(visual), SYNC_PERIOD, len(text)), text)
    table = velocity.triple_modulations(probe["vec"][None])[0]
    following = Modulation(table[1], batch.maps.stream)
    _, x = next(velocity.triple_blocks(batch, torch.cat([audio, visual]), table, following))
    return x[: len(audio)], x[len(audio) :]


def _single(velocity: Velocity, probe: Stored) -> tuple[Tensor]:
    """The sound after the first single block, each row with a condition of its own."""
    x, moments = probe["x"].clone(), probe["cond"]
    text = moments.new_zeros(1, velocity.hidden)
    batch = _batch(velocity, Lengths(len(x), 1, len(x), 1), text, moments)
    singles = SingleModulations(
        velocity.model.single_modulation, batch, moments.new_zeros(()), velocity.dtype
    )
    y = velocity.ops.norm(x, singles[0][0], SINGLE_NORM_EPS)
    next(velocity.single_blocks(batch, x, y, singles))
    return (x,)


def _final(velocity: Velocity, probe: Stored) -> tuple[Tensor]:
    return (velocity.model.out(velocity.ops.plain_norm(probe["x"], NORM_EPS, velocity.dtype)),)


def _batch(velocity: Velocity, lengths: Lengths, text: Tensor, moments: Tensor | None = None) -> Batch:
    """A batch of one window from embedded TEXT and MOMENTS."""
    layout = plan_layout([lengths], guided=False, exact=True)
    maps = layout.maps.to(velocity.device)
    if moments is None:
        moments = text.new_zeros(lengths.sync, velocity.hidden)
    visual = text.new_zeros(lengths.visual, velocity.hidden)
    return Batch(layout, maps, moments, visual, velocity.text_kv(text, maps))
