"""Pictures made small, as the two image encoders were trained to see them: model-spec.md 3.

Both shrink in 8 bits with the very resamplers of the published preprocessing, for its rounding is part of
what the encoders know: Pillow's bilinear for the image encoder, PyTorch's uint8 bicubic for the sync
encoder. Floats come last, on the encoder's device.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional as F

SIGHT_SIZE = 512
SYNC_SIZE = 224

Rgb = npt.NDArray[np.uint8]

_NARROWEST = 16
"""A strip longer than so many times its width is cut to that first: enlarged it would fill the memory."""


def sight_picture(rgb: Rgb) -> Tensor:
    """RGB uint8 (height, width, 3) squeezed to uint8 (512, 512, 3); the aspect ratio is not kept."""
    small = Image.fromarray(rgb).resize((SIGHT_SIZE, SIGHT_SIZE), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(small))


def sight_input(pictures: Tensor) -> Tensor:
    """What the image encoder takes: uint8 (n, 512, 512, 3) to float32 (n, 3, 512, 512), -1..1."""
    return (pictures.permute(0, 3, 1, 2).float() / 255 - 0.5) / 0.5


def sync_size(height: int, width: int) -> tuple[int, int]:
    """Height and width once the shorter side is 224."""
    long = int(SYNC_SIZE * max(height, width) / min(height, width))
    return (SYNC_SIZE, long) if height <= width else (long, SYNC_SIZE)


def sync_picture(rgb: Rgb) -> Tensor:
    """RGB uint8 (height, width, 3) with its shorter side brought to 224: uint8 (3, height, width)."""
    rgb = _cut_strip(rgb)
    return _bicubic(rgb, sync_size(*rgb.shape[:2]))


def sync_letterboxed(rgb: Rgb) -> Tensor:
    """The whole of RGB uint8 (height, width, 3) in uint8 (3, 224, 224), black bars beside it.

    Black, not mid-grey, though that would be zero to the encoder: films come with black bars, so an encoder
    trained on them has learned to see nothing there.
    """
    rgb = _cut_strip(rgb)
    height, width = rgb.shape[:2]
    scale = SYNC_SIZE / max(height, width)
    inner = max(1, round(height * scale)), max(1, round(width * scale))
    boxed = torch.zeros(3, SYNC_SIZE, SYNC_SIZE, dtype=torch.uint8)
    top, left = centre(*inner)
    boxed[:, top : top + inner[0], left : left + inner[1]] = _bicubic(rgb, inner)
    return boxed


def centre(height: int, width: int) -> tuple[int, int]:
    """Top and left of the middle square of 224 in HEIGHT x WIDTH (of a picture in the square, if smaller).

    A half is rounded to the even neighbour.
    """
    return abs(round((height - SYNC_SIZE) / 2)), abs(round((width - SYNC_SIZE) / 2))


def cropped(picture: Tensor, top: int, left: int) -> Tensor:
    """The square of 224 of a PICTURE (3, height, width) that begins at TOP, LEFT."""
    return picture[:, top : top + SYNC_SIZE, left : left + SYNC_SIZE]


def sync_input(pictures: Tensor) -> Tensor:
    """What the sync encoder takes: uint8 (n, 3, 224, 224) to float32, -1..1."""
    return (pictures.float() * (1 / 255) - 0.5) / 0.5


def _bicubic(rgb: Rgb, size: tuple[int, int]) -> Tensor:
    """In 8 bits throughout: what floats would give, rounded once, is up to 20 levels off on hard edges."""
    if not rgb.flags.writeable or any(step < 0 for step in rgb.strides):
        rgb = rgb.copy()
    picture = torch.from_numpy(rgb).permute(2, 0, 1)[None]
    if tuple(picture.shape[2:]) != size:
        picture = F.interpolate(picture, size, mode="bicubic", align_corners=False, antialias=True)
    return picture[0].contiguous()


def _cut_strip(rgb: Rgb) -> Rgb:
    height, width = rgb.shape[:2]
    most = _NARROWEST * min(height, width)
    top, left = (max(0, side - most) // 2 for side in (height, width))
    return rgb[top : top + most, left : left + most]
