"""Files of real tools: what is read from them, against tables worked out by hand."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from edits import SAMPLES
from foleyd.cue import FrameRange
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.errors import TimelineError
from foleyd.timeline.markers import read_markers
from foleyd.timeline.program import ReadProgram, read_program

READABLE = sorted(path.name for path in SAMPLES.glob("*.otio") if not path.name.startswith("08"))


def sample(prefix: str) -> bytes:
    return next(SAMPLES.glob(f"{prefix}*.otio")).read_bytes()


def program_of(prefix: str) -> ReadProgram:
    return read_program(read_document(sample(prefix), prefix), base_folder=Path("/edit"))


def shots(read: ReadProgram) -> list[tuple[Any, ...]]:
    """(record start, record end, source start in seconds, speed)."""
    return [(s.record.start, s.record.end, s.source_start, s.speed) for s in read.program.shots]


def test_a_resolve_animatic_shows_its_topmost_enabled_clips() -> None:
    read = program_of("01")
    assert str(read.program.start) == "01:00:00:00"
    assert (read.program.rate, read.program.duration) == (Fraction(24), 1125)
    # Video 5 (500 + 316 + 211 + 98 frames) lies over Video 1 and 2; Video 3 and 4 are disabled.
    assert shots(read) == [
        (0, 500, Fraction(0), Fraction(1)),
        (500, 816, Fraction(0), Fraction(1)),
        (816, 1027, Fraction(0), Fraction(1)),
        (1027, 1125, Fraction(0), Fraction(1)),
    ]
    assert [missing.shot_id for missing in read.missing] == ["shot-1", "shot-2", "shot-3", "shot-4"]
    assert all("Layout/delivery" in missing.url for missing in read.missing)
    assert any("'Cross Fade 0 dB'" in notice.what for notice in read.warnings)
    assert any("lie over others" in notice.what for notice in read.warnings)


def test_a_retimed_clip_keeps_its_length_and_doubles_its_speed() -> None:
    read = program_of("02")
    assert shots(read) == [(0, 11, Fraction(39, 24), Fraction(2))]
    assert "image sequence" in read.missing[0].reason


def test_embedded_timecode_at_25_in_media_of_24_is_rescaled_exactly() -> None:
    # 90032 / 25 s - 86400 / 24 s = 3601.28 - 3600 = 1.28 s = 30.72 frames of 24.
    read = program_of("03")
    assert shots(read) == [(0, 44, Fraction(32, 25), Fraction(1))]
    assert read.program.rate == 25
    assert read.missing[0].url.startswith("C:\\Users")


def test_a_rate_of_single_precision_is_24000_1001_with_its_frame_values() -> None:
    read = program_of("04")
    assert read.program.rate == Fraction(24000, 1001)
    assert read.program.start.frame == 86_400
    assert [(start, end) for start, end, *_ in shots(read)] == [
        (0, 24),
        (24, 76),
        (76, 102),
        (102, 127),
        (127, 192),
        (192, 216),
    ]
    # Used from 86400.0887, held from 86400, both at the exact rate: 0.0887 frames.
    assert read.program.shots[0].source_start * read.program.rate == pytest.approx(0.0887, abs=1e-4)
    # The time warp's lookup table is all zero: nothing that would have to be said.
    assert not any("speed" in notice.what for notice in read.warnings)


def test_a_freeze_holds_its_first_frame() -> None:
    (start, end, source, speed) = shots(program_of("05"))[0]
    assert (start, end, speed) == (0, 11, 0)
    assert float(source) == pytest.approx(29.97003 * 1001 / 24000, abs=1e-6)


def test_a_speed_table_is_named_and_played_at_its_average() -> None:
    read = program_of("06")
    assert shots(read)[0][3] == 2
    warning = next(notice for notice in read.warnings if "speed" in notice.what)
    assert "'TimeWarp6'" in warning.what
    assert "'sh010'" in warning.what
    assert "constant average speed" in warning.what


def test_premiere_by_fcp7_xml() -> None:
    read = program_of("07")
    assert (read.program.rate, read.program.duration) == (Fraction(30), 1271)
    assert shots(read) == [
        (13, 113, Fraction(0), Fraction(1)),
        (165, 322, Fraction(0), Fraction(1)),
        (322, 557, Fraction(0), Fraction(1)),
        # Video 1's clip from frame 536, seen again after the one above it ends: 21 frames in.
        (557, 636, Fraction(21, 30), Fraction(1)),
        (956, 1164, Fraction(133 - 99, 30), Fraction(1)),
        (1164, 1246, Fraction(18, 30), Fraction(1)),
    ]
    said = " ".join(notice.what for notice in read.warnings)
    assert "2 transitions are taken as cuts" in said
    assert "'test_title' has no file" in said
    assert read.missing[0].reason.startswith("D:/media/sc01_sh010_anim.mov")


def test_a_file_from_the_future_is_refused_with_the_schema_and_the_way_out() -> None:
    with pytest.raises(TimelineError) as refused:
        read_document(sample("08"), "cut.otio")
    sentence = str(refused.value)
    assert sentence.startswith("cut.otio was written by a newer OpenTimelineIO (Marker.3")
    assert "export it again as OpenTimelineIO 0.18" in sentence


def test_sound_alone_is_a_program_without_shots() -> None:
    read = program_of("09")
    assert read.program.shots == ()
    assert (read.program.start.frame, read.program.duration) == (88_124, 43)


def test_drop_frame_at_29_97() -> None:
    read = program_of("10")
    assert str(read.program.start) == "05:00:00;00"
    assert shots(read) == [(0, 2989, Fraction(0), Fraction(1))]
    assert "/Macintosh HD/Users/" in read.missing[0].reason


def test_three_rates_on_one_track() -> None:
    # Gaps of 1/24 s and 1 s, then 232 frames of 23.976: 24.975 and 256.975 frames, nearest 25, 257.
    read = program_of("12")
    assert read.program.rate == Fraction(24000, 1001)
    assert shots(read) == [(25, 257, Fraction(0), Fraction(1))]
    assert read.program.duration == 257


def test_markers_of_real_tools() -> None:
    found = read_markers(read_document(sample("07"), "07"))
    assert [(marker.name, marker.record) for marker in found if marker.owner == ""] == [
        ("My MArker 1", FrameRange(113, 113)),
        ("", FrameRange(298, 298)),
        ("dsf", FrameRange(492, 492)),
    ]
    # On the clip at record 322: media frame 73.
    assert [marker.record.start for marker in found if marker.owner] == [395]
    # One frame long in media time 86441, on a clip used from 86400.
    (avid,) = read_markers(read_document(sample("09"), "09"))
    assert (avid.name, avid.record) == ("41", FrameRange(41, 41))
    # 90054 at 25, used from 90032.
    (resolve,) = read_markers(read_document(sample("03"), "03"))
    assert (resolve.colour, resolve.record) == ("GREEN", FrameRange(22, 22))


def lost(before: Any, after: Any, where: str = "") -> list[str]:
    """Places at which AFTER lacks or changes something of BEFORE."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [
            place
            for key, value in before.items()
            for place in (lost(value, after[key], f"{where}/{key}") if key in after else [f"{where}/{key}"])
        ]
    if isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        pairs = enumerate(zip(before, after, strict=True))
        return [place for index, (old, new) in pairs for place in lost(old, new, f"{where}[{index}]")]
    return [] if type(before) is type(after) and before == after else [f"{where}: {before!r} {after!r}"]


@pytest.mark.parametrize("name", READABLE)
def test_what_is_read_is_written_back_to_the_last_bit(name: str) -> None:
    document = (SAMPLES / name).read_bytes()
    before = json.loads(document)
    after = json.loads(write_document(read_document(document, name), document))
    if before["OTIO_SCHEMA"].startswith("Clip."):
        after = after["tracks"]["children"][0]["children"][0]
    assert lost(before, after) == []
