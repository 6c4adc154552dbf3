"""The dialog's looks: dark and neutral, as the programs it stands in front of are."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tkinter as tk
from contextlib import suppress
from tkinter import font as tkfont
from tkinter import ttk
from typing import Any

from foleyd.dialog.pictures import box, dot, picture

GROUND = "#28282c"
RAISED = "#333338"
HOVER = "#3f3f46"
FIELD = "#1c1c1f"
LINE = "#47474e"
TEXT = "#dcdcde"
DIM = "#9a9aa2"
FAINT = "#6c6c74"
ACCENT = "#3f7fbf"
ACCENT_HOVER = "#4e92d6"
WARM = "#ffb36b"
WARM_GROUND = "#3d3024"
GOOD = "#79c77f"
BAD = "#ff8d72"

_POINTS = {"aqua": 13, "win32": 10, "x11": 10}
_DOTS = 96.0
"""Dots per inch at which a pixel of the design is one of the screen (macOS counts in points by itself)."""


class Theme:
    """Fonts, colours and styles for one window, in the size that its screen asks for."""

    def __init__(self, root: tk.Tk) -> None:
        self.system = str(root.tk.call("tk", "windowingsystem"))
        self._scale = _scale(root, self.system)
        self._pictures: list[tk.PhotoImage] = []
        base = tkfont.nametofont("TkDefaultFont").actual("family")
        fixed = tkfont.nametofont("TkFixedFont").actual("family")
        points = _POINTS.get(self.system, 10)
        self.font = tkfont.Font(root, family=base, size=points)
        self.small = tkfont.Font(root, family=base, size=points - 1)
        self.strong = tkfont.Font(root, family=base, size=points, weight="bold")
        self.large = tkfont.Font(root, family=base, size=points + 2)
        self.heading = tkfont.Font(root, family=base, size=points + 4, weight="bold")
        self.fixed = tkfont.Font(root, family=fixed, size=points - 1)
        self._style(root)

    def px(self, pixels: float) -> int:
        """PIXELS of the design in pixels of this screen."""
        return max(1, round(pixels * self._scale))

    def _style(self, root: tk.Tk) -> None:
        style = ttk.Style(root)
        style.theme_use("clam")  # the native ones cannot be dark
        root.configure(background=GROUND)
        root.option_add("*Toplevel.background", GROUND)
        self._style_menus(root)
        style.configure(
            ".",
            background=GROUND,
            foreground=TEXT,
            fieldbackground=FIELD,
            bordercolor=LINE,
            lightcolor=GROUND,
            darkcolor=GROUND,
            troughcolor=FIELD,
            selectbackground=ACCENT,
            selectforeground="#ffffff",
            insertcolor=TEXT,
            focuscolor=ACCENT,
            font=self.font,
        )
        style.map(".", foreground=[("disabled", FAINT)])
        self._style_labels(style)
        self._style_buttons(style)
        self._style_fields(style)

    def _style_menus(self, root: tk.Tk) -> None:
        for option, value in (
            ("background", RAISED),
            ("foreground", TEXT),
            ("activeBackground", ACCENT),
            ("activeForeground", "#ffffff"),
            ("disabledForeground", FAINT),
            ("selectColor", TEXT),
            ("borderWidth", 1),
            ("activeBorderWidth", self.px(3)),
            ("relief", "flat"),
            ("font", self.font),
        ):
            root.option_add(f"*Menu.{option}", value)

    def _style_labels(self, style: ttk.Style) -> None:
        style.configure("Dim.TLabel", foreground=DIM)
        style.configure("Hint.TLabel", foreground=DIM, font=self.small)
        style.configure("Strong.TLabel", font=self.strong)
        style.configure("Heading.TLabel", font=self.heading)
        style.configure("Bad.Heading.TLabel", font=self.heading, foreground=WARM)
        style.configure("Fixed.TLabel", font=self.fixed, background=FIELD, foreground=TEXT)
        style.configure("Fixed.TFrame", background=FIELD)
        style.configure("Problem.TFrame", background=WARM_GROUND)
        style.configure("Problem.TLabel", background=WARM_GROUND, foreground=WARM)
        style.configure("Mark.Problem.TLabel", background=WARM_GROUND, foreground=WARM, font=self.strong)
        style.configure("Tip.TLabel", background="#48484f", foreground=TEXT, font=self.small)
        style.configure("Rule.TFrame", background="#36363b")

    def _style_buttons(self, style: ttk.Style) -> None:
        padding = (self.px(16), self.px(6))
        for name, ground, over, ink in (
            ("TButton", RAISED, HOVER, TEXT),
            ("Go.TButton", ACCENT, ACCENT_HOVER, "#ffffff"),
        ):
            style.configure(
                name,
                background=ground,
                foreground=ink,
                bordercolor=LINE if ground == RAISED else ground,
                lightcolor=ground,
                darkcolor=ground,
                padding=padding,
                relief="flat",
                anchor="center",
            )
            style.map(
                name,
                background=[("disabled", RAISED), ("pressed", ground), ("active", over)],
                foreground=[("disabled", FAINT)],
                bordercolor=[("disabled", LINE), ("focus", TEXT)],
                lightcolor=[("disabled", RAISED), ("active", over)],
                darkcolor=[("disabled", RAISED), ("active", over)],
            )
        style.configure("Go.TButton", font=self.strong)
        style.configure("Side.TButton", padding=(self.px(10), self.px(4)))
        self._style_marks(style)

    def _style_marks(self, style: ttk.Style) -> None:
        """Check boxes and radio buttons with marks of our own: clam's cross reads as “no”."""
        size, gap = self.px(16), self.px(7)
        for kind, off, on in (
            ("Checkbutton", box(FIELD, FAINT, None), box(ACCENT, ACCENT, "#ffffff")),
            ("Radiobutton", dot(FIELD, FAINT, None), dot(ACCENT, ACCENT, "#ffffff")),
        ):
            pictures = [picture(size, size + gap, GROUND, paint) for paint in (off, on)]
            self._pictures += pictures  # Tk keeps no hold on them
            element = f"Foley.{kind}.indicator"
            style.element_create(element, "image", pictures[0], ("selected", pictures[1]), sticky="w")
            inside: Any = [(element, {"side": "left"}), (f"{kind}.label", {"side": "left", "sticky": "w"})]
            focus: Any = [(f"{kind}.focus", {"sticky": "nswe", "children": inside})]
            style.layout(f"T{kind}", [(f"{kind}.padding", {"sticky": "nswe", "children": focus})])
            style.configure(f"T{kind}", padding=self.px(2))
            style.map(f"T{kind}", background=[("active", GROUND)], foreground=[("disabled", FAINT)])

    def _style_fields(self, style: ttk.Style) -> None:
        padding = (self.px(7), self.px(5))
        for name in ("TEntry", "TSpinbox"):
            style.configure(name, padding=padding, lightcolor=FIELD, darkcolor=FIELD, arrowcolor=TEXT)
            style.map(
                name,
                bordercolor=[("focus", ACCENT)],
                lightcolor=[("focus", FIELD)],
                fieldbackground=[("disabled", GROUND)],
                foreground=[("disabled", FAINT)],
                arrowcolor=[("disabled", FAINT)],
            )
        style.configure("TSpinbox", arrowsize=self.px(11), background=RAISED)
        style.configure("Hint.TEntry", foreground=FAINT)
        style.configure(
            "TMenubutton",
            padding=padding,
            background=RAISED,
            bordercolor=LINE,
            lightcolor=RAISED,
            darkcolor=RAISED,
            arrowcolor=DIM,
            arrowsize=self.px(5),
            relief="flat",
        )
        style.map(
            "TMenubutton",
            background=[("disabled", GROUND), ("active", HOVER)],
            bordercolor=[("focus", ACCENT)],
            foreground=[("disabled", FAINT)],
        )
        style.configure("Link.TMenubutton", background=GROUND, bordercolor=GROUND, foreground=DIM)
        style.configure("Link.TMenubutton", lightcolor=GROUND, darkcolor=GROUND, padding=self.px(2))
        style.configure(
            "Vertical.TScrollbar",
            background=HOVER,
            troughcolor=FIELD,
            bordercolor=FIELD,
            lightcolor=HOVER,
            darkcolor=HOVER,
            arrowcolor=DIM,
            arrowsize=self.px(12),
        )
        style.configure(
            "Horizontal.TProgressbar",
            background=ACCENT,
            troughcolor=FIELD,
            bordercolor=LINE,
            lightcolor=ACCENT,
            darkcolor=ACCENT,
            thickness=self.px(12),
        )


def sharpen() -> None:
    """Tells Windows, before there is a window, that this one scales itself: else it is blown up."""
    if sys.platform == "win32":
        import ctypes

        with suppress(AttributeError, OSError):
            ctypes.windll.shcore.SetProcessDpiAwareness(1)


def darken_frame(root: tk.Tk) -> None:
    """Gives the window's own frame dark colours, where the system can."""
    if sys.platform == "win32":
        import ctypes

        with suppress(AttributeError, OSError, tk.TclError):
            handle = ctypes.windll.user32.GetParent(root.winfo_id())
            yes = ctypes.c_int(1)
            ctypes.windll.dwmapi.DwmSetWindowAttribute(handle, 20, ctypes.byref(yes), ctypes.sizeof(yes))
    elif sys.platform == "darwin":
        with suppress(tk.TclError):
            root.tk.call("::tk::unsupported::MacWindowStyle", "appearance", root._w, "darkaqua")  # type: ignore[attr-defined]


def _scale(root: tk.Tk, system: str) -> float:
    """Pixels of the screen for one of the design; fonts, in points, are set to the same."""
    if system == "aqua":
        return 1.0
    dots = root.winfo_fpixels("1i")
    if system == "x11":
        # What the desktop was set to; Tk itself looks at the screen's millimetres alone.
        dots = max(dots, _desktop_dots(), _DOTS * _number(os.environ.get("GDK_SCALE", "")))
    scale = min(max(dots / _DOTS, 1.0), 4.0)
    root.tk.call("tk", "scaling", scale * _DOTS / 72.0)
    return scale


def _desktop_dots() -> float:
    xrdb = shutil.which("xrdb")
    if xrdb is None:
        return 0.0
    with suppress(OSError, subprocess.SubprocessError):
        said = subprocess.run([xrdb, "-query"], capture_output=True, text=True, timeout=2, check=False)
        for line in said.stdout.splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "Xft.dpi":
                return _number(value)
    return 0.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
