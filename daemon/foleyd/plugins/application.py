"""Blender itself, asked from outside where its extensions are, and told to install one."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from foleyd.plugins.errors import ProgramUnusable
from foleyd.plugins.places import OLDEST, REPOSITORY, Place

_SECONDS = 180.0
_MARK = "FOLEYD "
_QUESTION = f"""
import bpy, json
repos = getattr(getattr(bpy.context.preferences, "extensions", None), "repos", [])
folders = [repo.directory for repo in repos if repo.module == {REPOSITORY!r} and repo.enabled]
enabled = {f"bl_ext.{REPOSITORY}.foley"!r} in bpy.context.preferences.addons
print({_MARK!r} + json.dumps([list(bpy.app.version), folders, enabled]), flush=True)
"""


def ask_application(program: Path) -> tuple[Place, bool]:
    """Where the Blender PROGRAM keeps extensions that come from files; whether ours is enabled in it.

    Raises ProgramUnusable when it is no Blender, too old, or has no such repository.
    """
    said = _run(program, ["--background", "--python-expr", _QUESTION])
    line = next((line for line in said.stdout.splitlines() if line.startswith(_MARK)), None)
    if line is None:
        raise ProgramUnusable(f"{program} did not answer as Blender does{_last_line(said)}; check --path")
    version, folders, enabled = json.loads(line.removeprefix(_MARK))
    short = ".".join(map(str, version[:2]))
    if tuple(version[:2]) < OLDEST:
        raise ProgramUnusable(
            f"{program} is Blender {short}, which has no extensions; 4.2 is the first that has"
        )
    if not folders:
        raise ProgramUnusable(
            f"the repository {REPOSITORY} is switched off in Blender {short}; switch it on in "
            "Edit > Preferences > Get Extensions > Repositories"
        )
    return Place(Path(folders[0]), short, program), enabled


def install_with_application(program: Path, archive: Path) -> str:
    """Has the Blender PROGRAM install and enable the extension in ARCHIVE; returns its last words.

    Neither they nor its exit code, 0 also where it failed, prove anything: look whether it is there.
    Raises ProgramUnusable when it cannot be started.
    """
    said = _run(program, ["--command", "extension", "install-file", "-r", REPOSITORY, "-e", str(archive)])
    return _last_line(said)


def _run(program: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(
            [str(program), *arguments],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=_SECONDS,
        )
    except OSError as error:
        raise ProgramUnusable(f"{program} cannot be started ({error.strerror}); check --path") from error
    except subprocess.TimeoutExpired as error:
        raise ProgramUnusable(f"{program} did not answer in {_SECONDS:.0f} s; check --path") from error


def _last_line(said: subprocess.CompletedProcess[str]) -> str:
    lines = (said.stdout + said.stderr).strip().splitlines()
    return f" ({lines[-1].strip()[:200]})" if lines else ""
