"""Makes the plugin for DaVinci Resolve importable as the package ``foley_davinci``, as it is installed."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import pytest

PLUGINS = Path(__file__).parents[2] / "plugins"


def _make_package() -> None:
    package = ModuleType("foley_davinci")
    package.__path__ = [str(PLUGINS / "davinci"), str(PLUGINS / "shared")]
    sys.modules.setdefault("foley_davinci", package)


_make_package()


@pytest.fixture(autouse=True)
def own_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Settings, and what the plugin remembers, in a folder of the test's own."""
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    return tmp_path / "home"
