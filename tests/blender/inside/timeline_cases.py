"""OpenTimelineIO out of and into real scenes; the case is the first argument."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import bpy
import foley
from finish import finish
from foley import marks, strip_building, strip_words, timeline_strips, vse_host
from foley.otio_menu import Outcome, go_through, import_steps

NEW_API = bpy.app.version >= (5, 0, 0)


def fresh(rate: Fraction, start: int = 1) -> Any:
    """A scene at RATE, shown, with small pictures."""
    scene = bpy.data.scenes.new("Edit of mine")
    nominal = -(-rate.numerator // rate.denominator)
    scene.render.fps, scene.render.fps_base = nominal, float(nominal / rate)
    scene.render.resolution_x, scene.render.resolution_y = 192, 64
    scene.view_settings.view_transform = "Standard"
    scene.frame_start, scene.frame_end = start, start + 499
    scene.sequence_editor_create()
    show(scene)
    return scene


def show(scene: Any) -> None:
    bpy.context.window.scene = scene
    if NEW_API:
        bpy.context.workspace.sequencer_scene = scene


def put(strip: Any, content: int, left: int, right: int) -> Any:
    """Lays STRIP; on a channel where nothing is in the way meanwhile, as Blender would push it elsewhere."""
    channel = strip.channel - 50 if strip.channel > 50 else strip.channel
    strip.channel = 60
    vse_host.set_content(strip, content)
    vse_host.set_right(strip, right)
    vse_host.set_left(strip, left)
    strip.channel = channel
    return strip


def retime(scene: Any, strip: Any, percent: float) -> None:
    for other in vse_host.strips(scene.sequence_editor):
        other.select = other == strip
    scene.sequence_editor.active_strip = strip
    context = {"scene": scene, **({"sequencer_scene": scene} if NEW_API else {})}
    with bpy.context.temp_override(**context):
        keep = {"keep_retiming": False} if bpy.app.version < (5, 1, 0) else {}
        bpy.ops.sequencer.retiming_segment_speed_set(speed=percent, **keep)


def said(scene: Any) -> dict[str, Any]:
    """What lies in SCENE, as plain values that two scenes can be compared by."""
    timeline, warnings = timeline_strips.read_timeline(scene)
    editor = scene.sequence_editor
    found = []
    for strip in vse_host.strips(editor):
        found.append(
            {
                "kind": strip.type,
                "name": strip.name.split(".0")[0],
                "path": timeline_strips.file_of(strip) if strip.type in ("MOVIE", "SOUND", "IMAGE") else "",
                "channel": editor.channels[strip.channel].name,
                "lies": [vse_host.left(strip), vse_host.right(strip), vse_host.content(strip)],
                "mute": strip.mute,
                "channel_mute": editor.channels[strip.channel].mute,
                "reverse": getattr(strip, "use_reverse_frames", False),
                "offset": round(getattr(strip, "sound_offset", 0.0), 6),
                "keys": len(strip.retiming_keys) if hasattr(strip, "retiming_keys") else 0,
                "words": strip_words.kept_words(strip),
                "missing": strip.get(strip_words.MISSING, ""),
            }
        )
    zero = timeline.scene.get("zero", 0)
    shots = [
        [
            *(track.name, track.picture, track.muted, shot.name.split(".0")[0], shot.muted),
            *(shot.start + zero, shot.end + zero, round(float(shot.source_start), 5), str(shot.speed)),
        ]
        for track in timeline.tracks
        for shot in track.shots
    ]
    return {
        "strips": sorted(found, key=lambda s: json.dumps([s["channel"], s["lies"], s["kind"]])),
        "shots": sorted(shots, key=str),
        "markers": sorted([marker.frame, marker.name] for marker in scene.timeline_markers),
        "rate": str(vse_host.rate(scene)),
        "range": [scene.frame_start, scene.frame_end],
        "label": [timeline.label, timeline.drop],
        "warnings": warnings,
    }


# ------------------------------------------------------------------------------------------ round trip


def round_trip(rate: str, movie: str, other: str, wav: str, folder: str) -> dict[str, Any]:
    """MOVIE has the scene's RATE, OTHER another one."""
    scene = fresh(Fraction(rate))
    editor = scene.sequence_editor
    strips = vse_host.strips(editor)
    add = strips.new_movie
    names = {1: "Sound", 2: "Main", 3: "Over", 4: "Muted", 5: "Foley: foley"}
    for number, name in names.items():
        editor.channels[number].name = name
    editor.channels[4].mute = True
    put(add("cut a", movie, 52, 1), 1, 1, 21)
    put(add("cut b", movie, 52, 1), 1, 21, 41)
    put(add("slipped", movie, 52, 1), 45, 60, 80)
    fast = strips.new_movie("fast", movie, 3, 100)
    retime(scene, fast, 200.0)
    put(fast, 97, 103, 113)
    slow = strips.new_movie("slow", movie, 3, 300)
    retime(scene, slow, 50.0)
    put(slow, 200, 225, 260)
    back = put(add("backward", movie, 52, 1), 100, 110, 125)
    back.use_reverse_frames = True
    put(add("frame by frame", other, 52, 1), 126, 130, 150)
    still = strips.new_movie("frozen", movie, 2, 160)
    strip_building._trim(still, 40, int(still.frame_duration) - 41)
    vse_host.set_content(still, 160)
    vse_host.set_right(still, 180)
    muted = put(add("muted", movie, 54, 1), 1, 5, 15)
    muted.mute = True
    put(strips.new_sound("sound", wav, 1, 10), 10, 14, 30)
    part = put(strips.new_sound("within", wav, 1, 40), 40, 44, 60)
    part.sound_offset = -0.005
    quick = strips.new_sound("quick", wav, 1, 200)
    retime(scene, quick, 200.0)
    put(quick, 198, 200, 215)
    take = put(strips.new_sound("take", wav, 5, 20), 8, 20, 40)
    words = {
        marks.JOB: "j1",
        marks.CUE: "1",
        marks.TAKE: 2,
        marks.SEED: str(2**40),
        marks.PROMPT: "steps on gravel",
        marks.NEGATIVE: "music",
        marks.LAYER: "foley",
        marks.ENGINE: "procedural",
        marks.RANGE: [20, 40],
        marks.HANDLES: 12,
        marks.TRACK: "Foley: foley",
        marks.TEXT_ONLY: False,
        marks.CHANNEL: 0,
        marks.CHANNEL_NAME: "",
    }
    for key, value in words.items():
        take[key] = value
    for name, frame in (("steps", 5), ("steps", 25), ("door", 70), ("F_90", 90)):
        scene.timeline_markers.new(name, frame=frame)
    path = str(Path(folder) / "out.otio")
    before = said(scene)
    bpy.ops.foley.export_otio(filepath=path)
    untouched = said(scene) == before
    scenes = set(bpy.data.scenes)
    bpy.ops.foley.import_otio(filepath=path, where="NEW")
    made = next(iter(set(bpy.data.scenes) - scenes))
    shown = vse_host.scene_of(bpy.context) == made
    return {
        "before": before,
        "after": said(made),
        "untouched": untouched and said(scene) == before,
        "shown": shown,
        "path": path,
        "sounds": len(bpy.data.sounds),
    }


# --------------------------------------------------------------------------------------------- samples


def samples(folder: str) -> dict[str, Any]:
    """Every document of FOLDER into a new scene."""
    answers: dict[str, Any] = {}
    for path in sorted(Path(folder).glob("*.otio")):
        scenes = {scene.name for scene in bpy.data.scenes}
        outcome = Outcome()
        try:
            go_through(import_steps(bpy.context, str(path), "NEW", outcome))
        except Exception as problem:
            left = {scene.name for scene in bpy.data.scenes} - scenes
            answers[path.name] = {"refused": str(problem), "left": sorted(left)}
            continue
        answers[path.name] = {**said(bpy.data.scenes[outcome.scene]), "told": outcome.warnings}
    return answers


# ------------------------------------------------------------------------------------- shots to pictures


def shown_frames(path: str, frames: str) -> dict[str, Any]:
    """The document at PATH in a new scene, and the pictures of FRAMES of it, as files."""
    fresh(Fraction(24))  # the new scene has its picture size and colours
    outcome = Outcome()
    go_through(import_steps(bpy.context, path, "NEW", outcome))
    scene = bpy.data.scenes[outcome.scene]
    show(scene)
    if hasattr(scene.render.image_settings, "media_type"):
        scene.render.image_settings.media_type = "IMAGE"
    scene.render.image_settings.file_format = "PNG"
    files = {}
    for frame in json.loads(frames):
        scene.frame_set(frame)
        scene.render.filepath = str(Path(path).parent / f"{Path(path).stem}-{frame}.png")
        bpy.ops.render.render(write_still=True, scene=scene.name)
        files[str(frame)] = scene.render.filepath
    return {"files": files, "told": outcome.warnings, "said": said(scene)}


# ------------------------------------------------------------------------------------------ this scene


def here(path: str, movie: str, rate: str) -> dict[str, Any]:
    """Into a scene with strips, some of them selected; and a failure in the middle of it."""
    scene = fresh(Fraction(rate), start=10)
    editor = scene.sequence_editor
    mine = put(vse_host.strips(editor).new_movie("mine", movie, 3, 10), 10, 12, 40)
    locked = put(vse_host.strips(editor).new_movie("other", movie, 1, 0), 0, 0, 50)
    mine.select, locked.select = True, False
    editor.active_strip = mine
    editor.channels[4].lock = True
    scene.timeline_markers.new("mine", frame=3)

    def state() -> Any:
        names = [(n, editor.channels[n].name, editor.channels[n].mute) for n in range(1, 20)]
        chosen = sorted(strip.name for strip in vse_host.strips(editor) if strip.select)
        return [said(scene), names, chosen, editor.active_strip.name, len(bpy.data.scenes)]

    before = state()
    whole = strip_building._Builder._mark
    strip_building._Builder._mark = lambda self: 1 / 0  # as the last step breaks
    try:
        go_through(import_steps(bpy.context, path, "HERE", Outcome()))
        failed = ""
    except strip_building.ImportFailed as problem:
        failed = str(problem)
    strip_building._Builder._mark = whole
    taken_back = state() == before
    outcome = Outcome()
    go_through(import_steps(bpy.context, path, "HERE", outcome))
    after = state()
    channels = sorted({s.channel for s in vse_host.strips(editor) if s.name not in ("mine", "other")})
    return {
        "failed": failed,
        "taken_back": taken_back,
        "before": before,
        "after": after,
        "channels": channels,
        "told": outcome.warnings,
    }


# -------------------------------------------------------------------------------------------- unsayable


def unsayable(movie: str, folder: str) -> dict[str, Any]:
    """What OpenTimelineIO cannot say is named, and goes in as what can be said."""
    scene = fresh(Fraction(25))
    editor = scene.sequence_editor
    strips = vse_host.strips(editor)
    span = (lambda n: {"length": n}) if NEW_API else (lambda n: {"frame_end": 1 + n})
    strips.new_effect("title", "TEXT", 5, frame_start=1, **span(20))
    strips.new_effect("red", "COLOR", 4, frame_start=1, **span(20)).color = (1.0, 0.0, 0.0)
    inner = put(strips.new_movie("inner", movie, 2, 1), 1, 5, 25)
    meta = strips.new_meta("meta", 2, 1)
    inner.move_to_meta(meta)
    vse_host.set_right(meta, 20)
    vse_host.set_left(meta, 8)
    long = strips.new_movie("long", movie, 1, 30)
    vse_host.set_right(long, vse_host.right(long) + 10)
    strips.new_scene("a scene", bpy.data.scenes.new("Other"), 6, 1)
    path = str(Path(folder) / "unsayable.otio")
    bpy.ops.foley.export_otio(filepath=path)
    return {**said(scene), "path": path}


def main() -> Any:
    bpy.ops.wm.read_homefile(app_template="Video_Editing", use_factory_startup=True)
    foley.register()
    case, *arguments = sys.argv[1:]
    try:
        return globals()[case](*arguments)
    finally:
        foley.unregister()


finish(main)
