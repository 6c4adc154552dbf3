"""What must hold of a take, measured on its file alone: what the engine or the daemon say is not believed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import numpy.typing as npt
import soundfile

from foleyd.selftest.onsets import onsets, pairs
from foleyd.timebase import SAMPLE_RATE

OK, LOOK, FAILED = "ok", "look", "failed"
"""A check holds; something for a person to look at; the plumbing is at fault."""

TOLERANCE_S = 0.08
"""How far from the picture's moment an onset may lie to be counted as its sound."""

_SILENT_DBFS = -60.0
_FULL_SCALE = 1 - 2.0**-15
_MUCH_CLIPPED = 1e-3
_MUCH_DC = 0.01
_LONG_STILL_S = 2.0
_MOST = 2 / 3
_LONGEST_SHIFT_S = 1.0
_EDGE_S = 0.1
_MISSED = (
    "an engine that watches the picture meets most, random weights meet about as many as chance does; "
    "hear it with the picture before you judge"
)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing: STATE is ok, look or failed; HINT says how to read it, where that is not plain."""

    name: str
    state: str
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Sound:
    """What is in a file. SAMPLES for each channel; NOT_NUMBERS counts values that are none.

    PEAK_DBFS and RMS_DBFS are over all channels, None for digital silence; DC is the mean of the worst
    channel and CLIPPED the share of values at full scale, both of 1; STILL_S the longest stretch, in seconds,
    in which nothing changes.
    """

    form: str
    sample_rate: int
    channels: int
    samples: int
    not_numbers: int
    peak_dbfs: float | None
    rms_dbfs: float | None
    dc: float
    clipped: float
    still_s: float


@dataclass(frozen=True, slots=True)
class Expected:
    """What a take's file should be: SAMPLES for each channel, SECONDS of them the cue's."""

    sample_rate: int
    channels: int
    samples: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Timing:
    """How onsets in the sound meet the picture's moments, all in seconds.

    MET pairs a moment with its onset, CHANCE is how many moments as many onsets strewn at random would meet.
    SHIFT is how much later (negative: earlier) the sound is as a whole, where moving it by that makes it meet
    the picture, else 0; SHIFTED_MET is how many moments it then meets.
    """

    moments: tuple[float, ...]
    found: tuple[float, ...]
    met: tuple[tuple[float, float], ...]
    chance: float
    shift: float
    shifted_met: int

    @property
    def missed(self) -> int:
        """Moments without an onset."""
        return len(self.moments) - len(self.met)

    @property
    def extra(self) -> int:
        """Onsets without a moment."""
        return len(self.found) - len(self.met)

    @property
    def offsets_ms(self) -> tuple[int, ...]:
        """How much later each onset is than its moment, in milliseconds."""
        return tuple(round(1000 * (onset - moment)) for moment, onset in self.met)

    @property
    def median_ms(self) -> float | None:
        """The middle offset; None where nothing was met."""
        return float(median(self.offsets_ms)) if self.met else None

    @property
    def worst_ms(self) -> int | None:
        """The largest offset, with its sign; None where nothing was met."""
        return max(self.offsets_ms, key=abs) if self.met else None


def listen(path: Path, moments: Sequence[float], seconds: float) -> tuple[Sound, Timing]:
    """Measures the file at PATH against MOMENTS of a picture SECONDS long that begins with its first sample.

    A file that cannot be read holds nothing.
    """
    try:
        with soundfile.SoundFile(str(path)) as file:
            form, rate = f"{file.format} {file.subtype}", int(file.samplerate)
            read = file.read(dtype="float32", always_2d=True)
    except (OSError, soundfile.SoundFileError):
        form, rate, read = "cannot be read", SAMPLE_RATE, np.zeros((0, 1), np.float32)
    samples = np.ascontiguousarray(np.asarray(read, np.float32).T)
    return _measure(samples, rate, form), meet(samples, rate, moments, seconds)


def _measure(samples: npt.NDArray[np.float32], rate: int, form: str) -> Sound:
    numbers = np.isfinite(samples)
    clean = np.where(numbers, samples, 0).astype(np.float64)
    loud = np.abs(clean)
    empty = not clean.size
    return Sound(
        form=form,
        sample_rate=rate,
        channels=samples.shape[0],
        samples=samples.shape[1],
        not_numbers=int(numbers.size - np.count_nonzero(numbers)),
        peak_dbfs=None if empty else _decibels(float(loud.max())),
        rms_dbfs=None if empty else _decibels(math.sqrt(float((clean**2).mean()))),
        dc=0.0 if empty else float(max(clean.mean(axis=1), key=abs)),
        clipped=0.0 if empty else float((loud >= _FULL_SCALE).mean()),
        still_s=_longest_still(clean) / rate,
    )


def _decibels(factor: float) -> float | None:
    return 20 * math.log10(factor) if factor > 0 else None


def _longest_still(samples: npt.NDArray[np.float64]) -> int:
    """Samples of the longest run in which no channel changes."""
    changes = np.flatnonzero(np.any(np.diff(samples, axis=1) != 0, axis=0)) + 1
    edges = np.concatenate([[0], changes, [samples.shape[1]]])
    return int(np.diff(edges).max())


def meet(
    samples: npt.NDArray[np.float32], sample_rate: int, moments: Sequence[float], seconds: float
) -> Timing:
    """Finds onsets in the first SECONDS of SAMPLES (channels, n) and pairs them with MOMENTS, one to one.

    What is there from the first sample on does not begin.
    """
    heard = np.nan_to_num(samples, nan=0.0, posinf=0.0, neginf=0.0)
    found = tuple(time for time in onsets(heard, sample_rate) if _EDGE_S < time < seconds)
    met = tuple(pairs(moments, found, TOLERANCE_S))
    # A moment is missed by all of n random onsets with (1 - its window's share of the clip) to the n.
    chance = len(moments) * (1 - (1 - 2 * TOLERANCE_S / seconds) ** len(found))
    shift, shifted = _best_shift(moments, found)
    clearly = shifted >= _MOST * len(moments) and shifted >= len(met) + 3
    return Timing(tuple(moments), found, met, chance, shift if clearly else 0.0, shifted if clearly else 0)


def _best_shift(moments: Sequence[float], found: Sequence[float]) -> tuple[float, int]:
    """By how much the sound is late where it meets most moments, the smallest such delay, and how many."""
    steps = sorted(range(round(-100 * _LONGEST_SHIFT_S), round(100 * _LONGEST_SHIFT_S) + 1), key=abs)
    counts = [len(pairs(moments, [time - step / 100 for time in found], TOLERANCE_S / 2)) for step in steps]
    best = max(counts)
    return steps[counts.index(best)] / 100, best


def check(sound: Sound, timing: Timing, expected: Expected) -> list[Check]:
    """Every check, in the order that a person would mend them."""
    return [
        _file(sound, expected),
        _length(sound, expected),
        _numbers(sound),
        _level(sound),
        _clean(sound),
        _onsets(timing),
    ]


def _file(sound: Sound, expected: Expected) -> Check:
    is_so = (sound.sample_rate, sound.channels) == (
        expected.sample_rate,
        expected.channels,
    ) and sound.samples > 0
    detail = f"{sound.form}, {sound.sample_rate} Hz, {_channels(sound.channels)}"
    if not is_so:
        detail += f"; it should be {expected.sample_rate} Hz, {_channels(expected.channels)}"
    return Check("file", OK if is_so else FAILED, detail)


def _channels(count: int) -> str:
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")


def _length(sound: Sound, expected: Expected) -> Check:
    if sound.samples == expected.samples:
        detail = f"{sound.samples} samples: the cue's {expected.seconds:g} s and one frame, to the sample"
        return Check("length", OK, detail)
    off = sound.samples - expected.samples
    detail = f"{sound.samples} samples, {abs(off)} too {'many' if off > 0 else 'few'}"
    return Check("length", FAILED, f"{detail}; it should be {expected.samples}")


def _numbers(sound: Sound) -> Check:
    if sound.not_numbers:
        return Check("numbers", FAILED, f"{sound.not_numbers} values are infinite or no numbers")
    return Check("numbers", OK, "every value is finite; the daemon refuses others before it writes")


def _level(sound: Sound) -> Check:
    if sound.peak_dbfs is None or sound.rms_dbfs is None:
        return Check("level", FAILED, "digital silence")
    detail = f"peak {sound.peak_dbfs:.1f} dBFS, RMS {sound.rms_dbfs:.1f} dBFS"
    if sound.peak_dbfs < _SILENT_DBFS:
        return Check("level", FAILED, f"{detail}: nobody would hear it")
    return Check("level", OK, detail)


def _clean(sound: Sound) -> Check:
    odd = []
    if sound.clipped > _MUCH_CLIPPED:
        odd.append("it clips")
    if abs(sound.dc) > _MUCH_DC:
        odd.append("it is off centre")
    if sound.still_s > _LONG_STILL_S:
        odd.append("a long stretch of it stands still")
    detail = (
        f"{sound.clipped:.2%} at full scale, DC {sound.dc:+.4f}, longest standstill {sound.still_s:.2f} s"
    )
    hint = f"{' and '.join(odd)}; hear it" if odd else ""
    return Check("clean", LOOK if odd else OK, detail, hint)


def _onsets(timing: Timing) -> Check:
    wanted = len(timing.moments)
    besides = f"{timing.extra} more sound{'' if timing.extra == 1 else 's'}"
    detail = f"{len(timing.met)} of {wanted} bounces heard within ±{TOLERANCE_S * 1000:.0f} ms, {besides}"
    if timing.median_ms is not None:
        detail += f"; median {timing.median_ms:+.0f} ms, worst {timing.worst_ms:+d} ms"
    if follows(timing):
        return Check("onsets", OK, detail)
    hint = _MISSED
    if timing.shift:
        when = "late" if timing.shift > 0 else "early"
        hint = f"all of it is {abs(timing.shift):.2f} s {when}: moved, it would meet {timing.shifted_met}"
    elif not timing.found:
        hint = f"nothing in it begins; {_MISSED}"
    return Check("onsets", LOOK, f"{detail}; by chance it would be {timing.chance:.1f}", hint)


def follows(timing: Timing) -> bool:
    """Whether the sound follows the picture: most moments are met, and clearly more than chance would."""
    met = len(timing.met)
    return not timing.shift and met >= _MOST * len(timing.moments) and met >= timing.chance + 2
