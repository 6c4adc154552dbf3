"""A receipt: lines to read and to copy, in columns where they have tabs, with marks in colour."""

from __future__ import annotations

import math
import tkinter as tk
from collections.abc import Sequence
from dataclasses import dataclass
from tkinter import ttk

from foleyd.dialog import theme as looks
from foleyd.dialog.theme import Theme

_MARKS = (("NOT OK", "✗", "bad"), ("OK", "✓", "good"))
_WORDS = "words"
_MOST = 18
_NARROWEST, _WIDEST = 56, 120
_LONG = 32
"""Where something is wrong, a cell with more characters than this says what: it gets a line of its own."""


@dataclass(frozen=True)
class _Row:
    cells: list[str]
    tag: str = ""
    more: str = ""


class Rows(ttk.Frame):
    """LINES as a plugin tells them: a tab begins a cell, and OK or NOT OK at the beginning is a mark."""

    def __init__(self, parent: tk.Misc, theme: Theme, lines: Sequence[str]) -> None:
        super().__init__(parent, style="Fixed.TFrame")
        self._theme = theme
        self._letter = theme.fixed.measure("0")
        rows = [_row(line) for line in lines]
        stops = self._stops(rows)
        width = min(max(self._width(rows, stops), _NARROWEST), _WIDEST)
        height = self._height(rows, width)
        text = self._text(stops, width, min(height, _MOST))
        for number, row in enumerate(rows):
            text.insert("end", "\n" * (number > 0))
            text.insert("end", row.cells[0], row.tag)
            rest = "".join("\t" + cell for cell in row.cells[1:])
            more = f"\n\t{row.more}" if row.more else ""
            text.insert("end", rest + more, "bad" if row.tag == "bad" else "")
        text.configure(state="disabled")
        text.pack(side="left", fill="both", expand=True)
        if height > _MOST:
            bar = ttk.Scrollbar(self, command=text.yview)
            text.configure(yscrollcommand=bar.set)
            bar.pack(side="right", fill="y")

    def _text(self, stops: Sequence[int], width: int, height: int) -> tk.Text:
        theme = self._theme
        text = tk.Text(
            self,
            font=theme.fixed,
            background=looks.FIELD,
            foreground=looks.TEXT,
            selectbackground=looks.ACCENT,
            selectforeground="#ffffff",
            inactiveselectbackground=looks.ACCENT,
            relief="flat",
            borderwidth=0,
            highlightthickness=0,
            padx=theme.px(14),
            pady=theme.px(10),
            spacing1=theme.px(2),
            spacing3=theme.px(2),
            wrap="word",
            tabs=tuple(stops),
            width=width,
            height=height,
            cursor="arrow",
        )
        text.tag_configure(_WORDS, font=theme.font, spacing1=theme.px(3), spacing3=theme.px(5))
        text.tag_configure("good", foreground=looks.GOOD)
        text.tag_configure("bad", foreground=looks.BAD)
        text.bind("<Button-1>", lambda _event: text.focus_set())
        return text

    def _height(self, rows: Sequence[_Row], width: int) -> int:
        """How many lines of the table ROWS are as high as, in a text of WIDTH letters."""
        px, room = self._theme.px, width * self._letter
        line = self._theme.fixed.metrics("linespace") + px(4)
        high = 0
        for row in rows:
            if row.tag == _WORDS:
                lines = max(1, math.ceil(self._theme.font.measure(row.cells[0]) / room))
                high += lines * self._theme.font.metrics("linespace") + px(8)
            else:
                high += line * (1 + bool(row.more))
        return max(2, math.ceil(high / line))

    def _stops(self, rows: Sequence[_Row]) -> list[int]:
        """Where the columns begin, in pixels."""
        gap, stops, at = self._theme.px(20), [0], 0
        tables = [row.cells for row in rows if len(row.cells) > 1]
        for column in range(max((len(cells) for cells in tables), default=1) - 1):
            widest = max(len(cells[column]) for cells in tables if len(cells) > column + 1)
            at += gap + widest * self._letter
            stops.append(at)
        return stops[1:]

    def _width(self, rows: Sequence[_Row], stops: Sequence[int]) -> int:
        """How many letters the widest row of the table takes."""
        starts = [0, *stops]
        ends = [
            starts[len(row.cells) - 1] / self._letter + len(row.cells[-1])
            for row in rows
            if row.tag != _WORDS
        ]
        ends += [starts[1] / self._letter + len(row.more) for row in rows if row.more]
        return math.ceil(max(ends, default=0)) + 1


def _row(line: str) -> _Row:
    """LINE in cells, with the mark in place of its words."""
    for words, mark, tag in _MARKS:
        if line.startswith((words + "\t", words + " ", words + ":")) or line == words:
            cells = line[len(words) :].lstrip(" :\t").split("\t")
            long = [cell for cell in cells[:-1] if len(cell) > _LONG and tag == "bad"]
            kept = ["" if cell in long else cell for cell in cells]
            return _Row([mark, *kept], tag, "  ".join(long))
    return _Row(line.split("\t"), "" if "\t" in line else _WORDS)
