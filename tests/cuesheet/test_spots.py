"""A sheet's TIMEs are those of --range; what a cue does not say comes from its sheet."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from foleyd.cue import FrameRange
from foleyd.cuesheet.errors import SheetError
from foleyd.cuesheet.read import read_sheet
from foleyd.cuesheet.spots import cue_list, engine_of
from foleyd.ranges import parse_frame
from foleyd.timebase import Timecode
from foleyd.timeline.spotting import drawn_seed
from foleyd.v1 import foleyd_pb2 as pb

HOUR = Timecode(90_000, Fraction(25))


def cues(
    folder: Path, text: str, name: str = "a.csv", start: Timecode = HOUR, frames: int = 500
) -> list[pb.Cue]:
    path = folder / name
    path.write_text(text)
    return list(cue_list(read_sheet(path), start, frames, "cut.otio").cues)


def spans(found: list[pb.Cue]) -> list[tuple[int, int]]:
    return [(cue.range.start_frame, cue.range.end_frame) for cue in found]


@pytest.mark.parametrize(
    ("start", "begin", "end"),
    [
        (HOUR, "01:00:02:10", "01:00:04:00"),
        (HOUR, "0.41", "2.4"),
        (Timecode(0, Fraction(24000, 1001)), "00:00:01:03", "2.41"),
        (Timecode(107_892, Fraction(30000, 1001), True), "01:00:00;10", "01:00:10:00"),
        (Timecode(107_892, Fraction(30000, 1001), True), "01:00:00,10", "10"),
        (Timecode(2_160_000 - 50, Fraction(25)), "23:59:59:00", "00:00:01:00"),
    ],
)
@pytest.mark.parametrize("name", ["a.csv", "a.toml"])
def test_times_are_those_of_range(tmp_path: Path, start: Timecode, begin: str, end: str, name: str) -> None:
    table = f'Start,End,Prompt\n"{begin}","{end}",rain\n'
    document = f'[[cues]]\nstart = "{begin}"\nend = "{end}"\nprompt = "rain"\n'
    found = cues(tmp_path, table if name == "a.csv" else document, name, start)
    assert spans(found) == [tuple(parse_frame(text, start, 500, "--range") for text in (begin, end))]


def test_a_cue_without_an_end_lasts_to_the_next_one(tmp_path: Path) -> None:
    found = cues(tmp_path, "Start,Prompt\n8,late\n0,a\n2,b\n2,c\n")
    assert spans(found) == [(0, 50), (50, 200), (50, 200), (200, 500)]
    assert [cue.prompt for cue in found] == ["a", "b", "c", "late"]


def test_a_duration_stands_for_an_end(tmp_path: Path) -> None:
    found = cues(tmp_path, "Start,Duration,Prompt\n0,2,a\n01:00:03:00,00:00:02:10,b\n")
    assert spans(found) == [(0, 50), (75, 135)]


def test_what_a_cue_does_not_say_is_its_sheets(tmp_path: Path) -> None:
    text = """
prompt = "fx: door"
negative = "music"
takes = 3
seed = 7
[[cues]]
start = 0
end = 1
[[cues]]
start = 1
end = 2
prompt = "rain"
negative = ""
layer = "Ambience"
takes = 1
seed = 70
handles = 0
engine = "Procedural"
id = "rain"
[[cues]]
start = 2
end = 3
prompt = "wood"
seeds = [5, 1]
"""
    first, second, third = cues(tmp_path, text, "a.toml")
    assert (first.prompt, first.layer, first.negative_prompt, list(first.seeds)) == (
        "door",
        "fx",
        "music",
        [7, 8, 9],
    )
    assert not first.HasField("handles_frames")
    assert (second.id, second.prompt, second.layer, second.negative_prompt) == (
        "rain",
        "rain",
        "ambience",
        "",
    )
    assert (list(second.seeds), second.handles_frames, second.engine) == ([70], 0, "procedural")
    assert second.HasField("handles_frames")
    assert (third.layer, list(third.seeds)) == ("foley", [5, 1])


def test_several_prompts_are_several_cues(tmp_path: Path) -> None:
    text = 'prompt = ["steps", "ambience: rain"]\n[[cues]]\nid = "s1"\nstart = 0\nend = 1\n'
    found = cues(tmp_path, text, "a.toml")
    assert [(cue.id, cue.layer, cue.prompt) for cue in found] == [
        ("s1-1", "foley", "steps"),
        ("s1-2", "ambience", "rain"),
    ]


def test_a_seed_that_nobody_gave_is_the_one_of_the_same_range_and_prompt(tmp_path: Path) -> None:
    (cue,) = cues(tmp_path, "Start,End,Prompt,Takes\n0,2,soft  rain,2\n")
    seed = drawn_seed(FrameRange(0, 50), "soft rain", "foley")
    assert list(cue.seeds) == [seed, seed + 1]


def test_the_engine_is_the_one_that_is_asked_for(tmp_path: Path) -> None:
    def engine(text: str) -> str:
        (tmp_path / "a.toml").write_text(text)
        return engine_of(read_sheet(tmp_path / "a.toml"))

    one, other = '[[cues]]\nstart = 0\nengine = "hunyuan"\n', '[[cues]]\nstart = 0\nengine = "procedural"\n'
    assert engine('engine = "procedural"\n' + one) == "procedural"
    assert engine(one) == "hunyuan"
    assert engine(one + other) == ""


@pytest.mark.parametrize(
    ("row", "place", "words"),
    [
        ("00:59:00:00,1,x,", "line 2, column 1 (Start)", "lies before the start, 01:00:00:00"),
        ("0,x,x,", "line 2, column 2 (End)", "end: 'x' is not timecode"),
        ("2,1,x,", "line 2, column 2 (End)", "ends before it starts"),
        ("2,2,x,", "line 2, column 2 (End)", "is empty"),
        ("2,21,x,", "line 2, column 2 (End)", "reaches outside of cut.otio"),
        ("30,,x,", "line 2, column 1 (Start)", "reaches outside of cut.otio"),
        ("0,2,,", "line 2, column 3 (Prompt)", "has no prompt"),
        ("0,2,fx: ,", "line 2, column 3 (Prompt)", "empty"),
        ("0,2,x,music", "line 2, column 4 (Layer)", "no layer 'music'"),
    ],
)
def test_what_does_not_fit_the_timeline_has_its_place(
    tmp_path: Path, row: str, place: str, words: str
) -> None:
    with pytest.raises(SheetError) as caught:
        cues(tmp_path, f"Start,End,Prompt,Layer\n{row}\n")
    assert str(caught.value).startswith(f"a.csv, {place}: ")
    assert words in str(caught.value)


def test_a_duration_that_disagrees_is_refused(tmp_path: Path) -> None:
    with pytest.raises(
        SheetError, match=r"column 3 \(Duration\): the duration is 75 frames, and start to end 50"
    ):
        cues(tmp_path, "Start,End,Duration,Prompt\n0,2,3,x\n")


def test_a_sheet_without_cues_has_none(tmp_path: Path) -> None:
    with pytest.raises(SheetError, match="there is no cue in it"):
        cues(tmp_path, 'prompt = "rain"', "a.toml")
