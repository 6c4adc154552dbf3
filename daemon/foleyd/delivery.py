"""Conform and place: from what the engine made to files on tracks."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Protocol

from foleyd import __version__
from foleyd.brief import Advance, Commission, Conformed, CuePlan, Delivery, Heard, Notice
from foleyd.contact_sheet import AXIS, Lane, Sheet, Thumbnail, write_sheet
from foleyd.cue import FrameRange, Program, Take, file_cut, from_cue_start
from foleyd.cue_pages import MadeTake, columns_for, write_cue_sheet
from foleyd.documents import placed_takes
from foleyd.engines.engine import Audio
from foleyd.errors import CancelledWork
from foleyd.files import new_file
from foleyd.media import sound
from foleyd.media.bwf import Broadcast, Ixml, midnight_reference, write_take
from foleyd.media.export import export
from foleyd.media.loudness import measure, target_of
from foleyd.media.picture import program_frames
from foleyd.media.preview import Preview, whole_file, write_preview
from foleyd.media.waveform import Waveform, waveform
from foleyd.refresh import size_of
from foleyd.spot import duration_of
from foleyd.timebase import SAMPLE_RATE
from foleyd.timeline.notes import file_notes, place_notes
from foleyd.timeline.program import trim

Sounds = Mapping[str, Audio]
"""What the engine made, by take key."""

_CHANNEL_NAMES = {1: ("M",), 2: ("L", "R")}


class Watching(Protocol):
    """The part of a watch that is needed here."""

    def event(self, event: object) -> None:
        """Tells whoever asked."""

    def cancelled(self, index: int = 0) -> bool:
        """Whether they want it stopped."""
        ...


@dataclass(frozen=True, slots=True)
class _Piece:
    """One take to be: its plan, its number from 1 among the cue's, what was heard, where it goes."""

    plan: CuePlan
    number: int
    heard: Heard
    audio: Audio
    path: Path

    @property
    def take_id(self) -> str:
        """Unique in the job."""
        return f"{self.plan.cue.id}:{self.heard.seed}"

    @property
    def part(self) -> sound.MixPart:
        """The piece as part of a mix."""
        return sound.MixPart(sound.as_sound(self.audio.samples, self.plan.engine.sample_rate), self.plan.cut)


# --------------------------------------------------------------------------------------- conform


def conform(commission: Commission, sounds: Sounds, watch: Watching) -> Conformed:
    """Writes every take: cut to the sample, with one gain for all, and its provenance inside.

    Raises OutputError, LoudnessError, CancelledWork.
    """
    pieces = _pieces(commission, sounds)
    target = target_of(commission.output.loudness)
    gain = sound.MixGain(0.0)
    if target is not None:
        gain = sound.mix_gain(_mix_of(pieces, commission.brief.program, 0.0), target)
    notices = [Notice(gain.warning)] if gain.warning else []
    takes: list[Take] = []
    exports: dict[str, tuple[Path, ...]] = {}
    for index, piece in enumerate(pieces):
        if watch.cancelled():
            raise CancelledWork("cancelled while the takes were written")
        take, warning = _write(piece, commission, gain.gain_db + piece.plan.gain_db)
        takes.append(take)
        if warning:
            notices.append(Notice(warning, where=str(take.path), fix="--loudness film"))
        exports[take.id] = tuple(
            export(take.path, path, {"title": take.cue.prompt, "comment": mark_of(commission)}).path
            for path in commission.names.exports.get(take.path, ())
        )
        watch.event(Advance("conform", (index + 1) / len(pieces)))
    earlier = pieces[0].plan.gain_db if pieces else 0.0
    words = str(target) if target is not None else ""
    return Conformed(tuple(takes), gain.gain_db + earlier, exports, tuple(notices), loudness_target=words)


def _write(piece: _Piece, commission: Commission, gain_db: float) -> tuple[Take, str]:
    plan, cue, cut = piece.plan, piece.plan.cue, piece.plan.cut
    blocks = sound.Conformed(piece.part.sound, cut, gain_db)
    loudness = measure(blocks, blocks.channels)
    provenance = _provenance(piece, commission, gain_db)
    write_take(
        piece.path,
        blocks,
        samples=cut.samples,
        channels=blocks.channels,
        broadcast=Broadcast(
            description=f"{cue.prompt} | {plan.engine.name} seed {piece.heard.seed} | machine-generated",
            reference=commission.job,
            created=commission.created,
            time_reference=midnight_reference(commission.brief.program.start, cut),
            loudness=loudness,
            coding_history=coding_history(blocks.channels, plan.engine.name),
        ),
        ixml=ixml_of(commission, blocks.channels, provenance, cue.id, str(piece.number), cue.prompt),
    )
    take = Take(
        id=piece.take_id,
        cue=cue,
        path=piece.path,
        seed=piece.heard.seed,
        cut=cut,
        sample_rate=SAMPLE_RATE,
        channels=blocks.channels,
        events=from_cue_start(piece.heard.events, cut.source_in, SAMPLE_RATE),
        loudness=loudness,
        provenance=provenance,
    )
    return take, blocks.warning()


def _provenance(piece: _Piece, commission: Commission, gain_db: float) -> dict[str, Any]:
    plan, cue, program = piece.plan, piece.plan.cue, commission.brief.program
    return {
        **_origin(commission),
        "cue": cue.id,
        "take": piece.take_id,
        "layer": cue.layer,
        "prompt": cue.prompt,
        "negative_prompt": cue.negative_prompt,
        "seed": piece.heard.seed,
        "engine": plan.engine.name,
        "engine_version": plan.engine.version,
        "engine_summary": plan.engine.summary,
        "model_licence": plan.engine.licence,
        **({"model": dict(piece.heard.provenance)} if piece.heard.provenance else {}),
        "options": dict(plan.options),
        "text_only": plan.text_only,
        "handles": commission.output.handles if cue.handles is None else cue.handles,
        "gain_db": round(gain_db, 3),
        "picture_fingerprint": piece.heard.fingerprint,
        "record_start": str(program.label(cue.record.start)),
        "record_end": str(program.label(cue.record.end)),
        "frame_rate": f"{program.rate.numerator}/{program.rate.denominator}",
        # With these a take is known again on timelines of tools that drop metadata.
        "number": piece.number,
        "enabled": piece.number == 1,
        "file": file_notes(plan.cut),
        **place_notes(program, cue.record, size_of),
    }


def _origin(commission: Commission) -> dict[str, Any]:
    return {
        "generator": f"foleyd {__version__}",
        "machine_generated": True,
        "created": commission.created.isoformat(timespec="seconds"),
        "job": commission.job,
        "picture": commission.brief.name,
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


def coding_history(channels: int, engine: str) -> str:
    """A line of coding history as EBU R 98 has it."""
    mode = {1: "mono", 2: "stereo"}.get(channels, "multitrack")
    return f"A=PCM,F={SAMPLE_RATE},W=24,M={mode},T=foleyd {__version__}; {engine}"


def mark_of(commission: Commission) -> str:
    """What every file of a job has in it, so that it is known again."""
    return f"foleyd {commission.job}"


# ----------------------------------------------------------------------------------------- place


def place(
    commission: Commission,
    conformed: Conformed,
    sounds: Sounds,
    strips: Mapping[str, tuple[Thumbnail, ...]],
    watch: Watching,
) -> Delivery:
    """Puts the takes on tracks, and writes what people want to look at: of what was made by this job.

    STRIPS are small pictures by picture fingerprint. Raises TimelineError, OutputError, ExportError,
    CancelledWork.
    """
    began = time.perf_counter()
    names, program = commission.names, commission.brief.program
    pieces = _pieces(commission, sounds)
    placed = placed_takes(commission, conformed)
    written = [take.path for take in (*conformed.takes, *conformed.recuts.values())]
    written += [path for paths in conformed.exports.values() for path in paths]
    if names.otio is not None:
        with new_file(names.otio) as temporary:
            temporary.write_bytes(placed.document.json)
        written.append(names.otio)
    watch.event(Advance("place", 0.2))
    preview = None
    mix = _mix_of(pieces, program, conformed.gain_db) if pieces else None
    if names.mix is not None and mix is not None:
        _write_mix(names.mix, mix, commission)
        written.append(names.mix)
    if names.preview is not None and mix is not None:
        preview = _write_preview(names.preview, mix, commission, watch)
        written.append(preview.path)
    watch.event(Advance("place", 0.8))
    if names.cue_page is not None and mix is not None:
        made = _made(commission, conformed, pieces)
        heard, shown = measure(mix, mix.channels), preview.path if preview is not None else None
        costs = commission.costs.including("place", time.perf_counter() - began)
        ready = replace(commission, costs=costs)
        written += write_cue_sheet(ready, conformed, made, strips, mix=heard, preview=shown)
    if names.picture is not None and pieces:
        write_sheet(names.picture, _sheet(commission, conformed, pieces, strips), mark_of(commission))
        written.append(names.picture)
    watch.event(Advance("place", 1.0))
    clipped = mix.warning() if mix is not None else ""
    return Delivery(
        placements=placed.placements,
        document=placed.document,
        written=tuple(written),
        preview=preview.path if preview else None,
        preview_note=preview.note if preview else "",
        notices=(Notice(clipped, where="the mix of all layers"),) if clipped else (),
        refreshed=placed.refreshed,
    )


def _pieces(commission: Commission, sounds: Sounds) -> list[_Piece]:
    """Every take to be, in the order of cues and seeds."""
    return [
        _Piece(plan, number, take, sounds[take.key], commission.names.takes[plan.cue.id, take.seed])
        for plan in commission.brief.plans
        for number, take in enumerate(commission.heard.get(plan.cue.id, ()), 1)
    ]


def _mix_of(pieces: Sequence[_Piece], program: Program, gain_db: float) -> sound.Mix:
    """The cues' first takes over the stretch from the first cue's start to the last one's end."""
    first = [piece for piece in pieces if piece.number == 1]
    span = _span(piece.plan for piece in first)
    return sound.Mix(
        [piece.part for piece in first], program.sample(span.start), program.sample(span.end), gain_db
    )


def _span(plans: Iterable[CuePlan]) -> FrameRange:
    records = [plan.cue.record for plan in plans]
    return FrameRange(min(record.start for record in records), max(record.end for record in records))


def _heard_span(commission: Commission) -> FrameRange:
    """From the first cue that was heard to the end of the last one."""
    return _span(plan for plan in commission.brief.plans if commission.heard.get(plan.cue.id))


def _write_mix(path: Path, mix: sound.Mix, commission: Commission) -> None:
    """The audition mix as a WAV that knows where it belongs."""
    start = commission.brief.program.start
    write_take(
        path,
        mix,
        samples=mix.samples,
        channels=mix.channels,
        broadcast=Broadcast(
            description=f"audition mix of {commission.brief.name} | machine-generated",
            reference=commission.job,
            created=commission.created,
            time_reference=midnight_reference(start, file_cut(start, _heard_span(commission), 0)),
            loudness=measure(mix, mix.channels),
        ),
        ixml=ixml_of(commission, mix.channels, _origin(commission), "", "", "audition mix"),
    )


def _write_preview(stem: Path, mix: sound.Mix, commission: Commission, watch: Watching) -> Preview:
    program = trim(commission.brief.program, _heard_span(commission))
    shown = next((shot.media.path for shot in program.shots if shot.media and shot.media.path), None)
    length = duration_of(shown) if shown is not None else None
    return write_preview(
        stem,
        mix,
        lambda: _until_cancelled(program, watch),
        rate=program.rate,
        duration=program.duration,
        copy_from=whole_file(program, length) if length is not None else None,
        comment=mark_of(commission),
    )


def _until_cancelled(program: Program, watch: Watching) -> Iterator[Any]:
    for frame in program_frames(program):
        if watch.cancelled():
            raise CancelledWork("cancelled while the preview was written")
        yield frame


def _made(commission: Commission, conformed: Conformed, pieces: Sequence[_Piece]) -> list[MadeTake]:
    """PIECES as the cue sheet shows them."""
    program, columns = commission.brief.program, columns_for(len(pieces))
    return [
        MadeTake(
            piece.plan,
            piece.number,
            piece.heard,
            take,
            _outline(piece, take, program, conformed.gain_db, columns),
        )
        for piece, take in zip(pieces, conformed.takes, strict=True)
    ]


def _outline(piece: _Piece, take: Take, program: Program, gain_db: float, columns: int) -> Waveform:
    """The outline of TAKE as it is heard in its cue."""
    record = take.cue.record
    heard = sound.Mix([piece.part], program.sample(record.start), program.sample(record.end), gain_db)
    return waveform(heard, heard.samples, heard.channels, columns)


def _sheet(
    commission: Commission,
    conformed: Conformed,
    pieces: Sequence[_Piece],
    strips: Mapping[str, tuple[Thumbnail, ...]],
) -> Sheet:
    span, program = _heard_span(commission), commission.brief.program
    lanes = [
        _lane(piece, take, program, span, conformed.gain_db)
        for piece, take in zip(pieces, conformed.takes, strict=True)
    ]
    thumbnails: dict[int, Thumbnail] = {}
    for piece in pieces:
        for thumbnail in strips.get(piece.heard.fingerprint, ()):
            frame = thumbnail.frame + piece.plan.cut.first_frame - span.start
            if 0 <= frame < span.duration:
                thumbnails.setdefault(frame, Thumbnail(frame, thumbnail.rgb))
    prompts = list(dict.fromkeys(take.cue.prompt for take in conformed.takes))
    engine = pieces[0].plan.engine
    return Sheet(
        title=prompts[0] if len(prompts) == 1 else f"{prompts[0]} (and {len(prompts) - 1} more)",
        facts=(
            commission.brief.name,
            f"{program.label(span.start)} to {program.label(span.end)}",
            f"{float(span.duration / program.rate):.2f} s at {_rate_text(program.rate)}",
            f"{engine.name} engine",
        ),
        start=program.label(span.start),
        frames=span.duration,
        thumbnails=[thumbnails[frame] for frame in sorted(thumbnails)],
        lanes=lanes,
    )


def _lane(piece: _Piece, take: Take, program: Program, span: FrameRange, gain_db: float) -> Lane:
    record = take.cue.record
    begin = program.sample(span.start)
    start = Fraction(program.sample(record.start) - begin, SAMPLE_RATE)
    columns = max(1, round(AXIS * record.duration / span.duration))
    return Lane(
        label=f"{take.cue.layer} take {piece.number}" if piece.number > 1 else take.cue.layer,
        detail=f"{take.cue.prompt} (seed {take.seed})",
        start=start,
        duration=record.duration / program.rate,
        waveform=_outline(piece, take, program, gain_db, columns),
        events=tuple(replace(event, time=event.time + start) for event in take.events),
        loudness=take.loudness,
    )


def _rate_text(rate: Fraction) -> str:
    return f"{float(rate):.3f}".rstrip("0").rstrip(".") + " fps"
