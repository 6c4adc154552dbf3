"""The view that asks what should be heard."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from tkinter import filedialog, ttk
from typing import Any

from foleyd.dialog.theme import Theme
from foleyd.dialog.widgets import Choice, HintEntry, PromptText, Tip

_LINES = 6
_LAYER_COLUMNS = 4
_MARKERS = "markers"
_SELECTION = "selection"
_SPREADS = ("each", "whole")


class AskView(ttk.Frame):
    """QUESTION, as the plugin's ``windows.py`` has it; ON_ANSWER gets the values, or None."""

    def __init__(
        self,
        parent: tk.Misc,
        theme: Theme,
        question: Mapping[str, Any],
        on_answer: Callable[[dict[str, Any] | None], None],
    ) -> None:
        super().__init__(parent, padding=theme.px(20))
        self._theme, self._question, self._on_answer = theme, question, on_answer
        self._answered = False
        self._values: Mapping[str, Any] = question["values"]
        self._words: Mapping[str, Mapping[str, str]] = question.get("words", {})
        self.columnconfigure(0, weight=1)
        self.rowconfigure(2, weight=1)
        self._build_problem()
        self._build_source()
        self._build_prompt()
        self._build_fields()
        self._build_buttons()
        self._source_changed()

    # ------------------------------------------------------------------------------- what window.py uses

    def first(self) -> tk.Misc:
        """What is to have the keys at first."""
        return self._prompt if self._wants_prompt() else self._go

    def accept(self) -> None:
        """Answers with what is in the fields."""
        self._answer(self.values())

    def leave(self) -> None:
        """Answers that there is no answer."""
        self._answer(None)

    def values(self) -> dict[str, Any]:
        """What is in the fields; numbers as they were typed where they are none."""
        return {
            "source": self._source.value,
            "prompt": self._prompt.value if self._wants_prompt() else str(self._values["prompt"]),
            "negative": self._negative.value,
            "layer": self._layer.value,
            "takes": _number(self._takes.get()),
            "seed": self._seed.value,
            "engine": self._engine.value,
            "handles": _number(self._handles.get()),
            "spread": self._spread.get(),
            "markers": bool(self._markers.get()),
            "folder": self._folder.value,
        }

    # ---------------------------------------------------------------------------------------- the parts

    def _build_problem(self) -> None:
        problem = str(self._question.get("problem", ""))
        if not problem:
            return
        band = ttk.Frame(self, style="Problem.TFrame", padding=(self._px(12), self._px(9)))
        band.columnconfigure(1, weight=1)
        ttk.Label(band, text="!", style="Mark.Problem.TLabel").grid(row=0, column=0, padx=(0, self._px(10)))
        ttk.Label(band, text=problem, style="Problem.TLabel", wraplength=self._px(500)).grid(
            row=0, column=1, sticky="w"
        )
        band.grid(row=0, column=0, sticky="ew", pady=(0, self._px(16)))

    def _build_source(self) -> None:
        frame = ttk.Frame(self)
        frame.columnconfigure(1, weight=1)
        self._label(frame, "source").grid(row=0, column=0, sticky="w", padx=(0, self._px(10)))
        self._source = Choice(frame, self._source_changed)
        sources = [(source["key"], source["label"], "") for source in self._question["sources"]]
        self._source.offer(sources, str(self._values["source"]))
        self._source.grid(row=0, column=1, sticky="ew")
        self._tip(self._source, "source")
        covered = ttk.Frame(frame, style="Fixed.TFrame", padding=(self._px(12), self._px(8)))
        self._covered = ttk.Label(covered, style="Fixed.TLabel", justify="left")
        self._covered.pack(anchor="w")
        covered.grid(row=1, column=0, columnspan=2, sticky="ew", pady=(self._px(6), 0))
        for row, note in enumerate(self._question.get("notes", ()), 2):
            ttk.Label(frame, text=note, style="Hint.TLabel", wraplength=self._px(540)).grid(
                row=row, column=0, columnspan=2, sticky="w", pady=(self._px(7), 0)
            )
        self._spread = tk.StringVar(self, str(self._values["spread"]))
        self._spreads = ttk.Frame(frame)
        for value in _SPREADS:
            button = ttk.Radiobutton(
                self._spreads, text=self._word(value, "label"), value=value, variable=self._spread
            )
            button.pack(side="left", padx=(0, self._px(22)))
            self._tip(button, value)
        self._spreads.grid(row=20, column=0, columnspan=2, sticky="w", pady=(self._px(9), 0))
        frame.grid(row=1, column=0, sticky="ew")

    def _build_prompt(self) -> None:
        self._prompt_frame = frame = ttk.Frame(self)
        frame.columnconfigure(0, weight=1)
        frame.rowconfigure(1, weight=1)
        ttk.Label(frame, text=self._word("prompt", "label"), style="Strong.TLabel").grid(
            row=0, column=0, sticky="w", pady=(0, self._px(5))
        )
        earlier: Sequence[str] = self._question.get("earlier", ())
        if earlier:
            more = ttk.Menubutton(frame, text=self._word("earlier", "label"), style="Link.TMenubutton")
            menu = tk.Menu(more, tearoff=False)
            for text in earlier:
                menu.add_command(label=_one_line(text), command=partial(self._take_earlier, text))
            more.configure(menu=menu)
            more.grid(row=0, column=1, sticky="e", pady=(0, self._px(3)))
            self._tip(more, "earlier")
        self._prompt = PromptText(frame, self._theme, self._word("prompt", "hint"), self.accept)
        self._prompt.set(str(self._values["prompt"]))
        self._prompt.grid(row=1, column=0, columnspan=2, sticky="nsew")
        self._tip(self._prompt, "prompt")
        frame.grid(row=2, column=0, sticky="nsew", pady=(self._px(18), 0))

    def _build_fields(self) -> None:
        frame = ttk.Frame(self)
        frame.columnconfigure(1, weight=3, uniform="field")
        frame.columnconfigure(_LAYER_COLUMNS, weight=2, uniform="field")
        frame.columnconfigure(2, minsize=self._px(28))
        self._negative = HintEntry(frame, self._word("negative", "hint"))
        self._negative.set(str(self._values["negative"]))
        self._place(frame, "negative", self._negative, 0, across=True)

        self._layer = Choice(frame)
        self._layer.offer([(layer, layer, "") for layer in self._question["layers"]], self._values["layer"])
        self._place(frame, "layer", self._layer, 1)
        self._takes = self._numbers(frame, self._values["takes"], 1, 32)
        self._place(frame, "takes", self._takes, 1, right=True)

        self._engine = Choice(frame, self._engine_changed)
        engines = self._question["engines"]
        self._engine.offer(
            [(engine["name"], engine["name"], _why_not(engine)) for engine in engines], self._values["engine"]
        )
        self._place(frame, "engine", self._engine, 2)
        self._handles = self._numbers(frame, self._values["handles"], 0, 240)
        self._place(frame, "handles", self._handles, 2, right=True, unit=True)
        self._engine_hint = ttk.Label(frame, style="Hint.TLabel", wraplength=self._px(440))
        self._engine_changed()

        self._seed = HintEntry(frame, self._word("seed", "hint"))
        self._seed.set(str(self._values["seed"]))
        self._place(frame, "seed", self._seed, 4)
        self._markers = tk.BooleanVar(self, bool(self._values["markers"]))
        box = ttk.Checkbutton(frame, text=self._word("markers", "label"), variable=self._markers)
        box.grid(row=4, column=3, columnspan=2, sticky="w", pady=self._px(4))
        self._tip(box, "markers")

        line = ttk.Frame(frame)
        line.columnconfigure(0, weight=1)
        self._folder = HintEntry(line)
        self._folder.set(str(self._values["folder"]))
        self._folder.grid(row=0, column=0, sticky="ew")
        ttk.Button(line, text="Browse…", style="Side.TButton", command=self._browse).grid(
            row=0, column=1, padx=(self._px(8), 0)
        )
        self._place(frame, "folder", line, 5, across=True)
        frame.grid(row=3, column=0, sticky="ew", pady=(self._px(16), 0))

    def _build_buttons(self) -> None:
        ttk.Frame(self, style="Rule.TFrame", height=self._px(1)).grid(
            row=4, column=0, sticky="ew", pady=self._px(18)
        )
        frame = ttk.Frame(self)
        # In the order that Tab goes through them, which is that of their making.
        cancel = ttk.Button(frame, text=self._word("cancel", "label"), command=self.leave)
        self._go = ttk.Button(
            frame, text=self._word("generate", "label"), style="Go.TButton", command=self.accept
        )
        self._go.pack(side="right")
        cancel.pack(side="right", padx=self._px(10))
        frame.grid(row=5, column=0, sticky="ew")

    # -------------------------------------------------------------------------------------- what happens

    def _source_changed(self) -> None:
        source = next(source for source in self._question["sources"] if source["key"] == self._source.value)
        lines = list(source["lines"])
        more = len(lines) - _LINES
        shown = lines if more <= 1 else [*lines[:_LINES], f"and {more} more"]
        self._covered.configure(text="\n".join(shown) or "–")
        if source["key"] == _SELECTION and len(lines) > 1:
            self._spreads.grid()
        else:
            self._spreads.grid_remove()
        if self._wants_prompt():
            self._prompt_frame.grid()
        else:
            self._prompt_frame.grid_remove()

    def _wants_prompt(self) -> bool:
        source = self._source.value
        given = bool(self._question.get("with_prompt", True))
        return source != _MARKERS and (given or source != self._values["source"])

    def _engine_changed(self) -> None:
        chosen = next(
            (engine for engine in self._question["engines"] if engine["name"] == self._engine.value), None
        )
        why_not = _why_not(chosen) if chosen is not None else ""
        self._engine_hint.configure(text=why_not)
        if why_not:
            self._engine_hint.grid(row=3, column=1, columnspan=4, sticky="w", pady=(0, self._px(4)))
        else:
            self._engine_hint.grid_forget()

    def _take_earlier(self, text: str) -> None:
        self._prompt.set(text)
        self._prompt.focus_set()

    def _browse(self) -> None:
        title = self._word("folder", "label")
        chosen = filedialog.askdirectory(parent=self, initialdir=self._folder.value or None, title=title)
        if chosen:
            self._folder.set(str(chosen))

    def _answer(self, values: dict[str, Any] | None) -> None:
        """Answers, once: what follows is the plugin's."""
        if not self._answered:
            self._answered = True
            _disable(self)
            self._on_answer(values)

    # ------------------------------------------------------------------------------------------- helpers

    def _px(self, pixels: float) -> int:
        return self._theme.px(pixels)

    def _word(self, name: str, kind: str) -> str:
        return self._words.get(name, {}).get(kind, name.capitalize() if kind == "label" else "")

    def _tip(self, widget: tk.Misc, name: str) -> None:
        text = self._word(name, "tip")
        if text:
            Tip(widget, text, self._theme)

    def _label(self, parent: tk.Misc, name: str) -> ttk.Label:
        label = ttk.Label(parent, text=self._word(name, "label"), style="Dim.TLabel")
        self._tip(label, name)
        return label

    def _numbers(self, parent: tk.Misc, value: Any, least: int, most: int) -> ttk.Spinbox:
        digits = (self.register(lambda text: text == "" or (text.isdigit() and len(text) < 4)), "%P")
        box = ttk.Spinbox(
            parent, from_=least, to=most, increment=1, width=5, validate="key", validatecommand=digits
        )
        box.set(value)
        return box

    def _place(
        self,
        frame: ttk.Frame,
        name: str,
        widget: tk.Widget,
        row: int,
        *,
        right: bool = False,
        across: bool = False,
        unit: bool = False,
    ) -> None:
        """Puts WIDGET and its label into a column pair of ROW, or ACROSS both."""
        column = 3 if right else 0
        self._label(frame, name).grid(
            row=row, column=column, sticky="w", padx=(0, self._px(12)), pady=self._px(4)
        )
        self._tip(widget, name)
        span = 4 if across else 1
        sticky = "w" if right else "ew"
        widget.grid(row=row, column=column + 1, columnspan=span, sticky=sticky, pady=self._px(4))
        if unit:
            ttk.Label(frame, text=self._word(name, "unit"), style="Dim.TLabel").grid(
                row=row, column=column + 1, sticky="e"
            )


def _why_not(engine: Mapping[str, Any]) -> str:
    return "" if engine.get("ready") else str(engine.get("why_not") or "not ready")


def _number(text: Any) -> Any:
    """TEXT as a number; as it is where it is none, so that the plugin can say so."""
    try:
        return int(text)
    except ValueError:
        return text


def _one_line(text: str, length: int = 80) -> str:
    line = " ".join(text.split())
    return line if len(line) <= length else line[: length - 1] + "…"


def _disable(parent: tk.Misc) -> None:
    """Greys all that can be used; what was said is on its way."""
    for widget in parent.winfo_children():
        if isinstance(widget, ttk.Button | ttk.Entry | ttk.Menubutton | ttk.Checkbutton | ttk.Radiobutton):
            widget.state(["disabled"])
        elif isinstance(widget, tk.Text):
            widget.configure(state="disabled")
        _disable(widget)
