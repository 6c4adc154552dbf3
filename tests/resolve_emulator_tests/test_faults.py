"""Faults, the journal and snapshots."""

from __future__ import annotations

import json
import threading
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import snapshot


def test_failing_calls(bench: Any) -> None:
    for action, answer in (("false", False), ("none", None), ("empty", [])):
        b = bench()
        before = snapshot(b.host)
        b.host.faults.add("Timeline.AddTrack", action)
        assert b.timeline.AddTrack("audio", "stereo") == answer
        assert snapshot(b.host) == before
        b.host.faults.clear()
        assert b.timeline.AddTrack("audio", "stereo")
        assert snapshot(b.host) != before


def test_only_the_nth_call(bench: Any) -> None:
    b = bench()
    fault = b.host.faults.add("Timeline.SetTrackName", "raises", nth=2)
    assert b.timeline.SetTrackName("audio", 1, "a")
    with pytest.raises(RuntimeError, match=r"Timeline\.SetTrackName"):
        b.timeline.SetTrackName("audio", 1, "b")
    assert b.timeline.SetTrackName("audio", 1, "c")
    assert (fault.seen, fault.struck) == (3, 1)
    assert b.timeline.GetTrackName("audio", 1) == "c"


@pytest.mark.parametrize(
    "name",
    [
        "Timeline.AddTrack",
        "MediaPool.ImportMedia",
        "MediaPool.AppendToTimeline",
        "Timeline.Export",
        "Resolve.OpenPage",
    ],
)
def test_success_that_does_nothing(bench: Any, wav: Any, tmp_path: Path, name: str) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 48000)])[0]
    before = snapshot(b.host)
    b.host.faults.add(name, "does_nothing")
    answer = {
        "Timeline.AddTrack": lambda: b.timeline.AddTrack("audio", "stereo"),
        "MediaPool.ImportMedia": lambda: b.pool.ImportMedia([wav("b.wav", 48000)]),
        "MediaPool.AppendToTimeline": lambda: b.place(clip, 86400, 3),
        "Timeline.Export": lambda: b.timeline.Export(
            str(tmp_path / "a.otio"), b.resolve.EXPORT_OTIO, b.resolve.EXPORT_NONE
        ),
        "Resolve.OpenPage": lambda: b.resolve.OpenPage("color"),
    }[name]()
    assert answer
    assert snapshot(b.host) == before
    assert not (tmp_path / "a.otio").exists()


def test_failure_although_done(bench: Any, wav: Any) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 48000)])[0]
    b.host.faults.add("MediaPool.AppendToTimeline", "denies")
    assert b.place(clip, 86400, 3) is None
    assert b.spans() == [(86400, 86403)]


def test_off_by_one_frame(bench: Any, wav: Any) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 48000)])[0]
    b.host.faults.add("MediaPool.AppendToTimeline", "off_by_one", nth=1)
    b.host.faults.add("MediaPool.AppendToTimeline", "one_short", nth=2)
    b.host.faults.add("Timeline.AddMarker", "off_by_one")
    b.host.faults.add("Timeline.GetStartFrame", "off_by_one")
    b.place(clip, 86400, 3)
    b.place(clip, 86410, 3)
    assert b.spans() == [(86401, 86404), (86410, 86412)]
    assert b.timeline.AddMarker(4, "Blue", "", "", 1, "")
    assert list(b.timeline.GetMarkers()) == [5.0]
    assert b.timeline.GetStartFrame() == 86401


def test_a_call_that_hangs_until_it_is_released(bench: Any) -> None:
    b = bench()
    b.host.faults.add("Timeline.AddTrack", "hangs")
    done: list[Any] = []
    thread = threading.Thread(target=lambda: done.append(b.timeline.AddTrack("audio", "mono")))
    thread.start()
    assert b.host.faults.hanging.wait(10)
    assert not done
    b.host.faults.release()
    thread.join(10)
    assert done == [True]
    assert [call.name for call in b.host.journal.off_main_thread()] == ["Timeline.AddTrack"]


def test_a_box_that_opens_meanwhile(bench: Any) -> None:
    b = bench()
    b.host.faults.add("Timeline.AddTrack", "modal")
    assert b.timeline.AddTrack("audio", "mono") is False
    assert b.timeline.SetTrackName("audio", 1, "a") is False
    b.host.faults.clear()
    b.host.dismiss()
    assert b.timeline.AddTrack("audio", "mono") is True


def test_an_editor_who_does_something_meanwhile(bench: Any) -> None:
    b = bench()
    b.host.faults.add("Timeline.AddTrack", "before", change=lambda args: b.host.go_to("color"))
    assert b.timeline.AddTrack("audio", "mono")
    assert b.resolve.GetCurrentPage() == "color"
    b.host.faults.add("Timeline.SetTrackName", "change", change=lambda args: [*args[:2], "else"])
    b.timeline.SetTrackName("audio", 1, "asked")
    assert b.timeline.GetTrackName("audio", 1) == "else"


@pytest.mark.parametrize(("action", "answer"), [("disk_full", False), ("truncates", True)])
def test_half_a_file(bench: Any, tmp_path: Path, action: str, answer: bool) -> None:
    b = bench()
    b.host.faults.add("Timeline.Export", action)
    path = tmp_path / "a.otio"
    assert b.timeline.Export(str(path), b.resolve.EXPORT_OTIO, b.resolve.EXPORT_NONE) is answer
    with pytest.raises(json.JSONDecodeError):
        json.loads(path.read_text())


def test_wrong_switches_are_refused(bench: Any) -> None:
    b = bench()
    for name, action in (("Timeline.AddTrack", "nonsense"), ("Timeline.AddTrack", "one_short")):
        with pytest.raises(ValueError, match=action.split("_")[0]):
            b.host.faults.add(name, action)
    with pytest.raises(ValueError, match="no_such"):
        bench(quirks={"no_such": 1})


def test_the_journal_has_plain_arguments(bench: Any, wav: Any) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 48000)])[0]
    b.place(clip, 86400, 3)
    (call,) = b.host.journal.calls("MediaPool.AppendToTimeline")
    assert call.args == [
        [
            {
                "mediaPoolItem": {"object": "MediaPoolItem", "id": clip.GetUniqueId(), "name": "a.wav"},
                "startFrame": 0,
                "endFrame": 3,
                "mediaType": 2,
                "trackIndex": 2,
                "recordFrame": 86400,
            }
        ]
    ]
    assert [one["object"] for one in call.result] == ["TimelineItem"]
    assert [one.name for one in b.host.journal.changes()] == [
        "MediaPool.ImportMedia",
        "MediaPool.AppendToTimeline",
    ]
    json.dumps(b.host.journal.as_data())


def test_a_snapshot_sees_every_change(bench: Any, wav: Any) -> None:
    b = bench()
    item = b.timeline.GetItemListInTrack("video", 1)[0]
    root = b.pool.GetRootFolder()
    changes = [
        lambda: b.timeline.AddTrack("audio", "mono"),
        lambda: b.timeline.SetTrackName("audio", 1, "a"),
        lambda: b.timeline.SetTrackLock("audio", 1, True),
        lambda: b.timeline.SetTrackEnable("audio", 1, False),
        lambda: b.timeline.AddMarker(1, "Blue", "", "", 1, ""),
        lambda: b.timeline.SetMarkInOut(1, 2),
        lambda: b.timeline.SetCurrentTimecode("01:00:00:05"),
        lambda: b.timeline.SetClipsLinked([item], False),
        lambda: item.SetClipEnabled(False),
        lambda: item.SetName("b"),
        lambda: item.AddMarker(1, "Blue", "", "", 1, ""),
        lambda: b.resolve.OpenPage("cut"),
        lambda: b.resolve.OpenPage("edit"),
        lambda: b.project.SetSetting("x", "1"),
        lambda: b.timeline.SetSetting("x", "1"),
        lambda: b.pool.AddSubFolder(root, "Foley"),
        lambda: b.pool.SetCurrentFolder(root),
        lambda: b.pool.ImportMedia([wav("a.wav", 48000)]),
        lambda: b.timeline.SetStartTimecode("02:00:00:00"),
        lambda: b.timeline.DeleteClips([item]),
        lambda: b.pool.CreateEmptyTimeline("Other"),
        lambda: b.project.SetCurrentTimeline(b.timeline),
    ]
    seen = snapshot(b.host)
    json.dumps(seen)
    for number, change in enumerate(changes):
        assert change(), number
        now = snapshot(b.host)
        assert now != seen, number
        seen = now
