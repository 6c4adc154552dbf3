"""From what was seen and what was asked for to a score: which sound at which sample, which beds.

Event times come from the picture alone; a seed never moves them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy import signal

from foleyd.engines.procedural.options import Settings
from foleyd.engines.procedural.prompt import Reading
from foleyd.engines.procedural.sight import CONTACT, Impacts, Sight
from foleyd.engines.procedural.sounds.catalogue import sound_of
from foleyd.engines.procedural.sounds.family import RATE, Trigger, Voice

_OUTDOOR_GROUNDS = {"gravel", "grass", "snow", "ice", "sand", "mud", "dirt", "leaves", "water", "roof"}
_OUTDOOR_SOUNDS = {"rain", "wind", "engines"}
_OUTDOOR_WATER = {"stream", "sea", "splash"}
_SWEEP_SPEED = 0.35
_SWEEP_MOTION = 0.2
_SWEEP_SPACING_S = 0.35
_SWEEP_CLEAR_S = 0.12


@dataclass(frozen=True, slots=True)
class Note:
    """One strike: the sample its onset falls on, the voice's index, strength 0..1, pan -1..1."""

    at: int
    voice: int
    strength: float
    pan: float


@dataclass(frozen=True, slots=True)
class Score:
    """What will be played: VOICES, their NOTES in time order, BEDS (indices of voices), the SPACE
    to play in, WARNINGS for the editor."""

    voices: tuple[Voice, ...]
    notes: tuple[Note, ...]
    beds: tuple[int, ...]
    space: str
    warnings: tuple[str, ...] = ()


def compose(reading: Reading, sight: Sight, settings: Settings, samples: int, character: int = 0) -> Score:
    """The score of READING over SIGHT, SAMPLES long. CHARACTER differs from take to take."""
    voices = tuple(replace(voice, character=character) for voice in reading.voices)
    notes: list[Note] = []
    beds: list[int] = []
    warnings: list[str] = []
    for trigger, indices in _parts(voices).items():
        events = _events(trigger, sight, voices, settings)
        turns = _shared(indices, len(events))
        notes += _notes(events, turns, samples)
        for index in indices:
            if index in turns:
                continue
            if sound_of(voices[index]).bed is not None:
                beds.append(index)
            else:
                warnings.append(_unheard(trigger, voices[index], sight, len(events)))
        if len(indices) > 1 and len(events):
            warnings.append(_in_turn(trigger, [voices[i] for i in indices], len(events)))
    beds += [i for i, voice in enumerate(voices) if sound_of(voice).on is None]
    if not _moves(sight):
        still = [voices[i] for i in sorted(beds) if sound_of(voices[i]).moved]
        why = "nothing moves in the picture" if len(sight.frame_times) else "there is no picture"
        warnings += [f"'{voice.words}' follows motion, and {why}; it stays silent." for voice in still]
    notes.sort(key=lambda note: (note.at, note.voice))
    return Score(voices, tuple(notes), tuple(sorted(beds)), _space(reading, settings), tuple(warnings))


def _parts(voices: Sequence[Voice]) -> dict[Trigger, list[int]]:
    """Indices of the voices that each trigger sets off, triggers in a fixed order."""
    parts: dict[Trigger, list[int]] = {}
    for trigger in Trigger:
        indices = [i for i, voice in enumerate(voices) if sound_of(voice).on is trigger]
        if indices:
            parts[trigger] = indices
    return parts


def _events(trigger: Trigger, sight: Sight, voices: Sequence[Voice], settings: Settings) -> Impacts:
    """The picture's events for TRIGGER.

    Footsteps and hits in one prompt part footfalls from other impacts; either alone takes both.
    """
    if trigger is Trigger.SWEEP:
        return sweeps(sight)
    loud = sight.impacts.where(sight.impacts.strength >= 0.5 * (1.0 - settings.sensitivity) ** 2)
    asked = set(_parts(voices))
    if not {Trigger.CONTACT, Trigger.IMPACT} <= asked:
        return loud
    footfall = loud.kind == CONTACT
    if trigger is Trigger.CONTACT:
        return loud.where(footfall)
    return loud.where(~footfall)


def sweeps(sight: Sight) -> Impacts:
    """Moments when something passes fast without hitting anything.

    Peaks of the motion above 0.2 that stand out from their surroundings by half, faster than 0.35
    picture widths a second, at least 0.35 s apart, none within 0.12 s of an impact or a cut.
    """
    if len(sight.frame_times) < 3:
        return Impacts.none()
    moving = np.where(sight.motion_speed > _SWEEP_SPEED, sight.motion, 0.0)
    spacing = float(np.median(np.diff(sight.frame_times)))
    distance = max(1, round(_SWEEP_SPACING_S / max(spacing, 1e-3)))
    padded = np.concatenate(([0.0], moving, [0.0]))
    peaks, found = signal.find_peaks(padded, height=_SWEEP_MOTION, prominence=0.0, distance=distance)
    peaks = peaks[found["prominences"] >= 0.5 * found["peak_heights"]] - 1
    times = sight.frame_times[peaks] - spacing / 2
    others = np.concatenate((sight.impacts.time, sight.cuts))
    near = np.abs(times[:, None] - others[None, :]).min(axis=1, initial=np.inf) < _SWEEP_CLEAR_S
    peaks, times = peaks[~near], np.maximum(times[~near], 0.0)
    return Impacts(
        time=times,
        strength=np.clip(moving[peaks] / 0.8, 0.1, 1.0),
        pan=sight.motion_x[peaks],
        size=sight.motion_size[peaks],
        speed=sight.motion_speed[peaks],
        kind=np.zeros(len(peaks), np.int8),
    )


def _shared(indices: Sequence[int], events: int) -> list[int]:
    """Whose turn each event is: the voices one after the other, in the prompt's order."""
    return [indices[number % len(indices)] for number in range(events)]


def _notes(events: Impacts, turns: Sequence[int], samples: int) -> Iterable[Note]:
    for number, voice in enumerate(turns):
        at = round(float(events.time[number]) * RATE)
        if 0 <= at < samples:
            strength = float(np.clip(events.strength[number], 0.0, 1.0))
            yield Note(at, voice, strength, float(np.clip(events.pan[number], -1.0, 1.0)))


def _moves(sight: Sight) -> bool:
    return bool(np.any(sight.motion > 0.01))


def across_cuts(sight: Sight) -> Sight:
    """SIGHT with its motion bridged where none can be measured, so that what follows it does not gasp.

    That is the first frame of every shot, and a frame that repeats the one before amid motion (a slower
    picture on a faster timeline): there the motion is taken, linearly, from the frames around.
    """
    if len(sight.frame_times) < 3:
        return sight
    times, motion = sight.frame_times, sight.motion
    around = np.minimum(np.append(motion[1:], 0.0), np.append(0.0, motion[:-1]))
    unmeasured = (motion == 0.0) & (around > 0.0)
    unmeasured[0] = True
    half = float(np.median(np.diff(times))) / 2
    unmeasured[np.minimum(np.searchsorted(times, sight.cuts - half), len(times) - 1)] = True
    if np.all(unmeasured):
        return sight
    return replace(sight, motion=np.interp(times, times[~unmeasured], motion[~unmeasured]))


def activity(sight: Sight, start: int, count: int) -> npt.NDArray[np.float32]:
    """How much moves in the picture over COUNT samples from sample START: 0 still .. 1 plenty.

    The picture's motion energy, opened up so that middling motion already rustles, and linear
    between frames.
    """
    if not len(sight.frame_times):
        return np.zeros(count, dtype=np.float32)
    step = 240
    coarse = np.arange(start, start + count + step, step)
    motion = sight.sampled("motion", coarse / RATE)
    opened = 1.0 - np.exp(-np.clip(motion - 0.005, 0.0, None) / 0.12)
    fine = np.arange(start, start + count)
    return np.interp(fine, coarse, opened).astype(np.float32)


def _space(reading: Reading, settings: Settings) -> str:
    """The room to play in: the option, else the prompt's word, else what its sounds suggest."""
    if settings.space != "auto":
        return settings.space
    if reading.space:
        return reading.space
    outdoors = any(
        voice.family in _OUTDOOR_SOUNDS
        or (voice.family == "footsteps" and voice.material in _OUTDOOR_GROUNDS)
        or (voice.family == "water" and voice.sound in _OUTDOOR_WATER)
        or (voice.family, voice.sound) == ("tone", "traffic")
        for voice in reading.voices
    )
    return "outdoors" if outdoors else "small"


_SEEN = {Trigger.CONTACT: "footfalls", Trigger.IMPACT: "impacts", Trigger.SWEEP: "fast passes"}


def _unheard(trigger: Trigger, voice: Voice, sight: Sight, events: int) -> str:
    if not len(sight.frame_times):
        return f"There is no picture to place '{voice.words}' by, so it stays silent."
    if events:
        return f"There were too few {_SEEN[trigger]} in the picture for '{voice.words}'; it is not heard."
    return f"No {_SEEN[trigger]} were seen in the picture, so '{voice.words}' stays silent."


def _in_turn(trigger: Trigger, voices: Sequence[Voice], events: int) -> str:
    names = ", ".join(f"'{voice.words}'" for voice in voices)
    return f"{names} share {events} {_SEEN[trigger]} in turn; make a cue for each to choose."
