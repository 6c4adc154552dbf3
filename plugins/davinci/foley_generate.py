# SPDX-License-Identifier: Apache-2.0
"""What each entry of Resolve's menu does, from the click to the receipt.

Read what is open and selected, ask, let foley see the same edit, have the sound made, place it, read it back.
Nothing of the editor's is changed. Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from typing import Any, Callable, Mapping

from .any_window import AnyWindow
from .asking import ask_of, asked_words, memory_of, question_of, rates_note
from .blind import all_blind, blind_parts, blind_words, without_blind
from .dialog_window import DialogWindow
from .exporting import Exported
from .foley_call import PrivateFolder, Refused
from .foley_call import ask as ask_foley
from .foley_find import FoleyMissing, find_foley
from .foley_jobs import ENDED, Jobs, JobView
from .foley_requests import Ask, AskWrong, spot_request
from .foley_server import ServerWatch
from .frames import Span
from .kept import Kept
from .no_window import NoWindow
from .placed import Added, PlacingCancelled, ours_of, pieces_of, same_file
from .placing import Placing
from .receipt import receipt_lines
from .resolve_host import SOUND, Host, HostProblem, Item, connect
from .shots import disagreement, edges, flatten
from .sources import LAST, Found, Source, find_sources
from .taking_back import take_back, taken_back
from .ui_manager import UiManagerWindow
from .windows import MARKERS, Window, WindowBusy

TITLES = {
    "generate": "Foley - Generate",
    "markers": "Foley - Generate from markers",
    "redo": "Foley - Redo last",
    "remove": "Foley - Remove last",
}
_SPOT_SECONDS = 120.0
_BETWEEN_POLLS = 0.03
BETWEEN_SHOWN = 0.2
"""Seconds: to show something takes some of its own."""
_PLACE, _LEAVE = "Place it", "Leave it out"
_REST, _BACK = "Make the rest", "Back"
_ALL_THE_SAME, _CANCEL = "Place it all the same", "Cancel"
_UNTOUCHED = (
    "Nothing has been made, imported or placed yet, and neither rate is ever changed. Sound that fits to the "
    "frame at both ends needs a project that has the timeline's rate."
)


def run(entry: str, names: Mapping[str, Any]) -> None:
    """Does what the menu's ENTRY says, in the Resolve of a script with the globals NAMES. Never raises."""
    title, window = TITLES.get(entry, "Foley"), NoWindow()  # type: str, Window
    try:
        host = connect(names)
        window = open_window(host)
        Visit(host, window, title, Kept()).enter(entry)
    except WindowBusy as busy:
        print(f"{title}: {busy}")
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
        self._shown = 0.0
        self.blind: list[tuple[Item, list[Span]]] = []
        """Clips in what was chosen that foley cannot look at."""

    def enter(self, entry: str) -> None:
        """Does what ENTRY says. Raises HostProblem, FoleyMissing, Refused."""
        self.host.open_timeline()
        self.folder = PrivateFolder()
        try:
            if entry == "remove":
                self.remove()
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
        if not self._agreed_on_rates():
            return
        cuts = edges(self._visible(), source.spans)
        view = self._make(ask, exported)
        if view is None or not self._still_right(source, cuts):
            return
        added = Added(
            view.job_id, self.host.project_id, self.host.id, memory_of(values, source, self.host.clock.start)
        )
        pieces = pieces_of(view.result or {}, self.host)
        old = instead_of.items if instead_of is not None else []
        placing = Placing(self.host, added, self.kept.note, self._placing)
        try:
            rows = placing.place(pieces, markers=values["markers"], instead_of=old)
        except PlacingCancelled as cancelled:
            self.window.tell(self.title, [str(cancelled)])
            return
        made = "{} take{} placed, made by {}".format(len(rows), "s" * (len(rows) != 1), view.engine)
        lines = [made, *receipt_lines(self.host, rows), *placing.still_heard]
        if self.blind:
            lines.append(f"Not looked at: {blind_words(self.blind, self.host.clock)}")
        self.window.tell(self.title, [*lines, *without_blind(view.warnings, self.blind)])

    def redo(self) -> None:
        """Asks for the last sound again, with another seed unless one is given."""
        last = self._last()
        clock = self.host.clock
        moved = clock.start - last.ask.get("start", clock.start)  # the timeline's start was set anew
        spans = [Span(start + moved, end + moved) for start, end in last.ask["spans"]]
        cues = [(start + moved, end + moved, str(text)) for start, end, text in last.ask["cues"]]
        if any(span.end > clock.start + self.host.length for span in spans):
            raise HostProblem("the timeline ends before the last sound did; use Foley - Generate instead")
        lines = [f"{clock.label(span.start)} – {clock.label(span.end)}" for span in spans]
        self.generate(Found([Source(LAST, "the last sound again", lines, spans, cues)]), last)

    def remove(self) -> None:
        """Takes the last job's sound off the timeline; its WAV files stay."""
        last = self._last()
        number = len(ours_of(self.host.all_items(SOUND), last.items))
        left, stays = take_back(self.host, last)
        self.kept.note(last)
        if left:
            raise HostProblem(taken_back(left))
        asked = asked_words(last.ask)
        what = "{} take{} removed{}".format(number, "s" * (number != 1), f": {asked}" if asked else "")
        if number < len(last.items):
            what += f" ({len(last.items) - number} had gone already)"
        files = {same_file(path) for path in last.pool}
        copies = sum(same_file(item.path) in files for _, item in self.host.all_items(SOUND))
        if copies:
            what += "; {} that {} copied or cut off from {} since {}".format(
                *((copies, "were", "them", "stay") if copies > 1 else ("one", "was", "them", "stays"))
            )
        folder = os.path.dirname(last.pool[0]) if last.pool else ""
        self.window.tell(self.title, [what, *stays, f"The sound files stay in {folder}" if folder else ""])

    def _last(self) -> Added:
        last = self.kept.last(self.host.project_id, self.host.id)
        if last is None:
            aside = self.kept.set_aside
            raise HostProblem(
                f"foley has put no sound on the timeline {self.host.name} that is still there"
                + (
                    f", as far as is known: what it had written down cannot be read ({aside})"
                    if aside
                    else ""
                )
            )
        return last

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
                    raise HostProblem("cancelled before anything was asked")
                time.sleep(_BETWEEN_POLLS)
        finally:
            watch.close()
        if watch.problem and not watch.engines:
            raise HostProblem(watch.problem)
        return watch

    def _agreed_on_rates(self) -> bool:
        """Whether sound may be placed; asked once where the timeline's rate is not the one that Resolve will
        count it in, before anything is made, imported or placed."""
        host = self.host
        if host.import_rate == host.clock.rate:
            return True
        rates = f"{host.clock.rate} {host.import_rate}"
        if self.kept.rates(host.project_id, host.id) == rates:
            return True
        lines = [rates_note(host), _UNTOUCHED]
        if self.window.choose(self.title, lines, [_ALL_THE_SAME, _CANCEL]) != _ALL_THE_SAME:
            return False
        self.kept.agree(host.project_id, host.id, rates)
        return True

    def _visible(self) -> list[tuple[int, int]]:
        """The pieces of picture that can be seen, by what Resolve's items say."""
        return flatten([(item.start, item.end) for item in self.host.picture()])

    def _see(self, ask: Ask, source: Source) -> Exported:
        """The timeline for foley, once foley sees the same cuts in it as Resolve says there are.

        Raises AskWrong for what the editor can correct in the question, HostProblem, Refused.
        """
        assert self.folder is not None

        def cancelled() -> bool:
            return self.window.progress(self.title, "reading the timeline", None, None)

        cancelled()
        items = self.host.picture()
        if not items:
            raise HostProblem(
                f"there is no picture on the timeline {self.host.name} to make sound for; "
                "put a clip on it (titles, and clips and tracks that are switched off, do not count)"
            )
        exported = Exported(self.host, self.folder.path)
        try:
            spotted = ask_foley(find_foley(), "Spot", spot_request(ask, exported), _SPOT_SECONDS, cancelled)
        except Refused as refused:
            if refused.code == "INVALID_ARGUMENT":
                raise AskWrong(refused.sentence) from None
            raise
        program, clock = spotted["program"], self.host.clock
        self.blind = blind_parts(items, source.spans, program, clock)
        wrong = disagreement([(item.start, item.end) for item in items], program, source.spans, clock)
        if self.blind and (wrong or all_blind(program, source.spans, clock) or not self._go_on_blind()):
            raise AskWrong(blind_words(self.blind, clock))
        if wrong:
            raise HostProblem(f"{wrong}. Nothing was made, since it could not be in sync")
        return exported

    def _go_on_blind(self) -> bool:
        """Whether the editor wants the sound although foley cannot look at some clips under it."""
        lines = [
            blind_words(self.blind, self.host.clock) + ".",
            "The rest can be made: a sound for such a clip alone is left out, one that goes on over it "
            "takes it for black.",
        ]
        return self.window.choose(self.title, lines, [_REST, _BACK]) == _REST

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

    def _placing(self, words: str, done: int, of: int) -> bool:
        """Shows how far the placing is, now and then; whether the editor wants no more of it."""
        now = time.monotonic()
        if now - self._shown < BETWEEN_SHOWN:
            return False
        self._shown = now
        return self.window.progress(self.title, f"{words} {done} of {of}", done / max(of, 1), None)

    def _still_right(self, source: Source, cuts: set[int]) -> bool:
        """Whether the sound may be placed: the timeline is open, and its cuts are where they were."""
        while not self.host.still_open():
            lines = [f"The sound is ready. Open the timeline {self.host.name} again to have it placed."]
            if self.window.choose(self.title, lines, [_PLACE, _LEAVE]) != _PLACE:
                return False
        if edges(self._visible(), source.spans) == cuts:
            return True
        lines = ["The cut under this sound was changed while it was made; it was made for the earlier one."]
        return self.window.choose(self.title, lines, [_PLACE, _LEAVE]) == _PLACE
