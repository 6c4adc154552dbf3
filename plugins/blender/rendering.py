# SPDX-License-Identifier: GPL-3.0-or-later
"""What only Blender can show is rendered small: by another Blender, in background, on a copy of the file.

The user's process, settings and file are left alone. The copy and everything beside it is removed when
the movies are there, or when it failed or was cancelled; the movies lie in “rendered” in the folder until
:func:`drop`.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import bpy

from .program import Picture

MOVIES = "rendered"
"""Folder of the movies, in the folder of the sound."""

_SCRIPT = Path(__file__).with_name("render_range.py")
_NO_WINDOW = getattr(subprocess, "CREATE_NO_WINDOW", 0)


class RenderFailed(Exception):
    """It cannot be rendered; the message is one sentence for the editor."""


class Rendering:
    """One run of the other Blender. Nothing here waits but for the copy of the file to be written."""

    def __init__(self) -> None:
        self._child: subprocess.Popen[bytes] | None = None
        self._aside = Path()
        self._folder = Path()
        self._made = False
        self._names: list[tuple[str, str]] = []

    def start(self, scene: Any, pictures: Sequence[Picture], folder: str) -> None:
        """Begins to render PICTURES, as SCENE shows them, for FOLDER (absolute, made when missing)."""
        for picture in pictures:
            if picture.path and not os.path.exists(picture.path):
                raise RenderFailed(
                    f"“{picture.name}” {picture.why_not} and must be rendered, but its file is not there: "
                    f"{picture.path}"
                )
        try:
            self._folder = Path(folder)
            self._made = not self._folder.exists()
            self._folder.mkdir(parents=True, exist_ok=True)
            self._aside = Path(tempfile.mkdtemp(prefix=".rendering-", dir=folder))
            copy = self._aside / "copy.blend"
            bpy.ops.wm.save_as_mainfile(
                filepath=str(copy),
                copy=True,
                relative_remap=True,
                check_existing=False,
                # As the user's file is, in case Blender keeps this choice for the next save.
                compress=_is_compressed(),
            )
            self._names = [(picture.key, f"{number}.mp4") for number, picture in enumerate(pictures)]
            task = {
                "blend": str(copy),
                "scene": scene.name,
                "answer": str(self._aside / "answer.json"),
                "ranges": [
                    {"start": picture.start, "end": picture.end, "movie": str(self._aside / name)}
                    for picture, (_, name) in zip(pictures, self._names, strict=True)
                ],
            }
            (self._aside / "task.json").write_text(json.dumps(task), encoding="utf-8")
            self._child = self._launch()
        except (OSError, RuntimeError) as problem:
            self._tidy()
            raise RenderFailed(
                f"“{pictures[0].name}” {pictures[0].why_not} and must be rendered, but that cannot begin in "
                f"{folder}: {_one_line(str(problem))}"
            ) from problem

    def poll(self) -> dict[str, str] | None:
        """The movies by :attr:`Picture.key`; None while they are being rendered. Raises RenderFailed."""
        if self._child is None or self._child.poll() is None:
            return None
        try:
            answer = json.loads((self._aside / "answer.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            answer = {
                "problem": f"Blender ended with {self._child.returncode} and said: {self._last_words()}"
            }
        try:
            if answer.get("problem"):
                raise RenderFailed(f"the picture cannot be rendered: {answer['problem']}")
            return {key: self._keep(key, name) for key, name in self._names}
        except OSError as problem:
            raise RenderFailed(f"the rendered picture cannot be kept: {_one_line(str(problem))}") from problem
        finally:
            self._child = None
            self._tidy()

    def cancel(self) -> None:
        """Ends it and removes what it made."""
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            self._child = None
        self._tidy()

    def _launch(self) -> subprocess.Popen[bytes]:
        task = str(self._aside / "task.json")
        # The bpy module has no application beside it; its Python can import it again.
        command = [sys.executable, str(_SCRIPT), "--", task]
        if bpy.app.binary_path:
            quiet = ["--background", "--factory-startup", "-noaudio"]
            command = [bpy.app.binary_path, *quiet, "--python", str(_SCRIPT), "--", task]
        with open(self._aside / "log.txt", "wb") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._aside,
                creationflags=_NO_WINDOW,
            )

    def _last_words(self) -> str:
        try:
            text = (self._aside / "log.txt").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return "nothing"
        lines = [line for line in text.splitlines() if line.strip()]
        return _one_line(lines[-1]) if lines else "nothing"

    def _keep(self, key: str, name: str) -> str:
        """Moves a movie to where it stays, under a name that is not taken."""
        folder = self._folder / MOVIES
        folder.mkdir(exist_ok=True)
        stem = re.sub(r"[^\w.() -]", "_", key)[:120]
        path, number = folder / f"{stem}.mp4", 1
        while path.exists():
            number += 1
            path = folder / f"{stem} {number}.mp4"
        os.replace(self._aside / name, path)
        return str(path)

    def _tidy(self) -> None:
        if self._aside != Path():
            shutil.rmtree(self._aside, ignore_errors=True)
            self._aside = Path()
        if self._made:
            # It goes again where nothing came into it.
            with contextlib.suppress(OSError):
                self._folder.rmdir()


def drop(movies: Sequence[str]) -> None:
    """Deletes MOVIES, and their folder where nothing else is in it."""
    for movie in movies:
        with contextlib.suppress(OSError):
            os.unlink(movie)
    for folder in {os.path.dirname(movie) for movie in movies}:
        with contextlib.suppress(OSError):
            os.rmdir(folder)


def _is_compressed() -> bool:
    """Whether the user's file is, or where it was never saved would be, compressed."""
    try:
        with open(bpy.data.filepath, "rb") as file:
            return file.read(7) != b"BLENDER"
    except OSError:
        return bool(bpy.context.preferences.filepaths.use_file_compression)


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
