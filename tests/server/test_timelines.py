"""Timelines and probed media on the wire: nothing lost on the way, nothing hostile let in."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clipmaker import make_clip
from contract.messages import messages
from edits import SAMPLES, clip, span, time, timeline, track
from foleyd import timelines
from foleyd.config import Settings
from foleyd.errors import FoleyError, PathRefused, RequestError
from foleyd.media.errors import MediaUnreadable
from foleyd.media.probe import probe
from foleyd.media.sound_file import read_sound_file
from foleyd.request import Document
from foleyd.server.timelines import MAX_TRACKS, media_info, read_answer, read_wire_timeline
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.media_url import resolve_media
from foleyd.timeline.track_reader import read_tracks
from foleyd.tracks import Timeline
from foleyd.v1 import foleyd_pb2 as pb

HUGE = 10**18


def fraction(num: int, den: int = 1) -> pb.Rational:
    return pb.Rational(num=num, den=den)


def sound_request() -> pb.WriteTimelineRequest:
    """A request that is taken: two picture tracks and one of sound at 25 frames a second."""
    media = pb.Media(path="/media/a b.mov", origin=fraction(3600), duration=fraction(60))
    shot = pb.Shot(
        name="a", media=media, source_start=fraction(3601), record_start_frame=0, duration_frames=50
    )
    shot.metadata.update({"seed": 7, "words": ["x", {"deep": True}]})
    above = pb.Shot(name="card", record_start_frame=10, duration_frames=5)
    voice = pb.Shot(media=pb.Media(name="voice.wav"), record_start_frame=5, duration_frames=20, disabled=True)
    return pb.WriteTimelineRequest(
        timeline=pb.Timeline(
            rate=fraction(25),
            start_timecode=pb.StartTimecode(frames=90_000),
            name="edit",
            tracks=[
                pb.Track(name="V1", kind=pb.Track.KIND_PICTURE, shots=[shot]),
                pb.Track(name="V2", kind=pb.Track.KIND_PICTURE, shots=[above], disabled=True),
                pb.Track(name="A1", kind=pb.Track.KIND_SOUND, shots=[voice]),
            ],
            markers=[pb.Marker(range=pb.FrameRange(start_frame=3, end_frame=3), name="step", colour="red")],
        ),
        target=pb.OTIO_TARGET_RESOLVE,
    )


def taken(request: pb.WriteTimelineRequest) -> Timeline:
    return read_wire_timeline(request, Settings())[0]


def test_a_request_becomes_tracks() -> None:
    value, target = read_wire_timeline(sound_request(), Settings())
    assert target == "resolve"
    assert (value.name, str(value.start), value.duration) == ("edit", "01:00:00:00", 50)
    assert [(lane.name, lane.picture, lane.enabled) for lane in value.tracks] == [
        ("V1", True, True),
        ("V2", True, False),
        ("A1", False, True),
    ]
    (first,), (card,), (voice,) = (lane.shots for lane in value.tracks)
    assert (first.shot.source_start, first.origin, first.held) == (1, 3600, 60)
    assert first.metadata == {"seed": 7, "words": ["x", {"deep": True}]}
    assert card.shot.media is None
    assert voice.enabled is False
    assert voice.shot.media is not None
    assert (voice.shot.name, voice.shot.media.path, voice.shot.media.name) == ("voice.wav", None, "voice.wav")
    assert value.markers[0].colour == "RED"


def wire_of(document: Document) -> pb.Timeline:
    """DOCUMENT as a host gets it, its media wherever it says they are."""
    edit = read_document(document.json, document.name)
    read = read_tracks(
        edit,
        base_folder=document.base_folder,
        resolve=lambda url: resolve_media(
            url, document.base_folder, exists=lambda path: "gone" not in path.parts
        ),
    )
    answer = read_answer(read)
    return pb.ReadTimelineResponse.FromString(answer.SerializeToString()).timeline


def test_what_a_host_writes_it_reads_again() -> None:
    request = sound_request()
    value, target = read_wire_timeline(request, Settings())
    again = wire_of(timelines.write_timeline(value, target))
    given_shot, found = request.timeline.tracks[0].shots[0], again.tracks[0].shots[0]
    assert found.media == pb.Media(
        path="/media/a b.mov", name="a b.mov", origin=fraction(3600), duration=fraction(60)
    )
    assert (found.source_start, found.duration_frames) == (given_shot.source_start, 50)
    assert found.metadata == given_shot.metadata
    assert not again.tracks[1].shots[0].HasField("media")
    assert again.tracks[1].disabled
    assert again.tracks[2].shots[0].media == pb.Media(name="voice.wav")
    assert again.markers[0].range == pb.FrameRange(start_frame=3, end_frame=3)
    assert taken(pb.WriteTimelineRequest(timeline=again)) == read_back(again)


def read_back(message: pb.Timeline) -> Timeline:
    """MESSAGE written and read once more."""
    value = taken(pb.WriteTimelineRequest(timeline=message))
    return taken(pb.WriteTimelineRequest(timeline=wire_of(timelines.write_timeline(value, "generic"))))


READABLE = sorted(path for path in SAMPLES.glob("*.otio") if not path.name.startswith("08"))


@pytest.mark.parametrize("path", READABLE, ids=lambda path: path.name)
def test_files_of_real_tools_pass_the_wire_and_come_back(path: Path) -> None:
    message = wire_of(Document(path.read_bytes(), Path("/edit"), path.stem))
    value = taken(pb.WriteTimelineRequest(timeline=message))
    assert sum(len(lane.shots) for lane in value.tracks) > 0
    again = read_back(message)
    assert [lane.name for lane in again.tracks] == [lane.name for lane in value.tracks]
    assert again.duration == value.duration
    for old, new in zip(value.tracks, again.tracks, strict=True):
        assert [item.shot.record for item in new.shots] == [item.shot.record for item in old.shots]
        assert [item.shot.media for item in new.shots] == [item.shot.media for item in old.shots]


def test_the_reference_of_missing_media_survives_the_host() -> None:
    edit = timeline(track(clip("a", span(0, 24), span(0, 240), url="/gone/a.mov")), start=time(0))
    message = wire_of(Document(write_document(edit), Path("/"), "edit"))
    shot = message.tracks[0].shots[0]
    assert shot.media.WhichOneof("location") is None
    assert shot.media.name == "a.mov"
    assert shot.metadata["media_url"] == "/gone/a.mov"
    (written,) = read_document(
        timelines.write_timeline(taken(pb.WriteTimelineRequest(timeline=message)), "generic").json, "edit"
    ).find_clips()
    assert written.media_reference.target_url == "/gone/a.mov"
    assert written.available_range() == span(0, 240)
    assert "foleyd" not in written.metadata


def test_numbers_that_a_struct_cannot_hold_travel_as_text() -> None:
    edit = timeline(track(clip("a", span(0, 24))), start=time(0))
    deep: Any = "bottom"
    for _ in range(40):
        deep = {"in": deep}
    (found,) = edit.find_clips()
    found.metadata["foleyd"] = {"seed": 2**62 + 1, "small": 2**53, "deep": deep, "odd": float("inf")}
    words = wire_of(Document(write_document(edit), Path("/"), "edit")).tracks[0].shots[0].metadata
    assert words["seed"] == str(2**62 + 1)
    assert words["small"] == 2**53
    assert words["odd"] == "inf"
    assert "bottom" in str(words["deep"])


# --------------------------------------------------------------------------------------- refusals


def shot(request: pb.WriteTimelineRequest) -> pb.Shot:
    return request.timeline.tracks[0].shots[0]


def marker(request: pb.WriteTimelineRequest, start: int, end: int) -> None:
    request.timeline.markers[0].range.CopyFrom(pb.FrameRange(start_frame=start, end_frame=end))


Change = Callable[[pb.WriteTimelineRequest], object]
S = "timeline.tracks[0].shots[0]"
HOSTILE: list[tuple[str, Change, str]] = [
    ("no timeline", lambda r: r.ClearField("timeline"), "timeline.rate"),
    ("rate 0", lambda r: r.timeline.rate.CopyFrom(fraction(0)), "timeline.rate"),
    ("rate over 0", lambda r: r.timeline.rate.CopyFrom(fraction(25, 0)), "timeline.rate"),
    ("rate negative", lambda r: r.timeline.rate.CopyFrom(fraction(-25)), "timeline.rate"),
    ("start negative", lambda r: setattr(r.timeline.start_timecode, "frames", -1), "timeline.start_timecode"),
    (
        "drop frame at 25",
        lambda r: setattr(r.timeline.start_timecode, "drop_frame", True),
        "timeline.start_timecode",
    ),
    ("name with a zero byte", lambda r: setattr(r.timeline, "name", "a\0b"), "timeline.name"),
    ("endless", lambda r: setattr(r.timeline, "duration_frames", HUGE), "timeline.duration_frames"),
    (
        "shorter than its shots",
        lambda r: setattr(r.timeline, "duration_frames", 49),
        "timeline.duration_frames",
    ),
    (
        "too many tracks",
        lambda r: r.timeline.tracks.extend([pb.Track(kind=pb.Track.KIND_SOUND)] * MAX_TRACKS),
        "timeline.tracks",
    ),
    ("track of no kind", lambda r: r.timeline.tracks[0].ClearField("kind"), "timeline.tracks[0].kind"),
    ("track of unknown kind", lambda r: setattr(r.timeline.tracks[1], "kind", 9), "timeline.tracks[1].kind"),
    (
        "track named with a zero byte",
        lambda r: setattr(r.timeline.tracks[0], "name", "\0"),
        "timeline.tracks[0].name",
    ),
    (
        "shots overlap",
        lambda r: r.timeline.tracks[0].shots.add(record_start_frame=49, duration_frames=5),
        "timeline.tracks[0].shots",
    ),
    ("shot of nothing", lambda r: setattr(shot(r), "duration_frames", 0), S),
    ("shot before zero", lambda r: setattr(shot(r), "record_start_frame", -1), S),
    ("shot of 10^18 frames", lambda r: setattr(shot(r), "duration_frames", HUGE), "timeline.duration_frames"),
    ("shot named with a zero byte", lambda r: setattr(shot(r), "name", "a\0"), f"{S}.name"),
    ("speed over 0", lambda r: shot(r).speed.CopyFrom(fraction(1, 0)), f"{S}.speed"),
    ("source out of all range", lambda r: shot(r).source_start.CopyFrom(fraction(HUGE)), f"{S}.source_start"),
    ("origin over 0", lambda r: shot(r).media.origin.CopyFrom(fraction(1, 0)), f"{S}.media.origin"),
    ("media of no length", lambda r: shot(r).media.duration.CopyFrom(fraction(0)), f"{S}.media.duration"),
    (
        "media of endless length",
        lambda r: shot(r).media.duration.CopyFrom(fraction(HUGE)),
        f"{S}.media.duration",
    ),
    ("media relative", lambda r: setattr(shot(r).media, "path", "a.mov"), f"{S}.media.path"),
    ("media with a zero byte", lambda r: setattr(shot(r).media, "path", "/a\0"), f"{S}.media.path"),
    ("media uploaded", lambda r: setattr(shot(r).media, "upload_id", "x"), f"{S}.media.upload_id"),
    ("metadata not a number", lambda r: shot(r).metadata.update({"x": float("nan")}), f"{S}.metadata"),
    ("metadata with a zero byte", lambda r: shot(r).metadata.update({"x": ["\0"]}), f"{S}.metadata"),
    (
        "metadata that would be an object",
        lambda r: shot(r).metadata.update({"x": {"OTIO_SCHEMA": "Clip.2"}}),
        f"{S}.metadata",
    ),
    ("metadata of a reserved key", lambda r: shot(r).metadata.update({"media_origin": "1"}), f"{S}.metadata"),
    ("a reference that is no text", lambda r: shot(r).metadata.update({"media_url": 7}), f"{S}.metadata"),
    ("marker negative", lambda r: marker(r, -1, 3), "timeline.markers[0].range"),
    ("marker backwards", lambda r: marker(r, 9, 3), "timeline.markers[0].range"),
    ("marker after the end", lambda r: marker(r, 50, 50), "timeline.markers[0].range"),
    ("marker beyond the end", lambda r: marker(r, 40, 51), "timeline.markers[0].range"),
    (
        "marker with a zero byte",
        lambda r: setattr(r.timeline.markers[0], "note", "\0"),
        "timeline.markers[0].note",
    ),
    ("unknown target", lambda r: setattr(r, "target", 9), "target"),
]


@pytest.mark.parametrize(
    ("change", "field"), [entry[1:] for entry in HOSTILE], ids=[entry[0] for entry in HOSTILE]
)
def test_a_hostile_timeline_is_refused_at_its_field(change: Change, field: str) -> None:
    request = sound_request()
    taken(request)
    change(request)
    with pytest.raises(RequestError) as refused:
        taken(request)
    assert refused.value.field == field
    assert 10 < len(str(refused.value)) < 300


def test_media_outside_the_roots_are_refused() -> None:
    with pytest.raises(PathRefused):
        read_wire_timeline(sound_request(), Settings(roots=(Path("/elsewhere"),)))


def test_picture_comes_first_whatever_a_host_sends() -> None:
    request = sound_request()
    request.timeline.tracks.reverse()
    assert [lane.name for lane in taken(request).tracks] == ["V2", "V1", "A1"]


@st.composite
def mutated(draw: st.DrawFn) -> pb.WriteTimelineRequest:
    request = sound_request()
    track_at, marker_at = request.timeline.tracks[draw(st.integers(0, 2))], request.timeline.markers[0]
    part = draw(
        st.sampled_from([track_at, track_at.shots[0], track_at.shots[0].media, marker_at, request.timeline])
    )
    part.MergeFrom(draw(messages(type(part), 2)))
    return request


@given(mutated() | messages(pb.WriteTimelineRequest))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_any_timeline_is_written_and_read_again_or_refused_in_our_words(
    request: pb.WriteTimelineRequest,
) -> None:
    try:
        value, target = read_wire_timeline(request, Settings())
        document = timelines.write_timeline(value, target)
    except FoleyError:
        return
    again = timelines.read_timeline(document, Settings()).timeline
    assert (again.duration, again.start) == (value.duration, value.start)
    assert [[item.shot.record for item in lane.shots] for lane in again.tracks] == [
        [item.shot.record for item in lane.shots] for lane in value.tracks
    ]


# ------------------------------------------------------------------------------------------ media


def test_a_probed_file_on_the_wire(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "a b.mp4", frames=30, rate=Fraction(30_000, 1001), size=(96, 64))
    message = media_info(probe(path))
    assert message.path == str(path)
    assert (message.rate, message.frames) == (fraction(30_000, 1001), 30)
    assert message.duration == fraction(1001, 1000)
    assert (message.width, message.height, message.variable_rate) == (96, 64, False)
    assert [stream.kind for stream in message.streams] == ["video"]
    assert not message.HasField("timecode")
    assert not message.HasField("error")


def test_sound_alone_tells_its_length_channels_and_timecode(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, [[0.0, 0.0]] * 4_800, 48_000, subtype="PCM_24")
    found = read_sound_file(path)
    assert (found.duration, found.channels, found.sample_rate) == (Fraction(1, 10), 2, 48_000)
    assert found.origin is None


def test_a_broadcast_wave_counts_from_its_time_reference(tmp_path: Path) -> None:
    """The chunk is written by FFmpeg."""
    path = tmp_path / "hour.wav"
    with av.open(str(path), "w", options={"write_bext": "1"}) as container:
        container.metadata["time_reference"] = str(3600 * 48_000 + 24_000)
        stream = container.add_stream("pcm_s16le", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4_800), np.int16), layout="mono")
        frame.sample_rate = 48_000
        container.mux(stream.encode(frame))
    assert read_sound_file(path).origin == Fraction(7201, 2)
    edit = timeline(track(clip("a", span(90_025, 25, 25), url=str(path)), kind="Audio"), start=time(0, 25))
    document = Document(write_document(edit), tmp_path, "edit")
    item = timelines.read_timeline(document, Settings()).timeline.tracks[0].shots[0]
    assert (item.origin, item.shot.source_start) == (Fraction(7201, 2), Fraction(1, 2))


def test_a_file_without_sound_is_no_sound_file(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "mute.mp4", frames=5)
    with pytest.raises(MediaUnreadable, match="holds no sound"):
        read_sound_file(path)


def test_a_bare_sound_clip_is_written_with_what_its_file_says(tmp_path: Path) -> None:
    path = tmp_path / "tone.wav"
    soundfile.write(path, [0.0] * 48_000, 48_000)
    request = sound_request()
    request.timeline.tracks[2].shots[0].media.CopyFrom(pb.Media(path=str(path)))
    request.target = pb.OTIO_TARGET_RESOLVE
    value, target = read_wire_timeline(request, Settings())
    edit = read_document(timelines.write_timeline(value, target).json, "edit")
    sound = edit.audio_tracks()[0]
    assert sound.metadata["Resolve_OTIO"]["Audio Type"] == "Mono"
    (written,) = sound.find_clips()
    assert written.available_range() == span(0, 25, 25)
    assert written.media_reference.target_url == str(path)
