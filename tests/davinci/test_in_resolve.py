"""The installed menu entries, run in processes of their own as Resolve's Pythons would run them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from clipmaker import make_clip
from davinci.stage import clip_spec

TESTS = Path(__file__).parents[1]
FOLEY = Path(sys.executable).parent / "foley"
VERSIONS = ("3.8", "3.9", "3.10", "3.11", "3.12", "3.13")
FRAMES = 50
LAID = [[90_000, 90_050, True]]


def interpreters() -> list[str]:
    """The oldest and the newest Python at hand that the plugin runs in, among them always this one."""
    found = [sys.executable]
    for version in VERSIONS:
        path = shutil.which(f"python{version}")
        said = subprocess.run([path, "-c", "print(1)"], capture_output=True, check=False) if path else None
        found += [path] if path and said and said.returncode == 0 else []
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found += [str(path) for version in VERSIONS for path in pyenv.glob(f"{version}.*/bin/python3")]
    return sorted(set(found), key=_version)


def _version(path: str) -> tuple[int, ...]:
    said = subprocess.run(
        [path, "-c", "import sys; print(*sys.version_info[:2])"], capture_output=True, text=True, check=True
    )
    return tuple(map(int, said.stdout.split()))


ALL = interpreters()
OLDEST_AND_NEWEST = [
    pytest.param(path, id=".".join(map(str, _version(path))), marks=[pytest.mark.slow] * (path != ALL[0]))
    for path in dict.fromkeys((ALL[0], ALL[-1]))
]


@pytest.fixture
def entries(tmp_path: Path, answer: Callable[..., dict[str, Any]]) -> Path:
    """The menu folder, with the plugin installed into it by the command."""
    scripts = tmp_path / "Fusion" / "Scripts"
    scripts.mkdir(parents=True)
    subprocess.run([FOLEY, "install", "davinci", "--path", scripts], check=True, capture_output=True)
    return scripts / "Utility"


@pytest.fixture
def run(tmp_path: Path, entries: Path, answer: Callable[..., dict[str, Any]]) -> Callable[..., Any]:
    """Runs menu entries by name in an interpreter."""
    clip = make_clip(tmp_path / "flashes.mp4", frames=FRAMES, size=(96, 64))
    values = answer()

    def running(python: str, names: list[str], version: str, edition: str, prompt: str = "clicks") -> Any:
        job = tmp_path / "job.json"
        project = clip_spec(clip, "25", FRAMES, markers=[{"frame": 10, "name": "clicks"}])
        job.write_text(
            json.dumps(
                {
                    "tests": str(TESTS),
                    "project": project,
                    "version": version,
                    "edition": edition,
                    "entries": [str(entries / f"Foley - {name}.py") for name in names],
                    "answers": {"Prompt": prompt, "Engine": "fake", "Folder": values["folder"]},
                }
            )
        )
        said = subprocess.run(
            [python, "-I", str(TESTS / "davinci" / "in_resolve.py"), str(job)],
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert said.returncode == 0, said.stderr
        return {**json.loads(said.stdout.splitlines()[-1]), "printed": said.stdout.splitlines()[:-1]}

    return running


@pytest.mark.parametrize("python", OLDEST_AND_NEWEST)
def test_the_menu_in_studio(run: Callable[..., Any], python: str) -> None:
    said = run(python, ["Generate", "Redo last", "Remove last", "Remove last"], "20.3", "studio")
    assert [[track[2] for track in tracks[1:]] for tracks in said["tracks"]] == [
        [LAID],
        [[[90_000, 90_050, False]], LAID],
        [LAID],
        [],
    ]
    assert "Foley: foley" in said["shown"][0]
    assert "1 take removed: clicks" in said["shown"][2]


@pytest.mark.parametrize("python", OLDEST_AND_NEWEST)
def test_the_menu_where_the_dialog_is_a_child(
    run: Callable[..., Any], python: str, tmp_path: Path, answer: Callable[..., dict[str, Any]]
) -> None:
    values = answer(prompt="clicks of a child")
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"acts": [["generate", values], ["close"]], "trouble": ""}))
    wrapper = Path(os.environ["FOLEYD_COMMAND"])
    stand_in = Path(__file__).parent / "stand_in_dialog.py"
    body = wrapper.read_text().splitlines()
    dialog = f'[ "$1" = dialog ] && exec {sys.executable} {stand_in} {plan} "$@"'
    wrapper.write_text("\n".join([body[0], dialog, *body[1:]]) + "\n")
    said = run(python, ["Generate"], "20.3", "free")
    assert [track[2] for track in said["tracks"][0][1:]] == [LAID]
    assert said["studio_only"] == [], "nothing that only Studio has is touched"
    heard = [json.loads(line) for line in Path(f"{plan}.heard").read_text().splitlines()]
    assert [word["show"] for word in heard if "show" in word][-1] == "tell"


@pytest.mark.slow
def test_the_menu_without_any_window_takes_the_markers(run: Callable[..., Any], home: Path) -> None:
    wrapper = Path(os.environ["FOLEYD_COMMAND"])
    (home / "config" / "davinci.json").unlink(missing_ok=True)
    body = wrapper.read_text().splitlines()
    no_dialog = '[ "$1" = dialog ] && { echo "no tkinter here" >&2; exit 2; }'
    wrapper.write_text("\n".join([body[0], no_dialog, *body[1:]]) + "\n")
    said = run(sys.executable, ["Generate", "Generate from markers"], "21.0", "free")
    assert [len(tracks) for tracks in said["tracks"]] == [2, 3]
    assert [track[2] for track in said["tracks"][1][1:]] == [[[90_010, 90_050, True]]] * 2
    assert any("what the markers say" in line for line in said["printed"])
    assert any("OK" in line and "Foley: foley" in line for line in said["printed"])
    assert said["studio_only"] == []
