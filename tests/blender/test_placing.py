"""A job's result in a real Blender: where it lies, what it leaves alone, how it is taken back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

FREE = [6, 8, 9, 10, 11, 12]
"""Untouched channels of the scripts' edit: 4 is locked, 5 is named, on 7 lies a strip elsewhere."""
TRACKS = [
    f"Foley: {layer}{take}" for layer in ("foley", "ambience") for take in ("", " (take 2)", " (take 3)")
]


@pytest.fixture(autouse=True)
def _with_sound(blender: Any) -> None:
    if blender.version[:2] == (4, 2):
        pytest.skip("bpy 4.2 is built without sound")


@pytest.fixture
def placed(blender: Any, real_result: Path) -> dict[str, Any]:
    answer: dict[str, Any] = blender("placing_cases", "placed", real_result)
    return answer


@pytest.fixture
def result(real_result: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(real_result.read_text())
    return read


def test_each_take_lies_where_the_result_says(placed: dict[str, Any], result: dict[str, Any]) -> None:
    assert len(result["placements"]) == 12
    takes = {take["id"]: take for take in result["takes"]}
    for strip, placement in zip(placed["strips"], result["placements"], strict=True):
        start, end = (int(placement["range"][key]) for key in ("start_frame", "end_frame"))
        covered = takes[placement["take_id"]]["file_range"]
        first, last = int(covered["start_frame"]), int(covered["end_frame"])
        assert (strip["left"], strip["right"], strip["file"]) == (start, end, first)
        assert strip["offsets"] == [start - first, last - end] == [12, 12]
        assert strip["sub_frame"] == 0
        assert strip["path"] == placement["path"]
        assert strip["mute"] is not placement["enabled"]


def test_each_track_has_a_channel_of_its_own_that_nobody_touched(
    placed: dict[str, Any], result: dict[str, Any]
) -> None:
    found = {strip["own"]["foley_track"]: strip["channel"] for strip in placed["strips"]}
    assert found == dict(zip(TRACKS, FREE, strict=True))
    assert [strip["channel_name"] for strip in placed["strips"]] == [
        placement["track_name"] for placement in result["placements"]
    ]
    assert placed["names"][4:8] == ["Channel 4", "Music", "Foley: foley", "Channel 7"]


def test_a_strip_knows_what_it_was_made_from(placed: dict[str, Any], result: dict[str, Any]) -> None:
    cues = {cue["id"]: cue for cue in result["cues"]}
    for strip, placement in zip(placed["strips"], result["placements"], strict=True):
        own, cue = strip["own"], cues[placement["cue_id"]]
        number = cue["seeds"].index(own["foley_seed"]) + 1
        assert own["foley_take"] == number
        assert int(own["foley_seed"]) == 2**40 + number - 1
        assert own["foley_cue"] == cue["id"]
        assert own["foley_prompt"] == cue["prompt"]
        assert own["foley_negative"] == "music"
        assert own["foley_layer"] == cue["layer"]
        assert own["foley_engine"] == "procedural"
        assert own["foley_range"] == [strip["left"], strip["right"]]
        assert own["foley_handles"] == 12
        assert own["foley_job"] == "job"
        assert strip["name"].startswith(cue["prompt"])


def test_nothing_of_the_users_changes_and_the_selection_stays(placed: dict[str, Any]) -> None:
    assert sorted(placed["before"]) == ["overlay", "picture", "production sound", "score"]
    assert placed["after"] == placed["before"]
    assert all(placed["same"].values())
    assert not any(strip["select"] for strip in placed["strips"])


def test_record_frames_become_scene_frames_below_zero_too(blender: Any, real_result: Path) -> None:
    strips = blender("placing_cases", "shifted", real_result)["strips"]
    assert {(strip["left"], strip["right"], strip["file"]) for strip in strips} == {
        (-10, 50, -22),
        (50, 110, 38),
    }
    assert {tuple(strip["own"]["foley_range"]) for strip in strips} == {(-10, 50), (50, 110)}


def test_a_scene_without_strips_gets_an_editor_only_where_all_goes_well(
    blender: Any, real_result: Path
) -> None:
    answer = blender("placing_cases", "without_editor", real_result)
    assert "empty.wav" in answer["words"]
    assert not answer["left_over"]
    assert answer["channels"] == [1, 2, 3, 4, 5, 6]


def test_further_jobs_share_our_channels_only_where_there_is_room(blender: Any, real_result: Path) -> None:
    answer = blender("placing_cases", "further_jobs", real_result)
    tracks = {
        name: [numbers for track in TRACKS for numbers in found[track]]
        for name, found in answer["tracks"].items()
    }
    assert tracks["first"] == FREE
    assert tracks["again"] == [13, 14, 15, 16, 17, 18]
    assert tracks["beside"] == [19, 20, 21, 22, 23, 24]
    assert tracks["far"] == FREE
    assert tracks["last"] == [13, *FREE[1:]], "the editor laid a strip onto the first of our channels"
    assert answer["overlaps"] == []
    assert answer["stray"] == FREE[0]
    assert answer["names"][13:16] == ["Foley: foley 2", "Foley: foley 2 (take 2)", "Foley: foley 2 (take 3)"]
    assert answer["names"][19:22] == ["Foley: foley 3", "Foley: foley 3 (take 2)", "Foley: foley 3 (take 3)"]
    assert answer["left names"] == ["Foley: foley"], "there lies the editor's strip"


WORDS = {
    "full": ["no free channel", "Foley: ambience (take 3)", "128"],
    "too high": ["no free channel", "Foley: foley"],
    "missing": ["/nowhere/gone.wav", "No such file"],
    "unreadable": ["folder.wav", "cannot be read"],
    "no sound": ["text.wav", "no WAV file"],
    "empty sound": ["empty.wav", "a file of 1 frames instead of 84"],
    "cut short": ["half.wav", "instead of 84"],
    "overlap": ["channel 7 instead of 6"],
    "rate": ["23.976", "24 now", "set the frame rate back"],
    "no result": ["not understood", "update"],
    "half a result": ["not understood", "file_range"],
    "twice": ["already", "remove it first"],
}


def test_what_cannot_be_placed_is_said_and_leaves_the_scene_as_it_was(
    blender: Any, real_result: Path
) -> None:
    answer = blender("placing_cases", "refused", real_result)
    assert sorted(answer) == sorted(WORDS)
    for name, words in WORDS.items():
        assert all(word in answer[name]["words"] for word in words), (name, answer[name]["words"])
        assert answer[name]["same"], name


def test_a_job_is_taken_back_wherever_the_editor_put_it(blender: Any, real_result: Path) -> None:
    answer = blender("placing_cases", "removed", real_result)
    assert answer["at_once"] == 12
    assert answer["same"], "at once, nothing of it is left: no strip, no name, no sound"
    assert answer["gone"] == [12, 12, 12, 12]
    assert answer["names_between"][6] == "Foley: foley", "another job lies there still"
    assert answer["names"][5:13] == ["Music", *(f"Channel {n}" for n in range(6, 12)), "My ambience"]
    assert answer["users"]
    assert answer["files"]
    assert answer["sounds"] == 0


def test_placing_and_taking_back_can_be_undone(blender: Any, real_result: Path) -> None:
    answer = blender("placing_cases", "undone", real_result)
    assert answer == {"undone": True, "redone": True, "removal undone": True, "placed": 12}


def test_a_saved_project_can_be_moved_and_still_knows_its_takes(
    blender: Any, real_result: Path, tmp_path: Path
) -> None:
    answer = blender("placing_cases", "reloaded", real_result, tmp_path)
    assert answer == {"same": True, "there": True, "relative": True, "removed": 12}
