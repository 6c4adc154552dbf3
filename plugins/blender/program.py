# SPDX-License-Identifier: GPL-3.0-or-later
"""The picture of an edit as plain values: what each strip shows, which is on top, and how foleyd is told.

Frames are whole scene frames, end exclusive. A program's record frame 0 is scene frame 0, or, where the
program begins before it, the program's first frame (:attr:`Program.zero`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise
from typing import Any

BLACK = ""
"""Path of what shows no file."""


@dataclass(frozen=True)
class Picture:
    """A strip, or a part of one, as it lies on the timeline."""

    name: str
    """What the editor calls it."""
    path: str
    """Absolute path of its file; '' shows black."""
    channel: int
    """Channel it lies on; of what lies in a meta, the meta's."""
    start: int
    """First scene frame."""
    end: int
    """Scene frame after the last one."""
    source_start: Fraction = Fraction(0)
    """Seconds in the file of the frame shown first."""
    speed: Fraction = Fraction(1)
    """Seconds in the file for each second of the scene; 0 holds a frame."""
    why_not: str = ""
    """Why it cannot be described and must be rendered: “is a scene”; '' where it can be."""
    lets_through: str = ""
    """Why what lies below is seen too; there it must be rendered. '' where it covers the frame."""
    inner: tuple[int, ...] = ()
    """Channels within metas, outermost first."""

    @property
    def key(self) -> str:
        """Names it among what is rendered: “Title 1001-1040”. An edit that moves it changes it."""
        return f"{self.name} {self.start}-{self.end}"

    @property
    def height(self) -> tuple[int, ...]:
        """Its place in the stack; the greatest is on top."""
        return (self.channel, *self.inner)


@dataclass(frozen=True)
class Piece:
    """Frames that one picture, or nothing, is on top of."""

    start: int
    end: int
    picture: Picture | None
    """None is black."""
    why_not: str = ""
    """Why these frames must be rendered; '' where they need not."""


@dataclass(frozen=True)
class Shot:
    """One piece of media on the timeline; times in scene frames and seconds of the file."""

    name: str
    path: str
    source_start: Fraction
    start: int
    duration: int
    speed: Fraction


@dataclass(frozen=True)
class Program:
    """The picture as the viewer sees it, over scene frames START to END."""

    rate: Fraction
    shots: tuple[Shot, ...]
    start: int
    end: int
    name: str = ""

    @property
    def zero(self) -> int:
        """The scene frame of record frame 0: 0, or below where the program begins before it."""
        return min(0, self.start)

    def selection(self) -> dict[str, Any]:
        """It as a foleyd.v1.Selection."""
        return {"program": program_json(self)}


def flatten(pictures: Sequence[Picture], start: int, end: int) -> tuple[Piece, ...]:
    """START to END as pieces without gaps or overlaps: the topmost picture wins; None where there is none."""
    inside = [picture for picture in pictures if picture.start < end and picture.end > start]
    edges = {start, end}
    for picture in inside:
        edges |= {max(picture.start, start), min(picture.end, end)}
    ordered = sorted(edges)
    pieces: list[Piece] = []
    for begin, stop in pairwise(ordered):
        top, why_not = _top([p for p in inside if p.start <= begin and p.end >= stop])
        last = pieces[-1] if pieces else None
        if last is not None and last.picture is top and bool(last.why_not) == bool(why_not):
            pieces[-1] = replace(last, end=stop)
        else:
            pieces.append(Piece(begin, stop, top, why_not))
    return tuple(pieces)


def _top(stack: Sequence[Picture]) -> tuple[Picture | None, str]:
    """What is seen of pictures that lie above one another, and why it must be rendered ('' if not)."""
    if not stack:
        return None, ""
    ordered = sorted(stack, key=lambda picture: picture.height, reverse=True)
    top = ordered[0]
    if top.why_not or not top.lets_through:
        return top, top.why_not
    if len(ordered) > 1:
        return top, top.lets_through
    return top, ""


def to_render(pieces: Iterable[Piece]) -> list[Picture]:
    """The pieces that must be rendered, as pictures with the frames that are seen of them."""
    return [
        replace(piece.picture, start=piece.start, end=piece.end, why_not=piece.why_not)
        for piece in pieces
        if piece.why_not and piece.picture is not None
    ]


def shots_of(pieces: Iterable[Piece], rate: Fraction) -> tuple[Shot, ...]:
    """The pieces that show a file and need no rendering, cut to what is seen of them."""
    shots = []
    for piece in pieces:
        picture = piece.picture
        if picture is not None and picture.path and not piece.why_not:
            source = picture.source_start + (piece.start - picture.start) / rate * picture.speed
            length = piece.end - piece.start
            shots.append(Shot(picture.name, picture.path, source, piece.start, length, picture.speed))
    return tuple(shots)


def with_rendered(program: Program, pictures: Iterable[Picture], rendered: Mapping[str, str]) -> Program:
    """PROGRAM with the movies RENDERED of PICTURES, by their keys, at their own frames."""
    shots = list(program.shots)
    for picture in pictures:
        if picture.key in rendered:
            length = picture.end - picture.start
            movie = rendered[picture.key]
            shots.append(Shot(picture.name, movie, Fraction(0), picture.start, length, Fraction(1)))
    return replace(program, shots=tuple(sorted(shots, key=lambda shot: shot.start)))


def program_json(program: Program) -> dict[str, Any]:
    """PROGRAM as a foleyd.v1.Program. Record frames are scene frames less :attr:`Program.zero`."""
    return {
        "rate": _rational(program.rate),
        "name": program.name,
        "duration_frames": program.end - program.zero,
        "shots": [
            {
                "name": shot.name,
                "media": {"path": shot.path},
                "source_start": _rational(shot.source_start),
                "record_start_frame": shot.start - program.zero,
                "duration_frames": shot.duration,
                "speed": _rational(shot.speed),
            }
            for shot in program.shots
        ],
    }


def _rational(value: Fraction) -> dict[str, int]:
    return {"num": value.numerator, "den": value.denominator}
