"""What is spotted of a whole request: what was given is named, and what is refused as it was asked for."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

import opentimelineio as otio
import pytest

from edits import clip, span, time, timeline, track
from foleyd.brief import Spotted
from foleyd.config import Settings
from foleyd.cue import Cue, FrameRange, Media, Program, Shot
from foleyd.engines.engine import Capabilities, OptionError
from foleyd.refresh import plan_refresh
from foleyd.refreshed import Recipe, Refresh
from foleyd.request import CueRule, Document, EngineChoice, Output, Request, Selection, Spread
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


def with_markers() -> otio.schema.Timeline:
    """90 frames from 01:00:00:00 at 25, a clip trimmed to its frames 10 to 100, and markers of every kind."""
    edit = timeline(track(clip("a", span(10, 90, 25))), start=time(90_000, 25))
    off = track(clip("b", span(0, 90, 25)))
    off.enabled = False
    edit.tracks.append(off)

    def mark(item: otio.core.Item, name: str, at: float, colour: str = "RED") -> None:
        item.markers.append(otio.schema.Marker(name=name, marked_range=span(at, 1, 25), color=colour))

    for name, at in (
        ("fx: door", 90),
        ("late", 200),
        ("early", -3),
        ("Marker 1", 10),
        ("", 30),
        ("steps", 40),
    ):
        mark(edit.tracks, name, at)
    mark(edit.tracks, "green", 95, "GREEN")
    mark(edit.tracks[0][0], "cut away", 3)
    mark(off, "off", 7)
    mark(edit.tracks[0], "behind", 91)
    return edit


def warned(*ranges: FrameRange, **words: object) -> list[tuple[str, str]]:
    rule = CueRule(spread=Spread.MARKERS, **words)  # type: ignore[arg-type]
    spotted = spot(Selection(document(with_markers()), ranges), rule, Settings())
    assert "steps" in [cue.prompt for cue in spotted.cues]
    return [(notice.what, notice.fix) for notice in spotted.notices if notice.what.startswith("markers")]


NAME_THEM = "name them by what should be heard"


def test_every_marker_that_is_passed_over_is_named_with_its_timecode_and_why() -> None:
    assert warned(marker_colours=("red",)) == [
        ("markers named by the program, not by you, are passed over: 'Marker 1' (01:00:00:10)", NAME_THEM),
        ("markers without a name are passed over: 01:00:01:05", f"{NAME_THEM}, or give a prompt"),
        (
            "markers before the start of the timeline are passed over: 'early' (00:59:59:22)",
            "move them to behind the start",
        ),
        (
            "markers at or beyond the end of the timeline are passed over: 'fx: door' (01:00:03:15), 'late' "
            "(01:00:08:00)",
            "move them to before the end",
        ),
        (
            "markers outside of what is seen of their clip or track are passed over: 'cut away' "
            "(01:00:00:00), 'behind' (01:00:03:16)",
            "move them to what is seen of it, or put them on the timeline",
        ),
        (
            "markers on what is switched off are passed over: 'off' (01:00:00:07)",
            "switch that on, or put them on the timeline",
        ),
    ]
    assert any("'green' (01:00:03:20)" in what for what, _ in warned()), "it is asked for there"


def test_names_that_a_program_gave_are_said_where_a_prompt_serves_them_too() -> None:
    assert warned(prompts=("rain",))[0] == (
        "markers named by the program, not by you, get the prompt that was given: 'Marker 1' (01:00:00:10)",
        NAME_THEM,
    )
    assert not any("without a name" in what for what, _ in warned(prompts=("rain",)))


def test_nothing_is_said_of_markers_outside_of_what_was_selected() -> None:
    assert warned(FrameRange(35, 90)) == []


def test_where_no_marker_is_left_the_sentence_says_which_there_were() -> None:
    edit = with_markers()
    del edit.tracks.markers[5]
    with pytest.raises(SpottingError, match=r"'fx: door' \(01:00:03:15\)"):
        spot(Selection(document(edit)), CueRule(spread=Spread.MARKERS), Settings())


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
