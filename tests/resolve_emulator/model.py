"""What Resolve holds inside: plain objects that no script ever sees.

Record positions of items and timelines are absolute frames, the timeline's start included; ends are
exclusive. Positions in media are frames from the file's first frame, in the media's own rate.
"""

from __future__ import annotations

import itertools
import uuid
from fractions import Fraction
from typing import Any, Iterator

from . import rates

KINDS = ("video", "audio", "subtitle")
_numbers = itertools.count(1)


def new_id() -> str:
    """A unique id, in the order of making (a test may sort by it); the same in every run."""
    return str(uuid.UUID(int=0xF01E << 96 | next(_numbers)))


class Model:
    """Base of all: an id, and whether it was deleted."""

    def __init__(self) -> None:
        self.id = new_id()
        self.deleted = False


class Media(Model):
    """A file's facts as its header tells them."""

    def __init__(self, path: str, **facts: Any) -> None:
        super().__init__()
        self.path = path
        self.kind: str = facts.get("kind", "Video + Audio")  # GetClipProperty("Type")
        self.rate: Fraction | None = None  # None: a WAV, which has none (section 8 rule 3)
        if facts.get("rate") is not None:
            self.rate = rates.parse_rate(facts["rate"])[0]
        self.drop: bool = facts.get("drop", False)
        self.frames: int = facts.get("frames", 0)
        self.start_timecode: str = facts.get("start_tc", "00:00:00:00")
        self.channels: int = facts.get("channels", 2)
        self.sample_rate: int = facts.get("sample_rate", 48000)
        self.samples: int = facts.get("samples", 0)
        self.bits: int = facts.get("bits", 24)
        self.time_reference: int = facts.get("time_reference", 0)
        self.resolution: str = facts.get("resolution", "1920x1080")


class PoolItem(Model):
    """A clip in the media pool. FPS is frozen at import (section 8 rule 3)."""

    def __init__(self, name: str, media: Media | None, fps: Fraction, frames: int, kind: str) -> None:
        super().__init__()
        self.name = name
        self.media = media
        self.fps = fps
        self.frames = frames
        self.kind = kind
        self.online = True
        self.markers: dict[float, dict[str, Any]] = {}
        self.counted = 0  # uses when a page was opened last
        self.timeline: Timeline | None = None

    def start_frame(self) -> int:
        """The embedded start timecode as frames of `fps`."""
        if self.media is None:
            return 0
        if self.media.rate is None:
            return int(Fraction(self.media.time_reference, self.media.sample_rate) * self.fps)
        return rates.from_timecode(self.media.start_timecode, self.fps, self.media.drop)

    def has_picture(self) -> bool:
        """Whether it may stand on a video track."""
        return self.kind in ("Video", "Video + Audio", "Still", "Timeline", "Compound", "Multicam", "Fusion")

    def has_sound(self) -> bool:
        """Whether it may stand on an audio track."""
        return self.kind in ("Audio", "Video + Audio", "Timeline", "Compound", "Multicam")


class Folder(Model):
    """A bin."""

    def __init__(self, name: str, parent: Folder | None) -> None:
        super().__init__()
        self.name = name
        self.parent = parent
        self.folders: list[Folder] = []
        self.clips: list[PoolItem] = []

    def walk(self) -> Iterator[Folder]:
        """This bin and every bin below."""
        yield self
        for child in self.folders:
            yield from child.walk()


class Item(Model):
    """Something on a track."""

    def __init__(self, name: str, kind: str, start: Fraction, duration: Fraction) -> None:
        super().__init__()
        self.name = name
        self.kind = kind  # video, audio, generator, transition (GetType, 21.1)
        self.pool: PoolItem | None = None
        self.start = start
        self.duration = duration
        self.source = Fraction(0)  # the earliest media frame that is used
        self.speed = Fraction(1)
        self.source_unknown = False  # clips of an xmeml import answer 0/0 (section 9)
        self.enabled = True
        self.link = 0  # items of one group are linked; 0: of none
        self.markers: dict[float, dict[str, Any]] = {}
        self.fades = {"FadeIn": 0, "FadeOut": 0}
        self.properties: dict[str, Any] = {}
        self.offsets = (0, 0)  # a transition's in and out
        self.vanishes = False  # section 8: seen until the project is saved

    @property
    def end(self) -> Fraction:
        """The frame after the last."""
        return self.start + self.duration

    def consumed(self) -> Fraction:
        """How many media frames it shows."""
        assert self.pool is not None
        return self.duration * abs(self.speed) * self.pool.fps / self._rate()

    def _rate(self) -> Fraction:
        return self.rate

    rate = Fraction(24)  # of the timeline it lies on; set when placed


class Track(Model):
    """A track."""

    def __init__(self, kind: str, subtype: str = "") -> None:
        super().__init__()
        self.kind = kind
        self.subtype = subtype
        self.name = ""
        self.enabled = True
        self.locked = False
        self.items: list[Item] = []


class Timeline(Model):
    """A timeline."""

    def __init__(self, name: str, rate: Fraction, drop: bool, own_rate: bool, start: int) -> None:
        super().__init__()
        self.name = name
        self.rate = rate
        self.drop = drop
        self.own_rate = own_rate
        self.start = start
        self.tracks: dict[str, list[Track]] = {kind: [] for kind in KINDS}
        self.markers: dict[float, dict[str, Any]] = {}
        self.marks: dict[str, dict[str, int]] = {}
        self.playhead = start
        self.selection: list[Item] = []
        self.stale_counts: dict[str, int] = {}
        self.settings: dict[str, Any] = {}
        self.pool: PoolItem | None = None

    def all_items(self) -> Iterator[Item]:
        """Every item, tracks in order."""
        for kind in KINDS:
            for track in self.tracks[kind]:
                yield from track.items

    def place_of(self, item: Item) -> list[Any] | None:
        """[kind, 1-based index] of an item's track."""
        for kind in KINDS:
            for number, track in enumerate(self.tracks[kind], 1):
                if any(other is item for other in track.items):
                    return [kind, number]
        return None

    def end(self) -> int:
        """The frame after the last item; the start where nothing lies or something lies before the start.

        Section 8 rule 5: an item outside makes the timeline report zero length. EXT M
        """
        items = [item for item in self.all_items() if item.kind != "transition"]
        if not items or any(item.start < self.start for item in items):
            return self.start
        return int(max(item.end for item in items))

    def new_link(self) -> int:
        """A group number that no item has."""
        return max([0, *(item.link for item in self.all_items())]) + 1


class Project(Model):
    """A project."""

    def __init__(self, name: str, rate: Any = "24", drop: bool = False) -> None:
        super().__init__()
        self.name = name
        exact, text_drop = rates.parse_rate(rate)
        self.rate = exact
        self.drop = drop or text_drop
        self.settings: dict[str, Any] = {}
        self.timelines: list[Timeline] = []
        self.current: Timeline | None = None
        self.root = Folder("Master", None)
        self.folder = self.root
        self.pool_selection: list[PoolItem] = []
        self.saves = 0

    def pool_items(self) -> list[PoolItem]:
        """Every clip of every bin."""
        return [clip for folder in self.root.walk() for clip in folder.clips]


class Memento:
    """The state of everything reachable from some models, to be put back in place."""

    def __init__(self, *roots: Any) -> None:
        self._kept: list[Any] = []
        seen = set()
        waiting = list(roots)
        while waiting:
            thing = waiting.pop()
            if isinstance(thing, dict):
                waiting.extend(thing.values())
            elif isinstance(thing, (list, tuple)):
                waiting.extend(thing)
            elif isinstance(thing, Model) and id(thing) not in seen:
                seen.add(id(thing))
                self._kept.append((thing, {name: _copy(value) for name, value in vars(thing).items()}))
                waiting.extend(vars(thing).values())

    def restore(self) -> None:
        """Puts all back; objects keep their identity."""
        for thing, values in self._kept:
            vars(thing).clear()
            vars(thing).update({name: _copy(value) for name, value in values.items()})


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_copy(one) for one in value]
    return value
