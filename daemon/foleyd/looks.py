"""What people look at and listen to: the audition mix, the preview, the picture of a result."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

from foleyd.bench import Watch
from foleyd.brief import Commission
from foleyd.contact_sheet import AXIS, Lane, Sheet, Thumbnail, write_sheet
from foleyd.cue import FrameRange, Loudness, Program, file_cut
from foleyd.errors import CancelledWork
from foleyd.media import sound
from foleyd.media.bwf import Broadcast, midnight_reference, write_take
from foleyd.media.loudness import measure
from foleyd.media.picture import program_frames
from foleyd.media.preview import Preview, whole_file, write_preview
from foleyd.shown import Shown, ShownTake
from foleyd.spot import duration_of
from foleyd.take_files import ixml_of, mark_of, origin_words
from foleyd.timebase import SAMPLE_RATE, rate_text
from foleyd.timeline.program import trim


def span_of(records: Iterable[FrameRange]) -> FrameRange:
    """From the first of RECORDS to the end of the last one."""
    listed = list(records)
    return FrameRange(min(record.start for record in listed), max(record.end for record in listed))


def mix_of(takes: Sequence[ShownTake], program: Program, span: FrameRange, gain_db: float) -> sound.Mix:
    """Those of TAKES that are audible, over SPAN."""
    parts = [take.part for take in takes if take.audible and take.cue.record.intersect(span)]
    return sound.Mix(parts, program.sample(span.start), program.sample(span.end), gain_db)


class Looks:
    """What a job writes of the takes that are SHOWN, for people. WRITTEN are its files, FILM its preview."""

    def __init__(self, commission: Commission, shown: Shown, watch: Watch) -> None:
        self.written: list[Path] = []
        self.film: Preview | None = None
        self._commission = commission
        self._program = commission.brief.program
        self._shown = shown
        self._watch = watch
        self._mixes: dict[FrameRange, sound.Mix] = {}

    def _mix(self, span: FrameRange) -> sound.Mix:
        if span not in self._mixes:
            self._mixes[span] = mix_of(self._shown.takes, self._program, span, self._shown.gain_db)
        return self._mixes[span]

    def _whole(self) -> FrameRange:
        """From the first take that is audible to the end of the last one; of all where none is."""
        takes = self._shown.takes
        return span_of(take.cue.record for take in [take for take in takes if take.audible] or takes)

    @cached_property
    def loudness(self) -> Loudness:
        """Of the whole mix."""
        mix = self._mix(self._whole())
        return measure(mix, mix.channels)

    def warnings(self) -> list[str]:
        """A sentence where a mix went over full scale."""
        return list(dict.fromkeys(words for mix in self._mixes.values() if (words := mix.warning())))

    def write_mix(self, path: Path) -> None:
        """The whole audition mix as a WAV that knows where it belongs. Raises OutputError."""
        commission, span = self._commission, self._whole()
        start, mix = self._program.start, self._mix(span)
        write_take(
            path,
            mix,
            samples=mix.samples,
            channels=mix.channels,
            broadcast=Broadcast(
                description=f"audition mix of {commission.brief.name} | machine-generated",
                reference=commission.job,
                created=commission.created,
                time_reference=midnight_reference(start, file_cut(start, span, 0)),
                loudness=self.loudness,
            ),
            ixml=ixml_of(commission, mix.channels, origin_words(commission), "", "", "audition mix"),
        )
        self.written.append(path)

    def write_film(self, stem: Path, span: FrameRange) -> None:
        """The picture in SPAN with its sound. Raises OutputError, ExportError, CancelledWork."""
        program = trim(self._program, span)
        shown = next((shot.media.path for shot in program.shots if shot.media and shot.media.path), None)
        length = duration_of(shown) if shown is not None else None
        self.film = write_preview(
            stem,
            self._mix(span),
            lambda: _until_cancelled(program, self._watch),
            rate=program.rate,
            duration=program.duration,
            copy_from=whole_file(program, length) if length is not None else None,
            comment=mark_of(self._commission),
        )
        self.written.append(self.film.path)

    def write_picture(self, path: Path, span: FrameRange) -> None:
        """Filmstrip, waveforms and events of the takes that lie in SPAN. Raises OutputError."""
        program = self._program
        shown = [take for take in self._shown.takes if take.cue.record.intersect(span)]
        prompts = list(dict.fromkeys(take.cue.prompt for take in shown))
        sheet = Sheet(
            title=prompts[0] if len(prompts) == 1 else f"{prompts[0]} (and {len(prompts) - 1} more)",
            facts=(
                self._commission.brief.name,
                f"{program.label(span.start)} to {program.label(span.end)}",
                f"{float(span.duration / program.rate):.2f} s at {rate_text(program.rate)} fps",
                f"{' and '.join(dict.fromkeys(take.engine.split(' ')[0] for take in shown))} engine",
            ),
            start=program.label(span.start),
            frames=span.duration,
            thumbnails=_thumbnails(shown, span),
            lanes=[_lane(take, program, span, self._shown.gain_db) for take in shown],
        )
        write_sheet(path, sheet, mark_of(self._commission))
        self.written.append(path)


def _until_cancelled(program: Program, watch: Watch) -> Iterator[Any]:
    for frame in program_frames(program):
        if watch.cancelled():
            raise CancelledWork("cancelled while the preview was written")
        watch.give_way()
        yield frame


def _thumbnails(takes: Sequence[ShownTake], span: FrameRange) -> list[Thumbnail]:
    """One for each frame of SPAN that has any, counted from its start."""
    found: dict[int, Thumbnail] = {}
    for thumbnail in (each for take in takes for each in take.thumbnails):
        frame = thumbnail.frame - span.start
        if 0 <= frame < span.duration:
            found.setdefault(frame, replace(thumbnail, frame=frame))
    return [found[frame] for frame in sorted(found)]


def _lane(take: ShownTake, program: Program, span: FrameRange, gain_db: float) -> Lane:
    record = take.cue.record.intersect(span) or span
    begin = program.sample(span.start)
    start = Fraction(program.sample(record.start) - begin, SAMPLE_RATE)
    cue = Fraction(program.sample(take.cue.record.start) - begin, SAMPLE_RATE)
    columns = max(1, round(AXIS * record.duration / span.duration))
    return Lane(
        label=f"{take.cue.layer} take {take.number}" if take.number > 1 else take.cue.layer,
        detail=f"{take.cue.prompt} (seed {take.seed})",
        start=start,
        duration=record.duration / program.rate,
        waveform=take.outline(program, record, gain_db, columns),
        events=tuple(replace(event, time=event.time + cue) for event in take.events or ()),
        loudness=take.loudness,
    )
