"""Re-conform: what has become of our takes on a timeline that came back, and what each of them needs.

A clip of ours knows the picture it was made for (:mod:`foleyd.timeline.notes`). That picture is looked for
in the new program: the same media at the same speed, wherever they lie now. Where all of it that is left lies
as it lay, the sound is still right, moved and cut anew if need be; where not, the cue is made anew over the
place its picture has now. What an editor has done to a clip of ours by hand stays.

Nothing here opens media or changes anything.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import partial

from foleyd.cue import FrameRange, Program
from foleyd.refreshed import ROUNDING, Outcome, Refreshed, TakeFile, with_lost_fades, zero_sample
from foleyd.timebase import SAMPLE_RATE, frame_to_sample, rate_text, round_half_up
from foleyd.timeline.notes import Notes, SizeOf, read_notes
from foleyd.timeline.placement import FoundPlacement
from foleyd.timeline.whereabouts import Claims, Finder, Whereabouts, is_near, place_of_sound

FileOf = Callable[[FoundPlacement, Notes], TakeFile | None]
"""Asked for the file of a clip of ours, as foleyd wrote it; None where it cannot be had."""

_NEIGHBOURS = 4


@dataclass(frozen=True, slots=True)
class _Clip:
    """A clip of ours with what was found out about it.

    It plays seconds BEGIN up to END of its cue, counted from the cue's start. WHERE is its picture now; None:
    nowhere.
    """

    found: FoundPlacement
    notes: Notes
    begin: Fraction
    end: Fraction
    file: TakeFile | None
    where: Whereabouts | None = None

    def zero(self, rate: Fraction) -> Fraction:
        """Where the cue's start would be now by this clip, in record seconds."""
        return self.found.record.start / rate - self.begin


def reconform(
    program: Program,
    found: Sequence[FoundPlacement],
    *,
    file_of: FileOf,
    size_of: SizeOf = lambda _: None,
) -> tuple[Refreshed, ...]:
    """What each clip of ours in FOUND needs on the timeline whose picture is PROGRAM, in the order of FOUND.

    SIZE_OF tells the size of media files, by which one that was written anew in place is known.
    """
    return _Reconform(program, file_of, size_of).decide(found)


class _Reconform:
    def __init__(self, program: Program, file_of: FileOf, size_of: SizeOf) -> None:
        self.program = program
        self.rate = program.rate
        self.file_of = file_of
        self.finder = Finder(program, size_of)
        self.chosen: set[tuple[str, str]] = set()

    def decide(self, found: Sequence[FoundPlacement]) -> tuple[Refreshed, ...]:
        clips = [self._read(one) for one in found]
        self.chosen = {
            (clip.notes.job, clip.notes.cue_id)
            for clip in clips
            if clip.found.enabled and not clip.notes.enabled
        }
        clips = self._find(clips)
        moves = sorted(
            (clip.notes.made.at, clip.where.zero - clip.notes.made.at)
            for clip in clips
            if clip.notes.made is not None and clip.where is not None and clip.where.zero is not None
        )
        return with_lost_fades([self._judge(clip, self._shifts(clip, moves)) for clip in clips])

    # ------------------------------------------------------------------------------- what is there

    def _read(self, found: FoundPlacement) -> _Clip:
        notes = read_notes(found.metadata)
        length = notes.picture.length if notes.picture else found.record.duration / self.rate
        begin = self._begin(found, notes)
        end = begin + found.record.duration / self.rate
        end = length + self._rounded(end - length, notes)
        return _Clip(found, notes, begin, end, self.file_of(found, notes))

    def _begin(self, found: FoundPlacement, notes: Notes) -> Fraction:
        """Where in its cue the clip begins to play. Where a tool has dropped what the file holds, that counts
        from where it was written to begin, else from the file's timecode, else from zero."""
        made, lead = notes.made, Fraction(notes.lead, SAMPLE_RATE)

        def inside(start: Fraction | None) -> list[Fraction]:
            """What it is if the file begins at START; nothing where that cannot be."""
            if start is None or found.local is None:
                return []
            begin = self._rounded(found.local - start - lead, notes)
            return [begin] if -notes.lead <= begin * SAMPLE_RATE < notes.samples - notes.lead else []

        said = found.local - found.offset if found.local is not None and found.offset is not None else None
        timecode = made.start.frame / made.start.rate + made.at - lead if made is not None else None
        guesses = [*inside(notes.starts_at), *inside(timecode), *inside(Fraction(0))]
        # None of them: a tool's own way of counting, which says nothing of what an editor did.
        ways = inside(said) or [at for at in guesses if not at] or guesses
        return ways[0] if ways else Fraction(0)

    def _rounded(self, difference: Fraction, notes: Notes) -> Fraction:
        """DIFFERENCE in whole frames; none at all where only the rate has changed."""
        if self._keeps_rate(notes):
            return round_half_up(difference * self.rate) / self.rate
        return Fraction(0) if is_near(difference, Fraction(0), self._slack(notes)) else difference

    def _find(self, clips: list[_Clip]) -> list[_Clip]:
        """CLIPS with their pictures. Those that lie in sync with theirs choose first, then those that lie
        where they were made for: what lies elsewhere may be a copy."""
        claims = Claims()
        order = sorted(range(len(clips)), key=lambda number: not self._is_at_home(clips[number]))
        where: dict[int, Whereabouts | None] = {}
        for must_agree in (True, False):
            for number in order:
                clip, notes = clips[number], clips[number].notes
                if number in where or notes.picture is None or notes.made is None:
                    continue
                zero, slack = clip.zero(self.rate), self._slack(notes)
                seen = self.finder.find(
                    notes.picture,
                    present=zero,
                    made=notes.made,
                    slack=slack,
                    taken=partial(claims.are_there, notes, None if must_agree else zero, slack),
                    played=(clip.begin, clip.end),
                )
                if must_agree and not self._agrees(clip, seen):
                    continue
                where[number] = seen
                if seen is not None:
                    claims.add(notes, zero, seen.shot)
        return [replace(clip, where=where.get(number)) for number, clip in enumerate(clips)]

    def _is_at_home(self, clip: _Clip) -> bool:
        made = clip.notes.made
        return made is not None and is_near(made.at, clip.zero(self.rate), self._slack(clip.notes))

    def _agrees(self, clip: _Clip, where: Whereabouts | None) -> bool:
        """Whether CLIP lies in sync with its picture."""
        if where is None or where.zero is None:
            return False
        return is_near(where.zero, clip.zero(self.rate), self._slack(clip.notes))

    def _shifts(self, clip: _Clip, moves: Sequence[tuple[Fraction, Fraction]]) -> list[Fraction]:
        """How far the pictures of clips that were CLIP's neighbours have moved, by MOVES: what ripples past
        them moves sound without any editor's hand."""
        made, picture = clip.notes.made, clip.notes.picture
        if made is None or picture is None:
            return []
        at = bisect_left(moves, (made.at,))
        near = sorted(
            moves[max(0, at - _NEIGHBOURS) : at + _NEIGHBOURS], key=lambda move: abs(move[0] - made.at)
        )
        beside = self.finder.shifts_beside(picture, made, self._slack(clip.notes))
        return [*beside, *dict.fromkeys(shift for _, shift in near[:_NEIGHBOURS])]

    # --------------------------------------------------------------------------------- what it needs

    def _judge(self, clip: _Clip, shifts: Sequence[Fraction]) -> Refreshed:
        by_hand = self._by_hand(clip, shifts)
        if by_hand:
            return self._say(clip, Outcome.LEFT, by_hand, clip.found.record)
        if clip.notes.picture is None or clip.notes.made is None:
            return self._by_fingerprint(clip)
        if clip.where is None:
            return self._say(clip, Outcome.DROPPED, self._gone(clip), None)
        return self._follow(clip, clip.where)

    def _by_hand(self, clip: _Clip, shifts: Sequence[Fraction]) -> str:
        """What an editor has done to it; empty for nothing that would not be done anyway."""
        found, notes = clip.found, clip.notes
        if found.speed != 1:
            return "its sound was retimed by hand"
        passed_over = (notes.job, notes.cue_id) in self.chosen  # for another of its cue's takes
        if notes.enabled and not found.enabled and notes.made is not None and not passed_over:
            return f"it was muted{self._elsewhere(clip)}"
        if found.at is None:
            return "it lies inside a compound clip"
        return self._how_moved(clip) if self._was_moved(clip, shifts) else ""

    def _by_fingerprint(self, clip: _Clip) -> Refreshed:
        """An older foleyd did not say which picture it was: only the picture itself can tell."""
        if clip.notes.text_only or not clip.notes.fingerprint:
            why = "made by an older foleyd, which did not write down its picture"
            return self._say(clip, Outcome.KEPT, why, clip.found.record)
        why = "made by an older foleyd; its picture does not look as it did"
        return self._say(
            clip, Outcome.REMADE, why, clip.found.record, unless=clip.notes.fingerprint, zero=None
        )

    def _was_moved(self, clip: _Clip, shifts: Sequence[Fraction]) -> bool:
        """Whether somebody has put it where neither its picture nor anything around it went."""
        made, zero = clip.notes.made, clip.zero(self.rate)
        if made is None:
            return False
        slack = self._slack(clip.notes)
        places = [made.at, *(made.at + shift for shift in shifts)]
        if clip.where is not None and clip.where.zero is not None:
            # A copy was never where it was made for: it lay by its picture until a ripple took that away.
            places += [clip.where.zero, *(clip.where.zero - shift for shift in shifts)]
        return not any(is_near(zero, place, slack) for place in places)

    def _how_moved(self, clip: _Clip) -> str:
        place = clip.where.zero if clip.where is not None else None
        if place is None:
            return f"it was moved by hand{self._elsewhere(clip)}"
        frames = round_half_up((clip.zero(self.rate) - place) * self.rate)
        many = "frame" if abs(frames) == 1 else "frames"
        if clip.where is not None and clip.where.record == clip.found.record:
            return f"its sound was slipped by hand, {abs(frames)} {many}"
        return f"it was moved by hand, {abs(frames)} {many} {'after' if frames > 0 else 'before'} its picture"

    def _gone(self, clip: _Clip) -> str:
        whole = clip.notes.picture is None or (clip.begin <= 0 and clip.end >= clip.notes.picture.length)
        return "its shot is gone or disabled" if whole else "what it plays of its shot is gone or disabled"

    def _elsewhere(self, clip: _Clip) -> str:
        """Where its picture is by now, if not beneath it."""
        if clip.notes.picture is None:
            return ""
        if clip.where is None:
            return f"; {self._gone(clip)}"
        if clip.where.record == clip.found.record:
            return ""
        return f"; its picture is at {self.program.label(clip.where.record.start)}"

    def _follow(self, clip: _Clip, where: Whereabouts) -> Refreshed:
        """It goes where its picture went."""
        found, notes = clip.found, clip.notes
        if where.change and not notes.text_only:
            return self._say(clip, Outcome.REMADE, where.change, where.record)
        zero = where.zero if where.zero is not None else where.record.start / self.rate
        where = replace(where, zero=zero)
        length = notes.picture.length if notes.picture else clip.end
        record = place_of_sound(where, zero, (clip.begin, clip.end), length, self.rate)
        lead, samples = notes.lead, notes.samples
        begin, end = self._in_file(record, zero)
        if not (-lead - ROUNDING <= begin and end <= samples - lead + ROUNDING):
            return self._say(clip, Outcome.REMADE, self._too_long(record, zero, notes), where.record)
        in_place = record == found.record and self._agrees(clip, where)
        if in_place and self._is_labelled_right(notes, zero):
            return self._in_place(clip, where)
        why = self._why(clip, where, record)
        if clip.file is None:
            return self._say(clip, Outcome.REMADE, f"{why}; its file cannot be had", where.record)
        same_cut = is_near(record.start / self.rate - zero, clip.begin, self._slack(notes))
        same_cut = same_cut and record.duration == found.record.duration and self._keeps_rate(notes)
        new_file = not (same_cut and self._is_labelled_right(notes, zero))
        outcome = Outcome.MOVED if same_cut else Outcome.RECUT
        return self._say(clip, outcome, why, record, zero=zero, new_file=new_file)

    def _in_place(self, clip: _Clip, where: Whereabouts) -> Refreshed:
        why = "its picture is as it was"
        if clip.found.record != where.record:
            grown = clip.found.record.intersect(where.record) == where.record
            why = f"it was {'extended' if grown else 'trimmed'} by hand"
            return self._say(clip, Outcome.LEFT, why, clip.found.record, zero=where.zero)
        if clip.begin or clip.end != (clip.notes.picture.length if clip.notes.picture else 0):
            why = "it was trimmed with its picture"
        why += self._rest(where)
        if clip.file is None:
            why += "; but its file cannot be had: put it back or relink it (--media-root, --relink)"
        return self._say(clip, Outcome.KEPT, why, clip.found.record, zero=where.zero)

    def _why(self, clip: _Clip, where: Whereabouts, record: FrameRange) -> str:
        notes = clip.notes
        if notes.made is None or where.zero is None:
            return ""
        words = []
        if not self._keeps_rate(notes):
            old_rate, new_rate = rate_text(notes.made.start.rate), rate_text(self.rate)
            words.append(f"the timeline runs at {new_rate} instead of {old_rate}")
        begin = round_half_up((record.start / self.rate - where.zero) * self.rate)
        old = round_half_up(clip.begin * self.rate)
        change = record.duration - clip.found.record.duration
        if self._keeps_rate(notes):
            words += _trim_words(begin - old, begin - old + change)
        moved = not is_near(where.zero, notes.made.at, self._slack(notes))
        if not words and moved:
            words.append("its picture only moved")
        elif moved and record.start != notes.made.record.start and self._keeps_rate(notes):
            words.append("it moved")
        elif self._keeps_rate(notes) and self.program.start.frame != notes.made.start.frame:
            words.append("the timeline's start timecode changed")
        return "; ".join(words or ["its file is of another place"]) + self._rest(where)

    def _rest(self, where: Whereabouts) -> str:
        """Where the part of its picture is that it cannot go with."""
        return (
            f"; another part of its picture is at {self.program.label(where.rest)}"
            if where.rest is not None
            else ""
        )

    def _too_long(self, record: FrameRange, zero: Fraction, notes: Notes) -> str:
        begin, end = self._in_file(record, zero)
        missing = max(-notes.lead - begin, end - (notes.samples - notes.lead))
        frames = max(1, round_half_up(missing * self.rate / SAMPLE_RATE))
        return f"its picture goes on for {frames} frame{'s' * (frames > 1)} beyond what its file holds"

    # ------------------------------------------------------------------------------------ small things

    def _in_file(self, record: FrameRange, zero: Fraction) -> tuple[int, int]:
        """RECORD in samples from the cue's start, which lies at record time ZERO."""
        start = zero_sample(self.program, zero)
        return self.program.sample(record.start) - start, self.program.sample(record.end) - start

    def _is_labelled_right(self, notes: Notes, zero: Fraction) -> bool:
        """Whether the file's own timecode is still that of its place."""
        made = notes.made
        if made is None or not self._keeps_rate(notes):
            return False
        then = frame_to_sample(made.start.frame + made.record.start, made.start.rate)
        return then == zero_sample(self.program, zero)

    def _keeps_rate(self, notes: Notes) -> bool:
        return notes.made is None or notes.made.start.rate == self.rate

    def _slack(self, notes: Notes) -> Fraction:
        """Seconds by which two places may differ by rounding alone."""
        if notes.made is None or self._keeps_rate(notes):
            return Fraction(49, 100) / self.rate
        return max(1 / self.rate, 1 / notes.made.start.rate)

    def _say(
        self,
        clip: _Clip,
        outcome: Outcome,
        why: str,
        record: FrameRange | None,
        *,
        zero: Fraction | None = None,
        new_file: bool = False,
        unless: str = "",
    ) -> Refreshed:
        found, notes = clip.found, clip.notes
        return Refreshed(
            at=found.at,
            job=notes.job,
            cue_id=notes.cue_id,
            take_id=notes.take_id,
            layer=notes.layer,
            prompt=notes.prompt,
            seed=notes.seed,
            number=notes.number,
            enabled=found.enabled,
            track_name=found.track_name,
            outcome=outcome,
            why=why,
            made=notes.made,
            lies=found.record,
            record=record,
            zero=zero if zero is not None or found.speed != 1 else clip.zero(self.rate),
            file=clip.file,
            new_file=new_file,
            unless=unless,
            notes=found.metadata,
            faded=found.faded,
        )


def _trim_words(head: int, tail: int) -> list[str]:
    """HEAD and TAIL: frames by which the two edges moved along the cue's own time."""
    if head and head == tail:
        return [f"its shot was slipped by {abs(head)} frame{'s' * (abs(head) > 1)}, inside its file"]
    words = []
    for edge, by in (("start", head), ("end", tail)):
        if by:
            grown = (by < 0) == (edge == "start")
            kind = "extended" if grown else "trimmed"
            words.append(f"its shot's {edge} was {kind} by {abs(by)} frame{'s' * (abs(by) > 1)}")
    return words
