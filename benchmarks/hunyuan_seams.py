"""Whether one hears where the windows of a long take join: a measurement for whoever has trained weights.

    python -m benchmarks.hunyuan_seams MODEL [--seconds 30] [--overlap 1] [--takes 4] [--device auto]
        [--steps 50] [--guidance 4.5] [--seed 0] [--json FILE]
    python -m benchmarks.hunyuan_seams --random       tiny random weights: shows that it runs, says nothing

MODEL is the folder of a model that `foley models` has converted. Takes of text only are made of windows that
overlap, and of windows that meet with hard edges. Three figures are taken at each join, and at places a
second or more from any join:

* level: decibels by which the half second after the place is louder or softer than that before it;
* spectrum: mean difference in decibels between both half seconds, over bands of a third of an octave;
* click: the largest second difference of the samples within 10 ms of the place, over its median around it.

A seam that cannot be heard has figures like those elsewhere. The table has medians and 95th percentiles of
both, and *p*, the share of pairs (a join, a place elsewhere) in which the join's figure is the larger: 0.5 is
no seam, 1.0 is one at every join.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from foleyd.engines.hunyuan.autoencoder import FoleyAutoencoder
from foleyd.engines.hunyuan.denoise import Piece, Take, denoise, noise
from foleyd.engines.hunyuan.frame_clock import (
    LATENT_RATE,
    SAMPLES_PER_LATENT,
    SYNC_TOKENS,
    segments,
    sight_ticks,
)
from foleyd.engines.hunyuan.pipeline import served
from foleyd.engines.hunyuan.step import Conditions
from foleyd.engines.hunyuan.transformer import FoleyTransformer

RATE = LATENT_RATE * SAMPLES_PER_LATENT
HALF_SECOND = RATE // 2
CLICK = RATE // 100
FIGURES = ("level", "spectrum", "click")
PROMPTS = (
    "footsteps on gravel",
    "rain on a tin roof",
    "a crowd in a large hall",
    "an engine idling",
)
NEGATIVE = "noisy, harsh"
WINDOW_S = 8

Sound = NDArray[np.float64]


@dataclass(slots=True)
class Models:
    """What text only needs."""

    transformer: FoleyTransformer
    autoencoder: FoleyAutoencoder
    text: Any

    @classmethod
    def load(cls, home: Path, device: torch.device) -> Models:
        from foleyd.engines.hunyuan.encoders import TextEncoder
        from foleyd.engines.hunyuan.loading import load_module

        dtype = torch.float16 if device.type == "cuda" else torch.float32
        return cls(
            load_module(FoleyTransformer, home / "transformer", dtype, device),
            load_module(FoleyAutoencoder, home / "autoencoder", torch.float32, device),
            TextEncoder.from_pretrained(home / "clap", torch.float32, device),
        )

    @classmethod
    def random(cls) -> Models:
        """Tiny, with weights that mean nothing."""
        torch.manual_seed(0)
        transformer = FoleyTransformer(2, 3, 64, 2, conv_inner=256)
        autoencoder = FoleyAutoencoder(decoder_dim=32)
        for parameters, gain in ((transformer.parameters(), 1.0), (autoencoder.parameters(), 0.4)):
            for parameter in parameters:
                if parameter.shape[1:].numel() > 1:
                    torch.nn.init.normal_(parameter, std=gain * parameter[0].numel() ** -0.5)
        models = (transformer.eval().requires_grad_(False), autoencoder.eval().requires_grad_(False))
        return cls(*models, lambda prompt, negative: torch.randn(2, 9, transformer.config.condition_width))


def spans_of(latents: int, overlap: int) -> list[tuple[int, int]]:
    """Windows of about WINDOW_S seconds over LATENTS latents, with OVERLAP of them shared by neighbours."""
    most = WINDOW_S * LATENT_RATE
    count = max(2, -(-(latents - overlap) // (most - overlap)))
    edges = [round(n * (latents - overlap) / count) for n in range(count + 1)]
    return [(first, last + overlap) for first, last in pairwise(edges)]


def joins_of(spans: Sequence[tuple[int, int]]) -> list[int]:
    """The sample at which each window hands over to the next: the middle of what they share."""
    return [(before[1] + after[0]) * SAMPLES_PER_LATENT // 2 for before, after in pairwise(spans)]


def sound_of(models: Models, prompt: str, spans: Sequence[tuple[int, int]], given: Any, seed: int) -> Sound:
    """A take of text only in windows SPANS, as the engine makes it."""
    negative, text = models.text(prompt, NEGATIVE)
    pieces = []
    for first, last in spans:
        ticks = (last - first) // 2
        sight, moments = sight_ticks(ticks), SYNC_TOKENS * segments(ticks)
        pieces.append(Piece(first, Conditions(last - first, text, negative, visual=sight, moments=moments)))
    velocity, step = served(models.transformer)
    take = Take(tuple(pieces), noise(seed, spans[-1][1], int(models.transformer.config.latent_channels)))
    (made,) = denoise(
        velocity, [take], given.steps, given.guidance, lambda done, of: None, lambda number: False, step
    )
    if made.latents is None:
        raise SystemExit("values left the range of the precision; nothing can be measured")
    with torch.inference_mode():
        decoded = models.autoencoder.decode(made.latents.T[None].float(), 750)
    sound: Sound = decoded[0, 0].double().cpu().numpy()
    return sound


# --------------------------------------------------------------------------------------------- figures


def places_elsewhere(samples: int, joins: Sequence[int]) -> list[int]:
    """Places every 0.25 s that are a second from any join and half a second from both ends."""
    places = range(HALF_SECOND, samples - HALF_SECOND, RATE // 4)
    return [place for place in places if all(abs(place - join) >= 2 * HALF_SECOND for join in joins)]


def figures_at(sound: Sound, place: int) -> dict[str, float]:
    """The three figures of SOUND at sample PLACE."""
    before, after = sound[place - HALF_SECOND : place], sound[place : place + HALF_SECOND]
    bent = np.abs(np.diff(sound[place - HALF_SECOND : place + HALF_SECOND], 2))
    middle = len(bent) // 2
    click = bent[middle - CLICK : middle + CLICK].max() / (np.median(bent) + 1e-12)
    apart = np.abs(bands(before) - bands(after))
    return {
        "level": abs(decibels(np.mean(before**2)) - decibels(np.mean(after**2))),
        "spectrum": float(apart.mean()),
        "click": float(click),
    }


def bands(sound: Sound) -> Sound:
    """Power of SOUND in decibels, in bands of a third of an octave from 50 Hz to 16 kHz."""
    power = np.abs(np.fft.rfft(sound * np.hanning(len(sound)))) ** 2
    edges = 50 * 2 ** (np.arange(26) / 3)
    bins = np.round(edges * len(sound) / RATE).astype(int)
    sums = [power[low : max(high, low + 1)].sum() for low, high in pairwise(bins)]
    return np.array([decibels(each) for each in sums])


def decibels(power: Any) -> float:
    return float(10 * np.log10(float(power) + 1e-12))


def larger(joins: Sequence[float], elsewhere: Sequence[float]) -> float:
    """The share of pairs in which the join's figure is the larger, ties by half (Mann and Whitney 1947)."""
    a, b = np.asarray(joins)[:, None], np.asarray(elsewhere)[None]
    return float(((a > b) + 0.5 * (a == b)).mean())


def summary(at_joins: Sequence[dict[str, float]], elsewhere: Sequence[dict[str, float]]) -> dict[str, Any]:
    """Per figure: median and 95th percentile at joins and elsewhere, and how often a join's is the larger."""
    table = {}
    for name in FIGURES:
        ours, theirs = [one[name] for one in at_joins], [one[name] for one in elsewhere]
        table[name] = {
            "joins_median": float(np.median(ours)),
            "joins_95": float(np.percentile(ours, 95)),
            "elsewhere_median": float(np.median(theirs)),
            "elsewhere_95": float(np.percentile(theirs, 95)),
            "p": larger(ours, theirs),
        }
    return {"joins": len(at_joins), "elsewhere": len(elsewhere), "figures": table}


def measured(models: Models, given: argparse.Namespace, overlap: int) -> dict[str, Any]:
    """All takes with windows that share OVERLAP latents."""
    spans = spans_of(round(given.seconds * LATENT_RATE), overlap)
    joins = joins_of(spans)
    at_joins, elsewhere = [], []
    for number in range(given.takes):
        sound = sound_of(models, PROMPTS[number % len(PROMPTS)], spans, given, given.seed + number)
        at_joins += [figures_at(sound, join) for join in joins]
        elsewhere += [figures_at(sound, place) for place in places_elsewhere(len(sound), joins)]
    if not elsewhere:
        raise SystemExit("a take of this length has no place far enough from a join; choose more --seconds")
    return summary(at_joins, elsewhere)


def row(words: str, name: str, found: dict[str, float]) -> str:
    return (
        f"{words:14} {name:9} {found['joins_median']:9.2f} {found['joins_95']:9.2f}"
        f" {found['elsewhere_median']:12.2f} {found['elsewhere_95']:9.2f} {found['p']:6.2f}"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.hunyuan_seams", description=(__doc__ or "").partition("\n")[0]
    )
    parser.add_argument("model", type=Path, nargs="?", help="a converted model's folder")
    parser.add_argument("--random", action="store_true", help="tiny random weights instead")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--overlap", type=float, default=1.0, help="seconds that neighbours share")
    parser.add_argument("--takes", type=int, default=4)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--guidance", type=float, default=4.5)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--device", default="auto")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args(arguments)
    if given.random == bool(given.model):
        parser.error("either MODEL or --random")
    found = "cuda" if torch.cuda.is_available() else "cpu"
    device = torch.device(found if given.device == "auto" else given.device)
    models = Models.random() if given.random else Models.load(given.model, device)
    print(f"{'windows':14} {'figure':9} {'at joins':>9} {'95 %':>9} {'elsewhere':>12} {'95 %':>9} {'p':>6}")
    report: dict[str, Any] = {"random_weights": given.random, "seconds": given.seconds, "takes": given.takes}
    for words, overlap in (("overlapping", round(given.overlap * LATENT_RATE)), ("hard edges", 0)):
        report[words] = measured(models, given, overlap)
        for name, figures in report[words]["figures"].items():
            print(row(words, name, figures), flush=True)
    print(f"{report['overlapping']['joins']} joins; level and spectrum in dB, click as a ratio")
    if given.random:
        print("random weights: this says that the command runs, and nothing about seams")
    if given.json:
        given.json.write_text(json.dumps(report, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
