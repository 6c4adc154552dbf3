"""The views that show how far the work is, what became of it, and that ask one thing."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from tkinter import ttk
from typing import Any

from foleyd.dialog.rows import Rows
from foleyd.dialog.theme import Theme

_WIDTH = 520
_PULSE_MILLISECONDS = 12
_MINUTES_FROM = 90


class ProgressView(ttk.Frame):
    """How far the work is; ON_CANCEL is called once, when the editor wants no more of it."""

    def __init__(self, parent: tk.Misc, theme: Theme, on_cancel: Callable[[], None]) -> None:
        super().__init__(parent, padding=theme.px(24))
        self._on_cancel = on_cancel
        self._cancelled = False
        self._pulsing = False
        self.columnconfigure(0, weight=1)
        ttk.Frame(self, width=theme.px(_WIDTH)).grid(row=9, column=0, columnspan=2)
        self._title = ttk.Label(self, style="Heading.TLabel", wraplength=theme.px(_WIDTH))
        self._title.grid(row=0, column=0, columnspan=2, sticky="w")
        self._bar = ttk.Progressbar(self, maximum=1.0, mode="determinate")
        self._bar.grid(row=1, column=0, columnspan=2, sticky="ew", pady=(theme.px(16), theme.px(10)))
        self._words = ttk.Label(self, style="TLabel", wraplength=theme.px(_WIDTH - 170))
        self._words.grid(row=2, column=0, sticky="w")
        self._left = ttk.Label(self, style="Dim.TLabel")
        self._left.grid(row=2, column=1, sticky="e")
        self._button = ttk.Button(self, text="Cancel", command=self.leave)
        self._button.grid(row=3, column=0, columnspan=2, sticky="e", pady=(theme.px(20), 0))

    def show(self, said: Mapping[str, Any]) -> None:
        """Shows what was SAID: title, words, and fraction and seconds left where they are known."""
        self._title.configure(text=said.get("title", ""))
        if not self._cancelled:
            self._words.configure(text=said.get("words", ""))
        fraction, eta = said.get("fraction"), said.get("eta")
        if fraction is None:
            self._pulse(True)
            self._left.configure(text="")
            return
        self._pulse(False)
        fraction = min(max(float(fraction), 0.0), 1.0)
        self._bar.configure(value=fraction)
        self._left.configure(text=_left(fraction, eta))

    def first(self) -> tk.Misc:
        """What is to have the keys: nothing that Return would press."""
        return self

    def accept(self) -> None:
        """Return does nothing here: Cancel must be meant."""

    def leave(self) -> None:
        """Cancels, once."""
        if self._cancelled:
            return
        self._cancelled = True
        self._button.state(["disabled"])
        self._words.configure(text="cancelling…")
        self._on_cancel()

    def _pulse(self, on: bool) -> None:
        if on == self._pulsing:
            return
        self._pulsing = on
        self._bar.configure(mode="indeterminate" if on else "determinate")
        if on:
            self._bar.start(_PULSE_MILLISECONDS)
        else:
            self._bar.stop()


def _left(fraction: float, eta: Any) -> str:
    percent = f"{100 * fraction:.0f} %"
    if eta is None or float(eta) < 1:
        return percent
    seconds = float(eta)
    left = f"{seconds:.0f} s" if seconds < _MINUTES_FROM else f"{seconds / 60:.0f} min"
    return f"{percent}  ·  about {left} left"


class LinesView(ttk.Frame):
    """TITLE and LINES, with a button for each of CHOICES; ON_CHOICE gets the one, or None.

    Return presses the first one.
    """

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        said: Mapping[str, Any],
        choices: Sequence[str],
        on_choice: Callable[[str | None], None],
    ) -> None:
        super().__init__(parent, padding=theme.px(24))
        self._choices, self._on_choice = choices, on_choice
        self._chosen = False
        self.columnconfigure(0, weight=1, minsize=theme.px(_WIDTH))
        self.rowconfigure(1, weight=1)
        lines: Sequence[str] = said.get("lines", ())
        style = "Bad.Heading.TLabel" if said.get("problem") else "Heading.TLabel"
        ttk.Label(self, text=said.get("title", ""), style=style, wraplength=theme.px(_WIDTH)).grid(
            row=0, column=0, sticky="w", pady=(0, theme.px(14))
        )
        if any("\t" in line for line in lines) or len(lines) > len(choices) + 5:
            body: tk.Widget = Rows(self, theme, lines)
        else:
            body = ttk.Label(self, text="\n".join(lines), wraplength=theme.px(_WIDTH), justify="left")
        body.grid(row=1, column=0, sticky="nsew")
        buttons = ttk.Frame(self)
        self._buttons: list[ttk.Button] = []
        for choice in choices:
            button = ttk.Button(
                buttons,
                text=choice,
                style="TButton" if self._buttons else "Go.TButton",
                command=partial(self._choose, choice),
            )
            button.pack(side="right", padx=(theme.px(10), 0))
            self._buttons.append(button)
        buttons.grid(row=2, column=0, sticky="e", pady=(theme.px(20), 0))

    def first(self) -> tk.Misc:
        """What is to have the keys at first."""
        return self._buttons[0]

    def accept(self) -> None:
        """Takes the first choice."""
        self._choose(self._choices[0])

    def leave(self) -> None:
        """Takes none."""
        self._choose(None)

    def _choose(self, choice: str | None) -> None:
        if self._chosen:
            return
        self._chosen = True
        for button in self._buttons:
            button.state(["disabled"])
        self._on_choice(choice)
