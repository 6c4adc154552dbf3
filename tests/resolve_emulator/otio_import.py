"""MediaPool.ImportTimelineFromFile for OTIO, with the rules of section 10 (MCP M 19.1.3.7 by bisection)."""

from __future__ import annotations

import json
import os
from fractions import Fraction
from typing import Any

from . import rates
from .model import Item, Media, PoolItem, Timeline, Track


class Refused(Exception):
    """The importer answers None, without a word. The text is for the emulator's reader."""


def import_timeline(host: Any, path: Any, options: dict[str, Any]) -> Timeline | None:
    """A new timeline, or None; why is noted in `host.refusals`."""
    try:
        return _Reader(host, path, options).read()
    except Refused as refusal:
        host.refusals.append(str(refusal))
        return None


def _need(condition: Any, why: str) -> None:
    if not condition:
        raise Refused(why)


class _Reader:
    def __init__(self, host: Any, path: Any, options: dict[str, Any]) -> None:
        _need(host.build.at_least(19, 0), "OTIO is in the list of importable files from 19.0")
        _need(isinstance(path, str) and path.endswith(".otio"), "not an .otio")
        try:
            with open(path, encoding="utf-8") as file:
                self.document = json.load(file)
        except (OSError, ValueError) as error:
            raise Refused(f"unreadable: {error}") from error
        self.host = host
        self.link_media = options.get("importSourceClips", True)
        name = self.document.get("name") or os.path.basename(path)[: -len(".otio")]
        self.name = options.get("timelineName", name)
        self.made: dict[str, PoolItem] = {}

    def read(self) -> Timeline:
        document = self.document
        project = self.host.project
        _need(document.get("OTIO_SCHEMA") == "Timeline.1", "no timeline")
        _need(all(one.name != self.name for one in project.timelines), "the name exists")
        start = document.get("global_start_time")
        _need(start is not None, "global_start_time")
        rate = rates.parse_rate(start["rate"])[0]
        drop = project.drop and rate == project.rate
        timeline = Timeline(self.name, rate, drop, rate != project.rate, int(start["value"]))
        for number, data in enumerate(document["tracks"]["children"]):
            self.track(timeline, data, number)
        for pool in self.made.values():
            project.folder.clips.append(pool)
        self.host.adopt(timeline)
        return timeline

    def track(self, timeline: Timeline, data: dict[str, Any], number: int) -> None:
        _need(data.get("kind") in ("Video", "Audio"), "track kind {}".format(data.get("kind")))
        _need(isinstance(data.get("metadata"), dict), f"metadata of track {number}")
        kind = data["kind"].lower()
        about = data["metadata"].get("Resolve_OTIO", {})
        track = Track(kind, about.get("Audio Type", "Stereo").lower() if kind == "audio" else "")
        track.name = data.get("name", "")
        track.enabled = data.get("enabled", True)
        track.locked = bool(about.get("Locked", False))
        timeline.tracks[kind].append(track)
        at = Fraction(timeline.start)
        for child in data["children"]:
            schema = child.get("OTIO_SCHEMA", "")
            if schema.startswith("Transition"):
                before, after = (int(child[name]["value"]) for name in ("in_offset", "out_offset"))
                item = Item(child["name"], "transition", at - before, Fraction(before + after))
                item.offsets = (before, after)
                track.items.append(item)
                continue
            _need(isinstance(child.get("metadata"), dict) and "enabled" in child, "metadata and enabled")
            duration = self.frames(child["source_range"]["duration"], timeline.rate)
            if schema != "Gap.1":
                _need(schema == "Clip.2", f"{schema} on a track")
                track.items.append(self.clip(child, kind, at, duration, timeline.rate))
            at += duration

    @staticmethod
    def frames(time: dict[str, Any], rate: Fraction) -> Fraction:
        own = rates.parse_rate(time["rate"])[0]
        return Fraction(time["value"]) if own == rate else Fraction(time["value"]) / own * rate

    def clip(self, data: Any, kind: str, at: Fraction, duration: Fraction, rate: Fraction) -> Item:
        key = data.get("active_media_reference_key")
        _need(key in data.get("media_references", {}), "media_references")
        reference = data["media_references"][key]
        _need(isinstance(reference.get("metadata"), dict), "metadata of a reference")
        has = reference.get("available_range")
        _need(has is not None, "available_range")
        fps = rates.parse_rate(has["start_time"]["rate"])[0]
        used = data["source_range"]["start_time"]
        offset = self.seconds(used) - self.seconds(has["start_time"])
        _need(Fraction(-1, 1000) < offset <= self.seconds(has["duration"]), "source_range outside the media")
        item = Item(data["name"], kind, at, duration)
        item.rate, item.enabled = rate, data["enabled"]
        item.pool = self.media(reference, fps, int(has["duration"]["value"]), kind)
        item.source = max(offset, Fraction(0)) * item.pool.fps
        for effect in data.get("effects", []):
            if effect.get("OTIO_SCHEMA") == "LinearTimeWarp.1":
                item.speed = Fraction(effect["time_scalar"]).limit_denominator(10**6)
        item.link = data["metadata"].get("Resolve_OTIO", {}).get("Link Group ID", 0)
        return item

    @staticmethod
    def seconds(time: dict[str, Any]) -> Fraction:
        return Fraction(time["value"]) / rates.parse_rate(time["rate"])[0]

    def media(self, reference: Any, fps: Fraction, frames: int, kind: str) -> PoolItem:
        """Linked to the file at a bare path, or offline: always so without importSourceClips (MCP M)."""
        path = reference.get("target_url", "")
        if self.link_media and path:
            for pool in [*self.host.project.pool_items(), *self.made.values()]:
                if pool.media is not None and pool.media.path == path:
                    return pool
            media = self.host.read_media(path)
            _need(media is not None, f"no media at {path}")  # "Moved media: returns None"
            made = PoolItem(
                os.path.basename(path), media, media.rate or fps, media.frames or frames, media.kind
            )
            self.made[path] = made
            return made
        path = path or reference["metadata"].get("Resolve_OTIO", {}).get("Media Url", "")
        kind = "Audio" if kind == "audio" else "Video"
        start = int(reference["available_range"]["start_time"]["value"])
        label = rates.to_timecode(start, fps, False)
        lost = Media(path, kind=kind, rate=fps, frames=frames, start_tc=label) if path else None
        pool = PoolItem(reference.get("name", ""), lost, fps, frames, kind)
        pool.online = False
        return pool
