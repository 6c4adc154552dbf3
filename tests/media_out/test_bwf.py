"""What a take's file says and holds, read back by wavinfo and soundfile."""

from __future__ import annotations

import importlib
import json
import struct
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import soundfile
import wavinfo
from hypothesis import given, settings
from hypothesis import strategies as st

from foleyd.cue import FrameRange, Loudness, file_cut
from foleyd.files import OutputExists
from foleyd.media.bwf import (
    Broadcast,
    Ixml,
    NotBroadcastWave,
    ascii_text,
    bext_chunk,
    ixml_chunk,
    midnight_reference,
    pcm24,
    read_provenance,
    wave_header,
    write_take,
)
from foleyd.media.errors import SoundError
from foleyd.timebase import Timecode, parse_timecode

WHEN = datetime(2026, 11, 20, 9, 5, 7)
NTSC = Fraction(30000, 1001)
PROVENANCE = {
    "prompt": 'тяжёлые шаги, 🥾 <gravel> & "rain" ]]> \x00\x1b\ud800',
    "negative_prompt": "",
    "seed": 2**62,
    "engine": "procedural",
    "machine_generated": True,
}


def broadcast(**changes: Any) -> Broadcast:
    fields: dict[str, Any] = {
        "description": "heavy boots on gravel",
        "reference": "take-0001",
        "created": WHEN,
        "time_reference": 2_723_136_416,
        "loudness": Loudness(integrated=-23.04, true_peak=-1.25, range=6.5),
        "coding_history": "A=PCM,F=48000,W=24,M=stereo,T=foleyd\n",
    }
    return Broadcast(**(fields | changes))


def ixml(**changes: Any) -> Ixml:
    fields: dict[str, Any] = {
        "rate": NTSC,
        "drop": False,
        "project": "Reel & <1>",
        "scene": "cue-3",
        "take": "1",
        "note": "synthetic sketch",
        "tracks": ("Foley L", "Foley R"),
        "provenance": PROVENANCE,
    }
    return Ixml(**(fields | changes))


def noise(channels: int, samples: int) -> npt.NDArray[np.float32]:
    generator = np.random.default_rng(7)
    return generator.uniform(-1, 1, (channels, samples)).astype(np.float32)


def in_blocks(sound: npt.NDArray[np.float32], size: int = 1000) -> Iterator[npt.NDArray[np.float32]]:
    for start in range(0, sound.shape[1], size):
        yield sound[:, start : start + size]


def write(path: Path, sound: npt.NDArray[np.float32], **changes: Any) -> None:
    channels, samples = sound.shape
    write_take(
        path,
        in_blocks(sound),
        samples=samples,
        channels=channels,
        broadcast=changes.get("broadcast", broadcast()),
        ixml=changes.get("ixml", ixml()),
    )


@pytest.mark.parametrize("channels", [1, 2, 6])
@pytest.mark.parametrize("samples", [1, 999, 48_001])
def test_soundfile_reads_every_sample_within_half_a_step(tmp_path: Path, channels: int, samples: int) -> None:
    sound = noise(channels, samples)
    path = tmp_path / "take.wav"
    write(path, sound)
    read, rate = soundfile.read(path, dtype="float64", always_2d=True)
    info = soundfile.info(path)
    assert (rate, read.shape, info.subtype) == (48_000, (samples, channels), "PCM_24")
    assert info.format == ("WAV" if channels <= 2 else "WAVEX")
    assert np.abs(read.T - sound).max() <= 0.5 / 2**23
    assert path.stat().st_size % 2 == 0


def test_values_on_the_24_bit_grid_come_back_exactly(tmp_path: Path) -> None:
    grid = np.array([[-(2**23), -(2**23) + 1, -1, 0, 1, 2**23 - 1]], np.float64) / 2**23
    path = tmp_path / "grid.wav"
    write(path, grid.astype(np.float32))
    read, _ = soundfile.read(path, dtype="float64", always_2d=True)
    assert np.array_equal(read.T, grid)


def test_full_scale_is_held_and_never_wraps() -> None:
    loud = np.array([[1.0, 1.5, 1e30, np.inf, -1.0, -1.5, -1e30]], np.float32)
    values = [int.from_bytes(pcm24(loud)[i : i + 3], "little", signed=True) for i in range(0, 21, 3)]
    assert values == [2**23 - 1] * 4 + [-(2**23)] * 3


def test_wavinfo_reads_what_bext_says(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    write(path, noise(2, 4800))
    info = wavinfo.WavInfoReader(str(path))
    assert info.bext.version == 2
    assert info.bext.description == "heavy boots on gravel"
    assert info.bext.originator == "foleyd"
    assert info.bext.originator_ref == "take-0001"
    assert info.bext.originator_date == "2026-11-20"
    assert info.bext.originator_time == "09:05:07"
    assert info.bext.time_reference == 2_723_136_416
    assert info.bext.coding_history.startswith("A=PCM,F=48000,W=24,M=stereo,T=foleyd")
    assert info.bext.loudness_value == pytest.approx(-23.04)
    assert info.bext.loudness_range == pytest.approx(6.5)
    assert info.bext.max_true_peak == pytest.approx(-1.25)
    assert info.fmt.bits_per_sample == 24
    assert info.data.frame_count == 4800


def test_loudness_that_was_not_measured_is_marked_so() -> None:
    chunk = bext_chunk(broadcast(loudness=Loudness(None, None), coding_history=""))
    assert len(chunk) == 602
    assert struct.unpack("<5H", chunk[412:422]) == (0x7FFF,) * 5


@pytest.mark.parametrize("channels", [1, 2])
def test_wavinfo_reads_what_ixml_says(tmp_path: Path, channels: int) -> None:
    path = tmp_path / "take.wav"
    write(path, noise(channels, 480), ixml=ixml(rate=Fraction(24000, 1001)))
    read = wavinfo.WavInfoReader(str(path)).ixml
    assert read is not None
    root = read.parsed.getroot()
    assert root.findtext("PROJECT") == "Reel & <1>"
    assert root.findtext("SPEED/TIMECODE_RATE") == "24000/1001"
    assert root.findtext("SPEED/TIMECODE_FLAG") == "NDF"
    assert root.findtext("SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI") == "0"
    assert root.findtext("SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO") == "2723136416"
    assert [track.findtext("NAME") for track in root.findall("TRACK_LIST/TRACK")] == ["Foley L", "Foley R"]
    assert json.loads(root.findtext("USER/FOLEYD_PROVENANCE"))["seed"] == 2**62


def test_time_reference_beyond_32_bits_is_split_in_ixml() -> None:
    root = wavinfo_root(ixml_chunk(ixml(), broadcast(time_reference=4_150_000_000 + (1 << 32))))
    assert root.findtext("SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_HI") == "1"
    assert root.findtext("SPEED/TIMESTAMP_SAMPLES_SINCE_MIDNIGHT_LO") == "4150000000"


def wavinfo_root(content: bytes) -> Any:
    """CONTENT as wavinfo's own parser, lxml, reads it."""
    return importlib.import_module("lxml.etree").fromstring(content)


def test_provenance_comes_back_whatever_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "прове 🥁 #%20.wav"
    write(path, noise(2, 4800))
    assert read_provenance(path) == PROVENANCE


@settings(max_examples=60)
@given(text=st.text(max_size=80), note=st.text(max_size=80))
def test_ixml_is_well_formed_for_any_text(text: str, note: str) -> None:
    root = wavinfo_root(ixml_chunk(ixml(note=note, provenance={"prompt": text}), broadcast()))
    assert json.loads(root.findtext("USER/FOLEYD_PROVENANCE"))["prompt"] == text


@settings(max_examples=60)
@given(text=st.text(max_size=400), limit=st.sampled_from([32, 256]))
def test_bext_texts_are_printable_ascii_of_limited_length(text: str, limit: int) -> None:
    cut = ascii_text(text, limit)
    assert len(cut) <= limit
    assert all(0x20 <= byte <= 0x7E for byte in cut)


def test_accents_are_dropped_and_plain_text_is_kept() -> None:
    assert ascii_text("Schritte, Café, 雨\nx", 256) == b"Schritte, Cafe, ? x"
    assert ascii_text("a" * 10_000, 256) == b"a" * 256


@pytest.mark.parametrize(
    ("label", "rate", "handles", "expected"),
    [
        # frames * 48000 * den / num, rounded, by hand:
        # ((15*3600 + 44*60 + 35) * 30 + 10) = 1,700,260 frames * 1601.6 = 2,723,136,416
        ("15:44:35:10", NTSC, 0, 2_723_136_416),
        # 10:00:00;00 drop frame is frame 1,078,920 * 1601.6 = 1,727,998,272
        ("10:00:00;00", NTSC, 0, 1_727_998_272),
        # 01:00:00:00 at 25, less 12 frames of 1920 samples
        ("01:00:00:00", Fraction(25), 12, 172_800_000 - 23_040),
        # 01:00:00:00 at 24000/1001 is 86,400 frames * 2002
        ("01:00:00:00", Fraction(24000, 1001), 0, 172_972_800),
        ("00:00:00:00", Fraction(24), 12, 0),
        # the last frame of the day at non-drop 29.97: 2,591,999 * 1601.6 = 4,151,345,598.4; past 86,400 s
        ("23:59:59:29", NTSC, 0, 4_151_345_598),
    ],
)
def test_time_reference_is_the_hand_worked_sample(
    label: str, rate: Fraction, handles: int, expected: int
) -> None:
    start = parse_timecode(label, rate)
    assert midnight_reference(start, file_cut(start, FrameRange(0, 10), handles)) == expected


def test_time_reference_starts_anew_at_midnight() -> None:
    start = Timecode(24 * 3600 * 25 - 1, Fraction(25))
    assert midnight_reference(start, file_cut(start, FrameRange(2, 10), 0)) == 1920


def test_takes_tile_after_midnight_too_where_a_day_is_not_whole_samples() -> None:
    """24 hours of drop-frame 29.97 last 4,147,195,852.8 samples."""
    start = parse_timecode("23:59:50;00", NTSC)
    cuts = [file_cut(start, FrameRange(frame, frame + 7), 3) for frame in range(250, 600, 7)]
    places = [midnight_reference(start, cut) + cut.source_in for cut in cuts]
    ends = [place + cut.cue_samples for place, cut in zip(places, cuts, strict=True)]
    assert all((end - place) % 4_147_195_853 == 0 for end, place in zip(ends, places[1:], strict=False))


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    for name in ("a.wav", "b.wav"):
        write(tmp_path / name, noise(2, 5000))
    assert (tmp_path / "a.wav").read_bytes() == (tmp_path / "b.wav").read_bytes()


def test_a_file_beyond_4_gib_is_rf64_that_soundfile_reads(tmp_path: Path) -> None:
    samples, channels = 800_000_000, 2
    header = wave_header(samples, channels, [(b"bext", bext_chunk(broadcast()))])
    path = tmp_path / "long.wav"
    with open(path, "wb") as file:
        file.write(header)
        file.truncate(len(header) + samples * channels * 3)
    info = soundfile.info(path)
    assert (info.format, info.frames, info.subtype) == ("RF64", samples, "PCM_24")
    with soundfile.SoundFile(path) as sound:
        sound.seek(samples - 1)
        assert sound.read().shape == (1, 2)


def test_the_largest_riff_is_still_riff() -> None:
    assert wave_header(700_000_000, 2, [])[:4] == b"RIFF"
    assert wave_header(715_827_883, 2, [])[:4] == b"RF64"


def test_too_few_samples_are_refused_and_nothing_is_left(tmp_path: Path) -> None:
    sound = noise(1, 100)
    with pytest.raises(SoundError, match="was to hold 101 samples but got 100"):
        write_take(tmp_path / "x.wav", [sound], samples=101, channels=1, broadcast=broadcast(), ixml=ixml())
    assert list(tmp_path.iterdir()) == []


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    path.write_bytes(b"mine")
    with pytest.raises(OutputExists, match=r"take\.wav exists already"):
        write(path, noise(1, 100))
    assert path.read_bytes() == b"mine"
    assert [entry.name for entry in tmp_path.iterdir()] == ["take.wav"]


@pytest.mark.parametrize(
    "content",
    [b"", b"RIFF", b"not a wav at all", b"RIFF\x04\0\0\0WAVE", b"RIFF\xff\0\0\0WAVEiXML\xff\xff\xff\xff<a>"],
)
def test_files_that_are_not_ours_are_named_not_guessed(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other.wav"
    path.write_bytes(content)
    with pytest.raises(NotBroadcastWave, match=r"other\.wav"):
        read_provenance(path)


def test_damage_anywhere_before_the_sound_is_an_error_not_a_crash(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    write(path, noise(1, 10))
    whole = path.read_bytes()
    for length in range(0, whole.index(b"</BWFXML>"), 37):
        path.write_bytes(whole[:length])
        with pytest.raises(NotBroadcastWave):
            read_provenance(path)


def test_an_ixml_of_unknown_encoding_is_damage(tmp_path: Path) -> None:
    path = tmp_path / "take.wav"
    write(path, noise(1, 500))
    path.write_bytes(path.read_bytes().replace(b'encoding="UTF-8"', b'encoding="UTX-8"'))
    with pytest.raises(NotBroadcastWave, match=r"the iXML of take\.wav is damaged"):
        read_provenance(path)
