"""The procedural engine's options: what can be set, and how a request's text is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from foleyd.engines.engine import Option, OptionError

SPACES = ("dry", "small", "large", "outdoors")

OPTIONS: dict[str, Option] = {
    "space": Option(
        "auto",
        "where it is heard: auto takes it from the prompt's words",
        ("auto", *SPACES),
    ),
    "sensitivity": Option(
        "0.5",
        "how slight an impact in the picture still sounds: 0 only the plainest, 1 all that were seen",
    ),
    "width": Option(
        "0.6", "how far sounds move to the sides with the picture: 0 mono to 1 hard left and right"
    ),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Options as values: SPACE ("auto" or one of SPACES), SENSITIVITY and WIDTH 0..1."""

    space: str = "auto"
    sensitivity: float = 0.5
    width: float = 0.6


def read_options(options: Mapping[str, str]) -> Settings:
    """OPTIONS of a request as settings; raises OptionError for unknown names and wrong values."""
    unknown = sorted(set(options) - set(OPTIONS))
    if unknown:
        raise OptionError.of(
            unknown[0],
            f"The procedural engine has no option '{unknown[0]}'; it has {', '.join(sorted(OPTIONS))}.",
        )
    space = options.get("space", OPTIONS["space"].default)
    if space not in OPTIONS["space"].choices:
        choices = ", ".join(OPTIONS["space"].choices)
        raise OptionError.of("space", f"Option space is '{space}'; it takes one of {choices}.")
    return Settings(space, _share("sensitivity", options), _share("width", options))


def _share(name: str, options: Mapping[str, str]) -> float:
    text = options.get(name, OPTIONS[name].default)
    try:
        value = float(text)
    except ValueError as error:
        raise OptionError.of(name, f"Option {name} is '{text}'; it takes a number from 0 to 1.") from error
    if not 0.0 <= value <= 1.0:
        raise OptionError.of(name, f"Option {name} is {text}; it takes a number from 0 to 1.")
    return value
