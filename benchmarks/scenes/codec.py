"""Frames as a camera's or a web site's encoder leaves them: blocks, smear and key-frame pumping."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from fractions import Fraction

import av
import numpy as np

from foleyd.engines.engine import Frame


def recoded(
    frames: Iterable[Frame], rate: Fraction, quality: int = 32, key_every: int = 12
) -> Iterator[Frame]:
    """FRAMES through H.264 at constant QUALITY (higher is worse) with a key frame each KEY_EVERY."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as out:
        stream: av.VideoStream | None = None
        for frame in frames:
            if stream is None:
                stream = out.add_stream("libx264", rate=rate)
                stream.height, stream.width = frame.rgb.shape[:2]
                stream.pix_fmt = "yuv420p"
                stream.options = {
                    "crf": str(quality),
                    "g": str(key_every),
                    "preset": "veryfast",
                    "threads": "1",
                }
            out.mux(stream.encode(av.VideoFrame.from_ndarray(frame.rgb, format="rgb24")))
        if stream is not None:
            out.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r") as back:
        for index, picture in enumerate(back.decode(video=0)):
            yield Frame(index / rate, np.asarray(picture.to_ndarray(format="rgb24"), np.uint8))
