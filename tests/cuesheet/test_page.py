"""The page of a cue sheet stands alone, says all of every cue, and takes any words for words."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from html.parser import HTMLParser

import pytest

from foleyd.brief import Notice
from foleyd.cue import Cue, FrameRange, Loudness, SoundEvent
from foleyd.cuesheet.page import Page, PageCue, PageTake, cue_page
from foleyd.timebase import Timecode

START = Timecode(107_892, Fraction(30000, 1001), True)
EVENTS = (
    SoundEvent(Fraction(-1, 10), "step"),
    SoundEvent(Fraction(1, 2), "step"),
    SoundEvent(Fraction(1), "splash"),
    SoundEvent(Fraction(500), "step"),
)


def take(number: int = 1, file: str = "a_t1.wav") -> PageTake:
    return PageTake(
        number,
        file,
        7,
        Loudness(-23.0, -1.5),
        [[0.1, 0.2]],
        [[0.3, 1.0]],
        [[0.1, 0.1]],
        EVENTS,
        ["a_t1.flac"],
        enabled=number == 1,
    )


def page(*cues: PageCue, **more: object) -> Page:
    return Page("clip", ["25 frames a second"], START, cues, "foleyd b68de8", **more)  # type: ignore[arg-type]


CUE = Cue("cue-1", FrameRange(100, 200), "footsteps", "music", "foley", (7, 8))
SHOWN = PageCue(CUE, 12, "procedural 1", [take(), take(2, "a_t2.wav")], [b"\xff\xd8one", b"\xff\xd8two"])


class Outline(HTMLParser):
    """Tags that are open at the end, and every attribute by tag."""

    VOID = ("meta", "img", "br")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data

    def values(self, tag: str, name: str) -> list[str]:
        return [value for found, key, value in self.attributes if (found, key) == (tag, name)]


def test_a_cue_says_all_of_itself() -> None:
    outline = Outline(cue_page(page(SHOWN)))
    assert outline.open == []
    for words in (
        *("cue-1", "01:00:03;10 – 01:00:06;20", "00:00:03;10", "3.34 s", "footsteps", "music", "foley"),
        *("procedural 1", "-23.0 LUFS, peak -1.5 dBTP", "12 frames", "a_t1.wav", "a_t1.flac", "a_t2.wav"),
        "2, an alternate (lies disabled)",
    ):
        assert words in outline.words
    assert outline.values("audio", "src") == ["./a_t1.wav", "./a_t2.wav"]
    assert len(outline.values("img", "src")) == 2


def test_a_take_of_an_earlier_job_says_what_became_of_it_and_not_that_it_has_no_events() -> None:
    kept = replace(
        take(2, "../first/a b.wav"), events=(), enabled=True, became="kept: its picture is as it was"
    )
    written = cue_page(page(PageCue(CUE, 12, "procedural 1", [kept])))
    outline = Outline(written)
    assert "kept: its picture is as it was" in outline.words
    assert "2, an alternate" in outline.words
    assert "disabled" not in outline.words
    assert "none" not in outline.words.rpartition("</style>")[2].split("cue-1")[-1]
    assert 'src="./../first/a%20b.wav"' in written


def test_events_within_the_cue_are_counted_and_drawn() -> None:
    outline = Outline(cue_page(page(PageCue(CUE, 12, "x", [take()]))))
    assert "step 1" in outline.words
    assert "splash 1" in outline.words
    assert len(outline.values("path", "stroke")) == 2


def test_nothing_is_fetched_from_elsewhere() -> None:
    text = cue_page(page(SHOWN, preview="p.mp4", links=[("timeline", "../cut.otio")]))
    outline = Outline(text)
    addresses = [value for _, name, value in outline.attributes if name in {"src", "href", "poster"}]
    assert addresses
    assert all(address.startswith(("./", "data:image/jpeg;base64,")) for address in addresses)
    assert not re.search(r"<script|<link|@import|url\(|https?:", text)
    assert outline.values("meta", "content")[-1] == "foleyd b68de8"


@pytest.mark.parametrize("hostile", ["<script>alert(1)</script>", '"><img src=x onerror=y>', "a & b", "'x'"])
def test_words_are_only_words(hostile: str) -> None:
    cue = Cue(hostile, FrameRange(0, 10), hostile, hostile, hostile, (1,))
    event = SoundEvent(Fraction(0), hostile)
    one = PageTake(1, hostile, 7, Loudness(None, None), [[0.0]], [[0.0]], [[0.0]], [event], [hostile])
    shown = PageCue(cue, 12, hostile, [one], [b"\xff\xd8"], hostile)
    outline = Outline(
        cue_page(
            Page(
                hostile,
                [hostile],
                START,
                [shown],
                hostile,
                [(hostile, hostile)],
                [Notice(hostile, "", hostile)],
                [(hostile, hostile)],
                hostile,
            )
        )
    )
    assert outline.open == []
    tags = {tag for tag, _, _ in outline.attributes}
    assert "script" not in tags
    assert not [name for _, name, _ in outline.attributes if name.startswith("on")]
    assert outline.words.count(hostile) > 8


def test_file_names_are_addresses() -> None:
    shown = PageCue(CUE, 0, "x", [take(file="a#1 100%?.wav")])
    assert Outline(cue_page(page(shown))).values("audio", "src") == ["./a%231%20100%25%3F.wav"]


def test_a_cue_that_failed_says_why() -> None:
    text = cue_page(page(PageCue(CUE, 0, "", failed="the media of A cannot be had")))
    assert "Not made: the media of A cannot be had" in Outline(text).words
    assert "<audio" not in text


def test_where_a_warning_points_to_a_file_its_name_is_enough() -> None:
    text = cue_page(page(SHOWN, warnings=[Notice("it was clipped", "/films/secret/a_t1.wav")]))
    assert "it was clipped (a_t1.wav)" in text
    assert "/films" not in text
