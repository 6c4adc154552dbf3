"""A decoded frame of any pixel format becomes upright 8-bit RGB, full size.

The frame's own matrix and range are honoured; untagged picture is BT.709 from 720 lines (or 1280
columns) up, else BT.601, limited range. PQ and HLG are tone-mapped to BT.709. Pixels are neither
cropped nor stretched; fields stay woven.
"""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
from av.filter import Graph
from av.filter.context import FilterContext
from av.video.frame import VideoFrame

from foleyd.media.tonemap import HDR_TRANSFERS, cube_file
from foleyd.media.upright import Turn

_UNSPECIFIED = 2
_BT709, _BT601, _BT2020 = 1, 6, 9
_MATRICES = frozenset((1, 4, 5, 6, 7, 9))
_CONSTANT_LUMINANCE_OR_ICTCP = frozenset((10, 14))
_LIMITED, _FULL = 1, 2
_HDR_WORK = "gbrp16le"
_FAST = "bilinear"
_EXACT = "bilinear+accurate_rnd+full_chroma_int"
"""Beyond 8 bits libswscale's quick path is 2 of 255 too dark; 8-bit 4:2:0 is within 1 either way."""


class RgbConverter:
    """Turns frames of one file into RGB, upright by TURN; set up anew where the file changes format."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn
        self._key: tuple[object, ...] = ()
        self._ends: tuple[FilterContext, FilterContext] | None = None
        self._graph: Graph | None = None

    def convert(self, frame: VideoFrame) -> npt.NDArray[np.uint8]:
        """FRAME as uint8 (height, width, 3), contiguous, not shared with any other call's."""
        _settle_colour(frame)
        key = (
            frame.width,
            frame.height,
            frame.format.name,
            frame.colorspace,
            frame.color_range,
            frame.color_trc,
            frame.color_primaries,
        )
        if self._ends is None or key != self._key:
            self._graph, *ends = _graph(frame, self._turn)
            self._ends, self._key = (ends[0], ends[1]), key
        source, sink = self._ends
        source.push(frame)
        converted = sink.pull()
        assert isinstance(converted, VideoFrame)
        return np.ascontiguousarray(converted.to_ndarray(), dtype=np.uint8)


def _settle_colour(frame: VideoFrame) -> None:
    """Writes into FRAME's tags what its untagged colour means."""
    if frame.format.is_rgb or frame.format.has_palette:
        return
    if frame.colorspace in _CONSTANT_LUMINANCE_OR_ICTCP:
        frame.colorspace = _BT2020
    elif frame.colorspace not in _MATRICES:
        frame.colorspace = _BT709 if frame.height >= 720 or frame.width >= 1280 else _BT601
    if frame.color_range not in (_LIMITED, _FULL):
        frame.color_range = _FULL if frame.format.name.startswith("yuvj") else _LIMITED
    if frame.color_trc in HDR_TRANSFERS:
        if frame.color_primaries == _UNSPECIFIED:
            frame.color_primaries = _BT2020
    else:
        frame.color_trc = frame.color_primaries = _UNSPECIFIED


def _graph(frame: VideoFrame, turn: Turn) -> tuple[Graph, FilterContext, FilterContext]:
    """Buffer -> scale to rgb24 -> turn -> sink; filters reuse their buffers, reformat() does not."""
    graph = Graph()
    graph.threads = min(4, os.cpu_count() or 1)
    size = f"video_size={frame.width}x{frame.height}:pix_fmt={frame.format.name}:time_base=1/1000"
    source = graph.add("buffer", f"{size}:colorspace={frame.colorspace}:range={frame.color_range}")
    flags = _EXACT if max(part.bits for part in frame.format.components) > 8 else _FAST
    steps = [graph.add("scale", f"out_range=full:flags={flags}")]
    if frame.color_trc in HDR_TRANSFERS:
        steps += [graph.add("format", _HDR_WORK), _tone_map(graph, frame.color_trc), graph.add("scale")]
    steps.append(graph.add("format", "rgb24"))
    if turn.swaps:
        steps.append(graph.add("transpose", "cclock_flip"))
    if turn.hflip:
        steps.append(graph.add("hflip"))
    if turn.vflip:
        steps.append(graph.add("vflip"))
    sink = graph.add("buffersink")
    graph.link_nodes(source, *steps, sink).configure()
    return graph, source, sink


def _tone_map(graph: Graph, transfer: int) -> FilterContext:
    """The filter that applies the table for TRANSFER; it reads it, once, from a file only."""
    with TemporaryDirectory(prefix="foleyd-") as folder:
        table = Path(folder) / "hdr.cube"
        table.write_text(cube_file(transfer), encoding="ascii")
        return graph.add("lut3d", file=str(table))
