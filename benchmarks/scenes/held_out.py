"""Scenes to be judged by, never tuned on: shaded bodies before a natural-looking picture, exposed midway.

Nothing is shared with the tuning scenes but the type of a scene. The backdrop has the 1/f spectrum of
photographs; bodies are ellipses and tapered limbs evaluated at four points in each pixel; the shutter opens
around a frame's time. The ball follows whole parabolas from bounce to bounce, the walker goes at an
even speed on legs that swing as pendulums do, the hammer is raised with least jerk, falls under
acceleration and rings out. Contact times are where those formulas meet.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from benchmarks.scenes.scene import Scene, to_frame
from foleyd.engines.engine import Frame

Grid = npt.NDArray[np.float32]
Colour = npt.NDArray[np.float64]

SECONDS = 3.2
RATES = tuple(
    Fraction(*r) for r in ((24, 1), (30000, 1001), (15, 1), (50, 1), (25, 1), (24000, 1001), (60, 1))
)
SIZES = ((400, 225), (352, 288), (512, 288), (288, 216))
MOVES = ("locked", "panning", "hand-held", "zooming")


@dataclass(frozen=True)
class Body:
    """An ellipse (ENDS equal) or a limb tapering from RADII[0] to RADII[1]; units of the picture's height."""

    ends: tuple[tuple[float, float], tuple[float, float]]
    radii: tuple[float, float]
    colour: Colour


Play = Callable[[float], list[Body]]
Act = Callable[[np.random.Generator, Callable[[], Colour], float], tuple[Play, list[float]]]
"""Given chance, a maker of colours and the width in heights: what moves, and when it strikes."""


def photograph(rng: np.random.Generator, rows: int, columns: int) -> Grid:
    """A backdrop (rows, columns, 3) with a 1/f amplitude spectrum, its colours partly in step."""
    fy, fx = np.fft.fftfreq(rows)[:, None], np.fft.rfftfreq(columns)[None, :]
    falloff = 1 / np.maximum(np.hypot(fy, fx), 1 / max(rows, columns))
    shared, *own = (
        np.fft.irfft2(falloff * np.exp(2j * np.pi * rng.random(falloff.shape)), (rows, columns))
        for _ in range(4)
    )
    layers = np.stack([shared / shared.std() + 0.5 * one / one.std() for one in own], axis=-1)
    contrast = rng.uniform(0.04, 0.1)
    return np.clip(rng.uniform(0.3, 0.7, 3) + contrast * layers, 0.02, 0.98).astype(np.float32)


def distinct(rng: np.random.Generator, backdrop: Colour) -> Colour:
    """A colour that can be told from the backdrop's mean."""
    while True:
        colour = rng.uniform(0.02, 0.98, 3)
        if float(np.abs(colour - backdrop).max()) > 0.25:
            return np.asarray(colour)


def ball(rng: np.random.Generator, paint: Callable[[], Colour], wide: float) -> tuple[Play, list[float]]:
    """Falls and bounces along parabolas; lies still once a bounce would be under 3 % high."""
    radius, floor = rng.uniform(0.05, 0.1), rng.uniform(0.8, 0.9)
    gravity, keep = rng.uniform(2.5, 6.0), rng.uniform(0.7, 0.86)
    top = rng.uniform(0.5, 0.68)
    bounces = [rng.uniform(0.25, 0.6)]
    speed = math.sqrt(2 * gravity * top)
    speeds = [speed]
    while True:
        speed *= keep
        if speed * speed / 2 / gravity < 0.03:
            break
        bounces.append(bounces[-1] + 2 * speed / gravity)
        speeds.append(speed)
    drift, x0 = rng.uniform(-0.15, 0.15), rng.uniform(0.35, 0.65) * wide
    colour, spot = paint(), paint()

    def height(t: float) -> float:
        if t < bounces[0]:
            since = bounces[0] - t
            return max(
                0.0,
                min(top, speeds[0] * since - gravity * since * since / 2)
                if since < speeds[0] / gravity
                else top,
            )
        index = int(np.searchsorted(bounces, t, side="right")) - 1
        rise = speeds[index] * keep
        since = t - bounces[index]
        if index == len(bounces) - 1:
            return 0.0
        return max(0.0, rise * since - gravity * since * since / 2)

    def play(t: float) -> list[Body]:
        x, y = x0 + drift * t, floor - radius - height(t)
        ground = Body(((-1.0, floor + 1.0), (wide + 1, floor + 1.0)), (1.0, 1.0), np.array([0.25, 0.22, 0.2]))
        shine = (x - radius * 0.35, y - radius * 0.35)
        return [
            ground,
            Body(((x, y), (x, y)), (radius, radius), colour),
            Body((shine, shine), (radius * 0.3,) * 2, spot),
        ]

    return play, bounces


def walker(rng: np.random.Generator, paint: Callable[[], Colour], wide: float) -> tuple[Play, list[float]]:
    """Strides evenly on legs that swing as pendulums do; a heel lands where its leg reaches farthest."""
    pace = rng.uniform(0.44, 0.66)
    swing = rng.uniform(0.36, 0.52)
    leg = min(rng.uniform(0.26, 0.4), 0.62 * wide * pace / SECONDS / (2 * math.sin(swing)))
    floor, bend = rng.uniform(0.86, 0.94), rng.uniform(0.5, 1.0)
    first = rng.uniform(0.1, 0.45)
    way = float(rng.choice([-1, 1]))
    speed = 2 * leg * math.sin(swing) / pace
    strikes = [first + k * pace for k in range(int(SECONDS / pace) + 2)]
    colours = [paint() for _ in range(4)]

    def play(t: float) -> list[Body]:
        step = (t - first) / pace
        lean = swing * abs(math.cos(math.pi * step))
        hip = (wide / 2 + way * speed * (t - SECONDS / 2), floor - leg * math.cos(lean))
        chest = (hip[0] + way * 0.015, hip[1] - 0.7 * leg)
        bodies = [
            Body(((-1.0, floor + 1.02), (wide + 1, floor + 1.02)), (1.0, 1.0), np.array([0.3, 0.3, 0.33]))
        ]
        for side in (1, 0):
            turn = math.pi * (step - side)
            thigh = swing * math.cos(turn)
            flex = bend * max(0.0, -math.sin(turn)) ** 1.5
            upper, lower = (
                (way * math.sin(thigh + 0.4 * flex), math.cos(thigh + 0.4 * flex)),
                thigh - 0.6 * flex,
            )
            knee = (hip[0] + 0.5 * leg * upper[0], hip[1] + 0.5 * leg * upper[1])
            ankle = (knee[0] + way * 0.5 * leg * math.sin(lower), knee[1] + 0.5 * leg * math.cos(lower))
            tone = colours[0] * (0.85 if side else 1.0)
            arm = -0.8 * thigh * way
            bodies += [
                Body((hip, knee), (0.11 * leg, 0.09 * leg), tone),
                Body((knee, ankle), (0.09 * leg, 0.06 * leg), tone),
                Body((ankle, (ankle[0] + way * 0.15 * leg, ankle[1])), (0.05 * leg, 0.04 * leg), colours[1]),
                Body(
                    (chest, (chest[0] + math.sin(arm) * 0.6 * leg, chest[1] + math.cos(arm) * 0.6 * leg)),
                    (0.06 * leg, 0.05 * leg),
                    colours[2],
                ),
            ]
        head = (chest[0] + way * 0.01, chest[1] - 0.3 * leg)
        bodies += [
            Body((hip, chest), (0.15 * leg, 0.19 * leg), colours[3]),
            Body((head, head), (0.15 * leg,) * 2, colours[2]),
        ]
        return bodies

    return play, strikes


def hammer(rng: np.random.Generator, paint: Callable[[], Colour], wide: float) -> tuple[Play, list[float]]:
    """Raised with least jerk, thrown down with growing speed, a small dying rebound."""
    grip = (rng.uniform(0.2, 0.35) * wide, rng.uniform(0.6, 0.7))
    length, head = rng.uniform(0.45, 0.6), rng.uniform(0.06, 0.1)
    colours = [paint() for _ in range(4)]
    blows: list[tuple[float, float, float, float, float]] = []
    t = rng.uniform(0.1, 0.4)
    while t < SECONDS:
        raising, hanging, falling = rng.uniform(0.3, 0.5), rng.uniform(0.0, 0.1), rng.uniform(0.1, 0.18)
        blows.append((t, raising, hanging, falling, rng.uniform(0.7, 1.3)))
        t += raising + hanging + falling + rng.uniform(0.15, 0.4)

    def angle(now: float) -> float:
        for begun, raising, hanging, falling, high in reversed(blows):
            s = now - begun
            if s < 0:
                continue
            if s < raising:
                s /= raising
                return high * s**3 * (10 - 15 * s + 6 * s * s)
            if s < raising + hanging:
                return high
            s = (s - raising - hanging) / falling
            if s < 1:
                return float(high * (1 - s**2.2))
            ring = (s - 1) * falling
            return 0.12 * high * math.exp(-ring / 0.05) * abs(math.sin(ring * math.pi / 0.09))
        return 0.0

    def play(now: float) -> list[Body]:
        a = angle(now)
        end = (grip[0] + length * math.cos(a), grip[1] - length * math.sin(a))
        across = (math.sin(a) * head, math.cos(a) * head)
        nail = (grip[0] + length, grip[1] + head * 1.3 + 0.12)
        return [
            Body((nail, (nail[0], nail[1] + 1)), (0.12, 0.2), colours[3]),
            Body((grip, end), (0.02, 0.025), colours[0]),
            Body(
                ((end[0] - across[0], end[1] - across[1]), (end[0] + across[0], end[1] + across[1])),
                (head * 0.55, head * 0.6),
                colours[1],
            ),
            Body(((grip[0] - 0.3, grip[1] + 0.25), grip), (0.09, 0.055), colours[2]),
        ]

    return play, [begun + raising + hanging + falling for begun, raising, hanging, falling, _ in blows]


def camera(move: str, rng: np.random.Generator) -> Callable[[float], tuple[float, float, float]]:
    """Offset x, y (heights) and magnification at a time."""
    if move == "panning":
        speed = rng.uniform(0.05, 0.15) * rng.choice([-1, 1])
        return lambda t: (speed * (t - SECONDS / 2), 0.0, 1.0)
    if move == "hand-held":
        waves = [(rng.uniform(0.3, 4.5), rng.uniform(0, 7), rng.normal(0, 0.006)) for _ in range(10)]

        def sway(t: float) -> tuple[float, float, float]:
            x, y = (
                sum(a / f**0.5 * math.sin(6.28 * f * t + p) for f, p, a in half)
                for half in (waves[:5], waves[5:])
            )
            return x, y, 1.0

        return sway
    if move == "zooming":
        rate = rng.uniform(0.02, 0.06) * rng.choice([-1, 1])
        return lambda t: (0.0, 0.0, 1 + rate * (t - SECONDS / 2))
    return lambda t: (0.0, 0.0, 1.0)


def exposed(
    backdrop: Grid, bodies: list[Body], view: tuple[float, float, float], size: tuple[int, int]
) -> Grid:
    """One instant (height, width, 3), four points in each pixel."""
    width, height = size
    dx, dy, zoom = view
    fine_x = ((np.arange(2 * width, dtype=np.float32) + 0.5) / (2 * height) - width / height / 2) / zoom
    fine_y = ((np.arange(2 * height, dtype=np.float32) + 0.5) / (2 * height) - 0.5) / zoom
    x = (fine_x[None, :] + (width / height / 2 + dx)).astype(np.float32)
    y = (fine_y[:, None] + (0.5 + dy)).astype(np.float32)
    picture = _sampled(backdrop, y * height, x * height)
    for body in bodies:
        _paint(picture, x[0], y[:, 0], body)
    return np.asarray(picture.reshape(height, 2, width, 2, 3).mean(axis=(1, 3)), np.float32)


def _paint(picture: Grid, x: Grid, y: Grid, body: Body) -> None:
    """BODY onto PICTURE, whose columns lie at X and rows at Y."""
    (ax, ay), (bx, by) = body.ends
    most = max(body.radii)
    columns = slice(*np.searchsorted(x, [min(ax, bx) - most, max(ax, bx) + most]))
    rows = slice(*np.searchsorted(y, [min(ay, by) - most, max(ay, by) + most]))
    px, py = x[None, columns], y[rows, None]
    ex, ey = bx - ax, by - ay
    s = np.clip(((px - ax) * ex + (py - ay) * ey) / max(ex * ex + ey * ey, 1e-12), 0, 1)
    apart = np.hypot(px - ax - s * ex, py - ay - s * ey)
    inside = apart < body.radii[0] + (body.radii[1] - body.radii[0]) * s
    shade = 0.75 + 0.25 * np.clip((ay + s * ey - py)[inside] / most + 0.5, 0, 1)
    picture[rows, columns][inside] = body.colour * shade[:, None]


def _sampled(backdrop: Grid, y: Grid, x: Grid) -> Grid:
    """BACKDROP, which repeats, at rows Y (n, 1) and columns X (1, m); bilinear, one axis after the other."""
    rows, columns = backdrop.shape[:2]
    y, x = (y[:, 0] + rows / 4) % (rows - 1), (x[0] + columns / 4) % (columns - 1)
    top, left = y.astype(int), x.astype(int)
    lines = backdrop[top] + (backdrop[top + 1] - backdrop[top]) * (y - top)[:, None, None]
    return np.asarray(
        lines[:, left] + (lines[:, left + 1] - lines[:, left]) * (x - left)[:, None], np.float32
    )


def held_out(count: int = 21, first_seed: int = 660_000) -> Iterator[Scene]:
    """COUNT scenes; acts, rates, camera moves, sizes, shutters and grain all vary."""
    return scenes_of({"ball": ball, "walker": walker, "hammer": hammer}, count, first_seed)


def scenes_of(acts: dict[str, Act], count: int, first_seed: int) -> Iterator[Scene]:
    """COUNT scenes of ACTS in turn."""
    for k in range(count):
        seed = first_seed + 31 * k
        rng = np.random.default_rng(seed)
        size = SIZES[int(rng.integers(len(SIZES)))]
        shutter, grain = float(rng.choice([0.0, 0.3, 0.5, 0.75])), float(rng.uniform(0, 0.015))
        name = list(acts)[k % len(acts)]
        move = MOVES[(k % len(acts) + k // len(acts)) % 4]
        yield _scene((name, move), acts[name], RATES[k % 7], size, (shutter, grain), seed=seed)


def _scene(
    names: tuple[str, str],
    act: Act,
    rate: Fraction,
    size: tuple[int, int],
    look: tuple[float, float],
    *,
    seed: int,
) -> Scene:
    (name, move), (shutter, grain) = names, look
    rng = np.random.default_rng([seed, 3])
    backdrop = photograph(rng, size[1] * 2, size[0] * 2)
    mean = backdrop.mean(axis=(0, 1)).astype(np.float64)
    play, contacts = act(rng, lambda: distinct(rng, mean), size[0] / size[1])
    view = camera(move, rng)

    def render() -> Iterator[Frame]:
        noise = np.random.default_rng([seed, 4])
        for index in range(int(Fraction(SECONDS).limit_denominator(10) * rate)):
            middle = float(index / rate)
            open_for = np.linspace(-0.5, 0.5, 5) * shutter / float(rate) if shutter else [0.0]
            picture = np.mean(
                [exposed(backdrop, play(middle + o), view(middle + o), size) for o in open_for], axis=0
            )
            yield to_frame(index, rate, picture + noise.normal(0, grain, picture.shape))

    truth = tuple(t for t in contacts if 0.15 < t < SECONDS - 0.15)
    return Scene(f"{name}/{move}/{seed}", rate, size, Fraction(SECONDS).limit_denominator(10), truth, render)
