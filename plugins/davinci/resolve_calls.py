# SPDX-License-Identifier: Apache-2.0
"""Every call of Resolve's goes through here, as its objects answer any attribute, calls say True and do
nothing, lists come as None.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

from typing import Any, Callable

NO_ANSWER = "Resolve gives no answer; close its dialogs and try again"
AT_A_TIME = 100
"""Items that are read before the window may live for a moment."""

Step = Callable[[], None]
"""Called now and then while much is read; raises to stop."""


def nothing() -> None:
    """A step that shows nothing."""


class HostProblem(Exception):
    """Resolve did not do what it was asked; the text is a sentence for the editor."""


class NotThere(HostProblem):
    """This Resolve does not have the call."""


def call(thing: Any, name: str, *arguments: Any) -> Any:
    """What THING's method NAME returns. Raises NotThere where it has none, HostProblem where it fails."""
    if thing is None or thing is False:  # as everything is while one of its own boxes is open
        raise HostProblem(NO_ANSWER)
    method = getattr(thing, name, None)
    if not callable(method):
        raise NotThere(f"this version of Resolve has no {name}")
    try:
        return method(*arguments)
    except Exception as error:
        raise HostProblem(f"Resolve's {name} failed ({error}); close its dialogs and try again") from error


def maybe(thing: Any, name: str, *arguments: Any) -> Any:
    """As :func:`call`, None where this version does not have it or it fails."""
    try:
        return call(thing, name, *arguments)
    except HostProblem:
        return None


def listed(said: Any) -> list[Any]:
    """What a call that lists says: None where there is nothing, a table with numbers in some versions, and
    True or False where it lists nothing."""
    values = list(said.values()) if isinstance(said, dict) else said
    return [each for each in values if each is not None] if isinstance(values, (list, tuple)) else []


def number(thing: Any, name: str, *arguments: Any) -> int:
    """As :func:`call`, of a call that returns a whole number. Raises HostProblem where it returns none."""
    said = call(thing, name, *arguments)
    if isinstance(said, bool) or not isinstance(said, (int, float)):
        raise HostProblem(f"Resolve's {name} gives no answer; close its dialogs and try again")
    return int(said)


def words(thing: Any, name: str) -> str:
    """As :func:`call`, of a call that returns text. Raises HostProblem where it returns none."""
    said = call(thing, name)
    if not isinstance(said, str) or not said:
        raise HostProblem(f"Resolve's {name} gives no answer; close its dialogs and try again")
    return said
