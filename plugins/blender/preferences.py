# SPDX-License-Identifier: GPL-3.0-or-later
"""The extension's preferences: where ``foley`` is, what it says of itself, and defaults."""

from __future__ import annotations

import textwrap
from typing import Any

import bpy

from . import pump, times
from .generate import engines, layers
from .settings import number
from .state import current

LINE = 88
ON_THIS_COMPUTER = (
    "foley runs on this computer: the extension never uses the internet,",
    "and never downloads a model (foley models pull in a terminal does).",
)


class FoleyPreferences(bpy.types.AddonPreferences):
    """Shown under Edit > Preferences > Add-ons > Foley."""

    bl_idname = __package__

    command: bpy.props.StringProperty(
        name="foley",
        description="The `foley` command. Left empty, it is the one that installed this extension",
        subtype="FILE_PATH",
    )
    folder: bpy.props.StringProperty(
        name="Sound Goes To",
        description="Folder of the WAV files. Left empty, they go beside NAME.blend into NAME.foley",
        subtype="DIR_PATH",
    )
    layer: bpy.props.EnumProperty(
        name="Layer",
        description="The layer that the dialog begins with",
        items=layers,
        default=number("foley"),
    )
    engine: bpy.props.EnumProperty(
        name="Engine",
        description="The engine that the dialog begins with",
        items=engines,
        default=number("auto"),
    )
    handles: bpy.props.IntProperty(
        name="Handles",
        description="Frames of sound before and after each strip, hidden under its ends: for fades and trims",
        default=12,
        min=0,
        max=240,
    )

    def draw(self, _context: Any) -> None:
        """The preferences, and what ``foley doctor`` last said."""
        with times.measured("draw preferences"):
            layout = self.layout
            layout.use_property_split = True
            layout.prop(self, "command", placeholder="found by itself")
            layout.prop(self, "folder", placeholder="beside the .blend")
            column = layout.column(align=True)
            column.prop(self, "layer")
            column.prop(self, "engine")
            column.prop(self, "handles")
            row = layout.row()
            row.operator(
                "foley.check",
                text="Checking…" if current().doctor else "Check foley",
                icon="SORTTIME" if current().doctor else "CHECKMARK",
            )
            _draw_findings(layout)
            column = layout.column(align=True)
            column.active = False
            for index, line in enumerate(ON_THIS_COMPUTER):
                column.label(text=line, icon="BLANK1" if index else "INFO")


def _draw_findings(layout: Any) -> None:
    icons = {"ok": "CHECKMARK", "note": "DOT", "bad": "ERROR"}
    if not current().findings:
        return
    box = layout.box().column(align=True)
    for finding in current().findings:
        for index, line in enumerate(textwrap.wrap(finding.text, LINE)):
            row = box.row()
            row.alert = finding.state == "bad"
            row.label(text=line, icon="BLANK1" if index else icons[finding.state])
        if finding.fix and finding.state != "ok":
            for index, line in enumerate(textwrap.wrap(finding.fix, LINE - 6)):
                box.label(text=line if index else f"→ {line}", icon="BLANK1")


class FOLEY_OT_check(bpy.types.Operator):
    """Runs `foley doctor`, outside of Blender, and shows its answer here in words"""

    bl_idname = "foley.check"
    bl_label = "Check foley"

    @classmethod
    def poll(cls, _context: Any) -> bool:
        """One check at a time."""
        return current().doctor is None

    def execute(self, _context: Any) -> set[str]:
        """Starts it; in background, waits for it."""
        with times.measured("foley.check"):
            problem = pump.start_doctor()
        if problem:
            self.report({"ERROR"}, problem)
            return {"CANCELLED"}
        return {"FINISHED"}


CLASSES = (FoleyPreferences, FOLEY_OT_check)
