"""TimelineItem: what a script may read of an item and the little it may change (sections 6, 7 and 9)."""

from __future__ import annotations

import json
import math
from fractions import Fraction
from typing import Any

from .markers import Marked
from .model import Item, Timeline
from .objects import Ghost, api


class TimelineItem(Marked):
    """An item on a track, or (a Ghost) one that was returned but never placed."""

    def _timeline(self) -> Any:
        for timeline in self._host.project.timelines:
            if timeline.place_of(self._model) is not None:
                return timeline
        return None

    def _here(self) -> bool:
        """Whether it lies on the current timeline."""
        timeline = self._timeline()
        return timeline is not None and timeline is self._host.project.current

    def _frames(self, value: Any, sub: Any) -> Any:
        """Whole frames, or a float where asked; the argument is D in the README of 20.2 (section 7)."""
        if sub and self._host.build.at_least(20, 2):
            return float(value)
        return math.floor(value)

    def _nowhere(self) -> bool:
        """A Ghost lies nowhere; a transition may not say where (switch `transition_frames`)."""
        silent = (
            not self._host.quirks["transition_frames"] and getattr(self._model, "kind", "") == "transition"
        )
        return isinstance(self._model, Ghost) or silent

    @api(fails=None)
    def GetName(self) -> Any:
        return self._model.name

    @api(since=(20, 2), writes=True)
    def SetName(self, name: str) -> bool:
        """Section 7: fails silently with ":" or "/" (MR M)."""
        if isinstance(self._model, Item) and not set(name) & set(":/"):
            self._model.name = name
        return True

    @api(since=(18, 0), fails=None)
    def GetUniqueId(self) -> str:
        return self._model.id

    @api(fails=None)
    def GetStart(self, sub: Any = False) -> Any:
        """Absolute, the timeline's start included (section 6)."""
        return None if self._nowhere() else self._frames(self._model.start, sub)

    @api(fails=None)
    def GetEnd(self, sub: Any = False) -> Any:
        """Absolute and exclusive (section 6: a clip's range is marked as (start, end-1))."""
        return None if self._nowhere() else self._frames(self._model.end, sub)

    @api(fails=None)
    def GetDuration(self, sub: Any = False) -> Any:
        """None while its timeline is not current (section 8, MR M)."""
        if isinstance(self._model, Ghost) or not self._here():
            return None
        return self._frames(self._model.duration, sub)

    @api(fails=None)
    def GetLeftOffset(self, sub: Any = False) -> Any:
        """Length of the handle before; for audio in timeline frames, retimed in the warped domain. M"""
        item = self._model
        if isinstance(item, Ghost) or item.pool is None:
            return None if isinstance(item, Ghost) else 0
        before = item.source if item.speed >= 0 else self._after(item)
        return self._frames(self._as_offset(before), sub)

    @api(fails=None)
    def GetRightOffset(self, sub: Any = False) -> Any:
        """Length of the handle after."""
        item = self._model
        if isinstance(item, Ghost) or item.pool is None:
            return None if isinstance(item, Ghost) else 0
        after = self._after(item) if item.speed >= 0 else item.source
        return self._frames(self._as_offset(after), sub)

    def _after(self, item: Item) -> Fraction:
        assert item.pool is not None
        return max(item.pool.frames - item.source - item.consumed(), Fraction(0))

    def _as_offset(self, media_frames: Fraction) -> Fraction:
        item = self._model
        warped = media_frames / abs(item.speed) if item.speed else media_frames
        if item.kind == "audio":  # section 9: "GetLeftOffset counts timeline frames"
            warped = warped * item.rate / item.pool.fps
        return warped

    def _source_ends(self) -> Any:
        """(first, end) in media frames; first > end when reversed (section 9)."""
        item = self._model
        low, high = item.source, item.source + item.consumed()
        return (low, high) if item.speed >= 0 else (high, low)

    def _source_frame(self, which: int) -> Any:
        item = self._model
        if isinstance(item, Ghost) or item.pool is None:
            return None
        if item.source_unknown:
            return 0
        frame = math.floor(self._source_ends()[which])
        early = self._host.quirks["source_start_early"]
        uneven = item.speed != 1 or item.pool.fps != item.rate
        if which == 0 and frame > 0 and (early == "always" or (early == "mismatch" and uneven)):
            frame -= 1
        return frame

    @api(since=(19, 0, 2), fails=None)
    def GetSourceStartFrame(self) -> Any:
        return self._source_frame(0)

    @api(since=(19, 0, 2), fails=None)
    def GetSourceEndFrame(self) -> Any:
        """Exclusive: 96 frames over 48 are 200 % (section 9)."""
        return self._source_frame(1)

    def _source_time(self, which: int) -> Any:
        item = self._model
        if isinstance(item, Ghost) or item.pool is None:
            return None
        return float((item.pool.start_frame() + self._source_ends()[which]) / item.pool.fps)

    @api(since=(19, 0, 2), fails=None)
    def GetSourceStartTime(self) -> Any:
        """Seconds in the media's timecode space (section 6, MCP M)."""
        return self._source_time(0)

    @api(since=(19, 0, 2), fails=None)
    def GetSourceEndTime(self) -> Any:
        return self._source_time(1)

    @api(fails=None)
    def GetMediaPoolItem(self) -> Any:
        """None for generators, titles, transitions (section 7)."""
        pool = getattr(self._model, "pool", None)
        return self._host.wrap(pool) if pool is not None else None

    @api(since=(19, 0), fails=None)
    def GetTrackTypeAndIndex(self) -> Any:
        timeline = self._timeline()
        return timeline.place_of(self._model) if timeline else None

    @api(since=(19, 0), fails=None)
    def GetLinkedItems(self) -> Any:
        item, timeline = self._model, self._timeline()
        if timeline is None or not item.link:
            return self._listed([])
        others = [one for one in timeline.all_items() if one.link == item.link and one is not item]
        return self._listed([self._host.wrap(one) for one in others])

    @api(since=(18, 5), fails=None)
    def GetClipEnabled(self) -> Any:
        return None if isinstance(self._model, Ghost) else self._model.enabled

    @api(since=(18, 5), writes=True)
    def SetClipEnabled(self, enabled: Any) -> bool:
        timeline = self._timeline()
        if timeline is None or not isinstance(enabled, bool):
            return False
        kind, number = timeline.place_of(self._model)
        if timeline.tracks[kind][number - 1].locked:
            return False  # our guess
        self._model.enabled = enabled
        return True

    @api(fails=None)
    def GetProperty(self, key: Any = None) -> Any:
        """No speed, no volume (section 7); empty for transitions. The values are Resolve's defaults."""
        values = {"Pan": 0.0, "Tilt": 0.0, "ZoomX": 1.0, "ZoomY": 1.0, "Opacity": 100.0, "RetimeProcess": 0}
        if getattr(self._model, "kind", "") not in ("video", "generator"):
            values = {}
        return values if key is None else values.get(key)

    @api(since=(21, 1), fails=None)
    def GetType(self) -> Any:
        return getattr(self._model, "kind", None)

    @api(since=(21, 1), fails=None)
    def GetSpeed(self) -> Any:
        if isinstance(self._model, Ghost) or self._model.pool is None:
            return {}
        return {"Percentage": float(self._model.speed * 100)}

    @api(since=(21, 1), fails=None)
    def GetFades(self) -> Any:
        return dict(getattr(self._model, "fades", {}))

    @api(since=(21, 1), writes=True)
    def SetFades(self, fades: Any) -> bool:
        if not self._here() or set(fades) - {"FadeIn", "FadeOut"}:
            return False
        self._model.fades.update(fades)
        return True

    @api(since=(21, 1), fails=None)
    def GetProperties(self) -> Any:
        return {"AudioVolume": 0.0, "AudioPan": 0.0, **self._model.properties}

    @api(since=(21, 1), writes=True)
    def SetProperties(self, values: Any) -> bool:
        """One bad key and none applies (section 7, MR M)."""
        bounds = {"AudioVolume": (-100, 30), "AudioPan": (-100, 100)}
        for key, value in values.items():
            if key not in bounds or not bounds[key][0] <= value <= bounds[key][1]:
                return False
        self._model.properties.update(values)
        return True

    @api(since=(19, 0, 1), fails=None)
    def GetSourceAudioChannelMapping(self) -> Any:
        """None on transitions and on timelines that are not current (section 7)."""
        item = self._model
        if getattr(item, "pool", None) is None or not self._here():
            return None
        return json.dumps(mapping_of(item.pool))


def mapping_of(pool: Any) -> Any:
    """The shape of GetAudioMapping (section 7)."""
    channels = pool.media.channels if pool.media is not None else 2
    return {
        "embedded_audio_channels": channels,
        "linked_audio": {},
        "track_mapping": {
            "1": {
                "type": "Mono" if channels == 1 else "Stereo",
                "channel_idx": list(range(1, channels + 1)),
                "mute": False,
            }
        },
    }


def items_of(timeline: Timeline, handles: Any) -> Any:
    """The models behind HANDLES that lie on TIMELINE; None where one does not."""
    found = []
    for handle in handles:
        model = getattr(handle, "_model", None)
        if not isinstance(model, Item) or timeline.place_of(model) is None:
            return None
        found.append(model)
    return found
