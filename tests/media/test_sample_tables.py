"""Headers that count more samples than their file can hold."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from clipmaker import make_clip
from foleyd.media.errors import MediaUnreadable
from foleyd.media.probe import probe
from foleyd.media.sample_tables import claims_too_much

WHOLE: dict[str, dict[str, Any]] = {
    "plain.mp4": {"sound": "last"},
    "front.mp4": {"muxer": {"movflags": "+faststart"}},
    "parts.mp4": {"muxer": {"movflags": "frag_keyframe+empty_moov"}},
    "cut.mov": {"timecode": "01:00:00:00", "sound": "first"},
    "other.mkv": {},
}


@pytest.mark.parametrize("name", WHOLE)
def test_whole_files_claim_no_more_than_they_hold(tmp_path: Path, name: str) -> None:
    path = make_clip(tmp_path / name, frames=40, **WHOLE[name])
    assert not claims_too_much(path)
    assert probe(path).frames in (40, None)


def test_a_table_of_endless_samples_is_refused_at_once(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "table.mp4", frames=40)
    body = bytearray(path.read_bytes())
    at = body.index(b"stsz") + 8
    body[at : at + 8] = struct.pack(">II", 1, 90_000_000)
    assert_refused(path, bytes(body))


def test_a_fragment_of_endless_samples_is_refused_at_once(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "parts.mp4", frames=40, **WHOLE["parts.mp4"])
    body = bytearray(path.read_bytes())
    at = body.rindex(b"trun") + 4
    body[at : at + 8] = struct.pack(">II", 1, 90_000_000)
    assert_refused(path, bytes(body))
    body[at : at + 8] = struct.pack(">II", 0x201, 90_000_000)
    assert_refused(path, bytes(body))


def assert_refused(path: Path, body: bytes) -> None:
    path.write_bytes(body)
    with pytest.raises(MediaUnreadable, match="counts more frames than it can hold"):
        probe(path)


@pytest.mark.parametrize(
    "body", [b"", b"\0\0\0\1ftyp", b"\0\0\0\0moov\0\0\0\0trak", b"\xff" * 40, b"\0\0\0\4ftyp"]
)
def test_scraps_claim_nothing(tmp_path: Path, body: bytes) -> None:
    path = tmp_path / "scrap.mp4"
    path.write_bytes(body)
    assert not claims_too_much(path)
