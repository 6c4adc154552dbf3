"""Which track is ours is known, whatever Resolve counts and names, and whatever comes in between."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from davinci.canned import GOOD, canned_stage, laid
from davinci.stage import Stage
from resolve_emulator.model import Track

ASKED = {"prompt": "steps", "folder": "/sound"}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    return canned_stage(monkeypatch, tmp_path)


@pytest.mark.parametrize("earlier", [0, 2], ids=["the first sound", "the second sound"])
def test_a_track_of_yours_that_comes_in_between_keeps_its_name(stage: Stage, earlier: int) -> None:
    if earlier:
        stage.click("generate", ASKED)

    def another(_args: Any) -> None:
        stage.timeline.tracks["audio"].insert(0, Track("audio", "stereo"))

    stage.host.faults.add("Timeline.AddTrack", "before", nth=1, change=another)
    person = stage.click("generate", ASKED)
    assert person.sentence.startswith("audio tracks were added while sound was placed")
    names = [name for name, _, _ in GOOD][:earlier]
    assert [name for name, _, items in stage.tracks()] == ["", "Dialogue", *names, ""]
    stays = f"The empty audio track Audio {3 + earlier} stays: it may be yours"
    assert f"has been taken back. {stays}" in person.sentence
    assert "as it was" not in person.sentence


def numbered(stage: Stage, late: bool, page: str = "edit") -> Any:
    """The stage where tracks that are not there have names, too; the project as it is then."""
    stage.host.quirks.update(missing_track_name="numbered", stale_track_count=late)
    stage.host.go_to(page)
    return stage.snapshot()


late_or_not = pytest.mark.parametrize("late", [False, True], ids=["counted at once", "counted late"])


@late_or_not
@pytest.mark.parametrize("page", ["edit", "color"])
def test_tracks_are_counted_where_those_that_are_not_there_have_names(
    stage: Stage, late: bool, page: str
) -> None:
    before = numbered(stage, late, page)
    person = stage.click("generate", ASKED)
    assert person.sentence == ""
    assert laid(stage) == GOOD
    assert [entry[0] for entry in person.receipt] == ["OK", "OK"]
    assert stage.click("redo", {}).sentence == ""
    assert len(laid(stage)) == 4
    for _ in range(2):
        assert stage.click("remove").sentence == ""
    assert stage.snapshot() == before


@late_or_not
@pytest.mark.parametrize("nth", [1, 2])
@pytest.mark.parametrize("action", ["false", "none", "raises", "does_nothing", "denies"])
def test_a_track_that_is_not_added_is_not_taken_for_one_that_has_a_name(
    stage: Stage, late: bool, nth: int, action: str
) -> None:
    before = numbered(stage, late)
    stage.host.faults.add("Timeline.AddTrack", action, nth=nth)
    person = stage.click("generate", ASKED)
    if action == "denies":
        assert laid(stage) == GOOD
    else:
        assert "the timeline is as it was" in person.sentence
        assert stage.snapshot() == before


@late_or_not
def test_a_track_of_yours_that_comes_in_between_is_counted(stage: Stage, late: bool) -> None:
    stage.timeline.tracks["audio"].append(Track("audio", "stereo"))
    stage.timeline.tracks["audio"][1].name = "Music"
    numbered(stage, late)

    def another(_args: Any) -> None:
        stage.timeline.tracks["audio"].insert(0, Track("audio", "stereo"))

    stage.host.faults.add("Timeline.AddTrack", "before", nth=1, change=another)
    person = stage.click("generate", ASKED)
    assert person.sentence.startswith("audio tracks were added while sound was placed")
    assert [name for name, _, _ in stage.tracks()] == ["", "Dialogue", "Music", ""]
    assert "The empty audio track Audio 4 stays: it may be yours" in person.sentence


@pytest.mark.parametrize("missing", ["", "numbered"])
def test_a_track_of_yours_that_comes_after_our_first_is_no_place_for_our_second(
    stage: Stage, missing: str
) -> None:
    def another(_args: Any) -> None:
        stage.timeline.tracks["audio"].append(Track("audio", "stereo"))

    stage.host.quirks["missing_track_name"] = missing
    stage.host.faults.add("Timeline.SetTrackName", "before", nth=1, change=another)
    person = stage.click("generate", ASKED)
    assert person.sentence.startswith("audio tracks were added while sound was placed")
    assert len(stage.host.journal.calls("Timeline.AddTrack")) == 1
    assert [name for name, _, _ in stage.tracks()] == ["Dialogue", ""]


@pytest.mark.slow
def test_a_track_that_cannot_be_counted_any_more_is_not_forgotten(stage: Stage) -> None:
    before = numbered(stage, late=True)

    def blocked(_args: Any) -> None:
        stage.host.faults.add("Resolve.OpenPage", "false")

    stage.host.faults.add("Timeline.AddTrack", "before", nth=1, change=blocked)
    assert "Not all of it could be taken back" in stage.click("generate", ASKED).sentence
    assert [name for name, _, _ in stage.tracks()] == ["Dialogue", ""]
    stage.host.faults.clear()
    assert stage.click("remove").sentence == ""
    assert stage.snapshot() == before


def test_tracks_that_an_earlier_script_added_are_counted_first(stage: Stage) -> None:
    numbered(stage, late=True)
    stage.timeline.tracks["audio"].append(Track("audio", "stereo"))
    stage.timeline.stale_counts["audio"] = 1
    before = stage.snapshot()
    assert stage.click("generate", ASKED).sentence == ""
    assert [name for name, _, _ in stage.tracks()] == ["Dialogue", "", *(name for name, _, _ in GOOD)]
    stage.click("remove")
    assert stage.snapshot() == before


@pytest.mark.slow
def test_where_tracks_cannot_be_counted_nothing_is_done(stage: Stage) -> None:
    before = numbered(stage, late=True)
    stage.host.faults.add("Resolve.OpenPage", "false")
    sentence = stage.click("generate", ASKED).sentence
    assert "did not open its page media" in sentence
    assert "the timeline is as it was" in sentence
    assert stage.snapshot() == before
    stage.host.faults.clear()
    stage.click("generate", ASKED)
    stage.host.faults.add("Resolve.OpenPage", "false")
    assert "did not open its page media" in stage.click("remove").sentence
    stage.host.faults.clear()
    assert stage.click("remove").sentence == ""
    assert stage.snapshot() == before
