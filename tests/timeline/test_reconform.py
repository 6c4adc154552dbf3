"""Re-conform: what each of our clips needs after every kind of edit. Pure: no file is there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edits import take
from foleyd.cue import Cue, FrameRange, Media, Program, Shot
from foleyd.refreshed import Outcome, Refreshed, TakeFile
from foleyd.timebase import Timecode
from foleyd.timeline.fragments import Shown
from foleyd.timeline.notes import notes_of, read_notes
from foleyd.timeline.placement import FoundPlacement
from foleyd.timeline.reconform import reconform

RATE = Fraction(25)
HANDLES = 12
START = 90_000


def shot(name: str, length: int, source: int = 100, *, speed: Fraction | int = 1, at: int = 0) -> Shot:
    """LENGTH frames of /media/NAME.mov from its frame SOURCE on, to be put AT a record frame."""
    media = Media(Path(f"/media/{name}.mov"), f"{name}.mov") if name else None
    return Shot(name, name, media, source / RATE, FrameRange(at, at + length), Fraction(speed))


def program(*shots: Shot | int, start: int = START, rate: Fraction = RATE) -> Program:
    """SHOTS one after another; a number is so many frames of nothing."""
    placed: list[Shot] = []
    at = 0
    for one in shots:
        if isinstance(one, int):
            at += one
        else:
            placed.append(replace(one, record=FrameRange(at, at + one.record.duration)))
            at += one.record.duration
    return Program(Timecode(start, rate), tuple(placed), at)


OLD = [shot("a", 50), shot("b", 60), shot("c", 70), shot("d", 80)]


def found(
    old: Program,
    first: int,
    last: int,
    *,
    number: int = 1,
    seeds: tuple[int, ...] = (7,),
    sizes: Callable[[Path], int | None] = lambda _: None,
    text_only: bool = False,
    prompt: str = "steps",
) -> FoundPlacement:
    """A clip of ours over frames FIRST up to LAST of OLD, untouched."""
    cue = Cue(f"cue-{first}", FrameRange(first, last), prompt, "", "foley", seeds)
    made = take(old, cue, number=number, handles=HANDLES)
    made = replace(made, provenance={**made.provenance, "text_only": text_only})
    metadata = notes_of(made, old, job="job-1", number=number, enabled=number == 1, size_of=sizes)
    return FoundPlacement(
        job="job-1",
        cue_id=cue.id,
        take_id=made.id,
        layer="foley",
        track_name="Foley: foley",
        record=cue.record,
        enabled=number == 1,
        url=f"/takes/{made.path.name}",
        metadata=metadata,
        at=(1, first),
        local=(old.start.frame + first) / old.rate,
        offset=(first - made.cut.first_frame) / old.rate,
    )


def of_shots(old: Program) -> list[FoundPlacement]:
    """A clip of ours for every shot of OLD."""
    return [found(old, one.record.start, one.record.end) for one in old.shots]


def here(clip: FoundPlacement, _: object) -> TakeFile:
    notes = read_notes(clip.metadata)
    return TakeFile(Path(clip.url), notes.lead, notes.samples)


def said(new: Program, clips: Sequence[FoundPlacement]) -> list[tuple[str, tuple[int, int] | None]]:
    """Outcome and place of each clip."""
    return [(one.outcome.value, span(one)) for one in reconform(new, clips, file_of=here)]


def span(one: Refreshed) -> tuple[int, int] | None:
    return (one.record.start, one.record.end) if one.record is not None else None


def only(new: Program, clip: FoundPlacement) -> Refreshed:
    (one,) = reconform(new, [clip], file_of=here)
    return one


def moved(clip: FoundPlacement, by: int) -> FoundPlacement:
    return replace(clip, record=FrameRange(clip.record.start + by, clip.record.end + by))


a, b, c, d = OLD
EDIT = program(*OLD)


@pytest.mark.parametrize(
    ("start", "written", "local"),
    [
        (START, None, START + 50),  # ranges count from the WAV's timecode
        (START, 0, HANDLES),  # from zero, as for Premiere and Kdenlive
        (START, START + 38, HANDLES),  # a tool counts from zero what was written from the timecode
        (0, None, 50),
        (0, 38, 50),
        (0, 0, HANDLES),
    ],
)
def test_a_slipped_sound_is_seen_where_a_tool_does_not_say_what_its_file_holds(
    start: int, written: int | None, local: int
) -> None:
    edit = program(*OLD, start=start)
    clip = found(edit, 50, 110)
    file = {**clip.metadata["file"], **({} if written is None else {"starts_at": written})}
    clip = replace(clip, metadata={**clip.metadata, "file": file}, offset=None, local=local / RATE)
    assert only(edit, clip).outcome is Outcome.KEPT
    slipped = only(edit, replace(clip, local=(local + 5) / RATE))
    assert (slipped.outcome, slipped.why) == (Outcome.LEFT, "its sound was slipped by hand, 5 frames")
    assert slipped.zero == Fraction(45, 25)


def test_alternates_are_looked_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    candidates = Shown.candidates
    monkeypatch.setattr(Shown, "candidates", lambda *words: asked.append("") or candidates(*words))
    said(EDIT, [found(EDIT, 50, 110)])
    once = len(asked)
    said(EDIT, [found(EDIT, 50, 110, number=number, seeds=tuple(range(1, 9))) for number in range(1, 9)])
    assert len(asked) == 2 * once


def test_nothing_changed() -> None:
    assert said(EDIT, of_shots(EDIT)) == [
        ("kept", (0, 50)),
        ("kept", (50, 110)),
        ("kept", (110, 180)),
        ("kept", (180, 260)),
    ]


@pytest.mark.parametrize("tracks_ripple", [False, True])
def test_a_ripple_moves_what_lies_behind(tracks_ripple: bool) -> None:
    """A shot is inserted between b and c; the sound's tracks ripple with the picture or they do not."""
    clips = of_shots(EDIT)
    if tracks_ripple:
        clips = [*clips[:2], *(moved(clip, 30) for clip in clips[2:])]
    assert said(program(a, b, shot("x", 30), c, d), clips) == [
        ("kept", (0, 50)),
        ("kept", (50, 110)),
        ("moved", (140, 210)),
        ("moved", (210, 290)),
    ]
    third = reconform(program(a, b, shot("x", 30), c, d), clips, file_of=here)[2]
    assert third.new_file
    assert third.zero == Fraction(140, 25)
    assert third.why == "its picture only moved"


def test_shots_that_change_places_take_their_sound_with_them() -> None:
    assert said(program(a, c, b, d), of_shots(EDIT)) == [
        ("kept", (0, 50)),
        ("moved", (120, 180)),
        ("moved", (50, 120)),
        ("kept", (180, 260)),
    ]


def test_a_shot_that_is_gone_drops_its_sound_and_the_rest_moves() -> None:
    assert said(program(a, c, d), of_shots(EDIT)) == [
        ("kept", (0, 50)),
        ("dropped", None),
        ("moved", (50, 120)),
        ("moved", (120, 200)),
    ]


def test_a_disabled_shot_leaves_a_hole_and_no_sound() -> None:
    assert said(program(a, 60, c, d), of_shots(EDIT))[1] == ("dropped", None)


def test_a_gone_shot_drops_its_sound_wherever_a_ripple_took_it() -> None:
    clips = of_shots(EDIT)
    rippled = [clips[0], *(moved(clip, 30) for clip in clips[1:])]
    assert said(program(a, shot("x", 30), 60, c, d), rippled)[1] == ("dropped", None)


@pytest.mark.parametrize("by", [1, -1, HANDLES, -HANDLES])
def test_a_slip_within_the_handles_keeps_the_take(by: int) -> None:
    one = only(program(a, shot("b", 60, 100 + by), c, d), of_shots(EDIT)[1])
    assert (one.outcome, span(one), one.new_file) == (Outcome.RECUT, (50, 110), True)
    assert one.zero == Fraction(50 - by, 25)
    assert f"slipped by {abs(by)} frame" in one.why


@pytest.mark.parametrize("by", [HANDLES + 1, -HANDLES - 1, 30, 59])
def test_a_slip_beyond_the_handles_is_made_anew(by: int) -> None:
    one = only(program(a, shot("b", 60, 100 + by), c, d), of_shots(EDIT)[1])
    assert (one.outcome, span(one)) == (Outcome.REMADE, (50, 110))


def test_a_slip_to_another_part_of_the_media_is_made_anew() -> None:
    one = only(program(a, shot("b", 60, 1000), c, d), of_shots(EDIT)[1])
    assert (one.outcome, span(one)) == (Outcome.REMADE, (50, 110))
    assert "slipped" in one.why


def test_a_shot_trimmed_in_keeps_its_take() -> None:
    """Ten frames less at the head, five at the tail, and everything closes up."""
    one = only(program(a, shot("b", 45, 110), c, d), of_shots(EDIT)[1])
    assert (one.outcome, span(one), one.zero) == (Outcome.RECUT, (50, 95), Fraction(40, 25))
    assert one.why == ("its shot's start was trimmed by 10 frames; its shot's end was trimmed by 5 frames")


def test_a_shot_that_was_trimmed_and_moved_says_both() -> None:
    one = only(program(a, 9, shot("b", 45), c, d), of_shots(EDIT)[1])
    assert one.why == "its shot's end was trimmed by 15 frames; it moved"


@pytest.mark.parametrize(("head", "tail"), [(0, 1), (HANDLES, HANDLES), (HANDLES, 0)])
def test_a_shot_trimmed_out_keeps_its_take_as_far_as_the_file_reaches(head: int, tail: int) -> None:
    longer = shot("b", 60 + head + tail, 100 - head)
    one = only(program(a, longer, c, d), of_shots(EDIT)[1])
    assert (one.outcome, span(one)) == (Outcome.RECUT, (50, 110 + head + tail))


@pytest.mark.parametrize(("head", "tail"), [(HANDLES + 1, 0), (0, HANDLES + 1)])
def test_a_shot_trimmed_out_farther_is_made_anew(head: int, tail: int) -> None:
    longer = shot("b", 60 + head + tail, 100 - head)
    one = only(program(a, longer, c, d), of_shots(EDIT)[1])
    assert (one.outcome, span(one)) == (Outcome.REMADE, (50, 110 + head + tail))
    assert one.why == "its picture goes on for 1 frame beyond what its file holds"


@pytest.mark.parametrize(
    ("speed", "words"),
    [
        (Fraction(1, 2), "its shot plays at 50 % now"),
        (Fraction(2), "its shot plays at 200 % now"),
        (Fraction(-1), "its shot plays backwards now"),
        (Fraction(-3, 2), "its shot plays backwards at 150 % now"),
        (Fraction(0), "its shot is frozen now"),
    ],
)
def test_a_retimed_shot_is_made_anew(speed: Fraction, words: str) -> None:
    one = only(program(a, shot("b", 90, 110, speed=speed), c, d), of_shots(EDIT)[1])
    assert (one.outcome, span(one)) == (Outcome.REMADE, (50, 140))
    assert one.why == words


def test_a_reversed_shot_that_only_moved_moves() -> None:
    edit = program(a, shot("b", 60, 200, speed=-1), c)
    one = only(program(a, 20, shot("b", 60, 200, speed=-1), c), of_shots(edit)[1])
    assert (one.outcome, span(one)) == (Outcome.MOVED, (70, 130))


def test_a_shot_that_was_replaced_in_its_place_is_made_anew() -> None:
    one = only(program(a, shot("b_v002", 64), c, d), of_shots(EDIT)[1])
    assert (one.outcome, span(one)) == (Outcome.REMADE, (50, 114))
    assert one.why == "its shot was replaced by b_v002"


def test_a_file_that_was_written_anew_in_its_place_is_made_anew() -> None:
    clip = found(EDIT, 50, 110, sizes=lambda _: 1000)
    same, other = (
        reconform(EDIT, [clip], file_of=here, size_of=lambda _, size=size: size)[0] for size in (1000, 1001)
    )
    assert (same.outcome, other.outcome) == (Outcome.KEPT, Outcome.REMADE)
    assert other.why == "the media file b.mov has changed"


def test_media_in_another_folder_are_the_same_picture() -> None:
    elsewhere = replace(b, media=Media(Path("/Volumes/raid/B.MOV"), "B.MOV"))
    missing = replace(b, media=Media(None, "b.mov"))
    for now in (elsewhere, missing):
        assert only(program(a, now, c, d), of_shots(EDIT)[1]).outcome is Outcome.KEPT


# ------------------------------------------------------------------------------ cues of other shapes


def test_a_cue_inside_its_shot_goes_with_it_and_does_not_follow_its_edges() -> None:
    clip = found(EDIT, 60, 80)
    assert said(program(20, a, b, c), [clip]) == [("moved", (80, 100))]
    assert said(program(a, shot("b", 100, 95), c), [clip]) == [("moved", (65, 85))]
    assert said(program(a, shot("b", 40, 115), c), [clip]) == [("re-cut", (50, 65))]


def test_a_cue_over_several_shots_moves_as_a_whole() -> None:
    clip = found(EDIT, 50, 180)
    assert said(program(a, 7, b, c, d), [clip]) == [("moved", (57, 187))]


def test_a_cue_over_several_shots_is_made_anew_where_something_lies_between_them() -> None:
    clip = found(EDIT, 50, 180)
    for new in (program(a, b, shot("x", 30), c, d), program(a, b, 30, c, d)):
        assert said(new, [clip]) == [("re-made", (50, 210))]
    assert said(program(a, c, b, d), [clip]) == [("re-made", (50, 180))]


def test_a_cue_whose_middle_shot_was_retimed_is_made_anew_over_all_of_it() -> None:
    clip = found(EDIT, 0, 180)
    assert said(program(a, shot("b", 30, speed=2), c, d), [clip]) == [("re-made", (0, 150))]


def test_a_cue_over_several_shots_of_which_the_last_is_gone_is_cut_shorter() -> None:
    assert said(program(a, b, d), [found(EDIT, 50, 180)]) == [("re-cut", (50, 110))]


def test_a_cutaway_over_a_shot_changes_its_picture() -> None:
    first, last = shot("b", 20), shot("b", 30, 130)
    one = only(program(a, first, shot("x", 10), last, c, d), of_shots(EDIT)[1])
    assert (one.outcome, span(one), one.why) == (Outcome.REMADE, (50, 110), "x lies in its picture")


def test_a_blade_changes_nothing() -> None:
    first, last = shot("b", 20), shot("b", 40, 120)
    assert only(program(a, first, last, c, d), of_shots(EDIT)[1]).outcome is Outcome.KEPT


def test_shots_that_are_used_twice_keep_a_sound_each() -> None:
    edit = program(a, b, a, d)
    clips = [found(edit, 0, 50), found(edit, 110, 160)]
    assert said(edit, clips) == [("kept", (0, 50)), ("kept", (110, 160))]
    assert said(program(10, a, b, a, d), clips) == [("moved", (10, 60)), ("moved", (120, 170))]


def test_a_cue_over_nothing_stays() -> None:
    edit = program(a, 40, b)
    assert said(edit, [found(edit, 55, 80)]) == [("kept", (55, 80))]


def test_text_alone_does_not_mind_another_picture() -> None:
    clip = found(EDIT, 50, 110, text_only=True)
    assert said(program(a, shot("b_v2", 60), c, d), [clip]) == [("kept", (50, 110))]


# ------------------------------------------------------------------------- what an editor did by hand


@pytest.mark.parametrize("by", [-3, 1, 400])
def test_a_sound_moved_by_hand_stays_where_it_was_put(by: int) -> None:
    clips = of_shots(EDIT)
    clips[1] = moved(clips[1], by)
    answers = reconform(EDIT, clips, file_of=here)
    assert [one.outcome.value for one in answers] == ["kept", "left as edited", "kept", "kept"]
    assert span(answers[1]) == (50 + by, 110 + by)
    frames = "1 frame after" if by == 1 else f"{abs(by)} frames {'after' if by > 0 else 'before'}"
    assert answers[1].why == f"it was moved by hand, {frames} its picture"


def test_a_sound_moved_by_hand_and_then_rippled_stays_too() -> None:
    clips = [moved(clip, 30) for clip in of_shots(EDIT)]
    clips[1] = moved(clips[1], 2)
    answers = said(program(shot("x", 30), *OLD), clips)
    assert answers[1] == ("left as edited", (82, 142))


def test_a_muted_sound_stays_muted_where_it_is() -> None:
    clips = of_shots(EDIT)
    clips[2] = replace(clips[2], enabled=False)
    one = reconform(program(a, b, 30, c, d), clips, file_of=here)[2]
    assert (one.outcome, span(one)) == (Outcome.LEFT, (110, 180))
    assert one.why == "it was muted; its picture is at 01:00:05:15"


def test_a_take_that_was_passed_over_for_an_alternate_goes_along_with_it() -> None:
    first, second = (found(EDIT, 50, 110, number=number, seeds=(7, 8)) for number in (1, 2))
    picked = [replace(first, enabled=False), replace(second, enabled=True, at=(2, 50))]
    answers = reconform(program(10, *OLD), picked, file_of=here)
    assert [(one.outcome.value, span(one), one.enabled) for one in answers] == [
        ("moved", (60, 120), False),
        ("moved", (60, 120), True),
    ]


def test_alternates_that_lie_disabled_are_not_muted_by_hand() -> None:
    clips = [found(EDIT, 50, 110, number=n, seeds=(7, 8)) for n in (1, 2)]
    answers = reconform(program(a, 30, b, c, d), clips, file_of=here)
    assert [(one.outcome.value, one.enabled) for one in answers] == [("moved", True), ("moved", False)]


def test_a_trim_of_the_sound_alone_stays() -> None:
    clip = of_shots(EDIT)[1]
    trimmed = replace(clip, record=FrameRange(60, 110), offset=(clip.offset or 0) + Fraction(10, 25))
    assert said(EDIT, [trimmed]) == [("left as edited", (60, 110))]
    assert said(program(a, 5, b, c, d), [trimmed]) == [("moved", (65, 115))]


def drawn_out(clip: FoundPlacement, head: int, tail: int) -> FoundPlacement:
    """CLIP with so many frames of its handles at either end."""
    record = FrameRange(clip.record.start - head, clip.record.end + tail)
    at = {"offset": (clip.offset or 0) - head / RATE, "local": (clip.local or 0) - head / RATE}
    return replace(clip, record=record, **at)


def test_a_sound_drawn_out_of_its_handles_stays_so() -> None:
    """As editors do for a crossfade, under the shots beside."""
    clip = drawn_out(of_shots(EDIT)[1], 4, 6)
    one = only(EDIT, clip)
    assert (one.outcome, span(one), one.why) == (Outcome.LEFT, (46, 116), "it was extended by hand")
    assert said(program(10, *OLD), [clip]) == [("moved", (56, 126))]
    assert said(program(a, shot("b", 50), c, d), [clip]) == [("re-cut", (46, 106))]
    assert said(program(a, shot("b", 55, 105), c, d), [moved(clip, 0)])[0][1] == (46, 111)


def test_a_sound_drawn_out_with_its_picture_goes_as_far_as_that() -> None:
    clip = drawn_out(of_shots(EDIT)[1], 4, 6)
    longer = program(shot("a", 46), shot("b", 70, 96), shot("c", 64, 106), d)
    assert said(longer, [clip]) == [("kept", (46, 116))]
    more = program(shot("a", 44), shot("b", 74, 94), shot("c", 62, 108), d)
    assert said(more, [clip]) == [("re-cut", (44, 118))]


def test_a_sound_trimmed_with_its_picture_is_kept() -> None:
    clip = of_shots(EDIT)[1]
    trimmed = replace(clip, record=FrameRange(60, 110), offset=(clip.offset or 0) + Fraction(10, 25))
    assert said(program(a, 10, shot("b", 50, 110), c, d), [trimmed]) == [("kept", (60, 110))]


def test_a_sound_that_was_cut_in_two_goes_on_in_two() -> None:
    clip = of_shots(EDIT)[1]
    first = replace(clip, record=FrameRange(50, 70))
    last = replace(clip, record=FrameRange(70, 110), offset=(clip.offset or 0) + Fraction(20, 25))
    assert said(program(4, *OLD), [first, last]) == [("moved", (54, 74)), ("moved", (74, 114))]


def halves(clip: FoundPlacement, at: int) -> list[FoundPlacement]:
    """CLIP cut in two after AT frames."""
    cut, local = clip.record.start + at, clip.local or Fraction(0)
    later = {"offset": (clip.offset or 0) + at / RATE, "local": local + at / RATE}
    last = replace(clip, record=FrameRange(cut, clip.record.end), **later)
    return [replace(clip, record=FrameRange(clip.record.start, cut)), last]


def test_halves_go_with_the_halves_of_their_picture() -> None:
    """Picture and sound of b were cut in two: each half follows its own, near or far, and never the other."""
    first, last = halves(of_shots(EDIT)[1], 20)
    left, right = shot("b", 20), shot("b", 40, 120)
    near = program(a, left, shot("new", 10), right, c, d)
    assert said(near, [first, moved(last, 10)]) == [("kept", (50, 70)), ("moved", (80, 120))]
    assert said(near, [first, last]) == [("kept", (50, 70)), ("moved", (80, 120))]
    far = program(a, left, c, d, right)
    assert said(far, [first, moved(last, 150)]) == [("kept", (50, 70)), ("moved", (220, 260))]
    assert said(far, [moved(last, 150), first]) == [("moved", (220, 260)), ("kept", (50, 70))]
    slow = program(a, left, shot("b", 40, 120, speed=Fraction(1, 2)), c, d)
    assert said(slow, [first, last]) == [("kept", (50, 70)), ("re-made", (70, 110))]


def test_a_half_whose_picture_is_gone_is_dropped_and_the_other_stays() -> None:
    first, last = halves(of_shots(EDIT)[1], 20)
    gone, stays = reconform(program(a, 20, shot("b", 40, 120), c, d), [first, last], file_of=here)
    assert (gone.outcome, gone.why) == (Outcome.DROPPED, "what it plays of its shot is gone or disabled")
    assert (stays.outcome, span(stays)) == (Outcome.KEPT, (70, 110))


@pytest.mark.parametrize("order", [1, -1])
def test_copies_of_a_take_go_with_the_copies_of_their_picture(order: int) -> None:
    """b and its sound were pasted to the end; then 130 frames came in before all, in the picture alone."""
    clips = of_shots(EDIT)
    copied = replace(moved(clips[1], 210), at=(1, 260))
    places = [(180, 240), (390, 450)]
    edit = program(130, *OLD, b)
    pasted = [clips[1], copied][::order]
    assert said(edit, [clips[0], *pasted, *clips[2:]])[1:3] == [("moved", place) for place in places[::order]]


def test_copies_that_lie_on_one_another_stay_together() -> None:
    """A sound that was doubled, on another track, does not go to another use of its picture."""
    clips = of_shots(EDIT)
    double = replace(clips[1], at=(2, 50))
    edit = program(30, *OLD, b)
    assert said(edit, [*clips, double])[1::3] == [("moved", (80, 140)), ("moved", (80, 140))]


def test_a_take_says_where_the_part_of_its_picture_is_that_it_cannot_go_with() -> None:
    clip = of_shots(EDIT)[1]
    one = only(program(a, shot("b", 40), c, d, shot("b", 20, 140)), clip)
    assert (one.outcome, span(one)) == (Outcome.RECUT, (50, 90))
    assert one.why.endswith("trimmed by 20 frames; another part of its picture is at 01:00:09:15")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"speed": Fraction(2)}, "its sound was retimed by hand"),
        ({"at": None}, "it lies inside a compound clip"),
    ],
)
def test_what_cannot_be_followed_stays(change: dict[str, object], why: str) -> None:
    one = only(program(4, *OLD), replace(of_shots(EDIT)[1], **change))  # type: ignore[arg-type]
    assert (one.outcome, one.why) == (Outcome.LEFT, why)


# ------------------------------------------------------------------------------------- rates, labels


def test_another_start_timecode_cuts_every_file_anew_in_its_place() -> None:
    one = only(program(*OLD, start=START + 25), of_shots(EDIT)[1])
    assert (one.outcome, span(one), one.new_file) == (Outcome.MOVED, (50, 110), True)
    assert one.why == "the timeline's start timecode changed"


def test_a_move_that_keeps_its_timecode_keeps_its_file() -> None:
    one = only(program(25, *OLD, start=START - 25), of_shots(EDIT)[1])
    assert (one.outcome, span(one), one.new_file) == (Outcome.MOVED, (75, 135), False)


@pytest.mark.parametrize("rate", [Fraction(24), Fraction(24000, 1001), Fraction(30), Fraction(50)])
def test_another_rate_keeps_seconds(rate: Fraction) -> None:
    """Another tool's conversion: every time rounded to a frame of the new rate."""

    def frames(count: int) -> int:
        return round(count * rate / RATE)

    shots = tuple(
        replace(
            one,
            source_start=frames(100) / rate,
            record=FrameRange(frames(one.record.start), frames(one.record.end)),
        )
        for one in EDIT.shots
    )
    new = Program(Timecode(round(3600 * rate), rate), shots, frames(EDIT.duration))
    clips = [
        replace(clip, record=FrameRange(frames(clip.record.start), frames(clip.record.end)))
        for clip in of_shots(EDIT)
    ]
    for old, one in zip(clips, reconform(new, clips, file_of=here), strict=True):
        assert (one.outcome, one.record, one.new_file) == (Outcome.RECUT, old.record, True)
        assert one.zero == one.made.at if one.made else False
        assert "instead of 25" in one.why


# ------------------------------------------------------------------------------------ what is missing


def test_a_file_that_is_not_there_is_made_anew_only_where_it_would_be_cut() -> None:
    clips = of_shots(EDIT)
    kept, again = (
        reconform(new, clips, file_of=lambda *_: None)[1] for new in (EDIT, program(a, 5, b, c, d))
    )
    assert (kept.outcome, again.outcome) == (Outcome.KEPT, Outcome.REMADE)
    assert "cannot be had" in kept.why
    assert again.why == "its picture only moved; its file cannot be had"


def test_clips_of_an_older_foleyd_are_kept_by_their_fingerprint() -> None:
    clip = of_shots(EDIT)[1]
    old = {key: clip.metadata[key] for key in ("job", "cue", "take", "prompt", "seed", "picture_fingerprint")}
    one = only(program(a, 5, b, c, d), replace(clip, metadata=old))
    assert (one.outcome, one.unless, span(one)) == (Outcome.REMADE, "0123abcd", (50, 110))
    without = {**old, "picture_fingerprint": ""}
    assert only(EDIT, replace(clip, metadata=without)).outcome is Outcome.KEPT


@pytest.mark.parametrize(
    "spoilt",
    [
        {"picture": {"length": "1/0"}},
        {"picture": {"length": "2/1", "pieces": [{"media": "x"}]}},
        {"picture": 7},
        {"record": {"start": "no"}},
        {"record": {"start": 0, "frames": 5, "rate": "nan", "timeline_start": 0}},
        {"file": {"lead": -4, "samples": "x"}},
        {"file": {"lead": 10**9, "samples": 1000}},
    ],
)
def test_metadata_that_were_spoilt_on_the_way_are_not_believed(spoilt: dict[str, object]) -> None:
    clip = of_shots(EDIT)[1]
    one = only(EDIT, replace(clip, metadata={**clip.metadata, **spoilt}))
    assert (one.outcome, one.unless) == (Outcome.REMADE, "0123abcd")


def test_numbers_and_words_that_cannot_travel_are_tamed() -> None:
    clip = of_shots(EDIT)[1]
    spoilt = {"seed": 2**70, "number": 10**12, "prompt": "a\ud800b", "job": None, "handles": "x"}
    notes = read_notes({**clip.metadata, **spoilt})
    assert (notes.seed, notes.number, notes.prompt, notes.job, notes.handles) == (0, 1, "a?b", "", 0)


# --------------------------------------------------------------------------------------- any edit

MEDIA = "abcdef"
some_shots = st.lists(
    st.tuples(
        st.sampled_from(MEDIA), st.integers(5, 60), st.integers(0, 400), st.sampled_from([1, 1, 1, 2, -1])
    ),
    min_size=1,
    max_size=8,
)


@st.composite
def edits(draw: st.DrawFn) -> tuple[Program, Program]:
    """A program and what became of it: shots left out, moved, trimmed, slipped, retimed, put in."""
    shots = [shot(name, length, source, speed=speed) for name, length, source, speed in draw(some_shots)]
    new: list[Shot | int] = list(draw(st.permutations(shots))) if draw(st.booleans()) else list(shots)
    for _ in range(draw(st.integers(0, 4))):
        where = draw(st.integers(0, len(new) - 1)) if new else 0
        kind = draw(st.sampled_from(["cut", "gap", "insert", "trim", "slip", "speed"]))
        if kind == "insert" or not new:
            new.insert(
                where, shot(draw(st.sampled_from(MEDIA)), draw(st.integers(5, 60)), draw(st.integers(0, 400)))
            )
        elif kind == "gap":
            new.insert(where, draw(st.integers(1, 40)))
        elif kind == "cut":
            del new[where]
        elif isinstance(one := new[where], Shot):
            by = draw(st.integers(-15, 15))
            if kind == "trim":
                longer = max(1, one.record.duration + by)
                new[where] = replace(one, record=FrameRange(0, longer))
            elif kind == "slip":
                new[where] = replace(one, source_start=one.source_start + by / RATE)
            else:
                new[where] = replace(one, speed=Fraction(3, 2))
    return program(*shots), program(*new)


def shown(one: Program, frame: int) -> tuple[str, Fraction] | None:
    """Media and time that ONE shows at FRAME."""
    for item in one.shots:
        if item.record.start <= frame < item.record.end:
            return item.name, item.source_at(frame, RATE)
    return None


@given(edit=edits(), ripples=st.booleans())
@settings(max_examples=150, deadline=None)
def test_whatever_keeps_its_sound_shows_what_it_showed(edit: tuple[Program, Program], ripples: bool) -> None:
    """For any edit: frame by frame, beneath a take that is not made anew lies the picture it was made for,
    or that shot's own media beyond it, inside the handles."""
    old, new = edit
    clips = of_shots(old)
    if ripples and new.duration > old.duration:
        clips = [moved(clip, new.duration - old.duration) for clip in clips]
    for clip, one in zip(clips, reconform(new, clips, file_of=here), strict=True):
        if one.outcome not in {Outcome.KEPT, Outcome.MOVED, Outcome.RECUT}:
            continue
        assert one.record is not None
        assert one.zero is not None
        assert one.made is not None
        assert one.record.end <= new.duration
        assert one.file is not None
        under = next(item for item in old.shots if item.record == one.made.record)
        for frame in range(one.record.start, one.record.end):
            then = one.made.record.start + frame - round(one.zero * RATE)
            assert -HANDLES <= then - one.made.record.start < one.made.record.duration + HANDLES
            seen = shown(new, frame)
            assert seen == (under.name, under.source_at(then, RATE)), clip.cue_id
        if one.outcome is Outcome.KEPT:
            assert one.record == clip.record
