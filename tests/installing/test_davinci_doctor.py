"""``foley doctor --davinci``: each thing that can be amiss, and its fix."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from cli.fake_daemon import FakeDaemon
from foleyd import __version__
from foleyd.cli.main import run
from foleyd.config import Folders
from foleyd.plugins import davinci_edition, davinci_python
from foleyd.plugins.davinci_edition import Answer, ask_edition
from foleyd.plugins.davinci_places import System, applications, variants
from foleyd.plugins.davinci_python import seen_python

Capsys = pytest.CaptureFixture[str]
Check = tuple[str, str, str]


def checks(capsys: Capsys, code: int = 0) -> dict[str, Check]:
    """State, detail and fix by name."""
    capsys.readouterr()
    assert run(["doctor", "--davinci", "--json"]) == code
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] == (code == 0)
    return {check["name"]: (check["state"], check["detail"], check["fix"]) for check in answer["checks"]}


@pytest.fixture
def python3(monkeypatch: pytest.MonkeyPatch, linux: System) -> None:
    """A Python on the PATH that a desktop has."""
    folder = linux.root / "bin"
    folder.mkdir()
    (folder / "python3").symlink_to(sys.executable)
    linux.environment["PATH"] = str(folder)  # type: ignore[index]


def test_before_and_after_it_is_installed(
    python3: None, linux: System, tmp_path: Path, capsys: Capsys
) -> None:
    user = variants(linux)[0]
    found = checks(capsys, 1)
    assert found["davinci resolve"] == (
        "note",
        f"Foley is not installed in {user.scripts}",
        "foley install davinci",
    )
    assert found["application"] == ("ok", str(linux.root / "opt" / "resolve"), "")
    assert found["plugin"] == ("bad", "it is installed nowhere", "foley install davinci")
    run(["install", "davinci", "--watch-folder", str(tmp_path)])
    found = checks(capsys)
    assert found["davinci resolve"] == ("ok", f"plugin {__version__} in {user.scripts}", "")
    assert found["watch folder"] == ("ok", f"the Lua entry sends timelines to {tmp_path}", "")
    assert found["plugins' record"][0] == "ok"
    assert found["python for resolve"][0] == "ok"
    assert "plugin" not in found


def test_its_words_are_the_doctors(linux: System, capsys: Capsys) -> None:
    assert run(["doctor", "--davinci"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "bad   plugin: it is installed nowhere" in lines
    assert "      -> foley install davinci" in lines
    assert lines[-1] == "1 thing to mend"


def test_without_any_folder_it_says_where_it_looked(
    computer: Callable[[str], System], capsys: Capsys
) -> None:
    system = computer("linux")
    found = checks(capsys, 1)
    state, detail, fix = found["scripts"]
    assert state == "bad"
    assert all(str(place.scripts.parent) in detail for place in variants(system))
    assert fix.startswith("start DaVinci Resolve once, then foley install davinci")
    assert found["application"][0] == "note"


def test_what_differs_what_is_not_ours_and_what_is_gone_is_seen(
    linux: System, tmp_path: Path, capsys: Capsys
) -> None:
    user, watch = variants(linux)[0], tmp_path / "watch"
    watch.mkdir()
    run(["install", "davinci", "--watch-folder", str(watch)])
    watch.rmdir()
    (user.entries / "Foley - Redo last.py").unlink()
    found = checks(capsys, 1)
    detail = f"plugin {__version__} differs from this foleyd's ({__version__}), in {user.scripts}"
    assert found["davinci resolve"] == ("note", detail, "foley install davinci")
    state, detail, fix = found["watch folder"]
    assert (state, str(watch) in detail, "--watch-folder PATH" in fix) == ("bad", True, True)
    mine = user.entries / "Foley - Redo last.py"
    mine.write_text("mine")
    state, detail, fix = checks(capsys, 1)["davinci resolve"]
    assert (state, detail) == ("bad", f"{mine} is not foleyd's")
    assert fix == "move it away, then foley install davinci"


def test_entries_that_are_listed_twice_are_seen(linux: System, capsys: Capsys) -> None:
    run(["install", "davinci"])
    run(["install", "davinci", "--for-all-users"])
    found = checks(capsys)
    assert found["scripts"][:2] == (
        "note",
        "installed for you and for all users: the menu lists every entry twice",
    )
    shared = variants(linux)[1]
    assert found["davinci resolve (all users)"] == ("ok", f"plugin {__version__} in {shared.scripts}", "")


def test_the_command_for_all_users_is_run(linux: System, capsys: Capsys) -> None:
    run(["install", "davinci", "--for-all-users"])
    beside = variants(linux)[1].package / "installed.json"
    assert checks(capsys)["plugins' record"] == ("ok", f"{beside}, its command works", "")
    beside.write_text(json.dumps({**json.loads(beside.read_bytes()), "command": ["/bin/false"]}))
    state, detail, fix = checks(capsys)["plugins' record"]
    assert (state, fix) == ("note", "foley install davinci --for-all-users")
    assert detail == f"{beside} names a command that does not work: exit code 1"


def test_the_whole_doctor_tells_of_it_only_where_it_is(
    linux: System, folders: Folders, capsys: Capsys
) -> None:
    fake = FakeDaemon(folders)
    try:
        for words in (["uninstall", "davinci"], ["install", "davinci"]):
            run(words)
            capsys.readouterr()
            assert run(["doctor", "--json"]) == 0
            names = [check["name"] for check in json.loads(capsys.readouterr().out)["checks"]]
            assert ("davinci resolve" in names) == (words[0] == "install")
    finally:
        fake.close()


@pytest.fixture
def resolve(linux: System, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Answer]:
    """Asks a Resolve whose scripting module does what is given; its library is there, and never loaded."""
    monkeypatch.setattr(davinci_edition, "SECONDS", 5.0)
    application = applications(linux)[0]
    modules = application / "Developer" / "Scripting" / "Modules"
    modules.mkdir(parents=True)
    lib = application / "libs" / "Fusion" / "fusionscript.so"
    lib.parent.mkdir(parents=True)
    lib.write_bytes(b"no library")

    def ask(text: str) -> Answer:
        (modules / "DaVinciResolveScript.py").write_text(text)
        return ask_edition(linux, application)

    return ask


STUDIO = """
print("chatter of the library")
class Resolve:
    def GetProductName(self): return "DaVinci Resolve Studio"
    def GetVersionString(self): return "21.0.4.5"
def scriptapp(name): return Resolve() if name == "Resolve" else None
"""
NOBODY = "def scriptapp(name): return None"


def test_a_running_studio_says_what_it_is(resolve: Callable[[str], Answer], capsys: Capsys) -> None:
    assert resolve(STUDIO) == Answer("DaVinci Resolve Studio", "21.0.4.5")
    detail = "DaVinci Resolve Studio 21.0.4.5, running and reachable"
    assert checks(capsys, 1)["edition"] == ("ok", detail, "")


def test_one_that_cannot_be_reached_is_explained(resolve: Callable[[str], Answer], capsys: Capsys) -> None:
    assert resolve(NOBODY) == Answer()
    state, detail, fix = checks(capsys, 1)["edition"]
    assert (state, detail) == ("note", "not known: no DaVinci Resolve can be reached from outside")
    assert "External scripting using to Local" in fix
    assert "the free edition answers nobody outside" in fix


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("import os; os.abort()", "ended the process that asked"),
        ("def scriptapp(name): raise RuntimeError('lost\\nit')", "RuntimeError: lost it"),
        ("raise ImportError", "ImportError: "),  # then the library itself is tried, which is none here
        ("def scriptapp(name): raise SystemExit", "SystemExit"),
    ],
)
def test_a_library_that_fails_fails_alone(text: str, why: str, resolve: Callable[[str], Answer]) -> None:
    answer = resolve(text)
    assert answer.product == ""
    assert why in answer.why


def test_one_that_hangs_is_given_up(
    resolve: Callable[[str], Answer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(davinci_edition, "SECONDS", 0.5)
    grandchild = "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(2)'])"
    hanging = f"import subprocess, sys, time\n{grandchild}\ntime.sleep(600)"
    assert resolve(hanging) == Answer(why="no answer in 0.5 s")


class Pythons:
    """Answers as the system would: versions by path, and what launchd has."""

    def __init__(self, versions: dict[Path, str], launchd: str = "") -> None:
        self.versions = {str(path): version for path, version in versions.items()}
        self.launchd = launchd
        for path in versions:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")

    def __call__(self, command: Sequence[str]) -> str:
        if command[0] == "launchctl":
            assert list(command) == ["launchctl", "getenv", "PYTHON3HOME"]
            return self.launchd
        return self.versions[command[0]]


def test_the_mac_looks_in_two_places_only(computer: Callable[[str], System]) -> None:
    system = computer("darwin")
    usual, framework = system.root / "usr/local/bin/python3", system.root / "framework"
    seen = seen_python(system, Pythons({}))
    assert not seen.usable
    assert seen.detail.startswith(f"there is no {usual} (PYTHON3HOME is not set")
    assert "launchctl setenv PYTHON3HOME" in seen.fix
    seen = seen_python(system, Pythons({usual: "3.12"}))
    assert (seen.usable, seen.detail.startswith(f"Python 3.12 at {usual}")) == (True, True)
    for version, usable in (("3.7", False), ("3.8", True), ("3.10", True), ("", False)):
        pythons = Pythons({framework / "bin" / "python3": version}, str(framework))
        seen = seen_python(system, pythons)
        assert (seen.usable, str(framework) in seen.detail) == (usable, True)
    assert not seen_python(system, Pythons({usual: "3.12"}, str(system.root / "gone"))).usable


def test_windows_takes_the_variable_else_the_only_one_registered(computer: Callable[[str], System]) -> None:
    system = computer("win32")
    one, two = system.root / "Python312", system.root / "Python39"
    pythons = Pythons({one / "python.exe": "3.12", two / "python.exe": "3.9"})

    def seen(*registered: Path) -> Any:
        return seen_python(system, pythons, registered)

    assert not seen().usable
    assert "python.org" in seen().fix
    assert seen(one).usable
    assert not seen(one, two).usable
    assert "2 Pythons are registered" in seen(one, two).detail
    assert "setx FUSION_PYTHON3_HOME" in seen(one, two).fix
    system.environment["FUSION_PYTHON3_HOME"] = str(two)  # type: ignore[index]
    assert seen(one, two).usable
    assert f"FUSION_PYTHON3_HOME is {two}" in seen(one, two).detail


def test_linux_takes_the_first_on_the_path_but_not_this_environments(
    linux: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    own, usual = linux.root / "own", linux.root / "usual"
    monkeypatch.setattr(davinci_python.sys, "prefix", str(own))
    pythons = Pythons({own / "bin" / "python3": "3.13", usual / "python3": "3.6"})
    for path in (own / "bin" / "python3", usual / "python3"):
        path.chmod(0o755)
    linux.environment["PATH"] = f"{own / 'bin'}"  # type: ignore[index]
    assert seen_python(linux, pythons).detail == "there is no python3 on the PATH"
    linux.environment["PATH"] = f"{own / 'bin'}:{usual}"  # type: ignore[index]
    seen = seen_python(linux, pythons)
    assert (seen.usable, "is Python 3.6, too old: 3.8 is the first" in seen.detail) == (False, True)


def test_a_python_is_really_asked(linux: System, python3: None) -> None:
    version = ".".join(map(str, sys.version_info[:2]))
    assert seen_python(linux).detail.startswith(f"Python {version} at {linux.root}/bin/python3")


def test_the_window_of_the_free_edition_is_looked_at(
    linux: System, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    state, detail, fix = checks(capsys, 1)["foley dialog"]
    assert state == "note"
    assert "DISPLAY" in fix or "tkinter" in detail
    monkeypatch.setattr("foleyd.dialog.available.without_tkinter", lambda *_: "no tkinter here; get it")
    state, detail, fix = checks(capsys, 1)["foley dialog"]
    assert (state, fix) == ("note", "get it")
    assert "no tkinter here" in detail
