"""``foley watch``, ``foley batch`` and ``foley service`` as they are typed."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from foleyd.cli.main import run
from foleyd.watch import service as services
from foleyd.watch.errors import ServiceError
from foleyd.watch.work import Outcome
from house import House
from watch.conftest import Drop, until

QUICK = ("--no-preview", "--no-picture", "--engine", "fake", "--settle", "0.15")
SHEET = """File,In,Out,Layer,Prompt
a.mp4,0,0.4,fx,bang
sub/a.mp4,0,,,clicks
a.mp4,0.4,,,clicks
gone.mp4,0,,,clicks
"""


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_a_file_that_is_left_for_its_name_is_in_the_exit_code(
    drop: Drop, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copy2(clip, drop.folder / "a.mp4")
    shutil.copy2(clip, os.fsencode(drop.folder) + b"/Gr\xf6\xdfe.mp4")
    assert run(["watch", str(drop.folder), "--once", "--json", "--prompt", "clicks", *QUICK]) == 4
    kinds = {news["kind"] for news in lines(capsys)}
    assert {"done", "left"} <= kinds
    assert "failed" not in kinds


def test_watch_once_tells_status_and_tries_again(
    drop: Drop, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = str(drop.folder)
    shutil.copy2(clip, drop.folder / "a.mp4")
    (drop.folder / "b.mp4").write_bytes(b"no video" * 99)
    assert run(["watch", folder, "--once", "--json", "--prompt", "clicks", *QUICK]) == 4
    said = {(news["kind"], news.get("name", "")) for news in lines(capsys)}
    assert {("started", "a.mp4"), ("done", "a.mp4"), ("failed", "b.mp4")} <= said
    assert run(["watch", folder, "--status", "--json"]) == 0
    (seen,) = lines(capsys)
    assert [(one["name"], one["state"]) for one in seen["files"]] == [("a.mp4", "done"), ("b.mp4", "failed")]
    assert run(["watch", folder, "--status"]) == 0
    said_of = capsys.readouterr().out
    assert "1 done, 1 failed" in said_of
    assert "no longer" not in said_of
    shutil.move(drop.own / "a.mp4", drop.folder.parent / "elsewhere")
    assert run(["watch", folder, "--status"]) == 0
    assert "no longer at foley/a.mp4; --retry makes new ones" in capsys.readouterr().out
    shutil.move(drop.folder.parent / "elsewhere", drop.own / "a.mp4")
    assert run(["watch", folder, "--retry", "b.mp4"]) == 0
    assert capsys.readouterr().out == "b.mp4 is tried again when foley watch runs\n"
    assert not (drop.own / "failed").exists()
    assert run(["watch", folder, "--retry", "a.mp4"]) == 2
    assert run(["watch", folder, "--once", "--prompt", "clicks", *QUICK]) == 2
    assert "b.mp4: failed" in capsys.readouterr().out


def test_watch_refuses_what_is_no_folder_to_watch(
    drop: Drop, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["watch", str(tmp_path / "nowhere"), "--once"]) == 2
    drop.once()
    assert run(["watch", str(drop.own), "--once"]) == 2
    assert "name the folder above it" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["watch", "batch"])
def test_what_is_written_anyway_is_no_option(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run([command, "--help"]) == 0
    said = capsys.readouterr().out
    assert "--no-mix" in said
    assert "--mix " not in said
    assert "--cue-sheet" not in said


@pytest.mark.slow
def test_ctrl_c_leaves_jobs_going_and_says_so(drop: Drop, clip: Path, house: House) -> None:
    (drop.folder / "foley.toml").write_text('prompt = "clicks"\noptions = { delay = "0.2" }\n')
    shutil.copy2(clip, drop.folder / "a.mp4")
    command = [sys.executable, "-m", "foleyd", "watch", str(drop.folder), *QUICK, "--together", "0"]
    watch = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ})
    with house.connect() as daemon:
        until(lambda: daemon.server_info().running_jobs)
        watch.send_signal(signal.SIGINT)
        said, _ = watch.communicate(timeout=30)
        assert watch.returncode == 0
        assert f"watching {drop.folder} (1 file there to begin with); Ctrl-C ends it" in said
        assert "a.mp4: the daemon goes on with it" in said
        assert daemon.server_info().running_jobs == 1
    assert run(["watch", str(drop.folder), "--once", *QUICK]) == 0
    assert drop.results() == ["a.mp4"]


@pytest.mark.slow
def test_batch_does_the_files_that_a_sheet_names_once(
    drop: Drop, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (drop.folder / "sub").mkdir()
    for name in ("a.mp4", "sub/a.mp4"):
        shutil.copy2(clip, drop.folder / name)
    sheet = drop.folder / "cues.csv"
    sheet.write_text(SHEET)
    quick = [word for word in QUICK if word not in ("--settle", "0.15")]
    assert run(["batch", str(sheet), *quick]) == 4
    table = capsys.readouterr().out
    made = drop.folder / "cues.foley"
    assert sorted(path.name for path in made.iterdir()) == [".state", "a.mp4", "failed", "sub a.mp4"]
    assert len(list((made / "a.mp4").glob("*take1.wav"))) == 2
    assert f"{made / 'sub a.mp4'}" in table
    assert "gone.mp4 does not exist; correct its name in cues.csv, line 5, column 1 (File)" in table
    report = " ".join((made / "a.mp4" / "report.txt").read_text().split())
    assert "By cues.csv." in report
    # A row that moves changes nothing.
    sheet.write_text("Cues of reel 1\n" + SHEET)
    assert run(["batch", str(sheet), *quick]) == 4
    assert sorted(path.name for path in made.iterdir()) == [".state", "a.mp4", "failed", "sub a.mp4"]
    shutil.copy2(clip, drop.folder / "gone.mp4")
    assert run(["batch", str(sheet), "--json", *quick]) == 0
    assert [news["name"] for news in _last_lines(capsys) if news["kind"] == "done"] == ["gone.mp4"]
    assert run(["batch", str(sheet), "-o", str(drop.folder / "else"), *quick]) == 0
    assert (drop.folder / "else" / "gone.mp4" / "report.txt").exists()


def test_batch_says_what_was_not_begun_when_it_is_ended(
    drop: Drop, clip: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy2(clip, drop.folder / "a.mp4")
    sheet = drop.folder / "cues.csv"
    sheet.write_text("File,In,Prompt\na.mp4,0,clicks\n")
    monkeypatch.setattr("foleyd.watch.batch.turn", lambda *_: Outcome.LEFT)
    assert run(["batch", str(sheet), "--engine", "fake"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "a.mp4  1     not begun"


def test_batch_does_what_is_partly_done_or_lost_again_when_asked(
    drop: Drop, clip: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        shutil.copy2(clip, drop.folder / name)
    sheet, made = drop.folder / "cues.csv", drop.folder / "cues.foley"
    sheet.write_text("File,In,Prompt\na.mp4,0,clicks\na.mp4,0,unplayable\nb.mp4,0,clicks\nc.mp4,0,clicks\n")
    quick = ["--no-preview", "--no-picture", "--engine", "fake"]
    assert run(["batch", str(sheet), *quick]) == 4
    assert "give the same command with --again" in (made / "a.mp4" / "report.txt").read_text()
    shutil.rmtree(made / "b.mp4")
    assert run(["batch", str(sheet), *quick]) == 4, "it is only partly done still"
    assert not (made / "b.mp4").exists()
    assert run(["batch", str(sheet), "--again", *quick]) == 4
    assert sorted(path.name for path in made.iterdir()) == [".state", "a.mp4", "a.mp4 (2)", "b.mp4", "c.mp4"]
    capsys.readouterr()


def test_batch_on_a_terminal_is_a_table_that_lives(
    drop: Drop, clip: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copy2(clip, drop.folder / "a.mp4")
    sheet = drop.folder / "cues.csv"
    sheet.write_text("File,In,Prompt\na.mp4,0,clicks\nsub/gone.mp4,0,clicks\n")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "120")
    assert run(["batch", str(sheet), "--no-preview", "--no-picture", "--engine", "fake"]) == 4
    said = capsys.readouterr().out
    assert "1 done, 1 failed\n" in said
    assert "progress" in said
    good, bad = said.splitlines()[-2:]
    assert good == f"a.mp4         1     done    {drop.folder}/cues.foley/a.mp4"
    assert bad.startswith(f"sub/gone.mp4  1     failed  {drop.folder}/sub/gone.mp4 does not exist")


def _last_lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines() if line.startswith("{")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("In,Prompt\n0,a\n", "line 2, column 1 (In): this cue names no file; add a column File"),
        ("File,In,Prompt\na.txt,0,a\n", "line 2, column 1 (File): a.txt is neither a video nor a timeline"),
    ],
)
def test_batch_says_where_a_sheet_is_wrong(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    (tmp_path / "cues.csv").write_text(text)
    assert run(["batch", str(tmp_path / "cues.csv")]) == 2
    assert said in capsys.readouterr().err


# ---------------------------------------------------------------------------------------- service


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A systemctl that writes down how it is called, and the folder of its user."""
    tools = tmp_path / "tools"
    tools.mkdir()
    log = tmp_path / "called"
    script = tools / "systemctl"
    script.write_text(
        f'#!/bin/sh\necho "$@" >> {log}\ncase "$*" in *is-active*) test -e {tmp_path}/on;; esac\n'
    )
    script.chmod(script.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setattr(sys, "platform", "linux")
    return tmp_path


def test_the_service_is_put_up_told_of_and_taken_down(
    manager: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FOLEYD_HOME", "/home/$you/100%")
    folder = manager / "drop 100% $HOME"
    folder.mkdir()
    unit = manager / "config" / "systemd" / "user" / "foleyd-watch.service"
    assert run(["service", "status"]) == 1
    assert run(["service", "install", str(folder), "--archive", "--prompt", 'a "b"']) == 0
    started = next(line for line in unit.read_text().splitlines() if line.startswith("ExecStart="))
    assert f'"watch" "--archive" "--prompt" "a \\"b\\"" "{manager}/drop 100%% $$HOME"' in started
    assert 'Environment="FOLEYD_HOME=/home/$you/100%%"' in unit.read_text().splitlines()
    assert [path.name for path in unit.parent.iterdir()] == [unit.name]
    assert (manager / "called").read_text().splitlines() == [
        "--user daemon-reload",
        "--user enable foleyd-watch.service",
        "--user restart foleyd-watch.service",
    ]
    assert run(["service", "status"]) == 1
    (manager / "on").touch()
    assert run(["service", "status"]) == 0
    capsys.readouterr()
    assert run(["service", "remove"]) == 0
    assert run(["service", "remove"]) == 0
    assert capsys.readouterr().out == "removed\nthere is no such service\n"
    assert not unit.exists()


def test_without_a_service_manager_the_sentence_says_what_to_do(
    manager: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", str(manager / "nothing"))
    assert run(["service", "install", str(manager)]) == 2
    said = capsys.readouterr().err
    assert "is written, but systemctl is not here" in said
    assert "systemctl --user daemon-reload && systemctl --user enable foleyd-watch.service && " in said
    with pytest.raises(ServiceError, match="Task Scheduler"):
        services.service([manager], platform="win32")


def test_the_service_is_told_where_media_are(manager: Path, capsys: pytest.CaptureFixture[str]) -> None:
    unit = manager / "config" / "systemd" / "user" / "foleyd-watch.service"
    where = ["--media-root", str(manager), "--relink", "V:=/mnt/v", "--edl-rate", "29.97"]
    assert run(["service", "install", str(manager), *where]) == 0
    said = f'"--media-root" "{manager}" "--relink" "V:=/mnt/v" "--edl-rate" "30000/1001" "{manager}"'
    assert said in unit.read_text()
    assert run(["service", "install", str(manager / "foley")]) == 2
    assert "name the folder above it" in capsys.readouterr().err


def test_what_the_service_manager_refuses_is_said_with_what_is_left_to_do(
    manager: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    script = manager / "tools" / "systemctl"
    script.write_text(
        '#!/bin/sh\ncase "$*" in *enable*) echo "Failed to connect to bus: No medium" >&2; exit 1;; esac\n'
    )
    assert run(["service", "install", str(manager)]) == 2
    said = capsys.readouterr().err
    assert (
        "systemctl --user enable foleyd-watch.service did not work: Failed to connect to bus: No medium"
        in said
    )
    assert "systemd has no session of yours here" in said
    assert "then run: systemctl --user enable foleyd-watch.service && systemctl --user restart" in said


def test_on_macos_it_is_an_agent(manager: Path) -> None:
    import plistlib

    wanted = services.service([manager / "drop"], ["--poll"], platform="darwin")
    told = plistlib.loads(wanted.text)
    assert told["ProgramArguments"][1:] == ["-m", "foleyd", "watch", "--poll", str(manager / "drop")]
    assert told["RunAtLoad"] is True
    assert wanted.path.name == "org.foleyd.watch.plist"


def test_on_macos_an_earlier_agent_is_ended_before_the_new_one_starts(
    manager: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(manager))
    script = manager / "tools" / "launchctl"
    script.write_text(f'#!/bin/sh\necho "$1" >> {manager}/called\ntest "$1" != bootout\n')
    script.chmod(0o755)
    services.install(services.service([manager / "drop"], platform="darwin"))
    assert (manager / "called").read_text().split() == ["bootout", "bootstrap"]
