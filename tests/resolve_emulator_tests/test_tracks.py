"""Tracks, items, bins, markers, marks and selection: section 7."""

from __future__ import annotations

from typing import Any

import pytest

from resolve_emulator import snapshot

START = 86400


def test_a_new_audio_track_is_mono_unless_told(bench: Any) -> None:
    t = bench().timeline
    assert t.AddTrack("audio")
    assert t.AddTrack("audio", "stereo")
    assert t.AddTrack("audio", {"audioType": "5.1"})
    assert [t.GetTrackSubType("audio", n) for n in (3, 4, 5)] == ["mono", "stereo", "5.1"]
    assert [t.GetTrackName("audio", n) for n in (4, 5, 6)] == ["Audio 4", "Audio 5", ""]
    assert not t.AddTrack("audio", "nonsense")
    assert not t.AddTrack("sound", "stereo")
    assert t.GetTrackCount("audio") == 5


def test_adaptive_tracks_grew_in_20_3(bench: Any) -> None:
    assert bench("20.3").timeline.AddTrack("audio", "adaptive36")
    assert not bench("20.2").timeline.AddTrack("audio", "adaptive25")
    assert bench("20.2").timeline.AddTrack("audio", "adaptive24")


@pytest.mark.parametrize(
    ("version", "index", "place"),
    [("18.6", 1, None), ("19.0.0", 1, 1), ("20.3", 2, 2), ("20.3", 99, 3), ("21.1", 1, 3)],
)
def test_an_index_where_it_is_documented(bench: Any, version: str, index: int, place: int | None) -> None:
    b = bench(version)
    done = b.timeline.AddTrack("audio", {"audioType": "mono", "index": index})
    kinds = [track.subtype for track in b.host.project.current.tracks["audio"]]
    assert done == (place is not None)
    assert kinds == ["stereo", "stereo"] if place is None else kinds.index("mono") + 1 == place


def test_the_count_is_stale_in_21_1_until_another_page(bench: Any) -> None:
    b = bench("21.1")
    t = b.timeline
    assert t.GetTrackCount("audio") == 2
    assert t.AddTrack("audio", "stereo")
    assert t.GetTrackCount("audio") == 2
    assert t.GetTrackSubType("audio", 3) == "stereo"
    assert b.resolve.OpenPage("edit")  # it is open already
    assert t.GetTrackCount("audio") == 2
    assert b.resolve.OpenPage("cut")
    assert t.GetTrackCount("audio") == 3
    assert bench("21.1", quirks={"stale_track_count": False}).timeline.AddTrack("audio", "mono")


def test_which_tracks_cannot_be_deleted(bench: Any) -> None:
    b = bench()
    t = b.timeline
    assert not t.DeleteTrack("audio", 1)  # it has an item
    assert t.DeleteTrack("audio", 2)
    assert t.DeleteClips(t.GetItemListInTrack("audio", 1))
    assert not t.DeleteTrack("audio", 1)  # the only one
    assert not t.DeleteTrack("audio", 7)


def test_deleting_items(bench: Any) -> None:
    b = bench()
    t = b.timeline
    (picture,) = t.GetItemListInTrack("video", 1)
    (sound,) = t.GetItemListInTrack("audio", 1)
    assert [one.GetUniqueId() for one in picture.GetLinkedItems()] == [sound.GetUniqueId()]
    assert b.resolve.OpenPage("fairlight")
    assert not t.DeleteClips([picture])
    assert b.resolve.OpenPage("edit")
    assert t.DeleteClips([picture])
    assert t.GetItemListInTrack("video", 1) is None
    assert len(t.GetItemListInTrack("audio", 1)) == 1  # linked sound stays
    assert not t.DeleteClips([picture])
    assert picture.GetUniqueId() is None
    c = bench()
    assert c.timeline.SetTrackLock("video", 1, True)
    assert not c.timeline.DeleteClips(c.timeline.GetItemListInTrack("video", 1))


def test_links(bench: Any) -> None:
    b = bench()
    (picture,) = b.timeline.GetItemListInTrack("video", 1)
    (sound,) = b.timeline.GetItemListInTrack("audio", 1)
    assert b.timeline.SetClipsLinked([picture, sound], False)
    assert picture.GetLinkedItems() is None
    assert b.timeline.SetClipsLinked([picture, sound], True)
    assert len(sound.GetLinkedItems()) == 1


def test_enabled_names_and_locks(bench: Any) -> None:
    b = bench()
    (item,) = b.timeline.GetItemListInTrack("video", 1)
    assert item.GetClipEnabled() is True
    assert item.SetClipEnabled(False)
    assert item.GetClipEnabled() is False
    assert item.SetName("new")
    assert item.GetName() == "new"
    assert item.SetName("a/b")  # "fails silently with : or /"
    assert item.GetName() == "new"
    assert b.timeline.SetTrackEnable("audio", 2, False)
    assert b.timeline.GetIsTrackEnabled("audio", 2) is False
    assert b.timeline.SetTrackName("audio", 2, "Foley")
    assert b.timeline.GetTrackName("audio", 2) == "Foley"


def test_lists_have_transitions_generators_and_none(bench: Any) -> None:
    clips = [
        {"path": "/m/a.mov", "at": 0, "in": 24, "duration": 50},
        {"transition": [6, 6], "at": 50},
        {"path": "/m/a.mov", "at": 50, "in": 200, "duration": 50},
        {"generator": "Text", "at": 120, "duration": 20},
    ]
    b = bench("21.1", timeline={"video": [clips, []]})
    items = b.timeline.GetItemListInTrack("video", 1)
    assert [one.GetType() for one in items] == ["video", "transition", "video", "generator"]
    assert [one.GetMediaPoolItem() is None for one in items] == [False, True, False, True]
    assert items[1].GetProperty() == {}
    assert items[0].GetProperty("Speed") is None
    assert b.timeline.GetItemListInTrack("video", 2) is None
    assert bench(quirks={"empty_list": []}).timeline.GetItemListInTrack("audio", 2) == []


def test_speed_fades_and_properties_of_21_1(bench: Any) -> None:
    b = bench("21.1", clip={"speed": "1/2"})
    (item,) = b.timeline.GetItemListInTrack("video", 1)
    assert item.GetSpeed() == {"Percentage": 50.0}
    assert item.SetFades({"FadeIn": 3})
    assert item.GetFades() == {"FadeIn": 3, "FadeOut": 0}
    assert not item.SetProperties({"AudioVolume": -6.0, "Nonsense": 1})
    assert item.GetProperties()["AudioVolume"] == 0.0
    assert item.SetProperties({"AudioVolume": -6.0})


def test_markers(bench: Any) -> None:
    t = bench().timeline
    assert t.AddMarker(5, "Mint", "a", "note", 2, "job-1")
    assert not t.AddMarker(5, "Blue", "b", "", 1, "")  # one a frame
    assert not t.AddMarker(6, "Orange", "b", "", 1, "")  # none of the 16 colours
    assert not t.AddMarker(-1, "Blue", "b", "", 1, "")
    assert list(t.GetMarkers()) == [5.0]
    assert t.GetMarkerByCustomData("job-1")["name"] == "a"
    assert t.DeleteMarkerByCustomData("job-1")
    assert not t.DeleteMarkerByCustomData("job-1")
    assert t.AddMarker(7.0, "Blue", "a", "", 1)
    assert t.DeleteMarkerAtFrame(7)
    assert t.GetMarkers() == {}


def test_marks(bench: Any) -> None:
    t = bench("19.1").timeline
    assert t.GetMarkInOut() == {}
    assert t.SetMarkInOut(0, 9, "video")
    assert t.GetMarkInOut() == {"video": {"in": 0, "out": 9}}
    assert not t.SetMarkInOut(9, 0)
    assert t.ClearMarkInOut("all")
    assert t.GetMarkInOut() == {}


def test_selection(bench: Any) -> None:
    clips = [{"path": "/m/a.mov", "at": 50 * n, "in": n, "duration": 50, "name": str(n)} for n in range(3)]
    spec = {"video": [clips], "selection": ["2", "0"]}
    names = [one.GetName() for one in bench("21.0.4", timeline=spec).timeline.GetSelectedClips()]
    assert names == ["2", "0"]
    b = bench("21.0.4", timeline=spec, quirks={"selection_order": "record"})
    assert [one.GetName() for one in b.timeline.GetSelectedClips()] == ["0", "2"]
    assert bench("21.1").timeline.GetSelectedClips() == []
    both = bench("21.1", timeline={"selection": ["a.mov"]}).timeline.GetSelectedClips()
    assert [one.GetTrackTypeAndIndex()[0] for one in both] == ["video", "audio"]


def test_the_playhead(bench: Any) -> None:
    upper = [{"path": "/m/a.mov", "at": 10, "in": 0, "duration": 5, "name": "upper"}]
    lower = [{"path": "/m/a.mov", "at": 0, "in": 0, "duration": 50, "name": "lower"}]
    t = bench(timeline={"video": [lower, upper]}).timeline
    for label, name in (("09", "lower"), ("10", "upper"), ("14", "upper"), ("15", "lower")):
        assert t.SetCurrentTimecode("01:00:00:" + label)
        assert t.GetCurrentVideoItem().GetName() == name
    assert t.SetCurrentTimecode("01:00:10:00")
    assert t.GetCurrentVideoItem() is None
    assert not t.SetCurrentTimecode("00:59:59:00")


def test_bins_and_clips(bench: Any, wav: Any) -> None:
    b = bench()
    root = b.pool.GetRootFolder()
    foley = b.pool.AddSubFolder(root, "Foley")
    assert b.pool.AddSubFolder(root, "Foley") is None
    assert b.pool.SetCurrentFolder(foley)
    (clip,) = b.pool.ImportMedia([wav("a.wav", 4000, 1), "/no/such.wav"])
    assert [one.GetName() for one in foley.GetClipList()] == ["a.wav"]
    assert [one.GetName() for one in root.GetSubFolderList()] == ["Foley"]
    assert clip.GetClipProperty("Type") == "Audio"
    assert clip.GetClipProperty("Audio Ch") == "1"
    assert clip.GetClipProperty("Frames") == "2"
    assert clip.GetClipProperty("Nonsense") == ""
    assert b.pool.MoveClips([clip], root)
    assert foley.GetClipList() is None
    assert b.pool.DeleteClips([clip])
    assert clip.GetClipProperty("FPS") is None
    assert b.pool.DeleteFolders([foley])
    assert b.pool.GetCurrentFolder().GetUniqueId() == root.GetUniqueId()
    assert b.pool.ImportMedia(["/no/such.wav"]) is None


@pytest.mark.parametrize(("version", "fps"), [("20.3", "23.976"), ("21.1", 23.976)])
def test_fps_is_a_text_or_a_number(bench: Any, version: str, fps: Any) -> None:
    clip = bench(version, rate="23.976").timeline.GetItemListInTrack("video", 1)[0].GetMediaPoolItem()
    assert clip.GetClipProperty("FPS") == fps
    assert clip.GetClipProperty()["File Path"] == "/m/a.mov"
    assert clip.GetClipProperty("Start TC") == "01:00:00:00"


def test_a_replaced_clip_changes_every_use(bench: Any, wav: Any) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 96000)])[0]
    b.place(clip, START, 24)
    assert clip.ReplaceClip(wav("b.wav", 48000))
    item = b.timeline.GetItemListInTrack("audio", 2)[0]
    assert item.GetMediaPoolItem().GetClipProperty("File Name") == "b.wav"
    assert clip.GetClipProperty("Frames") == "24"


def test_a_copy_of_a_timeline_shares_clips_but_no_ids(bench: Any) -> None:
    b = bench()
    copy = b.timeline.DuplicateTimeline("Copy")
    assert b.timeline.DuplicateTimeline("Copy") is None
    ids = [t.GetItemListInTrack("video", 1)[0] for t in (b.timeline, copy)]
    assert ids[0].GetUniqueId() != ids[1].GetUniqueId()
    assert ids[0].GetMediaPoolItem().GetUniqueId() == ids[1].GetMediaPoolItem().GetUniqueId()
    assert (b.project.GetTimelineCount(), b.project.GetTimelineByIndex(2).GetName()) == (2, "Copy")
    assert b.project.GetTimelineByIndex(0) is None


def test_reading_changes_nothing(bench: Any) -> None:
    b = bench("21.1")
    before = snapshot(b.host)
    item = b.timeline.GetItemListInTrack("video", 1)[0]
    for thing in (b.resolve, b.project, b.timeline, b.pool):
        for name in dir(thing):
            if name.startswith("Get") and name not in ("GetItemListInTrack", "GetTimelineByIndex"):
                spec = type(thing)._specs[name].function
                if spec.__code__.co_argcount - len(spec.__defaults__ or ()) == 1:
                    getattr(thing, name)()
    item.GetProperty()
    assert snapshot(b.host) == before
    assert not b.host.journal.changes()


@pytest.mark.parametrize("colon", [True, False])
def test_names_with_a_colon_or_slash_may_be_refused(bench: Any, colon: bool) -> None:
    b = bench(quirks={"track_name_colon": colon, "folder_name_colon": colon})
    assert b.timeline.SetTrackName("audio", 1, "Foley: foley"), "it says yes either way"
    assert b.timeline.GetTrackName("audio", 1) == ("Foley: foley" if colon else "Audio 1")
    assert b.timeline.SetTrackName("audio", 1, "Foley foley")
    assert b.timeline.GetTrackName("audio", 1) == "Foley foley"
    pool = b.host.media_pool()
    assert (pool.AddSubFolder(pool.GetRootFolder(), "Ep 1/2") is not None) == colon
    assert pool.AddSubFolder(pool.GetRootFolder(), "Ep 1 2") is not None
