"""Many takes: the window says how far it is, lives meanwhile, and a cancel takes back what was placed."""

from __future__ import annotations

import copy
import re
import wave
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from foley_davinci import foley_generate, importing, placing, windows
from foley_davinci.frames import Span
from foley_davinci.placed import Added, Piece, PlacingCancelled, PlacingFailed
from foley_davinci.placing import Placing
from foley_davinci.resolve_host import connect

from davinci.canned import GOOD, canned_stage, laid
from davinci.stage import Editor, Stage
from resolve_emulator.model import Track

NUMBER, LENGTH = 100, 5
ASKED = {"prompt": "steps", "markers": True, "folder": "/sound"}


@pytest.fixture
def stage(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stage:
    return canned_stage(monkeypatch, tmp_path)


@pytest.fixture
def pieces(tmp_path: Path) -> list[Piece]:
    """Takes one after the other on one track, and a few on another."""
    found = []
    for number in range(NUMBER):
        path = tmp_path / f"take{number}.wav"
        with wave.open(str(path), "wb") as file:
            file.setnchannels(1)
            file.setsampwidth(3)
            file.setframerate(48_000)
            file.writeframes(b"\1\2\3" * 1920 * (LENGTH + 1))
        start = 90_000 + number * LENGTH
        track = "Foley: foley" if number < NUMBER - 3 else "Foley: fx"
        span = Span(start, start + LENGTH)
        found.append(Piece(str(path), track, 1, span, 0, True, f"cue-{number}", number, "steps"))
    return found


def made_ready(stage: Stage, progress: Any) -> Placing:
    host = connect(stage.host.menu_globals())
    host.open_timeline()
    return Placing(host, Added("job", host.project_id, host.id), lambda added: None, progress)


def place(stage: Stage, pieces: list[Piece], progress: Any) -> Any:
    return made_ready(stage, progress).place(pieces, markers=True, instead_of=())


def test_it_is_said_how_many_are_placed(stage: Stage, pieces: list[Piece]) -> None:
    said: list[tuple[str, int, int]] = []
    rows = place(stage, pieces, lambda *words: said.append(words))
    assert len(rows) == NUMBER
    assert all(row.good for row in rows)
    done = {words: [number for word, number, _ in said if word == words] for words, _, _ in said}
    assert {words: sorted(set(numbers)) for words, numbers in done.items()} == {
        "reading the tracks": [0],
        "importing": [0, 40, 80],
        "placing": [0, 40, 80, 97, 100],
        "setting markers": [0, 40, 80],
        "reading back": [0, 40, 80],
    }
    assert all(numbers == sorted(numbers) for numbers in done.values())
    assert {of for words, _, of in said if "tracks" not in words} == {NUMBER}
    calls = stage.host.journal.calls("MediaPool.AppendToTimeline")
    assert [len(call.args[0]) for call in calls] == [40, 40, 17, 3]


def test_a_cancel_at_any_moment_takes_back_all(
    stage: Stage, pieces: list[Piece], monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (importing, placing):
        monkeypatch.setattr(module, "AT_A_TIME", 10)
    before, after = stage.snapshot(), 0
    while True:
        after += 1
        left = [after]

        def progress(*_words: Any, left: list[int] = left) -> bool:
            left[0] -= 1
            return left[0] <= 0

        told = ""
        try:
            place(stage, [replace(piece) for piece in pieces[-23:]], progress)
        except PlacingCancelled as cancelled:
            told = str(cancelled)
        if not told:
            break
        assert told == "Cancelled. What was added has been taken back; the timeline is as it was"
        assert stage.snapshot() == before, after
    assert after > 20
    assert [len(items) for _, _, items in laid(stage)] == [20, 3]


def test_a_cancel_is_told_as_one_and_not_as_a_fault(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(windows, "BETWEEN_SHOWN", 0.0)
    before = stage.snapshot()

    class Late(Editor):
        def progress(self, title: str, words: str, fraction: float | None, eta: float | None) -> bool:
            super().progress(title, words, fraction, eta)
            return words.startswith("placing")

    person = Late([ASKED])
    monkeypatch.setattr(foley_generate, "open_window", lambda host: person)
    foley_generate.run("generate", stage.host.menu_globals())
    assert person.words[-1] == "placing 0 of 2"
    ((lines, problem),) = person.told
    assert lines[0] == "Cancelled. What was added has been taken back; the timeline is as it was"
    assert lines[1].startswith("The sound files stay in ")
    assert not problem
    assert stage.snapshot() == before
    assert stage.click("generate", ASKED).sentence == ""
    assert laid(stage) == GOOD


def test_what_the_editor_does_meanwhile_never_has_sound_laid_onto_their_tracks(
    stage: Stage, pieces: list[Piece]
) -> None:
    own = stage.timeline.tracks["audio"]

    def add_above(words: str, done: int, _of: int) -> None:
        if (words, done) == ("placing", 40):
            own.insert(1, Track("audio", "mono"))

    with pytest.raises(PlacingFailed, match=r"tracks were changed while sound was placed\. What was added"):
        place(stage, pieces, add_above)
    assert [len(track.items) for track in own] == [1, 0]


def test_another_page_opened_meanwhile_does_no_harm(stage: Stage, pieces: list[Piece]) -> None:
    stage.host.go_to("color")

    def look(words: str, done: int, _of: int) -> None:
        if (words, done) == ("placing", 40):
            stage.host.go_to("fusion")

    assert all(row.good for row in place(stage, pieces, look))
    assert [len(items) for _, _, items in laid(stage)] == [NUMBER - 3, 3]
    assert stage.host.page == "color"


def test_nor_onto_another_timeline(stage: Stage, pieces: list[Piece]) -> None:
    first = stage.timeline
    other = stage.host.copy_timeline(first, "Other")
    stage.host.adopt(other)
    stage.host.project.current = first

    def open_other(words: str, done: int, _of: int) -> None:
        if (words, done) == ("placing", 40):
            stage.host.project.current = other

    with pytest.raises(PlacingFailed, match=r"was closed .* open the timeline Cut 1 and run Foley - Remove"):
        place(stage, pieces, open_other)
    assert [len(track.items) for track in other.tracks["audio"]] == [1]


def test_a_track_that_the_editor_adds_meanwhile_keeps_its_name(stage: Stage, pieces: list[Piece]) -> None:
    own, added = stage.timeline.tracks["audio"], []

    def add_below(words: str, _done: int, _of: int) -> None:
        if words == "placing" and not added and len(own) == 2:
            added.append(Track("audio", "mono"))
            own.append(added[0])

    with pytest.raises(PlacingFailed, match="tracks were added while sound was placed"):
        place(stage, pieces, add_below)
    assert own[1:] == added
    assert added[0].name == ""
    assert not re.search("Foley", str(stage.snapshot()["timelines"]))


def test_a_long_timeline_is_read_few_times_and_the_window_lives_meanwhile(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(windows, "BETWEEN_SHOWN", 0.0)
    items = stage.timeline.tracks["video"][0].items
    for number in range(1, 250):
        later = copy.copy(items[0])
        later.id, later.start = f"clip {number}", later.start + 50 * number
        items.append(later)
    host = connect(stage.host.menu_globals())
    host.open_timeline()
    steps: list[int] = []
    host.picture_tracks(lambda: steps.append(1))
    assert len(steps) == 3
    assert stage.click("generate", ASKED).sentence == ""
    for call, times in (("GetStart", 5), ("GetClipEnabled", 5), ("GetMediaPoolItem", 3)):  # one was the above
        assert len(stage.host.journal.calls(f"TimelineItem.{call}")) < (times + 0.1) * len(items), call
