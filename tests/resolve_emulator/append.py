"""MediaPool.AppendToTimeline, with the rules and silent failures of section 8."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from .model import Item, PoolItem, Timeline, Track
from .objects import Ghost

STILL_FRAMES = 24  # "at most 24 frames, endFrame ignored" (MR M)


class _Nil(Exception):
    """The whole call answers nil."""


def append(host: Any, args: Any, fault: str = "") -> Any:
    """The list of items as models (a Ghost, or None, where nothing was placed), or None."""
    timeline = host.project.current
    infos = list(args[0]) if len(args) == 1 and isinstance(args[0], (list, tuple)) else list(args)
    if timeline is None or host.page not in host.quirks["append_pages"]:
        return []
    result: list[Any] = []
    try:
        for info in infos:
            result.extend(_append_one(host, timeline, _as_info(info)))
    except _Nil:
        return None
    if fault in ("vanish_on_save", "errors"):
        for item in result:
            if isinstance(item, Item):
                item.vanishes = True
    return None if fault == "errors" else result


def _as_info(info: Any) -> dict[str, Any]:
    """A bare clip is appended whole (R17: AppendToTimeline(clip1, clip2, ...))."""
    return info if isinstance(info, dict) else {"mediaPoolItem": info}


def _append_one(host: Any, timeline: Timeline, info: dict[str, Any]) -> list[Any]:
    pool = getattr(info.get("mediaPoolItem"), "_model", None)
    if not isinstance(pool, PoolItem) or pool.deleted:
        raise _Nil
    for key in ("startFrame", "endFrame", "recordFrame", "trackIndex", "mediaType"):
        value = info.get(key, 0)
        whole = isinstance(value, int) and not isinstance(value, bool)
        floats = key in ("startFrame", "endFrame", "recordFrame") and host.build.at_least(20, 2)
        if not whole and not (floats and isinstance(value, float)):
            return []  # integers before 20.2 (R18.5.0, R20.2 D); that floats give [] is our guess
    start = math.floor(info.get("startFrame", 0))  # no one measured a sub-frame placement (rule 6)
    end = min(math.floor(info.get("endFrame", pool.frames)), pool.frames)  # past the end: our guess
    if start < 0 or (end <= start and pool.kind != "Still"):
        return []
    wanted = _kinds(pool, info.get("mediaType"))
    if not wanted:
        return [None]
    link = timeline.new_link() if len(wanted) > 1 else 0
    places = [(kind, _track(host, timeline, kind, info)) for kind in wanted]
    placed = []
    for kind, track in places:
        item = _item(timeline, pool, kind, start, end)
        item.start = Fraction(math.floor(info.get("recordFrame", max(timeline.end(), timeline.start))))
        item.link = link
        placed.append((track, item))
    return [_place(host, track, item) for track, item in placed if track is not None] or [None]


def _kinds(pool: PoolItem, media_type: int | None) -> list[str]:
    """Omitted means both; 1 picture only, 2 sound only (R18.5.0 D)."""
    kinds = []
    if media_type in (None, 1) and pool.has_picture():
        kinds.append("video")
    if media_type in (None, 2) and pool.has_sound():
        kinds.append("audio")
    return kinds


def _track(host: Any, timeline: Timeline, kind: str, info: dict[str, Any]) -> Track | None:
    """With mediaType 2 trackIndex is an audio track (MR M). Without it, it is the video track, and sound
    follows the clip's mapping: here the first audio track, which is our guess.
    """
    number = info.get("trackIndex", 1)
    if kind == "audio" and info.get("mediaType") != 2:
        if not 1 <= number <= max(len(timeline.tracks["video"]), 1):
            return _bad_index(host)
        number = 1
    tracks = timeline.tracks[kind]
    if not 1 <= number <= len(tracks):
        return _bad_index(host)
    return tracks[number - 1]


def _bad_index(host: Any) -> None:
    if host.quirks["bad_index"] == "none":
        raise _Nil


def _item(timeline: Timeline, pool: PoolItem, kind: str, start: int, end: int) -> Item:
    """[start, end) of the media; where rates differ the length is floored (rule 4, MCP M, MR M)."""
    frames = math.floor((end - start) * timeline.rate / pool.fps)
    if pool.kind == "Still":
        start, frames = 0, STILL_FRAMES
    item = Item(pool.name, kind, Fraction(0), Fraction(frames))
    item.pool, item.source, item.rate = pool, Fraction(start), timeline.rate
    return item


def _place(host: Any, track: Track, item: Item) -> Any:
    if track.locked:
        return Ghost() if host.quirks["locked"] == "ghost" else _Skip
    if item.duration < 1:
        return None
    rule = host.quirks["overlap"]
    in_way = _in_way(track, item)
    if in_way and rule == "slide":
        while in_way:
            item.start = max(other.end for other in in_way)
            in_way = _in_way(track, item)
    elif in_way:
        return None if rule == "drop_none" else Ghost()
    track.items.append(item)
    track.items.sort(key=lambda one: one.start)
    return item


def _in_way(track: Track, item: Item) -> list[Item]:
    return [
        other
        for other in track.items
        if other.kind != "transition" and other.start < item.end and item.start < other.end
    ]


class _Skip:
    """Stands for "not in the list at all"."""


def answer(host: Any, models: Any) -> Any:
    """What the script gets for what `append` gave."""
    if models is None:
        return None
    return [host.wrap(model) if model is not None else None for model in models if model is not _Skip]
