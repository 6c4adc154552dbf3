"""What can be set for a take by the hunyuan engine, and how a request's text is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast, get_args

from foleyd.engines.engine import Option, OptionError

Crop = Literal["centre", "motion", "letterbox"]
"""What the sync encoder sees of the picture: the middle square, the one with the most action, all of it."""

NEGATIVE_PROMPT = "noisy, harsh"
"""Used where a request names none (model-spec.md 1)."""

OPTIONS: dict[str, Option] = {
    "steps": Option("50", "how many steps it is denoised in: 1 to 200; fewer are quicker and rougher"),
    "guidance_scale": Option(
        "4.5", "how closely the prompt is kept to: 1 not at all against the picture alone, up to 20"
    ),
    "sync_crop": Option(
        "centre",
        "what of the picture times the sound: the middle square, that with the most action, or all",
        get_args(Crop),
        sees=True,
    ),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Options as values."""

    steps: int = 50
    guidance: float = 4.5
    crop: Crop = "centre"


def read_options(options: Mapping[str, str]) -> Settings:
    """OPTIONS of a request as settings. Raises OptionError for unknown names and wrong values."""
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise OptionError.of(
            unknown[0],
            f"The hunyuan engine has no option '{unknown[0]}'; it has {', '.join(sorted(OPTIONS))}.",
        )
    steps = _number("steps", options, 1, 200)
    if steps != int(steps):
        raise OptionError.of(
            "steps", f"Option steps is '{options['steps']}'; it takes a whole number from 1 to 200."
        )
    crop = options.get("sync_crop", OPTIONS["sync_crop"].default)
    if crop not in get_args(Crop):
        raise OptionError.of(
            "sync_crop", f"Option sync_crop is '{crop}'; it takes one of {', '.join(get_args(Crop))}."
        )
    return Settings(int(steps), _number("guidance_scale", options, 0, 20), cast(Crop, crop))


def _number(name: str, options: Mapping[str, str], low: float, high: float) -> float:
    text = options.get(name, OPTIONS[name].default)
    try:
        value = float(text)
    except ValueError as error:
        raise OptionError.of(
            name, f"Option {name} is '{text}'; it takes a number from {low} to {high}."
        ) from error
    if not low <= value <= high:
        raise OptionError.of(name, f"Option {name} is {text}; it takes a number from {low} to {high}.")
    return value
