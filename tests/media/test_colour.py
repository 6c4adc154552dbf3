"""Pictures come upright and in the colours that were filmed, whatever the file's format."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.video.reformatter import ColorRange, Colorspace

from clipmaker import Clip, Rgb, make_clip
from foleyd.media.picture import program_frames
from foleyd.media.probe import probe
from foleyd.media.rgb import RgbConverter
from foleyd.media.tonemap import SDR_WHITE, to_sdr
from foleyd.media.upright import Turn
from screen import program, shot

COLOURS = [(0, 0, 0), (64, 64, 64), (128, 128, 128), (200, 30, 30), (30, 200, 30), (30, 30, 200), (255,) * 3]
RED, GREEN, BLUE, WHITE = (255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)


def first(path: Path) -> Rgb:
    return next(iter(program_frames(program(Fraction(25), shot(path, 0, 1))))).rgb


def patches(_: int = 0, size: tuple[int, int] = (224, 64)) -> Rgb:
    picture = np.zeros((size[1], size[0], 3), np.uint8)
    for i, colour in enumerate(COLOURS):
        picture[:, i * size[0] // 7 : (i + 1) * size[0] // 7] = colour
    return picture


def patch_values(rgb: Rgb) -> list[list[int]]:
    height, width = rgb.shape[:2]
    return [rgb[height // 2, (2 * i + 1) * width // 14].tolist() for i in range(7)]


@dataclass(frozen=True)
class Film:
    """A way to code COLOURS; MATRIX None for RGB, TAG what the file says of its matrix."""

    name: str
    codec: str
    pixel_format: str
    matrix: int | None = None
    full: bool = False
    tag: str = ""
    size: tuple[int, int] = (224, 64)

    def frame(self, number: int) -> av.VideoFrame:
        picture = av.VideoFrame.from_ndarray(patches(number, self.size), format="rgb24")
        if self.matrix is None:
            return picture.reformat(format=self.pixel_format)
        levels = ColorRange.JPEG if self.full else ColorRange.MPEG
        return picture.reformat(format=self.pixel_format, dst_colorspace=self.matrix, dst_color_range=levels)


@pytest.mark.parametrize(
    "film",
    [
        Film("untagged-sd.mp4", "libx264", "yuv420p", Colorspace.ITU601),
        Film("untagged-hd.mp4", "libx264", "yuv420p", Colorspace.ITU709, size=(1400, 720)),
        Film("tagged-709.mp4", "libx264", "yuv420p", Colorspace.ITU709, tag="bt709"),
        Film("full.mp4", "libx264", "yuvj420p", Colorspace.ITU601, full=True),
        Film("ten.mp4", "libx264", "yuv420p10le", Colorspace.ITU709, tag="bt709"),
        Film("wide.mp4", "libx264", "yuv420p10le", Colorspace.BT2020, tag="bt2020nc"),
        Film("prores.mov", "prores_ks", "yuv422p10le", Colorspace.ITU709, tag="bt709"),
        Film("jpeg.avi", "mjpeg", "yuvj422p", Colorspace.ITU601, full=True),
        Film("rgb.mkv", "ffv1", "bgr0"),
        Film("png.mov", "png", "rgb24"),
    ],
    ids=lambda film: film.name,
)
def test_colours_survive(tmp_path: Path, film: Film) -> None:
    clip = Clip(
        codec=film.codec,
        pixel_format=film.pixel_format,
        frames=2,
        b_frames=0,
        size=film.size,
        frame=film.frame,
        options={"colorspace": film.tag} if film.tag else {},
    )
    path = make_clip(tmp_path / film.name, clip)
    assert np.abs(np.subtract(patch_values(first(path)), COLOURS)).max() <= 4
    assert not probe(path).hdr


def hdr_frame(levels: list[float], transfer: int) -> av.VideoFrame:
    """Grey patches of LEVELS (0..1 of the limited 10-bit range), tagged BT.2020 and TRANSFER."""
    frame = av.VideoFrame(192, 64, "yuv420p10le")
    luma = np.repeat([round(64 + 876 * level) for level in levels], 192 // len(levels))
    for plane, values in zip(frame.planes, (luma, np.full(96, 512), np.full(96, 512)), strict=True):
        rows = np.zeros((plane.height, plane.line_size // 2), np.uint16)
        rows[:, : plane.width] = values[: plane.width]
        plane.update(rows.tobytes())
    frame.colorspace, frame.color_range, frame.color_trc, frame.color_primaries = 9, 1, transfer, 9
    return frame


def perceptual_quantizer(nits: float) -> float:
    """SMPTE ST 2084, equation 5.2."""
    y = (nits / 10_000) ** 0.1593017578125
    return float(((0.8359375 + 18.8515625 * y) / (1 + 18.6875 * y)) ** 78.84375)


@pytest.mark.parametrize(
    ("transfer", "levels"),
    [
        (16, [perceptual_quantizer(nits) for nits in (0, 5, 50, 203, 400, 1000)]),
        (18, [0, 0.2, 0.4, 0.6, 0.75, 0.9]),
    ],
    ids=["PQ", "HLG"],
)
def test_hdr_is_neither_grey_nor_clipped(transfer: int, levels: list[float]) -> None:
    rgb = RgbConverter(Turn()).convert(hdr_frame(levels, transfer))
    shades = [int(rgb[32, 16 + 32 * i, 1]) for i in range(6)]
    assert shades[0] == 0
    assert all(darker + 10 <= lighter for darker, lighter in pairwise(shades))
    assert 130 <= shades[3] <= 220
    assert 190 <= shades[5] < 255
    assert np.ptp(rgb.astype(int), axis=2).max() <= 2


def test_the_tone_curve_meets_its_sources() -> None:
    """Hand-worked: BT.2408 puts graphics white (203 nits) at PQ 58 % and HLG 75 %."""
    assert abs(perceptual_quantizer(203) - 0.5807) < 1e-4
    white = to_sdr(np.array([[0.5807] * 3]), 16)
    assert 0.7 < white[0, 0] < 0.9
    assert np.ptp(white) < 1e-3
    dark = to_sdr(np.array([[perceptual_quantizer(10)] * 3]), 16)
    assert abs(dark[0, 1] - (10 / SDR_WHITE) ** (1 / 2.4)) < 2e-3  # below the knee nothing changes
    top = to_sdr(np.array([[perceptual_quantizer(4000)] * 3, [1.0] * 3]), 16)
    assert np.abs(top - 1).max() < 1e-3
    hlg_white = to_sdr(np.array([[0.75] * 3]), 18)
    assert 0.8 < hlg_white[0, 0] < 0.95
    red = to_sdr(np.array([[perceptual_quantizer(100), 0.0, 0.0]]), 16)[0]
    assert red[0] > 0.5
    assert red[1:].max() == 0


def test_hdr_is_told(tmp_path: Path) -> None:
    # No B-frames: for a clip shorter than its reordering x265 sets no decoding times; muxing fails at random.
    coded = "log-level=none:bframes=0:transfer=smpte2084:colorprim=bt2020:colormatrix=bt2020nc"
    options = {"x265-params": coded}
    path = make_clip(
        tmp_path / "pq.mkv", codec="libx265", pixel_format="yuv420p10le", frames=2, options=options
    )
    info = probe(path)
    assert (info.hdr, info.pixel_format) == (True, "yuv420p10le")


def corners(_: int) -> Rgb:
    picture = np.zeros((64, 192, 3), np.uint8)
    picture[:32, :96], picture[:32, 96:], picture[32:, :96], picture[32:, 96:] = RED, GREEN, BLUE, WHITE
    return picture


ONE = 1 << 16


@pytest.mark.parametrize(
    ("matrix", "rotation", "expected"),
    [
        ((ONE, 0, 0, ONE), 0, [RED, GREEN, BLUE, WHITE]),
        ((0, ONE, -ONE, 0), 90, [BLUE, RED, WHITE, GREEN]),  # a phone held upright
        ((-ONE, 0, 0, -ONE), 180, [WHITE, BLUE, GREEN, RED]),
        ((0, -ONE, ONE, 0), 270, [GREEN, WHITE, RED, BLUE]),
        ((-ONE, 0, 0, ONE), 0, [GREEN, RED, WHITE, BLUE]),  # a mirrored front camera
    ],
    ids=["upright", "90", "180", "270", "mirrored"],
)
def test_the_picture_is_turned_upright(
    tmp_path: Path, matrix: tuple[int, int, int, int], rotation: int, expected: list[tuple[int, int, int]]
) -> None:
    path = tmp_path / "turned.mp4"
    a, b, c, d = matrix
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options={"crf": "5"})
        stream.width, stream.height, stream.pix_fmt = 192, 64, "yuv420p"
        stream.set_display_matrix([a, b, 0, c, d, 0, 0, 0, 1 << 30])
        for _ in range(3):
            frame = av.VideoFrame.from_ndarray(corners(0), format="rgb24")
            container.mux(stream.encode(frame.reformat(format="yuv420p")))
        container.mux(stream.encode())
    info, rgb = probe(path), first(path)
    height, width = rgb.shape[:2]
    assert info.rotation == rotation
    assert (info.width, info.height) == (width, height) == ((192, 64) if rotation % 180 == 0 else (64, 192))
    shown = [rgb[height * y // 4, width * x // 4] for y in (1, 3) for x in (1, 3)]
    assert np.abs(np.subtract(shown, expected)).max() <= 6
