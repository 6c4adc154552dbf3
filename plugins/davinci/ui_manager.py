# SPDX-License-Identifier: Apache-2.0
"""The window by Resolve's own UIManager: Studio, and the free edition up to 19.0.

The loop is ours (``StepLoop``), never ``RunLoop``: a job is polled while the window lives. Handlers only
note what happened; what follows is done in the loop, so that nothing gets lost inside Resolve. Each view
is a window of its own. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import time
from typing import Any, Callable, Sequence

from . import ui_layout as layout
from .windows import BUSY, Question, Window, WindowBusy, WindowLost, progress_words, wants_spread

_PAUSE = 0.03
_MOST_FAILURES = 200
"""Steps that fail one after the other, other than by the KeyError that Resolve is known for."""
_MOST_WINDOWS = 10_000
_GO, _CANCEL, _CLOSE = "Go", "Cancel", "window"


class UiManagerWindow(Window):
    """The window by FUSION's UIManager and BMD's dispatcher.

    Never make one on the free edition from 19.1 on: to touch UIManager there opens a box that asks to buy.
    Raises WindowLost where there is no UIManager, WindowBusy where a window of ours is open already.
    """

    def __init__(self, fusion: Any, bmd: Any) -> None:
        ui = getattr(fusion, "UIManager", None)
        if ui is not None and not callable(getattr(ui, "VGroup", None)) and callable(ui):
            ui = ui()  # some Resolves have it as a call
        if ui is None or not callable(getattr(bmd, "UIDispatcher", None)):
            raise WindowLost("this Resolve offers scripts no windows")
        self._ui = ui
        self._dispatcher = bmd.UIDispatcher(ui)
        self._window: Any = None
        self._items: Any = {}
        self._kind = ""
        self._happened: list[str] = []
        self._cancelled = False
        self._failures = 0
        self._refuse_second()

    def ask(self, question: Question) -> dict[str, Any] | None:
        """Shows QUESTION and waits; the values, or None where the editor closed or cancelled it."""
        fields = layout.ask_view(self._ui, question)
        self._open("Ask", question.title, layout.ASK_SIZE, fields)
        items = self._items
        for name in ("Negative", "Seed", "Folder", "Prompt"):
            self._on(name, "ReturnPressed", _GO)
        for name in ("Source", "Engine", *_earlier(question)):
            self._on(name, "CurrentIndexChanged", name)
        self._on(_GO, "Clicked", _GO)
        self._on(_CANCEL, "Clicked", _CANCEL)
        layout.fill(items, question)
        self._source_changed(question)
        self._engine_changed(question)
        self._focus("Prompt")
        while True:
            what = self._next()
            if what in (_CANCEL, _CLOSE):
                self._hide()
                return None
            if what == "Source":
                self._source_changed(question)
            elif what == "Engine":
                self._engine_changed(question)
            elif what == "Earlier":
                self._take_earlier(question)
            elif what == _GO:
                try:
                    answer = question.answer(layout.read(items, question))
                except ValueError as problem:
                    layout.show_problem(items, str(problem))
                    continue
                items[_GO].Enabled = False
                return answer

    def progress(self, title: str, words: str, fraction: float | None, eta: float | None) -> bool:
        """Shows or updates the progress view, and lets it live for a moment; True once cancel is wanted."""
        if self._kind != "Progress":
            if self._window:
                self._step()  # was the one before closed meanwhile?
            if self._cancelled or self._noticed_cancel():
                self._hide()
                return True
            self._open("Progress", title, layout.PROGRESS_SIZE, layout.progress_view(self._ui, title))
            self._on(_CANCEL, "Clicked", _CANCEL)
        items = self._items
        items["Title"].Text = title
        items["Words"].Text = "cancelling…" if self._cancelled else progress_words(words, fraction, eta)
        layout.show_fraction(items, fraction)
        self._step()
        time.sleep(_PAUSE)
        self._step()
        if not self._cancelled and self._noticed_cancel():
            items[_CANCEL].Enabled = False
            items["Words"].Text = "cancelling…"
        return self._cancelled

    def tell(self, title: str, lines: Sequence[str], problem: bool = False) -> None:
        """Shows LINES until the editor closes them."""
        self._choose("Tell", title, lines, ["Close"], problem)

    def choose(self, title: str, lines: Sequence[str], choices: Sequence[str]) -> str | None:
        """Asks one thing with a button for each of CHOICES; None where it was closed."""
        return self._choose("Choose", title, lines, choices, False)

    def close(self) -> None:
        """Takes the window away."""
        self._hide()

    # ------------------------------------------------------------------------------- what is shown

    def _choose(
        self, kind: str, title: str, lines: Sequence[str], choices: Sequence[str], problem: bool
    ) -> str | None:
        view = layout.lines_view(self._ui, title, lines, choices, problem)
        self._open(kind, "Foley", layout.lines_size(lines), view)
        names = {layout.choice_id(number): choice for number, choice in enumerate(choices)}
        for name in names:
            self._on(name, "Clicked", name)
        self._focus(layout.choice_id(0))
        while True:
            what = self._next()
            if what == _CLOSE or what in names:
                self._hide()
                return names.get(what)

    def _source_changed(self, question: Question) -> None:
        source = question.sources[max(int(self._items["Source"].CurrentIndex), 0)]
        self._items["Covered"].Text = layout.covered(source)
        self._items["Spread"].Enabled = wants_spread(source)
        for name in ("Prompt", *_earlier(question)):
            self._items[name].Enabled = question.wants_prompt(source["key"])

    def _engine_changed(self, question: Question) -> None:
        engine = layout.chosen(self._items["Engine"], [one["name"] for one in question.engines])
        self._items["EngineHint"].Text = question.why_not(engine)

    def _take_earlier(self, question: Question) -> None:
        number = int(self._items["Earlier"].CurrentIndex)
        if number > 0:  # the first entry says what the others are
            layout.set_prompt(self._items["Prompt"], question, question.earlier[number - 1])
            self._items["Earlier"].CurrentIndex = 0
            self._focus("Prompt")

    # --------------------------------------------------------------------------------- the window

    def _refuse_second(self) -> None:
        """A window of ours that is open belongs to another run: it comes to the front instead of a second.

        Those that earlier runs have hidden may still be found; they are of nobody.
        """
        for kind in ("Ask", "Progress", "Tell", "Choose"):
            for other in self._known("Foley" + kind):
                if other.Visible is False or other.Hidden is True:
                    continue
                other.Show()
                other.Raise()
                raise WindowBusy(BUSY)

    def _known(self, name: str) -> list[Any]:
        """The windows that Resolve knows as NAME, NAME1, NAME2…"""
        found: list[Any] = []
        while True:
            other = self._ui.FindWindow(name + (str(len(found)) if found else ""))
            if not other or len(found) >= _MOST_WINDOWS:
                return found
            found.append(other)

    def _open(self, kind: str, title: str, size: Sequence[int], view: Any) -> None:
        """Shows VIEW in a new window, in place of the one before."""
        self._hide()
        self._cancelled = False
        self._happened.clear()
        name = "Foley" + kind
        known = len(self._known(name))
        name += str(known) if known else ""
        self._window = self._dispatcher.AddWindow(
            {"ID": name, "WindowTitle": title, "Geometry": [*layout.CORNER, *size], "Spacing": 8}, [view]
        )
        if not self._window:
            raise WindowLost("Resolve did not open a window")
        self._items = self._window.GetItems()
        self._kind = kind
        self._window.On[name].Close = self._noting(_CLOSE)
        self._window.Show()
        self._window.Raise()

    def _hide(self) -> None:
        window, self._window = self._window, None
        self._items, self._kind = {}, ""
        if window:
            window.Hide()

    def _on(self, name: str, event: str, what: str) -> None:
        setattr(self._window.On[name], event, self._noting(what))

    def _noting(self, what: str) -> Callable[[Any], None]:
        def note(_event: Any) -> None:
            self._happened.append(what)

        return note

    def _focus(self, name: str) -> None:
        focus = getattr(self._items[name], "SetFocus", None)
        if callable(focus):
            try:
                focus("OtherFocusReason")
            except Exception:  # a comfort, in the words of one version or another
                return

    def _next(self) -> str:
        """The next thing that the editor does."""
        while not self._happened:
            self._step()
            if not self._happened:
                time.sleep(_PAUSE)
        return self._happened.pop(0)

    def _noticed_cancel(self) -> bool:
        if _CANCEL in self._happened or _CLOSE in self._happened:
            self._cancelled = True
        self._happened.clear()
        return self._cancelled

    def _step(self) -> None:
        """Lets the window live. Raises WindowLost where the dispatcher fails for good."""
        try:
            self._dispatcher.StepLoop(False)
        except KeyError:  # 'On': Resolve raises it now and then, and goes on
            self._failures = 0
        except Exception as error:
            self._failures += 1
            if self._failures >= _MOST_FAILURES:
                raise WindowLost(f"Resolve's window answers no more ({error})") from None
        else:
            self._failures = 0


def _earlier(question: Question) -> list[str]:
    """The field of earlier prompts, where QUESTION has any. What ``GetItems`` gives need be no dict that can
    be asked whether it has a name."""
    return ["Earlier"] if question.earlier else []
