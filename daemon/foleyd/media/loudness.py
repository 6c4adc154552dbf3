"""Loudness after EBU R 128, measured by ffmpeg's ``ebur128`` filter, and what it is aimed at.

Sources: EBU R 128 (2023), R 128 s1, EBU Tech 3341 and 3342, ITU-R BS.1770-5, ATSC A/85:2013,
ARIB TR-B32; for the targets each preset names its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass

import av
import av.filter
import numpy as np
import numpy.typing as npt

from foleyd.cue import Loudness
from foleyd.media.errors import MediaError
from foleyd.request import AS_IS
from foleyd.timebase import SAMPLE_RATE

Block = npt.NDArray[np.float32]
"""A stretch of sound: float32, (channels, samples), full scale at 1.0."""

_ABSOLUTE_GATE = -70.0
_SHORT_TERM = 3 * SAMPLE_RATE
_HOP = SAMPLE_RATE // 10
# ebur128 prints true peaks as linear factors with three decimals: too coarse below -30 dBTP. A
# known gain before it moves the decimals to where they matter.
_PEAK_LIFT = 1000.0
_LAYOUTS = {1: "mono", 2: "stereo"}
_NUMBER = re.compile(r"^[-+]?\d+(\.\d+)?$")
_QUIETEST, _LOUDEST = -60.0, 0.0
_DEFAULT_CEILING = -1.0


class LoudnessError(MediaError):
    """A loudness target that is neither a preset nor a usable number."""

    reason = "LOUDNESS_INVALID"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.field = "output.loudness"


@dataclass(frozen=True, slots=True)
class LoudnessTarget:
    """INTEGRATED in LUFS; CEILING in dBTP, the true peak not to be exceeded; SOURCE says whose rule."""

    name: str
    integrated: float
    ceiling: float
    source: str

    def __str__(self) -> str:
        """In words, with its values."""
        values = f"{self.integrated:g} LUFS, at most {self.ceiling:g} dBTP"
        return values if self.name.endswith("LUFS") else f"{self.name}: {values} ({self.source})"


PRESETS: dict[str, LoudnessTarget] = {
    target.name: target
    for target in (
        LoudnessTarget("r128", -23.0, -1.0, "EBU R 128: European broadcast"),
        LoudnessTarget("r128-short", -23.0, -1.0, "EBU R 128 s1: adverts and trailers up to 2 minutes"),
        LoudnessTarget("atsc-a85", -24.0, -2.0, "ATSC A/85: North American television"),
        LoudnessTarget("arib-b32", -24.0, -1.0, "ARIB TR-B32: Japanese broadcast"),
        LoudnessTarget(
            "netflix", -27.0, -2.0, "Netflix sound mix specification; dialogue-gated there, ungated here"
        ),
        LoudnessTarget("podcast", -16.0, -1.0, "Apple Podcasts' advice; AES TD1008 for speech asks -18"),
        LoudnessTarget("streaming", -14.0, -1.0, "playback level of YouTube and Spotify"),
        LoudnessTarget("broadcast-ebu", -23.0, -1.0, "EBU R 128: European broadcast"),
        LoudnessTarget(
            "film",
            -27.0,
            -2.0,
            "as films are delivered to be seen at home; for cinemas there is no such norm: they mix by a "
            "calibrated room (SMPTE RP 200)",
        ),
    )
}
"""Presets by name. All are meant for a whole programme; here they level the job's own mix."""


def target_of(text: str) -> LoudnessTarget | None:
    """As :func:`parse_target`; None where TEXT leaves levels as they are. Raises LoudnessError."""
    word = text.strip().lower()
    return None if word in {"", AS_IS} else parse_target(word)


def parse_target(text: str) -> LoudnessTarget:
    """Reads a preset's name or a plain number of LUFS such as ``-23`` or ``-18.5 LUFS``.

    A plain number gets the ceiling of EBU R 128, -1 dBTP. Raises LoudnessError for anything else.
    """
    word = text.strip().lower()
    if word in PRESETS:
        return PRESETS[word]
    number = word.removesuffix("lufs").strip().replace("−", "-")
    if not _NUMBER.match(number):
        known = ", ".join((*PRESETS, AS_IS))
        raise LoudnessError(f"{text!r} is no loudness; give LUFS such as -23 or one of {known}")
    value = float(number)
    if not _QUIETEST <= value <= _LOUDEST:
        raise LoudnessError(f"a loudness of {number} LUFS is not between {_QUIETEST:g} and {_LOUDEST:g}")
    return LoudnessTarget(f"{value:g} LUFS", value, _DEFAULT_CEILING, "as asked")


def measure(blocks: Iterable[Block], channels: int, sample_rate: int = SAMPLE_RATE) -> Loudness:
    """Integrated loudness (LUFS), loudness range (LU) and true peak (dBTP, 4 x oversampled).

    BLOCKS are float32 (CHANNELS, n) of any lengths and are read once. Integrated is None for
    silence (everything under the -70 LUFS gate) and for less than 0.4 s; the range is None for
    less than 3 s; the true peak is None for digital silence. One channel counts as one loudspeaker
    (a mono file reads 3 LU below the same signal in two channels), as R 128 has it.
    """
    loudness = _Filter("ebur128=metadata=1:framelog=quiet:peak=none", channels, sample_rate)
    peaks = _Filter("ebur128=metadata=1:framelog=quiet:peak=true", channels, sample_rate)
    samples = 0
    for block in blocks:
        samples += block.shape[1]
        loudness.push(block)
        peaks.push(block * np.float32(_PEAK_LIFT))
    # The filter reports whole tenths of a second only; silence carries the last peak out.
    peaks.push(np.zeros((channels, 2 * _HOP), np.float32))
    return _read(loudness.finish(), peaks.finish(), samples * SAMPLE_RATE // sample_rate)


def decibels(factor: float) -> float:
    """20 log10 FACTOR; minus infinity for 0."""
    return 20.0 * math.log10(factor) if factor > 0 else -math.inf


def factor(decibels: float) -> float:
    """The linear gain of DECIBELS."""
    return float(10.0 ** (decibels / 20.0))


def _read(loudness: dict[str, str], peaks: dict[str, str], samples: int) -> Loudness:
    integrated = float(loudness.get("lavfi.r128.I", _ABSOLUTE_GATE))
    heard = integrated > _ABSOLUTE_GATE
    peak = float(peaks.get("lavfi.r128.true_peak", 0.0)) / _PEAK_LIFT
    return Loudness(
        integrated=integrated if heard else None,
        true_peak=round(decibels(peak), 2) if peak > 0 else None,
        range=float(loudness["lavfi.r128.LRA"]) if heard and samples >= _SHORT_TERM else None,
    )


class _Filter:
    """One ffmpeg filter over float32 blocks, keeping the last metadata that came out of it."""

    def __init__(self, description: str, channels: int, sample_rate: int) -> None:
        name, _, options = description.partition("=")
        self._layout = _LAYOUTS.get(channels, f"{channels}c")
        self._rate = sample_rate
        self._graph = av.filter.Graph()
        self._source = self._graph.add_abuffer(format="fltp", sample_rate=sample_rate, layout=self._layout)
        node = self._graph.add(name, options)
        self._sink = self._graph.add("abuffersink")
        self._source.link_to(node)
        node.link_to(self._sink)
        self._graph.configure()
        self._position = 0
        self._metadata: dict[str, str] = {}

    def push(self, block: Block) -> None:
        if block.shape[1] == 0:
            return
        contiguous = np.ascontiguousarray(block, dtype=np.float32)
        frame = av.AudioFrame.from_ndarray(contiguous, format="fltp", layout=self._layout)
        frame.sample_rate = self._rate
        frame.pts = self._position
        self._position += block.shape[1]
        self._source.push(frame)
        self._drain()

    def finish(self) -> dict[str, str]:
        self._source.push(None)
        self._drain()
        return self._metadata

    def _drain(self) -> None:
        while True:
            try:
                frame = self._sink.pull()
            except (av.BlockingIOError, av.EOFError):
                return
            if frame.metadata:
                self._metadata = dict(frame.metadata)
