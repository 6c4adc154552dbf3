"""How a file's turn ends: results in their place, or a report on what failed."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from enum import StrEnum
from pathlib import Path

from foleyd.errors import Failure, FoleyError, failure_of
from foleyd.refused import RequestRefused
from foleyd.v1 import foleyd_pb2 as pb
from foleyd.watch import placing
from foleyd.watch.asking import Interrupted, content_of
from foleyd.watch.errors import SourceGone
from foleyd.watch.kinds import SHEET_SUFFIX, SIDECAR_SUFFIX, alike, is_wanted
from foleyd.watch.pointing import Move, belongs
from foleyd.watch.records import Entry, State
from foleyd.watch.report import Story
from foleyd.watch.shop import News, Shop, look, sides_at, stamp_at

_NO_PICTURE = "NO_PICTURE"


class Outcome(StrEnum):
    """How a file's turn ended."""

    DONE = "done"
    PARTLY = "partly done"
    FAILED = "failed"
    KNOWN = "known"
    GONE = "gone"
    LEFT = "left"
    """To the daemon, as the watch ends."""
    UNSETTLED = "unsettled"
    """It changed while it was looked at."""


class Changed(Exception):
    """The file is another than the one that the work was begun for."""


class Left(Exception):
    """The watch ends; the job goes on."""


def dress(shop: Shop, entry: Entry, request: pb.GenerateRequest, result: pb.Result, seconds: float) -> None:
    """Makes the results ready for their place, which is chosen here, and writes down that they are."""
    making = shop.places.making(entry.token)
    path = shop.path(entry.name)
    if not path.exists() and not _follow_file(shop, entry):
        entry.notes += (f"{entry.name} was removed while its sound was made",)
    path = shop.path(entry.name)
    _check_unchanged(shop, entry, path)
    earlier = entry.results
    results = shop.places.free(entry.name)
    entry.archived = ""
    if shop.archive and path.exists():
        entry.archived = shop.places.free(entry.name, shop.places.archive).name
    moves: list[Move] = [(making, results)]
    asked = _asked_path(request)
    final = shop.places.archive / entry.archived if entry.archived else path
    if asked is not None and asked != final:
        moves.append((asked, final))
    files = placing.dress(path, moves, result)
    lines = _lines_of(entry, request, result)
    story = Story(
        name=entry.name,
        folder=shop.places.source,
        where=entry.origin,
        notes=entry.notes,
        files=files,
        earlier=earlier if earlier and (shop.places.own / earlier).is_dir() else "",
        job=entry.job,
        watched=shop.watched,
        hidden=str(making),
        lines=lines,
    )
    placing.tell(making, story, result, seconds)
    entry.files = placing.files_of(making)
    entry.results, entry.state = results.name, State.PLACING
    entry.reason = "PARTLY_DONE" if result.failed_cues or result.missing_media else ""
    entry.message = _partly(result, lines)
    shop.book.save(entry)


def _asked_path(request: pb.GenerateRequest | None) -> Path | None:
    """Where REQUEST looks for the video; None where there is none, or it is of a timeline."""
    if request is None or not request.selection.HasField("program"):
        return None
    return Path(request.selection.program.shots[0].media.path)


def _check_unchanged(shop: Shop, entry: Entry, path: Path) -> None:
    """Raises Changed where the file at PATH holds something else than when the work was begun."""
    stamp = stamp_at(path) if entry.name not in shop.given else None
    if stamp is None or stamp == entry.stamp:
        return
    try:
        content = content_of(path, shop.stop.is_set)
    except Interrupted as error:
        raise Left from error
    if content != entry.content:
        raise Changed
    entry.stamp = stamp


def _lines_of(entry: Entry, request: pb.GenerateRequest, result: pb.Result) -> dict[str, str]:
    """Where in a sheet the cues of RESULT stand, by their ids."""
    asked = request.cues.cues
    if len(asked) != len(entry.lines):
        return {}
    by_cue = {_traits(cue): line for cue, line in zip(asked, entry.lines, strict=True)}
    return {cue.id: by_cue[_traits(cue)] for cue in result.cues if _traits(cue) in by_cue}


def _traits(cue: pb.Cue) -> tuple[int, int, str, str]:
    """What a cue keeps from request to result, where it may get an id and another place among the others."""
    return cue.range.start_frame, cue.range.end_frame, cue.layer, " ".join(cue.prompt.split())


def _partly(result: pb.Result, lines: Mapping[str, str]) -> str:
    if result.failed_cues:
        first = result.failed_cues[0]
        where = f"{lines[first.cue_id]}: " if first.cue_id in lines else ""
        why = RequestRefused(first.status).failure.message
        return f"{len(result.failed_cues)} of {len(result.cues)} cues failed: {where}{why}"
    return f"media are missing: {result.missing_media[0].what}" if result.missing_media else ""


def place(shop: Shop, entry: Entry) -> bool:
    """Names the results, and does what follows; whether they are there. Takes up where it was cut off."""
    making, results = shop.places.making(entry.token), shop.places.own / entry.results
    if making.is_dir() and not results.exists():
        placing.name_results(making, results)
    elif making.is_dir() or not results.is_dir():
        entry.state = State.WORKING  # somebody has taken the name, or the results
        return False
    if entry.archived:
        _put_away(shop, entry, shop.places.archive / entry.archived)
    _tell_where(shop, entry, results)
    placing.withdraw_failure(shop.places, entry.name)
    entry.state = State.PARTLY if entry.reason else State.DONE
    entry.reported = False
    shop.book.save(entry)
    shop.book.drop_request(entry)
    shop.tell(
        News(
            "done",
            entry.name,
            f"{entry.name}: {entry.state}, in {shop.places.own.name}/{results.name}"
            + (f" ({entry.message})" if entry.message else ""),
            1.0,
            job=entry.job,
            results=str(results),
        )
    )
    return True


def _put_away(shop: Shop, entry: Entry, archived: Path) -> None:
    """Moves ENTRY's file to ARCHIVED, and what speaks of it alone into the archive, too. Raises OSError."""
    put = [(shop.path(entry.name), archived)]
    put += [
        (side, shop.places.free(side.name, shop.places.archive))
        for side in sides_at(shop, entry.name).paths
        if not _speaks_of_others(shop, entry, side.name)
    ]
    placing.put_away(put)


def put_away_again(shop: Shop, entry: Entry) -> str:
    """Moves ENTRY's file, which was done before and dropped again, into the archive; says what became of it.

    To where its results look for it, if it is there no longer. Where they were made without an archive they
    look for it in the folder, and there it stays.
    """
    if not entry.archived:
        return "it stays in the folder, since its results point at it"
    archived = shop.places.archive / entry.archived
    if os.path.lexists(archived):
        archived = shop.places.free(entry.name, shop.places.archive)
    where = f"{shop.places.own.name}/{shop.places.archive.name}"
    try:
        _put_away(shop, entry, archived)
    except OSError as error:
        return f"it cannot be moved to {where} ({error.strerror})"
    return f"it was moved to {where}/{archived.name}"


def _speaks_of_others(shop: Shop, entry: Entry, side: str) -> bool:
    """Whether SIDE, which speaks of ENTRY's file, speaks of one besides that is still in the folder, and is
    not left to a timeline."""
    base = alike(side).removesuffix(SHEET_SUFFIX).removesuffix(SIDECAR_SUFFIX)
    uses = {alike(use) for known in shop.book for use in known.uses}
    return any(
        base in (alike(name), alike(Path(name).stem)) and not belongs(name, uses) and shop.path(name).exists()
        for name in shop.listed
        if name != entry.name and is_wanted(name)
    )


def _tell_where(shop: Shop, entry: Entry, results: Path) -> None:
    """Tells the daemon where the results of ENTRY's job are now: ``foley remove`` is to find them.

    Those alone that were made: somebody may have put something of their own beside them already.
    """
    if shop.stop.is_set():
        return
    paths = [results / name for name in entry.files]
    there = [str(path) for path in paths if path.is_file() and not path.is_symlink()]
    # A daemon that cannot be had, or has forgotten the job, keeps nobody from their results.
    with suppress(FoleyError), shop.connection() as daemon:
        daemon.move_job_files(entry.job, there)


def failed(shop: Shop, entry: Entry, error: FoleyError) -> Outcome | None:
    """Fails ENTRY for ERROR; None where the file has only been renamed, and is to be tried anew."""
    path = shop.path(entry.name)
    asked = _asked_path(shop.book.request(entry))
    if (
        asked is not None and asked != path and path.exists() and not asked.exists()
    ):  # its new name was noticed already
        return None
    if not path.exists():
        if _follow_file(shop, entry):
            return None
        error = SourceGone(
            f"{entry.name} was removed before its sound was made; put it back, and it is tried again"
        )
    return fail(shop, entry, failure_of(error))


def _follow_file(shop: Shop, entry: Entry) -> bool:
    """Whether ENTRY's file lies in the folder under another name; the entry then bears that."""
    if entry.name in shop.given:
        return False
    with suppress(OSError):
        for name, stamp in look(shop.places.source).items():
            if stamp == entry.stamp and name != entry.name and shop.book.get(name) is None:
                shop.tell(News("renamed", name, f"{entry.name} is called {name} now"))
                shop.book.rename(entry, name)
                return True
    return shop.path(entry.name).exists()


def fail(shop: Shop, entry: Entry, failure: Failure) -> Outcome:
    """ENTRY's work ends with FAILURE, and a report on it."""
    shop.places.discard(entry.token)
    shop.book.drop_request(entry)
    # Where it was made is nothing to look for: it is gone.
    hidden = str(shop.places.making(entry.token))
    failure = replace(failure, message=failure.message.replace(hidden, str(shop.places.own)))
    if failure.reason == _NO_PICTURE and failure.fix:  # which is an option of other commands
        words = f"{entry.name} has no picture, only sound; export it with its video tracks"
        failure = replace(failure, message=words, fix="")
    entry.state, entry.reason, entry.message = State.FAILED, failure.reason, failure.message
    story = Story(
        name=entry.name,
        folder=shop.places.source,
        where=entry.origin,
        notes=entry.notes,
        job=entry.job,
        watched=shop.watched,
    )
    entry.reported = placing.report_failure(shop.places, story, failure)
    shop.book.save(entry)
    text = f"{entry.name}: failed: {failure.message}"
    shop.tell(News("failed", entry.name, text, job=entry.job, results=str(shop.places.failure(entry.name))))
    return Outcome.FAILED
