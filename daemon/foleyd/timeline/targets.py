"""What each importer needs of the tracks we add. None of these shapes is proven in its host yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from foleyd.timeline.errors import TimelineError
from foleyd.timeline.media_url import file_uri

Metadata = dict[str, Any]


def _none(_: int) -> Metadata:
    return {}


@dataclass(frozen=True, slots=True)
class Target:
    """The shape for one importer.

    URI: references are ``file:`` URIs, else bare paths. FROM_TIMECODE: ranges of our sound count
    from the WAV's timecode, else from zero. PADDED: every track reaches the timeline's end.
    TIMELINE and the rest are metadata for what we make: of the timeline, of a picture track, and
    for a number of channels of a sound track and of a clip.
    """

    name: str
    uri: bool
    from_timecode: bool
    padded: bool = False
    timeline: Metadata | None = None
    picture_track: Metadata | None = None
    sound_track: Callable[[int], Metadata] = _none
    sound_clip: Callable[[int], Metadata] = _none

    def url(self, path: Path) -> str:
        """PATH as this importer wants it. Raises TimelineError for a relative path."""
        uri = file_uri(path)
        return uri if self.uri else str(path)


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
    return {"PremierePro_OTIO": {"AudioChannels": {"ChannelType": _layout(channels)}}}


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
            sound_track=_premiere_track,
            sound_clip=_premiere_clip,
        ),
        Target("kdenlive", uri=False, from_timecode=False),
    )
}
