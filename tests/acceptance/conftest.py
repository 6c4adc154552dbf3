from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from acceptance.command import Foley, Health
from clipmaker import make_clip
from house import House

GROWTH = 50 * 2**20
"""Bytes that bad input may leave in memory: allocators keep some."""


@pytest.fixture(scope="module")
def foley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Foley]:
    """A real daemon that a module shares."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("daemon") / "home"
        patch.setenv("FOLEYD_HOME", str(home))
        house = House(home)
        house.start()
        foley = Foley(house, tmp_path_factory.mktemp("work"))
        yield foley
        assert house.stop() == 0


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds at 25 fps that turn from dark to bright at frame 10 and back at frame 30."""

    def draw(number: int) -> np.ndarray:
        return np.full((64, 96, 3), 200 if 10 <= number < 30 else 20, np.uint8)

    return make_clip(tmp_path_factory.mktemp("clips") / "flashes.mp4", frames=50, size=(96, 64), draw=draw)


@pytest.fixture(scope="module")
def stays_small(foley: Foley, clip: Path) -> Iterator[None]:
    """After all of a module's bad input a good job works, and memory is what it was after the first."""
    home = foley.work
    first = foley.generate(clip, "--prompt", "rain and thunder", engine="procedural")
    assert first.code == 0, first.err
    shutil.rmtree(home / "out")
    before = foley.memory()
    yield
    foley.work = home
    assert foley.memory() - before < GROWTH
    again = foley.generate(clip, "--prompt", "heavy rain", engine="procedural")
    assert again.code == 0, again.err
    assert Path(again.json["cues"][0]["takes"][0]["path"]).exists()


@pytest.fixture
def unharmed(foley: Foley, tmp_path: Path) -> Iterator[None]:
    """The test leaves nothing behind and the daemon as healthy as before."""
    foley.work = tmp_path
    before = Health.of(foley)
    yield
    before.check()
    assert foley.leftovers() == []
