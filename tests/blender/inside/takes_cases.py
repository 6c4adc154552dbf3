"""Takes of a cue in the hands of an editor: heard in turn, moved, trimmed, copied, split, kept, soloed."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import edit
import snapshot
from finish import finish
from foley import placing, takes

CUE, OTHER_CUE, AMBIENCE = "cue-1", "cue-3", "cue-2"
"""Footage's first range, its second one, and the first one's other layer."""


def begin(result: str) -> tuple[Any, dict[str, Any]]:
    """The user's edit with one job in it, and what the user's strips are."""
    scene = edit.user_edit()
    placing.place(scene, edit.job(result))
    return scene, snapshot.of_users(scene)


def take(scene: Any, number: int, cue: str = CUE) -> Any:
    """The strip of a take, where there is one of it."""
    (found,) = [strip for strip in placing.strips_of(scene, "job", cue) if strip["foley_take"] == number]
    return found


def lie(strips: list[Any]) -> list[list[Any]]:
    """Take, first frame of the file, first and last frame heard, and whether it is heard."""
    return [
        [
            strip["foley_take"],
            round(strip.frame_start),
            strip.frame_final_start,
            strip.frame_final_end,
            not strip.mute,
        ]
        for strip in strips
    ]


def all_lie(scene: Any, cue: str = CUE) -> list[list[Any]]:
    """Of all strips of a cue, in the order of take and place."""
    return sorted(lie(placing.strips_of(scene, "job", cue)))


def overlaps(scene: Any) -> list[tuple[str, str]]:
    """Strips that lie on each other on one channel."""
    strips = [strip for strip in snapshot.strips_all(scene) if strip.parent_meta() is None]
    return [
        (one.name, other.name)
        for one in strips
        for other in strips
        if one.name < other.name
        and one.channel == other.channel
        and one.frame_final_start < other.frame_final_end
        and other.frame_final_start < one.frame_final_end
    ]


def in_turn(result: str) -> dict[str, Any]:
    """Next and previous, around both ends; a neighbour cue stays out of it."""
    scene, users = begin(result)
    others = all_lie(scene, OTHER_CUE), all_lie(scene, AMBIENCE)
    at_first = take(scene, 1)
    scene.sequence_editor.active_strip = at_first
    at_first.select = True
    heard = []
    for by in (1, 1, 1, -1, -1, -1):
        strip = takes.step(scene.sequence_editor.active_strip, by)
        assert scene.sequence_editor.active_strip == strip
        heard.append(
            [n for n in (1, 2, 3) if not take(scene, n).mute]
            + [n for n in (1, 2, 3) if take(scene, n).select]
        )
    return {
        "group": [strip["foley_take"] for strip in takes.group(take(scene, 2))],
        "heard": heard,
        "lie": all_lie(scene),
        "others": others == (all_lie(scene, OTHER_CUE), all_lie(scene, AMBIENCE)),
        "users": users == snapshot.of_users(scene),
    }


def moved(result: str, folder: str) -> dict[str, Any]:
    """The heard take is moved and trimmed alone; saved and loaded; then the others follow it."""
    scene, users = begin(result)
    strip = take(scene, 1)
    strip.frame_start += 300
    strip.frame_final_start += 5
    strip.frame_final_end += 3
    path = str(Path(folder) / "edit.blend")
    bpy.ops.wm.save_as_mainfile(filepath=path)
    bpy.ops.wm.open_mainfile(filepath=path)
    scene = bpy.context.scene
    users = snapshot.of_users(scene)
    group = [one["foley_take"] for one in takes.group(take(scene, 1))]
    before = all_lie(scene)
    takes.step(take(scene, 1), 1)
    return {
        "group": group,
        "before": before,
        "after": all_lie(scene),
        "channels": [take(scene, n).channel for n in (1, 2, 3)],
        "names": [channel.name for channel in scene.sequence_editor.channels][:14],
        "users": users == snapshot.of_users(scene),
        "overlaps": overlaps(scene),
    }


def in_the_way(result: str) -> dict[str, Any]:
    """Where the others have to follow to, strips of the user's lie: they come onto other channels."""
    scene, _ = begin(result)
    editor = scene.sequence_editor
    for channel in edit.FREE[1:3]:
        edit.all_strips(editor).new_sound("blocker", edit.CLIP, channel, 330)
    users = snapshot.of_users(scene)
    take(scene, 1).frame_start += 300
    takes.step(take(scene, 1), 1)
    for strip in placing.strips_of(scene, "job", OTHER_CUE):
        strip.frame_start += 500
    return {
        "after": all_lie(scene),
        "channels": [take(scene, n).channel for n in (1, 2, 3)],
        "names": [editor.channels[take(scene, n).channel].name for n in (1, 2, 3)],
        "users": users == snapshot.of_users(scene),
        "overlaps": overlaps(scene),
        "removed": placing.remove_job(scene, "job"),
        "left names": [channel.name for channel in editor.channels if "Foley" in channel.name],
    }


def copied(result: str) -> dict[str, Any]:
    """The heard take is copied alone: another take of the copy leaves the original's as they are."""
    scene, users = begin(result)
    copy_of(take(scene, 1), 400)
    copy = next(strip for strip in placing.strips_of(scene, "job", CUE) if strip.frame_start > 300)
    group = [one["foley_take"] for one in takes.group(copy)]
    originals = [one["foley_take"] for one in takes.group(first_of(scene))]
    reach = takes.numbers(copy)
    takes.step(copy, 1)
    after = all_lie(scene)
    takes.step(first_of(scene), -1)
    return {
        "group": group,
        "originals": originals,
        "reach": reach,
        "after": after,
        "then": all_lie(scene),
        "marks": sorted(
            {strip["foley_seed"] for strip in placing.strips_of(scene, "job", CUE) if strip.frame_start > 300}
        ),
        "users": users == snapshot.of_users(scene),
        "overlaps": overlaps(scene),
        "removed": placing.remove_job(scene, "job"),
        "left names": [c.name for c in scene.sequence_editor.channels if "Foley" in c.name],
    }


def first_of(scene: Any) -> Any:
    """The original's first take."""
    return min(
        (strip for strip in placing.strips_of(scene, "job", CUE) if strip["foley_take"] == 1),
        key=lambda strip: strip.frame_start,
    )


def copy_of(strip: Any, by: int) -> None:
    """What Shift D and moving do: all that the strip knows, elsewhere, on its channel."""
    editor = strip.id_data.sequence_editor
    new = edit.all_strips(editor).new_sound(
        strip.name, strip.sound.filepath, strip.channel, round(strip.frame_start) + by
    )
    new.frame_final_start, new.frame_final_end = strip.frame_final_start + by, strip.frame_final_end + by
    new.mute = strip.mute
    for key in strip.keys():  # noqa: SIM118 - no mapping
        new[key] = strip[key]


def copied_whole(result: str) -> dict[str, Any]:
    """All takes are copied: each stays among its own."""
    scene, _ = begin(result)
    for strip in placing.strips_of(scene, "job", CUE):
        copy_of(strip, 400)
    copy = max(placing.strips_of(scene, "job", CUE), key=lambda s: (s.frame_start, -s["foley_take"]))
    groups = [lie(takes.group(copy)), lie(takes.group(first_of(scene)))]
    takes.step(copy, 1)
    takes.keep(first_of(scene))
    return {"groups": groups, "after": all_lie(scene)}


def split(result: str, method: str) -> dict[str, Any]:
    """The heard take is split alone at frame 50: its halves can be of different takes."""
    scene, users = begin(result)
    first_of(scene).split(50, method)
    halves = all_lie(scene)
    second = max(
        (s for s in placing.strips_of(scene, "job", CUE) if s["foley_take"] == 1),
        key=lambda s: s.frame_final_start,
    )
    takes.step(second, 1)
    after = all_lie(scene)
    return {
        "halves": halves,
        "after": after,
        "users": users == snapshot.of_users(scene),
        "overlaps": overlaps(scene),
    }


def kept(result: str) -> dict[str, Any]:
    """Keeping a take that is not heard makes it heard and removes the others of its cue alone."""
    scene, users = begin(result)
    paths = [bpy.path.abspath(strip.sound.filepath) for strip in placing.strips_of(scene, "job", CUE)]
    takes.keep(take(scene, 2))
    return {
        "cue": all_lie(scene),
        "other": len(placing.strips_of(scene, "job", OTHER_CUE)),
        "files": all(Path(path).exists() for path in paths),
        "users": users == snapshot.of_users(scene),
        "step": lie([takes.step(take(scene, 2), 1)]),
    }


def soloed(result: str) -> dict[str, Any]:
    """Solo of a layer, another take of a silenced layer meanwhile, a change of the solo, and its end."""
    scene, users = begin(result)
    take(scene, 1, OTHER_CUE).mute = True
    before = heard(scene)
    takes.solo(scene, "ambience")
    solo = heard(scene)
    takes.step(take(scene, 1), 1)
    stepped = heard(scene), takes.heard(take(scene, 1))["foley_take"]
    takes.solo(scene, "foley")
    changed = heard(scene)
    takes.solo(scene, None)
    return {
        "before": before,
        "solo": solo,
        "stepped": stepped,
        "changed": changed,
        "after": heard(scene),
        "marks": [s.name for s in placing.strips_of(scene) if "foley_silenced" in s],
        "users": users == snapshot.of_users(scene),
    }


def heard(scene: Any) -> list[list[Any]]:
    """Cue and take of all strips of ours that are not muted."""
    return sorted(
        [strip["foley_cue"], strip["foley_take"]] for strip in placing.strips_of(scene) if not strip.mute
    )


def asked_again(result: str) -> dict[str, Any]:
    """What a strip was asked for, where it lies now, and with changes."""
    scene, _ = begin(result)
    strip = take(scene, 2, AMBIENCE)
    strip.frame_start += 10
    strip.frame_final_end -= 4
    ask = takes.ask_again(strip)
    changed = takes.ask_again(strip, prompt="storm", seed=7, ranges=[(5, 9)])
    keys = ("prompt", "negative", "layer", "takes", "seed", "engine", "handles", "text_only", "ranges")
    return {
        "ask": {key: getattr(ask, key) for key in keys},
        "changed": {key: getattr(changed, key) for key in keys},
    }


def in_a_meta(result: str) -> dict[str, Any]:
    """All takes are put into a meta strip, the heard one moved in there."""
    scene, _ = begin(result)
    meta = edit.all_strips(scene.sequence_editor).new_meta("group", 20, 1)
    for number in (1, 2, 3):
        take(scene, number).move_to_meta(meta)
    take(scene, 1).frame_start += 30
    takes.step(take(scene, 1), 1)
    after = all_lie(scene)
    parents = [take(scene, n).parent_meta().name for n in (1, 2, 3)]
    takes.keep(take(scene, 2))
    return {"after": after, "parents": parents, "kept": all_lie(scene)}


def undone(result: str) -> dict[str, Any]:
    """A step that moves strips is one step of undo."""
    scene, _ = begin(result)
    take(scene, 1).frame_start += 300
    bpy.ops.ed.undo_push(message="moved")
    before = snapshot.of_scene(bpy.context.scene)
    takes.step(take(bpy.context.scene, 1), 1)
    takes.solo(bpy.context.scene, "foley")
    changed = snapshot.of_scene(bpy.context.scene) != before
    bpy.ops.ed.undo_push(message="step")
    bpy.ops.ed.undo()
    return {"changed": changed, "undone": snapshot.of_scene(bpy.context.scene) == before}


CASES = (
    in_turn,
    moved,
    in_the_way,
    copied,
    copied_whole,
    split,
    kept,
    soloed,
    asked_again,
    in_a_meta,
    undone,
)
finish(lambda: {case.__name__: case for case in CASES}[sys.argv[1]](*sys.argv[2:]))
