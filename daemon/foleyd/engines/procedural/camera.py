"""The camera's own motion between two small pictures, and a picture laid over another by it.

Gauss-Newton over a similarity (shift, zoom, roll) together with a gain and an offset of the light, with
weights that forget what does not fit (moving things), started from the better of no motion, the last
motion and phase correlation. Sources: S. Baker, I. Matthews, "Lucas-Kanade 20 Years On", IJCV 56 (2004);
P. Holland, R. Welsch, "Robust regression using iteratively reweighted least squares" (1977);
C. Kuglin, D. Hines, "The phase correlation image alignment method" (1975).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import fft

from foleyd.engines.procedural.picture import Plane, Small, looked_up

_POINTS = 2000
_STEPS = 6
_STILL_PIXELS = 0.02
_BETTER = 0.95
_FITS = 2.0


@dataclass(frozen=True, slots=True)
class Move:
    """Where a pixel of one picture lies in another: about the centre, scale and roll, then shift.

    DX, DY in pixels; GROW and TURN the scale minus one and the roll, both small; GAIN and LIFT turn the
    other picture's light into this one's.
    """

    dx: float = 0.0
    dy: float = 0.0
    grow: float = 0.0
    turn: float = 0.0
    gain: float = 1.0
    lift: float = 0.0

    def place(self, y: Plane, x: Plane, shape: tuple[int, int]) -> tuple[Plane, Plane]:
        """Positions Y, X of this picture in the other, for pictures of SHAPE."""
        cy, cx = (shape[0] - 1) / 2, (shape[1] - 1) / 2
        u, v = x - np.float32(cx), y - np.float32(cy)
        a, b = np.float32(1 + self.grow), np.float32(self.turn)
        return (
            b * u + a * v + np.float32(cy + self.dy),
            a * u - b * v + np.float32(cx + self.dx),
        )

    def reach(self, shape: tuple[int, int]) -> float:
        """The farthest that any pixel of a picture of SHAPE moves, in pixels."""
        corner = np.hypot(*shape) / 2
        return float(np.hypot(self.dx, self.dy) + np.hypot(self.grow, self.turn) * corner)

    def typical(self, shape: tuple[int, int]) -> float:
        """Root mean square motion over a picture of SHAPE, in pixels."""
        spread = (shape[0] ** 2 + shape[1] ** 2) / 12
        return float(np.sqrt(self.dx**2 + self.dy**2 + (self.grow**2 + self.turn**2) * spread))

    def back(self) -> Move:
        """The other way round."""
        scale = complex(1 + self.grow, self.turn)
        inverse = 1 / scale
        shift = -complex(self.dx, self.dy) * inverse
        return Move(
            shift.real, shift.imag, inverse.real - 1, inverse.imag, 1 / self.gain, -self.lift / self.gain
        )

    def laid(self, other: Small) -> Small:
        """OTHER seen from this picture: every pixel fetched from where it lies there, light matched."""
        if self.reach(other.shape[:2]) < _STILL_PIXELS:
            fetched = other
        else:
            y, x = _grid(other.shape[0], other.shape[1])
            fetched = looked_up(other, *self.place(y, x, other.shape[:2]))
        return fetched * np.float32(self.gain) + np.float32(self.lift)


def _grid(rows: int, columns: int) -> tuple[Plane, Plane]:
    y, x = np.mgrid[0:rows, 0:columns].astype(np.float32)
    return y, x


def camera_move(here: Plane, there: Plane, guess: Move, noise: float) -> Move:
    """The :class:`Move` from luma HERE to luma THERE (height, width); GUESS is the last one found.

    NOISE is the standard deviation of the pictures' grain. A picture without detail gets no motion.
    """
    gy, gx = np.gradient(here)
    strength = np.asarray(gx * gx + gy * gy)
    chosen = _points(strength)
    if not len(chosen):
        return Move()
    y, x = (part.astype(np.float32) for part in np.divmod(chosen, here.shape[1]))
    target = here.ravel()[chosen]
    starts = [Move(), Move(guess.dx, guess.dy, guess.grow, guess.turn)]
    misfits = [_misfit(start, there, y, x, target) for start in starts]
    if min(misfits) > _FITS * noise:
        starts.append(_shift(here, there))
        misfits.append(_misfit(starts[-1], there, y, x, target))
    best = int(np.argmin([0.98 * misfits[0], *misfits[1:]]))
    points = (y, x, target, gy.ravel()[chosen], gx.ravel()[chosen])
    found = _refined(starts[best], there, points, noise)
    better = _BETTER if found.reach(here.shape) > 1 else 1.0
    return found if _misfit(found, there, y, x, target) < better * misfits[0] else _lit(found)


def _lit(move: Move) -> Move:
    """No motion, but the change of light of MOVE."""
    return Move(gain=move.gain, lift=move.lift)


def _points(strength: Plane) -> npt.NDArray[np.intp]:
    """Pixels with detail, spread over the picture: the strongest of every small tile first."""
    rows, columns = strength.shape
    inner = strength[2:-2, 2:-2]
    if inner.size == 0 or float(inner.max()) < 1e-7:
        return np.zeros(0, np.intp)
    flat = np.flatnonzero(strength > np.float32(max(1e-7, float(inner.max()) * 1e-4)))
    r, c = np.divmod(flat, columns)
    flat = flat[(r > 1) & (r < rows - 2) & (c > 1) & (c < columns - 2)]
    return np.asarray(flat[:: max(1, len(flat) // _POINTS)])


def _misfit(move: Move, there: Plane, y: Plane, x: Plane, target: Plane) -> float:
    found = looked_up(there[..., None], *move.place(y, x, there.shape[:2]))[..., 0]
    difference = target - found
    return float(np.median(np.abs(difference - np.median(difference))))


def _refined(
    move: Move, there: Plane, points: tuple[Plane, Plane, Plane, Plane, Plane], noise: float
) -> Move:
    y, x, target, gy, gx = points
    cy, cx = (there.shape[0] - 1) / 2, (there.shape[1] - 1) / 2
    u, v = x - np.float32(cx), y - np.float32(cy)
    scale = np.float32(1 / max(there.shape))
    slopes = np.stack([gx, gy, (gx * u + gy * v) * scale, (gy * u - gx * v) * scale], 1)
    p = np.array([move.dx, move.dy, move.grow / scale, move.turn / scale])
    gain, lift = 1.0, 0.0
    for _ in range(_STEPS):
        now = Move(p[0], p[1], p[2] * scale, p[3] * scale)
        found = looked_up(there[..., None], *now.place(y, x, there.shape[:2]))[..., 0]
        wrong = target - gain * found - lift
        spread = max(1.48 * float(np.median(np.abs(wrong - np.median(wrong)))), noise, 1e-4)
        weight = 1 / (1 + (wrong / (2.5 * spread)) ** 2) ** 2
        basis = np.concatenate([slopes * np.float32(gain), found[:, None], np.ones_like(found)[:, None]], 1)
        weighted = basis * weight[:, None]
        normal = weighted.T @ basis + np.diag([1e-4] * 4 + [1e-1, 1e-3]).astype(np.float32)
        step = np.linalg.solve(normal.astype(np.float64), (weighted.T @ wrong).astype(np.float64))
        p += step[:4]
        gain += step[4]
        lift += step[5]
        if float(np.abs(step[:4]).max()) < 0.01:
            break
    result = Move(p[0], p[1], p[2] * scale, p[3] * scale, gain, lift)
    sane = result.reach(there.shape[:2]) < 0.5 * max(there.shape) and 0.2 < gain < 5
    return result if sane else Move()


def _shift(here: Plane, there: Plane) -> Move:
    """Whole-pixel shift by phase correlation of the two pictures' tapered details."""
    rows, columns = here.shape
    taper = (np.hanning(rows)[:, None] * np.hanning(columns)[None, :]).astype(np.float32)
    a = fft.rfft2((here - here.mean()) * taper)
    b = fft.rfft2((there - there.mean()) * taper)
    cross = np.conj(a) * b
    cross /= np.abs(cross) + np.float32(1e-3 * float(np.abs(cross).max()) + 1e-12)
    peak = int(np.argmax(fft.irfft2(cross, here.shape)))
    dy, dx = divmod(peak, columns)
    return Move(dx - columns if dx > columns // 2 else dx, dy - rows if dy > rows // 2 else dy)
