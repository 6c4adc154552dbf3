"""Published files become ours: each tensor has its place, and a file that is wrong ends in a sentence."""

from __future__ import annotations

import json
import os
import pickle
import random
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from foleyd.engines.hunyuan.checkpoint import (
    AUTOENCODER,
    SYNCHFORMER,
    TRANSFORMER,
    load_published,
    plan_for,
)
from foleyd.engines.hunyuan.errors import CheckpointError, TooLarge
from foleyd.engines.hunyuan.plan import kind_of
from foleyd.engines.hunyuan.tensor_files import TensorFile, read_tensors
from hunyuan.published import HIDDEN, SINGLE, TINY, autoencoder_shapes, randoms, transformer_shapes

KEYS = Path(__file__).parents[1] / "data" / "golden" / "keys"
XL = {"triple_depth": 12, "single_depth": 24, "hidden_size": 1408, "heads": 11, "conv_inner": 3840}
XXL = {"triple_depth": 18, "single_depth": 36, "hidden_size": 1536, "heads": 12, "conv_inner": 4096}

torch.set_num_threads(1)


def keys_of(name: str) -> tuple[dict[str, Any], TensorFile]:
    """A key list of the golden data, and a file that has such tensors."""
    listed = json.loads((KEYS / f"{name}.json").read_text())
    shapes = {key: tuple(value["shape"]) for key, value in listed["keys"].items()}
    return listed, TensorFile(Path(listed["checkpoint_file"]), shapes)


@pytest.fixture
def published() -> dict[str, Tensor]:
    return randoms(transformer_shapes())


def save(tensors: dict[str, Tensor], path: Path) -> Path:
    if path.suffix == ".pth":
        torch.save(tensors, path)
    else:
        save_file(tensors, path)
    return path


# ------------------------------------------------------------------------------------------- the names


@pytest.mark.parametrize(("name", "size"), [("dit_xl", XL), ("dit_xxl", XXL)])
def test_every_published_name_of_the_transformer_has_its_place(name: str, size: dict[str, int]) -> None:
    listed, file = keys_of(name)
    plan = plan_for(file, TRANSFORMER, size)
    assert {key: plan.config[key] for key in size} == size
    assert plan.unknown == ()
    assert plan.unused == ("final_layer.adaLN_modulation.1.weight", "final_layer.adaLN_modulation.1.bias")
    dropped = sum(listed["keys"][key]["params"] for key in plan.unused)
    assert plan.parameters + dropped == listed["total_parameters"]
    used = [source for step in plan.steps for source in step.sources]
    assert len(used) == len(set(used)) == listed["total_keys"] - 2


def test_every_published_name_of_the_sync_encoder_has_its_place_or_is_known_to_be_unused() -> None:
    listed, file = keys_of("synchformer")
    plan = plan_for(file, SYNCHFORMER)
    assert plan.unknown == ()
    unused = sum(listed["keys"][key]["params"] for key in listed["visual_branch_unused_keys"])
    assert plan.parameters + unused == listed["visual_branch_parameters"]
    assert set(listed["visual_branch_unused_keys"]) <= set(plan.unused)
    assert {name.partition(".")[0] for name in plan.unused} == {
        "vfeat_extractor", "afeat_extractor", "vproj", "aproj", "transformer",
    }  # fmt: skip
    sizes = {
        "width": 768,
        "depth": 12,
        "heads": 12,
        "image_size": 224,
        "segment_frames": 16,
        "patch_size": 16,
    }
    assert {key: plan.config[key] for key in sizes} == sizes


@pytest.mark.parametrize("metadata", [True, False])
def test_every_published_name_of_the_autoencoder_has_its_place(metadata: bool) -> None:
    listed, file = keys_of("dac_vae_128d_48k")
    file = TensorFile(file.path, file.shapes, listed["kwargs"] if metadata else {})
    sizes = ("encoder_dim", "encoder_rates", "latent_dim", "decoder_dim", "decoder_rates", "sample_rate")
    whole = plan_for(file, AUTOENCODER, {key: listed["kwargs"][key] for key in sizes}, with_encoder=True)
    assert (whole.unused, whole.unknown) == ((), ())
    assert {name for step in whole.steps for name in step.sources} == set(file.shapes)
    # Folding a weight does away with its lengths, one for each place on its first axis.
    lengths = {key: value["params"] for key, value in listed["keys"].items() if key.endswith("weight_g")}
    assert whole.parameters + sum(lengths.values()) == listed["total_parameters"]
    decoder = plan_for(file, AUTOENCODER)
    folded = sum(count for key, count in lengths.items() if key.startswith("decoder."))
    assert decoder.parameters + folded == listed["decode_only_parameters"]
    assert {name.partition(".")[0] for name in decoder.unused} == {"encoder", "quant_conv"}


@pytest.mark.parametrize(
    "names", [("weight_v", "weight_g"), ("parametrizations.weight.original1",) * 2, None]
)
def test_weights_of_the_autoencoder_are_folded_whatever_their_pair_is_called(
    names: tuple[str, str] | None, tmp_path: Path
) -> None:
    tensors = randoms(autoencoder_shapes())
    v, g = (tensors[f"decoder.model.2.block.1.weight_{part}"] for part in ("v", "g"))
    expected = torch._weight_norm(v, g, 0)
    if names is None:
        layers = [name.removesuffix("_v") for name in tensors if name.endswith("weight_v")]
        for layer in layers:
            tensors[layer] = torch._weight_norm(tensors.pop(f"{layer}_v"), tensors.pop(f"{layer}_g"), 0)
    elif names[0] == names[1]:
        for old, new in (("weight_v", "original1"), ("weight_g", "original0")):
            for name in [name for name in tensors if name.endswith(old)]:
                tensors[name.removesuffix(old) + f"parametrizations.weight.{new}"] = tensors.pop(name)
    path = save(tensors, tmp_path / "vae.safetensors")
    module, plan = load_published(path, AUTOENCODER, torch.float32, with_encoder=True)
    torch.testing.assert_close(module.get_parameter("decoder.model.2.block.1.weight"), expected)
    assert plan.config["decoder_rates"] == [8, 5, 4, 3, 2]
    assert plan.config["encoder_rates"] == [2, 3, 4, 5, 8]


def test_metadata_that_lies_about_the_autoencoder_is_refused(tmp_path: Path) -> None:
    tensors = randoms(autoencoder_shapes())
    torch.save({"state_dict": tensors, "metadata": {"kwargs": {"decoder_dim": 32}}}, tmp_path / "vae.pth")
    with pytest.raises(CheckpointError, match="tensors have shapes that do not fit: "):
        load_published(tmp_path / "vae.pth", AUTOENCODER)
    odd = {"decoder_rates": "none", "novel": object, "latent_dim": -5.5, "encoder_dim": True}
    file = TensorFile(tmp_path / "vae.pth", autoencoder_shapes(), odd)
    assert plan_for(file, AUTOENCODER).config["latent_dim"] == 128


def test_rows_of_a_single_block_are_regrouped_and_taps_kept_apart(
    published: dict[str, Tensor], tmp_path: Path
) -> None:
    module, _ = load_published(save(published, tmp_path / "a.pth"), TRANSFORMER, torch.float32)
    ours = dict(module.named_parameters())
    theirs, bias = (published[f"single_blocks.1.linear_qkv.{part}"] for part in ("weight", "bias"))
    for k in range(3):
        for place in (0, 5, HIDDEN - 1):
            assert torch.equal(ours["single_blocks.1.qkv.weight"][k * HIDDEN + place], theirs[place * 3 + k])
            assert ours["single_blocks.1.qkv.bias"][k * HIDDEN + place] == bias[place * 3 + k]
    convolution = published["single_blocks.2.linear1.weight"]
    x = torch.randn(1, HIDDEN, 7)
    expected = torch.nn.functional.conv1d(x, convolution, padding=1)[0].T
    padded = torch.nn.functional.pad(x[0].T, (0, 0, 1, 1))
    before, own, after = ours["single_blocks.2.out.weight"].chunk(3)
    sum_of_taps = padded[:-2] @ before.T + padded[1:-1] @ own.T + padded[2:] @ after.T
    torch.testing.assert_close(sum_of_taps, expected, atol=1e-5, rtol=1e-5)
    gate, up = ours["single_blocks.0.mlp_in.weight"].chunk(2)
    assert torch.equal(gate[:, :HIDDEN], published["single_blocks.0.linear2.w1.weight"][:, :, 0])
    assert torch.equal(up[:, 2 * HIDDEN :], published["single_blocks.0.linear2.w3.weight"][:, :, 2])


def test_modulations_of_single_blocks_are_stacked_in_order(
    published: dict[str, Tensor], tmp_path: Path
) -> None:
    module, _ = load_published(save(published, tmp_path / "a.safetensors"), TRANSFORMER, torch.float32)
    stacked = module.get_parameter("single_modulation.weight").chunk(SINGLE)
    for i, part in enumerate(stacked):
        assert torch.equal(part, published[f"single_blocks.{i}.modulation.linear.weight"])
    assert torch.equal(module.get_parameter("sync_position"), published["sync_pos_emb"][0, 0])
    assert torch.equal(
        module.get_parameter("visual_in.gate_up.weight")[HIDDEN:], published["visual_proj.w3.weight"]
    )


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_a_loaded_model_is_whole_and_of_one_precision(
    name: str, published: dict[str, Tensor], tmp_path: Path
) -> None:
    module, plan = load_published(save(published, tmp_path / name), TRANSFORMER)
    assert {p.dtype for p in module.parameters()} == {torch.float16}
    assert {p.device.type for p in [*module.parameters(), *module.buffers()]} == {"cpu"}
    assert plan.warnings == ()


def test_names_under_a_prefix_or_one_level_down_are_found(
    published: dict[str, Tensor], tmp_path: Path
) -> None:
    under = {f"model.diffusion_model.{name}": tensor for name, tensor in published.items()}
    assert read_tensors(save(under, tmp_path / "a.safetensors")).shapes.keys() == published.keys()
    torch.save({"state_dict": published, "step": 3}, tmp_path / "b.pth")
    assert read_tensors(tmp_path / "b.pth").shapes.keys() == published.keys()


def test_what_is_not_known_is_reported_and_left_out(published: dict[str, Tensor], tmp_path: Path) -> None:
    published["novelty.weight"] = torch.zeros(3)
    _, plan = load_published(save(published, tmp_path / "a.pth"), TRANSFORMER)
    assert plan.unknown == ("novelty.weight",)
    assert plan.warnings == ("a.pth holds tensors that foleyd does not know and leaves out: novelty.weight",)


def test_files_in_several_parts_are_read_by_their_index(published: dict[str, Tensor], tmp_path: Path) -> None:
    names = sorted(published)
    where = {name: f"part-{n % 2}.safetensors" for n, name in enumerate(names)}
    for part in set(where.values()):
        save({name: published[name] for name in names if where[name] == part}, tmp_path / part)
    index = tmp_path / "m.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": where}))
    module, _ = load_published(index, TRANSFORMER, torch.float32)
    assert torch.equal(module.get_parameter("empty_clip"), published["empty_clip_feat"][0])
    for stray in ("../part-0.safetensors", "/etc/passwd", "a\\b.safetensors"):
        index.write_text(json.dumps({"weight_map": {**where, names[0]: stray}}))
        with pytest.raises(CheckpointError, match="no file beside it"):
            read_tensors(index)


# --------------------------------------------------------------------------------------------- 8 bits


def quantised(
    tensors: dict[str, Tensor], dtype: torch.dtype, suffix: str, *, rows: bool
) -> dict[str, Tensor]:
    """Matrices in 8 bits with their scales; biases and norms in 16, as such files have them."""
    small: dict[str, Tensor] = {}
    for name, tensor in tensors.items():
        if tensor.dim() < 2 or not name.endswith(".weight"):
            small[name] = tensor.half()
            continue
        largest = tensor.abs().flatten(1).amax(1) if rows else tensor.abs().max()
        scale = largest / torch.finfo(dtype).max if suffix else torch.ones_like(largest)
        small[name] = (tensor / scale.reshape(-1, *[1] * (tensor.dim() - 1))).to(dtype)
        if suffix:
            small[name.removesuffix("weight") + suffix] = scale[:, None] if rows else scale
    if suffix == "scale_weight":
        small["scaled_fp8"] = torch.zeros(0, dtype=dtype)
        small["audio_embedder.proj.scale_input"] = torch.ones(())
    return small


@pytest.mark.parametrize("rows", [False, True], ids=["tensor", "row"])
@pytest.mark.parametrize("suffix", ["", "weight_scale", "scale_weight"])
@pytest.mark.parametrize("dtype", [torch.float8_e4m3fn, torch.float8_e5m2])
def test_weights_of_8_bits_are_widened_by_their_scales(
    dtype: torch.dtype, suffix: str, rows: bool, published: dict[str, Tensor], tmp_path: Path
) -> None:
    path = save(quantised(published, dtype, suffix, rows=rows), tmp_path / "a.safetensors")
    module, plan = load_published(path, TRANSFORMER, torch.float32)
    assert plan.unknown == ()
    step = 2.0**-3 if dtype == torch.float8_e4m3fn else 2.0**-2
    for name in ("text_in.linear_1.weight", "triple_blocks.1.visual.mlp_out.weight"):
        source = {"text_in.linear_1.weight": "cond_in.linear_1.weight"}.get(
            name, "triple_blocks.1.v_cond_mlp.fc2.weight"
        )
        off = (module.get_parameter(name) - published[source]).abs()
        assert bool((off <= step * published[source].abs() + 2e-3).all())
        assert float(off.max()) > 0


def test_scales_in_blocks_and_whole_numbers_are_refused(published: dict[str, Tensor], tmp_path: Path) -> None:
    name = "cond_in.linear_2.weight"
    published[name] = published[name].to(torch.float8_e4m3fn)
    published[f"{name}_scale"] = torch.ones(2, 2)
    with pytest.raises(CheckpointError, match=r"scales of cond_in.linear_2.weight come in blocks"):
        load_published(save(published, tmp_path / "a.safetensors"), TRANSFORMER)
    published[name] = torch.zeros(HIDDEN, HIDDEN, dtype=torch.int8)
    with pytest.raises(CheckpointError, match="stored as int8"):
        load_published(save(published, tmp_path / "b.safetensors"), TRANSFORMER)


# ------------------------------------------------------------------------------------------- bad files


def test_a_file_that_lacks_tensors_or_has_others_is_refused_by_name(
    published: dict[str, Tensor], tmp_path: Path
) -> None:
    lacking = {name: t for name, t in published.items() if name != "triple_blocks.1.audio_cross_q.bias"}
    with pytest.raises(CheckpointError, match=r"not whole: it lacks triple_blocks.1.audio_cross_q.bias"):
        load_published(save(lacking, tmp_path / "a.pth"), TRANSFORMER)
    published["single_blocks.0.linear1.weight"] = torch.zeros(HIDDEN, HIDDEN, 2)
    with pytest.raises(CheckpointError, match=r"do not fit: single_blocks.0.linear1.weight \(64, 64, 2\)"):
        load_published(save(published, tmp_path / "b.pth"), TRANSFORMER)


def test_a_model_of_another_size_or_cut_short_is_refused(
    published: dict[str, Tensor], tmp_path: Path
) -> None:
    file = read_tensors(save(published, tmp_path / "a.pth"))
    plan_for(file, TRANSFORMER, TINY)
    with pytest.raises(
        CheckpointError, match=r"another size, or not whole \(hidden_size 64 instead of 1536\)"
    ):
        plan_for(file, TRANSFORMER, {**TINY, "hidden_size": 1536})


def test_swapped_files_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "vae_128d_48k.pth"
    torch.save({"state_dict": randoms(autoencoder_shapes()), "metadata": {"kwargs": {}}}, path)
    with pytest.raises(CheckpointError, match=r"the weights of the autoencoder, not of the transformer"):
        load_published(path, TRANSFORMER)
    torch.save({"linear.weight": torch.zeros(2, 2)}, path)
    with pytest.raises(
        CheckpointError, match=r"no weights of the transformer but tensors called linear.weight"
    ):
        load_published(path, TRANSFORMER)
    assert kind_of(["vision_model.embeddings.x"]) == "SigLIP2"


class Runs:
    """What a file must not be able to do."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("zipped", [True, False])
def test_a_file_with_code_is_refused_and_nothing_of_it_runs(zipped: bool, tmp_path: Path) -> None:
    path = tmp_path / "a.pth"
    weights = {"triple_blocks.0.x": torch.zeros(1), "more": Runs(tmp_path / "ran")}
    torch.save(weights, path, _use_new_zipfile_serialization=zipped)
    with pytest.raises(
        CheckpointError, match=r"more than weights \((posix|nt)\.mkdir\).*nothing of it was run\. Do not"
    ):
        read_tensors(path)
    path.write_bytes(pickle.dumps(Runs(tmp_path / "ran")))
    with pytest.raises(CheckpointError, match="is damaged or cut off"):
        read_tensors(path)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "is empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "a Git LFS pointer"),
        (b"<!DOCTYPE html><html>Not found", "is a web page and no weights"),
        (b"what is this? " * 40, "is damaged or cut off"),
        (b"PK\x03\x04" + bytes(300), "is damaged or cut off"),
    ],
)
@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
def test_what_is_no_file_of_weights_is_said_plainly(
    name: str, content: bytes, sentence: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(CheckpointError, match=sentence):
        read_tensors(tmp_path / name)


def test_an_archive_that_would_grow_is_not_opened(published: dict[str, Tensor], tmp_path: Path) -> None:
    stored, packed = save(published, tmp_path / "a.pth"), tmp_path / "b.pth"
    with zipfile.ZipFile(stored) as whole, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as small:
        for entry in whole.infolist():
            small.writestr(entry.filename, whole.read(entry))
    with pytest.raises(CheckpointError, match="is a compressed archive"):
        read_tensors(packed)


@pytest.mark.filterwarnings("ignore")
def test_files_with_random_damage_are_read_or_refused(published: dict[str, Tensor], tmp_path: Path) -> None:
    chance = random.Random(3)
    for name in ("a.pth", "a.safetensors"):
        whole = save(published, tmp_path / name).read_bytes()
        for _ in range(60):
            damaged = bytearray(whole)
            for _ in range(chance.choice((1, 3, 9))):
                at = chance.randrange(20_000) if chance.random() < 0.6 else -1 - chance.randrange(20_000)
                damaged[at] = chance.randrange(256)
            (tmp_path / name).write_bytes(damaged)
            with suppress(CheckpointError):
                load_published(tmp_path / name, TRANSFORMER)


@pytest.mark.parametrize("name", ["a.pth", "a.safetensors"])
@pytest.mark.parametrize("part", [0.02, 0.5, 0.999])
def test_a_file_cut_off_anywhere_is_refused(
    name: str, part: float, published: dict[str, Tensor], tmp_path: Path
) -> None:
    path = save(published, tmp_path / name)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    with pytest.raises(CheckpointError, match="is damaged or cut off"):
        load_published(path, TRANSFORMER)


def test_missing_files_folders_and_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="is not there"):
        read_tensors(tmp_path / "a.pth")
    (tmp_path / "b.pth").mkdir()
    with pytest.raises(CheckpointError, match="cannot be read"):
        read_tensors(tmp_path / "b.pth")
    (tmp_path / "c.gguf").write_bytes(b"GGUF")
    with pytest.raises(CheckpointError, match=r"it reads .pth and .safetensors"):
        read_tensors(tmp_path / "c.gguf")
    torch.save([torch.zeros(1)], tmp_path / "d.pth")
    with pytest.raises(CheckpointError, match="holds a list and no table of weights"):
        read_tensors(tmp_path / "d.pth")


def test_tensors_that_pretend_to_be_huge_are_refused_before_they_are_read(
    published: dict[str, Tensor], tmp_path: Path
) -> None:
    published["time_in.mlp.0.weight"] = torch.zeros(1).expand(10**6, 256)
    with pytest.raises(CheckpointError, match="its sizes fit no transformer"):
        load_published(save(published, tmp_path / "a.pth"), TRANSFORMER)


def test_values_that_are_no_numbers_or_too_large_are_noticed(
    published: dict[str, Tensor], tmp_path: Path
) -> None:
    published["cond_in.linear_2.weight"][3, 3] = 1e6
    path = save(published, tmp_path / "a.pth")
    with pytest.raises(TooLarge, match=r"text_in.linear_2.weight has values beyond the range"):
        load_published(path, TRANSFORMER)
    module, _ = load_published(path, TRANSFORMER, torch.bfloat16)
    assert module.get_parameter("text_in.linear_2.weight")[3, 3] > 9e5
    published["cond_in.linear_2.weight"][3, 3] = float("nan")
    with pytest.raises(CheckpointError, match=r"cond_in.linear_2.weight holds values that are no numbers"):
        load_published(save(published, tmp_path / "b.pth"), TRANSFORMER)
