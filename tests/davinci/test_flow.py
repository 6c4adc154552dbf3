"""From the menu entry to takes on the timeline, with a real daemon and the engine for the tests."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import soundfile
from foley_davinci import foley_generate
from foley_davinci.asking import default_folder

from clipmaker import make_clip
from davinci.stage import Editor, Stage, clip_spec
from resolve_emulator.model import Project

FRAMES = 50


@pytest.fixture(scope="module")
def flashes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "flashes.mp4", frames=FRAMES, size=(96, 64))


def well(person: Editor) -> Editor:
    """PERSON, once all that was told is good."""
    assert person.sentence == ""
    assert person.receipt
    assert all(cells[0] == "OK" for cells in person.receipt)
    return person


def test_selected_clips_get_takes_on_tracks_of_their_own(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path, tmp_path: Path
) -> None:
    stage = make(clip_spec(flashes, "25", FRAMES, selection=["flashes.mp4"], audio=[{"name": "Dialogue"}]))
    before = stage.snapshot()
    person = well(stage.click("generate", answer(takes=3)))
    assert person.questions[0].sources[0]["label"] == "1 selected clip"
    assert person.questions[0].sources[0]["lines"] == ["01:00:00:00 – 01:00:02:00  flashes.mp4"]
    assert stage.tracks() == [
        ("Dialogue", "stereo", []),
        ("Foley: foley", "mono", [(90_000, 90_050, True)]),
        ("Foley: foley (take 2)", "mono", [(90_000, 90_050, False)]),
        ("Foley: foley (take 3)", "mono", [(90_000, 90_050, False)]),
    ]
    assert [
        (wish["startFrame"], wish["endFrame"], wish["recordFrame"], wish["trackIndex"], wish["mediaType"])
        for wish in stage.appended()
    ] == [(12, 62, 90_000, track, 2) for track in (2, 3, 4)]
    assert stage.host.page == before["page"]
    assert stage.snapshot()["current_bin"] == before["current_bin"]
    bins = stage.snapshot()["bins"]["bins"]
    assert [(outer["name"], [inner["name"] for inner in outer["bins"]]) for outer in bins] == [
        ("Foley", ["Cut 1"])
    ]
    (first, *_) = sorted((tmp_path / "sound").glob("*.wav"))
    assert soundfile.info(first).frames >= (12 + 50 + 1) * 1920
    stage.click("remove")
    assert stage.snapshot() == before
    assert len(list((tmp_path / "sound").glob("*.wav"))) == 3


def test_marks_then_the_playhead_then_all_is_what_is_meant(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    spec = clip_spec(flashes, "25", FRAMES, marks=[10, 34], playhead="01:00:01:00")
    stage = make(spec, "20.3")
    person = well(stage.click("generate", answer()))
    assert [source["key"] for source in person.questions[0].sources] == ["marks", "playhead", "timeline"]
    assert "does not tell scripts what is selected" in person.questions[0].notes[0]
    assert stage.tracks()[-1][2] == [(90_010, 90_035, True)], "the frame of the mark out is among them"
    person = well(stage.click("generate", answer(source="playhead")))
    assert stage.tracks()[-1][2] == [(90_000, 90_050, True)]
    assert make(spec, "18.5.0").click("generate", None).questions[0].sources[0]["key"] == "playhead"


def test_markers_say_what_is_heard_and_ours_are_left_out(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    markers = [
        {"frame": 5, "name": "fx: a click | voices", "duration": 10},
        {"frame": 20, "name": "clicks"},
        {"frame": 30, "name": "Marker 3", "note": "more clicks"},
        {"frame": 40, "name": "Marker 4"},
        {"frame": 41, "name": "old", "customData": "foleyd:1:cue-1"},
    ]
    stage = make(clip_spec(flashes, "25", FRAMES, markers=markers))
    before = stage.snapshot()
    person = well(stage.click("markers", answer(prompt="", markers=True)))
    assert not person.questions[0].with_prompt
    assert sorted((name, items) for name, _, items in stage.tracks()[1:]) == [
        ("Foley: foley", [(90_020, 90_030, True), (90_030, 90_050, True)]),
        ("Foley: fx", [(90_005, 90_015, True)]),
    ]
    calls = stage.host.journal.calls("MediaPool.AppendToTimeline")
    assert [len(call.args[0]) for call in calls] == [2, 1], "one call lays all of a track"
    found = stage.snapshot()["timelines"][0]["markers"]
    assert [
        (marker["frame"], marker["name"], marker["duration"])
        for marker in found
        if marker["customData"].startswith("foleyd:") and marker["name"] != "old"
    ] == [(6, "Foley: fx", 9), (21, "Foley: foley", 9), (31, "Foley: foley", 19)]
    stage.click("remove")
    assert stage.snapshot() == before


@pytest.mark.slow
def test_redo_lays_another_take_and_disables_the_earlier(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    stage = make(clip_spec(flashes, "25", FRAMES))
    well(stage.click("generate", answer(prompt="first clicks")))
    placed = stage.snapshot()
    person = well(stage.click("redo", lambda question: answer(prompt=question.values["prompt"])))
    assert person.questions[0].values["prompt"] == "first clicks"
    assert person.questions[0].sources[0]["lines"] == ["01:00:00:00 – 01:00:02:00"]
    assert [items for _, _, items in stage.tracks()[1:]] == [
        [(90_000, 90_050, False)],
        [(90_000, 90_050, True)],
    ]
    stage.click("remove")
    assert stage.snapshot() == placed, "and the earlier take is heard again"
    stage.click("remove")
    person = stage.click("remove")
    assert "no sound on the timeline Cut 1" in person.sentence


@pytest.mark.slow
@pytest.mark.parametrize("colon", [True, False])
def test_a_later_job_finds_the_names_that_are_taken_with_and_without_a_colon(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path, colon: bool
) -> None:
    stage = make(clip_spec(flashes, "25", FRAMES), track_name_colon=colon)
    before = stage.snapshot()
    person = well(stage.click("generate", answer(takes=2)))
    names = ["Foley: foley", "Foley: foley (take 2)", "Foley: foley 2"]
    names = names if colon else [name.replace(":", "") for name in names]
    assert [row[1] for row in person.receipt] == names[:2]
    well(stage.click("redo", answer(takes=1)))
    assert [name for name, _, _ in stage.tracks()[1:]] == names
    for left in (names[:2], []):
        assert stage.click("remove").sentence == ""
        assert [name for name, _, _ in stage.tracks()[1:]] == left
    assert stage.snapshot() == before


@pytest.mark.slow
def test_what_is_wrong_in_the_question_is_said_and_asked_again(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    stage = make(clip_spec(flashes, "25", FRAMES))
    before = stage.snapshot()
    person = stage.click(
        "generate",
        answer(seed="x"),
        answer(seed="", folder="relative"),
        answer(prompt="a\x07b"),
        None,
    )
    assert "no seed" in person.problems[1]
    assert "not absolute" in person.problems[2]
    assert "control character" in person.problems[3]
    assert person.told == []
    assert stage.snapshot() == before


def test_a_cancelled_job_leaves_nothing(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path, tmp_path: Path
) -> None:
    stage = make(clip_spec(flashes, "25", FRAMES))
    before = stage.snapshot()
    person = stage.click("generate", answer(prompt="never heard"), cancels=True)
    assert person.told == []
    assert stage.snapshot() == before
    assert not list((tmp_path / "sound").glob("*")) if (tmp_path / "sound").exists() else True


def test_the_reading_of_the_timeline_can_be_cancelled(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    class Hasty(Editor):
        def progress(self, title: str, words: str, fraction: float | None, eta: float | None) -> bool:
            super().progress(title, words, fraction, eta)
            return words == "reading the timeline"

    stage = make(clip_spec(flashes, "25", FRAMES))
    before, person = stage.snapshot(), Hasty([answer()])
    stage.monkeypatch.setattr(foley_generate, "open_window", lambda host: person)
    foley_generate.run("generate", stage.host.menu_globals())
    assert person.words[-1] == "reading the timeline"
    assert person.told == [], "who cancels knows it"
    assert stage.snapshot() == before


def test_a_timeline_of_its_own_rate_is_told_and_begins_exactly(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    spec = clip_spec(flashes, "25", FRAMES, rate="25")
    spec["rate"] = "24"
    stage = make(spec)
    person = well(stage.click("generate", answer(), choices=["Make it all the same"]))
    assert any("25 frames a second, its project 24" in note for note in person.questions[0].notes)
    assert stage.tracks()[-1][2] == [(90_000, 90_050, True)]
    (wish,) = stage.appended()
    assert (wish["startFrame"], wish["endFrame"]) == (0, 48)


def test_an_export_that_shows_another_cut_stops_before_anything_is_made(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    stage = make(clip_spec(flashes, "25", FRAMES, video=[[
        {"path": str(flashes), "at": 0, "in": 0, "duration": 20},
        {"path": str(flashes), "at": 20, "in": 20, "duration": 30},
    ]]))  # fmt: skip
    before = stage.snapshot()
    stage.host.faults.add("TimelineItem.GetStart", "off_by_one")
    person = stage.click("generate", answer(source="timeline"))
    where = "only on the timeline 01:00:00:01, 01:00:00:21; only in the export 01:00:00:00"
    assert f"do not show the same cuts: {where}" in person.sentence
    assert "Nothing was made" in person.sentence
    assert stage.snapshot() == before


@pytest.mark.slow
def test_a_timeline_that_was_closed_meanwhile_is_waited_for(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    spec = clip_spec(flashes, "25", FRAMES)
    spec["timelines"].append({"name": "Other", "start": "00:00:00:00", "video": []})
    spec["current"] = "Cut 1"
    stage = make(spec)
    first, other = stage.host.project.timelines

    def leave(question: Any) -> dict[str, Any]:
        return answer(prompt="elsewhere")

    def come_back() -> str:
        stage.host.project.current = first
        return "Place it"

    class Wanderer(Editor):
        def progress(self, title: str, words: str, fraction: float | None, eta: float | None) -> bool:
            if fraction is not None and not self.chosen:
                stage.host.project.current = other
            return super().progress(title, words, fraction, eta)

    person = Wanderer([leave], choices=["Place it", come_back])
    stage.monkeypatch.setattr("foley_davinci.foley_generate.open_window", lambda host: person)
    foley_generate.run("generate", stage.host.menu_globals())
    well(person)
    assert len(person.chosen) == 2
    assert stage.tracks()[-1][2] == [(90_000, 90_050, True)]


@pytest.mark.slow
def test_a_project_that_was_closed_meanwhile_is_waited_for_and_taken_anew(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    stage = make(clip_spec(flashes, "25", FRAMES))
    first, other = stage.host.project, Project("Other")

    def leave(_question: Any) -> dict[str, Any]:
        return answer(prompt="in another project")

    def come_back() -> str:
        stage.host.project = copy.deepcopy(first)  # what scripts hold of the one before is dead
        first.current = None
        return "Place it"

    class Wanderer(Editor):
        def progress(self, title: str, words: str, fraction: float | None, eta: float | None) -> bool:
            if fraction is not None and not self.chosen:
                stage.host.project = other
            return super().progress(title, words, fraction, eta)

    person = Wanderer([leave], choices=["Place it", come_back])
    stage.monkeypatch.setattr(foley_generate, "open_window", lambda host: person)
    foley_generate.run("generate", stage.host.menu_globals())
    well(person)
    assert len(person.chosen) == 2
    assert stage.tracks()[-1][2] == [(90_000, 90_050, True)]


def test_titles_are_looked_through_and_hidden_tracks_are_not_seen(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    whole = {"path": str(flashes), "at": 0, "in": 0, "duration": FRAMES}
    video = [
        [whole],
        [{"generator": "Text", "at": 5, "duration": 20}],
        {"enabled": False, "clips": [{**whole, "at": 10, "duration": 10}]},
    ]
    stage = make(clip_spec(flashes, "25", FRAMES, video=video))
    person = well(stage.click("generate", answer(source="timeline")))
    assert not [line for line in person.told[0][0] if "cannot be had" in line]
    assert stage.tracks()[-1][2] == [(90_000, 90_050, True)]


@pytest.mark.slow
def test_a_fade_at_the_head_of_a_clip_is_not_taken_for_a_title(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    clip = {"path": str(flashes), "at": 0, "in": 0, "duration": FRAMES}
    stage = make(clip_spec(flashes, "25", FRAMES, video=[[clip, {"transition": [0, 12], "at": 0}]]))
    well(stage.click("generate", answer(source="timeline")))
    assert stage.tracks()[-1][2] == [(90_000, 90_050, True)]


@pytest.mark.slow
def test_the_rest_of_what_has_a_clip_without_a_file_is_made_where_it_is_wanted(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path, tmp_path: Path
) -> None:
    clip = {"path": str(flashes), "at": 0, "in": 0, "duration": FRAMES}
    about = {"name": "Compound 1", "kind": "Compound", "frames": 99}
    spec = clip_spec(flashes, "25", FRAMES, video=[[clip, {"nested": about, "at": FRAMES, "duration": 50}]])
    stage = make(spec)
    before, items = stage.snapshot(), stage.timeline.tracks["video"][0].items
    person = stage.click("generate", answer(source="timeline"), None)
    assert len(person.chosen) == 1
    assert "Compound 1 at 01:00:02:00 (Compound) has no file" in person.problems[1]
    stage.timeline.selection = items[1:]
    person = stage.click("generate", answer(), None, choices=["Make the rest"])
    assert person.chosen == [], "there is no rest to be made"
    assert "Compound 1 at 01:00:02:00" in person.problems[1]
    stage.timeline.selection = []
    assert stage.snapshot() == before
    assert not (tmp_path / "sound").exists()
    stage.timeline.selection = list(items)
    person = stage.click("generate", answer(), choices=["Make the rest"])
    assert person.sentence == ""
    assert stage.tracks()[1:] == [("Foley: foley", "mono", [(90_000, 90_050, True)])]
    (line,) = [line for line in person.told[0][0] if "Compound 1" in line]
    assert line.startswith("Not looked at: Compound 1 at 01:00:02:00 (Compound) has no file of its own")


@pytest.mark.slow
def test_a_part_without_picture_is_asked_about_before_it_is_made_from_the_words_alone(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    late = {"path": str(flashes), "at": 100, "in": 0, "duration": FRAMES}
    markers = [{"frame": 5, "name": "wind", "duration": 10}, {"frame": 110, "name": "clicks", "duration": 10}]
    stage = make(clip_spec(flashes, "25", FRAMES, video=[[late]], marks=[10, 39], markers=markers))
    before = stage.snapshot()
    person = stage.click("generate", answer(), None)
    assert person.problems[1].startswith("there is no picture at 01:00:00:10 – 01:00:01:15")
    assert stage.snapshot() == before
    person = well(stage.click("generate", answer(), choices=["Make it all the same"]))
    assert stage.tracks()[-1][2] == [(90_010, 90_040, True)]
    stage.timeline.marks.clear()
    person = well(stage.click("markers", answer(prompt="")))
    assert person.chosen == []
    said = "Made from the words alone, as there is no picture: 01:00:00:05 – 01:00:00:15"
    assert said in person.told[0][0]


@pytest.mark.slow
def test_marks_beyond_the_end_mean_what_there_is(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    stage = make(clip_spec(flashes, "25", FRAMES, marks=[40, 999]))
    well(stage.click("generate", answer()))
    assert stage.tracks()[-1][2] == [(90_040, 90_050, True)]
    beyond = make(clip_spec(flashes, "25", FRAMES, marks=[60, 999])).click("generate", None)
    assert [source["key"] for source in beyond.questions[0].sources] == ["playhead", "timeline"]


def test_where_there_is_no_picture_it_is_said_in_an_editors_words(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    title = {"generator": "Text", "at": 0, "duration": FRAMES}
    person = make(clip_spec(flashes, "25", FRAMES, video=[[title]])).click("generate", answer())
    assert "no picture on the timeline Cut 1" in person.sentence


def test_the_folder_at_first_fits_any_disk(
    make: Callable[..., Stage], answer: Callable[..., dict[str, Any]], flashes: Path
) -> None:
    for name in ("A/B: 1\\2", "😀" * 200, "x" * 300, "…", "ends in a dot.", "CON", "nul.v2"):
        folder = Path(default_folder(name, name))
        assert all(0 < len(part.encode()) <= 200 for part in folder.parts[-2:])
        assert folder.name == folder.parent.name
        assert not set('<>:"|?*\\/') & set(folder.name)
        assert folder.name.split(".")[0].upper() not in {"CON", "NUL"}
    spec = clip_spec(flashes, "25", FRAMES, name="A/B: 1\\2 🎬")
    stage = make({**spec, "name": ""})
    before = stage.snapshot()
    well(stage.click("generate", answer()))
    stage.click("remove")
    assert stage.snapshot() == before
