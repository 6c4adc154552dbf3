"""Timelines as plain values and messages, and how their shots become strips: no Blender needed."""

from __future__ import annotations

from fractions import Fraction

import pytest
from foley import fitting, timeline, timing
from google.protobuf import json_format

from foleyd.v1 import foleyd_pb2 as pb

NTSC = Fraction(24000, 1001)


def shot(start: int, duration: int, **words: object) -> timeline.TrackShot:
    return timeline.TrackShot("shot", start, duration, **words)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------- messages


def test_a_timeline_is_the_same_after_it_went_through_the_proto() -> None:
    media = timeline.Media("/a/b.mov", "b.mov", "", Fraction(3600), Fraction(10))
    gone = timeline.Media("", "gone.mov", "C:\\gone.mov")
    shots = (
        shot(
            0,
            10,
            media=media,
            source_start=Fraction(1, 3),
            speed=Fraction(-2),
            metadata={"take": 2, "x": [1]},
        ),
        shot(10, 5, media=gone, muted=True),
        shot(15, 5),
    )
    tracks = (timeline.Track("V", True, shots), timeline.Track("A", False, (), True))
    marks = (timeline.Marker(3, 9, "steps", "RED", "loud"), timeline.Marker(4, 4, "door"))
    value = timeline.Timeline("edit", NTSC, tracks, marks, 86400, False, 20)
    request = json_format.ParseDict(timeline.write_request(value), pb.WriteTimelineRequest())
    assert request.timeline.tracks[0].shots[0].source_start == pb.Rational(num=3600 * 3 + 1, den=3)
    message = json_format.MessageToDict(request.timeline, preserving_proto_field_name=True)
    assert timeline.timeline_from(message) == value


def test_a_timeline_reaches_its_last_marker() -> None:
    value = timeline.Timeline("", NTSC, (timeline.Track("V", True, (shot(0, 5),)),), (timeline.Marker(9, 9),))
    assert timeline.timeline_json(value)["duration_frames"] == "10"


def test_shots_that_overlap_lie_in_rows_of_their_own() -> None:
    a, b, c = shot(0, 10), shot(5, 10), shot(10, 5)
    assert timeline.lanes([b, c, a]) == [(a, c), (b,)]


def test_cuts_move_to_the_nearest_frames_of_another_rate_and_stay_cuts() -> None:
    shots = (shot(0, 1), shot(1, 24), shot(25, 25))
    value = timeline.Timeline("", Fraction(25), (timeline.Track("V", True, shots),), label=25, duration=50)
    moved = timeline.at_rate(value, Fraction(30))
    assert [(s.start, s.end) for s in moved.tracks[0].shots] == [(0, 1), (1, 30), (30, 60)]
    assert (moved.rate, moved.label, moved.duration) == (30, 30, 60)


# -------------------------------------------------------------------------------------------- fitting


def fit(source: Fraction, speed: Fraction, rate: Fraction, own: Fraction, ends: bool = True) -> fitting.Fit:
    return fitting.fit_picture(
        at=100,
        source_start=source,
        speed=speed,
        scene_rate=rate,
        rate=own,
        frames=100,
        last_key_shows_end=ends,
    )


def test_at_the_scenes_own_rate_a_strip_has_no_keys() -> None:
    assert fit(Fraction(20, 25), Fraction(1), Fraction(25), Fraction(25)) == fitting.Fit(80)
    assert fit(Fraction(20, 25), Fraction(-1), Fraction(25), Fraction(25)) == fitting.Fit(21, reverse=True)
    assert fit(Fraction(20, 25), Fraction(0), Fraction(25), Fraction(25)) == fitting.Fit(100, hold=20)
    # 5/6 of the speed of a file of 30 in a scene of 25: frame by frame.
    assert fit(Fraction(2), Fraction(5, 6), Fraction(25), Fraction(30)) == fitting.Fit(40)


@pytest.mark.parametrize(("ends", "span"), [(True, 50), (False, 50)])
def test_twice_as_fast_is_half_as_long(ends: bool, span: int) -> None:
    """99 frames in 49.5 are 50: Blender counts to the last frame before 5.0."""
    found = fit(Fraction(40, 25), Fraction(2), Fraction(25), Fraction(25), ends)
    assert (found.span, found.content) == (span, 80)
    assert found.percent == pytest.approx(200 if ends else 198)


@pytest.mark.parametrize("ends", [True, False])
@pytest.mark.parametrize("speed", [Fraction(1, 2), Fraction(3, 4), Fraction(2), Fraction(-2), Fraction(7, 3)])
@pytest.mark.parametrize("own", [Fraction(24), NTSC, Fraction(30), Fraction(60000, 1001)])
def test_a_strip_that_was_read_is_fitted_where_it_was(speed: Fraction, own: Fraction, ends: bool) -> None:
    """Whatever a strip says it shows, a strip made for that lies as it lay."""
    rate = Fraction(25)
    first = fit(Fraction(30) / own, speed, rate, own, ends)
    length = first.span if ends else first.span + 1
    lies = timing.Played(
        left=100,
        right=105,
        content=Fraction(first.content),
        length=Fraction(length),
        frames=100,
        rate=own,
        keys=(Fraction(first.content), Fraction(first.content + first.span)) if first.span else (),
        reverse=first.reverse,
        last_key_shows_end=ends,
    )
    (read,) = timing.stretches(lies, rate)
    step = timing.source_step(lies, rate)
    assert abs(read.source_start * own - 30) <= (step + 1) / 2  # half a frame of the scene and of the file
    meant = fitting.speed_meant(100 if ends else 99, first.span, rate / own)
    again = fit(read.source_start, meant if speed > 0 else -meant, rate, own, ends)
    assert (again.content, again.span, again.reverse) == (first.content, first.span, first.reverse)


def test_the_speed_that_was_typed_is_found_again() -> None:
    """100 frames at 133 % last 75.19 frames: Blender makes 75 of them, played at 133.33 %."""
    assert fitting.speed_meant(100, 75, Fraction(1)) == Fraction(133, 100)
    assert fitting.speed_meant(100, 50, Fraction(1)) == 2
    # A file of 97 frames at 23.976 in real time in a scene of 25 lasts 101.14 frames.
    assert fitting.speed_meant(97, 101, Fraction(25) / NTSC) == 1


def test_a_speed_that_no_strip_can_play_is_refused_in_words() -> None:
    with pytest.raises(fitting.CannotFit, match="beyond"):
        fit(Fraction(0), Fraction(1, 10**6), Fraction(25), Fraction(25))


def sounds(source: Fraction, speed: Fraction, rate: Fraction) -> fitting.Fit:
    return fitting.fit_sound(
        at=100, source_start=source, speed=speed, scene_rate=rate, frames=100, last_key_shows_end=True
    )


def test_sound_lies_on_a_whole_frame_and_the_rest_is_its_offset() -> None:
    assert sounds(12 / NTSC, Fraction(1), NTSC) == fitting.Fit(88)
    within = sounds(Fraction(17, 100), Fraction(1), Fraction(25))
    assert (within.content, within.offset) == (96, Fraction(4, 25) - Fraction(17, 100))
    assert sounds(Fraction(2, 5), Fraction(2), Fraction(25)).content == 95


@pytest.mark.parametrize("speed", [Fraction(0), Fraction(-1)])
def test_sound_is_not_played_backward(speed: Fraction) -> None:
    with pytest.raises(fitting.CannotFit, match="forward only"):
        sounds(Fraction(0), speed, Fraction(25))
