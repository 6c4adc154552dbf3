"""The way from a picture and a sentence to sound, as model-spec.md 1 has it.

    pictures = pipeline.look(frames, window, crop)   what both encoders will be shown, small
    features = pipeline.see(pictures)                SigLIP2 8 times a second, Synchformer 25 times
    take = pipeline.take(item)                       CLAP reads both prompts; noise is drawn
    latents = pipeline.denoise(takes, ...)           the transformer, 50 latents a second
    sound = pipeline.sound(latents)                  the autoencoder, 960 samples for each

Windows of a take are placed on the latents' grid, each at the latent nearest to where it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers.utils import logging as transformers_logging

from foleyd.engines.engine import Features, Frame, Item, Progress, Window
from foleyd.engines.hunyuan.autoencoder import FoleyAutoencoder
from foleyd.engines.hunyuan.denoise import Denoised, Piece, Step, Take, denoise, noise
from foleyd.engines.hunyuan.encoders import SyncEncoder, TextEncoder, VisionEncoder
from foleyd.engines.hunyuan.frame_clock import (
    LATENT_RATE,
    SAMPLES_PER_LATENT,
    SYNC_TOKENS,
    latent_length,
    segments,
    sight_ticks,
    ticks_to_cover,
)
from foleyd.engines.hunyuan.loading import load_module
from foleyd.engines.hunyuan.ops import PlainOps
from foleyd.engines.hunyuan.options import NEGATIVE_PROMPT, Crop, Settings
from foleyd.engines.hunyuan.picture import SmallPictures, small_pictures
from foleyd.engines.hunyuan.preprocess import SIGHT_SIZE, SYNC_SIZE
from foleyd.engines.hunyuan.step import Conditions, Velocity
from foleyd.engines.hunyuan.storage import EightBits, Offloaded, store
from foleyd.engines.hunyuan.synchformer import SynchformerVision
from foleyd.engines.hunyuan.transformer import FoleyTransformer
from foleyd.segments import window_offsets

STORED = {"8bit": EightBits, "offload": Offloaded}
"""How the transformer's weights lie in the profiles that do not have them as they are."""
_DECODED_AT_ONCE = 750
"""Latents, 15 s."""


@dataclass(slots=True)
class Pipeline:
    """All five models on one device. STEP does VELOCITY's work faster where the device can."""

    vision: VisionEncoder
    sync: SyncEncoder
    text: TextEncoder
    velocity: Velocity
    autoencoder: FoleyAutoencoder
    step: Step

    @classmethod
    def load(
        cls, home: Path, device: torch.device, dtype: torch.dtype, profile: str, on_progress: Progress
    ) -> Pipeline:
        """The models in the folders below HOME, the transformer's weights as PROFILE has them.

        The autoencoder runs in float32 whatever DTYPE is.
        """
        transformers_logging.disable_progress_bar()  # ours is told by ON_PROGRESS
        on_progress(0.0, "loading the encoders")
        vision = VisionEncoder.from_pretrained(home / "siglip2", dtype, device)
        text = TextEncoder.from_pretrained(home / "clap", torch.float32, device)
        sync = SyncEncoder(load_module(SynchformerVision, home / "synchformer", dtype, device))
        autoencoder = load_module(FoleyAutoencoder, home / "autoencoder", torch.float32, device)
        on_progress(0.2, "loading the transformer")
        kind = STORED.get(profile)
        whole = device if kind is None else torch.device("cpu")
        transformer = load_module(FoleyTransformer, home / "transformer", dtype, whole)
        velocity, step = served(transformer if kind is None else store(transformer, kind, device))
        return cls(vision, sync, text, velocity, autoencoder, step)

    @torch.inference_mode()
    def warm_up(self) -> None:
        """Makes the first job as quick as others: kernels are loaded and the commonest steps recorded."""
        if self.velocity.device.type != "cuda":
            return
        self.vision(torch.zeros(32, SIGHT_SIZE, SIGHT_SIZE, 3, dtype=torch.uint8))
        self.sync(
            torch.zeros(1, 3, SYNC_SIZE, SYNC_SIZE, dtype=torch.uint8), torch.zeros(250, dtype=torch.long)
        )
        negative, prompt = self.text("footsteps on gravel", NEGATIVE_PROMPT)
        for length in (8 * LATENT_RATE, 10 * LATENT_RATE):
            moments = SYNC_TOKENS * segments(length // 2)
            conditions = Conditions(
                length, prompt, negative, visual=sight_ticks(length // 2), moments=moments
            )
            take = Take((Piece(0, conditions),), noise(0, length, self._channels))
            (made,) = self.denoise([take], Settings(steps=1), lambda done, total: None, lambda index: False)
            self.sound(take.noise.to(self.velocity.device) if made.latents is None else made.latents)

    def widen(self) -> None:
        """Goes on in BF16, which has the range of float32, until it is loaded again."""
        # The method of diffusers would warn that weights might have to stay in float32; these need not.
        self.velocity, self.step = served(nn.Module.to(self.velocity.model, torch.bfloat16))

    @property
    def precision(self) -> str:
        """What the transformer's products are made in: ``float16``, say."""
        return str(self.velocity.dtype).removeprefix("torch.")

    def peak_bytes(self) -> int:
        """The most memory of the card in use at once since :meth:`forget_peak`; 0 on the processor."""
        device = self.velocity.device
        return int(torch.cuda.max_memory_allocated(device)) if device.type == "cuda" else 0

    def forget_peak(self) -> None:
        """Begins to count anew."""
        if self.velocity.device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(self.velocity.device)

    @property
    def _channels(self) -> int:
        return int(self.velocity.model.config.latent_channels)

    @staticmethod
    def look(frames: Iterable[Frame], window: Window, crop: Crop) -> SmallPictures:
        """A WINDOW's picture as it will be shown to the encoders; in host memory."""
        return small_pictures(frames, _with_slack(window), crop=crop)

    @torch.inference_mode()
    def see(self, pictures: SmallPictures) -> Features:
        """What the model keeps of a window's PICTURES: ``clip`` (V, 768) and ``sync`` (S, 768) float32."""
        clip = self.vision(pictures.sight)[pictures.sight_index.to(self.vision.device)]
        sync = self.sync(pictures.sync, pictures.sync_index)
        arrays = {
            "clip": clip.float().cpu().numpy(),
            "sync": sync.float().cpu().numpy(),
            "ticks": torch.tensor([len(pictures.sync_index)]).numpy(),
        }
        return Features(arrays, warnings=pictures.warnings)

    @torch.inference_mode()
    def take(self, item: Item) -> Take:
        """ITEM, ready to be denoised. Raises PromptError for a text that is too long to be read."""
        negative, prompt = self.text(item.prompt, item.negative_prompt or NEGATIVE_PROMPT)
        windows = [window for window, _ in item.windows]
        starts = [round(offset / SAMPLES_PER_LATENT) for offset in window_offsets(windows)]
        pieces = tuple(
            Piece(start, _conditions(window, features, prompt, negative))
            for start, (window, features) in zip(starts, item.windows, strict=True)
        )
        return Take(pieces, noise(item.seed, max(piece.end for piece in pieces), self._channels))

    def denoise(
        self,
        takes: Sequence[Take],
        settings: Settings,
        on_step: Callable[[int, int], None],
        cancelled: Callable[[int], bool],
    ) -> list[Denoised]:
        """Latents of TAKES, all windows of all of them in step."""
        done: list[Denoised] = denoise(
            self.velocity, takes, settings.steps, settings.guidance, on_step, cancelled, self.step
        )
        return done

    @torch.inference_mode()
    def sound(self, latents: Tensor) -> Tensor:
        """LATENTS (L, 128) as sound (1, 960 L) float32 on the CPU."""
        decoded = self.autoencoder.decode(latents.T[None].float(), _DECODED_AT_ONCE)
        return decoded[0].cpu()


def served(transformer: FoleyTransformer) -> tuple[Velocity, Step]:
    """TRANSFORMER as jobs are served by it: on NVIDIA cards with kernels of our own, recorded."""
    if transformer.device.type != "cuda":
        velocity = Velocity(transformer, PlainOps())
        return velocity, velocity
    from foleyd.engines.hunyuan.kernels import KernelOps
    from foleyd.engines.hunyuan.record import Recorder

    velocity = Velocity(transformer, KernelOps())
    return velocity, Recorder(velocity)


def _with_slack(window: Window) -> Window:
    """A later window may begin up to half a latent early; it must be that much longer to cover its end."""
    slack = SAMPLES_PER_LATENT if window.start else 0
    return replace(window, duration=window.duration + slack)


def _conditions(window: Window, features: Features, prompt: Tensor, negative: Tensor) -> Conditions:
    """What WINDOW is to sound like; features with nothing in them are a request of text only."""
    if not features.arrays:
        ticks = ticks_to_cover(_with_slack(window).duration)
        visual, moments = sight_ticks(ticks), SYNC_TOKENS * segments(ticks)
        return Conditions(latent_length(ticks), prompt, negative, visual=visual, moments=moments)
    clip, sync = (torch.from_numpy(features.arrays[name].copy()) for name in ("clip", "sync"))
    return Conditions(latent_length(int(features.arrays["ticks"][0])), prompt, negative, clip, sync)
