"""Blender itself, told to install: it says that all went well also when it did not."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from foleyd.cli.main import run

PROGRAM = """\
import json, sys, zipfile
from pathlib import Path
repository, version, mode = Path(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
words = sys.argv[4:]
if "--python-expr" in words:
    print("Blender", version)
    if mode != "mute" and not (mode == "crash later" and (repository / "enabled").exists()):
        enabled = (repository / "enabled").exists()
        print("FOLEYD " + json.dumps([version, [] if mode == "off" else [str(repository)], enabled]))
elif words[:3] == ["--command", "extension", "install-file"]:
    assert words[3:6] == ["-r", "user_default", "-e"], words
    if mode == "full":
        print("ERROR No space left on device")
    else:
        zipfile.ZipFile(words[6]).extractall(repository / "foley")
        if mode != "cannot enable":
            (repository / "enabled").touch()
"""


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes a program that answers as Blender of a version does, with something amiss or not."""
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "foleyd"))
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "repository").mkdir()
    script = tmp_path / "answers.py"
    script.write_text(PROGRAM)

    def make(version: tuple[int, ...] = (5, 0, 1), mode: str = "") -> Path:
        words = [sys.executable, str(script), str(tmp_path / "repository"), json.dumps(version), mode]
        path = tmp_path / "blender"
        path.write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
        path.chmod(0o755)
        return path

    return make


def asked(capsys: pytest.CaptureFixture[str], word: str, program: Path, code: int = 0) -> Any:
    assert run([word, "blender", "--path", str(program), "--json"]) == code
    return json.loads(capsys.readouterr().out)


def test_blender_installs_and_enables_it(
    program: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (one,) = asked(capsys, "install", program())["installed"]
    assert (one["blender"], one["enabled"], one["replaced"]) == ("5.0", True, None)
    assert one["path"] == str(tmp_path / "repository" / "foley")
    (gone,) = asked(capsys, "uninstall", program())["removed"]
    assert gone["path"] == one["path"]
    assert not Path(one["path"]).exists()


@pytest.mark.parametrize("mode", ["cannot enable", "crash later"])
def test_it_is_said_when_it_is_not_known_to_be_enabled(
    mode: str, program: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["install", "blender", "--path", str(program(mode=mode))]) == 0
    assert "What is left to do: in Blender, Edit > Preferences > Add-ons" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("version", "mode", "words"),
    [
        ((4, 1, 0), "", "Blender 4.1, which has no extensions"),
        ((5, 0, 1), "off", "user_default is switched off in Blender 5.0"),
        ((5, 0, 1), "mute", "did not answer as Blender does"),
        ((5, 0, 1), "full", "(ERROR No space left on device)"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_nothing_is_recorded(
    version: tuple[int, ...],
    mode: str,
    words: str,
    program: Any,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    error = asked(capsys, "install", program(version, mode), code=2)["error"]
    assert error["reason"] == "PROGRAM_UNUSABLE"
    assert words in error["message"]
    assert not (tmp_path / "foleyd" / "config" / "plugins.json").exists()


def test_a_file_that_is_no_program_is_one_sentence(program: Any, capsys: pytest.CaptureFixture[str]) -> None:
    path = program()
    path.write_bytes(b"\x7fELF of another machine")
    assert "cannot be started" in asked(capsys, "install", path, code=2)["error"]["message"]


def test_something_of_that_name_is_left_alone_by_blender_too(
    program: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "repository" / "foley" / "mine.txt"
    other.parent.mkdir()
    other.write_text("mine")
    assert asked(capsys, "install", program(), code=2)["error"]["reason"] == "PLUGIN_FOREIGN"
    assert other.read_text() == "mine"
