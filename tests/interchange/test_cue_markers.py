"""Cues as markers: read again they are the same cues, and the timeline is as it was."""

from __future__ import annotations

from pathlib import Path

import pytest

from edits import SAMPLES, clip, span, time, timeline, track
from foleyd.cue import Cue, FrameRange
from foleyd.interchange.cue_markers import with_cue_markers
from foleyd.request import CueRule, Document, Spread
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.markers import read_markers
from foleyd.timeline.program import read_program
from foleyd.timeline.spotting import find_cues

CUES = (
    Cue("cue-1", FrameRange(3, 40), "steps", "", "foley", (7, 8)),
    Cue("cue-2", FrameRange(4, 41), "rain: heavy", "music, hum", "ambience", (9,), 0, "hunyuan"),
    Cue("cue-3", FrameRange(40, 42), "door | window", "", "foley", (5,), 24),
    Cue("cue-4", FrameRange(50, 51), "tap", "", "foley", (3,)),
)


def again(text: bytes, colour: str) -> tuple[Cue, ...]:
    made = read_document(text, "edit")
    program = read_program(made, base_folder=Path("/edit")).program
    rule = CueRule(spread=Spread.MARKERS, marker_colours=(colour,))
    return find_cues(program, [], rule, markers=read_markers(made))


@pytest.mark.parametrize("prefix", ["01", "04", "07", "10", "12", "13"])
def test_read_again_they_are_the_same_cues(prefix: str) -> None:
    path = next(SAMPLES.glob(f"{prefix}*"), None)
    if path is None:
        pytest.skip(f"sample {prefix} is not copied")
    text, colour = with_cue_markers(Document(path.read_bytes(), Path("/edit"), "x"), CUES, Path("/edit"))
    assert again(text, colour) == CUES
    before, after = (read_document(each, "x") for each in (path.read_bytes(), text))
    del after.tracks.markers[len(before.tracks.markers) :]
    assert after.is_equivalent_to(before)


def test_they_have_a_colour_of_their_own_and_references_still_hold() -> None:
    made = timeline(track(clip("a", span(0, 100), span(0, 200), url="a.mov")), start=time(86400))
    document = Document(write_document(made), Path("/edit"), "cut")
    first, colour = with_cue_markers(document, CUES[:1], Path("/edit/out"))
    assert colour == "GREEN"
    found = read_document(first, "cut")
    assert next(iter(found.find_clips())).media_reference.target_url == "../a.mov"
    assert with_cue_markers(Document(first, Path("/edit"), "cut"), CUES[:1], Path("/edit"))[1] == "CYAN"


def test_spots_without_a_prompt_wait_for_one() -> None:
    made = timeline(track(clip("a", span(0, 100), span(0, 200))), start=time(86400))
    document = Document(write_document(made), Path("/edit"), "cut")
    text, _ = with_cue_markers(document, [Cue("cue-1", FrameRange(5, 9), "", seeds=())], Path("/edit"))
    (marker,) = read_markers(read_document(text, "cut"))
    assert (marker.name, marker.note, marker.record) == ("", "", FrameRange(5, 9))
