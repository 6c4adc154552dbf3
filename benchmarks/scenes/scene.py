"""What a rendered scene is: pictures whose contact times are known because we made them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from foleyd.engines.engine import Frame

Picture = npt.NDArray[np.float32]
"""Linear picture (height, width, 3), 0..1."""


@dataclass(frozen=True)
class Scene:
    """A rendered scene: TRUTH are its contact times in seconds; RENDER makes its frames anew each call."""

    name: str
    rate: Fraction
    size: tuple[int, int]
    seconds: Fraction
    truth: tuple[float, ...]
    render: Callable[[], Iterator[Frame]]

    @property
    def tolerance(self) -> float:
        """One frame, in seconds."""
        return float(1 / self.rate)


def to_frame(index: int, rate: Fraction, picture: Picture) -> Frame:
    """PICTURE as the frame number INDEX: clipped and rounded to 8 bits."""
    return Frame(index / rate, np.rint(np.clip(picture, 0, 1) * 255).astype(np.uint8))
