"""The buttons of the extension, pressed in real Blender against a real daemon with the procedural engine."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clipmaker import make_clip
from house import House, request

ROOT = Path(__file__).parents[2]
CLIP = ROOT / "tests" / "data" / "clips" / "stream-of-water.mp4"
FOLEY = Path(sys.executable).parent / "foley"
HANDLES = 6

Press = Callable[..., Any]


@pytest.fixture
def press(blender: Any, tmp_path: Path) -> Press:
    """Runs a scenario of inside/interface.py in a folder of its own."""
    if blender.version < (4, 3):
        pytest.skip("bpy 4.2 is built without sound")
    folder = tmp_path / "project"
    folder.mkdir()

    def scenario(name: str, *more: object, env: dict[str, str] | None = None) -> Any:
        return blender("interface", name, folder, CLIP, *more, env=env)

    return scenario


def lies(strip: dict[str, Any]) -> tuple[int, int]:
    return strip["left"], strip["right"]


def test_two_strips_get_two_takes_each(press: Press) -> None:
    told = press("each_strip")
    assert told["refused"] == ""
    placed = told["placed"]
    assert [lies(strip) for strip in placed] == [(1, 31), (31, 61)] * 2
    assert [strip["heard"] for strip in placed] == [True, True, False, False]
    assert {strip["prompt"] for strip in placed} == {"a stream of water over stones"}
    assert {strip["layer"] for strip in placed} == {"fx"}
    assert {strip["engine"] for strip in placed} == {"procedural"}
    assert placed[0]["channel_name"].startswith("Foley: fx")
    assert all(strip["channel"] > 2 for strip in placed)
    assert placed[1]["hidden"][0] == HANDLES
    assert len(told["wavs"]) == 4
    assert told["untouched"]
    assert told["outcome"] == ["placed 4 strips on Foley: fx (+1)"]


def test_every_button_on_a_take_is_one_step_of_undo(press: Press) -> None:
    told = press("each_strip")
    cues = sorted({strip["cue"] for strip in told["placed"]})
    first = [[cue, 1] for cue in cues]
    stepped = told["placed"][0]["cue"]
    assert told["at first"] == first
    assert told["next"] == sorted([cue, 2 if cue == stepped else 1] for cue in cues)
    assert told["next, undone"] == first
    assert len(told["kept"]) == 3
    assert [stepped, 2] not in told["kept"]
    assert len(told["kept, undone"]) == 4
    assert told["solo of another"] == []
    assert told["solo ended"] == first
    assert told["removed"] == []
    assert told["wavs stay"]
    assert told["removed, undone"] == 4


def test_undo_takes_back_what_was_placed_and_nothing_else(press: Press) -> None:
    told = press("undone")
    assert told["refused"] == ""
    assert told["placed"] == 2
    assert told["undone"] == {"ours": 0, "same": True}
    assert told["redone"] == 2


def test_preview_range_across_a_cut_gets_one_sound(press: Press) -> None:
    told = press("preview")
    assert told["refused"] == ""
    assert [lies(strip) for strip in told["placed"]] == [(20, 50)]


def test_one_sound_over_all_selected_strips(press: Press) -> None:
    told = press("whole")
    assert told["refused"] == ""
    assert [lies(strip) for strip in told["placed"]] == [(1, 61)]


def test_markers_are_prompts(press: Press) -> None:
    told = press("markers")
    assert told["refused"] == ""
    by_layer = {strip["layer"]: strip for strip in told["placed"]}
    assert by_layer["foley"]["prompt"] == "a splash of water"
    assert by_layer["ambience"]["prompt"] == "water running"
    assert lies(by_layer["foley"]) == (10, 40)
    assert by_layer["ambience"]["left"] == 40


def test_text_only_needs_no_media(press: Press) -> None:
    told = press("text_only")
    assert told["refused"] == ""
    assert [lies(strip) for strip in told["placed"]] == [(1, 61)]
    assert told["placed"][0]["prompt"] == "rain"


def test_redo_makes_new_takes_and_mutes_the_old(press: Press) -> None:
    told = press("redo")
    assert told["refused"] == ["", ""]
    cue, seed = told["first"][0]["cue"], told["first"][0]["seed"]
    assert [lies(strip) for strip in told["new"]] == [(1, 41)] * 2
    assert [strip["heard"] for strip in told["new"]] == [True, False]
    assert seed not in {strip["seed"] for strip in told["new"]}
    assert [(strip["cue"] == cue, strip["heard"]) for strip in told["old"]] == [(True, False), (False, True)]
    assert told["undone"] == told["first"]


def test_saved_loaded_and_moved_it_is_still_ours(press: Press) -> None:
    told = press("survives")
    assert told["refused"] == ""
    assert told["count"] == 4
    assert told["now"]["take"] == 2
    assert lies(told["now"]) == (6, 31)
    assert told["prompts"] == ["a stream of water over stones"]


# --------------------------------------------------------------------------------------- failures


def test_what_cannot_be_asked_is_a_sentence_with_the_fix(press: Press) -> None:
    answer = press("refusals")
    told = answer["told"]
    assert "save the .blend first" in told["unsaved"]
    assert "The prompt is empty" in told["empty prompt"]
    assert "leave it empty" in told["seed"]
    assert "press P" in told["no preview range"]
    assert "no named timeline marker between 00:00:00:01 and 00:00:02:01" in told["no markers"]
    assert "gone.mp4" in told["media gone"]
    assert "Find Missing Files" in told["media gone"]
    assert "No strip is selected" in told["nothing selected"]
    assert answer["ours"] == []
    assert answer["panel"][-1] == told["nothing selected"]


def test_without_foley_the_panel_says_where_to_look(press: Press) -> None:
    told = press("fails", env={"FOLEYD_COMMAND": "/nowhere/foley"})
    assert "/nowhere/foley" in told["said"]
    assert told["same"]
    assert told["panel"][0] in told["said"] or told["panel"][0][1:] in told["said"]


def test_an_older_foley_is_asked_for_nothing(press: Press) -> None:
    told = press("outdated")
    assert "0.0.1" in told["said"]
    assert "pip install --upgrade" in told["said"]
    assert told["same"]
    assert told["jobs"] == 0


def test_a_busy_foley_says_so(press: Press, full_queue: Path) -> None:
    told = press("fails", env={"FOLEYD_HOME": str(full_queue)})
    assert "jobs wait" in told["said"]
    assert told["same"]


@pytest.fixture
def full_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The home of a daemon where as many jobs work and wait as may."""
    home = tmp_path / "home"
    monkeypatch.setenv("FOLEYD_HOME", str(home))
    clip = make_clip(tmp_path / "grey.mp4", frames=50)
    house = House(home)
    daemon = house.start(settings="queue_limit = 2\n")
    for number in range(10):  # 8 are under way
        next(iter(daemon.stub.Generate(request(clip, 50, delay=4, prompt=f"busy {number}"))))
    yield home
    daemon.close()
    house.stop()


def in_home(home: Path) -> dict[str, str]:
    return {**os.environ, "FOLEYD_HOME": str(home)}


def test_a_full_disk_is_named(press: Press, small_disk: Path) -> None:
    told = press("fails", small_disk)
    assert "space" in told["said"]
    assert str(small_disk) in told["said"]
    assert told["same"]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 KiB."""
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("this user may not mount a small file system")
    yield folder
    subprocess.run(["umount", folder], check=True)


def test_a_folder_that_cannot_be_written_is_named(press: Press) -> None:
    told = press("fails", "/proc/foley")
    assert "/proc/foley" in told["said"]
    assert told["same"]


def test_a_daemon_killed_in_mid_job_does_not_stop_it(press: Press, tmp_path: Path) -> None:
    home = tmp_path / "home"
    told = press("killed", env={"FOLEYD_HOME": str(home)})
    subprocess.run([FOLEY, "stop"], env=in_home(home), capture_output=True, check=False)
    assert told == {"said": "", "killed": True, "placed": 64}


def test_a_scene_or_file_that_is_gone_leaves_the_takes_in_their_folder(press: Press) -> None:
    told = press("scene_gone")
    for what in ("scene", "file"):
        assert "the takes are in" in told[what][0]
        assert "edit.foley" in told[what][0]
        assert told[f"{what} wavs"] >= 1
        assert told[f"{what} strips"] == 0


def test_a_strip_that_is_gone_is_told_of(press: Press) -> None:
    told = press("strip_gone")
    assert "“one” is not where you asked" in told["outcome"][0]
    assert [lies(strip) for strip in told["placed"]] == [(1, 31)]


# ------------------------------------------------------------------------------------ preferences


def test_the_check_button_answers_in_words(press: Press) -> None:
    told = press("check")
    assert told["said"] == ""
    assert told["findings"][0] == ["ok", "foley works here", ""]
    assert any("engine procedural" in text for _, text, _ in told["findings"])


def test_the_check_button_without_foley(press: Press) -> None:
    told = press("check", env={"FOLEYD_COMMAND": "/nowhere/foley"})
    assert "/nowhere/foley" in told["said"]
    assert told["findings"][0][0] == "bad"


def test_the_panel_tells_whether_foley_is_ready(press: Press) -> None:
    told = press("ready")
    assert told["text"] == ["Ready: procedural", True]
    assert told["layers"] == ["foley", "fx", "ambience"]


def test_disabled_nothing_of_it_stays(press: Press) -> None:
    assert press("unregistered") == {"left": [], "scene": False}
