# SPDX-License-Identifier: Apache-2.0
"""The best window that can be had: Resolve's own, else foley's dialog, else none.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from .no_window import NoWindow
from .windows import Question, Window, WindowLost

Maker = Callable[[], Window]


class AnyWindow(Window):
    """The first window of MAKERS that opens; where one is lost, the next goes on. The last never is."""

    def __init__(self, makers: Sequence[Maker]) -> None:
        self._makers: list[Maker] = [*makers, NoWindow]
        self._window: Window | None = None
        self._lost: list[str] = []

    def claim(self) -> None:
        """As the window that is there."""
        self._with(lambda window: window.claim())

    def ask(self, question: Question) -> dict[str, Any] | None:
        """As the window that is there; it is said why it is not a better one."""
        known = list(question.notes)

        def show(window: Window) -> dict[str, Any] | None:
            question.notes = [*known, *self._lost]
            return window.ask(question)

        return self._with(show)  # type: ignore[no-any-return]

    def progress(self, title: str, words: str, fraction: float | None, eta: float | None) -> bool:
        """As the window that is there."""
        return bool(self._with(lambda window: window.progress(title, words, fraction, eta)))

    def tell(self, title: str, lines: Sequence[str], problem: bool = False) -> None:
        """As the window that is there."""
        self._with(lambda window: window.tell(title, lines, problem))

    def choose(self, title: str, lines: Sequence[str], choices: Sequence[str]) -> str | None:
        """As the window that is there."""
        return self._with(lambda window: window.choose(title, lines, choices))  # type: ignore[no-any-return]

    def close(self) -> None:
        """Takes it away."""
        if self._window is not None:
            self._window.close()
            self._window = None

    def _with(self, show: Callable[[Window], Any]) -> Any:
        while True:
            try:
                if self._window is None:
                    self._window = self._makers[0]()
                return show(self._window)
            except WindowLost as lost:
                self._lost.append(str(lost))
                self._window = None
                del self._makers[0]
