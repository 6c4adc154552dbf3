"""What an editor has made of the takes since they were placed is theirs; the rest is taken back."""

from __future__ import annotations

import copy
import json
import unicodedata
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from foley_davinci import placing
from foley_davinci.kept import MOST_JOBS, Kept
from foley_davinci.placed import Added
from foley_davinci.resolve_calls import HostProblem

from davinci import canned
from davinci.canned import GOOD, canned_stage, laid
from davinci.stage import Editor, Stage
from resolve_emulator.model import Folder, Track
from resolve_emulator.pool import MediaPoolItem as PoolItem


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    return canned_stage(monkeypatch, tmp_path)


def place(stage: Stage) -> dict[str, Any]:
    """The project before a job whose takes lie on the timeline now."""
    before = stage.snapshot()
    assert stage.click("generate", {"prompt": "steps", "markers": True, "folder": "/sound"}).sentence == ""
    assert laid(stage) == GOOD
    return before


def said(person: Editor) -> str:
    """The first line that was told."""
    return person.told[0][0][0]


def track(stage: Stage, index: int) -> Any:
    return stage.timeline.tracks["audio"][index]


def test_takes_that_were_moved_or_trimmed_are_taken_back(stage: Stage) -> None:
    before = place(stage)
    track(stage, 1).items[0].start += 5
    track(stage, 2).items[0].duration -= 5
    assert said(stage.click("remove", choices=["Remove them"])) == "2 takes removed: steps"
    assert stage.snapshot() == before


@pytest.mark.parametrize("what", ["start", "duration"])
def test_work_on_the_takes_is_not_taken_back_unasked(stage: Stage, what: str) -> None:
    place(stage)
    item = track(stage, 1).items[0]
    setattr(item, what, getattr(item, what) - 5)
    worked_on = stage.snapshot()
    person = stage.click("remove", choices=["Keep them"])
    assert person.chosen[0][0] == "The last sound: steps"
    assert "You have moved or trimmed 1 of its 2 takes since" in person.chosen[0][1]
    assert (person.told, stage.snapshot()) == ([], worked_on)


def test_another_take_chosen_or_another_start_of_the_timeline_is_no_work_that_is_lost(stage: Stage) -> None:
    place(stage)
    for number, item in enumerate(stage.timeline.all_items()):
        item.start += 1000
        item.enabled = bool(number % 2)
    stage.timeline.start += 1000
    assert stage.click("remove").chosen == []
    assert laid(stage) == []


@pytest.mark.parametrize(
    ("prompt", "told"),
    [
        ("steps\n\n  fx: a door \n", "2 takes removed: steps and 1 more"),
        ("steps on gravel, a coat rustling, keys in a pocket, a far away dog", "a pocket, a far a…"),
    ],
)
def test_a_prompt_of_many_words_is_one_short_line(stage: Stage, prompt: str, told: str) -> None:
    stage.click("generate", {"prompt": prompt, "folder": "/sound"})
    line = said(stage.click("remove"))
    assert line.endswith(told)
    assert "\n" not in line


def test_of_sound_from_markers_it_is_said_what_they_asked_for(stage: Stage) -> None:
    stage.click("generate", {"prompt": "an earlier prompt", "folder": "/sound"})
    stage.click("markers", {"folder": "/sound"})
    assert said(stage.click("remove")) == "2 takes removed: mine"


def test_a_copy_stays_and_keeps_its_sound(stage: Stage) -> None:
    place(stage)
    twin = copy.copy(track(stage, 1).items[0])
    twin.id, twin.start = "twin", twin.start + 60
    track(stage, 1).items.append(twin)
    assert "one that was copied or cut off from them since stays" in said(stage.click("remove"))
    assert laid(stage) == [("Foley: foley", "mono", [(90_060, 90_110, True)])]
    assert twin.pool.online
    assert not twin.pool.deleted


@pytest.mark.parametrize("counted", [True, False])
def test_a_copy_of_the_timeline_keeps_its_sound(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, counted: bool
) -> None:
    stage = canned_stage(monkeypatch, tmp_path, usage_count=counted)
    place(stage)
    original = stage.timeline
    stage.host.adopt(stage.host.copy_timeline(original, "Cut 2"))
    theirs = [track(stage, index).items[0] for index in (1, 2)]
    stage.host.project.current = original
    assert said(stage.click("remove")) == "2 takes removed: steps"
    assert laid(stage) == []
    assert all(item.pool.online for item in theirs)


def test_a_locked_track_is_named_and_can_be_mended(stage: Stage) -> None:
    before = place(stage)
    track(stage, 1).locked = True
    person = stage.click("remove")
    assert "take1.wav at 01:00:00:00 on a locked track); unlock the track and run" in person.sentence
    assert laid(stage) == GOOD[:1]
    track(stage, 1).locked = False
    stage.click("remove")
    assert stage.snapshot() == before


def test_the_only_audio_track_is_left_as_resolve_wants_one(stage: Stage) -> None:
    place(stage)
    del stage.timeline.tracks["audio"][0]
    assert stage.click("remove").sentence == ""
    assert [items for _, _, items in stage.tracks()] == [[]]
    assert "no sound on the timeline" in stage.click("remove").sentence


def test_a_track_that_was_emptied_goes_too(stage: Stage) -> None:
    before = place(stage)
    track(stage, 1).items.pop().deleted = True
    assert said(stage.click("remove")) == "1 take removed: steps (1 had gone already)"
    assert stage.snapshot() == before


def add_track(stage: Stage, index: int, name: str) -> Any:
    """A track of the editor's own at a place, counted from 0."""
    made = Track("audio", "mono")
    made.name = name
    stage.timeline.tracks["audio"].insert(index, made)
    return made


def move(stage: Stage, take: Any, target: Any) -> None:
    """As the editor drags a take onto another track."""
    for one in stage.timeline.tracks["audio"]:
        if take in one.items:
            one.items.remove(take)
    target.items.append(take)


@pytest.mark.parametrize("at", [1, 3], ids=["above ours", "below ours"])
@pytest.mark.parametrize("name", ["Foley: foley", "Foley foley"])
@pytest.mark.parametrize("before_the_job", [True, False])
def test_a_take_that_was_moved_to_a_track_of_yours_with_our_name_leaves_yours(
    stage: Stage, name: str, at: int, before_the_job: bool
) -> None:
    own = add_track(stage, 1, name) if before_the_job else None
    before = stage.snapshot()
    assert stage.click("generate", {"prompt": "steps", "folder": "/sound"}).sentence == ""
    (take,) = stage.timeline.tracks["audio"][-2].items
    own = own or add_track(stage, at, name)
    move(stage, take, own)
    person = stage.click("remove")
    assert person.sentence == ""
    assert own in stage.timeline.tracks["audio"]
    assert f"The empty audio track {name} stays: it may be yours" in person.told[0][0]
    if before_the_job:
        assert stage.snapshot() == before, "ours is gone, and nothing else"


def test_tracks_of_yours_above_and_below_ours_are_no_obstacle(stage: Stage) -> None:
    place(stage)
    add_track(stage, 1, "Music")
    add_track(stage, 4, "")
    assert said(stage.click("remove")) == "2 takes removed: steps"
    assert [name for name, _, _ in stage.tracks()] == ["Dialogue", "Music", ""]


def test_a_track_of_ours_that_you_removed_is_not_taken_for_yours_of_its_name(stage: Stage) -> None:
    own = add_track(stage, 1, "Foley: foley")
    stage.click("generate", {"prompt": "steps", "folder": "/sound"})
    ours = stage.timeline.tracks["audio"][2]
    move(stage, ours.items[0], own)
    stage.timeline.tracks["audio"].remove(ours)
    assert "The empty audio track Foley: foley stays: it may be yours" in stage.click("remove").told[0][0]
    assert stage.timeline.tracks["audio"][1:] == [own]


def test_two_jobs_with_tracks_of_one_name_are_taken_back_one_after_the_other(stage: Stage) -> None:
    before = place(stage)
    placed = stage.snapshot()
    stage.click("redo", {})
    add_track(stage, 1, "Music")
    stage.click("remove")
    del stage.timeline.tracks["audio"][1]
    assert stage.snapshot() == placed
    stage.click("remove")
    assert stage.snapshot() == before


@pytest.mark.parametrize("moved", [1, 2])
def test_a_clip_that_was_put_into_another_bin_stays_and_is_named(stage: Stage, moved: int) -> None:
    place(stage)
    root = stage.host.project.root
    inner = root.folders[0].folders[0]
    picks = Folder("Picks", root)
    root.folders.append(picks)
    picks.clips, inner.clips = inner.clips[:moved], inner.clips[moved:]
    person = stage.click("remove")
    assert person.sentence == ""
    names = "job-0_take1.wav stays in the bin Picks, where you put it"
    names = names if moved == 1 else "2 sound files stay in the bin Picks, where you put them"
    assert names in person.told[0][0]
    assert [folder.name for folder in root.folders] == ["Picks"]
    assert len(picks.clips) == moved


def test_clips_are_found_where_the_timeline_was_renamed_since(stage: Stage) -> None:
    before = place(stage)
    stage.timeline.name = "Cut 1 final"
    assert stage.click("remove").sentence == ""
    assert stage.snapshot()["bins"]["bins"] == before["bins"]["bins"]


def test_takes_with_other_names_after_a_restart_are_known_by_place_and_file(stage: Stage) -> None:
    before = place(stage)
    for item in stage.timeline.all_items():
        item.id = "restarted " + item.id
    assert said(stage.click("remove")) == "2 takes removed: steps"
    assert laid(stage) == []
    assert len(stage.snapshot()["bins"]["clips"]) == len(before["bins"]["clips"])


def test_an_earlier_take_that_cannot_be_disabled_is_told(stage: Stage) -> None:
    place(stage)
    track(stage, 1).locked = True
    person = stage.click("redo", {})
    assert person.sentence == ""
    still = "The earlier sound on Foley: foley is still heard; unlock that track and disable it (D)"
    assert person.told[0][0].count(still) == 1


def test_two_earlier_takes_on_one_track_that_cannot_be_disabled_are_told_once(stage: Stage) -> None:
    place(stage)
    stage.host.faults.add("TimelineItem.SetClipEnabled", "false", nth=3)
    stage.host.faults.add("TimelineItem.SetClipEnabled", "false", nth=2)
    (first,) = track(stage, 1).items
    second = Kept().last(stage.host.project.id, stage.timeline.id)
    assert second is not None
    twin = copy.copy(first)
    twin.id, twin.start = "twin", twin.start + 60
    track(stage, 1).items.append(twin)
    second.items.append({**second.items[0], "id": "twin", "start": int(twin.start)})
    Kept().note(second)
    lines = stage.click("redo", {}).told[0][0]
    assert lines.count("The earlier sound on Foley: foley is still heard; disable it (D)") == 1


def test_sound_that_was_left_out_is_told_where_it_is(stage: Stage) -> None:
    original = stage.timeline

    def another(_question: Any) -> dict[str, Any]:
        stage.host.adopt(stage.host.copy_timeline(original, "Cut 2"))
        return {"prompt": "steps", "folder": "/sound"}

    person = stage.click("generate", another, choices=["Leave it out"])
    ((lines, problem),) = person.told
    assert not problem
    assert lines[0] == "It was left out."
    assert lines[1].startswith("The sound files stay in ")


@pytest.mark.parametrize("end", [SystemExit, KeyboardInterrupt])
def test_a_script_that_resolve_ends_leaves_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, end: type[BaseException]
) -> None:
    before, real = stage.snapshot(), placing.call

    def ending(thing: Any, name: str, *arguments: Any) -> Any:
        answer = real(thing, name, *arguments)
        if name == "AppendToTimeline":
            raise end
        return answer

    monkeypatch.setattr(placing, "call", ending)
    with pytest.raises(end):
        stage.click("generate", {"prompt": "steps", "folder": "/sound"})
    assert stage.snapshot() == before


def test_two_runs_do_not_write_over_each_other(tmp_path: Path) -> None:
    first, second = (Kept(str(tmp_path / "davinci.json")) for _ in range(2))
    first.note(Added("job-1", "p", "t"))
    second.note(Added("job-2", "p", "t"))
    first.note(Added("job-1", "p", "t", state="removed"))
    found = Kept(first.path).last("p", "t")
    assert found is not None
    assert found.job == "job-2"


@pytest.mark.slow
def test_two_hundred_jobs_are_remembered_and_none_that_was_taken_back(tmp_path: Path) -> None:
    kept = Kept(str(tmp_path / "davinci.json"))
    for number in range(placed_jobs := 150):
        kept.note(Added(f"job-{number}", "p", f"t{number}"))
    assert all(kept.last("p", f"t{number}") for number in range(placed_jobs))
    for number in range(placed_jobs):
        kept.note(Added(f"job-{number}", "p", f"t{number}", state="removed"))
    assert json.loads(Path(kept.path).read_text())["jobs"] == []
    for number in range(MOST_JOBS + 5):
        kept.note(Added(f"job-{number}", "p", f"t{number}"))
    assert len(json.loads(Path(kept.path).read_text())["jobs"]) == MOST_JOBS
    assert kept.last("p", "t4") is None
    assert kept.last("p", "t5") is not None


def test_takes_are_known_where_their_files_names_are_spelled_in_two_ways(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = stage.snapshot()
    monkeypatch.setattr(canned, "_result", partial(_accented, canned._result))
    real = PoolItem._specs["GetClipProperty"].function

    def decomposed(self: Any, key: Any = None) -> Any:
        said = real(self, key)
        return unicodedata.normalize("NFD", said) if isinstance(said, str) else said

    monkeypatch.setattr(PoolItem._specs["GetClipProperty"], "function", decomposed)
    assert stage.click("generate", {"prompt": "steps", "folder": "/sound"}).sentence == ""
    assert laid(stage) == GOOD
    stage.click("remove")
    assert stage.snapshot() == before


def _accented(result: Any, folder: Path) -> Any:
    """As canned, in a folder with an accent in its name."""
    inner = folder / "S\u00e9quence"
    inner.mkdir()
    return result(inner)


def test_a_memory_that_cannot_be_read_is_kept_and_said(stage: Stage) -> None:
    place(stage)
    path = Path(Kept().path)
    path.write_text(path.read_text()[:40])
    person = stage.click("remove")
    assert f"cannot be read ({path}.unreadable)" in person.sentence
    assert Path(f"{path}.unreadable").exists()
    place_again = stage.click("generate", {"prompt": "steps", "folder": "/sound"})
    assert place_again.sentence == ""
    assert len(json.loads(path.read_text())["jobs"]) == 1


def test_a_memory_that_cannot_be_written_at_any_moment_leaves_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, real, failing = stage.snapshot(), Kept._write, 0
    asked = {"prompt": "steps", "markers": True, "folder": "/sound"}
    while True:
        failing += 1
        left = [failing]

        def write(self: Kept, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise HostProblem("the disk is full")
            real(self)

        monkeypatch.setattr(Kept, "_write", write)
        person = stage.click("generate", asked)
        if not person.sentence:
            break
        assert "the disk is full" in person.sentence
        assert stage.snapshot() == before, failing
    assert failing > 10
    assert laid(stage) == GOOD


def test_the_last_sound_is_asked_for_again_where_the_timeline_was_moved_to(stage: Stage) -> None:
    place(stage)
    stage.timeline.start += 1000
    for item in stage.timeline.all_items():
        item.start += 1000
    person = stage.click("redo", None)
    assert person.questions[0].sources[0]["lines"] == ["01:00:40:00 – 01:00:42:00"]
    for item in stage.timeline.all_items():
        item.duration -= 10
    assert "ends before the last sound" in stage.click("redo", None).sentence


def test_a_project_that_has_another_rate_than_was_told_gets_nothing_imported(stage: Stage) -> None:
    before = stage.snapshot()

    def answer(_question: Any) -> dict[str, Any]:
        stage.host.project.rate = Fraction(50)
        return {"prompt": "steps", "folder": "/sound"}

    person = stage.click("generate", answer)
    assert "frame rate was 25 and is 50 now" in person.sentence
    assert stage.host.journal.calls("MediaPool.ImportMedia") == []
    assert stage.appended() == []
    stage.host.project.rate = Fraction(25)
    assert stage.snapshot() == before


def test_a_file_in_a_rate_that_nobody_was_told_of_is_not_placed(stage: Stage) -> None:
    before = stage.snapshot()

    def change(_args: Any) -> None:
        stage.host.project.rate = Fraction(50)

    stage.host.faults.add("MediaPool.ImportMedia", "before", change=change)
    person = stage.click("generate", {"prompt": "steps", "folder": "/sound"})
    assert "in 50 frames a second, its project had 25" in person.sentence
    assert stage.appended() == []
    stage.host.project.rate = Fraction(25)
    assert stage.snapshot() == before
