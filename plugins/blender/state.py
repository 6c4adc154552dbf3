# SPDX-License-Identifier: GPL-3.0-or-later
"""What the extension has under way, and how it is said in the panels.

There is one :class:`State`, as long as the extension is enabled. It holds names and numbers, never a
reference to a scene or a strip: those are gone after an undo or when another file is opened.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import bpy

from . import doctor, marks, placing, rendering, settings, vse_host
from .foley_find import find_foley
from .foley_jobs import Jobs
from .foley_server import ServerWatch

ANSWER_KEPT_SECONDS = 20.0
KEPT_SENTENCES = 3
ENDED = frozenset({"done", "failed", "cancelled"})
WAITS_FOR_YOU = "ready; it is placed as soon as you let go"


@dataclass(frozen=True)
class Target:
    """Where a job's strips belong."""

    file: str
    """The .blend; '' where it was never saved."""
    scene: str
    """The scene's name."""
    uid: int
    """Blender's number for the scene while its file is open."""
    span: tuple[int, int]
    """Scene frames that the sound is for, end exclusive."""
    strips: tuple[tuple[str, int, int], ...] = ()
    """The picture strips it was asked for: name, left, right."""
    instead_of: tuple[str, str] | None = None
    """Job and cue whose takes are muted when the new ones are there."""


class State:
    """All that is under way."""

    def __init__(self) -> None:
        self.jobs = Jobs(find_command)
        self.watch = ServerWatch(find_command)
        self.doctor: doctor.Doctor | None = None
        self.findings: list[doctor.Finding] = []
        self.sentences: list[str] = []
        self.targets: dict[str, Target] = {}
        self.outcomes: dict[str, str] = {}
        self.unplaced: list[str] = []
        self.renderings: dict[str, rendering.Rendering] = {}
        self.rendered: dict[str, list[str]] = {}
        """Movies that were made for a job; they go when it is over."""
        self.asked = False

    def views(self) -> list[Any]:
        """The jobs in the order they were asked for; those that are over too, until dismissed."""
        return list(self.jobs.views)

    def view(self, job: str) -> Any | None:
        """The job of that id."""
        return next((view for view in self.jobs.views if view.id == job), None)

    def ended(self, view: Any) -> bool:
        """Whether the job is over, and placed where it has anything to place."""
        return view.state in ENDED and view.id not in self.unplaced

    def busy(self) -> bool:
        """Whether the next look should come soon."""
        under_way = any(not self.ended(view) for view in self.jobs.views)
        return bool(under_way or self.doctor or self.watch.busy)

    def say(self, sentence: str) -> str:
        """Puts SENTENCE into the panel, and returns it as it is shown."""
        shown = as_sentence(sentence)
        self.sentences = [*[kept for kept in self.sentences if kept != shown], shown][-KEPT_SENTENCES:]
        redraw()
        return shown

    def unsay(self, index: int) -> None:
        """Takes a sentence off the panel."""
        del self.sentences[index : index + 1]
        redraw()

    def ask_server(self, at_once: bool = False) -> None:
        """Has foley asked whether it is ready, unless the last answer is fresh."""
        if at_once or self.watch.age > ANSWER_KEPT_SECONDS:
            self.watch.ask()

    def ask_server_once(self) -> None:
        """Has foley asked the first time that somebody looks."""
        if not self.asked:
            self.asked = True
            self.ask_server()

    def cancel(self, job: str) -> None:
        """Stops a job, wherever it is."""
        if job in self.unplaced:
            self.unplaced.remove(job)
            self.outcomes[job] = f"not placed; the takes are in {self.folder_of(self.view(job))}"
        else:
            self.jobs.cancel(job)
        if job in self.renderings:
            self.renderings.pop(job).cancel()
        redraw()

    def drop_rendered(self) -> None:
        """Deletes the movies that were rendered for jobs which are over."""
        for job in list(self.rendered):
            view = self.view(job)
            if view is None or view.state in ENDED:
                rendering.drop(self.rendered.pop(job))

    def dismiss(self, job: str) -> None:
        """Takes an ended job off the list."""
        self.jobs.forget(job)
        self.targets.pop(job, None)
        self.outcomes.pop(job, None)
        redraw()

    def close(self) -> None:
        """Ends all children."""
        for job in list(self.renderings):
            self.renderings.pop(job).cancel()
        self.jobs.close()
        self.watch.close()
        if self.doctor:
            self.doctor.close()

    # ---------------------------------------------------------------------------- in words

    def progress_text(self, view: Any) -> str:
        """What is being done and the time left."""
        if view.id in self.unplaced:
            return WAITS_FOR_YOU
        words = str(view.words or view.state)
        left = f", {math.ceil(view.eta)} s left" if view.eta else ""
        return f"{words}{left}" if view.state == "running" else words

    def outcome(self, view: Any) -> str:
        """What became of an ended job, in a sentence."""
        if view.state == "done":
            return self.outcomes.get(view.id, "")
        if view.state == "cancelled":
            return "cancelled; nothing was changed"
        return str(view.error or "it failed; Check foley in the preferences may say why")

    def folder_of(self, view: Any) -> str:
        """Where the takes of a finished job are; '' where there are none."""
        return str(view.ask.folder) if view is not None and view.state == "done" else ""

    def ready_text(self) -> tuple[str, bool]:
        """Whether foley is ready, as last heard, and whether that is good news."""
        if self.watch.problem:
            return as_sentence(self.watch.problem), False
        if self.watch.text:
            return as_sentence(self.watch.text.partition(" (")[0]), True
        return ("Asking foley…" if self.watch.busy else "foley was not asked yet"), True


_current: list[State] = []


def current() -> State:
    """The one state."""
    return _current[0]


def begin() -> None:
    """The extension is enabled."""
    _current[:] = [State()]


def end() -> None:
    """The extension is disabled: what is under way is cancelled."""
    current().close()


def find_command() -> list[str]:
    """The `foley` command. Raises FoleyMissing."""
    return find_foley(bpy.path.abspath(settings.get(bpy.context).command))


def as_sentence(text: str) -> str:
    """TEXT with a capital, but not where it begins with a name that has none (foley, a path)."""
    return text if text.startswith(("foley", "/")) else text[:1].upper() + text[1:]


def active_take(context: Any) -> Any | None:
    """The active strip where it is one of ours."""
    scene = vse_host.scene_of(context)
    strip = scene.sequence_editor.active_strip if scene and scene.sequence_editor else None
    return strip if strip is not None and marks.is_ours(strip) else None


def selected_takes(context: Any) -> Iterator[Any]:
    """The selected strips that are ours."""
    return (strip for strip in vse_host.selected(context) if marks.is_ours(strip))


def layers_in(scene: Any) -> list[str]:
    """The layers that SCENE has sound of ours in."""
    return sorted({str(strip[marks.LAYER]) for strip in placing.strips_of(scene)})


def redraw() -> None:
    """Has the sequencers' sidebars and the preferences drawn anew."""
    if bpy.app.background:
        return
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            for region in area.regions:
                if (area.type, region.type) in {("SEQUENCE_EDITOR", "UI"), ("PREFERENCES", "WINDOW")}:
                    region.tag_redraw()
