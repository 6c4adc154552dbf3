# SPDX-License-Identifier: GPL-3.0-or-later
"""Blender's sequencer under one set of names, 4.2 to 5.2, and what is read from it.

Nothing here changes anything of the user's but :func:`set_left`, :func:`set_right` and :func:`set_content`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from fractions import Fraction
from typing import Any

import bpy

from . import looks
from .program import BLACK, Picture, Program, flatten, shots_of, to_render, with_rendered
from .timing import Played, file_rate, rate_of, stretches

MOST_CHANNELS = 128

_ANIMATED = re.compile(r'\.(?:strips|sequences)_all\["((?:[^"\\]|\\.)*)"\]\.(.+)$')
_DEFAULT_MARKER = re.compile(r"F_-?\d+")

Animated = Mapping[str, set[str]]


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


def set_content(strip: Any, frame: int) -> None:
    """Moves the strip so that its content begins at FRAME, hidden under its left handle as far as before."""
    setattr(strip, "content_start" if hasattr(strip, "content_start") else "frame_start", frame)


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


def cue_markers(scene: Any, start: int, end: int) -> list[tuple[int, int, str]]:
    """The timeline markers in START to END that say what is heard: first frame, frame after the last, text.

    A marker lasts to the next one of the same name (the two are a pair), else to the next one with a name,
    else to END. Markers without a name, or with the one that Blender gives (“F_25”), are no prompts.
    """
    found = sorted(
        (marker.frame, marker.name.strip())
        for marker in scene.timeline_markers
        if start <= marker.frame < end and marker.name.strip() and not _is_default(marker.name)
    )
    cues = []
    closing: set[int] = set()
    for index, (frame, name) in enumerate(found):
        if index in closing:
            continue
        later = range(index + 1, len(found))
        pair = next((i for i in later if found[i][1] == name and found[i][0] > frame), None)
        if pair is not None:
            closing.add(pair)
            cues.append((frame, found[pair][0], name))
        else:
            cues.append((frame, next((found[i][0] for i in later if found[i][0] > frame), end), name))
    return cues


def _is_default(name: str) -> bool:
    return _DEFAULT_MARKER.fullmatch(name.strip()) is not None


def read_program(
    scene: Any, start: int, end: int, handles: int, rendered: Mapping[str, str] | None = None
) -> tuple[Program, list[Picture]]:
    """What the viewer sees from START to END and HANDLES frames beyond, and what of it must be rendered.

    RENDERED are the movies of such pictures by :attr:`Picture.key`; those left without one are returned.
    There are no handles before scene frame 0, unless the range itself begins there. Files
    need not be there: who asks looks (:attr:`Shot.path`), and the daemon reports them cue by cue.
    """
    first = start - handles if start < 0 else max(0, start - handles)
    pieces = flatten(read_pictures(scene, first, end + handles), first, end + handles)
    unclear, own_rate = to_render(pieces), rate(scene)
    shots = shots_of(pieces, own_rate)
    program = Program(own_rate, shots, first, end + handles, _name(scene))
    program = with_rendered(program, unclear, rendered or {})
    return program, [picture for picture in unclear if picture.key not in (rendered or {})]


def _name(scene: Any) -> str:
    stem = os.path.splitext(os.path.basename(bpy.data.filepath))[0]
    return re.sub(r"[\\/:]", "-", stem or scene.name)


def read_pictures(scene: Any, start: int, end: int) -> list[Picture]:
    """The unmuted picture strips that show between START and END, each as far as it reaches.

    Metas are looked into where nothing speaks against it; muted channels are left out.
    """
    editor = editor_of(scene)
    if editor is None:
        return []
    return [
        picture
        for picture in _Reader(scene, start, end).pictures(editor, ())
        if picture.start < end and picture.end > start
    ]


class _Reader:
    """Turns strips into pictures, for one reading of a scene."""

    def __init__(self, scene: Any, start: int, end: int) -> None:
        self._scene = scene
        self._start, self._end = start, end
        self._rate = rate(scene)
        self._size = (scene.render.resolution_x, scene.render.resolution_y)
        self._animated = animated(scene)

    def pictures(self, holder: Any, above: tuple[int, ...]) -> Iterator[Picture]:
        """The pictures of an editor or a meta; ABOVE are the channels that lead to it."""
        for strip in strips(holder):
            if is_sound(strip) or left(strip) >= self._end or right(strip) <= self._start:
                continue
            moving = self._animated.get(strip.name, set())
            hidden = is_muted(strip, holder) or kind(strip) == "ADJUSTMENT"
            # An adjustment layer changes colours; sound is the same without it.
            if not hidden and not looks.is_invisible(strip, moving):
                yield from self._strip(strip, (*above, strip.channel), moving)

    def _strip(self, strip: Any, height: tuple[int, ...], moving: set[str]) -> Iterator[Picture]:
        through = looks.lets_through(strip, self._size, moving)
        if kind(strip) == "META":
            reason = looks.why_not_meta(strip, offsets(strip), moving)
            if not reason:
                yield from self._meta(strip, height, through)
                return
        else:
            reason = looks.why_not(strip, self._size, moving) or self._retimed_in_old_blender(strip)
        whole = Picture(
            name=strip.name,
            path=self._path(strip),
            channel=height[0],
            start=left(strip),
            end=right(strip),
            why_not=reason,
            lets_through=through,
            inner=height[1:],
        )
        if reason or kind(strip) in ("COLOR", "TEXT"):
            yield whole
        elif kind(strip) == "IMAGE":
            yield replace(whole, speed=Fraction(0))
        else:
            for part in stretches(played(strip, self._scene, whole.path), self._rate):
                yield replace(
                    whole,
                    start=part.start,
                    end=part.end,
                    source_start=part.source_start,
                    speed=part.speed,
                )

    def _retimed_in_old_blender(self, strip: Any) -> str:
        """4.2 plays a retimed movie of another rate in a way that its keys do not tell."""
        if kind(strip) != "MOVIE" or bpy.app.version >= (4, 3, 0) or not len(strip.retiming_keys):
            return ""
        other = _rate_in_file(strip, self._path(strip)) not in (None, self._rate)
        return "is retimed, and its file has another rate than the scene" if other else ""

    def _path(self, strip: Any) -> str:
        """The file of a movie or image; '' of anything else."""
        if kind(strip) == "MOVIE":
            return absolute(strip.filepath, self._scene)
        if kind(strip) == "IMAGE":
            return absolute(os.path.join(strip.directory, strip.elements[0].filename), self._scene)
        return BLACK

    def _meta(self, meta: Any, height: tuple[int, ...], through: str) -> Iterator[Picture]:
        """What is in a meta, cut to its handles."""
        start, end = left(meta), right(meta)
        if meta.blend_type == "REPLACE":
            yield Picture(meta.name, BLACK, height[0], start, end, inner=(*height[1:], 0))
        for picture in self.pictures(meta, height):
            cut_start, cut_end = max(picture.start, start), min(picture.end, end)
            if cut_start < cut_end:
                source = picture.source_start + (cut_start - picture.start) / self._rate * picture.speed
                yield replace(
                    picture,
                    start=cut_start,
                    end=cut_end,
                    source_start=source,
                    lets_through=picture.lets_through or through,
                )


def played(strip: Any, scene: Any, path: str) -> Played:
    """How a movie strip lies in its scene; the file at PATH is asked only where the strip cannot tell."""
    start, end, (hidden_left, hidden_right) = left(strip), right(strip), offsets(strip)
    trim_start, trim_end = trimmed(strip)
    length = Fraction(end - start) + Fraction(hidden_left) + Fraction(hidden_right)
    first, after_last = Fraction(content(strip)), bpy.app.version >= (5, 0, 0)
    # Two keys lie at the ends of the content. The frames that Blender tells of them are counted from another
    # strip's start where one without keys comes earlier in its list.
    keys = (first, first + length - (not after_last)) if len(strip.retiming_keys) == 2 else ()
    scene_rate = rate(scene)
    own_rate = _rate_in_file(strip, path) or scene_rate
    frames = round(length)
    if len(strip.retiming_keys) or own_rate != scene_rate:
        frames = frames_in_file(path) - trim_start - trim_end
        if frames <= 0:
            # Not there, or not read: its length as it lies is the best that is known.
            frames, own_rate, keys = round(length), scene_rate, ()
    return Played(
        left=start,
        right=end,
        content=first,
        length=length,
        frames=frames,
        rate=own_rate,
        trimmed=trim_start,
        keys=keys,
        reverse=bool(strip.use_reverse_frames),
        last_key_shows_end=after_last,
    )


_FRAMES: dict[tuple[str, int, int], int] = {}
_RATES: dict[tuple[str, int, int], Fraction] = {}


def _unchanged(path: str) -> tuple[str, int, int]:
    """Names a file as it is now. Raises OSError."""
    stat = os.stat(path)
    return path, stat.st_mtime_ns, stat.st_size


def _rate_in_file(strip: Any, path: str) -> Fraction | None:
    """Frames per second of the strip's movie; None without one. Remembered: each strip opens it anew."""
    try:
        known = _unchanged(path)
    except OSError:
        return None
    if known not in _RATES and strip.fps > 0:
        _RATES[known] = file_rate(strip.fps)
    return _RATES.get(known)


def frames_in_file(path: str) -> int:
    """Frames that Blender counts in the movie at PATH, remembered while it is unchanged; 0 without one."""
    try:
        known = _unchanged(path)
        if known not in _FRAMES:
            with bpy.data.temp_data() as aside:
                _FRAMES[known] = int(aside.movieclips.load(path).frame_duration)
        return _FRAMES[known]
    except (OSError, RuntimeError):
        return 0


def animated(scene: Any) -> dict[str, set[str]]:
    """The animated or driven properties of strips, by the strip's name."""
    found: dict[str, set[str]] = {}
    data = scene.animation_data
    if data is None:
        return found
    for curve in (*_curves(data.action), *data.drivers):
        match = _ANIMATED.search(curve.data_path)
        if match:
            name = bpy.utils.unescape_identifier(match[1])
            found.setdefault(name, set()).add(match[2])
    return found


def _curves(action: Any) -> Iterator[Any]:
    if action is None:
        return
    if not hasattr(action, "layers"):
        yield from action.fcurves
        return
    for layer in action.layers:
        for strip in layer.strips:
            for bag in strip.channelbags:
                yield from bag.fcurves
