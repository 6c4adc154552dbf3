"""Probing tells what an editor's own player would: from pictures and packets, not from headers alone."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest

from clipmaker import make_clip, remux
from foleyd.media.probe import MediaInfo, probe
from foleyd.timebase import parse_timecode

CLIPS = Path(__file__).parent.parent / "data" / "clips"
DEMO = Path(__file__).parents[2] / "demo"
NTSC = Fraction(30_000, 1001)


def counted(path: Path) -> int:
    """Frames that decode, by PyAV alone."""
    with av.open(str(path)) as container:
        return sum(1 for _ in container.decode(video=0))


@dataclass(frozen=True)
class Known:
    """What the published description of a clip says."""

    name: str
    rate: Fraction
    frames: int
    size: tuple[int, int]
    sound: list[tuple[int, int]]
    kinds: list[str]


@pytest.mark.parametrize(
    "clip",
    [
        Known("stream-of-water.mp4", NTSC, 90, (480, 360), [(44_100, 1)], ["video", "audio"]),
        Known("film-dialogue-1940.mp4", Fraction(30), 185, (640, 480), [(44_100, 2)], ["audio", "video"]),
        Known("bottles.mp4", Fraction(179, 6), 1189, (640, 360), [], ["video"]),
    ],
    ids=lambda clip: clip.name,
)
def test_real_clips(clip: Known) -> None:
    path = next(folder / clip.name for folder in (CLIPS, DEMO) if (folder / clip.name).exists())
    info = probe(path)
    assert (info.rate, info.frames, info.duration) == (clip.rate, clip.frames, clip.frames / clip.rate)
    assert counted(path) == clip.frames
    assert (info.width, info.height) == clip.size
    assert [stream.kind for stream in info.streams] == clip.kinds
    assert [(s.sample_rate, s.channels) for s in info.streams if s.kind == "audio"] == clip.sound
    assert info.has_sound is bool(clip.sound)
    assert (info.codec, info.variable, info.hdr, info.rotation) == ("h264", False, False, 0)
    assert info.timecode is None


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.mp4", {}),
        ("a.webm", {"codec": "libvpx", "b_frames": 0, "sound": "first"}),
        ("live.webm", {"codec": "libvpx", "b_frames": 0, "muxer": {"live": "1"}}),
        ("a.mkv", {"sound": "last"}),
        ("a.ts", {"time_base": Fraction(1, 90_000)}),
        ("a.avi", {"codec": "mpeg4"}),
        ("fragments.mp4", {"muxer": {"movflags": "frag_keyframe+empty_moov"}}),
        ("a.mov", {"codec": "prores_ks", "pixel_format": "yuv422p10le", "b_frames": 0, "sound": "first"}),
        ("a.mxf", {"codec": "mpeg2video"}),
        ("a.flv", {"codec": "flv", "b_frames": 0}),
    ],
)
@pytest.mark.parametrize("rate", [NTSC, Fraction(25)], ids=str)
def test_length_and_rate_are_exact_in_every_container(
    tmp_path: Path, rate: Fraction, name: str, options: dict[str, Any]
) -> None:
    info = probe(make_clip(tmp_path / name, rate=rate, frames=61, **options))
    assert (info.rate, info.frames, info.duration, info.variable) == (rate, 61, 61 / rate, False)


def test_a_stream_that_starts_late_has_its_own_zero(tmp_path: Path) -> None:
    stamps = [576_000 + 3600 * n for n in range(30)]
    info = probe(make_clip(tmp_path / "late.ts", stamps=stamps, time_base=Fraction(1, 90_000)))
    assert (info.start, info.frames, info.duration) == (Fraction(32, 5), 30, Fraction(30, 25))


def test_sound_says_where_it_starts_against_the_picture(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "s.ts", sound="last", time_base=Fraction(1, 90_000)))
    sound = next(stream for stream in info.streams if stream.kind == "audio")
    assert (sound.codec, sound.sample_rate, sound.channels) == ("aac", 48_000, 2)
    assert sound.start is not None
    with av.open(str(info.path)) as container:
        heard, seen = (container.streams[kind].start_time for kind in (1, 0))
    assert heard is not None
    assert seen is not None
    assert sound.start == Fraction(heard - seen, 90_000)


def test_an_odd_last_frame_does_not_bend_the_rate(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "whole.mp4", rate=Fraction(30), frames=40, b_frames=0)
    with av.open(str(whole)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        stream = container.streams.video[0]
        with av.open(str(tmp_path / "odd.mp4"), "w") as writer:
            copy = writer.add_stream_from_template(stream)
            packets[-1].duration = (packets[-1].duration or 0) // 3
            for packet in packets:
                packet.stream = copy
                writer.mux(packet)
    info = probe(tmp_path / "odd.mp4")
    assert (info.rate, info.frames, info.duration) == (Fraction(30), 40, Fraction(40, 30))


def variable(path: Path, stamps: list[int]) -> MediaInfo:
    return probe(make_clip(path, stamps=stamps, time_base=Fraction(1, 1000), b_frames=0))


def shown_until(path: Path) -> Fraction:
    """Seconds from the first frame to the end of the last, by PyAV alone."""
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.pts is not None]
        ends = [(packet.pts or 0) + (packet.duration or 0) for packet in packets]
        return (max(ends) - (packets[0].pts or 0)) * packets[0].time_base


@pytest.mark.parametrize(("name", "listed"), [("v.mp4", True), ("v.mkv", False)])
def test_variable_rate_is_noticed_and_named_by_its_nominal_rate(
    tmp_path: Path, name: str, listed: bool
) -> None:
    stamps = [40 * (n + n // 3 + n // 7) for n in range(60)]
    info = variable(tmp_path / name, stamps)
    assert (info.variable, info.rate, info.frames) == (True, Fraction(25), 60 if listed else None)
    assert info.duration == shown_until(tmp_path / name)


def test_variable_rate_without_a_usable_header_is_named_by_the_usual_frame(tmp_path: Path) -> None:
    stamps = [20 * n + (7 if n % 3 == 1 else 0) for n in range(100) if n % 7 not in {3, 4}]
    clip = make_clip(
        tmp_path / "phone.mp4", rate=Fraction(30), stamps=stamps, time_base=Fraction(1, 600), b_frames=0
    )
    info = probe(clip)
    assert (info.variable, info.rate, info.frames) == (True, Fraction(30), len(stamps))


def test_frames_of_no_length_do_not_decide_the_rate(tmp_path: Path) -> None:
    """Three frames at each stamp, as a container with a coarse clock leaves them."""
    stamps = [n // 3 * 1200 + n % 3 for n in range(60)]
    clip = make_clip(
        tmp_path / "odd.mkv", rate=Fraction(7), stamps=stamps, time_base=Fraction(1, 30_000), b_frames=0
    )
    info = probe(clip)
    assert (info.variable, info.rate) == (True, Fraction(25))


def test_jitter_of_a_tick_is_not_variable(tmp_path: Path) -> None:
    info = variable(tmp_path / "j.mkv", [round(n * 1001 / 24 + (n % 3 - 1) * 0.4) for n in range(1, 50)])
    assert (info.variable, info.rate) == (False, Fraction(24_000, 1001))


def test_frames_dropped_late_in_an_mp4_are_noticed(tmp_path: Path) -> None:
    info = variable(tmp_path / "d.mp4", [n * 40 for n in range(300) if not 200 < n < 240])
    assert (info.variable, info.rate, info.frames) == (True, Fraction(25), 261)


@pytest.mark.parametrize(
    ("rate", "label"),
    [
        (NTSC, "01:00:00;02"),
        (NTSC, "01:00:00:00"),
        (Fraction(24), "10:00:00:23"),
        (Fraction(25), "23:59:59:24"),
    ],
)
@pytest.mark.parametrize("name", ["t.mov", "t.mp4"])
def test_embedded_timecode(tmp_path: Path, rate: Fraction, label: str, name: str) -> None:
    info = probe(make_clip(tmp_path / name, rate=rate, timecode=label))
    assert info.timecode == parse_timecode(label, rate)
    assert str(info.timecode) == label
    assert "data" in [stream.kind for stream in info.streams]


def test_timecode_of_mxf(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "t.mxf", codec="mpeg2video", timecode="10:00:00:00"))
    assert str(info.timecode) == "10:00:00:00"


def test_edit_lists_shorten_what_is_displayed(tmp_path: Path) -> None:
    trimmed = remux(make_clip(tmp_path / "w.mp4"), tmp_path / "t.mp4", shift=-20 * 512)
    assert (probe(trimmed).frames, counted(trimmed)) == (30, 30)


def test_pixels_that_are_not_square_are_told(tmp_path: Path) -> None:
    info = probe(make_clip(tmp_path / "dv.mp4", options={"aspect": "16:15"}, size=(192, 96)))
    assert (info.width, info.height, info.sample_aspect) == (192, 96, Fraction(16, 15))
