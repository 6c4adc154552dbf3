"""How much of a card's memory the weights may take: which profile, and why. Needs no torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from foleyd.engines.engine import EngineError, EngineNotReady, OptionError
from foleyd.engines.hunyuan.store import PARTS

PROFILES = ("full", "8bit", "offload")
"""Everything as it is; the transformer's weights in 8 bits; those in host memory. Each takes less."""
WORKING = int(1.5 * 2**30)
"""Bytes beside the weights that a batch of takes, recordings and libraries are given.

Measured at full size: 0.8 GiB for 10 s, 1.2 for a minute, whose windows go four at a time; see
docs/performance.md.
"""
RAN_OUT = "memory of the card ran out"
_GIB = 2**30
_WORDS = {
    "full": "weights as they are",
    "8bit": "the transformer's weights in 8 bits",
    "offload": "the transformer's weights in host memory",
}


@dataclass(frozen=True, slots=True)
class Weights:
    """Bytes of the transformer's weights, and of all others, as they will be used."""

    transformer: int
    others: int

    def needs(self, profile: str) -> int:
        """Bytes of the card's memory that PROFILE takes."""
        share = {"full": self.transformer, "8bit": self.transformer // 2, "offload": 0}[profile]
        return share + self.others + WORKING


@dataclass(frozen=True, slots=True)
class Profile:
    """What was chosen, and a few words on what it means and why."""

    name: str
    reason: str


def choose_profile(wanted: str, free: int | None, weights: Weights) -> Profile:
    """The profile that WANTED means where FREE bytes of a card are free (None: it is no card).

    A named one is taken as it is. Raises OptionError for one that there is not, EngineNotReady where the
    card has not even room for the smallest.
    """
    if wanted not in ("", "auto"):
        if wanted not in PROFILES:
            known = ", ".join(("auto", *PROFILES))
            raise OptionError(f"there is no memory profile {wanted!r}; there are {known}", field="profile")
        return Profile(wanted, f"{_WORDS[wanted]}, as asked for")
    if free is None:
        return Profile("full", f"{_WORDS['full']}, on the processor")
    has = f"{free / _GIB:.1f} GiB of the card are free"
    for name in PROFILES:
        if weights.needs(name) <= free:
            return Profile(name, f"{_WORDS[name]}, since {has}")
    least = weights.needs(PROFILES[-1]) / _GIB
    raise EngineNotReady(f"{has}, and it needs {least:.1f}; close other programs that use the card")


def sparing(profile: str) -> Profile:
    """What to go on with when the card's memory ran out with PROFILE. Raises EngineError after the last."""
    later = PROFILES[PROFILES.index(profile) + 1 :]
    if not later:
        raise EngineError(
            f"{RAN_OUT}, even with {_WORDS[profile]};"
            " close other programs that use it, or make the cue shorter"
        )
    return Profile(later[0], f"{_WORDS[later[0]]}, since {RAN_OUT}")


def weights_of(home: Path) -> Weights:
    """Bytes of the weights in the folder of a model."""
    sizes = {part: sum(file.stat().st_size for file in (home / part).glob("*.safetensors")) for part in PARTS}
    transformer = sizes.pop("transformer")
    return Weights(transformer, sum(sizes.values()))
