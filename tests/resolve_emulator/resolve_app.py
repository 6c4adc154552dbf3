"""The objects a script starts from: resolve, fusion, app and bmd (sections 2, 3 and 7)."""

from __future__ import annotations

import os
import time
from typing import Any

from .objects import ApiObject, api

PAGES = ("media", "cut", "edit", "fusion", "color", "fairlight", "deliver")

EXPORT_NAMES = [
    "AAF",
    "DRT",
    "EDL",
    "FCP_7_XML",
    "FCPXML_1_8",
    "FCPXML_1_9",
    "FCPXML_1_10",
    "TEXT_CSV",
    "TEXT_TAB",
    "OTIO",
    "NONE",
    "AAF_NEW",
    "AAF_EXISTING",
    "CDL",
    "SDL",
    "MISSING_CLIPS",
]


class Constant(float):
    """A live value such as `resolve.EXPORT_OTIO`; nothing else will do in its place (section 7, MCP M)."""

    def __new__(cls, value: float, name: str) -> Constant:
        made = super().__new__(cls, value)
        made.name = name
        return made

    name = ""


def constants() -> Any:
    """Name: value."""
    return {
        "EXPORT_" + name: Constant(float(number), "EXPORT_" + name)
        for number, name in enumerate(EXPORT_NAMES)
    }


class Resolve(ApiObject):
    """The application."""

    def _missing(self, name: str) -> Any:
        if name in self._host.constants:
            return self._host.constants[name]
        return super()._missing(name)

    def __dir__(self) -> list[str]:
        return sorted([*super().__dir__(), *self._host.constants])

    @api(fails=None)
    def GetProductName(self) -> Any:
        return self._host.build.product()

    @api(fails=None)
    def GetVersion(self) -> Any:
        return [*self._host.build.numbers, ""]

    @api(fails=None)
    def GetVersionString(self) -> Any:
        return ".".join(str(number) for number in self._host.build.numbers)

    @api(fails=None)
    def GetCurrentPage(self) -> Any:
        self._host.page_comes()
        return self._host.page

    @api(writes=True)
    def OpenPage(self, page: str) -> bool:
        """A switch to another page makes stale track counts right (section 7, MR M)."""
        if page not in PAGES:
            return False
        self._host.page_wanted(page)
        return True

    @api(fails=None)
    def GetProjectManager(self) -> Any:
        return self._host.project_manager()

    @api(fails=None)
    def GetMediaStorage(self) -> Any:
        return self._host.media_storage()

    @api(fails=None)
    def Fusion(self) -> Any:
        return self._host.fusion()

    @api(since=(21, 1), fails=None)
    def GetCurrentProject(self) -> Any:
        return self._host.wrap(self._host.project)

    @api(since=(21, 1), fails=None)
    def GetCurrentTimeline(self) -> Any:
        current = self._host.project.current
        return self._host.wrap(current) if current is not None else None

    @api(since=(21, 1), fails=None)
    def GetMediaPool(self) -> Any:
        return self._host.media_pool()


class Fusion(ApiObject):
    """`fusion`, `fu`, `app`. UIManager is a property; on the free edition from 19.1 on, to touch it raises
    the upsell box (sections 1, 3; R, many reporters); from 21.1 on it is nil there (LUA M).
    """

    def _missing(self, name: str) -> Any:
        host = self._host
        if name != "UIManager":
            return super()._missing(name)
        if host.build.upsells("Fusion.UIManager"):
            if not host.build.at_least(21, 1):
                host.journal.begin("Fusion.UIManager", self, [], False).note = "upsell"
                host.upsell("Fusion.UIManager")
            return None
        return host.ui

    @api(fails=None)
    def GetResolve(self) -> Any:
        return self._host.resolve()

    @api(fails=None)
    def GetPrefs(self, key: Any = None) -> Any:
        return dict(self._host.prefs) if key is None else self._host.prefs.get(key)

    @api(writes=True)
    def SetPrefs(self, key: Any, value: Any = None) -> bool:
        self._host.prefs[key] = value
        return True

    @api(writes=True)
    def SavePrefs(self) -> bool:
        self._host.saved_prefs = dict(self._host.prefs)
        return True


class Bmd(ApiObject):
    """`bmd`. `scriptapp` works in a menu script of any edition that runs one (section 2)."""

    @api(fails=None)
    def scriptapp(self, name: str, host: Any = None, timeout: Any = None) -> Any:
        found = {"Resolve": self._host.resolve, "Fusion": self._host.fusion}.get(name)
        return found() if found is not None else None

    @api(fails=None)
    def UIDispatcher(self, ui: Any) -> Any:
        return self._host.dispatcher if ui is self._host.ui and ui is not None else None

    @api(fails=None)
    def wait(self, seconds: float) -> None:
        time.sleep(min(seconds, 0.01))  # tests do not wait

    @api(fails=None)
    def gettime(self) -> Any:
        return time.time()

    @api(fails=None)
    def fileexists(self, path: str) -> Any:
        return os.path.isfile(path)

    @api(fails=None)
    def direxists(self, path: str) -> Any:
        return os.path.isdir(path)


Bmd._kind = "bmd"
