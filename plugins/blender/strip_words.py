# SPDX-License-Identifier: GPL-3.0-or-later
"""A shot's words as custom properties of its strip, and back; what a placeholder remembers."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from . import marks
from .timeline import SCENE_KEY, Media, TrackShot

MISSING = "foley_missing"
"""On a placeholder: the file it stands for, as the document names it."""
MISSING_SHOT = "foley_missing_shot"
"""On a placeholder: the rest of what the document says, as JSON."""
SILENCE = "foley_silence"
"""On a strip that stands for silence on a track of sound."""

_PREFIX = "foley_"
_JSON = "json_"
_RENAMED = {"negative_prompt": "negative"}
_OF_ONE_SCENE = {
    marks.CHANNEL, marks.CHANNEL_NAME, marks.CHANNEL_WAS, marks.SILENCED, MISSING, MISSING_SHOT, SILENCE,
}  # fmt: skip
_INT32 = 2**31


def kept_words(strip: Any) -> dict[str, Any]:
    """Our custom properties of STRIP as a shot's metadata, without those that hold for its scene only."""
    names = {ours: theirs for theirs, ours in _RENAMED.items()}
    words: dict[str, Any] = {}
    for key in list(strip.keys()):
        if not key.startswith(_PREFIX) or key in _OF_ONE_SCENE:
            continue
        name, value = key[len(_PREFIX) :], strip[key]
        if name.startswith(_JSON):
            words[name[len(_JSON) :]] = json.loads(value)
        else:
            words[names.get(name, name)] = value.to_list() if hasattr(value, "to_list") else value
    return words


def set_words(strip: Any, words: Mapping[str, Any], track: str, start: int, end: int) -> None:
    """METADATA of a shot, on TRACK from scene frame START to END, as custom properties of STRIP.

    A take that some document brings without all that a take of ours knows gets what is missing.
    """
    for name, value in words.items():
        if name != SCENE_KEY:
            key, kept = _property(name, value)
            strip[key] = kept
    if marks.is_ours(strip):
        for key, value in _take_without_words(strip[marks.JOB], track, start, end).items():
            if key not in strip:
                strip[key] = value
        strip[marks.SEED] = str(strip[marks.SEED])


def _property(name: str, value: Any) -> tuple[str, Any]:
    name = _RENAMED.get(name, name)
    whole = isinstance(value, int) and abs(value) < _INT32
    if isinstance(value, (str, bool, float)) or whole:
        return _PREFIX + name, value
    if isinstance(value, int):
        return _PREFIX + name, str(value)
    if isinstance(value, list) and value and all(type(item) is int and abs(item) < _INT32 for item in value):
        return _PREFIX + name, value
    return _PREFIX + _JSON + name, json.dumps(value)


def _take_without_words(job: Any, track: str, start: int, end: int) -> dict[str, Any]:
    return {
        marks.CUE: str(job),
        marks.TAKE: 1,
        marks.SEED: "0",
        marks.PROMPT: "",
        marks.NEGATIVE: "",
        marks.LAYER: "foley",
        marks.ENGINE: "auto",
        marks.RANGE: [start, end],
        marks.HANDLES: 0,
        marks.TRACK: track,
        marks.TEXT_ONLY: False,
        marks.CHANNEL: 0,
        marks.CHANNEL_NAME: "",
    }


# --------------------------------------------------------------------------------------- placeholders


def remember(strip: Any, shot: TrackShot, picture: bool) -> None:
    """Lets STRIP stand for SHOT, which has media, on a track of picture or of sound."""
    media = shot.media or Media()
    strip[MISSING] = media.path or media.url or media.name
    words = {
        "picture": picture,
        "name": shot.name,
        "media": media.name,
        "path": media.path,
        "url": media.url,
        "origin": str(media.origin),
        "held": str(media.held or ""),
        "source_start": str(shot.source_start),
        "speed": str(shot.speed),
        "metadata": {key: value for key, value in shot.metadata.items() if key != SCENE_KEY},
    }
    strip[MISSING_SHOT] = json.dumps(words)


def stands_for(strip: Any, hidden: int, rate: Fraction) -> tuple[bool, TrackShot]:
    """Whether placeholder STRIP stands for picture, and its shot, HIDDEN frames after the strip's first one.

    The shot has no place yet. A file that has come since is there.
    """
    words = json.loads(strip[MISSING_SHOT])
    found = next((path for path in (words["path"], words["url"]) if path and os.path.isfile(path)), "")
    speed = Fraction(words["speed"])
    media = Media(
        found or words["path"],
        words["media"],
        words["url"],
        Fraction(words["origin"]),
        Fraction(words["held"]) if words["held"] else None,
    )
    source = Fraction(words["source_start"]) + hidden * speed / rate
    shot = TrackShot(words["name"], 0, 1, media, source, speed, metadata=words["metadata"])
    return words["picture"], shot
