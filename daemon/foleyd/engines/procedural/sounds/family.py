"""What a family of sounds is, and what a voice asks of it.

A family (``footsteps``, ``rain`` …) is a module with one constant, ``FAMILY``: a handful of sounds,
each a pure function of the voice's qualities and a random generator. Nothing here reads a
picture or a prompt; nothing here knows how loud the mix is.

Levels. Every sound is rendered at one reference, so that mixing is decided in one place
(``Sound.level`` and the player):

- a strike at strength 1 and intensity 0.5 has its loudest 400 ms (momentary loudness,
  ITU-R BS.1770, the same signal in both channels when mono) at ``REFERENCE`` LUFS within 3 dB,
  averaged over hits; its peaks stay under 0 dBFS;
- a bed at intensity 0.5 has an integrated loudness of ``REFERENCE`` LUFS within 3 dB; a bed
  that follows motion has it at full activity.

Intensity may change level by itself (heavy rain is louder than light rain). Strength changes
timbre only (a harder hit is brighter): its level is the player's. Distance likewise: level, air
and room are the player's, a family reads it only where the source itself sounds different
(distant thunder rolls, near thunder cracks).
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

RATE = 48_000
"""Samples a second, everywhere in this engine."""

HOP = 12_000
"""Samples that a bed yields at a time (0.25 s); the player cuts them to size, so that what is
heard never depends on block sizes."""

MAX_RUN_UP = 8 * RATE
"""The most samples that a strike may have before its onset."""

REFERENCE = -26.0
"""LUFS at which every sound is rendered (see the module's text)."""

Samples = npt.NDArray[np.float32]
"""(n,) mono or (2, n) stereo."""

Activity = Callable[[int], Samples]
"""``activity(i)`` is how much moves in the picture during hop I: (HOP,) float32, 0..1."""


class Trigger(enum.Enum):
    """What in the picture sets off a strike."""

    CONTACT = "contact"
    """Footfalls; other impacts where no footfall is told apart."""
    IMPACT = "impact"
    """Something hits something; footfalls too, where nothing else asks for them."""
    SWEEP = "sweep"
    """Something passes fast, at its fastest moment."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One sound that a prompt asks for, with its qualities.

    FAMILY and SOUND name it. MATERIAL is the surface trodden, struck, broken or rained on
    ("gravel"; empty: the sound's own habit), TOOL what strikes it ("boots"). Qualities run 0..1:
    INTENSITY light/soft .. heavy/loud, DISTANCE close .. far, SIZE small .. large, SPEED slow ..
    fast, WETNESS dry .. wet. WORDS are the prompt's, for warnings. CHARACTER is the same for all
    hits of a take and differs between takes: what belongs to the thing itself (its mode
    frequencies, say) is drawn from ``default_rng(character)``, what differs from hit to hit from the
    strike's own generator.
    """

    family: str
    sound: str
    material: str = ""
    tool: str = ""
    intensity: float = 0.5
    distance: float = 0.2
    size: float = 0.5
    speed: float = 0.5
    wetness: float = 0.0
    words: str = ""
    character: int = 0


@dataclass(frozen=True, slots=True)
class Strike:
    """One hit: SAMPLES and the sample in them (ONSET) that must fall on the picture's event.

    The onset is where the ear puts the event: the first contact of a heel, the bang of a slam
    (its creak before it), the closest moment of a pass. For an impact nothing above -40 dB of the
    peak sounds before it.
    """

    samples: Samples
    onset: int = 0


StrikeMaker = Callable[[Voice, float, np.random.Generator], Strike]
"""``strike(voice, strength, rng)``: strength 0..1; every call is another hit."""

BedMaker = Callable[[Voice, Activity, np.random.Generator], Iterator[Samples]]
"""``bed(voice, activity, rng)`` yields (2, HOP) float32 without end, in memory that never grows."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A sound of a family: how it is made and where a mixer would put it.

    LEVEL is its loudness in a finished mix, in LUFS, close by, measured as ``REFERENCE`` is. STRIKE is
    set off by ON. BED runs under the whole item. With both, the bed plays only where the
    picture shows nothing that could strike. MOVED beds follow the picture's motion and are
    silent on a still. SPARSE beds are made of separate sounds (strokes, drips, cars passing). MATERIALS
    are those it tells apart or has the nearest of; None when it does not listen to any.
    """

    name: str
    level: float
    strike: StrikeMaker | None = None
    on: Trigger | None = None
    bed: BedMaker | None = None
    moved: bool = False
    sparse: bool = False
    materials: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if (self.strike is None) != (self.on is None):
            raise ValueError(f"sound {self.name}: a strike needs a trigger, and a trigger a strike")
        if self.strike is None and self.bed is None:
            raise ValueError(f"sound {self.name} can neither strike nor run as a bed")

    @property
    def even(self) -> bool:
        """Whether its bed is a texture, whose bursts are no events of their own."""
        return self.bed is not None and not self.moved and not self.sparse


@dataclass(frozen=True, slots=True)
class Family:
    """A named handful of sounds; SUMMARY is a few words for a list of what can be asked for."""

    name: str
    summary: str
    sounds: tuple[Sound, ...]

    def sound(self, name: str) -> Sound:
        """The sound called NAME; raises KeyError."""
        for sound in self.sounds:
            if sound.name == name:
                return sound
        raise KeyError(f"{self.name} has no sound {name!r}")
