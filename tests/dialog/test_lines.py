"""What joins the dialog and the plugin, and what is said where no window can be shown: needs no screen."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from foleyd.dialog.available import without_display, without_tkinter
from foleyd.dialog.lines import Lifeline, Lines
from foleyd.errors import RequestError
from house import wait_for


def test_lines_are_heard_once_and_only_when_they_are_whole(tmp_path: Path) -> None:
    lines = Lines(tmp_path)
    assert lines.hear() == []
    told = tmp_path / "to-dialog.jsonl"
    told.write_bytes(b'{"show": "tell"}\n{"clo')
    assert lines.hear() == [{"show": "tell"}]
    assert lines.hear() == []
    with told.open("ab") as file:
        file.write(b'se": true}\n')
    assert lines.hear() == [{"close": True}]


@pytest.mark.parametrize("line", [b"{no json", b"[1]", b"7", b"\xff", b"[" * 100_000])
def test_a_line_that_is_no_object_is_refused(line: bytes, tmp_path: Path) -> None:
    (tmp_path / "to-dialog.jsonl").write_bytes(line + b"\n")
    with pytest.raises(RequestError, match="no JSON object"):
        Lines(tmp_path).hear()


def test_being_wanted_in_front_is_heard_once(tmp_path: Path) -> None:
    lines = Lines(tmp_path)
    assert not lines.wanted_in_front()
    (tmp_path / "to-front").touch()
    assert lines.wanted_in_front()
    assert not lines.wanted_in_front()


def test_what_is_said_is_one_line(tmp_path: Path) -> None:
    lines = Lines(tmp_path)
    lines.say(ready=True)
    lines.say(answer={"prompt": "a\nb ü"})
    said = (tmp_path / "from-dialog.jsonl").read_bytes().splitlines()
    assert [json.loads(line) for line in said] == [{"ready": True}, {"answer": {"prompt": "a\nb ü"}}]


def test_the_lifeline_ends_with_its_other_end() -> None:
    reading, writing = os.pipe()
    lifeline = Lifeline(reading)
    os.write(writing, b"words do not end it\n")
    assert not lifeline.ended
    os.close(writing)
    assert wait_for(lambda: lifeline.ended)
    os.close(reading)


@pytest.mark.parametrize(
    ("platform", "fix"),
    [("linux", "python3-tk"), ("darwin", "brew install python-tk@3."), ("win32", "tick tcl/tk and IDLE")],
)
def test_each_system_is_told_how_to_get_tkinter(
    platform: str, fix: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert fix in without_tkinter(platform)
    assert without_tkinter("freebsd14") == without_tkinter("linux")


def test_each_system_is_told_what_to_do_without_a_display(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    assert "DISPLAY is not set" in without_display("no display name", "linux")
    assert "logged in at the screen" in without_display("no window server", "darwin")
    monkeypatch.setenv("DISPLAY", ":7")
    assert "couldn't connect" in without_display("couldn't connect to display :7", "linux")


def test_a_tkinter_without_its_files_is_not_taken_for_a_missing_screen() -> None:
    said = without_display("Can't find a usable init.tcl in the following directories: \n  /a /b\n", "linux")
    assert "without its files (Can't find a usable init.tcl in the following directories)" in said
    assert "python3-tk" in said
    assert "\n" not in said


@pytest.mark.parametrize("lacking", ["folder", "display", "tkinter"])
def test_the_command_says_why_it_cannot_and_ends_with_2(lacking: str, tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "DISPLAY"}
    folder = tmp_path / "not there" if lacking == "folder" else tmp_path
    run = "from foleyd.cli.main import main; main()"
    if lacking == "tkinter":
        run = "import sys; sys.modules['_tkinter'] = None; sys.path_importer_cache.clear();" + (
            "import importlib.util as u; u.find_spec = lambda name, found=u.find_spec:"
            " None if 'tkinter' in name else found(name);" + run
        )
    elif lacking == "display" and without_tkinter():
        pytest.skip("this Python has no tkinter")
    done = subprocess.run(
        [sys.executable, "-c", run, "dialog", "--folder", str(folder)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2, done
    error = json.loads(done.stdout)["error"]
    reasons = {"folder": "INPUT_NOT_FOUND"}
    assert error["reason"] == reasons.get(lacking, "DIALOG_UNAVAILABLE")
    assert done.stderr.strip() == f"foley: {error['message']}"
