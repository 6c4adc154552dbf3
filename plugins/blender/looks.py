# SPDX-License-Identifier: GPL-3.0-or-later
"""What speaks against saying of a strip “this file, from here, at this speed”: it must be rendered then.

Reads strips and changes nothing. Reasons are clauses that follow the strip's name: “is mirrored”.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

STILLS = (".png", ".jpg", ".jpeg", ".bmp")
"""Image files that the daemon reads as they are."""

OPAQUE_STILLS = (".jpg", ".jpeg", ".bmp")

_KINDS = {
    "SCENE": "is a scene",
    "MOVIECLIP": "is a movie clip of Blender's tracker",
    "MASK": "is a mask",
    "CROSS": "is a crossfade",
    "GAMMA_CROSS": "is a crossfade",
    "WIPE": "is a wipe",
    "SPEED": "is a speed effect",
    "MULTICAM": "is a multicam selector",
}
_COVERING = ("REPLACE", "ALPHA_OVER", "CROSS")
_PLACE = ("transform.", "crop.")
_EDGE = 0.01


def why_not(strip: Any, size: tuple[int, int], animated: Collection[str]) -> str:
    """Why STRIP (no meta) must be rendered wherever it is seen; '' where it need not.

    SIZE is the scene's picture in pixels; ANIMATED the names of the strip's animated properties.
    """
    if strip.type in ("COLOR", "TEXT"):
        return ""
    if strip.type not in ("MOVIE", "IMAGE"):
        return _KINDS.get(strip.type, f"is an effect ({_words(strip.type)})")
    return _file(strip) or _changed(strip, animated) or _out_of_sight(strip, size)


def _file(strip: Any) -> str:
    """What of its file cannot be said."""
    if len(getattr(strip, "retiming_keys", ())) > 2:
        return "has more than two retiming keys"
    if getattr(strip, "stream_index", 0):
        return "shows a picture stream that is not the file's first"
    if strip.type == "IMAGE" and len(strip.elements) > 1:
        return "is an image sequence"
    if strip.type == "IMAGE" and not strip.elements[0].filename.lower().endswith(STILLS):
        return "is an image of a kind that is not read"
    return ""


def why_not_meta(strip: Any, offsets: tuple[float, float], animated: Collection[str]) -> str:
    """Why the meta STRIP must be rendered rather than looked into; '' where it need not.

    OFFSETS are the scene frames hidden under its handles, below zero where it is held.
    """
    if len(getattr(strip, "retiming_keys", ())) > 0:
        return "is a retimed meta strip"
    if min(offsets) < 0:
        return "is a meta strip longer than what is in it"
    place, crop = strip.transform, strip.crop
    if (place.scale_x, place.scale_y, place.offset_x, place.offset_y) != (1, 1, 0, 0):
        return "is a meta strip that is moved or scaled"
    if any((crop.min_x, crop.max_x, crop.min_y, crop.max_y)) or _any(animated, _PLACE):
        return "is a meta strip that is cropped, moved or scaled"
    if strip.use_reverse_frames:
        return "is a meta strip played backward"
    return _changed(strip, animated)


def _changed(strip: Any, animated: Collection[str]) -> str:
    if strip.strobe > 1 or "strobe" in animated:
        return "is strobed"
    if strip.use_flip_x or strip.use_flip_y:
        return "is mirrored"
    if abs(strip.transform.rotation) > 0.01:
        return "is rotated"
    if "mute" in animated:
        return "is muted and unmuted by animation"
    return ""


def _out_of_sight(strip: Any, size: tuple[int, int]) -> str:
    left, right, bottom, top = _rectangle(strip, size)
    seen = max(0.0, min(right, size[0]) - max(left, 0)) * max(0.0, min(top, size[1]) - max(bottom, 0))
    if seen < (right - left) * (top - bottom) / 2:
        return "is mostly outside of the frame"
    return ""


def lets_through(strip: Any, size: tuple[int, int], animated: Collection[str]) -> str:
    """Why what lies below STRIP is seen too; '' where STRIP alone is seen."""
    if strip.type == "TEXT":
        return "is a title"
    if strip.blend_type == "REPLACE":
        return ""
    if strip.blend_type not in _COVERING:
        return f"is blended with what lies below ({_words(strip.blend_type)})"
    image = strip.elements[0].filename.lower() if strip.type == "IMAGE" else ""
    reasons = (
        ("blend_alpha" in animated, "fades"),
        (strip.blend_alpha < 1, f"is {strip.blend_alpha:.0%} opaque"),
        (_any(animated, _PLACE), "is moved, scaled or cropped by animation"),
        (bool(image) and not image.endswith(OPAQUE_STILLS), "is an image that may be transparent"),
        (strip.type != "META" and not _covers(strip, size), "does not cover the frame"),
    )
    return next((words for holds, words in reasons if holds), "")


def is_invisible(strip: Any, animated: Collection[str]) -> bool:
    """Whether STRIP is so transparent that nothing of it is ever seen."""
    return strip.blend_alpha == 0 and strip.blend_type in _COVERING[1:] and "blend_alpha" not in animated


def _covers(strip: Any, size: tuple[int, int]) -> bool:
    """Whether STRIP fills the frame, or is fitted into it with bars that are less than half of it."""
    left, right, bottom, top = _rectangle(strip, size)
    width, height = size
    edge_x, edge_y = max(2.0, width * _EDGE), max(2.0, height * _EDGE)
    wide = left <= edge_x and right >= width - edge_x
    high = bottom <= edge_y and top >= height - edge_y
    centred = abs(left + right - width) <= 2 * edge_x and abs(bottom + top - height) <= 2 * edge_y
    half = (right - left) * (top - bottom) >= width * height / 2
    return (wide and high) or ((wide or high) and centred and half)


def _rectangle(strip: Any, size: tuple[int, int]) -> tuple[float, float, float, float]:
    """Left, right, bottom and top edge of STRIP's picture in the frame, in pixels of the scene."""
    elements = getattr(strip, "elements", ())
    width, height = (elements[0].orig_width, elements[0].orig_height) if len(elements) else size
    if not width or not height:
        width, height = size
    place, crop = strip.transform, strip.crop
    origin_x, origin_y = place.origin
    left = (size[0] - width) / 2 + place.offset_x + (1 - place.scale_x) * origin_x * width
    bottom = (size[1] - height) / 2 + place.offset_y + (1 - place.scale_y) * origin_y * height
    return (
        left + place.scale_x * crop.min_x,
        left + place.scale_x * (width - crop.max_x),
        bottom + place.scale_y * crop.min_y,
        bottom + place.scale_y * (height - crop.max_y),
    )


def _any(animated: Collection[str], starts: tuple[str, ...]) -> bool:
    return any(name.startswith(starts) for name in animated)


def _words(name: str) -> str:
    return name.replace("_", " ").lower()
