"""``python tools/blender_extension.py DIST``: the zip for Blender's extensions platform, and its check."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from foleyd import __version__
from foleyd.plugins.build import build_blender

ROOT = Path(__file__).parents[1]
TOOL = "lib/python*/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"


def main(folder: Path) -> int:
    """Builds the zip into FOLDER, in place of one of the same version, and checks it."""
    folder.mkdir(parents=True, exist_ok=True)
    archive = folder / f"foley-blender-{__version__}.zip"
    archive.unlink(missing_ok=True)
    build_blender(archive)
    tools = sorted(ROOT.glob(f".venv-bpy-*/{TOOL}"))
    if not tools:
        print(f"{archive} was not checked: make install-bpy brings Blender's tool for that", file=sys.stderr)
        return 1
    for tool in tools:
        done = subprocess.run([sys.executable, str(tool), "validate", str(archive)], check=False)
        if done.returncode:
            return done.returncode
    print(archive)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
