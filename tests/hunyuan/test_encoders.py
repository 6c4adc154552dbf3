"""The encoders around the transformer: chunks, indices, texts padded together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoTokenizer, ClapTextModelWithProjection, SiglipVisionModel

from foleyd.engines.engine import PromptError
from foleyd.engines.hunyuan.encoders import SyncEncoder, TextEncoder, VisionEncoder
from foleyd.engines.hunyuan.preprocess import sight_input, sync_input
from foleyd.engines.hunyuan.synchformer import SynchformerVision
from hunyuan.published import write_clap, write_siglip


@pytest.fixture(scope="module")
def clap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clap")
    write_clap(folder)
    return folder


@pytest.fixture(scope="module")
def siglip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("siglip")
    write_siglip(folder)
    return folder


def as_published(folder: Path, negative: str, prompt: str) -> torch.Tensor:
    """Both texts tokenised in one go, padded on the right: model-spec.md 4, word for word."""
    tokens = AutoTokenizer.from_pretrained(folder)([negative, prompt], padding=True, return_tensors="pt")
    model = ClapTextModelWithProjection.from_pretrained(folder).eval()
    with torch.no_grad():
        states: torch.Tensor = model(**tokens).last_hidden_state
    return states[:, :77]


@pytest.mark.parametrize(
    ("negative", "prompt"),
    [
        ("noisy, harsh", "footsteps on gravel and a door"),
        ("a long list of things that nobody wants to hear", "rain"),
        ("", "x"),
        ("noisy", "steps " * 40),
    ],
)
def test_texts_are_padded_to_the_longer_one_and_cut_after_encoding(
    clap: Path, negative: str, prompt: str
) -> None:
    both = TextEncoder.from_pretrained(clap)(prompt, negative)
    expected = as_published(clap, negative, prompt)
    assert both[0].shape == both[1].shape
    assert both[0].shape[0] <= 77
    for ours, theirs in zip(both, expected, strict=True):
        assert torch.allclose(ours, theirs, atol=2e-6)


def test_a_negative_prompt_is_encoded_once_for_each_length(
    clap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    encoder = TextEncoder.from_pretrained(clap)
    runs: list[int] = []
    encode = encoder._encode

    def counted(tokens: tuple[int, ...], length: int) -> torch.Tensor:
        runs.append(length)
        return encode(tokens, length)

    monkeypatch.setattr(encoder, "_encode", counted)
    first = encoder("steps on wood", "noisy")
    again = encoder("wood on steps", "noisy")
    assert len(runs) == 3
    assert torch.equal(first[0], again[0])
    encoder("steps on wood, slowly", "noisy")
    assert len(runs) == 5
    assert torch.equal(TextEncoder.from_pretrained(clap)("steps on wood", "noisy")[1], first[1])


def test_a_text_without_end_is_refused_in_a_sentence(clap: Path) -> None:
    encoder = TextEncoder.from_pretrained(clap)
    encoder.check("a" * 400, "b")
    endless = "word " * 600
    for prompt, negative, field in ((endless, "", "prompt"), ("rain", endless, "negative_prompt")):
        with pytest.raises(PromptError, match="shorten it") as refused:
            encoder.check(prompt, negative)
        assert refused.value.field == field
        with pytest.raises(PromptError, match="the model reads 512 at most"):
            encoder(prompt, negative)


def test_pictures_are_pooled_a_chunk_at_a_time(siglip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = VisionEncoder.from_pretrained(siglip)
    size = encoder.model.config.image_size
    pictures = torch.randint(0, 256, (5, size, size, 3), dtype=torch.uint8)
    with torch.no_grad():
        model = SiglipVisionModel.from_pretrained(siglip).eval()
        expected = model(pixel_values=sight_input(pictures)).pooler_output
    monkeypatch.setattr("foleyd.engines.hunyuan.encoders._SIGHT_CHUNK", 2)
    assert torch.allclose(encoder(pictures), expected, atol=1e-5)


@pytest.fixture(scope="module")
def synchformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("synchformer")
    torch.manual_seed(1)
    model = SynchformerVision(width=16, depth=1, heads=2, image_size=32)
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.2)
    model.save_pretrained(folder)
    return folder


def test_ticks_share_their_pictures(synchformer: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    encoder = SyncEncoder.from_pretrained(synchformer)
    pictures = torch.randint(0, 256, (9, 3, 32, 32), dtype=torch.uint8)
    index = torch.randint(0, 9, (37,)).sort().values
    expected = encoder.model(sync_input(pictures[index])[None])[0]
    monkeypatch.setattr("foleyd.engines.hunyuan.encoders._SYNC_PICTURES", 8)
    monkeypatch.setattr("foleyd.engines.hunyuan.encoders._SYNC_CHUNK", 2)
    assert torch.allclose(encoder(pictures, index), expected, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_gives_floats(clap: Path, siglip: Path, synchformer: Path, dtype: torch.dtype) -> None:
    limit = 0.02 if dtype == torch.float16 else 0.1
    size = SiglipVisionModel.from_pretrained(siglip).config.image_size
    inputs: list[tuple[Any, Path, tuple[Any, ...]]] = [
        (TextEncoder, clap, ("steps on wood", "noisy")),
        (VisionEncoder, siglip, (torch.randint(0, 256, (2, size, size, 3), dtype=torch.uint8),)),
        (
            SyncEncoder,
            synchformer,
            (torch.randint(0, 256, (16, 3, 32, 32), dtype=torch.uint8), torch.arange(16)),
        ),
    ]
    for kind, folder, given in inputs:
        exact = kind.from_pretrained(folder)(*given)
        encoder = kind.from_pretrained(folder, dtype).to("cpu")
        assert encoder.dtype == dtype
        rough = encoder(*given)
        for one, other in zip(exact, rough, strict=True) if isinstance(exact, tuple) else ((exact, rough),):
            assert other.dtype == torch.float32
            assert ((one - other).norm() / one.norm()).item() < limit
