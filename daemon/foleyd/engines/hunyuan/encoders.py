"""What conditions the sound, as features: what is in the picture, what happens when, what the prompt says.

SigLIP2 and CLAP through transformers, Synchformer our own; model-spec.md 4. Every encoder takes its input a
chunk at a time, so memory does not grow with a window, and gives float32 whatever its weights are.
"""

from __future__ import annotations

from collections import OrderedDict
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor

from foleyd.engines.hunyuan.preprocess import sight_input, sync_input
from foleyd.engines.hunyuan.synchformer import SynchformerVision
from foleyd.engines.hunyuan.text_limit import LONGEST_TEXT, check_length, longest_text

_SIGHT_CHUNK = 32
_SYNC_CHUNK = 32
_SYNC_PICTURES = 128
_TEXTS_REMEMBERED = 64


class _Encoder:
    """A model and where it is."""

    def __init__(self, model: Any) -> None:
        self.model = model.eval().requires_grad_(False)

    @property
    def device(self) -> torch.device:
        return next(self.model.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        return next(self.model.parameters()).dtype

    def to(self, device: torch.device | str) -> Self:
        """Moves the model."""
        self.model.to(device)
        return self


class VisionEncoder(_Encoder):
    """SigLIP2's vision tower: one vector of 768 per picture, pooled, not normalised."""

    @classmethod
    def from_pretrained(
        cls, folder: Path, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
    ) -> Self:
        """The vision tower in FOLDER, in transformers' layout."""
        from transformers import SiglipVisionModel

        return cls(SiglipVisionModel.from_pretrained(folder, dtype=dtype).to(device))

    @torch.no_grad()
    def __call__(self, pictures: Tensor) -> Tensor:
        """Distinct PICTURES, uint8 (m, 512, 512, 3), to float32 (m, width) on the model's device."""
        return torch.cat([self._chunk(part) for part in pictures.split(_SIGHT_CHUNK)])

    def _chunk(self, pictures: Tensor) -> Tensor:
        pixels = sight_input(pictures.to(self.device)).to(self.dtype)
        pooled: Tensor = self.model(pixel_values=pixels).pooler_output
        return pooled.float()


class SyncEncoder(_Encoder):
    """Synchformer's visual branch: 8 vectors of 768 for each 16 ticks, a step of 8 ticks apart."""

    @classmethod
    def from_pretrained(
        cls, folder: Path, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
    ) -> Self:
        """The branch in FOLDER, in diffusers' layout."""
        return cls(SynchformerVision.from_pretrained(folder, torch_dtype=dtype).to(device))

    @torch.no_grad()
    def __call__(self, pictures: Tensor, index: Tensor) -> Tensor:
        """Distinct PICTURES, uint8 (n, 3, 224, 224), and what each of T >= 16 ticks shows: INDEX (T,).

        To float32 (8 * segments, width) on the model's device.
        """
        index = index[: len(index) // self.model.tube_frames * self.model.tube_frames]
        parts = [self._tubes(pictures, part) for part in index.split(_SYNC_PICTURES)]
        features: Tensor = self.model.encode(torch.cat(parts), _SYNC_CHUNK)
        return features

    def _tubes(self, pictures: Tensor, index: Tensor) -> Tensor:
        """Each picture goes to the device once, however often INDEX shows it."""
        first, last = int(index.min()), int(index.max())
        shown = pictures[first : last + 1].to(self.device)[(index - first).to(self.device)]
        tubes: Tensor = self.model.tubes(sync_input(shown).to(self.dtype))
        return tubes


class TextEncoder(_Encoder):
    """CLAP's text model: hidden states of a negative prompt and a prompt, at one common length.

    The shorter one is padded on the right to the longer one, and what the model makes of the padding is
    kept: the transformer was trained with it. So features belong to a text *and* a length; they are
    remembered by both. Each text runs by itself, which makes its features the same to the bit whether the
    other was remembered or not.
    """

    def __init__(self, model: Any, tokenizer: Any) -> None:
        super().__init__(model)
        self._tokenizer = tokenizer
        self._pad = int(tokenizer.pad_token_id)
        config = model.config
        self._longest = longest_text(config.max_position_embeddings, config.pad_token_id)
        self._remembered: OrderedDict[tuple[tuple[int, ...], int], Tensor] = OrderedDict()

    @classmethod
    def from_pretrained(
        cls, folder: Path, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
    ) -> Self:
        """Text model and tokenizer in FOLDER, in transformers' layout."""
        from transformers import AutoTokenizer, ClapTextModelWithProjection

        model = ClapTextModelWithProjection.from_pretrained(folder, dtype=dtype).text_model
        return cls(model.to(device), AutoTokenizer.from_pretrained(folder))

    def check(self, prompt: str, negative_prompt: str) -> None:
        """Raises PromptError when one of them is longer than the model can read."""
        self._tokens(prompt, "prompt")
        self._tokens(negative_prompt, "negative prompt")

    @torch.no_grad()
    def __call__(self, prompt: str, negative_prompt: str) -> tuple[Tensor, Tensor]:
        """Features of NEGATIVE_PROMPT and of PROMPT, in this order, each float32 (N, 768), N <= 77.

        On the model's device. Raises PromptError when one of them is longer than the model can read.
        """
        negative = self._tokens(negative_prompt, "negative prompt")
        positive = self._tokens(prompt, "prompt")
        length = max(len(negative), len(positive))
        return self._features(negative, length), self._features(positive, length)

    def _tokens(self, text: str, name: str) -> tuple[int, ...]:
        tokens = tuple(self._tokenizer(text, verbose=False)["input_ids"])
        check_length(len(tokens), self._longest, name)
        return tokens

    def _features(self, tokens: tuple[int, ...], length: int) -> Tensor:
        key = tokens, length
        features = self._remembered.pop(key, None)
        if features is None:
            features = self._encode(tokens, length)
        self._remembered[key] = features
        while len(self._remembered) > _TEXTS_REMEMBERED:
            self._remembered.popitem(last=False)
        return features.to(self.device)

    def _encode(self, tokens: tuple[int, ...], length: int) -> Tensor:
        ids = torch.full((1, length), self._pad)
        ids[0, : len(tokens)] = torch.tensor(tokens)
        mask = (torch.arange(length) < len(tokens)).long()[None]
        states = self.model(
            input_ids=ids.to(self.device), attention_mask=mask.to(self.device)
        ).last_hidden_state
        kept: Tensor = states[0, :LONGEST_TEXT].float().cpu()
        return kept
