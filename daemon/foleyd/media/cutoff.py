"""Files that end before their own header says: half copied, still being written, cut by a crash.

Containers that state where they end are held to it; those that make no promise (MPEG-TS) are not.
"""

from __future__ import annotations

from pathlib import Path

from av.container import InputContainer

from foleyd.media.container import require_file
from foleyd.media.errors import MediaUnreadable

_EBML_HEADER = 0x1A45DFA3
_SEGMENT = 0x18538067


def require_whole(path: Path, container: InputContainer) -> None:
    """Raises MediaUnreadable when the file at PATH ends before CONTAINER's own tables say it does.

    Raises MediaMissing when it has gone since it was opened.

    MP4/MOV: the last samples of each track lie within the file. Matroska/WebM: the Segment does
    (RFC 8794, 9559). AVI: the first RIFF chunk does.
    """
    size = require_file(path).st_size
    promised = _promised_size(path, container)
    if promised is not None and promised > size:
        raise MediaUnreadable(
            f"{path} is cut off: {size} of {promised} bytes are there; copy it again from its source,"
            " or wait until it is written",
            path,
        )


def _promised_size(path: Path, container: InputContainer) -> int | None:
    names = container.format.name.split(",")
    if "mov" in names:
        last = (stream.index_entries[-1] for stream in container.streams if len(stream.index_entries))
        return max((entry.pos + entry.size for entry in last), default=None)
    if "matroska" in names:
        return _segment_end(_head(path))
    if "avi" in names:
        head = _head(path)
        return int.from_bytes(head[4:8], "little") + 8 if head[:4] == b"RIFF" else None
    return None


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(4096)


def _segment_end(head: bytes) -> int | None:
    """Where the Segment ends, or None when its size is unknown (a live recording)."""
    position = 0
    while position + 12 < len(head):
        length = 9 - head[position].bit_length()
        element = int.from_bytes(head[position : position + length], "big")
        position += length
        width = 9 - head[position].bit_length()
        size = int.from_bytes(head[position : position + width], "big") & ((1 << 7 * width) - 1)
        position += width
        if element == _SEGMENT:
            return None if size == (1 << 7 * width) - 1 else position + size
        if element != _EBML_HEADER:
            return None
        position += size
    return None
