"""Contacts: footfalls, as regular rows in time.

Somebody seen walking moves least at each heel strike, when both feet stand: the energy of motion has a
regular row of troughs that never reach stillness, as the body travels on. Somebody walking with the camera
shows none of this, but each heel strike stops the fall of the body: the picture starts downward, in a
regular row of short pushes while the view travels forward. Sources: M. P. Murray et al., "Walking patterns
of normal men", J. Bone Joint Surg. 46-A (1964) (double support, 90 to 140 steps a minute and running above);
M. W. Whittle, "Gait Analysis" (2007) (vertical acceleration at initial contact).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal

Floats = npt.NDArray[np.float64]

SHORTEST_STEP_S, LONGEST_STEP_S = 0.25, 0.95
_FEWEST_STEPS = 4
_FEWEST_CAMERA_STEPS = 6
_CHANGE_OF_STEP = 0.2
_SMOOTH_S = 0.02
_SHOULDER = 0.6
_STRIKE = 0.175
_UNEVEN, _CAMERA_UNEVEN = 0.06, 0.1
_PLAIN_PUSH = 0.35
_SHALLOWEST = 0.11
_NEVER_STILL = 0.18
_ALIKE = 0.42
_AROUND_S = 0.07
_FORWARD_PER_S = 0.03
_FAINTEST_PUSH = 0.012


@dataclass(frozen=True, slots=True)
class Row:
    """Footfalls in a regular row: TIMES in seconds, DEPTH how plain each one is (natural log, or pushes)."""

    times: Floats
    depth: Floats

    @property
    def step(self) -> float:
        """Median time from one to the next, seconds."""
        return float(np.median(np.diff(self.times)))


def energy_rows(middle: Floats, energy: Floats) -> list[Row]:
    """Rows of troughs of the motion ENERGY (n,) at times MIDDLE (n,) of one shot."""
    if len(middle) < 8:
        return []
    step = float(np.median(np.diff(middle)))
    level = ndimage.gaussian_filter1d(np.log(energy + 2e-5), max(0.3, _SMOOTH_S / step))
    at, found = signal.find_peaks(-level, prominence=_SHALLOWEST, distance=max(1, int(0.15 / step)))
    if len(at) < _FEWEST_STEPS:
        return []
    depth = np.asarray(found["prominences"])
    width, _, fall, _ = signal.peak_widths(-level, at, rel_height=_SHOULDER)
    times = np.interp(fall, np.arange(len(middle)), middle)
    chains = _rows(times, depth, _FEWEST_STEPS, _UNEVEN)
    rows = [_struck(times[chain], width[chain] * step, depth[chain]) for chain in chains]
    return [row for row in rows if _travels(row, middle, energy)]


def camera_rows(middle: Floats, down: Floats, forward: Floats) -> list[Row]:
    """Rows of upward pushes of a camera that walks along; none from one that stands or glides.

    DOWN (n,) is how fast the picture moves down, widths a second; FORWARD (n,) how fast it grows, shares
    a second.
    """
    if len(middle) < 30:
        return []
    step = float(np.median(np.diff(middle)))
    smooth = ndimage.gaussian_filter1d(down, max(0.6, 0.033 / step))
    push = np.gradient(smooth) / step
    at, found = signal.find_peaks(push, prominence=_FAINTEST_PUSH, distance=max(1, int(0.2 / step)))
    if len(at) < _FEWEST_CAMERA_STEPS:
        return []
    plain = found["prominences"] > _PLAIN_PUSH * np.percentile(found["prominences"], 80)
    times, depth = _between_frames(push, at[plain], middle, step), np.asarray(found["prominences"][plain])
    chains = _rows(times, depth, _FEWEST_CAMERA_STEPS, _CAMERA_UNEVEN)
    rows = [Row(_steadied(times[chain]), depth[chain]) for chain in chains]
    return [row for row in rows if _walks(row, middle, push, forward)]


def _struck(fall: Floats, width: Floats, depth: Floats) -> Row:
    """The row of heel strikes given when motion FALLs into each trough and the troughs' WIDTH, seconds.

    The swinging leg slows before its heel lands and both feet stand for a while after: the strike lies in
    the middle of a short trough, and no later than a set share of the step into a long one.
    """
    step = float(np.median(np.diff(fall)))
    return Row(_steadied(fall) + min(0.5 * float(np.median(width)), _STRIKE * step), depth)


def _rows(times: Floats, depth: Floats, fewest: int, uneven: float) -> list[list[int]]:
    """The best chains of TIMES with steady steps, longest and deepest first, none overlapping another."""
    rows: list[list[int]] = []
    taken = np.zeros(len(times), bool)
    for chain in _chains(times, depth):
        if len(chain) < fewest or taken[chain].any():
            continue
        taken[chain[0] : chain[-1] + 1] = True
        if _unevenness(np.diff(times[chain])) <= uneven:
            rows.append(chain)
    return rows


def _steadied(times: Floats) -> Floats:
    """TIMES with their jitter halved: each moved onto the straight line through the five around it."""
    if len(times) < 5:
        return times
    return np.asarray(signal.savgol_filter(times, 5, 1, mode="interp"))


def _unevenness(gaps: Floats) -> float:
    """Mean departure of GAPS from the pace around them (the median of five), as a share of the mean gap."""
    pace = ndimage.median_filter(gaps, size=min(5, len(gaps)), mode="nearest")
    return float(np.abs(gaps - pace).mean() / gaps.mean())


def _chains(times: Floats, depth: Floats) -> list[list[int]]:
    """Chains of indices with steps of walking length that change slowly, best first.

    Dynamic programming over the last two members; what a chain passes over counts against it.
    """
    total = np.concatenate([[0.0], np.cumsum(depth)])
    best: dict[tuple[int, int], tuple[float, tuple[int, int] | None]] = {}
    ending: dict[int, list[int]] = {}
    for j in range(len(times)):
        for i in range(int(np.searchsorted(times, times[j] - LONGEST_STEP_S)), j):
            gap = times[j] - times[i]
            if gap < SHORTEST_STEP_S:
                continue
            passed = 0.5 * (total[j] - total[i + 1])
            score, link = depth[i] + depth[j] - passed, None
            for h in ending.get(i, []):
                former = times[i] - times[h]
                unlike = abs(gap - former) / max(gap, former)
                longer = best[(h, i)][0] + depth[j] - passed - unlike
                if unlike < _CHANGE_OF_STEP and longer > score:
                    score, link = longer, (h, i)
            best[(i, j)] = (score, link)
            ending.setdefault(j, []).append(i)
    chains = []
    for last in sorted(best, key=lambda pair: -best[pair][0]):
        chain, link = [last[1], last[0]], best[last][1]
        while link is not None:
            chain.append(link[0])
            link = best[link][1]
        chains.append(chain[::-1])
    return chains


def _travels(row: Row, middle: Floats, energy: Floats) -> bool:
    """Whether the body moves on at the row's troughs, all alike, as one who walks does and a pendulum does not."""
    within = (middle > row.times[0] - 0.1) & (middle < row.times[-1] + 0.1)
    lows = [energy[np.abs(middle - time) < _AROUND_S].min(initial=np.inf) for time in row.times]
    alike = float(row.depth.std()) < _ALIKE * float(row.depth.mean())
    return alike and float(np.median(lows)) > _NEVER_STILL * float(np.percentile(energy[within], 80))


def _walks(row: Row, middle: Floats, push: Floats, forward: Floats) -> bool:
    """Whether the view travels forward and the pushes are short and one-sided, as no pan or shake is."""
    within = (middle > row.times[0] - 0.1) & (middle < row.times[-1] + 0.1)
    inside = push[within]
    spread = float(inside.std()) + 1e-9
    skewed = float(((inside - inside.mean()) ** 3).mean()) / spread**3
    return float(np.median(forward[within])) > _FORWARD_PER_S and skewed > 0.0


def _between_frames(values: Floats, at: npt.NDArray[np.intp], middle: Floats, step: float) -> Floats:
    """Times of the tops of VALUES at indices AT, by a parabola through the neighbours."""
    left, top, right = values[at - 1], values[at], values[at + 1]
    bend = left - 2 * top + right
    shift = np.where(bend < 0, (left - right) / np.where(bend < 0, 2 * bend, 1), 0)
    return np.asarray(middle[at] + np.clip(shift, -0.5, 0.5) * step)
