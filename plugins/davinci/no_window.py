# SPDX-License-Identifier: Apache-2.0
"""No window at all, where neither Resolve's own nor foley's dialog may be had: words are printed.

Asked, it takes what is known already: the prompt of last time, or the markers' texts. Standard library
only, Python 3.8 syntax.
"""

from __future__ import annotations

from typing import Any, Callable, Sequence

from .windows import MARKERS, Question, Window

_NO_PROMPT = (
    "{}: there is no window to type a prompt in, and no earlier prompt to take."
    " Name timeline markers by what should be heard and run Foley - Generate from markers,"
    " or let foley doctor --davinci say how to get the dialog"
)


class NoWindow(Window):
    """A window of which there is nothing but what SAY prints."""

    def __init__(self, say: Callable[[str], Any] = print) -> None:
        self._say = say
        self._stage = ""

    def ask(self, question: Question) -> dict[str, Any] | None:
        """The question's values, with the last prompt where they have none; None where nothing can be asked.

        A question that comes back with a problem is given up: nobody can mend the values.
        """
        for note in question.notes:
            self._say(note)
        if question.problem:
            self._say(f"{question.title}: {question.problem}")
            return None
        values = dict(question.values)
        if question.wants_prompt(values["source"]) and not values["prompt"].strip():
            if question.earlier:
                values["prompt"] = question.earlier[0]
            elif any(source["key"] == MARKERS for source in question.sources):
                values["source"] = MARKERS
            else:
                self._say(_NO_PROMPT.format(question.title))
                return None
        try:
            answer = question.answer(values)
        except ValueError as problem:
            self._say(f"{question.title}: {problem}")
            return None
        said = answer["prompt"] if question.wants_prompt(answer["source"]) else "what the markers say"
        self._say("{}: {} - {}".format(question.title, question.source(answer["source"])["label"], said))
        return answer

    def progress(self, title: str, words: str, fraction: float | None, eta: float | None) -> bool:
        """Prints each stage once; nobody can cancel."""
        stage = f"{title}: {words}"
        if stage != self._stage:
            self._stage = stage
            self._say(stage)
        return False

    def tell(self, title: str, lines: Sequence[str], problem: bool = False) -> None:
        """Prints LINES."""
        self._say(f"{title}: something went wrong" if problem else title)
        for line in lines:
            self._say("  " + line.expandtabs(12))

    def choose(self, title: str, lines: Sequence[str], choices: Sequence[str]) -> str | None:
        """Prints LINES; nobody can choose, so it is as if the window was closed."""
        self.tell(title, lines)
        self._say("  nothing is done: there is no window to choose one of {}".format(", ".join(choices)))
        return None

    def close(self) -> None:
        """Does nothing."""
