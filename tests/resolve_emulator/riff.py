"""WAV headers and samples, read by hand: `wave` of the older Pythons refuses WAVE_FORMAT_EXTENSIBLE."""

from __future__ import annotations

import struct
import sys
from array import array


class NotWav(Exception):
    """The file is no WAV that this reads: PCM of 16, 24 or 32 bits, or float of 32."""


class Wav:
    """A WAV's facts. `samples` are sample frames; `time_reference` comes from bext, else 0."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.time_reference = 0
        with open(path, "rb") as file:
            head = file.read(12)
            if len(head) < 12 or head[:4] not in (b"RIFF", b"RF64") or head[8:] != b"WAVE":
                raise NotWav(path)
            chunks = _chunks(file)
            if b"fmt " not in chunks or b"data" not in chunks:
                raise NotWav(path)
            file.seek(chunks[b"fmt "][0])
            fmt = file.read(chunks[b"fmt "][1])
            if b"bext" in chunks:
                file.seek(
                    chunks[b"bext"][0] + 338
                )  # after Description, Originator, its reference, date, time
                low, high = struct.unpack("<II", file.read(8))
                self.time_reference = high << 32 | low
        tag, self.channels, self.sample_rate, _, block, self.bits = struct.unpack("<HHIIHH", fmt[:16])
        self.is_float = (struct.unpack("<H", fmt[24:26])[0] if tag == 0xFFFE else tag) == 3
        self._start, size = chunks[b"data"]
        self._block = block
        self.samples = size // block

    def read(self, first: int, count: int) -> list[array]:
        """One array of floats (full scale 1.0) for each channel; silence outside the file."""
        begin, end = max(first, 0), min(first + count, self.samples)
        with open(self.path, "rb") as file:
            file.seek(self._start + begin * self._block)
            data = file.read(max(end - begin, 0) * self._block)
        values = self._floats(data)
        before = array("d", bytes(8 * min(max(-first, 0), count)))
        result = []
        for channel in range(self.channels):
            one = before + values[channel :: self.channels]
            result.append(one + array("d", bytes(8 * (count - len(one)))))
        return result

    def _floats(self, data: bytes) -> array:
        if self.is_float:
            return array("d", _native(array("f", data)))
        if self.bits == 24:
            wide = bytearray(len(data) // 3 * 4)
            wide[1::4], wide[2::4], wide[3::4] = data[0::3], data[1::3], data[2::3]
            whole, scale = _native(array("i", bytes(wide))), 2.0**31
        elif self.bits in (16, 32):
            whole, scale = _native(array("h" if self.bits == 16 else "i", data)), 2.0 ** (self.bits - 1)
        else:
            raise NotWav(self.path)
        return array("d", (value / scale for value in whole))


def _native(values: array) -> array:
    if sys.byteorder == "big":
        values.byteswap()
    return values


def _chunks(file: object) -> dict[bytes, tuple[int, int]]:
    """Name: (position, size) of each chunk."""
    found = {}
    while True:
        head = file.read(8)  # type: ignore[attr-defined]
        if len(head) < 8:
            return found
        name, size = head[:4], struct.unpack("<I", head[4:])[0]
        at = file.tell()  # type: ignore[attr-defined]
        found.setdefault(name, (at, size))
        file.seek(at + size + size % 2)  # type: ignore[attr-defined]
