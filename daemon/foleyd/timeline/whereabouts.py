"""Where a cue's picture is on a timeline that was edited since: the same media at the same speed.

All times are exact seconds: of the record timeline from its zero, or of the cue from its start. A *zero* is
the record time at which the cue's own time would be 0.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property

from foleyd.cue import FrameRange, Program, Shot
from foleyd.refreshed import MadeFor
from foleyd.timebase import round_half_up
from foleyd.timeline.fragments import Fragment, Shown, is_speed_of, part_of
from foleyd.timeline.notes import Notes, Picture, Piece, SizeOf, shot_name, under


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """RECORD is where a cue's picture lies now. CHANGE says what is not as it was, in a clause; empty:
    nothing. ZERO is where the cue's start is by its picture, None where that cannot be said. SHOT is the
    first frame of the shot by which it was found. REST is the first frame of another part of its picture,
    which lies too far off to be of one sound with it; None: there is none.
    """

    record: FrameRange
    zero: Fraction | None
    change: str
    shot: int
    rest: int | None = None


def is_near(one: Fraction, other: Fraction, slack: Fraction) -> bool:
    """Whether two times differ by no more than SLACK."""
    return abs(one - other) <= slack


def place_of_sound(
    where: Whereabouts, zero: Fraction, played: tuple[Fraction, Fraction], length: Fraction, rate: Fraction
) -> FrameRange:
    """The frames, at RATE, of the picture that is WHERE, but for what an editor has trimmed off its sound or
    drawn out of its handles, under another shot. The cue begins at ZERO and lasts LENGTH, the sound PLAYED
    from and up to which of its seconds."""
    start, end = where.record.start, where.record.end
    head, tail = (round_half_up((zero + at) * rate) for at in played)
    first, last = round_half_up(zero * rate), round_half_up((zero + length) * rate)
    # Beyond an edge that went inwards by as much as it was; not beyond one that went outwards itself.
    if head > first:
        start = max(start, head)
    elif head < first:
        start = max(0, min(start, max(head, head + start - first)))
    if tail < last:
        end = min(end, tail)
    elif tail > last:
        end = max(end, min(tail, tail + end - last))
    return FrameRange(start, end) if start < end else where.record


class Claims:
    """Which shots have a sound of which kind, by the first frames of the shots."""

    def __init__(self) -> None:
        self._takes: dict[tuple[str, str, int, int], list[tuple[str, Fraction]]] = {}

    def add(self, notes: Notes, zero: Fraction, shot: int) -> None:
        """The take of NOTES, whose cue begins at ZERO where it lies, goes with SHOT."""
        key = notes.layer, notes.prompt, notes.number, shot
        self._takes.setdefault(key, []).append((f"{notes.job} {notes.take_id}", zero))

    def are_there(self, notes: Notes, zero: Fraction | None, slack: Fraction, shot: int) -> bool:
        """Whether SHOT has a sound of the kind of NOTES: of another take or, where ZERO is given, a copy of
        the same that does not lie there, too. Parts of one take may share a shot."""
        mine = f"{notes.job} {notes.take_id}"
        takes = self._takes.get((notes.layer, notes.prompt, notes.number, shot), ())
        return any(
            take != mine or (zero is not None and not is_near(place, zero, slack)) for take, place in takes
        )


class Finder:
    """Looks for pictures in PROGRAM. SIZE_OF tells the size of media files."""

    def __init__(self, program: Program, size_of: SizeOf) -> None:
        self.program = program
        self.shown = Shown(program, size_of)

    def find(
        self,
        picture: Picture,
        *,
        present: Fraction,
        made: MadeFor,
        slack: Fraction,
        taken: Callable[[int], bool] = lambda _: False,
        played: tuple[Fraction, Fraction] | None = None,
    ) -> Whereabouts | None:
        """Where PICTURE is, None where nothing is left of what its sound plays.

        It was MADE for one place, and the sound lies at zero PRESENT and plays what is PLAYED of the cue,
        from and up to which of its seconds (None: all). TAKEN tells of the first frame of a shot whether that
        has sound of this kind. Times that differ by SLACK or less are equal.
        """
        search = _Search(self, picture, present, made, slack)
        begin, end = whole = Fraction(0), picture.length
        if played is not None and min(end, played[1]) - max(begin, played[0]) > 2 * slack:
            begin, end = max(begin, played[0]), min(end, played[1])
        heard = list(search.fragments(begin, end))
        if not heard and any(search.fragments(*whole)):
            return None
        found = search.by_media(heard, end - begin, taken)
        return found or search.by_neighbours() or search.by_blackness()

    def shifts_beside(self, picture: Picture, made: MadeFor, slack: Fraction) -> list[Fraction]:
        """How far, in record seconds, the shots beside PICTURE have moved since it was MADE."""
        search = _Search(self, picture, made.at, made, slack)
        zeros = (search.zero_of(piece) for piece in (picture.before, picture.after) if piece is not None)
        return [zero - made.at for zero in zeros if zero is not None]


def _speed_words(speed: Fraction) -> str:
    if speed == 0:
        return "its shot is frozen now"
    percent = f"at {float(abs(speed)) * 100:.4g} %" if abs(speed) != 1 else "at normal speed" * (speed > 0)
    return " ".join(f"its shot plays {'backwards' if speed < 0 else ''} {percent} now".split())


class _Search:
    """One picture being looked for."""

    def __init__(
        self, finder: Finder, picture: Picture, present: Fraction, made: MadeFor, slack: Fraction
    ) -> None:
        self.program = finder.program
        self.shown = finder.shown
        self.rate = finder.program.rate
        self.picture = picture
        self.present = present
        self.made = made
        self.slack = slack

    # ---------------------------------------------------------------------------- by its own media

    def by_media(
        self, fragments: Sequence[Fragment], played: Fraction, taken: Callable[[int], bool]
    ) -> Whereabouts | None:
        """Where shots show its media: some of FRAGMENTS, all that they show of its PLAYED seconds."""
        if not fragments:
            return None

        def order(fragment: Fragment) -> tuple[bool, bool, bool, Fraction, Fraction]:
            length, distance = fragment.end - fragment.begin, abs(fragment.zero - self.present)
            at_home = distance <= self.slack and 2 * length >= played
            known = taken(fragment.shot.record.start)
            return known, fragment.retimed, not at_home, -round(length, 2), distance

        best = min(fragments, key=order)
        group = self._grown(best, fragments)
        first, *_, last = sorted([*group, *group], key=lambda one: (one.shot.record.start, one.begin))
        start, end = self._start(first), self._end(last)
        if start >= end:
            return None
        zero = self._settled(best.zero)
        record = FrameRange(start, end)
        change = self._change(record, zero)
        if best.retimed:
            return Whereabouts(record, None, _speed_words(best.shot.speed), best.shot.record.start)
        rest = min((one.shot.record.start for one in self._apart(group, fragments, taken)), default=None)
        return Whereabouts(record, zero, change, best.shot.record.start, rest)

    def fragments(self, begin: Fraction, end: Fraction) -> Iterator[Fragment]:
        """What shots show of its media between BEGIN and END, seconds of the cue."""
        for number, piece in enumerate(self.picture.pieces):
            part = part_of(piece, begin, end)
            if part is not None and part.path is not None:
                yield from self.shown.fragments(part, number, self.slack)

    def _apart(
        self, group: Sequence[Fragment], fragments: Sequence[Fragment], taken: Callable[[int], bool]
    ) -> Iterator[Fragment]:
        """Those of FRAGMENTS that are parts of the picture which GROUP has not, and no sound's as yet."""
        for one in fragments:
            theirs = any(one.overlaps(two, self.slack) for two in group)
            if not theirs and not taken(one.shot.record.start):
                yield one

    def _grown(self, best: Fragment, fragments: Sequence[Fragment]) -> list[Fragment]:
        """BEST with those of FRAGMENTS that are other parts of the picture and lie no farther off than the
        picture is long."""
        group = [best]
        start, end = self.shown.part(best.shot)
        for other in sorted(fragments, key=lambda fragment: abs(fragment.zero - best.zero)):
            begin, stop = self.shown.part(other.shot)
            far = max(begin - end, start - stop) > self.picture.length
            twice = any(other.overlaps(one, self.slack) for one in group)
            if not far and not twice:
                group.append(other)
                start, end = min(start, begin), max(end, stop)
        return group

    def _start(self, first: Fragment) -> int:
        """The record frame at which the cue begins now, by its FIRST part."""
        shot, piece = first.shot, self.picture.pieces[first.number]
        if first.number == 0 and piece.at > self.slack:  # it begins in what was empty
            return max(0, self._frame(first.zero))
        if first.number > 0 or self.picture.starts_at_cut:
            return shot.record.start
        if first.retimed:
            return self._retimed_edge(shot, piece.source, shot.record.start)
        return max(shot.record.start, self._frame(first.zero + piece.at))

    def _end(self, last: Fragment) -> int:
        shot, piece = last.shot, self.picture.pieces[last.number]
        is_last = last.number == len(self.picture.pieces) - 1
        if is_last and piece.end < self.picture.length - self.slack:
            return min(self.program.duration, self._frame(last.zero + self.picture.length))
        if not is_last or self.picture.ends_at_cut:
            return shot.record.end
        if last.retimed:
            return self._retimed_edge(shot, piece.source_at(piece.end), shot.record.end)
        return min(shot.record.end, self._frame(last.zero + piece.end))

    def _retimed_edge(self, shot: Shot, source: Fraction, otherwise: int) -> int:
        """The record frame at which retimed SHOT shows SOURCE."""
        if shot.speed == 0:
            return otherwise
        at = shot.record.start + self._frame((source - shot.source_start) / shot.speed)
        return min(max(at, shot.record.start), shot.record.end)

    def _settled(self, zero: Fraction) -> Fraction:
        """ZERO on a whole frame; seconds stay what they were where only the rate has changed."""
        if self.made.start.rate != self.rate and is_near(zero, self.made.at, self.slack):
            return self.made.at
        return self._frame(zero) / self.rate if self.made.start.rate == self.rate else zero

    # ------------------------------------------------------------------------------- is it the same

    def _change(self, record: FrameRange, zero: Fraction) -> str:
        """What in RECORD is not the picture, running from ZERO on; empty where nothing."""
        shown = Fraction(0)
        first, last = under(self.shown.shots, record)
        for shot in self.shown.shots[first:last]:
            part = record.intersect(shot.record)
            if part is None:
                continue
            piece = self._piece_under(shot, part, zero)
            if piece is None:
                known = any(self.shown.shows(shot, piece) for piece in self.picture.pieces)
                name = shot.name or shot_name(shot)
                return (
                    "its shots were cut or put in another order" if known else f"{name} lies in its picture"
                )
            if self.shown.rewritten(shot, piece):
                return f"the media file {shot_name(shot)} has changed"
            shown += part.duration / self.rate
        begin, end = record.start / self.rate - zero, record.end / self.rate - zero
        expected = sum(
            (max(Fraction(0), min(end, stop) - max(begin, start)) for _, start, stop in self._stretched),
            Fraction(0),
        )
        return "" if is_near(shown, expected, 2 * self.slack) else "a part of its picture is empty now"

    def _piece_under(self, shot: Shot, part: FrameRange, zero: Fraction) -> Piece | None:
        """The piece that PART of SHOT shows as it was."""
        begin, end = part.start / self.rate - zero, part.end / self.rate - zero
        stretched = self._stretched
        at = bisect_right(stretched, begin, key=lambda entry: entry[1])
        for piece, start, stop in stretched[max(0, at - 2) : at + 1]:
            if not (start - self.slack <= begin and end <= stop + self.slack):
                continue
            if not self.shown.shows(shot, piece):
                continue
            if piece.path is None:
                return piece
            if not is_speed_of(piece, shot):
                continue
            off = shot.source_at(part.start, self.rate) - piece.source_at(begin)
            if abs(off) <= self.slack * max(abs(piece.speed), Fraction(1)):
                return piece
        return None

    @cached_property
    def _stretched(self) -> list[tuple[Piece, Fraction, Fraction]]:
        """The pieces with their ends; the outer ones go on along their own media, as far as anybody asks."""
        pieces, length = self.picture.pieces, self.picture.length
        far = length + self.program.duration / self.rate
        return [
            (
                piece,
                -far if number == 0 and piece.at <= 0 else piece.at,
                far if number == len(pieces) - 1 and piece.end >= length else piece.end,
            )
            for number, piece in enumerate(pieces)
        ]

    # --------------------------------------------------------------------- by what lies around it

    def by_neighbours(self) -> Whereabouts | None:
        """The place between the shots that lay beside it, where something else is shown there now."""
        before, after = self.picture.before, self.picture.after
        if not self.picture.pieces or (before is None and after is None):
            return None
        left = self._shots_of(before) if before else [None]
        right = self._shots_of(after) if after else [None]
        holes = [hole for one in left for other in right if (hole := self._hole(one, other)) is not None]
        if not holes:
            return None
        start, end = min(holes, key=lambda hole: (hole[1] - hole[0], abs(hole[0] - self.made.record.start)))
        if before is not None:
            start += self._frame(-before.end)
        if after is not None:
            end -= self._frame(after.at - self.picture.length)
        whole = FrameRange(start, max(start, end))
        first, last = under(self.shown.shots, whole)
        new = self.shown.shots[first:last]
        filled = sum(part.duration for shot in new if (part := whole.intersect(shot.record)))
        if not new or filled < whole.duration:  # a shot that was disabled leaves a hole, too
            return None
        if self.shown.shows(new[0], self.picture.pieces[0]):
            change = "its shot was slipped to another part of its media"
        else:
            change = f"its shot was replaced by {new[0].name or shot_name(new[0])}"
        return Whereabouts(whole, None, change, new[0].record.start)

    def _hole(self, left: Shot | None, right: Shot | None) -> tuple[int, int] | None:
        """Frames from the end of LEFT to the start of RIGHT; None: the program's own ends."""
        shots = self.shown.shots
        if left is None and right is not None:
            earlier = [shot for shot in shots if shot.record.end <= right.record.start]
            return (0, right.record.start) if len(earlier) == 1 else None
        if right is None and left is not None:
            later = [shot for shot in shots if shot.record.start >= left.record.end]
            return (left.record.end, later[0].record.end) if len(later) == 1 else None
        if left is None or right is None or left.record.end >= right.record.start:
            return None
        return left.record.end, right.record.start

    def _shots_of(self, piece: Piece) -> list[Shot | None]:
        return [fragment.shot for fragment in self._shown_of(piece)]

    def zero_of(self, piece: Piece) -> Fraction | None:
        """The cue's zero by a PIECE beside it, by the shot nearest to where it was."""
        zeros = [fragment.zero for fragment in self._shown_of(piece)]
        return min(zeros, key=lambda zero: abs(zero - self.present), default=None)

    def _shown_of(self, piece: Piece) -> list[Fragment]:
        """What is shown of a PIECE beside the picture at its own speed."""
        if piece.path is None:
            return []
        return [one for one in self.shown.fragments(piece, 0, self.slack) if not one.retimed]

    # -------------------------------------------------------------------------------- by blackness

    def by_blackness(self) -> Whereabouts | None:
        """A cue over nothing but black or emptiness stays where that is."""
        if any(piece.path is not None for piece in self.picture.pieces):
            return None
        for zero in (self.present, self.made.at):
            start = self._frame(zero)
            record = FrameRange(start, start + self._frame(self.picture.length))
            inside = record.start >= 0 and record.end <= self.program.duration
            if inside and record.duration and not self._change(record, zero):
                return Whereabouts(record, self._settled(zero), "", record.start)
        return None

    def _frame(self, seconds: Fraction) -> int:
        return round_half_up(seconds * self.rate)
