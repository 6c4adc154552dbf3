"""What is heard: at which sample, how loud, from where, and when nothing is."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import signal

from benchmarks.masking import met, onsets, scene
from foleyd.engines.procedural.dynamics import CEILING, Limiter, held
from foleyd.engines.procedural.options import Settings
from foleyd.engines.procedural.play import IN_MEMORY_S, Stopped, distance_gain, hops, play
from foleyd.engines.procedural.room import ROOMS, Reverb, response
from foleyd.engines.procedural.score import across_cuts, activity, sweeps
from foleyd.engines.procedural.sight import CONTACT, IMPACT
from foleyd.engines.procedural.sounds.family import HOP
from tests.procedural.scenes import FPS, RATE, impacts, performed, score_of, sight, sound_of_score, walk

EVENT_PROMPTS = [
    "footsteps on concrete", "boots on gravel", "barefoot on sand", "heels on tile", "footsteps on snow",
    "footsteps in water", "footsteps on wet leaves", "metal hit", "wood hit", "glass hit", "punch",
    "glass breaks", "debris",
]  # fmt: skip


def onset(x: np.ndarray, from_sample: int, to_sample: int) -> int:
    """First sample of a stretch whose size reaches 1 % of the stretch's largest."""
    part = np.abs(x[:, from_sample:to_sample]).max(axis=0)
    return from_sample + int(np.argmax(part > 0.01 * part.max()))


@pytest.mark.parametrize("prompt", EVENT_PROMPTS)
def test_onsets_lie_on_the_events_within_two_milliseconds(prompt: str) -> None:
    times = [0.5, 3.1234, 6.01]
    seen = sight(9.0, impacts(times))
    x = performed(prompt, seen, 9.0)
    for number, time in enumerate(times):
        at = round(time * RATE)
        before = 0 if number == 0 else at - RATE // 5
        assert abs(onset(x, before, at + RATE // 4) - at) <= 0.002 * RATE


def test_nothing_sounds_where_nothing_happens() -> None:
    x = performed("footsteps on gravel, metal hit, glass breaks, cloth rustle", sight(3.0), 3.0)
    assert not np.any(x)


def test_missing_events_are_said_not_invented() -> None:
    score = score_of("footsteps on gravel", sight(3.0, motion=0.4), 3.0)
    assert score.notes == ()
    assert "No footfalls were seen" in score.warnings[0]


def test_cloth_follows_the_motion_and_is_silent_without() -> None:
    motion = np.where(np.arange(4 * FPS) < 2 * FPS, 0.0, 0.4)
    x = performed("cloth rustle", sight(4.0, motion=motion), 4.0)
    assert not np.any(x[:, : int(1.9 * RATE)])
    assert np.sqrt((x[:, 3 * RATE :] ** 2).mean()) > 1e-4


def test_the_same_request_repeats_bit_for_bit() -> None:
    seen = walk(4.0)
    prompt = "boots on gravel, cloth rustle, light rain, wind"
    first, again = (performed(prompt, seen, 4.0, seed=7, space="large") for _ in range(2))
    assert np.array_equal(first, again)


def test_another_seed_sounds_different_at_the_same_times() -> None:
    seen = sight(5.0, impacts([0.5, 2.0, 3.5]))
    one, two = (score_of("boots on gravel", seen, 5.0, character=c) for c in (1, 2))
    assert one.notes == two.notes
    first = sound_of_score(one, seen, 5.0, seed=1)
    second = sound_of_score(two, seen, 5.0, seed=2)
    assert not np.array_equal(first, second)
    for note in one.notes:
        for x in (first, second):
            assert abs(onset(x, note.at - 200, note.at + 4800) - note.at) <= 96


def test_a_shorter_item_is_the_beginning_of_a_longer_one() -> None:
    seen = walk(6.0)
    prompt = "boots on gravel, cloth rustle, rain"
    long, short = (performed(prompt, seen, seconds, space="small") for seconds in (6.0, 2.77))
    n = short.shape[1] - RATE // 50
    assert np.array_equal(long[:, :n], short[:, :n])


def test_long_items_go_through_a_file_and_sound_the_same() -> None:
    seconds = IN_MEMORY_S + 1.0
    seen = sight(seconds, impacts([0.5, 30.25, 59.9]))
    score = score_of("wood hit", seen, seconds)
    mapped = sound_of_score(score, seen, seconds)
    held = sound_of_score(score, seen, 59.95)
    assert isinstance(mapped.base, np.memmap)
    assert mapped.shape == (2, round(seconds * RATE))
    assert mapped.dtype == np.float32
    assert np.array_equal(mapped[:, : 59 * RATE], held[:, : 59 * RATE])


_LONG_TAKES = """
import resource
from tests.procedural.scenes import performed, walk
for seconds in (62, 180):
    performed("wood hit, cloth rustle", walk(seconds), seconds)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="ru_maxrss is of Unix")
@pytest.mark.slow
def test_memory_does_not_grow_with_length() -> None:
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", _LONG_TAKES], check=True, capture_output=True, text=True, cwd=root
    )
    short, long = (int(line) * (1 if sys.platform == "darwin" else 1024) for line in done.stdout.split())
    assert long - short < 15e6


def test_rendering_stops_when_told() -> None:
    asked: list[int] = []

    def until_third(hop: int) -> bool:
        asked.append(hop)
        return hop < 3

    seen = walk(10.0)
    with pytest.raises(Stopped):
        play(score_of("footsteps", seen, 10.0), seen, 1, 10 * RATE, width=0.5, on_hop=until_third)
    assert asked == [1, 2, 3]


def test_every_hop_is_reported() -> None:
    seen, asked = sight(1.1), []
    n = round(1.1 * RATE)

    def note(hop: int) -> bool:
        asked.append(hop)
        return True

    play(score_of("footsteps", seen, 1.1), seen, 1, n, width=0.5, on_hop=note)
    assert asked == list(range(1, hops(n) + 1))


@pytest.mark.parametrize("samples", [1, 2, HOP - 1, HOP, HOP + 1, 2 * HOP])
def test_any_length_comes_back_whole(samples: int) -> None:
    seen = walk(1.5)
    x = sound_of_score(score_of("footsteps, rain", seen, samples / RATE), seen, samples / RATE)
    assert x.shape == (2, samples)
    assert np.isfinite(x).all()


def highs(x: np.ndarray) -> float:
    """Share of the energy of X above 2 kHz."""
    power = np.abs(np.fft.rfft(x)) ** 2
    return float(power[np.fft.rfftfreq(x.shape[-1], 1 / RATE) > 2000].sum() / power.sum())


@pytest.mark.parametrize("prompt", ["wood hit", "metal hit", "footsteps on concrete"])
def test_strength_is_level_and_brightness(prompt: str) -> None:
    times = np.arange(0.5, 20.0, 1.5)
    weak, strong = (
        performed(prompt, sight(21.0, impacts(times.tolist(), strength=strength)), 21.0)[0]
        for strength in (0.2, 1.0)
    )
    assert 7 < 10 * np.log10((strong**2).sum() / (weak**2).sum()) < 14
    assert highs(strong) > 1.15 * highs(weak)


def test_distance_is_quieter_darker_and_more_of_the_room() -> None:
    seen = sight(3.0, impacts([0.5]))
    near = performed("footsteps on tile, close", seen, 3.0, space="large")
    far = performed("distant footsteps on tile", seen, 3.0, space="large")
    early, late = slice(int(0.5 * RATE), int(0.6 * RATE)), slice(int(0.9 * RATE), int(1.5 * RATE))
    direct = [10 * np.log10((x[:, early] ** 2).sum()) for x in (near, far)]
    roomy = [10 * np.log10((x[:, late] ** 2).sum() / (x[:, early] ** 2).sum()) for x in (near, far)]
    assert direct[0] - direct[1] > 12
    assert roomy[1] > roomy[0] + 2
    assert highs(far[0, early]) < 0.6 * highs(near[0, early])
    assert distance_gain(0.2) == 1.0


@pytest.mark.parametrize(("pan", "louder"), [(-0.9, 0), (0.9, 1)])
def test_events_sound_from_where_they_are_seen(pan: float, louder: int) -> None:
    x = performed("wood hit", sight(2.0, impacts([0.5], 0.5, pan)), 2.0, width=1.0)
    power = (x**2).sum(axis=1)
    middle = performed("wood hit", sight(2.0, impacts([0.5], 0.5, 0.0)), 2.0, width=1.0)
    assert power[louder] > 20 * power[1 - louder]
    assert power.sum() == pytest.approx((middle**2).sum(), rel=0.01)


def test_hits_and_footsteps_part_impacts_from_footfalls() -> None:
    seen = sight(4.0, impacts([0.5, 1.0, 1.5, 2.0], kind=[CONTACT, IMPACT, CONTACT, IMPACT]))
    score = score_of("footsteps, metal hit", seen, 4.0)
    assert [(note.at, note.voice) for note in score.notes] == [
        (24_000, 0),
        (48_000, 1),
        (72_000, 0),
        (96_000, 1),
    ]


def test_voices_that_want_the_same_events_take_turns_and_say_so() -> None:
    seen = sight(4.0, impacts([0.5, 1.0, 1.5]))
    score = score_of("wood hit, metal hit", seen, 4.0)
    assert [note.voice for note in score.notes] == [0, 1, 0]
    assert "in turn" in score.warnings[0]
    too_few = score_of("wood hit, metal hit, glass hit", sight(4.0, impacts([0.5])), 4.0)
    assert sum("too few" in warning for warning in too_few.warnings) == 2


def test_sensitivity_leaves_slight_impacts_out() -> None:
    seen = sight(4.0, impacts([0.5, 1.0, 1.5], strength=[0.05, 0.3, 0.9]))
    found = [
        len(score_of("wood hit", seen, 4.0, Settings(sensitivity=value)).notes) for value in (0.0, 0.5, 1.0)
    ]
    assert found == [1, 2, 3]


def test_a_fast_pass_is_a_sweep_but_an_impact_is_not() -> None:
    frames = np.arange(4 * FPS)
    motion = 0.7 * np.exp(-(((frames - 2 * FPS) / 3.0) ** 2))
    found = sweeps(sight(4.0, motion=motion, speed=1.2, motion_x=0.4))
    assert len(found) == 1
    assert abs(found.time[0] - 2.0) <= 1 / FPS
    assert found.pan[0] == 0.4
    assert len(sweeps(sight(4.0, impacts([2.0]), motion=motion, speed=1.2))) == 0
    assert len(sweeps(sight(4.0, motion=motion, speed=1.2, cuts=[2.0]))) == 0
    assert len(sweeps(sight(4.0, motion=motion, speed=0.1))) == 0
    assert len(sweeps(sight(4.0, motion=0.1 * motion, speed=1.2))) == 0


def test_a_whoosh_is_loudest_where_the_pass_is_fastest() -> None:
    frames = np.arange(4 * FPS)
    motion = 0.7 * np.exp(-(((frames - 2 * FPS) / 3.0) ** 2))
    x = performed("whoosh", sight(4.0, motion=motion, speed=1.2), 4.0)
    level = (x.mean(axis=0).reshape(-1, 480) ** 2).mean(axis=1)
    assert abs(int(np.argmax(np.convolve(level, np.ones(5), "same"))) / 100 - 2.0) < 0.12


def test_events_outside_the_item_are_not_heard() -> None:
    assert score_of("wood hit", sight(3.0, impacts([-0.5, 0.0, 2.9999, 3.0, 3.5])), 3.0).notes[0].at == 0
    assert len(score_of("wood hit", sight(3.0, impacts([-0.5, 0.0, 2.9999, 3.0, 3.5])), 3.0).notes) == 2


def test_activity_is_the_same_wherever_it_is_cut() -> None:
    motion = np.random.default_rng(1).random(4 * FPS)
    seen = sight(4.0, motion=motion)
    whole = activity(seen, 0, 4 * HOP)
    parts = np.concatenate([activity(seen, HOP * i, HOP) for i in range(4)])
    assert np.allclose(whole, parts, atol=1e-6)
    assert 0.0 <= whole.min() <= whole.max() <= 1.0


@given(st.integers(1, 40), st.floats(0.01, 30.0))
@settings(max_examples=25, deadline=None)
def test_no_mix_exceeds_the_ceiling(count: int, gain: float) -> None:
    rng = np.random.default_rng(count)
    x = (rng.standard_normal((2, 3 * HOP)) * gain / 10).astype(np.float32)
    x[:, rng.integers(0, 3 * HOP, count)] *= 20
    limiter = Limiter()
    blocks = [limiter(x[:, i * HOP : (i + 1) * HOP]) for i in range(3)]
    out = np.concatenate([*blocks, limiter(np.zeros((2, HOP), np.float32))], axis=1)[:, : 3 * HOP]
    assert out.shape == x.shape
    assert np.abs(out).max() <= CEILING * 1.000001
    if np.abs(x).max() <= CEILING:
        assert np.array_equal(out, x)


def test_limiting_does_not_depend_on_where_hops_fall() -> None:
    x = (np.random.default_rng(3).standard_normal((2, 2 * HOP)) * 0.4).astype(np.float32)
    outs = []
    for cuts in ((HOP,), (1000, 5000, HOP + 77)):
        limiter = Limiter()
        pieces = [limiter(piece) for piece in np.split(x, cuts, axis=1)]
        outs.append(np.concatenate([*pieces, limiter(np.zeros((2, HOP), np.float32))], axis=1)[:, : 2 * HOP])
    assert np.allclose(outs[0], outs[1], atol=1e-6)


@pytest.mark.parametrize("space", sorted(ROOMS))
def test_streamed_reverb_is_plain_convolution(space: str) -> None:
    x = np.zeros(6 * HOP, dtype=np.float32)
    x[: 2 * HOP] = np.random.default_rng(5).standard_normal(2 * HOP)
    reverb = Reverb(space)
    streamed = np.concatenate([reverb(x[i * HOP : (i + 1) * HOP]) for i in range(6)], axis=1)
    ir = response(space)
    for ear in range(2):
        whole = signal.fftconvolve(x, ir[ear])[: 6 * HOP]
        assert np.allclose(streamed[ear], whole, atol=1e-4)


@pytest.mark.parametrize("space", sorted(ROOMS))
def test_rooms_decay_as_they_say(space: str) -> None:
    ir = response(space)[0].astype(np.float64)
    energy = np.cumsum((ir**2)[::-1])[::-1]
    db = 10 * np.log10(energy / energy[0])
    first, last = np.argmax(db <= -5), np.argmax(db <= -25)
    t60 = 3 * (last - first) / RATE
    room = ROOMS[space]
    assert 0.6 * room.high_t60 < t60 < 1.2 * room.low_t60
    assert abs(np.asarray(np.corrcoef(response(space)))[0, 1]) < 0.2


def test_a_dry_space_adds_nothing_and_a_hall_rings_on() -> None:
    seen = sight(3.0, impacts([0.5]))
    tail = slice(int(1.3 * RATE), int(2.0 * RATE))
    dry, hall = (performed("wood hit", seen, 3.0, space=space)[:, tail] for space in ("dry", "large"))
    assert np.abs(dry).max() < 1e-5
    assert np.abs(hall).max() > 1e-4


@pytest.mark.parametrize(
    ("prompt", "space"),
    [("footsteps", "small"), ("boots on gravel", "outdoors"), ("rain", "outdoors"), ("room tone", "small"),
     ("footsteps in a church", "large")],
)  # fmt: skip
def test_the_space_follows_from_the_sounds(prompt: str, space: str) -> None:
    assert score_of(prompt, walk(2.0), 2.0, Settings()).space == space


def test_beds_lie_under_spot_effects() -> None:
    seen = walk(6.0)
    steps = performed("boots on gravel", seen, 6.0)
    bed = performed("light rain", seen, 6.0)
    loud = np.sqrt((steps[:, RATE // 2 : RATE] ** 2).mean())
    assert np.sqrt((bed**2).mean()) < 0.7 * loud
    assert np.sqrt((bed**2).mean()) > 0.02 * loud


def test_voices_differ_between_takes_only_in_character() -> None:
    seen = walk(2.0)
    one, two = (score_of("wood hit", seen, 2.0, character=c) for c in (1, 2))
    assert [replace(voice, character=0) for voice in one.voices] == [
        replace(voice, character=0) for voice in two.voices
    ]


MASKING = [
    "heavy boots on wet gravel, distant thunder, light rain", "footsteps on concrete, drizzle",
    "footsteps on gravel, rain on a tin roof", "footsteps, crackling fire", "footsteps on leaves, stream",
    "footsteps on sand", "footsteps in mud",
]  # fmt: skip


@pytest.mark.parametrize("prompt", MASKING)
def test_spot_effects_stand_out_of_beds_and_nothing_else_does(prompt: str) -> None:
    seen = scene(5, CONTACT)
    x = performed(prompt, seen, seen.duration, space="outdoors")
    assert met(seen.impacts.time, onsets(x), tolerance=0.04).f1 >= 0.9


def test_a_bed_without_bursts_is_held_unchanged_and_bursts_are_held() -> None:
    rng, late = np.random.default_rng(2), 3 * 48
    noise = [(0.05 * rng.standard_normal((2, HOP))).astype(np.float32) for _ in range(6)]
    steady = np.concatenate(list(held(iter(noise))), axis=1)
    plain = np.concatenate(noise, axis=1)[:, HOP - late : -late]
    assert np.array_equal(steady, plain)
    cracked = [block.copy() for block in noise]
    cracked[3][:, 5000:5600] *= 20
    out = np.concatenate(list(held(iter(cracked))), axis=1)
    burst = slice(2 * HOP + late + 5000, 2 * HOP + late + 5600)
    assert 10 * np.log10((out[:, burst] ** 2).mean() / (plain**2).mean()) < 4
    assert np.array_equal(out[:, : 2 * HOP + 4800], plain[:, : 2 * HOP + 4800])


def test_motion_is_bridged_at_cuts_and_repeated_frames() -> None:
    motion = np.full(4 * FPS, 0.4)
    motion[[0, 50, 60, 62, 64]] = 0.0
    seen = across_cuts(sight(4.0, motion=motion, cuts=[2.0]))
    assert np.allclose(seen.motion, 0.4)
    still = sight(4.0, motion=np.where(np.arange(4 * FPS) < 50, 0.0, 0.4), cuts=[2.0])
    assert not np.any(across_cuts(still).motion[:50])
    assert not np.any(across_cuts(sight(4.0, cuts=[2.0])).motion)


def test_nothing_clicks_at_cuts_or_where_hops_meet() -> None:
    cuts = np.arange(1.0, 12.0)
    motion = np.repeat([0.1, 0.9, 0.02, 0.5, 0.3, 0.8] * 2, FPS)
    motion[(cuts * FPS).astype(int)] = 0.0
    prompt = "nylon rustle, light rain, wind, crackling fire, 60 Hz hum"
    seen = sight(12.0, impacts([0.7, 3.3, 8.1]), motion=motion, cuts=cuts.tolist())
    x = performed(prompt, seen, 12.0, space="large")
    bend = np.abs(np.diff(x, 2, axis=1)).max(axis=0)
    usual = np.quantile(bend.reshape(-1)[: len(bend) // 100 * 100].reshape(-1, 100).max(axis=1), 0.5)
    for places in (cuts * RATE, np.arange(HOP, 12 * RATE, HOP)):
        at = np.stack([bend[places.astype(int) + shift] for shift in (-3, -2, -1, 0)]).max(axis=0)
        assert np.median(at) < usual


@pytest.mark.parametrize("space", ["dry", *sorted(ROOMS)])
def test_only_events_asked_and_none_seen_is_digital_silence(space: str) -> None:
    x = performed("boots on gravel, metal hit, glass breaks, door slam, whoosh", sight(6.0), 6.0, space=space)
    assert not np.any(x)


@pytest.mark.parametrize("prompt", ["door creak", "whoosh", "car passing", "wood hit", "boots on gravel"])
def test_a_file_that_begins_amid_a_sound_begins_without_a_click(prompt: str) -> None:
    frames = np.arange(2 * FPS)
    motion = 0.7 * np.exp(-((frames / 2.0) ** 2))
    for time in (0.0, 0.001, 0.02):
        x = performed(prompt, sight(2.0, impacts([time, -0.02, -0.3]), motion=motion, speed=1.2), 2.0)
        first = np.abs(x[:, 0]).max()
        assert first <= max(0.02, 0.1 * np.abs(x[:, :480]).max())
