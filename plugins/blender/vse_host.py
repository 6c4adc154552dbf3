# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's sequencer under one set of names, 4.2 to 5.2, and what is read from it.

Nothing here changes anything of the user's but :func:`set_left` and :func:`set_right`.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import bpy

from .timing import rate_of

MOST_CHANNELS = 128


def scene_of(context: Any) -> Any:
    """The scene whose edit is shown."""
    return getattr(context, "sequencer_scene", None) or context.scene


def editor_of(scene: Any) -> Any:
    """The scene's sequence editor; None where it has no edit."""
    return scene.sequence_editor


def strips(holder: Any) -> Any:
    """The strips directly in an editor or a meta."""
    return holder.strips if hasattr(holder, "strips") else holder.sequences


def strips_all(editor: Any) -> Any:
    """All strips of an editor, also those in metas."""
    return editor.strips_all if hasattr(editor, "strips_all") else editor.sequences_all


def left(strip: Any) -> int:
    """The first scene frame in which the strip is seen or heard."""
    return int(strip.left_handle if hasattr(strip, "left_handle") else strip.frame_final_start)


def right(strip: Any) -> int:
    """The scene frame after the last one."""
    return int(strip.right_handle if hasattr(strip, "right_handle") else strip.frame_final_end)


def content(strip: Any) -> float:
    """The scene frame at which the strip's content begins, hidden under its left handle or not."""
    return float(strip.content_start if hasattr(strip, "content_start") else strip.frame_start)


def offsets(strip: Any) -> tuple[float, float]:
    """Scene frames hidden under the left and the right handle; below zero where an end is held."""
    if hasattr(strip, "left_handle_offset"):
        return float(strip.left_handle_offset), float(strip.right_handle_offset)
    return float(strip.frame_offset_start), float(strip.frame_offset_end)


def trimmed(strip: Any) -> tuple[int, int]:
    """Frames (sound: samples' frames) taken off the file's ends for good."""
    if hasattr(strip, "content_trim_start"):
        return int(strip.content_trim_start), int(strip.content_trim_end)
    return int(getattr(strip, "animation_offset_start", 0)), int(getattr(strip, "animation_offset_end", 0))


def set_left(strip: Any, frame: int) -> None:
    """Moves the left handle; what is heard in the remaining frames stays where it is."""
    setattr(strip, "left_handle" if hasattr(strip, "left_handle") else "frame_final_start", frame)


def set_right(strip: Any, frame: int) -> None:
    """Moves the right handle to FRAME, which is the first one without the strip."""
    setattr(strip, "right_handle" if hasattr(strip, "right_handle") else "frame_final_end", frame)


def selected(context: Any) -> list[Any]:
    """The selected strips at the level of metas that is shown."""
    chosen = getattr(context, "selected_strips", None)
    if chosen is None:
        chosen = getattr(context, "selected_sequences", None)
    if chosen is not None:
        return list(chosen)
    # Without an open sequencer, as in background, the context has no selection.
    editor = editor_of(scene_of(context))
    if editor is None:
        return []
    shown = editor.meta_stack[-1] if len(editor.meta_stack) else editor
    return [strip for strip in strips(shown) if strip.select]


def kind(strip: Any) -> str:
    """MOVIE, SOUND, IMAGE, META, SCENE, COLOR, CROSS…"""
    return str(strip.type)


def is_sound(strip: Any) -> bool:
    """Whether it is heard and not seen."""
    return kind(strip) == "SOUND"


def is_muted(strip: Any, holder: Any) -> bool:
    """Whether STRIP, or its channel in HOLDER (an editor or a meta), is muted."""
    return bool(strip.mute or holder.channels[strip.channel].mute)


def rate(scene: Any) -> Fraction:
    """Frames per second of the scene, exact."""
    return rate_of(scene.render.fps, scene.render.fps_base)


def selected_ranges(context: Any) -> list[tuple[int, int]]:
    """Where the selected picture strips lie, else the selected sound strips: first frame, and the one after.

    Sorted; equal ranges once.
    """
    chosen = selected(context)
    pictures = [strip for strip in chosen if not is_sound(strip)]
    return sorted({(left(strip), right(strip)) for strip in pictures or chosen})


def preview_range(scene: Any) -> tuple[int, int] | None:
    """First frame of the preview range and the frame after its last; None where none is set."""
    if not scene.use_preview_range:
        return None
    return scene.frame_preview_start, scene.frame_preview_end + 1


def walk(holder: Any) -> Iterator[Any]:
    """Every strip of an editor or a meta, those in metas after their meta."""
    for strip in strips(holder):
        yield strip
        if kind(strip) == "META":
            yield from walk(strip)


def absolute(path: str, holder: Any) -> str:
    """PATH of the data HOLDER as an absolute path: // is the folder of the .blend that HOLDER is from."""
    return os.path.normpath(bpy.path.abspath(path, library=getattr(holder, "library", None))) if path else ""
