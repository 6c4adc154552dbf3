"""The contact sheet: filmstrip, waveforms and events on one time axis, as a PNG for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from foleyd.cue import FrameRange, Loudness, SoundEvent
from foleyd.engines.engine import Frame
from foleyd.files import new_file
from foleyd.lettering import fit, lettered
from foleyd.media.loudness import decibels
from foleyd.media.waveform import Waveform
from foleyd.timebase import Timecode, round_half_up
from foleyd.wave_picture import PANEL, Colour, at_pixels, wave_picture

WIDTH = 1600
MARGIN = 40
AXIS = WIDTH - 2 * MARGIN
"""Pixels that the time axis takes: a waveform of a take that fills the sheet has as many columns."""
LANES_SHOWN = 12

_THUMBNAIL_HEIGHT = 84
_FEWEST, _MOST = 4, 20
# A cell against the picture's own width: below, it is left out; beyond, the rest stays empty.
_NARROWEST, _WIDEST = 0.6, 1.1
_CHANNEL_HEIGHT = {1: 96, 2: 58}
_LANE_GAP = 22

_STRIP_TOP = 138

_BACKGROUND: Colour = (20, 22, 26)
_TEXT: Colour = (231, 233, 236)
_DIM: Colour = (146, 153, 164)
_KINDS: tuple[Colour, ...] = (
    (244, 184, 74),
    (242, 113, 106),
    (142, 201, 116),
    (190, 149, 240),
    (106, 166, 248),
    (238, 146, 196),
    (214, 214, 120),
    (230, 140, 70),
)


@dataclass(frozen=True, slots=True)
class _Style:
    size: int
    colour: Colour


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """The picture shown at record FRAME of the sheet, RGB uint8 (height, width, 3), small."""

    frame: int
    rgb: npt.NDArray[np.uint8]

    @classmethod
    def of(cls, frame: int, rgb: npt.NDArray[np.uint8]) -> Thumbnail:
        """RGB shrunk to twice the height that is drawn, so that cells of any width stay sharp."""
        rows, columns = rgb.shape[:2]
        height = min(rows, 2 * _THUMBNAIL_HEIGHT)
        size = (max(1, round(columns * height / rows)), height)
        picture = Image.fromarray(rgb, "RGB")
        return cls(frame, np.asarray(picture.resize(size, Image.Resampling.BOX, reducing_gap=2.0)))


@dataclass(frozen=True, slots=True)
class Lane:
    """One take. START and DURATION are seconds on the sheet; EVENTS count from the sheet's start.

    WAVEFORM covers START to START + DURATION. DETAIL is a dim remark after the LABEL.
    """

    label: str
    start: Fraction
    duration: Fraction
    waveform: Waveform
    events: tuple[SoundEvent, ...] = ()
    loudness: Loudness | None = None
    detail: str = ""

    @property
    def shown(self) -> tuple[SoundEvent, ...]:
        """The events within the lane; those of the handles lie beyond it."""
        return tuple(event for event in self.events if 0 <= event.time - self.start < self.duration)


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is drawn. START labels the first frame, FRAMES is the length; FACTS stand below TITLE."""

    title: str
    facts: Sequence[str]
    start: Timecode
    frames: int
    thumbnails: Sequence[Thumbnail]
    lanes: Sequence[Lane]

    @property
    def seconds(self) -> Fraction:
        """Length in seconds."""
        return self.frames / self.start.rate


class Filmstrip:
    """Keeps evenly spaced small pictures of a stream of frames that goes by.

    FRAMES is the stream's length in record frames at RATE; WITHIN is the part of it to take the
    pictures from (a cue without its handles, say), the whole by default. How many are kept follows
    from their shape, so that they fill the sheet; besides them one whole frame is held at a time.
    """

    def __init__(self, frames: int, rate: Fraction, within: FrameRange | None = None) -> None:
        self.thumbnails: list[Thumbnail] = []
        self._frames = frames
        self._within = within or FrameRange(0, frames)
        self._rate = rate
        self._moments: list[int] | None = None

    def wrap(self, frames: Iterable[Frame], first: int = 0, last: int | None = None) -> Iterator[Frame]:
        """FRAMES unchanged, while they are looked at.

        A stream that is read in windows is wrapped once for each, in order: FIRST and LAST are the
        record frames where the window begins and ends; times count from its beginning. Where windows
        overlap, the earlier one is kept. ``thumbnails`` is complete when the last one is through.
        """
        shown: Frame | None = None
        for frame in frames:
            if shown is not None and frame.shown:
                self._keep(shown, first + round_half_up(frame.time * self._rate))
            shown = frame if frame.shown else shown
            yield frame
        if shown is not None:
            self._keep(shown, self._frames if last is None else last)

    def _keep(self, shown: Frame, until: int) -> None:
        """Keeps SHOWN for every moment that passes before record frame UNTIL."""
        if self._moments is None:
            self._moments = self._even_moments(shown.rgb.shape[1] / shown.rgb.shape[0])
        while self._moments and self._moments[-1] < until:
            self.thumbnails.append(Thumbnail.of(self._moments.pop(), shown.rgb))

    def _even_moments(self, aspect: float) -> list[int]:
        """Record frames to keep, last first."""
        fitting = round(AXIS / (_THUMBNAIL_HEIGHT * aspect))
        length = self._within.duration
        count = min(length, max(_FEWEST, min(_MOST, fitting)))
        return [self._within.start + index * length // count for index in reversed(range(count))]


def write_sheet(path: Path, sheet: Sheet, comment: str = "") -> None:
    """Draws SHEET into PATH, a PNG with COMMENT inside; whole or not at all.

    Raises OutputError for the disk's reasons.
    """
    picture = draw(sheet)
    notes = PngInfo()
    notes.add_text("Comment", comment)
    with new_file(path) as temporary:
        picture.save(temporary, format="PNG", optimize=True, pnginfo=notes)


def draw(sheet: Sheet) -> Image.Image:
    """SHEET as an RGB picture, WIDTH pixels wide and as high as its lanes ask."""
    page = _Page(sheet)
    page.head()
    page.strip()
    for lane, top in page.lanes:
        page.lane(lane, top)
    for lane, top in page.lanes:
        page.events(lane, top)
    page.foot()
    return page.picture


class _Page:
    """A sheet being drawn: where things lie, and the brush for each of them."""

    def __init__(self, sheet: Sheet) -> None:
        shown = sheet.lanes[:LANES_SHOWN]
        self.sheet = sheet
        self.colours = _colours(shown)
        self.gain = _display_gain(shown)
        self.strip_bottom = _STRIP_TOP + _strip_height(sheet)
        self.lanes, self.bottom = _stacked(shown, self.strip_bottom + 34)
        self.picture = Image.new("RGB", (WIDTH, self.bottom + 64), _BACKGROUND)
        # Drawing with alpha blends instead of replacing.
        self.pen = ImageDraw.Draw(self.picture, "RGBA")

    def head(self) -> None:
        self.text(MARGIN, 30, self.sheet.title, _Style(30, _TEXT))
        left = MARGIN
        for index, fact in enumerate(self.sheet.facts):
            if index:
                self.dot(left + 14, 84, 2, _DIM)
                left += 28
            left = self.text(left, 74, fact, _Style(17, _DIM))

    def strip(self) -> None:
        rate, start = self.sheet.start.rate, self.sheet.start
        self.pen.rectangle((MARGIN, _STRIP_TOP, MARGIN + AXIS - 1, self.strip_bottom - 1), fill=PANEL)
        height = self.strip_bottom - _STRIP_TOP
        free = MARGIN
        for thumbnail, left, right in self.cells(height):
            cell = _filled(thumbnail.rgb, max(1, right - left - 2), height)
            self.picture.paste(cell, (left + (left > MARGIN), _STRIP_TOP))
            if left >= free:
                label = str(Timecode(start.frame + thumbnail.frame, rate, start.drop))
                self.pen.line((left, _STRIP_TOP - 9, left, _STRIP_TOP - 1), fill=_DIM)
                free = self.text(left + 5, _STRIP_TOP - 19, label, _Style(13, _DIM)) + 12

    def cells(self, height: int) -> list[tuple[Thumbnail, int, int]]:
        """The pictures to show, from pixel to pixel: none squeezed, and none drawn over a gap."""
        shown: list[tuple[Thumbnail, int, int]] = []
        for thumbnail in self.sheet.thumbnails:
            left = self.x(thumbnail.frame / self.sheet.start.rate)
            width = height * thumbnail.rgb.shape[1] / thumbnail.rgb.shape[0]
            if not shown or left >= shown[-1][1] + _NARROWEST * width:
                shown = [(t, first, min(last, left)) for t, first, last in shown]
                shown.append((thumbnail, left, min(MARGIN + AXIS, left + round(_WIDEST * width))))
        return shown

    def lane(self, lane: Lane, top: int) -> None:
        figures, font = lettered(lane.loudness.words if lane.loudness else "", 16)
        right = MARGIN + AXIS - int(font.getlength(figures))
        self.pen.text((right, top + 1), figures, font=font, fill=_TEXT)
        end = self.text(MARGIN, top, lane.label, _Style(18, _TEXT), right - 30)
        if end + 60 < right:
            self.text(end + 16, top + 1, lane.detail, _Style(16, _DIM), right - 30)
        start, stop = self.x(lane.start), self.x(lane.start + lane.duration)
        left, right = max(start, MARGIN), min(max(stop, start + 1), MARGIN + AXIS)
        pixels = np.arange(left - start, max(right, left) - start + 1)
        outline = at_pixels(lane.waveform, pixels, max(1, stop - start))
        for channel, (above, below) in enumerate(_channel_boxes(lane, top)):
            self.pen.rectangle((MARGIN, above, MARGIN + AXIS - 1, below - 1), fill=PANEL)
            if left < right:
                self.picture.paste(wave_picture(outline, channel, below - above, self.gain), (left, above))

    def events(self, lane: Lane, top: int) -> None:
        """Ticks through filmstrip and waveform; the stronger the event, the plainer."""
        boxes = _channel_boxes(lane, top)
        for event in lane.shown:
            x = self.x(event.time)
            if not MARGIN <= x < MARGIN + AXIS:
                continue
            colour = self.colours[event.kind]
            alpha = int(110 + 145 * max(0.0, min(1.0, event.strength)))
            foot = self.strip_bottom + 13
            self.pen.line((x, _STRIP_TOP, x, self.strip_bottom - 1), fill=(*colour, alpha // 2))
            self.pen.polygon([(x - 5, foot), (x + 5, foot), (x, foot - 9)], fill=(*colour, alpha))
            self.pen.line((x, boxes[0][0], x, boxes[-1][1] - 1), fill=(*colour, alpha))

    def foot(self) -> None:
        top = self.bottom + 20
        remark, font = lettered(_remark(self.sheet, self.gain), 14)
        right = MARGIN + AXIS - int(font.getlength(remark))
        self.pen.text((right, top + 1), remark, font=font, fill=_DIM)
        counts = _counts(lane for lane, _ in self.lanes)
        left = MARGIN
        for kind, colour in self.colours.items():
            if left + 120 > right:
                break
            self.dot(left + 5, top + 9, 5, colour)
            left = self.text(
                left + 18, top, f"{kind or 'event'} {counts[kind]}", _Style(15, _TEXT), right - 30
            )
            left += 26

    def x(self, seconds: Fraction) -> int:
        """The pixel of a moment on the time axis."""
        return MARGIN + round_half_up(seconds * AXIS / max(self.sheet.seconds, Fraction(1, 1_000_000)))

    def text(self, left: int, top: int, text: str, style: _Style, limit: int = MARGIN + AXIS) -> int:
        """Draws TEXT, shortened to end before LIMIT; returns where it ends."""
        line, font = fit(text, style.size, max(0, limit - left))
        self.pen.text((left, top), line, font=font, fill=style.colour)
        return left + int(font.getlength(line))

    def dot(self, x: int, y: int, radius: int, colour: Colour) -> None:
        """A round dot, drawn large and shrunk, since Pillow does not smooth edges."""
        large = Image.new("L", (16 * radius, 16 * radius))
        ImageDraw.Draw(large).ellipse((0, 0, 16 * radius - 1, 16 * radius - 1), fill=255)
        mask = large.resize((2 * radius, 2 * radius), Image.Resampling.BOX)
        self.picture.paste(colour, (x - radius, y - radius), mask)


def _counts(lanes: Iterable[Lane]) -> Counter[str]:
    return Counter(event.kind for lane in lanes for event in lane.shown)


def _colours(lanes: Iterable[Lane]) -> dict[str, Colour]:
    """A colour for each kind of event, the most frequent first."""
    kinds = _counts(lanes).most_common()
    return {kind: _KINDS[index % len(_KINDS)] for index, (kind, _) in enumerate(kinds)}


def _remark(sheet: Sheet, gain: float) -> str:
    raised = "" if gain == 1.0 else f", raised {decibels(gain):.0f} dB"
    hidden = len(sheet.lanes) - LANES_SHOWN
    more = f"{hidden} more takes not shown; " if hidden > 0 else ""
    return f"{more}waveform heights: square root of level{raised}" if sheet.lanes else ""


def _display_gain(lanes: Sequence[Lane]) -> float:
    """A factor for all lanes alike, a multiple of 3 dB, that makes the loudest reach well up."""
    peak = max((lane.waveform.peak for lane in lanes), default=0.0)
    if peak <= 0:
        return 1.0
    steps = max(0, min(16, int(-decibels(peak) // 3)))
    return float(10 ** (steps * 3 / 20))


def _stacked(lanes: Sequence[Lane], top: int) -> tuple[list[tuple[Lane, int]], int]:
    """LANES with their tops, and where the last one ends."""
    placed, bottom = [], top
    for lane in lanes:
        placed.append((lane, top))
        bottom = _channel_boxes(lane, top)[-1][1]
        top = bottom + _LANE_GAP
    return placed, bottom


def _channel_boxes(lane: Lane, top: int) -> list[tuple[int, int]]:
    """Top and bottom of each channel's waveform in a lane that begins at TOP."""
    channels = lane.waveform.low.shape[0]
    height = _CHANNEL_HEIGHT.get(channels, 40)
    tops = [top + 28 + index * (height + 2) for index in range(channels)]
    return [(above, above + height) for above in tops]


def _strip_height(sheet: Sheet) -> int:
    if not sheet.thumbnails:
        return _THUMBNAIL_HEIGHT
    rows, columns = (int(side) for side in sheet.thumbnails[0].rgb.shape[:2])
    return max(_THUMBNAIL_HEIGHT, min(200, int(AXIS / len(sheet.thumbnails) * rows / columns)))


def _filled(rgb: npt.NDArray[np.uint8], width: int, height: int) -> Image.Image:
    """RGB filling WIDTH x HEIGHT, cropped around its middle."""
    picture = Image.fromarray(rgb, "RGB")
    scale = max(width / picture.width, height / picture.height)
    wide, high = width / scale, height / scale
    left, top = (picture.width - wide) / 2, (picture.height - high) / 2
    box = (left, top, left + wide, top + high)
    return picture.resize((width, height), Image.Resampling.LANCZOS, box=box)
