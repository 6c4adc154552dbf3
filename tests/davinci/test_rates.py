"""Sound is imported while the project has the timeline's rate, else once the editor has agreed to it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from foley_davinci import foley_generate
from foley_davinci.no_window import NoWindow

from davinci.canned import GOOD, canned_stage, laid
from davinci.stage import Stage

ASKED = {"prompt": "steps", "folder": "/sound"}
CHANGING = (
    "MediaPool.AddSubFolder",
    "MediaPool.ImportMedia",
    "Timeline.AddTrack",
    "MediaPool.AppendToTimeline",
)
ACTIONS = ("false", "none", "empty", "raises", "does_nothing", "denies", "off_by_one", "modal")


@pytest.fixture(params=["21.0.4", "21.1"])
def stage(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    """A timeline of 25 frames a second in a project of 50."""
    stage = canned_stage(monkeypatch, tmp_path, request.param)
    stage.timeline.own_rate, stage.host.project.rate = True, Fraction(50)
    return stage


def test_it_is_asked_before_anything_is_imported_and_cancel_leaves_all_as_it_was(stage: Stage) -> None:
    before = stage.snapshot()
    person = stage.click("generate", ASKED)
    ((told, untouched),) = person.chosen
    assert "This timeline has 25 frames a second, its project 50" in told
    assert "Nothing has been made, imported or placed yet" in untouched
    assert stage.host.journal.calls(*CHANGING) == []
    assert (stage.snapshot(), person.told) == (before, [])


def test_it_is_asked_once_for_each_pair_of_rates(stage: Stage) -> None:
    def yes() -> str:
        assert stage.host.journal.calls(*CHANGING) == []
        return "Make it all the same"

    assert stage.click("generate", ASKED, choices=[yes]).sentence == ""
    assert laid(stage) == GOOD
    assert stage.click("generate", ASKED).chosen == []
    stage.host.project.rate = Fraction(100)
    assert len(stage.click("generate", ASKED).chosen) == 1
    assert len(laid(stage)) == 2 * len(GOOD)


def test_equal_rates_are_not_asked_about(stage: Stage) -> None:
    stage.host.project.rate = Fraction(25)
    assert stage.click("generate", ASKED).chosen == []
    assert laid(stage) == GOOD


@pytest.mark.parametrize("call", ["Project.GetSetting", "Timeline.GetSetting"])
def test_no_lie_about_rates_has_sound_imported_without_a_word(stage: Stage, call: str) -> None:
    before = stage.snapshot()
    for action in ACTIONS:
        for nth in (1, 2, 3, None):
            stage.host.faults.clear()
            stage.host.faults.add(call, action, nth=nth)
            stage.click("generate", ASKED)
            stage.host.modal = ""
            assert stage.host.journal.calls("MediaPool.ImportMedia") == [], (action, nth)
    stage.host.faults.clear()
    stage.click("remove")
    assert stage.snapshot() == before


def test_without_a_window_nobody_can_say_so_and_nothing_is_done(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[Any] = []
    before = stage.snapshot()
    stage.click("generate", {**ASKED, "prompt": "rain"})
    monkeypatch.setattr(foley_generate, "open_window", lambda host: NoWindow(said.append))
    foley_generate.run("generate", stage.host.menu_globals())
    assert any("its project 50" in line for line in said)
    assert any("nothing is done" in line for line in said)
    assert stage.snapshot() == before
