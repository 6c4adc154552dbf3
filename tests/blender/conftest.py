"""Scripts run inside real Blenders; what they print as their last line comes back as JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from foleyd.cli.main import run
from foleyd.plugins.build import build_blender

ROOT = Path(__file__).parents[2]
INSIDE = Path(__file__).parent / "inside"
VERSIONS = ("4.2.23", "4.5.15", "5.0.1", "5.2.3")
SECONDS = 240.0

Script = Callable[..., Any]


def interpreter(version: str) -> Path:
    """The Python that has bpy VERSION, made by ``make install-bpy``."""
    return ROOT / f".venv-bpy-{version}" / "bin" / "python"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(item.fspath).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.blender)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "blender" in metafunc.fixturenames:
        wanted = os.environ.get("BPY_VERSIONS", " ".join(VERSIONS)).split()
        found = [version for version in wanted if interpreter(version).exists()]
        missing = pytest.param("", marks=pytest.mark.skip(reason="no bpy: make install-bpy gets it"))
        metafunc.parametrize("blender", found or [missing], indirect=True)


@pytest.fixture(scope="session")
def extension(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that holds the extension as a package named ``foley``."""
    folder = tmp_path_factory.mktemp("extension")
    build_blender(folder / "foley")
    return folder


@pytest.fixture(scope="session")
def foley_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """FOLEYD_HOME of all scripts; its daemon is stopped at the end."""
    home = tmp_path_factory.mktemp("home")
    yield home
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FOLEYD_HOME", str(home))
        run(["stop"])


@pytest.fixture(scope="session")
def real_result(foley_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A Result as ``foley call Generate`` prints it, in a file: a real clip at 23.976, cut at frame 80.

    Cues lie over 20 to 80 and 80 to 140, in the layers foley and ambience, each with three takes and handles
    of 12 frames.
    """
    clip = {"path": str(ROOT / "tests" / "data" / "clips" / "stream-of-water.mp4")}
    shots = [
        {"media": clip, "source_start": {"num": n, "den": 1}, "record_start_frame": at, "duration_frames": 60}
        for n, at in ((0, 20), (1, 80))
    ]
    folder = tmp_path_factory.mktemp("sounds")
    request = {
        "selection": {
            "program": {"rate": {"num": 24000, "den": 1001}, "shots": shots, "name": "edit"},
            "ranges": [{"start_frame": 20, "end_frame": 80}, {"start_frame": 80, "end_frame": 140}],
        },
        "rule": {
            "prompts": ["water splashing", "ambience: wind"],
            "negative_prompt": "music",
            "takes": 3,
            "seed": 2**40,
        },
        "engine": {"name": "procedural"},
        "output": {"folder": str(folder), "handles_frames": 12},
    }
    (folder / "request.json").write_text(json.dumps(request))
    command = [str(Path(sys.executable).parent / "foley"), "call", "Generate"]
    done = subprocess.run(
        [*command, "--request", str(folder / "request.json")],
        capture_output=True,
        text=True,
        check=False,
        timeout=SECONDS,
        env={**os.environ, "FOLEYD_HOME": str(foley_home)},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    result = folder / "result.json"
    result.write_text(json.dumps(json.loads(done.stdout.splitlines()[-1])["done"]))
    return result


@pytest.fixture
def blender(request: pytest.FixtureRequest, extension: Path, foley_home: Path, tmp_path: Path) -> Script:
    """Runs ``inside/NAME.py`` in one of the Blenders: ``blender("name", arg, …)`` -> what it printed last.

    The script finds the extension as the package ``foley``, its arguments in ``sys.argv[1:]`` and its
    version of Blender as ``blender.version`` here.
    """
    version: str = request.param

    def script(name: str, *arguments: object, env: dict[str, str] | None = None, code: int = 0) -> Any:
        environment = {
            **os.environ,
            "FOLEYD_HOME": str(foley_home),
            "FOLEYD_COMMAND": str(Path(sys.executable).parent / "foley"),
            "BLENDER_USER_RESOURCES": str(tmp_path / "blender-user"),
            "PYTHONPATH": os.pathsep.join((str(extension), str(INSIDE))),
            **(env or {}),
        }
        done = subprocess.run(
            [str(interpreter(version)), str(INSIDE / f"{name}.py"), *map(str, arguments)],
            capture_output=True,
            text=True,
            check=False,
            timeout=SECONDS,
            env=environment,
            cwd=tmp_path,
        )
        if done.returncode != code:
            raise AssertionError(f"{name} in {version}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        lines = done.stdout.strip().splitlines()
        return json.loads(lines[-1]) if lines else None

    script.version = tuple(map(int, version.split("."))) if version else ()  # type: ignore[attr-defined]
    return script
