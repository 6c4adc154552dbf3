"""What the cache costs: hashing frames, looking at unchanged files, keeping and finding takes.

Run ``python benchmarks/cache.py [FOLDER]``; FOLDER (default: a temporary one) decides which disk.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from fractions import Fraction
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np

from foleyd.cache.features import FeatureStore
from foleyd.cache.fingerprint import FrameHasher, PictureIndex, TakeRequest, feature_key, take_key
from foleyd.cache.store import Store
from foleyd.cache.takes import TakeStore
from foleyd.cue import FrameRange, Media, Program, Shot
from foleyd.engines.engine import Audio, Features, Frame, Window
from foleyd.segments import plan_windows
from foleyd.timebase import Timecode

VIEW = "procedural 1"
BUDGET = 4_000_000_000
WINDOW = Window(Fraction(0), 480_000)


def row(label: str, work: Callable[[], object], turns: int = 50) -> None:
    """Prints the median and the worst of TURNS runs."""
    taken = []
    for _ in range(turns):
        start = time.perf_counter()
        work()
        taken.append((time.perf_counter() - start) * 1e3)
    print(f"{label:44s} {median(taken):9.3f} ms   worst {max(taken):9.3f} ms   of {turns}")


def resident() -> str:
    """Anonymous memory of this process, where the system tells."""
    status = Path("/proc/self/status")
    if not status.exists():
        return "unknown"
    return next(line for line in status.read_text().splitlines() if line.startswith("RssAnon"))


def program(path: Path, shots: int) -> Program:
    pieces = tuple(
        Shot(str(i), "", Media(path), Fraction(i), FrameRange(25 * i, 25 * i + 25)) for i in range(shots)
    )
    return Program(Timecode(0, Fraction(25)), pieces, 25 * shots)


def request(seed: int) -> TakeRequest:
    return TakeRequest(VIEW, "footsteps on gravel", "", seed, 480_000, 48_000, 2, (WINDOW,))


def hashing() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (8, 1080, 1920, 3), dtype=np.uint8)
    frames = [Frame(Fraction(i, 25), noise[i % 8]) for i in range(250)]
    row("250 frames of 1080p hashed", lambda: [None for _ in FrameHasher().wrap(frames)], 5)


def lookups(folder: Path, store: Store) -> None:
    clip = folder / "clip.mp4"
    clip.write_bytes(b"picture")
    os.utime(clip, ns=(1_600_000_000_123_456_789,) * 2)
    index = PictureIndex(store)
    for shots in (1, 10, 1000):
        edit = program(clip, shots)
        index.remember(index.look(edit, VIEW), edit, VIEW, "f" * 32)
        row(f"look at {shots} shots of an unchanged file", partial(index.look, edit, VIEW))
    row("make a take's key", lambda: take_key("f" * 32, request(1)))


def takes(store: Store, seconds: int, turns: int) -> None:
    cache = TakeStore(store)
    audio = Audio(np.random.default_rng(0).standard_normal((2, 48_000 * seconds), dtype=np.float32))
    keys = [take_key("f" * 32, request(seconds * 1000 + turn)) for turn in range(turns)]
    unused = iter(keys)
    row(f"keep a take of {seconds} s", lambda: cache.save(next(unused), audio, "procedural"), turns)
    before = resident()
    row(f"find it, first ({seconds} s, checksum)", lambda: find(cache, keys[0]), 1)
    row("find it again", lambda: find(cache, keys[0]))
    print(f"memory before {before}, after {resident()}")


def find(cache: TakeStore, key: str) -> None:
    found = cache.load(key)
    if found is None:
        raise SystemExit("the take was not found")
    found.release()


def planning() -> None:
    cuts = range(37, 3 * 3600 * 25, 87)
    plan = partial(plan_windows, best=Fraction(8), longest=Fraction(10), shortest=Fraction(1))
    row(f"windows of 3 h with {len(cuts)} cuts", lambda: plan(3 * 3600 * 25, Fraction(25), cuts=cuts), 5)


def main() -> None:
    with tempfile.TemporaryDirectory(dir=sys.argv[1] if len(sys.argv) > 1 else None) as name:
        folder = Path(name)
        hashing()
        with Store(folder / "cache", BUDGET) as store:
            lookups(folder, store)
            for seconds, turns in ((10, 10), (600, 3)):
                takes(store, seconds, turns)
            features = FeatureStore(store)
            key = feature_key("f" * 32, VIEW, WINDOW)
            features.save(key, Features({"energy": np.zeros((250, 64), np.float32)}), "procedural")
            row("find features of 64 kB", lambda: features.load(key))
            for number in range(10_000):
                store.index.remember(f"{number:040x}", "f" * 32)
            print(store.figures())
        row("open it with 10,000 pictures known", lambda: Store(folder / "cache", BUDGET).close(), 5)
        with Store(folder / "cache", BUDGET) as store:
            key = take_key("f" * 32, request(600_000))
            row("find 600 s after a restart", lambda: find(TakeStore(store), key), 1)
    planning()


if __name__ == "__main__":
    main()
