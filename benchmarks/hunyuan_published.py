"""Files of the published layout at full size, with random weights.

Names and shapes are those that tests/data/golden/keys records of the published files (model-spec.md 5, 4, 7).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

KEYS = Path(__file__).parents[1] / "tests" / "data" / "golden" / "keys"
TRANSFORMERS = {"xxl": ("dit_xxl", torch.bfloat16), "xl": ("dit_xl", torch.bfloat16)}


def write_published(folder: Path, size: str) -> Path:
    """Everything that one downloads for the model of SIZE, into FOLDER; what is there is kept."""
    if (folder / "LICENSE").exists():
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    name, dtype = TRANSFORMERS[size]
    record = _record(name)
    torch.save(_randoms(record["keys"], dtype), folder / record["checkpoint_file"])
    record = _record("dac_vae_128d_48k")
    torch.save(
        {"state_dict": _randoms(record["keys"], torch.float32), "metadata": {"kwargs": record["kwargs"]}},
        folder / record["checkpoint_file"],
    )
    record = _record("synchformer")
    torch.save(_randoms(record["keys"], torch.float32), folder / record["checkpoint_file"])
    _write_siglip(folder / "siglip2")
    _write_clap(folder / "clap")
    (folder / "LICENSE").write_text("Random numbers, made by a benchmark. Do with them as you like.\n")
    return folder


def _record(name: str) -> dict[str, Any]:
    record: dict[str, Any] = json.loads((KEYS / f"{name}.json").read_bytes())
    return record


def _randoms(keys: dict[str, Any], dtype: torch.dtype) -> dict[str, Tensor]:
    """Small normal numbers; norms' weights about 1, so that what goes through stays of a size."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    generator = torch.Generator(device).manual_seed(0)
    tensors = {}
    for name, about in keys.items():
        value = 0.02 * torch.randn(about["shape"], generator=generator, device=device)
        if ("norm" in name and name.endswith("weight")) or name.endswith(("alpha", "weight_g")):
            value += 1
        tensors[name] = value.to(dtype).cpu()
    return tensors


def _write_siglip(folder: Path) -> None:
    from transformers import SiglipConfig, SiglipModel

    vision = {"image_size": 512, "patch_size": 16, "hidden_act": "gelu_pytorch_tanh"}
    torch.manual_seed(1)
    model = SiglipModel(SiglipConfig(vision_config=vision, text_config={"num_hidden_layers": 1}))
    model.save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text('{"image_mean": [0.5, 0.5, 0.5]}')


def _write_clap(folder: Path) -> None:
    from transformers import ClapConfig, ClapModel

    torch.manual_seed(2)
    ClapModel(ClapConfig()).save_pretrained(folder)
    made_tokenizer().save_pretrained(folder)


def made_tokenizer() -> Any:
    """A tokenizer of CLAP's kind that knows letters only."""
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import RobertaTokenizerFast

    letters = [chr(code) for code in range(33, 127)] + ["Ġ"]
    vocab = {word: n for n, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>", *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    return RobertaTokenizerFast(tokenizer_object=tokenizer)
