"""What is dropped gets its results, once, whole, and is left as it was."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sys
import unicodedata
from pathlib import Path

import opentimelineio as otio
import pytest
import soundfile
from opentimelineio.opentime import RationalTime, TimeRange

from foleyd.v1 import foleyd_pb2 as pb
from foleyd.watch import placing, work
from foleyd.watch.errors import NotThere
from foleyd.watch.overview import overview, retry
from foleyd.watch.work import Outcome
from house import House
from watch.conftest import Drop, touch


def edit(path: Path, url: str, markers: dict[str, int] | None = None, note: str = "") -> Path:
    """A timeline at PATH: 20 frames of the media at URL, with MARKERS at their frames, which have a NOTE."""
    timeline = otio.schema.Timeline(path.stem)
    timeline.global_start_time = RationalTime(90_000, 25)
    track = otio.schema.Track("V1", kind=otio.schema.TrackKind.Video)
    used = TimeRange(RationalTime(0, 25), RationalTime(20, 25))
    reference = otio.schema.ExternalReference(url, TimeRange(RationalTime(0, 25), RationalTime(25, 25)))
    track.append(otio.schema.Clip("shot", reference, used))
    timeline.tracks.append(track)
    for name, frame in (markers or {}).items():
        at = TimeRange(RationalTime(frame, 25), RationalTime(1, 25))
        timeline.tracks.markers.append(otio.schema.Marker(name=name, marked_range=at, comment=note))
    otio.adapters.write_to_file(timeline, str(path))
    return path


def jobs(house: House) -> int:
    with house.connect() as daemon:
        return len(daemon.ask("ListJobs", pb.ListJobsRequest(page_size=500), pb.ListJobsResponse).jobs)


def test_a_video_gets_all_that_there_is_to_get_and_is_left_as_it_was(drop: Drop, clip: Path) -> None:
    source = Path(shutil.copy2(clip, drop.folder / "clip.mp4"))
    before = source.read_bytes(), source.stat().st_mtime_ns
    (drop.folder / "foley.toml").write_text('prompt = "fx: clicks"\ntakes = 2\n')
    assert drop.once() == {"clip.mp4": Outcome.DONE}
    assert (source.read_bytes(), source.stat().st_mtime_ns) == before
    assert drop.results() == ["clip.mp4"]
    made = drop.own / "clip.mp4"
    assert sorted(path.name for path in made.iterdir()) == [
        *(
            "clip.otio",
            "clip_cues.csv",
            "clip_cues.html",
            "clip_fx_cue-1_take1.wav",
            "clip_fx_cue-1_take2.wav",
            "clip_mix.wav",
        ),
        "report.txt",
    ]
    text = (made / "clip.otio").read_text()
    assert (made / "clip_fx_cue-1_take1.wav").as_uri() in text
    assert source.as_uri() in text
    assert ".making-" not in text
    report = drop.report("clip.mp4")
    assert "By foley.toml" in report
    assert "00:00:00:00 to 00:00:01:00 (25 frames) fx: clicks" in report
    assert "fake 1" in report
    for path in (*made.glob("*.otio"), *made.glob("*.html"), *made.glob("*.csv"), *made.glob("*.txt")):
        assert ".making-" not in path.read_text(), path


@pytest.mark.slow
def test_no_warning_names_where_it_was_made(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "a & b.mp4")
    # So loud that a file is named which went over full scale.
    (drop.folder / "foley.toml").write_text('prompt = "clicks"\nloudness = "-1"\ntakes = 2\n')
    drop.once()
    made = drop.own / "a & b.mp4"
    for path in (*made.glob("*.otio"), *made.glob("*.html"), *made.glob("*.csv"), *made.glob("*.txt")):
        assert ".making-" not in path.read_text(), path
    assert "To know" in drop.report("a & b.mp4")


def test_what_is_done_is_not_done_again_by_content_not_by_date(drop: Drop, clip: Path, house: House) -> None:
    source = Path(shutil.copy2(clip, drop.folder / "clip.mp4"))
    drop.once(prompt="clicks")
    before = jobs(house)
    touch(source)
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.KNOWN}
    assert drop.said("known") == ["clip.mp4: was done before, in foley/clip.mp4"]
    os.rename(shutil.copy2(source, source.with_name("copy")), source)
    assert drop.once(prompt="clicks", poll=True) == {}, "thousands are not read at each mount"
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.KNOWN}
    assert len(drop.said("known")) == 1, "only its number on the disk is another"
    assert drop.once(prompt="other words") == {}
    os.rename(source, drop.folder / "renamed.mp4")
    assert drop.once(prompt="clicks") == {"renamed.mp4": Outcome.KNOWN}
    assert drop.said("renamed") == ["clip.mp4 is called renamed.mp4 now"]
    assert jobs(house) == before
    assert drop.results() == ["clip.mp4"]


def test_removing_a_job_finds_its_results_and_keeps_what_was_changed(
    drop: Drop, clip: Path, house: House
) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    shutil.copy2(clip, drop.folder / "kept.mp4")
    drop.once(prompt="clicks")
    made, kept = drop.own / "clip.mp4", drop.own / "kept.mp4"
    entries = {entry.name: entry for entry in overview(drop.folder).entries}
    (kept / "kept.otio").write_text("mine now")
    with house.connect() as daemon:
        known = daemon.job(entries["clip.mp4"].job).paths
        assert sorted(known) == sorted(str(path) for path in made.iterdir())
        gone, stays = (
            daemon.ask(
                "RemoveJob",
                pb.RemoveJobRequest(job_id=entries[name].job, delete_files=True),
                pb.RemoveJobResponse,
            )
            for name in ("clip.mp4", "kept.mp4")
        )
    assert len(gone.deleted_paths) == len(known)
    assert list(stays.kept_paths) == [str(kept / "kept.otio")]
    assert [path.name for path in kept.iterdir()] == ["kept.otio"]
    assert drop.results() == ["kept.mp4"]
    assert (drop.folder / "clip.mp4").exists()


def test_what_somebody_put_beside_results_is_not_removed_with_their_job(
    drop: Drop, clip: Path, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the results' name and the word to the daemon a watch may be killed: that moment may be long."""
    shutil.copy2(clip, drop.folder / "clip.mp4")
    name = placing.name_results

    def named(making: Path, results: Path) -> None:
        name(making, results)
        (results / "mine.txt").write_text("mine")
        (results / "link").symlink_to(drop.folder / "clip.mp4")

    monkeypatch.setattr(placing, "name_results", named)
    drop.once(prompt="clicks")
    (entry,) = overview(drop.folder).entries
    with house.connect() as daemon:
        assert len(daemon.job(entry.job).paths) == len(list((drop.own / "clip.mp4").iterdir())) - 2
        daemon.ask(
            "RemoveJob", pb.RemoveJobRequest(job_id=entry.job, delete_files=True), pb.RemoveJobResponse
        )
    assert sorted(path.name for path in (drop.own / "clip.mp4").iterdir()) == ["link", "mine.txt"]


@pytest.mark.slow
def test_a_changed_file_is_done_again_beside_its_earlier_results(drop: Drop, clip: Path) -> None:
    source = Path(shutil.copy2(clip, drop.folder / "clip.mp4"))
    drop.once(prompt="clicks")
    first = (drop.own / "clip.mp4" / "clip.otio").read_bytes()
    source.write_bytes(clip.read_bytes() + b"\0\0\0\x08free")
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.DONE}
    assert drop.results() == ["clip.mp4", "clip.mp4 (2)"]
    assert (drop.own / "clip.mp4" / "clip.otio").read_bytes() == first
    assert "Earlier results for clip.mp4 are in clip.mp4." in drop.report("clip.mp4 (2)")
    # So it is where only what is asked for it changed.
    (drop.folder / "clip.foley.toml").write_text('prompt = "bangs"\n')
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.DONE}
    assert drop.results() == ["clip.mp4", "clip.mp4 (2)", "clip.mp4 (3)"]
    assert "By clip.foley.toml." in drop.report("clip.mp4 (3)")


@pytest.mark.slow
def test_a_copy_under_another_name_has_results_of_its_own(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "a.mp4")
    drop.once(prompt="clicks")
    shutil.copy2(clip, drop.folder / "b.mp4")
    assert drop.once(prompt="clicks") == {"b.mp4": Outcome.DONE}
    assert drop.results() == ["a.mp4", "b.mp4"]


def test_where_the_cues_come_from(drop: Drop, clip: Path) -> None:
    for name in ("a", "b", "c", "d"):
        shutil.copy2(clip, drop.folder / f"{name}.mp4")
    (drop.folder / "foley.toml").write_text('prompt = "of the folder"\nnegative = "music"\n')
    (drop.folder / "a.foley.toml").write_text(
        '[[cues]]\nstart = 0\nend = "00:00:00:10"\nprompt = "of the sidecar"\n'
    )
    for name in ("a", "b"):
        (drop.folder / f"{name}.csv").write_text("In,Out,Prompt\n00:00:00:05,00:00:00:15,of the table\n")
    (drop.folder / "c.mp4.foley.toml").write_text('prompt = "of the name"\n')
    (drop.folder / "c.csv").write_text("In,Prompt\n0,of a table that is not read\n")
    drop.once(prompt="of the command")
    found = {name: drop.report(f"{name}.mp4") for name in ("a", "b", "c", "d")}
    assert "to 00:00:00:10 (10 frames) foley: of the sidecar" in found["a"]
    assert "to 00:00:00:15 (10 frames) foley: of the table" in found["b"]
    assert "of the name" in found["c"]
    assert "c.csv was not read, since c.mp4.foley.toml says what to make" in found["c"]
    assert "of a table" not in found["c"]
    assert "of the folder" in found["d"]
    assert all("not: music" in report for report in found.values())


def test_names_are_alike_whether_composed_or_not_and_small_or_not(drop: Drop, clip: Path) -> None:
    composed, apart = (unicodedata.normalize(form, "Größe") for form in ("NFC", "NFD"))
    for name in (apart, "A", "b", "B"):
        shutil.copy2(clip, drop.folder / f"{name}.mp4")
    for name in (composed, "a", "b"):
        (drop.folder / f"{name}.foley.toml").write_text(f'prompt = "of {name[0]}"\n')
    (drop.folder / "A.CSV").write_text("In,Prompt\n0,not read\n")
    drop.once(prompt="of the command")
    found = {name: drop.report(f"{name}.mp4") for name in (apart, "A", "b", "B")}
    assert "of G" in found[apart]
    assert "of a" in found["A"]
    assert "A.CSV was not read, since a.foley.toml says what to make" in found["A"]
    assert "of b" in found["b"]
    assert "of the command" in found["B"], "b.foley.toml is b.mp4's"
    (drop.folder / f"{composed}.foley.toml").write_text('prompt = "changed"\n')
    assert drop.once(prompt="of the command") == {f"{apart}.mp4": Outcome.DONE}


def test_a_timeline_finds_its_video_whose_name_is_written_otherwise(drop: Drop, clip: Path) -> None:
    composed, apart = (unicodedata.normalize(form, "Größe.mp4") for form in ("NFC", "NFD"))
    edit(drop.folder / "cut.otio", f"/Volumes/X/{composed}")
    edit(drop.folder / "windows.otio", "C:\\X\\CLIP.MP4")
    edit(drop.folder / "reel.otio", "/Volumes/X/clip")
    assert set(drop.once(prompt="clicks").values()) == {Outcome.FAILED}
    shutil.copy2(clip, drop.folder / apart)
    shutil.copy2(clip, drop.folder / "clip.mp4")
    assert drop.once(prompt="clicks") == dict.fromkeys(
        ("cut.otio", "windows.otio", "reel.otio"), Outcome.DONE
    )
    assert f"since this timeline refers to it: {apart}" in drop.report("cut.otio")


def test_a_timeline_of_sound_alone_is_not_told_of_options_of_other_commands(drop: Drop, clip: Path) -> None:
    cut = edit(drop.folder / "cut.otio", clip.as_uri())
    cut.write_text(cut.read_text().replace('"Video"', '"Audio"'))
    assert drop.once(prompt="clicks") == {"cut.otio": Outcome.FAILED}
    assert "cut.otio has no picture, only sound; export it with its video tracks. (reason" in drop.report(
        "cut.otio"
    )


def test_a_timeline_is_done_by_its_markers_and_its_video_not_alone(drop: Drop, clip: Path) -> None:
    # Of a machine where the media lay elsewhere.
    edit(drop.folder / "cut.otio", "/Volumes/X/clip.mp4", {"fx: bang | music": 5})
    shutil.copy2(clip, drop.folder / "clip.mp4")
    assert drop.once(prompt="clicks") == {"cut.otio": Outcome.DONE}
    report = drop.report("cut.otio")
    assert "By the markers of cut.otio" in report
    assert "cue-1 01:00:00:05 to 01:00:00:20 (15 frames) fx: bang not: music" in report
    assert "not done alone, since this timeline refers to it: clip.mp4" in report
    # Also when it is looked at again, and only the video was touched.
    touch(drop.folder / "clip.mp4")
    assert drop.once(prompt="clicks") == {}
    text = (drop.own / "cut.otio" / "cut.otio").read_text()
    assert '"/Volumes/X/clip.mp4"' in text, "references of the editor stay as they are"
    read = otio.adapters.read_from_string(text, "otio_json")
    placed = read.audio_tracks()[0].find_clips()[0]
    assert placed.range_in_parent().start_time.value == 5
    assert Path(otio.url_utils.filepath_from_url(placed.media_reference.target_url)).is_file()


def test_names_that_a_program_gave_to_markers_are_no_prompts(drop: Drop, clip: Path) -> None:
    edit(drop.folder / "cut.otio", clip.as_uri(), {"Marker 1": 5, "Marker 12": 9})
    assert drop.once() == {"cut.otio": Outcome.FAILED}
    assert (
        "nothing says what should be heard in cut.otio; name its markers, which are named by the program, "
        "not by you, write prompt"
    ) in drop.report("cut.otio")
    (drop.folder / "foley.toml").write_text('prompt = "clicks"\n')
    assert drop.once() == {"cut.otio": Outcome.DONE}
    report = drop.report("cut.otio")
    assert "By foley.toml" in report
    assert "01:00:00:00 to 01:00:00:20 (20 frames) foley: clicks" in report
    assert (
        "its markers (Marker 1, Marker 12) are named by the program, not by you: name them by what should be "
        "heard"
    ) in report


def test_notes_of_markers_are_prompts_where_nothing_else_says_any(drop: Drop, clip: Path) -> None:
    edit(drop.folder / "cut.otio", clip.as_uri(), {"Marker 1": 5}, note="fx: clicks, takes=2")
    assert drop.once() == {"cut.otio": Outcome.DONE}
    report = drop.report("cut.otio")
    assert "By the markers of cut.otio" in report
    assert "cue-1 01:00:00:05 to 01:00:00:20 (15 frames) fx: clicks" in report
    assert "named by the program" not in report
    (drop.folder / "foley.toml").write_text('prompt = "rain"\n')
    edit(drop.folder / "other.otio", clip.as_uri(), {"Marker 1": 6}, note="fx: clicks")
    assert drop.once() == {"other.otio": Outcome.DONE}
    assert "foley: rain" in drop.report("other.otio")


def test_where_markers_are_no_prompts_the_report_says_what_goes_before_them(drop: Drop, clip: Path) -> None:
    edit(drop.folder / "cut.otio", clip.as_uri(), {"unplayable": 5})
    assert drop.once(prompt="clicks") == {"cut.otio": Outcome.FAILED}
    assert "- write a prompt into cut.foley.toml: it goes before the markers" in drop.report("cut.otio")
    assert "the markers of cut.otio: the fake engine cannot play this" in drop.report("cut.otio")
    (drop.folder / "cut.foley.toml").write_text('prompt = "clicks"\n')
    assert drop.once() == {"cut.otio": Outcome.DONE}


@pytest.mark.slow
def test_a_timeline_whose_media_come_late_is_done_when_they_have_come(drop: Drop, clip: Path) -> None:
    edit(drop.folder / "cut.otio", "clip.mp4")
    assert drop.once(prompt="clicks") == {"cut.otio": Outcome.FAILED}
    assert "clip.mp4" in drop.report("cut.otio")
    assert drop.once(prompt="clicks") == {}
    shutil.copy2(clip, drop.folder / "clip.mp4")
    assert drop.once(prompt="clicks") == {"cut.otio": Outcome.DONE}
    assert drop.results() == ["cut.otio"]
    assert drop.once(prompt="clicks") == {}


@pytest.mark.slow
def test_a_bundle_has_its_media_beside_the_results(drop: Drop, clip: Path, tmp_path: Path) -> None:
    edit(tmp_path / "cut.otio", clip.as_uri())
    timeline = otio.adapters.read_from_file(str(tmp_path / "cut.otio"))
    otio.adapters.write_to_file(timeline, str(drop.folder / "cut.otioz"))
    assert drop.once(prompt="clicks") == {"cut.otioz": Outcome.DONE}
    made = drop.own / "cut.otioz"
    read = otio.adapters.read_from_file(str(made / "cut.otio"))
    url = read.video_tracks()[0].find_clips()[0].media_reference.target_url
    assert (made / url).read_bytes() == clip.read_bytes()
    assert "media: what cut.otioz had in it, unpacked" in drop.report("cut.otioz")


@pytest.mark.slow
def test_fcp7_xml_comes_back_as_fcp7_xml_too(drop: Drop, clip: Path, tmp_path: Path) -> None:
    timeline = otio.adapters.read_from_file(str(edit(tmp_path / "cut.otio", clip.as_uri())))
    otio.adapters.write_to_file(timeline, str(drop.folder / "cut.xml"), "fcp_xml")
    (drop.folder / "C0001M01.XML").write_text('<?xml version="1.0"?><NonRealTimeMeta/>')
    assert drop.once(prompt="clicks") == {"cut.xml": Outcome.DONE}, "a camera's own XML is none of ours"
    text = (drop.own / "cut.xml" / "cut.xml").read_text()
    assert ".making-" not in text
    assert (drop.own / "cut.xml" / "cut_foley_cue-1_take1.wav").as_uri().removeprefix("file://") in text


def test_what_a_reader_assumed_is_said_with_what_to_do(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    (drop.folder / "cut.edl").write_text(
        "TITLE: cut\n\n001  clip  V  C  00:00:00:00 00:00:00:20 00:00:00:00 00:00:00:20\n"
        "* FROM CLIP NAME: clip.mp4\n"
    )
    drop.once(prompt="clicks")
    assert "does not say its frame rate; it is taken as 24; " in drop.report("cut.edl")
    assert "--edl-rate" in drop.report("cut.edl")


@pytest.mark.slow
def test_what_is_archived_is_moved_and_the_timeline_points_there(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    (drop.folder / "clip.foley.toml").write_text('prompt = "clicks"\n')
    drop.once(archive=True)
    archived = drop.own / "archive" / "clip.mp4"
    assert archived.read_bytes() == clip.read_bytes()
    assert sorted(path.name for path in drop.folder.iterdir()) == ["foley"]
    text = (drop.own / "clip.mp4" / "clip.otio").read_text()
    assert archived.as_uri() in text
    assert str(drop.folder / "clip.mp4") not in text, "what a later refresh looks for is there, too"
    shutil.copy2(clip, drop.folder / "again.mp4")
    assert drop.once() == {"again.mp4": Outcome.KNOWN}


@pytest.mark.slow
def test_what_was_archived_and_is_dropped_again_goes_to_the_archive_too(drop: Drop, clip: Path) -> None:
    source, archive = drop.folder / "clip.mp4", drop.own / "archive"
    shutil.copy2(clip, source)
    assert drop.once(prompt="clicks", archive=True) == {"clip.mp4": Outcome.DONE}
    for number in (1, 2):
        shutil.copy2(clip, source)
        if number == 2:
            (archive / "clip.mp4").unlink()
        assert drop.once(prompt="clicks", archive=True) == {"clip.mp4": Outcome.KNOWN}
        assert not source.exists()
        assert sorted(path.name for path in archive.iterdir()) == ["clip.mp4", "clip.mp4 (2)"]
    assert drop.said("known") == [
        "clip.mp4: was done before, in foley/clip.mp4; it was moved to foley/archive/clip.mp4 (2)",
        "clip.mp4: was done before, in foley/clip.mp4; it was moved to foley/archive/clip.mp4",
    ], "the second time to where its results look for it"


def test_what_was_done_without_an_archive_stays_where_its_results_point_at_it(drop: Drop, clip: Path) -> None:
    source = Path(shutil.copy2(clip, drop.folder / "clip.mp4"))
    drop.once(prompt="clicks")
    touch(source)
    assert drop.once(prompt="clicks", archive=True) == {"clip.mp4": Outcome.KNOWN}
    assert source.exists()
    assert drop.said("known") == [
        "clip.mp4: was done before, in foley/clip.mp4; it stays in the folder, since its results point at it"
    ]


def test_a_sidecar_of_two_files_is_archived_with_the_last_of_them(drop: Drop, clip: Path) -> None:
    for name in ("a.mp4", "a.mov"):
        (drop.folder / name).write_bytes(clip.read_bytes() + b"\0\0\0\x09free" + name[-1:].encode())
    (drop.folder / "a.foley.toml").write_text('prompt = "clicks"\n')
    assert drop.once(archive=True, jobs=1) == {"a.mp4": Outcome.DONE, "a.mov": Outcome.DONE}
    assert sorted(path.name for path in drop.folder.iterdir()) == ["foley"]
    archived = sorted(path.name for path in (drop.own / "archive").iterdir())
    assert archived == ["a.foley.toml", "a.mov", "a.mp4"]


def test_what_nothing_is_asked_for_says_so_and_is_done_once_something_is(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    assert drop.once() == {"clip.mp4": Outcome.FAILED}
    assert "nothing says what should be heard in clip.mp4" in drop.report("clip.mp4")
    lines = (drop.own / "failed" / "clip.mp4" / "report.txt").read_text().splitlines()
    assert f"  - foley watch --retry clip.mp4 {drop.folder}" in lines, "to be copied in one piece"
    assert drop.once() == {}, "it is not tried again of itself"
    (drop.folder / "foley.toml").write_text('prompt = "clicks"\n')
    assert drop.once() == {"clip.mp4": Outcome.DONE}
    assert drop.results() == ["clip.mp4"], "the report that it failed is taken back"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "clip.foley.toml",
            'prompt = "a"\ntakse = 2\n',
            "clip.foley.toml, line 2, column 1: there is no 'takse'",
        ),
        ("clip.csv", "In,Out,Prompt\n00:00:00:20,00:00:00:10,a\n", "clip.csv, line 2, column 2 (Out)"),
        ("foley.toml", "takes = 99\n", "foley.toml, line 1, column 1: takes must be"),
        (
            "clip.foley.toml",
            'prompt = "a"\nlayer = "x"\n',
            "clip.foley.toml, line 2, column 1: there is no layer",
        ),
        ("foley.toml", 'engine = "x"\n', "foley.toml, line 1, column 1: there is no engine 'x'"),
        (
            "foley.toml",
            "[options]\nzz = 1\n",
            "foley.toml, line 2, column 1: the fake engine has no option 'zz'",
        ),
        (
            "foley.toml",
            'prompt = "unplayable"\n',
            "foley.toml, line 1, column 1: the fake engine cannot play this",
        ),
    ],
)
def test_a_bad_sidecar_is_a_report_with_the_place(
    drop: Drop, clip: Path, name: str, text: str, said: str
) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    (drop.folder / name).write_text(text)
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.FAILED}
    report = drop.report("clip.mp4")
    assert said in report
    assert f"- change {'clip.foley.toml' if name == 'foley.toml' else name}" in report
    assert f"foley watch --retry clip.mp4 {drop.folder}" in report
    assert drop.results() == ["failed"]
    (drop.folder / name).write_text('prompt = "b"\n' if name.endswith("toml") else "In,Prompt\n0,b\n")
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.DONE}


@pytest.mark.slow
def test_what_failed_is_tried_again_when_asked_or_dropped_again(drop: Drop, clip: Path) -> None:
    source = drop.folder / "clip.mp4"
    source.write_bytes(b"this is no video" * 100)
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.FAILED}
    assert drop.once(prompt="clicks") == {}
    retry(drop.folder, "clip.mp4")
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.FAILED}
    touch(source)
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.FAILED}
    shutil.copy2(clip, source)
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.DONE}
    assert [entry.attempt for entry in overview(drop.folder).entries] == [4]


@pytest.mark.slow
def test_a_timeline_that_never_gets_its_end_does_not_hold_the_videos(drop: Drop, clip: Path) -> None:
    (drop.folder / "cut.otio").write_text('{"OTIO_SCHEMA": "Timeline.1", ')
    (drop.folder / "cut.otioz").write_bytes(b"PK, and no more")
    shutil.copy2(clip, drop.folder / "clip.mp4")
    assert drop.once(prompt="clicks") == {
        "clip.mp4": Outcome.DONE,
        "cut.otio": Outcome.FAILED,
        "cut.otioz": Outcome.FAILED,
    }


def test_what_has_lost_its_results_is_done_again_when_asked(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    drop.once(prompt="clicks")
    with pytest.raises(NotThere):
        retry(drop.folder, "clip.mp4")
    shutil.rmtree(drop.own / "clip.mp4")
    assert drop.once(prompt="clicks") == {}
    touch(drop.folder / "clip.mp4")
    drop.once(prompt="clicks")
    command = f"foley watch --retry clip.mp4 {drop.folder}"
    assert drop.said("known") == [
        f"clip.mp4: was done before, in foley/clip.mp4, which is gone; {command} makes it anew"
    ]
    retry(drop.folder, "clip.mp4")
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.DONE}
    assert drop.results() == ["clip.mp4"]


def test_the_longest_name_has_room_for_a_number(drop: Drop, clip: Path) -> None:
    name = "ö" * 125 + "x.mp4"
    source = Path(shutil.copy2(clip, drop.folder / name))
    drop.once(prompt="clicks")
    source.write_bytes(clip.read_bytes() + b"\0\0\0\x08free")
    assert drop.once(prompt="clicks") == {name: Outcome.DONE}
    assert drop.results() == sorted([name, "ö" * 125 + "x (2)"])


def test_what_cannot_be_read_fails_once(drop: Drop, clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    (drop.folder / "clip.foley.toml").write_text("takes = 1\n")

    def refused(path: Path, _: object) -> str:
        raise PermissionError(13, "Permission denied", str(path))

    with monkeypatch.context() as patch:
        patch.setattr(work, "content_of", refused)
        assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.FAILED}
        assert drop.once(prompt="clicks") == {}
    assert "cannot be read (Permission denied); give permission and try again" in drop.report("clip.mp4")
    retry(drop.folder, "clip.mp4")
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.DONE}


def test_the_engine_failing_is_a_report(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    (drop.folder / "foley.toml").write_text('prompt = "clicks"\noptions = { crash = "raise" }\n')
    assert drop.once() == {"clip.mp4": Outcome.FAILED}
    assert "the fake engine was told to fail" in drop.report("clip.mp4")
    assert drop.results() == ["failed"]


def test_what_was_made_says_what_it_cost_and_why_a_cue_was_not(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    (drop.folder / "clip.foley.toml").write_text(
        'prompt = "clicks"\nhandles = 0\n[options]\nblind = "100"\n'
        "[[cues]]\nstart = 0\nduration = 0.2\n[[cues]]\nstart = 0.3\n"
    )
    assert drop.once() == {"clip.mp4": Outcome.PARTLY}
    page = (drop.own / "clip.mp4" / "clip_cues.html").read_text()
    assert "<b>Not made:</b> the fake engine is dazzled; show it something darker" in page
    assert re.search(r"<dt>time taken</dt><dd>finding the cues \d+\.\d s, .*, placing \d+\.\d s</dd>", page)
    assert re.search(r"<dt>memory</dt><dd>[\d,]+ MiB at most</dd>", page)
    assert "FAILED (clip.foley.toml, line 8): the fake engine is dazzled" in drop.report("clip.mp4")
    (entry,) = overview(drop.folder).entries
    assert entry.message.startswith("1 of 2 cues failed: clip.foley.toml, line 8: the fake engine is dazzled")
    with (drop.own / "clip.mp4" / "clip_cues.csv").open(encoding="utf-8-sig") as table:
        notes = [row["Notes"] for row in csv.DictReader(table)]
    assert notes == ["", "not made: the fake engine is dazzled; show it something darker"]
    assert re.search(r"Memory of the daemon: [\d,]+ MiB at most\.", drop.report("clip.mp4"))


def test_a_cue_that_cannot_be_planned_is_said_with_its_line(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    (drop.folder / "clip.csv").write_text("In,Out,Prompt\n0,0.4,clicks\n0,0.4,unplayable\n0.4,,clicks\n")
    assert drop.once() == {"clip.mp4": Outcome.PARTLY}
    assert "FAILED (clip.csv, line 3): the fake engine cannot play this" in drop.report("clip.mp4")
    assert "Other takes: change clip.csv, its columns Takes, Seed or Prompt; new results" in drop.report(
        "clip.mp4"
    )


@pytest.mark.slow
def test_partly_done_is_delivered_and_can_be_tried_again(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    (drop.folder / "clip.foley.toml").write_text('prompt = ["clicks", "unplayable"]\n')
    assert drop.once() == {"clip.mp4": Outcome.PARTLY}
    assert "FAILED: the fake engine cannot play this" in drop.report("clip.mp4")
    assert drop.once() == {}
    retry(drop.folder, "clip.mp4")
    assert drop.once() == {"clip.mp4": Outcome.PARTLY}
    assert drop.results() == ["clip.mp4", "clip.mp4 (2)"]


def test_temporary_names_links_out_and_our_own_folder_are_left_alone(
    drop: Drop, clip: Path, tmp_path: Path
) -> None:
    for name in ("a.mp4.part", ".b.mp4", "~c.mp4", "d.mp4.crdownload", "e.txt"):
        shutil.copy2(clip, drop.folder / name)
    outside = Path(shutil.copy2(clip, tmp_path / "outside.mp4"))
    os.symlink(outside, drop.folder / "link.mp4")
    os.symlink("inside.mov", drop.folder / "in.mp4")
    os.mkfifo(drop.folder / "pipe.mp4")
    (drop.folder / "folder.mp4").mkdir()
    shutil.copy2(clip, drop.folder / "foley.mp4")
    drop.own.mkdir()
    shutil.copy2(clip, drop.own / "ours.mp4")
    assert set(drop.once(prompt="clicks")) == {"foley.mp4"}


@pytest.mark.slow
def test_names_that_are_hard(drop: Drop, clip: Path) -> None:
    names = ["ein Café 100%.mp4", "日本語 'x' \"y\".mp4", "failed.mp4", "a#b?c.mp4"]
    for name in names:
        shutil.copy2(clip, drop.folder / name)
    assert drop.once(prompt="clicks") == dict.fromkeys(names, Outcome.DONE)
    for name in names:
        read = otio.adapters.read_from_file(str(next((drop.own / name).glob("*.otio"))))
        url = read.audio_tracks()[0].find_clips()[0].media_reference.target_url
        assert soundfile.info(otio.url_utils.filepath_from_url(url)).frames > 0
        assert json.loads(next((drop.own / name).glob("*.otio")).read_text())


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_name_that_is_no_text_is_said_once_to_be_left(drop: Drop, clip: Path) -> None:
    name = os.fsencode(drop.folder) + b"/Gr\xf6\xdfe.mp4"
    shutil.copy2(clip, name)
    shutil.copy2(clip, drop.folder / "a.mp4")
    assert drop.once(prompt="clicks") == {"a.mp4": Outcome.DONE}
    assert drop.said("left") == [
        "Gr\ufffd\ufffde.mp4: left as it is, for its name is not in UTF-8; rename it"
    ]


@pytest.mark.slow
def test_results_that_vanish_with_what_is_remembered_are_made_again(drop: Drop, clip: Path) -> None:
    shutil.copy2(clip, drop.folder / "clip.mp4")
    drop.once(prompt="clicks")
    shutil.rmtree(drop.own)
    assert drop.once(prompt="clicks") == {"clip.mp4": Outcome.DONE}
    assert drop.results() == ["clip.mp4"]
