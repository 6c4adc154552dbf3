# SPDX-License-Identifier: GPL-3.0-or-later
"""From what is selected to a job: the ranges that are meant, what stands in the way, the handing over.

What cannot be asked ends as ValueError whose text is the sentence to show; the scene is unchanged.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from typing import Any

import bpy

from . import marks, pump, rendering, settings, state, vse_host
from .foley_find import too_old
from .foley_requests import Ask, check_ask
from .timing import timecode

BACKGROUND_SECONDS = 3600.0

Ranges = list[tuple[int, int]]
Cues = list[tuple[int, int, str]]


def ranges_of(context: Any, source: str) -> Ranges:
    """The scene frames (end exclusive) that SOURCE stands for."""
    scene = vse_host.scene_of(context)
    preview = vse_host.preview_range(scene)
    if source == "PREVIEW" and preview is None:
        raise ValueError("there is no preview range: press P over the timeline and drag one")
    if preview is not None and source != "SELECTION":
        return [preview]
    selected = vse_host.selected_ranges(context)
    if source == "MARKERS" and not selected:
        return [(scene.frame_start, scene.frame_end + 1)]
    if not selected:
        raise ValueError("no strip is selected: select those that should sound, or set a preview range (P)")
    if source == "SELECTION":
        return list(selected)
    return [(min(start for start, _ in selected), max(end for _, end in selected))]


def marker_cues(context: Any, ranges: Ranges) -> Cues:
    """The cues of the timeline's markers in RANGES."""
    scene = vse_host.scene_of(context)
    cues = [cue for start, end in ranges for cue in vse_host.cue_markers(scene, start, end)]
    if not cues:
        rate = vse_host.rate(scene)
        between = f"{timecode(ranges[0][0], rate)} and {timecode(ranges[-1][1], rate)}"
        raise ValueError(
            f"there is no named timeline marker between {between}: M over the timeline sets one, F2 names it"
        )
    return cues


def check_folder(context: Any) -> str:
    """Where the WAV files will go."""
    folder = settings.sound_folder(context)
    if not folder:
        raise ValueError(
            "this project is not saved yet: save the .blend first, "
            "or name a folder in the extension's preferences"
        )
    return folder


def check_media(shots: Sequence[Any]) -> None:
    """Raises ValueError, naming strip and file, where media of SHOTS is gone."""
    for shot in shots:
        if shot.path and not os.path.exists(shot.path):
            raise ValueError(
                f"the media of “{shot.name}” is not there any more ({shot.path}): reconnect its drive, "
                "or use File > External Data > Find Missing Files"
            )


def client() -> str:
    """Who asks, for the daemon's record."""
    return f"blender {bpy.app.version_string}"


def check_version(now: state.State) -> None:
    """Raises ValueError where foley, as last heard, is older than what is asked of it; it is asked anew."""
    outdated = too_old(now.watch.version) if now.watch.version else ""
    if outdated:
        now.ask_server(at_once=True)
        raise ValueError(outdated)


def submit(context: Any, ask: Ask, instead_of: Any = None) -> Any:
    """Hands ASK over and returns its JobView; INSTEAD_OF: a strip whose takes will be muted."""
    check_ask(ask)
    now, scene = state.current(), vse_host.scene_of(context)
    check_version(now)
    ranges = ask.ranges or [(start, end) for start, end, _ in ask.cues]
    span = min(start for start, _ in ranges), max(end for _, end in ranges)
    program, unclear = vse_host.read_program(scene, *span, ask.handles)
    check_media(() if ask.text_only else program.shots)
    if unclear and not ask.text_only:
        view = now.jobs.hold(ask, scene.name)
    else:
        view = now.jobs.submit(ask, program, scene.name)
    now.targets[view.id] = state.Target(
        file=bpy.data.filepath,
        scene=scene.name,
        uid=scene.session_uid,
        span=span,
        strips=_strips_in(context, span),
        instead_of=(instead_of[marks.JOB], instead_of[marks.CUE]) if instead_of else None,
    )
    if view.state == "rendering":
        try:
            now.renderings[view.id] = rendering.Rendering()
            now.renderings[view.id].start(scene, unclear, ask.folder)
        except rendering.RenderFailed as problem:
            del now.renderings[view.id]
            now.jobs.fail(view.id, str(problem))
    pump.wake()
    return view


def _strips_in(context: Any, span: tuple[int, int]) -> tuple[tuple[str, int, int], ...]:
    start, end = span
    return tuple(
        (strip.name, int(vse_host.left(strip)), int(vse_host.right(strip)))
        for strip in vse_host.selected(context)
        if not vse_host.is_sound(strip) and vse_host.left(strip) < end and vse_host.right(strip) > start
    )


def finish_in_background(operator: Any, view: Any) -> set[str]:
    """Without a window no timer runs: does the whole job now. With one, it goes on outside."""
    if not bpy.app.background:
        return {"FINISHED"}
    now = state.current()
    deadline = time.monotonic() + BACKGROUND_SECONDS
    while not now.ended(view) and time.monotonic() < deadline:
        pump.tick()
        time.sleep(0.02)
    said = state.as_sentence(now.outcome(view))
    if view.state == "done" and now.outcome(view).startswith(pump.PLACED):
        operator.report({"INFO"}, said)
        return {"FINISHED"}
    operator.report({"ERROR"}, said)
    return {"CANCELLED"}
