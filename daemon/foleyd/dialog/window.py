"""The dialog's window: shows what the plugin says, one view at a time, and says what became of it."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from tkinter import ttk
from types import TracebackType
from typing import Any

from foleyd.dialog.ask import AskView
from foleyd.dialog.available import DialogUnavailable, without_display
from foleyd.dialog.lines import Lifeline, Lines
from foleyd.dialog.theme import Theme, darken_frame, sharpen
from foleyd.dialog.views import LinesView, ProgressView

_POLL_MILLISECONDS = 30
_ON_TOP_MILLISECONDS = 1500
_SETTLE_MILLISECONDS = 40
View = AskView | ProgressView | LinesView


def show(folder: Path) -> None:
    """Shows what is said in FOLDER until it is told to close, or nobody is there any more.

    Raises DialogUnavailable where there is no display, and RequestError where it is told nonsense.
    """
    sharpen()
    try:
        root = tk.Tk(className="Foley")
    except tk.TclError as error:
        raise DialogUnavailable(without_display(str(error))) from None
    window = Dialog(root, Lines(folder), Lifeline())
    root.mainloop()
    if window.failure is not None:
        raise window.failure


class Dialog:
    """The window ROOT, led by LINES and held by LIFELINE; ``failure`` is why it ended, where it had to."""

    def __init__(self, root: tk.Tk, lines: Lines, lifeline: Lifeline) -> None:
        self.failure: BaseException | None = None
        self._root, self._lines, self._lifeline = root, lines, lifeline
        self.view: View | None = None
        self._waiting = False  # for the plugin: the view has had its answer
        root.withdraw()
        root.title("Foley")
        root.report_callback_exception = self._fail
        self._theme = Theme(root)
        root.protocol("WM_DELETE_WINDOW", self._close_button)
        for key in ("<Return>", "<KP_Enter>"):
            root.bind(key, self._return)
        root.bind("<Escape>", self._escape)
        lines.say(ready=True)
        self._poll()

    # ------------------------------------------------------------------------------------ the plugin

    def _poll(self) -> None:
        if self._lifeline.ended:
            self._root.destroy()
            return
        for said in self._lines.hear():
            if said.get("close"):
                self._root.destroy()
                return
            self._obey(said)
        if self._lines.wanted_in_front() and self.view is not None:
            self._come_to_front()
        self._root.after(_POLL_MILLISECONDS, self._poll)

    def _obey(self, said: Mapping[str, Any]) -> None:
        kind = said.get("show")
        if kind == "progress" and isinstance(self.view, ProgressView):
            self.view.show(said)
            return
        if kind == "ask":
            question = said["question"]
            self._show(AskView(self._root, self._theme, question, self._answered), question["title"])
        elif kind == "progress":
            view = ProgressView(self._root, self._theme, lambda: self._lines.say(cancel=True))
            view.show(said)
            self._show(view, "Foley")
        elif kind == "tell":
            self._show(LinesView(self._root, self._theme, said, ["Close"], self._told), "Foley")
        elif kind == "choose":
            self._show(LinesView(self._root, self._theme, said, said["choices"], self._chosen), "Foley")
        # Anything else is of a newer plugin, which can do without.

    def _answered(self, values: dict[str, Any] | None) -> None:
        self._waiting = True
        self._lines.say(answer=values)

    def _told(self, _choice: str | None) -> None:
        self._waiting = True
        self._lines.say(closed=True)

    def _chosen(self, choice: str | None) -> None:
        self._waiting = True
        self._lines.say(chosen=choice)

    # ------------------------------------------------------------------------------------- the window

    def _show(self, view: View, title: str) -> None:
        before, self.view = self.view, view
        self._waiting = False
        if before is not None:
            before.destroy()
        view.pack(fill="both", expand=True)
        self._root.title(title)
        self._root.geometry("")  # as large as the view asks for
        self._root.update_idletasks()
        self._root.minsize(self._root.winfo_reqwidth(), self._root.winfo_reqheight())
        if before is None:
            self._appear()
        else:
            self._stay_on_screen()
        view.first().focus_set()

    def _appear(self) -> None:
        """Opens the window near the pointer, where the editor is looking, in front of everything."""
        root = self._root
        x = root.winfo_pointerx() - root.winfo_reqwidth() // 2
        self._move(x, root.winfo_pointery() - root.winfo_reqheight() // 3, root.winfo_pointerx())
        root.deiconify()
        darken_frame(root)
        self._come_to_front()

    def _come_to_front(self) -> None:
        root = self._root
        root.deiconify()
        root.lift()
        root.attributes("-topmost", True)
        root.after(_ON_TOP_MILLISECONDS, lambda: root.attributes("-topmost", False))
        root.after(_SETTLE_MILLISECONDS, self._take_keys)

    def _stay_on_screen(self) -> None:
        """Moves a window that has grown over the edge of its screen."""
        root = self._root
        x, y = root.winfo_x(), root.winfo_y()
        right, bottom = x + root.winfo_reqwidth(), y + root.winfo_reqheight()
        if right > root.winfo_screenwidth() or bottom > root.winfo_screenheight():
            self._move(x, y, x)

    def _move(self, x: int, y: int, seen_at: int) -> None:
        """Puts the window at X, Y, or as near as lies on the screen that SEEN_AT is on."""
        root = self._root
        if 0 <= seen_at < root.winfo_screenwidth():  # of other screens the size is not known
            x = max(min(x, root.winfo_screenwidth() - root.winfo_reqwidth()), 0)
            y = max(min(y, root.winfo_screenheight() - root.winfo_reqheight()), 0)
        root.geometry(f"+{x}+{y}")

    def _take_keys(self) -> None:
        if self.view is not None:
            self._root.focus_force()
            self.view.first().focus_set()

    def _return(self, event: tk.Event[tk.Misc]) -> str | None:
        if self.view is None or self._waiting:
            return None
        if isinstance(event.widget, ttk.Button):
            event.widget.invoke()
        else:
            self.view.accept()
        return "break"

    def _escape(self, _event: Any) -> None:
        if self.view is not None and not self._waiting:
            self.view.leave()

    def _close_button(self) -> None:
        if self.view is not None and not self._waiting:
            self.view.leave()
            return
        # Nothing is asked: whatever the plugin is doing for this answer is not wanted any more.
        self._lines.say(cancel=True)
        self._root.destroy()

    def _fail(self, _kind: type[BaseException], failure: BaseException, _where: TracebackType | None) -> None:
        self.failure = failure
        with suppress(tk.TclError):
            self._root.destroy()
