"""Streams that appear on the way, as when a recorder's programme changes."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import numpy as np
import pytest
from av.container import InputContainer
from av.video.stream import VideoStream

from clipmaker import make_clip
from foleyd.cue import FrameRange, Media, Program, Shot
from foleyd.media.container import open_media, packets
from foleyd.media.picture import program_frames
from foleyd.media.probe import probe
from foleyd.timebase import Timecode

SIZE = (320, 240)


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A transport stream with sound for a while in its middle, beyond what is read when a file is opened."""
    folder = tmp_path_factory.mktemp("late")
    noise = np.random.default_rng(1).integers(0, 255, (SIZE[1], SIZE[0], 3), np.uint8)
    silent = make_clip(
        folder / "silent.ts",
        frames=100,
        size=SIZE,
        draw=lambda number: np.roll(noise, number * 7, axis=1),
        gop=1,
        b_frames=0,
        options={"qp": "2", "preset": "ultrafast"},
    )
    sounding = make_clip(folder / "sounding.ts", frames=30, sound="last", size=SIZE)
    path = folder / "late.ts"
    path.write_bytes(silent.read_bytes() + sounding.read_bytes() + silent.read_bytes()[-6000 * 188 :])
    return path


def test_the_sound_is_not_known_when_the_file_is_opened(late: Path) -> None:
    """Else the tests below would prove nothing."""
    with av.open(str(late)) as container:
        assert len(container.streams) == 1
    thorough = {"probesize": "50000000", "analyzeduration": "60000000", "scan_all_pmts": "1"}
    with av.open(str(late), options=thorough) as container:
        assert {stream.type for stream in container.streams} == {"video", "audio"}


class Stumbling:
    """PyAV where the memory that it never set asks for a late stream."""

    def __init__(self, offered: list[str]) -> None:
        self.offered = offered

    def demux(self, stream: object) -> Iterator[str]:
        yield from self.offered
        raise IndexError("list index out of range")


def test_each_packet_comes_once_when_pyav_stumbles() -> None:
    offered = ["first", "second", "empty"]
    container = cast(InputContainer, Stumbling(offered))
    assert list(packets(container, cast(VideoStream, None))) == offered


def test_such_a_file_is_probed_and_played(late: Path) -> None:
    info = probe(late)
    assert (info.rate, info.width, info.height) == (Fraction(25), *SIZE)
    shot = Shot("1", "late", Media(late), Fraction(0), FrameRange(0, 140))
    frames = list(program_frames(Program(Timecode(0, Fraction(25)), (shot,), 140)))
    assert len(frames) >= 100


def test_the_streams_known_at_first_are_what_is_offered(late: Path) -> None:
    with open_media(late) as container:
        assert [stream.type for stream in container.streams] == ["video"]
