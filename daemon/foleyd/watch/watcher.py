"""A folder that is watched: what is in it, what is ready to be begun, and who works on it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, suppress
from pathlib import Path

from foleyd.errors import FoleyError
from foleyd.interchange.kinds import BUNDLE_SUFFIX
from foleyd.interchange.reading import read_any
from foleyd.locks import lock_file
from foleyd.watch.asking import folder_digest, sides_of
from foleyd.watch.errors import FolderUnusable, WatchedAlready
from foleyd.watch.events import Events, network_kind
from foleyd.watch.kinds import alike, is_timeline, is_wanted
from foleyd.watch.pointing import Pointed, belongs, pointed_at
from foleyd.watch.records import Book, Entry, Stamp, State
from foleyd.watch.ripening import PATIENCE, Ripening
from foleyd.watch.shop import News, Shop, look
from foleyd.watch.work import Outcome, resume, turn

REST = 2.0
TOGETHER = 5.0
LOOK_EVERY = 5.0
JOBS = 4
_LONGEST_HOLD = 60.0
_SHORTEST_LOOK = 0.1
_ONCE_PATIENCE = 15.0
_NOT_ALONE = "it belongs to a timeline"


class Watcher:
    """Watches the folder of SHOP. REST is how long a file must lie still, TOGETHER how long a video waits for
    a timeline that refers to it, EVERY how often is looked; all in seconds. POLL: no events are asked for.
    """

    def __init__(
        self,
        shop: Shop,
        *,
        rest: float = REST,
        together: float = TOGETHER,
        every: float = LOOK_EVERY,
        poll: bool = False,
        jobs: int = JOBS,
    ) -> None:
        self._shop, self._together, self._every, self._poll, self._jobs = shop, together, every, poll, jobs
        self.bell = threading.Event()
        self._events = Events(self.bell)
        patience = PATIENCE if not shop.once else rest + _ONCE_PATIENCE / 3
        self._ripening = Ripening(shop.places.source, rest, self._events.is_open, patience)
        self._rest = rest
        self._working: dict[str, Future[Outcome]] = {}
        self._pointed: dict[str, tuple[Stamp, Pointed]] = {}
        self._stack = ExitStack()
        self._pool: ThreadPoolExecutor | None = None
        self._uses: set[str] = set()
        self._asked: set[str] = set()
        self._rules_now = ""
        self._taken = False
        self._unread = ""
        self._lost = False
        self._strange: set[str] = set()
        self._first: float | None = None
        self.outcomes: list[tuple[str, Outcome]] = []
        self.waiting: dict[str, str] = {}

    # ------------------------------------------------------------------------------ life and death

    def open(self) -> None:
        """Takes the folder for this process. Raises FolderUnusable, WatchedAlready."""
        self._take()
        self._pool = ThreadPoolExecutor(self._jobs, thread_name_prefix="watch")
        self._listen()

    def _take(self) -> None:
        places = self._shop.places
        places.make()
        try:
            free = self._stack.enter_context(lock_file(places.state / "lock"))
        except OSError as error:
            raise FolderUnusable(f"{places.state} cannot be written to ({error.strerror})") from error
        if not free:
            self._stack.close()
            raise WatchedAlready(f"{places.source} is watched already; stop the other foley watch first")
        self._taken = True
        self._shop.book.open()
        places.sweep(entry.token for entry in self._shop.book if not entry.state.finished)

    def _take_anew(self) -> None:
        """Our folder was removed, and all that was remembered with it: as if the watch had just begun."""
        if self._working:
            return
        self._taken = False
        self._stack.close()
        self._shop.book = Book(self._shop.places.state)
        try:
            self._take()
        except FolderUnusable as error:  # a full disk, say: other folders are watched on, and this one later
            self._wait_for(str(error))
            return
        folder = self._shop.places.own
        self._shop.tell(News("anew", text=f"{folder} was removed; all is begun anew", folder=str(folder)))

    def _listen(self) -> None:
        if self._poll:
            return
        why = network_kind(self._shop.places.source)
        if why:
            why = f"it lies on a network file system ({why})"
        else:
            refused = self._events.start(self._shop.places.source)
            if refused and not self._shop.places.source.is_dir():
                return  # it has just gone, and will be listened to when it is back
            why = f"the system takes no more ({refused})" if refused else ""
        if why:
            self._poll = True
            folder = self._shop.places.source
            self._shop.tell(
                News("polling", text=f"{folder}: no events of changes, for {why}; it is looked at every "
                     f"{self._every:g} s instead", folder=str(folder))
            )  # fmt: skip

    def close(self) -> list[str]:
        """Leaves what is under way to the daemon; returns the names of those files."""
        self._shop.stop.set()
        self._events.stop()
        left = sorted(self._working)
        while self._working:
            self._shop.leave()
            self._collect(wait=_SHORTEST_LOOK)
        if self._pool is not None:
            self._pool.shutdown()
        self._stack.close()
        return left

    # ------------------------------------------------------------------------------------- watching

    def run(self) -> None:
        """Watches until the shop's STOP is set."""
        while not self._shop.stop.is_set():
            began = time.monotonic()
            self.step(began)
            spent = time.monotonic() - began
            # A slow share is not to be looked at without end.
            self._sleep(max(_SHORTEST_LOOK, self._pace(), 5 * spent))

    def run_once(self) -> None:
        """Does what is there, and returns when nothing of it is left to do."""
        began = time.monotonic()
        while not self._shop.stop.is_set():
            now = time.monotonic()
            self.step(now)
            if not self._working and (not self.waiting or now - began > self._rest + _ONCE_PATIENCE):
                return
            self._sleep(_SHORTEST_LOOK)

    def _pace(self) -> float:
        """Seconds until the next look: soon while something ripens or works."""
        if self.waiting and not self._poll:
            return max(_SHORTEST_LOOK, min(self._rest / 2, self._every))
        return self._every if not self._working else min(self._every, 0.5)

    def _sleep(self, seconds: float) -> None:
        if self.bell.wait(seconds):
            self.bell.clear()
            # Events come in swarms.
            self._shop.stop.wait(_SHORTEST_LOOK)

    def step(self, now: float) -> None:
        """One look at the folder, at the moment NOW, and what follows from it."""
        self._collect()
        try:
            strange: set[str] = set()
            listed = look(self._shop.places.source, strange)
        except OSError as error:
            self._away(error)
            return
        self._leave(strange)
        if not self._poll and not self._events.hears(self._shop.places.source):
            self._events.stop()
            self._listen()
        self._shop.note(listed)
        self._asked, self._rules_now = self._shop.places.asked_again(), ""
        due = [name for name in listed if is_wanted(name) and self._is_due(name, listed)]
        # Not where nothing is: a share that is not mounted looks like that.
        if due and not (self._taken and self._shop.places.state.is_dir()):
            self._take_anew()
            return
        self._back()
        self._ripening.look(listed, self._events.take_closed(), due, now)
        self._read_timelines(due, listed)
        self._uses = self._used_names()
        self._unread = next((name for name in due if self._is_unread(name)), "")
        self.waiting = {}
        for name in sorted(due, key=lambda name: (not is_timeline(name), listed[name].mtime, name)):
            if name in self._working or self._ripening.is_foreign(name) or self._shop.is_claimed(name):
                continue
            why = self._why_not(name, now)
            if why == _NOT_ALONE:
                continue
            if why or len(self._working) >= self._jobs:
                self.waiting[name] = why or "its turn comes"
                continue
            self._begin(name, turn)
        self._resume_orphans(listed, now)

    def _resume_orphans(self, listed: dict[str, Stamp], now: float) -> None:
        """Goes on with work whose file is no longer there: it may be all but done, and in the archive."""
        self._first = now if self._first is None else self._first
        early = now - self._first < 2 * self._rest
        for entry in self._shop.book:
            name = entry.name
            if entry.state.finished or name in listed or name in self._working:
                continue
            if self._shop.is_claimed(name):
                continue
            if early or len(self._working) >= self._jobs:
                self.waiting[name] = "it is gone, or has another name"
            else:
                self._begin(name, resume)

    def _begin(self, name: str, work: Callable[[Shop, str], Outcome]) -> None:
        assert self._pool is not None
        future = self._pool.submit(work, self._shop, name)
        future.add_done_callback(lambda _: self.bell.set())
        self._working[name] = future

    def _collect(self, wait: float = 0.0) -> None:
        if wait:
            time.sleep(wait)
        for name, future in list(self._working.items()):
            if future.done():
                del self._working[name]
                outcome = future.result()
                if outcome is Outcome.UNSETTLED:
                    self._ripening.forget(name)
                self.outcomes.append((name, outcome))

    def _leave(self, strange: set[str]) -> None:
        """Says once of names that are no text that nothing can be done with them."""
        for name in strange - self._strange:
            shown = os.fsencode(name).decode("utf-8", "replace")
            words = f"{shown}: left as it is, for its name is not in UTF-8; rename it"
            self._shop.tell(News("left", shown, words))
        self._strange = strange

    def _away(self, error: OSError) -> None:
        self._wait_for(f"{self._shop.places.source} cannot be looked at ({error.strerror})")

    def _wait_for(self, why: str) -> None:
        if not self._lost:
            self._lost = True
            folder = str(self._shop.places.source)
            self._shop.tell(News("away", text=f"{why}; it is waited for", folder=folder))

    def _back(self) -> None:
        if self._lost:
            self._lost = False
            self._shop.tell(News("back", text=f"{self._shop.places.source} is there again"))

    # ------------------------------------------------------------------------------------- deciding

    def _is_due(self, name: str, listed: dict[str, Stamp]) -> bool:
        """Whether there is, or may be, something to do about NAME. A glance: only foley.toml is opened."""
        entry = self._shop.book.get(name)
        if (
            entry is None
            or entry.state in (State.WORKING, State.PLACING)
            or self._differ([entry.stamp], [listed[name]])
        ):
            return True
        if self._differ(
            entry.seen, sides_of(self._shop.places.source, name, listed.get, self._shop.sides).stamps
        ):
            return True
        if self._asked and self._shop.places.ask_again(name).name in self._asked:
            return True
        if entry.state is State.DONE:
            return False
        if any(map(self._shop.video, entry.lacking)):
            return True
        return entry.state is State.FAILED and self._is_worth_retrying(entry)

    def _differ(self, known: Sequence[Stamp], found: Sequence[Stamp]) -> bool:
        """Whether files are others than those KNOWN. Network shares may number theirs anew at each mount."""
        if not self._poll:
            return list(known) != list(found)
        return [stamp.plain for stamp in known] != [stamp.plain for stamp in found]

    def last_outcomes(self) -> dict[str, Outcome]:
        """How each file stood in the end."""
        return dict(self.outcomes)

    def left_over(self) -> int:
        """How many files are left as they are: those that wait, and those whose names are no text."""
        return len(self.waiting) + len(self._strange)

    def end(self) -> None:
        """Has :meth:`run` return soon."""
        self._shop.stop.set()
        self.bell.set()

    def _is_worth_retrying(self, entry: Entry) -> bool:
        if entry.reported and not self._shop.places.failure(entry.name).exists():
            return True
        self._rules_now = self._rules_now or folder_digest(self._shop.places.source, self._shop.rules)
        return entry.folder != self._rules_now

    def _why_not(self, name: str, now: float) -> str:
        """Why NAME is not begun now, in a clause; "" when it is."""
        ripe = self._ripening.ripe_since(name)
        if ripe is None:
            return self._ripening.why_not(name) or "it is still being copied"
        entry = self._shop.book.get(name)
        if entry is not None and not entry.state.finished:
            return ""
        if is_timeline(name):
            return self._lacks(name, ripe, now)
        if belongs(name, self._uses):
            return _NOT_ALONE
        if entry is None and now - ripe < self._together:
            return "a timeline that refers to it may come"
        held = self._unread and now - ripe < _LONGEST_HOLD
        return f"{self._unread} may refer to it" if held else ""

    def _is_unread(self, name: str) -> bool:
        """Whether NAME is a timeline that is not whole yet."""
        return is_timeline(name) and name not in self._pointed and not self._ripening.is_foreign(name)

    def _lacks(self, name: str, ripe: float, now: float) -> str:
        """What a timeline waits for: its own media that are still being copied into the folder."""
        _, pointed = self._pointed.get(name, (None, Pointed((), ())))
        missing = []
        for media in pointed.names:
            found = self._shop.video(media)
            if not found:
                missing.append(media)
            elif self._ripening.why_not(found):
                return f"its {found} is still being copied"
        return f"its {missing[0]} may come" if missing and now - ripe < self._together else ""

    def _used_names(self) -> set[str]:
        """Names of files that a timeline refers to which was dropped here."""
        used = {name for _, pointed in self._pointed.values() for name in pointed.names}
        return set(map(alike, used.union(*(entry.uses for entry in self._shop.book if entry.uses))))

    def _read_timelines(self, due: Iterable[str], listed: dict[str, Stamp]) -> None:
        """Finds out which files ripe timelines refer to, before any video is begun."""
        for gone in self._pointed.keys() - listed.keys():
            del self._pointed[gone]
        for name in due:
            if not is_timeline(name) or self._ripening.ripe_since(name) is None:
                continue
            known = self._pointed.get(name)
            if known is None or known[0] != listed[name]:
                self._pointed[name] = (listed[name], self._read(self._shop.path(name)))

    def _read(self, path: Path) -> Pointed:
        """What the timeline at PATH refers to; nothing where it cannot be read: its own turn will say so."""
        folder = self._shop.places.source
        with suppress(FoleyError, OSError):
            rate = self._shop.rules.edl_rate if path.suffix.casefold() == ".edl" else None
            read = read_any(path, rate=rate, unpack_to=None)
            bundled = path.suffix.casefold() == BUNDLE_SUFFIX
            return pointed_at(read.document.json, read.document.base_folder, folder, bundled=bundled)
        return Pointed((), ())
