"""What the procedural engine sees, on small rendered scenes with known contacts."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from fractions import Fraction

import numpy as np
import pytest

from foleyd.engines.engine import Frame
from foleyd.engines.procedural.camera import Move, camera_move
from foleyd.engines.procedural.picture import looked_up, shrunk, smoothed
from foleyd.engines.procedural.see import look
from procedural.moving import HEIGHT, RATE, WIDTH, bouncing, filmed, wall

TWO = Fraction(2)


def met(found: np.ndarray, truth: list[float], within: float) -> bool:
    """Whether FOUND and TRUTH pair off one to one."""
    return len(found) == len(truth) and bool(np.all(np.abs(np.sort(found) - truth) <= within))


@pytest.mark.parametrize("rate", [15, Fraction(24000, 1001), 25, 50, 60])
def test_a_bouncing_disc_strikes_when_it_touches_at_every_rate(rate: Fraction) -> None:
    path, contacts = bouncing()
    sight = look(filmed(path, rate=Fraction(rate)), TWO)
    first = [time for time in contacts if time < 1.7][:2]
    seen = sight.impacts.time[sight.impacts.time < first[-1] + 0.1]
    assert met(seen, first, 1 / float(rate))


@pytest.mark.parametrize("rate", [Fraction(24000, 1001), 24, 25, Fraction(60000, 1001)])
def test_a_timeline_of_another_rate_changes_nothing_of_what_is_seen(rate: Fraction) -> None:
    """Frames of 30 a second, first displayed at the next frame of RATE, or at none."""

    def shown() -> Iterator[Frame]:
        for index, frame in enumerate(filmed(bouncing()[0], rate=Fraction(30))):
            first, end = (-(-Fraction(number, 30) * rate // 1) for number in (index, index + 1))
            if first < end:
                yield Frame(first / Fraction(rate), frame.rgb, frame.time)
            else:
                yield Frame(frame.time, frame.rgb, frame.time, shown=False)

    there, here = look(filmed(bouncing()[0], rate=Fraction(30)), TWO), look(shown(), TWO)
    assert len(there.impacts) > 2
    assert here.impacts.time.tolist() == there.impacts.time.tolist()
    assert here.impacts.strength.tolist() == there.impacts.strength.tolist()


def test_instants_that_go_back_at_a_cut_are_taken_as_displayed() -> None:
    slow = [Frame(frame.time + 1, frame.rgb, frame.time + Fraction(1, 2)) for frame in filmed(seconds=1.0)]
    sight = look([*filmed(bouncing()[0], 1.0), *slow], TWO)
    assert np.all(np.diff(sight.frame_times) > 0)
    assert np.all(sight.impacts.time >= 0)


def test_weaker_bounces_are_weaker_and_come_down_slower() -> None:
    sight = look(filmed(bouncing()[0]), TWO)
    assert np.all(np.diff(sight.impacts.strength) < 0)
    assert np.all(np.diff(sight.impacts.speed[:3]) < 0)


@pytest.mark.parametrize(("x", "side"), [(28.0, -1), (80.0, 0), (132.0, 1)])
def test_pan_tells_where_in_the_picture_it_struck(x: float, side: int) -> None:
    impacts = look(filmed(bouncing(x)[0]), TWO).impacts
    assert len(impacts) > 0
    assert np.all(np.abs(impacts.pan - (x / WIDTH * 2 - 1)) < 0.15)
    assert np.all(np.sign(np.round(impacts.pan, 1)) == side)


def test_a_disc_bounces_under_a_panning_camera_as_well() -> None:
    path, contacts = bouncing()
    sight = look(filmed(path, pan=14.0), TWO)
    assert met(sight.impacts.time[:2], contacts[:2], 0.04)
    assert np.median(sight.camera[1:]) == pytest.approx(14 / WIDTH, rel=0.15)


def test_a_swing_without_a_strike_is_silent() -> None:
    def swing(time: float) -> tuple[float, float]:
        return 80 + 40 * np.sin(2 * np.pi * 0.8 * time), 45.0

    sight = look(filmed(swing), TWO)
    assert len(sight.impacts) == 0
    assert sight.motion.max() > 0.1


def test_what_stops_dead_strikes_and_what_eases_to_rest_does_not() -> None:
    def stops(time: float) -> tuple[float, float]:
        return 30 + 90 * min(time, 1.0), 45.0

    def eases(time: float) -> tuple[float, float]:
        s = min(time / 1.6, 1.0)
        return 30 + 90 * s**3 * (10 - 15 * s + 6 * s * s), 45.0

    assert met(look(filmed(stops), TWO).impacts.time, [1.0], 0.04)
    assert len(look(filmed(eases), TWO).impacts) == 0


@pytest.mark.parametrize("grain", [0.0, 0.01, 0.04])
def test_a_still_picture_has_no_events_however_grainy(grain: float) -> None:
    sight = look(filmed(grain=grain), TWO)
    assert len(sight.impacts) == 0
    assert len(sight.cuts) == 0
    assert sight.motion.max() < 0.02


def test_black_has_no_events() -> None:
    sight = look(filmed(backdrop=np.zeros((240, 400, 3)), grain=0.0), TWO)
    assert len(sight.impacts) == 0
    assert sight.brightness.max() == 0


@pytest.mark.parametrize("speed", [-20.0, 6.0, 40.0])
def test_a_slow_pan_has_no_events(speed: float) -> None:
    sight = look(filmed(pan=speed), TWO)
    assert len(sight.impacts) == 0
    assert np.median(sight.camera[1:]) == pytest.approx(abs(speed) / WIDTH, rel=0.15)


def test_light_that_flickers_or_fades_has_no_events() -> None:
    def lit(frames: Iterator[Frame]) -> Iterator[Frame]:
        for frame in frames:
            time = float(frame.time)
            gain = (1 + 0.1 * np.sin(40 * time)) * min(1.0, time, 2 - time + 0.04)
            yield Frame(frame.time, np.clip(frame.rgb * gain, 0, 255).astype(np.uint8))

    assert len(look(lit(filmed()), TWO).impacts) == 0


def test_a_cut_is_a_cut_and_no_event_even_in_the_middle_of_motion() -> None:
    def moves(time: float) -> tuple[float, float]:
        return 30 + 50 * time, 45.0

    frames = list(filmed(moves, 1.0)) + [
        Frame(frame.time + 1, frame.rgb) for frame in filmed(seconds=1.0, backdrop=1 - wall(9))
    ]
    sight = look(frames, TWO)
    assert sight.cuts.tolist() == [1.0]
    assert len(sight.impacts) == 0


def test_a_change_of_size_is_a_cut() -> None:
    frames = list(filmed(seconds=1.0)) + [
        Frame(frame.time + 1, np.repeat(np.repeat(frame.rgb, 2, 0), 2, 1)[:, :200])
        for frame in filmed(seconds=1.0)
    ]
    sight = look(frames, TWO)
    assert sight.cuts.tolist() == [1.0]
    assert len(sight.frame_times) == 50


def test_a_flash_is_neither_a_cut_nor_an_event() -> None:
    frames = list(filmed())
    frames[20] = Frame(frames[20].time, np.full_like(frames[20].rgb, 255))
    sight = look(frames, TWO)
    assert len(sight.cuts) == 0
    assert len(sight.impacts) == 0


def test_a_walker_makes_contacts_at_the_pace_of_the_steps() -> None:
    step, stride = 0.48, 20.0
    strikes = [0.2 + k * step for k in range(7)]

    def walker() -> Iterator[Frame]:
        rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH].astype(float)
        for frame in filmed(seconds=3.4, grain=0.0):
            shown = frame.rgb / 255
            now = (float(frame.time) - 0.2) / step
            hip = 20 + now * stride - stride / 2
            limbs = [((hip, 45), (hip, 18), 6.0)]
            for side in (0, 1):
                last = 2 * np.floor((now - side) / 2) + side
                swing = np.clip((now - last - 1.1) / 0.9, 0, 1)
                foot = 20 + stride * (last + 2 * swing**1.5), 80 - 6 * np.sin(np.pi * swing)
                limbs.append(((hip, 45), foot, 4.0))
            for (ax, ay), (bx, by), radius in limbs:
                dx, dy = bx - ax, by - ay
                along = np.clip(((columns - ax) * dx + (rows - ay) * dy) / (dx * dx + dy * dy), 0, 1)
                away = np.hypot(columns - ax - along * dx, rows - ay - along * dy)
                cover = np.clip(radius + 0.5 - away, 0, 1)[..., None]
                shown = shown * (1 - cover) + cover * np.array([0.1, 0.1, 0.3])
            yield Frame(frame.time, np.rint(shown * 255).astype(np.uint8))

    impacts = look(walker(), Fraction(17, 5)).impacts
    assert set(impacts.kind_names()) == {"contact"}
    assert 6 <= len(impacts) <= 7
    gaps = [min(abs(time - strike) for strike in strikes) for time in impacts.time]
    assert np.median(np.diff(impacts.time)) == pytest.approx(step, abs=0.02)
    assert max(gaps) < 0.04


def test_held_frames_shown_once_do_not_make_speed_out_of_waiting() -> None:
    path, contacts = bouncing()
    frames = [frame for frame in filmed(path) if not 1.7 < frame.time < 1.9]
    sight = look(frames, TWO)
    assert met(sight.impacts.time[:2], contacts[:2], 0.04)


def test_nothing_is_seen_in_nothing() -> None:
    sight = look([], TWO)
    assert (len(sight.frame_times), len(sight.impacts), sight.duration) == (0, 0, 2.0)
    single = look(filmed(seconds=0.04), Fraction(1, 25))
    assert (len(single.frame_times), len(single.impacts)) == (1, 0)


def test_looking_is_repeatable_bit_for_bit() -> None:
    first, second = (look(filmed(bouncing()[0]), TWO).to_features().arrays for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_memory_does_not_grow_with_full_size_frames() -> None:
    frame = np.random.default_rng(0).integers(0, 255, (540, 960, 3), dtype=np.uint8)

    def many(count: int) -> Iterator[Frame]:
        for index in range(count):
            yield Frame(index / RATE, np.roll(frame, index, axis=1))

    def peak(count: int) -> int:
        tracemalloc.start()
        look(many(count), count / RATE)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    assert peak(48) - peak(12) < 36 * 4_000


@pytest.mark.parametrize(
    ("height", "width"), [(1080, 1920), (1920, 1080), (480, 848), (90, 160), (7, 5), (2, 2000)]
)
def test_pictures_of_any_shape_shrink_to_a_few_thousand_points(height: int, width: int) -> None:
    rgb = np.full((height, width, 3), 51, np.uint8)
    small = shrunk(rgb)
    assert small.shape[0] * small.shape[1] <= 40_000
    assert small.ndim == 3
    assert np.allclose(small, 0.2, atol=1e-6)
    assert look([Frame(Fraction(k, 25), rgb) for k in range(6)], Fraction(6, 25)).motion.max() == 0


@pytest.mark.parametrize(
    "move",
    [Move(1.7, -0.6), Move(0.2, 0.3, 0.02), Move(-3.2, 1.0, -0.01, 0.02), Move(0.5, 0, 0, 0, 0.8, 0.05)],
)
def test_the_camera_move_is_found_to_a_twentieth_of_a_pixel(move: Move) -> None:
    there = smoothed(wall()[60:150, 100:260].astype(np.float32))
    y, x = np.mgrid[0:90, 0:160].astype(np.float32)
    seen = looked_up(there, *move.place(y, x, (90, 160))) * np.float32(move.gain) + np.float32(move.lift)
    found = camera_move(seen.mean(axis=2), there.mean(axis=2), Move(), 0.002)
    corner = np.array([[0, 0, 89, 89], [0, 159, 0, 159]], np.float32)
    apart = np.subtract(found.place(*corner, (90, 160)), move.place(*corner, (90, 160)))
    assert np.abs(apart).max() < 0.2
    assert (found.dx, found.dy) == (pytest.approx(move.dx, abs=0.05), pytest.approx(move.dy, abs=0.05))
    assert found.gain == pytest.approx(move.gain, abs=0.02)


def test_a_move_and_its_way_back_cancel() -> None:
    move = Move(2.0, -1.0, 0.03, 0.01)
    y, x = np.mgrid[0:90, 0:160].astype(np.float32)
    there = move.place(y, x, (90, 160))
    back = move.back().place(*there, (90, 160))
    assert np.allclose(back, (y, x), atol=1e-3)


def test_what_leaves_the_picture_strikes_nothing() -> None:
    def leaves(time: float) -> tuple[float, float]:
        return 80.0, 60 - 110 * max(time - 0.4, 0.0)

    sight = look(filmed(leaves), TWO)
    assert sight.motion.max() > 0.1
    assert len(sight.impacts) == 0
