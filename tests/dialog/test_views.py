"""The dialog's views, on a virtual screen: what they show, what they answer, and what the keys do."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Iterator
from tkinter import ttk
from typing import Any

import pytest

from dialog.asking import question

pytest.importorskip("tkinter", reason="this Python has no tkinter")

from foleyd.dialog.ask import AskView
from foleyd.dialog.rows import Rows
from foleyd.dialog.theme import Theme
from foleyd.dialog.views import LinesView, ProgressView
from foleyd.dialog.widgets import Choice, HintEntry


@pytest.fixture
def root(screen: str) -> Iterator[tk.Tk]:
    made = tk.Tk()
    yield made
    made.destroy()


@pytest.fixture
def theme(root: tk.Tk) -> Theme:
    return Theme(root)


class Asked:
    """An AskView on the screen, and what it has answered."""

    def __init__(self, root: tk.Tk, theme: Theme, **changed: Any) -> None:
        self.root = root
        self.answers: list[Any] = []
        self.asked = question(**changed)
        self.view = AskView(root, theme, self.asked.as_json(), self.answers.append)
        self.view.pack()
        root.update()
        self.view.first().focus_force()
        root.update()

    def of(self, kind: type[Any]) -> list[Any]:
        """All widgets of KIND that can be seen, as they lie from top to bottom, left to right."""
        found = [one for one in everything(self.view) if isinstance(one, kind) and one.winfo_viewable()]
        return sorted(found, key=lambda one: (one.winfo_rooty(), one.winfo_rootx()))

    def button(self, text: str) -> ttk.Button:
        return next(one for one in self.of(ttk.Button) if one["text"] == text)

    def texts(self) -> list[str]:
        return [str(one["text"]) for one in self.of(ttk.Label)]


def everything(parent: tk.Misc) -> Iterator[tk.Misc]:
    for child in parent.winfo_children():
        yield child
        yield from everything(child)


def pick(choice: Choice, number: int) -> None:
    choice._menu.invoke(number)
    choice.update()


def test_what_is_left_alone_is_answered_as_it_was(root: tk.Tk, theme: Theme) -> None:
    asked = Asked(root, theme, values={"seed": "7", "spread": "whole", "negative": "voices", "handles": 0})
    asked.button("Generate").invoke()
    assert asked.answers == [asked.asked.values]


def test_a_click_on_generate_answers_with_what_was_typed(root: tk.Tk, theme: Theme) -> None:
    asked = Asked(root, theme)
    prompt = asked.view.first()
    assert root.focus_get() is prompt
    prompt.event_generate("<Control-slash>")  # all of it
    for letter in "rain":
        prompt.event_generate("<KeyPress>", keysym=letter)
    negative, seed, folder = asked.of(HintEntry)
    negative.set("music")
    seed.set("42")
    folder.set("/films/other")
    _source, layer, engine = asked.of(Choice)
    pick(layer, 1)
    pick(engine, 2)
    takes, handles = asked.of(ttk.Spinbox)
    takes.set(5)
    handles.set(24)
    go = asked.button("Generate")
    for event in ("<Enter>", "<ButtonPress-1>", "<ButtonRelease-1>"):
        go.event_generate(event, x=10, y=10)
    assert asked.answers == [
        {
            "source": "selection",
            "prompt": "rain",
            "negative": "music",
            "layer": "ambience",
            "takes": 5,
            "seed": "42",
            "engine": "procedural",
            "handles": 24,
            "spread": "each",
            "markers": True,
            "folder": "/films/other",
        }
    ]
    assert go.instate(["disabled"])


def test_a_hint_is_no_answer_and_goes_when_the_field_has_the_keys(root: tk.Tk, theme: Theme) -> None:
    asked = Asked(root, theme)
    negative = asked.of(HintEntry)[0]
    assert negative.get() == "music, voices"
    assert negative.value == ""
    negative.focus_force()
    root.update()
    assert negative.get() == ""
    asked.view.accept()
    assert (asked.answers[0]["negative"], asked.answers[0]["seed"]) == ("", "")


def test_the_source_says_what_it_covers_and_markers_want_no_prompt(root: tk.Tk, theme: Theme) -> None:
    asked = Asked(root, theme)
    assert "01:00:02:00  a\n01:00:04:12  b" in asked.texts()
    assert len(asked.of(ttk.Radiobutton)) == 2
    source = asked.of(Choice)[0]
    pick(source, 1)
    assert "01:00:00:00 – 01:00:12:14" in asked.texts()
    assert not asked.of(ttk.Radiobutton)
    assert "What should be heard" in asked.texts()
    pick(source, 2)
    assert "What should be heard" not in asked.texts()
    asked.view.accept()
    assert asked.answers[0]["source"] == "markers"


def test_of_many_lines_the_first_are_shown(root: tk.Tk, theme: Theme) -> None:
    many = [{"key": "selection", "label": "9 clips", "lines": [f"line {n}" for n in range(9)]}]
    asked = Asked(root, theme, sources=many)
    assert "\n".join([f"line {n}" for n in range(6)] + ["and 3 more"]) in asked.texts()


def test_an_engine_that_is_not_ready_is_grey_and_says_why(root: tk.Tk, theme: Theme) -> None:
    asked = Asked(root, theme, values={"engine": "hunyuan"})
    assert "its weights are not here" in asked.texts()
    engine = asked.of(Choice)[2]
    assert [engine._menu.entrycget(n, "state") for n in range(3)] == ["normal", "disabled", "normal"]
    assert "its weights are not here" in engine._menu.entrycget(1, "label")
    pick(engine, 0)
    assert "its weights are not here" not in asked.texts()


def test_an_earlier_prompt_can_be_taken(root: tk.Tk, theme: Theme) -> None:
    asked = Asked(root, theme, earlier=["rain\non a roof", "a door"])
    more = next(one for one in asked.of(ttk.Menubutton) if one["text"] == "Earlier prompts")
    menu = root.nametowidget(more["menu"])
    assert menu.entrycget(0, "label") == "rain on a roof"
    menu.invoke(0)
    asked.view.accept()
    assert asked.answers[0]["prompt"] == "rain\non a roof"


def test_a_problem_is_shown_with_the_notes(root: tk.Tk, theme: Theme) -> None:
    asked = Asked(root, theme, problem="Takes must be a whole number", notes=["Mixed rates."])
    assert asked.texts()[:2] == ["!", "Takes must be a whole number"]
    assert "Mixed rates." in asked.texts()


def test_numbers_take_digits_alone(root: tk.Tk, theme: Theme) -> None:
    asked = Asked(root, theme)
    takes = asked.of(ttk.Spinbox)[0]
    takes.focus_force()
    root.update()
    takes.delete(0, "end")
    for letter in ("a", "minus", "1", "2", "period", "3", "4"):
        takes.event_generate("<KeyPress>", keysym=letter)
    root.update()
    assert takes.get() == "123"  # and no more of them than can be meant
    takes.delete(0, "end")
    asked.view.accept()
    assert asked.answers[0]["takes"] == ""  # for the plugin to say that it is none


def test_tab_goes_through_all_that_can_be_used_and_nothing_else(root: tk.Tk, theme: Theme) -> None:
    asked = Asked(root, theme, earlier=["rain"])
    first = at = asked.view.first()
    seen = []
    while True:
        at = at.tk_focusNext()
        if at is first or len(seen) > 30:
            break
        seen.append(at.winfo_class())
    field, menu, number, box, button = "TEntry", "TMenubutton", "TSpinbox", "TCheckbutton", "TButton"
    form = [field, menu, number, menu, number, field, box, field, button]
    assert seen == [*form, button, button, menu, "TRadiobutton", "TRadiobutton", menu]


def test_every_field_says_what_it_is_for_when_the_pointer_rests_on_it(
    root: tk.Tk, theme: Theme, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foleyd.dialog.widgets._TIP_MILLISECONDS", 1)
    asked = Asked(root, theme)
    takes = asked.of(ttk.Spinbox)[0]
    takes.event_generate("<Motion>", x=5, y=5)
    done = tk.BooleanVar(root, False)
    root.after(30, done.set, True)
    root.wait_variable(done)
    tips = [one for one in everything(takes) if isinstance(one, ttk.Label)]
    assert [tip["text"][:25] for tip in tips] == ["How many to choose from: "]
    takes.event_generate("<Leave>")
    assert not takes.winfo_children()


def test_progress_shows_what_is_known_and_cancels_once(root: tk.Tk, theme: Theme) -> None:
    cancelled: list[bool] = []
    view = ProgressView(root, theme, lambda: cancelled.append(True))
    view.pack()
    view.show({"title": "Making 2 sounds", "words": "looking", "fraction": None, "eta": None})
    bar = next(one for one in everything(view) if isinstance(one, ttk.Progressbar))
    assert str(bar["mode"]) == "indeterminate"
    view.show({"title": "Making 2 sounds", "words": "drawing", "fraction": 0.42, "eta": 12.4})
    assert str(bar["mode"]) == "determinate"
    assert float(bar["value"]) == pytest.approx(0.42)
    texts = [str(one["text"]) for one in everything(view) if isinstance(one, ttk.Label)]
    assert texts == ["Making 2 sounds", "drawing", "42 %  ·  about 12 s left"]
    view.accept()
    assert not cancelled
    button = next(one for one in everything(view) if isinstance(one, ttk.Button))
    button.invoke()
    view.leave()
    view.show({"title": "Making 2 sounds", "words": "drawing on", "fraction": 0.5, "eta": None})
    assert cancelled == [True]
    assert button.instate(["disabled"])
    texts = [str(one["text"]) for one in everything(view) if isinstance(one, ttk.Label)]
    assert texts[1:] == ["cancelling…", "50 %"]


def test_a_receipt_has_its_marks_in_colour_and_its_columns_in_line(root: tk.Tk, theme: Theme) -> None:
    lines = ["All well.", "OK\tFoley 1\t84 frames", "NOT OK\tFoley 10\t85 frames", "OK: as it was"]
    rows = Rows(root, theme, lines)
    rows.pack()
    root.update()
    text = next(one for one in everything(rows) if isinstance(one, tk.Text))
    shown = text.get("1.0", "end-1c").splitlines()
    assert shown == ["All well.", "✓\tFoley 1\t84 frames", "✗\tFoley 10\t85 frames", "✓\tas it was"]
    assert text.tag_names("2.0") == ("good",)
    assert set(text.tag_names("3.0")) == {"bad"}
    columns = [text.bbox(f"{line}.0 + {at} chars")[0] for line, at in ((2, 10), (3, 11))]
    assert columns[0] == columns[1]
    assert str(text["state"]) == "disabled"
    assert text.bbox("4.0 lineend - 1 chars") is not None  # all of it can be seen


def test_a_sentence_in_a_row_stands_below_it_and_leaves_the_columns_as_they_are(
    root: tk.Tk, theme: Theme
) -> None:
    why = "it lies at 01:00:04:13 – 01:00:07:20, not 01:00:04:12 – 01:00:07:19"
    lines = ["OK\tFoley: foley\t60 frames\ta.wav", f"NOT OK\tFoley: foley\t{why}\tb.wav"]
    rows = Rows(root, theme, lines)
    rows.pack()
    root.update()
    text = next(one for one in everything(rows) if isinstance(one, tk.Text))
    assert text.get("2.0", "end-1c") == f"✗\tFoley: foley\t\tb.wav\n\t{why}"
    files = [text.bbox(text.search(name, "1.0"))[0] for name in ("a.wav", "b.wav")]
    assert files[0] == files[1]
    assert "bad" in text.tag_names("3.5")
    assert text.bbox("end - 2 chars") is not None


def test_a_long_receipt_scrolls(root: tk.Tk, theme: Theme) -> None:
    rows = Rows(root, theme, [f"OK\ttake {number}" for number in range(60)])
    rows.pack()
    root.update()
    assert [one for one in everything(rows) if isinstance(one, ttk.Scrollbar)]
    assert rows.winfo_height() < 600


def test_a_choice_is_made_by_its_button_and_return_takes_the_first(root: tk.Tk, theme: Theme) -> None:
    chosen: list[Any] = []
    for press in ("second", "return", "escape"):
        said = {"title": "Sure?", "lines": ["Really?"]}
        view = LinesView(root, theme, said, ["Yes", "No"], chosen.append)
        view.pack()
        root.update()
        if press == "second":
            next(
                one for one in everything(view) if isinstance(one, ttk.Button) and one["text"] == "No"
            ).invoke()
        elif press == "return":
            view.accept()
        else:
            view.leave()
        view.destroy()
    assert chosen == ["No", "Yes", None]


@pytest.mark.parametrize("dots", [96, 144, 192])
def test_everything_grows_with_the_screens_scale(root: tk.Tk, dots: int, monkeypatch: Any) -> None:
    monkeypatch.setattr("foleyd.dialog.theme._desktop_dots", lambda: float(dots))
    theme = Theme(root)
    assert theme.px(100) == round(100 * dots / 96)
    assert theme.font.metrics("linespace") == pytest.approx(17 * dots / 96, rel=0.2)
