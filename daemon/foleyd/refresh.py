"""Spotting a timeline that came back: what each of our takes on it needs, and a plan for those made anew."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import opentimelineio as otio

from foleyd import spot
from foleyd.brief import Brief, Notice, Spotted
from foleyd.config import Settings
from foleyd.cue import Cue, FrameRange
from foleyd.engines.engine import Capabilities
from foleyd.errors import Failure, FoleyError, RequestError, at_field, failure_of
from foleyd.media.bwf import read_provenance
from foleyd.media.errors import MediaError
from foleyd.media.recut import take_shape
from foleyd.refreshed import Outcome, Recipe, Refreshed, TakeFile, with_lost_fades
from foleyd.request import AUTO_ENGINE, Document, Request, Selection
from foleyd.timeline.document import read_document
from foleyd.timeline.errors import SpottingError
from foleyd.timeline.notes import Notes
from foleyd.timeline.placement import FoundPlacement, read_placements
from foleyd.timeline.program import read_program
from foleyd.timeline.reconform import reconform
from foleyd.timeline.spotting import given_cues
from foleyd.timeline.tree import is_picture

_FIELD = "refresh"
_LONGEST_OPTION = 4_000
_MOST_HANDLES = 3_600
_MOST_GAIN = 120.0


class NothingOfOurs(RequestError):
    """There is no take of foleyd on the timeline."""

    reason = "NOTHING_TO_REFRESH"


class PictureOff(RequestError):
    """No track of picture is on, so that nothing is seen above any take."""

    reason = "PICTURE_OFF"


def spot_refresh(selection: Selection, settings: Settings) -> Spotted:
    """Our clips on the timeline of SELECTION with what each needs, and the cues that make some anew.

    Media need not be there. Raises TimelineError, NothingOfOurs, PictureOff, RequestError.
    """
    document = selection.source
    if not isinstance(document, Document):
        raise RequestError("a refresh needs the timeline as a document, not a program", field=_FIELD)
    if selection.ranges:
        raise RequestError("a refresh is of the whole timeline; select no ranges", field="selection.ranges")
    find = spot.resolver(document, settings)
    with at_field("selection.otio.json"):
        timeline = read_document(document.json, document.name)
        read = read_program(
            timeline,
            base_folder=document.base_folder,
            origin_of=spot.origin_of,
            duration_of=spot.duration_of,
            resolve=find,
        )
        found = read_placements(timeline, lambda url: _written_in(find(url).path))
    if not found:
        raise NothingOfOurs(
            f"there is no take of foleyd on {document.name}; make some first, or put its files where the "
            "timeline says they are",
            field=_FIELD,
        )

    def file_of(clip: FoundPlacement, notes: Notes) -> TakeFile | None:
        return _file_of(find(clip.url).path, notes)

    answers = reconform(read.program, found, file_of=file_of, size_of=size_of)
    if any(one.outcome is Outcome.DROPPED for one in answers):
        _check_picture_is_on(timeline, document.name)
    spotted = Spotted(
        name=document.title,
        program=read.program,
        cues=(),
        notices=tuple(Notice(w.what, w.where, w.fix) for w in read.warnings),
        missing={item.shot_id: item.reason for item in read.missing},
    )
    return _with_cues(spotted, answers, settings)


def _check_picture_is_on(timeline: otio.schema.Timeline, name: str) -> None:
    """Raises PictureOff where no picture of TIMELINE is on: whoever solos a sound wants nothing dropped."""
    tracks = [item for item in timeline.tracks if not isinstance(item, otio.schema.Track) or is_picture(item)]
    if timeline.tracks.enabled and any(track.enabled for track in tracks):
        return
    names = ", ".join(track.name or f"V{number}" for number, track in enumerate(tracks, 1))
    if names:
        raise PictureOff(
            f"no track of picture is on in {name} ({names}), so every take would be dropped; switch the "
            "picture's track on, and export the timeline again",
            field="selection.otio.json",
        )
    raise PictureOff(
        f"there is no track of picture in {name}, so every take would be dropped; export it with its picture",
        field="selection.otio.json",
    )


def size_of(path: Path) -> int | None:
    """Bytes of a media file; None where there is none."""
    try:
        return path.stat().st_size
    except OSError:
        return None


def engine_needed(spotted: Spotted) -> str:
    """The engine that made most of the takes that are to be made anew; empty where none is."""
    made = Counter(cue.engine for cue in spotted.cues if cue.engine)
    return made.most_common(1)[0][0] if made else ""


def plan_refresh(
    spotted: Spotted,
    request: Request,
    engine: Capabilities,
    check: Callable[[Cue, Mapping[str, str]], tuple[str, ...]],
) -> Brief:
    """A plan for each cue of SPOTTED that can be made anew, by its own recipe. CHECK asks the engine."""
    source = request.selection.source
    assert isinstance(source, Document)
    brief = Brief(
        name=spotted.name, program=spotted.program, document=source, plans=(), refreshed=spotted.refreshed
    )
    notices = list(spotted.notices)
    for cue in spotted.cues:
        recipe = spotted.recipes[cue.id]
        named = request.engine.name not in ("", AUTO_ENGINE)
        wanted = replace(cue, engine="") if named else cue
        options = {**recipe.options, **request.engine.all_options()}
        own = replace(
            request,
            spotting=(wanted,),
            text_only=recipe.text_only,
            # What is asked for by a name of its own keeps that: it is refused under that name.
            engine=replace(request.engine, options=options),
        )
        try:
            one = spot.plan(
                replace(spotted, cues=(wanted,), notices=()),
                own,
                engine,
                lambda cue, options=options: check(cue, options),  # type: ignore[misc]
            )
        except FoleyError as error:
            brief = replace(brief, failed=(*brief.failed, (cue, failure_of(error))))
            continue
        notices += one.notices
        brief = replace(
            brief,
            plans=(
                *brief.plans,
                *(replace(each, gain_db=recipe.gain_db, unless=recipe.unless) for each in one.plans),
            ),
            failed=(*brief.failed, *one.failed),
            sources=(*brief.sources, *one.sources),
            missing=(*brief.missing, *one.missing),
        )
    files = [each.file.path for each in spotted.refreshed if each.file is not None]
    return replace(
        brief,
        notices=tuple(dict.fromkeys(notices)),
        sources=tuple(sorted({*brief.sources, *files})),
        missing=tuple(dict.fromkeys(brief.missing)),
    )


def _written_in(path: Path | None) -> dict[str, Any] | None:
    """What foleyd has written of a take into the file at PATH; None for all other files."""
    if path is None or path.suffix.lower() != ".wav":
        return None
    try:
        said = read_provenance(path)
    except MediaError:
        return None
    return said if said.get("cue") and said.get("take") else None


def _file_of(path: Path | None, notes: Notes) -> TakeFile | None:
    """The file at PATH if it is the one that NOTES describe."""
    if path is None or not notes.samples:
        return None
    try:
        samples, channels = take_shape(path)
    except (MediaError, OSError):
        return None
    return TakeFile(path, notes.lead, samples, channels) if samples == notes.samples else None


def _with_cues(spotted: Spotted, answers: Sequence[Refreshed], settings: Settings) -> Spotted:
    """SPOTTED with a cue for all takes that are made anew over one place for one earlier cue."""
    groups: dict[tuple[str, str, FrameRange | None], list[Refreshed]] = {}
    for one in answers:
        if one.outcome is Outcome.REMADE:
            groups.setdefault((one.job, one.cue_id, one.record), []).append(one)
    # A cue made anew is told from one that stays, whichever job that was of.
    ids = {one.cue_id for one in answers if one.outcome is not Outcome.REMADE}
    cues: dict[tuple[str, str, FrameRange | None], Cue] = {}
    recipes: dict[str, Recipe] = {}
    failed: dict[tuple[str, str, FrameRange | None], Failure] = {}
    for key, takes in groups.items():
        takes.sort(key=lambda one: one.number)
        try:
            (cue,) = given_cues(spotted.program, [_cue(takes, ids)], layers=settings.layers)
        except SpottingError as error:
            failed[key] = failure_of(error)
            continue
        ids.add(cue.id)
        cues[key], recipes[cue.id] = cue, _recipe(takes[0])

    parts = {one.at for takes in groups.values() for one in _further_parts(takes, spotted.program.rate)}

    def named(one: Refreshed) -> Refreshed:
        key = (one.job, one.cue_id, one.record)
        if one.outcome is not Outcome.REMADE:
            return one
        if key in failed:
            return replace(one, outcome=Outcome.FAILED, record=one.lies, why=failed[key].message)
        if one.at in parts:
            why = f"{one.why}; it is made anew in one with another part of it"
            return replace(one, outcome=Outcome.DROPPED, record=None, why=why, new_cue=cues[key].id)
        return replace(one, new_cue=cues[key].id)

    ordered = sorted(cues.values(), key=lambda cue: cue.record)
    refreshed = with_lost_fades([named(one) for one in answers])
    return replace(spotted, cues=tuple(ordered), refreshed=refreshed, recipes=recipes)


def _further_parts(takes: Sequence[Refreshed], rate: Fraction) -> Iterator[Refreshed]:
    """Those of TAKES, of one cue and over one place, that an earlier one makes needless: parts of a take that
    was cut up, which comes back whole. Copies that lie on one another are no parts."""
    kept: dict[tuple[int, bool], list[tuple[Fraction, Fraction]]] = {}
    for one in takes:
        zero = one.zero or Fraction(0)
        begin, end = one.lies.start / rate - zero, one.lies.end / rate - zero
        others = kept.setdefault((one.number, one.enabled), [])
        if others and all(end <= start or stop <= begin for start, stop in others):
            yield one
        else:
            others.append((begin, end))


def _cue(takes: Sequence[Refreshed], ids: set[str]) -> Cue:
    first, record = takes[0], takes[0].record
    assert record is not None
    wanted = first.cue_id or "cue"
    numbers = (f"{wanted}-{number}" if number > 1 else wanted for number in range(1, len(ids) + 2))
    handles = first.notes.get("handles")
    return Cue(
        id=next(name for name in numbers if name not in ids),
        record=record,
        prompt=first.prompt,
        negative_prompt=str(first.notes.get("negative_prompt", "")),
        layer=first.layer,
        seeds=tuple(dict.fromkeys(one.seed for one in takes)),
        handles=handles if isinstance(handles, int) and 0 <= handles <= _MOST_HANDLES else None,
        engine=str(first.notes.get("engine", "")),
    )


def _recipe(take: Refreshed) -> Recipe:
    """How TAKE was made, of what its metadata say."""
    options: Any = take.notes.get("options")
    gain = take.notes.get("gain_db")
    plain = {str(key): str(value) for key, value in options.items()} if hasattr(options, "items") else {}
    return Recipe(
        options={key: value for key, value in plain.items() if len(value) <= _LONGEST_OPTION},
        text_only=take.notes.get("text_only") is True,
        gain_db=float(gain) if isinstance(gain, int | float) and abs(gain) <= _MOST_GAIN else 0.0,
        unless=take.unless,
    )
