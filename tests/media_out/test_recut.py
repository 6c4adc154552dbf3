"""A take cut anew from its file: the samples as they were, on the samples where they belong."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import given, settings
from hypothesis import strategies as st

from edits import RATES
from foleyd.cue import FrameRange, Program, file_cut
from foleyd.media.bwf import pcm24
from foleyd.media.errors import MediaMissing, MediaUnreadable
from foleyd.media.recut import FileSound, take_shape
from foleyd.media.sound import Conformed
from foleyd.refreshed import TakeFile, cut_from, zero_sample
from foleyd.timebase import Timecode


def written(path: Path, samples: np.ndarray, rate: int = 48_000) -> Path:
    soundfile.write(path, samples, rate, subtype="PCM_24")
    return path


def whole_numbers(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="int32", always_2d=True)[0] >> 8


@pytest.mark.parametrize("channels", [1, 2])
def test_samples_come_through_to_the_bit(tmp_path: Path, channels: int) -> None:
    draw = np.random.default_rng(1)
    values = draw.integers(-(2**23), 2**23, (100_000, channels))
    values[:4] = [[-(2**23)] * channels, [2**23 - 1] * channels, [1] * channels, [-1] * channels]
    path = written(tmp_path / "take.wav", (values << 8).astype(np.int32))
    assert (whole_numbers(path) == values).all()
    program = Program(Timecode(100, Fraction(25)), (), 1000)
    cut = file_cut(program.start, FrameRange(10, 40), 0)
    blocks = Conformed(FileSound(path, 7, cut.samples), cut, fades=(0, 0))
    packed = b"".join(pcm24(block) for block in blocks)
    raw = np.frombuffer(packed, np.uint8).reshape(-1, 3).astype(np.int32)
    found = ((raw[:, 2] << 24 | raw[:, 1] << 16 | raw[:, 0] << 8) >> 8).reshape(-1, channels)
    assert (found == values[7 : 7 + cut.samples]).all()


def test_there_is_silence_beyond_the_file(tmp_path: Path) -> None:
    path = written(tmp_path / "take.wav", np.full(100, 0.5))
    block = FileSound(path, -3, 120).read(0, 120)
    assert block[0].tolist() == [0.0] * 3 + [0.5] * 100 + [0.0] * 17
    assert FileSound(path, 0, 50).read(20, 30).tolist() == [[0.5] * 10]


def test_what_is_no_take_is_said_to_be_none(tmp_path: Path) -> None:
    with pytest.raises(MediaMissing, match="does not exist"):
        take_shape(tmp_path / "gone.wav")
    (tmp_path / "text.wav").write_text("no sound")
    with pytest.raises(MediaUnreadable, match="no sound file"):
        take_shape(tmp_path / "text.wav")
    with pytest.raises(MediaUnreadable, match="44100"):
        take_shape(written(tmp_path / "cd.wav", np.zeros(10), 44_100))


@given(
    rate=st.sampled_from(sorted(RATES)),
    start=st.integers(0, 10_000_000),
    first=st.integers(0, 100_000),
    length=st.integers(1, 500),
    handles=st.integers(0, 40),
    to=st.integers(0, 100_000),
    trims=st.tuples(st.integers(-40, 40), st.integers(-40, 40)),
)
@settings(max_examples=300, deadline=None)
def test_every_cut_lies_in_its_file_and_on_its_samples(
    rate: str, start: int, first: int, length: int, handles: int, to: int, trims: tuple[int, int]
) -> None:
    """A take moves from FIRST to TO, its shot trimmed by so many frames at either end."""
    fps, drop = RATES[rate]
    program = Program(Timecode(start, fps, drop), (), 200_000)
    old = file_cut(program.start, FrameRange(first, first + length), handles)
    file = TakeFile(Path("/take.wav"), old.source_in, old.samples)
    record = FrameRange(max(0, to + trims[0]), max(1, to + length + trims[1], to + trims[0] + 1))
    before, after = record.start - to, record.end - to - length
    if -before > first - old.first_frame or after > max(handles, 0):
        return  # such a cut is made anew
    zero = to / fps
    cut = cut_from(program, record, zero, file, handles)
    begins = zero_sample(program, zero) - file.lead
    one_frame = program.sample(record.end + 1) - program.sample(record.end)
    assert cut.time_reference == program.sample(cut.first_frame)
    assert cut.time_reference >= begins - 1
    assert cut.time_reference + cut.samples <= begins + file.samples + one_frame + 1
    assert cut.first_frame <= record.start
    assert cut.first_frame >= max(record.start - handles, -start)
    assert record.end < cut.first_frame + cut.frames <= record.end + max(handles, 1)
    assert cut.time_reference + cut.source_in == program.sample(record.start)
    assert cut.cue_samples == program.sample(record.end) - program.sample(record.start)
    if trims == (0, 0) and to == first:
        assert cut == old
