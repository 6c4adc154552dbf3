from __future__ import annotations

import json
import os
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.fake_daemon import HOUR_FRAMES, FakeDaemon, script
from foleyd import __version__
from foleyd.cli.exits import done_code
from foleyd.cli.main import run
from foleyd.cli.show import BarDisplay, duration_text, show_event
from foleyd.cli.spaced import join_pairs
from foleyd.config import Folders, make_private
from foleyd.server.lock import hold_lock
from foleyd.timebase import STANDARD_RATES
from foleyd.v1 import foleyd_pb2 as pb
from foleyd.whole_file import whole_frames

TAKE_KEYS = {
    "path", "seed", "samples", "source_in_samples", "cue_samples", "sample_rate", "channels", "events_s",
}  # fmt: skip


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return tmp_path / "clip.mp4"


@pytest.fixture
def document(tmp_path: Path) -> Path:
    path = tmp_path / "cut.otio"
    path.write_text('{"OTIO_SCHEMA": "Timeline.1"}')
    return path


def last_request(daemon: FakeDaemon) -> pb.GenerateRequest:
    return daemon.foley.requests[-1]


# ------------------------------------------------------------------------------------------ generate


def test_generate_asks_for_the_whole_file_at_its_own_rate(
    daemon: FakeDaemon, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon.foley.media.timecode.frames = HOUR_FRAMES
    assert run(["generate", str(clip), "--prompt", "rain", "--prompt", "fx: hit"]) == 0
    request = last_request(daemon)
    program = request.selection.program
    (shot,) = program.shots
    assert (program.rate.num, program.rate.den) == (24000, 1001)
    assert program.start_timecode.frames == HOUR_FRAMES
    assert (shot.media.path, shot.record_start_frame, shot.duration_frames) == (str(clip), 0, 240)
    assert not request.selection.ranges
    assert list(request.rule.prompts) == ["rain", "fx: hit"]
    assert request.rule.spread == pb.CueRule.SPREAD_EACH_RANGE
    assert request.rule.takes == 1
    assert not request.rule.HasField("seed")
    assert not request.output.HasField("handles_frames")
    assert request.output.folder == str(clip.parent / "clip.foley")
    assert request.output.otio_path == ""
    assert request.output.preview
    assert request.output.picture
    assert request.on_disconnect == pb.ON_DISCONNECT_CANCEL
    assert request.priority == pb.PRIORITY_INTERACTIVE
    printed = capsys.readouterr()
    assert printed.err.startswith("engine: procedural 1 (no weights). A synthetic sketch.\n")
    assert "warning: unknown word (blorp); use another\n" in printed.err
    assert "hear 3/4:  75%" in printed.err
    assert "01:00:01:00 to 01:00:03:00  foley" in printed.out
    assert "what to try next" in printed.out


def test_without_timecode_in_the_file_labels_are_drop_frame_where_that_exists(
    daemon: FakeDaemon, clip: Path
) -> None:
    assert run(["generate", str(clip), "--prompt", "rain"]) == 0
    assert not last_request(daemon).selection.program.start_timecode.drop_frame
    daemon.foley.media.rate.num = 30000
    assert (
        run(["generate", str(clip), "--prompt", "rain", "--in", "00:00:01;00", "--out", "00:00:02:00"]) == 0
    )
    request = last_request(daemon)
    assert request.selection.program.start_timecode.drop_frame
    assert (request.selection.ranges[0].start_frame, request.selection.ranges[0].end_frame) == (30, 60)
    daemon.foley.media.timecode.frames = 108_000
    assert run(["generate", str(clip), "--prompt", "rain"]) == 0
    assert last_request(daemon).selection.program.start_timecode == pb.StartTimecode(frames=108_000)


def test_every_shared_option_reaches_the_request(daemon: FakeDaemon, clip: Path, tmp_path: Path) -> None:
    words = [
        "generate", str(clip), "-o", str(tmp_path / "out"), "--prompt", "rain", "--negative", "music",
        "--layer", "fx", "--takes", "3", "--seed", str(2**63 - 1), "--engine", "procedural",
        "--option", "room=hall", "--option", "mix=a=b", "--handles", "0", "--loudness=-23",
        "--preset", "fast", "--steps", "20", "--guidance", "4.5", "--format", "flac", "--mix",
        "--no-preview", "--no-picture",
    ]  # fmt: skip
    assert run(words) == 0
    request = last_request(daemon)
    rule, engine, output = request.rule, request.engine, request.output
    assert (rule.negative_prompt, rule.layer, rule.takes, rule.seed) == ("music", "fx", 3, 2**63 - 1)
    assert (engine.name, engine.preset, engine.steps) == ("procedural", "fast", 20)
    assert engine.guidance_scale == 4.5
    assert dict(engine.options) == {"room": "hall", "mix": "a=b"}
    assert output.HasField("handles_frames")
    assert (output.handles_frames, output.loudness, list(output.formats)) == (0, "-23", ["flac"])
    assert (output.audition_mix, output.preview, output.picture) == (True, False, False)
    assert output.folder == str(tmp_path / "out")


@pytest.mark.parametrize(
    ("times", "frames"),
    [
        (["--in", "00:00:01:00", "--out", "00:00:02:10"], (24, 58)),
        (["--in", "1.5"], (36, 240)),
        (["--out", "1"], (0, 24)),
        (["--in", "00:00:09:23"], (239, 240)),
    ],
)
def test_in_and_out_are_frames_of_the_file(
    daemon: FakeDaemon, clip: Path, times: list[str], frames: tuple[int, int]
) -> None:
    assert run(["generate", str(clip), "--prompt", "rain", *times]) == 0
    (span,) = last_request(daemon).selection.ranges
    assert (span.start_frame, span.end_frame) == frames


@pytest.mark.parametrize(
    ("times", "sentence"),
    [
        (["--in", "5", "--out", "5"], "is empty: the end is exclusive"),
        (["--in", "5", "--out", "4"], "ends before it starts"),
        (["--in", "00:00:01:24"], "--in: timecode 00:00:01:24 is out of range at 24 frames a second"),
        (
            ["--out", "00:00:10:01"],
            "reaches outside of clip.mp4, which lasts from 00:00:00:00 to 00:00:10:00",
        ),
        (["--in", "10"], "reaches outside of clip.mp4"),
        (["--in", "soon"], "--in: 'soon' is not timecode"),
        (["--in", "00:00:01;02"], "drop frame"),
        (["--in", "9" * 5000], "is not timecode"),
        (["--out", "999999999"], "reaches outside of clip.mp4"),
        (["--in=-1"], "is not timecode"),
        (["--in", "nan"], "is not timecode"),
    ],
)
def test_times_that_cannot_be_are_refused_in_a_sentence(
    daemon: FakeDaemon, clip: Path, times: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["generate", str(clip), "--prompt", "rain", *times]) == 2
    printed = capsys.readouterr()
    assert sentence in printed.err
    assert printed.err.count("\n") == 1
    assert not daemon.foley.requests


def test_json_is_one_object_of_the_promised_shape(
    daemon: FakeDaemon, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["generate", str(clip), "--prompt", "rain", "--json", "--no-picture"]) == 0
    answer = json.loads(capsys.readouterr().out)
    files = {"otio", "preview", "picture", "mix", "cue_sheet", "cue_page"}
    assert set(answer) == {"job", "engine", "cached", "seconds", "cues", "warnings"} | files
    assert answer["cue_page"] is None
    assert answer["job"] == "job-rain"
    assert answer["engine"] == "procedural"
    assert answer["seconds"] == {"see": 0.5, "hear": 0.25}
    assert answer["picture"] is None
    (cue,) = answer["cues"]
    assert set(cue) == {"id", "layer", "prompt", "record_start", "duration", "takes"}
    assert cue["record_start"] == {
        "value": HOUR_FRAMES + 24, "rate": pytest.approx(23.976, abs=1e-3), "rate_exact": "24000/1001",
    }  # fmt: skip
    assert cue["duration"]["value"] == 48
    (take,) = cue["takes"]
    assert set(take) == TAKE_KEYS
    assert take["events_s"] == [0.25]
    assert take["samples"] == 144_144


@pytest.mark.parametrize(
    ("prompt", "ending"),
    [
        ("fail INVALID_ARGUMENT", (2, "INVALID_ARGUMENT")),
        ("fail NOT_FOUND", (2, "NOT_FOUND")),
        ("fail FAILED_PRECONDITION", (2, "FAILED_PRECONDITION")),
        ("fail PERMISSION_DENIED", (2, "PERMISSION_DENIED")),
        ("fail ALREADY_EXISTS", (2, "ALREADY_EXISTS")),
        ("fail OUT_OF_RANGE", (2, "OUT_OF_RANGE")),
        ("fail INTERNAL", (1, "INTERNAL")),
        ("fail RESOURCE_EXHAUSTED", (1, "RESOURCE_EXHAUSTED")),
        ("refuse INVALID_ARGUMENT", (2, "INVALID_ARGUMENT")),
        ("refuse RESOURCE_EXHAUSTED", (1, "RESOURCE_EXHAUSTED")),
        ("refuse UNAUTHENTICATED", (1, "UNAUTHENTICATED")),
        ("stopped", (3, "CANCELLED")),
    ],
)
def test_a_job_that_ends_badly_is_an_exit_code_and_a_json_error(
    daemon: FakeDaemon, clip: Path, prompt: str, ending: tuple[int, str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["generate", str(clip), "--json", "--prompt", prompt]) == ending[0]
    printed = capsys.readouterr()
    error = json.loads(printed.out)["error"]
    assert set(error) == {"message", "code", "reason"}
    assert error["code"] == ending[1]
    assert "Traceback" not in printed.err


def test_the_fix_is_shown_with_the_refusal(
    daemon: FakeDaemon, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(["generate", str(clip), "--prompt", "fail FAILED_PRECONDITION"])
    assert "foley: it broke (try: mend it)\n" in capsys.readouterr().err


def test_partly_done_is_exit_code_4_and_still_lists_what_was_done(
    daemon: FakeDaemon, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["generate", str(clip), "--json", "--prompt", "partly"]) == 4
    printed = capsys.readouterr()
    done, failed = json.loads(printed.out)["cues"]
    assert len(done["takes"]) == 1
    assert failed["takes"] == []
    assert "failed: 2: b.mov is not there" in printed.err


@pytest.mark.parametrize(("missing", "code"), [([], 0), ([pb.Warning(what="b.mov is not there")], 4)])
def test_media_missing_under_a_cue_are_exit_code_4(missing: list[pb.Warning], code: int) -> None:
    assert done_code(pb.Result(missing_media=missing)) == code


def test_media_that_cannot_be_read_is_exit_code_2(
    daemon: FakeDaemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["generate", str(tmp_path / "missing.mp4"), "--prompt", "rain"]) == 2
    assert "missing.mp4 does not exist" in capsys.readouterr().err
    daemon.foley.media.Clear()
    assert run(["generate", str(tmp_path / "song.wav"), "--prompt", "rain"]) == 2
    assert "song.wav holds no picture" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["a b", "100%", "take#2", "雨の音", "Straße 'x'", "%20"])
def test_any_file_name_arrives_letter_for_letter(
    daemon: FakeDaemon, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["generate", str(tmp_path / f"{name}.mp4"), "--prompt", "rain"]) == 0
    assert last_request(daemon).selection.program.shots[0].media.path == str(tmp_path / f"{name}.mp4")
    assert name in capsys.readouterr().out


def test_a_home_with_odd_letters_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from foleyd.config import find_folders

    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "ho me #1 100% ü"))
    fake = FakeDaemon(find_folders())
    try:
        assert run(["status", "--json"]) == 0
    finally:
        fake.close()


def test_names_and_prompts_that_are_no_text_are_refused(
    daemon: FakeDaemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["generate", str(tmp_path / "\udcff.mp4"), "--prompt", "rain"]) == 2
    assert "is not valid UTF-8" in capsys.readouterr().err
    assert run(["generate", str(tmp_path / "a.mp4"), "--prompt", "ra\udc80in"]) == 2
    assert "--prompt" in capsys.readouterr().err


def test_a_second_run_is_the_same_request(daemon: FakeDaemon, clip: Path) -> None:
    for _ in range(2):
        assert run(["generate", str(clip), "--prompt", "rain"]) == 0
        (clip.parent / "clip.foley").mkdir(exist_ok=True)
    first, second = daemon.foley.requests
    second.request_id = first.request_id
    assert first == second


def test_beside_a_read_only_video_the_working_folder_is_used(
    daemon: FakeDaemon, clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Permissions do not bind root, under whom tests may run.
    monkeypatch.setattr(os, "access", lambda _path, _mode: False)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    assert run(["generate", str(clip), "--prompt", "rain"]) == 0
    assert last_request(daemon).output.folder == str(elsewhere / "clip.foley")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "say what should be heard"),
        (["--prompt", "rain", "--takes", "0"], "--takes"),
        (["--prompt", "rain", "--takes", "33"], "--takes"),
        (["--prompt", "rain", "--seed", "-1"], "--seed"),
        (["--prompt", "rain", "--option", "room"], "--option 'room' is not KEY=VALUE"),
        (["--prompt", "rain", "--option", "a=1", "--option", "a=2"], "--option a is given twice"),
        (["--prompt", "rain", "--format", "ogg"], "it takes flac, mp3, aac"),
        (["--prompt", "rain", "--guidance", "nan"], "--guidance"),
        (["--prompt", "rain", "--unknown"], "--unknown"),
    ],
)
def test_a_wrong_command_line_is_exit_code_2_also_in_json(
    folders: Folders, clip: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["generate", str(clip), *words, "--json"]) == 2
    printed = capsys.readouterr()
    assert sentence in json.loads(printed.out)["error"]["message"]
    assert sentence in printed.err
    assert not folders.state.exists()


@pytest.mark.parametrize("words", [["jobs", "a", "b"], ["cancel"], ["timeline", "--unknown"]])
def test_a_wrong_command_line_names_the_commands_own_help(
    folders: Folders, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    assert f"(try: foley {words[0]} --help)" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------ timeline


def test_timeline_sends_the_document_as_it_is(daemon: FakeDaemon, document: Path, tmp_path: Path) -> None:
    out = tmp_path / "cut with foley.otio"
    words = ["--prompt", "rain", "--whole", "--target", "resolve", "--text-only"]
    assert run(["timeline", str(document), "-o", str(out), *words]) == 0
    request = last_request(daemon)
    sent = request.selection.otio
    assert sent.json == document.read_bytes()
    assert (sent.base_folder, sent.name) == (str(tmp_path), "cut.otio")
    assert not request.selection.ranges
    assert request.output.otio_path == str(out)
    assert request.output.folder == str(tmp_path / "cut with foley.foley")
    assert request.output.otio_target == pb.OTIO_TARGET_RESOLVE
    assert request.rule.spread == pb.CueRule.SPREAD_WHOLE_SELECTION
    assert request.text_only


def test_ranges_are_timecode_as_the_viewer_shows_it(
    daemon: FakeDaemon, document: Path, tmp_path: Path
) -> None:
    words = ["--range", "01:00:00:00", "01:00:02:10", "--prompt", "rain", "--range", "5", "6.5"]
    assert run(["timeline", str(document), "-o", str(tmp_path / "o.otio"), *words]) == 0
    request = last_request(daemon)
    assert [(span.start_frame, span.end_frame) for span in request.selection.ranges] == [(0, 58), (120, 156)]
    assert request.rule.spread == pb.CueRule.SPREAD_EACH_RANGE


def test_markers_need_no_prompt(daemon: FakeDaemon, document: Path, tmp_path: Path) -> None:
    words = ["--markers", "--marker-colour", "red", "--marker-colour", "Green"]
    assert run(["timeline", str(document), "-o", str(tmp_path / "o.otio"), *words]) == 0
    rule = last_request(daemon).rule
    assert rule.spread == pb.CueRule.SPREAD_MARKERS
    assert list(rule.marker_colours) == ["RED", "GREEN"]


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--range", "00:59:00:00", "01:00:00:00"], "lies before the start, 01:00:00:00"),
        (["--range", "01:00:00:00", "01:00:10:01"], "reaches outside of cut"),
        (["--range", "01:00:00:00"], "needs two values"),
        (["--range"], "--range"),
        (["--markers", "--whole"], "use one of them"),
        (["--marker-colour", "RED"], "add --markers"),
        (["--target", "avid"], "it takes generic, resolve, premiere, kdenlive"),
    ],
)
def test_ranges_and_ways_that_cannot_be_are_refused(
    daemon: FakeDaemon, document: Path, words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(document.with_name("o.otio"))
    assert run(["timeline", str(document), "-o", out, "--prompt", "x", *words]) == 2
    assert sentence in capsys.readouterr().err
    assert not daemon.foley.requests


def test_the_input_and_existing_files_are_never_written_over(
    folders: Folders, document: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = tmp_path / "taken.otio"
    taken.touch()
    link = tmp_path / "link.otio"
    link.symlink_to(document)
    for out, reason in ((document, "OUTPUT_IS_INPUT"), (link, "OUTPUT_IS_INPUT"), (taken, "OUTPUT_EXISTS")):
        assert run(["timeline", str(document), "-o", str(out), "--prompt", "rain", "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["error"]["reason"] == reason
    assert run(["timeline", str(document), "-o", str(tmp_path / "o.mp4"), "--prompt", "rain"]) == 2


def test_documents_that_cannot_be_read_are_refused(
    folders: Folders, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = str(tmp_path / "o.otio")
    assert run(["timeline", str(tmp_path / "no.otio"), "-o", out, "--prompt", "rain"]) == 2
    assert "no.otio does not exist" in capsys.readouterr().err
    assert run(["timeline", str(tmp_path), "-o", out, "--prompt", "rain"]) == 2
    assert "is a folder" in capsys.readouterr().err
    huge = tmp_path / "huge.otio"
    with open(huge, "wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    assert run(["timeline", str(huge), "-o", out, "--prompt", "rain"]) == 2
    assert "larger than 64 MiB" in capsys.readouterr().err


def test_cues_prints_a_cue_sheet_in_timecode(
    daemon: FakeDaemon, document: Path, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["cues", str(document), "--prompt", "rain on tin"]) == 0
    printed = capsys.readouterr()
    assert printed.out.splitlines() == [
        "cue  in           out          frames  layer  prompt",
        "1    01:00:01:00  01:00:03:00  48      foley  rain on tin",
    ]
    assert printed.err == "warning: a gap\n"
    assert run(["cues", str(clip), "--prompt", "rain", "--range", "1", "2", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["cues"][0]["record_start"]["value"] == HOUR_FRAMES + 24
    spotted = daemon.foley.calls[-1][1].selection
    assert spotted.program.shots[0].media.path == str(clip)
    assert (spotted.ranges[0].start_frame, spotted.ranges[0].end_frame) == (24, 48)


# --------------------------------------------------------------------------------- jobs and the daemon


def test_jobs_are_listed_and_shown(daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["jobs"]) == 0
    assert "a1" in capsys.readouterr().out
    assert run(["jobs", "a1"]) == 0
    shown = capsys.readouterr().out
    for words in ("rain on tin", "waited    0 s", "2.0 MiB at most", "3 found", "1.500  see"):
        assert words in shown
    assert run(["jobs", "a1", "--json"]) == 0
    job = json.loads(capsys.readouterr().out)
    assert (job["state"], job["queue_wait_seconds"], job["cache_hits"]) == ("done", 0.25, 3)
    assert job["seconds"] == {"see": 1.5}


def test_a_job_that_is_not_there_is_exit_code_2(
    daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["jobs", "none"]) == 2
    assert "there is no job none" in capsys.readouterr().err


def test_cancel_and_remove_name_the_job(daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["cancel", "a1"]) == 0
    assert run(["remove", "a1", "--delete-files"]) == 0
    printed = capsys.readouterr().out
    assert "job a1: cancelled" in printed
    assert "deleted /x/a.wav" in printed
    assert "kept /x/b.wav" in printed
    assert "not found /x/c.wav (moved or deleted since)" in printed
    assert [name for name, _ in daemon.foley.calls] == ["CancelJob", "RemoveJob"]
    assert daemon.foley.calls[1][1].delete_files


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        ([], []),
        (["--tcp"], ["--tcp", "0"]),
        (["--tcp", "50123"], ["--tcp", "50123"]),
        (["--tcp", "--idle-seconds", "3"], ["--tcp", "0", "--idle-seconds", "3"]),
    ],
)
def test_serve_runs_the_daemon_here(
    folders: Folders, words: list[str], arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    served: list[list[str]] = []
    monkeypatch.setattr("foleyd.server.main.main", lambda given: served.append(given) or 0)
    assert run(["serve", *words]) == 0
    assert served == [arguments]


def test_serve_that_cannot_be_is_exit_code_2(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    make_private(folders.runtime)
    with hold_lock(folders.lock):
        assert run(["serve"]) == 2
    assert "runs already" in capsys.readouterr().err
    folders.config.mkdir(parents=True)
    (folders.config / "foleyd.toml").write_text("handles = -1\n")
    assert run(["serve"]) == 2
    assert "foleyd.toml" in capsys.readouterr().err


def test_status_starts_nothing(folders: Folders, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status"]) == 1
    assert "no daemon is running" in capsys.readouterr().out
    assert run(["status", "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["running"] is False
    assert run(["stop"]) == 0
    assert not folders.state.exists()


def test_status_says_what_the_daemon_is(daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status"]) == 0
    printed = capsys.readouterr().out
    assert f"process {os.getpid()}" in printed
    assert "engine procedural 1: ready. A synthetic sketch." in printed


def test_stop_waits_until_the_daemon_is_gone(
    daemon: FakeDaemon, folders: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon.stop_when_told()
    assert run(["stop", "--grace", "2"]) == 0
    assert capsys.readouterr().out == "stopped\n"
    assert not folders.endpoint.exists()
    assert daemon.foley.calls[-1][1].grace_seconds == 2


def test_engines_cache_and_probe(
    daemon: FakeDaemon, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["load", "procedural"]) == 0
    assert "engine procedural 1: loaded on cpu" in capsys.readouterr().out
    assert run(["unload", "procedural"]) == 0
    assert run(["cache"]) == 0
    assert "1.0 MiB of 1.0 GiB in /cache" in capsys.readouterr().out
    assert run(["cache", "--purge", "--older-than", "2", "--larger-than", "1.5"]) == 0
    purge = daemon.foley.calls[-1][1]
    assert (purge.older_than.seconds, purge.larger_than_bytes) == (172_800, 1_572_864)
    assert run(["cache", "--engine", "procedural"]) == 2
    capsys.readouterr()
    assert run(["probe", str(tmp_path / "a.mp4"), str(tmp_path / "missing.mp4")]) == 2
    first, second = capsys.readouterr().out.splitlines()
    assert first.endswith("a.mp4: 64x36, 23.976 frames/s, no timecode, 240 frames, 10.010 s")
    assert "does not exist" in second


def test_doctor_finds_the_main_job_working(daemon: FakeDaemon, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["doctor", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    states = {check["name"]: check["state"] for check in answer["checks"]}
    assert answer["ok"]
    for name in ("python", "packages", "runtime folder", "daemon", "engine procedural", "main job"):
        assert states[name] == "ok"


def test_doctor_names_what_is_broken(
    daemon: FakeDaemon, folders: Folders, capsys: pytest.CaptureFixture[str]
) -> None:
    daemon.foley.info.engines[0].ready = False
    daemon.foley.info.engines[0].why_not = "no weights: foley models get"
    assert run(["doctor"]) == 1
    assert "-> no weights: foley models get" in capsys.readouterr().out
    folders.config.mkdir(parents=True)
    (folders.config / "foleyd.toml").write_text("handels = 3")
    assert run(["doctor"]) == 1
    printed = capsys.readouterr().out
    assert "bad   settings" in printed
    assert "handels" in printed


def test_a_wrong_settings_file_is_a_sentence(
    folders: Folders, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders.config.mkdir(parents=True)
    (folders.config / "foleyd.toml").write_text("handles = 'many'")
    assert run(["generate", str(clip), "--prompt", "rain"]) == 2
    assert "foleyd.toml" in capsys.readouterr().err


# ------------------------------------------------------------------------------------------- the rest


def test_bare_foley_is_help_and_version_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([]) == 0
    assert "generate" in capsys.readouterr().out
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"foleyd {__version__}\n"
    assert run(["bogus"]) == 2


def test_the_bar_shows_every_event(capsys: pytest.CaptureFixture[str]) -> None:
    display = BarDisplay()
    for event in script("rain [/] footsteps", pb.GenerateRequest()):
        show_event(event, display)
    display.line("a [bold]name[/] that is no markup")
    display.close()
    printed = capsys.readouterr().err
    assert "a [bold]name[/] that is no markup" in printed
    assert "warning: unknown word (blorp); use another" in printed


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.2, "0 s"), (59.4, "59 s"), (59.6, "1:00"), (3723, "1:02:03")]
)
def test_durations_read_like_a_clock(seconds: float, text: str) -> None:
    assert duration_text(seconds) == text


@given(rate=st.sampled_from(STANDARD_RATES), frames=st.integers(1, 10**7))
def test_a_file_of_whole_frames_has_that_many(rate: Fraction, frames: int) -> None:
    assert whole_frames(frames / rate, rate) == frames
    # A container that counts in milliseconds is off by half of one at most.
    assert whole_frames(Fraction(round(frames / rate * 1000), 1000), rate) - frames in (0, 1)


@pytest.mark.parametrize(
    ("seconds", "frames"), [(Fraction(1), 24), (Fraction(101, 100), 25), (Fraction(1, 1000), 1)]
)
def test_the_last_frame_is_covered_whole(seconds: Fraction, frames: int) -> None:
    assert whole_frames(seconds, Fraction(24)) == frames


@given(st.lists(st.sampled_from(["--range", "1", "2", "--prompt", "--", "x"]), max_size=8))
def test_joining_pairs_loses_no_word(words: list[str]) -> None:
    joined: list[Any] = list(join_pairs(words, "--range"))
    assert [part for word in joined for part in word.split("\0")] == words
