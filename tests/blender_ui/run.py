"""Blender with its window, under a virtual screen: menu, dialog, progress, cancel, result, undo.

    python tests/blender_ui/run.py [--root ROOT] [--out FOLDER]

ROOT is a Debian 13 made by ``root.sh build`` (or FOLEY_BLENDER_ROOT). Without one, a ``blender`` of 4.2
or later on PATH with ``xvfb-run``, ``xdotool`` and ``import`` beside it serves as well. Pictures of the
screen, what was checked and the longest gaps of Blender's loop go to FOLDER.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).parent
CHECKOUT = HERE.parents[1]
CLIP = CHECKOUT / "tests" / "data" / "clips" / "stream-of-water.mp4"
TOOLS = ("blender", "xvfb-run", "xdotool", "import")
SECONDS = 420.0


def main() -> int:
    """Runs the session and prints what it found; 0 where everything held or nothing can be run here."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--root", default=os.environ.get("FOLEY_BLENDER_ROOT", ""))
    parser.add_argument("--out", default="build/blender-ui")
    parser.add_argument("--clip", default=str(CLIP))
    arguments = parser.parse_args()
    if not arguments.root and (lacking := [tool for tool in TOOLS if not shutil.which(tool)]):
        print(f"skipped: no {', '.join(lacking)} here and no root: root.sh makes one")
        return 0
    shared = Path(tempfile.mkdtemp(prefix="foley-blender-ui-"))
    try:
        return session(arguments.root, shared, Path(arguments.out), Path(arguments.clip))
    finally:
        shutil.rmtree(shared, ignore_errors=True)


def session(root: str, shared: Path, out: Path, clip: Path) -> int:
    """One run of session.py inside Blender."""
    prepare(shared, clip)
    if root:
        subprocess.run([HERE / "root.sh", "mount", root, shared], check=True)
    try:
        done = subprocess.run(
            [*(["chroot", root] if root else []), "sh", str(shared / "start.sh")],
            env={"PATH": os.environ["PATH"], "HOME": str(shared), "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
        )
    finally:
        subprocess.run(
            [CHECKOUT / ".venv" / "bin" / "foley", "stop"],
            env={**os.environ, "FOLEYD_HOME": str(shared / "home")},
            capture_output=True,
            check=False,
        )
        if root:
            subprocess.run([HERE / "root.sh", "unmount", root, shared], check=True)
    out.mkdir(parents=True, exist_ok=True)
    for file in (shared / "out").iterdir():
        shutil.copy(file, out)
    (out / "blender.log").write_text(done.stdout + done.stderr, encoding="utf-8")
    return report(out)


def prepare(shared: Path, clip: Path) -> None:
    """The extension, installed for a user of its own; a real clip; how Blender is started."""
    package = shared / "user" / "extensions" / "user_default" / "foley"
    shutil.copytree(CHECKOUT / "plugins" / "blender", package, ignore=shutil.ignore_patterns("__pycache__"))
    for module in (CHECKOUT / "plugins" / "shared").glob("*.py"):
        shutil.copy(module, package)
    (shared / "out").mkdir()
    shutil.copy(clip, shared / f"clip{clip.suffix}")
    shutil.copy(HERE / "session.py", shared)
    (shared / "start.sh").write_text(
        f"""export BLENDER_USER_RESOURCES={shared}/user FOLEYD_HOME={shared}/home
export FOLEYD_COMMAND={CHECKOUT}/.venv/bin/foley FOLEY_BLENDER_TIMES={shared}/out/times.json
cd {shared}
exec xvfb-run -a -s "-screen 0 1600x900x24 +extension GLX" blender --app-template Video_Editing \\
  --window-geometry 0 0 1600 900 --python {shared}/session.py -- {shared} {shared}/clip{clip.suffix}
""",
        encoding="utf-8",
    )


def report(out: Path) -> int:
    """Prints what was checked and measured; 1 where something did not hold."""
    found = out / "session.json"
    if not found.exists():
        print(f"Blender ended without a word; see {out / 'blender.log'}")
        return 1
    told = json.loads(found.read_text(encoding="utf-8"))
    print(f"Blender {told['version']}, pictures in {out}")
    for name, good, detail in told["checks"]:
        print(f"  {'ok  ' if good else 'BAD '} {name}{': ' + detail if detail else ''}")
    print("longest gap of Blender's loop (a timer of 10 ms), ms:")
    for phase, gap in told["gaps"].items():
        most = f"99 of 100 below {gap['p99_ms']:.1f}, {gap['ticks']} ticks"
        print(f"  {phase:<28} {gap['longest_ms']:>7.1f}   ({most})")
    times = out / "times.json"
    if times.exists():
        print("longest run of our own callbacks, ms:")
        for name, row in json.loads(times.read_text(encoding="utf-8")).items():
            print(f"  {name:<28} {row['longest_ms']:>7.1f}   ({row['calls']} calls)")
    return 0 if told["finished"] and all(good for _, good, _ in told["checks"]) else 1


if __name__ == "__main__":
    sys.exit(main())
