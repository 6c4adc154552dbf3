"""Project and ProjectManager (section 7)."""

from __future__ import annotations

from typing import Any

from . import rates
from .objects import ApiObject, api
from .timeline import is_timeline

UNTITLED = "Untitled Project"


class ProjectManager(ApiObject):
    """Only what a plugin needs of it."""

    @api(fails=None)
    def GetCurrentProject(self) -> Any:
        return self._host.wrap(self._host.project)

    @api(writes=True)
    def SaveProject(self) -> bool:
        """ "Untitled Project" cannot be saved; items of an errored chunk vanish now (section 8, MCP M)."""
        project = self._host.project
        if project.name == UNTITLED:
            return False
        project.saves += 1
        for timeline in project.timelines:
            for tracks in timeline.tracks.values():
                for track in tracks:
                    for item in [one for one in track.items if one.vanishes]:
                        track.items.remove(item)
                        item.deleted = True
        return True


class Project(ApiObject):
    """The open project."""

    @api(fails=None)
    def GetName(self) -> Any:
        return self._model.name

    @api(writes=True)
    def SetName(self, name: str) -> bool:
        self._model.name = name
        return True

    @api(since=(18, 0), fails=None)
    def GetUniqueId(self) -> Any:
        return self._model.id

    @api(fails=None)
    def GetMediaPool(self) -> Any:
        return self._host.media_pool()

    @api(fails=None)
    def GetTimelineCount(self) -> Any:
        return len(self._model.timelines)

    @api(fails=None)
    def GetTimelineByIndex(self, index: Any) -> Any:
        """From 1; no look-up by name."""
        whole = isinstance(index, int) and 1 <= index <= len(self._model.timelines)
        return self._host.wrap(self._model.timelines[index - 1]) if whole else None

    @api(fails=None)
    def GetCurrentTimeline(self) -> Any:
        current = self._model.current
        return self._host.wrap(current) if current is not None else None

    @api(writes=True)
    def SetCurrentTimeline(self, timeline: Any) -> bool:
        if not is_timeline(timeline):
            return False
        self._model.current = timeline._model
        return True

    @api(fails=None)
    def GetSetting(self, key: str = "") -> Any:
        return self._host.setting(key, self._model.rate, self._model.drop, self._model.settings)

    @api(writes=True)
    def SetSetting(self, key: str, value: Any) -> bool:
        return self._set(key, value)

    def _set(self, key: str, value: Any) -> bool:
        """The rate is set as one of the UI's texts (section 9); it changes while no timeline uses the
        project's (our guess). It does not touch clips that were imported (section 8 rule 3).
        """
        project = self._model
        if key == "timelineFrameRate":
            if not isinstance(value, str) or any(not one.own_rate for one in project.timelines):
                return False
            try:
                project.rate, project.drop = rates.parse_rate(value)
            except ValueError:
                return False
            return True
        project.settings[key] = value
        return True

    @api(since=(21, 1), fails=None)
    def GetSettings(self) -> Any:
        return self._host.all_settings(self._model.rate, self._model.drop, self._model.settings)

    @api(since=(21, 1), writes=True)
    def SetSettings(self, values: Any) -> bool:
        done = [self._set(key, value) for key, value in values.items()]
        return all(done)

    @api(since=(18, 1), writes=True)
    def InsertAudioToCurrentTrackAtPlayhead(self, path: str, start: int, duration: int) -> bool:
        """Needs the Fairlight page and a selected track, False otherwise (section 7); no track is ever
        selected here.
        """
        return False
