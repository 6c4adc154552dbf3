"""Broadcast Wave files: 48 kHz, 24 bits, with ``bext`` version 2 and iXML before the sound.

Sources: EBU Tech 3285 v2 (bext), EBU Tech 3306 and ITU-R BS.2088 (RF64), iXML 3.01, Microsoft's
WAVEFORMATEXTENSIBLE. Equal input and equal dates give equal bytes.
"""

from __future__ import annotations

import json
import struct
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO
from xml.etree import ElementTree

import numpy as np

from foleyd.cue import FileCut, Loudness
from foleyd.files import new_file
from foleyd.media.errors import MediaError, SoundError
from foleyd.media.loudness import Block
from foleyd.timebase import SAMPLE_RATE, Timecode, frame_to_sample, frames_per_day

ORIGINATOR = "foleyd"
_BYTES = 3
_FULL_SCALE = np.float32(1 << 23)
_HIGHEST = np.float32((1 << 23) - 1)
_RIFF_LIMIT = (1 << 32) - 1
_NOT_INDICATED = 0x7FFF
_BEXT = struct.Struct("<256s32s32s10s8sQH64s5h180x")
_EXTENSIBLE = 0xFFFE
_PCM_GUID = bytes.fromhex("0100000000001000800000aa00389b71")
_LARGEST_IXML = 64 << 20
_SIZE_IN_DS64 = 0xFFFFFFFF


class NotBroadcastWave(MediaError):
    """The file is no WAV, is damaged, or does not carry what foleyd writes."""

    reason = "NOT_BROADCAST_WAVE"


@dataclass(frozen=True, slots=True)
class Broadcast:
    """The ``bext`` chunk.

    DESCRIPTION keeps its first 256 ASCII characters, REFERENCE 32. TIME_REFERENCE is the file's
    first sample, counted from midnight. CODING_HISTORY are lines as EBU R 98 has them.
    """

    description: str
    reference: str
    created: datetime
    time_reference: int
    loudness: Loudness | None = None
    coding_history: str = ""


@dataclass(frozen=True, slots=True)
class Ixml:
    """The iXML chunk. RATE and DROP are the timeline's; TRACKS names the channels in order.

    PROVENANCE is anything JSON can hold; it lies whole in USER/FOLEYD_PROVENANCE, which
    :func:`read_provenance` reads back.
    """

    rate: Fraction
    drop: bool
    project: str = ""
    scene: str = ""
    take: str = ""
    note: str = ""
    tracks: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)


def midnight_reference(start: Timecode, cut: FileCut) -> int:
    """``bext`` TimeReference of the file of CUT in a program whose frame zero is labelled START.

    The label wraps at 24 hours of timecode, so the reference does, too (24 hours of non-drop
    29.97 last 86,486.4 seconds). Samples wrap, not frames: a drop-frame day is not a whole number of
    samples, and neighbours must tile after midnight as well.
    """
    return cut.time_reference % frame_to_sample(frames_per_day(start.rate, start.drop), start.rate)


def write_take(
    path: Path,
    blocks: Iterable[Block],
    *,
    samples: int,
    channels: int,
    broadcast: Broadcast,
    ixml: Ixml,
) -> None:
    """Writes PATH, whole or not at all, never over an existing file.

    BLOCKS are float32 (CHANNELS, n), SAMPLES in all, full scale at 1.0; each value is rounded to 24
    bits once, and held at full scale beyond it. Raises OutputError (OutputExists) for the
    disk's reasons and SoundError when the blocks do not hold SAMPLES.
    """
    chunks = ((b"bext", bext_chunk(broadcast)), (b"iXML", ixml_chunk(ixml, broadcast)))
    with new_file(path) as temporary, open(temporary, "xb") as file:
        file.write(wave_header(samples, channels, chunks))
        written = _write_samples(file, blocks, channels)
        if written != samples:
            raise SoundError(f"{path.name} was to hold {samples} samples but got {written}", path)
        if samples * channels * _BYTES % 2:
            file.write(b"\0")


def pcm24(block: Block) -> bytes:
    """BLOCK, float32 (channels, n), as interleaved little-endian 24-bit: round(x 2^23), held at the ends."""
    scaled = np.rint(block.T * _FULL_SCALE)
    whole = np.clip(scaled, -_FULL_SCALE, _HIGHEST).astype("<i4", order="C")
    packed: bytes = whole.view(np.uint8).reshape(-1, 4)[:, :_BYTES].tobytes()
    return packed


def wave_header(samples: int, channels: int, chunks: Iterable[tuple[bytes, bytes]]) -> bytes:
    """Everything before the samples: RIFF, or RF64 with ``ds64`` when the file passes 4 GiB."""
    data = samples * channels * _BYTES
    body = b"".join(_chunk(name, content) for name, content in chunks)
    body += _chunk(b"fmt ", _format(channels))
    size = 4 + len(body) + 8 + data + data % 2
    if size <= _RIFF_LIMIT:
        return b"RIFF" + struct.pack("<I", size) + b"WAVE" + body + b"data" + struct.pack("<I", data)
    size += 8 + 28
    ds64 = _chunk(b"ds64", struct.pack("<QQQI", size, data, samples, 0))
    big = struct.pack("<I", _SIZE_IN_DS64)
    return b"RF64" + big + b"WAVE" + ds64 + body + b"data" + big


def bext_chunk(broadcast: Broadcast) -> bytes:
    """The content of ``bext``, version 2. Loudness that was not measured is 0x7FFF, the UMID zero."""
    loudness = broadcast.loudness or Loudness(None, None)
    fixed = _BEXT.pack(
        ascii_text(broadcast.description, 256),
        ascii_text(ORIGINATOR, 32),
        ascii_text(broadcast.reference, 32),
        broadcast.created.strftime("%Y-%m-%d").encode(),
        broadcast.created.strftime("%H:%M:%S").encode(),
        broadcast.time_reference,
        2,
        bytes(64),
        _hundredths(loudness.integrated),
        _hundredths(loudness.range),
        _hundredths(loudness.true_peak),
        _NOT_INDICATED,
        _NOT_INDICATED,
    )
    lines = [ascii_text(line, 1024) for line in broadcast.coding_history.splitlines() if line.strip()]
    return fixed + b"".join(line + b"\r\n" for line in lines)


def ixml_chunk(ixml: Ixml, broadcast: Broadcast) -> bytes:
    """The content of ``iXML``: well-formed UTF-8 whatever the texts hold."""
    root = ElementTree.Element("BWFXML")
    _texts(root, IXML_VERSION="3.01", PROJECT=ixml.project, SCENE=ixml.scene, TAKE=ixml.take, NOTE=ixml.note)
    rate = f"{ixml.rate.numerator}/{ixml.rate.denominator}"
    high, low = divmod(broadcast.time_reference, 1 << 32)
    _texts(
        ElementTree.SubElement(root, "SPEED"),
        MASTER_SPEED=rate,
        CURRENT_SPEED=rate,
        TIMECODE_RATE=rate,
        TIMECODE_FLAG="DF" if ixml.drop else "NDF",
        FILE_SAMPLE_RATE=str(SAMPLE_RATE),
        AUDIO_BIT_DEPTH="24",
        DIGITIZER_SAMPLE_RATE=str(SAMPLE_RATE),
        TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI=str(high),
        TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO=str(low),
        TIMESTAMP_SAMPLE_RATE=str(SAMPLE_RATE),
    )
    _track_list(root, ixml.tracks)
    # Escaped to ASCII, JSON holds any text, control characters and lone surrogates included, that XML cannot.
    provenance = json.dumps(dict(ixml.provenance), ensure_ascii=True, sort_keys=True, allow_nan=False)
    _texts(ElementTree.SubElement(root, "USER"), FOLEYD_PROVENANCE=provenance)
    ElementTree.indent(root)
    text: str = ElementTree.tostring(root, encoding="unicode")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}\n'.encode()


def read_provenance(path: Path) -> dict[str, Any]:
    """The provenance that :func:`write_take` put into PATH. Raises NotBroadcastWave."""
    try:
        with open(path, "rb") as file:
            content = next((body for name, body in _chunks(file, path) if name == b"iXML"), None)
        if content is None:
            raise NotBroadcastWave(f"{path.name} carries no iXML; it was not made by foleyd", path)
        text = ElementTree.fromstring(content).findtext("USER/FOLEYD_PROVENANCE")
        provenance = json.loads(text) if text else None
    except (ElementTree.ParseError, LookupError, ValueError, RecursionError) as error:
        raise NotBroadcastWave(f"the iXML of {path.name} is damaged", path) from error
    except OSError as error:
        raise NotBroadcastWave(f"{path} cannot be read: {error.strerror}", path) from error
    if not isinstance(provenance, dict):
        raise NotBroadcastWave(f"{path.name} carries no provenance; it was not made by foleyd", path)
    return provenance


def ascii_text(text: str, limit: int) -> bytes:
    """TEXT's first LIMIT characters in printable ASCII; accents are dropped, the rest becomes ``?``."""
    plain = unicodedata.normalize("NFKD", text[: limit * 4])
    shown = (" " if char.isspace() else char for char in plain if not unicodedata.combining(char))
    return "".join(char if " " <= char <= "~" else "?" for char in shown)[:limit].encode("ascii")


def _write_samples(file: BinaryIO, blocks: Iterable[Block], channels: int) -> int:
    written = 0
    for block in blocks:
        if block.shape[0] != channels:
            raise SoundError(f"a block has {block.shape[0]} channels instead of {channels}")
        file.write(pcm24(block))
        written += block.shape[1]
    return written


def _format(channels: int) -> bytes:
    frame = channels * _BYTES
    plain = struct.pack("<HIIHH", channels, SAMPLE_RATE, SAMPLE_RATE * frame, frame, 8 * _BYTES)
    if channels <= 2:
        return struct.pack("<H", 1) + plain
    return struct.pack("<H", _EXTENSIBLE) + plain + struct.pack("<HHI", 22, 8 * _BYTES, 0) + _PCM_GUID


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _hundredths(value: float | None) -> int:
    if value is None:
        return _NOT_INDICATED
    return max(-9999, min(9999, round(value * 100)))


def _texts(parent: ElementTree.Element, **texts: str) -> None:
    for name, text in texts.items():
        ElementTree.SubElement(parent, name).text = _xml_text(text)


def _track_list(root: ElementTree.Element, tracks: tuple[str, ...]) -> None:
    if not tracks:
        return
    track_list = ElementTree.SubElement(root, "TRACK_LIST")
    _texts(track_list, TRACK_COUNT=str(len(tracks)))
    for index, name in enumerate(tracks, start=1):
        track = ElementTree.SubElement(track_list, "TRACK")
        _texts(track, CHANNEL_INDEX=str(index), INTERLEAVE_INDEX=str(index), NAME=name)


def _xml_text(text: str) -> str:
    """TEXT with what XML 1.0 cannot hold replaced by U+FFFD."""
    return "".join(char if _is_xml(ord(char)) else "\ufffd" for char in text)


def _is_xml(code: int) -> bool:
    return code in (0x9, 0xA, 0xD) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def _chunks(file: BinaryIO, path: Path) -> Iterator[tuple[bytes, bytes]]:
    """The chunks before ``data``, names and contents."""
    start = file.read(12)
    if len(start) < 12 or start[:4] not in (b"RIFF", b"RF64") or start[8:] != b"WAVE":
        raise NotBroadcastWave(f"{path.name} is no WAV file", path)
    while len(head := file.read(8)) == 8:
        name, size = head[:4], int.from_bytes(head[4:], "little")
        if name == b"data":
            return
        if size > _LARGEST_IXML:
            raise NotBroadcastWave(f"{path.name} is damaged: a chunk of {size} bytes before the sound", path)
        content = file.read(size + size % 2)[:size]
        if len(content) < size:
            raise NotBroadcastWave(f"{path.name} is cut short", path)
        yield name, content
