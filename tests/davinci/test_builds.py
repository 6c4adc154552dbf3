"""Every edition and version that Python runs in: what is meant, placed, taken back; by which window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from foley_davinci import foley_generate
from foley_davinci.dialog_window import DialogWindow
from foley_davinci.no_window import NoWindow
from foley_davinci.resolve_calls import HostProblem
from foley_davinci.resolve_host import connect
from foley_davinci.ui_manager import UiManagerWindow
from foley_davinci.windows import WindowLost

from davinci.canned import GOOD, canned_stage, laid
from davinci.stage import Editor
from resolve_emulator.builds import VERSIONS
from resolve_emulator.host import Host

BUILDS = [
    (version, edition)
    for version in VERSIONS
    for edition in ("free", "studio")
    if not (edition == "free" and VERSIONS[version] >= (21, 1))
]
QUIRKS: list[dict[str, Any]] = [
    {"stale_track_count": True},
    {"overlap": "slide"},
    {"overlap": "drop_none"},
    {"fps_style": "float"},
    {"rate_style": "number"},
    {"rate_style": "plain_string"},
    {"empty_list": []},
    {"selection_order": "reversed"},
    {"source_start_early": "always"},
    {"add_subfolder_moves": False},
    {"export_keeps_handle": True},
    {"track_name_colon": False},
    {"numbers": "float"},
    {"usage_count": "late"},
    {"file_path": "real"},
    {"decimal_comma": True, "fps_style": "string"},
    {"missing_track_name": None},
    {"missing_track_name": None, "stale_track_count": True},
    {"missing_track_name": "numbered", "stale_track_count": True},
    {"end_frame": "inclusive"},
    {"modal_blocks": "writes"},
    {"duplicate_folder": True},
    {"bad_index": "list_with_none"},
]


def meant(version: str) -> str:
    """The first source that VERSION can tell scripts of."""
    numbers = VERSIONS[version]
    if numbers >= (21, 0, 4):
        return "selection"
    return "marks" if numbers >= (19, 1) else "playhead"


@pytest.mark.parametrize(("version", "edition"), BUILDS)
def test_each_build_places_and_takes_back(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, edition: str
) -> None:
    stage = canned_stage(monkeypatch, tmp_path, version, edition)
    stage.host.go_to("color")
    before = stage.snapshot()
    person = stage.click("generate", {"prompt": "steps", "markers": True, "folder": "/sound"})
    assert person.sentence == ""
    assert person.questions[0].sources[0]["key"] == meant(version)
    assert laid(stage) == GOOD
    person = stage.click("redo", {})
    assert person.sentence == ""
    assert [items[0][2] for _, _, items in laid(stage)] == [False, False, True, False]
    stage.click("remove")
    assert laid(stage) == GOOD
    stage.click("remove")
    assert stage.snapshot() == before
    assert stage.click("markers", None).questions[0].sources[0]["key"] == "markers"
    assert stage.host.journal.studio_only == []
    assert stage.host.journal.off_main_thread() == []


@pytest.mark.parametrize("quirk", QUIRKS, ids=str)
def test_what_is_not_known_of_resolve_does_not_matter(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, quirk: dict[str, Any]
) -> None:
    stage = canned_stage(monkeypatch, tmp_path, **quirk)
    before = stage.snapshot()
    assert stage.click("generate", {"prompt": "steps", "folder": "/sound"}).sentence == ""
    plain = quirk.get("track_name_colon") is False
    assert laid(stage) == [(name.replace(":", "") if plain else name, *rest) for name, *rest in GOOD]
    stage.click("remove")
    assert stage.snapshot() == before


@pytest.mark.parametrize("refused", [True, False])
def test_a_timeline_with_a_slash_in_its_name_has_a_bin_too(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, refused: bool
) -> None:
    stage = canned_stage(monkeypatch, tmp_path, folder_name_colon=not refused)
    stage.timeline.name = "Ep 1/2: B"
    before = stage.snapshot()
    for number in (1, 2):
        assert stage.click("generate", {"prompt": "steps", "folder": "/sound"}).sentence == ""
        ((outer,),) = [stage.snapshot()["bins"]["bins"]]
        assert [inner["name"] for inner in outer["bins"]] == ["Ep 1 2 B" if refused else "Ep 1/2: B"]
        assert len(outer["bins"][0]["clips"]) == 2 * number
    for _ in range(2):
        assert stage.click("remove").sentence == ""
    assert stage.snapshot() == before


def test_a_locked_track_of_yours_is_no_obstacle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    stage = canned_stage(monkeypatch, tmp_path, locked="ghost")
    stage.timeline.tracks["audio"][0].locked = True
    assert stage.click("generate", {"prompt": "steps", "folder": "/sound"}).sentence == ""
    assert laid(stage) == GOOD


@pytest.mark.parametrize(("version", "edition"), BUILDS)
def test_the_window_is_the_best_that_the_build_allows(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, edition: str
) -> None:
    monkeypatch.setenv("FOLEYD_COMMAND", "/bin/true")
    host = Host(version, edition)
    window = foley_generate.open_window(connect(host.menu_globals()))
    kinds = [type(make()) for make in window._makers]
    own = edition == "studio" or VERSIONS[version] < (19, 1)
    assert kinds == ([UiManagerWindow] if own else []) + [DialogWindow, NoWindow]
    assert host.journal.studio_only == []


def test_without_foley_or_any_window_words_are_printed(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("FOLEYD_COMMAND", str(tmp_path / "gone"))
    stage = canned_stage(monkeypatch, tmp_path, "20.3", "free")
    stage.timeline.markers.clear()
    before = stage.snapshot()
    foley_generate.run("generate", stage.host.menu_globals())
    assert "no earlier prompt" in capsys.readouterr().out
    assert stage.snapshot() == before


def test_a_window_that_is_lost_is_followed_by_the_next(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage = canned_stage(monkeypatch, tmp_path)
    person = Editor([{"prompt": "steps", "folder": "/sound"}])

    class Lost(Editor):
        def ask(self, question: Any) -> Any:
            raise WindowLost("the dialog needs tkinter; apt install python3-tk")

    window = foley_generate.AnyWindow([Lost, lambda: person])
    monkeypatch.setattr(foley_generate, "open_window", lambda host: window)
    foley_generate.run("generate", stage.host.menu_globals())
    assert person.questions[0].notes[-1] == "the dialog needs tkinter; apt install python3-tk"
    assert laid(stage) == GOOD


@pytest.mark.parametrize("names", [("bmd",), ("app",), ("resolve",)])
def test_resolve_is_found_by_whatever_its_menu_gives(names: tuple[str, ...]) -> None:
    assert connect(Host().menu_globals(names)).build.studio


def test_no_resolve_and_no_timeline_are_sentences(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(HostProblem, match="Workspace > Scripts"):
        connect({})
    stage = canned_stage(monkeypatch, tmp_path)
    stage.host.project.current = None
    for entry in ("generate", "markers", "redo", "remove"):
        assert "no timeline is open" in stage.click(entry).sentence
    old = canned_stage(monkeypatch, tmp_path)
    old.host.build.numbers = (18, 1, 4, 9)
    with pytest.raises(HostProblem, match=r"needs 18\.5"):
        connect(old.host.menu_globals())
