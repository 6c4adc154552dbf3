"""``foley timeline``, ``foley cues`` and ``foley clips``: from a timeline to sound, or to what is on it."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from foleyd.cli import options as o
from foleyd.cli.exits import DONE, InputError
from foleyd.cli.link import daemon as open_daemon
from foleyd.interchange.kinds import BUNDLE_SUFFIX, UNPACKED, is_document
from foleyd.request import TARGETS

if TYPE_CHECKING:
    from foleyd.brief import Notice
    from foleyd.cli.requests import Written
    from foleyd.client import Daemon
    from foleyd.v1 import foleyd_pb2 as pb

_NO_PROMPT = "not said yet"
"""Stands for a prompt where cues are only listed."""

Refreshing = Annotated[
    bool,
    typer.Option(
        "--refresh",
        help="No new cues: bring foleyd's takes on a timeline that came back up to date with its cut.",
    ),
]
Timeline = Annotated[
    Path, typer.Argument(metavar="IN", help="A timeline: .otio, .otioz, FCP7 .xml, .edl or .aaf.")
]


@o.grouped
def timeline(
    *,
    source: Timeline,
    out: Annotated[
        Path,
        typer.Option(
            "-o",
            "--output",
            metavar="OUT",
            help="The timeline to write: .otio, .otioz or .xml (FCP7); must not exist.",
        ),
    ],
    spots: o.Spots,
    sheet: o.CueSheet = None,
    sources: o.Sources,
    wanted: o.Wanted,
    how: o.How,
    target: o.TargetOrKept = "",
    bundle: Annotated[
        bool, typer.Option("--bundle", help="Write OUT.otioz with all that is made inside.")
    ] = False,
    text_only: Annotated[
        bool, typer.Option("--text-only", help="Sound from the prompt alone; the picture is not looked at.")
    ] = False,
    refresh: Refreshing = False,
    as_json: o.Json = False,
) -> int:
    """Makes sound for a timeline.

    Writes a copy of it with the sound on new tracks, and the takes into a folder beside that.
    """
    from foleyd.cli import cue_sheets, requests
    from foleyd.cli.refreshed import check_alone
    from foleyd.interchange.bundle import remove_unpacked

    if target:
        o.choice(target, TARGETS, "--target")
    listed = cue_sheets.read_cues(sheet, wanted, spots, refresh=refresh) if sheet is not None else None
    how = cue_sheets.filled(how, listed)
    if listed is not None:
        target = target or listed.target or ""
    if refresh:
        check_alone(wanted, spots, how, text_only=text_only)
    path = requests.absolute(source)
    written = requests.check_output(requests.absolute(out), path, bundle=bundle)
    rule: pb.CueRule | pb.CueList | None = None
    if not refresh and listed is None:
        rule = requests.cue_rule(wanted, spots)
    unpack_to = written.out.with_suffix(UNPACKED)
    document, read = requests.read_document(path, sources, unpack_to=unpack_to)
    _warn(read.notices)
    delivery = requests.output(how, written.folder, otio_path=written.otio_path, target=target)
    try:
        with open_daemon() as daemon:
            selection = _selection_of_document(daemon, document, spots)
            if listed is not None:
                rule = cue_sheets.cues_of(daemon, listed, selection)
            elif spots.markers and not how.engine:
                how = how.with_engine(_engine_of_markers(daemon, selection, requests.cue_rule(wanted, spots)))
            request = requests.generate_request(selection, rule, how, delivery, text_only=text_only)
            carried = unpack_to if path.suffix.lower() == BUNDLE_SUFFIX else None
            return _run(daemon, request, written, carried, read.notices, as_json=as_json)
    except BaseException:
        remove_unpacked(read.unpacked)
        raise
    finally:
        if written.out.suffix.lower() == BUNDLE_SUFFIX:  # they are inside
            remove_unpacked(read.unpacked)


@o.grouped
def cues(
    *,
    source: Annotated[Path, typer.Argument(metavar="IN", help="A timeline or a video file.")],
    spots: o.Spots,
    sheet: o.CueSheet = None,
    sources: o.Sources,
    wanted: o.Wanted,
    refresh: Refreshing = False,
    otio: Annotated[
        Path | None,
        typer.Option(
            "--otio", metavar="FILE", help="Write the timeline with a marker for each cue; must not exist."
        ),
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option("--csv", metavar="FILE", help="Write the cues as a cue sheet; must not exist."),
    ] = None,
    as_json: o.Json = False,
) -> int:
    """Lists the cues that would be filled, or what --refresh would do."""
    from foleyd.cli import cue_sheets, requests, show
    from foleyd.cli.as_json import spotting_json
    from foleyd.v1 import foleyd_pb2 as pb

    if refresh:
        if otio is not None or table is not None or sheet is not None:
            raise InputError("--otio, --csv and --cues are for cues not made yet; leave --refresh out")
        return _cues_of_refresh(source, spots, sources, wanted, as_json=as_json)
    listed = cue_sheets.read_cues(sheet, wanted, spots) if sheet is not None else None
    said = bool(wanted.prompts) or spots.markers or listed is not None
    rule = (
        requests.cue_rule(wanted if said else wanted.with_prompt(_NO_PROMPT), spots) if not listed else None
    )
    path = requests.absolute(source)
    to_csv = cue_sheets.check_new(table) if table is not None else None
    with _placeholders(path) as names, open_daemon() as daemon:
        selection, notices = _selection_of(daemon, path, spots, sources, names)
        given = cue_sheets.cues_of(daemon, listed, selection) if listed is not None else None
        spotting = daemon.spot(pb.SpotRequest(selection=selection, rule=rule, cues=given))
    if not said:
        for cue in spotting.cues:
            cue.prompt = ""
            del cue.seeds[:]
    colour = _mark(selection, spotting.cues, path, requests.absolute(otio)) if otio is not None else ""
    if to_csv is not None:
        cue_sheets.write_csv(to_csv, spotting)
    if as_json:
        marked = {"otio": str(requests.absolute(otio)), "colour": colour} if otio is not None else {}
        print(json.dumps({**spotting_json(spotting, notices), **marked}))
        return DONE
    _warn(spotting.warnings)
    show.print_lines(show.cue_table(spotting))
    if otio is not None:
        show.print_lines(["", f"timeline  {otio} (choose these with --markers --colour {colour})"])
    if to_csv is not None:
        show.print_lines(["", f"cue sheet {to_csv} (fill these with --cues)"])
    return DONE


def _mark(selection: pb.Selection, cues: Iterable[pb.Cue], path: Path, out: Path) -> str:
    """Writes the timeline at PATH with CUES as markers to absolute OUT; returns their colour."""
    from foleyd.cli import requests
    from foleyd.cue import Cue, FrameRange
    from foleyd.files import new_file
    from foleyd.interchange.bundle import with_content
    from foleyd.interchange.cue_markers import with_cue_markers
    from foleyd.request import Document

    if not selection.HasField("otio"):
        raise InputError(f"--otio marks a timeline, and {path.name} is a file; --csv lists its cues")
    suffix = BUNDLE_SUFFIX if path.suffix.lower() == BUNDLE_SUFFIX else ".otio"
    if out.suffix.lower() != suffix:
        raise InputError(f"{path.name} with its markers must end in {suffix}, unlike {out.name}")
    requests.check_output(out, path, option="--otio")
    marked = [
        Cue(
            cue.id,
            FrameRange(cue.range.start_frame, cue.range.end_frame),
            cue.prompt,
            cue.negative_prompt,
            cue.layer,
            tuple(cue.seeds),
            cue.handles_frames if cue.HasField("handles_frames") else None,
            cue.engine,
        )
        for cue in cues
    ]
    document = Document(selection.otio.json, Path(selection.otio.base_folder), path.name)
    if suffix == BUNDLE_SUFFIX:
        text, colour = with_cue_markers(document, marked, None)
        with_content(path, out, text)
        return colour
    text, colour = with_cue_markers(document, marked, out.parent)
    with new_file(out) as temporary:
        temporary.write_bytes(text)
    return colour


def _cues_of_refresh(
    source: Path, spots: o.Spots, sources: o.Sources, wanted: o.Wanted, *, as_json: bool
) -> int:
    """What a refresh would do, as a table."""
    from foleyd.cli import requests, show
    from foleyd.cli.as_json import spotting_json
    from foleyd.cli.refreshed import check_alone, refresh_lines, refreshed_json
    from foleyd.v1 import foleyd_pb2 as pb

    check_alone(wanted, spots)
    path = requests.absolute(source)
    with _placeholders(path) as names, open_daemon() as daemon:
        selection, notices = _selection_of(daemon, path, spots, sources, names)
        spotting = daemon.spot(pb.SpotRequest(selection=selection, refresh=pb.Refresh()))
    zero = spotting.program.rate, spotting.program.start_timecode
    if as_json:
        listed = refreshed_json(spotting.refreshed, *zero)
        print(json.dumps({**spotting_json(spotting, notices), "refreshed": listed}))
        return DONE
    _warn(spotting.warnings)
    show.print_lines(refresh_lines(spotting.refreshed, *zero))
    return DONE


@o.grouped
def clips(*, source: Timeline, sources: o.Sources, as_json: o.Json = False) -> int:
    """Lists the clips of picture of a timeline, as --clip and --track name them."""
    from foleyd.cli import requests, show
    from foleyd.cli.as_json import warnings_json
    from foleyd.cli.clips import clip_table, clips_json

    path = requests.absolute(source)
    with _placeholders(path) as names, open_daemon() as daemon:
        document, read = requests.read_document(path, sources, unpack_to=names, names_only=True)
        _warn(read.notices)
        answer = daemon.read_timeline(document)
    found, said = answer.timeline, [*warnings_json(read.notices), *warnings_json(answer.warnings)]
    if as_json:
        print(json.dumps({**clips_json(found, names), "warnings": said}))
        return DONE
    _warn(answer.warnings)
    show.print_lines(clip_table(found, names))
    return DONE


def _run(
    daemon: Daemon,
    request: pb.GenerateRequest,
    written: Written,
    carried: Path | None,
    notices: Iterable[Any],
    *,
    as_json: bool,
) -> int:
    """Has DAEMON do REQUEST, makes OUT of its timeline where the daemon does not write it, and prints.

    NOTICES are what was said while the timeline was read.
    """
    from foleyd.cli.as_json import result_json, warnings_json
    from foleyd.cli.exits import done_code
    from foleyd.cli.refreshed import refresh_lines, refreshed_json
    from foleyd.cli.running import follow_job
    from foleyd.cli.show import next_lines, print_lines, result_lines

    job_id, result = follow_job(daemon, request)
    refreshed, zero = result.refreshed, (result.rate, result.start_timecode)
    lost = _write(result, written, carried) if written.otio_path is None else ()
    if as_json:
        printed = {**result_json(job_id, result), "timeline": str(written.out)}
        printed["warnings"] = [*warnings_json(notices), *printed["warnings"], *warnings_json(lost)]
        if request.HasField("refresh"):
            printed["refreshed"] = refreshed_json(refreshed, *zero)
        print(json.dumps(printed))
    else:
        made = [] if written.otio_path else [f"{written.out.suffix[1:]:<9} {written.out}"]
        table = ["", *refresh_lines(refreshed, *zero)] if refreshed else next_lines(result, str(written.out))
        print_lines([*result_lines(result), *made, *table])
    return done_code(result)


def _write(result: pb.Result, written: Written, carried: Path | None) -> tuple[Notice, ...]:
    """OUT, in its own kind, of the timeline that was delivered; what it cannot hold is shown and returned.

    A timeline whose media are in bundles alone is not left beside one: it would refer to nothing.
    """
    from foleyd.errors import FoleyError
    from foleyd.interchange.writing import write_any
    from foleyd.request import Document

    document = Document(result.otio.json, Path(result.otio.base_folder), written.out.name)
    try:
        kept = [one.path for one in result.refreshed if one.path and one.HasField("range")]
        ours = [Path(path) for path in dict.fromkeys([*(take.path for take in result.takes), *kept])]
        lost = write_any(document, written.out, ours, carried)
    except FoleyError:
        print(f"the takes and the timeline as .otio are in {written.folder}", file=sys.stderr)
        raise
    _warn(lost)
    if carried is not None and carried.is_dir() and written.out.suffix.lower() == BUNDLE_SUFFIX:
        if result.cue_page_path:
            _link_page(Path(result.cue_page_path), Path(result.otio_path), written.out)
        Path(result.otio_path).unlink(missing_ok=True)
        with suppress(OSError):  # nothing was made, so that it held the timeline alone
            written.folder.rmdir()
        result.otio_path = ""
    return lost


def _link_page(page: Path, timeline: Path, out: Path) -> None:
    """Has the cue sheet's PAGE name OUT as the timeline, in place of TIMELINE."""
    from foleyd.cuesheet.page import linked_anew
    from foleyd.files import replace_file

    before, after = (Path(os.path.relpath(path, page.parent)).as_posix() for path in (timeline, out))
    replace_file(page, linked_anew(page.read_text("utf-8"), before, after).encode())


def _warn(notices: Iterable[Any]) -> None:
    from foleyd.cli.exits import printable
    from foleyd.cli.show import warning_text

    for notice in notices:
        print(printable(warning_text(notice)), file=sys.stderr)


@contextmanager
def _placeholders(path: Path) -> Iterator[Path | None]:
    """A folder for the names of a bundle's media: to list what is on a timeline they need not be unpacked."""
    if path.suffix.lower() != BUNDLE_SUFFIX:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix="foleyd-") as folder:
        yield Path(folder)


def _selection_of(
    daemon: Daemon, path: Path, spots: o.Spots, sources: o.Sources, names: Path | None
) -> tuple[pb.Selection, tuple[Notice, ...]]:
    """What is selected of the timeline or file at PATH, and what its reader had to say, which is shown."""
    from foleyd.cli import requests
    from foleyd.cli.generate import program_of_file
    from foleyd.v1 import foleyd_pb2 as pb

    if is_document(path):
        document, read = requests.read_document(path, sources, unpack_to=names, names_only=True)
        _warn(read.notices)
        return _selection_of_document(daemon, document, spots), read.notices
    if spots.clips or spots.tracks:
        raise InputError(f"--clip and --track choose on a timeline; {path.name} is a file")
    program = program_of_file(daemon, path)
    found = [span for pair in spots.ranges for span in requests.range_of_file(program, *pair)]
    return pb.Selection(program=program, ranges=found), ()


def _selection_of_document(daemon: Daemon, document: pb.OtioDocument, spots: o.Spots) -> pb.Selection:
    from foleyd.cli import requests
    from foleyd.cli.clips import ranges_of_clips
    from foleyd.v1 import foleyd_pb2 as pb

    if not (spots.ranges or spots.clips or spots.tracks):
        return pb.Selection(otio=document)
    timeline = daemon.read_timeline(document).timeline
    found = requests.ranges_of_timeline(spots.ranges, timeline, document.name)
    if spots.clips or spots.tracks:
        found = ranges_of_clips(timeline, document.name, spots.clips, spots.tracks, found)
    return pb.Selection(otio=document, ranges=found)


def _engine_of_markers(daemon: Daemon, selection: pb.Selection, rule: pb.CueRule) -> str:
    """The engine that markers' notes ask for; empty where they ask for none, or for several."""
    from foleyd.v1 import foleyd_pb2 as pb

    spotting = daemon.spot(pb.SpotRequest(selection=selection, rule=rule))
    asked = {cue.engine for cue in spotting.cues if cue.engine}
    return asked.pop() if len(asked) == 1 else ""
