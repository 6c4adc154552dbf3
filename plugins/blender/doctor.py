# SPDX-License-Identifier: GPL-3.0-or-later
"""``foley doctor``, run outside and asked now and then how far it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass

SECONDS = 120.0


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's answer."""

    state: str
    """"ok", "note" (something may be had besides) or "bad" (this must be mended)."""
    text: str
    fix: str = ""


class Doctor:
    """One run of ``foley doctor``; never waits."""

    def __init__(self, command: Sequence[str], environment: dict[str, str]) -> None:
        self._folder = tempfile.mkdtemp(prefix="foley-doctor-")
        self._answer = os.path.join(self._folder, "answer.json")
        self._began = time.monotonic()
        with open(self._answer, "wb") as out:
            self._child = subprocess.Popen(
                [*command, "doctor", "--json"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.DEVNULL,
                env=environment,
                cwd=self._folder,
                creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )

    def poll(self) -> list[Finding] | None:
        """What it found; None while it is still looking."""
        if self._child.poll() is None:
            if time.monotonic() - self._began < SECONDS:
                return None
            self.close()
            return [Finding("bad", "foley doctor did not end in two minutes", "run it in a terminal")]
        try:
            with open(self._answer, encoding="utf-8") as answer:
                found = findings(answer.read())
        finally:
            self.close()
        return found

    def close(self) -> None:
        """Ends the child if it still runs, and removes its files."""
        if self._child.poll() is None:
            self._child.kill()
            self._child.wait()
        shutil.rmtree(self._folder, ignore_errors=True)


def findings(answer: str) -> list[Finding]:
    """The doctor's JSON as lines for an editor: the verdict, what is wrong, then engines and notes."""
    try:
        said = json.loads(answer)
        checks = [
            Finding(_state(check["state"]), f"{check['name']}: {check['detail']}", check.get("fix", ""))
            for check in said["checks"]
            if check["state"] != "ok" or check["name"].startswith(("daemon", "engine", "main job"))
        ]
        healthy = bool(said["ok"])
    except (ValueError, KeyError, TypeError):
        return [Finding("bad", "foley doctor gave no answer that can be read", "run it in a terminal")]
    verdict = Finding("ok", "foley works here") if healthy else Finding("bad", "foley cannot work yet")
    order = {"bad": 0, "ok": 1, "note": 2}
    return [verdict, *sorted(checks, key=lambda finding: order[finding.state])]


def _state(word: str) -> str:
    return word if word in {"ok", "note"} else "bad"
