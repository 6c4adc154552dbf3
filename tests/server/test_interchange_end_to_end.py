"""Timelines of other kinds through the command and a real daemon: found media, exact takes, what is said."""

from __future__ import annotations

import json
import re
import zipfile
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import opentimelineio as otio
import pytest
import wavinfo

from edits import clip, gap, span, time, timeline, track
from foleyd.cli.main import run
from foleyd.client import Daemon
from foleyd.interchange.reading import read_any
from foleyd.interchange.writing import write_any
from foleyd.request import Document
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.placement import read_placements

START = 25 * 3600
Printed = pytest.CaptureFixture[str]


def cut(path: Path, *urls: str, markers: Any = ()) -> Path:
    """An edit at 25 from 01:00:00:00: each url for 40 frames from frame 5 of two seconds, 10 frames apart."""
    shots: list[Any] = []
    for number, url in enumerate(urls):
        shots += [clip(f"shot{number}", span(5, 40, 25), span(0, 50, 25), url=url), gap(10, 25)]
    made = timeline(track(*shots, name="V1"), start=time(START, 25))
    made.tracks.markers.extend(markers)
    document = Document(write_document(made), path.parent, path.name)
    if path.suffix == ".otio":
        path.write_bytes(document.json)
    else:
        write_any(document, path, ())
    return path


def marker(name: str, at: int, note: str) -> otio.schema.Marker:
    return otio.schema.Marker(name=name, marked_range=span(at, 10, 25), comment=note)


@pytest.fixture
def footage(tmp_path: Path, flashes: Path) -> Path:
    folder = tmp_path / "disk/day 1"
    folder.mkdir(parents=True)
    (folder / "a.mp4").hardlink_to(flashes)
    return tmp_path / "disk"


@pytest.mark.slow
def test_xml_in_with_media_elsewhere_and_xml_out(
    daemon: Daemon, footage: Path, tmp_path: Path, capsys: Printed
) -> None:
    source = cut(tmp_path / "cut.xml", "D:\\footage\\day 1\\a.mp4", "/gone/b.mp4")
    out = tmp_path / "with.xml"
    words = [
        "--clip",
        "shot0",
        "--prompt",
        "x",
        "--engine",
        "fake",
        "--seed",
        "7",
        "--json",
        "--handles",
        "3",
    ]
    assert run(["timeline", str(source), "-o", str(out), *words]) == 2
    assert json.loads(capsys.readouterr().out)["error"]["reason"] == "MEDIA_OFFLINE"
    words += ["--media-root", str(footage)]
    assert run(["timeline", str(source), "-o", str(out), *words]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["timeline"] == str(out)
    back = read_document(read_any(out).document.json, "with.xml")
    (found,) = read_placements(back)
    assert (found.record.start, found.record.end, found.enabled) == (0, 40, True)
    take = Path(said["cues"][0]["takes"][0]["path"])
    assert found.url == f"file://localhost{take}"
    (sound,) = back.audio_tracks()[0].find_clips()
    held = sound.media_reference.available_range
    assert held == span(START - 3, 46, 25)
    assert sound.source_range == span(START, 40, 25)
    assert wavinfo.WavInfoReader(str(take)).bext.time_reference == (START - 3) * 1920
    assert [c.media_reference.target_url for c in back.video_tracks()[0].find_clips()] == [
        "file://localhost/D%3a/footage/day%201/a.mp4", "file://localhost/gone/b.mp4",
    ]  # fmt: skip


def test_what_is_missing_is_said_clip_by_clip_and_the_rest_is_done(
    daemon: Daemon, footage: Path, tmp_path: Path, capsys: Printed
) -> None:
    (footage / "x").mkdir()
    (footage / "y").mkdir()
    for folder in ("x", "y"):
        (footage / folder / "b.mp4").touch()
    source = cut(tmp_path / "cut.otio", "/old/day 1/a.mp4", "/old/b.mp4")
    words = ["--track", "1", "--prompt", "x", "--engine", "fake", "--media-root", str(footage)]
    assert run(["timeline", str(source), "-o", str(tmp_path / "o.otio"), *words]) == 4
    said = capsys.readouterr().err
    assert "failed: cue-2" in said
    assert "2 files may be meant" in said
    (footage / "x/b.mp4").unlink()
    (footage / "x/b.mp4").hardlink_to(footage / "day 1/a.mp4")
    words += ["--relink", f"/old/b.mp4={footage / 'x/b.mp4'}"]
    assert run(["timeline", str(source), "-o", str(tmp_path / "p.otio"), *words]) == 0
    written = read_document((tmp_path / "p.otio").read_bytes(), "p")
    urls = [c.media_reference.target_url for c in written.video_tracks()[0].find_clips()]
    assert urls == ["/old/day 1/a.mp4", "/old/b.mp4"]


def test_a_bundle_in_is_a_bundle_out_with_all_that_was_made(
    daemon: Daemon, flashes: Path, tmp_path: Path, capsys: Printed
) -> None:
    source = tmp_path / "cut.otioz"
    otio.adapters.write_to_file(
        read_document(cut(tmp_path / "cut.otio", str(flashes)).read_bytes(), "cut"), str(source)
    )
    out = tmp_path / "with.otioz"
    words = ["--prompt", "x", "--engine", "fake", "--takes", "2", "--bundle", "--cue-sheet", "--json"]
    assert run(["timeline", str(source), "-o", str(out), *words]) == 0
    said = json.loads(capsys.readouterr().out)
    takes, page = said["cues"][0]["takes"], Path(said["cue_page"])
    links = [unquote(link) for link in re.findall(r'<a [^>]*href="([^"]+)"', page.read_text("utf-8"))]
    assert "./../with.otioz" in links
    assert all((page.parent / link).is_file() for link in links)
    with zipfile.ZipFile(out) as archive:
        names = set(archive.namelist())
        inside = {f"media/{Path(take['path']).name}" for take in takes}
        assert names == {"content.otio", "version.txt", f"media/{flashes.name}", *inside}
        assert all(
            archive.read(name) == Path(take["path"]).read_bytes()
            for take, name in zip(takes, sorted(inside), strict=True)
        )
    assert not (tmp_path / "with.media").exists()
    again = read_any(out, unpack_to=tmp_path / "again")
    unpacked = read_document(again.document.json, "again")
    files = [again.document.base_folder / c.media_reference.target_url for c in unpacked.find_clips()]
    assert len(files) == 3
    assert all(path.is_file() for path in files)


def test_notes_of_markers_are_followed_cue_by_cue(
    daemon: Daemon, flashes: Path, tmp_path: Path, capsys: Printed
) -> None:
    notes = [
        marker("door", 0, "takes=2 seed=5 handles=0"),
        marker("fx: glass", 12, "negative: music\nplease"),
        marker("rain", 24, "engine=hunyuan"),
    ]
    source = cut(tmp_path / "cut.otio", str(flashes), markers=notes)
    words = ["--markers", "--engine", "fake", "--seed", "1", "--json"]
    assert run(["timeline", str(source), "-o", str(tmp_path / "o.otio"), *words]) == 4
    printed = capsys.readouterr()
    assert "cue-3 asks for the engine hunyuan" in printed.err
    door, glass, rain = json.loads(printed.out)["cues"]
    assert [take["seed"] for take in door["takes"]] == [5, 6]
    assert (door["takes"][0]["source_in_samples"], door["takes"][0]["samples"]) == (0, 11 * 1920)
    assert (glass["layer"], glass["takes"][0]["source_in_samples"]) == ("fx", 12 * 1920)
    assert rain["takes"] == []
    made = read_document((tmp_path / "o.otio").read_bytes(), "o")
    notes_of = {each.cue_id: each.metadata for each in read_placements(made)}
    assert notes_of["cue-1"]["handles"] == 0
    assert notes_of["cue-2"]["negative_prompt"] == "music"


def test_an_edl_is_read_at_the_rate_that_is_said(
    daemon: Daemon, footage: Path, tmp_path: Path, capsys: Printed
) -> None:
    source = tmp_path / "cut.edl"
    source.write_text(
        "TITLE: cut\n001 A V C 00:00:00:05 00:00:01:15 01:00:00:00 01:00:01:10\n* FROM CLIP NAME: a.mp4\n"
    )
    words = ["--edl-rate", "25", "--media-root", str(footage), "--json"]
    assert run(["clips", str(source), *words]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["clips"][0]["media"] == str(footage / "day 1/a.mp4")
    assert found["start"] == {"value": START, "rate": 25, "rate_exact": "25/1"}
    assert Fraction(found["clips"][0]["duration"]["value"]) == 35


def test_clips_says_why_media_cannot_be_had(
    daemon: Daemon, footage: Path, tmp_path: Path, capsys: Printed
) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "b.mp4").touch()
    made = timeline(track(clip("b", span(0, 24), span(0, 100), url="/gone/b.mp4")), start=time(86400))
    source = tmp_path / "cut.otio"
    source.write_bytes(write_document(made))
    words = ["clips", str(source), "--media-root", str(tmp_path)]
    assert run(words) == 0
    printed = capsys.readouterr()
    assert "missing: /gone/b.mp4" in printed.out
    assert f"2 files may be meant ({tmp_path}/one/b.mp4, {tmp_path}/two/b.mp4)" in printed.err
    assert run([*words, "--json"]) == 0
    (warning,) = json.loads(capsys.readouterr().out)["warnings"]
    assert "2 files may be meant" in warning["what"]


def test_spotted_first_marked_and_then_made(
    daemon: Daemon, flashes: Path, tmp_path: Path, capsys: Printed
) -> None:
    source = cut(tmp_path / "cut.otio", str(flashes))
    marked = tmp_path / "spotted.otio"
    words = ["--range", "0", "0.4", "--prompt", "fx: door", "--seed", "3", "--takes", "2"]
    assert run(["cues", str(source), *words, "--otio", str(marked), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["otio"], said["colour"]) == (str(marked), "GREEN")
    assert run(["cues", str(source), *words, "--otio", str(marked)]) == 2
    assert "exists already" in capsys.readouterr().err
    assert run(["cues", str(marked), "--markers", "--colour", "green", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["cues"] == said["cues"]
    assert run(["cues", str(flashes), "--otio", str(tmp_path / "x.otio")]) == 2
