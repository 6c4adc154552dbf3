"""An editor's afternoon: an edit of five shots at 23.976, sound for it, takes picked, one made anew, saved,
loaded, mixed down and exported. Arguments: a clip, a folder."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import foley
from edit import all_strips, facts
from finish import finish
from foley import vse_host

CLIP, FOLDER = sys.argv[1], Path(sys.argv[2])
WHOLE = {"keep_retiming": False} if bpy.app.version < (5, 1) else {}
BLEND = FOLDER / "afternoon.blend"
SHOTS = ((1, 61, 0), (61, 121, 200), (121, 181, 380), (181, 241, 600), (241, 301, 300))
"""First scene frame of each shot, the frame after its last, and frames of the strip hidden before it."""


def edit() -> Any:
    """Five shots on channel 1, one after the other, each from another part of the clip, the last at 200 %."""
    bpy.ops.wm.read_homefile(app_template="Video_Editing", use_factory_startup=True)
    scene = getattr(bpy.context, "sequencer_scene", None) or bpy.context.scene
    scene.render.fps, scene.render.fps_base = 24, 1.001
    editor = scene.sequence_editor or scene.sequence_editor_create()
    for number, (start, end, hidden) in enumerate(SHOTS, 1):
        shot = all_strips(editor).new_movie(f"shot {number}", CLIP, 2, start - hidden)
        if number == len(SHOTS):
            retime(scene, shot, 200)
        shot.frame_final_start, shot.frame_final_end = start, end
        shot.channel = 1
    for one in all_strips(editor):
        one.select = False
    scene.frame_start, scene.frame_end = 1, 310
    bpy.ops.wm.save_as_mainfile(filepath=str(BLEND))
    return scene


def retime(scene: Any, strip: Any, percent: float) -> None:
    for other in all_strips(scene.sequence_editor):
        other.select = other == strip
    scene.sequence_editor.active_strip = strip
    window = bpy.context.window_manager.windows[0]
    area = next(area for area in window.screen.areas if area.type == "SEQUENCE_EDITOR")
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.sequencer.retiming_segment_speed_set(speed=percent, **WHOLE)


def select(scene: Any, *names: str) -> None:
    editor = scene.sequence_editor
    for strip in all_strips(editor):
        strip.select = strip.name in names
        if strip.select:
            editor.active_strip = strip


def ours(scene: Any) -> list[dict[str, Any]]:
    return [facts(strip) for strip in all_strips(scene.sequence_editor) if "foley_job" in strip]


def users(scene: Any) -> list[Any]:
    return [
        [s.name, s.channel, s.frame_final_start, s.frame_final_end, s.frame_start, s.mute, s.filepath]
        for s in all_strips(scene.sequence_editor)
        if "foley_job" not in s
    ]


def take(scene: Any, layer: str, left: int, number: int) -> Any:
    """Makes active the strip of ours in LAYER at LEFT with take NUMBER."""
    found = [
        strip
        for strip in all_strips(scene.sequence_editor)
        if strip.get("foley_layer") == layer
        and strip.frame_final_start == left
        and strip["foley_take"] == number
    ]
    select(scene, found[-1].name)
    scene.sequence_editor.active_strip = found[-1]
    return found[-1]


def main() -> dict[str, Any]:
    foley.register()
    scene = edit()
    answer: dict[str, Any] = {"users": users(scene), "stages": {}}
    program, unclear = vse_host.read_program(scene, 241, 301, 0)
    answer["retimed"] = [
        [shot.start, shot.duration, str(shot.source_start), str(shot.speed)] for shot in program.shots
    ]
    answer["unclear"] = [picture.why_not for picture in unclear]
    proxied = next(strip for strip in all_strips(scene.sequence_editor) if strip.name == "shot 4")
    proxied.use_proxy = True
    program, _ = vse_host.read_program(scene, 181, 241, 0)
    answer["proxied"] = [
        [shot.path, shot.start, shot.duration, str(shot.source_start)] for shot in program.shots
    ]
    common = {"engine": "procedural", "handles": 12}

    select(scene, "shot 1", "shot 2", "shot 3")
    bpy.ops.foley.generate(
        source="SELECTION", spread="each", takes=3, prompt="plastic bottles put down on a table",
        layer="foley", **common,
    )  # fmt: skip
    answer["stages"]["foley"] = ours(scene)
    select(scene, "shot 1", "shot 2", "shot 3")
    bpy.ops.foley.generate(
        source="SELECTION", spread="whole", takes=3, prompt="quiet room tone", layer="ambience", **common
    )
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 226, 270
    bpy.ops.foley.generate(source="PREVIEW", takes=1, prompt="light rain", layer="fx", **common)
    scene.use_preview_range = False
    answer["stages"]["all layers"] = ours(scene)

    take(scene, "foley", 61, 1)
    bpy.ops.foley.step_take(by=1)
    take(scene, "foley", 121, 1)
    bpy.ops.foley.keep_take()
    answer["stages"]["picked"] = ours(scene)

    take(scene, "foley", 1, 1)
    bpy.ops.foley.redo(
        prompt="a heavy glass bottle put down", seed="77", start=1, end=61, takes=1, layer="foley", mute=True,
        **common,
    )  # fmt: skip
    answer["stages"]["redone"] = ours(scene)
    bpy.ops.ed.undo()
    scene = getattr(bpy.context, "sequencer_scene", None) or bpy.context.scene
    answer["stages"]["undone"] = ours(scene)
    bpy.ops.ed.redo()
    scene = getattr(bpy.context, "sequencer_scene", None) or bpy.context.scene

    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=str(BLEND))
    scene = getattr(bpy.context, "sequencer_scene", None) or bpy.context.scene
    answer["stages"]["loaded"] = ours(scene)
    answer["users after"] = users(scene)
    bpy.ops.foley.export_otio(filepath=str(FOLDER / "afternoon.otio"))
    bpy.ops.sound.mixdown(
        filepath=str(FOLDER / "mix.wav"), container="WAV", codec="PCM", format="F32", channels="STEREO",
        mixrate=48000,
    )  # fmt: skip
    return answer


finish(main)
