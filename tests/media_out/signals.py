"""Sounds that tests know everything about."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import numpy.typing as npt
import pytest

Samples = npt.NDArray[np.float32]


class Signal:
    """An array as blocks that can be iterated again and again."""

    def __init__(self, samples: Samples, block: int = 10_007) -> None:
        self.array = samples
        self.channels, self.samples = samples.shape
        self._block = block

    def __iter__(self) -> Iterator[Samples]:
        for start in range(0, self.samples, self._block):
            yield self.array[:, start : start + self._block]


def sine(
    decibels: float, seconds: float, channels: int = 2, hertz: float = 1000.0, rate: int = 48_000
) -> Samples:
    """A sine whose peak is at DECIBELS full scale."""
    wave = 10 ** (decibels / 20) * np.sin(2 * np.pi * hertz * np.arange(round(seconds * rate)) / rate)
    return np.tile(wave.astype(np.float32), (channels, 1))


BURST: Samples = (
    np.random.default_rng(1).standard_normal(480) * np.exp(-np.arange(480) / 100) * 0.25
).astype(np.float32)


def bursts(seconds: float, at: list[float], channels: int = 2) -> Signal:
    """Silence with a 10 ms burst of noise at each time."""
    samples = np.zeros((channels, round(seconds * 48_000)), np.float32)
    for time in at:
        start = round(time * 48_000)
        samples[:, start : start + BURST.size] += BURST[: samples.shape[1] - start]
    return Signal(samples)


def lag(heard: npt.NDArray[np.floating], expected: int, reach: int = 960) -> int:
    """By how many samples the burst in HEARD comes later than sample EXPECTED (cross-correlation)."""
    start = max(0, expected - reach)
    stretch = heard[start : expected + BURST.size + reach]
    return int(np.argmax(np.correlate(stretch, BURST, "valid"))) + start - expected


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """The kernel refuses to let files grow beyond SIZE bytes: the nearest there is to a full disk."""
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
