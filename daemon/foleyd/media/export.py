"""Takes and mixes in other formats, for listening and mailing; positions are settled before.

The masters stay WAV. pydub hands the sound to the ffmpeg command where there is one, so that an
editor's own build of it is used; pydub has no encoder of its own, so without that command the
encoders of ffmpeg's libraries inside PyAV do the same work, and the result says so.
"""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import soundfile

from foleyd.files import new_file, output_error
from foleyd.media.encode import SoundTrack
from foleyd.media.errors import ExportError
from foleyd.timebase import SAMPLE_RATE

_BLOCK = 1 << 16


class UnknownFormat(ExportError):
    """No such format to export to."""

    code = "INVALID_ARGUMENT"
    reason = "FORMAT_UNKNOWN"


@dataclass(frozen=True, slots=True)
class Format:
    """A format by its CONTAINER and CODEC as ffmpeg calls them; BIT_RATE None is lossless."""

    container: str
    codec: str
    bit_rate: int | None
    options: tuple[str, ...] = ()


FORMATS: Mapping[str, Format] = {
    "flac": Format("flac", "flac", None, ("-sample_fmt", "s32", "-bits_per_raw_sample", "24")),
    "mp3": Format("mp3", "libmp3lame", 256_000),
    "m4a": Format("ipod", "aac", 256_000),
}
"""Formats by suffix. FLAC keeps all 24 bits."""


@dataclass(frozen=True, slots=True)
class Exported:
    """PATH as written; ENCODER says what encoded it, for the log and ``foley doctor``."""

    path: Path
    encoder: str


def ffmpeg_command() -> str | None:
    """Where the ffmpeg command is, or None; the current folder is not searched."""
    return shutil.which("ffmpeg")


def check_format(name: str) -> str:
    """NAME as a suffix of FORMATS or ``wav``. Raises UnknownFormat naming those there are."""
    word = name.strip().lower().lstrip(".")
    word = {"aac": "m4a"}.get(word, word)
    if word != "wav" and word not in FORMATS:
        raise UnknownFormat(f"{name!r} is no format to export to; choose wav, {', '.join(FORMATS)}")
    return word


def export(wav: Path, path: Path, tags: Mapping[str, str] | None = None) -> Exported:
    """Writes WAV, a file of ours, to PATH in the format of its suffix; whole or not at all.

    TAGS are ``title``, ``comment`` and so on. With pydub the whole sound is held in memory at 32
    bits (23 MB a stereo minute). Raises UnknownFormat, ExportError for unreadable sound and an encoder's
    failure, OutputError for the disk's reasons.
    """
    kind = FORMATS[_suffix(path)]
    command = ffmpeg_command()
    with new_file(path) as temporary:
        if command is None:
            _export_with_av(wav, temporary, kind, tags or {})
            return Exported(path, f"{kind.codec} of PyAV {av.__version__}")
        _export_with_pydub(wav, temporary, kind, tags or {}, command)
        return Exported(path, f"{kind.codec} of {command} through pydub")


def _suffix(path: Path) -> str:
    suffix = check_format(path.suffix)
    if suffix == "wav":
        raise ExportError(f"{path.name} is WAV, which takes and mixes are already", path)
    return suffix


def _export_with_pydub(wav: Path, path: Path, kind: Format, tags: Mapping[str, str], command: str) -> None:
    with warnings.catch_warnings():
        # pydub warns at import where there is no ffmpeg, and of audioop's leaving Python.
        warnings.simplefilter("ignore")
        from pydub import AudioSegment
        from pydub.exceptions import CouldntEncodeError

    class Segment(AudioSegment):  # type: ignore[misc]
        converter = command

    with _opened(wav) as source:
        # Read here rather than by pydub, which would ask ffprobe about what it cannot read itself.
        data = source.read(dtype="int32", always_2d=True).tobytes()
        segment = Segment(data=data, sample_width=4, frame_rate=SAMPLE_RATE, channels=source.channels)
    try:
        segment.export(
            path,
            format=kind.container,
            codec=kind.codec,
            bitrate=str(kind.bit_rate) if kind.bit_rate else None,
            parameters=list(kind.options),
            tags=dict(tags) or None,
        ).close()
    except (CouldntEncodeError, OSError) as error:
        if output_error(path, error) is not None:
            raise
        raise ExportError(f"{command} could not write {kind.container}: {_last_line(error)}", path) from error


def _export_with_av(wav: Path, path: Path, kind: Format, tags: Mapping[str, str]) -> None:
    with _opened(wav) as source, av.open(path, "w", format=kind.container) as container:
        container.metadata.update(tags)
        track = SoundTrack(container, kind.codec, source.channels, kind.bit_rate)
        while (block := source.read(_BLOCK, dtype="float32", always_2d=True)).shape[0]:
            track.write(block.T)
        track.finish()


@contextmanager
def _opened(wav: Path) -> Iterator[Any]:
    try:
        with soundfile.SoundFile(wav) as source:
            if source.samplerate != SAMPLE_RATE:
                raise ExportError(f"{wav.name} is not 48 kHz, so it is none of foleyd's files", wav)
            yield source
    except soundfile.LibsndfileError as error:
        raise ExportError(f"{wav.name} cannot be read as WAV", wav) from error


def _last_line(error: BaseException) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1].strip("'\"") if lines else type(error).__name__
