"""Test projects from plain data (JSON will do), so that a child interpreter builds the same.

    build_project(host, {
        "name": "Reel", "rate": "23.976", "drop": False, "page": "edit",
        "media": [{"path": "/m/a.mov", "kind": "Video + Audio", "rate": "25", "frames": 500,
                   "start_tc": "01:00:00:00", "channels": 2}],
        "timelines": [{
            "name": "Cut 1", "start": "01:00:00:00",
            "rate": "25",                       # left out: the project's, and not its own
            "video": [[{"path": "/m/a.mov", "at": 0, "in": 24, "duration": 48, "speed": "2",
                        "audio": 1}]],          # "audio": also on this audio track, linked
            "audio": [{"subtype": "stereo", "name": "Dialogue", "locked": False, "clips": []}],
            "markers": [{"frame": 10, "color": "Blue", "name": "foley", "note": "steps"}],
            "marks": [0, 47], "playhead": "01:00:00:10", "selection": ["a.mov"]}],
        "current": "Cut 1"})

"at" is counted from the timeline's start, "in" are media frames (the earliest used), "duration" is the
record length, "speed" -1 plays backwards. {"generator": "Text", "at", "duration"} has no media;
{"transition": [in, out], "at": cut} lies over the cut. {"nested": {"name", "kind": "Compound", "rate",
"frames"}, "at", "in", "duration"} is a clip of the pool without a file. "selection" takes names, or
{"name", "kind": "video"} to leave the linked sound out.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from . import pool, rates
from .markers import COLOURS
from .model import Folder, Item, PoolItem, Project, Timeline, Track


def build_project(host: Any, spec: dict[str, Any]) -> Project:
    """Replaces the host's project."""
    project = Project(spec.get("name", "Foley Test"), spec.get("rate", "24"), spec.get("drop", False))
    host.project = project
    host.page = spec.get("page", "edit")
    for facts in spec.get("media", []):
        host.declare(**facts)
    for name in spec.get("bins", []):
        project.root.folders.append(Folder(name, project.root))
    for one in spec.get("timelines", []):
        build_timeline(host, one)
    if "current" in spec:
        found = [one for one in project.timelines if one.name == spec["current"]]
        project.current = found[0] if found else None
    return project


def build_timeline(host: Any, spec: dict[str, Any]) -> Timeline:
    """Adds a timeline, which becomes the current one."""
    project = host.project
    rate, drop = (project.rate, project.drop)
    if spec.get("rate") is not None:
        rate, drop = rates.parse_rate(spec["rate"])
        drop = drop or spec.get("drop", False)
    start = rates.from_timecode(spec.get("start", "01:00:00:00"), rate, drop)
    timeline = Timeline(spec.get("name", "Timeline 1"), rate, drop, spec.get("rate") is not None, start)
    for about in spec.get("audio", []):
        track = Track("audio", about.get("subtype", "stereo"))
        track.name, track.locked = about.get("name", ""), about.get("locked", False)
        track.enabled = about.get("enabled", True)
        timeline.tracks["audio"].append(track)
    for given in spec.get("video", []):
        about = given if isinstance(given, dict) else {"clips": given}
        track = Track("video")
        track.name, track.locked = about.get("name", ""), about.get("locked", False)
        track.enabled = about.get("enabled", True)
        timeline.tracks["video"].append(track)
        for clip in about["clips"]:
            add_clip(host, timeline, "video", track, clip)
    for track, about in zip(timeline.tracks["audio"], spec.get("audio", [])):
        for clip in about.get("clips", []):
            add_clip(host, timeline, "audio", track, clip)
    host.adopt(timeline)
    _rest(timeline, spec)
    return timeline


def _rest(timeline: Timeline, spec: dict[str, Any]) -> None:
    for marker in spec.get("markers", []):
        assert marker.get("color", "Blue") in COLOURS
        timeline.markers[float(marker["frame"])] = {
            "color": marker.get("color", "Blue"),
            "duration": float(marker.get("duration", 1)),
            "note": marker.get("note", ""),
            "name": marker.get("name", ""),
            "customData": marker.get("customData", ""),
        }
    if spec.get("marks"):
        first, last = spec["marks"]
        timeline.marks = {kind: {"in": first, "out": last} for kind in ("video", "audio")}
    timeline.playhead = timeline.start
    if "playhead" in spec:
        timeline.playhead = rates.from_timecode(spec["playhead"], timeline.rate, timeline.drop)
    for given in spec.get("selection", []):
        wanted = given if isinstance(given, dict) else {"name": given}
        timeline.selection.extend(
            item
            for item in timeline.all_items()
            if item.name == wanted["name"] and item.kind == wanted.get("kind", item.kind)
        )


def add_clip(host: Any, timeline: Timeline, kind: str, track: Track, spec: dict[str, Any]) -> Item:
    """Puts one clip on a track, imported first where need be."""
    at = timeline.start + Fraction(spec["at"])
    if "transition" in spec:
        before, after = spec["transition"]
        item = Item("Cross Dissolve", "transition", at - before, Fraction(before + after))
        item.offsets = (before, after)
    elif "generator" in spec:
        item = Item(spec["generator"], "generator", at, Fraction(spec["duration"]))
    else:
        item = _media_item(host, timeline, kind, at, spec)
    item.rate, item.enabled = timeline.rate, spec.get("enabled", True)
    track.items.append(item)
    track.items.sort(key=lambda one: (one.start, one.kind != "transition"))
    if spec.get("audio"):
        twin = _media_item(host, timeline, "audio", at, spec)
        item.link = twin.link = timeline.new_link()
        tracks: list[Track] = timeline.tracks["audio"]
        while len(tracks) < spec["audio"]:
            tracks.append(Track("audio", "stereo"))
        tracks[spec["audio"] - 1].items.append(twin)
    return item


def _media_item(host: Any, timeline: Timeline, kind: str, at: Fraction, spec: dict[str, Any]) -> Item:
    if "nested" in spec:
        about = spec["nested"]
        fps = rates.parse_rate(about.get("rate", timeline.rate))[0]
        clip = PoolItem(about["name"], None, fps, about["frames"], about["kind"])
        host.project.root.clips.append(clip)
    else:
        clip = clip_of(host, spec["path"])
        clip.online = spec.get("online", clip.online)
    item = Item(spec.get("name", clip.name), kind, at, Fraction(spec["duration"]))
    item.pool, item.rate = clip, timeline.rate
    item.source = Fraction(spec.get("in", 0))
    item.speed = Fraction(spec.get("speed", 1))
    item.source_unknown = spec.get("source_unknown", False)
    return item


def clip_of(host: Any, path: str) -> PoolItem:
    """The pool's clip of a file; imported into the root when it has none."""
    for clip in host.project.pool_items():
        if clip.media is not None and clip.media.path == path:
            return clip
    media = pool.read_media(host, path)
    if media is None:
        raise ValueError("declare it first: " + path)
    kept, host.project.folder = host.project.folder, host.project.root
    clip = pool.import_media(host, media)
    host.project.folder = kept
    return clip
