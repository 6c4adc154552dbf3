# SPDX-License-Identifier: GPL-3.0-or-later
"""File > Export and Import > OpenTimelineIO: the daemon reads and writes the documents, in a child.

The work is a row of short steps. With a window a timer takes them one after another, so that Blender stays
free; in the background they are gone through at once.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Any

import bpy
from bpy_extras.io_utils import ExportHelper, ImportHelper

from . import strip_building, timeline_strips, times, vse_host
from .foley_call import Call, FoleyMissing, PrivateFolder, Refused
from .state import find_command
from .strip_building import ImportFailed
from .timeline import (
    Timeline,
    at_rate,
    document_of,
    read_request,
    timeline_from,
    warnings_of,
    write_request,
)
from .timeline_strips import Says

WAITING, BUSY = True, False
"""What a step says: an answer is awaited, or there is more to do at once."""
Steps = Iterator[bool]

RATE_CHANGED = "the cuts were moved to the nearest frames of this scene, whose rate is another one"
_TICK_SECONDS = 0.05
_WORK_SECONDS = 0.02
_SHOWN = 8


class NotWritten(Exception):
    """The document could not be written or read; the text is a sentence with the fix."""


class Outcome:
    """What came of an export or import."""

    def __init__(self) -> None:
        self.words = ""
        """One sentence: what was done."""
        self.warnings: list[str] = []
        """Sentences: what could not be said or shown."""
        self.scene = ""
        """Name of the scene that strips were built in."""


# ------------------------------------------------------------------------------------------- the work


def export_steps(scene_name: str, path: str, outcome: Outcome) -> Steps:
    """Writes the scene called SCENE_NAME to the file PATH. Raises NotWritten, Refused, FoleyMissing."""
    command = find_command()
    timeline, outcome.warnings = timeline_strips.read_timeline(_scene(scene_name))
    count = sum(len(track.shots) for track in timeline.tracks)
    if not count:
        raise NotWritten(f"there is nothing in “{scene_name}” that can be written to a timeline")
    answer: dict[str, Any] = {}
    yield from _asked(command, "WriteTimeline", write_request(timeline), answer)
    _write(path, document_of(answer))
    outcome.words = f"{_clips(count)} on {len(timeline.tracks)} tracks written to {path}"


def import_steps(context: Any, path: str, where: str, outcome: Outcome) -> Steps:
    """Builds the document at PATH: WHERE is NEW (scene), HERE or AUTO.

    Raises NotWritten, ImportFailed, Refused, FoleyMissing; then nothing is there that was not before.
    """
    here = vse_host.scene_of(context).name
    try:
        with open(path, "rb") as file:
            text = file.read()
    except OSError as problem:
        raise NotWritten(f"{path} cannot be read ({problem.strerror}); choose another file") from None
    yield BUSY
    answer: dict[str, Any] = {}
    request = read_request(text, os.path.dirname(os.path.abspath(path)), os.path.basename(path))
    yield from _asked(find_command(), "ReadTimeline", request, answer)
    timeline = timeline_from(answer["timeline"])
    says = Says()
    scene = _scene(here)
    new = where == "NEW" or (where == "AUTO" and not _is_free(scene, timeline))
    if new:
        name = timeline.name or os.path.splitext(os.path.basename(path))[0]
        scene = strip_building.new_scene(scene, timeline, name)
    elif timeline.rate != vse_host.rate(scene):
        says.add(RATE_CHANGED, timeline.name or os.path.basename(path))
        timeline = at_rate(timeline, vse_host.rate(scene))
    outcome.scene = scene.name
    try:
        if vse_host.rate(scene) != timeline.rate:
            raise ImportFailed(f"Blender cannot keep the rate of {timeline.rate} frames a second exactly")
        for _ in strip_building.build(scene, timeline, says):
            yield BUSY
    except BaseException:
        made = bpy.data.scenes.get(outcome.scene) if new else None
        if made is not None:
            bpy.data.scenes.remove(made)
        raise
    outcome.warnings = says.sentences() + warnings_of(answer)
    count = sum(len(track.shots) for track in timeline.tracks)
    outcome.words = f"{_clips(count)} of {os.path.basename(path)} are in the scene “{outcome.scene}”"


def go_through(steps: Steps) -> None:
    """Takes all STEPS, waiting where they wait (background, tests)."""
    for waiting in steps:
        if waiting:
            time.sleep(0.01)


def _asked(command: list[str], method: str, request: Mapping[str, Any], answer: dict[str, Any]) -> Steps:
    """Asks the daemon in a child and fills ANSWER."""
    folder = PrivateFolder()
    try:
        call = Call(command, method, request, folder.path)
        try:
            while not call.done:
                for event in call.poll():
                    answer.update(event)
                yield WAITING
            if call.error is not None:
                raise call.error
        finally:
            call.close()
    finally:
        folder.close()


def _scene(name: str) -> Any:
    scene = bpy.data.scenes.get(name)
    if scene is None:
        raise NotWritten(f"the scene “{name}” is not there any more; try again")
    return scene


def _is_free(scene: Any, timeline: Timeline) -> bool:
    """Whether TIMELINE can go into SCENE and be alone there, at its own rate."""
    editor = scene.sequence_editor
    empty = editor is None or len(vse_host.strips(editor)) == 0
    return empty and vse_host.rate(scene) == timeline.rate


def _write(path: str, text: bytes) -> None:
    """Writes a whole file or none."""
    half = f"{path}.{os.getpid()}.part"
    try:
        with open(half, "wb") as file:
            file.write(text)
        os.replace(half, path)
    except OSError as problem:
        with suppress(OSError):
            os.remove(half)
        raise NotWritten(f"{path} cannot be written ({problem.strerror}); choose another folder") from None


def _clips(count: int) -> str:
    return f"{count} clip{'s' * (count != 1)}"


# -------------------------------------------------------------------------------------- the operators


class _InSteps:
    """An operator whose work is a row of steps; other events go on to Blender."""

    def begin(self, context: Any, steps: Steps, outcome: Outcome, end: Callable[[Any], None]) -> set[str]:
        """Takes all steps in the background, else as many as a timer lets; END shows what came of it."""
        self._steps, self._outcome, self._end = steps, outcome, end
        if bpy.app.background or context.window is None:
            try:
                go_through(steps)
            except (NotWritten, ImportFailed, Refused, FoleyMissing) as problem:
                return self._failed(problem)
            return self._finished(context)
        manager = context.window_manager
        self._timer = manager.event_timer_add(_TICK_SECONDS, window=context.window)
        manager.modal_handler_add(self)
        context.workspace.status_text_set("OpenTimelineIO: foley is at work, Esc stops it")
        return {"RUNNING_MODAL"}

    def modal(self, context: Any, event: Any) -> set[str]:
        """Takes steps at the ticks of the timer; Esc stops and takes back."""
        if event.type == "ESC":
            self._steps.close()
            self._leave(context)
            self.report({"INFO"}, "stopped; nothing was changed")
            return {"CANCELLED"}
        if event.type != "TIMER":
            return {"PASS_THROUGH"}
        with times.measured("OpenTimelineIO"):
            until = time.perf_counter() + _WORK_SECONDS
            try:
                while time.perf_counter() < until:
                    if next(self._steps) is WAITING:
                        break
            except StopIteration:
                self._leave(context)
                return self._finished(context)
            except (NotWritten, ImportFailed, Refused, FoleyMissing) as problem:
                self._leave(context)
                return self._failed(problem)
        return {"PASS_THROUGH"}

    def cancel(self, context: Any) -> None:
        """Blender ends or opens another file."""
        self._steps.close()
        self._leave(context)

    def _leave(self, context: Any) -> None:
        context.window_manager.event_timer_remove(self._timer)
        context.workspace.status_text_set(None)

    def _failed(self, problem: Exception) -> set[str]:
        fix = getattr(problem, "fix", "")
        self.report({"ERROR"}, f"{problem}" + (f"; {fix}" if fix else ""))
        return {"CANCELLED"}

    def _finished(self, context: Any) -> set[str]:
        self._end(context)
        warnings = self._outcome.warnings
        for sentence in warnings:
            self.report({"WARNING"}, sentence)
        self.report({"INFO"}, self._outcome.words)
        if warnings and not bpy.app.background:
            _show(context, self._outcome)
        return {"FINISHED"}


class FOLEY_OT_export_otio(_InSteps, bpy.types.Operator, ExportHelper):
    """Write the edit in the sequencer as an OpenTimelineIO document, for other editing programs"""

    bl_idname = "foley.export_otio"
    bl_label = "Export OpenTimelineIO"

    filename_ext = ".otio"
    filter_glob: bpy.props.StringProperty(default="*.otio", options={"HIDDEN"})

    @classmethod
    def poll(cls, context: Any) -> bool:
        """Only where there is an edit."""
        scene = vse_host.scene_of(context)
        return scene is not None and scene.sequence_editor is not None

    def execute(self, context: Any) -> set[str]:
        """Writes it."""
        outcome = Outcome()
        scene = vse_host.scene_of(context).name
        path = os.path.abspath(bpy.path.abspath(self.filepath))
        return self.begin(context, export_steps(scene, path, outcome), outcome, lambda _: None)


class FOLEY_OT_import_otio(_InSteps, bpy.types.Operator, ImportHelper):
    """Build the strips of an OpenTimelineIO document. Strips that are there stay as they are"""

    bl_idname = "foley.import_otio"
    bl_label = "Import OpenTimelineIO"
    bl_options = {"REGISTER", "UNDO"}

    filename_ext = ".otio"
    filter_glob: bpy.props.StringProperty(default="*.otio", options={"HIDDEN"})
    where: bpy.props.EnumProperty(
        name="Into",
        items=(
            ("AUTO", "Automatic", "This scene where it has no strips and the same rate, else a new one"),
            ("NEW", "A New Scene", "A new scene at the timeline's rate"),
            ("HERE", "This Scene", "This scene, on new channels above everything"),
        ),
        default="AUTO",
    )

    def execute(self, context: Any) -> set[str]:
        """Builds it, and shows the scene that it is in."""
        outcome = Outcome()
        path = os.path.abspath(bpy.path.abspath(self.filepath))
        steps = import_steps(context, path, self.where, outcome)
        return self.begin(context, steps, outcome, lambda context: _show_scene(context, outcome.scene))


def _show_scene(context: Any, name: str) -> None:
    scene = bpy.data.scenes[name]
    if context.window is not None:
        context.window.scene = scene
    if context.workspace is not None and hasattr(context.workspace, "sequencer_scene"):
        context.workspace.sequencer_scene = scene


def _show(context: Any, outcome: Outcome) -> None:
    """What the editor should know, where it is seen; all of it is in the Info editor too."""
    sentences = outcome.warnings[:_SHOWN]
    more = len(outcome.warnings) - len(sentences)

    def draw(menu: Any, _context: Any) -> None:
        menu.layout.label(text=outcome.words)
        for sentence in sentences:
            menu.layout.label(text=sentence, icon="ERROR")
        if more:
            menu.layout.label(text=f"and {more} more, in the Info editor")

    context.window_manager.popup_menu(draw, title="OpenTimelineIO", icon="INFO")


# ----------------------------------------------------------------------------------------------- menus


def _draw_export(menu: Any, _context: Any) -> None:
    menu.layout.operator(FOLEY_OT_export_otio.bl_idname, text="OpenTimelineIO (.otio)")


def _draw_import(menu: Any, _context: Any) -> None:
    menu.layout.operator(FOLEY_OT_import_otio.bl_idname, text="OpenTimelineIO (.otio)")


CLASSES = (FOLEY_OT_export_otio, FOLEY_OT_import_otio)


def register() -> None:
    """Adds the operators and their entries in the File menu."""
    for cls in CLASSES:
        bpy.utils.register_class(cls)
    bpy.types.TOPBAR_MT_file_export.append(_draw_export)
    bpy.types.TOPBAR_MT_file_import.append(_draw_import)


def unregister() -> None:
    """Takes them away."""
    bpy.types.TOPBAR_MT_file_import.remove(_draw_import)
    bpy.types.TOPBAR_MT_file_export.remove(_draw_export)
    for cls in reversed(CLASSES):
        bpy.utils.unregister_class(cls)
