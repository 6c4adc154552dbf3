from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from clipmaker import make_clip
from foleyd.client import Daemon
from house import House


@pytest.fixture(scope="session")
def flashes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds at 25 fps that turn from dark to bright at frame 10 and back at frame 30."""

    def draw(number: int) -> np.ndarray:
        return np.full((64, 96, 3), 200 if 10 <= number < 30 else 20, np.uint8)

    return make_clip(tmp_path_factory.mktemp("clips") / "flashes.mp4", frames=50, size=(96, 64), draw=draw)


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    house = House(tmp_path / "home")
    yield house
    house.stop()


@pytest.fixture(scope="module")
def shared_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("shared") / "home"
        patch.setenv("FOLEYD_HOME", str(home))
        house = House(home)
        house.start()
        yield house
        house.stop()


@pytest.fixture
def daemon(shared_house: House) -> Iterator[Daemon]:
    """A connection to a daemon that the tests of a module share."""
    daemon = shared_house.connect()
    yield daemon
    daemon.close()
