"""Edits of frame-coded movies: what the extension says of them, and what Blender renders of them.

Arguments: a folder with the movies (A24.mp4, …) and a JSON file of cases; movies come back beside it.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import bpy
from finish import finish
from foley import rendering, vse_host
from foley.program import program_json

FOLDER = Path(sys.argv[1])
SIZE = (320, 64)


class Edit:
    """The sequencer's scene, emptied, at RATE."""

    def __init__(self, rate: tuple[int, float], first: int) -> None:
        self.scene = vse_host.scene_of(bpy.context)
        self.scene.sequence_editor_clear()
        self.scene.animation_data_clear()
        self.editor = self.scene.sequence_editor_create()
        self.scene.render.fps, self.scene.render.fps_base = rate
        self.scene.frame_end = first + 1000
        self.scene.frame_start = first

    def movie(self, name: str, channel: int, frame: int, real_time: bool = False) -> Any:
        """A movie strip: one frame for each of the scene's, or, as by hand, at the file's own speed."""
        path = str(FOLDER / name)
        if not real_time:
            return vse_host.strips(self.editor).new_movie(name, path, channel, frame)
        options = {"move_strips": False} if bpy.app.version >= (5, 0, 0) else {}
        self._operate(
            bpy.ops.sequencer.movie_strip_add,
            filepath=path,
            frame_start=frame,
            channel=channel,
            sound=False,
            use_framerate=False,
            adjust_playback_rate=True,
            fit_method="ORIGINAL",
            **options,
        )
        return max(vse_host.strips(self.editor), key=lambda strip: strip.channel == channel)

    def colour(self, channel: int, start: int, end: int) -> Any:
        return self._effect("COLOR", channel, start, end)

    def text(self, channel: int, start: int, end: int) -> Any:
        strip = self._effect("TEXT", channel, start, end)
        strip.text = ""
        return strip

    def effect(self, kind: str, channel: int, start: int, end: int, *inputs: Any) -> Any:
        names = ("input1", "input2") if bpy.app.version >= (4, 5, 0) else ("seq1", "seq2")
        return self._effect(kind, channel, start, end, **dict(zip(names, inputs, strict=False)))

    def _effect(self, kind: str, channel: int, start: int, end: int, **inputs: Any) -> Any:
        length = {"length": end - start} if bpy.app.version >= (5, 0, 0) else {"frame_end": end}
        return vse_host.strips(self.editor).new_effect(
            name=kind.title(), type=kind, channel=channel, frame_start=start, **length, **inputs
        )

    def meta(self, channel: int, *inside: Any) -> Any:
        """A meta strip, made as by hand."""
        for strip in vse_host.strips_all(self.editor):
            strip.select = strip in inside
        self.editor.active_strip = inside[0]
        self._operate(bpy.ops.sequencer.meta_make)
        made = self.editor.active_strip
        made.channel = channel
        return made

    def retime(self, strip: Any, percent: float) -> None:
        for other in vse_host.strips_all(self.editor):
            other.select = other == strip
        self.editor.active_strip = strip
        self._operate(bpy.ops.sequencer.retiming_segment_speed_set, speed=percent)

    def _operate(self, operator: Any, **options: Any) -> None:
        window = bpy.context.window_manager.windows[0]
        area = next(area for area in window.screen.areas if area.type == "SEQUENCE_EDITOR")
        region = next(region for region in area.regions if region.type == "WINDOW")
        with bpy.context.temp_override(window=window, area=area, region=region, scene=self.scene):
            operator(**options)


def render(scene: Any, path: Path, start: int, end: int) -> None:
    """What Blender shows of START to END, one frame after another."""
    scene.render.resolution_x, scene.render.resolution_y = SIZE
    scene.render.resolution_percentage = 100
    scene.render.use_file_extension = False
    scene.view_settings.view_transform = "Standard"
    if hasattr(scene.render.image_settings, "media_type"):
        scene.render.image_settings.media_type = "VIDEO"
    scene.render.image_settings.file_format = "FFMPEG"
    scene.render.ffmpeg.format, scene.render.ffmpeg.codec = "MPEG4", "H264"
    scene.render.ffmpeg.constant_rate_factor, scene.render.ffmpeg.gopsize = "PERC_LOSSLESS", 1
    scene.frame_end, scene.frame_start = end - 1, start
    scene.render.filepath = str(path)
    bpy.ops.render.render(animation=True, scene=scene.name)


def build(edit: Edit, case: dict[str, Any]) -> None:
    """The strips of CASE, step by step: what to do, the name of what is made or changed, and how."""
    made: dict[str, Any] = {}
    for do, name, *rest in case["steps"]:
        if do in ("movie", "colour", "text"):
            made[name] = getattr(edit, do)(*rest)
        elif do == "effect":
            made[name] = edit.effect(*rest[:4], *(made[each] for each in rest[4:]))
        elif do == "meta":
            made[name] = edit.meta(rest[0], *(made[each] for each in rest[1:]))
        elif do == "cut":
            made[rest[1]] = made[name].split(rest[0], "SOFT")
        elif do == "channel":
            edit.editor.channels[name].mute = True
        else:
            change(edit, made[name], do, rest)


def change(edit: Edit, strip: Any, do: str, how: list[Any]) -> None:
    """One change of a strip that is there."""
    if do == "retime":
        edit.retime(strip, how[0])
    elif do == "key":
        strip.retiming_keys.add(timeline_frame=how[0])
    elif do == "handles":
        vse_host.set_left(strip, how[0])
        vse_host.set_right(strip, how[1])
    elif do == "fade":
        for frame, value in how:
            strip.blend_alpha = value
            strip.keyframe_insert("blend_alpha", frame=frame)
    else:
        *way, last = how[0].split(".")
        for part in way:
            strip = getattr(strip, part)
        setattr(strip, last, how[1])


def run(case: dict[str, Any]) -> dict[str, Any]:
    """CASE as the extension says it and as Blender shows it."""
    edit = Edit(tuple(case["rate"]), case.get("first", 1))
    edit.scene.render.resolution_x, edit.scene.render.resolution_y = SIZE
    build(edit, case)
    start, end = case["range"]
    program, unclear = vse_host.read_program(edit.scene, start, end, case.get("handles", 0))
    before = settings_of(edit.scene)
    reasons = [[picture.name, picture.start, picture.end, picture.why_not] for picture in unclear]
    if unclear and case.get("render"):
        work = rendering.Rendering()
        work.start(edit.scene, unclear, str(FOLDER / "sound"))
        files = None
        while files is None:
            files = work.poll()
            time.sleep(0.02)
        program, unclear = vse_host.read_program(edit.scene, start, end, case.get("handles", 0), files)
    assert before == settings_of(edit.scene)
    movie = FOLDER / f"{case['name']}-shown.mp4"
    if program.start >= 0 and case.get("shown", True):
        render(edit.scene, movie, program.start, program.end)
    return {
        "program": program_json(program),
        "start": program.start,
        "end": program.end,
        "zero": program.zero,
        "reasons": reasons,
        "left": [picture.name for picture in unclear],
        "movie": str(movie),
    }


def settings_of(scene: Any) -> list[Any]:
    """What must not change while another Blender renders."""
    render = scene.render
    return [
        render.filepath,
        render.resolution_percentage,
        render.image_settings.file_format,
        scene.frame_start,
        scene.frame_end,
        bpy.data.filepath,
    ]


def main() -> dict[str, Any]:
    bpy.ops.wm.read_homefile(app_template="Video_Editing", use_factory_startup=True)
    cases = json.loads(Path(sys.argv[2]).read_text())
    return {case["name"]: run(case) for case in cases}


finish(main)
