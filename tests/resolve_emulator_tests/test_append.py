"""AppendToTimeline: section 8 of the facts, rule by rule."""

from __future__ import annotations

from typing import Any

import pytest

from resolve_emulator import snapshot

START = 86400


def test_the_end_is_exclusive_and_the_record_frame_absolute(bench: Any, wav: Any) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 2000 * 60)])[0]
    (item,) = b.place(clip, START + 10, 48)
    assert (item.GetStart(), item.GetEnd(), item.GetDuration()) == (86410, 86458, 48)
    assert b.spans() == [(86410, 86458)]
    b.place(clip, START + 58, 2)
    assert b.spans() == [(86410, 86458), (86458, 86460)]  # no gap between


@pytest.mark.parametrize(("rate", "frames"), [("24", 9600), ("29.97", 11988), ("25", 10000)])
def test_a_wav_takes_the_project_rate_for_good(bench: Any, wav: Any, rate: str, frames: int) -> None:
    b = bench(rate=rate, timelines=[])
    path = wav("long.wav", 48000 * 400 // 100)  # 4 s: a hundredth of the measured 400 s
    clip = b.pool.ImportMedia([path])[0]
    assert float(clip.GetClipProperty("FPS")) == float(rate)
    assert int(clip.GetClipProperty("Frames")) == frames // 100
    assert b.project.SetSetting("timelineFrameRate", "50")
    assert float(clip.GetClipProperty("FPS")) == float(rate)


def test_rates_that_differ_floor_the_length(bench: Any) -> None:
    b = bench(rate="24", media_rate="25")
    movie = b.timeline.GetItemListInTrack("video", 1)[0].GetMediaPoolItem()
    for frames, at in ((25, 0), (26, 100), (49, 200)):
        b.place(movie, START + at, frames)
    assert [end - start for start, end in b.spans()] == [24, 24, 47]  # int(n * 0.96)


def test_sound_without_a_media_type_goes_by_the_clips_mapping(bench: Any, wav: Any) -> None:
    b = bench(timeline={"video": [[], []]})
    clip = b.pool.ImportMedia([wav("a.wav", 96000)])[0]
    b.pool.AppendToTimeline(
        [{"mediaPoolItem": clip, "startFrame": 0, "endFrame": 24, "trackIndex": 2, "recordFrame": START}]
    )
    assert (b.spans(1), b.spans(2)) == ([(START, START + 24)], [])


def test_a_movie_without_a_media_type_brings_picture_and_linked_sound(bench: Any) -> None:
    b = bench(timeline={"video": [[], []]})
    clip = b.pool.ImportMedia(["/m/a.mov"])[0]
    picture, sound = b.pool.AppendToTimeline(
        [{"mediaPoolItem": clip, "startFrame": 0, "endFrame": 24, "trackIndex": 2, "recordFrame": START}]
    )
    assert picture.GetTrackTypeAndIndex() == ["video", 2]
    assert sound.GetTrackTypeAndIndex() == ["audio", 1]
    assert [one.GetUniqueId() for one in picture.GetLinkedItems()] == [sound.GetUniqueId()]


def test_floats_are_taken_from_20_2_on(bench: Any, wav: Any) -> None:
    path = wav("a.wav", 96000)
    for version, placed in (("20.1", []), ("20.2", [(START, START + 24)])):
        b = bench(version)
        clip = b.pool.ImportMedia([path])[0]
        b.place(clip, float(START), 24.0)
        assert b.spans() == placed


@pytest.mark.parametrize("rule", ["drop", "drop_none", "slide"])
def test_an_occupied_range_is_never_overwritten(bench: Any, wav: Any, rule: str) -> None:
    b = bench(quirks={"overlap": rule})
    clip = b.pool.ImportMedia([wav("a.wav", 96000 * 2)])[0]
    b.place(clip, START, 24)
    before = b.spans()
    (item,) = b.place(clip, START + 12, 24)
    if rule == "slide":
        assert b.spans() == [*before, (START + 24, START + 48)]
        assert item.GetUniqueId()
        return
    assert b.spans() == before
    if rule == "drop":
        assert item.GetUniqueId() == ""
        assert (item.GetStart(), item.GetDuration()) == (None, None)
    else:
        assert item is None


@pytest.mark.parametrize("rule", ["empty", "ghost"])
def test_a_locked_track_takes_nothing(bench: Any, wav: Any, rule: str) -> None:
    b = bench(quirks={"locked": rule})
    clip = b.pool.ImportMedia([wav("a.wav", 96000)])[0]
    assert b.timeline.SetTrackLock("audio", 2, True)
    answer = b.place(clip, START, 24)
    assert [one.GetUniqueId() for one in answer] == ([] if rule == "empty" else [""])
    assert b.spans() == []


def test_a_bad_index_is_nil(bench: Any, wav: Any) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 96000)])[0]
    assert b.place(clip, START, 24, track=3) is None
    assert b.place(clip, START, 24, track=0) is None
    assert b.pool.AppendToTimeline([{"startFrame": 0, "endFrame": 24}]) is None
    c = bench(quirks={"bad_index": "list_with_none"})
    assert c.place(c.pool.ImportMedia([wav("a.wav", 96000)])[0], START, 24, track=9) == [None]


def test_before_the_start_the_timeline_has_no_length(bench: Any, wav: Any) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 96000)])[0]
    assert b.timeline.GetEndFrame() == START + 100
    b.place(clip, 0, 24)
    assert b.timeline.GetEndFrame() == b.timeline.GetStartFrame() == START
    assert b.timeline.DeleteClips(b.timeline.GetItemListInTrack("audio", 2))
    assert b.timeline.GetEndFrame() == START + 100


def test_only_the_current_timeline_is_written_and_only_there_items_have_a_duration(
    bench: Any, wav: Any
) -> None:
    b = bench()
    first = b.timeline
    other = b.pool.CreateEmptyTimeline("Other")
    clip = b.pool.ImportMedia([wav("a.wav", 96000)])[0]
    (item,) = b.place(clip, START, 24, track=1)
    assert b.spans(2) == []
    assert item.GetDuration() == 24
    assert [one.GetStart() for one in other.GetItemListInTrack("audio", 1)] == [START]
    assert b.project.SetCurrentTimeline(first)
    assert item.GetDuration() is None


def test_other_pages_place_nothing(bench: Any, wav: Any) -> None:
    b = bench(page="color")
    clip = b.pool.ImportMedia([wav("a.wav", 96000)])[0]
    assert b.place(clip, START, 24) == []
    assert b.resolve.OpenPage("edit")
    assert len(b.place(clip, START, 24)) == 1


def test_a_still_is_24_frames(bench: Any) -> None:
    b = bench()
    b.host.declare("/m/s.png", kind="Still", rate="24", frames=1)
    still = b.pool.ImportMedia(["/m/s.png"])[0]
    b.pool.AppendToTimeline(
        [
            {
                "mediaPoolItem": still,
                "startFrame": 0,
                "endFrame": 90,
                "mediaType": 1,
                "recordFrame": START + 200,
            }
        ]
    )
    assert b.spans(1, "video")[-1] == (START + 200, START + 224)


def test_sound_has_no_picture_and_a_bare_clip_is_appended_whole(bench: Any, wav: Any) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 96000)])[0]
    assert b.pool.AppendToTimeline([{"mediaPoolItem": clip, "mediaType": 1}]) == [None]
    b.pool.AppendToTimeline(clip)
    assert b.spans(1)[-1] == (START + 100, START + 148)


def test_items_of_a_chunk_that_errored_vanish_on_save(bench: Any, wav: Any) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 96000)])[0]
    before = snapshot(b.host)
    b.host.faults.add("MediaPool.AppendToTimeline", "vanish_on_save")
    assert b.place(clip, START, 24)[0].GetUniqueId()
    assert b.spans() == [(START, START + 24)]
    assert b.resolve.GetProjectManager().SaveProject()
    assert b.spans() == []
    assert snapshot(b.host)["timelines"] == before["timelines"]
