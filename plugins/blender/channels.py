# SPDX-License-Identifier: GPL-3.0-or-later
"""Which channels sound may be laid on, and their names.

A place is an editor or a meta strip: both hold strips and have channels 1 to 128. Spans are scene frames,
their ends exclusive.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import chain, count
from typing import Any

from . import marks, vse_host

LAST = 128
_NAME_BYTES = 63
_NUMBERED = re.compile(r"(.*?)(?: (\d+))?( \(take \d+\))?", re.DOTALL)
_OF_CHANNEL = (marks.CHANNEL, marks.CHANNEL_NAME, marks.CHANNEL_WAS)

Span = tuple[int, int]


class NoChannel(ValueError):
    """No channel is left; the text is a sentence with the fix."""


def free_name(editor: Any, track: str) -> str:
    """TRACK as far as Blender keeps it; numbered where a channel has that name, as names are unique."""
    taken = {channel.name for channel in editor.channels}
    base, number, take = _NUMBERED.fullmatch(track).groups(default="")  # type: ignore[union-attr]
    names = (channel_name(f"{base} {n}{take}") for n in count(int(number or 1) + 1))
    return next(name for name in chain([channel_name(track)], names) if name not in taken)


def channel_name(name: str) -> str:
    """NAME as far as Blender keeps it for a channel."""
    return name.encode()[:_NAME_BYTES].decode(errors="ignore")


def over(strips: Iterable[Any], spans: Sequence[Span]) -> list[Any]:
    """Those of STRIPS that are somewhere within SPANS."""
    bounded = ((strip, vse_host.left(strip), vse_host.right(strip)) for strip in strips)
    return [
        strip for strip, left, right in bounded if any(left < end and right > start for start, end in spans)
    ]


def lowest_above(strips: Iterable[Any], spans: Sequence[Span]) -> int:
    """The first channel above all STRIPS that are in the way over SPANS."""
    return max((strip.channel for strip in over(strips, spans)), default=0) + 1


def free_channel(
    place: Any, track: str, spans: Sequence[Span], lowest: int, besides: Iterable[int] = ()
) -> int:
    """The channel of PLACE for TRACK, LOWEST or above it.

    One of ours with its name that is free over SPANS, else one that nobody has touched; none of BESIDES, no
    locked or muted one. Raises NoChannel.
    """
    others = set(besides)
    usable = [n for n in range(max(lowest, 1), LAST + 1) if n not in others and _is_open(place.channels[n])]
    held = _by_channel(place)
    for number in usable:
        strips = held.get(number, [])
        if is_ours(place, number, track, strips) and not over(strips, spans):
            return number
    for number in usable:
        if number not in held and is_nameless(place, number):
            return number
    raise NoChannel(
        f"there is no free channel for “{track}” above what lies there (Blender has {LAST}); "
        "move strips from high channels to lower ones and generate again, which takes no time"
    )


def is_ours(place: Any, number: int, track: str, strips: Sequence[Any]) -> bool:
    """Whether channel NUMBER of PLACE was named for TRACK, and STRIPS, which lie on it, are all of it."""
    name = place.channels[number].name
    if not strips:
        return bool(name == channel_name(track))
    named = any(
        strip.get(marks.CHANNEL) == number and strip.get(marks.CHANNEL_NAME) == name for strip in strips
    )
    return named and all(marks.is_ours(strip) and strip.get(marks.TRACK) == track for strip in strips)


def is_nameless(place: Any, number: int) -> bool:
    """Whether channel NUMBER has the name that Blender gives, in whatever language the file was made."""
    name = place.channels[number].name
    return name in {"", f"Channel {number}", place.channels[0].name.replace("0", str(number))}


def give_name(editor: Any, number: int, track: str) -> dict[str, Any]:
    """Names channel NUMBER of EDITOR after TRACK, if it is not so already.

    Returns the marks by which its strips know of it.
    """
    channel = editor.channels[number]
    if is_nameless(editor, number):
        was, channel.name = channel.name, free_name(editor, track)
        return {marks.CHANNEL: number, marks.CHANNEL_NAME: channel.name, marks.CHANNEL_WAS: was}
    for strip in vse_host.strips(editor):
        if strip.get(marks.CHANNEL) == number and strip.get(marks.CHANNEL_NAME) == channel.name:
            return {key: strip[key] for key in _OF_CHANNEL}
    return {marks.CHANNEL: 0, marks.CHANNEL_NAME: "", marks.CHANNEL_WAS: ""}


def marks_of(strip: Any) -> dict[str, Any]:
    """What STRIP knows of the channel that was named for it."""
    return {key: strip.get(key, 0) for key in _OF_CHANNEL}


def put_on(place: Any, strip: Any, number: int) -> None:
    """Lays STRIP of ours onto channel NUMBER of PLACE, free there, and names that after its track."""
    before = marks_of(strip)
    if strip.channel != number:
        strip.channel = number
    editor = strip.id_data.sequence_editor
    if place != editor:
        return  # channels within metas keep their names
    for key, value in give_name(editor, number, strip[marks.TRACK]).items():
        strip[key] = value
    take_back_name(editor, before)


def take_back_name(editor: Any, strip_marks: dict[str, Any]) -> None:
    """Gives a channel its old name where it still has the one of ours and nothing lies on it any more."""
    number, name, was = (strip_marks[key] for key in _OF_CHANNEL)
    if number and number not in _by_channel(editor) and editor.channels[number].name == name:
        editor.channels[number].name = was


def _is_open(channel: Any) -> bool:
    return not channel.lock and not channel.mute


def _by_channel(place: Any) -> dict[int, list[Any]]:
    held: dict[int, list[Any]] = {}
    for strip in vse_host.strips(place):
        held.setdefault(strip.channel, []).append(strip)
    return held
