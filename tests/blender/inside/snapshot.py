"""Everything that RNA knows of an edit, as plain values, so that before and after can be compared."""

from __future__ import annotations

from typing import Any

SKIPPED = {"rna_type"}
"""Not a value of the thing itself."""
DEPTH = 3


def plain(value: Any, depth: int = DEPTH) -> Any:
    """VALUE as JSON: numbers and words as they are, collections as lists, things by their properties."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, set):
        return sorted(value)
    if hasattr(value, "bl_rna") and not hasattr(value, "foreach_get"):
        return thing(value, depth)
    try:
        return [plain(item, depth) for item in value]
    except TypeError:
        return repr(value)


def thing(value: Any, depth: int) -> Any:
    """Something that RNA knows: of what is a block of the file its name and path, else all."""
    if hasattr(value, "session_uid") and hasattr(value, "name_full"):
        return f"{type(value).__name__} {value.name_full} {getattr(value, 'filepath', '')}"
    return properties(value, depth - 1) if depth else str(getattr(value, "name", ""))


def properties(value: Any, depth: int = DEPTH) -> dict[str, Any]:
    """All that RNA has of VALUE."""
    return {
        key: plain(getattr(value, key), depth)
        for key in sorted(value.bl_rna.properties.keys())
        if key not in SKIPPED and hasattr(value, key)
    }


def of_strip(strip: Any) -> dict[str, Any]:
    """STRIP with its custom properties and where it lies."""
    parent = strip.parent_meta()
    own = {key: plain(strip[key]) for key in strip.keys()}  # noqa: SIM118 - no mapping
    return {**properties(strip), "own": own, "parent": parent.name if parent else ""}


def strips_all(scene: Any) -> list[Any]:
    """All strips of SCENE, under the name that this Blender has for them."""
    editor = scene.sequence_editor
    if editor is None:
        return []
    return list(editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all)


def of_users(scene: Any) -> dict[str, Any]:
    """The strips that are not ours."""
    return {strip.name: of_strip(strip) for strip in strips_all(scene) if "foley_job" not in strip}


def of_scene(scene: Any) -> dict[str, Any]:
    """All strips, channels and settings of SCENE, the sounds of the file, and what is active."""
    import bpy

    editor = scene.sequence_editor
    return {
        "strips": {strip.name: of_strip(strip) for strip in strips_all(scene)},
        "channels": [[c.name, c.lock, c.mute] for c in editor.channels] if editor else None,
        "active": editor.active_strip.name if editor and editor.active_strip else "",
        "frames": [scene.frame_start, scene.frame_end, scene.frame_current],
        "render": properties(scene.render, 1),
        "sounds": sorted((sound.name, sound.users) for sound in bpy.data.sounds),
        "markers": [[marker.name, marker.frame] for marker in scene.timeline_markers],
    }
