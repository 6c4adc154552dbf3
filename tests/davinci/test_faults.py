"""Whatever call of Resolve fails, lies, raises or is late: the timeline is right, or it is as it was."""

from __future__ import annotations

import wave
from pathlib import Path
from typing import Any

import pytest
from foley_davinci import foley_generate
from foley_davinci.foley_jobs import JobView
from foley_davinci.foley_requests import Ask
from foley_davinci.foley_server import ServerWatch

from davinci.stage import Editor, Stage, clip_spec

UNNAMED = {("Timeline.SetTrackName", "modal")}
"""What leaves a track without a name of ours while nothing answers: it looks like the editor's own."""
RATE, START, FRAMES, HANDLES = 25, 90_000, 50, 12
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
    "Project.GetMediaPool", "Project.GetName", "Project.GetSetting", "Project.GetUniqueId",
    "ProjectManager.GetCurrentProject", "Resolve.GetCurrentPage", "Resolve.GetProductName",
    "Resolve.GetProjectManager", "Resolve.GetVersion", "Resolve.OpenPage", "Timeline.Export",
    "Timeline.GetCurrentTimecode", "Timeline.GetCurrentVideoItem", "Timeline.GetEndFrame",
    "Timeline.GetIsTrackEnabled", "Timeline.GetItemListInTrack", "Timeline.GetMarkInOut",
    "Timeline.GetMarkers", "Timeline.GetName", "Timeline.GetSelectedClips", "Timeline.GetSetting",
    "Timeline.GetStartFrame", "Timeline.GetStartTimecode", "Timeline.GetTrackCount",
    "Timeline.GetTrackName", "Timeline.GetTrackSubType", "Timeline.GetUniqueId",
    "TimelineItem.GetClipEnabled", "TimelineItem.GetEnd", "TimelineItem.GetLeftOffset",
    "TimelineItem.GetMediaPoolItem", "TimelineItem.GetName", "TimelineItem.GetStart",
    "TimelineItem.GetTrackTypeAndIndex", "TimelineItem.GetUniqueId",
])
# fmt: on


def take(number: int, folder: Path) -> dict[str, Any]:
    path = folder / f"take{number}.wav"
    frames = HANDLES + FRAMES + 1
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(3)
        file.setframerate(48_000)
        file.writeframes(b"\1\2\3" * (frames * 48_000 // RATE))
    return {
        "id": f"take-{number}",
        "cue_id": "cue-1",
        "path": str(path),
        "seed": number,
        "channels": 1,
        "file_range": {"start_frame": -HANDLES, "end_frame": FRAMES + 1},
    }


@pytest.fixture
def result(tmp_path: Path) -> dict[str, Any]:
    """A foleyd.v1.Result of one cue with two takes."""
    takes = [take(1, tmp_path), take(2, tmp_path)]
    placements = [
        {
            "cue_id": "cue-1",
            "take_id": each["id"],
            "track_name": name,
            "layer": "foley",
            "range": {"start_frame": 0, "end_frame": FRAMES},
            "enabled": heard,
            "path": each["path"],
        }
        for each, name, heard in zip(
            takes, ("Foley: foley", "Foley: foley (take 2)"), (True, False), strict=True
        )
    ]
    return {"takes": takes, "placements": placements, "cues": [{"id": "cue-1", "prompt": "steps"}]}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, result: dict[str, Any], tmp_path: Path) -> Stage:
    """A timeline with the editor's own sound and markers on it; foley's part is played at once."""

    def server(visit: Any) -> ServerWatch:
        watch = ServerWatch(lambda: [])
        watch.engines, watch.layers = ["fake"], ["foley"]
        return watch

    def see(visit: Any, ask: Ask, source: Any) -> Any:
        return foley_generate.Exported(visit.host, visit.folder.path)

    def made(visit: Any, ask: Ask, exported: Any) -> JobView:
        numbers = [f"job-{len(list(tmp_path.glob('job*')))}", "steps"]
        (tmp_path / numbers[0]).touch()
        view = JobView("1", "steps", ask, state="done", result=result, engine="fake")
        view.job_id = numbers[0]
        return view

    monkeypatch.setattr(foley_generate.Visit, "_server", server)
    monkeypatch.setattr(foley_generate.Visit, "_see", see)
    monkeypatch.setattr(foley_generate.Visit, "_make", made)
    line = {"path": str(tmp_path / "line.wav"), "at": 3, "in": 0, "duration": 9}
    spec = clip_spec(
        tmp_path / "shot.mov",
        "25",
        FRAMES,
        markers=[{"frame": 0, "name": "mine"}],
        audio=[{"name": "Dialogue", "clips": [line]}],
        selection=["shot.mov"],
    )
    spec["media"].append({"path": str(tmp_path / "line.wav"), "kind": "Audio", "rate": "25", "frames": 100})
    spec["page"] = "color"
    return Stage(monkeypatch, spec)


def click(stage: Stage) -> Editor:
    return stage.click("generate", {"prompt": "steps", "markers": True, "folder": "/sound"})


def laid(stage: Stage) -> list[Any]:
    return stage.tracks()[1:]


GOOD = [
    ("Foley: foley", "mono", [(START, START + FRAMES, True)]),
    ("Foley: foley (take 2)", "mono", [(START, START + FRAMES, False)]),
]


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
    "name", [name if name in CHANGING else pytest.param(name, marks=pytest.mark.slow) for name in CALLS]
)
def test_a_call_that_goes_wrong_once_leaves_all_right_or_as_it_was(stage: Stage, name: str) -> None:
    before = stage.snapshot()
    for action in ACTIONS:
        for nth in (1, 2, 5):
            if (name, action) in UNNAMED:
                continue
            stage.host.faults.clear()
            stage.host.faults.add(name, action, nth=nth)
            person = click(stage)
            stage.host.faults.clear()
            stage.host.modal = ""
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
        if (name, action) in UNNAMED:
            continue
        stage.host.faults.add(name, action)
        person = click(stage)
        stage.host.faults.clear()
        stage.host.modal = ""
        assert users(stage.snapshot()) == users(before), action
        if outcome(stage, before, person) in ("good", "left"):
            stage.click("remove")
        stage.host.go_to("color")
        assert stage.snapshot() == before, (action, person.sentence)
