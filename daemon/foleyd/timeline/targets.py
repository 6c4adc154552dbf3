"""What each importer needs of the tracks we add: URL form, where ranges count from, and its own words.

None of these shapes is proven: no host was seen yet. They follow what each writes itself, and what others'
generators write that it takes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foleyd.timeline.errors import TimelineError
from foleyd.timeline.media_url import file_uri

Metadata = dict[str, Any]


def _none(_: float) -> Metadata:
    return {}


@dataclass(frozen=True, slots=True)
class Target:
    """The shape for one importer.

    URI: references are ``file:`` URIs, else bare paths. FROM_TIMECODE: ranges of our sound count
    from the WAV's timecode, else from zero. PADDED: every track reaches the timeline's end.
    TIMELINE and the rest are metadata for what we make: of the timeline, of its stack for a frame rate, of
    a picture track, and for a number of channels of a sound track and of a clip. LINKED: clips that bear the
    same number are taken for one, so each has its own.
    """

    name: str
    uri: bool
    from_timecode: bool
    padded: bool = False
    timeline: Metadata | None = None
    picture_track: Metadata | None = None
    stack: Callable[[float], Metadata] = _none
    sound_track: Callable[[int], Metadata] = _none
    sound_clip: Callable[[int], Metadata] = _none
    linked: bool = False

    def url(self, path: Path) -> str:
        """PATH as this importer wants it. Raises TimelineError for a relative path."""
        uri = file_uri(path)
        return uri if self.uri else str(path)

    def clip_words(self, channels: int, identity: str) -> Metadata:
        """Metadata of the sound clip that IDENTITY tells from all others."""
        words = self.sound_clip(channels)
        if self.linked:
            digest = hashlib.blake2b(identity.encode("utf-8"), digest_size=4).digest()
            # Editors count from 1; a number in the upper half of 31 bits is none of theirs.
            words["PremierePro_OTIO"]["LinkID"] = (int.from_bytes(digest, "big") >> 2) + 2**30
        return words


def target_named(name: str) -> Target:
    """The target called NAME. Raises TimelineError where there is none."""
    try:
        return _TARGETS[name]
    except KeyError:
        raise TimelineError(
            f"there is no target {name!r}: choose one of {', '.join(_TARGETS)}", field="otio_target"
        ) from None


def _layout(channels: int) -> str:
    return {1: "Mono", 2: "Stereo"}.get(channels, f"Adaptive {channels}")


def _resolve_track(channels: int) -> Metadata:
    return {"Resolve_OTIO": {"Audio Type": _layout(channels), "Locked": False, "SoloOn": False}}


def _resolve_clip(channels: int) -> Metadata:
    sources = [{"Source Channel ID": channel, "Source Track ID": 0} for channel in range(channels)]
    return {"Resolve_OTIO": {"Channels": sources}}


def _premiere_track(channels: int) -> Metadata:
    layout = {"ChannelType": _layout(channels), "NumberOfChannels": channels}
    return {"PremierePro_OTIO": {"AudioChannels": layout}}


def _premiere_clip(channels: int) -> Metadata:
    assigned = [{"SecondaryChannelIndex": channel} for channel in range(channels)]
    return {
        "PremierePro_OTIO": {
            "AudioChannels": {"ChannelType": _layout(channels), "SecondaryAssignments": assigned},
            "OriginalChannelGroupIndex": 0,
            "SourceClipIndex": 0,
        }
    }


def _premiere_stack(rate: float) -> Metadata:
    return {"PremierePro_OTIO": {"AudioFrameRate": 48000.0, "VideoFrameRate": rate}}


_TARGETS = {
    target.name: target
    for target in (
        Target("generic", uri=True, from_timecode=True),
        Target(
            "resolve",
            uri=False,
            from_timecode=True,
            padded=True,
            timeline={"Resolve_OTIO": {"Resolve OTIO Meta Version": "1.0"}},
            picture_track={"Resolve_OTIO": {"Locked": False}},
            sound_track=_resolve_track,
            sound_clip=_resolve_clip,
        ),
        Target(
            "premiere",
            uri=True,
            from_timecode=False,
            timeline={"PremierePro_OTIO": {"MetadataVersion": "1.0"}},
            stack=_premiere_stack,
            sound_track=_premiere_track,
            sound_clip=_premiere_clip,
            linked=True,
        ),
        Target("kdenlive", uri=False, from_timecode=False),
    )
}
