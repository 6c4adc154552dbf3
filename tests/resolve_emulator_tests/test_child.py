"""A menu script in interpreters of its own, the oldest and the newest at hand."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

TESTS = Path(__file__).resolve().parent.parent

SCRIPT = """
import sys
assert "__file__" not in globals()
ui = fusion.UIManager
disp = bmd.UIDispatcher(ui)
win = disp.AddWindow({"ID": "W"}, [ui.LineEdit({"ID": "Name"}), ui.Button({"ID": "Go"})])
win.On.Go.Clicked = lambda event: disp.ExitLoop()
win.Show()
disp.RunLoop()
win.Hide()
timeline = resolve.GetProjectManager().GetCurrentProject().GetCurrentTimeline()
timeline.AddTrack("audio", "stereo")
timeline.SetTrackName("audio", timeline.GetTrackCount("audio"), win.Find("Name").Text)
raise SystemExit(0)
"""


def pythons() -> list[str]:
    """The oldest from 3.8 on and the newest below 3.14 that are installed; this one among them."""
    found = {sys.version_info[:2]: sys.executable}
    for path in Path("~/.pyenv/versions").expanduser().glob("3.*/bin/python"):
        pair = tuple(int(one) for one in path.parent.parent.name.split(".")[:2])
        if (3, 8) <= pair < (3, 14):
            found[pair] = str(path)
    order = sorted(found)
    return [found[one] for one in dict.fromkeys((order[0], order[-1]))]


@pytest.mark.parametrize("python", pythons())
def test_a_script_as_the_menu_runs_it(tmp_path: Path, python: str) -> None:
    script = tmp_path / "Foley.py"
    script.write_text(SCRIPT)
    spec: dict[str, Any] = {
        "version": "21.0.4",
        "script": str(script),
        "project": {"rate": "25", "timelines": [{"name": "Cut", "video": [[]], "audio": [{}]}]},
        "user": [{"type": ["Name", "Foley 1"]}, {"press": "Go"}],
    }

    def run() -> Any:
        (tmp_path / "in.json").write_text(json.dumps(spec))
        subprocess.run(
            [python, "-m", "resolve_emulator.child", str(tmp_path / "in.json"), str(tmp_path / "out.json")],
            cwd=TESTS,
            check=True,
            timeout=60,
        )
        return json.loads((tmp_path / "out.json").read_text())

    found = run()
    assert found["error"] == ""
    assert [track["name"] for track in found["after"]["timelines"][0]["tracks"]["audio"]] == ["", "Foley 1"]
    assert len(found["before"]["timelines"][0]["tracks"]["audio"]) == 1
    assert found["ui_left_open"] == []
    assert [call["name"] for call in found["journal"]["entries"] if call["writes"]] == [
        "Timeline.AddTrack",
        "Timeline.SetTrackName",
    ]
    spec["faults"] = [{"name": "Timeline.AddTrack", "action": "raises"}]
    assert "RuntimeError" in run()["error"]
    spec.update(version="21.1", edition="free")
    assert "NotListed" in run()["error"]
