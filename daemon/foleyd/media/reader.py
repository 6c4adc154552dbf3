"""One picture file, read by time: the frame displayed at a time, forward, by seeking, or backward.

A frame's time is its timestamp less the first displayed frame's. Containers round timestamps to their
tick (1 ms in WebM, 1/90000 s in MPEG-TS), so a time within one tick (at most 1 ms) of the file's
frame grid is taken to be on the grid exactly; other times (variable rates) count from half a tick (at
most 0.5 ms) before. Times asked for may be short by 1 microsecond: hosts speak in floats.
"""

from __future__ import annotations

import math
import os
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av.error
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.stream import Discard
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from foleyd.media.container import open_media, packets, picture_stream, require_file
from foleyd.media.errors import MediaUnreadable
from foleyd.media.probe import MediaInfo, decoded, probe
from foleyd.media.rgb import RgbConverter
from foleyd.timebase import round_half_up

BACKWARD_BUFFER_BYTES = 128 * 1024 * 1024
"""Decoded frames kept while playing backward; a longer group of pictures is decoded in parts."""

_LONGEST_ROUNDING = Fraction(1, 1000)
_HOST_ROUNDING = Fraction(1, 1_000_000)
_READ_ON = Fraction(4)
_READ_ON_WITH_INDEX = Fraction(1, 2)
_SHORTFALL = Fraction(1, 2)
_DAMAGE_LIMIT = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A decoded frame, displayed from START (seconds from the file's first displayed frame) on."""

    start: Fraction
    stamp: int
    frame: VideoFrame


class PictureReader:
    """Reads the picture of the file at PATH. Holds a few frames, and closes with :meth:`close`.

    Raises, here and while reading, MediaMissing, MediaUnreadable and NoPicture.
    """

    def __init__(self, path: Path) -> None:
        self.info: MediaInfo = probe(path)
        self.frames_decoded = 0
        self._path = path
        self._size = require_file(path).st_size
        self._converter = RgbConverter(self.info.turn)
        self._current: Picture | None = None
        self._ahead: Picture | None = None
        self._container: InputContainer
        self._stream: VideoStream
        self._pictures: Iterator[Picture]
        self._first: Fraction
        self._open()

    def at(self, time: Fraction) -> Picture:
        """The picture displayed at TIME, in seconds; the first or last one beyond the file's ends.

        Reads on where TIME lies a little ahead, else seeks to the keyframe before it.
        """
        time = max(time, self._first)
        if self._current is None or time < self._current.start or self._should_seek(time):
            self._seek(time)
        while self._ahead is not None and self._ahead.start <= time:
            self._current, self._ahead = self._ahead, next(self._pictures, None)
        if self._ahead is None:
            self._require_end(time)
        assert self._current is not None
        return self._current

    def passed(self, time: Fraction) -> Iterator[Picture]:
        """The pictures after the present one and before that displayed at TIME (s), which becomes present.

        Reads on, never seeks: for a TIME that lies a few pictures ahead.
        """
        while self._ahead is not None and self._ahead.start <= time:
            passed = self._current = self._ahead
            self._ahead = next(self._pictures, None)
            if self._ahead is not None and self._ahead.start <= time:
                yield passed

    def backward(self, times: Sequence[Fraction]) -> Iterator[Picture]:
        """The pictures displayed at TIMES, which never ascend.

        Each group of pictures is decoded once, unless it needs more than BACKWARD_BUFFER_BYTES.
        """
        step = max((a - b for a, b in pairwise(times)), default=Fraction(1))
        held: list[Picture] = []
        for time in (max(time, self._first) for time in times):
            while held and held[-1].start > time:
                held.pop()
            if not held:
                held = self._stretch(time, step)
            yield held[-1]

    def rgb(self, picture: Picture) -> npt.NDArray[np.uint8]:
        """PICTURE as upright RGB, uint8 (height, width, 3)."""
        try:
            return self._converter.convert(picture.frame)
        except av.error.FFmpegError as error:
            raise MediaUnreadable(
                f"the picture of {self._path} ({picture.frame.format.name}) cannot be turned into RGB:"
                " transcode it to ProRes, DNxHR or H.264",
                self._path,
            ) from error

    @property
    def is_open(self) -> bool:
        """Whether the file is open."""
        return self._current is not None

    def close(self) -> None:
        """Closes the file at once."""
        self._current = self._ahead = None
        self._container.close()

    def _open(self) -> None:
        self._container = open_media(self._path)
        try:
            self._stream = picture_stream(self._container, self._path)
            for stream in self._container.streams:
                if stream.index != self._stream.index:
                    stream.discard = Discard.all
            self._stream.thread_type = "AUTO"
            self._begin()
            if self._current is None:
                raise self._lost()
            self._first = self._current.start
        except BaseException:
            self._container.close()
            raise

    def _begin(self) -> None:
        self._pictures = self._decode()
        self._current = next(self._pictures, None)
        self._ahead = next(self._pictures, None)

    def _decode(self) -> Iterator[Picture]:
        """Pictures from where the container stands, in ascending time; damaged ones are left out."""
        latest: Picture | None = None
        for frame in self._frames():
            self.frames_decoded += 1
            picture = self._picture(frame, latest)
            if latest is None or picture.start > latest.start:
                latest = picture
                yield picture

    def _frames(self) -> Iterator[VideoFrame]:
        damaged = 0
        while damaged < _DAMAGE_LIMIT:
            try:
                for packet in packets(self._container, self._stream):
                    yield from (frame for frame in decoded(packet) if not frame.is_corrupt)
                return
            except av.error.InvalidDataError:
                damaged += 1
            except av.error.EOFError:
                return
            except (av.error.FFmpegError, OSError) as error:
                raise self._lost() from error

    def _picture(self, frame: VideoFrame, latest: Picture | None) -> Picture:
        tick = self._stream.time_base or Fraction(1, 1_000_000)
        stamp = frame.pts if frame.pts is not None else frame.dts
        if stamp is None:
            stamp = round_half_up(self.info.start / tick)
            if latest is not None:
                stamp = latest.stamp + max(1, round_half_up(1 / self.info.rate / tick))
        return Picture(self._start(stamp * tick - self.info.start, tick), stamp, frame)

    def _start(self, time: Fraction, tick: Fraction) -> Fraction:
        """From when on a frame stamped TIME is displayed: see the head of this module."""
        rounding = min(tick, _LONGEST_ROUNDING)
        grid = round_half_up(time * self.info.rate) / self.info.rate
        exact = grid if abs(time - grid) <= rounding else time - rounding / 2
        return exact - _HOST_ROUNDING

    def _should_seek(self, time: Fraction) -> bool:
        """Whether a keyframe probably lies between the picture read last and the one at TIME."""
        if self._ahead is None or time < self._ahead.start + _READ_ON_WITH_INDEX:
            return False
        tick = self._stream.time_base or Fraction(1, 1_000_000)
        stamp = math.floor((time + self.info.start) / tick)
        entries = self._stream.index_entries
        found = entries.search_timestamp(stamp) if len(entries) else -1
        nearest = entries[found].timestamp * tick - self.info.start if found >= 0 else Fraction(0)
        return nearest > self._ahead.start + _READ_ON_WITH_INDEX or time > self._ahead.start + _READ_ON

    def _seek(self, time: Fraction) -> None:
        """Makes current a picture displayed at or before TIME, and ahead the one after it.

        Some containers seek past the frame asked for (MPEG-TS, open groups): then from further back,
        at last from a fresh start.
        """
        reach = Fraction(0)
        target = min(time, self.info.duration)
        while target - reach > 0:
            if self._seek_once(target - reach) and self._current is not None and self._current.start <= time:
                return
            reach = reach * 4 or max(Fraction(1), 2 / self.info.rate)
        self._container.close()
        self._open()

    def _seek_once(self, target: Fraction) -> bool:
        tick = self._stream.time_base or Fraction(1, 1_000_000)
        stamp = math.floor((target + self.info.start) / tick)
        try:
            self._container.seek(stamp, stream=self._stream, backward=True)
        except av.error.FFmpegError:
            return False
        self._begin()
        return True

    def _stretch(self, time: Fraction, step: Fraction) -> list[Picture]:
        """The pictures up to TIME that a backward play in steps of STEP shows, as many as may be held."""
        self._seek(time)
        held: deque[Picture] = deque()
        weight = 0
        while self._current is not None:
            picture, until = self._current, self._ahead.start if self._ahead is not None else None
            last = until is None or until > time
            if last or _is_shown(picture.start, until or time, time, step):
                held.append(picture)
                weight += _bytes(picture.frame)
            while weight > BACKWARD_BUFFER_BYTES and len(held) > 1:
                weight -= _bytes(held.popleft().frame)
            if last:
                break
            self._current, self._ahead = self._ahead, next(self._pictures, None)
        return list(held)

    def _require_end(self, time: Fraction) -> None:
        """Raises when frames ended early because the file was cut off or taken away while being read."""
        reached = self._current.start if self._current is not None else Fraction(0)
        if time < reached + _SHORTFALL or reached + _SHORTFALL >= self.info.duration:
            return
        if not self._path.exists() or os.stat(self._path).st_size < self._size:
            raise self._lost()

    def _lost(self) -> MediaUnreadable:
        reached = float(self._current.start) if self._current is not None else 0.0
        return MediaUnreadable(
            f"{self._path} could not be read beyond {max(reached, 0.0):.2f} s: it was cut off, moved"
            " or its drive went away; restore it and try again",
            self._path,
        )


def _is_shown(start: Fraction, until: Fraction, time: Fraction, step: Fraction) -> bool:
    """Whether one of TIME, TIME - STEP, TIME - 2 STEP ... lies in [START, UNTIL), before TIME."""
    return time - math.floor((time - start) / step) * step < until if step > 0 else False


def _bytes(frame: VideoFrame) -> int:
    return sum(plane.buffer_size for plane in frame.planes)
