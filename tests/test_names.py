"""What files of takes are called: by a template, and so that no system refuses them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foleyd.brief import Brief, CuePlan, Heard, Names
from foleyd.cue import Cue, FrameRange, Program, file_cut
from foleyd.engines.engine import Capabilities
from foleyd.names import NamingError, _take_stem, check_naming, choose_names, slug
from foleyd.request import Output
from foleyd.timebase import Timecode

START = Timecode(107_892, Fraction(30000, 1001), True)
CAPABILITIES = Capabilities("fake", "1", 48_000, 1, Fraction(8), None, Fraction(0), False, "CC0", "", {})
TEMPLATE = "{stem}_{tc}_{layer}_{slug}_t{take}"


def names(
    folder: Path, template: str, prompt: str = "Footsteps on gravel, light rain!", name: str = "clip"
) -> Names:
    cue = Cue("cue-1", FrameRange(100, 200), prompt, "", "fx", (7, 8))
    program = Program(START, (), 1000)
    plan = CuePlan(cue, file_cut(START, cue.record, 12), program, (), CAPABILITIES, {})
    heard = {cue.id: tuple(Heard(seed, "", "", (), (), cached=False) for seed in cue.seeds)}
    brief = Brief(name, program, None, (plan,))
    return choose_names(brief, heard, Output(folder=folder, naming=template, cue_sheet=True), folder)


def stems(chosen: Names) -> list[str]:
    return [path.stem for path in chosen.takes.values()]


def test_the_fields_of_a_template(tmp_path: Path) -> None:
    assert stems(names(tmp_path, TEMPLATE)) == [
        "clip_01000310_fx_footsteps-on-gravel-light-rain_t1",
        "clip_01000310_fx_footsteps-on-gravel-light-rain_t2",
    ]
    assert stems(names(tmp_path, "")) == ["clip_fx_cue-1_take1", "clip_fx_cue-1_take2"]
    assert stems(names(tmp_path, "{timecode} {cue} {seed} {name} {prompt}"))[0] == (
        "01.00.03.10 cue-1 7 clip Footsteps on gravel, light rain!"
    )


def test_the_cue_sheet_and_its_page_go_together(tmp_path: Path) -> None:
    (tmp_path / "clip_cues.html").touch()
    chosen = names(tmp_path, "")
    assert chosen.cue_sheet == tmp_path / "clip_cues (2).csv"
    assert chosen.cue_page == tmp_path / "clip_cues (2).html"
    assert {chosen.cue_sheet, chosen.cue_page} < set(chosen.claims())


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("Door SLAM / hit: hard?", "door-slam-hit-hard"),
        ("雨 と 雷", "雨-と-雷"),
        ("Café, Straße", "café-strasse"),
        ("क्षेत्र", "क्षेत्र"),
        ("🌧️", ""),
        ("x" * 60, "x" * 40),
        ("a " * 30, "-".join("a" * 20)),
    ],
)
def test_a_slug_is_words(prompt: str, expected: str) -> None:
    assert slug(prompt) == expected


@given(st.text(max_size=80), st.text(max_size=80))
def test_no_system_refuses_a_name(prompt: str, name: str) -> None:
    cue = Cue("cue-1", FrameRange(0, 1), prompt, seeds=(1,))
    brief = Brief(name, Program(START, (), 10), None, ())
    plan = CuePlan(cue, file_cut(START, cue.record, 0), brief.program, (), CAPABILITIES, {})
    stem = _take_stem(TEMPLATE, brief, plan, Heard(1, "", "", (), (), cached=False), 1)
    assert stem
    assert not set('<>:"/\\|?*') & set(stem)
    assert not any(ord(char) < 32 for char in stem)
    assert stem == stem.strip(" .")
    assert len(stem.encode()) <= 124


@pytest.mark.parametrize("template", ["{stm}", "{take:03}", "{", "{tc!r}"])
def test_a_template_with_more_than_names_is_refused(template: str) -> None:
    with pytest.raises(NamingError):
        check_naming(template)
