"""The clip that speed is measured with."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np

RATE = 25
BIT_RATE = 5_500_000


def make_clip(path: Path, seconds: int, seed: int = 1) -> Path:
    """1080p25 H.264 at about 5.5 Mbit/s: a textured field that pans while a block falls and stops."""
    rng = np.random.default_rng(seed)
    field = np.kron(rng.integers(40, 200, (300, 500, 3)), np.ones((8, 8, 1))).astype(np.uint8)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=RATE, options={"preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = 1920, 1080, "yuv420p"
        stream.bit_rate = BIT_RATE
        for number in range(seconds * RATE):
            left = (number * 2) % 2000
            picture = field[:1080, left : left + 1920].copy()
            fall = min(900, (number % RATE) * 60)
            picture[fall : fall + 160, 800:1000] = (250, 240, 230)
            picture = picture.astype(np.int16) + rng.integers(-6, 7, (1080, 1920, 1), dtype=np.int16)
            frame = av.VideoFrame.from_ndarray(np.clip(picture, 0, 255).astype(np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
