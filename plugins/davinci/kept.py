# SPDX-License-Identifier: Apache-2.0
"""What is remembered between runs: the last questions of each project, and what jobs have put where.

One JSON file beside foleyd's settings, written anew and renamed each time. Standard library only, Python 3.8
syntax.
"""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from dataclasses import fields
from typing import Any, Mapping

from .foley_find import record_path
from .placed import COPIED, REMOVED, Added
from .resolve_calls import HostProblem

FILE = "davinci.json"
MOST_JOBS = 200
MOST_PROMPTS = 20


class Kept:
    """The memory, read from PATH (default: beside the record of ``foley install``)."""

    def __init__(self, path: str = "") -> None:
        self.path = path or os.path.join(os.path.dirname(record_path()), FILE)
        self._projects: dict[str, dict[str, Any]] = {}
        self._jobs: list[Added] = []
        self.set_aside = ""
        """Where a file is that could not be read."""
        self._read()

    def _read(self) -> None:
        """What the file says now: another run, from a second click, may have written it meanwhile."""
        try:
            with open(self.path, encoding="utf-8") as file:
                said = json.load(file)
            self._projects = {str(name): dict(values) for name, values in said["projects"].items()}
            self._jobs = [_added(entry) for entry in said["jobs"]]
        except FileNotFoundError:
            pass
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            with suppress(OSError):  # kept under another name rather than written over
                os.replace(self.path, self.path + ".unreadable")
                self.set_aside = self.path + ".unreadable"

    # ------------------------------------------------------------------------------------ questions

    def values(self, project: str, timeline: str) -> dict[str, Any]:
        """What was asked last in PROJECT; the folder is that of TIMELINE."""
        known = self._projects.get(project, {})
        values = dict(known.get("values", {}))
        values["folder"] = known.get("folders", {}).get(timeline, "")
        return values

    def prompts(self, project: str) -> list[str]:
        """Earlier prompts of PROJECT, the newest first."""
        return list(self._projects.get(project, {}).get("prompts", ()))

    def remember(self, project: str, timeline: str, values: Mapping[str, Any]) -> None:
        """Keeps what was asked. Raises HostProblem where it cannot be written."""
        self._read()
        known = self._projects.setdefault(project, {})
        known["values"] = {name: values[name] for name in values if name not in ("source", "seed", "folder")}
        known.setdefault("folders", {})[timeline] = values["folder"]
        prompts = [str(values["prompt"]), *known.get("prompts", ())]
        known["prompts"] = [text for text in dict.fromkeys(prompts) if text][:MOST_PROMPTS]
        self._write()

    def rates(self, project: str, timeline: str) -> str:
        """The rates of TIMELINE and its project that the editor has agreed to, as :meth:`agree` has them."""
        return str(self._projects.get(project, {}).get("rates", {}).get(timeline, ""))

    def agree(self, project: str, timeline: str, rates: str) -> None:
        """Keeps that the editor agreed to RATES. Raises HostProblem where it cannot be written."""
        self._read()
        self._projects.setdefault(project, {}).setdefault("rates", {})[timeline] = rates
        self._write()

    # ----------------------------------------------------------------------------------------- jobs

    def note(self, added: Added) -> None:
        """Keeps ADDED as it is now; of what was taken back whole there is nothing to be kept.

        Raises HostProblem where it cannot be written.
        """
        self._read()
        jobs = {(job.job, job.timeline): job for job in self._jobs}
        jobs[added.job, added.timeline] = added  # in its place, as the order is that of the clicks
        self._jobs = [job for job in jobs.values() if job.state != REMOVED][-MOST_JOBS:]
        self._write()

    def last(self, project: str, timeline: str) -> Added | None:
        """The newest job whose sound is on TIMELINE of PROJECT, as far as is known."""
        self._read()
        found = [
            job
            for job in self._jobs
            if (job.project, job.timeline) == (project, timeline) and job.state not in (REMOVED, COPIED)
        ]
        return found[-1] if found else None

    def jobs(self, project: str) -> list[Added]:
        """Every job whose sound is on a timeline of PROJECT, or was and has copies, as far as is known."""
        self._read()
        return [job for job in self._jobs if job.project == project and job.state != REMOVED]

    def _write(self) -> None:
        content = {"projects": self._projects, "jobs": [job.as_json() for job in self._jobs]}
        folder = os.path.dirname(self.path)
        try:
            os.makedirs(folder, exist_ok=True)
            handle, temporary = tempfile.mkstemp(prefix=".foley-", suffix=".json", dir=folder)
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(content, file, ensure_ascii=False, indent=1)
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(temporary, self.path)
            except BaseException:
                with suppress(OSError):
                    os.remove(temporary)
                raise
        except OSError as error:
            raise HostProblem(
                f"{self.path} cannot be written ({error.strerror}), so what is added could not be taken back "
                "later; free some space there or mend its permissions"
            ) from None


def _added(entry: Mapping[str, Any]) -> Added:
    known = {field.name for field in fields(Added)}
    return Added(**{name: value for name, value in entry.items() if name in known})
