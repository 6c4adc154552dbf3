"""Tiny random weights, imported as a user imports the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from foleyd.cli.main import run
from foleyd.engines.hunyuan import store
from hunyuan.published import TINY, write_published


def import_tiny(home: Path, published: Path) -> None:
    """Puts tiny weights where foleyd looks with FOLEYD_HOME at HOME."""
    write_published(published)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOLEYD_HOME", str(home))
        patch.delenv("FOLEYD_MODELS", raising=False)
        assert isinstance(store.MODELS, dict)
        for name, model in store.MODELS.items():
            tiny = store.Model(name, model.size, model.file, {**TINY, "heads": 2}, "tiny")
            patch.setitem(store.MODELS, name, tiny)
        assert run(["models", "import", str(published), "--accept-license", "--json"]) == 0
