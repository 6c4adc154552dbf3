"""``foley batch`` on a terminal: one table with a row for each file, which lives until all are done."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from foleyd.cli.exits import printable

if TYPE_CHECKING:
    from rich.console import Console, Group

    from foleyd.watch.shop import News

_AROUND = 3
"""Lines that are no rows: the column names, the counts, and one for the cursor."""
_BAR = 12
_WAITING, _AT_WORK = "waiting", "at work"
_NOTICED = {"started": _AT_WORK, "progress": _AT_WORK, "waiting": _WAITING}


@dataclass(slots=True)
class Row:
    """One file: its name as the sheet has it, how many CUES it gets, its STATE in a word or two, how far it
    is from 0 to 1, and what came of it or is being done."""

    file: str
    cues: int
    state: str = _WAITING
    fraction: float = 0.0
    result: str = ""
    order: int = 0


class TableTeller:
    """A table that follows what it is told, from any thread. ROWS are by name, in the sheet's order."""

    def __init__(self, rows: dict[str, Row], console: Console | None = None) -> None:
        from rich.console import Console
        from rich.live import Live

        self._rows, self._lock, self._ended = rows, threading.Lock(), 0
        self.console = console or Console(highlight=False)
        self._live = Live(
            console=self.console, get_renderable=self._shown, refresh_per_second=8, transient=True
        )
        self._live.start()

    def __call__(self, news: News) -> None:
        """Changes the row of NEWS; what is about no row becomes a line above the table."""
        with self._lock:
            row = self._rows.get(news.name)
            if row is not None and news.kind in _NOTICED:
                row.state = _NOTICED[news.kind]
                row.fraction = max(row.fraction, news.fraction)
                row.result = "" if news.kind == "started" else news.text.removeprefix(f"{news.name} ")
        if row is None and news.text:
            self.console.print(printable(news.text), markup=False, soft_wrap=True)

    def end(self, name: str, state: str, result: str) -> None:
        """The turn of the file called NAME has ended."""
        with self._lock:
            row = self._rows[name]
            self._ended += 1
            row.order, row.state, row.result = self._ended, state, result
            row.fraction = 1.0 if state in ("done", "partly done") else row.fraction

    def close(self) -> None:
        """Takes the table away."""
        self._live.stop()

    def _shown(self) -> Group:
        with self._lock:
            rows = [replace(row) for row in self._rows.values()]
        return progress_table(rows, self.console.height - _AROUND)


def progress_table(rows: Sequence[Row], most: int) -> Group:
    """ROWS as a table of at most MOST of them, and a line of counts.

    Where there is no room for all, those at work go first, then those that ended last, then those that wait.
    """
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    shown = Table(box=None, pad_edge=False, expand=True)
    shown.add_column("file", no_wrap=True, overflow="ellipsis", ratio=3)
    shown.add_column("cues", justify="right", no_wrap=True)
    shown.add_column("state", no_wrap=True)
    shown.add_column("progress", no_wrap=True, min_width=_BAR + 5)
    shown.add_column("result", no_wrap=True, overflow="ellipsis", ratio=4)
    for row in _chosen(rows, max(1, most)):
        bar = Table.grid(padding=(0, 1))
        bar.add_row(ProgressBar(1.0, row.fraction, width=_BAR), Text(f"{row.fraction:4.0%}"))
        words = (printable(row.file), str(row.cues), row.state, printable(row.result))
        file, cues, state, result = map(Text, words)
        shown.add_row(file, cues, state, bar, result)
    return Group(shown, Text(_counts(rows)))


def _chosen(rows: Sequence[Row], most: int) -> list[Row]:
    if len(rows) <= most:
        return list(rows)
    pressing = sorted(rows, key=lambda row: (row.state != _AT_WORK, not row.order, -row.order))[:most]
    return [row for row in rows if any(row is one for one in pressing)]


def _counts(rows: Sequence[Row]) -> str:
    states = [row.state for row in rows]
    known = dict.fromkeys(["done", "partly done", "failed", _AT_WORK, _WAITING, *states])
    return ", ".join(f"{states.count(state)} {state}" for state in known if state in states)
