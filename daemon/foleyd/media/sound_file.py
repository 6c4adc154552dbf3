"""What a file of sound alone holds, from its header: how long, how many channels, from when."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from av.audio.codeccontext import AudioCodecContext
from av.audio.stream import AudioStream

from foleyd.media.container import open_media
from foleyd.media.errors import MediaUnreadable

_MICROSECONDS = 1_000_000


@dataclass(frozen=True, slots=True)
class SoundFile:
    """DURATION in seconds, None when the header does not say; SAMPLE_RATE in Hz. ORIGIN is the first
    sample's time since midnight in seconds, by the TimeReference of a Broadcast Wave file, else None."""

    duration: Fraction | None
    origin: Fraction | None
    sample_rate: int
    channels: int


def read_sound_file(path: Path) -> SoundFile:
    """Looks at the first sound in the file at PATH. Raises MediaMissing, MediaUnreadable."""
    with closing(open_media(path)) as container:
        if not container.streams.audio:
            raise MediaUnreadable(f"{path} holds no sound: choose another file", path)
        stream = container.streams.audio[0]
        # None for a codec that this FFmpeg does not know, whatever the stubs say.
        context: AudioCodecContext | None = stream.codec_context
        if context is None:
            raise MediaUnreadable(f"the sound of {path} is of an unknown kind: convert it to WAV", path)
        rate = context.sample_rate
        reference = str(container.metadata.get("time_reference", ""))
        return SoundFile(
            duration=_duration(stream, container.duration),
            origin=Fraction(int(reference), rate) if reference.isdecimal() and rate else None,
            sample_rate=rate,
            channels=context.channels,
        )


def _duration(stream: AudioStream, whole: int | None) -> Fraction | None:
    if stream.duration is not None and stream.time_base is not None:
        return stream.duration * stream.time_base
    return Fraction(whole, _MICROSECONDS) if whole else None
