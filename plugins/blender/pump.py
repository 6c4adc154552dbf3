# SPDX-License-Identifier: GPL-3.0-or-later
"""The one timer: asks the jobs how far they are, places what is done, and has the panels drawn anew.

Nothing here waits. What happens between two ticks (undo, another file, a scene or strip removed) is
expected: a scene is looked up again when its result has come. A job goes on when another file is
opened: its strips are placed if its own file is open again by then, else a sentence says in which
folder its takes are.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import bpy
from bpy.app.handlers import persistent

from . import doctor, marks, placing, rendering, state, times, vse_host
from .foley_find import FoleyMissing, environment
from .state import Target, current, redraw

BUSY_SECONDS = 0.1
IDLE_SECONDS = 1.0
PLACED = "placed"
# While one of these runs, a strip or the playhead is at the mouse: placing waits for its end.
HANDS_ON = ("TRANSFORM_OT_", "SEQUENCER_OT_", "ANIM_OT_")


def tick() -> float:
    """One look at everything under way; returns the seconds until the next."""
    with times.measured("timer"):
        now = current()
        was_busy = now.busy()
        now.unplaced += [view.id for view in now.jobs.poll() if view.state == "done"]
        now.watch.poll()
        _poll_renderings()
        now.drop_rendered()
        _poll_doctor()
        if now.unplaced and not hands_on():
            with times.measured("place"):
                deliver(now.view(now.unplaced.pop(0)))
        busy = now.busy()
        if busy or was_busy:
            redraw()
            redraw_status_bar()
    if was_busy and not busy:
        times.write()
    return BUSY_SECONDS if busy else IDLE_SECONDS


def _poll_renderings() -> None:
    now = current()
    for job, work in list(now.renderings.items()):
        try:
            files = work.poll()
            if files is not None:
                del now.renderings[job]
                _go_on(job, files)
        except rendering.RenderFailed as problem:
            now.renderings.pop(job, None)
            now.jobs.fail(job, str(problem))


def _go_on(job: str, files: dict[str, str]) -> None:
    """What had to be rendered is there: the job itself can begin."""
    now = current()
    now.rendered[job] = list(files.values())
    view, target = now.view(job), now.targets[job]
    scene = find_scene(target)
    if scene is None:
        now.jobs.fail(job, f"the scene “{target.scene}” that this was for is not open any more")
        return
    program, unclear = vse_host.read_program(scene, *target.span, view.ask.handles, rendered=files)
    if unclear:
        now.jobs.fail(job, "the edit was changed while its picture was rendered; generate again")
    else:
        now.jobs.start(job, program)


def start_doctor() -> str:
    """Starts `foley doctor`; in background, waits for it. Returns the sentence where it cannot be started."""
    now = current()
    try:
        now.doctor = doctor.Doctor(state.find_command(), environment())
    except (FoleyMissing, OSError) as problem:
        now.findings = [doctor.Finding("bad", state.as_sentence(str(problem)))]
        return str(problem)
    now.findings = []
    while bpy.app.background and now.doctor:
        tick()
    wake()
    return ""


def _poll_doctor() -> None:
    now = current()
    if now.doctor is not None and (found := now.doctor.poll()) is not None:
        now.doctor, now.findings = None, found


# -------------------------------------------------------------------------------------- placing


def deliver(view: Any) -> None:
    """Places the strips of a finished job as one step of undo; what cannot be placed becomes a sentence."""
    now = current()
    target = now.targets[view.id]
    scene = find_scene(target)
    if scene is None:
        gone = f"the scene “{target.scene}” that this was for is not open any more"
        now.outcomes[view.id] = f"{gone}; the takes are in {view.ask.folder}"
        return
    with undo_context():
        bpy.ops.ed.undo_push(message="Before Foley")
        try:
            strips = placing.place(scene, view)
        except placing.PlacingFailed as problem:
            now.outcomes[view.id] = f"{problem}; the takes are in {view.ask.folder}"
            return
        if target.instead_of:
            for strip in placing.strips_of(scene, *target.instead_of):
                strip.mute = True
        bpy.ops.ed.undo_push(message=f"Foley: {view.title}")
    now.outcomes[view.id] = placed_text(strips) + moved_text(scene, target)


def placed_text(strips: list[Any]) -> str:
    """“placed 2 strips on Foley: foley (+1)”: the first channel, and how many more."""
    tracks = list(dict.fromkeys(str(strip[marks.TRACK]) for strip in strips))
    more = f" (+{len(tracks) - 1})" if len(tracks) > 1 else ""
    return f"{PLACED} {len(strips)} strip{'s' * (len(strips) != 1)} on {', '.join(tracks[:1])}{more}"


def moved_text(scene: Any, target: Target) -> str:
    """A word on strips that were moved, trimmed or removed while foley worked; '' where none was."""
    now = {
        strip.name: (int(vse_host.left(strip)), int(vse_host.right(strip)))
        for strip in vse_host.strips_all(scene.sequence_editor)
    }
    moved = [name for name, left, right in target.strips if now.get(name) != (left, right)]
    if not moved:
        return ""
    which = f"“{moved[0]}” is" if len(moved) == 1 else f"{len(moved)} strips are"
    return f"; {which} not where you asked for sound any more: it lies where you asked"


def find_scene(target: Target) -> Any | None:
    """The scene of TARGET, also when it was renamed, or its file saved and opened again."""
    for scene in bpy.data.scenes:
        if scene.session_uid == target.uid and scene.sequence_editor:
            return scene
    scene = bpy.data.scenes.get(target.scene)
    same_file = bool(target.file) and bpy.data.filepath == target.file
    return scene if scene is not None and same_file and scene.sequence_editor else None


def hands_on() -> bool:
    """Whether a step of undo would now come in the way: a strip is being dragged, or a mesh edited."""
    if bpy.app.background:
        return False
    for window in bpy.context.window_manager.windows:
        if any(work.bl_idname.startswith(HANDS_ON) for work in getattr(window, "modal_operators", ())):
            return True
        active = window.view_layer.objects.active if window.view_layer else None
        if active is not None and active.mode != "OBJECT":
            return True
    return False


@contextlib.contextmanager
def undo_context() -> Iterator[None]:
    """A timer has no window; what pushes a step of undo needs one."""
    windows = bpy.context.window_manager.windows
    if bpy.context.window is None and len(windows):
        with bpy.context.temp_override(window=windows[0]):
            yield
    else:
        yield


# ------------------------------------------------------------------------------------- the timer


def redraw_status_bar() -> None:
    """The status bar belongs to no screen, so no region of it can be tagged: it listens to this."""
    if not bpy.app.background:
        bpy.msgbus.publish_rna(key=(bpy.types.Window, "view_layer"))


def wake() -> None:
    """Has the next tick come soon."""
    redraw()
    if bpy.app.background:
        return
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    bpy.app.timers.register(tick, first_interval=BUSY_SECONDS, persistent=True)


@persistent
def _file_loaded(*_: Any) -> None:
    wake()


def register() -> None:
    """Starts the timer."""
    state.begin()
    bpy.app.handlers.load_post.append(_file_loaded)
    wake()


def unregister() -> None:
    """Stops the timer and ends all children: what is under way is cancelled."""
    bpy.app.handlers.load_post.remove(_file_loaded)
    if bpy.app.timers.is_registered(tick):
        bpy.app.timers.unregister(tick)
    state.end()
    times.write()
