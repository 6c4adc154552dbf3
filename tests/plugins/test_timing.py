from __future__ import annotations

import struct
from fractions import Fraction

import pytest
from foley.timing import Played, file_rate, in_real_time, rate_of, source_frame, stretches, timecode
from hypothesis import assume, given
from hypothesis import strategies as st

FILM = Fraction(24000, 1001)


def single(value: float) -> float:
    """VALUE as Blender keeps it, in 32 bits."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


@pytest.mark.parametrize("nominal", [24, 30, 48, 60, 120, 240])
@pytest.mark.parametrize("base", [1.001, 1.0])
def test_rates_come_back_exact_from_32_bits(nominal: int, base: float) -> None:
    assert rate_of(nominal, single(base)) == nominal / Fraction(str(base))


@pytest.mark.parametrize(
    ("fps", "base", "rate"),
    [
        (24, 24 / 23.976, FILM),
        (60, 60 / 59.94, Fraction(60000, 1001)),
        (2398, 100.0, Fraction(1199, 50)),
        (179, 6.0, Fraction(179, 6)),
        (25, 2.0, Fraction(25, 2)),
    ],
)
def test_typed_and_odd_rates(fps: int, base: float, rate: Fraction) -> None:
    assert rate_of(fps, single(base)) == rate


def test_file_rates_are_those_in_common_use() -> None:
    assert file_rate(single(23.976024)) == file_rate(23.98) == FILM
    assert file_rate(24.0) == 24
    assert file_rate(single(29.97)) == Fraction(30000, 1001)
    assert file_rate(15.0) == 15


@pytest.mark.parametrize(
    ("frame", "rate", "label"),
    [
        (0, FILM, "00:00:00:00"),
        (86400, FILM, "01:00:00:00"),
        (1800, Fraction(30000, 1001), "00:01:00:00"),
        (59, Fraction(60), "00:00:00:59"),
        (-25, Fraction(24), "-00:00:01:01"),
        (119, Fraction(120), "00:00:00:119"),
    ],
)
def test_timecode_counts_without_dropping(frame: int, rate: Fraction, label: str) -> None:
    assert timecode(frame, rate) == label


rates = st.sampled_from(
    [
        FILM,
        Fraction(24),
        Fraction(25),
        Fraction(30000, 1001),
        Fraction(30),
        Fraction(50),
        Fraction(60000, 1001),
    ]
)


@st.composite
def strips(draw: st.DrawFn) -> tuple[Played, Fraction]:
    """A strip of any of the kinds that are described, and its scene's rate."""
    scene_rate, rate = draw(rates), draw(rates)
    frames = draw(st.integers(2, 500))
    content = draw(st.integers(-1000, 90_000))
    way = draw(st.sampled_from(["frame by frame", "own speed", "retimed"]))
    length = Fraction(round(frames * scene_rate / rate)) if way == "own speed" else Fraction(frames)
    keys: tuple[Fraction, ...] = ()
    if way == "retimed":
        length = Fraction(draw(st.integers(2, 900)))
        keys = (Fraction(content), content + length)
    left = content + draw(st.integers(-20, int(length) - 1))
    right = left + draw(st.integers(1, 1000))
    reverse, late = draw(st.booleans()), draw(st.booleans())
    trimmed = draw(st.integers(0, 50))
    assume(length > 0)
    strip = Played(left, right, Fraction(content), length, frames, rate, trimmed, keys, reverse, late)
    return strip, scene_rate


@given(strips())
def test_stretches_cover_the_strip_and_show_the_nearest_frame_of_its_content(
    given_: tuple[Played, Fraction],
) -> None:
    strip, scene_rate = given_
    parts = list(stretches(strip, scene_rate))
    assert [part.start for part in parts] == [strip.left, *(part.end for part in parts[:-1])]
    assert parts[-1].end == strip.right
    for part in parts:
        assert part.start < part.end
        for frame in {part.start, (part.start + part.end) // 2, part.end - 1}:
            source = part.source_start + (frame - part.start) / scene_rate * part.speed
            held = min(max(source_frame(strip, frame, scene_rate), Fraction(0)), Fraction(strip.frames - 1))
            nearest = (held + Fraction(1, 2)).__floor__()
            assert (source * strip.rate).__floor__() - strip.trimmed == nearest


@given(st.integers(2, 10_000), rates, rates)
def test_both_ways_of_playing_are_told_by_length(frames: int, rate: Fraction, scene_rate: Fraction) -> None:
    own_speed = round(frames * scene_rate / rate)
    assume(abs(own_speed - frames) > 1)

    def strip(length: int) -> Played:
        return Played(0, length, Fraction(0), Fraction(length), frames, rate)

    assert in_real_time(strip(own_speed), scene_rate)
    assert not in_real_time(strip(frames), scene_rate)


def test_equal_rates_need_no_rounding() -> None:
    strip = Played(110, 150, Fraction(100), Fraction(200), 200, FILM)
    (part,) = stretches(strip, FILM)
    assert (part.source_start, part.speed) == (10 / FILM, 1)
