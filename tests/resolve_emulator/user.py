"""The editor at the screen: what is shown can be read, and pressed as far as a hand could."""

from __future__ import annotations

from typing import Any, Callable

from .ui import UIManager
from .widgets import VALUE, Widget


class CannotDo(AssertionError):
    """The editor cannot do that: not there, hidden, or greyed out."""


class Screen:
    """What the editor sees now."""

    def __init__(self, ui: UIManager) -> None:
        self._ui = ui

    def windows(self) -> list[str]:
        """IDs of what is shown, the topmost last."""
        return [one._values["ID"] for one in self._ui.windows if one._values["Visible"]]

    def find(self, wanted: str) -> Widget:
        """A visible widget of a visible window."""
        for window in reversed(self._ui.windows):
            widget = window.by_id().get(wanted)
            if widget is not None and widget.usable("Visible"):
                return widget
        raise CannotDo("nothing shown is called " + wanted)

    def shows(self, wanted: str) -> bool:
        """Whether it can be seen."""
        try:
            self.find(wanted)
        except CannotDo:
            return False
        return True

    def value(self, wanted: str) -> Any:
        """What stands there: text, number, tick or chosen entry."""
        return _value(self.find(wanted))

    def enabled(self, wanted: str) -> bool:
        """Whether it is not grey."""
        return bool(self.find(wanted).usable("Enabled"))

    def entries(self, wanted: str) -> list[str]:
        """What a ComboBox offers."""
        return list(self.find(wanted)._items)

    def dump(self) -> dict[str, Any]:
        """Everything shown: window, title, widgets with value and whether enabled."""
        return {
            window._values["ID"]: {
                "title": window._values["WindowTitle"],
                "widgets": [
                    {
                        "id": one._values["ID"],
                        "type": one._kind,
                        "text": one._values.get("Text", ""),
                        "value": _value(one),
                        "enabled": bool(one.usable("Enabled")),
                    }
                    for one in window.all()
                    if one.usable("Visible") and "Gap" not in one._kind and "Group" not in one._kind
                ],
            }
            for window in self._ui.windows
            if window._values["Visible"]
        }

    def _hand(self, wanted: str) -> Widget:
        widget = self.find(wanted)
        if not widget.usable("Enabled"):
            raise CannotDo(wanted + " is grey")
        return widget

    def press(self, wanted: str) -> None:
        """A click on a Button or CheckBox."""
        widget = self._hand(wanted)
        if widget._kind not in ("Button", "CheckBox"):
            raise CannotDo(f"{wanted} is a {widget._kind}")
        if widget._kind == "CheckBox" or widget._values["Checkable"]:
            widget._set("Checked", not widget._values["Checked"])
            self._ui.fire(widget, "Toggled")
        self._ui.fire(widget, "Clicked")

    def check(self, wanted: str, on: bool) -> None:
        """Ticks or unticks."""
        if bool(self._hand(wanted)._values["Checked"]) != on:
            self.press(wanted)

    def type(self, wanted: str, text: Any) -> None:
        """Replaces what stands in a text or number field."""
        widget = self._hand(wanted)
        if widget._kind not in VALUE or widget._values.get("ReadOnly"):
            raise CannotDo("no typing into " + wanted)
        widget._set(VALUE[widget._kind], text)
        self._ui.fire(widget, "EditingFinished")

    def enter(self, wanted: str) -> None:
        """The return key in a LineEdit."""
        self._ui.fire(self._hand(wanted), "ReturnPressed")

    def choose(self, wanted: str, entry: Any) -> None:
        """An entry of a ComboBox, by number or text."""
        widget = self._hand(wanted)
        index = widget._items.index(entry) if isinstance(entry, str) else entry
        if not 0 <= index < len(widget._items):
            raise CannotDo(f"{wanted} has no entry {entry}")
        widget._set("CurrentIndex", index)
        self._ui.fire(widget, "Activated")

    def close(self, wanted: str) -> None:
        """The cross of a window."""
        window = self._ui.FindWindow(wanted)
        if window is None:
            raise CannotDo("no open window " + wanted)
        self._ui.close(window)


def _value(widget: Widget) -> Any:
    if widget._kind == "ComboBox":
        return widget.CurrentText
    if widget._kind == "CheckBox":
        return widget._values["Checked"]
    return widget._values.get(VALUE.get(widget._kind, "Text"), "")


def scripted(host: Any, steps: list[dict[str, Any]]) -> Callable[[Screen], None]:
    """An editor from plain data; one entry at a step of the loop, in order. Entries:

    {"press": id} {"type": [id, text]} {"choose": [id, entry]} {"check": [id, bool]} {"enter": id}
    {"close": window} {"page": name} (opens a page) {"until": [id, text]} (waits until TEXT is part of what
    the widget shows) {"until_enabled": id} {"until_window": id} {"steps": n} (waits)
    """
    left = [dict(step) for step in steps]

    def act(screen: Screen) -> None:
        while left:
            ((name, what),) = left[0].items()
            if name == "steps":
                left[0]["steps"] = what - 1
                if what > 1:
                    return
            elif name.startswith("until"):
                if not _holds(screen, name, what):
                    return
            elif name == "page":
                host.go_to(what)
            else:
                left.pop(0)
                getattr(screen, name)(*(what if isinstance(what, list) else [what]))
                return
            left.pop(0)

    return act


def _holds(screen: Screen, name: str, what: Any) -> bool:
    if name == "until_window":
        return what in screen.windows()
    if name == "until_enabled":
        return screen.shows(what) and screen.enabled(what)
    return screen.shows(what[0]) and what[1] in str(screen.value(what[0]))
