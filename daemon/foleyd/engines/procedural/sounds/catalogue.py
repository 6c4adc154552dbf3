"""All families, by name; the lexicon's words point at their sounds."""

from __future__ import annotations

from foleyd.engines.procedural.sounds import (
    breaks,
    cloth,
    doors,
    engines,
    fire,
    footsteps,
    hits,
    rain,
    tone,
    water,
    whooshes,
    wind,
)
from foleyd.engines.procedural.sounds.family import Family, Sound, Voice

_ALL: tuple[Family, ...] = (
    footsteps.FAMILY,
    cloth.FAMILY,
    hits.FAMILY,
    breaks.FAMILY,
    doors.FAMILY,
    water.FAMILY,
    rain.FAMILY,
    wind.FAMILY,
    fire.FAMILY,
    engines.FAMILY,
    whooshes.FAMILY,
    tone.FAMILY,
)

FAMILIES: dict[str, Family] = {family.name: family for family in _ALL}
"""Every family there is."""


def sound_of(voice: Voice) -> Sound:
    """The sound that VOICE names; raises KeyError when there is no such sound."""
    return FAMILIES[voice.family].sound(voice.sound)
