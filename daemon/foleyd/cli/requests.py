"""What the command line said, as messages for the daemon. Reads documents, opens no media."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from foleyd.cli.exits import InputError, InputNotFound, OutputIsInput, OutputTaken, plain_text
from foleyd.cli.options import How, Sources, Spots, Wanted
from foleyd.interchange.kinds import BUNDLE_SUFFIX, OTIO_SUFFIXES, WRITTEN_SUFFIXES
from foleyd.ranges import check_range, fraction, parse_frame, start_label
from foleyd.v1 import foleyd_pb2 as pb

if TYPE_CHECKING:
    from foleyd.interchange.reading import ReadDocument

MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
CLIENT_NAME = "cli"


def absolute(path: Path) -> Path:
    """PATH as the daemon needs it. Raises InputError for a name that is not UTF-8."""
    plain_text(str(path), "the file name")
    return Path(os.path.abspath(path))


def range_of_file(program: pb.Program, begin: str | None, end: str | None) -> list[pb.FrameRange]:
    """``--in`` and ``--out`` as the selected range of a file's PROGRAM; empty for everything."""
    if begin is None and end is None:
        return []
    start = start_label(fraction(program.rate), program.start_timecode)
    duration = program.duration_frames
    first = parse_frame(begin, start, duration, "--in") if begin is not None else 0
    last = parse_frame(end, start, duration, "--out") if end is not None else duration
    name = program.shots[0].name
    if first >= duration and end is None:
        last = first + 1
    return [check_range(first, last, start, duration, name)]


def read_document(
    path: Path, sources: Sources, *, unpack_to: Path | None = None, names_only: bool = False
) -> tuple[pb.OtioDocument, ReadDocument]:
    """The timeline at absolute PATH, of any kind, and how it was read; OTIO texts are unread as yet.

    SOURCES say where its media are; those in a bundle are unpacked into UNPACK_TO (with NAMES_ONLY only
    their names). Raises InputError, InputNotFound, InterchangeError, OutputError.
    """
    from foleyd.interchange.reading import read_any

    _check_input(path)
    if sources.edl_rate is not None and path.suffix.lower() != ".edl":
        raise InputError(f"--edl-rate is for EDLs; {path.name} says its own rate")
    read = read_any(path, rate=sources.edl_rate, unpack_to=unpack_to, names_only=names_only)
    message = pb.OtioDocument(
        json=read.document.json,
        base_folder=str(read.document.base_folder),
        name=read.document.name,
        media_roots=[str(root) for root in sources.media_roots],
        relinks=[pb.Relink(old_prefix=old, new_prefix=str(new)) for old, new in sources.relinks],
    )
    return message, read


def _check_input(path: Path) -> None:
    try:
        facts = path.stat()
    except FileNotFoundError:
        raise InputNotFound(f"{path} does not exist; check the name") from None
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({error.strerror}); correct its name or permissions"
        ) from error
    if not stat.S_ISREG(facts.st_mode):
        what = "a folder" if stat.S_ISDIR(facts.st_mode) else "no file"
        raise InputError(f"{path} is {what}; name a timeline, such as an .otio file")
    if path.suffix.lower() in OTIO_SUFFIXES and facts.st_size > MAX_DOCUMENT_BYTES:
        raise InputError(f"{path} is larger than {MAX_DOCUMENT_BYTES >> 20} MiB; export a shorter timeline")


def ranges_of_timeline(
    pairs: Sequence[tuple[str, str]], timeline: pb.Timeline, name: str
) -> list[pb.FrameRange]:
    """``--range`` pairs as ranges of TIMELINE, called NAME. Raises InputError."""
    start = start_label(fraction(timeline.rate), timeline.start_timecode)
    return [
        check_range(
            parse_frame(begin, start, timeline.duration_frames, "--range"),
            parse_frame(end, start, timeline.duration_frames, "--range"),
            start,
            timeline.duration_frames,
            name,
        )
        for begin, end in pairs
    ]


def engine_choice(how: How) -> pb.EngineChoice:
    """The engine's part of a request."""
    return pb.EngineChoice(
        name=how.engine,
        preset=how.preset,
        steps=how.steps,
        guidance_scale=how.guidance,
        options=how.options,
    )


def cue_rule(wanted: Wanted, spots: Spots | None = None) -> pb.CueRule:
    """The rule by which the daemon is to find the cues. Raises InputError without any prompt."""
    markers = spots is not None and spots.markers
    if not wanted.prompts and not markers:
        raise InputError('say what should be heard: --prompt "footsteps on gravel"')
    spread = pb.CueRule.SPREAD_EACH_RANGE
    if markers:
        spread = pb.CueRule.SPREAD_MARKERS
    elif spots is not None and spots.whole:
        spread = pb.CueRule.SPREAD_WHOLE_SELECTION
    return pb.CueRule(
        spread=spread,
        prompts=wanted.prompts,
        negative_prompt=wanted.negative,
        layer=wanted.layer,
        takes=wanted.takes,
        seed=wanted.seed,
        marker_colours=spots.marker_colours if spots is not None else (),
    )


def output(how: How, folder: Path, *, otio_path: Path | None = None, target: str = "") -> pb.Output:
    """What is to be delivered, into absolute FOLDER and OTIO_PATH (None: a free name in FOLDER).

    TARGET may be left to the daemon.
    """
    return pb.Output(
        folder=str(folder),
        handles_frames=how.handles,
        loudness=how.loudness,
        formats=how.formats,
        naming=how.naming,
        otio_target=f"OTIO_TARGET_{(target or 'unspecified').upper()}",
        otio_path=str(otio_path or ""),
        preview=how.preview,
        picture=how.picture,
        audition_mix=how.mix,
        cue_sheet=how.cue_sheet,
    )


def generate_request(
    selection: pb.Selection,
    rule: pb.CueRule | pb.CueList | None,
    how: How,
    delivery: pb.Output,
    *,
    text_only: bool = False,
) -> pb.GenerateRequest:
    """A request of somebody who waits at a terminal: it goes first, and ends when they leave.

    RULE finds the cues, or is them; without it, what lies there is refreshed.
    """
    return pb.GenerateRequest(
        selection=selection,
        rule=rule if isinstance(rule, pb.CueRule) else None,
        cues=rule if isinstance(rule, pb.CueList) else None,
        refresh=pb.Refresh() if rule is None else None,
        engine=engine_choice(how),
        output=delivery,
        priority=pb.PRIORITY_INTERACTIVE,
        on_disconnect=pb.ON_DISCONNECT_CANCEL,
        text_only=text_only,
        client=CLIENT_NAME,
    )


def folder_for(video: Path) -> Path:
    """Where takes of VIDEO go unless told: beside it, or in the working folder when that is read-only."""
    name = f"{video.stem}.foley"
    beside = video.parent / name
    writable = os.access(beside if beside.exists() else video.parent, os.W_OK)
    return beside if writable else Path.cwd() / name


def check_output(out: Path, source: Path, *, bundle: bool = False, option: str = "-o") -> Written:
    """How absolute OUT, which OPTION names, is written, a new file.

    Raises OutputIsInput, OutputTaken, InputError.
    """
    if out == source or _same_file(out, source):
        raise OutputIsInput(f"the output {out} is the input; choose another name with {option}")
    if os.path.lexists(out):
        raise OutputTaken(f"{out} exists already and is never overwritten; choose another name with {option}")
    suffix = out.suffix.lower()
    if bundle and suffix != BUNDLE_SUFFIX:
        raise InputError(f"a bundle's name must end in {BUNDLE_SUFFIX}, unlike {out.name}")
    if suffix not in {".otio", *WRITTEN_SUFFIXES}:
        raise InputError(
            f"the output {out.name} must end in .otio, {BUNDLE_SUFFIX} (a bundle) or .xml (FCP7 XML)"
        )
    if suffix == ".otio":
        return Written(out, out.with_suffix(".foley"), otio_path=out)
    if not out.parent.is_dir():
        raise InputError(f"the folder {out.parent} does not exist; make it or choose another")
    return Written(out, out.with_suffix(".foley"), otio_path=None)


@dataclass(frozen=True, slots=True)
class Written:
    """What a timeline is written to: OUT; FOLDER has the takes. OTIO_PATH is OUT where the daemon writes it;
    else it writes one into FOLDER, and OUT is made of that."""

    out: Path
    folder: Path
    otio_path: Path | None


def _same_file(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)
