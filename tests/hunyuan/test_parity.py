"""The engine computes what tests/data/golden has recorded; the parity command tells when it does not."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from benchmarks.parity import check, main, missing_parts
from benchmarks.parity_groups import GROUPS

GOLDEN = Path(__file__).parents[1] / "data" / "golden"


@pytest.mark.parametrize("group", GROUPS)
def test_every_recorded_number_is_met(group: str) -> None:
    done = list(check(GOLDEN, torch.device("cpu"), [group]))
    assert done or any(part.startswith(f"{group}:") for part in missing_parts(GOLDEN, [group]))
    assert [(one.case.name, one.case.error, one.case.note) for one in done if not one.case.passed] == []


def test_the_data_is_what_its_manifest_says_and_small() -> None:
    manifest = json.loads((GOLDEN / "manifest.json").read_text())
    for name, entry in manifest["files"].items():
        assert hashlib.sha256((GOLDEN / name).read_bytes()).hexdigest() == entry["sha256"], name
    assert sum(path.stat().st_size for path in GOLDEN.rglob("*") if path.is_file()) <= 8 * 1024**2


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the sync encoder alone."""
    shutil.copytree(GOLDEN / "synchformer", tmp_path / "synchformer")
    shutil.copy(GOLDEN / "manifest.json", tmp_path)
    return tmp_path


def test_what_a_folder_lacks_is_named_and_no_failure(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = folder / "table.json"
    assert main([str(folder), "--json", str(table)]) == 0
    told = capsys.readouterr().out
    assert "dac_vae: dac_vae_tiny" in told
    assert "synchformer: full" in told
    report = json.loads(table.read_text())
    assert report["passed"]
    assert [case["group"] for case in report["cases"]] == ["synchformer"]
    assert "preprocess: images" in report["absent"]


@pytest.mark.parametrize("fault", ["off", "nan", "shape", "weights"])
def test_a_miss_is_told_and_fails(folder: Path, capsys: pytest.CaptureFixture[str], fault: str) -> None:
    cases = folder / "synchformer/tiny_cases.safetensors"
    stored = load_file(cases)
    name = next(key for key in stored if key.endswith(".expected"))
    if fault == "off":
        stored[name][0, 3, 5] += 0.01
    elif fault == "shape":
        stored[name] = stored[name][:, 1:].contiguous()
    elif fault == "nan":
        stored[name][0, 0, 0] = torch.nan
    else:
        (folder / "synchformer/tiny_weights.safetensors").write_bytes(b"")
    save_file(stored, cases)
    assert main([str(folder), "--only", "synchformer"]) == 1
    assert "MISS" in capsys.readouterr().out


def test_an_empty_folder_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"manifest\.json"):
        main([str(tmp_path)])
    (tmp_path / "manifest.json").write_text('{"files": {}}')
    assert main([str(tmp_path)]) == 1
