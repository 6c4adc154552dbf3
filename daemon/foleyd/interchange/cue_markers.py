"""Cues as markers on their timeline, so that an editor sees and changes them before anything is made."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import opentimelineio as otio

from foleyd.cue import DEFAULT_LAYER, Cue
from foleyd.request import Document
from foleyd.timeline.clock import read_clock
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.media_url import rebase_url
from foleyd.timeline.numbers import seconds
from foleyd.timeline.placement import frame_range, rebase_references

_COLOURS = ("GREEN", "CYAN", "PURPLE", "YELLOW", "BLUE", "PINK", "ORANGE", "MAGENTA", "WHITE", "RED")


def with_cue_markers(document: Document, cues: Sequence[Cue], folder: Path | None) -> tuple[bytes, str]:
    """DOCUMENT for FOLDER (None: its references stay) with a marker for each of CUES on the whole timeline.

    Returns their colour, too: one that no marker there has yet. Read as markers they are the same cues.
    Raises TimelineError.
    """
    timeline = read_document(document.json, document.name)
    clock = read_clock(timeline)
    items = (timeline.tracks, *timeline.tracks.find_children())
    used = {str(m.color).upper() for item in items if isinstance(item, otio.core.Item) for m in item.markers}
    colour = next((each for each in _COLOURS if each not in used), _COLOURS[0])
    whole = timeline.tracks.source_range
    lead = clock.frame(seconds(whole.start_time)) if whole is not None else 0
    for cue in cues:
        marked = frame_range(lead + cue.record.start, cue.record.duration, clock.stored_rate)
        timeline.tracks.markers.append(
            otio.schema.Marker(name=_name(cue), marked_range=marked, color=colour, comment=_note(cue))
        )
    if folder is None:
        return write_document(timeline, document.json), colour
    rebase_references(timeline, document.base_folder, folder)
    moved = partial(rebase_url, old_folder=document.base_folder, new_folder=folder)
    return write_document(timeline, document.json, moved=moved), colour


def _name(cue: Cue) -> str:
    """The prompt as markers say it; a bar divides prompt from negative prompt only after a layer."""
    if not cue.prompt or (cue.layer == DEFAULT_LAYER and "|" in cue.prompt):
        return cue.prompt
    return f"{cue.layer}: {cue.prompt.replace('|', '/')}"


def _note(cue: Cue) -> str:
    words = [f"takes={len(cue.seeds)}", f"seed={cue.seeds[0]}"] if cue.seeds else []
    words += [f"handles={cue.handles}"] if cue.handles is not None else []
    words += [f"engine={cue.engine}"] if cue.engine else []
    # A marker of one frame is a point to most tools, and to us.
    words += ["frames=1"] if cue.record.duration == 1 else []
    lines = [" ".join(words), f"negative: {cue.negative_prompt}" if cue.negative_prompt else ""]
    return "\n".join(line for line in lines if line)
