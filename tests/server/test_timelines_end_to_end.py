"""What hosts without OpenTimelineIO ask of a real daemon."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from foleyd.client import Daemon
from foleyd.refused import RequestRefused
from foleyd.v1 import foleyd_pb2 as pb
from house import finish, request


def test_a_host_reads_where_its_takes_lie(daemon: Daemon, flashes: Path, tmp_path: Path) -> None:
    """The cue is frames 5 to 40 on a timeline from 01:00:00:00; its file begins 12 frames earlier."""
    events = finish(daemon, request(flashes, 50, folder=tmp_path / "out", ranges=[(5, 40)], start=90_000))
    done = events[-1].done
    answer = daemon.read_timeline(done.otio)
    assert [(lane.name, lane.kind) for lane in answer.timeline.tracks] == [
        ("Video 1", pb.Track.KIND_PICTURE),
        ("Foley: foley", pb.Track.KIND_SOUND),
    ]
    (picture,), (take,) = (lane.shots for lane in answer.timeline.tracks)
    assert (picture.media.path, picture.duration_frames) == (str(flashes), 50)
    assert take.media.path == done.takes[0].path
    assert (take.record_start_frame, take.duration_frames) == (5, 35)
    origin, start = (Fraction(value.num, value.den) for value in (take.media.origin, take.source_start))
    assert (origin, start - origin) == (Fraction(90_000 - 7, 25), Fraction(12, 25))
    assert Fraction(take.media.duration.num, take.media.duration.den) == Fraction(12 + 35 + 12, 25)
    assert take.metadata["job"] == events[-1].job_id
    assert list(answer.warnings) == []


def test_a_written_timeline_is_read_again(daemon: Daemon, flashes: Path) -> None:
    lane = pb.Track(name="V1", kind=pb.Track.KIND_PICTURE)
    lane.shots.add(name="flash", duration_frames=20, record_start_frame=5).media.path = str(flashes)
    given = pb.Timeline(rate=pb.Rational(num=25, den=1), name="edit", tracks=[lane], duration_frames=30)
    given.markers.add(name="bang", colour="RED").range.end_frame = 10
    written = daemon.ask("WriteTimeline", pb.WriteTimelineRequest(timeline=given), pb.WriteTimelineResponse)
    found = daemon.read_timeline(written.otio).timeline
    (shot,) = found.tracks[0].shots
    assert (shot.name, shot.record_start_frame, shot.duration_frames) == ("flash", 5, 20)
    assert shot.media.path == str(flashes)
    # Nobody said how long the file is: it was asked.
    assert shot.media.duration == pb.Rational(num=2, den=1)
    assert (found.duration_frames, found.markers) == (30, given.markers)


def test_a_hostile_timeline_names_its_field_and_leaves_the_daemon_well(daemon: Daemon) -> None:
    message = pb.WriteTimelineRequest(timeline=pb.Timeline(rate=pb.Rational(num=25)))
    with pytest.raises(RequestRefused) as refused:
        daemon.ask("WriteTimeline", message, pb.WriteTimelineResponse)
    failure = refused.value.failure
    assert (failure.code, failure.field) == ("INVALID_ARGUMENT", "timeline.rate")
    with pytest.raises(RequestRefused) as refused:
        daemon.read_timeline(pb.OtioDocument(json=b"[" * 100_000))
    assert refused.value.failure.code == "INVALID_ARGUMENT"
    assert daemon.server_info().pid > 0


def test_each_probed_file_is_answered_by_itself(daemon: Daemon, flashes: Path, tmp_path: Path) -> None:
    broken = tmp_path / "notes.mp4"
    broken.write_text("no film")
    good, missing, bad, relative = daemon.probe([str(flashes), str(tmp_path / "x.mp4"), str(broken), "a.mp4"])
    assert (good.frames, good.rate, good.width) == (50, pb.Rational(num=25, den=1), 96)
    assert not good.HasField("error")
    for answer in (missing, bad, relative):
        assert answer.error.code
        assert answer.frames == 0
