"""Frames of reference (section 6), rates and timecodes (section 9), source frames of items."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from resolve_emulator import rates


@pytest.mark.parametrize(
    ("label", "rate", "drop", "frame"),
    [
        ("01:00:00:00", "24", False, 86400),
        ("01:00:00:00", "23.976", False, 86400),
        ("01:00:00;00", "29.97", True, 107892),  # otio-interop section 3
        ("01:00:00:00", "29.97", False, 108000),
        ("00:01:00;02", "29.97", True, 1800),
        ("00:00:59;29", "29.97", True, 1799),
        ("00:10:00;00", "29.97", True, 17982),
        ("00:01:00;04", "59.94", True, 3600),
        ("01:00:00;00", "59.94", True, 215784),
        ("10:00:00:00", "25", False, 900000),
    ],
)
def test_labels(label: str, rate: str, drop: bool, frame: int) -> None:
    exact = rates.parse_rate(rate)[0]
    assert rates.from_timecode(label, exact, drop) == frame
    assert rates.to_timecode(frame, exact, drop) == label


def test_every_drop_frame_label_of_twenty_minutes_reads_back() -> None:
    for rate, drop in ((Fraction(30000, 1001), True), (Fraction(60000, 1001), True), (Fraction(25), False)):
        for frame in range(0, 20 * 60 * rates.nominal(rate), 7):
            assert rates.from_timecode(rates.to_timecode(frame, rate, drop), rate, drop) == frame
    with pytest.raises(ValueError, match="00:01:00;00"):
        rates.from_timecode("00:01:00;00", Fraction(30000, 1001), True)


def test_absolute_and_relative(bench: Any) -> None:
    b = bench(
        rate="29.97 DF", timeline={"start": "01:00:00;00", "marks": [10, 19], "playhead": "01:00:00;10"}
    )
    t = b.timeline
    assert (t.GetStartFrame(), t.GetEndFrame(), t.GetStartTimecode()) == (107892, 107992, "01:00:00;00")
    item = t.GetCurrentVideoItem()
    assert (item.GetStart(), item.GetEnd(), item.GetDuration()) == (107892, 107992, 100)
    assert t.GetMarkInOut() == {"video": {"in": 10, "out": 19}, "audio": {"in": 10, "out": 19}}
    assert t.GetCurrentTimecode() == "01:00:00;10"
    assert t.AddMarker(0, "Blue", "n", "", 1, "")
    assert t.GetMarkers() == {
        0.0: {"color": "Blue", "duration": 1.0, "note": "", "name": "n", "customData": ""}
    }


@pytest.mark.parametrize(
    ("version", "plain", "dropped", "key"),
    [("20.3", "29.97", "29.97 DF", ""), ("21.1", 29.97, 29.97, "1")],
)
def test_how_the_rate_is_said(bench: Any, version: str, plain: Any, dropped: Any, key: str) -> None:
    assert bench(version, rate="29.97").timeline.GetSetting("timelineFrameRate") == plain
    b = bench(version, rate="29.97 DF", timeline={"start": "00:00:00;00"})
    assert b.timeline.GetSetting("timelineFrameRate") == dropped
    assert b.project.GetSetting("timelineFrameRate") == dropped
    assert b.timeline.GetSetting("timelineDropFrameTimecode") == key


def test_a_timeline_may_have_its_own_rate(bench: Any) -> None:
    b = bench(rate="24", media_rate="25", timeline={"rate": "25"})
    assert b.timeline.GetSetting("timelineFrameRate") == "25"
    assert b.timeline.GetSetting("useCustomSettings") == "1"
    assert b.project.GetSetting("timelineFrameRate") == "24"
    assert bench().timeline.GetSetting("useCustomSettings") == "0"
    assert not bench().project.SetSetting("timelineFrameRate", "25")


def source(item: Any) -> tuple[Any, ...]:
    return (
        item.GetLeftOffset(),
        item.GetRightOffset(),
        item.GetSourceStartFrame(),
        item.GetSourceEndFrame(),
    )


def test_source_frames_at_full_speed(bench: Any) -> None:
    item = bench().timeline.GetItemListInTrack("video", 1)[0]
    assert source(item) == (24, 876, 24, 124)
    assert item.GetSourceEndTime() - item.GetSourceStartTime() == pytest.approx(100 / 24)
    assert item.GetSourceStartTime() == 3601.0  # the embedded start timecode is included
    always = bench(quirks={"source_start_early": "always"}).timeline.GetItemListInTrack("video", 1)[0]
    assert source(always)[:3] == (24, 876, 23)


def test_retimed_source_frames(bench: Any) -> None:
    fast = bench(clip={"in": 39, "duration": 48, "speed": 2}).timeline.GetItemListInTrack("video", 1)[0]
    left, right, first, end = source(fast)
    assert (left, right) == (19, 432)  # the warped domain: 39 / 2, (1000 - 135) / 2
    assert (first, end) == (38, 135)  # one early
    exact = bench(clip={"in": 39, "duration": 48, "speed": 2}, quirks={"source_start_early": "never"})
    fast = exact.timeline.GetItemListInTrack("video", 1)[0]
    assert (fast.GetSourceEndFrame() - fast.GetSourceStartFrame()) / fast.GetDuration() == 2
    back = bench(clip={"speed": -1}, quirks={"source_start_early": "never"})
    assert source(back.timeline.GetItemListInTrack("video", 1)[0]) == (876, 24, 124, 24)
    unknown = bench(clip={"source_unknown": True}).timeline.GetItemListInTrack("video", 1)[0]
    assert source(unknown)[2:] == (0, 0)


def test_sound_counts_its_offset_in_timeline_frames(bench: Any) -> None:
    b = bench(rate="24", media_rate="25", clip={"in": 25}, quirks={"source_start_early": "never"})
    picture = b.timeline.GetItemListInTrack("video", 1)[0]
    sound = b.timeline.GetItemListInTrack("audio", 1)[0]
    assert (picture.GetLeftOffset(), sound.GetLeftOffset()) == (25, 24)
    assert sound.GetSourceStartFrame() == 25


def test_sub_frames_from_20_2(bench: Any) -> None:
    for version, answer in (("20.1", 86400), ("20.2", 86400.0)):
        start = bench(version).timeline.GetItemListInTrack("video", 1)[0].GetStart(True)
        assert (start, type(start)) == (answer, type(answer))
