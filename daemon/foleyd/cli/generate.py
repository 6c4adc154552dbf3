"""``foley generate``: from a video file to sound."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foleyd.cli import options as o
from foleyd.cli.exits import InputError
from foleyd.cli.link import daemon as open_daemon

if TYPE_CHECKING:
    from foleyd.client import Daemon
    from foleyd.v1 import foleyd_pb2 as pb


@o.grouped
def generate(
    *,
    video: Annotated[Path, typer.Argument(metavar="VIDEO", help="A video file.")],
    begin: Annotated[
        str | None, typer.Option("--in", metavar="TIME", help="First frame, as timecode or seconds.")
    ] = None,
    end: Annotated[
        str | None, typer.Option("--out", metavar="TIME", help="The frame after the last.")
    ] = None,
    folder: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="DIR", help="Folder for what is written.")
    ] = None,
    sheet: o.CueSheet = None,
    wanted: o.Wanted,
    how: o.How,
    as_json: o.Json = False,
) -> int:
    """Makes sound for a video file.

    Writes the takes, cut to the sample, with a timeline, a preview and a picture, into DIR or a
    folder beside the video.
    """
    from foleyd.cli import cue_sheets, requests
    from foleyd.cli.running import run_job
    from foleyd.v1 import foleyd_pb2 as pb

    source = requests.absolute(video)
    target = requests.absolute(folder) if folder else requests.folder_for(source)
    if sheet is not None and (begin is not None or end is not None):
        raise InputError("--cues says where the cues are; leave out --in and --out")
    cues = cue_sheets.read_cues(sheet, wanted) if sheet is not None else None
    rule: pb.CueRule | pb.CueList | None = requests.cue_rule(wanted) if cues is None else None
    how = cue_sheets.filled(how, cues)
    with open_daemon() as daemon:
        program = program_of_file(daemon, source)
        selection = pb.Selection(program=program, ranges=requests.range_of_file(program, begin, end))
        delivery = requests.output(how, target, target=cues.target or "generic" if cues else "generic")
        rule = cue_sheets.cues_of(daemon, cues, selection) if cues is not None else rule
        request = requests.generate_request(selection, rule, how, delivery)
        return run_job(daemon, request, as_json=as_json)


def program_of_file(daemon: Daemon, path: Path) -> pb.Program:
    """The file at absolute PATH as a program of one shot. Raises RequestRefused, NothingToSee."""
    from foleyd.refused import RequestRefused
    from foleyd.whole_file import program_of

    media = daemon.probe([str(path)])[0]
    if media.HasField("error"):
        raise RequestRefused(media.error)
    return program_of(media)
