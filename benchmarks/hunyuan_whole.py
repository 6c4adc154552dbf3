"""From a clip's file to sound on this machine's card, and what each stage takes, warm and cold.

Run ``python -m benchmarks.hunyuan_whole [--size xxl|xl] [--memory auto|full|8bit|offload] [--seconds 10]
[--folder DIR] [--json FILE]``. Weights are random, at full size, written once below DIR in the layout that
``foley models convert`` writes, and loaded from there. The clip is 1080p25 H.264 at 5.5 Mbit/s, made here.
"""

from __future__ import annotations

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from benchmarks.clip import make_clip
from benchmarks.hunyuan_denoise import SIZES, random_model
from benchmarks.hunyuan_published import made_tokenizer
from foleyd.cue import FrameRange, Media, Program, Shot
from foleyd.engines.engine import Audio, Frame, Item, Window
from foleyd.engines.hunyuan.autoencoder import FoleyAutoencoder
from foleyd.engines.hunyuan.engine import HunyuanEngine
from foleyd.engines.hunyuan.picture import small_pictures
from foleyd.engines.hunyuan.synchformer import SynchformerVision
from foleyd.media.ahead import read_ahead
from foleyd.media.picture import program_frames
from foleyd.media.probe import probe
from foleyd.timebase import Timecode

RATE = 48_000
PROMPT = "footsteps on gravel, light rain"
RUNS = 3


def write_weights(folder: Path, size: str) -> Path:
    """All five models of SIZE, random, below FOLDER; what is there already is kept."""
    if (folder / "transformer" / "config.json").exists():
        return folder
    transformer = random_model(size, torch.float16)
    _write(transformer, folder / "transformer", torch.float16)
    del transformer
    torch.cuda.empty_cache()
    torch.manual_seed(1)
    _write(SynchformerVision(), folder / "synchformer", torch.float16)
    _write(FoleyAutoencoder(), folder / "autoencoder", torch.float32)
    _write_siglip(folder / "siglip2")
    _write_clap(folder / "clap")
    return folder


def _write(module: Any, folder: Path, dtype: torch.dtype) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    state = {name: value.to(dtype).contiguous() for name, value in module.state_dict().items()}
    names = list(state)
    for part, first in enumerate(range(0, len(names), 256)):
        shard = {name: state[name] for name in names[first : first + 256]}
        save_file(shard, folder / f"diffusion_pytorch_model-{part:05d}.safetensors")
    module.save_config(folder)


def _write_siglip(folder: Path) -> None:
    from transformers import SiglipVisionConfig, SiglipVisionModel

    config = SiglipVisionConfig(image_size=512, patch_size=16, hidden_act="gelu_pytorch_tanh")
    SiglipVisionModel(config).half().save_pretrained(folder)


def _write_clap(folder: Path) -> None:
    from transformers import ClapTextConfig, ClapTextModelWithProjection

    ClapTextModelWithProjection(ClapTextConfig()).save_pretrained(folder)
    made_tokenizer().save_pretrained(folder)


class BenchEngine(HunyuanEngine):
    """The engine with the weights of a folder of the benchmark's."""

    home: Path

    def _home(self) -> Path:
        return self.home


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    torch.cuda.synchronize()
    began = time.perf_counter()
    made = work()
    torch.cuda.synchronize()
    return time.perf_counter() - began, made


def median(work: Callable[[], Any]) -> float:
    return statistics.median(timed(work)[0] for _ in range(RUNS))


def frames_of(clip: Path) -> Iterator[Frame]:
    """The clip's frames as foleyd's picture room yields them, decoded ahead."""
    info = probe(clip)
    assert info.frames is not None
    shot = Shot("a", clip.name, Media(clip), Fraction(0), FrameRange(0, info.frames))
    program = Program(Timecode(0, info.rate), (shot,), info.frames)
    return read_ahead(program_frames(program))


def stages(engine: BenchEngine, clip: Path, seconds: float) -> dict[str, float]:
    """Seconds of each stage, warm."""
    pipeline = engine._loaded()
    window = Window(Fraction(0), round(seconds * RATE))
    found: dict[str, float] = {}

    def count() -> int:
        return sum(1 for _ in frames_of(clip))

    found["decode alone"] = median(count)
    found["decode and shrink"] = median(lambda: small_pictures(frames_of(clip), window))
    pictures = small_pictures(frames_of(clip), window)
    found["SigLIP2"] = median(lambda: pipeline.vision(pictures.sight))
    found["Synchformer"] = median(lambda: pipeline.sync(pictures.sync, pictures.sync_index))
    found["see, in all"] = median(lambda: engine.encode(frames_of(clip), window, {}))
    features = engine.encode(frames_of(clip), window, {})
    numbers = iter(range(1000))

    def hear() -> None:
        item = Item([(window, features)], f"{PROMPT} {next(numbers)}", "", 1, window.duration)
        (audio,) = engine.generate([item], lambda done, total: None, lambda index: False)
        assert isinstance(audio, Audio)

    found["hear, a new prompt"] = median(hear)
    latents = torch.randn(round(seconds * 50), 128, device=pipeline.velocity.device)
    found["autoencoder"] = median(lambda: pipeline.sound(latents))
    found["clip to sound"] = found["see, in all"] + found["hear, a new prompt"]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", choices=SIZES, default="xxl")
    parser.add_argument("--memory", default="auto")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "foleyd-random")
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    engine = BenchEngine()
    engine.home = write_weights(arguments.folder / f"hunyuan-{arguments.size}", arguments.size)
    clip = make_clip(arguments.folder / "clip.mp4", round(arguments.seconds))
    found: dict[str, Any] = {"card": torch.cuda.get_device_name()}
    for name in ("load", "load again"):
        torch.cuda.reset_peak_memory_stats()
        began = time.perf_counter()
        report = engine.load("cuda", arguments.memory, lambda fraction, words: None)
        found[name] = time.perf_counter() - began
        print(f"{name:<20}{found[name]:8.2f} s  {report.note}", flush=True)
        if name == "load":
            engine.unload()
    found |= stages(engine, clip, arguments.seconds)
    found["peak_gib"] = torch.cuda.max_memory_allocated() / 2**30
    for name, value in found.items():
        if isinstance(value, float) and not name.startswith(("load", "peak")):
            print(f"{name:<20}{value:8.3f} s")
    print(f"{'peak memory':<20}{found['peak_gib']:8.2f} GiB on {found['card']}")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
