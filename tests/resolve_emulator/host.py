"""One emulated Resolve: its state, its switches, and a menu that runs scripts as Resolve's would.

host = Host("21.0.4", "studio")
build_project(host, {...})          # builder.py
host.run_menu_script("/path/to/foley_generate.py")
host.journal.calls("MediaPool.AppendToTimeline")
snapshot(host)                      # snapshot.py
"""

from __future__ import annotations

import copy
import sys
import types
from typing import Any

from . import items, pool, project, rates, resolve_app, timeline, ui
from .builds import Build
from .faults import Faults
from .journal import Journal
from .model import Folder, Item, Media, Model, PoolItem, Project, Timeline, new_id
from .objects import Ghost

_FACADES = {
    Project: project.Project,
    Timeline: timeline.Timeline,
    Item: items.TimelineItem,
    Ghost: items.TimelineItem,
    PoolItem: pool.MediaPoolItem,
    Folder: pool.Folder,
}

MENU_GLOBALS = ("resolve", "fusion", "fu", "app", "bmd")


class NotListed(Exception):
    """This edition and version does not list Python scripts in its menu (section 1 fact 1, M)."""


class Host:
    """A running Resolve.

    Args:
        version: a key of builds.VERSIONS.
        edition: "free" or "studio".
        quirks: switches that differ from the version's (see Build.default_quirks).
    """

    def __init__(self, version: str = "20.3", edition: str = "studio", **quirks: Any) -> None:
        self.build = Build(version, edition)
        self.quirks: dict[str, Any] = self.build.default_quirks()
        unknown = set(quirks) - set(self.quirks)
        if unknown:
            raise ValueError(f"no such switch: {sorted(unknown)}")
        self.quirks.update(quirks)
        self.journal = Journal()
        self.faults = Faults()
        self.modal = ""  # why a box is open; "" none
        self.page = "edit"
        self._coming: tuple[str, int] | None = None
        self.media: dict[str, Media] = {}
        self.constants = resolve_app.constants()
        self.exported: list[str] = []
        self.refusals: list[str] = []
        self.prefs: dict[Any, Any] = {}
        self.saved_prefs: dict[Any, Any] = {}
        self.external_preference = "Local"  # section 2: None / Local / Network
        self.ui = ui.UIManager(self)
        self.dispatcher = ui.Dispatcher(self)
        self.project = Project("Foley Test")

    # Objects for scripts: new ones each time

    def wrap(self, model: Model) -> Any:
        """The API object of a model."""
        return _FACADES[type(model)](self, model)

    def resolve(self) -> Any:
        """`resolve`."""
        return resolve_app.Resolve(self)

    def fusion(self) -> Any:
        """`fusion`."""
        return resolve_app.Fusion(self)

    def project_manager(self) -> Any:
        """The project manager."""
        return project.ProjectManager(self)

    def media_pool(self) -> Any:
        """The media pool."""
        return pool.MediaPool(self)

    def media_storage(self) -> Any:
        """The media storage."""
        return pool.MediaStorage(self)

    # State

    def declare(self, path: str, **facts: Any) -> Media:
        """Makes a file known that the emulator cannot read: kind, rate, frames, start_tc, drop, channels."""
        self.media[path] = Media(path, **facts)
        return self.media[path]

    def read_media(self, path: str) -> Media | None:
        """The facts of a file, or None."""
        return pool.read_media(self, path)

    def adopt(self, made: Timeline) -> None:
        """A new timeline: current, with a clip of Type "Timeline" in the current bin."""
        for kind in ("video", "audio"):
            if not made.tracks[kind]:
                made.tracks[kind].append(timeline.Track(kind, "stereo" if kind == "audio" else ""))
        made.pool = PoolItem(made.name, None, made.rate, made.end() - made.start, "Timeline")
        made.pool.timeline = made
        self.project.folder.clips.append(made.pool)
        self.project.timelines.append(made)
        self.project.current = made

    def copy_timeline(self, original: Timeline, name: str) -> Timeline:
        """A copy with ids of its own; clips of the pool are shared."""
        shared = {id(one): one for one in self.project.pool_items()}
        for item in original.all_items():
            if item.pool is not None:
                shared[id(item.pool)] = item.pool
        made = copy.deepcopy(original, shared)
        made.name = name
        for model in [made, *made.all_items(), *(t for tracks in made.tracks.values() for t in tracks)]:
            model.id = new_id()
        return made

    def go_to(self, page: str) -> None:
        """Opens a page, as the editor may, too."""
        if page != self.page:
            for one in self.project.timelines:
                one.stale_counts = {}
            for clip in self.project.pool_items():
                clip.counted = pool.uses_of(self.project, clip)
        self.page = page

    def page_wanted(self, page: str) -> None:
        """A script opens a page; it may be there a while later (switch `page_after`)."""
        self._coming = (page, int(self.quirks["page_after"]))
        if not self.quirks["page_after"]:
            self.page_comes()

    def page_comes(self) -> None:
        """A script asks which page it is, and time goes by."""
        if self._coming is None:
            return
        page, left = self._coming
        self._coming = (page, left - 1) if left > 0 else None
        if left <= 0:
            self.go_to(page)

    def dismiss(self) -> None:
        """The editor closes the box that is open."""
        self.modal = ""

    def upsell(self, name: str) -> None:
        """A Studio-only call on the free edition: the box stays until `dismiss()` (section 3)."""
        self.journal.studio_only.append(name)
        self.modal = "upsell: " + name

    def setting(self, key: str, rate: Any, drop: bool, values: dict[str, Any]) -> Any:
        """GetSetting: unknown keys give "" (our guess)."""
        found = self.all_settings(rate, drop, values)
        return found if key == "" else found.get(key, "")

    def all_settings(self, rate: Any, drop: bool, values: dict[str, Any]) -> dict[str, Any]:
        """Settings as section 9 tells their shapes."""
        style = self.quirks["rate_style"]
        shown: Any = rates.short(rate) if style == "number" else rates.words(rate)
        if style == "string" and drop:
            shown += " DF"
        found = {
            "timelineFrameRate": shown,
            "timelineResolutionWidth": "1920",
            "timelineResolutionHeight": "1080",
        }
        if self.quirks["drop_frame_key"]:
            found["timelineDropFrameTimecode"] = "1" if drop else "0"
        if self.build.at_least(21, 0, 4):
            found["timelineSampleRate"] = "48000"
        found.update(values)
        return found

    # Scripts

    def menu_globals(self, names: Any = MENU_GLOBALS) -> dict[str, Any]:
        """What a Python menu script finds (section 2, C). NAMES: hosts differ, so tests may give fewer."""
        found = {
            "resolve": self.resolve(),
            "fusion": self.fusion(),
            "fu": self.fusion(),
            "app": self.fusion(),
            "bmd": resolve_app.Bmd(self),
        }
        return {name: found[name] for name in names}

    def external_module(self) -> types.ModuleType:
        """`DaVinciResolveScript` for a process outside: `scriptapp` gives None on the free edition and
        without the preference (section 2).
        """
        module = types.ModuleType("DaVinciResolveScript")
        reachable = self.build.runs_external() and self.external_preference in ("Local", "Network")
        inner = resolve_app.Bmd(self)

        def scriptapp(name: str, *where: Any) -> Any:
            return inner.scriptapp(name) if reachable else None

        module.scriptapp = scriptapp  # type: ignore[attr-defined]
        module.UIDispatcher = inner.UIDispatcher  # type: ignore[attr-defined]
        return module

    def run_menu_script(self, path: str, names: Any = MENU_GLOBALS) -> dict[str, Any]:
        """Runs a script as Workspace > Scripts does: `exec`, no `__file__`, in this interpreter, which
        lives on (section 5). What it raises comes through (Resolve prints it to its console).

        Raises:
            NotListed: free 21.1 and later.
        """
        if not self.build.runs_python():
            raise NotListed(f"{self.build.product()} {self.build.version} runs no Python scripts")
        with open(path, encoding="utf-8") as file:
            code = compile(file.read(), "<string>", "exec")
        space = {"__name__": "__main__", "__builtins__": __builtins__, **self.menu_globals(names)}
        kept = sys.argv, sys.executable
        sys.argv, sys.executable = [""], "/opt/resolve/bin/resolve"  # an embedded Python; our guess
        try:
            exec(code, space)
        finally:
            sys.argv, sys.executable = kept
        return space
