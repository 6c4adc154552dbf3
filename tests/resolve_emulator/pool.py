"""MediaPool, Folder, MediaPoolItem and MediaStorage (section 7)."""

from __future__ import annotations

import json
import os
import struct
from fractions import Fraction
from typing import Any

from . import append, otio_import, rates, riff
from .items import mapping_of
from .markers import Marked
from .model import Folder as FolderModel
from .model import Media, PoolItem, Timeline
from .objects import ApiObject, api


def read_media(host: Any, path: Any) -> Media | None:
    """The facts of a file: as declared to the host, or from a WAV's header. None: Resolve cannot read it."""
    if isinstance(path, str) and path in host.media:
        return host.media[path]
    if (
        not isinstance(path, str)
        or not os.path.isabs(path)
        or not os.path.isfile(path)
        or not path.lower().endswith(".wav")
    ):
        return None
    try:
        wav = riff.Wav(path)
    except (riff.NotWav, OSError, struct.error):
        return None
    return Media(
        path,
        kind="Audio",
        channels=wav.channels,
        sample_rate=wav.sample_rate,
        samples=wav.samples,
        bits=wav.bits,
        time_reference=wav.time_reference,
    )


def import_media(host: Any, media: Media) -> PoolItem:
    """A clip in the current bin. A WAV takes the PROJECT's rate, for good (section 8 rule 3, MCP M)."""
    fps, frames = media.rate, media.frames
    if fps is None:
        fps = host.project.rate
        frames = int(Fraction(media.samples, media.sample_rate) * fps)
    item = PoolItem(os.path.basename(media.path), media, fps, frames, media.kind)
    host.project.folder.clips.append(item)
    return item


def uses_of(project: Any, clip: PoolItem) -> int:
    """How many items on all timelines are of CLIP."""
    return sum(one.pool is clip for timeline in project.timelines for one in timeline.all_items())


class MediaPoolItem(Marked):
    """A clip of the pool."""

    @api(fails=None)
    def GetName(self) -> Any:
        return self._model.name

    @api(since=(20, 2), writes=True)
    def SetName(self, name: str) -> bool:
        self._model.name = name
        return True

    @api(since=(18, 0), fails=None)
    def GetUniqueId(self) -> Any:
        return self._model.id

    @api(fails=None)
    def GetClipProperty(self, key: Any = None) -> Any:
        values = self._properties()
        return values if key is None else values.get(key, "")

    def _properties(self) -> Any:
        item = self._model
        media = item.media
        drop = media is not None and media.drop
        fps: Any = rates.short(item.fps)
        if self._host.quirks["fps_style"] == "string":
            fps = str(fps).replace(".", "," if self._host.quirks["decimal_comma"] else ".")
        start = item.start_frame()
        path = media.path if media is not None else ""
        if self._host.quirks["file_path"] == "real" and path:
            path = os.path.realpath(path)
        return {
            "File Path": path,
            "File Name": os.path.basename(path),
            "Clip Name": item.name,
            "Clip Directory": os.path.dirname(path),
            "Type": item.kind,
            "FPS": fps,
            "Frames": str(item.frames),
            "Duration": rates.to_timecode(item.frames, item.fps, drop),
            "Start": "0",
            "Start TC": rates.to_timecode(start, item.fps, drop),
            "End TC": rates.to_timecode(start + item.frames, item.fps, drop),
            "Drop frame": "1" if drop else "0",
            "Audio Ch": str(media.channels) if media is not None and item.has_sound() else "",
            "Audio Bit Depth": str(media.bits) if media is not None and item.has_sound() else "",
            "Sample Rate": str(media.sample_rate) if media is not None and item.has_sound() else "",
            "Resolution": media.resolution if media is not None and item.has_picture() else "",
            "Online Status": "Online" if item.online else "Offline",
            "In": "",
            "Out": "",
            "Usage": self._usage(),
        }

    def _usage(self) -> str:
        """How often timelines use it (section 7 has the key; that all timelines count is our guess)."""
        rule = self._host.quirks["usage_count"]
        if not rule:
            return ""
        return str(self._model.counted if rule == "late" else uses_of(self._host.project, self._model))

    @api(since=(19, 0), fails=None)
    def GetAudioMapping(self) -> Any:
        return json.dumps(mapping_of(self._model))

    @api(writes=True)
    def ReplaceClip(self, path: str) -> bool:
        """Repoints the clip and every use of it on timelines (section 7)."""
        media = read_media(self._host, path)
        if media is None:
            return False
        item = self._model
        item.media, item.name, item.online = media, os.path.basename(path), True
        if media.rate is None:
            item.frames = int(Fraction(media.samples, media.sample_rate) * item.fps)
        else:
            item.fps, item.frames = media.rate, media.frames
        return True

    @api(since=(21, 0, 4), fails=None)
    def GetTimeline(self) -> Any:
        timeline = self._model.timeline
        return self._host.wrap(timeline) if timeline is not None else None


class Folder(ApiObject):
    """A bin."""

    @api(fails=None)
    def GetName(self) -> Any:
        return self._model.name

    @api(since=(18, 0), fails=None)
    def GetUniqueId(self) -> Any:
        return self._model.id

    @api(fails=None)
    def GetClipList(self) -> Any:
        return self._listed([self._host.wrap(clip) for clip in self._model.clips])

    @api(fails=None)
    def GetSubFolderList(self) -> Any:
        return self._listed([self._host.wrap(folder) for folder in self._model.folders])


class MediaStorage(ApiObject):
    """Only what section 7 names."""

    @api(writes=True, fails=None)
    def AddItemListToMediaPool(self, *paths: Any) -> Any:
        listed = paths[0] if len(paths) == 1 and isinstance(paths[0], list) else list(paths)
        found = [read_media(self._host, path) for path in listed]
        return [self._host.wrap(import_media(self._host, media)) for media in found if media is not None]


class MediaPool(ApiObject):
    """The pool of the project."""

    @api(fails=None)
    def GetRootFolder(self) -> Any:
        return self._host.wrap(self._host.project.root)

    @api(fails=None)
    def GetCurrentFolder(self) -> Any:
        return self._host.wrap(self._host.project.folder)

    @api(writes=True)
    def SetCurrentFolder(self, folder: Any) -> bool:
        model = getattr(folder, "_model", None)
        if not isinstance(model, FolderModel) or model.deleted:
            return False
        self._host.project.folder = model
        return True

    @api(writes=True, fails=None)
    def AddSubFolder(self, folder: Any, name: str) -> Any:
        """That a taken name gives None, and that the new bin becomes current, are switches (our guesses)."""
        parent = getattr(folder, "_model", None)
        if not isinstance(parent, FolderModel) or not isinstance(name, str) or not name:
            return None
        if not self._host.quirks["folder_name_colon"] and set(name) & set(":/"):
            return None
        taken = any(one.name == name for one in parent.folders)
        if taken and not self._host.quirks["duplicate_folder"]:
            return None
        child = FolderModel(name, parent)
        parent.folders.append(child)
        if self._host.quirks["add_subfolder_moves"]:
            self._host.project.folder = child
        return self._host.wrap(child)

    @api(writes=True, fails=None)
    def ImportMedia(self, paths: Any) -> Any:
        """Into the current bin; there is no destination argument (section 7, MCP M)."""
        if not isinstance(paths, list):
            return None
        found = [read_media(self._host, path) for path in paths]
        made = [self._host.wrap(import_media(self._host, media)) for media in found if media is not None]
        return self._listed(made)

    @api(writes=True, fails=None)
    def AppendToTimeline(self, *args: Any, fault: str = "") -> Any:
        return append.answer(self._host, append.append(self._host, args, fault))

    @api(writes=True)
    def DeleteClips(self, clips: Any) -> bool:
        """Uses on timelines go offline (our guess)."""
        models = [getattr(clip, "_model", None) for clip in clips]
        if not models or not all(isinstance(model, PoolItem) for model in models):
            return False
        for folder in self._host.project.root.walk():
            folder.clips = [clip for clip in folder.clips if clip not in models]
        for model in models:
            model.deleted, model.online = True, False
        return True

    @api(writes=True)
    def DeleteFolders(self, folders: Any) -> bool:
        models = [getattr(folder, "_model", None) for folder in folders]
        if not models or any(not isinstance(m, FolderModel) or m.parent is None for m in models):
            return False
        project = self._host.project
        for model in models:
            model.parent.folders = [one for one in model.parent.folders if one is not model]
            if any(one is project.folder for one in model.walk()):
                project.folder = project.root
            model.deleted = True
        return True

    @api(writes=True)
    def MoveClips(self, clips: Any, folder: Any) -> bool:
        models: list[Any] = [getattr(clip, "_model", None) for clip in clips]
        target = getattr(folder, "_model", None)
        if not isinstance(target, FolderModel) or not all(isinstance(m, PoolItem) for m in models):
            return False
        for one in self._host.project.root.walk():
            one.clips = [clip for clip in one.clips if clip not in models]
        target.clips.extend(models)
        return True

    @api(since=(19, 0, 2), fails=None)
    def GetSelectedClips(self) -> Any:
        """The pool's selection, not the timeline's (section 7)."""
        return self._listed([self._host.wrap(clip) for clip in self._host.project.pool_selection])

    @api(since=(19, 0, 2), writes=True)
    def SetSelectedClip(self, clip: Any) -> bool:
        self._host.project.pool_selection = [clip._model]
        return True

    @api(writes=True, fails=None)
    def CreateEmptyTimeline(self, name: str) -> Any:
        """In the project's rate, from 01:00:00:00, one video and one stereo audio track (our guess)."""
        project = self._host.project
        if any(one.name == name for one in project.timelines):
            return None
        start = rates.from_timecode("01:00:00:00", project.rate, project.drop)
        timeline = Timeline(name, project.rate, project.drop, False, start)
        self._host.adopt(timeline)
        return self._host.wrap(timeline)

    @api(writes=True, fails=None)
    def ImportTimelineFromFile(self, path: str, options: Any = None) -> Any:
        timeline = otio_import.import_timeline(self._host, path, options or {})
        return self._host.wrap(timeline) if timeline is not None else None
