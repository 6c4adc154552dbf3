"""The sync encoder: segments, chunks and precisions. Its numbers are checked against the golden data."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from foleyd.engines.hunyuan.synchformer import SynchformerVision


@pytest.fixture(scope="module")
def model() -> SynchformerVision:
    torch.manual_seed(3)
    made = SynchformerVision(width=24, depth=2, heads=2, image_size=32, patch_size=16)
    for parameter in made.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    return made.eval().requires_grad_(False)


def pictures(batch: int, count: int) -> torch.Tensor:
    return torch.rand(batch, count, 3, 32, 32, generator=torch.Generator().manual_seed(count)) * 2 - 1


@pytest.mark.parametrize(("count", "tokens"), [(16, 8), (23, 8), (24, 16), (37, 24)])
def test_a_segment_every_8_pictures_and_the_rest_is_dropped(
    model: SynchformerVision, count: int, tokens: int
) -> None:
    clip = pictures(1, count)
    features = model(clip)
    assert features.shape == (1, tokens, 24)
    whole = 16 + (tokens // 8 - 1) * 8
    assert torch.allclose(model(clip[:, :whole]), features, atol=1e-6)


def test_segments_and_clips_do_not_depend_on_their_company(model: SynchformerVision) -> None:
    clips = pictures(2, 40)
    together = model(clips)
    assert torch.allclose(model(clips, chunk=1), together, atol=1e-6)
    assert torch.allclose(model(clips[1:]), together[1:], atol=1e-6)
    second = model(clips[:, 8:24])
    assert torch.allclose(second, together[:, 8:16], atol=1e-6)


def test_the_class_token_takes_part(model: SynchformerVision) -> None:
    clip = pictures(1, 16)
    before = model(clip)
    with torch.no_grad():
        model.cls_token[..., ::2] += 1
        changed = model(clip)
        model.cls_token[..., ::2] -= 1
    assert (changed - before).abs().max() > 1e-3


def test_half_precision_stays_close_and_gives_floats(model: SynchformerVision, tmp_path: Path) -> None:
    model.save_pretrained(tmp_path)
    half = SynchformerVision.from_pretrained(tmp_path, torch_dtype=torch.float16)
    assert half.cls_token.dtype == torch.float16
    clip = pictures(1, 24)
    exact, rough = model(clip), half(clip.half())
    assert rough.dtype == torch.float32
    assert ((rough - exact).norm() / exact.norm()).item() < 0.01


def test_the_published_size() -> None:
    with torch.device("meta"):
        count = sum(parameter.numel() for parameter in SynchformerVision().parameters())
    assert count == 122_440_704 - 590_592
