"""Plays a score: strikes on their samples, beds under them, in a space, at a mixer's levels.

Rendered hop by hop (0.25 s) into an array, or, when long, into a temporary file that is mapped into
memory, so that ten minutes take no more memory than ten seconds.

Gain staging: sounds come at -26 LUFS and are set to their level in a finished mix (``Sound.level``:
steps and hits about -25, beds -30 to -50 LUFS). Under spot effects beds lie 5 dB lower (9, where they
are separate sounds) and their own bursts are held; weak events lie 12 dB under strong ones, and what is
far is quieter and darker. A look-ahead limiter keeps every sample under -3 dBFS; in a usual mix it
hardly acts.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import numpy as np

from foleyd.engines.procedural import dsp
from foleyd.engines.procedural.dynamics import LOOK_AHEAD, Limiter, held
from foleyd.engines.procedural.room import ROOMS, Reverb
from foleyd.engines.procedural.score import Note, Score, across_cuts, activity
from foleyd.engines.procedural.sight import Sight
from foleyd.engines.procedural.sounds.catalogue import sound_of
from foleyd.engines.procedural.sounds.family import HOP, MAX_RUN_UP, RATE, REFERENCE, Samples, Voice

IN_MEMORY_S = 60
"""Items longer than this are rendered into a temporary file."""

_LEVEL_RANGE_DB = 12.0
_UNDER_SPOTS_DB = 5.0
_SPARSE_UNDER_SPOTS_DB = 9.0
_NEAR = 0.2
_AIR_FROM = 0.35


class Stopped(Exception):
    """The caller wished rendering to stop."""


@dataclass(slots=True)
class _Sounding:
    """A strike that still has samples to come: STEREO (2, n) whose first falls on sample START."""

    start: int
    stereo: Samples
    send: float


@dataclass(slots=True)
class _Bed:
    """A running bed: its hops, gain, distance filter and share of reverb."""

    hops: Iterator[Samples]
    gain: float
    send: float
    air: dsp.Filter | None = None


@dataclass(slots=True)
class _Stage:
    """All that carries over from hop to hop."""

    beds: list[_Bed]
    notes: list[Note]
    sounding: list[_Sounding] = field(default_factory=list)
    reverb: Reverb | None = None


def hops(samples: int) -> int:
    """How many steps rendering SAMPLES takes."""
    return -(-samples // HOP)


def play(
    score: Score, sight: Sight, seed: int, samples: int, *, width: float, on_hop: Callable[[int], bool]
) -> Samples:
    """The score's sound, float32 (2, SAMPLES); a memory map when longer than a minute.

    ON_HOP is told how many hops are done after each; when it returns False, Stopped is raised. The
    same score, sight, seed and length give the same bits.
    """
    tape = _Tape(samples)
    try:
        stage = _staged(score, sight, seed)
        limiter = Limiter()
        for number in range(hops(samples)):
            tape.write(limiter(_hop(stage, score, seed, number=number, width=width)))
            if not on_hop(number + 1):
                raise Stopped
        tape.write(limiter(_silence()))
        return tape.result()
    finally:
        tape.close()


class _Tape:
    """Where rendered sound goes: an array, or a nameless temporary file when it is long."""

    def __init__(self, samples: int) -> None:
        self.samples = samples
        self.written = 0
        self._file = tempfile.TemporaryFile(prefix="foleyd-") if samples > IN_MEMORY_S * RATE else None  # noqa: SIM115
        self._array = np.zeros((0 if self._file else samples, 2), dtype=np.float32)

    def write(self, x: Samples) -> None:
        """Appends X, (2, n); what goes beyond the length is dropped."""
        end = min(self.written + x.shape[1], self.samples)
        frames = np.ascontiguousarray(x[:, : end - self.written].T, dtype=np.float32)
        if self._file is not None:
            self._file.write(frames.data)
        else:
            self._array[self.written : end] = frames
        self.written = end

    def close(self) -> None:
        """Gives the file back."""
        if self._file is not None:
            self._file.close()

    def result(self) -> Samples:
        """All of it, (2, samples)."""
        if self._file is None:
            return self._array.T
        self._file.flush()
        return np.memmap(self._file, dtype=np.float32, mode="r+", shape=(self.samples, 2)).T


def _silence() -> Samples:
    return np.zeros((2, HOP), dtype=np.float32)


def generator(seed: int, *path: int) -> np.random.Generator:
    """The generator of one sound of a take: independent for every PATH, the same for the same."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=path)))


def _staged(score: Score, sight: Sight, seed: int) -> _Stage:
    beds = []
    moving = across_cuts(sight)
    for index in score.beds:
        voice = score.voices[index]
        sound = sound_of(voice)
        assert sound.bed is not None
        stream = sound.bed(voice, lambda hop: activity(moving, hop * HOP, HOP), generator(seed, 1, index))
        level = sound.level
        if score.notes:
            stream = held(stream) if sound.even else stream
            level -= _SPARSE_UNDER_SPOTS_DB if sound.sparse else _UNDER_SPOTS_DB
        gain = dsp.from_db(level - REFERENCE) * distance_gain(voice.distance)
        beds.append(_Bed(stream, gain, send_share(score.space, voice, bed=True), _air(voice)))
    reverb = Reverb(score.space) if score.space in ROOMS else None
    return _Stage(beds, list(score.notes), reverb=reverb)


def _hop(stage: _Stage, score: Score, seed: int, *, number: int, width: float) -> Samples:
    """Hop NUMBER of the mix, before limiting."""
    start = number * HOP
    mix, send = _silence(), np.zeros(HOP, dtype=np.float32)
    for bed in stage.beds:
        block = next(bed.hops)
        if bed.air is not None:
            block = bed.air(block)
        block = block * np.float32(bed.gain)
        mix += block
        send += block.mean(axis=0) * np.float32(bed.send)
    _strike_up(stage, score, seed, start, width)
    for sounding in stage.sounding:
        begin = sounding.start - start
        dsp.overlay(mix, sounding.stereo, begin)
        dsp.overlay(send, sounding.stereo.mean(axis=0) * np.float32(sounding.send), begin)
    stage.sounding = [s for s in stage.sounding if s.start + s.stereo.shape[1] > start + HOP]
    if stage.reverb is not None:
        mix += stage.reverb(send)
    return mix


def _strike_up(stage: _Stage, score: Score, seed: int, start: int, width: float) -> None:
    """Makes the strikes that begin in the hop at START: those due, and those whose run-up may reach it."""
    while stage.notes and stage.notes[0].at < start + HOP + MAX_RUN_UP:
        note = stage.notes.pop(0)
        voice = score.voices[note.voice]
        sound = sound_of(voice)
        assert sound.strike is not None
        strike = sound.strike(voice, note.strength, generator(seed, 2, note.voice, note.at))
        gain = dsp.from_db(sound.level - REFERENCE - _LEVEL_RANGE_DB * (1.0 - note.strength))
        samples = strike.samples * np.float32(gain * distance_gain(voice.distance))
        placed = dsp.panned(samples, note.pan * width)
        air = _air(voice)
        if air is not None:
            placed = dsp.mono32(air(placed))
        begin = note.at - strike.onset
        if begin < 0:
            placed, begin = dsp.faded(placed[:, -begin:], LOOK_AHEAD, 0), 0
        stage.sounding.append(_Sounding(begin, placed, send_share(score.space, voice, bed=False)))


def distance_gain(distance: float) -> float:
    """Level of a sound by DISTANCE 0..1: 0 dB at the usual 0.2, -20 dB far off, +2 dB close up."""
    return dsp.from_db(-20.0 * (distance - _NEAR) / 0.8 if distance > _NEAR else 10.0 * (_NEAR - distance))


def send_share(space: str, voice: Voice, *, bed: bool) -> float:
    """How much of a sound goes into SPACE: more from afar; of a bed, which fills the air, little."""
    if space not in ROOMS:
        return 0.0
    return ROOMS[space].send * (0.3 if bed else 1.0) * (0.7 + 1.5 * voice.distance)


def _air(voice: Voice) -> dsp.Filter | None:
    """The loss of highs on the way, None close by: first order, 16 kHz down to 1.8 kHz far off."""
    if voice.distance <= _AIR_FROM:
        return None
    edge = dsp.blend_log(16_000.0, 1_800.0, (voice.distance - _AIR_FROM) / (1.0 - _AIR_FROM))
    return dsp.Filter(dsp.butter("lowpass", edge, order=1))
