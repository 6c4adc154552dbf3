"""What is read of a scene beside its strips, and rendering from a saved file. Argument: a folder with A.mp4,
S.png and S.jpg."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import Any

import bpy
from finish import finish
from foley import rendering, vse_host
from foley.program import program_json

FOLDER = Path(sys.argv[1])


def fresh() -> tuple[Any, Any, Any]:
    """The sequencer's scene, its editor and its strips: a movie of 120 frames at 24 from frame 1."""
    bpy.ops.wm.read_homefile(app_template="Video_Editing", use_factory_startup=True)
    scene = vse_host.scene_of(bpy.context)
    scene.render.fps, scene.render.fps_base = 24, 1.0
    scene.render.resolution_x, scene.render.resolution_y = 320, 64
    scene.sequence_editor_clear()
    editor = scene.sequence_editor_create()
    strips = vse_host.strips(editor)
    strips.new_movie("clip", str(FOLDER / "A.mp4"), 1, 1)
    return scene, editor, strips


def effect(strips: Any, kind: str, channel: int, start: int, end: int) -> Any:
    length = {"length": end - start} if bpy.app.version >= (5, 0, 0) else {"frame_end": end}
    return strips.new_effect(name=kind.title(), type=kind, channel=channel, frame_start=start, **length)


def ranges() -> dict[str, Any]:
    """Selection and preview range."""
    scene, editor, strips = fresh()
    strips.new_movie("second", str(FOLDER / "A.mp4"), 2, 50)
    third = strips.new_movie("third", str(FOLDER / "A.mp4"), 3, 1)
    sound = effect(strips, "COLOR", 4, 7, 9)
    for strip in strips:
        strip.select = strip != sound
    found = {"selected": vse_host.selected_ranges(bpy.context), "preview": vse_host.preview_range(scene)}
    for strip in strips:
        strip.select = strip == third
    found["one"] = vse_host.selected_ranges(bpy.context)
    scene.use_preview_range = True
    scene.frame_preview_start, scene.frame_preview_end = 10, 19
    found["preview set"] = vse_host.preview_range(scene)
    found["channel"] = editor.channels[1].name
    return found


def markers() -> list[Any]:
    """Pairs, single markers and those that are no prompts."""
    scene, _, _ = fresh()
    for name, frame in (
        ("steps", 10),
        ("F_25", 25),
        ("door", 30),
        ("steps", 40),
        ("", 50),
        ("rain", 60),
        ("beyond", 200),
    ):
        scene.timeline_markers.new(name, frame=frame)
    return [vse_host.cue_markers(scene, 1, 101), vse_host.cue_markers(scene, 1, 35)]


def stills() -> dict[str, Any]:
    """Single images, image sequences, and other strips that are or are not described."""
    scene, _, strips = fresh()
    found = {}
    still = strips.new_image("still", str(FOLDER / "S.jpg"), 2, 20)
    vse_host.set_right(still, 40)
    still.transform.scale_x = still.transform.scale_y = 320 / still.elements[0].orig_width
    program, unclear = vse_host.read_program(scene, 1, 121, 0)
    found["jpeg"] = [program_json(program), [picture.why_not for picture in unclear]]
    still.elements[0].filename = "S.png"
    _, unclear = vse_host.read_program(scene, 1, 121, 0)
    found["png over"] = [picture.why_not for picture in unclear]
    strips.remove(strips["clip"])
    program, unclear = vse_host.read_program(scene, 1, 121, 0)
    found["png alone"] = [program_json(program), [picture.why_not for picture in unclear]]
    still.elements.append("S.jpg")
    _, unclear = vse_host.read_program(scene, 1, 121, 0)
    found["sequence"] = [picture.why_not for picture in unclear]
    strips.new_scene("other", bpy.data.scenes.new("Other"), 3, 50)
    _, unclear = vse_host.read_program(scene, 50, 60, 0)
    found["scene"] = [picture.why_not for picture in unclear]
    scene.sequence_editor_clear()
    program, unclear = vse_host.read_program(scene, 1, 121, 12)
    found["nothing"] = [program_json(program), len(unclear)]
    return found


def missing() -> dict[str, Any]:
    """Files that are gone: said as they lie, and not rendered."""
    scene, _, strips = fresh()
    gone = FOLDER / "gone.mp4"
    shutil.copy(FOLDER / "A.mp4", gone)
    strips.new_movie("going", str(gone), 2, 50)
    gone.unlink()
    program, unclear = vse_host.read_program(scene, 1, 170, 0)
    found = {"program": program_json(program), "unclear": len(unclear)}
    strips["going"].use_flip_x = True
    _, unclear = vse_host.read_program(scene, 1, 170, 0)
    try:
        rendering.Rendering().start(scene, unclear, str(FOLDER / "nowhere"))
    except rendering.RenderFailed as problem:
        found["problem"] = str(problem)
    found["folder"] = (FOLDER / "nowhere").exists()
    return found


def saved() -> dict[str, Any]:
    """Rendering from a saved file with relative paths; cancelled; and where it cannot work."""
    scene, _, strips = fresh()
    project = FOLDER / "project"
    project.mkdir()
    shutil.copy(FOLDER / "A.mp4", project / "A.mp4")
    strips["clip"].filepath = str(project / "A.mp4")
    effect(strips, "TEXT", 2, 30, 60).text = ""
    blend = project / "edit.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(blend))
    bpy.ops.file.make_paths_relative()
    bpy.ops.wm.save_mainfile()
    path, written = strips["clip"].filepath, blend.read_bytes()
    program, unclear = vse_host.read_program(scene, 1, 121, 0)
    work = rendering.Rendering()
    work.start(scene, unclear, str(project / "edit.foley"))
    work.cancel()
    found: dict[str, Any] = {"cancelled": [entry.name for entry in project.iterdir()]}
    work = rendering.Rendering()
    work.start(scene, unclear, str(project / "edit.foley"))
    files = None
    while files is None:
        files = work.poll()
        time.sleep(0.02)
    program, left = vse_host.read_program(scene, 1, 121, 0, files)
    found |= {
        "path": path,
        "path after": strips["clip"].filepath,
        "file": bpy.data.filepath == str(blend),
        "untouched": blend.read_bytes() == written,
        "files": sorted(str(entry.relative_to(project)) for entry in project.rglob("*")),
        "program": program_json(program),
        "left": len(left),
        "rendered": list(files.values()),
    }
    vse_host.set_left(strips["Text"], 31)
    _, left = vse_host.read_program(scene, 1, 121, 0, files)
    found["changed"] = [picture.key for picture in left]
    found["failed"] = fails(scene, unclear)
    return found


def fails(scene: Any, unclear: Any) -> str:
    """The other Blender ends without an answer."""
    work = rendering.Rendering()
    script, rendering._SCRIPT = rendering._SCRIPT, FOLDER / "broken.py"
    rendering._SCRIPT.write_text("print('out of luck'); raise SystemExit(3)")
    work.start(scene, unclear, str(FOLDER / "failing"))
    rendering._SCRIPT = script
    try:
        while work.poll() is None:
            time.sleep(0.02)
    except rendering.RenderFailed as problem:
        return f"{problem} {(FOLDER / 'failing').exists()}"
    return ""


def main() -> dict[str, Any]:
    return {each.__name__: each() for each in (ranges, markers, stills, missing, saved)}


finish(main)
