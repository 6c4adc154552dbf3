"""What a picture is known by, and the keys under which its features and takes are found.

Level one, :class:`PictureIndex`: files that look unchanged (path, size, time, inode) under the same
edit show the picture they showed before, so its fingerprint is known without decoding.
Level two, :class:`FrameHasher`: the fingerprint itself, a hash of the frames, which a renamed, copied
or touched file still has.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import xxhash

from foleyd.cache.errors import CacheError
from foleyd.cache.store import Store
from foleyd.cue import Program
from foleyd.engines.engine import Capabilities, Frame, Window

logger = logging.getLogger(__name__)

NO_PICTURE = "none"
"""The fingerprint of text alone."""

_SCHEMA = 1
_COARSE_NS = 2_000_000_000
_FINE_NS = 50_000_000


class IncompletePicture(CacheError):
    """A fingerprint was asked for before the last frame had gone by."""


@dataclass(frozen=True, slots=True)
class Look:
    """What the file system says of a program's files at one moment.

    STAT_KEY is None when a file cannot be looked at. CERTAIN is False when a file was written so
    recently that a further write might leave its time as it is. FINGERPRINT is the picture's, if known.
    """

    stat_key: str | None
    certain: bool
    fingerprint: str | None


class PictureIndex:
    """Remembers which fingerprint the picture of a program had, by its files' stats."""

    def __init__(self, store: Store, clock: Callable[[], int] = time.time_ns) -> None:
        self._index = store.index
        self._clock = clock

    def look(self, program: Program, engine_view: str) -> Look:
        """Looks at the program's files without opening them."""
        now = self._clock()
        try:
            stats = _stats(program)
        except OSError:
            return Look(None, False, None)
        key = _stat_key(program, engine_view, stats)
        certain = not any(_is_fresh(stat, now) for stat in stats.values())
        try:
            return Look(key, certain, self._index.fingerprint(key))
        except sqlite3.Error as error:
            logger.warning("the cache index cannot be read, going on without: %s", error)
            return Look(key, certain, None)

    def remember(self, look: Look, program: Program, engine_view: str, fingerprint: str) -> bool:
        """After a full decode: the picture seen since LOOK has FINGERPRINT.

        Nothing is remembered (False) if a file has changed since, or was too fresh to tell.
        """
        if look.stat_key is None or not look.certain:
            return False
        try:
            if stat_key(program, engine_view) != look.stat_key:
                return False
            self._index.remember(look.stat_key, fingerprint)
        except (OSError, sqlite3.Error) as error:
            logger.warning("the picture's fingerprint is not remembered: %s", error)
            return False
        return True


def stat_key(program: Program, engine_view: str) -> str:
    """The program's shape, its files' real path, size, time and inode, and ENGINE_VIEW, as one key.

    Names, ids and the start timecode do not count. Raises OSError for a file that cannot be looked at.
    """
    return _stat_key(program, engine_view, _stats(program))


def engine_view(capabilities: Capabilities, options: Mapping[str, str]) -> str:
    """The engine as far as its features depend on it: name, version, and the OPTIONS that it sees by."""
    seen = [
        f" {name}={options[name]}"
        for name, option in sorted(capabilities.options.items())
        if option.sees and options.get(name, option.default) != option.default
    ]
    return f"{capabilities.name} {capabilities.version}{''.join(seen)}"


class FrameHasher:
    """Hashes frames as they go by. An item of several passes wraps each in turn, in order."""

    def __init__(self) -> None:
        self._hash = xxhash.xxh3_128()
        self._open = True

    def wrap(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The same FRAMES; times, shapes and bytes (contiguous RGB) of those that are shown are hashed.

        A picture is what it displays: what a timeline passes over, and instants, follow from the same media.
        """
        self._open = True
        self._hash.update(b"pass\0")
        for frame in frames:
            if frame.shown:
                time_, shape = frame.time, frame.rgb.shape
                self._hash.update(f"{time_.numerator}/{time_.denominator} {shape}\0".encode())
                self._hash.update(np.ascontiguousarray(frame.rgb).data)
            yield frame
        self._open = False

    def hexdigest(self) -> str:
        """The picture's fingerprint, 32 hexadecimal digits.

        Raises IncompletePicture unless every pass was taken to its end: half a picture's hash would
        stand for pictures that go on differently.
        """
        if self._open:
            raise IncompletePicture("the picture was not read to its end, so it has no fingerprint")
        return self._hash.hexdigest()


@dataclass(frozen=True, slots=True)
class TakeRequest:
    """All that a take depends on beside the picture.

    ENGINE is name and version (:func:`engine_view`); PRESET, STEPS and GUIDANCE as asked, None or
    empty where the engine decides; OPTIONS as given; lengths in samples of SAMPLE_RATE.
    """

    engine: str
    prompt: str
    negative_prompt: str
    seed: int
    duration_samples: int
    sample_rate: int
    channels: int
    windows: Sequence[Window]
    preset: str = ""
    steps: int | None = None
    guidance: Fraction | float | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def take_key(fingerprint: str, request: TakeRequest) -> str:
    """The key of the take that REQUEST makes of the picture of FINGERPRINT."""
    guidance = None if request.guidance is None else _exact(Fraction(request.guidance))
    return _digest(
        "take",
        {
            "picture": fingerprint,
            "engine": request.engine,
            "prompt": request.prompt,
            "negative_prompt": request.negative_prompt,
            "seed": request.seed,
            "duration_samples": request.duration_samples,
            "sample_rate": request.sample_rate,
            "channels": request.channels,
            "windows": [_window(window) for window in request.windows],
            "preset": request.preset,
            "steps": request.steps,
            "guidance": guidance,
            "options": dict(request.options),
        },
    )


def feature_key(fingerprint: str, engine_view: str, window: Window) -> str:
    """The key of what an engine keeps of WINDOW of the picture of FINGERPRINT."""
    return _digest("features", {"picture": fingerprint, "engine": engine_view, "window": _window(window)})


@dataclass(frozen=True, slots=True)
class _Stat:
    path: str
    size: int
    mtime_ns: int
    inode: int


def _stats(program: Program) -> dict[Path, _Stat]:
    paths = {shot.media.path for shot in program.shots if shot.media is not None}
    return {path: _stat(path) for path in paths if path is not None}


def _stat(path: Path) -> _Stat:
    real = os.path.realpath(path)
    stat = os.stat(real)
    return _Stat(real, stat.st_size, stat.st_mtime_ns, stat.st_ino)


def _is_fresh(stat: _Stat, now: int) -> bool:
    """Whether another write could still leave the same time (git's "racily clean" entries).

    FAT keeps times to 2 s and HFS+ to 1 s, which show as whole seconds; others keep them to a
    kernel tick or better. A time ahead of the clock is not fresh: the next write would change it.
    """
    grain = _COARSE_NS if stat.mtime_ns % 1_000_000_000 == 0 else _FINE_NS
    return abs(now - stat.mtime_ns) <= grain


def _stat_key(program: Program, view: str, stats: Mapping[Path, _Stat]) -> str:
    shots = []
    for shot in program.shots:
        path = None if shot.media is None else shot.media.path
        stat = None if path is None else stats[path]
        file = None if stat is None else [stat.path, stat.size, stat.mtime_ns, stat.inode]
        edit = [_exact(shot.source_start), shot.record.start, shot.record.end, _exact(shot.speed)]
        shots.append([file, *edit])
    shape = {"rate": _exact(program.rate), "duration": program.duration, "shots": shots, "engine": view}
    return _digest("stat", shape)


def _window(window: Window) -> list[object]:
    return [_exact(window.start), window.duration, window.overlap]


def _exact(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


def _digest(kind: str, value: Mapping[str, Any]) -> str:
    """BLAKE2b-160 of canonical JSON; KIND keeps keys of different kinds apart."""
    text = json.dumps(
        {"kind": kind, "schema": _SCHEMA, **value}, sort_keys=True, separators=(",", ":"), allow_nan=False
    )
    return hashlib.blake2b(text.encode("ascii"), digest_size=20).hexdigest()
