"""A cue sheet that names files: each is done once, as if it had been dropped into the sheet's folder."""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import ExitStack
from pathlib import Path

from msgspec.structs import replace

from foleyd.cuesheet.errors import SheetError
from foleyd.cuesheet.read import read_sheet
from foleyd.cuesheet.schema import Sidecar
from foleyd.errors import Failure
from foleyd.locks import lock_file
from foleyd.watch.endings import fail
from foleyd.watch.errors import WatchedAlready
from foleyd.watch.kinds import is_wanted
from foleyd.watch.places import RESERVED
from foleyd.watch.records import Entry, Stamp, State
from foleyd.watch.shop import Shop
from foleyd.watch.work import Outcome, resume, turn


def by_file(path: Path) -> dict[Path, Sidecar]:
    """The cues of the sheet at PATH, file by file, in its order. Relative names start from its folder.

    Raises SheetError for a cue without a file, and for what is neither a video nor a timeline.
    """
    sheet = read_sheet(path)
    found: dict[Path, list[int]] = {}
    for number, cue in enumerate(sheet.cues):
        place = cue.places.get("file") or cue.places.get("")
        if not cue.file:
            raise SheetError(path, "this cue names no file; add a column File (in TOML file = …)", place)
        file = _named(path.parent, cue.file)
        if not is_wanted(file.name):
            raise SheetError(path, f"{cue.file} is neither a video nor a timeline that foley takes", place)
        found.setdefault(file, []).append(number)
    if not found:
        raise SheetError(path, "there is no cue in it; add one under a line [[cues]]")
    return {
        file: replace(sheet, cues=tuple(sheet.cues[number] for number in numbers))
        for file, numbers in found.items()
    }


def _named(folder: Path, name: str) -> Path:
    """The file that a sheet in FOLDER calls NAME: also where it was written on another system, which has
    backslashes or puts accents together otherwise."""
    slashed = name.replace("\\", "/")
    ways = (name, slashed, *(unicodedata.normalize(form, slashed) for form in ("NFC", "NFD")))
    paths = [Path(os.path.abspath(folder / way)) for way in ways]
    return next((path for path in paths if path.exists()), paths[0])


def give(shop: Shop, sheet: Path, files: dict[Path, Sidecar]) -> list[str]:
    """Has SHOP do FILES, as SHEET asks; returns the names under which it knows them.

    Two files of one name in different folders are told apart by their folders' names.
    """
    names = []
    for file, cues in files.items():
        name, above = file.name, file.parent
        while name in shop.given or name.casefold() in RESERVED:
            name = f"{above.name or 'other'} {name}"
            above = above.parent
        shop.given[name] = (cues, sheet.name)
        shop.sources[name] = file
        names.append(name)
    return names


def run_batch(
    shop: Shop, names: list[str], jobs: int, on_end: Callable[[str, Outcome], None], *, again: bool = False
) -> dict[str, Outcome]:
    """Does all NAMES, JOBS at a time; ON_END is told of each. Raises WatchedAlready, FolderUnusable.

    AGAIN: also what is partly done, or has lost its results.
    """
    shop.places.make()
    with ExitStack() as stack:
        if not stack.enter_context(lock_file(shop.places.state / "lock")):
            raise WatchedAlready(f"{shop.places.own} is at work for another foley; wait until that is done")
        shop.book.open()
        shop.places.sweep(entry.token for entry in shop.book if not entry.state.finished)
        for name in names if again else ():
            _want_again(shop, name)
        with ThreadPoolExecutor(jobs, thread_name_prefix="batch") as pool:
            pending = {pool.submit(_one, shop, name): name for name in names}
            outcomes = {}
            for future in as_completed(pending):
                name = pending[future]
                outcomes[name] = future.result()
                on_end(name, outcomes[name])
    return outcomes


def _want_again(shop: Shop, name: str) -> None:
    entry = shop.book.get(name)
    if entry is None or not entry.state.good:
        return
    if entry.state is State.PARTLY or not (shop.places.own / entry.results).is_dir():
        shop.places.want_again(name)


def _one(shop: Shop, name: str) -> Outcome:
    if shop.stop.is_set():
        return Outcome.LEFT
    outcome, known = turn(shop, name), shop.book.get(name)
    if outcome is Outcome.KNOWN and known is not None and known.state is State.PARTLY:
        return Outcome.PARTLY
    if outcome is not Outcome.GONE:
        return outcome
    entry = known or Entry(name=name, content="", stamp=Stamp(0, 0, 0))
    if entry.content and not entry.state.finished:
        return resume(shop, name)  # it is followed to its end although its file is gone
    cues, sheet = shop.given[name]
    place = cues.cues[0].places.get("file")
    at = f"{sheet}, {place}" if place is not None else sheet
    words = f"{shop.path(name)} does not exist; correct its name in {at}"
    return fail(shop, entry, Failure("NOT_FOUND", "MEDIA_MISSING", words))
