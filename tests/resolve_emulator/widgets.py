"""Widgets of UIManager: properties, methods, events (section 13; beyond it as Qt has them: our guess)."""

from __future__ import annotations

import threading
from typing import Any

COMMON = [
    "ID",
    "Enabled",
    "Visible",
    "Hidden",
    "Weight",
    "ToolTip",
    "StyleSheet",
    "FixedSize",
    "MinimumSize",
    "MaximumSize",
    "Geometry",
    "Alignment",
    "Font",
    "Margin",
    "Spacing",
]

# Type: (own properties with defaults, events)
WIDGETS: dict[str, tuple[dict[str, Any], str]] = {
    "Label": ({"Text": "", "WordWrap": False, "Indent": 0}, ""),
    "Button": (
        {
            "Text": "",
            "Checkable": False,
            "Checked": False,
            "Default": False,
            "AutoDefault": False,
            "Flat": False,
        },
        "Clicked Pressed Released Toggled",
    ),
    "CheckBox": ({"Text": "", "Checked": False, "Checkable": True}, "Clicked Toggled"),
    "ComboBox": (
        {"CurrentIndex": -1, "CurrentText": "", "Editable": False},
        "CurrentIndexChanged CurrentTextChanged Activated",
    ),
    "SpinBox": (
        {"Value": 0, "Minimum": 0, "Maximum": 99, "SingleStep": 1, "Prefix": "", "Suffix": ""},
        "ValueChanged EditingFinished",
    ),
    "DoubleSpinBox": (
        {
            "Value": 0.0,
            "Minimum": 0.0,
            "Maximum": 99.99,
            "SingleStep": 1.0,
            "Decimals": 2,
            "Prefix": "",
            "Suffix": "",
        },
        "ValueChanged EditingFinished",
    ),
    "Slider": ({"Value": 0, "Minimum": 0, "Maximum": 99, "Orientation": "Horizontal"}, "ValueChanged"),
    "LineEdit": (
        {
            "Text": "",
            "PlaceholderText": "",
            "ReadOnly": False,
            "ClearButtonEnabled": False,
            "MaxLength": 32767,
        },
        "TextChanged TextEdited ReturnPressed EditingFinished",
    ),
    "TextEdit": (
        {"PlainText": "", "HTML": "", "PlaceholderText": "", "ReadOnly": False, "TabChangesFocus": False},
        "TextChanged",
    ),
    "ColorPicker": ({"Color": None}, "ColorChanged"),
    "TabBar": ({"CurrentIndex": 0}, "CurrentChanged"),
    "Timer": ({"Interval": 0, "SingleShot": False, "Active": False}, "Timeout"),
    "VGroup": ({}, ""),
    "HGroup": ({}, ""),
    "Stack": ({"CurrentIndex": 0}, ""),
    "VGap": ({}, ""),
    "HGap": ({}, ""),
    "Window": (
        {"WindowTitle": "", "TargetID": "", "WindowFlags": None, "Events": None},
        "Close Show Hide Resize",
    ),
}
VALUE = {
    "SpinBox": "Value",
    "DoubleSpinBox": "Value",
    "Slider": "Value",
    "LineEdit": "Text",
    "TextEdit": "PlainText",
}
CHANGED = {
    "ComboBox": {"CurrentIndex": "CurrentIndexChanged"},
    "SpinBox": {"Value": "ValueChanged"},
    "DoubleSpinBox": {"Value": "ValueChanged"},
    "Slider": {"Value": "ValueChanged"},
    "LineEdit": {"Text": "TextChanged"},
    "TextEdit": {"PlainText": "TextChanged"},
}


class Handlers:
    """`win.On.Go`: assign `.Clicked = fn`."""

    def __init__(self, ui: Any, owner: str) -> None:
        object.__setattr__(self, "_ui", ui)
        object.__setattr__(self, "_owner", owner)
        object.__setattr__(self, "_functions", {})

    def __setattr__(self, event: str, function: Any) -> None:
        self._functions[event] = function

    def __getattr__(self, event: str) -> Any:
        if event.startswith("__"):
            raise AttributeError(event)
        return self._functions.get(event)


class On:
    """`win.On`: both spellings, `win.On["Go"]` and `win.On.Go`."""

    def __init__(self, ui: Any) -> None:
        object.__setattr__(self, "_ui", ui)
        object.__setattr__(self, "_all", {})

    def __getitem__(self, owner: str) -> Handlers:
        return self._all.setdefault(owner, Handlers(self._ui, owner))

    def __getattr__(self, owner: str) -> Handlers:
        if owner.startswith("__"):
            raise AttributeError(owner)
        return self[owner]

    def __setattr__(self, owner: str, function: Any) -> None:
        """`disp.On.Timeout = fn`."""
        self[owner].Timeout = function


class Table:
    """What GetItems gives where it is no dict: it knows names, and no more (our guess)."""

    def __init__(self, items: dict[str, Widget]) -> None:
        self._all = items

    def __getitem__(self, name: str) -> Any:
        return self._all.get(name)

    def __contains__(self, name: str) -> bool:
        raise TypeError("a table of Fusion's cannot be asked what is in it")


class Widget:
    """Any widget, group or gap. Unknown names yield None, as on every object of Resolve's."""

    def __init__(self, ui: Any, kind: str, attributes: dict[str, Any], children: list[Widget]) -> None:
        own = {"Enabled": True, "Visible": True, "ID": "", **WIDGETS[kind][0]}
        for name, value in (("_ui", ui), ("_kind", kind), ("_values", own), ("_children", children)):
            object.__setattr__(self, name, value)
        object.__setattr__(self, "_parent", None)
        object.__setattr__(self, "_items", [])
        for child in children:
            object.__setattr__(child, "_parent", self)
        bounds = [name for name in ("Minimum", "Maximum", "Decimals") if name in attributes]
        for name in [*bounds, *(one for one in attributes if one not in bounds)]:
            self._set(name, attributes[name], quiet=True)

    def __repr__(self) -> str:
        return "<{} {}>".format(self._kind, self._values["ID"])

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        method = getattr(type(self), "do_" + name, None)
        if method is not None and self._kind in method.of:
            return method.__get__(self)
        if name == "CurrentText":
            index = self._values.get("CurrentIndex", -1)
            return self._items[index] if 0 <= index < len(self._items) else ""
        if name == "Hidden":
            return not self._values["Visible"]
        if name not in self._values and name not in COMMON:
            self._ui.unknown.append((self._kind, name))
            if self._ui._host.quirks["widget_unknown"] == "raises":
                raise AttributeError(f"{self._kind} has no {name}")
        return self._values.get(name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._set(name, value)

    def _set(self, name: str, value: Any, quiet: bool = False) -> None:
        if threading.current_thread() is not threading.main_thread():
            self._ui.off_main_thread.append((self._kind, self._values["ID"], name))
        if name == "Text" and self._kind == "TextEdit":
            name = "PlainText"
        if name == "Hidden":
            name, value = "Visible", not value
        if name not in self._values and name not in COMMON:
            self._ui.unknown.append((self._kind, name))
        if name == "CurrentText" and self._kind == "ComboBox":
            if value in self._items:
                self._set("CurrentIndex", self._items.index(value), quiet)
            return
        value = self._bounded(name, value)
        before = self._values.get(name)
        self._values[name] = value
        self._ui.history.append((self._values["ID"], name, value))
        event = CHANGED.get(self._kind, {}).get(name)
        if event and before != value and not quiet:
            self._ui.fire(self, event)

    def _bounded(self, name: str, value: Any) -> Any:
        """Qt keeps a value within its bounds, and refuses an index that is not there."""
        values = self._values
        if self._kind in ("SpinBox", "Slider", "DoubleSpinBox") and name == "Value":
            kept = min(max(value, values["Minimum"]), values["Maximum"])
            return float(kept) if self._kind == "DoubleSpinBox" else int(kept)
        if self._kind == "ComboBox" and name == "CurrentIndex" and not -1 <= value < max(len(self._items), 1):
            return values["CurrentIndex"]
        if (
            name == "PlainText"
            or (name == "Text" and self._kind in ("Label", "Button", "LineEdit", "CheckBox"))
        ) and not isinstance(value, str):
            raise TypeError(f"{name} of {self} wants a text, not {value!r}")
        return value

    # Methods, each of some kinds

    def do_AddItem(self, text: str) -> None:
        self._items.append(text)
        if len(self._items) == 1:
            self._set("CurrentIndex", 0)

    def do_AddItems(self, texts: Any) -> None:
        for text in texts:
            self.do_AddItem(text)

    def do_Count(self) -> int:
        return len(self._items)

    def do_ItemText(self, index: int) -> str:
        return self._items[index]

    def do_AddTab(self, text: str) -> int:
        self._items.append(text)
        return len(self._items) - 1

    def do_Clear(self) -> None:
        if self._kind == "ComboBox":
            del self._items[:]
            self._set("CurrentIndex", -1)
        else:
            self._set(VALUE[self._kind], "")

    def do_Append(self, text: str) -> None:
        self._set("PlainText", (self._values["PlainText"] + "\n" + text).lstrip("\n"))

    def do_SetFocus(self, *why: Any) -> None:
        self._ui.focus = self._values["ID"]

    def do_Start(self) -> None:
        self._values["Active"] = True
        if self not in self._ui.timers:
            self._ui.timers.append(self)

    def do_Stop(self) -> None:
        self._values["Active"] = False

    def do_Show(self) -> None:
        self._set("Visible", True)

    def do_Hide(self) -> None:
        self._set("Visible", False)

    def do_Update(self) -> None:
        """Nothing is drawn."""

    def do_Raise(self) -> None:
        windows = self._ui.windows
        windows.remove(self)
        windows.append(self)

    def do_RecalcLayout(self) -> None:
        """Nothing is drawn."""

    def do_Close(self) -> None:
        self._ui.close(self)

    def do_GetItems(self) -> Any:
        table = self._ui._host.quirks["items"] == "table"
        return Table(self.by_id()) if table else self.by_id()

    def do_Find(self, wanted: str) -> Widget | None:
        return self.by_id().get(wanted)

    def by_id(self) -> dict[str, Widget]:
        """Those inside that have an ID, by it."""
        return {one._values["ID"]: one for one in self.all() if one._values["ID"]}

    def all(self) -> list[Widget]:
        """Those inside, and theirs."""
        found: list[Widget] = []
        for child in self._children:
            found.extend([child, *child.all()])
        return found

    def usable(self, name: str) -> bool:
        """Whether it and all it lies in are NAME ("Enabled", "Visible")."""
        return self._values[name] and (self._parent is None or self._parent.usable(name))


_PLAIN = set(WIDGETS) - {"Window", "Timer", "VGap", "HGap"}
_METHODS = {
    "AddItem AddItems Count ItemText": {"ComboBox"},
    "AddTab": {"TabBar"},
    "Clear": {"ComboBox", "LineEdit", "TextEdit"},
    "Append": {"TextEdit"},
    "SetFocus Update": _PLAIN,
    "Start Stop": {"Timer"},
    "Show Hide": _PLAIN | {"Window"},
    "Raise RecalcLayout Close GetItems Find": {"Window"},
}
for _names, _kinds in _METHODS.items():
    for _name in _names.split():
        getattr(Widget, "do_" + _name).of = _kinds
