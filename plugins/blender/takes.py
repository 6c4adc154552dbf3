# SPDX-License-Identifier: GPL-3.0-or-later
"""The takes of a cue: which strips they are, which is heard, and what to ask to hear others.

Strips are found by their custom properties and by where they lie, never by kept references, so that all of it
works after the editor moved, trimmed, split or copied them, and after saving and loading. Only strips of ours
are changed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from . import channels, placing, vse_host
from .foley_requests import Ask
from .marks import (
    CUE,
    ENGINE,
    HANDLES,
    JOB,
    LAYER,
    NEGATIVE,
    PROMPT,
    RANGE,
    SEED,
    SILENCED,
    TAKE,
    TEXT_ONLY,
    TRACK,
)

_COPIED = (JOB, CUE, TAKE, SEED, PROMPT, NEGATIVE, LAYER, ENGINE, RANGE, HANDLES, TRACK, TEXT_ONLY)


def group(strip: Any) -> list[Any]:
    """STRIP and the strips of its cue's other takes that belong to it, in the order of the takes.

    Where the editor copied or split strips there are several of one take: those belong together that lie
    nearest to each other, by where their file begins, then by their ends, then by channel.
    """
    scene = strip.id_data
    by_take: dict[int, list[Any]] = {}
    for other in placing.strips_of(scene, strip[JOB], strip[CUE]):
        by_take.setdefault(other[TAKE], []).append(other)
    chosen = [strip]
    for number, others in by_take.items():
        if number == strip[TAKE]:
            continue
        nearest = _nearest(strip, others)
        if _nearest(nearest, by_take[strip[TAKE]]) == strip:
            chosen.append(nearest)
    return sorted(chosen, key=lambda one: int(one[TAKE]))


def numbers(strip: Any) -> list[int]:
    """The takes that `step` can reach from STRIP: also those that lie only beside another copy of it."""
    return sorted({int(other[TAKE]) for other in placing.strips_of(strip.id_data, strip[JOB], strip[CUE])})


def heard(strip: Any) -> Any:
    """The strip of STRIP's group that is heard (or would be, without a solo); STRIP where none is."""
    ours = [one for one in group(strip) if _is_heard(one)]
    return next((one for one in ours if one == strip), ours[0] if ours else strip)


def step(strip: Any, by: int) -> Any:
    """Makes the take BY places after the one that is heard be heard instead of it, around the end.

    All takes follow to where that one lies now. Returns the strip that is heard then; it is active and
    selected where the other was. Raises channels.NoChannel, with nothing changed that can be heard.
    """
    now = heard(strip)
    wanted = numbers(now)
    number = wanted[(wanted.index(int(now[TAKE])) + by) % len(wanted)]
    ours = {int(one[TAKE]): one for one in group(now)}
    if number not in ours:
        ours[number] = _copy_of_take(now, number)
    for other in ours.values():
        _follow(other, now)
    _hear(ours[number], ours.values())
    _hand_selection(now, ours[number])
    return ours[number]


def keep(strip: Any) -> Any:
    """Makes STRIP be heard and takes away the strips of the other takes beside it; their WAV files stay."""
    ours = group(strip)
    _hear(strip, ours)
    placing.remove_strips(strip.id_data, [one for one in ours if one != strip])
    return strip


def ask_again(strip: Any, **changes: Any) -> Ask:
    """What was asked for STRIP, over the frames where it is heard now; CHANGES are fields of Ask."""
    ask = Ask(
        prompt=strip[PROMPT],
        negative=strip[NEGATIVE],
        layer=strip[LAYER],
        takes=len(numbers(strip)),
        seed=int(strip[SEED]),
        engine=strip[ENGINE],
        handles=int(strip[HANDLES]),
        text_only=bool(strip[TEXT_ONLY]),
        ranges=[(int(vse_host.left(strip)), int(vse_host.right(strip)))],
    )
    return replace(ask, **changes)


def solo(scene: Any, layer: str | None) -> None:
    """Mutes the strips of ours that are not of LAYER, and remembers which were heard; None undoes that."""
    for strip in placing.strips_of(scene):
        if SILENCED in strip:
            del strip[SILENCED]
            strip.mute = False
        if layer is not None and strip[LAYER] != layer and not strip.mute:
            strip[SILENCED] = True
            strip.mute = True


# ------------------------------------------------------------------------------------------ hearing


def _is_heard(strip: Any) -> bool:
    return not strip.mute or SILENCED in strip


def _hear(strip: Any, takes: Iterable[Any]) -> None:
    """Of TAKES, STRIP is heard and nothing else; under a solo of another layer, once that ends."""
    takes = list(takes)
    silenced = any(SILENCED in one and one.mute for one in takes)
    for one in takes:
        one.mute = silenced or one != strip
        if SILENCED in one:
            del one[SILENCED]
    if silenced:
        strip[SILENCED] = True


def _hand_selection(old: Any, new: Any) -> None:
    """What is heard is what the editor has in hand."""
    editor = old.id_data.sequence_editor
    if old == new:
        return
    new.select = old.select
    old.select = False
    if editor.active_strip == old:
        editor.active_strip = new


# ------------------------------------------------------------------------------------- where they lie


def _lies(strip: Any) -> tuple[int, int, int]:
    """The frame on which its file begins, the first that is heard, and the one after the last."""
    begins = (
        round(vse_host.content(strip)) - vse_host.trimmed(strip)[0]
    )  # a hard split cuts off what was before
    return begins, int(vse_host.left(strip)), int(vse_host.right(strip))


def _nearest(strip: Any, others: Sequence[Any]) -> Any:
    def distance(other: Any) -> tuple[Any, ...]:
        return (
            strip.parent_meta() != other.parent_meta(),
            abs(_lies(other)[0] - _lies(strip)[0]),
            sum(abs(a - b) for a, b in zip(_lies(other)[1:], _lies(strip)[1:], strict=True)),
            abs(other.channel - strip.channel),
            other.name,
        )

    return min(others, key=distance)


def _follow(strip: Any, leader: Any) -> None:
    """Lays STRIP, another take, where LEADER lies, the same part of its file heard.

    It comes onto another channel only where its own is taken there. Raises channels.NoChannel.
    """
    if hasattr(leader, "sound_offset") and strip.sound_offset != leader.sound_offset:
        strip.sound_offset = leader.sound_offset  # the editor slipped it by less than a frame
    if _lies(strip) == _lies(leader):
        return
    first, start, end = _lies(leader)
    was_first, was_start, was_end = _lies(strip)
    shift = first - was_first
    where = placing.place_of(strip.id_data, strip)
    # It must never overlap on its way: Blender would throw it onto another channel or to another time.
    way = [
        (was_start, was_end),
        (min(was_start + shift, start), max(was_end + shift, end)),
    ]
    others = [other for other in vse_host.strips(where) if other != strip]
    if any(other.channel == strip.channel for other in channels.over(others, way)):
        lowest = channels.lowest_above(others, way)
        number = channels.free_channel(where, strip[TRACK], way, lowest)
        channels.put_on(where, strip, number)
    vse_host.set_content(strip, first + vse_host.trimmed(strip)[0])
    placing.trim(strip, start, end)


def _copy_of_take(strip: Any, number: int) -> Any:
    """A new strip of take NUMBER for STRIP, which the editor copied or split without its other takes."""
    others = placing.strips_of(strip.id_data, strip[JOB], strip[CUE])
    model = _nearest(strip, [one for one in others if one[TAKE] == number])
    where = placing.place_of(strip.id_data, strip)
    first, start, end = _lies(strip)
    length = int(vse_host.right(model) - vse_host.left(model) + sum(vse_host.offsets(model)))
    spans = [(first, first + length)]
    lowest = channels.lowest_above(vse_host.strips(where), spans)
    channel = channels.free_channel(where, model[TRACK], spans, lowest)
    copy = placing.new_strip(where, model.name, model.sound.filepath, channel, first)
    placing.trim(copy, start, end)
    copy.mute = True
    for key in _COPIED:
        copy[key] = model[key]
    channels.put_on(where, copy, channel)
    return copy
