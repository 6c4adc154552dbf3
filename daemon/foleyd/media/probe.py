"""What a media file holds, found quickly: a look at its head and its tail, never a full read.

Headers are hints. Where the picture begins comes from the first frame that decodes, where it ends
from the last packets, its rate from the header checked against the first packets' times.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import av.error
from av.container import InputContainer
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from foleyd.media.container import open_media, packets, picture_stream
from foleyd.media.cutoff import require_whole
from foleyd.media.errors import MediaUnreadable
from foleyd.media.tonemap import HDR_TRANSFERS
from foleyd.media.upright import Turn, turn_of
from foleyd.timebase import (
    STANDARD_RATES,
    Timecode,
    TimeError,
    has_drop_frame,
    parse_timecode,
    round_half_up,
    snap_rate,
)

MICROSECONDS = 1_000_000
_HEAD_PACKETS = 64
_HEAD_BYTES = 256 * 1024 * 1024
_TAIL_REACHES = (1, 8, 64, 512)
_INDEX_SAMPLES = 400
_RATE_DOUBT = Fraction(1, 50)
_FALLBACK_RATE = Fraction(25)


@dataclass(frozen=True, slots=True)
class StreamInfo:
    """One stream of a file. KIND is video, audio, subtitle, data or attachment.

    START is seconds from the file's first picture (negative: earlier), DURATION seconds; both None
    when the container does not say. SAMPLE_RATE in Hz and CHANNELS are of sound, else 0.
    """

    index: int
    kind: str
    codec: str
    sample_rate: int = 0
    channels: int = 0
    language: str = ""
    start: Fraction | None = None
    duration: Fraction | None = None


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A file with a moving picture.

    DURATION is seconds from the first displayed frame to the end of the last, RATE frames per second,
    snapped; FRAMES what is displayed (None when only a full read would tell). VARIABLE: the frames'
    times do not follow RATE; then RATE is what an editor would call the file. WIDTH and HEIGHT are of
    the upright picture in its own pixels, SAMPLE_ASPECT the shape of those pixels (width / height).
    TURN is what makes the decoded frames upright. TIMECODE labels the first frame.
    START is the container's time, in seconds, of the first displayed frame.
    """

    path: Path
    duration: Fraction
    rate: Fraction
    variable: bool
    frames: int | None
    width: int
    height: int
    sample_aspect: Fraction
    turn: Turn
    timecode: Timecode | None
    codec: str
    pixel_format: str
    hdr: bool
    start: Fraction
    streams: tuple[StreamInfo, ...]

    @property
    def rotation(self) -> int:
        """The clockwise turn, in degrees (0, 90, 180, 270), that makes the picture upright."""
        return self.turn.degrees

    @property
    def has_sound(self) -> bool:
        """Whether there is any sound stream."""
        return any(stream.kind == "audio" for stream in self.streams)


def probe(path: Path) -> MediaInfo:
    """Looks at the file at PATH.

    Raises MediaMissing, MediaUnreadable (also for files cut off before their stated end) or NoPicture.
    """
    with closing(open_media(path)) as container:
        stream = picture_stream(container, path)
        require_whole(path, container)
        try:
            return _look(path, container, stream)
        except (av.error.FFmpegError, OSError) as error:
            raise _undecodable(path) from error


def _look(path: Path, container: InputContainer, stream: VideoStream) -> MediaInfo:
    tick = stream.time_base or Fraction(1, MICROSECONDS)
    first, stamps = _head(path, container, stream)
    origin = stamps[0] * tick
    rate, steady = _rate(stream, [stamp * tick for stamp in stamps])
    last, length = _last(container, stream) or (origin, Fraction(0))
    frames, variable = _count(stream, rate, steady, last - origin)
    turn = turn_of(first)
    width, height = (first.height, first.width) if turn.swaps else (first.width, first.height)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    return MediaInfo(
        path=path,
        duration=last - origin + (length or 1 / rate) if variable or frames is None else frames / rate,
        rate=rate,
        variable=variable,
        frames=frames,
        width=width,
        height=height,
        sample_aspect=1 / aspect if turn.swaps else aspect,
        turn=turn,
        timecode=_timecode(container, stream, rate),
        codec=stream.codec_context.name,
        pixel_format=first.format.name,
        hdr=first.color_trc in HDR_TRANSFERS,
        start=origin,
        streams=tuple(_stream_info(each, origin) for each in container.streams),
    )


def _head(path: Path, container: InputContainer, stream: VideoStream) -> tuple[VideoFrame, list[int]]:
    """The first frame that decodes, and the stamps of the first frames in ascending order.

    They begin with the first frame displayed. Where the container lists its frames that is the first
    listed, decodable or not; else the first that decodes or that a keyframe before it should have shown,
    for a stream may have been joined in the middle of a group.
    """
    first: VideoFrame | None = None
    opening: int | None = None
    stamps: list[int] = []
    settled: int | None = None
    listed = _lists_frames(stream)
    read = 0
    for packet in packets(container, stream):
        read += packet.size
        if (first is not None and len(stamps) >= _HEAD_PACKETS) or read > _HEAD_BYTES:
            settled = packet.dts
            break
        if packet.pts is not None and not packet.is_discard:
            stamps.append(packet.pts)
            opening = packet.pts if opening is None and (packet.is_keyframe or listed) else opening
        if first is None:
            first = next(iter(decoded(packet)), None)
    if first is None:
        raise _undecodable(path)
    origin = _stamp(first) if opening is None else min(_stamp(first), opening)
    return first, [origin, *sorted(stamp for stamp in stamps if origin < stamp and _settled(stamp, settled))]


def _settled(stamp: int, dts: int | None) -> bool:
    """Whether every frame up to STAMP has been read once a packet of DTS came: none is shown before it."""
    return dts is None or stamp <= dts


def decoded(packet: Packet[VideoStream]) -> Sequence[VideoFrame]:
    """The frames that PACKET brings out of its decoder; none where it is damaged."""
    try:
        return packet.decode()
    except av.error.FFmpegError:
        return ()


def _stamp(frame: VideoFrame) -> int:
    return frame.pts if frame.pts is not None else (frame.dts or 0)


def _rate(stream: VideoStream, times: Sequence[Fraction]) -> tuple[Fraction, bool]:
    """The frame rate an editor would name, and whether the first packets keep to it.

    The header's average, unless its nominal rate is within 2 % (an odd last frame spoils averages),
    or the packets show that the header is wrong. Where the packets keep to none, a rate in common use: the
    nominal one, if some frames last as long as it says, else that of the usual frame.
    """
    gaps = [later - earlier for earlier, later in pairwise(times)]
    measured = _measured_rate(times, gaps, stream)
    average, nominal = (_usable(rate) for rate in (stream.average_rate, stream.base_rate))
    rate = average or nominal or measured or _FALLBACK_RATE
    if average and nominal and abs(nominal - average) < nominal * _RATE_DOUBT:
        rate = nominal
    if measured and abs(measured - rate) > rate * _RATE_DOUBT:
        rate = measured
    if _keeps_to(rate, gaps):
        return rate, True
    if nominal in STANDARD_RATES and any(_lasts(gap, nominal) for gap in gaps):
        return nominal, False
    return _usual_rate(gaps) or rate, False


def _usual_rate(gaps: Sequence[Fraction]) -> Fraction | None:
    """The rate in common use at which the usual frame lasts; damaged files hold gaps of nothing."""
    lengths = [gap for gap in gaps if gap > 0]
    if not lengths:
        return None
    usual = 1 / statistics.median(lengths)
    nearest = min(STANDARD_RATES, key=lambda standard: abs(standard - usual))
    return nearest if abs(nearest - usual) < nearest * _RATE_DOUBT else None


def _keeps_to(rate: Fraction, gaps: Sequence[Fraction]) -> bool:
    return all(_lasts(gap, rate) for gap in gaps)


def _lasts(gap: Fraction, rate: Fraction) -> bool:
    """Whether a frame of GAP seconds is one of RATE, give or take a quarter."""
    return abs(gap * rate - 1) < Fraction(1, 4)


def _measured_rate(
    times: Sequence[Fraction], gaps: Sequence[Fraction], stream: VideoStream
) -> Fraction | None:
    """What the packets' times say, when there are enough of them and they are even."""
    tick = stream.time_base or Fraction(1, MICROSECONDS)
    if len(gaps) < 8 or any(abs(gap - statistics.median(gaps)) > 2 * tick for gap in gaps):
        return None
    return _usable(len(gaps) / (times[-1] - times[0])) if times[-1] > times[0] else None


def _usable(rate: Fraction | None) -> Fraction | None:
    try:
        return snap_rate(rate) if rate else None
    except TimeError:
        return None


def _last(container: InputContainer, stream: VideoStream) -> tuple[Fraction, Fraction] | None:
    """Container time and length, in seconds, of the last frame; None when no packet could be found."""
    tick = stream.time_base or Fraction(1, MICROSECONDS)
    stated = _stated_end(container, stream)
    targets = [] if stated is None else [round_half_up((stated - reach) / tick) for reach in _TAIL_REACHES]
    for target in [*targets, stream.start_time or 0]:
        last = _last_packet(_packets_from(container, stream, target))
        if last is not None:
            return last[0] * tick, last[1] * tick
    return None


def _stated_end(container: InputContainer, stream: VideoStream) -> Fraction | None:
    if stream.duration and stream.time_base:
        return ((stream.start_time or 0) + stream.duration) * stream.time_base
    if container.duration:
        return Fraction((container.start_time or 0) + container.duration, MICROSECONDS)
    return None


def _packets_from(
    container: InputContainer, stream: VideoStream, target: int
) -> Iterator[Packet[VideoStream]]:
    try:
        container.seek(target, stream=stream, backward=True, any_frame=True)
        yield from packets(container, stream)
    except av.error.FFmpegError:
        return


def _last_packet(packets: Iterator[Packet[VideoStream]]) -> tuple[int, int] | None:
    """Stamp and length, in ticks, of the packet displayed last."""
    shown = (
        (packet.pts, packet.duration or 0)
        for packet in packets
        if packet.pts is not None and not packet.is_discard
    )
    return max(shown, default=None)


def _count(stream: VideoStream, rate: Fraction, steady: bool, last: Fraction) -> tuple[int | None, bool]:
    """Frames displayed when the last begins LAST seconds after the first, and whether times vary.

    The count is None where frame times vary and the container lists no frames.
    """
    expected = max(1, round_half_up(last * rate) + 1)
    entries = stream.index_entries
    if len(entries) < 2 or not _lists_frames(stream):
        return (expected, False) if steady else (None, True)
    if steady and _even([entries[i].timestamp for i in _spread(len(entries))], len(entries)):
        return expected, False
    return sum(not entry.is_discard for entry in entries), True


def _lists_frames(stream: VideoStream) -> bool:
    """Whether the container's index has an entry for each frame, as MP4 and MOV do."""
    return 0 < stream.frames == len(stream.index_entries)


def _spread(count: int) -> list[int]:
    steps = min(count - 1, _INDEX_SAMPLES)
    return [i * (count - 1) // steps for i in range(steps + 1)]


def _even(stamps: Sequence[int], count: int) -> bool:
    """Whether STAMPS, taken at _spread(COUNT), lie within a quarter of a frame of a straight line."""
    step = Fraction(stamps[-1] - stamps[0], count - 1)
    return all(
        abs(stamp - stamps[0] - position * step) <= max(step / 4, Fraction(2))
        for position, stamp in zip(_spread(count), stamps, strict=True)
    )


def _timecode(container: InputContainer, stream: VideoStream, rate: Fraction) -> Timecode | None:
    """The first frame's label: of the picture, else of a data stream (tmcd), else of the container."""
    places = [stream.metadata, *(each.metadata for each in container.streams.data), container.metadata]
    for place in places:
        for key, text in place.items():
            if key.lower() == "timecode":
                label = _label(text, rate)
                if label is not None:
                    return label
    return None


def _label(text: str, rate: Fraction) -> Timecode | None:
    """TEXT as timecode. ``;`` at a rate without drop frame cannot mean it and reads as ``:``."""
    if not has_drop_frame(rate):
        text = text.replace(";", ":").replace(",", ":")
    try:
        return parse_timecode(text, rate)
    except TimeError:
        return None


def _stream_info(stream: Stream, origin: Fraction) -> StreamInfo:
    tick = stream.time_base
    context: Any = stream.codec_context
    sound = stream.type == "audio" and context is not None
    return StreamInfo(
        index=stream.index,
        kind=stream.type,
        codec=context.name if context is not None else "",
        sample_rate=context.sample_rate or 0 if sound else 0,
        channels=context.channels or 0 if sound else 0,
        language=stream.language or "",
        start=stream.start_time * tick - origin if tick and stream.start_time is not None else None,
        duration=stream.duration * tick if tick and stream.duration else None,
    )


def _undecodable(path: Path) -> MediaUnreadable:
    return MediaUnreadable(
        f"no frame of {path} can be decoded: the file is damaged; copy it again from its source"
        " or export it anew",
        path,
    )
