"""Small clips whose every frame says its own number, so that a test can read what was shown.

The number stands as twelve bars, black or white, in the upper half of the picture; the lower half is
mid grey.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

BITS = 12
WIDTH, HEIGHT = 16 * BITS, 64

Rgb = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Clip:
    """How to make a clip. STAMPS are in TIME_BASE units; None: one frame after another at RATE."""

    rate: Fraction = Fraction(25)
    frames: int = 50
    stamps: Sequence[int] | None = None
    time_base: Fraction | None = None
    codec: str = "libx264"
    pixel_format: str = "yuv420p"
    format: str | None = None
    gop: int = 12
    b_frames: int = 2
    sound: str = ""  # "", "first" or "last": the sound stream's place
    sound_rate: int = 48_000
    rotation: int = 0
    timecode: str = ""
    size: tuple[int, int] = (WIDTH, HEIGHT)
    first_number: int = 0
    options: dict[str, str] = field(default_factory=dict)
    muxer: dict[str, str] = field(default_factory=dict)
    draw: Callable[[int], Rgb] | None = None
    frame: Callable[[int], av.VideoFrame] | None = None


def numbered(number: int, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Rgb:
    """The picture of NUMBER (0 to 4095), RGB of SIZE (width, height)."""
    width, height = size
    picture = np.full((height, width, 3), 128, np.uint8)
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        picture[: height // 2, left:right] = 255 if number >> bit & 1 else 0
    return picture


def read_number(rgb: Rgb) -> int:
    """The number in a picture made by :func:`numbered`; raises ValueError for a picture without one."""
    height, width = rgb.shape[:2]
    levels = [int(rgb[height // 4, (2 * bit + 1) * width // (2 * BITS)].mean()) for bit in range(BITS)]
    if any(64 < level < 192 for level in levels):
        raise ValueError(f"no number in this picture: {levels}")
    return sum((level > 127) << bit for bit, level in enumerate(levels))


def make_clip(path: Path, clip: Clip | None = None, **changes: Any) -> Path:
    """Writes a clip to PATH and returns it."""
    clip = clip or Clip(**changes)
    with av.open(str(path), "w", format=clip.format, options=clip.muxer) as container:
        if clip.sound == "first":
            sound = _sound_stream(container, clip)
        stream = _picture_stream(container, clip)
        if clip.sound == "last":
            sound = _sound_stream(container, clip)
        if clip.sound:
            _mux_sound(container, sound, clip)
        base = clip.time_base or 1 / clip.rate
        stamps = clip.stamps if clip.stamps is not None else _even_stamps(clip, base)
        for i, stamp in enumerate(stamps):
            frame = _frame(clip, clip.first_number + i)
            frame.pts, frame.time_base = stamp, base
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def _even_stamps(clip: Clip, base: Fraction) -> list[int]:
    return [round(i / clip.rate / base) for i in range(clip.frames)]


def _frame(clip: Clip, number: int) -> av.VideoFrame:
    if clip.frame is not None:
        return clip.frame(number)
    picture = clip.draw(number) if clip.draw is not None else numbered(number, clip.size)
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    return frame.reformat(format=clip.pixel_format, dst_colorspace="itu601", dst_color_range="MPEG")


def _picture_stream(container: Any, clip: Clip) -> Any:
    options = {"crf": "10", "preset": "ultrafast"} if clip.codec == "libx264" else {}
    stream = container.add_stream(clip.codec, rate=clip.rate, options={**options, **clip.options})
    stream.width, stream.height, stream.pix_fmt = *clip.size, clip.pixel_format
    stream.codec_context.gop_size = clip.gop
    stream.codec_context.max_b_frames = clip.b_frames
    stream.codec_context.time_base = clip.time_base or 1 / clip.rate
    stream.time_base = clip.time_base or 1 / clip.rate
    if clip.rotation:
        stream.set_display_rotation(clip.rotation)
    if clip.timecode:
        stream.metadata["timecode"] = clip.timecode
    return stream


def _sound_stream(container: Any, clip: Clip) -> Any:
    codec = "libopus" if container.format.name in ("webm", "matroska") else "aac"
    return container.add_stream(codec, rate=clip.sound_rate, layout="stereo")


def _mux_sound(container: Any, stream: Any, clip: Clip) -> None:
    """A quiet tone as long as the picture."""
    length = int(clip.frames / clip.rate * clip.sound_rate)
    tone = (0.1 * np.sin(np.arange(length) * 0.05)).astype(np.float32)
    for start in range(0, length, 960):
        block = np.ascontiguousarray(np.stack([tone[start : start + 960]] * 2))
        frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = clip.sound_rate, start, Fraction(1, clip.sound_rate)
        container.mux(stream.encode(frame))
    container.mux(stream.encode())


def remux(source: Path, target: Path, *, shift: int = 0, muxer: dict[str, str] | None = None) -> Path:
    """Copies SOURCE's picture packets into TARGET, SHIFT ticks later: an edit list in MP4."""
    with av.open(str(source)) as reader, av.open(str(target), "w", options=muxer or {}) as writer:
        stream = reader.streams.video[0]
        copy = writer.add_stream_from_template(stream)
        for packet in reader.demux(stream):
            if packet.dts is None or packet.pts is None:
                continue
            packet.pts, packet.dts, packet.stream = packet.pts + shift, packet.dts + shift, copy
            writer.mux(packet)
    return target


def numbers(pictures: Iterable[Rgb]) -> list[int]:
    """The numbers in PICTURES."""
    return [read_number(picture) for picture in pictures]
