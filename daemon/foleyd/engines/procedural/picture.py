"""Small pictures: what the sight keeps of a frame, and how one is laid over another.

A small picture is float32 (height, width, 3), about 160 x 90 in area, values 0..1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Small = npt.NDArray[np.float32]
Plane = npt.NDArray[np.float32]

AREA = 160 * 90
_SAMPLES = 4


def shrunk(rgb: npt.NDArray[np.uint8]) -> Small:
    """RGB uint8 (height, width, 3) averaged over square cells to about :data:`AREA` pixels, 0..1.

    At most 4 x 4 pixels spread over each cell are read, so the cost does not grow with the picture.
    """
    height, width = rgb.shape[:2]
    cell = max(1, round((width * height / AREA) ** 0.5))
    rows, columns = height // cell, width // cell
    if rows == 0 or columns == 0:
        cell, rows, columns = 1, height, width
    offsets = _offsets(cell)
    whole = rgb[: rows * cell, : columns * cell]
    lines = whole[offsets[0] :: cell].astype(np.uint16)
    for offset in offsets[1:]:
        lines += whole[offset::cell]
    cells = lines.reshape(rows, columns, cell, 3)
    total = cells[:, :, offsets[0]].astype(np.float32)
    for offset in offsets[1:]:
        total += cells[:, :, offset]
    total *= np.float32(1 / (255 * len(offsets) ** 2))
    return total


def _offsets(cell: int) -> list[int]:
    count = min(cell, _SAMPLES)
    return [int((k + 0.5) * cell / count) for k in range(count)]


def smoothed(planes: Small) -> Small:
    """Averaged with the neighbours, weights 1 2 1 both ways; edges repeat."""
    rows = planes.copy()
    rows[1:-1] += (planes[:-2] - 2 * planes[1:-1] + planes[2:]) * np.float32(0.25)
    out = rows.copy()
    out[:, 1:-1] += (rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]) * np.float32(0.25)
    return out


def halved(planes: Small) -> Small:
    """Averaged over 2 x 2 pixels."""
    rows, columns = planes.shape[0] // 2 * 2, planes.shape[1] // 2 * 2
    a = planes[:rows, :columns]
    return np.asarray((a[::2, ::2] + a[1::2, ::2] + a[::2, 1::2] + a[1::2, 1::2]) * np.float32(0.25))


def looked_up(planes: Small, y: npt.NDArray[np.float32], x: npt.NDArray[np.float32]) -> Small:
    """PLANES at pixel positions Y, X (any shape), bilinear; outside, the edge."""
    rows, columns = planes.shape[:2]
    y = np.clip(y, 0, rows - 1.001)
    x = np.clip(x, 0, columns - 1.001)
    top, left = y.astype(np.int32), x.astype(np.int32)
    fy, fx = (y - top)[..., None], (x - left)[..., None]
    flat = planes.reshape(rows * columns, -1)
    at = top * columns + left
    upper, lower = (_between(flat.take(line, 0), flat.take(line + 1, 0), fx) for line in (at, at + columns))
    return _between(upper, lower, fy)


def _between(a: Small, b: Small, share: Plane) -> Small:
    """A where SHARE is 0, B where it is 1; B is overwritten."""
    b -= a
    b *= share
    b += a
    return b


def luma(planes: Small) -> Plane:
    """The mean of red, green and blue, (height, width)."""
    return np.asarray((planes[..., 0] + planes[..., 1] + planes[..., 2]) * np.float32(1 / 3))


def greatest(planes: Small) -> Plane:
    """The greatest of red, green and blue, (height, width)."""
    return np.asarray(np.maximum(np.maximum(planes[..., 0], planes[..., 1]), planes[..., 2]))
