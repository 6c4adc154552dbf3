"""What is wrong with a file is said in one sentence; what can still be shown is shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from clipmaker import Rgb, make_clip, read_number
from foleyd.media.errors import MediaError, MediaMissing, MediaUnreadable, NoPicture
from foleyd.media.picture import program_frames
from foleyd.media.probe import probe
from foleyd.media.reader import PictureReader
from screen import on_screen, program, shot

RATE = Fraction(25)


def refused(path: Path, kind: type[MediaError], *words: str) -> None:
    """Both ways into the file refuse it with the same sentence, which names it."""
    messages = []
    for look in (lambda: probe(path), lambda: list(program_frames(program(RATE, shot(path, 0, 5))))):
        with pytest.raises(kind) as caught:
            look()
        assert caught.value.path == path
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    for word in (str(path), *words):
        assert word in messages[0]
    assert "\n" not in messages[0]


def test_nothing_there(tmp_path: Path) -> None:
    refused(tmp_path / "gone.mp4", MediaMissing, "not there")


def test_a_file_taken_for_a_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    refused(tmp_path / "file" / "clip.mp4", MediaMissing)


def test_a_folder(tmp_path: Path) -> None:
    refused(tmp_path, MediaUnreadable, "not a file")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    refused(tmp_path / "pipe.mp4", MediaUnreadable, "not a file")


def test_empty(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    refused(tmp_path / "empty.mp4", MediaUnreadable, "empty")


@pytest.mark.parametrize(
    "text",
    [
        "Dear diary,\n" * 200,
        "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile 'other.mp4'\n",
    ],
    ids=["prose", "playlist", "concat"],
)
@pytest.mark.parametrize("name", ["text.mp4", "text.txt", "text.m3u8"])
def test_text(tmp_path: Path, text: str, name: str) -> None:
    make_clip(tmp_path / "other.mp4", frames=2)
    (tmp_path / name).write_text(text)
    refused(tmp_path / name, MediaUnreadable, "not a video")


def test_noise(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, 100_000, dtype=np.uint8)
    (tmp_path / "noise.mp4").write_bytes(noise.tobytes())
    refused(tmp_path / "noise.mp4", MediaUnreadable)


def test_a_name_that_no_file_can_have() -> None:
    refused(Path("/" + "x" * 280), MediaUnreadable, "cannot be opened")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user who can be refused")
def test_not_allowed(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "locked.mp4", frames=2)
    path.chmod(0)
    refused(path, MediaUnreadable, "permission")


def sound_only(path: Path, cover: bool) -> Path:
    with av.open(str(path), "w") as container:
        sound = container.add_stream("flac", rate=48_000, layout="mono")
        picture = container.add_stream("png", rate=1) if cover else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 64, 64, "rgb24"
            picture.disposition = av.stream.Disposition.attached_pic
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
            container.mux(picture.encode(frame))
            container.mux(picture.encode())
        samples = av.AudioFrame.from_ndarray(np.zeros((1, 9600), np.int16), format="s16", layout="mono")
        samples.sample_rate = 48_000
        container.mux(sound.encode(samples))
        container.mux(sound.encode())
    return path


@pytest.mark.parametrize("cover", [False, True], ids=["bare", "with cover art"])
def test_sound_without_moving_picture(tmp_path: Path, cover: bool) -> None:
    refused(sound_only(tmp_path / "song.flac", cover), NoPicture, "only sound")


@pytest.mark.parametrize(
    ("name", "codec", "muxer"),
    [
        ("end.mp4", "libx264", {}),
        ("front.mp4", "libx264", {"movflags": "faststart"}),
        ("cut.webm", "libvpx", {}),
        ("cut.mkv", "libx264", {}),
        ("cut.avi", "mpeg4", {}),
    ],
)
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_cut_off(tmp_path: Path, name: str, codec: str, muxer: dict[str, str], part: float) -> None:
    path = make_clip(tmp_path / name, codec=codec, b_frames=0, frames=200, muxer=muxer)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    refused(path, MediaUnreadable, "copy it again")


def test_a_transport_stream_makes_no_promise_and_plays_to_its_end(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "cut.ts", frames=200, time_base=Fraction(1, 90_000), b_frames=0)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames = probe(path).frames
    assert frames is not None
    assert 50 < frames < 150


def spoil(path: Path, start: float, end: float) -> None:
    """Overwrites a stretch of PATH, given as parts of its length, with noise."""
    data = bytearray(path.read_bytes())
    first, last = int(len(data) * start), int(len(data) * end)
    data[first:last] = np.random.default_rng(5).integers(0, 256, last - first, dtype=np.uint8).tobytes()
    path.write_bytes(bytes(data))


@pytest.mark.parametrize("name", ["d.ts", "d.mp4", "d.mkv"])
def test_damage_in_the_middle_is_bridged_and_the_rest_keeps_its_time(tmp_path: Path, name: str) -> None:
    base = Fraction(1, 90_000) if name == "d.ts" else None
    path = make_clip(tmp_path / name, frames=200, gop=20, time_base=base, b_frames=0)
    spoil(path, 0.45, 0.5)
    seen: dict[int, int] = {}
    for frame in program_frames(program(RATE, shot(path, 0, 200))):
        try:
            seen[int(frame.time * RATE)] = read_number(frame.rgb)
        except ValueError:
            continue
    right = [record for record, number in seen.items() if record == number]
    assert set(range(60)) <= set(right)
    assert set(range(160, 200)) <= set(right)


def test_a_frame_hurt_on_its_way_is_not_shown(tmp_path: Path) -> None:
    path = make_clip(
        tmp_path / "lost.ts", frames=60, draw=busy, gop=20, b_frames=0, time_base=Fraction(1, 90_000)
    )
    packets = path.read_bytes()
    middle = len(packets) // 188 // 2 * 188
    path.write_bytes(packets[:middle] + packets[middle + 2 * 188 :])
    times = [int(frame.time * RATE) for frame in program_frames(program(RATE, shot(path, 0, 60)))]
    missing = sorted(set(range(60)) - set(times))
    assert len(missing) in (1, 2)
    assert 20 <= missing[0] < 40


def test_a_damaged_opening_holds_the_first_good_frame(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "o.mp4", frames=60, gop=20, b_frames=0)
    with_index = path.read_bytes()
    start = with_index.find(b"mdat") + 4
    path.write_bytes(with_index[:start] + bytes(400) + with_index[start + 400 :])
    shown = on_screen(program(RATE, shot(path, 0, 60)))
    assert shown[20:] == list(range(20, 60))
    assert set(shown[:20]) == {20}
    reader = PictureReader(path)
    for frame in range(20):
        reader.at(frame / RATE)
    assert reader.frames_decoded < 10
    reader.close()


def test_a_picture_without_one_good_frame(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "bad.mp4", frames=30, b_frames=0)
    data = path.read_bytes()
    start, end = data.find(b"mdat") + 4, data.find(b"moov") - 4
    path.write_bytes(data[:start] + bytes(end - start) + data[end:])
    refused(path, MediaUnreadable, "no frame")


def busy(number: int) -> Rgb:
    return np.random.default_rng(number).integers(0, 256, (64, 192, 3), dtype=np.uint8)


def long_clip(path: Path) -> Path:
    return make_clip(path, frames=400, draw=busy, gop=25, b_frames=0, muxer={"movflags": "faststart"})


def test_a_file_cut_off_while_it_is_read_is_named_with_the_time(tmp_path: Path) -> None:
    path = long_clip(tmp_path / "shrinking.mp4")
    frames = program_frames(program(RATE, shot(path, 0, 400)))
    for _ in range(20):
        next(frames)
    os.truncate(path, path.stat().st_size // 2)
    with pytest.raises(MediaUnreadable, match=r"shrinking\.mp4 could not be read beyond \d+\.\d\d s"):
        list(frames)


def test_a_file_that_vanishes_between_two_shots_is_missing(tmp_path: Path) -> None:
    path, other = long_clip(tmp_path / "going.mp4"), make_clip(tmp_path / "other.mp4")
    frames = program_frames(program(RATE, shot(other, 0, 2), shot(path, 2, 4)))
    next(frames)
    path.unlink()
    with pytest.raises(MediaMissing, match="going"):
        list(frames)


def opened(path: Path) -> int:
    """How many descriptors of this process are PATH."""
    links = Path("/proc/self/fd")
    return sum(1 for link in links.iterdir() if link.is_symlink() and link.resolve() == path.resolve())


needs_proc = pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="counts descriptors in /proc")


@needs_proc
def test_closing_the_iterator_closes_the_files(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "c.mp4")
    frames = program_frames(program(RATE, shot(path, 0, 50)))
    assert opened(path) == 0
    next(frames)
    assert opened(path) == 1
    frames.close()  # type: ignore[attr-defined]
    assert opened(path) == 0


@needs_proc
@pytest.mark.parametrize(
    "look", [probe, PictureReader, lambda path: list(on_screen(program(RATE, shot(path, 0, 5))))]
)
def test_a_refused_file_is_left_closed(tmp_path: Path, look: Callable[[Path], object]) -> None:
    path = sound_only(tmp_path / "song.flac", cover=True)
    with pytest.raises(NoPicture):
        look(path)
    assert opened(path) == 0


def test_a_file_that_vanishes_as_it_is_opened_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = make_clip(tmp_path / "going.mp4", frames=2)
    open_for_real = av.open

    def vanish_first(*words: Any, **options: Any) -> Any:
        path.unlink()
        return open_for_real(*words, **options)

    monkeypatch.setattr(av, "open", vanish_first)
    with pytest.raises(MediaMissing, match=r"going\.mp4 is not there"):
        probe(path)
