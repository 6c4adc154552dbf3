"""Spotting: cues from ranges, from prompts and from markers; seeds that a repeat finds again."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import opentimelineio as otio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edits import clip, gap, span, stack, time, timeline, track
from foleyd.cue import Cue, FrameRange, Program
from foleyd.request import CueRule, Spread
from foleyd.timebase import Timecode
from foleyd.timeline.errors import SpottingError
from foleyd.timeline.markers import Marker, read_markers
from foleyd.timeline.spotting import (
    MAX_CUES,
    MAX_SEED,
    check_prompt,
    cues_for_ranges,
    drawn_seed,
    find_cues,
    given_cues,
    split_layer,
)

PROGRAM = Program(Timecode(86_400, Fraction(24)), (), 200)
WHOLE = FrameRange(0, 200)


def found(rule: CueRule, *ranges: tuple[int, int]) -> list[tuple[str, int, int, str, str]]:
    cues = cues_for_ranges(PROGRAM, [FrameRange(*r) for r in ranges], rule)
    return [(cue.id, cue.record.start, cue.record.end, cue.layer, cue.prompt) for cue in cues]


def test_no_range_means_everything() -> None:
    assert found(CueRule(prompts=("rain",))) == [("cue-1", 0, 200, "foley", "rain")]


def test_every_prompt_on_each_range_in_record_order() -> None:
    rule = CueRule(prompts=("steps", "ambience: wind"))
    assert found(rule, (50, 60), (10, 20), (50, 60)) == [
        ("cue-1", 10, 20, "foley", "steps"),
        ("cue-2", 10, 20, "ambience", "wind"),
        ("cue-3", 50, 60, "foley", "steps"),
        ("cue-4", 50, 60, "ambience", "wind"),
    ]


def test_one_prompt_over_the_whole_selection_reaches_from_first_to_last() -> None:
    rule = CueRule(spread=Spread.WHOLE_SELECTION, prompts=("rain",))
    assert found(rule, (50, 60), (10, 20)) == [("cue-1", 10, 60, "foley", "rain")]


def test_a_layer_is_one_only_if_it_is_known() -> None:
    assert split_layer("fx: a door: creaks", "foley") == ("fx", "a door: creaks")
    assert split_layer(" FX : door", "foley") == ("fx", "door")
    assert split_layer("note: a door", "ambience") == ("ambience", "note: a door")
    assert split_layer("music: a door", "foley", ("foley", "music")) == ("music", "a door")
    with pytest.raises(SpottingError, match="empty"):
        split_layer("fx:  ", "foley")


def test_seeds_count_up_from_the_one_given() -> None:
    (cue,) = cues_for_ranges(PROGRAM, [], CueRule(prompts=("a",), takes=3, seed=5))
    assert cue.seeds == (5, 6, 7)


def test_without_a_seed_the_same_cue_draws_the_same_and_another_another() -> None:
    rule = CueRule(prompts=("a", "b"), takes=2)
    cues = cues_for_ranges(PROGRAM, [FrameRange(0, 9), FrameRange(9, 20)], rule)
    again = cues_for_ranges(PROGRAM, [FrameRange(9, 20), FrameRange(0, 9)], rule)
    assert {cue.seeds for cue in cues} == {cue.seeds for cue in again}
    assert len({cue.seeds[0] for cue in cues}) == 4
    assert all(second == first + 1 for first, second in (cue.seeds for cue in cues))
    # A seed is part of what a cache key is made of, so it must never change between versions.
    assert drawn_seed(FrameRange(0, 9), "a", "foley") == cues[0].seeds[0] == DRAWN


DRAWN = 2_057_320_394


@pytest.mark.parametrize(
    ("rule", "ranges", "cause"),
    [
        (CueRule(), [], "no prompt"),
        (CueRule(prompts=("",)), [], "prompt is empty"),
        (CueRule(prompts=(" \n\t ",)), [], "prompt is empty"),
        (CueRule(prompts=("　",)), [], "prompt is empty"),
        (CueRule(prompts=("x" * 10_000,)), [], "10,000 characters, more than 2,000"),
        (CueRule(prompts=("a\x07b",)), [], "U+0007"),
        (CueRule(prompts=("a\x85b",)), [], "U+0085"),
        (CueRule(prompts=("a\ud800b",)), [], "U+D800"),
        (
            CueRule(prompts=("a",), negative_prompt="a\x00b"),
            [],
            "negative prompt holds the control character",
        ),
        (CueRule(prompts=("a",), layer="musik"), [], "no layer 'musik': choose one of foley, fx, ambience"),
        (CueRule(prompts=("a",), takes=0), [], "0 takes"),
        (CueRule(prompts=("a",), takes=33), [], "33 takes"),
        (CueRule(prompts=("a",), seed=-1), [], "seed -1"),
        (CueRule(prompts=("a",), seed=MAX_SEED, takes=2), [], f"seed {MAX_SEED}"),
        (CueRule(prompts=("a",)), [FrameRange(5, 5)], "the range at 01:00:00:05 is empty"),
        (CueRule(prompts=("a",)), [FrameRange(190, 201)], "runs from 01:00:00:00 to 01:00:08:08"),
        (CueRule(prompts=("a",)), [FrameRange(-1, 5)], "leaves the timeline"),
        (CueRule(prompts=("a",) * 200), [FrameRange(n, n + 1) for n in range(26)], "5,200 cues"),
    ],
)
def test_what_no_cue_can_be_made_of_is_refused_in_one_sentence(
    rule: CueRule, ranges: list[FrameRange], cause: str
) -> None:
    with pytest.raises(SpottingError) as refused:
        find_cues(PROGRAM, ranges, rule)
    assert cause in str(refused.value)
    assert refused.value.field


def test_an_empty_timeline_is_refused() -> None:
    with pytest.raises(SpottingError, match="the timeline is empty"):
        find_cues(Program(Timecode(0, Fraction(24)), (), 0), [], CueRule(prompts=("a",)))


def test_emoji_and_any_script_are_fine_and_space_is_tidied() -> None:
    assert check_prompt(" 🥁👨‍👩‍👧  шаги\n по\tгравию 雨 ") == "🥁👨‍👩‍👧 шаги по гравию 雨"
    assert check_prompt("", "negative prompt", may_be_empty=True) == ""
    assert len(check_prompt("x" * 2000)) == 2000


@given(st.text(max_size=60))
def test_any_text_is_taken_or_refused(text: str) -> None:
    try:
        clean = check_prompt(text)
    except SpottingError:
        return
    assert clean == check_prompt(clean)


def test_cues_that_a_caller_found_are_checked_and_completed() -> None:
    cues = [Cue("", FrameRange(0, 5), " a ", seeds=()), Cue("cue-1", FrameRange(5, 9), "b", seeds=(3, 4))]
    done = given_cues(PROGRAM, cues)
    assert [(cue.id, cue.prompt, cue.seeds) for cue in done] == [
        ("cue-2", "a", (drawn_seed(FrameRange(0, 5), "a", "foley"),)),
        ("cue-1", "b", (3, 4)),
    ]


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"id": "y"}, "two cues have the id 'y'"),
        ({"prompt": ""}, "empty"),
        ({"layer": "x"}, "no layer 'x'"),
        ({"record": FrameRange(199, 201)}, "leaves the timeline"),
        ({"seeds": (1, 1)}, "seeds of cue"),
        ({"seeds": (-1,)}, "seeds of cue"),
        ({"seeds": tuple(range(33))}, "seeds of cue"),
    ],
)
def test_given_cues_that_cannot_be_are_refused(change: dict[str, object], cause: str) -> None:
    good = Cue("y", FrameRange(0, 5), "a")
    bad = replace(Cue("z", FrameRange(0, 5), "a"), **change)  # type: ignore[arg-type]
    with pytest.raises(SpottingError, match=cause):
        given_cues(PROGRAM, [good, bad])


def test_no_cue_and_too_many_cues_are_refused() -> None:
    with pytest.raises(SpottingError, match="no cue"):
        given_cues(PROGRAM, [])
    with pytest.raises(SpottingError, match="more than 5,000"):
        given_cues(PROGRAM, [Cue("", FrameRange(0, 1), "a")] * (MAX_CUES + 1))


def point(name: str, at: int, *, colour: str = "RED", owner: str = "", where: FrameRange = WHOLE) -> Marker:
    return Marker(name, colour, FrameRange(at, at), owner, where)


def marked(
    *markers: Marker, ranges: tuple[tuple[int, int], ...] = (), **rule: object
) -> list[tuple[int, int, str, str, str]]:
    cues = find_cues(
        PROGRAM,
        [FrameRange(*r) for r in ranges],
        CueRule(spread=Spread.MARKERS, **rule),  # type: ignore[arg-type]
        markers=markers,
    )
    return [(c.record.start, c.record.end, c.layer, c.prompt, c.negative_prompt) for c in cues]


def test_a_point_marker_lasts_to_the_next_and_the_last_to_the_end_of_the_selection() -> None:
    markers = [point("steps", 10), point("door", 30), point("rain", 150)]
    assert [cue[:2] for cue in marked(*markers)] == [(10, 30), (30, 150), (150, 200)]
    assert [cue[:2] for cue in marked(*markers, ranges=((0, 100),))] == [(10, 30), (30, 100)]
    assert [cue[:2] for cue in marked(*markers, ranges=((140, 160), (20, 40)))] == [(30, 40), (150, 160)]


def test_a_marker_with_a_length_keeps_it_inside_the_selection() -> None:
    long = Marker("rain", "RED", FrameRange(90, 130), "", WHOLE)
    assert [cue[:2] for cue in marked(long)] == [(90, 130)]
    assert [cue[:2] for cue in marked(long, ranges=((0, 100),))] == [(90, 100)]


def test_only_markers_of_the_colours_count_also_as_the_next() -> None:
    markers = [point("a", 10), point("note", 20, colour="GREEN"), point("b", 30)]
    assert [cue[:2] for cue in marked(*markers, marker_colours=("red ",))] == [(10, 30), (30, 200)]


def test_the_next_marker_is_the_next_of_the_same_owner_and_a_clips_ends_with_it() -> None:
    on_clip = {"owner": "clip a", "where": FrameRange(0, 50)}
    markers = [point("a", 10, **on_clip), point("b", 20), point("c", 40, **on_clip)]  # type: ignore[arg-type]
    assert [cue[:2] for cue in marked(*markers)] == [(10, 40), (20, 200), (40, 50)]


def test_a_markers_name_is_layer_prompt_and_negative_where_the_layer_is_known() -> None:
    assert marked(point("FX: a door | music, voices", 0)) == [(0, 200, "fx", "a door", "music, voices")]
    assert marked(point("fx: a door", 0), negative_prompt="hum") == [(0, 200, "fx", "a door", "hum")]
    assert marked(point("todo: a door | later", 0)) == [(0, 200, "foley", "todo: a door | later", "")]


def noted(note: str, name: str = "fx: door", **rule: object) -> Cue:
    marker = Marker(name, "RED", FrameRange(10, 20), "", WHOLE, note)
    cues = find_cues(PROGRAM, [], CueRule(spread=Spread.MARKERS, **rule), markers=[marker])  # type: ignore[arg-type]
    return cues[0]


def test_a_note_goes_before_the_rule() -> None:
    cue = noted(
        "takes=3, seed=7; handles=0 engine=Hunyuan\nnegative: music, hum", seed=1, negative_prompt="x"
    )
    assert (cue.seeds, cue.handles, cue.engine) == ((7, 8, 9), 0, "hunyuan")
    assert cue.negative_prompt == "music, hum"
    assert noted("negative: hum", "fx: door | voices").negative_prompt == "voices"


@pytest.mark.parametrize(
    "note",
    [
        "",
        "louder please",
        "retakes=3",
        "mistakes=x",
        "take=3",
        "seed = 7",
        '{"takes": 3}',
        "engine=auto",
        "seeds=9",
    ],
)
def test_other_words_in_a_note_are_just_a_note(note: str) -> None:
    assert noted(note) == noted("")


@pytest.mark.parametrize(
    "note", ["takes=0", "takes=33", "takes=", "seed=x", "seed=-1", "handles=1e9", "seed=" + "9" * 30]
)
def test_a_note_with_a_wrong_value_names_its_marker(note: str) -> None:
    with pytest.raises(SpottingError, match="marker 'fx: door'"):
        noted(note)


def test_a_note_says_how_long_a_point_lasts_and_nothing_of_a_marker_with_length() -> None:
    def record(note: str, start: int, end: int) -> FrameRange:
        marker = Marker("fx: door", "RED", FrameRange(start, end), "", WHOLE, note)
        later = Marker("fx: bell", "RED", FrameRange(start + 5, start + 9), "", WHOLE)
        return find_cues(PROGRAM, [], CueRule(spread=Spread.MARKERS), markers=[marker, later])[0].record

    assert record("", 10, 10) == FrameRange(10, 15)
    assert record("frames=1", 10, 10) == FrameRange(10, 11)
    assert record("frames=12", 10, 10) == FrameRange(10, 22)
    assert record("frames=9999", 10, 10) == FrameRange(10, WHOLE.end)
    assert record("frames=1", 10, 14) == FrameRange(10, 14)


def test_a_note_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(SpottingError, match="takes twice"):
        noted("takes=3 takes=4")


def test_the_same_marker_on_picture_and_sound_counts_once() -> None:
    twins = [point("hit", 10, owner=owner, where=FrameRange(0, 50)) for owner in ("v", "a")]
    assert [cue[:2] for cue in marked(*twins)] == [(10, 50)]


def test_markers_without_a_name_are_left_out_unless_there_is_a_prompt_for_them() -> None:
    markers = [point("steps", 10), point(" ", 30)]
    assert marked(*markers) == [(10, 200, "foley", "steps", "")]
    assert marked(*markers, prompts=("rain", "fx: thunder")) == [
        (10, 30, "foley", "steps", ""),
        (30, 200, "foley", "rain", ""),
        (30, 200, "fx", "thunder", ""),
    ]


@pytest.mark.parametrize("name", ["Marker 1", "marker 12", " Marker", "Marker3", "マーカー 2", "Marqueur 4"])
def test_a_name_that_a_program_gave_is_none(name: str) -> None:
    assert marked(point("steps", 10), point(name, 30)) == [(10, 200, "foley", "steps", "")]
    assert marked(point("steps", 10), point(name, 30), prompts=("rain",)) == [
        (10, 30, "foley", "steps", ""),
        (30, 200, "foley", "rain", ""),
    ]
    noted = [replace(point(each, 30), note="takes=2 frames=5") for each in (name, "Marker 9")]
    (cue,) = find_cues(PROGRAM, [], CueRule(spread=Spread.MARKERS, prompts=("rain",)), markers=noted)
    assert (cue.record, cue.prompt, len(cue.seeds)) == (FrameRange(30, 35), "rain", 2)


@pytest.mark.parametrize("name", ["Marker 1", " ", ""])
def test_the_note_of_a_marker_without_a_name_is_its_prompt(name: str) -> None:
    noted = replace(point(name, 30), note="fx: door slam takes=2\nframes=5 | music negative: voices")
    plain = replace(point(name, 30), note=" takes=2 ; seed=4,")
    rule = CueRule(spread=Spread.MARKERS)
    (cue,) = find_cues(PROGRAM, [], rule, markers=[noted, plain])
    assert (cue.record, cue.layer, cue.prompt) == (FrameRange(30, 35), "fx", "door slam")
    assert (cue.negative_prompt, len(cue.seeds)) == ("music", 2)
    prompted = find_cues(PROGRAM, [], replace(rule, prompts=("rain",)), markers=[noted])
    assert [cue.prompt for cue in prompted] == ["rain"]
    named = find_cues(PROGRAM, [], rule, markers=[replace(noted, name="steps")])
    assert [(cue.prompt, cue.negative_prompt) for cue in named] == [("steps", "voices")]


@pytest.mark.parametrize(
    "name", ["Marker pen on paper", "a marker 1", "fx: Marker 1", "Marker 1 2", "Door 1"]
)
def test_a_name_that_only_looks_like_a_programs_is_a_prompt(name: str) -> None:
    assert len(marked(point(name, 10))) == 1


def test_no_marker_that_counts_is_refused() -> None:
    with pytest.raises(SpottingError, match="no BLUE/GREEN marker with a name"):
        marked(point("a", 1), marker_colours=("green", "blue"))
    with pytest.raises(SpottingError, match="no marker"):
        marked(point("a", 150), ranges=((0, 100),))


def test_markers_are_mapped_from_their_owners_time() -> None:
    def mark(name: str, start: float, duration: float = 0, rate: float = 24) -> otio.schema.Marker:
        return otio.schema.Marker(
            name=name, marked_range=span(start, duration, rate), color="GREEN", comment="note"
        )

    fast = clip("fast", span(100, 10), speed=2.0)
    fast.markers.extend([mark("fast at 106", 106), mark("not used", 99)])
    back = clip("back", span(100, 10), speed=-1.0)
    back.markers.extend([mark("back", 104, 3), mark("back at 108", 108)])
    trimmed = clip("deep", span(0, 20))
    trimmed.markers.extend([mark("cut away", 4), mark("deep", 12)])
    hidden = clip("off", span(0, 5), enabled=False)
    hidden.markers.append(mark("hidden", 1))
    sound = track(gap(7), clip("sound", span(50, 10)), kind="Audio")
    sound[1].markers.append(mark("on sound", 53, 2))
    edit = timeline(
        track(fast, back, stack(track(trimmed), used=span(10, 5)), hidden), sound, start=time(86400)
    )
    edit.tracks.markers.extend(
        [mark("on the stack", 22, 10), mark("one frame", 3, 1), mark("at 30", 15, 0, 30)]
    )
    got = {m.name: (m.record.start, m.record.end, m.owner == "") for m in read_markers(edit)}
    assert got == {
        "fast at 106": (3, 3, False),
        # Media frames 104 to 107 of 100 to 110, played backwards from record frame 10.
        "back": (13, 16, False),
        # Media frame 108 is the second that is shown.
        "back at 108": (11, 11, False),
        "deep": (22, 22, False),
        "on sound": (10, 12, False),
        "on the stack": (22, 30, True),
        "one frame": (3, 3, True),
        "at 30": (12, 12, True),
    }
    assert {m.colour for m in read_markers(edit)} == {"GREEN"}
    assert {m.note for m in read_markers(edit)} == {"note"}
