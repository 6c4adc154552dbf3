# SPDX-License-Identifier: GPL-3.0-or-later
"""Run by the Blender that :mod:`rendering` starts: renders ranges of a copy of the edit to small movies.

Its one argument, after ``--``, is a JSON file: blend, scene, answer, ranges (start, end, movie). What comes
of it is written to ANSWER: {"problem": ""}, or in words why not.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import bpy

WIDTH = 640
"""Pixels that the movies are about wide; smaller edits keep their size."""


def small_size(width: int, height: int) -> tuple[int, int, int]:
    """Width and height to set and the percentage that makes them small: even results, as H.264 asks for.

    The percentage scales strips with the frame, which another width and height would not.
    """
    width, height = width - width % 2, height - height % 2
    fitting = [p for p in range(1, 101) if width * p // 100 % 2 == 0 == height * p // 100 % 2]
    percent = min(fitting, key=lambda percent: abs(width * percent / 100 - WIDTH))
    return width, height, percent


def prepare(scene: Any) -> None:
    """Render settings of the copy: H.264 in MP4, small, the edit alone, at the scene's own rate."""
    render = scene.render
    size = small_size(render.resolution_x, render.resolution_y)
    render.resolution_x, render.resolution_y, render.resolution_percentage = size
    render.use_sequencer, render.use_compositing = True, False
    render.use_border = render.use_stamp = render.use_multiview = False
    render.use_overwrite, render.use_file_extension = True, False
    scene.use_preview_range, scene.frame_step = False, 1
    settings = render.image_settings
    if hasattr(settings, "media_type"):
        settings.media_type = "VIDEO"
    settings.file_format, settings.color_mode = "FFMPEG", "RGB"
    movie = render.ffmpeg
    movie.format, movie.codec, movie.audio_codec = "MPEG4", "H264", "NONE"
    movie.constant_rate_factor, movie.ffmpeg_preset = "HIGH", "REALTIME"
    movie.use_max_b_frames, movie.gopsize, movie.use_autosplit = False, 12, False


def move_later(scene: Any, frames: int) -> None:
    """Moves the whole edit of the copy, its animation too: Blender renders no frames before 0."""
    editor = scene.sequence_editor
    for strip in editor.strips if hasattr(editor, "strips") else editor.sequences:
        if getattr(strip, "input_count", 0) == 0:
            if hasattr(strip, "content_start"):
                strip.content_start += frames
            else:
                strip.frame_start += frames
    for action in bpy.data.actions:
        for curve in _curves(action):
            for point in curve.keyframe_points:
                for part in (point.co, point.handle_left, point.handle_right):
                    part.x += frames


def _curves(action: Any) -> list[Any]:
    if not hasattr(action, "layers"):
        return list(action.fcurves)
    bags = (bag for layer in action.layers for strip in layer.strips for bag in strip.channelbags)
    return [curve for bag in bags for curve in bag.fcurves]


def render_ranges(task: dict[str, Any]) -> None:
    """Renders the ranges of TASK. Raises RuntimeError with Blender's own words."""
    bpy.ops.wm.open_mainfile(filepath=task["blend"], load_ui=False, use_scripts=False)
    scene = bpy.data.scenes[task["scene"]]
    prepare(scene)
    later = max(0, -min(item["start"] for item in task["ranges"]))
    if later:
        move_later(scene, later)
    for item in task["ranges"]:
        # The end first: Blender moves the one to keep it after the other.
        scene.frame_end = item["end"] + later - 1
        scene.frame_start = item["start"] + later
        scene.render.filepath = item["movie"]
        bpy.ops.render.render(animation=True, scene=scene.name)
        if not os.path.exists(item["movie"]):
            raise RuntimeError("Blender rendered, and no movie is there")


def main() -> None:
    """Does what the task says and leaves its answer."""
    with open(sys.argv[sys.argv.index("--") + 1], encoding="utf-8") as file:
        task = json.load(file)
    problem = ""
    try:
        render_ranges(task)
    except Exception as error:
        # Whatever it is, the other Blender must be told.
        problem = " ".join(str(error).split()) or type(error).__name__
    with open(task["answer"], "w", encoding="utf-8") as file:
        json.dump({"problem": problem}, file)
    sys.stdout.flush()
    # Some versions hang on their way out.
    os._exit(0)


if __name__ == "__main__":
    main()
