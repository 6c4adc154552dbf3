"""Clips without a file (compound, multicam, Fusion) are named before anything is made; the rest can be."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from foley_davinci import looking
from foley_davinci.blind import all_blind, blind_parts, blind_words, without_blind
from foley_davinci.foley_requests import Ask, AskWrong
from foley_davinci.frames import Clock, Span
from foley_davinci.resolve_host import Item, connect
from foley_davinci.sources import Source

from davinci.stage import Editor, Stage, clip_spec

CLOCK = Clock(Fraction(25), False, 90_000)
ALL = [Span(90_000, 90_150)]
CLIP = {"path": "/clips/a.mov", "at": 0, "in": 0, "duration": 50}


def nested(kind: str, at: int, duration: int = 50) -> dict[str, Any]:
    return {"nested": {"name": f"{kind} 1", "kind": kind, "frames": 200}, "at": at, "duration": duration}


def picture(monkeypatch: pytest.MonkeyPatch, *tracks: Any) -> list[Item]:
    spec = clip_spec(Path("/clips/a.mov"), "25", 100, video=list(tracks))
    host = connect(Stage(monkeypatch, spec).host.menu_globals())
    host.open_timeline()
    return host.picture()


def program(*shots: tuple[int, int, str]) -> dict[str, Any]:
    """A foleyd.v1.Program: first and last record frame and the file of each shot."""
    return {
        "shots": [
            {"record_start_frame": a, "duration_frames": b - a, "media": {"path": path} if path else {}}
            for a, b, path in shots
        ]
    }


@pytest.mark.parametrize("kind", ["Compound", "Multicam", "Fusion", "Timeline"])
def test_a_clip_without_a_file_is_named_with_its_place(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    items = picture(monkeypatch, [CLIP, nested(kind, 50)])
    shown = program((0, 50, "/clips/a.mov"), (50, 100, ""))
    parts = blind_parts(items, ALL, shown, CLOCK)
    assert [spans for _, spans in parts] == [[Span(90_050, 90_100)]]
    assert f"{kind} 1 at 01:00:02:00 ({kind}) has no file of its own" in blind_words(parts, CLOCK)
    assert "render it in place" in blind_words(parts, CLOCK)
    assert not all_blind(shown, ALL, CLOCK)
    assert all_blind(shown, [Span(90_050, 90_100)], CLOCK)
    assert blind_parts(items, [Span(90_000, 90_050)], shown, CLOCK) == []


def test_what_is_covered_or_shown_by_the_export_does_not_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    items = picture(monkeypatch, [nested("Compound", 0)], [CLIP])
    assert blind_parts(items, ALL, program((0, 50, "/clips/a.mov")), CLOCK) == []
    alone = picture(monkeypatch, [nested("Compound", 0)])
    assert blind_parts(alone, ALL, program((0, 20, "/x"), (20, 50, "/y")), CLOCK) == []
    (part,) = blind_parts(alone, ALL, program((0, 20, "/x"), (20, 50, "")), CLOCK)
    assert part[1] == [Span(90_020, 90_050)]


def test_foleys_own_words_on_them_are_not_said_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = blind_parts(picture(monkeypatch, [nested("Compound", 0)]), ALL, program(), CLOCK)
    wrong = "the media of Compound 1 cannot be had: the timeline itself says it is offline"
    assert without_blind([wrong, "the action is off centre"], parts) == ["the action is off centre"]
    many = blind_words(parts * 6, CLOCK)
    assert "and 2 more" not in many
    assert ", 2 more have no files of their own" in many


def test_cuts_inside_a_clip_without_a_file_are_not_taken_on_trust(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stage = Stage(monkeypatch, clip_spec(Path("/clips/a.mov"), "25", 100, video=[[nested("Compound", 0)]]))
    host = connect(stage.host.menu_globals())
    host.open_timeline()
    inside = {
        **program((0, 20, "/x"), (20, 50, "/y")),
        "rate": {"num": 25, "den": 1},
        "start_timecode": {"frames": 90_000},
    }
    monkeypatch.setattr(looking, "ask_foley", lambda *_: {"program": inside})
    monkeypatch.setattr(looking, "find_foley", lambda: [])
    spans = [Span(90_000, 90_050)]
    ask = Ask(prompt="steps", folder="/sound", ranges=list(spans))
    with pytest.raises(AskWrong, match=r"Compound 1 at 01:00:00:00 \(Compound\) has no file"):
        looking.Look(host, Editor(), "Foley").see(ask, Source("timeline", "", [], spans), str(tmp_path))
