"""Makes tests/data/golden: what the tests need of a golden folder, laid out like it.

    python -m tools.trim_golden GOLDEN [OUT]

A trimmer for each folder within GOLDEN returns the files to write; the manifest keeps their entries, with
sizes, hashes and tensors as trimmed. Files that no trimmer makes stay in OUT as they are.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from safetensors.torch import load_file, save_file
from torch import Tensor

OUT = Path(__file__).parents[1] / "tests" / "data" / "golden"

Content = dict[str, Tensor] | dict[str, Any] | Path
"""Of a .safetensors file, of a .json file, or a file to be copied."""
Trimmed = Iterator[tuple[str, Content]]

_PICTURES = ("landscape_90x160", "portrait_120x68")
_STREAMS = (
    "cfr_24fps_5s",
    "cfr_25fps_exactly_15s_plus",
    "cfr_59.94fps_2s",
    "vfr_random",
    "vfr_gap",
    "late_start_0s5",
    "negative_first",
    "too_short_15frames",
    "shortest_16frames",
    "n29_truncated_latent_length",
    "_table_cfr25",
)


def preprocess(golden: Path) -> Trimmed:
    """Two pictures, of most results a few rows; the frame streams that differ in kind; the small tables."""
    facts = json.loads((golden / "preprocess/images.json").read_text())
    yield "preprocess/images.json", facts | {"cases": {name: facts["cases"][name] for name in _PICTURES}}
    yield "preprocess/images.safetensors", dict(_rows(load_file(golden / "preprocess/images.safetensors")))
    streams = json.loads((golden / "preprocess/frame_sampling.json").read_text())
    yield "preprocess/frame_sampling.json", {name: streams[name] for name in _STREAMS}
    yield "preprocess/latent_length.json", golden / "preprocess/latent_length.json"
    table = json.loads((golden / "preprocess/nearest_exact.json").read_text())
    yield "preprocess/nearest_exact.json", table | {"full_tables": table["full_tables"][:3]}


def _rows(stored: dict[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in stored.items():
        if name.partition(".")[0] not in _PICTURES:
            continue
        if name.endswith((".frame", "_rows")):
            yield name, tensor
        elif tensor.shape[0] == 3:
            yield f"{name}_rows", tensor[:, :: 64 if tensor.shape[1] == 512 else 32]
        else:
            yield f"{name}_rows", tensor[::64]


def synchformer(golden: Path) -> Trimmed:
    """The tiny branch without what is never used, and its short case."""
    yield "synchformer/tiny_config.json", golden / "synchformer/tiny_config.json"
    weights = load_file(golden / "synchformer/tiny_weights.safetensors")
    used = {key: value for key, value in weights.items() if ".patch_embed." not in key}
    yield "synchformer/tiny_weights.safetensors", used
    stored = load_file(golden / "synchformer/tiny_cases.safetensors")
    shortest = min(
        (key.partition(".")[0] for key in stored), key=lambda name: stored[f"{name}.expected"].numel()
    )
    short = {key: value for key, value in stored.items() if key.startswith(f"{shortest}.")}
    yield "synchformer/tiny_cases.safetensors", short


def dac_vae_tiny(golden: Path) -> Trimmed:
    """The decoder and its short cases; the encoder is four times as large, the sampler has a longer case."""
    yield "dac_vae_tiny/config.json", golden / "dac_vae_tiny/config.json"
    weights = load_file(golden / "dac_vae_tiny/weights.safetensors")
    decoder = {
        key: value for key, value in weights.items() if key.startswith(("decoder.", "post_quant_conv."))
    }
    yield "dac_vae_tiny/weights.safetensors", decoder
    stored = load_file(golden / "dac_vae_tiny/cases.safetensors")
    decoded = {key: value for key, value in stored.items() if key.startswith("decode_b1_")}
    yield "dac_vae_tiny/cases.safetensors", decoded


def dit_tiny(golden: Path) -> Trimmed:
    """All weights in use; the case that has values on the way, and the shortest; the probes. No angles."""
    for name in ("config.json", "blocks.json"):
        yield f"dit_tiny/{name}", golden / "dit_tiny" / name
    weights = load_file(golden / "dit_tiny/weights.safetensors")
    used = {key: value for key, value in weights.items() if not key.startswith("final_layer.adaLN_")}
    yield "dit_tiny/weights.safetensors", used
    blocks = load_file(golden / "dit_tiny/blocks.safetensors")
    values = {key: value for key, value in blocks.items() if "rope" not in key and "pos_emb" not in key}
    yield "dit_tiny/blocks.safetensors", values
    stored = load_file(golden / "dit_tiny/cases.safetensors")
    facts = json.loads((golden / "dit_tiny/blocks.json").read_text())
    kept = {facts["intermediates"]["of_case"], "b2_0s64_minimum"}
    cases = {key: value for key, value in stored.items() if key.partition(".")[0] in kept}
    yield "dit_tiny/cases.safetensors", cases


def sampler(golden: Path) -> Trimmed:
    """The case of fewest steps, without the latents on the way."""
    facts = json.loads((golden / "sampler/cases.json").read_text())
    name = min(facts, key=lambda case: int(facts[case]["steps"]))
    yield "sampler/cases.json", {name: facts[name]}
    stored = load_file(golden / "sampler/cases.safetensors")
    kept = {
        key: value for key, value in stored.items() if key.startswith(f"{name}.") and "trajectory" not in key
    }
    yield "sampler/cases.safetensors", kept


def keys(golden: Path) -> Trimmed:
    """All lists as they are."""
    for file in sorted((golden / "keys").glob("*.json")):
        yield f"keys/{file.name}", file


TRIMMERS: tuple[Callable[[Path], Trimmed], ...] = (
    preprocess,
    synchformer,
    dac_vae_tiny,
    dit_tiny,
    sampler,
    keys,
)


def trim(golden: Path, out: Path) -> int:
    """Writes what the tests need of GOLDEN to OUT; returns its size in bytes."""
    whole = json.loads((golden / "manifest.json").read_text())
    entries: dict[str, Any] = {}
    for trimmer in TRIMMERS:
        for name, content in trimmer(golden):
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write(path, content)
            entries[name] = entry(whole["files"][name], path, content)
    total = sum(found["bytes"] for found in entries.values())
    manifest = {key: value for key, value in whole.items() if key not in ("files", "total_bytes")}
    manifest |= {"trimmed": "by tools/trim_golden.py", "total_bytes": total, "files": entries}
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return total


def write(path: Path, content: Content) -> None:
    """CONTENT to PATH, the same bytes every time."""
    if isinstance(content, Path):
        shutil.copyfile(content, path)
        path.chmod(0o644)
    elif path.suffix == ".json":
        path.write_text(json.dumps(content, separators=(",", ":")) + "\n")
    else:
        save_file({name: tensor.contiguous() for name, tensor in content.items()}, path)


def entry(whole: dict[str, Any], path: Path, content: Content) -> dict[str, Any]:
    """The manifest's entry for what became of a file; WHOLE is that of the golden folder."""
    data = path.read_bytes()
    kept = {key: whole[key] for key in ("what", "tolerance") if key in whole}
    kept |= {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    if path.suffix == ".safetensors" and isinstance(content, dict):
        kept["tensors"] = {"count": len(content)}
    return kept


def main(arguments: Sequence[str] | None = None) -> int:
    """Trims and says how large the result is."""
    parser = argparse.ArgumentParser(prog="python -m tools.trim_golden")
    parser.add_argument("golden", type=Path, metavar="GOLDEN")
    parser.add_argument("out", type=Path, nargs="?", default=OUT, metavar="OUT")
    given = parser.parse_args(arguments)
    print(f"{trim(given.golden, given.out) / 1e6:.2f} MB in {given.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
