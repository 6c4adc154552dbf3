"""Denoising as jobs are denoised: the schedule, the latents at each recorded step, and the sound of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from torch import Tensor

from benchmarks.parity_groups.case import EXACT, Case, Manifest, compared, has, tolerance
from benchmarks.parity_groups.dac_vae import NEEDS as AUTOENCODER_NEEDS
from benchmarks.parity_groups.dac_vae import autoencoder
from benchmarks.parity_groups.dit_tiny import CONFIG, WEIGHTS, Stored, transformer
from foleyd.engines.hunyuan.denoise import Piece, Step, Take, denoise
from foleyd.engines.hunyuan.pipeline import served
from foleyd.engines.hunyuan.schedule import schedule
from foleyd.engines.hunyuan.step import Batch, Conditions, Velocity

FACTS, STORED = "sampler/cases.json", "sampler/cases.safetensors"
NEEDS = {
    "latents": (CONFIG, WEIGHTS, FACTS, STORED),
    "sound": (CONFIG, WEIGHTS, FACTS, STORED, *AUTOENCODER_NEEDS["dac_vae_tiny"]),
}


def cases(folder: Path, manifest: Manifest, device: torch.device) -> Iterator[Case]:
    """All cases; sound where the folder has an autoencoder for it."""
    if not has(folder, NEEDS["latents"]):
        return
    velocity, step = served(transformer(folder, device))
    latents = tolerance(manifest, STORED, "final_latents")
    decoder = autoencoder(folder, device) if has(folder, NEEDS["sound"]) else None
    for name, facts, stored in read_cases(folder):
        ours = schedule(facts["steps"])
        yield compared(f"{name} timesteps", ours.timesteps, stored["timesteps"], EXACT)
        yield compared(f"{name} sigmas", ours.sigmas, stored["sigmas"], EXACT)
        spy = Spy(step, len(stored["initial_latents"]))
        made = denoised(velocity, spy, facts, stored)
        yield compared(f"{name} final latents", made, stored["final_latents"], latents)
        if "trajectory" in stored:
            for expected, number in zip(
                stored["trajectory"], stored["trajectory_steps"].tolist(), strict=True
            ):
                seen = spy.before(int(number)) if number < facts["steps"] else made
                yield compared(f"{name} before step {int(number)}", seen, expected, latents)
        if decoder is not None and "audio" in stored:
            for words, part, source in (
                ("sound of the stored latents", "audio_from_stored_final_latents", stored["final_latents"]),
                ("sound, end to end", "audio_end_to_end", made),
            ):
                with torch.inference_mode():
                    sound = decoder.decode(source.to(device))
                yield compared(f"{name} {words}", sound, stored["audio"], tolerance(manifest, STORED, part))


def read_cases(folder: Path) -> Iterator[tuple[str, Mapping[str, Any], Stored]]:
    """Name, facts and tensors of each of FOLDER's cases."""
    stored = load_file(folder / STORED)
    for name, facts in json.loads((folder / FACTS).read_text()).items():
        yield (
            name,
            facts,
            {key.partition(".")[2]: value for key, value in stored.items() if key.startswith(f"{name}.")},
        )


def takes_of(stored: Stored) -> list[Take]:
    """One take for each element of the batch; conditions that are stored once are everybody's."""

    def of(name: str, element: int) -> Tensor:
        return stored[name][min(element, len(stored[name]) - 1)]

    takes = []
    for element, start in enumerate(stored["initial_latents"]):
        names = ("text_feat", "uncond_text_feat", "clip_feat", "sync_feat")
        window = Conditions(start.shape[1], *(of(name, element) for name in names))
        takes.append(Take((Piece(0, window),), start.T.contiguous()))
    return takes


@dataclass(slots=True)
class Spy:
    """STEP, and the latents that it was given for each of TAKES of one length, some at a time."""

    step: Step
    takes: int
    seen: list[Tensor] = field(default_factory=list)

    def __call__(self, batch: Batch, noisy: Tensor, vec: Tensor, triple: Tensor, guidance: float) -> Tensor:
        self.seen += [noisy[s.start : s.start + s.count].T.cpu() for s in batch.layout.latents]
        return self.step(batch, noisy, vec, triple, guidance)

    def before(self, number: int) -> Tensor:
        """Latents (takes, 128, L) before step NUMBER."""
        return torch.stack(self.seen[number * self.takes : (number + 1) * self.takes])


def denoised(
    velocity: Velocity, step: Step, facts: Mapping[str, Any], stored: Stored, beside: tuple[Take, ...] = ()
) -> Tensor:
    """Final latents (B, 128, L) of a case, with other takes BESIDE."""
    takes = [*takes_of(stored), *beside]
    guidance = float(facts["guidance_scale"])
    made = denoise(
        velocity, takes, facts["steps"], guidance, lambda done, of: None, lambda number: False, step
    )
    latents = [one.latents for one in made[: len(takes) - len(beside)]]
    if any(one is None for one in latents):
        return torch.full_like(stored["final_latents"], torch.nan)
    return torch.stack([one.T for one in latents if one is not None])
