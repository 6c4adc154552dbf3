"""Files of sound alone that cannot be read."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from foleyd.media.errors import MediaUnreadable
from foleyd.media.sound_file import read_sound_file


def test_sound_of_an_unknown_kind_is_unreadable(tmp_path: Path) -> None:
    path = tmp_path / "odd.wav"
    form = struct.pack("<HHIIHH", 0x4321, 1, 48_000, 96_000, 2, 16)
    body = b"fmt " + struct.pack("<I", len(form)) + form + b"data" + struct.pack("<I", 960) + bytes(960)
    path.write_bytes(b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body)
    with pytest.raises(MediaUnreadable, match=r"odd\.wav.*WAV"):
        read_sound_file(path)
