"""The preview: the picture with the sound in it, as one file that any player opens.

The picture of a whole file is copied packet by packet; anything else is encoded anew, small. Time zero
of the preview is the first displayed frame and the sound's first sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.container
import numpy as np
import numpy.typing as npt
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from foleyd.cue import Program
from foleyd.engines.engine import Frame
from foleyd.files import new_file
from foleyd.media.container import open_media, packets, picture_stream
from foleyd.media.encode import Blocks, Interleaver, SoundTrack
from foleyd.media.errors import ExportError
from foleyd.timebase import round_half_up

_LONGEST_SIDE = 960
_BIT_RATE = 192_000
_LONGEST_REORDERING = 32
_ENCODERS = (
    ("libx264", {"preset": "veryfast", "crf": "23"}),
    ("libopenh264", {"rc_mode": "quality"}),
    ("mpeg4", {"qscale": "4"}),
)


@dataclass(frozen=True, slots=True)
class Wrapper:
    """A container for copied picture: SUFFIX, ffmpeg's NAME, the sound's CODEC, muxer OPTIONS."""

    suffix: str
    name: str
    codec: str
    options: tuple[tuple[str, str], ...] = ()


_FAST_START = (("movflags", "+faststart"),)
_MP4 = Wrapper(".mp4", "mp4", "aac", _FAST_START)
_MOV = Wrapper(".mov", "mov", "aac", _FAST_START)
_WEBM = Wrapper(".webm", "webm", "libopus")
_MKV = Wrapper(".mkv", "matroska", "aac")
_WRAPPERS = {
    "h264": _MP4,
    "hevc": _MP4,
    "av1": _MP4,
    "mpeg4": _MP4,
    "prores": _MOV,
    "dnxhd": _MOV,
    "mjpeg": _MOV,
    "vp8": _WEBM,
    "vp9": _WEBM,
}


@dataclass(frozen=True, slots=True)
class Preview:
    """PATH as written, whether the picture was COPIED, and a NOTE for the editor saying which."""

    path: Path
    copied: bool
    note: str


@dataclass(frozen=True, slots=True)
class _Content:
    """What goes beside the picture."""

    sound: Blocks
    comment: str


class _CannotCopy(Exception):
    """Why this picture cannot be copied, in words that complete a sentence."""


def whole_file(program: Program, media_duration: Fraction) -> Path | None:
    """The one file whose whole picture PROGRAM is, played forward at its own speed; else None.

    MEDIA_DURATION is that file's picture in seconds; a difference under one record frame counts as whole.
    """
    if len(program.shots) != 1:
        return None
    shot = program.shots[0]
    plain = shot.media is not None and shot.speed == 1 and shot.source_start == 0
    if not plain or shot.record != program.range or shot.media is None:
        return None
    difference = abs(program.duration / program.rate - media_duration)
    return shot.media.path if difference < 1 / program.rate else None


def write_preview(
    stem: Path,
    sound: Blocks,
    frames: Callable[[], Iterable[Frame]],
    *,
    rate: Fraction,
    duration: int,
    copy_from: Path | None = None,
    comment: str = "",
) -> Preview:
    """Writes STEM with the suffix that suits the picture; whole or not at all, never over a file.

    SOUND begins with the first frame. COPY_FROM is a file to take the picture from as it is (see
    :func:`whole_file`); where that does not work, and without it, FRAMES gives the pictures, each
    with its time of first display, and they are encoded at RATE for DURATION frames, at most 960
    pixels on the longer side, in H.264 where PyAV has an encoder for it. COMMENT is kept inside.
    Raises ExportError when there is no picture, OutputError for the disk's reasons.
    """
    content, reason = _Content(sound, comment), ""
    if copy_from is not None:
        try:
            return _copied(stem, content, copy_from)
        except _CannotCopy as cannot:
            reason = f" because {cannot}"
    path = stem.with_name(f"{stem.name}.mp4")
    with new_file(path) as temporary:
        encoder, width, height = _encode(temporary, content, frames(), rate, duration)
    return Preview(path, False, f"picture encoded anew ({encoder}, {width}x{height}){reason}")


def _copied(stem: Path, content: _Content, source: Path) -> Preview:
    try:
        with open_media(source) as container:
            stream = picture_stream(container, source)
            name = stream.codec_context.name
            wrapper = _WRAPPERS.get(stream.codec_context.codec.canonical_name, _MKV)
        start = _first_shown(source)
        path = stem.with_name(f"{stem.name}{wrapper.suffix}")
        with new_file(path) as temporary:
            _copy(temporary, content, source, wrapper, start)
            _check_start(temporary)
    except av.FFmpegError as error:
        raise _CannotCopy(f"copying it failed ({error.strerror})") from error
    return Preview(path, True, f"picture copied from {source.name} as it is ({name})")


def _copy(temporary: Path, content: _Content, source: Path, wrapper: Wrapper, start: Fraction) -> None:
    options = dict(wrapper.options)
    with (
        open_media(source) as original,
        av.open(temporary, "w", format=wrapper.name, options=options) as container,
    ):
        container.metadata["comment"] = content.comment
        stream = picture_stream(original, source)
        copy = _copied_stream(container, stream)
        track = SoundTrack(container, wrapper.codec, content.sound.channels, _BIT_RATE)
        interleaver = Interleaver(track, content.sound)
        for packet, shown, decoded in _timed(packets(original, stream)):
            shift = round_half_up(start / packet.time_base)
            packet.pts, packet.dts = shown - shift, decoded - shift
            packet.stream = copy
            interleaver.catch_up((decoded - shift) * packet.time_base)
            container.mux(packet)
        interleaver.finish()


def _copied_stream(container: av.container.OutputContainer, stream: av.VideoStream) -> av.VideoStream:
    try:
        return container.add_stream_from_template(stream)
    except ValueError as error:
        raise _CannotCopy(f"{container.format.name} does not take {stream.codec_context.name}") from error


def _timed(
    packets: Iterable[av.Packet[av.VideoStream]],
) -> Iterator[tuple[av.Packet[av.VideoStream], int, int]]:
    """PACKETS with content, each with the times it is shown and decoded at.

    Matroska keeps no decoding times, and ffmpeg cannot tell those of the first few: they are
    counted back from the first one it could tell.
    """
    waiting: list[tuple[av.Packet[av.VideoStream], int]] = []
    for packet in packets:
        if packet.size == 0:
            continue
        if packet.pts is None or len(waiting) > _LONGEST_REORDERING:
            break
        waiting.append((packet, packet.pts))
        if packet.dts is not None:
            step = max(1, packet.duration or 1)
            first = packet.dts - step * (len(waiting) - 1)
            for index, (earlier, shown) in enumerate(waiting):
                yield earlier, shown, first + step * index
            waiting.clear()
    else:
        if not waiting:
            return
    raise _CannotCopy("its packets carry no times")


def _first_shown(source: Path) -> Fraction:
    """Presentation time in seconds of the first frame that a player shows."""
    with open_media(source) as container:
        for frame in container.decode(picture_stream(container, source)):
            if frame.pts is not None and frame.time_base is not None:
                return frame.pts * frame.time_base
    raise _CannotCopy("its first frame cannot be read")


def _check_start(copy: Path) -> None:
    """Reads the copy's first frame back: a container may have moved it."""
    start = _first_shown(copy)
    if abs(start) > Fraction(1, 500):
        raise _CannotCopy(f"its picture would start {float(start):.3f} s late")


def _encode(
    temporary: Path, content: _Content, frames: Iterable[Frame], rate: Fraction, duration: int
) -> tuple[str, int, int]:
    with av.open(temporary, "w", format="mp4", options=dict(_FAST_START)) as container:
        container.metadata["comment"] = content.comment
        pictures = _held(frames, rate, duration)
        first = next(pictures, None)
        if first is None:
            raise ExportError("there is no picture to make a preview of; ask for the sound alone")
        width, height = small_size(first.shape[1], first.shape[0])
        stream, encoder = _picture_stream(container, rate, width, height)
        track = SoundTrack(container, "aac", content.sound.channels, _BIT_RATE)
        interleaver = Interleaver(track, content.sound)
        shown: npt.NDArray[np.uint8] | None = None
        for index, rgb in enumerate(_chain(first, pictures)):
            if rgb is not shown:
                picture, shown = _fitted(rgb, width, height), rgb
            picture.pts = index
            picture.time_base = 1 / rate
            interleaver.catch_up(index / rate)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
        interleaver.finish()
    return encoder, width, height


def small_size(width: int, height: int) -> tuple[int, int]:
    """WIDTH and HEIGHT fitted into 960 pixels on the longer side, never enlarged, even."""
    scale = min(Fraction(1), Fraction(_LONGEST_SIDE, max(width, height)))
    small = (max(2, 2 * round_half_up(side * scale / 2)) for side in (width, height))
    return next(small), next(small)


def _picture_stream(
    container: av.container.OutputContainer, rate: Fraction, width: int, height: int
) -> tuple[av.VideoStream, str]:
    for name, options in _ENCODERS:
        with suppress(ValueError, av.FFmpegError):
            av.codec.Codec(name, "w")
            stream = cast(av.VideoStream, container.add_stream(name, rate, options=dict(options)))
            stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
            context = stream.codec_context
            context.time_base = 1 / rate
            context.colorspace = context.color_primaries = context.color_trc = Colorspace.ITU709
            context.color_range = ColorRange.MPEG
            return stream, name
    raise ExportError("this build of PyAV has no video encoder; reinstall foleyd with pip")


def _held(frames: Iterable[Frame], rate: Fraction, duration: int) -> Iterator[npt.NDArray[np.uint8]]:
    """One picture for each of DURATION record frames; each is held until the next one's time."""
    count = 0
    held: npt.NDArray[np.uint8] | None = None
    for frame in frames:
        start = min(round_half_up(frame.time * rate), duration)
        while held is not None and count < start:
            yield held
            count += 1
        held = frame.rgb
    while held is not None and count < duration:
        yield held
        count += 1


def _chain(
    first: npt.NDArray[np.uint8], rest: Iterator[npt.NDArray[np.uint8]]
) -> Iterator[npt.NDArray[np.uint8]]:
    yield first
    yield from rest


def _fitted(rgb: npt.NDArray[np.uint8], width: int, height: int) -> av.VideoFrame:
    """RGB scaled into WIDTH x HEIGHT, black beside it where the shapes differ; BT.709, 4:2:0."""
    source = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(rgb), format="rgb24")
    scale = min(Fraction(width, source.width), Fraction(height, source.height))
    inner_width = max(1, min(width, round_half_up(source.width * scale)))
    inner_height = max(1, min(height, round_half_up(source.height * scale)))
    # An odd side that was rounded to even is stretched by that pixel rather than framed in black.
    if width - inner_width > 2 or height - inner_height > 2:
        inner = source.reformat(
            inner_width, inner_height, "rgb24", interpolation=Interpolation.AREA
        ).to_ndarray()
        canvas = np.zeros((height, width, 3), np.uint8)
        top, left = (height - inner_height) // 2, (width - inner_width) // 2
        canvas[top : top + inner_height, left : left + inner_width] = inner
        source = av.VideoFrame.from_ndarray(canvas, format="rgb24")
    return source.reformat(
        width, height, "yuv420p", dst_colorspace=Colorspace.ITU709, interpolation=Interpolation.AREA
    )
