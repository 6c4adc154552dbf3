"""Timelines track by track: what is read of them, and that what is written is read back."""

from __future__ import annotations

import string
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from edits import RATES, SAMPLES, clip, gap, span, stack, time, timeline, track
from foleyd.cue import FrameRange, Media, Program, Shot
from foleyd.timebase import Timecode
from foleyd.timeline.build import new_timeline
from foleyd.timeline.clock import read_clock
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.media_url import Resolved, resolve_media
from foleyd.timeline.track_reader import read_tracks
from foleyd.timeline.tracks import write_tracks
from foleyd.tracks import ReadTracks, Timeline, TimelineMarker, Track, TrackShot

BASE = Path("/edit")


def everywhere(url: str) -> Resolved:
    """All media are here but for those below /gone."""
    return resolve_media(url, BASE, exists=lambda path: not path.is_relative_to("/gone"))


def read(edit: otio.schema.Timeline) -> ReadTracks:
    return read_tracks(edit, base_folder=BASE, resolve=everywhere)


def shots(lane: Track) -> list[tuple[str, int, int]]:
    return [(item.shot.name, item.shot.record.start, item.shot.record.end) for item in lane.shots]


def said(result: ReadTracks) -> str:
    return " | ".join(f"{notice.where} {notice.what}" for notice in result.warnings)


# ---------------------------------------------------------------------------------------- reading


def test_every_track_is_read_picture_first_whatever_lies_above_or_is_disabled() -> None:
    top = track(gap(10), clip("over", span(0, 20)), name="V2")
    below = track(clip("a", span(0, 24)), clip("b", span(5, 24), enabled=False), name="V1")
    sound = track(clip("voice", span(0, 48)), kind="Audio", name="A1")
    sound.enabled = False
    result = read(timeline(sound, below, top, start=time(86_400)))
    lanes = result.timeline.tracks
    assert [(lane.name, lane.picture, lane.enabled) for lane in lanes] == [
        ("V1", True, True),
        ("V2", True, True),
        ("A1", False, False),
    ]
    assert shots(lanes[0]) == [("a", 0, 24), ("b", 24, 48)]
    assert [item.enabled for item in lanes[0].shots] == [True, False]
    assert shots(lanes[1]) == [("over", 10, 30)]
    assert (str(result.timeline.start), result.timeline.duration) == ("01:00:00:00", 48)
    assert result.warnings == ()


def test_source_positions_speeds_and_what_the_file_holds() -> None:
    hour = span(86_400, 240)
    lane = track(
        clip("plain", span(86_424, 24), hour),
        clip("fast", span(86_400, 24), hour, speed=2),
        clip("back", span(86_400, 24), hour, speed=-1),
        clip("held", span(86_410, 24), hour, effects=[otio.schema.FreezeFrame()]),
    )
    items = read(timeline(lane, start=time(0))).timeline.tracks[0].shots
    # Backwards, the 24 frames used end with the 24th: it is shown first, 23 frames in.
    assert [(item.shot.source_start * 24, item.shot.speed) for item in items] == [
        (24, 1),
        (0, 2),
        (23, -1),
        (10, 0),
    ]
    assert {(item.origin, item.held) for item in items} == {(Fraction(3600), Fraction(10))}
    assert items[0].shot.media == Media(Path("/media/plain.mov"), "plain.mov")


def test_a_file_is_asked_for_its_timecode_where_the_document_is_silent() -> None:
    edit = timeline(track(clip("a", span(86_424, 24))), start=time(0))
    result = read_tracks(edit, base_folder=BASE, resolve=everywhere, origin_of=lambda _: Fraction(3600))
    item = result.timeline.tracks[0].shots[0]
    assert (item.origin, item.shot.source_start, item.held) == (3600, 1, None)


def test_missing_media_keep_their_name_and_reference_and_are_named() -> None:
    edit = timeline(
        track(clip("gone", span(0, 24), url="/gone/a 1.mov"), clip("relative", span(0, 24), url="sub/b.mov")),
        start=time(0),
    )
    result = read_tracks(edit, base_folder=Path("/gone"), resolve=everywhere)
    first, second = result.timeline.tracks[0].shots
    assert (first.shot.media, first.url) == (Media(None, "a 1.mov"), "/gone/a 1.mov")
    assert second.url == ""
    result = read_tracks(
        edit, base_folder=Path("/gone"), resolve=lambda url: resolve_media(url, Path("/gone"))
    )
    assert result.timeline.tracks[0].shots[1].url == "/gone/sub/b.mov"
    assert "00:00:00:00 the media of 'gone' cannot be had: there is no file /gone/a 1.mov" in said(result)
    assert "00:00:01:00 the media of 'relative' cannot be had" in said(result)


def test_many_missing_media_are_one_warning_for_each_kind_of_reason() -> None:
    away = [clip(f"c{number}", span(0, 24), url=f"/gone/{number}.mov") for number in range(20)]
    alone = [clip("web", span(0, 24), url="https://example.org/a.mov")]
    result = read_tracks(timeline(track(*away, *alone)), base_folder=None)
    first, second = result.warnings
    assert (first.what, first.where) == (
        "20 media cannot be had, those of 'c0', 'c1', 'c2' and 17 more: there is no file /gone/0.mov (and so "
        "on); put it there, or relink the clip: with --media-root or --relink, or in the editor",
        "00:00:00:00",
    )
    assert second.what.startswith("the media of 'web' cannot be had: https addresses are not opened")
    offline = [otio.schema.Clip(f"o{n}", otio.schema.MissingReference(), span(0, 24)) for n in range(4)]
    (same,) = read_tracks(timeline(track(*offline)), base_folder=None).warnings
    assert "'o0', 'o1', 'o2' and 1 more: the timeline itself says it is offline; relink it" in same.what


def test_a_nested_picture_is_what_is_seen_of_it() -> None:
    nest = stack(
        track(clip("low", span(0, 48))),
        track(gap(12), clip("high", span(100, 12)), clip("off", span(0, 12), enabled=False)),
        used=span(6, 36),
    )
    result = read(timeline(track(clip("before", span(0, 10)), nest, name="V1"), start=time(0)))
    lane = result.timeline.tracks[0]
    assert shots(lane) == [("before", 0, 10), ("low", 10, 16), ("high", 16, 28), ("low", 28, 46)]
    assert [item.shot.source_start * 24 for item in lane.shots] == [0, 6, 100, 24]
    assert "clips disabled inside a nested clip are left out: 'off'" in said(result)


def test_a_disabled_nest_is_disabled_shots() -> None:
    nest = stack(track(clip("a", span(0, 12)), clip("b", span(0, 12))))
    nest.enabled = False
    lane = read(timeline(track(nest), start=time(0))).timeline.tracks[0]
    assert [(item.shot.name, item.enabled) for item in lane.shots] == [("a", False), ("b", False)]


def test_nested_sounds_that_play_together_get_tracks_of_their_own() -> None:
    nest = stack(
        track(clip("picture", span(0, 48))),
        track(clip("voice", span(0, 24)), kind="Audio"),
        track(gap(12), clip("room", span(0, 36)), kind="Audio"),
    )
    result = read(timeline(track(nest, kind="Audio", name="A1"), start=time(0)))
    assert [(lane.name, lane.picture, shots(lane)) for lane in result.timeline.tracks] == [
        ("A1", False, [("voice", 0, 24)]),
        ("A1", False, [("room", 12, 48)]),
    ]
    assert "00:00:00:12 nested sounds that play together are put on tracks of their own: 'room'" in said(
        result
    )


def test_the_sound_of_a_nest_on_a_picture_track_is_not_silently_dropped() -> None:
    nest = stack(track(clip("a", span(0, 24))), track(clip("voice", span(0, 24)), kind="Audio"))
    result = read(timeline(track(nest), start=time(0)))
    assert shots(result.timeline.tracks[0]) == [("a", 0, 24)]
    assert "read without their sound: 'nested'" in said(result)


def test_transitions_are_cuts_and_generators_and_foreign_tracks_are_left_out_by_name() -> None:
    title = otio.schema.Clip("title", otio.schema.GeneratorReference(generator_kind="Text"), span(0, 24))
    fade = otio.schema.Transition("Wipe", "SMPTE_Dissolve", time(4), time(4))
    edit = timeline(
        track(clip("a", span(0, 24)), fade, clip("b", span(10, 24)), title, name="V1"),
        track(gap(48), kind="Subtitle", name="Dutch"),
        start=time(0),
    )
    result = read(edit)
    assert [shots(lane) for lane in result.timeline.tracks] == [[("a", 0, 24), ("b", 24, 48)]]
    assert result.timeline.duration == 72
    assert "00:00:01:00 transitions are taken as cuts: 'Wipe'" in said(result)
    assert "00:00:02:00 generators have no file and are left out: 'title'" in said(result)
    assert "tracks of neither picture nor sound are left out: 'Dutch (subtitle)'" in said(result)


def test_clips_shorter_than_a_frame_and_variable_speeds_are_named() -> None:
    curve = otio.schema.TimeEffect("curve", "TimeWarp", {"lookup": [0, 1, 3]})
    edit = timeline(
        track(clip("blink", span(0, 0.4)), clip("warped", span(0, 24), effects=[curve])), start=time(0)
    )
    result = read(edit)
    assert shots(result.timeline.tracks[0]) == [("warped", 0, 24)]
    assert "clips shorter than a frame are left out: 'blink'" in said(result)
    assert "variable speeds cannot be evaluated and become their constant average: 'warped'" in said(result)


def test_markers_of_timeline_tracks_and_clips_lie_in_record_frames() -> None:
    on_clip = otio.schema.Marker("step", span(30, 1), "RED", comment="left foot")
    on_stack = otio.schema.Marker("all", span(10, 20), "green")
    lane = track(clip("a", span(0, 24)), clip("b", span(24, 24), enabled=False))
    lane[1].markers.append(on_clip)
    edit = timeline(lane, start=time(86_400))
    edit.tracks.markers.append(on_stack)
    assert read(edit).timeline.markers == (
        TimelineMarker(FrameRange(10, 30), "all", "GREEN"),
        TimelineMarker(FrameRange(30, 30), "step", "RED", "left foot"),
    )


def test_a_track_trimmed_away_or_empty_stays_in_its_place() -> None:
    edit = timeline(track(name="V1"), track(clip("a", span(0, 24)), name="V2"), start=time(0))
    assert [(lane.name, shots(lane)) for lane in read(edit).timeline.tracks] == [
        ("V1", []),
        ("V2", [("a", 0, 24)]),
    ]


def test_sound_stays_in_sync_where_its_edges_are_rounded_to_frames() -> None:
    """At 48000: from 480 samples into the file, heard from 10.3 frames on, 206 * 100 samples."""
    sound = clip("voice", span(480, 48_000, 48_000), span(0, 96_000, 48_000))
    lane = track(gap(20_600, 48_000), sound, kind="Audio")
    item = read(timeline(lane, start=time(0, 24))).timeline.tracks[0].shots[0]
    assert item.shot.record == FrameRange(10, 34)
    # Frame 10 is 20,000 samples in, 600 before the sound begins: 480 - 600 is before the file.
    assert item.shot.source_start == Fraction(480, 48_000)
    sound.source_range = span(4_800, 48_000, 48_000)
    item = (
        read(timeline(track(gap(20_600, 48_000), sound.clone(), kind="Audio"), start=time(0, 24)))
        .timeline.tracks[0]
        .shots[0]
    )
    assert item.shot.source_start == Fraction(4_800 - 600, 48_000)


def test_a_track_played_backwards_stays_one_track() -> None:
    lane = track(clip("a", span(0, 24)), clip("b", span(0, 12)), kind="Audio")
    lane.effects.append(otio.schema.LinearTimeWarp(time_scalar=-1))
    (found,) = read(timeline(lane, start=time(0))).timeline.tracks
    assert shots(found) == [("b", 0, 12), ("a", 12, 36)]


def test_a_hostile_origin_beside_a_clip_is_ignored() -> None:
    for said in ("1e999999999", "1/0", "nan", 7, "9" * 4000):
        lane = track(clip("a", span(24, 24)))
        lane[0].metadata["foleyd"] = {"media_origin": said}
        item = read(timeline(lane, start=time(0))).timeline.tracks[0].shots[0]
        assert (item.origin, item.shot.source_start, item.metadata) == (0, 1, {})


def test_a_document_of_foreign_tracks_alone_is_an_empty_timeline() -> None:
    value = read(timeline(track(gap(48), kind="Subtitle"), start=time(0))).timeline
    assert (value.tracks, value.duration) == ((), 48)


def test_more_sounds_together_than_anybody_hears_are_refused() -> None:
    nest = stack(*(track(clip(f"s{n}", span(0, 24)), kind="Audio") for n in range(65)))
    with pytest.raises(TimelineError, match="more than 64 nested sounds play together at 00:00:00:00"):
        read(timeline(track(nest, kind="Audio"), start=time(0)))


READABLE = sorted(path for path in SAMPLES.glob("*.otio") if not path.name.startswith("08"))


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_files_of_real_tools_are_read_and_what_is_written_of_them_is_read_back(path: Path) -> None:
    first = read_tracks(
        read_document(path.read_bytes(), path.name), base_folder=BASE, resolve=everywhere
    ).timeline
    assert any(lane.shots for lane in first.tracks)
    again = read(read_document(write_document(write_tracks(first)), path.name)).timeline
    assert again.duration == first.duration
    assert again.markers == first.markers
    assert len(again.tracks) == len(first.tracks)
    for old, new in zip(first.tracks, again.tracks, strict=True):
        assert (old.name, old.picture, old.enabled) == (new.name, new.picture, new.enabled)
        for one, other in zip(old.shots, new.shots, strict=True):
            assert_same(one, other, first.rate)


def assert_same(one: TrackShot, other: TrackShot, rate: Fraction) -> None:
    """ONE and OTHER show the same, media times within a thousandth of a frame."""
    assert other.shot.record == one.shot.record
    assert other.shot.media == one.shot.media
    assert other.shot.speed == one.shot.speed
    assert abs(other.shot.source_start - one.shot.source_start) * rate < Fraction(1, 500)
    assert abs(other.origin - one.origin) * rate < Fraction(1, 500)
    assert (other.enabled, other.url, other.metadata) == (one.enabled, one.url, one.metadata)


def test_the_tracks_of_a_resolve_export_by_hand() -> None:
    document = next(SAMPLES.glob("01*.otio"))
    value = read(read_document(document.read_bytes(), document.name)).timeline
    lanes = {
        lane.name: [(*at[1:], item.enabled) for at, item in zip(shots(lane), lane.shots, strict=True)]
        for lane in value.tracks
    }
    assert list(lanes) == [f"Video {n}" for n in range(1, 9)] + [f"Audio {n}" for n in range(1, 12)]
    assert lanes["Video 3"] == [(0, 444, False)]
    assert lanes["Video 5"] == [(0, 500, True), (500, 816, True), (816, 1027, True), (1027, 1125, True)]
    assert lanes["Video 6"] == []
    assert lanes["Audio 2"] == [(347, 432, True), (472, 500, True)]
    assert lanes["Audio 3"] == [(220, 273, False), (990, 1027, True)]
    assert lanes["Audio 11"] == [(872, 1125, True)]
    # OpenTimelineIO's own count of the clips of each track.
    plain = otio.adapters.read_from_file(str(document))
    assert [len(lane) for lane in lanes.values()] == [len(list(lane.find_clips())) for lane in plain.tracks]


# ---------------------------------------------------------------------------------------- writing

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0", exclude_categories=["Cs"]), max_size=12)
NAMES = WORDS.filter(bool)
FILES = st.builds(
    lambda folder, name: Path("/media") / folder / f"{name}.mov",
    st.sampled_from(["a", "b c", "é", "100%", "a#b?", "日本"]),
    st.text(string.ascii_letters + " %#&'é", min_size=1, max_size=8).map(str.strip).filter(bool),
)
# Such keys make an object of a mapping and move a file's first frame; requests with them are refused.
KEYS = WORDS.filter(lambda key: key not in {"OTIO_SCHEMA", "media_origin"})
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=6,
)
METADATA = st.dictionaries(KEYS, PLAIN, max_size=3)
SPEEDS = st.sampled_from(
    [Fraction(1)] * 3 + [Fraction(0), Fraction(-1), Fraction(1, 3), Fraction(25, 24), Fraction(-7, 2)]
)


@st.composite
def track_shots(
    draw: st.DrawFn, start: int, length: int, rate: Fraction, picture: bool, place: str
) -> TrackShot:
    frames = st.integers(0, 10**6).map(lambda frame: frame / rate)
    record = FrameRange(start, start + length)
    name, enabled, metadata = draw(NAMES), draw(st.booleans()), draw(METADATA)
    kind = draw(st.sampled_from(["file", "file", "gone", "offline", "empty"]))
    if kind == "empty":
        return TrackShot(Shot(place, name, None, Fraction(0), record), enabled, metadata=metadata)
    # Media times on the hundredth of a frame come back exactly; others within a thousandth.
    fraction = draw(st.sampled_from([Fraction(0), Fraction(1, 100), Fraction(1, 4)])) / rate
    held = draw(st.none() | frames.map(lambda length: length + 1 / rate))
    origin = draw(st.sampled_from([Fraction(0), 86_400 / rate]))
    url = ""
    if kind == "file":
        path = draw(FILES)
        media = Media(path, path.name)
    elif kind == "gone":
        file = draw(FILES)
        url = f"/gone{file}"
        media = Media(None, file.name)
    else:
        media = Media(None, draw(NAMES))
    shot = Shot(place, name, media, draw(frames) + fraction, record, draw(SPEEDS))
    return TrackShot(shot, enabled, origin, held, url, metadata)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    rate, drop = RATES[draw(st.sampled_from(sorted(RATES)))]
    start = Timecode(draw(st.integers(0, 3 * 10**6)), rate, drop)
    kinds = sorted(draw(st.lists(st.booleans(), max_size=3)), reverse=True)
    tracks: list[Track] = []
    for lane, picture in enumerate(kinds, 1):
        edge, items = 0, []
        for number in range(1, draw(st.integers(0, 3)) + 1):
            edge += draw(st.sampled_from([0, 0, 1, 37]))
            length = draw(st.integers(1, 500))
            place = f"track-{lane}-shot-{number}"
            items.append(draw(track_shots(edge, length, rate, picture, place)))
            edge += length
        tracks.append(Track(draw(WORDS), picture, tuple(items), draw(st.booleans())))
    end = max((lane.end for lane in tracks), default=0)
    duration = end + draw(st.sampled_from([0, 0, 50]))
    markers = draw(st.lists(markers_within(duration), max_size=3)) if duration else []
    ordered = tuple(sorted(markers, key=lambda marker: (marker.record, marker.name)))
    return Timeline(draw(WORDS), start, tuple(tracks), ordered, duration)


@st.composite
def markers_within(draw: st.DrawFn, duration: int) -> TimelineMarker:
    start = draw(st.integers(0, duration - 1))
    # A marker of one frame is read as a point: that is how editors write one.
    length = draw(st.sampled_from([n for n in (0, 2, 30) if start + n <= duration]))
    colour = draw(st.sampled_from(["", "RED", "GREEN", "ORCHID"]))
    return TimelineMarker(FrameRange(start, start + length), draw(WORDS), colour, draw(WORDS))


@given(timelines(), st.sampled_from(["generic", "resolve", "premiere", "kdenlive"]))
@settings(max_examples=120, deadline=None)
@example(Timeline("", Timecode(2_589_408, Fraction(30_000, 1001), True), (), (), 0), "generic")
def test_what_is_written_is_read_back(value: Timeline, target: str) -> None:
    document = write_document(write_tracks(value, target=target))
    result = read(read_document(document, "edit"))
    assert result.timeline == value
    assert all("cannot be had" in notice.what for notice in result.warnings)


@given(
    st.fractions(0, 10**5, max_denominator=10**6),
    st.fractions(-50, 50, max_denominator=10**6),
    st.sampled_from(sorted(RATES)),
    st.integers(1, 10**5),
)
@settings(max_examples=60, deadline=None)
@example(Fraction(1, 7), Fraction(-1, 7), "23.976", 100_000)
def test_any_media_time_and_speed_comes_back_within_a_thousandth_of_a_frame(
    source: Fraction, speed: Fraction, name: str, length: int
) -> None:
    rate, drop = RATES[name]
    shot = Shot("", "a", Media(Path("/media/a.mov"), "a.mov"), source, FrameRange(0, length), speed)
    value = Timeline("", Timecode(0, rate, drop), (Track("V1", True, (TrackShot(shot),)),), (), length)
    found = read(read_document(write_document(write_tracks(value)), "edit")).timeline.tracks[0].shots[0].shot
    assert found.speed == speed
    assert abs(found.source_start - source) * rate <= Fraction(1, 1000)


def test_what_a_file_says_of_itself_is_written_where_nobody_else_did() -> None:
    shot = Shot("", "a", Media(Path("/media/a.mov"), "a.mov"), Fraction(1), FrameRange(0, 24))
    value = Timeline("", Timecode(0, Fraction(24)), (Track("V1", True, (TrackShot(shot),)),), (), 24)
    edit = write_tracks(value, origin_of=lambda _: Fraction(3600), duration_of=lambda _: Fraction(10))
    (written,) = edit.find_clips()
    assert written.available_range() == span(86_400, 240)
    assert written.source_range == span(86_424, 24)


def test_reverse_ends_at_the_range_that_is_written() -> None:
    """From frame 23 back over 24 frames: frames 0 to 23 are used."""
    shot = Shot(
        "", "a", Media(Path("/media/a.mov"), "a.mov"), Fraction(23, 24), FrameRange(0, 24), Fraction(-1)
    )
    value = Timeline("", Timecode(0, Fraction(24)), (Track("V1", True, (TrackShot(shot),)),), (), 24)
    (written,) = write_tracks(value).find_clips()
    assert written.source_range == span(0, 24)
    assert [effect.time_scalar for effect in written.effects] == [-1]


def test_resolve_gets_its_sound_tracks_in_the_file_s_channels_and_every_track_filled_up() -> None:
    shot = Shot("", "a", Media(Path("/media/a.wav"), "a.wav"), Fraction(0), FrameRange(0, 24))
    tracks = (Track("V1", True, ()), Track("A1", False, (TrackShot(shot),)))
    value = Timeline("", Timecode(0, Fraction(24)), tracks, (), 48)
    edit = write_tracks(value, target="resolve", channels_of=lambda _: 1)
    picture, sound = edit.tracks
    assert [lane.duration() for lane in (picture, sound)] == [time(48), time(48)]
    assert sound.metadata["Resolve_OTIO"]["Audio Type"] == "Mono"
    assert len(sound[0].metadata["Resolve_OTIO"]["Channels"]) == 1
    assert sound[0].media_reference.target_url == "/media/a.wav"


@pytest.mark.parametrize("drop", [True, False])
def test_labels_at_29_97_survive(drop: bool) -> None:
    start = Timecode(107_892, Fraction(30_000, 1001), drop)
    assert (
        read(
            read_document(write_document(write_tracks(Timeline("", start, (), (), 0))), "edit")
        ).timeline.start
        == start
    )
    shot = Shot("", "a", Media(Path("/media/a.mov"), "a.mov"), Fraction(0), FrameRange(0, 24))
    assert read_clock(new_timeline(Program(start, (shot,), 24), "edit")).start == start


@pytest.mark.parametrize("rate", [Fraction(1), Fraction(1000), Fraction(3, 2)])
def test_a_rate_that_no_reader_would_take_is_not_written(rate: Fraction) -> None:
    value = Timeline("", Timecode(0, rate), (), (), 0)
    with pytest.raises(TimelineError, match="cannot be written"):
        write_tracks(value)


TC = Timecode(0, Fraction(24))


def shot_at(start: int, end: int) -> TrackShot:
    return TrackShot(Shot("", f"{start}", None, Fraction(0), FrameRange(start, end)))


@pytest.mark.parametrize(
    "make",
    [
        lambda: Track("V1", True, (shot_at(0, 10), shot_at(9, 20))),
        lambda: Timeline("", TC, (Track("A", False, ()), Track("V", True, ())), (), 0),
        lambda: Timeline("", TC, (Track("V", True, (shot_at(0, 10),)),), (), 9),
        lambda: Timeline(
            "", TC, (Track("V", True, (shot_at(0, 10),)),), (TimelineMarker(FrameRange(10, 10)),), 10
        ),
    ],
    ids=["overlap", "sound before picture", "beyond the end", "marker outside"],
)
def test_values_that_no_timeline_has_cannot_be_made(make: Any) -> None:
    with pytest.raises(ValueError, match=r"overlaps|before|after|outside"):
        make()


def test_reading_changes_nothing_in_the_document() -> None:
    document = next(SAMPLES.glob("07*.otio")).read_bytes()
    edit = read_document(document, "edit")
    before = edit.to_json_string()
    read(edit)
    assert edit.to_json_string() == before


def test_values_travel_between_processes() -> None:
    import pickle

    edit = timeline(track(clip("a", span(0, 24))), start=time(0))
    next(iter(edit.find_clips())).metadata["foleyd"] = {"job": "j1", "deep": {"list": [1, {"x": 2.5}]}}
    value = read(edit).timeline
    assert pickle.loads(pickle.dumps(value)) == value
    assert value.tracks[0].shots[0].metadata == {"job": "j1", "deep": {"list": [1, {"x": 2.5}]}}
    assert replace(value, name="other") != value
