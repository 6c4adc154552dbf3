"""Takes of a cue in a real Blender: heard in turn, and still together after the editor's own work."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

FILE, START, END = 8, 20, 80
"""Where the cue was placed: its file's first frame, and its range."""


@pytest.fixture(autouse=True)
def _with_sound(blender: Any) -> None:
    if blender.version[:2] == (4, 2):
        pytest.skip("bpy 4.2 is built without sound")


def at(take: int, heard: bool, by: int = 0, start: int = START, end: int = END) -> list[Any]:
    """A take BY frames later than it was placed, heard from START until END."""
    return [take, FILE + by, start + by, end + by, heard]


def test_next_and_previous_go_round_and_touch_no_other_cue(blender: Any, real_result: Path) -> None:
    answer = blender("takes_cases", "in_turn", real_result)
    assert answer["group"] == [1, 2, 3]
    assert answer["heard"] == [[n, n] for n in (2, 3, 1, 3, 2, 1)], "heard, and selected like the one before"
    assert answer["lie"] == [at(1, True), at(2, False), at(3, False)]
    assert answer["others"]
    assert answer["users"]


def test_takes_follow_the_one_that_was_moved_and_trimmed(
    blender: Any, real_result: Path, tmp_path: Path
) -> None:
    answer = blender("takes_cases", "moved", real_result, tmp_path)
    assert answer["group"] == [1, 2, 3], "also after saving and loading"
    trimmed = {"by": 300, "start": START + 5, "end": END + 3}
    assert answer["before"] == [at(1, True, **trimmed), at(2, False), at(3, False)]
    assert answer["after"] == [at(1, False, **trimmed), at(2, True, **trimmed), at(3, False, **trimmed)]
    assert answer["channels"] == [6, 8, 9]
    assert answer["users"]
    assert answer["overlaps"] == []


def test_takes_that_find_their_channel_taken_come_onto_another(blender: Any, real_result: Path) -> None:
    answer = blender("takes_cases", "in_the_way", real_result)
    assert answer["after"] == [at(1, False, 300), at(2, True, 300), at(3, False, 300)]
    assert answer["channels"] == [6, 13, 14]
    assert answer["names"] == ["Foley: foley", "Foley: foley 2 (take 2)", "Foley: foley 2 (take 3)"]
    assert answer["users"]
    assert answer["overlaps"] == []
    assert answer["removed"] == 12
    assert answer["left names"] == ["Foley: foley (take 2)", "Foley: foley (take 3)"], (
        "the user's strips lie there"
    )


def test_another_take_of_a_copy_leaves_the_original_alone(blender: Any, real_result: Path) -> None:
    answer = blender("takes_cases", "copied", real_result)
    assert answer["group"] == [1]
    assert answer["originals"] == [1, 2, 3]
    assert answer["reach"] == [1, 2, 3]
    copy = [at(1, False, 400), at(2, True, 400)]
    assert answer["after"] == sorted([at(1, True), at(2, False), at(3, False), *copy])
    assert answer["then"] == sorted([at(1, False), at(2, False), at(3, True), *copy])
    assert answer["marks"] == [str(2**40), str(2**40 + 1)], "the new strip knows its own seed"
    assert answer["users"]
    assert answer["overlaps"] == []
    assert answer["removed"] == 14
    assert answer["left names"] == []


def test_copies_of_all_takes_stay_among_themselves(blender: Any, real_result: Path) -> None:
    answer = blender("takes_cases", "copied_whole", real_result)
    original, copy = ([at(n, n == 1, by) for n in (1, 2, 3)] for by in (0, 400))
    assert answer["groups"] == [copy, original]
    assert answer["after"] == sorted([at(1, True), *(at(n, n == 2, 400) for n in (1, 2, 3))])


@pytest.mark.parametrize("method", ["SOFT", "HARD"])
def test_halves_of_a_split_take_can_be_of_different_takes(
    blender: Any, real_result: Path, method: str
) -> None:
    answer = blender("takes_cases", "split", real_result, method)
    second = at(1, False, start=50) if method == "SOFT" else [1, 50, 50, 80, False]
    assert [*second[:4], True] in answer["halves"]
    first, other = at(1, True, end=50), at(2, True, start=50)
    assert answer["after"] == sorted([first, second, at(2, False), other, at(3, False)])
    assert answer["users"]
    assert answer["overlaps"] == []


def test_keeping_a_take_removes_the_others_of_its_cue(blender: Any, real_result: Path) -> None:
    answer = blender("takes_cases", "kept", real_result)
    assert answer["cue"] == [at(2, True)]
    assert answer["other"] == 3
    assert answer["files"]
    assert answer["users"]
    assert answer["step"] == [at(2, True)], "there is no other take to go to"


def test_a_solo_comes_to_an_end_as_if_it_had_not_been(blender: Any, real_result: Path) -> None:
    answer = blender("takes_cases", "soloed", real_result)
    foley, ambience = ["cue-1", 1], [["cue-2", 1], ["cue-4", 1]]
    assert answer["before"] == [foley, *ambience], "the editor has muted the foley of cue-3"
    assert answer["solo"] == ambience
    assert answer["stepped"] == [ambience, 2], "another take is chosen, and still silent"
    assert answer["changed"] == [["cue-1", 2]]
    assert answer["after"] == [["cue-1", 2], *ambience]
    assert answer["marks"] == []
    assert answer["users"]


def test_asking_again_asks_the_same_for_where_the_strip_lies_now(blender: Any, real_result: Path) -> None:
    answer = blender("takes_cases", "asked_again", real_result)
    asked = {
        "prompt": "wind",
        "negative": "music",
        "layer": "ambience",
        "takes": 3,
        "seed": 2**40 + 1,
        "engine": "procedural",
        "handles": 12,
        "text_only": False,
        "ranges": [[30, 86]],
    }
    assert answer["ask"] == asked
    assert answer["changed"] == {**asked, "prompt": "storm", "seed": 7, "ranges": [[5, 9]]}


def test_takes_in_a_meta_strip_stay_in_it(blender: Any, real_result: Path) -> None:
    answer = blender("takes_cases", "in_a_meta", real_result)
    assert answer["after"] == [at(1, False, 30), at(2, True, 30), at(3, False, 30)]
    assert answer["parents"] == ["group"] * 3
    assert answer["kept"] == [at(2, True, 30)]


def test_a_step_can_be_undone(blender: Any, real_result: Path) -> None:
    assert blender("takes_cases", "undone", real_result) == {"changed": True, "undone": True}
