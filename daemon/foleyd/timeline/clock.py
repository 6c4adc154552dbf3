"""A timeline's own frames: which rate it runs at, how it writes it, and its start label."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import opentimelineio as otio

from foleyd.timebase import Timecode, frames_per_day, has_drop_frame, round_half_up
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.numbers import picture_rate, seconds, tidy
from foleyd.timeline.tree import METADATA_KEY, is_picture

DROP_KEY = "drop_frame"
"""In the timeline's ``metadata["foleyd"]``: whether its labels drop frames, which the format cannot say."""


@dataclass(frozen=True, slots=True)
class Clock:
    """A timeline's frames: exact rate, the double that the document stores for it, start label."""

    rate: Fraction
    stored_rate: float
    start: Timecode

    def frame(self, at: Fraction) -> int:
        """The whole frame nearest to AT seconds from the timeline's zero."""
        return round_half_up(at * self.rate)


def read_clock(timeline: otio.schema.Timeline, *, drop: bool | None = None) -> Clock:
    """TIMELINE's frame rate and start label: ``global_start_time``'s rate if it is a real one, else
    the first picture clip's, else the first item's. DROP chooses drop-frame labels (default: as foleyd
    wrote down, else where the rate and the start have them). Raises TimelineError where there is no rate."""
    start = timeline.global_start_time
    found = picture_rate(start.rate, start.value) if start is not None else None
    for item in _rated(timeline) if found is None else ():
        found = _item_rate(item)
        if found is not None:
            break
    if found is None:
        raise TimelineError("the timeline has no frame rate: put a clip on it or set its start timecode")
    rate, stored = found
    frame = round_half_up(_start_value(start, rate, stored)) if start is not None else 0
    if frame < 0:
        raise TimelineError("the timeline starts before timecode zero: set its start to 00:00:00:00 or later")
    dropped = has_drop_frame(rate) and (_drops(timeline, rate, frame) if drop is None else drop)
    return Clock(rate, stored, Timecode(frame, rate, dropped))


def _drops(timeline: otio.schema.Timeline, rate: Fraction, start: int) -> bool:
    """What foleyd itself has written down; where nothing is said, drop frame unless START, in frames, is
    beyond the last label that a day of drop frame has."""
    ours = timeline.metadata.get(METADATA_KEY)
    said = ours.get(DROP_KEY) if hasattr(ours, "get") else None
    return said if isinstance(said, bool) else start < frames_per_day(rate, drop=True)


def _start_value(start: otio.opentime.RationalTime, rate: Fraction, stored: float) -> Fraction:
    if start.value == 0:
        return Fraction(0)
    return tidy(start.value) if start.rate == stored else seconds(start) * rate


def _rated(timeline: otio.schema.Timeline) -> list[otio.core.Item]:
    """Items in the order in which they are asked for the timeline's rate."""
    items = [item for item in timeline.tracks.find_children() if not isinstance(item, otio.core.Composition)]
    items = [item for item in items if isinstance(item, otio.core.Item)]
    clips = [item for item in items if isinstance(item, otio.schema.Clip)]
    return [clip for clip in clips if _on_picture(clip)] + clips + items


def _on_picture(item: otio.core.Item) -> bool:
    parent = item.parent()
    while parent is not None:
        if isinstance(parent, otio.schema.Track) and not is_picture(parent):
            return False
        parent = parent.parent()
    return True


def _item_rate(item: otio.core.Item) -> tuple[Fraction, float] | None:
    ranges = [item.source_range]
    if isinstance(item, otio.schema.Clip) and item.media_reference is not None:
        ranges.append(item.media_reference.available_range)
    for found in ranges:
        if found is not None and found.duration.value > 0:
            rate = picture_rate(found.duration.rate, found.duration.value, found.start_time.value)
            if rate is not None:
                return rate
    return None
