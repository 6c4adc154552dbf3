"""What the daemon refuses is said with the place where it was asked for, and with none that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleyd.errors import FailedWork, Failure
from foleyd.watch.locating import located

SIDE = 'prompt = "a"\nsteps = 3\n'
OPTIONS = '[options]\nspace = "moon"\n'


def refused(field: str, message: str = "no", reason: str = "REQUEST_INVALID") -> FailedWork:
    return FailedWork(Failure("INVALID_ARGUMENT", reason, message, field=field))


@pytest.fixture
def sheets(tmp_path: Path) -> list[Path]:
    side, settings = tmp_path / "a.foley.toml", tmp_path / "foley.toml"
    side.write_text(SIDE + OPTIONS)
    settings.write_text('layer = "x"\nprompt = "b"\nguidance = 3\n[options]\nsteps = 4\n')
    return [side, settings, tmp_path / "not there.toml"]


@pytest.mark.parametrize(
    ("error", "origin", "said"),
    [
        (refused("rule.layer"), "a.foley.toml", "foley.toml, line 1, column 1: no"),
        (refused("rule.prompts[1]"), "a.foley.toml", "a.foley.toml, line 1, column 1: no"),
        (refused("rule.prompts"), "foley.toml", "foley.toml, line 2, column 1: no"),
        (refused("rule.prompts"), "the markers of a.otio", "no"),
        (refused("rule.seed"), "a.foley.toml", "no"),
        (refused("engine.steps", "Steps", "OPTION_INVALID"), "", "a.foley.toml, line 2, column 1: Steps"),
        (refused("engine.guidance_scale", "g"), "", "foley.toml, line 3, column 1: g"),
        (refused("engine.options.space", "Space"), "", "a.foley.toml, line 4, column 1: Space"),
        (refused("engine.options.steps", "Steps"), "", "foley.toml, line 5, column 1: Steps"),
        (refused("engine.options.zz", "no option 'steps'", "OPTION_INVALID"), "", "no option 'steps'"),
        (refused("", "Option steps is 'x'", "OPTION_INVALID"), "", "Option steps"),
        (refused("selection"), "", "no"),
        (refused("selection.otio.json"), "the markers of a.otio", "the markers of a.otio: no"),
        (refused("selection.otio.json"), "foley.toml", "no"),
    ],
)
def test_the_nearest_file_that_says_it_is_named(
    sheets: list[Path], error: FailedWork, origin: str, said: str
) -> None:
    assert str(located(error, sheets, origin)).startswith(said)


def test_a_cue_of_a_sheet_is_named_by_its_line(sheets: list[Path]) -> None:
    error = refused("cues.cues[1].prompt", reason="PROMPT_INVALID")
    assert str(located(error, sheets, "a.csv", ["a.csv, line 3", "a.csv, line 4"])) == "a.csv, line 4: no"
    assert str(located(error, sheets, "a.csv", ["a.csv, line 3"])) == "no"


def test_a_prompt_of_cues_is_not_looked_for_above_them(sheets: list[Path]) -> None:
    sheets[0].write_text(SIDE + '[[cues]]\nstart = 0\nprompt = "c"\n')
    assert str(located(refused("rule.prompts"), sheets, "a.foley.toml")) == "no"
