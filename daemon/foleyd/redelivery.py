"""Earlier takes cut anew from their files: a new place, another length, the timecode right again."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from foleyd.bench import Watch
from foleyd.brief import Advance, Commission, Conformed
from foleyd.cue import Cue, FileCut, Loudness, Take
from foleyd.errors import CancelledWork
from foleyd.media import sound
from foleyd.media.bwf import NotBroadcastWave, read_provenance
from foleyd.media.recut import FileSound
from foleyd.refreshed import Refreshed, cut_from, zero_sample
from foleyd.take_files import exports_of, place_words, target_of, write_take_file
from foleyd.timebase import SAMPLE_RATE
from foleyd.timeline.notes import read_notes


def cut_anew(commission: Commission, conformed: Conformed, watch: Watch) -> Conformed:
    """CONFORMED with a new file for every earlier take that needs one; the old files stay as they are.

    Raises OutputError, MediaError, CancelledWork.
    """
    wanted = [one for one in commission.brief.refreshed if one.new_file and one.at is not None]
    recuts: dict[tuple[int, int], Take] = {}
    exports = dict(conformed.exports)
    for number, one in enumerate(wanted, 1):
        if watch.cancelled():
            raise CancelledWork("cancelled while takes were cut anew")
        watch.give_way()
        assert one.at is not None
        take = _cut_anew(one, commission)
        recuts[one.at], exports[take.id] = take, exports_of(commission, take)
        watch.event(Advance("conform", number / len(wanted)))
    return replace(conformed, recuts=recuts, exports=exports)


def _cut_anew(one: Refreshed, commission: Commission) -> Take:
    assert one.at is not None
    assert one.file is not None
    assert one.record is not None
    assert one.zero is not None
    program, notes = commission.brief.program, read_notes(one.notes)
    cut = cut_from(program, one.record, one.zero, one.file, notes.handles)
    offset = cut.time_reference - (zero_sample(program, one.zero) - one.file.lead)
    source = FileSound(one.file.path, offset, cut.samples)
    # An edge that the old file has, too, was eased there already.
    fade_in, fade_out = sound.file_fades(cut)
    whole_end = offset + cut.samples >= one.file.samples
    blocks = sound.Conformed(source, cut, fades=(fade_in if offset > 0 else 0, 0 if whole_end else fade_out))
    unwanted = str(one.notes.get("negative_prompt") or "")
    take = Take(
        id=f"{one.take_id}@{one.at[0]}.{one.at[1]}",
        cue=Cue(one.cue_id, one.record, one.prompt, unwanted, one.layer, (one.seed,)),
        path=commission.names.recuts[one.at],
        seed=one.seed,
        cut=cut,
        sample_rate=SAMPLE_RATE,
        channels=blocks.channels,
        events=(),
        loudness=Loudness(None, None),
        provenance=_provenance(one, commission, cut),
    )
    return write_take_file(commission, blocks, take, one.number)


def _provenance(one: Refreshed, commission: Commission, cut: FileCut) -> dict[str, Any]:
    """What the old file says of itself, with its new place."""
    assert one.file is not None
    assert one.record is not None
    said: Mapping[str, Any] = {"prompt": one.prompt, "seed": one.seed, "machine_generated": True}
    with suppress(NotBroadcastWave):
        said = read_provenance(one.file.path)
    return {
        **said,
        **place_words(commission.brief.program, one.record, cut),
        "target": target_of(commission),
        "cut_anew": {"from": one.file.path.name, "job": commission.job},
    }
