"""Places results onto a user's edit, in ways that go well and in ways that do not; says what came of it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import edit
import snapshot
from finish import finish
from foley import placing


def placed(result: str) -> dict[str, Any]:
    """One job."""
    scene = edit.user_edit()
    before = snapshot.of_users(scene)
    was = snapshot.of_scene(scene)
    strips = placing.place(scene, edit.job(result))
    now = snapshot.of_scene(scene)
    return {
        "strips": [edit.facts(strip) for strip in strips],
        "before": before,
        "after": snapshot.of_users(scene),
        "same": {key: was[key] == now[key] for key in ("active", "frames", "render", "markers")},
        "names": [channel.name for channel in scene.sequence_editor.channels][:14],
    }


def shifted(result: str) -> dict[str, Any]:
    """A job whose record frame 0 is scene frame -30, so that files begin before scene frame 0."""
    scene = edit.user_edit()
    return {"strips": [edit.facts(strip) for strip in placing.place(scene, edit.job(result, zero=-30))]}


def without_editor(result: str) -> dict[str, Any]:
    """A scene without strips: once where it goes well, before that where it does not."""
    scene = bpy.data.scenes.new("empty")
    scene.render.fps, scene.render.fps_base = 24, 1.001
    assert scene.sequence_editor is None
    broken = edit.job(result)
    SPOILERS["empty sound"](scene, broken)
    words = refusal(scene, broken)
    left_over = scene.sequence_editor is not None
    strips = placing.place(scene, edit.job(result))
    return {"words": words, "left_over": left_over, "channels": sorted({strip.channel for strip in strips})}


def further_jobs(result: str) -> dict[str, Any]:
    """A second job over the same cues, one beside them within their handles, one far away, and one more there
    after the editor laid a strip of theirs onto one of our channels."""
    scene = edit.user_edit()
    tracks = {}
    for name, by in (("first", 0), ("again", 0), ("beside", 120), ("far", 500)):
        placing.place(scene, edit.job(result, name, by=by))
        tracks[name] = channels_of(scene, name)
    stray = edit.all_strips(scene.sequence_editor).new_sound("stray", edit.CLIP, edit.FREE[0], 5000)
    placing.place(scene, edit.job(result, "last", by=900))
    tracks["last"] = channels_of(scene, "last")
    overlaps = sorted(
        (one.name, other.name)
        for one in snapshot.strips_all(scene)
        for other in snapshot.strips_all(scene)
        if one.name < other.name
        and one.channel == other.channel
        and one.frame_final_start < other.frame_final_end
        and other.frame_final_start < one.frame_final_end
    )
    names = [channel.name for channel in scene.sequence_editor.channels][:26]
    for name in tracks:
        placing.remove_job(scene, name)
    left = [channel.name for channel in scene.sequence_editor.channels if "Foley" in channel.name]
    return {
        "tracks": tracks,
        "overlaps": overlaps,
        "stray": stray.channel,
        "names": names,
        "left names": left,
    }


def channels_of(scene: Any, name: str) -> dict[str, list[int]]:
    """The channels of each track of a job."""
    found: dict[str, set[int]] = {}
    for strip in placing.strips_of(scene, name):
        found.setdefault(strip["foley_track"], set()).add(strip.channel)
    return {track: sorted(numbers) for track, numbers in found.items()}


def refused(result: str) -> dict[str, Any]:
    """Everything that cannot be placed: the sentence, and whether the scene is as it was."""
    outcome = {}
    for name, spoil in SPOILERS.items():
        scene = edit.user_edit()
        job = edit.job(result)
        spoil(scene, job)
        before = snapshot.of_scene(scene)
        words = refusal(scene, job)
        outcome[name] = {"words": words, "same": snapshot.of_scene(scene) == before}
    return outcome


def refusal(scene: Any, job: edit.Job) -> str:
    """The sentence with which placing JOB fails; "" where it does not."""
    try:
        placing.place(scene, job)
    except placing.PlacingFailed as problem:
        return str(problem)
    return ""


def fill_up(scene: Any, _job: edit.Job) -> None:
    """Five channels are left for six tracks."""
    for channel in list(scene.sequence_editor.channels)[edit.FREE[-1] :]:
        channel.lock = True


def too_high(scene: Any, _job: edit.Job) -> None:
    """Something lies on the highest channel, in the way of the handles alone."""
    strip = edit.all_strips(scene.sequence_editor).new_sound("high", edit.CLIP, 128, 145)
    strip.select = False


def swap_file(name: str, make: Callable[[Path], None]) -> Callable[[Any, edit.Job], None]:
    """The last take's file is another one, which MAKE writes."""

    def spoil(_scene: Any, job: edit.Job) -> None:
        placement = job.result["placements"][-1]
        shutil.copy(placement["path"], name)
        make(Path(name))
        placement["path"] = os.path.abspath(name)

    return spoil


def cut_short(path: Path) -> None:
    """The first part of a take's file, its header still promising all of it."""
    path.write_bytes(path.read_bytes()[:200_000])


def lock_away(path: Path) -> None:
    """A file that is there and may not be read: a folder, since tests may run as root."""
    path.unlink()
    path.mkdir()


def two_at_once(_scene: Any, job: edit.Job) -> None:
    """Two cues that overlap on one track: Blender throws the second one onto another channel."""
    first, second = job.result["placements"][:2]
    second["track_name"] = first["track_name"]
    second["range"] = dict(first["range"], start_frame=first["range"]["start_frame"] + 1)
    for take in job.result["takes"]:
        if take["id"] == second["take_id"]:
            take["file_range"] = {"start_frame": 8, "end_frame": 92}


SPOILERS: dict[str, Callable[[Any, edit.Job], None]] = {
    "full": fill_up,
    "too high": too_high,
    "missing": lambda _scene, job: job.result["placements"][-1].update(path="/nowhere/gone.wav"),
    "unreadable": swap_file("folder.wav", lock_away),
    "no sound": swap_file("text.wav", lambda path: path.write_text("this is not a sound file at all")),
    "empty sound": swap_file("empty.wav", lambda path: path.write_bytes(b"RIFF\0\0\0\0WAVE")),
    "cut short": swap_file("half.wav", cut_short),
    "overlap": two_at_once,
    "rate": lambda scene, _job: setattr(scene.render, "fps_base", 1.0),
    "no result": lambda _scene, job: setattr(job, "result", None),
    "half a result": lambda _scene, job: job.result["takes"][0].pop("file_range"),
    "twice": lambda scene, job: placing.place(scene, job) and None,
}


def removed(result: str) -> dict[str, Any]:
    """A job is taken back: at once; and after the editor moved, renamed, grouped and reused."""
    scene = edit.user_edit()
    files = sorted(str(path) for path in Path(result).parent.glob("*.wav"))
    before = snapshot.of_scene(scene)
    placing.place(scene, edit.job(result))
    at_once = placing.remove_job(scene, "job")
    same = snapshot.of_scene(scene) == before

    editor = scene.sequence_editor
    users = snapshot.of_users(scene)
    first = placing.place(scene, edit.job(result, "first"))
    far = placing.place(scene, edit.job(result, "far", by=1000))
    first[0].frame_start += 3000
    first[1].channel = 40
    meta = edit.all_strips(editor).new_meta("group", 41, 1)
    first[2].move_to_meta(meta)
    editor.channels[edit.FREE[-1]].name = "My ambience"
    gone = placing.remove_job(scene, "first")
    left = len(placing.strips_of(scene))
    names_between = [channel.name for channel in editor.channels][:14]
    edit.all_strips(editor).remove(meta)
    gone_too = placing.remove_job(scene, "far")
    return {
        "at_once": at_once,
        "same": same,
        "gone": [gone, left, gone_too, len(far)],
        "names_between": names_between,
        "names": [channel.name for channel in editor.channels][:14],
        "users": snapshot.of_users(scene) == users,
        "files": files == sorted(str(path) for path in Path(result).parent.glob("*.wav")),
        "sounds": len([sound for sound in bpy.data.sounds if "_take" in sound.name]),
    }


def undone(result: str) -> dict[str, Any]:
    """Placing is one step of undo, and can be done again."""
    edit.user_edit()
    bpy.ops.ed.undo_push(message="before")
    before = snapshot.of_scene(bpy.context.scene)
    placing.place(bpy.context.scene, edit.job(result))
    bpy.ops.ed.undo_push(message="Foley")
    after = snapshot.of_scene(bpy.context.scene)
    bpy.ops.ed.undo()
    undone = snapshot.of_scene(bpy.context.scene)
    bpy.ops.ed.redo()
    redone = snapshot.of_scene(bpy.context.scene)
    placing.remove_job(bpy.context.scene, "job")
    bpy.ops.ed.undo_push(message="Remove")
    bpy.ops.ed.undo()
    return {
        "undone": undone == before,
        "redone": redone == after,
        "removal undone": snapshot.of_scene(bpy.context.scene) == after,
        "placed": len(after["strips"]) - len(before["strips"]),
    }


def reloaded(result: str, folder: str) -> dict[str, Any]:
    """A saved file keeps its sounds by relative paths, so that its folder can be moved as a whole."""
    scene = edit.user_edit()
    home, moved = Path(folder) / "project", Path(folder) / "moved"
    home.mkdir()
    for path in Path(result).parent.glob("*.wav"):
        shutil.copy(path, home)
    bpy.ops.wm.save_as_mainfile(filepath=str(home / "edit.blend"))
    job = edit.job(result)
    for placement in job.result["placements"]:
        placement["path"] = str(home / os.path.basename(placement["path"]))
    first = [edit.facts(strip) for strip in placing.place(scene, job)]
    stored = {strip.sound.filepath for strip in placing.strips_of(scene)}
    bpy.ops.wm.save_mainfile()
    home.rename(moved)
    bpy.ops.wm.open_mainfile(filepath=str(moved / "edit.blend"))
    scene = bpy.context.scene
    again = sorted((edit.facts(strip) for strip in placing.strips_of(scene)), key=lambda fact: fact["name"])
    there = all(os.path.exists(fact["path"]) for fact in again)
    for fact in [*first, *again]:
        fact["path"] = os.path.basename(fact["path"])
    return {
        "same": sorted(first, key=lambda fact: fact["name"]) == again,
        "there": there,
        "relative": all(path.startswith("//") for path in stored),
        "removed": placing.remove_job(scene, "job"),
    }


CASES = (placed, shifted, without_editor, further_jobs, refused, removed, undone, reloaded)
finish(lambda: {case.__name__: case for case in CASES}[sys.argv[1]](*sys.argv[2:]))
