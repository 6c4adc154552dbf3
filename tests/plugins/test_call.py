from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from foley import foley_call
from foley.foley_call import Call, FoleyMissing, PrivateFolder, Refused, ask, sweep

from house import wait_for
from plugins.disks import small_disk

CHILD = [sys.executable, str(Path(__file__).parent / "child.py")]


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[str]:
    private = PrivateFolder(str(tmp_path))
    yield private.path
    private.close()
    assert list(tmp_path.iterdir()) == [], "something was left behind"


def begun(how: str, folder: str, method: str = "Generate") -> Call:
    return Call([*CHILD, how], method, {}, folder)


def finished(call: Call) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    wait_for(lambda: events.extend(call.poll()) or call.done)
    call.close()
    return events


def kinds(events: list[dict[str, Any]]) -> list[str]:
    return [next(kind for kind in event if kind not in {"job_id", "sequence"}) for event in events]


def test_lines_that_cannot_be_read_cost_nothing_else(folder: str) -> None:
    call = begun("broken-lines", folder)
    events = finished(call)
    assert kinds(events) == ["queued", "done"]
    assert call.error is None
    assert events[-1]["done"]["takes"][0]["seed"] == 5


def test_a_line_is_read_once_it_is_whole(folder: str) -> None:
    call = begun("slowly", folder)
    polls = 0
    events: list[dict[str, Any]] = []
    while not call.done:
        events += call.poll()
        polls += 1
        time.sleep(0.001)
    assert kinds(events) == ["queued", "done"]
    assert polls > 20, "the file was not read while it grew"
    call.close()


def test_half_a_last_line_is_a_lost_connection(folder: str) -> None:
    call = begun("half-a-line", folder)
    assert kinds(finished(call)) == ["queued"]
    assert call.error is not None
    assert call.exit_code == 1
    assert call.error.reason == "CONNECTION_LOST"
    assert call.error.sentence == (
        "the connection to the foley daemon was lost before the work was done;"
        " run it again: what was made is kept"
    )
    assert call.error.detail == "something broke; the last line is not whole; exit code 1"


def test_a_killed_child_is_a_lost_connection(folder: str) -> None:
    call = begun("killed", folder)
    finished(call)
    assert call.exit_code == -signal.SIGKILL
    assert call.error is not None
    assert call.error.code == "UNAVAILABLE"


def test_thousands_of_events_come_in_portions_and_in_order(folder: str) -> None:
    call = begun("thousands", folder)
    wait_for(lambda: call._process.poll() is not None)
    portions: list[int] = []
    numbers: list[int] = []
    while not call.done:
        events = call.poll()
        portions.append(len(events))
        numbers += [event["sequence"] for event in events[: len(events)]]
    assert numbers == [*range(1, 8001), 9]
    assert len([portion for portion in portions if portion]) > 3
    call.close()


def test_options_that_an_old_foley_does_not_know_say_that_it_is_old(folder: str) -> None:
    call = begun("usage", folder)
    finished(call)
    assert call.error is not None
    assert call.error.reason == "TOO_OLD"
    assert "pip install --upgrade foleyd" in call.error.sentence


def test_a_child_that_has_said_its_last_word_and_stays_is_ended(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(foley_call, "_GRACE_SECONDS", 0.2)
    call = begun("lingers", folder)
    assert kinds(finished(call)) == ["done"]
    assert call.error is None


def test_the_child_is_kept_from_the_hosts_python(folder: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", "/opt/host")
    monkeypatch.setenv("LD_LIBRARY_PATH", "/opt/host")
    (answer,) = finished(begun("environment", folder, "GetServerInfo"))
    assert not {"PYTHONPATH", "LD_LIBRARY_PATH"} & set(answer["names"])
    assert answer["folder"].startswith(folder)


def test_cancelling_makes_the_cancel_file(folder: str) -> None:
    call = begun("until-cancelled", folder)
    wait_for(call.poll)
    call.cancel()
    assert kinds(finished(call)) == ["cancelled"]
    assert (call.exit_code, call.error) == (3, None)


def test_where_no_cancel_file_can_be_made_the_end_of_input_cancels(
    folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    call = begun("until-input-ends", folder)
    wait_for(call.poll)
    monkeypatch.setattr(call, "_file", lambda _name: os.path.join(folder, "gone", "cancel"))
    call.cancel()
    monkeypatch.undo()
    assert kinds(finished(call)) == ["cancelled"]


def test_closing_ends_the_child_at_once(folder: str) -> None:
    call = begun("until-cancelled", folder)
    call.close()
    assert call.done
    with pytest.raises(ProcessLookupError):
        os.kill(call.pid, 0)
    assert call.poll() == []


def test_a_command_that_cannot_be_started_is_missing(folder: str, tmp_path_factory: Any) -> None:
    place = tmp_path_factory.mktemp("commands")
    plain, orphan, text = place / "plain", place / "orphan", place / "text"
    plain.write_text("#!/bin/sh\n")
    orphan.write_text("#!/gone/venv/bin/python\n")
    text.write_bytes(b"\x7fELF no program")
    orphan.chmod(0o755)
    text.chmod(0o755)
    for path, words in (
        (place / "gone", "it is not there"),
        (plain, "you may not run it"),
        (orphan, "the Python that it belongs to is gone"),
        (text, "install foley again"),
    ):
        with pytest.raises(FoleyMissing, match=words):
            Call([str(path)], "GetServerInfo", {}, folder)
    assert [name for name in os.listdir(folder) if name.startswith("call-")] == []


def test_a_foley_that_was_taken_out_of_its_environment_is_said_to_be_that(folder: str) -> None:
    call = Call([sys.executable, "-P", "-m", "foleyd_that_is_gone"], "GetServerInfo", {}, folder)
    finished(call)
    assert call.error is not None
    assert call.error.sentence.startswith("foley did not start (")
    assert "No module named foleyd_that_is_gone); install it again" in call.error.sentence


def test_ask_gives_up_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with pytest.raises(Refused, match="did not answer within") as late:
        ask([*CHILD, "until-cancelled"], "Generate", {}, timeout=0.3)
    assert late.value.code == "DEADLINE_EXCEEDED"
    assert list(tmp_path.iterdir()) == []


def test_ask_raises_what_went_wrong(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="was lost"):
        ask([*CHILD, "killed"], "GetServerInfo", {})


# ------------------------------------------------------------------------------------------ folders


def test_folders_of_dead_processes_are_swept_and_those_of_the_living_stay(tmp_path: Path) -> None:
    program = (
        f"import sys, time; sys.path.insert(0, {str(Path(__file__).parent)!r}); import conftest;"
        f"from foley import foley_call; folder = foley_call.PrivateFolder({str(tmp_path)!r});"
        "print(folder.path, flush=True); time.sleep(600)"
    )
    other = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True)
    assert other.stdout is not None
    theirs = other.stdout.readline().strip()
    (tmp_path / "foley-plugin-file").write_text("not a folder")
    (tmp_path / "foley-plugin-strange").mkdir()
    mine = PrivateFolder(str(tmp_path))
    assert os.path.isdir(theirs)
    assert os.stat(theirs).st_mode & 0o077 == 0
    other.kill()
    other.communicate()
    sweep(str(tmp_path))
    assert not os.path.exists(theirs)
    assert os.path.isdir(mine.path)
    mine.close()
    assert sorted(os.listdir(tmp_path)) == ["foley-plugin-file", "foley-plugin-strange"]


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cannot be written \(No such file or directory\)"):
        PrivateFolder(str(tmp_path / "gone"))
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="cannot be written"):
        Call(CHILD, "Generate", {}, str(tmp_path / "file"))


def test_a_full_disk_before_the_start_is_a_sentence(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk:
        private = PrivateFolder(str(disk))
        with pytest.raises(Refused) as refused:
            Call(CHILD, "Generate", {"prompt": "x" * 2_000_000}, private.path)
        assert refused.value.reason == "DISK_FULL"
        assert refused.value.sentence == (
            f"the disk of {private.path} is full; free some space there and run it again"
        )
        assert os.listdir(private.path) == ["in-use"]
        private.close()


def test_a_disk_that_fills_up_on_the_way_is_a_sentence(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small") as disk:
        private = PrivateFolder(str(disk))
        call = begun("fills-the-disk", private.path)
        assert kinds(finished(call)) == ["queued"]
        assert call.error is not None
        assert call.error.reason == "DISK_FULL"
        private.close()
        assert list(disk.iterdir()) == []


def test_the_request_is_written_as_utf_8(folder: str) -> None:
    call = Call([*CHILD, "until-cancelled"], "Generate", {"prompt": "Schritte — 足音"}, folder)
    (name,) = [name for name in os.listdir(folder) if name.startswith("call-")]
    text = (Path(folder) / name / "request").read_text(encoding="utf-8")
    assert json.loads(text) == {"prompt": "Schritte — 足音"}
    call.close()
