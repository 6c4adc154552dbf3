"""Our clips changed in a document that came back: theirs stay to the letter, ours go where they should."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio
import pytest

from edits import clip, gap, span, take, time, timeline, track
from foleyd.cue import Cue, FrameRange, Program
from foleyd.refreshed import Outcome, Refreshed, TakeFile, cut_from, with_lost_fades
from foleyd.timeline.clock import read_clock
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.notes import read_notes
from foleyd.timeline.placement import Adding, append_tracks, place_takes, read_placements
from foleyd.timeline.program import read_program
from foleyd.timeline.reconform import reconform
from foleyd.timeline.rewrite import Change, rewrite
from foleyd.timeline.targets import target_named
from foleyd.timeline.tree import read_tree

RATE = Fraction(25)
NAMES = ("a", "b", "c", "d")
LENGTHS = {"a": 50, "b": 60, "c": 70, "d": 80, "x": 30}


def picture(*names: str | int) -> otio.schema.Track:
    items = [
        gap(name, 25)
        if isinstance(name, int)
        else clip(name, span(100, LENGTHS[name], 25), span(0, 1000, 25), url=f"/media/{name}.mov")
        for name in names
    ]
    return track(*items, name="V1")


def made(*extra: otio.schema.Track, target: str = "generic") -> bytes:
    """A timeline of four shots with a sound of ours under each, as a first run leaves it."""
    edit = timeline(picture(*NAMES), *extra, start=time(90_000, 25))
    program = read_program(edit, base_folder=None).program
    cues = [
        Cue(f"cue-{number}", shot.record, "steps", "", "foley", (number,))
        for number, shot in enumerate(program.shots, 1)
    ]
    takes = [take(program, cue) for cue in cues]
    append_tracks(edit, place_takes(takes), program, job="job-1", target=target)
    return write_document(edit)


def sounds(document: dict[str, Any], name: str = "Foley: foley") -> dict[str, Any]:
    tracks: list[dict[str, Any]] = document["tracks"]["children"]
    return next(one for one in tracks if one["name"] == name)


def recut(
    document: bytes, picture_now: Sequence[str | int], change: Callable[[dict[str, Any]], None] | None = None
) -> bytes:
    """DOCUMENT with another picture, and whatever else CHANGE does to it: an editor's work."""
    tree = json.loads(document)
    tree["tracks"]["children"][0] = json.loads(picture(*picture_now).to_json_string())
    if change is not None:
        change(tree)
    return json.dumps(tree).encode()


def refresh(
    document: bytes, *, target: str = "generic"
) -> tuple[dict[str, Any], list[Refreshed], dict[int, str]]:
    """DOCUMENT refreshed with takes that have no sound: its JSON, what was done, the tracks."""
    edit = read_document(document, "edit.otio")
    program = read_program(edit, base_folder=None).program
    found = read_placements(edit)
    answers = reconform(
        program,
        found,
        file_of=lambda one, notes: TakeFile(Path("/takes") / Path(one.url).name, notes.lead, notes.samples),
    )
    changes = [Change(one, _new_take(program, one)) for one in answers]
    adding = Adding(program, read_clock(edit).stored_rate, target_named(target), "job-2", 0, lambda _: None)
    tracks: dict[int, str] = {}

    def change(tree: dict[str, Any]) -> None:
        tracks.update(rewrite(tree, read_tree(edit, lambda _: Fraction(0)), changes, adding))

    written = write_document(edit, document, change)
    read_document(written, "out.otio")
    return json.loads(written), list(answers), tracks


def _new_take(program: Program, one: Refreshed) -> Any:
    if one.record is None or not (one.new_file or one.outcome is Outcome.REMADE):
        return None
    cue = Cue(one.cue_id, one.record, one.prompt, "", one.layer, (one.seed,))
    fresh = take(program, cue, folder="/new")
    if one.outcome is Outcome.REMADE or one.zero is None or one.file is None:
        return fresh
    return replace(fresh, cut=cut_from(program, one.record, one.zero, one.file, 12))


def lies(document: dict[str, Any], name: str = "Foley: foley") -> list[tuple[str, int, int]]:
    """(file, record start, record end) of the clips on a track, counted here by hand."""
    at, result = 0.0, []
    for item in sounds(document, name)["children"]:
        length = item["source_range"]["duration"]["value"]
        if item["OTIO_SCHEMA"].startswith("Clip"):
            url = item["media_references"]["DEFAULT_MEDIA"]["target_url"]
            result.append((url.removeprefix("file://"), int(at), int(at + length)))
        at += length
    return result


OLD = ["/takes/cue-1%20t1.wav", "/takes/cue-2%20t1.wav", "/takes/cue-3%20t1.wav", "/takes/cue-4%20t1.wav"]
NEW = [path.replace("/takes", "/new") for path in OLD]


def test_nothing_to_do_leaves_every_letter() -> None:
    document = made()
    after, answers, _ = refresh(document)
    assert {one.outcome for one in answers} == {Outcome.KEPT}
    assert after == json.loads(document)


def test_a_ripple() -> None:
    after, _, _ = refresh(recut(made(), ("a", "b", "x", "c", "d")))
    assert lies(after) == [
        (OLD[0], 0, 50),
        (OLD[1], 50, 110),
        (NEW[2], 140, 210),
        (NEW[3], 210, 290),
    ]
    moved = sounds(after)["children"][3]
    assert moved["source_range"]["start_time"]["value"] == 90_000 + 140
    available = moved["media_references"]["DEFAULT_MEDIA"]["available_range"]
    assert (available["start_time"]["value"], available["duration"]["value"]) == (90_000 + 128, 94)
    notes = moved["metadata"]["foleyd"]
    assert (notes["job"], notes["cue"], notes["refreshed_by"]) == ("job-1", "cue-3", "job-2")
    assert notes["record"]["start"] == 140


def test_shots_that_change_places_change_places_on_the_track() -> None:
    after, _, _ = refresh(recut(made(), ("d", "b", "c", "a")))
    assert lies(after) == [(NEW[3], 0, 80), (NEW[1], 80, 140), (NEW[2], 140, 210), (NEW[0], 210, 260)]


def test_what_is_dropped_becomes_a_gap_and_the_end_is_no_longer_than_what_lies_there() -> None:
    after, answers, _ = refresh(recut(made(), ("a", 60, "c")))
    assert [one.outcome.value for one in answers] == ["kept", "dropped", "kept", "dropped"]
    kinds = [item["OTIO_SCHEMA"] for item in sounds(after)["children"]]
    assert kinds == ["Clip.2", "Gap.1", "Clip.2"]
    assert lies(after) == [(OLD[0], 0, 50), (OLD[2], 110, 180)]


def test_a_second_refresh_has_nothing_to_do() -> None:
    after, _, _ = refresh(recut(made(), ("d", "x", "b", "c", "a")))
    again, answers, _ = refresh(json.dumps(after).encode())
    assert {one.outcome for one in answers} == {Outcome.KEPT}
    assert again == after


def test_tracks_of_ours_that_are_empty_go_and_no_others() -> None:
    theirs = track(gap(40, 25), kind="Audio", name="A1")
    after, _, _ = refresh(recut(made(theirs), ("x",)))
    assert [one["name"] for one in after["tracks"]["children"]] == ["V1", "A1"]


def test_the_editors_own_sound_stays_letter_for_letter() -> None:
    other = clip("theirs", span(3, 300, 25), span(0, 900, 25), url="wild%20track.wav")
    other.metadata["Tool"] = {"gain": 0.1, "big": 2**62, "deep": [{"x": 0.30000000000000004}]}
    theirs = track(gap(7, 25), other, kind="Audio", name="A1")
    document = recut(made(theirs), ("x", "a", "c", "b", "d"))
    after, _, _ = refresh(document)
    before = json.loads(document)
    assert after["tracks"]["children"][:2] == before["tracks"]["children"][:2]
    assert after["metadata"] == before["metadata"]


def put_on_a1(tree: dict[str, Any]) -> None:
    """The editor puts our second clip between two sounds of their own."""
    ours = sounds(tree)["children"]
    moved = copy.deepcopy(ours[1])
    ours[1] = json.loads(gap(60, 25).to_json_string())
    theirs = sounds(tree, "A1")
    first, last = theirs["children"]
    theirs["children"] = [first, moved, last]


def a1() -> otio.schema.Track:
    return track(
        clip("room", span(0, 50, 25), url="/s/room.wav"),
        clip("wind", span(0, 90, 25), url="/s/wind.wav"),
        kind="Audio",
        name="A1",
    )


def test_a_clip_on_the_editors_track_stays_there() -> None:
    document = recut(made(a1()), NAMES, put_on_a1)
    after, answers, _ = refresh(document)
    assert {one.outcome for one in answers} == {Outcome.KEPT}
    assert after == json.loads(document)


def test_a_clip_that_finds_no_room_on_the_editors_track_leaves_a_gap_and_goes_to_ours() -> None:
    after, _, tracks = refresh(recut(made(a1()), ("a", "x", "b", "c", "d"), put_on_a1))
    assert [item["name"] for item in sounds(after, "A1")["children"]] == ["room", "", "wind"]
    assert [item["source_range"]["duration"]["value"] for item in sounds(after, "A1")["children"]] == [
        50,
        60,
        90,
    ]
    assert (NEW[1], 80, 140) in lies(after)
    assert set(tracks.values()) == {"Foley: foley"}


def test_where_every_track_of_ours_is_taken_a_new_one_is_made() -> None:
    """Our third clip was moved by hand to where the second one has to go."""

    def by_hand(tree: dict[str, Any]) -> None:
        first, _second, third, fourth = sounds(tree)["children"]
        hole = json.loads(gap(20, 25).to_json_string())
        sounds(tree)["children"] = [first, hole, third, fourth, _second]

    after, answers, tracks = refresh(recut(made(), ("a", "b", "c", "d"), by_hand))
    assert [one.outcome.value for one in answers] == [
        "kept",
        "left as edited",
        "left as edited",
        "left as edited",
    ]
    assert tracks[0] == "Foley: foley"
    assert lies(after)[0] == (OLD[0], 0, 50)


def test_an_overlap_goes_to_a_new_track() -> None:
    def muted(tree: dict[str, Any]) -> None:
        sounds(tree)["children"][1]["enabled"] = False

    after, answers, tracks = refresh(recut(made(), ("b", "a", "c", "d"), muted))
    assert [one.outcome.value for one in answers] == ["moved", "left as edited", "kept", "kept"]
    assert tracks[0] == "Foley: foley 2"
    assert lies(after, "Foley: foley 2") == [(NEW[0], 60, 110)]
    assert lies(after) == [(OLD[1], 50, 110), (OLD[2], 110, 180), (OLD[3], 180, 260)]


def test_what_an_editor_wrote_on_our_clip_goes_with_it() -> None:
    def dressed(tree: dict[str, Any]) -> None:
        ours = sounds(tree)["children"][2]
        ours["name"] = "my favourite"
        ours["metadata"]["Tool"] = {"gain": -3.1}
        ours["markers"] = [json.loads(otio.schema.Marker("here", span(5, 1, 25)).to_json_string())]

    after, _, _ = refresh(recut(made(), ("c", "a", "b", "d"), dressed))
    ours = sounds(after)["children"][0]
    assert (ours["name"], ours["metadata"]["Tool"], ours["markers"][0]["name"]) == (
        "my favourite",
        {"gain": -3.1},
        "here",
    )
    assert ours["media_references"]["DEFAULT_MEDIA"]["target_url"] == "file:///new/cue-3%20t1.wav"


LOST = "; the crossfade at its edge is lost"


def faded_at(*places: int) -> Callable[[dict[str, Any]], None]:
    """Puts crossfades before the items of our track that are at PLACES, the last place first."""

    def change(tree: dict[str, Any]) -> None:
        fade = otio.schema.Transition("fade", "SMPTE_Dissolve", time(4, 25), time(4, 25))
        for place in places:
            sounds(tree)["children"].insert(place, json.loads(fade.to_json_string()))

    return change


def kinds(document: dict[str, Any]) -> list[str]:
    return [item["OTIO_SCHEMA"].split(".")[0] for item in sounds(document)["children"]]


def test_a_crossfade_goes_with_the_clip_that_leaves() -> None:
    kept, rows, _ = refresh(recut(made(), NAMES, faded_at(2)))
    assert kinds(kept).count("Transition") == 1
    assert not any("crossfade" in row.words for row in rows)
    after, rows, _ = refresh(recut(made(), ("a", "c", "d"), faded_at(2)))
    assert kinds(after) == ["Clip"] * 3
    assert [row.words.removeprefix(row.why) for row in rows] == ["", LOST, LOST, ""]


def test_both_sides_of_a_lost_crossfade_say_so() -> None:
    """b goes to the end: a, which stays where it is, has lost its crossfade with it all the same."""
    after, rows, _ = refresh(recut(made(), ("a", 60, "c", "d", "b"), faded_at(3, 1)))
    assert kinds(after) == ["Clip", "Gap", "Clip", "Transition", "Clip", "Clip"]
    assert [row.words.removeprefix(row.why) for row in rows] == [LOST, LOST, "", ""]


def test_a_crossfade_stays_at_an_edge_that_stays() -> None:
    """b was trimmed at its end, and c fills the place: the crossfade at b's start is as it was."""
    trimmed = clip("b", span(100, 40, 25), span(0, 1000, 25), url="/media/b.mov")

    def shorter(tree: dict[str, Any]) -> None:
        tree["tracks"]["children"][0]["children"][1] = json.loads(trimmed.to_json_string())
        faded_at(3, 2, 1)(tree)

    after, rows, _ = refresh(recut(made(), NAMES, shorter))
    assert kinds(after) == ["Clip", "Transition", "Clip", "Clip", "Clip"]
    assert [row.words.removeprefix(row.why) for row in rows] == ["", LOST, LOST, LOST]
    assert [row.outcome for row in rows] == [Outcome.KEPT, Outcome.RECUT, Outcome.MOVED, Outcome.MOVED]


def test_a_crossfade_does_not_stay_beside_nothing() -> None:
    """b grew into c, which was muted and stays: b goes to another track and leaves no crossfade behind."""
    longer = clip("b", span(100, 66, 25), span(0, 1000, 25), url="/media/b.mov")

    def grown(tree: dict[str, Any]) -> None:
        tree["tracks"]["children"][0]["children"][1] = json.loads(longer.to_json_string())
        sounds(tree)["children"][2]["enabled"] = False
        faded_at(1)(tree)

    after, rows, tracks = refresh(recut(made(), NAMES, grown))
    assert kinds(after) == ["Clip", "Gap", "Clip", "Gap", "Clip"]
    assert tracks[1] == "Foley: foley 2"
    assert [one.fade_lost for one in with_lost_fades(rows, [1])] == [True, True, False, False]


@pytest.mark.parametrize("target", ["resolve", "premiere", "kdenlive"])
def test_each_target_gets_changed_clips_in_its_shape(target: str) -> None:
    after, _, _ = refresh(recut(made(target=target), ("x", *NAMES[:2])), target=target)
    track_ = sounds(after)
    changed = next(item for item in track_["children"] if item["OTIO_SCHEMA"] == "Clip.2")
    reference = changed["media_references"]["DEFAULT_MEDIA"]
    assert reference["target_url"].startswith("file://") == (target == "premiere")
    first = reference["available_range"]["start_time"]["value"]
    assert first == (90_000 + 18 if target == "resolve" else 0)
    assert changed["source_range"]["start_time"]["value"] == first + 12
    length = sum(item["source_range"]["duration"]["value"] for item in track_["children"])
    assert length == 140 or target == "resolve"
    if target == "resolve":
        assert changed["metadata"]["Resolve_OTIO"]["Channels"]


def test_a_track_that_is_cut_off_is_made_longer() -> None:
    """Some tools write a range on every track, as long as what lies on it."""

    def ranged(tree: dict[str, Any]) -> None:
        sounds(tree)["source_range"] = json.loads(otio.adapters.write_to_string(_whole(), "otio_json"))

    after, _, _ = refresh(recut(made(), ("x", *NAMES), ranged))
    assert sounds(after)["source_range"]["duration"]["value"] == 290
    assert lies(after)[-1] == (NEW[3], 210, 290)


@pytest.mark.parametrize("of_all", [True, False])
def test_a_clip_that_reaches_out_of_what_is_seen_moves_none_behind_it(of_all: bool) -> None:
    """From frame 30 of the edit on is shown, amid a: all files are cut anew, since all labels change."""

    def ranged(tree: dict[str, Any]) -> None:
        for one in [tree["tracks"]] if of_all else tree["tracks"]["children"]:
            one["source_range"] = json.loads(otio.adapters.write_to_string(span(30, 200, 25), "otio_json"))

    after, rows, _ = refresh(recut(made(), NAMES, ranged))
    assert [(row.outcome, row.record) for row in rows][:2] == [
        (Outcome.MOVED, FrameRange(0, 20)),
        (Outcome.MOVED, FrameRange(20, 80)),
    ]
    hidden = 30
    assert [(start - hidden, end - hidden) for _, start, end in lies(after)] == [
        (row.record.start, row.record.end) for row in rows if row.record
    ]


def _whole() -> otio.opentime.TimeRange:
    return span(0, 260, 25)


def test_ours_at_a_rate_as_some_tools_write_it_is_written_so_again() -> None:
    document = made().replace(b'"rate": 25.0', b'"rate": 23.976')
    after, _, _ = refresh(recut(document, NAMES, None).replace(b'"rate": 25.0', b'"rate": 23.976'))
    rates = {item["source_range"]["duration"]["rate"] for item in sounds(after)["children"]}
    assert rates == {23.976}


def test_notes_survive_opentimelineio() -> None:
    edit = read_document(made(), "edit")
    for found in read_placements(edit):
        notes = read_notes(found.metadata)
        assert notes.picture is not None
        assert notes.made is not None
        assert notes.made.record == found.record == FrameRange(found.record.start, found.record.end)
        assert found.offset == Fraction(12, 25) or found.record.start == 0
