"""The turn of one dropped file: what it is, whether it is known already, and what is to be done with it."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from msgspec.structs import replace

from foleyd.errors import Failure
from foleyd.watch.asking import Interrupted, Sides, content_of, folder_digest
from foleyd.watch.endings import Outcome, fail, put_away_again
from foleyd.watch.making import carry_out, forget_job, name_work
from foleyd.watch.records import Entry, Stamp, State
from foleyd.watch.report import retry_command
from foleyd.watch.shop import News, Shop, sides_at, stamp_at

__all__ = ["Outcome", "resume", "turn"]


def turn(shop: Shop, name: str) -> Outcome:
    """The file called NAME has its turn. Raises nothing that is understood."""
    path = shop.path(name)
    try:
        before = Stamp.of(path.stat())
        content = content_of(path, shop.stop.is_set)
        if Stamp.of(path.stat()) != before:
            return Outcome.UNSETTLED
        sides = sides_at(shop, name)
        entry = _entry(shop, name, _Facts(content, before, _asked(shop, name, sides), sides.stamps))
    except FileNotFoundError:
        return Outcome.GONE
    except Interrupted:
        return Outcome.LEFT
    except OSError as error:
        return _unreadable(shop, name, error)
    return Outcome.KNOWN if entry is None else _claimed(shop, entry)


def resume(shop: Shop, name: str) -> Outcome:
    """Goes on with what was begun for the file called NAME, which is there no longer."""
    entry = shop.book.get(name)
    if entry is None or entry.state.finished:
        return Outcome.KNOWN
    return _claimed(shop, entry)


def _claimed(shop: Shop, entry: Entry) -> Outcome:
    if not shop.claim(entry):
        return Outcome.KNOWN
    try:
        return carry_out(shop, entry)
    finally:
        shop.release(entry)


def _unreadable(shop: Shop, name: str, error: OSError) -> Outcome:
    path = shop.path(name)
    entry = shop.book.get(name) or Entry(name=name, content="", stamp=Stamp(0, 0, 0))
    entry.stamp, entry.seen = stamp_at(path) or entry.stamp, sides_at(shop, name).stamps
    entry.folder = folder_digest(shop.places.source, shop.rules)
    words = f"{path} cannot be read ({error.strerror}); give permission and try again, or copy it again"
    return fail(shop, entry, Failure("INVALID_ARGUMENT", "MEDIA_UNREADABLE", words))


def _asked(shop: Shop, name: str, sides: Sides) -> str:
    """The hash of what is asked for this file alone."""
    if name in shop.given:
        sheet, where = shop.given[name]
        # Where in its file something stands is of no matter.
        plain = replace(sheet, source=None, cues=tuple(replace(cue, places={}) for cue in sheet.cues))
        return hashlib.blake2b(repr((plain, where)).encode(), digest_size=12).hexdigest()
    return sides.digest()


class _Facts(NamedTuple):
    """A file as it is: hash of its content, its stamp, hash of what is asked, stamps of its sidecars."""

    content: str
    stamp: Stamp
    asked: str
    seen: tuple[Stamp, ...]


def _entry(shop: Shop, name: str, facts: _Facts) -> Entry | None:
    """The entry to work on for the file called NAME; None where nothing is to be done."""
    book = shop.book
    entry = book.get(name)
    if entry is None:
        entry = _renamed(shop, name, facts)
        if entry is not None:
            book.rename(entry, name)
    same = entry is not None and (entry.content, entry.asked) == (facts.content, facts.asked)
    again = _is_asked_again(shop, name) or (entry is not None and _has_more_media(shop, entry))
    if entry is not None and same and not (again or entry.state is State.FAILED):
        # A disk that is mounted anew may number all its files anew: nobody has dropped those.
        dropped = entry.stamp.plain != facts.stamp.plain
        entry.stamp, entry.seen = facts.stamp, facts.seen
        book.save(entry)
        # What was moved to the archive lies in the folder only if somebody has dropped it again.
        if (dropped or (shop.archive and entry.archived)) and entry.state.good and shop.watched:
            _tell_known(shop, entry)
        return None if entry.state.good else entry
    if entry is None:
        entry = Entry(name=name, content=facts.content, stamp=facts.stamp)
    else:
        # Changed, or tried again: other work than before.
        forget_job(shop, entry)
        entry.attempt += 1
    entry.content, entry.stamp, entry.asked, entry.seen = facts
    entry.folder = folder_digest(shop.places.source, shop.rules)
    entry.state, entry.job, entry.reason, entry.message = State.WORKING, "", "", ""
    entry.notes, entry.origin, entry.lines, entry.files = (), "", (), ()
    name_work(shop, entry)
    return entry


def _tell_known(shop: Shop, entry: Entry) -> None:
    """Says where the results of ENTRY are, and archives its file where that is to be done."""
    results = shop.places.own / entry.results
    text = f"{entry.name}: was done before, in {shop.places.own.name}/{entry.results}"
    if not results.is_dir():
        text += f", which is gone; {retry_command(entry.name, shop.places.source)} makes it anew"
    elif shop.archive:
        text += f"; {put_away_again(shop, entry)}"
    shop.tell(News("known", entry.name, text, job=entry.job, results=str(results)))


def _is_asked_again(shop: Shop, name: str) -> bool:
    """Whether somebody wants NAME tried again, which is then taken note of."""
    mark = shop.places.ask_again(name)
    try:
        mark.unlink()
    except OSError:
        return False
    return True


def _has_more_media(shop: Shop, entry: Entry) -> bool:
    """Whether media that a timeline lacked have come since, and were what it failed for, if only partly."""
    return entry.state in (State.FAILED, State.PARTLY) and any(shop.video(media) for media in entry.lacking)


def _renamed(shop: Shop, name: str, facts: _Facts) -> Entry | None:
    """The entry of a file of the same content as NAME's that is no longer there under its own name, if any.

    A file that is asked for otherwise than that one was is another.
    """
    for entry in shop.book.of_content(facts.content):
        if entry.name == name or shop.path(entry.name).exists() or entry.name in shop.given:
            continue
        if facts.asked in (entry.asked, ""):
            entry.asked = facts.asked
            shop.tell(News("renamed", name, f"{entry.name} is called {name} now"))
            return entry
    return None
