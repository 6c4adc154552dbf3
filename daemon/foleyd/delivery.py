"""Conform and place: from what the engine made to files on tracks."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from foleyd.bench import Watch
from foleyd.brief import Advance, Commission, Conformed, Delivery, Notice
from foleyd.cue import FrameRange, Loudness, Program, Take, from_cue_start
from foleyd.cue_pages import write_cue_sheet
from foleyd.documents import placed_takes
from foleyd.errors import CancelledWork
from foleyd.files import new_file
from foleyd.glimpses import with_glimpses
from foleyd.looks import Looks, span_of
from foleyd.media import sound
from foleyd.media.loudness import target_of as loudness_target
from foleyd.shown import Piece, Sounds, Strips, lying_takes, made_takes, pieces_of
from foleyd.take_files import exports_of, origin_words, place_words, target_of, write_take_file
from foleyd.timebase import SAMPLE_RATE

# --------------------------------------------------------------------------------------- conform


def conform(commission: Commission, sounds: Sounds, watch: Watch) -> Conformed:
    """Writes every take: cut to the sample, with one gain for all, and its provenance inside.

    Raises OutputError, LoudnessError, CancelledWork.
    """
    pieces = pieces_of(commission, sounds, watch.give_way)
    target = loudness_target(commission.output.loudness)
    gain = sound.MixGain(0.0)
    if target is not None:
        files = (sound.Conformed(piece.part.sound, piece.plan.cut) for piece in pieces)
        gain = sound.mix_gain(_mix_of(pieces, commission.brief.program), target, files)
    notices = [Notice(gain.warning)] if gain.warning else []
    takes: list[Take] = []
    exports: dict[str, tuple[Path, ...]] = {}
    for index, piece in enumerate(pieces):
        if watch.cancelled():
            raise CancelledWork("cancelled while the takes were written")
        watch.give_way()
        take, warning = _write(piece, commission, gain.gain_db + piece.plan.gain_db)
        takes.append(take)
        if warning:
            notices.append(Notice(warning, where=str(take.path), fix="--loudness film"))
        exports[take.id] = exports_of(commission, take)
        watch.event(Advance("conform", (index + 1) / len(pieces)))
    earlier = pieces[0].plan.gain_db if pieces else 0.0
    words = str(target) if target is not None else ""
    return Conformed(tuple(takes), gain.gain_db + earlier, exports, tuple(notices), loudness_target=words)


def _write(piece: Piece, commission: Commission, gain_db: float) -> tuple[Take, str]:
    cue, cut = piece.plan.cue, piece.plan.cut
    blocks = sound.Conformed(piece.part.sound, cut, gain_db)
    take = Take(
        id=piece.take_id,
        cue=cue,
        path=piece.path,
        seed=piece.heard.seed,
        cut=cut,
        sample_rate=SAMPLE_RATE,
        channels=blocks.channels,
        events=from_cue_start(piece.heard.events, cut.source_in, SAMPLE_RATE),
        loudness=Loudness(None, None),
        provenance=_provenance(piece, commission, gain_db),
    )
    return write_take_file(commission, blocks, take, piece.number), blocks.warning()


def _provenance(piece: Piece, commission: Commission, gain_db: float) -> dict[str, Any]:
    plan, cue, program = piece.plan, piece.plan.cue, commission.brief.program
    return {
        **origin_words(commission),
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
        "number": piece.number,
        "enabled": piece.number == 1,
        "target": target_of(commission),
        **place_words(program, cue.record, plan.cut),
    }


# ----------------------------------------------------------------------------------------- place


def place(
    commission: Commission, conformed: Conformed, sounds: Sounds, strips: Strips, watch: Watch
) -> Delivery:
    """Puts the takes on tracks, and writes what people want to look at and listen to.

    That is of what was made by this job; of a refresh mix and cue sheet are of all takes on the timeline, and
    preview and picture go from the first that was made anew to the last, with all that lies there. STRIPS are
    small pictures by picture fingerprint. Raises TimelineError, OutputError, ExportError, CancelledWork.
    """
    began = time.perf_counter()
    names = commission.names
    placed = placed_takes(commission, conformed)
    written = [take.path for take in (*conformed.takes, *conformed.recuts.values())]
    written += [path for paths in conformed.exports.values() for path in paths]
    if names.otio is not None:
        with new_file(names.otio) as temporary:
            temporary.write_bytes(placed.document.json)
        written.append(names.otio)
    watch.event(Advance("place", 0.2))
    if commission.brief.refreshed:
        shown = lying_takes(commission, conformed, placed.refreshed, strips)
    else:
        shown = made_takes(commission, conformed, pieces_of(commission, sounds, watch.give_way), strips)
    if names.cue_page is not None or names.picture is not None:
        shown = with_glimpses(shown, commission.brief.program, watch)
    looks, made = Looks(commission, shown, watch), made_span(commission)
    if names.mix is not None and shown.takes:
        looks.write_mix(names.mix)
    if names.preview is not None and made is not None:
        looks.write_film(names.preview, made)
    watch.event(Advance("place", 0.8))
    if names.cue_page is not None and shown.takes:
        costs = commission.costs.including("place", time.perf_counter() - began)
        ready, film = replace(commission, costs=costs), looks.film.path if looks.film is not None else None
        looks.written += write_cue_sheet(ready, conformed, shown, mix=looks.loudness, preview=film)
    if names.picture is not None and made is not None:
        looks.write_picture(names.picture, made)
    for folder in names.made:  # a refresh may need no file at all
        with suppress(OSError):
            folder.rmdir()
    watch.event(Advance("place", 1.0))
    looked = names.mix or names.preview or names.cue_page
    notices = [*shown.missing, *(shown.left_out if looked else ())]
    notices += [Notice(words, where="the mix of all layers") for words in looks.warnings()]
    return Delivery(
        placements=placed.placements,
        document=placed.document,
        written=(*written, *looks.written),
        preview=looks.film.path if looks.film is not None else None,
        preview_note=looks.film.note if looks.film is not None else "",
        notices=tuple(notices),
        refreshed=placed.refreshed,
    )


def made_span(commission: Commission) -> FrameRange | None:
    """From the first cue that was heard to the end of the last one; None where none was."""
    plans = [plan for plan in commission.brief.plans if commission.heard.get(plan.cue.id)]
    return span_of(plan.cue.record for plan in plans) if plans else None


def _mix_of(pieces: Sequence[Piece], program: Program) -> sound.Mix:
    """The cues' first takes over the stretch from the first cue's start to the last one's end."""
    first = [piece for piece in pieces if piece.number == 1]
    span = span_of(piece.plan.cue.record for piece in first)
    return sound.Mix([piece.part for piece in first], program.sample(span.start), program.sample(span.end))
