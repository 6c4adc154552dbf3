"""A title over a movie: Blender alone can show it, so it is rendered first. Arguments: a clip, a folder."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path
from typing import Any

import bpy
import foley
from edit import all_strips, facts
from finish import finish
from foley import state, vse_host

CLIP, FOLDER = sys.argv[1], Path(sys.argv[2])
BLEND = FOLDER / "title.blend"


def main() -> dict[str, Any]:
    foley.register()
    bpy.ops.wm.read_homefile(app_template="Video_Editing", use_factory_startup=True)
    scene = getattr(bpy.context, "sequencer_scene", None) or bpy.context.scene
    scene.render.fps, scene.render.fps_base = 30, 1
    editor = scene.sequence_editor or scene.sequence_editor_create()
    movie = all_strips(editor).new_movie("office", CLIP, 1, 1)
    length = {"length": 30} if bpy.app.version >= (5, 0, 0) else {"frame_end": 50}
    title = all_strips(editor).new_effect("title", "TEXT", 2, 20, **length)
    title.text = "FOLEY"
    title.select = False
    movie.select = True
    vse_host.set_right(movie, 61)
    bpy.ops.wm.save_as_mainfile(filepath=str(BLEND))
    before = hashlib.sha256(BLEND.read_bytes()).hexdigest()
    render = [scene.render.filepath, scene.render.resolution_x, scene.render.image_settings.file_format]
    _, unclear = vse_host.read_program(scene, 1, 61, 12)
    bpy.ops.foley.generate(
        source="SELECTION", spread="each", takes=1, prompt="quiet room tone", layer="ambience",
        engine="procedural", handles=12,
    )  # fmt: skip
    state.current().drop_rendered()
    return {
        "unclear": [picture.name for picture in unclear],
        "placed": [facts(strip) for strip in all_strips(editor) if "foley_job" in strip],
        "same file": hashlib.sha256(BLEND.read_bytes()).hexdigest() == before,
        "same render": [
            scene.render.filepath,
            scene.render.resolution_x,
            scene.render.image_settings.file_format,
        ]
        == render,
        "left": sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file()),
    }


finish(main)
