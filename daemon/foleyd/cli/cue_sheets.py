"""Cue sheets on the command line: ``--cues``, and the files that ``foley cues`` writes."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path, PureWindowsPath
from typing import TYPE_CHECKING

from foleyd.cli.exits import InputError, OutputTaken
from foleyd.cue import DEFAULT_LAYER, Cue, FrameRange
from foleyd.cuesheet.schema import FolderSettings, Sidecar, settled
from foleyd.ranges import fraction, start_label
from foleyd.v1 import foleyd_pb2 as pb

if TYPE_CHECKING:
    from foleyd.cli.options import How, Spots, Wanted
    from foleyd.client import Daemon


def read_cues(path: Path, wanted: Wanted, spots: Spots | None = None, *, refresh: bool = False) -> Sidecar:
    """The sheet at PATH; what it does not say is WANTED's.

    Raises SheetError and, where SPOTS or REFRESH say otherwise where the cues are, InputError.
    """
    from foleyd.cli.requests import absolute
    from foleyd.cuesheet.read import read_sheet

    if spots is not None and (spots.ranges or spots.markers or spots.whole or spots.clips or spots.tracks):
        raise InputError(
            "--cues says where the cues are; leave out --range, --clip, --track, --markers, --whole"
        )
    if refresh:
        raise InputError("--refresh makes no new cues; leave out --cues")
    typed = FolderSettings(
        prompt=wanted.prompts or None,
        negative=wanted.negative or None,
        layer=wanted.layer or None,
        takes=wanted.takes if wanted.takes > 1 else None,
        seed=wanted.seed,
    )
    return settled(read_sheet(absolute(path)), typed)


def filled(how: How, sheet: Sidecar | None) -> How:
    """HOW with what the command line does not say taken from SHEET."""
    from foleyd.cuesheet.spots import engine_of

    if sheet is None:
        return how
    return replace(
        how,
        engine=how.engine or engine_of(sheet),
        options={**(sheet.options or {}), **how.options},
        preset=how.preset or sheet.preset or "",
        steps=how.steps or sheet.steps or 0,
        guidance=how.guidance or sheet.guidance or 0.0,
        handles=sheet.handles if how.handles is None else how.handles,
        loudness=how.loudness or sheet.loudness or "",
        naming=how.naming or sheet.naming or "",
    )


def cues_of(daemon: Daemon, sheet: Sidecar, selection: pb.Selection) -> pb.CueList:
    """SHEET's cues on what is selected as a whole: a document or a file's program. Raises SheetError."""
    from foleyd.cuesheet.spots import cue_list

    layers = daemon.server_info().layers
    source: pb.Timeline | pb.Program
    if selection.HasField("otio"):
        source, name = daemon.read_timeline(selection.otio).timeline, selection.otio.name
    else:
        source, name = selection.program, selection.program.shots[0].name
    _check_file(sheet, name)
    start = start_label(fraction(source.rate), source.start_timecode)
    return cue_list(sheet, start, source.duration_frames, name, layers)


def _check_file(sheet: Sidecar, name: str) -> None:
    """Refuses a cue of SHEET that is for another file than the one called NAME."""
    from foleyd.cuesheet.errors import SheetError

    for cue in sheet.cues:
        if cue.file and PureWindowsPath(cue.file).name.casefold() != name.casefold():
            raise SheetError(
                sheet.source or Path("cue sheet"),
                f"this cue is for {cue.file}, not {name}; `foley batch` fills a sheet for several files",
                cue.places.get("file"),
            )


def check_new(path: Path) -> Path:
    """Absolute PATH, once nothing is there. Raises OutputTaken, InputError."""
    from foleyd.cli.requests import absolute

    target = absolute(path)
    if os.path.lexists(target):
        raise OutputTaken(f"{target} exists already and is never overwritten; choose another name")
    if not target.parent.is_dir():
        raise InputError(f"the folder {target.parent} does not exist; make it or choose another")
    return target


def write_csv(path: Path, spotting: pb.SpotResponse) -> None:
    """The cues of SPOTTING as a table, into PATH, a new file. Raises OutputError."""
    from foleyd.cuesheet.write import cues_csv
    from foleyd.files import new_file

    program = spotting.program
    start = start_label(fraction(program.rate), program.start_timecode)
    with new_file(path) as temporary:
        temporary.write_bytes(cues_csv([_cue(cue) for cue in spotting.cues], start).encode())


def _cue(cue: pb.Cue) -> Cue:
    return Cue(
        id=cue.id,
        record=FrameRange(cue.range.start_frame, cue.range.end_frame),
        prompt=cue.prompt,
        negative_prompt=cue.negative_prompt,
        layer=cue.layer or DEFAULT_LAYER,
        seeds=tuple(cue.seeds),
        handles=cue.handles_frames if cue.HasField("handles_frames") else None,
        engine=cue.engine,
    )
