"""The timeline that a job delivers: what came with our tracks added, or with our clips brought up to date."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import opentimelineio as otio

from foleyd.brief import Commission, Conformed
from foleyd.cue import Placement, Take
from foleyd.refresh import size_of
from foleyd.refreshed import Outcome, Refreshed, TakeFile, with_lost_fades
from foleyd.request import Document
from foleyd.spot import duration_of, origin_of
from foleyd.take_files import target_of
from foleyd.timeline.build import new_timeline
from foleyd.timeline.document import read_document, write_document
from foleyd.timeline.media_url import rebase_url
from foleyd.timeline.placement import adding_to, append_tracks, place_takes, rebase_references
from foleyd.timeline.rewrite import Change, rewrite
from foleyd.timeline.tree import read_tree

_UNCHANGED = "made by an older foleyd; its picture looks as it did"


@dataclass(frozen=True, slots=True)
class Placed:
    """A timeline with takes on it, where those lie, and what has become of earlier ones."""

    document: Document
    placements: tuple[Placement, ...]
    refreshed: tuple[Refreshed, ...] = ()


def placed_takes(commission: Commission, conformed: Conformed) -> Placed:
    """The takes of CONFORMED on tracks. Raises TimelineError."""
    if commission.brief.refreshed:
        return _refreshed(commission, conformed)
    brief, target = commission.brief, target_of(commission)
    if brief.document is not None:
        timeline = _read(commission, brief.document)
        names = {track.name for track in timeline.tracks}
    else:
        timeline = new_timeline(
            brief.program, brief.name, origin_of=origin_of, duration_of=duration_of, target=target
        )
        names = set()
    placements = place_takes(conformed.takes, names)
    append_tracks(timeline, placements, brief.program, job=commission.job, target=target, size_of=size_of)
    text = brief.document.json if brief.document else None
    written = write_document(timeline, text, moved=_mover(commission))
    return Placed(Document(written, _base(commission), brief.name), placements)


def _refreshed(commission: Commission, conformed: Conformed) -> Placed:
    """The timeline that came back, with what each of our clips needed."""
    brief, target = commission.brief, target_of(commission)
    assert brief.document is not None
    timeline = _read(commission, brief.document)
    made = {(take.cue.id, take.seed): take for take in conformed.takes}
    changes = [_change(one, commission, conformed, made) for one in brief.refreshed]
    adding = adding_to(timeline, brief.program, job=commission.job, target=target, size_of=size_of)
    tracks: dict[int, str] = {}

    def change(tree: dict[str, Any]) -> None:
        root = read_tree(timeline, lambda _: Fraction(0))
        tracks.update(rewrite(tree, root, changes, adding))

    written = write_document(timeline, brief.document.json, change, _mover(commission))
    left = [number for number, name in tracks.items() if name != changes[number].refreshed.track_name]
    refreshed = [
        replace(one, track_name=tracks.get(number, one.track_name))
        for number, one in enumerate(with_lost_fades([each.refreshed for each in changes], left))
    ]
    return Placed(
        Document(written, _base(commission), brief.name),
        tuple(_placements(changes, refreshed)),
        tuple(_with_new_file(one, each.take) for one, each in zip(refreshed, changes, strict=True)),
    )


def _change(
    one: Refreshed, commission: Commission, conformed: Conformed, made: dict[tuple[str, int], Take]
) -> Change:
    """What is done in the document about ONE, once it is known what could be made."""
    if not one.new_cue:
        return Change(one, conformed.recuts.get(one.at) if one.at is not None else None)
    take = made.get((one.new_cue, one.seed))
    if take is not None:
        return Change(one, take if one.outcome is Outcome.REMADE else None)
    if one.new_cue in commission.heard:
        return Change(replace(one, outcome=Outcome.KEPT, record=one.lies, why=_UNCHANGED))
    why = f"{one.why}; it could not be made anew, and lies as it did"
    return Change(replace(one, outcome=Outcome.FAILED, record=one.lies, why=why))


def _placements(changes: Sequence[Change], refreshed: Sequence[Refreshed]) -> list[Placement]:
    """Where the files that this job wrote lie."""
    return [
        Placement(change.take, one.track_name, one.record, change.take.cut.source_in, one.enabled)
        for change, one in zip(changes, refreshed, strict=True)
        if change.take is not None and one.record is not None
    ]


def _with_new_file(one: Refreshed, take: Take | None) -> Refreshed:
    if take is None:
        return one
    return replace(one, file=TakeFile(take.path, take.cut.source_in, take.cut.samples, take.channels))


def _read(commission: Commission, document: Document) -> otio.schema.Timeline:
    timeline = read_document(document.json, document.name)
    if commission.names.otio is not None:
        rebase_references(timeline, document.base_folder, commission.names.otio.parent)
    return timeline


def _mover(commission: Commission) -> Callable[[str], str]:
    """How a relative reference of the document that came is written in the one that goes."""
    document, folder = commission.brief.document, _base(commission)
    old = document.base_folder if document is not None else folder
    return partial(rebase_url, old_folder=old, new_folder=folder)


def _base(commission: Commission) -> Path:
    """The folder that the timeline's relative references start from."""
    if commission.names.otio is not None:
        return commission.names.otio.parent
    document = commission.brief.document
    return document.base_folder if document else Path("/")
