"""``foley watch``: what is dropped into a folder gets its sound beside it."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ClassVar

import typer

from foleyd.cli import options as o
from foleyd.cli.exits import CANCELLED, DONE, PARTLY, WRONG, InputError
from foleyd.config import find_folders, load_settings
from foleyd.request import TARGETS, Target

if TYPE_CHECKING:
    from foleyd.cli.watching import Teller
    from foleyd.watch.asking import Rules
    from foleyd.watch.shop import Shop
    from foleyd.watch.watcher import Watcher
    from foleyd.watch.work import Outcome

_REST = 2.0
_TOGETHER = 5.0
_EVERY = 5.0
_JOBS = 4

Folders = Annotated[
    list[Path], typer.Argument(metavar="FOLDER…", help="Folders that things are dropped into.")
]


class HowInFolder(o.How):
    """As :class:`How`, without asking for what is written in a folder anyway."""

    LEFT_OUT: ClassVar = ("mix", "cue_sheet")


@o.grouped
def watch(
    *,
    folders: Folders,
    wanted: o.Wanted,
    how: HowInFolder,
    sources: o.Sources,
    target: o.Target = "generic",
    once: Annotated[bool, typer.Option("--once", help="Do what is there, then end.")] = False,
    archive: Annotated[
        bool, typer.Option("--archive", help="Move what is done into FOLDER/foley/archive.")
    ] = False,
    poll: Annotated[bool, typer.Option("--poll", help="Look at intervals: for network shares.")] = False,
    every: Annotated[
        float, typer.Option("--every", metavar="SECONDS", min=0.1, max=3600, help="How often is looked.")
    ] = _EVERY,
    settle: Annotated[
        float,
        typer.Option(
            "--settle", metavar="SECONDS", min=0.1, max=3600, help="How long a file must lie still."
        ),
    ] = _REST,
    together: Annotated[
        float,
        typer.Option(
            "--together",
            metavar="SECONDS",
            min=0,
            max=3600,
            help="How long a video waits for a timeline with it.",
        ),
    ] = _TOGETHER,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=32, help="Files under way at once.")] = _JOBS,
    no_mix: Annotated[bool, typer.Option("--no-mix", help="Write no audition mix.")] = False,
    status: Annotated[bool, typer.Option("--status", help="List what is done, waits and failed.")] = False,
    retry: Annotated[
        list[str] | None,
        typer.Option("--retry", metavar="NAME", help="Do a file again that failed, or lost its results."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print lines of JSON.")] = False,
) -> int:
    """Watches folders: what is dropped there gets its sound, in FOLDER/foley/NAME.

    A sidecar, a cue sheet, a timeline's markers, the folder's foley.toml or --prompt say what to make.
    """
    from foleyd.cli.requests import absolute

    shape = o.choice(target, TARGETS, "--target")
    places = list(dict.fromkeys(absolute(folder) for folder in folders))
    if status:
        return _status(places, as_json=as_json)
    if retry:
        return _retry(places, retry)
    check_apart(places)
    rules = rules_of(wanted, how, sources, shape, mix=not no_mix)
    from foleyd.cli.watching import open_teller

    teller = open_teller(as_json=as_json)
    try:
        shops = [_shop(folder, rules, teller, archive=archive, once=once) for folder in places]
        settings = {"rest": settle, "together": 0.0 if once else together, "every": every, "jobs": jobs}
        return _watch(shops, settings, teller, poll=poll, once=once)
    finally:
        teller.close()


def rules_of(wanted: o.Wanted, how: o.How, sources: o.Sources, target: Target, *, mix: bool) -> Rules:
    """What the command line says, where no file says otherwise."""
    from foleyd.cuesheet.schema import FolderSettings
    from foleyd.watch.asking import Rules

    typed = FolderSettings(
        prompt=wanted.prompts or None,
        negative=wanted.negative or None,
        layer=wanted.layer or None,
        takes=wanted.takes if wanted.takes > 1 else None,
        seed=wanted.seed,
        engine=how.engine or None,
        preset=how.preset or None,
        steps=how.steps or None,
        guidance=how.guidance or None,
        options=how.options or None,
        handles=how.handles,
        target=target if target != TARGETS[0] else None,
        naming=how.naming or None,
        loudness=how.loudness or None,
    )
    return Rules(
        typed=typed,
        formats=how.formats,
        preview=how.preview,
        picture=how.picture,
        mix=mix,
        media_roots=sources.media_roots,
        relinks=sources.relinks,
        edl_rate=sources.edl_rate,
    )


def exit_of(outcomes: Iterable[Outcome], left_over: int) -> int:
    """The exit code for what became of files: 2 where all failed, 4 where not all is whole."""
    from foleyd.watch.work import Outcome

    found = list(outcomes)
    failed = sum(outcome is Outcome.FAILED for outcome in found)
    good = sum(outcome in (Outcome.DONE, Outcome.PARTLY, Outcome.KNOWN) for outcome in found)
    if failed and not good and not left_over:
        return WRONG
    return PARTLY if failed or left_over or Outcome.PARTLY in found else DONE


def check_apart(folders: Sequence[Path]) -> None:
    """Raises InputError for one of FOLDERS that results lie in."""
    from foleyd.watch.places import is_ours

    for folder in folders:
        if is_ours(folder):
            raise InputError(f"{folder} is where foley watch puts results; name the folder above it")


def _shop(folder: Path, rules: Rules, teller: Teller, *, archive: bool, once: bool) -> Shop:
    from foleyd.watch.places import Places
    from foleyd.watch.records import Book
    from foleyd.watch.shop import Shop

    own = find_folders()
    places = Places.of(folder)
    places.make()
    return Shop(
        places, Book(places.state), own, load_settings(own), rules, teller, archive=archive, once=once
    )


def _watch(
    shops: Sequence[Shop], settings: dict[str, float], teller: Teller, *, poll: bool, once: bool
) -> int:
    from foleyd.watch.overview import overview
    from foleyd.watch.shop import News
    from foleyd.watch.watcher import Watcher

    watchers = [
        Watcher(
            shop,
            rest=settings["rest"],
            together=settings["together"],
            every=settings["every"],
            jobs=int(settings["jobs"]),
            poll=poll,
        )
        for shop in shops
    ]
    with ExitStack() as stack:
        for watcher in watchers:
            watcher.open()
            stack.callback(watcher.close)
        if not once:
            for shop in shops:
                folder = shop.places.source
                there = len(overview(folder).waiting)
                found = f" ({there} file{'s' * (there != 1)} there to begin with)" if there else ""
                teller(News("watching", text=f"watching {folder}{found}; Ctrl-C ends it", folder=str(folder)))
        stopped = _run(watchers, once=once)
        left = [name for watcher in watchers for name in watcher.close()]
    if left:
        names = ", ".join(left[:5]) + (" …" if len(left) > 5 else "")
        text = (
            f"{names}: the daemon goes on with {'it' if len(left) == 1 else 'them'}; foley watch puts the "
            "results into their place when it runs again"
        )
        teller(News("left", text=text))
    if not once:
        return DONE
    for watcher in watchers:
        for name, why in watcher.waiting.items():
            teller(News("left", name, f"{name}: left as it is, for {why}"))
    outcomes = [outcome for watcher in watchers for outcome in watcher.last_outcomes().values()]
    return CANCELLED if stopped else exit_of(outcomes, sum(watcher.left_over() for watcher in watchers))


def _run(watchers: Sequence[Watcher], *, once: bool) -> bool:
    """Runs all WATCHERS, to their end or until somebody ends it; whether somebody did."""
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in _signals()}
    problems: list[BaseException] = []

    def work(watcher: Watcher) -> None:
        try:
            if once:
                watcher.run_once()
            else:
                watcher.run()
        except BaseException as error:
            problems.append(error)
            stop.set()

    threads = [threading.Thread(target=work, args=(watcher,), daemon=True) for watcher in watchers]
    try:
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads) and not stop.wait(0.1):
            pass
        for watcher in watchers:
            watcher.end()
        for thread in threads:
            thread.join()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if problems:
        raise problems[0]
    return stop.is_set()


def _signals() -> tuple[signal.Signals, ...]:
    return (signal.SIGINT, signal.SIGTERM)


def _status(folders: Sequence[Path], *, as_json: bool) -> int:
    from foleyd.cli.show import print_lines
    from foleyd.cli.watching import status_json, status_lines
    from foleyd.watch.overview import overview

    for folder in folders:
        seen = overview(folder)
        if as_json:
            print(json.dumps(status_json(folder, seen.entries, seen.waiting)))
        else:
            print_lines(status_lines(folder, seen.entries, seen.waiting, watched=seen.watched))
    return DONE


def _retry(folders: Sequence[Path], names: Sequence[str]) -> int:
    from foleyd.watch.overview import overview, retry

    for folder in folders:
        for name in names:
            retry(folder, name)
        running = overview(folder).watched
        said = "is tried again" if running else "is tried again when foley watch runs"
        for name in names:
            print(f"{name} {said}")
    return DONE
