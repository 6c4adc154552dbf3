"""Scenes to tune on: shapes with soft edges over noise textures, a virtual camera, sub-frame motion blur.

A scene is a list of shapes that depend on time (discs, capsules) in world units (the picture is 1 wide at
zoom 1, y down), painted over a texture that the camera moves across. Contact times come from the closed
formulas of the motion, never from the pictures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from benchmarks.scenes.scene import Picture, Scene, to_frame
from foleyd.engines.engine import Frame

Point = tuple[float, float]
RATES = tuple(
    Fraction(*r) for r in ((15, 1), (24000, 1001), (24, 1), (25, 1), (30000, 1001), (50, 1), (60, 1))
)


@dataclass(frozen=True)
class Stroke:
    """A capsule from A to B (a disc when equal) of RADIUS, in world units, and its COLOUR 0..1."""

    a: Point
    b: Point
    radius: float
    colour: tuple[float, float, float]


@dataclass(frozen=True)
class View:
    """Where the camera looks: CENTRE in world units, ZOOM, ROLL in radians."""

    centre: Point = (0.5, 0.3)
    zoom: float = 1.0
    roll: float = 0.0


_LOWEST_BOUNCE = 0.02
"""Picture widths; a ball that would bounce lower stays down."""

Shapes = Callable[[float], list[Stroke]]
Camera = Callable[[float], View]


def camera_named(name: str, rng: np.random.Generator) -> Camera:
    """One of still, pan, shake, zoom: smooth functions of time."""
    base = (0.5, 0.28)
    if name == "pan":
        speed = rng.uniform(0.03, 0.08) * rng.choice([-1, 1])
        return lambda t: View((base[0] + speed * (t - 1.5), base[1]))
    if name == "shake":
        freq, phase = rng.uniform(0.6, 3.0, 4), rng.uniform(0, 6.28, 4)
        size = np.array([0.006, 0.006, 0.003, 0.003]) * rng.uniform(0.5, 1.3)

        def shaken(t: float) -> View:
            wave = size * np.sin(2 * np.pi * freq * t + phase)
            return View((base[0] + wave[0] + wave[2], base[1] + wave[1]), 1.0, float(wave[3]) * 0.5)

        return shaken
    if name == "zoom":
        speed = rng.uniform(0.02, 0.05) * rng.choice([-1, 1])
        return lambda t: View(base, float(np.exp(speed * (t - 1.5))))
    return lambda t: View(base)


def texture(rng: np.random.Generator, size: int = 700) -> Picture:
    """Noise with detail at several scales, (size, size, 3)."""
    layers = sum(
        weight * _unit(ndimage.gaussian_filter(rng.standard_normal((size, size)), sigma))
        for sigma, weight in ((1.2, 0.25), (4.0, 0.5), (20.0, 0.8))
    )
    contrast = rng.uniform(0.03, 0.09)
    tint = rng.uniform(0.35, 0.65, 3) + rng.uniform(-0.05, 0.05)
    return (tint + contrast * np.asarray(layers)[..., None] * rng.uniform(0.7, 1.3, 3)).astype(np.float32)


def _unit(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray((values - values.mean()) / values.std())


class Painter:
    """Paints strokes over a texture as a camera sees them; WORLD is the texture's width in picture widths."""

    world = 2.0

    def __init__(self, size: tuple[int, int], background: Picture) -> None:
        self.width, self.height = size
        self.background = background
        y, x = np.mgrid[0 : self.height, 0 : self.width].astype(np.float32)
        self.x, self.y = (x + 0.5 - self.width / 2) / self.width, (y + 0.5 - self.height / 2) / self.width

    def paint(self, view: View, strokes: Sequence[Stroke]) -> Picture:
        c, s = np.cos(view.roll) / view.zoom, np.sin(view.roll) / view.zoom
        wx = view.centre[0] + c * self.x - s * self.y
        wy = view.centre[1] + s * self.x + c * self.y
        scale = self.background.shape[0] / self.world
        at = np.stack([(wy + 0.7) * scale, (wx + 0.5) * scale])
        picture = np.stack(
            [ndimage.map_coordinates(self.background[..., k], at, order=1, mode="mirror") for k in range(3)],
            -1,
        )
        for stroke in strokes:
            self._stroke(picture, wx, wy, stroke, self.width * view.zoom)
        return picture

    @staticmethod
    def _stroke(picture: Picture, wx: Picture, wy: Picture, stroke: Stroke, pixels: float) -> None:
        (ax, ay), (bx, by) = stroke.a, stroke.b
        dx, dy = bx - ax, by - ay
        along = np.clip(((wx - ax) * dx + (wy - ay) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
        distance = np.hypot(wx - ax - along * dx, wy - ay - along * dy)
        cover = np.clip((stroke.radius - distance) * pixels + 0.5, 0, 1)[..., None]
        shade = 1 - 0.25 * np.clip(distance / max(stroke.radius, 1e-6), 0, 1)[..., None]
        picture *= 1 - cover
        picture += cover * np.asarray(stroke.colour, np.float32) * shade


@dataclass(frozen=True)
class Look:
    """How a scene is filmed: SHUTTER fraction of the frame that is exposed, GRAIN standard deviation 0..1."""

    camera: str = "still"
    shutter: float = 0.5
    grain: float = 0.008
    subframes: int = 6


def filmed(
    name: str,
    length: tuple[Fraction, Fraction],
    size: tuple[int, int],
    act: tuple[Shapes, Sequence[float]],
    *,
    look: Look,
    seed: int,
) -> Scene:
    """A scene of SHAPES; only contacts that a viewer could see the end of (0.1 s before the end) count."""
    (rate, seconds), (shapes, truth) = length, act

    def render() -> Iterator[Frame]:
        rng = np.random.default_rng([seed, 77])
        painter = Painter(size, texture(rng))
        camera = camera_named(look.camera, rng)
        for index in range(int(seconds * rate)):
            exposures = [
                float(index / rate) + look.shutter * k / look.subframes / float(rate)
                for k in range(look.subframes if look.shutter else 1)
            ]
            picture = np.mean([painter.paint(camera(t), shapes(t)) for t in exposures], axis=0)
            picture += rng.standard_normal(picture.shape) * look.grain
            yield to_frame(index, rate, picture)

    counted = tuple(t for t in truth if 0.1 < t < float(seconds) - 0.1)
    return Scene(name, rate, size, seconds, counted, render)


def ball(rng: np.random.Generator, seconds: float) -> tuple[Shapes, list[float]]:
    """Drops, bounces with restitution, comes to rest; thrown again from a new height every 2 to 3 s."""
    gravity = rng.uniform(1.6, 4.0)
    radius = rng.uniform(0.025, 0.07)
    floor = rng.uniform(0.42, 0.5)
    bounce = rng.uniform(0.55, 0.8)
    drift = rng.uniform(-0.12, 0.12)
    colour = tuple(rng.uniform(0.0, 1.0, 3))
    arcs, truth, t = [], [], rng.uniform(0.05, 0.3)
    height = rng.uniform(0.25, 0.42)
    fall = np.sqrt(2 * height / gravity)
    arcs.append((t - fall, t + fall, height))
    t += fall
    while t < seconds:
        truth.append(t)
        height *= bounce**2
        if height < _LOWEST_BOUNCE:
            break
        fall = np.sqrt(2 * height / gravity)
        arcs.append((t, t + 2 * fall, height))
        t += 2 * fall

    def shapes(now: float) -> list[Stroke]:
        lift = 0.0
        for start, end, top in arcs:
            if start <= now < end:
                middle = (start + end) / 2
                lift = top - gravity * (now - middle) ** 2 / 2
        if now < arcs[0][0] or now < (arcs[0][0] + arcs[0][1]) / 2:
            lift = arcs[0][2]
        x = 0.5 + drift * (now - seconds / 2)
        at = (float(x), float(floor - radius - lift))
        return [
            Stroke((-0.5, floor + 0.2), (1.5, floor + 0.2), 0.2, (0.3, 0.28, 0.25)),
            Stroke(at, at, radius, colour),
        ]

    return shapes, truth


def hammer(rng: np.random.Generator, seconds: float) -> tuple[Shapes, list[float]]:
    """Lifted slowly, held, swung down ever faster onto a block; rests or springs back a little."""
    pivot = (rng.uniform(0.15, 0.3), rng.uniform(0.3, 0.36))
    length = rng.uniform(0.3, 0.42)
    rest, lifted = rng.uniform(-0.05, 0.05), rng.uniform(0.6, 1.1)
    head = rng.uniform(0.025, 0.05)
    wood = tuple(rng.uniform(0.2, 0.8, 3))
    iron = tuple(rng.uniform(0.0, 0.35, 3))
    keys: list[tuple[float, float, str]] = [(0.0, rest, "ease")]
    truth, t = [], rng.uniform(0.1, 0.4)
    while t < seconds:
        keys.append((t, rest, "ease"))
        t += rng.uniform(0.3, 0.5)
        keys.append((t, lifted * rng.uniform(0.8, 1.0), "ease"))
        t += rng.uniform(0.02, 0.2)
        keys.append((t, keys[-1][1], "ease"))
        t += rng.uniform(0.1, 0.2)
        keys.append((t, rest, "strike"))
        truth.append(t)
        if rng.random() < 0.6:
            t += rng.uniform(0.06, 0.1)
            keys.append((t, rest + rng.uniform(0.08, 0.2), "slow"))
            t += rng.uniform(0.15, 0.2)
            keys.append((t, rest + 0.05, "ease"))
        t += rng.uniform(0.1, 0.3)
    block = (pivot[0] + length * np.cos(rest), pivot[1] - length * np.sin(rest) + head)

    def angle(now: float) -> float:
        for (t0, a0, _), (t1, a1, how) in pairwise(keys):
            if t0 <= now < t1:
                s = (now - t0) / (t1 - t0)
                curve = {"ease": (1 - np.cos(np.pi * s)) / 2, "strike": s**2, "slow": 1 - (1 - s) ** 2}[how]
                return float(a0 + (a1 - a0) * curve)
        return keys[-1][1]

    def shapes(now: float) -> list[Stroke]:
        a = angle(now)
        direction = np.array([np.cos(a), -np.sin(a)])
        end = tuple(np.array(pivot) + length * direction)
        across = np.array([np.sin(a), np.cos(a)])
        h0, h1 = (tuple(np.array(end) + head * 0.9 * k * across) for k in (-1, 0.5))
        return [
            Stroke((block[0], block[1] + 0.1), (block[0] + 0.05, block[1] + 0.1), 0.1, (0.45, 0.4, 0.3)),
            Stroke(pivot, end, 0.012, wood),
            Stroke(h0, h1, head * 0.5, iron),
            Stroke(pivot, pivot, 0.03, (0.8, 0.6, 0.5)),
        ]

    return shapes, truth


def walker(rng: np.random.Generator, seconds: float) -> tuple[Shapes, list[float]]:
    """Planted feet, knees by inverse kinematics, swinging arms; a contact is a foot reaching the floor."""
    step_time = rng.uniform(0.42, 0.62)
    stride = min(rng.uniform(0.1, 0.16), 0.62 * step_time / seconds)
    leg = stride * rng.uniform(1.35, 1.8)
    floor = rng.uniform(0.45, 0.5)
    lift = rng.uniform(0.015, 0.04)
    forward = rng.choice([-1.0, 1.0])
    phase = rng.uniform(0.1, 0.5)
    double = rng.uniform(0.0, 0.15)
    power = rng.uniform(1.0, 1.6)
    colours = rng.uniform(0.0, 0.9, (4, 3))
    start = 0.5 - forward * stride * seconds / step_time / 2
    truth = [phase + k * step_time for k in range(int(seconds / step_time) + 2)]

    def foot(now: float, side: int) -> tuple[float, float]:
        """Position along the walk and height: planted, then a swing that ends at every second contact."""
        step = (now - phase) / step_time
        cycle = np.floor((step - side) / 2)
        within = (step - side) - 2 * cycle
        planted = (2 * cycle + side) * stride
        s = np.clip((within - 1 - double) / (1 - double), 0, 1)
        eased = (1 - (1 - s) ** power) if power > 1 else s
        return planted + 2 * stride * (0.4 * s * s * (3 - 2 * s) + 0.6 * eased), lift * np.sin(np.pi * s)

    def shapes(now: float) -> list[Stroke]:
        step = (now - phase) / step_time
        hip_x = (step - 0.5) * stride
        bob = 0.008 * np.cos(2 * np.pi * step)
        hip = np.array([start + forward * hip_x, floor - leg * 0.97 + bob])
        strokes = [Stroke((-0.5, floor + 0.2), (1.5, floor + 0.2), 0.195, (0.35, 0.33, 0.3))]
        for side in (0, 1):
            x, up = foot(now, side)
            ankle = np.array([start + forward * x, floor - up - 0.012])
            knee = jointed(hip, ankle, leg * 0.5, forward)
            shade = tuple(colours[0] * (0.75 if side else 1.0))
            toe = (ankle[0] + forward * 0.03, ankle[1] + 0.002)
            strokes += [
                Stroke(tuple(hip), tuple(knee), 0.02, shade),
                Stroke(tuple(knee), tuple(ankle), 0.015, shade),
                Stroke(tuple(ankle), toe, 0.01, tuple(colours[1])),
            ]
            swing = 0.5 * np.sin(np.pi * step + np.pi * side)
            hand = hip + np.array([forward * 0.15 * np.sin(swing), -0.17 + 0.15 * np.cos(swing)])
            strokes.append(Stroke((hip[0], hip[1] - 0.17), tuple(hand), 0.012, tuple(colours[2])))
        head = (hip[0], hip[1] - 0.25)
        strokes += [
            Stroke(tuple(hip), (hip[0], hip[1] - 0.17), 0.035, tuple(colours[3])),
            Stroke(head, head, 0.035, (0.8, 0.6, 0.5)),
        ]
        return strokes

    return shapes, truth


def jointed(
    hip: npt.NDArray[np.float64], ankle: npt.NDArray[np.float64], bone: float, forward: float
) -> npt.NDArray[np.float64]:
    """The joint of two bones of length BONE between HIP and ANKLE that bends FORWARD."""
    span = ankle - hip
    length = float(np.hypot(*span))
    out = np.sqrt(max(bone**2 - length**2 / 4, 0.0))
    normal = np.array([span[1], -span[0]]) / max(length, 1e-6)
    return np.asarray(hip + span / 2 + normal * out * forward)


ACTIONS = {"ball": ball, "hammer": hammer, "walker": walker}
CAMERAS = ("still", "pan", "shake", "zoom")
SIZES = ((320, 180), (480, 270), (256, 192))


def scenes(count: int = 36, first_seed: int = 1000) -> Iterator[Scene]:
    """COUNT scenes: every action at every rate and camera in turn, sizes and looks by seed."""
    for k in range(count):
        seed = first_seed + k
        rng = np.random.default_rng(seed)
        action = list(ACTIONS)[k % 3]
        rate = RATES[(k // 3) % len(RATES)]
        camera = CAMERAS[(k // 2 + k // 12) % len(CAMERAS)]
        seconds = Fraction(3)
        act = ACTIONS[action](rng, float(seconds))
        look = Look(camera, float(rng.choice([0.0, 0.5, 0.9])), float(rng.uniform(0.0, 0.015)))
        size = SIZES[int(rng.integers(len(SIZES)))]
        name = f"{action}/{camera}/{seed}"
        yield filmed(name, (rate, seconds), size, act, look=look, seed=seed)
