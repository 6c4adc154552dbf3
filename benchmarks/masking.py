"""How well spot effects stand out of beds: onsets found in takes against the events they were made for.

    python -m benchmarks.masking [--seeds N] [PROMPT ...]

Eighteen events for each seed, 0.45 to 0.7 s apart, strengths 0.45 to 1, known to the sample. An onset is
a 10 ms frame that stands more than 9 dB over the lowest of the 80 ms before it and within 22 dB of the
loudest frame; onsets within 120 ms of the one before are not counted. One may meet one event, within 87 ms.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from foleyd.engines.engine import Audio, Item, Window
from foleyd.engines.procedural.engine import ProceduralEngine
from foleyd.engines.procedural.prompt import read
from foleyd.engines.procedural.sight import CONTACT, IMPACT, Impacts, Sight
from foleyd.engines.procedural.sounds.catalogue import sound_of
from foleyd.engines.procedural.sounds.family import RATE, Samples, Trigger

PROMPTS = (
    "heavy boots on wet gravel, distant thunder, light rain",
    "boots on gravel, light rain",
    "boots on gravel, rain",
    "boots on gravel, heavy rain",
    "footsteps on wood, light rain on a tin roof",
    "boots on gravel, rain on leaves",
    "footsteps, drizzle",
    "metal hit, light rain",
    "footsteps, fire",
    "boots on gravel, crackling campfire",
    "footsteps, stream",
    "footsteps, sea",
    "footsteps on sand, sea",
    "footsteps on gravel, wind",
    "footsteps on leaves, wind in trees",
    "footsteps, crowd",
    "footsteps, cloth rustle",
    "car engine, footsteps",
    "motorcycle, footsteps",
    "footsteps, thunder",
    "footsteps on grass, dripping water",
    *(f"footsteps on {ground}" for ground in ("gravel", "sand", "mud", "leaves", "snow", "grass", "dirt")),
    *(f"footsteps on {ground}" for ground in ("concrete", "wood", "carpet")),
)
_EVENTS = 18
_TOLERANCE_S = 0.087
_FRAME = RATE // 100


@dataclass(frozen=True, slots=True)
class Found:
    """How onsets met events."""

    hits: int = 0
    missed: int = 0
    extra: int = 0

    def __add__(self, other: Found) -> Found:
        return Found(self.hits + other.hits, self.missed + other.missed, self.extra + other.extra)

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall."""
        return 2 * self.hits / max(1, 2 * self.hits + self.missed + self.extra)


def onsets(x: Samples) -> list[float]:
    """Seconds of the onsets in X, (2, n), as the module's text says."""
    mono = x.mean(axis=0).astype(np.float64)
    frames = mono[: len(mono) // _FRAME * _FRAME].reshape(-1, _FRAME)
    level = 10 * np.log10((frames**2).mean(axis=1) + 1e-12)
    found: list[int] = []
    for i in range(1, len(level)):
        stands = level[i] > level.max() - 22 and level[i] - level[max(0, i - 8) : i].min() > 9
        if stands and (not found or i - found[-1] > 12):
            found.append(i)
    return [i / 100 for i in found]


def met(times: npt.NDArray[np.float64], found: list[float], tolerance: float = _TOLERANCE_S) -> Found:
    """How onsets FOUND meet the events at TIMES, each at most once, the nearest first come."""
    left, hits = list(found), 0
    for time in times:
        nearest = min(left, key=lambda onset: abs(onset - float(time)), default=None)
        if nearest is not None and abs(nearest - float(time)) <= tolerance:
            left.remove(nearest)
            hits += 1
    return Found(hits, len(times) - hits, len(left))


def scene(seed: int, kind: int) -> Sight:
    """Events of one KIND amid even motion."""
    rng = np.random.default_rng(seed)
    times = np.cumsum(rng.uniform(0.45, 0.7, _EVENTS)) + 0.1
    seconds = float(times[-1]) + 1.0
    frames = np.arange(int(seconds * 25)) / 25
    still, size = np.zeros(len(frames)), np.full(_EVENTS, 0.05)
    strength = rng.uniform(0.45, 1.0, _EVENTS)
    events = Impacts(times, strength, np.zeros(_EVENTS), size, size, np.full(_EVENTS, kind, np.int8))
    return Sight(seconds, frames, still + 0.3, still, still, still, still, still, np.zeros(0), events)


def take(prompt: str, seen: Sight, seed: int) -> Samples:
    """The engine's take of PROMPT over SEEN."""
    n = round(seen.duration * RATE)
    item = Item([(Window(Fraction(0), n), seen.to_features())], prompt, "", seed, n)
    made = ProceduralEngine().generate([item], lambda _done, _total: None, lambda _index: False)[0]
    assert isinstance(made, Audio)
    return made.samples


def measure(prompt: str, seeds: int) -> Found:
    """Onsets against events over so many SEEDS."""
    steps = any(sound_of(voice).on is Trigger.CONTACT for voice in read(prompt).voices)
    total = Found()
    for seed in range(1, seeds + 1):
        seen = scene(seed, CONTACT if steps else IMPACT)
        total += met(seen.impacts.time, onsets(take(prompt, seen, seed)))
    return total


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("prompts", nargs="*", help="measure these only")
    parser.add_argument("--seeds", type=int, default=3)
    chosen = parser.parse_args()
    for prompt in chosen.prompts or PROMPTS:
        found = measure(prompt, chosen.seeds)
        print(
            f"{prompt:56} F1 {found.f1:.2f}  hits {found.hits}  missed {found.missed}  extra {found.extra}",
            flush=True,
        )


if __name__ == "__main__":
    main()
