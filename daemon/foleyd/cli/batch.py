"""``foley batch``: a cue sheet that names files, done once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable
from pathlib import Path
from textwrap import shorten
from typing import TYPE_CHECKING, Annotated

import typer

from foleyd.cli import options as o
from foleyd.cli.exits import CANCELLED
from foleyd.cli.watch import HowInFolder
from foleyd.cli.watching import REASON_WIDTH
from foleyd.config import find_folders, load_settings
from foleyd.request import TARGETS

if TYPE_CHECKING:
    from foleyd.watch.shop import Shop, Tell
    from foleyd.watch.work import Outcome

_JOBS = 4
_NAME_WIDTH = 40


@o.grouped
def batch(
    *,
    sheet: Annotated[
        Path, typer.Argument(metavar="SHEET", help="A cue sheet with a column File: .csv, .tsv or .toml.")
    ],
    folder: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="DIR", help="Folder for the results; else SHEET's name.foley."
        ),
    ] = None,
    wanted: o.Wanted,
    how: HowInFolder,
    sources: o.Sources,
    target: o.Target = "generic",
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=32, help="Files under way at once.")] = _JOBS,
    no_mix: Annotated[bool, typer.Option("--no-mix", help="Write no audition mix.")] = False,
    again: Annotated[
        bool, typer.Option("--again", help="Do again what is partly done, or has lost its results.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print lines of JSON.")] = False,
) -> int:
    """Makes the sound of all files that a cue sheet names, each into a folder of its own.

    What is done is not done again: after a fault, give the same command again.
    """
    from foleyd.cli.requests import absolute
    from foleyd.cli.show import print_lines, table
    from foleyd.cli.watch import exit_of, rules_of
    from foleyd.watch.batch import by_file, give, run_batch
    from foleyd.watch.places import Places
    from foleyd.watch.records import Book
    from foleyd.watch.shop import Shop

    shape = o.choice(target, TARGETS, "--target")
    path = absolute(sheet)
    files = by_file(path)
    own = absolute(folder) if folder is not None else path.parent / f"{path.stem}.foley"
    places, home = Places(path.parent, own), find_folders()
    places.make()
    rules = rules_of(wanted, how, sources, shape, mix=not no_mix)
    settings = load_settings(home)
    shop = Shop(places, Book(places.state), home, settings, rules, print, once=True, watched=False)
    names = give(shop, path, files)
    shop.tell, ended, close = _tellers(shop, names, as_json=as_json)
    before = {number: signal.signal(number, lambda *_: shop.leave()) for number in _signals()}
    try:
        outcomes = run_batch(shop, names, jobs, ended, again=again)
    finally:
        close()
        for number, handler in before.items():
            signal.signal(number, handler)
    if not as_json:
        rows = [_row(shop, name, outcomes.get(name)) for name in names]
        print_lines(table([["file", "cues", "state", "result"], *rows]))
    if shop.stop.is_set():
        print("what was at work goes on in the daemon; the same command again takes it up", file=sys.stderr)
        return CANCELLED
    return exit_of(outcomes.values(), 0)


def _tellers(
    shop: Shop, names: list[str], *, as_json: bool
) -> tuple[Tell, Callable[[str, Outcome], None], Callable[[], None]]:
    """Who is told of news, of the end of each file, and that nothing follows: a table on a terminal, else
    lines."""
    from foleyd.cli.batch_table import Row, TableTeller
    from foleyd.cli.watching import open_teller

    if as_json or not sys.stdout.isatty():
        plain = open_teller(as_json=as_json)
        return plain, lambda *_: None, plain.close
    table = TableTeller({name: Row(_file(shop, name), len(shop.given[name][0].cues)) for name in names})

    def ended(name: str, outcome: Outcome) -> None:
        _, _, state, result = _row(shop, name, outcome)
        table.end(name, state, result)

    return table, ended, table.close


def _file(shop: Shop, name: str) -> str:
    """The file known as NAME as the sheet calls it."""
    return shop.given[name][0].cues[0].file or name


def _row(shop: Shop, name: str, outcome: Outcome | None) -> list[str]:
    from foleyd.watch.work import Outcome

    entry, (cues, _) = shop.book.get(name), shop.given[name]
    left = outcome in (None, Outcome.LEFT)
    state, result = ("not begun" if left else str(outcome)), ""
    if entry is not None:
        state = str(entry.state) if entry.state.finished else "at work"
        short = shorten(entry.message, REASON_WIDTH, placeholder=" …")
        result = str(shop.places.own / entry.results) if entry.state.good else short
        if entry.reason and entry.state.good:
            result += f" ({short})"
    return [_file(shop, name)[-_NAME_WIDTH:], str(len(cues.cues)), state, result]


def _signals() -> tuple[signal.Signals, ...]:
    return (signal.SIGINT, signal.SIGTERM)
