"""The picture as the viewer sees it: a program's frames, in record order, streaming.

What is shown at record frame k is the media frame displayed at ``shot.source_at(k)``; beyond a file's
ends its first or last frame is held, which is what handles rely on. Nothing is kept but a few frames.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np

from foleyd.cue import FrameRange, Program, Shot
from foleyd.engines.engine import Frame
from foleyd.media.errors import MediaError
from foleyd.media.probe import probe
from foleyd.media.reader import Picture, PictureReader

OPEN_FILES = 2
"""Files kept open at once, so that two shots cut against each other each play on."""

_DUE = Fraction(1, 1000)
"""A picture displayed no later than this after its instant is displayed at it: containers round."""

_EVEN_ENOUGH = 3
"""Pictures for each record frame from which on leaving out one more or less is no matter."""

BLACK_SIZE = (1920, 1080)
"""Width and height of a program that has no picture at all."""


def program_frames(program: Program, between: bool = False) -> Iterator[Frame]:
    """The frames of PROGRAM in record order, each once: one held over record frames comes once.

    Frame.time is the exact record time of first display in seconds from the program's start, Frame.instant
    that at which the shot, run evenly, gets to the picture (of shots played backwards: the same). BETWEEN:
    the pictures that a shot passes over unevenly come, too, Frame.shown being False. Frame.rgb is
    uint8 (height, width, 3), upright, in the media's own size (black: that of the program's first
    picture). Black is shown where no shot is, and where a shot's media is None or has no path.
    Closing the iterator closes the files. Raises MediaMissing, MediaUnreadable and NoPicture when the
    shot concerned is reached.
    """
    files = _OpenFiles()
    size: tuple[int, int] | None = None
    shown: Hashable = None
    try:
        for record, shot in _stretches(program):
            path = _path(shot)
            if shot is None or path is None:
                size = size or _black_size(program)
                if shown != size:
                    shown = size
                    yield Frame(record.start / program.rate, np.zeros((size[1], size[0], 3), np.uint8))
                continue
            reader = files.reader(path)
            for frame, picture in _shown(reader, shot, record, program.rate, between):
                if frame is None:
                    instant = _instant(shot, picture, program.rate)
                    yield Frame(instant, reader.rgb(picture), instant, shown=False)
                elif shown != (path, picture.stamp):
                    shown, time = (path, picture.stamp), frame / program.rate
                    instant = _instant(shot, picture, program.rate) if shot.speed > 0 else time
                    late = time - instant > _DUE
                    yield Frame(time, reader.rgb(picture), instant if late else time)
    finally:
        files.close()


def _stretches(program: Program) -> Iterator[tuple[FrameRange, Shot | None]]:
    """The whole program as record ranges, each with its shot or None."""
    edge = 0
    for shot in program.shots:
        if shot.record.start > edge:
            yield FrameRange(edge, shot.record.start), None
        if shot.record.duration:
            yield shot.record, shot
        edge = shot.record.end
    if edge < program.duration:
        yield FrameRange(edge, program.duration), None


def _shown(
    reader: PictureReader, shot: Shot, record: FrameRange, rate: Fraction, between: bool
) -> Iterator[tuple[int | None, Picture]]:
    """For each frame of RECORD, the picture that SHOT shows there; None with those that it passes over."""
    frames = range(record.start, record.end)
    if shot.speed == 0:
        yield record.start, reader.at(shot.source_start)
    elif shot.speed > 0:
        passes = between and _passes_unevenly(reader.info.rate * shot.speed / rate)
        for frame in frames:
            time = shot.source_at(frame, rate)
            if passes and frame > record.start:
                yield from ((None, picture) for picture in reader.passed(time))
            yield frame, reader.at(time)
    else:
        times = [shot.source_at(frame, rate) for frame in frames]
        yield from zip(frames, reader.backward(times), strict=True)


def _passes_unevenly(pictures: Fraction) -> bool:
    """Whether a shot with so many PICTURES for each record frame leaves out now more, now less of them."""
    return 1 < pictures < _EVEN_ENOUGH and pictures.denominator > 1


def _instant(shot: Shot, picture: Picture, rate: Fraction) -> Fraction:
    """When in the program, which has RATE, SHOT, which plays forward, gets to PICTURE; in seconds."""
    return shot.record.start / rate + (picture.start - shot.source_start) / shot.speed


def _path(shot: Shot | None) -> Path | None:
    return shot.media.path if shot is not None and shot.media is not None else None


def _black_size(program: Program) -> tuple[int, int]:
    """Width and height of the first picture in PROGRAM that can be looked at."""
    for path in (_path(shot) for shot in program.shots):
        if path is not None:
            try:
                info = probe(path)
            except MediaError:
                continue
            return info.width, info.height
    return BLACK_SIZE


class _OpenFiles:
    """The files last read, the least recent one closed first."""

    def __init__(self) -> None:
        self._readers: OrderedDict[Path, PictureReader] = OrderedDict()

    def reader(self, path: Path) -> PictureReader:
        reader = self._readers.pop(path, None)
        if reader is None:
            while len(self._readers) >= OPEN_FILES:
                self._readers.popitem(last=False)[1].close()
            reader = PictureReader(path)
        self._readers[path] = reader
        return reader

    def close(self) -> None:
        while self._readers:
            self._readers.popitem()[1].close()
