"""EDLs and AAFs in: places, labels, rates, locators; and files that are none."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from edits import clip, gap, span, time, timeline, track
from foleyd.brief import Notice
from foleyd.interchange.aaf import read_aaf
from foleyd.interchange.edl import read_edl
from foleyd.interchange.errors import InterchangeError
from foleyd.timeline.document import read_document
from foleyd.timeline.markers import read_markers
from foleyd.timeline.program import ReadProgram, read_program

EDL = """TITLE: reel one
FCM: NON-DROP FRAME

001  A001     V     C        02:00:00:10 02:00:02:10 01:00:00:00 01:00:02:00
* FROM CLIP NAME: A001_C003.mov
* LOC: 01:00:01:05 RED     fx: door
002  A002     V     C        03:00:00:00 03:00:01:00 01:00:02:00 01:00:03:00
M2   A002       048.0                03:00:00:00
003  BL       V     C        00:00:00:00 00:00:01:00 01:00:04:00 01:00:05:00
"""


def read(path: Path, text: str, rate: Fraction | None = None) -> tuple[ReadProgram, list[Notice], Any]:
    path.write_text(text)
    document, notices = read_edl(path, rate)
    made = read_document(document, path.name)
    return read_program(made, base_folder=path.parent), notices, made


def test_events_lie_where_their_record_times_say(tmp_path: Path) -> None:
    seen, notices, made = read(tmp_path / "cut.edl", EDL, Fraction(24))
    assert str(seen.program.start) == "01:00:00:00"
    rows = [(s.name, s.record.start, s.record.end, s.source_start, s.speed) for s in seen.program.shots]
    start = 2 * 3600 + Fraction(10, 24)
    assert rows == [
        ("A001_C003.mov", 0, 48, start, 1),
        ("002", 48, 72, 3 * 3600, 2),
        ("003", 96, 120, 0, 1),
    ]
    assert seen.missing[0].url == "A001_C003.mov"
    (marker,) = read_markers(made)
    assert (marker.name, marker.colour, marker.record.start) == ("fx: door", "RED", 29)
    assert [notice.where for notice in notices] == ["01:00:02:00"]
    assert "the speed 200 % of event 002 is that of its motion effect" in notices[0].what


@pytest.mark.parametrize(("frames", "speed"), [("012.0", Fraction(1, 2)), ("000.0", 0), ("024.0", 1)])
def test_a_motion_effect_counts_where_source_and_record_are_equally_long(
    tmp_path: Path, frames: str, speed: Fraction
) -> None:
    seen, notices, _ = read(tmp_path / "cut.edl", EDL.replace("048.0", frames), Fraction(24))
    assert [(shot.speed, shot.source_start) for shot in seen.program.shots][1] == (speed, 3 * 3600)
    assert [shot.record.start for shot in seen.program.shots] == [0, 48, 96]
    assert len(notices) == (speed != 1)


def test_a_backward_effect_of_such_an_event_is_named(tmp_path: Path) -> None:
    seen, notices, _ = read(tmp_path / "cut.edl", EDL.replace("048.0", "-24.0"), Fraction(24))
    assert [shot.speed for shot in seen.program.shots][1] == 1
    assert "the speed -100 % of event 002 is not read" in notices[0].what


def test_an_event_that_runs_from_its_later_end_down_is_backward(tmp_path: Path) -> None:
    event = "001 A V C 00:00:04:00 00:00:02:00 01:00:00:00 01:00:02:00\nM2 A -025.0 00:00:04:00\n"
    read_, notices, _ = read(tmp_path / "a.edl", f"TITLE: a\n{event}", Fraction(25))
    (shot,) = read_.program.shots
    assert (shot.speed, notices) == (-1, [])
    assert (shot.source_at(0, Fraction(25)), shot.source_at(49, Fraction(25))) == (Fraction(99, 25), 2)


@pytest.mark.parametrize("effect", ["A 060.0 00:00:58;00", "A 59.9 00:00:58:00", "+60,0", "A1 060.00"])
@pytest.mark.parametrize("record_out", ["01:00:04;00", "01:00:02;00"])
def test_an_effect_in_drop_frame_is_read_however_it_is_spelled(
    tmp_path: Path, effect: str, record_out: str
) -> None:
    """120 frames of source over a minute's end; where the record has 120, too, the effect alone says it."""
    rate = Fraction(30000, 1001)
    text = f"TITLE: a\n001 A V C 00:00:58;00 00:01:02;02 01:00:00;00 {record_out}\nM2 {effect}\n"
    seen, notices, _ = read(tmp_path / "a.edl", text, rate)
    (shot,) = seen.program.shots
    assert (
        shot.speed == (Fraction("59.9") / rate).limit_denominator(10**6)
        if "59" in effect
        else shot.speed == 2
    )
    assert shot.source_start == 1740 / rate
    assert ["200 %" in notice.what or "199.9 %" in notice.what for notice in notices] == [True] * (
        record_out == "01:00:04;00"
    )


def test_events_out_of_order_are_told_from_damage(tmp_path: Path) -> None:
    (tmp_path / "c.edl").write_text(
        "TITLE: c\n002 A V C 00:00:05:00 00:00:06:00 01:00:02:00 01:00:03:00\n"
        "001 A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n"
    )
    with pytest.raises(InterchangeError, match=r"an event at 01:00:00:00 .* in the order of the record"):
        read_edl(tmp_path / "c.edl", Fraction(25))


def test_a_motion_effect_is_a_speed(tmp_path: Path) -> None:
    text = EDL.replace("03:00:00:00 03:00:01:00 01:00:02:00 01:00:03:00", "03:00:00:00 03:00:02:00 "
                       "01:00:02:00 01:00:03:00")  # fmt: skip
    seen, _, _ = read(tmp_path / "cut.edl", text, Fraction(24))
    assert [shot.speed for shot in seen.program.shots][:2] == [1, 2]


@pytest.mark.parametrize(
    ("mark", "last", "rate", "label"),
    [
        (":", "23", "24", "01:00:00:00"),
        (":", "24", "25", "01:00:00:00"),
        (":", "29", "30", "01:00:00:00"),
        (";", "29", "30000/1001", "01:00:00;00"),
        (":", "59", "60", "01:00:00:00"),
    ],
)
def test_the_rate_is_guessed_and_said(tmp_path: Path, mark: str, last: str, rate: str, label: str) -> None:
    text = (
        f"TITLE: x\n001 A V C 00:00:00{mark}00 00:00:01{mark}{last} 01:00:00{mark}00 01:00:01{mark}{last}\n"
    )
    seen, notices, _ = read(tmp_path / "cut.edl", text)
    assert seen.program.rate == Fraction(rate)
    assert str(seen.program.start) == label
    assert "does not say its frame rate" in notices[0].what


def test_drop_frame_said_in_the_head_holds_for_colons(tmp_path: Path) -> None:
    text = "FCM: DROP FRAME\n001 A V C 00:00:00:00 00:00:02:00 01:00:00:00 01:00:02:00\n"
    seen, _, _ = read(tmp_path / "cut.edl", text)
    assert str(seen.program.start) == "01:00:00;00"
    assert seen.program.start.frame == 107_892
    non_drop, _, _ = read(tmp_path / "ndf.edl", text.replace("DROP", "NON-DROP"), Fraction(30000, 1001))
    assert str(non_drop.program.start) == "01:00:00:00"
    assert non_drop.program.start.frame == 108_000


@pytest.mark.parametrize(
    ("text", "rate", "words"),
    [
        ("TITLE: x\n", None, "no events"),
        ("TITLE: x\n001 A V C 00:00:00:00\n", None, "number of fields"),
        ("001 A V C 00:00:00:00 00:00:01:00 00:00:00:00 00:00:02:00\n", None, "duration don't match"),
        ("001 A V C 00:00:00:00 00:00:01:24 00:00:00:00 00:00:01:24\n", Fraction(24), "up to frame 24"),
        ("001 A V C 00:00:00;00 00:00:01;24 00:00:00;00 00:00:01;24\n", Fraction(25), "drop frame"),
        ("001 A V C 00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00\0", None, "no text"),
        ("FCM: DROP FRAME\nFCM: NON-DROP FRAME\n001 A V C 0 1 0 1\n", None, "mixes drop frame"),
        ("001 A V C 00:00:00:00 00:00:01:00 00:00:00:00 00:00:01:00\n", Fraction(0), "--edl-rate"),
    ],
)
def test_what_is_no_edl_gets_a_sentence(tmp_path: Path, text: str, rate: Fraction | None, words: str) -> None:
    path = tmp_path / "cut.edl"
    path.write_text(text)
    with pytest.raises(Exception, match=words) as refused:
        read_edl(path, rate)
    assert isinstance(refused.value, InterchangeError) or "EDLParseError" in repr(refused)


def avid(path: Path) -> Path:
    """An AAF as the adapter writes it."""
    shots = [
        clip("one", span(10, 48), span(0, 200), url="file:///media/one.mov"),
        gap(12),
        clip("two", span(0, 24), span(0, 100), url="file:///media/two.mov"),
    ]
    made = timeline(track(*shots, name="V1"), start=time(86400))
    otio.adapters.write_to_file(made, str(path), adapter_name="AAF", use_empty_mob_ids=True)
    return path


def test_an_aaf_is_read_with_its_cuts(tmp_path: Path) -> None:
    document, _ = read_aaf(avid(tmp_path / "cut.aaf"))
    seen = read_program(read_document(document, "cut.aaf"), base_folder=tmp_path)
    assert [(s.record.start, s.record.end) for s in seen.program.shots] == [(0, 48), (60, 84)]
    assert str(seen.program.start) == "01:00:00:00"
    assert seen.program.shots[0].source_start == Fraction(10, 24)


def test_an_aaf_that_is_none_gets_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "cut.aaf"
    path.write_bytes(b"no aaf at all")
    with pytest.raises(InterchangeError, match="no AAF"):
        read_aaf(path)
