"""What people and programs see of a watch folder: a line for each file, bars, or lines of JSON."""

from __future__ import annotations

import json
import sys
import textwrap
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from foleyd.cli.exits import printable
from foleyd.cli.show import table

if TYPE_CHECKING:
    from rich.progress import Progress as Bar
    from rich.progress import TaskID

    from foleyd.watch.records import Entry
    from foleyd.watch.shop import News

_BARS = 8
REASON_WIDTH = 120


class Teller(Protocol):
    """Is told what happens, from any thread."""

    def __call__(self, news: News) -> None:
        """Shows NEWS."""

    def close(self) -> None:
        """Nothing more follows."""


class PlainTeller:
    """A line for whatever happens, but none for mere progress."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    def __call__(self, news: News) -> None:
        """A line on stdout."""
        if news.kind != "progress":
            with self._lock:
                print(printable(news.text), flush=True)

    def close(self) -> None:
        """Nothing to close."""


class JsonTeller(PlainTeller):
    """Each piece of news as one line of JSON."""

    def __call__(self, news: News) -> None:
        """A line on stdout."""
        said = {
            name: getattr(news, name)
            for name in ("kind", "name", "text", "fraction", "folder", "job", "results")
        }
        with self._lock:
            print(
                json.dumps({key: value for key, value in said.items() if value or key == "kind"}), flush=True
            )


class BarTeller:
    """Lines that stay, and below them a bar for each file that is being worked on."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        self._bars: dict[str, TaskID] = {}
        self._lock = threading.Lock()
        self._bar: Bar = Progress(
            TextColumn("{task.description:<24}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:3.0f} %  {task.fields[doing]}", markup=False),
            console=Console(highlight=False),
            transient=True,
        )
        self._bar.start()

    def __call__(self, news: News) -> None:
        """A line, or a bar moved."""
        with self._lock:
            if news.kind == "progress":
                self._move(news)
                return
            task = self._bars.pop(news.name, None)
            if task is not None and news.kind in ("done", "failed", "waiting", "renamed"):
                self._bar.remove_task(task)
            elif task is not None:
                self._bars[news.name] = task
            if news.kind != "started":
                self._bar.console.print(printable(news.text), markup=False, soft_wrap=True)

    def _move(self, news: News) -> None:
        if news.name not in self._bars:
            if len(self._bars) >= _BARS:
                return
            self._bars[news.name] = self._bar.add_task(printable(news.name)[:40], total=1.0, doing="")
        self._bar.update(self._bars[news.name], completed=news.fraction, doing=news.text)

    def close(self) -> None:
        """Takes the bars away."""
        self._bar.stop()


def open_teller(*, as_json: bool) -> Teller:
    """For programs, for a terminal, or for a log."""
    if as_json:
        return JsonTeller()
    return BarTeller() if sys.stdout.isatty() else PlainTeller()


def status_json(folder: Path, entries: list[Entry], waiting: dict[str, str]) -> dict[str, Any]:
    """A watch folder's files for scripts."""
    return {
        "folder": str(folder),
        "files": [
            {
                "name": entry.name,
                "state": str(entry.state),
                "results": entry.results or None,
                "job": entry.job or None,
                "attempt": entry.attempt,
                "reason": entry.reason or None,
                "message": entry.message or None,
                "belongs_to_it": list(entry.uses),
            }
            for entry in entries
        ],
        "waiting": waiting,
    }


def _whereabouts(folder: Path, entry: Entry) -> str:
    results = f"foley/{entry.results}"
    there = (folder / results).exists()
    return results if there else f"no longer at {results}; --retry makes new ones"


def status_lines(folder: Path, entries: list[Entry], waiting: dict[str, str], *, watched: bool) -> list[str]:
    """A watch folder's files as a table."""
    rows = [["file", "state", "where"]]
    for entry in entries:
        where = _whereabouts(folder, entry) if entry.state.good else entry.message or f"job {entry.job}"
        if entry.state == "failed":
            where = textwrap.shorten(entry.message, REASON_WIDTH, placeholder=" …")
        rows.append([printable(entry.name), str(entry.state), printable(where)])
    rows += [[printable(name), "waiting", why] for name, why in waiting.items()]
    counts = {
        str(state): sum(entry.state == state for entry in entries) for state in {e.state for e in entries}
    }
    said = [f"{count} {state}" for state, count in sorted(counts.items())]
    said += [f"{len(waiting)} waiting"] if waiting else []
    running = "is watched" if watched else "is not watched now; foley watch goes on with what waits"
    head = f"{folder}: {', '.join(said) or 'nothing was dropped yet'}. It {running}"
    return [head, *(table(rows) if len(rows) > 1 else [])]
