from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.fake_daemon import FakeDaemon
from foleyd.config import Folders, find_folders


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folders:
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    return find_folders()


@pytest.fixture
def daemon(folders: Folders) -> Iterator[FakeDaemon]:
    fake = FakeDaemon(folders)
    yield fake
    fake.close()
