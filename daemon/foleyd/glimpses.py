"""Pictures for takes that come without: made of text alone, or kept on a timeline of another machine's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from foleyd.bench import Watch
from foleyd.contact_sheet import Thumbnail
from foleyd.cue import FrameRange, Program, Shot
from foleyd.errors import CancelledWork
from foleyd.media.errors import MediaError
from foleyd.media.picture import program_frames
from foleyd.shown import Shown, ShownTake
from foleyd.timeline.program import trim

MOST = 4
"""Pictures of a cue: each costs a seek in its file."""
_ALL = 120


def with_glimpses(shown: Shown, program: Program, watch: Watch) -> Shown:
    """SHOWN with a few pictures of PROGRAM for each cue that has none. Raises CancelledWork.

    A file that cannot be read gives none.
    """
    bare = dict.fromkeys(take.cue.record for take in shown.takes if not _has_picture(take))
    most = max(1, min(MOST, _ALL // max(1, len(bare))))
    found: dict[FrameRange, tuple[Thumbnail, ...]] = {}
    for record in bare:
        if watch.cancelled():
            raise CancelledWork("cancelled while pictures were looked for")
        watch.give_way()
        found[record] = _glimpses(program, record, most)
    takes = (replace(take, thumbnails=found.get(take.cue.record, take.thumbnails)) for take in shown.takes)
    return replace(shown, takes=tuple(takes))


def _has_picture(take: ShownTake) -> bool:
    record = take.cue.record
    return any(record.start <= thumbnail.frame < record.end for thumbnail in take.thumbnails)


def _glimpses(program: Program, record: FrameRange, most: int) -> tuple[Thumbnail, ...]:
    """Up to MOST pictures, evenly spaced over RECORD, where PROGRAM has any there."""
    count = min(most, record.duration)
    moments = [record.start + index * record.duration // count for index in range(count)]
    shots = [(moment, shot) for moment in moments for shot in _shots_at(program, moment)]
    try:
        return tuple(_seen(program, shots))
    except MediaError:
        return ()


def _shots_at(program: Program, moment: int) -> Sequence[Shot]:
    """What PROGRAM shows at record frame MOMENT as a shot of this one frame; none where that is black."""
    if not 0 <= moment < program.duration:
        return ()
    shots = trim(program, FrameRange(moment, moment + 1)).shots
    return [shot for shot in shots if shot.media is not None and shot.media.path is not None]


def _seen(program: Program, shots: Sequence[tuple[int, Shot]]) -> Sequence[Thumbnail]:
    """A picture for each of SHOTS of one frame, at its moment; of some that show the same, one."""
    placed = [replace(shot, record=FrameRange(at, at + 1)) for at, (_, shot) in enumerate(shots)]
    row = Program(program.start, tuple(placed), len(placed))
    frames = program_frames(row)
    return [Thumbnail.of(shots[int(frame.time * row.rate)][0], frame.rgb) for frame in frames]
