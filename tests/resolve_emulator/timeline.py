"""Timeline: tracks, items, marks, selection, playhead, settings, export (sections 6 to 10)."""

from __future__ import annotations

import re
from typing import Any

from . import otio_export, rates
from .items import items_of
from .markers import Marked
from .model import KINDS, Track
from .model import Timeline as TimelineModel
from .objects import api

SUBTYPES = (
    "mono",
    "stereo",
    "lrc",
    "lcr",
    "lrcs",
    "lcrs",
    "quad",
    "5.0",
    "5.0film",
    "5.1",
    "5.1film",
    "7.0",
    "7.1",
)


class Timeline(Marked):
    """A timeline. That editing calls need it to be the current one follows "many calls only act on the
    current timeline" (section 7, MR M); which ones is our guess: AddTrack, DeleteTrack, DeleteClips,
    SetClipsLinked.
    """

    def _current(self) -> bool:
        return self._model is self._host.project.current

    def _track(self, kind: Any, index: Any) -> Track | None:
        if kind not in KINDS or isinstance(index, bool) or not isinstance(index, int):
            return None
        tracks = self._model.tracks[kind]
        return tracks[index - 1] if 1 <= index <= len(tracks) else None

    @api(fails=None)
    def GetName(self) -> Any:
        return self._model.name

    @api(writes=True)
    def SetName(self, name: str) -> bool:
        if any(one.name == name for one in self._host.project.timelines):
            return False
        self._model.name = name
        return True

    @api(since=(18, 0), fails=None)
    def GetUniqueId(self) -> Any:
        return self._model.id

    @api(since=(19, 1), fails=None)
    def GetMediaPoolItem(self) -> Any:
        pool = self._model.pool
        return self._host.wrap(pool) if pool is not None else None

    # Frames and timecode

    @api(fails=None)
    def GetStartFrame(self) -> Any:
        """Absolute (section 6)."""
        return self._model.start

    @api(fails=None)
    def GetEndFrame(self) -> Any:
        """Absolute; exclusive as items' ends or not: a switch."""
        return self._model.end() - (self._host.quirks["end_frame"] == "inclusive")

    def _label(self, frame: int) -> str:
        return rates.to_timecode(frame, self._model.rate, self._model.drop)

    @api(since=(18, 0), fails=None)
    def GetStartTimecode(self) -> Any:
        said = self._label(self._model.start)
        return said if self._host.quirks["drop_semicolon"] else said.replace(";", ":")

    @api(since=(18, 0), writes=True)
    def SetStartTimecode(self, label: str) -> bool:
        """Everything moves along (our guess)."""
        timeline = self._model
        try:
            start = rates.from_timecode(label, timeline.rate, timeline.drop)
        except ValueError:
            return False
        by, timeline.start = start - timeline.start, start
        timeline.playhead += by
        for item in timeline.all_items():
            item.start += by
        return True

    @api(fails=None)
    def GetCurrentTimecode(self) -> Any:
        return self._label(self._model.playhead) if self._current() else None

    @api(writes=True)
    def SetCurrentTimecode(self, label: str) -> bool:
        try:
            frame = rates.from_timecode(label, self._model.rate, self._model.drop)
        except (ValueError, AttributeError):
            return False
        if not self._current() or frame < self._model.start:
            return False
        self._model.playhead = frame
        return True

    @api(fails=None)
    def GetCurrentVideoItem(self) -> Any:
        """The item under the playhead, of the open timeline only; the highest enabled track's (our guess)."""
        if not self._current():
            return None
        for track in reversed(self._model.tracks["video"]):
            for item in track.items if track.enabled else ():
                if item.kind != "transition" and item.start <= self._model.playhead < item.end:
                    return self._host.wrap(item)
        return None

    @api(since=(21, 0, 4), fails=None)
    def GetSelectedClips(self) -> Any:
        """An empty list when nothing is selected (section 7); the order is a switch."""
        chosen = list(self._model.selection) if self._current() else []
        order = self._host.quirks["selection_order"]
        if order != "clicked":
            chosen.sort(key=lambda item: item.start, reverse=order == "reversed")
        return [self._host.wrap(item) for item in chosen]

    # Settings

    @api(fails=None)
    def GetSetting(self, key: str = "") -> Any:
        timeline = self._model
        return self._host.setting(key, timeline.rate, timeline.drop, self._settings())

    def _settings(self) -> Any:
        return {"useCustomSettings": "1" if self._model.own_rate else "0", **self._model.settings}

    @api(since=(21, 1), fails=None)
    def GetSettings(self) -> Any:
        return self._host.all_settings(self._model.rate, self._model.drop, self._settings())

    @api(writes=True)
    def SetSetting(self, key: str, value: Any) -> bool:
        """The rate of a timeline with items stays (our guess)."""
        if key in ("timelineFrameRate", "timelineDropFrameTimecode"):
            return False
        self._model.settings[key] = value
        return True

    # Tracks

    @api(fails=None)
    def GetTrackCount(self, kind: str) -> Any:
        """May be stale after AddTrack or DeleteTrack until a page switch (section 7, MR M 21.1): a switch."""
        if kind not in KINDS:
            return 0
        return self._model.stale_counts.get(kind, len(self._model.tracks[kind]))

    def _tracks_change(self, kind: str) -> None:
        if self._host.quirks["stale_track_count"]:
            self._model.stale_counts.setdefault(kind, len(self._model.tracks[kind]))

    @api(since=(18, 5), writes=True)
    def AddTrack(self, kind: str, options: Any = None) -> bool:
        """Mono unless told (section 7). The options dict is 19.0's; an index out of range appends."""
        if kind not in KINDS or not self._current():
            return False
        subtype, index = options, None
        if isinstance(options, dict):
            if not self._host.build.at_least(19, 0):
                return False
            subtype, index = options.get("audioType"), options.get("index")
        if kind == "audio":
            subtype = "mono" if subtype is None else subtype
            if not self._known(subtype):
                return False
        self._tracks_change(kind)
        tracks = self._model.tracks[kind]
        track = Track(kind, subtype if kind == "audio" else "")
        insert = isinstance(index, int) and 1 <= index <= len(tracks) and self._host.quirks["add_track_index"]
        tracks.insert(index - 1 if insert else len(tracks), track)
        return True

    def _known(self, subtype: Any) -> bool:
        adaptive = re.fullmatch(r"adaptive(\d+)", str(subtype))
        if adaptive:
            return 1 <= int(adaptive.group(1)) <= (36 if self._host.build.at_least(20, 3) else 24)
        return subtype in SUBTYPES

    @api(since=(18, 5), writes=True)
    def DeleteTrack(self, kind: str, index: int) -> bool:
        """Refuses a track with items and the only audio track (section 7, MR M)."""
        track = self._track(kind, index)
        if track is None or track.items or not self._current():
            return False
        if kind == "audio" and len(self._model.tracks["audio"]) == 1:
            return False
        self._tracks_change(kind)
        del self._model.tracks[kind][index - 1]
        track.deleted = True
        return True

    @api(since=(19, 0, 1), fails=None)
    def GetTrackSubType(self, kind: str, index: int) -> Any:
        track = self._track(kind, index)
        return "" if track is None else track.subtype

    @api(fails=None)
    def GetTrackName(self, kind: str, index: int) -> Any:
        """ "Audio 3" until named, by its place (our guess); where there is none, a switch says."""
        track, missing = self._track(kind, index), self._host.quirks["missing_track_name"]
        if track is None and missing != "numbered":
            return missing
        return (track.name if track is not None else "") or f"{kind.capitalize()} {index}"

    @api(writes=True)
    def SetTrackName(self, kind: str, index: int, name: str) -> bool:
        track = self._track(kind, index)
        if track is None or not isinstance(name, str):
            return False
        if self._host.quirks["track_name_colon"] or not set(name) & set(":/"):
            track.name = name
        return True

    @api(since=(18, 5), fails=None)
    def GetIsTrackLocked(self, kind: str, index: int) -> Any:
        track = self._track(kind, index)
        return False if track is None else track.locked

    @api(since=(18, 5), writes=True)
    def SetTrackLock(self, kind: str, index: int, locked: bool) -> bool:
        track = self._track(kind, index)
        if track is None:
            return False
        track.locked = bool(locked)
        return True

    @api(since=(18, 5), fails=None)
    def GetIsTrackEnabled(self, kind: str, index: int) -> Any:
        track = self._track(kind, index)
        return False if track is None else track.enabled

    @api(since=(18, 5), writes=True)
    def SetTrackEnable(self, kind: str, index: int, enabled: bool) -> bool:
        track = self._track(kind, index)
        if track is None:
            return False
        track.enabled = bool(enabled)
        return True

    @api(fails=None)
    def GetItemListInTrack(self, kind: str, index: int) -> Any:
        """Transitions among them; None when empty (section 7, a switch)."""
        track = self._track(kind, index)
        if track is None:
            return None
        return self._listed([self._host.wrap(item) for item in track.items])

    # Items

    @api(since=(18, 5), writes=True)
    def DeleteClips(self, handles: Any, ripple: Any = False) -> bool:
        """The Edit page is needed; linked items stay (section 7, MCP M, MR M)."""
        timeline = self._model
        items = items_of(timeline, handles or [])
        if not items or self._host.page != "edit" or not self._current():
            return False
        tracks = [track for kind in KINDS for track in timeline.tracks[kind]]
        if any(track.locked and item in track.items for track in tracks for item in items):
            return False  # our guess
        for track in tracks:
            for item in [one for one in track.items if one in items]:
                track.items.remove(item)
                item.deleted = True
                for later in track.items if ripple else ():
                    if later.start >= item.end:
                        later.start -= item.duration
        timeline.selection = [item for item in timeline.selection if item not in items]
        return True

    @api(since=(18, 5), writes=True)
    def SetClipsLinked(self, handles: Any, linked: Any) -> bool:
        items = items_of(self._model, handles or [])
        if not items or not self._current():
            return False
        link = self._model.new_link() if linked else 0
        for item in items:
            item.link = link
        return True

    # Marks

    @api(since=(19, 1), fails=None)
    def GetMarkInOut(self) -> Any:
        """Relative, out inclusive; keys are missing where unset (sections 6, 7)."""
        return {kind: dict(marks) for kind, marks in self._model.marks.items()}

    def _mark_kinds(self, kind: Any) -> list[str]:
        return {"all": ["video", "audio"], "video": ["video"], "audio": ["audio"]}.get(kind, [])

    @api(since=(19, 1), writes=True)
    def SetMarkInOut(self, first: Any, last: Any, kind: Any = "all") -> bool:
        whole = all(isinstance(one, int) and not isinstance(one, bool) for one in (first, last))
        if not whole or not 0 <= first <= last or not self._mark_kinds(kind):
            return False
        for one in self._mark_kinds(kind):
            self._model.marks[one] = {"in": first, "out": last}
        return True

    @api(since=(19, 1), writes=True)
    def ClearMarkInOut(self, kind: Any = "all") -> bool:
        for one in self._mark_kinds(kind):
            self._model.marks.pop(one, None)
        return bool(self._mark_kinds(kind))

    # Files and copies

    @api(writes=True)
    def Export(self, path: Any, kind: Any, subtype: Any = None, fault: str = "") -> bool:
        """OTIO from 18.5. Constants must be the live values (section 7, MCP M); no other format."""
        host = self._host
        live = kind is host.constants.get("EXPORT_OTIO") and subtype is host.constants.get("EXPORT_NONE")
        if not live or not isinstance(path, str):
            return False
        if host.quirks["export_keeps_handle"] and path in host.exported:
            return False
        text = otio_export.as_text(host, self._model)
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text[: len(text) // 2] if fault in ("disk_full", "truncates") else text)
        except OSError:
            return False
        host.exported.append(path)
        return fault != "disk_full"

    @api(writes=True)
    def ImportIntoTimeline(self, path: str, options: Any = None) -> bool:
        """AAF only (section 7), and no AAF is read here."""
        return False

    @api(writes=True, fails=None)
    def DuplicateTimeline(self, name: Any = None) -> Any:
        """A copy that becomes the current timeline (our guess)."""
        project = self._host.project
        name = name or self._model.name + " copy"
        if any(one.name == name for one in project.timelines):
            return None
        copy = self._host.copy_timeline(self._model, name)
        self._host.adopt(copy)
        return self._host.wrap(copy)


def is_timeline(handle: Any) -> bool:
    """Whether a script's object is a timeline that is still there."""
    model = getattr(handle, "_model", None)
    return isinstance(model, TimelineModel) and not model.deleted
