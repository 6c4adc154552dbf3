"""Whatever call of Resolve fails, lies, raises or is late: the timeline is right, or it is as it was."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from davinci.canned import GOOD, canned_stage, laid
from davinci.stage import Editor, Stage

ACTIONS = ("false", "none", "empty", "raises", "does_nothing", "denies", "off_by_one", "modal")
# fmt: off
CHANGING = [
    "MediaPool.AddSubFolder", "MediaPool.AppendToTimeline", "MediaPool.ImportMedia",
    "MediaPool.SetCurrentFolder", "Timeline.AddMarker", "Timeline.AddTrack", "Timeline.SetTrackName",
    "TimelineItem.SetClipEnabled", "MediaPool.DeleteClips", "MediaPool.DeleteFolders",
    "Timeline.DeleteClips", "Timeline.DeleteMarkerByCustomData", "Timeline.DeleteTrack",
]
CALLS = sorted([
    *CHANGING,
    "Folder.GetClipList", "Folder.GetName", "Folder.GetSubFolderList", "MediaPool.GetCurrentFolder",
    "MediaPool.GetRootFolder", "MediaPoolItem.GetClipProperty", "Project.GetCurrentTimeline",
    "Project.GetMediaPool", "Project.GetName", "Project.GetSetting", "Project.GetTimelineByIndex",
    "Project.GetTimelineCount", "Project.GetUniqueId",
    "ProjectManager.GetCurrentProject", "Resolve.GetCurrentPage", "Resolve.GetProductName",
    "Resolve.GetProjectManager", "Resolve.GetVersion", "Resolve.OpenPage", "Timeline.Export",
    "Timeline.GetCurrentTimecode", "Timeline.GetCurrentVideoItem", "Timeline.GetEndFrame",
    "Timeline.GetIsTrackEnabled", "Timeline.GetIsTrackLocked", "Timeline.GetItemListInTrack",
    "Timeline.GetMarkInOut",
    "Timeline.GetMarkers", "Timeline.GetName", "Timeline.GetSelectedClips", "Timeline.GetSetting",
    "Timeline.GetStartFrame", "Timeline.GetStartTimecode", "Timeline.GetTrackCount",
    "Timeline.GetTrackName", "Timeline.GetTrackSubType", "Timeline.GetUniqueId",
    "TimelineItem.GetClipEnabled", "TimelineItem.GetEnd", "TimelineItem.GetLeftOffset",
    "TimelineItem.GetMediaPoolItem", "TimelineItem.GetName", "TimelineItem.GetStart",
    "TimelineItem.GetTrackTypeAndIndex", "TimelineItem.GetUniqueId",
])
# fmt: on
ALWAYS_RUN = {"MediaPool.AppendToTimeline", "Timeline.AddTrack", "Timeline.DeleteClips"}
"""The others take their time and run with the slow tests."""


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    """A timeline with the editor's own sound and markers on it, seen on another page."""
    stage = canned_stage(monkeypatch, tmp_path)
    stage.host.go_to("color")
    return stage


def click(stage: Stage) -> Editor:
    return stage.click("generate", {"prompt": "steps", "markers": True, "folder": "/sound"})


def called(stage: Stage) -> list[str]:
    """The calls that a run without faults makes, to place and to take back."""
    before = stage.snapshot()
    assert click(stage).sentence == ""
    assert laid(stage) == GOOD
    assert stage.snapshot()["page"] == before["page"] == "color"
    stage.click("remove")
    assert stage.snapshot() == before
    return sorted({call.name for call in stage.host.journal.calls()})


def test_the_list_of_calls_is_that_of_a_run_without_faults(stage: Stage) -> None:
    assert called(stage) == CALLS


def outcome(stage: Stage, before: dict[str, Any], person: Editor) -> str:
    """What became of a run with a fault: good, as it was, or told what is left; anything else is wrong."""
    assert person.closed
    if person.sentence == "":
        if laid(stage) == GOOD:
            return "good"
        assert stage.snapshot() == before
        return "nothing"
    if stage.snapshot() == before:
        return "as it was"
    assert "Not all of it could be taken back" in person.sentence
    return "left"


def users(snapshot: dict[str, Any]) -> list[Any]:
    """What is the editor's own in a SNAPSHOT."""
    (timeline,) = snapshot["timelines"]
    tracks = [track for track in timeline["tracks"]["audio"] if track["name"] == "Dialogue"]
    markers = [marker for marker in timeline["markers"] if not marker["customData"]]
    return [timeline["tracks"]["video"], tracks, markers, snapshot["project"]]


@pytest.mark.parametrize(
    "name", [name if name in ALWAYS_RUN else pytest.param(name, marks=pytest.mark.slow) for name in CALLS]
)
def test_a_call_that_goes_wrong_once_leaves_all_right_or_as_it_was(stage: Stage, name: str) -> None:
    before = stage.snapshot()
    for action in ACTIONS:
        for nth in (1, 2, 5):
            stage.host.faults.clear()
            stage.host.faults.add(name, action, nth=nth)
            person = click(stage)
            stage.host.faults.clear()
            if stage.host.modal:  # with a box open no page can be opened
                stage.host.modal = ""
                stage.host.go_to("color")
            said = outcome(stage, before, person)
            assert users(stage.snapshot()) == users(before), (action, nth)
            if said in ("good", "left"):
                stage.click("remove")
            stage.host.go_to("color")
            assert stage.snapshot() == before, (action, nth, said, person.sentence)


@pytest.mark.parametrize("name", CHANGING)
def test_a_call_that_always_goes_wrong_can_be_mended_afterwards(stage: Stage, name: str) -> None:
    before = stage.snapshot()
    for action in ACTIONS:
        stage.host.faults.add(name, action)
        person = click(stage)
        stage.host.faults.clear()
        if stage.host.modal:
            stage.host.modal = ""
            stage.host.go_to("color")
        assert users(stage.snapshot()) == users(before), action
        if outcome(stage, before, person) in ("good", "left"):
            stage.click("remove")
        stage.host.go_to("color")
        assert stage.snapshot() == before, (action, person.sentence)
