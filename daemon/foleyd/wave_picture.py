"""A take's waveform as a picture: extremes dark, RMS light, on the colour of a panel."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from PIL import Image

from foleyd.media.waveform import Waveform

Colour = tuple[int, int, int]
PANEL: Colour = (28, 31, 37)
_PEAK: Colour = (52, 106, 122)
_RMS: Colour = (126, 205, 218)


def at_pixels(outline: Waveform, pixels: npt.NDArray[np.int64], width: int) -> Waveform:
    """OUTLINE, WIDTH pixels wide, at PIXELS (the last of which only ends the one before it)."""
    edges = pixels * outline.columns // width
    if edges.size < 2:
        return outline
    end = max(int(edges[-1]), int(edges[-2]) + 1)
    starts, count = edges[:-1], np.maximum(np.diff(edges), 1)
    low, high, rms = (figure[:, :end] for figure in (outline.low, outline.high, outline.rms))
    return Waveform(
        np.minimum.reduceat(low, starts, axis=1),
        np.maximum.reduceat(high, starts, axis=1),
        np.sqrt(np.add.reduceat(np.square(rms), starts, axis=1) / count).astype(np.float32),
    )


def wave_picture(outline: Waveform, channel: int, height: int, gain: float) -> Image.Image:
    """One channel, a pixel a column: extremes dark, RMS light, edges smoothed by their cover of a pixel."""
    middle, half = height / 2, height / 2 - 2
    up, down, rms = (
        _height(edge[channel] * gain) * half for edge in (outline.high, -outline.low, outline.rms)
    )
    picture = np.empty((height, outline.columns, 3), np.float64)
    picture[:] = PANEL
    # A hairline stays where there is silence, so that one sees that there is a take.
    _blend(picture, middle - np.maximum(up, 0.5), middle + np.maximum(down, 0.5), _PEAK)
    _blend(picture, middle - rms, middle + rms, _RMS)
    return Image.fromarray(np.rint(picture).astype(np.uint8), "RGB")


def _height(factor: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Square root of level: -12 dB is half as high, so that quiet sound shows beside loud."""
    return np.sqrt(np.clip(factor, 0, 1))


def _blend(
    picture: npt.NDArray[np.float64],
    top: npt.NDArray[np.floating],
    bottom: npt.NDArray[np.floating],
    colour: Colour,
) -> None:
    rows = np.arange(picture.shape[0])[:, None]
    cover = np.clip(np.minimum(rows + 1, bottom) - np.maximum(rows, top), 0, 1)[:, :, None]
    picture += (np.array(colour) - picture) * cover
