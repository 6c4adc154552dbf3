"""What is written as a cue sheet reads back to the same cues, to the frame."""

from __future__ import annotations

import csv
import io
import tempfile
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foleyd.cue import LAYERS, Cue, FrameRange
from foleyd.cuesheet.read import read_sheet
from foleyd.cuesheet.spots import cue_list
from foleyd.cuesheet.write import COLUMNS, Made, cues_csv, result_csv
from foleyd.timebase import Timecode
from foleyd.timeline.errors import SpottingError
from foleyd.timeline.spotting import check_prompt

DURATION = 100_000
STARTS = [
    Timecode(86_400, Fraction(24000, 1001)),
    Timecode(90_000, Fraction(25)),
    Timecode(107_892, Fraction(30000, 1001), True),
    Timecode(108_000, Fraction(30000, 1001)),
    Timecode(0, Fraction(60000, 1001), True),
    Timecode(0, Fraction(179, 6)),
    Timecode(0, Fraction(120)),
    Timecode(2_160_000 - 500, Fraction(25)),  # past midnight
]


def is_prompt(text: str) -> bool:
    try:
        return check_prompt(text) == text
    except SpottingError:
        return False


prompts = st.text(min_size=1, max_size=40).filter(is_prompt) | st.sampled_from(
    [
        "=SUM(A1)",
        "'=x",
        "-rain",
        "@x",
        "+1",
        'door, "oak"; heavy',
        "fx: glass | music",
        "0,5",
        "Ärger 雨 🌧",
        "''=",
        "ends in a hard space\xa0",
        "\u2003begins with a wide one",
    ]
)


@st.composite
def spotted(draw: st.DrawFn) -> list[Cue]:
    starts = sorted(draw(st.lists(st.integers(0, DURATION - 2), min_size=1, max_size=4)))
    cues = []
    for number, start in enumerate(starts, 1):
        first = draw(st.integers(0, 2**62))
        counted = tuple(range(first, first + draw(st.integers(1, 32))))
        seeds = draw(
            st.just(counted) | st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=5, unique=True)
        )
        cues.append(
            Cue(
                id=f"cue-{number}",
                record=FrameRange(start, draw(st.integers(start + 1, DURATION))),
                prompt=draw(prompts),
                negative_prompt=draw(st.just("") | prompts),
                layer=draw(st.sampled_from(LAYERS)),
                seeds=tuple(seeds),
                handles=draw(st.none() | st.integers(0, 3600)),
                engine=draw(st.sampled_from(["", "procedural"])),
            )
        )
    return cues


@given(spotted(), st.sampled_from(STARTS))
def test_a_table_reads_back_to_the_same_cues(cues: list[Cue], start: Timecode) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spots.csv"
        path.write_bytes(cues_csv(cues, start).encode())
        read = cue_list(read_sheet(path), start, DURATION, "cut").cues
    assert [
        Cue(
            cue.id,
            FrameRange(cue.range.start_frame, cue.range.end_frame),
            cue.prompt,
            cue.negative_prompt,
            cue.layer,
            tuple(cue.seeds),
            cue.handles_frames if cue.HasField("handles_frames") else None,
            cue.engine,
        )
        for cue in read
    ] == cues


def test_the_table_is_one_that_spreadsheets_open_as_it_is_meant() -> None:
    cue = Cue("cue-1", FrameRange(0, 58), "=door", "", "fx", (7, 8, 9))
    text = cues_csv([cue], Timecode(86_400, Fraction(24000, 1001)))
    assert text.startswith("\ufeffCue,")  # not "ID", which Excel takes for a file of another kind
    rows = list(csv.reader(io.StringIO(text[1:])))
    assert rows == [
        list(COLUMNS),
        ["cue-1", "01:00:00:00", "01:00:02:10", "00:00:02:10", "fx", "'=door", "", "3", "7", "", "", ""],
    ]


@pytest.mark.parametrize("start", STARTS[:3])
def test_a_result_reads_back_too(tmp_path: Path, start: Timecode) -> None:
    cue = Cue("cue-1", FrameRange(0, 58), "door", "", "fx", (7, 19))
    made = Made(("a_t1.wav", "a_t2.wav"), -23.04, -1.0, 3, "as found")
    path = tmp_path / "made.csv"
    path.write_bytes(result_csv([cue], [made], start, "b68de8").encode())
    row = next(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"))))
    assert (row["Files"], row["LUFS"], row["dBTP"], row["Events"], row["Notes"]) == (
        "a_t1.wav; a_t2.wav",
        "-23.0",
        "-1.0",
        "3",
        "as found",
    )
    (read,) = cue_list(read_sheet(path), start, 100, "cut").cues
    assert (read.range.end_frame, list(read.seeds)) == (58, [7, 19])
