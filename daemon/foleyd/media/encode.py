"""Sound into a container through PyAV: what previews and exports share."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Protocol, cast

import av
import av.container
import numpy as np

from foleyd.media.loudness import Block
from foleyd.timebase import SAMPLE_RATE

_LAYOUTS = {1: "mono", 2: "stereo", 6: "5.1", 8: "7.1"}


class Blocks(Protocol):
    """Sound at 48 kHz that can be iterated more than once: a Mix, a Conformed take."""

    channels: int
    samples: int

    def __iter__(self) -> Iterator[Block]:
        """Blocks of float32 (channels, n), ``samples`` in all."""
        ...


class SoundTrack:
    """An audio stream of an open output container, fed block by block; its first sample is time 0.

    CODEC is ffmpeg's name of an encoder that takes 48 kHz; BIT_RATE in bits per second; None is lossless
    with 24 bits.
    """

    def __init__(
        self, container: av.container.OutputContainer, codec: str, channels: int, bit_rate: int | None
    ) -> None:
        self._layout = _LAYOUTS.get(channels, f"{channels}c")
        self._container = container
        self._stream = cast(av.AudioStream, container.add_stream(codec, SAMPLE_RATE, layout=self._layout))
        if bit_rate is not None:
            self._stream.bit_rate = bit_rate
        else:
            self._stream.codec_context.format = "s32"
            self._stream.codec_context.options = {"bits_per_raw_sample": "24"}
        self._written = 0

    @property
    def seconds(self) -> Fraction:
        """How much has been written."""
        return Fraction(self._written, SAMPLE_RATE)

    def write(self, block: Block) -> None:
        """Encodes BLOCK, float32 (channels, n)."""
        frame = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(block, dtype=np.float32), format="fltp", layout=self._layout
        )
        frame.sample_rate = SAMPLE_RATE
        frame.time_base = Fraction(1, SAMPLE_RATE)
        frame.pts = self._written
        self._written += block.shape[1]
        self._container.mux(self._stream.encode(frame))

    def finish(self) -> None:
        """Flushes the encoder."""
        self._container.mux(self._stream.encode(None))


class Interleaver:
    """Feeds a sound track just ahead of the picture, so that neither waits in memory for the other."""

    _AHEAD = Fraction(1, 2)

    def __init__(self, track: SoundTrack, sound: Blocks) -> None:
        self._track = track
        self._blocks = iter(sound)

    def catch_up(self, seconds: Fraction) -> None:
        """Writes sound until it is half a second past SECONDS of picture, or ends."""
        while self._track.seconds <= seconds + self._AHEAD:
            block = next(self._blocks, None)
            if block is None:
                return
            self._track.write(block)

    def finish(self) -> None:
        """Writes what is left."""
        for block in self._blocks:
            self._track.write(block)
        self._track.finish()
