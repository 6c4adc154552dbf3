"""Runs a menu script in an interpreter of its own: `python3.8 -m resolve_emulator.child SPEC.json OUT.json`.

SPEC: {"version", "edition", "quirks", "project" (builder.py), "faults": [{"name", "action", "nth",
"seconds"}], "user": [...] (user.py), "script", "globals"}. OUT: {"error", "before", "after", "journal",
"history", "ui_unknown", "ui_left_open"}. The exit status is 0 also when the script raised: "error" tells.
"""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

from . import host as hosts
from .builder import build_project
from .snapshot import snapshot
from .user import scripted


def run(spec: dict[str, Any]) -> dict[str, Any]:
    """One run of one script."""
    host = hosts.Host(spec.get("version", "20.3"), spec.get("edition", "studio"), **spec.get("quirks", {}))
    build_project(host, spec.get("project", {}))
    for fault in spec.get("faults", []):
        host.faults.add(**fault)
    host.ui.user = scripted(host, spec.get("user", []))
    before = snapshot(host)
    error = ""
    try:
        host.run_menu_script(spec["script"], spec.get("globals", hosts.MENU_GLOBALS))
    except SystemExit as leaving:
        error = f"SystemExit: {leaving.code}" if leaving.code else ""
    except BaseException:
        error = traceback.format_exc()
    return {
        "error": error,
        "before": before,
        "after": snapshot(host),
        "journal": host.journal.as_data(),
        "history": host.ui.history,
        "ui_unknown": host.ui.unknown,
        "ui_left_open": [one._values["ID"] for one in host.ui.windows if one._values["Visible"]],
    }


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as read:
        found = run(json.load(read))
    with open(sys.argv[2], "w", encoding="utf-8") as write:
        json.dump(found, write, default=repr)
