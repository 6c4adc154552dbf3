# SPDX-License-Identifier: Apache-2.0
"""DaVinci Resolve as the plugin sees it: reached, recognised, and its open timeline read.

Nothing here changes a project; that is ``placing.py``. What matters is read back. Standard library only,
Python 3.8 syntax.
"""

from __future__ import annotations

import re
import time
from contextlib import contextmanager
from fractions import Fraction
from functools import cached_property
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from .editions import detect
from .frames import DROPS, Clock, Span, TimeWrong, decimal, read_rate
from .resolve_calls import (
    AT_A_TIME,
    NO_ANSWER,
    HostProblem,
    Step,
    call,
    listed,
    maybe,
    nothing,
    number,
    words,
)
from .tracks import names_any, tracks_of

PICTURE, SOUND = "video", "audio"
OURS = "foleyd:"
"""What the custom data of our markers begins with."""
EDIT_PAGE = "edit"
_OTHER_PAGE = "media"
_PAGE_SECONDS, _BETWEEN_LOOKS = 2.0, 0.02

_DEFAULT_MARKER = re.compile(r"^(marker|marke|marcador|marqueur|маркер|标记|マーカー)\s*\d*$", re.IGNORECASE)


class Item:
    """One item of a track; frames are absolute, END exclusive. A long timeline has thousands, and each call
    of Resolve's takes its time: what else there is of one is asked for where it is needed, once.

    Raises HostProblem where HANDLE does not even say where it lies.
    """

    def __init__(self, handle: Any) -> None:
        self.handle = handle
        self.start = number(handle, "GetStart")
        self.end = number(handle, "GetEnd")

    @property
    def span(self) -> Span:
        """Where it lies."""
        return Span(self.start, self.end)

    @cached_property
    def id(self) -> str:
        """Resolve's name for it, "" where it gives none."""
        return str(maybe(self.handle, "GetUniqueId") or "")

    @cached_property
    def name(self) -> str:
        """What the editor reads on it."""
        return str(maybe(self.handle, "GetName") or "")

    @cached_property
    def enabled(self) -> bool:
        """Whether it is seen or heard."""
        return maybe(self.handle, "GetClipEnabled") is not False

    @cached_property
    def path(self) -> str:
        """Its file, "" where it has none: a title, a compound clip."""
        return str(maybe(self._clip, "GetClipProperty", "File Path") or "") if self.pooled else ""

    @cached_property
    def without_file(self) -> str:
        """What Resolve calls a clip of the pool that stands for no file ("Compound"), "" for all others; some
        of its words are empty."""
        if self.path or not self.pooled:
            return ""
        return str(maybe(self._clip, "GetClipProperty", "Type") or "") or "a clip"

    @property
    def uses(self) -> str:
        """How often timelines use its clip, as Resolve counts; no number where it does not."""
        return str(maybe(self._clip, "GetClipProperty", "Usage") or "") if self.pooled else ""

    @cached_property
    def place(self) -> tuple[str, int]:
        """Kind and number of its track; a picture's, number 0, where this version cannot tell."""
        said = maybe(self.handle, "GetTrackTypeAndIndex")
        return (str(said[0]).lower(), int(said[1])) if said else (PICTURE, 0)

    def read(self) -> None:
        """Asks for what it takes to know whether it can be seen, so that it is known from then on."""
        _ = self.enabled, self.pooled

    @property
    def pooled(self) -> bool:
        """It stands for something in the media pool; titles and transitions do not."""
        return self._clip is not None

    @cached_property
    def _clip(self) -> Any:
        return maybe(self.handle, "GetMediaPoolItem")


def seen_of(tracks: Iterable[tuple[bool, list[Item]]]) -> list[Item]:
    """Those items of TRACKS (each switched on or not) that are picture and can be seen, in their order."""
    return [item for on, items in tracks if on for item in items if item.enabled and item.pooled]


def _is_transition(handle: Any) -> bool:
    """Whether HANDLE is neither a clip nor a title, which have properties."""
    return maybe(handle, "GetMediaPoolItem") is None and not maybe(handle, "GetProperty")


class Mark(NamedTuple):
    """A marker of the timeline; frames are absolute. A point has one frame."""

    span: Span
    text: str
    """What it asks for: its name, or its note where it was never named."""
    colour: str


class Host:
    """A running Resolve and, after :meth:`open_timeline`, the timeline that is open in it."""

    def __init__(self, resolve: Any, names: Mapping[str, Any]) -> None:
        self.resolve = resolve
        self.names = names
        self.build = detect(resolve)
        self.project: Any = None
        self.timeline: Any = None
        self.project_name = self.project_id = self.name = self.id = ""
        self.clock = Clock(Fraction(24), False, 0)
        self.length = 0
        self.import_rate = Fraction(24)
        """The rate that Resolve gives to a sound file when it is imported: the project's."""

    @property
    def fusion(self) -> Any:
        """The Fusion object that windows come from."""
        return self.names.get("fusion") or self.names.get("fu") or maybe(self.resolve, "Fusion")

    @property
    def pool(self) -> Any:
        """The media pool."""
        return call(self.project, "GetMediaPool")

    # ---------------------------------------------------------------------------------- the timeline

    def open_timeline(self) -> None:
        """Reads which timeline is open and how it counts. Raises HostProblem."""
        manager = maybe(self.resolve, "GetProjectManager")
        self.project = maybe(manager, "GetCurrentProject")
        self.timeline = maybe(self.project, "GetCurrentTimeline")
        if any(each is False for each in (manager, self.project, self.timeline)):  # a box of its own is open
            raise HostProblem(NO_ANSWER)
        if self.timeline is None:
            raise HostProblem("no timeline is open; open one on the Edit page and try again")
        self.project_name = str(maybe(self.project, "GetName") or "")
        self.name = words(self.timeline, "GetName")
        self.project_id, self.id = words(self.project, "GetUniqueId"), words(self.timeline, "GetUniqueId")
        try:
            self._read_clock()
        except TimeWrong as wrong:
            raise HostProblem(f"{wrong}; set the timeline's frame rate in its settings") from None
        self.length = self._end() - self.clock.start

    def _end(self) -> int:
        """The frame after the last that has something: by the items too, as it is not certain whether Resolve
        gives that frame or the last one."""
        end = number(self.timeline, "GetEndFrame")
        for kind in (PICTURE, SOUND):
            for index in range(1, self.track_count(kind) + 1):
                items = self.items(kind, index, last=2)
                end = max([end, *(item.end for item in items if not _is_transition(item.handle))])
        return end

    def _read_clock(self) -> None:
        said = maybe(self.timeline, "GetSetting", "timelineFrameRate")
        projects = maybe(self.project, "GetSetting", "timelineFrameRate")
        rate, drop = read_rate(said or projects)
        self.import_rate = read_rate(projects or said)[0]
        timecode = str(call(self.timeline, "GetStartTimecode"))
        flag = str(maybe(self.timeline, "GetSetting", "timelineDropFrameTimecode") or "0")
        drop = drop or flag == "1" or ";" in timecode
        self.clock = Clock(rate, drop, number(self.timeline, "GetStartFrame"))
        if not drop and rate in DROPS and self.clock.frame(timecode) != self.clock.start:
            # Some version may write it without the semicolon: what frame it is tells all the same.
            self.clock = Clock(rate, True, self.clock.start)
        if self.clock.frame(timecode) != self.clock.start:
            meant = self.clock.label(self.clock.start)
            raise TimeWrong(
                f"Resolve says that the timeline starts at {timecode} and at frame {self.clock.start}, "
                f"which is {meant} at {decimal(rate)}"
            )

    def still_open(self) -> bool:
        """Whether the timeline that was read is the one that is open now; taken anew, as its project may have
        been closed meanwhile."""
        project, timeline, names = self._open()
        if names != (self.project_id, self.id):
            return False
        self.project, self.timeline = project, timeline
        name = maybe(timeline, "GetName")
        self.name = name if isinstance(name, str) and name else self.name  # it may be called otherwise now
        return True

    def other_open(self) -> bool:
        """Whether another timeline than the one that was read is open now."""
        *_, names = self._open()
        return all(isinstance(name, str) for name in names) and names != (self.project_id, self.id)

    def other_project(self) -> bool:
        """Whether another project than the one that was read is open now; what is asked of the earlier one
        may be answered for this one then, or not at all."""
        *_, (project, _) = self._open()
        return isinstance(project, str) and project != self.project_id

    def _open(self) -> tuple[Any, Any, tuple[Any, Any]]:
        """Project and timeline that are open now, and the names that Resolve has for them."""
        project = maybe(maybe(self.resolve, "GetProjectManager"), "GetCurrentProject")
        timeline = maybe(project, "GetCurrentTimeline")
        return project, timeline, (maybe(project, "GetUniqueId"), maybe(timeline, "GetUniqueId"))

    def track_count(self, kind: str) -> int:
        """How many tracks of KIND the timeline has, as :func:`tracks_of`."""
        return tracks_of(self.timeline, kind)

    def count_anew(self) -> None:
        """Has Resolve count its tracks anew where their names do not tell how many there are: it does that
        when another page is opened. Raises HostProblem where no page can be."""
        if names_any(self.timeline, SOUND):
            for page in (_OTHER_PAGE, EDIT_PAGE):
                self._open_page(page)
                if maybe(self.resolve, "GetCurrentPage") != page:
                    raise HostProblem(f"Resolve did not open its page {page}, by which it counts its tracks")

    def items(self, kind: str, index: int, *, last: int = 0) -> list[Item]:
        """What lies on a track, in order, or the LAST few of it; transitions are among it where they say
        where they lie."""
        found = []
        for each in listed(call(self.timeline, "GetItemListInTrack", kind, index))[-last:]:
            try:
                found.append(Item(each))
            except HostProblem:
                if not _is_transition(each):
                    raise
        return found

    def all_items(self, kind: str) -> list[tuple[int, Item]]:
        """What lies on all tracks of KIND, each with its track's number from 1."""
        found = []
        for index in range(1, self.track_count(kind) + 1):
            found += [(index, item) for item in self.items(kind, index)]
        return found

    def picture_tracks(self, step: Step = nothing) -> list[tuple[bool, list[Item]]]:
        """Each picture track, the lowest first: whether it is switched on, and its items, read so far as it
        takes to say what can be seen. STEP is called now and then meanwhile."""
        found = []
        for index in range(1, self.track_count(PICTURE) + 1):
            on = maybe(self.timeline, "GetIsTrackEnabled", PICTURE, index) is not False
            items = self.items(PICTURE, index)
            for count, item in enumerate(items):
                if count % AT_A_TIME == 0:
                    step()
                item.read()
            found.append((on, items))
        return found

    def picture(self) -> list[Item]:
        """The picture items that can be seen, those of the lowest track first."""
        return seen_of(self.picture_tracks())

    # ------------------------------------------------------------------------------- what is selected

    def selected(self) -> list[Item] | None:
        """The selected items in record order, picture before sound; None where this version cannot tell."""
        method = getattr(self.timeline, "GetSelectedClips", None)
        if not callable(method):
            return None
        found = listed(call(self.timeline, "GetSelectedClips"))
        items = [Item(each) for each in found]
        picture = [item for item in items if item.place[0] == PICTURE]
        chosen = picture or [item for item in items if item.place[0] == SOUND]
        return sorted(chosen, key=lambda item: (item.start, item.end))

    def marks(self) -> Span | None:
        """The range between the marks in and out, as far as the timeline goes; None without one, or where
        this version cannot tell."""
        said = maybe(self.timeline, "GetMarkInOut")
        if not isinstance(said, Mapping):
            return None
        found = next((said[kind] for kind in (PICTURE, SOUND) if said.get(kind)), None)
        if not isinstance(found, Mapping) or (found.get("in") is None and found.get("out") is None):
            return None
        span = self.clock.marks(found.get("in"), found.get("out"), self.length)
        span = Span(span.start, min(span.end, self.clock.start + self.length))
        return span if span.length > 0 else None

    def under_playhead(self) -> tuple[Item | None, Item | None]:
        """What lies under the playhead, and the topmost of it that is picture to be seen, if any is."""
        found = maybe(self.timeline, "GetCurrentVideoItem")
        if found is None:
            return None, None
        top = Item(found)
        if top.pooled and self.is_seen(top):
            return top, top
        try:
            frame = self.clock.frame(str(maybe(self.timeline, "GetCurrentTimecode")))
        except TimeWrong:
            return top, None
        below = [item for item in self.picture() if item.start <= frame < item.end]
        return top, below[-1] if below else None

    def is_seen(self, item: Item) -> bool:
        """Whether ITEM and its track are switched on."""
        kind, index = item.place
        off = index and maybe(self.timeline, "GetIsTrackEnabled", kind, index) is False
        return item.enabled and not off

    def markers(self) -> list[Mark]:
        """The editor's markers that say something, in record order; ours are left out."""
        found = []
        for frame, said in sorted((call(self.timeline, "GetMarkers") or {}).items()):
            if str(said.get("customData") or "").startswith(OURS):
                continue
            name, note = str(said.get("name") or "").strip(), str(said.get("note") or "").strip()
            text = note if not name or (_DEFAULT_MARKER.match(name) and note) else name
            if not text or (_DEFAULT_MARKER.match(text) and text == name):
                continue
            start = self.clock.absolute(frame)
            length = max(1, int(said.get("duration") or 1))
            found.append(Mark(Span(start, start + length), text, str(said.get("color") or "")))
        return found

    # -------------------------------------------------------------------------------------- its pages

    @contextmanager
    def edit_page(self) -> Iterator[None]:
        """On the Edit page, where Resolve lets items be placed and deleted; page and playhead as they were
        afterwards."""
        page = maybe(self.resolve, "GetCurrentPage")
        playhead = maybe(self.timeline, "GetCurrentTimecode")
        if page != EDIT_PAGE:
            self.to_edit_page()
        try:
            yield
        finally:
            if playhead and maybe(self.timeline, "GetCurrentTimecode") != playhead:
                maybe(self.timeline, "SetCurrentTimecode", playhead)
            if page and page != EDIT_PAGE:
                maybe(self.resolve, "OpenPage", page)

    def to_edit_page(self) -> None:
        """Opens the Edit page, and waits a moment for it."""
        self._open_page(EDIT_PAGE)

    def _open_page(self, page: str) -> None:
        """Opens PAGE, and waits a moment for it: Resolve may say yes before it is there."""
        call(self.resolve, "OpenPage", page)
        end = time.monotonic() + _PAGE_SECONDS
        while maybe(self.resolve, "GetCurrentPage") not in (page, None, False):
            if time.monotonic() > end:
                return
            time.sleep(_BETWEEN_LOOKS)


def connect(names: Mapping[str, Any]) -> Host:
    """The Resolve that the menu script with the globals NAMES runs in. Raises HostProblem."""
    found = names.get("resolve")
    if found is None and names.get("bmd") is not None:
        found = maybe(names["bmd"], "scriptapp", "Resolve")
    if found is None and names.get("app") is not None:
        found = maybe(names["app"], "GetResolve")
    if found is None:
        try:
            import DaVinciResolveScript  # type: ignore[import-not-found]  # on the path only near Resolve
        except ImportError:
            found = None
        else:
            found = maybe(DaVinciResolveScript, "scriptapp", "Resolve")
    if found is None:
        raise HostProblem("Resolve does not answer; start this from its menu Workspace > Scripts")
    return Host(found, names)
