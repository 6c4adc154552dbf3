"""Takes as people see and hear them: those that a job made, or all that lie on a timeline it refreshed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from foleyd.brief import Commission, Conformed, CuePlan, Heard, Notice
from foleyd.contact_sheet import Thumbnail
from foleyd.cue import Cue, FrameRange, Loudness, Program, SoundEvent, Take
from foleyd.engines.engine import Audio
from foleyd.media import sound
from foleyd.media.loudness import measure
from foleyd.media.recut import FileSound
from foleyd.media.waveform import Waveform, waveform
from foleyd.refreshed import Outcome, Refreshed, cut_from, zero_sample
from foleyd.timebase import SAMPLE_RATE, round_half_up
from foleyd.timeline.notes import Notes, read_notes

Sounds = Mapping[str, Audio]
"""What the engine made, by take key."""

Strips = Mapping[str, tuple[Thumbnail, ...]]
"""Small pictures by picture fingerprint; frames count from the start of the file that was made of it."""


@dataclass(frozen=True, slots=True)
class Piece:
    """One take to be: its plan, its number from 1 among the cue's, what was heard, where it goes.

    PAUSE is called while it is read.
    """

    plan: CuePlan
    number: int
    heard: Heard
    audio: Audio
    path: Path
    pause: Callable[[], None]

    @property
    def take_id(self) -> str:
        """Unique in the job."""
        return f"{self.plan.cue.id}:{self.heard.seed}"

    @property
    def part(self) -> sound.MixPart:
        """The piece as part of a mix."""
        made = sound.as_sound(self.audio.samples, self.plan.engine.sample_rate)
        return sound.MixPart(sound.PausingSound(made, self.pause), self.plan.cut)


@dataclass(frozen=True)
class ShownTake:
    """A take of CUE, the NUMBERth, as it lies on the timeline.

    PART is its sound, without the job's gain; AUDIBLE: it lies there enabled. KNOWN is its loudness where
    that was measured. EVENTS are None where nobody knows them any more. THUMBNAILS are of record frames.
    EXPORTS are the same take in other formats. BECAME says what a refresh did with it; empty for what a job
    made.
    """

    cue: Cue
    number: int
    part: sound.MixPart
    path: Path
    seed: int
    known: Loudness | None
    engine: str
    handles: int
    audible: bool
    events: tuple[SoundEvent, ...] | None = None
    thumbnails: tuple[Thumbnail, ...] = ()
    exports: tuple[Path, ...] = ()
    cached: bool = False
    became: str = ""

    @cached_property
    def loudness(self) -> Loudness:
        """Of what is heard of it; measured anew where it is not known."""
        if self.known is not None:
            return self.known
        begin = self.part.cut.time_reference + self.part.cut.source_in
        heard = sound.Mix([self.part], begin, begin + self.part.cut.cue_samples)
        return measure(heard, heard.channels)

    def outline(self, program: Program, record: FrameRange, gain_db: float, columns: int) -> Waveform:
        """Its outline over RECORD, a stretch of its cue."""
        heard = sound.Mix([self.part], program.sample(record.start), program.sample(record.end), gain_db)
        return waveform(heard, heard.samples, heard.channels, columns)


@dataclass(frozen=True, slots=True)
class Shown:
    """All TAKES that are shown, with the gain that their parts still want. LEFT_OUT is said of those that lie
    there, too, and MISSING of those whose file is nowhere; COUNTS is what a refresh did, in words."""

    takes: tuple[ShownTake, ...]
    gain_db: float = 0.0
    left_out: tuple[Notice, ...] = ()
    missing: tuple[Notice, ...] = ()
    counts: str = ""


def pieces_of(commission: Commission, sounds: Sounds, pause: Callable[[], None]) -> list[Piece]:
    """Every take to be, in the order of cues and seeds; PAUSE is called while they are read."""
    paths = commission.names.takes
    return [
        Piece(plan, number, take, sounds[take.key], paths[plan.cue.id, take.seed], pause)
        for plan in commission.brief.plans
        for number, take in enumerate(commission.heard.get(plan.cue.id, ()), 1)
    ]


def made_takes(
    commission: Commission, conformed: Conformed, pieces: Sequence[Piece], strips: Strips
) -> Shown:
    """PIECES, which CONFORMED has as files."""
    takes = [
        ShownTake(
            cue=take.cue,
            number=piece.number,
            part=piece.part,
            path=take.path,
            seed=take.seed,
            known=take.loudness,
            engine=f"{piece.plan.engine.name} {piece.plan.engine.version}",
            handles=commission.output.handles if take.cue.handles is None else take.cue.handles,
            audible=piece.number == 1,
            events=take.events,
            thumbnails=_from_file(strips.get(piece.heard.fingerprint, ()), take),
            exports=conformed.exports.get(take.id, ()),
            cached=piece.heard.cached,
        )
        for piece, take in zip(pieces, conformed.takes, strict=True)
    ]
    return Shown(tuple(takes), conformed.gain_db)


def lying_takes(
    commission: Commission, conformed: Conformed, refreshed: Sequence[Refreshed], strips: Strips
) -> Shown:
    """All takes that lie on the timeline afterwards, by their files; REFRESHED says what became of them.

    Left out are those that an editor retimed, and those whose file cannot be had. Raises MediaError.
    """
    lying = _Lying(commission, conformed, refreshed, strips)
    there = set(map(id, lying.there))
    absent = [one for one in refreshed if one.record is not None and id(one) not in there]
    left_out = [
        Notice(
            f"{one.cue_id} is not in mix, preview and cue sheet: its sound was retimed by hand",
            str(commission.brief.program.label(one.lies.start)),
        )
        for one in absent
        if one.file is not None and one.enabled
    ]
    missing = [
        Notice(
            f"the file of {one.cue_id}{f' (take {one.number})' if one.number > 1 else ''} cannot be had",
            str(commission.brief.program.label(one.lies.start)),
            "put it back or relink it: --media-root, --relink",
        )
        for one in absent
        if one.file is None and read_notes(one.notes).samples
    ]
    counts = Counter(one.outcome for one in refreshed)
    said = ", ".join(f"{counts[outcome]} {outcome.value}" for outcome in Outcome if counts[outcome])
    takes = tuple(map(lying.take, lying.there))
    return Shown(takes, left_out=tuple(left_out), missing=tuple(missing), counts=said)


class _Lying:
    """The takes of a refreshed timeline that can be shown: THERE."""

    def __init__(
        self,
        commission: Commission,
        conformed: Conformed,
        refreshed: Sequence[Refreshed],
        strips: Strips,
    ) -> None:
        self.commission = commission
        self.conformed = conformed
        self.strips = strips
        self.program = commission.brief.program
        self.new = {take.path: take for take in (*conformed.takes, *conformed.recuts.values())}
        self.there = [
            one
            for one in refreshed
            if one.record is not None
            and one.file is not None
            and (one.zero is not None or one.file.path in self.new)
        ]
        self.cues = _cues(commission, [one for one in self.there if not self._was_made(one)])

    def _was_made(self, one: Refreshed) -> bool:
        return one.outcome is Outcome.REMADE and _path(one) in self.new

    def take(self, one: Refreshed) -> ShownTake:
        """ONE as it is shown."""
        take, notes = self.new.get(_path(one)), read_notes(one.notes)
        if take is not None:
            part = sound.MixPart(FileSound(take.path, 0, take.cut.samples), take.cut)
        else:
            part = _part(one, self.program)
        shown = ShownTake(
            cue=self.cues.get(_group(one)) or _cue([one], one.cue_id),
            number=one.number,
            part=part,
            path=_path(one),
            seed=one.seed,
            known=take.loudness if take is not None else None,
            engine=_engine(one.notes),
            handles=notes.handles,
            audible=one.enabled,
            exports=self.conformed.exports.get(take.id, ()) if take is not None else (),
            became=f"{one.outcome.value}: {one.words}",
        )
        if take is None or not self._was_made(one):
            strip = self.strips.get(notes.fingerprint, ())
            return replace(shown, thumbnails=_from_zero(strip, one, notes, self.program.rate))
        heard = next(each for each in self.commission.heard[one.new_cue] if each.seed == one.seed)
        return replace(
            shown,
            cue=take.cue,
            engine=_engine(take.provenance),
            events=take.events,
            thumbnails=_from_file(self.strips.get(heard.fingerprint, ()), take),
            cached=heard.cached,
        )


def _engine(notes: Mapping[str, Any]) -> str:
    return " ".join(str(notes.get(key) or "") for key in ("engine", "engine_version")).strip()


def _part(one: Refreshed, program: Program) -> sound.MixPart:
    """The sound of a file that stayed, where its clip lies."""
    assert one.file is not None
    assert one.record is not None
    assert one.zero is not None
    cut = cut_from(program, one.record, one.zero, one.file, 1)
    offset = cut.time_reference - (zero_sample(program, one.zero) - one.file.lead)
    return sound.MixPart(FileSound(one.file.path, offset, cut.samples), cut)


def _path(one: Refreshed) -> Path:
    assert one.file is not None
    return one.file.path


Group = tuple[str, str, FrameRange | None]


def _group(one: Refreshed) -> Group:
    """Takes that are alternates of one another: of one cue, over one place."""
    return one.job, one.cue_id, one.record


def _cues(commission: Commission, stay: Sequence[Refreshed]) -> dict[Group, Cue]:
    """The cues of takes that STAY, each with an id that no other cue on the page has."""
    taken = {plan.cue.id for plan in commission.brief.plans} | {cue.id for cue, _ in commission.brief.failed}
    groups: dict[Group, list[Refreshed]] = {}
    for one in stay:
        groups.setdefault(_group(one), []).append(one)
    cues: dict[Group, Cue] = {}
    for key, takes in groups.items():
        wanted = takes[0].cue_id or "cue"
        names = (f"{wanted}-{number}" if number > 1 else wanted for number in range(1, len(taken) + 2))
        name = next(name for name in names if name not in taken)
        taken.add(name)
        cues[key] = _cue(sorted(takes, key=lambda one: one.number), name)
    return cues


def _cue(takes: Sequence[Refreshed], name: str) -> Cue:
    first, record = takes[0], takes[0].record
    assert record is not None
    notes = read_notes(first.notes)
    return Cue(
        id=name,
        record=record,
        prompt=first.prompt,
        negative_prompt=str(first.notes.get("negative_prompt") or ""),
        layer=first.layer,
        seeds=tuple(dict.fromkeys(one.seed for one in takes)),
        handles=notes.handles,
        engine=str(first.notes.get("engine") or ""),
    )


def _from_file(thumbnails: Sequence[Thumbnail], take: Take) -> tuple[Thumbnail, ...]:
    first = take.cut.first_frame
    return tuple(replace(thumbnail, frame=thumbnail.frame + first) for thumbnail in thumbnails)


def _from_zero(
    thumbnails: Sequence[Thumbnail], one: Refreshed, notes: Notes, rate: Fraction
) -> tuple[Thumbnail, ...]:
    """THUMBNAILS of an earlier job, whose frames count from its file's start, at frames of RATE."""
    if one.zero is None or notes.made is None:
        return ()
    start, old_rate = one.zero - Fraction(notes.lead, SAMPLE_RATE), notes.made.start.rate
    return tuple(
        replace(thumbnail, frame=round_half_up((start + thumbnail.frame / old_rate) * rate))
        for thumbnail in thumbnails
    )
