"""Small pictures: what is squeezed, what is cut off, and where the action is looked for."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from foleyd.engines.hunyuan.action import Action, thumb
from foleyd.engines.hunyuan.preprocess import (
    centre,
    cropped,
    sight_input,
    sight_picture,
    sync_input,
    sync_letterboxed,
    sync_picture,
    sync_size,
)

Rgb = np.ndarray


def noise(height: int, width: int, seed: int = 0) -> Rgb:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def test_the_image_encoder_sees_all_of_the_picture_squeezed() -> None:
    seen = sight_input(sight_picture(np.full((90, 160, 3), 255, np.uint8))[None])
    assert seen.shape == (1, 3, 512, 512)
    assert seen.dtype == torch.float32
    assert torch.all(seen == 1)


@pytest.mark.parametrize(
    ("size", "small", "corner"),
    [
        ((1080, 1920), (224, 398), (0, 87)),
        ((1920, 1080), (398, 224), (87, 0)),
        ((241, 319), (224, 296), (0, 36)),
        ((224, 224), (224, 224), (0, 0)),
        ((224, 225), (224, 225), (0, 0)),
        ((224, 227), (224, 227), (0, 2)),
    ],
)
def test_the_shorter_side_is_brought_to_224_and_the_middle_is_cut_out(
    size: tuple[int, int], small: tuple[int, int], corner: tuple[int, int]
) -> None:
    assert sync_size(*size) == small
    assert centre(*small) == corner


def test_a_picture_of_the_right_size_is_not_touched() -> None:
    rgb = noise(224, 224)
    assert torch.equal(sync_picture(rgb), torch.from_numpy(rgb).permute(2, 0, 1))
    assert torch.allclose(
        sync_input(sync_picture(rgb)).permute(1, 2, 0), torch.from_numpy(rgb) / 127.5 - 1, atol=1e-6
    )


def test_views_and_read_only_pictures_are_taken() -> None:
    rgb = noise(60, 80)
    turned = rgb[::-1, :, ::-1]
    assert torch.equal(sync_picture(turned), sync_picture(np.ascontiguousarray(turned)))
    assert torch.equal(sight_picture(turned), sight_picture(np.ascontiguousarray(turned)))
    rgb.flags.writeable = False
    assert sync_picture(rgb).shape == (3, 224, 298)


def test_letterbox_shows_the_whole_picture_between_black_bars() -> None:
    boxed = sync_letterboxed(np.full((108, 192, 3), 200, np.uint8))
    assert boxed.shape == (3, 224, 224)
    assert torch.all(boxed[:, 49:175] == 200)
    assert torch.all(boxed[:, :49] == 0)
    assert torch.all(boxed[:, 175:] == 0)
    assert torch.all(sync_letterboxed(np.full((30, 30, 3), 9, np.uint8)) == 9)


def test_a_strip_does_not_fill_the_memory() -> None:
    assert sync_picture(noise(1, 20_000)).shape == (3, 224, 224 * 16)
    assert sync_letterboxed(noise(20_000, 2)).shape == (3, 224, 224)


def moving(column: int, *, pan: int = 0, grain: float = 1.5, count: int = 12) -> list[torch.Tensor]:
    """A block of 20 that hops about COLUMN in front of a pattern sliding PAN pixels a picture."""
    rng = np.random.default_rng(1)
    wall = np.repeat(np.repeat(rng.integers(90, 130, (56, 160, 3)), 4, 0), 4, 1)
    pictures = []
    for k in range(count):
        shown = wall[:, pan * k : pan * k + 398].astype(float)
        shown[60 + 9 * k : 80 + 9 * k, column - 10 : column + 10] = 230
        shown += rng.normal(0, grain, shown.shape)
        pictures.append(torch.from_numpy(np.clip(shown, 0, 255).astype(np.uint8)).permute(2, 0, 1))
    return pictures


def action_of(pictures: list[torch.Tensor]) -> Action:
    height, width = pictures[0].shape[1:]
    return Action((height, width), [thumb(picture) for picture in pictures])


@pytest.mark.parametrize("pan", [0, 3])
@pytest.mark.parametrize("column", [20, 60, 340, 380])
def test_the_square_goes_where_the_action_is(column: int, pan: int) -> None:
    action = action_of(moving(column, pan=pan))
    top, left = action.square()
    assert top == 0
    assert left <= column - 10
    assert column + 10 <= left + 224
    assert action.inside(top, left) / action.total > (0.99 if pan == 0 else 0.5)


def test_action_in_the_middle_leaves_the_square_there() -> None:
    action = action_of(moving(199))
    assert abs(action.square()[1] - 87) <= 1
    assert action.inside(0, 87) / action.total > 0.99


def test_action_outside_the_middle_is_measured() -> None:
    action = action_of(moving(30))
    assert action.inside(0, 87) / action.total < 0.02


def test_upright_pictures_are_searched_from_top_to_bottom() -> None:
    pictures = [picture.transpose(1, 2) for picture in moving(30)]
    top, left = action_of(pictures).square()
    assert left == 0
    assert top <= 20


def test_stills_grain_and_cuts_are_no_action() -> None:
    still = [picture for picture in moving(30, count=1) for _ in range(5)]
    assert action_of(still).total == 0
    assert action_of(still).square() == (0, 87)
    grain = [torch.from_numpy(noise(224, 398, seed) // 40 + 100).permute(2, 0, 1) for seed in range(8)]
    assert action_of(grain).total == 0
    cut = [torch.zeros(3, 224, 398, dtype=torch.uint8), *moving(30, count=1)]
    assert action_of(cut).total == 0
    assert cropped(cut[0], 0, 87).shape == (3, 224, 224)
