"""The picture as the viewer sees it: flattening, retimes, timecode, and the cue's own program."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edits import RATES, clip, gap, span, stack, time, timeline, track
from foleyd.cue import FrameRange, Media, Program, Shot, file_cut
from foleyd.timebase import Timecode
from foleyd.timeline.clock import read_clock
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.media_url import Resolved
from foleyd.timeline.program import ReadProgram, read_program, trim, with_handles


def here(url: str) -> Resolved:
    return Resolved(Path(url), Path(url).name)


def read(*tracks: object, start: object = None) -> ReadProgram:
    return read_program(timeline(*tracks, start=start), base_folder=None, resolve=here)


def shots(found: ReadProgram) -> list[tuple[Any, ...]]:
    """(name, record start, record end, first media frame at 24, speed)."""
    return [(s.name, s.record.start, s.record.end, s.source_start * 24, s.speed) for s in found.program.shots]


def test_clips_gaps_and_cuts_in_record_order() -> None:
    found = read(track(clip("a", span(10, 24)), gap(6), clip("b", span(0, 12), span(0, 50))))
    assert shots(found) == [("a", 0, 24, 10, 1), ("b", 30, 42, 0, 1)]
    assert found.program.duration == 42
    assert not found.warnings
    assert not found.missing


def test_media_time_counts_from_what_the_file_holds() -> None:
    found = read(track(clip("a", span(86430, 24), span(86400, 100)), clip("b", None, span(500, 7))))
    assert shots(found) == [("a", 0, 24, 30, 1), ("b", 24, 31, 0, 1)]


def test_a_silent_document_asks_the_file_for_its_timecode() -> None:
    asked: list[Path] = []

    def origin(path: Path) -> Fraction | None:
        asked.append(path)
        return Fraction(3600)

    edit = timeline(
        track(clip("late", span(86430, 24)), clip("early", span(5, 24)), clip("said", span(5, 5), span(0, 9)))
    )
    found = read_program(edit, base_folder=None, resolve=here, origin_of=origin)
    # "early" begins before the file's own timecode: it counts from zero.
    assert [shot[3] for shot in shots(found)] == [30, 5, 5]
    assert [path.name for path in asked] == ["late.mov", "early.mov"]


def test_a_clip_without_any_range_asks_the_file_for_its_length() -> None:
    edit = timeline(track(clip("a", None), clip("b", span(0, 5))), start=time(0))
    found = read_program(edit, base_folder=None, resolve=here, duration_of=lambda _: Fraction(2))
    assert shots(found) == [("a", 0, 48, 0, 1), ("b", 48, 53, 0, 1)]
    with pytest.raises(TimelineError, match="clip 'a' has neither"):
        read_program(edit, base_folder=None, resolve=here)


def test_nested_stacks_and_tracks_are_trimmed_by_what_is_around_them() -> None:
    inner = stack(track(clip("x", span(100, 20)), clip("y", span(0, 20))), used=span(15, 10))
    found = read(track(gap(5), inner, track(clip("z", span(3, 8)), used=span(2, 4))))
    assert shots(found) == [("x", 5, 10, 115, 1), ("y", 10, 15, 0, 1), ("z", 15, 19, 5, 1)]


def test_a_tracks_own_range_trims_and_pads() -> None:
    found = read(track(clip("a", span(0, 10)), used=span(4, 20)))
    assert shots(found) == [("a", 0, 6, 4, 1)]
    assert found.program.duration == 20


def test_the_root_stacks_own_range_moves_the_zero() -> None:
    edit = timeline(track(clip("a", span(0, 10)), clip("b", span(0, 10))))
    edit.tracks.source_range = span(8, 6)
    found = read_program(edit, base_folder=None, resolve=here)
    assert shots(found) == [("a", 0, 2, 8, 1), ("b", 2, 6, 0, 1)]
    assert found.program.duration == 6


def test_the_topmost_enabled_clip_hides_what_is_below_to_the_frame() -> None:
    below = track(clip("low", span(100, 50)))
    above = track(gap(10), clip("top", span(0, 5)), gap(10), clip("off", span(0, 5), enabled=False))
    found = read(below, above)
    assert shots(found) == [("low", 0, 10, 100, 1), ("top", 10, 15, 0, 1), ("low", 15, 50, 115, 1)]
    (warning,) = found.warnings
    assert "'top' lies over other picture" in warning.what
    assert warning.where == "00:00:00:10"
    assert len({shot.id for shot in found.program.shots}) == 3


def test_disabled_tracks_keep_their_length_and_show_nothing() -> None:
    hidden = track(clip("a", span(0, 40)))
    hidden.enabled = False
    found = read(track(clip("b", span(0, 10))), hidden)
    assert shots(found) == [("b", 0, 10, 0, 1)]
    assert found.program.duration == 40


def test_kinds_are_read_in_any_case_and_other_kinds_are_not_picture() -> None:
    found = read(
        track(clip("v", span(0, 10)), kind="video"),
        track(clip("s", span(0, 10)), kind="AUDIO"),
        track(clip("t", span(0, 30)), kind="Subtitle"),
    )
    assert shots(found) == [("v", 0, 10, 0, 1)]
    assert found.program.duration == 30


def test_transitions_cut_at_the_cut_point_and_say_so() -> None:
    # Two dissolves with unequal offsets between stills whose media run at rate 0.
    still = otio.opentime.TimeRange(time(0, 0), time(120, 0))
    dissolve = [
        otio.schema.Transition(
            name=name, transition_type="SMPTE_Dissolve", in_offset=time(i), out_offset=time(o)
        )
        for name, i, o in (("first", 12, 4), ("second", 4, 12))
    ]
    found = read(
        track(
            clip("r", span(0, 24), still),
            dissolve[0],
            clip("y", span(12, 24), still),
            dissolve[1],
            clip("b", span(4, 24), still),
        )
    )
    assert shots(found) == [("r", 0, 24, 0, 1), ("y", 24, 48, 12, 1), ("b", 48, 72, 4, 1)]
    assert [notice.what for notice in found.warnings] == ["2 transitions are taken as cuts, here first"]
    assert found.warnings[0].where == "00:00:01:00"


@pytest.mark.parametrize(
    ("scalar", "first", "speed"),
    [
        (2.0, 10, Fraction(2)),
        (0.5, 10, Fraction(1, 2)),
        (0.3333333, 10, Fraction(1, 3)),
        (0.0, 10, Fraction(0)),
        # 12 record frames backwards: at -1 media frames 21 ... 10, at -2 33 ... 11, at -1/2 15.5 ... 10.
        (-1.0, 21, Fraction(-1)),
        (-2.0, 33, Fraction(-2)),
        (-0.5, Fraction(31, 2), Fraction(-1, 2)),
    ],
)
def test_retimes_consume_their_factor_from_the_used_ranges_start(
    scalar: float, first: Fraction, speed: Fraction
) -> None:
    found = read(track(clip("a", span(10, 12), span(0, 100), speed=scalar)))
    assert shots(found) == [("a", 0, 12, first, speed)]
    assert found.warnings == ()


def test_reverse_ends_on_the_used_ranges_first_frame() -> None:
    (shot,) = read(track(clip("a", span(10, 12), speed=-1.0))).program.shots
    assert [shot.source_at(frame, Fraction(24)) * 24 for frame in (0, 11)] == [21, 10]


def test_several_effects_multiply_and_disabled_ones_do_not_count() -> None:
    warps = [otio.schema.LinearTimeWarp(time_scalar=scalar) for scalar in (2.0, -0.5, 4.0)]
    warps[2].enabled = False
    found = read(track(clip("a", span(0, 12), effects=[otio.schema.Effect("blur"), *warps])))
    assert found.program.shots[0].speed == -1


def test_a_freeze_frame_holds_the_used_ranges_first_frame() -> None:
    found = read(track(clip("a", span(10, 12), effects=[otio.schema.FreezeFrame()])))
    assert shots(found) == [("a", 0, 12, 10, 0)]


def test_a_retimed_stack_retimes_what_is_in_it() -> None:
    inner = stack(track(clip("x", span(0, 12)), clip("y", span(0, 12))), used=span(0, 24))
    inner.source_range = span(0, 12)
    inner.effects.append(otio.schema.LinearTimeWarp(time_scalar=2.0))
    assert shots(read(track(inner))) == [("x", 0, 6, 0, 2), ("y", 6, 12, 0, 2)]


def test_a_reversed_stack_shows_its_last_clip_first_and_backwards() -> None:
    inner = stack(track(clip("x", span(0, 12)), clip("y", span(50, 12))), used=span(0, 24))
    inner.effects.append(otio.schema.LinearTimeWarp(time_scalar=-1.0))
    assert shots(read(track(inner))) == [("y", 0, 12, 61, -1), ("x", 12, 24, 11, -1)]


def test_a_frozen_stack_holds_the_clip_at_its_start() -> None:
    inner = stack(track(clip("x", span(0, 12)), clip("y", span(50, 12))), used=span(14, 10))
    inner.effects.append(otio.schema.FreezeFrame())
    assert shots(read(track(inner))) == [("y", 0, 10, 52, 0)]


def test_two_reversals_play_forward() -> None:
    inner = stack(track(clip("x", span(0, 12), speed=-1.0)), used=span(0, 12))
    inner.effects.append(otio.schema.LinearTimeWarp(time_scalar=-1.0))
    assert shots(read(track(inner))) == [("x", 0, 12, 0, 1)]


def test_keyed_speeds_are_named_and_played_at_their_average() -> None:
    keyed = otio.schema.TimeEffect(name="Retime")
    keyed.metadata["Resolve_OTIO"] = {"Key Frames": [[0.0, 1, 2, 3, 4, 5, 6]]}
    table = otio.schema.TimeEffect(name="Warp")
    table.metadata["lookup"] = [0.0, 1.0, 2.0, 3.0, 4.0]  # frame i shows i + i
    found = read(track(clip("a", span(0, 5), effects=[keyed]), clip("b", span(0, 5), effects=[table])))
    assert [shot.speed for shot in found.program.shots] == [1, 2]
    assert ["'Retime' of 'a'" in found.warnings[0].what, "'Warp' of 'b'" in found.warnings[1].what] == [
        True,
        True,
    ]
    assert found.warnings[1].where == "00:00:00:05"


def test_markers_come_with_the_program_also_where_a_file_must_be_asked_for_its_length() -> None:
    edit = timeline(track(clip("a", None), clip("b", span(0, 5))), start=time(0))
    edit.tracks.markers.append(otio.schema.Marker(name="door", marked_range=span(50, 0)))
    found = read_program(edit, base_folder=None, resolve=here, duration_of=lambda _: Fraction(2))
    assert [(marker.name, marker.record) for marker in found.markers] == [("door", FrameRange(50, 50))]


def test_generators_are_looked_through_but_black_is_black() -> None:
    title = otio.schema.Clip(
        "title", otio.schema.GeneratorReference("title", generator_kind="Slug"), span(0, 5)
    )
    black = otio.schema.Clip(
        "b", otio.schema.GeneratorReference("b", generator_kind="SolidColor"), span(0, 5)
    )
    found = read(track(clip("a", span(0, 20))), track(title, black))
    assert [(s.name, s.media is None, s.record.start) for s in found.program.shots] == [
        ("a", False, 0),
        ("b", True, 5),
        ("a", False, 10),
    ]
    assert any("generator 'title'" in notice.what for notice in found.warnings)


def test_media_that_are_not_there_are_named_shot_by_shot() -> None:
    offline = otio.schema.Clip("gone", otio.schema.MissingReference(), span(0, 5))
    resolve = otio.schema.Clip("kept", otio.schema.MissingReference(), span(0, 5))
    resolve.media_reference.metadata["Resolve_OTIO"] = {"Media Url": "/media/kept.mov"}
    frames = otio.schema.Clip("frames", otio.schema.ImageSequenceReference("/x/", "f.", ".exr"), span(0, 5))
    edit = timeline(track(offline, clip("a", span(0, 5)), resolve, frames))
    found = read_program(
        edit,
        base_folder=None,
        resolve=lambda url: Resolved(None, "a.mov", "there is no file") if "a.mov" in url else here(url),
    )
    assert [(m.shot_id, m.clip, m.reason.split(";")[0]) for m in found.missing] == [
        ("shot-1", "gone", "the timeline itself says it is offline"),
        ("shot-2", "a", "there is no file"),
        ("shot-4", "frames", "image sequences are not read"),
    ]
    assert all("; " in missing.reason for missing in found.missing if missing.clip != "a"), "what to do"
    paths = [shot.media.path for shot in found.program.shots if shot.media is not None]
    assert paths == [None, None, Path("/media/kept.mov"), None]


@pytest.mark.parametrize(
    ("start", "stored", "rate", "frame"),
    [
        (time(86400, 24), 24.0, Fraction(24), 86400),
        (time(86400, 23.976024627685547), 23.976024627685547, Fraction(24000, 1001), 86400),
        (time(86400.4, 23.98), 23.98, Fraction(24000, 1001), 86400),
        (time(0, 1), 25.0, Fraction(25), 0),
        (time(172_800_000, 48_000), 25.0, Fraction(25), 90_000),
        (None, 25.0, Fraction(25), 0),
    ],
)
def test_the_timelines_rate_is_its_start_times_or_the_first_picture_clips(
    start: otio.opentime.RationalTime | None, stored: float, rate: Fraction, frame: int
) -> None:
    sound = track(clip("s", span(0, 96_000, 48_000)), kind="Audio")
    clock = read_clock(timeline(sound, track(gap(3, 30), clip("a", span(0, 10, 25))), start=start))
    assert (clock.stored_rate, clock.rate, clock.start.frame) == (stored, rate, frame)


def test_a_timescale_of_24000_counts_frames_of_1001() -> None:
    clock = read_clock(timeline(track(clip("a", span(0, 24_024, 24_000)))))
    assert clock.rate == Fraction(24000, 1001)


def test_drop_frame_is_what_29_97_and_59_94_show_unless_told() -> None:
    edit = timeline(track(clip("a", span(0, 10, 29.97))), start=time(107_892, 29.97))
    assert str(read_clock(edit).start) == "01:00:00;00"
    assert str(read_clock(edit, drop=False).start) == "00:59:56:12"
    assert not read_clock(timeline(track(clip("a", span(0, 10)))), drop=True).start.drop


def test_a_start_that_no_drop_frame_day_has_is_not_drop_frame() -> None:
    rate = 30000 / 1001
    for start, label in ((2_589_407, "23:59:59;29"), (2_589_408, "23:58:33:18"), (2_591_700, "23:59:50:00")):
        edit = timeline(track(clip("a", span(0, 10, rate))), start=time(start, rate))
        assert str(read_clock(edit).start) == label


def test_a_timeline_without_any_rate_is_refused() -> None:
    with pytest.raises(TimelineError, match="no frame rate"):
        read_clock(timeline(track()))


def test_fractional_positions_are_rounded_at_the_end_and_never_added_up() -> None:
    found = read(*[track(*[clip(f"{i}", span(0.0887 + i, 7.5)) for i in range(100)])])
    edges = [(shot.record.start, shot.record.end) for shot in found.program.shots]
    assert edges == [(round_up(i * 7.5), round_up((i + 1) * 7.5)) for i in range(100)]


def round_up(value: float) -> int:
    return int(value + 0.5)


def test_values_within_a_thousandth_of_a_frame_are_whole() -> None:
    found = read(track(clip("a", span(23.9995, 10.0004), span(0.0002, 100))))
    assert shots(found) == [("a", 0, 10, 24, 1)]


@given(data=st.data(), name=st.sampled_from(sorted(RATES)))
@settings(max_examples=60, deadline=None)
def test_flattening_shows_what_the_topmost_clip_shows_at_every_frame(data: st.DataObject, name: str) -> None:
    rate, _ = RATES[name]
    stored = float(rate)
    layers = data.draw(
        st.lists(
            st.lists(
                st.tuples(st.sampled_from(["clip", "gap", "off"]), st.integers(1, 9)), min_size=1, max_size=6
            ),
            min_size=1,
            max_size=4,
        )
    )
    tracks: list[Any] = []
    expected: dict[int, Any] = {}
    for level, items in enumerate(layers):
        made: list[Any] = []
        at = 0
        for number, (kind, length) in enumerate(items):
            label = f"{level}-{number}"
            if kind == "gap":
                made.append(gap(length, stored))
            else:
                made.append(clip(label, span(100 * number, length, stored), enabled=kind == "clip"))
            if kind == "clip":
                expected.update({at + i: (label, 100 * number + i) for i in range(length)})
            at += length
        tracks.append(track(*made))
    program = read_program(timeline(*tracks, start=time(0, stored)), base_folder=None, resolve=here).program
    seen = {
        frame: (shot.name, shot.source_at(frame, rate) * rate)
        for shot in program.shots
        for frame in range(shot.record.start, shot.record.end)
    }
    assert seen == expected
    assert all(a.record.end <= b.record.start for a, b in pairwise(program.shots))


def program_of(*records: tuple[int, int, Fraction], duration: int = 100, start: int = 86_400) -> Program:
    made = tuple(
        Shot(f"s{n}", f"s{n}", Media(Path(f"/{n}.mov")), Fraction(n), FrameRange(first, last), speed)
        for n, (first, last, speed) in enumerate(records, 1)
    )
    return Program(Timecode(start, Fraction(24)), made, duration)


def test_handles_go_on_in_the_shots_own_media_and_never_in_the_neighbour() -> None:
    program = program_of((0, 40, Fraction(1)), (40, 60, Fraction(-2)), (60, 100, Fraction(1)))
    record = FrameRange(30, 60)
    cut = file_cut(program.start, record, 12)
    little = with_handles(program, record, cut)
    assert (little.start.frame, little.duration) == (86_400 + 18, 54)
    assert [(shot.id, shot.record.start, shot.record.end) for shot in little.shots] == [
        ("s1", 0, 22),
        ("s2", 22, 54),
    ]
    first, last = little.shots
    assert first.source_start == 1 + Fraction(18, 24)
    assert last.source_start == 2
    assert last.source_at(54, program.rate) == program.shots[1].source_at(72, program.rate)


def test_black_at_an_edge_goes_on_as_black() -> None:
    program = program_of((0, 20, Fraction(1)), (30, 40, Fraction(1)), (50, 60, Fraction(1)))
    record = FrameRange(25, 45)
    little = with_handles(program, record, file_cut(program.start, record, 12))
    assert [(shot.id, shot.record.start, shot.record.end) for shot in little.shots] == [("s2", 17, 27)]
    assert little.duration == 44


def test_one_shot_under_the_whole_cue_reaches_through_both_handles() -> None:
    program = program_of((0, 100, Fraction(1)))
    record = FrameRange(0, 1)
    little = with_handles(program, record, file_cut(program.start, record, 12))
    (shot,) = little.shots
    assert (shot.record, shot.source_start) == (FrameRange(0, 25), 1 - Fraction(12, 24))
    assert little.start.frame == 86_400 - 12


def test_trimming_cuts_and_keeps_labels() -> None:
    program = program_of((0, 40, Fraction(1)), (40, 60, Fraction(1)))
    short = trim(program, FrameRange(30, 50))
    assert [(s.record.start, s.record.end, s.source_start) for s in short.shots] == [
        (0, 10, 1 + Fraction(30, 24)),
        (10, 20, Fraction(2)),
    ]
    assert (str(short.start), short.duration) == ("01:00:01:06", 20)


@pytest.mark.parametrize("record", [FrameRange(5, 5), FrameRange(90, 101), FrameRange(-1, 5)])
def test_a_stretch_outside_the_program_is_refused(record: FrameRange) -> None:
    with pytest.raises(TimelineError, match="not a stretch"):
        trim(program_of((0, 40, Fraction(1))), record)


@given(
    name=st.sampled_from(sorted(RATES)),
    edges=st.lists(st.integers(0, 60), min_size=2, max_size=8, unique=True),
    first=st.integers(0, 59),
    length=st.integers(1, 60),
    handles=st.integers(0, 20),
)
@settings(max_examples=100)
def test_inside_the_cue_the_little_program_shows_the_same_media_times(
    name: str, edges: list[int], first: int, length: int, handles: int
) -> None:
    rate, drop = RATES[name]
    start = Timecode(100, rate, drop)
    edges.sort()
    made = tuple(
        Shot(f"s{n}", "", Media(Path("/a")), Fraction(n, 7), FrameRange(a, b), Fraction(n - 2, 2))
        for n, (a, b) in enumerate(list(pairwise(edges))[::2])
    )
    program = Program(start, made, 60)
    record = FrameRange(first, min(60, first + length))
    cut = file_cut(start, record, handles)
    little = with_handles(program, record, cut)

    def shown(of: Program, frame: int) -> tuple[str, Fraction] | None:
        for shot in of.shots:
            if shot.record.start <= frame < shot.record.end:
                return shot.id, shot.source_at(frame, rate)
        return None

    for frame in range(record.start, record.end):
        assert shown(little, frame - cut.first_frame) == shown(program, frame)
    assert little.start.frame == cut.first_frame + 100
    for at, edge in ((0, record.start), (cut.frames - 1, record.end - 1)):
        ends = (shown(little, at), shown(program, edge))
        assert (ends[0] and ends[0][0]) == (ends[1] and ends[1][0])
