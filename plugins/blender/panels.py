# SPDX-License-Identifier: GPL-3.0-or-later
"""The sidebar tab “Foley”, the entries in the sequencer's menus, and the status bar."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

import bpy

from . import marks, settings, takes, times, vse_host
from .state import active_take, as_sentence, current, layers_in

LINE_PIXELS = 7.0
SHOWN = 20
"""Characters of a seed, or of a job's long name."""
STATE_ICONS = {"done": "CHECKMARK", "failed": "ERROR", "cancelled": "CANCEL"}


class _Panel:
    bl_space_type = "SEQUENCE_EDITOR"
    bl_region_type = "UI"
    bl_category = "Foley"

    @classmethod
    def poll(cls, context: Any) -> bool:
        scene = vse_host.scene_of(context)
        return bool(scene and scene.sequence_editor)


def _wrapped(layout: Any, context: Any, text: str, icon: str, alert: bool = False) -> None:
    """TEXT in as many lines as the sidebar's width asks for."""
    scale = context.preferences.system.ui_scale or 1.0
    width = max(24, int((context.region.width / scale - 60) / LINE_PIXELS))
    column = layout.column(align=True)
    column.alert = alert
    for index, line in enumerate(textwrap.wrap(text, width) or [""]):
        column.label(text=line, icon="BLANK1" if index else icon)


class FOLEY_PT_generate(_Panel, bpy.types.Panel):
    """Ask for sound."""

    bl_label = "Foley"
    bl_idname = "FOLEY_PT_generate"

    def draw(self, context: Any) -> None:
        """The ways to ask, and whether foley is there."""
        with times.measured("draw panel: generate"):
            layout = self.layout
            column = layout.column(align=True)
            column.scale_y = 1.3
            column.operator("foley.generate", text="Generate Foley…", icon="SOUND").source = "SELECTION"
            column = layout.column(align=True)
            for source, label, icon in (
                ("PREVIEW", "For Preview Range…", "PREVIEW_RANGE"),
                ("MARKERS", "From Markers…", "MARKER_HLT"),
                ("TEXT", "From Text Only…", "TEXT"),
            ):
                column.operator("foley.generate", text=label, icon=icon).source = source
            current().ask_server_once()
            row = layout.row()
            text, good = current().ready_text()
            _wrapped(row.column(), context, text, "CHECKMARK" if good else "ERROR", alert=not good)
            row.operator("foley.refresh", text="", icon="FILE_REFRESH", emboss=False)
            for index, sentence in enumerate(current().sentences):
                box = layout.box().row()
                _wrapped(box.column(), context, sentence, "ERROR", alert=True)
                box.operator("foley.dismiss_sentence", text="", icon="X", emboss=False).index = index


class FOLEY_PT_jobs(_Panel, bpy.types.Panel):
    """What is being made."""

    bl_label = "Jobs"
    bl_idname = "FOLEY_PT_jobs"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where there are any."""
        return super().poll(context) and bool(current().views())

    def draw(self, context: Any) -> None:
        """Each job: how far it is, or what became of it."""
        with times.measured("draw panel: jobs"):
            views = current().views()
            for view in views:
                _draw_job(self.layout.box(), context, view)
            if sum(current().ended(view) for view in views) > 1:
                self.layout.operator("foley.dismiss_all", icon="X")


def _draw_job(layout: Any, context: Any, view: Any) -> None:
    ended = current().ended(view)
    row = layout.row(align=True)
    row.label(text=view.title, icon=STATE_ICONS.get(view.state, "SOUND"))
    if ended:
        if folder := current().folder_of(view):
            row.operator("foley.open_folder", text="", icon="FILE_FOLDER", emboss=False).folder = folder
        row.operator("foley.dismiss", text="", icon="X", emboss=False).job = view.id
        _wrapped(
            layout, context, as_sentence(current().outcome(view)), "BLANK1", alert=view.state == "failed"
        )
    else:
        row.operator("foley.cancel", text="", icon="CANCEL", emboss=False).job = view.id
        layout.progress(factor=view.fraction, text=current().progress_text(view), type="BAR")
    for warning in view.warnings[:4]:
        _wrapped(layout, context, warning, "INFO")


class FOLEY_PT_take(_Panel, bpy.types.Panel):
    """The sound of ours that is active."""

    bl_label = "This Sound"
    bl_idname = "FOLEY_PT_take"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only on a strip of ours."""
        return super().poll(context) and active_take(context) is not None

    def draw(self, context: Any) -> None:
        """What it was made from, and what can be done with it."""
        with times.measured("draw panel: take"):
            layout, strip = self.layout, active_take(context)
            group = takes.group(strip)
            names = [other.name for other in group]
            _wrapped(layout, context, str(strip.get(marks.PROMPT, "")), "SOUND")
            if strip.get(marks.NEGATIVE):
                _wrapped(layout, context, f"not: {strip[marks.NEGATIVE]}", "BLANK1")
            row = layout.row(align=True)
            row.enabled = len(group) > 1
            row.operator("foley.step_take", text="", icon="TRIA_LEFT").by = -1
            row.label(text=f"  Take {names.index(strip.name) + 1} of {len(group)}")
            row.operator("foley.step_take", text="", icon="TRIA_RIGHT").by = 1
            row.operator("foley.keep_take", text="Keep This", icon="CHECKMARK")
            column = layout.column(align=True)
            column.operator("foley.play_from", icon="PLAY")
            column.operator("foley.redo", icon="FILE_REFRESH")
            column.operator("foley.remove_job", icon="TRASH")
            _draw_facts(layout, strip)


def _draw_facts(layout: Any, strip: Any) -> None:
    column = layout.column(align=True)
    column.use_property_split = True
    for label, key in (
        ("Layer", marks.LAYER),
        ("Engine", marks.ENGINE),
        ("Seed", marks.SEED),
        ("Job", marks.JOB),
    ):
        split = column.split(factor=0.3)
        left = split.row()
        left.alignment = "RIGHT"
        left.active = False
        left.label(text=label)
        split.label(text=str(strip.get(key, ""))[:SHOWN])


class FOLEY_PT_layers(_Panel, bpy.types.Panel):
    """The layers that this edit has."""

    bl_label = "Layers"
    bl_idname = "FOLEY_PT_layers"

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where there is sound of ours."""
        return super().poll(context) and bool(layers_in(vse_host.scene_of(context)))

    def draw(self, context: Any) -> None:
        """A solo switch for each."""
        with times.measured("draw panel: layers"):
            scene = vse_host.scene_of(context)
            soloed = settings.of(scene).soloed
            column = self.layout.column(align=True)
            for layer in layers_in(scene):
                on = layer == soloed
                column.operator(
                    "foley.solo_layer",
                    text=f"{layer}: heard alone" if on else f"Solo {layer}",
                    icon="SOLO_ON" if on else "SOLO_OFF",
                    depress=on,
                ).layer = layer


class FOLEY_MT_menu(bpy.types.Menu):
    """All of Foley."""

    bl_label = "Foley"
    bl_idname = "FOLEY_MT_menu"

    def draw(self, context: Any) -> None:
        """Ask, then what can be done with the active sound."""
        layout = self.layout
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("foley.generate", text="Generate Foley…", icon="SOUND").source = "SELECTION"
        layout.operator("foley.generate", text="For Preview Range…", icon="PREVIEW_RANGE").source = "PREVIEW"
        layout.operator("foley.generate", text="From Markers…", icon="MARKER_HLT").source = "MARKERS"
        layout.operator("foley.generate", text="From Text Only…", icon="TEXT").source = "TEXT"
        if active_take(context) is not None:
            layout.separator()
            _draw_take_entries(layout)


def _draw_take_entries(layout: Any) -> None:
    layout.operator("foley.step_take", text="Next Take", icon="TRIA_RIGHT").by = 1
    layout.operator("foley.step_take", text="Previous Take", icon="TRIA_LEFT").by = -1
    layout.operator("foley.keep_take", icon="CHECKMARK")
    layout.operator("foley.redo", icon="FILE_REFRESH")
    layout.operator("foley.play_from", icon="PLAY")
    layout.operator("foley.remove_job", icon="TRASH")


def draw_context_menu(self: Any, context: Any) -> None:
    """What a right-click on strips offers."""
    with times.measured("draw context menu"):
        layout = self.layout
        layout.separator()
        layout.operator_context = "INVOKE_DEFAULT"
        layout.operator("foley.generate", text="Generate Foley…", icon="SOUND").source = "SELECTION"
        layout.menu("FOLEY_MT_menu")


def draw_strip_menu(self: Any, _context: Any) -> None:
    """The same in the Strip menu."""
    self.layout.separator()
    self.layout.menu("FOLEY_MT_menu", icon="SOUND")


def draw_status_bar(self: Any, _context: Any) -> None:
    """How far the work is, at the foot of the window."""
    with times.measured("draw status bar"):
        views = [view for view in current().views() if not current().ended(view)]
        if views:
            first = next((view for view in views if view.state == "running"), views[0])
            more = f" (+{len(views) - 1})" if len(views) > 1 else ""
            row = self.layout.row()
            row.ui_units_x = 14
            text = f"Foley: {current().progress_text(first)}{more}"
            row.progress(factor=first.fraction, text=text, type="BAR")


MENUS: tuple[tuple[str, Callable[[Any, Any], None]], ...] = (
    ("SEQUENCER_MT_context_menu", draw_context_menu),
    ("SEQUENCER_MT_strip", draw_strip_menu),
    ("STATUSBAR_HT_header", draw_status_bar),
)
CLASSES = (
    FOLEY_MT_menu,
    FOLEY_PT_generate,
    FOLEY_PT_jobs,
    FOLEY_PT_take,
    FOLEY_PT_layers,
)


def register() -> None:
    """Adds our entries to Blender's own menus."""
    for name, draw in MENUS:
        getattr(bpy.types, name).append(draw)


def unregister() -> None:
    """Takes them out again."""
    for name, draw in MENUS:
        getattr(bpy.types, name).remove(draw)
