"""What of the timeline is taken: no title for the picture, nothing that is switched off; it is said why."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from foley_davinci.resolve_host import connect
from foley_davinci.sources import Found, find_sources

from davinci.canned import canned_stage, laid
from davinci.stage import Stage, clip_spec

CLIP = {"path": "/clips/a.mov", "at": 0, "in": 0, "duration": 50}
LATER = {**CLIP, "at": 50, "in": 50}
TITLE = {"generator": "Text", "at": 10, "duration": 20}
AT_TEN = "01:00:00:10"


def found(monkeypatch: pytest.MonkeyPatch, *tracks: Any, version: str = "21.0.4", **timeline: Any) -> Found:
    """What is found on a timeline with these picture tracks, the lowest first."""
    spec = clip_spec(Path("/clips/a.mov"), "25", 100, video=list(tracks), playhead=AT_TEN, **timeline)
    host = connect(Stage(monkeypatch, spec, version).host.menu_globals())
    host.open_timeline()
    return find_sources(host)


def first(what: Found) -> tuple[str, list[str]]:
    return what.sources[0].key, what.sources[0].lines


@pytest.mark.parametrize("version", ["18.5.0", "21.0.4"])
def test_under_a_title_the_clip_below_it_is_meant(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    said = found(monkeypatch, [CLIP, LATER], [TITLE], version=version)
    assert first(said) == ("playhead", ["01:00:00:00 – 01:00:02:00  a.mov"])
    assert (said.problem, said.notes) == ("", [])


def test_of_clips_above_one_another_the_topmost_that_is_seen_is_meant(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    off = {**CLIP, "at": 8, "duration": 10, "enabled": False}
    said = found(monkeypatch, [CLIP], [{**CLIP, "at": 5, "duration": 30}], [off], [TITLE])
    assert first(said) == ("playhead", ["01:00:00:05 – 01:00:01:10  a.mov"])


def test_a_title_alone_under_the_playhead_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said = found(monkeypatch, [LATER], [TITLE])
    assert "Under the playhead is Text at 01:00:00:10: a title" in said.problem
    assert "move the playhead over a clip" in said.problem
    marked = found(monkeypatch, [LATER], [TITLE], marks=[50, 70])
    assert (marked.problem, marked.sources[0].key) == ("", "marks")


def test_a_clip_that_is_switched_off_under_the_playhead_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said = found(monkeypatch, [{**CLIP, "enabled": False}, LATER])
    assert "under the playhead a.mov at 01:00:00:00 is disabled; enable it (D)" in said.problem


def test_a_selected_title_means_the_clips_below_it(monkeypatch: pytest.MonkeyPatch) -> None:
    title = {**TITLE, "at": 40}
    said = found(monkeypatch, [CLIP, LATER], [title], selection=["Text"])
    lines = ["01:00:00:00 – 01:00:02:00  a.mov", "01:00:02:00 – 01:00:04:00  a.mov"]
    assert first(said) == ("selection", lines)
    assert said.sources[0].label == "2 clips below what is selected"
    assert "Selected is Text at 01:00:01:15: a title" in said.notes[0]
    alone = found(monkeypatch, [LATER], [TITLE], selection=["Text"])
    assert "and there is none below it; select a clip with picture" in alone.problem
    assert "selection" not in [source.key for source in alone.sources]


def test_a_title_among_selected_clips_is_left_out_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said = found(monkeypatch, [CLIP], [TITLE], selection=["Text", "a.mov"])
    assert first(said) == ("selection", ["01:00:00:00 – 01:00:02:00  a.mov"])
    assert said.notes == ["Left out, as it is no picture: Text at 01:00:00:10."]


def test_a_selected_clip_that_is_disabled_is_named_and_nothing_else_is_taken_for_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    off = {**CLIP, "name": "b.mov", "enabled": False}
    said = found(monkeypatch, [off, LATER], selection=["b.mov"])
    assert said.problem == (
        "The selected clip b.mov at 01:00:00:00 is disabled; enable it (D), or choose another clip"
    )
    both = found(monkeypatch, [off, LATER], selection=["b.mov", "a.mov"])
    assert first(both) == ("selection", ["01:00:02:00 – 01:00:04:00  a.mov"])
    assert both.notes == ["Left out, as it is switched off: b.mov at 01:00:00:00."]


def test_a_selected_clip_on_a_track_that_is_switched_off_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    track = {"enabled": False, "clips": [{**CLIP, "name": "b.mov"}]}
    said = found(monkeypatch, [LATER], track, selection=["b.mov"])
    assert "b.mov at 01:00:00:00 lies on a track that is switched off; switch it on" in said.problem


def test_what_is_wrong_with_the_choice_is_asked_about_and_with_markers_it_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage = canned_stage(monkeypatch, tmp_path)
    stage.timeline.tracks["video"][0].items[0].enabled = False
    stage.timeline.markers[5.0] = {"name": "steps", "color": "Blue", "duration": 1.0, "note": ""}
    before = stage.snapshot()
    person = stage.click("generate", None)
    assert "The selected clip shot.mov at 01:00:00:00 is disabled" in person.problems[0]
    assert stage.click("markers", None).problems == [""]
    assert (laid(stage), stage.snapshot()) == ([], before)
