"""For each sample and each target: what we add has the importer's shape, the rest is as it was."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from edits import SAMPLES, clip, span, take, timeline, track
from foleyd.cue import Cue, FrameRange
from foleyd.request import TARGETS
from foleyd.timeline.clock import read_clock
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.placement import append_tracks, place_takes, read_placements
from foleyd.timeline.program import read_program

READABLE = sorted(path for path in SAMPLES.glob("*.otio") if not path.name.startswith("08"))


def with_takes(document: bytes, target: str) -> tuple[bytes, int]:
    """DOCUMENT with two cues' takes added, and how many tracks it had."""
    made = read_document(document, "edit")
    before = len(made.tracks)
    program = read_program(made, base_folder=Path("/edit"), duration_of=lambda _: None).program
    half = max(1, program.duration // 2)
    cues = [
        Cue("cue-1", FrameRange(0, half), "steps", seeds=(1,)),
        Cue("cue-2", FrameRange(half, max(half + 1, program.duration)), "rain", seeds=(2,)),
    ]
    program = program if program.duration > half else type(program)(program.start, program.shots, half + 1)
    takes = [take(program, each, number=1) for each in cues]
    append_tracks(made, place_takes(takes), program, job="j", target=target)
    return write_document(made, document), before


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("sample", READABLE, ids=lambda path: path.name[:2])
def test_what_we_add_is_exact_and_the_rest_untouched(sample: Path, target: str) -> None:
    document = sample.read_bytes()
    out, before = with_takes(document, target)
    made = read_document(out, "edit")
    rate = read_clock(made).stored_rate
    ours = list(made.tracks)[before:]
    assert [lane.name for lane in ours] == ["Foley: foley"]
    for each in ours[0].find_clips():
        used, held = each.source_range, each.media_reference.available_range
        times = (used.start_time, used.duration, held.start_time, held.duration)
        assert {time.rate for time in times} == {rate}
        assert all(time.value == int(time.value) for time in times)
        assert held.start_time <= used.start_time
        assert used.end_time_exclusive() < held.end_time_exclusive()
        assert each.media_reference.target_url.startswith("file:///") == (target in {"generic", "premiere"})
        assert (held.start_time.value == 0) == (target in {"premiere", "kdenlive"}) or not starts_late(made)
    assert [found.cue_id for found in read_placements(made)] == ["cue-1", "cue-2"]
    assert theirs(out, document) == theirs(document, document)


def starts_late(made: otio.schema.Timeline) -> bool:
    return read_clock(made).start.frame > 12


def theirs(text: bytes, original: bytes) -> Any:
    """The tracks of ORIGINAL as TEXT has them, with optional keys filled in as a reader would."""
    count = len(read_document(original, "edit").tracks)
    made = read_document(text, "edit")
    return [json.loads(lane.to_json_string()) for lane in list(made.tracks)[:count]]


def test_premiere_gets_a_link_of_its_own_for_each_clip() -> None:
    out, _ = with_takes(READABLE[0].read_bytes(), "premiere")
    made = read_document(out, "e")
    words = [each.metadata["PremierePro_OTIO"] for each in made.tracks[-1].find_clips()]
    assert len({each["LinkID"] for each in words}) == 2
    assert all(2**30 <= each["LinkID"] < 2**31 for each in words)
    assigned = [dict(each) for each in words[0]["AudioChannels"]["SecondaryAssignments"]]
    assert assigned == [{"SecondaryChannelIndex": 0}]
    assert with_takes(READABLE[0].read_bytes(), "premiere")[0] == out


def test_otiotool_has_nothing_to_say_of_what_we_add(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from opentimelineio.console import otiotool

    path = tmp_path / "edit.otio"
    document = write_document(timeline(track(clip("a", span(0, 100), span(0, 200)))))
    path.write_bytes(with_takes(document, "resolve")[0])
    monkeypatch.setattr("sys.argv", ["otiotool", "-i", str(path), "--verify-ranges", "--list-tracks"])
    otiotool.main()
    printed = capsys.readouterr().out
    assert "Foley: foley" in printed
    assert "OUT OF BOUNDS" not in printed
