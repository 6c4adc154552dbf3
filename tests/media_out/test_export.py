"""Exports: FLAC loses nothing, lossy formats keep length and place; with ffmpeg's command and without."""

from __future__ import annotations

import gc
import os
import shutil
import sys
from datetime import datetime
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest
import soundfile

from foleyd.files import OutputError, OutputExists
from foleyd.media import export as exporting
from foleyd.media.bwf import Broadcast, Ixml, write_take
from foleyd.media.errors import ExportError
from foleyd.media.export import FORMATS, UnknownFormat, check_format, export
from media_out.signals import Signal, bursts, lag, largest_file

# Stands in for the ffmpeg command where a machine has none: takes pydub's arguments, encodes by PyAV.
_STAND_IN = """#!{python}
import sys
import av
arguments = sys.argv[1:]
value = lambda name: arguments[arguments.index(name) + 1]
source, target = value("-i"), arguments[-1]
container = [arguments[i + 1] for i, name in enumerate(arguments) if name == "-f"][-1]
with av.open(source) as reader, av.open(target, "w", format=container) as writer:
    channels = reader.streams.audio[0].channels
    stream = writer.add_stream(value("-acodec"), rate=48000, layout={{1: "mono", 2: "stereo"}}[channels])
    if "-sample_fmt" in arguments:
        stream.codec_context.format = value("-sample_fmt")
        stream.codec_context.options = {{"bits_per_raw_sample": value("-bits_per_raw_sample")}}
    if "-b:a" in arguments:
        stream.bit_rate = int(value("-b:a"))
    for name, text in zip(arguments, arguments[1:]):
        if name == "-metadata":
            writer.metadata.update([text.split("=", 1)])
    for frame in reader.decode(audio=0):
        writer.mux(stream.encode(frame))
    writer.mux(stream.encode(None))
"""


def wav(folder: Path, sound: Signal) -> Path:
    path = folder / "mix 雨 #1.wav"
    write_take(
        path,
        sound,
        samples=sound.samples,
        channels=sound.channels,
        broadcast=Broadcast("", "", datetime(2026, 1, 1), 0),
        ixml=Ixml(Fraction(25), False, provenance={"prompt": "rain"}),
    )
    return path


@pytest.fixture(params=["no ffmpeg", "ffmpeg"])
def encoder(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """What the export is expected to name as its encoder."""
    if request.param == "no ffmpeg":
        monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
        return "PyAV"
    if shutil.which("ffmpeg") is None:
        if os.name == "nt":
            pytest.skip("needs ffmpeg on Windows")
        command = tmp_path / "bin" / "ffmpeg"
        command.parent.mkdir()
        command.write_text(_STAND_IN.format(python=sys.executable))
        command.chmod(0o755)
        monkeypatch.setenv("PATH", str(command.parent))
    return "pydub"


def decoded(path: Path) -> npt.NDArray[np.floating]:
    with av.open(str(path)) as container:
        frames = [frame.to_ndarray() for frame in container.decode(audio=0)]
    return np.concatenate(frames, axis=1)


@pytest.mark.parametrize("channels", [1, 2])
def test_flac_keeps_all_24_bits(tmp_path: Path, encoder: str, channels: int) -> None:
    noise = np.random.default_rng(5).uniform(-1, 1, (channels, 30_001)).astype(np.float32)
    source = wav(tmp_path, Signal(noise))
    exported = export(source, tmp_path / "mix.flac")
    assert encoder in exported.encoder
    assert soundfile.info(exported.path).subtype == "PCM_24"
    expected, _ = soundfile.read(source, dtype="int32", always_2d=True)
    read, rate = soundfile.read(exported.path, dtype="int32", always_2d=True)
    assert rate == 48_000
    assert (read == expected).all()


@pytest.mark.parametrize("suffix", ["mp3", "m4a"])
@pytest.mark.parametrize("channels", [1, 2])
def test_lossy_formats_keep_every_sound_in_its_place(
    tmp_path: Path, encoder: str, suffix: str, channels: int
) -> None:
    sound = bursts(2.0, [0.25, 1.0, 1.75], channels)
    exported = export(wav(tmp_path, sound), tmp_path / f"mix.{suffix}")
    assert encoder in exported.encoder
    heard = decoded(exported.path)
    assert heard.shape[0] == channels
    assert 0 <= heard.shape[1] - sound.samples < 2500
    assert [lag(heard[0], round(time * 48_000)) for time in (0.25, 1.0, 1.75)] == [0, 0, 0]


@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_tags_travel(tmp_path: Path, encoder: str, suffix: str) -> None:
    path = tmp_path / f"mix.{suffix}"
    export(wav(tmp_path, bursts(0.5, [0.1])), path, {"title": "rain on tin, дождь"})
    with av.open(str(path)) as container:
        assert encoder
        assert container.metadata["title"] == "rain on tin, дождь"


def test_the_folder_holds_nothing_but_the_export(tmp_path: Path, encoder: str) -> None:
    out = tmp_path / "out"
    out.mkdir()
    export(wav(tmp_path, bursts(0.5, [0.1])), out / "mix.flac")
    assert encoder
    assert [entry.name for entry in out.iterdir()] == ["mix.flac"]


def test_an_existing_file_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "mix.flac"
    path.write_bytes(b"mine")
    with pytest.raises(OutputExists):
        export(wav(tmp_path, bursts(0.5, [0.1])), path)
    assert path.read_bytes() == b"mine"


def test_sound_that_cannot_be_read_is_named(tmp_path: Path, encoder: str) -> None:
    source = tmp_path / "text.wav"
    source.write_text("no sound")
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(ExportError, match=r"text\.wav cannot be read"):
        export(source, out / "mix.mp3")
    assert encoder
    assert list(out.iterdir()) == []


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("suffix", sorted(FORMATS))
def test_a_disk_that_refuses_is_named_and_nothing_is_left(tmp_path: Path, encoder: str, suffix: str) -> None:
    noise = np.random.default_rng(5).uniform(-1, 1, (2, 48_000)).astype(np.float32)
    source = wav(tmp_path, Signal(noise))
    out = tmp_path / "out"
    out.mkdir()
    with largest_file(8192), pytest.raises(OutputError, match="too large for the disk"):
        export(source, out / f"mix.{suffix}")
    assert encoder
    assert list(out.iterdir()) == []
    # The WAV writer that pydub left open complains when it is collected: here, not in another test.
    gc.collect()


def test_an_ffmpeg_that_fails_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    if os.name == "nt":
        pytest.skip("a script cannot stand in for ffmpeg on Windows")
    command = tmp_path / "ffmpeg"
    command.write_text("#!/bin/sh\necho Unknown encoder: libmp3lame >&2\nexit 1\n")
    command.chmod(0o755)
    monkeypatch.setattr(exporting, "ffmpeg_command", lambda: str(command))
    with pytest.raises(ExportError, match="Unknown encoder: libmp3lame"):
        export(wav(tmp_path, bursts(0.2, [0.1])), tmp_path / "mix.mp3")
    assert not (tmp_path / "mix.mp3").exists()


@pytest.mark.parametrize(
    ("name", "suffix"), [("FLAC", "flac"), (".mp3", "mp3"), ("aac", "m4a"), ("m4a", "m4a"), ("wav", "wav")]
)
def test_formats_as_typed(name: str, suffix: str) -> None:
    assert check_format(name) == suffix


@pytest.mark.parametrize("name", ["", "aiff", "exe", "../flac"])
def test_other_formats_are_refused_by_name(name: str) -> None:
    with pytest.raises(UnknownFormat, match="choose wav, flac, mp3, m4a"):
        check_format(name)
