"""Timeline.Export as OTIO, in the shape that Resolve writes (otio-interop section 4 and samples 01 to 03).

Record times and every time of sound are in the timeline's rate; a picture's available_range is in its own
(sample 03). A source_range starts in the media's own timecode, in seconds the same in both rates, and its
length is the record span, retimed or not. Reverse: `start_time` is the earliest frame that is used, as the
project's contract reads it; no genuine sample shows one, so this is an assumption.
"""

from __future__ import annotations

import json
from fractions import Fraction
from typing import Any

from . import rates
from .model import Item, PoolItem, Timeline, Track

# Sample 01 and otio-interop section 10: eleven names. Which of 16 becomes which is an assumption.
COLOURS = {
    "Blue": "BLUE",
    "Cyan": "CYAN",
    "Green": "GREEN",
    "Yellow": "YELLOW",
    "Red": "RED",
    "Pink": "PINK",
    "Purple": "PURPLE",
    "Fuchsia": "MAGENTA",
    "Rose": "PINK",
    "Lavender": "PURPLE",
    "Sky": "CYAN",
    "Mint": "GREEN",
    "Lemon": "YELLOW",
    "Sand": "ORANGE",
    "Cocoa": "ORANGE",
    "Cream": "WHITE",
}

VIDEO_EFFECTS = (("Transform", 2), ("Cropping", 3), ("Composite", 1), ("Lens Correction", 43),
                 ("Retime and Scaling", 22), ("Video Faders", 36))  # fmt: skip
AUDIO_EFFECTS = (("Fairlight Clip Volume and Fades", 62), ("Fairlight Clip Pan", 72),
                 ("Fairlight Clip Pitch", 67))  # fmt: skip
AUDIO_TYPES = {"mono": "Mono", "stereo": "Stereo"}


def as_text(host: Any, timeline: Timeline) -> str:
    """The document."""
    return json.dumps(_Writer(host, timeline).document(), indent=4, ensure_ascii=False)


class _Writer:
    def __init__(self, host: Any, timeline: Timeline) -> None:
        self.timeline = timeline
        self.exact = host.quirks["otio_rate"] == "exact"
        self.length = timeline.end() - timeline.start

    def number(self, rate: Fraction) -> float:
        return float(rate) if self.exact else rates.short(rate)

    def time(self, value: Any, rate: Fraction) -> dict[str, Any]:
        return {"OTIO_SCHEMA": "RationalTime.1", "rate": self.number(rate), "value": float(value)}

    def span(self, start: Any, duration: Any, rate: Any = None) -> dict[str, Any]:
        rate = rate or self.timeline.rate
        return {
            "OTIO_SCHEMA": "TimeRange.1",
            "duration": self.time(duration, rate),
            "start_time": self.time(start, rate),
        }

    def document(self) -> dict[str, Any]:
        timeline = self.timeline
        tracks = [
            self.track(track, number)
            for kind in ("video", "audio")
            for number, track in enumerate(timeline.tracks[kind], 1)
        ]
        return {
            "OTIO_SCHEMA": "Timeline.1",
            "metadata": {"Resolve_OTIO": {"Resolve OTIO Meta Version": "1.0"}},
            "name": "",
            "global_start_time": self.time(timeline.start, timeline.rate),
            "tracks": {
                "OTIO_SCHEMA": "Stack.1",
                "metadata": {},
                "name": "",
                "source_range": None,
                "effects": [],
                "markers": [self.marker(*pair, rate=None) for pair in sorted(timeline.markers.items())],
                "enabled": True,
                "children": tracks,
            },
        }

    def track(self, track: Track, number: int) -> dict[str, Any]:
        kind = track.kind.capitalize()
        about: dict[str, Any] = {"Locked": track.locked}
        if track.kind == "audio":
            name = AUDIO_TYPES.get(track.subtype, track.subtype.capitalize())
            about = {"Audio Type": name, "Locked": track.locked, "SoloOn": False}
        return {
            "OTIO_SCHEMA": "Track.1",
            "metadata": {"Resolve_OTIO": about},
            "name": track.name or f"{kind} {number}",
            "source_range": None,
            "effects": [],
            "markers": [],
            "enabled": track.enabled,
            "children": self.children(track),
            "kind": kind,
        }

    def children(self, track: Track) -> list[Any]:
        """Clips with gaps between, and a gap to the timeline's end."""
        children: list[Any] = []
        at = Fraction(self.timeline.start)
        for item in track.items:
            if item.kind == "transition":
                children.append(self.transition(item))
                continue
            if item.start > at:
                children.append(self.gap(item.start - at))
            children.append(self.clip(item))
            at = item.end
        rest = self.timeline.start + self.length - at
        if rest > 0:
            children.append(self.gap(rest))
        return children

    def gap(self, frames: Any) -> dict[str, Any]:
        return {
            "OTIO_SCHEMA": "Gap.1",
            "metadata": {},
            "name": "",
            "source_range": self.span(0, frames),
            "effects": [],
            "markers": [],
            "enabled": True,
        }

    def transition(self, item: Item) -> dict[str, Any]:
        """The name is Resolve's own, misleading as it is (sample 01)."""
        return {
            "OTIO_SCHEMA": "Transition.1",
            "metadata": {
                "Resolve_OTIO": {
                    "Effects": {
                        "Effect Name": "Cross Fade 0 dB",
                        "Enabled": True,
                        "Name": "Cross Fade",
                        "Parameters": [],
                        "Type": 40,
                    },
                    "Transition Type": "Cross Fade 0DB",
                }
            },
            "name": "Cross Fade 0 dB",
            "in_offset": self.time(item.offsets[0], self.timeline.rate),
            "out_offset": self.time(item.offsets[1], self.timeline.rate),
            "transition_type": "SMPTE_Dissolve",
        }

    def clip(self, item: Item) -> dict[str, Any]:
        about: dict[str, Any] = {}
        if item.kind == "audio":
            channels = (
                item.pool.media.channels if item.pool is not None and item.pool.media is not None else 2
            )
            about["Channels"] = [{"Source Channel ID": c, "Source Track ID": 0} for c in range(channels)]
        if item.link:
            about["Link Group ID"] = item.link
        return {
            "OTIO_SCHEMA": "Clip.2",
            "metadata": {"Resolve_OTIO": about},
            "name": item.name,
            "source_range": self.span(self.source_start(item), item.duration),
            "effects": self.effects(item),
            "markers": [self.item_marker(item, *pair) for pair in sorted(item.markers.items())],
            "enabled": item.enabled,
            "media_references": {"DEFAULT_MEDIA": self.reference(item)},
            "active_media_reference_key": "DEFAULT_MEDIA",
        }

    def source_start(self, item: Item) -> Fraction:
        if item.pool is None:
            return Fraction(0)
        begin = self.media_start(item.pool)
        return begin + item.source / item.pool.fps * self.timeline.rate

    def media_start(self, pool: PoolItem) -> Fraction:
        """The media's start timecode in frames of the timeline's rate."""
        return pool.start_frame() / pool.fps * self.timeline.rate

    def reference(self, item: Item) -> dict[str, Any]:
        pool = item.pool
        missing: dict[str, Any] = {
            "OTIO_SCHEMA": "MissingReference.1",
            "metadata": {},
            "name": item.name,
            "available_range": None,
            "available_image_bounds": None,
        }
        if pool is None:
            return missing
        if item.kind == "audio" and pool.fps != self.timeline.rate:
            frames = int(Fraction(pool.frames) / pool.fps * self.timeline.rate)
            missing["available_range"] = self.span(self.media_start(pool), frames)
        else:
            missing["available_range"] = self.span(pool.start_frame(), pool.frames, pool.fps)
        missing["name"] = pool.name
        if pool.media is None:
            return missing
        if not pool.online:
            missing["metadata"] = {"Resolve_OTIO": {"Media Url": pool.media.path}}
            return missing
        return dict(missing, OTIO_SCHEMA="ExternalReference.1", target_url=pool.media.path)

    def effects(self, item: Item) -> list[Any]:
        found: list[Any] = []
        if item.speed != 1:
            found.append(
                {
                    "OTIO_SCHEMA": "LinearTimeWarp.1",
                    "metadata": {},
                    "name": "",
                    "effect_name": "",
                    "time_scalar": float(item.speed),
                }
            )
        for name, number in AUDIO_EFFECTS if item.kind == "audio" else VIDEO_EFFECTS:
            about = {"Effect Name": name, "Enabled": True, "Name": name, "Parameters": [], "Type": number}
            found.append(
                {
                    "OTIO_SCHEMA": "Effect.1",
                    "metadata": {"Resolve_OTIO": about},
                    "name": "",
                    "effect_name": "Resolve Effect",
                }
            )
        return found

    def marker(self, frame: float, marker: dict[str, Any], rate: Any) -> dict[str, Any]:
        return {
            "OTIO_SCHEMA": "Marker.2",
            "metadata": {"Resolve_OTIO": {"Keywords": [], "Note": marker["note"]}},
            "name": marker["name"],
            "color": COLOURS[marker["color"]],
            "marked_range": self.span(frame, marker["duration"], rate),
            "comment": "",
        }

    def item_marker(self, item: Item, frame: float, marker: dict[str, Any]) -> dict[str, Any]:
        """In media time (otio-interop section 4); counted from the first frame of the source (assumption)."""
        begin = self.media_start(item.pool) if item.pool is not None else Fraction(0)
        return self.marker(float(begin) + frame, marker, None)
