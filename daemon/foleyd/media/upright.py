"""How a picture must be turned to stand upright, from its display matrix.

Source: ISO/IEC 14496-12 (tkhd matrix): x' = a x + c y, y' = b x + d y, y downwards, 16.16 fixed point.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from av.sidedata.sidedata import Type
from av.video.frame import VideoFrame


@dataclass(frozen=True, slots=True)
class Turn:
    """First exchange rows and columns (SWAPS), then mirror left-right (HFLIP) and top-bottom (VFLIP)."""

    swaps: bool = False
    hflip: bool = False
    vflip: bool = False

    @property
    def degrees(self) -> int:
        """The clockwise rotation in it: 0, 90, 180 or 270 (a mirrored picture counts as its rotation)."""
        if self.swaps:
            return 270 if self.vflip else 90
        return 180 if self.vflip else 0


def turn_of(frame: VideoFrame) -> Turn:
    """The turn that FRAME asks for, to the nearest quarter; none without a display matrix.

    Asked of one frame of a file only: PyAV's side data and its frame hold on to each other, so asking
    each frame would keep frames in memory until the garbage collector comes.
    """
    side = frame.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]
    if side is None or len(bytes(side)) < 36:
        return Turn()
    a, b, _, c, d = struct.unpack("=9i", bytes(side)[:36])[:5]
    if abs(a) + abs(d) >= abs(b) + abs(c):
        return Turn(False, a < 0, d < 0)
    return Turn(True, c < 0, b < 0)
