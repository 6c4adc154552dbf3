# SPDX-License-Identifier: Apache-2.0
"""What the editor is asked before sound is made, and what is asked of foley then.

Standard library only, Python 3.8 syntax.
"""

from __future__ import annotations

import os
import random
import sys
from typing import Any, Mapping

from .foley_names import safe_folder
from .foley_requests import EACH, LAYERS, Ask, seed_of
from .foley_server import ServerWatch
from .frames import decimal, exact_handles, handle_step
from .kept import Kept
from .placed import Added
from .resolve_host import Host
from .sources import Found, Source
from .windows import SELECTION, Question

_DRAWN = 2**31
_SHOWN = 60


def question_of(
    title: str, host: Host, kept: Kept, found: Found, watch: ServerWatch, *, again: Added | None
) -> Question:
    """The question about the parts FOUND of HOST's timeline; AGAIN: the job that is asked for again."""
    sources = found.sources
    values = kept.values(host.project_id, host.id)
    if again is not None:
        values.update(again.ask["values"])
    values["folder"] = values.get("folder") or default_folder(host.project_name, host.name)
    values["source"], values["seed"] = sources[0].key, ""
    engines = [{"name": "auto", "ready": True, "why_not": ""}]
    for name in watch.engines:
        engines.append({"name": name, "ready": not watch.why_not(name), "why_not": watch.why_not(name)})
    return Question(
        title=title,
        sources=[source.as_json() for source in sources],
        values=values,
        layers=watch.layers or list(LAYERS),
        engines=engines,
        notes=[*found.notes, *_notes(host, again)],
        problem=found.problem,
        with_prompt=not sources[0].cues,
        earlier=kept.prompts(host.project_id),
    )


def _notes(host: Host, again: Added | None) -> list[str]:
    notes = []
    if again is not None:
        notes.append("The earlier takes stay where they are, disabled.")
    if host.selected() is None:
        notes.append(
            f"{host.build.name} does not tell scripts what is selected (21.0.4 does): "
            "set the marks in and out, or put the playhead over a clip."
        )
    if host.import_rate != host.clock.rate:
        notes.append(rates_note(host))
    return notes


def rates_note(host: Host) -> str:
    """What it means that Resolve counts sound files in another rate than the timeline's."""
    return (
        f"This timeline has {decimal(host.clock.rate)} frames a second, its project "
        f"{decimal(host.import_rate)}, in which Resolve counts sound files: takes begin on their "
        "frame and may end a frame early, and handles are made in steps of "
        f"{handle_step(host.clock.rate, host.import_rate)} frames."
    )


def ask_of(host: Host, values: Mapping[str, Any], source: Source, watch: ServerWatch, *, again: bool) -> Ask:
    """VALUES of the question about SOURCE as what foley is asked. Raises AskWrong."""
    seed = seed_of(values["seed"])
    return Ask(
        prompt=values["prompt"],
        negative=values["negative"],
        layer=values["layer"],
        takes=values["takes"],
        seed=random.randrange(1, _DRAWN) if again and seed is None else seed,
        engine=values["engine"],
        handles=exact_handles(values["handles"], host.clock.rate, host.import_rate),
        spread=values["spread"] if source.key == SELECTION else EACH,
        ranges=[] if source.cues else [(span.start, span.end) for span in source.spans],
        cues=source.cues,
        layers=watch.layers or LAYERS,
        folder=os.path.expanduser(values["folder"]),
        client=f"resolve {host.build.name}",
    )


def memory_of(values: Mapping[str, Any], source: Source, start: int) -> dict[str, Any]:
    """What was asked, so that it can be asked again; START is the timeline's first frame."""
    kept = {name: values[name] for name in values if name not in ("source", "seed")}
    return {
        "values": kept,
        "start": start,
        "spans": [list(span) for span in source.spans],
        "cues": [list(cue) for cue in source.cues],
    }


def asked_words(ask: Mapping[str, Any]) -> str:
    """What was asked, of a job's memory, in one short line."""
    texts = [str(text) for _, _, text in ask.get("cues", ())] or [
        str(ask.get("values", {}).get("prompt", ""))
    ]
    lines = [" ".join(line.split()) for text in texts for line in text.splitlines() if line.strip()]
    if not lines:
        return ""
    short = lines[0] if len(lines[0]) <= _SHOWN else lines[0][: _SHOWN - 1].rstrip() + "…"
    return short + (f" and {len(lines) - 1} more" if len(lines) > 1 else "")


def default_folder(project: str, timeline: str) -> str:
    """Where sound goes until the editor says otherwise: the user's folder of videos."""
    home = os.path.expanduser("~")
    videos = os.path.join(home, "Movies" if sys.platform == "darwin" else "Videos")
    inner = (safe_folder(project), safe_folder(timeline))
    return os.path.join(videos if os.path.isdir(videos) else home, "Foley", *inner)
