"""UIManager and its dispatcher (section 13; C and WI D where not said otherwise).

Nothing is drawn. A test plays the editor: `host.ui.user` is called with a Screen at every step of a loop
(user.py). Properties and events that no widget of the list has are kept in `host.ui.unknown`; which
properties and defaults there are beyond section 13's follows Qt, which UIManager wraps: our guess.
"""

from __future__ import annotations

import time
from typing import Any, Callable

from .widgets import WIDGETS, On, Widget


class NobodyEndsTheLoop(Exception):
    """A loop ran on although the editor has nothing more to do."""


class UIManager:
    """`fusion.UIManager`; some write it as a call."""

    def __init__(self, host: Any) -> None:
        self._host = host
        self.windows: list[Widget] = []
        self.timers: list[Widget] = []
        self.unknown: list[tuple[str, str]] = []
        self.history: list[tuple[str, str, Any]] = []  # (ID, property, value), all that was ever set
        self.off_main_thread: list[Any] = []
        self.events: list[tuple[Widget, str]] = []
        self.focus = ""
        self.user: Callable[[Any], Any] = lambda screen: None
        self.steps = 0
        self.patience = 30.0  # seconds of RunLoop without an end

    def __call__(self) -> UIManager:
        return self

    def __getattr__(self, kind: str) -> Any:
        if kind.startswith("__"):
            raise AttributeError(kind)
        if kind not in WIDGETS or kind == "Window":
            self.unknown.append(("UIManager", kind))
            return None
        return lambda *args: self.make(kind, *args)

    def make(self, kind: str, *args: Any) -> Widget:
        """A widget of a dict of attributes and, for groups, a list of children, in either order."""
        attributes: dict[str, Any] = {}
        children: list[Widget] = []
        for arg in args:
            if isinstance(arg, dict):
                attributes.update(arg)
            elif isinstance(arg, (list, tuple)):
                children.extend(arg)
            elif isinstance(arg, Widget):
                children.append(arg)
            elif not (kind in ("VGap", "HGap") and isinstance(arg, (int, float))):
                raise TypeError(f"{kind} does not take {arg!r}")
        if children and kind not in ("VGroup", "HGroup", "Stack", "Window"):
            raise TypeError(f"{kind} has no children")
        return Widget(self, kind, attributes, children)

    def FindWindow(self, wanted: str) -> Widget | None:
        """An open window of this ID (single-instance check); whether a hidden one is open is a switch."""
        hidden = self._host.quirks["find_window"] == "all"
        for window in self.windows:
            if window._values["ID"] == wanted and (hidden or window._values["Visible"]):
                return window
        return None

    def open(self, attributes: dict[str, Any], layout: Any) -> Widget:
        """A window, hidden until Show()."""
        window = self.make("Window", attributes, layout)
        window._values["Visible"] = False
        object.__setattr__(window, "_on", On(self))
        window._values["On"] = window._on
        self.windows.append(window)
        return window

    def fire(self, widget: Widget, event: str) -> None:
        """An event, delivered at the end of the step."""
        self.events.append((widget, event))

    def deliver(self) -> None:
        """Calls the handlers of what has happened."""
        while self.events:
            widget, event = self.events.pop(0)
            top = widget
            while top._parent is not None:
                top = top._parent
            if top._kind != "Window":
                continue
            function = getattr(top._on[widget._values["ID"]], event)
            if function is not None:
                function({"who": widget._values["ID"], "what": event, "On": widget._kind})

    def close(self, window: Widget) -> None:
        """The editor or the script closes it: without a handler it hides."""
        function = window._on[window._values["ID"]].Close
        if function is not None:
            function({"who": window._values["ID"], "what": "Close", "On": "Window"})
        else:
            window._values["Visible"] = False

    def step(self) -> None:
        """One turn of a loop: the editor acts, then handlers run."""
        from .user import Screen

        self.steps += 1
        self.user(Screen(self))
        self.deliver()


class Dispatcher:
    """`bmd.UIDispatcher(ui)`."""

    def __init__(self, host: Any) -> None:
        self._host = host
        self.On = On(host.ui)
        self._ends: list[bool] = []
        self.result: Any = None
        self.calls = 0

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        self._host.ui.unknown.append(("UIDispatcher", name))

    def AddWindow(self, attributes: Any, layout: Any) -> Widget:
        return self._host.ui.open(attributes, layout)

    def AddDialog(self, attributes: Any, layout: Any) -> Widget:
        return self._host.ui.open(attributes, layout)

    def RunLoop(self) -> Any:
        """Blocks until ExitLoop."""
        began = time.monotonic()
        self._ends.append(False)
        while not self._ends[-1]:
            if time.monotonic() - began > self._host.ui.patience:
                raise NobodyEndsTheLoop("RunLoop")
            self._turn()
            time.sleep(0.0005)
        self._ends.pop()
        return self.result

    def ExitLoop(self, result: Any = None) -> None:
        self.result = result
        if self._ends:
            self._ends[-1] = True

    def StepLoop(self, block: Any = None) -> bool:
        """May raise KeyError 'On' (C): a switch says at which calls."""
        self.calls += 1
        raises = self._host.quirks["step_raises"]
        if raises == "all" or self.calls in raises:
            self._turn()
            raise KeyError("On")
        self._turn()
        return True

    def _turn(self) -> None:
        ui = self._host.ui
        ui.step()
        if self._host.quirks["timer_fires"]:
            for timer in ui.timers:
                function = self.On["Timeout"].Timeout
                if timer._values["Active"] and function is not None:
                    function({"who": timer._values["ID"], "what": "Timeout"})
