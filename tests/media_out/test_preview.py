"""The preview: the same pictures at the same times, and the sound on them to the sample."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
import pytest

from clipmaker import make_clip, numbered, read_number, remux
from foleyd.cue import FrameRange, Media, Program, Shot
from foleyd.engines.engine import Frame
from foleyd.files import OutputError, OutputExists
from foleyd.media.errors import ExportError, MediaMissing, SoundError
from foleyd.media.preview import Preview, small_size, whole_file, write_preview
from foleyd.timebase import Timecode
from media_out.signals import Samples, Signal, bursts, lag, largest_file

R25 = Fraction(25)
NTSC = Fraction(30000, 1001)
TIMES = [0.25, 1.0, 1.7]


def shown(path: Path) -> list[tuple[Fraction, int]]:
    """Time and number of every frame a player shows."""
    frames = []
    with av.open(str(path)) as container:
        for frame in container.decode(video=0):
            assert frame.pts is not None
            assert frame.time_base is not None
            frames.append(
                (
                    frame.pts * frame.time_base,
                    read_number(np.asarray(frame.to_ndarray(format="rgb24"), np.uint8)),
                )
            )
    return frames


def heard(path: Path) -> npt.NDArray[np.floating]:
    """The first channel, from time 0."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
    first = frames[0]
    assert first.pts is not None
    assert first.time_base is not None
    late = round(first.pts * first.time_base * 48_000)
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    return np.concatenate([np.zeros(max(0, late)), samples[max(0, -late) :]])


def lags(path: Path) -> list[int]:
    sound = heard(path)
    return [lag(sound, round(time * 48_000)) for time in TIMES]


def nothing() -> Iterator[Frame]:
    pytest.fail("the picture was to be copied")


def copied(tmp_path: Path, clip: Path, channels: int = 2) -> Preview:
    return write_preview(
        tmp_path / "preview", bursts(2.0, TIMES, channels), nothing, rate=R25, duration=50, copy_from=clip
    )


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(
    ("clip_of", "suffix"),
    [
        (("clip.mp4", "libx264", "yuv420p"), ".mp4"),
        (("clip.mov", "libx264", "yuv420p"), ".mp4"),
        (("clip.mkv", "libx264", "yuv420p"), ".mp4"),
        (("clip.ts", "libx264", "yuv420p"), ".mp4"),
        (("clip.avi", "mpeg4", "yuv420p"), ".mp4"),
        (("clip.mov", "prores_ks", "yuv422p10le"), ".mov"),
        (("clip.webm", "libvpx", "yuv420p"), ".webm"),
        (("clip.mkv", "ffv1", "yuv420p"), ".mkv"),
    ],
)
def test_a_whole_file_is_copied_with_the_sound_on_it_to_the_sample(
    tmp_path: Path, clip_of: tuple[str, str, str], suffix: str, channels: int
) -> None:
    name, codec, pixels = clip_of
    clip = make_clip(
        tmp_path / name, codec=codec, pixel_format=pixels, b_frames=2 if codec == "libx264" else 0
    )
    preview = copied(tmp_path, clip, channels)
    original, result = shown(clip), shown(preview.path)
    assert preview.copied
    assert "copied" in preview.note
    assert preview.path == tmp_path / f"preview{suffix}"
    assert [number for _, number in result] == [number for _, number in original]
    assert [time for time, _ in result] == pytest.approx([time - original[0][0] for time, _ in original])
    assert lags(preview.path) == [0, 0, 0]


def test_the_packets_are_the_same_bytes(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", sound="first")

    def packets(path: Path) -> list[bytes]:
        with av.open(str(path)) as container:
            return [bytes(packet) for packet in container.demux(video=0) if packet.size]

    assert packets(copied(tmp_path, clip).path) == packets(clip)


def test_an_edit_list_is_kept(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mp4", b_frames=2)
    with av.open(str(whole)) as container:
        base = container.streams.video[0].time_base
    assert base is not None
    clip = remux(whole, tmp_path / "edited.mp4", shift=-round(Fraction(7, 25) / base))
    preview = copied(tmp_path, clip)
    assert preview.copied
    assert [number for _, number in shown(preview.path)] == list(range(7, 50))
    assert shown(preview.path)[0][0] == 0
    assert lags(preview.path) == [0, 0, 0]


@pytest.mark.parametrize("rotation", [90, 180, 270])
def test_rotation_is_kept(tmp_path: Path, rotation: int) -> None:
    clip = make_clip(tmp_path / "clip.mp4", rotation=rotation)
    preview = copied(tmp_path, clip)

    def turned(path: Path) -> int:
        with av.open(str(path)) as container:
            return next(container.decode(video=0)).rotation

    assert turned(preview.path) == turned(clip) != 0


def test_picture_that_cannot_be_copied_is_encoded_and_the_note_says_why(tmp_path: Path) -> None:
    gif = make_clip(tmp_path / "clip.gif", codec="gif", pixel_format="rgb8", b_frames=0)
    preview = write_preview(
        tmp_path / "preview", bursts(2.0, TIMES), lambda: stream(50), rate=R25, duration=50, copy_from=gif
    )
    assert not preview.copied
    assert preview.note.endswith("because matroska does not take gif")
    assert [number for _, number in shown(preview.path)] == list(range(50))


def stream(
    frames: int, rate: Fraction = R25, step: int = 1, size: tuple[int, int] = (192, 64)
) -> Iterator[Frame]:
    for number in range(0, frames, step):
        yield Frame(number / rate, numbered(number, size))


@pytest.mark.parametrize("rate", [R25, NTSC, Fraction(24000, 1001), Fraction(60), Fraction(179, 6)])
def test_encoded_pictures_and_sound_are_at_their_times(tmp_path: Path, rate: Fraction) -> None:
    frames = int(2 * rate)
    preview = write_preview(
        tmp_path / "preview", bursts(2.0, TIMES), lambda: stream(frames, rate), rate=rate, duration=frames
    )
    result = shown(preview.path)
    assert not preview.copied
    assert "encoded anew" in preview.note
    assert [number for _, number in result] == list(range(frames))
    # MP4 keeps times in whole ticks of its own clock.
    assert [float(time) for time, _ in result] == pytest.approx(
        [k / float(rate) for k in range(frames)], abs=1e-4
    )
    assert lags(preview.path) == [0, 0, 0]


def test_a_picture_is_held_until_the_next_and_to_the_end(tmp_path: Path) -> None:
    preview = write_preview(
        tmp_path / "preview", bursts(2.0, TIMES), lambda: stream(30, step=10), rate=R25, duration=50
    )
    assert [number for _, number in shown(preview.path)] == [0] * 10 + [10] * 10 + [20] * 30


def test_pictures_after_the_end_are_left_out(tmp_path: Path) -> None:
    preview = write_preview(
        tmp_path / "preview", bursts(2.0, TIMES), lambda: stream(60), rate=R25, duration=20
    )
    assert [number for _, number in shown(preview.path)] == list(range(20))


def test_shots_of_another_shape_are_framed_in_black(tmp_path: Path) -> None:
    def mixed() -> Iterator[Frame]:
        yield Frame(Fraction(0), np.full((64, 192, 3), 200, np.uint8))
        yield Frame(Fraction(10, 25), np.full((128, 128, 3), 200, np.uint8))

    preview = write_preview(tmp_path / "p", bursts(2.0, TIMES), mixed, rate=R25, duration=20)
    with av.open(str(preview.path)) as container:
        last = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)][-1]
    assert last.shape == (64, 192, 3)
    assert last[32, 96].mean() == pytest.approx(200, abs=8)
    assert last[32, 20].mean() < 10


def test_colours_come_back(tmp_path: Path) -> None:
    colours = [(200, 40, 40), (40, 200, 40), (40, 40, 200), (235, 235, 235), (16, 16, 16)]

    def flat() -> Iterator[Frame]:
        for index, colour in enumerate(colours):
            yield Frame(Fraction(index, 25), np.full((64, 64, 3), colour, np.uint8))

    preview = write_preview(tmp_path / "p", bursts(2.0, TIMES), flat, rate=R25, duration=5)
    with av.open(str(preview.path)) as container:
        for frame, colour in zip(container.decode(video=0), colours, strict=True):
            rgb = frame.reformat(format="rgb24", src_colorspace=frame.colorspace).to_ndarray()
            assert rgb[32, 32] == pytest.approx(colour, abs=6)


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((1920, 1080), (960, 540)),
        ((3840, 2160), (960, 540)),
        ((1080, 1920), (540, 960)),
        ((640, 360), (640, 360)),
        ((853, 480), (854, 480)),
        ((1, 1), (2, 2)),
        ((2000, 3), (960, 2)),
    ],
)
def test_sizes_are_small_and_even(size: tuple[int, int], small: tuple[int, int]) -> None:
    assert small_size(*size) == small


def test_large_pictures_are_made_small(tmp_path: Path) -> None:
    preview = write_preview(
        tmp_path / "p", bursts(2.0, TIMES), lambda: stream(3, size=(1921, 641)), rate=R25, duration=3
    )
    with av.open(str(preview.path)) as container:
        stream_found = container.streams.video[0]
        assert (stream_found.width, stream_found.height) == (960, 320)
    assert [number for _, number in shown(preview.path)] == [0, 1, 2]


def test_no_picture_is_said(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match="no picture"):
        write_preview(tmp_path / "p", bursts(2.0, TIMES), lambda: [], rate=R25, duration=10)
    assert list(tmp_path.iterdir()) == []


def test_a_vanished_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaMissing, match=r"gone\.mp4"):
        copied(tmp_path, tmp_path / "gone.mp4")


def test_an_existing_preview_is_left_alone(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4")
    (tmp_path / "preview.mp4").write_bytes(b"mine")
    with pytest.raises(OutputExists):
        copied(tmp_path, clip)
    assert (tmp_path / "preview.mp4").read_bytes() == b"mine"


class Failing(Signal):
    """Sound that fails in the middle."""

    def __iter__(self) -> Iterator[Samples]:
        yield self.array[:, :1000]
        raise SoundError("the engine's sound holds values that are no numbers")


@pytest.mark.parametrize("copy", [True, False])
def test_sound_that_fails_in_the_middle_leaves_nothing(tmp_path: Path, copy: bool) -> None:
    out = tmp_path / "out"
    out.mkdir()
    clip = make_clip(tmp_path / "clip.mp4")
    with pytest.raises(SoundError):
        write_preview(
            out / "preview",
            Failing(np.zeros((2, 96_000), np.float32)),
            lambda: stream(50),
            rate=R25,
            duration=50,
            copy_from=clip if copy else None,
        )
    assert list(out.iterdir()) == []


@pytest.mark.parametrize("copy", [True, False])
def test_a_disk_that_refuses_is_named_and_nothing_is_left(tmp_path: Path, copy: bool) -> None:
    out = tmp_path / "out"
    out.mkdir()
    clip = make_clip(tmp_path / "clip.mp4")
    with largest_file(4096), pytest.raises(OutputError, match="too large for the disk"):
        write_preview(
            out / "preview",
            bursts(2.0, TIMES),
            lambda: stream(50),
            rate=R25,
            duration=50,
            copy_from=clip if copy else None,
        )
    assert list(out.iterdir()) == []


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="does not exist"):
        write_preview(tmp_path / "no" / "p", bursts(2.0, TIMES), lambda: stream(5), rate=R25, duration=5)


def program(**changes: object) -> Program:
    fields = {"source_start": Fraction(0), "record": FrameRange(0, 50), "speed": Fraction(1)} | changes
    shot = Shot("1", "clip", Media(Path("/m/clip.mp4")), **fields)  # type: ignore[arg-type]
    return Program(Timecode(90_000, R25), (shot,), 50)


def test_a_program_of_one_whole_file_is_found() -> None:
    assert whole_file(program(), Fraction(2)) == Path("/m/clip.mp4")
    assert whole_file(program(), Fraction(2) + Fraction(39, 1000)) == Path("/m/clip.mp4")


@pytest.mark.parametrize(
    "changes",
    [
        {"source_start": Fraction(1)},
        {"speed": Fraction(-1)},
        {"speed": Fraction(2)},
        {"record": FrameRange(1, 50)},
        {"record": FrameRange(0, 49)},
    ],
)
def test_anything_else_is_not_a_whole_file(changes: dict[str, object]) -> None:
    assert whole_file(program(**changes), Fraction(2)) is None
    assert whole_file(program(), Fraction(3)) is None
