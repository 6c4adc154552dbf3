"""A video file as the picture of a request: one shot that is the whole file."""

from __future__ import annotations

from fractions import Fraction
from math import ceil
from pathlib import Path

from foleyd.errors import FoleyError
from foleyd.ranges import fraction
from foleyd.timebase import has_drop_frame, round_half_up
from foleyd.v1 import foleyd_pb2 as pb

_FRAME_TOLERANCE = Fraction(1, 20)
"""How far a length may lie from whole frames by a container's coarse clock alone."""


class NothingToSee(FoleyError):
    """A file holds no picture."""

    code = "INVALID_ARGUMENT"
    reason = "NO_PICTURE"


def program_of(media: pb.MediaInfo) -> pb.Program:
    """A program of one shot: the whole file, at its own rate, from its embedded timecode or 0.

    Raises NothingToSee when it holds no picture.
    """
    path = Path(media.path)
    rate, seconds = fraction(media.rate), fraction(media.duration)
    if rate <= 0 or seconds <= 0:
        raise NothingToSee(f"{path.name} holds no picture that can be read; choose a video file")
    frames = whole_frames(seconds, rate)
    # Without timecode in the file, labels are drop frame where that exists.
    start = pb.StartTimecode(frames=0, drop_frame=has_drop_frame(rate))
    if media.HasField("timecode"):
        start = media.timecode
    shot = pb.Shot(
        id="1",
        name=path.name,
        media=pb.Media(path=media.path, name=path.name),
        source_start=pb.Rational(num=0, den=1),
        record_start_frame=0,
        duration_frames=frames,
        speed=pb.Rational(num=1, den=1),
    )
    return pb.Program(
        rate=media.rate,
        start_timecode=start,
        shots=[shot],
        name=path.stem,
        duration_frames=frames,
    )


def whole_frames(seconds: Fraction, rate: Fraction) -> int:
    """Frames that SECONDS of picture need so that the last one is covered whole; at least 1."""
    frames = seconds * rate
    nearest = round_half_up(frames)
    return max(1, nearest if abs(frames - nearest) <= _FRAME_TOLERANCE else ceil(frames))
