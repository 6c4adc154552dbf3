"""Runs inside Blender with its window: an editor's hands (xdotool) and a look at what they do.

Started by run.py as ``blender … --python session.py -- FOLDER CLIP``. Steps are a generator: it yields
seconds to wait, or a condition to wait for, and Blender's own loop goes on meanwhile.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

FOLDER, CLIP = (Path(word) for word in sys.argv[sys.argv.index("--") + 1 :])
OUT = FOLDER / "out"
MODULE = "bl_ext.user_default.foley"
HEIGHT = 900
FRAMES = 90
PATIENCE = 30.0

bpy.context.preferences.view.show_splash = False

checks: list[tuple[str, bool, str]] = []


class Loop:
    """How long Blender's loop is held up, by what goes on."""

    phase = ""
    last = 0.0
    gaps: dict[str, list[float]] = {}  # noqa: RUF012 - there is one loop


Steps = Iterator["float | Callable[[], bool]"]


# ------------------------------------------------------------------------------- hands and eyes


def xdotool(*words: object) -> None:
    """A hand on mouse or keyboard; does not wait (Blender must go on to see it)."""
    subprocess.Popen(["xdotool", *map(str, words)])


def shot(name: str) -> None:
    """A picture of the screen."""
    subprocess.Popen(["import", "-window", "root", str(OUT / f"{name}.png")])


def check(name: str, good: bool, detail: object = "") -> None:
    """Notes whether something held."""
    checks.append((name, bool(good), str(detail)))


def sequencer() -> tuple[Any, Any, Any]:
    """Window, area and main region of the timeline."""
    window = bpy.context.window_manager.windows[0]
    area = next(
        area
        for area in window.screen.areas
        if area.type == "SEQUENCE_EDITOR" and area.spaces.active.view_type != "PREVIEW"
    )
    return window, area, next(region for region in area.regions if region.type == "WINDOW")


def sidebar() -> Any:
    """The sequencer's sidebar."""
    return next(region for region in sequencer()[1].regions if region.type == "UI")


def on_screen(frame: float, channel: float) -> tuple[int, int]:
    """Where a place of the timeline is on the screen."""
    region = sequencer()[2]
    x, y = region.view2d.view_to_region(frame, channel, clip=False)
    return region.x + x, HEIGHT - (region.y + y)


def scene() -> Any:
    """The edited scene."""
    return bpy.data.scenes[0]


def sounds() -> list[str]:
    """Names of the sound strips of ours."""
    return sorted(strip.name for strip in strips() if "foley_job" in strip)


def strips() -> Any:
    """The strips of the scene."""
    return all_in(scene())


def all_in(edit: Any) -> Any:
    """The strips of a scene."""
    editor = edit.sequence_editor
    return editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all


def state() -> Any:
    """What the extension has under way."""
    return sys.modules[f"{MODULE}.state"].current()


def views(*names: str) -> list[Any]:
    """Its jobs in one of the states NAMES."""
    return [view for view in state().views() if view.state in names]


# ------------------------------------------------------------------------------------ the session


def new_edit() -> None:
    """The clip, cut into three shots, in a saved project of its rate."""
    edit = scene()
    edit.render.fps, edit.render.fps_base = 30, 1.001
    edit.frame_start, edit.frame_end = 1, FRAMES
    editor = edit.sequence_editor or edit.sequence_editor_create()
    collection = editor.strips if hasattr(editor, "strips") else editor.sequences
    strip = collection.new_movie("water", str(CLIP), 1, 1)
    strip.frame_final_end = min(strip.frame_final_end, FRAMES)
    first = strip.split(25, "SOFT")
    first.split(50, "SOFT")
    bpy.ops.wm.save_as_mainfile(filepath=str(FOLDER / "edit.blend"))


def steps() -> Steps:
    """All of it, in order."""
    yield 1.5
    Loop.phase = "without the extension"
    yield 3.0
    Loop.phase = ""
    bpy.ops.preferences.addon_enable(module=MODULE)
    new_edit()
    window, area, region = sequencer()
    area.spaces.active.show_region_ui = True
    yield 0.5
    sidebar().active_panel_category = "Foley"
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.sequencer.select_all(action="DESELECT")
        bpy.ops.sequencer.view_all()
    bpy.ops.ed.undo_push(message="edit made")
    yield lambda: bool(state().watch.text)
    yield 1.0
    check("foley is ready", not state().watch.problem, state().watch.text)
    shot("panel")
    yield 1.0
    Loop.phase = "extension enabled, idle"
    yield 4.0
    Loop.phase = ""
    yield from menu_and_dialog()
    yield from cancel_one()
    yield from generate()
    yield from undo()
    yield from document()
    yield from rendered_first()
    yield from another_file()


def open_dialog(name: str = "") -> Steps:
    """Right-click on the first shot, then the entry “Generate Foley…”."""
    xdotool("mousemove", *on_screen(15, 1.5), "click", 1)
    yield 0.5
    check("a click selects the shot", [strip.name for strip in strips() if strip.select] == ["water"])
    xdotool("mousemove", *on_screen(15, 1.5), "click", 3)
    yield 1.0
    xdotool("key", "End")
    yield 0.3
    xdotool("key", "Up")
    yield 0.5
    if name:
        shot(name)
        yield 1.0
    xdotool("key", "Return")
    yield 1.0


def menu_and_dialog() -> Steps:
    """The menu and the dialog, looked at, then a job from them."""
    yield from open_dialog("menu")
    shot("dialog-empty")
    yield 1.0
    xdotool("type", "--delay", "20", "a stream of water over stones")
    yield 1.5
    xdotool("key", "Return")
    yield 0.7
    shot("dialog")
    yield 1.0


def cancel_one() -> Steps:
    """Confirms the dialog, asks for a second, longer job, looks at the progress, and cancels that one."""
    xdotool("key", "Return")
    yield lambda: bool(state().views())
    for strip in strips():
        strip.select = True
    with timeline():
        bpy.ops.foley.generate(source="SELECTION", prompt="splashes", takes=32, layer="fx")
    yield lambda: state().views()[-1].fraction > 0.1
    shot("progress")
    yield 0.3
    first, second = state().views()
    check("progress is told", 0.1 < second.fraction < 1, f"{second.words}, {second.fraction:.2f}")
    bpy.ops.foley.cancel(job=second.id)
    yield lambda: not state().busy()
    check("one job is done, the other cancelled", (first.state, second.state) == ("done", "cancelled"))
    check("of the cancelled one nothing is placed", sounds() == ["a stream of water over stones"], sounds())
    shot("cancelled")
    yield 0.5
    scene().sequence_editor.active_strip = next(strip for strip in strips() if "foley_job" in strip)
    with timeline():
        bpy.ops.foley.remove_job("EXEC_DEFAULT", True)
    check("a job is removed", sounds() == [], sounds())
    bpy.ops.foley.dismiss_all()


def generate() -> Steps:
    """All three shots, two takes each: placed, named, and in the panel."""
    for strip in strips():
        strip.select = True
    with timeline():
        bpy.ops.foley.generate(source="SELECTION", prompt="a stream of water over stones", takes=2, seed="7")
    yield 0.01
    Loop.phase = "a job under way"
    yield lambda: not state().busy()
    Loop.phase = ""
    check("the job is done", len(views("done")) == 1, [(view.state, view.error) for view in state().views()])
    check("six strips are placed", len(sounds()) == 6, sounds())
    Loop.phase = "afterwards, idle"
    yield 3.0
    Loop.phase = ""
    outside = [os.environ["FOLEYD_COMMAND"], "generate", str(CLIP), "-p", "wind", "--takes", "6", "-o"]
    child = subprocess.Popen([*outside, str(FOLDER / "outside")], stdout=subprocess.DEVNULL)
    Loop.phase = "such work, asked elsewhere"
    yield lambda: child.poll() is not None
    Loop.phase = ""
    xdotool("mousemove", *on_screen(15, first_channel() + 0.5), "click", 1)
    yield 1.0
    bpy.ops.foley.dismiss_all()
    with timeline():
        bpy.ops.sequencer.view_all()
    yield 1.0
    shot("result")
    yield 1.0


def undo() -> Steps:
    """Takes, then Ctrl-Z: one step each, the placed strips and nothing else."""
    heard = muted()
    with timeline():
        bpy.ops.foley.step_take("EXEC_DEFAULT", True, by=1)
    yield 0.5
    check("the next take is heard", muted() != heard)
    before = sorted(strip.name for strip in strips() if "foley_job" not in strip)
    xdotool("mousemove", *on_screen(60, 6.5))
    yield 0.5
    xdotool("key", "ctrl+z")
    yield 1.0
    check("Ctrl-Z takes the step back", muted() == heard)
    for _ in range(4):
        if not sounds():
            break
        xdotool("key", "ctrl+z")
        yield 1.0
    check("Ctrl-Z removes the placed strips", sounds() == [], sounds())
    left = sorted(strip.name for strip in strips())
    check("and nothing else", left == before, left)
    shot("undone")
    yield 1.0
    xdotool("key", "ctrl+shift+z")
    yield 1.0
    check("Ctrl-Shift-Z brings them back", len(sounds()) == 6, sounds())


def document() -> Steps:
    """The edit to OpenTimelineIO and back into a scene of its own, a step at each tick."""
    path, there = FOLDER / "edit.otio", {one.name for one in bpy.data.scenes}
    count = len(strips())
    Loop.phase = "OpenTimelineIO, out and in"
    with timeline():
        bpy.ops.foley.export_otio(filepath=str(path))
    yield path.exists
    check("the edit is exported", path.stat().st_size > 1000, path.stat().st_size)
    with timeline():
        bpy.ops.foley.import_otio("EXEC_DEFAULT", True, filepath=str(path), where="NEW")
    yield lambda: bpy.context.window_manager.windows[0].scene.name not in there
    Loop.phase = ""
    made = bpy.context.window_manager.windows[0].scene
    check("and imported, strip for strip", len(all_in(made)) == count, count)
    yield 1.0
    shot("otio")
    yield 1.0
    bpy.data.scenes.remove(made)
    yield 0.5


def rendered_first() -> Steps:
    """A title over a shot: a second Blender, the application itself, renders it on a copy of the file."""
    editor = scene().sequence_editor
    length = (
        {"length": 10} if hasattr(editor, "strips") and bpy.app.version >= (5, 0, 0) else {"frame_end": 15}
    )
    collection = editor.strips if hasattr(editor, "strips") else editor.sequences
    title = collection.new_effect("title", "TEXT", 12, 5, **length)
    for strip in strips():
        strip.select = strip.name == "water"
    before = len(sounds())
    with timeline():
        bpy.ops.foley.generate(source="SELECTION", prompt="wind", takes=1, layer="ambience")
    check("what must be rendered is rendered first", len(views("rendering")) == 1)
    yield lambda: not state().busy()
    check("and then placed", len(sounds()) == before + 1, [(v.state, v.error) for v in state().views()])
    check("nothing of the rendering stays", not (FOLDER / "edit.foley" / "rendered").exists())
    collection.remove(title)


def another_file() -> Steps:
    """A new file while a job is under way: a sentence, and nothing in the new file."""
    for strip in strips():
        strip.select = "foley_job" not in strip
    with timeline():
        bpy.ops.foley.generate(source="SELECTION", prompt="rain on a roof", takes=1)
    yield lambda: bool(views("running"))
    bpy.ops.wm.read_homefile(app_template="Video_Editing")
    yield lambda: not state().busy()
    check("a file opened meanwhile is left alone", sounds() == [], sounds())
    told = list(state().outcomes.values())
    check("a sentence says where the takes are", any("the takes are in" in text for text in told), told)


def muted() -> list[str]:
    """Names of our muted strips."""
    return sorted(strip.name for strip in strips() if "foley_job" in strip and strip.mute)


def first_channel() -> int:
    """The lowest channel with sound of ours."""
    return min(strip.channel for strip in strips() if "foley_job" in strip)


def timeline() -> Any:
    """The context of the timeline, for operators."""
    window, area, region = sequencer()
    return bpy.context.temp_override(window=window, area=area, region=region)


# ------------------------------------------------------------------------------------- the loop


def gap_timer() -> float:
    """Counts the time between two of its calls, 10 ms where nothing holds Blender up."""
    now = time.perf_counter()
    if Loop.phase and Loop.last:
        gap = (now - Loop.last) * 1000
        Loop.gaps.setdefault(Loop.phase, []).append(gap)
    Loop.last = now if Loop.phase else 0.0
    return 0.01


class Session:
    """The steps, and what they wait for."""

    steps: Any = None
    wait: Any = 0.5
    since = 0.0


def step_timer() -> float:
    """Runs the session one step further when what it waits for has come."""
    waited = time.monotonic() - Session.since
    try:
        if callable(Session.wait):
            if waited > PATIENCE:
                check(
                    "what the session waits for comes", False, f"line {Session.wait.__code__.co_firstlineno}"
                )
            elif not Session.wait():
                return 0.05
        elif waited < Session.wait:
            return 0.05
        Session.wait = next(Session.steps)
        Session.since = time.monotonic()
    except StopIteration:
        leave(True)
    except Exception:
        traceback.print_exc()
        check("the session ran to its end", False, traceback.format_exc().strip().splitlines()[-1])
        leave(False)
    return 0.05


def leave(finished: bool) -> None:
    """Writes what was found, and ends Blender."""
    told = {
        "version": bpy.app.version_string,
        "finished": finished,
        "checks": checks,
        "gaps": {
            name: {
                "longest_ms": max(values),
                "p99_ms": sorted(values)[int(len(values) * 0.99)],
                "ticks": len(values),
            }
            for name, values in Loop.gaps.items()
        },
    }
    (OUT / "session.json").write_text(json.dumps(told), encoding="utf-8")
    bpy.ops.preferences.addon_disable(module=MODULE)
    sys.stdout.flush()
    os._exit(0)


Session.steps, Session.since = steps(), time.monotonic()
bpy.app.timers.register(gap_timer, persistent=True)
bpy.app.timers.register(step_timer, persistent=True)
