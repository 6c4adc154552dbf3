"""What the shots of an edited timeline show of the pieces of picture that cues were once made for.

All times are exact seconds: of the record timeline from its zero, or of the cue from its start. A *zero* is
the record time at which the cue's own time would be 0.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace
from fractions import Fraction

from foleyd.cue import Program, Shot
from foleyd.timeline.notes import Piece, SizeOf, folded, joined, shot_name

_ROOM = 1.0
_SPEED_TOLERANCE = Fraction(1, 10_000)


@dataclass(frozen=True, slots=True)
class Fragment:
    """A part of a piece that SHOT shows: from BEGIN to END of the cue's time, which then begins at ZERO.

    RETIMED: at another speed; BEGIN and END are then the whole piece.
    """

    shot: Shot
    number: int
    begin: Fraction
    end: Fraction
    zero: Fraction
    retimed: bool = False

    def overlaps(self, other: Fragment, slack: Fraction) -> bool:
        """Whether some of the cue's time is in both, by more than SLACK."""
        return self.begin < other.end - slack and other.begin < self.end - slack


class Shown:
    """The shots of PROGRAM by their media. SIZE_OF tells the size of media files."""

    def __init__(self, program: Program, size_of: SizeOf) -> None:
        self.rate = program.rate
        self.shots = joined(program)
        self._size_of = size_of
        self._paths = {str(shot.media.path) for shot in self.shots if shot.media and shot.media.path}
        self._known: dict[tuple[Piece, int, Fraction], list[Fragment]] = {}
        self._by_source: dict[str, list[tuple[float, float, Shot]]] = {}
        for shot in self.shots:
            if shot.media is not None:
                low, high = _stretch(shot.source_start, shot.source_at(shot.record.end, self.rate))
                self._by_source.setdefault(folded(shot_name(shot)), []).append((low, high, shot))
        for entries in self._by_source.values():
            entries.sort(key=lambda entry: entry[0])
        self._longest = {
            name: max(high - low for low, high, _ in entries) for name, entries in self._by_source.items()
        }

    def fragments(self, piece: Piece, number: int, slack: Fraction) -> list[Fragment]:
        """What shots show of PIECE, the NUMBERth of its picture: at its speed, or where none does at others.

        Alternates and layers ask for the same pieces, so what was found is kept.
        """
        key = piece, number, slack
        if key not in self._known:
            shots = self.candidates(piece)
            same = (self._fragment(shot, piece, number, slack) for shot in shots)
            others = (self._retimed(shot, piece, number) for shot in shots)
            found = [one for one in same if one is not None]
            self._known[key] = found or [one for one in others if one is not None]
        return self._known[key]

    def _fragment(self, shot: Shot, piece: Piece, number: int, slack: Fraction) -> Fragment | None:
        """What SHOT shows of PIECE at its speed."""
        if not is_speed_of(piece, shot):
            return None
        start, end = self.part(shot)
        if piece.speed == 0:
            if abs(shot.source_start - piece.source) > slack:
                return None
            return Fragment(shot, number, piece.at, piece.end, start - piece.at)
        zero = start - piece.at + (piece.source - shot.source_start) / piece.speed
        begin, stop = max(piece.at, start - zero), min(piece.end, end - zero)
        return Fragment(shot, number, begin, stop, zero) if stop - begin > slack else None

    def _retimed(self, shot: Shot, piece: Piece, number: int) -> Fragment | None:
        """SHOT, where it shows some of PIECE's stretch of media at another speed."""
        if is_speed_of(piece, shot):
            return None
        ours = sorted((piece.source, piece.source_at(piece.end)))
        theirs = sorted((shot.source_start, shot.source_at(shot.record.end, self.rate)))
        if max(ours[0], theirs[0]) >= min(ours[1], theirs[1]) and not ours[0] <= theirs[0] <= ours[1]:
            return None
        start, _ = self.part(shot)
        return Fragment(shot, number, piece.at, piece.end, start - piece.at, retimed=True)

    def candidates(self, piece: Piece) -> list[Shot]:
        """Shots of PIECE's media, in record order, that show about what it shows of them."""
        name = folded(piece.name)
        entries = self._by_source.get(name, [])
        low, high = _stretch(piece.source, piece.source_at(piece.end))
        first = bisect_left(entries, low - self._longest.get(name, 0.0), key=lambda entry: entry[0])
        last = bisect_right(entries, high, key=lambda entry: entry[0])
        near = [shot for _, stop, shot in entries[first:last] if stop >= low and self.shows(shot, piece)]
        return sorted(near, key=lambda shot: shot.record)

    def shows(self, shot: Shot, piece: Piece) -> bool:
        """Whether SHOT is of PIECE's media: the same file, or one of that name where the file is nowhere."""
        if shot.media is None or piece.path is None:
            return shot.media is None and piece.path is None
        if shot.media.path is not None and piece.path in self._paths:
            return str(shot.media.path) == piece.path
        return folded(shot_name(shot)) == folded(piece.name)

    def rewritten(self, shot: Shot, piece: Piece) -> bool:
        """Whether the file of SHOT has another size than when PIECE was seen."""
        path = shot.media.path if shot.media is not None else None
        size = self._size_of(path) if path is not None and piece.size is not None else None
        return size is not None and size != piece.size

    def part(self, shot: Shot) -> tuple[Fraction, Fraction]:
        """Record seconds of SHOT."""
        return shot.record.start / self.rate, shot.record.end / self.rate


def _stretch(one: Fraction, other: Fraction) -> tuple[float, float]:
    """Two ends of a stretch of media in order, as doubles with room for rounding."""
    return float(min(one, other)) - _ROOM, float(max(one, other)) + _ROOM


def is_speed_of(piece: Piece, shot: Shot) -> bool:
    """Whether SHOT plays as fast as PIECE did, and the same way round."""
    return abs(shot.speed - piece.speed) <= _SPEED_TOLERANCE * max(abs(piece.speed), Fraction(1, 100))


def part_of(piece: Piece, begin: Fraction, end: Fraction) -> Piece | None:
    """What of PIECE lies between BEGIN and END, seconds of the cue; None for nothing. A freeze is the same in
    all its parts."""
    begin, end = max(begin, piece.at), min(end, piece.end)
    if begin >= end or piece.speed == 0:
        return piece if begin < end else None
    return replace(piece, at=begin, length=end - begin, source=piece.source_at(begin))
