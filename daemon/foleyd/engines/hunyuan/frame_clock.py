"""The model's own sampling clock: which frames it is shown, and how long a sound that makes.

The one place with float time. The model was trained on frames picked by adding 1/25 (or 1/8) again and again
in doubles; 1/25 is not exact, so the clock drifts off the grid, first at tick 6. Which frame is shown where,
and how many there are, follows from that drift; it is repeated here bit for bit: model-spec.md 2 and 6.
"""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

SIGHT_RATE = 8
"""Frames a second that the image encoder sees (what is in the picture)."""
SYNC_RATE = 25
"""Frames a second that the sync encoder sees (what happens when)."""
LATENT_RATE = 50
"""Latents of sound a second."""
SAMPLES_PER_LATENT = 960
LONGEST_S = 15.0
"""Frames later than so many seconds are ignored (model-spec.md 9)."""

SEGMENT_TICKS, SEGMENT_STEP = 16, 8
"""25-fps ticks of a sync segment, and from one segment's start to the next one's."""
SYNC_TOKENS = 8
"""Sync tokens of a segment."""


class FrameClock:
    """Ticks at RATE frames a second, to which frames are offered in order of presentation.

    Every tick shows the first frame at or after it, so a frame may be shown on several ticks or on none.
    LIMIT is the time in seconds after which frames are ignored.
    """

    def __init__(self, rate: int, limit: float = LONGEST_S) -> None:
        self._tick = 0.0
        self._step = 1.0 / rate
        self._limit = limit
        self.ticks = 0
        """Ticks that have got their frame."""

    @property
    def full(self) -> bool:
        """Whether the limit is reached: no further frame will be shown."""
        return self._tick > self._limit

    def offer(self, time: Fraction | float) -> int:
        """On how many ticks a frame of TIME seconds is shown; frames before 0 are shown on none."""
        now = float(time)
        if now < 0.0 or now > self._limit:
            return 0
        before = self.ticks
        while now >= self._tick:
            self._tick += self._step
            self.ticks += 1
        return self.ticks - before


def sampled(times: Iterable[Fraction | float], rate: int, limit: float = LONGEST_S) -> list[int]:
    """For each tick at RATE frames a second, the index of its frame in TIMES (seconds, in order)."""
    clock = FrameClock(rate, limit)
    return [index for index, time in enumerate(times) for _ in range(clock.offer(time))]


def latent_length(ticks: int) -> int:
    """Latents of sound for so many 25-fps TICKS: twice as many, or one less where doubles truncate."""
    return int(ticks / SYNC_RATE * LATENT_RATE)


def segments(ticks: int) -> int:
    """Sync segments in so many 25-fps TICKS; what does not fill one at the end is dropped."""
    return max(0, (ticks - SEGMENT_TICKS) // SEGMENT_STEP + 1)


def ticks_to_cover(samples: int) -> int:
    """The fewest 25-fps ticks, at least one segment, whose sound is at least SAMPLES (at 48 kHz) long."""
    latents = -(-samples // SAMPLES_PER_LATENT)
    ticks = max(SEGMENT_TICKS, latents // 2)
    while latent_length(ticks) < latents:
        ticks += 1
    return ticks


def sight_ticks(sync_ticks: int) -> int:
    """8-fps ticks up to and with the last of SYNC_TICKS 25-fps ticks, the picture being held until then."""
    return (sync_ticks - 1) * SIGHT_RATE // SYNC_RATE + 1
