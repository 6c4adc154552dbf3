"""Parts of the dialog that ttk has none of: fields with a hint in them, choices, and tips."""

from __future__ import annotations

import tkinter as tk
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from tkinter import ttk
from typing import Any

from foleyd.dialog import theme as looks
from foleyd.dialog.theme import Theme

_TIP_MILLISECONDS = 600


class HintEntry(ttk.Entry):
    """A line to type in; while it is empty and elsewhere is typed, a HINT stands in it."""

    def __init__(self, parent: tk.Misc, hint: str = "", **options: Any) -> None:
        self._text = tk.StringVar(parent)
        super().__init__(parent, textvariable=self._text, **options)
        self._hint = hint
        self._hinting = False
        self.bind("<FocusIn>", lambda _event: self._wake(), add=True)
        self.bind("<FocusOut>", lambda _event: self._rest(), add=True)
        self._rest()

    @property
    def value(self) -> str:
        """What was typed."""
        return "" if self._hinting else self._text.get()

    def set(self, text: str) -> None:
        """Puts TEXT in."""
        self._wake()
        self._text.set(text)
        self.icursor("end")
        self.xview_moveto(1.0)
        if self.focus_get() is not self:
            self._rest()

    def _wake(self) -> None:
        if self._hinting:
            self._hinting = False
            self._text.set("")
            self.configure(style="TEntry")

    def _rest(self) -> None:
        if self._hint and not self._text.get():
            self._hinting = True
            self._text.set(self._hint)
            self.configure(style="Hint.TEntry")


class PromptText(tk.Text):
    """Several lines to type a prompt in; Return calls ON_RETURN, Shift-Return begins a line, Tab leaves."""

    def __init__(self, parent: tk.Misc, theme: Theme, hint: str, on_return: Callable[[], None]) -> None:
        super().__init__(
            parent,
            height=3,
            width=40,
            wrap="word",
            font=theme.large,
            background=looks.FIELD,
            foreground=looks.TEXT,
            insertbackground=looks.TEXT,
            insertwidth=theme.px(2),
            selectbackground=looks.ACCENT,
            selectforeground="#ffffff",
            relief="flat",
            borderwidth=0,
            highlightthickness=theme.px(1),
            highlightbackground=looks.LINE,
            highlightcolor=looks.ACCENT,
            padx=theme.px(9),
            pady=theme.px(7),
            spacing3=theme.px(2),
            undo=True,
        )
        self._hint = tk.Label(
            self,
            text=hint,
            font=theme.large,
            background=looks.FIELD,
            foreground=looks.FAINT,
            cursor="xterm",
            borderwidth=0,
            padx=0,
            pady=0,
        )
        self._hint.bind("<Button-1>", lambda _event: self.focus_set())
        self.bind("<<Modified>>", lambda _event: self._changed())
        self.bind("<Tab>", lambda event: _leave(event.widget.tk_focusNext()))
        for key in ("<Return>", "<KP_Enter>"):
            self.bind(key, lambda _event: _done(on_return))
        self.bind("<Shift-Return>", lambda _event: _done(lambda: self.insert("insert", "\n")))
        for back in ("<Shift-Tab>", "<ISO_Left_Tab>"):
            with suppress(tk.TclError):  # the second is a key of X11's alone
                self.bind(back, lambda event: _leave(event.widget.tk_focusPrev()))
        self._theme = theme
        self._changed()

    @property
    def value(self) -> str:
        """What was typed."""
        return self.get("1.0", "end-1c")

    def set(self, text: str) -> None:
        """Puts TEXT in, with the cursor at its end."""
        self.delete("1.0", "end")
        self.insert("1.0", text)
        self.mark_set("insert", "end-1c")
        self.see("insert")

    def _changed(self) -> None:
        self.edit_modified(False)
        if self.value:
            self._hint.place_forget()
        else:
            # Where the first letter would be, but for the cursor that blinks there.
            self._hint.place(x=self._theme.px(2), y=0)


def _done(act: Callable[[], None]) -> str:
    """ACT instead of what the key does by itself."""
    act()
    return "break"


def _leave(target: tk.Misc | None) -> str:
    if target is not None:
        target.focus_set()
    return "break"


class Choice(ttk.Menubutton):
    """A button that opens a menu of texts, of which one is chosen; some may be greyed."""

    def __init__(self, parent: tk.Misc, on_choice: Callable[[], None] | None = None) -> None:
        super().__init__(parent)
        self._menu = tk.Menu(self, tearoff=False)
        self.configure(menu=self._menu)
        self._on_choice = on_choice
        self._shown: dict[str, str] = {}
        self._name = ""
        for key in ("<Return>", "<KP_Enter>", "<Down>"):
            self.bind(key, self._open)

    def offer(self, items: Sequence[tuple[str, str, str]], name: str) -> None:
        """Offers ITEMS (name, text, why it cannot be chosen or "") and shows the one named NAME."""
        self._menu.delete(0, "end")
        self._shown = {item: text for item, text, _ in items}
        for item, text, why_not in items:
            self._menu.add_command(
                label=f"{text}  –  {_short(why_not)}" if why_not else text,
                state="disabled" if why_not else "normal",
                command=partial(self._choose, item),
            )
        self._name = name
        self.configure(text=self._shown.get(name, name))

    @property
    def value(self) -> str:
        """The name of what is chosen."""
        return self._name

    def _choose(self, name: str) -> None:
        self._name = name
        self.configure(text=self._shown[name])
        if self._on_choice is not None:
            self._on_choice()

    def _open(self, _event: Any) -> str:
        self.event_generate("<space>")
        return "break"


def _short(text: str, length: int = 64) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


class Tip:
    """Words about WIDGET that appear when the pointer rests on it."""

    def __init__(self, widget: tk.Misc, text: str, theme: Theme) -> None:
        self._widget, self._text, self._theme = widget, text, theme
        self._timer = ""
        self._window: tk.Toplevel | None = None
        # Not when a window opens under a pointer that rests: then nobody has asked.
        widget.bind("<Motion>", self._wait, add=True)
        for leaving in ("<Leave>", "<ButtonPress>", "<Destroy>"):
            widget.bind(leaving, self._hide, add=True)
        if not isinstance(widget, ttk.Label | ttk.Frame):  # Tab would stop at what has a binding for keys
            widget.bind("<KeyPress>", self._hide, add=True)

    def _wait(self, _event: Any) -> None:
        if self._window is not None:
            return
        self._hide(None)
        self._timer = self._widget.after(_TIP_MILLISECONDS, self._show)

    def _show(self) -> None:
        self._window = window = tk.Toplevel(self._widget)
        window.wm_overrideredirect(True)
        window.wm_attributes("-topmost", True)
        label = ttk.Label(
            window,
            text=self._text,
            style="Tip.TLabel",
            wraplength=self._theme.px(320),
            padding=self._theme.px(7),
        )
        label.pack()
        x = self._widget.winfo_rootx()
        y = self._widget.winfo_rooty() + self._widget.winfo_height() + self._theme.px(4)
        window.wm_geometry(f"+{x}+{y}")

    def _hide(self, _event: Any) -> None:
        if self._timer:
            self._widget.after_cancel(self._timer)
            self._timer = ""
        if self._window is not None:
            self._window.destroy()
            self._window = None
