"""What the extension says of an edit is what Blender shows of it, frame by frame.

Each frame of the test movies has its number in it as bars; what the daemon's picture room shows of the
program is compared with what Blender renders of the scene.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
import pytest
from google.protobuf import json_format

from foleyd.config import Settings
from foleyd.media.picture import program_frames
from foleyd.server.requests import read_program
from foleyd.v1 import foleyd_pb2 as pb

WIDTH, HEIGHT, BITS = 320, 64, 16
FRAMES = 120
MOVIES = {
    "A23.mp4": (Fraction(24000, 1001), 1000),
    "A24.mp4": (Fraction(24), 2000),
    "A25.mp4": (Fraction(25), 3000),
    "A29.mp4": (Fraction(30000, 1001), 4000),
    "B24.mp4": (Fraction(24), 5000),
}
"""Rate, and the number in the first frame; 0 is black."""

RATES = {
    "23.976": (24, 1.001),
    "24": (24, 1.0),
    "25": (25, 1.0),
    "29.97": (30, 1.001),
    "30": (30, 1.0),
    "50": (50, 1.0),
    "59.94": (60, 1.001),
    "29.833": (179, 6.0),
}
Case = dict[str, Any]


@pytest.fixture(scope="module")
def movies(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("movies")
    for name, (rate, base) in MOVIES.items():
        with av.open(str(folder / name), "w") as out:
            stream = out.add_stream("libx264", rate=rate, options={"crf": "12", "g": "12"})
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            for number in range(base, base + FRAMES):
                out.mux(stream.encode(av.VideoFrame.from_ndarray(bars(number))))
            out.mux(stream.encode())
    return folder


def bars(number: int) -> npt.NDArray[np.uint8]:
    on = [number >> bit & 1 for bit in range(BITS)]
    line = np.repeat(np.array(on, np.uint8) * 255, WIDTH // BITS)
    return np.broadcast_to(line[None, :, None], (HEIGHT, WIDTH, 3)).copy()


def number_in(rgb: npt.NDArray[np.uint8]) -> int:
    height, width, _ = rgb.shape
    lines = rgb[height // 2 - 2 : height // 2 + 2].mean(axis=(0, 2))
    at = [int((bit + 0.5) * width / BITS) for bit in range(BITS)]
    return sum(int(lines[x - 2 : x + 2].mean() > 128) << bit for bit, x in enumerate(at))


def shown_by_blender(movie: str) -> list[int]:
    with av.open(movie) as file:
        return [number_in(frame.to_ndarray(format="rgb24")) for frame in file.decode(video=0)]


def shown_by_foleyd(answer: dict[str, Any]) -> list[int]:
    """The numbers from the program's first frame on."""
    message = json_format.ParseDict(answer["program"], pb.Program())
    program = read_program(message, Settings()).program
    numbers = np.zeros(program.duration, int)
    for frame in program_frames(program):
        numbers[round(frame.time * program.rate) :] = number_in(frame.rgb)
    return numbers[answer["start"] - answer["zero"] :].tolist()


def read(blender: Any, movies: Path, tmp_path: Path, cases: list[Case]) -> dict[str, Any]:
    (tmp_path / "cases.json").write_text(json.dumps(cases))
    answer: dict[str, Any] = blender("reading_cases", movies, tmp_path / "cases.json")
    return answer


def case(name: str, steps: list[list[Any]], range_: tuple[int, int], **more: Any) -> Case:
    return {"name": name, "rate": RATES["24"], "steps": steps, "range": range_, **more}


def rate_cases() -> Iterator[Case]:
    """Two movies of three rates at eight: cut, moved, slipped under another, in both ways of adding."""
    for rate_name, rate in RATES.items():
        for movie in ("A23.mp4", "A25.mp4", "A29.mp4"):
            for real_time in (False, True):
                steps = [
                    ["movie", "one", movie, 1, 7, real_time],
                    ["cut", "one", 31, "two"],
                    ["set", "two", "frame_start", 3],
                    ["handles", "two", 33, 60],
                    ["movie", "over", movie, 2, 30, real_time],
                    ["handles", "over", 41, 50],
                ]
                way = "own speed" if real_time else "frame by frame"
                yield case(f"{movie} at {rate_name}, {way}", steps, (1, 66), rate=rate)


def test_rates_and_both_ways_of_playing(blender: Any, movies: Path, tmp_path: Path) -> None:
    cases = list(rate_cases())
    answers = read(blender, movies, tmp_path, cases)
    differing = frames = 0
    for each in cases:
        answer = answers[each["name"]]
        assert answer["reasons"] == []
        same = Fraction(**as_pair(answer["program"]["rate"])) == MOVIES[each["steps"][0][2]][0]
        apart = compare(answer, 0 if same else 1)
        assert len(apart) == 65
        differing, frames = differing + sum(apart), frames + len(apart)
    print(f"{len(cases)} edits, {frames} frames, {differing} of them one file frame apart")


def as_pair(rational: dict[str, int]) -> dict[str, int]:
    return {"numerator": rational["num"], "denominator": rational["den"]}


def compare(answer: dict[str, Any], most: int = 0) -> list[int]:
    """How many frames of the file apart foleyd and Blender are, frame by frame."""
    blenders, ours = shown_by_blender(answer["movie"]), shown_by_foleyd(answer)
    apart = [abs(a - b) for a, b in zip(blenders, ours, strict=True)]
    assert max(apart) <= most, f"{blenders}\n{ours}"
    assert len(set(ours)) > 10
    return apart


TWO = [["movie", "low", "A24.mp4", 1, 1], ["movie", "high", "B24.mp4", 3, 30]]

DESCRIBED = [
    case("later", [["movie", "m", "A24.mp4", 1, 86400]], (86390, 86530)),
    case("zero", [["movie", "m", "A24.mp4", 1, 0]], (0, 125), first=0, handles=12),
    case(
        "handles", [["movie", "m", "A24.mp4", 1, 1], ["movie", "n", "B24.mp4", 1, 121]], (99, 140), handles=12
    ),
    case("held ends", [["movie", "m", "A24.mp4", 1, 20], ["handles", "m", 10, 150]], (1, 160)),
    case("backward", [["movie", "m", "A24.mp4", 1, 1], ["set", "m", "use_reverse_frames", True]], (1, 121)),
    case(
        "backward, cut",
        [
            ["movie", "m", "A24.mp4", 1, 1],
            ["set", "m", "use_reverse_frames", True],
            ["cut", "m", 40, "n"],
            ["handles", "n", 50, 140],
        ],
        (1, 150),
    ),
    case(
        "trimmed for good",
        [
            ["movie", "m", "A24.mp4", 1, 1],
            ["set", "m", "animation_offset_start", 9],
            ["set", "m", "animation_offset_end", 20],
            ["handles", "m", 1, 110],
        ],
        (1, 115),
    ),
    case("topmost", [*TWO, ["handles", "high", 40, 70]], (1, 121)),
    case("muted strip", [*TWO, ["set", "high", "mute", True]], (1, 121)),
    case("muted channel", [*TWO, ["channel", 3]], (1, 121)),
    case("black over", [*TWO, ["colour", "c", 5, 50, 60]], (1, 121)),
    case("meta", [*TWO, ["meta", "meta", 2, "low", "high"], ["handles", "meta", 20, 90]], (1, 121)),
    case(
        "moved meta",
        [
            *TWO,
            ["meta", "meta", 2, "low", "high"],
            ["set", "meta", "frame_start", 9],
            ["movie", "third", "A25.mp4", 3, 60],
            ["handles", "third", 60, 70],
        ],
        (1, 121),
    ),
    case(
        "meta in a meta",
        [
            *TWO,
            ["meta", "inner", 2, "low"],
            ["meta", "outer", 4, "inner", "high"],
            ["handles", "outer", 11, 100],
        ],
        (1, 121),
    ),
    case("twice as fast", [["movie", "m", "A24.mp4", 1, 1], ["retime", "m", 200]], (1, 66)),
    case(
        "half as fast, cut",
        [
            ["movie", "m", "A24.mp4", 1, 1],
            ["retime", "m", 50],
            ["cut", "m", 90, "n"],
            ["handles", "n", 95, 200],
        ],
        (1, 210),
    ),
    case("80 %", [["movie", "m", "A24.mp4", 1, 1], ["retime", "m", 80]], (1, 151)),
    case("150 % at another rate", [["movie", "m", "A25.mp4", 1, 1], ["retime", "m", 150]], (1, 80)),
    case("see-through alone", [["movie", "m", "A24.mp4", 1, 1], ["set", "m", "blend_alpha", 0.9]], (1, 100)),
    case("scaled to fit alone", [["movie", "m", "A24.mp4", 1, 1], ["set", "m", "crop.max_y", 4]], (1, 100)),
]


def test_what_can_be_described_is_what_blender_shows(blender: Any, movies: Path, tmp_path: Path) -> None:
    answers = read(blender, movies, tmp_path, DESCRIBED)
    for each in DESCRIBED:
        answer = answers[each["name"]]
        if "another rate" in each["name"] and blender.version < (4, 3):
            assert [why for *_, why in answer["reasons"]] == [
                "is retimed, and its file has another rate than the scene"
            ]
            continue
        assert answer["reasons"] == [], each["name"]
        exact = "%" in each["name"] or "fast" in each["name"]
        compare(answer, 1 if exact else 0)


def overlaid(*more: list[Any]) -> list[list[Any]]:
    return [*TWO, *more]


RENDERED = {
    "title": (overlaid(["text", "t", 5, 50, 60]), [(50, 60)]),
    "title before frame 0": (
        [["movie", "m", "A24.mp4", 1, -40], ["text", "t", 5, -30, 20]],
        [(-30, 20)],
    ),
    "half opaque": (overlaid(["set", "high", "blend_alpha", 0.9]), [(30, 121)]),
    "fade": (overlaid(["fade", "high", [40, 1.0], [50, 0.9]]), [(30, 121)]),
    "picture in picture": (overlaid(["set", "high", "transform.scale_x", 0.3]), [(30, 121)]),
    "mirrored": (overlaid(["set", "high", "use_flip_x", True]), [(30, 121)]),
    "strobe": (overlaid(["set", "high", "strobe", 4.0]), [(30, 121)]),
    "multiplied": (overlaid(["set", "high", "blend_type", "MULTIPLY"]), [(30, 121)]),
    "crossfade": (
        overlaid(["handles", "low", 1, 60], ["effect", "x", "CROSS", 4, 30, 60, "low", "high"]),
        [(30, 60)],
    ),
    "speed effect": (
        [["movie", "m", "A24.mp4", 1, 1], ["effect", "x", "SPEED", 4, 1, 121, "m"]],
        [(1, 121)],
    ),
    "three keys": (
        [["movie", "m", "A24.mp4", 1, 1], ["retime", "m", 100], ["key", "m", 60]],
        [(1, 121)],
    ),
    "own speed, retimed": ([["movie", "m", "A25.mp4", 1, 1, True], ["retime", "m", 150]], [(1, 116)]),
    "moved meta picture": (
        overlaid(["meta", "meta", 2, "low", "high"], ["set", "meta", "transform.offset_x", 3]),
        [(1, 121)],
    ),
}


def test_what_cannot_is_rendered_in_another_blender(blender: Any, movies: Path, tmp_path: Path) -> None:
    cases = [
        case(name, steps, (-20, 121) if "before" in name else (1, 121), render=True)
        for name, (steps, _) in RENDERED.items()
    ]
    answers = read(blender, movies, tmp_path, cases)
    for name, (_, ranges) in RENDERED.items():
        answer = answers[name]
        found = [(start, end) for _, start, end, _ in answer["reasons"]]
        clipped = [(max(start, -20), end) for start, end in ranges]
        if name == "own speed, retimed":
            # How long it becomes differs between versions.
            assert [start for start, _ in found] == [1]
        else:
            assert found == clipped, name
        assert all(why for *_, why in answer["reasons"])
        assert answer["left"] == []
        if answer["start"] >= 0:
            compare(answer)
        else:
            assert shown_by_foleyd(answer)[:100] == [2000 + 40 + frame for frame in range(-20, 80)]
    sound = movies / "sound"
    assert [path.name for path in sound.iterdir()] == ["rendered"], "nothing of the copy is left"
    assert all(path.suffix == ".mp4" for path in (sound / "rendered").iterdir())
