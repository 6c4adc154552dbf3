"""Conform: an engine's sound becomes a take's file and a job's mix, exact to the sample.

Everything is float32, (channels, samples), read and handed on block by block, so ten minutes cost
no more memory than ten seconds; the samples themselves may be a memory map. Positions are samples
at 48 kHz counted from timecode zero (:attr:`foleyd.cue.FileCut.time_reference`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt
import soxr

from foleyd.cue import FileCut
from foleyd.mapped import forget_pages, is_mapped
from foleyd.media.errors import SoundError
from foleyd.media.loudness import Block, LoudnessTarget, decibels, factor, measure
from foleyd.timebase import SAMPLE_RATE

BLOCK_SAMPLES = 1 << 16
EDGE_FADE = 240
"""5 ms: inaudible on a bed, and long enough that no step is left to click."""
ATTACK_FADE = 96
"""2 ms, for a file that begins with its cue: an attack on the very first frame keeps its bite."""
_CENTRE = np.float32(np.sqrt(0.5))


class Sound(Protocol):
    """A stretch of sound that can be read in pieces."""

    @property
    def channels(self) -> int:
        """Number of channels."""
        ...

    @property
    def samples(self) -> int:
        """Length in samples at 48 kHz."""
        ...

    def read(self, start: int, stop: int) -> Block:
        """Samples START up to STOP, float32 (channels, STOP - START); may be a view."""
        ...


class ArraySound:
    """Sound in an array or memory map, float32 (channels, n), already at 48 kHz."""

    def __init__(self, samples: npt.NDArray[np.float32]) -> None:
        _check_shape(samples)
        self._samples = samples
        self._mapped = is_mapped(samples)

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self._samples.shape[0])

    @property
    def samples(self) -> int:
        """Length in samples."""
        return int(self._samples.shape[1])

    def read(self, start: int, stop: int) -> Block:
        """Samples START up to STOP: a view, or a copy where a memory map would stay in memory."""
        block = self._samples[:, start:stop]
        if not self._mapped:
            return block
        copy: Block = np.array(block)
        forget_pages(self._samples)
        return copy


class ResampledSound:
    """Sound of another rate, brought to 48 kHz by soxr (HQ) while it is read.

    Reading on from where the last read ended costs nothing extra; reading backwards starts the
    resampler anew.
    """

    def __init__(self, samples: npt.NDArray[np.float32], sample_rate: int) -> None:
        _check_shape(samples)
        self._source = samples
        self._rate = sample_rate
        self._ready: Block
        self._done: bool
        self._rewind()

    @property
    def channels(self) -> int:
        """Number of channels."""
        return int(self._source.shape[0])

    @property
    def samples(self) -> int:
        """Length in samples at 48 kHz, rounded down."""
        return int(self._source.shape[1]) * SAMPLE_RATE // self._rate

    def read(self, start: int, stop: int) -> Block:
        """Samples START up to STOP at 48 kHz; zeros where the resampler's last sample is missing."""
        if start < self._position:
            self._rewind()
        while self._position + self._ready.shape[1] < stop and not self._done:
            skip = min(start - self._position, self._ready.shape[1])
            self._drop(skip)
            self._ready = np.concatenate([self._ready, self._next()], axis=1)
        self._drop(min(start - self._position, self._ready.shape[1]))
        block = self._ready[:, : stop - start]
        return np.pad(block, ((0, 0), (0, stop - start - block.shape[1])))

    def _rewind(self) -> None:
        self._stream = soxr.ResampleStream(self._rate, SAMPLE_RATE, self.channels, dtype="float32")
        self._read = 0
        self._position = 0
        self._ready = np.zeros((self.channels, 0), np.float32)
        self._done = False

    def _next(self) -> Block:
        chunk = self._source[:, self._read : self._read + BLOCK_SAMPLES]
        self._read += chunk.shape[1]
        self._done = self._read >= self._source.shape[1]
        interleaved = np.ascontiguousarray(chunk.T, dtype=np.float32)
        out: npt.NDArray[np.float32] = self._stream.resample_chunk(interleaved, last=self._done)
        return out.reshape(-1, self.channels).T

    def _drop(self, samples: int) -> None:
        self._ready = self._ready[:, samples:]
        self._position += samples


class PausingSound:
    """SOUND, before each piece of which PAUSE is called: a film is read for a minute."""

    def __init__(self, sound: Sound, pause: Callable[[], None]) -> None:
        self._sound = sound
        self._pause = pause

    @property
    def channels(self) -> int:
        """Number of channels."""
        return self._sound.channels

    @property
    def samples(self) -> int:
        """Length in samples."""
        return self._sound.samples

    def read(self, start: int, stop: int) -> Block:
        """Samples START up to STOP."""
        self._pause()
        return self._sound.read(start, stop)


def as_sound(samples: npt.NDArray[np.float32], sample_rate: int = SAMPLE_RATE) -> Sound:
    """What an engine made, float32 (channels, n) at SAMPLE_RATE, as sound at 48 kHz.

    Raises SoundError for anything but a two-dimensional float32 array with a channel or more.
    """
    return ArraySound(samples) if sample_rate == SAMPLE_RATE else ResampledSound(samples, sample_rate)


class Conformed:
    """A take's file as blocks: cut to the sample, faded at its ends, with gain.

    The blocks may be iterated more than once (to measure, then to write). After a full pass
    CLIPPED is how many samples went over full scale and were held there, PEAK the largest factor.

    The fades are raised cosines at the file's two ends and nowhere else: the cue's own edges lie
    inside the handles, for the editor to crossfade. A file without leading handles fades in over
    2 ms rather than 5; the fade-out stays in what follows the cue wherever that has 5 ms. FADES, in samples,
    may say otherwise: for sound that has such edges already.
    """

    def __init__(
        self, sound: Sound, cut: FileCut, gain_db: float = 0.0, fades: tuple[int, int] | None = None
    ) -> None:
        if sound.samples < cut.samples:
            raise SoundError(
                f"the engine gave {sound.samples} samples where {cut.samples} are needed; "
                "this is a fault of the engine, please report it"
            )
        self.channels = sound.channels
        self.samples = cut.samples
        self.clipped = 0
        self.peak = 0.0
        self._sound = sound
        self._gain = factor(gain_db)
        self._fades = file_fades(cut) if fades is None else fades

    def __iter__(self) -> Iterator[Block]:
        """Blocks of float32 (channels, n) within -1..1, ``samples`` in all. Raises SoundError for NaN."""
        self.clipped, self.peak = 0, 0.0
        for block in self._blocks(self._gain):
            self.peak = max(self.peak, float(np.abs(block).max(initial=0.0)))
            self.clipped += int(np.count_nonzero(np.abs(block) > 1.0))
            yield np.clip(block, -1.0, 1.0, out=block)

    def unclipped(self) -> Iterator[Block]:
        """The blocks as they are, without gain, above full scale too: for measuring."""
        return self._blocks(1.0)

    def _blocks(self, gain: float) -> Iterator[Block]:
        for start in range(0, self.samples, BLOCK_SAMPLES):
            stop = min(start + BLOCK_SAMPLES, self.samples)
            gains = edge_gains(start, stop, self.samples, *self._fades)
            block = self._sound.read(start, stop) * (gains * np.float32(gain))
            _check_numbers(block, start)
            yield block

    def warning(self) -> str:
        """A sentence when the last pass clipped, else empty."""
        return clip_warning(self.clipped, self.peak)


@dataclass(frozen=True, slots=True)
class MixPart:
    """A take in a mix: the engine's sound and where its file and its cue lie."""

    sound: Sound
    cut: FileCut

    @property
    def span(self) -> tuple[int, int]:
        """First sample heard and the one after the last: the cue, and 5 ms of handle either side."""
        cue = self.cut.time_reference + self.cut.source_in
        before, after = self.edges
        return cue - before, cue + self.cut.cue_samples + after

    @property
    def edges(self) -> tuple[int, int]:
        """Samples of handle used to fade in and out, so that the cue itself is heard whole."""
        tail = self.cut.samples - self.cut.source_in - self.cut.cue_samples
        return min(EDGE_FADE, self.cut.source_in), min(EDGE_FADE, tail)

    def read(self, start: int, stop: int) -> Block:
        """Samples START up to STOP, counted from timecode zero, zero outside the span."""
        first, last = self.span
        begin, end = max(start, first), min(stop, last)
        out = np.zeros((self.sound.channels, stop - start), np.float32)
        if begin < end:
            before, after = self.edges
            gains = edge_gains(begin - first, end - first, last - first, before or ATTACK_FADE, after)
            offset = self.cut.time_reference
            out[:, begin - start : end - start] = self.sound.read(begin - offset, end - offset) * gains
        return out


class Mix:
    """The takes as a timeline would play them, summed at their exact samples.

    Covers samples BEGIN up to END, both counted from timecode zero. Each take is heard over its
    cue, eased in and out within its handles; the mix itself, which ends where a cue may be loud, fades
    over 2 ms at both ends. Mono beside wider takes sits in the centre, 3 dB down
    in each of the first two channels. May be iterated more than once; CLIPPED and PEAK as in
    :class:`Conformed`.
    """

    def __init__(self, parts: Sequence[MixPart], begin: int, end: int, gain_db: float = 0.0) -> None:
        self.parts = tuple(parts)
        self.channels = max((part.sound.channels for part in parts), default=1)
        self.begin = begin
        self.samples = end - begin
        self.gain_db = gain_db
        self.clipped = 0
        self.peak = 0.0

    def __iter__(self) -> Iterator[Block]:
        """Blocks of float32 (channels, n) within -1..1, ``samples`` in all."""
        self.clipped, self.peak = 0, 0.0
        for block in self._sums(factor(self.gain_db)):
            peaks = np.abs(block)
            self.peak = max(self.peak, float(peaks.max(initial=0.0)))
            self.clipped += int(np.count_nonzero(peaks > 1.0))
            yield np.clip(block, -1.0, 1.0, out=block)

    def unclipped(self) -> Iterator[Block]:
        """The sums as they are, without gain, above full scale too: for measuring."""
        return self._sums(1.0)

    def warning(self) -> str:
        """A sentence when the last pass clipped, else empty."""
        return clip_warning(self.clipped, self.peak)

    def _sums(self, gain: float) -> Iterator[Block]:
        end, fade = self.begin + self.samples, min(ATTACK_FADE, self.samples // 2)
        for start in range(self.begin, end, BLOCK_SAMPLES):
            stop = min(start + BLOCK_SAMPLES, end)
            block = np.zeros((self.channels, stop - start), np.float32)
            for part in self.parts:
                if part.span[0] < stop and start < part.span[1]:
                    _add(block, part.read(start, stop))
            _check_numbers(block, start - self.begin)
            block *= np.float32(gain)
            block *= edge_gains(start - self.begin, stop - self.begin, self.samples, fade, fade)
            yield block


@dataclass(frozen=True, slots=True)
class MixGain:
    """GAIN_DB for every take of a job alike; WARNING is a sentence when the target was not reached."""

    gain_db: float
    warning: str = ""


def mix_gain(mix: Mix, target: LoudnessTarget, files: Iterable[Conformed] = ()) -> MixGain:
    """The one gain that brings MIX to TARGET; lowered where its true peak would pass the ceiling, or that of
    one of FILES, the takes: alternates are as loud as they are, and handles are no part of the mix.

    All are measured as they are (their own gain ignored). A mix that is silent or shorter than 0.4 s
    keeps its level, and the warning says so.
    """
    measured = measure(mix.unclipped(), mix.channels)
    if measured.integrated is None or measured.true_peak is None:
        return MixGain(0.0, "the mix is silent or shorter than 0.4 s, so its loudness was left alone")
    wanted = target.integrated - measured.integrated
    peaks = [measure(file.unclipped(), file.channels).true_peak for file in files]
    highest = max((peak for peak in peaks if peak is not None), default=measured.true_peak)
    allowed = target.ceiling - max(highest, measured.true_peak)
    if wanted <= allowed:
        return MixGain(wanted)
    whose = "its true peak" if highest <= measured.true_peak else "the true peak of a take"
    return MixGain(
        allowed,
        f"the mix is {measured.integrated + allowed:.1f} LUFS instead of {target.integrated:g}: "
        f"louder, {whose} would pass {target.ceiling:g} dBTP",
    )


def file_fades(cut: FileCut) -> tuple[int, int]:
    """Fade-in and fade-out of the file CUT describes, in samples."""
    tail = cut.samples - cut.source_in - cut.cue_samples
    fade_in = EDGE_FADE if cut.source_in >= EDGE_FADE else ATTACK_FADE
    fade_out = min(EDGE_FADE, max(tail, ATTACK_FADE))
    return min(fade_in, cut.samples // 2), min(fade_out, cut.samples // 2)


def edge_gains(start: int, stop: int, samples: int, fade_in: int, fade_out: int) -> Block:
    """Gains of samples START up to STOP in a sound of SAMPLES with raised-cosine edges, float32."""
    gains = np.ones(stop - start, np.float32)
    if start < fade_in:
        count = min(stop, fade_in) - start
        gains[:count] *= _raised_cosine(np.arange(start, start + count), fade_in)
    if stop > samples - fade_out:
        first = max(start, samples - fade_out)
        gains[first - start :] *= _raised_cosine(samples - 1 - np.arange(first, stop), fade_out)
    return gains


def clip_warning(clipped: int, peak: float) -> str:
    """A sentence about CLIPPED samples with PEAK (factor) the highest; empty for none."""
    if not clipped:
        return ""
    return (
        f"{clipped} samples went over full scale (by up to {decibels(peak):.1f} dB) and were clipped; "
        "ask for a lower --loudness"
    )


def _raised_cosine(steps: npt.NDArray[np.int64], length: int) -> Block:
    gains: Block = (0.5 - 0.5 * np.cos(np.pi * (steps + 0.5) / length)).astype(np.float32)
    return gains


def _add(block: Block, part: Block) -> None:
    if part.shape[0] == 1 and block.shape[0] > 1:
        block[:2] += part * _CENTRE
    else:
        block[: part.shape[0]] += part


def _check_shape(samples: npt.NDArray[np.float32]) -> None:
    if samples.ndim != 2 or samples.shape[0] < 1 or samples.dtype != np.float32:
        raise SoundError(
            f"the engine gave {samples.dtype} {samples.shape} instead of float32 (channels, samples); "
            "this is a fault of the engine, please report it"
        )


def _check_numbers(block: Block, start: int) -> None:
    if not np.isfinite(block).all():
        bad = int(np.flatnonzero(~np.isfinite(block).all(axis=0))[0]) + start
        raise SoundError(
            f"the engine's sound holds values that are no numbers at {bad / SAMPLE_RATE:.3f} s; "
            "try another seed, and report it if that does not help"
        )
