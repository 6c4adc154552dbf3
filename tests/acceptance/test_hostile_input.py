"""Hostile timelines and requests through the real command and a real daemon: refused, and no harm done."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import edits
from acceptance.command import Answer, Foley, check_call_refused, check_refused

pytestmark = pytest.mark.usefixtures("stays_small", "unharmed")

HUGE = str(2**63 - 1)
Tree = dict[str, Any]


# -------------------------------------------------------------------------------------- timelines


@pytest.fixture(scope="module")
def sound(clip: Path) -> Tree:
    """A timeline of one clip that is taken."""
    used = edits.span(0, 50, 25)
    timeline = edits.timeline(edits.track(edits.clip("shot", used, used, url=str(clip))))
    tree: Tree = json.loads(timeline.to_json_string())
    return tree


def changed(tree: Tree, change: Callable[[Tree, Tree], object]) -> bytes:
    """TREE as JSON after CHANGE of a copy of it and its clip."""
    own = copy.deepcopy(tree)
    change(own, own["tracks"]["children"][0]["children"][0])
    return json.dumps(own).encode()


def fill(foley: Foley, document: bytes, *words: str) -> Answer:
    """``foley timeline --json`` of DOCUMENT."""
    (foley.work / "cut.otio").write_bytes(document)
    extras = ["--prompt", "rain", "--engine", "fake", "--no-preview", "--no-picture", "--json"]
    return foley.run("timeline", "cut.otio", "-o", "out.otio", *extras, *words)


def media(clip: Tree) -> Tree:
    found: Tree = clip["media_references"]["DEFAULT_MEDIA"]
    return found


def duration(clip: Tree) -> Tree:
    found: Tree = clip["source_range"]["duration"]
    return found


START = {"OTIO_SCHEMA": "RationalTime.1", "value": -5, "rate": 25}

TREES: dict[str, tuple[Callable[[Tree, Tree], object], str]] = {
    "rate 0": (lambda _, clip: duration(clip).update(rate=0), "a time has the rate 0 at clip 'shot'"),
    "rate -25": (lambda _, clip: duration(clip).update(rate=-25), "a time has the rate -25 at clip 'shot'"),
    "NaN": (lambda _, clip: duration(clip).update(value=float("nan")), "not a finite number at clip 'shot'"),
    "endless": (lambda _, clip: duration(clip).update(value=float("inf")), "not a finite number at clip"),
    "negative": (lambda _, clip: duration(clip).update(value=-5), "negative duration -5 at clip 'shot'"),
    "huge": (lambda _, clip: duration(clip).update(value=1e300), "out of all range at clip 'shot'"),
    "before zero": (lambda tree, _: tree.update(global_start_time=START), "starts before timecode zero"),
    "unknown schema": (lambda _, clip: clip.update(OTIO_SCHEMA="Reel.1"), "does not know (Reel.1"),
    "future schema": (lambda _, clip: clip.update(OTIO_SCHEMA="Clip.99"), "a newer OpenTimelineIO (Clip.99)"),
    "wrong kind": (lambda _, clip: clip.update(source_range="all"), "source_range of 'shot' is of the wrong"),
    "no tracks": (lambda tree, _: tree.pop("tracks"), "not a sound OpenTimelineIO document"),
}


@pytest.mark.parametrize("kind", TREES)
def test_a_timeline_that_cannot_be_says_where(foley: Foley, sound: Tree, kind: str) -> None:
    change, words = TREES[kind]
    answer = fill(foley, changed(sound, change))
    check_refused(answer, "INVALID_ARGUMENT", "TIMELINE_INVALID", "cut.otio", words)
    assert not (foley.work / "out.otio").exists()


@pytest.mark.parametrize(
    ("document", "reason", "words"),
    [
        (b"hello", "TIMELINE_INVALID", "is not an OpenTimelineIO document"),
        (b"\xff\xfe\x00", "TIMELINE_INVALID", "is not UTF-8 text"),
        (b'{"OTIO_SCHEMA":', "TIMELINE_INVALID", "is not an OpenTimelineIO document"),
        (b"[1, 2]", "TIMELINE_INVALID", "is JSON, but not an OpenTimelineIO document"),
        (b"", "DOCUMENT_UNREADABLE", "is empty; export the timeline again"),
        (b'{"a":' * 100_000, "TIMELINE_INVALID", "nested 100000 levels deep, more than the 256"),
        (bytes(65 * 2**20), "INPUT_INVALID", "is larger than 64 MiB; export a shorter timeline"),
    ],
    ids=["prose", "bytes", "cut off", "list", "empty", "deep", "65 MiB"],
)
def test_what_is_no_timeline_is_said_to_be_none(
    foley: Foley, document: bytes, reason: str, words: str
) -> None:
    check_refused(fill(foley, document), "INVALID_ARGUMENT", reason, "cut.otio", words)


def test_a_timeline_of_the_future_is_named_with_its_schema(foley: Foley) -> None:
    future = (edits.SAMPLES / "08-premiere-via-fcp7xml-newer-schema.otio").read_bytes()
    answer = fill(foley, future)
    check_refused(answer, "INVALID_ARGUMENT", "TIMELINE_INVALID", "cut.otio", "(Marker.3)", "export it again")


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("/nowhere/shot.mov", "there is no file /nowhere/shot.mov; put it there, or relink the clip"),
        ("https://example.org/shot.mov", "https addresses are not opened; save the file here"),
        ("two\nlines.mov", "its path holds control characters; rename the file and relink the clip"),
    ],
)
def test_media_that_cannot_be_had_say_why(foley: Foley, sound: Tree, url: str, words: str) -> None:
    answer = fill(foley, changed(sound, lambda _, clip: media(clip).update(target_url=url)))
    check_refused(answer, "NOT_FOUND", "MEDIA_OFFLINE", "the media of shot", words)


@pytest.mark.parametrize(("first", "last"), [("1", "1"), ("2", "1"), ("1", "9")])
def test_a_range_outside_of_a_timeline_is_named(foley: Foley, sound: Tree, first: str, last: str) -> None:
    answer = fill(foley, json.dumps(sound).encode(), "--range", first, last)
    check_refused(answer, "INVALID_ARGUMENT", "RANGE_INVALID", "the range 00:00:0")


# --------------------------------------------------------------------------------------- requests


@pytest.fixture
def request_of(clip: Path, tmp_path: Path) -> Tree:
    """The JSON of a request that is taken."""
    shot = {"media": {"path": str(clip)}, "duration_frames": "50"}
    return {
        "selection": {"program": {"rate": {"num": "25", "den": "1"}, "shots": [shot]}},
        "rule": {"prompts": ["rain"]},
        "engine": {"name": "fake"},
        "output": {"folder": str(tmp_path / "out")},
    }


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("junk", "", "it is no JSON object"),
        ("", "", "it is no JSON object"),
        ("[]", "", "it is no JSON object"),
        ('{"selection": 5}', "selection", "a value is of the wrong kind; correct selection"),
        ('{"output": {"handles_frames": 1e99}}', "output.handles_frames", "out of range"),
        ('{"output": {"otio_target": "avid"}}', "output.otio_target", "Invalid enum value avid"),
        ('{"sound": true}', "", 'has no field named "sound"'),
        ('{"a":' * 5_000, "", "nested too deeply"),
    ],
)
def test_json_that_is_no_request_is_refused(foley: Foley, text: str, field: str, words: str) -> None:
    answer = foley.call("Generate", text)
    check_call_refused(
        answer, "INVALID_ARGUMENT", "INPUT_INVALID", field, "the request is not the JSON", words
    )


def program(request: Tree) -> Tree:
    found: Tree = request["selection"]["program"]
    return found


REQUESTS: dict[str, tuple[Callable[[Tree], object], str, str]] = {
    "rate 0": (
        lambda r: program(r)["rate"].update(num="0"),
        "REQUEST_INVALID",
        "selection.program.rate",
    ),
    "a shot of 2^63 frames": (
        lambda r: program(r)["shots"][0].update(duration_frames=HUGE),
        "REQUEST_INVALID",
        "selection.program.duration_frames",
    ),
    "a shot of 44 hours": (
        lambda r: program(r)["shots"][0].update(duration_frames="4000000"),
        "CUE_TOO_LONG",
        "selection.ranges",
    ),
    "range outside": (
        lambda r: r["selection"].update(ranges=[{"start_frame": "5", "end_frame": "500"}]),
        "SPOTTING_INVALID",
        "selection.ranges",
    ),
    "empty prompt": (lambda r: r["rule"].update(prompts=[" "]), "SPOTTING_INVALID", "rule.prompts"),
    "unplayable prompt": (
        lambda r: r["rule"].update(prompts=["unplayable"]),
        "PROMPT_INVALID",
        "rule.prompts",
    ),
    "unplayable negative prompt": (
        lambda r: r["rule"].update(negative_prompt="unplayable"),
        "PROMPT_INVALID",
        "rule.negative_prompt",
    ),
    "what all cues have in common": (
        lambda r: (r["rule"].update(prompts=["a", "b"]), r["engine"].update(steps=5)),
        "OPTION_INVALID",
        "engine.steps",
    ),
    "unknown option": (
        lambda r: r["engine"].update(options={"a": "b"}),
        "OPTION_INVALID",
        "engine.options.a",
    ),
    "steps where there are none": (lambda r: r["engine"].update(steps=5), "OPTION_INVALID", "engine.steps"),
    "unknown preset": (lambda r: r["engine"].update(preset="p"), "OPTION_INVALID", "engine.preset"),
    "naming that fills memory": (
        lambda r: r["output"].update(naming="{cue:>999999999999}"),
        "NAMING_INVALID",
        "output.naming",
    ),
    "loudness": (lambda r: r["output"].update(loudness="loud"), "LOUDNESS_INVALID", "output.loudness"),
}


@pytest.mark.parametrize("kind", REQUESTS)
def test_a_hostile_request_names_its_field(foley: Foley, request_of: Tree, kind: str) -> None:
    change, reason, field = REQUESTS[kind]
    change(request_of)
    check_call_refused(foley.call("Generate", request_of), "INVALID_ARGUMENT", reason, field)


@pytest.mark.parametrize(
    ("change", "code", "reason", "field"),
    [
        (lambda r: r["engine"].update(name="none"), "NOT_FOUND", "ENGINE_UNKNOWN", "engine.name"),
        (
            lambda r: r["output"].update(folder="/dev/null/x"),
            "FAILED_PRECONDITION",
            "OUTPUT_NOT_WRITABLE",
            "output.folder",
        ),
        (
            lambda r: r["output"].update(otio_path="/nowhere/cut.otio"),
            "FAILED_PRECONDITION",
            "OUTPUT_NOT_WRITABLE",
            "output.otio_path",
        ),
        (
            lambda r: program(r)["shots"][0].update(media={"path": "/" + "x" * 260}),
            "NOT_FOUND",
            "MEDIA_OFFLINE",
            "",
        ),
    ],
)
def test_other_codes_have_their_reason_too(
    foley: Foley, request_of: Tree, change: Callable[[Tree], object], code: str, reason: str, field: str
) -> None:
    change(request_of)
    check_call_refused(foley.call("Generate", request_of), code, reason, field)


@pytest.mark.parametrize(
    ("method", "request_", "code", "reason", "field"),
    [
        ("CancelJob", {"job_id": "none"}, "NOT_FOUND", "JOB_UNKNOWN", "job_id"),
        ("ListJobs", {"page_token": "9" * 30}, "INVALID_ARGUMENT", "REQUEST_INVALID", "page_token"),
        ("ListJobs", {"states": [99]}, "INVALID_ARGUMENT", "REQUEST_INVALID", "states"),
        ("PurgeCache", {"older_than": "-5s"}, "INVALID_ARGUMENT", "REQUEST_INVALID", "older_than"),
        ("UnloadEngine", {"name": "none"}, "NOT_FOUND", "ENGINE_UNKNOWN", "name"),
        ("ReadTimeline", {"otio": {"json": "aGVsbG8="}}, "INVALID_ARGUMENT", "TIMELINE_INVALID", "otio.json"),
    ],
)
def test_other_methods_name_the_field_too(
    foley: Foley, method: str, request_: Tree, code: str, reason: str, field: str
) -> None:
    check_call_refused(foley.call(method, request_), code, reason, field)


def test_a_shot_longer_than_its_file_is_warned_of_and_done(
    foley: Foley, request_of: Tree, tmp_path: Path
) -> None:
    program(request_of)["shots"][0].update(source_start={"num": "1000", "den": "1"})
    answer = foley.call("Generate", request_of)
    assert answer.code == 0
    warnings = [json.loads(line).get("warning", {}).get("what", "") for line in answer.out.splitlines()]
    assert any("shows 1000.00 to 1002.00 s" in warning for warning in warnings), warnings
    for path in (tmp_path / "out").iterdir():
        path.unlink()
    (tmp_path / "out").rmdir()
