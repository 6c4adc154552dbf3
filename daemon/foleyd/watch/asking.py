"""From a dropped file and what lies beside it to a request: what is asked, and where that was said."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import xxhash

from foleyd.brief import Notice
from foleyd.client import Daemon
from foleyd.cuesheet.read import read_settings, read_sheet, read_sidecar
from foleyd.cuesheet.schema import FolderSettings, Sidecar, settled
from foleyd.cuesheet.spots import engine_of, placed_cues
from foleyd.interchange.reading import read_any
from foleyd.ranges import fraction, start_label
from foleyd.refused import RequestRefused
from foleyd.timebase import Timecode
from foleyd.timeline.marker_names import given_name, is_by_program
from foleyd.timeline.marker_notes import free_text
from foleyd.v1 import foleyd_pb2 as pb
from foleyd.watch.errors import NothingAsked
from foleyd.watch.kinds import SETTINGS_FILE, SHEET_SUFFIX, SIDECAR_SUFFIX, alike, is_timeline
from foleyd.watch.pointing import MOST_RELINKS, pointed_at, relinks
from foleyd.watch.records import Stamp
from foleyd.watch.report import BY_MARKERS
from foleyd.whole_file import program_of

CLIENT_NAME = "watch folder"
_MOST_NAMES = 3
_BY_PROGRAM = "are named by the program, not by you"
_CHUNK = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Rules:
    """What was said on the command line. TYPED counts where no file says otherwise."""

    typed: FolderSettings = field(default_factory=FolderSettings)
    formats: tuple[str, ...] = ()
    preview: bool = True
    picture: bool = True
    mix: bool = True
    media_roots: tuple[Path, ...] = ()
    relinks: tuple[tuple[str, Path], ...] = ()
    edl_rate: Fraction | None = None


@dataclass(frozen=True, slots=True)
class Sides:
    """What lies beside a file and speaks of it alone. STAMPS are those of both, DIGEST of their content."""

    sidecar: Path | None
    sheet: Path | None
    stamps: tuple[Stamp, ...] = ()

    @property
    def paths(self) -> tuple[Path, ...]:
        """Those that are there."""
        return tuple(path for path in (self.sidecar, self.sheet) if path is not None)

    def digest(self) -> str:
        """Of what they say; "" where there is none. Raises OSError."""
        if not self.paths:
            return ""
        whole = hashlib.blake2b(digest_size=12)
        for path in self.paths:
            whole.update(path.name.encode("utf-8", "surrogateescape") + b"\0" + path.read_bytes() + b"\0")
        return whole.hexdigest()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, WHERE its cues came from in words, and NOTES that a report should have.

    LINES say of each cue of a sheet where it stands there.
    """

    request: pb.GenerateRequest
    where: str
    notes: tuple[str, ...] = ()
    lines: tuple[str, ...] = ()


def sides_of(
    folder: Path, name: str, stamp_of: Callable[[str], Stamp | None], others: Mapping[str, str]
) -> Sides:
    """What lies beside NAME in FOLDER: with its whole name, else with its stem.

    STAMP_OF knows what is there; OTHERS are the names of sides there by what is alike of them.
    """
    found: list[Path | None] = []
    stamps: list[Stamp] = []
    for suffix in (SIDECAR_SUFFIX, SHEET_SUFFIX):
        called = [f"{base}{suffix}" for base in (name, Path(name).stem)]
        called += [others[same] for side in called if (same := alike(side)) in others]
        there = ((side, stamp_of(side)) for side in called)
        side, stamp = next(((side, stamp) for side, stamp in there if stamp is not None), ("", None))
        found.append(folder / side if side else None)
        if stamp is not None:
            stamps.append(stamp)
    return Sides(found[0], found[1], tuple(stamps))


class Interrupted(Exception):
    """The watch ends while a file is read."""


def content_of(path: Path, stopped: Callable[[], bool]) -> str:
    """The hash of all that the file at PATH holds. Raises OSError; Interrupted once STOPPED says so."""
    whole = xxhash.xxh3_128()
    with path.open("rb") as file:
        while block := file.read(_CHUNK):
            whole.update(block)
            if stopped():
                raise Interrupted
    return whole.hexdigest()


def folder_settings(folder: Path) -> FolderSettings | None:
    """What the folder's ``foley.toml`` says, where there is one. Raises SheetError."""
    path = folder / SETTINGS_FILE
    return read_settings(path) if path.is_file() else None


def folder_digest(folder: Path, rules: Rules) -> str:
    """Of all that is asked of the whole folder: whether it is worth asking again."""
    try:
        said = (folder / SETTINGS_FILE).read_bytes()
    except OSError:
        said = b""
    return hashlib.blake2b(said + repr(rules).encode(), digest_size=12).hexdigest()


def sheet_of(sides: Sides) -> tuple[Sidecar, str]:
    """What is asked for one file alone, and where its cues or prompts were said ("" where they were not).

    A sidecar that has either goes before a cue sheet, which is not read then; else the sheet's cues take from
    it what they do not say. Raises SheetError.
    """
    sheet, where = Sidecar(), ""
    if sides.sidecar is not None:
        sheet = read_sidecar(sides.sidecar)
        where = sides.sidecar.name if sheet.cues or sheet.prompts else ""
    if sides.sheet is not None and not where:
        sheet, where = settled(read_sheet(sides.sheet), sheet), sides.sheet.name
    return sheet, where


@dataclass(frozen=True, slots=True)
class Matter:
    """A file at PATH whose results are to lie in MAKING. SHEET is what is asked for it alone, said at WHERE;
    FOLDER what is asked of the whole folder; THERE are the names of the files beside it."""

    path: Path
    making: Path
    sheet: Sidecar
    where: str
    folder: FolderSettings | None
    rules: Rules
    there: Collection[str]


def ask_for(daemon: Daemon, matter: Matter) -> Asked:
    """The request for the file of MATTER.

    The nearest to the file counts first: what is asked for it alone, a timeline's markers, the folder's
    settings, the command line. Raises RequestRefused for what the daemon cannot read, SheetError,
    InterchangeError, OutputError, NothingToSee and NothingAsked.
    """
    filled = settled(settled(matter.sheet, matter.folder), matter.rules.typed)
    seen = _see(daemon, matter)
    request = pb.GenerateRequest(
        selection=seen.selection,
        engine=pb.EngineChoice(
            name=engine_of(filled),
            preset=filled.preset or "",
            steps=filled.steps or 0,
            guidance_scale=filled.guidance or 0.0,
            options=filled.options or {},
        ),
        output=_output(filled, matter.making, matter.rules),
        priority=pb.PRIORITY_BATCH,
        on_disconnect=pb.ON_DISCONNECT_DETACH,
        client=CLIENT_NAME,
    )
    where = matter.where
    lines: tuple[str, ...] = ()
    if filled.cues:
        layers = daemon.server_info().layers
        cues = placed_cues(filled, seen.start, seen.duration, matter.path.name, layers)
        request.cues.cues.extend(cue for cue, _ in cues)
        lines = tuple(line for _, line in cues)
    elif not matter.sheet.prompts and (seen.named or (seen.noted and not filled.prompts)):
        request.rule.CopyFrom(_rule(filled, pb.CueRule.SPREAD_MARKERS))
        where = BY_MARKERS + matter.path.name
        request.engine.name = request.engine.name or _engine_of_markers(daemon, request)
    elif filled.prompts:
        request.rule.CopyFrom(_rule(filled, pb.CueRule.SPREAD_EACH_RANGE))
        by_folder = matter.folder is not None and matter.folder.prompts
        where = where or (SETTINGS_FILE if by_folder else "--prompt")
    else:
        raise NothingAsked(_nothing(matter.path, matter.sheet, by_program=seen.by_program))
    return Asked(request, where, seen.notes, lines)


@dataclass(frozen=True, slots=True)
class _Seen:
    """What is selected, from the frame labelled START on, DURATION frames; NAMED: some of its markers have
    names, NOTED: some have words in their notes, BY_PROGRAM: they have no names but those that their program
    gave."""

    selection: pb.Selection
    start: Timecode
    duration: int
    named: bool = False
    noted: bool = False
    notes: tuple[str, ...] = ()
    by_program: bool = False


def _see(daemon: Daemon, matter: Matter) -> _Seen:
    source: pb.Timeline | pb.Program
    if not is_timeline(matter.path.name):
        media = daemon.probe([str(matter.path)])[0]
        if media.HasField("error"):
            raise RequestRefused(media.error)
        source = program_of(media)
        start = start_label(fraction(source.rate), source.start_timecode)
        return _Seen(pb.Selection(program=source), start, source.duration_frames)
    document, notices = _document(matter)
    source = daemon.read_timeline(document).timeline
    start = start_label(fraction(source.rate), source.start_timecode)
    names = [marker.name.strip() for marker in source.markers]
    named, noted = any(map(given_name, names)), any(free_text(marker.note) for marker in source.markers)
    called = list(dict.fromkeys(filter(is_by_program, names))) if not named else []
    if called and not noted:
        shown = ", ".join(called[:_MOST_NAMES]) + (" …" if len(called) > _MOST_NAMES else "")
        notices += (f"its markers ({shown}) {_BY_PROGRAM}: name them by what should be heard",)
    return _Seen(
        pb.Selection(otio=document),
        start,
        source.duration_frames,
        named,
        noted,
        notices,
        by_program=bool(called),
    )


def _document(matter: Matter) -> tuple[pb.OtioDocument, tuple[str, ...]]:
    """The timeline as the daemon takes it, and what its reader lost or assumed."""
    path, rules = matter.path, matter.rules
    rate = rules.edl_rate if path.suffix.casefold() == ".edl" else None
    read = read_any(path, rate=rate, unpack_to=matter.making)
    lost = pointed_at(read.document.json, read.document.base_folder, path.parent).lost
    leads = (*rules.relinks, *relinks(lost, path.parent, matter.there))
    document = pb.OtioDocument(
        json=read.document.json,
        base_folder=str(read.document.base_folder),
        name=read.document.name,
        media_roots=[str(root) for root in rules.media_roots],
        relinks=[pb.Relink(old_prefix=old, new_prefix=str(new)) for old, new in leads[:MOST_RELINKS]],
    )
    return document, tuple(map(_sentence, read.notices))


def _output(sheet: Sidecar, making: Path, rules: Rules) -> pb.Output:
    return pb.Output(
        folder=str(making),
        handles_frames=sheet.handles,
        loudness=sheet.loudness or "",
        formats=rules.formats,
        naming=sheet.naming or "",
        otio_target=f"OTIO_TARGET_{(sheet.target or 'generic').upper()}",
        preview=rules.preview,
        picture=rules.picture,
        audition_mix=rules.mix,
        cue_sheet=True,
    )


def _rule(sheet: Sidecar, spread: Any) -> pb.CueRule:
    return pb.CueRule(
        spread=spread,
        prompts=sheet.prompts,
        negative_prompt=sheet.negative or "",
        layer=sheet.layer or "",
        takes=sheet.takes or 1,
        seed=sheet.seed,
    )


def _engine_of_markers(daemon: Daemon, request: pb.GenerateRequest) -> str:
    """The engine that markers' notes ask for; "" where they ask for none, or for several."""
    spotting = daemon.spot(pb.SpotRequest(selection=request.selection, rule=request.rule))
    asked = {cue.engine for cue in spotting.cues if cue.engine}
    return asked.pop() if len(asked) == 1 else ""


def _nothing(path: Path, sheet: Sidecar, *, by_program: bool) -> str:
    markers = " name markers in it," if is_timeline(path.name) else ""
    markers = f" name its markers, which {_BY_PROGRAM}," if by_program else markers
    said = f"{sheet.source.name} has no prompt: " if sheet.source is not None else ""
    return (
        f'{said}nothing says what should be heard in {path.name};{markers} write prompt = "…" into '
        f"{path.stem}{SIDECAR_SUFFIX} beside it or into {SETTINGS_FILE}, or start foley watch with --prompt"
    )


def _sentence(notice: Notice) -> str:
    where = f" ({notice.where})" if notice.where else ""
    return f"{notice.what.rstrip('.')}{where}" + (f"; {notice.fix}" if notice.fix else "")
