"""Runs installed menu entries as Resolve would, in the interpreter that runs this: standard library only.

    python in_resolve.py JOB.json

JOB: tests (folder), project, version, edition, entries (paths), answers (fields typed into the window). The
last line printed is JSON: the audio tracks after each entry, what was shown, calls that only Studio has.
"""

from __future__ import annotations

import json
import sys
from typing import Any

with open(sys.argv[1], encoding="utf-8") as file:
    job = json.load(file)
sys.path.insert(0, job["tests"])

from resolve_emulator.builder import build_project
from resolve_emulator.host import Host

host = Host(job["version"], job["edition"])
build_project(host, job["project"])
shown: list[Any] = []


def editor(screen: Any) -> None:
    """Fills in what is asked, and closes what is told."""
    windows = [window for window in screen.windows() if window.startswith("Foley")]
    if not windows:
        return
    if windows[-1].startswith("FoleyAsk") and screen.enabled("Go"):
        for field, value in job["answers"].items():
            screen.choose(field, value) if field == "Engine" else screen.type(field, value)
        screen.press("Go")
    elif windows[-1].startswith("FoleyTell"):
        shown.append(screen.value("Lines"))
        screen.press("Choice1")


host.ui.user = editor
tracks = []
for entry in job["entries"]:
    host.run_menu_script(entry)
    tracks.append(
        [
            [track.name, track.subtype, [[int(i.start), int(i.end), i.enabled] for i in track.items]]
            for track in host.project.current.tracks["audio"]
        ]
    )
print(json.dumps({"tracks": tracks, "shown": shown, "studio_only": host.journal.studio_only}))
