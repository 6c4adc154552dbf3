"""What a clip of ours knows of itself: written as its ``metadata["foleyd"]``, read when it comes back.

Beside prompt, seed and engine it holds the cue's own little program (``picture``), so that a later edit
can be told from the one it was made for. Times there are exact seconds from the cue's start, as text.
Schema 1 had no picture; schema 2 has.
"""

from __future__ import annotations

import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from foleyd import __version__
from foleyd.cue import DEFAULT_LAYER, FileCut, FrameRange, Program, Shot, Take
from foleyd.refreshed import MadeFor
from foleyd.request import MAX_TAKES
from foleyd.timebase import Timecode, TimeError, exact, has_drop_frame, snap_rate

METADATA_SCHEMA = 2
STARTS_AT = "starts_at"
"""Of a clip's file: which frame its ``available_range`` was written to begin with. Tools may drop that."""
_FROM_PROVENANCE = (
    "engine",
    "engine_version",
    "options",
    "text_only",
    "handles",
    "gain_db",
    "picture_fingerprint",
    "machine_generated",
    "model_licence",
    "model",
    "target",
)
_MOST_PIECES = 10_000
_LARGEST = 10**12
_SEEDS = 2**63

SizeOf = Callable[[Path], int | None]
"""Asked for the size of a media file in bytes; None where there is none."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of picture under a cue: from AT, LENGTH seconds, counted from the cue's start.

    PATH is its media file; empty where that could not be found (NAME then says which it was), None for
    black that somebody put there. SIZE is the file's, in bytes. SOURCE is the media time shown first, SPEED
    media seconds for each second.
    """

    path: str | None
    name: str
    size: int | None
    at: Fraction
    length: Fraction
    source: Fraction
    speed: Fraction

    @property
    def end(self) -> Fraction:
        """Where it ends."""
        return self.at + self.length

    def source_at(self, at: Fraction) -> Fraction:
        """Media time shown at AT, also outside of the piece."""
        return self.source + (at - self.at) * self.speed


@dataclass(frozen=True, slots=True)
class Picture:
    """The picture under a cue of LENGTH seconds, with its neighbours.

    STARTS_AT_CUT and ENDS_AT_CUT: that edge of the cue is an edge of its shot, and follows it. BEFORE and
    AFTER are the shots before and after those under the cue, None where there is none.
    """

    length: Fraction
    pieces: tuple[Piece, ...]
    starts_at_cut: bool
    ends_at_cut: bool
    before: Piece | None
    after: Piece | None


@dataclass(frozen=True, slots=True)
class Notes:
    """A clip's metadata, read. MADE and PICTURE are None where an older foleyd did not write them.

    LEAD, SAMPLES and CUE_SAMPLES are the file's, as :class:`foleyd.cue.FileCut` has them; STARTS_AT is the
    moment, in seconds, that its first sample was written to have in the document.
    """

    job: str
    cue_id: str
    take_id: str
    layer: str
    prompt: str
    seed: int
    number: int
    enabled: bool
    handles: int
    text_only: bool
    fingerprint: str
    made: MadeFor | None
    lead: int
    samples: int
    cue_samples: int
    picture: Picture | None
    starts_at: Fraction | None = None


# --------------------------------------------------------------------------------------- writing


def notes_of(
    take: Take, program: Program, *, job: str, number: int, enabled: bool, size_of: SizeOf
) -> dict[str, Any]:
    """The metadata of TAKE, the NUMBERth of its cue, on the timeline of PROGRAM."""
    cue = take.cue
    return {
        "generator": f"foleyd {__version__}",
        "schema": METADATA_SCHEMA,
        "job": job,
        "cue": cue.id,
        "take": take.id,
        "number": number,
        "enabled": enabled,
        "layer": cue.layer,
        "prompt": cue.prompt,
        "negative_prompt": cue.negative_prompt,
        "seed": take.seed,
        **{key: take.provenance[key] for key in _FROM_PROVENANCE if key in take.provenance},
        **place_notes(program, cue.record, size_of),
        "file": file_notes(take.cut),
    }


def file_notes(cut: FileCut) -> dict[str, int]:
    """The part of the metadata that says what the file of CUT holds, in samples."""
    return {"lead": cut.source_in, "samples": cut.samples, "cue_samples": cut.cue_samples}


def place_notes(program: Program, record: FrameRange, size_of: SizeOf) -> dict[str, Any]:
    """The part of the metadata that says where a take lies and under which picture of PROGRAM."""
    start = program.start
    return {
        "record": {
            "start": record.start,
            "frames": record.duration,
            "rate": _text(start.rate),
            "timeline_start": start.frame,
            "drop_frame": start.drop,
        },
        "picture": _picture_notes(picture_of(program, record, size_of)),
    }


def picture_of(program: Program, record: FrameRange, size_of: SizeOf) -> Picture:
    """What PROGRAM shows in RECORD, and beside it."""
    shots, rate = joined(program), program.rate
    begin, stop = under(shots, record)
    inside = shots[begin:stop]
    before = shots[begin - 1] if begin else None
    after = shots[stop] if stop < len(shots) else None
    around = [shot for shot in (before, *inside, after) if shot is not None]
    edges = {edge for shot in around for edge in (shot.record.start, shot.record.end)}
    edges |= {0, program.duration}

    def piece(shot: Shot, part: FrameRange) -> Piece:
        path = shot.media.path if shot.media is not None else None
        return Piece(
            path=None if shot.media is None else str(path or ""),
            name=shot_name(shot),
            size=size_of(path) if path is not None else None,
            at=(part.start - record.start) / rate,
            length=part.duration / rate,
            source=shot.source_at(part.start, rate),
            speed=shot.speed,
        )

    return Picture(
        length=record.duration / rate,
        pieces=tuple(piece(shot, part) for shot in inside if (part := shot.record.intersect(record))),
        starts_at_cut=record.start in edges,
        ends_at_cut=record.end in edges,
        before=piece(before, before.record) if before is not None else None,
        after=piece(after, after.record) if after is not None else None,
    )


class _Same:
    """A program as a key that takes no time: it is equal to itself alone."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def __hash__(self) -> int:
        return id(self.program)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.program is self.program


def joined(program: Program) -> tuple[Shot, ...]:
    """PROGRAM's shots, those joined that go on in the same media as if they had never been cut."""
    return _joined(_Same(program))


@lru_cache(maxsize=4)
def _joined(same: _Same) -> tuple[Shot, ...]:
    shots: list[Shot] = []
    for shot in same.program.shots:
        last = shots[-1] if shots else None
        if last is not None and _goes_on(last, shot, same.program.rate):
            shots[-1] = replace(last, record=FrameRange(last.record.start, shot.record.end))
        else:
            shots.append(shot)
    return tuple(shots)


def under(shots: Sequence[Shot], record: FrameRange) -> tuple[int, int]:
    """Which of SHOTS, in record order, lie in RECORD: the first one's number and the one after the last's."""
    first = bisect_right(shots, record.start, key=lambda shot: shot.record.end)
    return first, max(first, bisect_left(shots, record.end, key=lambda shot: shot.record.start))


def shot_name(shot: Shot) -> str:
    """What SHOT's media are called, folder left out."""
    if shot.media is None:
        return ""
    name = shot.media.path.name if shot.media.path is not None else shot.media.name
    return name.replace("\\", "/").rsplit("/", 1)[-1]


def folded(name: str) -> str:
    """NAME as file systems that ignore case and composition compare it."""
    return unicodedata.normalize("NFC", name).casefold()


def _goes_on(last: Shot, shot: Shot, rate: Fraction) -> bool:
    if last.record.end != shot.record.start or last.media != shot.media or last.speed != shot.speed:
        return False
    drift = last.source_at(shot.record.start, rate) - shot.source_start
    return abs(drift) * 1000 < 1 / rate


def _picture_notes(picture: Picture) -> dict[str, Any]:
    return {
        "length": _text(picture.length),
        "pieces": [_piece_notes(piece) for piece in picture.pieces],
        "starts_at_cut": picture.starts_at_cut,
        "ends_at_cut": picture.ends_at_cut,
        "before": _piece_notes(picture.before) if picture.before else None,
        "after": _piece_notes(picture.after) if picture.after else None,
    }


def _piece_notes(piece: Piece) -> dict[str, Any]:
    return {
        "media": piece.path,
        "name": piece.name,
        "bytes": piece.size,
        "at": _text(piece.at),
        "length": _text(piece.length),
        "source": _text(piece.source),
        "speed": _text(piece.speed),
    }


def _text(value: Fraction) -> str:
    return f"{value.numerator}/{value.denominator}"


# --------------------------------------------------------------------------------------- reading


class _Unreadable(ValueError):
    """A part of the metadata is not as foleyd writes it."""


def read_notes(metadata: Mapping[str, Any]) -> Notes:
    """METADATA of a clip of ours. What is missing or has been spoilt on the way is taken as not said."""
    made, picture = _or_none(_made, metadata.get("record")), _or_none(_picture, metadata.get("picture"))
    file: Any = metadata.get("file")
    held = file if hasattr(file, "get") else {}
    lead, samples, cue_samples = (_count(held.get(key)) for key in ("lead", "samples", "cue_samples"))
    seed, number = _count(metadata.get("seed")), _count(metadata.get("number"))
    return Notes(
        job=_words(metadata.get("job")),
        cue_id=_words(metadata.get("cue")),
        take_id=_words(metadata.get("take")),
        layer=_words(metadata.get("layer")) or DEFAULT_LAYER,
        prompt=_words(metadata.get("prompt")),
        seed=seed if seed < _SEEDS else 0,
        number=number if 1 <= number <= MAX_TAKES else 1,
        enabled=metadata.get("enabled") is not False,
        handles=_count(metadata.get("handles")),
        text_only=metadata.get("text_only") is True,
        fingerprint=_words(metadata.get("picture_fingerprint")),
        made=made,
        lead=lead,
        samples=samples,
        cue_samples=cue_samples,
        picture=picture if made is not None and lead <= samples > 0 else None,
        starts_at=_or_none(partial(_starts_at, made), held),
    )


def _words(value: Any) -> str:
    """VALUE as text that travels: half a surrogate pair does not."""
    return str("" if value is None else value).encode("utf-8", "replace").decode("utf-8")


def _or_none(read: Callable[[Any], Any], value: Any) -> Any:
    try:
        return read(value) if hasattr(value, "get") else None
    except (_Unreadable, TimeError, KeyError, TypeError, ValueError, OverflowError):
        return None


def _made(value: Any) -> MadeFor:
    rate = snap_rate(exact(str(value["rate"])))
    first, frames = _whole(value["start"]), _count(value["frames"])
    drop = value.get("drop_frame") is True and has_drop_frame(rate)
    return MadeFor(FrameRange(first, first + frames), Timecode(_whole(value["timeline_start"]), rate, drop))


def _starts_at(made: MadeFor | None, file: Any) -> Fraction | None:
    return _whole(file[STARTS_AT]) / made.start.rate if made is not None else None


def _picture(value: Any) -> Picture:
    pieces: Iterable[Any] = value["pieces"]
    length = _fraction(value["length"])
    read = tuple(_piece(piece) for piece in list(pieces)[:_MOST_PIECES])
    if length <= 0 or not _in_order(read):
        raise _Unreadable
    before, after = value.get("before"), value.get("after")
    return Picture(
        length=length,
        pieces=read,
        starts_at_cut=value.get("starts_at_cut") is True,
        ends_at_cut=value.get("ends_at_cut") is True,
        before=_piece(before) if before is not None else None,
        after=_piece(after) if after is not None else None,
    )


def _in_order(pieces: Sequence[Piece]) -> bool:
    edges = [edge for piece in pieces for edge in (piece.at, piece.end)]
    return edges == sorted(edges)


def _piece(value: Any) -> Piece:
    media, size = value["media"], value.get("bytes")
    piece = Piece(
        path=None if media is None else str(media),
        name=str(value["name"]),
        size=size if isinstance(size, int) else None,
        at=_fraction(value["at"]),
        length=_fraction(value["length"]),
        source=_fraction(value["source"]),
        speed=_fraction(value["speed"]),
    )
    if piece.length <= 0:
        raise _Unreadable
    return piece


def _fraction(value: Any) -> Fraction:
    number = exact(str(value))
    if abs(number) > _LARGEST:
        raise _Unreadable
    return number


def _whole(value: Any) -> int:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > _LARGEST:
        raise _Unreadable
    return value


def _count(value: Any) -> int:
    """VALUE as a number from 0 on; 0 for anything else. Tools may make doubles of whole numbers."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        value = int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0
