"""What the facts on Resolve leave open: the plugin is right either way, or says what it cannot do."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from foley_davinci.resolve_host import connect

from davinci import canned
from davinci.canned import FRAMES, GOOD, START, canned_stage, laid
from davinci.stage import Stage
from resolve_emulator.builder import build_project
from resolve_emulator.host import Host
from resolve_emulator.model import Folder, Item, Project, Track

ASKED = {"prompt": "steps", "folder": "/sound"}
MARKED = {**ASKED, "markers": True}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    return canned_stage(monkeypatch, tmp_path)


def ours(stage: Stage) -> list[dict[str, Any]]:
    """Our markers."""
    return [marker for marker in stage.timeline.markers.values() if marker["customData"]]


# ------------------------------------------------------------------------------------------------ markers


@pytest.mark.parametrize("rule", ["taken", "refused", "silent"])
def test_a_marker_whose_name_is_refused_has_a_plain_one(stage: Stage, rule: str) -> None:
    stage.host.quirks["marker_colon"] = rule
    before = stage.snapshot()
    person = stage.click("generate", MARKED)
    assert laid(stage) == GOOD
    (marker,) = ours(stage)
    assert marker["name"] == ("Foley: foley" if rule == "taken" else "Foley foley")
    assert marker["note"].startswith("steps\nseed 1\njob ")
    assert not any("marker" in line for line in person.told[0][0])
    stage.click("remove")
    assert stage.snapshot() == before


def test_a_marker_whose_note_is_refused_has_a_plain_one(stage: Stage) -> None:
    def no_prompt(args: list[Any]) -> list[Any]:
        return ["no frame", *args[1:]] if "steps" in args[3] else args

    stage.host.faults.add("Timeline.AddMarker", "change", change=no_prompt)
    assert stage.click("generate", MARKED).sentence == ""
    (marker,) = ours(stage)
    assert marker["note"].startswith("seed 1, job ")


@pytest.mark.parametrize("action", ["false", "none", "raises", "does_nothing"])
def test_a_marker_that_cannot_be_set_is_named_and_costs_no_take(stage: Stage, action: str) -> None:
    before = stage.snapshot()
    stage.host.faults.add("Timeline.AddMarker", action)
    person = stage.click("generate", MARKED)
    assert person.sentence == ""
    assert laid(stage) == GOOD
    assert [row[0] for row in person.receipt] == ["OK", "OK"]
    line = person.told[0][0][-1]
    assert line.startswith("No marker is over the sound at 01:00:00:00: Resolve did not take it. The sound")
    stage.host.faults.clear()
    stage.click("remove")
    assert stage.snapshot() == before


def test_where_each_frame_has_a_marker_it_is_said(stage: Stage) -> None:
    for frame in range(FRAMES):
        stage.timeline.markers[float(frame)] = dict(stage.timeline.markers[0.0])
    person = stage.click("generate", MARKED)
    assert laid(stage) == GOOD
    assert "each of its frames has one already" in person.told[0][0][-1]


# ------------------------------------------------------------------------------------------- the timeline


def test_a_take_on_the_last_clip_is_asked_for_again_whichever_frame_the_timeline_ends_at(
    stage: Stage,
) -> None:
    stage.host.quirks["end_frame"] = "inclusive"
    stage.click("generate", ASKED)
    person = stage.click("redo", {})
    assert person.sentence == ""
    assert [items[0][:2] for _, _, items in laid(stage)] == [(START, START + FRAMES)] * 4


def test_the_whole_timeline_has_its_last_frame(stage: Stage) -> None:
    stage.host.quirks["end_frame"] = "inclusive"
    sources = stage.click("generate", None).questions[0].sources
    (whole,) = [source for source in sources if source["key"] == "timeline"]
    assert whole["lines"][0].startswith("01:00:00:00 – 01:00:02:00")


@pytest.mark.parametrize("quirks", [{}, {"drop_semicolon": False}])
@pytest.mark.parametrize("rate", ["29.97 DF", "59.94 DF", "29.97", "59.94"])
def test_drop_frame_is_told_by_the_frame_that_the_timeline_starts_at(
    rate: str, quirks: dict[str, Any]
) -> None:
    host = Host("20.3", rate_style="plain_string", **quirks)
    build_project(host, {"rate": rate, "timelines": [{"start": "01:00:00:00"}]})
    found = connect(host.menu_globals())
    found.open_timeline()
    assert found.clock.drop is rate.endswith("DF")


def test_a_box_of_resolves_own_is_not_taken_for_no_timeline(stage: Stage) -> None:
    before = stage.snapshot()
    for blocked in ("all", "writes"):
        stage.host.quirks["modal_blocks"] = blocked
        stage.host.modal = "Project Settings"
        person = stage.click("generate", ASKED)
        stage.host.dismiss()
        assert "close" in person.sentence
        assert "dialog" in person.sentence
        assert "no timeline is open" not in person.sentence
        if stage.snapshot() != before:
            stage.click("remove")
        assert stage.snapshot() == before


def test_a_timeline_that_was_renamed_while_sound_was_made_gets_it(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stage.snapshot()

    def renamed(question: Any) -> dict[str, Any]:
        stage.timeline.name = "Cut 1 final"
        return ASKED

    stage.host.faults.add("Timeline.AddTrack", "false")
    assert "the timeline is as it was" in stage.click("generate", renamed).sentence
    stage.host.faults.clear()
    stage.timeline.name = "Cut 1"
    assert stage.snapshot() == before
    assert stage.click("generate", renamed).sentence == ""
    assert laid(stage) == GOOD
    assert stage.host.project.root.folders[0].folders[0].name == "Cut 1 final"


def test_a_page_that_is_late_is_waited_for(stage: Stage) -> None:
    def ready() -> None:
        while stage.host.page != "color":
            stage.host.page_comes()

    stage.host.go_to("color")
    stage.host.quirks["page_after"] = 5
    before = stage.snapshot()
    assert stage.click("generate", ASKED).sentence == ""
    assert laid(stage) == GOOD
    ready()
    assert stage.click("remove").sentence == ""
    ready()
    assert stage.snapshot() == before


@pytest.mark.parametrize("gone", ["Cut 1", "Foley", ""], ids=["the inner", "the outer", "another is open"])
def test_where_the_bin_is_gone_under_the_import_it_is_said_where_the_clips_are(
    stage: Stage, gone: str
) -> None:
    def away(_args: Any) -> None:
        stage.host.project.folder = stage.host.project.root
        if gone:
            stage.delete_bin(gone)

    before = stage.snapshot()
    stage.host.faults.add("MediaPool.ImportMedia", "before", change=away)
    person = stage.click("generate", ASKED)
    assert person.sentence == ""
    assert laid(stage) == GOOD
    line = "Resolve put sound files into the bin Master instead of Foley/Cut 1; Foley - Remove last takes"
    assert any(each.startswith(line) for each in person.told[0][0])
    person = stage.click("remove")
    assert (person.sentence, any("where you put" in each for each in person.told[0][0])) == ("", False)
    assert stage.snapshot() == before


def test_clips_that_went_astray_and_that_you_have_put_elsewhere_are_yours(stage: Stage) -> None:
    stage.host.faults.add("MediaPool.ImportMedia", "before", change=lambda _args: stage.delete_bin("Cut 1"))
    stage.click("generate", ASKED)
    root = stage.host.project.root
    picks = Folder("Picks", root)
    root.folders.append(picks)
    clip = stage.timeline.tracks["audio"][1].items[0].pool
    root.clips.remove(clip)
    picks.clips.append(clip)
    person = stage.click("remove")
    assert f"{clip.name} stays in the bin Picks, where you put it" in person.told[0][0]
    assert (picks.clips, clip.deleted) == ([clip], False)


def test_clips_that_went_astray_and_cannot_be_deleted_are_said_to_be_where_they_are(stage: Stage) -> None:
    before = stage.snapshot()
    stage.host.faults.add("MediaPool.ImportMedia", "before", change=lambda _args: stage.delete_bin("Cut 1"))
    stage.click("generate", ASKED)
    stage.host.faults.clear()
    stage.host.faults.add("MediaPool.DeleteClips", "false")
    assert "2 sound files in the bin Master" in stage.click("remove").sentence
    stage.host.faults.clear()
    assert stage.click("remove").sentence == ""
    assert stage.snapshot() == before


def test_a_timeline_that_is_closed_under_the_import_is_named(stage: Stage) -> None:
    original = stage.timeline

    def another(_args: Any) -> None:
        stage.host.adopt(stage.host.copy_timeline(original, "Cut 2"))

    stage.host.faults.add("MediaPool.ImportMedia", "before", change=another)
    assert "the timeline Cut 1 was closed while sound was placed" in stage.click("generate", ASKED).sentence


def test_what_was_added_to_a_project_that_is_not_open_any_more_is_not_forgotten(stage: Stage) -> None:
    before, project = stage.snapshot(), stage.host.project

    def another(_args: Any) -> None:
        stage.host.project = Project("Another")

    stage.host.faults.add("Timeline.AddTrack", "before", nth=1, change=another)
    sentence = stage.click("generate", ASKED).sentence
    assert "another timeline is open than Cut 1); open the timeline Cut 1 and run Foley - Remove" in sentence
    stage.host.faults.clear()
    stage.host.project = project
    assert stage.click("remove").sentence == ""
    assert stage.snapshot() == before


@pytest.mark.parametrize("says", [True, False])
def test_transitions_are_no_obstacle_whether_they_say_where_they_lie_or_not(stage: Stage, says: bool) -> None:
    fade = Item("Cross Dissolve", "transition", Fraction(START + FRAMES - 4), Fraction(8))
    stage.timeline.tracks["video"][0].items.append(fade)
    stage.host.quirks["transition_frames"] = says
    before = stage.snapshot()
    person = stage.click("generate", ASKED)
    assert person.sentence == ""
    (whole,) = [each for each in person.questions[0].sources if each["key"] == "timeline"]
    assert whole["lines"][0].startswith("01:00:00:00 – 01:00:02:00")
    assert laid(stage) == GOOD
    assert stage.click("redo", None).questions[0].sources[0]["lines"] == ["01:00:00:00 – 01:00:02:00"]
    stage.click("remove")
    assert stage.snapshot() == before


@pytest.mark.parametrize("numbers", ["as_said", "float"])
def test_the_version_is_known_whatever_its_numbers_are(numbers: str) -> None:
    found = connect(Host("18.6", "free", numbers=numbers).menu_globals())
    assert found.build.name == "DaVinci Resolve 18.6.0"
    assert found.build.own_windows


def test_a_clip_without_a_file_is_one_where_resolve_has_no_word_for_it(stage: Stage) -> None:
    (item,) = stage.timeline.tracks["video"][0].items
    item.pool.media, item.pool.kind = None, ""
    found = connect(stage.host.menu_globals())
    found.open_timeline()
    assert [each.without_file for each in found.picture()] == ["a clip"]


# ------------------------------------------------------------------------------------------ clips and files


def test_a_copy_of_the_timeline_keeps_its_sound_where_uses_are_counted_late(stage: Stage) -> None:
    stage.host.quirks["usage_count"] = "late"
    stage.click("generate", ASKED)
    original = stage.timeline
    stage.host.adopt(stage.host.copy_timeline(original, "Cut 2"))
    theirs = [track.items[0] for track in stage.timeline.tracks["audio"][1:3]]
    stage.host.project.current = original
    assert stage.click("remove").sentence == ""
    assert laid(stage) == []
    assert all(item.pool.online and not item.pool.deleted for item in theirs)


@pytest.mark.parametrize("counted", [True, False, "late"])
def test_takes_that_could_not_be_deleted_keep_their_clips_where_tracks_are_counted_late(
    stage: Stage, counted: Any
) -> None:
    before = stage.snapshot()
    stage.host.quirks.update(stale_track_count=True, usage_count=counted)
    stage.host.faults.add("TimelineItem.GetLeftOffset", "off_by_one")
    stage.host.faults.add("Timeline.DeleteClips", "false")
    assert "Not all of it could be taken back" in stage.click("generate", ASKED).sentence
    assert len(laid(stage)) == 2
    assert all(not item.pool.deleted for item in stage.timeline.all_items())
    stage.host.faults.clear()
    assert stage.click("remove").sentence == ""
    assert stage.snapshot() == before


@pytest.mark.parametrize("name", ["Project.GetTimelineCount", "Project.GetTimelineByIndex"])
def test_clips_stay_where_it_cannot_be_known_whether_another_timeline_uses_them(
    stage: Stage, name: str
) -> None:
    before = stage.snapshot()
    stage.click("generate", ASKED)
    stage.host.faults.add(name, "none")
    assert "Not all of it could be taken back" in stage.click("remove").sentence
    assert len(stage.host.project.root.folders[0].folders[0].clips) == 2
    stage.host.faults.clear()
    assert stage.click("remove").sentence == ""
    assert stage.snapshot() == before


def test_clips_go_where_uses_are_counted_late(stage: Stage) -> None:
    stage.host.quirks["usage_count"] = "late"
    stage.host.go_to("color")
    before = stage.snapshot()
    stage.click("generate", ASKED)
    stage.click("remove")
    assert stage.snapshot() == before


def test_a_clip_that_only_resolve_knows_to_be_used_stays_and_is_named(stage: Stage) -> None:
    stage.click("generate", ASKED)
    clip = stage.timeline.tracks["audio"][1].items[0].pool
    nested = Track("subtitle")  # on no track that is read, as within a compound clip
    item = Item("inside", "audio", stage.timeline.tracks["audio"][1].items[0].start, 1)  # type: ignore[arg-type]
    item.pool = clip
    nested.items.append(item)
    stage.timeline.tracks["subtitle"].append(nested)
    person = stage.click("remove")
    assert f"{clip.name} stays in the bin Foley/Cut 1, as Resolve says that it is used" in person.told[0][0]
    assert not clip.deleted


def test_a_folder_that_is_a_link_may_be_named_by_what_it_points_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "raid").mkdir()
    (tmp_path / "Movies").symlink_to(tmp_path / "raid")
    stage = canned_stage(monkeypatch, tmp_path, file_path="real")
    real = canned._result
    monkeypatch.setattr(canned, "_result", lambda folder: real(_linked(tmp_path, folder)))
    before = stage.snapshot()
    assert stage.click("generate", ASKED).sentence == ""
    assert laid(stage) == GOOD
    assert stage.click("remove").told[0][0][0] == "2 takes removed: steps"
    assert stage.snapshot() == before


def _linked(tmp_path: Path, folder: Path) -> Path:
    """FOLDER, in a folder that is a link."""
    inner = tmp_path / "Movies" / folder.name
    inner.mkdir()
    return inner


def test_takes_that_resolve_did_not_confirm_are_told(stage: Stage) -> None:
    stage.host.faults.add("MediaPool.AppendToTimeline", "errors", nth=1)
    person = stage.click("generate", ASKED)
    assert person.sentence == ""
    assert laid(stage) == GOOD
    assert any("did not confirm 1 of these" in line for line in person.told[0][0])
    stage.host.faults.clear()
    stage.click("remove")
    assert not any("did not confirm" in line for line in stage.click("generate", ASKED).told[0][0])
