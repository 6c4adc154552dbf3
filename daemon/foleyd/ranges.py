"""TIMEs of a command line or a cue sheet to record frames, and record frames to what the viewer shows."""

from __future__ import annotations

from fractions import Fraction

from foleyd.errors import FoleyError
from foleyd.timebase import Timecode, TimeError, parse_time
from foleyd.v1 import foleyd_pb2 as pb


class TimeRangeError(FoleyError):
    """A TIME cannot be read, or a range is empty, reversed or outside of its timeline."""

    code = "INVALID_ARGUMENT"
    reason = "RANGE_INVALID"


def fraction(value: pb.Rational) -> Fraction:
    """VALUE as it is meant; an absent one is 0."""
    return Fraction(value.num, value.den) if value.den else Fraction(0)


def start_label(rate: Fraction, start: pb.StartTimecode) -> Timecode:
    """The label of record frame zero."""
    return Timecode(start.frames, rate, start.drop_frame)


def label(start: Timecode, frame: int) -> str:
    """What the viewer shows at record FRAME."""
    return str(Timecode(start.frame + frame, start.rate, start.drop))


def parse_frame(text: str, start: Timecode, duration: int, option: str) -> int:
    """The record frame that TEXT means, on DURATION frames from START. Raises TimeRangeError naming the
    OPTION."""
    try:
        return parse_time(text, start, duration)
    except TimeError as error:
        raise TimeRangeError(
            f"{option}: {error}; use timecode as the viewer shows it, or seconds from the first frame"
        ) from error


def check_range(begin: int, end: int, start: Timecode, duration: int, name: str) -> pb.FrameRange:
    """Record frames BEGIN up to END of something called NAME and DURATION frames long (0: unknown).

    Raises TimeRangeError when the range is empty, reversed or reaches outside.
    """
    shown = f"{label(start, begin)} to {label(start, end)}"
    if end < begin:
        raise TimeRangeError(f"the range {shown} ends before it starts; swap the two times")
    if end == begin:
        raise TimeRangeError(f"the range {shown} is empty: the end is exclusive; move it one frame on")
    if duration and end > duration:
        raise TimeRangeError(
            f"the range {shown} reaches outside of {name}, which lasts from {start} to "
            f"{label(start, duration)}; choose times inside it"
        )
    return pb.FrameRange(start_frame=begin, end_frame=end)
