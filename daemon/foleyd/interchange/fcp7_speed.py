"""Speed changes of FCP7 XML, as its adapter leaves them, made into warps.

A time remap says a speed in percent, and most programs write its graph beside: at which frame of the clip
(``when``, which counts as the clip's ``in`` and ``out`` do) which frame of the media is shown (``value``; one
more where the clip plays backwards). The graph is believed where it agrees with the percent.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

import opentimelineio as otio

from foleyd.brief import Notice
from foleyd.timeline.tree import METADATA_KEY

NAMESPACE = "fcp_xml"
REMAP_NAME = "timeremap"
"""Name of a warp that was made of an XML's time remap; its clip's ``in`` counts in retimed frames there."""

_SPEED_DENOMINATOR = 10**6
_TICKS = 254_016_000_000
"""Premiere's ticks in a second."""
_AGREES = 0.02
"""How far a graph may be from the speed that is said, as a share of it, and be believed."""
_LOOK = "look whether the take begins with the right picture"
_RENDER = "render the clip with its speed change, or export the timeline as .otio"

Span = tuple[float, float, float, float]
Spans = dict[str, Span]
"""``in``, ``out``, ``start`` and ``end`` of each clip item, by its id."""

_moment, _span = otio.opentime.RationalTime, otio.opentime.TimeRange


def notes_of(item: Any) -> dict[str, Any]:
    """What the adapter has kept of ITEM's XML."""
    found = item.metadata.get(NAMESPACE)
    return dict(found) if hasattr(found, "keys") else {}


def number(value: Any) -> float | None:
    """VALUE as a finite number; None for anything else."""
    try:
        found = float(str(value))
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def media_start(item: Any, rate: float) -> otio.opentime.RationalTime:
    """Where the media of ITEM begin, in frames of RATE; 0 where that is not said."""
    held = _held(item)
    return _moment(0, rate) if held is None else held.start_time.rescaled_to(rate)


def put_right_speed(item: Any, spans: Spans) -> Iterator[Notice]:
    """Each time remap of ITEM as a warp, with its used range in frames of its media; what that leans on, and
    those that cannot be read, are named."""
    for index, effect in enumerate(list(item.effects)):
        notes = notes_of(effect)
        if str(notes.get("effectid", "")).strip().lower() != "timeremap":
            continue
        remap = _remap(notes)
        played = _Played(item, spans.get(str(notes_of(item).get("@id"))))
        found = played.by(remap)
        if found is None:
            yield Notice(
                f"the {remap.kind} of {item.name!r} cannot be read from FCP7 XML and is played at normal "
                "speed",
                fix=_RENDER,
            )
            continue
        if found.speed == 1 and not remap.variable:
            continue
        if found.how:
            yield Notice(f"the {remap.kind} of {item.name!r}{remap.said} is read {found.how}", fix=found.fix)
        written = item.source_range.start_time.value
        start = played.origin + found.first
        if found.speed < 0:  # a warp plays backwards to the start of its range
            start += found.speed * item.source_range.duration.value
        item.source_range = _span(_moment(start, played.rate), item.source_range.duration)
        warp = otio.schema.FreezeFrame() if found.speed == 0 else otio.schema.LinearTimeWarp()
        warp.name, warp.time_scalar = REMAP_NAME, float(found.speed)
        warp.metadata.update(effect.metadata)
        warp.metadata[METADATA_KEY] = {"in": written, "start": start}
        item.effects[index] = warp


def as_written(item: Any, warp: otio.schema.LinearTimeWarp, used: Any) -> Any:
    """The USED range of ITEM as the XML counts it that WARP came from: frames of the retimed clip."""
    said: Any = warp.metadata.get(METADATA_KEY)
    was, then = (number(said.get(key)) if hasattr(said, "get") else None for key in ("in", "start"))
    rate = used.start_time.rate
    if was is not None and then is not None:
        moved = used.start_time.value - then
        first = was + (moved / warp.time_scalar if moved and warp.time_scalar else 0)
    else:
        origin = media_start(item, rate).value
        first = origin + (used.start_time.value - origin) / (warp.time_scalar or 1)
    return _span(_moment(first, rate), used.duration)


@dataclass(frozen=True, slots=True)
class _Remap:
    """A time remap: its PERCENT (negative: backwards), and the POINTS of its graph in order of ``when``."""

    percent: float | None
    variable: bool
    reverse: bool
    points: tuple[tuple[float, float], ...]

    @property
    def kind(self) -> str:
        if self.variable:
            return "variable speed"
        return "freeze" if self.percent == 0 else "reverse speed" if self.reverse else "speed"

    @property
    def said(self) -> str:
        steady = self.percent is not None and not self.variable and self.percent != 0
        return f", {self.percent:g} %," if steady else ""

    def value(self, when: float) -> float | None:
        """The media frame at WHEN by the graph; None outside of it."""
        for (before, low), (after, high) in pairwise(self.points):
            if before <= when <= after:
                return low + (high - low) * (when - before) / (after - before)
        return None

    def line(self, begin: float, end: float) -> tuple[float, float] | None:
        """Media frames for each frame of the clip between BEGIN and END, and the media frame at BEGIN."""
        low, high = self.value(begin), self.value(end)
        if low is None or high is None or begin >= end:
            return None
        slope = (high - low) / (end - begin)
        return slope, low - 1 if slope < 0 else low


@dataclass(frozen=True, slots=True)
class _Found:
    """SPEED, and FIRST: the media frame, counted from the file's first, at which playing begins (backwards:
    the one after the first that is shown). HOW says what that leans on; empty for what is sure."""

    speed: Fraction
    first: float
    how: str = ""
    fix: str = _LOOK


class _Played:
    """How an ITEM of the edit is played, by what its XML says."""

    def __init__(self, item: Any, counted: Span | None) -> None:
        self.item = item
        self.rate: float = item.source_range.start_time.rate
        self.origin: float = media_start(item, self.rate).value
        self.local: float = item.source_range.start_time.value - self.origin
        self.counted = counted

    def by(self, remap: _Remap) -> _Found | None:
        """What REMAP makes of it; None where the XML does not say enough."""
        line = remap.line(*self.counted[:2]) if self.counted is not None else None
        if remap.variable:
            return None if line is None else self._averaged(*line)
        if remap.percent is None:
            return None
        wanted = remap.percent / 100
        if line is not None and abs(line[0] - wanted) <= _AGREES * max(abs(wanted), 0.01):
            return self._steady(remap, line[1])
        if remap.percent == 0:
            return _Found(Fraction(0), self.local, "with its in point as the frame that stands")
        return self._backwards(remap.percent) if remap.reverse else self._steady(remap, None)

    def _averaged(self, slope: float, first: float) -> _Found:
        how = (
            f"at its average, {100 * slope:.4g} %: its first and last frames are right, those between are not"
        )
        return _Found(Fraction(slope).limit_denominator(_SPEED_DENOMINATOR), first, how, _RENDER)

    def _steady(self, remap: _Remap, first: float | None) -> _Found:
        """At one speed from FIRST on; where no graph says that, from the XML's own ways to count."""
        assert remap.percent is not None
        speed = _exact(remap.percent)
        ticks = number(notes_of(self.item).get("pproTicksIn"))
        if ticks is not None and ticks >= 0 and speed > 0:
            return _Found(speed, ticks / _TICKS * self.rate)
        if first is not None:
            return _Found(speed, first)
        if self._counts_media(speed):
            return _Found(speed, self.local, "with its in point in frames of its media, as its length says")
        how = "with its in point in retimed frames, as editors write it"
        return _Found(speed, self.local * float(speed), how)

    def _counts_media(self, speed: Fraction) -> bool:
        if self.counted is None:
            return False
        begin, end, start, stop = self.counted
        used, shown = end - begin, stop - start
        return abs(used - shown * speed) < min(1, abs(used - shown))

    def _backwards(self, percent: float) -> _Found | None:
        """Without a graph: retimed frames, counted from the end of the media."""
        held = _held(self.item)
        if held is None or held.duration.rate <= 0:
            return None
        speed = _exact(percent)
        first = held.duration.rescaled_to(self.rate).value + self.local * float(speed)
        return _Found(
            speed, first, "with its in point counted from the end of its media, as editors write it"
        )


def _held(item: Any) -> Any:
    reference = item.media_reference if isinstance(item, otio.schema.Clip) else None
    held = reference.available_range if reference is not None else None
    return held if held is not None and held.start_time.rate > 0 else None


def _exact(percent: float) -> Fraction:
    return Fraction(percent).limit_denominator(_SPEED_DENOMINATOR) / 100


def _remap(notes: Mapping[str, Any]) -> _Remap:
    parameters = {
        str(each.get("parameterid", "")).strip().lower(): each for each in _listed(notes, "parameter")
    }

    def said(name: str) -> Any:
        return parameters[name].get("value") if name in parameters else None

    percent = number(said("speed"))
    reverse = _is_true(said("reverse")) or (percent is not None and percent < 0)
    if percent is not None and reverse:
        percent = -abs(percent)
    points: dict[float, float] = {}
    for each in _listed(parameters.get("graphdict", {}), "keyframe"):
        when, value = number(each.get("when")), number(each.get("value"))
        if when is not None and value is not None:
            points[when] = value
    return _Remap(percent, _is_true(said("variablespeed")), reverse, tuple(sorted(points.items())))


def _listed(notes: Mapping[str, Any], name: str) -> list[Any]:
    """The elements called NAME: the adapter keeps one alone as itself, several as a list."""
    found: Any = notes.get(name)
    listed = [found] if hasattr(found, "keys") else list(found) if hasattr(found, "__iter__") else []
    return [each for each in listed if hasattr(each, "get")]


def _is_true(value: Any) -> bool:
    return str(value).strip().upper() in {"TRUE", "1"}
