# SPDX-License-Identifier: GPL-3.0-or-later
"""What can be done with sounds that are there, and with jobs that are under way."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import bpy

from . import marks, placing, pump, settings, takes, times, vse_host
from .state import active_take, current, selected_takes


class _OnTake:
    """Needs an active strip of ours; one step of undo."""

    bl_options = {"REGISTER", "UNDO"}

    @classmethod
    def poll(cls, context: Any) -> bool:
        return active_take(context) is not None


class FOLEY_OT_step_take(_OnTake, bpy.types.Operator):
    """Hear another take"""

    bl_idname = "foley.step_take"
    bl_label = "Next Take"

    by: bpy.props.IntProperty(name="By", default=1, options={"SKIP_SAVE"})

    @classmethod
    def description(cls, _context: Any, properties: Any) -> str:
        """Which one, and that it stays where it is."""
        which = "next" if properties.by > 0 else "previous"
        return f"Hear the {which} take: it is unmuted where this one lies now, and the others are muted"

    def execute(self, context: Any) -> set[str]:
        """Steps every selected cue, or the active one."""
        with times.measured("step take"):
            return _each_cue(self, context, lambda strip: takes.step(strip, self.by))


class FOLEY_OT_keep_take(_OnTake, bpy.types.Operator):
    """Keep this take and remove the other takes' strips. Their WAV files stay"""

    bl_idname = "foley.keep_take"
    bl_label = "Keep This Take"

    def execute(self, context: Any) -> set[str]:
        """Keeps it, of every selected cue or the active one."""
        with times.measured("keep take"):
            return _each_cue(self, context, takes.keep)


class FOLEY_OT_remove_job(_OnTake, bpy.types.Operator):
    """Remove all strips that came with this one, with every take. The WAV files stay"""

    bl_idname = "foley.remove_job"
    bl_label = "Remove This Job"

    def execute(self, context: Any) -> set[str]:
        """Removes the job of the active strip."""
        with times.measured("remove job"):
            job = active_take(context)[marks.JOB]
            removed = placing.remove_job(vse_host.scene_of(context), job)
            self.report({"INFO"}, f"Removed {removed} strip{'s' * (removed != 1)}; the WAV files stay")
        return {"FINISHED"}


class FOLEY_OT_play_from(_OnTake, bpy.types.Operator):
    """Play from this strip's start; once more to stop"""

    bl_idname = "foley.play_from"
    bl_label = "Play from Here"
    bl_options = {"REGISTER"}

    def execute(self, context: Any) -> set[str]:
        """Moves the playhead and plays."""
        with times.measured("play from here"):
            if context.screen and context.screen.is_animation_playing:
                bpy.ops.screen.animation_cancel(restore_frame=False)
                return {"FINISHED"}
            scene = vse_host.scene_of(context)
            scene.frame_set(int(vse_host.left(active_take(context))))
            if context.screen:
                bpy.ops.screen.animation_play()
        return {"FINISHED"}


class FOLEY_OT_solo_layer(bpy.types.Operator):
    """Hear this layer of Foley alone; once more to hear everything as before"""

    bl_idname = "foley.solo_layer"
    bl_label = "Solo Layer"
    bl_options = {"REGISTER", "UNDO"}

    layer: bpy.props.StringProperty(name="Layer", options={"SKIP_SAVE"})

    def execute(self, context: Any) -> set[str]:
        """Solos it, or ends the solo."""
        with times.measured("solo layer"):
            scene = vse_host.scene_of(context)
            kept = settings.of(scene)
            layer = "" if kept.soloed == self.layer else self.layer
            takes.solo(scene, layer or None)
            kept.soloed = layer
        return {"FINISHED"}


class FOLEY_OT_cancel(bpy.types.Operator):
    """Stop this job. Nothing of it is left, and the edit stays as it is"""

    bl_idname = "foley.cancel"
    bl_label = "Cancel Job"

    job: bpy.props.StringProperty(options={"SKIP_SAVE"})

    def execute(self, _context: Any) -> set[str]:
        """Asks it to stop; it does so within a step of the engine."""
        with times.measured("cancel"):
            current().cancel(self.job)
        return {"FINISHED"}


class FOLEY_OT_dismiss(bpy.types.Operator):
    """Take this off the list. The strips stay"""

    bl_idname = "foley.dismiss"
    bl_label = "Dismiss"

    job: bpy.props.StringProperty(options={"SKIP_SAVE"})

    def execute(self, _context: Any) -> set[str]:
        """Forgets it here."""
        current().dismiss(self.job)
        return {"FINISHED"}


class FOLEY_OT_dismiss_all(bpy.types.Operator):
    """Take everything that is over off the list. The strips stay"""

    bl_idname = "foley.dismiss_all"
    bl_label = "Clear Finished"

    def execute(self, _context: Any) -> set[str]:
        """Forgets them here."""
        for view in current().views():
            if current().ended(view):
                current().dismiss(view.id)
        return {"FINISHED"}


class FOLEY_OT_dismiss_sentence(bpy.types.Operator):
    """Read"""

    bl_idname = "foley.dismiss_sentence"
    bl_label = "Dismiss"

    index: bpy.props.IntProperty(options={"SKIP_SAVE"})

    def execute(self, _context: Any) -> set[str]:
        """Takes the sentence off the panel."""
        current().unsay(self.index)
        return {"FINISHED"}


class FOLEY_OT_refresh(bpy.types.Operator):
    """Ask again whether foley is ready. It is started if it is not running"""

    bl_idname = "foley.refresh"
    bl_label = "Is foley Ready?"

    @classmethod
    def description(cls, _context: Any, _properties: Any) -> str:
        """With all that it said last."""
        said = current().watch.text
        again = "Ask again whether foley is ready; it is started if it is not running"
        return f"{said}.\n{again}" if said else again

    def execute(self, context: Any) -> set[str]:
        """Asks outside; the answer comes into the panel."""
        with times.measured("refresh"):
            current().ask_server(at_once=True)
            pump.wake()
        return {"FINISHED"}


class FOLEY_OT_open_folder(bpy.types.Operator):
    """Show the WAV files in the file manager"""

    bl_idname = "foley.open_folder"
    bl_label = "Open Folder"

    folder: bpy.props.StringProperty(options={"SKIP_SAVE"})

    def execute(self, _context: Any) -> set[str]:
        """Opens the folder."""
        bpy.ops.wm.path_open(filepath=self.folder)
        return {"FINISHED"}


def _each_cue(operator: Any, context: Any, act: Callable[[Any], Any]) -> set[str]:
    """ACT on one strip of each selected cue (the heard one first), or on the active strip."""
    for strip in _one_of_each_cue([*selected_takes(context)] or [active_take(context)]):
        try:
            act(strip)
        except ValueError as problem:
            operator.report({"WARNING"}, str(problem))
            return {"CANCELLED"}
    return {"FINISHED"}


def _one_of_each_cue(strips: Iterable[Any]) -> list[Any]:
    found: dict[tuple[str, str], Any] = {}
    for strip in sorted(strips, key=lambda strip: bool(strip.mute)):
        found.setdefault((strip[marks.JOB], strip[marks.CUE]), strip)
    return list(found.values())


CLASSES = (
    FOLEY_OT_step_take,
    FOLEY_OT_keep_take,
    FOLEY_OT_remove_job,
    FOLEY_OT_play_from,
    FOLEY_OT_solo_layer,
    FOLEY_OT_cancel,
    FOLEY_OT_dismiss,
    FOLEY_OT_dismiss_all,
    FOLEY_OT_dismiss_sentence,
    FOLEY_OT_refresh,
    FOLEY_OT_open_folder,
)
