"""Having the sound of one file made: asked of the daemon exactly once, followed, and waited for."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from google.rpc import error_details_pb2

from foleyd.brief import STAGE_WORDS
from foleyd.client import Daemon, DaemonUnavailable
from foleyd.errors import CancelledWork, FailedWork, FoleyError, failure_of, failure_or_defect
from foleyd.refused import RequestRefused
from foleyd.v1 import foleyd_pb2 as pb
from foleyd.watch import placing
from foleyd.watch.asking import Matter, ask_for, folder_settings, sheet_of
from foleyd.watch.endings import Changed, Left, Outcome, dress, fail, failed, place
from foleyd.watch.errors import SourceGone
from foleyd.watch.kinds import SETTINGS_FILE, is_timeline
from foleyd.watch.locating import located
from foleyd.watch.pointing import pointed_at
from foleyd.watch.records import Entry, State
from foleyd.watch.shop import News, Shop, sides_at

_RETRY_SECONDS = 5.0
_LONGEST_RETRY = 60.0
_TRIES_ONCE = 3
_MOST_REPEATS = 3


class _Repeat(Exception):
    """The request must be made anew: what the daemon knows under its id is of no use."""


def carry_out(shop: Shop, entry: Entry) -> Outcome:
    """Has ENTRY's sound made, from wherever it stands, and puts it into its place."""
    tries = _Tries()
    while True:
        try:
            return _attempt(shop, entry)
        except Left:
            return Outcome.LEFT
        except Changed:
            return Outcome.UNSETTLED
        except Exception as error:
            try:
                outcome = _after(shop, entry, error, tries)
            except Left:
                return Outcome.LEFT
            if outcome is not None:
                return outcome


@dataclass(slots=True)
class _Tries:
    """How often it was WAITED for the daemon, and how often work was begun ANEW."""

    waited: int = 0
    anew: int = 0


def _after(shop: Shop, entry: Entry, error: Exception, tries: _Tries) -> Outcome | None:
    """What follows from ERROR: an end, or, for None, another attempt."""
    if isinstance(error, _Repeat):
        tries.anew += 1
        if tries.anew <= _MOST_REPEATS:
            _again(shop, entry)
            return None
        words = f"the results for {entry.name} vanish before they are whole; find out what deletes them"
        return fail(shop, entry, failure_of(SourceGone(words)))
    wait = _wait_of(error)
    patient = not (shop.once and isinstance(error, DaemonUnavailable) and tries.waited >= _TRIES_ONCE)
    if wait is not None and patient:
        tries.waited += 1
        _pause(shop, min(wait * tries.waited, _LONGEST_RETRY), f"{entry.name} waits: {error}", entry)
        return None
    if isinstance(error, OSError):
        error = placing.explained(shop.places.making(entry.token), error)
    if isinstance(error, FoleyError):
        error = located(error, _said_in(shop, entry), entry.origin, entry.lines)
        outcome = failed(shop, entry, error)
        if outcome is None:
            _again(shop, entry)
        return outcome
    return fail(shop, entry, failure_or_defect(error))


def _said_in(shop: Shop, entry: Entry) -> list[Path]:
    """The TOML files that say what is asked for ENTRY's file, the nearest first."""
    given = shop.given.get(entry.name)
    if given is not None:
        source = given[0].source
        return [source] if source is not None and source.suffix.casefold() == ".toml" else []
    sidecar = sides_at(shop, entry.name).sidecar
    return [*([sidecar] if sidecar is not None else []), shop.places.source / SETTINGS_FILE]


def _attempt(shop: Shop, entry: Entry) -> Outcome:
    """One attempt to have the sound of ENTRY's file made."""
    if entry.state is not State.PLACING or not place(shop, entry):
        began = time.time()
        with _connection(shop) as daemon:
            request = shop.book.request(entry) or _ask(shop, daemon, entry)
            result = _follow(shop, daemon, entry, request)
        if not placing.is_whole(result):
            raise _Repeat
        dress(shop, entry, request, result, time.time() - began)
        if not place(shop, entry):
            raise _Repeat
    return Outcome.PARTLY if entry.reason else Outcome.DONE


def _again(shop: Shop, entry: Entry) -> None:
    """Other work than before, for the same file."""
    forget_job(shop, entry)
    entry.attempt += 1
    entry.state, entry.job = State.WORKING, ""
    name_work(shop, entry)


def name_work(shop: Shop, entry: Entry) -> None:
    """Gives what is to be done for ENTRY its own name, the same after a restart, and writes it down."""
    words = (shop.book.identity, entry.name, entry.content, entry.asked, str(entry.attempt))
    entry.token = hashlib.blake2b("\0".join(words).encode(), digest_size=8).hexdigest()
    shop.book.save(entry)


def forget_job(shop: Shop, entry: Entry) -> None:
    """Drops what was under way for what ENTRY's file was before."""
    shop.book.drop_request(entry)
    if entry.token and not entry.state.finished:
        shop.places.discard(entry.token)


@contextmanager
def _connection(shop: Shop) -> Iterator[Daemon]:
    if shop.stop.is_set():
        raise Left
    with shop.connection() as daemon:
        yield daemon


def _wait_of(error: Exception) -> float | None:
    """Seconds after which it is worth asking again; None where it is not."""
    if isinstance(error, DaemonUnavailable):
        return _RETRY_SECONDS
    if not isinstance(error, RequestRefused):
        return None
    if error.failure.code == "RESOURCE_EXHAUSTED":
        for detail in error.status.details:
            info = error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                return float(info.retry_delay.ToTimedelta().total_seconds()) or _RETRY_SECONDS
    return _RETRY_SECONDS if error.failure.code == "UNAVAILABLE" else None


def _pause(shop: Shop, seconds: float, text: str, entry: Entry) -> None:
    shop.tell(News("waiting", entry.name, text, job=entry.job))
    if shop.stop.wait(seconds):
        raise Left


def _ask(shop: Shop, daemon: Daemon, entry: Entry) -> pb.GenerateRequest:
    """What is to be asked for ENTRY, written down before it is."""
    making = shop.places.making(entry.token)
    making.mkdir(exist_ok=True)
    path = shop.path(entry.name)
    given = shop.given.get(entry.name)
    sides = sides_at(shop, entry.name)
    sheet, where = given or sheet_of(sides)
    entry.origin = where
    if sides.sheet is not None and where != sides.sheet.name:
        entry.notes += (f"{sides.sheet.name} was not read, since {where} says what to make",)
    folder = folder_settings(shop.places.source) if given is None else None
    there = tuple(shop.listed)
    asked = ask_for(daemon, Matter(path, making, sheet, where, folder, shop.rules, there))
    request = asked.request
    if is_timeline(entry.name) and given is None:
        otio = request.selection.otio
        pointed = pointed_at(otio.json, Path(otio.base_folder), shop.places.source)
        entry.uses = pointed.names
        entry.lacking = tuple(name for name in pointed.names if not shop.video(name))
        found = dict.fromkeys(filter(None, map(shop.video, pointed.names)))
        asked_alone = [other.name for other in shop.book if other.state.good and other.name in found]
        entry.notes += tuple(f"{name} had been done alone before" for name in sorted(asked_alone))
        covered = [name for name in found if name not in asked_alone]
        if covered:
            entry.notes += (f"not done alone, since this timeline refers to it: {', '.join(covered)}",)
    entry.origin, entry.lines = asked.where, asked.lines
    entry.notes = tuple(dict.fromkeys((*entry.notes, *asked.notes)))
    text = request.SerializeToString(deterministic=True)
    identity = hashlib.blake2b(f"{entry.token} {entry.content}".encode() + text, digest_size=20)
    request.request_id = f"watch-{identity.hexdigest()}"
    shop.book.keep_request(entry, request)
    shop.book.save(entry)
    return request


def _follow(shop: Shop, daemon: Daemon, entry: Entry, request: pb.GenerateRequest) -> pb.Result:
    """The result of the job. Raises RequestRefused and CancelledWork where it has none."""
    told = -1.0
    try:
        for event in daemon.generate(request):
            if shop.stop.is_set():
                raise Left
            if entry.job != event.job_id:
                entry.job = event.job_id
                shop.book.save(entry)
                shop.tell(
                    News("started", entry.name, f"{entry.name}: at work, by {entry.origin}", job=entry.job)
                )
            match event.WhichOneof("event"):
                case "stage" if event.stage.fraction >= told + 0.01:
                    told = event.stage.fraction
                    words = event.stage.words or STAGE_WORDS.get(event.stage.name, event.stage.name)
                    shop.tell(News("progress", entry.name, words, told, job=entry.job))
                case "done":
                    return event.done
                case "failed":
                    raise FailedWork(RequestRefused(event.failed).failure)
                case "cancelled":
                    raise CancelledWork(f"its job {event.job_id} was cancelled; foley cancel does that")
    except RequestRefused as error:
        if shop.stop.is_set():
            raise Left from error
        if error.failure.reason in ("REQUEST_ID_TAKEN", "JOB_UNKNOWN"):
            raise _Repeat from error
        raise
    raise AssertionError("a job's stream ends with a terminal event")
