"""What an editor presses, without a window: ``interface.py SCENARIO FOLDER CLIP [MORE]``."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import foley
from finish import finish
from foley import marks, placing, settings, state, vse_host

SCENARIO, FOLDER, CLIP, *MORE = sys.argv[1:]
PROMPT = "a stream of water over stones"


# -------------------------------------------------------------------------------------- an edit


def new_edit(saved: bool = True) -> Any:
    """The clip at 29.97, cut into three shots of which the first two are selected, on channel 2."""
    bpy.ops.wm.read_homefile(app_template="Video_Editing", use_factory_startup=True)
    foley.register()
    bpy.context.preferences.addons.new().module = "foley"
    scene = vse_host.scene_of(bpy.context)
    scene.render.fps, scene.render.fps_base = 30, 1.001
    scene.frame_start, scene.frame_end = 1, 90
    editor = scene.sequence_editor or scene.sequence_editor_create()
    first = vse_host.strips(editor).new_movie("water", CLIP, 2, 1)
    second = first.split(31, "SOFT")
    third = second.split(61, "SOFT")
    first.name, second.name, third.name = "one", "two", "three"
    first.select = second.select = True
    third.select = False
    if saved:
        bpy.ops.wm.save_as_mainfile(filepath=os.path.join(FOLDER, "edit.blend"))
    bpy.ops.ed.undo_push(message="the edit is made")
    return scene


def scene_now() -> Any:
    """The scene, looked up anew: undo and loading make new ones."""
    return vse_host.scene_of(bpy.context)


def press(operator: str, **properties: Any) -> str:
    """Presses a button; returns what it said where it refused, else "".

    Without an override of the context: with one, and a step of undo, Blender itself crashes in background.
    """
    group, name = operator.split(".")
    try:
        getattr(getattr(bpy.ops, group), name)("EXEC_DEFAULT", True, **properties)
    except RuntimeError as refused:
        return str(refused).removeprefix("Error: ").strip()
    return ""


def generate(source: str = "SELECTION", **properties: Any) -> str:
    """Generate…, confirmed."""
    asked = {"prompt": PROMPT, "engine": "procedural", "handles": 6, **properties}
    return press("foley.generate", source=source, **asked)


def strips() -> list[dict[str, Any]]:
    """All strips, as plain values."""
    editor = scene_now().sequence_editor
    return [
        {
            "name": strip.name,
            "ours": marks.is_ours(strip),
            "left": int(vse_host.left(strip)),
            "right": int(vse_host.right(strip)),
            "hidden": [int(value) for value in vse_host.offsets(strip)],
            "channel": strip.channel,
            "channel_name": editor.channels[strip.channel].name,
            "heard": not strip.mute,
            "cue": strip.get(marks.CUE, ""),
            "take": strip.get(marks.TAKE, 0),
            "seed": strip.get(marks.SEED, ""),
            "prompt": strip.get(marks.PROMPT, ""),
            "layer": strip.get(marks.LAYER, ""),
            "engine": strip.get(marks.ENGINE, ""),
            "job": strip.get(marks.JOB, ""),
        }
        for strip in sorted(vse_host.strips_all(editor), key=lambda one: (one.channel, vse_host.left(one)))
    ]


def ours() -> list[dict[str, Any]]:
    """Our strips."""
    return [strip for strip in strips() if strip["ours"]]


def theirs() -> list[dict[str, Any]]:
    """The user's strips."""
    return [strip for strip in strips() if not strip["ours"]]


def activate(cue: str, take: int) -> None:
    """A click on a strip of ours."""
    for strip in vse_host.strips_all(scene_now().sequence_editor):
        strip.select = marks.is_ours(strip) and strip[marks.CUE] == cue and strip[marks.TAKE] == take
        if strip.select:
            scene_now().sequence_editor.active_strip = strip


def heard() -> list[list[Any]]:
    """Cue and take of what is heard."""
    return sorted([strip["cue"], strip["take"]] for strip in ours() if strip["heard"])


def undo() -> None:
    """Ctrl-Z."""
    bpy.ops.ed.undo()


# ------------------------------------------------------------------------------------- scenarios


def each_strip() -> Any:
    """Two strips, two takes each; then everything that can be done with them, each undone."""
    new_edit()
    before = theirs()
    told: dict[str, Any] = {"refused": generate(takes=2, negative="birds", layer="fx")}
    told["placed"] = ours()
    told["outcome"] = list(state.current().outcomes.values())
    told["wavs"] = sorted(path.name for path in Path(FOLDER, "edit.foley").glob("*.wav"))
    told["untouched"] = theirs() == before
    cue = told["placed"][0]["cue"]
    activate(cue, 1)
    told["at first"] = heard()
    press("foley.step_take", by=1)
    told["next"] = heard()
    undo()
    told["next, undone"] = heard()
    activate(cue, 1)
    press("foley.keep_take")
    told["kept"] = [[strip["cue"], strip["take"]] for strip in ours()]
    undo()
    told["kept, undone"] = [[strip["cue"], strip["take"]] for strip in ours()]
    press("foley.solo_layer", layer="ambience")
    told["solo of another"] = heard()
    press("foley.solo_layer", layer="ambience")
    told["solo ended"] = heard()
    activate(cue, 1)
    press("foley.remove_job")
    told["removed"] = ours()
    told["wavs stay"] = told["wavs"] == sorted(path.name for path in Path(FOLDER, "edit.foley").glob("*.wav"))
    undo()
    told["removed, undone"] = len(ours())
    return told


def undone() -> Any:
    """One Ctrl-Z takes back what was placed, and nothing of the user's own last change."""
    new_edit()
    scene_now().sequence_editor.active_strip = None
    vse_host.strips(scene_now().sequence_editor)["three"].mute = True
    before = theirs()
    refused = generate()
    placed = len(ours())
    undo()
    after = {"ours": len(ours()), "same": theirs() == before}
    bpy.ops.ed.redo()
    return {"refused": refused, "placed": placed, "undone": after, "redone": len(ours())}


def preview() -> Any:
    """Over a preview range that crosses a cut."""
    scene = new_edit()
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 20, 49
    return {"refused": generate("PREVIEW"), "placed": ours()}


def whole() -> Any:
    """One sound over both strips."""
    new_edit()
    return {"refused": generate(spread="whole"), "placed": ours()}


def markers() -> Any:
    """Two named markers, of which one names its layer."""
    scene = new_edit()
    for strip in vse_host.strips_all(scene.sequence_editor):
        strip.select = False
    scene.timeline_markers.new("a splash of water", frame=10)
    scene.timeline_markers.new("ambience: water running", frame=40)
    return {"refused": generate("MARKERS", prompt=""), "placed": ours()}


def text_only() -> Any:
    """From the words alone, over the selection, where there is no media at all."""
    new_edit()
    for strip in vse_host.strips_all(scene_now().sequence_editor):
        strip.filepath = os.path.join(FOLDER, "gone.mp4")
    return {"refused": generate("TEXT", prompt="rain"), "placed": ours()}


def redo() -> Any:
    """The same sound once more, with another seed and a longer range; the old takes are muted."""
    new_edit()
    refused = [generate()]
    first = ours()
    activate(first[0]["cue"], 1)
    again = {"prompt": PROMPT, "engine": "procedural", "handles": 6, "takes": 2, "start": 1, "end": 41}
    refused.append(press("foley.redo", **again))
    new = [strip for strip in ours() if strip["job"] != first[0]["job"]]
    old = [strip for strip in ours() if strip["job"] == first[0]["job"]]
    undo()
    return {"refused": refused, "first": first, "new": new, "old": old, "undone": ours()}


def survives() -> Any:
    """Saved, loaded again, moved: still ours, and the next take lies where this one was moved to."""
    new_edit()
    refused = generate(takes=2)
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    cue = ours()[0]["cue"]
    activate(cue, 1)
    strip = scene_now().sequence_editor.active_strip
    vse_host.set_left(strip, vse_host.left(strip) + 5)
    press("foley.step_take", by=1)
    now = next(one for one in ours() if one["cue"] == cue and one["heard"])
    return {"refused": refused, "count": len(ours()), "now": now, "prompts": prompts()}


def prompts() -> list[str]:
    """What the dialog offers again."""
    return [item.text for item in settings.of(scene_now()).prompts]


# --------------------------------------------------------------------------------------- failures


def refusals() -> Any:
    """What is refused before anything is started."""
    new_edit(saved=False)
    told = {"unsaved": generate()}
    foley.unregister()
    new_edit()
    told["empty prompt"] = generate(prompt="  ")
    told["seed"] = generate(seed="seven")
    told["no preview range"] = generate("PREVIEW")
    told["no markers"] = generate("MARKERS")
    for strip in vse_host.strips_all(scene_now().sequence_editor):
        strip.filepath = os.path.join(FOLDER, "gone.mp4")
    told["media gone"] = generate()
    for strip in vse_host.strips_all(scene_now().sequence_editor):
        strip.select = False
    told["nothing selected"] = generate()
    return {"told": told, "ours": ours(), "panel": list(state.current().sentences)}


def fails() -> Any:
    """Something is wrong with foley or its disk: MORE names the folder of the sound, or nothing."""
    new_edit()
    if MORE:
        bpy.context.preferences.addons["foley"].preferences.folder = MORE[0]
    before = strips()
    said = generate()
    shown = [state.current().outcome(view) for view in state.current().views()]
    return {"said": said, "same": strips() == before, "panel": shown}


def outdated() -> Any:
    """The foley that answered last is older than what the extension needs."""
    new_edit()
    state.current().watch.version = "0.0.1"
    before = strips()
    said = generate()
    return {"said": said, "same": strips() == before, "jobs": len(state.current().views())}


KILL = """
import json, os, subprocess, sys, time
for _ in range(200):
    told = json.loads(subprocess.run([sys.argv[1], "status", "--json"], capture_output=True).stdout)
    if told.get("running_jobs"):
        os.kill(told["pid"], 9)
        sys.exit(0)
    time.sleep(0.05)
sys.exit(1)
"""


def killed() -> Any:
    """The daemon is killed while it works."""
    new_edit()
    hand = subprocess.Popen([sys.executable, "-c", KILL, os.environ["FOLEYD_COMMAND"]])
    said = generate(takes=32)
    return {"said": said, "killed": hand.wait() == 0, "placed": len(ours())}


def scene_gone() -> Any:
    """While foley works the scene is removed, or another file opened."""
    told = {}
    for what in ("scene", "file"):
        new_edit()
        context_submit()
        if what == "scene":
            bpy.ops.scene.new(type="EMPTY")
            bpy.data.scenes.remove(next(scene for scene in bpy.data.scenes if scene.sequence_editor))
        else:
            bpy.ops.wm.read_homefile(app_template="Video_Editing", use_factory_startup=True)
        told[what] = pump_until_over()
        told[f"{what} wavs"] = len(list(Path(FOLDER, "edit.foley").glob("*.wav")))
        told[f"{what} strips"] = sum(len(placing.strips_of(scene)) for scene in bpy.data.scenes)
        foley.unregister()
    return told


def strip_gone() -> Any:
    """While foley works a strip is removed: the sound is placed where it was asked for, and that is said."""
    new_edit()
    context_submit()
    editor = scene_now().sequence_editor
    vse_host.strips(editor).remove(vse_host.strips(editor)["one"])
    return {"outcome": pump_until_over(), "placed": ours()}


def context_submit() -> None:
    """Generate…, without waiting for its end."""
    from foley import asking
    from foley.foley_requests import Ask

    folder = asking.check_folder(bpy.context)
    ask = Ask(prompt=PROMPT, engine="procedural", ranges=[(1, 31)], folder=folder, handles=6)
    asking.submit(bpy.context, ask)


def pump_until_over() -> list[str]:
    """The timer's work, by hand."""
    import time

    from foley import pump

    while state.current().busy():
        pump.tick()
        time.sleep(0.05)
    return [state.current().outcome(view) for view in state.current().views()]


def check() -> Any:
    """The Check button."""
    new_edit()
    said = press("foley.check")
    return {"said": said, "findings": [[f.state, f.text, f.fix] for f in state.current().findings]}


def ready() -> Any:
    """What the panel says of foley."""
    new_edit()
    state.current().ask_server()
    pump_until_over()
    return {"text": list(state.current().ready_text()), "layers": list(state.current().watch.layers)}


def unregistered() -> Any:
    """Disabled and enabled twice: nothing of ours stays."""
    new_edit()
    foley.unregister()
    left = [name for name in dir(bpy.types) if name.startswith("FOLEY_")]
    scene_has = hasattr(bpy.types.Scene, "foley")
    foley.register()
    foley.unregister()
    return {"left": left, "scene": scene_has}


scenario: Callable[[], Any] = globals()[SCENARIO]
finish(scenario)
