"""``foley timeline``, ``cues`` and ``clips``: kinds of documents, clips and tracks, roots and relinks."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from cli.fake_daemon import FakeDaemon
from edits import clip, span, timeline, track
from foleyd.brief import Notice
from foleyd.cli.clips import clip_table, clips_json
from foleyd.cli.main import run
from foleyd.cli.show import result_lines
from foleyd.interchange import reading
from foleyd.timeline.document import read_document, write_document
from foleyd.v1 import foleyd_pb2 as pb


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "cut.otio"
    path.write_text('{"OTIO_SCHEMA": "Timeline.1"}')
    return path


@pytest.fixture
def edit(daemon: FakeDaemon) -> pb.Timeline:
    """Two tracks of picture: V1 with a, b, a; the upper with b and one that is off."""
    timeline = daemon.foley.timeline
    for name, shots in (("V1", "a.mov b.mov a.mov"), ("", "b.mov off.mov")):
        lane = timeline.tracks.add(name=name, kind=pb.Track.KIND_PICTURE)
        for number, shot in enumerate(shots.split()):
            added = lane.shots.add(name=shot, record_start_frame=number * 40, duration_frames=30)
            added.media.path = f"/media/{shot}"
            added.disabled = shot == "off.mov"
    missing = timeline.tracks[0].shots[2]
    missing.media.Clear()
    missing.media.name = "a.mov"
    missing.metadata["media_url"] = "D:/gone/a.mov"
    timeline.tracks.add(name="A1", kind=pb.Track.KIND_SOUND)
    return timeline


def ranges(daemon: FakeDaemon) -> list[tuple[int, int]]:
    return [(each.start_frame, each.end_frame) for each in daemon.foley.requests[-1].selection.ranges]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--clip", "b.mov"], [(0, 30), (40, 70)]),
        (["--clip", "B.MOV"], [(0, 30), (40, 70)]),
        (["--clip", "2"], [(40, 70)]),
        (["--clip", "1", "--clip", "3"], [(0, 30), (80, 110)]),
        (["--track", "V1"], [(0, 30), (40, 70), (80, 110)]),
        (["--track", "2"], [(0, 30)]),
        (["--track", "V2", "--clip", "b.mov"], [(0, 30)]),
        (["--track", "v1", "--range", "1", "2"], [(24, 30), (40, 48)]),
    ],
)
def test_clips_and_tracks_are_ranges(
    daemon: FakeDaemon, document: Path, edit: pb.Timeline, words: list[str], expected: list[tuple[int, int]]
) -> None:
    out = str(document.with_name("o.otio"))
    assert run(["timeline", str(document), "-o", out, "--prompt", "x", *words]) == 0
    assert ranges(daemon) == expected


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--clip", "c.mov"], "no clip of picture 'c.mov' that is on; there are 'a.mov', 'b.mov'"),
        (["--clip", "off.mov"], "no clip of picture 'off.mov'"),
        (["--clip", "0"], "no clip of picture '0'"),
        (["--clip", "5"], "no clip of picture '5'"),
        (["--track", "V3"], "no track of picture 'V3'; it has 2"),
        (["--track", "A1"], "no track of picture 'A1'"),
        (["--clip", "4", "--range", "9", "9.5"], "none of the clips chosen"),
    ],
)
def test_what_is_not_on_the_timeline_is_refused(
    daemon: FakeDaemon,
    document: Path,
    edit: pb.Timeline,
    words: list[str],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = str(document.with_name("o.otio"))
    assert run(["timeline", str(document), "-o", out, "--prompt", "x", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not daemon.foley.requests


def test_clips_lists_what_can_be_named(
    daemon: FakeDaemon, document: Path, edit: pb.Timeline, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["clips", str(document)]) == 0
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert rows[1] == ["1", "01:00:00:00", "01:00:01:06", "30", "1", "V1", "a.mov", "/media/a.mov"]
    assert rows[3][-2:] == ["missing:", "D:/gone/a.mov"]
    assert len(rows) == 5
    assert run(["clips", str(document), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [(clip["index"], clip["track"], clip["missing"]) for clip in found["clips"]] == [
        (1, 1, False), (2, 1, False), (3, 1, True), (4, 2, False),
    ]  # fmt: skip
    assert found["clips"][1]["record_start"]["value"] == 24 * 3600 + 40


def test_a_timeline_without_picture_says_so(
    daemon: FakeDaemon, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["clips", str(document)]) == 0
    assert capsys.readouterr().out == "there are no clips of picture that are on\n"


def test_cues_need_no_prompt_to_be_listed(
    daemon: FakeDaemon, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cues", str(document), "--json"]) == 0
    (cue,) = json.loads(capsys.readouterr().out)["cues"]
    assert (cue["prompt"], cue["seeds"]) == ("", [])


def test_what_to_try_next_does_not_lead_to_an_output_that_is_taken(
    daemon: FakeDaemon, document: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["timeline", str(document), "-o", str(document.with_name("o.otio")), "--prompt", "x"]) == 0
    assert "the same command with --takes 3 --seed 8 and another -o" in capsys.readouterr().out


def test_roots_and_relinks_go_with_the_document(daemon: FakeDaemon, document: Path, tmp_path: Path) -> None:
    words = ["--media-root", str(tmp_path), "--relink", "D:/media=/mnt/media", "--relink", "/a=/b=c"]
    out = str(document.with_name("o.otio"))
    assert run(["timeline", str(document), "-o", out, "--prompt", "x", *words]) == 0
    sent = daemon.foley.requests[-1].selection.otio
    assert list(sent.media_roots) == [str(tmp_path)]
    assert [(each.old_prefix, each.new_prefix) for each in sent.relinks] == [
        ("D:/media", "/mnt/media"),
        ("/a", "/b=c"),
    ]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--media-root", "/nowhere/at/all"], "--media-root /nowhere/at/all is no folder"),
        (["--relink", "D:/media"], "is not FROM=TO"),
        (["--relink", "/gone"], '; say what the timeline has and what stands there now, such as --relink "'),
        (["--relink", "=/mnt"], "is not FROM=TO"),
        (["--edl-rate", "25"], "--edl-rate is for EDLs"),
        (["--edl-rate", "fast"], "is no frame rate"),
        (["--bundle"], "must end in .otioz"),
    ],
)
def test_wrong_words_are_refused(
    daemon: FakeDaemon, document: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(document.with_name("o.otio"))
    assert run(["timeline", str(document), "-o", out, "--prompt", "x", *words]) == 2
    assert sentence in capsys.readouterr().err


def test_colour_is_the_same_as_marker_colour(daemon: FakeDaemon, document: Path) -> None:
    words = ["--markers", "--colour", "red", "--marker-colour", "blue"]
    assert run(["timeline", str(document), "-o", str(document.with_name("o.otio")), *words]) == 0
    assert list(daemon.foley.requests[-1].rule.marker_colours) == ["RED", "BLUE"]


def test_the_engine_of_the_notes_does_the_job_unless_one_is_named(
    daemon: FakeDaemon, document: Path, tmp_path: Path
) -> None:
    daemon.foley.asked_engine = "hunyuan"
    assert run(["timeline", str(document), "-o", str(tmp_path / "1.otio"), "--markers"]) == 0
    assert daemon.foley.requests[-1].engine.name == "hunyuan"
    words = ["--markers", "--engine", "procedural"]
    assert run(["timeline", str(document), "-o", str(tmp_path / "2.otio"), *words]) == 0
    assert daemon.foley.requests[-1].engine.name == "procedural"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cut.xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]><xmeml>&a;</xmeml>"),
        ("cut.edl", b"no edl"),
        ("cut.aaf", b"no aaf"),
        ("cut.otioz", b"no zip"),
    ],
)
@pytest.mark.parametrize("command", ["timeline", "cues", "clips"])
def test_hostile_documents_are_exit_code_2_and_reach_no_daemon(
    daemon: FakeDaemon,
    tmp_path: Path,
    name: str,
    content: bytes,
    command: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    words = ["-o", str(tmp_path / "o.otio"), "--prompt", "x"] if command == "timeline" else []
    assert run([command, str(path), *words, "--json"]) == 2
    error = json.loads(capsys.readouterr().out)["error"]
    assert error["reason"] == "DOCUMENT_UNREADABLE"
    assert not daemon.foley.calls


@pytest.mark.parametrize("command", ["timeline", "cues", "clips"])
def test_what_a_reader_lost_is_among_the_warnings(
    daemon: FakeDaemon,
    tmp_path: Path,
    command: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = Notice("the speed of 'a' is lost", "01:00:00:00", "render it")
    monkeypatch.setattr(reading, "convert", lambda *_, **__: (b'{"OTIO_SCHEMA": "Timeline.1"}', (said,)))
    path = tmp_path / "cut.xml"
    path.write_text("<xmeml/>")
    words = ["-o", str(tmp_path / "o.otio"), "--prompt", "x"] if command == "timeline" else []
    assert run([command, str(path), *words, "--json"]) == 0
    printed = capsys.readouterr()
    first = json.loads(printed.out)["warnings"][0]
    assert first == {"what": said.what, "where": said.where, "fix": said.fix}
    assert said.what in printed.err


def test_a_bundle_is_marked_as_a_bundle_and_its_media_have_their_names_inside(
    daemon: FakeDaemon, edit: pb.Timeline, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    made = write_document(timeline(track(clip("a", span(0, 24), span(0, 100), url="media/a.mov"))))
    path = tmp_path / "cut.otioz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.otio", made)
        archive.writestr("media/a.mov", "picture")
    assert run(["cues", str(path), "--otio", str(tmp_path / "marked.otio")]) == 2
    assert "must end in .otioz" in capsys.readouterr().err
    assert run(["cues", str(path), "--otio", str(path)]) == 2
    assert "is the input; choose another name with --otio" in capsys.readouterr().err
    assert run(["cues", str(path), "--otio", str(tmp_path / "marked.otioz")]) == 0
    with zipfile.ZipFile(tmp_path / "marked.otioz") as archive:
        marked = read_document(archive.read("content.otio"), "marked")
        assert archive.read("media/a.mov") == b"picture"
    assert len(marked.tracks.markers) == 1
    assert next(iter(marked.find_clips())).media_reference.target_url == "media/a.mov"
    bundle = Path("/tmp/names")
    edit.tracks[0].shots[0].media.path = str(bundle / "media/a.mov")
    assert clips_json(edit, bundle)["clips"][0]["media"] == "media/a.mov"
    assert clip_table(edit, bundle)[1].endswith("  media/a.mov")


def test_what_a_bundle_unpacked_goes_when_the_job_fails(daemon: FakeDaemon, tmp_path: Path) -> None:
    path = tmp_path / "cut.otioz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("content.otio", "{}")
        archive.writestr("media/a.mov", "picture")
    out = tmp_path / "with.otio"
    assert run(["timeline", str(path), "-o", str(out), "--prompt", "fail INVALID_ARGUMENT"]) == 2
    assert not (tmp_path / "with.media").exists()
    assert run(["timeline", str(path), "-o", str(out), "--prompt", "rain"]) == 0
    assert (tmp_path / "with.media/media/a.mov").read_text() == "picture"
    assert daemon.foley.requests[-1].selection.otio.base_folder == str(tmp_path / "with.media")
    assert run(["cues", str(path)]) == 0


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["--refresh"], pb.OTIO_TARGET_UNSPECIFIED),
        (["--refresh", "--target", "generic"], pb.OTIO_TARGET_GENERIC),
        (["--prompt", "x", "--target", "premiere"], pb.OTIO_TARGET_PREMIERE),
    ],
)
def test_a_refresh_keeps_the_shape_of_its_takes_unless_another_is_asked_for(
    daemon: FakeDaemon, document: Path, words: list[str], asked: pb.OtioTarget
) -> None:
    assert run(["timeline", str(document), "-o", str(document.with_name("o.otio")), *words]) == 0
    assert daemon.foley.requests[-1].output.otio_target == asked


def test_a_take_that_was_cut_anew_is_listed_with_where_it_lies() -> None:
    """Its cue is of an earlier job."""
    result = pb.Result(rate=pb.Rational(num=25, den=1), start_timecode=pb.StartTimecode(frames=90_000))
    result.takes.add(id="cue-1:7@1.0", cue_id="cue-1", path="/t/a_v2.wav", seed=7)
    lies = pb.FrameRange(start_frame=50, end_frame=100)
    result.placements.add(take_id="cue-1:7@1.0", cue_id="cue-1", layer="fx", range=lies)
    assert result_lines(result) == [
        "take      /t/a_v2.wav",
        "          01:00:02:00 to 01:00:04:00  fx  seed 7",
    ]
