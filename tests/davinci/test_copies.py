"""Sound of ours on a copy of the timeline that it was made for: it goes from there alone, once asked."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
from foley_davinci.kept import Kept

from davinci.canned import GOOD, START, canned_stage, laid
from davinci.stage import Editor, Stage
from resolve_emulator.model import Timeline, Track

ASKED = {"prompt": "steps", "markers": True, "folder": "/sound"}
SECOND = [(name, kind, [(start, end, False)]) for name, kind, ((start, end, _),) in GOOD]
"""The tracks of a job that another one was put in place of."""


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    return canned_stage(monkeypatch, tmp_path)


def place(stage: Stage) -> None:
    assert stage.click("generate", ASKED).sentence == ""


def duplicate(stage: Stage, name: str = "Cut 2") -> Timeline:
    """As the editor does it: the copy is open then. What it was made of."""
    original: Timeline = stage.timeline
    stage.host.adopt(stage.host.copy_timeline(original, name))
    return original


def seen(stage: Stage, timeline: Timeline) -> Any:
    """TIMELINE as plain data, and its clips in the pool."""
    (found,) = [each for each in stage.snapshot()["timelines"] if each["name"] == timeline.name]
    return found, [item.pool.online and not item.pool.deleted for item in timeline.all_items() if item.pool]


def remove(stage: Stage) -> Editor:
    return stage.click("remove", choices=["Remove them"])


def test_it_goes_from_the_copy_and_the_other_timeline_keeps_its_own(stage: Stage) -> None:
    before = len(stage.timeline.markers)
    place(stage)
    original = duplicate(stage)
    there = seen(stage, original)
    bins = stage.snapshot()["bins"]
    person = remove(stage)
    assert person.chosen[0] == [
        "The last sound: steps",
        "It was made for another timeline, of which Cut 2 has a copy.",
    ]
    assert person.told[0][0][0] == "2 takes removed: steps"
    assert (laid(stage), len(stage.timeline.markers)) == ([], before)
    assert seen(stage, original) == there
    assert stage.snapshot()["bins"] == bins
    assert "has put no sound on the timeline Cut 2 that is still there" in remove(stage).sentence


@pytest.mark.parametrize("copy_first", [True, False])
def test_its_clips_go_with_the_last_timeline_that_has_them(stage: Stage, copy_first: bool) -> None:
    before = stage.snapshot()
    place(stage)
    original = duplicate(stage)
    both = [stage.timeline, original] if copy_first else [original, stage.timeline]
    for timeline in both:
        stage.host.project.current = timeline
        assert remove(stage).told[0][0][0] == "2 takes removed: steps"
        assert laid(stage) == []
    after = stage.snapshot()
    assert after["bins"]["bins"] == before["bins"]["bins"]
    stage.host.project.current = original
    assert "no sound on the timeline" in remove(stage).sentence


def test_it_goes_whole_where_the_other_timeline_is_gone(stage: Stage) -> None:
    place(stage)
    original = duplicate(stage)
    stage.host.project.timelines.remove(original)
    assert remove(stage).sentence == ""
    assert laid(stage) == []
    assert stage.host.project.root.folders == []


@pytest.mark.parametrize("choice", ["Keep them", None])
def test_it_stays_where_it_is_not_said_that_it_goes(stage: Stage, choice: Any) -> None:
    place(stage)
    duplicate(stage)
    before = stage.snapshot()
    assert stage.click("remove", choices=[choice]).told == []
    assert stage.snapshot() == before
    assert remove(stage).told[0][0][0] == "2 takes removed: steps"


def test_of_a_copy_of_a_copy_the_newest_goes_first(stage: Stage) -> None:
    place(stage)
    assert stage.click("redo", {"prompt": "hail"}).sentence == ""
    duplicate(stage)
    remove(stage)
    stage.host.project.current = stage.host.project.timelines[0]
    duplicate(stage, "Cut 3")
    assert laid(stage)[:2] == SECOND
    assert remove(stage).told[0][0][0] == "2 takes removed: hail"
    assert laid(stage) == GOOD, "the earlier takes are heard again"
    assert remove(stage).told[0][0][0] == "2 takes removed: steps"
    assert laid(stage) == []


def test_the_newest_goes_first_whatever_went_from_the_other_timeline_before(stage: Stage) -> None:
    place(stage)
    assert stage.click("redo", {"prompt": "hail"}).sentence == ""
    original = duplicate(stage)
    theirs, stage.host.project.current = stage.timeline, original
    assert [remove(stage).told[0][0][0] for _ in range(2)] == [
        "2 takes removed: hail",
        "2 takes removed: steps",
    ]
    stage.host.project.current = theirs
    assert [remove(stage).told[0][0][0] for _ in range(2)] == [
        "2 takes removed: hail",
        "2 takes removed: steps",
    ]
    assert stage.host.project.root.folders == []


def test_it_is_asked_for_again_on_the_copy(stage: Stage) -> None:
    place(stage)
    original = duplicate(stage)
    there = seen(stage, original)
    person = stage.click("redo", {})
    assert (person.sentence, person.questions[0].values["prompt"]) == ("", "steps")
    assert laid(stage) == [*SECOND, *GOOD]
    assert stage.click("remove").chosen == []
    assert laid(stage) == GOOD
    remove(stage)
    assert laid(stage) == []
    assert seen(stage, original) == there


def test_takes_that_were_moved_on_the_copy_are_known_and_told(stage: Stage) -> None:
    place(stage)
    duplicate(stage)
    stage.timeline.tracks["audio"].insert(1, Track("audio", "stereo"))
    stage.timeline.start += 1000
    for item in stage.timeline.all_items():
        item.start += 1000
    stage.timeline.tracks["audio"][2].items[0].start += 5
    person = remove(stage)
    assert "You have moved or trimmed 1 of its 2 takes since" in person.chosen[0][2]
    assert [name for name, _, _ in laid(stage)] == [""]


@pytest.mark.parametrize("later", [0, 1000], ids=["", "with another start"])
def test_what_was_cut_off_on_the_copy_stays_for_good(stage: Stage, later: int) -> None:
    place(stage)
    duplicate(stage)
    stage.timeline.start += later
    for item in stage.timeline.all_items():
        item.start += later
    track = stage.timeline.tracks["audio"][1]
    twin = copy.copy(track.items[0])
    twin.id, twin.start = "twin", twin.start + 60
    track.items.append(twin)
    assert "one that was copied or cut off from them since stays" in remove(stage).told[0][0][0]
    for _ in range(2):
        assert "no sound on the timeline" in remove(stage).sentence
        assert laid(stage) == [("Foley: foley", "mono", [(START + later + 60, START + later + 110, True)])]


def test_what_you_put_onto_tracks_of_yours_did_not_come_with_a_copy(stage: Stage) -> None:
    place(stage)
    duplicate(stage)
    for track in stage.timeline.tracks["audio"][1:]:
        track.name = "Picks"
    before = stage.snapshot()
    assert "no sound on the timeline" in remove(stage).sentence
    assert stage.snapshot() == before


def test_what_cannot_be_taken_from_the_copy_is_not_forgotten(stage: Stage) -> None:
    place(stage)
    duplicate(stage)
    stage.host.faults.add("Timeline.DeleteTrack", "false")
    assert "Not all of it could be taken back (the empty track Foley: foley" in remove(stage).sentence
    stage.host.faults.clear()
    assert remove(stage).sentence == ""
    assert laid(stage) == []


def test_a_copy_is_written_down_before_it_is_touched(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    place(stage)
    duplicate(stage)

    def ended(_args: Any) -> None:
        raise KeyboardInterrupt  # Resolve ends the script

    stage.host.faults.add("Timeline.DeleteTrack", "before", change=ended)
    with pytest.raises(KeyboardInterrupt):
        remove(stage)
    stage.host.faults.clear()
    last = Kept().last(stage.host.project.id, stage.timeline.id)
    assert last is not None
    remove(stage)
    assert laid(stage) == []
