"""Files laid out as the published ones are, tiny and random: names and shapes by model-spec.md 4, 5 and 7."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

HIDDEN, HEADS, TRIPLE, SINGLE, INNER = 64, 2, 2, 3, 256
WIDTH = 64
"""Of all conditions."""
TINY = {"triple_depth": TRIPLE, "single_depth": SINGLE, "hidden_size": HIDDEN}
LICENCE_TEXT = "A licence for the tests.\n1. Do as you like, but do not tell.\n"
RATES = (8, 5, 4, 3, 2)
VAE_KWARGS = {
    "encoder_dim": 4, "encoder_rates": [2, 3, 4, 5, 8], "latent_dim": 128, "decoder_dim": 64,
    "decoder_rates": list(RATES), "n_codebooks": 9, "codebook_size": 1024, "codebook_dim": 8,
    "quantizer_dropout": False, "sample_rate": 48000, "continuous": True,
}  # fmt: skip

Shapes = dict[str, tuple[int, ...]]


def affine(name: str, out: int, *rest: int) -> Shapes:
    return {f"{name}.weight": (out, *rest), f"{name}.bias": (out,)}


def transformer_shapes() -> Shapes:
    h, head = HIDDEN, HIDDEN // HEADS
    shapes: Shapes = {
        "sync_pos_emb": (1, 1, 8, WIDTH), "empty_clip_feat": (1, WIDTH), "empty_sync_feat": (1, WIDTH),
        "visual_proj.w1.weight": (h, WIDTH), "visual_proj.w3.weight": (h, WIDTH),
        "visual_proj.w2.weight": (h, h),
        "sync_in.2.w1.weight": (INNER, h, 1), "sync_in.2.w2.weight": (h, INNER, 1),
        "sync_in.2.w3.weight": (INNER, h, 1),
    }  # fmt: skip
    shapes |= affine("audio_embedder.proj", h, 128, 1) | affine("sync_in.0", h, WIDTH)
    shapes |= affine("cond_in.linear_1", h, WIDTH) | affine("cond_in.linear_2", h, h)
    shapes |= affine("time_in.mlp.0", h, 256) | affine("time_in.mlp.2", h, h)
    shapes |= affine("final_layer.linear", 128, h) | affine("final_layer.adaLN_modulation.1", 2 * h, h)
    for i in range(TRIPLE):
        b = f"triple_blocks.{i}."
        for stream in ("audio", "v_cond"):
            own = "audio_self" if stream == "audio" else "v_cond"
            qkv, norm = f"{own}_attn", "audio_self" if stream == "audio" else "v_cond_attn"
            shapes |= affine(f"{b}{stream}_mod.linear", 9 * h, h) | affine(f"{b}{qkv}_qkv", 3 * h, h)
            shapes |= affine(f"{b}{stream}_self_proj", h, h) | affine(f"{b}{stream}_cross_q", h, h)
            shapes |= affine(f"{b}{stream}_cross_proj", h, h)
            shapes |= affine(f"{b}{stream}_mlp.fc1", 4 * h, h) | affine(f"{b}{stream}_mlp.fc2", h, 4 * h)
            shapes |= {f"{b}{norm}_q_norm.weight": (head,), f"{b}{norm}_k_norm.weight": (head,)}
            shapes |= {f"{b}{stream}_cross_q_norm.weight": (head,)}
        shapes |= affine(f"{b}text_cross_kv", 2 * h, h) | {f"{b}text_cross_k_norm.weight": (head,)}
    for i in range(SINGLE):
        b = f"single_blocks.{i}."
        shapes |= affine(f"{b}modulation.linear", 6 * h, h) | affine(f"{b}linear_qkv", 3 * h, h)
        shapes |= affine(f"{b}linear1", h, h, 3)
        shapes |= {f"{b}linear2.w1.weight": (INNER, h, 3), f"{b}linear2.w2.weight": (h, INNER, 3)}
        shapes |= {f"{b}linear2.w3.weight": (INNER, h, 3)}
        shapes |= {f"{b}q_norm.weight": (head,), f"{b}k_norm.weight": (head,)}
    return shapes


def weight_normed(name: str, out: int, *rest: int, bias: int = 0) -> Shapes:
    return {
        f"{name}.bias": (bias or out,),
        f"{name}.weight_g": (out, 1, 1),
        f"{name}.weight_v": (out, *rest),
    }


def residual(name: str, width: int) -> Shapes:
    shapes: Shapes = {f"{name}.block.{n}.alpha": (1, width, 1) for n in (0, 2)}
    shapes |= weight_normed(f"{name}.block.1", width, width, 7)
    return shapes | weight_normed(f"{name}.block.3", width, width, 1)


def autoencoder_shapes() -> Shapes:
    width = VAE_KWARGS["decoder_dim"]
    assert isinstance(width, int)
    shapes = weight_normed("decoder.model.0", width, 128, 7)
    for number, rate in enumerate(RATES, 1):
        b, half = f"decoder.model.{number}.block", width // 2
        shapes |= {f"{b}.0.alpha": (1, width, 1)}
        shapes |= weight_normed(f"{b}.1", width, half, 2 * rate, bias=half)
        for unit in (2, 3, 4):
            shapes |= residual(f"{b}.{unit}", half)
        width = half
    shapes |= {"decoder.model.6.alpha": (1, width, 1)} | weight_normed("decoder.model.7", 1, width, 7)
    shapes |= weight_normed("encoder.block.0", 4, 1, 7)
    width = 4
    for number, rate in enumerate(reversed(RATES), 1):
        for unit in (0, 1, 2):
            shapes |= residual(f"encoder.block.{number}.block.{unit}", width)
        shapes |= {f"encoder.block.{number}.block.3.alpha": (1, width, 1)}
        shapes |= weight_normed(f"encoder.block.{number}.block.4", 2 * width, width, 2 * rate)
        width *= 2
    shapes |= {"encoder.block.6.alpha": (1, width, 1)} | weight_normed("encoder.block.7", 128, width, 3)
    return shapes | affine("quant_conv", 256, 128, 1) | affine("post_quant_conv", 128, 128, 1)


def synchformer_shapes(width: int = WIDTH, depth: int = 2) -> Shapes:
    p = "vfeat_extractor."
    shapes: Shapes = {
        f"{p}cls_token": (1, 1, width), f"{p}pos_embed": (1, 197, width), f"{p}temp_embed": (1, 8, width),
        f"{p}spatial_attn_agg.cls_token": (1, 1, width),
        f"{p}spatial_attn_agg.self_attn.in_proj_weight": (3 * width, width),
        f"{p}spatial_attn_agg.self_attn.in_proj_bias": (3 * width,),
        "afeat_extractor.ast.embeddings.cls_token": (1, 1, width), "transformer.OFF_tok": (1, 1, width),
    }  # fmt: skip
    shapes |= affine(f"{p}patch_embed.proj", width, 3, 16, 16) | affine("vproj", width, width)
    shapes |= affine(f"{p}patch_embed_3d.proj", width, 3, 2, 16, 16) | affine("aproj", width, width)
    shapes |= affine(f"{p}spatial_attn_agg.self_attn.out_proj", width, width)
    for name in (f"{p}norm", f"{p}spatial_attn_agg.norm1", f"{p}spatial_attn_agg.norm2"):
        shapes |= affine(name, width)
    shapes |= affine(f"{p}spatial_attn_agg.linear1", 4 * width, width)
    shapes |= affine(f"{p}spatial_attn_agg.linear2", width, 4 * width)
    for i in range(depth):
        b = f"{p}blocks.{i}."
        for name in ("norm1", "norm2", "norm3"):
            shapes |= affine(b + name, width)
        for name in ("attn", "timeattn"):
            shapes |= affine(f"{b}{name}.qkv", 3 * width, width) | affine(f"{b}{name}.proj", width, width)
        shapes |= affine(f"{b}mlp.fc1", 4 * width, width) | affine(f"{b}mlp.fc2", width, 4 * width)
    return shapes


def randoms(shapes: Shapes, dtype: torch.dtype = torch.float32, seed: int = 0) -> dict[str, Tensor]:
    generator = torch.Generator().manual_seed(seed)
    return {name: (0.1 * torch.randn(shape, generator=generator)).to(dtype) for name, shape in shapes.items()}


def write_siglip(folder: Path) -> None:
    from transformers import SiglipConfig, SiglipModel

    sizes: dict[str, Any] = {"hidden_size": WIDTH, "intermediate_size": 64, "num_attention_heads": 2}
    vision = {**sizes, "num_hidden_layers": 2, "image_size": 512, "patch_size": 128}
    text = {**sizes, "num_hidden_layers": 1, "vocab_size": 64, "bos_token_id": 0, "eos_token_id": 2}
    torch.manual_seed(1)
    SiglipModel(SiglipConfig(vision_config=vision, text_config=text)).save_pretrained(folder)
    (folder / "preprocessor_config.json").write_text('{"image_mean": [0.5, 0.5, 0.5]}')


def write_clap(folder: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import ClapConfig, ClapModel, RobertaTokenizerFast

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocab = {word: n for n, word in enumerate(["<s>", "<pad>", "</s>", "<unk>", "<mask>", *letters])}
    tokenizer = Tokenizer(models.BPE(vocab=vocab, merges=[], unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0))
    text = {
        "hidden_size": WIDTH, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2,
        "vocab_size": len(vocab),
    }  # fmt: skip
    audio = {
        "patch_embeds_hidden_size": 16, "depths": [1, 1], "num_attention_heads": [1, 1], "hidden_size": 32,
        "num_mel_bins": 64, "spec_size": 64,
    }  # fmt: skip
    torch.manual_seed(2)
    ClapModel(ClapConfig(text_config=text, audio_config=audio)).save_pretrained(folder)
    RobertaTokenizerFast(tokenizer_object=tokenizer).save_pretrained(folder)


def write_published(folder: Path, *, licence: bool = True) -> Path:
    """A folder as one has it after downloading everything by hand."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.save(randoms(transformer_shapes(), torch.bfloat16), folder / "hunyuanvideo_foley.pth")
    torch.save(
        {"state_dict": randoms(autoencoder_shapes(), seed=1), "metadata": {"kwargs": VAE_KWARGS}},
        folder / "vae_128d_48k.pth",
    )
    torch.save(randoms(synchformer_shapes(), seed=2), folder / "synchformer_state_dict.pth")
    (folder / "siglip2").mkdir(exist_ok=True)
    write_siglip(folder / "siglip2")
    (folder / "clap").mkdir(exist_ok=True)
    write_clap(folder / "clap")
    if licence:
        (folder / "LICENSE").write_text(LICENCE_TEXT)
    return folder


def digest_table(folder: Path) -> str:
    """What lies in FOLDER, for comparing."""
    import hashlib

    return json.dumps(
        {
            str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        },
        indent=1,
    )
