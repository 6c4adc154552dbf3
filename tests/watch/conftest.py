from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from clipmaker import make_clip
from foleyd.config import Settings, find_folders
from foleyd.cuesheet.schema import FolderSettings
from foleyd.watch.asking import Rules
from foleyd.watch.places import Places
from foleyd.watch.records import Book
from foleyd.watch.shop import News, Shop
from foleyd.watch.watcher import Watcher
from foleyd.watch.work import Outcome
from house import House

REST = 0.15


class Drop:
    """A watch folder, and what is said about it. The fake engine is used unless a file says otherwise."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.own = folder / "foley"
        self.news: list[News] = []

    def shop(self, **changes: object) -> Shop:
        places = Places.of(self.folder)
        places.make()
        typed = FolderSettings(engine="fake", prompt=changes.pop("prompt", None))  # type: ignore[arg-type]
        rules = Rules(typed=typed, preview=bool(changes.pop("preview", False)), picture=False)
        folders = find_folders()
        return Shop(places, Book(places.state), folders, Settings(), rules, self.news.append, **changes)  # type: ignore[arg-type]

    def once(self, **changes: object) -> dict[str, Outcome]:
        """Does what is there, as ``foley watch --once`` does; how each file stood in the end."""
        watching = {name: changes.pop(name) for name in ("poll", "together", "jobs") if name in changes}
        watcher = Watcher(
            self.shop(once=True, **changes),
            rest=REST,
            every=0.2,
            **{"together": 0.0, **watching},  # type: ignore[arg-type]
        )
        watcher.open()
        try:
            watcher.run_once()
        finally:
            watcher.close()
        return watcher.last_outcomes()

    def said(self, kind: str) -> list[str]:
        return [news.text for news in self.news if news.kind == kind]

    def results(self) -> list[str]:
        """Names of what lies in our folder, but for what is remembered."""
        return sorted(path.name for path in self.own.iterdir() if path.name != ".state")

    def report(self, name: str) -> str:
        """The report on NAME in one line: where its lines break is of no matter."""
        found = [self.own / name / "report.txt", self.own / "failed" / name / "report.txt"]
        return " ".join(next(path for path in found if path.exists()).read_text().split())


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of picture with a flash in it, and nothing else: quickly done."""

    def draw(number: int) -> np.ndarray:
        return np.full((64, 96, 3), 200 if 10 <= number < 20 else 20, np.uint8)

    return make_clip(tmp_path_factory.mktemp("clips") / "flash.mp4", frames=25, size=(96, 64), draw=draw)


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A daemon that the tests of a module share."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("house") / "home"
        patch.setenv("FOLEYD_HOME", str(home))
        found = House(home)
        found.start().close()
        yield found
        found.stop()


@pytest.fixture
def drop(house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Drop:
    monkeypatch.setenv("FOLEYD_HOME", str(house.home))
    return Drop(tmp_path / "drop")


def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Waits for CONDITION."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def touch(path: Path, seconds: float = 60.0) -> None:
    """Makes PATH look SECONDS younger."""
    facts = path.stat()
    os.utime(path, (facts.st_atime, facts.st_mtime + seconds))
