"""The mix: exact to the sample, by tables worked out by hand."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import pytest

from resolve_emulator import mix
from resolve_emulator.riff import Wav

FULL = 1 << 23


def step(n: int, channel: int = 0) -> float:
    return (n * 16 + channel) / FULL


@pytest.mark.parametrize(
    ("rate", "start", "at", "frames", "first", "length"),
    [
        # 2002 samples a frame
        ("23.976", "01:00:00:00", 10, 5, 20020, 10010),
        # 1920 samples a frame
        ("25", "10:00:00:00", 7, 3, 13440, 5760),
        # 1601.6 samples a frame; 107892 frames are 172799827.2, so 172799827.
        # 107895 -> 172804632 (.0); 107899 -> 172811038.4; first 4805, end 11211
        ("29.97 DF", "01:00:00;00", 3, 4, 4805, 6406),
        # from 0: 3 -> 4804.8, so 4805; 7 -> 11211.2, so 11211
        ("29.97 DF", "00:00:00;00", 3, 4, 4805, 6406),
        # 800.8 samples a frame; 216000 -> 172972800; 2 -> 1601.6, so 1602; 6 -> 4804.8, so 4805
        ("59.94", "01:00:00:00", 2, 4, 1602, 3203),
    ],
)
def test_positions(
    bench: Any, wav: Any, rate: str, start: str, at: int, frames: int, first: int, length: int
) -> None:
    b = bench(rate=rate, timeline={"start": start})
    clip = b.pool.ImportMedia([wav("a.wav", 16000)])[0]
    b.place(clip, b.timeline.GetStartFrame() + at, frames)
    heard = mix(b.host.project.current)
    assert (heard.first, len(heard.channels[0]), len(heard.channels[1])) == (first, length, length)
    assert list(heard.channels[0]) == [step(n) for n in range(length)]
    assert list(heard.channels[1]) == [step(n, 1) for n in range(length)]
    assert heard.left_out == ["a.mov"]  # only declared


def test_neighbours_tile(bench: Any, wav: Any) -> None:
    b = bench(rate="29.97", timeline={"start": "00:00:00:00"})
    clip = b.pool.ImportMedia([wav("a.wav", 48000, value=lambda n, c: 4096)])[0]
    for frame in range(0, 10, 2):
        b.place(clip, frame, 2, start=frame)
    heard = mix(b.host.project.current)
    assert list(heard.channels[0]) == [4096 / FULL] * 16016


def test_a_source_offset_and_the_origin(bench: Any, wav: Any) -> None:
    b = bench(rate="29.97 DF", timeline={"start": "01:00:00;00"})
    clip = b.pool.ImportMedia([wav("a.wav", 32000)])[0]
    b.place(clip, 107892 + 2, 4, start=3)
    heard = mix(b.host.project.current)
    # 107894 -> 172803030.4, less 172799827: 3203; source 3 * 1601.6 = 4804.8, so 4805
    assert (heard.first, heard.channels[0][0]) == (3203, step(4805))
    other = mix(b.host.project.current, origin="timeline")
    assert (other.first, len(other.channels[0])) == (3203, 6407)  # 2 -> 3203.2; 6 -> 9609.6, so 9610


def test_what_is_not_heard(bench: Any, wav: Any) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 48000)])[0]
    b.timeline.AddTrack("audio", "stereo")
    (one,) = b.place(clip, 86400, 4)
    b.place(clip, 86402, 4, track=3)
    assert len(mix(b.host.project.current).channels[0]) == 6 * 2000
    heard = mix(b.host.project.current, tracks=[3])
    assert (heard.first, len(heard.channels[0])) == (4000, 8000)
    both = mix(b.host.project.current).channels[0]
    assert both[4000] == step(4000) + step(0)
    assert one.SetClipEnabled(False)
    assert mix(b.host.project.current).first == 4000
    assert b.timeline.SetTrackEnable("audio", 3, False)
    assert len(mix(b.host.project.current).channels[0]) == 0


def test_a_mono_track_loses_a_channel(bench: Any, wav: Any) -> None:
    b = bench()
    clip = b.pool.ImportMedia([wav("a.wav", 48000)])[0]
    b.timeline.AddTrack("audio")
    b.place(clip, 86400, 1, track=3)
    heard = mix(b.host.project.current)
    assert heard.channels[0] == heard.channels[1]
    assert heard.channels[0][5] == step(5)


def test_other_kinds_of_wav(tmp_path: Path, wav: Any) -> None:
    """WAVE_FORMAT_EXTENSIBLE with a bext chunk, 16 bits; float."""
    bext = bytes(338) + struct.pack("<II", 172800000, 0) + bytes(256)
    guid = struct.pack("<H", 1) + bytes.fromhex("000000001000800000aa00389b71")
    fmt = struct.pack("<HHIIHHHHI", 0xFFFE, 2, 48000, 192000, 4, 16, 22, 16, 3) + guid
    data = struct.pack("<4h", 16384, -32768, 8192, 0)
    chunks = b"".join(
        name + struct.pack("<I", len(body)) + body
        for name, body in ((b"bext", bext), (b"fmt ", fmt), (b"data", data))
    )
    path = tmp_path / "x.wav"
    path.write_bytes(b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks)
    found = Wav(str(path))
    assert (found.channels, found.samples, found.time_reference) == (2, 2, 172800000)
    left, right = found.read(-1, 4)
    assert list(left) == [0.0, 0.5, 0.25, 0.0]
    assert list(right) == [0.0, -1.0, 0.0, 0.0]
    fmt = struct.pack("<HHIIHH", 3, 1, 48000, 192000, 4, 32)
    chunks = b"".join(
        name + struct.pack("<I", len(body)) + body
        for name, body in ((b"fmt ", fmt), (b"data", struct.pack("<2f", 0.5, -0.25)))
    )
    path.write_bytes(b"RIFF" + struct.pack("<I", len(chunks) + 4) + b"WAVE" + chunks)
    assert list(Wav(str(path)).read(0, 2)[0]) == [0.5, -0.25]


def test_a_time_reference_is_the_start_timecode(bench: Any, wav: Any) -> None:
    b = bench(rate="25")
    path = wav("a.wav", 48000)
    clip = b.pool.ImportMedia([path])[0]
    assert clip.GetClipProperty("Start TC") == "00:00:00:00"
    clip._model.media.time_reference = 48000 * 3600
    assert clip.GetClipProperty("Start TC") == "01:00:00:00"
