"""The extension as Blender gets it: valid, installed by either way, switched on and off."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from foleyd import __version__
from foleyd.cli.main import run
from foleyd.plugins.build import build_blender

ROOT = Path(__file__).parents[2]


def python_of(version: tuple[int, ...]) -> Path:
    """The Python that has this Blender."""
    return ROOT / f".venv-bpy-{'.'.join(map(str, version))}" / "bin" / "python"


def blender_tool(version: tuple[int, ...]) -> list[str]:
    """Blender's own tool for extensions, which runs without Blender."""
    python = python_of(version)
    (tool,) = python.parents[1].glob(
        "lib/python*/site-packages/bpy/*/scripts/addons_core/bl_pkg/cli/blender_ext.py"
    )
    return [str(python), str(tool)]


def validate(version: tuple[int, ...], extension: Path) -> None:
    done = subprocess.run(
        [*blender_tool(version), "validate", str(extension)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "error" not in (done.stdout + done.stderr).lower()


def assert_switches(said: dict[str, Any], extension: Path) -> None:
    first = said["on"][0]
    assert any(name.startswith("FOLEY_OT_") for name in first), first
    assert said["on"] == [first] * 3
    assert said["off"] == [[], []]
    assert said["enabled"]
    assert Path(said["file"]).parent == extension


def test_blenders_own_tool_finds_nothing_wrong_with_zip_and_folder(blender: Any, tmp_path: Path) -> None:
    validate(blender.version, build_blender(tmp_path / "foley.zip"))
    validate(blender.version, build_blender(tmp_path / "foley"))


def test_blenders_own_tool_builds_the_same_zip_of_it(blender: Any, tmp_path: Path) -> None:
    folder, ours = build_blender(tmp_path / "foley"), build_blender(tmp_path / "foley.zip")
    theirs = tmp_path / "theirs.zip"
    command = [
        *blender_tool(blender.version),
        "build",
        "--source-dir",
        str(folder),
        "--output-filepath",
        str(theirs),
    ]
    subprocess.run(command, check=True, capture_output=True)
    with zipfile.ZipFile(ours) as one, zipfile.ZipFile(theirs) as other:
        assert {name: one.read(name) for name in one.namelist()} == {
            name: other.read(name) for name in other.namelist()
        }


def test_blender_installs_the_zip_and_switches_it_on_and_off(blender: Any, tmp_path: Path) -> None:
    archive = build_blender(tmp_path / "foley.zip")
    said = blender("packaging", archive)
    assert_switches(said, tmp_path / "blender-user" / "extensions" / "user_default" / "foley")


def test_blender_finds_what_foley_install_put_there(
    blender: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = tmp_path / "blender-user"
    user.mkdir()
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    assert run(["install", "blender", "--path", str(user)]) == 0
    assert_switches(blender("packaging"), user / "extensions" / "user_default" / "foley")


@pytest.mark.parametrize("variable", ["BLENDER_USER_RESOURCES", "BLENDER_USER_EXTENSIONS"])
def test_foley_install_follows_blenders_variables(
    variable: str, blender: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path / "moved"
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("BLENDER_USER_RESOURCES", raising=False)
    monkeypatch.setenv(variable, str(moved))
    assert run(["install", "blender"]) == 0
    said = blender("packaging", env={variable: str(moved)})
    below = "extensions/user_default/foley" if variable.endswith("RESOURCES") else "user_default/foley"
    assert_switches(said, moved / below)


def test_blender_itself_installs_and_enables_it(
    blender: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if blender.version < (4, 5):
        pytest.skip("the module of Blender 4.2 crashes when it reads preferences")
    script = Path(__file__).parent / "inside" / "as_application.py"
    program = tmp_path / "blender"
    program.write_text(f'#!/bin/sh\nexec "{python_of(blender.version)}" "{script}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv("FOLEYD_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("BLENDER_USER_RESOURCES", str(tmp_path / "blender-user"))
    assert run(["install", "blender", "--path", str(program), "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["installed"]
    extension = tmp_path / "blender-user" / "extensions" / "user_default" / "foley"
    assert (one["path"], one["enabled"]) == (str(extension), True)
    assert one["blender"] == ".".join(map(str, blender.version[:2]))
    validate(blender.version, extension)
    assert run(["uninstall", "blender", "--path", str(program)]) == 0
    assert not extension.exists()


@pytest.fixture(scope="module")
def wheel_foley(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The ``foley`` of a fresh environment that has nothing but foleyd's wheel and what it needs."""
    folder = tmp_path_factory.mktemp("wheel")
    python = folder / "venv" / "bin" / "python"
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "-q"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    clean["PIP_CONSTRAINT"] = str(ROOT / "constraints.txt")
    for command in (
        [sys.executable, "-m", "venv", str(folder / "venv")],
        [*pip, "wheel", "--no-deps", "-w", str(folder), str(ROOT)],
        [*pip, "install", str(folder / f"foleyd-{__version__}-py3-none-any.whl")],
    ):
        subprocess.run(command, check=True, env=clean, cwd=folder)
    return python.with_name("foley")


@pytest.mark.slow
def test_a_wheel_in_a_fresh_environment_installs_an_extension_that_works(
    wheel_foley: Path, blender: Any, tmp_path: Path
) -> None:
    user, home = tmp_path / "blender-user", tmp_path / "home"
    user.mkdir()
    environment = {"HOME": str(tmp_path), "FOLEYD_HOME": str(home), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(
        [str(wheel_foley), "install", "blender", "--path", str(user), "--json"],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    extension = user / "extensions" / "user_default" / "foley"
    assert [one["path"] for one in json.loads(done.stdout)["installed"]] == [str(extension)]
    validate(blender.version, extension)
    try:
        # Nothing leads Blender to foley but the record.
        found = {"FOLEYD_COMMAND": "", "PATH": "/usr/bin:/bin", "FOLEYD_HOME": str(home)}
        said = blender("packaging", "ask", env=found)
    finally:
        subprocess.run([str(wheel_foley), "stop"], env=environment, check=True, capture_output=True)
    assert_switches(said, extension)
    assert Path(said["server"]["command"][0]).parent == wheel_foley.parent
    assert said["server"]["version"] == __version__
