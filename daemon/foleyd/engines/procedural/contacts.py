"""Contacts: footfalls, as regular rows in time.

Three signs of a heel strike; the surest that is there is believed. A foot put down without slowing stops much
of the motion within a frame. A step ends a fall: the body, and the foot that comes down, move downward until
the heel lands and upward after it. And somebody walking moves least while both feet stand. The body never
comes to rest meanwhile, as it travels on. Somebody walking with the camera shows none of this, but each heel
strike stops the fall of the camera: the picture starts downward, in a regular row of short pushes while the
view travels forward. Sources: M. P. Murray et al., "Walking patterns of normal men", J. Bone Joint Surg.
46-A (1964) (double support, 90 to 140 steps a minute and running above); G. A. Cavagna, R. Margaria,
"Mechanics of walking", J. Appl. Physiol. 21 (1966) (the body is lowest while both feet stand);
M. W. Whittle, "Gait Analysis" (2007) (vertical acceleration at initial contact).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy import ndimage, signal

from foleyd.engines.procedural.rows import Row, chained, steadied

Floats = npt.NDArray[np.float64]

_FEWEST_STEPS = 4
_FEWEST_CAMERA_STEPS = 6
_SMOOTH_S = 0.04
_LONGEST_FALL_S = 0.2
_ABRUPT = 0.75
_SHOULDER = 0.5
_SLOWING, _STANDING = 0.045, 0.61
_UNEVEN, _FALL_UNEVEN, _CAMERA_UNEVEN = 0.06, 0.09, 0.1
_PLAIN_PUSH = 0.35
_DRIFT_S, _HARMONIC_S = 0.5, 0.07
_RHYTHMIC = 0.42
_SHALLOWEST = 0.07
_NEVER_STILL = 0.18
_ALIKE = 0.42
_AROUND_S = 0.07
_FORWARD_PER_S = 0.03
_PUSH_S = 0.06
_FAINTEST_PUSH = 0.012


def walked_rows(middle: Floats, energy: Floats, down: Floats | None) -> list[Row]:
    """Rows of footfalls of a body seen walking, at times MIDDLE (n,) of one shot.

    ENERGY (n,) is how much of the picture it moves, DOWN (n,) its downward momentum in any unit, None where
    up cannot be told from down.
    """
    if len(middle) < 8:
        return []
    abrupt, eased = energy_rows(middle, energy)
    walking = [row for row in abrupt if travels(row, middle, energy)]
    if walking or down is None:
        return walking or [row for row in eased if travels(row, middle, energy)]
    troughs = [row for row in eased if travels(row, middle, energy)]
    if troughs:
        return [_by_falls(row, middle, down) or row for row in troughs]
    return [row for row in fall_rows(middle, down) if travels(row, middle, energy)]


def _by_falls(row: Row, middle: Floats, down: Floats) -> Row | None:
    """ROW moved to where the momentum DOWN turns upward in its rhythm; None if that keeps no such rhythm.

    Complex demodulation: the phase of a wave of one turn a step, as it drifts along the row.
    """
    turns = np.interp(middle, row.times, np.arange(len(row.times)))
    turns += (
        np.minimum(middle - row.times[0], 0) / row.step + np.maximum(middle - row.times[-1], 0) / row.step
    )
    within = (turns > -0.75) & (turns < len(row.times) - 0.25)
    if _rhythm(down[within], turns[within]) < _RHYTHMIC:
        return None
    spun = (down - down[within].mean()) * np.exp(-2j * np.pi * turns) * within
    pace = 1.5 * row.step / float(np.median(np.diff(middle)))
    slow = ndimage.gaussian_filter1d(spun.real, pace) + 1j * ndimage.gaussian_filter1d(spun.imag, pace)
    phase = (turns + np.unwrap(np.angle(slow)) / (2 * np.pi) - 0.25)[within]
    wanted = np.arange(np.ceil(phase[0]), np.floor(phase[-1]) + 1)
    if len(wanted) < _FEWEST_STEPS - 1 or np.any(np.diff(phase) <= 0):
        return None
    return Row(np.interp(wanted, phase, middle[within]), np.full(len(wanted), float(np.median(row.depth))))


def fall_rows(middle: Floats, down: Floats) -> list[Row]:
    """Rows of moments at which the momentum DOWN (n,) turns upward, if little else moves it up or down."""
    step = float(np.median(np.diff(middle)))
    lowness = np.cumsum(down) * step
    lowness -= ndimage.gaussian_filter1d(lowness, _DRIFT_S / step)
    lowness = ndimage.gaussian_filter1d(lowness, max(0.3, _HARMONIC_S / step))
    at, found = signal.find_peaks(
        lowness, prominence=0.5 * float(lowness.std()), distance=max(1, int(0.2 / step))
    )
    if len(at) < _FEWEST_STEPS:
        return []
    times, depth = _between_frames(lowness, at, middle, step) + step / 2, np.asarray(found["prominences"])
    depth = 0.5 * depth / float(np.median(depth))
    chains = chained(times, depth, _FEWEST_STEPS, _FALL_UNEVEN)
    rows = [Row(steadied(times[chain]), np.full(len(chain), 0.5)) for chain in chains]
    return [row for row in rows if _keeps_time(row, middle, down)]


def _keeps_time(row: Row, middle: Floats, down: Floats) -> bool:
    within = (middle >= row.times[0] - row.step / 2) & (middle <= row.times[-1] + row.step / 2)
    turns = np.interp(middle[within], row.times, np.arange(len(row.times)))
    return _rhythm(down[within], turns) > _RHYTHMIC


def _rhythm(down: Floats, turns: Floats) -> float:
    """How much of DOWN keeps time: its correlation with a wave of one turn for each of TURNS."""
    apart = down - down.mean()
    wave = np.abs((apart * np.exp(-2j * np.pi * turns)).mean())
    return float(2**0.5 * wave / (apart.std() + 1e-12))


def energy_rows(middle: Floats, energy: Floats) -> tuple[list[Row], list[Row]]:
    """Rows of troughs of the motion ENERGY: those that begin abruptly, and those that motion eases into."""
    step = float(np.median(np.diff(middle)))
    raw = np.log(energy + 2e-5)
    level = ndimage.gaussian_filter1d(raw, max(0.3, _SMOOTH_S / step))
    at, found = signal.find_peaks(-level, prominence=_SHALLOWEST, distance=max(1, int(0.15 / step)))
    if len(at) < _FEWEST_STEPS:
        return [], []
    depth = np.asarray(found["prominences"])
    _, _, fall, rise = signal.peak_widths(-level, at, rel_height=_SHOULDER)
    falls = np.interp(fall, np.arange(len(middle)), middle)
    lead = _centres(level, middle, fall, rise) - falls
    share, drop = _drops(raw, middle, at, max(2, round(_LONGEST_FALL_S / step)))
    abrupt, eased = [], []
    for chain, times in _steadiest([falls, middle[at]], depth):
        if float(np.median(share[chain])) > _ABRUPT:
            abrupt.append(Row(steadied(drop[chain]), depth[chain]))
            continue
        pace = float(np.median(np.diff(times[chain])))
        wait = _SLOWING * pace + _STANDING * float(np.median(lead[chain]))
        wait += float(np.median((falls - times)[chain]))
        eased.append(Row(steadied(times[chain]) + wait, depth[chain]))
    return abrupt, eased


def camera_rows(middle: Floats, down: Floats, forward: Floats) -> list[Row]:
    """Rows of upward pushes of a camera that walks along; none from one that stands or glides.

    DOWN (n,) is how fast the picture moves down, widths a second; FORWARD (n,) how fast it grows, shares
    a second.
    """
    if len(middle) < 30:
        return []
    step = float(np.median(np.diff(middle)))
    smooth = ndimage.gaussian_filter1d(down, max(0.6, _PUSH_S / step))
    push = np.gradient(smooth) / step
    at, found = signal.find_peaks(push, prominence=_FAINTEST_PUSH, distance=max(1, int(0.2 / step)))
    if len(at) < _FEWEST_CAMERA_STEPS:
        return []
    plain = found["prominences"] > _PLAIN_PUSH * np.percentile(found["prominences"], 80)
    times, depth = _between_frames(push, at[plain], middle, step), np.asarray(found["prominences"][plain])
    chains = chained(times, depth, _FEWEST_CAMERA_STEPS, _CAMERA_UNEVEN)
    rows = [Row(steadied(times[chain]), depth[chain]) for chain in chains]
    return [row for row in rows if _walks(row, middle, push, forward)]


def _drops(level: Floats, middle: Floats, at: npt.NDArray[np.intp], reach: int) -> tuple[Floats, Floats]:
    """Of the fall into each trough AT: the share that its steepest step takes, and when that step is."""
    shares, times = [], []
    for low in at:
        begin = max(0, low - reach)
        steps = -np.diff(level[begin : low + 2])
        steepest = int(np.argmax(steps))
        whole = float(level[begin : low + 2].max() - level[begin : low + 2].min())
        shares.append(float(steps[steepest]) / max(whole, 1e-9))
        times.append((middle[begin + steepest] + middle[begin + steepest + 1]) / 2)
    return np.array(shares), np.array(times)


def _centres(level: Floats, middle: Floats, fall: Floats, rise: Floats) -> Floats:
    """The centre of each trough of LEVEL between FALL and RISE (indices, with fractions), seconds.

    A swinging leg slows before its heel lands and both feet then stand for a while: the strike lies between
    the fall and the centre, by shares that were fitted to gaits of several kinds.
    """
    times = []
    for begin, end in zip(np.floor(fall).astype(int), np.ceil(rise).astype(int), strict=True):
        part = level[begin : end + 1]
        times.append(float(np.average(middle[begin : end + 1], weights=part.max() - part + 1e-9)))
    return np.array(times)


def _steadiest(clocks: list[Floats], depth: Floats) -> list[tuple[list[int], Floats]]:
    """The chains by whichever of CLOCKS, times of the same troughs, orders most of them into steps.

    One leg may hide the other, so that every second fall looks early while the lowest places stay even.
    """
    found = [[(chain, times) for chain in chained(times, depth, _FEWEST_STEPS, _UNEVEN)] for times in clocks]
    return max(found, key=lambda chains: sum(len(chain) for chain, _ in chains))


def travels(row: Row, middle: Floats, energy: Floats) -> bool:
    """Whether the troughs are alike and the body moves on in them, as one who walks does, a pendulum not."""
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
