# SPDX-License-Identifier: GPL-3.0-or-later
"""Generate Foley…: the dialog, what it will cover, and the question that it ends in."""

from __future__ import annotations

import contextlib
import random
import textwrap
from collections.abc import Sequence
from typing import Any

import bpy

from . import asking, pump, settings, state, takes, times, vse_host
from .asking import Cues
from .foley_requests import LAYERS, Ask, seed_of
from .timing import timecode

WIDTH = 460
LINE = 66

SOURCES = (
    ("SELECTION", "Selected Strips", "Sound for the selected strips, over exactly their length"),
    ("PREVIEW", "Preview Range", "Sound over the preview range, whatever is cut there"),
    ("MARKERS", "Markers", "Sound from each timeline marker on: the marker's name says what is heard"),
    (
        "TEXT",
        "Text Only",
        "Sound from the words alone, over the preview range or the selected strips; no picture is looked at",
    ),
)
WHAT_HAPPENS = (
    ". You can go on editing meanwhile. The sound comes onto channels of its own; nothing of yours is changed"
)


def layers(_self: Any, _context: Any) -> settings.Items:
    """The layers that foley knows, as the items of a menu."""
    return settings.layer_items(state.current().watch.layers)


def engines(_self: Any, _context: Any) -> settings.Items:
    """The engines that foley has, as the items of a menu."""
    return settings.engine_items(state.current().watch.engines)


class AskProperties:
    """What the dialog asks; shared by Generate and Redo."""

    prompt: bpy.props.StringProperty(
        name="Prompt",
        description='What should be heard: "slow footsteps on gravel, a coat rustling". '
        "A list with commas is one mix",
        maxlen=2000,
    )
    negative: bpy.props.StringProperty(
        name="Leave Out", description='What should not be heard: "music, voices"', maxlen=2000
    )
    layer: bpy.props.EnumProperty(
        name="Layer",
        description="The stem it belongs to: each layer has channels of its own",
        items=layers,
        default=settings.number("foley"),
    )
    takes: bpy.props.IntProperty(
        name="Takes",
        description="How many to choose from: the first is heard, the others lie muted above it",
        default=1,
        min=1,
        max=32,
    )
    seed: bpy.props.StringProperty(
        name="Seed",
        description="The number that a take grows from: the same question and seed give the same sound. "
        "Left empty, one is chosen",
    )
    engine: bpy.props.EnumProperty(
        name="Engine",
        description="What makes the sound",
        items=engines,
        default=settings.number("auto"),
    )
    handles: bpy.props.IntProperty(
        name="Handles",
        description="Frames of sound before and after, hidden under the strip's ends: for fades and trims",
        default=12,
        min=0,
        max=240,
    )


def earlier_prompts(_self: Any, context: Any) -> settings.Items:
    """The last prompts, newest first, as the items of a menu."""
    prompts = [item.text for item in settings.of(vse_host.scene_of(context)).prompts]
    return settings.menu(
        "prompts", ((str(index), short(text, 60), text) for index, text in enumerate(prompts))
    )


def short(text: str, length: int) -> str:
    """TEXT in LENGTH characters at most."""
    return textwrap.shorten(text, length, placeholder="…")


def fill_in(operator: Any, context: Any) -> None:
    """Gives OPERATOR what the scene remembers, else the preferences."""
    kept, preferences = settings.of(vse_host.scene_of(context)), settings.get(context)
    operator.prompt = kept.prompts[0].text if kept.prompts else ""
    operator.negative = kept.negative
    operator.takes = kept.takes
    operator.seed = ""
    operator.handles = kept.handles if kept.handles >= 0 else preferences.handles
    choose(operator, "layer", kept.layer or preferences.layer)
    choose(operator, "engine", kept.engine or preferences.engine)


def choose(operator: Any, name: str, value: str) -> None:
    """Sets an enum of OPERATOR; a VALUE that is not offered any more leaves it alone."""
    with contextlib.suppress(TypeError):
        setattr(operator, name, value)


def cover_text(scene: Any, ranges: Sequence[tuple[int, int]], what: str) -> str:
    """“3 strips · 00:00:01:00 – 00:00:10:12 · 9.5 s”."""
    rate = vse_host.rate(scene)
    start, end = min(a for a, _ in ranges), max(b for _, b in ranges)
    seconds = float(sum(b - a for a, b in ranges) / rate)
    return f"{what} · {timecode(start, rate)} – {timecode(end, rate)} · {seconds:.1f} s"


def draw_ready(layout: Any) -> None:
    """Whether foley is there, as last heard; never asks and never waits."""
    text, good = state.current().ready_text()
    for index, line in enumerate(textwrap.wrap(text, LINE)):
        row = layout.row()
        row.alert = not good
        icon = "CHECKMARK" if good else "ERROR"
        row.label(text=line, icon="BLANK1" if index else icon)


def draw_ask(layout: Any, operator: Any, seed: str, with_prompt: bool = True) -> None:
    """The fields that Generate and Redo share."""
    layout.use_property_split = True
    layout.use_property_decorate = False
    if with_prompt:
        column = layout.column(align=True)
        column.use_property_split = False
        column.label(text="What should be heard")
        row = column.row(align=True)
        row.activate_init = True
        row.scale_y = 1.2
        row.prop(operator, "prompt", text="", placeholder="slow footsteps on gravel, a coat rustling")
        if "earlier" in operator.bl_rna.properties and settings.of(vse_host.scene_of(bpy.context)).prompts:
            row.prop_menu_enum(operator, "earlier", text="", icon="DOWNARROW_HLT")
    column = layout.column()
    column.prop(operator, "negative", placeholder="music, voices")
    column.prop(operator, "layer")
    column.prop(operator, "engine")
    column = layout.column(align=True)
    column.prop(operator, "takes")
    column.prop(operator, "seed", placeholder=seed)
    column.prop(operator, "handles", text="Handles (Frames)")


class FOLEY_OT_generate(AskProperties, bpy.types.Operator):
    """Says what should be heard, and lays it under the picture"""

    bl_idname = "foley.generate"
    bl_label = "Generate Foley…"
    bl_options = {"REGISTER"}

    source: bpy.props.EnumProperty(name="For", items=SOURCES, options={"HIDDEN", "SKIP_SAVE"})
    spread: bpy.props.EnumProperty(
        name="Make",
        items=(
            ("each", "One for Each Strip", "Each strip gets a sound of its own, cut where the strip is cut"),
            ("whole", "One over All", "One sound from the first frame to the last, across the cuts"),
        ),
    )

    def _take_earlier(self, context: Any) -> None:
        self.prompt = settings.of(vse_host.scene_of(context)).prompts[int(self.earlier)].text

    earlier: bpy.props.EnumProperty(
        name="Last Prompts",
        description="Take one of the last prompts",
        items=earlier_prompts,
        update=_take_earlier,
        options={"SKIP_SAVE", "HIDDEN"},
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """There must be an edit."""
        scene = vse_host.scene_of(context)
        return bool(scene and scene.sequence_editor)

    @classmethod
    def description(cls, _context: Any, properties: Any) -> str:
        """Says what this entry will do."""
        return next(text for name, _, text in SOURCES if name == properties.source) + WHAT_HAPPENS

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """Opens the dialog; what cannot work is said at once, not after it."""
        with times.measured("generate: open the dialog"):
            fill_in(self, context)
            choose(self, "spread", settings.of(vse_host.scene_of(context)).spread)
            state.current().ask_server()
            pump.wake()
            try:
                asking.check_folder(context)
                ranges = asking.ranges_of(context, self.source)
                if self.source == "MARKERS":
                    asking.marker_cues(context, ranges)
            except ValueError as problem:
                return refuse(self, str(problem))
            return context.window_manager.invoke_props_dialog(
                self, width=WIDTH, title=f"Foley: {self._label()}", confirm_text="Generate"
            )

    def _label(self) -> str:
        return next(label for name, label, _ in SOURCES if name == self.source)

    def draw(self, context: Any) -> None:
        """The dialog."""
        with times.measured("generate: draw the dialog"):
            layout, scene = self.layout, vse_host.scene_of(context)
            try:
                ranges = asking.ranges_of(context, self.source)
                cues = asking.marker_cues(context, ranges) if self.source == "MARKERS" else []
            except ValueError as problem:
                layout.label(text=str(problem), icon="ERROR")
                return
            what = self._label()
            if self.source == "SELECTION":
                what = f"{len(ranges)} strip{'s' * (len(ranges) > 1)}"
            layout.label(text=cover_text(scene, ranges, what), icon="SEQUENCE")
            if cues:
                _draw_cues(layout, scene, cues)
            draw_ask(layout, self, "made from the prompt", with_prompt=not cues)
            if self.source == "SELECTION" and len(ranges) > 1:
                layout.row().prop(self, "spread", expand=True)
            layout.separator()
            draw_ready(layout)

    def execute(self, context: Any) -> set[str]:
        """Hands the question over; in background, waits until its strips are placed."""
        with times.measured("generate: hand over"):
            try:
                ranges = asking.ranges_of(context, self.source)
                cues = asking.marker_cues(context, ranges) if self.source == "MARKERS" else []
                if not cues and not self.prompt.strip():
                    raise ValueError("The prompt is empty: say in a few words what should be heard")
                ask = Ask(
                    prompt=self.prompt.strip(),
                    negative=self.negative.strip(),
                    layer=self.layer,
                    takes=self.takes,
                    seed=seed_of(self.seed),
                    engine=self.engine,
                    handles=self.handles,
                    spread=self.spread,
                    text_only=self.source == "TEXT",
                    ranges=ranges,
                    cues=cues,
                    layers=state.current().watch.layers or LAYERS,
                    folder=asking.check_folder(context),
                    client=asking.client(),
                )
                remember(context, self)
                view = asking.submit(context, ask)
                state.current().sentences.clear()
            except ValueError as problem:
                return refuse(self, str(problem))
        return asking.finish_in_background(self, view)


class FOLEY_OT_redo(AskProperties, bpy.types.Operator):
    """Ask again for this sound: another seed, other words or another range. The old takes stay, muted"""

    bl_idname = "foley.redo"
    bl_label = "Redo…"
    bl_options = {"REGISTER"}

    start: bpy.props.IntProperty(name="From Frame", description="First frame that it is heard in")
    end: bpy.props.IntProperty(name="To Frame", description="The frame after its last one")
    mute: bpy.props.BoolProperty(
        name="Mute the Earlier Takes",
        description="When the new takes are there, the old ones are muted; nothing of them is removed",
        default=True,
    )

    @classmethod
    def poll(cls, context: Any) -> bool:
        """A strip of ours must be active."""
        return state.active_take(context) is not None

    def invoke(self, context: Any, _event: Any) -> set[str]:
        """The dialog, filled in with what this strip was made from."""
        with times.measured("redo: open the dialog"):
            ask = takes.ask_again(state.active_take(context))
            for name in ("prompt", "negative", "takes", "handles"):
                setattr(self, name, getattr(ask, name))
            choose(self, "layer", ask.layer)
            choose(self, "engine", ask.engine or "auto")
            self.seed = ""
            self.start, self.end = ask.ranges[0][0], ask.ranges[-1][1]
            state.current().ask_server()
            pump.wake()
            return context.window_manager.invoke_props_dialog(
                self, width=WIDTH, title="Foley: Redo", confirm_text="Generate"
            )

    def draw(self, context: Any) -> None:
        """The dialog."""
        with times.measured("redo: draw the dialog"):
            layout = self.layout
            if self.end > self.start:
                text = cover_text(vse_host.scene_of(context), [(self.start, self.end)], "This sound")
                layout.label(text=text, icon="SEQUENCE")
            draw_ask(layout, self, "a new one")
            column = layout.column(align=True)
            column.prop(self, "start")
            column.prop(self, "end")
            layout.prop(self, "mute")
            draw_ready(layout)

    def execute(self, context: Any) -> set[str]:
        """Hands the question over; in background, waits until its strips are placed."""
        with times.measured("redo: hand over"):
            try:
                if self.end <= self.start:
                    raise ValueError("The range is empty: its end must come after its start")
                strip = state.active_take(context)
                ask = takes.ask_again(strip)
                ask.prompt, ask.negative, ask.layer = self.prompt.strip(), self.negative.strip(), self.layer
                ask.takes, ask.engine = self.takes, self.engine
                ask.seed = seed_of(self.seed) or random.randrange(1, 2**31)
                ask.handles, ask.ranges, ask.client = self.handles, [(self.start, self.end)], asking.client()
                ask.folder = asking.check_folder(context)
                if not ask.prompt:
                    raise ValueError("The prompt is empty: say in a few words what should be heard")
                view = asking.submit(context, ask, instead_of=strip if self.mute else None)
            except ValueError as problem:
                return refuse(self, str(problem))
        return asking.finish_in_background(self, view)


def remember(context: Any, operator: Any) -> None:
    """Keeps what was asked, for the next dialog of this scene."""
    scene = vse_host.scene_of(context)
    kept = settings.of(scene)
    if operator.prompt.strip():
        settings.remember_prompt(scene, operator.prompt.strip())
    kept.negative, kept.layer, kept.engine = operator.negative, operator.layer, operator.engine
    kept.takes, kept.handles, kept.spread = operator.takes, operator.handles, operator.spread


def refuse(operator: Any, sentence: str) -> set[str]:
    """Says why not, at the mouse and in the panel; nothing was changed."""
    operator.report({"ERROR"}, state.current().say(sentence))
    return {"CANCELLED"}


def _draw_cues(layout: Any, scene: Any, cues: Cues) -> None:
    rate = vse_host.rate(scene)
    box = layout.box().column(align=True)
    for start, end, text in cues[:8]:
        line = f"{timecode(start, rate)} – {timecode(end, rate)}   {short(text, 48)}"
        box.label(text=line, icon="MARKER_HLT")
    if len(cues) > 8:
        box.label(text=f"and {len(cues) - 8} more", icon="BLANK1")


CLASSES = (FOLEY_OT_generate, FOLEY_OT_redo)
