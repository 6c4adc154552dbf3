"""Makes the parts of the extension that need no Blender importable as the package ``foley``."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

PLUGINS = Path(__file__).parents[2] / "plugins"


def _make_package() -> None:
    """``foley`` as the extension has it, but without its ``__init__``, which imports bpy."""
    package = ModuleType("foley")
    package.__path__ = [str(PLUGINS / "blender"), str(PLUGINS / "shared")]
    sys.modules.setdefault("foley", package)


_make_package()
