"""An edit whose picture flips at known frames, and what it shows at every record frame, by hand.

Nothing here comes from foleyd: the document is made with OpenTimelineIO, the clips with PyAV, and what is
shown where is worked out in whole numbers from the rules of the format.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import opentimelineio as otio

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from clipmaker import Rgb, make_clip

SAMPLES_PER_SECOND = 48_000
SIZE = (96, 64)
DARK, BRIGHT = 16, 235
_INTERVALS = (3, 5, 2, 7, 11, 4, 9, 6, 13)
_LENGTHS = (31, 1, 14, 47, 8, 66, 23, 5, 90, 12)


@dataclass(frozen=True)
class Rate:
    """NUM / DEN frames a second; STORED: the doubles that documents have for it; DAY: the labels in 24 h."""

    name: str
    num: int
    den: int
    stored: tuple[float, ...]
    day: int
    drop: bool = False
    other: Fraction = Fraction(25)

    @property
    def exact(self) -> Fraction:
        return Fraction(self.num, self.den)

    @property
    def nominal(self) -> int:
        return -(-self.num // self.den)

    def sample(self, frame: int) -> int:
        """round(frame / rate x 48000), in whole numbers."""
        return (2 * frame * SAMPLES_PER_SECOND * self.den + self.num) // (2 * self.num)

    def label(self, frame: int) -> str:
        """What a viewer shows at FRAME; drop frame by OpenTimelineIO (which has no other day at 29.97)."""
        number = frame % self.day
        if self.drop:
            moment = otio.opentime.RationalTime(number, self.num / self.den)
            return str(otio.opentime.to_timecode(moment, self.num / self.den, True))
        seconds, frames = divmod(number, self.nominal)
        return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{frames:02}"

    def frame(self, label: str) -> int:
        """The frame of LABEL; drop frame by OpenTimelineIO."""
        if self.drop:
            text = f"{label[:8]};{label[9:]}"
            return int(otio.opentime.from_timecode(text, self.num / self.den).value)
        hours, minutes, seconds, frames = map(int, label.split(":"))
        return ((hours * 60 + minutes) * 60 + seconds) * self.nominal + frames


_FILM = (24_000 / 1001, 23.976, 23.98, 23.976023976, 23.976024)
_VIDEO = (30_000 / 1001, 29.97, 29.97002997, 29.97003, 29.970029970029969)
_DOUBLE = (60_000 / 1001, 59.94, 59.94005994, 59.94006, 59.940059940059939)
RATES = (
    Rate("23.976", 24_000, 1001, _FILM, 2_073_600),
    Rate("24", 24, 1, (24.0,), 2_073_600, other=Fraction(24_000, 1001)),
    Rate("25", 25, 1, (25.0,), 2_160_000, other=Fraction(24)),
    Rate("29.97 DF", 30_000, 1001, _VIDEO, 2_589_408, True),
    Rate("29.97 NDF", 30_000, 1001, _VIDEO, 2_592_000, other=Fraction(24_000, 1001)),
    Rate("30", 30, 1, (30.0,), 2_592_000, other=Fraction(30_000, 1001)),
    Rate("50", 50, 1, (50.0,), 4_320_000),
    Rate("59.94 DF", 60_000, 1001, _DOUBLE, 5_178_816, True, Fraction(24_000, 1001)),
    Rate("59.94 NDF", 60_000, 1001, _DOUBLE, 5_184_000, other=Fraction(30_000, 1001)),
    Rate("60", 60, 1, (60.0,), 5_184_000, other=Fraction(24)),
)
STARTS = ("00:00:00:00", "01:00:00:00", "10:00:00:00", "23:59:50:00", "15:44:35:10")


def bright(media_frame: int) -> bool:
    """Whether frame MEDIA_FRAME of every clip is bright: it flips after 3, 5, 2, 7 … frames."""
    rest, state, turn = media_frame, False, 0
    while rest >= _INTERVALS[turn % len(_INTERVALS)]:
        rest -= _INTERVALS[turn % len(_INTERVALS)]
        state, turn = not state, turn + 1
    return state


def drawn(media_frame: int) -> Rgb:
    """The picture of MEDIA_FRAME."""
    return np.full((SIZE[1], SIZE[0], 3), BRIGHT if bright(media_frame) else DARK, np.uint8)


@dataclass(frozen=True)
class Item:
    """A piece of the track: FRAMES long, showing frame ``at(n)`` of a file of HELD frames (black: None)."""

    name: str
    frames: int
    held: int
    at: Callable[[int], int] | None

    def is_bright(self, offset: int) -> bool:
        """What is seen OFFSET frames after its start; beyond the file's ends its edge frame is held."""
        return self.at is not None and bright(min(max(self.at(offset), 0), self.held - 1))


@dataclass(frozen=True)
class Edit:
    """A document on disk, and its items in record order. STORED is the very rate that it has."""

    path: Path
    rate: Rate
    stored: float
    start: int
    items: tuple[Item, ...]

    @property
    def frames(self) -> int:
        return sum(item.frames for item in self.items)

    @property
    def cues(self) -> list[tuple[int, int]]:
        """Adjoining record ranges over everything, some of a single frame, few of them at cuts."""
        ranges: list[tuple[int, int]] = []
        while not ranges or ranges[-1][1] < self.frames:
            begin = ranges[-1][1] if ranges else 0
            ranges.append((begin, min(begin + _LENGTHS[len(ranges) % len(_LENGTHS)], self.frames)))
        return ranges

    def seen(self, begin: int, end: int, first: int, last: int) -> list[bool]:
        """Bright or not, FIRST up to LAST, in the file of the cue BEGIN up to END: handles go on along the
        media of the cue's own first and last item."""
        edges = [sum(item.frames for item in self.items[:i]) for i in range(len(self.items) + 1)]
        shown = []
        for frame in range(first, last):
            inside = min(max(frame, begin), end - 1)
            number = max(i for i in range(len(self.items)) if edges[i] <= inside)
            shown.append(self.items[number].is_bright(frame - edges[number]))
        return shown


def make_edit(folder: Path, rate: Rate, label: str, stored: float) -> Edit:
    """Writes clips and document into FOLDER: trimmed, 2x, reverse, gap, freeze, other rate, half speed, and a
    clip of whose file the document says nothing; a nested stack, a disabled track, sound, markers."""
    folder.mkdir(parents=True, exist_ok=True)
    nominal = rate.nominal
    length, begin = 6 * nominal, rate.frame("02:00:00:00")
    main, other = folder / "main take.mov", folder / "other.mov"
    make_clip(
        main, rate=rate.exact, frames=length, size=SIZE, draw=drawn, timecode=rate.label(begin), gop=nominal
    )
    held = round(4 * rate.other)
    make_clip(other, rate=rate.other, frames=held, size=SIZE, draw=drawn)
    build = _Builder(rate, stored, main, begin, length)
    step = Fraction(rate.other) / rate.exact
    cut, far = nominal // 3, nominal
    build.add("trimmed", int(2.2 * nominal), cut, lambda n: cut + n)
    build.add("double", int(1.7 * nominal) + 1, 5, lambda n: 5 + 2 * n, speed=2.0)
    backward = int(1.5 * nominal)
    build.add("reverse", backward, far, lambda n: far + backward - 1 - n, speed=-1.0)
    build.gap(int(0.9 * nominal) + 1)
    build.add("freeze", int(1.1 * nominal), 9, lambda _: 9, speed=0.0)
    build.add("asked", int(1.9 * nominal) + 2, 3 * nominal, lambda n: 3 * nominal + n, silent=True)
    build.add_other(other, int(2.3 * nominal) + 1, held, 7, step)
    build.add("half", int(1.4 * nominal), 2 * nominal + 1, lambda n: 2 * nominal + 1 + n // 2, speed=0.5)
    path = folder / "edit.otio"
    path.write_text(json.dumps(_document(build, rate.frame(label)), indent=1, ensure_ascii=False))
    return Edit(path, rate, stored, rate.frame(label), tuple(build.items))


class _Builder:
    """The picture track and, beside it, what its items show."""

    def __init__(self, rate: Rate, stored: float, main: Path, begin: int, length: int) -> None:
        self.rate, self.stored, self.main, self.begin, self.length = rate, stored, main, begin, length
        self.items: list[Item] = []
        self.track = otio.schema.Track("V1", kind="Video")

    def time(self, value: int) -> Any:
        return otio.opentime.RationalTime(value, self.stored)

    def span(self, start: int, duration: int) -> Any:
        return otio.opentime.TimeRange(self.time(start), self.time(duration))

    def reference(self, silent: bool = False) -> Any:
        available = None if silent else self.span(self.begin, self.length)
        return otio.schema.ExternalReference(self.main.as_uri(), available)

    def add(
        self,
        name: str,
        frames: int,
        start: int,
        at: Callable[[int], int],
        *,
        speed: float = 1.0,
        silent: bool = False,
    ) -> None:
        used = self.span(self.begin + start, frames)
        clip = otio.schema.Clip(
            name, self.reference(silent), used, metadata={"Vendor": {"Größe": 3, "x": [1.5]}}
        )
        if speed == 0:
            clip.effects.append(otio.schema.FreezeFrame())
        elif speed != 1:
            clip.effects.append(otio.schema.LinearTimeWarp(time_scalar=speed))
        self._append(Item(name, frames, self.length, at), clip, nested=name == "freeze")

    def add_other(self, path: Path, frames: int, held: int, start: int, step: Fraction) -> None:
        """A clip of another rate, by a relative reference: frame floor(START + n x STEP) is shown."""
        moment = otio.opentime.RationalTime
        rate = float(self.rate.other)
        available = otio.opentime.TimeRange(moment(0, rate), moment(held, rate))
        used = otio.opentime.TimeRange(moment(start, rate), self.time(frames))
        clip = otio.schema.Clip("other", otio.schema.ExternalReference(path.name, available), used)
        shown = Item("other", frames, held, lambda n: start + n * step.numerator // step.denominator)
        self._append(shown, clip)

    def gap(self, frames: int) -> None:
        self._append(Item("gap", frames, 0, None), otio.schema.Gap(source_range=self.span(0, frames)))

    def _append(self, item: Item, what: Any, *, nested: bool = False) -> None:
        self.items.append(item)
        if nested:
            inner = otio.schema.Track("inner", kind="Video")
            inner.append(what)
            what = otio.schema.Stack("compound")
            what.append(inner)
        self.track.append(what)


def _document(build: _Builder, start: int) -> Any:
    timeline = otio.schema.Timeline("placement", global_start_time=build.time(start))
    timeline.metadata["Vendor"] = {"note": "naïve ☂", "list": [1, 2.25, None, True]}
    off = otio.schema.Track("V2", kind="Video")
    off.append(otio.schema.Clip("hidden", build.reference(), build.span(build.begin, 30)))
    off.enabled = False
    sound = otio.schema.Track("A1", kind="Audio")
    sound.append(otio.schema.Clip("production sound", build.reference(), build.span(build.begin + 4, 50)))
    timeline.tracks.extend([build.track, off, sound])
    timeline.tracks.markers.append(
        otio.schema.Marker("a marker", marked_range=build.span(12, 1), color="GREEN", metadata={"k": "v"})
    )
    return json.loads(timeline.to_json_string())
