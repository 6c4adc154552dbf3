"""Spotting a request: the selection becomes a program, cues, and a plan for each of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

from foleyd.brief import Brief, CuePlan, Notice, Spotted
from foleyd.config import Settings, check_path
from foleyd.cue import Cue, Media, Program, Shot, file_cut
from foleyd.engines.engine import OPTIONS_FIELD, Capabilities, OptionError
from foleyd.errors import Failure, FoleyError, PathRefused, RequestError, at_field, failure_of
from foleyd.media.probe import MediaInfo, probe
from foleyd.media_roots import MediaRoots
from foleyd.request import CueRule, Document, Request, Selection, Spread, TypedProgram
from foleyd.segments import plan_windows
from foleyd.timeline.document import read_document
from foleyd.timeline.errors import SpottingError
from foleyd.timeline.media_url import Relink, Resolved, resolve_media
from foleyd.timeline.passed_over import passed_over
from foleyd.timeline.program import read_program, trim, with_handles
from foleyd.timeline.spotting import find_cues, given_cues

MAX_CUE_SECONDS = 2 * 3600
"""A take is held in memory whole: two hours in stereo are 2.8 GB."""
_DOCUMENT_FIELD = "selection.otio.json"


class NoPictureSelected(RequestError):
    """There is no picture in what was selected, and nobody asked for sound from text alone."""

    reason = "NO_PICTURE"


class CueTooLong(RequestError):
    """A cue is longer than a take can be."""

    reason = "CUE_TOO_LONG"


class OtherEngine(RequestError):
    """A cue asks for another engine than the job's."""

    reason = "CUE_OTHER_ENGINE"


def spot(selection: Selection, rule: tuple[Cue, ...] | CueRule, settings: Settings) -> Spotted:
    """The program that SELECTION shows and the cues that RULE finds in it, or that were given.

    Media need not be there. Raises TimelineError, SpottingError, PathRefused.
    """
    match selection.source:
        case Document() as document:
            with at_field(_DOCUMENT_FIELD):
                read = read_program(
                    read_document(document.json, document.name),
                    base_folder=document.base_folder,
                    origin_of=origin_of,
                    duration_of=duration_of,
                    resolve=resolver(document, settings),
                )
            program, name, called = read.program, document.title, document.name
            notices = tuple(Notice(w.what, w.where, w.fix) for w in read.warnings)
            missing = {item.shot_id: item.reason for item in read.missing}
            markers, unseen = read.markers, read.unseen
        case TypedProgram(given, name):
            called = name
            program, missing = _without_missing(given)
            notices, markers, unseen = (), (), ()
    if not program.duration:
        raise SpottingError(f"{called or 'the timeline'} is empty: put a clip on it", field="selection")
    if isinstance(rule, CueRule):
        passed: tuple[Notice, ...] = ()
        if rule.spread is Spread.MARKERS:
            passed = passed_over(program, selection.ranges, rule, (*markers, *unseen))
        cues = find_cues(
            program, selection.ranges, rule, markers=markers, layers=settings.layers, passed=passed
        )
        notices += passed
    else:
        cues = given_cues(program, rule, layers=settings.layers)
    notices += _missing_under(cues, program, missing)
    return Spotted(name, program, cues, notices, missing)


def plan(
    spotted: Spotted, request: Request, engine: Capabilities, check: Callable[[Cue], tuple[str, ...]]
) -> Brief:
    """A plan for each cue that can be done. CHECK asks the engine and returns its warnings.

    Raises NoPictureSelected, and what CHECK raises where no cue passes it.
    """
    if not spotted.program.shots and not request.text_only:
        raise NoPictureSelected(
            f"{spotted.name} has no picture; select some, or ask for sound from text alone", fix="--text-only"
        )
    plans: list[CuePlan] = []
    failed: list[tuple[Cue, Failure]] = []
    for number, cue in enumerate(spotted.cues):
        try:
            with _fields_of(request, number, cue):
                check(cue)
            plans.append(_plan_cue(cue, spotted, request, engine))
        except FoleyError as error:
            failed.append((cue, failure_of(error)))
    source = request.selection.source
    ranges = {each.cue.record for each in plans if not each.text_only}
    held = [notice for record in sorted(ranges) for notice in _held(trim(spotted.program, record))]
    return Brief(
        name=spotted.name,
        program=spotted.program,
        document=source if isinstance(source, Document) else None,
        plans=tuple(plans),
        notices=(*spotted.notices, *held),
        failed=tuple(failed),
        sources=_sources(plans),
        missing=_missing_under(
            [each.cue for each in plans if not each.text_only], spotted.program, spotted.missing
        ),
    )


@contextmanager
def _fields_of(request: Request, number: int, cue: Cue) -> Iterator[None]:
    """Errors of the block, in which an engine speaks of CUE, of NUMBER from 0, name the field of REQUEST."""
    try:
        yield
    except FoleyError as error:
        error.field = error.field or (OPTIONS_FIELD if isinstance(error, OptionError) else "prompt")
        if error.field.startswith(f"{OPTIONS_FIELD}."):
            error.field = request.engine.field_of(error.field.removeprefix(f"{OPTIONS_FIELD}."))
        elif error.field in ("prompt", "negative_prompt"):
            error.field = _text_field(request, number, cue, error.field)
        raise


def _text_field(request: Request, number: int, cue: Cue, text: str) -> str:
    """The field of REQUEST that holds TEXT ("prompt" or "negative_prompt") of CUE, of NUMBER from 0."""
    rule = request.spotting
    if not isinstance(rule, CueRule):
        return f"cues.cues[{number}].{text}"
    # Markers have words of their own beside the rule's.
    if text == "negative_prompt":
        return "rule.negative_prompt" if cue.negative_prompt in rule.negative_prompt else _DOCUMENT_FIELD
    return "rule.prompts" if any(cue.prompt in given for given in rule.prompts) else _DOCUMENT_FIELD


def _plan_cue(cue: Cue, spotted: Spotted, request: Request, engine: Capabilities) -> CuePlan:
    program = spotted.program
    _check_length(cue, program)
    _check_engine(cue, engine)
    handles = request.output.handles if cue.handles is None else cue.handles
    cut = file_cut(program.start, cue.record, handles)
    picture = with_handles(program, cue.record, cut)
    if not request.text_only:
        _check_seen(cue, picture, spotted)
    windows = plan_windows(
        picture.duration,
        picture.rate,
        first_frame=picture.start.frame,
        cuts=picture.cuts(),
        best=engine.best_window,
        longest=engine.longest_window,
        shortest=engine.shortest_window,
        sample_rate=engine.sample_rate,
    )
    return CuePlan(
        cue=cue,
        cut=cut,
        picture=picture,
        windows=tuple(windows),
        engine=engine,
        options=request.engine.all_options(),
        text_only=request.text_only,
    )


def _check_length(cue: Cue, program: Program) -> None:
    seconds = cue.record.duration / program.rate
    if seconds > MAX_CUE_SECONDS:
        raise CueTooLong(
            f"cue {cue.id} lasts {round(seconds / 60)} minutes, and one take can be "
            f"{MAX_CUE_SECONDS // 60} long; select shorter ranges",
            field="selection.ranges",
        )


def _check_engine(cue: Cue, engine: Capabilities) -> None:
    if cue.engine and cue.engine != engine.name:
        raise OtherEngine(
            f"cue {cue.id} asks for the engine {cue.engine}, and this job is done by {engine.name}; "
            f"run it again with --engine {cue.engine} for such cues alone",
            where=cue.id,
        )


def _check_seen(cue: Cue, picture: Program, spotted: Spotted) -> None:
    """Refuses a cue all of whose picture is missing: black would be heard as silence."""
    shown = [shot for shot in picture.shots if shot.media is not None]
    if shown and all(shot.id in spotted.missing for shot in shown):
        names = ", ".join(dict.fromkeys(shot.name for shot in shown))
        reasons = "; ".join(dict.fromkeys(spotted.missing[shot.id] for shot in shown))
        raise MediaOffline(
            f"cue {cue.id} has no picture, since the media of {names} cannot be had: {reasons}", where=names
        )


class MediaOffline(FoleyError):
    """No media of a cue can be found."""

    code = "NOT_FOUND"
    reason = "MEDIA_OFFLINE"


def _held(program: Program) -> list[Notice]:
    """A notice for each shot of PROGRAM that asks for more picture than its file has."""
    notices = []
    for shot in program.shots:
        path = shot.media.path if shot.media is not None else None
        info = _info(path) if path is not None else None
        if path is None or info is None or info.frames == 1:  # a still is meant to be held
            continue
        edges = [shot.source_at(frame, program.rate) for frame in (shot.record.start, shot.record.end)]
        slack = 1 / program.rate
        if min(edges) >= -slack and max(edges) <= info.duration + slack:
            continue
        notices.append(
            Notice(
                f"{shot.name} shows {float(min(edges)):.2f} to {float(max(edges)):.2f} s of {path.name}, "
                f"which has 0 to {float(info.duration):.2f} s; its first or last frame is held for the rest",
                where=str(program.label(shot.record.start)),
                fix="trim the clip, or relink it to the right file",
            )
        )
    return notices


def _missing_under(cues: Sequence[Cue], program: Program, missing: Mapping[str, str]) -> tuple[Notice, ...]:
    """A notice for each shot under CUES that is MISSING, which says why by shot id."""
    records = {cue.record for cue in cues}
    return tuple(
        Notice(
            f"the media of {shot.name} cannot be had: {missing[shot.id]}",
            where=str(program.label(shot.record.start)),
        )
        for shot in program.shots
        if shot.id in missing and any(record.intersect(shot.record) for record in records)
    )


def _without_missing(program: Program) -> tuple[Program, dict[str, str]]:
    """PROGRAM with missing files said to be missing, and why, by shot."""
    missing = {
        shot.id: f"{shot.media.path} does not exist; put it there or name the right file"
        for shot in program.shots
        if shot.media is not None and shot.media.path is not None and not os.path.exists(shot.media.path)
    }
    shots = tuple(_offline(shot) if shot.id in missing else shot for shot in program.shots)
    return replace(program, shots=shots), missing


def _offline(shot: Shot) -> Shot:
    return replace(shot, media=Media(None, shot.media.name if shot.media else shot.name))


def _sources(plans: list[CuePlan]) -> tuple[Path, ...]:
    paths = {
        shot.media.path
        for plan in plans
        if not plan.text_only
        for shot in plan.picture.shots
        if shot.media is not None and shot.media.path is not None
    }
    return tuple(sorted(paths))


def resolver(document: Document, settings: Settings) -> Callable[[str], Resolved]:
    """How references of DOCUMENT become paths; those outside the roots of SETTINGS are missing."""
    relinks = [Relink(old, new) for old, new in document.relinks]
    named = MediaRoots(document.media_roots).named if document.media_roots else None

    def resolve(url: str) -> Resolved:
        resolved = resolve_media(
            url,
            base_folder=document.base_folder,
            media_roots=document.media_roots,
            relinks=relinks,
            named=named,
        )
        if resolved.path is None:
            return resolved
        try:
            check_path(settings, resolved.path)
        except PathRefused as error:
            return Resolved(None, resolved.name, str(error), own=str(resolved.path))
        return resolved

    return resolve


def origin_of(path: Path) -> Fraction | None:
    """The start timecode that the file itself carries, in seconds; None without one."""
    info = _info(path)
    return info.timecode.seconds if info is not None and info.timecode is not None else None


def duration_of(path: Path) -> Fraction | None:
    """How long the file's picture is, in seconds; None when it cannot be read."""
    info = _info(path)
    return info.duration if info is not None else None


def _info(path: Path) -> MediaInfo | None:
    try:
        return _probed(path, path.stat().st_mtime_ns)
    except (FoleyError, OSError):  # whoever looks at its picture says what is wrong with it
        return None


@lru_cache(maxsize=1024)
def _probed(path: Path, _: int) -> MediaInfo:
    return probe(path)
