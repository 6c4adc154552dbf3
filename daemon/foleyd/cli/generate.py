"""``foley generate``, ``foley timeline`` and ``foley cues``: from a file or a timeline to sound."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foleyd.cli import options as o
from foleyd.cli.exits import DONE
from foleyd.cli.link import daemon as open_daemon
from foleyd.request import TARGETS

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
    wanted: o.Wanted,
    how: o.How,
    as_json: o.Json = False,
) -> int:
    """Makes sound for a video file.

    Writes the takes, cut to the sample, with a timeline, a preview and a picture, into DIR or a
    folder beside the video.
    """
    from foleyd.cli import requests
    from foleyd.cli.running import run_job
    from foleyd.v1 import foleyd_pb2 as pb

    source = requests.absolute(video)
    target = requests.absolute(folder) if folder else requests.folder_for(source)
    rule = requests.cue_rule(wanted)
    with open_daemon() as daemon:
        program = program_of_file(daemon, source)
        selection = pb.Selection(program=program, ranges=requests.range_of_file(program, begin, end))
        delivery = requests.output(how, target)
        request = requests.generate_request(selection, rule, how, delivery)
        return run_job(daemon, request, as_json=as_json)


@o.grouped
def timeline(
    *,
    source: Annotated[Path, typer.Argument(metavar="IN", help="An .otio timeline.")],
    out: Annotated[
        Path,
        typer.Option("-o", "--output", metavar="OUT.otio", help="The timeline to write; must not exist."),
    ],
    spots: o.Spots,
    wanted: o.Wanted,
    how: o.How,
    target: o.Target = "generic",
    text_only: Annotated[
        bool, typer.Option("--text-only", help="Sound from the prompt alone; the picture is not looked at.")
    ] = False,
    as_json: o.Json = False,
) -> int:
    """Makes sound for an .otio timeline.

    Writes a copy of it with the sound on new tracks, and the takes into a folder beside that.
    """
    from foleyd.cli import requests
    from foleyd.cli.running import run_job

    o.choice(target, TARGETS, "--target")
    path, written = requests.absolute(source), requests.absolute(out)
    requests.check_output(written, path)
    rule = requests.cue_rule(wanted, spots)
    document = requests.read_document(path)
    delivery = requests.output(how, written.with_suffix(".foley"), otio_path=written, target=target)
    with open_daemon() as daemon:
        selection = _selection_of_document(daemon, document, spots)
        request = requests.generate_request(selection, rule, how, delivery, text_only=text_only)
        return run_job(daemon, request, as_json=as_json)


@o.grouped
def cues(
    *,
    source: Annotated[Path, typer.Argument(metavar="IN", help="An .otio timeline or a video file.")],
    spots: o.Spots,
    wanted: o.Wanted,
    as_json: o.Json = False,
) -> int:
    """Lists the cues that would be filled."""
    from foleyd.cli import requests, show
    from foleyd.cli.as_json import spotting_json
    from foleyd.v1 import foleyd_pb2 as pb

    rule = requests.cue_rule(wanted, spots)
    path = requests.absolute(source)
    with open_daemon() as daemon:
        selection = _selection_of(daemon, path, spots)
        spotting = daemon.spot(pb.SpotRequest(selection=selection, rule=rule))
    if as_json:
        print(json.dumps(spotting_json(spotting)))
        return DONE
    for warning in spotting.warnings:
        print(show.warning_text(warning), file=sys.stderr)
    show.print_lines(show.cue_table(spotting))
    return DONE


def _selection_of(daemon: Daemon, path: Path, spots: o.Spots) -> pb.Selection:
    from foleyd.cli import requests
    from foleyd.v1 import foleyd_pb2 as pb

    if path.suffix.lower() in requests.DOCUMENT_SUFFIXES:
        return _selection_of_document(daemon, requests.read_document(path), spots)
    program = program_of_file(daemon, path)
    found = [span for pair in spots.ranges for span in requests.range_of_file(program, *pair)]
    return pb.Selection(program=program, ranges=found)


def _selection_of_document(daemon: Daemon, document: pb.OtioDocument, spots: o.Spots) -> pb.Selection:
    from foleyd.cli import requests
    from foleyd.v1 import foleyd_pb2 as pb

    if not spots.ranges:
        return pb.Selection(otio=document)
    timeline = daemon.read_timeline(document).timeline
    found = requests.ranges_of_timeline(spots.ranges, timeline, document.name)
    return pb.Selection(otio=document, ranges=found)


def program_of_file(daemon: Daemon, path: Path) -> pb.Program:
    """The file at absolute PATH as a program of one shot. Raises RequestRefused, InputError."""
    from foleyd.cli import requests
    from foleyd.refused import RequestRefused

    media = daemon.probe([str(path)])[0]
    if media.HasField("error"):
        raise RequestRefused(media.error)
    return requests.program_of(media)
