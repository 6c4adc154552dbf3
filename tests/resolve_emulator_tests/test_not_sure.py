"""What the facts leave open is a switch, and both ways are to be had."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

START = 86400


@pytest.mark.parametrize(("rule", "said", "there"), [("taken", 1, 1), ("refused", 0, 0), ("silent", 1, 0)])
def test_a_marker_with_a_colon_in_its_name(bench: Any, rule: str, said: int, there: int) -> None:
    timeline = bench(quirks={"marker_colon": rule}).timeline
    assert timeline.AddMarker(3, "Mint", "Foley: foley", "", 1, "") is bool(said)
    assert len(timeline.GetMarkers()) == there
    assert timeline.AddMarker(4, "Mint", "Foley", "a: b/c", 1, "a:b")


@pytest.mark.parametrize(("rule", "name"), [("", ""), (None, None), ("numbered", "Audio 9")])
def test_the_name_of_a_track_that_is_not_there(bench: Any, rule: Any, name: Any) -> None:
    timeline = bench(quirks={"missing_track_name": rule}).timeline
    assert timeline.GetTrackName("audio", 9) == name
    assert timeline.GetTrackName("audio", 2) == "Audio 2"


def test_the_end_of_a_timeline_and_the_semicolon(bench: Any) -> None:
    assert bench().timeline.GetEndFrame() == START + 100
    assert bench(quirks={"end_frame": "inclusive"}).timeline.GetEndFrame() == START + 99
    assert bench(rate="29.97 DF").timeline.GetStartTimecode() == "01:00:00;00"
    plain = bench(rate="29.97 DF", quirks={"drop_semicolon": False}).timeline
    assert plain.GetStartTimecode() == "01:00:00:00"


def test_a_clips_properties(bench: Any, wav: Any, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(tmp_path)
    linked = os.path.join(tmp_path, "link", os.path.basename(wav("a.wav", 96000)))
    for quirks, path, fps in (
        ({}, linked, "23.976"),
        ({"file_path": "real", "decimal_comma": True}, os.path.realpath(linked), "23,976"),
    ):
        (clip,) = bench(rate="23.976", quirks=quirks).pool.ImportMedia([linked])
        assert clip.GetClipProperty("File Path") == path
        assert clip.GetClipProperty("FPS") == fps


def test_numbers_may_all_be_floats(bench: Any) -> None:
    b = bench("21.0.4", quirks={"numbers": "float"})
    said = [b.timeline.GetTrackCount("audio"), *b.resolve.GetVersion()[:3]]
    assert [type(one) for one in said] == [float] * 4
    assert b.timeline.GetSetting("useCustomSettings") == "0"
    assert b.timeline.SetTrackName("audio", 1, "Music") is True


def test_transitions_may_not_say_where_they_lie(bench: Any) -> None:
    for says in (True, False):
        video = [[{"path": "/m/a.mov", "at": 0, "in": 24, "duration": 9}, {"transition": [2, 2], "at": 9}]]
        b = bench(timeline={"video": video}, quirks={"transition_frames": says})
        fade = b.timeline.GetItemListInTrack("video", 1)[-1]
        assert (fade.GetStart() is None) is not says
        assert b.timeline.GetItemListInTrack("video", 1)[0].GetStart() == START


def test_uses_may_be_counted_late(bench: Any, wav: Any) -> None:
    b = bench(quirks={"usage_count": "late"})
    (clip,) = b.pool.ImportMedia([wav("a.wav", 96000)])
    b.place(clip, START, 24)
    assert clip.GetClipProperty("Usage") == "0"
    b.resolve.OpenPage("color")
    assert clip.GetClipProperty("Usage") == "1"


def test_a_chunk_that_errored_answers_nothing_and_is_gone_on_save(bench: Any, wav: Any) -> None:
    b = bench()
    (clip,) = b.pool.ImportMedia([wav("a.wav", 96000)])
    b.host.faults.add("MediaPool.AppendToTimeline", "errors")
    assert b.place(clip, START, 24) is None
    assert b.spans() == [(START, START + 24)]
    b.resolve.GetProjectManager().SaveProject()
    assert b.spans() == []


def test_a_page_may_be_late_and_a_hidden_window_found(bench: Any) -> None:
    b = bench(quirks={"page_after": 2, "find_window": "all"})
    assert b.resolve.OpenPage("color")
    assert [b.resolve.GetCurrentPage() for _ in range(4)] == ["edit", "edit", "color", "color"]
    for quirk, found in (("all", True), ("shown", False)):
        b.host.quirks["find_window"] = quirk
        b.host.dispatcher.AddWindow({"ID": "Foley"}, [])
        assert bool(b.host.ui.FindWindow("Foley")) is found


def test_the_items_of_a_window_may_be_no_dict(bench: Any) -> None:
    host = bench(quirks={"items": "table"}).host
    items = host.dispatcher.AddWindow({"ID": "A"}, [host.ui.Label({"ID": "L", "Text": "x"})]).GetItems()
    assert (items["L"].Text, items["M"]) == ("x", None)
    with pytest.raises(TypeError):
        _ = "L" in items


def test_an_unknown_name_of_a_widget(bench: Any) -> None:
    assert bench().host.ui.LineEdit({"ID": "a"}).PlainText is None
    widget = bench(quirks={"widget_unknown": "raises"}).host.ui.LineEdit({"ID": "a"})
    with pytest.raises(AttributeError):
        _ = widget.PlainText
    assert widget.Text == ""
