"""The contact sheet: every mark at the pixel of its moment, and any text drawn without a fall."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from clipmaker import numbered, read_number
from foleyd.contact_sheet import AXIS, LANES_SHOWN, MARGIN, WIDTH, Filmstrip, Lane, Sheet, draw, write_sheet
from foleyd.cue import FrameRange, Loudness, SoundEvent
from foleyd.engines.engine import Frame
from foleyd.files import OutputExists
from foleyd.lettering import fit, lettered
from foleyd.media.waveform import waveform
from foleyd.timebase import Timecode
from media_out.signals import Samples, Signal, bursts

R25 = Fraction(25)
SIZE = (320, 180)


def frames(count: int, step: int = 1, rate: Fraction = R25) -> Iterator[Frame]:
    for number in range(0, count, step):
        yield Frame(number / rate, numbered(number, SIZE))


def strip(count: int = 100, step: int = 1) -> Filmstrip:
    filmstrip = Filmstrip(count, R25)
    for _ in filmstrip.wrap(frames(count, step)):
        pass
    return filmstrip


def lane(sound: Signal | None = None, **changes: Any) -> Lane:
    sound = sound or bursts(4.0, [1.0, 2.5])
    fields: dict[str, Any] = {
        "label": "Foley: foley",
        "start": Fraction(0),
        "duration": Fraction(4),
        "waveform": waveform(sound, sound.samples, sound.channels, AXIS),
        "events": (SoundEvent(Fraction(1), "footstep", 1.0), SoundEvent(Fraction(5, 2), "cloth", 0.5)),
        "loudness": Loudness(-30.2, -12.0),
    }
    return Lane(**(fields | changes))


def sheet(**changes: Any) -> Sheet:
    fields: dict[str, Any] = {
        "title": "footsteps on gravel",
        "facts": ("procedural", "00:01:00:00 to 00:01:04:00", "4.0 s"),
        "start": Timecode(1500, R25),
        "frames": 100,
        "thumbnails": strip().thumbnails,
        "lanes": (lane(),),
    }
    return Sheet(**(fields | changes))


def test_pictures_that_a_timeline_passes_over_are_no_thumbnails() -> None:
    passed = [replace(frame, rgb=255 - frame.rgb, shown=False) for frame in frames(100)]
    filmstrip = Filmstrip(100, R25)
    for _ in filmstrip.wrap(frame for pair in zip(frames(100), passed, strict=True) for frame in pair):
        pass
    for there, here in zip(strip().thumbnails, filmstrip.thumbnails, strict=True):
        assert np.array_equal(there.rgb, here.rgb)


def test_frames_go_by_unchanged() -> None:
    given_frames = list(frames(30))
    assert all(a is b for a, b in zip(Filmstrip(30, R25).wrap(given_frames), given_frames, strict=True))


@pytest.mark.parametrize("step", [1, 3, 17, 100])
def test_thumbnails_show_what_was_on_screen_at_even_moments(step: int) -> None:
    thumbnails = strip(100, step).thumbnails
    count = len(thumbnails)
    assert count == 10
    assert [thumbnail.frame for thumbnail in thumbnails] == [index * 10 for index in range(10)]
    assert [read_number(thumbnail.rgb) for thumbnail in thumbnails] == [
        thumbnail.frame // step * step for thumbnail in thumbnails
    ]


@pytest.mark.parametrize("count", [1, 2, 5])
def test_a_short_stream_gives_as_many_thumbnails_as_it_has_frames(count: int) -> None:
    assert [read_number(thumbnail.rgb) for thumbnail in strip(count).thumbnails] == list(range(count))


def test_a_strip_of_nothing_is_empty() -> None:
    filmstrip = Filmstrip(10, R25)
    assert list(filmstrip.wrap(iter(()))) == []
    assert filmstrip.thumbnails == []


def test_a_stopped_stream_keeps_what_it_has() -> None:
    filmstrip = Filmstrip(100, R25)
    stream = filmstrip.wrap(frames(100))
    for _ in range(35):
        next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert [thumbnail.frame for thumbnail in filmstrip.thumbnails] == [0, 10, 20, 30]


@pytest.mark.parametrize("windows", [((0, 40), (40, 100)), ((0, 45), (30, 80), (60, 100))])
def test_a_stream_read_in_windows_gives_the_same_strip(windows: tuple[tuple[int, int], ...]) -> None:
    filmstrip = Filmstrip(100, R25)
    for first, last in windows:
        window = [Frame(Fraction(n - first, 25), numbered(n, SIZE)) for n in range(first, last)]
        assert len(list(filmstrip.wrap(window, first, last))) == last - first
    assert [read_number(thumbnail.rgb) for thumbnail in filmstrip.thumbnails] == list(range(0, 100, 10))


def test_a_strip_of_a_part_begins_and_ends_with_it() -> None:
    filmstrip = Filmstrip(124, R25, FrameRange(12, 112))
    assert len(list(filmstrip.wrap(frames(124)))) == 124
    assert [thumbnail.frame for thumbnail in filmstrip.thumbnails] == list(range(12, 112, 10))
    assert [read_number(thumbnail.rgb) for thumbnail in filmstrip.thumbnails] == list(range(12, 112, 10))


def test_memory_does_not_grow_with_the_stream() -> None:
    def large() -> Iterator[Frame]:
        for number in range(120):
            yield Frame(number / R25, np.zeros((720, 1280, 3), np.uint8))

    filmstrip = Filmstrip(120, R25)
    tracemalloc.start()
    for _ in filmstrip.wrap(large()):
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 6 * 720 * 1280 * 3


def column(picture: Image.Image, seconds: Fraction, duration: int = 4) -> int:
    return MARGIN + round(seconds * AXIS / duration)


def test_events_are_drawn_at_their_pixel_through_strip_and_waveform() -> None:
    with_events = np.asarray(draw(sheet())).astype(int)
    without = np.asarray(draw(sheet(lanes=(lane(events=()),)))).astype(int)
    changed = np.abs(with_events - without).sum(axis=2)[: with_events.shape[0] - 64] > 0
    columns = np.flatnonzero(changed.sum(axis=0) > 120)
    assert columns.tolist() == [
        column(Image.new("RGB", (1, 1)), time) for time in (Fraction(1), Fraction(5, 2))
    ]


def test_the_waveform_stands_where_the_sound_is() -> None:
    start, duration = Fraction(1), Fraction(2)
    sound = Signal(np.full((1, 96_000), 0.9, np.float32))
    loud = lane(
        start=start, duration=duration, waveform=waveform(sound, 96_000, 1, AXIS), events=(), loudness=None
    )
    silent = lane(waveform=waveform(Signal(np.zeros((1, 192_000), np.float32)), 192_000, 1, AXIS), events=())
    picture = np.asarray(draw(sheet(lanes=(loud,)))).astype(int)
    row = picture.shape[0] - 64 - 30
    bright = np.flatnonzero(picture[row].sum(axis=1) > 350)
    assert (bright.min(), bright.max()) == (MARGIN + AXIS // 4, MARGIN + 3 * AXIS // 4 - 1)
    quiet = np.asarray(draw(sheet(lanes=(silent,)))).astype(int)
    assert (quiet[row].sum(axis=1) < 350).all()


@settings(max_examples=25, deadline=None)
@given(title=st.text(max_size=200), kind=st.text(max_size=20))
def test_any_text_is_drawn(title: str, kind: str) -> None:
    event = SoundEvent(Fraction(1), kind, 2.0)
    picture = draw(
        sheet(title=title, facts=(title,), thumbnails=(), lanes=(lane(label=title, events=(event,)),))
    )
    assert picture.width == WIDTH


@pytest.mark.parametrize(
    "changes",
    [
        {"lanes": ()},
        {"thumbnails": (), "lanes": ()},
        {"frames": 1},
        {"frames": 0, "thumbnails": ()},
        {"lanes": tuple(lane() for _ in range(LANES_SHOWN + 3))},
        {"lanes": (lane(events=(SoundEvent(Fraction(-1)), SoundEvent(Fraction(99)))),)},
        {"title": "x" * 10_000},
        {"lanes": (lane(Signal(np.zeros((2, 1), np.float32)), loudness=Loudness(None, None)),)},
        {"lanes": (lane(Signal(np.zeros((6, 48_000), np.float32)), loudness=None),)},
    ],
)
def test_edge_cases_are_drawn(changes: dict[str, Any]) -> None:
    assert draw(sheet(**changes)).width == WIDTH


def test_sounds_in_the_handles_are_neither_marked_nor_counted() -> None:
    inside = (SoundEvent(Fraction(1), "footstep"), SoundEvent(Fraction(5, 2), "footstep"))
    handles = (SoundEvent(Fraction(1, 2), "footstep"), SoundEvent(Fraction(3), "cloth"))
    place = {"start": Fraction(1), "duration": Fraction(2)}
    without, beside = (draw(sheet(lanes=(lane(events=e, **place),))) for e in (inside, inside + handles))
    assert without.tobytes() == beside.tobytes()


def test_the_file_is_a_png_and_never_replaces_another(tmp_path: Path) -> None:
    path = tmp_path / "sheet.png"
    write_sheet(path, sheet())
    with Image.open(path) as picture:
        assert (picture.format, picture.width) == ("PNG", WIDTH)
    with pytest.raises(OutputExists):
        write_sheet(path, sheet())
    assert [entry.name for entry in tmp_path.iterdir()] == ["sheet.png"]


def test_text_is_shortened_to_fit() -> None:
    line, font = fit("a long sentence about gravel " * 20, 20, 300)
    assert line.endswith("...")
    assert font.getlength(line) <= 300
    assert fit("short", 20, 300)[0] == "short"


def test_control_characters_and_line_breaks_become_one_space() -> None:
    assert lettered("a\n\x00\x1b  b", 12)[0] == "a b"


def test_letters_that_no_font_has_lose_their_accent_or_become_a_question_mark(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("foleyd.lettering._SYSTEM_FONTS", ())
    assert lettered("Café \U0001f97e", 12)[0] == "Cafe ?"


@settings(max_examples=30, deadline=None)
@given(samples=st.integers(1, 3000), columns=st.integers(1, 50), block=st.integers(1, 700))
def test_outlines_hold_the_extremes_of_each_column(samples: int, columns: int, block: int) -> None:
    noise: Samples = np.random.default_rng(samples).uniform(-1, 1, (2, samples)).astype(np.float32)
    outline = waveform(Signal(noise, block), samples, 2, columns)
    assert outline.columns == min(columns, samples)
    where = np.arange(samples) * outline.columns // samples
    for index in range(outline.columns):
        piece = noise[:, where == index]
        assert (outline.high[:, index] == np.maximum(piece.max(axis=1), 0)).all()
        assert (outline.low[:, index] == np.minimum(piece.min(axis=1), 0)).all()
        assert outline.rms[:, index] == pytest.approx(
            np.sqrt((piece.astype(float) ** 2).mean(axis=1)), abs=1e-6
        )
