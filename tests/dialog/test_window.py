"""The dialog's window itself: what it says to the plugin for each key and for its cross, and when it ends."""

from __future__ import annotations

import json
import os
import tkinter as tk
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dialog.asking import question
from house import wait_for

pytest.importorskip("tkinter", reason="this Python has no tkinter")

from foleyd.dialog.ask import AskView
from foleyd.dialog.lines import FROM_DIALOG, TO_DIALOG, TO_FRONT, Lifeline, Lines
from foleyd.dialog.views import LinesView, ProgressView
from foleyd.dialog.window import Dialog
from foleyd.errors import RequestError

PROGRESS = {"show": "progress", "title": "Making 2 sounds", "words": "drawing", "fraction": 0.5, "eta": 3}
TELL = {"show": "tell", "title": "Placed", "lines": ["OK\tFoley 1"], "problem": False}
CHOOSE = {"show": "choose", "title": "Sure?", "lines": ["Really?"], "choices": ["Yes", "No"]}


class Spoken:
    """A Dialog in this process, and the plugin's side of the talk."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        reading, self.lifeline = os.pipe()
        self.root = tk.Tk(className="Foley")
        self.dialog = Dialog(self.root, Lines(folder), Lifeline(reading))

    def tell(self, **words: Any) -> None:
        with (self.folder / TO_DIALOG).open("a") as file:
            file.write(json.dumps(words) + "\n")

    def show(self, kind: type[Any], **words: Any) -> None:
        """Says WORDS and waits for a view of KIND to have the keys."""
        self.tell(**words)
        self.until(lambda: isinstance(self.dialog.view, kind))
        self.dialog.view.first().focus_force()
        self.root.update()

    def until(self, condition: Callable[[], Any]) -> None:
        def turn() -> Any:
            if not self.gone():
                self.root.update()
            return condition()

        wait_for(turn)

    def press(self, key: str) -> None:
        self.root.focus_get().event_generate(key)
        if not self.gone():
            self.root.update()

    def cross(self) -> None:
        """What the window manager's cross does."""
        self.root.tk.eval(self.root.protocol("WM_DELETE_WINDOW"))

    def said(self) -> list[dict[str, Any]]:
        lines = (self.folder / FROM_DIALOG).read_text().splitlines()
        return [json.loads(line) for line in lines]

    def gone(self) -> bool:
        try:
            return not self.root.winfo_exists()
        except tk.TclError:
            return True


@pytest.fixture
def spoken(screen: str, tmp_path: Path) -> Iterator[Spoken]:
    made = Spoken(tmp_path)
    yield made
    if not made.gone():
        made.root.destroy()
    os.close(made.lifeline)


def asked() -> dict[str, Any]:
    return {"show": "ask", "question": question().as_json()}


def test_it_is_ready_before_anything_is_shown(spoken: Spoken) -> None:
    assert spoken.said() == [{"ready": True}]
    assert not spoken.root.winfo_viewable()


def test_a_covered_window_comes_to_the_front_when_it_is_wanted_there(spoken: Spoken) -> None:
    (spoken.folder / TO_FRONT).touch()
    spoken.until(lambda: not (spoken.folder / TO_FRONT).exists())
    assert not spoken.root.winfo_viewable(), "there is nothing to be shown yet"
    spoken.show(AskView, **asked())
    spoken.until(lambda: not spoken.root.attributes("-topmost"))
    spoken.root.withdraw()
    spoken.root.update()
    (spoken.folder / TO_FRONT).touch()
    spoken.until(spoken.root.winfo_viewable)
    assert spoken.root.attributes("-topmost")


@pytest.mark.parametrize("key", ["<Return>", "<KP_Enter>"])
def test_return_answers_once(spoken: Spoken, key: str) -> None:
    spoken.show(AskView, **asked())
    assert spoken.root.title() == "Foley - Generate"
    spoken.press(key)
    spoken.press(key)
    assert spoken.said() == [{"ready": True}, {"answer": question().values}]


def test_return_on_a_button_presses_that_button(spoken: Spoken) -> None:
    spoken.show(AskView, **asked())
    for _ in range(10):  # to Cancel
        spoken.root.focus_get().tk_focusNext().focus_set()
        spoken.root.update()
    assert spoken.root.focus_get()["text"] == "Cancel"
    spoken.press("<Return>")
    assert spoken.said()[1:] == [{"answer": None}]


@pytest.mark.parametrize("way", ["Escape", "cross"])
@pytest.mark.parametrize(
    ("kind", "words", "said"),
    [
        (AskView, asked(), {"answer": None}),
        (ProgressView, PROGRESS, {"cancel": True}),
        (LinesView, TELL, {"closed": True}),
        (LinesView, CHOOSE, {"chosen": None}),
    ],
)
def test_escape_and_the_cross_leave_each_view(
    spoken: Spoken, way: str, kind: type[Any], words: dict[str, Any], said: dict[str, Any]
) -> None:
    spoken.show(kind, **words)
    spoken.press("<Escape>") if way == "Escape" else spoken.cross()
    assert spoken.said()[1:] == [said]
    assert not spoken.gone()  # the plugin may go on


def test_return_takes_the_first_choice_and_closes_a_receipt(spoken: Spoken) -> None:
    spoken.show(LinesView, **TELL)
    spoken.press("<Return>")
    first = spoken.dialog.view
    spoken.tell(**CHOOSE)
    spoken.until(lambda: spoken.dialog.view is not first)
    spoken.dialog.view.first().focus_force()
    spoken.root.update()
    spoken.press("<Return>")
    assert spoken.said()[1:] == [{"closed": True}, {"chosen": "Yes"}]


def test_return_does_not_cancel_the_work(spoken: Spoken) -> None:
    spoken.show(ProgressView, **PROGRESS)
    spoken.press("<Return>")
    spoken.press("<space>")
    assert spoken.said() == [{"ready": True}]


def test_progress_goes_on_in_the_view_that_is_there(spoken: Spoken) -> None:
    spoken.show(ProgressView, **PROGRESS)
    view = spoken.dialog.view
    spoken.press("<Escape>")
    spoken.press("<Escape>")
    spoken.tell(**{**PROGRESS, "words": "placing"})
    spoken.tell(show="something of a later plugin")
    spoken.tell(**{**PROGRESS, "title": "Almost"})
    spoken.until(lambda: any(str(one.cget("text")) == "Almost" for one in labels(view)))
    assert spoken.dialog.view is view
    assert spoken.said()[1:] == [{"cancel": True}]


def labels(view: tk.Misc) -> list[Any]:
    return [child for child in view.winfo_children() if child.winfo_class() == "TLabel"]


def test_the_cross_after_an_answer_cancels_and_ends_it(spoken: Spoken) -> None:
    spoken.show(AskView, **asked())
    spoken.press("<Return>")
    spoken.cross()
    assert spoken.said()[2:] == [{"cancel": True}]
    assert spoken.gone()


def test_it_ends_when_it_is_told_to(spoken: Spoken) -> None:
    spoken.tell(close=True)
    spoken.until(spoken.gone)
    assert spoken.dialog.failure is None


def test_it_ends_when_the_plugin_is_gone(screen: str, tmp_path: Path) -> None:
    spoken = Spoken(tmp_path)
    spoken.show(AskView, **asked())
    os.close(spoken.lifeline)
    spoken.until(spoken.gone)
    assert spoken.said() == [{"ready": True}]


def test_nonsense_ends_it_with_its_reason(spoken: Spoken) -> None:
    (spoken.folder / TO_DIALOG).write_text("{no json\n")
    spoken.until(spoken.gone)
    assert isinstance(spoken.dialog.failure, RequestError)


def test_it_is_in_front_at_first_and_then_lets_others_be(spoken: Spoken) -> None:
    on_top: list[Any] = []
    attributes = spoken.root.attributes
    spoken.root.attributes = lambda *given: (on_top.append(given), attributes(*given))[1]
    spoken.show(LinesView, **TELL)
    spoken.until(lambda: len(on_top) == 2)
    assert on_top == [("-topmost", True), ("-topmost", False)]
