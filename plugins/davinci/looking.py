# SPDX-License-Identifier: Apache-2.0
"""Before anything is made: does foley see the same edit as Resolve, and does the editor know what it cannot?

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from typing import Any, Iterable, Sequence

from .asking import rates_note
from .blind import all_blind, blind_parts, blind_words, without_blind
from .exporting import Exported
from .foley_call import Refused
from .foley_call import ask as ask_foley
from .foley_find import find_foley
from .foley_requests import Ask, AskWrong, spot_request
from .frames import Clock, Span
from .kept import Kept
from .resolve_calls import HostProblem
from .resolve_host import Host, Item, seen_of
from .shots import disagreement, edges, flatten
from .sources import Source
from .windows import Cancelled, Pace, Window

_SPOT_SECONDS = 120.0
_NAMED = 4
_REST, _ALL_THE_SAME, _BACK, _CANCEL = "Make the rest", "Make it all the same", "Back", "Cancel"
_BLIND = (
    "The rest can be made: a sound for such a clip alone is left out, one that goes on over it takes it for "
    "black."
)
_UNTOUCHED = (
    "Nothing has been made, imported or placed yet, and neither rate is ever changed. Sound that fits to the "
    "frame at both ends needs a project that has the timeline's rate."
)


class Look:
    """One look at HOST's open timeline; what must be decided is asked in WINDOW under TITLE."""

    def __init__(self, host: Host, window: Window, title: str) -> None:
        self.host = host
        self.window = window
        self.title = title
        self.cuts: set[int] = set()
        """Where the picture that can be seen was cut."""
        self._blind: list[tuple[Item, list[Span]]] = []
        self._black: list[Span] = []

    def see(self, ask: Ask, source: Source, folder: str) -> Exported:
        """The timeline for foley, once foley sees the same cuts in it as Resolve says there are.

        FOLDER takes the export. Raises AskWrong for what the editor can correct in the question, Cancelled,
        HostProblem, Refused.
        """

        def cancelled() -> bool:
            return self.window.progress(self.title, "reading the timeline", None, None)

        pace = Pace(self.window, self.title)

        def step() -> None:
            if pace.wants_cancel("reading the timeline"):
                raise Cancelled

        tracks, clock = self.host.picture_tracks(step), self.host.clock
        items = seen_of(tracks)
        self.cuts = edges(flatten([(item.start, item.end) for item in items]), source.spans)
        if not items:
            raise HostProblem(
                f"there is no picture on the timeline {self.host.name} to make sound for; "
                "put a clip on it (titles, and clips and tracks that are switched off, do not count)"
            )
        exported = Exported(self.host, tracks, folder)
        try:
            spotted = ask_foley(find_foley(), "Spot", spot_request(ask, exported), _SPOT_SECONDS, cancelled)
        except Refused as refused:
            if refused.code == "CANCELLED":
                raise Cancelled from None
            if refused.code == "INVALID_ARGUMENT":
                raise AskWrong(refused.sentence) from None
            raise
        program: dict[str, Any] = spotted["program"]
        self._blind = blind_parts(items, source.spans, program, clock)
        wrong = disagreement([(item.start, item.end) for item in items], program, source.spans, clock)
        if self._blind and all_blind(program, source.spans, clock):
            raise AskWrong(blind_words(self._blind, clock))
        if wrong:
            inside = blind_parts(items, source.spans, {}, clock)  # cuts in them are not known to the API
            if inside:
                raise AskWrong(blind_words(inside, clock))
            raise HostProblem(f"{wrong}. Nothing was made, since it could not be in sync")
        self._ask_about(items, source.spans)
        return exported

    def _ask_about(self, items: Sequence[Item], spans: Sequence[Span]) -> None:
        """Asks whether to go on where there is nothing to look at. Raises AskWrong where not."""
        clock, shown = self.host.clock, flatten([(item.start, item.end) for item in items])
        self._black = [
            span for span in spans if not any(start < span.end and span.start < end for start, end in shown)
        ]
        if self._blind:
            words, more, go_on = blind_words(self._blind, clock), _BLIND, _REST
        elif self._black == list(spans):
            words = f"there is no picture at {_labels(self._black, clock)}; choose a part that has a clip"
            more, go_on = "Sound can be made all the same, from the words alone.", _ALL_THE_SAME
        else:
            return
        lines = [f"{words[0].upper()}{words[1:]}.", more]
        if self.window.choose(self.title, lines, [go_on, _BACK]) != go_on:
            raise AskWrong(words)

    def agreed_on_rates(self, kept: Kept) -> bool:
        """Whether sound may be placed; asked once where the timeline's rate is not the one that Resolve will
        count it in, before anything is made, imported or placed."""
        host = self.host
        rates = f"{host.clock.rate} {host.import_rate}"
        if host.import_rate == host.clock.rate or kept.rates(host.project_id, host.id) == rates:
            return True
        if (
            self.window.choose(self.title, [rates_note(host), _UNTOUCHED], [_ALL_THE_SAME, _CANCEL])
            != _ALL_THE_SAME
        ):
            return False
        kept.agree(host.project_id, host.id, rates)
        return True

    def remarks(self, warnings: Iterable[str]) -> list[str]:
        """What the receipt says of what could not be looked at, and foley's WARNINGS beside that."""
        clock, found = self.host.clock, []
        if self._blind:
            found.append(f"Not looked at: {blind_words(self._blind, clock)}")
        if self._black:
            found.append(f"Made from the words alone, as there is no picture: {_labels(self._black, clock)}")
        return [*found, *without_blind(warnings, self._blind)]


def _labels(spans: Sequence[Span], clock: Clock) -> str:
    shown = [f"{clock.label(span.start)} – {clock.label(span.end)}" for span in spans[:_NAMED]]
    return ", ".join(shown) + (f" and {len(spans) - _NAMED} more" if len(spans) > _NAMED else "")
