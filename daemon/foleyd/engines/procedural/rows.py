"""Regular rows of moments, as steps make them: slowly changing gaps of walking length."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal

Floats = npt.NDArray[np.float64]

SHORTEST_STEP_S, LONGEST_STEP_S = 0.25, 0.95
_CHANGE_OF_STEP = 0.2


@dataclass(frozen=True, slots=True)
class Row:
    """Footfalls in a regular row: TIMES in seconds, DEPTH how plain each one is."""

    times: Floats
    depth: Floats

    @property
    def step(self) -> float:
        """Median time from one to the next, seconds."""
        return float(np.median(np.diff(self.times)))


def chained(times: Floats, depth: Floats, fewest: int, uneven: float) -> list[list[int]]:
    """The best chains of TIMES with steady steps, longest and deepest first, none overlapping another."""
    found: list[list[int]] = []
    taken = np.zeros(len(times), bool)
    for chain in _chains(times, depth):
        if len(chain) < fewest or taken[chain].any():
            continue
        taken[chain[0] : chain[-1] + 1] = True
        if _unevenness(np.diff(times[chain])) <= uneven:
            found.append(chain)
    return found


def steadied(times: Floats) -> Floats:
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
