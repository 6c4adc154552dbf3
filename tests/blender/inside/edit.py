"""An edit of a user's, and results laid onto it: what the scripts about placing and takes begin with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy
from foley.foley_answers import with_ints

CLIP = str(Path(__file__).parents[2] / "data" / "clips" / "film-dialogue-1940.mp4")
LOCKED, NAMED, ELSEWHERE = 4, 5, 7
FREE = (6, 8, 9, 10, 11, 12)
"""The channels that a job may take here, lowest first."""


@dataclass
class Job:
    """What placing asks of a job."""

    id: str
    zero: int
    result: dict[str, Any] | None


def user_edit() -> Any:
    """A scene at 23.976, picture on channels 1 and 3, sound on 2; 4 is locked, 5 named, and on 7 lies a
    strip elsewhere. The picture is selected and active."""
    bpy.ops.wm.read_homefile(use_factory_startup=True)
    scene = bpy.context.scene
    scene.render.fps, scene.render.fps_base = 24, 1.001
    editor = scene.sequence_editor_create()
    picture = all_strips(editor).new_movie("picture", CLIP, 1, 20)
    all_strips(editor).new_sound("production sound", CLIP, 2, 20)
    over = all_strips(editor).new_movie("overlay", CLIP, 3, 90)
    over.frame_final_end = 130
    editor.channels[LOCKED].lock = True
    editor.channels[NAMED].name = "Music"
    all_strips(editor).new_sound("score", CLIP, ELSEWHERE, 2000)
    for strip in all_strips(editor):
        strip.select = strip == picture
    editor.active_strip = picture
    return scene


def all_strips(place: Any) -> Any:
    """The strips in an editor or a meta strip, under the name that this Blender has for them."""
    return place.strips if hasattr(place, "strips") else place.sequences


def job(result: str, name: str = "job", zero: int = 0, by: int = 0) -> Job:
    """The job whose Result is in the file RESULT, its cues BY frames later."""
    read = with_ints(json.loads(Path(result).read_text()))
    for ranged in [p["range"] for p in read["placements"]] + [t["file_range"] for t in read["takes"]]:
        ranged["start_frame"] += by
        ranged["end_frame"] += by
    return Job(name, zero, read)


def facts(strip: Any) -> dict[str, Any]:
    """Where STRIP lies and what it plays, by the names that Blender had before ours were thought of."""
    editor = strip.id_data.sequence_editor
    return {
        "name": strip.name,
        "left": strip.frame_final_start,
        "right": strip.frame_final_end,
        "file": strip.frame_start,
        "offsets": [strip.frame_offset_start, strip.frame_offset_end],
        "channel": strip.channel,
        "channel_name": editor.channels[strip.channel].name,
        "mute": strip.mute,
        "select": strip.select,
        "path": bpy.path.abspath(strip.sound.filepath),
        "sub_frame": getattr(strip, "sound_offset", 0),
        "own": {key: strip[key] if key != "foley_range" else list(strip[key]) for key in strip.keys()},  # noqa: SIM118
    }
