"""A take as a file: cut, measured, with its provenance inside, and in other formats where asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from foleyd import __version__
from foleyd.brief import Commission
from foleyd.cue import FileCut, FrameRange, Program, Take
from foleyd.media.bwf import Broadcast, Ixml, midnight_reference, write_take
from foleyd.media.export import export
from foleyd.media.loudness import measure
from foleyd.media.sound import Conformed
from foleyd.refresh import size_of
from foleyd.request import TARGETS
from foleyd.timebase import SAMPLE_RATE
from foleyd.timeline.notes import file_notes, place_notes

_CHANNEL_NAMES = {1: ("M",), 2: ("L", "R")}


def write_take_file(commission: Commission, blocks: Conformed, take: Take, number: int) -> Take:
    """Writes BLOCKS as the file of TAKE, the NUMBERth of its cue; returns it with its loudness measured.

    Raises OutputError, SoundError.
    """
    loudness = measure(blocks, blocks.channels)
    engine = str(take.provenance.get("engine", ""))
    write_take(
        take.path,
        blocks,
        samples=take.cut.samples,
        channels=take.channels,
        broadcast=Broadcast(
            description=f"{take.cue.prompt} | {engine} seed {take.seed} | machine-generated",
            reference=commission.job,
            created=commission.created,
            time_reference=midnight_reference(commission.brief.program.start, take.cut),
            loudness=loudness,
            coding_history=_coding_history(take.channels, engine),
        ),
        ixml=ixml_of(commission, take.channels, take.provenance, take.cue.id, str(number), take.cue.prompt),
    )
    return replace(take, loudness=loudness)


def exports_of(commission: Commission, take: Take) -> tuple[Path, ...]:
    """Writes TAKE in the other formats that COMMISSION names; returns those files."""
    words = {"title": take.cue.prompt, "comment": mark_of(commission)}
    return tuple(export(take.path, path, words).path for path in commission.names.exports.get(take.path, ()))


def target_of(commission: Commission) -> str:
    """The importer that what COMMISSION adds is shaped for: the one asked for, else the one that most of the
    takes that it refreshes were made for."""
    asked = commission.output.target
    made = Counter(str(one.notes.get("target")) for one in commission.brief.refreshed)
    known = (name for name, _ in made.most_common() if name in TARGETS)
    return asked or next(known, TARGETS[0])


def origin_words(commission: Commission) -> dict[str, Any]:
    """Where every file of COMMISSION comes from, for its provenance."""
    return {
        "generator": f"foleyd {__version__}",
        "machine_generated": True,
        "created": commission.created.isoformat(timespec="seconds"),
        "job": commission.job,
        "picture": commission.brief.name,
    }


def place_words(program: Program, record: FrameRange, cut: FileCut) -> dict[str, Any]:
    """Where a take lies on PROGRAM and what its file holds: with these it is known again on timelines of
    tools that drop metadata."""
    return {
        "record_start": str(program.label(record.start)),
        "record_end": str(program.label(record.end)),
        "frame_rate": f"{program.rate.numerator}/{program.rate.denominator}",
        "file": file_notes(cut),
        **place_notes(program, record, size_of),
    }


def ixml_of(commission: Commission, channels: int, provenance: Mapping[str, Any], *words: str) -> Ixml:
    """The iXML of a file of COMMISSION; WORDS are scene, take and note."""
    start = commission.brief.program.start
    scene, take, note = words
    return Ixml(
        rate=start.rate,
        drop=start.drop,
        project=commission.brief.name,
        scene=scene,
        take=take,
        note=note,
        tracks=_CHANNEL_NAMES.get(channels, ()),
        provenance=provenance,
    )


def mark_of(commission: Commission) -> str:
    """What every file of a job has in it, so that it is known again."""
    return f"foleyd {commission.job}"


def _coding_history(channels: int, engine: str) -> str:
    """A line of coding history as EBU R 98 has it."""
    mode = {1: "mono", 2: "stereo"}.get(channels, "multitrack")
    return f"A=PCM,F={SAMPLE_RATE},W=24,M={mode},T=foleyd {__version__}; {engine}"
