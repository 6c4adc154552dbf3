# SPDX-License-Identifier: Apache-2.0
"""What each entry of Resolve's menu does, from the click to the receipt.

Read what is open and selected, ask, let foley see the same edit, have the sound made, place it, read it back.
Nothing of the editor's is changed. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import sys
import time
import traceback
from typing import Any, Callable, Mapping

from .any_window import AnyWindow
from .asking import ask_of, memory_of, question_of
from .dialog_window import DialogWindow
from .exporting import Exported
from .foley_call import PrivateFolder, Refused
from .foley_find import FoleyMissing, find_foley
from .foley_jobs import ENDED, Jobs, JobView
from .foley_requests import Ask, AskWrong
from .foley_server import ServerWatch
from .frames import Span
from .kept import Kept
from .looking import Look
from .no_window import NoWindow
from .placed import Added, PlacingCancelled, PlacingFailed, pieces_of
from .placing import Placing
from .receipt import receipt_lines
from .removing import files_stay, last_of, remove
from .resolve_calls import HostProblem
from .resolve_host import Host, connect, seen_of
from .shots import edges, flatten
from .sources import LAST, Found, Source, find_sources
from .ui_manager import UiManagerWindow
from .windows import MARKERS, Cancelled, Pace, Window, WindowBusy

TITLES = {
    "generate": "Foley - Generate",
    "markers": "Foley - Generate from markers",
    "redo": "Foley - Redo last",
    "remove": "Foley - Remove last",
}
_BETWEEN_POLLS = 0.03
_PLACE, _LEAVE = "Place it", "Leave it out"


def run(entry: str, names: Mapping[str, Any]) -> None:
    """Does what the menu's ENTRY says, in the Resolve of a script with the globals NAMES. Never raises."""
    title = TITLES.get(entry, "Foley")
    try:
        _run(entry, names, title)
    except WindowBusy as busy:
        print(f"{title}: {busy}")


def _run(entry: str, names: Mapping[str, Any], title: str) -> None:
    """As :func:`run`. Raises WindowBusy."""
    window: Window = NoWindow()
    try:
        host = connect(names)
        window = open_window(host)
        window.claim()
        Visit(host, window, title, Kept()).enter(entry)
    except Cancelled:
        pass  # the editor knows
    except WindowBusy:
        raise
    except (HostProblem, FoleyMissing) as problem:
        window.tell(title, [str(problem)], problem=True)
    except Refused as refused:
        window.tell(title, [refused.sentence], problem=True)
    except Exception as error:
        traceback.print_exc()
        lines = [f"something went wrong in foley's plugin ({type(error).__name__}: {error})"]
        window.tell(title, [*lines, "foley doctor --davinci, in a terminal, may say why"], problem=True)
    finally:
        window.close()


def open_window(host: Host) -> Window:
    """The best window that this edition and version allow; nothing that only Studio has is touched."""
    makers: list[Callable[[], Window]] = []
    if host.build.own_windows:
        makers.append(lambda: UiManagerWindow(host.fusion, host.names.get("bmd")))
    try:
        command = find_foley()
    except FoleyMissing:
        pass  # said where foley is needed
    else:
        makers.append(lambda: DialogWindow(command))
    return AnyWindow(makers)


class Visit:
    """One click on a menu entry."""

    def __init__(self, host: Host, window: Window, title: str, kept: Kept) -> None:
        self.host = host
        self.window = window
        self.title = title
        self.kept = kept
        self.folder: PrivateFolder | None = None
        self.look = Look(host, window, title)
        self.pace = Pace(window, title)

    def enter(self, entry: str) -> None:
        """Does what ENTRY says. Raises HostProblem, FoleyMissing, Refused."""
        self.host.open_timeline()
        self.folder = PrivateFolder()
        try:
            if entry == "remove":
                remove(self.host, self.window, self.title, self.kept)
            elif entry == "redo":
                self.redo()
            else:
                self.generate(find_sources(self.host, MARKERS if entry == "markers" else ""))
        finally:
            self.folder.close()

    # --------------------------------------------------------------------------------- the entries

    def generate(self, found: Found, instead_of: Added | None = None) -> None:
        """Asks about what was FOUND, has the sound made, places it; INSTEAD_OF is disabled then."""
        watch = self._server()
        question = question_of(self.title, self.host, self.kept, found, watch, again=instead_of)
        while True:
            values = self.window.ask(question)
            if values is None:
                return
            source = next(each for each in found.sources if each.key == values["source"])
            try:
                ask = ask_of(self.host, values, source, watch, again=instead_of is not None)
                exported = self._see(ask, source)
            except AskWrong as wrong:
                question.values, question.problem = values, str(wrong)
                continue
            break
        self.kept.remember(self.host.project_id, self.host.id, values)
        if not self.look.agreed_on_rates(self.kept):
            return
        view = self._make(ask, exported)
        if view is None:
            return
        pieces = pieces_of(view.result or {}, self.host)
        if not self._still_right(source):
            self.window.tell(self.title, ["It was left out.", *files_stay([piece.path for piece in pieces])])
            return
        added = Added(
            view.job_id, self.host.project_id, self.host.id, memory_of(values, source, self.host.clock.start)
        )
        old = instead_of.items if instead_of is not None else []
        placing = Placing(self.host, added, self.kept.note, self._placing)
        try:
            rows = placing.place(pieces, markers=values["markers"], instead_of=old)
        except PlacingFailed as failed:
            lines = [str(failed), *files_stay([piece.path for piece in pieces])]
            self.window.tell(self.title, lines, problem=not isinstance(failed, PlacingCancelled))
            return
        made = "{} take{} placed, made by {}".format(len(rows), "s" * (len(rows) != 1), view.engine)
        lines = [made, *receipt_lines(self.host, rows), *placing.remarks]
        self.window.tell(self.title, [*lines, *self.look.remarks(view.warnings)])

    def redo(self) -> None:
        """Asks for the last sound again, with another seed unless one is given."""
        last = last_of(self.host, self.kept)
        clock = self.host.clock
        moved = clock.start - last.ask.get("start", clock.start)  # the timeline's start was set anew
        spans = [Span(start + moved, end + moved) for start, end in last.ask["spans"]]
        cues = [(start + moved, end + moved, str(text)) for start, end, text in last.ask["cues"]]
        if any(span.end > clock.start + self.host.length for span in spans):
            raise HostProblem("the timeline ends before the last sound did; use Foley - Generate instead")
        lines = [f"{clock.label(span.start)} – {clock.label(span.end)}" for span in spans]
        self.generate(Found([Source(LAST, "the last sound again", lines, spans, cues)]), last)

    # ------------------------------------------------------------------------------------- asking

    def _server(self) -> ServerWatch:
        """What the daemon says of itself; it is started where it does not run."""
        assert self.folder is not None
        watch = ServerWatch(find_foley, self.folder.path)
        try:
            watch.ask()
            while watch.busy:
                watch.poll()
                if self.window.progress(self.title, "starting foley", None, None):
                    raise Cancelled
                time.sleep(_BETWEEN_POLLS)
        finally:
            watch.close()
        if watch.problem and not watch.engines:
            raise HostProblem(watch.problem)
        return watch

    def _see(self, ask: Ask, source: Source) -> Exported:
        """The timeline for foley, as :meth:`Look.see`."""
        assert self.folder is not None
        return self.look.see(ask, source, self.folder.path)

    # ------------------------------------------------------------------------------------- making

    def _make(self, ask: Ask, exported: Exported) -> JobView | None:
        """The job once it is done; None where it was cancelled. Raises HostProblem where it failed."""
        assert self.folder is not None
        jobs = Jobs(find_foley, self.folder.path)
        try:
            view = jobs.submit(ask, exported, self.host.name)
            while view.state not in ENDED:
                jobs.poll()
                if self.window.progress(self.title, view.words, view.fraction, view.eta):
                    jobs.cancel(view.id)
                time.sleep(_BETWEEN_POLLS)
        finally:
            jobs.close()
        if view.state == "failed":
            if view.detail:
                print(view.detail, file=sys.stderr)
            raise HostProblem(view.error)
        return view if view.state == "done" else None

    def _reading(self) -> None:
        if self.pace.wants_cancel("looking whether the cut is as it was"):
            raise Cancelled

    def _placing(self, words: str, done: int, of: int) -> bool:
        """Shows how far the placing is; whether the editor wants no more of it."""
        return self.pace.wants_cancel(f"{words} {done} of {of}" if of else words, done / of if of else None)

    def _still_right(self, source: Source) -> bool:
        """Whether the sound may be placed: the timeline is open, and its cuts are where they were."""
        while not self.host.still_open():
            lines = [f"The sound is ready. Open the timeline {self.host.name} again to have it placed."]
            if self.window.choose(self.title, lines, [_PLACE, _LEAVE]) != _PLACE:
                return False
        picture = seen_of(self.host.picture_tracks(self._reading))
        if edges(flatten([(item.start, item.end) for item in picture]), source.spans) == self.look.cuts:
            return True
        lines = ["The cut under this sound was changed while it was made; it was made for the earlier one."]
        return self.window.choose(self.title, lines, [_PLACE, _LEAVE]) == _PLACE
