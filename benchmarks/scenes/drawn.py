"""Hard scenes, tuned on too: drawn polygons before loudly painted walls, through a lens and an encoder.

Figures are polygons drawn large and scaled down. The walker is moved by joint angles of a human gait (after
D. A. Winter, "Biomechanics and Motor Control of Human Movement") with the lower foot planted, the ball by
drag and side walls, the hammer by an arm of two links. Contact times are found on the moving bodies, in
steps of a millisecond or less.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw
from scipy.interpolate import CubicSpline

from benchmarks.scenes.codec import recoded
from benchmarks.scenes.scene import Scene, to_frame
from foleyd.engines.engine import Frame

Vector = npt.NDArray[np.float64]
Colour = tuple[int, int, int]
Polygon = tuple[list[tuple[float, float]], Colour]
Figure = Callable[[float], list[Polygon]]
"""Polygons in metres at a time: x right, y down, the stage is 4 m wide and its floor at y = 0."""

STAGE_M = 4.0
SECONDS = Fraction(4)
RATES = tuple(
    Fraction(*r) for r in ((25, 1), (60, 1), (15, 1), (30000, 1001), (24000, 1001), (50, 1), (24, 1))
)
SIZES = ((480, 270), (640, 360), (426, 240), (320, 240), (360, 640))
_STEP = 1e-4


@dataclass(frozen=True)
class Act:
    """A FIGURE and the times at which it strikes."""

    figure: Figure
    truth: Sequence[float]


def disc(x: float, y: float, radius: float, colour: Colour, squash: float = 1.0) -> Polygon:
    turn = np.linspace(0, 2 * np.pi, 28, endpoint=False)
    return [(x + radius * math.cos(a) / squash, y + radius * math.sin(a) * squash) for a in turn], colour


def bar(a: Vector, b: Vector, wide: float, narrow: float, colour: Colour) -> Polygon:
    """A limb from A to B that is WIDE at A and NARROW at B."""
    along = (b - a) / max(float(np.hypot(*(b - a))), 1e-9)
    side = np.array([-along[1], along[0]])
    corners = [
        a + side * wide,
        b + side * narrow,
        b + along * narrow * 0.7,
        b - side * narrow,
        a - side * wide,
    ]
    return [(float(p[0]), float(p[1])) for p in corners], colour


def colour_from(rng: np.random.Generator, low: int = 20, high: int = 235) -> Colour:
    r, g, b = rng.integers(low, high, 3)
    return int(r), int(g), int(b)


def thrown_ball(rng: np.random.Generator) -> Act:
    """A ball with air drag that bounces on the floor and off the sides of the stage."""
    radius = rng.uniform(0.11, 0.24)
    position = np.array([rng.uniform(1.2, 2.8), -rng.uniform(1.3, 1.9)])
    velocity = np.array([rng.uniform(-1.2, 1.2), rng.uniform(-0.5, 0.5)])
    bounce, drag = rng.uniform(0.65, 0.85), rng.uniform(0.0, 0.12)
    path, truth = [], []
    steps = int(float(SECONDS) / _STEP) + 1000
    for k in range(steps):
        velocity = velocity + _STEP * (np.array([0.0, 9.81]) * 0.62 - drag * velocity * np.hypot(*velocity))
        position = position + _STEP * velocity
        if position[1] > -radius and velocity[1] > 0:
            if velocity[1] < 0.35:
                velocity[1], position[1] = 0.0, -radius
            else:
                truth.append(k * _STEP)
                velocity[1] *= -bounce
                velocity[0] *= 0.93
        if (position[0] < radius + 0.1 and velocity[0] < 0) or (
            position[0] > STAGE_M - radius - 0.1 and velocity[0] > 0
        ):
            truth.append(k * _STEP)
            velocity[0] *= -bounce
        path.append(position.copy())
    track = np.array(path)
    colour, stripe = colour_from(rng), colour_from(rng)

    def figure(t: float) -> list[Polygon]:
        x, y = track[min(int(t / _STEP), steps - 1)]
        spin = 3.0 * x
        half = [
            (x + radius * math.cos(a + spin), y + radius * math.sin(a + spin))
            for a in np.linspace(0, np.pi, 14)
        ]
        shade = disc(x, -0.015, radius * 0.9, (40, 38, 36), 0.12)
        walls: list[Polygon] = [
            ([(0, -2.5), (0.1, -2.5), (0.1, 0), (0, 0)], (70, 66, 60)),
            ([(3.9, -2.5), (4, -2.5), (4, 0), (3.9, 0)], (70, 66, 60)),
        ]
        return [*walls, shade, disc(x, y, radius, colour), (half, stripe)]

    return Act(figure, truth)


_GAIT = np.array([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100]) / 100
_HIP = CubicSpline(_GAIT, np.radians([30, 26, 17, 7, -3, -10, -5, 12, 26, 32, 30]), bc_type="periodic")
_KNEE = CubicSpline(_GAIT, np.radians([4, 16, 15, 8, 5, 13, 38, 62, 50, 16, 4]), bc_type="periodic")
_FOOT = CubicSpline(_GAIT, np.radians([18, 2, 0, 0, -4, -18, -50, -35, -5, 14, 18]), bc_type="periodic")


def pedestrian(rng: np.random.Generator) -> Act:
    """Walks across the stage, sometimes with a rucksack, at 85 to 125 steps a minute."""
    height = rng.uniform(1.15, 1.6)
    leg = 0.26 * height
    cycle = 120 / rng.uniform(85, 125)
    forward = float(rng.choice([-1, 1]))
    reach = rng.uniform(0.75, 1.0)
    start = rng.uniform(0, 1)
    steps = int((float(SECONDS) + 0.2) / 1e-3)

    def limb(phase: float) -> tuple[Vector, Vector, Vector, Vector]:
        hip, knee = reach * float(_HIP(phase % 1)), float(_KNEE(phase % 1)) * reach
        pitch = float(_FOOT(phase % 1))
        knee_at = leg * np.array([math.sin(hip), math.cos(hip)])
        ankle = knee_at + leg * np.array([math.sin(hip - knee), math.cos(hip - knee)])
        sole = np.array([math.cos(pitch), -math.sin(pitch)])
        down = np.array([math.sin(pitch), math.cos(pitch)]) * 0.05 * height
        return knee_at, ankle, ankle + down - sole * 0.03 * height, ankle + down + sole * 0.12 * height

    hips, truth = _planted(limb, lambda t: start + t / cycle, steps)
    travelled = hips[-1, 0]
    centre = STAGE_M / 2 - forward * travelled / 2
    skin, trousers, shirt, shoe, pack = (colour_from(rng) for _ in range(5))
    carries = rng.random() < 0.5

    def figure(t: float) -> list[Polygon]:
        k = min(int(t / 1e-3), steps - 1)
        hip = hips[k]

        def put(point: Vector) -> Vector:
            return np.array([centre + forward * (hip[0] + point[0]), hip[1] + point[1]])

        shapes: list[Polygon] = [disc(float(put(np.zeros(2))[0]), -0.01, 0.2 * height, (45, 45, 45), 0.1)]
        shoulder = np.array([0.02, -0.3 * height])
        for side in (1, 0):
            phase = start + t / cycle + side / 2
            knee, ankle, heel, toe = limb(phase)
            dark = 0.75 if side else 1.0
            tone: Colour = tuple(int(c * dark) for c in trousers)  # type: ignore[assignment]
            shapes.append(bar(put(np.zeros(2)), put(knee), 0.06 * height, 0.045 * height, tone))
            shapes.append(bar(put(knee), put(ankle), 0.045 * height, 0.03 * height, tone))
            sole = [put(point) for point in (ankle, heel, toe)]
            shapes.append(([(float(p[0]), float(p[1])) for p in sole], shoe))
            swing = -0.45 * math.sin(2 * math.pi * phase + 1.2)
            hand = shoulder + 0.3 * height * np.array([math.sin(swing), math.cos(swing)])
            if side == 1:
                shapes.append(bar(put(shoulder), put(hand), 0.03 * height, 0.022 * height, skin))
                shapes.append(bar(put(np.zeros(2)), put(shoulder), 0.085 * height, 0.1 * height, shirt))
                if carries:
                    shapes.append(
                        bar(put(shoulder - [0.13, -0.02]), put(np.array([-0.12, -0.08])), 0.08, 0.09, pack)
                    )
            else:
                shapes.append(bar(put(shoulder), put(hand), 0.03 * height, 0.022 * height, skin))
        head = put(shoulder + np.array([0.02, -0.13 * height]))
        shapes.append(disc(float(head[0]), float(head[1]), 0.075 * height, skin))
        return shapes

    return Act(figure, truth)


Limb = Callable[[float], tuple[Vector, Vector, Vector, Vector]]
"""Knee, ankle, heel and toe from the hip, at a phase of the gait."""


def _planted(limb: Limb, phase: Callable[[float], float], steps: int) -> tuple[Vector, list[float]]:
    """Where the hips are each millisecond (STEPS, 2) as the lowest point of the feet stays put, and when the
    other foot takes over.
    """
    hips = np.zeros((steps, 2))
    truth: list[float] = []
    x, planted, anchor = 0.0, -1, 0.0
    for k in range(steps):
        points: list[Vector] = []
        for side in (0, 1):
            points += limb(phase(k * 1e-3) + side / 2)[2:]
        lowest = int(np.argmax([point[1] for point in points]))
        if lowest != planted:
            if planted >= 0 and lowest // 2 != planted // 2:
                truth.append(k * 1e-3)
            planted, anchor = lowest, x + points[lowest][0]
        x = anchor - points[lowest][0]
        hips[k] = x, -points[lowest][1]
    return hips, truth


def _heard_apart(truth: Sequence[float]) -> tuple[float, ...]:
    """TRUTH without what follows another contact within 0.12 s, which the measure counts as one onset."""
    kept: list[float] = []
    for t in truth:
        if not kept or t - kept[-1] > 0.12:
            kept.append(t)
    return tuple(kept)


def smith(rng: np.random.Generator) -> Act:
    """An arm of two links swings a hammer on an anvil: unequal blows, rebounds, sometimes a double tap."""
    shoulder = np.array([rng.uniform(0.7, 1.1), -rng.uniform(1.35, 1.5)])
    side = float(rng.choice([-1, 1]))
    handle = rng.uniform(0.35, 0.5)
    arm = Arm(shoulder, handle, rng.uniform(0.28, 0.36), rng.uniform(1.3, 1.9))
    truth: list[float] = []
    t = rng.uniform(0.25, 0.5)
    blows: list[tuple[float, float, float, float]] = []
    while t < float(SECONDS) + 1:
        lift = rng.uniform(0.6, 1.0)
        raise_s, fall_s, bounce_s = rng.uniform(0.3, 0.55), rng.uniform(0.11, 0.2), rng.uniform(0.1, 0.2)
        blows.append((t, raise_s, fall_s, lift))
        strike = t + raise_s + fall_s
        truth.append(strike)
        t = strike + bounce_s
        if rng.random() < 0.3:
            blows.append((t, 0.16, 0.09, 0.22))
            truth.append(t + 0.25)
            t += 0.25 + bounce_s
        t += rng.uniform(0.0, 0.35)

    def raised(now: float) -> float:
        """0 on the anvil .. 1 overhead."""
        height = 0.0
        for start, up, down, lift in blows:
            strike = start + up + down
            if start <= now < start + up:
                s = (now - start) / up
                height = lift * (10 * s**3 - 15 * s**4 + 6 * s**5)
            elif start + up <= now < strike:
                s = (now - start - up) / down
                height = lift * (1 - s**1.7)
            elif strike <= now < strike + 0.1:
                s = (now - strike) / 0.1
                height = 0.09 * lift * 4 * s * (1 - s) * (1 - 0.3 * s)
        return height

    steel, wood, cloth, anvil = (colour_from(rng) for _ in range(4))
    mass = rng.uniform(0.09, 0.15)
    face_y = arm.joints(0.0)[2][1] + mass

    def figure(now: float) -> list[Polygon]:
        lift = raised(now)
        elbow, wrist, head = arm.joints(lift)
        points = [
            np.array([p[0] if side > 0 else STAGE_M - p[0], p[1]]) for p in (shoulder, elbow, wrist, head)
        ]
        across = points[3] - points[2]
        across = np.array([-across[1], across[0]]) / np.hypot(*across) * mass
        return [
            (_anvil(side, shoulder, face_y), anvil),
            bar(points[0] + [0, 0.9], points[0], 0.2, 0.22, cloth),
            bar(points[0], points[1], 0.085, 0.07, cloth),
            bar(points[1], points[2], 0.06, 0.05, (205, 160, 130)),
            bar(points[2], points[3], 0.03, 0.025, wood),
            bar(points[3] - across, points[3] + across, 0.07, 0.07, steel),
        ]

    return Act(figure, truth)


@dataclass(frozen=True)
class Arm:
    """Shoulder, upper arm, forearm and hammer handle, metres; how far the upper arm turns when raised."""

    shoulder: Vector
    handle: float
    low: float
    high: float

    def joints(self, lift: float) -> tuple[Vector, Vector, Vector]:
        """Elbow, wrist and hammer head; LIFT 0 on the anvil .. 1 overhead."""
        turns = (self.low + 0.5 - 0.55 * lift * self.high, 0.15 - 0.9 * lift, 0.1 - 1.1 * lift)
        at, found = self.shoulder, []
        for turn, length in zip(turns, (0.42, 0.4, self.handle), strict=True):
            at = at + length * np.array([math.cos(turn), math.sin(turn)])
            found.append(at)
        elbow, wrist, head = found
        return elbow, wrist, head


def _anvil(side: float, shoulder: Vector, top: float) -> list[tuple[float, float]]:
    x = shoulder[0] + 1.2
    x = x if side > 0 else STAGE_M - x
    return [(x - 0.35, top), (x + 0.35, top), (x + 0.18, 0.0), (x - 0.18, 0.0)]


def wall(rng: np.random.Generator) -> Image.Image:
    """A painted backdrop of 6 x 4 m at 220 pixels a metre: bricks or planks, a floor of its own."""
    scale = 220
    top, bottom = np.array(colour_from(rng, 60, 220)), np.array(colour_from(rng, 60, 220))
    ramp = np.linspace(0, 1, 4 * scale)[:, None, None]
    speckle = rng.normal(0, 5, (4 * scale, 6 * scale, 1))
    backdrop = np.clip(top + (bottom - top) * ramp + speckle, 0, 255).astype(np.uint8)
    image = Image.fromarray(backdrop)
    draw = ImageDraw.Draw(image)
    tall, wide = int(rng.integers(18, 60)), int(rng.integers(50, 160))
    amount = rng.uniform(4, 22)
    for row, y in enumerate(range(0, 3 * scale, tall)):
        for x in range(-wide * (row % 2) // 2, 6 * scale, wide):
            shade = image.getpixel((min(max(x + 3, 0), 6 * scale - 1), y))
            assert isinstance(shade, tuple)
            tone = tuple(int(np.clip(c + rng.normal(0, amount), 0, 255)) for c in shade)
            draw.rectangle([x + 1, y + 1, x + wide - 2, y + tall - 2], fill=tone)
    ground = colour_from(rng, 40, 160)
    draw.rectangle([0, 3 * scale, 6 * scale, 4 * scale], fill=ground)
    for x in range(0, 6 * scale, int(rng.integers(30, 120))):
        draw.line(
            [x, 3 * scale, x * 2 - 3 * scale, 4 * scale], fill=tuple(max(0, c - 18) for c in ground), width=3
        )
    return image


Lens = Callable[[float], tuple[float, float, float, float]]
"""Centre x, y in metres, metres across the picture's width, roll in radians, at a time."""


def lens_named(name: str, rng: np.random.Generator, narrow: bool) -> Lens:
    across = 2.6 if narrow else 3.9
    y = -1.0
    if name == "travelling":
        speed, ease = rng.uniform(0.08, 0.2) * rng.choice([-1, 1]), rng.uniform(0.0, 0.05)
        return lambda t: (2 + speed * (t - 2) + ease * math.sin(1.7 * t), y, across, 0.0)
    if name == "shoulder":
        steps = np.random.default_rng(int(rng.integers(1 << 30))).normal(0, 1, (400, 3)).cumsum(0)
        curve = CubicSpline(
            np.arange(400) * 0.05, np.asarray([s - s.mean() for s in steps.T]).T * [0.008, 0.006, 0.002]
        )
        return lambda t: (2 + float(curve(t)[0]), y + float(curve(t)[1]), across, float(curve(t)[2]))
    if name == "push-in":
        rate = rng.uniform(0.015, 0.04)
        return lambda t: (2, y, across * math.exp(-rate * (t - 2)), 0.0)
    return lambda t: (2, y, across, 0.0)


def shown(
    wall_image: Image.Image, lens: Lens, figure: Figure, size: tuple[int, int], t: float
) -> npt.NDArray[np.float32]:
    """The stage at one instant, linear mean of nothing: a single sharp picture, drawn twice as large."""
    width, height = size[0] * 2, size[1] * 2
    x, y, across, roll = lens(t)
    scale = across / width
    c, s = math.cos(roll) * scale, math.sin(roll) * scale
    left = x - c * width / 2 + s * height / 2
    top = y - s * width / 2 - c * height / 2
    # wall pixel = 220 * (world + (1, 3))
    data = (220 * c, -220 * s, 220 * (left + 1), 220 * s, 220 * c, 220 * (top + 3))
    image = wall_image.transform((width, height), Image.Transform.AFFINE, data, Image.Resampling.BILINEAR)
    draw = ImageDraw.Draw(image)
    norm = c * c + s * s
    for points, colour in figure(t):
        seen = [
            ((c * (px - left) + s * (py - top)) / norm, (-s * (px - left) + c * (py - top)) / norm)
            for px, py in points
        ]
        draw.polygon(seen, fill=colour)
    small = image.reduce(2)
    return np.asarray(small, np.float32) / np.float32(255)


ACTS: dict[str, Callable[[np.random.Generator], Act]] = {
    "ball": thrown_ball,
    "walker": pedestrian,
    "hammer": smith,
}
LENSES = ("tripod", "travelling", "shoulder", "push-in")


def drawn_scenes(count: int = 24, first_seed: int = 52_000) -> Iterator[Scene]:
    """COUNT scenes; every third is the same act, rates, lenses, sizes, shutters and encoders vary."""
    for k in range(count):
        seed = first_seed + 17 * k
        rng = np.random.default_rng(seed)
        act = list(ACTS)[k % 3]
        rate = RATES[(k // 3) % len(RATES)]
        lens = LENSES[(k + k // 4) % len(LENSES)]
        size = SIZES[int(rng.integers(len(SIZES)))]
        shutter = float(rng.choice([0.1, 0.5, 0.8]))
        encoder = int(rng.choice([0, 23, 30]))
        yield _scene((act, lens), rate, size, (shutter, encoder), seed)


def _scene(
    names: tuple[str, str], rate: Fraction, size: tuple[int, int], look: tuple[float, int], seed: int
) -> Scene:
    (act, lens), (shutter, encoder) = names, look
    played = ACTS[act](np.random.default_rng([seed, 1]))

    def render() -> Iterator[Frame]:
        rng = np.random.default_rng([seed, 2])
        backdrop = wall(rng)
        view = lens_named(lens, rng, size[0] < size[1])
        grain = float(rng.uniform(0.0, 0.012))

        def frames() -> Iterator[Frame]:
            for index in range(int(SECONDS * rate)):
                opened = float(index / rate)
                instants = opened + np.linspace(0, shutter / float(rate), 5)
                picture = np.mean(
                    [shown(backdrop, view, played.figure, size, float(t)) for t in instants], axis=0
                )
                yield to_frame(index, rate, picture + rng.normal(0, grain, picture.shape))

        return recoded(frames(), rate, encoder, 25) if encoder else frames()

    truth = _heard_apart([float(t) for t in played.truth if 0.15 < t < float(SECONDS) - 0.15])
    return Scene(f"{act}/{lens}/{seed}", rate, size, SECONDS, truth, render)
