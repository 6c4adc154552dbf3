"""The sound of a timeline, from the WAV files, with arithmetic of its own.

Every enabled audio item on an enabled audio track is summed at its record position. A position becomes a
sample by rounding half up; which zero positions are counted from is an assumption with a switch. A mono
track takes the first channel of its clips (section 8: "a stereo WAV on a mono track loses a channel") and
is heard on both sides at full level; levels, pans and fades are not applied. Retimed sound, and the sound
of files that are only declared, is silence, told in `Mix.left_out`.
"""

from __future__ import annotations

from array import array
from fractions import Fraction
from typing import Any

from . import rates, riff
from .model import Item, Timeline, Track


class Mix:
    """Two channels of floats (full scale 1.0); `first`: the first sample, from the timeline's start."""

    def __init__(self, first: int, channels: list[array], left_out: list[str]) -> None:
        self.first = first
        self.channels = channels
        self.left_out = left_out


def mix(timeline: Timeline, sample_rate: int = 48000, tracks: Any = None, origin: str = "timecode") -> Mix:
    """The sum of TRACKS (1-based numbers; None: all), from the first item's start to the last one's end.

    Args:
        origin: positions are rounded counted from "timecode" zero, or from the "timeline"'s start.
    """

    def sample(frame: Any) -> int:
        zero = timeline.start if origin == "timecode" else 0
        place = frame if origin == "timecode" else frame - timeline.start
        return rates.half_up(Fraction(place) * sample_rate / timeline.rate) - rates.half_up(
            Fraction(zero) * sample_rate / timeline.rate
        )

    heard = [
        (track, item)
        for number, track in enumerate(timeline.tracks["audio"], 1)
        for item in track.items
        if track.enabled and item.enabled and item.kind == "audio" and (tracks is None or number in tracks)
    ]
    left_out = [item.name for _, item in heard if not _readable(item)]
    heard = [(track, item) for track, item in heard if _readable(item)]
    if not heard:
        return Mix(0, [array("d"), array("d")], left_out)
    first = min(sample(item.start) for _, item in heard)
    length = max(sample(item.end) for _, item in heard) - first
    out = [array("d", bytes(8 * length)) for _ in range(2)]
    for track, item in heard:
        begin, end = sample(item.start), sample(item.end)
        for channel, values in enumerate(_sound(track, item, end - begin, sample_rate)):
            at = begin - first
            total = out[channel]
            total[at : at + len(values)] = array(
                "d", map(float.__add__, total[at : at + len(values)], values)
            )
    return Mix(first, out, left_out)


def _readable(item: Item) -> bool:
    media = item.pool.media if item.pool is not None else None
    return media is not None and media.rate is None and item.speed == 1 and item.pool.online  # type: ignore


def _sound(track: Track, item: Item, count: int, sample_rate: int) -> list[array]:
    assert item.pool is not None
    assert item.pool.media is not None
    wav = riff.Wav(item.pool.media.path)
    if wav.sample_rate != sample_rate:
        raise ValueError(f"{wav.path} has {wav.sample_rate} Hz")
    offset = rates.half_up(item.source * sample_rate / item.pool.fps)
    channels = wav.read(offset, count)
    if track.subtype == "mono" or len(channels) == 1:
        return [channels[0], channels[0]]
    return channels[:2]
