"""``foley install davinci`` and ``foley uninstall davinci``."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from foleyd import __version__
from foleyd.cli.main import run
from foleyd.config import Folders
from foleyd.plugins import davinci, laying
from foleyd.plugins.build import davinci_files, sources
from foleyd.plugins.davinci_entries import PYTHON_ENTRIES, WATCH_ENTRY, entries
from foleyd.plugins.davinci_places import ScriptsPlace, System, variants
from foleyd.plugins.record import own_command

Capsys = pytest.CaptureFixture[str]
WORDS = ("install", "davinci")


def asked(capsys: Capsys, *words: str, code: int = 0) -> Any:
    capsys.readouterr()
    assert run([*words, "--json"]) == code
    return json.loads(capsys.readouterr().out)


def said(capsys: Capsys, *words: str) -> str:
    capsys.readouterr()
    assert run([*words]) == 0
    return capsys.readouterr().out


def contents(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


@pytest.fixture
def place(linux: System) -> ScriptsPlace:
    """The user's folder of scripts."""
    return variants(linux)[0]


@pytest.fixture
def watch(tmp_path: Path) -> Path:
    folder = tmp_path / 'watched "by" foley\'s'
    folder.mkdir()
    return folder


def test_package_and_entries_are_put_whole_beside_each_other(
    linux: System, place: ScriptsPlace, folders: Folders, capsys: Capsys
) -> None:
    answer = asked(capsys, *WORDS)
    record = folders.config / "plugins.json"
    assert answer == {
        "plugin": "davinci",
        "installed": [
            {
                "path": str(place.package),
                "scripts": str(place.scripts),
                "for_all_users": False,
                "version": __version__,
                "replaced": None,
                "watch_folder": None,
            }
        ],
        "record": str(record),
        "command": own_command(),
    }
    package = contents(place.package)
    beside = json.loads(package.pop("installed.json"))
    assert package == dict(davinci_files())
    assert (beside["command"], beside["version"]) == (own_command(), __version__)
    assert contents(place.entries) == entries(place.package)
    assert sorted(os.listdir(place.entries)) == sorted(PYTHON_ENTRIES)
    assert os.listdir(place.package.parent) == ["foley_davinci"]
    assert json.loads(record.read_bytes())["installed"] == {"davinci": [str(place.package)]}
    assert not (linux.root / "opt" / "resolve" / "Fusion").exists()


def test_the_package_has_the_modules_and_nothing_of_blenders_or_the_menus() -> None:
    files = davinci_files()
    assert {"__init__.py", "foley_call.py", "foley_find.py"} <= files.keys()
    plugin = sources() / "davinci"
    assert {path.name for path in plugin.glob("*.py")} <= files.keys()
    assert all(name.endswith(".py") and "/" not in name for name in files)
    assert all(b"SPDX-License-Identifier: Apache-2.0" in content for content in files.values())


def test_the_words_say_where_and_what_to_do_next(place: ScriptsPlace, capsys: Capsys) -> None:
    words = said(capsys, *WORDS)
    assert f"Foley {__version__} is installed in DaVinci Resolve: {place.entries}\n" in words
    assert str(place.package) in words
    assert "Workspace > Scripts > Foley - Generate" in words
    assert "foley install davinci --watch-folder PATH" in words
    assert "FOLEYD_HOME is set: start DaVinci Resolve with it, too" in words


def test_an_older_one_is_replaced_with_nothing_of_it_left(
    linux: System, place: ScriptsPlace, watch: Path, capsys: Capsys
) -> None:
    run([*WORDS, "--watch-folder", str(watch)])
    (place.package / "gone_since.py").write_text("old = True")
    beside = place.package / "installed.json"
    beside.write_text(beside.read_text().replace(f'"{__version__}"', '"0.0.1"'))
    for path in place.entries.iterdir():
        path.write_bytes(path.read_bytes() + b"\n# older\n" * (path.suffix == ".py"))
    assert not davinci.state_of(place).current
    (one,) = asked(capsys, *WORDS)["installed"]
    assert (one["replaced"], one["watch_folder"]) == ("0.0.1", str(watch))
    assert davinci.state_of(place).current
    assert not (place.package / "gone_since.py").exists()


def test_what_python_has_compiled_is_no_difference(place: ScriptsPlace) -> None:
    run([*WORDS])
    (place.package / "__pycache__").mkdir()
    (place.package / "__pycache__" / "x.pyc").write_bytes(b"")
    assert davinci.state_of(place).current
    (place.package / "x.py").write_bytes(b"")
    assert not davinci.state_of(place).current


def test_the_watch_folders_entry_comes_when_asked_for_and_stays(
    place: ScriptsPlace, watch: Path, tmp_path: Path, capsys: Capsys
) -> None:
    words = said(capsys, *WORDS, "--watch-folder", str(watch))
    assert f"Foley - Send timeline to watch folder. It exports the open timeline into {watch}." in words
    lua = place.entries / WATCH_ENTRY
    before = lua.read_bytes()
    run([*WORDS])
    assert lua.read_bytes() == before
    other = tmp_path / "other"
    other.mkdir()
    run([*WORDS, "--watch-folder", str(other)])
    assert str(other).encode() in lua.read_bytes()


@pytest.mark.parametrize("name", ["none", "file"])
def test_a_watch_folder_that_is_none_is_refused_before_anything_is_put(
    name: str, place: ScriptsPlace, tmp_path: Path, capsys: Capsys
) -> None:
    (tmp_path / "file").write_text("")
    error = asked(capsys, *WORDS, "--watch-folder", str(tmp_path / name), code=2)["error"]
    assert error["reason"] == "INPUT_NOT_FOUND"
    assert str(tmp_path / name) in error["message"]
    assert not place.scripts.exists()


def test_a_watch_folder_is_absolute_whatever_was_typed(
    place: ScriptsPlace, watch: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    monkeypatch.chdir(watch.parent)
    (one,) = asked(capsys, *WORDS, "--watch-folder", watch.name)["installed"]
    assert one["watch_folder"] == str(watch)


def foreign_package(place: ScriptsPlace) -> Path:
    place.package.mkdir(parents=True)
    (place.package / "__init__.py").write_text("mine")
    return place.package


def foreign_manifest(place: ScriptsPlace) -> Path:
    foreign_package(place)
    said = {"plugin": "another", "version": "1", "command": []}
    (place.package / "installed.json").write_text(json.dumps(said))
    return place.package


def developers_link(place: ScriptsPlace) -> Path:
    place.package.parent.mkdir(parents=True)
    place.package.symlink_to(sources() / "davinci")
    return place.package


def foreign_entry(place: ScriptsPlace) -> Path:
    place.entries.mkdir(parents=True)
    path = place.entries / "Foley - Redo last.py"
    path.write_text("print('mine')")
    return path


def foreign_lua(place: ScriptsPlace) -> Path:
    place.entries.mkdir(parents=True)
    path = place.entries / WATCH_ENTRY
    path.write_text("print('mine')")
    return path


@pytest.mark.parametrize(
    "lay", [foreign_package, foreign_manifest, developers_link, foreign_entry, foreign_lua]
)
def test_what_is_not_ours_is_refused_and_left_alone(
    lay: Callable[[ScriptsPlace], Path],
    linux: System,
    place: ScriptsPlace,
    folders: Folders,
    capsys: Capsys,
) -> None:
    path = lay(place)
    fusion = place.scripts.parent
    before = contents(fusion)
    for words in (WORDS, ("uninstall", "davinci", "--path", str(place.scripts))):
        place.scripts.mkdir(parents=True, exist_ok=True)
        error = asked(capsys, *words, code=2)["error"]
        assert error["reason"] == "PLUGIN_FOREIGN"
        assert str(path) in error["message"]
    assert asked(capsys, "uninstall", "davinci")["removed"] == []
    assert contents(fusion) == before
    assert not (folders.config / "plugins.json").exists()


def test_uninstalling_all_leaves_a_foreign_entry_among_ours(place: ScriptsPlace, capsys: Capsys) -> None:
    run([*WORDS])
    mine = place.entries / "Foley - Redo last.py"
    mine.write_text("print('mine')")
    assert len(asked(capsys, "uninstall", "davinci")["removed"]) == 1
    assert contents(place.scripts.parent) == {"Scripts/Utility/Foley - Redo last.py": b"print('mine')"}


def test_a_failed_replacement_leaves_the_old_one(
    place: ScriptsPlace, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    run([*WORDS])
    before, real = contents(place.scripts.parent), os.rename
    failed: list[Any] = []

    def rename(source: Any, target: Any) -> None:
        if Path(target) == place.package and not failed:
            failed.append(target)
            raise OSError(28, "No space left on device", str(target))
        real(source, target)

    monkeypatch.setattr(os, "rename", rename)
    assert asked(capsys, *WORDS, code=2)["error"]["reason"] == "DISK_FULL"
    assert contents(place.scripts.parent) == before
    assert os.listdir(place.package.parent) == ["foley_davinci"]


@pytest.mark.parametrize("for_all_users", [False, True])
def test_a_folder_that_may_not_be_written_to_is_one_sentence_with_the_fix(
    for_all_users: bool, place: ScriptsPlace, monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    def refuse(folder: Path, _: Any) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(davinci, "put_folder", refuse)
    error = asked(capsys, *WORDS, *["--for-all-users"] * for_all_users, code=2)["error"]
    assert error["reason"] == "PLUGIN_UNUSABLE"
    fix = f"sudo {shlex.join(own_command())}" if for_all_users else "close DaVinci Resolve and check who may"
    assert fix in error["message"]


def test_all_users_get_it_readable_and_with_the_command_beside_it(
    linux: System, folders: Folders, capsys: Capsys
) -> None:
    shared = variants(linux)[1]
    before = os.umask(0o077)
    try:
        answer = asked(capsys, *WORDS, "--for-all-users")
    finally:
        os.umask(before)
    assert [one["scripts"] for one in answer["installed"]] == [str(shared.scripts)]
    assert answer["installed"][0]["for_all_users"]
    assert answer["record"] is None
    assert not (folders.config / "plugins.json").exists()
    for path in shared.scripts.parent.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o755 if path.is_dir() else 0o644)
    assert str(shared.scripts) in said(capsys, "uninstall", "davinci")
    assert len(asked(capsys, "uninstall", "davinci", "--for-all-users")["removed"]) == 1
    assert contents(shared.scripts.parent) == {}


@pytest.mark.parametrize("version", ["3.8", "3.13"])
def test_another_user_finds_foley_by_what_lies_beside_the_modules(
    version: str, linux: System, tmp_path: Path
) -> None:
    pythons = sorted(Path("~/.pyenv/versions").expanduser().glob(f"{version}.*/bin/python"))
    python = str(pythons[0]) if pythons else sys.executable
    run([*WORDS, "--for-all-users"])
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from foley_davinci import foley_find as f;"
        "print(f.find_foley() if sys.argv[2] else f.INSTALL)"
    )
    foley = str(variants(linux)[1].package.parent)
    empty = {"HOME": str(tmp_path / "nobody"), "PATH": "/nowhere"}
    for wanted, answer in (("1", str(own_command())), ("", "foley install davinci")):
        words = [python, "-B", "-c", code, foley, wanted]
        done = subprocess.run(words, env=empty, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == answer


def test_the_mac_has_both_trees_of_the_app_stores_build(
    computer: Callable[[str], System], watch: Path, capsys: Capsys
) -> None:
    system = computer("darwin")
    user, first, second, _ = variants(system)
    for place in (user, first):
        place.marks[0].mkdir(parents=True)
    words = said(capsys, *WORDS, "--watch-folder", str(watch))
    for place in (user, first, second):
        assert davinci.state_of(place).current
        assert (place.entries / WATCH_ENTRY).is_file()
    assert "DaVinci Resolve (App Store)" in words
    assert f"there is no {system.root}/usr/local/bin/python3 (PYTHON3HOME is not set" in words
    assert len(asked(capsys, "uninstall", "davinci")["removed"]) == 3


def test_where_the_app_stores_folders_are_closed_it_is_said_that_the_others_have_it(
    computer: Callable[[str], System], monkeypatch: pytest.MonkeyPatch, capsys: Capsys
) -> None:
    user, store, _, _ = variants(computer("darwin"))
    for place in (user, store):
        place.marks[0].mkdir(parents=True)
    real = davinci.put_folder

    def refuse(folder: Path, make: Any) -> None:
        if "Containers" in folder.parts:
            raise PermissionError(1, "Operation not permitted", str(folder))
        real(folder, make)

    monkeypatch.setattr(davinci, "put_folder", refuse)
    error = asked(capsys, *WORDS, code=2)["error"]
    assert "give the terminal Full Disk Access" in error["message"]
    assert error["message"].endswith(f"it is installed in {user.entries}, and works there")
    assert davinci.state_of(user).current
    monkeypatch.setattr(davinci, "put_folder", real)
    assert len(asked(capsys, *WORDS)["installed"]) == 3


def test_a_folder_that_was_named_is_found_again_by_the_record(
    linux: System, place: ScriptsPlace, folders: Folders, tmp_path: Path, capsys: Capsys
) -> None:
    apart = tmp_path / "apart" / "Fusion"
    apart.mkdir(parents=True)
    run([*WORDS])
    run([*WORDS, "--path", str(apart)])
    answer = asked(capsys, "uninstall", "davinci")
    assert [one["scripts"] for one in answer["removed"]] == [str(place.scripts), str(apart / "Scripts")]
    assert answer["record_removed"]
    assert contents(apart) == {}
    assert asked(capsys, "uninstall", "davinci") == {
        "plugin": "davinci",
        "removed": [],
        "record_removed": False,
    }


def test_without_resolve_it_says_what_to_do(computer: Callable[[str], System], capsys: Capsys) -> None:
    system = computer("linux")
    error = asked(capsys, *WORDS, code=2)["error"]
    assert error["reason"] == "PROGRAM_NOT_FOUND"
    assert str(system.home / ".local" / "share" / "DaVinciResolve") in error["message"]


def test_two_ways_of_saying_where_are_refused(place: ScriptsPlace, capsys: Capsys) -> None:
    words = ("--for-all-users", "--path", str(place.scripts))
    assert asked(capsys, *WORDS, *words, code=2)["error"]["reason"] == "INPUT_INVALID"


def test_one_plugins_removal_keeps_the_record_for_the_other(
    place: ScriptsPlace, folders: Folders, tmp_path: Path, capsys: Capsys
) -> None:
    (tmp_path / "blender").mkdir()
    run(["install", "blender", "--path", str(tmp_path / "blender")])
    run([*WORDS])
    assert not asked(capsys, "uninstall", "davinci")["record_removed"]
    left = json.loads((folders.config / "plugins.json").read_bytes())
    assert (left["command"], left["installed"]["davinci"]) == (own_command(), [])


def test_a_file_is_put_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "entry.py"
    laying.put_file(path, b"old")

    def refuse(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(OSError, match="No space left"):
        laying.put_file(path, b"new")
    assert contents(tmp_path) == {"entry.py": b"old"}
