from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest
from foley.foley_requests import Ask, AskWrong, check_ask, generate_request
from foley.program import Program, Shot
from google.protobuf import json_format

from foleyd.config import Settings
from foleyd.cue import LAYERS, FrameRange
from foleyd.request import MAX_TAKES
from foleyd.server.requests import read_request
from foleyd.timeline.spotting import drawn_seed, find_cues, given_cues
from foleyd.v1 import foleyd_pb2 as pb

ASK = Ask(prompt="steps on gravel", folder="/sound", client="blender 5.0.1", ranges=[(10, 30), (40, 60)])
SHOT = Shot("a", "/clip.mp4", Fraction(1, 2), 10, 50, Fraction(2))
PROGRAM = Program(Fraction(24000, 1001), (SHOT,), 10, 60, "edit")
BEFORE_ZERO = Program(Fraction(25), (replace(SHOT, start=-20, duration=80),), -20, 60, "edit")


def read(ask: Ask, program: Program = PROGRAM) -> Any:
    """The request as the daemon reads it, and the cues that it finds."""
    message = json_format.ParseDict(generate_request(ask, program), pb.GenerateRequest())
    request = read_request(message, Settings())
    source, spotting = request.selection.source.program, request.spotting
    if isinstance(spotting, tuple):
        return message, given_cues(source, spotting, layers=LAYERS)
    return message, find_cues(source, request.selection.ranges, spotting, layers=LAYERS)


def records(cues: Any) -> list[tuple[int, int]]:
    return [(cue.record.start, cue.record.end) for cue in cues]


def test_a_request_is_cancelled_with_its_host_and_has_an_id_of_its_own() -> None:
    message, _ = read(ASK)
    assert message.on_disconnect == pb.ON_DISCONNECT_CANCEL
    assert message.priority == pb.PRIORITY_INTERACTIVE
    assert message.client == "blender 5.0.1"
    assert message.output.folder == "/sound"
    assert message.output.handles_frames == 12
    assert message.engine.name == "auto"
    ids = {generate_request(ASK, PROGRAM)["request_id"] for _ in range(3)}
    assert len(ids) == 3


def test_each_range_gets_a_cue_or_one_lies_over_the_whole() -> None:
    assert records(read(ASK)[1]) == [(10, 30), (40, 60)]
    assert records(read(replace(ASK, spread="whole"))[1]) == [(10, 60)]


def test_ranges_before_frame_zero_are_counted_from_the_programs_zero() -> None:
    ask = replace(ASK, ranges=[(-20, 0)])
    assert records(read(ask, BEFORE_ZERO)[1]) == [(0, 20)]
    marked = replace(ASK, cues=[(-10, 5, "a door")])
    assert records(read(marked, BEFORE_ZERO)[1]) == [(10, 25)]


def test_takes_count_up_from_the_seed() -> None:
    _, (cue, _) = read(replace(ASK, takes=3, seed=7))
    assert cue.seeds == (7, 8, 9)
    _, (cue, _) = read(ASK)
    assert cue.seeds == (drawn_seed(FrameRange(10, 30), "steps on gravel", "foley"),)


def test_each_line_of_the_prompt_makes_cues_and_may_name_a_layer() -> None:
    _, cues = read(
        replace(ASK, ranges=[(10, 30)], prompt=" steps \n\n fx: a  door\nwho: me", layer="ambience")
    )
    assert [(cue.layer, cue.prompt) for cue in cues] == [
        ("ambience", "steps"),
        ("fx", "a door"),
        ("ambience", "who: me"),
    ]


def test_markers_become_cues_by_the_daemons_rule_of_markers() -> None:
    ask = replace(
        ASK,
        prompt="",
        negative="music",
        takes=2,
        cues=[(10, 20, "fx: a door | voices"), (20, 30, "who: | me"), (30, 40, " steps "), (30, 40, "steps")],
    )
    _, cues = read(ask)
    assert [(cue.layer, cue.prompt, cue.negative_prompt) for cue in cues] == [
        ("fx", "a door", "voices"),
        ("foley", "who: | me", "music"),
        ("foley", "steps", "music"),
    ]
    assert records(cues) == [(10, 20), (20, 30), (30, 40)]
    first = drawn_seed(FrameRange(10, 20), "a door", "fx")
    assert cues[0].seeds == (first, first + 1)


def test_layers_that_the_daemon_has_besides_are_known_in_markers() -> None:
    ask = replace(ASK, cues=[(10, 20, "cloth: a coat")], layers=("foley", "cloth"))
    (cue,) = generate_request(ask, PROGRAM)["cues"]["cues"]
    assert (cue["layer"], cue["prompt"]) == ("cloth", "a coat")


def test_text_only_needs_no_picture() -> None:
    empty = Program(Fraction(25), (), 0, 100, "edit")
    message, cues = read(replace(ASK, text_only=True), empty)
    assert message.text_only
    assert records(cues) == [(10, 30), (40, 60)]


def test_options_of_the_engine_are_handed_on() -> None:
    message, _ = read(replace(ASK, engine="procedural", options={"quality": "high"}))
    assert (message.engine.name, dict(message.engine.options)) == ("procedural", {"quality": "high"})


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"folder": ""}, "there is no folder for the sound; name one"),
        ({"folder": "sound"}, "is not absolute"),
        ({"prompt": " \n "}, "the prompt is empty; say what should be heard"),
        ({"prompt": "x" * 2_001}, "has 2,001 characters, more than 2,000; shorten it"),
        ({"negative": "x" * 2_001}, "the negative prompt has 2,001 characters"),
        ({"takes": 0}, "ask for 1 to 32"),
        ({"takes": MAX_TAKES + 1}, "ask for 1 to 32"),
        ({"handles": -1}, "handles cannot be negative"),
        ({"seed": -1}, "a seed is a whole number"),
        ({"seed": 2**63}, "a seed is a whole number"),
        ({"spread": "some"}, "choose each or whole"),
        ({"ranges": [(5, 5)]}, "the range from frame 5 to 5 is empty"),
        ({"cues": [(5, 4, "x")]}, "the range from frame 5 to 4 is empty"),
        ({"cues": [(5, 9, "fx: ")]}, "the marker at frame 5 has no prompt"),
    ],
)
def test_what_the_dialog_can_get_wrong_is_said_before_anything_starts(
    change: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(AskWrong, match=sentence):
        check_ask(replace(ASK, **change))


def test_the_limits_are_the_daemons() -> None:
    highest = replace(ASK, takes=MAX_TAKES, seed=2**63 - 1 - 2 * MAX_TAKES)
    assert len(read(highest)[1][0].seeds) == MAX_TAKES
    _, cues = read(replace(highest, cues=[(10, 20, "a")]))
    assert len(cues[0].seeds) == MAX_TAKES
    read(replace(ASK, prompt="x" * 2_000))
