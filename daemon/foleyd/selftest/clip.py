"""A clip made on the spot: a rubber ball crosses the picture three times, bouncing at known frames.

The picture is square, so that an engine that looks at its middle square alone sees every bounce. Between
two contacts the ball's height is the parabola through both, at one gravity throughout; it comes into the
picture and leaves it in flight, so there is no contact that is not listed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import numpy.typing as npt

from foleyd.engines.engine import Frame
from foleyd.media.loudness import Block
from foleyd.media.preview import write_preview
from foleyd.timebase import SAMPLE_RATE

Picture = npt.NDArray[np.uint8]
"""(SIDE, SIDE, 3)."""

NAME = "ball.mp4"
RATE = Fraction(25)
FRAMES = 200
SIDE = 400
PROMPT = "a rubber ball bouncing on a wooden floor"

_GRAVITY = 2000.0
"""Pixels per second squared: the ball, 48 pixels wide, is as large as a basketball."""
_RADIUS = 24
_FLOOR = 350
"""Pixels from the top to where the ball touches down."""
_MARK_SIDE = 8


@dataclass(frozen=True, slots=True)
class Crossing:
    """A way through the picture. CONTACTS are frames; the first and the last one lie outside of the picture.

    At the first contact inside, the ball is START pixels from the edge that it comes from; SPEED in pixels
    per frame, negative for one that comes from the right.
    """

    contacts: tuple[int, ...]
    start: float
    speed: float

    @property
    def seen(self) -> tuple[int, ...]:
        """The contacts in the picture."""
        return self.contacts[1:-1]

    def position(self, frame: int) -> tuple[float, float] | None:
        """x of the ball and its height above the floor, pixels; None before and after its way."""
        for begin, end in pairwise(self.contacts):
            if begin <= frame <= end:
                height = _GRAVITY / 2 * (frame - begin) * (end - frame) / float(RATE) ** 2
                edge = 0.0 if self.speed > 0 else float(SIDE)
                start = edge + self.start * np.sign(self.speed)
                return float(start + self.speed * (frame - self.seen[0])), height
        return None


CROSSINGS = (
    Crossing((-13, 14, 36, 54, 69), start=45, speed=8),
    Crossing((60, 84, 104, 120, 133), start=50, speed=-8),
    Crossing((129, 151, 169, 184, 196), start=50, speed=9),
)
CONTACTS = tuple(frame for crossing in CROSSINGS for frame in crossing.seen)
"""The frames in which the ball touches the floor."""
MOMENTS = tuple(float(frame / RATE) for frame in CONTACTS)
"""The same as seconds from the clip's start."""
SECONDS = float(FRAMES / RATE)
TAKE_SAMPLES = 385_920
"""Of a take over the whole clip without handles: 8 s at 48 kHz, and the frame after, which is 1920."""


def frames(mark: int = 0) -> Iterator[Frame]:
    """The clip's frames, 8 bits. The 32 bits of MARK stand faintly in the corner of each."""
    stage = _stage(mark)
    for number in range(FRAMES):
        picture = stage.copy()
        for crossing in CROSSINGS:
            place = crossing.position(number)
            if place is not None:
                _draw_ball(picture, *place)
        yield Frame(number / RATE, picture)


def write_clip(folder: Path, mark: int) -> Path:
    """Writes the clip into FOLDER, with a silent sound track, and returns its path.

    Another MARK (32 bits) makes it another picture: caches cannot answer for the engine. Raises OutputError,
    OutputExists.
    """
    written = write_preview(
        folder / "ball",
        _Silence(),
        lambda: frames(mark),
        rate=RATE,
        duration=FRAMES,
        comment="foley selftest",
    )
    return written.path


class _Silence:
    """The clip's own sound."""

    channels = 1
    samples = int(FRAMES / RATE) * SAMPLE_RATE

    def __iter__(self) -> Iterator[Block]:
        for _ in range(self.samples // SAMPLE_RATE):
            yield np.zeros((1, SAMPLE_RATE), np.float32)


def _stage(mark: int) -> Picture:
    """A wall with some grain above a floor of planks."""
    grain = np.random.default_rng(1).normal(0, 1, (SIDE // 4, SIDE // 4)).astype(np.float32)
    stage = np.full((SIDE, SIDE, 3), (150, 156, 160), np.float32)
    stage += 5 * np.kron(grain, np.ones((4, 4), np.float32))[..., None]
    skirting = _FLOOR - 26
    stage[skirting:] = (134, 98, 66)
    stage[skirting : skirting + 3] = (70, 56, 44)
    for plank in range(skirting + 3, SIDE, 18):
        stage[plank : plank + 2] -= 22
    for bit in range(32):
        row, column = (part * _MARK_SIDE for part in divmod(bit, 16))
        stage[row : row + _MARK_SIDE, column : column + _MARK_SIDE] += 8 if mark >> bit & 1 else -8
    return _eight_bits(stage)


def _eight_bits(values: npt.NDArray[np.float32]) -> Picture:
    return np.rint(np.clip(values, 0, 255)).astype(np.uint8)


def _draw_ball(picture: Picture, x: float, height: float) -> None:
    """Draws the ball, a little flat where it touches the floor, and its shadow."""
    left, right = (min(max(int(x) + side * 2 * _RADIUS, 0), SIDE) for side in (-1, 1))
    strip = picture[:, left:right].astype(np.float32)
    rows, columns = np.mgrid[:SIDE, left:right].astype(np.float32) + 0.5
    flat = 0.88 if height < 1 else 1.0
    y = _FLOOR - height - _RADIUS * flat
    near = max(0.0, 1 - height / 260)
    shadow = np.hypot((columns - x) / (_RADIUS * (1.5 - 0.5 * near)), (rows - _FLOOR) / 6)
    strip *= 1 - (0.15 + 0.45 * near) * np.clip(1.3 - shadow, 0, 1)[..., None]
    across, down = (columns - x) * flat, (rows - y) / flat
    cover = np.clip(_RADIUS - np.hypot(across, down), 0, 1)[..., None]
    light = np.clip(1.1 - 0.7 * np.hypot(across + 9, down + 10) / (2 * _RADIUS), 0.3, 1.1)
    turn = x / 40
    seam = 1 - 0.6 * np.clip(2 - np.abs(down * np.cos(turn) - across * np.sin(turn)), 0, 1)
    strip *= 1 - cover
    strip += cover * (light * seam)[..., None] * np.asarray((226, 104, 40), np.float32)
    picture[:, left:right] = _eight_bits(strip)
