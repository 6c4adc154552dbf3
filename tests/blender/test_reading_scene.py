"""Selection, markers, stills, missing files, and rendering beside a saved .blend."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from google.protobuf import json_format

from foleyd.config import Settings
from foleyd.media.picture import program_frames
from foleyd.server.requests import read_program
from foleyd.v1 import foleyd_pb2 as pb

RED = (200, 30, 20)


def write_media(folder: Path) -> None:
    """A.mp4: 120 grey frames at 24; S.png and S.jpg: red, of the same shape."""
    for name, codec, pixels, frames, colour in (
        ("A.mp4", "libx264", "yuv420p", 120, (128, 128, 128)),
        ("S.png", "png", "rgb24", 1, RED),
        ("S.jpg", "mjpeg", "yuvj420p", 1, RED),
    ):
        kind = "image2" if frames == 1 else None
        with av.open(str(folder / name), "w", format=kind) as out:
            stream = out.add_stream(codec, rate=24)
            stream.width, stream.height, stream.pix_fmt = 320, 64, pixels
            picture = np.broadcast_to(np.array(colour, np.uint8), (64, 320, 3)).copy()
            for _ in range(frames):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(picture)))
            out.mux(stream.encode())


def shown(program: dict[str, Any]) -> list[tuple[float, bool]]:
    """When the picture changes, and whether it is red then."""
    read = read_program(json_format.ParseDict(program, pb.Program()), Settings()).program
    return [
        (float(frame.time * read.rate), bool(abs(frame.rgb[32, 160].astype(int) - RED).max() < 30))
        for frame in program_frames(read)
    ]


def test_what_is_read_of_a_scene(blender: Any, tmp_path: Path) -> None:
    folder = tmp_path / "media"
    folder.mkdir()
    write_media(folder)
    answer = blender("reading_scene", folder)
    check_ranges(answer["ranges"], answer["markers"])
    check_stills(answer["stills"])
    check_missing(answer["missing"], folder)
    check_saved(answer["saved"])


def check_ranges(ranges: dict[str, Any], markers: list[Any]) -> None:
    assert ranges["selected"] == [[1, 121], [50, 170]]
    assert ranges["one"] == [[1, 121]]
    assert ranges["preview"] is None
    assert ranges["preview set"] == [10, 20]
    assert markers[0] == [[10, 40, "steps"], [30, 40, "door"], [60, 101, "rain"]]
    assert markers[1] == [[10, 30, "steps"], [30, 35, "door"]]


def check_stills(stills: dict[str, Any]) -> None:
    program, reasons = stills["jpeg"]
    assert reasons == []
    changes = shown(program)
    assert [time for time, red in changes if red] == [20.0]
    assert (40.0, False) in changes
    assert stills["png over"] == ["is an image that may be transparent"]
    program, reasons = stills["png alone"]
    assert reasons == []
    assert [time for time, red in shown(program) if red] == [20.0]
    assert stills["sequence"] == ["is an image sequence"]
    assert stills["scene"] == ["is a scene"]
    program, unclear = stills["nothing"]
    assert (program["shots"], unclear, program["duration_frames"]) == ([], 0, 133)
    assert shown(program) == [(0.0, False)]


def check_missing(missing: dict[str, Any], folder: Path) -> None:
    clip, going = missing["program"]["shots"]
    assert missing["unclear"] == 0
    assert (clip["record_start_frame"], clip["duration_frames"]) == (1, 49)
    assert going["media"]["path"] == str(folder / "gone.mp4")
    assert (going["record_start_frame"], going["duration_frames"]) == (50, 120)
    assert "“going” is mirrored" in missing["problem"]
    assert str(folder / "gone.mp4") in missing["problem"]
    assert not missing["folder"]


def check_saved(saved: dict[str, Any]) -> None:
    assert sorted(saved["cancelled"]) == ["A.mp4", "edit.blend", "edit.blend1"]
    assert saved["path"] == saved["path after"] == "//A.mp4"
    assert saved["file"]
    assert saved["untouched"]
    movie = "edit.foley/rendered/Text 30-60.mp4"
    assert [name for name in saved["files"] if name not in ("A.mp4", "edit.blend", "edit.blend1")] == [
        "edit.foley",
        "edit.foley/rendered",
        movie,
    ]
    assert saved["left"] == 0
    (rendered,) = saved["rendered"]
    with av.open(rendered) as file:
        stream = file.streams.video[0]
        frames = [frame.to_ndarray(format="rgb24") for frame in file.decode(stream)]
        assert (stream.average_rate, len(frames), stream.codec.name) == (24, 30, "h264")
        assert not file.streams.audio
    assert abs(float(frames[10].mean()) - 128) < 12, "the relative path of the copy leads to the movie"
    assert saved["changed"] == ["Text 31-60"]
    assert "ended with 3 and said: out of luck" in saved["failed"]
    assert saved["failed"].endswith("False")
