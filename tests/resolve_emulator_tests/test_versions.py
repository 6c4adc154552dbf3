"""Editions and versions: sections 1, 2, 3 and 14, and how objects answer for what they lack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import LUA_211, VERSIONS, Host, NotListed, lua_prelude

FIRST = [
    ("timeline", "AddTrack", "18.5.0"),
    ("timeline", "DeleteClips", "18.5.0"),
    ("timeline", "SetClipsLinked", "18.5.0"),
    ("item", "GetTrackTypeAndIndex", "19.0.0"),
    ("item", "GetLinkedItems", "19.0.0"),
    ("clip", "GetAudioMapping", "19.0.0"),
    ("timeline", "GetTrackSubType", "19.0.1"),
    ("item", "GetSourceAudioChannelMapping", "19.0.1"),
    ("pool", "GetSelectedClips", "19.0.2"),
    ("pool", "SetSelectedClip", "19.0.2"),
    ("item", "GetSourceStartFrame", "19.0.2"),
    ("item", "GetSourceEndTime", "19.0.2"),
    ("timeline", "GetMarkInOut", "19.1"),
    ("timeline", "SetMarkInOut", "19.1"),
    ("timeline", "GetMediaPoolItem", "19.1"),
    ("item", "SetName", "20.2"),
    ("timeline", "GetSelectedClips", "21.0.4"),
    ("clip", "GetTimeline", "21.0.4"),
    ("item", "GetType", "21.1"),
    ("item", "GetSpeed", "21.1"),
    ("item", "SetFades", "21.1"),
    ("item", "SetProperties", "21.1"),
    ("project", "GetSettings", "21.1"),
    ("resolve", "GetCurrentTimeline", "21.1"),
    ("resolve", "GetMediaPool", "21.1"),
]


def things(b: Any) -> dict[str, Any]:
    item = b.timeline.GetItemListInTrack("video", 1)[0]
    return {**vars(b), "item": item, "clip": item.GetMediaPoolItem()}


@pytest.mark.parametrize("version", VERSIONS)
def test_a_method_newer_than_the_version_is_an_unknown_name(bench: Any, version: str) -> None:
    found = things(bench(version))
    order = list(VERSIONS)
    for owner, name, first in FIRST:
        there = order.index(first) <= order.index(version)
        assert callable(getattr(found[owner], name, None)) == there, (owner, name)
        assert (name in dir(found[owner])) == there
        assert hasattr(found[owner], name)  # always


def test_unknown_names(bench: Any) -> None:
    b = bench("18.5.0")
    for thing in things(b).values():
        if thing is not b.host:
            assert hasattr(thing, "NoSuchThing")
            assert thing.NoSuchThing is None
    with pytest.raises(TypeError, match="NoneType"):
        b.timeline.GetSelectedClips()
    assert ("Timeline", "GetSelectedClips") in b.host.journal.unknown
    with pytest.raises(AttributeError):
        b.timeline.Mine = 1


def test_answers_are_new_objects(bench: Any) -> None:
    b = bench()
    one, two = b.project.GetCurrentTimeline(), b.project.GetCurrentTimeline()
    assert one is not two
    assert one != two
    assert one.GetUniqueId() == two.GetUniqueId()


@pytest.mark.parametrize("version", VERSIONS)
def test_product_and_version(version: str) -> None:
    for edition, name in (("free", "DaVinci Resolve"), ("studio", "DaVinci Resolve Studio")):
        resolve = Host(version, edition).resolve()
        assert resolve.GetProductName() == name
        assert resolve.GetVersionString().startswith(version)
        assert resolve.GetVersion()[:4] == [int(one) for one in resolve.GetVersionString().split(".")]


def test_free_21_1_runs_no_python(tmp_path: Path) -> None:
    script = tmp_path / "Foley.py"
    script.write_text("ran = __name__, '__file__' in globals(), resolve.GetProductName()")
    with pytest.raises(NotListed):
        Host("21.1", "free").run_menu_script(str(script))
    for host in (Host("21.1", "studio"), Host("21.0.4", "free")):
        assert host.run_menu_script(str(script))["ran"][:2] == ("__main__", False)


def test_a_host_may_give_fewer_globals(tmp_path: Path) -> None:
    script = tmp_path / "Foley.py"
    script.write_text("name = bmd.scriptapp('Resolve').GetProductName(); more = 'resolve' in globals()")
    space = Host().run_menu_script(str(script), ("bmd",))
    assert (space["name"], space["more"]) == ("DaVinci Resolve Studio", False)


@pytest.mark.parametrize(
    ("version", "refused"), [("18.5.0", False), ("19.0.2", False), ("19.1", True), ("21.0.4", True)]
)
def test_the_upsell_box_of_the_free_edition(bench: Any, version: str, refused: bool) -> None:
    b = bench(version, "free")
    ui = b.resolve.Fusion().UIManager
    assert (ui is None) == refused
    assert b.host.journal.studio_only == (["Fusion.UIManager"] if refused else [])
    assert b.project.SetSetting("x", "1") is not refused
    b.host.dismiss()
    assert b.project.SetSetting("x", "1")
    assert bench(version, "studio").resolve.Fusion().UIManager is not None


def test_uimanager_is_nil_on_free_21_1_without_a_box(bench: Any) -> None:
    b = bench("21.1", "free")
    assert b.resolve.Fusion().UIManager is None
    assert (b.host.modal, b.host.journal.studio_only) == ("", [])


def test_while_a_box_is_open_calls_return_false(bench: Any) -> None:
    b = bench("21.0", "free")
    saver = b.resolve.GetProjectManager()
    assert saver.SaveProject()
    assert b.host.menu_globals()["bmd"].UIDispatcher(None) is False
    assert saver.SaveProject() is False
    assert b.timeline.GetStartFrame() is False
    b.host.quirks["modal_blocks"] = "writes"
    assert b.timeline.GetStartFrame() == 86400
    assert b.timeline.AddTrack("audio", "stereo") is False
    assert [call.note for call in b.host.journal.calls("ProjectManager.SaveProject")] == ["", "modal"]


def test_scripts_from_outside() -> None:
    assert Host("20.3", "free").external_module().scriptapp("Resolve") is None
    host = Host("20.3", "studio")
    assert host.external_module().scriptapp("Resolve").GetProductName() == "DaVinci Resolve Studio"
    host.external_preference = "None"
    assert host.external_module().scriptapp("Resolve") is None


def test_constants_are_live_values(bench: Any, tmp_path: Path) -> None:
    b = bench()
    path = str(tmp_path / "a.otio")
    assert not b.timeline.Export(path, "EXPORT_OTIO", "EXPORT_NONE")
    assert not b.timeline.Export(path, b.resolve.EXPORT_OTIO, "")
    assert not Path(path).exists()
    assert b.timeline.Export(path, b.resolve.EXPORT_OTIO, b.resolve.EXPORT_NONE)
    assert b.resolve.EXPORT_NO_SUCH is None


def test_the_lua_host_of_free_21_1_as_data() -> None:
    assert not set(LUA_211["nil"]) & set(LUA_211["present"])
    assert "os.execute = nil" in lua_prelude()
    assert "io = nil" in lua_prelude()


def test_an_untitled_project_cannot_be_saved(bench: Any) -> None:
    b = bench(name="Untitled Project")
    assert b.resolve.GetProjectManager().SaveProject() is False
