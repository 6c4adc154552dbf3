"""MP4 and MOV files that claim more samples than they can hold, found before FFmpeg believes them.

FFmpeg 8 makes an index entry for every sample that a header counts: 3 kB of damaged file cost it seconds
and gigabytes. Source: ISO/IEC 14496-12 (boxes; stsz in 8.7.3.2, trun in 8.8.8).
"""

from __future__ import annotations

from collections.abc import Iterator
from io import FileIO
from pathlib import Path

_OPENINGS = frozenset({b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot", b"styp"})
_TABLE = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz")
_RUN = (b"moof", b"traf", b"trun")
_SAMPLES_IN_A_BYTE = 16
"""QuickTime counts sound before it was compressed."""
_MOST_BOXES = 200
"""On one level. Fragments further back are not looked at: a long file must open quickly."""


def claims_too_much(path: Path) -> bool:
    """Whether the file at PATH counts more samples than it has bytes for them.

    False for other containers, and where nothing is counted. Raises OSError.
    """
    with path.open("rb", buffering=0) as file:
        if file.read(8)[4:] not in _OPENINGS:
            return False
        size = file.seek(0, 2)
        tables = (_is_full(file, *place, size) for place in _find(file, 0, size, _TABLE))
        runs = (_overruns(file, *place, size) for place in _find(file, 0, size, _RUN))
        return any(tables) or any(runs)


def _find(file: FileIO, start: int, end: int, way: tuple[bytes, ...]) -> Iterator[tuple[int, int]]:
    """Where the contents of the boxes that WAY leads to lie, within START up to END."""
    for name, first, last in _boxes(file, start, end):
        if name == way[0] and len(way) > 1:
            yield from _find(file, first, last, way[1:])
        elif name == way[0]:
            yield first, last


def _boxes(file: FileIO, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the contents of each box from START up to END."""
    for _ in range(_MOST_BOXES):
        head = _read(file, start, 16)
        size, name, first = _number(head, 0), head[4:8], start + 8
        if size == 1:
            size, first = int.from_bytes(head[8:], "big"), start + 16
        last = start + size if size else end
        if len(head) < 8 or last < first:
            return
        yield name, first, min(last, end)
        start = last
        if start >= end:
            return


def _is_full(file: FileIO, start: int, end: int, size: int) -> bool:
    """Whether an ``stsz`` box states one size for all of more samples than SIZE bytes can be."""
    body = _read(file, start, 12)
    return _number(body, 4) > 0 and _number(body, 8) > size * _SAMPLES_IN_A_BYTE


def _overruns(file: FileIO, start: int, end: int, size: int) -> bool:
    """Whether a ``trun`` box counts more samples than it describes, or than SIZE bytes can be."""
    body = _read(file, start, 8)
    described = 4 * (_number(body, 0) & 0xF00).bit_count()
    return _number(body, 4) * described > end - start if described else _number(body, 4) > size


def _read(file: FileIO, place: int, length: int) -> bytes:
    file.seek(place)
    return file.read(length)


def _number(body: bytes, place: int) -> int:
    return int.from_bytes(body[place : place + 4], "big")
