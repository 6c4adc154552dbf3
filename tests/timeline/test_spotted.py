"""What is spotted of a whole request: what was given is named, and what is refused as it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from foleyd.brief import Spotted
from foleyd.config import Settings
from foleyd.cue import Cue, FrameRange, Media, Program, Shot
from foleyd.engines.engine import Capabilities, OptionError
from foleyd.refresh import plan_refresh
from foleyd.refreshed import Recipe, Refresh
from foleyd.request import CueRule, Document, EngineChoice, Output, Request, Selection
from foleyd.spot import spot
from foleyd.timebase import Timecode
from foleyd.timeline.errors import SpottingError

ENGINE = Capabilities("fake", "1", 48_000, 1, Fraction(8), None, Fraction(1), False, "none", "Clicks.")
CUE = Cue("cue-1", FrameRange(0, 50), "steps", "", "foley", (7,))


def document(edit: otio.schema.Timeline, name: str = "cut.otio") -> Document:
    return Document(otio.adapters.write_to_string(edit, "otio_json").encode(), Path("/edit"), name)


def test_a_timeline_without_anything_on_it_is_named() -> None:
    empty = otio.schema.Timeline("edit", global_start_time=otio.opentime.RationalTime(0, 25))
    with pytest.raises(SpottingError, match=r"^reel 2\.otio is empty: put a clip on it$"):
        spot(Selection(document(empty, "reel 2.otio")), CueRule(prompts=("steps",)), Settings())


def refreshed(asked: EngineChoice, refused: str) -> tuple[list[Mapping[str, str]], str]:
    """The options that an engine is asked about, for a take that was made with ones of its own, and the field
    that is named where it refuses the one called REFUSED."""
    shown = Shot("shot-1", "a", Media(Path("/media/a.mov"), "a.mov"), Fraction(0), FrameRange(0, 50))
    recipe = Recipe(options={"steps": "10", "preset": "fast", "colour": "warm"})
    spotted = Spotted(
        "cut", Program(Timecode(0, Fraction(25)), (shown,), 50), (CUE,), recipes={CUE.id: recipe}
    )
    selection = Selection(document(otio.schema.Timeline("cut")))
    seen: list[Mapping[str, str]] = []

    def check(_: Cue, options: Mapping[str, str]) -> tuple[str, ...]:
        seen.append(options)
        raise OptionError.of(refused, f"{refused} cannot be that")

    brief = plan_refresh(spotted, Request(selection, Refresh(), asked, Output()), ENGINE, check)
    ((_, failure),) = brief.failed
    return seen, failure.field


def test_an_option_that_a_refresh_is_refused_for_is_named_as_it_was_asked_for() -> None:
    asked = EngineChoice(steps=500, guidance_scale=2.0, options={"tone": "x"})
    for option in ("steps", "guidance_scale"):
        assert refreshed(asked, option)[1] == f"engine.{option}"
    assert refreshed(EngineChoice(preset="slow"), "preset")[1] == "engine.preset"
    assert refreshed(asked, "tone")[1] == "engine.options.tone"


def test_what_is_asked_now_goes_before_what_a_take_was_made_with() -> None:
    asked = EngineChoice(steps=20, options={"colour": "cold"})
    assert refreshed(asked, "steps")[0] == [{"steps": "20", "preset": "fast", "colour": "cold"}]
